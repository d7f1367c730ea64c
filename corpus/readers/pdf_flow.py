"""Blocks in the order of reading to a report: sentences run on over columns, pages, captions and tables."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

from corpus.readers import lines as look
from corpus.readers.draft import Draft
from corpus.readers.hyphens import glue
from corpus.readers.pdf_about import is_front_matter, tells_rights
from corpus.readers.pdf_blocks import Block, Role, is_ended, is_full
from corpus.readers.pdf_lines import Line
from corpus.sections import OTHER, kind_of
from corpus.tables.notes import split_label

# A paragraph has more words than an address, and most of them in small letters.
_MIN_PROSE_WORDS = 12
_SMALL_LETTERS = 0.6
_SAME_SIZE = 0.06
_INDENT = 0.6  # of the font size
_GLUE_WINDOW = 400  # what stands further from a line's end does not matter to `glue`


@dataclass(slots=True)
class Running:
    """A paragraph while lines are added; `starts` tells where the words of a page begin in it."""

    pieces: list[str] = field(default_factory=list)
    length: int = 0
    rest: str = ""
    starts: list[tuple[int, int]] = field(default_factory=list)

    def add(self, lines: Sequence[Line], seen: Mapping[str, int]) -> Running:
        """Join lines to it: with a space, nothing, or a hyphen less."""
        for line in lines:
            text = line.text
            done, tail = self.rest[:-_GLUE_WINDOW], self.rest[-_GLUE_WINDOW:]
            self.pieces.append(done)
            self.length += len(done)
            self.rest = glue(tail, text, seen) if tail else text
            if not self.starts or self.starts[-1][0] < line.page:
                self.starts.append((line.page, self.length + len(self.rest) - len(text)))
        return self

    @property
    def words(self) -> str:
        """What was joined so far."""
        return "".join((*self.pieces, self.rest))


@dataclass(slots=True)
class Flow:
    """Takes blocks in the order of reading and writes them to a draft; what stands inside of a sentence follows its paragraph."""

    seen: Mapping[str, int]  # the words of the file, for its hyphens
    draft: Draft = field(default_factory=Draft)
    _levels: Mapping[tuple[float, bool, bool], int] = field(default_factory=dict)
    _open: tuple[Running, Block] | None = None  # the last paragraph and the last block of it
    _waiting: list[Block] = field(default_factory=list)
    _is_skipping: bool = False  # in the list of references

    def title(self, block: Block) -> str:
        """Write the title, and return it."""
        running = Running().add(block.lines, self.seen)
        self.draft.paragraph(running.words, "title")
        self._tell_pages(running)
        return running.words

    def run(self, blocks: Sequence[Block], *, has_front: bool) -> None:
        """Write blocks; with `has_front`, those before the first heading or prose are names and addresses, and left out."""
        self._levels = _heading_levels(blocks)
        left_out = _about_the_paper(blocks) | _references(blocks)
        is_front = has_front
        top = float("-inf")
        for block in blocks:
            if id(block) in left_out:
                continue
            first = block.lines[0]
            # Names beside each other: some stand in the next column, above where the text begins in the first.
            if (is_front or (has_front and first.page == 0 and first.y > top + first.size)) and not is_text(block):
                continue
            if is_front:
                is_front, top = False, first.y
            self._take(block)
        self._flush()

    def _take(self, block: Block) -> None:
        """Do with a block what its role asks for."""
        if block.role is Role.HEADING:
            self._flush()
            self._heading(block)
        elif block.role is Role.BODY:
            self._body(block)
        elif block.role is Role.SMALL:
            self._small(block)
        elif block.role is Role.CAPTION or not self._is_skipping or (self._waiting and _is_table_title(self._waiting[-1])):
            self._waiting.append(block)

    def _heading(self, block: Block) -> None:
        running = Running().add(block.lines, self.seen)
        kind = kind_of(running.words)
        if kind is not None:
            self._is_skipping = kind == "references"
        if not self._is_skipping:
            number = _NUMBERED.match(running.words)
            self.draft.heading(running.words, number[0].count(".") + 1 if number else self._levels.get(_style(block), 1))
            self._tell_pages(running)

    def _body(self, block: Block) -> None:
        if self._is_skipping:
            return
        if self._open is not None:
            running, last = self._open
            if (self._waiting or _is_elsewhere(last, block)) and goes_on(last, block):
                self._open = (running.add(block.lines, self.seen), block)
                return
        self._flush()
        self._open = (Running().add(block.lines, self.seen), block)

    def _small(self, block: Block) -> None:
        """Take small print: a paragraph (an abstract, a case in small type), or a footnote, which waits for the sentence's end."""
        if block.lines[0].page == 0 and is_front_matter(_plain(block)):
            return
        if self._waiting and _is_elsewhere(self._waiting[-1], block) and goes_on(self._waiting[-1], block):
            cut = self._waiting.pop()  # a caption that a column's end cut in two
            self._waiting.append(replace(block, lines=[*cut.lines, *block.lines], role=cut.role))
            return
        last = self._open[1] if self._open is not None else None
        is_rest = last is not None and goes_on(last, block)
        is_inside = last is not None and not is_ended(last.lines[-1].text)
        if is_rest or (_is_prose(block) and not is_inside):
            self._body(block)
        elif not self._is_skipping:
            self._waiting.append(block)

    def _flush(self) -> None:
        """Write the open paragraph, then what waited for its end."""
        if self._open is not None:
            running, _ = self._open
            self.draft.paragraph(running.words)
            self._tell_pages(running)
            self._open = None
        waiting, self._waiting = self._waiting, []
        title: Block | None = None
        for block in waiting:
            if title is not None and block.role is not Role.TABLE:
                self._insert(title)
                title = None
            if _is_table_title(block):
                title = block
            elif block.role is Role.TABLE:
                self._table(block, title)
                title = None
            else:
                self._insert(block)
        if title is not None:
            self._insert(title)

    def _insert(self, block: Block) -> None:
        running = Running().add(block.lines, self.seen)
        kind = "table" if _is_table_title(block) else "caption" if block.role is Role.CAPTION else OTHER
        self.draft.paragraph(running.words, kind)
        self._tell_pages(running)

    def _table(self, block: Block, title: Block | None) -> None:
        """Write a table, with the line above it that names it."""
        label, caption = split_label(Running().add(title.lines, self.seen).words) if title is not None else (None, None)
        rows = [line.cells for line in block.lines]
        width = max(map(len, rows))
        self.draft.plain_table([(*cells, *("",) * (width - len(cells))) for cells in rows], label, caption)
        self._tell_page(block.lines[0].page, self.draft.tables[-1].start)

    def _tell_pages(self, running: Running) -> None:
        """Tell the draft which pages begin in the words that were written last."""
        start = self.draft.length - len(running.words)
        for page, offset in running.starts:
            self._tell_page(page, start + offset)

    def _tell_page(self, page: int, offset: int) -> None:
        # A page without words begins where the next one does.
        while len(self.draft.pages) <= page:
            self.draft.pages.append(offset)


