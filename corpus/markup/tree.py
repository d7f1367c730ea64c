"""HTML and XML by lxml: parsed without network, DTD or entities, and their inline markup as pieces of text."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Callable, Container, Iterator, Mapping
from html.entities import html5
from pathlib import Path
from types import MappingProxyType
from typing import Any

from lxml import etree

from corpus.markup.pieces import BREAK, Kind, Piece, is_blank, one_line
from corpus.readers.decode import decode, read_text
from corpus.report import CorpusError

Element = Any  # lxml has no types of its own

_DECLARED = re.compile(rb"""(?:encoding\s{0,9}=\s{0,9}|charset\s{0,9}=\s{0,9}) ["']? ([A-Za-z0-9._-]{2,30})""", re.VERBOSE | re.IGNORECASE)
_XML_DECLARATION = re.compile(r"\s*<\?xml\b[^>]{0,200}\?>")
# Browsers go on reading behind them, libxml2 stops there.
_BODY_END = re.compile(r"</(?:body|html)\s{0,20}>", re.IGNORECASE)
# What browsers read under these names; encodings that can hide markup (UTF-7) are not taken.
_WINDOWS = frozenset({"iso-8859-1", "latin-1", "latin1", "ascii", "us-ascii", "windows-1252", "cp1252"})
_ASIAN = frozenset({"gb2312", "gbk", "gb18030", "big5", "shift_jis", "euc-jp", "euc-kr"})
_ENCODINGS = dict.fromkeys(_WINDOWS, "cp1252") | {name: name for name in (*_ASIAN, "iso-8859-2", "iso-8859-15", "windows-1250")}


def _elements() -> Mapping[str, frozenset[str]]:
    """Read what each element of HTML, JATS and MathML is to the text of a cell: its role to its names."""
    rows = list(csv.DictReader(io.StringIO(read_text(Path(__file__).with_name("elements.csv")))))
    return MappingProxyType(
        {role: frozenset(row["element"] for row in rows if row["role"] == role) for role in {row["role"] for row in rows}}
    )


_ELEMENTS = _elements()
_UNSEEN, _LINE_ENDS, _BLOCKS, _MATH_LEAVES = (_ELEMENTS[role] for role in ("unseen", "line_end", "block", "math_leaf"))
_RAISED = re.compile(r"vertical-align\s*:\s*(?P<how>super|sub)", re.IGNORECASE)
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_MATH_PARTS = {
    "msup": (None, Kind.SUPERSCRIPT), "msub": (None, Kind.SUBSCRIPT), "msubsup": (None, Kind.SUBSCRIPT, Kind.SUPERSCRIPT),
    "mover": (None, None), "munder": (None, None),
}  # fmt: skip
_MATH_NAMES = frozenset((*_MATH_PARTS, "math", "mrow", "mstyle", "mfrac", "semantics"))


def decode_markup(data: bytes, name: str) -> str:
    """Decode by the encoding that the document itself declares; UTF-8 where it declares none.

    Raises
    ------
    CorpusError
        As `corpus.readers.decode.decode`, or the bytes are not of the declared encoding.
    """
    declared = _DECLARED.search(data[:2000])
    encoding = _ENCODINGS.get(declared[1].decode("ascii").lower()) if declared else None
    if encoding is None or data.startswith(codecs.BOM_UTF8):
        return decode(data, name)
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise CorpusError(f"{name}: not {encoding} as it declares (offset {error.start}), wanted UTF-8") from error
    return decode(text.encode("utf-8"), name)


