"""Datasette hook: how cells look."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from db import cells
from db.hooks import hook
from db.overview import NOT_REPORTED
from db.pages.links import Links

# Counts of cases by the result of a marker; the page of the marker in the diagnosis lists as many.
_COUNTS = {"positive_cases": "positive", "negative_cases": "negative", "equivocal_cases": "equivocal"}
# In the answer to a question these lead to the cases they are of.
_LEADING = ("histology", "site", "tumour_group")


@hook
def render_cell(row: Any, value: Any, column: str, table: str | None, database: str, datasette: Any) -> Markup | None:
    """Show absence, links and numbers as `db.cells` says."""
    links = Links(datasette.urls, database)

    def link(kind: str, key: str) -> str:
        return links.case(key) if kind == "case" else links.report(key)

    shown = cells.render(value, column, link, lambda: dict(zip(row.keys(), tuple(row), strict=True)))
    if shown is None and table is None and column in _LEADING and isinstance(value, str):
        return Markup('<a href="{}">{}</a>').format(links.table("case_overview", {column: value}), value)
    if (
        table is None
        and column in _COUNTS
        and isinstance(value, int)
        and value
        and {"marker", "histology"} <= set(row.keys())
        and row["histology"] != NOT_REPORTED
    ):
        place = links.path("/markers", {"histology": row["histology"], "marker": row["marker"]})
        return Markup('<a class="num" href="{}#{}">{}</a>').format(place, _COUNTS[column], value)
    return shown
