"""How a course of drugs went: its line, the best response, and why it was stopped, each with the words that say so.

What is said is shared out among the drugs of a sentence: "second-line A and B" counts forward, "A and B as
second-line therapy" back, "progressed on A; B led to a partial response" to each its own. A response or a stop told
in the next sentence, which names no treatment, belongs to the drugs named last.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from extract import context, treatment
from extract.reading import Reading, Sentence, holds_any

# The best first.
RESPONSES = ("CR", "PR", "SD", "PD")
_KIND = (
    r"(?:(?:metabolic|clinical|pathologic(?:al)?|radiologic(?:al)?|radiographic|tumou?r|molecular|cytogenetic|haematologic(?:al)?"
    r"|hematologic(?:al)?|morphologic(?:al)?|and)\s){0,3}"
)
_RESPONSE = re.compile(
    rf"""\b(?:
    (?P<CR>complete\s{_KIND}(?:response|remission)|(?-i:p?CR)(?=[\s).,;]))
    |(?P<PR>partial\s{_KIND}(?:response|remission)|(?-i:(?:VG)?PR)(?=[\s).,;]))
    |(?P<SD>stable\sdisease|disease\sstability|disease\s(?:was\s|remained\s|has\sbeen\s|is\s)?(?:stable|stabili[sz]ed)
        |(?:disease|tumou?r)\sstabili[sz]ation|stabili[sz]ation\sof\s(?:the\s)?(?:disease|tumou?r)|(?-i:SD)(?=[\s).,;]))
    |(?P<PD>progressive\sdisease|(?:disease|tumou?r|rapid)\sprogression(?![-\s]free)|(?-i:PD)(?=[\s).,;])
        |(?:disease|tumou?r|lymphoma|cancer)\s(?:\w+ly\s|had\s|has\s){{0,2}}progressed|progressed\s(?:\w+ly\s)?(?:on|under|despite|during)\b
        |(?:no|without\sany|not)\s(?:response|respond)\b))""",
    re.VERBOSE | re.IGNORECASE,
)
# Abbreviations count in capitals only, words in any case: the first letter of a sentence may be large.
_WORDS_OF_RESPONSE = ("respon", "remission", "stab", "progress")
# Progression as the end of a course, or after a long time, is no best response.
_NO_BEST = re.compile(
    r"\b(?:died|death|succumb\w*)\b[^.;]{0,40}$|\b(?:until|result\sof|time\sto|signs?\sof|without|free|to\s(?:control|prevent|delay))\s(?:\w+\s){0,3}$",
    re.IGNORECASE,
)
_ALMOST = re.compile(r"\b(?:near(?:ly)?|almost)[-\s]$", re.IGNORECASE)
_EARLIER = re.compile(r"\b(?:after|following|due\sto|because\sof|owing\sto|upon|on|at|for|with)\s(?:\w+\s){0,2}$", re.IGNORECASE)
_LASTED = re.compile(r"\b(?:\w+|\d+)[-\s](?:months?|mo|years?)\b", re.IGNORECASE)
_ON_DRUG = re.compile(r"\s(?:on|under|despite|during)$", re.IGNORECASE)
_SEVERAL_LINES = re.compile(r"\b(?:first|second|third|1st|2nd)-?\s(?:and|to|or)\s$", re.IGNORECASE)
_ABBREVIATED = re.compile(r"\b(?:p?CR|(?:VG)?PR|SD|PD)\b")
_ORDINALS = {
    "first": 1,
    "1st": 1,
    "second": 2,
    "2nd": 2,
    "third": 3,
    "3rd": 3,
    "fourth": 4,
    "4th": 4,
    "fifth": 5,
    "5th": 5,
    "sixth": 6,
    "6th": 6,
}
_LINE = re.compile(
    rf"\b(?P<number>{'|'.join(_ORDINALS)})[-\s]line\b|\bline\s(?P<digit>[1-6])\b|\b(?P<of>{'|'.join(_ORDINALS)})\sline\sof\b",
    re.IGNORECASE,
)
_STOPPED = re.compile(
    r"\b(?:discontinu(?:ed|ation)|stopped|withdrawn|halted|ceased|terminated|interrupted|suspended|abandoned|cessation)\b"
    r"[^.;]{0,60}?\b(?:due\sto|because\sof|owing\sto|for|on\saccount\sof|secondary\sto|as\sa\sresult\sof|after|following|by|at|because)\s"
    r"(?P<why>(?:(?!,\s(?:and|but|with|which|who)\b)[^.;]){3,70})",
    re.IGNORECASE,
)
_WORDS_OF_STOPPING = ("discontin", "stop", "withdr", "halt", "ceas", "cess", "termin", "interr", "suspen", "abandon")
_REASONS = (
    ("progression", re.compile(
        r"progress|relapse|recurrence|lack\sof\s(?:\w+\s)?(?:response|efficacy)|no\sresponse|inefficac|ineffective", re.IGNORECASE)),
    ("toxicity", re.compile(
        r"toxic|adverse|side[-\s]effect|intoleran|not\stolerat|reaction|rash|\w+penia|\w+itis\b|neuropath|diarrh|fatigue|hypertens|bleed"
        r"|haemorrh|hemorrh|perforat|failure|hypersens|vomit|nausea|proteinuria|infection|sepsis|syndrome|oedema|edema|anorexia|dysfunction"
        r"|elevat|ulcer|thrombo|cardiomyo|stroke", re.IGNORECASE)),
    ("patient's wish", re.compile(r"refus|wish|request|patient'?s?\s(?:decision|choice|preference)|declin|unwilling", re.IGNORECASE)),
    ("cost", re.compile(r"\bcosts?\b|financ|afford|economic|insurance", re.IGNORECASE)),
)  # fmt: skip
_AS_LINE = re.compile(r"\b(?:as|for|in)\s(?:an?\s|the\s|her\s|his\s)?(?:\w+\s){0,2}$", re.IGNORECASE)
_TO_DRUG = re.compile(r"[^.;,]{0,25}\b(?:to|after|on|under|with|following|during|despite|from)\s(?:[\w-]+\s){0,6}$", re.IGNORECASE)
_PARTED = re.compile(r"\b(?:then|subsequent\w*|followed\sby|switched|changed|replaced|later|prior\sto|before|however)\b|;", re.IGNORECASE)
_LISTED = re.compile(r"^(?:[^.;]|\.\d){0,60}$")
_OTHER_TREATMENT = re.compile(r"radio|irradiat|surg|resect|operat|\w+ectomy|transplant|radiation", re.IGNORECASE)
_BEGUN = re.compile(
    r"\b(?:started|initiated|commenced|switched|changed|given|administered|treated|received|introduced|added)\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Part:
    """One thing said of a course: a line (number), a response or a reason, and where."""

    value: str
    start: int
    end: int
    sentence: Sentence


@dataclass(frozen=True, slots=True)
class Course:
    """What is said of one drug's course."""

    line: Part | None = None
    response: Part | None = None
    stop: Part | None = None


