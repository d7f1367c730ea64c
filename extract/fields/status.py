"""How the patient was at the last follow-up: NED, AWD, ALIVE, DOD, DOC, DEAD, LTFU."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from extract import timeline
from extract.outcome import NOT_PATIENT, TREATMENTS
from extract.reading import NOTHING, Finding, Mention, Reading, Resolution
from extract.timeline import event_of

NAME = "status"
FIELDS = ("status",)

_CLEAR = frozenset({"free", "no_recurrence", "remission"})
_DISEASE = frozenset({"active", "recurrence", "progression", "metastasis"})
_DYING = frozenset({"progression", "recurrence", "palliative", "active"})
_OF_DISEASE = re.compile(
    r"(?:of|from|to|by|with|due\sto|because\sof|secondary\sto|as\sa\sresult\sof|owing\sto)\s(?:[\w'’-]+\s){0,6}?(?:disease\b|tumou?rs?|cancer|malignan\w+|metasta\w+|progress\w+|recurr\w+|relaps\w+|\w*carcinom\w*|\w*sarcom\w*|\w*lymphom\w*|\w*melanom\w*|leuka?emia|glio\w+|neoplas\w+|illness|dissemin\w+|cachexia)",
    re.IGNORECASE,
)
_WINDOW = 4


def find(reading: Reading) -> Iterator[Mention]:
    """Yield the events of the story, without times."""
    yield from timeline.read(reading, NAME, with_times=False)


def resolve(mentions: Sequence[Mention], so_far: object) -> Resolution:
    """Return the status at the end of the story: death first, then the last word on the disease."""
    passed = tuple((mention, "another person's death") for mention in mentions if event_of(mention).kind == NOT_PATIENT)
    deaths = [mention for mention in mentions if event_of(mention).kind == "death"]
    if deaths:
        status, proof = _death(deaths, mentions)
        return Resolution({"status": Finding(status, proof)}, {}, passed)
    for group in (timeline.CASE, timeline.ARGUED, timeline.ABSTRACT):
        story = [mention for mention in mentions if event_of(mention).chapter[0] == group]
        found = _last_word(story)
        if found:
            return Resolution({"status": Finding(found[0], found[1])}, {}, passed)
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
    grown = [m for m in near if event_of(m).kind in _DYING]
    ill = [m for m in near if event_of(m).kind == "cause"]
    if grown:
        return "DOD", (death, grown[-1])
    return ("DOC", (death, ill[-1])) if ill else ("DEAD", (death,))


def _last_word(story: Sequence[Mention]) -> tuple[str, tuple[Mention, ...]] | None:
    """Return the status that the story ends with, with its words; None if nothing is told after the treatment."""
    state: tuple[str, tuple[Mention, ...]] | None = None
    clear: Mention | None = None
    treated = False
    for mention in story:
        kind = event_of(mention).kind
        followed = any(event_of(m).kind in ("follow_up", "survival") for m in story if m.sentence.index == mention.sentence.index)
        if kind in TREATMENTS:
            treated = True
            if state and state[0] in ("AWD", "LTFU") and event_of(state[1][0]).kind != "active" and mention.sentence.index != state[1][0].sentence.index:
                state = None
        elif kind == "admission" and state and state[0] == "LTFU":
            state = None
        elif kind in _CLEAR and (treated or followed):
            state, clear = ("NED", (mention,)), mention
        elif kind == "no_metastasis" and treated and followed and not (state and state[0] == "AWD"):
            state, clear = ("NED", (mention,)), mention
        elif kind == "no_progression" and (treated or followed):
            state = ("NED", (clear, mention)) if clear else ("AWD", (mention,))
        elif kind in _DISEASE and treated:
            if event_of(mention).is_flashback and kind != "active":
                continue
            state, clear = ("AWD", (mention,)), None
        elif kind == "alive" and (treated or followed):
            same = state is not None and any(m.sentence.index == mention.sentence.index for m in state[1])
            if not same:
                state = ("NED", (clear, mention)) if clear else ("ALIVE", (mention,))
        elif kind == "lost":
            state = ("LTFU", (mention,))
    return state
