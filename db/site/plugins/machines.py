"""Datasette hooks: what machines ask for. Downloads, robots.txt, sitemap, feed, health."""

from __future__ import annotations

import hashlib
import os
import sqlite3
import sys
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from datasette import NotFound, Response

from db import export, machines, publish
from db.export import manifest as manifests
from db.export.sending import is_known, send_file
from db.hooks import hook
from db.pages.links import Links
from db.pages.memory import Memory
from db.pages.reading import LONGEST_OF_ALL_MS, TookTooLong, casebook_of, kept_by_caches, name_of, read
from db.pages.registry import ROUTES
from db.schema import DatabaseError

# The site's public address without its base path: https://casebook.example.org.
ADDRESS = "CASEBOOK_ADDRESS"
_KEPT = 32  # documents


@hook
def register_routes() -> list[tuple[str, Any]]:
    """Add the addresses that machines know."""
    return [
        (r"^/downloads/(?P<name>.+)$", download),
        (r"^/robots\.txt$", robots),
        (r"^/sitemap\.xml$", sitemap),
        (r"^/sitemap-(?P<number>[0-9]{1,6})\.xml$", sitemap_part),
        (r"^/feed\.atom$", feed),
        (r"^/-/health$", health),
    ]


@hook
def startup() -> None:
    """Let a wrong address be told when the site starts, not to a reader."""
    _configured()


# --- downloads ---------------------------------------------------------------------------------


async def download(request: Any, datasette: Any, send: Any) -> Any:
    """Send a file of the export beside the served database. Only names that its manifest lists lead to a file."""
    name = name_of(datasette)
    database = datasette.get_database(name) if name else None
    if request.method not in ("GET", "HEAD"):
        return Response.text("Only GET and HEAD", status=405, headers={"allow": "GET, HEAD"})
    if database is None or not database.path or not database.hash:
        raise NotFound("No Casebook database is served here")
    folder = export.folder_of(Path(database.path))
    file = _listed(folder, database.hash, request.url_vars["name"])
    if file is None:
        raise NotFound("There is no such download; the page of downloads lists those of this database")
    seconds = datasette.setting("default_cache_ttl")
    try:
        is_sent = await send_file(folder / file.name, file, request.method, request.headers, send, seconds)
    except FileNotFoundError:
        is_sent = False
    if not is_sent:
        raise NotFound("This download is being made anew")
    return None


def _listed(folder: Path, sha256: str, name: str) -> manifests.Download | None:
    """Return the file of a name in an export of the served database; None where it is of another one, or has no such file."""
    try:
        made = manifests.read(folder)
    except DatabaseError:
        return None
    return made.file(name) if made and made.edition.sha256 == sha256 else None


# --- addresses ---------------------------------------------------------------------------------


def _origin(request: Any, datasette: Any) -> str:
    """Return scheme and host of the site: the configured address, else that of the request."""
    if configured := _configured():
        return configured
    if not machines.is_host(request.host):
        raise NotFound("No such host")
    scheme = "https" if datasette.setting("force_https_urls") or request.scheme == "https" else "http"
    return f"{scheme}://{request.host}"


def _configured() -> str | None:
    """Return the configured address; None where there is none."""
    said = os.environ.get(ADDRESS)
    if not said:
        return None
    parts = urlsplit(said)
    if parts.scheme not in ("http", "https") or not machines.is_host(parts.netloc):
        raise DatabaseError(f"{ADDRESS}={said}: no address; wanted https://host")
    return f"{parts.scheme}://{parts.netloc}"


def _page_address(links: Links, origin: str, kind: str, key: str) -> str:
    return origin + (links.case(key) if kind == "case" else links.report(key))


def _own_addresses(datasette: Any, name: str, origin: str) -> list[str]:
    """Return the addresses of the pages that are neither a case nor a report."""
    urls = datasette.urls
    tables = (urls.table(name, table) for table in ("case_overview", "report"))
    queries = (urls.query(name, query.name) for query in publish.queries() if not query.parameters)
    pages = (urls.path(f"/{route.name}") for route in ROUTES if route.stands_alone)
    return [origin + str(path) for path in (urls.instance(), *pages, *tables, *queries)]


