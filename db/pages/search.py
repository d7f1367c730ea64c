"""The search: the texts of the reports and the facts of the cases, best match first."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from datasette.utils import sqlite_timelimit

from db import fields
from db.case_words import facts_of
from db.cells import title_shown
from db.overview import NOT_REPORTED
from db.pages.abbreviations import is_known
from db.pages.data import Data
from db.pages.links import Asked, Links
from db.pages.named_cases import NamedCases, named_cases
from db.pages.nearest import nearest
from db.pages.terms import Term, Terms, terms_of
from db.query import Row, every, one
from db.records import CLASSES

KINDS = (("", "text and facts"), ("text", "text of the reports"), ("facts", "facts of the cases"))
PAGE = 20  # reports on a page
# So many matches are weighed, and of those so many of the best are listed: a word of every report must not cost a second.
_WEIGHED, _WEIGHED_OF_YEARS = 10_000, 4_000  # the year of each has to be looked up
_LISTED = 1_000
_CASES, _FACTS = 5, 6  # of one report, and of one case, that are shown
PATIENCE_MS = 1000  # what readers type is not the database's own, and the guard of Datasette's SQL does not stand here
_FUSION = 60  # Cormack, Clarke & Buettcher 2009, doi 10.1145/1571941.1572114: reciprocal rank fusion
_OPEN, _CLOSE = "\x02", "\x03"
_MARKS = re.compile(f"({_OPEN}[^{_CLOSE}]*{_CLOSE})")
_DOI = re.compile(r"(?:https?://(?:dx\.)?doi\.org/|doi:?\s*)?(?P<doi>10\.\d{4,9}/\S{1,200})", re.IGNORECASE)
_PMCID = re.compile(r"PMC\s?\d{1,9}", re.IGNORECASE)
_PMID = re.compile(r"(?:PMID:?\s*)?(?P<pmid>\d{5,9})", re.IGNORECASE)
_COLUMNS = (
    "rank", "report_id", "title", "citation", "year", "snippet", "case_id", "histology", "site", "sex", "age_years", "max_dose_gy",
    "max_dose_gy_rbe", "max_dose_gy_particles", "max_dose_gy_brachytherapy", "recurrence", "status", "follow_up_months", "facts",
    "found_by",
)  # fmt: skip

# Kinds of dose that are not compared, and how their numbers are said.
_DOSES = (
    ("max_dose_gy", "Gy"), ("max_dose_gy_rbe", "Gy(RBE)"), ("max_dose_gy_particles", "Gy of particles"),
    ("max_dose_gy_brachytherapy", "Gy of brachytherapy"),
)  # fmt: skip

_NO_DATA = Data(_COLUMNS, ())

# What was asked: query, kind, year_from, year_to, and what of it could not be used.
_About = tuple[str, str, str, str, tuple[str, ...]]
# Words, some of them marked: what was looked for.
Marked = tuple[tuple[str, bool], ...]


@dataclass(frozen=True, slots=True)
class FoundFact:
    """A value of a case that holds the words, and its name on the page of the case."""

    words: Marked
    anchor: str


@dataclass(frozen=True, slots=True)
class FoundCase:
    """A case of a report that was found: its row of case_overview, itself in one line, and the facts that hold the words."""

    row: Row
    line: str
    facts: tuple[FoundFact, ...]
    more: int  # facts that hold the words and are not shown


@dataclass(frozen=True, slots=True)
class Hit:
    """A report that was found, with its cases: those that hold the words first; `more` are not shown."""

    rank: int
    report: Row
    title: Marked
    snippet: Marked
    cases: tuple[FoundCase, ...]
    more: int


@dataclass(frozen=True, slots=True)
class Offer:
    """Something else to look for, and in how many texts or cases it stands (None: not counted)."""

    query: str
    count: int | None = None


@dataclass(frozen=True, slots=True)
class SearchPage:
    """All that the page of the search shows.

    Attributes
    ----------
    query, kind, year_from, year_to
        What was asked.
    problems
        What of it could not be used, in words.
    hits
        The reports of this page.
    total, is_more
        How many reports were found; whether there are more than are listed.
    weighed
        How many matches were weighed, where more reports or cases hold the words; 0 otherwise.
    is_broken_off
        It took too long.
    number, pages
        Which page this is, and how many there are.
    result, with_result
        The results of stains that were asked for, in words ("STAT6 positive"), and how many of the reports have a case with them: these
        come first. "" and 0 where none was asked for.
    long_forms
        The abbreviations that were asked for, each with the tumours that were looked for, too.
    cases
        The cases that the words name by a kind of tumour or treatment; None where they name none.
    nearest, alone
        Where nothing was found: words that are written alike, and the words one by one.
    moved_to
        The address of the report or case of which an identifier was typed; None otherwise.
    data
        The hits of this page, a row for each case.
    """

    query: str
    kind: str
    year_from: str
    year_to: str
    problems: tuple[str, ...]
    hits: tuple[Hit, ...] = ()
    total: int = 0
    is_more: bool = False
    weighed: int = 0
    number: int = 1
    pages: int = 1
    nearest: tuple[Offer, ...] = ()
    alone: tuple[Offer, ...] = ()
    moved_to: str | None = None
    is_broken_off: bool = False
    data: Data = _NO_DATA
    result: str = ""
    with_result: int = 0
    long_forms: tuple[tuple[str, tuple[str, ...]], ...] = ()
    cases: NamedCases | None = None

    @property
    def kinds(self) -> tuple[tuple[str, str], ...]:
        """What can be looked through, and how it is called."""
        return KINDS

    @property
    def only_words(self) -> int:
        """How many of the reports hold the words alone, where the result of a stain was asked for; 0 otherwise."""
        return self.total - self.with_result if self.result else 0

    @property
    def parts(self) -> tuple[tuple[bool, tuple[Hit, ...]], ...]:
        """The hits of this page in parts, each with whether its reports hold the words alone; a part without hits is left out."""
        last = self.with_result if self.result else self.total
        parts = (tuple(hit for hit in self.hits if (hit.rank > last) == is_rest) for is_rest in (False, True))
        return tuple((bool(number), hits) for number, hits in enumerate(parts) if hits)


@dataclass(frozen=True, slots=True)
class _Found:
    """The reports that hold the words, best first; the rest as in SearchPage."""

    reports: tuple[str, ...]
    is_more: bool
    weighed: int
    with_result: int


def search_page(connection: sqlite3.Connection, asked: Asked, links: Links) -> SearchPage:
    """Look for what was asked: q, kind (text, facts or both), year_from, year_to, page."""
    query = " ".join(asked.get("q", "").replace("\0", " ").split())
    known = {kind for kind, _ in KINDS}
    kind = asked.get("kind", "") if asked.get("kind", "") in known else ""
    problems = [] if kind == asked.get("kind", "") else [f"There is no kind of match {asked['kind'][:40]!r}: both are looked for."]
    years, wrong = _years(asked)
    terms = terms_of(query)
    problems += [*wrong, *([terms.problem] if terms.problem else [])]
    about = (query, kind, asked.get("year_from", "")[:10], asked.get("year_to", "")[:10], tuple(problems))
    if there := _named(connection, query):
        report_id, case_id = there
        hits = _hits(connection, [report_id], 1, Terms(()))
        return SearchPage(*about, hits, 1, moved_to=links.case(case_id) if case_id else links.report(report_id), data=_data(hits, 0))
    if not terms.terms:
        return SearchPage(*about)
    try:
        with sqlite_timelimit(connection, PATIENCE_MS):
            page = _looked(connection, about, terms, years, _whole(asked.get("page", "")) or 1)
            # The link to the cases asks for no years.
            return page if years else replace(page, cases=named_cases(connection, terms, links))
    except sqlite3.OperationalError as error:
        if str(error) != "interrupted":
            raise
        broken = "This took too long and was broken off. Ask for fewer or rarer words."
        return SearchPage(*about[:-1], (*problems, broken), is_broken_off=True)


def _looked(connection: sqlite3.Connection, about: _About, terms: Terms, years: tuple[int, int] | None, number: int) -> SearchPage:
    """Return a page of what is found."""
    found = _found(connection, terms, about[1], years)
    pages = max(1, -(-len(found.reports) // PAGE))
    number = min(max(number, 1), pages)
    first = (number - 1) * PAGE
    hits = _hits(connection, found.reports[first : first + PAGE], first + 1, terms)
    near, alone = ((), ()) if hits else _offers(connection, terms)
    return SearchPage(
        *about, hits, len(found.reports), found.is_more, found.weighed, number, pages, near, alone, data=_data(hits, found.with_result),
        result=terms.result_words, with_result=found.with_result,
        long_forms=tuple((term.words, term.long_forms) for term in terms.abbreviations()),
    )  # fmt: skip


def _whole(words: str) -> int | None:
    """Return a whole number of at most four digits; None for anything else."""
    return int(words) if words.isascii() and words.isdecimal() and len(words) <= 4 else None


def _years(asked: Asked) -> tuple[tuple[int, int] | None, list[str]]:
    """Return the years of publication that are wanted, None for all, and what is wrong with them."""
    wrong = [f"{asked[name][:20]!r} is no year." for name in ("year_from", "year_to") if asked.get(name) and _whole(asked[name]) is None]
    first, last = (_whole(asked.get(name, "")) for name in ("year_from", "year_to"))
    return (None if first is None and last is None else (first or 0, 9999 if last is None else last)), wrong


def _named(connection: sqlite3.Connection, query: str) -> tuple[str, str | None] | None:
    """Return the report, and the case, of which the identifier or name was typed; None where it is neither."""
    if found := _DOI.fullmatch(query):
        row = one(connection, "select report_id from report where doi = ? collate nocase order by report_id", found["doi"].rstrip(".,;"))
    elif _PMCID.fullmatch(query):
        row = one(connection, "select report_id from report where pmcid = ? collate nocase order by report_id", query.replace(" ", ""))
    elif found := _PMID.fullmatch(query):
        row = one(connection, "select report_id from report where pmid = ? order by report_id", found["pmid"])
    else:
        # A report may be called "sarcoma": a plain word is looked for, not gone to.
        is_name = any(sign in "-/_#" or sign.isdecimal() for sign in query)
        if is_name and (case := one(connection, "select report_id from patient_case where case_id = ?", query)):
            return case["report_id"], query
        row = one(connection, "select report_id from report where report_id = ?", query) if is_name else None
    return (row["report_id"], None) if row else None


# --- finding -----------------------------------------------------------------------------------

# What is weighed, and of that the best. Where years are asked for, all that is weighed is looked up, and else only the best.
_WEIGHING = """
with weighed as (select rowid as search_key, bm25({index}, 4.0, 1.0) as score from {index} where {index} match ?1 limit {most}),
best as (select * from weighed {years} order by score, search_key limit {listed})
select {table}.{key} as name, (select count(*) from weighed) as n from best join {table} using (search_key) order by score, 1
"""
_OF_YEARS = """
where search_key in (select {table}.search_key from weighed join {table} using (search_key) join {dated} using ({key})
                     where year between ?2 and ?3)
