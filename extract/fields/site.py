"""Site: where the primary tumour arose, as ICD-O-3 topography with subsite and side."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from extract import context
from extract.fields.metastasis import CALLED_METASTASIS
from extract.reading import NOTHING, Finding, Hit, Mention, Reading, Resolution, Sentence, clause_before
from extract.record import Histology, Site
from extract.tissue import BLOOD, BONE, SKIN, SOFT_TISSUE, sites_that_are, tissue_of

NAME = "site"
FIELDS = ("site",)

_TUMOR_WORD = (
    r"(?:mass(?:es)?|(?:pseudo)?tumou?rs?|lesions?|nodules?|neoplas\w+|malignanc\w+|cancers?|swelling|lump|polyps?"
    r"|primary|adenocarcinoma|carcinoma|SOL|\w{3,25}(?:oma|omas|omata)\b|leuk\w+|process|ulcer\w*|plaque|opacity)"
)
_AFTER = re.compile(
    rf"^[-\s,]{{1,2}}(?:(?!(?:metasta|with|and|was|were|is|had|has|who|showed|underwent|developed|received|in|of|from|to)\b"
    rf"|metasta)[\w-]{{2,20}}\s){{0,4}}?(?P<tumor>{_TUMOR_WORD})\b",
    re.IGNORECASE,
)
_BEFORE = re.compile(
    rf"\b(?P<tumor>{_TUMOR_WORD})(?:\s\([^)]{{1,60}}\))?(?:[\s,]{{1,2}}(?!metast|with\b|and\b|showed|invad|infiltr|extend"
    rf"|compress|while\b|which\b|that\b|was\b|were\b|after\b|before\b|then\b)[\w×.-]{{1,20}}){{0,4}}?\s"
    r"(?:(?:was|were|is)\s(?:found|located|seen|detected|present|observed|noted|identified|situated|discovered"
    r"|centered)\s)?(?:of|in|at|within|on|over|from|involving|occupying|affecting|inside|located)\s(?:(?:the|his|her"
    r"|their|a|an|both|entire|whole)\s)?(?:[\w-]{2,20}\s){0,4}?(?:(?:aspect|part|side|portion|surface|wall|pole|area"
    r"|region|border|edge|half|third|level)s?\sof\s(?:the\s|his\s|her\s)?(?:[\w-]{2,20}\s){0,2}?)?$",
    re.IGNORECASE,
)
_ORIGIN = re.compile(
    r"\b(?:arising|arose|originat\w+|origin|(?:locali[sz]ed|confined|limited|restricted)\b[^.;]{0,40}\sto)\b", re.IGNORECASE
)
_PRIMARY = re.compile(r"\b(?:primary|arising|arose|originat\w+|origin|centered|located)\b", re.IGNORECASE)
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
_MERE_LESION = re.compile(r"lesions?|mass(?:es)?|nodules?|tumou?rs?|swelling|lump|opacity", re.IGNORECASE)
_INVADED = re.compile(
    r"\b(?:invad\w+|invasion|infiltrat\w+|exten(?:d\w*|sion)|compress\w+|adher\w+|attached|encas\w+|displac\w+|abutt\w+"
    r"|adjacent|near|close\sto|next\sto|surround\w+|toward\w*|into|erod\w+|destr\w+|involvement|radiat\w+|between|beside"
    r"|beneath|behind|above|below|around|pushing|sparing|preserv\w+|dissect\w+)\b",
    re.IGNORECASE,
)
_EXAMINED = re.compile(
    r"^[-\s]?(?:\w{2,15}\s)?(?:CT|MRI?|PET|X-?rays?|radiograph\w*|ultraso\w+|scans?|tomograph\w+|imaging|pain\w*|ache"
    r"|tenderness|discomfort|distension|distention|examination|function|failure|artery|arteries|veins?|vessels?|nerves?"
    r"|pressure|sounds?|transplant\w*|disease|surgeons?|surgery\sdepartment|department|clinic|hospital|infection|abscess"
    r"|tuberculosis|pneumonia|biops\w+|enzymes?|injury|trauma|fracture|symptoms?|complaints?|ward|region\spain|lavage"
    r"|echo\w*|smear|cirrhosis|hepatitis|embol\w+|hypertension|insufficiency|fluid|edema|effusion|bleeding|irrigation"
    r"|dissections?|flaps?|grafts?|reconstruction|lengths?|tox\w+|rate|output)\b",
    re.IGNORECASE,
)
_SIDE_INSIDE = re.compile(r"(left|right|bilateral)\b", re.IGNORECASE)
_SIDE = re.compile(
    r"\b(?P<side>left|right|bilateral(?:ly)?|both|midline)(?:[-\s]sided)?[-\s](?:(?:and|the|of|side|in|on|upper|lower"
    r"|mid\w*|inner|outer|lateral|medial|anterior|posterior|superior|inferior|proximal|distal|[a-z-]{2,20})\s){0,3}$",
    re.IGNORECASE,
)
_SIDE_AFTER = re.compile(
    r"^(?:(?:\s(?!and\b|with\b)[\w()×.-]{1,15}){0,4}?\s(?:on|in|at|of)\s(?:the\s|his\s|her\s)?(?P<side>left"
    r"|right)(?:\sside)?\b|\s\((?P<side2>left|right)\b)",
    re.IGNORECASE,
)
_HISTORY = re.compile(
    r"\b(?:history|previous(?:ly)?|years?\s(?:ago|earlier|before|prior)|prior|underwent\s(?:\w+\s){0,3}for)\b", re.IGNORECASE
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
    "sol ",
    "oma",
    "leuk",
    "process",
    "ulcer",
    "plaque",
    "opacit",
)
_SPREAD_CUES = ("metast", "disseminat", "spread", "seeding", "deposit", "implant", "secondar", "recur", "relaps")
_EARLIER_CUES = ("history", "previous", "ago", "earlier", "before", "prior", "underwent")
_SIDE_CUES = ("left", "right", "bilateral", "both", "midline")
_KIND_WEIGHT = {"noun": 0.2, "adjective": 0.12, "procedure": 0.8, "tumor": 1.6, "region": 0.15}
# A tumour's usual site only serves where no organ is told.
_USUAL_WEIGHT = 0.26
# A part that was only examined or hurt.
_EXAMINED_WEIGHT = 0.02
# A place beside a tumour word, and one in a statement of origin, against one that is merely named.
_BESIDE_TUMOR, _STATED_ORIGIN, _FIRST_BESIDE_TUMOR = 2.0, 1.5, 1.5

# Names that any diagnosis may go by.
_ANY_TUMOR = frozenset({"8000", "8010", "8001", "8140", "8800", "9590"})
_USUAL = sites_that_are("usual")
# Below this an organ is merely named, not said to hold the tumour.
_LEAST = 0.25
_UNPAIRED = sites_that_are("unpaired")


@dataclass(frozen=True, slots=True)
class Place:
    """A body part that a report names: its code by tissue, its words' weight as the primary's site, the side told."""

    code: str
    name: str
    kind: str
    weight: float
    side: str | None
    region: tuple[str, str, str] | None  # soft tissue, skin, bone
    is_earlier: bool  # told as history
    bound: frozenset[str]  # the four-digit morphologies that the words bind to this place


@dataclass(frozen=True, slots=True)
class Words:
    """Which kinds of words a sentence holds at all: plain substrings, which spare most places the regexes."""

    tumor: bool
    spread: bool
    earlier: bool
    side: bool

    @classmethod
    def of(cls, lower: str) -> Words:
        """Return the kinds of words of a sentence in lower case."""
        return cls(*(any(cue in lower for cue in cues) for cues in (_TUMOR_CUES, _SPREAD_CUES, _EARLIER_CUES, _SIDE_CUES)))


def find(reading: Reading) -> Iterator[Mention]:
    """Yield each named body part of the report's own story with its weight as the site of the primary tumour."""
    number, words = -1, Words(False, False, False, False)
    for hit in _merged(reading):
        sentence = reading.sentences[hit.sentence]
        if sentence.subject == "literature":
            continue
        if hit.sentence != number:
            number, words = hit.sentence, Words.of(sentence.lower)
        weight, reach = _weight(reading, hit, sentence, words)
        tissue = (hit.entry.get("soft_tissue"), hit.entry.get("skin"), hit.entry.get("bone")) if hit.entry.lexicon == "region" else None
        side = _side(hit, sentence) if words.side and weight > 0 else None
        is_earlier = words.earlier and weight > 0 and _HISTORY.search(clause_before(sentence, hit.start, 160)) is not None
        bound = _bound(reading, sentence, reach) if words.tumor and weight > _EXAMINED_WEIGHT else frozenset()
        place = Place(hit.id, reading.text[hit.start : hit.end].lower(), _kind(hit), weight, side, tissue, is_earlier, bound)
        yield Mention(NAME, hit.start, hit.end, sentence, place, "present", sentence.subject)