# --- documents ---------------------------------------------------------------------------------


async def robots(request: Any, datasette: Any) -> Any:
    """Say which addresses are for crawlers."""

    def path(rule: str) -> str:
        return str(datasette.urls.path(rule))

    text = machines.robots(path, name_of(datasette), _origin(request, datasette) + path("/sitemap.xml"))
    return Response.text(text, headers=kept_by_caches(datasette))


async def sitemap(request: Any, datasette: Any) -> Any:
    """Name all pages, or the parts of the sitemap where there are many."""
    origin = _origin(request, datasette)

    def write(connection: sqlite3.Connection, name: str) -> bytes:
        n_parts = machines.parts(connection)
        if n_parts > machines.FEW:
            addresses = (f"{origin}{datasette.urls.path(f'/sitemap-{number}.xml')}" for number in range(n_parts + 1))
            return machines.sitemap_index(addresses, machines.changed(connection))
        rows = (row for number in range(1, n_parts + 1) for row in machines.part(connection, number) or ())
        cases = (_page_address(Links(datasette.urls, name), origin, *row) for row in rows)
        return machines.sitemap((*_own_addresses(datasette, name, origin), *cases))

    return await _document(request, datasette, ("sitemap", origin), write, "application/xml")


async def sitemap_part(request: Any, datasette: Any) -> Any:
    """Name the pages of a part: 0 our own, then cases, then reports."""
    origin, number = _origin(request, datasette), int(request.url_vars["number"])

    def write(connection: sqlite3.Connection, name: str) -> bytes | None:
        if number == 0:
            return machines.sitemap(_own_addresses(datasette, name, origin))
        rows = machines.part(connection, number)
        return None if rows is None else machines.sitemap(_page_address(Links(datasette.urls, name), origin, *row) for row in rows)

    return await _document(request, datasette, ("sitemap", origin, number), write, "application/xml")


async def feed(request: Any, datasette: Any) -> Any:
    """Tell of new cases."""
    origin = _origin(request, datasette)

    def write(connection: sqlite3.Connection, name: str) -> bytes:
        home, own = (origin + str(datasette.urls.path(path)) for path in ("/", "/feed.atom"))
        links = Links(datasette.urls, name)
        return machines.feed(machines.new_cases(connection), home, own, lambda key: origin + links.case(key))

    return await _document(request, datasette, ("feed", origin), write, "application/atom+xml")


async def _document(
    request: Any, datasette: Any, key: tuple[object, ...], write: Callable[[sqlite3.Connection, str], bytes | None], kind: str
) -> Any:
    """Answer with XML that is made once: a served database never changes. Who asks again and has it already is told so."""
    name, database = await casebook_of(datasette)
    body = await _memory(datasette).get(key, lambda: read(database, lambda connection: write(connection, name), LONGEST_OF_ALL_MS))
    if body is None:
        raise NotFound("There is no such part")
    headers = {**kept_by_caches(datasette), "etag": f'"{hashlib.sha256(body).hexdigest()}"'}
    if is_known(headers["etag"], request.headers):
        return Response("", status=304, headers=headers)
    return Response(body, content_type=f"{kind}; charset=utf-8", headers=headers)


async def health(datasette: Any) -> Any:
    """Say whether the database can be read: 200 and how many cases it holds, or 503."""
    headers, name = {"cache-control": "no-store"}, name_of(datasette)
    try:
        if name is None:
            raise sqlite3.OperationalError("no database is served")
        found = await read(datasette.get_database(name), machines.health)
    except (sqlite3.Error, TookTooLong) as error:
        sys.stderr.write(f"casebook: /-/health: {error}\n")  # the reason is the operator's, not a stranger's
        return Response.json({"status": "unavailable"}, status=503, headers=headers)
    return Response.json(found, headers=headers)


@lru_cache(maxsize=8)
def _memory(datasette: Any) -> Memory:
    """Return what keeps the documents of a server; few, as a part of the sitemap takes half a megabyte."""
    return Memory(_KEPT)
