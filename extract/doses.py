"""Radiation doses: Gy, cGy and rad, fractions and doses per fraction, and the parts of a course that they make.

`find` reads the single quantities of a text, `link` joins those that describe one series of fractions.
Doses come out in Gy. Nothing here knows of patients; `fields.radiotherapy` decides whose they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

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
    (?:(?P<low>{NUMBER})\s?(?:(?:c?Gy\s?)?(?:-|–|to|/)|(?P<list>and|,\s?and|or))\s?)?
    (?:(?P<number>{NUMBER})|(?P<words>{_WORDS}))[\s-]?
    (?P<unit>c\s?Gy|centi-?gr[ae]ys?|Gy|gr[ae]ys?|rads?|CGE|cobalt[-\s]gr[ae]y(?:\sequivalents?)?)
    (?P<rbe>[\s-]?[(\[]?\s?(?:RBE|E\b|equivalents?)\s?[)\]]?)?
    (?P<marked>_?\d{{1,2}}\b)?
    (?![A-Za-z])
    | \b(?:of|at|to|dose)\sGy\s?(?P<after>{NUMBER})
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
    | (?<=[a-z)])\s?[x×*]\s?~?\s?(?P<times>{COUNT})\b(?!\s?Gy|\.\d)(?:\s?(?:{_FRACTIONS}|F\b))?   # 2 Gy × 30
    | (?P<ratio>/\s?\d{{1,2}})\s?(?:{_FRACTIONS}|F(?:x|r)?\b|\#)                                  # 50 Gy/25F
    | (?<![\w.])(?<![a-z]-)(?:\d{{1,3}}\s?(?:-|–|to)\s?
    |{_WORDS}\sto\s)?(?P<count>{COUNT})[\s-]{{0,2}}(?:{_KIND}[\s-]){{0,3}}(?:{_FRACTIONS}|F\b)
    | (?<![\w.])(?P<repeat>{COUNT})\stimes\b
    | \bfractions?\s?(?:\(n\s?=|:|=|was|were)\s?(?P<named>\d{{1,2}})\b(?!\s?c?Gy|\.\d)
    | \b(?P<one>(?:a\s)?single[-\s](?:fraction|session|treatment)|(?:in|as)\sa\ssingle\sdose)\b
    """,
    re.VERBOSE | re.IGNORECASE,
)
# "5F/week", "5 fractions per week", "three times a day": how often, not how many.
_FREQUENCY = re.compile(
    r"\s?(?:/|per|a|each|every|in\sa)\s?(?:week|day|month|wk\b|d\b)|\s?(?:weekly|daily\b(?!\sdose)|in\stotal\sper)",
    re.IGNORECASE,
)

