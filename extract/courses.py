"""Courses of radiotherapy: how the series that a report tells of, one mention after the other, make courses."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from extract import particulars
from extract.doses import Series, agree, dose_of
from extract.particulars import Particular
from extract.reading import Mention
from extract.record import Phase, RadiotherapyCourse, Site
from extract.targets import Target
from extract.treatment import GIVEN, NO_CLUE, Clue

# A boost, a sum or a missing part is looked for in the course told of at most so many sentences before.
REACH = 3
_EXACT = 0.06
# No fraction is of less, in Gy.
_LEAST_EACH = 0.9
_MONTH_OR_YEAR = re.compile(
    r"(?:in|on)\s(?:\d{1,2}\s)?(?:(?:january|february|march|april|may|june|july|august|september|october|november|december)|(?:19|20)\d\d)\b",
    re.IGNORECASE,
)
# Never a part of an external course.
_OWN_COURSE = ("brachytherapy", "IORT")
# Nobody is irradiated with more; seeds and plaques come near it.
_MOST_GY = 200.0
_EXTERNAL = frozenset({"EBRT", "3D-CRT", "IMRT", "VMAT", "electron"})
_FAMILY = {
    "SBRT": "stereotactic",
    "SRS": "stereotactic",
    "gamma knife": "stereotactic",
    "proton": "particle",
    "carbon ion": "particle",
    "neutron": "particle",
}
_TARGET = "target"


@dataclass(frozen=True, slots=True)
class Told:
    """What one mention of radiotherapy says. `series` is None where no dose or number of fractions is given."""

    series: Series | None
    technique: str | None = None
    target: str | None = None
    intent: str | None = None
    standing: str = GIVEN
    clue: Clue = NO_CLUE
    event: str = ""  # what tells one course from another: adjuvant, palliative, relapse, brain, stereotactic, brachytherapy
    is_weak: bool = False  # a caption, a title, an argument: supports what is told elsewhere, and no more
    is_any_therapy: bool = False  # "adjuvant treatment": only its denial says something of radiotherapy
    particulars: tuple[Particular, ...] = ()
    targets: tuple[Target, ...] = ()  # with offsets in the report
    is_cut_short: bool = False  # "was abandoned at 46 Gy": this much was given of what was told before
    stage: int = 0  # how often the story has moved on before this mention: a later time, a recurrence, a metastasis


@dataclass(frozen=True, slots=True)
class Draft:
    """A course while its mentions are being read; doses in Gy."""

    phases: tuple[Series, ...]
    total: Series | None = None  # the sum of the phases, where the text says it
    technique: str | None = None
    target: str | None = None
    intent: str | None = None
    mentions: tuple[Mention, ...] = field(default=())

    @property
    def last(self) -> int:
        """The number of the sentence that last spoke of the course."""
        return self.mentions[-1].sentence.index


def told(mention: Mention) -> Told:
    """Return what a mention of radiotherapy says."""
    assert isinstance(mention.value, Told)
    return mention.value


def fold(mentions: Sequence[Mention]) -> list[Draft]:
    """Return the courses that mentions with a dose or a number of fractions tell of, in the order of the text."""
    courses: list[Draft] = []
    pending: list[Mention] = []
    # What is said in passing comes last: it may repeat a course, and never makes one.
    for mention in sorted(mentions, key=lambda mention: (told(mention).is_weak, mention.start)):
        series = told(mention).series
        assert series is not None
        if told(mention).is_weak:
            dose = dose_of(series)
            at = next((at for at, course in enumerate(courses) if dose is not None and _repeats(course, series, dose)), None)
            if at is not None:
                courses[at] = _extend(courses[at], mention, series)
            continue
        at = _place(courses, mention, series)
        if at is not None:
            courses[at] = _extend(courses[at], mention, series)
        elif dose_of(series) is not None:
            courses.append(_begin(mention, series, pending))
            pending = []
        elif begun := _begun(mention, series, pending):
            courses.append(begun)
            pending = []
        else:
            pending.append(mention)
    return _without_sums(_merged(courses))


def _merged(courses: Sequence[Draft]) -> list[Draft]:
    """Return the courses without repetitions: what the abstract tells in one dose, the case in phases."""
    kept: list[Draft] = []
    for course in courses:
        total = total_of(course)
        for at, other in enumerate(kept):
            known = total_of(other)
            counts = {count_of(course), count_of(other)} - {None}
            is_apart = _is_elsewhere(other, course.mentions[0]) or (
                abs((total or 0) - (known or 0)) > _EXACT and course.mentions[0].sentence.index == other.mentions[0].sentence.index
            )
            if (
                total
                and known
                and _close(total, known)
                and not is_apart
                and len(counts) < 2
                and _same_family(course.technique, other.technique)
            ):
                rich, poor = (course, other) if len(course.phases) > len(other.phases) else (other, course)
                filled = rich if rich.total or len(rich.phases) < 2 else replace(rich, total=replace(poor.phases[0], total=total))
                if len(rich.phases) == 1:
                    filled = replace(rich, phases=(_filled(rich.phases[0], poor.phases[0]),))
                mentions = tuple(sorted((*other.mentions, *course.mentions), key=lambda mention: mention.start))
                kept[at] = replace(filled, technique=rich.technique or poor.technique, target=rich.target or poor.target,
                                   intent=rich.intent or poor.intent, mentions=mentions)  # fmt: skip
                break
        else:
            kept.append(course)
    return kept


def _without_sums(courses: Sequence[Draft]) -> list[Draft]:
    """Return the courses without those whose dose is that of all others together ("80 Gy in two courses")."""
    totals = [total_of(course) or 0.0 for course in courses]
    return [
        course
        for course, total in zip(courses, totals, strict=True)
        if not (len(courses) > 2 and total and len(course.phases) == 1 and _close(total, sum(totals) - total))
    ]


def _begin(mention: Mention, series: Series, pending: Sequence[Mention]) -> Draft:
    """Return a new course, with the dose per fraction or number of fractions that the sentences before gave it."""
    said = told(mention)
    draft = Draft(
        (series if series.role in ("boost", "at") else replace(series, role="main"),),
        None,
        said.technique,
        said.target,
        said.intent,
        (mention,),
    )
    for earlier in pending:
        part = told(earlier).series
        assert part is not None
        if mention.sentence.index - earlier.sentence.index <= REACH and _completes(draft.phases[0], part):
            draft = _note(replace(draft, phases=(_filled(draft.phases[0], part),)), earlier)
    return draft


def _begun(mention: Mention, series: Series, pending: Sequence[Mention]) -> Draft | None:
    """Return the course that a number of fractions makes with a dose per fraction told shortly before, None without one."""
    for earlier in reversed(pending):
        part = told(earlier).series
        assert part is not None
        whole = _filled(series, part)
        if mention.sentence.index - earlier.sentence.index <= REACH and dose_of(whole) is not None:
            return _note(_begin(mention, replace(whole, role="main"), ()), earlier)
    return None


def _place(courses: Sequence[Draft], mention: Mention, series: Series) -> int | None:
    """Return the number of the course that a mention goes on with or repeats, None for a new course."""
    dose = dose_of(series)
    technique = told(mention).technique
    fitting = [at for at in range(len(courses)) if _same_family(courses[at].technique, technique)]
    if dose is None and told(mention).is_cut_short and series.count:
        return next((at for at in reversed(fitting) if _stopped(courses[at], mention) is not None), None)
    if dose is None:
        near = [at for at in fitting if mention.sentence.index - courses[at].last <= REACH]
        return next((at for at in reversed(near) if _completes(courses[at].total or courses[at].phases[-1], series)), None)
    for at in reversed(fitting):
        if _is_elsewhere(courses[at], mention):
            continue
        if _repeats(courses[at], series, dose, mention.sentence.index == courses[at].last):
            return at
    if not courses or len(courses) - 1 not in fitting or (technique in _OWN_COURSE) != (courses[-1].technique in _OWN_COURSE):
        return None
    gap = mention.sentence.index - courses[-1].last
    before = total_of(courses[-1])
    if series.role == "at" and gap <= REACH and before is not None and dose < before and not told(mention).is_cut_short:
        return len(courses) - 1
    if (
        _is_milestone(courses[-1])
        and series.role in ("main", "sum")
        and gap <= 1
        and before is not None
        and dose > before
        and told(mention).event != "again"
    ):
        return len(courses) - 1
    if series.role == "boost" and gap <= REACH and before is not None and (dose < before or gap == 0):
        return len(courses) - 1
    if _is_boost_alone(courses[-1]) and series.role == "main" and gap <= 1 and before is not None and dose > before:
        return len(courses) - 1
    if told(mention).is_cut_short and gap <= REACH and before is not None and dose < before and len(courses[-1].phases) == 1:
        return len(courses) - 1
    if series.role in ("sum", "max") and gap == 0 and before is not None and dose > before:
        return len(courses) - 1
    return None


def _is_elsewhere(course: Draft, mention: Mention) -> bool:
    """Return whether a later part of the story tells of another place: 8 Gy to the sacrum, and months later 8 Gy to the humerus."""
    first = course.mentions[0]
    is_later = told(mention).stage > told(first).stage or _MONTH_OR_YEAR.match(mention.sentence.text) is not None
    if not is_later or mention.sentence.section != first.sentence.section or mention.sentence.section == "abstract":
        return False
    known = {target.topography for target in _targets(course.mentions)}
    here = {target.topography for target in told(mention).targets}
    return bool(known and here) and None not in known | here and not known & here


def _repeats(course: Draft, series: Series, dose: float, is_exact: bool = False) -> bool:
    """Return whether a series is one that the course already holds: its total, one of its phases, or their sum.

    Within one sentence 50 and 50.4 Gy are two doses, elsewhere one of them may be rounded.
    """
    total = total_of(course)
    known = [(total, count_of(course)), *((dose_of(phase), phase.count) for phase in course.phases)]
    return any(
        value is not None
        and _close(value, dose)
        and not (is_exact and abs(value - dose) > _EXACT)
        and (count is None or series.count is None or count == series.count)
        for value, count in known
    )


def _extend(course: Draft, mention: Mention, series: Series) -> Draft:
    dose = dose_of(series)
    noted = _note(course, mention)
    if dose is None and (given := _stopped(course, mention)) is not None:
        return replace(noted, phases=(given,), total=None)
    if dose is None:
        if course.total is not None:
            return replace(noted, total=_filled(course.total, series))
        return replace(noted, phases=(*course.phases[:-1], _filled(course.phases[-1], series)))
    total = total_of(course)
    if total is not None and _close(total, dose):
        if len(course.phases) == 1:
            first = course.phases[0]
            # Of 60 Gy and of 59.4 Gy in 33 fractions, the one told with its fractions is exact.
            is_rounded = abs(total - dose) > _EXACT and first.count is None and first.each is None and series.count is not None
            whole = _filled(series, first) if is_rounded else _filled(first, series)
            return replace(noted, phases=(replace(whole, role=first.role),))
        return replace(noted, total=_filled(course.total or replace(series, total=dose), series))
    if series.role == "at" and total is not None and dose < total and not told(mention).is_cut_short:
        return noted
    if _is_milestone(course) and series.role in ("main", "sum") and total is not None and dose > total:
        return replace(noted, phases=(replace(series, role="main"),))
    if told(mention).is_cut_short and total is not None and dose < total:
        given = replace(series, role="main", each=series.each or course.phases[0].each)
        return replace(noted, phases=(given,), total=None)
    if any(_close(value, dose) for phase in course.phases if (value := dose_of(phase)) is not None):
        return noted
    if series.role == "boost":
        return replace(noted, phases=(*course.phases, series), total=None)
    if series.role == "main" and _is_boost_alone(course):
        return replace(noted, phases=(series, *course.phases))
    return replace(noted, total=series)


def _stopped(course: Draft, mention: Mention) -> Series | None:
    """Return what was given of a course that a mention says was stopped after some fractions, None where it says nothing of it."""
    said, whole = told(mention), course.phases[0]
    if not said.is_cut_short or said.series is None or said.series.count is None or len(course.phases) > 1 or course.total is not None:
        return None
    if not 0 <= mention.sentence.index - course.last <= REACH:
        return None
    each = whole.each or (whole.total / whole.count if whole.total and whole.count else None)
    total = dose_of(whole)
    if each is None or (total is not None and each * said.series.count >= total):
        return None
    count = said.series.count
    return replace(whole, total=round(each * count, 2), count=count, each=round(each, 2), is_planned=False)


def _is_milestone(course: Draft) -> bool:
    """Return whether only how far a course had gone was told so far: "after 40 Gy, the plan was adapted"."""
    return len(course.phases) == 1 and course.phases[0].role == "at" and course.total is None


def _is_boost_alone(course: Draft) -> bool:
    """Return whether only the boost of a course was told so far: "A boost of 10 Gy was added after 50 Gy"."""
    return len(course.phases) == 1 and course.phases[0].role == "boost" and course.total is None


def _note(course: Draft, mention: Mention) -> Draft:
    said = told(mention)
    return replace(
        course,
        technique=course.technique if course.technique not in (None, "EBRT") else said.technique or course.technique,
        target=course.target or said.target,
        intent=course.intent or said.intent,
        mentions=(*course.mentions, mention),
    )


def _completes(series: Series, part: Series) -> bool:
    """Return whether a part without a dose (2 Gy per fraction; in 30 fractions) fits a series."""
    if part.count is not None and series.count not in (None, part.count):
        return False
    total, count = dose_of(series), part.count or series.count
    each = part.each or series.each
    if part.each is not None and series.each is not None and abs(part.each - series.each) > 0.02:
        return False
    return not (total and count and each) or abs(count * each - total) <= max(0.6, 0.03 * total)


def _filled(series: Series, other: Series) -> Series:
    return replace(
        series,
        total=series.total if series.total is not None else other.total,
        count=series.count or other.count,
        each=series.each or other.each,
        is_rbe=series.is_rbe or other.is_rbe,
    )


def _close(one: float, other: float) -> bool:
    return abs(one - other) <= max(0.05, 0.0105 * other)


def _same_family(one: str | None, other: str | None) -> bool:
    """Return whether two techniques can be one course's: external beam and brachytherapy cannot."""
    return one is None or other is None or family(one) == family(other)


