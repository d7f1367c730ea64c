"""One line of time for each patient: what happened, and how many months after the first treatment.

`read` yields the events of a report as mentions: a judged cue (`outcome`), or a time expression (`times`).
`lay` puts one patient's events on lines. A report tells its story up to three times (abstract, case,
discussion), so the story is cut into chapters and each has a line of its own.

On a line the narrative moves forward. Two moments are kept while reading: the *frontier*, the latest moment
told so far, and the moment told *last*, which a flashback ("two years earlier") takes back. "Three months
later" counts from the moment told last, "six months after surgery" from the latest operation, "at 24 months
of follow-up" from the first treatment, "disease-free for 3 years" from the last treatment. A date fixes the
calendar to the line; later dates are subtracted. An event without a time stands at the frontier.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from types import MappingProxyType
from typing import Any, NamedTuple

from extract import outcome, regrowth, series, times, treatment
from extract.outcome import TREATMENTS
from extract.reading import Mention, Reading, Sentence, holds_any
from extract.times import Time

# A lesion that came up: it says nothing of the time that stands with it, and only `recurrence` asks for it.
LESION = "lesion"
# How a treatment is told: as of now, of some years ago, or in the patient's history.
NOW, AGO, HISTORY = "now", "ago", "history"
# Chapters, the one that tells most first.
CASE, ARGUED, ABSTRACT = 0, 1, 2
_GROUPS = {"abstract": ABSTRACT, "title": ABSTRACT, "introduction": ARGUED, "discussion": ARGUED, "conclusion": ARGUED}
_UNTOLD = ("caption", "table", "references", "other")
_INTRODUCES = re.compile(r"\b(?:an?|the|this|our|in|with)\s(?:\w+\s){0,2}\d{1,3}[-\s]?(?:years?|yr|months?)[-\s]olds?\b")

_LOOKS_BACK = re.compile(r"\b(?:year|month|week)s?\s(?:before|prior)\b")
# "She had a mass" tells of now.
_HAS_BEEN = re.compile(
    r"\bhad\s(?:\w+ly\s)?(?:been|undergone|received|had)\b|\bprevious|\bhistory\sof|\bearlier\b|\bago\b|\byears\s(?:before|prior)"
)
_ANNOUNCES = re.compile(
    r"\b(?:we|authors?|study|article|paper|report)\s(?:[\w-]+\s){0,2}(?:report|present|describe|illustrate|discuss"
    r"|demonstrate)(?:s|d|ed)?\b"
    r"|\b(?:case|patient)\s(?:[\w-]+\s){0,12}is\s(?:presented|reported|described)"
    r"|\bthis\sis\s(?:an?|the)\s(?:[\w-]+\s){0,3}(?:case|report|description)\b"
)
_NOW = re.compile(r"\b(?:now|currently|presents|presented|today)\b")
_HISTORY = re.compile(
    r"\bhistory\s(?:of|included|includes|was\s(?:significant|notable|remarkable)\sfor)|\bpreviously\s(?:treated|diagnosed)"
    r"|\b(?:earlier|prior)\s(?:events|diseases|cancers|tumou?rs|operations|malignancies|surgeries)"
)
_HISTORY_CUES = ("history", "previous", "earlier", "prior")
_TUMOURS = re.compile(
    r"tumou?r|cancer|malignan|neoplas|carcinom|sarcom|lymphom|melanom|gliom|blastom|myelom|leuk|mass\b|lesion|nodul|\w{3}oma\b"
)
_TREATED = re.compile(r"ectomy\b|surg|resect|radiotherapy|chemotherapy|treat|transplant")


_GENERAL = re.compile(
    r"\b(?:is|are)\s(?:an?\s|still\s|the\s)?(?:\w{2,12}ly\s)?(?:rare|uncommon|common|frequent|unusual|seldom|recommended|considered|necessary|mandatory"
    r"|important|crucial|required|known|essential|lacking|limited|controversial|unclear|scarce|challenging|(?:very\s|extremely\s)?poor|established|needed|emerging)\b|\b(?:should|must)\b|\b(?:may|can)\s(?:be|have|occur|recur)\b"
    r"|\b(?:is|are|remains?)\s(?:an?\s)?(?:[\w-]+\s){0,3}?(?:options?|alternatives?|approach|strateg(?:y|ies)|modality|dilemma|challenge)\b"
)
_OF_OTHERS = re.compile(r"\b(?:these|most|many|some|all|such|of|in|with|other|the)\s(?:(?!our|both|two|three)\w+\s)?(?:patients|cases)\b")

_ONSET = re.compile(
    r"(?:[\w,]+\s){0,4}?\b(?:develop|notic|appear|start(?:ed|ing)|began|begun|onset|felt|experienc|suffer|became\saware|complain)"
)
_OF_ALL = re.compile(
    r"\b(?:both|all|neither|none)\s(?:of\s)?(?:the\s|our\s|these\s)?(?:two\s|three\s|four\s|five\s|six\s)?(?:patients|cases)\b"
)
# What parts a sentence, and how many characters a parting weighs when the nearest time is sought.
_PARTS = re.compile(r"[,;:]\s|\s(?:and|but|then|now|who|which)\s")
_PART_WEIGHT = 25
_SHORTEST_PART = 2  # ", "
# States that can last, and what makes a moment a contact with the patient.
STATES = frozenset(
    {"free", "no_recurrence", "no_metastasis", "no_progression", "remission", "lasting_remission", "active", "alive", "lost"}
    | {"remains", "ongoing"}
    | {"follow_up", "survival"}
)
_NO_CONTACT = TREATMENTS | {"palliative", "history", outcome.UNLIKELY, outcome.NOT_TUMOUR, outcome.NOT_PATIENT}
_NO_VISIT = _NO_CONTACT | {"diagnosis"}
_VISITS = TREATMENTS | {"admission", "diagnosis"}
_PAST = TREATMENTS | {"diagnosis", "admission", "recurrence", "metastasis"}
_RETURNS = frozenset({"recurrence", "metastasis"})
_ENDS = frozenset({"survival", "death", "alive", "free", "no_recurrence", "lost"})
_OUTCOMES = STATES | {"death", "recurrence", "progression"}
# What makes a sentence one of the tumour's story, though it tells of the patient's history.
_OF_THE_STORY = TREATMENTS | _OUTCOMES | {"admission", "metastasis"}
# Narrative moments this far before the frontier are the frontier, told in round figures.
_SLACK = 1.0
# Times at which nothing was begun: a treatment never stands at one.
_LASTING = (times.FOR, times.FOLLOW_UP, times.AT)
# With so many times a sentence lists the earlier diseases.
_LIST = 3
# So many months ago a treatment is one of the past.
_LONG_AGO = 6.0
# So few sentences after a time, a lesion still came up then: "In May he was admitted. CT showed a mass."
_SOON = 3
# After these a lesion may be a return.
_TAKES_AWAY = TREATMENTS | {"remission", "lasting_remission"}
# At these no lesion came up.
_MOVING = (times.LATER, times.AFTER, times.DATE, times.CALENDAR, times.AGE)
_UNTIMED = (times.AGO, times.FOR, times.FOLLOW_UP)
_LONGEST = 720.0
_REFERS = re.compile(r"\bsince\s(?:(?:the|his|her|this|that|first|initial)\s){0,2}$")
# Stems that name a treatment by its kind only.
_GENERIC = ("radi", "irradi", "chemo", "cycle", "course", "infusion", "surg", "operat")
# A relative named this early in a sentence is whom it tells of.
_OPENING = 50


class Event(NamedTuple):
    """What a mention of the timeline says: a judged cue (`kind`), or a time expression (`time`).

    `chapter` counts the story's tellings, after its group (CASE, ARGUED, ABSTRACT). `is_flashback` tells that
    the sentence looks back ("had received"), `is_summary` that it announces the whole ("we report a case of").
    """

    kind: str
    chapter: tuple[int, int]
    time: Time | None = None
    is_flashback: bool = False
    is_summary: bool = False
    tumours: treatment.Clue | None = None  # of a treatment that is told of the past: what it was for


class Moment(NamedTuple):
    """A place on the line, in months from where the story begins, with the time expressions that prove it."""

    months: float
    proof: tuple[Mention, ...] = ()
    is_minimum: bool = False


class Point(NamedTuple):
    """An event on the line. `is_stated`: its own sentence says when; `is_contact`: the patient was seen then."""

    kind: str
    mention: Mention
    moment: Moment
    is_stated: bool
    is_contact: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One telling of a patient's story. `zero` is the first treatment, else the diagnosis, else the beginning.

    `origin` says which: treatment, diagnosis, presentation, or None for a beginning that is none of these.
    """

    group: int
    zero: Moment
    points: tuple[Point, ...]
    is_treated: bool
    origin: str | None = None

    def months(self, moment: Moment) -> float:
        """Return the months from time zero to a moment."""
        return moment.months - self.zero.months


