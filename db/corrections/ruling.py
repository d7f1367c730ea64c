"""What became of corrections: the rows of table correction, and what they make of the reviews of a report's values."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import asdict, astuple, dataclass, fields
from typing import Any

from db.query import every, one

APPLIED, AGREED, CONFLICT = "applied", "agreed", "conflict"


@dataclass(frozen=True, slots=True)
class Ruling:
    """What became of a correction: a row of table correction, after report and number."""

    case_id: str
    field: str
    action: str
    state: str
    conflict: str | None
    fact_number: int | None
    value: str | None
    was: str | None
    machine_value: str | None
    words: str | None
    curator: str
    made_at: str
    why: str | None


@dataclass(frozen=True, slots=True)
class Ruled:
    """The rulings on a report in the order of the file, and the fingerprint of the corrections; None where there are none."""

    rulings: tuple[Ruling, ...] = ()
    fingerprint: str | None = None


NONE = Ruled()


def rows(report_id: str, ruled: Ruled) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of table correction."""
    for number, ruling in enumerate(ruled.rulings, start=1):
        yield (report_id, number, *astuple(ruling))


def stored(connection: sqlite3.Connection, report_id: str) -> Ruled:
    """Return what is stored of the corrections of a report."""
    report = one(connection, "select corrections_fingerprint from report where report_id = ?", report_id)
    columns = ", ".join(field.name for field in fields(Ruling))
    found = every(connection, f"select {columns} from correction where report_id = ? order by number", report_id)
    return Ruled(tuple(Ruling(*row) for row in found), report["corrections_fingerprint"] if report else None)


def to_json(ruled: Ruled) -> dict[str, Any]:
    """Return rulings as the history keeps them; {} where there are none."""
    return asdict(ruled) if ruled.rulings or ruled.fingerprint else {}


def from_json(told: Mapping[str, Any]) -> Ruled:
    """Return the rulings of which `to_json` made JSON."""
    known = [field.name for field in fields(Ruling)]
    rulings = (Ruling(**{name: ruling.get(name) for name in known}) for ruling in told.get("rulings", ()))
    return Ruled(tuple(rulings), told.get("fingerprint"))


def mark(connection: sqlite3.Connection, report_id: str) -> None:
    """Say of each value of a report what a curator said of it, and of each empty field whether a curator emptied it."""
    connection.execute(_REVIEWS, (report_id,))
    connection.execute(_OF_CURATORS, (report_id,))
    connection.execute(_EMPTIED, (report_id,))


_REVIEWS = """
update fact set review = said.review
from (
    select case_id, field, fact_number,
           case when state = 'conflict' then 'in conflict'
                when action = 'confirm' or state = 'agreed' then 'confirmed'
                when was is null then 'added'
                else 'corrected' end as review
    from correction
    where report_id = ? and fact_number is not null
    order by state = 'conflict'
) as said
where fact.case_id = said.case_id and fact.field = said.field and fact.number = said.fact_number
"""
# The certainty is that of a reading by the machine.
_OF_CURATORS = """
update fact set certainty = null, band = 'curator', basis = review || ' by ' || said.curator || ' on ' || substr(said.made_at, 1, 10)
from correction as said
where said.report_id = ? and said.state = 'applied' and said.action in ('set', 'add')
  and fact.case_id = said.case_id and fact.field = said.field and fact.number = said.fact_number
  and fact.review in ('added', 'corrected')
"""
_EMPTIED = """
update empty_field set reason = 'rejected'
from correction as said
where said.report_id = ? and said.state = 'applied' and said.action in ('clear', 'reject')
  and empty_field.case_id = said.case_id and empty_field.field = said.field
"""
