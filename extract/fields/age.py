"""Age at presentation, in years, as the report introduces the patient."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from extract import context
from extract.reading import NOTHING, Finding, Mention, Reading, Resolution, Sentence, holds_any

NAME = "age"
FIELDS = ("age_years",)

_ONES = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11,
    "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19,
}  # fmt: skip
_TENS = {"twenty": 20, "thirty": 30, "forty": 40, "fourty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90}
_MONTHS_PER_YEAR = 12
_WEEKS_PER_YEAR = 52.18
_DAYS_PER_YEAR = 365.25
_OLDEST = 115

_WORD = "|".join([*_TENS, *_ONES])
_PERSON = (
    r"(?:m|f|male|female|man|woman|men|women|gentleman|lady|boy|girl|patient|child|infant|baby"
    r"|neonate|newborn|mother|housewife|farmer|smoker|nulli\w+|multi\w+|primi\w+|gravida|worker|teacher|driver|student)"
)
_NO_ADJECTIVE = "pregnant|pregnancy|gestation\\w*|gravid|from|after|the|later|ago|of|and|in|before|follow|to|history|with|prior"
_PATTERN = re.compile(
    rf"""
    \b(?=[\dotfsenaimwglb])(?:                            # cheap: what every form below begins with
    \b(?=\d|[otfsen][nwhoielg][a-z]|age|in\s)             # cheap: most words begin neither a number nor "age"
    (?P<range>\b\d{{1,3}}\s?(?:[-–]|to|and)\s?)?            # "40-50 years old" is a range, not an age
    (?<![\d.])\b(?:
      (?:(?P<whole>\d{{1,3}})[-–\s]?(?:years?|yrs?)[-,–\s]{{1,2}}(?:(?:and|&)[-–\s])?)?   # "5 years 3 months old"
      (?P<number>\d{{1,3}}(?:\.\d{{1,2}})?)(?P<half>\s?½|\s1/2)?
      | (?P<words>(?:(?:{_WORD})[-–\s]?){{1,2}}(?:(?:and|a|half)[-–\s]?){{0,3}})
    )
    (?:\s?\(\d{{1,3}}\))?                                  # "thirty-eight (38) years old"
    (?P<gap>[-–\s]{{0,3}})
    (?:
      (?P<unit>years?|yrs?\.?|months?|mos?|weeks?|days?)[-–\s]{{0,3}}(?:of\s(?P<of>age)\b|olds?\b|(?P<aged>aged?)\b)
      | (?P<short>y\s?[/.]?\s?o\.?\b)
      | (?P<unit2>years?|yrs?\.?|months?|weeks?|days?|(?-i:Y))[-–\s]{{1,2}}
        (?=(?:(?!(?:{_NO_ADJECTIVE})\b)[A-Za-z-]{{2,20}}\s){{0,3}}?{_PERSON}\b)
      | (?P<unit4>years?|yrs?\.?|months?|weeks?|days?)(?=[,)])
      | /?(?P<letter>(?-i:[MF]))\b(?=[\s,])
    )
    | \baged?(?:\s?[:=]\s?|\s(?:of\s|about\s|only\s|at\s|was\s|is\s)?)(?P<number2>\d{{1,3}}(?:\.\d)?)
      (?P<range2>\s?(?:[-–]|to)\s?\d{{1,3}})?(?:\s(?P<unit3>years?|months?|weeks?|days?)\b)?
    | \b(?:man|woman|male|female|gentleman|lady|boy|girl)\sof\s(?P<number3>\d{{1,2}})(?:\syears?)?\b
      (?!\s?(?:[-–%]|to\s\d|mm|cm|kg|months?|weeks?|days?))
    | \bin\s(?:his|her|the)\s(?P<ordinal>second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth)\smonth\sof\slife
    )
    """,
    re.VERBOSE | re.IGNORECASE,
)
# "45M with", "(67F)": an age with a letter and no other cue; "12F catheter" and "8 M urea" are none.
_LETTER = re.compile(r"(?:^|\b[Aa]n?\s|\()\d{1,2}\s?/?[MF]\b(?=[\s,)]\s?(?!cath|sheath|Foley|drain|tube|guid|intro|stent|urea|sol)[a-z])")
# A cohort's age, a limit, a length of time: "patients over 50 years of age", "mean age = 39", "after two years the patient".
_NO_AGE_BEFORE = re.compile(
    r"(?:[<>≤≥]|\b(?:before|under|over|than|above|below|at\sleast|(?:mean|median|average)(?:\sage)?(?:\s(?:of|was|is))?|age\s="
    r"|older|younger|aged\sover|up\sto))\s{0,2}(?:the\s(?:age\sof\s)?)?$",
    re.IGNORECASE,
)
_TIME_BEFORE = re.compile(
    r"\b(?:after|within|for|past|last|every|during|next|following|nearly|almost|another|additional)\s(?:about\s|the\s)?$",
    re.IGNORECASE,
)
_LABELLED = re.compile(r"age\s?[:=]", re.IGNORECASE)
_PERSON_BEFORE = re.compile(rf"\b{_PERSON}\s?[(,]\s?$", re.IGNORECASE)
_ORDINALS = {
    "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9, "tenth": 10,
    "eleventh": 11, "twelfth": 12,
}  # fmt: skip
_PRESENTS = re.compile(r",?\s(?:the\spatient|he|she)\s(?:first\s)?(?:presented|was\sadmitted|was\sreferred|was\sdiagnosed)", re.IGNORECASE)
_INTRODUCED = re.compile(rf"(?:[-\s,(]{{0,3}}[A-Za-z'-]{{2,20}}){{0,5}}?[-\s,(]{{1,3}}{_PERSON}\b", re.IGNORECASE)
_PAST = re.compile(
    r"(?:at|since|from|until|by|when\s(?:he|she)\swas|menarche|menopause|onset|diagnosed|started|began|earlier"
    r"|previously)\s(?:the\s)?(?:age\s(?:of\s)?|aged?\s)?$|at\s(?:the\s)?$|menarche.{0,20}$|menopause.{0,20}$",
    re.IGNORECASE,
)
_RELATIVE = re.compile(
    r"\b(?:mother|father|brother|sister|son|daughter|wife|husband|aunt|uncle|cousin|donor|sibling|grand\w+)\b(?:['’]s|,|\swho|\sis"
    r"|\swas|\sdied|\sat|\s\()?.{0,25}$",
    re.IGNORECASE,
)
_AFTER_EVENT = re.compile(r"^\s{0,2}(?:history|follow|survival|period|ago|later|after|before|interval|course|duration)", re.IGNORECASE)


def find(reading: Reading) -> Iterator[Mention]:
    """Yield each age with its value in years; ranges and decades ("in his 60s") are not ages."""
    for sentence in reading.sentences:
        if not (_may_tell_age(sentence) and _holds_number(sentence)):
            continue
        for match in _PATTERN.finditer(sentence.text):
            before = sentence.text[: match.start()]
            years = _years(match)
            if years is None or not 0 <= years <= _OLDEST or not _is_age(match, sentence.text, before[-30:]):
                continue
            start, end = sentence.start + match.start(), sentence.start + match.end()
            subject = sentence.subject
            if _RELATIVE.search(before[-45:]) or context.subject_of(reading, start, end, sentence) == "family":
                subject = "family"
            yield Mention(NAME, start, end, sentence, (round(years, 2), _weight(match, sentence, before)), "present", subject)


def _may_tell_age(sentence: Sentence) -> bool:
    """Return whether a sentence holds the words of an age; cheap, since most sentences do not."""
    lower, text = sentence.lower, sentence.text
    if (
        "year" in lower
        or "old" in lower
        or ("age" in lower and (" age" in lower or "(age" in lower or lower.startswith("age")))
        or "yr" in lower
        or "y/o" in lower
        or ("yo" in lower and (" yo" in lower or "-yo" in lower or "yo " in lower))
        or " Y " in text
        or "y.o" in lower
    ):
        return True
    if "month of life" in lower or "man of " in lower or "male of " in lower:
        return True
    return ("M " in text or "F " in text or "M," in text or "F," in text) and _LETTER.search(text) is not None


# Parts of number words, the fewest that hold all; and of "in her second month of life".
_NUMBER_WORDS = (
    "one", "two", "three", "four", "five", "six", "seven", "eight", "nin", "ten", "eleven", "twel", "twent", "thirt", "fort", "fift",
    "month",
)  # fmt: skip
_DIGIT = re.compile(r"\d")


def _holds_number(sentence: Sentence) -> bool:
    """Return whether a sentence holds a number, without which no age is told: cheap before the long pattern."""
    return _DIGIT.search(sentence.text) is not None or holds_any(sentence.lower, _NUMBER_WORDS)


def _is_age(match: re.Match[str], text: str, before: str) -> bool:
    """Return whether a number of years is someone's age: no cohort's, no limit, no length of time, no catheter's size."""
    if _NO_AGE_BEFORE.search(before) or (match["unit2"] and _TIME_BEFORE.search(before)):
        return False
    if match["letter"]:
        found = _LETTER.search(text, max(0, match.start() - 3))
        return found is not None and found.start() <= match.start()
    return match["unit4"] is None or _PERSON_BEFORE.search(before) is not None