def read(reading: Reading) -> tuple[Mention, ...]:
    """Return the events that are told of the authors' patients, in the order of the text.

    Several fields look at them: ask for `reading.layer(timeline.read)`.
    """
    cued = {hit.sentence for lexicon in outcome.LEXICONS for hit in reading.hits.get(lexicon, ())}
    chapter, begun, dated, is_treated = (CASE, 0), False, -_SOON, False
    events: list[Mention] = []
    for sentence in reading.sentences:
        if sentence.subject == "literature" or sentence.is_heading or sentence.section in _UNTOLD:
            continue
        lower = sentence.lower
        group = _GROUPS.get(sentence.section, CASE)
        introduces = "old" in lower and _INTRODUCES.search(lower) is not None
        if group != chapter[0] or (introduces and begun):
            chapter, begun = (group, chapter[1] + 1), False
        timed = times.may_hold(lower)
        soon = (timed or sentence.index - dated < _SOON) and regrowth.may_hold(lower)
        is_cued = timed or sentence.index in cued
        if (soon or is_cued) and is_told(reading, sentence):
            begun = True
            if is_cued:
                told = len(events)
                events.extend(_events(reading, sentence, chapter, timed))
                is_treated = is_treated or any(event_of(event).kind in _TAKES_AWAY for event in events[told:])
            if soon and (is_treated or _tells_of_past_next(reading, sentence)) and (lesion := regrowth.find(reading, sentence)):
                flashback, summary = _HAS_BEEN.search(sentence.lower) is not None, _announces(sentence.lower)
                named = treatment.named_ahead(reading, sentence)
                events.append(Mention("timeline", *lesion, sentence, Event(LESION, chapter, None, flashback, summary, named)))
            if timed:
                dated = sentence.index
    return tuple(events)


