"""What a sentence says of the course of the disease: judged cues of the lexicon `outcome`.

The lexicon finds words; here is decided whether they tell of this patient's tumour: "recurrence" under a
negation is `no_recurrence`, in "to prevent recurrence" it tells nothing, and "recurrent pneumonia" is no
tumour. Each cue becomes one kind of event:

treatment (surgery, radiotherapy, chemotherapy, treatment), diagnosis, admission, follow_up, survival,
recurrence, no_recurrence, metastasis, no_metastasis, free, remission, active, progression, no_progression,
alive, death, lost, palliative, discharge, cause, complaint.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from extract import context
from extract.reading import Hit, Reading, Sentence

LEXICON = "outcome"
LEXICONS = (LEXICON, "drug", "regimen")
TREATMENTS = frozenset({"surgery", "radiotherapy", "chemotherapy", "treatment"})
# What is said and passed over, with the reason.
UNLIKELY, NOT_TUMOUR, NOT_PATIENT = "possible", "not_tumour", "not_patient"


@dataclass(frozen=True, slots=True)
class Cue:
    """A judged cue: its kind and where it stands in the report's text."""

    kind: str
    start: int
    end: int


_TUMOUR = re.compile(
    r"(?P<again>recurr|relaps|regrow)|(?P<spread>metasta|progress|spread|dissemin)"
    r"|(?P<tumour>disease|tumou?r|cancer|malignan|neoplas|carcinom|sarcom|lymphom|melanom|gliom|blastom|myelom|leuk|residual)"
)
_PIECE = re.compile(
    r"margin|border|edge|cut\send|\bbed\b|node|\bsections?\b|stump|biops|specimen|histolog|patholog|cytolog|smear|aspirat|fluid"
)
# What may stand between "the risk" and "recurrence".
_LINK = re.compile(
    r"(?:\s(?:for|of|the|an?|any|to|local|locoregional|regional|distant|early|late|tumou?r|disease|cancer|further|possible|its|his|her"
    r"|future|have|be|been|another|develop|in|from)){0,5}\s"
)
_DENIED_BEFORE = re.compile(
    r"\b(?:no|not|without|never|neither|nor|free\s(?:of|from)|absence\sof|denied|negative\sfor|lack\sof"
    r"|\w{2,6}n['’]t)\b(?:(?!\b(?:but|although|until|except|before|however|after|because|due)\b)[^;,.]){0,90}$",
)
_DENIED_AFTER = re.compile(
    r"^(?:\s(?!but\b|which\b|that\b|with\b)[\w'’/-]+){0,7}?\s(?:has|have|had|was|were|is|are|could)\s(?:yet\s|been\s"
    r"|still\s){0,2}(?:not|never|absent|ruled\sout|excluded)\b",
)
_UNCERTAIN_AFTER = re.compile(
    r"^(?:\s(?!but\b|which\b|that\b)[\w'’/-]+){0,5}?\s(?:would|may|might|could\sbe|should|can"
    r"|(?:was|is|were)\s(?:feared|suspected|possible|considered|unlikely|discussed))\b"
)
_NOT_WELL = re.compile(r"[-\s](?!followed|controlled|informed\sand)(?:[a-z-]+ed|known|to)\b")
# These deny a return or a spread, but not the disease: "negative for malignancy" is a specimen's word.
_COMING_BACK = ("reappeared", "reappearance", "recrudescence")
_WEAK = ("negative for", "no new", "clear of", "absence of", "no visible", "no viable", "no detectable")
_NOT_DONE = re.compile(
    r"\b(?:advised|recommended|offered|suggested|proposed|planned|scheduled|considered|refus\w+|declin\w+|reject\w+|denied|unfit|not|no"
    r"|without|awaiting|candidate|indicat\w+)\s(?:[\w-]+\s){0,4}$"
)
_EXAMINED = re.compile(
    r"\b(?:ct|mri|pet|scan|\w{0,15}scop|biops|\w{0,15}graph|imaging|exam|test|evaluat|assess|screen|analys|sequenc|aspirat|follow"
    r"|consult|counsel"
    r"|puncture|investigat|work)"
)
_ANOTHER = re.compile(r"\b(?:baby|infants?|newborn|neonate|fetus|child\swas\sborn|flap|graft|wound|mother|donor)\b")
_REMOVED = re.compile(r"(?:resect|remov|excis|treat|irradiat|eradicat)\w*\s(?:of\s)?(?:the\s|this\s|his\s|her\s)?$")
_OF_TUMOUR = re.compile(r"lesion|mass\b|nodul|radiolog|imaging|scan|\bct\b|\bmri\b|chemotherap|treatment|therapy|drug|mg\b")
_RELATIVE = re.compile(
    r"\b(?:mother|father|brother|sister|son|daughter|wife|husband|aunt|uncle|cousin|sibling|parent|grand\w+|relatives?|family"
    r"|patients|cases"
    r"|women|men|children|fetus|baby|twin|donor)\b"
)
_REACH = 110
_REACH_UNCERTAIN = 60


