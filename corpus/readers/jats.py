"""Journal articles in JATS XML or its forerunner, NLM's: of PubMed Central, Europe PMC or a publisher, one or several in a file.

Left out by rule: reference lists, key words and licences, translations, the marks of a table's footnotes in its cells, and formulas
that are only pictures.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from lxml import etree

from corpus.markup.pieces import Kind, prose
from corpus.markup.tree import Element, child, local, outer, parse_xml, parts_of, pieces_of, text_of, within
from corpus.readers import jats_front
from corpus.readers.draft import Draft
from corpus.report import CorpusError, Report
from corpus.sections import OTHER, declared_kind, kind_of
from corpus.tables.grid import Grid
from corpus.tables.jats import foot_of, read_table, tables_in, title_of
from corpus.tables.notes import Paragraph, lines_of

MAX_BYTES = 20_000_000
# An article of PubMed Central has up to 60 figures and tables and 6 levels of sections.
MAX_FLOATS = 5_000
MAX_DEPTH = 100
# A megabyte of articles has 20,000.
MAX_ELEMENTS = 400_000

# A type attribute for what stands beside a report.
_ASIDE = "suppl"
_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
_SECTIONS = frozenset({"sec", "boxed-text", "statement", "app", "ack", "glossary", "notes", "fn-group", "bio", "app-group"})
_CAPTIONED = frozenset({"fig", "fig-group", "supplementary-material", "media", "graphic", "chem-struct-wrap", "table-wrap-group"})
_TABLES = frozenset({"table-wrap", "table"})
# What stands beside the text wherever it is anchored: inside of a paragraph, it follows that.
_FLOATS = _CAPTIONED | _TABLES | {"boxed-text", "fn", "fn-group"}
_LISTS = frozenset({"list", "def-list"})
_CONTAINERS = frozenset(
    {"p", "disp-quote", "verse-group", "verse-line", "attrib", "speech", "speaker", "preformat", "code", "subtitle",
     "list-item", "def-item", "def", "term", "term-head", "def-head", "question-wrap", "question", "answer-set", "answer"}
)  # fmt: skip
_TITLES = frozenset({"label", "title", "caption"})
_LEFT_OUT = frozenset({"ref-list", "permissions", "kwd-group", "sec-meta", "alt-text", "long-desc", "object-id"})
_IN_TABLE_WRAP = _TITLES | {"table", "table-wrap-foot", "graphic", "media"}
_BLOCKS = _SECTIONS | _FLOATS | _LISTS | _CONTAINERS | _TITLES | _LEFT_OUT | _IN_TABLE_WRAP
_RESPONSES = ("sub-article", "response")


def read(data: bytes, name: str, report_id: str) -> tuple[Report, ...]:
    """Read the articles of a file; responses and other articles inside of an article follow it as parts of its text.

    Parameters
    ----------
    data
        The whole file.
    name
        What messages call it.
    report_id
        The id of a single article; several get `report_id#part` with their PMCID, PMID or number.

    Raises
    ------
    CorpusError
        The file is too large, no well-formed XML, or holds no article that can be read. An article that cannot be read
        beside others that can is told of in the messages of the first of them.
    """
    if len(data) > MAX_BYTES:
        raise CorpusError(f"{name}: {len(data) / 1e6:.1f} MB, wanted at most {MAX_BYTES / 1e6:.0f} MB of XML")
    root = parse_xml(data, name)
    if (size := sum(1 for _ in root.iter())) > MAX_ELEMENTS:
        raise CorpusError(f"{name}: {size} elements, wanted at most {MAX_ELEMENTS}")
    articles = [element for element in root.iter("{*}article") if outer(element, "article") is None and _is_article(element)]
    if not articles:
        raise CorpusError(f"{name}: no article in it (its outermost element is <{local(root)[:40]}>), wanted JATS XML")
    reports: list[Report] = []
    faults: list[str] = []
    taken: set[str] = set()
    for number, article in enumerate(articles, start=1):
        where = name if len(articles) == 1 else f"{name}, article {number}"
        try:
            part = _part(article, number, taken)
            reports.append(_report(article, name, report_id if len(articles) == 1 else f"{report_id}#{part}"))
        except CorpusError as error:
            faults.append(f"{where}: {str(error).removeprefix(f'{name}: ')}")
    if not reports:
        raise CorpusError(faults[0])
    told = tuple(fault.removeprefix(f"{name}, ") + ", not read" for fault in faults)
    return (replace(reports[0], messages=(*reports[0].messages, *told)), *reports[1:])


def _is_article(element: Element) -> bool:
    """Whether an element of that name is JATS's: HTML has one, too."""
    return child(element, "front", "body", "back", "front-stub") is not None


