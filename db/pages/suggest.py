"""A correction that a reader suggests: what stands, the form, and the lines by which a curator takes it. Nothing is stored."""

from __future__ import annotations

import csv
import io
import shlex
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from datasette import NotFound

from db import fields
from db.corrections import by_hand, values
from db.corrections.decision import standing
from db.corrections.file import COLUMNS, Correction, cells_of
from db.corrections.shown import told
from db.corrections.values import FIELDS, LISTS, CorrectionError
from db.pages.asked_parts import NAMES
from db.pages.links import Links
from db.places import Where, where_of
from db.query import Row, every, one
from db.records import CLASSES
from db.review import forms
from db.review.forms import Part

ACTIONS = (("set", "it should be"), ("confirm", "it is right"), ("clear", "it is none"))
PARAMETERS = ("case", "field", "number", "action", "words", "why", "who", *NAMES)
_LONGEST: Mapping[str, int] = {"words": 400, "why": 500, "who": 100}
_PART = 200  # characters of one part of a value
_MOST_WORDS = 8
_ECHOED = 80  # characters of what was asked for and is not there
_AS_IT_STANDS = "found the value as it stands, wanted another; or say that it is right"


@dataclass(frozen=True, slots=True)
class Quote:
    """Words on which the value rests: their number on the page of the case, themselves, and where they stand."""

    number: int
    words: str
    where: Where | None


@dataclass(frozen=True, slots=True)
class Ready:
    """A correction that can be taken as it is.

    Attributes
    ----------
    told
        What it says, in words.
    command
        The command that writes it, for a shell.
    lines
        The lines for the file of corrections, under its heading.
    subject, body
        The same for a letter or an issue.
    """

    told: str
    command: str
    lines: str
    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class SuggestPage:
    """All that the page shows.

    Attributes
    ----------
    case, label, value
        The case (a row of case_overview), what the field is called, and the value that stands in words; None where there is none.
    field, number
        As in table fact; the number is 0 for a value that is not there.
    anchor
        The value's name on the page of the case.
    quotes, empty
        The words that the value was read from; or why there is none, in words.
    parts
        The inputs of the form.
    actions
        What can be said of the value, and how it is called.
    action, words, why, who
        What was typed.
    problem
        What is wrong with it; "" for nothing.
    ready
        The correction; None until enough was typed.
    """

    case: Row
    label: str
    value: str | None
    field: str
    number: int
    anchor: str
    quotes: tuple[Quote, ...]
    empty: str
    parts: tuple[Part, ...]
    actions: tuple[tuple[str, str], ...]
    action: str
    words: str
    why: str
    who: str
    problem: str
    ready: Ready | None


def suggest_page(connection: sqlite3.Connection, asked: Mapping[str, str], _: Links) -> SuggestPage:
    """Return what the page shows for a value. Raises NotFound, which says what was wanted, where there is no such case, field or value."""
    case_id, field, number = asked.get("case", ""), asked.get("field", ""), _number(asked.get("number", ""))
    case = _case(connection, case_id)
    _check_field(field)
    if number is None or (number > 1 and field not in LISTS):
        raise _no_such_value(connection, asked)
    fact = one(connection, "select * from fact where case_id = ? and field = ? and number = ?", case_id, field, number or 1)
    # Without a number a value of a list is one that was not read; a single value is the one that stands, if there is one.
    is_there = fact is not None and (number > 0 or field not in LISTS)
    if number > 0 and not is_there and field in LISTS:
        raise _no_such_value(connection, asked)
    number = (number or 1) if is_there else 0
    there = standing(connection, case_id, field, number).value if is_there else None
    typed = {name: asked[name][:_PART] for name in NAMES if name in asked}
    said = {name: " ".join(asked.get(name, "").split())[:most] for name, most in _LONGEST.items()}
    actions = tuple((name, words) for name, words in ACTIONS if name == "set" or is_there)
    action = asked.get("action", "")
    problem, ready = "", None
    if action:
        try:
            ready = _ready(connection, case_id, field, number, action, there, typed, said)
        except CorrectionError as error:
            problem = f"{str(error)[:1].upper()}{str(error)[1:]}."
    return SuggestPage(
        case, fields.label_of(field), fact["value"] if fact and is_there else None, field, number,
        f"{field}-{number}" if is_there and field in CLASSES else field,
        _quotes(connection, case, field, number), "" if is_there else _empty(connection, case_id, field),
        forms.parts(field, there, typed), actions, action if action in dict(actions) else "set", said["words"], said["why"], said["who"],
        problem, ready,
    )  # fmt: skip


def _case(connection: sqlite3.Connection, case_id: str) -> Row:
    """Return the row of the case that is asked for."""
    if not case_id:
        raise NotFound("Found no case, wanted a value as its page names it: ?case=imt-lung/1&field=age_years")
    if (case := one(connection, "select * from case_overview where case_id = ?", case_id)) is None:
        raise NotFound(f"There is no case {case_id[:_ECHOED]!r} here")
    return case


def _check_field(field: str) -> None:
    if field not in FIELDS or field == values.CASE:
        found = f"the field {field[:_ECHOED]!r}" if field else "no field"
        raise NotFound(f"Found {found}, wanted one of: {', '.join(name for name in FIELDS if name != values.CASE)}")


