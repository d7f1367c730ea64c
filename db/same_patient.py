"""Which row of a literature table and which case are the same patient: found by citation or by particulars, counted once."""

from __future__ import annotations

import re
import sqlite3
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from db.doses import YEAR
from db.query import Row, every

Pair = tuple[Row, Row]  # a row of a table and a case
_Citation = str | tuple[str, int]  # a DOI, or first author and year

# What a table calls a row of its authors' own patient: "Present case 2022".
_OWN = re.compile(r"\b(?:present|our|this|current)\s(?:case|patient|report|study|series)\b", re.IGNORECASE)
_NAME = re.compile(r"[^\W\d_][^\W\d_'’-]{2,40}")
# A dose is printed with one decimal or none.
_DOSE_APART_GY = 0.11
# A paper appears online before it appears in print.
_YEARS_APART = 1

_ROWS = """
select row.*, case when n_male = 1 then 'male' when n_female = 1 then 'female' end as sex, substr(site_topography, 1, 3) as organ,
       source.doi
from dose_table_row as row
join dose_table as source using (dose_table_id)
where n_patients = 1
order by dose_table_id, row_number
"""
_CASES = """
select patient.case_id, patient.report_id, age_years, sex, substr(topography, 1, 3) as organ, morphology, doi, year, citation
from patient_case as patient
join report using (report_id)
order by case_id
"""


@dataclass(frozen=True, slots=True)
class _Course:
    total_dose_gy: float | None
    fractions: int | None


def link(connection: sqlite3.Connection) -> None:
    """Write the table same_patient anew, and in radiotherapy_dose under which case a patient is counted."""
    rows = every(connection, _ROWS)
    links: dict[tuple[str, str], tuple[int, str]] = {}  # table and case to row and basis: a case is one row of a table
    if rows:
        cases = every(connection, _CASES)
        for basis, pairs in (("citation", _cited(rows, cases)), ("particulars", _alike(rows, cases, _courses(connection)))):
            for row, case in pairs:
                links.setdefault((row["dose_table_id"], case["case_id"]), (row["row_number"], basis))
    connection.execute("delete from same_patient")
    connection.executemany(
        "insert into same_patient values (?, ?, ?, ?)",
        [(table, row_number, case_id, basis) for (table, case_id), (row_number, basis) in sorted(links.items())],
    )
    _count_once(connection)


def _count_once(connection: sqlite3.Connection) -> None:
    """Name the case under which each linked row is counted: the one known by citation before one known by particulars.

    A case without a dose has no row in radiotherapy_dose: the row of the table then stands for the patient. Cases that are the
    patient of one row are each other's as well (a report and its retelling): one of them is counted.
    """
    connection.execute("update radiotherapy_dose set counted_as = null where counted_as is not null")
    counted: dict[tuple[str, int], str] = {}
    for pair in every(
        connection,
        "select dose_table_id, row_number, case_id from same_patient"
        " where case_id in (select case_id from radiotherapy_dose where"
        "  coalesce(total_dose_gy, total_dose_gy_rbe, total_dose_gy_brachytherapy) is not null)"
        " order by dose_table_id, row_number, basis, case_id",
    ):
        key = pair["dose_table_id"], pair["row_number"]
        if key not in counted:
            counted[key] = pair["case_id"]
            connection.execute(
                "update radiotherapy_dose set counted_as = ? where dose_table_id = ? and row_number = ?", (pair["case_id"], *key)
            )
        elif pair["case_id"] != counted[key]:
            connection.execute("update radiotherapy_dose set counted_as = ? where case_id = ?", (counted[key], pair["case_id"]))


def _courses(connection: sqlite3.Connection) -> dict[str, list[_Course]]:
    """Return the courses of each case whose dose is known."""
    found: dict[str, list[_Course]] = defaultdict(list)
    for row in every(connection, "select case_id, total_dose_gy, fractions from radiotherapy_course where total_dose_gy is not null"):
        found[row["case_id"]].append(_Course(row["total_dose_gy"], row["fractions"]))
    return found


