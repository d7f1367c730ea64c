"""The history of runs: what each stored, compared and put back, whatever happens to the files."""

from __future__ import annotations

import hashlib
import json
import os
import random
import re
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

import casebook
from corpus import files
from corpus.report import Problem, Report
from db import draft, load, records, version
from db.corrections.ruling import Ruled, Ruling
from db.history import content, diff, page, store, telling
from db.history.said import SaidChange
from db.reports import stored_report
from extract import pipeline as extraction
from extract.record import Case, Record
from tests import db_fixtures
from tests.remembered import forked, run

# Invented for these tests.
THIGH = """A 61-year-old man presented with a mass of the left thigh.

The tumor was excised. Histology showed a leiomyosarcoma. Desmin and ALK were positive. He received radiotherapy of 50 Gy in 25 fractions.

He was alive without recurrence 24 months after surgery."""
LUNG = "A 44-year-old woman had had a cough for three weeks and coughed blood on a Sunday. Lobectomy of the right lung showed an adenocarcinoma. She was well after one year."
LARYNX = "A 58-year-old man was hoarse. Biopsy of the larynx showed a squamous cell carcinoma. He sang again after two years."

pytestmark = pytest.mark.usefixtures("pipeline", "project")

Reader = Callable[[Report, Any], Record]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    reports = tmp_path / "reports"
    reports.mkdir()
    (reports / "thigh.txt").write_text(THIGH, encoding="utf-8")
    (reports / "lung.txt").write_text(LUNG, encoding="utf-8")
    return reports


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "data" / "casebook.db"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project that comes with one report."""
    reports = tmp_path / "own"
    reports.mkdir()
    (reports / "larynx.txt").write_text(LARYNX, encoding="utf-8")
    (tmp_path / "tables").mkdir()
    monkeypatch.setattr(casebook, "REPORTS", reports)
    monkeypatch.setattr(casebook, "DOSE_TABLES", tmp_path / "tables")
    return reports


@pytest.fixture
def change(monkeypatch: pytest.MonkeyPatch, pipeline: extraction.Pipeline) -> Iterator[Callable[..., None]]:
    """Return what makes the pipeline another one: of another fingerprint, and with other values for the cases of some reports."""
    usual: Reader = extraction.extract

    def become(fingerprint: str, **values: Callable[[Case], Case]) -> None:
        def extract(report: Report, pipeline: Any) -> Record:
            record = usual(report, pipeline)
            return replace(record, cases=tuple(map(values[report.id], record.cases))) if report.id in values else record

        changed = replace(pipeline, fingerprint=fingerprint)
        monkeypatch.setattr(casebook, "_pipeline", lambda: changed)
        monkeypatch.setattr(casebook, "_fingerprint", lambda: fingerprint)
        monkeypatch.setattr(extraction, "extract", extract)

    yield become


def less_dose(case: Case) -> Case:
    """The case with 50.4 Gy in 28 fractions, and without its second stain."""
    course = replace(case.radiotherapy[0], total_dose_gy=50.4, fractions=28, dose_per_fraction_gy=1.8)
    return replace(case, radiotherapy=(course,), ihc=case.ihc[:1])


def done(*words: str | Path) -> str:
    """Run a command that must succeed, and return what it said."""
    result = run(*words)
    assert (result.exit_code, result.stderr) == (0, "")
    return result.stdout


def refused(*words: str | Path) -> str:
    """Run a command that must fail with one line, and return it."""
    result = run(*words)
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (1, "", 1)
    return result.stderr.removeprefix("casebook: ").strip()


def dump(database: Path) -> list[str]:
    with closing(load.connect(database)) as connection:
        return list(load.dump(connection))


def ask(path: Path, sql: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(sql).fetchall()


def outcomes(database: Path) -> list[tuple[str, str, str]]:
    """What the history says that each run made of each report."""
    sql = "select run_id, report_id, outcome from version order by run_id, report_id"
    return [(str(int(run_id)), name, outcome) for run_id, name, outcome in ask(store.path_of(database), sql)]


def assert_agrees(database: Path) -> None:
    """The last state of the history is that of the database, fact by fact, and both know the same runs."""
    with store.reading(database) as past, closing(sqlite3.connect(database)) as connection:
        there = {name: version for name, version in store.state(past).items() if version.state != store.OUT}
        assert there.keys() == store.there_now(connection).keys()
        for name, version in there.items():
            if version.state == store.LINKED:
                continue
            pipeline = {"version": version.pipeline_version or "", "fingerprint": version.pipeline_fingerprint or ""}
            assert records.from_json(content.get(past, version.facts), pipeline) == records.stored_record(connection, name)
        runs = "select run_id, reason, started_at, seconds from run order by run_id"
        assert past.execute(runs).fetchall() == connection.execute(runs).fetchall()


# --- records from tables -------------------------------------------------------------------------


@pytest.mark.parametrize("make", [db_fixtures.lung, db_fixtures.markup, db_fixtures.guideline])
def test_a_record_comes_back_from_its_rows_and_from_its_json(make: Callable[[], tuple[Report, Record]], tmp_path: Path) -> None:
    report, record = make()
    with closing(load.connect(tmp_path / "a.db")) as connection:
        load.store(connection, report, record, "000001")
        again = records.stored_record(connection, report.id)
        assert again is not None
        known = {case.label for case in record.cases}
        for first, second in zip(record.evidence, again.evidence, strict=True):
            assert replace(first, case=first.case if first.case in known else None) == second
        assert again.cases == record.cases
        assert repr(again.cases) == repr(record.cases), "1 is equal to True, and is not the same"
        assert again.pipeline == record.pipeline
        values = json.loads(json.dumps(records.to_json(again)))
        assert records.from_json(values, again.pipeline) == again
        before = list(load.dump(connection))
        load.store(connection, report, again, "000002")
        assert list(load.dump(connection)) == before


def test_a_record_of_another_casebook_is_read_as_far_as_it_is_known() -> None:
    values = {
        "report": {"id": "r"},
        "cases": [{"label": "1", "mood": "good", "ihc": [{"marker": "ALK", "result": "positive", "clone": "5A4"}]}],
    }
    (case,) = records.from_json(values | {"evidence": []}, {}).cases
    assert (case.ihc[0].marker, case.ihc[0].evidence, case.age_years) == ("ALK", (), None)


def test_every_record_of_the_projects_own_reports_comes_back(built: Path) -> None:
    assert_agrees(built)
    with closing(sqlite3.connect(built)) as connection, closing(load.connect(Path(":memory:"))) as copy:
        names = [name for (name,) in connection.execute("select report_id from report")]
        assert len(names) >= 30
        for name in names:
            report, record = stored_report(connection, name), records.stored_record(connection, name)
            assert report
            assert record
            load.store(copy, report, records.from_json(records.to_json(record), record.pipeline), "000001")
            for table in (
                "patient_case",
                "radiotherapy_course",
                "radiotherapy_phase",
                "drug",
                "timeline_event",
                "ihc_result",
                "fact_evidence",
            ):
                sql = f"select * from {table} where case_id like ? || '/%' order by 1, 2, 3, 4"
                assert copy.execute(sql, (name,)).fetchall() == connection.execute(sql, (name,)).fetchall()


# --- the ledger ----------------------------------------------------------------------------------


def test_every_run_is_listed_with_when_why_what_and_how_long(folder: Path, database: Path, change: Callable[..., None]) -> None:
    done("build", "--database", database)
    (folder / "empty.txt").touch()
    assert run("add", folder, "--database", database).exit_code == 1
    (folder / "empty.txt").unlink()
    change("another", thigh=less_dose)
    done("add", folder / "thigh.txt", "--database", database)
    lines = done("runs", "--database", database).splitlines()
    assert len(lines) == 4
    for line, reason, what in zip(lines[1:], ("build", "add", "add"), ("1 new", "2 new, 1 failed", "1 changed"), strict=True):
        assert re.fullmatch(
            rf" +\d  \d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d +\d+\.\d s  {reason} +{what}; pipeline \S+ \S+; casebook {reason} .*", line
        )
    told = [json.loads(line) for line in done("runs", "--json", "--database", database).splitlines()]
    assert [x["pipeline_fingerprint"] for x in told][1:] == [extraction_fingerprint(database, "000002"), "another"]
    assert all(x["is_in_database"] and len(x["readers_fingerprint"]) == 16 and x["seconds"] > 0 for x in told)
    assert str(folder) not in str(ask(database, "select * from run")), "the words of a command may name private folders"


def extraction_fingerprint(database: Path, run_id: str) -> str:
    return str(ask(database, f"select pipeline_fingerprint from run where run_id = '{run_id}'")[0][0])


def test_each_fact_says_which_run_first_and_last_gave_it(folder: Path, database: Path, change: Callable[..., None]) -> None:
    def of(field: str, case: str = "thigh/1") -> list[tuple[Any, ...]]:
        return ask(database, f"select number, first_run, last_run from fact_run where case_id = '{case}' and field = '{field}' order by 1")

    done("add", folder, "--database", database)
    assert of("ihc") == [(1, "000001", "000001"), (2, "000001", "000001")]
    change("second", thigh=lambda case: less_dose(replace(case, ihc=case.ihc[::-1])))
    done("add", folder, "--database", database)
    assert of("ihc") == [(1, "000001", "000002")], "ALK, which was the second before"
    assert of("radiotherapy") == [(1, "000002", "000002")]
    assert of("sex", "lung/1") == [(1, "000001", "000002")]
    change("third")
    done("add", folder / "thigh.txt", "--database", database)
    assert of("radiotherapy") == [(1, "000001", "000003")], "what the first run gave, the third gave again"
    assert of("sex", "lung/1") == [(1, "000001", "000002")]
    facts = "select case_id, field, number from {} order by 1, 2, 3"
    assert ask(database, facts.format("fact_run")) == sorted(set(ask(database, facts.format("fact_evidence"))))


def test_the_page_of_a_case_says_which_runs_read_it(folder: Path, database: Path, change: Callable[..., None]) -> None:
    import asyncio

    from db.serve import make_datasette

    done("add", folder, "--database", database)
    change("second", thigh=less_dose)
    done("add", folder, "--database", database)
    response = asyncio.run(make_datasette(database).client.get("/casebook/patient_case/thigh~2F1"))
    words = re.sub(r"\s+", " ", re.sub("<[^>]+>", "", response.text))
    assert re.search(r"Values first read in run 1 \(1\d\), run 2 \(1\); last read in run 2\.", words)


# --- what is kept --------------------------------------------------------------------------------


def test_a_run_that_changes_nothing_leaves_every_byte(folder: Path, database: Path) -> None:
    done("add", folder, "--database", database)
    path = store.path_of(database)
    before = path.read_bytes(), path.stat().st_mtime_ns
    assert "is up to date" in done("add", folder, "--database", database)
    done("runs", "--database", database)
    done("diff", "--database", database)
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before


def test_what_another_pipeline_reads_alike_is_not_stored_again(folder: Path, database: Path, change: Callable[..., None]) -> None:
    done("add", folder, "--database", database)
    contents = ask(store.path_of(database), "select * from content")
    change("another")
    done("add", folder, "--database", database)
    assert ask(store.path_of(database), "select * from content") == contents
    assert outcomes(database)[2:] == [("2", "lung", "same"), ("2", "thigh", "same")]
    assert "no report differs" in done("diff", "--database", database)
    assert "nothing to undo" in refused("undo", "2", "--database", database)
    assert_agrees(database)


def test_nothing_in_the_history_can_be_changed(folder: Path, database: Path) -> None:
    done("add", folder, "--database", database)
    with closing(sqlite3.connect(store.path_of(database))) as past:
        for table, column in (("run", "reason"), ("content", "data"), ("version", "outcome")):
            for sql in (f"delete from {table}", f"update {table} set {column} = {column}"):
                with pytest.raises(sqlite3.IntegrityError, match="only grows"):
                    past.execute(sql)


def test_a_database_with_other_tables_is_made_anew_and_its_history_goes_on(folder: Path, database: Path) -> None:
    done("build", "--database", database)
    done("add", folder, "--database", database)
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("pragma user_version = 7")
        connection.commit()
    done("build", "--database", database)
    assert {outcome for run_id, _, outcome in outcomes(database) if int(run_id) > 2} == {"same"}
    assert ask(database, "select distinct first_run from fact_run where case_id = 'thigh/1'") == [("000002",)]
    assert_agrees(database)


@pytest.mark.parametrize("seed", range(3))
def test_whatever_is_done_the_history_has_the_facts_of_the_database(
    seed: int, folder: Path, database: Path, change: Callable[..., None]
) -> None:
    pick = random.Random(seed)
    states: dict[str, list[str]] = {}
    for step in range(12):
        what = pick.choice(("edit", "copy", "pipeline", "build", "undo"))
        if what == "edit":
            (folder / "thigh.txt").write_text(
                THIGH.replace("61", str(pick.randint(60, 63))) + " He smoked." * pick.randint(0, 1), encoding="utf-8"
            )
        elif what == "copy":
            more = " She has no other disease and lives with her sister, who is well and who drives her to the clinic."
            (folder / f"copy-{pick.randint(1, 2)}.txt").write_text(LUNG + more * pick.randint(0, 2), encoding="utf-8")
        elif what == "pipeline":
            change(f"pipeline {step}", **({"thigh": less_dose} if pick.random() < 0.5 else {}))
        if what == "undo" and states:
            run("undo", pick.choice(sorted(states)), "--database", database)
        else:
            done(*(["build"] if what == "build" else ["add", folder]), "--database", database)
        if database.exists():
            assert_agrees(database)
            states[ask(database, "select max(run_id) from run")[0][0]] = facts_of(database)
    with store.reading(database) as past:
        for run_id, facts in states.items():
            there = (version for version in store.state(past, run_id).values() if version.state == store.STORED)
            assert sorted(json.dumps(content.get(past, version.facts), sort_keys=True) for version in there) == facts


def facts_of(database: Path) -> list[str]:
    with closing(sqlite3.connect(database)) as connection:
        found = (records.stored_record(connection, name) for (name,) in connection.execute("select report_id from report"))
        return sorted(json.dumps(records.to_json(record), sort_keys=True) for record in found if record)


# --- accidents -----------------------------------------------------------------------------------


def killed(moment: str, *words: str | Path) -> None:
    """Run a command in a process of its own that ends at once, as if killed, at a moment."""
    publish, follow = load.publish, store._follow

    def before(*_: Any) -> None:
        os._exit(9)

    def after(*arguments: Any) -> None:
        publish(*arguments)
        os._exit(9)

    def entered(past: sqlite3.Connection, *arguments: Any, **more: Any) -> None:
        past.execute("pragma cache_size = 1")  # as a long run does, it writes to the file before it has ended
        follow(past, *arguments, **more)
        os._exit(9)

    def act() -> int:
        if moment == "with the history written":
            store._follow = entered
        else:
            load.publish = before if moment == "before the swap" else after
        return run(*words).exit_code

    assert forked(act) == 9


@pytest.mark.parametrize(
    ("moment", "is_there"), [("before the swap", False), ("with the history written", False), ("after the swap", True)]
)
def test_a_kill_leaves_database_and_history_with_the_same_runs(moment: str, is_there: bool, folder: Path, database: Path) -> None:
    done("add", folder / "lung.txt", "--database", database)
    killed(moment, "add", folder / "thigh.txt", "--database", database)
    if moment == "with the history written":
        assert store.path_of(database).with_name("casebook.history.db-journal").stat().st_size > 0
    lines = done("runs", "--database", database).splitlines()
    assert len(lines) == 2 + is_there
    assert_agrees(database)
    if is_there:
        assert "1 new" in lines[2]
        assert "command not known" in lines[2]
    done("add", folder, "--database", database)
    assert_agrees(database)
    assert outcomes(database) == [("1", "lung", "new"), ("2", "thigh", "new")]


@pytest.mark.parametrize("moment", ["before the swap", "with the history written", "after the swap"])
def test_a_kill_of_the_very_first_run(moment: str, folder: Path, database: Path) -> None:
    killed(moment, "add", folder, "--database", database)
    assert len(done("runs", "--database", database).splitlines()) == 1 + (moment == "after the swap")
    done("add", folder, "--database", database)
    assert_agrees(database)
    assert outcomes(database) == [("1", "lung", "new"), ("1", "thigh", "new")]


def test_a_run_that_failed_is_in_neither(folder: Path, database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done("add", folder / "lung.txt", "--database", database)

    def fail(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(load, "publish", fail)
        assert run("add", folder, "--database", database).exit_code == 1
    assert outcomes(database) == [("1", "lung", "new")]
    assert_agrees(database)


def test_a_lost_history_begins_with_what_the_database_holds(folder: Path, database: Path) -> None:
    done("build", "--database", database)
    done("add", folder, "--database", database)
    store.path_of(database).unlink()
    assert len(done("runs", "--database", database).splitlines()) == 3
    assert_agrees(database)
    assert outcomes(database) == [("1", "larynx", "new"), ("2", "lung", "new"), ("2", "thigh", "new")]
    done("undo", "2", "--database", database)
    assert_agrees(database)


def test_a_lost_database_begins_anew_under_new_numbers(folder: Path, database: Path) -> None:
    done("build", "--database", database)
    done("add", folder, "--database", database)
    database.unlink()
    assert "not in this database" not in done("diff", "1", "2", "--database", database)
    assert done("runs", "--database", database).count("not in this database") == 2
    done("build", "--database", database)
    assert outcomes(database)[3:] == [("3", "larynx", "same"), ("3", "lung", "removed"), ("3", "thigh", "removed")]
    assert "not in this database" not in done("runs", "--database", database)
    assert_agrees(database)
    # What was lost with the database comes back from its history: the run that took it out is undone.
    done("undo", "3", "--database", database)
    assert ask(database, "select report_id from report order by 1") == [("larynx",), ("lung",), ("thigh",)]
    assert_agrees(database)


def test_an_older_database_that_was_put_back_is_followed(folder: Path, database: Path, tmp_path: Path) -> None:
    done("add", folder, "--database", database)
    shutil.copy(database, tmp_path / "backup.db")
    (folder / "thigh.txt").write_text(THIGH.replace("61", "62"), encoding="utf-8")
    done("add", folder, "--database", database)
    shutil.copy(tmp_path / "backup.db", database)
    (folder / "thigh.txt").write_text(THIGH, encoding="utf-8")
    (folder / "larynx-2.txt").write_text(LARYNX, encoding="utf-8")
    done("add", folder, "--database", database)
    assert outcomes(database)[2:] == [("2", "thigh", "changed"), ("3", "larynx-2", "new"), ("3", "thigh", "changed")]
    assert_agrees(database)


def test_a_history_of_another_database_is_not_mixed_with_this_one(folder: Path, database: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.db"
    done("add", folder / "lung.txt", "--database", other)
    done("add", folder, "--database", database)
    shutil.copy(store.path_of(other), store.path_of(database))
    before = database.read_bytes()
    (folder / "thigh.txt").write_text(THIGH.replace("61", "62"), encoding="utf-8")
    for words in (["add", folder], ["runs"], ["diff"], ["undo", "1"]):
        line = refused(*words, "--database", database)
        assert line.startswith(f"{store.path_of(database)}: its run 000001 is another than the database's")
    assert database.read_bytes() == before


@pytest.mark.parametrize("content", [b"I am a note, and a long one at that." * 200, b""])
def test_a_file_in_its_place_that_is_no_history(content: bytes, folder: Path, database: Path) -> None:
    done("add", folder / "lung.txt", "--database", database)
    path = store.path_of(database)
    if content:
        path.write_bytes(content)
    else:
        path.unlink()
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("create table customer (name text)")
    before = path.read_bytes()
    for words in (["add", folder], ["runs"], ["undo", "1"]):
        assert refused(*words, "--database", database).startswith(f"{path}: ")
    assert path.read_bytes() == before


# --- diff ----------------------------------------------------------------------------------------


def test_diff_shows_what_a_change_of_the_pipeline_moved(folder: Path, database: Path, change: Callable[..., None]) -> None:
    done("add", folder, "--database", database)
    change("another", thigh=less_dose)
    done("add", folder, "--database", database)
    lines = done("diff", "--database", database).splitlines()
    assert lines[:3] == ["run 1 → run 2", "another pipeline; which of its files changed was not kept", "1 report differs"]
    del lines[1]
    counts = {line.split()[0]: line.split()[1:] for line in lines[2:6]}
    assert counts == {
        "field": ["changed", "added", "removed", "reworded"],
        "ihc": ["0", "0", "1", "0"],
        "radiotherapy": ["1", "0", "0", "0"],
        "all": ["1", "0", "1", "0"],
    }
    assert lines[6:] == [
        "",
        "thigh: read otherwise",
        '  - thigh/1  ihc 2: ALK, positive  "ALK were positive"',
        "  ~ thigh/1  radiotherapy 1: 50 Gy, 25 fractions, 2 Gy a fraction → 50.4 Gy, 28 fractions, 1.8 Gy a fraction"
        '  "50 Gy in 25 fractions"',
    ]
    assert done("diff", "1", "--database", database).startswith("nothing → run 1\n2 reports differ\n")
    assert "50.4 Gy, 28 fractions, 1.8 Gy a fraction → 50 Gy" in done("diff", "2", "1", "--database", database)


def test_diff_as_json_holds_values_and_words_and_can_be_narrowed(folder: Path, database: Path) -> None:
    done("add", folder, "--database", database)
    (folder / "thigh.txt").write_text(THIGH.replace("61", "62").replace("50 Gy in 25", "50.4 Gy in 28"), encoding="utf-8")
    done("add", folder, "--database", database)
    told = json.loads(done("diff", "1", "2", "--json", "--database", database))
    assert [report["changed"] for report in told["reports"]] == [["text"]]
    (age,) = [value for value in told["values"] if value["field"] == "age_years"]
    assert age == {
        "case_id": "thigh/1",
        "field": "age_years",
        "kind": "changed",
        "before": {"number": 1, "value": 61.0, "quotes": ["61-year-old"]},
        "after": {"number": 1, "value": 62.0, "quotes": ["62-year-old"]},
    }

    def fields(*words: str) -> set[str]:
        return {value["field"] for value in json.loads(done("diff", *words, "--json", "--database", database))["values"]}

    assert fields("--field", "age_years") == {"age_years"}
    assert fields("--field", "age_years", "--field", "radiotherapy") == {"age_years", "radiotherapy"}
    assert fields("--case", "thigh") == fields("--case", "thigh/1") == fields()
    assert fields("--case", "lung") == fields("--case", "thigh/2") == set()
    wrong = run("diff", "--field", "mood", "--database", database)
    assert (wrong.exit_code, "no field mood" in wrong.stderr) == (2, True)
    assert refused("diff", "7", "--database", database) == "7: no run of this number; `casebook runs` lists them"


def test_diff_tells_of_new_gone_and_linked_reports_and_of_cases(folder: Path, database: Path) -> None:
    done("add", folder / "lung.txt", "--database", database)
    (folder / "paper.txt").write_text(LUNG + " Her sister, who lives in the same house, was examined as well.", encoding="utf-8")
    done("add", folder, "--database", database)
    lines = done("diff", "--database", database).splitlines()
    assert "lung: linked to paper, which tells the same, without case 1" in lines
    assert "paper: added, with case 1" in lines
    assert not [line for line in lines if line.startswith("  +")], "values of a new case are counted only"
    assert [line for line in done("diff", "--all", "--database", database).splitlines() if line.startswith("  + paper/1  sex: female")]


def test_entries_of_a_list_are_followed_by_name() -> None:
    def told(*ihc: dict[str, Any]) -> dict[str, Any]:
        quotes = [{"field": "ihc", "case": "1", "quote": f"{x['marker']} {x['result']}"} for x in ihc]
        return {"cases": [{"label": "1", "ihc": [x | {"evidence": [n]} for n, x in enumerate(ihc)]}], "evidence": quotes}

    first = told({"marker": "ALK", "result": "positive"}, {"marker": "SMA", "result": "positive"}, {"marker": "CD34", "result": "negative"})
    second = told(
        {"marker": "CD34", "result": "negative"}, {"marker": "ALK", "result": "negative"}, {"marker": "EMA", "result": "positive"}
    )
    found = {telling.line(change) for change in diff._changes("r", first, second)}
    assert found == {
        '~ r/1  ihc 2 (ALK): positive → negative  "ALK positive" → "ALK negative"',
        '- r/1  ihc 2: SMA, positive  "SMA positive"',
        '+ r/1  ihc 3: EMA, positive  "EMA positive"',
    }


class Tags(HTMLParser):
    """Collects the tags of a page, their attributes, and the text between them."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_of_a_diff_is_one_escaped_file_without_script() -> None:
    evil = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'&</style>"
    fact = diff.Fact(1, {"marker": evil, "result": evil}, (evil, evil))
    changes = (
        diff.Change(evil, f"{evil}/1", "ihc", fact, diff.Fact(1, {"marker": evil, "result": "negative"}, (evil,))),
        diff.Change(evil, f"{evil}/1", "sex", None, diff.Fact(1, evil, (evil,))),
        diff.Change(evil, f"{evil}/2", "site", fact, fact),
    )
    word = SaidChange(f"{evil}/1", "ihc", "set", None, {"marker": evil}, evil, evil, "applied", "conflict", evil)
    report = diff.ReportChange(evil, "stored", "linked", (evil,), (f"{evil}/2",), (f"{evil}/1",), evil, (word,))
    about = store.Run("000002", evil, evil, evil, 1.0, evil, evil, evil, 0, 0, 0, 0, 0, 0, 0)
    about = replace(about, words="casebook add /home/somebody")
    html = page.page(diff.Difference("000001", "000002", (report,), changes), (about,))
    tags = Tags()
    tags.feed(html)
    assert {tag for tag, _ in tags.tags} <= {
        "html", "head", "meta", "title", "style", "body", "main", "h1", "h2", "h3", "p", "table", "thead", "tbody", "tr", "th", "td",
        "section", "details", "summary", "article", "span", "small", "div", "b", "q", "ul", "li",
    }  # fmt: skip
    assert {name for _, attributes in tags.tags for name in attributes} <= {"lang", "charset", "name", "content", "http-equiv", "class"}
    assert html.count("</style>") == 1
    assert "somebody" not in html, "a page is passed on; the folders of its maker are not"
    assert "url(" not in html
    assert evil in tags.text
    assert "default-src 'none'" in html
    assert "prefers-color-scheme: dark" in html
    assert 'name="viewport"' in html


