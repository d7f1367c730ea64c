"""The drawing of doses: every dot within its frame, in the order of its values, told by shape and size."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.doses import OUTCOMES
from db.pages.dose_plot import SHAPE_OF, Point, axis, plot, shape

POINTS = st.builds(
    Point,
    dose=st.floats(0.5, 199),
    months=st.none() | st.floats(0.1, 1199),
    is_minimum=st.booleans(),
    n_patients=st.none() | st.integers(1, 500),
    outcome=st.sampled_from(OUTCOMES),
    is_literature=st.booleans(),
    label=st.just("x"),
    url=st.just("/"),
)


def point(dose: float, months: float | None, n: int | None = 1, outcome: str = "free") -> Point:
    return Point(dose, months, False, n, outcome, False, f"{dose} {months}", "/")


@given(st.lists(POINTS, min_size=1, max_size=30), st.booleans(), st.booleans())
def test_every_dot_stands_within_the_frame(points: list[Point], is_log_dose: bool, is_log_time: bool) -> None:
    drawing = plot(points, is_log_dose, is_log_time)
    assert drawing is not None
    assert len(drawing.dots) == len(points)
    for dot in drawing.dots:
        assert drawing.left <= dot.x <= drawing.right
        assert drawing.top <= dot.y <= drawing.base
        assert (dot.y == drawing.lane) == (dot.point.months is None)


@given(st.lists(st.floats(0.01, 1199), min_size=2, max_size=20), st.booleans())
def test_an_axis_keeps_the_order_and_holds_all(values: list[float], is_log: bool) -> None:
    scale = axis(values, 0, 1000, is_log)
    assert scale.low <= min(values)
    assert scale.high >= max(values)
    places = [scale.place(value) for value in sorted(values)]
    assert places == sorted(places)
    marks = [tick.at for tick in scale.ticks]
    assert marks == sorted(marks)
    assert len(marks) == len(set(marks)) >= 2
    assert (marks[0], marks[-1]) == (0, 1000)


def test_ticks_are_round() -> None:
    assert [tick.label for tick in axis([10.8, 74], 0, 1, False).ticks] == ["0", "20", "40", "60", "80"]
    assert [tick.label for tick in axis([10.8, 74], 0, 1, True).ticks] == ["10", "20", "50", "100"]
    assert [tick.label for tick in axis([], 0, 1, True).ticks] == ["1", "2", "5", "10"]


def test_the_larger_stand_behind_the_smaller() -> None:
    drawing = plot([point(20, 5), point(20, 6, 25), point(30, 7, None)])
    assert drawing is not None
    assert [dot.point.n_patients for dot in drawing.dots] == [25, 1, None]
    areas = [float(re.search(r"A([\d.]+)", dot.path)[1]) ** 2 for dot in drawing.dots]  # type: ignore[index]
    assert areas[0] / areas[1] == pytest.approx(16)  # 25, had it not a largest size


def test_dots_of_one_place_stand_side_by_side() -> None:
    drawing = plot([point(20, 24), point(20, 24), point(20, 24), point(60, 24)])
    assert drawing is not None
    assert len({(dot.x, dot.y) for dot in drawing.dots}) == 4
    assert len({dot.y for dot in drawing.dots}) == 1


def test_nothing_to_draw() -> None:
    assert plot([]) is None


def test_every_outcome_has_a_shape_of_its_own() -> None:
    assert set(SHAPE_OF) == set(OUTCOMES)
    assert len(set(SHAPE_OF.values())) == len(OUTCOMES)
    for name in set(SHAPE_OF.values()):
        assert re.fullmatch(r"M[-\d. LAZM]+Z", shape(name))
