"""Whether the tumour came back after treatment, and how many months after the first treatment."""

from __future__ import annotations

import re
from collections.abc import Iterator, MutableMapping, Sequence
from typing import Any

from extract import outcome, timeline, times
from extract.outcome import TREATMENTS
from extract.reading import NOTHING, Finding, Mention, Reading, Resolution
from extract.timeline import Line, Point, event_of

NAME = "recurrence"
FIELDS = ("recurrence", "recurrence_months")

_PASSED = {
    outcome.UNLIKELY: "possible, feared or of others",
    outcome.NOT_TUMOUR: "a complaint that recurs, not a tumour",
}
_WORDS = frozenset({"recurrence", "metastasis", "sign", "no_recurrence", "free", "remission", "lasting_remission"})
_RETURNING = frozenset({"recurrence", "metastasis"})
_ABSENT = frozenset({"no_recurrence", "lasting_remission", "free"})
# A metastasis found this many months after the treatment that took the tumour away is a recurrence; before, it was there.
_INTERVAL = 2.0
_TAKEN_AWAY = frozenset({"surgery", "radiotherapy", "remission", "lasting_remission", "free", "no_recurrence"})
# What was there all the time, so that a metastasis is no return of it.
_REMAINING = frozenset({"active", "metastasis", "progression", "incurable", "palliative"})
_SYNCHRONOUS = re.compile(r"synchron|simultan|at\s(?:the\stime\sof\s)?(?:initial\s)?(?:diagnosis|presentation)")
_NEAR = 60
_LATER = (times.LATER, times.AFTER, times.FOR, times.FOLLOW_UP, times.AT)
_SHOWN = 4


def find(reading: Reading) -> Iterator[Mention]:
    """Yield the events of the timeline, if a return of a tumour or freedom from one is told at all."""
    if any(hit.id in _WORDS for hit in reading.hits.get(outcome.LEXICON, ())):
        yield from reading.layer(timeline.read)


def resolve(mentions: Sequence[Mention], so_far: MutableMapping[str, Any]) -> Resolution:
    """Return recurrence (true if it ever came back; false only if the text says so) and the months to the first."""
    kinds = {event_of(mention).kind for mention in mentions}
    passed = tuple((mention, _PASSED[kind]) for mention in mentions if (kind := event_of(mention).kind) in _PASSED)
    if kinds & _RETURNING:
        returned = [(line, point) for line in timeline.lines(mentions, so_far) for point in _returns(line)]
        if returned:
            so_far["returned"] = returned
            return Resolution(_returned(returned), {}, passed)
    absent = _absent(mentions) if kinds & _ABSENT else ()
    if absent:
        return Resolution({"recurrence": Finding(False, absent[:_SHOWN])}, {}, passed)
    return Resolution({}, {}, passed) if passed else NOTHING


def _absent(mentions: Sequence[Mention]) -> tuple[Mention, ...]:
    """Return the words that the tumour did not come back.

    "Free of disease" and "in remission" are so where their chapter has told of a treatment, or their sentence of a
    time; "no recurrence" always is.
    """
    treated: dict[tuple[int, int], int] = {}
    for mention in mentions:
        if event_of(mention).kind in TREATMENTS:
            treated.setdefault(event_of(mention).chapter, mention.start)
    timed = {m.sentence.index for m in mentions if (time := event_of(m).time) and time.relation in _LATER}
    return tuple(
        mention
        for mention in mentions
        if (event := event_of(mention)).kind in _ABSENT
        and (event.kind == "no_recurrence" or mention.start > treated.get(event.chapter, mention.end) or mention.sentence.index in timed)
    )


def _returned(returned: Sequence[tuple[Line, Point]]) -> dict[str, Finding]:
    """Return the fact that the tumour came back, and the months to the first return that has a time."""
    one = {"recurrence": Finding(True, tuple(point.mention for _, point in returned[:_SHOWN]))}
    for line, point in returned:
        if line.months(point.moment) > 0 and _is_timed(line, point):
            proof = tuple(dict.fromkeys((*line.zero.proof, *point.moment.proof)))
            one["recurrence_months"] = Finding(round(line.months(point.moment), 1), proof)
            break
    return one


def _returns(line: Line) -> Iterator[Point]:
    """Yield the points of a line at which the tumour came back, in the order of the text.

    A metastasis is a return where it is found after an interval, and neither metastasis nor remaining tumour
    was told of before.
    """
    taken: Point | None = None
    remained = False
    for point in line.points:
        if point.kind == "recurrence" or (point.kind == "metastasis" and taken and not remained and _is_new(line, point)):
            yield point
        if taken is None and _takes_away(point):
            taken = point
        elif point.kind in _REMAINING and not event_of(point.mention).is_summary:
            remained = remained or taken is None or point.mention.sentence.index != taken.mention.sentence.index


def _is_new(line: Line, point: Point) -> bool:
    """Return whether a metastasis came up after an interval.

    One that the report's announcement tells of ("we report on metastases of ...") is told again, unless it has a time.
    """
    if _was_there(point) or line.months(point.moment) < _INTERVAL:
        return False
    return point.is_stated or not event_of(point.mention).is_summary


def _was_there(point: Point) -> bool:
    """Return whether a metastasis was there from the first: "with synchronous liver metastases"."""
    end = point.mention.start - point.mention.sentence.start
    return _SYNCHRONOUS.search(point.mention.sentence.lower, max(0, end - _NEAR), end) is not None


def _takes_away(point: Point) -> bool:
    """Return whether a point tells that the tumour was removed: by a treatment, or by a time "after surgery"."""
    time = event_of(point.mention).time
    if time is not None:
        return time.anchor in TREATMENTS - {"chemotherapy"}
    return point.kind in _TAKEN_AWAY or (point.kind == "treatment" and "curative" in point.mention.sentence.lower)


def _is_timed(line: Line, point: Point) -> bool:
    """Return whether the moment of a return is its own: not of a death told with it, nor of the report's summary."""
    told = {other.kind for other in line.points if other.mention.sentence.index == point.mention.sentence.index}
    placed = point.is_stated or (line.is_treated and not event_of(point.mention).is_summary)
    return placed and "death" not in told
