"""Which tissue a tumour is of, and which code of a body region that tissue takes (ICD-O-3).

The groups are the lexicon `tissue` (morphology codes and ranges), the traits of sites the lexicon `topography`.
"""

from __future__ import annotations

from functools import cache

from extract import lexicon

SKIN, BONE, SOFT_TISSUE, SALIVARY, BLOOD = "skin", "bone", "soft_tissue", "salivary", "blood"
# The tissues by which a body region has a code, as the columns of the lexicon `region` are named.
TISSUES = (SOFT_TISSUE, SKIN, BONE, SALIVARY)


@cache
def tissue_of(morphology: str | None) -> str | None:
    """Return skin, bone, soft_tissue, salivary or blood for the tumours of these tissues, None for all others.

    `morphology` is an ICD-O-3 code with or without its behaviour ("8890/3"); None where none is known.
    """
    if morphology is None:
        return None
    code = int(morphology[:4])
    return next((tissue for first, last, tissue in _ranges() if first <= code <= last), None)


@cache
def _ranges() -> tuple[tuple[int, int, str], ...]:
    ranges = []
    for entry in lexicon.load("tissue"):
        first, _, last = entry.variant.partition("-")
        ranges.append((int(first), int(last or first), entry.concept_id))
    return tuple(ranges)


@cache
def sites_that_are(trait: str) -> frozenset[str]:
    """Return the topography codes with a trait: `unpaired` (three characters), `usual` or `vague` (four)."""
    return frozenset(entry.variant for entry in lexicon.load("topography") if trait in entry.concept_id.split("+"))
