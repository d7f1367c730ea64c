"""Well-known abbreviations of tumours that somebody looks for ("SFT"), by the vocabularies of histologies."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from extract import lexicon

_VOCABULARIES = ("histology_abbreviation", "histology")
_SHORT = re.compile(r"[A-Za-z-]{2,9}")
# Written small these are words of their own, and so is what has two letters.
_ALSO_WORDS = frozenset({"all", "net", "rich", "settle", "stump", "castle", "tart"})
_SHORTEST_SMALL = 3


def is_known(word: str) -> bool:
    """Tell whether a word is a well-known abbreviation of a tumour."""
    return bool(_entry(word))


def long_forms(word: str) -> tuple[str, ...]:
    """Return the tumours that an abbreviation stands for, () for none; "ES" stands for two.

    Left out are the wider kinds under which the vocabularies count a tumour, "carcinoma" for "NPC": the letters are not theirs.
    """
    return tuple(name for name in _entry(word) if _has_letters(name, _singular(word)))


def _entry(word: str) -> tuple[str, ...]:
    """Return the usual names of what an abbreviation, or its plural, stands for; () where it is none."""
    short = _singular(word)
    if short != short.upper() and (len(short) < _SHORTEST_SMALL or short.casefold() in _ALSO_WORDS):
        return ()
    return _known().get(short.casefold(), ())


def _singular(word: str) -> str:
    """Return "GIST" for "GISTs"."""
    return word[:-1] if word.endswith("s") and word[:-1].isupper() else word


@cache
def _known() -> Mapping[str, tuple[str, ...]]:
    """Return the names of tumours by their abbreviations, these in small letters."""
    known: dict[str, dict[str, None]] = {}
    for entry in (entry for name in _VOCABULARIES for entry in lexicon.load(name)):
        if entry.is_cased and _SHORT.fullmatch(entry.variant):
            known.setdefault(entry.variant.casefold(), {})[entry.preferred] = None
    return MappingProxyType({short: tuple(names) for short, names in known.items()})


def _has_letters(name: str, short: str) -> bool:
    """Tell whether a name begins with the first letter of an abbreviation and holds the others in their order."""
    rest = iter(name.casefold())
    letters = [sign for sign in short.casefold() if sign.isalpha()]
    return name[:1].casefold() == letters[0] and all(letter in rest for letter in letters)