def find(reading: Reading, sentence: Sentence) -> Iterator[Cue]:
    """Yield the judged cues of a sentence, in order."""
    hits = reading.hits_in(LEXICON, sentence)
    if not any(hit.id in TREATMENTS for hit in hits):
        yield from _drugs(reading, sentence)
    for number, hit in enumerate(hits):
        judge = _JUDGES.get(hit.id)
        kind = judge(reading, sentence, hits, number) if judge else hit.id
        if kind:
            yield Cue(kind, hit.start, hit.end)


def _drugs(reading: Reading, sentence: Sentence) -> Iterator[Cue]:
    """Yield the first drug of a sentence that names no other treatment, if it was given."""
    for lexicon in LEXICONS[1:]:
        for hit in reading.hits_in(lexicon, sentence)[:1]:
            if context.assertion_of(reading, hit.start, hit.end, sentence) == context.PRESENT:
                yield Cue("chemotherapy", hit.start, hit.end)


def names_tumour(words: str) -> bool:
    """Return whether words in lower case name a tumour, its return or its spread."""
    return _TUMOUR.search(words) is not None


def _again(reading: Reading, sentence: Sentence, hits: Sequence[Hit], number: int) -> str | None:
    """Judge a word of recurrence."""
    hit = hits[number]
    before, after = _around(sentence, hit)
    if _is_complaint(hits, number, sentence):
        return NOT_TUMOUR
    if _is_uncertain(hits, number, sentence):
        return UNLIKELY
    if _UNCERTAIN_AFTER.match(after) or (hit.entry.variant in _COMING_BACK and not names_tumour(sentence.lower)):
        return UNLIKELY
    if _DENIED_BEFORE.search(before) or _DENIED_AFTER.match(after):
        return "no_recurrence"
    assertion = context.assertion_of(reading, hit.start, hit.end, sentence)
    if sentence.text.endswith("?") or assertion in (context.POSSIBLE, context.PLANNED):
        return UNLIKELY
    return "recurrence"


def _is_uncertain(hits: Sequence[Hit], number: int, sentence: Sentence) -> bool:
    """Return whether a word is feared, guarded against or asked for only: "the risk of recurrence", "to look for relapse"."""
    hit = hits[number]
    for other in reversed(hits[:number]):
        between = sentence.lower[other.end - sentence.start : hit.start - sentence.start]
        if len(between) > _REACH_UNCERTAIN:
            return False
        if other.id == "sought" or (other.id == "uncertain" and _LINK.fullmatch(between)):
            return True
    return False


def _is_complaint(hits: Sequence[Hit], number: int, sentence: Sentence) -> bool:
    """Return whether it is a complaint that recurs, not a tumour: "recurrent pneumonia", "the pain recurred"."""
    hit = hits[number]
    words = hit.entry.variant
    if number + 1 < len(hits) and hits[number + 1].id in ("complaint", "cause"):
        between = sentence.lower[hit.end - sentence.start : hits[number + 1].start - sentence.start]
        if words in ("recurrent", "recurring", "relapsing", "recurrence") and _gap(between) and not _TUMOUR.search(between):
            return True
    if number and hits[number - 1].id in ("complaint", "cause") and words not in ("recurrent", "relapsing"):
        between = sentence.lower[hits[number - 1].end - sentence.start : hit.start - sentence.start]
        return len(between) < 15 and "," not in between and " of" not in between and not _TUMOUR.search(between)
    return False


def _gap(words: str) -> bool:
    """Return whether the words between an adjective and its noun are few."""
    return len(words) < 40 and words.count(" ") <= 4 and "," not in words


def _spread(reading: Reading, sentence: Sentence, hits: Sequence[Hit], number: int) -> str | None:
    """Judge a word of metastasis."""
    hit = hits[number]
    before, after = _around(sentence, hit)
    if _DENIED_BEFORE.search(before) or _DENIED_AFTER.match(after):
        return "no_metastasis"
    assertion = context.assertion_of(reading, hit.start, hit.end, sentence)
    if assertion == context.ABSENT:
        return "no_metastasis"
    if assertion != context.PRESENT or _is_uncertain(hits, number, sentence):
        return UNLIKELY
    return "metastasis"


