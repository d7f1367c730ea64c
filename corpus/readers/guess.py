"""Which eight-bit encoding a text was written in, told by whether its signs and letters stand where such signs stand.

Detectors that count byte frequencies need paragraphs of a language with many accents. An English report has a dozen
bytes beyond ASCII; what tells is their place: a dash stands between numbers, a capital not inside of a word.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from types import MappingProxyType

# What English reports are written in where it is not Unicode; of those that fit equally well the first is taken.
_CANDIDATES = ("cp1252", "mac_roman", "cp850", "gb18030")
# Signs that change a value: a guess between two of them is none.
_SIGNS = frozenset("±µμ≥≤×÷°²³¹−+<>∞½¼¾‰·")
# More would tell no more, and would take seconds.
_MOST_JUDGED = 20_000
# A short text may have one of two; a compressed file has mostly such.
_MAX_IMPLAUSIBLE = 0.5

_NUMBER_BEHIND = re.compile(r"\s{0,2}[-−]?\.?\d")
_NUMBER_BEFORE = re.compile(r"\d\s?\Z")
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")


@dataclass(frozen=True, slots=True)
class Guess:
    """A text and the encoding it was read as, by Python's name ("cp1252")."""

    text: str
    encoding: str


def guess(data: bytes) -> Guess | None:
    """Read bytes that are no Unicode.

    Returns
    -------
    Guess or None
        The reading in which the fewest signs and letters stand where none would; None where too many do in each, or where
        two readings are as good as each other and differ in a sign that changes a value.
    """
    readings: dict[str, str] = {}
    for encoding in _CANDIDATES:
        try:
            readings[encoding] = data.decode(encoding)
        except UnicodeDecodeError:
            continue
    shares = {encoding: _implausible(text) for encoding, text in readings.items()}
    best = min(shares.values(), default=1.0)
    if best > _MAX_IMPLAUSIBLE:
        return None
    first, *others = (encoding for encoding, share in shares.items() if share == best)
    if any(_differ_in_a_sign(readings[first], readings[other]) for other in others):
        return None
    return Guess(readings[first], first)


def _implausible(text: str) -> float:
    """Give the share of the characters beyond ASCII that stand where no writer puts them."""
    found = list(islice(_BEYOND_ASCII.finditer(text), _MOST_JUDGED))
    wrong = sum(not _is_plausible(text, match.start()) for match in found)
    return wrong / len(found) if found else 0.0


def _differ_in_a_sign(one: str, other: str) -> bool:
    if len(one) != len(other):
        return True
    return any(a != b and (a in _SIGNS or b in _SIGNS) for a, b in zip(one, other, strict=True))


def _is_plausible(text: str, at: int) -> bool:
    """Whether a character beyond ASCII stands where such a character stands in English prose."""
    character = text[at]
    before = text[at - 1] if at else "\n"
    after = text[at + 1] if at + 1 < len(text) else "\n"
    if character in "±≥≤×÷":
        return _NUMBER_BEHIND.match(text, at + 1) is not None and (character == "×" or not before.isalpha())
    if (rule := _RULES.get(character)) is not None:
        return rule(before, after)
    if _is_wide(character):
        return not character.isalpha() or _is_wide(before) or _is_wide(after)
    if not character.isalpha() or character in "ªº" or _NUMBER_BEFORE.search(text, max(0, at - 2), at):
        return False
    if character.isupper():
        return (after.isalpha() and not before.isalpha()) or (before.isupper() and not after.islower())
    return before.isalpha() or after.isalpha()


def _is_wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in "WF"


def _opens(before: str, after: str) -> bool:
    return not before.isalnum() and not after.isspace()


def _closes(before: str, after: str) -> bool:
    return not before.isspace() and (before.isalpha() or not after.isalnum())


def _parts(before: str, after: str) -> bool:
    """Tell of a dash: it stands inside of a word or a range, between spaces, at a line's end or alone in brackets."""
    return before.isspace() == after.isspace() or after == "\n" or before == "\n"


def _raised(before: str, after: str) -> bool:
    return before.isalnum() and not after.isalnum()


def _before_unit(before: str, after: str) -> bool:
    return after.isalpha() and not before.isalpha()


def _degrees(before: str, after: str) -> bool:
    return not before.isalpha() and (after in "CF" or not after.isalnum())


def _fraction(before: str, after: str) -> bool:
    return not before.isalpha() and not after.isalnum()


def _begins_item(before: str, after: str) -> bool:
    return before.isspace() or (before.isalnum() and after.isalnum())


def _at_number(before: str, after: str) -> bool:
    return before.isdigit() or after.isdigit()


def _at_word(before: str, after: str) -> bool:
    return not (before.isspace() and after.isspace())


# What stands before and behind a sign.
_RULES: MappingProxyType[str, Callable[[str, str], bool]] = MappingProxyType(
    {
        character: rule
        for characters, rule in (
            ("“‘«„", _opens), ("”’»´", _closes), ("–—−", _parts), ("²³¹™®†‡", _raised), ("µμ", _before_unit), ("°", _degrees),
            ("½¼¾", _fraction), ("•·", _begins_item), ("€£¥‰", _at_number), ("\u00a0…", _at_word), ("§©", _opens),
        )
        for character in characters
    }
)  # fmt: skip
