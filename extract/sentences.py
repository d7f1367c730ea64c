"""Sentences: where one ends. Rules on characters, several million words a second."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

# A stop, closing marks, an optional glued citation ("therapy.12", "therapy.[3]"), white space, and a start.
_BOUNDARY = re.compile(
    r"""
    (?P<stop>[.!?]["'”’)\]]{0,3}
        (?:\[[0-9,\s–-]{1,20}\]|(?<=[a-z)]\.)[0-9]{1,3}(?:[,–-][0-9]{1,3}){0,4}(?=\s[A-Z]))?)
    [ \t\u00a0\u2009]+
    (?=["'“‘(\[]{0,2}[A-Z0-9α-ωΑ-Ω])
    """,
    re.VERBOSE,
)
_ABBREVIATION = re.compile(
    r"""(?:\b(?:[Ff]igs?|[Rr]efs?|[Tt]abs?|[Nn]os?|[Vv]s|[Cc]f|e\.g|i\.e|al|approx|ca|[DM]rs?|Prof|St|Inc|Ltd|Co|resp|
    [Vv]ol|[Ee]d|[Ss]er|[Ss]upp?l|[Pp]p|viz|[A-Z])|\.[A-Za-z])\.$""",
    re.VERBOSE,
)
# No abbreviation ends in these, but for one of single letters ("a.m.").
_NO_ABBREVIATION = frozenset("hijkmnquvwy0123456789)]")
_BARE_NUMBER = re.compile(r"\b(?:[Nn]o|[Ff]igs?|[Tt]ab|[Rr]efs?)\.$")
_INITIAL = re.compile(r"(?:^|[\s(])[A-Z]\.$")


def split(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield (start, end) of each sentence of one line of the text, white space trimmed.

    Abbreviations ("Fig. 2", "et al.", "vs."), initials and a stop inside brackets do not end a sentence.
    """
    begin = start
    for match in _BOUNDARY.finditer(text, start, end):
        if _is_inside(text, begin, match.start(), match.end("stop")):
            continue
        yield from _cut(text, *_trim(text, begin, match.end("stop")))
        begin = match.end()
    yield from _cut(text, *_trim(text, begin, end))


# No author writes longer sentences; a text without stops is cut, so that no field's work on a sentence has no end.
_LONGEST = 2500


def _cut(text: str, start: int, end: int) -> Sequence[tuple[int, int]]:
    """Return a sentence, trimmed, in pieces of at most `_LONGEST` characters that end at white space where there is some."""
    if end - start <= _LONGEST:
        return ((start, end),) if start < end else ()
    pieces = []
    while end - start > _LONGEST:
        space = text.rfind(" ", start + 1, start + _LONGEST)
        stop = space if space > start else start + _LONGEST
        pieces.append(_trim(text, start, stop))
        start = stop
    start, end = _trim(text, start, end)
    if start < end:
        pieces.append((start, end))
    return pieces


def _is_inside(text: str, begin: int, dot: int, stop: int) -> bool:
    """Return whether the stop at `dot` belongs to an abbreviation or stands inside open brackets."""
    tail = text[max(begin, dot - 12) : dot + 1]
    if text[dot] == "." and not (text[dot - 1] in _NO_ABBREVIATION and text[dot - 2] != ".") and _ABBREVIATION.search(tail):
        follows = text[stop : stop + 4].lstrip()[:1]
        # "vitamin A. The" ends a sentence, "J. Smith" and "Fig. 2" do not.
        if not (_INITIAL.search(tail) is None and tail[-2:-1].isupper() and follows.isupper()):
            return True
    if stop - begin >= 600:
        return False
    piece = text[begin:stop]
    if "(" not in piece and "[" not in piece:
        return False
    return piece.count("(") - piece.count(")") + piece.count("[") - piece.count("]") > 0


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end
