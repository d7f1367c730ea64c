"""Give results to markers: forward from a cue, backward to those that wait, and whose cells are meant."""

from __future__ import annotations

from collections.abc import Sequence

from extract.stains.state import FLIPPED, LIGHT, POLAR, Forward, Result, State, degrees_after, degrees_before, kind_at, skip
from extract.stains.tokens import EQUIVOCAL, POSITIVE, Token

_ADJECTIVES = frozenset({"and", "marker", POSITIVE, "hyphen", "degree", "word", ","})


def give(
    state: State, target: Result, result: str, cue: Token, by: str, is_firm: bool = True, degrees: dict[str, str] | None = None
) -> None:
    """Give a marker a result, with the cue that says so; extent and intensity only to what is not negative."""
    target.result = result
    target.by = by
    target.cue = cue.value or cue.kind
    target.is_firm = is_firm
    target.start = min(target.marker.start, cue.start)
    target.end = max(target.marker.end, cue.end)
    if result in (POSITIVE, EQUIVOCAL) and degrees:
        target.extent = degrees.get("extent") or target.extent
        target.intensity = degrees.get("intensity") or target.intensity
    state.last = result


def backward(state: State, at: int, result: str, by: str = "backward", is_firm: bool = True) -> bool:
    """Give a result to the markers before the cue; return whether there were any."""
    cue = state.tokens[at]
    degrees = {**degrees_after(state, at), **degrees_before(state, at)}
    waiting = state.pending if is_at_hand(state) else []
    targets = waiting or _overridden(state, at) or ([] if state.pending else state.set_aside)
    if targets and not degrees and kind_at(state, at - 1) == "marker":
        first = next(number for number, token in enumerate(state.tokens) if token.start == targets[0].marker.start)
        degrees = degrees_before(state, first)  # "diffuse A positivity"
    for target in targets:
        give(state, target, result, cue, by, is_firm, degrees)
    for target in state.excepted if targets else ():
        give(state, target, FLIPPED[result], cue, by)
    if targets:
        state.pending, state.set_aside, state.excepted = [], [], []
        state.forward = None
        mark_cells(state, at, targets)
    return bool(targets)


def is_at_hand(state: State) -> bool:
    """Return whether the markers that wait are the last that were named: a cue does not reach back over others."""
    if not state.pending:
        return False
    last = state.recent[-1] if state.recent else None
    return last is None or last is state.pending[-1] or last.by in ("denied", "sign", "degree")


def _overridden(state: State, at: int) -> list[Result]:
    """Return the markers that a forward cue had claimed, but that have a predicate of their own.

    "positive for A and B, C was negative": the last one; all since the last "and" where the verb is a plural.
    """
    before = skip(state, at, -1, LIGHT | {"stain"})
    kind = kind_at(state, before)
    if kind not in ("marker", "be") or not state.recent or state.recent[-1].by not in ("forward", "degree"):
        return []
    if kind == "marker":
        return state.recent[-1:]
    verb = state.tokens[before]
    last = skip(state, before, -1, LIGHT | {"stain", "status", "number"})
    if kind_at(state, last) != "marker":
        return []
    if verb.value == "one":
        return state.recent[-1:]
    return since_last_and(state, last)


def since_last_and(state: State, last: int) -> list[Result]:
    """Return the markers of the last clause of a list: "A, B, and C and D" gives C and D."""
    targets = [state.results[int(state.tokens[last].number)]]
    at = last - 1
    while at > 0:
        token = state.tokens[at]
        if token.kind == "marker":
            targets.insert(0, state.results[int(token.number)])
        elif token.kind == "and" and kind_at(state, at - 1) == ",":
            return targets
        elif token.kind not in ("and", ",", "not", "degree", "extent", "intensity", "(", ")"):
            break
        at -= 1
    return targets[-1:] if len(targets) > 2 else targets


def claim_forward(state: State, at: int, result: str, is_firm: bool = True, is_denied: bool = False) -> None:
    """Let a cue speak forward from here on."""
    degrees = {**degrees_after(state, at), **degrees_before(state, at)}
    is_adjective = state.tokens[at].kind in POLAR and kind_at(state, skip(state, at, 1, LIGHT)) == "marker"
    state.forward = Forward(result, state.tokens[at], is_firm, is_denied, is_adjective, degrees)
    state.recent = []
    state.excepting = False


def mark_cells(state: State, at: int, targets: Sequence[Result]) -> None:
    """Name the cells that a cue speaks of, where they are not the tumour's: "positive in vessels", "A-positive T cells"."""
    is_adjective = kind_at(state, at) == POSITIVE and kind_at(state, at - 1) in ("marker", "hyphen")  # "A-positive and B-positive T cells"
    for after in range(at + 1, min(at + 8, len(state.tokens))):
        token = state.tokens[after]
        if token.kind in ("other_cells", "maybe_cells"):
            for target in targets:
                target.cells = token.value
            return
        if token.kind not in ("word", "degree", "extent", "intensity", "for", "in", "stain", "hyphen", "percent") and not is_adjective:
            return
        if token.kind == "tumor_cells" and kind_at(state, after + 1) in ("word", "be"):
            return  # the noun itself: "A-positive round cells radiated from vessels"
        if token.kind not in _ADJECTIVES:
            is_adjective = False
