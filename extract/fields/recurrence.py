"""Whether the tumour came back after treatment, and how many months after the first treatment."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from extract import outcome, timeline
from extract.reading import NOTHING, Finding, Mention, Reading, Resolution
from extract.timeline import Line, Point, event_of

NAME = "recurrence"
FIELDS = ("recurrence", "recurrence_months")

_PASSED = {
    outcome.UNLIKELY: "possible, feared or of others",
    outcome.NOT_TUMOUR: "a complaint that recurs, not a tumour",
}
_RETURNING = frozenset({"recurrence", "metastasis"})
_WORDS = _RETURNING | {"sign", "no_recurrence", "free", "lasting_remission"}
_ABSENT = ("no_recurrence", "free", "lasting_remission")
# A metastasis found this many months after the first treatment is a recurrence; before, it was there.
_INTERVAL = 2.0
_SHOWN = 4


def find(reading: Reading) -> Iterator[Mention]:
    """Yield the events of the timeline where a return, or freedom from one, is told; times only for a return."""
    told = {hit.id for hit in reading.hits.get(outcome.LEXICON, ())}
    if told & _WORDS:
        yield from timeline.read(reading, NAME, with_times=bool(told & _RETURNING))


def resolve(mentions: Sequence[Mention], so_far: object) -> Resolution:
    """Return recurrence (true if it ever came back; false only if the text says so) and the months to the first."""
    if not mentions:
        return NOTHING
    lines = timeline.lay(mentions)
    passed = tuple((mention, _PASSED[kind]) for mention in mentions if (kind := event_of(mention).kind) in _PASSED)
    returned = [(line, point) for line in lines for point in _returns(line)]
    if returned:
        one = {"recurrence": Finding(True, tuple(point.mention for _, point in returned[:_SHOWN]))}
        timed = [(line, point) for line, point in returned if line.months(point.moment) > 0 and _is_timed(line, point)]
        if timed:
            line, point = timed[0]
            proof = _once((*line.zero.proof, *point.moment.proof))
            one["recurrence_months"] = Finding(round(line.months(point.moment), 1), proof)
        return Resolution(one, {}, passed)
    absent = [point.mention for line in lines for point in line.points if point.kind in _ABSENT and _is_told(line, point)]
    if absent:
        return Resolution({"recurrence": Finding(False, tuple(absent[:_SHOWN]))}, {}, passed)
    return Resolution({}, {}, passed)


def _returns(line: Line) -> Iterator[Point]:
    """Yield the points of a line at which the tumour came back, in the order of the text.

    A metastasis is a return where it is found after an interval, and neither metastasis nor remaining tumour
    was told of before.
    """
    remained = False
    for point in line.points:
        if point.kind == "recurrence":
            yield point
        elif point.kind in ("active", "metastasis", "progression") and not event_of(point.mention).is_summary:
            if point.kind == "metastasis" and not remained and line.is_treated and line.months(point.moment) >= _INTERVAL:
                yield point
            remained = True


def _is_timed(line: Line, point: Point) -> bool:
    """Return whether the moment of a return is its own: not of a death told with it, nor of the report's summary."""
    told = {other.kind for other in line.points if other.mention.sentence.index == point.mention.sentence.index}
    placed = point.is_stated or (line.is_treated and not event_of(point.mention).is_summary)
    return placed and "death" not in told


def _is_told(line: Line, point: Point) -> bool:
    """Return whether a word of freedom from disease is one on the course: after a treatment, or at a follow-up."""
    return point.kind == "no_recurrence" or line.is_treated or point.is_stated


def _once(mentions: Sequence[Mention]) -> tuple[Mention, ...]:
    return tuple(dict.fromkeys(mentions))