def parse_xml(data: bytes, name: str) -> Element:
    """Parse XML; entities stay unresolved, nothing is fetched.

    Raises
    ------
    CorpusError
        As `decode_markup`, or no well-formed XML, or nested too deeply; the message names the line.
    """
    text = _XML_DECLARATION.sub("", _decode_xml(data, name), count=1).lstrip()
    parser = etree.XMLParser(
        resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False, remove_comments=True, remove_pis=True, encoding="utf-8"
    )
    try:
        return etree.fromstring(text.encode("utf-8"), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        if _is_out_of_memory(error):
            raise MemoryError from error
        raise CorpusError(f"{name}: no well-formed XML ({' '.join(str(error).split())[:200]}), wanted a whole document") from error


def _decode_xml(data: bytes, name: str) -> str:
    """Decode as `decode_markup`, or as UTF-16 with its mark, which every program that reads XML takes."""
    if not data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or data.startswith(codecs.BOM_UTF32_LE):
        return decode_markup(data, name)
    try:
        return decode(data.decode("utf-16").encode("utf-8"), name)
    except UnicodeError as error:
        raise CorpusError(f"{name}: broken UTF-16 text ({str(error)[:80]}), wanted a whole file") from error


def _is_out_of_memory(error: Exception) -> bool:
    """Tell it from a mistake of the document: libxml2 reports both in the same way."""
    return bool(getattr(error, "code", None) == etree.ErrorTypes.ERR_NO_MEMORY)


def parse_html(data: bytes, name: str) -> Element:
    """Parse HTML as browsers do, mistakes included.

    Raises
    ------
    CorpusError
        As `decode_markup`, or nested too deeply or with texts too long to be parsed whole.
    """
    text = _BODY_END.sub("", _XML_DECLARATION.sub("", decode_markup(data, name), count=1))
    parser = etree.HTMLParser(no_network=True, huge_tree=False, remove_comments=True, remove_pis=True, encoding="utf-8")
    try:
        root = etree.fromstring(text.encode("utf-8"), parser)
    except (etree.LxmlError, ValueError) as error:
        if _is_out_of_memory(error):
            raise MemoryError from error
        raise CorpusError(f"{name}: no HTML ({str(error)[:200]}), wanted a document with tables") from error
    if root is None:
        raise CorpusError(f"{name}: no HTML, wanted a document with tables")
    for entry in parser.error_log:
        # The parser mends mistakes but leaves out what lies behind such a limit: a table would lose its end.
        if entry.type_name == "ERR_RESOURCE_LIMIT":
            raise CorpusError(f"{name}:{entry.line}: {entry.message.split(',')[0].strip().lower()[:100]}, wanted plain HTML")
    return root


def local(element: Element) -> str:
    """Give the name of an element without its namespace, in small letters; "" for what is none."""
    tag = element.tag
    return tag.rpartition("}")[2].lower() if isinstance(tag, str) else ""


def within(element: Element, *names: str) -> Iterator[Element]:
    """All elements of these names in an element, itself not, in the order of the document."""
    found: Iterator[Element] = element.iterdescendants(*_any_namespace(names))
    return found


def outer(element: Element, *names: str) -> Element | None:
    """Find the nearest element of these names around an element."""
    return next(element.iterancestors(*_any_namespace(names)), None)


def child(element: Element, *names: str) -> Element | None:
    """Find the first child of one of these names."""
    return next(element.iterchildren(*_any_namespace(names)), None)


def _any_namespace(names: tuple[str, ...]) -> list[str]:
    return [f"{{*}}{name}" for name in names]


def text_of(element: Element) -> str:
    """Give the words of an element, as in one line."""
    return one_line(pieces_of(element))


def pieces_of(element: Element) -> tuple[Piece, ...]:
    """Read the inline content of an element in the order of reading.

    Raises
    ------
    CorpusError
        An entity that is not one of HTML's.
    """
    found: list[Piece] = []
    _walk(element, Kind.TEXT, found)
    return tuple(found)


def parts_of(element: Element, blocks: Container[str]) -> Iterator[tuple[Piece, ...] | Element]:
    """Part the content of an element at its children of these names: yield pieces and those children in the order of reading.

    Raises
    ------
    CorpusError
        As `pieces_of`.
    """
    return stretches(element, lambda inner: local(inner) in blocks)


def stretches(element: Element, stands_alone: Callable[[Element], bool]) -> Iterator[tuple[Piece, ...] | Element]:
    """Part the content of an element, as `parts_of`, at the children that stand alone by this judgement."""
    found: list[Piece] = []
    _add(found, Kind.TEXT, element.text)
    for inner in element:
        if stands_alone(inner):
            if not is_blank(found):
                yield tuple(found)
            found = []
            yield inner
        else:
            _walk_child(inner, Kind.TEXT, found)
        _add(found, Kind.TEXT, inner.tail)
    if not is_blank(found):
        yield tuple(found)


def _walk(element: Element, kind: Kind, found: list[Piece]) -> None:
    """Add the content of an element, without its tail."""
    name = local(element)
    if name not in _MATH_LEAVES and _is_math(element):
        _walk_math(element, name, kind, found)
        return
    _add(found, kind, element.text)
    for inner in _alternatives(element) if name == "alternatives" else element:
        _walk_child(inner, kind, found)
        _add(found, kind, inner.tail)


def _walk_child(inner: Element, kind: Kind, found: list[Piece]) -> None:
    """Add an element within others as what it is to the text, without its tail."""
    name = local(inner)
    if not name:
        _add(found, kind, _entity(inner))
    elif name in _LINE_ENDS:
        found.append(BREAK)
    elif name in _UNSEEN or is_hidden(inner):
        pass
    elif name == "fn" and child(inner, "label") is not None:
        _add(found, Kind.NOTE, text_of(child(inner, "label")))
    elif name == "tex-math":
        _add(found, kind, _tex(inner))
    elif name in _BLOCKS or name == "fn":
        found.append(BREAK)
        _walk(inner, kind, found)
        found.append(BREAK)
    else:
        here = _kind(inner, name, kind)
        is_second = here is Kind.CITATION is not kind and found and found[-1].kind is here and found[-1].text[-1:].isdecimal()
        if is_second and "".join(inner.itertext()).strip()[:1].isdecimal():
            _add(found, here, ",")  # 9 and 10 side by side are no 910
        _walk(inner, here, found)


def _kind(element: Element, name: str, around: Kind) -> Kind:
    """Tell what the text of an inline element is."""
    if around in (Kind.NOTE, Kind.CITATION):
        return around  # a superscript inside of a reference: the reference tells what it is
    if name == "xref":
        return {"table-fn": Kind.NOTE, "fn": Kind.NOTE, "table-wrap-foot": Kind.NOTE, "bibr": Kind.CITATION}.get(
            element.get("ref-type") or "", around
        )
    if name in ("sup", "sub"):
        return Kind.SUPERSCRIPT if name == "sup" else Kind.SUBSCRIPT
    if raised := _RAISED.search((element.get("style") or "")[:500]):
        return Kind.SUPERSCRIPT if raised["how"].lower() == "super" else Kind.SUBSCRIPT
    return around


def _add(found: list[Piece], kind: Kind, text: str | None) -> None:
    if text:
        found.append(Piece(kind, text))


def _alternatives(element: Element) -> list[Element]:
    """Of several forms of the same thing, the one with words that read best."""
    forms = [inner for inner in element if local(inner) not in _UNSEEN]
    return sorted(forms, key=lambda inner: local(inner) == "tex-math")[:1]


def is_hidden(element: Element) -> bool:
    """Whether an element is not shown."""
    return element.get("hidden") is not None or bool(_HIDDEN.search((element.get("style") or "")[:500]))


def _entity(node: Element) -> str:
    """Give the character of an entity that the parser left as it is; "" for a comment."""
    if node.tag is not etree.Entity:
        return ""
    character = html5.get(f"{node.name};")
    if character is None:
        raise CorpusError(f"entity &{node.name[:30]}; is unknown, wanted the character itself")
    return character


def _tex(element: Element) -> str:
    r"""Take the formula out of a TeX document: what stands in \begin{document}, without dollar signs."""
    text = "".join(element.itertext())
    inner = re.search(r"\\begin\{document\}(.{0,2000}?)\\end\{document\}", text, re.DOTALL)
    return (inner[1] if inner else text).replace("$", "").strip()


def _is_math(element: Element) -> bool:
    """Whether it is MathML; in HTML it has no namespace."""
    return local(element) in _MATH_NAMES or (
        isinstance(element.tag, str) and element.tag.startswith("{http://www.w3.org/1998/Math/MathML}")
    )


def _walk_math(element: Element, name: str, kind: Kind, found: list[Piece]) -> None:
    """Add MathML: white space between its elements means nothing, a fraction gets its stroke, a power its height."""
    parts = [inner for inner in element if local(inner) not in _UNSEEN]
    if name == "semantics":
        parts = parts[:1]
    kinds = _MATH_PARTS.get(name, ())
    for index, inner in enumerate(parts):
        if name == "mfrac" and index:
            _add(found, kind, "/")
        if local(inner) == "mspace":
            _add(found, kind, " ")
        _walk(inner, (kinds[index] if index < len(kinds) else None) or kind, found)