def is_told(reading: Reading, sentence: Sentence) -> bool:
    """Return whether a sentence tells of the patient: as it was judged, or as a statement on "he" or "the patient".

    A relative's story, a general rule ("recurrence is rare") and a statement on "these patients" are not told.
    """
    general = sentence.subject == "general"
    if general and _GROUPS.get(sentence.section, CASE) != CASE:
        return False
    cues = [hit.entry.concept_id for hit in reading.hits_in("subject", sentence)]
    if general and ("person" not in cues or "literature" in cues or "closing" in cues):
        return False
    for hit in reading.hits_in(outcome.LEXICON, sentence):
        if hit.entry.concept_id == "relative" and hit.start < sentence.start + _OPENING:
            # "The parents wanted no more treatment, and the child died" tells of the patient.
            return hit.entry.variant == "parent" and outcome.turns_to_patient(sentence.lower[hit.end - sentence.start :])
    lower = sentence.lower
    if "person" not in cues and "own" not in cues and _states_a_rule(lower):
        return False
    if "own" not in cues and ("patients" in lower or "cases" in lower) and _OF_OTHERS.search(lower):
        # "These patients" are others, but "both the patients" of a series are the authors'.
        return sentence.patient == series.EVERY and _OF_ALL.search(lower) is not None
    return sentence.subject in ("patient", "general")


def _states_a_rule(lower: str) -> bool:
    if (
        " is " in lower
        or " are " in lower
        or " remain" in lower
        or " should " in lower
        or " must " in lower
        or " may " in lower
        or " can " in lower
    ):
        return _GENERAL.search(lower) is not None
    return False


def _tells_of_past_next(reading: Reading, sentence: Sentence) -> bool:
    """Return whether the next sentences look years back: only then is a lesion told before any treatment of interest."""
    return any(_looks_back(here.lower) for here in reading.sentences[sentence.index + 1 : sentence.index + _SOON])


def _looks_back(lower: str) -> bool:
    """Return whether a sentence tells of what had been before."""
    if " had " in lower or "previous" in lower or "history of" in lower or "earlier" in lower or " ago" in lower:
        return True
    return (" before" in lower or " prior" in lower) and _LOOKS_BACK.search(lower) is not None


def _announces(lower: str) -> bool:
    """Return whether a sentence announces the whole report: "we report a case of"."""
    if (
        "report" in lower
        or "present" in lower
        or "this is " in lower
        or "describ" in lower
        or "illustrat" in lower
        or "demonstrat" in lower
        or "discuss" in lower
    ):
        return _ANNOUNCES.search(lower) is not None
    return False


def _events(reading: Reading, sentence: Sentence, chapter: tuple[int, int], timed: bool) -> Iterator[Mention]:
    """Yield a sentence's cues and times in order; the anchor words of a time are no cues of their own."""
    spans = list(times.find(sentence)) if timed else []
    cues = outcome.find(reading, sentence)
    if not spans and not cues:
        return
    flashback, summary = _looks_back(sentence.lower), _announces(sentence.lower)
    past = _past_tumours(reading, sentence, cues) if flashback or spans or " for " in sentence.lower else None
    has_purposes = " for " in sentence.lower and bool(reading.hits_in("histology", sentence))
    events = []
    for found in spans:
        # "Six years after irradiation for another cancer" is no moment of this story.
        for_what = _purpose(reading, sentence, found.end) if has_purposes and found.time.anchor in TREATMENTS else None
        events.append((found.start, found.end, Event("time", chapter, found.time, flashback, summary, for_what)))
    anchored = [found for found in spans if found.time.anchor]
    for kind, start, end in cues:
        if not anchored or not any(_is_anchor(found, kind, start, end) for found in anchored):
            for_what = (has_purposes and _purpose(reading, sentence, start)) or past if kind in TREATMENTS else None
            events.append((start, end, Event(kind, chapter, None, flashback, summary, for_what)))
    if len(events) > 1:
        events.sort(key=_place)
    for start, end, event in events:
        yield Mention("timeline", start, end, sentence, event)


