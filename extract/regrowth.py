"""A lesion that came up: "in 2015 a mass was found", "she returned with two nodules", "new lesions in the liver".

No word says that the tumour returned; where it had been taken away before, it did. Whether it had, the line of time
tells (`recurrence`). What turned out to be no tumour, or another one, is not found.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from extract.reading import Reading, Sentence, holds_any

# Beginnings of words, one of which stands in every lesion.
_WORDS = (
    "nod",
    "mass",
    "lesion",
    "tumo",
    "adenopath",
    "deposit",
    "foci",
    "focus",
    "lump",
    "locali",
    "papule",
    "swelling",
    "dissem",
    "seeding",
)
_COUNTS = r"two|three|four|five|six|seven|multiple|several|numerous|innumerable|many|few|\d{1,2}"
_LESION = re.compile(
    rf"""\b(?:new|another|further|additional|fresh|more|an?|other|{_COUNTS}|bilateral|isolated|solitary|single|enlarged|swollen|enlarging)
    (?:,?\s(?!metachron|synchron|polyp|no\b|not\b|without\b|of\b|the\b|his\b|her\b|this\b|for\b|after\b|by\b|from\b|with\b|residual|remain|known|primary|previous|same\b|stable|benign|cystic
        |decreas|reduc|shr[iu]nk|regress|hypometabolic|inhibitor|necro|complete|partial|total|biops|dose|surg|treat|scan|follow)[\w.,×/²-]{{1,20}}){{0,7}}?
    \s(?:nodul(?:es?|arity)|mass(?:es)?|lesions?|tumou?rs?|nodes?|(?:lymph)?adenopath(?:y|ies)|deposits?|(?:metastatic|tumou?r|new|secondary|hypermetabolic)\sfoc(?:i|us)|(?:peritoneal|pleural|tumou?r)\simplants?|lumps?|papules
        |swelling|locali[sz]ations?|dissemination)\b(?!\s(?:marker|bed|board|cell|necrosis|size|burden|lysis|volume|suppressor|resection|biops|dissect|thickness|depth|diameter|grad|stag|progress|growth|regress|respon|recurr|control|invasion|margin|sample|specimen|tissue|uptake))""",
    re.VERBOSE,
)
_COMES = r"appear(?:ed|ing)?|reappeared|develop(?:ed|ing)?|arose|occurred|emerged|came\sup|supervened|grew|formed"
_SEEN = (
    r"found|noted|noticed|detected|seen|discovered|disclosed|identified|observed|demonstrated|revealed|shown|palpable|palpated|felt|visible|visuali[sz]ed"
    r"|evident|pointed\sout|picked\sup|diagnosed|there|recogni[sz]ed|depicted|confirmed|documented|enlarged|present|suspected"
    r"|removed|resected|excised|irradiated|biopsied"
)
_BEFORE = re.compile(
    rf"\b(?:{_COMES}|{_SEEN}|reveals?|show(?:s|ed|ing)|discloses|demonstrates|displayed|found|indicated|present(?:s|ed|ing)|return(?:s|ed)|came(?:\sback)?|complain(?:s|ed)|experienced"
    rf"|readmitted|admitted|had|noticed|noting|consulted|referred|with)\b(?:(?!\b(?:no|not|nor|neither|without|never|whether|resolution|disappearance|regression|decrease"
    rf"|reduction|shrinkage|removal|resection|excision|resolved|decreased|disappeared)\b)[^.;]){{0,70}}$"
)
_AFTER = re.compile(
    rf"(?:(?!\b(?:no|not|never|without|which|who)\b)[^.;]){{0,110}}?\b(?:(?:was|were|is|are|(?:has|had|have)\sbeen)\s(?:\w+\s){{0,3}}?(?:{_SEEN})|{_COMES})\b"
)
# Without a number: "omental nodules and lymphadenopathy were found", but not "the nodules", "both lesions".
_MANY = re.compile(
    r"\b(?:swelling\sof\s(?:the\s|his\s|her\s|an?\s)?(?:[\w-]+\s){0,3}?(?:nodes?|glands?)|nodules|masses|lesions|nodes|papules|deposits|lumps|tumou?rs|(?:lymph)?adenopath(?:y|ies)|dissemination|seeding)\b"
    r"(?!\s(?:marker|board|cell))"
)
_KNOWN = re.compile(
    r"\b(?:the|his|her|their|its|these|those|this|both|all|of|no|not|any|without|each|such|other|remaining|residual|known|previous|primary|for|for\sthe"
    r"|if|whether|neither|nor|target|dissected|removed|resected|sentinel)\s(?:[\w-]+,?\s){0,5}$"
)
# "In March 2016, a nodule of 9 mm": telegraphic, after its time.
_ALONE = re.compile(r"^[^,:;]{4,70}[,:]\s$|[:+]\s$")
_GONE = re.compile(
    r"(?:(?!\b(?:and|but)\b)[^.;,]){0,40}\b(?:disappeared|resolved|decreas|shrank|shrunk|regressed|reduced|unchanged|stable|subsided|vanished|ruled\sout|excluded)"
)
_NO_TUMOUR = re.compile(
    r"\bbenign\b|\bno\s(?:evidence\sof\s|signs?\sof\s)?(?:any\s)?(?:malignan|tumou?r\scells|neoplas|viable)|chronic\sinflamm|inflammatory\schange|pseudotumou?r"
    r"|negative\sfor\s(?:\w+\s)?(?:malignan|tumou?r|neoplas)|\bscar\s(?:tissue|format)"
    r"|\bgranulom|\babsces|ha?ematoma\b|\bseroma\b|lymphocele|radionecro|radiation\snecrosis|tubercul|sarcoid|reactive|hyperplas"
    r"|\b(?:second|another|new|different|separate|distinct|independent)\s(?:primary|cancer|malignancy)|\bsecond\sprimar|\ban?\sprimary\b|\bunrelated\b|de\snovo"
)
# One of these stands in all that it matches.
_WORDS_OF_NO_TUMOUR = (
    "malignan", "benign", "primar", "cancer", "cells", "neoplas", "viable", "inflamm", "pseudotum", "negative", "scar", "granulom",
    "absces", "ematoma", "seroma", "lymphocele", "necro", "tubercul", "sarcoid", "reactive", "hyperplas", "unrelated", "novo",
)  # fmt: skip
_DENIED = re.compile(r"\b(?:no|without|absence|free|neither|nor|never|not)\b(?:(?!\b(?:but|although|however|until|when)\b)[^.;,]){0,90}$")
# What was there before, and what a slide shows.
_WITHIN = re.compile(r"\b(?:for|of|in|from|by|into|within|as|at|on|to)\s$")
_STILL = re.compile(r"\b(?:still|remain(?:s|ed|ing)?|persist(?:s|ed|ent|ing)?|residual|unchanged|stable)\b")
_SLIDE = re.compile(
    r"\b(?:histo|patho|cyto)\w*\s(?:[\w-]+\s){0,3}?(?:exam|show|reveal|demonst|find|found|analys|evaluat|stud|confirm)|microscop|\bimmuno|\bspecimen|\bautops|\bnecrops"
)
# One of these stands in all that it matches.
_WORDS_OF_SLIDE = ("histo", "patho", "cyto", "microscop", "immuno", "specimen", "autops", "necrops")
_AHEAD = 3


class Lesion(NamedTuple):
    """Where a lesion that came up stands in the report's text."""

    start: int
    end: int