NOT_TOLD = Course()


def of_drugs(reading: Reading, sentence: Sentence, spans: Sequence[tuple[int, int]]) -> list[Course]:
    """Return what is said of each of a sentence's drugs; `spans` are their places in the sentence."""
    lines = _shared(spans, _line_targets(sentence, spans))
    responses = _shared(spans, _response_targets(reading, sentence, spans))
    stops = _shared(spans, _stop_targets(sentence, spans))
    for other in _next(reading, sentence):
        last = _last_group(sentence.text, spans)
        for part in _responses(reading, other):
            if not _OTHER_TREATMENT.search(other.text, 0, part.start - other.start):
                responses.extend((number, part) for number in last)
        for part in _stops(other):
            stops.extend((number, part) for number in last)
    return [
        Course(_first(lines, number), min(_all(responses, number), key=_rank, default=None), _first(stops, number))
        for number in range(len(spans))
    ]


def _rank(part: Part) -> int:
    return RESPONSES.index(part.value)


def _shared(spans: Sequence[tuple[int, int]], targets: Iterator[tuple[Part, Sequence[int]]]) -> list[tuple[int, Part]]:
    return [(number, part) for part, numbers in targets for number in numbers if number < len(spans)]


def _all(shared: Sequence[tuple[int, Part]], number: int) -> list[Part]:
    return [part for at, part in shared if at == number]


def _first(shared: Sequence[tuple[int, Part]], number: int) -> Part | None:
    return next(iter(_all(shared, number)), None)


def _next(reading: Reading, sentence: Sentence) -> Iterator[Sentence]:
    """Yield the next sentence, where it tells of the same patient and names no drug of its own."""
    for other in reading.sentences[sentence.index + 1 : sentence.index + 2]:
        is_same = other.patient == sentence.patient and other.section == sentence.section
        if is_same and treatment.is_told(other) and not reading.hits_in("drug", other) and not reading.hits_in("regimen", other):
            yield other


