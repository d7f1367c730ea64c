"""Killed, stopped, locked out or without room: a database is as before or as after, never between. Texts are invented."""

from __future__ import annotations

import asyncio
import ctypes
import errno
import json
import os
import random
import re
import resource
import shutil
import signal
import sqlite3
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType
from typing import Any

import pytest

import casebook
from corpus import files
from corpus.report import Report
from db import draft, load
from db.history import store
from db.serve import make_datasette
from extract import pipeline as extraction
from extract.record import Record
from tests import remembered
from tests.remembered import Project, done, forked, run
from tests.test_history import assert_agrees, dump, outcomes

THIGH = """A 61-year-old man presented with a mass of the left thigh.

The tumor was excised. Histology showed a leiomyosarcoma. Desmin and ALK were positive. He received radiotherapy of 50 Gy in 25 fractions.

He was alive without recurrence 24 months after surgery."""
LUNG = (
    "A 44-year-old woman had had a cough for three weeks and coughed blood on a Sunday. Lobectomy of the right lung showed an adenocarcinoma. "
    "She was well after one year and went back to her work at the harbour."
)
MORE = " She has no other disease and lives with her sister, who is well and who drives her to the clinic."
LARYNX = "A 58-year-old man was hoarse. Biopsy of the larynx showed a squamous cell carcinoma. He sang again after two years."
OWN = "A 71-year-old man had a mass of the pancreas. It was an adenocarcinoma. He died of disease eight months later."
KNEE = "A 27-year-old woman had a painful knee. A synovial sarcoma of 5 cm was resected. She was well after 30 months and climbs again."
NECK = "A 33-year-old woman found a lump of the neck. It was a schwannoma of 3 cm, which was excised. She was well 18 months later."

POINTS = 50
# Modules of the system and of SQLite: each call of theirs is a place at which a command may be killed, before it and after it.
_SYSTEM = frozenset({"posix", "fcntl", "_io", "_sqlite3"})
_INSTRUCTIONS = 500  # of SQLite's machine between two places inside a statement


@dataclass(frozen=True, slots=True)
class Scene:
    """A command, and the folder in which it finds its database and the files that it names.

    Attributes
    ----------
    words
        The command, without --database.
    fingerprint
        That of the pipeline that it runs with.
    before, after
        The folder as the command finds it, and as it leaves it where nothing stops it.
    places
        How many places it passes at which it can be killed.
    publishing
        Those of them that it passes while the copy takes the database's place.
    """

    words: tuple[str, ...]
    fingerprint: str
    before: Path
    after: Path
    places: int
    publishing: range


# --- a process that ends as it is told ---------------------------------------------------------


class Countdown:
    """Calls to the system and to SQLite, counted; the process kills itself at one of them. For a child process only."""

    def __init__(self, fatal: int | None) -> None:
        self.fatal = fatal
        self.count = 0

    def start(self) -> None:
        usual = sqlite3.connect

        def connect(*args: Any, **more: Any) -> sqlite3.Connection:
            connection: sqlite3.Connection = usual(*args, **more)
            connection.set_progress_handler(self.pass_place, _INSTRUCTIONS)
            return connection

        sqlite3.connect = connect
        sys.setprofile(self._called)

    def _called(self, frame: FrameType, event: str, arg: Any) -> None:
        if event in ("c_call", "c_return"):
            module = getattr(arg, "__module__", None) or type(getattr(arg, "__self__", None)).__module__
            if module in _SYSTEM or isinstance(getattr(arg, "__self__", None), sqlite3.Connection | sqlite3.Cursor):
                self.pass_place()

    def pass_place(self) -> int:
        """Count a place, and die there if it is the one."""
        self.count += 1
        if self.count == self.fatal:
            os.kill(os.getpid(), signal.SIGKILL)
        return 0


def killed(words: tuple[str | Path, ...], fatal: int | None, told: Path) -> int:
    """Run a command in a child that kills itself at a place, and return how it ended.

    Where it does not, the file says how many places it passed, and which were the first and the last as it published.
    """

    def act() -> int:
        countdown, usual = Countdown(fatal), load.publish
        publishing = [0, 0]

        def publish(partial: Path, final: Path) -> None:
            publishing[0] = countdown.count + 1
            usual(partial, final)
            publishing[1] = countdown.count

        load.publish = publish
        countdown.start()
        result = run(*words)
        sys.setprofile(None)
        told.write_text(json.dumps([countdown.count, *publishing]), encoding="utf-8")
        return result.exit_code

    return forked(act)


