"""The words and signs of a sentence on stains, as a stream of tokens: what the grammar of results reads.

Every word that the lexicon `staining` lists becomes a token of its kind (`positive`, `not`, `for`, `stain`,
`shows` ...), every sign (`(+)`, `2+`, `±`, `90%`) too; markers are tokens of their own; other words are `word`.
Hyphens and spaces are the same here, so that "dot-like" is "dot like".
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import NamedTuple

from extract import lexicon

POSITIVE, NEGATIVE, EQUIVOCAL, OTHER_CELLS, UNKNOWN = "positive", "negative", "equivocal", "other_cells", "unknown"


class Token(NamedTuple):
    """A token: its kind, its offsets in the sentence, the lexicon's preferred word, and a number where it holds one."""

    kind: str
    start: int
    end: int
    value: str = ""
    number: float = 0.0


class Span(NamedTuple):
    """A marker in a sentence: its concept and offsets."""

    id: str
    start: int
    end: int


class Vocabulary(NamedTuple):
    """Cue words by their first word: the rest of the phrase, longest first, with kind and preferred word."""

    phrases: Mapping[str, tuple[tuple[str, str, str], ...]]
    circulating: frozenset[str]


@cache
def vocabulary() -> Vocabulary:
    """Return the lexicon `staining`, ready for look-up. Raises LexiconError where the file is faulty."""
    phrases: dict[str, list[tuple[str, str, str]]] = {}
    circulating = set()
    for entry in lexicon.load("staining"):
        if entry.concept_id == "circulating":
            circulating.add(entry.variant)
            continue
        first, _, rest = entry.variant.lower().partition(" ")
        phrases.setdefault(first, []).append((rest, entry.concept_id, entry.preferred))
    longest_first = {first: tuple(sorted(found, key=_longest)) for first, found in phrases.items()}
    return Vocabulary(longest_first, frozenset(circulating))


def _longest(phrase: tuple[str, str, str]) -> int:
    return -len(phrase[0])


_HYPHENS = str.maketrans("-‐‑‒–—−/", "        ")
_TOKEN = re.compile(
    r"""
    (?P<word>[A-Za-zµμ]{1,40}(?:['’]t\b)?)
    | (?P<percent>(?P<bound>[<>≥≤≧≦]\s?)?(?P<low>\d{1,3}(?:\.\d{1,2})?)\s?%?(?:\s?(?:[-–—~]|to)\s?(?P<high>\d{1,3}(?:\.\d{1,2})?))?\s?%)
    | (?P<equivocal>\(?(?:\+\s?/?\s?[-−–](?!\w)|[-−–]\s?/\s?\+|±|\+\\-)\)?)
    | (?P<score>(?<![\w.])(?P<degree>[0-3])(?:\s?\+(?:\s?/\s?3\b)?|\s?/\s?3\b\+?))
    | (?P<plus>\(?[+＋](?:\s?[+＋]){0,3}(?![\d+])\)?)
    | (?P<minus>\(\s?[-−–—]{1,2}\s?\)|[-−–—](?=\s{0,2}(?:[,;/.)\]:]|and\b|or\b|but\b|$)))
    | (?P<number>\d{1,6}(?:\.\d{1,3})?)
    | (?P<mark>[,;:()\[\]/&=.])
    """,
    re.VERBOSE,
)
# "ER- and PR-positive": the first hyphen waits for the last word.
_SUSPENDED = re.compile(r"[-‐–]\s?(?:,|/|and\b|or\b)[^;.()+]{1,60}?[-‐–\s](?:positive|negative|reactive|immuno\w+|expressing)", re.IGNORECASE)
_MARK_KINDS = {",": ",", ";": ";", ":": ":", "(": "(", ")": ")", "[": "(", "]": ")", "/": "and", "&": "and", "=": "be", ".": ";"}


def tokens(text: str, markers: Sequence[Span]) -> list[Token]:
    """Return the tokens of a sentence in order, its markers among them (`value` is the marker's number in the list)."""
    words = text.lower().translate(_HYPHENS)
    phrases = vocabulary().phrases
    result: list[Token] = []
    at = 0
    for number, marker in enumerate(markers):
        _read(text, words, at, marker.start, phrases, result)
        result.append(Token("marker", marker.start, marker.end, str(number), number))
        at = marker.end
    _read(text, words, at, len(text), phrases, result)
    return result


def _read(text: str, words: str, at: int, end: int, phrases: Mapping[str, tuple[tuple[str, str, str], ...]], result: list[Token]) -> None:
    """Add the tokens between two offsets, in which no marker stands."""
    scan = _TOKEN.search
    while at < end:
        match = scan(text, at, end)
        if match is None:
            return
        kind = match.lastgroup
        start, stop = match.span()
        if kind == "word":
            token = _word(words, start, stop, end, phrases)
        elif kind == "percent":
            token = Token("percent", start, stop, (match["bound"] or "").strip(), float(match["high"] or match["low"]))
        elif kind == "mark":
            token = Token(_MARK_KINDS[text[start]], start, stop)
        elif kind == "score":
            token = Token("score", start, stop, "", float(match["degree"]))
        elif kind == "plus":
            token = Token("sign", start, stop, POSITIVE, text.count("+", start, stop))
        elif kind == "minus":
            is_waiting = text[start] in "-‐–" and _SUSPENDED.match(text, start)
            token = Token("hyphen" if is_waiting else "sign", start, start + 1 if is_waiting else stop, NEGATIVE)
        elif kind == "equivocal":
            token = Token("sign", start, stop, EQUIVOCAL)
        else:
            token = Token("number", start, stop, "", float(match.group()))
        result.append(token)
        at = token.end


def _word(words: str, start: int, stop: int, end: int, phrases: Mapping[str, tuple[tuple[str, str, str], ...]]) -> Token:
    """Return the token of the longest phrase of the lexicon that begins here, `word` where none does."""
    for rest, kind, preferred in phrases.get(words[start:stop], ()):
        if not rest:
            return Token(kind, start, stop, preferred)
        last = stop + 1 + len(rest)
        if last <= end and words[stop] == " " and words.startswith(rest, stop + 1) and not words[last : last + 1].isalpha():
            return Token(kind, start, last, preferred)
    return Token("word", start, stop)
