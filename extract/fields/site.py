"""Site: where the primary tumour arose, as ICD-O-3 topography with subsite and side."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, lru_cache
from typing import NamedTuple

from extract import context, lexicon
from extract.fields import lesions
from extract.fields.metastasis import CALLED_METASTASIS
from extract.lexicon import Entry
from extract.reading import NOTHING, Finding, Hit, Mention, Reading, Resolution, Sentence, clause_before, holds_any
from extract.record import Histology, Site
from extract.tissue import BLOOD, TISSUES, sites_that_are, tissue_of

NAME = "site"
FIELDS = ("site",)

# Patterns without IGNORECASE look at words in lower case, which is a third faster, but for those of capitals.
# What names a tumour without naming its kind; names of tumours are those of the vocabulary `histology` and these endings.
_TUMOR = re.compile(
    r"\b(?:mass(?:es)?|(?:pseudo)?tumou?rs?|lesions?|nodules?|neoplas\w+|malignanc\w+|cancers?|swelling|lump|polyps?"
    r"|primary(?!\s(?!in\b|of\b|at\b|from\b|site|tumou?r|cancer|lesion|malig|neopl|carcin|was\b|is\b|focus)\w)|adenocarcinoma|carcinoma"
    r"|\w{6,30}+(?:(?<=oma)|(?<=omas)|(?<=omata))|leuk\w+|process|ulcer\w*|plaque|opacity)\b"
)
# "SFTs", "NET": the first letter stands before its boundary, since the search jumps to it.
_SHORT_TUMOR = re.compile(r"[AGINPST](?<!\w.)(?:(?<=S)(?:OLs?|FTs?|CC)|(?<=I)MTs?|(?<=N)E[TC]s?|(?<=G)CTs?|(?<=P)NETs?|(?<=[AT])CC)\b")
_SHORT_TUMOR_CUES = ("SCC", "NET", "ACC", "SOL", "SFT", "IMT", "NEC", "GCT", "TCC")
# What may stand between a place and the tumour that it names: "GASTRIC, poorly differentiated ADENOCARCINOMA".
_GAP_AFTER = re.compile(
    r"[-\s,]{1,2}(?:(?!(?:with|and|was|were|is|had|has|who|showed|shows|reveal\w*|demonstrat\w*|confirm\w*|suggest\w*"
    r"|prov\w*|underwent|developed|received|lay|in|of|from|to|against|around|near|along|who|which|that)\b"
    r"|metasta)[\w-]{2,20}\s){0,4}"
    r"|\s(?:had|has|contain(?:ed|s)|harbou?r(?:ed|s))\s(?:an?|one|two|three|multiple|several)\s"
    r"(?:(?!metasta|no\b|history)[\w.-]{1,20}\s){0,4}",
    re.IGNORECASE,
)
# And between a tumour and the place that holds it: "a MASS of 5 cm was found in the upper pole of the left KIDNEY".
_GAP_BEFORE = re.compile(
    r"(?:\s\([^)]{1,60}\))?(?:[\s,]{1,2}(?!metast|and\b|showed|invad|infiltr|extend"
    r"|compress|recur|relaps|spread|treat|caus|present|plenty|compos|consist|contain"
    r"|while\b|which\b|that\b|was\b|were\b|after\b|before\b|then\b)[\w×.-]{1,20}){0,9}?\s"
    r"(?:(?:which|that)\s)?(?:(?:was|were|is)\s(?:found|located|seen|detected|present|observed|noted|identified|situated|discovered"
    r"|centered|diagnosed)\s)?(?:of|in|at|within|on|over|from|involving|occupying|affecting|inside|located|filling|obstructing|replacing"
    r"|constricting)\s(?:(?:the|his|her|their|a|an|both|entire|whole)\s)?"
    r"(?:(?!infiltr|invad|extend|compress|with\b|metast|had\b|has\b|was\b|were\b|is\b|showed\b|normal\b)[\w-]{2,20}\s){0,4}?"
    r"(?:(?:aspect|part|side|portion|surface|wall|pole|area|region|border|edge|half|third|level)s?\sof\s(?:the\s|his\s|her\s)?"
    r"(?:[\w-]{2,20}\s){0,2}?)?",
    re.IGNORECASE,
)
# Two places of one tumour word: "pancreatic AND liver masses".
_COORDINATED = re.compile(r"\s?(?:,|/|-|\sand|\sor|\sand/or|,\sand)\s?(?:left\s|right\s|bilateral\s)?", re.IGNORECASE)
# "of gastric ORIGIN", "a lung PRIMARY": the words say where the tumour comes from, wherever it was found.
_NAMES_ORIGIN = re.compile(r"[-\s](?:tissue\s|cell\s)?(?:origin|primary(?=[\s,.;)]|$)(?!\s(?:tumou?r|cancer|lesion|closure|repair)))")
# "metastatic FROM the lung", "secondary TO a breast cancer": where the tumour came from.
_SOURCE = re.compile(
    r"\b(?:metasta\w+|secondary|spread|disseminat\w+)\s(?:\w+\s){0,2}?(?:from|to)\s(?:an?\s|the\s|his\s|her\s)?"
    r"(?:(?!metasta)[\w-]{2,20}\s){0,3}$",
    re.IGNORECASE,
)
_FROM = re.compile(r"\b(?:metasta\w+|spread|disseminat\w+)\s(?:\w+\s){0,2}?from\s(?:an?\s|the\s|his\s|her\s)?(?:\w+\s){0,2}$")
# "gastric-TYPE", "breast-LIKE": a likeness, no place.
_LIKENESS = re.compile(r"[-\s](?:type|like|phenotype|differentiation|metaplasia|marker)\b")
# "lower lobe OF THE THYROID": the part of another organ.
_PART_OF = re.compile(r"(?:\s\w{2,12})?\s(?:of|in)\s(?:the\s|his\s|her\s)?(?:left\s|right\s)?", re.IGNORECASE)
_ORIGIN = re.compile(r"\b(?:arising|arose|originat\w+|origin|(?:locali[sz]ed|confined|limited|restricted)\b[^.;]{0,40}\sto)\b")
# "ORIGINATED FROM the", "ARISING IN the wall of the"
_GROWN_FROM = re.compile(
    r"\b(?:originat\w+|aris(?:es?|en|ing)|arose)\s(?:from|in|within|at|of|on)\s(?:the\s|his\s|her\s|an?\s)?(?:\w+\s){0,4}$"
)
_PRIMARY = re.compile(r"\b(?:primary(?!\s(?:anast|repair|clos|care|sutur|end|hyper))|arising|arose|originat\w+|origin|centered|located)\b")
_SPREAD = re.compile(
    r"\b(?:metasta\w+|disseminat\w+|spread\w*|seeding|deposits?|implants?|secondar(?:y|ies)|recurr\w+|relaps\w+)\b", re.IGNORECASE
)
_SPREAD_AFTER = re.compile(
    r"^(?:[-\s,/]{1,2}(?!(?:an?|the|with|was|were|in|of)\s)[a-z-]{2,20}){0,5}?(?<!\band)(?<!\bor)[-\s]{1,2}(?:metasta\w+"
    r"|secondar(?:y|ies)|deposits?|implants?|spread|seeding|relapses?)\b",
    re.IGNORECASE,
)
_NEW_CLAUSE = re.compile(r"\s(?:had|has|who|which|developed|underwent)\s")
_METASTATIC = re.compile(r"\bmetastatic\s(?:[\w-]{2,20}\s){0,2}$", re.IGNORECASE)
_MERE_LESION = re.compile(r"lesions?|mass(?:es)?|nodules?|tumou?rs?|swelling|lump|opacity")
# What a tumour may look like, and many other things do.
_SIGN = re.compile(r"swelling|process|ulcer\w*|plaque|opacity|polyps?")
_SIGN_STRENGTH = 0.5
_INVADED = re.compile(
    r"\b(?:invad\w+|invasion|infiltrat\w+|exten(?:d\w*|sion)|compress\w+|adher\w+|attached|encas\w+|displac\w+|abutt\w+"
    r"|adjacent|near|close\sto|next\sto|surround\w+|toward\w*|into|erod\w+|destr\w+|involvement|radiat\w+|between|beside"
    r"|beneath|behind|above|below|around|pushing|sparing|preserv\w+|dissect\w+)\b"
)
_EXAMINED = re.compile(
    r"^[-\s]?(?:(?!(?:on|by|at|for|in|with|and|was|were)\b)\w{2,15}\s)?(?:ct|mri?|pet|x-?rays?|radiograph\w*"
    r"|ultraso\w+|scans?|tomograph\w+|imaging|pain\w*|ache"
    r"|tenderness|discomfort|distension|distention|examination|function|failure|artery|arteries|veins?|vessels?|nerves?"
    r"|pressure|sounds?|transplant\w*|disease|surgeons?|surgery\sdepartment|department|clinic|hospital|infection|abscess"
    r"|tuberculosis|pneumonia|biops\w+|enzymes?|injury|trauma|fracture|symptoms?|complaints?|ward|region\spain|lavage"
    r"|echo\w*|smear|cirrhosis|hepatitis|embol\w+|hypertension|insufficiency|fluid|edema|effusion|bleeding|irrigation"
    r"|dissections?|flaps?|grafts?|reconstruction|lengths?|tox\w+|rate|output)\b"
)
_SIDE_INSIDE = re.compile(r"\b(left\b|right\b|bilateral\b|(?-i:[RL](?=[UML]L\b)))", re.IGNORECASE)
_SIDE = re.compile(
    r"\b(?P<side>left|right|bilateral(?:ly)?|both|midline)(?:[-\s]sided)?[-\s](?:(?:and|the|of|side|in|on|upper|lower"
    r"|mid\w*|inner|outer|lateral|medial|anterior|posterior|superior|inferior|proximal|distal|[a-z-]{2,20})\s){0,3}"
    r"(?:of\s(?:the\s|his\s|her\s)?)?$",
    re.IGNORECASE,
)
_SIDE_AFTER = re.compile(
    r"^(?:(?:\s(?!and\b|with\b)[\w()×.-]{1,15}){0,4}?\s(?:on|in|at|of)\s(?:the\s|his\s|her\s)?(?P<side>left"
    r"|right)(?:\sside)?\b|\s\((?P<side2>left|right)\b)",
    re.IGNORECASE,
)
_HISTORY = re.compile(
    r"\b(?:history|previous(?:ly)?|years?\s(?:ago|earlier|before|prior)|prior|underwent\s(?:\w+\s){0,3}for"
    r"|had\s(?:\w+\s)?(?:undergone|been\s(?:treated|operated|resected|diagnosed)))\b",
    re.IGNORECASE,
)
_TUMOR_CUES = (
    "mass",
    "tumo",
    "lesion",
    "nodul",
    "neoplas",
    "malignan",
    "cancer",
    "swelling",
    "lump",
    "polyp",
    "primary",
    "carcinom",
    "oma",
    "leuk",
    "process",
    "ulcer",
    "plaque",
    "opacit",
)
_SPREAD_CUES = ("metast", "disseminat", "spread", "seeding", "deposit", "implant", "secondar", "recur", "relaps")
_EARLIER_CUES = ("history", "previous", "ago", "earlier", "before", "prior", "underwent", "had ")
_ORIGIN_CUES = ("primary", "aris", "arose", "origin", "centered", "located")
_SIDE_CUES = ("left", "right", "bilateral", "both", "midline")
_KIND_WEIGHT = {"noun": 0.2, "adjective": 0.12, "procedure": 0.8, "tumor": 1.6, "region": 0.15}
# A tumour's usual site only serves where no organ is told.
_USUAL_WEIGHT = 0.26
# A part that was only examined or hurt.
_EXAMINED_WEIGHT = 0.02
# A place beside a tumour word, and one in a statement of origin, against one that is merely named.
_BESIDE_TUMOR, _STATED_ORIGIN, _FIRST_BESIDE_TUMOR = 2.0, 1.5, 0.5

# Names that any diagnosis may go by.
_ANY_TUMOR = frozenset({"8000", "8010", "8001", "8140", "8800", "9590"})
_USUAL = sites_that_are("usual")
# Names of systems and layers ("soft tissue", "subcutaneous") rather than organs; the place beside them makes them precise.
_VAGUE = sites_that_are("vague")
_UNKNOWN_PRIMARY = "C80.9"
_DOUBTED, _PLANNED = 0.7, 0.3
# A mass of the abdomen may be of any organ in it, a mass of the thigh is of its tissues.
_WIDE_REGIONS = frozenset(
    {
        "abdomen", "abdominal quadrant", "epigastrium", "hypochondrium", "hypogastrium", "umbilicus", "pelvis", "thorax", "neck",
        "head and neck", "trunk", "flank",
    }
)  # fmt: skip
_LOOSE_REGION = 0.4
# The kind of names that hold an organ's and tell no place: "pyloric gland", "prostate-specific antigen".
_BORROWED = "borrowed"
# Lists of places are short.
_LONGEST_LIST = 5
_GROWN = 2.5
# What the words around a place tell of it: that it is there, and that a tumour went to it.
_NAMED_ONLY, _SPREAD_TO = 0.05, -0.3
_NODE_OF_LYMPHOMA = 1.5
_ENOUGH_FOR_SUBSITE = 1.0
# Below this an organ is merely named, not said to hold the tumour.
_LEAST = 0.25
_UNPAIRED = sites_that_are("unpaired")
_MELANOMA, _RENAL = ("8720", "8790"), ("8310", "8319")
# Organs that hold a tumour of these four-digit morphologies as a metastasis only, unless words bind the two: "melanoma of the lung".
_FOREIGN = {
    "C22": (_MELANOMA, ("8311", "8319"), ("8330", "8347")),  # a clear cell adenocarcinoma may be the liver's
    "C34": (_MELANOMA, _RENAL, ("8160", "8180"), ("8330", "8347")),
    "C41": (_MELANOMA, ("8140", "8589")),
    "C71": (_MELANOMA, ("8010", "8589")),
}
_IN_FOREIGN = 0.3


class Place(NamedTuple):
    """A body part that a report names: its code by tissue, its words' weight as the primary's site, the side told."""

    code: str
    name: str
    preferred: str
    kind: str
    weight: float
    side: str | None
    region: tuple[str, ...] | None  # its code for each of TISSUES
    is_earlier: bool  # told as history
    bound: frozenset[str]  # the four-digit morphologies that the words bind to this place


class Tumor(NamedTuple):
    """Words that name a tumour, by their place in the sentence; `is_mere` where they only say that something is there."""

    start: int
    end: int
    is_mere: bool
    strength: float


class Words(NamedTuple):
    """What a sentence holds at all: its words for tumours, and by plain substrings which other cues are worth a regex."""

    tumors: tuple[Tumor, ...]
    spread: bool
    earlier: bool
    side: bool
    origin: bool

    @classmethod
    def of(cls, reading: Reading, sentence: Sentence) -> Words:
        """Return the words of a sentence."""
        return cls(
            _tumors(reading, sentence),
            holds_any(sentence.lower, _SPREAD_CUES),
            holds_any(sentence.lower, _EARLIER_CUES),
            holds_any(sentence.lower, _SIDE_CUES),
            holds_any(sentence.lower, _ORIGIN_CUES),
        )


def find(reading: Reading) -> Iterator[Mention]:
    """Yield each named body part of the report's own story with its weight as the site of the primary tumour."""
    number, words = -1, Words((), False, False, False, False)
    hits = _merged(reading)
    settled = reading.layer(lesions.places)
    for index, hit in enumerate(hits):
        entry = hit.entry
        kind = entry.get("kind") or "region"
        if kind == _BORROWED:
            continue
        sentence = reading.sentences[hit.sentence]
        if sentence.subject == "literature":
            continue
        if hit.sentence != number:
            number, words = hit.sentence, Words.of(reading, sentence)
        following = hits[index + 1 : index + _LONGEST_LIST]
        is_region = entry.lexicon == "region"
        if is_region and following and _is_part_of(hit, following[0]):
            continue
        weight, reach = _weight(reading, hit, kind, following, sentence, words)
        if weight > 0 and hit.sentence in settled:
            weight *= _settled(hit, settled[hit.sentence])
        tissue = tuple([entry.get(column) for column in TISSUES]) if is_region else None
        side = _side(hit, sentence) if weight > 0 and (words.side or entry.is_cased) else None
        is_earlier = words.earlier and weight > 0 and _HISTORY.search(clause_before(sentence, hit.start, 160)) is not None
        bound = _bound(reading, sentence, reach) if weight > _EXAMINED_WEIGHT else frozenset()
        name = reading.text[hit.start : hit.end].lower()
        place = Place(entry.concept_id, name, entry.preferred, kind, weight, side, tissue, is_earlier, bound)
        yield Mention(NAME, hit.start, hit.end, sentence, place, "present", sentence.subject)


