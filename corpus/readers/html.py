"""A saved web page: the article in it, without what the site puts around it.

No part of an article may be lost, and none of a site's furniture may be read as what the authors wrote. So nothing is guessed
from how dense a stretch of words is: what is left out says by its element, its ARIA role, its class or its heading what it is
(`page_parts.csv`), or consists of links.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import Any

from corpus.markup.pieces import Kind, Piece, prose
from corpus.markup.tree import Element, child, is_hidden, local, outer, parse_html, pieces_of, stretches, text_of, within
from corpus.readers.clean import clean
from corpus.readers.decode import MAX_BYTES, read_text
from corpus.readers.draft import Draft
from corpus.readers.page_about import about, page_title
from corpus.report import CorpusError, Report
from corpus.sections import kind_of
from corpus.tables.grid import Grid
from corpus.tables.html import read_table
from corpus.tables.layout import MAX_TABLES

# The longest articles have 20,000 elements.
MAX_ELEMENTS = 60_000

_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_BOXES = frozenset((
    *_HEADINGS, "address", "article", "blockquote", "body", "caption", "center", "dd", "details", "div", "dl", "dt", "fieldset",
    "figcaption", "figure", "header", "hgroup", "hr", "li", "main", "ol", "p", "pre", "section", "summary", "table",
    "tbody", "td", "tfoot", "th", "thead", "tr", "ul", "frameset", "noframes",
))  # fmt: skip
_ITEMS = ("li", "dt", "dd")
# Pages saved in one file carry their pictures within.
_EMBEDDED = re.compile(rb"data:[\w.+-]{1,40}/[\w.+-]{1,80};base64,[A-Za-z0-9+/=\s%]{0,50000000}")
_WORDS = re.compile(r"[a-z]+")
_LINE_OF_BLANKS = re.compile(r"\n[ \t\r]{0,200}\n")
_FIGURE = re.compile(r"(?:supplementary\s)?(?:fig(?:ure)?|plate|image|scheme)s?\s?\.?\s?[a-z]?\d{1,2}[a-z]?(?P<rest>.?)", re.IGNORECASE)
_REFERENCE_LINK = re.compile(r"#(?:[\w.:-]{0,40}[-_.])?(?:ref|cit|cr|b|bib|bibr|r)[-_]?(?:cr|bib)?\d{1,4}", re.IGNORECASE)
_NUMBERS = re.compile(r"[\s\[(]{0,3}\d{1,3}(?:\s?[,;–-]\s?\d{1,3}){0,9}[\s\])]{0,3}")
# What publishers print between title and abstract in whole sentences.
_IMPRINT = re.compile(
    r"""©|\(c\)\s | copyright | received\b | accepted\b | published\b | correspondence\b | e-?mail\b | https?: | doi\b
        | this\sis\san\s open | this\sarticle\sis\s(?:licensed|distributed|an\sopen) | academic\seditor | edited\sby | reviewed\sby""",
    re.VERBOSE | re.IGNORECASE,
)


def _parts() -> Mapping[str, frozenset[str]]:
    """Read what is no part of an article: how it is told (element, aria, class, heading) to its words."""
    rows = list(csv.DictReader(io.StringIO(read_text(Path(__file__).with_name("page_parts.csv")))))
    return MappingProxyType({role: frozenset(row["word"] for row in rows if row["role"] == role) for role in {row["role"] for row in rows}})


_PARTS = _parts()


@dataclass(frozen=True, slots=True)
class _Block:
    """A block of a page in the order of reading; `role`: title, heading, paragraph, item, caption, table or abstract (where it begins)."""

    role: str
    words: str = ""
    level: int = 0
    grid: Grid | None = None


@dataclass(slots=True)
class _Page:
    """A page while it is read: what is known of its elements."""

    title: Element | None
    # Elements with a block inside: their content is no one paragraph.
    boxes: frozenset[Element]
    grids: dict[Element, tuple[Grid, ...]]
    messages: list[str] = field(default_factory=list)


def read(data: bytes, name: str, report_id: str) -> tuple[Report, ...]:
    """Read the article of a saved web page.

    Menus, banners, forms, lists of related articles, the authors' names and institutions and the reference list are no part of
    the text. A table that cannot be read is told of in the messages.

    Raises
    ------
    CorpusError
        As `parse_html`; or the page is too large, or holds no words of an article.
    """
    root = _parse(data, name)
    told = about(root)
    title = _title(root, told.get("title"))
    article = _article(root, title)
    _mark_citations(root)
    _drop_parts(article, title)
    grids, messages = _take_tables(article)
    page = _Page(title, frozenset(_with_blocks(article)), grids, messages)
    blocks = list(_before_the_body(_from_the_title(list(_walk(article, page)))))
    return (_report(blocks, page, told | _own_title(root, title, told), name, report_id),)


def _parse(data: bytes, name: str) -> Element:
    data = _EMBEDDED.sub(b"data:,", data)
    if len(data) > MAX_BYTES:
        raise CorpusError(f"{name}: a page of {len(data) / 1e6:.1f} MB without its pictures, wanted at most {MAX_BYTES / 1e6:.0f} MB")
    root = parse_html(data, name)
    if sum(1 for _ in islice(root.iter(), MAX_ELEMENTS + 1)) > MAX_ELEMENTS:
        raise CorpusError(f"{name}: more than {MAX_ELEMENTS} elements, wanted the page of one article")
    return root


def _report(blocks: list[_Block], page: _Page, told: Mapping[str, Any], name: str, report_id: str) -> Report:
    """Write the blocks."""
    draft = Draft(messages=page.messages)
    if title := told.get("title"):
        draft.paragraph(title, "title")
    outermost = min((block.level for block in blocks if block.role == "heading"), default=2)
    # Pages that show a figure or table again in a window of its own hold its caption twice.
    captions = {_key(f"{block.grid.label or ''} {block.grid.caption or ''}") for block in blocks if block.grid is not None}
    for block in blocks:
        if block.role == "heading":
            draft.heading(block.words, block.level)
        elif block.role == "abstract":
            draft.heading("Abstract", outermost)
        elif block.role == "item":
            draft.item(block.words)
        elif block.grid is not None:
            draft.table(block.grid)
        elif _key(block.words) not in captions:
            if is_caption := block.role == "caption" or _is_caption(block.words):
                captions.add(_key(block.words))
            draft.paragraph(block.words, "caption" if is_caption else None)
    if not blocks:
        raise CorpusError(f"{name}: no words of an article on the page, wanted a text")
    return draft.report(report_id, name, format="html", **told)


# --- The article in the page ---------------------------------------------------------------------------------------------------


def _title(root: Element, told: str | None) -> Element | None:
    """Find the article's title on the page: the heading with the words that its head tells, or else its first."""
    headings = [heading for heading in within(root, *_HEADINGS) if not is_hidden(heading)]
    if told is not None:
        same = (heading for heading in headings if _key(text_of(heading)) == _key(told))
        if (found := next(same, None)) is not None:
            return found
    first = [heading for heading in headings if local(heading) == "h1" and text_of(heading)]
    in_article = [heading for heading in first if outer(heading, "article", "main") is not None]
    return next((heading for heading in (*in_article, *first) if kind_of(text_of(heading)) is None), None)


