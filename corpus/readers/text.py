"""Plain text: hard-wrapped lines and page breaks become paragraphs, one a line.

Published texts come as lines of a column, with words split at their ends and sentences that a page
break, a figure's caption or a running header cuts in two. Read so, a cue ("was not offered any") and
what it governs ("chemotherapy") stand in different paragraphs. Text that has one paragraph a line
already is left as it is.
"""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from itertools import pairwise

from corpus.readers import lines as look
from corpus.readers.clean import clean
from corpus.readers.decode import decode_any
from corpus.readers.hyphens import glue, words_of
from corpus.report import CorpusError, Report

# A column of a journal has 40 to 75 characters, a typescript 80, a page-wide caption up to 150.
_MIN_WRAPPED, _MAX_WRAPPED = 25, 200
# A line that is this much longer than the column's runs over the page: a caption, a table, a footnote.
_PAGE_WIDE = 1.3
# Justified lines vary in characters by a quarter; a line shorter than that was ended on purpose.
_SLACK = 0.75
# How many captions, labels and headers may stand inside a sentence: two figures and a table.
_MAX_SKIPPED = 8
_MAX_SKIPPED_LINES = 120  # the rows of that table among them
# In text that is not wrapped only a long line is trusted to be broken off by a page's end.
_MIN_BROKEN_OFF = 60


class Role(Enum):
    """What a paragraph is to the sentence that runs past it."""

    BODY = "body"
    HEADING = "heading"  # no sentence runs past a heading
    INSERT = "insert"  # captions and footnotes: sentences run past them, and they may go on themselves
    HEADER = "header"  # running headers, page numbers, bare labels: passed over, never continued
    ROW = "row"  # a line of a table or list: passed over, keeps its line


@dataclass(slots=True)
class Paragraph:
    """Lines that belong together; `role` and `width` (characters, of its column) tell how to go on."""

    lines: list[str]
    role: Role
    width: int = 0
    is_page_wide: bool = False
    starts_block: bool = field(default=True)


def read(data: bytes, name: str, report_id: str) -> tuple[Report, ...]:
    """Read a plain text as a report, in whatever encoding; what was guessed of it stands in the report's messages.

    Raises
    ------
    CorpusError
        As `corpus.readers.decode.decode_any`, or nothing is left without control characters.
    """
    decoded = decode_any(data, name)
    text = join_lines(decoded.text)
    if not text.strip():
        raise CorpusError(f"{name}: holds no visible character, wanted a text")
    messages = (decoded.message,) if decoded.message else ()
    return (Report(id=report_id, text=text, format="text", messages=messages, source=name),)


def join_lines(raw: str) -> str:
    """Give each paragraph of a text one line.

    Hard-wrapped lines are joined with a space, or without it where a word was split; hyphens that
    only a line end required disappear (`corpus.readers.hyphens`). A sentence that goes on after a
    page break is joined over captions, tables and running headers, which then follow its paragraph.
    Text that is not hard-wrapped loses nothing but white space at line ends; there too, a long line
    that breaks off in mid-sentence is joined with what follows after an empty line.

    Applied twice it gives the same as once. Takes time in proportion to the text.
    """
    rows = [line.rstrip() for line in clean(raw).split("\n")]
    if is_wrapped(rows):
        rows = _unwrap(rows)
    return "\n".join(_join_pages(rows)).strip("\n")


def is_wrapped(rows: list[str]) -> bool:
    """Whether lines were broken by width: most of them stop in mid-sentence, none is very long."""
    pairs = broken = 0
    for block in _blocks(rows):
        if _is_table(block):
            continue
        for left, right in pairwise(block):
            pairs += 1
            broken += _MIN_WRAPPED <= len(left) <= _MAX_WRAPPED and look.goes_on(left, right)
    return broken >= 2 and broken > pairs / 2


# --- hard-wrapped text -------------------------------------------------------------------------


