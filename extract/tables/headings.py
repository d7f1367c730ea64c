"""Headings: what a column means and the unit that it gives its numbers, by the vocabularies `table_heading` and `table_unit`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache

from extract import lexicon
from extract.tables import words

GRAYS = ("Gy", "cGy", "rad", "Gy(RBE)")
TIMES = ("years", "months", "weeks", "days")
OTHER = "other"
# One letter is a unit only in brackets or behind a comma: "Follow-up (y)", but not "Y".
_SURELY = 2
# The beginning of a heading that is longer tells what it is, if anything does.
_LONGEST = 300
_BRACKETS = re.compile(r"[(\[](?P<inside>(?:[^()\[\]]|\([^()]{0,12}\)|\[[^\[\]]{0,12}\]){0,40})[)\]]")
_TAIL = re.compile(r"(?:,\s?|\bin\s|;\s?)(?P<tail>[^,;]{1,20})$")
_WORD = re.compile(r"[a-zµμ%#][a-z0-9µμ]*|[/&+]|\d+")
_UNIT_WORDS = re.compile(r"[a-zµμ]{1,12}\s?[(\[]?(?:rbe|e)[)\]]|[a-zµμ]{1,12}/[a-z]{1,12}[\d²^]{0,2}|[a-zµμ%#]{1,12}[\d²^]{0,2}")
_OF_SEVERAL = re.compile(r"\b(?:median|mean|average|range|iqr|avg)\b")
# What brackets may add to a column: "Dose (fractions)", "Status (follow-up, months)".
_IN_BRACKETS = frozenset({"sex", "age", "follow_up", "fractions", "status"})
_COUNTS = frozenset({"n", "n.", "no", "no.", "#", "%", "n (%)", "n(%)", "no. (%)", "n, %", "number", "(n)", "(no.)", "(%)", "-", "m/f"})
_UNTIL_EVENT = re.compile(r"\b(?:PFS|DFS|RFS|EFS)\b|\b(?:progression|disease|recurrence|relapse|event)[-\s]free", re.IGNORECASE)
# Numbers of what, or which of them, only a heading of nothing else says: not "Male, n" nor "No radiotherapy".
_SHORTEST = frozenset({"n", "no", "nr"})
_IN_ALL = re.compile(r"\b(?:total|cumulative|overall|final)\b")


@dataclass(frozen=True, slots=True)
class Heading:
    """A column's heading.

    Attributes
    ----------
    text
        As printed, the rows of a heading joined by `JOINT`.
    meanings
        What the column holds, by the concepts of the vocabulary ("age", "sex" for "Age/sex"); () for what is not known.
    units
        Units that the heading gives, in order; () where it gives none.
    is_statistic
        The numbers are medians, means or ranges of several patients.
    is_total
        The dose is called total.
    order
        For a column of both sexes: which is printed first, "male" or "female"; None where it does not say.
    """

    text: str
    meanings: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    is_statistic: bool = False
    is_total: bool = False
    order: str | None = None

    @property
    def gray(self) -> str | None:
        """The one unit of dose that the heading gives, None where it gives none or several."""
        given = [unit for unit in self.units if unit in GRAYS]
        return given[0] if len(given) == 1 else None

    @property
    def time(self) -> str | None:
        """The one unit of time that the heading gives, None where it gives none or several."""
        given = [unit for unit in self.units if unit in TIMES]
        return given[0] if len(given) == 1 else None

    @property
    def is_until_event(self) -> bool:
        """Whether the column's times end with a progression or recurrence, if there was one: "PFS"."""
        return _UNTIL_EVENT.search(self.text) is not None

    @property
    def is_known(self) -> bool:
        """Whether the vocabulary knows the heading, be it as no part of a dose table."""
        return bool(self.meanings)


