"""Radiotherapy: the courses given to this patient for this tumour, and whether any was given."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from extract import courses, doses, treatment
from extract.courses import Told, told
from extract.reading import NOTHING, Finding, Hit, Mention, Reading, Resolution, Sentence
from extract.record import RadiotherapyCourse, Site

NAME = "radiotherapy"
FIELDS = ("radiotherapy_given", "radiotherapy")

_UNITS = ("Gy", "GY", "gray", "grey", "Gray", "Grey", " rad ", " rads", "CGE")
# The most specific first: a course "of stereotactic radiotherapy with protons" is a proton course.
_RANK = ("brachytherapy", "IORT", "carbon ion", "proton", "gamma knife", "SBRT", "SRS", "VMAT", "IMRT", "3D-CRT", "electron", "EBRT")
# These words name a technique only beside a word for radiotherapy.
_MODIFIERS = ("electron", "3D-CRT", "IMRT")
_INTENT = re.compile(
    r"\b(?P<neoadjuvant>neo-?adjuvant|pre-?operative|induction)|\b(?P<adjuvant>adjuvant|post-?operative)"
    r"|\b(?P<palliative>palliati\w+|decompressive|ha?emostatic)"
    r"|\b(?P<salvage>salvage)|\b(?P<definitive>definitive|radical|curative)",
    re.IGNORECASE,
)
_TARGET = re.compile(
    r"\b(?:to|on|of|in|at|over|covering|targeting|toward)\s(?:the|his|her|its)\s(?P<name>(?!same|total|dose|end|time"
    r"|patient|first)[a-z][\w/-]+(?:\s(?!plus\b|in\b|with\b|using\b|and\b|was\b|over\b|at\b|for\b|followed\b|by\b|from\b"
    r"|to\b|due\b|because\b|after\b|after\b)[\w/-]+){0,3})",
    re.IGNORECASE,
)
# Words that stand beside radiotherapy where it is no treatment of this tumour, or not told as given.
_NOT_THIS = re.compile(
    r"\b(?:asked|inquired|spoke)\sabout\s(?:\w+\s){0,3}$|\bhistory\sof\s(?:previous\s|prior\s|any\s)?$|\bexposure\sto\s$"
    r"|\b(?:resist|sensitiv|refractor)\w*\s(?:to\s)?$|\brefer\w*\s(?:\w+\s){0,4}?(?:to|for)\s(?:\w+\s){0,4}$",
    re.IGNORECASE,
)
_NOT_AFTER = re.compile(
    r"\s?(?:oncolog|depart|unit\b|cent(?:er|re)s?\b|clinic\b|physic|field\s|port|history|planning|is\s(?:the|a|an|usually"
    r"|often)\b|(?:may|might|should|can|could|would|will)\b|are\b|remains\b|has\s(?:a|been\s(?:shown|reported|suggested))\b)",
    re.IGNORECASE,
)
_DENIED_HISTORY = re.compile(r"\b(?:histor(?:y|ies)|previous|prior|exposure|past)\b", re.IGNORECASE)
_BRAIN = re.compile(r"\b(?:whole[-\s]brain|brain|(?:intra)?cranial|WBRT)\b", re.IGNORECASE)
_REFERENCE = re.compile(
    r"\b(?:after|following|prior\sto|previous|before|despite|during|since|end\sof|completion\sof|completing|the|this|his"
    r"|her)\s(?:[\w-]+\s){0,2}$",
    re.IGNORECASE,
)
_RELAPSE = re.compile(r"\b(?:recurren\w+|relaps\w+|recurred)\b", re.IGNORECASE)
# Of which events a course can be told apart from which.
_APART = {
    "adjuvant": frozenset({"palliative", "brain", "stereotactic", "relapse"}),
    "palliative": frozenset({"adjuvant"}),
    "relapse": frozenset({"adjuvant"}),
}
_DOSE_WORDS = re.compile(r"Gy|\b(?:dose|fraction|deliver|beam|boost|course)", re.IGNORECASE)
_LATER = re.compile(r"\blater\b|\bmetasta|\brecurr|\brelaps|\bprogress", re.IGNORECASE)
_FRACTIONS = re.compile(r"\b(?:fraction|session|sitting)s?\b", re.IGNORECASE)
_IN_GENERAL = re.compile(r"\s?(?:is|are)\s", re.IGNORECASE)
_RADIOISOTOPE = re.compile(
    r"\bm?Ci\b|\bMBq\b|\bGBq\b|radio-?iodine|radioactive\siodine|radioemboli|\bI-?131\b|131-?I\b|microsphere|lutetium|radium",
    re.IGNORECASE,
)


def find(reading: Reading) -> Iterator[Mention]:
    """Yield each dosed series and each word for radiotherapy, with what stands around it."""
    has_doses = any(unit in reading.text for unit in _UNITS)
    for sentence in reading.sentences:
        hits = reading.hits_in("technique", sentence)
        has_dose = has_doses and any(unit in sentence.text for unit in _UNITS)
        if (not hits and not has_dose) or sentence.section == "references":
            continue
        is_told = treatment.is_told(sentence)
        dosed = list(_dosed(reading, sentence, hits, is_told)) if has_dose else []
        yield from dosed
        if is_told and not any(told(mention).standing == treatment.GIVEN for mention in dosed):
            yield from _undosed(reading, sentence, hits)


def _dosed(reading: Reading, sentence: Sentence, hits: Sequence[Hit], is_told: bool) -> Iterator[Mention]:
    """Yield the series of fractions in a sentence."""
    text = sentence.text
    if not any(hit.id not in ("none", "adjuvant") for hit in hits) and (_RADIOISOTOPE.search(text) or not _DOSE_WORDS.search(text)):
        return
    all_series = doses.link(text, doses.find(text))
    named = _techniques(sentence, hits, all_series)
    for series, technique in zip(all_series, named, strict=True):
        start, end = sentence.start + series.start, sentence.start + series.end
        said = Told(
            series,
            technique or _technique_nearby(reading, sentence),
            _target(text, series),
            _intent(text, series.start, series.end),
            treatment.standing(reading, start, end, sentence),
            treatment.clue(reading, sentence, start),
            _event(text, series.start, series.end, technique),
            treatment.is_aside(reading, sentence),
        )
        yield Mention(NAME, start, end, sentence, said, _assertion(said.standing), "patient" if is_told else sentence.subject)


def _undosed(reading: Reading, sentence: Sentence, hits: Sequence[Hit]) -> Iterator[Mention]:
    """Yield the words for radiotherapy in a sentence, and numbers of fractions beside them; denials of any further therapy too."""
    counts = doses.find_counts(sentence.text) if _FRACTIONS.search(sentence.text) else []
    for hit in hits:
        if hit.id == "none" or (hit.id in _MODIFIERS and not any(other.id not in ("none", "adjuvant", *_MODIFIERS) for other in hits)):
            continue
        at, past = hit.start - sentence.start, hit.end - sentence.start
        before = sentence.text[max(0, at - 60) : at]
        standing = treatment.standing(reading, hit.start, hit.end, sentence, needs_past=True)
        if hit.id == "adjuvant" and standing != treatment.DENIED:
            continue
        if standing == treatment.DENIED and (_DENIED_HISTORY.search(before) or _IN_GENERAL.match(sentence.text, past, past + 30)):
            standing = treatment.ARGUED
        if standing == treatment.GIVEN and (_NOT_THIS.search(before) or _NOT_AFTER.match(sentence.text, past, past + 30)):
            standing = treatment.ARGUED
        near = next((count for count in counts if abs(count.start - past) < 60 or abs(at - count.end) < 40), None)
        said = Told(
            doses.Series(None, int(near.value), None, near.start, near.end) if near and standing == treatment.GIVEN else None,
            None if hit.id in ("RT", "CRT", "adjuvant") else hit.id,
            None,
            _intent(sentence.text, at, past),
            standing,
            treatment.clue(reading, sentence, hit.start),
            _event(sentence.text, at, past, hit.id),
            treatment.is_aside(reading, sentence),
            hit.id == "adjuvant",
        )
        yield Mention(NAME, hit.start, hit.end, sentence, said, _assertion(standing), "patient")


def _assertion(standing: str) -> str:
    return {treatment.DENIED: "absent", treatment.PLANNED: "planned", treatment.ARGUED: "possible"}.get(standing, "present")


def _techniques(sentence: Sentence, hits: Sequence[Hit], all_series: Sequence[doses.Series]) -> list[str | None]:
    """Return the technique of each series: of the words for techniques, those that stand nearest to it."""
    found: list[list[str]] = [[] for _ in all_series]
    for hit in hits:
        if hit.id in _RANK:
            distances = [_distance(sentence.text, hit.start - sentence.start, hit.end - sentence.start, series) for series in all_series]
            if distances:
                found[distances.index(min(distances))].append(hit.id)
    named = [min(ids, key=_RANK.index) if ids else None for ids in found]
    # Series of one course share its technique, unless one is named for each.
    only = next((technique for technique in named if technique), None)
    return [technique or (only if only != "brachytherapy" or len(all_series) == 1 else None) for technique in named]


def _distance(text: str, start: int, end: int, series: doses.Series) -> int:
    """Return how far a word stands from a series, in characters; what separates phrases counts more."""
    between = text[end : series.start] if end <= series.start else text[series.end : start]
    return len(between) + 20 * len(re.findall(r",|;|\band\b|\bfollowed\b|\bplus\b|\bthen\b", between))


def _technique_nearby(reading: Reading, sentence: Sentence) -> str | None:
    """Return the technique that the sentence before or after names, where that gives no dose of its own."""
    for step in (-1, 1, -2):
        at = sentence.index + step
        if not 0 <= at < len(reading.sentences):
            continue
        other = reading.sentences[at]
        if other.patient != sentence.patient or any(unit in other.text for unit in _UNITS) or not treatment.is_told(other):
            continue
        later = other if step > 0 else sentence
        if _LATER.search(later.text):
            continue
        ids = [
            hit.id
            for hit in reading.hits_in("technique", other)
            if hit.id in _RANK and treatment.standing(reading, hit.start, hit.end, other) == treatment.GIVEN
        ]
        if ids and (step == -1 or min(ids, key=_RANK.index) != "brachytherapy"):
            return min(ids, key=_RANK.index)
    return None


def _intent(text: str, start: int, end: int) -> str | None:
    """Return the intent said just before a course, or just after it ("radiotherapy with palliative intent")."""
    found = None
    for match in _INTENT.finditer(text, max(0, start - 60), end):
        found = match.lastgroup
    after = _INTENT.search(text, end, end + 40) if found is None else None
    return after.lastgroup if after else found


def _event(text: str, start: int, end: int, technique: str | None) -> str:
    """Return what tells this course from another; "" for a mere reference back ("after radiotherapy") and where nothing does."""
    if technique in ("brachytherapy", "SBRT", "SRS", "gamma knife"):
        return "brachytherapy" if technique == "brachytherapy" else "stereotactic"
    if _BRAIN.search(text[max(0, start - 40) : end + 40]):
        return "brain"
    if _REFERENCE.search(text[max(0, start - 30) : start]):
        return "reference"
    intent = _intent(text, start, end)
    if intent in ("adjuvant", "neoadjuvant", "palliative"):
        return "palliative" if intent == "palliative" else "adjuvant"
    return "relapse" if _RELAPSE.search(text[max(0, start - 150) : start]) else ""


def _target(text: str, series: doses.Series) -> str | None:
    match = _TARGET.search(text, series.end, series.end + 60) or _TARGET.search(text, max(0, series.start - 60), series.start)
    return match["name"] if match else None


def resolve(mentions: Sequence[Mention], so_far: object) -> Resolution:
    """Return the courses given, and whether any was: True, False where it is denied, None where nothing is said."""
    if not mentions:
        return NOTHING
    known: Mapping[str, object] = so_far if isinstance(so_far, Mapping) else {}
    passed = [(mention, _reason(mention, known)) for mention in mentions]
    mine = [mention for mention, reason in passed if reason is None]
    dosed = [mention for mention in mine if told(mention).series is not None]
    planned = [mention for mention, reason in passed if reason == treatment.PLANNED and _has_dose(mention)]
    undosed = [m for m in mine if told(m).series is None and not told(m).is_weak]
    if planned and undosed and not any(_has_dose(mention) for mention in dosed):
        # "60 Gy was planned. ... She completed radiotherapy": what was planned was given.
        dosed = sorted([*dosed, *(m for m in planned if m.start < undosed[-1].start)], key=lambda m: m.start)
    drafts = courses.fold(dosed)
    findings = [Finding(courses.finish(draft), draft.mentions) for draft in drafts]
    counted = [m for m in dosed if not _has_dose(m) and not told(m).is_weak and not any(m in finding.proof for finding in findings)]
    site = known.get("site")
    is_brain = isinstance(site, Site) and site.topography[:3] in ("C70", "C71", "C72")
    findings.extend(_doseless(sorted([*undosed, *counted], key=lambda m: m.start), tuple(findings), is_brain))
    out = tuple((mention, reason) for mention, reason in passed if reason is not None and mention not in planned)
    many = {"radiotherapy": findings} if findings else {}
    if findings:
        proof = tuple(finding.proof[0] for finding in findings) + findings[0].proof[1:]
        return Resolution({"radiotherapy_given": Finding(True, proof)}, many, out)
    denied = [mention for mention, reason in passed if reason == treatment.DENIED and not told(mention).is_weak]
    if denied:
        return Resolution({"radiotherapy_given": Finding(False, tuple(denied))}, {}, tuple(pair for pair in out if pair[0] not in denied))
    return Resolution({}, {}, out)


def _has_dose(mention: Mention) -> bool:
    series = told(mention).series
    return series is not None and doses.dose_of(series) is not None


def _reason(mention: Mention, known: Mapping[str, object]) -> str | None:
    """Return why a mention tells of no course of this patient's tumour, None where it does."""
    said = told(mention)
    if mention.subject != "patient":
        return mention.subject
    if said.is_any_therapy and said.standing != treatment.DENIED:
        return "not radiotherapy"
    if said.standing != treatment.GIVEN:
        return said.standing
    if treatment.is_other_tumour(said.clue, known.get("site"), known.get("histology")):
        return "for another tumour"
    return None


