"""The drawing of doses against follow-up: where each dot, tick and label stands. The template only writes it down."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

# Units of the drawing: it scales with the page.
WIDTH, HEIGHT = 720.0, 500.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 106.0, 20.0, 16.0, 70.0
# Below the plot proper, a lane for those whose follow-up is not told.
_LANE = 46.0
_RADIUS, _LARGEST = 6.0, 24.0
_TICKS = 6
# How far dots of the same place stand from each other.
_ASIDE = 9.0

# The path of each shape for a radius of 1; a ring is a circle that is not filled.
_SHAPES = {
    "circle": "M{l} 0A{r} {r} 0 1 1 {r} 0A{r} {r} 0 1 1 {l} 0Z",
    "ring": "M{l} 0A{r} {r} 0 1 1 {r} 0A{r} {r} 0 1 1 {l} 0Z",
    "triangle": "M0 -{a}L{a} {b}L-{a} {b}Z",
    "diamond": "M0 -{a}L{a} 0L0 {a}L-{a} 0Z",
    "square": "M-{b} -{b}L{b} -{b}L{b} {b}L-{b} {b}Z",
}
# Outcome to shape: told by shape as well as by colour, for print and for those who see colours otherwise.
SHAPE_OF = {"free": "circle", "recurrence": "triangle", "died_of_disease": "square", "died_otherwise": "diamond", "not_told": "ring"}


@dataclass(frozen=True, slots=True)
class Point:
    """What is drawn as a dot.

    `months` is None where the follow-up is not told, `n_patients` where the number is not; `is_minimum` marks a lower bound.
    `is_literature` tells rows of tables from cases.
    """

    dose: float
    months: float | None
    is_minimum: bool
    n_patients: int | None
    outcome: str
    is_literature: bool
    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Dot:
    """A point with its place, its path around that place, and the length of the stem that means "at least" (0: none)."""

    point: Point
    x: float
    y: float
    path: str
    stem: float


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark of an axis with its words."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Axis:
    """From values to places on the drawing: `low` stands at `begin`, `high` at `end`."""

    low: float
    high: float
    begin: float
    end: float
    is_log: bool
    ticks: tuple[Tick, ...]

    def place(self, value: float) -> float:
        """Return where a value stands, in units of the drawing."""
        low, high, at = (math.log10(number) if self.is_log else number for number in (self.low, self.high, value))
        return round(self.begin + (at - low) / (high - low) * (self.end - self.begin), 1)


@dataclass(frozen=True, slots=True)
class Plot:
    """The whole drawing. `lane` is the height at which dots without a follow-up stand; None where there is none."""

    dots: tuple[Dot, ...]
    dose_axis: Axis
    time_axis: Axis
    lane: float | None
    left: float = _LEFT
    right: float = WIDTH - _RIGHT
    top: float = _TOP
    base: float = HEIGHT - _BOTTOM
    width: float = WIDTH
    height: float = HEIGHT


def plot(points: Sequence[Point], is_log_dose: bool = False, is_log_time: bool = False) -> Plot | None:
    """Return the drawing of the points, the largest first so that none hides another; None where there is none.

    On a logarithmic axis, values must be above 0.
    """
    if not points:
        return None
    base = HEIGHT - _BOTTOM
    has_lane = any(point.months is None for point in points)
    floor = base - _LANE if has_lane else base
    dose_axis = axis([point.dose for point in points], _LEFT, WIDTH - _RIGHT, is_log_dose)
    time_axis = axis([point.months for point in points if point.months is not None], floor, _TOP, is_log_time)
    lane = base - _LANE / 2 if has_lane else None
    drawn = sorted(points, key=lambda point: (-(point.n_patients or 1), point.label))
    dots = _side_by_side(_dot(point, dose_axis, time_axis, lane) for point in drawn)
    return Plot(tuple(dots), dose_axis, time_axis, lane)


def _side_by_side(dots: Iterable[Dot]) -> Iterator[Dot]:
    """Move dots that would hide one of the same place: to the right and left of it in turn, within the drawing."""
    there: Counter[tuple[float, float]] = Counter()
    for dot in dots:
        before = there[dot.x, dot.y]
        there[dot.x, dot.y] += 1
        aside = _ASIDE * ((before + 1) // 2) * (1 if before % 2 else -1)
        yield replace(dot, x=round(min(max(dot.x + aside, _LEFT), WIDTH - _RIGHT), 1)) if before else dot


def _dot(point: Point, dose_axis: Axis, time_axis: Axis, lane: float | None) -> Dot:
    """Return a point with its place; its area goes with the number of patients."""
    radius = min(_LARGEST, _RADIUS * math.sqrt(point.n_patients or 1))
    y = time_axis.place(point.months) if point.months is not None else lane or 0.0
    stem = radius + 8 if point.is_minimum and point.months is not None else 0.0
    return Dot(point, dose_axis.place(point.dose), y, shape(SHAPE_OF[point.outcome], radius), round(stem, 1))


def shape(name: str, radius: float = _RADIUS) -> str:
    """Return the path of a shape around the origin; all have about the area of a circle of that radius."""
    wide, half = radius * 1.25, radius * 0.88
    values = {"r": radius, "l": -radius, "a": wide, "b": half}
    return _SHAPES[name].format(**{key: f"{value:.1f}" for key, value in values.items()})


def axis(values: Iterable[float], begin: float, end: float, is_log: bool) -> Axis:
    """Return an axis that holds all values: a linear one from 0, a logarithmic one from the mark below the smallest."""
    known = [value for value in values if value > 0 or not is_log]
    low, high = (min(known), max(known)) if known else (1.0, 10.0)
    marks = list(_log_marks(low, high) if is_log else _linear_marks(high))
    scale = Axis(marks[0], marks[-1], begin, end, is_log, ())
    ticks = tuple(Tick(scale.place(mark), f"{mark:g}") for mark in marks)
    return Axis(scale.low, scale.high, begin, end, is_log, ticks)


def _linear_marks(high: float) -> Iterator[float]:
    """Yield round numbers from 0 to the first that is not below `high`."""
    step = _round_up(max(high, 1.0) / _TICKS)
    for number in range(math.ceil(max(high, 1.0) / step - 1e-9) + 1):
        yield round(number * step, 10)


def _round_up(value: float) -> float:
    """Return the first of ... 1, 2, 5, 10, 20, 50 ... that is not below `value`."""
    power = 10 ** math.floor(math.log10(value))
    return next(float(lead * power) for lead in (1, 2, 5, 10) if lead * power >= value - 1e-9)


def _log_marks(low: float, high: float) -> Iterator[float]:
    """Yield 1, 2, 5, 10, 20 ... from the last that is not above `low` to the first that is not below `high`; two at least."""
    marks = [round(lead * 10.0**power, 6) for power in range(-3, 6) for lead in (1, 2, 5)]
    first = max((at for at, mark in enumerate(marks) if mark <= low), default=0)
    last = next((at for at, mark in enumerate(marks) if mark >= high), len(marks) - 1)
    yield from marks[first : max(last, first + 1) + 1]
