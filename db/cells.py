"""Cells of every table and query: absence is shown, names become links, numbers stand to the right."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from markupsafe import Markup

from db import schema
from db.doses import WHY_NO_EQD2
from db.fields import header, label_of, number
from db.overview import NOT_REPORTED
from extract.record import RESULTS

KINDS_OF_REPORTS = frozenset(("case_report", "case_series", "review", "guideline", "other"))

_YES_NO = frozenset(
    [
        "surgery",
        "radiotherapy_given",
        "recurrence",
        "follow_up_is_minimum",
        "is_retelling",
        "is_declared",
        "is_rbe_weighted",
        "is_contradictory",
        "is_beyond_model",
        "alpha_beta_is_uncertain",
    ]
)
_TONES = {"+": "positive", "-": "negative", "±": "equivocal", "o": "other_cells"}
# Columns that hold a JSON list of texts; one of these names in a query may hold anything.
_LISTS = frozenset(["authors", "affiliations", "notes", "reports", "problems"])
_SHOWN_OF_LIST = 3
# What of a report has a place on its page, and where: the number of its section leads to #section-3.
_PLACES = {"section_number": "section", "table_number": "table", "page_number": "page", "page": "page"}
_SHOWN_MARKERS = 6

# What the identifier must look like before it becomes a link, and where it leads.
_RESOLVERS = {
    "doi": (re.compile(r"10\.\d{4,9}/[^\s\"'<>]{1,200}"), "https://doi.org/{}"),
    "pmcid": (re.compile(r"PMC\d{1,9}"), "https://pmc.ncbi.nlm.nih.gov/articles/{}/"),
    "pmid": (re.compile(r"\d{1,9}"), "https://pubmed.ncbi.nlm.nih.gov/{}/"),
}


def title_shown(report: Mapping[str, Any]) -> str:
    """Return the title of a report as pages show it: one in our own words without the brackets that mark it, its name where it has none."""
    title: str = report["title"] or report["report_id"]
    return title[1:-1] if is_own_title(report) else title


def is_own_title(report: Mapping[str, Any]) -> bool:
    """Tell whether the title of a retold report is our own: in square brackets, as PubMed sets titles that are not the authors'."""
    title = report["title"] or ""
    return bool(report["is_retelling"]) and len(title) > 2 and title.startswith("[") and title.endswith("]")


def identifier_url(kind: str, value: str | None) -> str | None:
    """Return the https address of a doi, pmcid or pmid; None where it does not look like one."""
    shape, address = _RESOLVERS[kind]
    return address.format(value) if value and shape.fullmatch(value) else None


def render(value: Any, column: str, link: Callable[[str, str], str], row: Callable[[], Mapping[str, Any]]) -> Markup | None:
    """Return a cell as HTML, every text escaped; None leaves it to Datasette.

    `link` gives the address of a row: `link("case", case_id)`, `link("report", report_id)`. `row` gives the whole row, since a quote
    leads to its place in the text of its case; few cells ask for it.
    """
    value = _plain(value)
    if value is None or value == "":
        return Markup('<span class="none" title="not reported">–</span>')
    if column in _YES_NO and value in (0, 1):
        return Markup("yes") if value else Markup("no")
    if column in _PLACES and (report := _plain(row().get("report_id"))) and isinstance(value, int):
        return Markup('<a class="num" href="{}#{}-{}">{}</a>').format(link("report", report), _PLACES[column], value, value)
    if isinstance(value, int | float):
        return _number(column, value)
    if column == "title" and {"report_id", "is_retelling"} <= row().keys() and is_own_title(row()):
        return Markup('<span title="title by Casebook">{}</span>').format(title_shown(row()))
    if column == "quote" and (place := _place(row())):
        return Markup('<a class="quote" href="{}#ev-{}">{}</a>').format(link(place[0], place[1]), place[2], value)
    if value == NOT_REPORTED:
        return Markup('<span class="none">not reported</span>')
    return _words(value, column, link) if isinstance(value, str) else None


