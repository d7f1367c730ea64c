"""A text cut at the boundaries of its evidence, so that every piece can be escaped on its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Span:
    """Words of a text: code points `start` to `end` (exclusive), and the number of the evidence.

    `group` is the colour group of the value; None for words that were passed over.
    """

    number: int
    start: int
    end: int
    group: str | None


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text that lies wholly inside or outside of each span.

    Attributes
    ----------
    text
        The characters as they stand; not escaped.
    numbers
        The spans that cover the piece, shortest first; () for plain text.
    group
        The colour: that of the shortest covering span that has one; None where there is none.
    starts
        The spans that begin with this piece: where a link to a span leads.
    page
        The page of the file that begins with this piece; None where none does.
    """

    text: str
    numbers: tuple[int, ...] = ()
    group: str | None = None
    starts: tuple[int, ...] = ()
    page: int | None = None


def cut(text: str, spans: Sequence[Span], pages: Mapping[int, int] = MappingProxyType({}), edges: Iterable[int] = ()) -> tuple[Piece, ...]:
    """Cut a text at every start and end of the spans, which may overlap in any way, where its pages begin, and at `edges`.

    `pages` maps where a page begins to its number.
    """
    inner = (edge for edge in (*pages, *edges) if 0 < edge < len(text))
    cuts = sorted({0, len(text), *(edge for span in spans for edge in (span.start, span.end)), *inner})
    by_start = sorted(spans, key=lambda span: (span.start, span.number))
    covering: list[Span] = []
    pieces = []
    upcoming = 0
    for start, end in pairwise(cuts):
        starts = []
        while upcoming < len(by_start) and by_start[upcoming].start == start:
            covering.append(by_start[upcoming])
            starts.append(by_start[upcoming].number)
            upcoming += 1
        covering = sorted(
            (span for span in covering if span.end > start),
            key=lambda span: (span.end - span.start, span.number),
        )
        pieces.append(
            Piece(
                text[start:end],
                tuple(span.number for span in covering),
                next((span.group for span in covering if span.group), None),
                tuple(starts),
                pages.get(start),
            )
        )
    return tuple(pieces)
