"""How a report, and a case as Casebook read it, are cited: in words, as BibTeX and as RIS."""

from __future__ import annotations

import hashlib
import json
import re
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from db.cells import identifier_url
from db.query import one

# What TeX takes for something else, and what stands for it in BibTeX. Other letters stay: BibTeX files are UTF-8.
_TEX: Mapping[int, str] = MappingProxyType(
    str.maketrans(
        {
            "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "%": r"\%", "#": r"\#", "_": r"\_",
            "^": r"\textasciicircum{}", "~": r"\textasciitilde{}",
        }
    )
)  # fmt: skip
_NOT_IN_KEYS = re.compile(r"[^A-Za-z0-9]+")
_LONGEST_KEY = 60
FORMATS: Mapping[str, str] = MappingProxyType(
    {"bib": "application/x-bibtex", "ris": "application/x-research-info-systems", "txt": "text/plain"}
)


@dataclass(frozen=True, slots=True)
class Work:
    """What is cited: a published report, or a case as Casebook read it.

    Attributes
    ----------
    key
        What BibTeX knows it by: the same for the same name of a report or case, in every build.
    kind
        "article", or "misc" for what Casebook read.
    title
        As published; the name of the report where there is none.
    words
        The citation in one line.
    authors
        As the source names them, in order; () where it names none.
    journal, year, doi, pmid, pmcid
        As in table report; None where not known.
    address
        Where it is read: an https address, or that of the page; None where there is none.
    note
        What else is to be said of it; "" for nothing.
    """

    key: str
    kind: str
    title: str
    words: str
    authors: tuple[str, ...] = ()
    journal: str | None = None
    year: int | None = None
    doi: str | None = None
    pmid: str | None = None
    pmcid: str | None = None
    address: str | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Citation:
    """The works to cite, as words, as BibTeX and as RIS: the report first, then the case as Casebook read it."""

    words: tuple[str, ...]
    bibtex: str
    ris: str

    def written(self, form: str) -> str:
        """Return it as the file of an ending of FORMATS."""
        return {"bib": self.bibtex, "ris": self.ris}.get(form) or "\n".join(self.words) + "\n"


def citation(report: Mapping[str, Any], case_id: str | None = None, address: str = "") -> Citation:
    """Return how a report is cited and, with the name of a case and the address of its page, that case as Casebook read it.

    `report` is a row of table report; its authors are a list, or the JSON of one.
    """
    works = (_published(report), *((_read(report, case_id, address),) if case_id else ()))
    return Citation(tuple(x.words for x in works), "\n".join(map(_bibtex, works)), "".join(map(_ris, works)))


def citation_of(connection: sqlite3.Connection, name: str, address: str, is_case: bool) -> Citation | None:
    """Return how a stored case, or report, is cited; None where there is none of this name."""
    report_id = name
    if is_case:
        found = one(connection, "select report_id from patient_case where case_id = ?", name)
        report_id = found["report_id"] if found else ""
    report = one(connection, "select * from report where report_id = ?", report_id)
    return citation(dict(report), name if is_case else None, address) if report else None


def key_of(name: str) -> str:
    """Return what BibTeX knows a report or case by: letters, digits and hyphens, of its name alone.

    Where that loses something of the name, six digits of its hash keep two names apart.
    """
    plain = _NOT_IN_KEYS.sub("-", name).strip("-")[:_LONGEST_KEY]
    return plain if plain == name else f"{plain or 'report'}-{hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:6]}"


def _published(report: Mapping[str, Any]) -> Work:
    """Return a published report as a work."""
    title = report["title"] or report["report_id"]
    told = report["authors"]
    authors = tuple(json.loads(told) if isinstance(told, str) else told or ())
    where = next((found for kind in ("doi", "pmcid", "pmid") if (found := identifier_url(kind, report[kind]))), None)
    line = report["citation"] or ". ".join(
        part.rstrip(".") for part in (_listed(authors), title, " ".join(str(x) for x in (report["journal"], report["year"]) if x)) if part
    )
    is_there = any(str(report[kind]) in line for kind in ("doi", "pmcid", "pmid") if report[kind])
    words = f"{_sentence(line)} {where}" if where and not is_there else _sentence(line)
    # Without an author, what is told of the report says whose it is.
    note = report["citation"] or "" if not authors else ""
    return Work(
        key_of(report["report_id"]), "article", title, words, authors, report["journal"], report["year"], report["doi"], report["pmid"],
        report["pmcid"], where, note,
    )  # fmt: skip


def _read(report: Mapping[str, Any], case_id: str, address: str) -> Work:
    """Return a case, as Casebook read it, as a work; which pipeline read it is part of what is cited."""
    by = f"read by pipeline {report['pipeline_version']} ({report['pipeline_fingerprint'][:12]})"
    title = f"Case {case_id}"
    words = f"Casebook. {title}, {by} from: {_sentence(report['citation'] or report['title'] or report['report_id'])} {address}"
    return Work(f"casebook-{key_of(case_id)}", "misc", title, words.strip(), ("Casebook",), address=address or None, note=by)


def _sentence(line: str) -> str:
    return line if line.endswith((".", "!", "?")) else f"{line}."


def _listed(authors: tuple[str, ...]) -> str:
    return ", ".join(authors[:6]) + (", et al" if len(authors) > 6 else "")


def tex(words: str) -> str:
    """Return words as BibTeX holds them: in one line, what TeX takes for something else written so that it prints itself."""
    return " ".join(words.split()).translate(_TEX)


def _bibtex(work: Work) -> str:
    """Return an entry; titles stand in two braces, so that no style changes their capitals."""
    # An author with "and" in the name, as institutions have it, stands in braces of its own.
    authors = " and ".join(f"{{{tex(x)}}}" if " and " in x or work.kind == "misc" else tex(x) for x in work.authors)
    told = (
        ("author", authors), ("title", f"{{{tex(work.title)}}}"), ("journal", tex(work.journal or "")), ("year", work.year),
        ("doi", _address(work.doi)), ("pmid", work.pmid), ("pmcid", _address(work.pmcid)), ("url", _address(work.address)),
        ("note", tex(work.note)),
    )  # fmt: skip
    lines = "".join(f"  {name} = {{{value}}},\n" for name, value in told if value)
    return f"@{work.kind}{{{work.key},\n{lines}}}\n"


def _address(address: str | None) -> str:
    """Return what BibTeX takes as it stands (fields url and doi): only what would end the field is written otherwise."""
    return "".join({"{": "%7B", "}": "%7D", "\\": "%5C", " ": "%20"}.get(sign, sign) for sign in " ".join((address or "").split()))


def _ris(work: Work) -> str:
    """Return a record of RIS (Research Information Systems): two letters, two spaces, a hyphen and a space before each value."""
    return "".join(f"{tag}  - {' '.join(str(value).split())}\r\n" for tag, value in _ris_lines(work)) + "ER  - \r\n\r\n"


def _ris_lines(work: Work) -> Iterator[tuple[str, Any]]:
    yield "TY", "JOUR" if work.kind == "article" else "DATA"
    yield "ID", work.key
    yield from (("AU", author) for author in work.authors)
    told = (
        ("TI", work.title),
        ("T2", work.journal),
        ("PY", work.year),
        ("DO", work.doi),
        ("AN", work.pmid or work.pmcid),
        ("UR", work.address),
    )
    yield from ((tag, value) for tag, value in (*told, ("N1", work.note)) if value)
