"""What machines ask of the site: robots.txt, a sitemap, a feed of new cases, and whether all is well."""

from __future__ import annotations

import re
import sqlite3
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from lxml import etree as xml

from db.fields import header
from db.overview import NOT_REPORTED
from db.query import Row, every, one

ATOM = "http://www.w3.org/2005/Atom"
SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
# The protocol allows 50,000; a smaller part is made and kept in less time and memory.
PART = 5_000
FEW = 2  # parts that go into one sitemap
_FEED = 50  # cases
# An Atom feed must say when; a run that another program stored may not know.
_NO_TIME = "1970-01-01T00:00:00Z"
_NAMESPACE = uuid.UUID("6b0c4a4e-5d9e-5bb1-9c53-5b2f3d1f7a10")

# What XML 1.0 cannot hold in any spelling.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# What a browser may send as the host's name; all else is no address of ours.
_HOST = re.compile(r"(?: [A-Za-z0-9] [A-Za-z0-9.-]{0,252} | \[ [0-9a-fA-F:.]{2,45} \] ) (?: : [0-9]{1,5} )?", re.VERBOSE)

# Of reports, report_text has an index of the names alone; the table of reports itself is many times as large.
_KINDS = (("case", "case_overview", "case_id"), ("report", "report_text", "report_id"))

_OLDER_RUNS = """
select run_id, started_at from run where reports_new + reports_changed > 0 order by started_at desc, run_id desc
"""
# A run gives a case where it stored its report, and no run before it gave any value of the case.
_NEW_CASES = """
select case_overview.*, report.title from run_report
join case_overview on case_overview.report_id = run_report.report_name
join report on report.report_id = run_report.report_name
where run_report.run_id = ?1 and run_report.outcome in ('new', 'changed') and not exists (
    select 1 from fact_run join run as earlier on earlier.run_id = fact_run.first_run
    where fact_run.case_id = case_overview.case_id
    and (coalesce(earlier.started_at, ''), earlier.run_id) < (coalesce(?2, ''), ?1)
)
and (run_report.outcome = 'new' or exists (
    select 1 from fact_run where fact_run.case_id = case_overview.case_id and fact_run.first_run = ?1
))
order by run_report.report_name, case_overview.case_id limit ?3
"""
# Where the database was made anew since, the run that first gave a case is known from its values alone; all values have to be looked at.
_CASES_BY_RUN = """
select case_overview.*, report.title, first.started_at from (
    select case_id, run.started_at, min(coalesce(run.started_at, '') || ' ' || run.run_id) as brought
    from fact_run join run on run.run_id = fact_run.first_run
    group by case_id order by brought desc, case_id limit ?1
) as first
join case_overview using (case_id) join report using (report_id)
order by first.brought desc, report_id, case_id
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """A new case: what the feed says of it, and when the run that brought it started."""

    case_id: str
    title: str
    summary: str
    updated: str


def is_host(name: str) -> bool:
    """Tell whether a request's host may stand in an address."""
    return _HOST.fullmatch(name) is not None


# --- robots ------------------------------------------------------------------------------------


def robots(path: Callable[[str], str], database: str | None, sitemap: str) -> str:
    """Return robots.txt: pages with content are free; questions, SQL, and data meant for programs are not for crawlers.

    Parameters
    ----------
    path
        Puts the base path before a path of the site.
    database
        The served database; None where there is none.
    sitemap
        The absolute address of the sitemap.
    """
    closed = ["/*?", "/*.json$", "/*.csv$", "/*.db$", "/-/", "/downloads/", *([f"/{database}/-/"] if database else [])]
    lines = ["User-agent: *", *(f"Disallow: {path(rule)}" for rule in closed), f"Allow: {path('/')}", "", f"Sitemap: {sitemap}"]
    return "\n".join(lines) + "\n"


# --- sitemap -----------------------------------------------------------------------------------