def family(technique: str) -> str:
    """Return the family of a technique: external, stereotactic, particle, brachytherapy or IORT."""
    return "external" if technique in _EXTERNAL else _FAMILY.get(technique, technique)


def total_of(course: Draft) -> float | None:
    """Return a course's dose in Gy: the sum as said, or the phases added up."""
    if course.total is not None:
        return dose_of(course.total)
    doses = [dose_of(phase) for phase in course.phases]
    return round(sum(dose for dose in doses if dose is not None), 2) if None not in doses else None


def count_of(course: Draft) -> int | None:
    """Return a course's number of fractions: as said, or the phases' added up."""
    if course.total is not None and course.total.count is not None:
        return course.total.count
    counts = [_count(phase) for phase in course.phases]
    whole = next((phase.count for phase in course.phases if phase.total and phase.count and phase.total / phase.count < _LEAST_EACH), None)
    if len(course.phases) > 1 and whole:
        # "36 Gy to the axis and 18 Gy to the tumour in 30 fractions": the number is that of all.
        return whole
    added = total_of(replace(course, total=None))
    total = total_of(course)
    if None in counts or (total is not None and added is not None and not _close(added, total)):
        return None
    return sum(count for count in counts if count is not None)


def _count(series: Series) -> int | None:
    """Return the number of fractions, computed from the doses where that gives a whole number."""
    if series.count is not None or series.each is None or series.total is None:
        return series.count
    count = series.total / series.each
    return round(count) if abs(count - round(count)) < 0.06 and count >= 1 else None


