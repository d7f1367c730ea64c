"""Size: the primary tumour's largest dimension, in cm, as first measured."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from extract import measures
from extract.neighbours import may_be_same
from extract.reading import NOTHING, Finding, Hit, Mention, Reading, Resolution, Sentence
from extract.record import Histology, Metastasis, Site

NAME = "size"
FIELDS = ("size_cm",)

_NEXT_STATEMENT = re.compile(r";|,\s(?:and|but|which)\s|\sand\s(?:was|were|underwent|received)\b")
_CONTINUED = re.compile(
    r"(?:it|this|these|which|the\s(?:largest|greatest|biggest|dominant|maxim\w+|size|dimension|diameter))\b"
    r"|(?:\w+\s){0,4}(?:measur|siz|diameter|dimension)",
    re.IGNORECASE,
)

_KIN = r"(?:mother|father|sister|brother|aunt|uncle|grand\w+|cousin|daughter|son)"
_FAMILY = re.compile(rf"\b(?:his|her|patient['’]s|whose|an?|the)\s(?:\w+\s)?{_KIN}\b(?!-in)", re.IGNORECASE)
_GONE_ON = r"(?:tumou?r|mass|lesion|nodule|disease|neoplasm|cancer|carcinoma|\w{3,20}oma|growth|swelling|metasta\w+|polyp|HCC|GIST)"
_RETURNED = re.compile(
    rf"\b(?:recurrences?|recurred|recurring|relaps\w+|reappear\w+|regrowth|regrew"
    rf"|recurrent\s(?:[\w,-]{{2,18}}\s){{0,4}}?{_GONE_ON})\b",
    re.IGNORECASE,
)
_NO_RETURN = re.compile(r"\b(?:no|without|free\sof|not)\s(?:[\w-]+\s){0,4}?(?:recurr\w+|relaps\w+)", re.IGNORECASE)
_LATER = re.compile(
    r"\b(?:follow[-\s]?up|followed[-\s]up(?!\s(?:with|by))|after\s(?:treatment|therapy|chemotherapy|radiotherapy|surgery"
    r"|the\soperation|\w+\scycles|\w+\scourses|\w+\s(?:months|years|weeks))|(?:months|years|weeks)\s(?:after|later|following|post)"
    r"|(?:following|after)\s(?:the\s)?(?:operation|surgery|resection|excision|initial)|residual|remnant|(?:decreas\w+|reduc(?:ed"
    r"|tion|ing))(?!\s(?:\w+\s)?(?:signal|attenuation|uptake|enhancement|sounds?|appetite|density|intensity|mobility|vision))"
    r"|shr[aiu]nk\w*|regress\w+|(?:days|weeks|months|years|year|month)\slater|repeat(?:ed)?|restag\w+|surveillance\s(?:CT|MRI"
    r"|scan\w*|imaging|endoscop\w+|colonoscop\w+))\b",
    re.IGNORECASE,
)
_POSTOPERATIVE = re.compile(r"\bpost-?\s?operative", re.IGNORECASE)
_PATHOLOGY = re.compile(r"\b(?:patholog|histolog|histopatholog|specimen|gross|macroscop|microscop)", re.IGNORECASE)
_GREW = re.compile(r"\b(?:increas\w+|grew|grown|enlarged\sto|progress(?:ed|ion)|growing)\b", re.IGNORECASE)
_BASELINE = re.compile(r"\bfrom\s(?:an?\s)?(?:initial\s|original\s|about\s|approximately\s)?$", re.IGNORECASE)
_AT_START = re.compile(
    r"\b(?:at|on|upon|before|prior\sto)\s(?:the\s)?(?:time\sof\s)?(?:presentation|admission|diagnosis|surgery|operation|referral)"
    r"|\bpresented\b",
    re.IGNORECASE,
)
_ANOTHER = re.compile(
    r"\b(?:new(?!\s(?:dimension|size|measure))|second|another|additional|other|contralateral|smaller|adjacent|separate|synchronous"
    r"|third)\s(?:[\w-]{2,15}\s){0,4}(?:\(|of\s|measuring\s|sized?\s|about\s|approximately\s)*$",
    re.IGNORECASE,
)
_SECONDARY = re.compile(r"\b(?:satellite|metasta|nod(?:es?|al)\b)", re.IGNORECASE)
# "multiple nodules of 7-9 mm, the largest of which measured 3 cm"; "the largest dimension" is one of a single tumour.
_LARGEST = re.compile(
    r"\b(?:largest|biggest|dominant)\b(?!\s(?:\w+\s)?(?:dimension|diameter|axis|extent|size))(?:\s[\w-]+){0,6}\s\(?$", re.IGNORECASE
)
_ARGUED = ("discussion", "conclusion", "caption", "introduction", "table")

# A measure weighs 3 with a tumour word bound to it; below 2 it is not plainly the primary's.
_BOUND, _WEAKLY_BOUND, _CONTINUING, _LEAST = 3.0, 1.5, 2.0, 2.0
_AGREES, _CONFLICTS, _OTHER_NAME = 0.5, -0.9, -0.9
# A lesion in a place of metastasis is not the primary.
_IN_METASTASIS = -2.0
# How far below the heaviest a measure that stands earlier may weigh and still be the size.
_NEARLY = 0.4
_BEFORE_REACH, _AFTER_REACH = 110, 70
# A tumour's name stands nearer to its measure than its place.
_NAME_REACH = 45

# Primaries that may be told in any place: ill-defined, of the soft tissue, nodes, blood.
_ANYWHERE = frozenset({"C76", "C80", "C42", "C49", "C77"})
# Names that any diagnosis may go by: tumour, carcinoma, sarcoma, adenocarcinoma, lymphoma, neuroendocrine.
_VAGUE = ("800", "801", "880", "814", "959", "824")
_BESIDE = re.compile(
    r"\b(?:in|of|on|at|within|over|from|involving|occupying)\s(?:(?:the|his|her|a|an|both)\s)?(?:(?!(?:with|without|and|which|that"
    r"|was|were|by)\b)[\w-]{2,18}\s){0,5}$",
    re.IGNORECASE,
)
# "the head of the pancreas", "the hepatic artery", "a soft tissue mass" name no organ that holds a tumour.
_PART = re.compile(r"^\s(?:of\s|arter|vein|nerve|duct|vessel|tissue)", re.IGNORECASE)
_NOT_INSIDE = re.compile(
    r"\b(?:invad\w+|infiltrat\w+|extend\w*|compress\w+|adher\w+|attach\w+|abutt\w+|adjacent|near|next|close|encas\w+|displac\w+"
    r"|metasta\w+|between|from\sthe\s\w+\sof|contact|connect\w*|against|along|around|behind|beside|above|below|under|lateral"
    r"|toward\w*|[cm]m\s(?:from|above|below|proximal|distal))\b[^,;]{0,40}$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Measure:
    """A measure of a tumour: its largest dimension, its weight as the primary's, what it is said to be in and of."""

    cm: float
    weight: float
    places: frozenset[str]  # three-character topography
    names: frozenset[str]  # four-digit morphology
    is_weak: bool  # of an ulcer, a cyst, a thickening


