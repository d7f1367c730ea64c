"""Results that are told in the order of their markers: "A and B were 90% and 60%, respectively", "the first two were positive"."""

from __future__ import annotations

from collections.abc import Sequence

from extract.stains.results import give
from extract.stains.signs import result_of_sign
from extract.stains.state import FLIPPED, LIGHT, POLAR, Result, State, kind_at, skip
from extract.stains.tokens import NEGATIVE, POSITIVE, Token

RESPECTIVELY = "respectively"
_SIGNS = frozenset({"sign", "score"})
_VALUES = POLAR | _SIGNS | {"percent"}
_BETWEEN_VALUES = LIGHT | {"and", ",", "(", ")"}
_BEFORE_VALUES = LIGHT | POLAR | {"be", "in", "for", "active", "stain", "status", "shows", "tumor_cells", "seen"}
_IN_LIST = LIGHT | {"and", ",", "stain", "status", "marker"}
# Which of a list an ordinal names, as its first and last place.
_PLACES = {"first 1": (0, 1), "first 2": (0, 2), "first 3": (0, 3), "third": (2, 3), "last 1": (-1, None), "last 2": (-2, None)}


def read(state: State) -> None:
    """Give the results that are told in order; they override what the words gave one by one."""
    ordinals = [at for at, token in enumerate(state.tokens) if token.kind == "ordinal"]
    if ordinals:
        _read_ordinals(state, ordinals)
    for at, token in enumerate(state.tokens):
        if token.value == RESPECTIVELY:
            _pair(state, at)


def _pair(state: State, at: int) -> None:
    """Pair the values before "respectively" with as many markers before them."""
    values: list[Token] = []
    before = at - 1
    while kind_at(state, before) in _VALUES | _BETWEEN_VALUES:
        token = state.tokens[before]
        if token.kind in _VALUES:
            if values and (token.kind in POLAR) != (values[0].kind in POLAR):
                break  # "positive in 90% and 60%"
            values.insert(0, token)
        before -= 1
    while kind_at(state, before) in _BEFORE_VALUES:
        before -= 1
    targets = _list_before(state, before + 1)
    if len(values) < 2 or len(values) != len(targets):
        return
    for target, value in zip(targets, values, strict=True):
        _give_value(state, target, value)


def _give_value(state: State, target: Result, value: Token) -> None:
    """Give a marker a value in words, a sign, or a percentage."""
    if value.kind in POLAR:
        give(state, target, value.kind, value, "backward")
    elif value.kind in _SIGNS:
        give(state, target, result_of_sign(state, target, value), value, "sign")
        target.percent = None
    else:
        if target.result is None or target.by == "degree":
            give(state, target, POSITIVE if value.number else NEGATIVE, value, "degree", False)
        target.percent = value.number


def _list_before(state: State, at: int) -> list[Result]:
    """Return the list of markers that ends before a token."""
    found: list[Result] = []
    while at > 0 and kind_at(state, at - 1) in _IN_LIST:
        at -= 1
        if state.tokens[at].kind == "marker":
            found.insert(0, state.results[int(state.tokens[at].number)])
    return found


def _read_ordinals(state: State, ordinals: Sequence[int]) -> None:
    """Give what "the first two", "the latter" are said to be to their places in the list before the first of them."""
    markers = [at for at in range(ordinals[0]) if kind_at(state, at) == "marker"]
    if not markers:
        return
    listed = _list_before(state, markers[-1] + 1)
    for at in ordinals:
        verb = skip(state, at, 1, LIGHT | {"be", "word"})
        is_denied = kind_at(state, verb) == "not"
        cue = skip(state, verb, 1, LIGHT) if is_denied else verb
        if kind_at(state, cue) not in (POSITIVE, NEGATIVE) or len(listed) < 2:
            continue
        result = FLIPPED[state.tokens[cue].kind] if is_denied else state.tokens[cue].kind
        first, last = _PLACES[state.tokens[at].value]
        for target in listed[first:last]:
            give(state, target, result, state.tokens[cue], "backward")
