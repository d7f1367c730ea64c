"""The site of a review: Casebook's pages of the private copy, and the page that takes decisions at `/-/review`.

The page is no plugin of Datasette: those are known to a whole process, and the public site must not have it.
"""

from __future__ import annotations

import secrets
import signal
import socket
import sqlite3
from collections.abc import Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from db import fields
from db.corrections.decision import is_single
from db.corrections.values import CorrectionError
from db.corrections.words import around
from db.query import one
from db.review import forms, page, queue
from db.review.guard import App, Door, Receive, Scope, Send, guarded
from db.review.page import NOTHING, Typed
from db.review.queue import Filter, Item
from db.review.session import Decision, Outcome, Session, name
from db.serve import make_datasette

PATH = "/-/review"
_MOST_BYTES = 64_000  # of a form
_LONGEST_QUOTE = 2_000  # characters
_STALE = "This value was decided in the meantime, perhaps in another tab. Nothing was written; look again."


@dataclass(frozen=True, slots=True)
class Answer:
    """Where to go after a form was sent, or what to show instead: a place of the queue, a message, and what was typed."""

    position: int | None
    status: int = 303
    message: str = ""
    typed: Typed | None = None


@dataclass(frozen=True, slots=True)
class Review:
    """What the requests of a review share.

    `token` is known to its own pages only, which send it back with every form; `lays_over` is the command after the review.
    """

    datasette: Any
    session: Session
    token: str
    lays_over: str

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request for the page of the review."""
        from datasette import Request, Response

        await self.datasette.invoke_startup()
        # Datasette's templates ask for it by this name.
        request = Request({**scope, "csrftoken": lambda: self.token}, receive)
        try:
            response = await (self._take(request, receive) if request.method == "POST" else self._get(request))
        except CorrectionError as error:  # the file cannot be read
            response = Response.text(f"{error}\n", status=500)
        await response.asgi_send(send)

    async def _get(self, request: Any) -> Any:
        """Show the value that an address names."""
        asked = {key: request.args.get(key) for key in request.args}
        return await self._show(request, queue.asked(asked), _number(asked.get("at")))

    async def _take(self, request: Any, receive: Receive) -> Any:
        """Take a form: write what it says, and lead to the next value."""
        from datasette import Response

        form = await _form(receive)
        if form is None:
            return Response.text("Wanted: a form of this page\n", status=413)
        if not secrets.compare_digest(form.get("csrftoken", "").encode(), self.token.encode()):
            return Response.text("This page is of another review: open it again\n", status=403)
        chosen = queue.asked(form)
        answer: Answer = await self._run(partial(_decide, session=self.session, form=form, chosen=chosen))
        if answer.status == 303:
            return Response.redirect(address(answer.position, chosen), status=303)
        return await self._show(request, chosen, answer.position, answer)

    async def _show(self, request: Any, chosen: Filter, position: int | None, answer: Answer | None = None) -> Any:
        """Show a value; without a place the first one that waits, or that all is done."""
        from datasette import Response

        answer, last = answer or Answer(position, 200), self.session.last
        found = await self._run(partial(_look, session=self.session, chosen=chosen, position=position, typed=answer.typed or NOTHING))
        told = {
            **found,
            "path": PATH,
            "address": address,
            "chosen": chosen,
            "part": page.part(chosen),
            "message": answer.message,
            "is_changing": answer.typed is not None,
            "typed_why": (answer.typed or NOTHING).get("why", ""),
            "curator": self.session.curator,
            "file": self.session.path.name,
            "lays_over": self.lays_over,
            "last": last,
            "last_name": name(last),
            "last_label": fields.label_of(last.field) if last else "",
        }
        html = await self.datasette.render_template("review.html", told, request=request)
        return Response.html(html, status=answer.status)

    async def _run(self, work: Any) -> Any:
        database = next(name for name in self.datasette.databases if not name.startswith("_"))
        return await self.datasette.get_database(database).execute_fn(work)


def make_app(copy: Path, session: Session, door: Door, lays_over: str = "casebook build") -> App:
    """Return the site of a review as ASGI; raises CorrectionError.

    `copy` is the private copy, which gets the queue; `lays_over` the command that puts the decisions into the database.
    """
    queue.fill(copy)
    with closing(sqlite3.connect(copy)) as connection:
        session.refresh(connection)
    review = Review(make_datasette(copy), session, secrets.token_urlsafe(32), lays_over)
    site: App = review.datasette.app()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        is_review = scope["type"] == "http" and scope["path"].rstrip("/") == PATH
        await (review.answer if is_review else site)(scope, receive, send)

    return guarded(app, door)


def listen(door: Door) -> socket.socket:
    """Take the address of a review, so that nobody else can before it is served. Raises OSError where somebody else has it."""
    return socket.create_server((door.host, door.port), family=socket.AF_INET6 if ":" in door.host else socket.AF_INET)


def serve(app: App, address: socket.socket) -> None:
    """Serve a review at an address that was taken until it is interrupted or ended. The caller prints the address."""
    import uvicorn

    # Ended by the system or with its terminal, it leaves as after Ctrl-C: the private copy is removed.
    for end in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(end, signal.default_int_handler)
    config = uvicorn.Config(app, log_level="warning", lifespan="on", proxy_headers=False, server_header=False)
    with suppress(KeyboardInterrupt):
        uvicorn.Server(config).run(sockets=[address])


def address(position: int | None, chosen: Filter) -> str:
    """Return the address of a value; of the review itself where there is none."""
    asked = f"{f'at={position}' if position else ''}{chosen.query}".removeprefix("&")
    return f"{PATH}?{asked}" if asked else PATH


def _number(words: str | None) -> int | None:
    """Return a place of the queue as an address names it; None for none."""
    return int(words) if words and words.isascii() and words.isdigit() and len(words) < 10 else None


async def _form(receive: Receive) -> dict[str, str] | None:
    """Return what a form holds; None where it is too long or no form."""
    body = b""
    while True:
        event = await receive()
        body += event.get("body", b"")
        if len(body) > _MOST_BYTES or event["type"] != "http.request":
            return None
        if not event.get("more_body"):
            break
    try:
        return dict(parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=100))
    except ValueError:
        return None


# --- on the connection of the private copy --------------------------------------------------------


def _look(connection: sqlite3.Connection, session: Session, chosen: Filter, position: int | None, typed: Typed) -> dict[str, Any]:
    """Return what the page shows of a place in the queue."""
    session.refresh(connection)
    session.begin()
    if position is None:
        position = queue.after(connection, chosen, 0, session.decided)
    item = queue.item(connection, position) if position is not None else None
    return {
        "page": page.value_page(connection, session, item, chosen, typed) if item else None,
        "next": queue.after(connection, chosen, item.position, {*session.decided, item.position}) if item else None,
        "progress": page.progress(connection, session, chosen),
        "choices": page.choices(connection),
    }


def _decide(connection: sqlite3.Connection, session: Session, form: Mapping[str, str], chosen: Filter) -> Answer:
    """Do what a form asks for."""
    position = _number(form.get("at"))
    if form.get("action") == "undo":
        return Answer(session.undo(connection, form.get("last", "")) or position)
    item = queue.item(connection, position) if position is not None else None
    if item is None:
        return Answer(None)
    try:
        outcome = session.decide(connection, item, _decision(connection, session, item, form))
    except CorrectionError as error:
        return Answer(item.position, 422, f"{_sentence(str(error))} Nothing was written.", form)
    if outcome is Outcome.STALE:
        return Answer(item.position, 409, _STALE)
    return Answer(queue.after(connection, chosen, item.position, session.decided))


def _decision(connection: sqlite3.Connection, session: Session, item: Item, form: Mapping[str, str]) -> Decision:
    """Return the decision that a form says. Raises CorrectionError where it is none."""
    why, seen = form.get("why") or None, form.get("seen", "")
    match form.get("action"):
        case "accept":
            return Decision("confirm", why=why, seen=seen)
        case "keep":
            return Decision("keep", words=_words(connection, item, form), why=why, seen=seen)
        case "reject":
            return Decision("clear" if is_single(item.field) else "reject", why=why, seen=seen)
        case "change":
            was = session.machines(connection, item)
            value, words = forms.value_of(item.field, was, form), _words(connection, item, form)
            if value == was and words is None:
                raise CorrectionError("found the value as it was, and no other words marked: a accepts it, r takes it away")
            is_new = item.number is None and not is_single(item.field)
            return Decision("add" if is_new else "set", value, words, why, seen)
        case other:
            raise CorrectionError(f"found the action {other!r}, wanted accept, keep, reject, change or undo")


def _words(connection: sqlite3.Connection, item: Item, form: Mapping[str, str]) -> str | None:
    """Return the words that were marked in the text, with those around them; None for none. Raises CorrectionError."""
    quote = form.get("quote", "").replace("\r\n", "\n").strip()
    if not quote:
        return None
    row = one(connection, "select text from report_text where report_id = ?", item.report_id)
    start = _nearest(row["text"] if row else "", quote[:_LONGEST_QUOTE], _number(form.get("start")) or 0)
    return around(row["text"], start, start + len(quote)) if row else None


def _nearest(text: str, quote: str, start: int) -> int:
    """Return where words stand in a text, nearest to where the browser saw them. Raises CorrectionError where they do not."""
    places = []
    at = text.find(quote)
    while at >= 0:
        places.append(at)
        at = text.find(quote, at + 1)
    if not places:
        raise CorrectionError(f"found the words {quote[:40]!r}, wanted words as they stand in the text")
    return min(places, key=lambda place: abs(place - start))


def _sentence(message: str) -> str:
    return f"{message[:1].upper()}{message[1:]}."
