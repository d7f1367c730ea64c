"""What moved between two runs, and what each run did, in words and as JSON."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from db import fields
from db.history import said
from db.history.diff import (
    ADDED,
    CHANGED,
    KINDS,
    NOTHING,
    REMOVED,
    REWORDED,
    CellChange,
    Change,
    Difference,
    Fact,
    ReportChange,
    TableChange,
    run_name_of,
)
from db.history.said import SaidChange
from db.history.store import LINKED, OUT, Run
from db.records import ATTRIBUTES

_SIGNS: Mapping[str, str] = {ADDED: "+", REMOVED: "-", CHANGED: "~", REWORDED: "="}
_UNITS = (
    ("_per_fraction_gy", "Gy a fraction"),
    ("_gy", "Gy"),
    ("_months", "months"),
    ("_weeks", "weeks"),
    ("_years", "years"),
    ("_cm", "cm"),
)
_PLAIN_UNITS: Mapping[str, str] = {
    "months": "months",
    "percent": "%",
    "ki67_percent": "%",
    "fractions": "fractions",
    "cycles": "cycles",
    "fractions_per_day": "fractions a day",
}
_QUOTE = 60  # characters
_CELLS = 10  # of a table that are shown
_FILES = 5  # of a pipeline that are named


# --- values ------------------------------------------------------------------------------------


def value_words(value: Any, only: Sequence[str] | None = None, unit_of: str = "") -> str:
    """Return a value of a record in words; of one with attributes all, or `only` some. `unit_of` is the field of a plain value."""
    if not isinstance(value, dict):
        return _worded(unit_of, value)
    names = sorted(set(value if only is None else only), key=lambda name: (name not in ATTRIBUTES or ATTRIBUTES.index(name), name))
    words = [_worded(name, value.get(name)) for name in names]
    return ", ".join(words) or "–"


def _worded(name: str, value: Any) -> str:
    """Return one attribute in words, its unit from its name."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return ("yes" if value else "no") if not name.startswith("is_") else name.removeprefix("is_").replace("_", " ")
    if isinstance(value, list):
        parts = [value_words(part) for part in value]
        return f"{name.replace('_', ' ')} {' + '.join(parts)}"
    unit = _PLAIN_UNITS.get(name) or next((unit for ending, unit in _UNITS if name.endswith(ending)), None)
    number = fields.number(value) if isinstance(value, (int, float)) else str(value)
    return f"{number} {unit}" if unit else number if isinstance(value, str) else f"{name.replace('_', ' ')} {number}"


def moved(change: Change) -> tuple[str, str]:
    """Return a value before and after in words, "" where there is none; of one that changed in part only what is new."""
    first, second = change.before, change.after
    if first and second and isinstance(first.value, dict) and first.value != second.value:
        names = [name for name in {**first.value, **second.value} if first.value.get(name) != second.value.get(name)]
        return value_words(first.value, names), value_words(second.value, names)
    return tuple(value_words(x.value, unit_of=change.field) if x else "" for x in (first, second))  # type: ignore[return-value]


def name_of(change: Change) -> str:
    """Return which value of the case it is: "age_years", "radiotherapy 1", and of a named one its name, too: "ihc 3 (ALK)"."""
    fact = change.after or change.before
    if fact is None or not isinstance(fact.value, dict) or change.field in ("site", "histology"):
        return change.field
    name = _fact_name(change.after or change.before)
    is_said = not name or change.kind != CHANGED or _is_renamed(change)
    return f"{change.field} {fact.number}" if is_said else f"{change.field} {fact.number} ({name})"


def _fact_name(fact: Fact | None) -> str | None:
    """Return what a fact is called: marker, gene, drug ...; None of one without a name."""
    if fact is None or not isinstance(fact.value, dict):
        return None
    return next((fact.value[key] for key in ("marker", "gene", "name", "procedure") if key in fact.value), None)


def _is_renamed(change: Change) -> bool:
    return _fact_name(change.before) != _fact_name(change.after)


def _quoted(fact: Fact | None) -> str:
    return ", ".join(f'"{textwrap.shorten(quote, _QUOTE, placeholder=" …")}"' for quote in fact.quotes) if fact else ""


# --- lines -------------------------------------------------------------------------------------


def lines(found: Difference, shows_all: bool = False) -> Iterator[str]:
    """Yield what moved: counts first, then report by report.

    Without `shows_all` the values of new and gone cases, and new words for old values, are counted only, and tables show few cells.
    """
    yield title(found)
    if pipeline := pipeline_words(found):
        yield pipeline
    yield from summary(found)
    yield from _most_often(found)
    changes = by_report(found)
    for report in found.reports:
        yield ""
        yield f"{report.report_id}: {about(report)}"
        apart = {*report.cases_added, *report.cases_removed}
        for change in changes.get(report.report_id, ()):
            if shows_all or not (change.case_id in apart or change.kind == REWORDED):
                yield f"  {line(change)}"
        yield from (f"  ! {said_words(word)}" for word in report.said)
    for table in found.tables:
        yield ""
        yield f"dose table {table.dose_table_id}: {about_table(table)}"
        for cell in table.cells if shows_all else table.cells[:_CELLS]:
            yield f"  ~ {cell_words(cell)}"
        if len(table.cells) > _CELLS and not shows_all:
            yield f"  and {len(table.cells) - _CELLS} more cells; --all shows them"