def test_the_page_is_written_to_a_file(folder: Path, database: Path, tmp_path: Path) -> None:
    done("add", folder, "--database", database)
    (folder / "thigh.txt").write_text(THIGH.replace("61", "62"), encoding="utf-8")
    done("add", folder, "--database", database)
    file = tmp_path / "moved.html"
    assert done("diff", "1", "2", "--html", file, "--database", database).strip().endswith("moved.html: run 1 → run 2, 1 report differs")
    tags = Tags()
    tags.feed(file.read_text(encoding="utf-8"))
    for words in ("run 1 → run 2", "61 years", "62 years", "61-year-old", "62-year-old", "thigh/1"):
        assert words in tags.text


# --- undo ----------------------------------------------------------------------------------------


def test_undo_takes_out_what_a_run_brought_and_puts_back_what_it_changed(folder: Path, database: Path) -> None:
    done("add", folder / "thigh.txt", "--database", database)
    before = dump(database)
    (folder / "thigh.txt").write_text(THIGH.replace("61", "62"), encoding="utf-8")
    done("add", folder, "--database", database)
    after = dump(database)
    said = done("undo", "2", "--database", database)
    assert said.strip().endswith("casebook.db: run 2 undone by run 3: 1 report put back, 1 taken out")
    assert dump(database) == before
    assert_agrees(database)
    assert "run 2: nothing to undo; every report is as it was before" in refused("undo", "2", "--database", database)
    assert "undo run 2" in done("runs", "--database", database)
    done("undo", "000003", "--database", database)
    assert dump(database) == after
    assert_agrees(database)
    assert ask(database, "select reason from run order by run_id")[2:] == [("undo 000002",), ("undo 000003",)]


