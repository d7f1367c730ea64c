"""A new state of a database: written to a copy, which takes its place when it is whole."""

from __future__ import annotations

import os
import signal
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from corpus.files import readers_fingerprint
from db import load, refusals, schema, source_files
from db.history import store
from db.schema import DatabaseError
from db.source_files import SourceFile
from extract.version import version

# Why a report is stored, as the ledger keeps it: from a file that was named, from the project's own files, from the text in the
# database because the pipeline is another, or because its corrections are, or because a run (whose name follows) is undone; and why
# one is taken out by name.
ADD, BUILD, READ_AGAIN, CORRECT, UNDO, REMOVE = "add", "build", "read again", "correct", "undo", "remove"


def _in_silence(doing: str) -> None:
    """Tell nobody what is being done."""


@dataclass(slots=True)
class Draft:
    """A copy of a database that takes its place at the end. It is made when the first change comes.

    Attributes
    ----------
    database
        Where the result goes.
    stack
        Closes the copy, and puts it in the database's place, when the command ends.
    fingerprint
        That of the pipeline that reads the reports.
    starts_empty
        True where what is there was made with other tables, so that nothing of it can be taken as it is.
    runs
        Reason to run in the ledger, for those that this command has begun.
    words
        The command as it was typed, for the history.
    started
        When the command started.
    show
        Hears what is being done where that can take longer than a second.
    """

    database: Path
    stack: ExitStack
    fingerprint: str
    starts_empty: bool = False
    runs: dict[str, str] = field(default_factory=dict)
    opened: sqlite3.Connection | None = None
    words: str | None = None
    # The ledger is history and the only place that knows the clock.
    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    show: Callable[[str], None] = _in_silence
    _seen: tuple[int, ...] | None = field(init=False)

    def __post_init__(self) -> None:
        self._seen = identity(self.database)

    @property
    def connection(self) -> sqlite3.Connection:
        """The copy, open for writing.

        Raises
        ------
        DatabaseError
            Another process is writing to the same database, or has since this draft was begun.
        """
        if self.opened is None:
            self.opened = self.stack.enter_context(replacement(self.database, self._seen, self.starts_empty, self.words, self.show))
        return self.opened

    def run(self, reason: str) -> str:
        """Return the run that stores reports for this reason, begun if it is the first."""
        if reason not in self.runs:
            last = self.connection.execute("select max(cast(run_id as integer)) from run").fetchone()[0] or 0
            self.runs[reason] = f"{max(last, store.last_number(self.database)) + 1:06}"
            by = {"version": version(), "fingerprint": self.fingerprint, "readers": readers_fingerprint()}
            load.start_run(self.connection, self.runs[reason], reason, by, self.started.isoformat(timespec="milliseconds"))
        return self.runs[reason]

    def finish(
        self,
        failed: Sequence[tuple[str, str]],
        unchanged: int,
        files: Sequence[SourceFile] = (),
        touched: Sequence[SourceFile] = (),
        is_interrupted: bool = False,
    ) -> None:
        """Write counts, failures (name and message) and files into the ledger: those that were read, and known ones that were touched.

        Nothing is written where nothing was stored and no file was read for the first time.
        """
        if files and self.database.exists():
            self.run(next(iter(self.runs), ADD))  # else files of which nothing could be used would be read anew each time
        if self.starts_empty and self.runs:
            self._tell_stored_before()
        for number, run in enumerate(self.runs.values()):
            for name, message in [] if number else failed:
                load.note_failure(self.connection, run, name, message)
            seconds = (datetime.now(UTC) - self.started).total_seconds()
            load.finish_run(self.connection, run, 0 if number else unchanged, round(seconds, 3), is_interrupted)
        if self.opened is None:
            store.reconcile(self.database)
            _tidy(self.database)
        else:
            source_files.note(self.opened, (*files, *touched))

    def _tell_stored_before(self) -> None:
        """Call those reports changed that stood in the older tables: in the new ones each looks new."""
        self.connection.execute(
            "update run_report set outcome = 'changed' where outcome = 'new' and run_id >= :first and report_name in"
            " (select report_name from run_report where outcome in ('new', 'changed') and run_id < :first)",
            {"first": min(self.runs.values())},
        )
        with closing(open_readonly(self.database)) as old:
            # Their runs may stand in no ledger: older tables had none for them.
            there = [(name, min(self.runs.values())) for name in _dose_tables(old)]
        self.connection.executemany(
            "update run_dose_table set outcome = 'changed' where outcome = 'new' and dose_table_id = ? and run_id >= ?", there
        )


