"""The flat table of doses: courses of cases and rows of literature tables, made comparable; never written by hand."""

from __future__ import annotations

import re
import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from db import schema
from db.overview import NOT_REPORTED, site_words, status_words, yes_no
from db.query import Row, every
from extract import alpha_beta, isoeffect
from extract.record import Phase, RadiotherapyCourse

Values = dict[str, Any]

# What a kind of dose adds to the name of its columns.
SUFFIXES: Mapping[str, str] = {
    "external": "_gy",
    "rbe_weighted": "_gy_rbe",
    "particles_in_gy": "_gy_particles",
    "brachytherapy": "_gy_brachytherapy",
}
OUTCOMES = ("free", "recurrence", "died_of_disease", "died_otherwise", "not_told")
WHY_NO_EQD2: Mapping[str, str] = {
    "no_dose": "no dose told",
    "fractions_unknown": "number of fractions not told, so no EQD2",
    "contradictory": "the figures contradict each other, so no EQD2",
    "rbe_unclear": "how the particles were weighted is not clear, so no EQD2",
    "dose_rate_unknown": "dose rate of the brachytherapy not told, so no EQD2",
    "low_dose_rate": "low or pulsed dose rate, for which this EQD2 does not hold",
}
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")

_COURSES = """
select course.*, patient.age_years, patient.topography, patient.morphology, patient.recurrence, patient.status as status_code,
       patient.recurrence_months, patient.follow_up_months, patient.follow_up_is_minimum,
       overview.sex, overview.site, overview.histology, overview.status, report.citation, report.year
from patient_case as patient
join radiotherapy_course as course using (case_id)
join case_overview as overview using (case_id)
join report on report.report_id = patient.report_id
"""
_PHASES = "select phase.* from patient_case as patient join radiotherapy_phase as phase using (case_id)"
_TABLE_ROWS = """
select row.*, source.citation,
       count(*) over (partition by row.dose_table_id, row.row_number) as dose_groups
from dose_table_row as row
join dose_table as source using (dose_table_id)
"""


def fill_courses(connection: sqlite3.Connection, report_id: str | None = None) -> None:
    """Write the rows of a report's courses, or of all where `report_id` is None; wants case_overview filled."""
    of_report, values = ("", ()) if report_id is None else ("where patient.report_id = ?", (report_id,))
    phases: dict[tuple[str, int], list[Phase]] = defaultdict(list)
    for row in every(connection, f"{_PHASES} {of_report} order by case_id, course_number, number", *values):
        phases[row["case_id"], row["course_number"]].append(
            Phase(row["dose_gy"], row["fractions"], row["label"], row["dose_per_fraction_gy"])
        )
    connection.execute(
        f"delete from radiotherapy_dose where origin = 'case' and case_id in (select case_id from patient_case as patient {of_report})",
        values,
    )
    rows = every(connection, f"{_COURSES} {of_report} order by course.case_id, number", *values)
    _insert(connection, (_of_course(row, tuple(phases[row["case_id"], row["number"]])) for row in rows))


def fill_table_rows(connection: sqlite3.Connection, dose_table_id: str | None = None) -> None:
    """Write the rows of one literature table, or of all where `dose_table_id` is None."""
    of_table, values = ("", ()) if dose_table_id is None else ("where dose_table_id = ?", (dose_table_id,))
    condition = "and dose_table_id = ?" if values else ""
    connection.execute(f"delete from radiotherapy_dose where origin = 'table' {condition}", values)
    rows = every(connection, f"{_TABLE_ROWS} {of_table} order by dose_table_id, row_number, dose_group", *values)
    _insert(connection, map(_of_table_row, rows))


def _insert(connection: sqlite3.Connection, rows: Iterator[Values]) -> None:
    columns = tuple(schema.dictionary()["radiotherapy_dose"].columns)
    marks = ", ".join(f":{column}" for column in columns)
    nothing: Values = dict.fromkeys(columns)
    connection.executemany(f"insert into radiotherapy_dose values ({marks})", (nothing | row for row in rows))


def _of_course(row: Row, phases: tuple[Phase, ...]) -> Values:
    """Return the values of a course of a case."""
    course = RadiotherapyCourse(
        row["total_dose_gy"], row["fractions"], row["dose_per_fraction_gy"], row["technique"], phases=phases,
        is_rbe_weighted=bool(row["is_rbe_weighted"]), computed=tuple((row["computed"] or "").split(",")),
        dose_rate=row["dose_rate"], is_contradictory=bool(row["is_contradictory"]),
    )  # fmt: skip
    return {
        "dose_id": f"{row['case_id']}:{row['number']}",
        "origin": "case",
        "case_id": row["case_id"],
        "course_number": row["number"],
        "citation": row["citation"],
        "year": row["year"],
        "n_patients": 1,
        "n_counted": int(row["number"] == 1),
        "age_years": row["age_years"],
        "sex": row["sex"],
        "site": row["site"],
        "histology": row["histology"],
        "target": row["target"],
        "intent": row["intent"],
        **comparable(course, row["morphology"], row["topography"]),
        "recurrence": yes_no(row["recurrence"]),
        "recurrence_months": row["recurrence_months"],
        "status": row["status"],
        "follow_up_months": row["follow_up_months"],
        "follow_up_is_minimum": row["follow_up_is_minimum"],
        "outcome": outcome(row["recurrence"], row["status_code"]),
        "flags": _flags(row),
    }


