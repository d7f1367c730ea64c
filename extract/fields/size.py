"""Size: the primary tumour's largest dimension, in cm, as first measured."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from extract.reading import NOTHING, Finding, Mention, Reading, Resolution, Sentence

NAME = "size"
# Below this weight a measure is not surely the primary's: a later mass, or no tumour word beside it.
_LEAST = 2.0
FIELDS = ("size_cm",)

_NUMBER = r"\d{1,3}(?:[.,·]\d{1,2})?"
_BY = r"\s{0,2}(?:cm|mm|centimet(?:er|re)s?)?\s{0,2}[x×X*]\s{0,2}|\s(?:cm\s|mm\s)?by\s"
_MEASURE = re.compile(
    rf"""
    (?P<range>(?<![\d.]){_NUMBER}\s?(?:-|–|to)\s?)?
    (?<![\d.,]) (?P<a>{_NUMBER}) (?:(?:{_BY})(?P<b>{_NUMBER}))? (?:(?:{_BY})(?P<c>{_NUMBER}))?
    [-–\s\u00a0\u2009]{{0,2}} (?P<unit>cm|mm|centimet(?:er|re)s?|millimet(?:er|re)s?)(?![\w/²³^])(?!\s?(?:Hg|H2O|\(?Hg))
    """,
    re.VERBOSE,
)
_CUE = re.compile(r"\d\s?[-–]?\s?(?:cm|mm|centim|millim)")
_UNITS = ("cm", "mm", "centim", "millim")
_TUMOR = re.compile(r"\b(?:mass(?:es)?|tumou?rs?|lesions?|nodul\w+|neoplasm|carcinoma|cancer|\w+(?:sarcoma|oma)\b|swelling|polyp|plaque|lump|SOL|opacity|consolidation|specimen|shadow|formation)", re.IGNORECASE)
_SIZE_WORD = re.compile(r"\b(?:measur\w+|siz\w+|diameters?|dimensions?|maximum|maximal|greatest|largest|longest|across|large|of|about|approximately)\b", re.IGNORECASE)
_NOT_TUMOR = re.compile(
    r"\b(?:lymph\w*|nod(?:e|es|al)\b|adenopath\w+|metasta\w+|cysts?\b|thromb\w+|incision|margins?|stone|calcul|drain|tube|needle|catheter|thick(?:ness)?|thickening|trocar|port\b|aort\w+|stent|effusion"
    r"|expansion|CTV|PTV|GTV|isocent\w+|collimator|slices?|slice\sthickness|defect|flap|graft|ulcers?\b|lengthening|applicator|gap|follicle|distance|penis|uterus\smeasur|spleen\smeasur|scar\b|reagent|embol|foci|focus|calcif\w+|lateral\sshift|satellite|duct)",
    re.IGNORECASE,
)
_CONTINUED = re.compile(r"(?:it|this|which|the\s(?:largest|greatest|maxim\w+|size|dimension))\b|(?:\w+\s){0,4}(?:measur|siz|diameter|dimension)", re.IGNORECASE)
_DISTANCE_AFTER = re.compile(r"^\s?(?:\w+\s)?(?:from|above|below|away|proximal|distal|deep\sto|beneath|under|lateral|medial|anterior|posterior|superior|inferior|beyond|per\b|/|inside|off\b|margin|of\s(?:the\s|his\s|her\s)?(?:esoph|oesoph|rect|colon|bowel|an(?:al|us)|water|normal|healthy|surgical|margin)|ring|incision|slice|thick|expansion|in\s(?:depth|thickness|height)|depth)", re.IGNORECASE)
_DISTANCE_BEFORE = re.compile(r"(?:margins?\s(?:of|was|were)|distance\s(?:of|from|was)|depth\sof|thickness\sof|(?:every|each|between|<|≤|less\sthan|up\sto|at\sleast|within|by)\s?|\+\s?)\s?(?:about\s|approximately\s)?$", re.IGNORECASE)
_CLAUSE_END = re.compile(r"[,;.)]|\swith(?:out)?\s|\sand\s")
_RETURNED = re.compile(r"\b(?:recurren\w+|relaps\w+|(?:after|following)\s(?:the\s)?(?:operation|surgery|resection|excision))\b", re.IGNORECASE)
_LATER = re.compile(r"\b(?:follow[-\s]?up|after\s(?:treatment|therapy|chemotherapy|radiotherapy|\w+\scycles)|post-?operative|residual|decreas\w+|shr[aiu]nk\w*|reduc\w+|regress\w+|increas\w+|grew|enlarged\sto|later|repeat)\b", re.IGNORECASE)


def find(reading: Reading) -> Iterator[Mention]:
    """Yield each measure of a tumour with its largest dimension in cm; distances, nodes and margins are left out."""
    for sentence in reading.sentences:
        if sentence.subject != "patient" or not any(unit in sentence.lower for unit in _UNITS) or not _CUE.search(sentence.text):
            continue
        previous = reading.sentences[sentence.index - 1].text if sentence.index else ""
        yield from _in_sentence(sentence, _TUMOR.search(previous) is not None)


def _in_sentence(sentence: Sentence, previous_tumor: bool) -> Iterator[Mention]:
    text = sentence.text
    for match in _MEASURE.finditer(text):
        size = _largest_cm(match)
        before, after = text[max(0, match.start() - 70) : match.start()], text[match.end() : match.end() + 60]
        if not 0.1 <= size <= 60 or _DISTANCE_AFTER.match(after) or _DISTANCE_BEFORE.search(before):
            continue
        near = before + after
        # What a measure is of stands before the next comma; a tumour may be named after its adjectives.
        clause = _CLAUSE_END.split(after.lstrip(") "), maxsplit=1)[0]
        if _nearest(_NOT_TUMOR, before, clause) < _nearest(_TUMOR, before, after):
            continue
        weight = 1.0
        if _TUMOR.search(near):
            weight += 2.0
        elif not (previous_tumor and _CONTINUED.match(text)) and not _TUMOR.search(text[: match.start()]):
            continue
        if _SIZE_WORD.search(near) or match["b"]:
            weight += 0.5
        if match["b"]:
            weight += 0.5
        if _RETURNED.search(text):
            weight -= 2.5
        elif _LATER.search(text):
            weight -= 1.5
        if sentence.section in ("discussion", "conclusion", "caption", "introduction"):
            weight -= 1.0
        if weight > 0:
            yield Mention(NAME, sentence.start + match.start(), sentence.start + match.end(), sentence, (size, weight))


def _nearest(pattern: re.Pattern[str], before: str, after: str) -> int:
    """Return how many characters away the nearest match is; 999 for none. What follows a measure names it."""
    left = [len(before) - found.end() for found in pattern.finditer(before)]
    right = [found.start() for found in pattern.finditer(after)]
    return min([*left, *right, 999])


def _largest_cm(match: re.Match[str]) -> float:
    values = [float(match[name].replace(",", ".").replace("·", ".")) for name in "abc" if match[name]]
    scale = 0.1 if match["unit"].startswith(("mm", "milli")) else 1.0
    return round(max(values) * scale, 2)


def resolve(mentions: Sequence[Mention], so_far: Mapping[str, object]) -> Resolution:
    """Return the first of the plainest measures of the primary tumour."""
    if not mentions:
        return NOTHING
    heaviest = max(_value(m)[1] for m in mentions)
    if heaviest < _LEAST:
        return Resolution({}, {}, tuple((m, "not plainly the tumour's size") for m in mentions))
    best = next(m for m in mentions if _value(m)[1] >= heaviest - 0.75)
    size = _value(best)[0]
    proof = tuple(m for m in mentions if _value(m)[0] == size)
    passed = tuple((m, "another measure preferred") for m in mentions if m not in proof)
    return Resolution({"size_cm": Finding(size, proof)}, {}, passed)


def _value(mention: Mention) -> tuple[float, float]:
    value = mention.value
    assert isinstance(value, tuple)
    return value
