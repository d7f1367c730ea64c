"""Time expressions: what a sentence says of when ("nine months postoperatively", "in March 2023", "two years ago").

Each is read as a `Time`: a date, or a number of months with what it is counted from. Months are 30.44 days
and weeks / 4.345, as in RECORD.md. What is no moment of the story (ages, symptom durations, "every three
months", five-year survival rates) is not read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from extract.reading import Sentence

MONTHS_PER_YEAR = 12
DAYS_PER_MONTH = 30.44
WEEKS_PER_MONTH = 4.345

# What a time can be counted from or along.
DATE, LATER, AFTER, AGO, FOR, FOLLOW_UP, AT = "date", "later", "after", "ago", "for", "follow_up", "at"


@dataclass(frozen=True, slots=True)
class Time:
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


@dataclass(frozen=True, slots=True)
class Found:
    """A time expression and where it stands, as offsets in the report's text, anchor words included."""

    start: int
    end: int
    time: Time


_ONES = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11,
    "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19,
    "tree": 3, "single": 1, "a": 1, "an": 1, "couple": 2,
}  # fmt: skip
_TENS = {"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90}
_CALENDAR = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_UNIT_MONTHS = {"y": float(MONTHS_PER_YEAR), "m": 1.0, "w": 1 / WEEKS_PER_MONTH, "d": 1 / DAYS_PER_MONTH}

_ONE = "|".join(sorted(_ONES, key=len, reverse=True))
_WORDS = rf"(?:(?:{'|'.join(_TENS)})(?:[-‐–\s](?:{_ONE}))?|(?:{_ONE}))"
_NUMBER = rf"(?:\d{{1,3}}(?:[.,]\d)?(?:\s?½|\s1/2)?|{_WORDS})"

_AMOUNT = re.compile(
    rf"""
    (?P<bound>\b(?:more\sthan|over|passed|surpassed|at\sleast|exceed(?:ed|ing|s)?|longer\sthan|greater\sthan|beyond)\s|[>≥≧]=?\s?)?
    (?:\b(?:a\speriod\sof|a\stotal\sof|about|approximately|nearly|almost|around|roughly|only|just|another|further)\s)?
    (?<![\w.,/-])(?:(?:\d{{1,2}}\s?(?:-|–|to\s|or\s)\s?|{_WORDS}\s(?:to|or)\s))?
    (?P<number>{_NUMBER})
    (?P<half>[-\s]and[-\s](?:a[-\s]|one[-\s])?half)?(?P<of>\sof)?(?P<calendar>\scalendar)?
    (?P<half_a>\shalf)?
    (?:[-‐–\s]{{1,2}}|(?<=\d))(?P<unit>years?|yrs?\.?|months?|mos?\b|weeks?|wks?|days?|(?<=\s)[dy]\b)
    (?P<half_after>(?:,)?\sand\s(?:a|one)[-\s]half)?
    (?:,?\s(?:and\s)?(?P<number2>{_NUMBER})[-\s](?P<unit2>months?|weeks?|days?)\b)?
    """,
    re.VERBOSE | re.IGNORECASE,
)
_ORDINAL = re.compile(r"\b(?P<number>\d{1,2})(?:st|nd|rd|th)\s(?:post-?operative\s)?(?P<unit>month|year|week)\b", re.IGNORECASE)
_BOUND_BEFORE = re.compile(r"(?:\b(?:for|of|after|is|was|has\sbeen|now|lasted|at)|[,(:])\s?$", re.IGNORECASE)
_HALF = re.compile(r"\bhalf\sa(?:n?other)?\s(?P<unit>year|month)\b", re.IGNORECASE)
_POSTOPERATIVE_DAY = re.compile(
    r"(?:\bpost[-\s]?operative\s|\bPO)(?P<unit>day|week|month|year|D)\s?(?:\#\s?)?(?P<number>\d{1,3})\b", re.IGNORECASE
)
_MONTH = r"(?P<month>Jan|Feb|Mar|Apr|May|June?|July?|Aug|Sept?|Oct|Nov|Dec)(?:uary|ruary|ch|il|ust|tember|ober|ember)?"
_DATE = re.compile(
    rf"""
    (?:\b(?P<day>\d{{1,2}})(?:st|nd|rd|th)?[\s-](?:of\s)?)?\b{_MONTH}\b[.,]?[\s-](?:(?P<day2>\d{{1,2}})(?:st|nd|rd|th)?,?\s)?(?:of\s)?(?P<year>(?:19|20)\d\d)\b
    | \b(?:[Ii]n|[Ss]ince|[Uu]ntil|till|[Bb]y|[Ff]rom|[Ee]arly|[Ll]ate|mid|end\sof|beginning\sof|spring|summer|autumn|fall|winter|year)[-\s](?:the\s)?(?:year\s)?(?P<year2>(?:19|20)\d\d)\b
    | (?<![\d./-])(?P<day3>\d{{1,2}})[./](?P<month3>\d{{1,2}})[./](?P<year3>(?:19|20)\d\d|0\d)\b
    | (?<![\d./-])(?P<month4>\d{{1,2}})/(?P<year4>(?:19|20)\d\d)\b
    """,
    re.VERBOSE,
)

_PUBLISHED = re.compile(r"received|accepted|published|copyright|cite|epub|online|revised|©", re.IGNORECASE)

_ANCHORS = (
    ("surgery", r"surg|operat|resect|excis|remov|amputat|transplant|procedure|repair|reconstruct|[\w-]*ectom|enucleat|debulk|dissection"),
    ("radiotherapy", r"radiat|radio(?!log|graph)|irradiat|brachy|SBRT|SRS|RT\b|gamma|chemo-?radi|CCRT|CRT\b"),
    ("chemotherapy", r"chemo|cycle|course"),
    ("recurrence", r"recurr|relaps|metasta|re-?operat|re-?excis|salvage"),
    ("treatment", r"treat|therap|interven|ablat|administ|initiation|start|embol|injection|vaccin"),
    ("diagnosis", r"diagnos|detection|discovery"),
    ("admission", r"present|admi|visit|onset|manifest|examin|consult|referr|hospital|symptom|biops|complain"),
)  # fmt: skip
_ANCHOR = "|".join(f"(?P<{name}>{words})" for name, words in _ANCHORS)
_POST = re.compile(rf"[-,\s]{{0,2}}post[-\s]?(?:the\s)?(?:{_ANCHOR})\w*", re.IGNORECASE)
_AFTER = re.compile(
    rf"(?:\s(?:have|has|had)\s(?:passed|elapsed))?,?\s(?P<link>after|following|from|since|post|of|into|out\sfrom|beyond|past)\s(?P<words>(?:(?!and\b|with\b|without\b)[\w'’/-]+\s){{0,6}}?)(?:{_ANCHOR})\w*",
    re.IGNORECASE,
)
_LOOSE_AFTER = re.compile(r",?\s(?:after|following|post)\b", re.IGNORECASE)
_LATER = re.compile(r",?\s(?:later|afterwards?|thereafter|subsequently|hence|on,|after\s?[,.;])", re.IGNORECASE)
_AGO = re.compile(
    r",?\s(?:ago|earlier|previous(?:ly)?|before|prior|back|in\sadvance)\b(?:(?:\sto)?\s(?:the\s|this\s|his\s|her\s|current\s|initial\s)?(?P<now>presentation|admission|referral|visit|consultation))?",
    re.IGNORECASE,
)
_FOLLOWED = re.compile(
    r"(?:\(s\))?[-\s](?:of\s|in\s|into\s)?(?:[a-z-]+\s){0,2}?(?:follow|surveill|observation|control\b|check-?up|monitoring|(?:progression|disease|recurrence|event|overall)[-\s](?:free\s)?surviv|surviv|outcome)",
    re.IGNORECASE,
)
_FREE = re.compile(r",?[-\s](?:disease|recurrence|relapse|tumou?r|progression|cancer|event|symptom)[-\s]free", re.IGNORECASE)
_NO_TIME_AFTER = re.compile(
    r"[-\s](?:old|history|of\sage|cycle|course|duration|apart|interval|survival\srate|survival\sof|overall\ssurvival\srate|prognosis|per\b|each|a\sweek|after\sbirth|gestation|pack|regimen|of\shis\slife|of\streatment|of\stherapy|of\schemo|of\spain)|\s?/|['’]\s(?:duration|history)",
    re.IGNORECASE,
)
_NO_TIME_BEFORE = re.compile(
    r"(?:every|each|per|aged?|age\sof|history\sof|q|than\sa|interval\sof|median\sof|mean\sof|once|times|since\s(?:about|approximately)?|duration\sof|for\sup\sto|administered\sfor|given\sfor|taken\sfor|life\sexpectancy\sof|presented\s(?:with|for)|complain\w+\s(?:of|with|for)|(?:pain|symptoms?|cough|fever|mass|swelling|dysp\w+)\sfor)\s(?:about\s|approximately\s|the\spast\s|the\slast\s)?$",
    re.IGNORECASE,
)
_BEFORE_FOLLOWED = re.compile(
    r"(?:follow(?:ed|ing)?[-\s]?up|followed|observ(?:ed|ation)|surveillance|monitored|surviv(?:ed|al|es|ing)|PFS|OS|DFS|interval|alive|living)\b(?:[\s,:(]{1,2}(?:period|time|duration|regularly|closely|carefully|clinically|up|as|an|with|without|any|and|in|for|of|over|was|is|during|to|at|date|has|have|had|been|lasted|reached|passed|since|from|diagnosis|surgery|treatment|initial|first|his|her|its|now|the|a|an|than|equal|by|through|until|all|recurrence|outpatient|our|clinic|MRI|CT)){0,9}[\s:=(]{1,2}$",
    re.IGNORECASE,
)
_BEFORE = (
    (AFTER, re.compile(r"post-?\s?operative(?:ly)?(?:\sat|\safter|\sfor|,)?\s$", re.IGNORECASE)),
    (LATER, re.compile(r"\b(?:after|within|following|only|another|a\sfurther)\s(?:the\s|a\s)?(?:first|next|following|more\sthan)?\s?(?:about\s|approximately\s)?$", re.IGNORECASE)),
    (FOR, re.compile(r"\b(?:for|over|during|past|last|throughout|in)(?:\s(?:the|a|an|last|past|next|following|period|of|now|course|first|subsequent|further|additional|more|than|nearly|almost|about|as|long)){0,5}\s$", re.IGNORECASE)),
    (AT, re.compile(r"\b(?:at|by|on)(?:\s(?:the|a|his|her|about|approximately|around|now|month|nearly|over|least)){0,3}\s$", re.IGNORECASE)),
    (FOR, re.compile(r"\b(?:been|is\snow|now|lasted|lasting|maintained|remains|exceeded|continued)(?:\sfor)?\s(?:more\sthan\s|about\s|over\s)?$", re.IGNORECASE)),
)  # fmt: skip
_FIRST = re.compile(r"\b(?:initial|first|original|primary|index)\b", re.IGNORECASE)
_RECURRED = re.compile(r"\s(?:of|for)\s(?:[\w'’-]+\s){0,3}(?:recurr|relaps|metasta)", re.IGNORECASE)
_REACH_BEFORE = 70
_REACH_AFTER = 110


def may_hold(lower: str) -> bool:
    """Return whether a sentence (in lower case) can hold a time: a cheap test before the patterns."""
    return (
        "month" in lower or "year" in lower or "week" in lower or "day" in lower or "20" in lower or "19" in lower
        or " mo" in lower or "yr" in lower or "wk" in lower or "pod" in lower
    )  # fmt: skip


def find(sentence: Sentence) -> Iterator[Found]:
    """Yield the times of a sentence in order, none overlapping another."""
    found = [*_postoperative_days(sentence), *_dates(sentence), *_amounts(sentence)]
    last = -1
    for one in sorted(found, key=_place):
        if one.start >= last:
            yield one
            last = one.end


def _place(found: Found) -> int:
    return found.start


def _postoperative_days(sentence: Sentence) -> Iterator[Found]:
    if "po" not in sentence.lower:
        return
    for match in _POSTOPERATIVE_DAY.finditer(sentence.text):
        unit = match["unit"][0].lower()
        months = float(match["number"]) * _UNIT_MONTHS[unit]
        yield Found(sentence.start + match.start(), sentence.start + match.end(), Time(AFTER, months, "surgery", is_short=unit == "d"))


def _dates(sentence: Sentence) -> Iterator[Found]:
    text = sentence.text
    if "20" not in text and "19" not in text and "/" not in text:
        return
    for match in _DATE.finditer(text):
        months = _months_of(match)
        if months is not None and not _PUBLISHED.search(text[max(0, match.start() - 25) : match.start()]):
            yield Found(sentence.start + match.start(), sentence.start + match.end(), Time(DATE, months, is_coarse=match["year2"] is not None))


def _months_of(match: re.Match[str]) -> float | None:
    """Return a date in months since the year 0; a bare year is its middle, a bare month too."""
    year = int(match["year"] or match["year2"] or match["year3"] or match["year4"])
    year += 2000 if year < 100 else 0
    if match["month"]:
        month = _CALENDAR.index(match["month"][:3].lower()) + 1
    else:
        month = int(match["month3"] or match["month4"] or 0)
    day = int(match["day"] or match["day2"] or match["day3"] or 15)
    if month > MONTHS_PER_YEAR and day <= MONTHS_PER_YEAR:
        month, day = day, month
    if month > MONTHS_PER_YEAR or day > 31:
        return None
    return year * MONTHS_PER_YEAR + (month - 1 + (day - 1) / DAYS_PER_MONTH if month else MONTHS_PER_YEAR / 2)


def _amounts(sentence: Sentence) -> Iterator[Found]:
    text = sentence.text
    for match in _ORDINAL.finditer(text):
        months = float(match["number"]) * _UNIT_MONTHS[match["unit"][0].lower()]
        yield from _related(sentence, match.start(), match.end(), months, False, False)
    for match in _HALF.finditer(text):
        yield from _related(sentence, match.start(), match.end(), _UNIT_MONTHS[match["unit"][0]] / 2, False, False)
    for match in _AMOUNT.finditer(text):
        months = _amount(match)
        if months is not None:
            short = match["unit"][0].lower() == "d"
            yield from _related(sentence, match.start(), match.end(), months, _is_bound(match), short)


def _is_bound(match: re.Match[str]) -> bool:
    """Return whether an amount is a lower bound; "imaging over 4 years of follow-up" is a span, not a bound."""
    bound = match["bound"]
    if bound is None or bound.strip().lower() != "over":
        return bound is not None
    return _BOUND_BEFORE.search(match.string[: match.start()]) is not None


def _amount(match: re.Match[str]) -> float | None:
    """Return the months of an amount: the upper bound of a range."""
    count = _number(match["number"])
    if count is None or (match["of"] and match["number"].lower() != "couple"):
        return None
    if match["half"] or match["half_after"]:
        count += 0.5
    months = count * _UNIT_MONTHS[match["unit"][0].lower()]
    if match["number2"] and match["unit2"]:
        months += (_number(match["number2"]) or 0) * _UNIT_MONTHS[match["unit2"][0].lower()]
    return months


def _number(words: str) -> float | None:
    """Return the value of "18", "2.5", "1 ½", "twenty-four" or "a"."""
    lower = words.lower().strip()
    if lower[0].isdigit():
        half = 0.5 if "½" in lower or "1/2" in lower else 0.0
        plain = re.match(r"\d+(?:[.,]\d)?", lower)
        assert plain is not None
        return float(plain.group().replace(",", ".")) + half
    total = 0
    for word in re.split(r"[-‐–\s]", lower):
        if word not in _TENS and word not in _ONES:
            return None
        total += _TENS.get(word, 0) or _ONES[word]
    return float(total)


def _related(sentence: Sentence, start: int, end: int, months: float, is_minimum: bool, is_short: bool) -> Iterator[Found]:
    """Yield an amount as a time, if the words around it say what it is counted from."""
    text = sentence.text
    after, before = text[end : end + _REACH_AFTER], text[max(0, start - _REACH_BEFORE) : start]
    relation, anchor, is_first, more = _relation(before, after)
    if relation is not None:
        words = after[:more].split()
        word = stem(words[-1]) if anchor and words else ""
        time = Time(relation, months, anchor, is_first, is_minimum, is_short, word=word)
        yield Found(sentence.start + start, sentence.start + end + more, time)


def stem(word: str) -> str:
    """Return the beginning by which two forms of an anchor's word are the same."""
    return word.lower()[:8]


def _relation(before: str, after: str) -> tuple[str | None, str | None, bool, int]:
    """Return relation, anchor, whether the anchor is the first of its kind, and how far the words after reach."""
    if _NO_TIME_AFTER.match(after) or _NO_TIME_BEFORE.search(before):
        return None, None, False, 0
    if post := _POST.match(after):
        return AFTER, post.lastgroup, False, post.end()
    if later := _LATER.match(after):
        return LATER, None, False, later.end()
    if (since := _AFTER.match(after)) and since["link"].lower() != "of":
        anchor = "recurrence" if _RECURRED.match(after[since.end() :]) else since.lastgroup
        return AFTER, anchor, _FIRST.search(since["words"]) is not None, since.end()
    if _LOOSE_AFTER.match(after):
        return AFTER, "event", False, 0
    if ago := _AGO.match(after):
        return AGO, "admission" if ago["now"] else None, False, ago.end()
    if followed := _FOLLOWED.match(after):
        return FOLLOW_UP, None, False, followed.end()
    if free := _FREE.match(after):
        return FOR, None, False, free.end()
    if _BEFORE_FOLLOWED.search(before):
        return FOLLOW_UP, None, False, 0
    for relation, pattern in _BEFORE:
        if pattern.search(before):
            return relation, "surgery" if relation == AFTER else None, False, 0
    return None, None, False, 0
