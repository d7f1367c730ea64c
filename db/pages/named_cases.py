"""The cases that words of the search name by a kind of tumour or of treatment: a link to them, since no text need hold these words."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from db import tumour_groups
from db.pages.links import Links
from db.pages.narrowing import choices
from db.pages.spelling import spellings
from db.pages.terms import Terms
from db.query import one

_TREATMENTS = MappingProxyType(
    {
        "radiotherapy": "radiotherapy", "irradiation": "radiotherapy", "irradiated": "radiotherapy", "radiation": "radiotherapy",
        "surgery": "surgery", "operation": "surgery", "operated": "surgery",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class NamedCases:
    """How many cases there are, what they have in common (in the words of the page of cases), and their address."""

    count: int
    words: str
    url: str


def named_cases(connection: sqlite3.Connection, terms: Terms, links: Links) -> NamedCases | None:
    """Return the cases of the kind of tumour and with the treatment that are asked for; None where none is, or there is no such case."""
    asked: dict[str, str] = {}
    for word in terms.wanted_alone():
        if column := _TREATMENTS.get(word.casefold()):
            asked[column] = "yes"
        elif group := next((_groups()[form] for form in spellings(word.casefold().removesuffix("s")) if form in _groups()), None):
            asked.setdefault("tumour_group", group)
    if not asked:
        return None
    conditions = " and ".join(f"{column} = ?" for column in asked)
    row = one(connection, f"select count(*) as n from case_overview where {conditions}", *asked.values())
    if row is None or not row["n"]:
        return None
    said = ", ".join(choice.words for choice in choices(tuple(asked.items())))
    return NamedCases(row["n"], said, links.table("case_overview", asked))


@cache
def _groups() -> Mapping[str, str]:
    """Return the groups of tumours by the names in their names: "sarcoma" and "soft tissue tumour" are of one group."""
    return MappingProxyType({name: codes.group for codes in tumour_groups.read() for name in _names(codes.group)})


def _names(group: str) -> Iterator[str]:
    """Yield what a group is called; nothing of one that holds the rest of its kind ("carcinoma, other or unspecified")."""
    if "," not in group:
        yield from (name for name in re.split(r" or (?:other )?", group) if "other" not in name and "unspecified" not in name)