_EACH_AFTER = re.compile(
    r"""\s?(?:/|per\b|a\b|each\b|every\b|for\seach)\s?(?:single\s|daily\s|treatment\s)?(?:fractions?|fx|fr|F|day|d
    |treatment|session|insertion|application|time)\b
    |\s?(?:daily|once[-\s](?:a\s|per\s)?(?:day|daily)|twice[-\s](?:a\s|per\s)?(?:day|daily)|b\.?i\.?d\b|each\b|q\.?d\b)
    |[-\s](?:single\s|daily\s|once-daily\s|twice-daily\s)?(?:per\s)?(?:fractions?|fx)\b
    |[-\s](?:daily\s)?doses?\s(?:\d{1,2}|[a-z]{3,10})\stimes
    |\s?(?:\w+\s)?(?:fractions?\s)?[x×*]\s?~?\s?\d
    |\s?/\s?\d{1,2}\s?(?:fractions?|fx|fr|F)\b""",
    re.VERBOSE | re.IGNORECASE,
)
_EACH_BEFORE = re.compile(
    r"""(?:(?:\b|(?<=\d))(?:fractions?|fxs?|frs?|sessions?|F)|insertions?|applications?|treatments
    |sittings?)\s?[,(]?\s?(?:of|at|with|using|size\s(?:of|was)|doses?\s(?:of|was)|each(?:\sof)?|was|=|:)?\s?$
    |(?:daily|fraction(?:al|ated|ation)?|per[-\s]fraction|single(?=\sdoses))\s(?:doses?|sizes?)\s?(?:of|was|were|is|=|:|at)?\s?(?:a\s)?$
    |fractionation\s(?:of|with|at|was|\()\s?$
    |\b\d{1,2}\s?[x×*]\s?$""",
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
        \s(?:[\w-]+\s){0,4}?doses?\b|(?-i:\bD(?:max|mean|min|\d)|\bBED\d?\b|\bEQD|\bV\d{1,2}\b)|dose[-\s]rate|\bconstraints?\b|\btoleran\w+|\b(?:limited|reduced|kept|restricted)\s(?:to|below|under)
        |[<>≤≥]|\b(?:less|lower|more|greater|higher|fewer|no\smore)\sthan|\bexceed\w*|\bbelow\b|\bunder\b|\bat\sleast
        |\bdoses?\s(?:to|of|for)\s(?:the\s)?(?:\w+\s){0,2}
        (?:spinal\scord|cord|hearts?|kidneys?|brain\s?stem|optic\s\w+|chiasm|lens(?:es)?|fetus|foetus|parotids?|mediastinal\sstructures))
        [^.;,]{0,35}$
    |(?:heart|lung|cord|kidney)\sdose\s(?:was\s|of\s)?$""",
    re.VERBOSE | re.IGNORECASE,
)
_RATE_AFTER = re.compile(r"\s?(?:/|per)\s?(?:h|hr|hours?|min|minutes?|year|y)\b|\s?\(?(?:BED|EQD)", re.IGNORECASE)
_SUM_BEFORE = re.compile(
    r"(?:\b(?:total(?:l?ing|l?ed|s)?|cumulative|overall|whole|summed|sum|accumulated"
    r"|final)\b(?:(?!\bboost)[^.;0-9]){0,45}|\bup\sto\s(?:a\s)?(?:dose\sof\s)?)$",
    re.IGNORECASE,
)
_SUM_AFTER = re.compile(r"\s?(?:in\s)?(?:total|cumulative|overall)\b", re.IGNORECASE)
_BOOST = re.compile(r"\bboost|\bcone[d]?[-\s]?down|\badditional|\bsupplement|\bextra\b|\badded\b|\banother\s$", re.IGNORECASE)
_OWN_BOOST = re.compile(r"^[\s)-]{0,3}(?:(?!with|and|plus|then|follow)\w+\s)?boost\b(?!\sto)", re.IGNORECASE)
_BOOST_TO = re.compile(
    r"\bboost\w*(?:\s[\w-]+){0,6}?\s(?:up\s)?to\s(?:(?:a|the)\s)?(?:(?:total|final|cumulative)\s)?(?:dose\s)?(?:of\s)?$",
    re.IGNORECASE,
)
_TOGETHER = re.compile(r"simultaneous|concomitant\sboost|integrated\sboost|\bSIB\b", re.IGNORECASE)
_NEXT = re.compile(r"\bfollowed\sby|\bthen\b|\bsubsequent|\bplus\b|\+|\bafter(?:wards)?\b|;", re.IGNORECASE)
# A later series much smaller than the first, after "followed by", goes on top of it; an equal one is another course.
_BOOST_SHARE = 0.65
_AGREE = 0.03
# A total of so little is hardly prescribed in several fractions.
_EACH_AT_MOST = 3.0


@dataclass(frozen=True, slots=True)
class Quantity:
    """One quantity of a prescription: kind `total` or `each` in Gy, or `count` of fractions.

    `role` is "sum" for what is called a total, "single" for a single dose, "limit" for what is no prescription.
    """

    kind: str
    value: float
    start: int
    end: int
    is_rbe: bool = False
    role: str = ""


@dataclass(frozen=True, slots=True)
class Series:
    """Quantities that describe one series of fractions. Doses in Gy; None where unsaid.

    `role`: "main", "boost" (on top of what was said before), "sum" (all that was said before, together) or
    "max" (a simultaneous boost: its total is the course's).
    """

    total: float | None
    count: int | None
    each: float | None
    start: int
    end: int
    is_rbe: bool = False
    role: str = "main"


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


# No sentence tells more doses; the rest of an endless list is not read.
_MOST = 30


def _doses(text: str) -> Iterator[Quantity]:
    for match in islice(_DOSE.finditer(text), _MOST):
        value = number(match["number"] or match["words"] or match["after"])
        if value is None or value == 0:
            continue
        unit = (match["unit"] or "Gy").lower().replace(" ", "")
        scale = 0.01 if unit.startswith(("c", "rad")) and unit not in ("cge",) and not unit.startswith("cobalt") else 1.0
        is_rbe = bool(match["rbe"]) or unit == "cge" or unit.startswith("cobalt")
        start, end = match.span()
        role = "limit" if match["marked"] and not match["marked"].startswith("0") else _role(text, start, end)
        if match["list"] and (low := number(match["low"])):
            # "50 and 66 Gy": two doses that share a unit.
            start = match.start("number") if match["number"] else match.start("words")
            if low * scale > _EACH_AT_MOST:
                yield Quantity("total", _gy(low, scale), match.start("low"), match.end("low"), is_rbe, role)
        kind = "each" if _is_each(text, start, end, _gy(value, scale)) else "total"
        yield Quantity(kind, _gy(value, scale), start, end, is_rbe, role)


def _gy(value: float, scale: float) -> float:
    gray = round(value * scale, 3)
    # "6,000 Gy" is a misprint for cGy: nobody gets a thousand gray.
    return round(gray / 100, 3) if gray >= 1000 else gray


def _role(text: str, start: int, end: int) -> str:
    before, after = text[max(0, start - 70) : start], text[end : end + 30]
    if _LIMIT_BEFORE.search(before) or _RATE_AFTER.match(after):
        return "limit"
    if _SUM_BEFORE.search(before[-60:]) or _SUM_AFTER.match(after):
        return "sum"
    return "single" if _SINGLE_BEFORE.search(before[-45:]) else ""


def _is_each(text: str, start: int, end: int, value: float) -> bool:
    """Return whether a dose is one fraction's."""
    if value > 34:
        return False
    after = _EACH_AFTER.match(text, end, end + 40)
    if after and re.match(r"\s?/\s?\d", after.group()):
        # "2 Gy/30 fx" is the dose of each, "20 Gy/5 fx" that of all.
        return value <= _EACH_AT_MOST
    return bool(after or _EACH_BEFORE.search(text[max(0, start - 45) : start]))


def _counts(text: str) -> Iterator[Quantity]:
    for match in _SERIES.finditer(text):
        if _FREQUENCY.match(text, match.end()):
            continue
        group = match.lastgroup or ""
        value = 1.0 if group == "one" else number(match[group].lstrip("/ "))
        if value and 1 <= value <= 80:
            yield Quantity("count", value, match.start(), match.end())


def link(text: str, quantities: Sequence[Quantity]) -> list[Series]:
    """Return the series that the quantities of one sentence make, in order; limits are left out."""
    groups: list[list[Quantity]] = []
    last = 0
    for quantity in quantities:
        if quantity.role == "limit":
            continue
        if groups and _goes_on(groups[-1], quantity, text[last : quantity.start]):
            groups[-1].append(quantity)
        else:
            groups.append([quantity])
        last = quantity.end
    made: list[Series] = []
    last = 0
    for group in groups:
        series = _series(group)
        made.append(replace(series, role=_role_of(text, series, group, made, last)))
        last = series.end
    return [series for series in made if series.total is not None or series.each is not None or series.count is not None]


def _goes_on(group: Sequence[Quantity], new: Quantity, between: str) -> bool:
    """Return whether a quantity belongs to the series before it: its kind is still free, and the sum is right."""
    known = {quantity.kind: quantity.value for quantity in group}
    if new.kind in known:
        return abs(known[new.kind] - new.value) < 0.01 and not _NEXT.search(between)
    is_begun = len(known) > 1 or "total" in known
    if is_begun and (_NEXT.search(between) or _BOOST.search(_OWN_BOOST.sub("", between))):
        return False
    known[new.kind] = new.value
    if len(known) == 3:
        return abs(known["each"] * known["count"] - known["total"]) <= max(0.6, _AGREE * known["total"])
    if new.kind == "total" and "each" in known:
        return new.value >= known["each"]
    return len(between) < 130


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
    )


def _role_of(text: str, series: Series, group: Sequence[Quantity], before: Sequence[Series], last: int) -> str:
    """Return what a series is to those before it in the sentence: main, boost, sum or max."""
    between = text[last : series.start]
    size = dose_of(series)
    prior = next((dose for earlier in reversed(before) if earlier.role != "boost" and (dose := dose_of(earlier))), None)
    if _TOGETHER.search(between) and size:
        return "max"
    says_sum = any(quantity.role == "sum" for quantity in group)
    if _BOOST_TO.search(between) and size and (prior is None or size > prior):
        return "sum"
    if says_sum and (not before or (prior is not None and size is not None and size > prior)):
        return "sum"
    if _BOOST.search(between) or any(_OWN_BOOST.match(text[quantity.end : quantity.end + 28]) for quantity in group):
        return "boost"
    if before and prior and size and size <= _BOOST_SHARE * prior and _NEXT.search(between):
        return "boost"
    return "main"


def dose_of(series: Series) -> float | None:
    """Return the total dose in Gy of a series, said or computed, None where neither."""
    if series.total is not None:
        return series.total
    if series.each is not None and series.count is not None:
        return round(series.each * series.count, 2)
    return None
