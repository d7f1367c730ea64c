"""Is it so: whether the words around a mention deny it, doubt it, plan it, or speak of a relative.

ConText (Chapman et al. 2007, Harkema et al. 2009): cues with a direction and a scope, ended by
termination words. The cues are the lexicon `context`; a pseudo cue ("no increase") only hides the cue
inside it.
"""

from __future__ import annotations

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
            near = start <= cue.end + _FORWARD_REACH and not _ended(reading, cues, cue.end, start)
            in_scope = near and not (_ends_at_comma(cue, sentence) and "," in reading.text[cue.end : start])
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


_BARE_VERBS = frozenset(
    {"did not", "does not", "do not", "was not", "were not", "is not", "are not", "could not", "cannot", "not", "would be", "would have"}
)


def _ends_at_comma(cue: Hit, sentence: Sentence) -> bool:
    """Return whether a cue speaks of its own clause only: "did not recur, lung metastases ...", "Without surgery, ..."."""
    return cue.entry.variant in _BARE_VERBS or (cue.start == sentence.start and cue.entry.variant == "without")


def _ended(reading: Reading, cues: Sequence[Hit], start: int, end: int) -> bool:
    """Return whether a termination word, a semicolon or a colon ("The biopsy was a sarcoma: CD34 was negative") stands between."""
    between = reading.text[start:end]
    if ";" in between or ":" in between[2:]:
        return True
    for cue in cues:  # a plain loop, as in `holds_any`  # noqa: SIM110
        if start <= cue.start and cue.end <= end and cue.entry.concept_id == "end":
            return True
    return False
