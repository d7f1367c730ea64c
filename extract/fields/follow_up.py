"""How many months the patient was followed: from the first treatment (or the diagnosis) to the last contact or death."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping, Sequence
from typing import Any

from extract import survival, timeline, times
from extract.outcome import TREATMENTS
from extract.reading import Finding, Mention, Reading, Resolution
from extract.timeline import Line, Point, event_of

NAME = "follow_up"
FIELDS = ("follow_up_months", "follow_up_is_minimum")

# Less than this is a stay in hospital, unless the patient died or was examined for the tumour.
_SHORTEST = 0.2
# What makes a visit a follow-up: it was one, or it tells of the outcome.
_SEEN = (timeline.STATES - {"active"}) | {"death", "clean_scan"}


def find(reading: Reading) -> Iterator[Mention]:
    """Yield the events of the timeline."""
    yield from reading.layer(timeline.read)


def resolve(mentions: Sequence[Mention], so_far: MutableMapping[str, Any]) -> Resolution:
    """Return the months from time zero to the latest contact of the first line that has one.

    With them come the events of that line (of the most telling one where none has a contact), and what of the
    outcome can be pooled: fields that were read before have left status and recurrence in `so_far`.
    """
    lines = timeline.lines(mentions, so_far)
    told = next(((line, last) for line in lines if (last := _last_contact(line)) is not None), None)
    status = so_far.get("status")
    one: dict[str, Finding] = {}
    months, is_clear = None, False
    if told is not None:
        line, last = told
        months, is_clear = round(line.months(last.moment), 1), survival.is_origin_clear(line, last)
        proof = tuple(dict.fromkeys((*line.zero.proof, *last.moment.proof)))
        one["follow_up_months"] = Finding(months, proof)
        if last.moment.is_minimum:
            one["follow_up_is_minimum"] = Finding(True, proof)
        if line.origin is not None:
            one["time_zero"] = Finding(line.origin, ())
    pooled = survival.pool(months, status, so_far.get("recurrence"), so_far.get("recurrence_months"), is_clear)
    # Computed values rest on the evidence of what they were computed from, and have none of their own.
    one |= {name: Finding(value, ()) for name, value in pooled._asdict().items() if value is not None}
    if not lines:
        return Resolution(one, {})
    line, contact = told or (lines[0], None)
    returned = [point for other, point in so_far.get("returned", ()) if other is line]
    return Resolution(one, {"events": survival.events(line, returned, contact, status in survival.DIED)})


def _last_contact(line: Line) -> Point | None:
    """Return the latest contact on a line, None if there is none after time zero."""
    treated = max((point.mention.sentence.index for point in line.points if point.kind in TREATMENTS), default=-1)
    seen = {point.mention.sentence.index for point in line.points if point.kind in _SEEN or _is_alive(point)}
    contacts = [
        point
        for point in line.points
        if point.is_contact
        and line.months(point.moment) >= (0.0 if point.kind == "death" and point.is_stated else _SHORTEST)
        # A visit after which the patient was treated is not the last: how long it went on is not told.
        and (point.mention.sentence.index in seen or point.mention.sentence.index >= treated or _is_now(point))
    ]
    last = max(contacts, key=lambda point: (line.months(point.moment), point.mention.start), default=None)
    if last is None:
        return None
    # "Six months after the second operation, 68 months after the first": what is counted from the first is exact.
    exact = [point for point in contacts if point.mention.sentence is last.mention.sentence and _is_from_first(point)]
    return exact[-1] if exact else last


def _is_alive(point: Point) -> bool:
    """Return whether remaining disease is told as a state of life: "alive with disease"."""
    lower = point.mention.sentence.lower
    return point.kind == "active" and ("alive" in lower or "living" in lower or "surviv" in lower)


def _is_now(point: Point) -> bool:
    """Return whether a point is the story's own now: "presented ten years ago" and is still in view."""
    time = event_of(point.mention).time
    return time is not None and time.relation == times.AGO


def _is_from_first(point: Point) -> bool:
    time = event_of(point.mention).time
    return time is not None and time.is_first
