"""Datasette hooks: cases narrowed by stains and words, and rows as a spreadsheet."""

from __future__ import annotations

import asyncio
import re
import sqlite3
import threading
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from datasette import Response
from datasette.filters import FilterArguments, Filters
from datasette.utils import path_with_format
from datasette.utils.asgi import BadRequest

from db import publish, spreadsheet
from db.hooks import hook
from db.pages import asked as told
from db.pages import narrowing
from db.pages.answers import App, Scope
from db.pages.links import asking
from db.pages.memory import memory_of
from db.pages.reading import LONGEST_OF_ALL_MS, LONGEST_OF_FILE_MS, TookTooLong, asked_of_itself, casebook_of, read
from db.pages.wrong_filters import wrong_filters
from db.query import every

CASES = "case_overview"
# What an address says of the form of a page of rows, not of which rows there are.
_OF_THE_FORM = ("_size", "_shape", "_extra")
_LIMIT = re.compile(r"\blimit \d+(?: offset \d+)?\s*$", re.IGNORECASE)
# Workbooks are written one at a time, since each takes a processor for seconds; so many are read, wait or are written at once.
_MOST_AT_ONCE = 3


@hook
def filters_from_request(request: Any, database: str, table: str, datasette: Any) -> Callable[[], Awaitable[FilterArguments]]:
    """Narrow the cases by `_marker=STAT6:positive` and `_words=...`, and refuse what would narrow nothing."""

    async def narrowed() -> FilterArguments:
        pairs, connection = _pairs(request), datasette.get_database(database)
        columns = await connection.table_columns(table)
        operators = [key for key, *_ in Filters(()).lookups()]
        if wrong := list(wrong_filters(table, pairs, columns, operators, bool(publish.searched(table)))):
            raise BadRequest(" ".join(wrong))
        found = narrowing.conditions(pairs) if table == CASES else []
        return FilterArguments([condition.sql for condition in found], {key: value for each in found for key, value in each.values.items()})

    return narrowed


@hook
def asgi_wrapper(datasette: Any) -> Callable[[App], App]:
    """Leave out the values beside the rows where counting them would take seconds: in a large table, by a filter that no index holds.

    And on pages after the first, where Datasette counts what stands from there on: `_whole_facets` counts all.
    The CSV of all rows of a table is read in the largest pages: Datasette takes those of the address, and with one row a page each
    row would be a query.
    """

    def wrap(app: App) -> App:
        async def asked_for(scope: Scope, receive: Any, send: Any) -> None:
            if scope["type"] == "http":
                path, query = scope["path"], scope["query_string"]
                if is_stream(path, query):
                    scope = {**scope, "query_string": b"_size=max&" + query}  # what stands first counts
                elif is_without(path, query):
                    scope = {**scope, "query_string": query + b"&_nofacet=1"}
            await app(scope, receive, send)

        def is_stream(path: str, query: bytes) -> bool:
            return path.endswith(".csv") and any(name == "_stream" for name, _ in _parsed(query.decode("latin-1")))

        def is_without(path: str, query: bytes) -> bool:
            if path not in large and b"_next=" not in query:
                return False
            asked = _parsed(query.decode("latin-1"))
            return (path in large and narrowing.is_weak(asked)) or any(name == "_next" for name, _ in asked)

        # What may change has no counts, and is small.
        counts = ((name, publish.row_counts(datasette.inspect_data, name)) for name in datasette.inspect_data or ())
        large = {f"/{name}/{CASES}" for name, rows in counts if rows.get(CASES, 0) > narrowing.LARGE}
        return asked_for

    return wrap


@hook
def extra_template_vars(database: str | None, table: str | None, view_name: str, request: Any, datasette: Any) -> Any:
    """Give the pages of tables and questions what they are narrowed to, their files, and the order of their columns."""
    if database is None or request is None or view_name not in ("table", "query", "database", "QueryView"):
        return {}

    async def variables() -> dict[str, Any]:
        found: dict[str, Any] = {"exports": _exports(datasette, request), "shown_first": lambda names: _shown_first(table, names)}
        if table:
            found["narrowed"] = await _narrowed(datasette, database, table, request)
            if "_next" in request.args and not found["narrowed"].get("is_uncounted"):
                found["whole_facets"] = await _whole_facets(datasette, database, table, request)
        return found

    return variables


