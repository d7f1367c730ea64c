"""Workbooks of Excel and its like: each sheet's tables with numbers as they are shown."""

from __future__ import annotations

import io
import re
import warnings
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import openpyxl
from lxml import etree
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.utils import get_column_letter
from openpyxl.utils.cell import range_boundaries

from corpus.markup.pieces import MAX_CELL_CHARACTERS, Kind, Piece, is_blank, plain
from corpus.report import CorpusError
from corpus.tables.archive import check_archive
from corpus.tables.layout import MAX_CELLS, Draft, Tables, check_size, few
from corpus.tables.number_format import show
from corpus.tables.sheet import tables_of_sheet

# A sheet may be larger than its tables; what stands beyond is refused, not cut off.
MAX_SHEETS = 50
MAX_SHEET_ROWS = 10_000
MAX_SHEET_COLUMNS = 500
MAX_SHEET_ELEMENTS = 500_000  # cells that are only coloured among them
MAX_MERGED = 5_000

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_STRICT = "{http://purl.oclc.org/ooxml/spreadsheetml/main}"
_PLACE = re.compile(r"(?P<column>[A-Z]{1,3})(?P<row>[0-9]{1,7})")
_KINDS = {"superscript": Kind.SUPERSCRIPT, "subscript": Kind.SUBSCRIPT}


@dataclass(frozen=True, slots=True)
class _Facts:
    """What openpyxl's read-only mode does not tell of a sheet; rows and columns from 1.

    Attributes
    ----------
    rows, columns
        The last row and column with a content.
    merged
        First and last column and row of each merged range: left, top, right, bottom.
    unstored
        Formulae whose result the file does not hold.
    rich
        Texts that stand in the sheet itself, with what is raised or lowered in them.
    hidden
        Names of rows and columns that are not shown.
    """

    rows: int
    columns: int
    merged: tuple[tuple[int, int, int, int], ...]
    unstored: tuple[tuple[int, int], ...]
    rich: dict[tuple[int, int], tuple[Piece, ...]]
    hidden: tuple[str, ...]


def read(data: bytes, name: str) -> Tables:
    """Read the tables of all sheets that are shown.

    A formula gives its stored result. A merged range is one cell. A number is read as its format shows it.

    Raises
    ------
    CorpusError
        As `corpus.tables.archive.check_archive`, the workbook cannot be read, or it has too many sheets.
    """
    check_archive(data, name)
    tables = Tables()
    with warnings.catch_warnings(), zipfile.ZipFile(io.BytesIO(data)) as archive:
        warnings.simplefilter("ignore")  # openpyxl warns of charts and validation that it leaves out
        try:
            book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True, rich_text=True, keep_links=False)
            sheets = list(book.worksheets)
        except Exception as error:  # whatever part of a broken workbook openpyxl stumbles over
            raise _broken(name, error) from error
        if len(sheets) > MAX_SHEETS:
            raise CorpusError(f"{name}: {len(sheets)} sheets, wanted at most {MAX_SHEETS}")
        for sheet in sheets:
            where = f"{name}, sheet {' '.join(sheet.title.split())[:60]}"
            if sheet.sheet_state != "visible":
                tables += Tables(messages=(f"{where}: hidden, not read",))
                continue
            try:
                tables += _read_sheet(sheet, archive, where)
            except CorpusError as error:
                tables += Tables(messages=(str(error),))
            except Exception as error:
                raise _broken(where, error) from error
    return tables


def _broken(where: str, error: Exception) -> CorpusError:
    reason = " ".join(str(error).split())[:120]
    return CorpusError(f"{where}: not a workbook that can be read ({type(error).__name__}: {reason}), wanted .xlsx")


