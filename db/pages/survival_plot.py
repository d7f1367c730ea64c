"""The drawing of Kaplan–Meier curves: where steps, bands, marks and numbers at risk stand. The template only writes it down."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from db.survival import Curve, Estimate

# Units of the drawing: it scales with the page.
WIDTH = 720.0
_LEFT, _RIGHT, _TOP = 66.0, 30.0, 14.0
_PLOT = 330.0
# From the axis to its name, to the heading of the numbers at risk, and from one row of these to the next.
_AXIS, _HEADING, _ROW = 48.0, 36.0, 27.0
_TICK = 5.0
# How far the letters at the ends of two curves stand from each other at least.
_APART = 19.0
# Where fewer are still at risk, a curve is drawn pale: each step of it rests on one or two patients.
FEW = 5
_STEPS = (1, 2, 3, 6, 12, 24, 60, 120, 240)
_MOST_TICKS = 8


@dataclass(frozen=True, slots=True)
class Arm:
    """A group that is drawn: its number from 1, which decides on letter, hue and pattern; its name, and its curve."""

    number: int
    name: str
    curve: Curve

    @property
    def letter(self) -> str:
        """The letter that stands for it on the drawing: "A" for 1."""
        return chr(ord("A") + self.number - 1)


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark of an axis with its words."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Line:
    """A curve as drawn.

    Attributes
    ----------
    arm
        Whose it is.
    path, tail, band, censored
        Paths of the steps, of those after which fewer than `FEW` are at risk, of the band around both, and of the marks where
        patients were last seen; "" for none.
    x, y
        Where its letter stands.
    base, at_risk
        Where the row of its numbers at risk stands, and these.
    """

    arm: Arm
    path: str
    tail: str
    band: str
    censored: str
    x: float
    y: float
    base: float
    at_risk: tuple[Tick, ...]


@dataclass(frozen=True, slots=True)
class Plot:
    """The whole drawing; `months` is where its time axis ends, `heading` the height at which the numbers at risk begin."""

    lines: tuple[Line, ...]
    time_ticks: tuple[Tick, ...]
    share_ticks: tuple[Tick, ...]
    months: float
    heading: float
    height: float
    left: float = _LEFT
    right: float = WIDTH - _RIGHT
    top: float = _TOP
    base: float = _TOP + _PLOT
    axis_name: float = _TOP + _PLOT + _AXIS
    width: float = WIDTH


def plot(arms: Sequence[Arm], most_months: float | None) -> Plot | None:
    """Return the drawing of the curves up to `most_months`, or to the longest time where that is None or less; None for no curve."""
    longest = max((arm.curve.longest_months or 0 for arm in arms), default=None)
    if longest is None:
        return None
    end, step = _axis(longest if most_months is None else min(longest, most_months))
    ticks = tuple(Tick(_x(step * place, end), f"{step * place:g}") for place in range(round(end / step) + 1))
    heading = _TOP + _PLOT + _AXIS + _HEADING
    letters = _apart([_end(arm.curve, end) for arm in arms])
    lines = tuple(
        _line(arm, end, step, *place, heading + _ROW * row) for row, (arm, place) in enumerate(zip(arms, letters, strict=True), start=1)
    )
    shares = tuple(Tick(_y(share / 100), f"{share}") for share in range(0, 101, 25))
    return Plot(lines, ticks, shares, end, heading, heading + _ROW * len(arms) + 12)


def _axis(longest: float) -> tuple[float, int]:
    """Return where the time axis ends, and the months between its marks: round numbers, and no more marks than can be read."""
    step = next((step for step in _STEPS if longest / step <= _MOST_TICKS), _STEPS[-1])
    return float(max(1, math.ceil(longest / step - 1e-9)) * step), step


def _x(months: float, end: float) -> float:
    return round(_LEFT + months / end * (WIDTH - _RIGHT - _LEFT), 1)


def _y(share: float) -> float:
    return round(_TOP + (1 - share) * _PLOT, 1)


def _line(arm: Arm, end: float, step: int, x: float, y: float, base: float) -> Line:
    """Return a curve with its place."""
    points = [point for point in arm.curve.points if point.months <= end]
    stop = _x(min(arm.curve.longest_months or 0.0, end), end)
    shares = [(_x(point.months, end), point.share) for point in points]
    marks = "".join(f"M{_x(point.months, end)} {_y(point.share.value) - _TICK:.1f}v{2 * _TICK}" for point in points if point.censored)
    risks = tuple(Tick(_x(at, end), f"{arm.curve.at_risk(at):,}") for at in range(0, round(end) + 1, step))
    # At risk of the first such point were those who were left after the one before it.
    few = next((place for place, point in enumerate(points) if point.at_risk < FEW), len(points))
    steps = [(x, _y(share.value)) for x, share in shares]
    from_few = steps[few - 1][0] if 0 < few < len(steps) else stop
    path = _steps((_LEFT, _y(1)), steps[:few], from_few)
    tail = _steps((from_few, steps[few - 1][1]), steps[few:], stop) if 0 < few < len(steps) else ""
    return Line(arm, path, tail, _band(shares, stop), marks, x, y, base, risks)


def _steps(begin: tuple[float, float], places: Iterable[tuple[float, float]], stop: float) -> str:
    """Return the path of a curve that falls in steps from where it begins."""
    return f"M{begin[0]} {begin[1]}" + "".join(f"H{x}V{y}" for x, y in places) + f"H{stop}"


def _band(shares: Sequence[tuple[float, Estimate]], stop: float) -> str:
    """Return the outline of the band: along its upper end and back along its lower one; there is none before the first event."""
    told = [(x, share.low, share.high) for x, share in shares if share.low is not None and share.high is not None]
    if not told:
        return ""
    # Where everybody had the event, the band ends with the interval before.
    last = next((x for x, share in shares if x > told[-1][0] and share.low is None), stop)
    edges = [*pairwise([x for x, _, _ in told]), (told[-1][0], last)]
    above = "".join(f"L{left} {_y(high)}H{right}" for (left, right), (_, _, high) in zip(edges, told, strict=True))
    below = "".join(f"L{right} {_y(low)}H{left}" for (left, right), (_, low, _) in reversed(list(zip(edges, told, strict=True))))
    return f"M{above[1:]}{below}Z"


def _end(curve: Curve, end: float) -> tuple[float, float]:
    """Return where the letter of a curve stands: beside its end."""
    points = [point for point in curve.points if point.months <= end]
    return _x(min(curve.longest_months or 0.0, end), end) + 8, _y(points[-1].share.value)


def _apart(places: Sequence[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
    """Return the places of the letters, those beside each other moved down or up until they are apart."""
    moved: dict[int, tuple[float, float]] = {}
    for number in sorted(range(len(places)), key=lambda number: (places[number][1], number)):
        x, y = places[number]
        for other_x, other_y in sorted(moved.values(), key=lambda place: place[1]):
            if abs(x - other_x) < _APART and abs(y - other_y) < _APART:
                y = other_y + _APART
        moved[number] = x, round(y, 1)
    return tuple(_within(moved))


def _within(moved: dict[int, tuple[float, float]]) -> Iterator[tuple[float, float]]:
    """Yield the places in the order of their numbers, all moved up where the lowest hangs below the plot."""
    over = max(0.0, max(y for _, y in moved.values()) - (_TOP + _PLOT))
    for number in sorted(moved):
        x, y = moved[number]
        yield x, round(y - over, 1)
