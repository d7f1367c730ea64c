"""Word documents (.docx): headings by style, outline level or bold type, tables in their place, as a reader sees them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from types import MappingProxyType
from typing import Any

from corpus.markup.pieces import Kind, Piece, prose
from corpus.markup.tree import local
from corpus.markup.word import Document, W, blocks, has, open_document, pieces_of, text_of, within_wrappers
from corpus.readers.draft import Draft
from corpus.readers.front import is_about_authors, is_contact, names_in, plausible_author, plausible_title
from corpus.readers.lines import is_caption
from corpus.report import CorpusError, Report
from corpus.sections import OTHER, kind_of
from corpus.tables.docx import Around, ReadTable, around_table, read_table
from corpus.tables.layout import MAX_TABLES, Tables
from corpus.tables.notes import is_caption as is_table_caption

_HEADING_STYLE = re.compile(r"heading (?P<level>[1-9])")
# Lists of headings, figures and literature that Word and its helpers make.
_LEFT_OUT = re.compile(r"toc \d|toc heading|table of figures|(?:endnote )?bibliography(?: \d| title)?|header|footer")
_AUTHOR_STYLE = re.compile(r"authors?(?: names?)?")
_AFFILIATION_STYLE = re.compile(r"(?:author )?affiliations?|correspondence")
# "Smith J. A tumour. J Invented Med 2015;3:12", an endnote of the literature.
_LITERATURE = re.compile(r"\b(?:19|20)\d\d\b|\bet al\b|\bdoi\b", re.IGNORECASE)
# A bold line of more is a sentence, a title at the top of more an abstract.
_HEADING_LENGTH, _HEADING_WORDS, _TITLE_LENGTH = 90, 12, 300
# Of the paragraphs at the top, how many may come before the title, and after it before the text begins.
_TOP, _FRONT = 5, 30
# A cell with more is a column of a page, not of a table.
_MAX_CELL = 2_000
# Levels of headings that only look like one: parts of a paper stand above others, and both below headings by style.
_NAMED_LEVEL, _BOLD_LEVEL, _BELOW_STYLED = 1, 2, 7
_MAX_STYLE_CHAIN = 20


def read(data: bytes, name: str, report_id: str) -> tuple[Report, ...]:
    """Read a Word document as a report.

    Insertions of tracked changes are read, deletions, comments, hidden text, headers, footers, codes of fields and the
    reference list are not. Footnotes stand at the end.

    Raises
    ------
    CorpusError
        As `corpus.markup.word.open_document`; too many tables; nothing to read in it.
    """
    document = open_document(data, name)
    elements = list(_flat(document.blocks))
    if sum(local(element) == "tbl" for element in elements) > MAX_TABLES:
        raise CorpusError(f"{name}: more than {MAX_TABLES} tables, wanted at most {MAX_TABLES}")
    draft = Draft()
    tables = {element: _table(elements, index, document) for index, element in enumerate(elements) if local(element) == "tbl"}
    for number, table in enumerate(tables.values(), start=1):
        for message in table.tables.messages:
            draft.message(message.replace(_TABLE, f"table {number}", 1))
    notes = {element for table in tables.values() for element in (table.caption, *table.below)}
    front, rest = _front(list(_parts(elements, notes, document)), document)
    for part in front.title:
        draft.paragraph(part, "title")
    _write(list(_with_headings(rest)), tables, draft)
    _write_notes(document, frozenset(mark for table in tables.values() for mark in table.footnotes), draft)
    return (
        draft.report(
            report_id, name, format="docx", title=" ".join(front.title) or front.core_title, authors=front.authors,
            affiliations=front.affiliations, article_type=front.article_type,
        ),
    )  # fmt: skip


# --- the order of reading --------------------------------------------------------------------------


def _flat(elements: Iterable[Any]) -> Iterator[Any]:
    """Paragraphs and tables in the order of reading: text boxes and inner tables behind what holds them, frames opened."""
    for element in elements:
        if local(element) == "tbl" and _is_frame(element):
            for cell in _cells(element):
                yield from _flat(blocks(cell))
            continue
        yield element
        for inner in element.iterdescendants(f"{W}txbxContent", f"{W}tbl"):
            if {"fallback", "txbxcontent"}.isdisjoint(_between(inner, element)):
                yield from [inner] if local(inner) == "tbl" else _flat(blocks(inner))


def _between(inner: Any, outer: Any) -> Iterator[str]:
    """Names of the elements around one, up to another."""
    for element in inner.iterancestors():
        if element is outer:
            return
        yield local(element)


def _cells(table: Any) -> Iterator[Any]:
    for row in within_wrappers(table, "tr"):
        if not has(row, "trPr", "del"):
            yield from within_wrappers(row, "tc")


def _is_frame(table: Any) -> bool:
    """Whether a table only holds a text together: it has a single cell, or one with a page of words."""
    cells = list(_cells(table))
    return len(cells) == 1 or any(len(text_of(cell)) > _MAX_CELL for cell in cells)


# --- tables ----------------------------------------------------------------------------------------

_TABLE = "this table"


@dataclass(frozen=True, slots=True)
class _Table:
    """A table with what belongs to it: its caption and the paragraphs below it, and marks of the document's footnotes."""

    tables: Tables
    caption: Any | None = None
    below: tuple[Any, ...] = ()
    footnotes: frozenset[str] = frozenset()


