"""What a pathologist types, "CD34+, STAT6+, S100-, desmin neg", as markers with results, by the vocabulary `extract/lexicons/ihc.csv`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from extract import lexicon

# What is typed beyond this is not read.
MOST_TYPED = 400

_WORDS = {
    "positive": "positive",
    "pos": "positive",
    "expressed": "positive",
    "negative": "negative",
    "neg": "negative",
    "absent": "negative",
}
_PART = re.compile(r"[,;\n]|\s(?:and|with|but|or|&)\s|(?<=[+)])\s*/(?!\s?-)")
_DASHES = str.maketrans("−–—‐‑﹣-", "-------")
# A result behind the name or names that it is of.
_RESULT = re.compile(
    r"""
      (?P<unclear> \(? \+ \s? / \s? - \)? | ± )      # "+/-" says neither
    | (?P<plus> \( \s? \+{1,3} \s? \) | \+{1,3} )    # "CD34+", "CD34 (+)", "CD34 +++"
    | (?P<minus> \( \s? - \s? \) | - (?= [\s./)] | $) )  # "S100-"; the hyphen of "TTF-1" goes on
    | \b (?P<word> positive | pos | expressed | negative | neg | absent ) \b \.?
    """,
    re.VERBOSE | re.IGNORECASE,
)
_AHEAD = re.compile(r"\s*(?:[a-z]{2,12}ly\s+)?(?P<word>positive|negative)\s+for\s+", re.IGNORECASE)
_ADVERB = re.compile(
    r"\b(?:strong(?:ly)?|weak(?:ly)?|diffuse(?:ly)?|focal(?:ly)?|patch(?:y|ily)|is|are|was|were|stain(?:ing)?|expression)\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Typed:
    """What was understood: markers by their usual names with "positive" or "negative"; and the words that were not, each with why."""

    results: tuple[tuple[str, str], ...]
    not_understood: tuple[str, ...]


def marker_named(words: str, known: Iterable[str] = ()) -> str | None:
    """Return the usual name of a marker ("s-100" gives "S100"); a name among the known ones goes before the vocabulary; None: no marker."""
    exact = {name.casefold(): name for name in known}
    return exact.get(words.strip().casefold()) or _vocabulary().get(_squashed(words))


def read_typed(typed: str, known: Iterable[str] = ()) -> Typed:
    """Return the markers and results of a line; a result holds for the markers before it ("CD34 and STAT6 positive") that have none.

    "Positive for CD34, STAT6" holds for the markers behind it. Equivocal results and scores ("2+") are not understood.
    """
    known = tuple(known)
    results: dict[str, str | None] = {}
    unclear: list[str] = [f"“{typed[MOST_TYPED:][:40]} …”: too long a line"] if len(typed) > MOST_TYPED else []
    for words, result in _said(typed[:MOST_TYPED].translate(_DASHES)):
        marker = marker_named(words, known)
        if marker is None:
            unclear.append(f"“{words}”: no marker of that name")
        elif result not in ("positive", "negative"):
            unclear.append(f"“{words}”: {'say positive or negative' if result else 'neither positive nor negative is said of it'}")
        elif results.setdefault(marker, result) != result:
            results[marker] = None
            unclear.append(f"“{words}”: said to be positive and negative")
    return Typed(tuple((marker, result) for marker, result in results.items() if result), tuple(dict.fromkeys(unclear)))


def names_typed(typed: str, known: Iterable[str] = ()) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the markers of a list of names ("CD34, STAT6"), and the words of it that are none."""
    known = tuple(known)
    found: list[str] = []
    unclear: list[str] = [f"{typed[MOST_TYPED:][:40]} …"] if len(typed) > MOST_TYPED else []
    for words in filter(None, (part.strip() for part in re.split(r"[,;\n]", typed[:MOST_TYPED]))):
        marker = marker_named(words.translate(_DASHES), known)
        (unclear if marker is None else found).append(marker or words)
    return tuple(dict.fromkeys(found)), tuple(dict.fromkeys(unclear))


def _said(typed: str) -> Iterator[tuple[str, str]]:
    """Yield the words of each marker with what is said of it: positive, negative, unclear, or "" where nothing is."""
    ahead, waiting = "", list[str]()
    for part in _PART.split(typed):
        if opened := _AHEAD.match(part):
            yield from ((words, "") for words in waiting)
            ahead, waiting = _WORDS[opened["word"].lower()], []
            part = part[opened.end() :]
        start = 0
        for found in _RESULT.finditer(part):
            waiting += _name(part[start : found.start()])
            start = found.end()
            yield from ((words, _result(found)) for words in waiting)
            waiting = []
        waiting += _name(part[start:])
        if ahead and waiting:
            yield from ((words, ahead) for words in waiting)
            waiting = []
    yield from ((words, "") for words in waiting)


def _name(words: str) -> list[str]:
    """Return the name of a marker without the words around it; nothing where there is none."""
    name = _ADVERB.sub(" ", words).strip(" \t./:()")
    return [" ".join(name.split())] if name else []


def _result(found: re.Match[str]) -> str:
    """Return what a sign or word says."""
    if found["word"]:
        return _WORDS[found["word"].lower()]
    return "positive" if found["plus"] else "negative" if found["minus"] else "unclear"


@cache
def _vocabulary() -> Mapping[str, str]:
    """Read the names of the markers, without case, spaces and hyphens; the usual name goes before another marker's variant."""
    entries = lexicon.load("ihc")
    variants = {_squashed(entry.variant): entry.preferred for entry in entries}
    return MappingProxyType(variants | {_squashed(entry.preferred): entry.preferred for entry in entries})


def _squashed(words: str) -> str:
    return "".join(sign for sign in words.casefold() if sign.isalnum())
