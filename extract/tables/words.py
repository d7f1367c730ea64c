"""The words of cells: what "NR", "M", "NED" or "PR" stand for where they are all that a cell holds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from corpus.tables.grid import Grid
from extract import lexicon

MISSING, YES, NO, OWN, STATISTIC = "missing", "yes", "no", "own", "statistic"
SEXES = ("male", "female")
RESPONSES = ("CR", "PR", "SD", "PD")

DASHES = "-‐‑‒–—−"
_TO_PLAIN = str.maketrans({**dict.fromkeys(DASHES, "-"), "\u00a0": " ", "\u2009": " ", "\u202f": " ", "∗": "*", "·": "."})
# "NR=not reported", "STL: subtotal resection", "TR, total resection", one after the other below a table.
_DEFINED = re.compile(
    r"(?P<short>[A-Za-z][\w/+-]{0,9})\s?(?:=|:)\s?(?P<long>[A-Za-z][\w\s/,()'-]{1,60}?)(?=[;.,]|\s[A-Za-z][\w/+-]{0,9}\s?=|$)"
)
_BRACKETED = re.compile(r"(?P<long>[A-Za-z][a-z\s-]{3,60})\s\((?P<short>[A-Z][\w/+-]{1,9})\)")
_DATE = re.compile(r"(?<!\d)(?:(?:19|20)\d\d-[01]?\d-[0-3]?\d|[0-3]?\d[./-][0-3]?\d[./-](?:19|20)?\d\d|[01]?\d[./](?:19|20)\d\d)(?!\d)")
_LONGEST_REMARK = 4000


def plain(text: str) -> str:
    """Return a cell's words with one kind of dash, space and decimal point, as its readers want them."""
    return " ".join(text.translate(_TO_PLAIN).split())


def concept(text: str) -> str | None:
    """Return what a cell stands for that holds one known word or phrase only: "missing", "male", "NED"; None for any other.

    >>> concept("n.r."), concept("–"), concept("Male"), concept("45 Gy")
    ('missing', 'missing', 'male', None)
    """
    words = plain(text).lower().strip()
    return _words().get(words) or _words().get(words.strip("()[].;, "))


def is_date(text: str) -> bool:
    """Return whether a cell holds a date: "2020-01-05", "5.1.2020", "01/2020"."""
    return _DATE.search(plain(text)) is not None


def is_missing(text: str) -> bool:
    """Return whether a cell prints nothing, or that nothing is known."""
    return not plain(text) or concept(text) == MISSING


def holds(text: str, *concepts: str) -> bool:
    """Return whether one of a cell's phrases of up to three words is of these concepts."""
    words = re.findall(r"[a-z&]+", plain(text).lower())
    return any(
        _words().get(" ".join(words[first : first + length])) in concepts
        for length in (1, 2, 3)
        for first in range(len(words) - length + 1)
    )


@cache
def _words() -> Mapping[str, str]:
    return {plain(entry.variant).lower(): entry.concept_id for entry in lexicon.load("table_word")}


def abbreviations(grid: Grid) -> Mapping[str, str]:
    """Return the abbreviations that a table's footnotes and remarks spell out: short form to long form."""
    found: dict[str, str] = {}
    for remark in (*grid.remarks, *grid.footnotes.values()):
        words = plain(remark)[:_LONGEST_REMARK]
        for match in (*_DEFINED.finditer(words), *_BRACKETED.finditer(words)):
            found.setdefault(match["short"], match["long"].strip(" ,"))
    return found


def spelled_out(text: str, known: Mapping[str, str]) -> str:
    """Return a cell with the table's own abbreviations in full; single letters stay, which mean a thing in each column."""
    return re.sub(r"[A-Za-z][\w/]{1,9}", lambda word: known.get(word.group(), word.group()), text) if known else text