def _table(elements: Sequence[Any], index: int, document: Document) -> _Table:
    """Read a table; one that cannot be read as such has messages alone."""
    around = _around(elements, index)
    try:
        found: ReadTable = read_table(elements[index], _TABLE, around, document.footnotes)
    except CorpusError as error:
        return _Table(Tables(messages=(f"{error}; its words were read as paragraphs",)))
    return _Table(found.tables, around.caption, found.below, found.footnotes) if found.tables.grids else _Table(found.tables)


def _around(elements: Sequence[Any], index: int) -> Around:
    """Find what stands around a table; behind it its caption too, where that is not followed by another table."""
    around = around_table(elements, index)
    if around.caption is not None or around.below:
        return around
    behind = range(index + 1, min(index + 8, len(elements)))
    with_words = [place for place in behind if local(elements[place]) == "tbl" or pieces_of(elements[place])]
    if not with_words or not _is_caption_of_table(elements[with_words[0]]):
        return around
    if len(with_words) > 1 and local(elements[with_words[1]]) == "tbl":
        return around
    return replace(around_table(elements, with_words[0]), caption=elements[with_words[0]])


def _is_caption_of_table(element: Any) -> bool:
    return local(element) == "p" and is_table_caption(text_of(element))


# --- paragraphs ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Style:
    """What a style of paragraphs means: its name and those of the styles it is based on, in small letters, its own first."""

    names: tuple[str, ...] = ()
    level: int | None = None
    is_bold: bool = False
    is_list: bool = False


@dataclass(frozen=True, slots=True)
class _Part:
    """A line of the report before it is written; `role` is text, heading, item, caption or table."""

    words: str
    role: str = "text"
    level: int = 0
    is_bold: bool = False
    is_centred: bool = False
    style: _Style = _Style()
    table: Any | None = None


def _styles(document: Document) -> Mapping[str, _Style]:
    """Read the styles of paragraphs by their ids; that of paragraphs without one stands under ""."""
    elements = {
        style.get(f"{W}styleId") or "": style
        for style in document.file.styles.element.iterchildren(f"{W}style")
        if style.get(f"{W}type") == "paragraph"
    }
    styles = {identifier: _style(identifier, elements) for identifier in elements}
    usual = [identifier for identifier, style in elements.items() if style.get(f"{W}default") in ("1", "true", "on")]
    return MappingProxyType(styles | {"": styles[usual[0]] if usual else _Style()})


def _style(identifier: str, elements: Mapping[str, Any]) -> _Style:
    """Follow a style to those it is based on; what the nearest says counts."""
    chain: list[Any] = []
    while identifier in elements and len(chain) < _MAX_STYLE_CHAIN:
        chain.append(elements[identifier])
        identifier = _value(chain[-1], "basedOn") or ""
    names = tuple((_value(style, "name") or "").lower() for style in chain)
    levels = [int(found["level"]) for found in map(_HEADING_STYLE.fullmatch, names) if found]
    levels += [level for style in chain if (level := _outline_level(style)) is not None]
    bold = [has(style, "rPr", "b") for style in chain if style.find(f"{W}rPr/{W}b") is not None]
    is_list = any(style.find(f"{W}pPr/{W}numPr") is not None for style in chain) or any(name.startswith("list ") for name in names)
    return _Style(names, levels[0] if levels else None, bool(bold and bold[0]), is_list)


def _value(element: Any, path: str) -> str | None:
    found = element.find("/".join(f"{W}{name}" for name in path.split("/")))
    return found.get(f"{W}val") if found is not None else None


