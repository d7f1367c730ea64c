"""What was irradiated: the words for a target in a sentence on radiotherapy, with their ICD-O-3 topography.

`find` needs no pipeline: it reads plain text, so that it can be scored on prescriptions that belong to no report.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import islice
from typing import NamedTuple

from extract.lexicon import load

# In the lexicon these stand for a target that is not named by its organ: the tumour itself, or some part.
PRIMARY, UNSPECIFIED = "primary", "unspecified"
_MOST = 40
# No variant has more words; so many variants may follow each other in one name ("bladder tumor volume").
_WORDS, _PARTS = 5, 4

_ARTICLES = (
    r"(?:(?:the|an?|his|her|its|this|that|each|both|all|whole|entire|initial|adjacent|remaining|surrounding|target|elective|high[-\s]risk"
    r"|low[-\s]risk|sites\sof|areas\sof|regions?\sof|level\sof|rest\sof)\s){0,3}"
)
_ADJECTIVES = (
    r"(?:(?:left|right|bilateral|contralateral|ipsilateral|upper|lower|anterior|posterior|lateral|medial|distal|proximal|middle|primary|positive|negative"
    r"|close|inadequate|involved|uninvolved|metastatic|nodal|bulky|extranodal|residual|recurrent|gross|macroscopic|painful|osteolytic|solitary|multiple|other"
    r"|tumou?r-bearing|left-sided|right-sided|\d{1,2}\scm|[CTL]\d{1,2}(?:\s?[-–]\s?[CTLS]?\d{1,2})?)\s){0,3}"
)
_LEAD = re.compile(
    rf"\b(?:(?P<to>to|covering|targeting|encompassing|into|against)|(?:of|on|over|at|for|in|per|within|with|around))\s{_ARTICLES}",
    re.IGNORECASE,
)
_QUALIFIED = re.compile(_ADJECTIVES, re.IGNORECASE)
_NEXT = re.compile(rf"\s?(?:,\s?(?:and\s)?|/|and(?:\s?/\s?or)?\s|or\s|plus\s|as\swell\sas\s)\s?{_ARTICLES}", re.IGNORECASE)
_JOINT = re.compile(r"[-\s]|\sof\s(?:the\s)?", re.IGNORECASE)
# "vertebrae T5-T8"; "areas at high risk", "nodes greater than 2 cm".
_MORE = re.compile(
    r"(?:\s[CTLS]\d{1,2}(?:\s?[-–]\s?[CTLS]?\d{1,2})?)?"
    r"(?:\sat\s(?:high|low|intermediate)\srisk|\s(?:less|greater|larger|smaller)\sthan\s(?:or\sequal\sto\s)?\d{1,2}(?:\.\d)?\scm)?",
    re.IGNORECASE,
)
# "pelvic radiotherapy", "bladder dose"; "the spine was irradiated", "the breast received 50 Gy".
_BESIDE = re.compile(
    r"\s(?:(?:external|beam|adjuvant|palliative|field|conformal|dosage)\s){0,2}"
    r"(?:radio(?:therapy|surgery)|irradiation|radiation|RT|brachytherapy|boost|doses?|dosage)\b",
    re.IGNORECASE,
)
_TREATED = re.compile(
    r"\s(?:(?:was|were|is)\s(?:[\w-]+\s){0,2}?(?:re-?)?(?:irradiated|boosted|treated\s(?:by|with|to))|received)\b", re.IGNORECASE
)
_RADIOTHERAPY = re.compile(
    r"(?:radiothera|irradiat|radiation|\bC?RT\b|boost|\bdoses?\b|Gy\b|fractions?\b|brachy|radiosurg|SBRT|treatments?\b)[^.;]{0,25}$",
    re.IGNORECASE,
)
_WORD = re.compile(r"[\w'-]+")
_REACH = 70


class Target(NamedTuple):
    """A target as written, with its topography: None where the words name no organ; `is_primary`: the tumour or its bed."""

    start: int
    end: int
    name: str
    topography: str | None
    is_primary: bool


@cache
def _codes() -> dict[str, str]:
    """Return the topography of each variant of the lexicon, in lower case."""
    return {entry.variant.lower(): entry.concept_id for entry in load("target")}


def find(text: str) -> list[Target]:
    """Return the targets that a sentence on radiotherapy names, in order."""
    found: dict[int, Target] = {}
    for pattern, is_adjective in ((_BESIDE, True), (_TREATED, False)):
        for match in islice(pattern.finditer(text), _MOST):
            _keep(found, text, _ending(text, match.start()), is_adjective)
    for match in islice(_LEAD.finditer(text), _MOST):
        if match["to"] is None and not _RADIOTHERAPY.search(text[max(0, match.start() - _REACH) : match.start()]):
            continue
        span = _starting(text, match.end())
        for _ in range(6):
            if span is None:
                break
            _keep(found, text, span)
            # "the bladder, bladder tumor volume, and pelvic lymph nodes"
            listed = _NEXT.match(text, span[1])
            span = _starting(text, listed.end()) if listed else None
    return [found[start] for start in sorted(found)]


def _starting(text: str, start: int) -> tuple[int, int] | None:
    """Return the span of the target whose words begin at an offset, None where none does."""
    qualified = _QUALIFIED.match(text, start)
    # An adjective may be the target itself: "positive margins", but "primary" alone.
    for at in dict.fromkeys((qualified.end() if qualified else start, start)):
        end = _variant_at(text, at)
        for _ in range(_PARTS):
            if end is None:
                break
            joint = _JOINT.match(text, end)
            further = _variant_at(text, joint.end()) if joint else None
            if further is None:
                more = _MORE.match(text, end)
                return start, more.end() if more else end
            end = further
        if end is not None:
            return start, end
    return None


def _variant_at(text: str, start: int) -> int | None:
    """Return where the longest variant of the lexicon ends that begins at an offset."""
    ends = [word.end() for word in islice(_WORD.finditer(text, start, start + _REACH), _WORDS)]
    if not ends or _WORD.match(text, start) is None:
        return None
    return next((end for end in reversed(ends) if text[start:end].lower() in _codes()), None)


def _ending(text: str, end: int) -> tuple[int, int] | None:
    """Return the span of the target whose words end at an offset, with the side that stands before it."""
    words = list(_WORD.finditer(text, max(0, end - _REACH), end))[-_WORDS:]
    if not words or words[-1].end() != end:
        return None
    if len(words) > 1 and _MORE.fullmatch(text, words[-1].start() - 1, end):
        words, last = words[:-1], words[-2].end()
    else:
        last = end
    for number, word in enumerate(words):
        if text[word.start() : last].lower() in _codes():
            has_side = number and words[number - 1].group().lower() in ("left", "right", "bilateral")
            return (words[number - 1] if has_side else word).start(), end
    return None


def _keep(found: dict[int, Target], text: str, span: tuple[int, int] | None, is_adjective: bool = False) -> None:
    """Note a target, unless one stands there already; "target dose" and "tumour dose" name none."""
    if span is None or any(target.start < span[1] and span[0] < target.end for target in found.values()):
        return
    name = text[slice(*span)]
    topography, is_primary = _coded(name)
    if not (is_adjective and topography is None and not is_primary):
        found[span[0]] = Target(*span, name, topography, is_primary)


def _coded(name: str) -> tuple[str | None, bool]:
    """Return the topography of a target and whether it is the tumour itself: the first organ that its words name."""
    words = re.split(r"\s", name.lower())
    codes = _codes()
    generic = UNSPECIFIED
    at = 0
    while at < len(words):
        step = 1
        for length in range(min(4, len(words) - at), 0, -1):
            code = codes.get(" ".join(words[at : at + length]))
            if code is None:
                continue
            if code not in (PRIMARY, UNSPECIFIED):
                return code, False
            generic = PRIMARY if PRIMARY in (code, generic) else generic
            step = length
            break
        at += step
    return None, generic == PRIMARY
