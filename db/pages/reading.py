"""The database that the site is about, and reading it for a page: no page keeps a thread longer than its readers wait."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any, TypeVar

from datasette import NotFound
from datasette.utils import PrefixedUrlString, sqlite_timelimit
from datasette.utils.asgi import BadRequest

from db.guard.bounds import configured

Thing = TypeVar("Thing")

# What somebody chose may be read so long: Datasette's own limit holds for single queries of its pages and of readers, not for ours.
LONGEST_MS = 5_000
# What shows the whole database, whoever asks, is read once and kept.
LONGEST_OF_ALL_MS = 60_000
# All rows that somebody chose, for a file of ours.
LONGEST_OF_FILE_MS = 10_000


class TookTooLong(BadRequest):  # type: ignore[misc]  # Datasette has no types
    """A page was not read in its time."""

    def __init__(self, longest_ms: int) -> None:
        super().__init__(f"This took too long: reading for one page may take {longest_ms / 1000:g} s. Choose less at once.")


def name_of(datasette: Any) -> str | None:
    """Return the name of the database that the site is about; None where none is served."""
    return next((name for name in datasette.databases if not name.startswith("_")), None)


async def casebook_of(datasette: Any) -> tuple[str, Any]:
    """Return the database that the site is about: its name, and what reads it.

    Raises
    ------
    NotFound
        None is served, or one that has no cases.
    """
    name = name_of(datasette)
    if name is None or not await datasette.get_database(name).table_exists("case_overview"):
        raise NotFound("No Casebook database is served here")
    return name, datasette.get_database(name)


async def read(database: Any, function: Callable[[sqlite3.Connection], Thing], longest_ms: int = LONGEST_MS) -> Thing:
    """Return what a function reads with a connection.

    Raises
    ------
    TookTooLong
        It was not done in so many milliseconds; SQLite was interrupted.
    """

    def bounded(connection: sqlite3.Connection) -> Thing:
        with sqlite_timelimit(connection, longest_ms):
            try:
                return function(connection)
            except sqlite3.OperationalError as error:
                if error.args == ("interrupted",):
                    raise TookTooLong(longest_ms) from error
                raise

    found: Thing = await database.execute_fn(bounded)
    return found


async def asked_of_itself(datasette: Any, address: str) -> Any:
    """Return what the site answers to one of its own addresses, base path and all, asked under a name that it answers to."""
    host = next(iter(configured(datasette).hosts), "localhost")
    return await datasette.client.get(PrefixedUrlString(address), headers={"host": host})


def kept_by_caches(datasette: Any) -> dict[str, str]:
    """Return the header that says how long an answer may be kept; none where the site says nothing of it."""
    seconds = datasette.setting("default_cache_ttl")
    return {"cache-control": f"max-age={seconds}"} if seconds else {}
