"""Which result belongs to which marker: the grammar of sentences on stains.

A sentence is read once from left to right. A cue such as "positive" speaks forward ("positive for A, B and C")
or backward ("A, B and C were positive"), a sign only backward ("A, B (+)"). Markers wait (`pending`) until a
cue speaks backward, or take the result of the cue that speaks forward, until a contrast, a full stop or the
next cue ends its reach. Cues of gene tests ("ALK rearrangement") claim their markers too, so that no stain
can: such markers end as `gene`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from extract.staining import EQUIVOCAL, NEGATIVE, OTHER_CELLS, POSITIVE, UNKNOWN, Span, Token, tokens

GENE = "gene"
_FLIPPED = {POSITIVE: NEGATIVE, NEGATIVE: POSITIVE, EQUIVOCAL: EQUIVOCAL, UNKNOWN: UNKNOWN, GENE: GENE}
_POLAR = frozenset({POSITIVE, NEGATIVE, EQUIVOCAL, UNKNOWN})
_LIGHT = frozenset({"degree", "extent", "intensity", "hyphen"})
_CUES = frozenset({POSITIVE, NEGATIVE, EQUIVOCAL, UNKNOWN, "active", "seen", "sign", "score"})
# Words between "not" and the cue that it denies ("not all of the cells expressed").
_NOT_REACH = 7
_NOT_WORDS = 2
_SHOWN_WORDS = 3
_SHOWN_FAR = 12
# Other words between a cue that speaks forward and its first marker.
_FORWARD_WORDS = 6
# HER2 is scored 0 to 3+; the guideline calls 2+ equivocal.
_SCORED = "her2"


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
    is_firm: bool = True  # False where only a frame speaks ("showed staining for A"), which a plain cue overrides


@dataclass(slots=True)
class _Forward:
    """A cue that speaks forward."""

    result: str
    cue: Token
    is_firm: bool = True
    is_denied: bool = False
    is_adjective: bool = False  # "negative A and B": no other word may stand in its list
    degrees: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class _State:
    """Where the reading of a sentence stands."""

    tokens: list[Token]
    results: list[Result]
    pending: list[Result] = field(default_factory=list)
    set_aside: list[Result] = field(default_factory=list)  # "stains for A and B were performed and": may still be spoken of
    recent: list[Result] = field(default_factory=list)  # markers of the present list, with their results
    excepted: list[Result] = field(default_factory=list)
    forward: _Forward | None = None
    outer: list[_Forward | None] = field(default_factory=list)  # the forward cues outside the open parentheses
    denied_at: int = -99
    denial: Token | None = None
    shown: Token | None = None
    last: str | None = None  # the last result given
    excepting: bool = False


def read(text: str, markers: Sequence[Span], claims_genes: bool = True) -> tuple[list[Result], list[Token]]:
    """Return what a sentence says of its markers (`result` None where nothing), and the sentence's tokens.

    Where the markers are gene tests themselves, `claims_genes` is False: no word of gene tests claims them.
    """
    found = tokens(text, markers)
    state = _State(found, [Result(marker, marker.start, marker.end) for marker in markers])
    for at, token in enumerate(found):
        handler = _HANDLERS.get(token.kind)
        if handler is not None and (claims_genes or token.kind != GENE):
            handler(state, at, token)
    _close(state)
    return state.results, found


# ---------------------------------------------------------------- looking around


def _skip(state: _State, at: int, step: int, kinds: frozenset[str], limit: int = 8) -> int:
    """Return the index of the next token, in a direction, that is not of the kinds; parentheses without markers are jumped."""
    tokens_, depth = state.tokens, 0
    at += step
    while 0 <= at < len(tokens_) and limit:
        kind = tokens_[at].kind
        if kind == "(" or kind == ")":
            depth += 1 if (kind == "(") == (step > 0) else -1
            if depth < 0:
                return at
        elif depth == 0 and kind not in kinds:
            return at
        elif depth and kind == "marker":
            return at
        at += step
        limit -= 1
    return at if 0 <= at < len(tokens_) else -1


def _kind(state: _State, at: int) -> str:
    return state.tokens[at].kind if 0 <= at < len(state.tokens) else ""


_TO_LIST = _LIGHT | {",", "and", "number", "stain", "status", "word", "tumor_cells", "other_cells", "maybe_cells", "percent"}
_BARE = _LIGHT | {"stain"}


def _leads(state: _State, at: int, through: frozenset[str] = _TO_LIST) -> bool:
    """Return whether a preposition or colon at `at` leads to a marker: "for the following markers: A"."""
    if _kind(state, _skip(state, at, 1, _LIGHT)) == "tumor_cells" and "tumor_cells" in through:
        return _kind(state, _skip(state, at, 1, through - {",", "and"} | {":", "for"})) == "marker"  # not "negative for metastasis, A"
    after = _skip(state, at, 1, through | {":", "for"}, 10)
    return _kind(state, after) == "marker"


def _speaks_forward(state: _State, at: int) -> bool:
    """Return whether the cue at `at` has its markers after it, close by."""
    after = _skip(state, at, 1, _BARE)
    kind = _kind(state, after)
    if kind in ("for", ":"):
        return _leads(state, after) or (kind == "for" and not state.pending and state.forward is not None)
    if kind == "be" and state.tokens[at + 1 : after] and any(token.kind == "degree" for token in state.tokens[at + 1 : after]):
        # "Positive markers were A and B".
        return _kind(state, _skip(state, after, 1, _LIGHT | {":"})) == "marker"
    if kind == "marker":
        before = _skip(state, at, -1, _LIGHT)
        is_after_marker = _kind(state, before) in ("marker", "be") and bool(state.pending)
        return not is_after_marker
    return False


def _speaks_far_forward(state: _State, at: int) -> bool:
    """Return whether markers come after words between: "positive in the large cells for A"."""
    for after in range(at + 1, min(at + 10, len(state.tokens))):
        kind = state.tokens[after].kind
        if kind == "for" and _leads(state, after, _LIGHT):
            return True
        if kind in ("marker", ";", "break", "ends", "shows") or (kind in _CUES and kind != "seen"):
            return False
    return False


def _is_denied(state: _State, at: int) -> bool:
    """Return whether a "not" before the cue denies it; it is used up."""
    if _denial_reaches(state, at):
        state.denied_at = -99
        return True
    return False


def _denial_reaches(state: _State, at: int) -> bool:
    """Return whether a "not" still holds here: not far away, few other words between, no new clause."""
    if at - state.denied_at > _NOT_REACH:
        return False
    between = [token.kind for token in state.tokens[state.denied_at + 1 : at]]
    if between.count("word") > _NOT_WORDS or "ends" in between:
        return False
    # "without necrosis and with loss of A": a preposition after another word begins another matter.
    return "for" not in between or "word" not in between[: between.index("for")]


def _degrees_before(state: _State, at: int, reach: int = 4) -> dict[str, str]:
    """Return extent and intensity in the words just before a token: "diffusely and strongly positive"."""
    found: dict[str, str] = {}
    for before in range(at - 1, max(-1, at - 1 - reach), -1):
        token = state.tokens[before]
        if token.kind in ("extent", "intensity"):
            found.setdefault(token.kind, token.value)
        elif token.kind not in ("and", "degree", "stain", "hyphen", ",", "tumor_cells", "word"):
            break
    return found


def _degrees_after(state: _State, at: int, reach: int = 3) -> dict[str, str]:
    """Return extent and intensity in the words just after a cue: "positive, focally"."""
    found: dict[str, str] = {}
    for token in state.tokens[at + 1 : at + 1 + reach]:
        if token.kind in ("extent", "intensity"):
            found.setdefault(token.kind, token.value)
        elif token.kind not in ("degree", "stain", "for", "and", "("):
            break
    return found


# ---------------------------------------------------------------- giving results


def _give(state: _State, target: Result, result: str, cue: Token, by: str, is_firm: bool = True, degrees: dict[str, str] | None = None) -> None:
    target.result = result
    target.by = by
    target.is_firm = is_firm
    target.start = min(target.marker.start, cue.start)
    target.end = max(target.marker.end, cue.end)
    if result in (POSITIVE, EQUIVOCAL) and degrees:
        target.extent = degrees.get("extent") or target.extent
        target.intensity = degrees.get("intensity") or target.intensity
    state.last = result


def _backward(state: _State, at: int, result: str, by: str = "backward", is_firm: bool = True) -> bool:
    """Give a result to the markers before the cue; return whether there were any."""
    cue = state.tokens[at]
    degrees = {**_degrees_after(state, at), **_degrees_before(state, at)}
    waiting = state.pending if _is_at_hand(state) else []
    targets = waiting or _overridden(state, at) or ([] if state.pending else state.set_aside)
    for target in targets:
        _give(state, target, result, cue, by, is_firm, degrees)
    for target in state.excepted if targets else ():
        _give(state, target, _FLIPPED[result], cue, by)
    if targets:
        state.pending, state.set_aside, state.excepted = [], [], []
        state.forward = None
        _mark_cells(state, at, targets)
    return bool(targets)


def _is_at_hand(state: _State) -> bool:
    """Return whether the markers that wait are the last that were named: a cue does not reach back over others."""
    if not state.pending:
        return False
    last = state.recent[-1] if state.recent else None
    return last is None or last is state.pending[-1] or last.by in ("denied", "sign", "degree")


def _overridden(state: _State, at: int) -> list[Result]:
    """Return the markers that a forward cue had claimed, but that have a predicate of their own.

    "positive for A and B, C was negative": the last one; all since the last "and" where the verb is a plural.
    """
    before = _skip(state, at, -1, _LIGHT | {"stain"})
    kind = _kind(state, before)
    if kind not in ("marker", "be") or not state.recent or state.recent[-1].by not in ("forward", "degree"):
        return []
    if kind == "marker":
        return state.recent[-1:]
    verb = state.tokens[before]
    last = _skip(state, before, -1, _LIGHT | {"stain", "status", "number"})
    if _kind(state, last) != "marker":
        return []
    if verb.value == "one":
        return state.recent[-1:]
    return _since_last_and(state, last)


def _since_last_and(state: _State, last: int) -> list[Result]:
    """Return the markers of the last clause of a list: "A, B, and C and D" gives C and D."""
    targets = [state.results[int(state.tokens[last].number)]]
    at = last - 1
    while at > 0:
        token = state.tokens[at]
        if token.kind == "marker":
            targets.insert(0, state.results[int(token.number)])
        elif token.kind == "and" and _kind(state, at - 1) == ",":
            return targets
        elif token.kind not in ("and", ",", "degree", "extent", "intensity", "(", ")"):
            break
        at -= 1
    return targets[-1:] if len(targets) > 2 else targets


def _claim_forward(state: _State, at: int, result: str, is_firm: bool = True, is_denied: bool = False) -> None:
    """Let a cue speak forward from here on."""
    degrees = {**_degrees_after(state, at), **_degrees_before(state, at)}
    is_adjective = state.tokens[at].kind in _POLAR and _kind(state, _skip(state, at, 1, _LIGHT)) == "marker"
    state.forward = _Forward(result, state.tokens[at], is_firm, is_denied, is_adjective, degrees)
    state.recent = []
    state.excepting = False


# ---------------------------------------------------------------- the tokens


def _on_marker(state: _State, at: int, token: Token) -> None:
    target = state.results[int(token.number)]
    state.recent.append(target)
    if state.excepting:
        _except(state, target, token)
    elif state.denial is not None and _denial_reaches(state, at):
        # "no A", "neither A nor B", "but not A, B": the denial itself is the cue.
        state.denied_at = -99
        state.forward = _Forward(NEGATIVE, state.denial, is_denied=True)
        _give(state, target, NEGATIVE, state.denial, "denied")
    elif state.forward is not None and _reaches(state, at):
        by = "denied" if state.forward.is_denied else "forward"
        _give(state, target, state.forward.result, state.forward.cue, by, state.forward.is_firm, state.forward.degrees)
    else:
        state.pending.append(target)


def _reaches(state: _State, at: int) -> bool:
    """Return whether the cue that speaks forward still reaches a marker: the first of a list stands near the cue."""
    if state.forward is None:
        return False
    if len(state.recent) > 1:
        if state.forward.is_adjective and _kind(state, _skip(state, at, -1, _LIGHT | {"and", ","})) not in ("marker", "stain", ")"):
            state.forward = None
            return False
        return True
    words = 0
    for before in range(at - 1, -1, -1):
        token = state.tokens[before]
        if token.start <= state.forward.cue.start:
            break
        words += token.kind == "word"
    if words > _FORWARD_WORDS:
        state.forward = None
        return False
    return True


def _except(state: _State, target: Result, token: Token) -> None:
    if state.last is None or state.pending:
        state.excepted.append(target)
    else:
        _give(state, target, _FLIPPED[state.last], token, "forward")
        state.last = _FLIPPED[state.last]


def _on_polar(state: _State, at: int, token: Token) -> None:
    """A word such as "positive", "loss", "retained"."""
    if _ends_denial(state, at):
        return
    result = _FLIPPED[token.kind] if _is_denied(state, at) else token.kind
    if _inside_attached(state, at) and _attach(state, at, result):
        return
    if _speaks_forward(state, at):
        _claim_forward(state, at, result)
    elif _is_of_another_noun(state, at) or not _backward(state, at, result):
        if _speaks_far_forward(state, at):
            _claim_forward(state, at, result)
        else:
            state.last = result


def _is_of_another_noun(state: _State, at: int) -> bool:
    """Return whether a cue speaks of another noun: "positive for A, negative iron stain", "A fused, with loss of exons"."""
    if state.tokens[at].value in ("loss", "presence") and _kind(state, at + 1) == "for":
        return _kind(state, _skip(state, at + 1, 1, _LIGHT)) == "word"
    return _kind(state, _skip(state, at, -1, _LIGHT)) in (",", "and") and _kind(state, at + 1) == "word" and state.tokens[at].end + 1 == state.tokens[at + 1].start


def _on_active(state: _State, at: int, token: Token) -> None:
    """A verb such as "expressed", "stained": its markers are its object, or its subject."""
    after = _skip(state, at, 1, _LIGHT)
    if _kind(state, after) in _POLAR:
        return  # "stained positive for": the other word speaks
    if token.value == "stains" and _kind(state, at - 1) in ("", "degree", ";", ",", "and"):
        _on_stain(state, at, token)  # "Special stains for A": the noun
        return
    result = NEGATIVE if _is_denied(state, at) else POSITIVE
    before = _skip(state, at, -1, _LIGHT | {"not"})
    is_passive = _kind(state, before) == "be"
    is_subject = state.pending and _kind(state, before) in ("be", "marker") and not _speaks_forward(state, at)
    if is_subject or (is_passive and state.pending):
        _backward(state, at, result)
    elif _reaches_marker(state, at):
        _claim_forward(state, at, result)
    else:
        _backward(state, at, result)


def _reaches_marker(state: _State, at: int) -> bool:
    """Return whether a marker stands after a verb with nothing between that ends its reach."""
    for after in range(at + 1, min(at + 14, len(state.tokens))):
        kind = state.tokens[after].kind
        if kind == "marker":
            return True
        if kind in ("break", ";", "ends", "shows", "be", "active") or kind in _POLAR:
            return False
    return False


def _ends_denial(state: _State, at: int) -> bool:
    """End the list of a bare denial at its noun, "no A or B expression"; return whether there was one."""
    if state.forward is None or not state.forward.is_denied or not state.recent:
        return False
    if _kind(state, _skip(state, at, -1, _LIGHT)) != "marker":
        return False
    state.forward = None
    return True


def _on_stain(state: _State, at: int, token: Token) -> None:
    """A noun such as "expression", "staining", which says yes only in a frame: "showed expression of", "strong staining for"."""
    if _ends_denial(state, at):
        return
    after = _skip(state, at, 1, _BARE)
    leads = _kind(state, after) == "for" and _leads(state, after)
    before = _skip(state, at, -1, _LIGHT)
    if _kind(state, before) in _POLAR or (state.forward is not None and not state.recent):
        return  # "positive staining", "lack of staining of": the other word has spoken
    denied = _denial_reaches(state, at)
    degrees = _degrees_before(state, at)
    framed = state.shown is not None and _near(state, state.shown, at, _SHOWN_FAR if leads else _SHOWN_WORDS)
    if leads:
        if denied:
            _is_denied(state, at)
            _claim_forward(state, at, NEGATIVE)
        elif framed or degrees or token.value == "reactivity" or _kind(state, before) == "for":
            _claim_forward(state, at, POSITIVE, False)
        return
    if _is_at_hand(state) and (denied or framed or degrees) and _kind(state, after) not in ("be", "done"):
        result = NEGATIVE if _is_denied(state, at) else POSITIVE
        _backward(state, at, result, is_firm=False)


def _near(state: _State, shown: Token, at: int, reach: int) -> bool:
    """Return whether the verb of showing governs the noun at `at`: no other clause or matter began between."""
    words = 0
    for before in range(at - 1, -1, -1):
        token = state.tokens[before]
        if token is shown:
            return words <= reach
        if token.kind in ("break", ";", "be", "ends"):
            return False
        words += token.kind == "word"
    return False


def _on_seen(state: _State, at: int, token: Token) -> None:
    """A participle such as "detected", "seen": backward for what waits."""
    result = NEGATIVE if _is_denied(state, at) else POSITIVE
    if state.pending:
        before = _skip(state, at, -1, _LIGHT | {"not"})
        if _kind(state, before) in ("be", "marker", "stain"):
            _backward(state, at, result, is_firm=False)
    elif state.forward is None and _speaks_forward(state, at) and _kind(state, at - 1) == "be":
        # "Staining was seen with A".
        if any(before.kind in ("stain", POSITIVE) for before in state.tokens[max(0, at - 6) : at]):
            _claim_forward(state, at, result, result == NEGATIVE)


def _on_gene(state: _State, at: int, token: Token) -> None:
    """A word of gene tests claims its markers before or after."""
    before = _kind(state, _skip(state, at, -1, _LIGHT | {"stain"}))
    if before in ("marker", GENE, "hyphen", "number", "word") and (state.pending or state.recent):
        targets = state.pending or (_gene_list(state, at) if before == "marker" else [])
        for target in targets:
            _give(state, target, GENE, token, "backward")
        if targets:
            state.pending = []
            state.last = None
            return
    if _kind(state, at + 1) == "for" and _leads(state, at + 1, _LIGHT | {"word", GENE}):
        _claim_forward(state, at, GENE, True, True)


def _gene_list(state: _State, at: int) -> list[Result]:
    """Return the markers just before the word that a forward cue had claimed: "negative for EGFR or ALK mutations"."""
    last = _skip(state, at, -1, _LIGHT | {"stain"})
    if state.recent and state.recent[-1].by in ("sign",):
        return []
    return _since_last_and(state, last)


def _on_sign(state: _State, at: int, token: Token) -> None:
    """A sign such as "(+)" or "3+" speaks of the marker before it, and of those that wait."""
    result = token.value if token.kind == "sign" else (POSITIVE if token.number else NEGATIVE)
    previous = _last_marker(state, at)
    if previous is None:
        return
    target = state.results[int(previous.number)]
    if target.marker.id == _SCORED:
        is_graded = any(other.kind == "score" or (other.kind == "sign" and other.number > 1) for other in state.tokens)
        result = _her2(token, result, is_graded)
    if target.result is not None and target not in state.pending:
        if target.by == "forward" and not (state.forward and state.forward.is_denied):
            if target.result != result and _kind(state, at - 1) in ("marker", "(", "extent", "intensity"):
                _give(state, target, result, token, "sign", True, _degrees_before(state, at))
        return
    _attach_to(state, at, target, result, by="sign")


def _her2(token: Token, result: str, is_graded: bool) -> str:
    """Return the result of a HER2 score: 0 and 1+ negative, 2+ equivocal, 3+ positive; "+" is 1+ only beside "++" or "+++"."""
    if token.kind == "sign" and (result != POSITIVE or (token.number < 2 and not is_graded)):
        return result
    return {0: NEGATIVE, 1: NEGATIVE, 2: EQUIVOCAL}.get(int(token.number), POSITIVE)


def _last_marker(state: _State, at: int) -> Token | None:
    """Return the marker that a sign after it belongs to: nothing but light words between."""
    between = depth = 0
    for before in range(at - 1, max(-1, at - 14), -1):
        token = state.tokens[before]
        if token.kind == "marker":
            return token
        depth += (token.kind == ")") - (token.kind == "(")
        if depth > 0:
            continue  # "A (clone X, maker Y): ++"
        if token.kind in (";", "break", "ends", ",") or token.kind in _POLAR:
            return None
        if token.kind == "word":
            between += 1
            if between > 3:
                return None
    return None


def _inside_attached(state: _State, at: int) -> bool:
    """Return whether a word stands in parentheses right after a marker: "A (focally positive)"."""
    before = _skip_back_plain(state, at)
    return before > 0 and state.tokens[before].kind == "(" and state.tokens[before - 1].kind == "marker"


def _skip_back_plain(state: _State, at: int) -> int:
    at -= 1
    while at > 0 and state.tokens[at].kind in ("degree", "extent", "intensity", "and", ",", "percent", "hyphen", "not", "other_cells", "maybe_cells", "for"):
        at -= 1
    return at


def _attach(state: _State, at: int, result: str) -> bool:
    """Give the result in a marker's own parentheses; False if the parentheses hold a list of their own."""
    if _speaks_forward(state, at):
        return False
    previous = state.tokens[_skip_back_plain(state, at) - 1]
    _attach_to(state, at, state.results[int(previous.number)], result, "sign")
    return True


