"""Reports come into a database without the command line: whoever reads is handed in, and nothing is printed."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from corpus import files
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
    tally.dose_tables = 1
    assert next(telling.lines(database, tally)).endswith("2 failed, 1 dose table; now 2 cases in 2 reports")
    assert listener.shown[-3:] == [
        "copying the database",
        "looking for cases that may be the same patient",
        "entering in the history what was done",
    ]
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


# --- files that were read before ---------------------------------------------------------------


@pytest.fixture
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files count as settled as soon as they are written; wait for a tick of the clock before writing to one again."""
    monkeypatch.setattr(files, "_SETTLED_S", 0)


def _opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list to which the names of all files that are opened from now on are added."""
    opened: list[str] = []
    load = files.load
    monkeypatch.setattr(files, "load", lambda source: opened.append(source.path.name) or load(source))
    return opened


def _add(project: Project, tmp_path: Path, fingerprint: str = "one") -> Tally:
    tally = Tally(Listener())
    filling.add([tmp_path / "downloads"], tmp_path / "casebook.db", project, reader(fingerprint), tally)
    return tally


@pytest.mark.usefixtures("settled")
def test_a_file_that_nobody_touched_is_not_opened_again(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "downloads" / "lung.txt").write_text("A woman of 40 coughed for three weeks and lost weight.", encoding="utf-8")
    (tmp_path / "downloads" / "worse.txt").write_text("This is an unbearable story of a woman who coughed.", encoding="utf-8")
    first = _add(project, tmp_path)
    before = (tmp_path / "casebook.db").stat()
    opened = _opened(monkeypatch)
    again = _add(project, tmp_path)
    assert opened == []
    assert (again.new, again.changed, again.unchanged, again.failed) == (0, 0, 1, first.failed)
    after = (tmp_path / "casebook.db").stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)
    _add(project, tmp_path, "another")
    assert opened == ["lung.txt", "worse.txt"]  # by another pipeline


@pytest.mark.usefixtures("settled")
def test_other_bytes_of_the_same_size_and_time_are_read(project: Project, tmp_path: Path) -> None:
    file = tmp_path / "downloads" / "lung.txt"
    file.write_text("A woman of 40 coughed for three weeks and lost weight.", encoding="utf-8")
    _add(project, tmp_path)
    status = file.stat()
    time.sleep(0.05)
    file.write_text(file.read_text(encoding="utf-8").replace("40", "41"), encoding="utf-8")
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert (file.stat().st_size, file.stat().st_mtime_ns) == (status.st_size, status.st_mtime_ns)
    assert _add(project, tmp_path).changed == 1


def test_a_file_that_was_written_to_just_now_is_opened(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "downloads" / "lung.txt").write_text("A woman of 40 coughed for three weeks and lost weight.", encoding="utf-8")
    _add(project, tmp_path)
    opened = _opened(monkeypatch)
    assert _add(project, tmp_path).unchanged == 1
    assert opened == ["lung.txt"]


@pytest.mark.usefixtures("settled")
def test_a_copy_of_a_file_is_known_by_its_bytes_and_then_by_its_stamp(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "downloads" / "lung.txt"
    file.write_text("A woman of 40 coughed for three weeks and lost weight.", encoding="utf-8")
    _add(project, tmp_path)
    words = file.read_bytes()
    file.rename(tmp_path / "kept")
    file.write_bytes(words)
    opened = _opened(monkeypatch)
    assert _add(project, tmp_path).unchanged == 1
    (tmp_path / "downloads" / "spine.txt").write_text("A boy of 9 had pain in his back for a year.", encoding="utf-8")
    assert (_add(project, tmp_path).new, opened) == (1, ["lung.txt", "lung.txt", "spine.txt"])
    _add(project, tmp_path)
    assert opened == ["lung.txt", "lung.txt", "spine.txt"]


def test_standard_input_and_folders_have_no_stamp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_SETTLED_S", 0)
    for path in (files.STDIN, tmp_path, tmp_path / "missing"):
        assert files.stamp(files.Source(path, "x")) is None
