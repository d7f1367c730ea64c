"""The corrections of a file with what became of each: which hold, which wait and for what, and what to do about a conflict."""

from __future__ import annotations

import json
import shlex
import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from corpus.dose_table import counted
from db import duplicates
from db.corrections import overlay, shown
from db.corrections.book import Book
from db.corrections.decision import words_of
from db.corrections.file import Correction
from db.corrections.ruling import CONFLICT
from db.corrections.values import CASE, LISTS, written
from db.query import every

WAITING, SETTLED = "waiting", "settled"
STATES = ("applied", "agreed", CONFLICT, WAITING, SETTLED)
_NOT_BUILT = "not laid over the report yet; `casebook build` does it"


@dataclass(frozen=True, slots=True)
class Listed:
    """A correction in force, and what became of it.

    Attributes
    ----------
    correction
        As in the file.
    state
        applied; agreed (the machine now says the same); conflict; waiting (its report is not in the database, or not yet read with
        it); settled (a later correction, or one of the whole case, decided it).
    reason
        Why it is a conflict or waits; None otherwise.
    machine_value, machine_words
        What the machine reads now, and from which words; None where it reads nothing.
    number
        Of the value that it is about now, as in table fact; None where there is none.
    """

    correction: Correction
    state: str
    reason: str | None = None
    machine_value: Any = None
    machine_words: str | None = None
    number: int | None = None


def listed(connection: sqlite3.Connection | None, book: Book) -> Iterator[Listed]:
    """Yield the corrections in force, report by report as in the file; without a database all of them wait."""
    stored = {row["report_id"]: row["corrections_fingerprint"] for row in every(connection, _STORED)} if connection else {}
    links = duplicates.links(connection) if connection else {}
    for report_id, said in book.by_report.items():
        rulings = {_key(row): row for row in every(connection, _RULINGS, report_id)} if connection else {}
        for one in overlay.in_force(said):
            if report_id not in stored:
                yield Listed(
                    one, WAITING, f"linked to {links[report_id]}, which is kept in its place" if report_id in links else _NOT_THERE
                )
            elif stored[report_id] != book.fingerprint(report_id):
                yield Listed(one, WAITING, _NOT_BUILT)
            else:
                yield _ruled(connection, one, rulings.get(_key(asdict(one))))


_STORED = "select report_id, corrections_fingerprint from report"
_RULINGS = "select *, machine_value as now from correction where report_id = ?"
_NOT_THERE = "its report is not in the database"


def _key(row: Any) -> tuple[Any, ...]:
    """Return what tells a correction from all others of its report, of the file or of the table."""

    def plain(value: Any) -> Any:
        return value if value is None or isinstance(row, sqlite3.Row) else json.dumps(value, ensure_ascii=False)

    return (*(row[name] for name in ("case_id", "field", "action", "curator", "made_at")), plain(row["was"]), plain(row["value"]))


def _ruled(connection: sqlite3.Connection | None, one: Correction, row: sqlite3.Row | None) -> Listed:
    if row is None or connection is None:
        return Listed(one, SETTLED)
    machine = json.loads(row["now"]) if row["now"] is not None else None
    words = words_of(connection, one.case_id, one.field, row["fact_number"]) if row["fact_number"] and row["state"] == CONFLICT else None
    return Listed(one, row["state"], row["conflict"], machine, words, row["fact_number"])


# --- in words ----------------------------------------------------------------------------------


def told(one: Correction) -> str:
    """Return a correction in a line: "imt-lung/1 age_years: set 55 in place of 54, by Ada on 2026-11-21 (as printed)"."""
    was, value = _worded(one.field, one.was), _worded(one.field, one.value)
    what = {
        "set": f"set {value}" + (f" in place of {was}" if was else ""),
        "clear": f"clear {was}",
        "add": f"add {value}",
        "reject": f"reject {was}",
        "confirm": f"confirm {was}",
        "withdraw": f"withdraw what was said of {was}" if was else "withdraw what was said",
    }[one.action].strip()
    why = f" ({one.why})" if one.why else ""
    return f"{one.case_id} {one.field}: {what}, by {one.curator} on {one.made_at[:10]}{why}"


def _worded(field: str, value: Any) -> str:
    """Return a value as it is typed or, where that would be JSON, as the page tells it."""
    return shown.told(field, value) if isinstance(value, dict) else written(value)


def lines(found: Sequence[Listed]) -> Iterator[str]:
    """Yield the corrections in lines, with what to do about those in conflict, and how many there are of each state."""
    for entry in found:
        yield f"{entry.state:9}{told(entry.correction)}"
        if entry.reason and entry.state == WAITING:
            yield f"         {entry.reason}"
        if entry.state == CONFLICT:
            yield from (f"         {line}" for line in _conflict(entry))
    counts = Counter(entry.state for entry in found)
    shown = ", ".join(f"{counts[state]} {state}" for state in STATES if counts[state])
    yield f"{counted(len(found), 'correction')}{': ' if shown else ''}{shown}"


def _conflict(entry: Listed) -> Iterator[str]:
    one = entry.correction
    yield f"{entry.reason}; nothing is changed until you decide"
    if one.words:
        saw = "the case" if one.field == CASE else _worded(one.field, one.was) or "no value"
        yield f"the curator saw:   {saw}; {one.words}"
    if one.field != CASE:
        words = f"; {entry.machine_words}" if entry.machine_words else ""
        yield f"the machine reads: {_worded(one.field, entry.machine_value) or 'no value'}{words}"
    where = shlex.join(("casebook", "correct", one.case_id, one.field))
    item = f" --item {entry.number}" if entry.number and one.field in LISTS else ""
    if one.field != CASE and entry.machine_value is not None:
        yield f"the machine is right:     {where} --confirm{item}"
    yield f"the curator is right:     {where} --keep{item}"
    yield f"neither, forget about it: {where} --withdraw{item}"


def to_json(entry: Listed) -> dict[str, Any]:
    """Return a correction with what became of it as JSON."""
    more = {name: getattr(entry, name) for name in ("state", "reason", "machine_value", "machine_words", "number")}
    return {**asdict(entry.correction), **more}
