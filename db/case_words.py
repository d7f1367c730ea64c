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
where ?1 is null or report_id = ?1
order by case_id
"""


def fill(connection: sqlite3.Connection, report_id: str | None = None) -> None:
    """Write the lines of a report's cases, or of all, for the first time; wants `fact` and `case_overview` filled."""
    connection.create_function("search_key", 1, search_key, deterministic=True)
    connection.execute(_FILL, (report_id,))


def facts_of(connection: sqlite3.Connection, case_id: str) -> list[Row]:
    """Return the values of a case (field, number, value) in the order of the lines of case_words.facts."""
    sql = "select field, number, value from fact where case_id = ? and field <> 'events' order by field, number"
    return every(connection, sql, case_id)
