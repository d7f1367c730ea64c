"""Rules over the course: return, death, what follows it, and what contradicts the state at its end (no spaCy)."""

from __future__ import annotations

from collections.abc import Iterator

from extract.plausibility.flag import IMPOSSIBLE, UNUSUAL, Flag
from extract.record import Case

_ALIVE = ("NED", "AWD", "ALIVE")
# Months. Times are told in days, weeks, months and years, and rounded each.
_SLACK = 1.0


def recurrence_after_follow_up(case: Case) -> Iterator[Flag]:
    """Yield a flag for a tumour that returns after the end of follow-up."""
    after, length = case.recurrence_months, case.follow_up_months
    if after is None or length is None or case.follow_up_is_minimum or after <= length + _SLACK:
        return
    said = f"recurrence after {after:.4g} months; follow-up {length:.4g} months"
    places = (("recurrence_months", 1), ("follow_up_months", 1))
    yield Flag("recurrence_after_follow_up", UNUSUAL, places, said, "the follow-up may count from the recurrence")


def recurrence_denied(case: Case) -> Iterator[Flag]:
    """Yield a flag where a recurrence is denied and has a time all the same."""
    if case.recurrence is False and case.recurrence_months is not None:
        said = f"no recurrence; recurrence after {case.recurrence_months:.4g} months"
        yield Flag("recurrence_denied", IMPOSSIBLE, (("recurrence", 1), ("recurrence_months", 1)), said, "what did not happen has no time")


def treatment_denied(case: Case) -> Iterator[Flag]:
    """Yield a flag where surgery or radiotherapy is denied and told of all the same."""
    for denied, field, listed, facts in (
        (case.surgery, "surgery", "surgeries", case.surgeries),
        (case.radiotherapy_given, "radiotherapy_given", "radiotherapy", case.radiotherapy),
    ):
        if denied is False and facts:
            places = ((field, 1), *((listed, number) for number in range(1, len(facts) + 1)))
            said = f"{field.removesuffix('_given')}: no; {len(facts)} told of"
            yield Flag("treatment_denied", IMPOSSIBLE, places, said, "what was not done is told of")


def death_without_tumour(case: Case) -> Iterator[Flag]:
    """Yield a flag for a patient who died of a tumour that was removed, did not return and did not spread."""
    if case.status == "DOD" and case.recurrence is False and not case.metastases:
        said = "died of disease; no recurrence, no metastasis"
        yield Flag("death_without_tumor", UNUSUAL, (("status", 1), ("recurrence", 1)), said, "the patient may have died of another cause")


def alive_after_death(case: Case) -> Iterator[Flag]:
    """Yield a flag for a death in the story of a patient who is alive at its end."""
    for number, event in enumerate(case.events, start=1):
        if event.kind == "death" and case.status in _ALIVE:
            said = f"{case.status}; “{event.name}”"
            yield Flag("alive_after_death", IMPOSSIBLE, (("status", 1), ("events", number)), said, "the death may be that of somebody else")


def event_after_death(case: Case) -> Iterator[Flag]:
    """Yield one flag for all events with a time after that of the death."""
    deaths = [
        (event.months, number) for number, event in enumerate(case.events, start=1) if event.kind == "death" and event.months is not None
    ]
    if not deaths:
        return
    died, of_death = max(deaths)
    later = [
        (number, event.name, event.months)
        for number, event in enumerate(case.events, start=1)
        if event.kind != "death" and event.months is not None and event.months > died + _SLACK
    ]
    if later:
        told = ", ".join(f"“{name}” after {months:.4g}" for _, name, months in later)
        places = (("events", of_death), *(("events", number) for number, _, _ in later))
        message = "one of the times is wrong, or is that of somebody else"
        yield Flag("event_after_death", IMPOSSIBLE, places, f"death after {died:.4g} months; {told}", message)
