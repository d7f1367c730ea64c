"""How many months the patient was followed: from the first treatment (or the diagnosis) to the last contact or death."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping, Sequence
from typing import Any

from extract import timeline
from extract.reading import NOTHING, Finding, Mention, Reading, Resolution
from extract.timeline import Line, Point, event_of

NAME = "follow_up"
FIELDS = ("follow_up_months", "follow_up_is_minimum")

# Less than this is a stay in hospital, unless the patient died or was examined for the tumour.
_SHORTEST = 0.2


def find(reading: Reading) -> Iterator[Mention]:
    """Yield the events of the timeline."""
    yield from reading.layer(timeline.read)


def resolve(mentions: Sequence[Mention], so_far: MutableMapping[str, Any]) -> Resolution:
    """Return the months from time zero to the latest contact of the first line that has one."""
    if not any(event_of(mention).time for mention in mentions):
        return NOTHING
    for line in timeline.lines(mentions, so_far):
        last = _last_contact(line)
        if last is None:
            continue
        months = round(line.months(last.moment), 1)
        proof = tuple(dict.fromkeys((*line.zero.proof, *last.moment.proof)))
        one: dict[str, Finding] = {"follow_up_months": Finding(months, proof)}
        if last.moment.is_minimum:
            one["follow_up_is_minimum"] = Finding(True, proof)
        return Resolution(one, {})
    return NOTHING


def _last_contact(line: Line) -> Point | None:
    """Return the latest contact on a line, None if there is none after time zero."""
    contacts = [point for point in line.points if point.is_contact and line.months(point.moment) >= _SHORTEST]
    last = max(contacts, key=lambda point: (line.months(point.moment), point.mention.start), default=None)
    if last is None:
        return None
    # "Six months after the second operation, 68 months after the first": what is counted from the first is exact.
    exact = [point for point in contacts if point.mention.sentence is last.mention.sentence and _is_from_first(point)]
    return exact[-1] if exact else last


def _is_from_first(point: Point) -> bool:
    time = event_of(point.mention).time
    return time is not None and time.is_first
