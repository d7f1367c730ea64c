"""What the pages of runs show: from the ledger in the database and, where it lies beside it, from the history."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from markupsafe import Markup

from db.history import diff, page, store, telling
from db.history.store import Run
from db.query import Row, every, one
from db.schema import DatabaseError

_LISTED = 500  # runs
_NOTED = 200  # reports of a run that are named with a message
_COMPARED = 100  # reports on a page of what moved: each takes a millisecond, and anyone may ask

KEPT, ABSENT, UNREADABLE = "kept", "absent", "unreadable"


@dataclass(frozen=True, slots=True)
class RunLine:
    """A run as the list shows it: what it did in words, and whether the database has it in its ledger."""

    run: Run
    did: str
    is_there: bool = True

    @property
    def number(self) -> int | None:
        """Its number as people write it: 3 for 000003; None where another program gave it a name, not a number."""
        return int(self.run.run_id) if self.run.run_id.isascii() and self.run.run_id.isdigit() else None

    @property
    def when(self) -> str:
        """When it was, UTC, to the second."""
        return (self.run.started_at or "–")[:19].replace("T", " ")

    @property
    def why(self) -> str:
        """Why it was, in words."""
        return telling.run_why(self.run)

    @property
    def took(self) -> str:
        """How long it took, in seconds."""
        return "–" if self.run.seconds is None else f"{self.run.seconds:.1f} s"


@dataclass(frozen=True, slots=True)
class RunsPage:
    """All runs, the newest first; `older` counts those that are not listed, `history` is KEPT, ABSENT or UNREADABLE."""

    lines: tuple[RunLine, ...]
    older: int
    history: str


@dataclass(frozen=True, slots=True)
class Noted:
    """What a run says alike of one or more reports or files: the message ("" for none), and their names."""

    message: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RunPage:
    """One run.

    Attributes
    ----------
    line
        The run.
    failed, linked
        Reports or files by message, at most as many as can be shown.
    is_cut
        Which of "failed" and "linked" name more than can be shown.
    dose_tables
        What it did with dose tables.
    history
        KEPT, ABSENT or UNREADABLE.
    title, difference
        What it moved as HTML, every word escaped; "" and None where the history does not tell.
    first, last, moved
        Which of the reports that moved are shown, from 1, and how many there are.
    """

    line: RunLine
    failed: tuple[Noted, ...]
    linked: tuple[Noted, ...]
    is_cut: frozenset[str]
    dose_tables: tuple[Row, ...]
    history: str
    title: str = ""
    difference: Markup | None = None
    first: int = 0
    last: int = 0
    moved: int = 0

    @property
    def next_page(self) -> int | None:
        """Number of the page after this one; None on the last."""
        return self.last // _COMPARED + 1 if self.last < self.moved else None


def runs_page(connection: sqlite3.Connection, database: Path) -> RunsPage:
    """Return the list of runs of a database."""
    with ExitStack() as stack:
        past, history = _history(stack, database)
        lines = _lines(connection, past)
    return RunsPage(tuple(reversed(lines[-_LISTED:])), max(0, len(lines) - _LISTED), history)


def run_page(
    connection: sqlite3.Connection, database: Path, number: int, url_of: Callable[[str, str], str], part: int = 1
) -> RunPage | None:
    """Return a run with what it did and what it moved; None where there is none of this number.

    `part` is the page of the reports that moved, from 1; `url_of` gives the address of a row by table and key.
    """
    run_id = f"{number:06}"
    with ExitStack() as stack:
        past, history = _history(stack, database)
        line = next((line for line in _lines(connection, past) if line.run.run_id == run_id), None)
        if line is None:
            return None
        sql = "select report_name, message from run_report where run_id = ? and outcome = ? order by 1 limit ?"
        rows = {what: every(connection, sql, run_id, what, _NOTED + 1) for what in ("failed", "linked")}
        failed, linked = (_by_message(found[:_NOTED]) for found in rows.values())
        is_cut = frozenset(what for what, found in rows.items() if len(found) > _NOTED)
        tables = tuple(every(connection, "select dose_table_id, outcome from run_dose_table where run_id = ? order by 1", run_id))
        found = RunPage(line, failed, linked, is_cut, tables, history)

        def page_of(name: str) -> str | None:
            table, key = ("patient_case", "case_id") if "/" in name else ("report", "report_id")
            return url_of(table, name) if one(connection, f"select 1 from {table} where {key} = ?", name) else None

        return _with_difference(found, past, page_of, part) if past and diff.is_known(past, run_id) else found


def _by_message(rows: Iterable[Row]) -> tuple[Noted, ...]:
    """Return what is said of reports, each message once, in the order of the first name; the name before it is left out."""
    found: dict[str, list[str]] = {}
    for row in rows:
        name, message = row["report_name"], row["message"] or ""
        found.setdefault(message.removeprefix(f"{name}: "), []).append(name)
    return tuple(Noted(message, tuple(names)) for message, names in found.items())


def _with_difference(found: RunPage, past: sqlite3.Connection, page_of: Callable[[str], str | None], part: int) -> RunPage:
    """Return the page with what the run moved, some of its reports at a time."""
    run_id = found.line.run.run_id
    before = diff.before(past, run_id)
    count, start = len(diff.moved(past, before, run_id)), (part - 1) * _COMPARED
    difference = diff.difference(past, before, run_id, part=slice(start, start + _COMPARED))
    end = start + len(difference.reports)
    return replace(
        found,
        title=telling.title(difference),
        difference=Markup("\n".join(page.body(difference, page_of))),  # the page escapes every word
        first=start + 1 if end > start else 0,
        last=end if end > start else count,
        moved=count,
    )


def _history(stack: ExitStack, database: Path) -> tuple[sqlite3.Connection | None, str]:
    """Open the history beside a database, and say whether it is there."""
    try:
        past = stack.enter_context(store.looking(database))
    except DatabaseError:
        return None, UNREADABLE
    return past, KEPT if past else ABSENT


def _lines(connection: sqlite3.Connection, past: sqlite3.Connection | None) -> list[RunLine]:
    """Return the runs of ledger and history, the oldest first; the history tells more of those in both."""
    ledger = {run.run_id: run for run in _ledger(connection)}
    known = {run.run_id: run for run in store.runs(past)} if past else {}
    found = sorted((ledger | known).items())
    return [RunLine(run, telling.run_did(run), run_id in ledger) for run_id, run in found]


def _ledger(connection: sqlite3.Connection) -> list[Run]:
    """Return the runs as the ledger tells them."""
    rows = every(
        connection,
        "select run.*, (select count(*) from run_dose_table as x where x.run_id = run.run_id) as tables from run order by run_id",
    )
    return [
        Run(
            run_id=row["run_id"], reason=row["reason"], words=None, started_at=row["started_at"], seconds=row["seconds"],
            pipeline_version=row["pipeline_version"], pipeline_fingerprint=row["pipeline_fingerprint"],
            readers_fingerprint=row["readers_fingerprint"], unchanged=row["reports_unchanged"], failed=row["reports_failed"],
            new=row["reports_new"], changed=row["reports_changed"], same=0, linked=row["reports_linked"],
            removed=row["reports_removed"], dose_tables=row["tables"],
        )
        for row in rows
    ]  # fmt: skip
