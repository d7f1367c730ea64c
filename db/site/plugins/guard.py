"""Datasette hooks: what a stranger's query or page may use up, and what a browser may load. The work is done in db/guard."""

from __future__ import annotations

import asyncio
import logging
import os
import sqlite3
import sys
import threading
from collections.abc import Awaitable, Callable
from typing import Any

from db import publish
from db.guard import door, queries
from db.guard.bounds import configured
from db.guard.leaving import Threads
from db.hooks import hook
from db.pages.registry import ROUTES

_LONGEST_START_S = 60
# SQLite asks Python at each thousandth step whether its time is over. While another thread works in Python, each of these questions
# would wait for 5 ms, and a query of 8 ms take 190 in place of 80.
_SWITCH_S = 0.0001


@hook
def prepare_connection(conn: sqlite3.Connection) -> None:
    """Bound what one query may build."""
    queries.bound(conn)


@hook
def startup(datasette: Any) -> Callable[[], Awaitable[None]]:
    """Let each thread open the files now; one that came later might find that another database had taken a file's place."""
    sys.setswitchinterval(_SWITCH_S)
    if configured(datasette).is_public and not os.environ.get("DATASETTE_SECRET"):
        logging.getLogger("casebook").warning(
            "DATASETTE_SECRET is not set: this server signs with a secret of its own, which ends with it; "
            "set one where several processes serve the site"
        )

    n_threads = datasette.setting("num_sql_threads")
    if datasette.executor is not None:  # without threads Datasette has none
        datasette.executor.shutdown(wait=False)
        datasette.executor = Threads(n_threads, thread_name_prefix="sql")

    async def open_all() -> None:
        for database in datasette.databases.values():
            all_there = threading.Barrier(max(n_threads, 1))
            waiting = (database.execute_fn(lambda _, gate=all_there: gate.wait(_LONGEST_START_S)) for _ in range(n_threads))
            await asyncio.gather(*waiting)

    return open_all


@hook
def asgi_wrapper(datasette: Any) -> Callable[[door.App], door.App]:
    """Put the door in front of the site."""
    bounds, base = configured(datasette), datasette.setting("base_url").rstrip("/")
    questions = {query.name for query in publish.queries()} | {route.name for route in ROUTES}
    return lambda app: door.guarded(app, bounds, base, questions, is_for_all=datasette.cors)
