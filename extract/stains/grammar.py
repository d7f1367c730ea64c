"""Which result belongs to which marker: the grammar of sentences on stains.

A sentence is read once from left to right. A cue such as "positive" speaks forward ("positive for A, B and C")
or backward ("A, B and C were positive"), a sign only backward ("A, B (+)"). Markers wait (`pending`) until a
cue speaks backward, or take the result of the cue that speaks forward, until a contrast, a full stop or the
next cue ends its reach. Cues of gene tests ("ALK rearrangement") claim their markers too, so that no stain
can: such markers end as `gene`.
"""

from __future__ import annotations

from collections.abc import Sequence

from extract.stains import order
from extract.stains.results import backward, give, since_last_and
from extract.stains.signs import on_degree, on_number, on_percent, on_sign
from extract.stains.state import CUES, FLIPPED, GENE, LIGHT, Forward, Result, State, denial_reaches, kind_at, skip
from extract.stains.tokens import EQUIVOCAL, NEGATIVE, OTHER_CELLS, POSITIVE, UNKNOWN, Span, Token, tokens
from extract.stains.words import on_active, on_gene, on_polar, on_seen, on_shows, on_stain

# Other words between a cue that speaks forward and its first marker.
_FORWARD_WORDS = 6
# Characters of a link that adds ("as well as", "along with"), unlike "and".
_LONG_LINK = 8
_SUBJECT_ENDS = frozenset({"break", ";", "marker", ",", "ends"})


def read(text: str, markers: Sequence[Span], claims_genes: bool = True) -> tuple[list[Result], list[Token]]:
    """Return what a sentence says of its markers (`result` None where nothing), and the sentence's tokens.

    Where the markers are gene tests themselves, `claims_genes` is False: no word of gene tests claims them.
    """
    found = tokens(text, markers)
    state = State(found, [Result(marker, marker.start, marker.end) for marker in markers])
    for at, token in enumerate(found):
        handler = _HANDLERS.get(token.kind)
        if handler is not None and (claims_genes or token.kind != GENE):
            handler(state, at, token)
    order.read(state)
    _close(state)
    return state.results, found


def _on_marker(state: State, at: int, token: Token) -> None:
    target = state.results[int(token.number)]
    state.recent.append(target)
    if state.excepting:
        _except(state, target, token)
    elif state.denial is not None and denial_reaches(state, at):
        # "no A", "neither A nor B", "but not A, B": the denial itself is the cue; "mutated in A but not in B" is of genes.
        result = GENE if _follows_gene_test(state, at) else NEGATIVE
        state.denied_at = -99
        state.forward = Forward(result, state.denial, is_denied=True)
        give(state, target, result, state.denial, "denied")
    elif state.forward is not None and _reaches(state, at):
        by = "denied" if state.forward.is_denied else "forward"
        give(state, target, state.forward.result, state.forward.cue, by, state.forward.is_firm, state.forward.degrees)
    elif _is_added(state, at):
        # "A was positive, together with B".
        state.forward = Forward(state.last or POSITIVE, state.tokens[at - 1])
        give(state, target, state.forward.result, state.forward.cue, "forward")
    elif state.ended is not None and kind_at(state, at - 1) == "for" and kind_at(state, at - 2) == "and":
        # "negative for A, which does not exclude a melanoma, and for B": after the remark the cue goes on.
        state.forward, state.ended = state.ended, None
        give(state, target, state.forward.result, state.forward.cue, "forward", state.forward.is_firm)
    else:
        state.pending.append(target)


def _follows_gene_test(state: State, at: int) -> bool:
    """Return whether a denial contrasts with a gene test before it: "mutations in A and B, but not in C"."""
    if kind_at(state, at - 1) not in ("for", "in"):
        return False
    for before in range(state.denied_at - 1, -1, -1):
        kind = state.tokens[before].kind
        if kind == GENE:
            return True
        if kind in CUES or kind in ("stain", ";"):
            return False
    return False


