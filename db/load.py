"""Records into tables: one transaction a report, replaced wholly, refused wholly."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import astuple, replace
from itertools import chain
from pathlib import Path
from typing import Any

from corpus.dose_table import JOINT, DoseRow, DoseTable, TableCell, TableColumn
from corpus.report import Report
from corpus.tables.grid import Cell, Grid
from db import (
    case_outcomes,
    case_words,
    doses,
    duplicates,
    facts,
    flags,
    marker_counts,
    overview,
    possible_patients,
    reports,
    same_patient,
    schema,
    version,
)
from db.corrections import ruling
from db.corrections.ruling import Ruled
from db.duplicates import Place
from db.query import one
from db.rows import record_rows
from db.schema import DatabaseError
from extract import telling
from extract.record import EvidenceError, Record, check_evidence

# What is wrong with a value. All else that SQLite raises (no room, a lock, a damaged file) is no fault of the report: it ends the command.
_REFUSED = (sqlite3.IntegrityError, sqlite3.DataError, sqlite3.ProgrammingError, sqlite3.InterfaceError, OverflowError, UnicodeEncodeError)


def connect(path: Path, is_partial: bool = False) -> sqlite3.Connection:
    """Open a Casebook database for writing and create its tables if the file is new.

    Parameters
    ----------
    path
        The database file.
    is_partial
        True for a file that is published only when it is whole: a power cut may ruin it, so it need not
        wait for the disk at each report (`publish` does once). Ten times as fast.

    Raises
    ------
    DatabaseError
        The file cannot be opened, is no SQLite database, or was made with another schema.
    """
    try:
        connection = sqlite3.connect(path, isolation_level=None, timeout=10)
        connection.execute("pragma foreign_keys = on")
        connection.execute(f"pragma synchronous = {'off' if is_partial else 'full'}")
        tables = connection.execute("pragma user_version").fetchone()[0]
        is_empty = connection.execute("select count(*) from sqlite_master").fetchone()[0] == 0
        if is_empty:
            with transaction(connection):
                schema.create(connection)
                connection.execute(f"pragma application_id = {version.likeness()}")
            tables = schema.fingerprint()
    except sqlite3.Error as error:
        raise DatabaseError(f"{path}: {error}") from error
    if tables != schema.fingerprint():
        connection.close()
        raise DatabaseError(f"{path}: was made with another version of the tables; build it anew")
    overview.add_functions(connection)
    case_words.add_functions(connection)
    return connection


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Commit what is done inside, or undo all of it if it raises."""
    connection.execute("begin immediate")
    try:
        yield
    except BaseException:
        connection.rollback()
        raise
    connection.commit()


def store(
    connection: sqlite3.Connection,
    report: Report,
    record: Record,
    run_id: str,
    place: Place | None = None,
    ruled: Ruled = ruling.NONE,
) -> None:
    """Store a report and what was read from it, in place of what was stored of it before.

    `place` holds the reports that tell the same and give way to it, where there are any. `ruled` says what became of the
    corrections that were laid over the record. Links to an older text of it are
    forgotten: `duplicates.orphans`, asked before, gives them to be placed anew.

    Raises
    ------
    EvidenceError
        The record does not match the report's text. What was stored before stays.
    DatabaseError
        A value is impossible by the rules of the tables. What was stored before stays.
    """
    if record.report.get("id") != report.id:
        raise EvidenceError(f"{report.id}: the record is of another report, {record.report.get('id')}")
    if record.report.get("sha256") not in (None, report.sha256):
        raise EvidenceError(f"{report.id}: the record was made of another text (SHA-256 differs)")
    check_evidence(record, report.text)
    try:
        with transaction(connection):
            if reports.stored_report(connection, report.id) != replace(report, source=None, messages=()):
                duplicates.loosen(connection, report)
                duplicates.leave(connection, report.id)
            before = connection.execute("delete from report where report_id = ?", (report.id,)).rowcount
            _insert(connection, "report", [reports.report_row(report, record, ruled.fingerprint)])
            _insert(connection, "report_text", [(reports.search_key(report.id), report.id, report.title, report.text)])
            parts = (
                reports.part_rows(report),
                record_rows(report.id, record),
                flags.rows(report.id, record),
                facts.rows(report.id, report.text, record),
            )
            for table, rows in chain(*parts):
                _insert(connection, table, rows)
            _insert(connection, "correction", ruling.rows(report.id, ruled))
            ruling.mark(connection, report.id)
            overview.fill(connection, report.id)
            case_outcomes.fill(connection, report.id)
            case_words.fill(connection, report.id)
            doses.fill_courses(connection, report.id)
            duplicates.enter(connection, report)
            _note(connection, run_id, report.id, "changed" if before else "new", telling.failures(record), record.pipeline)
            if place:
                _settle(connection, place, run_id)
    except _REFUSED as error:
        raise DatabaseError(f"{report.id}: {error}") from error