def _no_such_value(connection: sqlite3.Connection, asked: Mapping[str, str]) -> NotFound:
    """Return the error that a case has no value of the number that is asked for."""
    count = one(connection, "select count(*) as n from fact where case_id = ? and field = ?", asked["case"], asked["field"])
    there = count["n"] if count else 0
    wanted = f"a number up to {there}" if there else "none"
    return NotFound(f"Found the number {asked['number'][:_ECHOED]!r}, wanted {wanted}: {asked['case']} has {there} of {asked['field']}")


def _number(words: str) -> int | None:
    """Return the number of a value, 0 where none is given; None for what is no number."""
    return 0 if not words else int(words) if words.isascii() and words.isdecimal() and len(words) <= 4 else None


def _quotes(connection: sqlite3.Connection, case: Row, field: str, number: int) -> tuple[Quote, ...]:
    rows = every(
        connection,
        "select evidence.* from fact_evidence join evidence on evidence.report_id = fact_evidence.report_id"
        " and evidence.number = evidence_number where fact_evidence.case_id = ? and fact_evidence.field = ?"
        " and fact_evidence.number = ? order by evidence_number limit ?",
        case["case_id"],
        field,
        number,
        _MOST_WORDS,
    )
    return tuple(Quote(row["number"], row["quote"], where_of([row])) for row in rows)


def _empty(connection: sqlite3.Connection, case_id: str, field: str) -> str:
    row = one(connection, "select reason from empty_field where case_id = ? and field = ?", case_id, field)
    return row["reason"] if row else "one more is missing"


def _ready(
    connection: sqlite3.Connection,
    case_id: str,
    field: str,
    number: int,
    action: str,
    there: Any,
    typed: Mapping[str, str],
    said: Mapping[str, str],
) -> Ready:
    """Return the correction that was typed, as the command line makes it of the command. Raises CorrectionError where it is none."""
    is_list = field in LISTS
    if action not in dict(ACTIONS):
        raise CorrectionError(f"found {action[:40]!r}, wanted one of: {', '.join(name for name, _ in ACTIONS)}")
    if not said["who"]:
        raise CorrectionError("found no name, wanted who says so")
    action = {"clear": "reject" if is_list else "clear", "set": "add" if is_list and not number else "set"}.get(action, action)
    none_by = "“it is none” says that there is none" if there is not None else ""
    text = None
    if action in ("set", "add"):
        text = values.written(_changed(field, there, forms.value_of(field, there, typed, none_by=none_by)))
        _check_is_another(field, text, there)
    item = str(number) if is_list and number else None
    words = said["words"] or None
    found = by_hand.made(
        connection, case_id, field, action, text, item=item, words=words, curator=said["who"], why=said["why"] or None
    )  # fmt: skip
    command = _command(case_id, field, action, text, item, said)
    lines = _lines(found)
    what = _in_words(field, found[-1])
    subject = f"Casebook: {case_id}, {fields.label_of(field).lower()}"
    body = "\n\n".join(part for part in (f"{case_id}. {what}", said["why"], f"Suggested by {said['who']}", command, lines) if part)
    return Ready(what, command, lines, subject, body)


def _changed(field: str, there: Any, value: Any) -> Any:
    """Return what the command has to name: of a value with several parts those that change, null for one that is emptied."""
    if there is not None and value == there:
        raise CorrectionError(_AS_IT_STANDS)
    if not isinstance(value, dict) or not isinstance(there, dict):
        return value
    told = {name: value.get(name) for name in {**there, **value} if there.get(name) != value.get(name)}
    code = "morphology" if field == "histology" else "topography"
    # A name brings its code with it, and a code its name: null would say that there is none.
    if field in ("site", "histology", "metastases"):
        told = {name: part for name, part in told.items() if part is not None or name not in ("name", code)}
    return told


def _check_is_another(field: str, text: str, there: Any) -> None:
    """Raise CorrectionError where the parts that are named make the value that stands: none of them, or in other letters."""
    if there is None:
        return
    with values.rules() as rules:
        if values.changed(field, text, there, rules) == there:
            raise CorrectionError(_AS_IT_STANDS)


def _command(case_id: str, field: str, action: str, text: str | None, item: str | None, said: Mapping[str, str]) -> str:
    """Return the command for a shell; an option with a value that begins with a hyphen keeps it by its equals sign."""
    options = [("item", item), (action, text or ""), ("words", said["words"]), ("why", said["why"]), ("by", said["who"])]
    told = [f"--{name}={value}" if value else f"--{name}" for name, value in options if value or name == action]
    return shlex.join(["casebook", "correct", case_id, field, *told])


def _lines(found: tuple[Correction, ...]) -> str:
    """Return the lines for the file of corrections, under its heading."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(map(cells_of, found))
    return text.getvalue()


def _in_words(field: str, found: Correction) -> str:
    """Return what a correction says, in words."""
    label, was = fields.label_of(field), "" if found.was is None else told(field, found.was)
    match found.action:
        case "confirm":
            return f"{label}: {was} is right."
        case "clear" | "reject" | "withdraw":
            return f"{label}: {was} is none."
        case _:
            return f"{label}: {told(field, found.value)}{f' in place of {was}' if was else ', which was not read'}."