def finish(course: Draft) -> RadiotherapyCourse:
    """Return a course as a fact of the record, the missing part computed from the other two."""
    total, count = total_of(course), count_of(course)
    said = course.total or course.phases[0]
    computed = []
    # The phases of a boosted course may differ in dose per fraction; the course then has none of its own.
    each = said.each or course.phases[0].each
    if len({round(phase.each, 2) for phase in course.phases if phase.each}) > 1:
        each = None
        said = replace(said, each=None)
    first = course.phases[0]
    if each is None and count is None and first.total is not None and first.count:
        each = round(first.total / first.count, 2)
        computed.append("dose_per_fraction_gy")
    if total is not None and said.total is None:
        computed.append("total_dose_gy")
    if count is not None and (said.count is None or (len(course.phases) > 1 and course.total is None)):
        computed.append("fractions")
    if each is None and total is not None and count and len({phase.each for phase in course.phases if phase.each}) <= 1:
        each = round(total / count, 2)
        computed.append("dose_per_fraction_gy")
    if total is not None and (total >= _MOST_GY or (each is not None and each > total + 0.01)):
        total, each, computed = (None, None, []) if total >= _MOST_GY else (total, None, computed)
    phases = tuple(
        Phase(dose, phase.count, "boost" if phase.role == "boost" else None, phase.each)
        for phase in course.phases
        if len(course.phases) > 1 and (dose := dose_of(phase)) is not None
    )
    return RadiotherapyCourse(
        total,
        count,
        each,
        course.technique,
        course.target,
        course.intent,
        is_rbe_weighted=any(phase.is_rbe for phase in course.phases),
        phases=phases,
        computed=tuple(computed),
        is_contradictory=_is_contradictory(course),
    )