def _attach_to(state: _State, at: int, target: Result, result: str, by: str) -> None:
    """Give a marker its own result, and the same to markers that wait just before it: "A, B (+)"."""
    targets = state.pending if target in state.pending else [target]
    degrees = {**_degrees_after(state, at, 4), **_degrees_before(state, at)}
    for one in targets:
        _give(state, one, result, state.tokens[at], by, True, degrees if one is target else None)
    state.pending = []
    _mark_cells(state, at, [target])
    for before in range(at - 1, _skip_back_plain(state, at), -1):
        if state.tokens[before].kind in ("other_cells", "maybe_cells"):
            target.cells = state.tokens[before].value


def _on_percent(state: _State, at: int, token: Token) -> None:
    """A percentage belongs to the marker just before it, or right after it ("98% PD-L1 expression")."""
    target = _percent_target(state, at)
    if target is None:
        return
    if target.percent is None and not (target.result == NEGATIVE and token.number > 10):
        target.percent = token.number
    # Less than one per cent is negative; the bound of "<5%" is not.
    is_none = token.number == 0 or (token.value.startswith(("<", "≤", "≦")) and token.number <= 1)
    is_contradicted = target.result == NEGATIVE and target.by == "forward" and token.number >= 10 and _kind(state, at - 1) in ("marker", "(")
    if target.result is None or (is_none and not target.is_firm) or is_contradicted:
        _give(state, target, NEGATIVE if is_none else POSITIVE, token, "degree", False)
        if target in state.pending:
            state.pending.remove(target)