def _own_title(root: Element, title: Element | None, told: Mapping[str, Any]) -> dict[str, str]:
    """Give the title as printed; where none is, as the head has it."""
    printed = " ".join(_paragraphs(pieces_of(title))) if title is not None else ""
    words = printed or told.get("title") or page_title(root)
    return {"title": " ".join(clean(words).split())} if words else {}


def _article(root: Element, title: Element | None) -> Element:
    """Find the innermost element that is said to be the article, or the main part of the page, and holds most of its words."""
    body = next(within(root, "body", "frameset"), root)
    declared = [
        element
        for element in root.iter()
        if local(element) in ("article", "main") or (isinstance(element.tag, str) and element.get("role") in ("main", "article"))
    ]
    sizes = _sizes(body)
    chosen = body
    for element in declared[:MAX_TABLES]:
        is_inside = chosen is body or any(around is chosen for around in element.iterancestors())
        has_title = title is None or title is element or any(around is element for around in title.iterancestors())
        if is_inside and has_title and 2 * sizes.get(element, 0) > sizes[body]:
            chosen = element
    return chosen


def _sizes(body: Element) -> dict[Element, int]:
    """Count the characters in each element, without those of menus, footers and scripts."""
    elements = [body, *body.iterdescendants()]
    sizes = dict.fromkeys(elements, 0)
    for element in reversed(elements):  # what stands within an element comes before it
        name = local(element)
        sizes[element] = 0 if not name or name in _PARTS["element"] else sizes[element] + len((element.text or "").strip())
        if element is not body:
            sizes[element.getparent()] += sizes[element] + len((element.tail or "").strip())
    return sizes