def _is_anchor(found: times.Found, kind: str, start: int, end: int) -> bool:
    """Return whether a cue is what a time counts from; of an anchor of no known kind only a treatment is."""
    return found.start < end and start < found.end and (found.time.anchor != "event" or kind in TREATMENTS)


def _past_tumours(reading: Reading, sentence: Sentence, cues: Sequence[outcome.Cue]) -> treatment.Clue | None:
    """Return the tumours that the treatment of a sentence was for, None where none is told."""
    start = next((cue.start for cue in cues if cue.kind in TREATMENTS), None)
    if start is None:
        return None
    found = treatment.clue(reading, sentence, start)
    return None if found is treatment.NO_CLUE else found


def _purpose(reading: Reading, sentence: Sentence, start: int) -> treatment.Clue | None:
    """Return the tumour that the treatment at an offset is said to be for, None where nothing is said: "mastectomy for cancer"."""
    found = treatment.clue(reading, sentence, start)
    return found if found.is_purpose else None


def _place(event: tuple[int, int, Event]) -> tuple[int, int]:
    return event[0], event[1]


def event_of(mention: Mention) -> Event:
    """Return what a mention of the timeline says."""
    event: Event = mention.value  # type: ignore[assignment]  # asked for too often to be asserted
    return event


def lines(mentions: Sequence[Mention], so_far: MutableMapping[str, Any]) -> tuple[Line, ...]:
    """Return the lines of one patient; the first field that asks has them laid, the next finds them in `so_far`."""
    if "timeline" not in so_far:
        so_far["timeline"] = lay(mentions, so_far)
    laid: tuple[Line, ...] = so_far["timeline"]
    return laid


def lay(mentions: Sequence[Mention], so_far: Mapping[str, Any] = MappingProxyType({})) -> tuple[Line, ...]:
    """Return the lines of one patient, the most telling group first, later tellings before earlier ones.

    By the site and the histology found `so_far`, the treatments of another tumour are told from those of this.
    """
    lines = []
    for chapter, told in groupby(mentions, key=_chapter_of):
        sentences = [list(sentence) for _, sentence in groupby(told, key=_sentence_of)]
        walk = _walk(sentences, so_far)
        if not walk.has_returned and walk.tells_of_return():
            # Only its end told that the treatment of years ago was this tumour's: time zero lies there from the first.
            walk = _walk(sentences, so_far, has_returned=True)
        lines.append((chapter, walk.line(chapter[0])))
    return tuple(line for _, line in sorted(lines, key=_rank))


def _walk(sentences: Sequence[Sequence[Mention]], so_far: Mapping[str, Any], has_returned: bool = False) -> _Walk:
    walk = _Walk(so_far.get("site"), so_far.get("histology"), has_returned)
    for sentence in sentences:
        walk.read(sentence)
    return walk


def _chapter_of(mention: Mention) -> tuple[int, int]:
    return event_of(mention).chapter


def _sentence_of(mention: Mention) -> int:
    return mention.sentence.index


def _rank(line: tuple[tuple[int, int], Line]) -> tuple[int, int]:
    return line[0][0], -line[0][1]


