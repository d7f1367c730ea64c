"""Which Casebook stored a report: a fingerprint of what reads it and of what makes rows of what is read."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from extract import version as extraction

_ROOM = Path(__file__).parent
_ROOMS = (_ROOM, _ROOM / "corrections")
# Modules that show what is stored, or see to files and runs, and make no row of a report.
_ASIDE = frozenset(
    f"db/{name}.py"
    for name in (
        "cells", "corrections/by_hand", "corrections/decision", "corrections/listing", "corrections/shown", "draft", "hooks", "image",
        "machines", "made_folder", "places", "publish", "refusals", "remove", "serve", "source_files",
        "spreadsheet", "version",
    )
)  # fmt: skip
# What decides which reports tell the same: on it hangs which of them are stored at all.
_LIKENESS = ("corpus/sections.py", "db/duplicates.py", "db/people.py")


@cache
def files() -> tuple[tuple[str, str], ...]:
    """Return what decides what is stored of a report, sorted: files with their SHA-256, libraries with their release."""
    return tuple(sorted((*extraction.files(), *_of_rows())))


@cache
def fingerprint() -> str:
    """Return that of the extraction, "-", and 8 hex digits that change with the code that makes rows."""
    return f"{extraction.fingerprint()}-{_rows()}"


def by_todays_rows(fingerprint: str) -> str:
    """Return the fingerprint of what an earlier pipeline read where today's code makes rows of it, as an undo does."""
    read, dash, _ = fingerprint.partition("-")
    return f"{read}-{_rows()}" if dash else fingerprint


@cache
def likeness() -> int:
    """Return a 31-bit number, never 0, that changes with what decides which reports tell the same; in `pragma application_id`."""
    states = extraction.states(_ROOM.parent / name for name in _LIKENESS)
    return int(extraction.digest(states.items())[:8], 16) & 0x7FFFFFFF or 1


@cache
def _of_rows() -> tuple[tuple[str, str], ...]:
    paths = (path for room in _ROOMS for pattern in ("*.py", "*.csv") for path in room.glob(pattern))
    return tuple(sorted((name, state) for name, state in extraction.states(paths).items() if name not in _ASIDE))


@cache
def _rows() -> str:
    return extraction.digest(_of_rows())[:8]
