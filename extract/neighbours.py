"""Neighbours: which places may be meant by another's name, by ICD-O-3 topography of three characters."""

from __future__ import annotations

# Organs that share a wall or a name: a tumour of one is often told as in the other.
_NEIGHBOURS = tuple(
    frozenset(group.split())
    for group in (
        "C15 C16 C17", "C17 C24 C25", "C22 C23 C24", "C17 C18 C26 C48", "C18 C19 C20 C21 C26",
        "C51 C52 C53 C54 C55 C56 C57 C58 C48", "C33 C34 C37 C38 C39", "C40 C41 C44 C47 C49 C76", "C48 C64 C65 C66 C67 C68 C74",
        "C69 C70 C71 C72 C75", "C41 C70 C72", "C44 C49 C50 C76", "C44 C60 C63", "C49 C62 C63", "C32 C73 C75 C76",
        "C48 C49 C64 C74 C76", "C34 C38 C49 C76",
        "C00 C01 C02 C03 C04 C05 C06 C07 C08 C09 C10 C11 C12 C13 C14 C30 C31 C32 C41 C49 C76 C77",
    )
)  # fmt: skip
_SOFT = frozenset({"C40", "C41", "C44", "C47", "C49", "C76", "C77"})


def _span(*ranges: tuple[int, int]) -> frozenset[str]:
    return _SOFT | {f"C{number:02d}" for first, last in ranges for number in range(first, last + 1)}


# The organs of a region that is named without one: head and neck, thorax, abdomen, pelvis, limbs.
_REGIONS = {
    "C76.0": _span((0, 15), (30, 32), (69, 75)),
    "C76.1": _span((15, 16), (33, 39), (50, 50)),
    "C76.2": _span((15, 26), (48, 48), (51, 68), (74, 74)),
    "C76.3": _span((17, 21), (48, 48), (51, 68)),
    "C76.4": _SOFT,
    "C76.5": _SOFT,
}


def may_be_same(organ: str, place: str) -> bool:
    """Return whether a place may be the organ: itself, a neighbour, or the region that holds it (with its decimal, "C76.1")."""
    if place.startswith("C76"):
        return place not in _REGIONS or organ in _REGIONS[place]
    if "C26" in (organ, place):
        # The digestive tract without more.
        return min(organ, place) >= "C15" and max(organ, place) in ("C26", "C48")
    return organ == place or place == "C80" or any(organ in group and place in group for group in _NEIGHBOURS)