# --- the scenes ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, pipeline: extraction.Pipeline) -> Iterator[Project]:
    with pytest.MonkeyPatch.context() as patch:
        made = remembered.install(patch, tmp_path_factory.mktemp("project"), pipeline, {})
        (made.own / "own.txt").write_text(OWN, encoding="utf-8")
        yield made


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which the commands run: files/ and data/casebook.db."""
    return tmp_path_factory.mktemp("crash") / "work"


def write(work: Path, **texts: str) -> None:
    (work / "files").mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (work / "files" / f"{name}.txt").write_text(text, encoding="utf-8")


def replaced(work: Path, by: Path) -> None:
    shutil.rmtree(work, ignore_errors=True)
    shutil.copytree(by, work)


@pytest.fixture(scope="module")
def scenes(project: Project, work: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Scene]:
    """The four commands that write, each with the folder before and after it."""
    made, kept, database = {}, tmp_path_factory.mktemp("scenes"), work / "data" / "casebook.db"

    def scene(name: str, fingerprint: str, *words: str) -> None:
        shutil.copytree(work, kept / f"{name} before")
        project.fingerprint = fingerprint
        told = kept / f"{name}.txt"
        # Once in this process, so that what a first time imports and reads does not count.
        done(*words, "--database", database)
        replaced(work, kept / f"{name} before")
        assert killed((*words, "--database", database), None, told) == 0
        shutil.copytree(work, kept / f"{name} after")
        places, first, last = json.loads(told.read_text(encoding="utf-8"))
        made[name] = Scene(words, fingerprint, kept / f"{name} before", kept / f"{name} after", places, range(first, last + 1))

    write(work, thigh=THIGH, lung=LUNG)
    scene("first add", "pipeline 0", "add", str(work / "files"))
    done("build", "--database", database)
    # One that is new, one with another text, and one that takes the place of a report that tells the same.
    write(work, neck=NECK, thigh=THIGH.replace("61", "62"), harbour=LUNG + MORE)
    scene("add", "pipeline 0", "add", str(work / "files"))
    scene("build", "pipeline 1", "build")
    scene("undo", "pipeline 1", "undo", "3", "--force")
    return made


# --- killed --------------------------------------------------------------------------------------


def state(work: Path) -> tuple[Any, ...]:
    """Return all that a command may change in a folder, but for clocks: rows, ledger and files."""
    database = work / "data" / "casebook.db"
    if not database.exists():
        return ()
    with closing(load.connect(database)) as connection:
        ledger = connection.execute("select run_id, report_name, outcome, message from run_report order by 1, 2").fetchall()
        runs = connection.execute("select run_id, reason, reports_new, reports_changed, reports_unchanged from run order by 1").fetchall()
        facts = connection.execute("select * from fact_run order by 1, 2, 3").fetchall()
        return tuple(load.dump(connection)), ledger, runs, facts


def assert_sound(path: Path) -> None:
    """A file of SQLite opens and is whole."""
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("pragma integrity_check").fetchall() == [("ok",)]
        assert connection.execute("pragma foreign_key_check").fetchall() == []


def points(scenes: dict[str, Scene]) -> list[tuple[str, int]]:
    """Return the places at which the commands are killed: spread at random over each run, more of them at its end, where it is put in place."""
    pick = random.Random(7)
    names = sorted(scenes)
    found = []
    for number in range(POINTS):
        scene = scenes[names[number % len(names)]]
        end = scene.places + 1
        found.append((names[number % len(names)], pick.randint(1, end) if number % 3 else pick.randint(end - 60, end - 1)))
    return found


def test_killed_at_any_of_fifty_places_it_is_as_before_or_as_after(scenes: dict[str, Scene], project: Project, work: Path) -> None:
    seen = {(name, is_done_when_killed(scenes[name], place, project, work)) for name, place in points(scenes)}
    assert seen == {(name, is_done) for name in scenes for is_done in (False, True)}


@pytest.mark.parametrize("name", ["first add", "add"])
def test_killed_at_every_place_while_the_copy_takes_its_place(name: str, scenes: dict[str, Scene], project: Project, work: Path) -> None:
    scene = scenes[name]
    found = [is_done_when_killed(scene, place, project, work) for place in scene.publishing]
    assert sorted(found) == found  # once it is there, it stays
    assert set(found) == {False, True}


def is_done_when_killed(scene: Scene, place: int, project: Project, work: Path) -> bool:
    """Kill a command at a place; tell whether it had done all, or nothing."""
    replaced(work, scene.before)
    project.fingerprint = scene.fingerprint
    words = (*scene.words, "--database", work / "data" / "casebook.db")
    assert killed(words, place, work / "told.txt") == -signal.SIGKILL, f"{scene.words}: place {place} of {scene.places} is never reached"
    return is_done_after_a_kill(scene, words, work)


def is_done_after_a_kill(scene: Scene, words: tuple[str | Path, ...], work: Path) -> bool:
    """Tell whether a command that was killed did all or nothing, one of which it must; the next time it must do the rest."""
    after_kill, database = state(work), work / "data" / "casebook.db"
    assert after_kill in (state(scene.before), state(scene.after)), scene.words
    is_done = after_kill == state(scene.after)
    for path in (database, store.path_of(database)):
        if path.exists():
            assert_sound(path)
    assert run("runs", "--database", database).exit_code == 0
    if database.exists():
        assert_agrees(database)
    again = run(*words)
    assert again.exit_code == (1 if is_done and "undo" in scene.words else 0), again.output  # nothing is left to undo
    assert state(work) == state(scene.after)
    assert_agrees(database)
    assert outcomes(database) == outcomes(scene.after / "data" / "casebook.db")
    assert files_in(database.parent) == ["casebook.db", "casebook.history.db"]
    return is_done


def files_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def limited(words: tuple[str | Path, ...], size: int, action: signal.Handlers, told: Path) -> int:
    """Run a command in a child whose files cannot grow beyond a size; what the system does about it is to be killed or to be refused."""

    def act() -> int:
        signal.signal(signal.SIGXFSZ, action)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        result = run(*words)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        told.write_text(result.stdout + result.stderr, encoding="utf-8")
        return result.exit_code

    return forked(act)


@pytest.mark.parametrize("part", [0.02, 0.1, 0.2, 0.3, 0.4, 0.6, 0.8, 0.95])
def test_killed_in_the_middle_of_a_write(part: float, scenes: dict[str, Scene], project: Project, work: Path) -> None:
    scene = scenes["add"]
    replaced(work, scene.before)
    project.fingerprint = scene.fingerprint
    words = (*scene.words, "--database", work / "data" / "casebook.db")
    size = int(part * (scene.after / "data" / "casebook.db").stat().st_size)
    assert limited(words, size, signal.SIG_DFL, work / "told.txt") == -signal.SIGXFSZ
    assert not is_done_after_a_kill(scene, words, work)


# --- no room -------------------------------------------------------------------------------------


def refused(before: Path, scene: Scene, work: Path, code: int, told: str) -> str:
    """Return the one line that a command said that was refused; all must be as before."""
    assert (code, told.count("\n")) == (1, 1), told
    assert state(work) == state(before)
    assert files_in(work / "data") == files_in(before / "data")
    assert_agrees(work / "data" / "casebook.db")
    return told.removeprefix("casebook: ").strip()


@pytest.fixture
def scene(scenes: dict[str, Scene], project: Project, work: Path) -> Scene:
    """A database to which files are to be added."""
    replaced(work, scenes["add"].before)
    project.fingerprint = scenes["add"].fingerprint
    return scenes["add"]


NO_ROOM = re.compile(
    r"\S+casebook.db: the disk is full, nothing was stored; wanted \d+ MB free in its folder.*, twice the database, found \d+ MB"
)


@pytest.mark.parametrize("part", [0, 0.3, 0.6, 0.9, 0.95, 0.98])
def test_a_database_that_cannot_grow(part: float, scene: Scene, work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usual, pages = sqlite3.connect, 1 + int(part * (scene.after / "data" / "casebook.db").stat().st_size) // 4096

    def connect(path: Any, *args: Any, **more: Any) -> sqlite3.Connection:
        connection = usual(path, *args, **more)
        if str(path).endswith(".partial"):
            connection.execute(f"pragma max_page_count = {pages}")
        return connection

    with monkeypatch.context() as patch:
        patch.setattr(sqlite3, "connect", connect)
        result = run(*scene.words, "--database", work / "data" / "casebook.db")
    assert NO_ROOM.fullmatch(refused(scene.before, scene, work, result.exit_code, result.output))


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_system_that_has_no_room(call: str, scene: Scene, work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, call, fail)
        result = run(*scene.words, "--database", work / "data" / "casebook.db")
    assert NO_ROOM.fullmatch(refused(scene.before, scene, work, result.exit_code, result.output))


@pytest.mark.parametrize("part", [0.02, 0.2, 0.5, 0.9])
def test_a_file_that_may_not_grow(part: float, scene: Scene, work: Path) -> None:
    """As a quota does; SQLite calls it an I/O error."""
    size = int(part * (scene.after / "data" / "casebook.db").stat().st_size)
    told = work / "told.txt"
    code = limited((*scene.words, "--database", work / "data" / "casebook.db"), size, signal.SIG_IGN, told)
    assert refused(scene.before, scene, work, code, told.read_text(encoding="utf-8")).endswith(
        "casebook.db: disk I/O error; nothing was stored"
    )


def test_a_disk_that_is_full(scene: Scene, work: Path) -> None:
    """A disk in memory of a little more than the database, which only root may make."""
    database = work / "data" / "casebook.db"
    size, told = sum(path.stat().st_size for path in database.parent.iterdir()), work / "told.txt"
    libc = ctypes.CDLL(None, use_errno=True)

    def act() -> int:
        if libc.unshare(0x00020000):  # CLONE_NEWNS: nobody else sees what is mounted
            return 77
        here = [str(database.parent).encode(), *(path.read_bytes() for path in sorted(database.parent.iterdir()))]
        options = f"size={size + 100_000}".encode()
        if libc.mount(b"none", b"/", None, 0x44000, None) or libc.mount(b"tmpfs", here[0], b"tmpfs", 0, options):  # private, all below
            return 77
        for name, data in zip(("casebook.db", "casebook.history.db"), here[1:], strict=True):
            (database.parent / name).write_bytes(data)
        result = run(*scene.words, "--database", database)
        told.write_text(refused(scene.before, scene, work, result.exit_code, result.output), encoding="utf-8")
        return 0

    code = forked(act)
    if code == 77:
        pytest.skip("no disk in memory can be mounted here (only root can)")
    assert code == 0
    assert NO_ROOM.fullmatch(told.read_text(encoding="utf-8"))


def test_no_room_for_the_history_after_all_is_stored(scene: Scene, work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    database = work / "data" / "casebook.db"

    def fail(_: Path) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    usual = load.publish
    with monkeypatch.context() as patch:
        patch.setattr(load, "publish", lambda partial, final: (usual(partial, final), patch.setattr(load, "settle_on_disk", fail)))
        result = run(*scene.words, "--database", database)
    assert result.exit_code == 1
    assert "casebook.db: all is stored, but not the run in its history; the next command that has room for it enters it" in result.stderr
    assert state(work) == state(scene.after)
    assert len(done("runs", "--database", database).splitlines()) == 4
    assert_agrees(database)


# --- stopped -------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def _signals_are_heard() -> Iterator[None]:
    """Heed what whoever runs the tests may have told this process not to heed, as nohup does."""
    usual = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    for number in usual:
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
    yield
    for number, handler in usual.items():
        signal.signal(number, handler)


def stopped(words: tuple[str | Path, ...], signals: dict[int, tuple[int, ...]], told: Path) -> int:
    """Run a command in a child that gets signals while it reads the so many-th report; the file keeps what it said."""

    def act() -> int:
        usual, count = casebook._extract, 0

        def extract(report: Report) -> Record:
            nonlocal count
            count += 1
            for number in signals.get(count, ()):
                os.kill(os.getpid(), number)
            return usual(report)

        casebook._extract = extract
        result = run(*words)
        told.write_text(result.stdout + result.stderr, encoding="utf-8")
        return result.exit_code

    return forked(act)


@pytest.fixture
def fresh(work: Path, project: Project) -> Path:
    """A folder with a database of two reports, and with three that are new."""
    shutil.rmtree(work, ignore_errors=True)
    project.fingerprint = "pipeline 0"
    write(work, thigh=THIGH, larynx=LARYNX)
    done("add", work / "files", "--database", work / "data" / "casebook.db")
    write(work, knee=KNEE, lung=LUNG, neck=NECK)
    return work


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_what_was_read_before_an_interruption_is_stored_and_the_same_command_goes_on(number: int, fresh: Path) -> None:
    database = fresh / "data" / "casebook.db"
    add = ("add", fresh / "files", "--database", database)
    assert stopped(add, {2: (number,)}, fresh / "told.txt") == 130
    *_, heard, ended = (line for line in (fresh / "told.txt").read_text(encoding="utf-8").splitlines() if line.startswith("casebook: "))
    assert heard == "casebook: stopping: what was read so far is being stored; Ctrl-C again stops at once, with nothing stored"
    assert ended == "casebook: interrupted; 2 reports stored; the same command goes on with the rest"
    assert outcomes(database)[2:] == [("2", "knee", "new"), ("2", "lung", "new")]
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("select run_id, is_interrupted from run order by 1").fetchall() == [("000001", 0), ("000002", 1)]
    assert done("runs", "--database", database).splitlines()[-1].endswith("# interrupted")
    assert_agrees(database)
    assert "1 new, 0 changed, 4 unchanged, 0 failed" in done(*add)
    done("add", fresh / "files", "--database", fresh / "data" / "other.db")
    assert dump(database) == dump(fresh / "data" / "other.db")


def test_what_is_told_to_outlive_its_session_does(fresh: Path) -> None:
    """As `nohup casebook add` is."""
    usual = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        add = ("add", fresh / "files", "--database", fresh / "data" / "casebook.db")
        assert stopped(add, {1: (signal.SIGHUP,)}, fresh / "told.txt") == 0
    finally:
        signal.signal(signal.SIGHUP, usual)


def test_a_second_interruption_stops_at_once_and_stores_nothing(fresh: Path) -> None:
    before = state(fresh)
    add = ("add", fresh / "files", "--database", fresh / "data" / "casebook.db")
    assert stopped(add, {2: (signal.SIGINT, signal.SIGINT)}, fresh / "told.txt") == 130
    told = (fresh / "told.txt").read_text(encoding="utf-8").splitlines()
    assert told[-1].startswith("casebook: interrupted; nothing was stored in ")
    assert state(fresh) == before
    assert sorted(path.name for path in (fresh / "data").iterdir()) == ["casebook.db", "casebook.history.db"]


def test_an_interruption_in_the_first_report_stores_that_one(fresh: Path) -> None:
    add = ("add", fresh / "files", "--database", fresh / "data" / "casebook.db")
    assert stopped(add, {1: (signal.SIGINT,)}, fresh / "told.txt") == 130
    assert "interrupted; 1 report stored" in (fresh / "told.txt").read_text(encoding="utf-8")


def test_an_interrupted_build_stores_what_was_read_again(fresh: Path, project: Project) -> None:
    project.fingerprint = "pipeline 2"
    database = fresh / "data" / "casebook.db"
    assert stopped(("build", "--database", database), {1: (signal.SIGTERM,)}, fresh / "told.txt") == 130
    assert "interrupted; 1 report stored" in (fresh / "told.txt").read_text(encoding="utf-8")
    done("build", "--database", database)
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("select distinct pipeline_fingerprint from report").fetchall() == [("pipeline 2",)]


def test_what_is_no_report_yet_is_given_up_at_once(fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An interruption while a file is being opened does not wait for it."""
    usual = files.load

    def load_and_ask(source: files.Source) -> bytes:
        if source.path.name == "neck.txt":
            os.kill(os.getpid(), signal.SIGINT)
            pytest.fail("went on reading")
        return usual(source)

    monkeypatch.setattr(files, "load", load_and_ask)
    result = run("add", fresh / "files", "--database", fresh / "data" / "casebook.db")
    assert (result.exit_code, result.stderr.splitlines()[-1]) == (
        130, "casebook: interrupted; 2 reports stored; the same command goes on with the rest",
    )  # fmt: skip
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_second_interruption_counts_while_the_first_is_being_heeded(fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usual, before = files.load, state(fresh)

    def load_and_ask(source: files.Source) -> bytes:
        if source.path.name != "neck.txt":
            return usual(source)
        try:
            os.kill(os.getpid(), signal.SIGINT)
        finally:
            os.kill(os.getpid(), signal.SIGINT)
        pytest.fail("went on reading")

    monkeypatch.setattr(files, "load", load_and_ask)
    result = run("add", fresh / "files", "--database", fresh / "data" / "casebook.db")
    assert (result.exit_code, result.stderr.count("nothing was stored in")) == (130, 1)
    assert state(fresh) == before


# --- locked out ----------------------------------------------------------------------------------


@contextmanager
def elsewhere(act: Callable[[], None]) -> Iterator[None]:
    """Keep another process in the state to which an action brings it, until the block ends."""
    (ready, is_ready), (end, is_over) = os.pipe(), os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        try:
            os.close(is_over)
            act()
            os.write(is_ready, b"!")
            os.read(end, 1)  # ends, too, if the parent dies
        finally:
            os._exit(0)
    for handle in (is_ready, end):
        os.close(handle)
    try:
        assert os.read(ready, 1) == b"!"
        yield
    finally:
        os.close(is_over)
        os.close(ready)
        os.waitpid(child, 0)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite does not wait for a lock."""
    usual = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *args, **more: usual(*args, **(more | {"timeout": 0.05})))


def holding(path: Path, statement: str) -> Callable[[], None]:
    """Return what begins a transaction in a file of SQLite and keeps it open."""
    kept = []

    def act() -> None:
        connection = sqlite3.connect(path, isolation_level=None)
        connection.execute(statement)
        kept.append(connection)

    return act


WRITERS = [("add", "FILES"), ("build",), ("undo", "2"), ("tables", "add", "--yes", "TABLE")]


@pytest.mark.parametrize("words", WRITERS, ids=lambda words: words[0])
def test_another_casebook_is_writing(words: tuple[str, ...], scene: Scene, work: Path, project: Project) -> None:
    project.fingerprint = "pipeline 1"  # so that there is something to build
    database = work / "data" / "casebook.db"
    table = work / "files" / "doses.csv"
    table.write_text("Reference,Age,Sex,Site,Dose (Gy),Fractions\nSmith 2001,54,M,Lung,50,25\n", encoding="utf-8")
    command = [{"FILES": work / "files", "TABLE": table}.get(word, word) for word in words]
    kept = ExitStack()
    with elsewhere(lambda: kept.enter_context(draft._lock(database))):
        result = run(*command, "--database", database)
        assert state(work) == state(scene.before)
        assert (result.exit_code, result.stderr) == (
            1,
            f"casebook: {database}: another casebook is writing to it; wait until it has finished\n",
        )
    done(*command, "--database", database)
    assert files_in(database.parent) == ["casebook.db", "casebook.history.db"]


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("statement", ["begin immediate", "begin exclusive"])
@pytest.mark.parametrize("name", ["casebook.db", "casebook.history.db"])
def test_another_program_is_writing(name: str, statement: str, scene: Scene, work: Path) -> None:
    database = work / "data" / "casebook.db"
    with elsewhere(holding(work / "data" / name, statement)):
        result = run(*scene.words, "--database", database)
    told = refused(scene.before, scene, work, result.exit_code, result.output)
    assert told.startswith(f"{work / 'data' / name}: another program is writing to it; wait until it has finished")
    done(*scene.words, "--database", database)
    assert state(work) == state(scene.after)


def test_what_another_program_writes_meanwhile_is_not_lost(scene: Scene, work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told that the database is locked, as long as the copy of it is being made."""
    database = work / "data" / "casebook.db"
    usual, told = load.refresh_overview, []

    def write(connection: sqlite3.Connection) -> None:
        with closing(sqlite3.connect(database, timeout=0.05)) as other, pytest.raises(sqlite3.OperationalError) as refusal:
            other.execute("update report set journal = 'Journal of Others'")
        told.append(str(refusal.value))
        usual(connection)

    monkeypatch.setattr(load, "refresh_overview", write)
    done(*scene.words, "--database", database)
    assert told == ["database is locked"]


def test_a_log_that_another_program_left_is_not_mixed_with_the_new_database(scene: Scene, work: Path) -> None:
    """A write-ahead log beside a new file of the same name would be taken for its own."""
    database = work / "data" / "casebook.db"

    def leave_log() -> int:
        connection = sqlite3.connect(database)
        connection.execute("pragma journal_mode = wal")
        connection.execute("update report set journal = 'Journal of Others'")
        connection.commit()
        os.kill(os.getpid(), signal.SIGKILL)
        return 0

    forked(leave_log)
    assert database.with_name("casebook.db-wal").stat().st_size > 0
    done(*scene.words, "--database", database)
    assert files_in(database.parent) == ["casebook.db", "casebook.history.db"]
    assert_sound(database)
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("select journal from report where report_id = 'own'").fetchall() == [("Journal of Others",)]


def during_report(number: int, act: Callable[[], None], monkeypatch: pytest.MonkeyPatch) -> None:
    """Do something, once, while this process reads the so many-th report."""
    usual, count = casebook._extract, 0

    def extract(report: Report) -> Record:
        nonlocal count
        count += 1
        if count == number:
            act()
        return usual(report)

    monkeypatch.setattr(casebook, "_extract", extract)


@pytest.mark.parametrize(("number", "codes"), [(1, (1, 0)), (2, (0, 1))], ids=["before the first writes", "while the first writes"])
def test_two_at_once(number: int, codes: tuple[int, int], scene: Scene, work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one that has not begun to write when the other has finished must not write by what it knew before."""
    database, found = work / "data" / "casebook.db", []
    (work / "more").mkdir()
    (work / "more" / "knee.txt").write_text(KNEE, encoding="utf-8")
    second = ("add", work / "more", "--database", database)
    first = (*scene.words, "--database", database)
    with monkeypatch.context() as patch:
        during_report(number, lambda: found.append(forked(lambda: run(*second).exit_code)), patch)
        result = run(*first)
    assert (result.exit_code, *found) == codes
    if result.exit_code:
        assert result.stderr == f"casebook: {database}: another casebook has written to it since this command began; run it again\n"
    assert_sound(database)
    assert_agrees(database)
    done(*first)
    done(*second)
    replaced(work / "alone", scene.before)
    for words in (first, second):
        done(*words[:2], "--database", work / "alone" / "data" / "casebook.db")
    assert dump(database) == dump(work / "alone" / "data" / "casebook.db")


def test_a_folder_that_may_not_be_written(scene: Scene, project: Project) -> None:
    """As somebody else than the owner; root may write everywhere, and becomes nobody here."""
    with TemporaryDirectory() as name:
        there = Path(name)
        there.chmod(0o755)
        replaced(there / "work", scene.before)
        database, told = there / "work" / "data" / "casebook.db", there / "told"
        told.touch()
        told.chmod(0o666)
        (there / "files").mkdir()
        (there / "files" / "neck.txt").write_text(NECK, encoding="utf-8")
        for path in (*there.rglob("*"), there):
            path.chmod(0o666 if path == told else 0o555 if path.is_dir() else 0o444)

        def act() -> int:
            if os.geteuid() == 0:
                os.setuid(65534)
            results = [run(*words, "--database", database) for words in (("add", there / "files"), ("runs",))]
            told.write_text(results[0].stderr + results[1].stdout, encoding="utf-8")
            return results[0].exit_code * 10 + results[1].exit_code

        try:
            assert forked(act) == 10
        finally:
            for path in (there, there / "files", there / "work", there / "work" / "data", there / "work" / "files"):
                path.chmod(0o755)
        refusal, _, *listed = told.read_text(encoding="utf-8").splitlines()
        assert refusal == f"casebook: {database}: no file can be made beside it (permission denied); wanted a folder that may be written"
        assert len(listed) == 2


def test_a_site_that_is_served_meanwhile_goes_on_with_what_it_had(scene: Scene, work: Path) -> None:
    database = work / "data" / "casebook.db"
    site = make_datasette(database)

    def names() -> list[str]:
        answer = asyncio.run(site.client.get("/casebook/report.json?_shape=array&_col=report_id"))
        assert answer.status_code == 200
        return [row["report_id"] for row in answer.json()]

    before = names()
    done(*scene.words, "--database", database)
    assert names() == before
    site = make_datasette(database)
    assert set(names()) - set(before) == {"harbour", "neck"}
