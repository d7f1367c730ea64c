"""Words that carry a result: adjectives, verbs, nouns in a frame, and the words of gene tests that claim markers away."""

from __future__ import annotations

from extract.stains.results import backward, claim_forward, give, is_at_hand, since_last_and
from extract.stains.signs import attach, inside_attached
from extract.stains.state import (
    BARE,
    FLIPPED,
    GENE,
    LIGHT,
    POLAR,
    Result,
    State,
    degrees_before,
    denial_reaches,
    is_denied,
    kind_at,
    leads_to_marker,
    skip,
    speaks_far_forward,
    speaks_forward,
)
from extract.stains.tokens import NEGATIVE, POSITIVE, Token, concepts

_SHOWN_WORDS = 3
_SHOWN_FAR = 12


def on_polar(state: State, at: int, token: Token) -> None:
    """Read a word such as "positive", "loss", "retained"."""
    if _ends_denial(state, at) or (state.pending and kind_at(state, at + 1) == "be" and kind_at(state, at + 2) == "not"):
        return  # "A positivity was not seen": the verb will speak
    result = FLIPPED[token.kind] if is_denied(state, at) else token.kind
    if inside_attached(state, at) and attach(state, at, result):
        return
    if speaks_forward(state, at):
        claim_forward(state, at, result)
    elif _is_of_another_noun(state, at) or not backward(state, at, result):
        if speaks_far_forward(state, at):
            claim_forward(state, at, result)
        else:
            state.last = result


def _is_of_another_noun(state: State, at: int) -> bool:
    """Return whether a cue speaks of another noun: "positive for A, negative iron stain", "A fused, with loss of exons"."""
    if state.tokens[at].value in ("loss", "presence") and kind_at(state, at + 1) == "for":
        return kind_at(state, skip(state, at + 1, 1, LIGHT)) == "word"
    before = skip(state, at, -1, LIGHT)
    # "A and B, and with negative margins": the preposition only joins.
    is_with = kind_at(state, before) == "for" and kind_at(state, before - 1) in ("and", ",", "marker") and state.tokens[at].kind == NEGATIVE
    return (
        (is_with or kind_at(state, before) in (",", "and"))
        and kind_at(state, at + 1) == "word"
        and state.tokens[at].end + 1 == state.tokens[at + 1].start
    )


def on_active(state: State, at: int, token: Token) -> None:
    """Read a verb such as "expressed", "stained": its markers are its object, or its subject."""
    after = skip(state, at, 1, LIGHT)
    if kind_at(state, after) in POLAR:
        return  # "stained positive for": the other word speaks
    if token.value == "stains" and kind_at(state, at - 1) in ("", "degree", ";", ",", "and"):
        on_stain(state, at, token)  # "Special stains for A": the noun
        return
    if _is_method(state, at):
        return
    result = NEGATIVE if is_denied(state, at) else POSITIVE
    before = skip(state, at, -1, LIGHT | {"not"})
    is_passive = kind_at(state, before) == "be"
    is_subject = state.pending and kind_at(state, before) in ("be", "marker") and not speaks_forward(state, at)
    if is_subject or (is_passive and state.pending):
        backward(state, at, result)
    elif _reaches_marker(state, at):
        claim_forward(state, at, result)
    else:
        backward(state, at, result)


def _is_method(state: State, at: int) -> bool:
    """Return whether a verb tells what was done, not what was seen: "sections were stained with A and B", "A-stained smears"."""
    after = state.tokens[at + 1] if at + 1 < len(state.tokens) else None
    if after is not None and after.value in concepts("staining", "material"):
        return True
    if kind_at(state, at - 1) == "be" and _has_own_predicate(state, at):
        return True
    if kind_at(state, at + 1) != "for" or degrees_before(state, at, 1):
        return False
    for before in range(at - 1, max(-1, at - 8), -1):
        token = state.tokens[before]
        if token.kind == "word" and token.value in concepts("staining", "material"):
            return True
        if token.kind not in ("word", "be", "and", "degree", "for", "tumor_cells"):
            return False
    return False


def _has_own_predicate(state: State, at: int) -> bool:
    """Return whether what was stained is told a result of its own: "A and B were stained and were negative"."""
    joined = False
    for after in range(at + 1, min(at + 6, len(state.tokens))):
        kind = state.tokens[after].kind
        if kind in POLAR:
            return joined
        joined = joined or kind == "and"
        if kind not in ("word", "degree", "and", "be", "seen", ","):
            return False
    return False


def _reaches_marker(state: State, at: int) -> bool:
    """Return whether a marker stands after a verb with nothing between that ends its reach."""
    for after in range(at + 1, min(at + 14, len(state.tokens))):
        kind = state.tokens[after].kind
        if kind == "marker":
            return True
        if kind in ("break", ";", "ends", "shows", "be", "active") or kind in POLAR:
            return False
    return False


def _ends_denial(state: State, at: int) -> bool:
    """End the list of a bare denial at its noun, "no A or B expression"; return whether there was one."""
    if state.forward is None or not state.forward.is_denied or not state.recent:
        return False
    if kind_at(state, skip(state, at, -1, LIGHT)) != "marker":
        return False
    state.forward = None
    return True