def said_words(change: SaidChange) -> str:
    """Return what became of a curator's word: "thigh/1  ihc (ALK): rejected by Ada on 2026-11-21"."""
    told = change.was if change.value is None else change.value
    name = _fact_name(Fact(1, told, ()))
    shown = "" if told is None else value_words(told, unit_of=change.field)
    return f"{change.case_id}  {change.field}{f' ({name})' if name else ''}: {said.words(change, shown)}"


def by_report(found: Difference) -> dict[str, list[Change]]:
    """Return the values that moved by report."""
    changes: dict[str, list[Change]] = {}
    for change in found.changes:
        changes.setdefault(change.report_id, []).append(change)
    return changes


def pipeline_words(found: Difference) -> str:
    """Return what differs between the pipelines of the two runs; "" where nothing does or one of them is no run."""
    if found.files is None:
        return "" if NOTHING in (found.before, found.after) else "another pipeline; which of its files changed was not kept"
    if not found.files:
        return ""
    shown = ", ".join(found.files[:_FILES])
    more = f" and {len(found.files) - _FILES} more" if len(found.files) > _FILES else ""
    return f"another pipeline: {shown}{more} changed"


def most_often(found: Difference, limit: int = 10) -> list[tuple[str, int]]:
    """Return the moves that were made several times, the commonest first: "drugs: cisplatin, gone", 8; those of new cases left out."""
    apart = {name for report in found.reports for name in (*report.cases_added, *report.cases_removed)}
    count = Counter(_move(change) for change in found.changes if change.case_id not in apart and change.kind != REWORDED)
    return [(move, times) for move, times in count.most_common(limit) if times > 1]


def _most_often(found: Difference) -> Iterator[str]:
    moves = most_often(found)
    if moves:
        yield "most often:"
    yield from (f"{times:6} × {move}" for move, times in moves)


def _move(change: Change) -> str:
    """Return a move without the case and the number in its list; of a fact with attributes that came or went only the name."""
    first, second = moved(change)
    name = _fact_name(change.after or change.before)
    if change.kind == CHANGED:
        return f"{change.field}{f' ({name})' if name and not _is_renamed(change) else ''}: {first} → {second}"
    return f"{change.field}: {name or first or second}, {'new' if change.kind == ADDED else 'gone'}"


def about_table(table: TableChange) -> str:
    """Return what became of a dose table: "added, 57 rows and 41 doses"."""
    first, second = (_size(size) for size in (table.before, table.after))
    if table.before is None or table.after is None:
        return f"added, {second}" if second else f"removed, had {first}"
    cells = f", {len(table.cells)} {'cell' if len(table.cells) == 1 else 'cells'} read otherwise" if table.cells else ""
    return f"{first} → {second}{cells}" if first != second else f"{first} as before{cells or ', something else about it changed'}"


def _size(size: tuple[int, int | None] | None) -> str:
    if size is None:
        return ""
    rows, doses = size
    of_doses = "of the authors’ own patients" if doses is None else f"and {doses} {'dose' if doses == 1 else 'doses'}"
    return f"{rows} {'row' if rows == 1 else 'rows'} {of_doses}"


def cell_words(cell: CellChange) -> str:
    """Return a cell that changed: its row and heading, what it prints, and what was and is read of it."""
    return f'row {cell.row}, {cell.heading}: {cell.before or "–"} → {cell.after or "–"}  "{cell.printed}"'


def line(change: Change) -> str:
    """Return a value that moved in one line."""
    values, quotes = moved(change), (_quoted(change.before), _quoted(change.after))
    if change.kind == REWORDED:
        values = (values[0], "")
    said = " → ".join(filter(None, values))
    words = " → ".join(filter(None, quotes if quotes[0] != quotes[1] else quotes[:1]))
    return f"{_SIGNS[change.kind]} {change.case_id}  {name_of(change)}: {said}  {words}".rstrip()


def title(found: Difference) -> str:
    """Return the two runs: "run 3 → run 5"."""
    return f"{run_name_of(found.before)} → {run_name_of(found.after)}"