def goes_on(last: Block, block: Block) -> bool:
    """Whether a block is the rest of a paragraph that a column's end, a caption or a table cut in two."""
    left, right = last.lines[-1], block.lines[0]
    if abs(left.size - right.size) > _SAME_SIZE * left.size:
        return False
    is_small = look.starts_small(right.text)
    if is_ended(left.text):
        return is_small and is_full(last)
    if is_small or look.leads_on(left.text):
        return True
    return is_full(last) and right.x0 - block.left < _INDENT * right.size


def _about_the_paper(blocks: Sequence[Block]) -> set[int]:
    """Find the small print around dates, rights and addresses on the first page: names of editors, departments, a footnote cut in lines."""
    out: set[int] = set()
    for is_small, group in groupby(blocks, key=lambda block: block.role is Role.SMALL and block.lines[0].page == 0):
        members = list(group)
        if is_small and any(is_front_matter(_plain(block)) for block in members):
            out.update(id(block) for block in members if not _is_prose(block) or not _plain(block)[0].isupper())
    return out


_ITEM = re.compile(r"\[?(\d{1,3})[\].]\s{1,3}(?=\S)")
_ITEM_INSIDE = re.compile(r"(?:^|\s)\[(\d{1,3})\]\s")
_NUMBERED = re.compile(r"\d{1,2}(?:\.\d{1,2}){0,3}(?=\.?\s)")  # "2", "2.1": the level of a heading, surer than its looks
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_MIN_REFERENCES = 4


def _references(blocks: Sequence[Block]) -> set[int]:
    """Find a list of references without a heading: numbers from 1 on at the end, most of them with a year."""
    for start in range(len(blocks) - 1, len(blocks) // 2, -1):
        first = _ITEM.match(_plain(blocks[start]))
        if first is None or first[1] != "1":
            continue
        rest, number, last, years = blocks[start:], 0, start, 0
        for index, block in enumerate(rest, start=start):
            words = _plain(block)
            item = _ITEM.match(words)
            if item is not None and int(item[1]) == number + 1:
                inside = [int(found) for found in _ITEM_INSIDE.findall(words)]
                number, last = max([number + 1, *inside]), index
                years += len(_YEAR.findall(words))
        if number >= _MIN_REFERENCES and years >= 0.6 * number:
            return {id(block) for block in blocks[start : last + 1]} | {id(block) for block in blocks[last:] if _ITEM.match(_plain(block))}
    return set()


def _is_elsewhere(last: Block, block: Block) -> bool:
    """Whether a block stands in another column or page than the one before."""
    left, right = last.lines[-1], block.lines[0]
    return left.page != right.page or right.y > left.y or abs(block.left - last.left) > 20


def is_text(block: Block) -> bool:
    """Whether a block at the start of a paper belongs to its text: the name of a section, or prose."""
    if block.role is Role.HEADING:
        return kind_of(_plain(block)) is not None
    words = _plain(block)
    return _is_prose(block) and not (is_front_matter(words) if block.role is Role.SMALL else tells_rights(words))


def _is_prose(block: Block) -> bool:
    """Whether a block is made of sentences, not of names and addresses."""
    words = _plain(block).split()
    small = sum(word[:1].islower() for word in words)
    return block.role in (Role.BODY, Role.SMALL) and len(words) >= _MIN_PROSE_WORDS and small >= _SMALL_LETTERS * len(words)


def _is_table_title(block: Block) -> bool:
    return block.role is Role.CAPTION and block.lines[0].text[:5].lower() == "table"


def _plain(block: Block) -> str:
    return " ".join(line.text for line in block.lines)


def _style(block: Block) -> tuple[float, bool, bool]:
    """Rank a heading by its looks: larger, bold and capitals come first."""
    first = block.lines[0]
    return (-round(first.size), not first.is_bold, not _plain(block).isupper())


def _heading_levels(blocks: Sequence[Block]) -> dict[tuple[float, bool, bool], int]:
    """Return the level of each look of headings, from 1 for the strongest."""
    found = sorted({_style(block) for block in blocks if block.role is Role.HEADING})
    return {style: level for level, style in enumerate(found, start=1)}
