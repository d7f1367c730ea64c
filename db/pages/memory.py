"""What was made once, kept for the next reader: a served database never changes."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any


def _one_each(_key: Hashable, _value: Any) -> int:
    return 1


@dataclass(slots=True)
class _Making:
    """What is being made, and how many readers wait for it."""

    task: asyncio.Task[Any]
    n_waiting: int = 0


class Memory:
    """Keeps what was asked for last.

    Parameters
    ----------
    most
        How much is kept, in units of `weight`; what was not asked for longest goes first.
    weight
        What a thing weighs under its key; None for what is not to be kept.
    is_for_all
        Whether all readers need what is kept: it is made to its end also where nobody waits for it any more.
    """

    def __init__(self, most: int = 64, weight: Callable[[Hashable, Any], int | None] = _one_each, *, is_for_all: bool = False) -> None:
        self._most, self._weight, self._is_for_all = most, weight, is_for_all
        self._kept: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self._making: dict[Hashable, _Making] = {}
        self.weighs = 0

    def __contains__(self, key: Hashable) -> bool:
        """Tell whether something is kept under a key."""
        return key in self._kept

    async def get(self, key: Hashable, make: Callable[[], Awaitable[Any]]) -> Any:
        """Return what is kept under a key. What is not there is made, once for all who wait for it; what fails is not kept."""
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key][0]
        if key not in self._making:
            self._making[key] = _Making(asyncio.ensure_future(self._made(key, make)))
        making = self._making[key]
        making.n_waiting += 1
        try:
            # A reader who goes away does not take it from the others.
            return await asyncio.shield(making.task)
        finally:
            making.n_waiting -= 1
            if not (making.n_waiting or making.task.done() or self._is_for_all):
                del self._making[key]  # who comes now has it made anew
                making.task.cancel()

    async def _made(self, key: Hashable, make: Callable[[], Awaitable[Any]]) -> Any:
        try:
            made = await make()
        finally:
            if key in self._making and self._making[key].task is asyncio.current_task():
                del self._making[key]
        if (weight := self._weight(key, made)) is not None:
            self._kept[key] = made, weight
            self.weighs += weight
            while self.weighs > self._most:
                _, (_, gone) = self._kept.popitem(last=False)
                self.weighs -= gone
        return made


@lru_cache(maxsize=8)
def memory_of(datasette: Any) -> Memory:
    """Return the memory of a server for what all readers need; each Datasette has its own."""
    return Memory(256, is_for_all=True)


@lru_cache(maxsize=8)
def chosen_of(datasette: Any) -> Memory:
    """Return the memory of a server for pages of what readers chose: whoever asks for much pushes out no more than that."""
    return Memory()
