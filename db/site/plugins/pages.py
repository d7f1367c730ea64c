"""Datasette hooks: what our templates are given."""

from __future__ import annotations

import sqlite3
from typing import Any

from datasette import Response
from datasette.utils import tilde_decode, tilde_encode, urlsafe_components

from db import publish
from db.case_page import case_page, report_page
from db.cells import identifier_url
from db.fields import header
from db.home import home_page
from db.hooks import hook
from db.query import every


@hook
def extra_template_vars(database: str | None, table: str | None, view_name: str, request: Any, datasette: Any) -> Any:
    """Give every template the links and words that it needs, and our own pages their data."""

    async def variables() -> dict[str, Any]:
        name = database or _first(datasette)
        found: dict[str, Any] = {
            "casebook_database": name,
            "casebook_notice": publish.NOTICE,
            "casebook_facets": publish.FACETS,
            "casebook_queries": publish.queries(),
            "case_url": lambda key: str(datasette.urls.row(name, "patient_case", tilde_encode(key))),
            "report_url": lambda key: str(datasette.urls.row(name, "report", tilde_encode(key))),
            "identifier_url": identifier_url,
            "header": header,
        }
        connection = datasette.get_database(name)
        if name is None or request is None or not await connection.table_exists("case_overview"):
            return found
        if view_name == "index":
            found["home"] = await connection.execute_fn(home_page)
        elif keys := request.url_vars.get("pks"):
            found |= await _row_page(connection, table, urlsafe_components(keys)[0])
        else:
            found |= await _question(connection, tilde_decode(request.url_vars.get("table") or ""))
        return found

    return variables


async def _row_page(connection: Any, table: str | None, key: str) -> dict[str, Any]:
    """Return what the page of a case or a report shows; nothing for other rows."""
    if table in ("patient_case", "case_overview"):
        return {"page": await connection.execute_fn(lambda sqlite: case_page(sqlite, key)), "page_of": "case"}
    if table == "report":
        return {
            "page": await connection.execute_fn(lambda sqlite: report_page(sqlite, key)),
            "page_of": "report",
        }
    return {}


async def _question(connection: Any, name: str) -> dict[str, Any]:
    """Return the form of a canned query: each parameter with the words to choose from."""
    query = next((query for query in publish.queries() if query.name == name), None)
    if query is None:
        return {}

    def choices(sqlite: sqlite3.Connection) -> dict[str, tuple[str, ...]]:
        return {
            parameter.name: tuple(row[0] for row in every(sqlite, parameter.choices_sql)) if parameter.choices_sql else parameter.choices
            for parameter in query.parameters
        }

    return {"question": query, "choices": await connection.execute_fn(choices)}


def _first(datasette: Any) -> str | None:
    """Return the name of the database that the site is about."""
    return next((name for name in datasette.databases if not name.startswith("_")), None)


@hook
def handle_exception(datasette: Any, request: Any, exception: Exception) -> Any:
    """Show what is refused or not there on a page with the site's own way back; leave faults to Datasette."""

    async def page() -> Any:
        status = getattr(exception, "status", 500)
        if not 400 <= status < 500 or request.path.endswith(".json"):
            return None
        said = {"status": status, "title": getattr(exception, "title", None), "error": str(exception)}
        said["error"] = getattr(exception, "message", None) or said["error"]
        return Response.html(await datasette.render_template("error.html", said, request=request), status=status)

    return page
