"""How many requests of a class are worked on at the same time: others wait for their turn, and not for long."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Turns:
    """Places for work of one class.

    Parameters
    ----------
    at_once
        How many work at the same time.
    most_waiting, longest_wait_s
        How many wait, and for how many seconds; who comes later or waits longer is sent away.
    """

    def __init__(self, at_once: int, most_waiting: int, longest_wait_s: float) -> None:
        self._places = asyncio.Semaphore(at_once)
        self._most_waiting, self._longest_wait_s = most_waiting, longest_wait_s
        self._waiting = 0

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[bool]:
        """Wait for a place, and keep it for the block; False where none came free in time."""
        if not await self._taken():
            yield False
            return
        try:
            yield True
        finally:
            self._places.release()

    async def _taken(self) -> bool:
        """Take a place; tell whether there was one."""
        if self._places.locked() and self._waiting >= self._most_waiting:
            return False
        self._waiting += 1
        try:
            async with asyncio.timeout(self._longest_wait_s):
                await self._places.acquire()
        except TimeoutError:
            return False
        finally:
            self._waiting -= 1
        return True