def link(connection: sqlite3.Connection, place: Place, run_id: str) -> None:
    """Link reports to the stored one that tells the same, in place of what was stored of them.

    Raises
    ------
    DatabaseError
        A value is impossible by the rules of the tables. Nothing is linked.
    """
    try:
        with transaction(connection):
            _settle(connection, place, run_id)
    except _REFUSED as error:
        raise DatabaseError(f"{place.links[0].report.id}: {error}") from error


def _settle(connection: sqlite3.Connection, place: Place, run_id: str) -> None:
    """Write the links, and into the ledger what was linked and why."""
    duplicates.settle(connection, place)
    for found in place.links:
        _note(connection, run_id, found.report.id, "linked", f"to {place.kept.id}: {found.likeness.reason}")


def remove(connection: sqlite3.Connection, report_id: str, run_id: str | None = None) -> bool:
    """Take a report and all that was read from it, or its link, out; return whether it was there.

    Reports that were linked to it are forgotten with it: `duplicates.linked`, asked before, gives them to be stored in its place.
    """
    with transaction(connection):
        was_linked = report_id in duplicates.links(connection)
        duplicates.leave(connection, report_id)
        found = connection.execute("delete from report where report_id = ?", (report_id,)).rowcount > 0 or was_linked
        if found and run_id is not None:
            _note(connection, run_id, report_id, "removed", None)
    return found


def store_dose_table(connection: sqlite3.Connection, table: DoseTable, run_id: str | None = None) -> None:
    """Store a literature table of doses in place of the one of the same name; a run is noted in the ledger.

    Raises
    ------
    DatabaseError
        A value is impossible by the rules of the tables. What was stored before stays.
    """
    try:
        with transaction(connection):
            before = connection.execute("delete from dose_table where dose_table_id = ?", (table.id,)).rowcount
            footnote = "; ".join(f"{short}: {long}" for short, long in table.abbreviations.items()) or None
            about = (
                table.title,
                table.citation,
                table.doi,
                table.license,
                table.note,
                footnote,
                table.source,
                table.fingerprint,
                table.is_own,
            )
            _insert(connection, "dose_table", [(table.id, *about)])
            _insert(connection, "dose_table_row", () if table.is_own else _dose_rows(table))
            _insert(connection, "dose_table_column", [(table.id, *astuple(column)) for column in table.table_columns])
            _insert(connection, "dose_table_cell", [(table.id, *astuple(cell)) for cell in table.cells])
            doses.fill_table_rows(connection, table.id)
            if run_id is not None:
                note_dose_table(connection, run_id, table.id, "changed" if before else "new")
    except _REFUSED as error:
        raise DatabaseError(f"dose table {table.id}: {error}") from error


def note_dose_table(connection: sqlite3.Connection, run_id: str, dose_table_id: str, outcome: str) -> None:
    """Write what a run did with a dose table into the ledger: new, changed or removed."""
    connection.execute("insert or ignore into run (run_id) values (?)", (run_id,))
    connection.execute("insert or replace into run_dose_table values (?, ?, ?)", (run_id, dose_table_id, outcome))


def _dose_rows(table: DoseTable) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of table dose_table_row; a row's flag holds the messages on its cells, by their headings."""
    flags: dict[int, list[str]] = {}
    headings = {column.number: column.heading for column in table.table_columns}
    for cell in table.cells:
        if cell.message:
            flags.setdefault(cell.row_number, []).append(f"{headings[cell.column_number]}: {cell.message}")
    columns = tuple(schema.dictionary()["dose_table_row"].columns)[1:]
    for row in table.rows:
        flag = "; ".join(flags.get(row.row_number, ())) or None
        yield (table.id, *(flag if column == "flag" else getattr(row, column) for column in columns))