def _merged(reading: Reading) -> list[Hit]:
    """Return the hits of both vocabularies in order, the longer where two overlap, regions after organs."""
    hits = sorted([*reading.hits["site"], *reading.hits["region"]], key=lambda hit: (hit.start, -hit.end))
    result: list[Hit] = []
    for hit in hits:
        if result and hit.start < result[-1].end:
            if hit.end - hit.start > result[-1].end - result[-1].start:
                result[-1] = hit
            continue
        result.append(hit)
    return result


def _kind(hit: Hit) -> str:
    return hit.entry.get("kind") or "region"


def _weight(reading: Reading, hit: Hit, sentence: Sentence, words: Words) -> tuple[float, tuple[int, int]]:
    """Return how much a mention speaks for being the primary's site, and the stretch of words that binds it to a tumour.

    The weight is negative for a metastasis' place and 0 for a part that is examined, invaded or denied.
    """
    end = hit.end - sentence.start
    before, after = clause_before(sentence, hit.start, 100), sentence.text[end : end + 70]
    kind = _kind(hit)
    weight, reach = _KIND_WEIGHT[kind], (hit.start, hit.end)
    if kind == "tumor" and hit.id in _USUAL:
        return (_USUAL_WEIGHT if sentence.subject == "patient" else 0.0), reach
    if kind in ("noun", "adjective", "region"):
        if _EXAMINED.match(after):
            return _EXAMINED_WEIGHT, reach
        named, contained = (_AFTER.match(after), _BEFORE.search(before)) if words.tumor else (None, None)
        if words.spread and _is_spread(before, after, named, contained):
            return -0.3, reach
        if named or contained:
            weight += _BESIDE_TUMOR
            reach = (hit.start - (len(before) - contained.start()) if contained else hit.start, hit.end + named.end() if named else hit.end)
        elif _INVADED.search(before[-60:]):
            return 0.0, reach
        if _PRIMARY.search(before[-65:]) and (named or contained or _ORIGIN.search(before)):
            weight += _STATED_ORIGIN
    elif kind == "procedure" and words.earlier and _HISTORY.search(before[-80:]):
        weight *= 0.3
    cue = context.cue_of(reading, hit.start, hit.end, sentence)
    if cue is not None and cue.id in ("absent", "family", "declined"):
        return 0.0, reach
    if cue is not None and cue.id in ("possible", "planned"):
        weight *= 0.3
    if hit.id == "C49.9":  # "soft tissue", "subcutaneous": a layer, which the place beside it makes precise
        weight *= 0.3
    if hit.id == "C80.9":
        weight += _BESIDE_TUMOR
    if "second primary" in sentence.lower or "another primary" in sentence.lower:
        weight *= 0.2
    if sentence.subject == "general":
        weight *= 0.4
    if sentence.section in ("discussion", "introduction", "conclusion", "table"):
        weight *= 0.6
    return weight, reach