def test_undo_puts_back_what_an_older_pipeline_read(folder: Path, database: Path, change: Callable[..., None]) -> None:
    done("add", folder, "--database", database)
    before = [line for line in dump(database) if "'thigh" in line]
    change("another", thigh=less_dose)
    done("add", folder, "--database", database)
    assert [line for line in dump(database) if "'thigh" in line] != before
    done("undo", "2", "--database", database)
    assert [line for line in dump(database) if "'thigh" in line] == before
    assert "1 changed" in done("build", "--database", database), "another pipeline's reading is not today's"
    assert_agrees(database)


def test_what_was_undone_can_be_added_again(folder: Path, database: Path) -> None:
    done("add", folder / "thigh.txt", "--database", database)
    (folder / "thigh.txt").write_text(THIGH.replace("61", "62"), encoding="utf-8")
    done("add", folder, "--database", database)
    after = dump(database)
    done("undo", "2", "--database", database)
    assert "1 new, 1 changed" in done("add", folder, "--database", database)
    assert dump(database) == after


def test_undo_is_refused_where_a_later_run_changed_the_same_reports(folder: Path, database: Path) -> None:
    done("add", folder, "--database", database)
    (folder / "thigh.txt").write_text(THIGH.replace("61", "62"), encoding="utf-8")
    done("add", folder, "--database", database)
    before = database.read_bytes()
    line = refused("undo", "1", "--database", database)
    assert line == "run 1: later runs changed the same reports: thigh (run 2); undo those first, or --force puts back what was before"
    assert database.read_bytes() == before
    done("build", "--database", database)
    assert "2 taken out" in done("undo", "1", "--force", "--database", database)
    assert ask(database, "select report_id from report") == [("larynx",)], "another run's report stays"
    assert_agrees(database)
    for more in ((), ("--force",)):
        assert "run 1: nothing to undo" in refused("undo", "1", *more, "--database", database)


