"""The page of a case and of a report: values beside the text, which is cut for highlighting."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from typing import Any

from db import fields, flags
from db.corrections.shown import Said, said_of
from db.course import Course, course
from db.flags import ShownFlag
from db.overview import site_words
from db.pages import report_parts
from db.pages.case_values import Group, groups
from db.pages.courses import CourseTable, course_tables
from db.pages.highlight import Span
from db.pages.report_parts import Heading, PrintedTable
from db.pages.typeset import Block
from db.places import Where, where_of
from db.query import Row, every, one


@dataclass(frozen=True, slots=True)
class Mention:
    """Words that were read and passed over, and why."""

    number: int
    field: str
    quote: str
    value: str | None
    reason: str
    where: Where | None  # None where the text has neither sections nor pages


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The cases before and behind a case among those of its diagnosis, by name, None at the ends; and how many there are."""

    previous: str | None
    next: str | None
    total: int


@dataclass(frozen=True, slots=True)
class CasePage:
    """All that the page of a case shows."""

    case: dict[str, Any]
    organ: str | None  # the primary's organ in words, None where no site is reported
    report: dict[str, Any]
    siblings: tuple[str, ...]
    groups: tuple[Group, ...]
    flags: tuple[ShownFlag, ...]  # values that cannot be true together, or seldom are
    said: tuple[Said, ...]  # by curators of its values
    course: Course | None
    passed: tuple[Mention, ...]
    blocks: tuple[Block, ...]
    same: tuple[Row, ...]  # rows of literature tables that tell of this patient, and what they are known by
    perhaps_same: tuple[Row, ...]  # cases of other reports that may be this patient, and why
    bands: tuple[Row, ...]  # how sure the values are: band, and how many; without the events of the course
    runs: tuple[Row, ...]  # runs that first gave values of the case, how many, and the last run that gave them
    courses: tuple[CourseTable, ...]  # of radiotherapy, a table for each kind of dose
    neighbours: Neighbours | None  # None where the diagnosis is not reported


@dataclass(frozen=True, slots=True)
class ReportPage:
    """All that the page of a report shows: its source, its cases in one line each, its tables, its text."""

    report: dict[str, Any]
    cases: tuple[dict[str, Any], ...]
    copies: tuple[Row, ...]  # files that tell the same report and are not stored, and how that is known
    blocks: tuple[Block, ...]
    outline: tuple[Heading, ...]
    tables: tuple[PrintedTable, ...]
    read_from: str  # "PDF, 6 pages"; "" where it is not known


def case_page(connection: sqlite3.Connection, case_id: str) -> CasePage | None:
    """Read all that the page of a case shows; None where there is no such case."""
    case = one(connection, "select * from patient_case where case_id = ?", case_id)
    if case is None:
        return None
    links = every(connection, "select field, number, evidence_number from fact_evidence where case_id = ?", case_id)
    evidence: dict[tuple[str, int], tuple[int, ...]] = {}
    for field, number, entry in links:
        evidence[field, number] = (*evidence.get((field, number), ()), entry)
    passed = _passed(connection, case)
    marked = _beside(connection, case["report_id"]) | {entry: field for field, _, entry in links}
    flagged = flags.shown(connection, case_id, evidence)
    said = said_of(connection, case_id)
    return CasePage(
        dict(case),
        site_words(case["topography"]),
        _report(connection, case["report_id"]),
        tuple(
            row["case_id"]
            for row in every(
                connection,
                "select case_id from patient_case where report_id = ? order by length(label), label",
                case["report_id"],
            )
        ),
        groups(connection, case, evidence, flagged, said),
        flagged,
        said,
        course(connection, case, evidence),
        passed,
        _blocks(connection, case["report_id"], marked, {mention.number for mention in passed}),
        tuple(same_patient(connection, "case_id", case_id)),
        _perhaps_same(connection, case_id),
        _bands(connection, case_id),
        tuple(
            every(
                connection,
                "select cast(first_run as integer) as first, count(*) as n, cast(max(last_run) as integer) as last from fact_run"
                " where case_id = ? group by first_run order by first_run",
                case_id,
            )
        ),
        course_tables(connection, case_id),
        _neighbours(connection, case_id, case["histology_name"]),
    )


