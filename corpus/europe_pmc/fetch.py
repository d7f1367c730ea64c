"""From identifiers and queries to files: what is there already, what the service tells, and what may be taken."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from corpus.europe_pmc.abstract import markdown
from corpus.europe_pmc.client import Client
from corpus.europe_pmc.folder import FAILED, FETCHED, NOT_FOUND, NOT_OPEN_ACCESS, Folder, Row
from corpus.europe_pmc.identifiers import PMCID, Identifier
from corpus.europe_pmc.service import BATCH, FIRST_CURSOR, PAGE, Article, Page, full_text, look_up, search
from corpus.report import CorpusError

# So many articles that failed one after the other are no accident: the service is let alone.
GIVE_UP_AFTER = 3

_UNTAKEN = "(an abstract: --abstracts takes it)"


@dataclass(frozen=True, slots=True)
class Wanted:
    """One article on its way.

    Attributes
    ----------
    row
        What is known from before and needs no request; None where the service must be asked.
    article
        What the service tells; None where it was not asked, or knows nothing.
    error
        Why the service could not be asked about it.
    was_asked
        Whether `article` (None too) is the service's answer.
    """

    identifier: Identifier
    row: Row | None = None
    article: Article | None = None
    error: str | None = None
    was_asked: bool = False


@dataclass(frozen=True, slots=True)
class Request:
    """What a person asks for.

    Attributes
    ----------
    query, limit
        A search, and how many of the articles that it finds.
    again
        Whether to search anew, and to ask again for what was not found or may not be taken.
    abstracts
        Whether to take the abstract where there is no full text.
    is_dry
        Whether only to say what would be fetched: nothing is written, and no more is asked than that needs.
    """

    identifiers: tuple[Identifier, ...] = ()
    query: str | None = None
    limit: int = 25
    again: bool = False
    abstracts: bool = False
    is_dry: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be fetched.

    Attributes
    ----------
    wanted
        Each identifier once, in the order asked for.
    problems
        What could not be searched, a line each.
    searches
        How many searches it takes, those already made included.
    """

    wanted: tuple[Wanted, ...]
    problems: tuple[str, ...]
    searches: int