def _part(article: Element, number: int, taken: set[str]) -> str:
    """Choose what tells an article from the others of its file."""
    told = jats_front.numbers(article)
    part = next((one for one in (told.pmcid, told.pmid) if one and one not in taken), str(number))
    taken.add(part)
    return part


def _report(article: Element, name: str, report_id: str) -> Report:
    about = jats_front.about(article)
    _fill_references(article)
    writer = _Writer(_beside(article))
    writer.article(article)
    return writer.draft.report(report_id, name, format="jats", **about)


def _fill_references(article: Element) -> None:
    """Give references without words the label of what they refer to, as readers see them; those of a range ("3–6") stay empty."""
    empty = {reference: None for reference in within(article, "xref") if not text_of(reference)}
    if not empty:
        return
    labels = {
        target.get("id"): text_of(label).strip("[]. ")
        for target in within(article, "ref", "fig", "table-wrap")
        if (label := child(target, "label")) is not None
    }
    for reference in empty:
        beside = (reference.getprevious(), reference.getnext())
        if not any(other is not None and local(other) == "xref" and other not in empty for other in beside):
            reference.text = labels.get(reference.get("rid"))


@dataclass(frozen=True, slots=True)
class _Place:
    """Where words stand: how deep, of which kind (None: that of their section), and whether they are an item of a list."""

    level: int = 1
    kind: str | None = None
    is_item: bool = False

    def below(self) -> _Place:
        if self.level >= MAX_DEPTH:
            raise CorpusError(f"elements nested more than {MAX_DEPTH} deep, wanted an article")
        return _Place(self.level + 1, self.kind, self.is_item)


_TOP = _Place()