@lru_cache(maxsize=8192)  # a cell is asked whether it is a heading again and again
def read(text: str) -> Heading:
    """Return what a heading means. What it does not say stays empty.

    >>> read("Total dose (Gy)").meanings, read("Total dose (Gy)").gray, read("Age/sex").meanings
    (('dose',), 'Gy', ('age', 'sex'))
    """
    lower = words.plain(text[:_LONGEST]).lower()
    bare, inside = _BRACKETS.sub(" ", lower), " ".join(found["inside"] for found in _BRACKETS.finditer(lower))
    units = tuple(dict.fromkeys(_units(lower)))
    found = _meanings(bare) or _meanings(lower)
    found += [meaning for meaning in _meanings(inside) if found and meaning in _IN_BRACKETS]
    meanings = tuple(dict.fromkeys(meaning for concept in found for meaning in concept.split("+")))
    if OTHER in meanings or ("another" in units and set(meanings) & {"dose", "dose_per_fraction", "boost"}):
        meanings = (OTHER,)
    if meanings in (("dose",), ("radiotherapy",), ("radiotherapy", "dose")) and "fractions" in units and _names_count(inside):
        meanings = ("dose", "fractions")
    if "dose" in meanings and "radiotherapy" in meanings:
        meanings = tuple(meaning for meaning in meanings if meaning != "radiotherapy")
    if "dose" in meanings and "dose_per_fraction" in meanings:
        meanings = ()  # which is which, the cells do not say
    is_statistic = _OF_SEVERAL.search(lower) is not None
    return Heading(text, meanings, units, is_statistic, _IN_ALL.search(lower) is not None, _order(lower))


def is_count(text: str) -> bool:
    """Return whether a cell of the headings says only that numbers or shares stand below it: "n", "No. (%)"."""
    return words.plain(text).lower() in _COUNTS


def is_unit(text: str) -> bool:
    """Return whether a cell of the headings holds nothing but a unit: "Gy", "months"."""
    return _unit_names().get(words.plain(text).lower().strip("()[]")) in (*GRAYS, *TIMES)


def _names_count(inside: str) -> bool:
    """Return whether brackets name the number of fractions beside the dose, "Gy/fractions": "Gy/fx" may be of one fraction."""
    return re.search(r"(?:gy|gray)\s?(?:/|,|\sin\s|\sand\s)\s?(?:no\.?\sof\s)?(?:fractions|fxs|frs|f\b|n\b|#)", inside) is not None


def _order(lower: str) -> str | None:
    found = re.search(r"\b(?P<first>m|f|male|female)\s?[/:]\s?(?:m|f|male|female)\b", lower)
    return None if found is None else "male" if found["first"].startswith("m") else "female"


def _meanings(lower: str) -> list[str]:
    """Return the concepts of the longest phrases of the vocabulary in a heading, in order, none overlapping another."""
    tokens = _WORD.findall(lower.replace("-", " ").replace(".", " ").replace(":", "/"))
    tokens = [token for token in tokens if not token.isdigit()]
    found, at = [], 0
    while at < len(tokens):
        length = next((n for n in range(min(_longest(), len(tokens) - at), 0, -1) if tuple(tokens[at : at + n]) in _headings()), 0)
        if length and (length > 1 or len(tokens) == 1 or tokens[at] not in _SHORTEST):
            found.append(_headings()[tuple(tokens[at : at + length])])
        at += length or 1
    return found


@cache
def _headings() -> Mapping[tuple[str, ...], str]:
    return {_key(entry.variant): entry.concept_id for entry in lexicon.load("table_heading")}


def _key(variant: str) -> tuple[str, ...]:
    return tuple(_WORD.findall(variant.replace("-", " ").replace(".", " ").replace(":", "/")))


@cache
def _longest() -> int:
    return max(map(len, _headings()))


def _units(lower: str) -> Iterator[str]:
    """Yield the units of a heading: long ones wherever they stand, one letter in brackets or behind a comma only."""
    marked = " ".join([*(found["inside"] for found in _BRACKETS.finditer(lower)), *(found["tail"] for found in _TAIL.finditer(lower))])
    for place, least in ((marked, 1), (lower, _SURELY)):
        for found in _UNIT_WORDS.finditer(place):
            word = found.group()
            pieces = [word] if word in _unit_names() else word.split("/")
            yield from (_unit_names()[piece] for piece in pieces if piece in _unit_names() and _is_unit(piece, place is marked, least))


def _is_unit(piece: str, is_marked: bool, least: int) -> bool:
    """Return whether a word is a unit here: "no" and "fraction" are words of their own outside brackets."""
    return is_marked or (len(piece) >= least and _unit_names()[piece] in GRAYS)


@cache
def _unit_names() -> Mapping[str, str]:
    return {entry.variant.lower(): entry.concept_id for entry in lexicon.load("table_unit")}
