"""What was understood of a table, in lines for the one who adds it: column by column, then row by row, then what was not read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from itertools import groupby

from corpus.dose_table import DoseRow, TableCell, TableColumn, counted, in_words
from extract.tables.understood import DOSES, Understood

_WIDEST = 40


def lines(where: str, found: Understood) -> Iterator[str]:
    """Yield the lines. A table that is none of doses gets one, with the reason."""
    if found.decision != DOSES:
        yield f"{where}: {found.decision}: {found.reason}"
        return
    doses = sum(row.total_dose_gy is not None for row in found.rows)
    shape = "patients are columns" if found.is_transposed else "patients are rows"
    yield f"{where}: {found.decision}, {shape}: {counted(len({row.row_number for row in found.rows}), 'row')}, {counted(doses, 'dose')}"
    yield from columns(found.columns)
    yield from rows(found.rows)
    yield from messages(found.columns, found.cells)


def columns(printed: tuple[TableColumn, ...]) -> Iterator[str]:
    """Yield a line for each column: its heading, what it is taken for, its unit."""
    for column in printed:
        meaning = column.meaning.replace("_", " ").replace("+", " and ")
        unit = f" ({column.unit})" if column.unit else ""
        remark = f"; {column.remark}" if column.remark else ""
        yield f"  column {column.number:>2}  {_cut(column.heading):{_WIDEST}}  {meaning}{unit}{remark}"


def rows(read: tuple[DoseRow, ...]) -> Iterator[str]:
    """Yield a line for each row and dose group: whose it is, and all that was read."""
    for row in read:
        group = f".{row.dose_group}" if row.dose_group > 1 else ""
        yield f"  row {f'{row.row_number}{group}':>5}  {_cut(row.reference):{_WIDEST}}  {in_words(asdict(row)) or 'nothing read'}"


def messages(printed: tuple[TableColumn, ...], cells: tuple[TableCell, ...]) -> Iterator[str]:
    """Yield a line for each cell that has a message or a footnote, in the order of the table."""
    headings = {column.number: column.heading for column in printed}
    for number, same in groupby((cell for cell in cells if cell.message or cell.note), key=lambda cell: cell.row_number):
        for cell in same:
            place = _cut(headings[cell.column_number]) or f"column {cell.column_number}"
            if cell.message:
                yield f"  row {number}, {place}: {cell.message}"
            if cell.note:
                yield f"  row {number}, {place}: {_cut(cell.printed)!r} has the note {cell.note!r}"


def _cut(text: str) -> str:
    return text if len(text) <= _WIDEST else f"{text[: _WIDEST - 1]}…"
