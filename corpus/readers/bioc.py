"""BioC, XML and JSON: articles of PubMed Central and abstracts of PubTator as NCBI exports them.

BioC holds running text without markup: where its makers lost a superscript ("105" for 10⁵) or a figure's number, it is lost,
and nothing is guessed here. Its XML and JSON say the same; both are read to the same `_Document`s, by lxml and json alone: the
makers' library wants each key to be there and refuses a whole collection for one odd passage.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from lxml import etree

from corpus.markup.tree import Element, child, local, parse_xml, within
from corpus.readers.clean import clean
from corpus.readers.decode import decode
from corpus.readers.draft import Draft
from corpus.report import CorpusError, Report
from corpus.sections import kind_of
from corpus.tables import jats
from corpus.tables.grid import Grid
from corpus.tables.notes import split_label

# An article has 200 kB; NCBI exports at most some hundred at a time. As JSON lists of nothing, more would not fit into memory.
MAX_BYTES = 12_000_000
MAX_DOCUMENTS = 10_000

_LEVEL = re.compile(r"(?:abstract_)?(?:title|heading)(?:_(?P<level>[1-9]))?")
_PART = re.compile(r"(?P<key>surname|given-names)\s{0,3}:\s{0,3}(?P<words>[^;]{1,200})")
_YEAR = re.compile(r"\b(?:1[89]|20)\d\d\b")
_DOI = re.compile(r"10\.\d{4,9}/[^\s;,\"<>]{1,200}")
_SURROGATE = re.compile("[\ud800-\udfff]")
# The prefixes that tables of PubMed Central use; their declarations stood in the article around.
_TABLE = '<table-wrap xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:mml="http://www.w3.org/1998/Math/MathML">{}</table-wrap>'
_DECLARATION = re.compile(r"\s*(?:<\?xml[^>]{0,200}\?>|<!DOCTYPE[^>\[]{0,300}>)")


@dataclass(frozen=True, slots=True)
class _Passage:
    """A stretch of text and what is said of it, keys in small letters."""

    infons: Mapping[str, str]
    text: str

    @property
    def part(self) -> str:
        """The part of the paper: TITLE, ABSTRACT, INTRO …; PubTator says it as the type."""
        return (self.infons.get("section_type") or self.infons.get("section") or self.type).upper()

    @property
    def type(self) -> str:
        """What it is there, such as title_1, paragraph, fig_caption."""
        return self.infons.get("type", "").lower()


@dataclass(frozen=True, slots=True)
class _Document:
    """A document of a collection; `source` is the collection's ("PMC", "PubTator")."""

    id: str
    source: str
    infons: Mapping[str, str]
    passages: tuple[_Passage, ...]


def read(data: bytes, name: str, report_id: str) -> tuple[Report, ...]:
    """Read each document of a collection, or of several collections in a JSON list, as a report.

    References are left out. Documents without words are told of in the messages of the first report.

    Raises
    ------
    CorpusError
        No BioC, XML that is not well-formed, JSON that is none or of another shape; too large; no document with words.
    """
    if len(data) > MAX_BYTES:
        raise CorpusError(f"{name}: a collection of {len(data) / 1e6:.1f} MB, wanted at most {MAX_BYTES / 1e6:.0f} MB; split it")
    is_json = data.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"{", b"[")
    documents = list(_from_json(data, name) if is_json else _from_xml(data, name))
    if len(documents) > MAX_DOCUMENTS:
        raise CorpusError(f"{name}: {len(documents)} documents, wanted at most {MAX_DOCUMENTS}; split it")
    drafts = [(document, _draft(document)) for document in documents]
    with_words = [(document, draft) for document, draft in drafts if draft.length]
    if not with_words:
        raise CorpusError(f"{name}: {len(documents)} documents and no words in them, wanted BioC with passages")
    for number, (document, draft) in enumerate(drafts, start=1):
        if not draft.length:
            with_words[0][1].message(f"document {number} ({document.id[:40] or 'without an id'}) holds no words, not read")
    return tuple(_reports(with_words, name, report_id))


