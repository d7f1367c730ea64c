"""The command line: what each command says, where it says it, and that nothing stored is ever lost."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
import zipfile
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import casebook
import casebook_options
from corpus import files
from corpus.report import Report
from corpus.worker import LimitError, Worker
from db import load
from db.draft import has_todays_tables
from db.schema import DatabaseError
from extract import pipeline as extraction
from extract.record import EvidenceError, check_evidence
from tests import report_writers as writers
from tests.invented_reports import invented
from tests.report_writers import Story, jats

SCRIPT = Path(casebook.__file__)

# Invented for these tests.
THIGH = """A 61-year-old man presented with a mass of the left thigh.

The tumor was excised. Histology showed a leiomyosarcoma. He received radiotherapy of 50 Gy in 25 fractions.

He was alive without recurrence 24 months after surgery."""
LUNG = "A 44-year-old woman had a cough. Lobectomy of the right lung showed an adenocarcinoma. She was well after one year."
OWN = "A 58-year-old man was hoarse. Biopsy of the larynx showed a squamous cell carcinoma. He sang again after two years."
NOBODY = "The library opens at nine. Books may be kept for four weeks."
GUIDELINE = "---\nkind: guideline\n---\n\nPatients should be seen every three months for two years.\n"

pytestmark = pytest.mark.usefixtures("pipeline")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with two case reports."""
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
    """The folder of reports of a small project that comes with one report and no dose table."""
    reports = tmp_path / "own"
    reports.mkdir()
    (reports / "own-report.md").write_text(f"---\nyear: 2020\n---\n\n{OWN}\n", encoding="utf-8")
    (tmp_path / "tables").mkdir()
    monkeypatch.setattr(casebook, "REPORTS", reports)
    monkeypatch.setattr(casebook, "DOSE_TABLES", tmp_path / "tables")
    return reports


@pytest.fixture
def another_pipeline(monkeypatch: pytest.MonkeyPatch, pipeline: extraction.Pipeline) -> None:
    """From here on the pipeline is another than before."""
    changed = replace(pipeline, fingerprint="another")
    monkeypatch.setattr(casebook, "_pipeline", lambda: changed)
    monkeypatch.setattr(casebook, "_fingerprint", lambda: "another")


def run(*words: str | Path) -> Result:
    """Run a command in this process; what it raises and does not catch is an error of the test."""
    result = CliRunner().invoke(casebook.main, [str(word) for word in words])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def start(*words: str | Path, **options: Any) -> subprocess.Popen[str]:
    """Start the program in a process of its own."""
    command = [sys.executable, str(SCRIPT), *map(str, words)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)


def dump(database: Path) -> list[str]:
    with closing(load.connect(database)) as connection:
        return list(load.dump(connection))


def names(database: Path) -> set[str]:
    with closing(sqlite3.connect(database)) as connection:
        return {name for (name,) in connection.execute("select report_id from report")}


def texts(database: Path) -> dict[str, str]:
    with closing(sqlite3.connect(database)) as connection:
        return dict(connection.execute("select report_id, text from report_text"))


def state(database: Path) -> tuple[str, int]:
    """What must not change where nothing was to do: every byte, and the time of the last change."""
    return hashlib.sha256(database.read_bytes()).hexdigest(), database.stat().st_mtime_ns


def leftovers(database: Path) -> list[str]:
    """What lies beside the database, but for its history."""
    return sorted(path.name for path in database.parent.iterdir() if path not in (database, database.with_name("casebook.history.db")))


# --- help ----------------------------------------------------------------------------------------


def test_help_names_every_command_and_comes_without_spacy() -> None:
    code = (
        "import sys, casebook\n"
        "try: casebook.main(['--help'])\n"
        "finally: assert not {'spacy', 'datasette', 'uvicorn'} & set(sys.modules), 'heavy import'"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=SCRIPT.parent, capture_output=True, text=True, check=True)
    for name in casebook.main.commands:
        assert f"\n  {name} " in done.stdout


@pytest.mark.parametrize("name", list(casebook.main.commands))
def test_the_help_of_each_command_has_an_example(name: str) -> None:
    assert f"\n  casebook {name}" in run(name, "--help").stdout


def test_version() -> None:
    assert run("--version").stdout.startswith("casebook 0.")


def test_the_database_is_that_of_the_project_from_any_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert casebook_options.default_database() == SCRIPT.parent / "build" / "casebook.db"
    # Installed without its sources there is no project: then it is this folder's.
    monkeypatch.setattr(casebook_options, "HERE", tmp_path / "site-packages")
    assert casebook_options.default_database() == Path("build/casebook.db")


# --- extract -------------------------------------------------------------------------------------


