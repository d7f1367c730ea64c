"""Datasette hook: how cells look."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from datasette.utils import tilde_encode
from markupsafe import Markup

from db import cells
from db.hooks import hook

_PAGES = {"case": "patient_case", "report": "report"}


# In the answer to a question these lead to the cases they are of.
_LEADING = ("histology", "site", "tumour_group")


@hook
def render_cell(row: Any, value: Any, column: str, table: str | None, database: str, datasette: Any) -> Markup | None:
    """Show absence, links and numbers as `db.cells` says."""

    def link(kind: str, key: str) -> str:
        return str(datasette.urls.row(database, _PAGES[kind], tilde_encode(key)))

    shown = cells.render(value, column, link, lambda: dict(zip(row.keys(), tuple(row), strict=True)))
    if shown is None and table is None and column in _LEADING and isinstance(value, str):
        address = f"{datasette.urls.table(database, 'case_overview')}?{urlencode({column: value})}"
        return Markup('<a href="{}">{}</a>').format(address, value)
    return shown
