"""Sex, from nouns, pronouns, roles and organs that decide it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from extract.reading import NOTHING, Finding, Mention, Reading, Resolution

NAME = "sex"
FIELDS = ("sex",)

_PATTERN = re.compile(
    r"""
    (?P<female_noun>\b(?:woman|female|lady|girl|schoolgirl|housewife|nulliparous|multiparous|primiparous|multigravida|primigravida|gravida
        |nulligravida|postmenopausal|premenopausal|para\s\d|pregnant|gestation|mrs|ms)\b|(?<=[-\s]old\s)women\b)
    | (?P<male_noun>\b(?:man|male|gentleman|boy|schoolboy|mr)\b|(?<=[-\s]old\s)men\b)
    | (?P<female_short>\b\d{1,2}\s?(?:-?\s?y(?:ears?|rs?|/o|o)?[-\s]?(?:old)?\s?)?(?:/\s?)?F\b)
    | (?P<male_short>\b\d{1,2}\s?(?:-?\s?y(?:ears?|rs?|/o|o)?[-\s]?(?:old)?\s?)?(?:/\s?)?M\b)
    | (?P<female_pronoun>\b(?:she|her|hers|herself)\b)
    | (?P<male_pronoun>\b(?:he|his|him|himself)\b)
    | (?P<female_organ>\b(?:uterus|uterine|ovary|ovarian|ovaries|vagina|vaginal|vulvar?|hysterectomy|salpingo-oophorectomy|oophorectomy|menarche|menopause|menstrual|endometri(?:um|al)|cervix\suteri|postpartum|fallopian)\b)
    | (?P<male_organ>\b(?:prostate|prostatic|prostatectomy|testis|testicular|testicle|scrotum|scrotal|penis|penile|orchi(?:d)?ectomy|seminal\svesicles?|epididym\w+|spermatic\scord)\b)
    """,
    re.VERBOSE | re.IGNORECASE,
)
_WEIGHT = {"noun": 8, "short": 6, "pronoun": 1, "organ": 0.5}
_RELATIVE = re.compile(
    r"\b(?:his|her|the\spatient['’]s)\s(?:\w+\s)?(?:mother|father|brother|sister|wife|husband|son|daughter|family|aunt|uncle|cousin)\b"
)
# Nouns near which a "female" or "male" is no patient: "female genital tract", "male sex predominance".
_NO_PERSON_AFTER = re.compile(r"^\s?(?:genital|reproductive|sex\b|gender|predominance|preponderance|predilection|to\b|:|ratio|hormone|breast|pelvi|and\s(?:fe)?male|donor|relative|urethra)", re.IGNORECASE)


def find(reading: Reading) -> Iterator[Mention]:
    """Yield each word that tells a sex; organs only count where nothing else speaks."""
    for sentence in reading.sentences:
        if sentence.subject == "literature":
            continue
        for match in _PATTERN.finditer(sentence.text):
            group = match.lastgroup or ""
            if _NO_PERSON_AFTER.match(sentence.text[match.end() : match.end() + 20]) and group.endswith("noun"):
                continue
            sex, _, way = group.partition("_")
            # Below, "general" sentences only serve where the patient's own say nothing.
            yield Mention(NAME, sentence.start + match.start(), sentence.start + match.end(), sentence, (sex, way), "present", sentence.subject)


def resolve(mentions: Sequence[Mention], so_far: object) -> Resolution:
    """Return the sex that the patient's words weigh for: nouns before pronouns, the first noun before later ones."""
    mine = [m for m in mentions if m.subject == "patient"] or list(mentions)
    if not mine:
        return NOTHING
    score = {"male": 0.0, "female": 0.0}
    introduced = False
    for mention in mine:
        sex, way = mention.value  # type: ignore[misc]
        weight = _WEIGHT[way]
        if way in ("noun", "short"):
            weight = weight * 3 if not introduced else weight / 2
            introduced = True
        score[sex] += weight
    if score["male"] == score["female"]:
        return NOTHING
    sex = max(score, key=lambda name: score[name])
    proof = sorted((m for m in mine if m.value[0] == sex), key=lambda m: (-_WEIGHT[m.value[1]], m.start))[:3]  # type: ignore[index]
    passed = tuple((m, "contradicts the sex read elsewhere") for m in mine if m.value[0] != sex)  # type: ignore[index]
    return Resolution({"sex": Finding(sex, tuple(proof))}, {}, passed)