def _neighbours(connection: sqlite3.Connection, case_id: str, histology: str | None) -> Neighbours | None:
    """Return the neighbours of a case among those of its diagnosis; an index finds them."""
    if histology is None:
        return None
    row = one(
        connection,
        "select (select max(case_id) from patient_case where histology_name = ?1 and case_id < ?2),"
        " (select min(case_id) from patient_case where histology_name = ?1 and case_id > ?2),"
        " (select count(*) from patient_case where histology_name = ?1)",
        histology,
        case_id,
    )
    return Neighbours(*row) if row else None


def same_patient(connection: sqlite3.Connection, column: str, *key: str | int) -> list[Row]:
    """Return the links of a case ("case_id") or of a table's row ("dose_table_id", with its number after the name)."""
    condition = "case_id = ?" if column == "case_id" else "dose_table_id = ? and row_number = ?"
    return every(
        connection,
        "select same_patient.*, title, citation, reference, dose_group from same_patient join dose_table using (dose_table_id)"
        f" join dose_table_row using (dose_table_id, row_number) where {condition} order by dose_table_id, row_number, dose_group, case_id",
        *key,
    )


def _perhaps_same(connection: sqlite3.Connection, case_id: str) -> tuple[Row, ...]:
    """Return the cases that may be the same patient, the likeliest first."""
    return tuple(
        every(
            connection,
            "select facts, reasons, iif(case_id = ?1, other_case_id, case_id) as other from possible_same_patient"
            " where case_id = ?1 or other_case_id = ?1 order by facts desc, other",
            case_id,
        )
    )


def _bands(connection: sqlite3.Connection, case_id: str) -> tuple[Row, ...]:
    """Return how many values are in each band, the surest first."""
    return tuple(
        every(
            connection,
            "select band, count(*) as n from fact where case_id = ? and field <> 'events' group by band order by max(certainty) desc",
            case_id,
        )
    )


def report_page(connection: sqlite3.Connection, report_id: str) -> ReportPage | None:
    """Read all that the page of a report shows; None where there is no such report."""
    row = one(connection, "select * from report where report_id = ?", report_id)
    if row is None:
        return None
    cases = every(connection, "select * from case_overview where report_id = ? order by case_id", report_id)
    links = every(connection, "select field, evidence_number from fact_evidence where report_id = ?", report_id)
    return ReportPage(
        _report(connection, report_id),
        tuple(dict(case) for case in cases),
        tuple(every(connection, "select * from report_duplicate where report_id = ? order by duplicate_id", report_id)),
        _blocks(connection, report_id, _beside(connection, report_id) | {entry: field for field, entry in links}, set()),
        report_parts.outline(connection, report_id),
        report_parts.tables(connection, report_id),
        report_parts.read_from(connection, row),
    )


def _passed(connection: sqlite3.Connection, case: Row) -> tuple[Mention, ...]:
    """Return the mentions passed over that speak of the case or of no case, in the order of the text."""
    rows = every(
        connection,
        "select * from evidence where report_id = ? and reason is not null"
        " and (case_id is null or case_id = ?) order by start_char, number",
        case["report_id"],
        case["case_id"],
    )
    return tuple(
        Mention(row["number"], fields.label_of(row["field"]), row["quote"], row["value"], row["reason"], where_of([row])) for row in rows
    )


def _blocks(connection: sqlite3.Connection, report_id: str, marked: dict[int, str], passed: set[int]) -> tuple[Block, ...]:
    """Set the text of a report, cut at its evidence: `marked` supports a field, `passed` was passed over."""
    rows = every(connection, "select * from evidence where report_id = ?", report_id)
    spans = [
        Span(
            row["number"],
            row["start_char"],
            row["end_char"],
            fields.group_of(marked[row["number"]]) if row["number"] in marked else None,
        )
        for row in rows
        if row["number"] in marked or row["number"] in passed
    ]
    return report_parts.blocks(connection, report_id, spans)


def _beside(connection: sqlite3.Connection, report_id: str) -> dict[int, str]:
    """Return the evidence that supports no value of its own, with the field it belongs to: that a follow-up is a lower bound."""
    rows = every(
        connection, "select number from evidence where report_id = ? and field = 'follow_up_is_minimum' and reason is null", report_id
    )
    return {row["number"]: "follow_up_months" for row in rows}


def _report(connection: sqlite3.Connection, report_id: str) -> dict[str, Any]:
    """Return the row of a report, its lists as lists."""
    row = one(connection, "select * from report where report_id = ?", report_id)
    if row is None:
        return {}
    return dict(row) | {name: json.loads(row[name] or "[]") for name in ("authors", "affiliations")}