def _is_added(state: State, at: int) -> bool:
    """Return whether a marker is added to a predicate that has been read: "positive, as well as B"."""
    link = state.tokens[at - 1] if at else None
    if link is None or link.kind != "and" or link.end - link.start < _LONG_LINK or state.last not in (POSITIVE, NEGATIVE):
        return False
    before = at - 3 if kind_at(state, at - 2) == "," else at - 2
    return kind_at(state, before) == state.last and kind_at(state, before - 1) in ("be", "extent", "intensity")


def _reaches(state: State, at: int) -> bool:
    """Return whether the cue that speaks forward still reaches a marker: the first of a list stands near the cue."""
    if state.forward is None:
        return False
    if len(state.recent) > 1:
        if state.forward.is_adjective and kind_at(state, skip(state, at, -1, LIGHT | {"and", ","})) not in ("marker", "stain", ")"):
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


def _except(state: State, target: Result, token: Token) -> None:
    if state.last is None or state.pending:
        state.excepted.append(target)
    else:
        give(state, target, FLIPPED[state.last], token, "forward")
        state.last = FLIPPED[state.last]


def _on_not(state: State, at: int, token: Token) -> None:
    if kind_at(state, at + 1) == ";" and kind_at(state, at + 2) == "number":
        return  # "case No. 7"
    if token.value == "non" and kind_at(state, at + 1) not in CUES:
        return  # "non-small cell", "non-B cells"
    if kind_at(state, at - 1) == "be" and kind_at(state, at + 1) in ("", ";", ",") and state.last == POSITIVE:
        backward(state, at, NEGATIVE)  # "A was positive, B was not"
        return
    state.denied_at = at
    state.denial = token


def _on_break(state: State, at: int, token: Token) -> None:
    """End the reach of a cue at a contrast, unless a bare denial follows ("A, B, but not C, were positive")."""
    state.excepting = False
    state.denied_at = -99
    _settle(state)
    if kind_at(state, at + 1) == "not":
        return
    state.forward = state.ended = None
    state.shown = None
    state.recent = []
    if state.last is not None or kind_at(state, at - 1) == ",":
        state.pending = [target for target in state.pending if target.result is None and state.last is None]


def _on_semicolon(state: State, at: int, token: Token) -> None:
    """End a clause at a semicolon or full stop; not where it is a mere comma ("positive for A; B; C")."""
    state.denied_at = -99
    for after in range(at + 1, len(state.tokens)):
        kind = state.tokens[after].kind
        if kind == ";":
            break
        if kind in CUES or kind in ("be", "shows", "stain", "not", ":", "word"):
            state.forward = state.ended = None
            state.shown = None
            state.recent = []
            state.excepting = False
            if state.last is not None or _has_marker(state, after) or _has_predicate(state, at):
                _take_degrees(state)
                state.pending = []
            return


def _has_predicate(state: State, at: int) -> bool:
    """Return whether what waits has had its own predicate before the semicolon: "A and B were focal; C was negative"."""
    if not state.pending:
        return False
    first = state.pending[0].marker.start
    return any(token.kind == "be" and token.start > first for token in state.tokens[:at])


def _take_degrees(state: State) -> None:
    """Give what waits with a lone degree of its own the result that it implies: "A was focal" is positive."""
    for target in state.pending:
        if target.result is None and (target.extent or target.intensity):
            target.result, target.by, target.is_firm = POSITIVE, "degree", False


def _has_marker(state: State, at: int) -> bool:
    """Return whether the clause from `at` on names a marker."""
    for token in state.tokens[at:]:
        if token.kind == "marker":
            return True
        if token.kind == ";":
            return False
    return False


def _settle(state: State) -> None:
    """Give the objects of "immunohistochemistry showed A and B" their result where nothing else speaks of them."""
    if not state.pending:
        return
    first = next((number for number, token in enumerate(state.tokens) if token.start == state.pending[0].marker.start), 0)
    verb = skip(state, first, -1, LIGHT)
    if kind_at(state, verb) in ("shows", "seen") and any(token.kind == "status" for token in state.tokens[:verb]):
        for target in state.pending:
            if target.result is None:
                give(state, target, POSITIVE, state.tokens[verb], "shown", False)
        state.pending = []


