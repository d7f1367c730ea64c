"""The pipeline as a whole: what holds for every report, whatever its fields read."""

from __future__ import annotations

import pytest

from corpus.report import Report
from extract import pipeline as extraction
from extract.pipeline import Pipeline
from extract.record import check_evidence


@pytest.mark.parametrize("heading", ["Diagnoses", "Diagnosis", "Treatment", "Surgery", "Recurrence", "Outcome", "Chemotherapy"])
def test_words_of_an_inline_heading_are_evidence_of_nothing(pipeline: Pipeline, heading: str) -> None:
    """They belong to no sentence: a fact that rested on them had an empty quote, and the report was refused."""
    text = (
        "A 50-year-old man presented with a swelling of the left arm.\n"
        f"{heading}: Synovial sarcoma of the left arm. It was excised in May 2010.\n"
        f"Follow-up: Two years after surgery the sarcoma recurred.\n{heading}: He was well in March 2014."
    )
    record = extraction.extract(Report("inline", text), pipeline)
    check_evidence(record, text)
    assert record.cases[0].recurrence is True
    assert all(entry.quote for entry in record.evidence)
