"""A flag: a value of a case, or several together, that cannot be true or seldom is."""

from __future__ import annotations

from dataclasses import dataclass

IMPOSSIBLE, UNUSUAL = "impossible", "unusual"
SEVERITIES = (IMPOSSIBLE, UNUSUAL)

Place = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Flag:
    """What a rule says of values of one case; the values themselves stay as they are.

    Attributes
    ----------
    rule
        The rule's name ("sex_site").
    severity
        `impossible`: one of the values must be wrong, in the report or in its reading; `unusual`: look before you use them.
    places
        The values: field of the record, and number of the value in it (1 for single values, the place in the list for lists).
    found
        The values in words ("male; ovary (C56.9)").
    message
        What speaks against them, in words.
    """

    rule: str
    severity: str
    places: tuple[Place, ...]
    found: str
    message: str
