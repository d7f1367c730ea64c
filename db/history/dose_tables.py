"""Dose tables in the history: the rows that each run stored of them, as printed and as read."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import astuple, dataclass, replace
from typing import Any

from db import doses, schema
from db.history import content
from db.query import every

NEW, CHANGED, SAME, REMOVED = "new", "changed", "same", "removed"
# In the order in which they can be filled.
_APART = ("dose_table_id", "pipeline_fingerprint")  # stand in the version
TABLES = ("dose_table", "dose_table_row", "dose_table_column", "dose_table_cell")


@dataclass(frozen=True, slots=True)
class TableVersion:
    """What a run made of a dose table; `content` is a key of contents, None for one that is out."""

    dose_table_id: str
    run_id: str
    outcome: str
    content: int | None
    pipeline_fingerprint: str | None


# --- the rows ----------------------------------------------------------------------------------


def names(connection: sqlite3.Connection) -> tuple[str, ...]:
    """Return the dose tables that a database holds."""
    return tuple(name for (name,) in connection.execute("select dose_table_id from dose_table order by 1"))


def rows(connection: sqlite3.Connection, name: str) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of a dose table by table, without its name, its pipeline and what is NULL."""
    return {
        table: [
            {column: value for column, value in dict(row).items() if value is not None and column not in _APART}
            for row in every(connection, f"select * from {table} where dose_table_id = ? order by 1, 2, 3", name)
        ]
        for table in TABLES
    }


def put_back(connection: sqlite3.Connection, past: sqlite3.Connection, version: TableVersion) -> None:
    """Store a dose table as a version has it, in place of what is stored; columns that are no more are left out."""
    take_out(connection, version.dose_table_id)
    found = content.get(past, version.content)
    for table in TABLES:
        known = schema.dictionary()[table].columns
        for row in found[table]:
            values = {"dose_table_id": version.dose_table_id, **{name: value for name, value in row.items() if name in known}}
            if table == "dose_table":
                values["pipeline_fingerprint"] = version.pipeline_fingerprint
            marks = ", ".join("?" * len(values))
            connection.execute(f"insert into {table} ({', '.join(values)}) values ({marks})", tuple(values.values()))
    doses.fill_table_rows(connection, version.dose_table_id)


def take_out(connection: sqlite3.Connection, name: str) -> bool:
    """Take a dose table out; return whether it was there."""
    found = connection.execute("delete from dose_table where dose_table_id = ?", (name,)).rowcount > 0
    doses.fill_table_rows(connection, name)
    return found


# --- following the database --------------------------------------------------------------------


def follow(past: sqlite3.Connection, connection: sqlite3.Connection, missing: Sequence[str]) -> None:
    """Enter what a database now holds of its dose tables, under the runs that the history lacked."""
    before, there, ledger = state(past), set(names(connection)), _ledger(connection, missing)
    for name in sorted(there | before.keys()):
        run_id, outcome = ledger.get(name, (missing[-1], None))
        now = _version(past, connection, name, run_id) if name in there else None
        known = before.get(name)
        if now and known is None and outcome != NEW:
            # A history of version 1 knows no tables. None of these runs brought this one, so undoing them must not take it out.
            known = replace(now, run_id=_first_run(past, name))
            _enter(past, known)
        if made := _made(known, now, is_read=name in ledger):
            _enter(past, replace(now or TableVersion(name, run_id, REMOVED, None, None), outcome=made))


def _made(known: TableVersion | None, now: TableVersion | None, is_read: bool) -> str | None:
    """Return what was made of a table, None where nothing was; `is_read`: a run stored it, be it as it was."""
    was_there = known is not None and known.content is not None
    if now is None:
        return REMOVED if was_there else None
    if known is None or not was_there:
        return NEW
    if now.content != known.content:
        return CHANGED
    return SAME if is_read and known.run_id != now.run_id else None


def _version(past: sqlite3.Connection, connection: sqlite3.Connection, name: str, run_id: str) -> TableVersion:
    """Return what a database holds of a table, as a new one."""
    pipeline = connection.execute("select pipeline_fingerprint from dose_table where dose_table_id = ?", (name,)).fetchone()[0]
    text = json.dumps(rows(connection, name), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return TableVersion(name, run_id, NEW, content.put(past, text), pipeline)


def _first_run(past: sqlite3.Connection, name: str) -> str:
    """Return the run that may have brought a table: the first, or the one that brought the cases of the authors' own patients."""
    sql = "select coalesce((select min(run_id) from version where report_id = ?), (select min(run_id) from run))"
    found: str = past.execute(sql, (name,)).fetchone()[0]
    return found


def _enter(past: sqlite3.Connection, version: TableVersion) -> None:
    past.execute("insert into dose_table_version values (?, ?, ?, ?, ?)", astuple(version))


def _ledger(connection: sqlite3.Connection, runs: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Return each dose table that runs touched, with the last of them and what it did."""
    sql = "select dose_table_id, outcome from run_dose_table where run_id = ?"
    return {name: (run_id, outcome) for run_id in runs for name, outcome in connection.execute(sql, (run_id,))}


# --- asking ------------------------------------------------------------------------------------


def state(past: sqlite3.Connection, run_id: str | None = None) -> dict[str, TableVersion]:
    """Return each table's version after a run (without one: the last), those that are out among them."""
    columns = ", ".join(TableVersion.__dataclass_fields__)
    # Beside max(), SQLite gives the other columns of the same row.
    sql = f"select {columns}, max(run_id) from dose_table_version where ?1 is null or run_id <= ?1 group by dose_table_id"
    return {row["dose_table_id"]: TableVersion(*tuple(row)[:-1]) for row in every(past, sql, run_id)}


def versions(past: sqlite3.Connection, run_id: str) -> tuple[TableVersion, ...]:
    """Return what a run made of each table that it touched, by name."""
    sql = f"select {', '.join(TableVersion.__dataclass_fields__)} from dose_table_version where run_id = ? order by dose_table_id"
    return tuple(TableVersion(*tuple(row)) for row in every(past, sql, run_id))
