"""BED and EQD2: published worked examples, what must hold of all doses, and where the model is not applied."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.isoeffect import KINDS, MODEL_LIMIT_GY, REASONS, EqualFractions, bed_gy, comparable, eqd2_gy, is_beyond_model, schedule_of
from extract.record import Phase, RadiotherapyCourse

GRAY = st.floats(0.5, 100)
EACH = st.floats(0.1, 25)
ALPHA_BETA = st.floats(0.3, 20)

# dose, fractions, alpha/beta, BED as published, and where
BED_PUBLISHED = [
    (60, 30, 10, 72.0, "Fowler JF, Br J Radiol 2010;83:554-68: 30 fractions of 2 Gy are 72 Gy10 for the tumour"),
    (60, 30, 3, 100.0, "Fowler JF, Br J Radiol 2010;83:554-68: and 100 Gy3 for late effects"),
    (48, 4, 10, 105.6, "Onishi H et al., J Thorac Oncol 2007;2:S94-100; JCOG 0403: 48 Gy in 4 fractions are 105.6 Gy10"),
    (60, 3, 10, 180.0, "RTOG 0236 (Timmerman R et al., JAMA 2010;303:1070-6): 60 Gy in 3 fractions are 180 Gy10"),
    (54, 3, 10, 151.2, "RTOG 0236 with correction for density: 54 Gy in 3 fractions are 151.2 Gy10"),
]


@pytest.mark.parametrize(("dose", "fractions", "alpha_beta", "bed", "source"), BED_PUBLISHED, ids=lambda value: str(value)[:24])
def test_bed_as_published(dose: float, fractions: int, alpha_beta: float, bed: float, source: str) -> None:
    schedule = schedule_of(dose, fractions)
    assert schedule is not None
    assert bed_gy(schedule, alpha_beta) == pytest.approx(bed, abs=0.05), source


def test_eqd2_of_parts_is_summed_as_published() -> None:
    """Pötter R et al. (GEC ESTRO II), Radiother Oncol 2006;78:67-77: 45 Gy in 25 fractions and 4 x 7 Gy are 84 Gy (alpha/beta 10)."""
    external = schedule_of(45, 25)
    afterloading = schedule_of(28, 4)
    assert external is not None
    assert afterloading is not None
    assert eqd2_gy(external, 10) == pytest.approx(44.25, abs=0.01)
    assert eqd2_gy(afterloading, 10) == pytest.approx(39.67, abs=0.01)
    assert round(eqd2_gy(external + afterloading, 10)) == 84


def test_equieffective_arms_of_a_trial() -> None:
    """Widmark A et al. (HYPO-RT-PC), Lancet 2019;394:385-95: 42.7 Gy in 7 fractions and 78 Gy in 39, the same for alpha/beta 3."""
    few, many = schedule_of(42.7, 7), schedule_of(78, 39)
    assert few is not None
    assert many is not None
    assert eqd2_gy(few, 3) == pytest.approx(eqd2_gy(many, 3), rel=0.005)
    assert eqd2_gy(many, 3) == 78


@given(GRAY, ALPHA_BETA)
def test_eqd2_of_2_gy_fractions_is_the_dose(dose: float, alpha_beta: float) -> None:
    assert eqd2_gy((EqualFractions(dose, 2.0),), alpha_beta) == dose


@given(GRAY, EACH, st.floats(0.01, 10), ALPHA_BETA)
def test_bed_and_eqd2_grow_with_the_dose_per_fraction(dose: float, each: float, more: float, alpha_beta: float) -> None:
    small, large = (EqualFractions(dose, each),), (EqualFractions(dose, each + more),)
    assert bed_gy(large, alpha_beta) > bed_gy(small, alpha_beta) > dose
    assert eqd2_gy(large, alpha_beta) > eqd2_gy(small, alpha_beta)


@given(GRAY, st.floats(0.01, 50), EACH, ALPHA_BETA)
def test_bed_and_eqd2_grow_with_the_dose(dose: float, more: float, each: float, alpha_beta: float) -> None:
    for measure in (bed_gy, eqd2_gy):
        assert measure((EqualFractions(dose + more, each),), alpha_beta) > measure((EqualFractions(dose, each),), alpha_beta) > 0


@given(GRAY, EACH, ALPHA_BETA)
def test_eqd2_is_bed_over_that_of_2_gy(dose: float, each: float, alpha_beta: float) -> None:
    schedule = (EqualFractions(dose, each),)
    assert eqd2_gy(schedule, alpha_beta) == pytest.approx(bed_gy(schedule, alpha_beta) / (1 + 2 / alpha_beta))


@given(st.lists(st.tuples(GRAY, EACH), min_size=1, max_size=4), ALPHA_BETA)
def test_the_order_of_parts_does_not_matter(parts: list[tuple[float, float]], alpha_beta: float) -> None:
    schedule = [EqualFractions(*part) for part in parts]
    assert bed_gy(schedule, alpha_beta) == pytest.approx(bed_gy(schedule[::-1], alpha_beta))


@pytest.mark.parametrize("alpha_beta", [0, -1, float("nan")])
def test_an_impossible_alpha_beta_is_refused(alpha_beta: float) -> None:
    for measure in (bed_gy, eqd2_gy):
        with pytest.raises(ValueError, match="wanted more than 0"):
            measure((EqualFractions(60, 2),), alpha_beta)


PHASES = (Phase(38.0, 19), Phase(16.0, 8, "boost"))


@pytest.mark.parametrize(
    ("total", "fractions", "each", "phases", "expected"),
    [
        (54.0, 27, 2.0, (), [(54.0, 2.0)]),
        (54.0, 27, None, (), [(54.0, 2.0)]),
        (45.0, None, 1.8, (), [(45.0, 1.8)]),
        (54.0, 25, 2.2, (), [(54.0, 2.16)]),  # the printed dose per fraction is rounded
        (54.0, 27, 2.0, PHASES, [(38.0, 2.0), (16.0, 2.0)]),
        (40.0, 23, None, (Phase(24.0, 15, None, 1.6), Phase(16.0, 8, "boost", 2.0)), [(24.0, 1.6), (16.0, 2.0)]),
        (54.0, None, None, (), None),
        (None, 27, None, (), None),
        (None, None, 2.0, (), None),
        (60.0, 30, None, (Phase(50.0), Phase(10.0, 5)), None),  # the fractions of the first phase are not told
        (60.0, 30, 2.0, (Phase(50.0), Phase(10.0, 5)), [(60.0, 2.0)]),  # but a dose per fraction is said of all
        (60.0, None, 2.0, (Phase(50.0), Phase(10.0, 5)), [(60.0, 2.0)]),
        (70.0, None, None, PHASES, None),  # the phases are not the whole
        (54.0, 27, 5.0, (), None),
    ],
)
def test_fractions_of_a_course(
    total: float | None, fractions: int | None, each: float | None, phases: tuple[Phase, ...], expected: list[tuple[float, float]] | None
) -> None:
    found = schedule_of(total, fractions, each, phases)
    if expected is None:
        assert found is None
    else:
        assert found is not None
        assert [(part.dose_gy, round(part.dose_per_fraction_gy, 4)) for part in found] == expected


def test_beyond_the_model() -> None:
    assert MODEL_LIMIT_GY == 10
    assert not is_beyond_model((EqualFractions(50, 10),))
    assert is_beyond_model((EqualFractions(50, 2), EqualFractions(10.1, 10.1)))


PLAIN = RadiotherapyCourse(60.0, 30, 2.0)


@pytest.mark.parametrize(
    ("changes", "kind", "reason"),
    [
        ({}, "external", None),
        ({"technique": "IMRT"}, "external", None),
        ({"total_dose_gy": None}, "external", "no_dose"),
        ({"fractions": None, "dose_per_fraction_gy": None}, "external", "fractions_unknown"),
        ({"is_contradictory": True}, "external", "contradictory"),
        ({"is_rbe_weighted": True, "technique": "proton"}, "rbe_weighted", None),
        ({"is_rbe_weighted": True, "technique": "carbon ion"}, "rbe_weighted", "rbe_unclear"),
        ({"is_rbe_weighted": True}, "rbe_weighted", "rbe_unclear"),
        ({"technique": "proton"}, "particles_in_gy", "rbe_unclear"),
        ({"technique": "carbon ion"}, "particles_in_gy", "rbe_unclear"),
        ({"technique": "neutron"}, "particles_in_gy", "rbe_unclear"),
        ({"fractions": 20}, "external", "contradictory"),
        ({"technique": "brachytherapy"}, "brachytherapy", "dose_rate_unknown"),
        ({"technique": "brachytherapy", "dose_rate": "LDR"}, "brachytherapy", "low_dose_rate"),
        ({"technique": "brachytherapy", "dose_rate": "PDR"}, "brachytherapy", "low_dose_rate"),
        ({"technique": "brachytherapy", "dose_rate": "HDR"}, "brachytherapy", None),
        ({"phases": (Phase(50.0), Phase(10.0, 5)), "computed": ("dose_per_fraction_gy",)}, "external", "fractions_unknown"),
        ({"phases": (Phase(50.0), Phase(10.0, 5))}, "external", None),
    ],
)
def test_what_the_model_is_applied_to(changes: dict[str, object], kind: str, reason: str | None) -> None:
    found = comparable(replace(PLAIN, **changes))  # type: ignore[arg-type]
    assert (found.kind, found.reason) == (kind, reason)
    assert (found.schedule is None) == (reason is not None)
    assert kind in KINDS
    assert reason is None or reason in REASONS
