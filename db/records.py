"""A record from its tables, and its short JSON form: what `db.rows` does, the other way round."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import MISSING, replace
from functools import cache
from typing import Any, TypeVar

from db.query import Row, every
from db.rows import FACT_TABLES
from extract.record import (
    REPEATED,
    SCALARS,
    Case,
    Drug,
    Evidence,
    Failure,
    Histology,
    IhcResult,
    Metastasis,
    MolecularTest,
    Phase,
    RadiotherapyCourse,
    Record,
    Site,
    Surgery,
    TimelineEvent,
)

Fact = TypeVar("Fact")

# A case, a field and the number of the fact in it, as in table fact_evidence, with the fact.
Numbered = tuple[str, str, int, Any]

CLASSES: Mapping[str, Any] = {
    "ihc": IhcResult,
    "molecular": MolecularTest,
    "surgeries": Surgery,
    "radiotherapy": RadiotherapyCourse,
    "drugs": Drug,
    "metastases": Metastasis,
    "events": TimelineEvent,
}
SINGLE: Mapping[str, Any] = {"site": Site, "histology": Histology}
# By what two entries of a list are taken for the same fact; courses have no name and are taken in order.
NAMES: Mapping[str, tuple[str, ...]] = {
    "ihc": ("marker", "cells"),
    "molecular": ("gene", "alteration"),
    "surgeries": ("procedure",),
    "drugs": ("name",),
    "metastases": ("topography",),
    "events": ("kind", "name"),
}
# What a record says of its report.
_ABOUT = ("id", "kind", "title", "doi", "pmcid", "pmid", "year", "journal", "license", "sha256")
FACTS = (*SCALARS, *SINGLE, *REPEATED)
_ATTRIBUTES: Mapping[str, str] = {
    name: attribute.type
    for kind in (Case, *SINGLE.values(), *CLASSES.values(), Phase)
    for name, attribute in kind.__dataclass_fields__.items()
}
# Columns that hold words between commas, and those that hold 0 and 1.
_LISTS = tuple(name for name, of in _ATTRIBUTES.items() if of == "tuple[str, ...]")
_TRUTHS = tuple(name for name, of in _ATTRIBUTES.items() if of.startswith("bool"))
# Attributes of all kinds of facts in the order in which the record has them.
ATTRIBUTES = tuple(name for name in _ATTRIBUTES if name not in FACTS)


# Attributes that come from rows of other tables.
_NO_COLUMNS = frozenset({"evidence", "phases", *SINGLE, *CLASSES})

_BATCH = 500  # reports whose rows are fetched at once
_OF_REPORTS = "report_id between ?1 and ?2"
_OF_CASES = f"case_id in (select case_id from patient_case where {_OF_REPORTS})"
# What happened stands in the ledger of that run alone.
_FAILED = f"""
select report_id, label, field from patient_case join empty_field using (case_id)
where {_OF_REPORTS} and reason = 'failed' order by report_id, label, field
"""

# --- from the tables ---------------------------------------------------------------------------


def stored_record(connection: sqlite3.Connection, report_id: str) -> Record | None:
    """Return the record of which a stored report's rows were made; None where there is none.

    Of words that were passed over it is not known any more which patient they named, where that one is no case.
    """
    return next(_records(connection, report_id, report_id), None)


def stored_records(connection: sqlite3.Connection) -> Iterator[Record]:
    """Yield what `stored_record` returns of each report, in the order of their names, of a database that nobody changes meanwhile."""
    names = connection.execute("select report_id from report order by report_id")
    while batch := names.fetchmany(_BATCH):
        yield from _records(connection, batch[0][0], batch[-1][0])


def _records(connection: sqlite3.Connection, first: str, last: str) -> Iterator[Record]:
    """Yield the records of all reports from one name to another, in that order; each table is asked once for all of them."""

    def rows(table: str, key: str, order: str = "number") -> dict[str, list[Row]]:
        """Return the rows of a table by the report or the case that they are of."""
        of_these = _OF_REPORTS if key == "report_id" else _OF_CASES
        return _by(key, every(connection, f"select * from {table} where {of_these} order by {key}, {order}", first, last))

    evidence, cases = rows("evidence", "report_id"), rows("patient_case", "report_id", "length(label), label")
    supports: dict[tuple[str, str, int], list[int]] = {}
    for row in every(connection, f"select * from fact_evidence where {_OF_REPORTS} order by evidence_number", first, last):
        supports.setdefault((row["case_id"], row["field"], row["number"]), []).append(row["evidence_number"])
    facts_of = {table: rows(table, "case_id") for _, table in FACT_TABLES}
    phases = rows("radiotherapy_phase", "case_id", "course_number, number")
    failed = _by("report_id", every(connection, _FAILED, first, last))
    for report in every(connection, f"select * from report where {_OF_REPORTS} order by report_id", first, last):
        report_id = report["report_id"]
        yield Record(
            {"id": report_id, **{name: report[name] for name in _ABOUT[1:]}},
            tuple(_case(row, facts_of, phases.get(row["case_id"], ()), supports) for row in cases.get(report_id, ())),
            tuple(_evidence(row) for row in evidence.get(report_id, ())),
            {"version": report["pipeline_version"], "fingerprint": report["pipeline_fingerprint"]},
            tuple(Failure(row["field"], "its reading broke off", row["label"]) for row in failed.get(report_id, ())),
        )


def _by(name: str, rows: Iterable[Row]) -> dict[str, list[Row]]:
    """Return rows by what a column holds, those of each in the order in which they come."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row[name], []).append(row)
    return found