def _reports(drafts: list[tuple[_Document, Draft]], name: str, report_id: str) -> Iterator[Report]:
    seen: set[str] = set()
    for number, (document, draft) in enumerate(drafts, start=1):
        told = _about(document)
        part = told.get("pmcid") or told.get("pmid") or str(number)
        part = str(number) if part in seen else part
        seen.add(part)
        yield draft.report(f"{report_id}#{part}" if len(drafts) > 1 else report_id, name, format="bioc", **told)


# --- XML and JSON --------------------------------------------------------------------------------------------------------------


def _from_xml(data: bytes, name: str) -> Iterator[_Document]:
    root = parse_xml(data, name)
    if local(root) not in ("collection", "document"):
        raise CorpusError(f"{name}: XML of <{local(root)[:40]}>, wanted BioC's <collection>")
    if (entity := next(root.iter(etree.Entity), None)) is not None:
        raise CorpusError(f"{name}:{entity.sourceline}: an entity &{entity.name[:30]}; of its own, wanted the characters themselves")
    source = _words(child(root, "source"))
    for document in [root] if local(root) == "document" else within(root, "document"):
        passages = tuple(_Passage(_infons_of(passage), _passage_text(passage)) for passage in document.iterchildren("{*}passage"))
        yield _Document(_words(child(document, "id")), source, _infons_of(document), passages)


def _infons_of(element: Element) -> dict[str, str]:
    return {infon.get("key", "").lower(): _words(infon) for infon in element.iterchildren("{*}infon")}


def _passage_text(passage: Element) -> str:
    """Give the text of a passage; in collections that are cut into sentences, theirs."""
    if (text := child(passage, "text")) is not None:
        return _words(text)
    return " ".join(_words(child(sentence, "text")) for sentence in passage.iterchildren("{*}sentence"))


def _words(element: Element | None) -> str:
    return "".join(element.itertext()) if element is not None else ""


def _from_json(data: bytes, name: str) -> Iterator[_Document]:
    try:
        told = json.loads(decode(data, name))
    except RecursionError as error:
        raise CorpusError(f"{name}: JSON nested too deeply, wanted BioC") from error
    except ValueError as error:
        if isinstance(error, CorpusError):
            raise
        raise CorpusError(f"{name}: no JSON ({str(error)[:100]}), wanted a whole document") from error
    for number, (document, source) in enumerate(_documents(told, name, ""), start=1):
        where = f"{name}, document {number}"
        passages = tuple(_json_passage(passage, where) for passage in _list(document.get("passages"), "passages", where))
        infons = _texts(document) | _infons(document, where)
        yield _Document(_text(document.get("id")), source, infons, passages)


def _documents(told: Any, name: str, source: str, depth: int = 0) -> Iterator[tuple[dict[str, Any], str]]:
    """Yield the documents of a collection, of a list of collections, or of what a service wraps around them."""
    if depth > 3:
        return
    if isinstance(told, list):
        for inner in told:
            yield from _documents(inner, name, source, depth + 1)
    elif isinstance(told, dict) and "passages" in told:
        yield told, source
    elif isinstance(told, dict):
        for key in ("documents", "PubTator3"):
            yield from _documents(told.get(key), name, _text(told.get("source")) or source, depth + 1)


def _json_passage(told: Any, where: str) -> _Passage:
    if not isinstance(told, dict):
        raise CorpusError(f"{where}: a passage is {_kind(told)}, wanted an object")
    text = _text(told.get("text"))
    if not text:
        sentences = _list(told.get("sentences"), "sentences", where)
        text = " ".join(_text(sentence.get("text")) for sentence in sentences if isinstance(sentence, dict))
    return _Passage(_infons(told, where), text)


def _infons(told: dict[str, Any], where: str) -> dict[str, str]:
    infons = told.get("infons") or {}
    if isinstance(infons, list):  # as the XML has them: [{"key": …, "value": …}]
        infons = {str(one.get("key")): one.get("value", one.get("text")) for one in infons if isinstance(one, dict)}
    if not isinstance(infons, dict):
        raise CorpusError(f"{where}: infons are {_kind(infons)}, wanted an object")
    return _texts(infons)


