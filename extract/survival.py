"""What can be pooled of a course: its events with their months, and times fit for a Kaplan-Meier estimate.

`events` picks from a line of the timeline what happened to the patient. `pool` makes of a case's outcome two
times with a flag each: to death, and to return or death. Where a case cannot be pooled, it says why.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from extract import times
from extract.outcome import TREATMENTS
from extract.reading import Finding, Mention
from extract.record import TimelineEvent
from extract.timeline import Line, Point, event_of

DIED = frozenset({"DOD", "DOC", "DEAD"})
_WITH_DISEASE = frozenset({"AWD", "DOD"})
NO_TIME, NO_STATUS, ORIGIN_UNCLEAR = "no_time", "no_status", "time_origin_unclear"
_SPECIFIC = TREATMENTS - {"treatment"}
_SHOWN = frozenset({*TREATMENTS, "diagnosis", "recurrence", "metastasis", "progression", "death"})
_FROM_ZERO = frozenset({"diagnosis", "admission"})
# More would be no line to look at; a report that tells more is one on a machine's scale.
_MOST = 24
# Events of one kind nearer than this are one event, told twice.
_SAME = 1.0


class Pooled(NamedTuple):
    """Times from time zero with their flags: True where the event was seen, False where the patient was censored."""

    survival_months: float | None = None
    survival_event: bool | None = None
    event_free_months: float | None = None
    event_free_event: bool | None = None
    not_pooled_because: str | None = None


def pool(
    months: float | None, status: str | None, recurrence: bool | None, recurrence_months: float | None, is_origin_clear: bool
) -> Pooled:
    """Return what of an outcome can be pooled.

    A patient who died had the event at the end of follow-up; one who was alive or lost is censored there. The
    time free of events ends with the first return, else with death; it is unknown for one of whom no return is told
    and who lived with the tumour or died of it: either it never was gone, or nobody says when it came back.
    """
    if months is None:
        return Pooled(not_pooled_because=NO_TIME)
    if status is None:
        return Pooled(not_pooled_because=NO_STATUS)
    if not is_origin_clear:
        return Pooled(not_pooled_because=ORIGIN_UNCLEAR)
    died = status in DIED
    free: tuple[float | None, bool | None] = (None, None)
    if recurrence:
        free = (recurrence_months, True) if recurrence_months is not None and recurrence_months <= months else free
    elif status not in _WITH_DISEASE and (died or recurrence is False or status == "NED"):
        free = (months, died)
    return Pooled(months, died, *free)


def is_origin_clear(line: Line, last: Point) -> bool:
    """Return whether the last contact is counted from time zero without a gap of unknown length.

    "Well two years after the second operation" is not, where nobody says when the tumour had come back.
    """
    time = event_of(last.mention).time
    if line.origin is None:
        return False
    if time is not None and (time.is_first or time.anchor in _FROM_ZERO or time.relation == times.DATE):
        return True
    return not any(_is_gap(point, line) and point.mention.start < last.mention.start for point in line.points)


def _is_gap(point: Point, line: Line) -> bool:
    """Return whether a return of the tumour is told without any time between it and the first treatment."""
    event = event_of(point.mention)
    return point.kind == "recurrence" and not event.is_summary and line.is_treated and line.months(point.moment) <= 0


def events(line: Line, returned: Sequence[Point], last: Point | None, has_died: bool) -> tuple[Finding, ...]:
    """Return the events of a line in the order of time, those without a time last; each with the words that prove it.

    `returned` are the points at which the tumour came back, `last` is the last contact.
    """
    chosen: list[tuple[str, float | None, bool, Mention, tuple[Mention, ...]]] = []
    zero = _zero(line)
    for kind, point in _told(line, returned, has_died):
        months = round(line.months(point.moment), 1) + 0.0 if point.is_stated or point is zero else None
        if any(kind == other and _is_same(months, then) for other, then, _, _, _ in chosen):
            continue
        chosen.append((kind, months, point.moment.is_minimum, point.mention, point.moment.proof if months is not None else ()))
    if last is not None and not any(kind == "death" and months is not None for kind, months, _, _, _ in chosen):
        moment = last.moment
        kind = "death" if has_died else "follow_up"
        chosen = [one for one in chosen if one[0] != kind]
        chosen.append((kind, round(line.months(moment), 1), moment.is_minimum, last.mention, moment.proof))
    chosen.sort(key=lambda one: (one[1] is None, one[1] or 0.0, one[3].start))
    return tuple(
        Finding(TimelineEvent(kind, _words(mention), months, is_minimum), tuple(dict.fromkeys((mention, *proof))))
        for kind, months, is_minimum, mention, proof in chosen[:_MOST]
    )


def _told(line: Line, returned: Sequence[Point], has_died: bool) -> Iterator[tuple[str, Point]]:
    """Yield what happened, with its kind: no announcement of the report, no treatment of an earlier disease."""
    back = {id(point) for point in returned}
    specific = any(point.kind in _SPECIFIC for point in line.points)
    for point in line.points:
        before_zero = line.months(point.moment) < 0
        if point.kind not in _SHOWN or event_of(point.mention).is_summary:
            continue
        if (point.kind in TREATMENTS and before_zero) or (point.kind == "treatment" and specific):
            continue
        if (point.kind == "death" and not has_died) or (point.kind == "recurrence" and id(point) not in back):
            continue
        yield "recurrence" if id(point) in back else point.kind, point


def _zero(line: Line) -> Point | None:
    """Return the point that is time zero: it needs no time of its own. What else stands there has its place only."""
    kinds = _SPECIFIC if line.origin == "treatment" else {line.origin}
    return next((point for point in line.points if point.kind in kinds and line.months(point.moment) == 0), None)


def _is_same(months: float | None, other: float | None) -> bool:
    return months is None or other is None or abs(months - other) < _SAME


def _words(mention: Mention) -> str:
    start = mention.sentence.start
    return " ".join(mention.sentence.text[mention.start - start : mention.end - start].split())
