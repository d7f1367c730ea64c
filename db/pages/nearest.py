"""Words of the vocabularies that are written like one that was not found."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from extract import lexicon

_VOCABULARIES = ("histology", "ihc", "gene", "drug", "procedure", "site", "metastasis_site")
_WORD = re.compile(r"[^\W_][^\W_-]{2,40}")
_CLOSE = 0.72


@cache
def _words() -> Mapping[str, tuple[str, ...]]:
    """Return the words of the vocabularies by their first letter."""
    found: dict[str, set[str]] = {}
    for name in _VOCABULARIES:
        for entry in lexicon.load(name):
            for word in _WORD.findall(f"{entry.preferred} {entry.variant}".casefold()):
                found.setdefault(word[0], set()).add(word)
    return MappingProxyType({letter: tuple(sorted(words)) for letter, words in found.items()})


def nearest(word: str, most: int = 3) -> tuple[str, ...]:
    """Return up to so many words that begin with the same letter and are written most alike, the likest first; () for none."""
    plain = word.casefold()
    alike = [other for other in _words().get(plain[:1], ()) if abs(len(other) - len(plain)) <= 3]
    return tuple(other for other in difflib.get_close_matches(plain, alike, most, _CLOSE) if other != plain)
