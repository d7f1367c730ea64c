"""Which row of a literature table and which case are the same patient: found by citation or by particulars, counted once."""

from __future__ import annotations

import re
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from db import people
from db.doses import year_of
from db.query import Row, every

Pair = tuple[Row, Row]  # a row of a table and a case
_Citation = str | tuple[str, int]  # a DOI, or first author and year

# What a table calls a row of its authors' own patient: "Present case 2022".
_OWN = re.compile(r"\b(?:present|our|this|current)\s(?:case|patient|report|study|series)\b", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_][^\W\d_'’-]{1,40}")
# What numbers a row where others name an author: "Case 3", "Ref. 12".
_NO_NAME = re.compile(r"(?i:cases?|no|nr|our|paper|patient|present|pt|ref|reference|report|series|study|the|this)")
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

_HAS_DOSE = "coalesce(total_dose_gy, total_dose_gy_rbe, total_dose_gy_particles, total_dose_gy_brachytherapy) is not null"
# As each row is filled, but for those told of twice: a patient's first course counts for all of them; a case without a dose
# that is a row of a table is counted there.
_COUNT = f"""
update radiotherapy_dose
set n_counted = case
    when counted_as is not null then 0
    when origin = 'table' then n_patients
    when course_number > 1 then 0
    when case_id in (select case_id from same_patient)
         and case_id not in (select case_id from radiotherapy_dose where origin = 'case' and {_HAS_DOSE}) then 0
    else n_patients end
"""


@dataclass(frozen=True, slots=True)
class _Course:
    total_dose_gy: float
    fractions: int | None
    is_rbe_weighted: bool


def link(connection: sqlite3.Connection) -> None:
    """Bring the table same_patient up to date, and in radiotherapy_dose under which case a patient is counted."""
    rows = every(connection, _ROWS)
    links: dict[tuple[str, str], tuple[int, str]] = {}  # table and case to row and basis: a case is one row of a table
    if rows:
        cases = every(connection, _CASES)
        courses = _courses(connection)
        for row, case in _cited(rows, cases, courses):
            links[row["dose_table_id"], case["case_id"]] = row["row_number"], "citation"
        for row, case in _alike(rows, cases, courses, frozenset(links)):
            links[row["dose_table_id"], case["case_id"]] = row["row_number"], "particulars"
    now = {(table, row_number, case_id, basis) for (table, case_id), (row_number, basis) in links.items()}
    before = set(connection.execute("select dose_table_id, row_number, case_id, basis from same_patient").fetchall())
    # What stays is not written: `possible_patients.watch` takes each row that is for another patient.
    connection.executemany(
        "delete from same_patient where (dose_table_id, row_number, case_id, basis) = (?, ?, ?, ?)", sorted(before - now)
    )
    connection.executemany("insert into same_patient values (?, ?, ?, ?)", sorted(now - before))
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
        f" {_HAS_DOSE})"
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
    connection.execute(_COUNT)


def _courses(connection: sqlite3.Connection) -> dict[str, list[_Course]]:
    """Return the courses of each case whose dose is known."""
    found: dict[str, list[_Course]] = defaultdict(list)
    for row in every(connection, "select * from radiotherapy_course where total_dose_gy is not null order by case_id, number"):
        found[row["case_id"]].append(_Course(row["total_dose_gy"], row["fractions"], bool(row["is_rbe_weighted"])))
    return found


def _cited(rows: list[Row], cases: list[Row], courses: dict[str, list[_Course]]) -> Iterator[Pair]:
    """Yield the pairs that citations tell: a table's own patient and the report that prints it, a row and the report it cites."""
    reports: dict[_Citation, dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for case in cases:
        for citation in (case["doi"] and case["doi"].lower(), _author_year(case["citation"], case["year"])):
            if citation:
                reports[citation][case["report_id"]].append(case)
    citing: dict[tuple[str, _Citation], list[Row]] = defaultdict(list)
    for row in rows:
        is_own = _OWN.search(row["reference"])
        citation = row["doi"] and row["doi"].lower() if is_own else _author_year(row["reference"], year_of(row["reference"]))
        if citation in reports:
            citing[row["dose_table_id"], citation].append(row)
    for (_, citation), same in citing.items():
        for told in reports[citation].values():
            # The DOI of the report itself leaves no doubt where one row and one case have it; an author has several papers a year.
            is_sure = isinstance(citation, str) and len(same) == len(told) == 1
            pairs = ((row, case) for row in same for case in told)
            yield from _unique(pair for pair in pairs if is_sure or (_is_age_and_sex(*pair) and _is_alike_besides(*pair, courses)))


def _alike(rows: list[Row], cases: list[Row], courses: dict[str, list[_Course]], cited: frozenset[tuple[str, str]]) -> Iterator[Pair]:
    """Yield the pairs of the same age, sex, organ, dose and year; without a year, of the same fractions and diagnosis.

    Such pairs also come about by chance. So nothing that both tell may speak against it (fractions, diagnosis, another first
    author), and what fits two rows or two cases is neither. `cited` are the tables and cases that need no such guess.
    """
    patients: dict[tuple[object, ...], list[Row]] = defaultdict(list)
    for row in rows:
        if None not in (row["age_years"], row["sex"], row["organ"], row["total_dose_gy"]):
            patients[row["age_years"], row["sex"], row["organ"]].append(row)
    alike: dict[str, list[Pair]] = defaultdict(list)
    for case in cases:
        for row in patients.get((case["age_years"], case["sex"], case["organ"]), ()):
            if (row["dose_table_id"], case["case_id"]) in cited:
                continue
            if any(_is_dose_and_time(row, case, course) for course in courses.get(case["case_id"], ())):
                alike[row["dose_table_id"]].append((row, case))
    # Two rows of a table are two patients, and so are two cases.
    for pairs in alike.values():
        yield from _unique(pairs)


def _is_dose_and_time(row: Row, case: Row, course: _Course) -> bool:
    """Tell whether a course may be that of a row: by dose, year, and what else both tell."""
    is_same_fractions = _same(course.fractions, row["fractions"])
    is_same_tumour = _same(case["morphology"], row["morphology"])
    if not _is_dose(row, course) or False in (is_same_fractions, is_same_tumour) or _is_by_others(row, case):
        return False
    # The year of the authors' own patient is that of the treatment, not of the paper.
    year = None if _OWN.search(row["reference"]) else year_of(row["reference"])
    if year is None or case["year"] is None:
        return bool(is_same_fractions and is_same_tumour)
    return bool(abs(year - case["year"]) <= _YEARS_APART)


def _is_dose(row: Row, course: _Course) -> bool:
    """Tell whether a row gives the dose of a course, in the same unit."""
    return (
        row["total_dose_gy"] is not None
        and course.is_rbe_weighted == bool(row["is_rbe_weighted"])
        and abs(course.total_dose_gy - row["total_dose_gy"]) <= _DOSE_APART_GY
    )


def _same(one: object, other: object) -> bool | None:
    """Tell whether two values are the same; None where one is not told."""
    return None if one is None or other is None else one == other


def _is_by_others(row: Row, case: Row) -> bool:
    """Tell whether a row names a first author whom the citation of the case's report does not name."""
    author = None if _OWN.search(row["reference"]) else _author(row["reference"])
    return bool(author and case["citation"] and author not in {name.casefold() for name in _WORD.findall(_plain(case["citation"]))})


def _is_age_and_sex(row: Row, case: Row) -> bool:
    return None not in (row["age_years"], row["sex"]) and (row["age_years"], row["sex"]) == (case["age_years"], case["sex"])


def _is_alike_besides(row: Row, case: Row, courses: dict[str, list[_Course]]) -> bool:
    """Tell whether organ, diagnosis or dose agrees: many authors share a name and a year ("Wang 2019")."""
    doses = courses.get(case["case_id"], ())
    return bool(
        _same(row["organ"], case["organ"]) or _same(row["morphology"], case["morphology"]) or any(_is_dose(row, course) for course in doses)
    )


def _unique(pairs: Iterable[Pair]) -> Iterator[Pair]:
    """Yield the pairs whose row and whose case stand in no other."""
    found = list(pairs)
    rows = Counter(row["row_number"] for row, _ in found)
    cases = Counter(case["case_id"] for _, case in found)
    return ((row, case) for row, case in found if rows[row["row_number"]] == cases[case["case_id"]] == 1)


def _author_year(citation: str | None, year: int | None) -> tuple[str, int] | None:
    """Return the first author's family name without accents, and the year; None where one is missing."""
    name = _author(citation or "")
    return (name, year) if name and year else None


def _author(citation: str) -> str | None:
    """Return the family name that a citation begins with, folded: "Li" of "Li X, Wang Y", "berg" of "van den Berg"; None: no name.

    A name is the first word with a capital that is no initials ("JM"), or of three capitals and more ("SMITH 2019").
    """
    words = (word for word in _WORD.findall(_plain(citation)) if word[0].isupper() and (len(word) > 2 or not word.isupper()))
    name = next(words, "").casefold()
    return name if name and not _NO_NAME.fullmatch(name) else None


def _plain(text: str) -> str:
    """Return a text without accents."""
    return people.without_accents(text)
