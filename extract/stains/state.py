"""Where the reading of a sentence on stains stands, and how far its words reach: the eyes of the grammar."""

from __future__ import annotations

from dataclasses import dataclass, field

from extract.stains.tokens import EQUIVOCAL, NEGATIVE, POSITIVE, UNKNOWN, Span, Token

GENE = "gene"
FLIPPED = {POSITIVE: NEGATIVE, NEGATIVE: POSITIVE, EQUIVOCAL: EQUIVOCAL, UNKNOWN: UNKNOWN, GENE: GENE}
POLAR = frozenset({POSITIVE, NEGATIVE, EQUIVOCAL, UNKNOWN})
LIGHT = frozenset({"degree", "extent", "intensity", "hyphen"})
CUES = frozenset({POSITIVE, NEGATIVE, EQUIVOCAL, UNKNOWN, "active", "seen", "sign", "score"})
# Words between "not" and the cue that it denies ("not all of the cells expressed").
_NOT_REACH = 7
_NOT_WORDS = 2
_TO_LIST = LIGHT | {",", "and", "number", "stain", "status", "word", "tumor_cells", "other_cells", "maybe_cells", "percent"}
BARE = LIGHT | {"stain"}


@dataclass(slots=True)
class Result:
    """What a sentence says of one of its markers; `start` and `end` span the marker and its cue."""

    marker: Span
    start: int
    end: int
    result: str | None = None
    extent: str | None = None
    intensity: str | None = None
    percent: float | None = None
    cells: str | None = None
    by: str = ""  # forward, backward, sign, degree: how the result came to the marker
    cue: str = ""  # the kind of word that gave it: positive, loss, presence ...
    is_firm: bool = True  # False where only a frame speaks ("showed staining for A"), which a plain cue overrides


@dataclass(slots=True)
class Forward:
    """A cue that speaks forward."""

    result: str
    cue: Token
    is_firm: bool = True
    is_denied: bool = False
    is_adjective: bool = False  # "negative A and B": no other word may stand in its list
    degrees: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class State:
    """Where the reading of a sentence stands."""

    tokens: list[Token]
    results: list[Result]
    pending: list[Result] = field(default_factory=list)
    set_aside: list[Result] = field(default_factory=list)  # "stains for A and B were performed and": may still be spoken of
    recent: list[Result] = field(default_factory=list)  # markers of the present list, with their results
    excepted: list[Result] = field(default_factory=list)
    forward: Forward | None = None
    ended: Forward | None = None  # a cue whose list a remark has cut off: "positive for A, which is usual, and for B"
    outer: list[Forward | None] = field(default_factory=list)  # the forward cues outside the open parentheses
    denied_at: int = -99
    denial: Token | None = None
    shown: Token | None = None
    last: str | None = None  # the last result given
    excepting: bool = False


def skip(state: State, at: int, step: int, kinds: frozenset[str], limit: int = 8) -> int:
    """Return the index of the next token, in a direction, that is not of the kinds; parentheses without markers are jumped."""
    tokens_, depth = state.tokens, 0
    at += step
    while 0 <= at < len(tokens_) and limit:
        kind = tokens_[at].kind
        if kind == "(" or kind == ")":
            depth += 1 if (kind == "(") == (step > 0) else -1
            if depth < 0:
                return at
        elif (depth == 0 and kind not in kinds) or (depth and kind == "marker"):
            return at
        at += step
        limit -= 1
    return at if 0 <= at < len(tokens_) else -1


def kind_at(state: State, at: int) -> str:
    """Return the kind of the token at an index, "" outside the sentence."""
    return state.tokens[at].kind if 0 <= at < len(state.tokens) else ""


def leads_to_marker(state: State, at: int, through: frozenset[str] = _TO_LIST) -> bool:
    """Return whether a preposition or colon at `at` leads to a marker: "for the following markers: A"."""
    if kind_at(state, skip(state, at, 1, LIGHT)) == "tumor_cells" and "tumor_cells" in through:
        return kind_at(state, skip(state, at, 1, through - {",", "and"} | {":", "for"})) == "marker"  # not "negative for metastasis, A"
    after = skip(state, at, 1, through | {":", "for"}, 10)
    return kind_at(state, after) == "marker"


def speaks_forward(state: State, at: int) -> bool:
    """Return whether the cue at `at` has its markers after it, close by."""
    after = skip(state, at, 1, BARE)
    kind = kind_at(state, after)
    if kind in ("for", ":"):
        return leads_to_marker(state, after) or (kind == "for" and not state.pending and state.forward is not None)
    if kind == "be" and state.tokens[at + 1 : after] and any(token.kind == "degree" for token in state.tokens[at + 1 : after]):
        # "Positive markers were A and B".
        return kind_at(state, skip(state, after, 1, LIGHT | {":"})) == "marker"
    if kind == "marker":
        before = skip(state, at, -1, LIGHT)
        is_after_marker = kind_at(state, before) in ("marker", "be") and bool(state.pending)
        return not is_after_marker
    return False


def speaks_far_forward(state: State, at: int) -> bool:
    """Return whether markers come after words between: "positive in the large cells for A"."""
    for after in range(at + 1, min(at + 10, len(state.tokens))):
        kind = state.tokens[after].kind
        if kind == "for" and leads_to_marker(state, after, LIGHT):
            return True
        if kind in ("marker", ";", "break", "ends", "shows") or (kind in CUES and kind != "seen"):
            return False
    return False


def is_denied(state: State, at: int) -> bool:
    """Return whether a "not" before the cue denies it; it is used up."""
    if denial_reaches(state, at):
        state.denied_at = -99
        return True
    return False


def denial_reaches(state: State, at: int) -> bool:
    """Return whether a "not" still holds here: not far away, few other words between, no new clause."""
    if at - state.denied_at > _NOT_REACH:
        return False
    between = [token.kind for token in state.tokens[state.denied_at + 1 : at]]
    if between.count("word") > _NOT_WORDS or "ends" in between or (GENE in between and "for" not in between):
        return False
    # "without necrosis and with loss of A": a preposition after another word begins another matter.
    return "for" not in between or "word" not in between[: between.index("for")]


def degrees_before(state: State, at: int, reach: int = 4) -> dict[str, str]:
    """Return extent and intensity in the words just before a token: "diffusely and strongly positive"."""
    found: dict[str, str] = {}
    for before in range(at - 1, max(-1, at - 1 - reach), -1):
        token = state.tokens[before]
        if token.kind in ("extent", "intensity"):
            found.setdefault(token.kind, token.value)
        elif token.kind not in ("and", "degree", "stain", "hyphen", ",", "tumor_cells", "word"):
            break
    return found


def degrees_after(state: State, at: int, reach: int = 3) -> dict[str, str]:
    """Return extent and intensity in the words just after a cue: "positive, focally"."""
    found: dict[str, str] = {}
    for token in state.tokens[at + 1 : at + 1 + reach]:
        if token.kind in ("extent", "intensity"):
            found.setdefault(token.kind, token.value)
        elif token.kind not in ("degree", "stain", "for", "and", "("):
            break
    return found
