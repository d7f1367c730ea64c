"""The order in which the parts of a page are read, and what is no part of the text: running headers, footers, page numbers.

A page is cut where a strip between two columns is free: what stands above the columns comes first, then the left one,
the right one, then what stands below; each part is cut again in the same way. That is the recursive X-Y cut (Nagy and
Seth 1984) with one difference: the columns are found by their left edges, so that a title or a table that runs over the
strip bounds them and does not hide them.
"""

from __future__ import annotations

import re
import statistics
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from corpus.readers import lines as look
from corpus.readers.pdf_about import is_front_matter
from corpus.readers.pdf_glyphs import Rule
from corpus.readers.pdf_lines import Fragment

_GUTTER = 5.0  # points that the strip between two columns has at least
_MIN_LINES = 5  # of two columns together
_MAX_FRAGMENTS = 6_000  # a page of more is a drawing: read as it is written
_MIN_WIDTH = 10.0  # of a column's lines, in font sizes: cells of tables are narrower
_FEW, _FEW_GUTTER = 10, 1.1  # so few fragments, closer than this, in font sizes, may be words of stretched lines
_APART = 2.0  # font sizes: the distance of two lines that do not belong together
_MIN_LAST = 4.0  # of one or two lines, the end of a text in a column of their own
_PROSE_WIDTH = 18.0  # of a column beside which there may be a side bar of shorter lines
_MIN_PROSE_LINES = 4
_MOST_HANGING = 30.0  # points
_HANGING = 3.2  # font sizes: how far the lines of an item may stand behind its number
_MAX_DEPTH = 12
_MIN_NUMBERED = 4  # lines of a page
_MOST_STEP = 10  # from one number of a line to the next
_MOST_CANDIDATES = 12
_MARGIN = 0.13  # of the page's height, above and below: where running headers and footers stand
_EDGE = 0.06  # of the height: no text stands so near
_SAME_HEIGHT = 4.0
_MOST_LINES = 6  # of a header or footer
_MOST_PLACES = 400  # at which the same words are looked for
_DIGITS = re.compile(r"[0-9]+|\b[ivxl]{1,6}\b")


@dataclass(frozen=True, slots=True)
class Columns:
    """Two columns between `top` and `bottom`, the right one beginning at `edge`."""

    left: tuple[Fragment, ...]
    right: tuple[Fragment, ...]
    top: float
    bottom: float


def regions(found: Sequence[Fragment], rules: Sequence[Rule], depth: int = 0) -> Iterator[tuple[Fragment, ...]]:
    """Yield the parts of a page in the order of reading: each is a column, or a stretch that runs over all columns."""
    columns = _best_columns(found, rules) if depth < _MAX_DEPTH else None
    if columns is None:
        if found:
            yield tuple(found)
        return
    inside = {id(piece) for piece in (*columns.left, *columns.right)}
    rest = [piece for piece in found if id(piece) not in inside]
    middle = (columns.top + columns.bottom) / 2
    for part in (
        [piece for piece in rest if piece.y > middle],
        columns.left,
        columns.right,
        [piece for piece in rest if piece.y <= middle],
    ):
        yield from regions(part, rules, depth + 1)


def _best_columns(found: Sequence[Fragment], rules: Sequence[Rule]) -> Columns | None:
    """Find the two columns with the most lines; None where there are none."""
    if not _MIN_LINES <= len(found) <= _MAX_FRAGMENTS:
        return None
    best: Columns | None = None
    for edge in _edges(found):
        for columns in _columns_at(edge, found, rules):
            if best is None or len(columns.left) + len(columns.right) > len(best.left) + len(best.right):
                best = columns
    return best


def _edges(found: Sequence[Fragment]) -> list[float]:
    """Return where lines of a right column may begin: places at which several fragments do, the most frequent first."""
    first = min(piece.x0 for piece in found)
    count = Counter(round(piece.x0) for piece in found if piece.x0 > first + 60)
    both = Counter({x: count[x] + count[x + 1] for x in count})
    frequent = [float(x) for x, number in both.most_common(_MOST_CANDIDATES) if number >= 2]
    # Items hang: most of their lines begin behind the edge of their column.
    hanging = {float(x) for x in count for edge in frequent[:3] if 2 < edge - x < _MOST_HANGING}
    return [*frequent, *sorted(hanging.difference(frequent))[:_MOST_CANDIDATES]]