def _line_targets(sentence: Sentence, spans: Sequence[tuple[int, int]]) -> Iterator[tuple[Part, Sequence[int]]]:
    if "line" not in sentence.lower:
        return
    text = sentence.text
    found = list(_LINE.finditer(text))
    for number, match in enumerate(found):
        if _SEVERAL_LINES.search(text, max(0, match.start() - 20), match.start()):
            continue
        word = (match["number"] or match["of"] or "").lower()
        value = match["digit"] or str(_ORDINALS[word])
        part = Part(value, sentence.start + match.start(), sentence.start + match.end(), sentence)
        following = found[number + 1].start() if number + 1 < len(found) else len(text)
        previous = found[number - 1].end() if number else 0
        ahead = [at for at, (start, _) in enumerate(spans) if match.end() <= start < following]
        behind = [at for at, (_, end) in enumerate(spans) if previous <= end <= match.start()]
        ahead = _group(text, spans, ahead, match.end())
        behind = _group(text, spans, behind[::-1], match.start())
        if behind and _AS_LINE.search(text, max(0, match.start() - 30), match.start()):
            yield part, behind
        elif ahead and spans[ahead[0]][0] - match.end() < 70:
            yield part, ahead
        elif behind and match.start() - spans[behind[0]][1] < 60:
            yield part, behind


def _group(text: str, spans: Sequence[tuple[int, int]], numbers: Sequence[int], at: int) -> list[int]:
    """Return the drugs nearest to a place, in order from it, as long as nothing parts them."""
    group: list[int] = []
    for number in numbers:
        start, end = spans[number]
        between = text[at:start] if start >= at else text[end:at]
        if (group and not _LISTED.match(between)) or _PARTED.search(between):
            break
        group.append(number)
        at = end if start >= at else start
    return group


def _last_group(text: str, spans: Sequence[tuple[int, int]]) -> list[int]:
    """Return the drugs that a sentence names last, as one list."""
    return _group(text, spans, range(len(spans))[::-1], spans[-1][1]) if spans else []


def _response_targets(reading: Reading, sentence: Sentence, spans: Sequence[tuple[int, int]]) -> Iterator[tuple[Part, Sequence[int]]]:
    text = sentence.text
    for part in _responses(reading, sentence):
        start, end = part.start - sentence.start, part.end - sentence.start
        ahead = [at for at, (begin, _) in enumerate(spans) if begin >= end]
        if ahead and _TO_DRUG.match(text[end : spans[ahead[0]][0]]) and not _BEGUN.search(text, end, spans[ahead[0]][0]):
            yield part, _group(text, spans, ahead, spans[ahead[0]][0])
            continue
        if _ON_DRUG.search(text, start, end) and ahead:
            yield part, _group(text, spans, ahead, spans[ahead[0]][0])
            continue
        behind = [at for at, (_, until) in enumerate(spans) if until <= start][::-1]
        if part.value == "PD" and _EARLIER.search(text, max(0, start - 40), start):
            continue
        if behind and start - spans[behind[0]][1] < 160 and not _OTHER_TREATMENT.search(text, spans[behind[0]][1], start):
            yield part, _group(text, spans, behind, spans[behind[0]][1])


def _tells_short(text: str) -> bool:
    """Return whether a sentence holds the short form of a response: "CR", "PD"."""
    return holds_any(text, ("CR", "PR", "SD", "PD")) and _ABBREVIATED.search(text) is not None


def _responses(reading: Reading, sentence: Sentence) -> Iterator[Part]:
    """Yield the responses that a sentence tells as seen, not as hoped for or denied."""
    lower = sentence.lower
    if not holds_any(lower, _WORDS_OF_RESPONSE) and not _tells_short(sentence.text):
        return
    for match in _RESPONSE.finditer(sentence.text):
        start, end = sentence.start + match.start(), sentence.start + match.end()
        if match.lastgroup == "PD" and (
            _NO_BEST.search(sentence.text, max(0, match.start() - 50), match.start()) or _LASTED.search(sentence.text)
        ):
            continue
        if match.lastgroup == "CR" and _ALMOST.search(sentence.text, max(0, match.start() - 8), match.start()):
            continue
        says_no = match.group().lower().startswith(("no ", "without any ", "not "))
        if says_no or context.assertion_of(reading, start, end, sentence) == context.PRESENT:
            assert match.lastgroup
            yield Part(match.lastgroup, start, end, sentence)


def _stop_targets(sentence: Sentence, spans: Sequence[tuple[int, int]]) -> Iterator[tuple[Part, Sequence[int]]]:
    for part in _stops(sentence):
        start = part.start - sentence.start
        behind = [at for at, (_, until) in enumerate(spans) if until <= start][::-1]
        if behind and start - spans[behind[0]][1] < 120:
            yield part, _group(sentence.text, spans, behind, spans[behind[0]][1])


def _stops(sentence: Sentence) -> Iterator[Part]:
    """Yield the reasons for which treatment was stopped."""
    if not holds_any(sentence.lower, _WORDS_OF_STOPPING):
        return
    for match in _STOPPED.finditer(sentence.text):
        reasons = [(found.start(), name) for name, words in _REASONS if (found := words.search(match["why"]))]
        if reasons:
            yield Part(min(reasons)[1], sentence.start + match.start(), sentence.start + match.end("why"), sentence)
