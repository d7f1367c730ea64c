"""A sheet to its tables: empty rows and columns part them, lone texts are titles above or notes below."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from corpus.markup.pieces import Piece, compose
from corpus.report import CorpusError
from corpus.tables.layout import Draft, Tables, build
from corpus.tables.notes import Paragraph, is_caption, is_note, lines_of, split_label, used_marks

# A sheet in more pieces than this is a form or a drawing.
MAX_REGIONS = 500


@dataclass(frozen=True, slots=True)
class Region:
    """Cells around which a row or column is empty, none of them blank; places are those of the sheet, `bottom` and `right` inclusive."""

    drafts: tuple[Draft, ...]
    top: int
    bottom: int
    left: int
    right: int

    @classmethod
    def of(cls, drafts: tuple[Draft, ...]) -> Region:
        """Measure what the cells cover."""
        return cls(
            drafts,
            top=min(draft.row for draft in drafts),
            bottom=max(draft.row + draft.row_span for draft in drafts) - 1,
            left=min(draft.column for draft in drafts),
            right=max(draft.column + draft.column_span for draft in drafts) - 1,
        )

    @property
    def is_text(self) -> bool:
        """Whether its lines have one cell each: a title or notes, not a table."""
        return len({draft.column for draft in self.drafts}) == 1


@dataclass(frozen=True, slots=True)
class _Block:
    """A table of the sheet with the texts that belong to it, and the marks that stand in its cells."""

    region: Region
    used: frozenset[str]
    title: tuple[Piece, ...] = ()
    notes: tuple[Paragraph, ...] = ()


def tables_of_sheet(where: str, drafts: Sequence[Draft], name_cell: Callable[[int, int], str]) -> Tables:
    """Read the tables of one sheet.

    Where it is doubtful whether an empty row or column parts two tables or only sets lines apart, they are parted and a
    message says so.

    Parameters
    ----------
    where
        The file and the sheet.
    drafts
        The cells that are not blank.
    name_cell
        Names a cell by its row and column from 0, as "B3".

    Raises
    ------
    CorpusError
        A cell is too long, or the sheet is in too many pieces.
    """
    regions = sorted(_part(tuple(drafts)), key=lambda region: (region.top, region.left))
    if len(regions) > MAX_REGIONS:
        raise CorpusError(f"{where}: {len(regions)} pieces between empty rows and columns, wanted at most {MAX_REGIONS}")
    blocks, loose = _with_texts(regions)
    tables = Tables(messages=tuple(f"{where}, {name_cell(r.top, r.left)}: text of one column, no table, not read" for r in loose))
    for block in blocks:
        region = block.region
        extent = f"{name_cell(region.top, region.left)} to {name_cell(region.bottom, region.right)}"
        name = where if len(blocks) == 1 else f"{where}, {extent}"
        label, caption = split_label(compose(block.title, frozenset(), is_header=True, keep_marks=True)[0])
        padded = _padded(region)
        tables += build(name, padded, label=label, caption=caption, notes=block.notes, name_cell=name_cell, tells_gaps=False)
    doubts = _doubts([block.region for block in blocks], name_cell)
    return replace(tables, messages=(*tables.messages, *(f"{where}: {doubt}" for doubt in doubts)))


def _part(drafts: tuple[Draft, ...]) -> Iterator[Region]:
    """Cut at empty rows, then at empty columns, then again within the pieces, until none is left."""
    pending = [drafts] if drafts else []
    while pending:
        piece = pending.pop()
        title, rest = _title_over_all(piece)
        if title is not None:
            yield Region.of((title,))
            pending.append(rest)
            continue
        parts = _cut(piece, lambda draft: (draft.row, draft.row_span))
        if len(parts) == 1:
            parts = _cut(piece, lambda draft: (draft.column, draft.column_span))
        if len(parts) == 1:
            yield Region.of(piece)
        else:
            pending += parts


def _cut(drafts: tuple[Draft, ...], extent: Callable[[Draft], tuple[int, int]]) -> list[tuple[Draft, ...]]:
    """Cut where no cell covers a line; `extent` gives the first line of a cell and how many it covers."""
    parts: list[list[Draft]] = []
    end = -1
    for draft in sorted(drafts, key=extent):
        start, span = extent(draft)
        if not parts or start > end:
            parts.append([])
        parts[-1].append(draft)
        end = max(end, start + span)
    return [tuple(part) for part in parts]


def _title_over_all(drafts: tuple[Draft, ...]) -> tuple[Draft | None, tuple[Draft, ...]]:
    """Take off a first row of one cell: merged over several columns, or over the first column of a row that begins there too."""
    top = min(draft.row for draft in drafts)
    first = [draft for draft in drafts if draft.row == top]
    rest = tuple(draft for draft in drafts if draft.row != top)
    if len(first) > 1 or len({draft.column for draft in rest}) < 2 or first[0].row_span > 1:
        return None, drafts
    title = first[0]
    below = [draft for draft in rest if draft.row == min(other.row for other in rest)]
    begins_there = title.column == min(draft.column for draft in rest)
    is_title = begins_there and len(below) > 1 and title.column in {draft.column for draft in below}
    return (title, rest) if is_title else (None, drafts)


def _padded(region: Region) -> list[Draft]:
    """Give each blank place of a region a cell of its own, so that an empty row header keeps its column."""
    covered = {
        (row, column)
        for draft in region.drafts
        for row in range(draft.row, draft.row + draft.row_span)
        for column in range(draft.column, draft.column + draft.column_span)
    }
    blanks = [
        Draft((), row, column)
        for row in range(region.top, region.bottom + 1)
        for column in range(region.left, region.right + 1)
        if (row, column) not in covered
    ]
    return [*region.drafts, *blanks]


def _with_texts(regions: Sequence[Region]) -> tuple[list[_Block], list[Region]]:
    """Give each text to the table above (notes) or below it (a title); what has neither comes back."""
    blocks = [_Block(region, used_marks(draft.pieces for draft in region.drafts)) for region in regions if not region.is_text]
    loose: list[Region] = []
    for text in (region for region in regions if region.is_text):
        above = [index for index, block in enumerate(blocks) if block.region.top <= text.top]
        below = [index for index, block in enumerate(blocks) if block.region.top > text.bottom]
        pieces = [draft.pieces for draft in sorted(text.drafts, key=lambda draft: draft.row)]
        words = " ".join(piece.text for line in pieces for piece in line).strip()
        notes_above = above and is_note(pieces[0], blocks[above[-1]].used)
        if below and (is_caption(words) or not notes_above):
            index = below[0]
            joined = tuple(piece for line in pieces for piece in (*line, Piece(pieces[0][0].kind, " ")))
            blocks[index] = replace(blocks[index], title=(*blocks[index].title, *joined))
        elif above:
            index = above[-1]
            lines = tuple(tuple(line) for cell in pieces for line in lines_of(cell))
            blocks[index] = replace(blocks[index], notes=(*blocks[index].notes, *lines))
        else:
            loose.append(text)
    return blocks, loose


def _doubts(regions: Sequence[Region], name_cell: Callable[[int, int], str]) -> Iterator[str]:
    """Tell of empty lines that may stand within one table."""
    for one, other in pairwise(regions):
        places = f"{name_cell(one.top, one.left)} to {name_cell(one.bottom, one.right)} and from {name_cell(other.top, other.left)}"
        if (one.top, one.bottom) == (other.top, other.bottom):
            yield f"an empty column between {places}, read as two tables; if they are one, remove it"
        elif (one.left, one.right) == (other.left, other.right) and _begins_with_values(other) and not _begins_with_values(one):
            yield f"an empty row between {places}, which has no headings of its own, read as two tables; if they are one, remove it"


def _begins_with_values(region: Region) -> bool:
    """Whether a number stands in the first row, as it does in a row of values and not in one of headings."""
    return any(
        "".join(piece.text for piece in draft.pieces).strip()[:1] in tuple("0123456789<>≥≤±")
        for draft in region.drafts
        if draft.row == region.top
    )