def plan(client: Client, folder: Folder, request: Request) -> Plan:
    """Search, and ask the service about the identifiers that must be asked about.

    Where it is dry, PMCIDs are not asked about: they say by themselves what would be fetched.
    """
    wanted = {name: Wanted(name, known(folder, name, request)) for name in request.identifiers}
    problems: list[str] = []
    if request.query:
        try:
            found = found_by(client, folder, request.query, request.limit, again=request.again, keeps=not request.is_dry)
        except CorpusError as error:
            problems.append(str(error))
        else:
            problems += _nameless(found)
            named = [(name, article) for article in found.articles if (name := article.identifier)]
            wanted |= {name: Wanted(name, known(folder, name, request), article, was_asked=True) for name, article in named}
    to_ask = [name for name, item in wanted.items() if item.row is None and not item.was_asked]
    searches = client.requests + -(-len(to_ask) // BATCH)
    if request.is_dry:
        to_ask = [name for name in to_ask if name.scheme != PMCID]
    return Plan(tuple((wanted | resolve(client, to_ask)).values()), tuple(problems), searches)


def _nameless(found: Page) -> list[str]:
    count = sum(article.identifier is None for article in found.articles)
    return [f"{count} of the articles found have no PMCID, PMID or DOI, wanted one to keep them by"] if count else []


def found_by(client: Client, folder: Folder, query: str, limit: int, *, again: bool = False, keeps: bool = True) -> Page:
    """Search, from where an earlier search for the same words ended.

    Parameters
    ----------
    limit
        Articles, at most.
    again
        Whether to begin anew.
    keeps
        Whether each page is kept in the folder as it comes.

    Raises
    ------
    CorpusError
        As `service.search`; what came before is kept.
    """
    page = (None if again else folder.search(query)) or Page(0, (), FIRST_CURSOR)
    while page.cursor is not None and len(page.articles) < limit:
        following = search(client, query, page.cursor, min(PAGE, limit - len(page.articles)))
        articles = page.articles + following.articles
        page = Page(following.hits, articles, following.cursor if len(articles) < following.hits else None)
        if keeps:
            folder.keep_search(query, page)
    return replace(page, articles=page.articles[:limit])


def known(folder: Folder, identifier: Identifier, request: Request) -> Row | None:
    """Give the row of an identifier that needs no request; None where the service must be asked.

    What failed is always asked for again, what may not be taken or is unknown only with `again`.
    """
    row = folder.rows.get(str(identifier))
    path = folder.full_text(identifier.value) if identifier.scheme == PMCID else None
    if path and path.is_file() and (row is None or row.status != FETCHED):
        return Row(
            str(identifier), pmcid=identifier.value, status=FETCHED, file=path.name, sha256=hashlib.sha256(path.read_bytes()).hexdigest()
        )
    if row is None or row.status == FAILED:
        return None
    if row.status == FETCHED:
        return row if folder.file(row) else None
    is_behind = (row.file and not folder.file(row)) or (request.abstracts and row.reason.endswith(_UNTAKEN))
    return None if request.again or is_behind else row


def resolve(client: Client, identifiers: Sequence[Identifier]) -> dict[Identifier, Wanted]:
    """Ask the service about identifiers, some at a time; one that could not be asked about says why."""
    resolved: dict[Identifier, Wanted] = {}
    failures, reason = 0, ""
    for start in range(0, len(identifiers), BATCH):
        batch = identifiers[start : start + BATCH]
        if failures < GIVE_UP_AFTER:
            try:
                found = _by_name(look_up(client, batch))
            except CorpusError as error:
                failures, reason = failures + 1, str(error)
            else:
                failures = 0
                resolved |= {name: Wanted(name, article=found.get(name), was_asked=True) for name in batch}
        if failures:
            resolved |= {name: Wanted(name, error=reason) for name in batch}
    return resolved


def _by_name(articles: Iterable[Article]) -> dict[Identifier, Article]:
    """Articles by each of their identifiers; of several with the same one, the first that may be taken."""
    found: dict[Identifier, Article] = {}
    for article in sorted(articles, key=lambda article: not (article.is_open_access and article.pmcid)):
        for scheme in ("pmcid", "pmid", "doi"):
            if value := getattr(article, scheme):
                found.setdefault(Identifier(scheme, value), article)
    return found


def take_all(client: Client, folder: Folder, wanted: Iterable[Wanted], *, abstracts: bool) -> Iterator[Row]:
    """Fetch what may be fetched, and yield what became of each, which is in the ledger by then.

    Ends early after `GIVE_UP_AFTER` failures in a row.
    """
    failures = 0
    for item in wanted:
        row = item.row or _take(client, folder, item, abstracts)
        if folder.rows.get(row.identifier) != row:
            folder.note(row)
        yield row
        failures = failures + 1 if row.status == FAILED and item.error is None else 0
        if failures == GIVE_UP_AFTER:
            return


def _take(client: Client, folder: Folder, item: Wanted, abstracts: bool) -> Row:
    """Fetch one article that the service was asked about."""
    article = item.article
    row = replace(_row(item.identifier, article), retrieved=client.pace.today().date().isoformat())
    if item.error is not None:
        return replace(row, reason=item.error)
    if article is None:
        return replace(row, status=NOT_FOUND, reason="Europe PMC knows no such article")
    try:
        if content := _full_text(client, folder, article):
            name, text = content
            _remove_abstract(folder, item.identifier)
            return replace(row, status=FETCHED, file=name, sha256=hashlib.sha256(text).hexdigest())
        if abstracts and article.abstract:
            path, text = folder.abstract(article), markdown(article).encode()
            folder.write(path, text)
            reason = f"{_lack(article)} (its abstract is taken)"
            return replace(row, status=NOT_OPEN_ACCESS, reason=reason, file=path.name, sha256=hashlib.sha256(text).hexdigest())
    except CorpusError as error:
        return replace(row, reason=str(error))
    return replace(row, status=NOT_OPEN_ACCESS, reason=why_not(article))


def why_not(article: Article) -> str:
    """Say that there is no full text, and whether there is an abstract."""
    return f"{_lack(article)} {_UNTAKEN if article.abstract else 'and no abstract'}"


def _lack(article: Article) -> str:
    return "no full text at the service" if article.is_open_access else "not open access, no full text"


def may_be_taken(article: Article) -> bool:
    """Whether the service gives the full text."""
    return article.is_open_access and article.pmcid is not None


def _full_text(client: Client, folder: Folder, article: Article) -> tuple[str, bytes] | None:
    """Name and content of a full text, which is there under another identifier or is fetched; None where there is none."""
    if article.pmcid is None:
        return None
    path = folder.full_text(article.pmcid)
    if path.is_file():
        return path.name, path.read_bytes()
    body = full_text(client, article.pmcid) if article.is_open_access else None
    if body is None:
        return None
    folder.write(path, body)
    return path.name, body


def _remove_abstract(folder: Folder, identifier: Identifier) -> None:
    """Take away the abstract that stood for an article, now that its full text is there."""
    old = folder.rows.get(str(identifier))
    path = folder.file(old)
    if old and path and old.status == NOT_OPEN_ACCESS:
        path.unlink()


def _row(identifier: Identifier, article: Article | None) -> Row:
    if article is None:
        return Row(str(identifier), **({identifier.scheme: identifier.value}))
    return Row(
        str(identifier), article.pmcid or "", article.doi or "", article.pmid or "", article.title or "", article.license or "",
        "Y" if article.is_open_access else "N",
    )  # fmt: skip
