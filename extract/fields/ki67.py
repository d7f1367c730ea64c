"""Ki-67 (MIB-1): the proliferation index of the index tumour in per cent; the upper bound of a range."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from extract import context, treatment
from extract.reading import NOTHING, Finding, Mention, Reading, Resolution, Sentence, holds_any
from extract.stains import tumors

NAME = "ki67"
FIELDS = ("ki67_percent",)

_MARKER = "ki67"
_PERCENT = r"""
    (?P<bound>[<>≥≤≦≧~≈∼]|less\sthan|more\sthan|up\sto|about|approximately|around|nearly|over|under)?\s{0,2}
    (?<![\d.])(?P<low>\d{1,3}(?:[.,]\d{1,2})?)\s?(?:%|per\s?cent)?
    (?:\s?(?:[-‐–—−~∼]|to|and)\s?(?P<high>\d{1,3}(?:[.,]\d{1,2})?))?\s?(?:%|per\s?cent)
"""
# Words that may stand between the marker and its percentage, but no other finding and no full stop.
_AFTER = re.compile(rf"(?P<between>[^.;%]{{0,90}}?(?:[^.;%]|(?<=\bc)a?\.\s){{0,4}}?){_PERCENT}", re.VERBOSE | re.IGNORECASE)
_BEFORE = re.compile(rf"{_PERCENT}(?P<between>[^.;%,]{{0,60}})\Z", re.VERBOSE | re.IGNORECASE)
# An index printed without its unit: "Ki-67 index was 40-50", "Ki-67 >90"; not a score, a count or a date.
_BARE = re.compile(
    r"""(?P<between>\)?\s?(?:(?:proliferati(?:on|ve)|labell?ing)\s)?(?:index|LI)\)?\s?(?:was|is|of|[:=])?|\s?(?=[<>≥≤]))
    \s?(?P<bound>[<>≥≤~])?\s?(?P<low>\d{1,3}(?:\.\d{1,2})?)(?:\s?[-–]\s?(?P<high>\d{1,3}(?:\.\d{1,2})?))?(?=[.,;)]?(?:\s(?!per\b|x\b|×|to\b)|$)|[,;)])""",
    re.VERBOSE | re.IGNORECASE,
)
_INDEX = re.compile(r"\b(?:proliferati(?:on|ve)|labell?ing|mitotic)[\s-](?:\w+\s)?(?:index|rate|fraction|activity)\b", re.IGNORECASE)
_INDEX_CUES = ("proliferati", "label", "mitotic")
# What a percentage after the marker may speak of instead.
_OTHER_MATTER = re.compile(r"\b(?:survival|weight|necro\w+|ejection|mortality|patients|cases|stenosis|risk)\b", re.IGNORECASE)
_PREPOSED = re.compile(
    r"\b(?:of|for|in|with|were|was|are|is|rate|cells|nuclei)\b|^\W{0,3}$|positiv|immuno|express|stain|reactiv|nuclear", re.IGNORECASE
)


class Index(NamedTuple):
    """An index in per cent, with the tumours that are named with it."""

    percent: float
    clue: treatment.Clue = treatment.NO_CLUE


def find(reading: Reading) -> Iterator[Mention]:
    """Yield each percentage that a sentence gives for Ki-67, or for "the proliferation index"."""
    for sentence in reading.sentences:
        has_unit = "%" in sentence.text or "per" in sentence.text
        if not has_unit and "67" not in sentence.text and "MIB" not in sentence.text:
            continue
        hits = reading.hits_in("ihc", sentence)
        own = [(hit.start - sentence.start, hit.end - sentence.start) for hit in hits if hit.id == _MARKER]
        others = [hit.start - sentence.start for hit in hits if hit.id != _MARKER]
        is_named = bool(own)
        if not own:
            own = [match.span() for match in _INDEX.finditer(sentence.text)] if has_unit and holds_any(sentence.lower, _INDEX_CUES) else []
        seen: set[int] = set()
        for start, end in own:
            mention = _mention(reading, sentence, start, end, others, is_named)
            if mention is not None and mention.end not in seen:
                seen.add(mention.end)
                yield mention


def _mention(reading: Reading, sentence: Sentence, start: int, end: int, others: Sequence[int], is_named: bool) -> Mention | None:
    """Return the percentage of a marker at an offset: after it, unless another marker comes between; else just before it."""
    text = sentence.text
    after = _AFTER.match(text, end)
    if after and (any(end <= other < after.start("low") for other in others) or _OTHER_MATTER.search(after["between"])):
        after = None
    before = _BEFORE.search(text, max(0, start - 90), start)
    if before and (
        any(before.end("low") <= other < start for other in others)
        or not _PREPOSED.search(before["between"])
        or " and " in before["between"]
    ):
        before = None
    match = after or (_BARE.match(text, end) if is_named else None)
    if before and (after is None or (len(before["between"]) < len(after["between"]) and not re.match(r"\s?[(:=]", after["between"]))):
        match = before
    if match is None:
        return None
    value = float((match["high"] or match["low"]).replace(",", "."))
    if value > 100:
        return None
    first = sentence.start + min(start, match.start("low"))
    last = sentence.start + max(end, match.end())
    index = Index(value, tumors.clue(reading, sentence))
    return Mention(NAME, first, last, sentence, index, "present", context.subject_of(reading, first, last, sentence))


# Where a general remark may be of the patient: not in an argument, nor in a table of other people's cases.
_TOLD = ("case", "pathology", "treatment", "follow_up", "caption", "body", "abstract")


def resolve(mentions: Sequence[Mention], so_far: Mapping[str, object]) -> Resolution:
    """Return the first index given for the patient's tumour: the primary is told before its recurrence."""
    known = so_far.get("site"), so_far.get("histology")
    own = [m for m in mentions if not treatment.is_other_tumour(_index(m).clue, *known)]
    told = [m for m in own if m.subject == "patient"] or [m for m in own if m.subject == "general" and m.sentence.section in _TOLD]
    if not told:
        return Resolution({}, {}, tuple((m, _passed(m, own, told)) for m in mentions)) if mentions else NOTHING
    value = _index(told[0]).percent
    proof = tuple(m for m in told if _index(m).percent == value)
    passed = tuple((m, _passed(m, own, told)) for m in mentions if m not in proof)
    return Resolution({"ki67_percent": Finding(value, proof)}, {}, passed)


def _passed(mention: Mention, own: Sequence[Mention], told: Sequence[Mention]) -> str:
    """Return why a mention is no proof."""
    if mention not in own:
        return "another tumour"
    return "another index preferred" if mention in told else mention.subject


def _index(mention: Mention) -> Index:
    assert isinstance(mention.value, Index)
    return mention.value
