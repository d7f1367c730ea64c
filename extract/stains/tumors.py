"""Which tumour was stained: the tumours that a sentence on stains names.

A patient with two tumours has two lists of stains. What was found in the other one, an earlier carcinoma or a lymphoma
met by chance, is told with its name; `treatment.is_other_tumour` compares that name with the diagnosis.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence

from extract import context, treatment
from extract.reading import Hit, Reading, Sentence
from extract.treatment import Clue

# Words of which one stands where a sentence tells of the past.
_PAST = ("history", "previous", "prior", "earlier", "ago", "before", "known", "survivor")


# Where a sentence turns to another tumour: "whereas the earlier carcinoma had been", "unlike that one, the present tumour was".
_TURN = re.compile(
    r";|\b(?:whereas|while|unlike|in\scontrast|the\s(?:present|current)\s(?:tumou?r|lesion|mass|carcinoma|cancer))\b", re.IGNORECASE
)


def turns(text: str) -> list[int]:
    """Return the offsets at which the parts of a sentence begin, and its end."""
    return [0, *(match.start() for match in _TURN.finditer(text) if match.start()), len(text)]


def part_at(bounds: Sequence[int], at: int) -> tuple[int, int]:
    """Return the part of a sentence in which an offset stands, between two turns to another tumour."""
    number = bisect_right(bounds, at, hi=len(bounds) - 1)
    return bounds[number - 1], bounds[number]


def clue(reading: Reading, sentence: Sentence, part: tuple[int, int] | None = None) -> Clue:
    """Return the tumours that a sentence, or a part of it, plainly names, not in a marker's name ("lymphoma kinase") or in doubt."""
    markers = reading.hits_in("ihc", sentence)
    part = part or (0, len(sentence.text))
    first, last = sentence.start + part[0], sentence.start + part[1]
    hits = [hit for hit in reading.hits_in("histology", sentence) if hit.id[:1].isdigit() and not _is_in_marker(hit, markers)]
    hits = [hit for hit in hits if first <= hit.start < last]
    if not hits or any(context.assertion_of(reading, hit.start, hit.end, sentence) != context.PRESENT for hit in hits):
        return treatment.NO_CLUE
    lower = sentence.lower[part[0] : part[1]]
    is_past = any(word in lower for word in _PAST)
    sites = frozenset(
        hit.id[:3] for hit in reading.hits_in("site", sentence) if hit.entry.get("kind") != "procedure" and first <= hit.start < last
    )
    names_cancer = any("cancer" in hit.entry.variant for hit in hits)
    return Clue(sites, frozenset(hit.id[:3] for hit in hits), is_past, names_cancer)


def _is_in_marker(hit: Hit, markers: Sequence[Hit]) -> bool:
    return any(marker.start < hit.end and hit.start < marker.end for marker in markers)
