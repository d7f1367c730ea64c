"""The file of the history: it follows the database, run by run, and only grows.

The database is what counts. A run is entered here while the finished copy takes the database's place; where a kill comes between the
two, the database has a run that the history lacks, and whoever opens either next enters it, from the database itself.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import astuple, dataclass, replace
from pathlib import Path
from typing import Any

from db import duplicates, records, refusals, reports, schema
from db import version as db_version
from db.corrections import ruling
from db.history import content, dose_tables
from db.query import every, one
from db.rows import case_key
from db.schema import DatabaseError

STORED, LINKED, OUT = "stored", "linked", "out"  # LINKED is an outcome, too
NEW, CHANGED, SAME, REMOVED = "new", "changed", "same", "removed"

# A history is kept for years: what a version adds to the tables stands in a script of its own, which an older file is brought over by.
_SCRIPTS = tuple(Path(__file__).parent / f"tables_{number}.sql" for number in (1, 2))
_VERSION = len(_SCRIPTS)
# What the ledger of the database holds of a run, too.
_RUN = ("run_id", "reason", "started_at", "seconds", "pipeline_version", "pipeline_fingerprint", "readers_fingerprint",
        "reports_unchanged", "reports_failed")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Run:
    """A run as the history knows it: counts of reports by outcome, those that were read again with the same result apart.

    `dose_tables` counts the tables that are others than before.
    """

    run_id: str
    reason: str | None
    words: str | None
    started_at: str | None
    seconds: float | None
    pipeline_version: str | None
    pipeline_fingerprint: str | None
    readers_fingerprint: str | None
    unchanged: int
    failed: int
    new: int
    changed: int
    same: int
    linked: int
    removed: int
    dose_tables: int = 0


@dataclass(frozen=True, slots=True)
class Version:
    """What a run made of a report; `facts` and `report` are keys of contents, None for one that is out."""

    report_id: str
    run_id: str
    outcome: str
    state: str
    facts: int | None
    report: int | None
    pipeline_version: str | None
    pipeline_fingerprint: str | None

    def tells_as(self, other: Version | None) -> bool:
        """Tell whether two versions of a report hold the same; None is one that is out."""
        if other is None:
            return self.state == OUT
        return (self.state, self.facts, self.report) == (other.state, other.facts, other.report)


# --- the file ----------------------------------------------------------------------------------


def path_of(database: Path) -> Path:
    """Return where the history of a database lies: beside it, "casebook.history.db" for "casebook.db"."""
    place = database.resolve()
    return place.with_name(f"{place.stem}.history.db")


@contextmanager
def reading(database: Path) -> Iterator[sqlite3.Connection]:
    """Open the history of a database for reading; an empty one where there is none yet.

    Raises
    ------
    DatabaseError
        The file is no history, or one of another version of Casebook.
    """
    path = path_of(database)
    with ExitStack() as stack:
        past = None
        if path.exists():
            # Not for reading only: what a killed process left half written is rolled back at the first look.
            past = stack.enter_context(closing(sqlite3.connect(f"{path.as_uri()}?mode=rw", uri=True, timeout=10)))
        if past is None or _is_empty(past, path):
            past = stack.enter_context(closing(sqlite3.connect(":memory:")))
            _add_tables(past, 0)
        elif _check(past, path) < _VERSION:
            with _writing(database):
                pass  # brings it over
        yield past


def in_ledger(database: Path) -> set[str]:
    """Return the runs that a database has in its own ledger: none where there is no database."""
    if not database.exists():
        return set()
    with closing(sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True)) as connection:
        return {row["run_id"] for row in every(connection, "select run_id from run")}


@contextmanager
def looking(database: Path) -> Iterator[sqlite3.Connection | None]:
    """Open the history of a database for the site, which writes nothing, not even what a kill or an older Casebook left to do.

    None where there is none.

    Raises
    ------
    DatabaseError
        The file is no history, or a command must bring it in order first: `casebook runs` does.
    """
    path = path_of(database)
    if not path.exists():
        yield None
        return
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=10)) as past:
        if _check(past, path) < _VERSION:
            raise DatabaseError(f"{path}: an older Casebook's; `casebook runs` brings it over")
        yield past


def _is_empty(past: sqlite3.Connection, path: Path) -> bool:
    """Tell whether there are no tables: the first run was killed as it began to write."""
    with _said_of(path):
        return one(past, "select 1 from sqlite_master") is None


@contextmanager
def _writing(database: Path) -> Iterator[sqlite3.Connection]:
    """Open the history for writing, made if it is not there; what is written stays at the end, unless something is raised."""
    path = path_of(database)
    with closing(sqlite3.connect(path, isolation_level=None, timeout=10)) as past:
        past.execute("pragma foreign_keys = on")
        past.execute("pragma synchronous = full")
        with _said_of(path):
            past.execute("begin immediate")
        try:
            _add_tables(past, 0 if _is_empty(past, path) else _check(past, path))
            yield past
        except BaseException:
            past.rollback()
            raise
        with _said_of(path):
            past.commit()


@contextmanager
def _said_of(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        raise DatabaseError(f"{path}: {refusals.reason(error)}") from error
    except sqlite3.Error as error:
        raise DatabaseError(f"{path}: {error}; wanted the history of a database") from error


def _add_tables(past: sqlite3.Connection, version: int) -> None:
    """Add what the tables of a version lack: to a file without any (0) all of them."""
    for script in _SCRIPTS[version:]:
        for statement in schema.split(script.read_text(encoding="utf-8")):
            past.execute(statement)
    past.execute(f"pragma user_version = {_VERSION}")


def _check(past: sqlite3.Connection, path: Path) -> int:
    """Return the version of the tables of a file: today's, or an older one.

    Raises
    ------
    DatabaseError
        The file is no history, or one of a later Casebook.
    """
    with _said_of(path):
        version: int = past.execute("pragma user_version").fetchone()[0]
        tables = {name for (name,) in past.execute("select name from sqlite_master where type = 'table'")}
    if not {"run", "content", "version"} <= tables or version < 1:
        raise DatabaseError(f"{path}: another program's; wanted the history of a database, or a name that is free")
    if version > _VERSION:
        raise DatabaseError(f"{path}: a later Casebook's (its tables have version {version}, wanted {_VERSION} at most); use that one")
    return version


# --- following the database --------------------------------------------------------------------


@contextmanager
def following(database: Path, words: str | None) -> Iterator[Callable[[sqlite3.Connection], None]]:
    """Yield a function that enters the runs of a finished copy; they stay if the copy takes the database's place inside."""
    with ExitStack() as stack:

        def enter(copy: sqlite3.Connection) -> None:
            with reading(database) as past:
                is_known = not _missing(past, copy, path_of(database))
            if not is_known:
                past = stack.enter_context(_writing(database))
                _follow(past, copy, _missing(past, copy, path_of(database)), words, is_copy=True)

        yield enter


