"""The particulars of a course of radiotherapy beside its dose: intent, drugs given with it, time, rate, rhythm and length.

Each is read from the words around one mention of radiotherapy and keeps its place, so that a course can show the evidence
of every part. Doses are in `doses`, targets in `targets`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from extract.doses import COUNT, number
from extract.reading import Hit, Reading, Sentence, holds_any

TECHNIQUE, INTENT, DRUG, MONTHS = "technique", "intent", "drug", "months"
RATE, PER_DAY, WEEKS = "rate", "per_day", "weeks"

_BEFORE, _AFTER, _NEAR = 60, 45, 110
# A course that takes longer, or begins later, is misread.
_MOST_WEEKS, _MOST_MONTHS = 26.0, 360.0
_INTENT = re.compile(
    r"\b(?P<neoadjuvant>neo-?adjuvant|pre-?operative(?:ly)?|pre-?surgical|induction(?=\s(?:chemo-?)?radi))"
    r"|\b(?P<adjuvant>(?<!neo-)adjuvant|post-?operative(?:ly)?|post-?surgical|post-?mastectomy)"
    r"|\b(?P<palliative>palliati\w+|decompressive|ha?emostatic|analgesic)|\b(?P<salvage>salvage)"
    r"|\b(?P<definitive>definitive|(?:radical|curative|exclusive)(?=\s(?:external|chemo|radi|RT\b|EBRT|IMRT|CRT|concurrent|irradi|dose|intent|pelvic|concomitant)))",
    re.IGNORECASE,
)
# Between an intent and radiotherapy no operation may stand: in "salvage surgery and radiotherapy" the operation was salvage.
_OPERATION = re.compile(r"\b(?:surg\w+|resect\w+|\w+ectomy|excision|operation|dissection|[;.])(?:\s|$)", re.IGNORECASE)
_INTENT_AFTER = re.compile(
    r"\s?(?:\([^)]{0,40}\)\s?)?(?:[\w-]+\s){0,3}?(?:(?:with|for|as|in)\s(?:an?\s|the\s)?(?P<word>[\w-]+)\s?(?:\w+\s)?(?:intent|intention|purposes?|setting"
    r"|treatment|therapy|measure|care)?\b|(?P<adverb>post-?operatively|pre-?operatively))",
    re.IGNORECASE,
)
_WITH_INTENT = re.compile(
    r"\bwith\s(?:an?\s)?(?:(?P<definitive>curative|radical|definitive)|(?P<palliative>palliative)|(?P<adjuvant>adjuvant)|(?P<neoadjuvant>neo-?adjuvant)"
    r"|(?P<salvage>salvage))\s(?:intent|intention|purposes?)\b",
    re.IGNORECASE,
)
_CURATIVE = re.compile(r"(?P<definitive>(?:curative|radical)(?=\s(?:intent|purpose|treatment|intention)))", re.IGNORECASE)

_TOGETHER = r"(?:concurrent|concomitant|simultaneous|synchronous)(?:ly)?"
_WITH_DRUG = re.compile(
    rf"(?:\b{_TOGETHER}|\bCCRT|\bCRT|\bchemo-?\s?radi\w+(?:\stherapy)?|\bradio-?chemo\w+|\b(?:with|plus)\s(?:concurrent|concomitant))\b"
    r"(?:\s\([^)]{0,30}\))?,?(?:\s(?!followed|then|after|before|without|until|subsequent|adjuvant|maintenance|sequential)[\w/-]+){0,5}?\s\(?$",
    re.IGNORECASE,
)
_WITH_DRUG_AFTER = re.compile(
    rf"(?:\s?\([^)]{{0,40}}\))?(?:-based|-containing)?(?:\s(?:was|were|is))?(?:\s(?:given|administered|added|used))?,?\s"
    rf"(?:(?:\w+\s){{0,2}}{_TOGETHER}|(?:(?:concurrent|concomitant)\s)?(?:chemo-?radi|radio-?chemo|CRT\b|CCRT\b))",
    re.IGNORECASE,
)
_LISTED = re.compile(r"(?:\s?\([^)]{0,40}\))?\s?(?:,|/|and|,\sand|plus)\s?(?:(?:weekly|daily|oral)\s)?", re.IGNORECASE)
_AGAINST_TUMOUR = frozenset({"antineoplastic", "targeted", "immunotherapy", "hormone"})

_UNITS = {"day": 1 / 30.4, "week": 7 / 30.4, "month": 1.0, "year": 12.0}
_AMOUNT = rf"(?P<count>{COUNT})\s(?P<unit>day|week|month|year)s?"
# From the first treatment, which is the operation, or from the diagnosis; a second operation is no time zero.
_SINCE = re.compile(
    rf"\b{_AMOUNT}\s(?:after|following|from|post|since)[-\s](?:the\s|her\s|his\s|initial\s|first\s|primary\s|completion\sof\s){{0,2}}"
    r"(?:surg\w+|operation|resection|excision|lumpectomy|mastectomy|\w+ectomy|diagnosis)\b"
    rf"|\b(?P<count_op>{COUNT})\s(?P<unit_op>day|week|month|year)s?\spost-?operatively"
    r"|\bpost-?operative\s(?P<unit_on>day|week|month)\s(?P<count_on>\d{1,3})\b",
    re.IGNORECASE,
)
# One of these stands in all that it matches.
_WORDS_OF_ZERO = ("surg", "operati", "resection", "excision", "ectomy", "diagnosis")
_BEGUN = re.compile(
    r"\b(?:start\w*|began|begun|initiat\w+|commenc\w+|receiv\w+|underw\w+|given|deliver\w+|administered|perform\w+|irradiated|treated|followed)\b",
    re.IGNORECASE,
)
_SECOND = re.compile(r"\b(?:second|third|repeat|re-?(?:operation|resection|excision)|salvage|recurren\w+|relaps\w+)\b", re.IGNORECASE)

_RATE = re.compile(
    r"\b(?:(?P<HDR>high[-\s]dose[-\s]rate|HDR(?:-?BT)?)|(?P<LDR>low[-\s]dose[-\s]rate|LDR)|(?P<PDR>pulsed?[-\s]dose[-\s]rate|PDR))\b",
    re.IGNORECASE,
)
_PER_DAY = re.compile(
    r"\b(?:(?P<three>three\stimes|thrice|3\s?(?:times|x))\s?(?:a\s|per\s)?(?:day|daily)|t\.?i\.?d\b"
    r"|(?P<two>(?:twice|two\stimes|2\s?(?:times|x))[-\s]?(?:a\s|per\s)?(?:day|daily)|b\.?i\.?d\b|(?:two|2)\sfractions?\s(?:a|per)\sday)"
    r"|(?P<one>once[-\s](?:a\s|per\s)?(?:day|daily)))",
    re.IGNORECASE,
)
# "with apatinib 850 mg once daily" is the rhythm of a drug.
_OF_DRUG = re.compile(r"\b(?:mg|mcg|tablets?|capsules?)\b|\bby\smouth\b|\boral", re.IGNORECASE)
_WEEKS = re.compile(
    rf"(?:\b(?:over|in|within|during|for|across)\s(?:a\s(?:total\s)?period\sof\s|about\s|approximately\s|a\stotal\sof\s)?|/\s?)(?P<count>{COUNT}(?:\.\d)?)"
    r"(?:\sand\sa\shalf)?[-\s](?P<unit>week|day)s?\b(?!\s(?:after|of\b|later|post|from|following|a\b|per|each|/))",
    re.IGNORECASE,
)


class Particular(NamedTuple):
    """One particular: its name, its value and where its words stand in the report; `sentence` where that is another one."""

    name: str
    value: str | float
    start: int
    end: int
    sentence: Sentence | None = None


def find(reading: Reading, sentence: Sentence, start: int, end: int, upto: int) -> tuple[Particular, ...]:
    """Return the particulars of radiotherapy that is told at these offsets of a sentence; what follows `upto` is another course's."""
    return tuple(
        Particular(one.name, one.value, sentence.start + one.start, sentence.start + one.end)
        for one in (
            *_intent(sentence.text, start, end),
            *_drugs(reading, sentence, upto),
            *_months(sentence.text, start, end),
            *_rhythm(sentence.text, start, upto),
        )
    )