# Layers and nodes, which lie everywhere: the region before them says where.
_EVERYWHERE = ("C44.9", "C49.9", "C47.9", "C41.9", "C77", "C80")


# What a place counts where many, new or growing lesions are in it: the tumour went there, unless nothing else is told.
_SETTLED, _MANY = 0.1, 0.4


def _settled(hit: Hit, places: Sequence[tuple[int, int, bool]]) -> float:
    """Return by how much less a place counts in which a tumour seems to have settled."""
    return next((_MANY if is_many else _SETTLED for start, end, is_many in places if start < hit.end and hit.start < end), 1.0)


def _is_part_of(region: Hit, organ: Hit) -> bool:
    """Return whether a region only says which part of the organ named right after it is meant: "thoracic esophagus"."""
    is_organ = organ.entry.get("kind") in ("noun", "adjective") and not organ.id.startswith(_EVERYWHERE)
    return organ.start == region.end + 1 and is_organ


def _tumors(reading: Reading, sentence: Sentence) -> tuple[Tumor, ...]:
    """Return the words for tumours of a sentence in order: the names of the vocabulary and whatever is called a mass."""
    named = [Tumor(hit.start - sentence.start, hit.end - sentence.start, False, 1.0) for hit in reading.hits_in("histology", sentence)]
    found: list[Tumor] = []
    called = _TUMOR.finditer(sentence.lower) if holds_any(sentence.lower, _TUMOR_CUES) else ()
    short = _SHORT_TUMOR.finditer(sentence.text) if holds_any(sentence.text, _SHORT_TUMOR_CUES) else ()
    for match in (*called, *short):
        start, end = match.span()
        # A name that the vocabulary has, whole or in part, is not called so again.
        if not named or not any(name.start < end and start < name.end for name in named):
            found.append(Tumor(start, end, *_called(match[0])))
    return tuple(sorted([*named, *found])) if found else tuple(named)


