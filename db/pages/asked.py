"""What a spreadsheet says of itself: what was asked, what its columns mean, how to cite it."""

from __future__ import annotations

import re
import sqlite3
import unicodedata
from collections.abc import Iterable, Iterator

from db import publish, schema
from db.fields import header
from db.pages.narrowing import Pair, choices
from db.query import one
from db.spreadsheet import MOST_ROWS, Column, Selection

# Where the meaning of a column is looked for first, if a question has it under the same name.
_FIRST = ("case_overview", "patient_case", "radiotherapy_dose", "ihc_result", "molecular_test", "drug")
_LONGEST_NAME = 80
_REST = f" and more: a spreadsheet takes at most {MOST_ROWS:,}, or less of long texts; the CSV has all"


def columns(names: Iterable[str], table: str | None) -> tuple[Column, ...]:
    """Return the columns with headings and meanings, those of a table from its own dictionary."""
    tables = schema.dictionary()
    places = (table,) if table and table in tables else (*_FIRST, *sorted(tables))

    def meaning(name: str) -> str:
        return next((said for place in places if (said := tables[place].columns.get(name, ""))), "")

    return tuple(Column(name, header(name), meaning(name)) for name in names)


def title(table: str | None, query: str | None) -> str:
    """Return what the rows are called: the title of the question or of the table; "SQL" for SQL of one's own."""
    asked = next((found.title for found in publish.queries() if found.name == query), None)
    return asked or (publish.title_of(table) if table else "SQL")


def about(
    connection: sqlite3.Connection, heading: str, asked: tuple[Pair, ...], question: str | None, address: str, selection: Selection
) -> tuple[tuple[str, str], ...]:
    """Return the lines of the sheet "About": a name and its words each."""
    return (
        ("Casebook", heading),
        ("Asked", "; ".join(_asked(asked, question)) or "all"),
        ("Rows", f"{len(selection.rows):,}{_REST if selection.is_cut else ''}"),
        ("Address", address),
        ("Database of", _date(connection)),
        ("Empty cell", "not reported; never a no"),
        ("Notice", f"{publish.NOTICE} Every value was read by a program from words of the report, which the site shows beside it."),
        ("Counts", "Published cases are selected: their counts are no rates."),
        ("How to cite", f"The report of each case, by its citation; and: Casebook, database of {_date(connection)}, {address}"),
    )


def file_name(heading: str, asked: tuple[Pair, ...], question: str | None) -> str:
    """Return a file's name of plain letters for the rows: "casebook-cases-radiotherapy-yes.xlsx"."""
    words = " ".join((heading, *_asked(asked, question)))
    plain = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode()
    slug = re.sub("[^a-z0-9]+", "-", plain.lower())[:_LONGEST_NAME].strip("-")
    return f"casebook-{slug}.xlsx"


def _asked(asked: tuple[Pair, ...], question: str | None) -> Iterator[str]:
    """Yield what was chosen, in words."""
    found = next((query for query in publish.queries() if query.name == question), None)
    if found is None:
        yield from (choice.words for choice in choices(asked))
        return
    given = dict(asked)
    yield from (f"{parameter.label}: {given[parameter.name]}" for parameter in found.parameters if given.get(parameter.name))


def _date(connection: sqlite3.Connection) -> str:
    """Return when the last run that is known began, by the day."""
    row = one(connection, "select max(started_at) as day from run")
    return row["day"][:10] if row and row["day"] else "unknown date"
