"""The door of the site: each request is looked at before Datasette sees it, and each answer gets its headers."""

from __future__ import annotations

import asyncio
import html
import json
import re
import time
from collections.abc import Awaitable, Callable, MutableMapping, Sequence, Set
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import parse_qsl

from db.export.sending import span
from db.guard.bounds import Bounds
from db.guard.clients import Rate, client_of
from db.guard.headers import Headers, headers_for_all, security_headers
from db.guard.leaving import Receive, ended, in_hand, nothing_sent, while_there
from db.guard.turns import Turns

Scope = MutableMapping[str, Any]
Send = Callable[[Any], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Kind = Literal["sql", "question", "download", "page", "file"]

# Pages of Datasette's own that show paths and threads of this machine, log in or out, or are made to try things out.
CLOSED = re.compile(
    r"""
    /-/ (?: threads | databases | plugins | metadata | config | tasks
          | actor | auth-token | logout | login | create-token | permissions
          | allow-debug | messages | allowed | rules | check | actions | api | patterns
          | debug/ .*
        )
    (?: \.json )? /?
    # There are no blobs here, and Datasette fails in the middle of an answer where it should give one of a number.
    | .* \.blob
    """,
    re.VERBOSE,
)
# Datasette writes every other character of an address as ~ and two digits. Browsers take \ for /, and drop tabs:
# a redirect to /\evil.example or /<tab>/evil.example would leave the site.
_ADDRESS = re.compile(rb"/(?!/) [!-\[\]-~]*", re.VERBOSE)
_DOWNLOADS = (".csv", ".db", ".xlsx", ".zip", ".parquet", ".jsonl")
_FILES = re.compile(r"/(?:static|-/static|-/static-plugins)/.*|/favicon\.ico|/robots\.txt")
# Longer than any file, where its length is not known.
_ENDLESS_BYTES = 10**18
_SQL = frozenset({"sql", "_where"})


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request is not answered: the status, what is said, and after how many seconds it is worth asking again."""

    status: int
    words: str
    again_s: int | None = None


def kind_of(path: str, names: Sequence[str], questions: Set[str] = frozenset()) -> Kind:
    """Return the class of a request, by its path, the names of its parameters, and those of the pages that work out an answer."""
    if _FILES.fullmatch(path):
        return "file"
    if not _SQL.isdisjoint(names) or path.endswith("/-/query"):
        return "sql"
    if path.endswith(_DOWNLOADS) or path.startswith("/downloads/") or "_stream" in names:
        return "download"
    is_question = path.rpartition("/")[2].partition(".")[0] in questions
    return "question" if is_question or len(names) > 2 or any(name.startswith("_") for name in names) else "page"


def is_small_part(scope: Scope, path: str, bounds: Bounds) -> bool:
    """Tell whether a request wants to know of a file for download only, or a small part of it: tables are read so from afar."""
    if not path.startswith("/downloads/"):
        return False
    headers = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
    # With If-Range the whole may be sent.
    if scope["method"] != "GET" or b"if-range" in headers:
        return bool(scope["method"] == "HEAD")
    first, end = span(headers.get(b"range"), _ENDLESS_BYTES) or (0, 0)
    return end - first <= bounds.most_part_bytes


def guarded(app: App, bounds: Bounds, base: str = "", questions: Set[str] = frozenset(), *, is_for_all: bool = False) -> App:
    """Put the door in front of a site.

    `base` is the path it stands under, without the slash at its end; `questions` are the names of canned queries and of the
    pages that read all cases; `is_for_all` tells whether programs on pages of other sites may read the answers.
    """
    headers = security_headers() + (headers_for_all() if is_for_all else ())
    rates: dict[str, Rate] = {
        "sql": Rate(bounds.sql_per_minute, bounds.most_clients),
        "question": Rate(bounds.question_per_minute, bounds.most_clients),
        "download": Rate(bounds.download_per_minute, bounds.most_clients),
        "page": Rate(bounds.page_per_minute, bounds.most_clients),
    }
    turns = {
        kind: Turns(at_once, bounds.most_waiting, bounds.longest_wait_s)
        for kind, at_once in (("sql", bounds.sql_at_once), ("question", bounds.question_at_once), ("download", bounds.download_at_once))
    }

    async def ask(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await app(scope, receive, send)
        if scope["type"] != "http":  # a websocket: there are none here
            return
        answer = Answer(send, headers)
        pairs = _pairs(scope, bounds)
        path = str(scope["path"]).removeprefix(base)
        refused = refusal(scope, path, pairs, bounds)
        if refused is None and pairs is not None:
            names = [name for name, _ in pairs]
            kind: Kind = "page" if is_small_part(scope, path, bounds) else kind_of(path, names, questions)
            # Nobody can log in here, and a cookie of the same domain must not keep answers out of caches.
            heads = [(name, value) for name, value in scope["headers"] if name.lower() not in (b"cookie", b"authorization")]
            asked = {**scope, "headers": heads} if bounds.is_public else scope
            rate = rates.get(kind) if bounds.is_public else None
            refused = await while_there(_let_in(app, asked, answer, rate, turns.get(kind), bounds), receive)
        if refused is not None:
            await _refuse(answer.send, refused, path, base, is_head=scope["method"] == "HEAD")

    return ask


class Answer:
    """An answer on its way out: it gets the headers of every answer that it has not, and it is noted when it began."""

    def __init__(self, send: Send, headers: Headers) -> None:
        self._send = send
        self._headers = headers
        self.began: float | None = None

    async def send(self, event: Any) -> None:
        """Send a part of the answer on."""
        if event["type"] == "http.response.start":
            self.began = time.monotonic()
            own = list(event.get("headers", []))
            names = {bytes(name).lower() for name, _ in own}
            event = {**event, "headers": own + [pair for pair in self._headers if pair[0] not in names]}
        await self._send(event)
        if event.get("more_body"):
            # Datasette sends 1,000 rows without a pause, in which the server would learn that the reader left, and others be answered.
            await asyncio.sleep(0)


async def _let_in(app: App, scope: Scope, answer: Answer, rate: Rate | None, turns: Turns | None, bounds: Bounds) -> Refusal | None:
    """Let a request in when its turn comes; return why not where it does not. An answer that takes too long is broken off."""
    client = client_of(scope.get("client"))
    wait = None if rate is None else rate.take(client)
    if wait is not None:
        return Refusal(429, "Too many requests of this kind from your address.", wait)
    place: AbstractAsyncContextManager[bool] = turns.turn() if turns else nullcontext(True)
    async with place as is_my_turn:
        if not is_my_turn:
            return Refusal(503, "Many others ask for the same kind of work.", max(round(bounds.longest_wait_s), 1))
        start = time.monotonic()
        with in_hand() as threads:
            try:
                async with asyncio.timeout(bounds.longest_answer_s if turns else None):
                    await app(scope, nothing_sent, answer.send)
            except TimeoutError:
                # Once it began nothing can be said any more: the server ends the connection, and the reader sees that a part is missing.
                return None if answer.began else Refusal(503, "This takes too long.", max(round(bounds.longest_wait_s), 1))
            finally:
                await ended(threads)
                if rate is not None:
                    rate.charge(client, ((answer.began or time.monotonic()) - start) / bounds.seconds_a_token)
    return None


def refusal(scope: Scope, path: str, pairs: list[tuple[str, str]] | None, bounds: Bounds) -> Refusal | None:
    """Return why a request is refused whoever asks; None where it is not."""
    raw = bytes(scope.get("raw_path") or str(scope["path"]).encode()).partition(b"?")[0]
    if scope["method"] not in ("GET", "HEAD", "OPTIONS"):
        return Refusal(405, "Nothing can be changed here.")
    if max(len(raw) / bounds.most_path_bytes, len(scope["query_string"]) / bounds.most_query_bytes) > 1:
        return Refusal(414, f"The address is too long: its query may have {bounds.most_query_bytes:,} characters.")
    if not _ADDRESS.fullmatch(raw) or CLOSED.fullmatch(path):
        return Refusal(404, "There is no such page.")
    if bounds.hosts and _host(scope) not in bounds.hosts:
        return Refusal(421, "This site has another name.")
    if pairs is None:
        return Refusal(400, f"Too many parameters: {bounds.most_parameters} are the most.")
    if sum(name.startswith("_facet") and name != "_facet_size" for name, _ in pairs) > bounds.most_facets:
        return Refusal(400, f"Too many facets: {bounds.most_facets} are the most.")
    return None


def _pairs(scope: Scope, bounds: Bounds) -> list[tuple[str, str]] | None:
    """Return the parameters; None where there are too many, [] where they are too long to be read."""
    query = scope["query_string"]
    if len(query) > bounds.most_query_bytes:
        return []
    try:
        return parse_qsl(query.decode("latin-1"), keep_blank_values=True, max_num_fields=bounds.most_parameters)
    except ValueError:
        return None


def _host(scope: Scope) -> str:
    """Return the name that the request asks for, without its port."""
    host = next((value.decode("latin-1").lower() for name, value in scope["headers"] if name.lower() == b"host"), "")
    return host.partition("]")[0].removeprefix("[") if host.startswith("[") else host.partition(":")[0]


async def _refuse(send: Send, refused: Refusal, path: str, base: str, is_head: bool) -> None:
    """Answer with a plain page, or JSON where that was asked for; it needs neither the database nor a template."""
    again = f" Please try again in {refused.again_s} s." if refused.again_s else ""
    if path.endswith(".json"):
        kind, body = "application/json", json.dumps({"ok": False, "error": refused.words + again, "status": refused.status})
    else:
        kind, body = (
            "text/html",
            _PAGE.format(
                status=refused.status,
                title="Please wait a little" if refused.again_s else "This is not answered",
                words=html.escape(refused.words + again),
                base=html.escape(base),
            ),
        )
    headers = [
        (b"content-type", f"{kind}; charset=utf-8".encode()),
        (b"content-length", str(len(body.encode())).encode()),
        (b"cache-control", b"no-store"),
    ]
    if refused.again_s:
        headers.append((b"retry-after", str(refused.again_s).encode()))
    if refused.status == 405:
        headers.append((b"allow", b"GET, HEAD, OPTIONS"))
    await send({"type": "http.response.start", "status": refused.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if is_head else body.encode()})


_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} · Casebook</title>
<link rel="stylesheet" href="{base}/static/casebook.css">
</head>
<body><main>
<header class="pagehead"><h1>{title}</h1></header>
<p class="message error">{words}</p>
<p class="quiet">Status {status}.</p>
<p><a href="{base}/">To the first page</a></p>
</main></body>
</html>
"""
