"""Tables of doses into a database: those that come with the project, and those that a user added."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

from corpus.dose_table import DoseTable, TableCell, load_dose_table
from corpus.report import CorpusError
from corpus.tables.grid import Grid
from db import load
from db.corrections.book import Book
from db.draft import Draft, own_tables
from db.intake.reading import Reader
from db.intake.tally import Tally
from extract.tables import cases
from extract.tables.understood import Understood
from extract.version import version


def of_project(folder: Path, tally: Tally) -> list[DoseTable]:
    """Read the dose tables that come with the project; say of those that cannot be read why."""
    tables = []
    for path in sorted(folder.glob("*.csv")):
        try:
            tables.append(load_dose_table(path))
        except CorpusError as error:
            tally.pass_over(path, str(error))
    return tables


def names(connection: sqlite3.Connection) -> frozenset[str]:
    """Return the names of the dose tables that are stored."""
    with suppress(sqlite3.Error):  # a database with older tables may hold none
        return frozenset(name for (name,) in connection.execute("select dose_table_id from dose_table"))
    return frozenset()


def read_again(old: sqlite3.Connection, is_rebuild: bool, reader: Reader, tally: Tally) -> Iterator[DoseTable]:
    """Yield the dose tables that were stored by `tables add` and are to be read again, from their stored cells.

    Those are what another pipeline read, and tables of own patients of whom curators now say otherwise.

    One that is not understood any more keeps its cells, without a row of doses.
    """
    names: list[tuple[str, str]] = []
    own = own_tables(old)
    with suppress(sqlite3.Error):  # a database with older tables holds none that were added
        names = old.execute("select dose_table_id, pipeline_fingerprint from dose_table where source is not null").fetchall()
    for name, fingerprint in names:
        if fingerprint == reader.fingerprint and not is_rebuild and is_corrected(old, name, reader.corrections):
            continue
        about, grid = load.dose_table_grid(old, name)
        found = reader.understand(grid)
        if not found.rows:
            tally.pass_over(name, f"{name}: no table of doses any more ({found.reason}); its cells stay stored, without a dose")
            found = replace(found, cells=found.cells or _plain_cells(grid))
        may_be_own = not found.rows or cases.are_own(found.columns, found.rows)
        if name in own and not may_be_own:
            tally.pass_over(name, f"{name}: no table of own patients any more; its rows are now those of the literature")
        table = of_user(name, grid, found, about["citation"], reader.fingerprint, name in own and may_be_own)
        yield replace(table, title=about["title"])


def _plain_cells(grid: Grid) -> tuple[TableCell, ...]:
    return tuple(TableCell(number, cell.column + 1, cell.text) for number, row in enumerate(grid.rows[1:], start=1) for cell in row)


def of_user(table_id: str, grid: Grid, found: Understood, citation: str | None, fingerprint: str, is_own: bool = False) -> DoseTable:
    """Return a table that a user added, as it is stored.

    Parameters
    ----------
    table_id
        Its name in the database.
    grid
        The table as printed.
    found
        What was made of it.
    citation
        The publication that prints it; None where it is not known.
    fingerprint
        That of the pipeline that read it.
    is_own
        Whether the patients are the authors' own.
    """
    return DoseTable(
        id=table_id,
        title=grid.caption or grid.label or table_id,
        citation=citation,
        doi=None,
        license=None,
        note=None,
        columns={},
        abbreviations=found.abbreviations or {},
        rows=found.rows,
        table_columns=found.columns,
        cells=found.cells,
        source=grid.where,
        fingerprint=fingerprint,
        is_own=is_own,
    )


def store(draft: Draft, table: DoseTable, reason: str, corrections: Book) -> None:
    """Store a dose table by the run of a reason (ADD, BUILD ...); one of the authors' own patients also as a report with its cases.

    What curators said of those cases is laid over them.
    """
    if not table.is_own and table.id in own_tables(draft.connection):
        # Its cases would stay beside the rows of a table of the literature, and each patient count twice.
        load.remove(draft.connection, table.id, draft.run(reason))
    load.store_dose_table(draft.connection, table, draft.run(reason))
    if table.is_own:
        report, record = cases.record(table, version(), draft.fingerprint)
        laid = corrections.lay(record, report)
        load.store(draft.connection, report, laid.record, draft.run(reason), ruled=laid.ruled)


def is_stored(connection: sqlite3.Connection, table: DoseTable) -> bool:
    """Tell whether a dose table is stored as it is: by storing it elsewhere and comparing the rows."""

    def rows(where: sqlite3.Connection) -> list[tuple[object, ...]]:
        return [
            row
            for name in ("dose_table", "dose_table_row", "dose_table_column", "dose_table_cell")
            for row in where.execute(f"select * from {name} where dose_table_id = ? order by 1, 2, 3", (table.id,))
        ]

    with closing(load.connect(Path(":memory:"))) as copy:
        load.store_dose_table(copy, table)
        return rows(copy) == rows(connection)


def is_corrected(connection: sqlite3.Connection, table_id: str, corrections: Book) -> bool:
    """Tell whether the cases of a stored table have the corrections of today; one of the literature has no cases."""
    return table_id not in own_tables(connection) or load.laid_over(connection).get(table_id) == corrections.fingerprint(table_id)


def listed(connection: sqlite3.Connection) -> Iterator[tuple[str, int, int, str]]:
    """Yield of each dose table its name, the number of its rows or cases, of its doses, and where it comes from."""
    yield from connection.execute(
        "select dose_table_id, count(distinct row_number), count(total_dose_gy), coalesce(citation, source)"
        " from dose_table left join dose_table_row using (dose_table_id) where is_own = 0 group by dose_table_id"
        " union all select dose_table_id, count(distinct case_id), count(total_dose_gy), coalesce(dose_table.citation, source)"
        " from dose_table left join patient_case on report_id = dose_table_id left join radiotherapy_course using (case_id)"
        " where is_own = 1 group by dose_table_id order by 1"
    )
