"""Sex, from nouns, pronouns, roles and organs that decide it (the lexicon `sex`)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from extract.reading import NOTHING, Finding, Hit, Mention, Reading, Resolution, Sentence

NAME = "sex"
FIELDS = ("sex",)

_WEIGHT = {"noun": 8.0, "short": 6.0, "pronoun": 1.0, "organ": 0.5}
# "34M", "a 61 y/o F": an age with a letter. The first digit stands before its boundary, since the search jumps to it.
_SHORT = re.compile(r"\d(?<!\w.)\d?[-\s]?(?:y(?:ears?|rs?|/?o)?[-\s]?(?:old)?[-\s]?)?/?(?P<letter>[MF])\b(?=[\s,.)])")
# Its end, without which the whole text need not be searched for numbers.
_SHORT_END = re.compile(r"[MF](?<=[\dyrsod/\s-].)(?=[\s,.)])")
# Nouns that are no person: "female genital tract", "male predominance".
_NO_PERSON_AFTER = re.compile(
    r"\s?(?:genital|reproductive|sex\b|gender|predominance|preponderance|predilection|to\s(?:fe)?male|:|ratio|hormone|breast|pelvi"
    r"|and\s(?:fe)?male|donor|relative|urethra)",
    re.IGNORECASE,
)
_OLD = re.compile(r"[-\s]olds?\s$", re.IGNORECASE)


def find(reading: Reading) -> Iterator[Mention]:
    """Yield each word that tells a sex, but the literature's; the value is (sex, way of telling)."""
    for hit in reading.hits["sex"]:
        sentence = reading.sentences[hit.sentence]
        way = _way(hit, sentence)
        if way and sentence.subject != "literature":
            yield Mention(NAME, hit.start, hit.end, sentence, (hit.id, way), "present", sentence.subject)
    for match in _SHORT.finditer(reading.text) if _SHORT_END.search(reading.text) else ():
        sentence = reading.sentence_at(match.start())
        if sentence.subject != "literature":
            sex = "male" if match["letter"] == "M" else "female"
            yield Mention(NAME, match.start(), match.end(), sentence, (sex, "short"), "present", sentence.subject)


def _way(hit: Hit, sentence: Sentence) -> str | None:
    """Return how a word tells the sex: noun, pronoun or organ; None where it is of no person."""
    way = hit.entry.preferred
    if way in ("noun", "plural") and _NO_PERSON_AFTER.match(sentence.text, hit.end - sentence.start):
        return None
    if way == "plural":
        # A slip that is common in print: "a 44-year-old women".
        return "noun" if _OLD.search(sentence.text[: hit.start - sentence.start]) else None
    return way


def resolve(mentions: Sequence[Mention], so_far: Mapping[str, object]) -> Resolution:
    """Return the sex that the patient's words weigh for: nouns before pronouns, the first noun before later ones."""
    mine = sorted((m for m in mentions if m.subject == "patient"), key=lambda m: m.start) or list(mentions)
    score = {"male": 0.0, "female": 0.0}
    introduced = False
    for mention in mine:
        sex, way = _value(mention)
        weight = _WEIGHT[way]
        if way in ("noun", "short"):
            weight = weight / 2 if introduced else weight * 3
            introduced = True
        score[sex] += weight
    if score["male"] == score["female"]:
        return NOTHING
    sex = max(score, key=lambda name: score[name])
    proof = sorted((m for m in mine if _value(m)[0] == sex), key=lambda m: (-_WEIGHT[_value(m)[1]], m.start))[:3]
    passed = tuple((m, "contradicts the sex read elsewhere") for m in mine if _value(m)[0] != sex)
    return Resolution({"sex": Finding(sex, tuple(proof))}, {}, passed)


def _value(mention: Mention) -> tuple[str, str]:
    value = mention.value
    assert isinstance(value, tuple)
    return value