def _percent_target(state: _State, at: int) -> Result | None:
    light = _LIGHT | {"stain", "status", "be", "for", ":", "number", "(", "word", "tumor_cells", ","}
    words = 0
    for before in range(at - 1, max(-1, at - 9), -1):
        token = state.tokens[before]
        if token.kind == "marker":
            return state.results[int(token.number)]
        words += token.kind in ("word", ",")
        if token.kind not in light or words > 2:
            if token.kind in (POSITIVE, "active", "sign") and words < 2:
                continue
            break
    return None


def _on_degree(state: _State, at: int, token: Token) -> None:
    """An extent or intensity: of the marker whose parentheses hold it, or of the list from here on."""
    if _inside_attached(state, at):
        target = state.results[int(state.tokens[_skip_back_plain(state, at) - 1].number)]
        if token.kind == "extent":
            target.extent = token.value
        else:
            target.intensity = token.value
    elif state.forward is not None and state.recent and _kind(state, at - 1) in (",", "and", "break"):
        state.forward.degrees = {token.kind: token.value}


def _on_not(state: _State, at: int, token: Token) -> None:
    if _kind(state, at + 1) == ";" and _kind(state, at + 2) == "number":
        return  # "case No. 7"
    state.denied_at = at
    state.denial = token


def _on_break(state: _State, at: int, token: Token) -> None:
    """A contrast ends the reach of a cue, unless a bare denial follows ("A, B, but not C, were positive")."""
    state.excepting = False
    _settle(state)
    if _kind(state, at + 1) == "not":
        return
    state.forward = None
    state.shown = None
    state.recent = []
    if state.last is not None or _kind(state, at - 1) == ",":
        state.pending = [target for target in state.pending if target.result is None and state.last is None]


