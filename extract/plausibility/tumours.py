"""Rules over patient and tumour: sex, age, site, histology, spread, size (no spaCy)."""

from __future__ import annotations

from collections.abc import Iterator

from extract.plausibility import bounds
from extract.plausibility.flag import IMPOSSIBLE, UNUSUAL, Flag, Place
from extract.record import Case, Histology, Metastasis, Site
from extract.tissue import sites_that_are

_OLDEST_KNOWN, _OLDEST_SEEN = 115.0, 105.0
# Codes that leave open where a tumour is: a region of the body, an unknown primary.
_NO_ORGAN = frozenset({"C76", "C80"})
# Organs of one piece in which a tumour has no second focus that would be called a metastasis.
_SINGLE = frozenset({"C15", "C16", "C19", "C20", "C25", "C52", "C53", "C54", "C55", "C61", "C67", "C73"})
_LARGEST_CM, _SMALLEST_CM = 60.0, 0.05
_IN_SITU, _BENIGN = "/2", "/0"
# Benign by their codes, and known to spread: leiomyoma, pleomorphic adenoma, meningioma, hydatidiform moles.
_SPREADING = frozenset({"8890/0", "8940/0", "9100/0", "9103/0", "9530/0"})


def sex_against_tumour(case: Case) -> Iterator[Flag]:
    """Yield a flag for each organ, tumour and operation that the other sex has."""
    if case.sex is None:
        return
    for bound in bounds.of_sex():
        if bound.sex == case.sex:
            continue
        for rule, place, words in _of_one_sex(case, bound):
            yield Flag(rule, bound.severity, (("sex", 1), place), f"{case.sex}; {words}", f"{bound.what}: {bound.reason}")


def _of_one_sex(case: Case, bound: bounds.SexBound) -> Iterator[tuple[str, Place, str]]:
    """Yield what of the case a bound speaks of: name of the rule, place, words."""
    site, histology = case.site, case.histology
    if bound.kind == "topography":
        if site and bound.codes.hold(site.topography):
            yield "sex_site", ("site", 1), _site(site)
        for number, spread in enumerate(case.metastases, start=1):
            if bound.codes.hold(spread.topography):
                yield "sex_metastasis", ("metastases", number), _site(spread)
    elif bound.kind == "morphology":
        if histology and histology.morphology and bound.codes.hold(histology.morphology):
            yield "sex_histology", ("histology", 1), _histology(histology)
    else:
        for number, operation in enumerate(case.surgeries, start=1):
            if any(word in operation.procedure.lower() for word in bound.words):
                yield "sex_operation", ("surgeries", number), operation.procedure


def site_against_histology(case: Case) -> Iterator[Flag]:
    """Yield a flag where a tumour that arises in few places has another site."""
    site, histology = case.site, case.histology
    if not (site and histology and histology.morphology) or _is_vague(site.topography):
        return
    for bound in bounds.of_site():
        if bound.morphology.hold(histology.morphology) and not bound.usual.hold(site.topography):
            severity = UNUSUAL if bound.seldom.hold(site.topography) else bound.elsewhere
            said = f"{_histology(histology)}; {_site(site)}"
            yield Flag("site_histology", severity, (("site", 1), ("histology", 1)), said, f"{bound.tumour}: {bound.reason}")


def age_against_histology(case: Case) -> Iterator[Flag]:
    """Yield a flag where a tumour occurs at other ages."""
    age, histology = case.age_years, case.histology
    if age is None or not (histology and histology.morphology):
        return
    topography = case.site.topography if case.site else ""
    for bound in bounds.of_age():
        is_it = bound.morphology.hold(histology.morphology) and (not bound.topography.ranges or bound.topography.hold(topography))
        if is_it and not bound.youngest <= age <= (bound.oldest or age):
            said = f"{age:.3g} years; {_histology(histology)}"
            yield Flag("age_histology", bound.severity, (("age_years", 1), ("histology", 1)), said, f"{bound.tumour}: {bound.reason}")


def age_beyond_life(case: Case) -> Iterator[Flag]:
    """Yield a flag for an age, at first or at the end of follow-up, that people do not reach."""
    if case.age_years is None:
        return
    then = case.age_years + (case.follow_up_months or 0.0) / 12
    if then <= _OLDEST_SEEN:
        return
    severity = IMPOSSIBLE if then > _OLDEST_KNOWN else UNUSUAL
    if case.age_years > _OLDEST_SEEN:
        yield Flag("age", severity, (("age_years", 1),), f"{case.age_years:.3g} years", "hardly anyone lives so long")
    else:
        said = f"{case.age_years:.3g} years; followed for {case.follow_up_months:.4g} months"
        places = (("age_years", 1), ("follow_up_months", 1))
        yield Flag("follow_up_beyond_life", severity, places, said, f"at the end the patient would be {then:.0f} years old")


def spread_of_what_does_not_spread(case: Case) -> Iterator[Flag]:
    """Yield a flag for metastases of a benign tumour or of one in situ."""
    morphology = case.histology.morphology if case.histology else None
    if not (case.histology and morphology and case.metastases) or morphology in _SPREADING or morphology[-2:] not in (_IN_SITU, _BENIGN):
        return
    kind = "in situ" if morphology.endswith(_IN_SITU) else "benign"
    places = (("histology", 1), *(("metastases", number) for number in range(1, len(case.metastases) + 1)))
    said = f"{_histology(case.histology)}; {', '.join(_site(spread) for spread in case.metastases)}"
    yield Flag("spread_of_benign", UNUSUAL, places, said, f"a tumor that is {kind} does not spread: it, or the metastasis, is another one")


def metastasis_in_primary(case: Case) -> Iterator[Flag]:
    """Yield a flag for a metastasis in the organ of the primary, where that is of one piece."""
    if case.site is None or case.site.topography[:3] not in _SINGLE:
        return
    for number, spread in enumerate(case.metastases, start=1):
        if spread.topography[:3] == case.site.topography[:3]:
            said = f"{_site(case.site)}; {_site(spread)}"
            message = "primary tumor and metastasis are in one organ: it may be the site of the metastasis only"
            yield Flag("metastasis_in_primary", UNUSUAL, (("site", 1), ("metastases", number)), said, message)


def size(case: Case) -> Iterator[Flag]:
    """Yield a flag for a tumour larger or smaller than tumours are."""
    if case.size_cm is not None and not _SMALLEST_CM <= case.size_cm <= _LARGEST_CM:
        message = "larger than nearly all tumors: it may be in millimetres" if case.size_cm > _LARGEST_CM else "too small to be seen"
        yield Flag("size", UNUSUAL, (("size_cm", 1),), f"{case.size_cm:.3g} cm", message)


def _is_vague(topography: str) -> bool:
    return topography[:3] in _NO_ORGAN or topography in sites_that_are("vague")


def _site(site: Site | Metastasis) -> str:
    return f"{site.name} ({site.topography})"


def _histology(histology: Histology) -> str:
    return f"{histology.name} ({histology.morphology})"