def _is_contradictory(course: Draft) -> bool:
    """Return whether printed parts disagree: total, number and dose of fractions of a series, or a sum and its phases."""
    said = (*course.phases, course.total) if course.total else course.phases
    if any(part.total and part.count and part.each and not agree(part.total, part.count, part.each) for part in said if part):
        return True
    total, added = total_of(course), total_of(replace(course, total=None))
    return len(course.phases) > 1 and total is not None and added is not None and not _close(added, total)


def described(course: RadiotherapyCourse, mentions: Sequence[Mention], site: object) -> RadiotherapyCourse:
    """Return a course with its particulars: what its mentions say of target, drugs, time, rate, rhythm and length."""
    found: dict[str, list[Particular]] = {}
    for mention in mentions:
        for one in told(mention).particulars:
            found.setdefault(one.name, []).append(one)
    targets = _targets(mentions)
    own = site.topography if isinstance(site, Site) else None
    weeks = {one.value for one in found.get(particulars.WEEKS, ())}
    return replace(
        course,
        target=", ".join(dict.fromkeys(target.name for target in targets)) or None,
        target_topography=next((code for target in targets if (code := target.topography or (own if target.is_primary else None))), None),
        concurrent_drugs=tuple(dict.fromkeys(str(one.value) for one in found.get(particulars.DRUG, ()))),
        months=_first(found, particulars.MONTHS),
        # Each phase may tell its own weeks; they are not added up.
        duration_weeks=_first(found, particulars.WEEKS) if len(weeks) == 1 and len(course.phases) < 2 else None,
        fractions_per_day=int(per_day) if (per_day := _first(found, particulars.PER_DAY)) else None,
        dose_rate=str(found[particulars.RATE][0].value) if course.technique == "brachytherapy" and particulars.RATE in found else None,
    )


