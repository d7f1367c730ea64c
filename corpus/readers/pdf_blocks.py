"""Lines of a column to blocks: paragraphs, headings, captions, tables, small print.

What a typesetter does to show where a paragraph begins is read back: an indent, a gap, a short last line, another size
or weight.
"""

from __future__ import annotations

import re
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum

from corpus.readers import lines as look
from corpus.readers.pdf_lines import Line
from corpus.sections import kind_of
from corpus.tables import notes as table_notes

# Sizes that differ by a larger share are two sizes.
_OTHER_SIZE = 0.06
# Of the usual distance of lines: a larger one parts paragraphs.
_GAP = 1.25
_ROOM_FOR_RAISED = 0.4  # of the font size
_MOST_GAP_INSIDE = 1.8  # of the usual distance: no sentence runs over more
_INDENT = 0.6  # of the font size
_NEAR = 5  # lines before and after that tell how wide a column is
_MAX_HEADING_LINES = 4
_MAX_HEADING = 200  # characters
_MAX_CELL = 60  # characters of a line of a cell that stands by itself


_KEYWORDS = re.compile(r"(?:key\s?words?|abbreviations?)\b", re.IGNORECASE)


class Role(Enum):
    """What a block is."""

    BODY = "body"
    HEADING = "heading"
    CAPTION = "caption"
    TABLE = "table"
    SMALL = "small print"


@dataclass(frozen=True, slots=True)
class Style:
    """The looks of most of a file's text: its font size, whether it is bold, and the usual distance of lines for each size."""

    size: float
    is_bold: bool
    leading: dict[float, float] = field(default_factory=dict)

    def leading_of(self, size: float) -> float:
        """Return the usual distance of two lines of this size."""
        usual = self.leading.get(round(self.size), 1.2 * self.size) / self.size
        return self.leading.get(round(size), usual * size)


@dataclass(slots=True)
class Block:
    """Lines that belong together; `left` and `right` bound their column."""

    lines: list[Line]
    role: Role
    left: float
    right: float


def style_of(lines: Iterable[Line]) -> Style:
    """Find the looks of most of the text."""
    sizes: Counter[tuple[float, bool]] = Counter()
    steps: defaultdict[int, list[float]] = defaultdict(list)
    last: Line | None = None
    for line in lines:
        sizes[line.size, line.is_bold] += len(line.text)
        if last is not None and last.page == line.page and last.size == line.size and 0 < last.y - line.y < 2.5 * line.size:
            steps[round(line.size)].append(last.y - line.y)
        last = line
    (size, is_bold), _ = sizes.most_common(1)[0]
    return Style(size, is_bold, {float(size): statistics.median(found) for size, found in steps.items() if len(found) > 4})


def blocks(region: Sequence[Line], style: Style) -> Iterator[Block]:
    """Cut the lines of one region, from top to bottom."""
    if not region:
        return
    body = [line for line in region if abs(line.size - style.size) < 0.1 * style.size] or list(region)
    left = min(line.x0 for line in body)
    tabular = _tabular(region)
    current: list[Line] = []
    for index, line in enumerate(region):
        right = _right(region, index)
        if current and _starts(current, line, left, right, style, tabular[index - 1], tabular[index]):
            yield from _with_heading(_block(current, left, _right(region, index - 1), style, is_table=tabular[index - 1]))
            current = []
        current.append(line)
    yield from _with_heading(_block(current, left, _right(region, len(region) - 1), style, is_table=tabular[-1]))


def _with_heading(block: Block) -> Iterator[Block]:
    """Part a heading from the paragraph that it runs into ("**Case presentation.** A woman ...")."""
    first = block.lines[0]
    name, rest = first.lead.strip(), first.text.removeprefix(first.lead).strip()
    is_parted = name.endswith((".", ":", "—", "–")) or rest.startswith((".", ":", "—", "–"))
    words = rest.lstrip(".:—– ")
    # "Key words: ..." is a line between two sections and opens none.
    if (
        block.role in (Role.TABLE, Role.CAPTION)
        or not (is_parted and words)
        or kind_of(name.rstrip(".:—– ")) is None
        or _KEYWORDS.match(name)
    ):
        yield block
        return
    yield Block([replace(first, cells=(name.rstrip(".:—– "),), is_bold=True, lead="")], Role.HEADING, block.left, block.right)
    role = Role.SMALL if block.role is Role.SMALL else Role.BODY
    yield Block([replace(first, cells=(words,), lead=""), *block.lines[1:]], role, block.left, block.right)


def _right(region: Sequence[Line], index: int) -> float:
    """Return where lines near this one end: a region may hold a title over all columns and a column below it."""
    near = region[max(0, index - _NEAR) : index + _NEAR + 1]
    return max(line.x1 for line in near if line.size == region[index].size)


