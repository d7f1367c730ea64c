"""Word documents: opened within bounds, their paragraphs and tables in order, and the inline content of each as pieces of text."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from types import MappingProxyType
from typing import Any

import docx
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml.parser import parse_xml

from corpus.markup.pieces import BREAK, Kind, Piece, is_blank, one_line
from corpus.markup.tree import local
from corpus.report import CorpusError
from corpus.tables.archive import check_archive

# A book has 5,000 paragraphs; one that was much corrected, ten runs in each.
MAX_BLOCKS = 20_000
MAX_RUNS = 100_000

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
# What was deleted or moved away in tracked changes, the older form of a drawing, what stands in text boxes and codes, and
# how a Chinese character is spoken.
UNSEEN = frozenset(
    {"del", "movefrom", "fallback", "instrtext", "deltext", "drawing", "pict", "object", "rpr", "ppr", "tbl", "commentreference", "rt"}
)
_WRAPPERS = frozenset({"sdt", "sdtcontent", "customxml", "ins", "moveto", "smarttag"})
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# What papers give in endnotes is their literature.
_NOTES = MappingProxyType({"footnotereference": Kind.NOTE, "endnotereference": Kind.CITATION})
_OFF = ("0", "false", "off")


def _symbols() -> MappingProxyType[int, str]:
    """Give the characters of the font Symbol by their codes: Greek letters in the place of Latin ones, and signs."""
    letters = zip(range(0x41, 0x5B), "ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ", strict=True)
    small = zip(range(0x61, 0x7B), "αβχδεφγηιϕκλμνοπθρστυϖωξψζ", strict=True)
    signs = zip((0x2D, 0xA2, 0xA3, 0xA5, 0xAB, 0xAC, 0xAD, 0xAE, 0xAF, 0xB0, 0xB1, 0xB3), "−′≤∞↔←↑→↓°±≥", strict=True)
    more = zip((0xB2, 0xB4, 0xB7, 0xB8, 0xB9, 0xBB, 0xD6, 0xD7), "″×•÷≠≈√⋅", strict=True)
    return MappingProxyType(dict((*letters, *small, *signs, *more)))


_SYMBOLS = _symbols()
_PRIVATE = re.compile("[\uf020-\uf0ff]")


@dataclass(frozen=True, slots=True)
class Document:
    """An opened document.

    Attributes
    ----------
    file
        As python-docx gives it.
    body
        Its words; codes of fields are out, and references to notes hold the number that is printed.
    blocks
        Paragraphs and tables in order.
    footnotes, endnotes
        The paragraphs of each note by its printed number; only those to which the text refers.
    """

    file: Any
    body: Any
    blocks: tuple[Any, ...]
    footnotes: MappingProxyType[str, tuple[Any, ...]]
    endnotes: MappingProxyType[str, tuple[Any, ...]]


def open_document(data: bytes, name: str) -> Document:
    """Open a document.

    Raises
    ------
    CorpusError
        No Word document of today, protected, broken, or larger than the bounds of `corpus.tables.archive`.
    """
    if data.startswith(_OLE):
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise CorpusError(f"{name}: protected by a password, wanted a file without one")
        raise CorpusError(f"{name}: an old Office file (.doc), wanted it saved as .docx")
    parts = check_archive(data, name)
    if not any(part.startswith("word/") for part in parts):
        found = "an OpenDocument file (.odt)" if {"mimetype", "content.xml"} <= parts else "an archive without a Word document"
        raise CorpusError(f"{name}: {found}, wanted .docx")
    if "word/vbaProject.bin" in parts:
        raise CorpusError(f"{name}: a Word document with macros (.docm), wanted it saved as .docx")
    try:
        file = docx.Document(io.BytesIO(data))
        body = file.element.body
        _clear_codes(body)
        notes = [_notes(file, body, kind) for kind in ("footnote", "endnote")]
    except Exception as error:  # whatever part of a broken document python-docx stumbles over
        reason = " ".join(str(error).split())[:120]
        raise CorpusError(f"{name}: not a document that can be read ({type(error).__name__}: {reason}), wanted .docx") from error
    found_blocks = tuple(islice(blocks(body), MAX_BLOCKS + 1))
    if len(found_blocks) > MAX_BLOCKS:
        raise CorpusError(f"{name}: more than {MAX_BLOCKS} paragraphs, wanted a document for each report or table")
    if (runs := sum(1 for _ in body.iter(f"{W}r"))) > MAX_RUNS:
        raise CorpusError(f"{name}: {runs} runs of text, wanted at most {MAX_RUNS}")
    return Document(file, body, found_blocks, *notes)


def blocks(element: Any) -> Iterator[Any]:
    """Paragraphs and tables of the body or a cell in order; boxes around them are opened."""
    for inner in element:
        name = local(inner)
        if name in ("p", "tbl"):
            yield inner
        elif name in _WRAPPERS:
            yield from blocks(inner)


def within_wrappers(element: Any, name: str) -> Iterator[Any]:
    """Rows of a table or cells of a row, those in boxes too."""
    for inner in element:
        found = local(inner)
        if found == name:
            yield inner
        elif found in _WRAPPERS:
            yield from within_wrappers(inner, name)


def has(element: Any, properties: str, name: str) -> bool:
    """Whether a property is set and not switched off."""
    found = element.find(f"{W}{properties}/{W}{name}")
    return found is not None and found.get(f"{W}val", "true") not in _OFF


def pieces_of(element: Any) -> tuple[Piece, ...]:
    """Read what is printed of a cell, paragraph or run; () where nothing can be seen."""
    found: list[Piece] = []
    _walk(element, Kind.TEXT, found)
    return () if is_blank(found) else tuple(found)


def text_of(element: Any) -> str:
    """Give the words of an element in one line, raised characters as others."""
    return one_line(pieces_of(element))


def _walk(element: Any, kind: Kind, found: list[Piece]) -> None:
    """Add what is printed of a cell, paragraph or run."""
    for inner in element:
        name = local(inner)
        if name in ("t", "nobreakhyphen", "tab", "sym"):
            found.append(Piece(kind, _characters(inner, name)))
        elif name in ("br", "cr"):
            found.append(BREAK)
        elif name in _NOTES:
            found.append(Piece(_NOTES[name], inner.get(f"{W}id") or ""))
        elif name == "p":
            found.append(BREAK)
            _walk(inner, kind, found)
        elif name == "r":
            properties = inner.find(f"{W}rPr")
            if properties is None:
                _walk(inner, kind, found)
            elif not has(inner, "rPr", "vanish"):
                _walk(inner, _height(properties, kind), found)
        elif name in ("ssup", "ssub"):
            _walk_formula(inner, name, kind, found)
        elif name == "f" and not inner.tag.startswith(W):
            _walk_fraction(inner, kind, found)
        elif name and name not in UNSEEN:
            _walk(inner, kind, found)


def _characters(element: Any, name: str) -> str:
    """Give the characters of an element that stands for some."""
    if name == "sym":
        code = element.get(f"{W}char") or ""
        is_known = (element.get(f"{W}font") or "").lower() == "symbol" and re.fullmatch("[0-9A-Fa-f]{2,4}", code)
        # A character of another symbol font has no sure meaning as text; its place is kept.
        return _SYMBOLS.get(int(code, 16) & 0xFF, "\ufffd") if is_known else "\ufffd"
    if name == "t":
        text = element.text or ""
        if not _PRIVATE.search(text) or not _is_symbol_font(element):
            return text
        return _PRIVATE.sub(lambda match: _SYMBOLS.get(ord(match[0]) & 0xFF, "\ufffd"), text)
    return {"nobreakhyphen": "-", "tab": " "}[name]


def _is_symbol_font(element: Any) -> bool:
    fonts = element.getparent().find(f"{W}rPr/{W}rFonts")
    return fonts is not None and (fonts.get(f"{W}ascii") or fonts.get(f"{W}hAnsi") or "").lower() == "symbol"


def _height(properties: Any, around: Kind) -> Kind:
    """Tell how a run with these properties stands on the line."""
    aligned = properties.find(f"{W}vertAlign")
    value = aligned.get(f"{W}val") if aligned is not None else None
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


def _clear_codes(body: Any) -> None:
    """Empty the words that stand in the code of a field, such as the result of a field inside of it; its own result stays.

    A field without an end is none: its words stay.
    """
    fields: list[list[Any] | None] = []  # of those that are open, what stands in the code; None once the result has begun
    for element in body.iter(f"{W}fldChar", f"{W}t"):
        if element.tag == f"{W}t":
            for code in fields:
                if code is not None:
                    code.append(element)
                    break
            continue
        place = element.get(f"{W}fldCharType")
        if place == "begin":
            fields.append([])
        elif fields and place in ("separate", "end"):
            for text in fields[-1] or ():
                text.text = ""
            fields[-1] = None
            if place == "end":
                fields.pop()


def _notes(file: Any, body: Any, kind: str) -> MappingProxyType[str, tuple[Any, ...]]:
    """Give the references to Word's own notes the number that is printed, and find the paragraphs of each note."""
    numbers: dict[str, str] = {}
    for reference in body.iter(f"{W}{kind}Reference"):
        identifier = reference.get(f"{W}id") or ""
        reference.set(f"{W}id", numbers.setdefault(identifier, str(len(numbers) + 1)))
    wanted = {"footnote": RELATIONSHIP_TYPE.FOOTNOTES, "endnote": RELATIONSHIP_TYPE.ENDNOTES}[kind]
    for relation in file.part.rels.values():
        if relation.reltype == wanted and not relation.is_external:
            root = parse_xml(relation.target_part.blob)
            notes = {note.get(f"{W}id") or "": tuple(blocks(note)) for note in root.iter(f"{W}{kind}")}
            return MappingProxyType({number: notes[identifier] for identifier, number in numbers.items() if identifier in notes})
    return MappingProxyType({})