@lru_cache(maxsize=1000)
def _called(word: str) -> tuple[bool, float]:
    """Return whether a word for a tumour only says that something is there, and its strength."""
    return _MERE_LESION.fullmatch(word) is not None, _SIGN_STRENGTH if _SIGN.fullmatch(word) else 1.0


def _merged(reading: Reading) -> list[Hit]:
    """Return the hits of both vocabularies in order, the longer where two overlap, regions after organs."""
    hits = sorted([*reading.hits["site"], *reading.hits["region"], *_implied(reading)], key=_order)
    result: list[Hit] = []
    for hit in hits:
        if result and hit.start < result[-1].end:
            if hit.end - hit.start > result[-1].end - result[-1].start:
                result[-1] = hit
            continue
        result.append(hit)
    return result


def _implied(reading: Reading) -> Iterator[Hit]:
    """Yield the organs in the full names of tumours that the text abbreviates: "MBC" is told of the breast."""
    for hit in reading.hits["histology"]:
        variant = hit.entry.variant
        is_short_form = variant != variant.lower()
        if is_short_form or hit.end - hit.start < len(variant) // 2:
            entry = _organ_in(hit.entry.preferred if is_short_form else variant)
            if entry is not None:
                yield Hit(entry, hit.start, hit.end, hit.sentence)


