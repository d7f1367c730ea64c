"""Time expressions: what a sentence says of when ("nine months postoperatively", "in March 2023", "two years ago").

Each is read as a `Time`: a date, or a number of months with what it is counted from. Months are 30.44 days
and weeks / 4.345, as in RECORD.md. What is no moment of the story (ages, symptom durations, "every three
months", five-year survival rates) is not read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from extract.reading import Sentence

MONTHS_PER_YEAR = 12
DAYS_PER_MONTH = 30.44
WEEKS_PER_MONTH = 4.345

# What a time can be counted from or along.
DATE, LATER, AFTER, AGO, FOR, FOLLOW_UP, AT = "date", "later", "after", "ago", "for", "follow_up", "at"


class Time(NamedTuple):
    """A time expression.

    Attributes
    ----------
    relation : str
        `date`; `later` (than what was told last), `after` an anchor, `ago` (before what is told), `for` (a state
        that lasted), `follow_up` (since treatment), `at` (a time since treatment, "at 24 months").
    months : float
        Months counted by the relation; for a date, months since the year 0.
    anchor : str | None
        For `after`: surgery, radiotherapy, chemotherapy, treatment, diagnosis, admission or recurrence.
    is_first : bool
        The anchor is called the first or initial one.
    is_minimum : bool
        "more than 5 years": a lower bound.
    is_short : bool
        Counted in days: a time in hospital as a rule.
    is_coarse : bool
        A date that is a year only.
    word : str
        The anchor's own word, in lower case, cut to its stem ("laryngec"): which operation it was.
    """

    relation: str
    months: float
    anchor: str | None = None
    is_first: bool = False
    is_minimum: bool = False
    is_short: bool = False
    is_coarse: bool = False
    word: str = ""


class Found(NamedTuple):
    """A time expression and where it stands, as offsets in the report's text, anchor words included."""

    start: int
    end: int
    time: Time


