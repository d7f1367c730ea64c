"""Whole answers that took long to make, kept for the next reader: a served database never changes."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable, Mapping, MutableMapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

Scope = MutableMapping[str, Any]
App = Callable[[Scope, Callable[[], Awaitable[Any]], Callable[[Any], Awaitable[None]]], Awaitable[None]]

# What was made sooner is made again.
_WORTH_KEEPING_S = 0.03
MOST_BYTES = 64_000_000
_LARGEST_BYTES = 2_000_000
# Files that are streamed or sent as they are; and SQL of the reader's own, which nobody else will ask.
_PASSED_BY = (".csv", ".xlsx", ".db", ".blob", ".css", ".js", ".png", ".zip", ".parquet")
_OWN_SQL = (b"sql=", b"_where=", b"_stream=", b"_timelimit=")
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
        is_own = any(name.lower() == b"set-cookie" for name, _ in self.headers)
        return not is_own and not any(mark in self.body for mark in _INCOMPLETE)

    async def send(self, send: Callable[[Any], Awaitable[None]]) -> None:
        """Send it to a reader."""
        await send({"type": "http.response.start", "status": self.status, "headers": list(self.headers)})
        await send({"type": "http.response.body", "body": self.body})


@dataclass(slots=True)
class Answers:
    """Answers by what was asked, at most so many bytes of them; the one that was not asked for longest goes first."""

    most_bytes: int = MOST_BYTES
    _kept: OrderedDict[Hashable, Answer] = field(default_factory=OrderedDict)
    _making: dict[Hashable, asyncio.Task[Answer]] = field(default_factory=dict)

    async def get(self, key: Hashable, make: Callable[[], Awaitable[Answer]]) -> Answer:
        """Return what is kept under a key. What is not there is made, once for all who wait for it."""
        if found := self._kept.get(key):
            self._kept.move_to_end(key)
            return found
        if key not in self._making:
            self._making[key] = asyncio.ensure_future(self._made(key, make))
        # A reader who goes away does not take the answer from the others.
        return await asyncio.shield(self._making[key])

    async def _made(self, key: Hashable, make: Callable[[], Awaitable[Answer]]) -> Answer:
        try:
            answer = await make()
        finally:
            del self._making[key]
        if answer.is_worth_keeping():
            self._kept[key] = answer
            while self.n_bytes() > self.most_bytes:
                self._kept.popitem(last=False)
        return answer

    def n_bytes(self) -> int:
        """Return how many bytes are kept."""
        return sum(len(answer.body) for answer in self._kept.values())


@lru_cache(maxsize=8)
def answers_of(datasette: Any) -> Answers:
    """Return the answers that a server keeps; each Datasette has its own."""
    return Answers()


def key_of(scope: Mapping[str, Any]) -> Hashable | None:
    """Return what tells a request from others; None for one that is not the same for every reader, or not to be kept."""
    headers = {name.lower(): value for name, value in scope["headers"]}
    path, question = scope["path"], scope.get("query_string", b"")
    is_common = scope["method"] == "GET" and not headers.keys() & {b"cookie", b"authorization", b"range"}
    if not is_common or path.endswith(_PASSED_BY) or "/-/" in path or any(name in question for name in _OWN_SQL):
        return None
    # Pages say their own address in full, which is as the reader wrote it.
    return scope["scheme"], headers.get(b"host"), scope.get("raw_path") or path.encode(), question


async def made(app: App, scope: Scope) -> Answer:
    """Let the site answer a request without a body, and return the answer whole."""
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
