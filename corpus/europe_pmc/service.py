"""The Europe PMC REST service: its addresses and parameters, and what its answers say of an article.

https://europepmc.org/RestfulWebService describes it. Nothing here knows how an answer comes over the network.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from corpus.europe_pmc.client import Client, TransientError
from corpus.europe_pmc.identifiers import DOI, PMCID, PMID, Identifier
from corpus.markup.pieces import one_line
from corpus.markup.tree import local, parse_html, parse_xml, pieces_of
from corpus.report import CorpusError

BASE = "https://www.ebi.ac.uk/europepmc/webservices/rest"
SEARCH = "search"
FIRST_CURSOR = "*"
PAGE = 100  # results a page; the service allows 1,000
BATCH = 25  # identifiers in one search; an address has room for about 100
_QUERIES = {PMCID: "PMCID:{}", PMID: "(EXT_ID:{} AND SRC:MED)", DOI: 'DOI:"{}"'}

_FORMS = {"pmcid": re.compile(r"PMC\d{1,9}"), "pmid": re.compile(r"\d{1,9}"), "doi": re.compile(r"10\.\d{4,9}/[^\s\"\\]{1,200}"),
          "year": re.compile(r"1[89]\d\d|20\d\d")}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Article:
    """What the service tells of an article; None or () where it tells nothing.

    Attributes
    ----------
    is_open_access
        Whether it is of the open access subset, so that its full text may be taken.
    abstract
        With the service's own HTML tags.
    """

    pmcid: str | None = None
    pmid: str | None = None
    doi: str | None = None
    title: str | None = None
    authors: tuple[str, ...] = ()
    journal: str | None = None
    year: int | None = None
    license: str | None = None
    article_type: str | None = None
    is_open_access: bool = False
    abstract: str | None = None

    @property
    def identifier(self) -> Identifier | None:
        """The surest name that it has; None for one of a source without any (a patent, a thesis)."""
        names = ((PMCID, self.pmcid), (PMID, self.pmid), (DOI, self.doi))
        return next((Identifier(scheme, value) for scheme, value in names if value), None)

    def to_json(self) -> dict[str, Any]:
        """Give what `from_json` takes back."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Article:
        """Raise TypeError or KeyError for what `to_json` did not give."""
        return cls(**{**values, "authors": tuple(values["authors"])})


@dataclass(frozen=True, slots=True)
class Page:
    """One page of results.

    Attributes
    ----------
    cursor
        Asks for the next page; None on the last one.
    """

    hits: int
    articles: tuple[Article, ...]
    cursor: str | None


def search(client: Client, query: str, cursor: str = FIRST_CURSOR, size: int = PAGE) -> Page:
    """Ask for a page of results.

    Raises
    ------
    CorpusError
        As `Client.get`, or the service does not understand the query.
    """
    parameters = {"query": query, "format": "json", "resultType": "core", "pageSize": str(size), "cursorMark": cursor}
    body = client.get(SEARCH, _check_json, parameters)
    if body is None:
        raise CorpusError(f"{client.base}/{SEARCH}: no such address (404), wanted the Europe PMC service")
    answer = json.loads(body)
    results = _at(answer, "resultList", "result")
    if not isinstance(results, list):
        told = _text(_at(answer, "errMsg")) or "an answer without results"
        raise CorpusError(f"{query[:100]!r}: the service says: {told}; wanted a query as on europepmc.org")
    hits, following = _at(answer, "hitCount"), _text(_at(answer, "nextCursorMark"))
    is_last = not results or following in (None, cursor)
    return Page(hits if isinstance(hits, int) else len(results), tuple(map(article_of, results)), None if is_last else following)


