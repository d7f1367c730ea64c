"""The form that changes a value: its parts, and back from what was typed to the value."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from functools import cache
from types import MappingProxyType
from typing import Any

from db import schema
from db.corrections import values
from db.corrections.values import FOLLOW_UP, CorrectionError
from db.overview import STATUS_WORDS
from db.records import CLASSES, SINGLE
from db.rows import FACT_TABLES
from extract.record import SCALARS, Case

_PREFIX = "part-"  # of the names of the inputs
_UNITS = (("_years", "years"), ("_months", "months"), ("_cm", "cm"), ("_percent", "%"), ("_gy", "Gy"), ("_weeks", "weeks"))
# What is no part to be typed: it follows from the others, or stays as it is.
_NOT_ASKED = ("evidence", "phases", "computed", "is_contradictory", "dose_value", "dose_unit")
_WORDS_OF_COLUMN = r"^\s{{4}}{column}\s[^()]{{0,80}}check\s\({column}\sin\s\((?P<words>[^)]{{1,400}})\)\)"
_WORD = re.compile(r"'(?P<word>(?:[^']|''){1,80})'")


@dataclass(frozen=True, slots=True)
class Part:
    """An input of the form.

    Attributes
    ----------
    name
        The name of the input.
    label, unit
        What stands before and behind it; the unit is "" for none.
    kind
        number, whole (number), text, words (between commas) or choice.
    given
        What it holds at first.
    choices
        What can be chosen, and how it is shown; () for other kinds.
    is_required
        It cannot be left empty.
    """

    name: str
    label: str
    unit: str
    kind: str
    given: str
    choices: tuple[tuple[str, str], ...] = ()
    is_required: bool = False


def parts(field: str, value: Any, typed: Mapping[str, str] = MappingProxyType({})) -> tuple[Part, ...]:
    """Return the inputs for a field, filled with a value (None: empty), or with what was typed before."""
    if field == values.CASE:
        return ()
    made = _parts_of_scalar(field, value) if field in SCALARS else _parts_of_fact(field, value or {})
    return tuple(
        Part(part.name, part.label, part.unit, part.kind, typed.get(part.name, part.given), part.choices, part.is_required) for part in made
    )


def value_of(field: str, was: Any, typed: Mapping[str, str], *, none_by: str = "r takes the value away") -> Any:
    """Return the value that was typed, in the form of a correction; what the form does not ask for stays as it was.

    `none_by` tells who left it empty how to say that there is none; "" where that cannot be said.

    Raises
    ------
    CorrectionError
        A number is none. Whether the value may stand in the field is for `db.corrections.file` to say.
    """
    if field not in SCALARS:
        return _fact(field, was or {}, typed)
    value = _read(next(iter(_parts_of_scalar(field, None))), typed)
    if value is None:
        raise CorrectionError(f"found no value, wanted one{f' ({none_by})' if none_by else ''}")
    at_least = field == FOLLOW_UP and typed.get(f"{_PREFIX}is_minimum") == "true"
    return f">{value:g}" if at_least else value


def _parts_of_scalar(field: str, value: Any) -> Iterator[Part]:
    given = "" if value is None else _written(value)
    yield _part(Case, field, given.lstrip(">"), field, is_required=True)
    if field == FOLLOW_UP:
        yes_no = (("false", "exactly"), ("true", "at least"))
        yield Part(f"{_PREFIX}is_minimum", "that is", "", "choice", "true" if given.startswith(">") else "false", yes_no, True)


def _parts_of_fact(field: str, value: Mapping[str, Any]) -> Iterator[Part]:
    for attribute in fields(_kind(field)):
        if attribute.name not in _NOT_ASKED:
            given = value.get(attribute.name)
            # A code may be left to its name, and a name to its code: the vocabulary knows the other.
            is_required = "None" not in str(attribute.type) and attribute.name not in ("name", "topography") and _is_asked(attribute.name)
            yield _part(_kind(field), attribute.name, "" if given is None else _written(given), field, is_required=is_required)


def _is_asked(name: str) -> bool:
    """Tell whether a part without "or None" has to be chosen: lists may be empty, and what begins with is_ is no where nothing is said."""
    return not name.startswith("is_") and name != "concurrent_drugs"


def _part(kind: type, name: str, given: str, field: str, *, is_required: bool) -> Part:
    """Return the input for an attribute of a class of the record."""
    of = values.type_of(kind, name)
    unit = next((unit for ending, unit in _UNITS if name.endswith(ending)), "")
    label = next((name.removesuffix(ending) for ending, _ in _UNITS if name.endswith(ending)), name).removeprefix("is_").replace("_", " ")
    choices = (("true", "yes"), ("false", "no")) if of == "bool" else _choices(field, name)
    if choices and not is_required:
        choices = (("", "—"), *choices)
    shape = {"float": "number", "int": "whole", "tuple[str, ...]": "words"}.get(of, "text")
    return Part(f"{_PREFIX}{name}", label, unit, "choice" if choices else shape, given, choices, is_required)


def _choices(field: str, name: str) -> tuple[tuple[str, str], ...]:
    """Return the words that a column may hold, and how they are shown; () where it may hold any."""
    table = dict(FACT_TABLES).get(field, "patient_case")
    shown = dict(STATUS_WORDS) if name == "status" else {}
    return tuple((word, f"{word}: {shown[word]}" if word in shown else word.replace("_", " ")) for word in words_of(table).get(name, ()))


@cache
def words_of(table: str) -> Mapping[str, tuple[str, ...]]:
    """Return the columns of a table that hold one of a list of words, and the lists: as the rules of the table have them."""
    sql = (schema.SQL / f"{table}.sql").read_text(encoding="utf-8")
    found: dict[str, tuple[str, ...]] = {}
    for column in schema.dictionary()[table].columns:
        rule = re.search(_WORDS_OF_COLUMN.format(column=column), sql, re.MULTILINE)
        words = tuple(word["word"].replace("''", "'") for word in _WORD.finditer(rule["words"])) if rule else ()
        if words:
            found[column] = words
    return MappingProxyType(found)


def _fact(field: str, was: Mapping[str, Any], typed: Mapping[str, str]) -> dict[str, Any]:
    """Return a value of several parts."""
    told = {part.name.removeprefix(_PREFIX): _read(part, typed) for part in _parts_of_fact(field, {})}
    value = {**was, **{name: part for name, part in told.items() if part is not None}}
    for name in [name for name, part in told.items() if part is None]:
        value.pop(name, None)
    return _consistent(field, was, value)


def _consistent(field: str, was: Mapping[str, Any], value: dict[str, Any]) -> dict[str, Any]:
    """Take away what followed from a part that is another now: code and name of each other, sums, what was computed."""
    changed = {name for name in {**was, **value} if was.get(name) != value.get(name)}
    code = "morphology" if field == "histology" else "topography"
    if field in ("site", "histology", "metastases"):
        if "name" in changed and code not in changed:
            value.pop(code, None)
        elif code in changed and "name" not in changed:
            value.pop("name", None)
    if "total_dose_gy" in changed:
        value.pop("phases", None)
    made = values.followed(field, value, {name: value.get(name) for name in changed})
    return {name: part for name, part in made.items() if part is not None}


def _read(part: Part, typed: Mapping[str, str]) -> Any:
    """Return what was typed into an input; None for nothing."""
    words = " ".join(typed.get(part.name, "").split())
    if not words:
        return None
    if part.kind == "choice":
        return {"true": True, "false": False}.get(words, words)
    if part.kind == "words":
        return [word.strip() for word in words.split(",") if word.strip()]
    if part.kind == "text":
        return words
    number = _number(words.replace(",", "."))
    if not math.isfinite(number):
        raise CorrectionError(f"found {words[:40]!r} for {part.label}, wanted a number")
    return number


def _number(words: str) -> float:
    """Return the number that words say; not a number where they say none."""
    try:
        return float(words)
    except ValueError:
        return math.nan


def _written(value: Any) -> str:
    """Return a part as its input holds it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return ", ".join(value)
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def _kind(field: str) -> type:
    return {**SINGLE, **CLASSES}[field]  # type: ignore[no-any-return]