def _on_semicolon(state: _State, at: int, token: Token) -> None:
    """A semicolon or full stop ends a clause; as a mere comma ("positive for A; B; C") it does not."""
    state.denied_at = -99
    for after in range(at + 1, len(state.tokens)):
        kind = state.tokens[after].kind
        if kind == ";":
            break
        if kind in _CUES or kind in ("be", "shows", "stain", "not", ":", "word"):
            state.forward = None
            state.shown = None
            state.recent = []
            state.excepting = False
            if state.last is not None or _has_marker(state, after):
                state.pending = []
            return


def _has_marker(state: _State, at: int) -> bool:
    """Return whether the clause from `at` on names a marker."""
    for token in state.tokens[at:]:
        if token.kind == "marker":
            return True
        if token.kind == ";":
            return False
    return False


def _settle(state: _State) -> None:
    """Give the objects of "immunohistochemistry showed A and B" their result where nothing else speaks of them."""
    if not state.pending:
        return
    first = next((number for number, token in enumerate(state.tokens) if token.start == state.pending[0].marker.start), 0)
    verb = _skip(state, first, -1, _LIGHT)
    if _kind(state, verb) in ("shows", "seen") and any(token.kind == "status" for token in state.tokens[:verb]):
        for target in state.pending:
            if target.result is None:
                _give(state, target, POSITIVE, state.tokens[verb], "shown", False)
        state.pending = []


