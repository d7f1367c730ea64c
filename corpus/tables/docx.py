"""Tables of Word documents."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import docx
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml.parser import parse_xml

from corpus.markup.pieces import BREAK, Kind, Piece, is_blank, one_line
from corpus.markup.tree import local
from corpus.report import CorpusError
from corpus.tables.archive import check_archive
from corpus.tables.layout import MAX_ROWS, MAX_SPAN, MAX_TABLES, Draft, Tables, build, check_size, few
from corpus.tables.notes import Paragraph, is_caption, is_note, lines_of, split_label, used_marks

# A book has 5,000 paragraphs.
MAX_BLOCKS = 50_000

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
# What was deleted or moved away in tracked changes, the older form of a drawing, and what stands in text boxes and codes.
_UNSEEN = frozenset(
    {"del", "movefrom", "fallback", "instrtext", "deltext", "drawing", "pict", "object", "rpr", "ppr", "tbl", "commentreference"}
)
_WRAPPERS = frozenset({"sdt", "sdtcontent", "customxml", "ins", "moveto", "smarttag"})


def read(data: bytes, name: str) -> Tables:
    """Read all tables of a document, those inside of a cell as tables of their own.

    The caption is the paragraph before a table that begins with "Table 1"; notes are the paragraphs behind it that begin
    with a mark or list abbreviations, and Word's own footnotes. Deleted text of tracked changes and hidden text is not read.

    Raises
    ------
    CorpusError
        As `corpus.tables.archive.check_archive`, the document cannot be read, or it has too many tables.
    """
    check_archive(data, name)
    try:
        document = docx.Document(io.BytesIO(data))
        body = document.element.body
        footnotes = _footnotes(document, _number_footnotes(body))
    except Exception as error:  # whatever part of a broken document python-docx stumbles over
        reason = " ".join(str(error).split())[:120]
        raise CorpusError(f"{name}: not a document that can be read ({type(error).__name__}: {reason}), wanted .docx") from error
    blocks = list(islice(_blocks(body), MAX_BLOCKS + 1))
    if len(blocks) > MAX_BLOCKS:
        raise CorpusError(f"{name}: more than {MAX_BLOCKS} paragraphs, wanted the tables in a document of their own")
    tables = [element for element in body.iter(f"{_W}tbl") if not _is_unseen(element)]
    if len(tables) > MAX_TABLES:
        raise CorpusError(f"{name}: {len(tables)} tables, wanted at most {MAX_TABLES}")
    place_of = {block: index for index, block in enumerate(blocks)}
    read_all = Tables()
    for number, table in enumerate(tables, start=1):
        where = f"{name}, table {number}"
        around = _around(blocks, place_of[table]) if table in place_of else _Around()
        try:
            read_all += _read_table(table, where, around, footnotes)
        except CorpusError as error:
            read_all += Tables(messages=(str(error),))
    return read_all + Tables(messages=tuple(_pictures(blocks, name)))


@dataclass(frozen=True, slots=True)
class _Around:
    """The caption before a table, "" where it has none, and the paragraphs behind it up to the next table."""

    caption: str = ""
    below: tuple[Paragraph, ...] = ()


def _read_table(table: Any, where: str, around: _Around, footnotes: dict[str, list[Piece]]) -> Tables:
    """Read one table."""
    rows = list(_rows(table))
    if len(rows) > MAX_ROWS:
        raise CorpusError(f"{where}: {len(rows)} rows, wanted at most {MAX_ROWS}")
    parts = list(_cells(rows, where))
    drafts = _merged(parts)
    if not drafts:
        return Tables(messages=(f"{where}: no cell, not read",))
    messages = few(_hidden_words(parts, drafts, where), where)
    if any(True for inner in table.iterdescendants(f"{_W}tbl")):
        messages.append(f"{where}: a table inside of a cell, read as a table of its own")
        if all(is_blank(draft.pieces) for draft in drafts):
            return Tables()  # a frame around other tables
    used = used_marks(draft.pieces for draft in drafts)
    notes: list[Paragraph] = []
    for paragraph in around.below:
        if not is_note(paragraph, used):
            break
        notes += lines_of(paragraph)
    notes += [(Piece(Kind.NOTE, mark), *footnotes[mark]) for mark in sorted(used & footnotes.keys())]
    header_rows = 0
    while header_rows < len(rows) and _has(rows[header_rows], "trPr", "tblHeader"):
        header_rows += 1
    label, caption = split_label(around.caption)
    marked = [replace(draft, is_header=draft.row < header_rows) for draft in drafts]
    grids = build(where, marked, header_rows=header_rows, label=label, caption=caption, notes=notes)
    return grids + Tables(messages=tuple(messages))


def _blocks(element: Any) -> Iterator[Any]:
    """Paragraphs and tables of the body in order; boxes around them are opened."""
    for inner in element:
        name = local(inner)
        if name in ("p", "tbl"):
            yield inner
        elif name in _WRAPPERS:
            yield from _blocks(inner)


def _around(blocks: Sequence[Any], index: int) -> _Around:
    """Find the caption and the paragraphs behind a table; empty paragraphs between are passed over."""
    caption = ""
    for block in reversed(blocks[max(0, index - 4) : index]):
        if local(block) != "p":
            break
        if text := _text(block):
            caption = text if is_caption(text) else ""
            break
    below: list[Paragraph] = []
    for block in blocks[index + 1 :]:
        if local(block) != "p" or is_caption(_text(block)):
            break
        if pieces := _paragraph(block):
            below.append(pieces)
    return _Around(caption, tuple(below[:50]))


def _text(paragraph: Any) -> str:
    return one_line(_paragraph(paragraph))


def _rows(table: Any) -> Iterator[Any]:
    """Rows of a table, those in boxes too, without those that tracked changes deleted."""
    for inner in table:
        name = local(inner)
        if name == "tr":
            if not _has(inner, "trPr", "del"):
                yield inner
        elif name in _WRAPPERS:
            yield from _rows(inner)


def _row_cells(row: Any) -> Iterator[Any]:
    for inner in row:
        name = local(inner)
        if name == "tc":
            yield inner
        elif name in _WRAPPERS:
            yield from _row_cells(inner)


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
        for cell in _row_cells(row):
            span = _value(cell, where, "tcPr", "gridSpan", default=1)
            total += span
            check_size(where, row_number + 1, column + span, total, span)
            merge = cell.find(f"{_W}tcPr/{_W}vMerge")
            goes_on = merge is not None and merge.get(f"{_W}val", "continue") == "continue"
            pieces: list[Piece] = []
            _walk(cell, Kind.TEXT, pieces)
            yield _Part(Draft(tuple(pieces), row_number, column, 1, max(span, 1)), goes_on)
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


def _has(element: Any, properties: str, name: str) -> bool:
    """Whether a property is set and not switched off."""
    found = element.find(f"{_W}{properties}/{_W}{name}")
    return found is not None and found.get(f"{_W}val", "true") not in ("0", "false", "off")


def _value(element: Any, where: str, properties: str, name: str, *, default: int) -> int:
    """Read a property that is a number."""
    found = element.find(f"{_W}{properties}/{_W}{name}")
    value = found.get(f"{_W}val", str(default)) if found is not None else str(default)
    if not re.fullmatch(r"[0-9]{1,20}", value) or int(value) > MAX_SPAN:
        raise CorpusError(f"{where}: {name} is {value[:20]!r}, wanted a number up to {MAX_SPAN}")
    return int(value)


# --- text ------------------------------------------------------------------------------------------


def _paragraph(paragraph: Any) -> tuple[Piece, ...]:
    pieces: list[Piece] = []
    _walk(paragraph, Kind.TEXT, pieces)
    return () if is_blank(pieces) else tuple(pieces)


def _walk(element: Any, kind: Kind, found: list[Piece]) -> None:
    """Add what is printed of a cell, paragraph or run."""
    for inner in element:
        name = local(inner)
        if name in ("t", "nobreakhyphen", "tab", "sym"):
            found.append(Piece(kind, _characters(inner, name)))
        elif name in ("br", "cr"):
            found.append(BREAK)
        elif name == "footnotereference":
            found.append(Piece(Kind.NOTE, inner.get(f"{_W}id") or ""))
        elif name == "p":
            found.append(BREAK)
            _walk(inner, kind, found)
        elif name == "r":
            if not _has(inner, "rPr", "vanish"):
                _walk(inner, _height(inner, kind), found)
        elif name in ("ssup", "ssub"):
            _walk_formula(inner, name, kind, found)
        elif name == "f" and not inner.tag.startswith(_W):
            _walk_fraction(inner, kind, found)
        elif name and name not in _UNSEEN:
            _walk(inner, kind, found)


def _characters(element: Any, name: str) -> str:
    """Give the characters of an element that stands for some."""
    if name == "sym":
        # A character of a symbol font has no sure meaning as text; its place is kept.
        return "\ufffd"
    return {"t": element.text or "", "nobreakhyphen": "-", "tab": " "}[name]


def _height(run: Any, around: Kind) -> Kind:
    """How a run stands on the line."""
    aligned = run.find(f"{_W}rPr/{_W}vertAlign")
    value = aligned.get(f"{_W}val") if aligned is not None else None
    return {"superscript": Kind.SUPERSCRIPT, "subscript": Kind.SUBSCRIPT}.get(value or "", around)


def _walk_formula(element: Any, name: str, kind: Kind, found: list[Piece]) -> None:
    """Add a power or an index of Word's formula editor."""
    height = Kind.SUPERSCRIPT if name == "ssup" else Kind.SUBSCRIPT
    for inner in element:
        _walk(inner, height if local(inner) in ("sup", "sub") else kind, found)


