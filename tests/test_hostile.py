"""Texts made to be slow: a third of a megabyte of one thing is read in bounded time, with evidence that stands."""

from __future__ import annotations

import time

import pytest

from corpus.report import Report
from extract import pipeline as extraction

GOOD = "A 54-year-old man had a leiomyosarcoma of the left thigh. "
SIZE = 300_000
# Seconds that no such text may take on one core of a busy machine.
MOST_SECONDS = 10


@pytest.mark.parametrize(
    "unit",
    [
        "(", "[[[]]]", "()", "a", "1 ", "no ", "2 Gy ", "50 Gy/25 F + ", "SMA (+) ", "ALK, S100, ", "ALK; ", "1 x 2 x 3 cm, ", "3 cm ",
        "metastasis of the ", "resection of the tumor ", "cisplatin 75 mg/m2 ", "EGFR exon 19 deletion p.L858R ", "2 years later ",
        "54-year-old man ", "positive for ", "inflammatory myofibroblastic tumor (IMT) ", "He received 50 Gy in 25 fractions. ", "ALK\n",
        "[12] ", "and lung ", "Ki-67 10% ", "was negative ",
    ],
)  # fmt: skip
def test_a_text_of_one_thing_is_read_in_bounded_time(unit: str, pipeline: extraction.Pipeline) -> None:
    text = GOOD + unit * (SIZE // len(unit))
    started = time.process_time()
    record = extraction.extract(Report("hostile", text), pipeline)
    assert time.process_time() - started < MOST_SECONDS
    assert all(text[entry.start : entry.end] == entry.quote for entry in record.evidence)
    assert record.report["id"] == "hostile"


def test_a_run_without_spaces_is_kept_whole_in_the_tokens(pipeline: extraction.Pipeline) -> None:
    text = "A man  had " + "(" * 5000 + " a\tsarcoma.\nThe end"
    assert extraction.language.tokenize(pipeline.nlp, text).text == text


def test_a_text_of_five_million_characters_is_read(pipeline: extraction.Pipeline) -> None:
    text = GOOD + "The follow-up was without event. " * 140_000
    record = extraction.extract(Report("long", text), pipeline)
    assert [case.age_years for case in record.cases] == [54.0]