def _order(hit: Hit) -> tuple[int, int]:
    return hit.start, -hit.end


@cache
def _organ_in(name: str) -> Entry | None:
    """Return the first organ, or tumour word that implies one, in the full name of a tumour."""
    words = name.split()
    parts = (" ".join(words[first:last]) for first in range(len(words)) for last in range(len(words), first, -1))
    return next((entry for part in parts if (entry := _organs().get(part)) is not None), None)


@cache
def _organs() -> dict[str, Entry]:
    return {
        entry.variant: entry for entry in lexicon.load("site") if not entry.is_cased and entry.get("kind") not in ("procedure", _BORROWED)
    }


def _weight(
    reading: Reading, hit: Hit, kind: str, following: Sequence[Hit], sentence: Sentence, words: Words
) -> tuple[float, tuple[int, int]]:
    """Return how much a mention speaks for being the primary's site, and the stretch of words that binds it to a tumour.

    The weight is negative for a metastasis' place and 0 for a part that is examined, invaded, denied, or no place at all.
    """
    weight, reach = _KIND_WEIGHT[kind], (hit.start, hit.end)
    if kind == "tumor" and hit.id in _USUAL:
        return (_USUAL_WEIGHT if sentence.subject == "patient" else 0.0), reach
    if kind in ("noun", "adjective", "region"):
        told, reach = _told(hit, following, sentence, words)
        if told <= 0 or told == _EXAMINED_WEIGHT:
            return told, reach
        weight += told - _NAMED_ONLY
    elif kind == "procedure" and words.earlier and _HISTORY.search(clause_before(sentence, hit.start, 80)):
        weight *= 0.3
    cue = context.cue_of(reading, hit.start, hit.end, sentence)
    if cue is not None and cue.id in ("absent", "family", "declined"):
        return 0.0, reach
    if cue is not None and cue.id in ("possible", "planned"):
        # A doubt beside a tumour is about its kind more often than about its place.
        weight *= _DOUBTED if cue.id == "possible" else _PLANNED
    code = hit.id
    if code in _VAGUE:
        weight *= 0.3
    if code == _UNKNOWN_PRIMARY:
        weight += _BESIDE_TUMOR
    if "second primary" in sentence.lower or "another primary" in sentence.lower:
        weight *= 0.2
    if sentence.subject == "general":
        weight *= 0.4
    if sentence.section in ("discussion", "introduction", "conclusion", "table"):
        weight *= 0.6
    return weight, reach