def _read_sheet(sheet: Any, archive: zipfile.ZipFile, where: str) -> Tables:
    """Read one sheet."""
    with archive.open(sheet._worksheet_path) as source:  # the only place where openpyxl keeps a sheet's part
        facts = _facts(source, where)
    unstored = [f"{where}, {_name(row - 1, column - 1)}: formula without a stored result, read as empty" for row, column in facts.unstored]
    messages = few(unstored, where)
    doubts: list[str] = []
    if facts.hidden:
        messages.append(
            f"{where}: hidden {', '.join(facts.hidden[:5])}{' and more' if len(facts.hidden) > 5 else ''}, read like the others"
        )
    found: dict[tuple[int, int], tuple[Piece, ...]] = {}
    if facts.rows:
        # To the last cell that was found: a file may state fewer rows than it has.
        for row in sheet.iter_rows(max_row=facts.rows, max_col=facts.columns):
            for cell in row:
                if cell.value is not None:
                    place = (cell.row, cell.column)
                    found[place] = facts.rich.get(place) or _pieces(cell, where, doubts)
    drafts = list(_drafts(found, facts, where, doubts))
    check_size(where, 1, 1, sum(draft.row_span * draft.column_span for draft in drafts))
    return tables_of_sheet(where, drafts, _name) + Tables(messages=(*messages, *few(doubts, where)))


def _name(row: int, column: int) -> str:
    return f"{get_column_letter(column + 1)}{row + 1}"


def _pieces(cell: Any, where: str, doubts: list[str]) -> tuple[Piece, ...]:
    """Give the content of a cell as it is shown."""
    place = _name(cell.row - 1, cell.column - 1)
    value = cell.value
    if isinstance(value, CellRichText):
        runs = [(run.text, run.font.vertAlign) if isinstance(run, TextBlock) else (run, None) for run in value]
        return _runs(runs)
    if isinstance(value, str):
        if len(value) > MAX_CELL_CHARACTERS:
            raise CorpusError(f"{where}, {place}: {len(value)} characters, wanted at most {MAX_CELL_CHARACTERS} in one cell")
        return tuple(plain(value))
    text, is_understood = show(value, cell.number_format or "General")
    if not is_understood:
        doubts.append(f"{where}, {place}: number format {cell.number_format[:40]!r} is not understood, the stored number {text} is read")
    return (Piece(Kind.TEXT, text),)


def _runs(runs: list[tuple[str, str | None]]) -> tuple[Piece, ...]:
    """Make pieces of the runs of a text, each with how it stands on the line."""
    pieces: list[Piece] = []
    for text, height in runs:
        kind = _KINDS.get(height or "")
        pieces += plain(text) if kind is None else [Piece(kind, text)]
    return tuple(pieces)


def _drafts(found: dict[tuple[int, int], tuple[Piece, ...]], facts: _Facts, where: str, doubts: list[str]) -> Iterator[Draft]:
    """Place the cells that are not blank; a merged range is its first cell."""
    covered: dict[tuple[int, int], tuple[int, int, int, int]] = {}
    for merged in facts.merged:
        left, top, right, bottom = merged
        if is_blank(found.get((top, left), ())):
            continue
        check_size(where, 1, 1, len(covered) + (right - left + 1) * (bottom - top + 1), max(right - left, bottom - top) + 1)
        for row in range(top, bottom + 1):
            for column in range(left, right + 1):
                if (row, column) in covered:
                    raise CorpusError(f"{where}, {_name(row - 1, column - 1)}: merged ranges overlap, wanted one cell in each place")
                covered[row, column] = merged
    for (row, column), pieces in found.items():
        if is_blank(pieces):
            continue
        left, top, right, bottom = covered.get((row, column), (column, row, column, row))
        if (row, column) == (top, left):
            yield Draft(pieces, row - 1, column - 1, bottom - top + 1, right - left + 1)
        else:
            doubts.append(f"{where}, {_name(row - 1, column - 1)}: hidden below a merged cell, not read")