def _columns_at(edge: float, found: Sequence[Fragment], rules: Sequence[Rule]) -> Iterator[Columns]:
    """Yield the columns beside the strip left of `edge`, one pair for each stretch over which it is free."""
    blocking = [piece for piece in found if piece.x0 < edge - 2 and piece.x1 > edge - _GUTTER]
    blocked = {id(piece) for piece in blocking}
    free = sorted((piece for piece in found if id(piece) not in blocked), key=lambda piece: -piece.y)
    for piece in _run_on(blocking, free, edge):
        blocked.add(id(piece))
        blocking.append(piece)
    low, high = min(piece.y for piece in found), max(piece.y for piece in found)
    cuts = [rule.y for rule in rules if low < rule.y < high and rule.x0 < edge - 30 and rule.x1 > edge + 30]
    bounds = sorted({*(piece.y for piece in blocking), *cuts}, reverse=True)
    bounds = [float("inf"), *bounds, float("-inf")]
    free = [piece for piece in free if id(piece) not in blocked]
    index = 0
    for top, bottom in pairwise(bounds):
        inside: list[Fragment] = []
        while index < len(free) and free[index].y > bottom:
            inside.append(free[index])
            index += 1
        left = tuple(piece for piece in inside if piece.x0 < edge - 2)
        right = tuple(piece for piece in inside if piece.x0 >= edge - 2)
        left = _without_what_is_below(left, right)
        if _are_columns(left, right, edge):
            yield Columns(left, right, min(top, high + 1), max(bottom, low - 1))


def _run_on(blocking: Sequence[Fragment], free: Sequence[Fragment], edge: float) -> Iterator[Fragment]:
    """Yield the short last lines of paragraphs that run over both columns: they do not reach the strip themselves."""
    by_y = sorted(free, key=lambda piece: piece.y)
    heights = [piece.y for piece in by_y if piece.x0 >= edge - 2]
    for wide in blocking:
        for piece in _between(by_y, wide.y - 1.45 * wide.size, wide.y - 0.5 * wide.size):
            is_same = abs(piece.x0 - wide.x0) < 2 and abs(piece.size - wide.size) < 0.3 and piece.x0 < edge - 2
            if is_same and not any(abs(y - piece.y) < piece.size for y in heights):
                yield piece


def _between(by_y: Sequence[Fragment], low: float, high: float) -> Iterator[Fragment]:
    """Yield the fragments, sorted by height, between two heights."""
    for piece in by_y[bisect_left(by_y, low, key=lambda piece: piece.y) :]:
        if piece.y > high:
            return
        yield piece


def _are_columns(left: Sequence[Fragment], right: Sequence[Fragment], edge: float) -> bool:
    """Whether two sets of fragments are columns of prose: well filled lines, and those on the right begin at the edge.

    A side bar has short lines; it is one where it stands beside prose with lines of its own height or size.
    """
    if not left or not right or (len(left) + len(right) < _FEW and _gutter(left, right) < _FEW_GUTTER * right[0].size):
        return False
    filled, begins = _rows_of(left), _rows_of(right)
    if len(filled) + len(begins) < _MIN_LINES:
        return False
    hanging = edge + _HANGING * max(row.size for row in begins)
    if sum(abs(row.x0 - edge) < 2 for row in begins) + 0.5 * sum(edge + 2 <= row.x0 < hanging for row in begins) < 0.4 * len(begins):
        return False
    if any(len(rows) < 3 and max(row.width / row.size for row in rows) < _MIN_LAST for rows in (filled, begins)):
        return False
    narrow = [rows for rows in (filled, begins) if len(rows) > 2 and _width(rows) < _MIN_WIDTH]
    return not narrow or (len(narrow) == 1 and _is_side_bar(narrow[0], begins if narrow[0] is filled else filled))