def _on_ends(state: _State, at: int, token: Token) -> None:
    """Words after which another matter begins: "which", "consistent with"."""
    _settle(state)
    state.forward = None
    state.excepting = False
    state.shown = None


def _on_open(state: _State, at: int, token: Token) -> None:
    state.outer.append(state.forward)


def _on_shut(state: _State, at: int, token: Token) -> None:
    if state.outer:
        state.forward = state.outer.pop()
    state.excepting = False


def _on_shows(state: _State, at: int, token: Token) -> None:
    """A verb of showing: it frames the nouns after it, and ends the list before it."""
    if state.pending and _kind(state, _skip(state, at, -1, _LIGHT | {"not"})) == "be":
        # "A and B could not be demonstrated".
        _backward(state, at, NEGATIVE if _is_denied(state, at) else POSITIVE, is_firm=False)
        return
    state.shown = token
    if state.forward is not None and not state.forward.is_denied:
        state.forward = None


def _on_except(state: _State, at: int, token: Token) -> None:
    state.excepting = True


def _on_so(state: _State, at: int, token: Token) -> None:
    """ "as was C": the last result goes on."""
    if state.last in _FLIPPED:
        state.forward = _Forward(state.last, token)
        state.recent = []


def _on_done(state: _State, at: int, token: Token) -> None:
    """ "Stains for A and B were performed": nothing is said of them yet."""
    if _kind(state, at - 1) == "be" and state.pending:
        state.set_aside, state.pending = state.pending, []


