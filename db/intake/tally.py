"""What a command did with the reports and tables that it was given, and to whom it says so while it works."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, TypeVar

from corpus import containers
from corpus.plain import plain
from corpus.report import Passed
from db import duplicates

T = TypeVar("T")

_INTERRUPTED = 130  # as of a shell's command that Ctrl-C ended


class Teller(Protocol):
    """Whoever tells somebody what is going on: this room prints nothing. The module `casebook_terminal` is one."""

    def warn(self, message: str) -> None:
        """Say in one line what could not be used or what is in doubt."""

    def show(self, doing: str) -> None:
        """Say what is being done, until the next thing is."""

    def with_progress(self, items: Sequence[T], name: Callable[[T], str] = ...) -> Iterator[T]:
        """Yield the items, and say how many are done."""


@dataclass(slots=True)
class Tally:
    """What a command did: reports by outcome, names and reasons of what it could not use, and what it passed over.

    Attributes
    ----------
    teller
        Hears of each failure at once.
    new, changed, unchanged
        Reports that were not there before, that were read anew, that were left alone.
    linked
        Name of each report that is kept only as a link, and was not so before, with the place where it stands.
    dose_tables
        Tables of doses that were stored.
    failed
        Name and message of each file or report that could not be used.
    passed
        Files that are no reports, which is no failure.
    unsettled
        Failures that are not final: another day the file may be read.
    is_interrupted
        True where somebody stopped the command before all was read.
    """

    teller: Teller
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    linked: dict[str, duplicates.Place] = field(default_factory=dict)
    dose_tables: int = 0
    failed: list[tuple[str, str]] = field(default_factory=list)
    passed: list[Passed] = field(default_factory=list)
    unsettled: int = 0
    is_interrupted: bool = False

    @property
    def exit_code(self) -> int:
        """130 where the command was interrupted, 1 where something could not be used, else 0."""
        return _INTERRUPTED if self.is_interrupted else int(bool(self.failed))

    def pass_over(self, name: Path | str, message: str) -> None:
        """Say that a file or report could not be used, and why, and keep it for the ledger."""
        self.failed.append((plain(str(name)), plain(message)))
        self.teller.warn(message)

    def for_the_ledger(self, paths: Iterable[Path]) -> list[tuple[str, str]]:
        """Return the failures without the folders in which somebody keeps the files: the database is published."""
        folders = sorted((plain(f"{path.parent}{os.sep}") for path in paths if path.parent != Path()), key=len, reverse=True)
        told: dict[str, str] = {}
        for name, message in self.failed:
            folder = next((folder for folder in folders if name.startswith(folder)), "")
            told[containers.first_free((name.removeprefix(folder),), told)] = message.removeprefix(folder)
        return list(told.items())