def resolve(mentions: Sequence[Mention], so_far: object) -> Resolution:
    """Return the age at which the patient is introduced: the first of the heaviest mentions."""
    candidates = [m for m in mentions if m.subject == "patient"] or [m for m in mentions if m.subject == "general" and _value(m)[1] >= 3]
    if not candidates:
        return NOTHING
    best = max(candidates, key=lambda m: (_value(m)[1], -m.start))
    years = _value(best)[0]
    proof = tuple(m for m in candidates if _value(m)[0] == years)
    passed = tuple((m, "another age preferred" if m.subject == "patient" else m.subject) for m in mentions if m not in proof)
    return Resolution({"age_years": Finding(years, proof)}, {}, passed)


def _value(mention: Mention) -> tuple[float, int]:
    value = mention.value
    assert isinstance(value, tuple)
    return value


def _weight(match: re.Match[str], sentence: Sentence, before: str) -> int:
    """Return how plainly an age introduces a patient: 3 for "a 54-year-old man", 1 for "at the age of 12"."""
    if match["range"] or match["range2"]:
        return 0
    text = sentence.text
    if _PAST.search(before[-30:]):
        return 2 if _PRESENTS.match(text, match.end()) else 1
    after = text[match.end() : match.end() + 60]
    introduced = _INTRODUCED.match(after)
    if match["letter"] or introduced or match["unit2"] or match["unit4"] or match["number3"] or _LABELLED.match(match.group()):
        return 3
    return 2