def _on_be(state: _State, at: int, token: Token) -> None:
    """A predicate after a list ends the reach of the cue before the list."""
    if state.forward is not None and state.recent:
        state.forward = None


def _on_mark(state: _State, at: int, token: Token) -> None:
    """A comma or colon ends the reach of a denial that has not met its cue."""
    state.denied_at = -99


def _on_cells(state: _State, at: int, token: Token) -> None:
    """Give the cells to the list that they follow: "positive for A in the vessels"."""
    before = _skip(state, at, -1, _LIGHT)
    if _kind(state, before) != "in":
        return
    listed = _skip(state, before, -1, _LIGHT | {"stain", "for"})
    if _kind(state, listed) != "marker" or not state.recent or state.recent[-1].by != "forward":
        return
    for target in _since_last_and(state, listed):
        if target.result == POSITIVE:
            target.cells = token.value


def _on_number(state: _State, at: int, token: Token) -> None:
    """A bare number is a result only as a HER2 score: "HER2 score was 0"."""
    previous = _last_marker(state, at)
    if token.number <= 3 and previous is not None and state.results[int(previous.number)].marker.id == _SCORED:
        if any(between.kind == "status" for between in state.tokens[max(0, at - 4) : at]):
            _on_sign(state, at, token._replace(kind="score"))


