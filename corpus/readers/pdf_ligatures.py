"""Characters that a font does not name: mostly ligatures ("fi", "ffl"), told by the words that they stand in."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping

from corpus.readers.hyphens import is_known
from corpus.readers.pdf_lines import FIRST_UNKNOWN

_LIGATURES = ("fi", "fl", "ff", "ffi", "ffl", "ft", "tt", "ti", "tf", "fj", "Th")
# A word with exactly one stand-in.
_WORD = re.compile(rf"[^\W_]{{0,40}}[{chr(FIRST_UNKNOWN)}-{chr(FIRST_UNKNOWN + 0xFFFF)}][^\W_]{{0,40}}")
_STAND_IN = re.compile(rf"[{chr(FIRST_UNKNOWN)}-{chr(FIRST_UNKNOWN + 0xFFFF)}]")
_MAX_WORDS = 2_000  # of a file are asked
# PDFium gives most ligatures as letters; these are in fonts that call them by their own character.
_NAMED = {ord(ligature): letters for ligature, letters in zip("ﬀﬁﬂﬃﬄﬅﬆ", ("ff", "fi", "fl", "ffi", "ffl", "st", "st"), strict=True)}


def resolve(texts: Iterable[str]) -> dict[int, str]:
    """Find what characters without a name stand for.

    Parameters
    ----------
    texts
        The lines of a file, with stand-ins of `corpus.readers.pdf_lines.Names`.

    Returns
    -------
    dict[int, str]
        For `str.translate`: for each stand-in the letters that make the most words of it; "" where none makes any.
    """
    votes: dict[str, Counter[str]] = {}
    words: Counter[str] = Counter()
    for text in texts:
        for sign in _STAND_IN.findall(text):
            votes.setdefault(sign, Counter())
        words.update(_WORD.findall(text))
    for word, count in words.most_common(_MAX_WORDS):
        signs = _STAND_IN.findall(word)
        for letters in _LIGATURES if len(signs) == 1 and len(word) > 2 else ():
            if is_known(word.replace(signs[0], letters), {}):
                votes[signs[0]][letters] += count
    table: dict[int, str] = dict(_NAMED)
    table.update({ord(sign): found.most_common(1)[0][0] if found else "" for sign, found in votes.items()})
    return table


def unresolved(table: Mapping[int, str], texts: Iterable[str]) -> int:
    """Count the characters that stay without letters."""
    lost = {chr(code) for code, letters in table.items() if not letters}
    return sum(character in lost for text in texts for character in text) if lost else 0
