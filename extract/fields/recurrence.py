"""Whether the tumour came back after treatment, and how many months after the first treatment."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from typing import Any

from extract import outcome, timeline, times, treatment
from extract.outcome import TREATMENTS
from extract.reading import NOTHING, Finding, Mention, Reading, Resolution
from extract.record import Histology, Site
from extract.timeline import Line, Moment, Point, event_of

NAME = "recurrence"
FIELDS = ("recurrence", "recurrence_months")

_PASSED = {
    outcome.UNLIKELY: "possible, feared or of others",
    outcome.NOT_TUMOUR: "a complaint that recurs, not a tumour",
}
_RETURNING = frozenset({"recurrence", "metastasis", timeline.LESION})
_ABSENT = frozenset({"no_recurrence", "lasting_remission", "free"})
_WORDS = _RETURNING | _ABSENT | _PASSED.keys()
# What is a return only where the tumour had been taken away.
_TELLING = frozenset({"metastasis", timeline.LESION})
# A metastasis found this many months after the treatment that took the tumour away is a recurrence; before, it was there.
_INTERVAL = 2.0
_PAUSE = 0.5
_GONE = _ABSENT | {"remission"}
_TAKEN_AWAY = _GONE | {"surgery", "radiotherapy"}
# What was there all the time, so that a metastasis is no return of it.
_REMAINING = frozenset({"active", "metastasis", "progression", "incurable", "palliative"})
_REGROWN = re.compile(r"re-?gr[oe]w|re-?appear|tumou?r\sactivity|evidence\sof\stumou?r")
_NODES = re.compile(r"\bnod(?:e|al)")
_NOT_SPREAD = re.compile(r"\bm0\b|m0\)|[nabc\d]m0")
# Operations that seldom take out a tumour, where none is named with them.
_BENIGN = re.compile(r"appendec|cholecystec|herni|tonsillec|transplant|splenec|autotransplant|curettage")
_ORGANS = ("C18", "C22", "C23", "C24", "C42", "C77", "C09", "C26", "C50")
_SYNCHRONOUS = re.compile(
    r"synchron|simultan|disappear|regress|resol[vu]|shr[iua]nk|decreas|original|\binitial\s|at\s(?:the\stime\sof\s)?(?:initial\s)?(?:diagnosis|presentation)"
)
_NEAR = 60
_ENDING = frozenset({"death", "survival", "alive", "follow_up"})
_UNTIL = re.compile(r"\b(?:until|till|when|before|then)\b")
# "Died of lung metastases six months later": the time is that of the death.
_DIED_OF = re.compile(
    r"\b(?:died|dead|death|succumbed|passed\saway|expired|demise)\s(?:(?:of|from|to|due\sto|because\sof|with|as\sa\sresult\sof)\s)(?:[\w-]+\s){0,4}$"
)
# A return is told at most so many sentences after its time.
_NEXT = 8
_LATER = (times.LATER, times.AFTER, times.FOR, times.FOLLOW_UP, times.AT)
_SHOWN = 4


def find(reading: Reading) -> Iterator[Mention]:
    """Yield the events of the timeline, if a return of a tumour or freedom from one is told at all."""
    events = reading.layer(timeline.read)
    if any(event_of(one).kind in _WORDS for one in events):
        yield from events


def resolve(mentions: Sequence[Mention], so_far: MutableMapping[str, Any]) -> Resolution:
    """Return recurrence (true if it ever came back; false only if the text says so) and the months to the first."""
    kinds = {event_of(mention).kind for mention in mentions}
    passed = tuple((mention, _PASSED[kind]) for mention in mentions if (kind := event_of(mention).kind) in _PASSED)
    if kinds & _RETURNING:
        returned = [(line, point) for line in timeline.lines(mentions, so_far) for point in _returns(line, so_far)]
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
    """Return the fact that the tumour came back, and the months to the first return where they are told."""
    one = {"recurrence": Finding(True, tuple(point.mention for _, point in returned[:_SHOWN]))}
    closed: list[Line] = []
    for number, (line, point) in enumerate(returned):
        if any(line is other for other in closed):
            continue
        if line.months(point.moment) > 0 and _is_timed(line, point):
            moment = _from_first(line, point) or point.moment
            proof = tuple(dict.fromkeys((*line.zero.proof, *moment.proof)))
            one["recurrence_months"] = Finding(round(line.months(moment), 1), proof)
            break
        following = next((other for _, other in returned[number + 1 :] if _ is line), None)
        if following is not None and _is_treated_between(line, point, following):
            closed.append(line)  # the next return is the second
    return one


def _from_first(line: Line, point: Point) -> Moment | None:
    """Return the moment of a return that its sentence also counts from the first treatment, None where it does not.

    "Seven months after stopping, that is fifteen months from the first dose": what is counted from the first is exact.
    """
    here = [other for other in line.points if other.mention.sentence.index == point.mention.sentence.index]
    if not point.is_stated or any(other.kind in _ENDING for other in here):
        return None
    return next((other.moment for other in here if (time := event_of(other.mention).time) and time.is_first), None)


def _is_treated_between(line: Line, point: Point, following: Point) -> bool:
    """Return whether a return was treated before the next was told of: then they are two."""
    if event_of(point.mention).is_summary or point.kind != "recurrence":
        return False
    return any(
        other.kind in TREATMENTS
        and point.mention.sentence.index < other.mention.sentence.index < following.mention.sentence.index
        and not event_of(other.mention).is_flashback
        for other in line.points
    )


def _returns(line: Line, so_far: Mapping[str, Any]) -> Iterator[Point]:
    """Yield the points of a line at which the tumour came back, in the order of the text after what had been long before.

    A metastasis or another lesion is a return where it is found after an interval, and no remaining tumour was told of before.
    So is regrowth: what grew again before it had gone was never away.
    """
    taken: Point | None = None
    remained: int | None = None  # the sentence that tells of remaining tumour
    for point in sorted(line.points, key=lambda point: min(point.moment.months, 0.0)):
        sentence = point.mention.sentence
        was_away = remained is None or remained == sentence.index
        if point.kind == "recurrence":
            if remained is None or not _REGROWN.match(sentence.lower, point.mention.start - sentence.start):
                yield point
        elif point.kind in _TELLING and taken and was_away and _is_new(line, point, taken) and _is_own(point, so_far):
            yield point
        if point.kind in _GONE:
            remained = None
        if taken is None and _takes_away(point, so_far):
            taken = point
        elif remained is None and point.kind in _REMAINING and _remains(point, taken):
            remained = sentence.index


def _remains(point: Point, taken: Point | None) -> bool:
    """Return whether a point tells that tumour remained: not of the nodes that were taken out with it."""
    if event_of(point.mention).is_summary or (taken and point.mention.sentence.index == taken.mention.sentence.index):
        return False
    sentence = point.mention.sentence
    at = point.mention.start - sentence.start
    if point.kind == "metastasis" and taken and _NODES.search(sentence.lower, max(0, at - _NEAR), at + _NEAR):
        return False
    return not (point.kind == "incurable" and _NOT_SPREAD.search(sentence.lower))


def _is_new(line: Line, point: Point, taken: Point) -> bool:
    """Return whether a metastasis came up after an interval.

    One that the report's announcement tells of ("we report on metastases of ...") is told again, unless it has a time.
    """
    if _was_there(point) or line.months(point.moment) < _INTERVAL or point.moment.months - _since(taken) < _PAUSE:
        return False
    return point.is_stated or not event_of(point.mention).is_summary


def _since(taken: Point) -> float:
    """Return when the tumour was taken away, in months from where the story begins: "a year after surgery" is a year later."""
    time = event_of(taken.mention).time
    return taken.moment.months - (time.months if time else 0.0)


def _was_there(point: Point) -> bool:
    """Return whether a metastasis was there from the first: "with synchronous liver metastases"."""
    end = point.mention.start - point.mention.sentence.start
    return _SYNCHRONOUS.search(point.mention.sentence.lower, max(0, end - _NEAR), end) is not None


def _is_own(point: Point, so_far: Mapping[str, Any]) -> bool:
    """Return whether a lesion may be the report's tumour: nothing said next makes it another."""
    histology, tumours = so_far.get("histology"), event_of(point.mention).tumours
    if point.kind != timeline.LESION:
        return True
    if not isinstance(histology, Histology) or histology.morphology is None:
        return False  # a report on no tumour
    return tumours is None or not treatment.is_other_tumour(tumours, so_far.get("site"), histology)