"""


@dataclass(frozen=True, slots=True)
class _Index:
    """A full-text index: its name, the table of what it holds, the column of that which names it, and the table with its year."""

    name: str
    table: str
    key: str
    dated: str


_TEXTS = _Index("report_search", "report_text", "report_id", "report")
_CASE_FACTS = _Index("case_search", "case_words", "case_id", "case_overview")


def _found(connection: sqlite3.Connection, terms: Terms, kind: str, years: tuple[int, int] | None) -> _Found:
    """Return the reports in whose texts or facts the words stand, the two orders fused by rank; those with a wanted result first."""
    scores: dict[str, float] = {}
    most = _WEIGHED_OF_YEARS if years else _WEIGHED
    is_sampled = is_more = False
    if kind != "facts":
        texts, n = _ranked(connection, _TEXTS, terms.for_text(), years, most)
        is_sampled, is_more = n > most, len(texts) > _LISTED
        _fuse(scores, texts)
    if kind != "text":
        cases, n = _ranked(connection, _CASE_FACTS, terms.for_facts(), years, most)
        is_sampled, is_more = is_sampled or n > most, is_more or len(cases) > _LISTED
        _fuse(scores, dict.fromkeys(case_id.rpartition("/")[0] for case_id in cases))
    have = _with_results(connection, scores, terms)
    reports = sorted(scores, key=lambda report_id: (report_id not in have, -scores[report_id], report_id))
    is_more = is_more or is_sampled or len(reports) > _LISTED
    return _Found(tuple(reports[:_LISTED]), is_more, most if is_sampled else 0, min(len(have), _LISTED))


def _with_results(connection: sqlite3.Connection, reports: Iterable[str], terms: Terms) -> frozenset[str]:
    """Return which of the reports have a case with the results of stains that are wanted; none where none is wanted."""
    if not (question := terms.for_results()):
        return frozenset()
    # Row by row of the few cases of these reports: all cases with a common stain would take the longer, the more there are.
    sql = """
        select distinct report_id
        from case_search cross join case_words on search_key = case_search.rowid join patient_case using (case_id)
        where case_search match ? and case_search.rowid in (
            select search_key from case_words join patient_case using (case_id) where report_id in (select value from json_each(?)))"""
    return frozenset(row["report_id"] for row in every(connection, sql, question, json.dumps(list(reports))))


def _fuse(scores: dict[str, float], order: Iterable[str]) -> None:
    """Add to the scores of reports what their ranks in one order are worth."""
    for rank, report_id in enumerate(order, start=1):
        scores[report_id] = scores.get(report_id, 0.0) + 1 / (_FUSION + rank)


def _ranked(
    connection: sqlite3.Connection, index: _Index, question: str, years: tuple[int, int] | None, most: int
) -> tuple[list[str], int]:
    """Return the names of the best matches in an index, and how many there are: one more than `most` where there are more."""
    names = {"table": index.table, "key": index.key, "dated": index.dated}
    of_years = _OF_YEARS.format(**names) if years else ""
    sql = _WEIGHING.format(index=index.name, most=most + 1, listed=_LISTED + 1, years=of_years, **names)
    rows = every(connection, sql, question, *(years or ()))
    return [row["name"] for row in rows], rows[0]["n"] if rows else 0


# --- showing -----------------------------------------------------------------------------------


def _hits(connection: sqlite3.Connection, reports: Sequence[str], first: int, terms: Terms) -> tuple[Hit, ...]:
    """Return the reports of a page with their cases, the words marked."""
    snippets = _snippets(connection, reports, terms.for_text())
    return tuple(_hit(connection, rank, report_id, snippets.get(report_id), terms) for rank, report_id in enumerate(reports, start=first))


def _snippets(connection: sqlite3.Connection, reports: Sequence[str], question: str) -> Mapping[str, Row]:
    """Return title and a part of the text, the words marked, of those reports whose texts hold them."""
    if not question:
        return {}
    rows = every(
        connection,
        f"select report_id, highlight(report_search, 0, '{_OPEN}', '{_CLOSE}') as title,"
        f" snippet(report_search, 1, '{_OPEN}', '{_CLOSE}', ' … ', 32) as snippet"
        " from report_search join report_text on search_key = report_search.rowid where report_search match ?"
        f" and report_search.rowid in (select search_key from report_text where report_id in ({_marks(reports)}))",
        question,
        *reports,
    )
    return {row["report_id"]: row for row in rows}


def _marks(values: Sequence[Any]) -> str:
    return ", ".join("?" * len(values))


def _hit(connection: sqlite3.Connection, rank: int, report_id: str, snippet: Row | None, terms: Terms) -> Hit:
    """Return a report that was found."""
    report = every(connection, "select report_id, title, citation, year, kind, is_retelling from report where report_id = ?", report_id)[0]
    rows = every(connection, "select * from case_overview where report_id = ? order by case_id", report_id)
    found = _facts(connection, [row["case_id"] for row in rows[:200]], terms.for_marks())
    rows = sorted(rows, key=lambda row: row["case_id"] not in found)
    cases = tuple(
        FoundCase(row, line_of(row), found.get(row["case_id"], ())[:_FACTS], max(0, len(found.get(row["case_id"], ())) - _FACTS))
        for row in rows[:_CASES]
    )
    with_marks = {"title": snippet["title"]} if snippet and snippet["title"] else {}
    title = title_shown(dict(report) | with_marks)
    return Hit(rank, report, marked(title), marked(snippet["snippet"] if snippet else ""), cases, len(rows) - len(cases))


def _facts(connection: sqlite3.Connection, cases: Sequence[str], question: str) -> Mapping[str, tuple[FoundFact, ...]]:
    """Return of the cases that hold the words in their facts: the facts that do."""
    if not question or not cases:
        return {}
    rows = every(
        connection,
        f"select case_id, highlight(case_search, 1, '{_OPEN}', '{_CLOSE}') as facts"
        " from case_search join case_words on search_key = case_search.rowid where case_search match ?"
        f" and case_search.rowid in (select search_key from case_words where case_id in ({_marks(cases)}))",
        question,
        *cases,
    )
    return {row["case_id"]: tuple(_found_facts(connection, row)) for row in rows}


def _found_facts(connection: sqlite3.Connection, row: Row) -> Iterable[FoundFact]:
    lines = row["facts"].split("\n") if row["facts"] else []
    for line, fact in zip(lines, facts_of(connection, row["case_id"]), strict=True):
        if _OPEN in line:
            field = fact["field"]
            label = "" if field in ("site", "histology") else f"{fields.label_of(field)}: "
            yield FoundFact(((label, False), *marked(line)), f"{field}-{fact['number']}" if field in CLASSES else field)


def marked(words: str) -> Marked:
    """Return words in pieces, each with whether it is marked."""
    pieces = ((part.strip(_OPEN + _CLOSE), part.startswith(_OPEN)) for part in _MARKS.split(words))
    return tuple(piece for piece in pieces if piece[0])


def line_of(case: Row) -> str:
    """Return a case of case_overview in one line; what is not reported is left out, but for the outcome."""
    doses = [f"{fields.number(case[column])} {unit}" for column, unit in _DOSES if case[column] is not None]
    follow_up = "" if case["follow_up_months"] is None else f" at {fields.months(case['follow_up_months'])}"
    parts = (
        case["site"], "" if case["age_years"] is None else fields.age(case["age_years"]), case["sex"],
        ", ".join(doses) or ("no radiotherapy" if case["radiotherapy"] == "no" else ""),
        f"{case['status']}{follow_up}" if case["status"] != NOT_REPORTED else f"outcome not reported{follow_up}",
    )  # fmt: skip
    return " · ".join(part for part in parts if part and part != NOT_REPORTED)


def _data(hits: Iterable[Hit], with_result: int) -> Data:
    """Return the hits as rows, one for each case that is shown, or for a report without one; the first so many have a wanted result."""
    return Data(_COLUMNS, tuple((*row, "result" if hit.rank <= with_result else "words") for hit in hits for row in _rows(hit)))


def _rows(hit: Hit) -> Iterable[tuple[str | float | int | None, ...]]:
    """Yield the rows of a report but for their last column."""
    report = hit.report
    about = (hit.rank, report["report_id"], report["title"], report["citation"], report["year"], _plain(hit.snippet) or None)
    for case in hit.cases:
        told = (case.row[name] for name in _COLUMNS[6:-2])
        yield (
            *about,
            *(None if value == NOT_REPORTED else value for value in told),
            "; ".join(_plain(x.words) for x in case.facts) or None,
        )
    if not hit.cases:
        yield (*about, *([None] * len(_COLUMNS[6:-1])))


def _plain(words: Marked) -> str:
    """Return marked words as plain ones: « and » stand around what is marked."""
    return "".join(f"«{part}»" if is_marked else part for part, is_marked in words)


# --- where nothing is found --------------------------------------------------------------------


def _offers(connection: sqlite3.Connection, terms: Terms) -> tuple[tuple[Offer, ...], tuple[Offer, ...]]:
    """Return what else may be meant, and the words one by one with how often they are found."""
    alone = terms.alone()
    counts = {term: _count(connection, term) for term in alone}
    unknown = [term for term in alone if not counts[term]]
    near = [
        Offer(" ".join(other if x == term else x.shown for x in alone))
        for term in [term for term in unknown if not is_known(term.words)][:3]
        for other in nearest(term.words)
        if _count(connection, Term(other))
    ]
    each = [Offer(term.shown, counts[term]) for term in alone] if len(alone) > 1 else []
    return tuple(near[:5]), tuple(each)


def _count(connection: sqlite3.Connection, term: Term) -> int:
    """Return in how many texts or cases (whichever is more) a term stands, counted up to one above what is listed."""
    terms = Terms((term,))
    return max(
        int(every(connection, f"select count(*) from (select 1 from {index} where {index} match ? limit {_LISTED + 1})", question)[0][0])
        for index, question in (("report_search", terms.for_text()), ("case_search", terms.for_facts()))
    )
