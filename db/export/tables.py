"""The tables of a database as CSV and as Parquet, in one pass and with little memory."""

from __future__ import annotations

import sqlite3
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyarrow.csv import CSVWriter  # type: ignore[attr-defined]

from db import schema
from db.export import packing

# What only the programs need: the facts once more for the search, how alike two reports are, and which files were read.
_ASIDE = ("case_words", "report_fingerprint", "source_file")
_ARROW_TYPES = (("TEXT", pa.string()), ("INTEGER", pa.int64()), ("REAL", pa.float64()))
_FRICTIONLESS_TYPES = (("TEXT", "string"), ("INTEGER", "integer"), ("REAL", "number"))

_FETCHED = 1000  # rows at a time
_GROUP_ROWS, _GROUP_BYTES = 100_000, 32_000_000  # of a row group in Parquet

# A spreadsheet takes a cell that begins so for a formula. An apostrophe before it makes it text; where one stands there already,
# one more, so that taking one away gives back what the table holds.
_FORMULA = r"^('*[=+\-@\t\r])"
GUARD = r"'\1"


@dataclass(frozen=True, slots=True)
class Column:
    """A column as the database declares it; `type` is TEXT, INTEGER or REAL, `key` its place in the primary key, 0 outside."""

    name: str
    type: str
    is_required: bool
    key: int
    description: str

    @property
    def arrow(self) -> pa.Field:
        """The column of Parquet."""
        said = {"description": self.description} if self.description else None
        return pa.field(self.name, dict(_ARROW_TYPES)[self.type], nullable=not self.is_required, metadata=said)

    @property
    def frictionless(self) -> str:
        """The type in a Frictionless data package."""
        return dict(_FRICTIONLESS_TYPES)[self.type]


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """Columns that name a row of another table."""

    columns: tuple[str, ...]
    table: str
    references: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ExportedTable:
    """A table with its columns in the order of the database."""

    name: str
    description: str
    columns: tuple[Column, ...]
    foreign_keys: tuple[ForeignKey, ...]

    @property
    def key(self) -> tuple[str, ...]:
        """The columns of the primary key, in its order."""
        return tuple(column.name for column in sorted(self.columns, key=lambda column: column.key) if column.key)

    @property
    def arrow(self) -> pa.Schema:
        """The schema of Parquet; the table's comment is its description."""
        return pa.schema([column.arrow for column in self.columns], metadata={"description": self.description})


def exported(connection: sqlite3.Connection) -> tuple[ExportedTable, ...]:
    """Return the tables that are exported, sorted by name: all but the full-text index and what only the programs need."""
    names = {name for name, table in schema.dictionary().items() if table.columns and name not in _ASIDE}
    return tuple(_table(connection, name, names) for name in sorted(names))


def write(
    connection: sqlite3.Connection, tables: tuple[ExportedTable, ...], archive: zipfile.ZipFile, folder: Path, show: Callable[[str], None]
) -> dict[str, int]:
    """Write each table as CSV into an archive and as Parquet into a folder; return its number of rows.

    CSV: UTF-8, a header, NULL as an empty cell without quotes, text in quotes. Text that a spreadsheet would take for a formula has an
    apostrophe before it. Rows are in the order of the primary key.
    """
    size = connection.execute("select page_count * page_size from pragma_page_count, pragma_page_size").fetchone()[0]
    counts = {}
    for table in tables:
        show(f"table {table.name}")
        # Text in quotes, with each quote doubled, is never four times as long as in the database.
        with packing.entry(archive, f"tables/{table.name}.csv", 4 * size) as file:
            counts[table.name] = _write_table(connection, table, file, folder / f"{table.name}.parquet")
    return counts


def _write_table(connection: sqlite3.Connection, table: ExportedTable, file: pa.NativeFile, path: Path) -> int:
    """Write one table twice; return its number of rows."""
    n_rows, waiting, n_bytes, n_waiting = 0, [], 0, 0
    to_parquet = pq.ParquetWriter(path, table.arrow, compression="zstd")  # type: ignore[no-untyped-call]
    with to_parquet as parquet, CSVWriter(file, table.arrow) as rows:
        for batch in _batches(connection, table):
            rows.write_batch(_guarded(batch))
            waiting.append(batch)
            n_bytes, n_waiting, n_rows = n_bytes + batch.nbytes, n_waiting + len(batch), n_rows + len(batch)
            if n_bytes >= _GROUP_BYTES or n_waiting >= _GROUP_ROWS:
                parquet.write_table(pa.Table.from_batches(waiting), row_group_size=n_waiting)
                waiting, n_bytes, n_waiting = [], 0, 0
        if waiting:
            parquet.write_table(pa.Table.from_batches(waiting), row_group_size=n_waiting)
    return n_rows


def _batches(connection: sqlite3.Connection, table: ExportedTable) -> Iterator[pa.RecordBatch]:
    """Yield the rows of a table, a thousand at a time."""
    names = ", ".join(f"[{column.name}]" for column in table.columns)
    order = ", ".join(f"[{name}]" for name in table.key) or "rowid"
    cursor = connection.execute(f"select {names} from [{table.name}] order by {order}")
    while rows := cursor.fetchmany(_FETCHED):
        columns = zip(zip(*rows, strict=True), table.arrow, strict=True)
        yield pa.record_batch([pa.array(values, field.type) for values, field in columns], schema=table.arrow)


def _guarded(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Return rows with an apostrophe before text that a spreadsheet would take for a formula; numbers stay as they are."""
    replace = pc.replace_substring_regex  # type: ignore[attr-defined]
    columns = (replace(x, _FORMULA, GUARD) if pa.types.is_string(x.type) else x for x in batch.columns)
    return pa.record_batch(list(columns), schema=batch.schema)


def _table(connection: sqlite3.Connection, name: str, exported: set[str]) -> ExportedTable:
    """Return a table as the database declares it, with what the data dictionary says."""
    said = schema.dictionary()[name]
    columns = tuple(
        Column(column, kind, bool(is_required), key, said.columns.get(column, ""))
        for _, column, kind, is_required, _, key in connection.execute(f"pragma table_info([{name}])")
    )
    found: dict[int, list[tuple[str, str, str]]] = {}
    for number, _, other, own, theirs, *_ in connection.execute(f"pragma foreign_key_list([{name}])"):
        found.setdefault(number, []).append((other, own, theirs))
    keys = (ForeignKey(tuple(x[1] for x in parts), parts[0][0], tuple(x[2] for x in parts)) for _, parts in sorted(found.items()))
    return ExportedTable(name, said.description, columns, tuple(key for key in keys if key.table in exported))
