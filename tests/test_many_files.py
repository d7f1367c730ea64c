"""Five hundred files of all formats, twenty of them broken: one command, and the same again."""

from __future__ import annotations

import gzip
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

import casebook
from tests.invented_reports import Known, invented
from tests.report_writers import WRITERS, html, jats, markdown, text

GOOD = 480


def broken() -> dict[str, bytes]:
    """Twenty files that cannot be read, each for another reason, with the word that the message must have."""
    story = invented(9999)[0]
    whole = {ending: write(story) for ending, write in WRITERS.items()}
    bomb = gzip.compress(b"A man of 54. " * 5_000_000)
    return {
        "empty.txt": b"",
        "blank.txt": b" \n\t\n",
        "nul.txt": b"A man\0of 54." * 50,
        "noise.txt": bytes(range(256)) * 40,
        "no-patient.txt": b"The weather was fine in May, and the harvest was good.",
        "cut.xml": whole["xml"][: len(whole["xml"]) // 2],
        "bomb.xml": b'<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]><article><body><p>&c;</p></body></article>',
        "other.xml": b"<?xml version='1.0'?><invoice><line>54 Gy</line></invoice>",
        "cut.json": whole["bioc.json"][:-300],
        "other.json": b'{"price": 54}',
        "cut.docx": whole["docx"][:-5000],
        "not-a-word.docx": b"PK\x03\x04" + b"\0" * 400,
        "old.doc": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600,
        "cut.pdf": b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog",
        "fake.pdf": b"\x00\x01\x02 this is no PDF",
        "nobody.html": b"<!doctype html><html><head><title>x</title></head><body></body></html>",
        "cut.txt.gz": gzip.compress(whole["txt"])[:-40],
        "bomb.txt.gz": bomb,
        "cut.zip": b"PK\x03\x04 and nothing more",
        "front-matter.md": b"---\ntitle: x\nA man of 54.\n",
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    top = tmp_path_factory.mktemp("mixed")
    writers = list(WRITERS.items())
    for number in range(GOOD):
        ending, write = writers[number % len(writers)]
        story, _ = invented(number)
        path = top / f"folder{number % 7}" / f"{story.id}.{ending}"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(write(story))
    for name, data in broken().items():
        (top / name).write_bytes(data)
    (top / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"\0" * 100)
    return top


def run(*arguments: str | Path) -> tuple[subprocess.CompletedProcess[str], float]:
    started = time.monotonic()
    done = subprocess.run([sys.executable, casebook.__file__, *map(str, arguments)], capture_output=True, text=True, timeout=300)
    return done, time.monotonic() - started


def test_a_mixed_folder_goes_in_with_one_command_and_a_rerun_does_nothing(folder: Path, tmp_path: Path) -> None:
    database = tmp_path / "mixed.db"
    first, _ = run("add", folder, "--database", database)
    assert first.returncode == 1, first.stderr
    complaints = [line for line in first.stderr.splitlines() if "passed over" not in line]
    assert len(complaints) == len(broken())
    for name in broken():
        assert any(f"/{name}" in line and len(line) > len(str(folder / name)) + 20 for line in complaints), name
    assert f"{GOOD} new, 0 changed, 0 unchanged, {len(broken())} failed" in first.stdout
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("select count(*) from report").fetchone() == (GOOD,)
        stored = connection.execute(
            "select report_id, format, age_years, sex, topography, total_dose_gy, fractions, follow_up_months from report"
            " join patient_case using (report_id) join radiotherapy_course using (case_id)"
        ).fetchall()
    right = sum(Known(*facts) == invented(int(name.removeprefix("invented-").partition(".")[0]))[1] for name, _, *facts in stored)
    assert right >= 0.97 * GOOD
    assert len({row[1] for row in stored}) == len(set(map(_format, WRITERS)))
    before = database.read_bytes()

    again, seconds = run("add", folder, "--database", database)
    assert again.returncode == 1
    assert f"0 new, 0 changed, {GOOD} unchanged, {len(broken())} failed" in again.stdout
    assert sorted(again.stderr.splitlines()) == sorted(first.stderr.splitlines())
    assert database.read_bytes() == before
    assert seconds < 5


def _format(ending: str) -> str:
    return {"bioc.xml": "bioc", "bioc.json": "bioc", "columns.pdf": "pdf"}.get(ending, ending)


def test_files_in_one_archive_are_read_like_those_in_a_folder(tmp_path: Path) -> None:
    import zipfile

    writers: list[tuple[str, Callable[..., bytes]]] = [("txt", text), ("md", markdown), ("xml", jats), ("html", html)]
    with zipfile.ZipFile(tmp_path / "papers.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for number, (ending, write) in enumerate(writers):
            archive.writestr(f"a/invented-{number}.{ending}", write(invented(number)[0]))
    done, _ = run("add", tmp_path / "papers.zip", "--database", tmp_path / "x.db")
    assert done.returncode == 0, done.stderr
    with closing(sqlite3.connect(tmp_path / "x.db")) as connection:
        names = [name for (name,) in connection.execute("select report_id from report order by 1")]
    assert names == [f"papers#invented-{number}" for number in range(4)]