def may_hold(lower: str) -> bool:
    """Return whether a sentence (in lower case) can name a lesion: a cheap test before the patterns."""
    return holds_any(lower, _WORDS)


def find(reading: Reading, sentence: Sentence) -> Lesion | None:
    """Return the first lesion that a sentence tells to have come up, if nothing said next makes it harmless or another's."""
    lower = sentence.lower
    if holds_any(lower, _WORDS_OF_SLIDE) and _SLIDE.search(lower):
        return None
    for found in _lesions(lower):
        before, end = lower[max(0, found.start() - 110) : found.start()], found.end()
        if not (_BEFORE.search(before) or _AFTER.match(lower, end) or _ALONE.search(before)):
            continue
        if (
            _WITHIN.search(before)
            or _DENIED.search(before)
            or _GONE.match(lower, end)
            or _STILL.search(lower, max(0, found.start() - 60), end + 60)
        ):
            continue
        return None if _is_harmless(reading, sentence) else Lesion(sentence.start + found.start(), sentence.start + end)
    return None


def _lesions(lower: str) -> Iterator[re.Match[str]]:
    """Yield the lesions that a sentence names: those with a number or an article, then those without that are not known before."""
    yield from _LESION.finditer(lower)
    for found in _MANY.finditer(lower):
        if not _KNOWN.search(lower, max(0, found.start() - 60), found.start()):
            yield found


def _is_harmless(reading: Reading, sentence: Sentence) -> bool:
    """Return whether a lesion is told, here or in the next sentences, to be no tumour or another one."""
    ahead = reading.sentences[sentence.index : sentence.index + 1 + _AHEAD]
    return any(here.patient == sentence.patient and _names_no_tumour(here.lower) for here in ahead)


# Lesions stand close together, and each looks at the sentences after it.
@lru_cache(maxsize=64)
def _names_no_tumour(lower: str) -> bool:
    return holds_any(lower, _WORDS_OF_NO_TUMOUR) and _NO_TUMOUR.search(lower) is not None
