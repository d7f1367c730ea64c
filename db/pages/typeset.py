"""A report's text as its page sets it: headings, paragraphs, captions and tables, of which not a character is lost or moved."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import TypeVar

from db.pages.highlight import Piece, Span, cut

# What is set in a way of its own; all other words are paragraphs.
LOOKS = frozenset(("heading", "title", "caption", "table", "references", "other"))

# What may stand between the cells of a row: bars, and the marks of Markdown. What a rule below the headings is drawn with.
_BETWEEN_CELLS = "|*_`\\"
_RULE_OF_TABLE = "|:+=-"
# A browser takes seconds to lay out a larger table; it stands as its lines.
_MOST_CELLS = 10_000
# Lines of a typescript are filled up to a width in this range; shorter and longer ones were broken by their author.
_WIDTHS = range(50, 121)


@dataclass(frozen=True, slots=True)
class Part:
    """A section of the text: code points `start` to `end` (exclusive), its number, its kind and its heading, None for none."""

    number: int
    kind: str
    start: int
    end: int
    heading: str | None = None


@dataclass(frozen=True, slots=True)
class Printed:
    """A table within the text: where it stands, its number, its rows of cells, and how many of them are headings."""

    number: int
    start: int
    end: int
    rows: tuple[tuple[str, ...], ...]
    header_rows: int


Region = TypeVar("Region", Part, Printed)


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table: what is written between it and the cell before it, its words, and what follows the last one of its row."""

    before: tuple[Piece, ...]
    pieces: tuple[Piece, ...]
    after: tuple[Piece, ...]
    is_heading: bool


@dataclass(frozen=True, slots=True)
class Block:
    """What stands by itself on the page.

    Attributes
    ----------
    look
        One of `LOOKS`; `paragraph`; `gap` for the empty lines between two blocks; `grid` for the rows of a table.
    anchors
        Names of the section and the table that begin here: "section-3", "table-1".
    pieces
        Its words; () for a grid.
    rows
        The rows of a grid; () for other blocks.
    is_filled
        True where line ends stand only because a line of the file was full.
    """

    look: str
    anchors: tuple[str, ...]
    pieces: tuple[Piece, ...]
    rows: tuple[tuple[Cell, ...], ...] = ()
    is_filled: bool = False


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Code points of a block; `cells` holds start and end of the words of each cell, for each row of a grid."""

    start: int
    end: int
    look: str
    cells: tuple[tuple[tuple[int, int], ...], ...] = ()
    header_rows: int = 0


def typeset(
    text: str, spans: Sequence[Span], sections: Sequence[Part], tables: Sequence[Printed], pages: Mapping[int, int]
) -> tuple[Block, ...]:
    """Return the text of a report in blocks; put together, their words and gaps are the text.

    Parameters
    ----------
    text
        The text.
    spans
        Its evidence.
    sections, tables
        Its parts, in order; sections do not overlap, tables neither.
    pages
        Where the pages of the file begin, with their numbers.
    """
    stretches = list(_stretches(text, sections, tables))
    pieces = cut(text, spans, pages, {edge for stretch in stretches for edge in _edges(stretch)})
    starts = [0]
    for piece in pieces:
        starts.append(starts[-1] + len(piece.text))

    def between(start: int, end: int) -> tuple[Piece, ...]:
        return pieces[bisect_left(starts, start) : bisect_left(starts, end)]

    begin = [(part.start, f"section-{part.number}") for part in sections] + [(table.start, f"table-{table.number}") for table in tables]
    anchors = sorted(begin, reverse=True)
    blocks, end = [], 0
    for stretch in [*stretches, _Stretch(len(text), len(text), "gap")]:
        if end < stretch.start:
            blocks.append(Block("gap", (), between(end, stretch.start)))
        end = stretch.end
        here = []
        while anchors and anchors[-1][0] < max(stretch.end, 1):
            here.append(anchors.pop()[1])
        if stretch.cells:
            blocks.append(Block("grid", tuple(here), (), tuple(_rows(stretch, between))))
        elif stretch.start < stretch.end:
            words = text[stretch.start : stretch.end]
            is_filled = stretch.look != "table" and _is_filled(words)
            blocks.append(Block(stretch.look, tuple(here), between(stretch.start, stretch.end), is_filled=is_filled))
    return tuple(blocks)


def _stretches(text: str, sections: Sequence[Part], tables: Sequence[Printed]) -> Iterator[_Stretch]:
    """Yield the blocks of a text in order; what lies between them is empty lines."""
    headings = {part.start: part.start + len(part.heading) for part in sections if part.heading and _is_line(text, part)}
    marks: list[Part | Printed] = [*sections, *tables]
    edges = {0, len(text), *headings.values(), *(edge for mark in marks for edge in (mark.start, mark.end))}
    for start, end in pairwise(sorted(edge for edge in edges if 0 <= edge <= len(text))):
        table = _around(tables, start)
        if table is not None:
            yield from _table_stretches(text, start, end, table)
        elif start in headings:
            yield _Stretch(start, end, "heading")
        else:
            section = _around(sections, start)
            look = section.kind if section is not None and section.kind in LOOKS else "paragraph"
            yield from (_Stretch(*place, look) for place in _paragraphs(text, start, end))


def _is_line(text: str, part: Part) -> bool:
    """Is the heading of a section a line of its own? One that is followed by words in its line is set as they are."""
    end = part.start + len(part.heading or "")
    return text[part.start : end] == part.heading and text[end : end + 1] in ("", "\n")


def _around(stretches: Sequence[Region], offset: int) -> Region | None:
    """Return the stretch that a character lies in, None where it lies in none."""
    place = bisect_right(stretches, offset, key=lambda stretch: stretch.start) - 1
    return stretches[place] if place >= 0 and offset < stretches[place].end else None


def _paragraphs(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield where the paragraphs of a stretch start and end: runs of lines with words."""
    for is_empty, lines in groupby(_lines(text, start, end), key=lambda line: not text[slice(*line)].strip()):
        if not is_empty:
            (first, last), *rest = lines
            yield first, rest[-1][1] if rest else last


