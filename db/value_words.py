"""Values in words, the same on the page of a case, in table fact and wherever else a value is told.

A repeating fact is described from its row of the tables or from the record alike: both are asked by the names of its attributes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any

from db import fields
from db.course import KIND_WORDS, ZERO_WORDS, when
from db.overview import status_words, yes_no
from extract.record import Case, IhcResult, TimelineEvent

# What an attribute of a fact holds, by its name: `row.__getitem__`, or `getattr` of the fact.
Get = Callable[[str], Any]


@dataclass(frozen=True, slots=True)
class Words:
    """A value in words: what it is, and what else is known of it."""

    text: str
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Return both in one line: "SMA · focal · weak"."""
        return " · ".join((self.text, *self.notes))


def words(text: str, *notes: str | None) -> Words:
    """Return a value in words; empty notes are left out."""
    return Words(text, tuple(note for note in notes if note))


def told(case: Case, field: str, fact: Any) -> str:
    """Return a value of a record in one line; `fact` is a scalar, or what the field holds."""
    if field == "follow_up_months":
        return fields.months(fact, bool(case.follow_up_is_minimum))
    if field in SCALAR:
        return SCALAR[field](fact)
    if isinstance(fact, TimelineEvent):
        return _event(case, fact)
    said = _FACT[field](partial(getattr, fact))
    # On the page of a case stains stand under their result.
    return str(words(f"{said.text}: {fact.result.replace('_', ' ')}", *said.notes) if isinstance(fact, IhcResult) else said)


SCALAR: Mapping[str, Callable[[Any], str]] = MappingProxyType(
    {
        "age_years": fields.age,
        "sex": str,
        "size_cm": lambda x: f"{fields.number(x)} cm",
        "ki67_percent": lambda x: f"{fields.number(x)} %",
        "surgery": yes_no,
        "radiotherapy_given": yes_no,
        "recurrence": yes_no,
        "recurrence_months": fields.months,
        "status": status_words,
    }
)


def _site(get: Get) -> Words:
    return words(get("name"), get("topography"), get("laterality"))


def _histology(get: Get) -> Words:
    return words(get("name"), get("morphology"), get("grade"))


def stain(get: Get) -> Words:
    """Return a marker; what stained, how much and how strongly are its notes."""
    percent = None if get("percent") is None else f"{fields.number(get('percent'))} %"
    return words(get("marker"), get("extent"), get("intensity"), percent, get("cells"))


def molecular(get: Get) -> Words:
    """Return a gene test with its result; the partner is its note."""
    return words(f"{get('gene')} {get('alteration')}: {get('result')}", get("partner") and f"partner {get('partner')}")


def operation(get: Get) -> Words:
    """Return an operation; its extent, margin and time are its notes."""
    return words(get("procedure"), get("extent"), get("margin") and f"margin {get('margin')}", get("timing"))


def drug(get: Get) -> Words:
    """Return a drug; how it was given and what came of it are its notes."""
    cycles = get("cycles")
    return words(
        get("name"),
        get("dose"),
        get("schedule"),
        cycles and f"{cycles} {'cycle' if cycles == 1 else 'cycles'}",
        get("line") and f"line {get('line')}",
        get("response") and f"best response {get('response')}",
        get("stop_reason") and f"stopped: {get('stop_reason')}",
    )


def course(get: Get) -> Words:
    """Return a course of radiotherapy: its dose, and how, where, why and when it was given as notes."""
    drugs = get("concurrent_drugs")
    target, code = get("target"), get("target_topography")
    return words(
        fields.dose(get("total_dose_gy"), get("fractions"), get("dose_per_fraction_gy"), bool(get("is_rbe_weighted"))),
        get("technique"),
        get("dose_rate"),
        target and (f"{target} ({code})" if code else target),
        get("intent"),
        drugs and f"with {', '.join(drugs.split(',') if isinstance(drugs, str) else drugs)}",
        ", ".join(_rhythm(get)),
    )


def _rhythm(get: Get) -> Iterator[str]:
    """Yield when a course began, how long it took and how often a day it was given."""
    weeks = get("duration_weeks")
    if get("months") is not None:
        yield f"{fields.months(get('months'))} after surgery or diagnosis"
    if weeks:
        yield f"over {fields.number(weeks)} {'week' if weeks == 1 else 'weeks'}"
    if get("fractions_per_day"):
        yield f"{get('fractions_per_day')} a day"


def metastasis(get: Get) -> Words:
    """Return a metastasis with its code."""
    return words(get("name"), get("topography"))


def _event(case: Case, event: TimelineEvent) -> str:
    """Return an event of the course with its time."""
    kind = KIND_WORDS[event.kind]
    zero = ZERO_WORDS.get(case.time_zero or "", "the beginning of the story")
    return str(words(kind if event.name.lower() == kind else f"{kind}: {event.name}", when(event.months, event.is_minimum, zero)))


_FACT: Mapping[str, Callable[[Get], Words]] = MappingProxyType(
    {
        "site": _site,
        "histology": _histology,
        "ihc": stain,
        "molecular": molecular,
        "surgeries": operation,
        "radiotherapy": course,
        "drugs": drug,
        "metastases": metastasis,
    }
)