def _unwrap(rows: list[str]) -> list[str]:
    """Lines of a column to paragraphs, with an empty line between them."""
    seen = words_of(rows)
    blocks = list(_blocks(rows))
    column = _column_width(blocks)
    repeated = {line for line, count in Counter(r.strip() for r in rows).items() if count > 1}
    paragraphs: list[Paragraph] = []
    for block in blocks:
        for paragraph in _paragraphs(block, column, repeated):
            home = _home(paragraphs, paragraph)
            if home is None:
                paragraphs.append(paragraph)
            else:
                home.lines += paragraph.lines
                home.width = max(home.width, paragraph.width)
    out: list[str] = []
    for paragraph in paragraphs:
        if paragraph.starts_block and out:
            out.append("")
        out.append(_one_line(paragraph.lines, seen))
    return out


def _blocks(rows: list[str]) -> Iterator[list[str]]:
    """Cut at empty lines and before lines that are further indented.

    A new page often shows only by one space before its first line: the form feed was printed so.
    """
    block: list[str] = []
    indent = 0
    for row in rows:
        line = row.lstrip()
        deeper = len(row) - len(line) > indent
        if block and (not line or (deeper and not look.is_item(block[-1]))):
            yield block
            block = []
        indent = len(row) - len(line)
        if line:
            block.append(line)
    if block:
        yield block


def _column_width(blocks: list[list[str]]) -> float:
    """Find the usual length in characters of a line that was broken for want of room."""
    lengths = [len(a) for block in blocks for a, b in pairwise(block) if look.goes_on(a, b)]
    return statistics.median(lengths) if lengths else 0.0


def _paragraphs(block: list[str], column: float, repeated: set[str]) -> Iterator[Paragraph]:
    """Cut one block where a heading, an item, a caption or a short last line shows an end."""
    width = max(map(len, block))
    is_wide = max(map(len, block[:2])) > _PAGE_WIDE * column
    if _is_table(block):
        for number, line in enumerate(block):
            yield Paragraph([line], Role.ROW, width, is_wide, starts_block=number == 0)
        return
    current: list[str] = []
    is_first = True
    for line in block:
        if current and _is_end(current[-1], line, len(current), width):
            yield _judge(current, width, is_wide, is_first, repeated)
            is_first = not (look.is_item(current[0]) and look.is_item(line))
            current = []
        current.append(line)
    yield _judge(current, width, is_wide, is_first, repeated)


def _is_table(block: list[str]) -> bool:
    """Whether the lines are rows or items.

    Then most of them neither end a sentence nor go on in the next line, and many leave room at
    their end, which lines of prose do not, however many names and numbers stand in it.
    """
    pairs = list(pairwise(block))
    if len(pairs) < 3:
        return False
    room = 0.85 * max(map(len, block))
    loose = sum(not look.ends_sentence(a) and not look.goes_on(a, b) for a, b in pairs)
    if loose == len(pairs):
        return True
    return loose >= len(pairs) / 2 and sum(look.fits(a, b, room) for a, b in pairs) >= len(pairs) / 3


def _is_end(line: str, following: str, count: int, width: int) -> bool:
    """Whether a paragraph ends with `line`, its `count`-th line, in a block of lines of `width`."""
    if (look.is_section_name(line) and count == 1) or look.is_section_name(following):
        return not look.leads_on(line)
    if look.starts_item(line, following):
        return not look.leads_on(line)
    if look.goes_on(line, following):
        return False
    if look.is_label(line) and count == 1:
        return True
    if look.ends_sentence(line):
        return look.is_caption(following) or look.fits(line, following, _SLACK * width)
    return look.fits(line, following, 0.6 * width)