def _outline_level(element: Any) -> int | None:
    """Give the level of a heading that a paragraph's or style's properties state; None for running text."""
    value = _value(element, "pPr/outlineLvl") or ""
    return int(value) + 1 if re.fullmatch("[0-8]", value) else None


def _parts(elements: Sequence[Any], notes: set[Any], document: Document) -> Iterator[_Part]:
    """Read the paragraphs; those that are notes of a table are left to it, and a paragraph mark that was deleted joins two."""
    styles = _styles(document)
    held: tuple[Piece, ...] = ()
    for element in elements:
        if local(element) == "tbl":
            yield _Part("", "table", table=element)
            continue
        if element in notes:
            continue
        pieces = (*held, *pieces_of(element))
        held = ()
        properties = element.find(f"{W}pPr")
        if properties is not None and has(properties, "rPr", "del"):
            held = pieces
            continue
        style = styles.get(_value(element, "pPr/pStyle") or "", styles[""])
        if pieces and not any(_LEFT_OUT.fullmatch(name) for name in style.names):
            yield from _lines(element, pieces, style)
    if held:
        yield _Part(prose(held))


def _lines(element: Any, pieces: tuple[Piece, ...], style: _Style) -> Iterator[_Part]:
    """Read a paragraph: one part, or one for each of its lines where headings stand on lines of their own."""
    lines = [tuple(group) for is_break, group in groupby(pieces, key=lambda piece: piece.kind is Kind.BREAK) if not is_break]
    whole = prose(pieces)
    words = [prose(line) for line in lines] if len(lines) > 1 else [whole]
    is_parted = len(words) > 1 and any(map(kind_of, words))
    level = _outline_level(element) or style.level
    number = _value(element, "pPr/numPr/numId")
    is_item = number != "0" and (number is not None or style.is_list)
    role = "text"
    if "caption" in style.names or is_caption(whole) or is_table_caption(whole):
        role = "caption"
    elif level is not None and "title" not in style.names:
        role = "heading"
    elif is_item:
        role = "item"
    is_bold, is_centred = _is_bold(element, style), _value(element, "pPr/jc") == "center"
    for line in words if is_parted and role == "text" else (whole,):
        yield _Part(line, role, level or 0, is_bold and not is_parted, is_centred, style)


def _is_bold(paragraph: Any, style: _Style) -> bool:
    """Whether all words of a paragraph are bold."""
    runs = [run for run in paragraph.iter(f"{W}r") if any((text.text or "").strip() for text in run.iterchildren(f"{W}t"))]
    return bool(runs) and all(has(run, "rPr", "b") or (style.is_bold and run.find(f"{W}rPr/{W}b") is None) for run in runs)


def _with_headings(parts: Sequence[_Part]) -> Iterator[_Part]:
    """Make headings of paragraphs that only look like one: the bare name of a part of a paper, or a short bold line."""
    has_styled = any(part.role == "heading" for part in parts)
    texts = [part for part in parts if part.role == "text"]
    may_be_bold = sum(part.is_bold for part in texts) * 2 < len(texts)
    below = _BELOW_STYLED if has_styled else 0
    for part in parts:
        if part.role in ("text", "item") and kind_of(part.words):
            part = replace(part, role="heading", level=_NAMED_LEVEL + below)
        elif part.role == "text" and part.is_bold and may_be_bold and _is_short(part.words):
            part = replace(part, role="heading", level=_BOLD_LEVEL + below)
        yield part


def _is_short(words: str) -> bool:
    is_line = len(words) <= _HEADING_LENGTH and len(words.split()) <= _HEADING_WORDS
    return is_line and words[-1] not in ".,;" and any(character.isalpha() for character in words)


# --- what stands before the text -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Front:
    """The head of a paper; `title` is its lines in the text, `core_title` that of the file's properties."""

    title: tuple[str, ...] = ()
    core_title: str | None = None
    authors: tuple[str, ...] = ()
    affiliations: tuple[str, ...] = ()
    article_type: str | None = None


def _front(parts: list[_Part], document: Document) -> tuple[_Front, list[_Part]]:
    """Part the head of a paper from its text."""
    core_title, core_authors = _properties(document)
    first = _title_at(parts, core_title)
    if first is None:
        return _Front(core_title=core_title, authors=core_authors), parts
    end = first + 1
    while end < len(parts) and {"title", "subtitle"} & set(parts[end].style.names[:1]):
        end += 1
    kickers = [part for part in parts[:first] if kind_of(part.words)]
    title = tuple(part.words for part in parts[first:end])
    authors, affiliations, rest = _authors(parts[end:])
    before = [part for part in parts[:first] if part not in kickers]
    front = _Front(title, core_title, authors or core_authors, affiliations, kickers[0].words if kickers else None)
    return front, [*before, *rest]


