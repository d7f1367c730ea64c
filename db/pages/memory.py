"""What was read for a page, kept for the next reader: a served database never changes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from functools import lru_cache
from typing import Any


class Memory:
    """Keeps the last so many pages, by what they were asked.

    Parameters
    ----------
    most
        How many are kept; the one that was not asked for longest goes first.
    """

    def __init__(self, most: int = 64) -> None:
        self._most = most
        self._kept: OrderedDict[Hashable, Any] = OrderedDict()

    async def get(self, key: Hashable, read: Callable[[], Awaitable[Any]]) -> Any:
        """Return what is kept under a key; what is not there is read."""
        if key not in self._kept:
            found = await read()
            self._kept[key] = found
            if len(self._kept) > self._most:
                self._kept.popitem(last=False)
            return found
        self._kept.move_to_end(key)
        return self._kept[key]


@lru_cache(maxsize=8)
def memory_of(datasette: Any) -> Memory:
    """Return the memory of a server; each Datasette has its own."""
    return Memory()