def find(reading: Reading) -> Iterator[Mention]:
    """Yield each measure of a tumour with its largest dimension in cm; distances, nodes and margins are left out."""
    for sentence in reading.sentences:
        if sentence.subject == "patient" and (found := measures.find(sentence.text, sentence.lower)):
            yield from _in_sentence(reading, sentence, found)


def _in_sentence(reading: Reading, sentence: Sentence, found: Sequence[re.Match[str]]) -> Iterator[Mention]:
    text = sentence.text
    noun: str | None = None
    for number, match in enumerate(found):
        cm = measures.largest_cm(match, text)
        begin = found[number - 1].end() if number else 0
        finish = found[number + 1].start() if number + 1 < len(found) else len(text)
        before = text[max(begin, match.start() - _BEFORE_REACH) : match.start()]
        after = text[match.end() : min(finish, match.end() + _AFTER_REACH)]
        if not measures.SMALLEST_CM <= cm <= measures.LARGEST_CM or measures.is_no_size(before, after):
            noun = None
            continue
        noun = measures.noun_of(before, after, noun)
        weight = _bound_weight(reading, sentence, match, noun, before + after)
        if weight is None or _FAMILY.search(text[: match.start()]):
            continue
        is_weak = weight == _WEAKLY_BOUND
        weight += _time_weight(sentence, before, text[: match.end()] + _NEXT_STATEMENT.split(text[match.end() :], maxsplit=1)[0])
        if weight > 0:
            start, end = sentence.start + match.start(), sentence.start + match.end()
            same_statement = after.partition(";")[0]
            places = _places(reading, sentence, start - len(before), end + len(same_statement))
            names = _names(reading, sentence, start - min(len(before), _NAME_REACH), end + min(len(after), _NAME_REACH))
            yield Mention(NAME, start, end, sentence, Measure(cm, weight, places, names, is_weak))


