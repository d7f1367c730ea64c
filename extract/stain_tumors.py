"""Which tumour was stained: the tumours that a sentence on stains names.

A patient with two tumours has two lists of stains. What was found in the other one, an earlier carcinoma or a lymphoma
met by chance, is told with its name; `treatment.is_other_tumour` compares that name with the diagnosis.
"""

from __future__ import annotations

from collections.abc import Sequence

from extract import context, treatment
from extract.reading import Hit, Reading, Sentence
from extract.treatment import Clue

# Words of which one stands where a sentence tells of the past.
_PAST = ("history", "previous", "prior", "earlier", "ago", "before", "known", "survivor")


def clue(reading: Reading, sentence: Sentence) -> Clue:
    """Return the tumours that a sentence plainly names, not those in the names of markers ("lymphoma kinase") or in doubt."""
    markers = reading.hits_in("ihc", sentence)
    hits = [hit for hit in reading.hits_in("histology", sentence) if hit.id[:1].isdigit() and not _is_in_marker(hit, markers)]
    if not hits or any(context.assertion_of(reading, hit.start, hit.end, sentence) != context.PRESENT for hit in hits):
        return treatment.NO_CLUE
    is_past = any(word in sentence.lower for word in _PAST)
    sites = frozenset(hit.id[:3] for hit in reading.hits_in("site", sentence) if hit.entry.get("kind") != "procedure")
    names_cancer = any("cancer" in hit.entry.variant for hit in hits)
    return Clue(sites, frozenset(hit.id[:3] for hit in hits), is_past, names_cancer)


def _is_in_marker(hit: Hit, markers: Sequence[Hit]) -> bool:
    return any(marker.start < hit.end and hit.start < marker.end for marker in markers)