async def _narrowed(datasette: Any, database: str, table: str, request: Any) -> dict[str, Any]:
    """Return what the page of a table shows of its filters: each with the address without it; for the cases the form above them."""
    pairs = _pairs(request)
    here = str(datasette.urls.table(database, table))
    found: dict[str, Any] = {"choices": [(choice.words, asking(here, choice.others)) for choice in narrowing.choices(pairs)]}
    if table == CASES:
        connection = datasette.get_database(database)
        markers = await memory_of(datasette).get("markers", lambda: read(connection, _markers, LONGEST_OF_ALL_MS))
        found["is_uncounted"] = narrowing.is_weak(pairs) and "_nofacet" in request.args
        found |= {"ranges": narrowing.RANGES, "given": dict(pairs), "carried": narrowing.carried(pairs), "markers": markers}
    return found


async def _whole_facets(datasette: Any, database: str, table: str, request: Any) -> dict[str, Any]:
    """Return the facets of all pages, for one after the first: Datasette's results by column, and which took too long.

    Their links lead to the first page of the cases that are chosen.
    """
    pairs = [pair for pair in _pairs(request) if pair[0] != "_next"]
    said = await _said_beside(datasette, str(datasette.urls.table(database, table, format="json")), pairs, "facet_results,facets_timed_out")
    # Datasette 1.0 holds the facets themselves a step lower.
    facets = said["facet_results"]
    timed_out = facets.get("timed_out", said.get("facets_timed_out", []))
    facets = facets["results"] if "timed_out" in facets else facets
    for facet in facets.values():
        for linked in (facet, *facet["results"]):
            linked["toggle_url"] = _first_page(linked["toggle_url"])
    return {"results": facets, "timed_out": timed_out}


def _first_page(address: str) -> str:
    """Return the address of a page of rows for one of their JSON."""
    parts = urlsplit(address)
    return asking(parts.path.removesuffix(".json"), [pair for pair in _parsed(parts.query) if pair[0] not in _OF_THE_FORM])


async def _said_beside(datasette: Any, address: str, pairs: Sequence[narrowing.Pair], what: str) -> Any:
    """Return what the JSON at an address says beside its rows, of which as few as may be are read."""
    asked = [pair for pair in pairs if pair[0] not in _OF_THE_FORM]
    answer = await asked_of_itself(datasette, asking(address, (*asked, ("_size", "1"), ("_extra", what))))
    answer.raise_for_status()
    return answer.json()


def _markers(sqlite: sqlite3.Connection) -> tuple[str, ...]:
    return tuple(row["marker"] for row in every(sqlite, "select distinct marker from ihc_result order by marker collate nocase"))


def _exports(datasette: Any, request: Any) -> list[tuple[str, str]]:
    """Return the files of all rows that are asked for: what they are called, and their addresses."""
    asked = [pair for pair in _pairs(request) if pair[0] not in ("rows", "_next", "_size", "_shape", "_facet", "_facet_size")]

    def address(ending: str, *more: tuple[str, str]) -> str:
        path = path_with_format(request=request, format=ending).partition("?")[0]
        return asking(str(datasette.urls.path(path)), (*asked, *more))

    return [
        ("Spreadsheet (.xlsx)", address("xlsx", ("_nofacet", "1"))),
        ("CSV", address("csv", ("_stream", "on"))),
        ("JSON", address("json", ("_shape", "objects"), ("_size", "max"))),
    ]


def _shown_first(table: str | None, names: Sequence[str]) -> list[int]:
    """Return the places of columns in the order in which a page shows them."""
    first = publish.COLUMNS_FIRST.get(table or "", ())
    # The key in one cell, with a link: these pages begin with the case instead.
    places = [place for place, name in enumerate(names) if not (name == "Link" and first)]
    return sorted(places, key=lambda place: first.index(names[place]) if names[place] in first else len(first))


@hook
def register_routes() -> list[tuple[str, Any]]:
    """Add the address that the form above the cases is sent to."""
    return [(r"^/-/narrow$", narrow)]


