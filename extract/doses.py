"""Radiation doses: Gy, cGy and rad, fractions and doses per fraction, and the parts of a course that they make.

`find` reads the single quantities of a text, `link` joins those that describe one series of fractions.
Doses come out in Gy. Nothing here knows of patients; `fields.radiotherapy` decides whose they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice, pairwise

_ONES = {word: number for number, word in enumerate(
    ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen",
     "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"]
)}  # fmt: skip
_TENS = {word: 10 * number for number, word in enumerate(["twenty", "thirty", "forty", "fifty", "sixty", "seventy"], start=2)}
_WORDS = rf"(?:(?:{'|'.join(_TENS)})(?:[-\s](?:{'|'.join(list(_ONES)[1:10])}))?|{'|'.join(reversed(list(_ONES)[1:]))})"
NUMBER = r"(?:\d{1,3}(?:,\d{3}){1,2}(?:\.\d{1,2})?|\d{1,5}(?:[.,·]\d{1,3})?)"
COUNT = rf"(?:\d{{1,3}}|{_WORDS})"

_DOSE = re.compile(
    rf"""
    (?:(?<![\w.,])|(?<=\bTD)|(?<=\bDT)|(?<=\bD=))
    (?:(?P<low>{NUMBER})\s?(?:(?:c?Gy\s?)?(?:-|–|to|/)|(?P<list>(?P<low_unit>c?Gy\s?)?\+|and|,\s?and|or))\s?)?
    (?:(?P<number>{NUMBER})|(?P<words>{_WORDS}))[\s-]{{0,2}}
    (?P<unit>c\s?Gy|centi-?gr[ae]ys?|Gy|gr[ae]ys?|rads?|CGE|cobalt[-\s]gr[ae]y(?:\sequivalents?)?)
    (?P<rbe>[\s-]?[(\[]?\s?(?:RBE|E\b|equivalents?(?!\sdose)|relative\sbiological\seffectiveness)(?:\s?[)\]])?|\sRBE)?
    (?P<marked>_?\d{{1,2}}\b)?
    (?![A-Za-z])
    | \b(?:of|at|to|dose|was|with|received)\sGy\s?(?P<after>{NUMBER})
    | \bof\swhich\s(?:only\s)?(?P<part>\d{{1,2}}(?:\.\d)?)(?=\s(?:were|was|had|could|have)\b)              # 60 Gy, of which 40 were given
    """,
    re.VERBOSE | re.IGNORECASE,
)
_KIND = (
    r"(?:equal|daily|once-daily|twice-daily|consecutive|separate|single|treatment|total|radiation|radiotherapy|weekly|SBRT|planned"
    r"|more|further|\d(?:\.\d{1,2})?[-\s]?Gy)"
)
_FRACTIONS = r"(?:fractions?|fractionations?|fxs?|frs?|sessions?|sittings?|exposures|insertions?|applications?|treatments)\b"
_SERIES = re.compile(
    rf"""
    (?P<left>(?<![\w.])\d{{1,2}})\s?[x×*]\s?(?=\d{{1,4}}(?:[.,]\d{{1,2}})?\s?c?Gy)            # 30 × 1.8 Gy
    | (?<=[a-z)])\s?[x×*]\s?~?\s?(?:(?P<low>{COUNT})\s?(?:-|–|to)\s?)?(?P<times>{COUNT})\b(?!\s?Gy|\.\d)   # 2 Gy × 30
      (?:\s?(?:{_FRACTIONS}|F\b))?
    | (?<![\w./])(?P<hash>\d{{1,2}})\s?\#
    | (?P<ratio>/\s?\d{{1,2}})\s?(?:{_FRACTIONS}|F(?:x|r)?\b|\#)                                  # 50 Gy/25F
    | (?<![\w.])(?<![a-z]-)(?P<from>\d{{1,3}}\s?(?:-|–|to)\s?|{_WORDS}\sto\s)?(?P<count>{COUNT})[\s-]{{0,2}}
      (?:{_KIND}[\s-]){{0,3}}(?:{_FRACTIONS}|F\b)
    | (?<![\w.])(?P<repeat>{COUNT})\stimes\b
    | (?:(?<=\d(?-i:Gy))|(?<=\d\s(?-i:Gy))|(?<=\d\srads)|(?<=\(RBE\)))                            # 20 Gy in 5, 45 Gy/25
      (?:\s(?:given\s|delivered\s)?in\s(?P<bare>{COUNT})|(?P<per>\s?/\s?\d{{1,2}}))(?!\.\d)
      (?=\s?(?:[.,;:)]|$)|\s(?:to|and|with|by|plus|using|followed|at|given|over|was|were|schedule|regimen)\b(?!\s\d))
    | \bfractions?\s?(?:\(n\s?=|:|=|was|were)\s?(?P<named>\d{{1,2}})\b(?!\s?c?Gy|\.\d)
    | \b(?P<sole>single)(?=\s(?!daily)(?:[\w-]+\s)?dose\s(?:of\s|was\s)?(?:[4-9]|\d\d)(?:\.\d)?\s?Gy)
    | \b(?P<alone>single[-\s])(?=\d{{1,2}}(?:\.\d)?[-\s]?Gy[-\s](?:fraction|session)\b)
    | (?<=daily\sfor\s)(?P<days>\d{{1,2}})\s(?:treatment\s)?days\b
    | \b(?P<one>(?:a\s|one\s)?single[-\s](?:fraction|session|treatment|exposure|sitting|application|insertion)|(?:in|as)\sa\ssingle\sdose)\b
    """,
    re.VERBOSE | re.IGNORECASE,
)
_DOSE_BEFORE = re.compile(r"(?:Gy|gr[ae]ys?|rads?|\bdoses?|fractions?|SBRT|therapy|\bRT)\b(?:[^.;]|\.\d){0,30}$", re.IGNORECASE)
_DOSE_NEXT = re.compile(rf"\s{NUMBER}\s?(?:c?Gy|gr[ae]ys?|rads?)\b", re.IGNORECASE)
# "5F/week", "5 fractions per week", "three times a day": how often, not how many.
_FREQUENCY = re.compile(
    r"\s?(?:/|per|a|each|every|in\sa|every\s(?:\d{1,2}|two|three|four|other)\s)\s?(?:week|day|month|wk\b|d\b)|\s?(?:weekly|daily\b(?!\sdose)|in\stotal\sper)",
    re.IGNORECASE,
)

_EACH_AFTER = re.compile(
    r"""\s?(?:/|per\b|a\b|each\b|every\b|for\seach)\s?(?:single\s|daily\s|treatment\s)?(?:fractions?|fx|fr|F|day|d
    |treatment|session|insertion|application|time)\b
    |\s?(?:once|twice|thrice|(?:two|three|\d)\stimes|\dx)\s?(?:a|per|/|each|every)\s?week(?:ly)?\b
    |\s?(?:daily|once[-\s](?:a\s|per\s)?(?:day|daily)|twice[-\s](?:a\s|per\s)?(?:day|daily)|b\.?i\.?d\b|each\b|q\.?d\b)
    |[-\s](?:single\s|daily\s|once-daily\s|twice-daily\s)?(?:per\s)?(?:fractions?|fx)\b
    |[-\s](?:(?:daily\s)?doses?\s)?(?:given\s)?(?:\d{1,2}|[a-z]{3,10})\stimes\b
    |\s?(?:\w+\s)?(?:fractions?\s)?[x×*]\s?~?\s?\d
    |\s?/\s?\d{1,2}\s?(?:fractions?|fx|fr|F)\b""",
    re.VERBOSE | re.IGNORECASE,
)
_EACH_BEFORE = re.compile(
    rf"""(?:(?:\b|(?<=\d))(?:fractions?|fxs?|frs?|sessions?|F)|insertions?|applications?|treatments
    |sittings?)\s?[,(]?\s?(?:of|at|with|using|size\s(?:of|was)|doses?\s(?:of|was)|each(?:\sof)?|was|=|:)?\s?$
    |(?:daily|fraction(?:al|ated|ation)?|per[-\s]fraction|single(?=\sdoses))\s(?:doses?|sizes?)\s?(?:of|was|were|is|=|:|at)?\s?(?:a\s)?$
    |fractionation\s(?:of|with|at|was|\()\s?$
    |\b\d{{1,2}}\s?[x×*]\s?$|\b{COUNT}\stimes\s$""",
    re.VERBOSE | re.IGNORECASE,
)
_SINGLE_BEFORE = re.compile(
    r"single\s(?:[\w-]+\s){0,2}dose\s(?:of\s|was\s)?$|single[-\s]fraction\s(?:\w+\s){0,2}(?:of\s|at\s)?$",
    re.IGNORECASE,
)
# Limits, tolerances, averages over organs, and doses converted for comparison are not what was prescribed.
_LIMIT_BEFORE = re.compile(
    r"""(?:\b(?:mean|maximum|maximal|max|minimum|minimal|median|average|tolerance|threshold|fetal|foetal|scattered?
    |absorbed|biological(?:ly)?|equivalent|effective)\b
        \s(?:(?:[\w-]+\s){0,4}?doses?\b|(?:of|was|point|to)\b)|(?-i:\bD(?:max|mean|min|\d{1,3}\s?(?:cc|%)|9\d\b)|\bBED|\bEQD|\bV\d{1,2}\b)|dose[-\s]rate(?!\s(?:\w+\s)?(?:brachy|intra|inter|radio|treat|endo))|\bconstraints?\b|\btoleran\w+|\btolerates?\b|\bdoses?\s(?:above|over|beyond)\b|\b(?:limited|reduced|kept|restricted)\s(?:to|below|under)
        |[<>≤≥]|\b(?:less|lower|more|greater|higher|fewer|no\smore)\sthan|\bexceed\w*|\bbelow\b|\bunder\b|\bat\s(?:least|most)
        |\bdoses?\s(?:to|of|for)\s(?:the\s)?(?:\w+\s){0,2}
        (?:spinal\scord|cord|hearts?|kidneys?|brain\s?stem|optic\s\w+|chiasm|lens(?:es)?|fetus|foetus|parotids?|mediastinal\sstructures))
        [^.;,\d]{0,35}(?:[αβ/\d]{1,6}[^.;,\d]{0,8})?$
    |(?:heart|lung|cord|kidney)\sdose\s(?:was\s|of\s)?$""",
    re.VERBOSE | re.IGNORECASE,
)
# What a plan was to spare, and doses converted for comparison: the figure may stand far behind the word.
_SPARED_BEFORE = re.compile(
    r"(?:\b(?:dose\s(?:to|covering)|covered)\s\d{2,3}\s?%[^.;]{0,40}|\b(?:heart|kidneys?|(?:spinal\s)?cord|chiasm|parotids?|lens(?:es)?|cochlea\w*|hippocamp\w+)(?:\smean|\smax\w*)?"
    r"|\b(?:limit|restrict|constrain|keep|kept|hold|held)\w*\s(?:the\s)?(?:[\w-]+\s){1,6}(?:to|at|under|below|within)"
    r"|(?-i:\bBED\d{0,2}|\bEQD2?|\bV\d{1,2}|\bD(?:\d{1,3}(?:\.\d)?(?:cc|%)|9\d|max|mean|min))(?:(?!\b(?:received|delivered|given|treated|prescribed)\b)[^.;]){0,75})\s(?:a\s)?$",
    re.IGNORECASE,
)
_RATE_AFTER = re.compile(
    r"\s?(?:/|per)\s?(?:h|hr|hours?|min|minutes?|year|y)\b|\s?\(?(?:BED|EQD)|\s?\(?(?:biological(?:ly)?\s)?(?:equivalent|effective)\sdose",
    re.IGNORECASE,
)
_SUM_BEFORE = re.compile(
    r"(?:\b(?:total(?:l?ing|l?ed|s)?|cumulative|overall|whole|summed|sum|accumulated"
    r"|final)\b(?:(?!\bboost)[^.;0-9]){0,45}|\bup\sto\s(?:a\s)?(?:dose\sof\s)?"
    r"|\b(?:brought|raised|increased|escalated|supplemented|continued|carried|extended|completed)\s(?:up\s)?to\s(?:(?:a|the)\s)?(?:dose\sof\s)?)$",
    re.IGNORECASE,
)
# So much "cumulative" dose was given in several courses, years apart.
_CUMULATIVE = re.compile(r"\bcumulative\b[^.;,\d]{0,60}$", re.IGNORECASE)
_MOST_OF_ONE_COURSE = 85.0
_SUM_AFTER = re.compile(
    r"\s?(?:(?:/|in)\s?\d{1,2}\s?(?:fractions|fx|fr|F)\s)?(?:in\s)?(?:total|cumulative|overall|altogether)\b", re.IGNORECASE
)
_BOOST = re.compile(r"\bboost|\bcone[d]?[-\s]?down|\badditional|\bsupplement|\bextra\b|\badded\b|\banother\s$", re.IGNORECASE)
_OWN_BOOST = re.compile(
    r"^[\s)-]{0,3}(?:(?!with|and|plus|then|follow)\w+\s)?(?:boost|cone[d]?[-\s]?down)\b(?!\sto\s(?:(?:an?|the)\s)?(?:total|final|cumulative|\d))",
    re.IGNORECASE,
)
_BOOST_TO = re.compile(
    r"\bboost\w*(?:\s[\w-]+){0,6}?\s(?:up\s)?to\s(?:(?:a|the)\s)?(?:(?:total|final|cumulative)\s)?(?:dose\s)?(?:of\s)?$",
    re.IGNORECASE,
)
# "At 40 Gy she developed dermatitis": how far a course had gone. "and to 66 Gy with a reduced field": how far it went in the end.
_AT_DOSE = re.compile(
    r"(?:\b(?:at|after|following|upon|until|beyond)|\bthe\sfirst)\s(?:about\s|around\s|only\s|just\s|an?\s(?:(?:total|cumulative)\s)?dose\sof\s|the\sfirst\s)?$",
    re.IGNORECASE,
)
_AND_UP_TO = re.compile(r"(?:\band|\bthen|,)\s(?:then\s|later\s)?(?:up\s)?to\s$", re.IGNORECASE)
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
# "60 Gy in 30 fractions (40 Gy by opposed fields, then ...)", "with a first phase of 45 Gy": a part of what was said.
_PART_BEFORE = re.compile(
    r"\b(?:first|initial|second|last)\s(?:phase|part|stage)\s(?:of|was|to|with|at)\s(?:\w+\s)?$|\bthe\s(?:first|last|initial)\s$",
    re.IGNORECASE,
)
# "66 Gy in 33 fractions, including a boost of 16 Gy": the boost is in the sum already.
_INCLUDED = re.compile(
    r"\b(?:including|inclusive\sof|of\swhich|comprising|which\sincluded)\s(?:[\w-]+\s){0,4}?boost(?:\s(?:dose|of|with|was)){0,2}\s$|"
    r"\b(?:including|inclusive\sof|of\swhich)\s$",
    re.IGNORECASE,
)
_TOGETHER = re.compile(r"simultaneous|concomitant\sboost|integrated\sboost|\bSIB\b", re.IGNORECASE)
_NEXT = re.compile(r"\bfollowed\sby|\bthen\b|\bsubsequent|\bplus\b|\+|\bafter(?:wards)?\b|;", re.IGNORECASE)
# The word for another technique begins another series; what stands side by side belongs together even where the figures disagree.
_TECHNIQUE = re.compile(
    r"brachytherap|\bSBRT\b|\bSABR\b|stereotactic|radiosurg|gamma[-\s]knife|cyber-?knife|\bIORT\b|intra-?operative|\bHDR\b", re.IGNORECASE
)
_OF_TECHNIQUE = re.compile(rf"\s?of\s(?:[\w-]+\s){{0,3}}?(?:{_TECHNIQUE.pattern})", re.IGNORECASE)
_AFTER = re.compile(r"\b(?:after|following)\b", re.IGNORECASE)
_ADJACENT = re.compile(r"[\s(,;]*(?:(?:daily|equal|fractions?)\s)?(?:of|at|with|\(|in|/|x|×)?\s?", re.IGNORECASE)
_FOR_A_TOTAL = re.compile(
    r"(?:\sfractions)?[\s,(]*(?:(?:for|to|giving|with)\s)?(?:an?\s)?(?:(?:initial|total|overall|cumulative)\s){1,2}dose\s?(?:of|:|was)?\s?",
    re.IGNORECASE,
)
# A later series much smaller than the first, after "followed by", goes on top of it; an equal one is another course.
_BOOST_SHARE = 0.65
_AGREE = 0.03
# "45 Gy to the pelvis and 9 Gy to the tumour": so little beside so much is a boost, even if nobody says so.
_SMALL_BOOST = 0.35
_AND_TO = re.compile(
    r"\bto\s(?:the\s)?[\w\s/-]{3,60},?\s(?:and|plus|with)\s(?:an?\s)?(?:(?:further|dose\sof|additional)\s){0,2}$", re.IGNORECASE
)
# A total of so little is hardly prescribed in several fractions.
_EACH_AT_MOST = 3.0
# What one fraction of a simultaneous integrated boost holds, in Gy.
_EACH_IN_LIST = (1.5, 2.5)
# No course is of more; brachytherapy by seeds and plaques is not told in fractions.
_MOST_GY = 100.0
_TIMES_COUNT = re.compile(r"\s?[x×*]\s?(?P<count>\d{1,2})\b")
_IN_BRACKETS = re.compile(r"(?:fractions?|sessions?|fx|fr|F)\s?\(\s?$", re.IGNORECASE)
_EACH_IN_BRACKETS = 10.0
_FOR_FRACTIONS = re.compile(rf"\s?(?:for|in|over)\s(?:{COUNT})\s(?:daily\s)?{_FRACTIONS}", re.IGNORECASE)
# What stands between the members of a list of doses: a limit holds of all.
_LISTED = re.compile(
    r"(?:(?!\b(?:received?|deliver|given|treated|irradiat|prescri|boost|fraction|PTV|then|followed|total|administ|complet|radiothera)\w*)[^.;]){0,55}",
    re.IGNORECASE,
)
_PRESCRIBED_AFTER = re.compile(
    rf"\s?(?:in|/|over)\s?{COUNT}\s?(?:daily\s)?{_FRACTIONS}|[^.;,]{{0,25}}\b(?:was|were)\s(?:delivered|given|prescribed|administered|applied)",
    re.IGNORECASE,
)
_PLANNED_BEFORE = re.compile(
    r"\b(?:planned|intended|scheduled|prescribed|schedule|prescription|intention|plan)\s(?:(?:total|cumulative|radiation|overall)\s){0,2}(?:dose|course)?\s?"
    r"(?:of\s|was\s|:\s|at\s|to\s|for\s|as\s|with\s)?(?:a\s)?(?:(?:total\s)?dose\sof\s)?$",
    re.IGNORECASE,
)
_MEMBER = re.compile(r"(?<![\w.,])(?P<number>\d{2,4}(?:\.\d{1,2})?),\s?$")
_LEAST_LISTED = 20.0
# No sentence tells more doses; the rest of an endless list is not read.
_MOST = 30
# So little is prescribed to nobody at once, and is what an unborn child may receive.
_LEAST_GY = 1.0
_FETUS = re.compile(r"\bf(?:o)?et(?:us|al)\b|\bunborn\b|\buterus\b", re.IGNORECASE)
_MISPRINT = re.compile(r"\b[1-9],?\d{3}\s?Gy")


@dataclass(frozen=True, slots=True)
class Quantity:
    """One quantity of a prescription: kind `total` or `each` in Gy, or `count` of fractions.

    `role` is "sum" for what is called a total, "single" for a single dose, "planned" for what was planned, "limit" for what is
    no prescription, "rate" for what is no dose (Gy per hour, BED, EQD2).
    """

    kind: str
    value: float
    start: int
    end: int
    is_rbe: bool = False
    role: str = ""
    is_range: bool = False  # "45 to 50.4 Gy"; the value is the upper end
    digits: tuple[int, int] = (0, 0)  # where the number itself stands, without its unit or noun


@dataclass(frozen=True, slots=True)
class Series:
    """Quantities that describe one series of fractions. Doses in Gy; None where unsaid.

    `role`: "main", "boost" (on top of what was said before), "sum" (all that was said before, together) or
    "max" (a simultaneous boost: its total is the course's), "part" (of what was said before; left out), "at" (how far a course had gone).
    """

    total: float | None
    count: int | None
    each: float | None
    start: int
    end: int
    is_rbe: bool = False
    role: str = "main"
    is_planned: bool = False
    is_range: bool = False


def number(text: str) -> float | None:
    """Return "50.4", "50,4", "5,400" or "twenty-five" as a number, None for anything else.

    >>> number("50,4"), number("5,400"), number("twenty-five")
    (50.4, 5400.0, 25.0)
    """
    text = text.strip().lower().replace("·", ".")
    if text[:1].isdigit():
        if re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", text):
            text = text.replace(",", "")
        return float(text.replace(",", "."))
    words = re.split(r"[-\s]+", text)
    values = [_TENS.get(word, _ONES.get(word)) for word in words]
    return float(sum(value for value in values if value is not None)) if None not in values else None


def find(text: str) -> list[Quantity]:
    """Return the quantities of a sentence, in order; limits and tolerances with the role "limit"."""
    doses = list(_doses(text))
    if not doses:
        return []
    spans = [(dose.start, dose.end) for dose in doses]
    found = doses + [count for count in _counts(text) if not any(start < count.start and count.end <= end for start, end in spans)]
    return sorted(found, key=lambda quantity: quantity.start)


def find_counts(text: str) -> list[Quantity]:
    """Return the numbers of fractions in a sentence that may hold no dose."""
    return list(_counts(text))


def _doses(text: str) -> Iterator[Quantity]:
    last: tuple[int, str] = (0, "")
    misprint = _MISPRINT.search(text) is not None
    for match in islice(_DOSE.finditer(text), _MOST):
        value = number(match["number"] or match["words"] or match["after"] or match["part"])
        if value is None or value == 0:
            continue
        unit = (match["unit"] or "Gy").lower().replace(" ", "")
        scale = 0.01 if unit.startswith(("c", "rad")) and unit not in ("cge",) and not unit.startswith("cobalt") else 1.0
        is_misprint = misprint and unit.startswith("gy") and 100 <= value <= 400
        if is_misprint:
            # "6120 Gy / 180 Gy": the dose of each fraction is misprinted like the total.
            scale = 0.01
        is_rbe = bool(match["rbe"]) or unit == "cge" or unit.startswith("cobalt")
        start, end = match.span()
        if match["after"]:
            start = text.index("y", start) - 1
        is_fetal = value * scale < _LEAST_GY and _FETUS.search(text) is not None
        role = (
            "limit" if is_fetal or (match["marked"] and not match["marked"].startswith("0")) else _role(text, start, end, _gy(value, scale))
        )
        if last[1] == "limit" and role != "rate" and _LISTED.fullmatch(text, last[0], start) and not _PRESCRIBED_AFTER.match(text, end):
            role = "limit"
        elif role == "limit" and last[1] == "limit" and _PRESCRIBED_AFTER.match(text, end):
            # "limited to 54 Gy and 60 Gy was delivered"
            role = ""
        last = (end, role)
        if match["list"] and _YEAR.fullmatch(match["low"]):
            start = match.start("number") if match["number"] else match.start("words")
        elif match["list"] and (low := number(match["low"])):
            # "50 and 66 Gy": two doses that share a unit.
            start = match.start("number") if match["number"] else match.start("words")
            if low * scale > _EACH_AT_MOST:
                low_end = match.end("low_unit") if match["low_unit"] else match.end("low")
                yield from reversed(list(_earlier_in_list(text, match.start("low"), scale, is_rbe, role)))
                yield Quantity("total", _gy(low, scale), match.start("low"), low_end, is_rbe, role)
        kind = "each" if is_misprint or _is_each(text, start, end, _gy(value, scale)) else "total"
        yield Quantity(kind, _gy(value, scale), start, end, is_rbe, role, match["low"] is not None and match["list"] is None)


def _earlier_in_list(text: str, start: int, scale: float, is_rbe: bool, role: str) -> Iterator[Quantity]:
    """Yield the doses before two that share a unit, the last first: "70, 63 and 56 Gy"."""
    for _ in range(3):
        member = _MEMBER.search(text, max(0, start - 9), start)
        if member is None:
            return
        value = _gy(float(member["number"]), scale)
        if not _LEAST_LISTED <= value <= _MOST_GY:
            return
        start = member.start("number")
        yield Quantity("total", value, start, member.end("number"), is_rbe, role)


def _gy(value: float, scale: float) -> float:
    gray = round(value * scale, 3)
    # "6,000 Gy" is a misprint for cGy: nobody gets a thousand gray.
    return round(gray / 100, 3) if gray >= 1000 else gray


def _role(text: str, start: int, end: int, value: float) -> str:
    before, after = text[max(0, start - 90) : start], text[end : end + 40]
    if _RATE_AFTER.match(after):
        return "rate"
    if _LIMIT_BEFORE.search(before[-70:]) or _SPARED_BEFORE.search(before):
        return "limit"
    if value > _MOST_OF_ONE_COURSE and _CUMULATIVE.search(before[-90:]):
        return "limit"
    if _PLANNED_BEFORE.search(before[-70:]):
        return "planned"
    if _SUM_BEFORE.search(before[-60:]) or _SUM_AFTER.match(after):
        return "sum"
    return "single" if _SINGLE_BEFORE.search(before[-45:]) else ""


def _is_each(text: str, start: int, end: int, value: float) -> bool:
    """Return whether a dose is one fraction's."""
    if value > 34:
        return False
    after = _EACH_AFTER.match(text, end, end + 40)
    if _SUM_AFTER.match(text, end):
        return False
    before = text[max(0, start - 45) : start]
    if value > _EACH_IN_BRACKETS and _IN_BRACKETS.search(before):
        # "in 3 fractions (24 Gy)": all of them.
        return False
    if value <= _EACH_AT_MOST and _FOR_FRACTIONS.match(text, end):
        return True
    times = _TIMES_COUNT.match(text, end)
    if times and value * int(times["count"]) > _MOST_GY:
        # "30 Gy × 10 fractions" is 30 Gy in all.
        return False
    if after and re.match(r"\s?/\s?\d", after.group()):
        # "2 Gy/30 fx" is the dose of each, "20 Gy/5 fx" that of all.
        return value <= _EACH_AT_MOST
    return bool(after or _EACH_BEFORE.search(before))


def _counts(text: str) -> Iterator[Quantity]:
    for match in _SERIES.finditer(text):
        if _FREQUENCY.match(text, match.end()):
            continue
        group = match.lastgroup or ""
        value = 1.0 if group in ("one", "alone", "sole") else number(match[group].lstrip("/ "))
        if group in ("repeat", "days", "times") and not (
            _DOSE_BEFORE.search(text[max(0, match.start() - 40) : match.start()]) or _DOSE_NEXT.match(text, match.end())
        ):
            # "cisplatin, three times": a number of doses of something else.
            continue
        if value and 1 <= value <= 80:
            first = match.start("low") if match["low"] else match.start("from") if match["from"] else match.start(group)
            yield Quantity("count", value, match.start(), match.end(), digits=_stripped(text, first, match.end(group)))


def _stripped(text: str, start: int, end: int) -> tuple[int, int]:
    """Return where the number stands in what was matched: with its "~", without a slash before it or a blank around it."""
    about = text.rfind("~", max(0, start - 2), start)
    if about >= 0:
        return about, end
    while start < end and text[start] in " /-":
        start += 1
    while end > start and text[end - 1] in " -":
        end -= 1
    return start, end


def grouped(text: str, quantities: Sequence[Quantity]) -> list[list[Quantity]]:
    """Return the quantities of one sentence by the series that they describe, in order; limits are left out."""
    groups: list[list[Quantity]] = []
    last = 0
    for quantity in quantities:
        if quantity.role in ("limit", "rate"):
            continue
        after = text[quantity.end : quantity.end + 45]
        if groups and _goes_on(groups[-1], quantity, text[last : quantity.start], after, len(groups) == 1):
            groups[-1].append(quantity)
        else:
            groups.append([quantity])
        last = quantity.end
    return groups


def link(text: str, quantities: Sequence[Quantity]) -> list[Series]:
    """Return the series that the quantities of one sentence make, in order; limits are left out."""
    made: list[Series] = []
    begun: list[int] = []  # where series begin with their number of fractions
    last = 0
    for group in grouped(text, quantities):
        if group[0].kind == "count":
            begun.append(group[0].start)
        series = _series(group)
        made.append(replace(series, role=_role_of(text, series, group, made, last)))
        last = series.end
    made = [series for series in made if series.role != "part"]
    made = _without_parts(made)
    told = [series for series in made if series.total is not None or series.each is not None or series.count is not None]
    return _shared_count(text, told, frozenset(begun))


def _without_parts(made: list[Series]) -> list[Series]:
    """Leave out the parts that a sentence tells after their sum: "70 Gy in all: 50 Gy to the neck and 20 Gy to the primary"."""
    first, rest = (made[0], made[1:]) if made else (None, [])
    doses = [dose_of(series) for series in rest]
    whole = dose_of(first) if first else None
    if len(rest) > 1 and whole and None not in doses and abs(sum(dose for dose in doses if dose) - whole) < 0.3:
        return made[:1]
    return made


def _shared_count(text: str, made: Sequence[Series], begun: frozenset[int]) -> list[Series]:
    """Give the number of fractions that ends or begins a list of doses to every member: "66 Gy, 60 Gy and 54 Gy in 33 fractions"."""
    shared = list(made)
    for at, (earlier, later) in enumerate(pairwise(made), start=1):
        first = shared[at - 1]
        is_alone = later.count is None and later.each is None and later.role == "main"
        if (
            is_alone
            and first.count
            and earlier.start in begun
            and later.total
            and earlier.total
            and later.total < earlier.total
            and _EACH_IN_LIST[0] <= later.total / first.count <= _EACH_IN_LIST[1]
            and not _NEXT.search(text, earlier.end, later.start)
        ):
            shared[at] = replace(later, count=first.count)
            begun = begun | {later.start}
    for at in range(len(shared) - 1, 0, -1):
        later, earlier = shared[at], shared[at - 1]
        if later.count is None or later.total is None or later.role in ("boost", "sum") or earlier.role in ("boost", "sum"):
            continue
        if earlier.total is None or earlier.count is not None or earlier.each is not None or later.each is not None:
            continue
        each = earlier.total / later.count
        if _EACH_IN_LIST[0] <= each <= _EACH_IN_LIST[1] and not _NEXT.search(text, earlier.end, later.start):
            shared[at - 1] = replace(earlier, count=later.count)
    return shared


def _goes_on(group: Sequence[Quantity], new: Quantity, between: str, after: str, is_first: bool) -> bool:
    """Return whether a quantity belongs to the series before it: its kind is still free, and the sum is right.

    A wrong sum is kept as printed where the words leave no doubt: "25 fractions of 2 Gy", "for a total dose of".
    """
    known = {quantity.kind: quantity.value for quantity in group}
    if new.kind in known:
        return abs(known[new.kind] - new.value) < 0.01 and not _NEXT.search(between)
    is_begun = len(known) > 1 or "total" in known
    if is_begun and (_TECHNIQUE.search(between) or (_OF_TECHNIQUE.match(after) and ("," in between or ")" in between))):
        return False
    if is_begun and (_NEXT.search(between) or _BOOST.search(_OWN_BOOST.sub("", between))):
        return False
    known[new.kind] = new.value
    if len(known) == 3:
        pattern = _ADJACENT if new.kind != "total" else _FOR_A_TOTAL if is_first else None
        return agree(known["total"], known["count"], known["each"]) or (pattern is not None and pattern.fullmatch(between) is not None)
    if new.kind == "total" and "each" in known:
        return new.value >= known["each"]
    return len(between) < 130


def agree(total: float, count: float, each: float) -> bool:
    """Return whether the three parts of a series agree: n × d = D, allowing for rounding."""
    return abs(each * count - total) <= max(0.6, _AGREE * total)


def _series(group: Sequence[Quantity]) -> Series:
    known = {quantity.kind: quantity for quantity in reversed(group)}
    total, count, each = known.get("total"), known.get("count"), known.get("each")
    single = total is not None and total.role == "single" and count is None and each is None
    return Series(
        total.value if total else None,
        1 if single else int(count.value) if count else None,
        each.value if each else None,
        group[0].start,
        group[-1].end,
        any(quantity.is_rbe for quantity in group),
        is_planned=total is not None and total.role == "planned",
        is_range=total is not None and total.is_range,
    )


def _role_of(text: str, series: Series, group: Sequence[Quantity], before: Sequence[Series], last: int) -> str:
    """Return what a series is to those before it in the sentence: main, boost, sum or max."""
    between = text[last : series.start]
    size = dose_of(series)
    prior = next((dose for earlier in reversed(before) if earlier.role != "boost" and (dose := dose_of(earlier))), None)
    if _TOGETHER.search(between) and size:
        return "max"
    if prior is not None and size is not None and size < prior and before[-1].role != "boost" and _PART_BEFORE.search(between):
        return "part"
    if prior is not None and size is not None and size < prior and before[-1].role in ("main", "sum") and _INCLUDED.search(between):
        return "part"
    if before and before[-1].role == "main" and prior and size and prior < size <= 1.6 * prior and _AND_UP_TO.search(between):
        return "sum"
    says_sum = any(quantity.role == "sum" for quantity in group)
    if _BOOST_TO.search(between) and size and (prior is None or size > prior):
        return "sum"
    if says_sum and (not before or (prior is not None and size is not None and size > prior)):
        return "sum"
    if before and before[-1].role == "boost" and prior is None and _AFTER.search(between):
        # "a boost of 10 Gy was added after 50 Gy"
        return "main"
    if _BOOST.search(between) or any(_OWN_BOOST.match(text[quantity.end : quantity.end + 28]) for quantity in group):
        return "boost"
    if before and prior and size and size <= _BOOST_SHARE * prior and _NEXT.search(between):
        return "boost"
    if (
        before
        and prior
        and size
        and size <= min(_SMALL_BOOST * prior, 20.0)
        and prior >= 36
        and _AND_TO.search(between)
        and not _YEAR.search(between)
    ):
        return "boost"
    if (
        series.total is not None
        and series.count is None
        and series.each is None
        and _AT_DOSE.search(text[max(0, series.start - 40) : series.start])
    ):
        return "at"
    return "main"


def dose_of(series: Series) -> float | None:
    """Return the total dose in Gy of a series, said or computed, None where neither."""
    if series.total is not None:
        return series.total
    if series.each is not None and series.count is not None:
        return round(series.each * series.count, 2)
    return None