def _told(hit: Hit, following: Sequence[Hit], sentence: Sentence, words: Words) -> tuple[float, tuple[int, int]]:
    """Return what the words around a place tell of it, as a weight over `_NAMED_ONLY`, and the words that bind it to a tumour."""
    begin, end = hit.start - sentence.start, hit.end - sentence.start
    before, after = clause_before(sentence, hit.start, 100), sentence.text[end : end + 70]
    reach = (hit.start, hit.end)
    lower_before, lower_after = before.lower(), after.lower()
    if _LIKENESS.match(lower_after) or _is_part_of_another(hit, following, sentence):
        return 0.0, reach
    if _EXAMINED.match(lower_after) or before.endswith(("normal ", "unremarkable ")):
        return _EXAMINED_WEIGHT, reach
    if _NAMES_ORIGIN.match(lower_after):
        return _NAMED_ONLY + _BESIDE_TUMOR + _STATED_ORIGIN, reach
    named = _named(sentence, words.tumors, begin, end, _end_of_list(hit, following, sentence))
    contained = _contained(sentence, words.tumors, begin)
    bound = [tumor for tumor in (named, contained) if tumor is not None]
    is_source = words.spread and _is_source(before, lower_before, named)
    if words.spread and not is_source and hit.id != _UNKNOWN_PRIMARY and _is_spread(sentence, before, after, named, contained):
        return _SPREAD_TO, reach
    weight = _NAMED_ONLY
    if bound:
        weight += _BESIDE_TUMOR * max(tumor.strength for tumor in bound)
        reach = (
            min(hit.start, *(sentence.start + tumor.start for tumor in bound)),
            max(hit.end, *(sentence.start + tumor.end for tumor in bound)),
        )
    elif is_source:
        weight += _BESIDE_TUMOR
    elif _INVADED.search(lower_before[-60:]):
        return 0.0, reach
    if is_source or (words.origin and _PRIMARY.search(lower_before[-65:]) and (bound or _ORIGIN.search(lower_before))):
        weight += _STATED_ORIGIN
    if bound and words.origin and _GROWN_FROM.search(lower_before[-70:]):
        weight += _GROWN
    return weight, reach