def stored_dose_table(connection: sqlite3.Connection, dose_table_id: str) -> DoseTable | None:
    """Return a dose table as it is stored, None where there is none of this name; `columns` and `abbreviations` stay empty."""

    def rows(table: str, names: Iterable[str]) -> list[tuple[Any, ...]]:
        wanted = f"select {', '.join(names)} from {table} where dose_table_id = ? order by 1, 2"
        return connection.execute(wanted, (dose_table_id,)).fetchall()

    about = rows("dose_table", ("title", "citation", "doi", "license", "note", "source", "pipeline_fingerprint", "is_own"))
    if not about:
        return None
    title, citation, doi, license_, note, source, fingerprint, is_own = about[0]
    return DoseTable(
        dose_table_id, title, citation, doi, license_, note, {}, {},
        tuple(DoseRow(*row) for row in rows("dose_table_row", DoseRow.__dataclass_fields__)),
        tuple(TableColumn(*row) for row in rows("dose_table_column", ("column_number", "heading", "meaning", "unit", "remark"))),
        tuple(TableCell(*row) for row in rows("dose_table_cell", TableCell.__dataclass_fields__)),
        source, fingerprint, bool(is_own),
    )  # fmt: skip


def dose_table_grid(connection: sqlite3.Connection, dose_table_id: str) -> tuple[dict[str, Any], Grid]:
    """Return what is stored of a user's dose table: its row of table dose_table by column, and the table as printed.

    The table comes out with its headings at the top and its patients as rows, whatever shape it was added in.
    """
    cursor = connection.execute("select * from dose_table where dose_table_id = ?", (dose_table_id,))
    about = dict(zip([name for name, *_ in cursor.description], cursor.fetchone(), strict=True))
    headings = connection.execute(
        "select heading from dose_table_column where dose_table_id = ? order by column_number", (dose_table_id,)
    ).fetchall()
    parts = [text.split(JOINT) for (text,) in headings]
    depth = max(map(len, parts))
    head = [
        tuple(Cell(part[row] if row < len(part) else "", row, at, is_header=True) for at, part in enumerate(parts)) for row in range(depth)
    ]
    rows: dict[int, dict[int, Cell]] = {}
    footnotes: dict[str, str] = {}
    for row, column, text, note in connection.execute(
        "select row_number, column_number, printed, note from dose_table_cell where dose_table_id = ? order by 1, 2", (dose_table_id,)
    ):
        mark = (f"{row}.{column}",) if note else ()
        footnotes |= dict.fromkeys(mark, note)
        rows.setdefault(row, {})[column - 1] = Cell(text, depth + row - 1, column - 1, notes=mark)
    body = [tuple(cells.get(at, Cell("", depth + row - 1, at)) for at in range(len(parts))) for row, cells in rows.items()]
    remarks = (about["abbreviations"],) if about["abbreviations"] else ()
    return about, Grid(about["source"] or dose_table_id, (*head, *body), depth, None, about["title"], footnotes, remarks)


def refresh_overview(connection: sqlite3.Connection) -> None:
    """Bring up to date what is computed from several reports: who is, or may be, the same patient, and counts; and the indexes for it.

    Where `watch` was called before the changes, only the groups of cases that they touched are looked at again. The rows are
    the same, byte for byte. What is computed from a report alone is filled as it is stored.
    """
    with transaction(connection):
        doses.fill_table_rows(connection)
        same_patient.link(connection)
        if possible_patients.is_watched(connection):
            possible_patients.link_again(connection)
        else:
            possible_patients.link(connection)
        marker_counts.fill(connection)
    _gather_statistics(connection)


def watch(connection: sqlite3.Connection) -> None:
    """Note from now on what `refresh_overview` has to look at again; what is stored must be up to date."""
    possible_patients.watch(connection)
    marker_counts.watch(connection)


_OTHER_SIZE = 0.1


def _gather_statistics(connection: sqlite3.Connection) -> None:
    """Merge the full-text index and gather statistics for the query planner, unless the database is about as large as it was then.

    Both read all that is stored; a few reports more change neither the plans nor the speed of the search.
    """
    n_reports = connection.execute("select count(*) from report").fetchone()[0]
    if abs(n_reports - _n_reports_then(connection)) > _OTHER_SIZE * n_reports:
        import sqlite_utils  # it takes a third of a second: only where there is something to do

        database = sqlite_utils.Database(connection)
        database.table("report_search").optimize()
        database.table("case_search").optimize()
        database.analyze()


def _n_reports_then(connection: sqlite3.Connection) -> int:
    """Return how many reports there were when the statistics were gathered; 0 where they never were."""
    if one(connection, "select 1 from sqlite_master where name = 'sqlite_stat1'") is None:
        return 0
    found = one(connection, "select stat from sqlite_stat1 where tbl = 'report'")
    return int(found["stat"].split()[0]) if found else 0


def is_linked_by_today(connection: sqlite3.Connection) -> bool:
    """Tell whether it was today's code that told which reports of a database are the same."""
    return bool(connection.execute("pragma application_id").fetchone()[0] == version.likeness())


