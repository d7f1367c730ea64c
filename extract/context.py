"""Is it so: whether the words around a mention deny it, doubt it, plan it, or speak of a relative.

ConText (Chapman et al. 2007, Harkema et al. 2009): cues with a direction and a scope, ended by
termination words. The cues are the lexicon `context`; a pseudo cue ("no increase") only hides the cue
inside it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from extract.reading import Hit, Reading, Sentence

PRESENT, ABSENT, POSSIBLE, PLANNED = "present", "absent", "possible", "planned"
# The strongest first: what is both denied and possible is denied.
_RANK = {name: rank for rank, name in enumerate(("declined", "absent", "planned", "possible", "family"))}
_ASSERTION = {"declined": ABSENT, "absent": ABSENT, "planned": PLANNED, "possible": POSSIBLE}
# A forward cue reaches at most this many characters, a backward cue fewer: lists are long, predicates near.
_FORWARD_REACH = 180
_BACKWARD_REACH = 120


def cue_of(reading: Reading, start: int, end: int, sentence: Sentence | None = None) -> Hit | None:
    """Return the strongest cue whose scope holds the span, None where it is plainly stated."""
    sentence = sentence or reading.sentence_at(start)
    cues = reading.hits_in("context", sentence)
    if not cues:
        return None
    best: Hit | None = None
    strongest = len(_RANK)
    for cue in cues:
        rank = _RANK.get(cue.entry.concept_id)
        # The cheap tests come first: most cues are weaker than one that was found, or stand out of reach.
        if rank is None or rank >= strongest or (cue.start < end and start < cue.end):
            continue
        direction = cue.entry.more.get("direction")
        in_scope = False
        if cue.end <= start and direction in ("forward", "both"):
            is_relative = cue.entry.concept_id == "family"
            near = start <= cue.end + _FORWARD_REACH and not _ended(reading, cues, cue.end, start, is_relative)
            in_scope = near and not (_ends_at_comma(cue, sentence) and "," in reading.text[cue.end : start])
            in_scope = in_scope and not _stands_in_clause_before(reading, sentence, cue, start)
        elif end <= cue.start and direction in ("backward", "both"):
            in_scope = cue.start <= end + _BACKWARD_REACH and not _ended(reading, cues, end, cue.start)
        if in_scope:
            best, strongest = cue, rank
    return best


def assertion_of(reading: Reading, start: int, end: int, sentence: Sentence | None = None) -> str:
    """Return present, absent, possible or planned for a span."""
    return assertion_by(cue_of(reading, start, end, sentence))


def assertion_by(cue: Hit | None) -> str:
    """Return present, absent, possible or planned, as the strongest cue says (`cue_of`)."""
    return _ASSERTION.get(cue.id, PRESENT) if cue is not None else PRESENT


def subject_of(reading: Reading, start: int, end: int, sentence: Sentence | None = None) -> str:
    """Return of whom a span speaks: patient, literature, family or general."""
    sentence = sentence or reading.sentence_at(start)
    cue = cue_of(reading, start, end, sentence)
    return "family" if cue is not None and cue.id == "family" else sentence.subject


# "his father died due to a glioma": the cause of a relative's death is the relative's.
_CAUSES = frozenset({"due to", "owing to", "caused by", "secondary to", "following", "despite", "subsequently"})
_SUFFERED = re.compile(r"\s(?:(?:also|both|all|each|had|has|have|was|were|is|are)\s){1,3}|\s(?:died|suffered|developed|survived)\b")
_BARE_VERBS = frozenset(
    {"did not", "does not", "do not", "was not", "were not", "is not", "are not", "could not", "cannot", "not", "would be", "would have"}
)


def _ends_at_comma(cue: Hit, sentence: Sentence) -> bool:
    """Return whether a cue speaks of its own clause only: "did not recur, lung metastases ...", "Without surgery, ..."."""
    return cue.entry.variant in _BARE_VERBS or (cue.start == sentence.start and cue.entry.variant == "without")


# "As he denied further surgery, liver metastases were found": the main clause begins at the comma.
_SUBORDINATE = ("As ", "Since ", "Because ", "Although ", "Though ", "While ", "When ", "Whereas ")
_MAIN_CLAUSE = re.compile(r",\s(?:[\w-]{1,20}\s){1,7}?(?:was|were|had|has|underwent|showed|revealed|developed|appeared)\b")


def _stands_in_clause_before(reading: Reading, sentence: Sentence, cue: Hit, start: int) -> bool:
    """Return whether a cue stands in a clause that leads a sentence, and the main clause begins before an offset."""
    if not sentence.text.startswith(_SUBORDINATE) or "," not in reading.text[cue.end : start]:
        return False
    main = _MAIN_CLAUSE.search(reading.text, cue.end, sentence.end)
    return main is not None and main.start() < start


def _ended(reading: Reading, cues: Sequence[Hit], start: int, end: int, is_relative: bool = False) -> bool:
    """Return whether a termination word, a semicolon or a colon ("The biopsy was a sarcoma: CD34 was negative") stands between."""
    between = reading.text[start:end]
    if ";" in between or ":" in between[2:]:
        return True
    for cue in cues:
        if start <= cue.start and cue.end <= end and cue.entry.concept_id == "end" and not (is_relative and _tells_on(reading, cue, start)):
            return True
    return False


def _tells_on(reading: Reading, cue: Hit, start: int) -> bool:
    """Return whether what follows a termination word is still told of a relative: "her mother, who had colon cancer"."""
    variant = cue.entry.variant
    if variant in _CAUSES:
        return True
    if variant in ("who", "which"):
        return _SUFFERED.match(reading.text, cue.end) is not None
    return variant == "after" and " died" in reading.text[start : cue.start]