def reconcile(database: Path) -> None:
    """Enter the runs of a database that its history lacks: it was lost, or a kill came before it was written.

    A database that is not there, or that has other tables than today's, is left alone.

    Raises
    ------
    DatabaseError
        The history is that of another database, or none.
    """
    if not database.exists():
        return
    with closing(sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True)) as connection:
        if connection.execute("pragma user_version").fetchone()[0] != schema.fingerprint():
            return
        with reading(database) as past:
            is_known = not _missing(past, connection, path_of(database))
        if not is_known:
            with _writing(database) as past:
                _follow(past, connection, _missing(past, connection, path_of(database)), None, is_copy=False)


def _missing(past: sqlite3.Connection, connection: sqlite3.Connection, path: Path) -> list[str]:
    """Return the runs in the ledger that the history lacks, in order.

    Raises
    ------
    DatabaseError
        A run of the ledger is another one in the history.
    """
    known = dict(past.execute("select run_id, started_at from run").fetchall())
    ledger = dict(connection.execute("select run_id, started_at from run order by run_id").fetchall())
    for run_id in known.keys() & ledger.keys():
        if known[run_id] != ledger[run_id]:
            raise DatabaseError(f"{path}: its run {run_id} is another than the database's; move this file away if it is of another one")
    return [run_id for run_id in ledger if run_id not in known]


def _follow(past: sqlite3.Connection, connection: sqlite3.Connection, missing: list[str], words: str | None, *, is_copy: bool) -> None:
    """Enter runs that the history lacks, with what the database now holds of the reports that they touched.

    A copy also gets the runs of the history that it lacks (it is an older state put back, or was begun anew), and the first and
    last runs of the facts.
    """
    if not missing:
        return
    lost = _lost(past, connection)
    before = state(past)
    columns = ", ".join(_RUN)
    for run_id in missing:
        row = connection.execute(f"select {columns} from run where run_id = ?", (run_id,)).fetchone()
        past.execute(
            f"insert into run ({columns}, words) values ({', '.join('?' * (len(_RUN) + 1))})", (*row, _cut_short(connection, run_id, words))
        )
    if is_copy:
        rows = [past.execute(f"select {columns} from run where run_id = ?", (run_id,)).fetchone() for run_id in lost]
        connection.executemany(f"insert into run ({columns}) values ({', '.join('?' * len(_RUN))})", rows)
    for report_id, run_id in _touched(past, connection, missing, lost, before).items():
        now = _version(past, connection, report_id, run_id, before.get(report_id))
        if now is None:
            continue
        past.execute("insert into version values (?, ?, ?, ?, ?, ?, ?, ?)", astuple(now))
        if is_copy and now.state == STORED:
            _fill_fact_run(past, connection, now)
    dose_tables.follow(past, connection, missing)
    _note_pipeline(past)


