"""The facts of a case in words, for the search of the site: computed from tables fact and case_overview, never written by hand."""

from __future__ import annotations

import sqlite3

from db.query import Row, every
from db.reports import search_key

# The events of the course repeat what the other fields say, so they are left out.
_FILL = """
insert into case_words (search_key, case_id, headline, facts)
select search_key(case_id), case_id,
       trim(iif(histology = 'not reported', '', histology) || ', ' || iif(site = 'not reported', '', site), ', '),
       coalesce((select group_concat(replace(value, char(10), ' '), char(10))
                 from (select value from fact
                       where fact.case_id = case_overview.case_id and field <> 'events' order by field, number)), '')
from case_overview
"""


def add_functions(connection: sqlite3.Connection) -> None:
    """Make what `fill` needs available to SQL. Once for a connection: each time SQLite throws away all statements that it has prepared."""
    connection.create_function("search_key", 1, search_key, deterministic=True)


def fill(connection: sqlite3.Connection, report_id: str | None = None) -> None:
    """Write the lines of a report's cases, or of all, for the first time; wants `fact` and `case_overview` filled, and `add_functions`."""
    condition, values = ("", ()) if report_id is None else ("where report_id = ?", (report_id,))
    connection.execute(f"{_FILL} {condition} order by case_id", values)


def facts_of(connection: sqlite3.Connection, case_id: str) -> list[Row]:
    """Return the values of a case (field, number, value) in the order of the lines of case_words.facts."""
    sql = "select field, number, value from fact where case_id = ? and field <> 'events' order by field, number"
    return every(connection, sql, case_id)
