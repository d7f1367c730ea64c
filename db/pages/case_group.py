"""Groups of cases that a reader chooses: the drop-downs, what was asked, which cases they are, and the canned query that lists them.

A group is chosen by the columns of table case_outcome and by stains, as the canned query chooses the cases that it lists.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from db import publish
from db.overview import NOT_REPORTED
from db.pages.case_columns import FOUND, Cases, Chosen
from db.pages.unknown import quoted

QUERY = "cases_by_outcome"
# What a group is chosen by: parameters of the canned query. Those before the marker are columns of what it gives, too.
FIELDS = ("tumour_group", "histology", "site", "sex", "age", "surgery", "radiotherapy", "decade", "marker", "stain", "drug", "gene")

Asked = Mapping[str, str]
Options = Mapping[str, tuple[tuple[str, str], ...]]
QueryUrl = Callable[[str, Mapping[str, str]], str]


@dataclass(frozen=True, slots=True)
class CaseGroup:
    """Cases of one choice: pairs of a field and its value, in the order of `FIELDS`; none for all cases."""

    chosen: tuple[tuple[str, str], ...] = ()

    def value(self, field: str) -> str:
        """Return what was chosen of a field, "" for nothing."""
        return dict(self.chosen).get(field, "")

    def narrowed(self, field: str, value: str) -> CaseGroup:
        """Return the cases of the group that have this value, too."""
        values = dict(self.chosen) | {field: value}
        return CaseGroup(tuple((name, values[name]) for name in FIELDS if name in values))

    @property
    def words(self) -> str:
        """What was chosen, in words: "leiomyosarcoma, women, age 18 to 39"; "all cases" for no choice."""
        return ", ".join(_words(self)) or "all cases"

    def of(self, cases: Cases) -> Chosen:
        """Return which of all cases they are."""
        chosen = cases.all()
        for field, value in self.chosen:
            match field:
                case "marker":
                    stain = self.value("stain")
                    chosen &= cases.with_said(cases.stains, value, (stain,) if stain else ())
                case "stain":
                    continue  # of the marker
                case "drug":
                    chosen &= cases.with_said(cases.drugs, value)
                case "gene":
                    chosen &= cases.with_said(cases.genes, value, FOUND)
                case _:
                    chosen &= cases.words[field].are(value)
        return chosen

    def url(self, query_url: QueryUrl, **others: str) -> str:
        """Return the address that lists the cases of the group; `others` are further parameters of the query."""
        return query_url(QUERY, {**dict(self.chosen), **others})


@dataclass(frozen=True, slots=True)
class Choice:
    """What was asked: the group, and a sentence for each answer that is none of the words to choose from."""

    group: CaseGroup
    unknown: tuple[str, ...]


@cache
def query() -> publish.Query:
    """Return the canned query that lists the cases of a group."""
    return next(query for query in publish.queries() if query.name == QUERY)


def label(field: str) -> str:
    """Return what forms call a field."""
    return next(parameter.label for parameter in query().parameters if parameter.name == field)


def options(cases: Cases) -> Options:
    """Return the values of each field with their number of cases, in natural order or by name."""
    counted = {field: cases.words[field].counts() for field in FIELDS[: FIELDS.index("marker")]}
    counted |= {"marker": cases.times_said(cases.stains), "drug": cases.times_said(cases.drugs)}
    counted["gene"] = cases.times_said(cases.genes, FOUND)
    fixed = next(parameter.choices for parameter in query().parameters if parameter.name == "stain")
    return {field: tuple((name, f"{name} ({counted[field][name]:,})") for name in in_order(field, counted[field])) for field in counted} | {
        "stain": tuple((name, name) for name in fixed)
    }


def is_ordered(field: str) -> bool:
    """Tell whether the values of a field have an order of their own."""
    return field in ("age", "sex", "surgery", "radiotherapy", "decade", "stain")


def in_order(field: str, counted: Mapping[str, int]) -> list[str]:
    """Return values of a field in natural or alphabetical order, what is not reported last."""
    natural = next(parameter.choices for parameter in query().parameters if parameter.name == field)
    places = {name: place for place, name in enumerate(natural)}
    return sorted(counted, key=lambda name: (name == NOT_REPORTED, places.get(name, 0), name.casefold(), name))


def choose(asked: Asked, options: Options, prefix: str = "") -> Choice:
    """Return the group that is asked for; `prefix` stands before the names of the fields in the address."""
    given = {field: asked.get(prefix + field, "") for field in FIELDS}
    known = {field: value for field, value in given.items() if value and value in dict(options[field])}
    if "marker" not in known:
        known.pop("stain", None)
    return Choice(CaseGroup(tuple(known.items())), tuple(_unknown(given, known)))


def _unknown(given: Mapping[str, str], known: Mapping[str, str]) -> Iterator[str]:
    """Yield a sentence for each answer that was not taken."""
    for field, value in given.items():
        if value and field not in known:
            is_lonely = field == "stain" and "marker" not in known
            why = "A result needs a marker" if is_lonely else f"No choice of “{label(field)}” is called {quoted(value)}"
            yield f"{why}; shown: all."


def _words(group: CaseGroup) -> Iterator[str]:
    """Yield each choice in words."""
    for field, value in group.chosen:
        match field:
            case "marker":
                yield f"{value} {group.value('stain')}" if group.value("stain") else f"tested for {value}"
            case "stain":
                continue
            case "drug":
                yield f"treated with {value}"
            case "gene":
                yield f"{value} found"
            case "age" if value != NOT_REPORTED:
                yield f"aged {value}"
            case "decade" if value != NOT_REPORTED:
                yield f"published in the {value}"
            case "histology" | "site" | "tumour_group" | "sex" if value != NOT_REPORTED:
                yield value
            case _:
                yield f"{label(field).lower()} {value}"
