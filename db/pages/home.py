"""What the home page shows: how much there is, and ways in."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from db.fields import dose
from db.query import Row, every, one

_COUNTS = (
    ("reports", "select count(*) from report"),
    ("cases", "select count(*) from patient_case"),
    ("stain results", "select count(*) from ihc_result"),
    ("radiotherapy courses", "select count(*) from radiotherapy_course"),
    ("rows of dose tables", "select count(*) from dose_table_row"),
    ("quotes as evidence", "select count(*) from evidence where reason is null"),
)

_SARCOMA = "sarcoma or soft tissue tumour"
_EXAMPLE_TUMOUR = ("inflammatory myofibroblastic tumor", "lung (C34)")
# Where nobody tested STAT6, the marker that was tested most.
_EXAMPLE_MARKER = """
select coalesce((select marker from ihc_result where marker = 'STAT6' limit 1),
                (select marker from ihc_result group by marker order by count(*) desc, marker limit 1)) as marker
"""
# The latest published, one of each diagnosis before a second one; among so many that sorting them all is not needed.
_NEWEST = """
with last (run_id, started_at) as (select run_id, started_at from run where reports_new > 0 order by started_at desc, run_id desc limit 1),
latest as (
    select case_overview.*, started_at
    from last
    join run_report using (run_id)
    join case_overview on report_id = report_name
    where outcome = 'new'
    order by year desc nulls last, case_id
    limit 200
),
varied as (select *, row_number() over (partition by histology order by year desc nulls last, case_id) as turn from latest)
select * from varied order by turn, year desc nulls last, case_id limit 6
"""

# Characters of the text shown on each side of the sample.
_AROUND = 120


@dataclass(frozen=True, slots=True)
class Sample:
    """A value and the words that it was read from, with some of the text around them."""

    case_id: str
    number: int
    value: str
    before: str
    quote: str
    after: str
    histology: str
    site: str


@dataclass(frozen=True, slots=True)
class Example:
    """A question as a link: its words, the canned query (or the table) that answers it, and what that is asked."""

    words: str
    name: str
    asked: Mapping[str, str]
    is_table: bool = False


@dataclass(frozen=True, slots=True)
class HomePage:
    """All that the home page shows.

    Attributes
    ----------
    counts
        What is counted, and how many there are.
    groups, sites, histologies
        The commonest ones with their number of cases.
    examples
        Questions that this database has an answer to.
    cases, newest_of
        Cases that the last run which stored new reports stored, the latest published first and each of another diagnosis as far as there
        are others; and when the run began (ISO 8601; None where nobody says).
    sample
        A dose with the words for it, to show what the site does; None where there is no dose.
    """

    counts: tuple[tuple[str, int], ...]
    groups: tuple[tuple[str, int], ...]
    sites: tuple[tuple[str, int], ...]
    histologies: tuple[tuple[str, int], ...]
    examples: tuple[Example, ...]
    cases: tuple[Row, ...]
    newest_of: str | None
    sample: Sample | None


def home_page(connection: sqlite3.Connection) -> HomePage:
    """Read what the home page shows."""
    cases = every(connection, _NEWEST)
    return HomePage(
        tuple((name, every(connection, sql)[0][0]) for name, sql in _COUNTS),
        _commonest(connection, "tumour_group"),
        _commonest(connection, "site"),
        _commonest(connection, "histology"),
        tuple(_examples(connection)),
        tuple(cases),
        cases[0]["started_at"] if cases else None,
        _sample(connection),
    )


def _examples(connection: sqlite3.Connection) -> Iterator[Example]:
    """Yield the questions of which the database has something to answer."""
    marker = one(connection, _EXAMPLE_MARKER)
    if marker:
        yield Example(f"Which diagnoses are {marker['marker']} positive?", "marker_positive", {"marker": marker["marker"]})
    if one(connection, "select 1 from case_overview where histology = ? and site = ? and radiotherapy = 'yes'", *_EXAMPLE_TUMOUR):
        tumour = dict(zip(("histology", "site"), _EXAMPLE_TUMOUR, strict=True))
        yield Example("What dose did inflammatory myofibroblastic tumours of the lung get, and how did it end?", "dose_and_outcome", tumour)
    yield Example("Which cases lack follow-up, and why?", "missing_values", {"field": "follow_up_months"})
    stain = one(connection, "select case_id, histology from ihc_result join case_overview using (case_id) where marker = 'ALK' limit 1")
    if stain:
        words = f"What does the report say of ALK in this patient with {stain['histology']}?"
        yield Example(words, "words_for_a_value", {"case_id": stain["case_id"], "value": "ALK"})
    if one(connection, "select 1 from case_overview where tumour_group = ?", _SARCOMA):
        wanted = {"tumour_group": _SARCOMA, "behaviour": "malignant", "radiotherapy": "yes"}
        yield Example("All cases of sarcoma with radiotherapy, as a spreadsheet", "case_overview", wanted, is_table=True)


def _sample(connection: sqlite3.Connection) -> Sample | None:
    """Choose a course whose dose and fractions are known, and the longest words for it, with the dose in them where they can be had."""
    row = one(
        connection,
        """
        select evidence.*, text, histology, site, total_dose_gy, course.fractions, dose_per_fraction_gy,
               is_rbe_weighted
        from radiotherapy_course as course
        join fact_evidence as link
            on link.case_id = course.case_id and link.field = 'radiotherapy' and link.number = course.number
        join evidence on evidence.report_id = link.report_id and evidence.number = link.evidence_number
        join report_text on report_text.report_id = link.report_id
        join case_overview on case_overview.case_id = course.case_id
        where total_dose_gy is not null and course.fractions is not null and length(quote) < 90
        order by instr(quote, printf('%g', total_dose_gy)) = 0,
                 exists (select 1 from radiotherapy_phase as phase where phase.case_id = course.case_id),
                 length(quote) desc, course.case_id
        limit 1
        """,
    )
    if row is None:
        return None
    before = row["text"][: row["start_char"]][-_AROUND:].partition(" ")[2]
    after = row["text"][row["end_char"] :][:_AROUND].rpartition(" ")[0]
    value = dose(row["total_dose_gy"], row["fractions"], row["dose_per_fraction_gy"], bool(row["is_rbe_weighted"]))
    return Sample(row["case_id"], row["number"], value, before, row["quote"], after, row["histology"], row["site"])


def _commonest(connection: sqlite3.Connection, column: str) -> tuple[tuple[str, int], ...]:
    """Return the commonest values of a facet with their counts; what is not reported is left out."""
    sql = (
        f"select {column} as name, count(*) as cases from case_overview where {column} <> 'not reported'"
        f" group by {column} order by cases desc, name limit 10"
    )
    return tuple((row["name"], row["cases"]) for row in every(connection, sql))
