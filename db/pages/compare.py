"""The page that sets two groups of cases side by side: each figure with the number of cases that tell it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from db.overview import NOT_REPORTED
from db.pages import case_group, outcomes
from db.pages.case_columns import Cases
from db.pages.case_group import CaseGroup, Options
from db.pages.data import Data
from db.pages.links import Links
from db.pages.outcomes import PREFIXES, share_words
from db.pages.pooling import COUNTED, OUTCOMES, Outcome, tally, together
from db.pages.survival_plot import Arm, Plot, plot
from db.pages.told import Part, Spread, Told, in_both, parts, read
from db.pages.unknown import not_here

PARAMETERS = ("outcome", *(prefix + field for prefix in PREFIXES for field in case_group.FIELDS))
_MONTHS = 60.0


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two groups.

    Attributes
    ----------
    arm, prefix, group
        Its curve, what stands before its fields in the address, and what was chosen.
    cases, reports, counted
        How many cases there are, how many reports tell of them, and how many of the cases are in the curve.
    url, counted_url, outcomes_url
        List the cases and those in the curve, and lead to the page of outcomes of this group.
    is_drawn
        Whether there are cases enough for a curve.
    median, shares
        Figures of the curve in words; "" and () where it is not drawn.
    """

    arm: Arm
    prefix: str
    group: CaseGroup
    cases: int
    reports: int
    counted: int
    url: str
    counted_url: str
    outcomes_url: str
    is_drawn: bool
    median: str
    shares: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ComparePage:
    """All that the page shows; `both` counts the cases that are in both groups."""

    outcome: Outcome
    sides: tuple[Side, ...]
    unknown: tuple[str, ...]
    is_example: bool
    options: Options
    parts: tuple[Part, ...]
    both: int
    plot: Plot | None
    description: str
    data: Data


def compare_page(cases: Cases, asked: Mapping[str, str], links: Links) -> ComparePage:
    """Return what the page shows for the form's answers."""
    options = {**case_group.options(cases), "outcome": tuple((outcome.name, outcome.label) for outcome in OUTCOMES)}
    choices = [case_group.choose(asked, options, prefix) for prefix in PREFIXES]
    is_example = not any(asked.get(name) for name in PARAMETERS[1:])
    groups = _examples(cases) if is_example else tuple(choice.group for choice in choices)
    outcome = next((outcome for outcome in OUTCOMES if outcome.name == asked.get("outcome")), OUTCOMES[0])
    unknown = [f"Group {letter}: {sentence}" for letter, choice in zip("AB", choices, strict=True) for sentence in choice.unknown]
    if asked.get("outcome") and asked["outcome"] != outcome.name:
        unknown.append(not_here("outcome", asked["outcome"], outcome.label))
    told = tuple(read(cases, group) for group in groups)
    sides = tuple(_side(cases, place, one, outcome, links) for place, one in enumerate(told, start=1))
    arms = [side.arm for side in sides if side.is_drawn]
    lines = tuple(parts(cases, told, links.query))
    return ComparePage(
        outcome, sides, tuple(unknown), is_example, options, lines, in_both(told), plot(arms, _MONTHS),
        outcomes.description(arms, outcome), _data(lines, sides),
    )  # fmt: skip


def _examples(cases: Cases) -> tuple[CaseGroup, ...]:
    """Return the cases of the two commonest diagnoses."""
    counted = cases.words["histology"].counts()
    names = sorted(counted.keys() - {NOT_REPORTED}, key=lambda name: (-counted[name], name))[:2]
    return tuple(CaseGroup((("histology", name),)) for name in names) + (CaseGroup(),) * (2 - len(names))


def _side(cases: Cases, place: int, told: Told, outcome: Outcome, links: Links) -> Side:
    """Return a group with its curve; `place` is 1 or 2."""
    group = told.group
    pooled = together(group.words, tally(cases, group, told.chosen, outcome))
    curve, is_drawn = pooled.curve(), pooled.counted >= outcomes.FEWEST_DRAWN
    return Side(
        Arm(place, group.words, curve), PREFIXES[place - 1], group, told.cases, told.reports,
        pooled.counted,
        group.url(links.query), group.url(links.query, **{outcome.why: COUNTED}),
        links.path("/outcomes", {**dict(group.chosen), "outcome": outcome.name}), is_drawn,
        outcomes.median_words(curve) if is_drawn else "",
        tuple(share_words(curve.at(months)) for months in outcomes.TABLE_MONTHS) if is_drawn else (),
    )  # fmt: skip


def _data(parts: Sequence[Part], sides: Sequence[Side]) -> Data:
    """Return the figures as rows."""
    columns = (
        "part",
        "what",
        "unit",
        "group",
        "chosen",
        "cases",
        "told",
        "not_reported",
        "with_it",
        "median",
        "first_quartile",
        "third_quartile",
        "lowest",
        "highest",
    )
    return Data(
        columns,
        tuple(
            (
                part.title, line.label, line.unit or None, side.arm.letter, side.group.words, side.cases,
                figure.told, figure.missing, figure.with_it, *_numbers(figure.spread),
            )
            for part in parts
            for line in part.lines
            for side, figure in zip(sides, line.figures, strict=True)
        ),
    )  # fmt: skip


def _numbers(spread: Spread | None) -> tuple[float | None, ...]:
    if spread is None:
        return (None,) * 5
    return tuple(round(value, 2) for value in (spread.median, spread.first_quartile, spread.third_quartile, spread.low, spread.high))
