"""Sentences that cite others are told apart from those that tell of the patient."""

from __future__ import annotations

import pytest

from corpus.report import Report
from extract import pipeline as extraction


@pytest.mark.parametrize(
    ("sentence", "subject"),
    [
        ("Such tumors were treated with 60 Gy in a previous series [12].", "literature"),
        ("Such tumors were treated with 60 Gy in previous series (Silva and Tanaka, 2010).", "literature"),
        ("Such tumors were treated with 60 Gy in previous series (see Berg 2012; Lee et al., 2013).", "literature"),
        ("The tumor was irradiated with 60 Gy (March 2010).", "general"),
        ("The tumor was irradiated with 60 Gy (since January 2012).", "general"),
    ],
)
def test_of_whom_a_sentence_of_the_discussion_speaks(sentence: str, subject: str, pipeline: extraction.Pipeline) -> None:
    text = f"Case report\n\nA 54-year-old man had a sarcoma of the thigh.\n\nDiscussion\n\n{sentence}"
    assert extraction.read(Report("test", text), pipeline).sentences[-1].subject == subject