def parts(connection: sqlite3.Connection) -> int:
    """Return how many parts the sitemap has besides that of the site's own pages."""
    return sum(-(-_count(connection, table) // PART) for _, table, _ in _KINDS)


def part(connection: sqlite3.Connection, number: int) -> tuple[tuple[str, str], ...] | None:
    """Return the cases or reports of a part, counted from 1: `case` or `report` with the key; None where there is no such part."""
    for kind, table, key in _KINDS:
        n_parts = -(-_count(connection, table) // PART)
        if 1 <= number <= n_parts:
            # Of cases the index by report holds all that is wanted.
            order = "report_id, case_id" if kind == "case" else key
            rows = every(connection, f"select {key} from {table} order by {order} limit ? offset ?", PART, (number - 1) * PART)
            return tuple((kind, row[key]) for row in rows)
        number -= n_parts
    return None


def sitemap(addresses: Iterable[str]) -> bytes:
    """Return a sitemap of absolute addresses."""
    root = _root("urlset", SITEMAP)
    for address in addresses:
        _add(_add(root, "url"), "loc", address)
    return _bytes(root)


def sitemap_index(addresses: Iterable[str], changed: str | None) -> bytes:
    """Return an index of sitemaps, which changed when the database did."""
    root = _root("sitemapindex", SITEMAP)
    for address in addresses:
        entry = _add(root, "sitemap")
        _add(entry, "loc", address)
        if changed:
            _add(entry, "lastmod", changed)
    return _bytes(root)


def changed(connection: sqlite3.Connection) -> str | None:
    """Return when the last run started; None where no run says so."""
    row = one(connection, "select max(started_at) as at from run")
    return row["at"] if row else None


# --- feed --------------------------------------------------------------------------------------


def new_cases(connection: sqlite3.Connection) -> tuple[Entry, ...]:
    """Return the newest cases: those that the last run brought that brought any, then those of the one before; fifty at most.

    A case is brought by the run that first gave a value of it, with the first report's name first.
    """
    found: list[Entry] = []
    for run in every(connection, _OLDER_RUNS):
        rows = every(connection, _NEW_CASES, run["run_id"], run["started_at"], _FEED - len(found))
        found += (_entry(row, run["started_at"] or _NO_TIME) for row in rows)
        if len(found) >= _FEED:
            return tuple(found)
    known = {entry.case_id for entry in found}
    rest = (row for row in every(connection, _CASES_BY_RUN, 2 * _FEED) if row["case_id"] not in known)
    found += (_entry(row, row["started_at"] or _NO_TIME) for row in rest)
    return tuple(found[:_FEED])


def feed(entries: Sequence[Entry], home: str, own: str, address: Callable[[str], str]) -> bytes:
    """Return the Atom feed (RFC 4287) of new cases.

    Parameters
    ----------
    home, own
        The absolute addresses of the home page and of the feed. Ids hang on the first: they stay while the site stays where it is.
    address
        The absolute address of a case's page.
    """
    root = _root("feed", ATOM)
    _add(root, "id", _id(home, ""))
    _add(root, "title", "Casebook: new cases")
    _add(root, "subtitle", "Cases from published oncology reports, the newest first")
    _add(root, "updated", max((entry.updated for entry in entries), default=_NO_TIME))
    _add(_add(root, "author"), "name", "Casebook")
    _add(root, "link", rel="self", type="application/atom+xml", href=own)
    _add(root, "link", rel="alternate", type="text/html", href=home)
    for entry in entries:
        made = _add(root, "entry")
        _add(made, "id", _id(home, entry.case_id))
        _add(made, "title", entry.title)
        _add(made, "updated", entry.updated)
        _add(made, "link", rel="alternate", type="text/html", href=address(entry.case_id))
        _add(made, "summary", entry.summary)
    return _bytes(root)


def _entry(row: Row, updated: str) -> Entry:
    """Return what the feed says of a case: diagnosis, site and patient in the title; report and course in the summary."""
    age = None if row["age_years"] is None else f"{row['age_years']:g} years"
    patient = ", ".join(filter(None, (None if row["sex"] == NOT_REPORTED else row["sex"], age)))
    diagnosis = "diagnosis not reported" if row["histology"] == NOT_REPORTED else row["histology"]
    site = "" if row["site"] == NOT_REPORTED else row["site"]
    title = ", ".join(filter(None, (diagnosis, site, patient)))
    told = [row["citation"] or row["title"] or row["report_id"]]
    told += [f"{header(name)}: {row[name]}" for name in ("surgery", "radiotherapy", "drugs", "recurrence", "status") if row[name]]
    return Entry(row["case_id"], title, ". ".join(str(part).rstrip(".") for part in told) + ".", updated)


def _id(home: str, case_id: str) -> str:
    """Return the name of a feed or an entry that no other has, and that stays."""
    return uuid.uuid5(_NAMESPACE, f"{home}\n{case_id}").urn


# --- health ------------------------------------------------------------------------------------


def health(connection: sqlite3.Connection) -> dict[str, object]:
    """Return what says that the database can be read: cases, and the pipeline that read the last report stored.

    Raises
    ------
    sqlite3.Error
        It cannot be read.
    """
    read_by = one(connection, "select pipeline_version from run order by started_at desc, run_id desc limit 1")
    return {"status": "ok", "cases": _count(connection, "case_overview"), "version": read_by["pipeline_version"] if read_by else None}


def _count(connection: sqlite3.Connection, table: str) -> int:
    row = one(connection, f"select count(*) as n from {table}")
    return int(row["n"]) if row else 0


# --- XML ---------------------------------------------------------------------------------------


def _root(name: str, namespace: str) -> Any:
    """Return the outermost element of a document; all elements in it are of its namespace."""
    return xml.Element(f"{{{namespace}}}{name}", nsmap={None: namespace})


def _add(parent: Any, name: str, text: str | None = None, **attributes: str) -> Any:
    """Add an element; what XML cannot hold becomes the sign for a character that is not known."""
    namespace, end, _ = parent.tag.rpartition("}")
    made = xml.SubElement(parent, f"{namespace}{end}{name}", {key: _NOT_XML.sub("\ufffd", value) for key, value in attributes.items()})
    made.text = None if text is None else _NOT_XML.sub("\ufffd", text)
    return made


def _bytes(root: Any) -> bytes:
    written: bytes = xml.tostring(root, encoding="utf-8", xml_declaration=True)
    return written