def _takes_away(point: Point, so_far: Mapping[str, Any]) -> bool:
    """Return whether a point tells that the tumour was removed: by a treatment, or by a time "after surgery"."""
    time, tumours = event_of(point.mention).time, event_of(point.mention).tumours
    sentence = point.mention.sentence
    if (
        point.kind == "surgery"
        and _BENIGN.match(sentence.lower, point.mention.start - sentence.start)
        and not outcome.names_tumour(sentence.lower)
    ):
        return _is_site(so_far.get("site"), _ORGANS)
    if point.kind in TREATMENTS and tumours is None and timeline.tells_of_history(sentence):
        return False  # "a history of appendectomy"
    if time is not None:
        return time.anchor in TREATMENTS - {"chemotherapy"}
    return point.kind in _TAKEN_AWAY or (point.kind == "treatment" and "curative" in sentence.lower)


def _is_site(site: object, codes: tuple[str, ...]) -> bool:
    return isinstance(site, Site) and site.topography.startswith(codes)


def _is_timed(line: Line, point: Point) -> bool:
    """Return whether the moment of a return is its own: not of a death told with it, nor of the report's summary."""
    sentence = point.mention.sentence
    if not point.is_stated and (event_of(point.mention).is_summary or not line.is_treated or not _follows_its_time(point)):
        return False
    if _DIED_OF.search(sentence.lower, 0, max(0, point.mention.start - sentence.start)):
        return False
    deaths = [other.mention for other in line.points if other.kind == "death" and other.mention.sentence.index == sentence.index]
    here = [time for time in point.moment.proof if time.sentence.index == sentence.index]
    return not deaths or any(all(timeline.stands_nearer(time, point.mention, death) for death in deaths) for time in here)


def _follows_its_time(point: Point) -> bool:
    """Return whether a return that has no time of its own has that of what was told just before.

    It is told right after a time ("In May she was seen. CT showed a recurrence."), ends one ("free of disease for 3 years until
    it recurred"), or is of the day with which the story begins, years after the first treatment.
    """
    if point.moment.months <= 0:
        return True
    if not point.moment.proof:
        return False
    sentence, time = point.mention.sentence, point.moment.proof[-1]
    if time.sentence.index == sentence.index:
        return _UNTIL.search(sentence.lower, time.end - sentence.start, max(0, point.mention.start - sentence.start)) is not None
    return 0 < sentence.index - time.sentence.index <= _NEXT
