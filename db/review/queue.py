"""The queue of a review: which values, in which order."""

from __future__ import annotations

import sqlite3
from collections.abc import Container, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from db.query import every, one

BANDS = ("conflict", "low", "middle", "high")


@dataclass(frozen=True, slots=True)
class Item:
    """A value that waits for a decision.

    Attributes
    ----------
    position
        Its place in the queue, from 1.
    report_id, case_id, field
        Where it belongs.
    number
        Number of the fact; None where a correction waits whose value is not there any more.
    correction_number
        Number of the correction that waits, within the report; None for a value that nobody looked at.
    band
        Its certainty in bands; "conflict" for a correction that waits.
    """

    position: int
    report_id: str
    case_id: str
    field: str
    number: int | None
    correction_number: int | None
    band: str


@dataclass(frozen=True, slots=True)
class Filter:
    """Which part of the queue is looked at; None: all of it."""

    report: str | None = None
    field: str | None = None
    band: str | None = None

    @property
    def query(self) -> str:
        """The filter as the end of an address: "&field=ihc"; "" for the whole queue."""
        chosen = {"report": self.report, "field": self.field, "band": self.band}
        return "".join(f"&{urlencode({name: value})}" for name, value in chosen.items() if value is not None)

    @property
    def condition(self) -> tuple[str, tuple[str, ...]]:
        """The filter as SQL, and its values."""
        chosen = (("report_id", self.report), ("field", self.field), ("band", self.band))
        told = [(f"{name} = ?", value) for name, value in chosen if value is not None]
        return " and ".join(("true", *(sql for sql, _ in told))), tuple(value for _, value in told)


def asked(arguments: Mapping[str, str | None]) -> Filter:
    """Return the filter that the arguments of an address name; an empty one is none."""
    return Filter(*(arguments.get(name) or None for name in ("report", "field", "band")))


def fill(copy: Path) -> None:
    """Write the queue into the private copy of a database."""
    with closing(sqlite3.connect(copy)) as connection:
        connection.executescript((Path(__file__).parent / "queue.sql").read_text(encoding="utf-8"))
        connection.execute("analyze review_item")
        connection.commit()


def item(connection: sqlite3.Connection, position: int) -> Item | None:
    """Return the value at a place of the queue; None where there is none."""
    row = one(connection, "select * from review_item where position = ?", position)
    return Item(**dict(row)) if row else None


def items(connection: sqlite3.Connection, case_id: str, field: str) -> list[Item]:
    """Return what waits of a field of a case."""
    rows = every(connection, "select * from review_item where case_id = ? and field = ? order by position", case_id, field)
    return [Item(**dict(row)) for row in rows]


def size(connection: sqlite3.Connection, chosen: Filter) -> int:
    """Return how many values a filter leaves."""
    condition, values = chosen.condition
    counted = "sum(n) from review_size" if chosen.report is None else "count(*) from review_item"
    return int(connection.execute(f"select {counted} where {condition}", values).fetchone()[0] or 0)


def is_left(connection: sqlite3.Connection, chosen: Filter, position: int) -> bool:
    """Tell whether a filter leaves a place."""
    condition, values = chosen.condition
    return connection.execute(f"select 1 from review_item where position = ? and {condition}", (position, *values)).fetchone() is not None


def after(connection: sqlite3.Connection, chosen: Filter, position: int, decided: Container[int]) -> int | None:
    """Return the next place without a decision after one, from the beginning again after the end; None where all are decided."""
    condition, values = chosen.condition
    for limits in ("position > ?", "position <= ?"):
        sql = f"select position from review_item where {limits} and {condition} order by position"
        for (place,) in connection.execute(sql, (position, *values)):
            if place not in decided:
                return int(place)
    return None


def before(connection: sqlite3.Connection, chosen: Filter, position: int) -> int | None:
    """Return the place before one, decided or not; None at the beginning."""
    condition, values = chosen.condition
    found = connection.execute(f"select max(position) from review_item where position < ? and {condition}", (position, *values)).fetchone()
    return None if found[0] is None else int(found[0])
