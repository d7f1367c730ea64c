"""The layout of a table: which cells are headings, whether patients are rows or columns, and which rows are patients at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from corpus.dose_table import JOINT
from corpus.tables.grid import Cell, Grid
from extract.tables import headings, words
from extract.tables.headings import Heading

# No table has more rows of headings.
_MOST_HEADING_ROWS = 4
# So many headings must be known for a row (or column) to be the one of headings.
_ENOUGH = 2


class TableError(ValueError):
    """A table that is not understood; the message says what was found and what was wanted."""


@dataclass(frozen=True, slots=True)
class Line:
    """What is printed of one patient, or of the patients of one publication: a cell a heading.

    `section` is the line across the table that it stands under ("Adults"), None where there is none.
    """

    cells: tuple[Cell, ...]
    section: str | None = None


@dataclass(frozen=True, slots=True)
class Layout:
    """A table with its headings told from its lines.

    Attributes
    ----------
    headings
        One a column; in a table whose patients are columns, one a row.
    lines
        The patients in printed order.
    is_transposed
        Whether the patients are columns.
    """

    headings: tuple[Heading, ...]
    lines: tuple[Line, ...]
    is_transposed: bool


def of(grid: Grid) -> Layout:
    """Return the layout of a table.

    Raises
    ------
    TableError
        No headings are found, there is no line below them, or headings come a second time: two tables in one.
    """
    rows = [row for row in grid.rows if any(cell.text for cell in row)]
    if not rows:
        raise TableError("no cell with words, wanted a table")
    rows = rows[_titles(rows) :]
    if not rows:
        raise TableError("nothing but a title, wanted a table")
    marked = min(sum(1 for row in grid.rows[: grid.header_rows] if row in rows), len(rows) - 1)
    upright, turned = _known(rows, marked), _known(_turned(rows), 0)
    if turned >= _ENOUGH and turned > upright:
        return _read(_turned(rows), 1, True)
    if upright == 0 and marked == 0:
        raise TableError("no heading that is known, neither in a first row nor in a first column")
    return _read(rows, marked or _heading_rows(rows), False)


def _turned(rows: Sequence[tuple[Cell, ...]]) -> list[tuple[Cell, ...]]:
    """Return the columns as rows, their cells' places and spans turned with them."""
    return [tuple(_turn(cell) for cell in column) for column in zip(*rows, strict=True)]


def _turn(cell: Cell) -> Cell:
    return replace(cell, row=cell.column, column=cell.row, row_span=cell.column_span, column_span=cell.row_span)


def _titles(rows: Sequence[tuple[Cell, ...]]) -> int:
    """Return how many rows at the top hold one cell across the whole table, or nothing but their first cell: its title."""
    count = 0
    while count < len(rows) and len(rows[count]) > 1 and _is_across(rows[count]):
        count += 1
    return count


def _is_across(row: Sequence[Cell]) -> bool:
    """Return whether a row is one cell across the table, or holds words in its first cell only, or the same words in each.

    Programs that know no spans write a cell across as often as it is wide.
    """
    if len(row) > 2 and len({cell.text for cell in row}) == 1 and len(row[0].text) > 2 and not words.is_missing(row[0].text):
        return any(char.isalpha() for char in row[0].text)
    spans = row[0].text != "" and row[0].column_span >= len(row) > 1
    return spans or (row[0].text != "" and len(row) > 2 and not any(cell.text for cell in row[1:]))


def _known(rows: Sequence[tuple[Cell, ...]], marked: int) -> int:
    """Return how many headings the vocabulary knows in the rows of headings.

    Those of one meaning count once: "Patient 1" to "Patient 12", one below the other, are patients and no headings.
    """
    found = [heading for heading in _joined(rows[: marked or _heading_rows(rows)]) if heading.is_known]
    return len({heading.meanings if heading.meanings != (headings.OTHER,) else heading.text for heading in found})


