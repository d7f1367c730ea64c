"""Datasette hook: how cells look."""

from __future__ import annotations

from typing import Any

from datasette.utils import tilde_encode
from markupsafe import Markup

from db import cells
from db.hooks import hook

_PAGES = {"case": "patient_case", "report": "report"}


@hook
def render_cell(row: Any, value: Any, column: str, database: str, datasette: Any) -> Markup | None:
    """Show absence, links and numbers as `db.cells` says."""

    def link(kind: str, key: str) -> str:
        return str(datasette.urls.row(database, _PAGES[kind], tilde_encode(key)))

    return cells.render(value, column, link, dict(zip(row.keys(), tuple(row), strict=True)))