def intent(text: str, start: int, end: int) -> Particular | None:
    """Return the intent said just before radiotherapy, or just after it ("radiotherapy with palliative intent"); offsets in the text."""
    return next(_intent(text, start, end), None)


def intent_said_later(text: str, start: int) -> Particular | None:
    """Return the intent that a sentence adds at its end: "was given to the mediastinum with curative intent"."""
    later = _WITH_INTENT.search(text, start)
    return Particular(INTENT, later.lastgroup or "", *later.span(later.lastgroup or 0)) if later else None


def _intent(text: str, start: int, end: int) -> Iterator[Particular]:
    found = None
    for match in _INTENT.finditer(text, max(0, start - _BEFORE), end):
        if match.start() >= start or _OPERATION.search(text, match.end(), start) is None:
            found = match
    after = _INTENT_AFTER.match(text, end, end + _AFTER) if found is None else None
    if after:
        word = "word" if after["word"] else "adverb"
        found = _INTENT.match(text, after.start(word)) or _CURATIVE.match(text, after.start(word))
    if found:
        yield Particular(INTENT, found.lastgroup or "", *found.span())


def _drugs(reading: Reading, sentence: Sentence, upto: int) -> Iterator[Particular]:
    """Yield the drugs that the sentence says were given together with the radiotherapy."""
    last: Hit | None = None
    for hit in reading.hits_in("drug", sentence):
        if hit.entry.get("class") not in _AGAINST_TUMOUR:
            continue
        at, past = hit.start - sentence.start, hit.end - sentence.start
        if at > upto:
            return
        goes_on = last is not None and _LISTED.fullmatch(reading.text, last.end, hit.start) is not None
        if goes_on or _WITH_DRUG.search(sentence.text[max(0, at - 75) : at]) or _WITH_DRUG_AFTER.match(sentence.text, past):
            yield Particular(DRUG, hit.entry.preferred, at, past)
            last = hit
        else:
            last = None


