"""How many cases of each histology were positive and negative for each marker: table marker_count, and the same of some of the cases."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from db.query import one

# What each kind of test says of a case, a row for each result.
SAID = {
    "stain": "select case_id, marker, result from ihc_result",
    "molecular": "select case_id, gene || ' ' || alteration as marker, result from molecular_test",
}

# The one result of a case for a marker, of the results of a group.
_ONE_RESULT = """
case when max(result = 'positive') and max(result = 'negative') then 'equivocal'
     when max(result = 'positive') then 'positive'
     when max(result = 'negative') then 'negative'
     when max(result = 'equivocal') then 'equivocal'
     else 'other_cells' end
"""

# From the cases to their results: the other way round, all results would be read for the few cases of a condition.
_COUNTED = """
with told as (
    select histology, case_id, marker, {one_result} as result from case_overview cross join ({said}) using (case_id)
    where {condition} group by case_id, marker
),
cases as (select histology, count(distinct case_id) as n from told where result <> 'other_cells' group by histology)
select '{test}' as test, histology, marker,
       sum(result = 'positive') as positive, sum(result = 'negative') as negative,
       sum(result = 'equivocal') as equivocal, sum(result = 'other_cells') as other_cells, coalesce(n, 0) as histology_cases
from told left join cases using (histology)
group by histology, marker
"""


def counted(test: str, condition: str = "true") -> str:
    """Return the SQL of what table marker_count holds of a kind of test ("stain", "molecular"), of the cases that fulfil a condition.

    The condition is on columns of case_overview.
    """
    return _COUNTED.format(one_result=_ONE_RESULT, said=SAID[test], condition=condition, test=test)


def tested(test: str, n_markers: int, condition: str = "true") -> str:
    """Return the SQL of histology and number of cases in which one of so many markers, a `?` each, was tested: not of other cells only.

    The condition is on columns of case_overview; its values come after the markers.
    """
    asked = ", ".join("?" * n_markers)
    said = f"select distinct case_id from ({SAID[test]}) where marker in ({asked}) and result <> 'other_cells'"
    return f"select histology, count(*) from ({said}) cross join case_overview using (case_id) where {condition} group by histology"


def results(test: str, condition: str = "true") -> str:
    """Return the SQL of case_id and result of the cases that fulfil a condition on case_overview, for a marker.

    The marker is the first `?`. The result is positive, negative, equivocal or other_cells.
    """
    cases = f"select case_id from case_overview where {condition}"
    return f"select case_id, {_ONE_RESULT} as result from ({SAID[test]}) where marker = ? and case_id in ({cases}) group by case_id"


def with_results(asked: Sequence[str]) -> str:
    """Return the SQL of the cases that have a result ("positive", "negative") as their one result for each marker, two `?` each."""
    against = {"positive": "negative", "negative": "positive"}
    said = "select case_id from ihc_result where marker = ? and result ="
    return " intersect ".join(f"{said} '{result}' except {said} '{against[result]}'" for result in asked)


def fill(connection: sqlite3.Connection) -> None:
    """Bring table marker_count up to date; after `watch`, only the histologies of which a case came, went or changed."""
    where = "histology in (select histology from temp.touched_histology)" if _is_watched(connection) else "true"
    connection.execute(f"delete from marker_count where {where}")
    for test in SAID:
        connection.execute(f"insert into marker_count {counted(test, where)}")
    if _is_watched(connection):
        connection.execute("delete from temp.touched_histology")


def watch(connection: sqlite3.Connection) -> None:
    """Note from now on, on this connection, the histologies that `fill` has to count again; what is stored must be up to date.

    Storing a report writes the lines of its cases in case_overview anew, and removing it takes them away.
    """
    connection.execute("create temp table if not exists touched_histology (histology text primary key)")
    for event, side in (("insert", "new"), ("delete", "old")):
        connection.execute(
            f"create temp trigger if not exists case_overview_{event}_histology after {event} on main.case_overview"
            f" begin insert or ignore into touched_histology values ({side}.histology); end"
        )


def _is_watched(connection: sqlite3.Connection) -> bool:
    return one(connection, "select 1 from sqlite_temp_master where name = 'touched_histology'") is not None
