"""What the page of a review shows: one value large, what is known of it, and the text with its words."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from db import fields, flags, value_words
from db.corrections import values
from db.corrections.decision import is_single
from db.corrections.file import Correction
from db.flags import ShownFlag
from db.overview import site_words
from db.pages import report_parts
from db.pages.highlight import Span
from db.pages.typeset import Block
from db.places import Where, where_of
from db.query import Row, every, one
from db.review import forms, queue
from db.review.queue import Filter, Item
from db.review.session import Session, name, waiting
from extract.record import Case

# Under which name the words of a field were passed over, where it is another: that of its module.
_MODULES: Mapping[str, str] = MappingProxyType(
    {
        "age_years": "age", "size_cm": "size", "ki67_percent": "ki67", "metastases": "metastasis", "surgeries": "surgery",
        "radiotherapy_given": "radiotherapy", "recurrence_months": "recurrence", "follow_up_months": "follow_up",
    }
)  # fmt: skip
_DONE: Mapping[str, str] = MappingProxyType(
    {"confirm": "accepted", "set": "changed", "clear": "emptied", "reject": "rejected", "add": "added", "withdraw": "withdrawn"}
)
_VALUES = ("was", "value", "machine_value")
# What the browser sends back of a value that was typed and not taken.
Typed = Mapping[str, str]
NOTHING: Typed = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Quote:
    """Words of the text: the number of the evidence, what they say, where they stand, and why they were passed over."""

    number: int
    quote: str
    where: Where | None
    value: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Conflict:
    """A correction that waits: what the curator did (in words: "changed"), saw and said, what is read now, and why nothing was changed."""

    done: str
    curator: str
    made_at: str
    was: str | None
    value: str | None
    now: str | None
    reason: str
    words: str | None
    why: str | None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a review is: reviewed values and all, of those that the filter leaves; and how many an hour, None where not known yet."""

    reviewed: int
    total: int
    per_hour: int | None


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision that was taken already: in words ("accepted"), the curator's value, who and when."""

    done: str
    value: str | None
    curator: str
    made_at: str
    why: str | None


@dataclass(frozen=True, slots=True)
class ValuePage:
    """All that the page of one value shows; None or () where there is no such thing."""

    item: Item
    label: str
    group: str
    value: str | None  # in words
    certainty: float | None
    basis: str | None
    is_single: bool
    case: Mapping[str, Any]
    who: str  # the patient in a line
    report: Mapping[str, Any]
    quotes: tuple[Quote, ...]
    passed: tuple[Quote, ...]
    flags: tuple[ShownFlag, ...]
    conflict: Conflict | None
    decided: Decided | None
    seen: str  # names the decision that is shown
    parts: tuple[forms.Part, ...]
    blocks: tuple[Block, ...]
    previous: int | None


def value_page(connection: sqlite3.Connection, session: Session, item: Item, chosen: Filter, typed: Typed = NOTHING) -> ValuePage:
    """Read all that the page of a value shows; `typed` is what stood in the form, where it was not taken."""
    case = one(connection, "select * from patient_case where case_id = ?", item.case_id)
    report = one(connection, "select report_id, title, citation, year from report where report_id = ?", item.report_id)
    fact = one(connection, "select * from fact where case_id = ? and field = ? and number = ?", item.case_id, item.field, item.number)
    quotes, passed = _quotes(connection, item), _passed(connection, item)
    decision = session.decided.get(item.position)
    marked = {quote.number for quote in quotes}
    return ValuePage(
        item,
        "Whole case" if item.field == values.CASE else fields.label_of(item.field),
        fields.group_of(item.field),
        fact["value"] if fact else "is it a patient of the authors?" if item.field == values.CASE else None,
        fact["certainty"] if fact else None,
        fact["basis"] if fact else None,
        is_single(item.field),
        dict(case) if case else {},
        _who(case) if case else "",
        dict(report) if report else {},
        quotes,
        passed,
        tuple(flag for flag in flags.shown(connection, item.case_id, {}) if (item.field, item.number) in flag.places),
        _conflict(connection, item),
        _decided(decision),
        name(decision),
        forms.parts(item.field, _shown(connection, session, item, decision), typed),
        _blocks(connection, item, marked, {quote.number for quote in passed}),
        queue.before(connection, chosen, item.position),
    )


def _shown(connection: sqlite3.Connection, session: Session, item: Item, decision: Correction | None) -> Any:
    """Return what the form holds at first: the curator's value where there is one, else the machine's."""
    if decision is not None and decision.value is not None:
        return decision.value
    row = waiting(connection, item)
    if row is not None and row["value"] is not None:
        return json.loads(row["value"])
    return session.machines(connection, item)