def test_undo_of_a_run_that_does_not_exist(folder: Path, database: Path) -> None:
    assert "not there yet" in refused("undo", "1", "--database", database)
    done("add", folder, "--database", database)
    for name in ("2", "x", "-0", "0", "²", "9999999"):
        assert refused("undo", "--database", database, "--", name).startswith(f"{name}: no run")


def test_undo_brings_links_and_what_gave_way_back(folder: Path, database: Path) -> None:
    (folder / "short.txt").write_text(LUNG.replace("coughed blood", "spat blood"), encoding="utf-8")
    done("add", folder, "--database", database)
    before = dump(database)
    (folder / "paper.txt").write_text(LUNG + " Her sister, who lives in the same house, was examined as well.", encoding="utf-8")
    done("add", folder / "paper.txt", "--database", database)
    assert dict(ask(database, "select duplicate_id, report_id from report_duplicate")) == {"lung": "paper", "short": "paper"}
    after = dump(database)
    done("undo", "2", "--database", database)
    assert dump(database) == before
    assert_agrees(database)
    done("undo", "3", "--database", database)
    assert dump(database) == after
    assert_agrees(database)


def test_undo_does_not_take_along_what_was_linked_later(folder: Path, database: Path) -> None:
    done("add", folder / "thigh.txt", "--database", database)
    done("add", folder / "lung.txt", "--database", database)
    (folder / "second.txt").write_text(LUNG, encoding="utf-8")
    done("add", folder, "--database", database)
    before = database.read_bytes()
    for words in (["undo", "2"], ["undo", "2", "--force"]):
        line = refused(*words, "--database", database)
        assert line == "run 2: cannot be undone alone, later ones hang on it: second (run 3); undo those first"
    assert database.read_bytes() == before
    assert_agrees(database)
    done("undo", "3", "--database", database)
    done("undo", "2", "--database", database)
    assert ask(database, "select report_id from report") == [("thigh",)]
    assert_agrees(database)


