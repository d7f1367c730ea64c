"""What the front matter of an article in JATS XML says of it: title, authors, journal, year, numbers, licence."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from corpus.markup.pieces import BREAK, Kind, Piece, marks_of, prose
from corpus.markup.tree import Element, child, local, parts_of, pieces_of, text_of, within

_XLINK = "{http://www.w3.org/1999/xlink}href"
# "pmc-release", "nihms-submitted", "corrected" and the like say nothing of when it was published.
_PUBLISHED = frozenset({"epub", "ppub", "epub-ppub", "collection", "pub", "publication"})
_YEAR = re.compile(r"(?:1[89]|20)[0-9]{2}")
_DOI = re.compile(r"(?:doi:\s?|(?:https?://)?(?:dx\.)?doi\.org/)?(?P<doi>10\.[0-9]{4,9}/\S{1,200})", re.IGNORECASE)
_PMCID = re.compile(r"(?:PMC)?(?P<number>[0-9]{1,9})(?:\.[0-9]{1,2})?", re.IGNORECASE)
_PMID = re.compile(r"[0-9]{1,9}")
_COMMONS = re.compile(
    r"creativecommons\.org/(?:licen[sc]es/(?P<terms>by(?:-[a-z]{2}){0,2})|publicdomain/(?P<public>zero|mark))(?:/(?P<version>[0-9]\.[0-9]))?",
    re.IGNORECASE,
)
_TERMS = re.compile(r"CC[\s-](?P<terms>BY(?:-[A-Z]{2}){0,2})(?:\s(?P<version>[0-9]\.[0-9]))?", re.IGNORECASE)
_LICENSE_CHARACTERS = 160
# Types of articles that do not tell a case report from a study.
_ANY_ARTICLE = frozenset({"", "research-article", "original-article", "article", "normal-article", "other"})
_CASE = re.compile(r"\b(?:clinical case|cases? (?:report|series|stud(?:y|ies)|presentation))s?\b", re.IGNORECASE)
# References from a title, a name or an institution to the notes of the front.
_MARKS = frozenset({"fn", "aff", "corresp", "author-notes", "author-note", "contrib", "table-fn"})
_NO_PART_OF_ADDRESS = frozenset({"label", "sup", "xref", "institution-id", "email", "ext-link", "uri", "fn", "phone", "fax"})


@dataclass(frozen=True, slots=True)
class Numbers:
    """What an article is known by; None where it is not told."""

    doi: str | None
    pmcid: str | None
    pmid: str | None


def about(article: Element) -> dict[str, Any]:
    """Return what the front matter tells, as arguments of `corpus.report.Report`.

    Raises
    ------
    CorpusError
        An entity that is not one of HTML's.
    """
    meta = meta_of(article)
    journal = next(within(article, "journal-meta"), None)
    found = numbers(article)
    return {
        "title": title(article),
        "authors": tuple(_authors(meta)) if meta is not None else (),
        "affiliations": tuple(dict.fromkeys(_affiliations(meta))) if meta is not None else (),
        "journal": _journal(journal) if journal is not None else None,
        "year": _year(meta) if meta is not None else None,
        "license": _license(meta) if meta is not None else None,
        "article_type": _article_type(article, meta),
        "doi": found.doi,
        "pmcid": found.pmcid,
        "pmid": found.pmid,
    }


def meta_of(article: Element) -> Element | None:
    """Find the element with an article's own title, authors and abstracts."""
    front = child(article, "front", "front-stub")
    if front is None or local(front) == "front-stub":
        return front
    return child(front, "article-meta")


def title(article: Element) -> str | None:
    """Title and subtitle without the marks of their footnotes; None where there is none."""
    meta = meta_of(article)
    group = child(meta, "title-group") if meta is not None else None
    if group is None:
        return None
    parts = [_unmarked(element) for element in group if local(element) in ("article-title", "subtitle")]
    words = ""
    for part in filter(None, parts):
        words = f"{words}{'' if words[-1:] in ':?!.—' else ':'} {part}" if words else part
    return words or None


def numbers(article: Element) -> Numbers:
    """DOI, PMCID and PMID in the forms "10.1000/182", "PMC1234567" and "12345678"."""
    meta = meta_of(article)
    told: dict[str, str] = {}
    for element in meta.iterchildren("{*}article-id") if meta is not None else ():
        told.setdefault(element.get("pub-id-type") or "", text_of(element))
    doi = _DOI.fullmatch(told.get("doi", ""))
    pmcid = next((match for kind in ("pmcid", "pmc", "pmcaid") if (match := _PMCID.fullmatch(told.get(kind, "")))), None)
    pmid = _PMID.fullmatch(told.get("pmid", ""))
    return Numbers(doi["doi"] if doi else None, f"PMC{pmcid['number']}" if pmcid else None, pmid[0] if pmid else None)