def _on_ends(state: State, at: int, token: Token) -> None:
    """End the list at words after which another matter begins: "which", "consistent with"."""
    _settle(state)
    if state.recent and state.forward is not None:
        state.ended = state.forward
    state.forward = None
    state.excepting = False
    state.shown = None


def _on_open(state: State, at: int, token: Token) -> None:
    state.outer.append(state.forward)


def _on_shut(state: State, at: int, token: Token) -> None:
    if state.outer:
        state.forward = state.outer.pop()
    state.excepting = False


def _on_except(state: State, at: int, token: Token) -> None:
    state.excepting = True


def _on_so(state: State, at: int, token: Token) -> None:
    """Let the last result go on: "as was C"."""
    if state.last in FLIPPED:
        state.forward = Forward(state.last, token)
        state.recent = []


def _on_done(state: State, at: int, token: Token) -> None:
    """Set markers aside of which nothing is said yet: "stains for A and B were performed"."""
    if kind_at(state, at - 1) == "be" and state.pending:
        state.set_aside, state.pending = state.pending, []


def _on_be(state: State, at: int, token: Token) -> None:
    """End the reach of the cue before a list at the predicate after it."""
    if state.forward is not None and state.recent:
        state.forward = None


def _on_confined(state: State, at: int, token: Token) -> None:
    """Read "A was confined to the vessels": a stain that has bounds is there."""
    if kind_at(state, at - 1) == "be" and kind_at(state, skip(state, at - 1, -1, LIGHT | {"stain"})) == "marker":
        backward(state, at, POSITIVE, is_firm=False)


def _on_mark(state: State, at: int, token: Token) -> None:
    """End the reach of a denial that has not met its cue at a comma or colon, and of a leading exception: "except for A, B was"."""
    state.denied_at = -99
    if state.excepted and state.last is None and kind_at(state, at + 1) not in ("marker", "and"):
        state.excepting = False


def _on_cells(state: State, at: int, token: Token) -> None:
    """Give the cells to the list that they follow: "positive for A in the vessels"."""
    before = skip(state, at, -1, LIGHT)
    if kind_at(state, before) != "in":
        return
    listed = skip(state, before, -1, LIGHT | {"stain", "for"})
    if kind_at(state, listed) != "marker" or not state.recent or state.recent[-1].by != "forward":
        return
    for target in since_last_and(state, listed):
        if target.result == POSITIVE:
            target.cells = token.value


def _mark_subjects(state: State) -> None:
    """Name the cells of a forward list from its subject: "plasma cells were positive for A"."""
    for target in state.results:
        if target.by != "forward" or target.result != POSITIVE or target.cells is not None:
            continue
        subject = _subject(state, target.start)
        if subject is not None:
            target.cells = subject


def _subject(state: State, cue_start: int) -> str | None:
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


def _close(state: State) -> None:
    """Finish: what still waits takes a lone degree of its own ("A (focal), B (strong)"), or nothing."""
    _settle(state)
    _take_degrees(state)
    _mark_subjects(state)
    for target in state.results:
        if target.result == POSITIVE and target.cells is not None:
            target.result = OTHER_CELLS
        elif target.result == NEGATIVE:
            target.extent = target.intensity = target.cells = None


_HANDLERS = {
    "marker": _on_marker,
    POSITIVE: on_polar,
    NEGATIVE: on_polar,
    EQUIVOCAL: on_polar,
    UNKNOWN: on_polar,
    "active": on_active,
    "stain": on_stain,
    "seen": on_seen,
    "gene": on_gene,
    "sign": on_sign,
    "score": on_sign,
    "percent": on_percent,
    "extent": on_degree,
    "intensity": on_degree,
    "not": _on_not,
    "break": _on_break,
    ";": _on_semicolon,
    "ends": _on_ends,
    "(": _on_open,
    ")": _on_shut,
    "shows": on_shows,
    "except": _on_except,
    "so": _on_so,
    "done": _on_done,
    "be": _on_be,
    "confined": _on_confined,
    "other_cells": _on_cells,
    "maybe_cells": _on_cells,
    ",": _on_mark,
    ":": _on_mark,
    "number": on_number,
}
