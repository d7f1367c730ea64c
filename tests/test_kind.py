"""The kind of a report: what the publisher calls it, its title, and its words."""

from __future__ import annotations

import pytest

from corpus.report import Report
from extract import pipeline as extraction

ONE = "A 54-year-old man had a leiomyosarcoma of the left thigh. He underwent wide excision and is alive without disease after 2 years."
TWO = f"Case 1: {ONE}\nCase 2: A 61-year-old woman had a liposarcoma of the right arm. She was operated on and died after 8 months."
NONE = "Sarcomas are rare tumours of the connective tissue. Surgery is the mainstay of their treatment, and many reports exist."


@pytest.mark.parametrize(
    ("text", "about", "wanted"),
    [
        (ONE, {}, "case_report"),
        (TWO, {}, "case_series"),
        (TWO, {"article_type": "case-report"}, "case_series"),  # a publisher calls both case reports
        (ONE, {"article_type": "review-article", "title": "Leiomyosarcoma of the thigh: a case report"}, "case_report"),
        (ONE, {"article_type": "editorial"}, "other"),
        (ONE, {"article_type": "correction", "title": "Correction"}, "other"),
        (ONE, {"title": "Leiomyosarcoma of the limbs: a systematic review and meta-analysis"}, "review"),
        (NONE, {"article_type": "review-article"}, "review"),
        (NONE, {"title": "Guidelines for the care of sarcomas"}, "guideline"),
        (NONE, {}, "other"),
        # "our cases" alone make no case report of what its publisher calls research
        ("Our cases were cultures of two cell lines. Growth was measured each day.", {"article_type": "research-article"}, "other"),
        (ONE, {"article_type": "research-article"}, "case_report"),
        (ONE, {"kind": "other", "article_type": "case-report"}, "other"),  # a person's word stands above the publisher's
    ],
)  # fmt: skip
def test_kind(text: str, about: dict[str, str], wanted: str, pipeline: extraction.Pipeline) -> None:
    assert extraction.extract(Report("test", text, **about), pipeline).report["kind"] == wanted