def stored(connection: sqlite3.Connection) -> dict[str, tuple[str, str]]:
    """Return each stored report with its text's SHA-256 and the fingerprint of the pipeline that read it."""
    rows = connection.execute("select report_id, sha256, pipeline_fingerprint from report order by report_id")
    return {report_id: (sha256, fingerprint) for report_id, sha256, fingerprint in rows}


def is_current(connection: sqlite3.Connection, report: Report, fingerprint: str, corrections: str | None = None) -> bool:
    """Tell whether text, parts, source, pipeline and corrections (by their fingerprint) of a stored report are all as they are now.

    A corrected citation leaves the text's SHA-256 as it was, so `stored` alone would miss it.
    """
    columns = "sha256, pipeline_fingerprint, corrections_fingerprint"
    row = connection.execute(f"select {columns} from report where report_id = ?", (report.id,)).fetchone()
    if row != (report.sha256, fingerprint, corrections):
        return False
    return reports.stored_report(connection, report.id) == replace(report, source=None, messages=())


def laid_over(connection: sqlite3.Connection) -> dict[str, str | None]:
    """Return each stored report with the fingerprint of the corrections that were laid over it, None without any."""
    return dict(connection.execute("select report_id, corrections_fingerprint from report").fetchall())


def start_run(
    connection: sqlite3.Connection,
    run_id: str,
    reason: str | None = None,
    pipeline: dict[str, str] | None = None,
    started_at: str | None = None,
) -> None:
    """Enter a run in the ledger; `pipeline` holds version, fingerprint and that of the readers, `started_at` is ISO 8601."""
    known = pipeline or {}
    with transaction(connection):
        connection.execute(
            "insert or ignore into run (run_id, reason, pipeline_version, pipeline_fingerprint, readers_fingerprint, started_at)"
            " values (?, ?, ?, ?, ?, ?)",
            (run_id, reason, known.get("version"), known.get("fingerprint"), known.get("readers"), started_at),
        )


def note_failure(connection: sqlite3.Connection, run_id: str, name: str, message: str) -> None:
    """Enter in the ledger that a file or record was refused, and why."""
    with transaction(connection):
        _note(connection, run_id, name, "failed", message)


def finish_run(
    connection: sqlite3.Connection, run_id: str, unchanged: int = 0, seconds: float | None = None, is_interrupted: bool = False
) -> None:
    """Write of a run what it did by its ledger, how many reports it left as they were, how long it took, and whether it was cut short."""
    counts = ", ".join(
        f"reports_{outcome} = (select count(*) from run_report where run_id = :run and outcome = '{outcome}')"
        for outcome in ("new", "changed", "failed", "removed", "linked")
    )
    with transaction(connection):
        connection.execute(
            f"update run set {counts}, reports_unchanged = :unchanged, seconds = :seconds, is_interrupted = :cut where run_id = :run",
            {"run": run_id, "unchanged": unchanged, "seconds": seconds, "cut": is_interrupted},
        )


def dump(connection: sqlite3.Connection) -> Iterator[str]:
    """Yield every row of the data tables, ordered by key: equal records give equal dumps, byte for byte."""
    for table in schema.data_tables():
        columns = schema.dictionary()[table].columns
        for row in connection.execute(f"select * from {table} order by {', '.join(columns)}"):
            yield f"{table} {row!r}"


def settle_on_disk(path: Path) -> None:
    """Wait until a file, or the names in a folder, would outlast a power cut."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def publish(partial: Path, final: Path) -> None:
    """Put a finished database in its place in one step; readers see the old one or the new one."""
    settle_on_disk(partial)
    partial.replace(final)


def _note(
    connection: sqlite3.Connection,
    run_id: str,
    name: str,
    outcome: str,
    message: str | None,
    pipeline: Any = None,
) -> None:
    """Write a line of the ledger; the run itself is entered if nobody has started it."""
    known = pipeline or {}
    connection.execute(
        "insert or ignore into run (run_id, pipeline_version, pipeline_fingerprint) values (?, ?, ?)",
        (run_id, known.get("version"), known.get("fingerprint")),
    )
    connection.execute("insert or replace into run_report values (?, ?, ?, ?)", (run_id, name, outcome, message))


def _insert(connection: sqlite3.Connection, table: str, rows: Iterable[tuple[Any, ...]]) -> None:
    """Insert rows that give every column of the table, in its order."""
    marks = ", ".join("?" * len(schema.dictionary()[table].columns))
    connection.executemany(f"insert into {table} values ({marks})", rows)