def _is_source(before: str, lower_before: str, named: Tumor | None) -> bool:
    """Return whether a place is where a metastasis came from: "metastatic from the lung", "secondary to a breast cancer"."""
    return _FROM.search(lower_before) is not None or (named is not None and not named.is_mere and _SOURCE.search(before) is not None)


def _end_of_list(hit: Hit, following: Sequence[Hit], sentence: Sentence) -> int:
    """Return where a list of places ends that starts with this one, "pancreatic and liver" masses; its own end without a list."""
    end = hit.end
    for other in following:
        if (
            other.sentence != hit.sentence
            or _COORDINATED.fullmatch(sentence.text, end - sentence.start, other.start - sentence.start) is None
        ):
            break
        end = other.end
    return end - sentence.start


def _named(sentence: Sentence, tumors: Sequence[Tumor], begin: int, end: int, end_of_list: int) -> Tumor | None:
    """Return the tumour that a place before it names, or whose name holds the place."""
    for tumor in tumors:
        if tumor.end < end or (tumor.end == end and tumor.start > begin):
            continue
        is_near = tumor.start < end_of_list + 90 and _GAP_AFTER.fullmatch(sentence.text, end_of_list, tumor.start) is not None
        return tumor if is_near or tumor.start < end_of_list else None
    return None


def _contained(sentence: Sentence, tumors: Sequence[Tumor], begin: int) -> Tumor | None:
    """Return the nearest tumour before a place that is said to be in it."""
    for tumor in [tumor for tumor in tumors if tumor.end <= begin][:-4:-1] if tumors else ():
        if begin - tumor.end > 110:
            return None
        if _GAP_BEFORE.fullmatch(sentence.text, tumor.end, begin):
            return tumor
    return None


def _is_part_of_another(hit: Hit, following: Sequence[Hit], sentence: Sentence) -> bool:
    """Return whether a lobe is that of the organ named after it: "the lower lobe of the thyroid"."""
    if not following or not hit.entry.variant.endswith("lobe") or following[0].id[:3] == hit.id[:3]:
        return False
    return _PART_OF.fullmatch(sentence.text, hit.end - sentence.start, following[0].start - sentence.start) is not None


def _is_spread(sentence: Sentence, before: str, after: str, named: Tumor | None, contained: Tumor | None) -> bool:
    """Return whether a place is one that a tumour went to: "metastases in the lung", "metastatic lung nodule".

    "Metastatic renal cell carcinoma" and "metastases of a breast cancer" name the tumour by its own place.
    """
    if CALLED_METASTASIS.match(after):
        return True
    if contained is not None and _METASTATIC.search(sentence.text[max(0, contained.start - 60) : contained.start]):
        return True  # "a metastatic melanoma in the brain"
    tumor = named or contained
    if tumor is not None and not tumor.is_mere:
        return False
    if tumor is not None:
        return _METASTATIC.search(before) is not None
    before = _NEW_CLAUSE.split(before)[-1]
    return _SPREAD_AFTER.match(after) is not None or _SPREAD.search(before[-75:]) is not None


def _bound(reading: Reading, sentence: Sentence, reach: tuple[int, int]) -> frozenset[str]:
    start, end = reach
    return frozenset(hit.id[:4] for hit in reading.hits_in("histology", sentence) if hit.start < end and start < hit.end)


