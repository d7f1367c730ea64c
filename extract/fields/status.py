"""How the patient was at the last follow-up: NED, AWD, ALIVE, DOD, DOC, DEAD, LTFU."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from extract import outcome, timeline, times
from extract.outcome import NOT_PATIENT, TREATMENTS
from extract.reading import NOTHING, Finding, Mention, Reading, Resolution
from extract.timeline import event_of

NAME = "status"
FIELDS = ("status",)

_CLEAR = frozenset({"free", "no_recurrence", "remission", "lasting_remission"})
_DISEASE = frozenset({"active", "recurrence", "progression", "metastasis"})
_DYING = frozenset({"progression", "recurrence", "active"})
_WORDS = _CLEAR | _DISEASE | {"death", "alive", "lost", "sign", "no_progression", "stable"}
_TELLING = _CLEAR | _DISEASE | {"death", "alive", "lost", "no_metastasis", "no_progression", NOT_PATIENT}
_OF_DISEASE = re.compile(
    r"""(?:of|from|to|by|with|due\sto|because\sof|secondary\sto|as\sa\sresult\sof|owing\sto)\s(?:[\w'’-]+\s){0,6}?
    (?:disease\b|tumou?rs?\b(?!\slysis)|cancer|malignan|metasta|progress|recurr|relaps|\w{0,20}carcinom|\w{0,20}sarcom|\w{0,20}lymphom
    |\w{0,20}melanom|leuka?emi|glio|neoplas|illness|dissemin|cachexia)""",
    re.VERBOSE | re.IGNORECASE,
)
_SPECIMEN = re.compile(r"\bnodes?\b|margin|specimen|histolog|patholog|biops|immuno|stain|microscop|resected|consistent\swith")
_NEW = re.compile(r"\b(?:develop\w*|new(?:ly)?|appear\w*|progress\w*|later|months?|years?|follow-?\s?up|subsequent\w*)\b")
_WINDOW = 4


def find(reading: Reading) -> Iterator[Mention]:
    """Yield the events of the timeline, if anything on the course of the disease is told."""
    if any(hit.id in _WORDS for hit in reading.hits.get(outcome.LEXICON, ())):
        yield from reading.layer(timeline.read)


def resolve(mentions: Sequence[Mention], so_far: object) -> Resolution:
    """Return the status at the end of the story: death first, then the last word on the disease."""
    if not any(event_of(mention).kind in _TELLING for mention in mentions):
        return NOTHING
    passed = tuple((mention, "another person's death") for mention in mentions if event_of(mention).kind == NOT_PATIENT)
    deaths = [mention for mention in mentions if event_of(mention).kind == "death"]
    if deaths:
        status, proof = _death(deaths, mentions)
        return Resolution({"status": Finding(status, proof)}, {}, passed)
    for group in (timeline.CASE, timeline.ARGUED, timeline.ABSTRACT):
        story = [mention for mention in mentions if event_of(mention).chapter[0] == group]
        found = _last_word(story)
        if found.status:
            return Resolution({"status": Finding(found.status, found.proof)}, {}, passed)
    return Resolution({}, {}, passed) if passed else NOTHING


def _death(deaths: Sequence[Mention], mentions: Sequence[Mention]) -> tuple[str, tuple[Mention, ...]]:
    """Return DOD, DOC or DEAD: by the cause in the sentence of death, else by what was told just before."""
    for death in deaths:
        after = death.sentence.text[death.end - death.sentence.start :]
        if _OF_DISEASE.match(after.lstrip(" ,")) or _OF_DISEASE.search(after[:90]):
            return "DOD", (death,)
    for death in deaths:
        here = [mention for mention in mentions if mention.sentence.index == death.sentence.index]
        for kinds, status in ((_DYING | {"metastasis"}, "DOD"), ({"cause"}, "DOC")):
            cause = [mention for mention in here if event_of(mention).kind in kinds]
            if cause:
                return status, (death, cause[-1])
    death = deaths[0]
    near = [m for m in mentions if death.sentence.index - _WINDOW <= m.sentence.index < death.sentence.index]
    for kinds, status in ((_DYING, "DOD"), ({"cause"}, "DOC"), ({"palliative", "decline"}, "DOD")):
        before = [mention for mention in near if event_of(mention).kind in kinds]
        if before:
            return status, (death, before[-1])
    return "DEAD", (death,)


@dataclass(frozen=True, slots=True)
class _State:
    """What the story has told so far: the status, its words, and the last word of freedom from disease."""

    status: str | None = None
    proof: tuple[Mention, ...] = ()
    clear: Mention | None = None
    is_treated: bool = False


def _last_word(story: Sequence[Mention]) -> _State:
    """Return the status that the story ends with; None where nothing is told after the treatment."""
    followed = {
        mention.sentence.index
        for mention in story
        if (kind := event_of(mention).kind) in ("follow_up", "survival") or (kind in _CLEAR and times.may_hold(mention.sentence.lower))
    }
    state = _State()
    for mention in story:
        state = _next(state, mention, mention.sentence.index in followed)
    return state


def _next(state: _State, mention: Mention, is_followed: bool) -> _State:
    """Return the state after one more event."""
    event = event_of(mention)
    kind = event.kind
    here = any(mention.sentence.index == other.sentence.index for other in state.proof)
    if kind in TREATMENTS:
        return _treated(state, mention, here)
    if kind == "admission" and state.status == "LTFU":
        return replace(state, status=None, proof=())
    if kind == "lost":
        return replace(state, status="LTFU", proof=(mention,))
    if not (state.is_treated or is_followed):
        return state
    if kind in _CLEAR or (kind == "no_metastasis" and is_followed and state.status != "AWD"):
        return replace(state, status="NED", proof=(mention,), clear=mention)
    if kind in _DISEASE:
        passing = event.is_summary or (event.is_flashback and kind != "active") or (kind == "metastasis" and _is_specimen(mention))
        return state if passing else replace(state, status="AWD", proof=(mention,), clear=None)
    if kind in ("alive", "no_progression") and not here and state.status != "AWD":
        proof = (state.clear, mention) if state.clear else (mention,)
        return replace(state, status="NED" if state.clear else "ALIVE", proof=proof)
    return state


def _is_specimen(mention: Mention) -> bool:
    """Return whether a metastasis is one that was found in what had been removed."""
    return _SPECIMEN.search(mention.sentence.lower) is not None and _NEW.search(mention.sentence.lower) is None


def _treated(state: _State, mention: Mention, is_here: bool) -> _State:
    """Return the state after a treatment: an operation ends what was told of disease, other treatment what recurred."""
    ended = state.status in ("AWD", "LTFU") and not is_here
    if ended and event_of(mention).kind != "surgery":
        ended = event_of(state.proof[-1]).kind in ("recurrence", "metastasis", "lost") and "palliative" not in mention.sentence.lower
    return replace(state, status=None, proof=(), is_treated=True) if ended else replace(state, is_treated=True)