def _bound_weight(reading: Reading, sentence: Sentence, match: re.Match[str], noun: str | None, near: str) -> float | None:
    """Return what the noun that a measure belongs to weighs, None where that noun is no tumour."""
    if noun == "other":
        return None
    if noun == "tumor":
        return _BOUND
    is_told = measures.SIZE_WORD.search(near) is not None or bool(match.groupdict().get("b"))
    if noun == "weak":
        return _WEAKLY_BOUND if is_told else None
    if not _goes_on(reading, sentence, match):
        return None
    return _CONTINUING + (0.5 if is_told else -0.5)


def _goes_on(reading: Reading, sentence: Sentence, match: re.Match[str]) -> bool:
    """Return whether a measure without a noun near it is a tumour's, named earlier or by its diagnosis: "It measured 3 cm"."""
    if any(hit.start < sentence.start + match.end() + _AFTER_REACH for hit in reading.hits_in("histology", sentence)):
        return True
    if measures.last_noun(sentence.text[: match.start()]) == "tumor":
        return True
    previous = reading.sentences[sentence.index - 1].text if sentence.index else ""
    return _CONTINUED.match(sentence.text) is not None and measures.last_noun(previous) == "tumor"


def _time_weight(sentence: Sentence, before: str, told: str) -> float:
    """Return the deduction for what is told of a later time, another lesion, or outside of the case.

    `told` is the sentence up to the end of the measure's statement: "3 cm, and two years later 5 cm" is 3 cm at first.
    """
    weight = _later_weight(sentence.text, before, told)
    if _ANOTHER.search(before):
        weight -= 1.5
    if _LARGEST.search(before) and not _SECONDARY.search(before):
        weight += 0.5
    if sentence.section in _ARGUED:
        weight -= 1.0
    elif sentence.section == "follow_up":
        weight -= 0.5
    return weight


def _later_weight(text: str, before: str, told: str) -> float:
    if _tells_return(text):
        return -2.5
    if _BASELINE.search(before):
        # "decreased from 8.9 cm to 2.8 cm": the first of the two is the earlier measure.
        return -0.5
    if _LATER.search(told) and ("residual" in text.lower() or not _is_pathology(text)):
        return -1.5
    has_grown = _GREW.search(before) is not None and _AT_START.search(text) is None
    return -1.0 if has_grown or (_POSTOPERATIVE.search(told) and not _is_pathology(text)) else 0.0


# What depends on the sentence alone is asked for each of its measures.
@lru_cache(maxsize=64)
def _tells_return(text: str) -> bool:
    return _RETURNED.search(_NO_RETURN.sub("", text)) is not None


@lru_cache(maxsize=64)
def _is_pathology(text: str) -> bool:
    return _PATHOLOGY.search(text) is not None