def progress(connection: sqlite3.Connection, session: Session, chosen: Filter) -> Progress:
    """Return how far the part of the queue is that a filter leaves."""
    reviewed = sum(queue.is_left(connection, chosen, position) for position in tuple(session.decided))
    return Progress(reviewed, queue.size(connection, chosen), session.per_hour)


def part(chosen: Filter) -> str:
    """Return what a filter leaves, in words; "" for the whole queue."""
    told = (chosen.report, chosen.field and fields.label_of(chosen.field), chosen.band)
    return ", ".join(words for words in told if words)


def choices(connection: sqlite3.Connection) -> Mapping[str, tuple[tuple[str, str, int], ...]]:
    """Return what the filter can choose: fields and bands that wait, each with its words and how many values it has."""
    found = every(connection, "select field, sum(n) as n from review_size group by field")
    of_field = {row["field"]: row["n"] for row in found}
    bands = {row["band"]: row["n"] for row in every(connection, "select band, sum(n) as n from review_size group by band")}
    order = [field for _, _, all_of_group in fields.GROUPS for field in all_of_group]
    ordered = sorted(of_field, key=lambda field: order.index(field) if field in order else len(order))
    return {
        "field": tuple((field, fields.label_of(field), of_field[field]) for field in ordered),
        "band": tuple((band, {"conflict": "conflicts"}.get(band, band), bands[band]) for band in queue.BANDS if band in bands),
    }


def _who(case: Row) -> str:
    """Return the patient in a line: "54 years, male, inflammatory myofibroblastic tumor, lung (C34)"."""
    age = case["age_years"]
    told = (None if age is None else fields.age(age), case["sex"], case["histology_name"], site_words(case["topography"]))
    return ", ".join(part for part in told if part)


def _quotes(connection: sqlite3.Connection, item: Item) -> tuple[Quote, ...]:
    """Return the words that support a value, in the order of the text."""
    sql = (
        "select evidence.* from fact_evidence join evidence on evidence.report_id = fact_evidence.report_id"
        " and evidence.number = evidence_number where fact_evidence.case_id = ? and fact_evidence.field = ?"
        " and fact_evidence.number = ? order by start_char, end_char"
    )
    return tuple(_quote(row) for row in every(connection, sql, item.case_id, item.field, item.number))


def _passed(connection: sqlite3.Connection, item: Item) -> tuple[Quote, ...]:
    """Return the words that were read for the field and passed over, of this case or of none, in the order of the text."""
    sql = (
        "select * from evidence where report_id = ? and reason is not null and field in (?, ?)"
        " and (case_id is null or case_id = ?) order by start_char, number"
    )
    rows = every(connection, sql, item.report_id, item.field, _MODULES.get(item.field, item.field), item.case_id)
    return tuple(_quote(row) for row in rows)


def _quote(row: Row) -> Quote:
    return Quote(row["number"], row["quote"], where_of([row]), row["value"], row["reason"])


def _conflict(connection: sqlite3.Connection, item: Item) -> Conflict | None:
    row = waiting(connection, item)
    if row is None:
        return None
    was, value, now = (None if row[part] is None else in_words(item.field, json.loads(row[part])) for part in _VALUES)
    return Conflict(
        _DONE[row["action"]], row["curator"], _day(row["made_at"]), was, value, now, row["conflict"] or "", row["words"], row["why"]
    )


def _decided(decision: Correction | None) -> Decided | None:
    if decision is None:
        return None
    value = None if decision.value is None else in_words(decision.field, decision.value)
    return Decided(_DONE[decision.action], value, decision.curator, _day(decision.made_at), decision.why)


def in_words(field: str, value: Any) -> str:
    """Return a value of a correction in words, as the page of the case tells it."""
    if isinstance(value, dict):
        return value_words.told(Case("1"), field, values.fact(field, value))
    if field == values.FOLLOW_UP and isinstance(value, str):
        return fields.months(float(value.removeprefix(">")), True)
    return value_words.told(Case("1"), field, value)


def _day(made_at: str) -> str:
    return made_at[:16].replace("T", " ")


def _blocks(connection: sqlite3.Connection, item: Item, marked: set[int], passed: set[int]) -> tuple[Block, ...]:
    """Set the text, cut at the words of the value and at those that were passed over for its field."""
    rows = every(connection, "select number, start_char, end_char from evidence where report_id = ?", item.report_id)
    group = fields.group_of(item.field)
    spans = [
        Span(row["number"], row["start_char"], row["end_char"], group if row["number"] in marked else None)
        for row in rows
        if row["number"] in marked | passed
    ]
    return report_parts.blocks(connection, item.report_id, spans)