@dataclass(slots=True)
class _Writer:
    """Writes an article to a draft, in the order of reading."""

    beside: dict[Element, list[Element]]
    draft: Draft = field(default_factory=Draft)
    n_tables: int = 0
    # Words that the next paragraph begins with: the label of an item or a note.
    lead: list[str] = field(default_factory=list)

    def article(self, article: Element) -> None:
        """Write title, abstracts, body, floats, back matter and what responds to the article."""
        if title := jats_front.title(article):
            self.draft.paragraph(title, "title")
        meta = jats_front.meta_of(article)
        if meta is not None:
            self.abstracts(meta, article.get(_LANGUAGE))
        self.main(article, _TOP)
        if child(article, "body") is None:
            self.draft.message("no body: only what stands around it")
        for response in article.iterchildren(*(f"{{*}}{name}" for name in _RESPONSES)):
            self.response(response)

    def main(self, article: Element, place: _Place) -> None:
        """Write body, floats and back matter of an article or a response."""
        for part in (*article.iterchildren("{*}body"), *article.iterchildren("{*}floats-group", "{*}floats-wrap")):
            self.content(part, place)
        for part in article.iterchildren("{*}back"):
            for element in part:
                self.back(element, place)

    def abstracts(self, meta: Element, language: str | None) -> None:
        """Write each abstract once; translations are left out."""
        found = list(meta.iterchildren("{*}abstract"))
        own = [one for one in found if _language(one, language) == _language(meta, language)] or found
        told: set[str] = set()
        for abstract in own:
            words = text_of(abstract)
            if words and words not in told:
                self.section(abstract, _TOP, "abstract", title="" if abstract.get("abstract-type") else "Abstract")
            told.add(words)
        self.draft.heading("")  # what follows is no abstract
        if len(own) < len(found) or child(meta, "trans-abstract") is not None:
            self.draft.message("an abstract in another language is left out")

    def response(self, response: Element) -> None:
        """Write a response or a sub-article as a part of the article that it belongs to."""
        if response.get("article-type") == "translation":
            self.draft.message("a translation of the article is left out")
            return
        title = jats_front.title(response) or ""
        self.draft.heading(title, 1, None if kind_of(title) else _ASIDE)
        meta = jats_front.meta_of(response)
        for abstract in meta.iterchildren("{*}abstract") if meta is not None else ():
            self.section(abstract, _TOP.below(), "abstract", title="Abstract")
            self.draft.heading("", 2)
        self.main(response, _TOP.below())
        for inner in response.iterchildren(*(f"{{*}}{name}" for name in _RESPONSES)):
            self.response(inner)

    def back(self, element: Element, place: _Place) -> None:
        """Write a part of the back matter; what its type or title does not tell otherwise is beside the report."""
        if local(element) in _LEFT_OUT or not local(element):
            return
        named = _heading(element)
        is_told = declared_kind(element.get("sec-type") or "") or (named is not None and kind_of(text_of(named)))
        self.section(element, place, element.get("sec-type") if is_told else _ASIDE)

    def section(self, element: Element, place: _Place, declared: str | None, title: str = "") -> None:
        """Write a part with a heading of its own; nothing where it holds nothing but a reference list."""
        inner = [local(part) for part in element]
        if "ref-list" in inner and set(inner) <= _TITLES | _LEFT_OUT:
            return
        named, label, caption = _heading(element), child(element, "label"), child(element, "caption")
        late = self.lift(named)
        words = " ".join(prose(pieces_of(part)) for part in (label, named) if part is not None) or title
        if place.kind is None:
            # A heading of the vocabulary says more than a type attribute: "Discussion" of type "conclusions".
            self.draft.heading(words, place.level, None if kind_of(words) and declared != _ASIDE else declared)
        else:
            self.draft.paragraph(words, place.kind)
        for part in late:
            self.part(part, local(part), place.below())
        if caption is not None:
            self.content(caption, place.below(), without=("title",))
        self.content(element, place.below(), without=_TITLES)

    def content(self, element: Element, place: _Place, without: Container[str] = ()) -> None:
        """Write what stands in an element: words between its parts as paragraphs, and the parts."""
        late = self.lift(element)
        is_after_section = False
        for part in (*parts_of(element, _BLOCKS), *late):
            if isinstance(part, tuple):
                name = ""
            elif (name := local(part)) in without or name in _LEFT_OUT:
                continue
            if name not in _SECTIONS and is_after_section and place.kind is None:
                self.draft.heading("", place.level)  # what follows stands in the outer section again
            is_after_section = name in _SECTIONS
            if isinstance(part, tuple):
                self.say(prose(part), place)
            else:
                self.part(part, name, place)
        if is_after_section and local(element) not in _SECTIONS and place.kind is None:
            self.draft.heading("", place.level)

    def lift(self, element: Element | None) -> list[Element]:
        """Take out of the words of an element what stands beside them, to be written behind them."""
        lifted = self.beside.pop(element, []) if element is not None else []
        for one in lifted:
            _take_out(one)
        return lifted

    def part(self, element: Element, name: str, place: _Place) -> None:
        """Write an element that is no part of a sentence."""
        if name in _SECTIONS:
            self.section(element, place, element.get("sec-type"))
        elif name in _TABLES:
            self.table(element, place)
        elif name in _CAPTIONED:
            self.captioned(element, place)
        elif name == "def-item":
            self.definition(element, replace(place, is_item=True))
        elif name in ("list", "list-item", "def-list"):
            self.labelled(element, replace(place, is_item=True))
        elif name == "fn":
            self.labelled(element, replace(place, kind=place.kind or OTHER))
        else:
            self.content(element, place.below())

    def say(self, words: str, place: _Place) -> None:
        """Write a paragraph or an item, after the words that it was to begin with."""
        words = " ".join((*self.lead, words))
        self.lead.clear()
        if place.is_item:
            self.draft.item(words, place.kind)
        else:
            self.draft.paragraph(words, place.kind)

    def labelled(self, element: Element, place: _Place) -> None:
        """Write an item or a note with its label before its first words."""
        label = child(element, "label")
        if label is not None and (words := text_of(label)):
            self.lead.append(words)
        self.content(element, place.below(), without=("label",))
        if self.lead:
            self.say("", place)

    def definition(self, element: Element, place: _Place) -> None:
        """Write a term and what it means: "CT: computed tomography"."""
        terms = [prose(pieces_of(term)) for term in element.iterchildren("{*}term")]
        if terms:
            self.lead.append(f"{', '.join(terms)}:")
        self.content(element, place.below(), without=("term",))
        if self.lead:
            self.say("", place)

    def captioned(self, element: Element, place: _Place) -> None:
        """Write label and caption of a figure, a file or a group of tables, then what else it holds."""
        is_file = local(element) in ("supplementary-material", "media")
        kind = place.kind or (OTHER if is_file else "caption")
        self.caption(element, kind)
        inner = _Place(place.level, None if local(element) in ("fig-group", "table-wrap-group") else kind)
        self.content(element, inner.below(), without=_TITLES)

    def caption(self, element: Element, kind: str) -> None:
        """Write "Figure 1. Words of the caption"; what stands in a caption beside its words follows."""
        label, caption = child(element, "label"), child(element, "caption")
        late = self.lift(caption)
        sentences = list(map(prose, lines_of(pieces_of(caption)))) if caption is not None else []
        self.draft.paragraph(_sentences((text_of(label) if label is not None else "", *sentences)), kind)
        for part in late:
            self.part(part, local(part), _Place(kind=kind))

    def table(self, wrap: Element, place: _Place) -> None:
        """Write the tables of a table-wrap with label, caption and notes, each once; those that have no grid by their words."""
        is_bare = local(wrap) != "table-wrap"
        late = self.lift(child(wrap, "caption"))
        tables = [wrap] if is_bare else tables_in(wrap)
        grids: list[Grid] = []
        faulty: list[Element] = []
        for table in tables:
            self.n_tables += 1
            found = read_table(table, f"table {self.n_tables}")
            grids += found.grids
            faulty += [table] if found.messages and not found.grids else []
            for message in found.messages:
                self.draft.message(message)
        for grid in _once(grids):
            self.draft.table(grid)
        if not grids:
            self.words_of_table(wrap, faulty)
        elif faulty:
            for table in faulty:
                self.draft.plain_table(_rows(table))
        if not is_bare:
            self.content(wrap, _Place(place.level, place.kind or "table").below(), without=_IN_TABLE_WRAP)
        for part in late:
            self.part(part, local(part), _Place(place.level, "table"))

    def words_of_table(self, wrap: Element, tables: Sequence[Element]) -> None:
        """Write a table that is no grid by its words; one that is only a picture by its caption."""
        label, caption = title_of(wrap, wrap)
        notes = [_note_line(note) for note in foot_of(wrap)]
        rows = [row for table in tables for row in _rows(table)]
        if rows:
            self.draft.plain_table(rows, label, caption, tuple(notes))
            return
        self.draft.paragraph(_sentences((label or "", caption or "")), "caption")
        for note in notes:
            self.draft.paragraph(note, "caption")
        self.draft.message(f"{label or 'a table'} holds no cells (is it a picture?), caption only")