def on_stain(state: State, at: int, token: Token) -> None:
    """Read a noun such as "expression", "staining", which says yes only in a frame: "showed expression of", "strong staining for"."""
    if _ends_denial(state, at):
        return
    after = skip(state, at, 1, BARE)
    leads = kind_at(state, after) == "for" and leads_to_marker(state, after)
    before = skip(state, at, -1, LIGHT)
    if kind_at(state, before) in POLAR or (state.forward is not None and not state.recent):
        return  # "positive staining", "lack of staining of": the other word has spoken
    denied = denial_reaches(state, at)
    degrees = degrees_before(state, at) or _degrees_of_list(state, at)
    located = any(one.value == "where" for one in state.tokens[max(0, _list_start(state, at) - 2) : at])
    framed = state.shown is not None and _near(state, state.shown, at, _SHOWN_FAR if leads else _SHOWN_WORDS)
    if leads:
        if denied:
            is_denied(state, at)
            claim_forward(state, at, NEGATIVE)
        elif framed or degrees or located or token.value == "reactivity" or kind_at(state, before) == "for":
            claim_forward(state, at, POSITIVE, False)
        return
    if is_at_hand(state) and (denied or framed or degrees or located) and kind_at(state, after) not in ("be", "done", NEGATIVE):
        result = NEGATIVE if is_denied(state, at) else POSITIVE
        backward(state, at, result, is_firm=False)


def _degrees_of_list(state: State, at: int) -> dict[str, str]:
    """Return the degrees before the markers that stand right before a noun: "focal A and B staining"."""
    if not state.pending or kind_at(state, at - 1) not in ("marker", "hyphen"):
        return {}
    return degrees_before(state, _list_start(state, at), 1)


def _list_start(state: State, at: int) -> int:
    """Return the index of the first marker that waits, or of the token at hand."""
    start = state.pending[0].marker.start if state.pending else -1
    return next((number for number, token in enumerate(state.tokens) if token.start == start), at)


def _near(state: State, shown: Token, at: int, reach: int) -> bool:
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


def on_seen(state: State, at: int, token: Token) -> None:
    """Read a participle such as "detected", "seen": backward for what waits."""
    result = NEGATIVE if is_denied(state, at) else POSITIVE
    if state.pending:
        before = skip(state, at, -1, LIGHT | {"not"})
        if kind_at(state, before) in ("be", "marker", "stain"):
            backward(state, at, result, is_firm=False)
        return
    is_predicate = kind_at(state, at - 1) in ("be", "and") and (state.forward is None or bool(state.recent))
    is_of_stain = any(before.kind in ("stain", POSITIVE) for before in state.tokens[max(0, at - 6) : at])
    if is_predicate and is_of_stain and speaks_forward(state, at):
        # "Staining was seen with A", "absent for A and present for B".
        claim_forward(state, at, result, result == NEGATIVE)


def on_gene(state: State, at: int, token: Token) -> None:
    """Let a word of gene tests claim its markers, before or after."""
    before = kind_at(state, skip(state, at, -1, LIGHT | {"stain"}))
    if before in ("marker", GENE, "hyphen", "number", "word") and (state.pending or state.recent):
        targets = state.pending or (_gene_list(state, at) if before == "marker" else [])
        for target in targets:
            give(state, target, GENE, token, "backward")
        if targets:
            state.pending = []
            state.last = None
            return
    if before in ("sign", POSITIVE) and state.recent and state.tokens[at].start - state.tokens[at - 1].end <= 1:
        give(state, state.recent[-1], GENE, token, "backward")  # "A+ translocation", "A-positive mutation"
        return
    if kind_at(state, at + 1) in ("for", "in") and leads_to_marker(state, at + 1, LIGHT | {"word", "number", GENE}):
        claim_forward(state, at, GENE, True, True)


def _gene_list(state: State, at: int) -> list[Result]:
    """Return the markers just before the word that a forward cue had claimed: "negative for EGFR or ALK mutations"."""
    last = skip(state, at, -1, LIGHT | {"stain"})
    if state.recent and state.recent[-1].by in ("sign",):
        return []
    return since_last_and(state, last)


def on_shows(state: State, at: int, token: Token) -> None:
    """Read a verb of showing: it frames the nouns after it, and ends the list before it."""
    if kind_at(state, at - 1) == "break" and kind_at(state, at + 1) == "for" and state.last in (POSITIVE, NEGATIVE):
        claim_forward(state, at, FLIPPED[state.last], False)  # "no staining with A, but there was with B"
        return
    if state.pending and kind_at(state, skip(state, at, -1, LIGHT | {"not"})) == "be":
        if kind_at(state, skip(state, at, 1, LIGHT | {"for", "be", "word"})) in POLAR:
            return  # "A and B were shown to be negative": the other word speaks
        # "A and B could not be demonstrated".
        backward(state, at, NEGATIVE if is_denied(state, at) else POSITIVE, is_firm=False)
        return
    state.shown = token
    if state.forward is not None and not state.forward.is_denied:
        state.forward = None
