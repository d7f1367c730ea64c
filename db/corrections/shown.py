"""What curators said of a case, as its page shows it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from db import fields, value_words
from db.corrections import values
from db.corrections.ruling import CONFLICT
from db.corrections.values import CASE
from db.query import Row, every
from extract.record import SCALARS, Case

_MARKS: Mapping[str, str] = {"set": "corrected", "clear": "cleared", "add": "added", "reject": "rejected", "confirm": "confirmed"}
_DONE: Mapping[str, str] = {
    "set": "set to {value}", "clear": "taken out", "add": "{value}", "reject": "taken out", "confirm": "{value}",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Said:
    """A curator's word on a value.

    Attributes
    ----------
    number
        Of the correction within the report; #said-<number> on the page.
    field, fact_number
        The value that stands for it; the number is None where there is none.
    mark
        corrected, cleared, added, rejected, confirmed or in conflict.
    label, words, machine
        What the field is called, what was said by whom and when, and what the machine read.
    why
        The curator's reason and, of a conflict, why it is one; "" where there is neither.
    """

    number: int
    field: str
    fact_number: int | None
    mark: str
    label: str
    words: str
    machine: str
    why: str

    @property
    def title(self) -> str:
        """All of it in a line."""
        return "; ".join(part for part in (self.words, self.machine, self.why) if part)


def said_of(connection: sqlite3.Connection, case_id: str) -> tuple[Said, ...]:
    """Return what curators said of the values of a case, conflicts first."""
    rows = every(connection, "select * from correction where case_id = ? order by state <> 'conflict', number", case_id)
    return tuple(_said(row) for row in rows)


def _said(row: Row) -> Said:
    field, is_conflict, is_agreed = row["field"], row["state"] == CONFLICT, row["state"] == "agreed"
    is_confirmed = row["action"] == "confirm"
    value = _told(field, row["was"] if is_confirmed else row["value"])
    done = _DONE[row["action"]].format(value=value or ("is right" if is_confirmed else "was missed"))
    machine = f"the machine {'reads' if is_conflict else 'read'} {_told(field, row['machine_value']) or 'no value'}"
    if is_conflict and row["was"] != row["machine_value"]:
        machine += f", the curator saw {_told(field, row['was']) or 'no value'}"
    return Said(
        row["number"],
        field,
        row["fact_number"],
        "in conflict" if is_conflict else "confirmed" if is_agreed else _MARKS[row["action"]],
        "Case" if field == CASE else fields.label_of(field),
        f"{done}, by {row['curator']} on {row['made_at'][:10]}",
        "the machine now reads the same" if is_agreed else "" if is_confirmed and not is_conflict else machine,
        "; ".join(part for part in (row["why"], row["conflict"]) if part),
    )


def _told(field: str, value: str | None) -> str:
    """Return a value of table correction in words; "" for none."""
    return "" if value is None or field == CASE else told(field, json.loads(value))


def told(field: str, found: Any) -> str:
    """Return a value of a correction in words, as the page tells the value itself."""
    if field in SCALARS:
        attributes = values.scalars(field, found)
        return value_words.told(Case("1", **attributes), field, attributes[field])
    return value_words.told(Case("1"), field, values.fact(field, found))
