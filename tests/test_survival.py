"""What is pooled of a course: its events on one line, the flag of censoring, and why a case cannot be pooled."""

from __future__ import annotations

import pytest

from corpus.report import Report
from extract import pipeline as extraction
from extract.record import Case
from extract.survival import Pooled, pool


def _case(text: str, pipeline: extraction.Pipeline) -> Case:
    case, _ = extraction.single_case(Report(id="test", text=text, kind="case_report"), pipeline)
    return case


def test_the_events_of_a_case_stand_on_one_line(pipeline: extraction.Pipeline) -> None:
    text = (
        "A 68-year-old man was diagnosed with carcinoma of the larynx in May 2010 and underwent laryngectomy in July 2010. "
        "He received radiotherapy. Two years later his tumor recurred. He died of the tumor in July 2013."
    )
    case = _case(text, pipeline)
    assert [(event.kind, event.months) for event in case.events] == [
        ("diagnosis", -2.0),
        ("surgery", 0.0),
        ("recurrence", 24.0),
        ("death", 36.0),
        ("radiotherapy", None),
    ]
    assert all(event.evidence for event in case.events)
    assert case.time_zero == "treatment"
    assert (case.survival_months, case.survival_event) == (36.0, True)
    assert (case.event_free_months, case.event_free_event) == (24.0, True)
    assert case.not_pooled_because is None


def test_a_lower_bound_is_marked_on_the_line(pipeline: extraction.Pipeline) -> None:
    case = _case("A 40-year-old woman underwent resection and is free of disease more than 5 years after surgery.", pipeline)
    assert [(event.kind, event.months, event.is_minimum) for event in case.events] == [
        ("surgery", 0.0, False),
        ("follow_up", 60.0, True),
    ]
    assert (case.survival_months, case.survival_event) == (60.0, False)
    assert (case.event_free_months, case.event_free_event) == (60.0, False)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("A 40-year-old woman underwent resection of a sarcoma and is free of disease.", "no_time"),
        ("A 40-year-old woman underwent resection of a sarcoma. PFS is 8 months.", "no_status"),
        (
            "A 40-year-old woman underwent resection of a sarcoma. It recurred and was excised again. "
            "She is free of disease two years after the second operation.",
            "time_origin_unclear",
        ),
        (
            "A 40-year-old woman underwent resection of a sarcoma in 2010. It recurred and was excised again. "
            "She is free of disease in 2015.",
            None,
        ),
    ],
)
def test_what_cannot_be_pooled_says_why(text: str, reason: str | None, pipeline: extraction.Pipeline) -> None:
    case = _case(text, pipeline)
    assert case.not_pooled_because == reason
    assert (case.survival_months is None) == (reason is not None)


@pytest.mark.parametrize(
    ("status", "recurrence", "recurred_at", "expected"),
    [
        ("NED", False, None, Pooled(24.0, False, 24.0, False)),
        ("NED", None, None, Pooled(24.0, False, 24.0, False)),
        ("NED", True, 10.0, Pooled(24.0, False, 10.0, True)),
        ("NED", True, None, Pooled(24.0, False)),
        ("AWD", None, None, Pooled(24.0, False)),
        ("ALIVE", None, None, Pooled(24.0, False)),
        ("LTFU", None, None, Pooled(24.0, False)),
        ("DOD", True, 6.0, Pooled(24.0, True, 6.0, True)),
        ("DOD", None, None, Pooled(24.0, True)),  # of a tumour that never was gone, or came back nobody says when
        ("DOD", False, None, Pooled(24.0, True)),
        ("DEAD", None, None, Pooled(24.0, True, 24.0, True)),
        ("DOC", None, None, Pooled(24.0, True, 24.0, True)),
        ("DEAD", True, 30.0, Pooled(24.0, True)),  # a return after the end contradicts itself
    ],
)
def test_times_and_flags(status: str, recurrence: bool | None, recurred_at: float | None, expected: Pooled) -> None:
    assert pool(24.0, status, recurrence, recurred_at, True) == expected


def test_reasons_in_their_order() -> None:
    assert pool(None, None, None, None, True).not_pooled_because == "no_time"
    assert pool(24.0, None, None, None, False).not_pooled_because == "no_status"
    assert pool(24.0, "NED", None, None, False).not_pooled_because == "time_origin_unclear"
