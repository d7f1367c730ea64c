"""What the head of a web page says of its article: Highwire, Dublin Core, PRISM and Open Graph names, and JSON-LD."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from corpus.markup.tree import Element, local, within
from corpus.readers.clean import clean

# An article's description has some kB; the largest author lists have a few hundred names.
MAX_JSON = 1_000_000
MAX_NAMES = 1_000
MAX_LENGTH = 2_000

_DOI = re.compile(r"10\.\d{4,9}/[^\s\"'<>?#]{1,200}")
_PMCID = re.compile(r"\bPMC\d{1,9}\b")
_YEAR = re.compile(r"\b(?:1[89]|20)\d\d(?!\d)")
# Dublin Core's word for a text of any kind, Open Graph's and schema.org's for an article of any kind.
_NO_TYPES = frozenset({"text", "article", "scholarlyarticle", "medicalscholarlyarticle", "journal article", "research article"})
_ARTICLES = frozenset({"ScholarlyArticle", "MedicalScholarlyArticle", "Article", "Report", "CreativeWork"})


def about(root: Element) -> dict[str, Any]:
    """Return what the page says of its article, under the names of `Report`'s attributes; what it does not say is left out.

    The names that publishers keep for machines (citation_…) go before Dublin Core, this before what is kept for search engines
    and social media.
    """
    named, linked = _named(root), _linked(root)
    ld = _described(root)

    def first(*names: str) -> str | None:
        return next((value for name in names for value in named.get(name, ())), None)

    dois = (
        first("citation_doi", "prism.doi", "dc.identifier.doi"), *named.get("dc.identifier", ()),
        *_texts(ld, "identifier"), *_texts(ld, "sameAs"), *_texts(ld, "@id"),
    )  # fmt: skip
    years = ("citation_publication_date", "citation_date", "citation_online_date", "citation_year", "prism.publicationdate", "dc.date",
             "dc.date.issued", "dcterms.issued", "article:published_time")  # fmt: skip
    pmcids = (first("citation_pmcid"), *linked.get("canonical", ()), first("og:url"), first("citation_abstract_html_url"),
              first("citation_fulltext_html_url"))  # fmt: skip
    authors = [given_first(name) for name in named.get("citation_author", ())]
    if not authors and (joined := first("citation_authors")):
        authors = [given_first(name.strip()) for name in joined.split(";")]
    found = {
        "title": first("citation_title", "dc.title", "prism.title", "og:title") or next(_texts(ld, "headline", "name"), None),
        "doi": _match(_DOI, dois),
        "pmcid": _match(_PMCID, pmcids),
        "pmid": _match(re.compile(r"\b\d{1,9}\b"), (first("citation_pmid"),)),
        "year": int(year) if (year := _match(_YEAR, (*map(first, years), *_texts(ld, "datePublished")))) else None,
        "journal": first("citation_journal_title", "prism.publicationname", "dc.source") or next(_texts(ld.get("isPartOf"), "name"), None),
        "license": next(
            (text for text in (*linked.get("license", ()), *_texts(ld, "license"), first("dc.rights", "dcterms.rights")) if text), None
        ),
        "authors": tuple(dict.fromkeys(authors or map(given_first, named.get("dc.creator", ()))))
        or tuple(dict.fromkeys(_texts(ld.get("author"), "name"))),
        "affiliations": tuple(dict.fromkeys(named.get("citation_author_institution", ()))),
        "article_type": next(
            (word for word in map(first, ("citation_article_type", "prism.section", "dc.type")) if word and word.lower() not in _NO_TYPES),
            None,
        ),
    }  # fmt: skip
    return {name: value for name, value in found.items() if value}


def given_first(name: str) -> str:
    """Put a name that begins with the surname ("Silva, Ana") in the order in which it is spoken."""
    surname, comma, given = name.partition(",")
    return f"{given.strip()} {surname.strip()}" if comma and given.strip() and "," not in given else name.strip()


def _named(root: Element) -> Mapping[str, tuple[str, ...]]:
    """Read the meta elements: name or property, in small letters, to its contents."""
    found: dict[str, list[str]] = {}
    for meta in islice(within(root, "meta"), MAX_NAMES):
        name = (meta.get("name") or meta.get("property") or "")[:100].strip().lower()
        if content := _line(meta.get("content")):
            found.setdefault(re.sub(r"^dcterms\.(?=title|creator|identifier|type|date$)", "dc.", name), []).append(content)
    return {name: tuple(contents) for name, contents in found.items()}


def _linked(root: Element) -> Mapping[str, tuple[str, ...]]:
    """Read the links that tell something of the page itself: their relation to their addresses."""
    found: dict[str, list[str]] = {}
    for link in within(root, "link", "a"):
        for relation in (link.get("rel") or link.get("property") or "")[:100].lower().split():
            relation = relation.removeprefix("cc:")
            if relation in ("license", "canonical") and (address := _line(link.get("href"))):
                found.setdefault(relation, []).append(address)
    return {relation: tuple(addresses) for relation, addresses in found.items()}


def _described(root: Element) -> Mapping[str, Any]:
    """Find the article among what the page describes as JSON-LD; {} where it describes none."""
    for script in within(root, "script"):
        text = script.text or ""
        if (script.get("type") or "").strip().lower() != "application/ld+json" or len(text) > MAX_JSON:
            continue
        try:
            told = json.loads(text)
        except (ValueError, RecursionError):
            continue  # a page is read whatever is wrong with what it tells search engines
        for thing in _things(told):
            kinds = thing.get("@type")
            if not _ARTICLES.isdisjoint(kind for kind in (kinds if isinstance(kinds, list) else [kinds]) if isinstance(kind, str)):
                return thing
    return {}


def _things(told: Any) -> Iterator[Mapping[str, Any]]:
    """Yield the things of a description: one, several, a graph of them, or what a page is mainly about."""
    for thing in told if isinstance(told, list) else [told]:
        if isinstance(thing, dict):
            yield thing
            for inner in (thing.get("mainEntity"), *(graph if isinstance(graph := thing.get("@graph"), list) else ())):
                if isinstance(inner, dict):
                    yield inner


def _texts(told: Any, *keys: str) -> Iterator[str]:
    """Yield the texts under these keys of a thing or of several; a text instead of a thing is its own name."""
    for thing in told[:MAX_NAMES] if isinstance(told, list) else [told]:
        if isinstance(thing, str) and "name" in keys:
            yield _line(thing)
        if not isinstance(thing, dict):
            continue
        for key in keys:
            value = thing.get(key)
            for one in value if isinstance(value, list) else [value]:
                one = one.get("value", one.get("url")) if isinstance(one, dict) else one
                if isinstance(one, str) and _line(one):
                    yield _line(one)


def _match(pattern: re.Pattern[str], texts: Sequence[str | None]) -> str | None:
    """Find the first of the texts that holds what is sought."""
    return next((match[0] for text in texts if text and (match := pattern.search(text))), None)


def _line(text: str | None) -> str:
    return " ".join(clean((text or "")[:MAX_LENGTH]).split())


def page_title(root: Element) -> str | None:
    """Return the page's own title without the name of the site behind it; None where it has none."""
    element = next((title for title in within(root, "title") if local(title.getparent()) == "head"), None)
    words = _line(element.text) if element is not None else ""
    return re.split(r"\s[|–—-]\s", words)[0] or None
