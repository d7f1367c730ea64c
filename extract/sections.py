"""Sections: in which part of a report a line stands, read from its headings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

BODY = "body"  # no heading seen: an abstract or a bare case text

_HEADINGS = (
    ("abstract", r"abstract|summary|synopsis"),
    ("introduction", r"introduction|background|objectives?|aims?|purpose|importance|rationale"),
    (
        "case",
        r"(?:clinical\s+)?cases?(?:\s+(?:presentations?|reports?|descriptions?|history|study|summary|series|\d{1,2}|[ivx]{1,4}))?"
        r"|presentations?(?:\s+of\s+(?:the\s+)?cases?)?|(?:the\s+)?patients?(?:\s+(?:presentation|information|history"
        r"|and\s+methods|\d{1,2}))?"
        r"|patient\s+concerns?|clinical\s+(?:presentation|findings|history|course)|history|report\s+of\s+(?:a\s+)?cases?"
        r"|case\s+(?:report|presentation|description)s?\s+and\s+\w+(?:\s+\w+){0,4}|first\s+case|second\s+case|observations?"
        r"|(?:materials?|patients?|subjects?)\s+and\s+methods?|methods?(?:\s+and\s+(?:results?|materials?))?"
        r"|experimental\s+procedures?|chief\s+complaints?",
    ),
    (
        "pathology",
        r"(?:histo)?patholog(?:y|ical\s+findings|ic\s+findings)|immunohistochemistry|histolog(?:y|ical\s+findings)"
        r"|diagnos[ei]s|diagnostic\s+assessment|investigations?|(?:imaging|radiological?|laboratory|microscopic"
        r"|gross)\s+findings|results?|findings",
    ),
    ("treatment", r"treatments?|therap(?:y|ies)|interventions?|therapeutic\s+interventions?|management|surgery|radiotherapy"),
    ("follow_up", r"follow[\s-]?up(?:\s+and\s+outcomes?)?|outcomes?(?:\s+and\s+follow[\s-]?up)?|course"),
    (
        "discussion",
        r"discussions?(?:\s+and\s+(?:conclusions?|literature\s+review|review.{0,30}))?|comments?|literature\s+review"
        r"|review\s+of\s+(?:the\s+)?literature|questions?|critique|answers?|learning\s+points?|highlights?|limitations?"
        r"|teaching\s+points?|lessons?",
    ),
    ("conclusion", r"(?:in\s+)?conclusions?|concluding\s+remarks|key\s+messages?"),
    ("references", r"references?|bibliography|literature\s+cited|literature"),
    (
        "back",
        r"acknowledge?ments?|funding|conflicts?\s+of\s+interests?(?:\s+statement)?|competing\s+interests?|declarations?"
        r"|consent(?:\s+for\s+publication)?"
        r"|ethic(?:s|al)\b.{0,40}|author(?:s['’]?|['’]s)?\s+contributions?|abbreviations?(?:\s+used)?"
        r"|availability\s+of\s+data.{0,40}|data\s+availability.{0,30}"
        r"|disclosures?|supplementary\s+materials?|key\s?words?|patient\s+consent|publisher['’]s\s+note|informed\s+consent",
    ),
)
_NUMBER = r"(?:pmc\s?)?(?:\d{1,2}(?:\.\d{1,2}){0,2}\.?\s{1,3}|[ivx]{1,4}\.\s{1,3})?"
_HEADING_LINE = re.compile(
    rf"^\s{{0,8}}(?:\#{{1,4}}\s{{0,2}})?{_NUMBER}(?:"
    + "|".join(f"(?P<{name}>{words})" for name, words in _HEADINGS)
    + r")\s{0,3}[:.]?\s{0,8}$",
    re.IGNORECASE,
)
_INLINE = re.compile(
    rf"^\s{{0,8}}{_NUMBER}(?:"
    + "|".join(f"(?P<{name}>{words})" for name, words in _HEADINGS)
    + r")\s{0,2}(?::|\.\s?[-–—]|[-–—]\s)\s{0,3}(?=\S)",
    re.IGNORECASE,
)
# "Case 2: A 41-year-old ..." stays in its sentence, since the number says whose story it is.
_NUMBERED_CASE = re.compile(r"\s{0,8}(?:case|patient)\s+(?:\d|[ivx]{1,4}\b)", re.IGNORECASE)
_CAPTION = re.compile(r"^\s{0,8}(?:fig(?:ure)?s?|plate|image|photo(?:graph)?)\s?\.?\s{0,3}\d{1,2}", re.IGNORECASE)
_TABLE = re.compile(r"^\s{0,8}table\s{1,3}(?:\d{1,2}|[ivx]{1,4})\b", re.IGNORECASE)
_HEADING_LENGTH = 70
# A reference list's line: "12. Smith J, ..." or "Smith AB, Jones C (1999)".
_REFERENCE = re.compile(r"^\s{0,4}\[?\d{1,3}[\].]\s{1,3}[A-Z][\w'’-]{1,25},?\s[A-Z]{1,3}[,.\s]")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a report, with its section; `start` is where its own words begin (after an inline heading)."""

    start: int
    end: int
    section: str
    is_heading: bool


def read_lines(text: str) -> Iterator[Line]:
    """Yield the lines of a text that hold words, each with the section it stands in.

    A caption or table line is a section of its own; the lines after it go on with what was before.
    Before the first heading, the section is `body`.
    """
    section, offset = BODY, 0
    for raw in text.split("\n"):
        start, end = offset, offset + len(raw)
        offset = end + 1
        if not raw.strip():
            continue
        if len(raw) <= _HEADING_LENGTH and (heading := _HEADING_LINE.match(raw)):
            section = heading.lastgroup or section
            yield Line(start, end, section, True)
            continue
        if raw.startswith("#"):
            # A marked heading in the authors' own words: a title or a sub-heading, no new kind of section.
            yield Line(start, end, "title" if section == BODY else section, True)
            continue
        if _CAPTION.match(raw):
            yield Line(start, end, "caption", False)
            continue
        if _TABLE.match(raw):
            yield Line(start, end, "table", False)
            continue
        if inline := _INLINE.match(raw):
            section = inline.lastgroup or section
            if not _NUMBERED_CASE.match(inline.group()):
                start += inline.end()
        here = "references" if _REFERENCE.match(raw) and section in ("references", "discussion", "conclusion") else section
        yield Line(start, end, here, False)
