"""Sections: in which part of a report a line stands, by its markup or, where there is none, by its headings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from corpus.report import Report, Section

BODY = "body"  # no heading seen: an abstract or a bare case text
# What is printed beside or below a paper: acknowledgements, funding, consent, key words.
OTHER = "other"
KINDS = (
    "title", "abstract", "introduction", "case", "pathology", "treatment", "follow_up", "discussion", "conclusion",
    "references", "caption", "table", OTHER, BODY,
)  # fmt: skip
# Parts of a paper that argue: "Treatment" below "Discussion" is no report of what the patient got.
_ARGUING = frozenset({"introduction", "discussion", "conclusion", "references", OTHER})
_ENDS_ARGUING = frozenset({"abstract", "case", "discussion", "conclusion", "references", OTHER})
# What stands there is of this kind whatever its words are.
_FIXED = frozenset({"title", "caption", "table"})

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
        OTHER,
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
# The first line, where it stands alone, ends no sentence and names no part of a paper.
_TITLE = re.compile(r"\s{0,99}(?P<words>[^\W\d_\[“\"'](?:[^\n ]{0,60}[ ]){2,50}[^\n ]{0,60}[^\s.:;,])\n\s{0,9}\n(?=\s{0,99}\S)")
# A reference list's line: "12. Smith J, ..." or "Smith AB, Jones C (1999)".
_REFERENCE = re.compile(r"^\s{0,4}\[?\d{1,3}[\].]\s{1,3}[A-Z][\w'’-]{1,25},?\s[A-Z]{1,3}[,.\s]")


# The names of section types in JATS and BioC for which the heading vocabulary has none.
_DECLARED = {
    "intro": "introduction", "cases": "case", "case-report": "case", "materials": "case", "subjects": "case", "methods": "case",
    "results": "pathology", "discuss": "discussion", "concl": "conclusion", "conclusions": "conclusion", "ref": "references",
    "fig": "caption", "table": "table", "title": "title", "front": "title", "suppl": OTHER, "supplementary-material": OTHER,
    "ack_fund": OTHER, "comp_int": OTHER, "auth_cont": OTHER, "abbr": OTHER, "appendix": OTHER, "keyword": OTHER,
    "data-availability": OTHER,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a report, with its section; `start` is where its own words begin (after an inline heading)."""

    start: int
    end: int
    section: str
    is_heading: bool


def kind_of(heading: str) -> str | None:
    """Return the kind of section that a heading opens; None for one in the authors' own words."""
    if len(heading) > _HEADING_LENGTH:
        return None
    found = _HEADING_LINE.match(heading)
    return found.lastgroup if found else None


def declared_kind(name: str) -> str | None:
    """Return the kind of section that a type attribute names ("materials|methods", "INTRO"); None for one that tells nothing."""
    for part in name.lower().split("|"):
        if kind := _DECLARED.get(part.strip()) or kind_of(part.replace("-", " ")):
            return kind
    return None


def kind_below(parent: str, heading: str, declared: str | None = None) -> str:
    """Return the kind of a section with this heading inside of another: its own where that may be, else that of its parent."""
    kind = declared or kind_of(heading)
    if kind is None or (parent in _ARGUING and kind not in _ENDS_ARGUING):
        return parent
    return kind


def lines(report: Report) -> Iterator[Line]:
    """Yield the lines of a report that hold words, each with the section it stands in.

    Where markup declares sections, they count, and headings inside of them only tell what it left open. A caption or
    table line is a section of its own; the lines after it go on with what was before. Before the first heading, the
    section is `body`.
    """
    if not report.sections:
        start = 0
        if (title := _TITLE.match(report.text)) and not _HEADING_LINE.match(title["words"]):
            start = title.end()
            yield Line(title.start("words"), title.end("words"), "title", False)
        yield from _lines(report.text, start, len(report.text), BODY)
        return
    for section in report.sections:
        start = section.start
        if section.heading is not None:
            yield Line(start, start + len(section.heading), section.kind, True)
            start += len(section.heading)
        yield from _lines(report.text, start, section.end, section.kind, section.kind in _ARGUING)


def outline(report: Report) -> tuple[Section, ...]:
    """Return the sections of a report, those of its markup or those that its headings tell, in the order of the text."""
    if report.sections:
        return report.sections
    found: list[Section] = []
    heading: Line | None = None
    for (kind, is_heading), group in groupby(lines(report), key=lambda line: (line.section, line.is_heading)):
        members = list(group)
        if is_heading:
            for line in members:
                if heading is not None:
                    found.append(_section(report, heading, heading))
                heading = line
            continue
        begin = heading if heading is not None and heading.section == kind else None
        if heading is not None and begin is None:
            found.append(_section(report, heading, heading))
        found.append(_section(report, begin, members[-1], members[0]))
        heading = None
    if heading is not None:
        found.append(_section(report, heading, heading))
    return tuple(found)


def _section(report: Report, heading: Line | None, last: Line, first: Line | None = None) -> Section:
    """Return the section from a heading (or the first line, where it has none) to the last line."""
    if heading is None:
        assert first is not None
        # An inline heading belongs to its section.
        start = report.text.rfind("\n", 0, first.start) + 1
        return Section(last.section, start, last.end)
    return Section(heading.section, heading.start, last.end, report.text[heading.start : heading.end])


def _lines(text: str, begin: int, stop: int, section: str, is_arguing: bool = False) -> Iterator[Line]:
    """Yield the lines with words in a stretch of text that begins in a section of this kind.

    `is_arguing`: markup says so, and only the name of another part of a paper ends it.
    """
    is_fixed, offset = section in _FIXED, begin
    for raw in text[begin:stop].split("\n"):
        start, end = offset, offset + len(raw)
        offset = end + 1
        if not raw.strip():
            continue
        if is_fixed:
            yield Line(start, end, section, False)
            continue
        if len(raw) <= _HEADING_LENGTH and (heading := _HEADING_LINE.match(raw)):
            section = _next(section, heading.lastgroup, is_arguing)
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
            section = _next(section, inline.lastgroup, is_arguing)
            if not _NUMBERED_CASE.match(inline.group()):
                start += inline.end()
        here = "references" if _REFERENCE.match(raw) and section in ("references", "discussion", "conclusion") else section
        yield Line(start, end, here, False)


def _next(section: str, told: str | None, is_arguing: bool) -> str:
    """Return the kind of section after a heading that tells one."""
    return section if told is None or (is_arguing and told not in _ENDS_ARGUING) else told
