"""Tables of doses in files that somebody offers: what is understood of each, whose patients it tells of, whether it is new."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from corpus.dose_table import DoseTable
from corpus.plain import plain
from corpus.report import CorpusError
from corpus.tables.grid import Grid
from corpus.tables.read import read
from db.draft import open_readonly, own_tables
from db.intake import dose_tables
from db.intake.filling import Project
from db.intake.reading import Reader
from db.intake.tally import Tally
from db.schema import DatabaseError
from extract.tables import cases, telling
from extract.tables.understood import Understood

OWN, LITERATURE = "own", "literature"


@dataclass(frozen=True, slots=True)
class Known:
    """What somebody knows of the tables in a file: the publication, and whose patients they are; None where the columns tell."""

    citation: str | None = None
    patients: str | None = None


def tables(path: Path, known: Known, reader: Reader, tally: Tally, say: Callable[[str], None]) -> Iterator[DoseTable]:
    """Yield the tables of doses in a file, after saying what was understood of each of its tables."""
    try:
        found = read(path)
    except CorpusError as error:
        tally.pass_over(path, str(error))
        return
    for message in found.messages:
        tally.teller.warn(message)
    count = 0
    for grid in found.grids:
        understood = reader.understand(grid)
        for line in telling.lines(grid.where, understood):
            say(plain(line))
        if not understood.rows:
            continue
        count += 1
        if (is_own := _is_own(path, grid, understood, known, tally)) is not None:
            say(f"  the patients are {'the authors’ own: cases' if is_own else 'those of the literature: rows'}")
            stored = replace(grid, where=grid.where.removeprefix(f"{path.parent}{os.sep}"))  # the database is published
            name = path.stem if count == 1 else f"{path.stem}-{count}"
            yield dose_tables.of_user(name, stored, understood, known.citation, reader.fingerprint, is_own)
    if not count:
        tally.pass_over(path, f"{path}: no table of doses, wanted one")


def _is_own(path: Path, grid: Grid, understood: Understood, known: Known, tally: Tally) -> bool | None:
    """Tell whether the patients are the authors' own; None where somebody says so and they cannot be."""
    may_be_own = cases.are_own(understood.columns, understood.rows)
    if known.patients == OWN and not may_be_own:
        tally.pass_over(path, f"{grid.where}: own patients wanted, found rows of publications, of several patients or doses")
        return None
    return may_be_own and known.patients != LITERATURE


def is_new(table: DoseTable, database: Path, project: Project) -> bool:
    """Tell whether a table is not stored as it is.

    Raises
    ------
    DatabaseError
        A table of the project or a report has its name.
    """
    if (project.dose_tables / f"{table.id}.toml").exists():
        raise DatabaseError(f"{table.id}: a table of the project has this name, wanted a file with another")
    if not database.exists():
        return True
    with closing(open_readonly(database)) as connection:
        reports = {name for (name,) in connection.execute("select report_id from report")} - own_tables(connection)
        if table.is_own and table.id in reports:
            raise DatabaseError(f"{table.id}: a report has this name, wanted a file with another")
        return not dose_tables.is_stored(connection, table)
