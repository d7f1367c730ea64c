"""Killed, stopped, locked out or without room: a database is as before or as after, never between. Texts are invented."""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from db import load
from db.history import store
from extract import pipeline as extraction
from tests import remembered
from tests.remembered import Project, done, run
from tests.test_history import assert_agrees, outcomes

THIGH = """A 61-year-old man presented with a mass of the left thigh.

The tumor was excised. Histology showed a leiomyosarcoma. Desmin and ALK were positive. He received radiotherapy of 50 Gy in 25 fractions.

He was alive without recurrence 24 months after surgery."""
LUNG = (
    "A 44-year-old woman had had a cough for three weeks and coughed blood on a Sunday. Lobectomy of the right lung showed an adenocarcinoma. "
    "She was well after one year and went back to her work at the harbour."
)
MORE = " She has no other disease and lives with her sister, who is well and who drives her to the clinic."
LARYNX = "A 58-year-old man was hoarse. Biopsy of the larynx showed a squamous cell carcinoma. He sang again after two years."
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
    """

    words: tuple[str, ...]
    fingerprint: str
    before: Path
    after: Path
    places: int


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
        if (
            event in ("c_call", "c_return")
            and (getattr(arg, "__module__", None) or type(getattr(arg, "__self__", None)).__module__) in _SYSTEM
        ):
            self.pass_place()
        elif event in ("c_call", "c_return") and isinstance(getattr(arg, "__self__", None), sqlite3.Connection | sqlite3.Cursor):
            self.pass_place()

    def pass_place(self) -> int:
        """Count a place, and die there if it is the one."""
        self.count += 1
        if self.count == self.fatal:
            os.kill(os.getpid(), signal.SIGKILL)
        return 0


def forked(act: Callable[[], int]) -> int:
    """Do something in a child process that shares what this one has built; return how it ended, below zero by a signal."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # threads of other tests, which the child does without
        child = os.fork()
    if child == 0:
        code = 70
        try:
            code = act()
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def killed(words: tuple[str | Path, ...], fatal: int | None, told: Path) -> int:
    """Run a command in a child that kills itself at a place, and return how it ended; where it does not, the file says how many it passed."""

    def act() -> int:
        countdown = Countdown(fatal)
        countdown.start()
        result = run(*words)
        sys.setprofile(None)
        told.write_text(str(countdown.count), encoding="utf-8")
        return result.exit_code

    return forked(act)


# --- the scenes ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, pipeline: extraction.Pipeline) -> Iterator[Project]:
    with pytest.MonkeyPatch.context() as patch:
        made = remembered.install(patch, tmp_path_factory.mktemp("project"), pipeline, {})
        (made.own / "larynx.txt").write_text(LARYNX, encoding="utf-8")
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
        made[name] = Scene(words, fingerprint, kept / f"{name} before", kept / f"{name} after", int(told.read_text(encoding="utf-8")))

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
    seen = set()
    for name, place in points(scenes):
        scene = scenes[name]
        replaced(work, scene.before)
        project.fingerprint = scene.fingerprint
        database = work / "data" / "casebook.db"
        words = (*scene.words, "--database", database)
        assert killed(words, place, work / "told.txt") == -signal.SIGKILL, f"{name}: place {place} of {scene.places} is never reached"
        after_kill = state(work)
        assert after_kill in (state(scene.before), state(scene.after)), f"{name} killed at place {place} of {scene.places}"
        is_done = after_kill == state(scene.after)
        seen.add((name, is_done))
        if database.exists():
            assert_sound(database)
        assert run("runs", "--database", database).exit_code == 0
        if store.path_of(database).exists():
            assert_sound(store.path_of(database))
        if database.exists():
            assert_agrees(database)
        again = run(*words)
        assert again.exit_code == (1 if is_done and name == "undo" else 0), again.output
        assert state(work) == state(scene.after)
        assert_agrees(database)
        assert outcomes(database) == outcomes(scene.after / "data" / "casebook.db")
        assert sorted(path.name for path in database.parent.iterdir()) == ["casebook.db", "casebook.history.db"]
    assert seen == {(name, is_done) for name in scenes for is_done in (False, True)}