def _note_pipeline(past: sqlite3.Connection) -> None:
    """Keep of which files today's pipeline is made, where a run was by this one."""
    today = db_version.fingerprint()
    if one(past, "select 1 from run where pipeline_fingerprint = ?", today):
        files = json.dumps(dict(db_version.files()), sort_keys=True)
        past.execute("insert or ignore into pipeline values (?, ?)", (today, content.put(past, files)))


def _cut_short(connection: sqlite3.Connection, run_id: str, words: str | None) -> str | None:
    """Return the words of a command, with a remark that a shell passes over where it was interrupted."""
    is_interrupted = connection.execute("select is_interrupted from run where run_id = ?", (run_id,)).fetchone()[0]
    return f"{words}  # interrupted" if words and is_interrupted else words


def _lost(past: sqlite3.Connection, connection: sqlite3.Connection) -> list[str]:
    """Return the runs of the history that the ledger lacks."""
    ledger = {run_id for (run_id,) in connection.execute("select run_id from run")}
    return [run_id for (run_id,) in past.execute("select run_id from run order by run_id") if run_id not in ledger]


def _touched(
    past: sqlite3.Connection, connection: sqlite3.Connection, missing: list[str], lost: list[str], before: Mapping[str, Version]
) -> dict[str, str]:
    """Return the reports that may be other than the history has them, each with the run that is to answer for it."""
    there = set(there_now(connection))
    known = {name for name, version in before.items() if version.state != OUT}
    found = dict.fromkeys(sorted(there ^ known), missing[-1])
    for run_id in lost:
        names = past.execute("select report_id from version where run_id = ? order by report_id", (run_id,))
        found |= {name: missing[-1] for (name,) in names}
    for run_id in missing:
        names = connection.execute("select report_name from run_report where run_id = ? order by report_name", (run_id,))
        found |= {name: run_id for (name,) in names if name in there or name in known}
    return found


def there_now(connection: sqlite3.Connection) -> dict[str, str | None]:
    """Return the reports of a database, each with None where it is stored, or with the one to which it is linked."""
    return dict.fromkeys((name for (name,) in connection.execute("select report_id from report")), None) | duplicates.links(connection)


def _version(
    past: sqlite3.Connection, connection: sqlite3.Connection, report_id: str, run_id: str, before: Version | None
) -> Version | None:
    """Return what a run made of a report, from the database; None where it did nothing to it."""
    now = Version(report_id, run_id, REMOVED, OUT, None, None, None, None)
    record, report = records.stored_record(connection, report_id), reports.stored_report(connection, report_id)
    link = one(
        connection, "select report_id, reason, words_in_both, share, content from report_duplicate where duplicate_id = ?", report_id
    )
    if record and report:
        pipeline = record.pipeline["version"], record.pipeline["fingerprint"]
        told = records.to_json(record)
        if corrections := ruling.to_json(ruling.stored(connection, report_id)):
            told["corrections"] = corrections  # put back as they were: what is stored has them laid over it already
        facts = content.put(past, json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":")))
        now = Version(report_id, run_id, CHANGED, STORED, facts, content.put(past, reports.content(report)), *pipeline)
    elif link:
        facts = content.put(
            past, json.dumps({name: link[name] for name in ("report_id", "reason", "words_in_both", "share")}, sort_keys=True)
        )
        now = Version(report_id, run_id, LINKED, LINKED, facts, content.put(past, link["content"]), None, None)
    if now.tells_as(before):
        is_read_again = before is not None and now.state == STORED and _is_read(connection, report_id, run_id)
        return replace(now, outcome=SAME) if is_read_again else None
    is_new = now.state == STORED and (before is None or before.state != STORED)
    return replace(now, outcome=NEW) if is_new else now


def _is_read(connection: sqlite3.Connection, report_id: str, run_id: str) -> bool:
    """Tell whether a run read a report and stored what it read; of one that failed the ledger cannot tell, so it did not."""
    sql = "select 1 from run_report where run_id = ? and report_name = ? and outcome in ('new', 'changed')"
    return one(connection, sql, run_id, report_id) is not None


