"""Several patients in one report: who is told of in each sentence, and what kind of paper it is."""

from __future__ import annotations

import pytest

from corpus.report import Report
from extract import kind, series
from extract import pipeline as extraction
from extract.record import Record


def _record(text: str, pipeline: extraction.Pipeline) -> Record:
    return extraction.extract(Report("invented", text), pipeline)


def _people(record: Record) -> list[tuple[float | None, str | None]]:
    return [(case.age_years, case.sex) for case in record.cases]


COUNTED = (
    "Case 1: A 36-year-old woman noticed a mass in the left thigh. It was excised, and a leiomyosarcoma was found.\n"
    "Case 2: A 61-year-old man had a tumor of the right kidney. Nephrectomy showed a renal cell carcinoma."
)
INTRODUCED = (
    "We report two patients with myxofibrosarcoma. A 44-year-old man presented with a mass of the left forearm. CD34 was positive. "
    "A 70-year-old woman had a lump in the right calf. CD34 was negative. Both patients received adjuvant radiotherapy."
)
IN_ONE_SENTENCE = (
    "We describe two patients with schwannoma, a 25-year-old man with a tumor of the neck and a 59-year-old woman with a tumor of the orbit. "
    "S100 was positive in both patients."
)
IN_WORDS = (
    "Two cases of chordoma are presented. The first patient, a 52-year-old woman, had a sacral tumor; the second patient, a 48-year-old man, "
    "had a tumor of the clivus."
)


@pytest.mark.parametrize(
    ("text", "people"),
    [
        (COUNTED, [(36, "female"), (61, "male")]),
        (COUNTED.replace("Case", "Observation"), [(36, "female"), (61, "male")]),  # as francophone authors say
        (INTRODUCED, [(44, "male"), (70, "female")]),
        (IN_ONE_SENTENCE, [(25, "male"), (59, "female")]),
        (IN_WORDS, [(52, "female"), (48, "male")]),
    ],
)
def test_each_patient_is_a_case(text: str, people: list[tuple[int, str]], pipeline: extraction.Pipeline) -> None:
    record = _record(text, pipeline)
    assert _people(record) == people
    assert record.report["kind"] == "case_series"


def test_each_fact_goes_to_its_patient(pipeline: extraction.Pipeline) -> None:
    first, second = _record(COUNTED, pipeline).cases
    assert (first.site.topography, second.site.topography) == ("C49.2", "C64.9")  # type: ignore[union-attr]
    assert (first.histology.morphology, second.histology.morphology) == ("8890/3", "8312/3")  # type: ignore[union-attr]


def test_what_is_said_of_all_is_a_fact_of_each(pipeline: extraction.Pipeline) -> None:
    first, second = _record(INTRODUCED, pipeline).cases
    assert first.radiotherapy_given and second.radiotherapy_given
    assert [stain.result for stain in first.ihc] == ["positive"]
    assert [stain.result for stain in second.ihc] == ["negative"]
    assert first.histology.morphology == second.histology.morphology == "8811/3"  # type: ignore[union-attr]


def test_what_is_said_before_the_first_is_a_fact_of_each(pipeline: extraction.Pipeline) -> None:
    first, second = _record(IN_ONE_SENTENCE + " The second patient had a recurrence.", pipeline).cases
    assert first.histology.name == second.histology.name == "schwannoma"  # type: ignore[union-attr]
    assert (first.site.name, second.site.name) == ("neck", "orbit")  # type: ignore[union-attr]
    assert (first.recurrence, second.recurrence) == (None, True)


@pytest.mark.parametrize(
    "text",
    [
        # A relative, an earlier age of the same patient, another report's patient, the first of its kind.
        "A 36-year-old woman had a sarcoma. Her mother, a 60-year-old woman, had breast cancer, and her sister had two cases of flu.",
        "A 36-year-old man had a sarcoma. To our knowledge, this is the first case in the literature; a second case was found in dogs.",
        "We report a 36-year-old man with a sarcoma. In patients of this age, two cases have been reported [3], one a 40-year-old man [4].",
    ],
)
def test_one_patient_stays_one(text: str, pipeline: extraction.Pipeline) -> None:
    record = _record(text, pipeline)
    assert [age for age, _ in _people(record)] == [36]
    assert record.report["kind"] == "case_report"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (
            "We retrospectively analyzed 42 patients with sarcoma. The median age was 60 years. Our patients were treated by surgery.",
            "other",
        ),
        ("We studied a cohort of 15-year-old girls. In our cases the mean age at vaccination was 15 years.", "other"),
        ("In many patients this is seen. " * 20 + "We report a 47-year-old woman with a breast carcinoma.", "case_report"),
    ],
)
def test_a_cohort_is_no_case(text: str, wanted: str, pipeline: extraction.Pipeline) -> None:
    assert _record(text, pipeline).report["kind"] == wanted


def test_a_sentence_on_two_patients_is_cut_between_them(pipeline: extraction.Pipeline) -> None:
    reading = extraction.read(Report("invented", IN_WORDS), pipeline)
    assert [sentence.patient for sentence in reading.sentences] == [series.EVERY, "1", "2"]
    assert "".join(sentence.text for sentence in reading.sentences).count("second patient") == 1
    assert kind.judge(reading, ["1", "2"]) == "case_series"