def _cited(rows: list[Row], cases: list[Row]) -> Iterator[Pair]:
    """Yield the pairs that citations tell: a table's own patient and the report that prints it, a row and the report it cites."""
    reports: dict[_Citation, dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for case in cases:
        for citation in (case["doi"] and case["doi"].lower(), _author_year(case["citation"], case["year"])):
            if citation:
                reports[citation][case["report_id"]].append(case)
    citing: dict[tuple[str, _Citation], list[Row]] = defaultdict(list)
    for row in rows:
        is_own = _OWN.search(row["reference"])
        citation = row["doi"] and row["doi"].lower() if is_own else _author_year(row["reference"], _year(row))
        if citation in reports:
            citing[row["dose_table_id"], citation].append(row)
    for (_, citation), same in citing.items():
        for told in reports[citation].values():
            # The DOI of the report itself leaves no doubt where one row and one case have it; an author has several papers a year.
            is_sure = isinstance(citation, str) and len(same) == len(told) == 1
            yield from _unique((row, case) for row in same for case in told if is_sure or _is_age_and_sex(row, case))


def _alike(rows: list[Row], cases: list[Row], courses: dict[str, list[_Course]]) -> Iterator[Pair]:
    """Yield the pairs of the same age, sex, organ, dose and year; without a year, of the same fractions and diagnosis."""
    patients: dict[tuple[object, ...], list[Row]] = defaultdict(list)
    for row in rows:
        if None not in (row["age_years"], row["sex"], row["organ"], row["total_dose_gy"]):
            patients[row["age_years"], row["sex"], row["organ"]].append(row)
    alike: dict[tuple[str, str], list[Pair]] = defaultdict(list)
    for case in cases:
        for row in patients.get((case["age_years"], case["sex"], case["organ"]), ()):
            if any(_is_dose_and_time(row, case, course) for course in courses.get(case["case_id"], ())):
                alike[row["dose_table_id"], case["report_id"]].append((row, case))
    # Two rows of a table are two patients, and so are two cases of a report.
    for pairs in alike.values():
        yield from _unique(pairs)


def _is_dose_and_time(row: Row, case: Row, course: _Course) -> bool:
    """Tell whether a course may be that of a row: by dose, year, and what else both tell."""
    if course.total_dose_gy is None or abs(course.total_dose_gy - row["total_dose_gy"]) > _DOSE_APART_GY:
        return False
    is_same_course = None not in (course.fractions, row["fractions"]) and course.fractions == row["fractions"]
    is_same_tumour = None not in (case["morphology"], row["morphology"]) and case["morphology"] == row["morphology"]
    if None not in (case["morphology"], row["morphology"]) and not is_same_tumour:
        return False
    # The year of the authors' own patient is that of the treatment, not of the paper.
    year = None if _OWN.search(row["reference"]) else _year(row)
    if year is None or case["year"] is None:
        return is_same_course and is_same_tumour
    return bool(abs(year - case["year"]) <= _YEARS_APART)


def _is_age_and_sex(row: Row, case: Row) -> bool:
    return None not in (row["age_years"], row["sex"]) and (row["age_years"], row["sex"]) == (case["age_years"], case["sex"])


def _unique(pairs: Iterable[Pair]) -> Iterator[Pair]:
    """Yield the pairs whose row and whose case stand in no other."""
    found = list(pairs)
    rows = Counter(row["row_number"] for row, _ in found)
    cases = Counter(case["case_id"] for _, case in found)
    return ((row, case) for row, case in found if rows[row["row_number"]] == cases[case["case_id"]] == 1)


def _year(row: Row) -> int | None:
    """Return the year in the reference of a row, None where there is none."""
    found = YEAR.search(row["reference"])
    return int(found[0]) if found else None


def _author_year(citation: str | None, year: int | None) -> tuple[str, int] | None:
    """Return the first author's family name without accents, and the year; None where one is missing."""
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", citation or "") if not unicodedata.combining(sign))
    name = _NAME.search(plain)
    return (name[0].casefold(), year) if name and year else None