def _language(element: Element, default: str | None) -> str:
    """Return the language of an element in two letters; "" where none is told."""
    return (element.get(_LANGUAGE) or default or "").lower()[:2]


def _heading(element: Element) -> Element | None:
    """Find the title of a part, which may stand in a caption."""
    title, caption = child(element, "title"), child(element, "caption")
    return child(caption, "title") if title is None and caption is not None else title


def _beside(article: Element) -> dict[Element, list[Element]]:
    """Find what stands beside the text but inside of words: element to what must be taken out of its sentences, in order.

    Raises
    ------
    CorpusError
        There are too many.
    """
    found: dict[Element, list[Element]] = {}
    for number, one in enumerate(within(article, *_FLOATS), start=1):
        if number > MAX_FLOATS:
            raise CorpusError(f"more than {MAX_FLOATS} figures, tables and notes, wanted at most so many in one article")
        owner = _owner(one)
        is_in_words = one.getparent() is not owner or local(owner) in ("p", "title", "caption")
        is_bare = local(one) in ("graphic", "media") and child(one, "label", "caption") is None
        is_in_wrap = local(one) == "table" and owner is not None and local(owner) == "table-wrap"
        if owner is not None and is_in_words and not is_bare and not is_in_wrap:
            found.setdefault(owner, []).append(one)
    return found


def _owner(one: Element) -> Element | None:
    """Find the element whose words something stands among: the nearest paragraph or the like, or the title or caption around it."""
    owner = None
    for around in one.iterancestors():
        name = local(around)
        if name == "title" or (name == "caption" and local(around.getparent()) not in _SECTIONS):
            owner = around  # read whole, with its paragraphs
        elif name in _BLOCKS and owner is None:
            owner = around
        if name in _FLOATS or name in _SECTIONS:
            break
    return owner


def _take_out(one: Element) -> None:
    """Take an element out of the words that it stands among, which stay where they are."""
    place = etree.Element("target")  # an empty element
    place.tail = f" {one.tail}" if (one.tail or "")[:1].isalnum() else one.tail
    one.tail = None
    one.getparent().replace(one, place)


def _note_line(paragraph: Paragraph) -> str:
    """Give the words of a table's note, apart from its mark."""
    if paragraph and paragraph[0].kind is Kind.NOTE:
        return f"{paragraph[0].text} {prose(paragraph[1:])}"
    return prose(paragraph)


def _sentences(parts: Iterable[str]) -> str:
    """Join a label and what follows, each as a sentence."""
    told = [part for part in parts if part]
    return " ".join([*(part if part[-1] in ".:;,?!" else f"{part}." for part in told[:-1]), *told[-1:]])


def _once(grids: Sequence[Grid]) -> Iterator[Grid]:
    """Yield the grids of one table-wrap, its label and caption with the first alone, its notes with the last."""
    for index, grid in enumerate(grids):
        if index:
            grid = replace(grid, label=None, caption=None)
        if index < len(grids) - 1:
            last = grids[-1]
            own = {mark: text for mark, text in grid.footnotes.items() if last.footnotes.get(mark) != text}
            grid = replace(grid, footnotes=own, remarks=tuple(remark for remark in grid.remarks if remark not in last.remarks))
        yield grid


def _rows(table: Element) -> list[tuple[str, ...]]:
    """Give the words of a table that is no grid: its cells row by row."""
    return [tuple(prose(pieces_of(cell)) for cell in row.iterchildren("{*}td", "{*}th", "{*}entry")) for row in within(table, "tr", "row")]
