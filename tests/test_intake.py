"""Reports come into a database without the command line: whoever reads is handed in, and nothing is printed."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from corpus.report import Report
from corpus.tables.grid import Grid
from db.intake import filling, telling
from db.intake.filling import Project
from db.intake.reading import Reader
from db.intake.tally import Tally
from extract.record import Case, Record, about
from extract.tables.understood import Understood


class Listener:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.warnings: list[str] = []
        self.shown: list[str] = []

    def warn(self, message: str) -> None:
        self.warnings.append(message)

    def show(self, doing: str) -> None:
        self.shown.append(doing)

    def with_progress(self, items: Sequence[Any], name: Callable[[Any], str] = str) -> Iterator[Any]:
        yield from items


def _understand(grid: Grid) -> Understood:
    raise AssertionError(f"{grid.where}: there is no table to understand")


def reader(fingerprint: str) -> Reader:
    """A reader that finds a patient in every report, but for the one that no reader can bear."""

    def extract(report: Report) -> Record:
        if "unbearable" in report.text:
            raise RuntimeError("a defect")
        return Record(about(report, "case_report"), (Case("1"),), (), {"version": "0", "fingerprint": fingerprint})

    return Reader(extract, _understand, fingerprint)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project that comes with one report."""
    for name in ("own", "tables", "downloads"):
        (tmp_path / name).mkdir()
    (tmp_path / "own" / "thigh.txt").write_text("A man of 61 had a lump in his left thigh.", encoding="utf-8")
    return Project(tmp_path / "own", tmp_path / "tables")


def _stored(database: Path) -> dict[str, str]:
    """Each report with the reason why it was stored."""
    with closing(sqlite3.connect(database)) as connection:
        return dict(connection.execute("select report_name, reason from run_report join run using (run_id)"))


def test_the_room_says_nothing_itself(project: Project, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    downloads, database = tmp_path / "downloads", tmp_path / "casebook.db"
    (downloads / "lung.txt").write_text("A woman of 40 coughed for three weeks and lost weight.", encoding="utf-8")
    (downloads / "worse.txt").write_text("This is an unbearable story of a woman who coughed.", encoding="utf-8")
    (downloads / "empty.txt").write_text("", encoding="utf-8")
    listener = Listener()
    filling.build(database, project, reader("one"), Tally(listener))
    tally = Tally(listener)
    filling.add([downloads], database, project, reader("one"), tally)
    assert (tally.new, tally.changed, tally.unchanged, tally.exit_code) == (1, 0, 0, 1)
    assert {Path(name).name for name, _ in tally.failed} == {"worse.txt", "empty.txt"}
    assert sorted(listener.warnings) == sorted(message for _, message in tally.failed)
    assert "RuntimeError: a defect" in next(message for message in listener.warnings if "worse.txt" in message)
    assert _stored(database) == {"thigh": "build", "lung": "add"} | {"downloads/worse.txt": "add", "downloads/empty.txt": "add"}
    assert next(telling.lines(database, tally)).endswith("1 new, 0 changed, 0 unchanged, 2 failed; now 2 cases in 2 reports")
    assert capfd.readouterr() == ("", "")


def test_another_reader_reads_what_is_stored_again(project: Project, tmp_path: Path) -> None:
    database = tmp_path / "casebook.db"
    (tmp_path / "downloads" / "lung.txt").write_text("A woman of 40 coughed for three weeks and lost weight.", encoding="utf-8")
    filling.add([tmp_path / "downloads"], database, project, reader("one"), Tally(Listener()))
    (tmp_path / "downloads" / "lung.txt").unlink()
    same, other = Tally(Listener()), Tally(Listener())
    filling.build(database, project, reader("one"), same)
    assert (same.new, same.changed, same.unchanged) == (1, 0, 1)
    filling.build(database, project, reader("another"), other)
    assert (other.new, other.changed, other.unchanged) == (0, 2, 0)
    with closing(sqlite3.connect(database)) as connection:
        assert dict(connection.execute("select report_id, pipeline_fingerprint from report")) == {"thigh": "another", "lung": "another"}
