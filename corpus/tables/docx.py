"""Tables of Word documents."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import Any

from corpus.markup.pieces import Kind, Piece, is_blank
from corpus.markup.tree import local
from corpus.markup.word import UNSEEN, W, has, open_document, pieces_of, text_of, within_wrappers
from corpus.report import CorpusError
from corpus.tables.layout import MAX_ROWS, MAX_SPAN, MAX_TABLES, Draft, Tables, build, check_size, few
from corpus.tables.notes import Paragraph, is_caption, is_note, lines_of, split_label, used_marks

# No table has more notes.
_MAX_BELOW = 50


def read(data: bytes, name: str) -> Tables:
    """Read all tables of a document, those inside of a cell as tables of their own.

    The caption is the paragraph before a table that begins with "Table 1"; notes are the paragraphs behind it that begin
    with a mark or list abbreviations, and Word's own footnotes. Deleted text of tracked changes and hidden text is not read.

    Raises
    ------
    CorpusError
        As `corpus.tables.archive.check_archive`, the document cannot be read, or it has too many tables.
    """
    document = open_document(data, name)
    tables = [element for element in document.body.iter(f"{W}tbl") if not _is_unseen(element)]
    if len(tables) > MAX_TABLES:
        raise CorpusError(f"{name}: {len(tables)} tables, wanted at most {MAX_TABLES}")
    place_of = {block: index for index, block in enumerate(document.blocks)}
    read_all = Tables()
    for number, table in enumerate(tables, start=1):
        where = f"{name}, table {number}"
        around = around_table(document.blocks, place_of[table]) if table in place_of else Around()
        try:
            read_all += read_table(table, where, around, document.footnotes).tables
        except CorpusError as error:
            read_all += Tables(messages=(str(error),))
    return read_all + Tables(messages=tuple(_pictures(document.blocks, name)))


@dataclass(frozen=True, slots=True)
class Around:
    """The paragraph that is the caption of a table, None where it has none, and those with words behind it up to the next table."""

    caption: Any | None = None
    below: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class ReadTable:
    """A table as it was read, and which paragraphs below it and footnotes of the document are notes of it."""

    tables: Tables
    below: tuple[Any, ...] = ()
    footnotes: frozenset[str] = frozenset()


def read_table(table: Any, where: str, around: Around, footnotes: Mapping[str, Sequence[Any]]) -> ReadTable:
    """Read one table.

    Raises
    ------
    CorpusError
        It is too large; the message begins with `where`.
    """
    rows = _rows(table)
    if len(rows) > MAX_ROWS:
        raise CorpusError(f"{where}: {len(rows)} rows, wanted at most {MAX_ROWS}")
    parts = list(_cells(rows, where))
    drafts = _merged(parts)
    if not drafts:
        return ReadTable(Tables(messages=(f"{where}: no cell, not read",)))
    messages = few(_hidden_words(parts, drafts, where), where)
    if any(True for inner in table.iterdescendants(f"{W}tbl")):
        messages.append(f"{where}: a table inside of a cell, read as a table of its own")
        if all(is_blank(draft.pieces) for draft in drafts):
            return ReadTable(Tables())  # a frame around other tables
    used = used_marks(draft.pieces for draft in drafts)
    below = tuple(takewhile(lambda paragraph: is_note(pieces_of(paragraph), used), around.below))
    own = sorted(used & footnotes.keys())
    notes: list[Paragraph] = [line for paragraph in below for line in lines_of(pieces_of(paragraph))]
    notes += [(Piece(Kind.NOTE, mark), *(piece for paragraph in footnotes[mark] for piece in pieces_of(paragraph))) for mark in own]
    header_rows = 0
    while header_rows < len(rows) and has(rows[header_rows], "trPr", "tblHeader"):
        header_rows += 1
    label, caption = split_label(text_of(around.caption)) if around.caption is not None else (None, None)
    marked = [replace(draft, is_header=draft.row < header_rows) for draft in drafts]
    grids = build(where, marked, header_rows=header_rows, label=label, caption=caption, notes=notes)
    return ReadTable(grids + Tables(messages=tuple(messages)), below, frozenset(own))


def around_table(blocks: Sequence[Any], index: int) -> Around:
    """Find the caption and the paragraphs behind a table; empty paragraphs between are passed over."""
    caption: Any | None = None
    for block in reversed(blocks[max(0, index - 4) : index]):
        if local(block) != "p":
            break
        if text := text_of(block):
            caption = block if is_caption(text) else None
            break
    below: list[Any] = []
    for block in blocks[index + 1 :]:
        if local(block) != "p" or len(below) == _MAX_BELOW or is_caption(text_of(block)):
            break
        if pieces_of(block):
            below.append(block)
    return Around(caption, tuple(below))


def _rows(table: Any) -> list[Any]:
    """Rows of a table, those in boxes too, without those that tracked changes deleted."""
    return [row for row in within_wrappers(table, "tr") if not has(row, "trPr", "del")]


@dataclass(frozen=True, slots=True)
class _Part:
    """A cell of one row; `goes_on` where it continues the cell above it."""

    draft: Draft
    goes_on: bool


def _cells(rows: Sequence[Any], where: str) -> Iterator[_Part]:
    """Cells of all rows in their places, vertical merges not yet joined."""
    total = 0
    for row_number, row in enumerate(rows):
        column = _value(row, where, "trPr", "gridBefore", default=0)
        for cell in within_wrappers(row, "tc"):
            span = _value(cell, where, "tcPr", "gridSpan", default=1)
            total += span
            check_size(where, row_number + 1, column + span, total, span)
            merge = cell.find(f"{W}tcPr/{W}vMerge")
            goes_on = merge is not None and merge.get(f"{W}val", "continue") == "continue"
            yield _Part(Draft(pieces_of(cell), row_number, column, 1, max(span, 1)), goes_on)
            column += max(span, 1)


def _merged(parts: Sequence[_Part]) -> list[Draft]:
    """Join the parts of vertical merges; one that continues nothing, or another width, is a cell of its own."""
    drafts: list[Draft] = []
    open_at: dict[int, int] = {}  # column: which draft may go on in the next row
    for part in parts:
        draft = part.draft
        above = open_at.get(draft.column)
        if part.goes_on and above is not None:
            one = drafts[above]
            if (one.row + one.row_span, one.column_span) == (draft.row, draft.column_span):
                # Word shows only the words of the first part.
                drafts[above] = replace(one, row_span=one.row_span + 1)
                continue
        open_at[draft.column] = len(drafts)
        drafts.append(draft)
    return drafts


def _hidden_words(parts: Sequence[_Part], drafts: Sequence[Draft], where: str) -> list[str]:
    """Tell of words that Word keeps but does not show below a vertically merged cell."""
    shown = {(draft.row, draft.column) for draft in drafts}
    return [
        f"{where}, row {part.draft.row + 1}, column {part.draft.column + 1}: hidden below a merged cell, not read"
        for part in parts
        if (part.draft.row, part.draft.column) not in shown and not is_blank(part.draft.pieces)
    ]


def _value(element: Any, where: str, properties: str, name: str, *, default: int) -> int:
    """Read a property that is a number."""
    found = element.find(f"{W}{properties}/{W}{name}")
    value = found.get(f"{W}val", str(default)) if found is not None else str(default)
    if not re.fullmatch(r"[0-9]{1,20}", value) or int(value) > MAX_SPAN:
        raise CorpusError(f"{where}: {name} is {value[:20]!r}, wanted a number up to {MAX_SPAN}")
    return int(value)


def _is_unseen(table: Any) -> bool:
    return any(local(around) in UNSEEN - {"tbl"} for around in table.iterancestors())


def _pictures(blocks: Sequence[Any], name: str) -> Iterator[str]:
    """Tell of captions of a table behind which only a picture stands."""
    for index, block in enumerate(blocks):
        text = text_of(block) if local(block) == "p" else ""
        if not is_caption(text):
            continue
        for following in blocks[index + 1 : index + 4]:
            if local(following) == "tbl":
                break
            if any(local(inner) in ("drawing", "pict") for inner in following.iterdescendants()):
                yield f"{name}: {text[:80]!r} is only a picture, not read"
                break