@contextmanager
def replacement(
    database: Path, seen: tuple[int, ...] | None, starts_empty: bool, words: str | None = None, show: Callable[[str], None] = _in_silence
) -> Iterator[sqlite3.Connection]:
    """Yield a copy to write to and put it in the database's place; an exception leaves all as it was.

    The history follows: `words` is the command as it was typed. `seen` tells the state of the database that the command has looked at,
    `show` hears what is being done.

    Raises
    ------
    DatabaseError
        Another process is writing to the same database, or has since it was seen; or the disk refuses what is written.
    """
    database = database.resolve()
    database.parent.mkdir(parents=True, exist_ok=True)
    partial = _partial(database)
    with _lock(database):
        # What was looked up so far, to decide what to store, may not hold any more.
        if identity(database) != seen:
            raise DatabaseError(f"{database}: another casebook has written to it since this command began; run it again")
        try:
            with _explained(database), _held(database), ExitStack() as history:
                store.reconcile(database)
                _discard(partial)
                if database.exists() and not starts_empty:
                    show("copying the database")
                    with closing(open_readonly(database)) as old, closing(sqlite3.connect(partial)) as new:
                        old.backup(new)
                follow = history.enter_context(store.following(database, words))
                with closing(load.connect(partial)) as connection:
                    # Nobody reads this file before it is whole and on the disk: a crash costs nothing but the copy.
                    connection.execute("pragma synchronous = off")
                    connection.execute("pragma journal_mode = memory")
                    load.watch(connection)
                    yield connection
                    show("looking for cases that may be the same patient")
                    load.refresh_overview(connection)
                    show("entering in the history what was done")
                    with load.transaction(connection):
                        follow(connection)
                with _undisturbed():
                    load.publish(partial, database)
                    for end in ("wal", "shm"):
                        database.with_name(f"{database.name}-{end}").unlink(missing_ok=True)
                    _keep_history(database, history)
        finally:
            _discard(partial)


def _keep_history(database: Path, history: ExitStack) -> None:
    """Let the runs of the copy that now is in its place stay in the history."""
    try:
        load.settle_on_disk(database.parent)
        history.close()
    except (sqlite3.Error, OSError, DatabaseError) as error:
        told = "all is stored, but not the run in its history; the next command that has room for it enters it"
        # Without its cause, which would be taken for that of a copy that was not stored.
        raise DatabaseError(f"{database}: {told} ({error})") from None


@contextmanager
def _explained(database: Path) -> Iterator[None]:
    """Say of what SQLite and the disk refuse what is wanted instead."""
    try:
        yield
    except (sqlite3.Error, OSError, DatabaseError) as error:
        cause = error.__cause__ if isinstance(error, DatabaseError) and error.__cause__ else error
        if refusals.is_full(cause):
            raise DatabaseError(refusals.no_room(database, _partial(database))) from error
        if isinstance(error, sqlite3.Error):
            raise DatabaseError(f"{database}: {refusals.reason(error)}; nothing was stored") from error
        raise


