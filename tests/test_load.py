"""Records into tables: whole, replaced whole, refused whole, and the same each time."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from corpus.dose_table import load_dose_table
from corpus.report import Report
from db import load
from db.pages.case import case_page
from db.pages.highlight import Span, cut
from db.query import every
from db.schema import DatabaseError
from extract.record import EvidenceError, Record
from tests import db_fixtures

DOSE_TABLES = sorted((Path(__file__).parent.parent / "corpus" / "dose_tables").glob("*.csv"))


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    connection = load.connect(tmp_path / "casebook.db")
    yield connection
    connection.close()


def _count(connection: sqlite3.Connection, table: str) -> int:
    count: int = connection.execute(f"select count(*) from {table}").fetchone()[0]
    return count


def test_a_record_is_stored_whole(connection: sqlite3.Connection) -> None:
    report, record = db_fixtures.lung()
    load.store(connection, report, record, "run-1")
    assert connection.execute("select total_dose_gy, fractions, computed from radiotherapy_course").fetchall() == [
        (54.0, 27, "dose_per_fraction_gy")
    ]
    assert connection.execute(
        "select concurrent_drugs, duration_weeks, is_contradictory, target_topography from radiotherapy_course"
    ).fetchall() == [("cisplatin", 5.5, 0, None)]
    assert connection.execute("select course_number, dose_gy, label from radiotherapy_phase").fetchall() == [
        (1, 38.0, None),
        (1, 16.0, "boost"),
    ]
    assert connection.execute("select marker, result from ihc_result where cells is not null").fetchall() == [("CD138", "other_cells")]
    (overview,) = connection.execute(
        "select site, histology, sex, radiotherapy, recurrence, status, max_dose_gy, markers, drugs from case_overview"
    )
    assert overview == (
        "lung (C34)", "inflammatory myofibroblastic tumor", "male", "yes", "no", "alive without disease", 54.0,
        "SMA +; Vimentin +; ALK -; Desmin -; CD138 o", "cisplatin",
    )  # fmt: skip
    assert load.stored(connection) == {"lung-imt": (report.sha256, "f" * 12)}


def test_every_value_has_evidence_at_its_offsets(connection: sqlite3.Connection) -> None:
    for report, record in (db_fixtures.lung(), db_fixtures.markup()):
        load.store(connection, report, record, "run-1")
    rows = connection.execute("select text, start_char, end_char, quote from evidence join report_text using (report_id)").fetchall()
    assert rows
    assert all(text[start:end] == quote for text, start, end, quote in rows)
    for table, field in (("ihc_result", "ihc"), ("radiotherapy_course", "radiotherapy"), ("drug", "drugs")):
        assert connection.execute(
            f"select case_id, number from {table} except select case_id, number from fact_evidence where field = ?", (field,)
        ).fetchall() == []  # fmt: skip


def test_storing_again_replaces(connection: sqlite3.Connection) -> None:
    report, record = db_fixtures.lung()
    load.store(connection, report, record, "run-1")
    first = list(load.dump(connection))
    fewer = db_fixtures.with_case(record, ihc=())
    load.store(connection, report, fewer, "run-2")
    assert _count(connection, "ihc_result") == 0
    assert connection.execute("select markers from case_overview").fetchone() == (None,)
    load.store(connection, report, record, "run-3")
    assert list(load.dump(connection)) == first
    outcomes = connection.execute("select run_id, outcome from run_report order by run_id").fetchall()
    assert outcomes == [("run-1", "new"), ("run-2", "changed"), ("run-3", "changed")]


def test_a_refused_record_leaves_what_was_stored(connection: sqlite3.Connection) -> None:
    report, record = db_fixtures.lung()
    load.store(connection, report, record, "run-1")
    before = list(load.dump(connection))
    moved = replace(record.evidence[0], start=record.evidence[0].start + 1, end=record.evidence[0].end + 1)
    mismatched = replace(record, evidence=(moved, *record.evidence[1:]))
    with pytest.raises(EvidenceError, match="not in the text"):
        load.store(connection, report, mismatched, "run-2")
    with pytest.raises(EvidenceError, match="another text"):
        load.store(connection, replace(report, text=report.text + " "), record, "run-2")
    with pytest.raises(EvidenceError, match="another report"):
        load.store(connection, replace(report, id="other"), record, "run-2")
    with pytest.raises(DatabaseError, match="lung-imt: CHECK"):
        load.store(connection, report, db_fixtures.with_case(record, age_years=540.0), "run-2")
    passed = next(n for n, entry in enumerate(record.evidence) if entry.reason)
    site = replace(record.cases[0].site, evidence=(passed,))  # type: ignore[type-var]
    with pytest.raises(EvidenceError, match="passed over"):
        load.store(connection, report, db_fixtures.with_case(record, site=site), "run-2")
    assert list(load.dump(connection)) == before
    assert connection.execute("select count(*) from report_search where report_search match 'cough'").fetchone() == (1,)


def test_a_text_that_is_no_unicode_is_refused(connection: sqlite3.Connection) -> None:
    report, record = db_fixtures.guideline()
    broken = replace(report, title="\ud800")
    with pytest.raises(DatabaseError, match="guideline"):
        load.store(connection, broken, record, "run-1")


def test_the_same_records_give_the_same_rows(tmp_path: Path) -> None:
    dumps = []
    for name, order in (("a.db", (0, 1, 2)), ("b.db", (2, 1, 0))):
        connection = load.connect(tmp_path / name)
        made = (db_fixtures.lung(), db_fixtures.markup(), db_fixtures.guideline())
        for place in order:
            load.store(connection, *made[place], f"run-{name}")
        if name == "b.db":
            load.remove(connection, "lung-imt", "again")
            load.store(connection, *made[0], "again")
        load.refresh_overview(connection)
        dumps.append(list(load.dump(connection)))
        connection.close()
    assert dumps[0] == dumps[1]
    assert len(dumps[0]) > 60


def test_removing_leaves_nothing_but_the_ledger(connection: sqlite3.Connection) -> None:
    report, record = db_fixtures.lung()
    load.store(connection, report, record, "run-1")
    assert load.remove(connection, report.id, "run-2")
    assert not load.remove(connection, report.id, "run-3")
    assert list(load.dump(connection)) == []
    assert connection.execute("select count(*) from report_search where report_search match 'cough'").fetchone() == (0,)
    connection.execute("insert into report_search (report_search) values ('integrity-check')")
    assert connection.execute("select run_id, outcome from run_report").fetchall() == [
        ("run-1", "new"),
        ("run-2", "removed"),
    ]


def test_storing_a_report_looks_at_no_other_report(connection: sqlite3.Connection) -> None:
    said: list[str] = []
    connection.set_trace_callback(said.append)
    load.store(connection, *db_fixtures.markup(), "1")
    connection.set_trace_callback(None)
    written = [sql for sql in said if sql.lstrip().startswith(("insert", "delete")) and "_search" not in sql]
    plans = [row["detail"] for sql in written for row in every(connection, f"explain query plan {sql}")]
    assert len(written) > 50
    assert [plan for plan in plans if plan.startswith("SCAN") and "subquery" not in plan and "CONSTANT" not in plan] == []


def test_what_is_prepared_once_is_not_thrown_away_by_each_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []

    class Noting(sqlite3.Connection):
        def create_function(self, name: str, *others: Any, **named: Any) -> None:
            made.append(name)  # SQLite then prepares all statements anew
            super().create_function(name, *others, **named)

    monkeypatch.setattr(load.sqlite3, "connect", partial(sqlite3.connect, factory=Noting))
    with closing(load.connect(tmp_path / "casebook.db")) as connection:
        assert "search_key" in made
        made.clear()
        load.store(connection, *db_fixtures.lung(), "1")
    assert made == []


def test_a_run_is_counted(connection: sqlite3.Connection) -> None:
    load.start_run(connection, "run-1", "first", db_fixtures.PIPELINE, "2026-01-01T00:00:00Z")
    load.store(connection, *db_fixtures.lung(), "run-1")
    load.note_failure(connection, "run-1", "empty.txt", "the file is empty")
    load.finish_run(connection, "run-1", unchanged=7)
    row = connection.execute("select reason, reports_new, reports_unchanged, reports_failed from run").fetchone()
    assert row == ("first", 1, 7, 1)


def test_a_corrected_source_is_no_longer_current(connection: sqlite3.Connection) -> None:
    report, record = db_fixtures.lung()
    assert not load.is_current(connection, report, "f" * 12)
    load.store(connection, report, record, "run-1")
    assert load.is_current(connection, report, "f" * 12)
    assert not load.is_current(connection, replace(report, year=2022), "f" * 12)
    assert not load.is_current(connection, report, "0" * 12)


@pytest.mark.parametrize("path", DOSE_TABLES, ids=lambda path: path.stem)
def test_the_dose_tables_of_the_project_are_stored(connection: sqlite3.Connection, path: Path) -> None:
    table = load_dose_table(path)
    for _ in range(2):
        load.store_dose_table(connection, table)
    assert _count(connection, "dose_table_row") == len(table.rows)
    doses = connection.execute("select total_dose_gy from dose_table_row order by row_number, dose_group").fetchall()
    assert [dose for (dose,) in doses] == [row.total_dose_gy for row in table.rows]


def test_what_is_no_casebook_is_refused(tmp_path: Path) -> None:
    text = tmp_path / "text.db"
    text.write_text("this is no database, though it is long enough to be looked at" * 20)
    other = tmp_path / "other.db"
    sqlite3.connect(other).execute("create table t (x)")
    for path, reason in (
        (text, "not a database"),
        (other, "another version"),
        (tmp_path / "no" / "x.db", "unable to open"),
    ):
        with pytest.raises(DatabaseError, match=reason):
            load.connect(path)


def test_publishing_replaces_in_one_step(tmp_path: Path) -> None:
    final, partial = tmp_path / "casebook.db", tmp_path / "casebook.db.partial"
    final.write_bytes(b"old")
    partial.write_bytes(b"new")
    load.publish(partial, final)
    assert final.read_bytes() == b"new"
    assert not partial.exists()


def test_cut_joins_to_the_text_and_knows_its_spans() -> None:
    text = "He received 54 Gy in 27 fractions."
    spans = [
        Span(1, 3, 33, "treatment"),
        Span(2, 12, 17, None),
        Span(3, 12, 33, "outcome"),
        Span(4, 3, 3 + 8, None),
    ]
    pieces = cut(text, spans)
    assert "".join(piece.text for piece in pieces) == text
    assert [(piece.text, piece.numbers, piece.group, piece.starts) for piece in pieces] == [
        ("He ", (), None, ()),
        ("received", (4, 1), "treatment", (1, 4)),
        (" ", (1,), "treatment", ()),
        ("54 Gy", (2, 3, 1), "outcome", (2, 3)),
        (" in 27 fractions", (3, 1), "outcome", ()),
        (".", (), None, ()),
    ]
    assert cut("", []) == ()


def test_the_page_of_a_case_holds_every_value(connection: sqlite3.Connection) -> None:
    load.store(connection, *db_fixtures.lung(), "run-1")
    page = case_page(connection, "lung-imt/1")
    assert page is not None
    shown = {item.label: [value.text for value in item.values] for group in page.groups for item in group.items}
    assert shown == {
        "Age": ["54 years"],
        "Sex": ["male"],
        "Site": ["upper lobe of lung"],
        "Size": ["7.2 cm"],
        "Metastases": [],
        "Diagnosis": ["inflammatory myofibroblastic tumor"],
        "Stains, positive": ["SMA", "Vimentin"],
        "Stains, negative": ["ALK", "Desmin"],
        "Stains of other cells only": ["CD138"],
        "Ki-67": [],
        "Molecular tests": ["ALK rearrangement: negative"],
        "Surgery": ["yes"],
        "Operations": ["wedge resection"],
        "Radiotherapy": ["yes"],
        "Courses": ["54 Gy in 27 fractions of 2 Gy"],
        "Drugs": ["cisplatin"],
        "Recurrence": ["no"],
        "Status": ["alive without disease"],
        "Follow-up": ["at least 60 months (5 years)"],
        "In the curves": ["censored at 60 months (5 years)", "censored at 60 months (5 years)"],
    }
    assert all(value.evidence for group in page.groups for item in group.items for value in item.values)
    assert [(mention.quote, mention.reason) for mention in page.passed] == [
        ("colon cancer", "family"),
        ("a child", "literature"),
    ]
    assert case_page(connection, "lung-imt/2") is None


def test_sqlite_finds_the_database_sound(connection: sqlite3.Connection) -> None:
    load.store(connection, *db_fixtures.lung(), "run-1")
    assert connection.execute("select count(*) from fact_evidence").fetchone()[0] > 0
    assert connection.execute("pragma integrity_check").fetchall() == [("ok",)]
    assert connection.execute("pragma foreign_key_check").fetchall() == []


def _guideline(name: str) -> tuple[Report, Record]:
    report, record = db_fixtures.guideline()
    return replace(report, id=name), replace(record, report={**record.report, "id": name})


def _segments(connection: sqlite3.Connection) -> int:
    return int(connection.execute("select count(distinct segid) from report_search_idx").fetchone()[0])


def test_the_full_text_index_is_merged_and_statistics_gathered_when_the_database_has_grown(connection: sqlite3.Connection) -> None:
    for number in range(30):
        load.store(connection, *_guideline(f"r{number}"), "run-1")
    assert _segments(connection) > 1
    load.refresh_overview(connection)
    assert _segments(connection) == 1
    statistics = connection.execute("select * from sqlite_stat1").fetchall()
    assert any(table == "report" and stat.startswith("30 ") for table, _, stat in statistics)

    load.store(connection, *_guideline("one-more"), "run-2")
    load.refresh_overview(connection)
    assert connection.execute("select * from sqlite_stat1").fetchall() == statistics
    for number in range(5):
        load.store(connection, *_guideline(f"more-{number}"), "run-2")
    load.refresh_overview(connection)
    assert any(stat.startswith("36 ") for _, _, stat in connection.execute("select * from sqlite_stat1"))