def _of_table_row(row: Row) -> Values:
    """Return the values of a dose group of a row of a literature table."""
    course = RadiotherapyCourse(
        row["total_dose_gy"], row["fractions"], row["dose_per_fraction_gy"], row["technique"], is_rbe_weighted=bool(row["is_rbe_weighted"])
    )
    # The patients of a row with several doses are no number for each of them.
    n_patients = row["dose_group_n"] or (row["n_patients"] if row["dose_groups"] == 1 else None)
    return {
        "dose_id": f"{row['dose_table_id']}:{row['row_number']}.{row['dose_group']}",
        "origin": "table",
        "dose_table_id": row["dose_table_id"],
        "row_number": row["row_number"],
        "dose_group": row["dose_group"],
        "citation": "; in: ".join(part for part in (row["reference"], row["citation"]) if part),
        "year": year_of(row["reference"]),
        "n_patients": n_patients,
        "n_counted": n_patients,
        "age_years": row["age_years"],
        "age_min_years": row["age_min_years"],
        "age_max_years": row["age_max_years"],
        "sex": _sexes(row["n_male"], row["n_female"]),
        "site": site_words(row["site_topography"]) or row["site_printed"] or NOT_REPORTED,
        "histology": row["histology"] or NOT_REPORTED,
        **comparable(course, row["morphology"], row["site_topography"]),
        "response": row["response"],
        "recurrence": yes_no(row["recurrence"]),
        "n_recurred": row["n_recurred"],
        "recurrence_months": row["recurrence_months"],
        "status": status_words(row["status"]),
        "follow_up_months": row["follow_up_months"],
        "follow_up_is_minimum": row["follow_up_is_minimum"],
        "outcome": outcome(row["recurrence"], row["status"]),
        "flags": row["flag"],
    }


def comparable(course: RadiotherapyCourse, morphology: str | None, topography: str | None) -> Values:
    """Return kind, unit, dose, BED and EQD2 of a course, each in the columns of its kind."""
    found = isoeffect.comparable(course)
    suffix, schedule = SUFFIXES[found.kind], found.schedule
    said: Values = {
        "kind": found.kind,
        "unit": "Gy(RBE)" if course.is_rbe_weighted else "Gy",
        "technique": course.technique,
        f"total_dose{suffix}": course.total_dose_gy,
        "fractions": course.fractions,
        f"dose_per_fraction{suffix}": course.dose_per_fraction_gy,
        "not_comparable_because": found.reason,
    }
    if schedule is None:
        return said
    said["is_beyond_model"] = int(isoeffect.is_beyond_model(schedule))
    for ratio in (10, 3):
        said[f"eqd2_alpha_beta_{ratio}{suffix}"] = round(isoeffect.eqd2_gy(schedule, ratio), 2)
        said[f"bed_alpha_beta_{ratio}{suffix}"] = round(isoeffect.bed_gy(schedule, ratio), 2)
    # The estimates were made from photons and electrons from outside.
    if found.kind == "external" and (own := alpha_beta.of_tumour(morphology, topography)):
        said |= {
            "alpha_beta_tumour_gy": own.value_gy,
            "alpha_beta_low_gy": own.low_gy,
            "alpha_beta_high_gy": own.high_gy,
            "alpha_beta_is_uncertain": int(own.is_uncertain),
            "alpha_beta_source": f"{own.citation}, doi {own.doi}",
            "eqd2_tumour_gy": round(isoeffect.eqd2_gy(schedule, own.value_gy), 2),
            "bed_tumour_gy": round(isoeffect.bed_gy(schedule, own.value_gy), 2),
        }
    return said


def outcome(recurrence: int | None, status: str | None) -> str:
    """Return recurrence and status in one of OUTCOMES; death weighs most, then disease that is there."""
    if status in ("DOD", "DOC", "DEAD"):
        return "died_of_disease" if status == "DOD" else "died_otherwise"
    if recurrence or status == "AWD":
        return "recurrence"
    return "free" if recurrence == 0 or status == "NED" else "not_told"


def year_of(reference: str) -> int | None:
    """Return the year in a reference such as "Lisi R 2019 (18)", None where there is none."""
    found = _YEAR.search(reference)
    return int(found[0]) if found else None


def _sexes(male: int | None, female: int | None) -> str:
    """Return the sexes of a row in words: "male" for one man, "12 male, 13 female" for several."""
    counts = [(count, word) for count, word in ((male, "male"), (female, "female")) if count]
    if not counts:
        return NOT_REPORTED
    return counts[0][1] if sum(count for count, _ in counts) == 1 else ", ".join(f"{count} {word}" for count, word in counts)


def _flags(row: Row) -> str | None:
    """Return what is to be known of a course's figures, in words."""
    # That D / n was divided is no news; that a total or a number of fractions was not printed is.
    computed = [
        part.removesuffix("_gy").replace("_", " ")
        for part in (row["computed"] or "").split(",")
        if part not in ("", "dose_per_fraction_gy")
    ]
    said = (
        computed and f"computed: {', '.join(computed)}",
        row["is_contradictory"] and "the printed figures contradict each other",
        (row["fractions_per_day"] or 1) > 1 and f"{row['fractions_per_day']} fractions a day: full repair between them is assumed",
    )
    return "; ".join(part for part in said if part) or None
