"""How the patient was at the last follow-up: NED, AWD, ALIVE, DOD, DOC, DEAD, LTFU."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence, Set
from typing import NamedTuple

from extract import timeline, times
from extract.outcome import NOT_PATIENT, TREATMENTS
from extract.reading import NOTHING, Finding, Mention, Reading, Resolution
from extract.timeline import event_of

NAME = "status"
FIELDS = ("status",)

_CLEAR = frozenset({"free", "no_recurrence", "remission", "lasting_remission"})
# These tell that the patient is free of disease where he is followed up and none was known.
_CLEAR_THEN = frozenset({"no_metastasis", "clean_scan"})
_NO_MORE = re.compile(r"no\s(?:further|new|other)")
_DISEASE = frozenset({"active", "recurrence", "progression", "metastasis"})
_DYING = frozenset({"progression", "recurrence", "active"})
_TELLING = (
    _CLEAR | _DISEASE | {"death", "alive", "lost", "no_metastasis", "no_progression", "clean_scan", "remains", "ongoing", NOT_PATIENT}
)
# These tell of disease where none of it was said to be gone: "the nodules were unchanged", "treatment continues".
_DISEASE_STILL = frozenset({"remains", "ongoing"})
_OF_DISEASE = re.compile(
    r"""(?:of|from|to|by|with|due\sto|because\sof|secondary\sto|as\sa\sresult\sof|owing\sto)\s(?:[\w'’-]+\s){0,6}?
    (?:disease\b|tumou?rs?\b(?!\slysis)|cancer|malignan|metasta|progress|recurr|relaps|\w{0,20}carcinom|\w{0,20}sarcom|\w{0,20}lymphom
    |\w{0,20}melanom|leuka?emi|glio|neoplas|illness|dissemin(?!\w+\s(?:intravasc|infect|tubercul|candid|fung|zoster|asperg))|cachexia)""",
    re.VERBOSE | re.IGNORECASE,
)
# Words that take the tumour out of a cause: "died without evidence of disease", "of a cause unrelated to the tumor".
_NOT_OF_IT = re.compile(
    r"(?:\b(?:without|no|free\s(?:of|from)|(?:un|not\s)related\sto|in\sthe\sabsence\sof|other\sthan|despite|with\sno)"
    r"\s(?:[\w'’-]+\s){0,4}?|\b(?:intercurrent|infectious|cardiac|heart|coronary|vascular|lung|pulmonary|renal|kidney|liver|covid-19)\s)"
    r"(?:disease|tumou?r|cancer|malignan|metasta|recurr|relaps|progress|carcinom|sarcom|lymphom|melanom|neoplas|illness)\w*"
)
_WITHOUT = re.compile(r"\b(?:without|free|no|absence|unrelated)\b")
_SPECIMEN = re.compile(r"\bnodes?\b|margin|specimen|histolog|patholog|biops|immuno|stain|microscop|resected|consistent\swith")
_NEW = re.compile(r"\b(?:develop\w*|new(?:ly)?|appear\w*|progress\w*|later|months?|years?|follow-?\s?up|subsequent\w*)\b")
# How any patient may die in the end, of the tumour too.
_FAILURE = re.compile(
    r"(?:multi-?\s?(?:ple\s)?(?:system|organ)|(?:hepatic|liver|renal|kidney|respiratory|organ)\s(?:failure|insufficiency|dysfunction)"
    r"|hepatorenal|coagulopathy|dic\b|disseminated\sintravascular|cardio?\w*\sarrest|tumou?r\slysis|respiratory\sdistress)"
)
_WINDOW = 4
# A visit this many months after what was told before is a follow-up.
_LATER, _SOON = (times.LATER, times.AFTER, times.FOLLOW_UP, times.AT), 0.9


def find(reading: Reading) -> Iterator[Mention]:
    """Yield the events of the timeline."""
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
    """Return DOD, DOC or DEAD: by the cause in the sentence of death, else by what was told just before.

    An infection, a haemorrhage and the like are another cause, unless the tumour was progressing. The failure of
    an organ is how people die, of the tumour too: it is another cause only where the tumour had been taken away.
    """
    for death in deaths:
        after = _NOT_OF_IT.sub(" ", death.sentence.lower[death.end - death.sentence.start :])
        if _OF_DISEASE.match(after.lstrip(" ,")) or _OF_DISEASE.search(after[:90]):
            return "DOD", (death,)
    for death in deaths:
        here = [mention for mention in mentions if mention.sentence.index == death.sentence.index]
        disease = _of(_DYING | {"metastasis"}, here)
        if disease:
            return "DOD", (death, disease[-1])
        if causes := _of({"cause"}, here):
            return _caused(death, causes, mentions)
    death = deaths[0]
    here = [mention for mention in mentions if mention.sentence.index == death.sentence.index]
    near = _before(death, mentions, _WINDOW)
    if disease := _of(_DYING, near):
        return "DOD", (death, disease[-1])
    if causes := _of({"cause"}, near):
        return _caused(death, causes, mentions)
    if decline := _of({"palliative", "decline"}, [*near, *here]):
        return "DOD", (death, decline[-1])
    return "DEAD", (death,)


def _caused(death: Mention, causes: Sequence[Mention], mentions: Sequence[Mention]) -> tuple[str, tuple[Mention, ...]]:
    """Return DOD or DOC for a death with these causes, with the words that say so."""
    others = [cause for cause in causes if not _FAILURE.match(cause.sentence.lower, cause.start - cause.sentence.start)]
    if others:
        progress = _of({"progression"}, _before(death, mentions, _WINDOW))
        return ("DOD", (death, progress[-1])) if progress else ("DOC", (death, others[-1]))
    story = [mention for mention in mentions if mention.start < death.start]
    if disease := _of(_DISEASE | {"palliative"}, story):
        return "DOD", (death, disease[-1])
    return ("DOC" if _of({"surgery", "remission", "free", "no_recurrence"}, story) else "DOD"), (death, causes[-1])


def _of(kinds: Set[str], mentions: Sequence[Mention]) -> list[Mention]:
    return [mention for mention in mentions if event_of(mention).kind in kinds]


def _before(death: Mention, mentions: Sequence[Mention], reach: int) -> list[Mention]:
    """Return the events told in the sentences before a death, as many as `reach`."""
    return [m for m in mentions if death.sentence.index - reach <= m.sentence.index < death.sentence.index]


class _State(NamedTuple):
    """What the story has told so far: the status, its words, and the last word of freedom from disease."""

    status: str | None = None
    proof: tuple[Mention, ...] = ()
    clear: Mention | None = None
    is_treated: bool = False


def _last_word(story: Sequence[Mention]) -> _State:
    """Return the status that the story ends with; None where nothing is told after the treatment."""
    followed: set[int] = set()
    still: set[int] = set()
    treated: set[int] = set()
    active: set[int] = set()
    began: float | None = None
    for mention in story:
        kind, index = event_of(mention).kind, mention.sentence.index
        if kind == "time":
            date = _date(mention)
            if _is_later(mention):
                followed |= {index, index + 1}  # what the next sentence tells is of that later time too
            elif date is not None and treated and began is not None and date >= began + _SOON:
                followed.add(index)
            if date is not None:
                began = date if began is None else min(began, date)
        elif kind in ("follow_up", "survival") or (kind in _CLEAR and times.may_hold(mention.sentence.lower)):
            followed.add(index)
        elif kind in TREATMENTS:
            treated.add(index)
        elif kind == "active":
            active.add(index)
        if kind in ("active", "remains"):
            still.add(index)
    followed |= treated & active
    state = _State()
    for mention in story:
        kind = event_of(mention).kind
        if mention.sentence.index in still and (kind == "no_recurrence" or (kind == "free" and _is_no_more(mention))):
            continue  # "the nodules were unchanged, with no new one and no local failure"
        state = _next(state, mention, mention.sentence.index in followed)
    return state


def _is_later(mention: Mention) -> bool:
    """Return whether a mention is a time after what was told before: a visit."""
    time = event_of(mention).time
    return time is not None and time.relation in _LATER and not time.is_short and time.months >= _SOON


def _is_no_more(mention: Mention) -> bool:
    """Return whether words deny only more of the disease: "no new lesion"."""
    return _NO_MORE.match(mention.sentence.lower, mention.start - mention.sentence.start) is not None


def _date(mention: Mention) -> float | None:
    """Return the date that a time is, in months, None for another time."""
    time = event_of(mention).time
    return time.months if time is not None and time.relation == times.DATE and not time.is_coarse else None


def _next(state: _State, mention: Mention, is_followed: bool) -> _State:
    """Return the state after one more event."""
    event = event_of(mention)
    kind = event.kind
    if kind in TREATMENTS:
        return _treated(state, mention)
    if kind == "admission" and state.status == "LTFU":
        return state._replace(status=None, proof=())
    if kind == "lost":
        return state._replace(status="LTFU", proof=(mention,))
    if not (state.is_treated or is_followed or kind == "lasting_remission"):
        return state
    if kind in _CLEAR or (kind in _CLEAR_THEN and is_followed and state.status != "AWD"):
        if state.status == "AWD" and _is_no_more(mention):
            return state  # "no new lesion": the old ones are there
        return state._replace(status="NED", proof=(mention,), clear=mention)
    if kind in _DISEASE_STILL:
        is_told = (kind == "ongoing" or is_followed) and state.clear is None and state.status != "AWD"
        return state._replace(status="AWD", proof=(mention,)) if is_told else state
    if kind in _DISEASE:
        passing = (
            event.is_summary
            or (event.is_flashback and kind != "active")
            or (kind == "metastasis" and not (is_followed or _is_new(mention)))
        )
        return state if passing else state._replace(status="AWD", proof=(mention,), clear=None)
    if (kind == "alive" or (kind == "no_progression" and is_followed)) and state.status != "AWD" and not _is_told_here(state, mention):
        proof = (state.clear, mention) if state.clear else (mention,)
        return state._replace(status="NED" if state.clear else "ALIVE", proof=proof)
    return state


def _is_told_here(state: _State, mention: Mention) -> bool:
    """Return whether the words that the state rests on stand in the sentence of a mention."""
    return any(mention.sentence.index == other.sentence.index for other in state.proof)


def _is_new(mention: Mention) -> bool:
    """Return whether a metastasis is told as one that came up, not as one that was there, was removed or is only named."""
    return _NEW.search(mention.sentence.lower) is not None


def _treated(state: _State, mention: Mention) -> _State:
    """Return the state after a treatment: an operation ends what was told of disease, other treatment what recurred."""
    ended = state.status in ("AWD", "LTFU") and not _is_told_here(state, mention)
    if ended and event_of(mention).kind != "surgery":
        ended = event_of(state.proof[-1]).kind in ("recurrence", "metastasis", "lost") and "palliative" not in mention.sentence.lower
    if ended:
        return state._replace(status=None, proof=(), is_treated=True)
    return state if state.is_treated else state._replace(is_treated=True)
