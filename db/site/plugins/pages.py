"""Datasette hooks: what our templates are given."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Awaitable, Callable, Generator, Mapping
from pathlib import Path
from typing import Any

from datasette import NotFound, Response
from datasette.utils import tilde_decode, urlsafe_components
from datasette.utils.asgi import BadRequest

from db import publish
from db.cells import identifier_url, is_own_title, number_columns, title_shown
from db.fields import header, label_of, number
from db.hooks import hook, outer_hook
from db.pages import search
from db.pages.case import case_page, report_page, same_patient
from db.pages.downloads import size
from db.pages.home import home_page
from db.pages.links import Links, Served
from db.pages.memory import chosen_of, memory_of
from db.pages.reading import LONGEST_MS, LONGEST_OF_ALL_MS, TookTooLong, casebook_of, kept_by_caches, name_of, read
from db.pages.refused import log_line, status_of, words_of
from db.pages.registry import ROUTES, Route
from db.pages.runs import run_page, runs_page
from db.pages.unknown import not_asked, not_listed, not_taken
from db.pages.written import written
from db.query import every


@hook
def extra_template_vars(database: str | None, table: str | None, view_name: str, request: Any, datasette: Any) -> Any:
    """Give every template the links and words that it needs, and our own pages their data."""

    async def variables() -> dict[str, Any]:
        name = database or name_of(datasette)
        links = Links(datasette.urls, name or "")
        found: dict[str, Any] = {
            "casebook_database": name,
            "casebook_notice": publish.NOTICE,
            "casebook_facets": publish.FACETS,
            "casebook_questions": publish.questions(),
            "label_of": label_of,
            "casebook_shown_rows": publish.SHOWN_ROWS,
            "casebook_pages": ROUTES,
            "case_url": links.case,
            "report_url": links.report,
            "table_row_url": links.dose_table_row,
            "identifier_url": identifier_url,
            "header": header,
            "number_columns": number_columns,
            "title_shown": title_shown,
            "is_own_title": is_own_title,
            "number": number,
            "file_size": size,
        }
        connection = datasette.get_database(name)
        if name is None or request is None or not await connection.table_exists("case_overview"):
            return found
        if view_name == "index":
            found["home"] = await memory_of(datasette).get("home", lambda: read(connection, home_page, LONGEST_OF_ALL_MS))
        elif keys := request.url_vars.get("pks"):
            found |= await _row_page(connection, table, urlsafe_components(keys))
        else:
            found |= await _question(datasette, connection, links, request)
        return found

    return variables


@hook
def register_routes() -> list[tuple[str, Any]]:
    """Add the pages of the registry, and those of runs."""
    own = [(rf"^/{route.name}(?:\.(?P<format>csv|json))?$", _answer(route)) for route in ROUTES]
    return [*own, (r"^/-/runs$", runs), (r"^/-/runs/(?P<number>[0-9]{1,6})$", run)]


def _answer(route: Route) -> Callable[..., Awaitable[Any]]:
    """Return what answers requests for a page of the registry."""

    async def answer(request: Any, datasette: Any) -> Any:
        name, database = await casebook_of(datasette)
        asked = {key: request.args[key] for key in route.parameters if key in request.args}
        links = Links(datasette.urls, name, _served(database))

        async def shown() -> Any:
            source = await _source(datasette, database, route)
            longest_ms = LONGEST_MS if asked else LONGEST_OF_ALL_MS
            return await read(database, lambda sqlite: route.read(sqlite if source is None else source, asked, links), longest_ms)

        page = await _remembered(datasette, route, asked, shown)
        form = request.url_vars.get("format")
        if page is None or (form and not route.has_data):
            raise NotFound(
                f"{request.path}: nothing here has the name that was asked for" if asked else f"There is no such page: {request.path}"
            )
        if not form and (place := getattr(page, "moved_to", None)):
            return Response.redirect(place)
        is_broken_off = getattr(page, "is_broken_off", False)
        if is_broken_off and form:
            raise TookTooLong(search.PATIENCE_MS)  # rows that are not all there would look like all
        headers = {"cache-control": "no-store"} if is_broken_off else kept_by_caches(datasette)
        if form:
            _refuse_wrong(request, route, page)
            return written(page.data, form, headers)
        data = {ending: links.path(f"/{route.name}.{ending}", asked) for ending in ("csv", "json")} if route.has_data else {}
        given = {"page": page, "database": name, "asked": asked, "data_url": data}
        return Response.html(await datasette.render_template(f"{route.name}.html", given, request=request), headers=headers)

    return answer


def _refuse_wrong(request: Any, route: Route, page: Any) -> None:
    """Refuse data of a choice that was not understood: a page says so and shows all, a program would take all for what it asked for."""
    wrong = [*getattr(page, "unknown", ()), *getattr(page, "problems", ())]
    if strange := not_asked(f"/{route.name}", request.args, route.parameters):
        wrong.append(strange)
    if wrong:
        raise BadRequest(" ".join(map(not_taken, wrong)))


async def _source(datasette: Any, database: Any, route: Route) -> Any:
    """Return what is read once for all choices of a page, None where it reads the database for each."""
    if (source := route.source) is None:
        return None
    return await memory_of(datasette).get(("source", source.__name__), lambda: read(database, source, LONGEST_OF_ALL_MS))


async def _remembered(datasette: Any, route: Route, asked: Mapping[str, str], shown: Callable[[], Awaitable[Any]]) -> Any:
    """Return what a page shows: from memory where it is kept there. What strangers ask does not push out what all need."""
    if not route.is_remembered:
        return await shown()
    memory = chosen_of(datasette) if asked else memory_of(datasette)
    return await memory.get((route.name, *sorted(asked.items())), shown)


def _served(database: Any) -> Served:
    """Return the file of a database."""
    return Served(Path(database.path) if database.path else None, database.size, database.hash)


async def runs(request: Any, datasette: Any) -> Any:
    """List the runs that stored something."""
    name, connection, path = await _with_ledger(datasette)
    page = await read(connection, lambda sqlite: runs_page(sqlite, path))
    return Response.html(await datasette.render_template("runs.html", {"page": page, "database": name}, request=request))


async def run(request: Any, datasette: Any) -> Any:
    """Show what a run did and moved."""
    name, connection, path = await _with_ledger(datasette)
    number, part = int(request.url_vars["number"]), request.args.get("page") or "1"
    is_number = part.isascii() and part.isdigit() and len(part) <= 6 and int(part) > 0

    url_of = Links(datasette.urls, name).row
    page = await read(connection, lambda sqlite: run_page(sqlite, path, number, url_of, int(part))) if is_number else None
    if page is None:
        raise NotFound(f"There is no run {number} here" if is_number else "There is no such page of this run")
    return Response.html(await datasette.render_template("run.html", {"page": page, "database": name}, request=request))


async def _with_ledger(datasette: Any) -> tuple[str, Any, Path]:
    """Return the database that the site is about: its name, its connection and its file."""
    name = name_of(datasette)
    connection = datasette.get_database(name) if name else None
    if connection is None or not connection.path or not await connection.table_exists("run_dose_table"):
        raise NotFound("No Casebook database is served here")
    return name, connection, Path(connection.path)  # type: ignore[return-value]


async def _row_page(connection: Any, table: str | None, keys: list[str]) -> dict[str, Any]:
    """Return what the page of a case or a report shows; nothing for other rows."""
    key = keys[0]
    if table in ("patient_case", "case_overview"):
        return {"page": await read(connection, lambda sqlite: case_page(sqlite, key)), "page_of": "case"}
    if table == "report":
        return {
            "page": await read(connection, lambda sqlite: report_page(sqlite, key)),
            "page_of": "report",
        }
    if table == "dose_table_row" and len(keys) == 3:
        return {"same": await read(connection, lambda sqlite: same_patient(sqlite, "dose_table_id", *keys[:2]))}
    return {}


async def _question(datasette: Any, connection: Any, links: Links, request: Any) -> dict[str, Any]:
    """Return the form of a canned query: each parameter with the words to choose from, and what was asked that is none of them."""
    name = tilde_decode(request.url_vars.get("table") or "")
    query = next((query for query in publish.queries() if query.name == name), None)
    if query is None:
        return {}

    def choices(sqlite: sqlite3.Connection) -> dict[str, tuple[str, ...]]:
        return {
            parameter.name: tuple(row[0] for row in every(sqlite, parameter.choices_sql)) if parameter.choices_sql else parameter.choices
            for parameter in query.parameters
        }

    told = await memory_of(datasette).get(("choices", name), lambda: read(connection, choices, LONGEST_OF_ALL_MS))
    # Datasette 1.0 calls it stored_query.
    return {"question": query, "canned_query": name, "choices": told, "not_listed": tuple(not_listed(query, told, request.args, links))}


async def _kept_report(datasette: Any, request: Any) -> str | None:
    """Return the address of the report that is stored in place of one that tells the same, where the page of that one is asked for."""
    asked, name = request.url_vars, name_of(datasette)
    if name is None or asked.get("table") != "report" or not asked.get("pks"):
        return None
    connection = datasette.get_database(name)
    if not await connection.table_exists("report_duplicate"):
        return None
    found = await connection.execute("select report_id from report_duplicate where duplicate_id = ?", urlsafe_components(asked["pks"])[:1])
    row = found.first()
    return Links(datasette.urls, name).report(row["report_id"]) if row else None


@outer_hook
def handle_exception(datasette: Any, request: Any, exception: Exception) -> Generator[None, list[Any], list[Any]]:
    """Show what is refused or not there on a page with the site's own way back; leave faults to Datasette.

    Datasette's own hook would run beside ours for each address that is not there, and where rich is installed it takes 0.4 s to
    print the traceback; so ours stands around it.
    """
    others = yield
    status = status_of(datasette, exception)
    if line := log_line(datasette, exception, request.full_path):
        logging.getLogger("casebook").warning("%s", line)
    return [lambda: _refusal(datasette, request, exception, status)] if 400 <= status < 500 else others


async def _refusal(datasette: Any, request: Any, exception: Exception, status: int) -> Any:
    """Return what is said of a request that is refused, in the form that was asked for."""
    if status == 404 and (kept := await _kept_report(datasette, request)):
        return Response.redirect(kept)
    said = {
        **getattr(exception, "error_dict", {}),
        "ok": False,
        "error": words_of(datasette, exception),
        "status": status,
        "title": getattr(exception, "title", None),
    }
    if request.path.endswith(".json"):
        return Response.json(said, status=status)
    return Response.html(await datasette.render_template("error.html", said, request=request), status=status)
