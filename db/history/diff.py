"""What moved between two runs: reports, cases and values, each with the words that it was read from."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from db import records
from db.history import content, dose_tables, store
from db.history import said as curators
from db.history.said import SaidChange
from db.history.store import LINKED, OUT, SAME, STORED, Version
from db.rows import case_key
from db.schema import DatabaseError

ADDED, REMOVED, CHANGED, REWORDED = "added", "removed", "changed", "reworded"
KINDS = (CHANGED, ADDED, REMOVED, REWORDED)
NOTHING = "000000"  # the state before the first run

_IN_ORDER = ("radiotherapy", "surgeries")


@dataclass(frozen=True, slots=True)
class Fact:
    """A value of a case in one of the two states: its number in the list, from 1, and the words that support it."""

    number: int
    value: Any
    quotes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """A value that moved. `before` or `after` is None where it was not there; both are where value or words changed."""

    report_id: str
    case_id: str
    field: str
    before: Fact | None
    after: Fact | None

    @property
    def kind(self) -> str:
        """One of KINDS; reworded: the same value from other words."""
        if self.before is None:
            return ADDED
        if self.after is None:
            return REMOVED
        return REWORDED if self.before.value == self.after.value else CHANGED


@dataclass(frozen=True, slots=True)
class ReportChange:
    """A report that is another than before.

    Attributes
    ----------
    before, after
        stored, linked or out.
    about
        What of the report itself changed: "text", "title", "year" ...; "corrections" where what curators said of it did.
    cases_added, cases_removed
        Names of the cases that only one of the states has.
    link
        Name of the report to which it is now linked, None where it is not.
    said
        What became of curators' words on it.
    """

    report_id: str
    before: str
    after: str
    about: tuple[str, ...]
    cases_added: tuple[str, ...]
    cases_removed: tuple[str, ...]
    link: str | None
    said: tuple[SaidChange, ...] = ()


@dataclass(frozen=True, slots=True)
class CellChange:
    """A cell of a dose table that is printed or read otherwise: row and heading, and what was read of it, None where nothing was."""

    row: int
    heading: str
    printed: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class TableChange:
    """A dose table that is another than before.

    Attributes
    ----------
    dose_table_id
        Its name.
    before, after
        How many rows and doses it had, and has; None where it was, or is, not there. Those of the authors' own patients are lines
        as printed, and None for the doses, which are values of cases.
    cells
        The cells that changed, where it was there before and is there now.
    """

    dose_table_id: str
    before: tuple[int, int | None] | None
    after: tuple[int, int | None] | None
    cells: tuple[CellChange, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """What moved from the state after one run to that after another; counts by field and kind are those of `changes`.

    Attributes
    ----------
    before, after
        The two runs.
    reports, changes, tables
        What moved, by name.
    files
        The files of code and vocabularies that differ between the pipelines of the two runs; None where that is not known.
    """

    before: str
    after: str
    reports: tuple[ReportChange, ...]
    changes: tuple[Change, ...]
    tables: tuple[TableChange, ...] = ()
    files: tuple[str, ...] | None = ()

    def counts(self) -> dict[str, Counter[str]]:
        """Return for each field, in the order of the record, how many values moved and how."""
        found: dict[str, Counter[str]] = {field: Counter() for field in records.FACTS}
        for change in self.changes:
            found[change.field][change.kind] += 1
        return {field: count for field, count in found.items() if count}


def named(past: sqlite3.Connection, name: str) -> str:
    """Return the run that somebody means by "3" or "000003".

    Raises
    ------
    DatabaseError
        There is no such run.
    """
    run_id = f"{int(name):06}" if name.isascii() and name.isdigit() and len(name) <= 6 else name
    if not is_known(past, run_id):
        raise DatabaseError(f"{name}: no run of this number; `casebook runs` lists them")
    return run_id


def is_known(past: sqlite3.Connection, run_id: str) -> bool:
    """Tell whether the history has a run."""
    return past.execute("select 1 from run where run_id = ?", (run_id,)).fetchone() is not None


def before(past: sqlite3.Connection, run_id: str) -> str:
    """Return the run before another one; that of no number before the first."""
    found: str | None = past.execute("select max(run_id) from run where run_id < ?", (run_id,)).fetchone()[0]
    return found or NOTHING


def run_name_of(run_id: str) -> str:
    """Return a run as people name it: "run 3"; "nothing" for the state before the first."""
    return "nothing" if run_id == NOTHING else f"run {int(run_id)}"


def last(past: sqlite3.Connection) -> str:
    """Return the last run; that of no number where there is none."""
    found: str | None = past.execute("select max(run_id) from run").fetchone()[0]
    return found or NOTHING


def two_runs(past: sqlite3.Connection, names: Sequence[str]) -> tuple[str, str]:
    """Return the runs to compare: of none named the last with the one before it, of one that with the one before it, of two both.

    The number 0 means the state before the first.

    Raises
    ------
    DatabaseError
        There is no run of such a number.
    """
    found = [NOTHING if name in ("0", NOTHING) else named(past, name) for name in names] or [last(past)]
    return (found[0], found[1]) if len(found) == 2 else (before(past, found[0]), found[0])


def moved(past: sqlite3.Connection, old: str, new: str) -> list[str]:
    """Return the names of the reports that are others after one run than after another."""
    if old == before(past, new):
        return [version.report_id for version in store.versions(past, new) if version.outcome != SAME]
    was, now = store.state(past, old), store.state(past, new)
    return [name for name in sorted(was.keys() | now.keys()) if not _is_alike(was.get(name), now.get(name))]


def _is_alike(first: Version | None, second: Version | None) -> bool:
    return second.tells_as(first) if second else first is None or first.state == OUT


def difference(
    past: sqlite3.Connection,
    old: str,
    new: str,
    fields: Sequence[str] = (),
    cases: Sequence[str] = (),
    part: slice = slice(None),
    watch: Callable[[Sequence[str]], Iterable[str]] = iter,
) -> Difference:
    """Compare the states after two runs.

    `fields` and `cases` (names of cases or of reports) leave out all others; `part` takes some of the reports that moved, by name.
    `watch` hands on their names one by one, so that somebody can be told how far it is: ten thousand take ten seconds.
    """
    reports: list[ReportChange] = []
    changes: list[Change] = []
    for report_id in watch(moved(past, old, new)[part]):
        first, second = (store.version_of(past, report_id, run_id) for run_id in (old, new))
        if not _is_wanted(report_id, cases):
            continue
        told = [_told(past, version) for version in (first, second)]
        found = [x for x in _changes(report_id, *told) if (not fields or x.field in fields) and (not cases or _is_of(x, cases))]
        said = [x for x in curators.changes(*told) if (not fields or x.field in fields) and (not cases or _is_of(x, cases))]
        changes += found
        if found or said or not (fields or any("/" in name for name in cases)):
            reports.append(replace(_report(past, report_id, first, second, *told), said=tuple(said)))
    tables = () if fields or cases else tuple(_tables(past, old, new))
    return Difference(old, new, tuple(reports), tuple(changes), tables, store.changed_files(past, old, new))


def _is_wanted(report_id: str, cases: Sequence[str]) -> bool:
    return not cases or any(name == report_id or name.startswith(f"{report_id}/") for name in cases)


def _is_of(change: Change | SaidChange, cases: Sequence[str]) -> bool:
    return change.case_id in cases or change.case_id.rpartition("/")[0] in cases


def _told(past: sqlite3.Connection, version: Version | None) -> dict[str, Any]:
    """Return the record of a version as JSON; one without cases where none is stored."""
    return content.get(past, version.facts) if version and version.state == STORED else {"cases": [], "evidence": []}


def _report(
    past: sqlite3.Connection, report_id: str, old: Version | None, new: Version | None, was: Mapping[str, Any], now: Mapping[str, Any]
) -> ReportChange:
    """Return what changed of a report as a whole."""
    first, second = (content.get(past, version.report) if version else {} for version in (old, new))
    about = tuple(sorted(name for name in first.keys() & second.keys() if first[name] != second[name]))
    if first and second and was.get("corrections") != now.get("corrections"):
        about = (*about, "corrections")
    labels = [[case_key(report_id, case["label"]) for case in told["cases"]] for told in (was, now)]
    return ReportChange(
        report_id,
        old.state if old else OUT,
        new.state if new else OUT,
        about,
        tuple(name for name in labels[1] if name not in labels[0]),
        tuple(name for name in labels[0] if name not in labels[1]),
        content.get(past, new.facts)["report_id"] if new and new.state == LINKED else None,
    )


def _changes(report_id: str, was: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Change]:
    """Yield the values that moved, case by case and field by field."""
    old, new = _by_field(was), _by_field(now)
    for label, field in sorted(old.keys() | new.keys(), key=lambda key: (len(key[0]), key[0], records.FACTS.index(key[1]))):
        for first, second in _pairs(field, old.get((label, field), []), new.get((label, field), [])):
            if first is None or second is None or (first.value, first.quotes) != (second.value, second.quotes):
                yield Change(report_id, case_key(report_id, label), field, first, second)


def _by_field(told: Mapping[str, Any]) -> dict[tuple[str, str], list[Fact]]:
    """Return the facts of a record's JSON by case and field, their values without the numbers of the evidence."""
    quotes: dict[tuple[str | None, str], list[str]] = {}
    for entry in told["evidence"]:
        if "reason" not in entry:
            quotes.setdefault((entry.get("case"), entry["field"]), []).append(entry["quote"])
    found: dict[tuple[str, str], list[Fact]] = {}
    for label, field, number, value in records.facts(told):
        if isinstance(value, dict):
            words = [told["evidence"][index]["quote"] for index in value.get("evidence", ())]
            value = {name: part for name, part in value.items() if name != "evidence"}
        else:
            words = quotes.get((label, field), [])
        found.setdefault((label, field), []).append(Fact(number, value, tuple(dict.fromkeys(words))))
    return found


