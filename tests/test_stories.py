"""Short stories of treatment and outcome whose facts hang on more than one sentence, or on what a treatment was for."""

from __future__ import annotations

from typing import Any

import pytest

from corpus.report import Report
from extract import pipeline as extraction
from extract.pipeline import Pipeline
from extract.record import Case

STORIES: list[tuple[str, dict[str, Any]]] = [
    (
        "A boy of 13 years had rhabdomyosarcoma of the thumb and was given chemotherapy. At the 21st week after the start of chemotherapy "
        "the marrow was clear. At the 27th week of chemotherapy he was found to have a nodule in the forearm, a rhabdomyosarcoma.",
        {"recurrence": True, "recurrence_months": 6.2},
    ),
    (
        "A 48-year-old woman had lymphoma of the breast. Mastectomy was performed. She died 2 days after the operation due to "
        "disseminated intravascular coagulation and septicemia.",
        {"status": "DOC", "follow_up_months": 0.1},
    ),
    (
        "A 50-year-old woman with lymphoma of the stomach was referred for chemotherapy with rituximab and bendamustine. She has been in "
        "remission since.",
        {"drugs": ["rituximab", "bendamustine"], "status": "NED"},
    ),
    (
        "A 59-year-old woman presented with a sarcoma of the neck, six years following irradiation of the head and neck for nasopharyngeal "
        "carcinoma. She was treated with wide excision. She is alive and disease-free 5 years after treatment.",
        {"radiotherapy_given": None, "status": "NED", "follow_up_months": 60.0},
    ),
    (
        "A 61-year-old woman with angiosarcoma of the left breast had a history of ductal carcinoma of the left breast treated with "
        "lumpectomy, cyclophosphamide and irradiation with 50 Gy. A mastectomy was done.",
        {"radiotherapy_given": None, "drugs": [], "surgery": True},
    ),
    (
        "A 66-year-old man had leiomyosarcoma of the thigh, which was excised. Radiotherapy of 24 Gy was also given for bone metastases of "
        "prostate cancer. He was admitted with pain during the radiotherapy.",
        {"radiotherapy_given": None},
    ),
    (
        "A 66-year-old man had a sarcoma of the thigh, which was excised. Further radiation and chemotherapy were not received.",
        {"radiotherapy_given": False, "drugs": []},
    ),
    (
        "A 66-year-old man had a sarcoma of the kidney. He had coronary heart disease for a year but did not receive any treatment. "
        "Nephrectomy was performed.",
        {"radiotherapy_given": None, "surgery": True},
    ),
    (
        "A 63-year-old woman had cancer of the colon with a node beside the trachea, which was irradiated with 60 Gy in 15 fractions (70 Gy "
        "equivalent dose in 2 Gy fractions).",
        {"doses_gy": [60.0]},
    ),
    (
        "A 70-year-old man had a sarcoma of the neck ten years after irradiation for laryngeal carcinoma. It was treated with radiotherapy "
        "and excised. The cumulative radiation dose to the neck was 98 Gy.",
        {"radiotherapy_given": True, "doses_gy": [None]},
    ),
]


@pytest.mark.parametrize(("text", "wanted"), STORIES)
def test_a_story_has_the_facts_that_it_tells(pipeline: Pipeline, text: str, wanted: dict[str, Any]) -> None:
    case = extraction.single_case(Report("story", text, kind="case_report"), pipeline)[0]
    assert {name: _found(case, name) for name in wanted} == wanted


def _found(case: Case, name: str) -> Any:
    if name == "doses_gy":
        return [course.total_dose_gy for course in case.radiotherapy]
    return [drug.name for drug in case.drugs] if name == "drugs" else getattr(case, name)
