"""The order in which like stands beside like: of histologies by their markers, and of markers by their histologies."""

from __future__ import annotations

from collections.abc import Sequence


def alike(shares: Sequence[Sequence[float]]) -> list[int]:
    """Return the order of rows of numbers in which neighbours are as alike as may be; the same rows give the same order.

    Average linkage by Euclidean distance, its leaves so turned that the distance of neighbours is least (Bar-Joseph, Gifford and
    Jaakkola, Bioinformatics 2001;17 Suppl 1:S22).
    """
    if len(shares) < 3 or not shares[0]:
        return list(range(len(shares)))
    import numpy  # they take a third of a second: only where something is put in order
    from scipy.cluster.hierarchy import leaves_list, linkage  # type: ignore[import-untyped]

    return [int(place) for place in leaves_list(linkage(numpy.array(shares), "average", optimal_ordering=True))]