class _Walk:
    """A reader on the way through one chapter: the moments told so far."""

    __slots__ = (
        "begun", "birth", "calendar", "dated", "frontier", "had_returned", "has_returned", "histology", "in_history", "last",
        "names_past", "placed", "points", "site", "start", "treated_ago", "treated_before", "treatments",
    )  # fmt: skip

    def __init__(self, site: object, histology: object, has_returned: bool = False) -> None:
        self.site, self.histology = site, histology
        self.dated = -_SOON  # the last sentence that took the story to a later time
        self.treated_before: Moment | None = None  # this very tumour was treated in the past
        self.had_returned = False  # a return was told before any treatment
        self.frontier = self.last = Moment(0.0)
        self.calendar: Moment | None = None  # the date at which the line begins
        self.birth: float | None = None  # the patient's birth
        self.names_past = False  # a treatment of the past names a tumour
        self.treated_ago: Moment | None = None  # it is one of years ago, and of no list of earlier diseases
        self.placed: dict[str, Moment] = {}  # the latest moment of each kind
        self.begun: dict[str, Moment] = {}  # the first moment of each kind
        self.treatments: list[tuple[Moment, str]] = []  # told as of now, as of years ago, or as history
        self.points: list[Point] = []
        self.start: Mention | None = None  # "presented two years ago"
        self.in_history = False
        self.has_returned = has_returned

    def read(self, events: Sequence[Mention]) -> None:
        """Place the events of one sentence."""
        lesions: list[Mention] = []
        cues: list[Mention] = []
        kinds: set[str] = set()
        for event in events:
            said = event_of(event)
            if said.kind == LESION:
                lesions.append(event)
            elif said.time is None:
                cues.append(event)
                kinds.add(said.kind)
        is_timed = len(cues) + len(lesions) < len(events)
        if _is_other_history(events[0].sentence, kinds):
            events = [*cues, *lesions]  # "his history included an infarction in 2002": no moment of this story
        placed: list[tuple[Mention, Moment]] = []
        start, before = self.last, self.frontier  # where the sentence finds the story
        for event in events if is_timed else ():
            time = event_of(event).time
            if time is None:
                continue
            near = _nearest_kind(event, cues)
            if placed and time.relation == times.LATER and time.months > _months_after(placed[-1], start):
                self.last = start  # "24 months later ..., and 31 months later ...": both from the same moment
            moment = self._moment(event, time, near, kinds)
            if moment is not None and abs(moment.months) <= _LONGEST:
                placed.append((event, moment))
                begins = self._begins(time, event, cues)
                if begins or ((time.relation != times.AGO or near in _PAST) and not event_of(event).is_summary):
                    self._move(time, moment, begins)
                    if time.relation in _MOVING and kinds.isdisjoint(_ENDS):
                        self.dated = event.sentence.index
                self.points.append(Point("time", event, moment, True, _is_contact(time, kinds)))
        if not placed and not kinds.isdisjoint(_VISITS) and not event_of(cues[0]).is_flashback:
            if "admission" in kinds and self.frontier.months < 0:
                self.frontier = Moment(0.0, self.frontier.proof)
            self.last = self.frontier
        if events:
            is_later = bool(placed) and any(_relation(time) in (times.LATER, times.AFTER) for time, _ in placed)
            is_dated = bool(placed) and any(_is_exact(time) for time, _ in placed)
            self._keep_history(events[0].sentence, kinds, is_dated, is_later)
        for cue in cues:
            earlier = bool(placed) and _is_told_before(cue, cues, placed)
            now = before if earlier else start if not placed and event_of(cue).is_flashback else self.frontier
            self._put(cue, [] if earlier else placed, now, cues)
        for lesion in lesions:
            self._put_lesion(lesion, [one for one in placed if _relation(one[0]) not in _UNTIMED])
        if "admission" in kinds:
            self.in_history = False

    def _keep_history(self, sentence: Sentence, kinds: set[str], is_dated: bool, is_later: bool) -> None:
        """Note whether the story is in the patient's earlier diseases: from "a history of" until the next visit.

        Earlier diseases are dated by the year; a date with its month (`is_dated`) is the story itself.
        """
        history = _history(sentence.lower)
        if history and (_TREATED.search(sentence.lower, history.end()) or outcome.names_tumour(sentence.lower[history.end() :])):
            self.in_history = True
        elif "admission" in kinds or "recurrence" in kinds or is_dated or ("metastasis" in kinds and is_later):
            self.in_history = False  # "three years later she developed metastases": what was removed was this tumour

    def _put(self, cue: Mention, placed: Sequence[tuple[Mention, Moment]], now: Moment, cues: Sequence[Mention]) -> None:
        """Place a cue at the nearest time of its sentence, else where the story stands now."""
        event = event_of(cue)
        kind = event.kind
        if kind in TREATMENTS and kind in self.placed and _REFERS.search(cue.sentence.lower[: cue.start - cue.sentence.start]):
            return  # "given since the operation": that of before
        near = [
            (time, moment) for time, moment in placed
            if not (kind in TREATMENTS and _relation(time) in _LASTING)
            and not _is_of_now(time, cue)
            and not (kind in _RETURNS and _is_claimed(time, cue, cues))
        ] if placed else []  # fmt: skip
        if not near:
            moment = now
        elif len(near) == 1:
            moment = near[0][1]
        else:
            _, moment = min(near, key=lambda pair: _distance(pair[0], cue))
        if kind in _RETURNS:
            self._note_return(cue)
        self.placed[kind] = moment
        self.begun.setdefault(kind, moment)
        if kind in TREATMENTS:
            if event.tumours and treatment.is_surely_other(event.tumours, self.site, self.histology):
                self.points.append(Point("history", cue, moment, bool(near)))
                return
            self.placed["any"] = moment
            word = times.stem(cue.sentence.text[cue.start - cue.sentence.start : cue.end - cue.sentence.start])
            self.placed[word] = moment
            self.begun.setdefault(word, moment)
            ago = bool(placed) and any(_relation(time) == times.AGO for time, _ in placed)
            told = HISTORY if self.in_history else AGO if ago else NOW
            if told != NOW and len(placed) < _LIST and event.tumours and treatment.is_same_tumour(event.tumours, self.site, self.histology):
                told = AGO
                self.treated_before = self.treated_before or moment
            if told != NOW and outcome.names_tumour(cue.sentence.lower):
                self.names_past = True
                if told == AGO:
                    self.treated_ago = self.treated_ago or moment
            if told != NOW and self.had_returned:
                self.has_returned = True
            self.treatments.append((moment, told))
        seen = kind in ("death", "recurrence") or (kind == "metastasis" and self.has_returned)
        self.points.append(Point(kind, cue, moment, bool(near), seen and not event.is_summary))

    def _put_lesion(self, lesion: Mention, placed: Sequence[tuple[Mention, Moment]]) -> None:
        """Place a lesion at the nearest time of its sentence, else at the last; "the same histology as in 1971" is no time of it."""
        later = [one for one in placed if one[1].months >= self.frontier.months - _SLACK]
        moment = min(later, key=lambda pair: _distance(pair[0], lesion))[1] if later else self.frontier
        is_stated = bool(later) or lesion.sentence.index - self.dated < _SOON
        self.points.append(Point(LESION, lesion, moment, is_stated))

    def _begins(self, time: Time, mention: Mention, cues: Sequence[Mention]) -> bool:
        """Return whether the story begins with this time: "presented two years ago", "operated five years earlier"."""
        if time.relation != times.AGO or self.points or _history(mention.sentence.lower):
            return False
        if _NOW.search(mention.sentence.lower, mention.end - mention.sentence.start) or _tells_of_onset(mention):
            return False
        near = _nearest_kind(mention, cues)
        if near == "admission":
            self.start = mention
        return near == "admission" or (near in TREATMENTS and all(event_of(cue).kind != "admission" for cue in cues))

    def _note_return(self, cue: Mention) -> None:
        """Note what a return of the tumour says of the treatments told before: they were of this tumour."""
        event = event_of(cue)
        if event.is_summary:
            return
        if event.kind == "recurrence" and not self.treatments:
            self.had_returned = True
            self.treatments.append((self.begun.get("diagnosis") or Moment(0.0), NOW))
        elif self.treatments and (event.kind == "recurrence" or (self.names_past and not self.in_history)):
            self.has_returned = self.has_returned or all(told != NOW for _, told in self.treatments)

    def _move(self, time: Time, moment: Moment, begins: bool) -> None:
        self.last = moment
        if begins or (time.relation != times.AGO and moment.months >= self.frontier.months):
            self.frontier = moment

    def _moment(self, mention: Mention, time: Time, near: str | None, kinds: set[str]) -> Moment | None:
        """Return where a time expression points to, None if it does not place anything."""
        tumours = event_of(mention).tumours
        if tumours and treatment.is_surely_other(tumours, self.site, self.histology):
            return None
        if time.relation == times.DATE:
            return self._date(mention, time.months)
        if time.relation == times.AGE:
            return self._age(mention, time.months) if near is None or near in _PAST else None
        if time.relation == times.CALENDAR:
            return self._month(mention, time)
        if time.relation == times.AGO:
            return _shift(self.frontier, mention, -time.months)
        if time.relation == times.LATER:
            return _shift(self.last, mention, time.months, time.is_minimum)
        if time.relation == times.AFTER:
            return _shift(self._anchor(time), mention, time.months, time.is_minimum)
        if time.relation == times.FOR and near not in STATES:
            return None
        if time.relation == times.AT and not kinds & _OUTCOMES and (kinds & _NO_VISIT or time.is_short):
            return None  # "diagnosed at 45 years" is an age
        if "lost" in kinds and event_of(mention).is_flashback:
            return None  # "by then he had been lost for three years"
        if "lost" in kinds:
            return _shift(self.last, mention, time.months)
        return _shift(self._since(time, near), mention, time.months, time.is_minimum)

    def _date(self, mention: Mention, months: float) -> Moment:
        """Return the moment of a date; the first date is where the story stands."""
        if self.calendar is None:
            self.calendar = Moment(months - self.frontier.months, (mention,))
            return Moment(self.frontier.months, (mention,))
        return Moment(months - self.calendar.months, (mention,))

    def _age(self, mention: Mention, months: float) -> Moment:
        """Return the moment of an age; the first age told is where the story stands."""
        if self.birth is None:
            self.birth = self.frontier.months - months
        return Moment(self.birth + months, (mention,))

    def _month(self, mention: Mention, time: Time) -> Moment | None:
        """Return the moment of a month whose year is not said; None where no date was told.

        It is of the year told last where the text says so ("of the same year"), else the month that comes next.
        """
        if self.calendar is None:
            return None
        told = self.calendar.months + self.last.months
        if time.word in (times.SAME_YEAR, times.NEXT_YEAR):
            year = told // times.MONTHS_PER_YEAR + (time.word == times.NEXT_YEAR)
            date = year * times.MONTHS_PER_YEAR + time.months
        else:
            least = told + (2 * _SLACK if time.word == times.NEXT else -_SLACK)
            date = least + (time.months - least) % times.MONTHS_PER_YEAR
        return Moment(date - self.calendar.months, (*self.last.proof, mention)[-6:])

    def _anchor(self, time: Time) -> Moment:
        """Return the moment that "after ..." counts from."""
        anchor = time.anchor or "any"
        zero = self._zero()
        if anchor == "admission" and time.word.startswith("present") and zero.months + time.months >= self.frontier.months - _SLACK:
            return zero
        if anchor in ("diagnosis", "admission"):
            base = zero if time.is_first or anchor == "diagnosis" else self.placed.get("admission", zero)
            # "Died three months after the diagnosis", told of year five: another diagnosis than the first.
            return base if time.is_first or self.dated < 0 or base.months + time.months >= self.frontier.months - _SLACK else self.frontier
        if time.is_first:
            if not self.treatments:
                self.treatments.append((zero, NOW))
            return zero
        fits = zero.months + time.months >= self.frontier.months - _SLACK
        if time.is_running and fits and self.treatments:
            return zero
        known = self.begun if time.is_start else self.placed
        named = next((known[word] for word in time.words if word in known), None)
        if named is not None:
            return named
        if time.is_start and fits and self.treatments and all(word.startswith(_GENERIC) for word in time.words):
            return zero  # "after the start of treatment" is after that of the first
        if anchor == "treatment":
            anchor = "any"
        if anchor == "event":
            base = self.placed.get("any", self.last)
            return base if base.months + time.months >= self.frontier.months - _SLACK else self.last
        if not self.treatments and anchor != "recurrence":
            self.treatments.append((self.last, NOW))
            self.placed["any"] = self.last
        told = self.placed.get(time.word) or self.placed.get(anchor)
        if told is None and fits and anchor in TREATMENTS - {"treatment"}:
            return zero  # of a kind that was told in other words
        return told or self.placed.get("any") or self.last

    def _since(self, time: Time, near: str | None) -> Moment:
        """Return the moment that a follow-up or a lasting state counts from."""
        zero, last = self._zero(), self.placed.get("any", self.frontier)
        if time.is_first:
            return zero
        lasting = time.relation == times.FOR and near != "survival"
        order = [last, zero] if lasting or "recurrence" in self.placed else [zero, last]
        if not self.treatments and near in STATES - {"follow_up", "survival", "no_metastasis"}:
            self.treatments.append((self.frontier, NOW))
        fitting = [base for base in order if base.months + time.months >= self.frontier.months - _SLACK]
        return fitting[0] if fitting else order[0]

    def _zero(self) -> Moment:
        """Return time zero: the first treatment, else the diagnosis, else the beginning.

        A treatment told as history or of years ago is this tumour's only where the tumour is told to have
        returned, or where no other treatment is told.
        """
        if chosen := self._first_treatments():
            return min(chosen, key=_months_of)
        begun = self.begun.get("diagnosis") or self.begun.get("admission") or Moment(0.0)
        return begun if begun.months <= 0 else Moment(0.0)

    def _first_treatments(self) -> list[Moment]:
        """Return the moments of the treatments that time zero is sought among."""
        for told in ((NOW, AGO, HISTORY),) if self.has_returned else ((NOW,), (AGO,)):
            chosen = [moment for moment, how in self.treatments if how in told]
            if chosen:
                return chosen
        return []

    def _origin(self) -> str | None:
        """Return what time zero is."""
        if self._first_treatments():
            return "treatment"
        return "diagnosis" if "diagnosis" in self.begun else "presentation" if "admission" in self.begun else None

    def tells_of_return(self) -> bool:
        """Return whether tumour is told of now that had been treated long ago: it came back, though no word says so."""
        before = {"recurrence": self.treated_ago, "metastasis": self.treated_before, LESION: self.treated_before}
        return any(
            (past := before.get(point.kind)) is not None
            and point.moment.months - past.months >= _LONG_AGO
            and not event_of(point.mention).is_flashback
            and not event_of(point.mention).is_summary
            for point in self.points
        )

    def line(self, group: int) -> Line:
        """Return the line as read so far.

        A story that began "two years ago" is told now, with the patient still in view.
        """
        if self.start is not None and self.frontier.months <= 0 and "death" not in self.placed:
            self.points.append(Point("time", self.start, Moment(0.0, (self.start,)), True, True))
        return Line(group, self._zero(), tuple(self.points), bool(self.treatments), self._origin())