def _pairs(field: str, old: Sequence[Fact], new: Sequence[Fact]) -> Iterator[tuple[Fact | None, Fact | None]]:
    """Yield which fact became which: equal ones, those of one name, those that only got another name, then in order if they have none."""
    names = records.NAMES.get(field)
    rest, left = list(old), list(new)
    ways: list[Callable[[Fact], Any]] = [lambda x: (x.value, x.quotes), lambda x: x.value]
    if names:
        ways.append(lambda x: tuple(x.value.get(name) for name in names))
        # As a vocabulary renames it: from the same words, and all else is as it was. Without words no fact is the same as another.
        ways.append(lambda x: (x.quotes or id(x), {name: part for name, part in x.value.items() if name not in names}))
    if names is None or field in _IN_ORDER:
        ways.append(lambda _: ())
    for way in ways:
        for fact in tuple(rest):
            match = next((other for other in left if way(other) == way(fact)), None)
            if match is not None:
                rest.remove(fact)
                left.remove(match)
                yield fact, match
    yield from ((fact, None) for fact in rest)
    yield from ((None, fact) for fact in left)


# --- dose tables -------------------------------------------------------------------------------


def _tables(past: sqlite3.Connection, old: str, new: str) -> Iterator[TableChange]:
    """Yield the dose tables that moved, by name."""
    was, now = dose_tables.state(past, old), dose_tables.state(past, new)
    for name in sorted(was.keys() | now.keys()):
        keys = [versions[name].content if name in versions else None for versions in (was, now)]
        if keys[0] != keys[1]:
            first, second = (content.get(past, key) for key in keys)
            yield TableChange(name, _size(first), _size(second), tuple(_cells(first, second)) if first and second else ())


def _size(table: Mapping[str, Any]) -> tuple[int, int | None] | None:
    """Return rows and doses of a table; None of one that is not there."""
    if not table:
        return None
    if table["dose_table"][0]["is_own"]:
        return len({cell["row_number"] for cell in table["dose_table_cell"]}), None
    rows = table["dose_table_row"]
    return len({row["row_number"] for row in rows}), sum("total_dose_gy" in row for row in rows)


def _cells(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[CellChange]:
    """Yield the cells that were printed or read otherwise, row by row."""
    headings = {column["column_number"]: column["heading"] for table in (old, new) for column in table["dose_table_column"]}
    was, now = ({(x["row_number"], x["column_number"]): x for x in table["dose_table_cell"]} for table in (old, new))
    for row, column in sorted(was.keys() | now.keys()):
        first, second = was.get((row, column), {}), now.get((row, column), {})
        if any(first.get(name) != second.get(name) for name in ("printed", "read", "message")):
            yield CellChange(row, headings[column], (second or first)["printed"], first.get("read"), second.get("read"))