# --- What is no part of it -----------------------------------------------------------------------------------------------------


def _drop_parts(article: Element, title: Element | None) -> None:
    """Take out of the article what the site, not the authors, put there, and what is no text by rule."""
    kept = frozenset((article, *((title, *title.iterancestors()) if title is not None else ())))
    half = len("".join(article.itertext())) / 2
    for element in list(article.iterdescendants()):
        if element not in kept and isinstance(element.tag, str) and (how := _furniture(element)):
            if how == "class" and len("".join(element.itertext())) > half:
                continue  # a class of the whole article, not of a part of the page
            _take_out(element)
    for heading in list(within(article, *_HEADINGS)):
        words = text_of(heading).strip(" :.")
        if heading not in kept and (kind_of(words) == "references" or words.lower() in _PARTS["heading"]):
            _drop_below(heading, kept)
    _drop_links(article, kept)


def _drop_links(article: Element, kept: frozenset[Element]) -> None:
    """Take out the blocks of which all words are links: menus, downloads, links to a figure's own page."""
    only_links: dict[Element, bool] = {}
    for link in within(article, "a"):
        for around in link.iterancestors():
            if around in kept or around in only_links or local(around) in ("td", "th", "figcaption", *_HEADINGS):
                break
            if local(around) in _BOXES:
                only_links[around] = _is_only_links(around)
                if not only_links[around]:
                    break
    for element in [element for element, is_only in only_links.items() if is_only]:
        _take_out(element)


def _furniture(element: Element) -> str:
    """Say by what an element tells that it is no part of the article: its element, role, class; "" where it tells nothing."""
    name = local(element)
    if name in _PARTS["element"]:
        return "" if name == "aside" and any(True for _ in within(element, "figure", "table")) else "element"
    role = (element.get("role") or "").strip().lower()
    if role in _PARTS["aria"] or role == "doc-bibliography" or element.get("aria-hidden") == "true" or is_hidden(element):
        return "role"
    if name not in _BOXES or name in (*_HEADINGS, "td", "th", "tr", "tbody", "thead", "figure", "figcaption", "body"):
        return ""
    names = [*(element.get("class") or "")[:500].split(), (element.get("id") or "")[:100]]
    words = [frozenset(_WORDS.findall(re.sub(r"(?<=[a-z])(?=[A-Z])", "-", one).lower())) for one in names]
    if any(not one.isdisjoint(_PARTS["text"]) for one in words):
        return ""  # "abstract author", "fig-wrap"
    if any(_is_named(one, "reference") for one in words):
        return "references"
    return "class" if any(_is_named(one, "furniture") or _is_named(one, "front") for one in words) else ""


def _is_named(words: frozenset[str], role: str) -> bool:
    """Whether a class or id says that, and nothing else: "related-articles", but not "treatment-related-toxicity"."""
    words = frozenset(word for word in words if len(word) > 1)
    return not words.isdisjoint(_PARTS[role]) and words <= _PARTS[role] | _PARTS["neutral"] | _PARTS["furniture"]


def _drop_below(heading: Element, kept: frozenset[Element]) -> None:
    """Take out a heading and what stands below it, to the next of its level; a figure or table there stays."""
    level = int(local(heading)[1])
    top = heading
    while (around := top.getparent()) is not None and around not in kept and len(around) == 1 and not (around.text or "").strip():
        top = around
    element = top
    while element is not None and element not in kept:
        after = element.getnext()
        inner = [element] if local(element) in _HEADINGS else list(within(element, *_HEADINGS))
        if element is not top and any(int(local(one)[1]) <= level for one in inner):
            return
        is_shown = local(element) in ("figure", "table") or any(True for _ in within(element, "figure", "table"))
        if element is top or not is_shown:
            _take_out(element)
        element = after


