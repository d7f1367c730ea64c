"""A request to stop in the middle: what is read so far is stored, and a second request gives it up."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import FrameType
from typing import TypeVar

from db.intake.tally import Teller

T = TypeVar("T")

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_STORING = "stopping: what was read so far is being stored; Ctrl-C again stops at once, with nothing stored"


@dataclass(slots=True)
class Stop:
    """Whether somebody wants to stop: by Ctrl-C, by ending the session, or because the machine is shut down.

    Attributes
    ----------
    teller
        Says that the request was heard.
    is_wanted
        True once somebody wanted to stop.
    came_in_time
        True where something was left undone for it.
    """

    teller: Teller
    is_wanted: bool = False
    came_in_time: bool = False
    _is_waiting: bool = False  # for the next item: nothing is half stored
    _is_urgent: bool = False

    def until_wanted(self, items: Iterator[T]) -> Iterator[T]:
        """Yield items until somebody wants to stop; one that is still being read is given up.

        Raises
        ------
        KeyboardInterrupt
            Somebody wants it a second time.
        """
        while True:
            try:
                try:
                    self._is_waiting = True
                    if self.is_wanted:
                        raise KeyboardInterrupt
                    item = next(items)
                finally:
                    self._is_waiting = False
            except StopIteration:
                return
            except KeyboardInterrupt:
                if self._is_urgent or not self.is_wanted:
                    raise
                self.came_in_time = True
                return
            yield item

    def ask(self, number: int, frame: FrameType | None) -> None:
        """Hear of a signal: the first time keep it in mind, the second time break off."""
        self._is_urgent = self.is_wanted
        self.is_wanted = True
        if self._is_urgent:
            raise KeyboardInterrupt
        with suppress(OSError):  # the terminal may be what was closed
            self.teller.warn(_STORING)
        if self._is_waiting:
            raise KeyboardInterrupt


@contextmanager
def heeded(teller: Teller) -> Iterator[Stop]:
    """Yield what hears of requests to stop, until the block ends."""
    stop = Stop(teller)
    if threading.current_thread() is not threading.main_thread():  # which alone gets signals
        yield stop
        return
    # What is ignored (by nohup, or of a command in the background) stays so.
    heard = (number for number in _SIGNALS if signal.getsignal(number) is not signal.SIG_IGN)
    usual = {number: signal.signal(number, stop.ask) for number in heard}
    try:
        yield stop
    finally:
        for number, handler in usual.items():
            signal.signal(number, handler)