def _history(lower: str) -> re.Match[str] | None:
    """Return where a sentence turns to the patient's earlier diseases."""
    return _HISTORY.search(lower) if holds_any(lower, _HISTORY_CUES) else None


def tells_of_history(sentence: Sentence) -> bool:
    """Return whether a sentence tells of the patient's earlier diseases and operations."""
    return _history(sentence.lower) is not None


def _is_contact(time: Time, kinds: set[str]) -> bool:
    """Return whether the patient was seen at a time: not in hospital, not merely treated, not looked back at."""
    if time.relation == times.AGO:
        return False
    if time.relation == times.AGE and kinds.isdisjoint(_OUTCOMES):
        return False
    if time.is_short:
        return "death" in kinds or time.relation == times.FOLLOW_UP
    if time.relation in (times.FOLLOW_UP, times.FOR) or kinds & _OUTCOMES:
        return True
    return bool(kinds - _NO_CONTACT) or not kinds


def _tells_of_onset(time: Mention) -> bool:
    """Return whether a time ago is when complaints began: "a mass that first developed about a year ago"."""
    start, end = time.start - time.sentence.start, time.end - time.sentence.start
    before = _PARTS.split(time.sentence.lower[max(0, start - _OPENING) : start])[-1]
    return _ONSET.search(before) is not None or _ONSET.match(time.sentence.lower[end : end + _OPENING]) is not None


