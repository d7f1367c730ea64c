"""Kaplan–Meier estimates with their intervals, computed by lifelines, in plain data for pages and tables."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Estimate:
    """A share from 0 to 1, or a number of months, with the ends of its 95 % interval; None for an end that cannot be told."""

    value: float
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Point:
    """What is known at one time of a curve.

    Attributes
    ----------
    months
        Months from time zero.
    at_risk
        How many were followed up to here without the event.
    events, censored
        How many had the event here, and how many were last seen here without it.
    share
        Estimated share without the event after this time, with its interval; no interval where the share is 1 or 0.
    """

    months: float
    at_risk: int
    events: int
    censored: int
    share: Estimate


@dataclass(frozen=True, slots=True)
class Curve:
    """A Kaplan–Meier curve: its points in the order of time, the first at month 0; () where nobody was followed."""

    points: tuple[Point, ...]

    @property
    def patients(self) -> int:
        """How many the curve is made of."""
        return self.points[0].at_risk if self.points else 0

    @property
    def events(self) -> int:
        """How many had the event."""
        return sum(point.events for point in self.points)

    @property
    def longest_months(self) -> float | None:
        """The longest time; None where nobody was followed."""
        return self.points[-1].months if self.points else None

    def at_risk(self, months: float) -> int:
        """Return how many were followed at least so long, and had no event before."""
        place = bisect_left(self.points, months, key=_months)
        return self.points[place].at_risk if place < len(self.points) else 0

    def beyond(self, months: float) -> int:
        """Return how many were followed longer, and had no event until then."""
        place = bisect_right(self.points, months, key=_months)
        return self.points[place].at_risk if place < len(self.points) else 0

    def at(self, months: float) -> Estimate | None:
        """Return the share without the event after so many months; None where nobody was followed so long and some are without it."""
        if not self.points or (months > self.points[-1].months and self.points[-1].share.value > 0):
            return None
        return self.points[bisect_right(self.points, months, key=_months) - 1].share

    @property
    def median(self) -> Estimate | None:
        """Months at which the share falls to a half; None where it does not.

        The interval is that of Brookmeyer and Crowley (1982): from where the lower end of the band falls to a half to where its
        upper end does.
        """
        at = self._first(lambda share: share.value)
        return None if at is None else Estimate(at, self.median_low, self._first(lambda share: share.high))

    @property
    def median_low(self) -> float | None:
        """Lower end of the median's interval, which may be told where the median is not reached."""
        return self._first(lambda share: share.low)

    def _first(self, value: Callable[[Estimate], float | None]) -> float | None:
        """Return the first month at which a value of the share is a half or less."""
        for point in self.points:
            # A sum of fractions that is a half may be stored as a little more.
            if (found := value(point.share)) is not None and found <= 0.5 + 1e-9:
                return point.months
        return None


def _months(point: Point) -> float:
    return point.months


def kaplan_meier(times: Iterable[tuple[float, bool, int]]) -> Curve:
    """Estimate the share of patients without an event, by time.

    Parameters
    ----------
    times
        Months (0 or more), True for the event and False for the end of follow-up without it, and how many patients: equal ones
        may come together or one by one.

    Returns
    -------
    Curve
        Product-limit estimate of Kaplan and Meier (J Am Stat Assoc 1958;53:457) with Greenwood's variance and the interval on the
        scale of log(-log) (Kalbfleisch and Prentice 1980), by lifelines. Who is censored at the time of an event was at risk of it.

    Raises
    ------
    ValueError
        For months below 0, or numbers of patients below 1.
    """
    counted: Counter[tuple[float, bool]] = Counter()
    for months, is_event, patients in times:
        if not months >= 0 or patients < 1:
            raise ValueError(f"{patients} patients at month {months}: wanted months from 0 and patients from 1")
        counted[float(months), bool(is_event)] += patients
    return Curve(_points(counted)) if counted else Curve(())


def _points(counted: Mapping[tuple[float, bool], int]) -> tuple[Point, ...]:
    # Takes seconds and a hundred megabytes: only for those who ask for a curve.
    from lifelines import KaplanMeierFitter

    rows = sorted(counted)
    fitter = KaplanMeierFitter(alpha=1 - LEVEL).fit(
        [months for months, _ in rows], [is_event for _, is_event in rows], weights=[counted[row] for row in rows]
    )
    table, band = fitter.event_table, fitter.confidence_interval_
    shares = fitter.survival_function_.iloc[:, 0]
    return tuple(
        Point(float(months), int(at_risk), int(events), int(censored), _estimate(share, low, high))
        for months, at_risk, events, censored, share, low, high in zip(
            table.index, table["at_risk"], table["observed"], table["censored"], shares, band.iloc[:, 0], band.iloc[:, 1], strict=True
        )
    )


def _estimate(share: float, low: float, high: float) -> Estimate:
    """Return a share with its interval: log(-log) of 1 and of 0 is infinite, so that neither has one."""
    if not 0 < share < 1 or math.isnan(low) or math.isnan(high):
        return Estimate(float(share), None, None)
    return Estimate(float(share), float(low), float(high))