def _tabular(region: Sequence[Line]) -> list[bool]:
    """Tell for each line whether it is a row of a table: it and one near it have several cells; so is a short line between two rows."""
    several = [len(line.cells) > 1 for line in region]
    out: list[bool] = []
    for index, is_row in enumerate(several):
        near = several[max(0, index - 2) : index] + several[index + 1 : index + 3]
        out.append(is_row and (any(near) or (index > 0 and table_notes.is_caption(region[index - 1].text))))
    for index in range(1, len(out) - 1):
        out[index] = out[index] or (out[index - 1] and several[index + 1] and len(region[index].text) < _MAX_CELL)
    return out


def _starts(block: Sequence[Line], line: Line, left: float, right: float, style: Style, was_row: bool, is_row: bool) -> bool:
    """Whether a line begins a new block below `block`."""
    last = block[-1]
    if was_row != is_row:
        return True
    drop = last.y - line.y
    usual = max(style.leading_of(last.size), style.leading_of(line.size))
    if drop > _GAP * usual + 1 + (_ROOM_FOR_RAISED * line.size if line.has_raised else 0) or drop < 0:
        is_cut = not 0 < drop < _MOST_GAP_INSIDE * usual or not _is_mid_sentence(last, line)
        return is_cut and not (is_row and 0 < drop < 2.5 * usual)
    if is_row:
        return False
    if _is_other(last, line):
        return True
    if look.is_section_name(last.text) and len(block) == 1:
        return True
    if (look.is_caption(line.text) or look.is_section_name(line.text)) and is_ended(last.text):
        return True
    return _is_set_off(block, line, left, right)


def _is_mid_sentence(last: Line, line: Line) -> bool:
    """Whether a sentence runs over two lines for certain."""
    if last.size != line.size or is_ended(last.text):
        return False
    return look.ends_with_hyphen(last.text) or (look.leads_on(last.text) and look.starts_small(line.text))


def _is_other(last: Line, line: Line) -> bool:
    """Whether two lines look different, as a heading and its text do."""
    if abs(last.size - line.size) > _OTHER_SIZE * max(last.size, line.size) or last.is_bold != line.is_bold:
        return True
    return last.is_italic != line.is_italic and (look.is_heading(last.text) or look.is_heading(line.text)) and not look.leads_on(last.text)


def _is_set_off(block: Sequence[Line], line: Line, left: float, right: float) -> bool:
    """Whether indent or a short line before tells a new paragraph."""
    last, em = block[-1], line.size
    has_room = last.x1 + 0.25 * em + line.first_width < right - 0.3 * em
    if look.starts_item(last.text, line.text) and (has_room or is_ended(last.text)):
        return True
    hangs = len(block) > 1 and all(abs(one.x0 - block[1].x0) < 1 for one in block[1:]) and block[1].x0 > block[0].x0 + _INDENT * em
    if hangs:
        return abs(line.x0 - block[0].x0) < 1
    if _INDENT * em < line.x0 - last.x0 < 5 * em and line.x0 - left > _INDENT * em and (len(block) > 1 or is_ended(last.text)):
        return True
    if is_ended(last.text):
        return has_room
    # A line that is much shorter than its column and stops without a stop: a line of an address, a list, a verse.
    return has_room and last.x1 - left < 0.6 * (right - left) and not line.text[:1].islower() and not look.leads_on(last.text)


def is_ended(text: str) -> bool:
    """Whether a sentence ends with the text, perhaps with citation numbers behind its stop."""
    bare = text.rstrip()
    if bare.endswith("]") and (start := bare.rfind("[", -40)) > 0 and not any(c.isalpha() for c in bare[start:]):
        bare = bare[:start].rstrip()
    return look.ends_sentence(bare)


def _block(lines: Sequence[Line], left: float, right: float, style: Style, *, is_table: bool) -> Block:
    return Block(list(lines), _role(lines, style, is_table), left, right)


def _role(lines: Sequence[Line], style: Style, is_table: bool) -> Role:
    """Judge what finished lines are."""
    first, words = lines[0], " ".join(line.text for line in lines)
    if is_table:
        return Role.TABLE
    if look.is_caption(first.text) or (table_notes.is_caption(first.text) and first.is_bold):
        return Role.CAPTION
    if look.is_section_name(words):
        return Role.HEADING
    is_marked = (
        first.size > style.size * (1 + _OTHER_SIZE)
        or (first.is_bold and not style.is_bold)
        or (first.is_italic and len(lines) == 1 and len(words) < 80)
        or (words.isupper() and len(words) > 5)
    )
    is_short = len(lines) <= _MAX_HEADING_LINES and len(words) <= _MAX_HEADING
    if is_marked and is_short and not is_ended(words.rstrip(":")) and not words[:1].islower() and first.size >= 0.9 * style.size:
        return Role.HEADING
    return Role.SMALL if first.size < style.size * (1 - _OTHER_SIZE) else Role.BODY


def is_full(block: Block) -> bool:
    """Whether the last line of a block reaches the end of its column, as one in mid-sentence does."""
    return block.lines[-1].x1 > block.right - 0.15 * (block.right - block.left)