def _walk_fraction(element: Any, kind: Kind, found: list[Piece]) -> None:
    """Add a fraction of Word's formula editor with its stroke."""
    for inner in element:
        if local(inner) == "den":
            found.append(Piece(kind, "/"))
        _walk(inner, kind, found)


def _is_unseen(table: Any) -> bool:
    return any(local(around) in _UNSEEN - {"tbl"} for around in table.iterancestors())


def _number_footnotes(body: Any) -> dict[str, str]:
    """Give each reference to one of Word's own footnotes the number that is printed; the numbers by the footnotes' ids."""
    numbers: dict[str, str] = {}
    for reference in body.iter(f"{_W}footnoteReference"):
        identifier = reference.get(f"{_W}id") or ""
        reference.set(f"{_W}id", numbers.setdefault(identifier, str(len(numbers) + 1)))
    return numbers


def _footnotes(document: Any, numbers: dict[str, str]) -> dict[str, list[Piece]]:
    """Read Word's own footnotes by their printed number."""
    for relation in document.part.rels.values():
        if relation.reltype == RELATIONSHIP_TYPE.FOOTNOTES and not relation.is_external:
            root = parse_xml(relation.target_part.blob)
            notes = {note.get(f"{_W}id") or "": note for note in root.iter(f"{_W}footnote")}
            return {number: list(_paragraph(notes[identifier])) for identifier, number in numbers.items() if identifier in notes}
    return {}


def _pictures(blocks: Sequence[Any], name: str) -> Iterator[str]:
    """Tell of captions of a table behind which only a picture stands."""
    for index, block in enumerate(blocks):
        text = _text(block) if local(block) == "p" else ""
        if not is_caption(text):
            continue
        for following in blocks[index + 1 : index + 4]:
            if local(following) == "tbl":
                break
            if any(local(inner) in ("drawing", "pict") for inner in following.iterdescendants()):
                yield f"{name}: {text[:80]!r} is only a picture, not read"
                break