def _years(match: re.Match[str]) -> float | None:
    """Return the age in years, None for a range or for a bare "aged 45" that is none."""
    if match["range"] or match["range2"]:
        return None
    if match["ordinal"]:
        return (_ORDINALS[match["ordinal"].lower()] - 1) / _MONTHS_PER_YEAR
    number = match["number"] or match["number2"] or match["number3"]
    value = float(number) if number else _number_in_words(match["words"])
    if value is None:
        return None
    value += 0.5 if match["half"] else 0
    unit = (match["unit"] or match["unit2"] or match["unit3"] or match["unit4"] or "year").lower()
    if unit.startswith("mo"):
        return float(match["whole"] or 0) + value / _MONTHS_PER_YEAR
    if unit.startswith("w"):
        return value / _WEEKS_PER_YEAR
    if unit.startswith("d"):
        return value / _DAYS_PER_YEAR
    return value


def _number_in_words(words: str) -> float | None:
    total = 0.0
    for word in re.split(r"[-–\s]+", words.lower().strip("-– \t")):
        if word in _TENS:
            total += _TENS[word]
        elif word in _ONES:
            total += _ONES[word]
        elif word == "half":
            total += 0.5
        elif word not in ("", "and", "a"):
            return _glued(word)
    return total or None


def _glued(word: str) -> float | None:
    """Return "sixtyone" as 61, None for any other word."""
    for tens, value in _TENS.items():
        if word.startswith(tens) and word[len(tens) :] in _ONES:
            return value + _ONES[word[len(tens) :]]
    return None
