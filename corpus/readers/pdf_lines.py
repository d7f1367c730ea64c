"""Characters of a page to lines: which stand on one baseline, where words end, what is raised.

A fragment is what the program wrote in one go on one baseline; a line is all of the fragments on a baseline of one
column, its cells parted where the room between two of them is more than a space can be.
"""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from itertools import groupby, pairwise
from operator import itemgetter

from corpus.markup.pieces import Kind, Piece, prose
from corpus.readers.pdf_glyphs import Glyph

# Shares of the font size. A space has 0.25, shrunk in a tight line 0.16; letters of a word are kerned by 0.05 at most.
_SPACE = 0.13
# Where white space is written, words are apart however little room there is: a slanted letter leans over it.
_WRITTEN_SPACE = 0.005
# A wider gap ends a fragment: the gutter between columns has 1.2 and more.
_END_OF_FRAGMENT = 0.9
# With a written space in it, the gap may belong to a line that was stretched to its column's width.
_STRETCHED_SPACE = 2.5
# A wider gap parts two cells of a table; spaces of a justified line stay below.
_CELL_GAP = 1.8
_MOST_STRETCHED = 3.5  # a space of a justified line with few words
_SMALL = 0.86  # characters smaller than this share of their line's are raised, lowered or small capitals
_RAISED, _LOWERED = 0.12, -0.06
# Some programs hardly make raised signs smaller; those stand clearly above their line.
_HARDLY_SMALL, _CLEARLY_RAISED = 0.95, 0.25
_MAX_LOOSE = 40  # raised signs that stand by themselves on one line
# Characters without a name are kept until the words around them tell what they are (`pdf_ligatures`).
FIRST_UNKNOWN = 0xF0000