def _without_what_is_below(left: tuple[Fragment, ...], right: tuple[Fragment, ...]) -> tuple[Fragment, ...]:
    """Take the heading of the next part from below a side bar: smaller than what stands beside it, and far above what follows it."""
    if len(left) < _MIN_PROSE_LINES or not right:
        return left
    small, floor = statistics.median(piece.size for piece in left), min(piece.y for piece in right)
    if small > 0.95 * statistics.median(piece.size for piece in right):
        return left
    for index, (above, piece) in enumerate(pairwise(left), start=1):
        if piece.y < floor - piece.size and above.y - piece.y > _APART * above.size and piece.size > small:
            return left[:index]
    return left


def _gutter(left: Sequence[Fragment], right: Sequence[Fragment]) -> float:
    return min(piece.x0 for piece in right) - max(piece.x1 for piece in left)


def _width(rows: Sequence[Row]) -> float:
    """Return how much of its lines is usually filled, in font sizes."""
    return statistics.median(row.width / row.size for row in rows)


def _is_side_bar(narrow: Sequence[Row], prose: Sequence[Row]) -> bool:
    """Whether the lines of a narrow column do not keep to those of the prose beside them, as the cells of a table would."""
    if len(prose) < _MIN_PROSE_LINES or _width(prose) < _PROSE_WIDTH or len(narrow) < _MIN_PROSE_LINES:
        return False
    usual = statistics.median(row.size for row in prose)
    heights = sorted(row.y for row in prose)
    apart = sum(
        abs(row.size - usual) > 0.04 * usual or not any(abs(y - row.y) < 1 for y in _near(heights, row.y)) for row in narrow
    )  # fmt: skip
    return apart > 0.6 * len(narrow)


