"""Plausibility: rules over the facts of a case that cannot be true together, or seldom are (no spaCy).

Nothing is changed by them. What only has to hold for one value alone (a percentage of 0 to 100) the tables of the database refuse already.
"""

from __future__ import annotations

from extract.plausibility import outcome, pathology, treatment, tumours
from extract.plausibility.flag import IMPOSSIBLE, SEVERITIES, UNUSUAL, Flag
from extract.record import Case

__all__ = ["IMPOSSIBLE", "RULES", "SEVERITIES", "UNUSUAL", "Flag", "flags"]

RULES = (
    tumours.sex_against_tumour,
    tumours.site_against_histology,
    tumours.age_against_histology,
    tumours.age_beyond_life,
    tumours.spread_of_what_does_not_spread,
    tumours.metastasis_in_primary,
    tumours.size,
    pathology.stains_both_ways,
    pathology.genes_both_ways,
    pathology.gene_its_own_partner,
    treatment.radiotherapy,
    treatment.drug_dose,
    outcome.recurrence_after_follow_up,
    outcome.recurrence_denied,
    outcome.treatment_denied,
    outcome.death_without_tumour,
    outcome.alive_after_death,
    outcome.event_after_death,
)


def flags(case: Case) -> tuple[Flag, ...]:
    """Return what is implausible in a case, the impossible first, then in the order of the rules; () where nothing is."""
    found = [flag for rule in RULES for flag in rule(case)]
    return tuple(sorted(found, key=lambda flag: SEVERITIES.index(flag.severity)))