_ONES = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11,
    "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19,
    "tree": 3, "single": 1, "a": 1, "an": 1, "couple of": 2,
}  # fmt: skip
_TENS = {"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90}
_CALENDAR = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_UNIT_MONTHS = {"y": float(MONTHS_PER_YEAR), "m": 1.0, "w": 1 / WEEKS_PER_MONTH, "d": 1 / DAYS_PER_MONTH}

_ONE = "|".join(sorted(_ONES, key=len, reverse=True))
_WORDS = rf"(?:(?:{'|'.join(_TENS)})(?:[-‐–\s](?:{_ONE}))?|(?:{_ONE}))"
_NUMBER = rf"(?:\d{{1,3}}(?:[.,]\d)?(?:\s?½|\s1/2)?|{_WORDS})"

# All patterns read lower case. An amount is found by its unit; its number stands right before.
# Every branch begins with its letter, so that the search looks at no other.
_UNIT = re.compile(
    r"(?:years?|yrs?\b\.?|months?|mths?\b|mos?\b|weeks?|wks?\b|days?|d(?<=\d\sd)\b|y(?<=\d\sy)\b)(?P<half>,?\sand\s(?:a|one)[-\s]half)?"
)
_COUNT = re.compile(
    rf"""
    (?<![\w.,/-])(?=[\dacefhnost])  # with these begin all numbers and their words
    (?:\d{{1,2}}\s?(?:-|–|to\s|or\s)\s?|{_WORDS}\s(?:to|or)\s)?        # "6-8 months", "two to three years"
    (?:(?P<number>{_NUMBER})(?P<half>[-\s]and[-\s](?:a[-\s]|one[-\s])?half)?|(?P<ordinal>\d{{1,2}})(?:st|nd|rd|th)|(?P<only_half>half\sa(?:n?other)?))
    (?:[-‐–\s]{{1,2}}(?:(?:calendar|full|more|post-?operative)\s)?|(?<=\d))$
    """,
    re.VERBOSE,
)
_HEDGE = re.compile(
    r"(?:\b(?:(?P<bound>more\sthan|over|passed|surpassed|at\sleast|exceed(?:ed|ing|s)?|longer\sthan|greater\sthan|beyond)"
    r"|about|approximately|nearly|almost|around|roughly|just|some)\s|(?P<sign>[>≥≧]=?)\s?|[~≈]\s?){1,2}$"
)
_AND_MORE = re.compile(rf",?\s(?:and\s)?(?P<number>{_NUMBER})[-\s](?P<unit>months?|weeks?|days?)\b")
# "6 and 9 years later": two times.
_FIRST_OF_TWO = re.compile(rf"(?<![\w.,/-])(?P<number>\d{{1,2}}|{_WORDS})(?:\sand|,|,\sand)\s$")
_BOUND_BEFORE = re.compile(r"(?:\b(?:for|of|after|is|was|has\sbeen|now|lasted|at|free|alive|well)|[,(:])\s?$")
_POSTOPERATIVE_DAY = re.compile(
    r"(?:\bpost[-\s]?operative\s|\bpo)(?P<unit>day|week|month|year|d)\s?(?:\#\s?)?(?P<number>\d{1,3})\b"
    r"|\b(?P<ordinal>\d{1,3})(?:st|nd|rd|th)\s(?:post[-\s]?operative\s|po)(?P<counted>day|week|month|year|d)\b"
)
_DATE = re.compile(
    r"""
    (?P<year>\b(?:19|20)\d\d)\b
    | (?<![\d./-])(?P<day>\d{1,2})[./](?P<month>\d{1,2})[./](?P<short>(?:19|20)\d\d|0\d)\b
    """,
    re.VERBOSE,
)
_BEFORE_YEAR = re.compile(
    r"""(?:
    (?:\b(?P<day>\d{1,2})(?:st|nd|rd|th)?[\s-](?:of\s)?)?\b(?P<name>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}[.,]?[\s-]
        (?:(?P<day2>\d{1,2})(?:st|nd|rd|th)?,?\s)?(?:of\s)?
    | (?<![\d./-])(?:(?P<day3>\d{1,2})[./])?(?P<number>\d{1,2})[./]
    | \b(?:in|since|until|till|by|from|early|late|mid|end\sof|beginning\sof|spring|summer|autumn|fall|winter|year)[-\s](?:the\s)?(?:year\s)?
    )$""",
    re.VERBOSE,
)
_PUBLISHED = re.compile(r"received|accepted|published|copyright|cite|epub|online|revised|©")

_ANCHORS = (
    ("surgery", r"surg|operat|resect|excis|remov|amputat|transplant|procedure|repair|reconstruct|[\w-]*ectom|enucleat|debulk|dissection"),
    ("radiotherapy", r"radiat|radio(?!log|graph)|irradiat|brachy|sbrt|srs|rt\b|gamma|chemo-?radi|ccrt|crt\b"),
    ("chemotherapy", r"chemo|cycle|course"),
    ("recurrence", r"recurr|relaps|metasta|re-?operat|re-?excis|salvage"),
    (
        "treatment",
        r"treat|therap|interven|ablat|manag|administ"
        r"|(?:start|beginning|initiation)(?!\sof\s(?:\w+\s){0,2}(?:symptom|disease|illness|complain|lesion|pain))|embol|injection|vaccin",
    ),
    ("diagnosis", r"diagnos|detection|discovery"),
    ("admission", r"present|admi|visit|onset|manifest|examin|consult|referr|hospital|symptom|biops|complain"),
)  # fmt: skip
_ANCHOR = "|".join(f"(?P<{name}>{words})" for name, words in _ANCHORS)
_POST = re.compile(rf"[-,\s]{{0,2}}post[-\s]?(?:the\s)?(?:{_ANCHOR})\w*")
_AFTER = re.compile(
    rf"""
    (?:\s(?:have|has|had)\s(?:passed|elapsed)|\snow)?,?\s(?:after|following|from|since|post|into|out\sfrom|beyond|past)\s
    (?P<words>(?:(?!and\b|with\b|without\b|which\b|that\b)[\w'’/-]+\s){{0,6}}?)(?:{_ANCHOR})\w*
    """,
    re.VERBOSE,
)
_LOOSE_AFTER = re.compile(r",?\s(?:after|following|post)\b(?!\swhich)")
_LATER = re.compile(r",?\s(?:later|afterwards?|thereafter|subsequently|hence|on,|after\s?[,.;])")
_AGO = re.compile(
    r",?\s(?:ago|earlier|previous(?:ly)?|before|prior|back|in\sadvance)\b"
    r"(?:(?:\sto)?\s(?:(?:the|this|his|her|current|initial)\s)?(?P<now>presentation|admission|referral|visit|consultation))?"
)
_FOLLOWED = re.compile(
    r"(?:\(s\))?[-\s](?:of\s|in\s|into\s)?(?:[a-z-]+\s){0,2}?(?:follow|surveill|observation|control\b|check-?up|monitoring"
    r"|(?:progression|disease|recurrence|event|overall)[-\s](?:free\s)?surviv|surviv|outcome)"
)
_FREE = re.compile(r",?[-\s](?:disease|recurrence|relapse|tumou?r|progression|cancer|event|symptom)[-\s]free")
_NO_TIME_AFTER = re.compile(
    r"[-\s](?:old|history|of\sage|cycle|course|duration|apart|interval|survival\srate|survival\sof|overall\ssurvival\srate"
    r"|prognosis|per\b|each"
    r"|a\sweek|after\sbirth|gestation|pack|regimen|of\s(?:his\slife|her\slife|pain))|\s?/|['’]\s(?:duration|history)"
)
# "At one and a half years of the operation" counts from it; "after 18 months of recurrence-free survival" does not.
_OF_TREATMENT = re.compile(
    rf"\sof\s(?:(?:the|his|her|this|initial|first|surgical)\s){{0,2}}(?!recurr|relaps|metasta|symptom|hospital|examin|presentation)(?:{_ANCHOR})\w*"
)
_AT_LAST = re.compile(r"\b(?:after|at)\s$")
_NO_TIME_BEFORE = re.compile(
    r"""\b(?:
    every|each|per|aged?|age\sof|history\sof|q|than\sa|median\sof|mean\sof|once|times|since|duration\sof|for\sup\sto
    |(?:administered|given|taken)\sfor|life\sexpectancy\sof|presented\s(?:with|for)|complain\w+\s(?:of|with|for)
    |(?:pain|symptoms?|cough|fever|mass|swelling|dysp\w+)\sfor
    )\s(?:(?:the\s)?(?:past|last)\s)?$""",
    re.VERBOSE,
)
_BEFORE_FOLLOWED = re.compile(
    r"""(?:
    follow(?:ed|ing)?[-\s]?up|followed|observ(?:ed|ation)|surveillance|monitored|surviv(?:ed|al|es|ing)|pfs|os|dfs|interval|alive|living
    )\b(?:[\s,:(]{1,2}(?:
    period|time|duration|regularly|closely|carefully|clinically|up|as|an?|with|without|any|and|in|for|of|over|was|is|during|to|at|date|has
    |have|had|been|lasted|reached|since|from|diagnosis|surgery|treatment|initial|first|his|her|its|now|the|than|equal|by|through|until|all
    |recurrence|outpatient|our|clinic|mri|ct|only|another|further|additional
    )){0,9}[\s:=(]{1,2}$""",
    re.VERBOSE,
)
_PLANNED = re.compile(r"\b(?:will|should|would|must|to)\s(?:be\s|have\s)?(?:\w+\s){0,2}(?:follow|observ|monitor|surveill)")
_OVERALL = re.compile(r"\boverall\ssurvival|\bos\b")
_SMALL = r"(?:\s(?:the|an?|his|her|last|past|next|first|following|period|of|now|course|subsequent|further|as|long|month)){0,5}\s$"
_BEFORE = (
    (AFTER, re.compile(r"post-?\s?operative(?:ly)?(?:\sat|\safter|\sfor|,)?\s$")),
    (LATER, re.compile(r"\bafter\s(?:an?\s|the\s)?(?:[a-z-]+\s)?(?:interval|period|latency)\sof\s$")),
    (LATER, re.compile(r"\b(?:after|within|following|only|another|a\sfurther)\s(?:the\s|a\s)?(?:(?:first|next|following)\s)?$")),
    (FOR, re.compile(rf"\b(?:for|over|during|past|last|throughout|in){_SMALL}")),
    (AT, re.compile(rf"\b(?:at|by|on){_SMALL}")),
    (FOR, re.compile(r"\b(?:been|is\snow|now|lasted|lasting|maintained|remains|continued)(?:\sfor)?\s$")),
)  # fmt: skip
_FIRST = re.compile(r"\b(?:initial|first|original|primary|index)\b")
_RECURRED = re.compile(r"\s(?:of|for)\s(?:[\w'’-]+\s){0,3}(?:recurr|relaps|metasta)")
_REACH_BEFORE = 70
_REACH_AFTER = 110
_REACH_NUMBER = 32


def may_hold(lower: str) -> bool:
    """Return whether a sentence (in lower case) can hold a time: a cheap test before the patterns."""
    return (
        "month" in lower or "year" in lower or "week" in lower or "day" in lower or "20" in lower or "19" in lower
        or " mo" in lower or "-mo" in lower or "mth" in lower or "yr" in lower or "wk" in lower or "pod" in lower or "/0" in lower
    ) and not _is_of_study(lower)  # fmt: skip


def _is_of_study(lower: str) -> bool:
    """Return whether a sentence is on the study or its rules ("the Declaration of Helsinki of 1964"), not on a patient."""
    return "helsinki" in lower or "ethic" in lower or "guideline" in lower or "informed consent" in lower


def find(sentence: Sentence) -> Iterator[Found]:
    """Yield the times of a sentence in order, none overlapping another."""
    # Case folding that changes the length would shift every offset.
    lower = sentence.lower if len(sentence.lower) == len(sentence.text) else sentence.text
    found = [*_amounts(lower, sentence.start)]
    if "20" in lower or "19" in lower or "/0" in lower:
        found += _dates(lower, sentence.start)
    if "po" in lower:
        found += _postoperative_days(lower, sentence.start)
    last = -1
    for one in sorted(found, key=_place):
        if one.start >= last:
            yield one
            last = one.end


def _place(found: Found) -> int:
    return found.start


def _postoperative_days(lower: str, offset: int) -> Iterator[Found]:
    for match in _POSTOPERATIVE_DAY.finditer(lower):
        unit = (match["unit"] or match["counted"])[0]
        months = float(match["number"] or match["ordinal"]) * _UNIT_MONTHS[unit]
        time = Time(AFTER, months, "surgery", is_short=unit == "d")
        yield Found(offset + match.start(), offset + match.end(), time)


def _dates(lower: str, offset: int) -> Iterator[Found]:
    for match in _DATE.finditer(lower):
        start = match.start()
        if match["short"]:
            months = _months_of(int(match["short"]), int(match["month"]), int(match["day"]))
            coarse = False
        else:
            before = _BEFORE_YEAR.search(lower[max(0, start - 24) : start])
            if before is None:
                continue
            start -= len(before.group())
            month = _CALENDAR.index(before["name"]) + 1 if before["name"] else int(before["number"] or 0)
            months = _months_of(int(match["year"]), month, int(before["day"] or before["day2"] or before["day3"] or 0))
            coarse = month == 0
        if months is not None and not _PUBLISHED.search(lower[max(0, start - 25) : start]):
            yield Found(offset + start, offset + match.end(), Time(DATE, months, is_coarse=coarse))


def _months_of(year: int, month: int, day: int) -> float | None:
    """Return a date in months since the year 0; a bare year (month 0) is its middle, a bare month (day 0) too."""
    year += 2000 if year < 100 else 0
    if month > MONTHS_PER_YEAR and day <= MONTHS_PER_YEAR:
        month, day = day, month
    if month > MONTHS_PER_YEAR or day > 31:
        return None
    return year * MONTHS_PER_YEAR + (month - 1 + ((day or 15) - 1) / DAYS_PER_MONTH if month else MONTHS_PER_YEAR / 2)


def _amounts(lower: str, offset: int) -> Iterator[Found]:
    pregnant = "gestation" in lower or "pregnan" in lower or "cesarean" in lower or "caesarean" in lower
    for unit in _UNIT.finditer(lower):
        if pregnant and unit.group()[0] == "w":
            continue  # the age of an unborn child is counted in weeks
        from_ = max(0, unit.start() - _REACH_NUMBER)
        count = _COUNT.search(lower[from_ : unit.start()])
        if count is None:
            continue
        start, end = from_ + count.start(), unit.end()
        months = _amount(count, unit)
        more = _AND_MORE.match(lower, end)
        # "23 months, 15 months after ...": only a smaller unit adds to the one before.
        if more and _UNIT_MONTHS[more["unit"][0]] < _UNIT_MONTHS[unit.group()[0]]:
            months += _number(more["number"]) * _UNIT_MONTHS[more["unit"][0]]
            end = more.end()
        start, is_minimum = _hedged(lower, start)
        found = _relation(lower[max(0, start - _REACH_BEFORE) : start], lower[end : end + _REACH_AFTER])
        if found is not None:
            relation, anchor, is_first, reach = found
            words = lower[end : end + reach].split()
            word = stem(words[-1]) if anchor and words else ""
            first = _FIRST_OF_TWO.search(lower, max(0, start - _REACH_NUMBER), start)
            if first and (earlier := _number(first["number"]) * _UNIT_MONTHS[unit.group()[0]]) < months:
                time = Time(relation, earlier, anchor, is_first, is_minimum, unit.group()[0] == "d", word=word)
                yield Found(offset + first.start(), offset + first.end("number"), time)
            time = Time(relation, months, anchor, is_first, is_minimum, unit.group()[0] == "d", word=word)
            yield Found(offset + start, offset + end + reach, time)


def _hedged(lower: str, start: int) -> tuple[int, bool]:
    """Return where an amount begins with its "about" or "more than", and whether it is a lower bound.

    "For over 4 years" is a bound; "imaging over 4 years of follow-up" is a span.
    """
    hedge = _HEDGE.search(lower, max(0, start - 24), start)
    if hedge is None:
        return start, False
    begin = hedge.start()
    if hedge["bound"] == "over" and not _BOUND_BEFORE.search(lower, max(0, begin - 12), begin):
        return start, False
    return begin, hedge["bound"] is not None or hedge["sign"] is not None


def _amount(count: re.Match[str], unit: re.Match[str]) -> float:
    """Return the months of a number and its unit; of a range, the upper bound."""
    each = _UNIT_MONTHS[unit.group()[0]]
    if count["only_half"]:
        return each / 2
    number = _number(count["ordinal"] or count["number"])
    return (number + (0.5 if count["half"] or unit["half"] else 0.0)) * each


def _number(words: str) -> float:
    """Return the value of "18", "2.5", "1 ½", "twenty-four" or "a"."""
    if words[0].isdigit():
        half = 0.5 if "½" in words or "1/2" in words else 0.0
        plain = re.match(r"\d+(?:[.,]\d)?", words)
        assert plain is not None
        return float(plain.group().replace(",", ".")) + half
    if words in _ONES:
        return float(_ONES[words])
    tens, _, ones = re.sub(r"[-‐–\s]", " ", words).partition(" ")
    return float(_TENS[tens] + _ONES.get(ones, 0))


def stem(word: str) -> str:
    """Return the beginning by which two forms of an anchor's word are the same."""
    return word.lower()[:8]


def _relation(before: str, after: str) -> tuple[str, str | None, bool, int] | None:
    """Return relation, anchor, whether the anchor is the first of its kind, and how far the words after reach."""
    if _NO_TIME_AFTER.match(after) or _NO_TIME_BEFORE.search(before):
        return None
    if of_treatment := _OF_TREATMENT.match(after):
        return (AFTER, of_treatment.lastgroup, False, of_treatment.end()) if _AT_LAST.search(before) else None
    if post := _POST.match(after):
        return AFTER, post.lastgroup, False, post.end()
    if later := _LATER.match(after):
        return LATER, None, False, later.end()
    if since := _AFTER.match(after):
        anchor = "recurrence" if _RECURRED.match(after, since.end()) else since.lastgroup
        return AFTER, anchor, _FIRST.search(since["words"]) is not None, since.end()
    if _LOOSE_AFTER.match(after):
        return AFTER, "event", False, 0
    if (ago := _AGO.match(after)) and not before.endswith(" for "):
        return AGO, "admission" if ago["now"] else None, False, ago.end()
    if followed := _FOLLOWED.match(after):
        return FOLLOW_UP, None, False, followed.end()
    if free := _FREE.match(after):
        return FOR, None, False, free.end()
    return _relation_before(before)


def _relation_before(before: str) -> tuple[str, str | None, bool, int] | None:
    """Return the relation that the words before an amount give it: "followed up for", "after", "at"."""
    if _BEFORE_FOLLOWED.search(before):
        # An overall survival counts from the first treatment or the diagnosis, whatever was told last.
        return None if _PLANNED.search(before) else (FOLLOW_UP, None, _OVERALL.search(before) is not None, 0)
    for relation, pattern in _BEFORE:
        if pattern.search(before):
            return relation, "surgery" if relation == AFTER else None, False, 0
    return None