def test_after_an_undo_the_projects_own_report_is_the_projects_again(project: Path, tmp_path: Path, database: Path) -> None:
    done("build", "--database", database)
    mine = tmp_path / "larynx.txt"
    mine.write_text(THIGH, encoding="utf-8")
    run("add", mine, "--database", database)
    done("undo", "2", "--database", database)
    (project / "larynx.txt").write_text(LARYNX.replace("58", "59"), encoding="utf-8")
    assert "1 changed" in done("build", "--database", database)
    assert_agrees(database)


def test_undo_takes_what_curators_said_along(folder: Path, database: Path) -> None:
    done("add", folder, "--database", database)
    before = dump(database)
    said = Ruling(
        "thigh/1", "sex", "confirm", "applied", None, 1, None, '"male"', '"male"', None, "A. Doe", "2026-01-01T00:00:00+00:00", None
    )
    with draft.replacement(database, draft.identity(database), starts_empty=False) as copy:
        report, record = stored_report(copy, "thigh"), records.stored_record(copy, "thigh")
        assert report
        assert record
        load.start_run(copy, "000002", "add")
        load.store(copy, report, record, "000002", ruled=Ruled((said,), "0" * 64))
    after = dump(database)
    assert [line for line in after if line.startswith("correction")]
    assert done("diff", "--database", database).splitlines() == [
        "run 1 → run 2",
        "1 report differs",
        "",
        "thigh: other corrections",
        "  ! thigh/1  sex: confirmed by A. Doe on 2026-01-01",
    ]
    done("undo", "2", "--database", database)
    assert dump(database) == before
    done("undo", "3", "--database", database)
    assert dump(database) == after
    assert_agrees(database)


# --- dose tables ---------------------------------------------------------------------------------

SERIES = "Patient,Age (years),Sex,Dose (Gy),Fractions\n1,54,M,50,25\n2,61,F,60,30\n"
REVIEW = "Author and year,Patients (n),Age (years),Dose (Gy),Fractions\nAlpha 2001,1,40,50,25\nBeta 2004,2,51-60,45,25\n"


@pytest.fixture
def review(tmp_path: Path) -> Path:
    table = tmp_path / "review.csv"
    table.write_text(REVIEW, encoding="utf-8")
    return table


def tables_of(database: Path) -> list[tuple[str, str, str]]:
    """What the history says that each run made of each dose table."""
    sql = "select run_id, dose_table_id, outcome from dose_table_version order by run_id, dose_table_id"
    return [(str(int(run_id)), name, outcome) for run_id, name, outcome in ask(store.path_of(database), sql)]


def doses_of(database: Path) -> list[tuple[Any, ...]]:
    return ask(database, "select dose_id, total_dose_gy from radiotherapy_dose order by 1")


def test_tables_of_doses_are_part_of_runs(folder: Path, review: Path, database: Path) -> None:
    done("add", folder / "lung.txt", "--database", database)
    before = dump(database)
    done("tables", "add", "--yes", review, "--database", database)
    first = dump(database)
    assert ask(database, "select run_id, dose_table_id, outcome from run_dose_table") == [("000002", "review", "new")]
    review.write_text(REVIEW.replace("50,25", "54,27") + "Gamma 2010,1,33,60,30\n", encoding="utf-8")
    done("tables", "add", "--yes", review, "--database", database)
    second = dump(database)
    assert tables_of(database) == [("2", "review", "new"), ("3", "review", "changed")]
    lines = done("runs", "--database", database).splitlines()
    assert ["1 dose table;" in line for line in lines[1:]] == [False, True, True]

    assert "later runs changed the same reports: review (run 3)" in refused("undo", "2", "--database", database)
    said = done("undo", "3", "--database", database)
    assert said.strip().endswith("run 3 undone by run 4: 0 reports put back, 0 taken out; 1 dose table put back, 0 taken out")
    assert dump(database) == first
    done("undo", "4", "--database", database)
    assert dump(database) == second
    done("undo", "5", "--database", database)
    assert "1 taken out" in done("undo", "2", "--force", "--database", database)
    assert dump(database) == before
    assert doses_of(database) == []
    assert_agrees(database)
    assert "1 table of doses stored" in done("tables", "add", "--yes", review, "--database", database)
    assert dump(database) == second