def _side(hit: Hit, sentence: Sentence) -> str | None:
    begin = hit.start - sentence.start
    inside = _SIDE_INSIDE.search(sentence.text, begin, hit.end - sentence.start)
    if inside:
        return "left" if inside[1].lower().startswith("l") else "bilateral" if inside[1].lower() == "bilateral" else "right"
    before = _SIDE.search(sentence.text[max(0, begin - 60) : begin])
    if before:
        side = before["side"].lower()
        return "bilateral" if side in ("both", "bilateral", "bilaterally") else side
    after = _SIDE_AFTER.match(sentence.text[hit.end - sentence.start : hit.end - sentence.start + 40])
    return (after["side"] or after["side2"]).lower() if after else None


def resolve(mentions: Sequence[Mention], so_far: Mapping[str, object]) -> Resolution:
    """Return the organ with the greatest weight, its most precise subsite that the text supports, and its side."""
    histology = so_far.get("histology")
    morphology = histology.morphology if isinstance(histology, Histology) else None
    if morphology and tissue_of(morphology) == BLOOD and (blood := _blood(mentions, morphology)):
        return blood
    codes = [_code(_place(mention), morphology) for mention in mentions]
    weights = _weigh(mentions, codes, morphology, _spread_to(so_far))
    scores: dict[str, float] = defaultdict(float)
    for code, weight in zip(codes, weights, strict=True):
        scores[code[:3]] += weight
    if not scores or max(scores.values()) <= _LEAST:
        return NOTHING
    organ = max(scores, key=lambda code: (scores[code], code))
    own = [m for m, code, weight in zip(mentions, codes, weights, strict=True) if weight > 0 and code[:3] == organ]
    subsite = _subsite(own, morphology, organ)
    if morphology and morphology.startswith("953"):
        # A meningioma's site is the meninges, wherever along the brain or the spinal cord it lies.
        subsite = "C70.1" if subsite.startswith(("C70.1", "C72.0", "C72.1", "C41.2")) else "C70.0"
    proof = sorted((m for m in own if _code(_place(m), morphology) == subsite), key=_by_weight) or sorted(own, key=_by_weight)
    side = None if organ in _UNPAIRED or subsite in _UNPAIRED else _laterality(own, mentions, morphology, subsite)
    passed = tuple(
        (m, "another site preferred" if _place(m).weight > 0 else "metastasis or spread")
        for m, code, weight in zip(mentions, codes, weights, strict=True)
        if abs(weight) >= _LEAST and code[:3] != organ
    )
    return Resolution({"site": Finding(Site(_place(proof[0]).name, subsite, side), tuple(proof[:3]))}, {}, passed)


def _weigh(mentions: Sequence[Mention], codes: Sequence[str], morphology: str | None, spread_to: frozenset[str]) -> list[float]:
    """Return the mentions' weights, seen with the final diagnosis and the metastases; `codes` are their topographies.

    A place that is bound to the diagnosis by words ("leiomyosarcoma of the rectum") counts more, one bound
    to another tumour less; the first place beside a tumour word is where the story starts; a tenth mention
    of an organ adds less than the first; an ill-defined region (C76) counts less than any
    organ, and a lymph node is the primary of nothing but a lymphoma.
    """
    code = morphology[:4] if morphology else None
    weights: list[float] = []
    counted: dict[str, float] = defaultdict(float)
    started = False
    for mention, topography in zip(mentions, codes, strict=True):
        place = _place(mention)
        weight = place.weight
        organ = topography[:3]
        if not started and place.weight >= _BESIDE_TUMOR and mention.subject == "patient" and not place.is_earlier:
            weight, started = weight + _FIRST_BESIDE_TUMOR, True
        if weight > 0 and place.is_earlier and (code not in place.bound or code in _ANY_TUMOR):
            weight *= 0.4
        if weight > 0 and code and place.weight != _USUAL_WEIGHT:
            if code in place.bound:
                weight = weight * 1.5 + _binding(place)
            elif place.bound and not place.bound & _ANY_TUMOR and not any(other[:3] == code[:3] for other in place.bound):
                weight *= 0.35 if place.kind != "tumor" else 0.1
        if weight > 0 and organ in spread_to and place.weight != _USUAL_WEIGHT:
            weight *= 0.5
        if weight > 0 and code not in place.bound and _is_foreign(organ, code):
            weight *= _IN_FOREIGN
        if weight > 0 and place.region is not None and code not in place.bound and _is_loose(place, morphology):
            weight *= _LOOSE_REGION
        if organ == "C76" or (organ == "C77" and not _is_lymphoma(code)):
            weight *= 0.4
        elif organ == "C77" and weight > 0 and place.weight != _USUAL_WEIGHT:
            weight *= _NODE_OF_LYMPHOMA
        before = counted[organ]
        weights.append(weight / (1.0 + 0.1 * before) if before > 0 else weight)
        counted[organ] += weights[-1]
    return weights