def about(report: ReportChange) -> str:
    """Return what changed of a report as a whole, in words."""
    words = []
    if report.before == OUT:
        words.append("added")
    if report.after == OUT:
        words.append("removed")
    elif report.after == LINKED:
        words.append(f"linked to {report.link}, which tells the same")
    elif report.before == LINKED:
        words.append("stored again, was linked")
    if others := [name.replace("_", " ") for name in report.about if name != "corrections"]:
        words.append(f"another {' and '.join(others)}")
    if "corrections" in report.about:
        words.append("other corrections")
    for verb, cases in (("with", report.cases_added), ("without", report.cases_removed)):
        if cases:
            words.append(f"{verb} {'case' if len(cases) == 1 else 'cases'} {', '.join(name.rsplit('/', 1)[1] for name in cases)}")
    return ", ".join(words) or "read otherwise"


def summary(found: Difference) -> Iterator[str]:
    """Yield the counts: of reports, and of values by field."""
    counts = found.counts()
    total = sum(counts.values(), Counter[str]())
    yield how_many(found)
    if not counts:
        return
    yield f"{'field':20}" + "".join(f"{kind:>10}" for kind in KINDS)
    for field, count in (*counts.items(), ("all", total)):
        yield f"{field:20}" + "".join(f"{count[kind]:10}" for kind in KINDS)


def how_many(found: Difference) -> str:
    """Return how many reports and dose tables are others: "2 reports differ, 1 dose table differs"."""
    counts = ((len(found.reports), "report"), (len(found.tables), "dose table"))
    said = [f"{count} {what} differs" if count == 1 else f"{count} {what}s differ" for count, what in counts if count]
    return ", ".join(said) or "no report differs"


RUN_HEADING = f"{'run':>4}  {'when (UTC)':19}  {'took':>8}  {'why':16}  what"


def run_did(run: Run) -> str:
    """Return what a run did in words: "2 new, 1 failed"."""
    tables = "dose table" if run.dose_tables == 1 else "dose tables"
    counts = (
        ("new", run.new),
        ("changed", run.changed),
        ("read again as before", run.same),
        ("linked", run.linked),
        ("removed", run.removed),
        ("unchanged", run.unchanged),
        ("failed", run.failed),
        (tables, run.dose_tables),
    )
    return ", ".join(f"{count:,} {word}" for word, count in counts if count) or "nothing"


def run_why(run: Run) -> str:
    """Return why a run was, in words: "add", "undo run 4"; "–" where nobody knows."""
    action, _, undone = (run.reason or "–").partition(" ")
    return f"{action} {run_name_of(undone)}" if undone.isdecimal() else run.reason or "–"


def run_line(run: Run, is_there: bool = True) -> str:
    """Return a run in one line: number, when, how long, why, what, by which pipeline and which command."""
    what = run_did(run)
    when, took = (run.started_at or "–")[:19].replace("T", " "), f"{run.seconds:.1f} s" if run.seconds is not None else "–"
    by = f"pipeline {run.pipeline_version or '?'} {run.pipeline_fingerprint or '?'}"
    where = "" if is_there else "; not in this database"
    return f"{int(run.run_id):>4}  {when:19}  {took:>8}  {run_why(run):16}  {what}; {by}; {run.words or 'command not known'}{where}"


def run_words(run: Run) -> str:
    """Return a run as a heading can tell it, without the command, which may name private folders."""
    when = (run.started_at or "time not known")[:16].replace("T", " ")
    by = f"pipeline {run.pipeline_version or '?'} {run.pipeline_fingerprint or '?'}"
    return f"{run_name_of(run.run_id)}: {run_why(run)}, {when} UTC, {by}"


# --- JSON --------------------------------------------------------------------------------------


def to_json(found: Difference) -> dict[str, Any]:
    """Return what moved as JSON gives it."""
    return {
        "before": found.before,
        "after": found.after,
        "files": None if found.files is None else list(found.files),
        "counts": {field: {kind: count[kind] for kind in KINDS} for field, count in found.counts().items()},
        "reports": [
            {
                "report_id": x.report_id, "before": x.before, "after": x.after, "changed": list(x.about),
                "cases_added": list(x.cases_added), "cases_removed": list(x.cases_removed), "linked_to": x.link,
                "corrections": list(map(said.to_json, x.said)),
            }
            for x in found.reports
        ],
        "values": [
            {
                "case_id": x.case_id, "field": x.field, "kind": x.kind, "before": _fact_json(x.before), "after": _fact_json(x.after),
            }
            for x in found.changes
        ],
        "dose_tables": [
            {
                "dose_table_id": x.dose_table_id, "before": _size_json(x.before), "after": _size_json(x.after),
                "cells": list(map(asdict, x.cells)),
            }
            for x in found.tables
        ],
    }  # fmt: skip


def _fact_json(fact: Fact | None) -> dict[str, Any] | None:
    return {"number": fact.number, "value": fact.value, "quotes": list(fact.quotes)} if fact else None


def _size_json(size: tuple[int, int | None] | None) -> dict[str, int | None] | None:
    return {"rows": size[0], "doses": size[1]} if size else None
