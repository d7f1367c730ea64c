"""Cells with spans to a rectangle: no cell is lost, doubled or moved, and what cannot be is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from corpus.markup.pieces import Piece, compose, is_blank
from corpus.report import CorpusError
from corpus.tables.grid import Cell, Grid
from corpus.tables.notes import Paragraph, is_caption, is_note, read_notes, split_label, used_marks

# The largest table of the corpus has 101 rows and 600 cells; beyond these it is a data set, not a table of a paper.
MAX_ROWS = 5_000
MAX_COLUMNS = 200
MAX_CELLS = 100_000
MAX_SPAN = 1_000
MAX_TABLES = 500


@dataclass(frozen=True, slots=True)
class Spanning:
    """A cell of a format that tells spans, not places (HTML, JATS); spans from 1, a `row_span` of 0 to the end of its group."""

    pieces: tuple[Piece, ...]
    row_span: int = 1
    column_span: int = 1
    is_header: bool = False


@dataclass(frozen=True, slots=True)
class Draft:
    """A cell in its place, from 0, its text not yet put together."""

    pieces: tuple[Piece, ...]
    row: int
    column: int
    row_span: int = 1
    column_span: int = 1
    is_header: bool = False


@dataclass(frozen=True, slots=True)
class Tables:
    """What a file holds.

    Attributes
    ----------
    grids
        Its tables, in the order of the file.
    messages
        What was not read (a table that is only an image, an overlap of spans), or read with a doubt (missing cells); each
        begins with the file and the table.
    """

    grids: tuple[Grid, ...] = ()
    messages: tuple[str, ...] = ()

    def __add__(self, other: Tables) -> Tables:
        return Tables(self.grids + other.grids, self.messages + other.messages)


def place(groups: Iterable[Sequence[Sequence[Spanning]]], where: str) -> list[Draft]:
    """Give each cell its place by HTML's table model: the first free place of its row; no span leaves its row group.

    Parameters
    ----------
    groups
        Row groups (thead, tbody, tfoot), each a sequence of rows.
    where
        For messages.

    Raises
    ------
    CorpusError
        A span or the table is too large, or two cells claim the same place.
    """
    drafts: list[Draft] = []
    start = total = 0
    for rows in groups:
        end = start + len(rows)
        if end > MAX_ROWS:
            raise CorpusError(f"{where}: more than {MAX_ROWS} rows, wanted at most {MAX_ROWS}")
        taken: dict[int, set[int]] = {row: set() for row in range(start, end)}
        for row, cells in enumerate(rows, start=start):
            column = 0
            for cell in cells:
                while column in taken[row]:
                    column += 1
                height = min(cell.row_span or end - row, end - row)
                total += height * cell.column_span
                check_size(where, row + height, column + cell.column_span, total, max(cell.row_span, cell.column_span))
                covered = range(column, column + cell.column_span)
                for below in range(row, row + height):
                    if not taken[below].isdisjoint(covered):
                        raise CorpusError(f"{where}, row {row + 1}, column {column + 1}: spans overlap, wanted one cell in each place")
                    taken[below].update(covered)
                drafts.append(Draft(cell.pieces, row, column, height, cell.column_span, cell.is_header))
                column += cell.column_span
        start = end
    return drafts


def check_size(where: str, rows: int, columns: int, cells: int, span: int = 1) -> None:
    """Refuse what is too large for a table of a paper.

    Raises
    ------
    CorpusError
        A bound is passed.
    """
    for what, found, most in (
        ("a span of", span, MAX_SPAN), ("rows:", rows, MAX_ROWS), ("columns:", columns, MAX_COLUMNS), ("cells:", cells, MAX_CELLS)
    ):  # fmt: skip
        if found > most:
            raise CorpusError(f"{where}: too large ({what} {found}), wanted at most {most}")


def few(messages: Sequence[str], where: str, most: int = 20) -> list[str]:
    """Give the first messages of a kind and the number of the others."""
    return [*messages[:most], *([f"{where}: {len(messages) - most} more of this kind"] if len(messages) > most else [])]


def _row_and_column(row: int, column: int) -> str:
    return f"row {row + 1}, column {column + 1}"


def build(
    where: str,
    drafts: Sequence[Draft],
    *,
    header_rows: int = 0,
    label: str | None = None,
    caption: str | None = None,
    notes: Sequence[Paragraph] = (),
    name_cell: Callable[[int, int], str] = _row_and_column,
    tells_gaps: bool = True,
) -> Tables:
    """Make the grid of placed cells.

    Rows and columns in which no cell begins (wholly covered by spans from before) are left out: they would repeat what
    is printed once. A first row that is the caption and last rows that are notes, in one cell each, are taken as such.

    Parameters
    ----------
    where, label, caption
        As in `Grid`.
    drafts
        Cells that do not overlap.
    header_rows
        Rows at the top that the format marks as headings: those of the drafts below this number.
    notes
        Paragraphs below the table.
    name_cell
        Names the place of a cell, from the row and column of its draft, in the words of the format.
    tells_gaps
        Whether a place without a cell is worth a message (in a spreadsheet it is merely empty).

    Returns
    -------
    Tables
        One grid, or none with the reason.

    Raises
    ------
    CorpusError
        A cell or a note is too long; the message names it.
    """
    if all(is_blank(draft.pieces) for draft in drafts):
        return Tables(messages=(f"{where}: no word in any cell, not read",))
    used = used_marks(draft.pieces for draft in drafts)
    title, body, below = _peel(drafts, used, may_have_title=label is None and caption is None)
    if title is not None:
        label, caption = split_label(compose(title.pieces, frozenset(), keep_marks=True)[0])
    try:
        told = read_notes((*notes, *below), used)
    except CorpusError as error:
        raise CorpusError(f"{where}, notes: {error}") from error
    marks = frozenset(told.footnotes)
    rows_kept = sorted({draft.row for draft in body})
    columns_kept = sorted({draft.column for draft in body})
    row_at = {row: index for index, row in enumerate(rows_kept)}
    column_at = {column: index for index, column in enumerate(columns_kept)}
    slots: list[list[Cell | None]] = [[None] * len(columns_kept) for _ in rows_kept]
    missing_notes: dict[str, str] = {}
    for draft in body:
        try:
            text, cell_notes = compose(draft.pieces, marks, is_header=draft.is_header)
        except CorpusError as error:
            raise CorpusError(f"{where}, {name_cell(draft.row, draft.column)}: {error}") from error
        rows = [row_at[row] for row in range(draft.row, draft.row + draft.row_span) if row in row_at]
        columns = [column_at[column] for column in range(draft.column, draft.column + draft.column_span) if column in column_at]
        cell = Cell(text, rows[0], columns[0], len(rows), len(columns), cell_notes, draft.is_header)
        for row in rows:
            for column in columns:
                if slots[row][column] is not None:
                    raise CorpusError(f"{where}, {name_cell(draft.row, draft.column)}: spans overlap, wanted one cell in each place")
                slots[row][column] = cell
        for mark in cell_notes:
            if mark not in marks:
                missing_notes.setdefault(mark, name_cell(draft.row, draft.column))
    messages = few([f"{where}, {place}: mark {mark!r} without a footnote, kept as a mark" for mark, place in missing_notes.items()], where)
    if tells_gaps:
        messages += _gaps(where, slots, rows_kept, name_cell)
    grid = Grid(
        where=where,
        rows=tuple(tuple(cell or Cell("", row, column) for column, cell in enumerate(line)) for row, line in enumerate(slots)),
        header_rows=sum(row < header_rows for row in rows_kept),
        label=label,
        caption=caption,
        footnotes=MappingProxyType(told.footnotes),
        remarks=told.remarks,
    )
    return Tables((grid,), tuple(messages))


def _gaps(where: str, slots: Sequence[Sequence[Cell | None]], rows_kept: Sequence[int], name_cell: Callable[[int, int], str]) -> list[str]:
    """Tell of the rows that have too few cells."""
    messages = []
    for row, line in enumerate(slots):
        if missing := line.count(None):
            place = name_cell(rows_kept[row], 0).split(",")[0]
            messages.append(f"{where}, {place}: {missing} of {len(line)} cells missing, taken as empty")
    return few(messages, where)


def _peel(drafts: Sequence[Draft], used: frozenset[str], *, may_have_title: bool) -> tuple[Draft | None, list[Draft], list[Paragraph]]:
    """Part a title row at the top and note rows at the bottom from the table; at least one row stays."""
    rows: dict[int, list[Draft]] = {}
    for draft in drafts:
        rows.setdefault(draft.row, []).append(draft)
    order = sorted(rows)
    title: Draft | None = None
    below: list[Paragraph] = []
    first = _alone(rows[order[0]])
    if may_have_title and len(order) > 1 and first and first.row_span == 1 and is_caption("".join(p.text for p in first.pieces).strip()):
        title = first
        order = order[1:]
    while len(order) > 1:
        last = _alone(rows[order[-1]])
        is_covered = any(draft.row + draft.row_span > order[-1] for row in order[:-1] for draft in rows[row])
        if last is None or is_covered or last.is_header or not is_note(last.pieces, used):
            break
        below.insert(0, last.pieces)
        order = order[:-1]
    return title, [draft for row in order for draft in rows[row]], below


def _alone(row: Sequence[Draft]) -> Draft | None:
    """Find the only cell of a row that has words, where it is the row's first; None otherwise."""
    with_words = [draft for draft in row if not is_blank(draft.pieces)]
    is_first = len(with_words) == 1 and with_words[0].column == min(draft.column for draft in row)
    return with_words[0] if is_first else None