def _is_other_history(sentence: Sentence, kinds: set[str]) -> bool:
    """Return whether a sentence lists the patient's other diseases."""
    return "history" in kinds and kinds.isdisjoint(_OF_THE_STORY) and not _TUMOURS.search(sentence.lower)


def _is_claimed(time: Mention, cue: Mention, cues: Sequence[Mention]) -> bool:
    """Return whether a time is that of the end, not of a return told in another part: "it recurred, and she lived for seven years"."""
    away = _distance(time, cue)
    return away >= _PART_WEIGHT and any(
        event_of(other).kind in _ENDS and _distance(time, other) < min(away, _PART_WEIGHT) for other in cues
    )


def _is_of_now(time: Mention, cue: Mention) -> bool:
    """Return whether a cue is told of now, after a time ago: "operated two years ago, now presents with a recurrence"."""
    if _relation(time) != times.AGO or cue.start < time.end or event_of(cue).kind in TREATMENTS | {"diagnosis"}:
        return False
    mark = _NOW if event_of(cue).kind in ("recurrence", "metastasis") else _PARTS
    return mark.search(cue.sentence.lower, time.end - cue.sentence.start, cue.start - cue.sentence.start) is not None


def _is_told_before(cue: Mention, cues: Sequence[Mention], placed: Sequence[tuple[Mention, Moment]]) -> bool:
    """Return whether a treatment is told before the time of its sentence, which is that of something else.

    "Despite chemotherapy, he died six months later": the chemotherapy was given before. So it was in "was
    resected, and no recurrence was seen during two years of follow-up".
    """
    if not placed or event_of(cue).kind not in TREATMENTS:
        return False
    near = [time for time, _ in placed if _relation(time) not in _LASTING]
    if not near:
        return all(cue.start < time.start for time, _ in placed)
    time = min(near, key=lambda time: _distance(time, cue))
    if time.start < cue.start or _relation(time) not in (times.LATER, times.AFTER):
        return False
    outcomes = [other for other in cues if event_of(other).kind in _OUTCOMES | {"metastasis"}]
    if any(_distance(time, other) < _distance(time, cue) for other in outcomes):
        return True
    return _PARTS.search(cue.sentence.lower, cue.end - cue.sentence.start, time.start - cue.sentence.start) is not None