def _sign(reading: Reading, sentence: Sentence, hits: Sequence[Hit], number: int) -> str | None:
    """Judge "no evidence of ..." by what there is no evidence of."""
    hit = hits[number]
    before, after = _around(sentence, hit)
    found = _TUMOUR.search(after.split(",")[0] if "recurr" not in after else after)
    following = hits[number + 1] if number + 1 < len(hits) else None
    if not found or (following and following.id == "complaint" and following.start - hit.end < found.start()):
        return None
    if found["again"] or re.search(r"recurr|relaps", after[: found.end() + 40]):
        return "no_recurrence"
    if found["spread"]:
        return "no_progression" if found["spread"] == "progress" else "no_metastasis"
    weak = hit.entry.variant in _WEAK or _PIECE.search(before[-45:]) or _PIECE.search(after[: found.end()]) or "patholog" in before
    return None if weak else "free"


def _free(reading: Reading, sentence: Sentence, hits: Sequence[Hit], number: int) -> str | None:
    """Judge "tumor-free": margins that are so tell nothing of the course."""
    before, after = _around(sentence, hits[number])
    return None if _PIECE.search(before[-45:]) or _PIECE.match(after.lstrip(" -")) else "free"


def _well(reading: Reading, sentence: Sentence, hits: Sequence[Hit], number: int) -> str | None:
    """Judge a word of well-being: "was well circumscribed" speaks of a mass, "the baby is well" of another."""
    hit = hits[number]
    before, after = _around(sentence, hit)
    return None if _NOT_WELL.match(after) or _ANOTHER.search(before[-40:]) else hit.id


def _active(reading: Reading, sentence: Sentence, hits: Sequence[Hit], number: int) -> str | None:
    """Judge a word of remaining tumour: one that was then resected does not remain."""
    hit = hits[number]
    return None if hit.entry.variant.startswith("residual") and _REMOVED.search(_around(sentence, hit)[0]) else hit.id


def _stable(reading: Reading, sentence: Sentence, hits: Sequence[Hit], number: int) -> str | None:
    """Judge "remained stable": remaining tumour, where the sentence speaks of one or of its treatment."""
    return "active" if names_tumour(sentence.lower) or _OF_TUMOUR.search(sentence.lower) else None


def _dead(reading: Reading, sentence: Sentence, hits: Sequence[Hit], number: int) -> str | None:
    """Judge a word of death: a relative's or other patients' is none."""
    hit = hits[number]
    before, _ = _around(sentence, hit)
    if _RELATIVE.search(before) or context.subject_of(reading, hit.start, hit.end, sentence) == "family":
        return NOT_PATIENT
    if _DENIED_BEFORE.search(before[-25:]) or (hit.entry.variant in ("death", "demise") and _is_uncertain(hits, number, sentence)):
        return UNLIKELY
    return hit.id


def _treated(reading: Reading, sentence: Sentence, hits: Sequence[Hit], number: int) -> str | None:
    """Judge a treatment: planned or declined is none."""
    hit = hits[number]
    if _NOT_DONE.search(_around(sentence, hit)[0]):
        return None
    if context.assertion_of(reading, hit.start, hit.end, sentence) in (context.ABSENT, context.PLANNED):
        return None
    return hit.id


def _underwent(reading: Reading, sentence: Sentence, hits: Sequence[Hit], number: int) -> str | None:
    """Judge "underwent": a treatment, unless it was an examination."""
    hit = hits[number]
    _, after = _around(sentence, hit)
    return None if _EXAMINED.search(after[:50]) else _treated(reading, sentence, hits, number) and "treatment"


def _progressed(reading: Reading, sentence: Sentence, hits: Sequence[Hit], number: int) -> str | None:
    """Judge a word of progression."""
    hit = hits[number]
    before, _ = _around(sentence, hit)
    if hit.entry.variant.startswith(("no ", "did not", "failed")):
        return hit.id
    return "no_progression" if _DENIED_BEFORE.search(before[-45:]) else hit.id


def _around(sentence: Sentence, hit: Hit) -> tuple[str, str]:
    """Return the words of the sentence before and after a hit, within reach, in lower case."""
    start, end = hit.start - sentence.start, hit.end - sentence.start
    return sentence.lower[max(0, start - _REACH) : start], sentence.lower[end : end + _REACH]


def _nothing(reading: Reading, sentence: Sentence, hits: Sequence[Hit], number: int) -> str | None:
    """Judge a word that only hides another: "recurrence rate", "cell death"."""
    return None


_JUDGES = {
    "recurrence": _again,
    "metastasis": _spread,
    "sign": _sign,
    "free": _free,
    "active": _active,
    "stable": _stable,
    "alive": _well,
    "death": _dead,
    "underwent": _underwent,
    "progression": _progressed,
    "not_recurrence": _nothing,
    "not_death": _nothing,
    "not_treatment": _nothing,
    "relative": _nothing,
    "uncertain": _nothing,
    "sought": _nothing,
    **dict.fromkeys(TREATMENTS, _treated),
}
