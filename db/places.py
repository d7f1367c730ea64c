"""Where in a report evidence stands, in words beside each value: "case, p. 3"."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from db.pages.report_parts import section_words
from db.query import Row

# Places that are named beside a value; further ones are counted.
_NAMED = 2


@dataclass(frozen=True, slots=True)
class Where:
    """Places of a text: `short` for the eye ("case, p. 3"), `full` to be read aloud ("in the section case, page 3")."""

    short: str
    full: str


def where_of(evidence: Iterable[Row]) -> Where | None:
    """Return where evidence stands, each place once; None where the report has neither sections nor pages."""
    places = tuple(dict.fromkeys((section_words(row["section"]), row["page"]) for row in evidence))
    told = [place for place in places if any(place)]
    if not told:
        return None
    short = "; ".join(_short(*place) for place in told[:_NAMED])
    rest = f" +{len(told) - _NAMED}" if len(told) > _NAMED else ""
    return Where(short + rest, "; ".join(_full(*place) for place in told))


def _short(section: str, page: int | None) -> str:
    return ", ".join(part for part in (section, page and f"p. {page}") if part)


def _full(section: str, page: int | None) -> str:
    return ", ".join(part for part in (section and f"in the section {section}", page and f"page {page}") if part)