@dataclass(frozen=True, slots=True)
class Fragment:
    """Characters on one baseline; `y` and `size` are those of most of them."""

    glyphs: tuple[Glyph, ...]
    x0: float
    x1: float
    y: float
    size: float

    @property
    def width(self) -> float:
        """Its length in points."""
        return self.x1 - self.x0

    @property
    def text(self) -> str:
        """Its characters with spaces, as they stand."""
        gaps = (right.x0 - left.x1 > _SPACE * self.size for left, right in pairwise(self.glyphs))
        return self.glyphs[0].text + "".join(f" {g.text}" if gap else g.text for g, gap in zip(self.glyphs[1:], gaps, strict=True))


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a column; `cells` has one text for each cell, and one for prose."""

    page: int
    x0: float
    x1: float
    y: float
    size: float
    is_bold: bool
    is_italic: bool
    cells: tuple[str, ...]
    first_width: float  # of its first word: the room it would have needed on the line before
    has_raised: bool = False  # raised signs, for which some programs move a line down
    lead: str = ""  # the words at its start that are set in another font than the next

    @property
    def text(self) -> str:
        """The words of all cells."""
        return " ".join(self.cells)


class Names:
    """Characters that the fonts of a file do not name, each with a stand-in of its own."""

    __slots__ = ("_known",)

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], str] = {}

    def text_of(self, glyph: Glyph) -> str:
        """Return the character, or its stand-in: no character of the file itself is one."""
        if glyph.is_mapped and ord(glyph.text) < FIRST_UNKNOWN:
            return glyph.text
        return self._known.setdefault((glyph.look.font, glyph.text), chr(FIRST_UNKNOWN + len(self._known) % 0x10000))


def fragments(glyphs: Iterable[Glyph]) -> list[Fragment]:
    """Cut the characters of a page, in the order of the file, where the baseline changes or a wide gap stands."""
    out: list[Fragment] = []
    run: list[Glyph] = []
    for glyph in glyphs:
        if run and not _goes_on(run[-1], glyph):
            out.append(_fragment(run))
            run = []
        run.append(glyph)
    if run:
        out.append(_fragment(run))
    return out


def _goes_on(left: Glyph, right: Glyph) -> bool:
    """Whether `right` follows `left` on its baseline, or raised or lowered beside it."""
    large, small = max(left.look.size, right.look.size), min(left.look.size, right.look.size)
    drop = abs(right.y - left.y)
    if drop > (0.6 * large if small <= _HARDLY_SMALL * large else 0.12 * large):
        return False
    if small < _SMALL * large and right.x0 - left.x1 > 0.5 * large:  # the number of a line before its words
        return False
    # The letters of a ligature have one place.
    most = _STRETCHED_SPACE if right.is_spaced else _END_OF_FRAGMENT
    return right.x0 >= left.x0 - 0.1 * large and right.x0 - left.x1 <= most * large


def _size_of(glyphs: Iterable[Glyph]) -> float:
    """Return the font size that fills most room: "it." counts for more than the raised "9-11" behind it."""
    count = Counter(glyph.look.size for glyph in glyphs)
    return max(count, key=lambda size: (count[size] * size, size))


def _fragment(glyphs: Sequence[Glyph]) -> Fragment:
    size = _size_of(glyphs)
    y = statistics.median_low([glyph.y for glyph in glyphs if glyph.look.size == size])
    return Fragment(tuple(glyphs), min(g.x0 for g in glyphs), max(g.x1 for g in glyphs), y, size)


def rows(found: Iterable[Fragment]) -> list[list[Fragment]]:
    """Group the fragments of a column by baselines, from top to bottom; raised ones go to the line they stand in."""
    out: list[list[Fragment]] = []
    loose: list[Fragment] = []
    for piece in sorted(found, key=lambda f: (-f.y, f.x0)):
        last = out[-1][0] if out else None
        if last is not None and abs(last.y - piece.y) <= 0.2 * max(last.size, piece.size):
            out[-1].append(piece)
        else:
            out.append([piece])
    for index, row in enumerate(out):
        home = _home(out, index)
        if home is None:
            continue
        loose.clear()
        home += row
        row.clear()
    return [sorted(row, key=lambda f: f.x0) for row in out if row]


def _home(out: list[list[Fragment]], index: int) -> list[Fragment] | None:
    """Find the line beside whose words a row of raised or lowered signs stands; None where it is a line of its own."""
    row = out[index]
    if not row or len(row) > _MAX_LOOSE or max(f.width for f in row) > 8 * row[0].size:
        return None
    for other in (*out[index + 1 : index + 3], *out[max(0, index - 2) : index]):
        if not other or len(other) > 10 * _MAX_LOOSE:
            continue
        size, rise = other[0].size, row[0].y - other[0].y
        most = _HARDLY_SMALL if rise > _CLEARLY_RAISED * size else _SMALL
        if any(f.size > most * size for f in row):
            continue
        if -0.35 * size <= rise <= 0.65 * size and all(any(abs(f.x0 - o.x1) < 0.4 * size for o in other) for f in row):
            return other
    return None


def lines_of(found: Iterable[Fragment], page: int, names: Names) -> list[Line]:
    """Put the lines of a column together, from top to bottom."""
    grouped = rows(found)
    out: list[Line] = []
    for index, row in enumerate(grouped):
        near = (*grouped[max(0, index - 2) : index], *grouped[index + 1 : index + 3])
        starts = {round(piece.x0) for other in near for piece in other[1:]}
        aligned = {id(piece.glyphs[0]) for piece in row[1:] if starts & {round(piece.x0) + step for step in (-1, 0, 1)}}
        line = _line_of(row, page, names, aligned if len(aligned) > 1 else frozenset())
        if line.cells:
            out.append(line)
    return out


def _line_of(row: Sequence[Fragment], page: int, names: Names, aligned: Set[int]) -> Line:
    """Put a line together: spaces where words are apart, exponents and citation numbers as `prose` writes them.

    `aligned`: the first characters of fragments that stand below or above others of their kind, as cells do.
    """
    glyphs = [glyph for piece in row for glyph in piece.glyphs]
    size = _size_of(glyphs)
    y = statistics.median_low([glyph.y for glyph in glyphs if glyph.look.size == size])
    space = _space(glyphs, size)
    is_stretched = _is_stretched(glyphs, space * size)
    cells: list[str] = []
    pieces: list[tuple[Kind, str]] = []
    kinds: set[Kind] = set()
    first_width, is_first_word = 0.0, True
    lead: str | None = None
    last: Glyph | None = None
    for glyph in glyphs:
        gap = glyph.x0 - last.x1 if last is not None else 0.0
        if gap > (_END_OF_FRAGMENT if id(glyph) in aligned else _CELL_GAP) * size and not is_stretched:
            cells.append(_prose(pieces))
            pieces = []
        elif gap > _least(glyph, space) * max(glyph.look.size, last.look.size if last is not None else 0.0):
            pieces.append((Kind.TEXT, " "))
        if gap > _least(glyph, space) * size:
            is_first_word = False
        if is_first_word:
            first_width = glyph.x1 - glyphs[0].x0
        if lead is None and glyph.look.font != glyphs[0].look.font:
            lead = _prose(pieces) if not cells else ""
        kinds.add(kind := _kind(glyph, size, y))
        pieces.append((kind, names.text_of(glyph)))
        last = glyph
    cells.append(_prose(pieces))
    bold, italic = (sum(getattr(g.look, name) for g in glyphs) > 0.8 * len(glyphs) for name in ("is_bold", "is_italic"))
    texts = tuple(text for cell in cells if (text := _closed_up(cell)))
    return Line(page, row[0].x0, max(f.x1 for f in row), y, size, bold, italic, texts, first_width, Kind.SUPERSCRIPT in kinds, lead or "")


def _prose(pieces: Iterable[tuple[Kind, str]]) -> str:
    """Give the words of a cell, its characters put together by kinds first."""
    return prose([Piece(kind, "".join(text for _, text in group)) for kind, group in groupby(pieces, key=itemgetter(0))])


def _is_stretched(glyphs: Sequence[Glyph], space: float) -> bool:
    """Whether all words of a line are equally far apart, as in a line with few words that was stretched to its column's width."""
    gaps = [gap for left, right in pairwise(glyphs) if (gap := right.x0 - left.x1) > space]
    if len(gaps) < 2:
        return False
    # Cells of like words are about equally far apart too, but never exactly.
    most = 1.03 if max(gaps) < _MOST_STRETCHED * glyphs[0].look.size else 1.003
    return max(gaps) < most * min(gaps)