def _heading_rows(rows: Sequence[tuple[Cell, ...]]) -> int:
    """Return how many rows are headings where the format marks none: the first, and those that go on with it.

    A second row is one where a cell of the first spans several columns and it names headings without a number, or where
    it holds nothing but units.
    """
    count = 1
    while count < min(_MOST_HEADING_ROWS, len(rows) - 1):
        last, following = rows[count - 1], rows[count]
        spans = any(cell.column_span > 1 and cell.text for cell in last)
        goes_down = any(cell.row_span > 1 and cell.row < following[0].row for cell in following)
        reads_on = sum(headings.read(cell.text).is_known or bool(headings.read(cell.text).units) for cell in set(following) if cell.text)
        has_number = any(char.isdigit() for cell in following for char in cell.text)
        if not ((spans or goes_down) and reads_on and not has_number) and not _is_of_units(following):
            break
        count += 1
    return count


def _is_of_units(row: Sequence[Cell]) -> bool:
    """Return whether a row holds units, one of dose or time among them, and nothing else: "years", "Gy", "n"."""
    texts = [cell.text for cell in row if cell.text]
    return all(headings.is_unit(text) or headings.is_count(text) for text in texts) and any(map(headings.is_unit, texts))


def _joined(rows: Sequence[tuple[Cell, ...]]) -> tuple[Heading, ...]:
    """Return the headings: the words of all rows of headings, each spanning cell once a column."""
    found = []
    for column in zip(*rows, strict=True):
        texts = list(dict.fromkeys(cell.text for cell in column if cell.text))
        found.append(_heading(texts))
    return tuple(found)


def _heading(texts: Sequence[str]) -> Heading:
    """Return a heading of several rows: what the lowest row means, with its units, or else all of them together.

    "Radiotherapy" over "Dose (Gy)" is a dose; "Dose" over "Gy" and "fractions" are a dose and a number of fractions.
    """
    if len(texts) > 1 and (headings.is_unit(texts[-1]) or (headings.is_count(texts[-1]) and headings.read(texts[-2]).is_known)):
        return replace(_heading([*texts[:-2], f"{texts[-2]} ({texts[-1]})"]), text=JOINT.join(texts))
    joined = replace(headings.read(" / ".join(texts)), text=JOINT.join(texts))
    if len(texts) < 2:
        return joined
    last = headings.read(texts[-1])
    units = last.units or joined.units
    if last.is_known:
        return Heading(joined.text, last.meanings, units, joined.is_statistic, joined.is_total, joined.order)
    return joined


def _read(rows: Sequence[tuple[Cell, ...]], heading_rows: int, is_transposed: bool) -> Layout:
    found = _joined(rows[:heading_rows])
    lines: list[Line] = []
    section: str | None = None
    printed = {tuple(cell.text for cell in row) for row in rows[:heading_rows]}
    for row in rows[heading_rows:]:
        if tuple(cell.text for cell in row) in printed:
            continue  # printed again at the top of a page
        if _is_across(row):
            section = row[0].text
            continue
        if _is_heading_row(row):
            place = "column" if is_transposed else "row"
            raise TableError(f"{place} {row[0].row + 1} holds headings again, wanted one table: two tables in one")
        lines.append(Line(row, section))
    if not lines:
        raise TableError("headings without a line below them, wanted at least one patient")
    if not found[0].is_known and all(headings.read(line.cells[0].text).meanings == ("patient",) for line in lines):
        # "Patient 1", "Patient 2" beside or below an empty corner, or one that says "Characteristic".
        found = (replace(found[0], meanings=("patient",)), *found[1:])
    return Layout(found, tuple(lines), is_transposed)


def _is_heading_row(row: Sequence[Cell]) -> bool:
    """Return whether a row below the headings is one of headings itself: most of its cells are, and none holds a number."""
    texts = [cell.text for cell in row if cell.text]
    if len(texts) < 3 or any(char.isdigit() for text in texts for char in text):
        return False
    known = sum(headings.read(text).is_known for text in texts)
    meanings = {meaning for text in texts for meaning in headings.read(text).meanings if meaning != headings.OTHER}
    return known * 2 > len(texts) and len(meanings) >= 3
