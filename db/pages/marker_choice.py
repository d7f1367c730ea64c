"""What the reader of the page of markers chose."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from db.overview import NOT_REPORTED
from db.pages.typed_markers import MOST_TYPED, names_typed
from db.pages.unknown import LONGEST, not_here, quoted
from db.query import every

TESTS = (("stain", "immunohistochemistry"), ("molecular", "molecular tests"))
ORDERS = (("cases", "most cases first"), ("name", "by name"), ("alike", "like beside like"))
LEAST = (("", "any number"), *((str(n), f"{n} or more") for n in (2, 3, 5, 10, 20, 50)))
PARAMETERS = ("test", "group", "histology", "words", "marker", "site", "least", "order", "down", "across")
_LABELS = {"test": "kind of test", "group": "kind of tumour", "site": "site", "least": "number of cases", "order": "order"}
_MOST_WORDS = 12


@dataclass(frozen=True, slots=True)
class Choice:
    """What the reader chose. Empty: all. `histology` is a whole name, `words` stand in names; `down` and `across` count pages from 1."""

    test: str = "stain"
    histology: str = ""
    words: str = ""
    markers: tuple[str, ...] = ()
    group: str = ""
    site: str = ""
    least: str = ""
    order: str = "cases"
    down: int = 1
    across: int = 1

    def cases(self) -> list[tuple[str, str]]:
        """Return the conditions on the lines of case_overview that count, each of SQL with one `?` and its value; none for all cases."""
        said = (("tumour_group = ?", self.group), ("site = ?", self.site))
        return [(sql, value) for sql, value in said if value]

    def asked(self) -> dict[str, str]:
        """Return what an address asks for this choice: what differs from no choice."""
        said = {name: str(getattr(self, name)) for name in PARAMETERS if name != "marker"}
        usual = {name: str(getattr(Choice(), name)) for name in said}
        own = {name: value for name, value in said.items() if value != usual[name]}
        return own | ({"marker": ", ".join(self.markers)} if self.markers else {})


def choose(
    connection: sqlite3.Connection, asked: Mapping[str, str], words: Mapping[str, tuple[tuple[str, str], ...]]
) -> tuple[Choice, tuple[str, ...]]:
    """Return what the form's answers mean, and a sentence for each that is unknown: it counts as not given."""
    unknown: list[str] = []

    def one_of(name: str) -> str:
        value, usual = asked.get(name, ""), words[name][0]
        if value and value not in dict(words[name]):
            unknown.append(not_here(_LABELS[name], value, usual[1]))
        return value if value in dict(words[name]) else usual[0]

    def page(name: str) -> int:
        value = asked.get(name) or "1"
        if value.isascii() and value.isdigit() and len(value) <= 4 and int(value):
            return int(value)
        unknown.append(not_here("page", value, "the first"))
        return 1

    test = one_of("test")
    known = [row["marker"] for row in every(connection, "select distinct marker from marker_count where test = ?", test)]
    markers, unclear = _markers(asked.get("marker", ""), test, known)
    instead = "" if markers else "; shown: all"
    unknown += [f"No case reports a result of {quoted(name)}{instead}." for name in unclear]
    histology = _histology(connection, test, asked.get("histology", ""))
    if asked.get("histology") and not histology:
        unknown.append(f"No case with the diagnosis {quoted(asked['histology'])} reports a result; shown: all.")
    words_in_name = list(dict.fromkeys(asked.get("words", "").split()))
    if len(words_in_name) > _MOST_WORDS or any(len(word) > LONGEST for word in words_in_name):
        unknown.append(f"Too many or too long words; shown: what has the first {_MOST_WORDS}, to {LONGEST} letters each.")
    in_name = " ".join(word[:LONGEST] for word in words_in_name[:_MOST_WORDS])
    group, site, least, order = one_of("group"), one_of("site"), one_of("least"), one_of("order")
    choice = Choice(test, histology, in_name, markers, group, site, least, order, page("down"), page("across"))
    return choice, tuple(unknown)


def _histology(connection: sqlite3.Connection, test: str, name: str) -> str:
    """Return a histology that was tested, as the tables write it; "" where there is none of that name."""
    sql = "select histology from marker_count where test = ? and histology = ? collate nocase and histology <> ? limit 1"
    found = every(connection, sql, test, name, NOT_REPORTED)
    return found[0]["histology"] if found else ""


def _markers(typed: str, test: str, known: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the markers of a list that were tested in a case, and its other words."""
    names, unclear = names_typed(typed, known) if test == "stain" else _alterations(typed, known)
    return tuple(name for name in names if name in known), (*unclear, *(name for name in names if name not in known))


def _alterations(typed: str, known: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the alterations of a list ("ALK rearrangement, TP53"), of a gene alone all that were looked for, and its other words."""
    parts = [part.strip().casefold() for part in typed[:MOST_TYPED].split(",") if part.strip()]
    found = {part: [name for name in known if name.casefold() == part or name.casefold().rpartition(" ")[0] == part] for part in parts}
    return tuple(name for names in found.values() for name in names), tuple(part for part, names in found.items() if not names)


def options(connection: sqlite3.Connection) -> dict[str, tuple[tuple[str, str], ...]]:
    """Return the words of the drop-downs; the first is taken where nothing is chosen."""

    def named(column: str) -> tuple[tuple[str, str], ...]:
        sql = f"select {column} as name, count(*) as n from case_overview group by 1 order by 1 = ?, 1"
        return (("", "all"), *((row["name"], f"{row['name']} ({row['n']:,})") for row in every(connection, sql, NOT_REPORTED)))

    return {"test": TESTS, "group": named("tumour_group"), "site": named("site"), "least": LEAST, "order": ORDERS}
