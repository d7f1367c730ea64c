"""What a reader narrowed a table to: in words, as SQL where Datasette has none for it, and from the form above the cases."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from db.fields import header
from db.pages.terms import terms_of
from extract.record import RESULTS

Pair = tuple[str, str]

# The numbers of a case that the form asks for with "from" and "to": column, and the step of the field.
RANGES = (("age_years", "1"), ("max_dose_gy", "0.1"), ("follow_up_months", "1"), ("year", "1"))

_RANGE_NAMES = frozenset(f"{column}__{end}" for column, _ in RANGES for end in ("gte", "lte"))
# What the address says of the cases beside their own columns: a stain and its result ("STAT6:positive"), words of the report.
MARKER, WORDS = "_marker", "_words"
# Of more cases than this, those that such a column narrows to are not counted by value.
LARGE = 20_000
_UNHELD = frozenset({"markers", "drugs", "fractions", "max_dose_gy_rbe", "max_dose_gy_particles", "max_dose_gy_brachytherapy", "citation"})
_WITH_WORDS = """report_id in (select report_id from report_text where search_key in (select rowid from report_search
    where report_search match {}))"""
_NOTHING = '""'  # what words that are no words (a lone quotation mark) ask: it is found nowhere
# Endings of Datasette's filters, and how they are said: before the value, and after it.
_SAID = {
    "exact": ": {}",
    "gte": " from {}",
    "lte": " to {}",
    "gt": " above {}",
    "lt": " below {}",
    "not": " not {}",
    "contains": " contains “{}”",
    "notcontains": " does not contain “{}”",
    "startswith": " begins with “{}”",
    "endswith": " ends with “{}”",
    "like": " like “{}”",
    "notlike": " not like “{}”",
    "in": ": one of {}",
    "notin": ": none of {}",
    "isnull": ": not reported",
    "notnull": ": reported",
    "isblank": ": not reported",
    "notblank": ": reported",
}


@dataclass(frozen=True, slots=True)
class Choice:
    """A choice that narrows a table.

    Attributes
    ----------
    words
        The choice as a reader says it: "age from 20 years", "STAT6 positive".
    others
        The names and values of the address without it.
    """

    words: str
    others: tuple[Pair, ...]


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition on table case_overview: its SQL, and the values of its parameters."""

    sql: str
    values: Mapping[str, str]


def choices(asked: Sequence[Pair]) -> tuple[Choice, ...]:
    """Return what an address narrows a table to; orders, facets and pages narrow nothing."""
    found = []
    for number, pair in enumerate(asked):
        if words := _words(*pair):
            others = (*asked[:number], *asked[number + 1 :])
            found.append(Choice(words, tuple(other for other in others if other[0] != "_next")))
    return tuple(found)


def conditions(asked: Iterable[Pair]) -> tuple[Condition, ...]:
    """Return the conditions that Datasette's own filters cannot say: a stain of the case, words of its report (asked as by the search)."""
    found = []
    for number, (name, value) in enumerate(asked):
        if name == MARKER and value:
            marker, result = _stain(value)
            values = {f"marker_{number}": marker, f"result_{number}": result}
            is_so = f" and result = :result_{number}" if result else ""
            found.append(Condition(f"case_id in (select case_id from ihc_result where marker = :marker_{number}{is_so})", values))
        elif name == WORDS and value.strip():
            words = f":words_{number}"
            found.append(Condition(_WITH_WORDS.format(words), {words[1:]: terms_of(value).for_text() or _NOTHING}))
    return tuple(found)


def is_weak(asked: Iterable[Pair]) -> bool:
    """Tell whether cases are narrowed by a column that the facets' indexes do not hold: each facet would look at every case."""
    names = {name for name, _ in asked}
    filters = {name.partition("__")[0] for name in names if not name.startswith("_")}
    return bool(filters & _UNHELD) and not any(name.startswith("_facet") for name in names)


def cleaned(asked: Iterable[Pair]) -> tuple[Pair, ...]:
    """Return what the form above the cases asks as an address of the table: no empty fields, a marker and its result as one."""
    given = [(name, value.strip()) for name, value in asked if value.strip() and name != "_next"]
    marker, result = (next((value for name, value in given if name == wanted), "") for wanted in ("marker", "result"))
    kept = [(name, value) for name, value in given if name not in ("marker", "result")]
    return (*kept, *([(MARKER, f"{marker}:{result}" if result else marker)] if marker else []))


def carried(asked: Iterable[Pair]) -> tuple[Pair, ...]:
    """Return what of an address the form above the cases keeps, since it has no field for it."""
    return tuple((name, value) for name, value in asked if name not in (*_RANGE_NAMES, WORDS, "_next"))


def _stain(value: str) -> Pair:
    """Return marker and result of "STAT6:positive"; no result where none of ours is named."""
    marker, _, result = value.rpartition(":")
    return (marker, result) if marker and result in RESULTS else (value, "")


def _words(name: str, value: str) -> str:
    """Return what a part of an address narrows to, "" where it narrows nothing."""
    match name:
        case "_marker":
            return " ".join(_stain(value)).replace("_", " ").strip() if value else ""
        case "_words" if value.strip():
            problem = terms_of(value).problem
            return f"the report has “{value.strip()}”" + (f" ({problem.removesuffix('.').lower()})" if problem else "")
        case "_search" if value.strip():
            return f"the report has “{value.strip()}”"
        case "_where":
            return f"SQL: {value}"
    if name.startswith("_"):
        return ""
    column, _, ending = name.partition("__")
    field, _, unit = header(column).removesuffix(")").partition(" (")
    if ending in ("isnull", "notnull", "isblank", "notblank"):
        return field + _SAID[ending]
    with_unit = f"{value} {unit}" if unit and ending not in ("in", "notin") else value
    return field + _SAID.get(ending or "exact", f" {ending} {{}}").format(with_unit)
