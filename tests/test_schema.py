"""The tables: described column by column, and refusing what cannot be."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping

import pytest

from db import overview, publish, schema

CASE = {"case_id": "r/1", "report_id": "r", "label": "1"}
COURSE = {"case_id": "r/1", "number": 1, "is_rbe_weighted": 0, "is_contradictory": 0}
STAIN = {"case_id": "r/1", "number": 1, "marker": "SMA", "result": "positive"}
QUOTE = {
    "report_id": "r", "number": 0, "case_id": None, "field": "sex", "start_char": 0, "end_char": 3, "quote": "man",
    "section": "case", "assertion": "present", "subject": "patient",
}  # fmt: skip
ROW = {"dose_table_id": "t", "row_number": 1, "dose_group": 1, "reference": "Doe 2001"}
REPORT = {
    "report_id": "s", "kind": "case_report", "is_retelling": 0, "sha256": "0" * 64, "pipeline_version": "1",
    "pipeline_fingerprint": "f",
}  # fmt: skip

IMPOSSIBLE = [
    ("patient_case", CASE, {"age_years": 121}),
    ("patient_case", CASE, {"age_years": -1}),
    ("patient_case", CASE, {"sex": "m"}),
    ("patient_case", CASE, {"topography": "34.1"}),
    ("patient_case", CASE, {"topography": "C34.12"}),
    ("patient_case", CASE, {"laterality": "Right"}),
    ("patient_case", CASE, {"morphology": "8825"}),
    ("patient_case", CASE, {"morphology": "7825/1"}),
    ("patient_case", CASE, {"size_cm": 0}),
    ("patient_case", CASE, {"ki67_percent": 101}),
    ("patient_case", CASE, {"surgery": 2}),
    ("patient_case", CASE, {"status": "dead"}),
    ("patient_case", CASE, {"follow_up_months": -1}),
    ("patient_case", CASE, {"recurrence_months": -0.1}),
    ("patient_case", CASE, {"age_years": "old"}),
    ("patient_case", CASE, {"case_id": "r/2"}),
    ("patient_case", CASE, {"case_id": "q/1", "report_id": "q"}),
    ("radiotherapy_course", COURSE, {"total_dose_gy": 0}),
    ("radiotherapy_course", COURSE, {"total_dose_gy": 6000}),
    ("radiotherapy_course", COURSE, {"fractions": 0}),
    ("radiotherapy_course", COURSE, {"fractions": 201}),
    ("radiotherapy_course", COURSE, {"fractions": 2.5}),
    ("radiotherapy_course", COURSE, {"total_dose_gy": 2.0, "dose_per_fraction_gy": 50.0}),
    ("radiotherapy_course", COURSE, {"is_rbe_weighted": None}),
    ("radiotherapy_course", COURSE, {"is_contradictory": 2}),
    ("radiotherapy_course", COURSE, {"intent": "hopeful"}),
    ("radiotherapy_course", COURSE, {"target_topography": "chest"}),
    ("radiotherapy_course", COURSE, {"dose_rate": "fast"}),
    ("radiotherapy_course", COURSE, {"fractions_per_day": 0}),
    ("radiotherapy_course", COURSE, {"duration_weeks": 0}),
    ("radiotherapy_course", COURSE, {"months": -1}),
    ("ihc_result", STAIN, {"result": "+"}),
    ("ihc_result", STAIN, {"percent": 100.5}),
    ("ihc_result", STAIN, {"marker": ""}),
    ("evidence", QUOTE, {"end_char": 0}),
    ("evidence", QUOTE, {"end_char": 4}),
    ("evidence", QUOTE, {"start_char": -1, "end_char": 2}),
    ("evidence", QUOTE, {"assertion": "sure"}),
    ("evidence", QUOTE, {"subject": "neighbour"}),
    ("evidence", QUOTE, {"reason": ""}),
    ("dose_table_row", ROW, {"total_dose_gy": 200}),
    ("dose_table_row", ROW, {"age_min_years": 9, "age_max_years": 8}),
    ("report", REPORT, {"kind": "paper"}),
    ("report", REPORT, {"doi": "https://doi.org/10.1/x"}),
    ("report", REPORT, {"pmcid": "1234"}),
    ("report", REPORT, {"pmid": "12a"}),
    ("report", REPORT, {"year": 23}),
    ("report", REPORT, {"sha256": "abc"}),
]


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.execute("pragma foreign_keys = on")
    schema.create(connection)
    _insert(connection, "report", {**REPORT, "report_id": "r"})
    _insert(connection, "dose_table", {"dose_table_id": "t"})
    yield connection
    connection.close()


def _insert(connection: sqlite3.Connection, table: str, row: Mapping[str, object]) -> None:
    connection.execute(f"insert into {table} ({', '.join(row)}) values ({', '.join('?' * len(row))})", tuple(row.values()))


@pytest.mark.parametrize("table", sorted(schema.dictionary()))
def test_every_table_and_column_is_described(connection: sqlite3.Connection, table: str) -> None:
    described = schema.dictionary()[table]
    assert described.description, f"{table} has no comment above its create table"
    if table.endswith("_search"):  # its columns are those of the table that it indexes
        return
    columns = [row[1] for row in connection.execute(f"pragma table_info({table})")]
    assert columns == list(described.columns)
    assert not [name for name, words in described.columns.items() if len(words) < 6]


def test_every_table_of_the_database_is_in_the_dictionary_and_strict(connection: sqlite3.Connection) -> None:
    tables = {row[1]: row for row in connection.execute("pragma table_list") if row[0] == "main" and row[2] == "table"}
    plain = {name: row for name, row in tables.items() if not name.startswith("sqlite_")}
    assert set(plain) == {name for name in schema.dictionary() if not name.endswith("_search")}
    assert [name for name, row in plain.items() if row[5] != 1] == []


@pytest.mark.parametrize(("table", "row", "wrong"), IMPOSSIBLE, ids=lambda value: str(value)[:60])
def test_the_impossible_is_refused(
    connection: sqlite3.Connection, table: str, row: Mapping[str, object], wrong: Mapping[str, object]
) -> None:
    if table in ("radiotherapy_course", "ihc_result"):
        _insert(connection, "patient_case", CASE)
    with pytest.raises(sqlite3.IntegrityError):
        _insert(connection, table, {**row, **wrong})
    _insert(connection, table, row)  # the row itself is possible


def test_a_removed_report_takes_all_its_rows_along(connection: sqlite3.Connection) -> None:
    _insert(connection, "patient_case", CASE)
    _insert(connection, "ihc_result", STAIN)
    _insert(connection, "evidence", QUOTE)
    link = {"case_id": "r/1", "field": "ihc", "number": 1, "report_id": "r", "evidence_number": 0}
    _insert(connection, "fact_evidence", link)
    connection.execute("delete from report")
    for table in ("patient_case", "ihc_result", "evidence", "fact_evidence"):
        assert connection.execute(f"select count(*) from {table}").fetchone() == (0,)


@pytest.mark.parametrize("condition", ["true", "age_years > 60", "max_dose_gy > 50 and year > 2000"])
def test_each_facet_is_counted_in_the_order_of_an_index_without_a_look_at_the_rows(connection: sqlite3.Connection, condition: str) -> None:
    for column in publish.FACETS:
        sql = f"explain query plan select {column}, count(*) from case_overview where {condition} group by {column}"
        plan = " ".join(row[3] for row in connection.execute(sql))
        assert f"COVERING INDEX case_overview_by_{column}" in plan
        assert "GROUP BY" not in plan  # no sorting


def test_what_was_passed_over_is_listed_in_the_order_of_an_index(connection: sqlite3.Connection) -> None:
    sql = "select report_id from evidence where reason is not null order by field, reason, report_id, number"
    plan = " ".join(row[3] for row in connection.execute(f"explain query plan {sql}"))
    assert "INDEX evidence_passed_over" in plan
    assert "ORDER BY" not in plan


def test_words_of_the_overview() -> None:
    assert overview.site_words("C34.1") == "lung (C34)"
    assert overview.site_words(None) is None
    assert overview.yes_no(None) == overview.status_words(None) == "not reported"
    assert overview.yes_no(0) == "no"
    assert overview.status_words("DOD") == "died of disease"
