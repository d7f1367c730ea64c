"""Signs, scores and percentages: what belongs to the marker just before it, "A (+)", "B 3+", "C (focal, 20%)"."""

from __future__ import annotations

from extract.stains.results import give, mark_cells
from extract.stains.state import LIGHT, POLAR, Result, State, degrees_after, degrees_before, kind_at, speaks_forward
from extract.stains.tokens import EQUIVOCAL, NEGATIVE, POSITIVE, Token

# HER2 is scored 0 to 3+; the guideline calls 2+ equivocal.
_SCORED = "her2"
_ALLRED = ("er", "pr")


def on_sign(state: State, at: int, token: Token) -> None:
    """Read a sign such as "(+)" or "3+": of the marker before it, and of those that wait."""
    previous = _last_marker(state, at)
    if previous is None:
        return
    target = state.results[int(previous.number)]
    result = result_of_sign(state, target, token)
    if target.result is None or target in state.pending:
        _attach_to(state, at, target, result, by="sign")
        return
    if target.marker.id == _SCORED and token.kind == "score" and target.cue in POLAR and target.result != result:
        give(state, target, result, token, "sign")  # "HER2+ (3+)", "positive for HER2 (2+)"
        return
    is_direct = kind_at(state, at - 1) in ("marker", "(", "extent", "intensity")
    if is_direct and target.by == "forward" and target.result != result and not (state.forward and state.forward.is_denied):
        give(state, target, result, token, "sign", True, degrees_before(state, at))


def result_of_sign(state: State, target: Result, token: Token) -> str:
    """Return what a sign or score says of a marker."""
    result = token.value if token.kind == "sign" else (POSITIVE if token.number else NEGATIVE)
    if target.marker.id != _SCORED:
        return result
    is_graded = any(other.kind == "score" or (other.kind == "sign" and other.number > 1) for other in state.tokens)
    return _her2(token, result, is_graded)


def _her2(token: Token, result: str, is_graded: bool) -> str:
    """Return the result of a HER2 score: 0 and 1+ negative, 2+ equivocal, 3+ positive; "+" is 1+ only beside "++" or "+++"."""
    if token.kind == "sign" and (result != POSITIVE or (token.number < 2 and not is_graded)):
        return result
    return {0: NEGATIVE, 1: NEGATIVE, 2: EQUIVOCAL}.get(int(token.number), POSITIVE)


def _last_marker(state: State, at: int) -> Token | None:
    """Return the marker that a sign after it belongs to: nothing but light words between."""
    between = depth = 0
    for before in range(at - 1, max(-1, at - 14), -1):
        token = state.tokens[before]
        if token.kind == "marker":
            return token
        depth += (token.kind == ")") - (token.kind == "(")
        if depth > 0:
            continue  # "A (clone X, maker Y): ++"
        if token.kind in (";", "break", "ends", ",") or token.kind in POLAR:
            return None
        if token.kind == "word":
            between += 1
            if between > 3:
                return None
    return None


def inside_attached(state: State, at: int) -> bool:
    """Return whether a word stands in parentheses right after a marker: "A (focally positive)"."""
    before = _skip_back_plain(state, at)
    return before > 0 and state.tokens[before].kind == "(" and state.tokens[before - 1].kind == "marker"


def _skip_back_plain(state: State, at: int) -> int:
    at -= 1
    while at > 0 and state.tokens[at].kind in (
        "degree",
        "extent",
        "intensity",
        "and",
        ",",
        "percent",
        "hyphen",
        "not",
        "other_cells",
        "maybe_cells",
        "for",
    ):
        at -= 1
    return at


def attach(state: State, at: int, result: str) -> bool:
    """Give the result in a marker's own parentheses; False if the parentheses hold a list of their own."""
    if speaks_forward(state, at):
        return False
    previous = state.tokens[_skip_back_plain(state, at) - 1]
    _attach_to(state, at, state.results[int(previous.number)], result, "sign")
    return True


