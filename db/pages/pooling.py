"""What of a group of cases is pooled: which times, how many cases are left out and why, and what the times rest on."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from db.pages.case_group import CaseGroup
from db.query import every
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
        What the events are called in a table.
    months, why
        Columns of the time, and of why a case is left out ("counted" where it is not).
    end
        Condition that is true where the event happened.
    """

    name: str
    label: str
    share: str
    happened: str
    months: str
    why: str
    end: str


OUTCOMES = (
    Outcome("death", "death of any cause", "alive", "died", "survival_months", "death_of_any_cause", "survival_end = 'died'"),
    Outcome(
        "return", "return of the tumour or death", "alive without return", "returned or died", "event_free_months", "return_or_death",
        "event_free_end = 'returned or died'",
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


def tally(connection: sqlite3.Connection, group: CaseGroup, outcome: Outcome, split: str = "") -> tuple[Tally, ...]:
    """Return the cases of a group by the values of a field, "" for all of them as one, those with most cases in the curve first."""
    # The sign keeps SQLite from walking an index and looking up every row: to read the table and sort takes a third of the time.
    name = f"+{split}" if split else "''"
    reasons: dict[str, dict[str, int]] = {}
    for row in every(
        connection, f"select {name} as name, {outcome.why} as why, count(*) as n from ({group.sql}) group by 1, 2", **group.values
    ):
        reasons.setdefault(row["name"], {})[row["why"]] = row["n"]
    times: dict[str, list[tuple[float, bool, int]]] = {}
    sql = (
        f"select {name} as name, {outcome.months} as months, {outcome.end} as is_event, count(*) as n from ({group.sql})"
        f" where {outcome.why} = '{COUNTED}' group by 1, 2, 3"
    )
    for row in every(connection, sql, **group.values):
        times.setdefault(row["name"], []).append((row["months"], bool(row["is_event"]), row["n"]))
    tallies = (Tally(name if split else group.words, reasons[name], tuple(times.get(name, ()))) for name in reasons)
    return tuple(sorted(tallies, key=lambda one: (-one.counted, -one.cases, one.name)))


def together(name: str, tallies: Iterable[Tally]) -> Tally:
    """Return the cases of several groups as one."""
    reasons: Counter[str] = Counter()
    times: list[tuple[float, bool, int]] = []
    for one in tallies:
        reasons.update(one.reasons)
        times += one.times
    return Tally(name, reasons, tuple(times))


def basis_of(connection: sqlite3.Connection, group: CaseGroup, outcome: Outcome) -> Basis:
    """Return what the times of the cases in the curve rest on."""
    sql = f"select counted_from, is_minimum, count(*) as n from ({group.sql}) where {outcome.why} = '{COUNTED}' group by 1, 2"
    counted_from: Counter[str] = Counter()
    minimum = 0
    for row in every(connection, sql, **group.values):
        counted_from[row["counted_from"]] += row["n"]
        minimum += row["n"] if row["is_minimum"] == "yes" else 0
    return Basis(counted_from, minimum)
