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


# Cue words by their first word: the rest of the phrase, longest first, with kind and preferred word.
Phrases = Mapping[str, tuple[tuple[str, str, str], ...]]
# Kinds that list concepts, not words: what also circulates in blood, microbes and substances that stains show; which genes
# are amplified, name a fusion, run in families.
_CONCEPTS = ("circulating", "microbe", "material", "amplified_gene", "main_partner", "germline_gene", "predisposing_gene")


@cache
def phrases(name: str) -> Phrases:
    """Return a lexicon of cue words ready for look-up. Raises LexiconError where the file is faulty."""
    found: dict[str, list[tuple[str, str, str]]] = {}
    for entry in lexicon.load(name):
        if entry.concept_id not in _CONCEPTS:
            first, _, rest = entry.variant.lower().partition(" ")
            found.setdefault(first, []).append((rest, entry.concept_id, entry.preferred))
    return {first: tuple(sorted(rests, key=_longest)) for first, rests in found.items()}


@cache
def concepts(name: str, kind: str) -> frozenset[str]:
    """Return the concepts that a lexicon of cue words lists as a kind, such as the markers that circulate in blood."""
    return frozenset(entry.variant for entry in lexicon.load(name) if entry.concept_id == kind)


def _longest(phrase: tuple[str, str, str]) -> int:
    return -len(phrase[0])


_HYPHENS = str.maketrans("-‐‑‒–—−/", "        ")
_TOKEN = re.compile(
    r"""
    (?P<aside>\b(?:i\.\s?e\.|e\.\s?g\.)|[(\[]\s?(?:see\s)?Fig(?:ure|s|ures)?\b[^()\[\]]{0,40}[)\]])  # nothing of a result, no full stop
    | (?P<word>[A-Za-zµμ]{1,40}(?:['’]t\b)?)
    | (?P<percent>(?P<bound>[<>≥≤≧≦]\s?)?(?P<low>\d{1,3}(?:\.\d{1,2})?)\s?%?(?:\s?(?:[-–—~]|to)\s?(?P<high>\d{1,3}(?:\.\d{1,2})?))?\s?%)
    | (?P<equivocal>\(?(?:\+\s?/?\s?[-−–](?!\w)|[-−–]\s?/\s?\+|±|\+\\-)\)?)
    | (?P<fraction>(?<![\w./])(?P<part>\d{1,3})\s?/\s?(?P<whole>8|12|300)(?![\w/]))
    | (?P<score>(?<![\w.])(?P<degree>[0-3])(?:\s?\+(?:\s?/\s?3\b)?|\s?/\s?3\b\+?))
    | (?P<plus>\(?[+＋⁺](?:\s?[+＋⁺]){0,3}(?![\d+])\)?)
    | (?P<minus>\(\s?[-−–—]{1,2}\s?\) | (?<=[\w)])⁻
        | (?<=\w)[-−–](?=\s  # "A- B+ cells"
          (?!\((?:[A-Za-z]|$)|and\b|or\b|positiv|negativ|\w{0,6}reactiv|expressi|associat|relat|secret|produc|defici|like\b))
        | [-−–—](?!\)\s(?:related|like|secret|produc|associat|mutat|express|specific|positive|negative))  # "(EBV-) positive"
          (?=\s{0,2}(?:[,;/.)\]:]|and\b|or\b|but\b|$)))
    | (?P<number>\d{1,6}(?:\.\d{1,3})?)
    | (?P<mark>[,;:()\[\]/&=.])
    """,
    re.VERBOSE,
)
# "ER- and PR-positive", "MPO-, PR3- and azurocidin-ANCA": the first hyphen waits for the last word.
_SUSPENDED = re.compile(
    r"[-‐–]\s?(?:,|/|and\b|or\b)(?:[^;.()+]{1,60}?[-‐–\s](?:positive|negative|reactive|immuno\w+|expressing)"
    r"|\s?(?:\w{1,10}[-‐–]\s?(?:,|and|or)\s){0,4}\w{2,15}[-‐–][A-Za-z]{4,})",
    re.IGNORECASE,
)
_MARK_KINDS = {",": ",", ";": ";", ":": ":", "(": "(", ")": ")", "[": "(", "]": ")", "/": "and", "&": "and", "=": "be", ".": ";"}


