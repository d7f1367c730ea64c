"""Doses that can be compared: BED and EQD2 by the linear-quadratic model (no spaCy).

A dose D in equal fractions of d to a tissue with the ratio alpha/beta has

    BED  = D (1 + d / (alpha/beta))                 biologically effective dose
    EQD2 = D (d + alpha/beta) / (2 + alpha/beta)    the dose in fractions of 2 Gy with the same effect

and the BED or EQD2 of parts given one after the other is the sum of theirs. Neither knows of overall time, volume, drugs or
incomplete repair between fractions of one day.

Sources: Barendsen GW, Int J Radiat Oncol Biol Phys 1982;8:1981-97; Withers HR, Thames HD, Peters LJ, Radiother Oncol
1983;1:187-91 (EQD2); Fowler JF, Br J Radiol 1989;62:679-94, doi 10.1259/0007-1285-62-740-679 (BED); Joiner MC, van der Kogel AJ (eds),
Basic Clinical Radiobiology, 4th edition 2009, doi 10.1201/b13224.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from extract.doses import agree
from extract.record import Phase, RadiotherapyCourse

# "Reasonably well validated, experimentally and theoretically, up to about 10 Gy / fraction": Brenner DJ, Semin Radiat Oncol
# 2008;18:234-9, doi 10.1016/j.semradonc.2008.04.004; doubted for radiosurgery beside it by Kirkpatrick JP et al., 18:240-3.
MODEL_LIMIT_GY = 10.0

KINDS = ("external", "rbe_weighted", "particles_in_gy", "brachytherapy")
REASONS = ("no_dose", "fractions_unknown", "contradictory", "rbe_unclear", "dose_rate_unknown", "low_dose_rate")

_PARTICLES = ("proton", "carbon ion", "neutron")
# Doses of phases are printed with one decimal or none.
_ROUNDING_GY = 0.11


@dataclass(frozen=True, slots=True)
class EqualFractions:
    """A dose given in equal fractions, both in Gy (or both in Gy(RBE)), above 0."""

    dose_gy: float
    dose_per_fraction_gy: float


Schedule = tuple[EqualFractions, ...]


@dataclass(frozen=True, slots=True)
class Comparable:
    """What the model can be applied to in a course.

    Attributes
    ----------
    kind
        `external`: physical Gy from outside; `rbe_weighted`: Gy(RBE); `particles_in_gy`: protons, ions or neutrons in plain Gy,
        physical or weighted, nobody knows; `brachytherapy`: physical Gy from within. Doses of different kinds are not to be mixed.
    schedule
        The fractions; None where the model does not apply or cannot.
    reason
        Why there is no schedule; None where there is one. `no_dose`; `fractions_unknown`; `contradictory` (n x d is not D);
        `rbe_unclear` (ions other than protons, and neutrons, whose weighting holds at one dose per fraction; Gy(RBE) of unnamed particles;
        protons in plain Gy); `dose_rate_unknown` (brachytherapy not said to be of high dose rate); `low_dose_rate` (repair goes
        on while the dose is given, as it does in pulses, which needs another formula).
    """

    kind: str
    schedule: Schedule | None
    reason: str | None


def bed_gy(schedule: Sequence[EqualFractions], alpha_beta_gy: float) -> float:
    """Return the biologically effective dose in Gy for an alpha/beta in Gy (Fowler 1989).

    Raises
    ------
    ValueError
        `alpha_beta_gy` is not above 0.
    """
    _check(alpha_beta_gy)
    return sum(part.dose_gy * (1 + part.dose_per_fraction_gy / alpha_beta_gy) for part in schedule)


def eqd2_gy(schedule: Sequence[EqualFractions], alpha_beta_gy: float) -> float:
    """Return the dose in Gy that has the same effect in fractions of 2 Gy, for an alpha/beta in Gy (Withers 1983).

    Raises
    ------
    ValueError
        `alpha_beta_gy` is not above 0.
    """
    _check(alpha_beta_gy)
    return sum(part.dose_gy * ((part.dose_per_fraction_gy + alpha_beta_gy) / (2 + alpha_beta_gy)) for part in schedule)


def _check(alpha_beta_gy: float) -> None:
    if not alpha_beta_gy > 0:
        raise ValueError(f"alpha/beta is {alpha_beta_gy} Gy, wanted more than 0")


def is_beyond_model(schedule: Sequence[EqualFractions]) -> bool:
    """Tell whether a fraction is larger than the model is validated for (`MODEL_LIMIT_GY`)."""
    return any(part.dose_per_fraction_gy > MODEL_LIMIT_GY for part in schedule)


def schedule_of(
    total_dose_gy: float | None, fractions: int | None = None, dose_per_fraction_gy: float | None = None, phases: Sequence[Phase] = ()
) -> Schedule | None:
    """Return the fractions of a course: of its phases where each is known and they make up the whole, else of the whole.

    None where dose or fractions are unknown. Phases without fractions leave open how the whole was divided, unless a dose per
    fraction is said of all of it.
    """
    if total_dose_gy is None:
        return None
    parts = [_equal(phase.dose_gy, phase.fractions, phase.dose_per_fraction_gy) for phase in phases]
    known = tuple(part for part in parts if part is not None)
    if known and len(known) == len(parts) and abs(sum(part.dose_gy for part in known) - total_dose_gy) <= _ROUNDING_GY:
        return known
    whole = _equal(total_dose_gy, None if parts else fractions, dose_per_fraction_gy)
    return None if whole is None else (whole,)


def _equal(dose_gy: float, fractions: int | None, dose_per_fraction_gy: float | None) -> EqualFractions | None:
    """Return the fractions of a dose by their size, else by their number; None where neither is known."""
    # D / n is exact where the printed dose per fraction is rounded ("54 Gy in 25 fractions of 2.2 Gy").
    if fractions is not None and (dose_per_fraction_gy is None or agree(dose_gy, fractions, dose_per_fraction_gy)):
        return EqualFractions(dose_gy, dose_gy / fractions)
    return None if dose_per_fraction_gy is None or fractions is not None else EqualFractions(dose_gy, dose_per_fraction_gy)


def comparable(course: RadiotherapyCourse) -> Comparable:
    """Return what the model can be applied to in a course, or why it cannot."""
    kind = kind_of(course.technique, course.is_rbe_weighted)
    if course.total_dose_gy is None:
        return Comparable(kind, None, "no_dose")
    if course.is_contradictory:
        return Comparable(kind, None, "contradictory")
    # The weighting of heavier ions and of neutrons depends on the dose per fraction itself; that of protons is 1.1 at all of them.
    are_weighted_protons = course.is_rbe_weighted and course.technique == "proton"
    if (course.is_rbe_weighted or course.technique in _PARTICLES) and not are_weighted_protons:
        return Comparable(kind, None, "rbe_unclear")
    if kind == "brachytherapy" and course.dose_rate != "HDR":
        return Comparable(kind, None, "low_dose_rate" if course.dose_rate else "dose_rate_unknown")
    # A dose per fraction that was computed is D / n, and n of the whole says nothing of unlike phases.
    each = None if course.phases and "dose_per_fraction_gy" in course.computed else course.dose_per_fraction_gy
    schedule = schedule_of(course.total_dose_gy, course.fractions, each, course.phases)
    if schedule is None and course.fractions is not None and each is not None and not course.phases:
        return Comparable(kind, None, "contradictory")  # rows of tables do not carry the mark
    return Comparable(kind, schedule, None if schedule else "fractions_unknown")


def kind_of(technique: str | None, is_rbe_weighted: bool) -> str:
    """Return the kind of a dose, as `Comparable` has it."""
    if is_rbe_weighted:
        return "rbe_weighted"
    if technique in _PARTICLES:
        return "particles_in_gy"
    return "brachytherapy" if technique == "brachytherapy" else "external"