def _is_spread(before: str, after: str, named: re.Match[str] | None, contained: re.Match[str] | None) -> bool:
    """Return whether a place is one that a tumour went to: "metastases in the lung", "metastatic lung nodule".

    "Metastatic renal cell carcinoma" and "metastases of a breast cancer" name the tumour by its own place.
    """
    if CALLED_METASTASIS.match(after):
        return True
    if contained is not None and _METASTATIC.search(before[: contained.start("tumor")]):
        return True  # "a metastatic melanoma in the brain"
    named = named or contained
    if named is not None and _MERE_LESION.fullmatch(named["tumor"]) is None:
        return False
    if named is not None:
        return _METASTATIC.search(before) is not None
    before = _NEW_CLAUSE.split(before)[-1]
    return _SPREAD_AFTER.match(after) is not None or _SPREAD.search(before[-75:]) is not None


def _bound(reading: Reading, sentence: Sentence, reach: tuple[int, int]) -> frozenset[str]:
    start, end = reach
    return frozenset(hit.id[:4] for hit in reading.hits_in("histology", sentence) if hit.start < end and start < hit.end)


def _side(hit: Hit, sentence: Sentence) -> str | None:
    begin = hit.start - sentence.start
    inside = _SIDE_INSIDE.match(sentence.text, begin)
    if inside:
        return inside[1].lower()
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
    weights = _weigh(mentions, morphology, _spread_to(so_far))
    scores: dict[str, float] = defaultdict(float)
    for mention, weight in zip(mentions, weights, strict=True):
        scores[_code(_place(mention), morphology)[:3]] += weight
    if not scores or max(scores.values()) <= _LEAST:
        return NOTHING
    organ = max(scores, key=lambda code: (scores[code], code))
    own = [m for m, weight in zip(mentions, weights, strict=True) if weight > 0 and _code(_place(m), morphology)[:3] == organ]
    subsite = _subsite(own, morphology, organ)
    if morphology and morphology.startswith("953"):
        # A meningioma's site is the meninges, wherever along the brain or the spinal cord it lies.
        subsite = "C70.1" if subsite.startswith(("C70.1", "C72.0", "C72.1", "C41.2")) else "C70.0"
    proof = sorted((m for m in own if _code(_place(m), morphology) == subsite), key=_by_weight) or sorted(own, key=_by_weight)
    side = None if organ in _UNPAIRED else _laterality(own)
    passed = tuple(
        (m, "another site preferred" if _place(m).weight > 0 else "metastasis or spread")
        for m, weight in zip(mentions, weights, strict=True)
        if abs(weight) >= _LEAST and _code(_place(m), morphology)[:3] != organ
    )
    return Resolution({"site": Finding(Site(_place(proof[0]).name, subsite, side), tuple(proof[:3]))}, {}, passed)


