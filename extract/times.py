"""Time expressions: what a sentence says of when ("nine months postoperatively", "in March 2023", "two years ago").

Each is read as a `Time`: a date, or a number of months with what it is counted from. Months are 30.44 days
and weeks / 4.345, as in RECORD.md. What is no moment of the story (ages, symptom durations, "every three
months", five-year survival rates) is not read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from extract.reading import Sentence, holds_any

MONTHS_PER_YEAR = 12
DAYS_PER_MONTH = 30.44
WEEKS_PER_MONTH = 4.345

# What a time can be counted from or along.
DATE, LATER, AFTER, AGO, FOR, FOLLOW_UP, AT = "date", "later", "after", "ago", "for", "follow_up", "at"
# An age of the patient, and a month without a year: both need what was told before.
AGE, CALENDAR = "age", "calendar"
# How a month without a year follows: the next one, or that of the year told last or of the one after.
NEXT, SAME_YEAR, NEXT_YEAR = "next", "same year", "next year"


class Time(NamedTuple):
    """A time expression.

    Attributes
    ----------
    relation : str
        `date`; `later` (than what was told last), `after` an anchor, `ago` (before what is told), `for` (a state
        that lasted), `follow_up` (since treatment), `at` (a time since treatment, "at 24 months"); `calendar` (a
        month whose year is not said, "that December").
    months : float
        Months counted by the relation; for a date, months since the year 0; for a month without a year, since January.
    anchor : str | None
        For `after`: surgery, radiotherapy, chemotherapy, treatment, diagnosis, admission or recurrence.
    is_first : bool
        The anchor is called the first or initial one.
    is_minimum : bool
        "more than 5 years": a lower bound.
    is_short : bool
        Counted in days, and not in hundreds: a time in hospital as a rule.
    is_coarse : bool
        A date that is a year only.
    word : str
        The anchor's own word, in lower case, cut to its stem ("laryngec"): which operation it was.
    words : tuple of str
        The stems of the words that name the anchor, where they are of no known kind: "since nivolumab was begun".
    is_running : bool
        A count that runs through the story, from its beginning: "in the 50th month after surgery".
    is_start : bool
        The anchor is the start of what `words` name: "since radiotherapy was begun".
    """

    relation: str
    months: float
    anchor: str | None = None
    is_first: bool = False
    is_minimum: bool = False
    is_short: bool = False
    is_coarse: bool = False
    word: str = ""
    words: tuple[str, ...] = ()
    is_running: bool = False
    is_start: bool = False


class Found(NamedTuple):
    """A time expression and where it stands, as offsets in the report's text, anchor words included."""

    start: int
    end: int
    time: Time


