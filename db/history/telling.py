"""What moved between two runs, and what each run did, in words and as JSON."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from db import fields
from db.history.diff import ADDED, CHANGED, KINDS, REMOVED, REWORDED, Change, Difference, Fact, ReportChange, run_name_of
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
    name = next((fact.value[key] for key in ("marker", "gene", "name", "procedure") if key in fact.value), None)
    is_said = not name or change.kind != CHANGED
    return f"{change.field} {fact.number}" if is_said else f"{change.field} {fact.number} ({name})"


def _quoted(fact: Fact | None) -> str:
    return ", ".join(f'"{textwrap.shorten(quote, _QUOTE, placeholder=" …")}"' for quote in fact.quotes) if fact else ""


# --- lines -------------------------------------------------------------------------------------


def lines(found: Difference, shows_all: bool = False) -> Iterator[str]:
    """Yield what moved: counts first, then report by report.

    Without `shows_all` the values of new and gone cases, and new words for old values, are counted only.
    """
    yield title(found)
    yield from summary(found)
    for report in found.reports:
        yield ""
        yield f"{report.report_id}: {about(report)}"
        apart = {*report.cases_added, *report.cases_removed}
        for change in found.changes:
            if change.report_id == report.report_id and (shows_all or not (change.case_id in apart or change.kind == REWORDED)):
                yield f"  {line(change)}"


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
    if report.about:
        words.append(f"another {' and '.join(x.replace('_', ' ') for x in report.about)}")
    for verb, cases in (("with", report.cases_added), ("without", report.cases_removed)):
        if cases:
            words.append(f"{verb} {'case' if len(cases) == 1 else 'cases'} {', '.join(name.rsplit('/', 1)[1] for name in cases)}")
    return ", ".join(words) or "read otherwise"


def summary(found: Difference) -> Iterator[str]:
    """Yield the counts: of reports, and of values by field."""
    counts = found.counts()
    total = sum(counts.values(), Counter[str]())
    yield (
        f"{len(found.reports)} {'report differs' if len(found.reports) == 1 else 'reports differ'}"
        if found.reports
        else "no report differs"
    )
    if not counts:
        return
    yield f"{'field':20}" + "".join(f"{kind:>10}" for kind in KINDS)
    for field, count in (*counts.items(), ("all", total)):
        yield f"{field:20}" + "".join(f"{count[kind]:10}" for kind in KINDS)


RUN_HEADING = f"{'run':>4}  {'when (UTC)':19}  {'took':>8}  {'why':16}  what"


def run_line(run: Run, is_there: bool = True) -> str:
    """Return a run in one line: number, when, how long, why, what, by which pipeline and which command."""
    counts = (
        ("new", run.new),
        ("changed", run.changed),
        ("read again as before", run.same),
        ("linked", run.linked),
        ("removed", run.removed),
        ("unchanged", run.unchanged),
        ("failed", run.failed),
    )
    what = ", ".join(f"{count} {word}" for word, count in counts if count) or "nothing"
    when, took = (run.started_at or "–")[:19].replace("T", " "), f"{run.seconds:.1f} s" if run.seconds is not None else "–"
    by = f"pipeline {run.pipeline_version or '?'} {run.pipeline_fingerprint or '?'}"
    where = "" if is_there else "; not in this database"
    return f"{int(run.run_id):>4}  {when:19}  {took:>8}  {run.reason or '–':16}  {what}; {by}; {run.words or 'command not known'}{where}"


def run_words(run: Run) -> str:
    """Return a run as a heading can tell it, without the command, which may name private folders."""
    when = (run.started_at or "time not known")[:16].replace("T", " ")
    by = f"pipeline {run.pipeline_version or '?'} {run.pipeline_fingerprint or '?'}"
    return f"{run_name_of(run.run_id)}: {run.reason or '–'}, {when} UTC, {by}"


# --- JSON --------------------------------------------------------------------------------------


def to_json(found: Difference) -> dict[str, Any]:
    """Return what moved as JSON gives it."""
    return {
        "before": found.before,
        "after": found.after,
        "counts": {field: {kind: count[kind] for kind in KINDS} for field, count in found.counts().items()},
        "reports": [
            {
                "report_id": x.report_id, "before": x.before, "after": x.after, "changed": list(x.about),
                "cases_added": list(x.cases_added), "cases_removed": list(x.cases_removed), "linked_to": x.link,
            }
            for x in found.reports
        ],
        "values": [
            {
                "case_id": x.case_id, "field": x.field, "kind": x.kind, "before": _fact_json(x.before), "after": _fact_json(x.after),
            }
            for x in found.changes
        ],
    }  # fmt: skip


def _fact_json(fact: Fact | None) -> dict[str, Any] | None:
    return {"number": fact.number, "value": fact.value, "quotes": list(fact.quotes)} if fact else None