def _months(text: str, start: int, end: int) -> Iterator[Particular]:
    """Yield the months from the operation or the diagnosis to radiotherapy: "started six weeks after surgery"."""
    near = max(0, start - _NEAR)
    if not holds_any(text[near : end + _NEAR].lower(), _WORDS_OF_ZERO):
        return
    for match in _SINCE.finditer(text, near, end + _NEAR):
        if not _BEGUN.search(text, near, end + _NEAR) or _SECOND.search(text[max(0, match.start() - 10) : match.end() + 25]):
            continue
        suffix = "_op" if match["count_op"] else "_on" if match["count_on"] else ""
        amount = number(match[f"count{suffix}"])
        months = round(amount * _UNITS[match[f"unit{suffix}"].lower()], 1) if amount is not None else None
        if months is not None and months <= _MOST_MONTHS:
            yield Particular(MONTHS, months, *match.span())
            return


def _rhythm(text: str, start: int, upto: int) -> Iterator[Particular]:
    """Yield dose rate, fractions a day and length of a course, said from a little before it up to the next."""
    # Each only behind a word that stands in all that its pattern matches.
    lower = text[max(0, start - _NEAR) : upto].lower()
    if holds_any(lower, ("dose", "hdr", "ldr", "pdr")) and (rate := _RATE.search(text, max(0, start - _NEAR), upto)):
        yield Particular(RATE, rate.lastgroup or "", *rate.span())
    per_day = _PER_DAY.search(text, max(0, start - 30), upto)
    if per_day and not _OF_DRUG.search(text, start, max(start, per_day.start())):
        yield Particular(PER_DAY, {"three": 3.0, "two": 2.0, "one": 1.0}.get(per_day.lastgroup or "three", 3.0), *per_day.span())
    if ("week" in lower or "day" in lower) and (weeks := _WEEKS.search(text, start, upto)):
        amount = number(weeks["count"])
        length = round(amount if weeks["unit"].lower() == "week" else amount / 7, 1) if amount else 0.0
        if 0 < length <= _MOST_WEEKS:
            yield Particular(WEEKS, length, *weeks.span())
