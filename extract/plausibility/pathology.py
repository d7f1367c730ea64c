"""Rules over stains and genes (no spaCy)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from extract.plausibility.flag import IMPOSSIBLE, UNUSUAL, Flag
from extract.record import Case

_OPPOSITE = {"positive", "negative"}


def stains_both_ways(case: Case) -> Iterator[Flag]:
    """Yield one flag for all markers that are positive and negative."""
    found = _both_ways((x.marker, x.result) for x in case.ihc)
    if found:
        places = tuple(("ihc", number) for numbers in found.values() for number in numbers)
        message = "two samples, two parts of the tumor, or the cells of something else"
        yield Flag("stain_both_ways", UNUSUAL, places, f"positive and negative: {', '.join(found)}", message)


def genes_both_ways(case: Case) -> Iterator[Flag]:
    """Yield one flag for all alterations of genes that are found and not found."""
    found = _both_ways((" ".join(filter(None, (x.gene, x.alteration, x.partner))), x.result) for x in case.molecular)
    if found:
        places = tuple(("molecular", number) for numbers in found.values() for number in numbers)
        message = "two samples, two tests, or those of somebody else"
        yield Flag("gene_both_ways", UNUSUAL, places, f"positive and negative: {', '.join(found)}", message)


def gene_its_own_partner(case: Case) -> Iterator[Flag]:
    """Yield a flag for each gene fused with itself."""
    for number, test in enumerate(case.molecular, start=1):
        if test.partner is not None and test.partner == test.gene:
            said = f"{test.gene} with {test.partner}"
            yield Flag("gene_its_own_partner", IMPOSSIBLE, (("molecular", number),), said, "a gene has another one as partner")


def _both_ways(results: Iterable[tuple[str, str]]) -> Mapping[str, tuple[int, ...]]:
    """Return what has both results, with its places in the list."""
    found: dict[str, list[tuple[int, str]]] = {}
    for number, (what, result) in enumerate(results, start=1):
        if result in _OPPOSITE:
            found.setdefault(what, []).append((number, result))
    return {what: tuple(n for n, _ in told) for what, told in found.items() if {result for _, result in told} == _OPPOSITE}