def look_up(client: Client, identifiers: Sequence[Identifier]) -> Iterator[Article]:
    """Yield the articles that a few identifiers (at most `BATCH`) name, in the service's order; one may come several times.

    Raises
    ------
    CorpusError
        As `search`.
    """
    query = " OR ".join(_QUERIES[identifier.scheme].format(identifier.value) for identifier in identifiers)
    cursor: str | None = FIRST_CURSOR
    for _ in range(1 + 4 * BATCH // PAGE):  # a DOI may have a preprint or a second source beside it, not dozens
        page = search(client, query, cursor or FIRST_CURSOR)
        yield from page.articles
        cursor = page.cursor if len(page.articles) == PAGE else None
        if cursor is None:
            return


def full_text(client: Client, pmcid: str) -> bytes | None:
    """Ask for the JATS XML of an article; None where the service has no full text of it.

    Raises
    ------
    CorpusError
        As `Client.get`, or the answer is no article.
    """
    return client.get(full_text_path(pmcid), _check_article)


def full_text_path(pmcid: str) -> str:
    """Give the address of a full text below the service's."""
    return f"{pmcid}/fullTextXML"


def article_of(result: object) -> Article:
    """Read one result; what has not the form that it should have is left out."""
    named = [_text(_at(author, "fullName") or _at(author, "collectiveName")) for author in _list(_at(result, "authorList", "author"))]
    told = (_text(_at(result, "authorString")) or "").rstrip(".").split(", ")
    types = [_text(kind) for kind in _list(_at(result, "pubTypeList", "pubType"))]
    year = _formed(result, "pubYear", "year")
    return Article(
        pmcid=_formed(result, "pmcid"),
        pmid=_formed(result, "pmid"),
        doi=(_formed(result, "doi") or "").lower() or None,
        title=_words(_at(result, "title")),
        authors=tuple(name for name in (named if any(named) else told) if name),
        journal=_words(_at(result, "journalInfo", "journal", "title")),
        year=int(year) if year else None,
        license=_text(_at(result, "license")),
        article_type="; ".join(kind for kind in types if kind) or None,
        is_open_access=_at(result, "isOpenAccess") == "Y",
        abstract=_text(_at(result, "abstractText"), 100_000),
    )


def _check_json(body: bytes, name: str) -> None:
    """Raise for a body that json.loads would not take, or that is no object."""
    if _is_html(body):
        raise CorpusError(f"{name}: a page of HTML, wanted JSON; is it the address of the Europe PMC service?")
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise TransientError(f"{name}: no whole JSON ({str(error)[:100]})") from error
    if not isinstance(answer, dict):
        raise CorpusError(f"{name}: a {type(answer).__name__}, wanted an object of JSON; is it the address of the Europe PMC service?")


def _check_article(body: bytes, name: str) -> None:
    if _is_html(body):
        raise CorpusError(f"{name}: a page of HTML, wanted the XML of an article")
    try:
        root = parse_xml(body, name)
    except CorpusError as error:
        raise TransientError(str(error)) from error
    if local(root) not in ("article", "pmc-articleset"):
        raise CorpusError(f"{name}: XML of <{local(root)[:40]}>, wanted an <article>")


def _is_html(body: bytes) -> bool:
    start = body[:2000].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return start.startswith((b"<!doctype html", b"<html")) or (start.startswith(b"<?xml") and b"<html" in start)


def _at(value: object, *keys: str) -> Any:
    """Walk down objects of JSON; None where the way ends."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _list(value: object) -> list[object]:
    return value[:1000] if isinstance(value, list) else []


def _text(value: object, most: int = 1000) -> str | None:
    """Give a text in one line without what cannot be printed; None for what is none."""
    if not isinstance(value, str | int) or isinstance(value, bool):
        return None
    printable = "".join(sign for sign in str(value)[:most] if sign.isprintable() or sign.isspace())
    return " ".join(printable.split()) or None


def _words(value: object) -> str | None:
    """Give a text without its inline tags."""
    text = _text(value)
    return one_line(pieces_of(parse_html(text.encode(), "title"))) or None if text and "<" in text else text


def _formed(result: object, key: str, form: str | None = None) -> str | None:
    value = _text(_at(result, key))
    return value if value and _FORMS[form or key].fullmatch(value) else None