def _is_foreign(organ: str, code: str | None) -> bool:
    """Return whether a tumour of this diagnosis does not arise in an organ: a carcinoma in the brain, a melanoma in the lung."""
    return code is not None and any(first <= code <= last for first, last in _FOREIGN.get(organ, ()))


def _is_loose(place: Place, morphology: str | None) -> bool:
    """Return whether a region tells where something was seen or felt rather than what it grew in."""
    return place.preferred in _WIDE_REGIONS or tissue_of(morphology) not in TISSUES


def _is_lymphoma(code: str | None) -> bool:
    return code is not None and ("9590" <= code <= "9769" or code in ("9930", "9970", "9971"))


def _binding(place: Place) -> float:
    """Return what it adds that words bind a place to the diagnosis: most where the name of the tumour holds it."""
    return 2.0 if place.kind == "tumor" else 1.0


def _spread_to(so_far: Mapping[str, object]) -> frozenset[str]:
    metastases = so_far.get("metastases") or ()
    return frozenset(metastasis.topography for metastasis in metastases)  # type: ignore[attr-defined]


def _blood(mentions: Sequence[Mention], morphology: str) -> Resolution | None:
    """Return bone marrow or blood (C42.1) for a leukaemia or myeloma, proved by the words that name it.

    None where nothing names it, and for a lymphoblastic neoplasm with a tumour in some organ: a lymphoma.
    """
    named = [m for m in mentions if _place(m).code.startswith("C42")]
    is_solid = morphology.startswith(("981", "982", "983")) and any(_place(m).weight >= _BESIDE_TUMOR for m in mentions)
    if not named or is_solid:
        return None
    return Resolution({"site": Finding(Site("bone marrow", "C42.1", None), tuple(named[:2]))}, {})


def _code(place: Place, morphology: str | None) -> str:
    """Return a place's topography for a tumour of this morphology: a region's soft tissue, skin or bone code."""
    if place.region is None:
        return place.code
    tissue = tissue_of(morphology)
    return (place.region[TISSUES.index(tissue)] if tissue in TISSUES else "") or place.code


def _by_weight(mention: Mention) -> tuple[float, int]:
    return -_place(mention).weight, mention.start


def _subsite(own: Sequence[Mention], morphology: str | None, organ: str) -> str:
    """Return the organ's subsite with the greatest weight; ".9" only where no subsite is named with the tumour."""
    scores: dict[str, float] = defaultdict(float)
    for mention in own:
        place = _place(mention)
        scores[_code(place, morphology)] += place.weight
    general = {code: score for code, score in scores.items() if code.endswith(".9")}
    precise = {code: score for code, score in scores.items() if not code.endswith(".9")}
    if precise:
        best = max(precise, key=lambda code: (precise[code], code))
        if precise[best] >= _ENOUGH_FOR_SUBSITE or precise[best] >= 0.5 * sum(general.values()):
            return best
    return max(general, key=lambda code: general[code]) if general else f"{organ}.9"


# Organs that lie side by side on one side: a tumour of the ovary is told as an adnexal mass.
_SAME_SIDE = {"C56": ("C57",), "C57": ("C56",), "C62": ("C63",), "C63": ("C62",), "C64": ("C65",), "C65": ("C64",)}


def _laterality(own: Sequence[Mention], every: Sequence[Mention], morphology: str | None, subsite: str) -> str | None:
    """Return the side told beside the primary's own part; of the whole organ, or of its region, only where nothing else is."""
    precise = [m for m in own if _code(_place(m), morphology) == subsite]
    beside = [m for m in every if _place(m).weight >= _BESIDE_TUMOR]
    around = [m for m in beside if subsite in (_place(m).region or ())]
    kin = [m for m in beside if _place(m).code.startswith(_SAME_SIDE.get(subsite[:3], ()))]
    for mentions in (precise, own, around, kin):
        sided = [place for mention in mentions if (place := _place(mention)).side]
        for least in (_BESIDE_TUMOR * 0.4, _EXAMINED_WEIGHT) if sided else ():
            votes: dict[str, float] = defaultdict(float)
            for place in sided:
                if place.side is not None and place.weight > least:
                    # Both ovaries are taken out for a tumour of one.
                    votes[place.side] += place.weight * (0.05 if place.kind == "procedure" and place.side == "bilateral" else 1.0)
            if votes:
                return max(votes, key=lambda side: votes[side])
    return None


def _place(mention: Mention) -> Place:
    place: Place = mention.value  # type: ignore[assignment]  # asked for too often to be asserted
    return place
