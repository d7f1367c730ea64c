"""Of whom: the authors' patient, one of several, or someone else's (the literature, a general statement)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from corpus.sections import BODY
from extract.reading import holds_any

# The words of a subject cue by category, as the lexicon `subject` gives them for a sentence.
Cues = frozenset[str]

_CASE = ("case", "pathology", "treatment", "follow_up")
_ARGUED = ("introduction", "discussion", "conclusion", "table")
_CITATION = re.compile(r"\[\d{1,3}(?:\s?[-–,]\s?\d{1,3}){0,8}\]|\(\d{1,3}(?:\s?[-–,]\s?\d{1,3}){0,8}\)|et al\b")
# "(Silva and Tanaka, 2010; Berg 2012)"; not "(March 2010)".
_AUTHOR_YEAR = re.compile(
    r"""\( (?:[^()\d]{0,60}?[\s;])?
    (?!(?:Jan|Feb|Mar|Apr|May|June?|July?|Aug|Sept?|Oct|Nov|Dec|Spring|Summer|Autumn|Fall|Winter|In|Since|Until|From|WHO|Figure|Table)\b
       |(?:January|February|March|April|August|September|October|November|December)\b)
    [A-Z][^\W\d_][\w'’-]{1,24} (?:\s(?:and|&)\s[A-Z][\w'’-]{1,25})? ,? \s (?:19[5-9]|20[0-3])\d[a-z]? (?:[;,]\s[^()]{0,200})? \)""",
    re.VERBOSE,
)
_YEARS = (" 19", " 20")
_AGE = re.compile(
    r"\b(?:\d{1,3}|(?:[a-z]+[-\s]){1,3})[-–\s]?(?:years?|yrs?\.?|months?|weeks?|days?)[-–\s]{1,2}olds?\b|\b\d{1,3}[-\s]?(?:y/o|yo)\b"
    r"|\baged?\s(?:of\s)?\d{1,3}\b|\b\d{1,2}[-\s]years?\b.{0,30}\b(?:male|female|man|woman|lady|boy|girl)\b",
    re.IGNORECASE,
)
# How most ages are told; all that it matches, `_AGE` matches, too, and takes far longer for.
_PLAIN_AGE = re.compile(r"\b\d{1,3}-year-old\b")
# One person of one age, told without a citation: the authors' own, whatever else the sentence says.
_INTRODUCED = re.compile(
    r"\b(?:an?|this|our|the)\s(?:\w+\s){0,2}?\d{1,3}[-–\s](?:years?|yrs?|months?|days?)[-–\s]old\b(?!\s(?:patients|women"
    r"|men|cohort))",
    re.IGNORECASE,
)
_ANY_AGE_CUES = ("old", "age", "y/o", "yo", "year")
_AGE_CUES = ("old", "aged", "y/o", "yo ", "years")
_OPENING = re.compile(r"^(?:\w+\s){0,3}(?:patient|man|woman|male|female|boy|girl|he|she)\b", re.IGNORECASE)


class Draft(NamedTuple):
    """A sentence before its subject is known."""

    start: int
    end: int
    text: str
    lower: str
    section: str
    is_heading: bool
    cues: Cues


def subjects(drafts: Sequence[Draft]) -> list[str]:
    """Return of whom each sentence speaks: patient, literature or general.

    In the introduction and the discussion a sentence is the patient's only where it says so ("our
    patient"); in the case itself, unless it says otherwise ("previously reported cases"). What stands
    before the patient is introduced in a text without headings is general, and so is what follows "in
    conclusion".
    """
    anchor = _anchor(drafts)
    has_case = any(draft.section in _CASE for draft in drafts)
    closed, story, section = False, 0, None
    result = []
    for number, draft in enumerate(drafts):
        if draft.section != section:
            section, closed, story = draft.section, False, 0
        if _narrates(draft):
            closed = False
        elif "closing" in draft.cues and draft.section not in _CASE:
            closed = True
        subject = _subject(draft, number < anchor, closed)
        if not has_case and draft.section in _ARGUED:
            # A report without a case section tells its case in the introduction or the discussion, until it cites
            # others twice in a row.
            story = _STORY if _narrates(draft) else story - 1 if subject == "literature" else _STORY if story else 0
            subject = "patient" if story == _STORY else subject
        result.append(subject)
    return result


# How many sentences on others in a row end a story.
_STORY = 2


def _narrates(draft: Draft) -> bool:
    """Return whether a sentence introduces a patient by age, and cites nobody."""
    if "literature" in draft.cues or not holds_any(draft.lower, _AGE_CUES):
        return False
    return _tells_age(draft.text) and not _is_cited(draft)


def _tells_age(text: str) -> bool:
    """Return whether a sentence tells somebody's age."""
    return ("-year-old" in text and _PLAIN_AGE.search(text) is not None) or _AGE.search(text) is not None


def _subject(draft: Draft, before_patient: bool, closed: bool) -> str:
    cues = draft.cues
    own = "own" in cues
    literature = "literature" in cues
    cited = _is_cited(draft)
    if draft.section in ("references", "other"):
        return "literature"
    if draft.section in _ARGUED:
        if own and not (cited and literature):
            return "patient"
        if "person" in cues and not literature and not cited and draft.section != "introduction" and _OPENING.match(draft.text):
            return "patient"
        return "literature" if literature or cited else "general"
    if own or (not cited and "old" in draft.lower and _INTRODUCED.search(draft.text)):
        return "patient"
    if before_patient:
        return "literature" if literature else "general"
    if closed and not ("person" in cues and _OPENING.match(draft.text)):
        return "general"
    if literature and "person" not in cues and (cited or draft.section in ("abstract", BODY) or "et al" in draft.lower):
        return "literature"
    if literature and cited and not _OPENING.match(draft.text):
        return "literature"
    return "patient"


def _is_cited(draft: Draft) -> bool:
    """Return whether a sentence carries a citation: "[12]", "(3-5)", "et al", "(Silva, 2010)"."""
    text = draft.text
    if ("[" in text or "(" in text or "et al" in text) and _CITATION.search(text) is not None:
        return True
    return "(" in text and holds_any(text, _YEARS) and _AUTHOR_YEAR.search(text) is not None


def _anchor(drafts: Sequence[Draft]) -> int:
    """Return the number of the first sentence that introduces the patient, in a text's told part."""
    for number, draft in enumerate(drafts):
        if draft.section in _CASE:
            return number
        introduces = "own" in draft.cues or ("person" in draft.cues and "literature" not in draft.cues)
        if draft.section in (BODY, "abstract", "title") and (
            introduces or (holds_any(draft.lower, _ANY_AGE_CUES) and _tells_age(draft.text))
        ):
            return number
    return 0