def _near(heights: Sequence[float], y: float) -> Sequence[float]:
    at = bisect_left(heights, y)
    return heights[max(0, at - 1) : at + 1]


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a column: where it begins, and how many points of it are filled."""

    x0: float
    width: float
    y: float
    size: float


def _rows_of(column: Sequence[Fragment]) -> list[Row]:
    """Return the lines of a column; its fragments are sorted by height."""
    out: list[Row] = []
    for _, row in groupby(column, key=_Steps(2)):
        pieces = list(row)
        out.append(Row(min(piece.x0 for piece in pieces), sum(piece.width for piece in pieces), pieces[0].y, pieces[0].size))
    return out


# --- numbers of lines --------------------------------------------------------------------------------


def line_numbers(found: Sequence[Fragment]) -> set[int]:
    """Find the numbers that a manuscript has beside its lines.

    Parameters
    ----------
    found
        The fragments of a page.

    Returns
    -------
    set[int]
        The ids of those that stand outside of the text, left or right, and count up; empty where it has none.
    """
    numbers = [piece for piece in found if len(piece.text) <= 4 and piece.text.isdecimal()]
    words = [piece for piece in found if not piece.text.isdecimal()]
    if len(numbers) < _MIN_NUMBERED or len(words) < _MIN_NUMBERED:
        return set()
    # A running header or a mark in the margin may stand further out than the text.
    starts, ends = sorted(piece.x0 for piece in words), sorted(piece.x1 for piece in words)
    left, right = starts[len(starts) // 10], ends[-1 - len(ends) // 10]
    for outside in ([p for p in numbers if p.x1 < left], [p for p in numbers if p.x0 > right]):
        column = sorted(outside, key=lambda piece: -piece.y)
        steps = Counter(int(below.text) - int(above.text) for above, below in pairwise(column))
        step, count = steps.most_common(1)[0] if steps else (0, 0)
        if len(column) >= _MIN_NUMBERED and 0 < step <= _MOST_STEP and count >= 0.8 * len(column) - 1:
            return {id(piece) for piece in column}
    return set()


# --- running headers and footers ------------------------------------------------------------------


def furniture(pages: Sequence[tuple[float, Sequence[Fragment]]], body_size: float) -> list[set[int]]:
    """Find running headers, footers and page numbers.

    Parameters
    ----------
    pages
        Height and fragments of each page.
    body_size
        The font size of most of the text.

    Returns
    -------
    list[set[int]]
        For each page the ids of the fragments that are no part of the text.
    """
    where: dict[str, list[tuple[int, float]]] = defaultdict(list)
    for number, (height, found) in enumerate(pages):
        for piece in _in_margin(found, height):
            where[_key(piece)].append((number, piece.y))
    levels = _levels(where)

    def is_known(piece: Fragment, number: int) -> bool:
        """Whether it stands on another page at the same height, or where running headers stand."""
        if any(other != number and abs(y - piece.y) <= _SAME_HEIGHT for other, y in where[_key(piece)][:_MOST_PLACES]):
            return True
        return piece.size <= 1.05 * body_size and round(piece.y) in levels

    out: list[set[int]] = []
    for number, (height, found) in enumerate(pages):
        ignored: set[int] = set()
        edge = sorted(_in_margin(found, height), key=lambda piece: piece.y)
        for side in ([p for p in edge if p.y < height / 2], [p for p in reversed(edge) if p.y > height / 2]):
            lines = [list(row) for _, row in groupby(side, key=_Steps(_SAME_HEIGHT))]
            known = [
                any(is_known(piece, number) for piece in line) or all(look.is_page_furniture(piece.text) for piece in line)
                for line in lines
            ]  # fmt: skip
            known[:1] = [known[0] or _stands_apart(lines[0], (height, found), body_size)] if lines else []
            for line in lines[: _outer(known)]:
                large = [piece for piece in line if piece.size >= 0.95 * body_size]
                # A line of the text may stand beside a footnote of the other column.
                kept = {
                    id(piece) for piece in large
                    if len(large) < len(line) and piece.width > _MIN_WIDTH * piece.size and not is_known(piece, number)
                }  # fmt: skip
                ignored.update({id(piece) for piece in line} - kept)
        out.append(ignored)
    return out


class _Steps:
    """A key for `groupby`: fragments sorted by height are alike until the next one stands further than `most` from the first."""

    def __init__(self, most: float) -> None:
        self.most, self.first = most, float("nan")

    def __call__(self, piece: Fragment) -> float:
        if not abs(piece.y - self.first) <= self.most:
            self.first = piece.y
        return self.first


def _outer(known: Sequence[bool]) -> int:
    """Count the lines from the page's edge on that are furniture: up to the last known one, with at most one unknown before each."""
    count = 0
    for index, is_known in enumerate(known[:_MOST_LINES]):
        if is_known:
            count = index + 1
        elif index > count:
            break
    return count


def _stands_apart(line: Sequence[Fragment], page: tuple[float, Sequence[Fragment]], body_size: float) -> bool:
    """Whether the line nearest to the edge stands apart from the text, and is smaller or at the very edge.

    A line of rights or dates in small print does so however near it is.
    """
    height, found = page
    own, y = {id(piece) for piece in line}, line[0].y
    if is_front_matter(" ".join(piece.text for piece in line)) and line[0].size < 0.95 * body_size:
        return True
    is_at_edge = not height * _EDGE < y < height * (1 - _EDGE)
    if not is_at_edge and any(piece.size >= 0.95 * body_size for piece in line):
        return False
    return all(abs(piece.y - y) >= 1.8 * body_size for piece in found if id(piece) not in own)


def _levels(where: Mapping[str, Sequence[tuple[int, float]]]) -> set[int]:
    """Return the heights at which the same words stand on three pages or more."""
    out: set[int] = set()
    for places in where.values():
        heights = Counter(round(y) for _, y in places)
        out.update(y for y, count in heights.items() if count >= 3)
    return out


def _in_margin(found: Sequence[Fragment], height: float) -> Iterator[Fragment]:
    for piece in found:
        if piece.y > height * (1 - _MARGIN) or piece.y < height * _MARGIN:
            yield piece


def _key(piece: Fragment) -> str:
    """Words with numbers made alike: "1188 J Invented Med" and "1190 J Invented Med"."""
    return _DIGITS.sub("#", piece.text[:200].lower())