def _texts(told: Mapping[str, Any]) -> dict[str, str]:
    """Take the values that are texts, numbers, or lists of them."""
    lists = {key: "; ".join(_text(one) for one in value) for key, value in told.items() if isinstance(value, list)}
    return {key.lower(): words for key, value in told.items() if (words := lists.get(key) or _text(value))}


def _text(value: Any) -> str:
    """Give a text or a number as text; "" for anything else. Half a character (a lone surrogate) is none."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return _SURROGATE.sub("\ufffd", str(value))


def _list(value: Any, what: str, where: str) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise CorpusError(f"{where}: {what} are {_kind(value)}, wanted a list")
    return value


def _kind(value: Any) -> str:
    names = {dict: "an object", list: "a list", str: "a text", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")


# --- The text ------------------------------------------------------------------------------------------------------------------


def _draft(document: _Document) -> Draft:
    """Write the passages in the order of the document."""
    draft = Draft()
    part = ""
    table: list[_Passage] = []
    has_title = False
    for passage in document.passages:
        if table and not _goes_on(table, passage):
            _write_table(draft, table)
            table = []
        if passage.part in ("REF", "REFERENCES") or passage.type == "ref":
            continue
        if passage.part == "TABLE" or passage.type.startswith("table"):
            table.append(passage)
        elif passage.part == "FIG" or passage.type.startswith("fig"):
            draft.paragraph(passage.text, "caption")
        elif passage.part in ("TITLE", "FRONT"):
            draft.paragraph(passage.text, None if has_title else "title")
            has_title = True
        else:
            _write(draft, passage, part)
            part = passage.part
    if table:
        _write_table(draft, table)
    return draft


def _write(draft: Draft, passage: _Passage, part: str) -> None:
    """Write a heading or a paragraph; one that begins another part of the paper opens a section."""
    found = _LEVEL.fullmatch(passage.type)
    is_new = passage.part != part
    if is_new and passage.part == "ABSTRACT" and kind_of(passage.text) != "abstract":
        draft.heading("Abstract")
    if found is None or not passage.text.strip():
        if is_new and passage.part != "ABSTRACT":
            draft.heading("", declared=passage.part)
        draft.paragraph(passage.text)
        return
    level = int(found["level"] or 1)
    is_inner = passage.part == "ABSTRACT" and kind_of(passage.text) != "abstract"
    # What the authors call it goes before what the makers of the collection judged it to be.
    declared = passage.part if is_new and kind_of(passage.text) is None else None
    draft.heading(passage.text, level + is_inner, declared)


def _goes_on(table: list[_Passage], passage: _Passage) -> bool:
    """Whether a passage belongs to the table before it."""
    is_table = passage.part == "TABLE" or passage.type.startswith("table")
    is_caption_after_rows = "caption" in passage.type and any(one.type == "table" for one in table)
    return is_table and not is_caption_after_rows and table[0].infons.get("id") == passage.infons.get("id")


def _write_table(draft: Draft, passages: list[_Passage]) -> None:
    """Write a table from its title, caption, rows and footnotes: by its XML where that can be read, else by its text."""
    titles = [_line(passage.text) for passage in passages if "caption" in passage.type or "title" in passage.type]
    notes = tuple(_line(passage.text) for passage in passages if "foot" in passage.type)
    label, caption = split_label(" ".join(title for title in titles if title))
    bodies = [passage for passage in passages if not ("caption" in passage.type or "title" in passage.type or "foot" in passage.type)]
    for passage in bodies:
        if (grid := _grid(passage, draft)) is not None:
            draft.table(replace(grid, label=label, caption=caption, remarks=(*grid.remarks, *notes)))
        else:
            rows = [tuple(cell.strip() for cell in row.split("\t")) for row in passage.text.split("\n") if row.strip()]
            draft.plain_table(rows, label, caption, notes)
        label, caption, notes = None, None, ()
    if not bodies:
        draft.plain_table((), label, caption, notes)


def _grid(passage: _Passage, draft: Draft) -> Grid | None:
    """Read the XML that comes with a table; None where there is none, or none that can be read (a message says why)."""
    xml = passage.infons.get("xml", "")
    if "<" not in xml:
        return None
    while declaration := _DECLARATION.match(xml):
        xml = xml[declaration.end() :]
    where = f"table {passage.infons.get('id', '')[:40]}".strip()
    try:
        read_tables = jats.read(_TABLE.format(xml).encode("utf-8"), where)
    except CorpusError as error:
        draft.message(f"{error}; read from its text")
        return None
    for message in read_tables.messages:
        draft.message(message)
    return read_tables.grids[0] if len(read_tables.grids) == 1 else None


# --- What is said of the paper -------------------------------------------------------------------------------------------------


def _about(document: _Document) -> dict[str, Any]:
    """Return what the collection says of a paper, under the names of `Report`'s attributes; what it does not say is left out."""
    infons: dict[str, str] = {}
    for told in (*(passage.infons for passage in document.passages if passage.part not in ("REF", "REFERENCES")), document.infons):
        for key, words in told.items():
            infons.setdefault(key, _line(words))
    journal = infons.get("journal", "")
    title = next((passage.text for passage in document.passages if passage.part in ("TITLE", "FRONT")), "")
    pmcid, pmid = _identifiers(document, infons)
    year = _YEAR.search(infons.get("year") or infons.get("date") or journal)
    doi = _DOI.search(infons.get("article-id_doi") or infons.get("doi") or journal)
    found = {
        "title": _line(title),
        "doi": doi[0].rstrip(".") if doi else None,
        "pmcid": pmcid,
        "pmid": pmid,
        "year": int(year[0]) if year else None,
        # PubTator has date, volume and DOI behind the journal's name and a semicolon.
        "journal": infons.get("journal-title") or journal.partition(";")[0].strip(),
        "license": infons.get("license"),
        "authors": _authors(infons),
        "article_type": infons.get("article-type") or infons.get("article_type"),
    }
    return {name: value for name, value in found.items() if value}