def test_diff_tells_which_tables_moved(folder: Path, review: Path, database: Path) -> None:
    done("tables", "add", "--yes", review, "--database", database)
    review.write_text(REVIEW.replace("40,50,25", "40,54,27") + "Gamma 2010,1,33,60,30\n", encoding="utf-8")
    done("tables", "add", "--yes", review, "--database", database)
    lines = done("diff", "--database", database).splitlines()
    assert lines[:4] == [
        "run 1 → run 2",
        "1 dose table differs",
        "",
        "dose table review: 2 rows and 2 doses → 3 rows and 3 doses, 7 cells read otherwise",
    ]
    assert '  ~ row 1, Dose (Gy): 50 Gy in 25 fractions → 54 Gy in 27 fractions  "54"' in lines
    assert "added, 2 rows and 2 doses" in done("diff", "1", "--database", database)
    assert "removed, had 3 rows and 3 doses" in done("diff", "2", "0", "--database", database)
    (told,) = json.loads(done("diff", "--json", "--database", database))["dose_tables"]
    assert (told["before"], told["after"]) == ({"rows": 2, "doses": 2}, {"rows": 3, "doses": 3})
    sides = {"before": "50 Gy in 25 fractions", "after": "54 Gy in 27 fractions"}
    assert {"row": 1, "heading": "Dose (Gy)", "printed": "54", **sides} in told["cells"]
    file = folder / "moved.html"
    done("diff", "--html", file, "--database", database)
    tags = Tags()
    tags.feed(file.read_text(encoding="utf-8"))
    assert "Dose table review" in tags.text
    assert "row 1, Dose (Gy): 50 Gy in 25 fractions → 54 Gy in 27 fractions" in tags.text
    # Fields and cases are asked for: a table is neither.
    assert "dose table" not in done("diff", "--field", "sex", "--database", database)


def test_a_table_of_own_patients_goes_and_comes_back_with_its_cases(database: Path, tmp_path: Path) -> None:
    table = tmp_path / "series.csv"
    table.write_text(SERIES, encoding="utf-8")
    done("build", "--database", database)
    before = dump(database)
    done("tables", "add", "--yes", table, "--database", database)
    assert ask(database, "select is_own from dose_table") == [(1,)]
    after, doses = dump(database), doses_of(database)
    done("undo", "2", "--database", database)
    assert dump(database) == before
    done("undo", "3", "--database", database)
    assert (dump(database), doses_of(database)) == (after, doses)
    assert "is up to date" in done("build", "--database", database), "the cases still belong to the table"
    assert_agrees(database)
    # Its rows become those of the literature, and are the authors' own again: each patient counts once.
    done("tables", "add", "--yes", "--patients", "literature", table, "--database", database)
    assert ask(database, "select report_id from report") == [("larynx",)]
    done("undo", "5", "--database", database)
    assert (dump(database), doses_of(database)) == (after, doses)
    assert_agrees(database)


def test_a_table_that_another_pipeline_reads_alike_is_no_change(review: Path, database: Path, change: Callable[..., None]) -> None:
    done("tables", "add", "--yes", review, "--database", database)
    change("another")
    done("build", "--database", database)
    assert tables_of(database) == [("1", "review", "new"), ("3", "review", "same")]
    assert "no report differs" in done("diff", "--database", database)
    assert "is up to date" in done("build", "--database", database)


def test_tables_and_history_survive_a_database_that_is_made_anew(review: Path, database: Path) -> None:
    done("build", "--database", database)
    done("tables", "add", "--yes", review, "--database", database)
    before = dump(database)
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("pragma user_version = 7")
        connection.commit()
    done("build", "--database", database)
    assert dump(database) == before
    assert {outcome for run_id, _, outcome in tables_of(database) if int(run_id) > 2} == {"same"}
    assert_agrees(database)


# --- a history of an older Casebook --------------------------------------------------------------


def older(database: Path) -> None:
    """Make the history of a database one of version 1, as the Casebook that began it wrote it."""
    path = store.path_of(database)
    with closing(sqlite3.connect(path)) as now:
        rows = {name: now.execute(f"select * from {name}").fetchall() for name in ("run", "content", "version")}
    kept = {key for row in rows["version"] for key in row[4:6]}
    rows["content"] = [row for row in rows["content"] if row[0] in kept]
    path.unlink()
    script = (Path(store.__file__).parent / "tables_1.sql").read_text(encoding="utf-8")
    with closing(sqlite3.connect(path)) as past:
        past.executescript(script + "pragma user_version = 1;")
        for name, found in rows.items():
            past.executemany(f"insert into {name} values ({', '.join('?' * len(found[0]))})", found)
        past.commit()


def test_the_tables_of_version_1_stay_what_they_were() -> None:
    script = (Path(store.__file__).parent / "tables_1.sql").read_bytes()
    assert hashlib.sha256(script).hexdigest() == "6da9a1abc17dae3b13e6a099fbd07c0b830d546e47fb0c603ee5d9235af1511d", (
        "files in use were made with it: what is new belongs into another script"
    )


def test_a_history_of_version_1_is_brought_over(folder: Path, review: Path, database: Path) -> None:
    done("add", folder / "lung.txt", "--database", database)
    done("tables", "add", "--yes", review, "--database", database)
    older(database)
    told = [json.loads(line) for line in done("runs", "--json", "--database", database).splitlines()]
    assert [(run["run_id"], run["new"]) for run in told] == [("000001", 1), ("000002", 0)]
    assert ask(store.path_of(database), "pragma user_version") == [(2,)]
    # The table was there before tables were kept: the next run did not bring it, and its undoing leaves it.
    done("add", folder / "thigh.txt", "--database", database)
    assert tables_of(database) == [("1", "review", "new")]
    assert "0 reports put back, 1 taken out" in done("undo", "3", "--database", database)
    assert ask(database, "select dose_table_id from dose_table") == [("review",)]
    assert_agrees(database)


def test_a_history_of_version_1_beside_a_database_of_older_tables(folder: Path, review: Path, tmp_path: Path, database: Path) -> None:
    table = tmp_path / "series.csv"
    table.write_text(SERIES, encoding="utf-8")
    done("add", folder / "lung.txt", "--database", database)
    done("tables", "add", "--yes", review, table, "--database", database)
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("drop table run_dose_table")
        connection.execute("pragma user_version = 7")
        connection.commit()
    older(database)
    done("build", "--database", database)
    assert [x for x in tables_of(database) if x[2] != "same"] == [("1", "review", "new"), ("2", "series", "new")]
    assert_agrees(database)


def test_a_history_of_a_later_casebook_is_left_alone(folder: Path, database: Path) -> None:
    done("add", folder / "lung.txt", "--database", database)
    with closing(sqlite3.connect(store.path_of(database))) as past:
        past.execute("pragma user_version = 99")
    before = store.path_of(database).read_bytes()
    for words in (["add", folder], ["runs"], ["undo", "1"]):
        line = refused(*words, "--database", database)
        assert line == f"{store.path_of(database)}: a later Casebook's (its tables have version 99, wanted 2 at most); use that one"
    assert store.path_of(database).read_bytes() == before


# --- what a change of a vocabulary moved ---------------------------------------------------------