def _unmarked(element: Element) -> str:
    """Words of an element without references to footnotes and without raised signs (*, †)."""
    kept: list[Piece] = []
    for part in parts_of(element, ("xref", "fn", "sup")):
        if isinstance(part, tuple):
            kept += part
        elif local(part) == "sup" and not _is_mark(part):
            kept += (replace(piece, kind=Kind.SUPERSCRIPT) for piece in pieces_of(part))
        elif local(part) == "xref" and part.get("ref-type") not in _MARKS:
            kept += pieces_of(part)
    return prose(kept)


def _is_mark(raised: Element) -> bool:
    """Whether a superscript is a footnote's mark: it refers to one, or it is a sign such as * or †."""
    if any(True for _ in within(raised, "xref", "fn")):
        return True
    return any(not mark[0].isalnum() for mark in marks_of(text_of(raised)))


def _authors(meta: Element) -> Iterator[str]:
    """Yield the authors' names as "Given Surname", or those of groups; editors and members of a group are none."""
    for contributor in within(meta, "contrib"):
        role = (contributor.get("contrib-type") or "author").lower()
        is_author = "author" in role or role == "collab"
        if not is_author or any(True for _ in contributor.iterancestors("{*}collab")):
            continue
        name = next(within(contributor, "name", "string-name", "collab"), None)
        if name is not None and (words := _name(name)):
            yield words


def _name(name: Element) -> str:
    """Put a name together; a group's is its words without the list of its members."""
    if local(name) == "collab":
        parts = parts_of(name, ("contrib-group", "address", "xref", "fn", "email"))
        return prose(piece for part in parts if isinstance(part, tuple) for piece in (*part, BREAK)).strip(" ,;")
    ordered = [child(name, part) for part in ("given-names", "surname", "suffix")]
    words = " ".join(text_of(part) for part in ordered if part is not None)
    return words or text_of(name)


def _affiliations(meta: Element) -> Iterator[str]:
    """Yield the institutions in their order, without labels, numbers and addresses for mail."""
    for affiliation in within(meta, "aff"):
        words = ", ".join(filter(None, (part.strip(" ,;") for part in _address(affiliation))))
        if words:
            yield words.rstrip(".")


def _address(element: Element) -> Iterator[str]:
    """Yield the parts of an address: what stands in an element of its own or between such."""
    for part in parts_of(element, _NO_PART_OF_ADDRESS | {"institution-wrap", "institution", "addr-line", "country", "city", "state"}):
        if isinstance(part, tuple):
            yield prose(part)
        elif local(part) not in _NO_PART_OF_ADDRESS:
            yield from _address(part)


def _journal(meta: Element) -> str | None:
    for name in ("journal-title", "abbrev-journal-title"):
        for element in within(meta, name):
            if words := text_of(element):
                return words
    identifiers = {element.get("journal-id-type"): text_of(element) for element in within(meta, "journal-id")}
    return identifiers.get("iso-abbrev") or identifiers.get("nlm-ta") or None


def _year(meta: Element) -> int | None:
    """Return the earliest year of publication, in print or not; that of the copyright where none is told."""
    dates = [
        year
        for date in meta.iterchildren("{*}pub-date")
        if (date.get("pub-type") or date.get("date-type") or "pub") in _PUBLISHED and (year := _year_in(child(date, "year")))
    ]
    return min(dates, default=None) or next(filter(None, map(_year_in, within(meta, "copyright-year"))), None)


def _year_in(element: Element | None) -> int | None:
    found = _YEAR.search(text_of(element)) if element is not None else None
    return int(found[0]) if found else None


def _license(meta: Element) -> str | None:
    """Name the licence in short ("CC BY 4.0") where it is one of Creative Commons, else give its first words."""
    for licence in within(meta, "license"):
        words = text_of(licence)
        links = [str(value) for element in licence.iter("*") for name, value in element.attrib.items() if name in (_XLINK, "href")]
        declared = licence.get("license-type") or ""
        for source in (*links, words, declared):
            if found := _COMMONS.search(source) or _TERMS.search(source):
                return _commons(found)
        if words:
            return words if len(words) <= _LICENSE_CHARACTERS else f"{words[:_LICENSE_CHARACTERS].rsplit(' ', 1)[0]} …"
        if declared or links:
            return declared or links[0]
    return None


def _commons(found: re.Match[str]) -> str:
    parts = found.groupdict()
    version = f" {parts['version']}" if parts["version"] else ""
    if parts["terms"]:
        return f"CC {parts['terms'].upper()}{version}"
    return f"{'CC0' if parts['public'].lower() == 'zero' else 'Public Domain Mark'}{version}"


def _article_type(article: Element, meta: Element | None) -> str | None:
    """Return the type attribute; where it fits any article, the journal's heading too, if that speaks of a case."""
    declared = (article.get("article-type") or "").strip()
    if declared.lower() in _ANY_ARTICLE and meta is not None:
        for group in within(meta, "subj-group"):
            subject = child(group, "subject")
            if (group.get("subj-group-type") or "heading") == "heading" and subject is not None and _CASE.search(text_of(subject)[:200]):
                return "; ".join(filter(None, (declared, text_of(subject))))
    return declared or None
