"""Which pages the site has beside Datasette's own: the address of each, what reads it, and where its link stands."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from db.pages import compare, outcomes, search, suggest
from db.pages.api import ApiPage, PageData, api_page
from db.pages.case_columns import read_cases
from db.pages.dictionary import dictionary_page
from db.pages.doses import dose_page
from db.pages.downloads import downloads_page
from db.pages.links import Asked, Links
from db.pages.marker_choice import PARAMETERS
from db.pages.markers import markers_page
from db.pages.method import method_page
from db.pages.profile import profile_page
from db.pages.quality import quality_page

# What a page shows, read with a connection or from what its `source` gave, for what its form was asked; None where there is no such page.
# It may have an attribute `data`.
Reader = Callable[[Any, Asked, Links], Any]


@dataclass(frozen=True, slots=True)
class Route:
    """A page with an address of its own.

    Attributes
    ----------
    name
        The address without its slash, and the name of the template.
    label
        What links to it are called.
    read
        Reads what the page shows.
    parameters
        What its form may ask; all else in an address is dropped.
    place
        Where the link to it stands: "top" of each page, "foot" of each page, or "" where only other pages lead to it.
    has_data
        Whether the page has a `data`, which is served at NAME.csv and NAME.json.
    source
        Reads once for all readers what `read` is given in place of a connection; None where it is given a connection.
    is_remembered
        Whether what it shows is kept for the same choices, as a served database never changes. For pages that read the whole of it.
    examples
        Query strings worth a look ("?measure=total"): for tests, benchmarks and screenshots.
    """

    name: str
    label: str
    read: Reader
    parameters: tuple[str, ...] = ()
    place: str = ""
    has_data: bool = False
    source: Callable[[sqlite3.Connection], Any] | None = None
    is_remembered: bool = False
    examples: tuple[str, ...] = ("",)

    @property
    def stands_alone(self) -> bool:
        """Whether there is such a page without anything asked: `examples` says so."""
        return "" in self.examples

    def addresses(self) -> tuple[str, ...]:
        """Return the addresses of the examples."""
        return tuple(f"/{self.name}{example}" for example in self.examples)


def _api(links: Links) -> ApiPage:
    """Return the page on the API, with the pages of this list that have data."""
    with_data = (route for route in ROUTES if route.has_data)
    return api_page(tuple(PageData(route.label, links.path(f"/{route.name}"), route.parameters) for route in with_data))


ROUTES: tuple[Route, ...] = (
    Route(
        "markers", "Markers", markers_page, PARAMETERS, "top", has_data=True, is_remembered=True,
        examples=("", "?order=alike", "?test=molecular", "?marker=SMA", "?histology=leiomyosarcoma",
            "?histology=leiomyosarcoma&marker=SMA"),
    ),
    Route(
        "doses",
        "Doses",
        lambda connection, asked, links: dose_page(connection, asked, links.dose),
        ("measure", "kind", "histology", "site", "dose_axis", "time_axis"),
        "top",
        examples=("", "?measure=total&dose_axis=log&time_axis=log"),
    ),
    Route(
        "outcomes",
        "Outcomes",
        outcomes.outcomes_page,
        outcomes.PARAMETERS,
        "top",
        has_data=True,
        source=read_cases,
        is_remembered=True,
        examples=("", "?split=surgery&outcome=return"),
    ),
    Route(
        "compare",
        "Compare",
        compare.compare_page,
        compare.PARAMETERS,
        "foot",
        has_data=True,
        source=read_cases,
        is_remembered=True,
        examples=("", "?a_sex=female&b_sex=male&outcome=return"),
    ),
    Route(
        "downloads",
        "Downloads",
        lambda connection, asked, links: downloads_page(connection, links),
        place="foot",
        has_data=True,
    ),
    Route(
        "profile", "Marker profile", profile_page, ("typed", *(f"{part}_{n}" for n in range(1, 7) for part in ("marker", "result"))), "",
        has_data=True, is_remembered=True, examples=("", "?typed=SMA%2B%2C+ALK-"),
    ),
    Route(
        "dictionary",
        "Data dictionary",
        lambda connection, asked, links: dictionary_page(connection, asked),
        ("q",),
        "foot",
        has_data=True,
        is_remembered=True,
        examples=("", "?q=dose+fraction"),
    ),
    Route("quality", "Quality", lambda connection, asked, links: quality_page(connection), (), "foot", has_data=True, is_remembered=True),
    Route("method", "Method and limits", lambda connection, asked, links: method_page(connection), (), "foot", is_remembered=True),
    Route("api", "API", lambda connection, asked, links: _api(links), (), "foot"),
    Route(
        "search", "Search", search.search_page, ("q", "kind", "year_from", "year_to", "page"), has_data=True,
        examples=("", "?q=sarcoma+radiotherapy", "?q=ALK+positive", "?q=ALK+negative", "?q=leiomyosarcmoa"),
    ),
    Route(
        "suggest", "Suggest a correction", suggest.suggest_page, suggest.PARAMETERS,
        examples=(
            "?case=lung-imt%2F1&field=age_years",
            "?case=lung-imt%2F1&field=ihc&number=3&action=set&part-marker=ALK&part-result=positive&who=A.+Reader",
            "?case=markup%2F1&field=status",
        ),
    ),
)  # fmt: skip
