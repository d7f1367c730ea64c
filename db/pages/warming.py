"""Reading ahead: what pages show of a whole large database is read before the first reader asks for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from db import publish
from db.pages.reading import asked_of_itself
from db.pages.registry import ROUTES

# Smaller databases are read at once.
_LARGE = 5_000  # cases


async def warm(datasette: Any) -> None:
    """Ask for the pages that show the whole database, one after the other, so that what they remember is there."""
    for name, database in datasette.databases.items():
        counts = {} if database.is_mutable else await database.table_counts()
        if (counts.get("patient_case") or 0) > _LARGE:
            for address in _addresses(name):
                await asked_of_itself(datasette, datasette.urls.path(address))


def _addresses(database: str) -> Iterator[str]:
    """Yield home, the tables, the cases, the pages of the registry that are remembered, and the questions."""
    yield "/"
    yield f"/{database}"
    yield f"/{database}/case_overview"
    yield from (f"/{route.name}" for route in ROUTES if route.is_remembered)
    yield from (f"/{database}/{query.name}" for query in publish.queries())
