"""Reports and dose tables taken out by name, by a run of their own that can be undone."""

from __future__ import annotations

import difflib
import sqlite3
from collections.abc import Callable, Collection, Sequence
from contextlib import closing
from dataclasses import dataclass

from db import duplicates, load, source_files
from db.draft import REMOVE, Draft, open_readonly, own_tables
from db.history import dose_tables
from db.intake.filling import Project
from db.schema import DatabaseError

_NAMED = 5  # of a long list of reports


@dataclass(frozen=True, slots=True)
class Kind:
    """What can be taken out by name.

    Attributes
    ----------
    noun
        What one is called.
    check
        Raises DatabaseError where a name is of none.
    remove
        Takes those of some names out of a copy of a database, as part of a run.
    of_project
        The names of those that come with the project: a build brings them again.
    """

    noun: str
    check: Callable[[sqlite3.Connection, Sequence[str]], None]
    remove: Callable[[sqlite3.Connection, Collection[str], str], None]
    of_project: Callable[[Project], set[str]]

    def take_out(self, draft: Draft, names: Sequence[str]) -> str:
        """Take out those of some names, by a run of its own; return the run. Raises DatabaseError where one is not there."""
        with closing(open_readonly(draft.database)) as connection:
            self.check(connection, names)
        run_id = draft.run(REMOVE)
        self.remove(draft.connection, set(names), run_id)
        draft.finish([], 0)
        return run_id


def check_reports(connection: sqlite3.Connection, names: Sequence[str]) -> None:
    """Raise DatabaseError where a report is not there, or others that are not named hang on it as links."""
    links = duplicates.links(connection)
    stored = {name for (name,) in connection.execute("select report_id from report")}
    _check_there(names, stored | links.keys(), "report", "")
    for name in names:
        if hanging := sorted(other for other, kept in links.items() if kept == name and other not in names):
            more = f" and {len(hanging) - _NAMED} others" if len(hanging) > _NAMED else ""
            are, them = ("is", "that") if len(hanging) == 1 else ("are", "them")
            raise DatabaseError(
                f"{name}: {', '.join(hanging[:_NAMED])}{more} {are} linked to it, telling the same; "
                f"name {them}, too, and add again what is to stay"
            )


def check_tables(connection: sqlite3.Connection, names: Sequence[str]) -> None:
    """Raise DatabaseError where a dose table is not there."""
    _check_there(names, dose_tables.names(connection), "dose table", "; `casebook tables list` names them")


def _check_there(names: Sequence[str], there: Collection[str], what: str, remedy: str) -> None:
    for name in names:
        if name not in there:
            near = difflib.get_close_matches(name, there, n=1)
            raise DatabaseError(f"{name}: no {what} of this name{f', the nearest is {near[0]}' if near else remedy}; nothing was taken out")


def remove_reports(copy: sqlite3.Connection, names: Collection[str], run_id: str) -> None:
    """Take reports out of a copy of a database; one that is a table of the authors' own patients goes with its table."""
    links = duplicates.links(copy)
    for name in sorted(names, key=lambda name: name not in links):  # links go before what they hang on
        load.remove(copy, name, run_id)
    _take_tables_out(copy, set(names) & own_tables(copy), run_id)
    source_files.forget(copy, names)


def remove_tables(copy: sqlite3.Connection, names: Collection[str], run_id: str) -> None:
    """Take dose tables out of a copy of a database; the cases of one of the authors' own patients go with it."""
    for name in sorted(set(names) & own_tables(copy)):
        load.remove(copy, name, run_id)
    _take_tables_out(copy, names, run_id)


def _take_tables_out(copy: sqlite3.Connection, names: Collection[str], run_id: str) -> None:
    with load.transaction(copy):
        for name in sorted(names):
            dose_tables.take_out(copy, name)
            load.note_dose_table(copy, run_id, name, "removed")


REPORTS = Kind("report", check_reports, remove_reports, lambda project: {path.stem for path in project.reports.glob("*")})
TABLES = Kind("dose table", check_tables, remove_tables, lambda project: {path.stem for path in project.dose_tables.glob("*.csv")})
