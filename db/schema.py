"""The schema: one SQL file a table, whose comments are the data dictionary that Datasette shows."""

from __future__ import annotations

import re
import sqlite3
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

SQL = Path(__file__).parent / "sql"

_TABLE = re.compile(r"create \s+ (?:virtual \s+)? table \s+ (?P<name>\w+)", re.VERBOSE)
_COLUMN = re.compile(r"\s{4} (?P<name>[a-z]\w*) \s+ (?:text|integer|real)\b", re.VERBOSE)
_COMMENT = re.compile(r"\s* -- \s? (?P<words>.*)", re.VERBOSE)


class DatabaseError(ValueError):
    """A database that cannot be opened or written, or a record that its rules refuse, as it says."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table and what its SQL comments say of it.

    Attributes
    ----------
    name, description
        The table, and the comment above its `create table` ("" where there is none).
    columns
        Column name to the comment above it, in the order of the table; "" where there is none.
    definitions
        Column name to its line of SQL, without the comma.
    """

    name: str
    description: str
    columns: Mapping[str, str]
    definitions: Mapping[str, str]


def statements() -> tuple[str, ...]:
    """Return the SQL of every table, one script a file, sorted by file name."""
    return tuple(path.read_text(encoding="utf-8") for path in sorted(SQL.glob("*.sql")))


def fingerprint() -> int:
    """Return a 31-bit number that changes with the schema; kept in `pragma user_version`."""
    return zlib.crc32("".join(statements()).encode()) & 0x7FFFFFFF or 1


def create(connection: sqlite3.Connection) -> None:
    """Create all tables in an empty database, inside the caller's transaction."""
    # Foreign keys may name tables that come later: SQLite looks them up only when rows are written.
    for script in statements():
        for statement in split(script):
            connection.execute(statement)
    connection.execute(f"pragma user_version = {fingerprint()}")


def split(script: str) -> Iterator[str]:
    """Yield the statements of a script; `executescript` would commit the transaction that is open."""
    pending = ""
    for line in script.splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending):
            yield pending.strip()
            pending = ""


@cache
def dictionary() -> Mapping[str, Table]:
    """Read the data dictionary from the comments: table name to its description and columns."""
    tables = (table for script in statements() for table in _tables(script))
    return MappingProxyType({table.name: table for table in sorted(tables, key=lambda table: table.name)})


def _tables(script: str) -> tuple[Table, ...]:
    """Read the tables of one SQL file; a comment belongs to what stands on the line below it."""
    found: dict[str, tuple[str, dict[str, str], dict[str, str]]] = {}
    columns: dict[str, str] = {}
    definitions: dict[str, str] = {}
    comment: list[str] = []
    for line in script.splitlines():
        if said := _COMMENT.match(line):
            comment.append(said["words"].strip())
            continue
        if opened := _TABLE.match(line):
            columns, definitions = {}, {}
            found[opened["name"]] = " ".join(comment), columns, definitions
        elif found and (column := _COLUMN.match(line)):
            columns[column["name"]] = " ".join(comment)
            definitions[column["name"]] = line.strip().removesuffix(",")
        comment = []
    return tuple(Table(name, *told) for name, told in found.items())


def data_tables() -> tuple[str, ...]:
    """Return the tables that equal records fill with equal rows: all but the ledgers and FTS."""
    others = ("run", "run_report", "run_dose_table", "fact_run", "source_file", "report_search", "case_search")
    return tuple(name for name in dictionary() if name not in others)
