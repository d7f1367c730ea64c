"""What the home page shows: how much there is, and ways in."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from db.query import Row, every

_COUNTS = (
    ("reports", "select count(*) from report"),
    ("cases", "select count(*) from patient_case"),
    ("stain results", "select count(*) from ihc_result"),
    ("radiotherapy courses", "select count(*) from radiotherapy_course"),
    ("rows of dose tables", "select count(*) from dose_table_row"),
    ("quotes as evidence", "select count(*) from evidence where reason is null"),
)


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
    """

    counts: tuple[tuple[str, int], ...]
    sites: tuple[tuple[str, int], ...]
    histologies: tuple[tuple[str, int], ...]
    cases: tuple[Row, ...]
    markers: tuple[str, ...]


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
            row["marker"]
            for row in every(
                connection,
                "select marker, count(distinct case_id) as cases from ihc_result"
                " group by marker order by cases desc, marker limit 2",
            )
        ),
    )


def _commonest(connection: sqlite3.Connection, column: str) -> tuple[tuple[str, int], ...]:
    """Return the commonest values of a facet with their counts; what is not reported is left out."""
    sql = (
        f"select {column} as name, count(*) as cases from case_overview where {column} <> 'not reported'"
        f" group by {column} order by cases desc, name limit 10"
    )
    return tuple((row["name"], row["cases"]) for row in every(connection, sql))
