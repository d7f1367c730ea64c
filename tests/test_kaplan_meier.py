"""Kaplan–Meier estimates against published figures, and at the edges: ties, nobody, everybody, month 0."""

from __future__ import annotations

import itertools
import random
import subprocess
import sys

import pytest

from db.pages.survival_plot import Arm, plot
from db.survival import Curve, Estimate, kaplan_meier
from tests.pooled_cases import PLACEBO, TREATED


def curve(pairs: tuple[tuple[float, bool], ...]) -> Curve:
    return kaplan_meier((months, is_event, 1) for months, is_event in pairs)


def steps(found: Curve) -> dict[float, float]:
    return {point.months: round(point.share.value, 3) for point in found.points if point.events}


def test_the_trial_of_freireich_is_estimated_as_published() -> None:
    treated = curve(TREATED)
    assert steps(treated) == {6: 0.857, 7: 0.807, 10: 0.753, 13: 0.690, 16: 0.627, 22: 0.538, 23: 0.448}
    assert (treated.patients, treated.events, treated.longest_months) == (21, 9, 35)
    assert [treated.at_risk(month) for month in (0, 6, 7, 10, 13, 16, 22, 23, 36)] == [21, 21, 17, 15, 12, 11, 7, 6, 0]
    # The intervals on the log(-log) scale, as R's survfit(conf.type = "log-log") gives them.
    assert [round(end, 3) for end in (treated.points[1].share.low or 0, treated.points[1].share.high or 0)] == [0.620, 0.952]
    assert treated.median == Estimate(23, 13, None)
    placebo = curve(PLACEBO)
    assert (placebo.median, placebo.events) == (Estimate(8, 4, 11), 21)
    assert steps(placebo)[8] == 0.381


def test_who_is_censored_at_an_event_was_at_risk_of_it() -> None:
    found = curve(((6, True), (6, False), (8, True)))
    assert steps(found) == {6: 0.667, 8: 0.0}
    assert (found.points[1].at_risk, found.points[1].events, found.points[1].censored) == (3, 1, 1)


def test_equal_cases_count_the_same_together_or_one_by_one() -> None:
    generator = random.Random(8)
    pairs = [(float(generator.randrange(40)), generator.random() < 0.4) for _ in range(300)]
    together = kaplan_meier((*pair, pairs.count(pair)) for pair in set(pairs))
    assert together == curve(tuple(pairs))
    assert together.patients == 300


def test_a_product_by_hand_is_the_same() -> None:
    found = curve(((1, True), (2, False), (3, True), (3, True), (4, False)))
    assert steps(found) == {1: round(4 / 5, 3), 3: round(4 / 5 * 1 / 3, 3)}


@pytest.mark.parametrize("months", [0.0, 5.0])
def test_without_an_event_there_is_no_interval_and_no_median(months: float) -> None:
    found = curve(((months, False),) * 3)
    assert {point.share for point in found.points} == {Estimate(1.0, None, None)}
    assert (found.median, found.median_low, found.events) == (None, None, 0)


def test_one_case_and_none() -> None:
    assert curve(((5, True),)).at(5) == Estimate(0.0, None, None)
    nobody = curve(())
    assert (nobody.points, nobody.median, nobody.at(3), nobody.at_risk(0), nobody.patients, nobody.longest_months) == (
        (),
        None,
        None,
        0,
        0,
        None,
    )


def test_events_at_month_zero_are_counted() -> None:
    found = curve(((0, True), (0, True), (3, False)))
    assert (found.points[0].events, found.points[0].at_risk, round(found.points[0].share.value, 3)) == (2, 3, 0.333)
    assert found.patients == 3


def test_there_is_no_share_where_nobody_was_followed_so_long() -> None:
    assert curve(TREATED).at(36) is None
    assert curve(TREATED).at(35) == curve(TREATED).points[-1].share
    assert curve(PLACEBO).at(60) == Estimate(0.0, None, None), "all had the event: that is known for ever"


def test_how_many_were_followed_longer() -> None:
    found = curve(TREATED)
    assert (found.beyond(0), found.beyond(32), found.beyond(33), found.beyond(35)) == (21, 2, 2, 0)


@pytest.mark.parametrize("times", [(-1.0, True, 1), (3.0, True, 0), (float("nan"), False, 1)])
def test_impossible_times_are_refused(times: tuple[float, bool, int]) -> None:
    with pytest.raises(ValueError, match="wanted months from 0"):
        kaplan_meier([times])


def test_the_library_is_imported_only_for_a_curve() -> None:
    """It costs seconds and a hundred megabytes, which the other pages need not pay."""
    code = "import sys, db.serve, db.pages.registry; assert 'lifelines' not in sys.modules and 'pandas' not in sys.modules"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False).stderr == ""


def test_a_curve_is_drawn_in_steps_up_to_the_month_that_is_asked() -> None:
    drawing = plot([Arm(1, "treated", curve(TREATED)), Arm(2, "placebo", curve(PLACEBO))], 24)
    assert drawing is not None
    assert [tick.label for tick in drawing.time_ticks] == ["0", "3", "6", "9", "12", "15", "18", "21", "24"]
    treated, placebo = drawing.lines
    assert [tick.label for tick in treated.at_risk] == ["21", "21", "21", "16", "12", "11", "9", "7", "5"]
    assert treated.path.startswith(f"M{drawing.left} {drawing.top}") and treated.path.endswith(f"H{drawing.right}")
    assert treated.path.count("V") == sum(point.months <= 24 for point in curve(TREATED).points)
    assert treated.censored.count("M") == len({months for months, is_event in TREATED if not is_event and months <= 24})
    assert placebo.censored == ""
    months = {month: f"{drawing.left + (drawing.right - drawing.left) * month / 24:.1f}" for month in (12, 15, 23)}
    # After month 12 four children are left: from there the curve is pale.
    assert placebo.path.endswith(f"H{months[12]}") and placebo.tail.startswith(f"M{months[12]} ")
    assert placebo.tail.count("V") == 4 and f"H{months[15]}V" in placebo.tail
    assert placebo.tail.endswith(f"V{drawing.base}H{months[23]}")
    assert treated.tail == ""
    assert placebo.band.endswith("Z") and f" {drawing.base}" not in placebo.band, "the band ends where everybody had the event"


def test_letters_at_the_ends_of_curves_do_not_hide_each_other() -> None:
    same = curve(TREATED)
    drawing = plot([Arm(number, "same", same) for number in range(1, 7)], None)
    assert drawing is not None
    heights = sorted(line.y for line in drawing.lines)
    assert all(below - above >= 15.9 for above, below in itertools.pairwise(heights))
    assert heights[-1] <= drawing.base


def test_nothing_to_draw_is_no_drawing() -> None:
    assert plot([], 60) is None
    still = plot([Arm(1, "month 0", curve(((0, False),) * 5))], 60)
    assert still is not None and still.months == 1