async def narrow(request: Any, datasette: Any) -> Any:
    """Send the reader to the cases that the form asks for; without its empty fields, which would mean "equal to nothing"."""
    name, _ = await casebook_of(datasette)
    return Response.redirect(asking(str(datasette.urls.table(name, CASES)), narrowing.cleaned(_pairs(request))))


@hook
def register_output_renderer() -> dict[str, Any]:
    """Add .xlsx to tables, rows and queries."""
    return {"extension": "xlsx", "render": xlsx, "can_render": lambda columns: bool(columns)}


async def xlsx(
    datasette: Any, columns: list[str], rows: Any, sql: str | None, query_name: str | None, database: str, table: str | None,
    request: Any, view_name: str, data: Mapping[str, Any],
) -> Any:  # fmt: skip
    """Return the rows as a spreadsheet: all that are asked for, not only those of the page, as far as a spreadsheet goes."""
    connection = datasette.get_database(database)
    is_listed = bool(query_name or (table and view_name != "row" and not request.url_vars.get("pks")))
    asked = await _query_of(datasette, request, data) if is_listed else None
    # SQL of a stranger has the time of a page; ours may read as long as so many rows take.
    limit_ms = datasette.setting("sql_time_limit_ms") if "_where" in request.args else LONGEST_OF_FILE_MS

    def taken(sqlite: sqlite3.Connection) -> spreadsheet.Selection:
        if asked is None:
            return spreadsheet.take(tuple(row) for row in rows)
        # The page's SQL without the end of the page.
        whole = _LIMIT.sub(f"limit {spreadsheet.MOST_ROWS + 1}", asked["sql"]) if table else asked["sql"]
        return spreadsheet.take(sqlite.execute(whole, asked["params"]))

    pairs, heading = _pairs(request), told.title(table, query_name)
    writer, places = _writer()
    if not places.acquire(blocking=False):
        return Response.text("Other spreadsheets are being written; try again in a minute, or take the CSV.\n", status=503)
    try:
        selection = await read(connection, taken, limit_ms)
        address = datasette.absolute_url(request, _page_of(request))
        about = await read(connection, lambda sqlite: told.about(sqlite, heading, pairs, query_name, address, selection))
        sheets = told.columns(columns, table)
        written = await asyncio.get_running_loop().run_in_executor(writer, spreadsheet.workbook, sheets, selection, about)
    except (sqlite3.OperationalError, TookTooLong) as error:
        return Response.text(f"Too much for a spreadsheet ({error}): narrow it, or take the CSV.\n", status=400)
    finally:
        places.release()
    name = told.file_name(heading, pairs, query_name)
    return Response(written, content_type=spreadsheet.MIME, headers={"content-disposition": f'attachment; filename="{name}"'})


async def _query_of(datasette: Any, request: Any, data: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the SQL of a page of rows, and the values of its parameters; Datasette 1.0 tells them to who asks."""
    if "params" in (data.get("query") or {}):
        return data["query"]  # type: ignore[no-any-return]
    said = await _said_beside(datasette, f"{_page_of(request).partition('?')[0]}.json", _pairs(request), "query")
    return said["query"]  # type: ignore[no-any-return]


@cache
def _writer() -> tuple[ThreadPoolExecutor, threading.BoundedSemaphore]:
    """Return what writes workbooks, and the places for those that are under way."""
    return ThreadPoolExecutor(1, thread_name_prefix="spreadsheet"), threading.BoundedSemaphore(_MOST_AT_ONCE)


def _pairs(request: Any) -> tuple[tuple[str, str], ...]:
    """Return names and values of the address, in their order."""
    # Whether values are counted beside the rows narrows nothing.
    return tuple(pair for pair in _parsed(request.query_string) if pair[0] != "_nofacet")


def _parsed(query: str) -> list[tuple[str, str]]:
    return parse_qsl(query, keep_blank_values=True)


def _page_of(request: Any) -> str:
    """Return the address of the page whose rows these are."""
    path = request.path.removesuffix(".xlsx")
    return f"{path}?{request.query_string}" if request.query_string else path