def number_columns(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> frozenset[str]:
    """Return the names of the columns that are shown as numbers, but for a yes or no.

    A column is one of numbers by its kind, as a table defines it or as the unit in its name says, though no row of these has any; so
    is one of unknown kind with a number in one row at least.
    """
    told = [(name, value) for row in rows for name, value in zip(columns, row, strict=True) if value not in (None, "")]
    found = {name for name, value in told if isinstance(value, int | float)}
    by_kind = {name for name in columns if name in _numeric() or header(name).endswith(")")}
    return frozenset((found | by_kind) - {name for name, value in told if isinstance(value, str)} - _YES_NO)


@cache
def _numeric() -> frozenset[str]:
    """Return the names of the columns that hold numbers in every table that has them."""
    lines = [definition for table in schema.dictionary().values() for definition in table.definitions.items()]
    numeric = {name for name, line in lines if line.split()[1:2] in (["integer"], ["real"])}
    return frozenset(numeric - {name for name, line in lines if line.split()[1:2] == ["text"]})


def _place(row: Mapping[str, Any]) -> tuple[str, str, int] | None:
    """Return page, key and number of the evidence that a row shows; None where the row does not say."""
    plain = {key: _plain(value) for key, value in row.items()}
    number_of = plain.get("evidence_number", plain.get("number"))
    for page in ("case", "report"):
        if number_of is not None and (key := plain.get(f"{page}_id")):
            return page, key, number_of
    return None


def _plain(value: Any) -> Any:
    """Return a value as it is stored: a foreign key without the label that Datasette gives it."""
    return value["value"] if isinstance(value, dict) else value


def _number(column: str, value: int | float) -> Markup:
    """Return a number set to the right; whole numbers as such."""
    return Markup('<span class="num">{}</span>').format(number(value) if isinstance(value, float) else value)


def _words(value: str, column: str, link: Callable[[str, str], str]) -> Markup | None:
    """Return a text cell as link, chips or marked words; None for plain text."""
    identifier = column.removeprefix("other_")
    if identifier in _RESOLVERS and (address := identifier_url(identifier, value)):
        return Markup('<a href="{}" rel="external noopener">{}</a>').format(address, value)
    match column:
        case "case_id" | "other_case_id" | "report_id" | "counted_as":
            page = "report" if column == "report_id" else "case"
            return Markup('<a href="{}">{}</a>').format(link(page, value), value)
        case "kind" | "declared_kind" if value in KINDS_OF_REPORTS:
            return Markup("{}").format(value.replace("_", " "))
        case "cells" if (rows := _table(value)) is not None:
            return _shape(rows)
        case _ if column in _LISTS and (items := _list(value)) is not None:
            return _items(items)
        case "content":  # a whole report, for programs
            return Markup('<span class="none">{} characters of JSON</span>').format(len(value))
        case "cases":
            return Markup(", ").join(Markup('<a href="{}">{}</a>').format(link("case", case), case) for case in value.split(", "))
        case "field":
            return Markup("{}").format(label_of(value))
        case "fields":
            return Markup("{}").format(", ".join(map(label_of, value.split(", "))))
        case "not_comparable_because":
            return Markup("{}").format(WHY_NO_EQD2.get(value, value))
        case "rule" | "not_pooled_because":
            return Markup("{}").format(value.replace("_", " "))
        case "reasons":  # whole, where Datasette would cut it
            return Markup("{}").format(value)
        case "markers":
            return _chips(value.split("; "))
        case "result" if value in RESULTS:
            return Markup('<span class="chip {}">{}</span>').format(value, value.replace("_", " "))
    return None


def _list(value: str) -> list[str] | None:
    """Return the texts of a JSON list, None for anything else."""
    try:
        found = json.loads(value)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, list) and all(isinstance(item, str) for item in found) else None


def _items(items: list[str]) -> Markup:
    """Return a list, an item a line; what is too many is counted."""
    if not items:
        return Markup('<span class="none" title="none">–</span>')
    shown = [Markup("<li>{}</li>").format(item) for item in items[:_SHOWN_OF_LIST]]
    if rest := items[_SHOWN_OF_LIST:]:
        shown.append(Markup('<li class="more" title="{}">+{}</li>').format("; ".join(rest), len(rest)))
    return Markup('<ul class="list">{}</ul>').format(Markup("").join(shown))


def _table(value: str) -> list[list[str]] | None:
    """Return the rows of a table, None for anything but a JSON list of lists of texts."""
    try:
        found = json.loads(value)
    except (ValueError, RecursionError):
        return None
    is_table = isinstance(found, list) and all(isinstance(row, list) and all(isinstance(cell, str) for cell in row) for row in found)
    return found if is_table else None


def _shape(rows: list[list[str]]) -> Markup:
    """Return how large a table is, and its first row."""
    size = f"{len(rows)} × {max(map(len, rows), default=0)}"
    return Markup('<span class="quiet">{}</span> {}').format(size, " | ".join(cell for cell in rows[0] if cell) if rows else "")


def _with_minus(marker: str) -> str:
    """Return a marker and its result with the sign for negative that the pages use: "S100 -" as "S100 −"."""
    return f"{marker[:-1]}−" if marker.endswith(" -") else marker


def _chips(markers: list[str]) -> Markup:
    """Return markers as chips coloured by result; what is too many is counted."""
    shown = [
        Markup('<span class="chip {}">{}</span>').format(_TONES.get(marker[-1:], ""), _with_minus(marker))
        for marker in markers[:_SHOWN_MARKERS]
    ]
    rest = markers[_SHOWN_MARKERS:]
    if rest:
        shown.append(Markup('<span class="more" title="{}">+{}</span>').format("; ".join(rest), len(rest)))
    return Markup('<span class="chips">{}</span>').format(Markup(" ").join(shown))
