"""Readers who leave: what was asked for by them is given up, and their place is free once no thread works for them any more."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

Thing = TypeVar("Thing")
Receive = Callable[[], Awaitable[Any]]

_IN_HAND: ContextVar[set[Future[Any]]] = ContextVar("in_hand")


class Threads(ThreadPoolExecutor):
    """Threads that note for which request they work."""

    def submit(self, function: Callable[..., Thing], /, *given: Any, **named: Any) -> Future[Thing]:
        """Let a thread call a function, noted in the block of `in_hand` in which this is asked for."""
        future = super().submit(function, *given, **named)
        if (mine := _IN_HAND.get(None)) is not None:
            mine.add(future)
            future.add_done_callback(mine.discard)
        return future


@contextmanager
def in_hand() -> Iterator[set[Future[Any]]]:
    """Yield what threads do for this block and for the tasks begun in it, as long as they do it; a block within it has the same."""
    outer = _IN_HAND.get(None)
    mine: set[Future[Any]] = set() if outer is None else outer  # the site asks itself, too
    token = _IN_HAND.set(mine)
    try:
        yield mine
    finally:
        _IN_HAND.reset(token)


async def ended(mine: set[Future[Any]]) -> None:
    """Wait for what threads still do, whatever comes of it.

    SQL that runs cannot be called back; its time limit ends it. Who sent it and left would otherwise make place for the next while it
    runs on, until all threads are taken.
    """
    await asyncio.gather(*(asyncio.wrap_future(future) for future in list(mine)), return_exceptions=True)


async def while_there(work: Coroutine[Any, Any, Thing], receive: Receive) -> Thing | None:
    """Return what some work for a reader returns; None where the reader left before it was done, and it was given up.

    Parameters
    ----------
    receive
        What the reader sends; nobody else may wait for it.
    """
    working, leaving = asyncio.ensure_future(work), asyncio.ensure_future(_gone(receive))
    try:
        await asyncio.wait((working, leaving), return_when=asyncio.FIRST_COMPLETED)
        is_given_up = not working.done()
    finally:
        for task in (working, leaving):
            task.cancel()  # where it is not done
        await asyncio.wait((working, leaving))
    if not leaving.cancelled():
        leaving.result()  # a fault of the server's
    return None if is_given_up and working.cancelled() else working.result()


async def _gone(receive: Receive) -> None:
    """Return when the reader is gone."""
    while (await receive())["type"] != "http.disconnect":
        await asyncio.sleep(0)  # a body, which nothing here reads; it may come faster than the work goes on


async def nothing_sent() -> Any:
    """Return what a request without a body sends."""
    return {"type": "http.request", "body": b"", "more_body": False}
