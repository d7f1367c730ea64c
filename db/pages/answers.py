"""Whole answers that took long to make, kept for the next reader: a served database never changes."""

from __future__ import annotations

import secrets
import time
from collections.abc import Awaitable, Callable, Hashable, Mapping, MutableMapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from db.machines import is_host
from db.pages.memory import Memory

Scope = MutableMapping[str, Any]
App = Callable[[Scope, Callable[[], Awaitable[Any]], Callable[[Any], Awaitable[None]]], Awaitable[None]]

# What was made sooner is made again.
_WORTH_KEEPING_S = 0.03
MOST_BYTES = 64_000_000
_LARGEST_BYTES = 2_000_000
# Files that are streamed or sent as they are; and SQL of the reader's own, which nobody else will ask.
_PASSED_BY = (".csv", ".xlsx", ".db", ".css", ".js", ".png")
# Who has an answer already is told so with an empty one; a part is no whole.
_OF_ONE_READER = frozenset({b"cookie", b"authorization", b"range", b"if-none-match", b"if-modified-since", b"if-match", b"if-range"})
_OWN_SQL = (b"sql=", b"_where=", b"_stream=", b"_timelimit=")
# Pages say their own address in full. They are made under a name that nobody has, and sent with the one that the reader asked for;
# but not lists of addresses, of which an ETag is made.
_OF_ADDRESSES = (".xml", ".atom", ".txt")
_NO_HOST = f"{secrets.token_hex(12)}.invalid".encode()
# A page says so where counting took too long, and the next time it may not; JSON with counts does not say it.
_INCOMPLETE = (b'class="quiet incomplete"', b'"facet_results": {"')


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer of the site: its events as the server sent them, and the seconds that they took to make."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes
    took_s: float

    def is_worth_keeping(self) -> bool:
        """Tell whether it took long to make, says all that there is to say, and is the same for every reader."""
        if self.status != 200 or self.took_s < _WORTH_KEEPING_S or len(self.body) > _LARGEST_BYTES:
            return False
        heads = {name.lower(): value for name, value in self.headers}
        is_own = b"set-cookie" in heads or b"no-store" in heads.get(b"cache-control", b"")
        return not is_own and not any(mark in self.body for mark in _INCOMPLETE)

    async def send(self, send: Callable[[Any], Awaitable[None]], host: bytes) -> None:
        """Send it to a reader who asked for it under a name of the site."""
        body = self.body.replace(_NO_HOST, host)
        # A length was that of the body under another name; the server counts anew.
        headers = [(name, value.replace(_NO_HOST, host)) for name, value in self.headers if name.lower() != b"content-length"]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


@lru_cache(maxsize=8)
def answers_of(datasette: Any) -> Memory:
    """Return the answers that a server keeps; each Datasette has its own."""
    return Memory(MOST_BYTES, n_bytes)


def n_bytes(key: Hashable, answer: Answer) -> int | None:
    """Return what an answer takes: its body, and the address that it is kept under; None where it is not worth keeping."""
    return len(answer.body) + len(repr(key)) if answer.is_worth_keeping() else None


def key_of(scope: Mapping[str, Any]) -> Hashable | None:
    """Return what tells a request from others; None for one that is not the same for every reader, or not to be kept."""
    headers = {name.lower() for name, _ in scope["headers"]}
    path, question = scope["path"], scope.get("query_string", b"")
    is_common = scope["method"] == "GET" and _OF_ONE_READER.isdisjoint(headers)
    # What lies beside the database for download may change.
    is_file = path.endswith(_PASSED_BY) or "/downloads" in path
    is_own = "/-/" in path or any(name in question for name in _OWN_SQL) or not is_host(host_of(scope).decode("latin-1"))
    if not is_common or is_file or is_own:
        return None
    return scope["scheme"], _name_for(scope), scope.get("raw_path") or path.encode(), question


def _name_for(scope: Mapping[str, Any]) -> bytes:
    """Return the name of the site under which a request is answered."""
    return host_of(scope) if scope["path"].endswith(_OF_ADDRESSES) else _NO_HOST


def host_of(scope: Mapping[str, Any]) -> bytes:
    """Return the name that a request is sent to, b"" for none."""
    return next((value for name, value in scope["headers"] if name.lower() == b"host"), b"")


async def made(app: App, scope: Scope) -> Answer:
    """Let the site answer a request without a body, and return the answer whole; `Answer.send` puts the reader's host into it."""
    others = [(name, value) for name, value in scope["headers"] if name.lower() != b"host"]
    scope = {**scope, "headers": [*others, (b"host", _name_for(scope))]}
    events: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def keep(event: Any) -> None:
        events.append(event)

    started = time.perf_counter()
    await app(scope, receive, keep)
    took = time.perf_counter() - started
    start, *rest = events
    return Answer(start["status"], tuple(start["headers"]), b"".join(event.get("body", b"") for event in rest), took)
