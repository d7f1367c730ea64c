"""The cases behind a cell of the heat map, by their result."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass

from db.fields import number
from db.marker_counts import results
from db.pages.data import Data
from db.pages.marker_choice import Choice
from db.query import Row, every

# So many cases of a result are listed, and so many are in the data.
_LISTED, MOST_DATA = 100, 1000
_COLUMNS = ("case_id", "site", "sex", "age_years", "status", "citation")
RESULT_WORDS = {
    "positive": "positive",
    "negative": "negative",
    "equivocal": "equivocal, or positive and negative both",
    "other_cells": "only other cells stained",
}


@dataclass(frozen=True, slots=True)
class CaseLine:
    """A case of a cell: its line of case_overview, with the case that may be the same patient, and how it stained ("" where untold)."""

    row: Row
    details: str


@dataclass(frozen=True, slots=True)
class CaseGroup:
    """The cases of a cell with one result: how many, and the first of them."""

    result: str
    words: str
    count: int
    cases: tuple[CaseLine, ...]


_LINES = """
select {columns},
       (select min(other) from (
            select other_case_id as other from possible_same_patient as pair where pair.case_id = overview.case_id
            union all select pair.case_id from possible_same_patient as pair where other_case_id = overview.case_id)) as possibly
from case_overview as overview where case_id in (select value from json_each(?)) order by case_id
"""
_DETAILS = {
    "stain": "select extent, intensity, percent, cells from ihc_result where (case_id, marker) = (?, ?) order by number",
    "molecular": "select partner from molecular_test where (case_id, gene || ' ' || alteration) = (?, ?) order by number",
}


def cell_cases(connection: sqlite3.Connection, choice: Choice) -> tuple[tuple[CaseGroup, ...], Data]:
    """Return the cases of a cell by their result, and the first `MOST_DATA` of each result as data."""
    marker, conditions = choice.markers[0], [("histology = ?", choice.histology), *choice.cases()]
    sql = results(choice.test, " and ".join(sql for sql, _ in conditions))
    found: dict[str, list[str]] = {name: [] for name in RESULT_WORDS}
    for case_id, result in connection.execute(sql, (marker, *(value for _, value in conditions))):
        found[result].append(case_id)
    groups = []
    data: list[tuple[str | float | int | None, ...]] = []
    for result, cases in found.items():
        rows = every(connection, _LINES.format(columns=", ".join(_COLUMNS)), json.dumps(cases[:MOST_DATA]))
        data += ((choice.histology, marker, result, *(row[column] for column in _COLUMNS)) for row in rows)
        lines = tuple(CaseLine(row, _details(connection, choice.test, row["case_id"], marker)) for row in rows[:_LISTED])
        groups.append(CaseGroup(result, RESULT_WORDS[result], len(cases), lines))
    return tuple(group for group in groups if group.count), Data(("histology", "marker", "result", *_COLUMNS), tuple(data))


def _details(connection: sqlite3.Connection, test: str, case_id: str, marker: str) -> str:
    """Return what else is told of a case's results: "focal, weak, 20%", or the partner of a gene; "" where nothing is."""
    said = []
    for row in every(connection, _DETAILS[test], case_id, marker):
        words = (
            f"{number(value)}%" if name == "percent" else value for name, value in zip(row.keys(), row, strict=True) if value is not None
        )
        said.append(", ".join(words))
    return "; ".join(dict.fromkeys(filter(None, said)))