# Characters before the first and after the last marker that are read.
_WINDOW = 300


def plain(text: str) -> str:
    """Return a text in lower case with spaces for hyphens and slashes, of the same length: the form in which phrases are looked up."""
    lower = text.lower()
    return (lower if len(lower) == len(text) else text).translate(_HYPHENS)


def tokens(text: str, markers: Sequence[Span]) -> list[Token]:
    """Return the tokens of a sentence in order, its markers among them (`value` is the marker's number in the list)."""
    if not markers:
        return []
    words = plain(text)
    cues = phrases("staining")
    result: list[Token] = []
    # In a table run into one sentence, nothing far from the markers belongs to them.
    at = max(0, text.find(" ", markers[0].start - _WINDOW) if markers[0].start > _WINDOW else 0)
    for number, marker in enumerate(markers):
        _read(text, words, at, marker.start, cues, result)
        result.append(Token("marker", marker.start, marker.end, str(number), number))
        at = marker.end
    _read(text, words, at, min(len(text), at + _WINDOW), cues, result)
    return result


def _read(text: str, words: str, at: int, end: int, cues: Phrases, result: list[Token]) -> None:
    """Add the tokens between two offsets, in which no marker stands."""
    for match in _TOKEN.finditer(text, at, end):
        start, stop = match.span()
        if start < at:
            continue  # within the phrase just read
        kind = match.lastgroup
        if kind == "aside":
            at = stop
            continue
        if kind == "word":
            if words[start:stop] not in cues:
                result.append(Token("word", start, stop, words[start:stop]))
                continue
            token = word_at(words, start, stop, end, cues)
            if token.kind in _RESULTS and _belongs_elsewhere(text, start, result):
                token = token._replace(kind="word")
        elif kind == "percent":
            token = Token("percent", start, stop, (match["bound"] or "").strip(), float(match["high"] or match["low"]))
        elif kind == "mark":
            token = Token(_MARK_KINDS[text[start]], start, stop)
        elif kind == "score":
            token = Token("score", start, stop, "", float(match["degree"]))
        elif kind == "fraction":
            # Allred 3 to 8 of 8 is positive; an immunoreactive score of 12, or an H-score of 300, from the first point on.
            is_positive = int(match["part"]) > (2 if match["whole"] == "8" else 0)
            token = Token("sign", start, stop, POSITIVE if is_positive else NEGATIVE, 1)
        elif kind == "plus":
            token = Token("sign", start, stop, POSITIVE, text.count("+", start, stop) + text.count("⁺", start, stop))
        elif kind == "minus":
            is_waiting = text[start] in "-‐–" and (stop == end < len(text) or _SUSPENDED.match(text, start))  # also "anti-A"
            token = Token("hyphen" if is_waiting else "sign", start, start + 1 if is_waiting else stop, NEGATIVE)
        elif kind == "equivocal":
            token = Token("sign", start, stop, EQUIVOCAL)
        else:
            token = Token("number", start, stop, "", float(match.group()))
        result.append(token)
        at = token.end


_RESULTS = frozenset({POSITIVE, NEGATIVE, EQUIVOCAL})
_PREFIXES = frozenset({"immuno", "non", "co", "over", "sero", "double", "triple", "all"})


def _belongs_elsewhere(text: str, start: int, result: Sequence[Token]) -> bool:
    """Return whether a result is tied by a hyphen to a word that is no marker here: "margin-positive"."""
    if not result or start < 2 or text[start - 1] not in "-‐–" or result[-1].end != start - 1:
        return False
    previous = result[-1]
    return previous.kind in ("word", "number") and text[previous.start : previous.end].lower() not in _PREFIXES


def word_at(words: str, start: int, stop: int, end: int, cues: Phrases) -> Token:
    """Return the token of the longest phrase of the lexicon that begins here, `word` where none does."""
    for rest, kind, preferred in cues.get(words[start:stop], ()):
        if not rest:
            return Token(kind, start, stop, preferred)
        last = stop + 1 + len(rest)
        if last <= end and words[stop] == " " and words.startswith(rest, stop + 1) and not words[last : last + 1].isalpha():
            return Token(kind, start, last, preferred)
    return Token("word", start, stop)
