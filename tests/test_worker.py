"""The process in which files are read: its limits, its deaths, and what goes through its pipes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from corpus.report import CorpusError, Report, ReportTable, Section
from corpus.worker import Worker, json_of, report_of

READER = "tests.fake_reader:read"
HERE = Path(__file__).resolve().parent


@pytest.fixture
def worker() -> Iterator[Worker]:
    with Worker(seconds=0.5, megabytes=200, reader=READER) as worker:
        yield worker


def pid(worker: Worker) -> int:
    (report,) = worker.read(b"pid", "x", "x")
    return int(report.text)


def is_alive(process: int) -> bool:
    """Tell whether a process runs; a zombie does not."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_for_end(process: int) -> None:
    deadline = time.monotonic() + 5
    while is_alive(process):
        assert time.monotonic() < deadline, "the child lives on"
        time.sleep(0.02)


def test_a_report_comes_back_as_it_is() -> None:
    full = Report(
        id="a#1", text="Title\nA tumour of 5 × 3 cm, 10⁵\ud800\n", kind="case_report", title="Title", doi="10.1/x", pmcid="PMC1", pmid="1",
        year=2015, journal="J", citation="C", license="CC BY", authors=("Ana Silva", "B C"), affiliations=("Oslo",), article_type="Letter",
        is_retelling=True, format="jats", sections=(Section("title", 0, 5, "Title"), Section("body", 6, 20)),
        tables=(ReportTable(6, 9, "Table 1", "Doses", (("a", "b"), ("1", "")), 1, ("note",)), ReportTable(9, 10)),
        pages=(0, 7), messages=("doubt",), source="a.xml",
    )  # fmt: skip
    plain = Report("b", "")
    for report in (full, plain):
        assert report_of(json.loads(json.dumps(json_of(report)))) == report
    # A property that is left at its default would come back right even if it were lost.
    assert not [name for name, value in json_of(full).items() if value == json_of(plain)[name]]


def test_one_child_reads_file_after_file(worker: Worker) -> None:
    first = pid(worker)
    assert worker.read("größer \udc80".encode("utf-8", "surrogateescape"), "n\udc80.txt", "i") == (
        Report("i", "größer \udc80", source="n\udc80.txt"),
    )
    large = b"x" * 5_000_000
    assert worker.read(large, "n", "i")[0].text == large.decode()
    assert pid(worker) == first


@pytest.mark.parametrize(
    ("order", "reason"),
    [
        (b"sleep 60", "took longer than 0.5 s to read, wanted a smaller or simpler file"),
        (b"spin", "took longer than 0.5 s to read, wanted a smaller or simpler file"),
        (b"allocate 300", "needed more than 200 MB to read, wanted a smaller or simpler file"),
        (b"kill 11", "the reader crashed (signal 11), wanted a file that is not damaged"),
        (b"kill 6", "the reader crashed (signal 6), wanted a file that is not damaged"),
        (b"fail", "could not be read, KeyError: 'a defect' (CASEBOOK_DEBUG=1 shows where)"),
        (b"nest", "nested too deeply, wanted a plain report"),
        (b"refuse", "no such thing, wanted another"),
    ],
)
def test_a_bad_file_costs_itself_and_the_next_is_read(worker: Worker, order: bytes, reason: str) -> None:
    before = pid(worker)
    started = time.monotonic()
    with pytest.raises(CorpusError) as caught:
        worker.read(order, "a, b.pdf", "x")
    assert str(caught.value) == f"a, b.pdf: {reason}"
    assert time.monotonic() - started < 20  # what sleeps would sleep for 60 s
    assert worker.read(b"well", "x", "x")[0].text == "well"
    is_dead = reason.startswith(("took", "needed", "the reader"))
    assert Path(f"/proc/{before}").exists() is not is_dead  # nor is it a zombie


def test_the_limit_of_time_holds_where_the_parent_does_not_hear_alarms(worker: Worker) -> None:
    before = signal.signal(signal.SIGALRM, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM})
    try:
        with pytest.raises(CorpusError, match="took longer"):
            worker.read(b"sleep 5", "x", "x")
    finally:
        signal.signal(signal.SIGALRM, before)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGALRM})


def test_what_a_library_prints_does_not_come_between(worker: Worker) -> None:
    assert worker.read(b"print", "x", "x")[0].text == "print"
    assert worker.read(b"well", "x", "x")[0].text == "well"


def test_memory_that_files_before_left_behind_is_not_held_against_a_file() -> None:
    with Worker(seconds=2, megabytes=200, reader="tests.fake_reader:hoard") as worker:
        for number in range(4):
            assert worker.read(b"60", str(number), "x")[0].text == "60"
        with pytest.raises(CorpusError, match="needed more than 200 MB"):
            worker.read(b"300", "x", "x")


def test_closing_leaves_no_process_and_reading_starts_a_new_one(worker: Worker) -> None:
    first = pid(worker)
    worker.close()
    assert not Path(f"/proc/{first}").exists()
    worker.close()
    assert pid(worker) != first


def test_a_child_that_was_killed_between_two_files_is_replaced(worker: Worker) -> None:
    first = pid(worker)
    os.kill(first, signal.SIGKILL)
    wait_for_end(first)
    assert pid(worker) != first


def test_an_interrupted_reading_ends_the_child(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    first = pid(worker)

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("corpus.worker._receive", interrupt)
        worker.read(b"late", "x", "x")
    wait_for_end(first)
    assert worker.read(b"next", "x", "x")[0].text == "next"


_PARENT = f"""
import signal, sys
from corpus.worker import Worker
signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever runs the tests in the background has it ignored
worker = Worker(seconds=1, megabytes=200, reader={READER!r})
print(worker.read(b"pid", "x", "x")[0].text, flush=True)
worker.read(sys.argv[1].encode(), "x", "x")
"""


@pytest.mark.parametrize("order", ["sleep 60", "well"])
def test_the_child_ends_with_a_parent_that_is_killed(order: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _PARENT + "input()", order], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=HERE.parent
    ) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert is_alive(child)
        parent.kill()
    wait_for_end(child)


def test_the_child_does_not_get_the_interrupt_of_the_terminal() -> None:
    # A terminal signals the whole group of the parent.
    with subprocess.Popen(
        [sys.executable, "-c", _PARENT, "sleep 0.3"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=HERE.parent,
        start_new_session=True,
    ) as parent:
        assert parent.stdout is not None
        assert parent.stderr is not None
        child = int(parent.stdout.readline())
        assert os.getpgid(child) != os.getpgid(parent.pid)
        os.killpg(parent.pid, signal.SIGINT)
        complaints = parent.stderr.read().decode()
    assert complaints.count("KeyboardInterrupt") == 1
    wait_for_end(child)


def test_nothing_is_imported_from_the_folder_in_which_somebody_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "json.py").write_text("raise SystemExit('hijacked')")
    monkeypatch.chdir(tmp_path)
    with Worker(seconds=2, reader=READER) as worker:
        (report,) = worker.read(b"path", "x", "x")
    assert "" not in report.text.split("\n")
    assert str(tmp_path) not in report.text