# ---------------------------------------------------------------- other cells


def _mark_cells(state: _State, at: int, targets: Sequence[Result]) -> None:
    """Name the cells that a cue speaks of, where they are not the tumour's: "positive in vessels", "A-positive T cells"."""
    is_adjective = _kind(state, at) == POSITIVE and _kind(state, at - 1) in ("marker", "hyphen")  # "A-positive and B-positive T cells"
    for after in range(at + 1, min(at + 8, len(state.tokens))):
        token = state.tokens[after]
        if token.kind in ("other_cells", "maybe_cells"):
            for target in targets:
                target.cells = token.value
            return
        if token.kind not in ("word", "degree", "extent", "intensity", "for", "in", "stain", "hyphen", "percent") and not is_adjective:
            return
        if token.kind not in _ADJECTIVES:
            is_adjective = False


_ADJECTIVES = frozenset({"and", "marker", POSITIVE, "hyphen", "degree", "word", ","})
_SUBJECT_ENDS = frozenset({"break", ";", "marker", ",", "ends"})


def _mark_subjects(state: _State) -> None:
    """Name the cells of a forward list from its subject: "plasma cells were positive for A"."""
    for target in state.results:
        if target.by != "forward" or target.result != POSITIVE or target.cells is not None:
            continue
        subject = _subject(state, target.start)
        if subject is not None:
            target.cells = subject