def _lines(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield where the lines of a stretch start and end, without their line ends."""
    for line in text[start:end].split("\n"):
        yield start, start + len(line)
        start += len(line) + 1


def _table_stretches(text: str, start: int, end: int, table: Printed) -> Iterator[_Stretch]:
    """Yield title, rows and notes of a table; all of it as it stands where a row is not found in its lines."""
    rows = [row for row in table.rows if any(row)] if sum(map(len, table.rows)) <= _MOST_CELLS else []
    before: list[tuple[int, int]] = []
    after: list[tuple[int, int]] = []
    found: list[tuple[tuple[int, int], ...]] = []
    inner: list[tuple[int, int]] = []
    for line in _lines(text, start, end):
        cells = _cells(text, *line, rows[len(found)]) if len(found) < len(rows) else None
        if cells is not None:
            found.append(cells)
            inner.append(line)
        elif not found:
            before.append(line)
        elif len(found) == len(rows):
            after.append(line)
        elif not _is_made_of(_RULE_OF_TABLE, text[slice(*line)]):
            break
    if not rows or len(found) < len(rows):
        yield from (_Stretch(*place, "table") for place in _paragraphs(text, start, end))
        return
    headings = sum(any(row) for row in table.rows[: table.header_rows])
    yield from (_Stretch(*line, "caption") for line in before if text[slice(*line)].strip())
    yield _Stretch(inner[0][0], inner[-1][1], "grid", tuple(found), headings)
    yield from (_Stretch(*line, "other") for line in after if text[slice(*line)].strip())


def _cells(text: str, start: int, end: int, row: tuple[str, ...]) -> tuple[tuple[int, int], ...] | None:
    """Return where the cells of a row stand in a line, an empty one after the one before it; None where the line is not the row."""
    found: list[tuple[int, int]] = []
    for cell in row:
        words = " ".join(cell.split())
        place = text.find(words, start, end)
        if place < 0 or (words and not _is_made_of(_BETWEEN_CELLS, text[start:place])):
            return None
        start = place + len(words) if words else start
        found.append((start - len(words), start))
    return tuple(found) if _is_made_of(_BETWEEN_CELLS, text[start:end]) else None


def _is_made_of(signs: str, words: str) -> bool:
    """Are there only these signs and white space? True for no words at all."""
    return all(sign in signs or sign.isspace() for sign in words)


def _edges(stretch: _Stretch) -> Iterator[int]:
    yield from (stretch.start, stretch.end)
    yield from (edge for row in stretch.cells for cell in row for edge in cell)


def _rows(stretch: _Stretch, between: Callable[[int, int], tuple[Piece, ...]]) -> Iterator[tuple[Cell, ...]]:
    """Yield the rows of a grid; the pieces of its cells, put together, are the pieces of the stretch."""
    end, count = stretch.start, len(stretch.cells)
    for number, row in enumerate(stretch.cells, start=1):
        cells = []
        for place, (start, stop) in enumerate(row, start=1):
            after = between(stop, stretch.end) if (number, place) == (count, len(row)) else ()
            cells.append(Cell(between(end, start), between(start, stop), after, number <= stretch.header_rows))
            end = stop
        yield tuple(cells)


def _is_filled(words: str) -> bool:
    """Do the lines end only where the next word had no room? Then they are running text."""
    lines = words.split("\n")
    width = max(map(len, lines))
    return (
        len(lines) > 1
        and width in _WIDTHS
        and all(len(line) + 1 + len(below.split(maxsplit=1)[0]) > width for line, below in pairwise(lines) if below.strip())
    )