_ONES = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11,
    "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19,
    "tree": 3, "single": 1, "a": 1, "an": 1, "couple of": 2, "dozen": 12,
}  # fmt: skip
_TENS = {"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90}
_CALENDAR = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_SEASONS = {"spring": 3.5, "summer": 6.5, "autumn": 9.5, "fall": 9.5, "winter": 12.0}  # their middles, from January
_UNIT_MONTHS = {"y": float(MONTHS_PER_YEAR), "m": 1.0, "w": 1 / WEEKS_PER_MONTH, "d": 1 / DAYS_PER_MONTH, "f": 2 / WEEKS_PER_MONTH}
_DECADE = 10.0 * MONTHS_PER_YEAR
_ORDINALS = {
    "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9, "tenth": 10, "eleventh": 11,
    "twelfth": 12, "thirteenth": 13, "fourteenth": 14, "fifteenth": 15, "sixteenth": 16, "seventeenth": 17, "eighteenth": 18,
    "nineteenth": 19, "twentieth": 20, "thirtieth": 30,
}  # fmt: skip

_ONE = "|".join(sorted(_ONES, key=len, reverse=True))
_WORDS = rf"(?:(?:{'|'.join(_TENS)})(?:[-‐–\s](?:{_ONE}))?|(?:{_ONE}))"
_NUMBER = rf"(?:\d{{1,3}}(?:[.,]\d)?(?:\s?½|\s1/2)?|{_WORDS})"

# All patterns read lower case. An amount is found by its unit; its number stands right before.
# Every branch begins with its letter, so that the search looks at no other.
_UNIT = re.compile(
    r"(?:years?|yrs?\b\.?|months?|mths?\b|mos?\b|weeks?|wks?\b|days?|decades?\b|d(?<=\d\sd)\b|y(?<=\d\sy)\b|fortnights?\b)"
    r"(?P<half>,?\sand\s(?:a|one)[-\s]half)?"
)
_COUNT = re.compile(
    rf"""
    (?<![\w.,/-])(?=[\dacdefhlnopst])  # with these begin all numbers and their words
    (?:\d{{1,2}}\s?(?:-|–|to\s|or\s)\s?|{_WORDS}\s(?:to|or)\s)?        # "6-8 months", "two to three years"
    (?:(?P<number>{_NUMBER})(?P<half>[-\s]and[-\s](?:a[-\s]|one[-\s])?(?:half|1/2))?|(?P<ordinal>\d{{1,2}})(?:st|nd|rd|th)
        |(?P<ordinal_word>{"|".join(_ORDINALS)})|(?P<only_half>half(?:\sa(?:n?other)?)?)|(?P<past>past|last)(?=\s$))
    (?:[-‐–\s]{{1,2}}(?:(?:calendar|full|more|post-?operative)\s)?|(?<=\d))$
    """,
    re.VERBOSE,
)
_HEDGE = re.compile(
    r"(?:\b(?:(?P<bound>more\sthan|over|passed|surpassed|at\sleast|exceed(?:ed|ing|s)?|longer\sthan|greater\sthan|beyond)"
    r"|about|approximately|nearly|almost|around|roughly|just|some)\s|(?P<sign>[>≥≧]=?)\s?|[~≈]\s?){1,2}$"
)
# One of these stands in all that it matches.
_HEDGES = (
    "about", "approx", "over", "than", "least", "nearly", "almost", "just", "some", "around", "roughly", "beyond", "passed", "exceed",
    ">", "≥", "≧", "~", "≈",
)  # fmt: skip
_AND_MORE = re.compile(rf",?\s(?:and\s)?(?P<number>{_NUMBER})[-\s](?P<unit>months?|weeks?|days?)\b")
# "6 and 9 years later": two times.
_FIRST_OF_TWO = re.compile(
    rf"(?<![\w.,/-])(?:(?:\d{{1,2}}|{_WORDS}),\s){{0,5}}(?P<number>\d{{1,2}}|{_WORDS})(?:\sand(?:\sthen)?|,|,\sand)\s$"
)
_BOUND_BEFORE = re.compile(r"(?:\b(?:for|of|after|is|was|has\sbeen|now|lasted|at|free|alive|well)|[,(:])\s?$")
_POSTOPERATIVE_DAY = re.compile(
    r"(?:\bpost[-\s]?operative\s|\bpo)(?P<unit>day|week|month|year|d)\s?(?:\#\s?)?(?P<number>\d{1,3})\b"
    r"|\b(?P<ordinal>\d{1,3})(?:st|nd|rd|th)\s(?:post[-\s]?operative\s|po)(?P<counted>day|week|month|year|d)\b"
)
# One of these stands in all that it matches.
_POSTOPERATIVE = ("operative", "pod", "poweek", "pomonth", "poyear")
_DATE = re.compile(
    r"""
    (?P<year>\b(?:19|20)\d\d)\b
    | (?<![\d./-])(?P<day>\d{1,2})[./](?P<month>\d{1,2})[./](?P<short>(?:19|20)\d\d|0\d|(?<=/)\d\d)\b(?![./]\d)
    """,
    re.VERBOSE,
)
# What stands in all that it matches, and can be sought from digit to digit.
_DATE_CUE = re.compile(r"\d(?:(?<=1)9\d\d|(?<=2)0\d\d|[./]\d{1,2}[./]\d)")
_BEFORE_YEAR = re.compile(
    r"""(?:
    (?:\b(?P<day>\d{1,2})(?:st|nd|rd|th)?[\s-](?:of\s)?)?\b(?P<name>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}[.,]?[\s-]
        (?:(?P<day2>\d{1,2})(?:st|nd|rd|th)?,?\s)?(?:of\s)?
    | (?<![\d./-])(?:(?P<day3>\d{1,2})[./])?(?P<number>\d{1,2})[./]
    | \b(?:(?:early|beginning\sof|start\sof)|(?P<late>late|end\sof))[-\s](?:in\s)?(?:the\s)?(?:year\s)?
    | \b(?P<season>spring|summer|autumn|fall|winter)[-\s,]{1,2}(?:of\s|in\s)?(?:the\syear\s)?
    | \b(?:in|since|until|till|by|from|mid|year)[-\s](?:the\s)?(?:year\s)?
    | (?P<alone>^|[.;(]\s?)  # "2017: another lesion"
    )$""",
    re.VERBOSE,
)
# "2014-03-02", "2014/3/2".
_AFTER_YEAR = re.compile(r"[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})\b(?!\d|[-/.]\d)")
# A month without its year, after a preposition ("in May", "on 2 August", "the following April").
_MONTH_ONLY = re.compile(
    r"""
    \b(?:(?:in|by|on|until|till|during|that|next|following|same)\s(?:the\s)?(?P<which>following\s|next\s|same\s|that\s)?
    (?:early\s|late\s|mid[-\s])?(?:(?P<day>\d{1,2})(?:st|nd|rd|th)?\s(?:of\s)?)?)
    (?:(?P<month>january|february|march|april|may|june|july|august|september|october|november|december)\b(?:\s(?P<day2>\d{1,2})(?:st|nd|rd|th)?\b)?
    |(?P<season>spring|summer|autumn|fall|winter)\b)
    (?P<year>,?\s(?:of\s)?(?:(?:the\s(?:same\s|(?P<next>following\s|next\s)))|that\s(?:same\s)?)year\b)?
    (?!,?\s(?:of\s|in\s)?(?:the\s(?:year|same)\s)?(?:19|20)\d\d|\s?(?:to|and|until|till|through|-|–)\s?[\w\s,]{0,16}\s(?:19|20)\d\d|\s?['’/]\s?\d|,?\s\d|\s(?:be|have|not|cause|represent|lead|develop|occur)\b)
    """,
    re.VERBOSE,
)
# Parts of their names, the fewest that hold all.
_MONTHS_NAMED = ("ember", "uary", "in may", "by may", "june", "july", "april", "march", "august", "october")
_SCHEDULED = re.compile(r"\b(?:planned|scheduled|booked|due|intended|foreseen)\b")
_SEASONS_NAMED = ("spring", "summer", "autumn", "winter")
# "At month 9", "by month 29", "(month 36)", "day 300 after surgery".
_NUMBERED = re.compile(
    r"(?P<in>\b(?:at|by|on|in|until|till|through|to|of)\s(?:the\s)?|[(,;:]\s?|^)(?:post-?operative\s|follow-?up\s)?"
    r"(?P<unit>month|week|year|day)\s\+?(?P<number>\d{1,3})\b(?!\s?(?:to|-|–|/|,?\sand)\s?(?:day\s)?\d|[.:]\d|\sof\b)"
)
_NUMBERED_CUE = re.compile(r"(?:month|week|year|day)\s\+?\d")
_AGED = re.compile(
    r"\b(?:at\s(?:the\s|an\s)?ages?\s(?:of\s)?(?P<age>\d{1,2}(?:\.\d)?)\b(?!\s?[-–/]|\s(?:months|weeks|days|to\s\d))|when\s(?:he|she|the\spatient)\swas\s(?P<was>\d{1,2})\b"
    r"(?!\s(?:months|weeks|days))|\bat\s(?P<at>\d{2})\s(?:years\sof\sage|(?=(?:he|she)\b)))"
)
_OF_RELATIVE = re.compile(
    r"\b(?:mother|father|brother|sister|sibling|aunt|uncle|cousin|grand\w+|son|daughter|twin|husband|wife|family|relative)\w*\b"
)
_PUBLISHED = re.compile(r"received|accepted|published|copyright|cite|epub|online|revised|©|\bborn\b")

_ANCHORS = (
    (
        "surgery",
        r"surg|operat|resect|excis|remov|amputat|transplant|procedure|repair|reconstruct|[\w-]*ectom|[\w-]*otomy|enucleat|debulk|dissection"
        r"|turb?t?\b|op\b",
    ),
    ("radiotherapy", r"radiat|radio(?!log|graph)|irradiat|brachy|sbrt|srs|rt\b|gamma|proton|carbon|cyber|chemo-?radi|ccrt|crt\b"),
    ("chemotherapy", r"chemo|cycle|course|c1d1|infusion"),
    ("recurrence", r"recurr|relaps|metasta|re-?operat|re-?excis|salvage"),
    (
        "treatment",
        r"treat|therap|interven|ablat|manag|administ|dose\b"
        r"|(?:start|beginning|initiation)(?!\sof\s(?:\w+\s){0,2}(?:symptom|disease|illness|complain|lesion|pain))|started\b|embol|injection|vaccin",
    ),
    ("diagnosis", r"diagnos|detection|discovery"),
    ("admission", r"present|admi|visit|onset|manifest|examin|consult|referr|hospital|symptom|biops|complain"),
)  # fmt: skip
_ANCHOR = "|".join(f"(?P<{name}>{words})" for name, words in _ANCHORS)
_POST = re.compile(rf"[-,\s]{{0,2}}post[-\s]?(?:the\s)?(?:{_ANCHOR})\w*")
_AFTER = re.compile(
    rf"""
    (?:\s(?:(?:have|has|had|having)\s)?(?:(?:now|already|since)\s)?(?:passed|elapsed|gone\sby|lapsed)|\snow|[-\s](?:mark|point|stage))?
    (?:,?\s(?:counted|reckoned|measured|calculated))?
    ,?\s(?:after|following|from|since|post|into|out\s(?:from|of)|beyond|past)\s
    (?P<words>(?:(?:he|she|it|they)\s)?(?:(?!(?:and|with|without|which|that|he|she|it|they|we)\b)[\w'’/-]+\s){{0,6}}?)(?:{_ANCHOR})\w*
    """,
    re.VERBOSE,
)
_LOOSE_AFTER = re.compile(
    r"(?:\s(?:have|has|had)\s(?:passed|elapsed|gone\sby))?,?\s"
    r"(?:(?:after|following|post)\b(?!\swhich)|(?<!,\s)(?:since|from)\s(?!birth|child|menopaus|injur|trauma|pregnan|deliver|marri|infan|then|that\b|now))"
    r"(?P<words>\s?(?:(?:the|an?|his|her|this|that|first|initial|last|second|third|final|very|dose|cycle|start|infusion|injection|of)\s){0,5}[\w-]{4,40})?"
)
_LATER = re.compile(
    r",?\s(?:later|afterwards?|thereafter|subsequently|hence|on,|down\sthe\s(?:line|road|track)"
    r"|(?:after|from|since)\s(?:this|that|then)\b(?!\s[a-z]{4})|after\s?[,.;])"
)
# "Is six years out and well": since the treatment.
_OUT = re.compile(r"\s(?:out|on)(?=[,.;)]|$|\s(?:and|with|without|he|she|the\spatient|there|is|has|follow)\b)")
_AGO = re.compile(
    r",?\s(?:ago|earlier|previous(?:ly)?|before|prior|back|in\sadvance)\b"
    r"(?:(?:\sto)?\s(?:(?:the|this|his|her|current|initial)\s)?(?P<now>presentation|admission|referral|visit|consultation))?"
)
_FOLLOWED = re.compile(
    r"(?:\(s\))?['’]?[-\s](?:of\s|in\s|into\s)?(?:[a-z-]+\s){0,2}?(?:follow|surveill|observation|control\b|check|monitoring|hindsight|step\sback"
    r"|(?:progression|disease|recurrence|event|overall)[-\s](?:free\s)?surviv|surviv|outcome)"
)
# "At the 24-month visit": as a follow-up.
_CHECKED = re.compile(
    r"['’]?[-\s](?:(?:clinical|imaging|radiological|radiographic|ct|mri|pet|post-?operative|surveillance|routine|clinic)\s){0,2}"
    r"(?:assessment|evaluation|review|visit|scan|examination|appointment|consultation)\b"
)
_FREE = re.compile(r",?[-\s](?:disease|recurrence|relapse|tumou?r|progression|cancer|event|symptom)[-\s]free")
_NO_TIME_AFTER = re.compile(
    r"[-\s](?:old|history|of\sage|cycle|course|duration|apart|interval|survival\srate|survival\sof|overall\ssurvival\srate"
    r"|prognosis|per\b|each"
    r"|a\sweek|after\sbirth|gestation|pack|regimen|of\s(?:his\slife|her\slife|pain))|\s?/|['’]\s(?:duration|history)"
)
# "At one and a half years of the operation" counts from it; "after 18 months of recurrence-free survival" does not.
_OF_TREATMENT = re.compile(
    rf"\sof\s(?:(?:the|his|her|this|initial|first|surgical)\s){{0,3}}(?!recurr|relaps|metasta|symptom|hospital|examin|presentation)(?:{_ANCHOR})\w*"
)
_AT_LAST = re.compile(r"\b(?:after|at)\s(?:the\s)?$|\b(?:in|during|by)\sthe\s$")
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
    follow(?:ed|ing)?[-\s]?up|followed|hindsight|step\sback|observ(?:ed|ation)|surveillance|monitored|surviv(?:ed|al|es|ing)|pfs|os|dfs|interval|alive|living
    )\b(?:[\s,:(]{1,2}(?:
    period|time|duration|regularly|closely|carefully|clinically|up|as|an?|with|without|any|and|in|for|of|over|was|is|during|to|at|date|has
    |have|had|been|lasted|reached|since|from|diagnosis|surgery|treatment|initial|first|his|her|its|now|the|than|equal|by|through|until|all
    |recurrence|outpatient|our|clinic|mri|ct|only|another|further|additional
    )){0,9}[\s:=(]{1,2}$""",
    re.VERBOSE,
)
_PLANNED = re.compile(r"\b(?:will|should|would|must|to)\s(?:be\s|have\s)?(?:\w+\s){0,2}(?:follow|observ|monitor|surveill)")
_PERCENT = re.compile(r"[^.;]{0,80}?\b(?:was|were|is|are|of|reached|approached|at)\s(?:[a-z]+\s){0,2}?\d{1,3}(?:[.,]\d+)?\s?%")
_OF_RATE = re.compile(r"surviv|recurr|control|rate\b|failure|relapse|mortality|incidence")
_NEAR_RATE = 40
# "The time from diagnosis to death was ..."
_SPANNED = re.compile(
    r"\b(?:time|interval|period|survival)\s(?:\w+\s)?(?:from|between)\s(?:[\w-]+\s){1,4}?(?:to|until|and)\s(?:\w+\s)?(?:death|demise|last\s[\w-]+)\s"
    r"(?:was|is|of|has\sbeen)\s$"
)
_WILL = re.compile(r"[\w-]{0,12}\s(?:will|should|would|must|(?:is|are|was|were)\s(?:planned|scheduled|recommended|advised))\b")
_OVERALL = re.compile(r"\boverall\ssurvival|\bos\b")
_SMALL = r"(?:\s(?:the|an?|his|her|last|past|next|first|following|period|of|now|course|subsequent|further|as|long|month)){0,5}\s$"
_BEFORE = (
    (AFTER, re.compile(r"post-?\s?operative(?:ly)?(?:\sat|\safter|\sfor|,)?\s$")),
    (LATER, re.compile(r"\bafter\s(?:an?\s|the\s)?(?:[a-z-]+\s)?(?:interval|period|latency)\sof\s$")),
    (LATER, re.compile(r"\b(?:after|within|following|only|another|a\sfurther)\s(?:the\s|a\s)?(?:(?:first|next|following)\s)?$")),
    (FOR, re.compile(rf"\b(?:for|over|during|past|last|throughout|in){_SMALL}")),
    (AT, re.compile(rf"\b(?:at|by|on|until|till){_SMALL}")),
    (FOR, re.compile(r"\b(?:been|is\snow|now|lasted|lasting|maintained|remains|continued)(?:\sfor)?\s$")),
)  # fmt: skip
_FIRST = re.compile(r"\b(?:initial|first|original|primary|index)\b")
_RECURRED = re.compile(r"\s(?:of|for)\s(?:[\w'’-]+\s){0,3}(?:recurr|relaps|metasta)")
_REACH_BEFORE = 70
_REACH_AFTER = 110
_REACH_NUMBER = 32
_IN_HOSPITAL = 3.0
_AGAIN = re.compile(r"\b(?:second|third|last|re-?\w+|new|this|that)\b")
_WORD = re.compile(r"[\w-]{4,40}")
# "After the end of chemotherapy": when it ended is not when it was told.
_ENDED = re.compile(r"\b(?:end\b|complet|cessation|discontinu|withdraw|stopp|finish|terminat|conclu)")
_STARTED = re.compile(r"\b(?:start|beg[iau]n|initiat|commenc|introduc|institut)")
_BEGUN = re.compile(r"\w*\s(?:was|were|had\sbeen)\s(?:first\s)?(?:start|begun|initiat|commenc|introduc|institut)\w*")
_OF_WHAT = re.compile(r"\w*\sof\s(?:(?:the|his|her|this|that|such|first|initial)\s){0,2}[\w-]+")
# Words that name no treatment of their own.
_NAMELESS = frozenset(
    {"after", "followin", "from", "since", "post", "into", "past", "beyond", "first", "initial", "original", "primary", "very", "having"}
    | {
        "start",
        "started",
        "starting",
        "beginnin",
        "initiati",
        "commence",
        "introduc",
        "begun",
        "treatmen",
        "treated",
        "therapy",
        "medicati",
        "dose",
    }
    | {"have", "passed", "elapsed", "counted", "reckoned", "systemic", "active", "were", "been"}
)
_END_OF_PART = re.compile(r"[,;:.()]\s?|\s(?:and|but|he|she|there|with|without|the\spatient)\s")
_MOST_WORDS = 6


def may_hold(lower: str) -> bool:
    """Return whether a sentence (in lower case) can hold a time: a cheap test before the patterns."""
    return (
        "month" in lower or "year" in lower or "week" in lower or "day" in lower or "20" in lower or "19" in lower
        or " mo" in lower or "-mo" in lower or "mth" in lower or "yr" in lower or "wk" in lower or "pod" in lower or "/0" in lower
        or "the age of" in lower or "at age" in lower
        or "decade" in lower or "fortnight" in lower or "ember" in lower or "uary" in lower or "in may" in lower or "by may" in lower
        or "june" in lower or "july" in lower or "april" in lower or "march" in lower or "august" in lower or "october" in lower
    ) and not _is_of_study(lower)  # fmt: skip


def _is_of_study(lower: str) -> bool:
    """Return whether a sentence is on the study or its rules ("the Declaration of Helsinki of 1964"), not on a patient."""
    return "helsinki" in lower or "ethic" in lower or "guideline" in lower or "informed consent" in lower


def find(sentence: Sentence) -> Iterator[Found]:
    """Yield the times of a sentence in order, none overlapping another."""
    # Case folding that changes the length would shift every offset.
    lower = sentence.lower if len(sentence.lower) == len(sentence.text) else sentence.text
    found = [*_amounts(lower, sentence.start)]
    if ("20" in lower or "19" in lower or "/" in lower) and _DATE_CUE.search(lower):
        found += _dates(lower, sentence.start)
    if " age " in lower or " ages " in lower or " of age" in lower or "when " in lower:
        found += _ages(lower, sentence.start)
    if (
        ("following " in lower or "next " in lower or "that " in lower or "same " in lower) and holds_any(lower, _SEASONS_NAMED)
    ) or holds_any(lower, _MONTHS_NAMED):
        found += _months_only(lower, sentence.start)
    if "po" in lower and holds_any(lower, _POSTOPERATIVE):
        found += _postoperative_days(lower, sentence.start)
    if ("month " in lower or "week " in lower or "year " in lower or "day " in lower) and _NUMBERED_CUE.search(lower):
        found += _numbered(lower, sentence.start)
    last = -1
    for one in sorted(found, key=_place):
        if one.start >= last:
            yield one
            last = one.end


def _place(found: Found) -> int:
    return found.start


def _ages(lower: str, offset: int) -> Iterator[Found]:
    for match in _AGED.finditer(lower):
        if _OF_RELATIVE.search(lower):
            return
        years = float(match["age"] or match["was"] or match["at"])
        yield Found(offset + match.start(), offset + match.end(), Time(AGE, years * MONTHS_PER_YEAR, is_coarse=True))


def _postoperative_days(lower: str, offset: int) -> Iterator[Found]:
    for match in _POSTOPERATIVE_DAY.finditer(lower):
        unit = (match["unit"] or match["counted"])[0]
        months = float(match["number"] or match["ordinal"]) * _UNIT_MONTHS[unit]
        time = Time(AFTER, months, "surgery", is_short=_is_days(unit, months))
        yield Found(offset + match.start(), offset + match.end(), time)


def _dates(lower: str, offset: int) -> Iterator[Found]:
    for match in _DATE.finditer(lower):
        start = match.start()
        if match["short"]:
            months = _months_of(int(match["short"]), int(match["month"]), int(match["day"]))
            coarse = False
        else:
            end = match.end()
            if after := _AFTER_YEAR.match(lower, end):
                months, coarse, end = _months_of(int(match["year"]), int(after["month"]), int(after["day"])), False, after.end()
            else:
                before = _BEFORE_YEAR.search(lower[max(0, start - 24) : start])
                if before is None or (before["alone"] is not None and lower[end : end + 1] not in (":", ")")):
                    continue
                start -= len(before.group())
                months, coarse = _before_year(before, int(match["year"]))
        if months is not None and not _PUBLISHED.search(lower[max(0, start - 25) : start]):
            yield Found(offset + start, offset + match.end(), Time(DATE, months, is_coarse=coarse))


def _before_year(before: re.Match[str], year: int) -> tuple[float | None, bool]:
    """Return the date that a year has by the words before it, and whether they name no month or season."""
    if before["season"]:
        return year * MONTHS_PER_YEAR + _SEASONS[before["season"]], False
    month = _CALENDAR.index(before["name"]) + 1 if before["name"] else int(before["number"] or 0)
    return _months_of(year, month, int(before["day"] or before["day2"] or before["day3"] or 0)), month == 0


def _months_only(lower: str, offset: int) -> Iterator[Found]:
    """Yield months and seasons whose year is not said."""
    for match in _MONTH_ONLY.finditer(lower):
        day = int(match["day"] or match["day2"] or 15)
        months = _SEASONS[match["season"]] if match["season"] else _CALENDAR.index(match["month"][:3]) + (day - 1) / DAYS_PER_MONTH
        is_named = match["which"] or match.group().startswith(("that", "next", "following", "same"))
        if day <= 31 and (match["month"] or is_named) and not _SCHEDULED.search(lower[max(0, match.start() - 40) : match.start() + 4]):
            word = NEXT if "next " in match.group() or "following " in match.group() else ""
            if match["year"]:
                word = NEXT_YEAR if match["next"] else SAME_YEAR
            yield Found(offset + match.start(), offset + match.end(), Time(CALENDAR, months, word=word))


def _numbered(lower: str, offset: int) -> Iterator[Found]:
    """Yield times that are counted by a number after their unit: "at month 9". Days without an anchor are those of a cycle."""
    for match in _NUMBERED.finditer(lower):
        unit = match["unit"][0]
        months = float(match["number"]) * _UNIT_MONTHS[unit]
        found = _relation("at ", lower[match.end() : match.end() + _REACH_AFTER])
        if found is None or (unit == "d" and found[0] == AT) or (unit == "y" and not match["in"].startswith(("at", "by"))):
            continue
        relation, anchor, is_first, reach = found
        yield Found(
            offset + match.start(), offset + match.end() + reach, Time(relation, months, anchor, is_first, is_short=_is_days(unit, months))
        )


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
        if months is None or (count["ordinal"] and unit.group()[0] == "y" and lower[:start].endswith((" his ", " her "))):
            continue  # "in her 37th year" is an age
        more = _AND_MORE.match(lower, end)
        # "23 months, 15 months after ...": only a smaller unit adds to the one before.
        if more and _UNIT_MONTHS[more["unit"][0]] < _UNIT_MONTHS[unit.group()[0]]:
            months += _number(more["number"]) * _UNIT_MONTHS[more["unit"][0]]
            end = more.end()
        start, is_minimum = _hedged(lower, start)
        # What it matches ends in "and", "then" or a comma, and white space.
        may_be_two = holds_any(lower[max(0, start - 3) : start], (",", "d", "n"))
        first = _FIRST_OF_TWO.search(lower, max(0, start - _REACH_NUMBER), start) if may_be_two else None
        earlier = _number(first["number"]) * _UNIT_MONTHS[unit.group()[0]] if first else months
        begin = first.start() if first and earlier < months else start
        found = _relation(lower[max(0, begin - _REACH_BEFORE) : begin], lower[end : end + _REACH_AFTER])
        if found is not None:
            relation, anchor, is_first, reach = found
            if relation == FOR and count["ordinal"]:
                relation = AT  # "in the 14th month"
            is_short = _is_days(unit.group(), months)
            words = lower[end : end + reach].split()
            word = stem(words[-1]) if anchor and words else ""
            tells_start = _STARTED.search(lower, end, end + reach) is not None
            named = _names(lower, end, reach, anchor != "event") if tells_start or anchor in ("event", "treatment") else ()
            runs = (
                bool(count["ordinal"] or count["ordinal_word"]) and unit.group()[0] in "mw" and not _AGAIN.search(lower[end : end + reach])
            )
            if first and earlier < months:
                time = Time(relation, earlier, anchor, is_first, is_minimum, is_short, word=word, words=named, is_running=runs)
                yield Found(offset + first.start("number"), offset + first.end("number"), time)
            starts = tells_start and anchor is not None
            time = Time(relation, months, anchor, is_first, is_minimum, is_short, word=word, words=named, is_running=runs, is_start=starts)
            yield Found(offset + start, offset + end + reach, time)


def _is_days(unit: str, months: float) -> bool:
    """Return whether a time is one of days in hospital: by the hundredth day the patient is at home."""
    return unit[0] == "d" and months < _IN_HOSPITAL


def _names(lower: str, start: int, reach: int, is_known: bool) -> tuple[str, ...]:
    """Return the stems of the words that name an anchor of no known kind ("since crizotinib was begun", "the start of imatinib").

    They are those of the time expression, if it holds the anchor, with "of" and what follows it; else all to the
    end of the part of the sentence.
    """
    end = start + reach
    if is_known:
        of = _OF_WHAT.match(lower, end)
        words = lower[start : of.end() if of else end]
    else:
        words = _END_OF_PART.split(lower[start : start + _REACH_AFTER], maxsplit=1)[0]
    if _ENDED.search(words):
        return ()
    return tuple([name for word in _WORD.findall(words) if (name := stem(word)) not in _NAMELESS][:_MOST_WORDS])


def _hedged(lower: str, start: int) -> tuple[int, bool]:
    """Return where an amount begins with its "about" or "more than", and whether it is a lower bound.

    "For over 4 years" is a bound; "imaging over 4 years of follow-up" is a span.
    """
    from_ = max(0, start - 24)
    hedge = _HEDGE.search(lower, from_, start) if holds_any(lower[from_:start], _HEDGES) else None
    if hedge is None:
        return start, False
    begin = hedge.start()
    if hedge["bound"] == "over" and not _BOUND_BEFORE.search(lower, max(0, begin - 12), begin):
        return start, False
    return begin, hedge["bound"] is not None or hedge["sign"] is not None


def _amount(count: re.Match[str], unit: re.Match[str]) -> float | None:
    """Return the months of a number and its unit; of a range, the upper bound. "In the third year" is no number of years."""
    word = unit.group()
    each = _DECADE if word.startswith("decade") else _UNIT_MONTHS[word[0]]
    if count["only_half"]:
        return each / 2
    if count["past"]:
        return None if word.endswith("s") else each * (1.5 if unit["half"] else 1.0)
    if count["ordinal_word"]:
        return None if word[0] == "y" or word.startswith("decade") else each * _ORDINALS[count["ordinal_word"]]
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
    if _NO_TIME_AFTER.match(after) or _NO_TIME_BEFORE.search(before) or ("%" in after and _is_rate(before, after)):
        return None
    if of_treatment := _OF_TREATMENT.match(after):
        return (AFTER, of_treatment.lastgroup, False, of_treatment.end()) if _AT_LAST.search(before) else None
    if post := _POST.match(after):
        return AFTER, post.lastgroup, False, post.end()
    if later := _LATER.match(after):
        return LATER, None, False, later.end()
    if since := _AFTER.match(after):
        anchor = "recurrence" if _RECURRED.match(after, since.end()) else since.lastgroup
        what = _BEGUN.match(after, since.end()) or (_OF_WHAT.match(after, since.end()) if anchor == "treatment" else None)
        return AFTER, anchor, _FIRST.search(since["words"]) is not None, what.end() if what else since.end()
    if loose := _LOOSE_AFTER.match(after):
        return AFTER, "event", False, loose.end()
    if (ago := _AGO.match(after)) and not before.endswith(" for "):
        return AGO, "admission" if ago["now"] else None, False, ago.end()
    if followed := _FOLLOWED.match(after):
        return None if _WILL.match(after, followed.end()) else (FOLLOW_UP, None, False, followed.end())
    if (checked := _CHECKED.match(after)) and not _WILL.match(after, checked.end()):
        return FOLLOW_UP, None, False, checked.end()
    if free := _FREE.match(after):
        return FOR, None, False, free.end()
    if out := _OUT.match(after):
        return AT, None, False, out.end()
    return None if _WILL.match(after) else _relation_before(before)


def _is_rate(before: str, after: str) -> bool:
    """Return whether a time is that of a rate: "the 5-year survival was 68%", "local recurrence at 3 years was 19%"."""
    return _PERCENT.match(after) is not None and _OF_RATE.search(before[-_NEAR_RATE:] + after[:_NEAR_RATE]) is not None


def _relation_before(before: str) -> tuple[str, str | None, bool, int] | None:
    """Return the relation that the words before an amount give it: "followed up for", "after", "at"."""
    if _SPANNED.search(before):
        return FOLLOW_UP, None, True, 0
    if _BEFORE_FOLLOWED.search(before):
        # An overall survival counts from the first treatment or the diagnosis, whatever was told last.
        return None if _PLANNED.search(before) else (FOLLOW_UP, None, _OVERALL.search(before) is not None, 0)
    for relation, pattern in _BEFORE:
        if pattern.search(before):
            return relation, "surgery" if relation == AFTER else None, False, 0
    return None