def _weigh(mentions: Sequence[Mention], morphology: str | None, spread_to: frozenset[str]) -> list[float]:
    """Return the mentions' weights, seen with the final diagnosis and the metastases.

    A place that is bound to the diagnosis by words ("leiomyosarcoma of the rectum") counts more, one bound
    to another tumour less; the first place beside a tumour word is where the story starts; a tenth mention
    of an organ adds less than the first; an ill-defined region (C76) counts less than any
    organ, and a lymph node is the primary of nothing but a lymphoma.
    """
    code = morphology[:4] if morphology else None
    weights: list[float] = []
    counted: dict[str, float] = defaultdict(float)
    started = False
    for mention in mentions:
        place = _place(mention)
        weight = place.weight
        organ = _code(place, morphology)[:3]
        if weight > 0 and place.is_earlier and (code not in place.bound or code in _ANY_TUMOR):
            weight *= 0.4
        if weight > 0 and code and place.weight != _USUAL_WEIGHT:
            if code in place.bound:
                weight = weight * 1.5 + _binding(place)
            elif place.bound and not place.bound & _ANY_TUMOR:
                weight *= 0.35 if place.kind != "tumor" else 0.1
        if weight > 0 and organ in spread_to:
            weight *= 0.5
        if organ == "C76" or (organ == "C77" and not _is_lymphoma(code)):
            weight *= 0.4
        if not started and place.weight >= _BESIDE_TUMOR and mention.subject == "patient":
            weight, started = weight + _FIRST_BESIDE_TUMOR, True
        weights.append(weight / (1.0 + 0.1 * max(0.0, counted[organ])))
        counted[organ] += weights[-1]
    return weights


def _is_lymphoma(code: str | None) -> bool:
    return code is not None and ("9590" <= code <= "9729" or "9750" <= code <= "9769")


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
    by_tissue = dict(zip((SOFT_TISSUE, SKIN, BONE), place.region, strict=True))
    return by_tissue.get(tissue_of(morphology) or "") or place.code


def _by_weight(mention: Mention) -> tuple[float, int]:
    return -_place(mention).weight, mention.start


def _subsite(own: Sequence[Mention], morphology: str | None, organ: str) -> str:
    """Return the organ's subsite with the greatest weight; ".9" only where no subsite is named with the tumour."""
    scores: dict[str, float] = defaultdict(float)
    for mention in own:
        scores[_code(_place(mention), morphology)] += _place(mention).weight
    general = {code: score for code, score in scores.items() if code.endswith(".9")}
    precise = {code: score for code, score in scores.items() if not code.endswith(".9")}
    if precise:
        best = max(precise, key=lambda code: (precise[code], code))
        if precise[best] >= 1.0 or precise[best] >= 0.5 * sum(general.values()):
            return best
    return max(general, key=lambda code: general[code]) if general else f"{organ}.9"


def _laterality(own: Sequence[Mention]) -> str | None:
    """Return the side told beside the primary; what is told of the organ elsewhere only where nothing else is."""
    for least in (_BESIDE_TUMOR * 0.4, _EXAMINED_WEIGHT):
        votes: dict[str, float] = defaultdict(float)
        for mention in own:
            place = _place(mention)
            if place.side and place.weight > least:
                votes[place.side] += place.weight
        if votes:
            return max(votes, key=lambda side: votes[side])
    return None


def _place(mention: Mention) -> Place:
    value = mention.value
    assert isinstance(value, Place)
    return value
