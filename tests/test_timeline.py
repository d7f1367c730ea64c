"""Time expressions and the line that they make: dates subtracted, relative times chained, lower bounds kept."""

from __future__ import annotations

import pytest

from corpus.report import Report
from extract import pipeline as extraction
from extract import timeline, times
from extract.reading import Sentence


@pytest.fixture(scope="module")
def pipeline() -> extraction.Pipeline:
    return extraction.build()


def _times(text: str) -> list[tuple[str, times.Time]]:
    sentence = Sentence(0, 0, len(text), text, text.lower(), "case")
    return [(text[found.start : found.end], found.time) for found in times.find(sentence)]


def _lines(text: str, pipeline: extraction.Pipeline) -> tuple[timeline.Line, ...]:
    reading = extraction.read(Report(id="test", text=text, kind="case_report"), pipeline)
    return timeline.lay(reading.layer(timeline.read))


@pytest.mark.parametrize(
    ("text", "relation", "months"),
    [
        ("He was operated on two years ago.", times.AGO, 24),
        ("Nine months postoperatively, MRI was clear.", times.AFTER, 9),
        ("She relapsed 6 months after the end of radiotherapy.", times.AFTER, 6),
        ("Three months later he died.", times.LATER, 3),
        ("A year and a half later he died.", times.LATER, 18),
        ("Half a year later he died.", times.LATER, 6),
        ("Six to eight months later he died.", times.LATER, 8),
        ("She died 2 years and 3 months after the diagnosis.", times.AFTER, 27),
        ("At 24 months of follow-up she was well.", times.FOLLOW_UP, 24),
        ("The 18-month follow-up was uneventful.", times.FOLLOW_UP, 18),
        ("She was followed up for two years.", times.FOLLOW_UP, 24),
        ("He has been disease-free for 3 years.", times.FOR, 36),
        ("He is alive at the 32nd month after surgery.", times.AFTER, 32),
        ("Twenty-four weeks later he died.", times.LATER, 24 / times.WEEKS_PER_MONTH),
        ("On postoperative day 7 the drain was removed.", times.AFTER, 7 / times.DAYS_PER_MONTH),
    ],
)
def test_a_time_is_months_along_a_relation(text: str, relation: str, months: float) -> None:
    [(_, time)] = _times(text)
    assert (time.relation, time.months) == (relation, pytest.approx(months))


@pytest.mark.parametrize(
    ("text", "is_minimum"),
    [
        ("Progression-free survival exceeded 5 years.", True),
        ("He is well more than 5 years after surgery.", True),
        ("The survival is >8 months.", True),
        ("She has been followed for over 4 years.", True),
        ("Imaging over 4 years of follow-up showed nothing.", False),
        ("He is well about 5 years after surgery.", False),
    ],
)
def test_a_lower_bound_is_marked(text: str, is_minimum: bool) -> None:
    [(_, time)] = _times(text)
    assert time.is_minimum is is_minimum


@pytest.mark.parametrize(
    "text",
    [
        "A 54-year-old man was seen.",
        "He had a 3-year history of pain.",
        "She is seen every 3 months.",
        "The 5-year survival rate is 20%.",
        "He took the drug for up to 6 weeks.",
        "Received 3 May 2019; accepted 4 June 2019.",
        "The WHO classification 2016 was used.",
    ],
)
def test_what_is_no_moment_of_the_story_is_not_read(text: str) -> None:
    assert _times(text) == []


@pytest.mark.parametrize(
    ("earlier", "later", "months"),
    [
        ("In February 2018", "in March 2023", 61),
        ("On January 7, 2015", "on April 16, 2016", 15.3),
        ("On 7 January 2015", "on 16 April 2016", 15.3),
        ("In 1985", "in 2008", 276),
        ("On 13/12/2004", "on 13/12/2005", 12),
        ("In 03/2019", "in 09/2019", 6),
    ],
)
def test_dates_are_subtracted(earlier: str, later: str, months: float) -> None:
    (_, first), (_, second) = _times(f"{earlier} he was operated on, and {later} he was seen.")
    assert first.relation == second.relation == times.DATE
    assert second.months - first.months == pytest.approx(months, abs=0.05)


def test_relative_times_are_chained(pipeline: extraction.Pipeline) -> None:
    text = "A 68-year-old man underwent surgery in 2010. Five years later his tumor recurred. A month later he received radiotherapy."
    [line] = _lines(text + " He died three months after the diagnosis.", pipeline)
    placed = [(point.kind, round(line.months(point.moment))) for point in line.points if point.kind in ("recurrence", "death")]
    assert placed == [("recurrence", 60), ("death", 64)]


def test_a_flashback_goes_back_from_now(pipeline: extraction.Pipeline) -> None:
    text = "In March 2015 a 62-year-old woman was admitted. Two years earlier a melanoma was resected, which recurred 15 months later."
    [line] = _lines(text, pipeline)
    assert [round(line.months(point.moment)) for point in line.points if point.kind == "recurrence"] == [15]


def test_time_zero_is_the_first_treatment_else_the_diagnosis(pipeline: extraction.Pipeline) -> None:
    treated = "A 50-year-old man was diagnosed in May 2010. He underwent surgery in July 2010 and was alive in July 2011."
    untreated = "A 50-year-old man was diagnosed in May 2010 and was alive in May 2012."
    for text, months in ((treated, 12), (untreated, 24)):
        [line] = _lines(text, pipeline)
        assert [round(line.months(point.moment)) for point in line.points if point.kind == "alive"] == [months]


def test_another_disease_of_the_past_is_not_time_zero(pipeline: extraction.Pipeline) -> None:
    text = "A 70-year-old man had a history of prostate cancer treated with radiotherapy in 2004. In May 2015 he was admitted."
    [line] = _lines(text + " He underwent lobectomy. He was alive in May 2016.", pipeline)
    assert [round(line.months(point.moment)) for point in line.points if point.kind == "alive"] == [12]


def test_after_an_operation_named_anew_counts_from_that_operation(pipeline: extraction.Pipeline) -> None:
    text = "A 60-year-old man underwent lobectomy. Three years later he underwent splenectomy. One year after the lobectomy he was well."
    [line] = _lines(text, pipeline)
    assert [round(line.months(point.moment)) for point in line.points if point.kind == "alive"] == [12]


def test_the_proof_of_a_chained_time_holds_every_link(pipeline: extraction.Pipeline) -> None:
    text = "A 40-year-old woman underwent surgery in May 2010. Six months later she relapsed. A year later she died."
    case, evidence = extraction.single_case(Report(id="test", text=text, kind="case_report"), pipeline)
    assert case.follow_up_months == pytest.approx(18, abs=0.1)
    quotes = [entry.quote for entry in evidence if entry.field == "follow_up_months"]
    assert quotes == ["May 2010", "Six months later", "A year later"]


def test_each_telling_of_the_story_is_a_line_of_its_own(pipeline: extraction.Pipeline) -> None:
    text = "ABSTRACT\nA 40-year-old man underwent surgery and was well 5 years later.\nCASE REPORT\n"
    lines = _lines(text + "A 40-year-old man underwent surgery. He was well five years later.", pipeline)
    assert [line.group for line in lines] == [timeline.CASE, timeline.ABSTRACT]
    assert {round(line.months(point.moment)) for line in lines for point in line.points if point.kind == "alive"} == {60}