def _fill_fact_run(past: sqlite3.Connection, copy: sqlite3.Connection, now: Version) -> None:
    """Write which run first gave each fact of a report that was stored, and which last: this one."""
    first = first_runs(past, now.report_id)
    rows = [
        (case_key(now.report_id, label), field, number, first[_same(label, field, fact)], now.run_id)
        for label, field, number, fact in records.facts(content.get(past, now.facts))
    ]
    copy.executemany("insert or replace into fact_run values (?, ?, ?, ?, ?)", rows)


def first_runs(past: sqlite3.Connection, report_id: str) -> dict[str, str]:
    """Return for each fact of a report that was ever read, whatever its number in a list, the first run that gave it."""
    found: dict[str, str] = {}
    seen = set()
    sql = "select run_id, facts from version where report_id = ? and state = 'stored' order by run_id"
    for run_id, key in past.execute(sql, (report_id,)).fetchall():
        for label, field, _, fact in () if key in seen else records.facts(content.get(past, key)):
            found.setdefault(_same(label, field, fact), run_id)
        seen.add(key)
    return found


def _same(label: str, field: str, fact: Any) -> str:
    """Return what is equal for equal facts of a case, wherever their words stand."""
    bare = {name: value for name, value in fact.items() if name != "evidence"} if isinstance(fact, dict) else fact
    return json.dumps([label, field, bare], sort_keys=True)


# --- asking ------------------------------------------------------------------------------------


def runs(past: sqlite3.Connection) -> tuple[Run, ...]:
    """Return all runs, the oldest first."""
    counts = ", ".join(f"coalesce(sum(outcome = '{name}'), 0) as n_{name}" for name in (NEW, CHANGED, SAME, LINKED, REMOVED))
    tables = "select count(*) from dose_table_version as x where x.run_id = run.run_id and x.outcome <> 'same'"
    rows = every(past, f"select run.*, {counts}, ({tables}) from run left join version using (run_id) group by run_id order by run_id")
    return tuple(Run(*tuple(row)) for row in rows)


def last_number(database: Path) -> int:
    """Return the number of the last run in the history, 0 where there is none."""
    with reading(database) as past:
        return int(past.execute("select coalesce(max(run_id), 0) from run").fetchone()[0])


def state(past: sqlite3.Connection, run_id: str | None = None) -> dict[str, Version]:
    """Return each report's version after a run (without one: the last), those that are out among them."""
    columns = ", ".join(Version.__dataclass_fields__)
    # Beside max(), SQLite gives the other columns of the same row.
    sql = f"select {columns}, max(run_id) from version where ?1 is null or run_id <= ?1 group by report_id"
    return {row["report_id"]: Version(*tuple(row)[:-1]) for row in every(past, sql, run_id)}


def version_of(past: sqlite3.Connection, report_id: str, run_id: str) -> Version | None:
    """Return a report's version after a run, None where it had none yet."""
    columns = ", ".join(Version.__dataclass_fields__)
    row = one(past, f"select {columns} from version where report_id = ? and run_id <= ? order by run_id desc limit 1", report_id, run_id)
    return Version(*tuple(row)) if row else None


def versions(past: sqlite3.Connection, run_id: str) -> tuple[Version, ...]:
    """Return what a run made of each report that it touched, by name."""
    sql = f"select {', '.join(Version.__dataclass_fields__)} from version where run_id = ? order by report_id"
    return tuple(Version(*tuple(row)) for row in every(past, sql, run_id))


def changed_files(past: sqlite3.Connection, old: str, new: str) -> tuple[str, ...] | None:
    """Return the files of code and vocabularies that differ between the pipelines of two runs; None where they are not known.

    () also where a run does not say by which pipeline it was.
    """
    sql = "select pipeline_fingerprint, files from run left join pipeline using (pipeline_fingerprint) where run_id = ?"
    rows = [one(past, sql, run_id) for run_id in (old, new)]
    if not all(rows):
        return None
    first, second = (row for row in rows if row)
    fingerprints = {first["pipeline_fingerprint"], second["pipeline_fingerprint"]}
    if len(fingerprints) == 1 or None in fingerprints:
        return ()
    if first["files"] is None or second["files"] is None:
        return None
    was, now = content.get(past, first["files"]), content.get(past, second["files"])
    return tuple(sorted(name for name in was.keys() | now.keys() if was.get(name) != now.get(name)))
