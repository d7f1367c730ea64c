"""Rules over treatment: doses of radiotherapy and of drugs (no spaCy)."""

from __future__ import annotations

from collections.abc import Iterator

from extract.plausibility import bounds
from extract.plausibility.flag import IMPOSSIBLE, UNUSUAL, Flag
from extract.record import Case, RadiotherapyCourse

# Sources within the body or on it, and beams given once or in few fractions: what is much elsewhere is usual there.
_FROM_WITHIN = frozenset({"brachytherapy", "IORT"})
_STEREOTACTIC = frozenset({"SRS", "SBRT", "gamma knife"})
# Gy. External beams: 100 Gy is beyond all curative practice, 150 Gy in a course beyond what a patient survives.
_TOTAL_UNUSUAL, _TOTAL_IMPOSSIBLE = 100.0, 150.0
_FRACTION_UNUSUAL, _STEREOTACTIC_FRACTION_UNUSUAL = 30.0, 90.0
_FRACTIONS_UNUSUAL = 80
# Three a day on seven days is the fastest that is given (CHART: 36 in 12 days); a stated time may be rounded by a day.
_FRACTIONS_A_WEEK, _FRACTIONS_A_DAY = 21.0, 3
# Printed doses are rounded: a tenth of a gray a fraction, and half a gray of the total.
_ROUNDING_A_FRACTION, _ROUNDING = 0.11, 0.6
_MILLIGRAMS = {"g": ("mg", 1000.0), "g/m2": ("mg/m2", 1000.0)}


def radiotherapy(case: Case) -> Iterator[Flag]:
    """Yield the flags of each course."""
    for number, course in enumerate(case.radiotherapy, start=1):
        place = (("radiotherapy", number),)
        for rule, severity, found, message in _of_course(course):
            yield Flag(rule, severity, place, found, message)


def _of_course(course: RadiotherapyCourse) -> Iterator[tuple[str, str, str, str]]:
    """Yield rule, severity, values in words and message."""
    unit = "Gy(RBE)" if course.is_rbe_weighted else "Gy"
    total, count, each = course.total_dose_gy, course.fractions, course.dose_per_fraction_gy
    if course.technique not in _FROM_WITHIN:
        if total is not None and total > _TOTAL_UNUSUAL:
            severity = IMPOSSIBLE if total > _TOTAL_IMPOSSIBLE and not course.is_rbe_weighted else UNUSUAL
            yield "dose_total", severity, f"{total:g} {unit}", "more than is given from outside: it may be another unit or a sum of courses"
        most = _STEREOTACTIC_FRACTION_UNUSUAL if course.technique in _STEREOTACTIC else _FRACTION_UNUSUAL
        single = each if each is not None else total if count == 1 else None
        if single is not None and single > most:
            yield (
                "dose_per_fraction",
                UNUSUAL,
                f"{single:g} {unit} a fraction",
                "more than is given at once: it may be the whole dose",
            )
    if count is not None and count > _FRACTIONS_UNUSUAL:
        yield "fractions", UNUSUAL, f"{count} fractions", "more than are given: it may be another number"
    if total is not None and count is not None and each is not None and not course.computed and not course.phases:
        product = count * each
        if abs(product - total) > max(_ROUNDING, _ROUNDING_A_FRACTION * count):
            said = f"{count} × {each:g} {unit}; {total:g} {unit}"
            yield "dose_sum", IMPOSSIBLE, said, f"{count} fractions of {each:g} {unit} make {product:g} {unit}"
    elif course.is_contradictory:
        yield "dose_sum", IMPOSSIBLE, _parts(course, unit), "the printed parts of the dose contradict each other"
    if count is not None and course.duration_weeks is not None and count > course.duration_weeks * _FRACTIONS_A_WEEK + _FRACTIONS_A_DAY:
        said = f"{count} fractions; {course.duration_weeks:g} weeks"
        yield "fractions_a_week", UNUSUAL, said, "more fractions than can be given in that time"


def _parts(course: RadiotherapyCourse, unit: str) -> str:
    """Return what is printed of a course's dose, part by part."""
    phases = " + ".join(f"{phase.dose_gy:g}" for phase in course.phases)
    said = (
        course.total_dose_gy is not None and f"{course.total_dose_gy:g} {unit}",
        course.fractions is not None and f"{course.fractions} fractions",
        course.dose_per_fraction_gy is not None and f"{course.dose_per_fraction_gy:g} {unit} a fraction",
        phases and f"phases {phases} {unit}",
    )
    return "; ".join(part for part in said if part)


def drug_dose(case: Case) -> Iterator[Flag]:
    """Yield a flag for each dose of a drug beyond any practice; drugs and units that are not in the list have none."""
    for number, drug in enumerate(case.drugs, start=1):
        if drug.dose_value is None or drug.dose_unit is None:
            continue
        unit, factor = _MILLIGRAMS.get(drug.dose_unit, (drug.dose_unit, 1.0))
        bound = bounds.of_drug().get((drug.name, unit))
        if bound and drug.dose_value * factor > bound.most:
            said = f"{drug.name} {drug.dose_value:g} {drug.dose_unit}"
            yield Flag("drug_dose", bound.severity, (("drugs", number),), said, bound.reason)
