"""Abbreviations that a report defines itself, by scispaCy's detector.

scispaCy implements Schwartz & Hearst (2003), "A simple algorithm for identifying abbreviation definitions
in biomedical text". Its pipe searches the whole document for every short form, which is quadratic in the
document's length; here its algorithm looks only at the words around each bracket whose short form the
report uses again.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence

from scispacy.abbreviation import find_abbreviation
from spacy.tokens import Doc, Span

# "(IMT)", "(IMT;", "(IMT, ...": what stands in the brackets before a comma may be the short form.
_BRACKET = re.compile(r"\(\s?(?P<short>[A-Za-z0-9][\w/&+-]{1,9})(?=[\s]?[);,])")
_REVERSED = re.compile(r"\b(?P<short>[A-Z][A-Za-z0-9/-]{1,9})\s?\(\s?(?P<long>[a-z][^()]{5,80})\)")
_NO_SHORT_FORM = re.compile(r"(?:fig(?:ure)?|table|ref|day|grade|case|stage|level|type|n|[ivx]+)\b|.{0,9}\d$", re.IGNORECASE)
_WINDOW_WORDS = 10


def find(doc: Doc, text: str, starts: Sequence[int]) -> Iterator[tuple[str, int, int]]:
    """Yield (short form, start, end of its long form) for each definition whose short form is used again.

    `starts` are the character offsets of the doc's tokens. Short forms hold a capital letter and at most
    ten characters, and are no figure or table numbers. Both "long form (SF)" and "SF (long form)" are tried.
    """
    for match in _BRACKET.finditer(text):
        short = match["short"]
        if _is_short_form(short) and text.count(short) > 1:
            bracket = bisect_left(starts, match.start())
            candidate = doc[max(0, bracket - min(_WINDOW_WORDS, len(short) * 2 + 1)) : bracket]
            yield from _define(doc, starts, short, match.start("short"), candidate)
    for match in _REVERSED.finditer(text):
        short = match["short"]
        if _is_short_form(short) and text.count(short) > 1:
            candidate = doc[bisect_left(starts, match.start("long")) : bisect_left(starts, match.end("long"))]
            yield from _define(doc, starts, short, match.start("short"), candidate)


def _define(doc: Doc, starts: Sequence[int], short: str, at: int, candidate: Span) -> Iterator[tuple[str, int, int]]:
    first = bisect_left(starts, at)
    last = bisect_left(starts, at + len(short))
    if not len(candidate) or first >= last:
        return
    _, long_form = find_abbreviation(candidate, doc[first:last])
    if long_form is not None and len(long_form.text) > len(short):
        yield short, long_form.start_char, long_form.end_char


def _is_short_form(text: str) -> bool:
    return any(letter.isupper() for letter in text) and _NO_SHORT_FORM.match(text) is None