def test_diff_names_the_files_that_made_the_pipeline_another(folder: Path, database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done("build", "--database", database)
    known = dict(version.files())
    assert {"extract/lexicons/drug.csv", "extract/pipeline.py", "corpus/sections.py", "db/flags.py", "spacy"} <= known.keys()
    monkeypatch.setattr(version, "files", lambda: tuple((known | {"extract/lexicons/drug.csv": "0" * 64, "extract/new.py": "1"}).items()))
    monkeypatch.setattr(version, "fingerprint", lambda: "another")
    monkeypatch.setattr(casebook, "_fingerprint", lambda: "another")
    done("add", folder, "--database", database)
    assert done("diff", "--database", database).splitlines()[1] == "another pipeline: extract/lexicons/drug.csv, extract/new.py changed"
    assert json.loads(done("diff", "--json", "--database", database))["files"] == ["extract/lexicons/drug.csv", "extract/new.py"]
    assert "another pipeline" not in done("diff", "1", "--database", database)
    assert done("diff", "2", "2", "--database", database).splitlines() == ["run 2 → run 2", "no report differs"]


def test_a_fact_that_only_got_another_name_has_changed() -> None:
    def told(*drugs: tuple[str, str, str]) -> dict[str, Any]:
        quotes = [{"field": "drugs", "case": "1", "quote": quote} for _, _, quote in drugs]
        found = [{"name": name, "schedule": schedule, "evidence": [n]} for n, (name, schedule, _) in enumerate(drugs)]
        return {"cases": [{"label": "1", "drugs": found}], "evidence": quotes}

    first = told(("cisplatin", "weekly", "CDDP"), ("etoposide", "daily", "VP-16"))
    second = told(("cis-platinum", "weekly", "CDDP"), ("vepesid", "monthly", "VP-16"))
    found = {telling.line(change) for change in diff._changes("r", first, second)}
    assert found == {
        '~ r/1  drugs 1: cisplatin → cis-platinum  "CDDP"',
        '- r/1  drugs 2: etoposide, daily  "VP-16"',
        '+ r/1  drugs 2: vepesid, monthly  "VP-16"',
    }


def test_what_moved_most_often_is_counted() -> None:
    def change(report: str, before: Any, after: Any, field: str = "drugs") -> diff.Change:
        facts = (diff.Fact(1, value, ()) if value else None for value in (before, after))
        return diff.Change(report, f"{report}/1", field, *facts)

    old, new = {"name": "A", "schedule": "daily"}, {"name": "B", "schedule": "daily"}
    changes = [change(name, old, new) for name in "rst"] + [change(name, {"name": "C", "schedule": name}, None) for name in "rs"]
    changes += [change("r", "male", "female", "sex"), change("new", None, old), change("u", None, old)]
    report = diff.ReportChange("new", "out", "stored", (), ("new/1",), (), None)
    found = diff.Difference("000001", "000002", (report,), tuple(changes))
    assert telling.most_often(found) == [("drugs: A → B", 3), ("drugs: C, gone", 2)]


# --- removing ------------------------------------------------------------------------------------


def test_a_report_is_taken_out_by_name_and_comes_back(folder: Path, database: Path) -> None:
    done("build", "--database", database)
    done("add", folder, "--database", database)
    before = dump(database)
    said = done("remove", "thigh", "lung", "--database", database)
    assert said.strip().endswith("casebook.db: 2 reports taken out; `casebook undo 3` puts back")
    assert ask(database, "select report_id from report") == [("larynx",)]
    assert ask(database, "select file_name from source_file") == [], "the published database names no file of theirs"
    assert outcomes(database)[3:] == [("3", "lung", "removed"), ("3", "thigh", "removed")]
    assert ask(database, "select reports_removed from run where run_id = '000003'") == [(2,)]
    assert "is up to date" in done("build", "--database", database), "a build brings back none that was added"
    done("undo", "3", "--database", database)
    assert dump(database) == before
    done("remove", "thigh", "--database", database)
    assert "1 new" in done("add", folder, "--database", database)
    assert dump(database) == before
    assert_agrees(database)


def test_removing_says_what_is_not_there_and_takes_nothing(folder: Path, database: Path) -> None:
    assert "not there yet" in refused("remove", "lung", "--database", database)
    done("add", folder, "--database", database)
    before = database.read_bytes()
    for words, line in (
        (["lung", "thig"], "thig: no report of this name, the nearest is thigh; nothing was taken out"),
        (["lung", "Q"], "Q: no report of this name; nothing was taken out"),
    ):
        assert refused("remove", *words, "--database", database) == line
    assert "no dose table of this name; `casebook tables list` names them" in refused("tables", "remove", "lung", "--database", database)
    assert database.read_bytes() == before


def test_a_report_on_which_links_hang_goes_only_with_them(folder: Path, database: Path) -> None:
    (folder / "paper.txt").write_text(LUNG + " Her sister, who lives in the same house, was examined as well.", encoding="utf-8")
    done("add", folder, "--database", database)
    before = dump(database)
    assert (
        refused("remove", "paper", "--database", database)
        == "paper: lung is linked to it, telling the same; name that, too, and add again what is to stay"
    )
    done("remove", "lung", "--database", database)
    assert ask(database, "select * from report_duplicate") == []
    done("undo", "2", "--database", database)
    done("remove", "paper", "lung", "--database", database)
    assert ask(database, "select report_id from report") == [("thigh",)]
    done("undo", "4", "--database", database)
    assert dump(database) == before
    assert_agrees(database)


def test_a_report_of_the_project_comes_again_with_the_next_build(project: Path, database: Path, tmp_path: Path) -> None:
    done("build", "--database", database)
    said = done("remove", "larynx", "--database", database).splitlines()
    assert said[1] == "larynx: comes with the project, the next `casebook build` brings it again"
    assert "1 new" in done("build", "--database", database)
    # One that was added in its place, taken out and put back is still the one that was added.
    mine = tmp_path / "larynx.txt"
    mine.write_text(THIGH, encoding="utf-8")
    run("add", mine, "--database", database)
    done("remove", "larynx", "--database", database)
    done("undo", "5", "--database", database)
    (project / "larynx.txt").write_text(LARYNX.replace("58", "59"), encoding="utf-8")
    assert "is up to date" in done("build", "--database", database)
    assert ask(database, "select age_years from patient_case") == [(61.0,)]


def test_a_table_is_taken_out_by_name(review: Path, database: Path, tmp_path: Path) -> None:
    table = tmp_path / "series.csv"
    table.write_text(SERIES, encoding="utf-8")
    done("tables", "add", "--yes", review, table, "--database", database)
    before = dump(database)
    said = done("tables", "remove", "review", "series", "--database", database)
    assert said.strip().endswith("2 dose tables taken out; `casebook undo 2` puts back")
    assert [ask(database, f"select * from {name}") for name in ("dose_table", "report", "radiotherapy_dose")] == [[], [], []]
    done("undo", "2", "--database", database)
    assert dump(database) == before
    # Its cases are a report, too, and take the table with them.
    done("remove", "series", "--database", database)
    assert ask(database, "select dose_table_id from dose_table") == [("review",)]
    done("undo", "4", "--database", database)
    assert dump(database) == before
    assert_agrees(database)


# --- files that cannot be used -------------------------------------------------------------------


def test_a_broken_file_is_read_once_and_told_of_each_time(
    folder: Path, database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done("add", folder, "--database", database)
    (folder / "broken.pdf").write_bytes(b"%PDF-1.4 and nothing more")
    (folder / "shopping.txt").write_text("Eggs, flour and a lemon.", encoding="utf-8")
    first = run("add", folder, "--database", database)
    assert first.exit_code == 1
    assert first.stderr.count("\n") == 2
    # A run that stored nothing but why: the ledger has the reasons.
    assert ask(database, "select run_id, report_name, outcome from run_report where run_id > '000001'") == [
        ("000002", "reports/broken.pdf", "failed"),
        ("000002", "reports/shopping.txt", "failed"),
    ]
    assert "2 unchanged, 2 failed; pipeline" in done("runs", "--database", database).splitlines()[2]
    assert_agrees(database)
    before = database.read_bytes(), store.path_of(database).read_bytes()
    names: list[str] = []
    usual = files.read

    def read(source: files.Source, data: bytes) -> Iterator[Any]:
        names.append(Path(source.name).name)
        return usual(source, data)

    monkeypatch.setattr(files, "read", read)
    again = run("add", folder, "--database", database)
    assert (again.exit_code, again.stdout, again.stderr) == (first.exit_code, first.stdout, first.stderr)
    assert names == []
    assert (database.read_bytes(), store.path_of(database).read_bytes()) == before
    # The same under another path: what is said names the file as it was named now.
    moved = tmp_path / "elsewhere"
    shutil.copytree(folder, moved)
    other = run("add", moved, "--database", database)
    assert (other.exit_code, other.stderr) == (1, first.stderr.replace(str(folder), str(moved)))
    assert names == []
    (folder / "broken.pdf").write_bytes(b"%PDF-1.4 and a little more")
    run("add", folder, "--database", database)
    assert names == ["broken.pdf"]


def test_a_file_over_which_a_reader_met_its_limit_is_read_again(folder: Path, database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = folder / "slow.txt"
    slow.write_text("Anything.", encoding="utf-8")
    names: list[str] = []
    usual = files.read

    def read(source: files.Source, data: bytes) -> Iterator[Any]:
        names.append(Path(source.name).name)
        if source.id == "slow":
            return iter([Problem(source.name, f"{source.name}: took longer than 60 s", is_final=False)])
        return usual(source, data)

    monkeypatch.setattr(files, "read", read)
    lines = [run("add", folder, "--database", database).stderr for _ in range(3)]
    assert lines == [f"casebook: {slow}: took longer than 60 s\n"] * 3
    assert sorted(names) == ["lung.txt", "slow.txt", "slow.txt", "slow.txt", "thigh.txt"]


# --- the pages of runs ---------------------------------------------------------------------------


def pages(database: Path, *paths: str) -> list[tuple[int, str]]:
    """Status and HTML of pages of the site."""
    import asyncio

    from db.serve import make_datasette

    async def get() -> list[tuple[int, str]]:
        client = make_datasette(database).client
        return [(response.status_code, response.text) for response in [await client.get(path) for path in paths]]

    return asyncio.run(get())


def words_of(html: str) -> str:
    tags = Tags()
    tags.feed(html)
    return " ".join(tags.text.split())


def test_the_site_lists_the_runs_and_shows_what_each_moved(folder: Path, review: Path, database: Path, change: Callable[..., None]) -> None:
    done("add", folder, "--database", database)
    change("another", thigh=less_dose)
    (folder / "broken.pdf").write_bytes(b"%PDF-1.4 and nothing more")
    (folder / "second.txt").write_text(LUNG, encoding="utf-8")
    assert run("add", folder, "--database", database).exit_code == 1
    done("tables", "add", "--yes", review, "--database", database)
    (_, listed), (_, second), (_, third), (status, _), (home, footer) = pages(
        database, "/-/runs", "/-/runs/2", "/-/runs/3", "/-/runs/4", "/"
    )
    assert [words_of(listed).index(what) for what in ("run 3", "run 2", "run 1")] == sorted(
        words_of(listed).index(what) for what in ("run 3", "run 2", "run 1")
    ), "the newest first"
    assert "1 changed, 1 read again as before, 1 linked, 1 failed" in words_of(listed)
    assert ("/-/runs/2" in listed, status, home, 'href="/-/runs"' in footer) == (True, 404, 200, True)
    told = words_of(second)
    for part in (
        "broken.pdf", "second to lung", "run 1 → run 2", "1 changed", "50.4 Gy, 28 fractions", "thigh/1", "“50 Gy in 25 fractions”",
    ):  # fmt: skip
        assert part.strip("“”") in told
    assert '<a href="/casebook/patient_case/thigh~2F1">thigh/1</a>' in second
    assert "added, 2 rows and 2 doses" in words_of(third)
    assert str(folder) not in listed + second + third, "the folders of the curator are nobody's business"


def test_what_failed_alike_is_said_once_with_all_names(folder: Path, database: Path) -> None:
    for number in range(3):
        (folder / f"blank-{number}.txt").write_text(f"Note {number}: nobody was seen today.", encoding="utf-8")
    (folder / "broken.pdf").write_bytes(b"%PDF-1.4 and nothing more")
    run("add", folder, "--database", database)
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("update run set reports_new = 3291")
        many = "with recursive n(i) as (select 1 union all select i + 1 from n where i < 250)"
        connection.execute(f"insert into run_report {many} select '000001', 'lost-' || i, 'linked', 'lost-' || i || ': as ever' from n")
        connection.commit()
    store.path_of(database).unlink()
    (_, html), (_, listed) = pages(database, "/-/runs/1", "/-/runs")
    failed = words_of(html).partition(" Failed ")[2].partition(" Linked to ")[0]
    message = "no patient found; wanted a case report"
    assert failed.count(message) == 1
    assert re.search(rf"3: {message}.*?guideline\) reports/blank-0.txt, reports/blank-1.txt, reports/blank-2.txt", failed)
    assert failed.count("blank-0.txt") == failed.count("broken.pdf") == 1, "no name is said twice"
    assert "All of them" not in failed
    assert "200: as ever" in words_of(html)
    assert "These are the first 200. All of them" in words_of(html)
    assert 'run_report?run_id=000001&amp;outcome=linked"' in html
    assert "3,291 new" in words_of(html)
    assert "3,291 new" in words_of(listed)


def test_without_its_history_the_site_shows_the_ledger(folder: Path, review: Path, database: Path) -> None:
    done("add", folder, "--database", database)
    (folder / "broken.pdf").write_bytes(b"%PDF-1.4 and nothing more")
    run("add", folder, "--database", database)
    done("tables", "add", "--yes", review, "--database", database)
    path = store.path_of(database)
    content_of = path.read_bytes()
    path.unlink()
    (_, listed), (_, second), (_, third) = pages(database, "/-/runs", "/-/runs/2", "/-/runs/3")
    for part in ("2 new", "2 unchanged, 1 failed", "1 dose table", "the history that the curator keeps"):
        assert part in words_of(listed)
    assert "broken.pdf" in words_of(second)
    assert "the history that the curator keeps" in words_of(second)
    assert "review new" in words_of(third)
    assert not path.exists(), "a site writes nothing"
    for wrong in (b"I am a note." * 500, content_of[:60] + b"\0\0\0\1" + content_of[64:]):
        path.write_bytes(wrong)
        for status, html in pages(database, "/-/runs", "/-/runs/2"):
            assert (status, "cannot be read here" in words_of(html)) == (200, True)
        assert path.read_bytes() == wrong, "neither does it bring an older history over"


def test_what_a_run_moved_is_shown_a_hundred_reports_at_a_time(folder: Path, database: Path) -> None:
    done("add", folder, "--database", database)
    with closing(sqlite3.connect(store.path_of(database))) as past:
        past.execute("pragma foreign_keys = off")
        columns = "run_id, outcome, state, facts, report, pipeline_version, pipeline_fingerprint"
        many = "with recursive n(i) as (select 1 union all select i + 1 from n where i < 148)"
        past.execute(
            f"insert into version (report_id, {columns}) {many} select 'x' || i, {columns} from version, n where report_id = 'lung'"
        )
        past.commit()
    (_, first), (_, second), (status, _), (third, _), (fourth, _) = pages(
        database, "/-/runs/1", "/-/runs/1?page=2", "/-/runs/1?page=0", "/-/runs/1?page=²", "/-/runs/1?page=99999999999999999999"
    )
    assert [html.count("<section><h2>") for html in (first, second)] == [100, 50]
    assert "Reports 1 to 100 of 150 that differ" in words_of(first)
    assert 'href="/-/runs/1?page=2"' in first
    assert "Reports 101 to 150 of 150" in words_of(second)
    assert "?page=" not in second
    assert (status, third, fourth) == (404, 404, 404)