# The parser lets them through, and refuses to take them back.
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def _take_out(element: Element) -> None:
    """Remove an element; the words behind it stay."""
    around, before, tail = element.getparent(), element.getprevious(), _NO_XML.sub(" ", element.tail or "")
    if around is None:
        return
    if tail and before is not None:
        before.tail = _NO_XML.sub(" ", before.tail or "") + tail
    elif tail:
        around.text = _NO_XML.sub(" ", around.text or "") + tail
    element.tail = None
    around.remove(element)


def _mark_citations(root: Element) -> None:
    """Give links with numbers that lead into the reference list the name by which citations are known."""
    for link in list(within(root, "a")):
        role, target = link.get("role") or "", (link.get("href") or "")[-200:]
        is_reference = role == "doc-biblioref" or _REFERENCE_LINK.search(target) is not None
        if is_reference and len(link) == 0 and _NUMBERS.fullmatch((link.text or "")[:100]):
            link.tag = "xref"
            link.set("ref-type", "bibr")


# --- Its blocks in the order of reading ----------------------------------------------------------------------------------------


def _take_tables(article: Element) -> tuple[dict[Element, tuple[Grid, ...]], list[str]]:
    """Read the tables and take their captions and notes out of the page, so that they are read once; the grids, and messages."""
    grids: dict[Element, tuple[Grid, ...]] = {}
    messages: list[str] = []
    tables = [table for table in within(article, "table") if not _is_layout(table)]
    for number, table in enumerate(tables[:MAX_TABLES], start=1):
        try:
            read, around = read_table(table, f"table {number}")
        except CorpusError as error:
            messages.append(str(error))
            continue
        messages += read.messages
        if not read.grids:
            continue
        grids[table] = read.grids
        for element in around:
            if outer(element, "table") is not table and not any(inner is table for inner in within(element, "table")):
                _take_out(element)
    if len(tables) > MAX_TABLES:
        messages.append(f"{len(tables)} tables, wanted at most {MAX_TABLES}: the others are read as text")
    return grids, messages


def _is_layout(table: Element) -> bool:
    """Whether a table only arranges the page: it says so, it holds headings or other tables, or it has one cell."""
    if table.get("role") in ("presentation", "none") or any(True for _ in within(table, "table", *_HEADINGS)):
        return True
    return len(list(islice(within(table, "td", "th"), 2))) < 2


def _with_blocks(article: Element) -> Iterator[Element]:
    """Yield the elements in which a block stands, the article itself among them."""
    seen: set[Element] = {article}
    yield article
    for block in article.iterdescendants():
        if local(block) not in _BOXES:
            continue
        for around in block.iterancestors():
            if around in seen:
                break
            seen.add(around)
            yield around


def _walk(element: Element, page: _Page) -> Iterator[_Block]:
    """Yield the blocks of an element."""
    name = local(element)
    if element is page.title:
        yield _Block("title")
    elif name in _HEADINGS:
        yield _Block("heading", _joined(element), int(name[1]))
    elif element in page.grids:
        yield from (_Block("table", grid=grid) for grid in page.grids[element])
    elif name == "pre":
        yield from (_Block("paragraph", words) for words in _LINE_OF_BLANKS.split("".join(element.itertext())))
    elif _is_figure(element):
        yield from _figure(element)
    else:
        if _is_abstract(element):
            yield _Block("abstract")
        yield from _inside(element, page, "item" if name in _ITEMS else "paragraph")


def _inside(element: Element, page: _Page, role: str) -> Iterator[_Block]:
    for part in stretches(element, lambda inner: local(inner) in _BOXES or inner in page.boxes):
        if not isinstance(part, tuple):
            yield from _walk(part, page)
            continue
        words = list(_paragraphs(part))
        is_heading = role == "paragraph" and len(words) == 1 and _is_bold(element) and kind_of(words[0].rstrip(":")) is not None
        yield from (_Block("heading" if is_heading else role, one.rstrip(":") if is_heading else one, 6) for one in words)


def _paragraphs(pieces: Iterable[Piece]) -> Iterator[str]:
    """Put pieces together as prose; two line breaks in a row part paragraphs, as old pages do."""
    held: list[Piece] = []
    is_broken = False
    for piece in pieces:
        if piece.kind is Kind.BREAK and is_broken:
            if words := prose(held):
                yield words
            held = []
        is_broken = piece.kind is Kind.BREAK or (is_broken and not piece.text.strip())
        held.append(piece)
    if words := prose(held):
        yield words