def test_extract_prints_a_line_of_json_for_each_report(folder: Path) -> None:
    result = run("extract", folder)
    assert (result.exit_code, result.stderr) == (0, "")
    records = [json.loads(line) for line in result.stdout.splitlines()]
    assert [record["report"]["id"] for record in records] == ["lung", "thigh"]
    assert set(records[0]) == {"report", "cases", "evidence", "pipeline", "failures"}
    assert records[1]["cases"][0]["age_years"] == 61
    for entry in records[1]["evidence"]:
        assert THIGH[entry["start"] : entry["end"]] == entry["quote"]


def test_extract_writes_utf8_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "µ.txt").write_text("A 61-year-old man – née α – had a leiomyosarcoma of the thigh.", encoding="utf-8")
    result = run("extract", tmp_path)
    assert '"µ"' in result.stdout_bytes.decode("utf-8")


def test_extract_stores_nothing(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CASEBOOK_DATABASE", str(tmp_path / "none.db"))
    run("extract", folder)
    assert not (tmp_path / "none.db").exists()
    assert sorted(path.name for path in folder.iterdir()) == ["lung.txt", "thigh.txt"]


def test_a_guideline_gives_a_record_without_cases(tmp_path: Path) -> None:
    (tmp_path / "seen.md").write_text(GUIDELINE, encoding="utf-8")
    result = run("extract", tmp_path)
    assert (result.exit_code, result.stderr) == (0, "")
    record = json.loads(result.stdout)
    assert (record["report"]["kind"], record["cases"]) == ("guideline", [])


def test_a_closed_output_is_said(folder: Path) -> None:
    command = f"'{sys.executable}' '{SCRIPT}' extract '{folder}' >&-"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == "casebook: standard output is closed, wanted a place for the records\n"


def test_a_reader_that_has_seen_enough_is_no_error(tmp_path: Path) -> None:
    for number in range(30):
        (tmp_path / f"{number}.txt").write_text(THIGH, encoding="utf-8")
    # A record of this test's own: the pipeline, which takes seconds to build, has nothing to do with it.
    code = (
        "import casebook\n"
        "from extract.record import Record\n"
        "casebook._extract = lambda report: Record({'kind': 'review', 'long': 'x' * 100_000}, (), (), {})\n"
        f"casebook.main(['extract', {str(tmp_path)!r}])"
    )
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, cwd=SCRIPT.parent, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 1


# --- bad input -----------------------------------------------------------------------------------


def bad_files(folder: Path) -> dict[Path, str]:
    """Make one file for each thing that can be wrong, with a word that its line must hold."""
    bad = {
        "empty.txt": (b"", "empty"),
        "white.txt": (b" \n\t\n", "white space"),
        "binary.txt": (bytes(range(256)) * 20, "binary"),
        "half.txt": (LUNG.encode("utf-16")[:-1], "UTF-16"),
        "cut.xml": (b"<article><front><article-meta><title-group>", "XML"),
        "huge.txt": (b"word " * 10_000_000, "50.0 MB"),
        "nobody.txt": (NOBODY.encode(), "no patient"),
        "picture.png": (b"\x89PNG\r\n", "a picture"),
        "front.md": (b"---\nkind: poem\n---\n\ntext\n", "kind"),
    }
    folder.mkdir()
    for name, (content, _) in bad.items():
        (folder / name).write_bytes(content)
    (folder / "reportless").mkdir()
    return {folder / name: word for name, (_, word) in bad.items()} | {
        folder / "missing.txt": "no such file",
        folder / "reportless": "without a report",
    }


@pytest.mark.parametrize("command", ["extract", "add"])
def test_each_bad_file_has_its_line_and_the_others_are_read(command: str, folder: Path, database: Path, tmp_path: Path) -> None:
    bad = bad_files(tmp_path / "bad")
    options = ["--database", database] if command == "add" else []
    result = run(command, folder, *bad, *options)
    assert result.exit_code == 1
    lines = result.stderr.splitlines()
    assert len(lines) == len(bad)
    for path, word in bad.items():
        (line,) = [line for line in lines if line.startswith(f"casebook: {path}:")]
        assert word in line
    if command == "extract":
        assert [json.loads(line)["report"]["id"] for line in result.stdout.splitlines()] == ["lung", "thigh"]
    else:
        assert names(database) == {"lung", "thigh"}
        with closing(sqlite3.connect(database)) as connection:
            assert connection.execute("select reports_new, reports_failed from run").fetchall() == [(2, len(bad))]
        assert f"2 new, 0 changed, 0 unchanged, {len(bad)} failed" in result.stdout


def test_bad_files_alone_leave_what_is_stored_and_are_noted_once(folder: Path, database: Path, tmp_path: Path) -> None:
    run("add", folder, "--database", database)
    with closing(load.connect(database)) as connection:
        before = list(load.dump(connection))
    bad = list(bad_files(tmp_path / "bad"))
    first = run("add", folder, *bad, "--database", database)
    with closing(load.connect(database)) as connection:
        assert list(load.dump(connection)) == before
        assert connection.execute("select reports_new, reports_failed from run").fetchall() == [(2, 0), (0, len(bad))]
    noted = state(database)
    again = run("add", folder, *bad, "--database", database)
    assert (again.exit_code, again.stdout, again.stderr) == (1, first.stdout, first.stderr)
    assert state(database) == noted


def test_a_file_that_may_not_be_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = Path.open

    def refuse(path: Path, *args: Any, **kwargs: Any) -> Any:
        if path.name == "lung.txt":
            raise PermissionError(13, "Permission denied", str(path))
        return usual(path, *args, **kwargs)

    # Root, as which CI runs, may read everything: the system's answer is played.
    monkeypatch.setattr(Path, "open", refuse)
    result = run("extract", folder)
    assert result.exit_code == 1
    assert result.stderr == f"casebook: {folder / 'lung.txt'}: permission denied\n"
    assert len(result.stdout.splitlines()) == 1


def test_a_name_with_a_line_end_still_gives_one_line(tmp_path: Path) -> None:
    result = run("extract", tmp_path / "two\nlines\x1b[2J.txt")
    assert result.stderr.count("\n") == 1
    assert "\x1b" not in result.stderr


def test_a_name_that_is_no_utf8(folder: Path, database: Path) -> None:
    shutil.copy(folder / "lung.txt", os.fsencode(folder) + b"/\xff.txt")
    result = run("add", folder, "--database", database)
    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
    assert names(database) == {"lung", "thigh"}


@pytest.mark.parametrize("error", [EvidenceError("x: evidence for sex at 1-2 is not in the text"), KeyError("odd")])
def test_a_defect_in_one_report_does_not_stop_the_others(
    error: Exception, folder: Path, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = extraction.extract

    def fail(report: Any, pipeline: Any) -> Any:
        if report.id == "lung":
            raise error
        return usual(report, pipeline)

    monkeypatch.setattr(extraction, "extract", fail)
    result = run("add", folder, "--database", database)
    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
    assert result.stderr.startswith(f"casebook: {folder / 'lung.txt'}: ")
    assert names(database) == {"thigh"}


def test_a_record_that_does_not_match_its_text_is_refused(folder: Path, database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run("add", folder, "--database", database)
    before = dump(database)
    usual = extraction.extract

    def forge(report: Any, pipeline: Any) -> Any:
        record = usual(report, pipeline)
        return replace(record, evidence=(replace(record.evidence[0], quote="never written"), *record.evidence[1:]))

    monkeypatch.setattr(extraction, "extract", forge)
    (folder / "thigh.txt").write_text(THIGH + " He smoked.", encoding="utf-8")
    result = run("add", folder, "--database", database)
    assert result.exit_code == 1
    assert "not stored" in result.stderr
    assert dump(database) == before


# --- add -----------------------------------------------------------------------------------------


def test_add_stores_what_is_new_and_leaves_what_is_current(folder: Path, database: Path) -> None:
    assert "2 new, 0 changed, 0 unchanged, 0 failed; now 2 cases in 2 reports" in run("add", folder, "--database", database).stdout
    before = state(database)
    assert run("add", folder, "--database", database).stdout.strip().endswith("is up to date: 2 cases in 2 reports")
    assert state(database) == before
    (folder / "thigh.txt").write_text(THIGH.replace("61", "62"), encoding="utf-8")
    assert "0 new, 1 changed, 1 unchanged" in run("add", folder, "--database", database).stdout
    assert "62-year-old" in texts(database)["thigh"]
    assert leftovers(database) == []


def test_a_corrected_citation_is_a_change(tmp_path: Path, database: Path) -> None:
    report = tmp_path / "report.md"
    report.write_text(f"---\nyear: 2019\n---\n\n{THIGH}\n", encoding="utf-8")
    run("add", report, "--database", database)
    report.write_text(f"---\nyear: 2020\n---\n\n{THIGH}\n", encoding="utf-8")
    assert "1 changed" in run("add", report, "--database", database).stdout


@pytest.mark.usefixtures("project")
def test_what_another_pipeline_read_is_read_again(folder: Path, database: Path, request: pytest.FixtureRequest) -> None:
    run("add", folder, "--database", database)
    request.getfixturevalue("another_pipeline")
    assert "2 changed" in run("add", folder, "--database", database).stdout


def test_the_same_reports_in_another_order_give_the_same_rows(folder: Path, tmp_path: Path) -> None:
    together, apart = tmp_path / "together.db", tmp_path / "apart.db"
    run("add", folder, "--database", together)
    run("add", folder / "thigh.txt", "--database", apart)
    run("add", folder / "lung.txt", "--database", apart)
    assert dump(together) == dump(apart)


# --- build ---------------------------------------------------------------------------------------


def test_build_stores_every_report_and_dose_table_of_the_project(built: Path) -> None:
    reports = {source.id for source in files.find([casebook.REPORTS]) if isinstance(source, files.Source)}
    assert len(reports) >= 30
    assert names(built) == reports
    with closing(sqlite3.connect(built)) as connection:
        tables = {name for (name,) in connection.execute("select dose_table_id from dose_table")}
        assert tables == {path.stem for path in casebook.DOSE_TABLES.glob("*.csv")}
        assert connection.execute("select reason, reports_new from run").fetchall() == [("build", len(reports))]
    assert leftovers(built) == []


def test_every_value_of_the_built_database_is_proved(pipeline: extraction.Pipeline) -> None:
    for source in files.find([casebook.REPORTS]):
        assert isinstance(source, files.Source)
        (report,) = files.read(source, files.load(source))
        assert isinstance(report, Report)
        check_evidence(extraction.extract(report, pipeline), report.text)


def test_a_second_build_does_nothing_and_does_not_even_build_the_pipeline(built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = state(built)
    monkeypatch.setattr(casebook, "_pipeline", lambda: pytest.fail("the pipeline was built"))
    result = run("build", "--database", built)
    assert "is up to date" in result.stdout
    assert state(built) == before
    assert leftovers(built) == []


@pytest.mark.usefixtures("project")
def test_build_keeps_what_was_added(folder: Path, database: Path) -> None:
    run("add", folder, "--database", database)
    assert "1 new, 0 changed, 2 unchanged" in run("build", "--database", database).stdout
    assert names(database) == {"own-report", "thigh", "lung"}
    assert "is up to date" in run("build", "--database", database).stdout


def test_an_added_report_goes_before_the_projects_own_of_the_same_name(project: Path, tmp_path: Path, database: Path) -> None:
    run("build", "--database", database)
    mine = tmp_path / "own-report.txt"
    mine.write_text(THIGH, encoding="utf-8")
    run("add", mine, "--database", database)
    assert "is up to date" in run("build", "--database", database).stdout
    assert texts(database)["own-report"] == THIGH
    # The project's own file, added by hand, stays the project's.
    run("add", project / "own-report.md", "--database", database)
    assert texts(database)["own-report"] == OWN
    (project / "own-report.md").write_text(OWN.replace("58", "59"), encoding="utf-8")
    assert "1 changed" in run("build", "--database", database).stdout


@pytest.mark.usefixtures("project")
def test_build_reads_what_was_added_again_from_its_stored_text(folder: Path, database: Path, request: pytest.FixtureRequest) -> None:
    (folder / "seen.md").write_text(GUIDELINE, encoding="utf-8")
    run("add", folder, "--database", database)
    run("build", "--database", database)
    before = texts(database)
    shutil.rmtree(folder)
    request.getfixturevalue("another_pipeline")
    result = run("build", "--database", database)
    assert (result.exit_code, result.stderr) == (0, "")
    assert "0 new, 4 changed, 0 unchanged, 0 failed" in result.stdout
    assert texts(database) == before
    assert "is up to date" in run("build", "--database", database).stdout


@pytest.mark.usefixtures("project")
def test_a_text_in_which_no_patient_is_found_any_more_stays(
    folder: Path, database: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("add", folder, "--database", database)
    request.getfixturevalue("another_pipeline")
    usual = extraction.extract

    def blind(report: Any, pipeline: Any) -> Any:
        record = usual(report, pipeline)
        return record if report.id != "thigh" else replace(record, cases=(), evidence=())

    monkeypatch.setattr(extraction, "extract", blind)
    result = run("build", "--database", database)
    assert result.exit_code == 1
    assert result.stderr == "casebook: thigh: no patient found any more; its text stays stored, without a case\n"
    assert texts(database)["thigh"] == THIGH
    assert run("build", "--database", database).exit_code == 0


def make_old(database: Path) -> None:
    """Turn a database into one of another version of Casebook: tables that today's program does not know."""
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("alter table report add column mood text")
        connection.execute("drop table case_overview")
        connection.execute("pragma user_version = 7")
        connection.commit()


@pytest.mark.usefixtures("project")
def test_a_database_with_other_tables_is_made_anew_and_loses_nothing(folder: Path, database: Path) -> None:
    run("build", "--database", database)
    run("add", folder, "--database", database)
    before, rows = texts(database), dump(database)
    make_old(database)
    for command in (["add", folder], ["serve"]):
        refused = run(*command, "--database", database)
        assert refused.exit_code == 1
        assert "`casebook build` makes it anew" in refused.stderr
    shutil.rmtree(folder)
    result = run("build", "--database", database)
    assert (result.exit_code, result.stderr) == (0, "")
    assert "0 new, 3 changed, 0 unchanged, 0 failed" in result.stdout
    assert ledger(database)["reports_new"] == 0
    assert texts(database) == before
    assert dump(database) == rows
    with closing(sqlite3.connect(database)) as connection:
        assert [reason for (reason,) in connection.execute("select reason from run order by run_id")][:2] == ["build", "add"]
    assert has_todays_tables(database)
    assert "is up to date" in run("build", "--database", database).stdout


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize("refuses", ["the pipeline", "the tables"])
def test_making_anew_keeps_even_a_text_that_cannot_be_read_any_more(
    refuses: str, folder: Path, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("add", folder, "--database", database)
    make_old(database)
    usual_extract, usual_store = extraction.extract, load.store

    def extract(report: Any, pipeline: Any) -> Any:
        if refuses == "the pipeline" and report.id == "thigh":
            raise EvidenceError("thigh: evidence for sex at 1-2 is not in the text")
        return usual_extract(report, pipeline)

    def store(connection: Any, report: Any, record: Any, *more: Any, **named: Any) -> None:
        if refuses == "the tables" and report.id == "thigh" and record.cases:
            raise DatabaseError("thigh: CHECK constraint failed")
        usual_store(connection, report, record, *more, **named)

    monkeypatch.setattr(extraction, "extract", extract)
    monkeypatch.setattr(load, "store", store)
    result = run("build", "--database", database)
    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
    assert texts(database)["thigh"] == THIGH


# --- what a curator does to a folder -------------------------------------------------------------


def add(folder: Path, database: Path) -> str:
    return run("add", folder, "--database", database).stdout


def ledger(database: Path) -> dict[str, Any]:
    with closing(sqlite3.connect(database)) as connection:
        connection.row_factory = sqlite3.Row
        return dict(connection.execute("select * from run order by run_id desc limit 1").fetchone())


@pytest.fixture
def twice_told(tmp_path: Path) -> Path:
    """A folder with the same paper three times: an abstract, a PDF, and JATS, which is kept; and with another report."""
    folder, (story, _) = tmp_path / "twice", invented(3)
    folder.mkdir()
    abstract = Story("abstract", story.title, story.about, story.parts[:2])
    (folder / "abstract.txt").write_bytes(writers.text(abstract))
    (folder / "print.pdf").write_bytes(writers.pdf(story))
    (folder / "web.xml").write_bytes(writers.jats(story))
    (folder / "zebra.txt").write_text(THIGH, encoding="utf-8")
    return folder


def test_what_is_said_of_links_is_how_they_stand_at_the_end(twice_told: Path, database: Path) -> None:
    said = add(twice_told, database).splitlines()
    # The abstract gave way to the print, and both to the web: nothing is linked to the print any more.
    assert [line.partition(" (")[0] for line in said[:-1]] == [
        "abstract: the same report as web, which is kept",
        "print: the same report as web, which is kept",
    ]
    assert "2 new, 0 changed, 0 unchanged, 0 failed, 2 linked to the same report; now 2 cases in 2 reports" in said[-1]


def test_a_link_that_stays_what_it_was_is_not_told_again(twice_told: Path, database: Path) -> None:
    add(twice_told, database)
    web = twice_told / "web.xml"
    web.write_text(web.read_text(encoding="utf-8").replace("Clinic 3 ", "Clinic 33 "), encoding="utf-8")
    assert add(twice_told, database).count("\n") == 1
    assert (ledger(database)["reports_changed"], ledger(database)["reports_unchanged"]) == (1, 3)
    abstract = twice_told / "abstract.txt"
    abstract.write_text(abstract.read_text(encoding="utf-8") + "The family agreed.\n", encoding="utf-8")
    assert "0 new, 1 changed, 3 unchanged, 0 failed; now 2 cases in 2 reports" in add(twice_told, database)
    before = state(database)
    assert "is up to date" in add(twice_told, database)
    assert state(database) == before


def test_a_renamed_file_is_linked_and_a_removed_one_takes_nothing_along(folder: Path, database: Path) -> None:
    add(folder, database)
    (folder / "thigh.txt").rename(folder / "zz.txt")
    assert add(folder, database).startswith("zz: the same report as thigh, which is kept (same text)")
    assert names(database) == {"lung", "thigh"}
    (folder / "lung.txt").unlink()
    before = state(database)
    assert "is up to date: 2 cases in 2 reports" in add(folder, database)
    assert state(database) == before


def test_one_case_in_one_report(tmp_path: Path, database: Path) -> None:
    (tmp_path / "thigh.txt").write_text(THIGH, encoding="utf-8")
    assert add(tmp_path / "thigh.txt", database).strip().endswith("now 1 case in 1 report")
    assert add(tmp_path / "thigh.txt", database).strip().endswith("is up to date: 1 case in 1 report")


def test_another_report_of_the_same_name_is_told_of(folder: Path, database: Path, tmp_path: Path) -> None:
    add(folder, database)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "thigh.txt").write_text(OWN, encoding="utf-8")
    said = run("add", tmp_path / "elsewhere", "--database", database)
    assert said.exit_code == 0
    assert said.stderr.startswith("casebook: thigh: took the place of another report of this name (A 61-year-old man presented")
    assert said.stderr.count("\n") == 1
    (folder / "lung.txt").write_text(LUNG.replace("44", "45").replace("one year", "two years"), encoding="utf-8")
    assert run("add", folder / "lung.txt", "--database", database).stderr == ""


def by_standard_input(text: str, *words: str | Path) -> Result:
    return CliRunner().invoke(casebook.main, [str(word) for word in words], input=text)


def test_two_reports_by_standard_input_are_both_kept(database: Path) -> None:
    for text in (THIGH, LUNG):
        assert "1 new" in by_standard_input(text, "add", "-", "--database", database).stdout
    assert sorted(texts(database).values()) == sorted([THIGH, LUNG])
    assert "is up to date" in by_standard_input(THIGH, "add", "-", "--database", database).stdout
    (name, *_) = (name for name, text in texts(database).items() if text == THIGH)
    assert by_standard_input(THIGH, "check", "-").stdout.splitlines()[0].endswith(f", as {name}")


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("PMC6358576", "`casebook fetch PMC6358576` gets the article of this PMCID"),
        ("doi:10.3892/OL.2015.3297", "`casebook fetch 10.3892/ol.2015.3297` gets the article of this DOI"),
        ("31234567", "`casebook fetch PMID:31234567` gets the article of this PMID"),
    ],
)
def test_an_identifier_where_a_file_belongs_leads_to_fetch(name: str, remedy: str, database: Path) -> None:
    for words in (["add", name, "--database", database], ["check", name], ["extract", name]):
        result = run(*words)
        assert (result.exit_code, result.stderr) == (1, f"casebook: {name}: no such file or directory; {remedy}\n")
    assert run("check", "PMC-reports.txt").stderr == "casebook: PMC-reports.txt: no such file or directory\n"


def test_a_message_names_the_part_of_a_file_that_holds_several(tmp_path: Path) -> None:
    about = {"doi": "10.5555/none.1"}
    nobody = writers.jats(Story("x", "On libraries", about, (("", (NOBODY,)),))).decode()
    article = nobody[nobody.index("<article>") :].replace(
        "<article-id pub", "<article-id pub-id-type='pmc'>PMC{}</article-id><article-id pub"
    )
    both = "".join(article.format(number) for number in (11, 12))
    (tmp_path / "PMC11_PMC12.xml").write_text(f"<pmc-articleset>{both}</pmc-articleset>", encoding="utf-8")
    with zipfile.ZipFile(tmp_path / "papers.zip", "w") as archive:
        archive.writestr("a/nobody.txt", NOBODY)
        archive.writestr("a/one, two#three.txt", f"{NOBODY} So they say.")
    (tmp_path / "shelf #7.txt").write_text(NOBODY, encoding="utf-8")
    said = [line.split(": ")[1].removeprefix(f"{tmp_path}/") for line in run("check", tmp_path).stderr.splitlines()]
    assert said == [
        "PMC11_PMC12.xml, PMC11",
        "PMC11_PMC12.xml, PMC12",
        "papers.zip, a/nobody.txt",
        "papers.zip, a/one, two#three.txt",
        "shelf #7.txt",
    ]


def test_only_where_there_is_front_matter_it_is_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(NOBODY, encoding="utf-8")
    (tmp_path / "b.html").write_text(f"<!doctype html><html><body><p>{NOBODY}</p></body></html>", encoding="utf-8")
    text, html = run("check", tmp_path).stderr.splitlines()
    assert text.endswith("wanted a case report, or a guideline or review (front matter can say so: kind: guideline)")
    assert html.endswith("wanted a case report, or a guideline or review")


def test_a_list_of_identifiers_where_a_report_belongs_leads_to_fetch(tmp_path: Path) -> None:
    (tmp_path / "ids.txt").write_text("PMC6358576\n10.3892/ol.2015.3297\nPMID:31234567\n", encoding="utf-8")
    assert run("check", tmp_path / "ids.txt").stderr.endswith(
        f"; `casebook fetch --list {tmp_path / 'ids.txt'}` gets the articles that it lists\n"
    )


def test_a_list_that_is_missing_fetches_nothing(folder: Path, database: Path, tmp_path: Path) -> None:
    result = run("add", folder, "--list", tmp_path / "none.txt", "--database", database)
    assert (result.exit_code, result.stdout.count("\n")) == (1, 1)
    assert result.stderr == f"casebook: {tmp_path / 'none.txt'}: no such file or directory\n"
    assert names(database) == {"lung", "thigh"}


def test_check_counts_what_would_be_stored(folder: Path) -> None:
    (folder / "nobody.txt").write_text(NOBODY, encoding="utf-8")
    assert run("check", folder).stdout.splitlines()[-1] == "2 reports, 2 patients, 1 failed"


def test_somebody_who_watches_sees_what_is_being_done(folder: Path, tmp_path: Path) -> None:
    (folder / "nobody.txt").write_text(NOBODY, encoding="utf-8")
    with zipfile.ZipFile(tmp_path / "papers.zip", "w") as archive:
        for name in "abc":
            archive.writestr(f"{name}.txt", f"{THIGH} His initial was {name}.")
    terminal, end = os.openpty()
    words = [sys.executable, str(SCRIPT), "check", str(folder), str(tmp_path / "papers.zip")]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=end) as process:
        os.close(end)
        seen, out = b"", b""
        with suppress(OSError):  # how the end of a terminal is told
            while data := os.read(terminal, 4096):
                seen += data
        out = process.stdout.read() if process.stdout else b""
    os.close(terminal)
    shown = seen.decode().split("\r\x1b[K")
    assert any(line.startswith("1 of 4: ") for line in shown)
    assert "reading the vocabularies" in shown
    assert any(line.startswith("3 reports in /") for line in shown)
    # Nothing is left of it, on a line that stays or behind the last one.
    assert [line for line in shown if "\n" in line and not line.startswith("casebook: ")] == []
    assert shown[-1] == ""
    assert b"\x1b" not in out


@pytest.mark.usefixtures("project")
def test_a_file_is_not_read_again_whose_report_a_build_has_read_by_the_new_pipeline(
    folder: Path, database: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "nobody.txt").write_text(NOBODY, encoding="utf-8")
    add(folder, database)
    request.getfixturevalue("another_pipeline")
    opened: list[str] = []
    usual = files.read
    monkeypatch.setattr(files, "read", lambda source, data: opened.append(source.id) or usual(source, data))
    run("build", "--database", database)
    opened.clear()
    assert "0 new, 0 changed, 2 unchanged, 1 failed" in add(folder, database)
    # In what told of no patient the new pipeline may find one.
    assert opened == ["nobody"]


@pytest.mark.usefixtures("project")
def test_a_file_whose_report_no_build_has_read_since_is_read_by_the_new_pipeline(
    folder: Path, database: Path, request: pytest.FixtureRequest
) -> None:
    add(folder, database)
    request.getfixturevalue("another_pipeline")
    assert "0 new, 2 changed, 0 unchanged" in add(folder, database)
    assert "is up to date" in add(folder, database)


@pytest.mark.usefixtures("project")
def test_what_is_known_of_files_outlives_other_tables(folder: Path, database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add(folder, database)
    make_old(database)
    run("build", "--database", database)
    monkeypatch.setattr(files, "read", lambda source, data: pytest.fail(f"{source.name} is read again"))
    before = state(database)
    assert "is up to date" in add(folder, database)
    assert state(database) == before


def test_gold_without_a_report_is_named(folder: Path, tmp_path: Path) -> None:
    gold = tmp_path / "gold"
    gold.mkdir()
    for name in ("thigh", "lung", "leg", "arm"):
        (gold / f"{name}.json").write_text(json.dumps({"report": name, "kind": "case_report", "cases": []}), encoding="utf-8")
    result = run("evaluate", "--gold", gold, folder)
    assert (result.exit_code, result.stderr) == (
        0,
        "casebook: 2 gold files without a report of the same name, counted as missed: arm, leg\n",
    )
    (folder / "thigh.txt").rename(folder / "arm.txt")
    assert "missed: leg, thigh" in run("evaluate", "--gold", gold, folder).stderr


# --- accidents -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("error", "code"), [(KeyboardInterrupt(), 130), (OSError(28, "No space left on device"), 1)])
def test_an_accident_in_the_middle_leaves_the_old_database(
    error: BaseException, code: int, folder: Path, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("add", folder, "--database", database)
    before = state(database)
    (folder / "thigh.txt").write_text(THIGH + " He smoked.", encoding="utf-8")
    (folder / "lung.txt").write_text(LUNG + " She smoked.", encoding="utf-8")
    usual, calls = load.store, []

    def fail(*args: Any) -> None:
        calls.append(args)
        if len(calls) == 2:
            raise error
        usual(*args)

    monkeypatch.setattr(load, "store", fail)
    result = run("add", folder, "--database", database)
    assert (result.exit_code, result.stderr.count("\n")) == (code, 1)
    assert state(database) == before
    assert leftovers(database) == []


@pytest.mark.usefixtures("project")
def test_a_copy_that_a_killed_process_left_is_no_hindrance(database: Path) -> None:
    database.parent.mkdir()
    database.with_name("casebook.db.partial").write_bytes(b"half a data")
    database.with_name("casebook.db.partial-journal").write_bytes(b"half a jour")
    database.with_name("casebook.db.lock").touch()
    assert run("build", "--database", database).exit_code == 0
    assert leftovers(database) == []


@pytest.mark.usefixtures("project")
def test_two_at_once_give_one_clear_line(database: Path) -> None:
    database.parent.mkdir()
    with database.with_name("casebook.db.lock").open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        result = run("build", "--database", database)
    assert result.exit_code == 1
    assert result.stderr == f"casebook: {database}: another casebook is writing to it; wait until it has finished\n"
    assert run("build", "--database", database).exit_code == 0


@pytest.mark.usefixtures("project")
def test_a_file_that_is_no_database_of_ours_is_left_alone(folder: Path, tmp_path: Path) -> None:
    note, other = tmp_path / "note.db", tmp_path / "other.db"
    note.write_text("I am a note, and a long one at that." * 200, encoding="utf-8")
    with closing(sqlite3.connect(other)) as connection:
        connection.execute("create table customer (name text)")
    for path in (note, other):
        before = state(path)
        for command in (["build"], ["add", folder], ["serve"]):
            result = run(*command, "--database", path)
            assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
            assert result.stderr.startswith(f"casebook: {path}: ")
        assert state(path) == before


@pytest.mark.usefixtures("project")
def test_a_link_to_a_database_stays_a_link(folder: Path, database: Path, tmp_path: Path) -> None:
    run("build", "--database", database)
    link = tmp_path / "link.db"
    link.symlink_to(database)
    run("add", folder, "--database", link)
    assert link.is_symlink()
    assert "thigh" in names(database)


# --- serve ---------------------------------------------------------------------------------------


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """What `serve` hands to the server, which is not started."""
    from db import serve

    calls: list[tuple[Any, ...]] = []
    monkeypatch.setattr(serve, "serve", lambda *args, base_url: calls.append((*args, base_url)))
    return calls


def taken_port() -> socket.socket:
    holder = socket.socket()
    holder.bind(("127.0.0.1", 0))
    holder.listen()
    return holder


@pytest.mark.usefixtures("project")
def test_serve_builds_what_is_missing_and_prints_the_address(database: Path, served: list[tuple[Any, ...]]) -> None:
    result = run("serve", "--database", database)
    (call,) = served
    assert (*call[:2], call[3]) == (database, "127.0.0.1", "/")
    assert f"http://127.0.0.1:{call[2]}/" in result.stdout
    assert names(database) == {"own-report"}


def test_serve_takes_the_next_port_where_the_usual_one_is_taken(
    built: Path, served: list[tuple[Any, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    with taken_port() as holder:
        port = holder.getsockname()[1]
        monkeypatch.setattr(casebook_options, "PORT", port)
        result = run("serve", "--database", built)
    assert served[0][2] > port
    assert f"port {port} is taken" in result.stderr


def test_serve_takes_the_usual_port_where_it_is_free(built: Path, served: list[tuple[Any, ...]], monkeypatch: pytest.MonkeyPatch) -> None:
    with taken_port() as holder:
        port = holder.getsockname()[1]
    monkeypatch.setattr(casebook_options, "PORT", port)
    result = run("serve", "--database", built)
    assert (served[0][2], result.stderr) == (port, "")


def test_serve_does_not_take_another_port_than_was_asked_for(built: Path, served: list[tuple[Any, ...]]) -> None:
    with taken_port() as holder:
        port = holder.getsockname()[1]
        result = run("serve", "--database", built, "--port", str(port))
    assert (result.exit_code, served) == (1, [])
    assert result.stderr.startswith(f"casebook: port {port} is taken")


def test_an_address_of_another_machine(built: Path, served: list[tuple[Any, ...]]) -> None:
    result = run("serve", "--database", built, "--host", "203.0.113.7")
    assert (result.exit_code, served, result.stderr.count("\n")) == (1, [], 1)


def test_serve_serves_and_ends_with_ctrl_c(built: Path, tmp_path: Path) -> None:
    with taken_port() as holder:
        port = holder.getsockname()[1]
    process = start("serve", "--database", built, "--port", str(port), cwd=tmp_path)
    assert process.stdout
    address = process.stdout.readline().split()[3]
    assert address == f"http://127.0.0.1:{port}/"
    until = time.monotonic() + 30
    while True:
        try:
            with urllib.request.urlopen(address, timeout=5) as page:
                assert b"Casebook" in page.read()
            break
        except OSError:
            assert time.monotonic() < until
            time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, complaints = process.communicate(timeout=20)
    assert "Traceback" not in complaints


def test_a_file_over_which_the_reader_met_its_limits_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text(LUNG, encoding="utf-8")
    (tmp_path / "in" / "slow.xml").write_bytes(jats(invented(1)[0]))
    usual = Worker.read

    def busy(self: Worker, data: bytes, name: str, report_id: str) -> tuple[Report, ...]:
        raise LimitError(f"{name}: took longer than 10 s to read, wanted a smaller or simpler file")

    monkeypatch.setattr(Worker, "read", busy)
    first = run("add", tmp_path / "in", "--database", tmp_path / "x.db")
    assert (first.exit_code, first.stderr.count("took longer")) == (1, 1)
    monkeypatch.setattr(Worker, "read", usual)
    second = run("add", tmp_path / "in", "--database", tmp_path / "x.db")
    assert (second.exit_code, second.stderr) == (0, "")
    assert names(tmp_path / "x.db") == {"a", "slow"}
