"""Datasette hook: how cells look."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from db import cells
from db.hooks import hook
from db.pages.links import Links

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
    return shown