def _identifiers(document: _Document, infons: Mapping[str, str]) -> tuple[str | None, str | None]:
    """Find PMCID and PMID; a document's id is one of them, by its form or by where the collection comes from."""
    number = document.id.strip()
    pmc = infons.get("article-id_pmc") or infons.get("article-id_pmcid") or infons.get("pmcid") or ""
    pmid = infons.get("article-id_pmid") or infons.get("pmid") or ""
    if not pmc and (number.upper().startswith("PMC") or document.source.strip().upper() == "PMC"):
        pmc = number
    if not pmid and not pmc and document.source.strip().lower() in ("pubtator", "pubmed", "pubtator3"):
        pmid = number
    found = re.fullmatch(r"(?:PMC)?(\d{1,9})", pmc.strip(), re.IGNORECASE)
    return (f"PMC{found[1]}" if found else None), (pmid if re.fullmatch(r"[0-9]{1,9}", pmid) else None)


def _authors(infons: Mapping[str, str]) -> tuple[str, ...]:
    """Read the names: name_0 "surname:Silva;given-names:Ana", or all in one, as PubTator has them: "Silva A, Pires J"."""
    numbered = sorted((int(key[5:]), words) for key, words in infons.items() if re.fullmatch(r"name_[0-9]{1,4}", key))
    names: list[str] = []
    for _, words in numbered:
        parts = {match["key"]: match["words"].strip() for match in _PART.finditer(words)}
        names.append(" ".join(part for part in (parts.get("given-names"), parts.get("surname")) if part) if parts else words)
    if not names:
        names = [name.strip() for name in re.split(r"[;,]", infons.get("authors", ""))]
    return tuple(dict.fromkeys(name for name in names if name))


def _line(words: str) -> str:
    return " ".join(clean(words).split())
