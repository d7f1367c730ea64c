"""Regimens that a report spells out: "CHOP (cyclophosphamide, ...)", "docetaxel, cisplatin and 5-FU (TPF)".

A report also spells out a regimen where it names just its drugs in another place: "The CVD regimen was chosen.
Cyclophosphamide 750 mg/m2, vincristine and dacarbazine were given."
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache

from extract import lexicon
from extract.lexicon import Entry
from extract.reading import Hit, Reading, Sentence

# What may stand between a regimen's name and the list of its drugs.
_OPENS = re.compile(
    r"[\s\w-]{0,75}:\s?$|[\s\w-]{0,35}?(?:[(\[:=]|,?\s(?:consist\w*\sof|compos\w+\sof|compris\w+(?:\sof)?|contain\w+|includ\w+"
    r"|which\sincludes?|that\sincludes?|i\.e\.,?|that\sis,?|namely|with|using|based\son))\s?(?:[\w-]+\s){0,3}$",
    re.IGNORECASE,
)
# A point within a number ends no list.
_WORD = r"(?:[^.)(]|\.(?=\d))"
_LISTED = re.compile(rf"{_WORD}{{0,75}}$|{_WORD}{{0,20}}\([^)]{{0,45}}\){_WORD}{{0,45}}$")
_CLOSES = re.compile(
    r"\s?(?:hydrochloride|sulfate|chemotherapy|combination|therapy|regimen|\([^)]{0,25}\)"
    r"|[\d.]+\s?m?g(?:/m2)?)?,?\s?[(\[]\s?(?:the\s|modified\s|m)?$",
    re.IGNORECASE,
)
_PARTS = re.compile(r"^[^.;()]{0,60}$")


def expansions(reading: Reading) -> Mapping[str, tuple[Entry, ...]]:
    """Return the drugs of each regimen that the report spells out anywhere, by the regimen's id."""
    found: dict[str, tuple[Entry, ...]] = {}
    for regimen in reading.hits.get("regimen", ()):
        if regimen.id in found:
            continue
        for place in (regimen, _defined(reading, regimen)):
            if place is None:
                continue
            sentence = reading.sentences[place.sentence]
            hits = [hit for hit in reading.hits_in("drug", sentence) if hit.end <= place.start or hit.start >= place.end]
            members = _after(sentence, place, hits) or _before(sentence, place, hits)
            if len({hit.id for hit in members}) > 1:
                found[regimen.id] = tuple(hit.entry for hit in members)
                break
        if regimen.id not in found and (entries := _named_elsewhere(reading, regimen.id)):
            found[regimen.id] = entries
    for regimen in reading.hits.get("regimen", ()):
        # "seven VDC and seven IE" of "VDC/IE (vincristine, ...)": its parts are spelled out with it.
        whole = next((one for one in found if _is_part(regimen.id, one)), None)
        if whole and regimen.id not in found:
            found[regimen.id] = found[whole]
    return found


@cache
def _drugs_of() -> Mapping[str, frozenset[str]]:
    """Return the drugs that make up each regimen, by their ids; some that not all reports name, such as leucovorin, are left out."""
    return {entry.concept_id: frozenset(entry.get("drugs").split("|")) for entry in lexicon.load("regimen_drug")}


def _is_part(part: str, whole: str) -> bool:
    drugs = _drugs_of()
    return part != whole and part in drugs and whole in drugs and part in whole.split("_") and drugs[part] < drugs[whole]


def _named_elsewhere(reading: Reading, regimen: str) -> tuple[Entry, ...]:
    """Return a regimen's drugs where one sentence tells of all of them, or it and the next do."""
    name = _names().get(regimen)
    for other in (one for one, preferred in _names().items() if preferred == name):
        if entries := _all_named(reading, _drugs_of()[other]):
            return entries
    return ()


@cache
def _names() -> Mapping[str, str]:
    """Return the regimens' names by their ids: "CVD" is one regimen for melanoma, another for pheochromocytoma."""
    return {entry.concept_id: entry.preferred for entry in lexicon.load("regimen_drug")}


def _all_named(reading: Reading, drugs: frozenset[str]) -> tuple[Entry, ...]:
    """Return these drugs where one sentence of the patient tells of all of them, or it and the next do."""
    hits = [hit for hit in reading.hits.get("drug", ()) if hit.id in drugs]
    if len({hit.id for hit in hits}) < len(drugs):
        return ()
    for first in hits:
        near = {hit.id: hit.entry for hit in hits if first.sentence <= hit.sentence <= first.sentence + 1}
        sentence = reading.sentences[first.sentence]
        if len(near) == len(drugs) and sentence.subject == "patient" and sentence.section not in ("discussion", "references"):
            return tuple(near.values())
    return ()


def _defined(reading: Reading, regimen: Hit) -> Hit | None:
    """Return where the first word of a regimen's name stands alone in brackets, as where it is defined; None if nowhere."""
    name = reading.text[regimen.start : regimen.end].split()[0]
    at = reading.text.find(f"({name})")
    if at < 0 or at + 1 == regimen.start:
        return None
    return Hit(regimen.entry, at + 1, at + 1 + len(name), reading.sentence_at(at).index)


def _after(sentence: Sentence, regimen: Hit, hits: Sequence[Hit]) -> list[Hit]:
    """Return the drugs that are listed after a regimen's name."""
    members: list[Hit] = []
    for hit in hits:
        if hit.start < regimen.end:
            continue
        between = sentence.text[(members[-1].end if members else regimen.end) - sentence.start : hit.start - sentence.start]
        if not (_LISTED.match(between) if members else _OPENS.match(between)):
            break
        members.append(hit)
    return members


def _before(sentence: Sentence, regimen: Hit, hits: Sequence[Hit]) -> list[Hit]:
    """Return the drugs that are listed before a regimen's name in brackets."""
    members: list[Hit] = []
    for hit in reversed(hits):
        if hit.end > regimen.start:
            continue
        between = sentence.text[hit.end - sentence.start : (members[-1].start if members else regimen.start) - sentence.start]
        if not (_PARTS.match(between) if members else _CLOSES.match(between)):
            break
        members.append(hit)
    return members[::-1]
