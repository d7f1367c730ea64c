"""Rows as a spreadsheet: the rows on one sheet, and on another what was asked and what the columns mean."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

MOST_ROWS = 50_000
# What a workbook may hold in all: a table of whole reports is cut before it fills the memory.
MOST_CELLS = 1_000_000
MOST_CHARACTERS = 20_000_000
MOST_IN_CELL = 2_000
CUT = " … [cut here; the site has the whole]"
MIME = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

_WIDTHS = (9, 48)  # least and most characters of a column
_MEASURED = 200  # rows from which the widths are taken
# What XML cannot hold.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LARGEST_WHOLE = 2**53  # spreadsheets keep numbers as doubles

Value = Any
Row = Sequence[Value]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the sheet: its name in the database, its heading with the unit, and what it means ("" where nobody says)."""

    name: str
    heading: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Selection:
    """Rows as they were taken from the database.

    Attributes
    ----------
    rows
        As many as a spreadsheet may hold.
    is_cut
        Whether there were more.
    """

    rows: tuple[Row, ...]
    is_cut: bool


def take(rows: Iterable[Row]) -> Selection:
    """Take rows until there are as many as a spreadsheet may hold, in number, cells and characters."""
    taken: list[Row] = []
    n_cells = n_characters = 0
    for row in rows:
        kept = tuple(map(_shortened, row))
        n_cells += len(kept)
        n_characters += sum(len(value) for value in kept if isinstance(value, str))
        if len(taken) == MOST_ROWS or n_cells > MOST_CELLS or n_characters > MOST_CHARACTERS:
            return Selection(tuple(taken), is_cut=True)
        taken.append(kept)
    return Selection(tuple(taken), is_cut=False)


def workbook(columns: Sequence[Column], selection: Selection, about: Iterable[tuple[str, str]]) -> bytes:
    """Return an .xlsx file: sheet "Rows" with headings, sheet "About" with lines of a name and words, and the meaning of each column.

    Numbers are numbers, a text never becomes a formula, NULL is an empty cell.
    """
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Rows")
    for number, width in enumerate(_widths(columns, selection.rows), 1):
        sheet.column_dimensions[get_column_letter(number)].width = width
    sheet.freeze_panes = "B2"
    sheet.append([_bold(sheet, column.heading) for column in columns])
    for row in selection.rows:
        sheet.append([_cell(sheet, value) for value in row])
    sheet.auto_filter.ref = f"A1:{get_column_letter(max(len(columns), 1))}{len(selection.rows) + 1}"
    _write_about(book, columns, about)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _write_about(book: Workbook, columns: Sequence[Column], about: Iterable[tuple[str, str]]) -> None:
    """Add the sheet that tells what the rows are."""
    sheet = book.create_sheet("About")
    for letter, width in zip("ABC", (24, 28, 100), strict=True):
        sheet.column_dimensions[letter].width = width
    for name, words in about:
        sheet.append([_bold(sheet, name), _cell(sheet, _shortened(words))])
    sheet.append([])
    sheet.append([_bold(sheet, title) for title in ("Column", "Name in the database", "What it means")])
    for column in columns:
        meaning = WriteOnlyCell(sheet, _legal(column.meaning))
        meaning.data_type = "s"
        meaning.alignment = Alignment(wrap_text=True, vertical="top")
        sheet.append([*(_cell(sheet, _shortened(words)) for words in (column.heading, column.name)), meaning])


def _bold(sheet: Any, words: str) -> WriteOnlyCell:
    cell = WriteOnlyCell(sheet, _legal(words))
    cell.data_type = "s"
    cell.font = Font(bold=True)
    return cell


def _cell(sheet: Any, value: Value) -> Any:
    """Return a value as openpyxl takes it: text that it would read as a formula or an error is marked as text."""
    if isinstance(value, str) and value[:1] in ("=", "#"):
        cell = WriteOnlyCell(sheet, value)
        cell.data_type = "s"
        return cell
    return value


def _shortened(value: Value) -> Value:
    """Return a value of the database as a spreadsheet can hold it."""
    match value:
        case str():
            text = _legal(value)
            return text if len(text) <= MOST_IN_CELL else text[: MOST_IN_CELL - len(CUT)] + CUT
        case bytes():
            return f"({len(value):,} bytes)"
        case int() if abs(value) > _LARGEST_WHOLE:
            return str(value)
        case float() if not math.isfinite(value):
            return str(value)
    return value


def _legal(text: str) -> str:
    """Return the text without control characters and halves of characters."""
    return _FORBIDDEN.sub("", text)


def _widths(columns: Sequence[Column], rows: Sequence[Row]) -> Iterator[int]:
    """Yield the width of each column in characters, by its heading and its first rows."""
    least, most = _WIDTHS
    for number, column in enumerate(columns):
        shown = (len(str(row[number])) for row in rows[:_MEASURED] if row[number] is not None)
        yield min(max(least, len(column.heading) + 3, *shown, 0), most)