def _attach_to(state: State, at: int, target: Result, result: str, by: str) -> None:
    """Give a marker its own result, and the same to markers that wait just before it: "A, B (+)"."""
    targets = state.pending if target in state.pending else [target]
    degrees = {**degrees_after(state, at, 4), **degrees_before(state, at)}
    for one in targets:
        own = POSITIVE if result == NEGATIVE and one is not target and (one.extent or one.intensity) else result  # "A (focal), B (-)"
        give(state, one, own, state.tokens[at], by, True, degrees if one is target else None)
    state.pending = []
    mark_cells(state, at, [target])
    for before in range(at - 1, _skip_back_plain(state, at), -1):
        if state.tokens[before].kind in ("other_cells", "maybe_cells"):
            target.cells = state.tokens[before].value


def on_percent(state: State, at: int, token: Token) -> None:
    """Read a percentage: of the marker just before it."""
    target = _percent_target(state, at)
    if target is None:
        return
    if target.percent is None and not (target.result == NEGATIVE and token.number > 10):
        target.percent = token.number
    # Less than one per cent is negative; the bound of "<5%" is not.
    is_none = token.number == 0 or (token.value.startswith(("<", "≤", "≦")) and token.number <= 1)
    is_contradicted = (
        target.result == NEGATIVE and target.by == "forward" and token.number >= 10 and kind_at(state, at - 1) in ("marker", "(")
    )
    if target.result is None or (is_none and not target.is_firm) or is_contradicted:
        give(state, target, NEGATIVE if is_none else POSITIVE, token, "degree", False)
        if target in state.pending:
            state.pending.remove(target)


def _percent_target(state: State, at: int) -> Result | None:
    light = LIGHT | {"stain", "status", "be", "for", ":", "number", "(", "word", "tumor_cells", ","}
    words = 0
    for before in range(at - 1, max(-1, at - 9), -1):
        token = state.tokens[before]
        if token.kind == "marker":
            return state.results[int(token.number)]
        words += token.kind in ("word", ",")
        if token.kind not in light or words > 2:
            if token.kind in (POSITIVE, "active", "sign") and words < 2:
                continue
            if token.kind in ("shows", ")") and any(between.value == "score" for between in state.tokens[before:at]):
                continue
            break
    return None


def on_degree(state: State, at: int, token: Token) -> None:
    """Read an extent or intensity: of the marker whose parentheses hold it, or of the list from here on."""
    if inside_attached(state, at):
        target = state.results[int(state.tokens[_skip_back_plain(state, at) - 1].number)]
        if token.kind == "extent":
            target.extent = token.value
        else:
            target.intensity = token.value
    elif kind_at(state, at - 1) == "marker" and kind_at(state, at + 1) in (",", ";") and state.pending:
        # "A diffuse, B -".
        setattr(state.pending[-1], token.kind, token.value)
    elif state.forward is not None and state.recent and kind_at(state, at - 1) in (",", "and", "break"):
        state.forward.degrees = {token.kind: token.value}


def on_number(state: State, at: int, token: Token) -> None:
    """Take a bare number as a result only where it is a score: "HER2 score was 0", "HER2: 1", "ER (Allred score 8)"."""
    previous = _last_marker(state, at)
    marker = state.results[int(previous.number)].marker.id if previous is not None else ""
    is_score = any(between.kind == "status" for between in state.tokens[max(0, at - 4) : at])
    if marker == _SCORED and token.number <= 3 and (is_score or kind_at(state, at - 1) in (":", "be", "marker")):
        on_sign(state, at, token._replace(kind="score"))
    elif any(between.value == "score" for between in state.tokens[max(0, at - 4) : at]):
        # H-score, combined positive score.
        on_sign(state, at, token._replace(kind="sign", value=POSITIVE if token.number else NEGATIVE, number=1))
    elif marker in _ALLRED and is_score and token.number <= 8:
        on_sign(state, at, token._replace(kind="sign", value=POSITIVE if token.number > 2 else NEGATIVE, number=1))
