"""Flags of implausible values: from a record to rows, and from rows to what the page of a case shows."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from db.query import every
from db.rows import Row, case_key
from extract import plausibility
from extract.plausibility.flag import Place
from extract.record import Record


@dataclass(frozen=True, slots=True)
class ShownFlag:
    """A flag as the page of a case shows it; `evidence` holds the numbers of the words behind its values."""

    number: int
    severity: str
    found: str
    message: str
    evidence: tuple[int, ...]
    places: tuple[Place, ...]


def rows(report_id: str, record: Record) -> Iterator[tuple[str, list[Row]]]:
    """Yield table and rows of the flags of all cases of a record."""
    for case in record.cases:
        key = case_key(report_id, case.label)
        found = list(enumerate(plausibility.flags(case), start=1))
        yield (
            "flag",
            [
                (key, n, flag.rule, flag.severity, ", ".join(dict.fromkeys(field for field, _ in flag.places)), flag.found, flag.message)
                for n, flag in found
            ],
        )
        yield "flag_value", [(key, n, field, number) for n, flag in found for field, number in flag.places]


def shown(connection: sqlite3.Connection, case_id: str, evidence: Mapping[Place, tuple[int, ...]]) -> tuple[ShownFlag, ...]:
    """Return the flags of a case in order; `evidence` maps a value's field and number to its evidence."""
    places: dict[int, list[Place]] = {}
    values = every(connection, "select flag_number, field, number from flag_value where case_id = ? order by field, number", case_id)
    for flag, field, number in values:
        places.setdefault(flag, []).append((field, number))
    told = every(connection, "select number, severity, found, message from flag where case_id = ? order by number", case_id)
    return tuple(
        ShownFlag(
            row["number"],
            row["severity"],
            row["found"],
            row["message"],
            tuple(dict.fromkeys(entry for place in places[row["number"]] for entry in evidence.get(place, ()))),
            tuple(places[row["number"]]),
        )
        for row in told
    )