def _judge(rows: list[str], width: int, is_wide: bool, starts_block: bool, repeated: set[str]) -> Paragraph:
    """Give a finished paragraph its role."""
    role = Role.BODY
    if len(rows) == 1:
        line = rows[0]
        is_header = line in repeated and len(line) <= 80 and not look.ends_sentence(line)
        if look.is_section_name(line):
            role = Role.HEADING
        elif is_header or look.is_page_furniture(line) or look.is_label(line):
            role = Role.HEADER
        elif look.is_heading(line) and not is_wide:
            role = Role.HEADING
    if role is not Role.HEADER and (look.is_caption(rows[0]) or _is_legend(rows)):
        role = Role.INSERT
    if role is Role.BODY and is_wide:
        role = Role.INSERT
    return Paragraph(rows, role, width, is_wide, starts_block)


def _is_legend(rows: list[str]) -> bool:
    """Whether the lines explain abbreviations: "F=female, M=male, NR=not reported"."""
    return sum(row.count("=") for row in rows) > 2 * len(rows)


def _home(paragraphs: list[Paragraph], new: Paragraph) -> Paragraph | None:
    """Find the paragraph whose unfinished sentence `new` goes on with; None where there is none."""
    if new.role is not Role.BODY and not (new.role is Role.INSERT and look.starts_small(new.lines[0])):
        return None
    skipped = 0
    for old in reversed(paragraphs[-_MAX_SKIPPED_LINES:]):
        if _may_go_on(old, new):
            return old
        if old.role in (Role.BODY, Role.HEADING):
            return None
        skipped += old.starts_block
        if skipped > _MAX_SKIPPED:
            return None
    return None


def _may_go_on(old: Paragraph, new: Paragraph) -> bool:
    """Whether `new` may be the rest of `old`."""
    last, first = old.lines[-1], new.lines[0]
    if old.role not in (Role.BODY, Role.INSERT) or look.ends_sentence(last):
        return False
    if old.is_page_wide != new.is_page_wide and (len(new.lines) > 1 or new.is_page_wide):
        return False  # a column does not go on with a caption, nor a caption with a column
    if not (look.starts_small(first) or look.leads_on(last)):
        return False
    if look.leads_on(last):
        return len(last) >= _MIN_WRAPPED  # "Dear Sir," is followed by a new paragraph
    return not look.fits(last, first, _SLACK * old.width)


def _one_line(rows: list[str], seen: Mapping[str, int]) -> str:
    """Join the lines of a paragraph; the pieces are put together once, at the end."""
    pieces: list[str] = []
    rest = rows[0]
    for row in rows[1:]:
        # Only the end of what stands there matters to `glue`: the pieces before it are finished.
        pieces.append(rest[:-_GLUE_WINDOW])
        rest = glue(rest[-_GLUE_WINDOW:], row, seen)
    return "".join((*pieces, rest))


_GLUE_WINDOW = 400

# --- text with one paragraph a line --------------------------------------------------------------


def _join_pages(rows: list[str]) -> list[str]:
    """Join a long line that stops in mid-sentence with one in small letters that stands by itself."""
    seen: Mapping[str, int] | None = None
    out: list[str] = []
    is_joined = False  # the last row has gone: of the empty lines around it, one stays
    for row, following in pairwise((*rows, "")):
        if is_joined and not row:
            continue
        is_joined = False
        is_alone = out and not out[-1] and not following
        home = _broken_off(out) if is_alone and look.starts_with_small_word(row) else None
        if home is None:
            out.append(row)
            continue
        if seen is None and look.ends_with_hyphen(out[home]):
            seen = words_of(rows)
        out[home] = glue(out[home], row, seen or {})
        is_joined = True
    return out


def _broken_off(out: list[str]) -> int | None:
    """Find the line that the next paragraph goes on with; captions between are passed over."""
    skipped = 0
    for index in range(len(out) - 1, max(-1, len(out) - 12), -1):
        line = out[index]
        if not line:
            continue
        if look.is_caption(line) or look.is_page_furniture(line):
            skipped += 1
            continue
        if skipped > 3 or out[index + 1] or len(line) < _MIN_BROKEN_OFF or look.ends_sentence(line):
            return None
        is_markup = line[0] in "#|<>\t" or "\t" in line[:200] or look.is_item(line)
        return None if is_markup else index
    return None
