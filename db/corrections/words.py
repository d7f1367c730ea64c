"""The words on which a correction rests: how they are written down, and where they stand in a text that may have changed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

OPEN, CLOSE = "⟦", "⟧"

_AROUND = 40  # characters on each side: enough to tell two mentions apart
_MARKS = re.compile(f"[{OPEN}{CLOSE}]")
# Signs of which a spreadsheet, correcting what is typed, puts one for the other.
_ALIKE = ("'‘’‚‛", '"“”„‟', "-‐‑–—")
_PATTERNS: Mapping[str, str] = MappingProxyType({sign: f"[{re.escape(signs)}]" for signs in _ALIKE for sign in signs})


@dataclass(frozen=True, slots=True)
class Place:
    """Where words stand, `start` and `end` as in evidence; or, with both None, why they cannot be found (`problem`)."""

    start: int | None
    end: int | None
    problem: str | None = None


def normal(words: str) -> str:
    """Return words as the file holds them: in one line, a single space where there was any white space."""
    return " ".join(words.split())


def around(text: str, start: int, end: int) -> str:
    """Return the words of a text from `start` to `end` between marks, with whole words on each side around them."""
    before, after = text[max(0, start - _AROUND) : start], text[end : end + _AROUND]
    if start > _AROUND and not text[start - _AROUND - 1].isspace():
        before = re.sub(r"^\S+", "", before)
    if end + _AROUND < len(text) and not text[end + _AROUND].isspace():
        after = re.sub(r"\S+$", "", after)
    # A mark that the text itself has would be taken for one of ours.
    return normal(f"{_MARKS.split(before)[-1]}{OPEN}{text[start:end]}{CLOSE}{_MARKS.split(after)[0]}")


def is_marked(words: str) -> bool:
    """Tell whether words have a part between marks."""
    _, marked, _ = _parts(words)
    return bool(marked.strip())


def find(text: str, words: str) -> Place:
    """Return where the marked words stand: with those around them exactly once, or else themselves exactly once.

    White space counts as equal whatever it is, since a report whose lines break elsewhere says the same; so do quotes and dashes,
    which a spreadsheet changes.
    """
    before, marked, after = _parts(words)
    if not marked.strip():
        return Place(None, None, f"no words stand between {OPEN} and {CLOSE}")
    for parts in ((before, marked, after), ("", marked, "")):
        found = list(re.finditer("{}({}){}".format(*map(_loose, parts)), text))
        if len(found) == 1:
            return Place(*found[0].span(1))
    return Place(None, None, "its words stand at several places" if found else "its words are not in the text any more")


def _parts(words: str) -> tuple[str, str, str]:
    """Return what stands before, between and after the marks; all of it between them where there are none."""
    before, opening, rest = words.partition(OPEN)
    marked, closing, after = rest.rpartition(CLOSE)
    return (before, marked.strip(), after) if opening and closing else ("", "" if opening or CLOSE in words else words.strip(), "")


def _loose(words: str) -> str:
    """Return a pattern for words with any white space between them, and with the quotes and dashes that a spreadsheet puts for others."""
    return r"\s+".join("".join(_PATTERNS.get(sign, re.escape(sign)) for sign in part) for part in re.split(r"\s+", words))
