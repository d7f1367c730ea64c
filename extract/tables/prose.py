"""A cell asked as prose is: in a sentence that says what its column is of, by the field modules that read reports.

The sentences are ours, the words in them the cell's; what a field makes of them is its answer for the cell.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from corpus.report import Report
from extract import pipeline
from extract.fields import drugs, histology, radiotherapy, site, status, surgery
from extract.pipeline import Pipeline
from extract.reading import Reading, Sentence
from extract.record import Drug, Histology, RadiotherapyCourse, Site
from extract.times import Time
from extract.times import find as find_times

_ID = "cell"


@dataclass(frozen=True, slots=True)
class Prose:
    """The field modules, asked for one cell at a time. The same words give the same answer."""

    pipeline: Pipeline
    memory: dict[str, Reading] = field(default_factory=dict, compare=False, repr=False)  # cells repeat themselves

    def site(self, words: str, diagnosis: Histology | None) -> Site | None:
        """Return the primary site that a cell names; with the diagnosis, since a region's code depends on the tissue."""
        reading = self._read(f"A tumor of the {words}.")
        so_far: dict[str, Any] = {"histology": diagnosis} if diagnosis else {}
        finding = site.resolve(list(site.find(reading)), so_far).one.get("site")
        return finding.value if finding and isinstance(finding.value, Site) else None

    def histology(self, words: str) -> Histology | None:
        """Return the tumour that a cell names."""
        reading = self._read(f"The diagnosis was {words}.")
        finding = histology.resolve(list(histology.find(reading)), {}).one.get("histology")
        return finding.value if finding and isinstance(finding.value, Histology) else None

    def tumours(self, words: str) -> frozenset[str]:
        """Return the morphologies of all tumours that some words name, such as a table's title."""
        return frozenset(hit.id for hit in self._read(words).hits["histology"])

    def courses(self, words: str) -> tuple[RadiotherapyCourse, ...]:
        """Return the courses of radiotherapy of which a cell gives dose, fractions or technique."""
        reading = self._read(f"The patient received radiotherapy of {words} .")
        return _many(radiotherapy.resolve(list(radiotherapy.find(reading)), {}).many.get("radiotherapy", ()))

    def technique(self, words: str) -> str | None:
        """Return the technique of radiotherapy that a cell names."""
        reading = self._read(f"The patient received radiotherapy with {words} .")
        found = _many(radiotherapy.resolve(list(radiotherapy.find(reading)), {}).many.get("radiotherapy", ()))
        return found[0].technique if len(found) == 1 else None

    def names_radiotherapy(self, words: str) -> bool:
        """Return whether a cell speaks of radiotherapy, with or without a technique."""
        return any(hit.id not in ("none", "adjuvant") for hit in self._read(f"Radiotherapy: {words}.").hits["technique"][1:])

    def drugs(self, words: str) -> tuple[Drug, ...]:
        """Return the drugs against tumours that a cell names as given."""
        reading = self._read(f"The patient had a sarcoma and received chemotherapy with {words}.")
        return _many(drugs.resolve(list(drugs.find(reading)), {}).many.get("drugs", ()))

    def surgery(self, words: str) -> bool | None:
        """Return whether a cell names an operation on the tumour; False where it says that there was none."""
        reading = self._read(f"The patient had a tumor and was treated with {words}.")
        finding = surgery.resolve(list(surgery.find(reading)), {}).one.get("surgery")
        return bool(finding.value) if finding else None

    def status(self, words: str) -> str | None:
        """Return how the patient was at the last follow-up by the words of a cell."""
        reading = self._read(f"The tumor was irradiated. At the last follow-up the patient was {words}.")
        finding = status.resolve(list(status.find(reading)), {}).one.get("status")
        return str(finding.value) if finding else None

    def _read(self, words: str) -> Reading:
        if words not in self.memory:
            self.memory[words] = pipeline.read(Report(_ID, words), self.pipeline)
        return self.memory[words]


def times(words: str, frame: str = "followed up for {}") -> tuple[Time, ...]:
    """Return the times in a cell, in months."""
    text = frame.format(words)
    return tuple(found.time for found in find_times(Sentence(0, 0, len(text), text, text.lower(), "table")))


def _many(findings: Any) -> tuple[Any, ...]:
    return tuple(finding.value for finding in findings)