def _places(reading: Reading, sentence: Sentence, start: int, end: int) -> frozenset[str]:
    """Return the organs that the words around a measure put the lesion in, three characters each (regions with their decimal)."""
    places: set[str] = set()
    for lexicon in ("site", "region"):
        for hit in reading.hits_in(lexicon, sentence):
            if hit.entry.get("kind") == "tumor" or reading.text[hit.start : hit.end].lower().startswith("soft"):
                continue
            if start <= hit.start and hit.end <= end and _holds(reading, sentence, hit):
                codes = (hit.id, *(hit.entry.get(name) or "" for name in ("soft_tissue", "skin", "bone")))
                places.update(code if code.startswith("C76") else code[:3] for code in codes if code)
    return frozenset(places)


def _holds(reading: Reading, sentence: Sentence, hit: Hit) -> bool:
    """Return whether a body part is told to hold a lesion: "in the left lung", "liver tumor"."""
    before = reading.text[max(sentence.start, hit.start - 60) : hit.start]
    after = reading.text[hit.end : min(sentence.end, hit.end + 40)]
    if _NOT_INSIDE.search(before) or _PART.match(after):
        return False
    return measures.describes_tumor(after) or _BESIDE.search(before) is not None


def _names(reading: Reading, sentence: Sentence, start: int, end: int) -> frozenset[str]:
    return frozenset(hit.id[:4] for hit in reading.hits_in("histology", sentence) if start <= hit.start and hit.end <= end)


def resolve(mentions: Sequence[Mention], so_far: Mapping[str, object]) -> Resolution:
    """Return the first of the plainest measures of the primary tumour, seen with the site and the diagnosis."""
    if not mentions:
        return NOTHING
    weights = [_measure(m).weight + _agreement(_measure(m), so_far) for m in mentions]
    if any(weight >= _LEAST and not _measure(m).is_weak for m, weight in zip(mentions, weights, strict=True)):
        # An ulcer's or a cyst's measure stands in only where no tumour's is told.
        weights = [0.0 if _measure(m).is_weak else weight for m, weight in zip(mentions, weights, strict=True)]
    heaviest = max(weights)
    if heaviest < _LEAST:
        return Resolution({}, {}, tuple((m, "not plainly the tumour's size") for m in mentions))
    best = next(m for m, weight in zip(mentions, weights, strict=True) if weight >= max(heaviest - _NEARLY, _LEAST))
    size = _measure(best).cm
    proof = tuple(m for m in mentions if _measure(m).cm == size)
    passed = tuple((m, "another measure preferred") for m in mentions if m not in proof)
    return Resolution({"size_cm": Finding(size, proof)}, {}, passed)


def _agreement(measure: Measure, so_far: Mapping[str, object]) -> float:
    """Return what it adds that a lesion lies where the primary does, or takes off that it lies elsewhere or is another tumour."""
    weight = 0.0
    site, histology = so_far.get("site"), so_far.get("histology")
    if isinstance(site, Site) and measure.places:
        organ = site.topography[:3]
        if any(may_be_same(organ, place) for place in measure.places):
            weight += _AGREES if measure.is_weak else 0.0
        elif organ not in _ANYWHERE:
            is_region = any(place.startswith("C76") for place in measure.places)
            weight += _IN_METASTASIS if measure.places & _metastases(so_far) and not is_region else _CONFLICTS
    if isinstance(histology, Histology) and histology.morphology and _is_other_name(histology.morphology, measure.names):
        weight += _OTHER_NAME
    return weight


def _metastases(so_far: Mapping[str, object]) -> frozenset[str]:
    """Return the places of metastasis that were found."""
    metastases = so_far.get("metastases") or ()
    return (
        frozenset(place.topography for place in metastases if isinstance(place, Metastasis))
        if isinstance(metastases, (list, tuple))
        else frozenset()
    )


def _is_other_name(morphology: str, names: frozenset[str]) -> bool:
    """Return whether a measure's words name other tumours than the diagnosis; general names are any tumour's."""
    if not names or morphology.startswith(_VAGUE):
        return False
    return not any(name.startswith(_VAGUE) or name[:2] == morphology[:2] for name in names)


def _measure(mention: Mention) -> Measure:
    value = mention.value
    assert isinstance(value, Measure)
    return value