def _properties(document: Document) -> tuple[str | None, tuple[str, ...]]:
    """Take title and authors from the file's properties, where they are any."""
    core = document.file.core_properties
    # A damaged file has another element where the properties should be: then they have no such attributes.
    return plausible_title(getattr(core, "title", "")), plausible_author(getattr(core, "author", ""))


def _title_at(parts: Sequence[_Part], core_title: str | None) -> int | None:
    """Find the title: by its style, by the file's properties, or by its looks at the top; None where there is none."""
    top = [index for index, part in enumerate(parts) if part.words][: _TOP + 1]
    for index in top:
        if "title" in parts[index].style.names:
            return index
    for index in top:
        if core_title and parts[index].words.casefold() == core_title.casefold():
            return index
    for index in top[:2]:
        part = parts[index]
        if kind_of(part.words) and index == top[0] and part.role != "table":
            continue  # "Case report" above the title
        looks_so = part.role == "heading" or (part.role == "text" and (part.is_bold or part.is_centred))
        is_long = len(part.words.split()) >= 3 and len(part.words) <= _TITLE_LENGTH
        return index if looks_so and is_long and not kind_of(part.words) and not names_in(part.words) else None
    return None


def _authors(parts: Sequence[_Part]) -> tuple[tuple[str, ...], tuple[str, ...], list[_Part]]:
    """Take authors and their institutions from the lines below the title, up to the first heading or table."""
    authors: list[str] = []
    affiliations: list[str] = []
    rest: list[_Part] = []
    for index, part in enumerate(parts):
        style = part.style.names[0] if part.style.names else ""
        if part.role in ("heading", "table") or kind_of(part.words) or index == _FRONT:
            return tuple(authors), tuple(affiliations), [*rest, *parts[index:]]
        if _AUTHOR_STYLE.fullmatch(style) or (not authors and names_in(part.words)):
            authors += names_in(part.words) or (part.words,)
        elif _AFFILIATION_STYLE.fullmatch(style) or (authors and is_about_authors(part.words)):
            affiliations += [] if is_contact(part.words) else [part.words]
        else:
            rest.append(part)
            if part.words[-1:] == "." and len(part.words) > _HEADING_LENGTH and authors:
                return tuple(authors), tuple(affiliations), [*rest, *parts[index + 1 :]]
    return tuple(authors), tuple(affiliations), rest


# --- writing ---------------------------------------------------------------------------------------


def _write(parts: Sequence[_Part], tables: Mapping[Any, _Table], draft: Draft) -> None:
    """Write headings, paragraphs, captions and tables; of the part with the references only captions and tables."""
    references: int | None = None  # the level of their heading, while they last
    for part in parts:
        if part.role == "heading":
            if references is not None and part.level <= references:
                references = None
            if references is None and kind_of(part.words) == "references":
                references = part.level
        if part.table is not None:
            _write_table(part.table, tables[part.table], draft)
        elif part.role == "caption":
            draft.paragraph(part.words, "table" if is_table_caption(part.words) else "caption")
        elif references is not None:
            continue
        elif part.role == "heading":
            draft.heading(part.words, part.level)
        elif part.role == "item":
            draft.item(part.words)
        else:
            draft.paragraph(part.words, "abstract" if part.style.names[:1] == ("abstract",) else None)


def _write_table(element: Any, table: _Table, draft: Draft) -> None:
    for grid in table.tables.grids:
        draft.table(grid)
    if not table.tables.grids:
        for cell in _cells(element):
            for paragraph in blocks(cell):
                draft.paragraph(prose(pieces_of(paragraph)) if local(paragraph) == "p" else "")


def _write_notes(document: Document, in_tables: frozenset[str], draft: Draft) -> None:
    """Write footnotes that no table printed, and endnotes where they are not the literature."""
    for mark, paragraphs in document.footnotes.items():
        if mark not in in_tables:
            draft.paragraph(" ".join((mark, *(prose(pieces_of(paragraph)) for paragraph in paragraphs))), OTHER)
    ends = [" ".join(prose(pieces_of(paragraph)) for paragraph in paragraphs) for paragraphs in document.endnotes.values()]
    if sum(_LITERATURE.search(words) is not None for words in ends) * 2 < len(ends):
        for mark, words in zip(document.endnotes, ends, strict=True):
            draft.paragraph(f"{mark} {words}", OTHER)
