"""What of a group of cases is pooled: which times, how many cases are left out and why, and what the times rest on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from db.pages.case_columns import Cases, Chosen, Places, Words
from db.pages.case_group import CaseGroup
from db.survival import Curve, kaplan_meier

# What case_outcome says of a case that is in the curve, in place of why it is not.
COUNTED = "counted"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is estimated, and in which columns of the canned query it stands.

    Attributes
    ----------
    name, label
        In addresses, and in words.
    share
        What the curve shows the share of.
    happened
        What the events are called.
    months, why, end
        Columns of the time, of why a case is left out ("counted" where it is not), and of what was at the time (`happened` for the event).
    """

    name: str
    label: str
    share: str
    happened: str
    months: str
    why: str
    end: str


OUTCOMES = (
    Outcome("death", "death of any cause", "alive", "died", "survival_months", "death_of_any_cause", "survival_end"),
    Outcome(
        "return", "return of the tumour or death", "alive without return", "returned or died", "event_free_months", "return_or_death",
        "event_free_end",
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tally:
    """The cases of one group.

    Attributes
    ----------
    name
        What the group is called.
    reasons
        How many cases are in the curve (`COUNTED`), and how many are not, by the reason.
    times
        The times of the curve: months, whether the event happened then, and how many cases.
    """

    name: str
    reasons: Mapping[str, int]
    times: tuple[tuple[float, bool, int], ...]

    @property
    def cases(self) -> int:
        """How many cases there are."""
        return sum(self.reasons.values())

    @property
    def counted(self) -> int:
        """How many are in the curve."""
        return self.reasons.get(COUNTED, 0)

    @property
    def left_out(self) -> dict[str, int]:
        """How many are not, by the reason."""
        return {reason: n for reason, n in self.reasons.items() if reason != COUNTED}

    @property
    def events(self) -> int:
        """How many of those in the curve had the event."""
        return sum(n for _, is_event, n in self.times if is_event)

    def curve(self) -> Curve:
        """Return the Kaplan–Meier curve."""
        return kaplan_meier(self.times)


@dataclass(frozen=True, slots=True)
class Basis:
    """What the times of a curve rest on: how many are counted from what, and how many are lower bounds."""

    counted_from: Mapping[str, int]
    minimum: int


def tally(cases: Cases, group: CaseGroup, chosen: Chosen, outcome: Outcome, split: str = "") -> tuple[Tally, ...]:
    """Return the cases of a group, those `chosen`, by the values of a field ("" for one), those with most cases in the curve first."""
    names, why, ends = _split(cases, group, split), cases.words[outcome.why], cases.words[outcome.end]
    counted = chosen & why.are(COUNTED)
    months, month_of = np.unique(cases.numbers[outcome.months][counted], return_inverse=True)
    is_event = ends.are(outcome.happened)[counted].astype(np.int64)

    reasons: dict[int, dict[str, int]] = {}
    for place, reason, n in _counted(names.places[chosen], why.places[chosen], len(why.names)):
        reasons.setdefault(place, {})[why.names[reason]] = n
    times: dict[int, list[tuple[float, bool, int]]] = {place: [] for place in reasons}
    for place, time, n in _counted(names.places[counted], 2 * month_of + is_event, 2 * len(months)):
        times[place].append((float(months[time // 2]), bool(time % 2), n))
    tallies = (Tally(names.names[place] if split else group.words, reasons[place], tuple(times[place])) for place in reasons)
    return tuple(sorted(tallies, key=lambda one: (-one.counted, -one.cases, one.name)))


def _split(cases: Cases, group: CaseGroup, split: str) -> Words:
    """Return what the cases are told apart by: the results of the chosen marker, a column, or nothing."""
    if split == "stain":
        return cases.results_of(cases.stains, group.value("marker"))
    return cases.words[split] if split else Words(("",), np.zeros(cases.n_cases, dtype=np.intc))


def _counted(first: Places, second: Places, n_second: int) -> Iterator[tuple[int, int, int]]:
    """Yield the pairs of numbers that stand beside each other in two columns, and how often; those of the second are below `n_second`."""
    pairs, counts = np.unique(first.astype(np.int64) * n_second + second, return_counts=True)
    for pair, n in zip(pairs.tolist(), counts.tolist(), strict=True):
        yield *divmod(pair, n_second), n


def together(name: str, tallies: Iterable[Tally]) -> Tally:
    """Return the cases of several groups as one."""
    reasons: Counter[str] = Counter()
    times: list[tuple[float, bool, int]] = []
    for one in tallies:
        reasons.update(one.reasons)
        times += one.times
    return Tally(name, reasons, tuple(times))


def basis_of(cases: Cases, counted: Chosen) -> Basis:
    """Return what the times of the cases in a curve rest on."""
    return Basis(cases.words["counted_from"].counts(counted), cases.words["is_minimum"].counts(counted).get("yes", 0))