@contextmanager
def _held(database: Path) -> Iterator[None]:
    """Keep other programs from writing to the database while its copy is made and changed: what they wrote would be lost.

    What a killed program left half done in it is ended first, and its write-ahead log emptied, which would be taken for that of the copy.
    """
    if not database.exists():
        yield
        return
    with closing(sqlite3.connect(f"{database.as_uri()}?mode=rw", uri=True, isolation_level=None)) as held:
        is_busy, *_ = held.execute("pragma wal_checkpoint(truncate)").fetchone()
        if is_busy:
            raise DatabaseError(f"{database}: {refusals.BUSY}")
        held.execute("begin immediate")
        yield


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Let no request to stop come between database and history: it comes too late, all is stored in a moment."""
    if threading.current_thread() is not threading.main_thread():  # which alone gets signals
        yield
        return
    usual = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in usual.items():
            signal.signal(number, handler)


def identity(database: Path) -> tuple[int, ...] | None:
    """Return what tells one state of a database from another without reading it, None where there is none."""
    try:
        found = database.stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


def _partial(database: Path) -> Path:
    return database.with_name(f"{database.name}.partial")


def _tidy(database: Path) -> None:
    """Remove what a killed process left beside the database, if that is possible now."""
    database = database.resolve()
    lock, partial = database.with_name(f"{database.name}.lock"), _partial(database)
    if lock.exists() or partial.exists():
        with suppress(DatabaseError), _lock(database):
            _discard(partial)


def _discard(partial: Path) -> None:
    """Remove an unfinished copy, also one that a killed process left behind."""
    for path in (partial, partial.with_name(f"{partial.name}-journal")):
        path.unlink(missing_ok=True)


@contextmanager
def _lock(database: Path) -> Iterator[None]:
    """Keep other processes from writing to the database; the system ends the lock with the process."""
    import fcntl

    path = database.with_name(f"{database.name}.lock")
    while True:
        try:
            handle = os.open(path, os.O_CREAT | os.O_RDWR, 0o644)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise DatabaseError(f"{database}: no file can be made beside it ({reason}); wanted a folder that may be written") from error
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            raise DatabaseError(f"{database}: another casebook is writing to it; wait until it has finished") from None
        # Its owner may have removed the file between our opening and our locking it: then it locks nothing.
        if (there := identity(path)) and there[0] == os.fstat(handle).st_ino:
            break
        os.close(handle)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
        os.close(handle)


def open_readonly(database: Path) -> sqlite3.Connection:
    """Open a database for reading only."""
    return sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True)


def has_todays_tables(database: Path) -> bool | None:
    """Tell whether a database has today's tables; None where there is none yet.

    Raises
    ------
    DatabaseError
        What is there is no database, or another program's.
    """
    if not database.exists():
        return None
    try:
        with closing(open_readonly(database)) as connection:
            version = connection.execute("pragma user_version").fetchone()[0]
            tables = {name for (name,) in connection.execute("select name from sqlite_master where type = 'table'")}
    except sqlite3.OperationalError as error:
        raise DatabaseError(f"{database}: {refusals.reason(error)}") from error
    except sqlite3.Error as error:
        raise DatabaseError(f"{database}: {error}; wanted a Casebook database, or a name that is free") from error
    if not tables:
        return None
    if version == schema.fingerprint():
        return True
    if not {"report", "report_text"} <= tables:
        raise DatabaseError(f"{database}: another program's database; wanted one of Casebook's, or a name that is free")
    return False


def is_usable(database: Path) -> bool:
    """Tell whether there is a database yet.

    Raises
    ------
    DatabaseError
        It has other tables than today's, or is none of Casebook's.
    """
    _tidy(database)
    is_current = has_todays_tables(database)
    if is_current is False:
        raise DatabaseError(f"{database}: was made with other tables; `casebook build` makes it anew and keeps what was added")
    return is_current is True


def copy_ledger(old: sqlite3.Connection, new: sqlite3.Connection) -> None:
    """Take the history of runs and of files over into new tables, as far as the columns are still the same."""
    columns = schema.dictionary()
    with suppress(sqlite3.Error), load.transaction(new):
        for table in ("run", "run_report", "run_dose_table", "source_file"):
            there = {row[1] for row in old.execute(f"pragma table_info({table})")}
            if not there:
                continue
            shared = ", ".join(name for name in columns[table].columns if name in there)
            rows = old.execute(f"select {shared} from {table}").fetchall()
            marks = ", ".join("?" * (shared.count(",") + 1))
            new.executemany(f"insert into {table} ({shared}) values ({marks})", rows)


def added_reports(connection: sqlite3.Connection) -> set[str]:
    """Return the reports whose stored text came by `add`: it goes before the project's own of the same name."""
    origin: dict[str, str | None] = {}
    before: dict[tuple[str, str], str | None] = {}
    with suppress(sqlite3.Error):  # a database with other tables may keep its history in another way
        for run, name, reason in connection.execute(
            "select run_id, report_name, case outcome when 'removed' then outcome else reason end from run_report join run using (run_id)"
            " where outcome in ('new', 'changed', 'removed') and (outcome = 'removed' or reason in (?, ?, ?, ?) or reason like ? || ' %')"
            " order by run_id",
            (ADD, BUILD, READ_AGAIN, CORRECT, UNDO),
        ):
            before[run, name] = origin.get(name)
            if reason in (READ_AGAIN, CORRECT):
                continue  # from the text that was stored
            # What an undone run had stored, or had taken out, comes again from where it came before.
            origin[name] = before.get((reason.removeprefix(UNDO).strip(), name)) if reason.startswith(UNDO) else reason
    return {name for name, reason in origin.items() if reason == ADD}


def holds_own(connection: sqlite3.Connection) -> bool:
    """Tell whether a database holds reports of the project: any that did not come by `add`."""
    stored = {name for (name,) in connection.execute("select report_id from report")}
    return not stored <= added_reports(connection) | own_tables(connection)


def put_back(connection: sqlite3.Connection) -> frozenset[str]:
    """Return the reports that an undo was the last to touch."""
    # Beside max(), SQLite gives the other columns of the same row.
    rows = connection.execute(
        "select report_name, reason, max(run_id) from run_report join run using (run_id) where outcome <> 'failed' group by report_name"
    )
    return frozenset(name for name, reason, _ in rows if (reason or "").startswith(f"{UNDO} "))


def _dose_tables(connection: sqlite3.Connection) -> list[str]:
    with suppress(sqlite3.Error):  # a database with older tables holds none
        return [name for (name,) in connection.execute("select dose_table_id from dose_table")]
    return []


def own_tables(connection: sqlite3.Connection) -> set[str]:
    """Return the reports that are tables of the authors' own patients: they are read as tables, not as prose."""
    with suppress(sqlite3.Error):  # a database with older tables holds none
        return {name for (name,) in connection.execute("select dose_table_id from dose_table where is_own = 1")}
    return set()