def _space(glyphs: Sequence[Glyph], size: float) -> float:
    """Return the least gap between words of a line, as a share of the font size; more where letters are spaced."""
    gaps = [right.x0 - left.x1 for left, right in pairwise(glyphs)]
    usual = statistics.median(gaps) / size if len(gaps) > 7 else 0.0
    return _SPACE + min(max(usual, 0.0), 0.5) if usual > 0.03 else _SPACE


def _least(glyph: Glyph, space: float) -> float:
    """Return the least gap before a character that parts words; OCR writes spaces without care for their places."""
    return min(space, _WRITTEN_SPACE) if glyph.is_spaced and not glyph.look.is_hidden else space


def _kind(glyph: Glyph, size: float, y: float) -> Kind:
    """Tell a raised or lowered character by its size and place."""
    rise = (glyph.y - y) / size
    if glyph.look.size > (_HARDLY_SMALL if rise > _CLEARLY_RAISED else _SMALL) * size:
        return Kind.TEXT
    return Kind.SUPERSCRIPT if rise > _RAISED else Kind.SUBSCRIPT if rise < _LOWERED else Kind.TEXT


def _closed_up(text: str) -> str:
    """Close up a heading of spaced letters: "A B S T R A C T"."""
    letters = text.split(" ")
    is_spaced = len(letters) > 3 and all(len(letter) == 1 and letter.isalpha() for letter in letters)
    return "".join(letters) if is_spaced else text