def _doseless(undosed: Sequence[Mention], findings: Sequence[Finding], is_brain: bool) -> Iterator[Finding]:
    """Yield the courses of which no dose is said: those that are clearly another than the courses with a dose."""
    groups: dict[str, list[Mention]] = {}
    for mention in undosed:
        event = told(mention).event
        groups.setdefault("" if is_brain and event == "brain" else event, []).append(mention)
    plain = groups.pop("", [])
    inside = groups.get("brachytherapy", [])
    # "pelvic radiotherapy followed by brachytherapy" is two courses.
    outside = [mention for mention in plain if _is_external(mention, inside)]
    if inside and outside and not findings:
        groups[""] = outside
    rest = sorted([*(m for m in plain if m not in groups.get("", ())), *groups.pop("reference", [])], key=lambda mention: mention.start)
    if not findings and rest:
        first = next(iter(groups), "")
        groups[first] = sorted([*groups.get(first, []), *rest], key=lambda mention: mention.start)
    for event, group in groups.items():
        if all(_is_another(event, group, finding) for finding in findings):
            yield Finding(_course(group), tuple(group))


def _is_external(mention: Mention, brachytherapy: Sequence[Mention]) -> bool:
    technique = told(mention).technique
    return technique is not None or any(other.sentence.index == mention.sentence.index for other in brachytherapy)


def _is_another(event: str, group: Sequence[Mention], finding: Finding) -> bool:
    """Return whether a course without a dose, told of as an event, is another than one with a dose."""
    course = finding.value
    assert isinstance(course, RadiotherapyCourse)
    known = {told(mention).event for mention in finding.proof}
    if event in known:
        return False
    if event == "brachytherapy":
        return course.technique != "brachytherapy"
    if event == "stereotactic":
        if course.technique is None:
            return any(_LATER.search(mention.sentence.text) for mention in group)
        return courses.family(course.technique) != "stereotactic"
    if event == "brain":
        return bool(known - {"", "relapse", "reference"}) or course.target is not None
    return bool(known & _APART.get(event, frozenset()))


def _course(group: Sequence[Mention]) -> RadiotherapyCourse:
    """Return the course of mentions without a dose."""
    techniques = [technique for mention in group if (technique := told(mention).technique)]
    best = min(techniques, key=_RANK.index) if techniques else None
    count = next((series.count for mention in group if (series := told(mention).series)), None)
    intent = next((told(mention).intent for mention in group if told(mention).intent), None)
    return RadiotherapyCourse(None, count, None, best, None, intent)
