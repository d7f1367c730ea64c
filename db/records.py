"""A record from its tables, and its short JSON form: what `db.rows` does, the other way round."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import MISSING
from typing import Any, TypeVar

from db.query import Row, every, one
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


# --- from the tables ---------------------------------------------------------------------------


def stored_record(connection: sqlite3.Connection, report_id: str) -> Record | None:
    """Return the record of which a stored report's rows were made; None where there is none.

    Of words that were passed over it is not known any more which patient they named, where that one is no case.
    """
    report = one(connection, "select * from report where report_id = ?", report_id)
    if report is None:
        return None
    evidence = every(connection, "select * from evidence where report_id = ? order by number", report_id)
    supports: dict[tuple[str, str, int], list[int]] = {}
    for row in every(connection, "select * from fact_evidence where report_id = ? order by evidence_number", report_id):
        supports.setdefault((row["case_id"], row["field"], row["number"]), []).append(row["evidence_number"])
    cases = every(connection, "select * from patient_case where report_id = ?", report_id)
    told = {name: report[name] for name in _ABOUT[1:]}
    return Record(
        {"id": report_id, **told},
        tuple(_case(connection, row, supports) for row in sorted(cases, key=lambda row: (len(row["label"]), row["label"]))),
        tuple(_evidence(row) for row in evidence),
        {"version": report["pipeline_version"], "fingerprint": report["pipeline_fingerprint"]},
        _failures(connection, report_id),
    )


def _failures(connection: sqlite3.Connection, report_id: str) -> tuple[Failure, ...]:
    """Return the fields whose reading broke off, case by case; what happened stands in the ledger of that run alone."""
    rows = every(
        connection,
        "select label, field from empty_field join patient_case using (case_id) where report_id = ? and reason = 'failed' order by 1, 2",
        report_id,
    )
    return tuple(Failure(row["field"], "its reading broke off", row["label"]) for row in rows)


def _case(connection: sqlite3.Connection, row: Row, supports: Mapping[tuple[str, str, int], list[int]]) -> Case:
    key = row["case_id"]

    def evidence(field: str, number: int = 1) -> tuple[int, ...]:
        return tuple(supports.get((key, field, number), ()))

    lists: dict[str, Any] = {}
    for field, table in FACT_TABLES:
        rows = every(connection, f"select * from {table} where case_id = ? order by number", key)
        phases = _phases(connection, key) if field == "radiotherapy" and rows else {}
        lists[field] = tuple(
            _made(CLASSES[field], x, evidence=evidence(field, x["number"]), **({"phases": phases.get(x["number"], ())} if phases else {}))
            for x in rows
        )
    site, histology = row["site_name"], row["histology_name"]
    return _made(
        Case,
        row,
        site=Site(site, row["topography"], row["laterality"], evidence("site")) if site else None,
        histology=Histology(histology, row["morphology"], row["grade"], evidence("histology")) if histology else None,
        **lists,
    )


def _phases(connection: sqlite3.Connection, case_id: str) -> dict[int, tuple[Phase, ...]]:
    """Return the phases of the courses of a case by the course's number."""
    found: dict[int, tuple[Phase, ...]] = {}
    for row in every(connection, "select * from radiotherapy_phase where case_id = ? order by course_number, number", case_id):
        found[row["course_number"]] = (*found.get(row["course_number"], ()), _made(Phase, row))
    return found


def _evidence(row: Row) -> Evidence:
    case = row["case_id"].removeprefix(f"{row['report_id']}/") if row["case_id"] else None
    more = (row[name] for name in ("quote", "section", "assertion", "subject", "value", "reason", "page"))
    return Evidence(row["field"], case, row["start_char"], row["end_char"], *more)


def _made(kind: type[Fact], row: Row, **more: Any) -> Fact:
    """Return a value of a class with the columns of its attributes' names."""
    names = set(kind.__dataclass_fields__) - set(more)  # type: ignore[attr-defined]
    return kind(**{name: _value(name, row[name]) for name in row.keys() if name in names}, **more)  # noqa: SIM118  (a Row iterates over its values)


def _value(name: str, value: Any) -> Any:
    """Return a column's value as the record has it."""
    if name in _LISTS:
        return tuple(value.split(",")) if value else ()
    return bool(value) if name in _TRUTHS and value is not None else value


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
