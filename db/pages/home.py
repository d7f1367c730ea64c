"""What the home page shows: how much there is, and ways in."""

from __future__ import annotations

import sqlite3
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
class HomePage:
    """All that the home page shows.

    Attributes
    ----------
    counts
        What is counted, and how many there are.
    sites, histologies
        The commonest ones with their number of cases.
    cases
        Cases with much to see: those with most evidence.
    markers
        The markers tested in most cases, for the example question.
    sample
        A dose with the words for it, to show what the site does; None where there is no dose.
    """

    counts: tuple[tuple[str, int], ...]
    sites: tuple[tuple[str, int], ...]
    histologies: tuple[tuple[str, int], ...]
    cases: tuple[Row, ...]
    markers: tuple[str, ...]
    sample: Sample | None


def home_page(connection: sqlite3.Connection) -> HomePage:
    """Read what the home page shows."""
    return HomePage(
        tuple((name, every(connection, sql)[0][0]) for name, sql in _COUNTS),
        _commonest(connection, "site"),
        _commonest(connection, "histology"),
        tuple(
            every(
                connection,
                "select case_overview.* from case_overview"
                " join (select case_id, count(*) as quotes from fact_evidence group by case_id"
                "       order by quotes desc, case_id limit 6) using (case_id) order by quotes desc, case_id",
            )
        ),
        tuple(
            marker
            for row in every(
                connection,
                # The commonest pair that some case answers: one marker positive, the other negative.
                "select shown.marker as shown, missing.marker as missing, count(distinct shown.case_id) as cases"
                " from ihc_result as shown join ihc_result as missing using (case_id)"
                " where shown.result = 'positive' and missing.result = 'negative'"
                " group by 1, 2 order by cases desc, 1, 2 limit 1",
            )
            for marker in (row["shown"], row["missing"])
        ),
        _sample(connection),
    )


def _sample(connection: sqlite3.Connection) -> Sample | None:
    """Choose a course whose dose and fractions are known, and the longest words for it."""
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
        order by exists (select 1 from radiotherapy_phase as phase where phase.case_id = course.case_id), length(quote) desc, course.case_id
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