def _is_exact(mention: Mention) -> bool:
    """Return whether a time is a date with its month."""
    time = event_of(mention).time
    return time is not None and time.relation == times.DATE and not time.is_coarse


def _months_after(placed: tuple[Mention, Moment], start: Moment) -> float:
    """Return how long after the sentence's start a "later" of it was; infinite for another time."""
    return placed[1].months - start.months if _relation(placed[0]) == times.LATER else float("inf")


def _nearest_kind(time: Mention, cues: Sequence[Mention]) -> str | None:
    """Return the kind of the cue that stands nearest to a time."""
    if len(cues) < 2:
        return event_of(cues[0]).kind if cues else None
    return event_of(min(cues, key=lambda cue: _distance(time, cue))).kind


def stands_nearer(time: Mention, one: Mention, other: Mention) -> bool:
    """Return whether a time stands nearer to one mention of its sentence than to another."""
    return _distance(time, one) < _distance(time, other)


def _distance(one: Mention, other: Mention) -> int:
    """Return how many characters stand between two mentions of a sentence; the border of a part counts as many."""
    first, second = (one, other) if one.start <= other.start else (other, one)
    apart = second.start - first.end
    if apart < _SHORTEST_PART:
        return max(apart, 0)
    sentence = first.sentence
    parts = _PARTS.findall(sentence.lower, first.end - sentence.start, second.start - sentence.start)
    return apart + _PART_WEIGHT * len(parts)


def _relation(mention: Mention) -> str:
    time = event_of(mention).time
    return time.relation if time else ""


def _shift(base: Moment, mention: Mention, months: float, is_minimum: bool = False) -> Moment:
    return Moment(base.months + months, (*base.proof, mention)[-6:], is_minimum)


def _months_of(moment: Moment) -> float:
    return moment.months