def _subject(state: _State, cue_start: int) -> str | None:
    """Return the cells that are the subject of the cue at an offset, None for the tumour's or where none are named."""
    cue = next((number for number, token in enumerate(state.tokens) if token.start == cue_start), -1)
    for before in range(cue - 1, max(-1, cue - 9), -1):
        token = state.tokens[before]
        if token.kind in ("other_cells", "maybe_cells"):
            # "The luminal cells and some basal cells": the tumour's cells are meant too.
            earlier = state.tokens[max(0, before - 4) : before]
            return None if any(one.kind == "tumor_cells" for one in earlier) and any(one.kind == "and" for one in earlier) else token.value
        if token.kind == "tumor_cells" or token.kind in _SUBJECT_ENDS:
            return None
    return None


def _close(state: _State) -> None:
    """At the end: what still waits takes a lone degree of its own ("A (focal), B (strong)"), or nothing."""
    _settle(state)
    for target in state.pending:
        if target.extent or target.intensity:
            target.result, target.by, target.is_firm = POSITIVE, "degree", False
    _mark_subjects(state)
    for target in state.results:
        if target.result == POSITIVE and target.cells is not None:
            target.result = OTHER_CELLS
        elif target.result == NEGATIVE:
            target.extent = target.intensity = target.cells = None


_HANDLERS = {
    "marker": _on_marker,
    POSITIVE: _on_polar,
    NEGATIVE: _on_polar,
    EQUIVOCAL: _on_polar,
    UNKNOWN: _on_polar,
    "active": _on_active,
    "stain": _on_stain,
    "seen": _on_seen,
    "gene": _on_gene,
    "sign": _on_sign,
    "score": _on_sign,
    "percent": _on_percent,
    "extent": _on_degree,
    "intensity": _on_degree,
    "not": _on_not,
    "break": _on_break,
    ";": _on_semicolon,
    "ends": _on_ends,
    "(": _on_open,
    ")": _on_shut,
    "shows": _on_shows,
    "except": _on_except,
    "so": _on_so,
    "done": _on_done,
    "be": _on_be,
    "other_cells": _on_cells,
    "maybe_cells": _on_cells,
    ",": _on_mark,
    ":": _on_mark,
    "number": _on_number,
}