def _first(found: dict[str, list[Particular]], name: str) -> float | None:
    return next((float(one.value) for one in found.get(name, ())), None)


def _targets(mentions: Sequence[Mention]) -> tuple[Target, ...]:
    """Return the targets of the first mention that names any."""
    return next((told(mention).targets for mention in mentions if told(mention).targets), ())


def proof(course: RadiotherapyCourse, mentions: Sequence[Mention]) -> tuple[Mention, ...]:
    """Return the mentions that a course was read from and, where they stand apart, the words for each of its particulars."""
    shown = {
        particulars.TECHNIQUE: course.technique,
        particulars.INTENT: course.intent,
        particulars.MONTHS: course.months,
        particulars.WEEKS: course.duration_weeks,
        particulars.PER_DAY: course.fractions_per_day,
        particulars.RATE: course.dose_rate,
        _TARGET: course.target,
    }
    spans: dict[tuple[int, int], Mention] = {}
    for mention in mentions:
        for part in (*told(mention).particulars, *_as_parts(mention, mentions)):
            is_shown = part.value in course.concurrent_drugs if part.name == particulars.DRUG else part.value == shown.get(part.name)
            if is_shown and not any(known.start <= part.start and part.end <= known.end for known in (*mentions, *spans.values())):
                where = part.sentence or mention.sentence
                spans[part.start, part.end] = replace(mention, start=part.start, end=part.end, sentence=where)
    return (*mentions, *(spans[place] for place in sorted(spans)))


def _as_parts(mention: Mention, mentions: Sequence[Mention]) -> tuple[Particular, ...]:
    """Return the words for the targets of a course, where this is the mention that they were taken from."""
    found = told(mention).targets
    name = ", ".join(dict.fromkeys(target.name for target in found))
    return tuple(Particular(_TARGET, name, target.start, target.end) for target in found if found == _targets(mentions))
