"""Names of authors, however they are printed: "Ana Silva", "Silva A.", "SILVA, Ana"."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

_WORD = re.compile(r"[^\W\d_][^\W\d_'’]{0,40}")
_INITIALS = re.compile(r"[A-Z]{1,3}")
# Where a name goes on after its first words: "Silva A, MD, PhD".
_DEGREE = frozenset({"md", "phd", "msc", "bsc", "mbbs", "frcs", "jr", "sr", "ii", "iii"})


def author_keys(names: Iterable[str]) -> frozenset[str]:
    """Return family name and first initial of each author, folded ("silva a"); a name of one word is left out."""
    return frozenset(key for key in map(_key, names) if key)


def without_accents(text: str) -> str:
    """Return a text in plain letters: "Müller" as "Muller", a ligature as its letters."""
    # Sign by sign: of a run of accents, a whole text is normalised in quadratic time.
    return "".join(part for sign in text for part in unicodedata.normalize("NFKD", sign) if not unicodedata.combining(part))


def _key(name: str) -> str | None:
    plain = without_accents(name)
    family, comma, given = plain.partition(",")
    words = _words(family)
    if comma and words and (first := _words(given)):
        return _folded(words[-1], first[0])
    if len(words) < 2:
        return None
    # "Silva AB" of a reference list, "Ana B. Silva" of a title page.
    return _folded(words[-2], words[-1]) if _INITIALS.fullmatch(words[-1]) else _folded(words[-1], words[0])


def _words(text: str) -> list[str]:
    return [word for word in _WORD.findall(text) if word.casefold() not in _DEGREE]


def _folded(family: str, given: str) -> str:
    return f"{family} {given[0]}".casefold()
