"""Counts of a histology and a marker: how they are read, and how a cell of the heat map tells them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from db.marker_counts import counted, tested
from db.overview import NOT_REPORTED

# From how many cases on a cell has its full colour, and half of it: one case is no hundred percent.
_FULL, _HALF = 5, 2
# Width of the widest bar, in units of its drawing.
_BAR = 100.0


@dataclass(frozen=True, slots=True)
class Count:
    """In how many cases of a histology a marker was positive, negative, equivocal, or stained other cells only."""

    histology: str
    marker: str
    positive: int
    negative: int
    equivocal: int
    other_cells: int
    histology_cases: int

    @property
    def tested(self) -> int:
        """Cases in which the tumour was tested: all but those where only other cells stained."""
        return self.positive + self.negative + self.equivocal

    @property
    def share(self) -> float:
        """Share of positive cases, 0 to 1, drawn to a half where few were tested: (positive + 1) / (tested + 2), equivocal ones half."""
        return (self.positive + self.equivocal / 2 + 1) / (self.tested + 2)

    @property
    def parts(self) -> tuple[tuple[str, str], ...]:
        """The counts as they are shown, each with its kind: "12+", "3−", "1±", "2o" (other cells only)."""
        signs = (("positive", "+"), ("negative", "−"), ("equivocal", "±"), ("other_cells", "o"))
        return tuple((name, f"{number:,}{sign}") for name, sign in signs if (number := getattr(self, name)))

    @property
    def colour(self) -> str:
        """The classes of the cell: the share of positive cases in five steps, and how many were tested in three."""
        if not self.tested:
            return "untested"
        step = round(4 * (self.positive + self.equivocal / 2) / self.tested)
        # Four of five steps are for mixed results: all positive and all negative are those where all are.
        step = min(max(step, 0 if not self.positive + self.equivocal else 1), 4 if self.positive == self.tested else 3)
        return f"share-{step} {'many' if self.tested >= _FULL else 'some' if self.tested >= _HALF else 'one'}"

    def bar(self, longest: int) -> tuple[tuple[str, float, float], ...]:
        """Return the parts of a bar (kind, start, width); `longest` cases are as wide as the drawing."""
        parts, start = [], 0.0
        for name in ("positive", "equivocal", "negative"):
            width = round(_BAR * getattr(self, name) / max(longest, 1), 2)
            parts.append((name, round(start, 2), width))
            start += width
        return tuple(part for part in parts if part[2])


COLUMNS = ("histology", "marker", "tested", "positive", "negative", "equivocal", "other_cells")


def data_row(count: Count) -> tuple[str | int, ...]:
    """Return a count as a row of `COLUMNS`."""
    return (count.histology, count.marker, count.tested, count.positive, count.negative, count.equivocal, count.other_cells)


def read_counts(
    connection: sqlite3.Connection, test: str, conditions: Sequence[tuple[str, str]] = (), cases: Sequence[tuple[str, str]] = ()
) -> list[Count]:
    """Return the counts of a kind of test ("stain" or "molecular") that fulfil all conditions, each of SQL with one `?` and its value.

    `conditions` are on histology and marker, `cases` on the lines of case_overview that count. Cases without a diagnosis are left out.
    """
    source = f"({counted(test, _all(cases))})" if cases else "marker_count"
    asked = (("test = ?", test), ("histology <> ?", NOT_REPORTED), *conditions)
    sql = f"select histology, marker, positive, negative, equivocal, other_cells, histology_cases from {source} where {_all(asked)}"
    return [Count(*row) for row in connection.execute(sql, [value for _, value in (*cases, *asked)])]


def tested_for(connection: sqlite3.Connection, test: str, markers: Sequence[str], conditions: Sequence[tuple[str, str]]) -> dict[str, int]:
    """Return of how many cases of each histology a result of one of the markers is told; conditions are on lines of case_overview."""
    sql = tested(test, len(markers), _all(conditions))
    return dict(connection.execute(sql, [*markers, *(value for _, value in conditions)]).fetchall())


def _all(conditions: Iterable[tuple[str, str]]) -> str:
    return " and ".join(sql for sql, _ in conditions) or "true"