def _joined(element: Element) -> str:
    """Give all words of an element in one line, whatever blocks they stand in."""
    return prose(pieces_of(element))


def _is_bold(element: Element) -> bool:
    """Whether the whole of a paragraph is in bold: a heading by its looks."""
    inner = child(element, "b", "strong")
    return inner is not None and len(element) == 1 and not (element.text or "").strip() and not (inner.tail or "").strip()


def _is_only_links(element: Element) -> bool:
    """Whether all words of a block are links."""
    links = [link for link in within(element, "a") if link.get("href") is not None]
    if not links or any(True for _ in within(element, *_HEADINGS, "table", "figure")):
        return False
    linked = sum(len(_squeezed(link)) for link in links if outer(link, "a") is None)
    return linked >= len(_squeezed(element))


def _squeezed(element: Element) -> str:
    """Give the letters and digits of an element: dots and strokes part links, too."""
    return "".join(character for character in "".join(element.itertext()) if character.isalnum())


def _is_figure(element: Element) -> bool:
    """Whether it is a figure with a caption that holds no table."""
    if local(element) != "figure":
        return "caption" in (element.get("class") or "").lower().split() or local(element) == "figcaption"
    return not any(True for _ in within(element, "table"))


def _figure(element: Element) -> Iterator[_Block]:
    """Yield the caption of a figure: its heading and its caption, or all its words where neither is marked."""
    marked = [inner for inner in within(element, "figcaption", *_HEADINGS) if outer(inner, "figcaption", *_HEADINGS) is None]
    words = [_joined(inner) for inner in marked or [element]]
    label = words[0].rstrip(" .:")
    if _FIGURE.fullmatch(label):
        rest = " ".join(words[1:]) or _joined(element).removeprefix(words[0])
        words = [f"{label}.", rest.strip()]
    yield _Block("caption", " ".join(word for word in words if word))


def _is_abstract(element: Element) -> bool:
    """Whether an abstract without a heading of that name begins here."""
    if local(element) not in ("div", "section", "p", "blockquote") or not (
        element.get("role") == "doc-abstract"
        or any(_WORDS.findall(one.lower())[-1:] == ["abstract"] for one in (element.get("class") or "")[:500].split())
    ):
        return False
    return not any(kind_of(text_of(heading)) == "abstract" for heading in within(element, *_HEADINGS))


def _from_the_title(blocks: list[_Block]) -> list[_Block]:
    """Leave out what stands before the title, which the site put there."""
    blocks = [block for block in blocks if block.words or block.role in ("title", "table", "abstract")]
    at = next((index for index, block in enumerate(blocks) if block.role == "title"), None)
    return blocks if at is None else blocks[at:]


def _before_the_body(blocks: list[_Block]) -> Iterator[_Block]:
    """Leave out what stands between title and text: names, institutions, dates, licence."""
    is_front = bool(blocks) and blocks[0].role == "title"
    is_told = False  # whether the abstract has its heading, by another block around it
    for block in blocks:
        if block.role == "title":
            continue
        is_front = is_front and block.role in ("paragraph", "item") and not _is_prose(block.words)
        if is_front or (block.role == "abstract" and is_told):
            continue
        is_told = block.role == "abstract" or (block.role == "heading" and kind_of(block.words) == "abstract")
        yield block


def _is_prose(words: str) -> bool:
    """Whether a paragraph is a sentence of the article: it ends as one, and most of its words are no names."""
    tokens = words.split()
    small = sum(token[0].islower() for token in tokens)
    return words.rstrip("”\"')]")[-1:] in (".", "?", "!", ":") and 2 * small >= len(tokens) and not _IMPRINT.match(words)


def _is_caption(words: str) -> bool:
    """Whether a paragraph is a figure's caption, not a sentence about the figure."""
    found = _FIGURE.match(words)
    return found is not None and (found["rest"] in (".", ":", "|") or words[found.end() :].lstrip()[:1].isupper())


def _key(words: str) -> str:
    """Give the letters and digits of words, to compare what is printed in two places."""
    return "".join(character for character in words.casefold() if character.isalnum())