def _facts(source: Any, where: str) -> _Facts:
    """Look through the XML of a sheet before openpyxl fills its gaps with cells."""
    rows = columns = cells = elements = 0
    merged: list[tuple[int, int, int, int]] = []
    unstored: list[tuple[int, int]] = []
    hidden: list[str] = []
    rich: dict[tuple[int, int], tuple[Piece, ...]] = {}
    place = (0, 0)
    for event, element in etree.iterparse(source, events=("start", "end"), resolve_entities=False, no_network=True, huge_tree=False):
        tag = element.tag.replace(_STRICT, _MAIN)
        if event == "start":
            elements += 1
            if elements > MAX_SHEET_ELEMENTS or len(merged) > MAX_MERGED:
                raise CorpusError(
                    f"{where}: the sheet is too large, wanted at most {MAX_SHEET_ELEMENTS} cells and {MAX_MERGED} merged ranges"
                )
            # A cell without a name of its own stands behind the one before it.
            if tag == f"{_MAIN}row":
                place = (_number(element.get("r"), place[0] + 1), 0)
                hidden += [f"row {place[0]}"] if element.get("hidden") in ("1", "true") else []
            elif tag == f"{_MAIN}c":
                place = _place(element.get("r"), (place[0], place[1] + 1), where)
            continue
        if tag == f"{_MAIN}c":
            parts = {part.tag.replace(_STRICT, _MAIN).removeprefix(_MAIN): part for part in element}
            if "f" in parts and not (parts["v"].text if "v" in parts else ""):
                unstored.append(place)
            if "is" in parts:
                rich[place] = _runs([_run(run) for run in parts["is"].iter(f"{_MAIN}t", f"{_STRICT}t")])
            if parts:
                cells += 1
                rows, columns = max(rows, place[0]), max(columns, place[1])
                if rows > MAX_SHEET_ROWS or columns > MAX_SHEET_COLUMNS or cells > MAX_CELLS:
                    limits = f"{MAX_SHEET_ROWS} rows, {MAX_SHEET_COLUMNS} columns and {MAX_CELLS} cells"
                    raise CorpusError(f"{where}, {_name(place[0] - 1, place[1] - 1)}: the sheet is too large, wanted at most {limits}")
        elif tag == f"{_MAIN}mergeCell":
            merged.append(_range(element.get("ref") or "", where))
        elif tag == f"{_MAIN}col" and element.get("hidden") in ("1", "true"):
            hidden.append(f"column {get_column_letter(min(_number(element.get('min'), 1), 16384))}")
        if tag in (f"{_MAIN}row", f"{_MAIN}mergeCell"):
            element.clear()
    return _Facts(rows, columns, tuple(merged), tuple(unstored), rich, tuple(hidden))


def _run(text: Any) -> tuple[str, str | None]:
    """One text of an inline string with its height on the line; a phonetic reading is no text of the cell."""
    run = text.getparent()
    if run.tag.endswith("}rPh"):
        return "", None
    heights = [mark.get("val") for mark in run.iter(f"{_MAIN}vertAlign", f"{_STRICT}vertAlign")] if run.tag.endswith("}r") else []
    return text.text or "", heights[0] if heights else None


def _number(value: str | None, default: int) -> int:
    return int(value) if value and re.fullmatch(r"[0-9]{1,7}", value) else default


def _place(value: str | None, default: tuple[int, int], where: str) -> tuple[int, int]:
    """Row and column of a cell from its name."""
    if value is None:
        return default
    match = _PLACE.fullmatch(value)
    if match is None:
        raise CorpusError(f"{where}: a cell is named {value[:20]!r}, wanted a name such as B3")
    left, top, _, _ = range_boundaries(value)
    return top, left


def _range(value: str, where: str) -> tuple[int, int, int, int]:
    """First and last column and row of a range."""
    first, _, last = value.partition(":")
    if not _PLACE.fullmatch(first) or not _PLACE.fullmatch(last or first):
        raise CorpusError(f"{where}: a merged range is named {value[:20]!r}, wanted a name such as B3:C4")
    left, top, right, bottom = range_boundaries(value)
    return left, top, max(left, right), max(top, bottom)