def _case(
    row: Row, facts_of: Mapping[str, Mapping[str, list[Row]]], phases: Sequence[Row], supports: Mapping[tuple[str, str, int], list[int]]
) -> Case:
    key = row["case_id"]

    def evidence(field: str, number: int = 1) -> tuple[int, ...]:
        return tuple(supports.get((key, field, number), ()))

    lists: dict[str, Any] = {}
    for field, table in FACT_TABLES:
        found = facts_of[table].get(key, ())
        lists[field] = tuple(_made(CLASSES[field], x, evidence=evidence(field, x["number"])) for x in found)
    courses: dict[int, list[Phase]] = {}
    for phase in phases:
        courses.setdefault(phase["course_number"], []).append(_made(Phase, phase))
    lists["radiotherapy"] = tuple(
        replace(course, phases=tuple(courses[number])) if number in courses else course
        for number, course in enumerate(lists["radiotherapy"], start=1)
    )
    site, histology = row["site_name"], row["histology_name"]
    return _made(
        Case,
        row,
        site=Site(site, row["topography"], row["laterality"], evidence("site")) if site else None,
        histology=Histology(histology, row["morphology"], row["grade"], evidence("histology")) if histology else None,
        **lists,
    )


def _evidence(row: Row) -> Evidence:
    case = row["case_id"].removeprefix(f"{row['report_id']}/") if row["case_id"] else None
    return Evidence(
        row["field"], case, row["start_char"], row["end_char"], row["quote"], row["section"], row["assertion"], row["subject"],
        row["value"], row["reason"], row["page"],
    )  # fmt: skip


def _made(kind: type[Fact], row: Row, **more: Any) -> Fact:
    """Return a value of a class with the columns of its attributes' names."""
    return kind(**{name: read(row[name]) if read else row[name] for name, read in _columns(kind)}, **more)  # type: ignore[arg-type]


@cache
def _columns(kind: type[Any]) -> tuple[tuple[str, Callable[[Any], Any] | None], ...]:
    """Return which attributes of a class are columns, with what makes the record's value of the column's; None where it is the same."""
    names = (name for name in kind.__dataclass_fields__ if name not in _NO_COLUMNS)
    return tuple((name, _words if name in _LISTS else _truth if name in _TRUTHS else None) for name in names)


def _words(value: str | None) -> tuple[str, ...]:
    return tuple(value.split(",")) if value else ()


def _truth(value: int | None) -> bool | None:
    return None if value is None else bool(value)


# --- as JSON -----------------------------------------------------------------------------------


def to_json(record: Record) -> dict[str, Any]:
    """Return the record's public JSON form without pipeline and without what is empty or as ever: equal facts give equal JSON."""
    usual = {"assertion": "present", "subject": "patient"}
    return {
        "report": {name: value for name, value in record.report.items() if value is not None},
        "cases": [plain(case) for case in record.cases],
        "evidence": [{k: v for k, v in plain(entry).items() if usual.get(k) != v} for entry in record.evidence],
        **({"failures": [plain(failure) for failure in record.failures]} if record.failures else {}),
    }


def from_json(values: Mapping[str, Any], pipeline: Mapping[str, str]) -> Record:
    """Return the record of which `to_json` made JSON, an older Casebook's too: what today's record does not know is left out."""
    cases = tuple(
        _known(
            Case,
            case,
            **{field: _known(kind, case[field]) for field, kind in SINGLE.items() if field in case},
            **{field: tuple(_fact(kind, x) for x in case.get(field, ())) for field, kind in CLASSES.items()},
        )
        for case in values["cases"]
    )
    evidence = (_known(Evidence, {"case": None, **entry}) for entry in values["evidence"])
    failures = tuple(_known(Failure, failure) for failure in values.get("failures", ()))
    return Record(dict.fromkeys(_ABOUT) | values["report"], cases, tuple(evidence), dict(pipeline), failures)


def facts(values: Mapping[str, Any]) -> Iterator[Numbered]:
    """Yield the facts of a record's JSON: label of the case, field, number, and the value as it stands there."""
    for case in values["cases"]:
        for field in FACTS:
            found = case.get(field)
            for number, fact in enumerate(found if isinstance(found, list) else [] if found is None else [found], start=1):
                yield case["label"], field, number, fact


def plain(value: Any) -> Any:
    """Return a value as JSON has it, without attributes that are None, empty, or False where that is the rule.

    As `dataclasses.asdict` does, in a fifth of its time.
    """
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    names = getattr(value, "__dataclass_fields__", None)
    if names is None:
        return value
    parts = ((name, getattr(value, name)) for name in names)
    return {name: plain(x) for name, x in parts if not (x is None or x == () or (x is False and name.startswith("is_")))}


def _fact(kind: type[Fact], values: Mapping[str, Any]) -> Fact:
    phases = values.get("phases")
    return _known(kind, values, **({"phases": tuple(_known(Phase, phase) for phase in phases)} if phases else {}))


def _known(kind: type[Fact], values: Mapping[str, Any], **more: Any) -> Fact:
    """Return a value of a class from JSON; an attribute without a default that is left out is None."""
    attributes: Iterable[Any] = kind.__dataclass_fields__.values()  # type: ignore[attr-defined]
    given: dict[str, Any] = {}
    for attribute in attributes:
        if attribute.name in values:
            value = values[attribute.name]
            given[attribute.name] = tuple(value) if isinstance(value, list) else value
        elif attribute.default is MISSING:
            given[attribute.name] = None
    return kind(**{**given, **more})
