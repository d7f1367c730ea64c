"""Sections: by markup where there is some, by headings where there is none."""

from __future__ import annotations

import pytest

from corpus.readers.draft import Draft
from corpus.report import Report
from corpus.sections import declared_kind, kind_below, kind_of, lines, outline


def kinds(text: str) -> list[tuple[str, str]]:
    """Section and words of each line that is no heading."""
    report = Report("test", text)
    return [(line.section, text[line.start : line.end]) for line in lines(report) if not line.is_heading]


@pytest.mark.parametrize(
    ("heading", "kind"),
    [
        ("Case presentation", "case"), ("2. CASE REPORT", "case"), ("3.1. Follow-up and outcome", "follow_up"), ("IV. Discussion", "discussion"),
        ("Conclusions:", "conclusion"), ("References", "references"), ("Acknowledgements", "other"), ("Immunohistochemistry", "pathology"),
        ("An unusual tumour of the lung", None), ("Discussion of the many ways in which this tumour has been treated in the literature", None),
    ],
)  # fmt: skip
def test_kind_of_a_heading(heading: str, kind: str | None) -> None:
    assert kind_of(heading) == kind


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("intro", "introduction"),
        ("INTRO", "introduction"),
        ("materials|methods", "case"),
        ("CASE", "case"),
        ("DISCUSS", "discussion"),
        ("x", None),
    ],
)
def test_kind_that_markup_declares(name: str, kind: str | None) -> None:
    assert declared_kind(name) == kind


def test_a_treatment_that_is_discussed_is_no_treatment_of_the_patient() -> None:
    assert kind_below("discussion", "Treatment") == "discussion"
    assert kind_below("case", "Treatment") == "treatment"
    assert kind_below("discussion", "Conclusion") == "conclusion"
    assert kind_below("case", "A difficult course") == "case"


def test_title_and_inline_headings_of_plain_text() -> None:
    text = "Sarcoma of the thigh in a farmer\n\nCase presentation: A man of 54 had a tumour.\nOutcome: He is well."
    assert kinds(text) == [
        ("title", "Sarcoma of the thigh in a farmer"),
        ("case", "A man of 54 had a tumour."),
        ("follow_up", "He is well."),
    ]


def test_a_first_sentence_is_no_title() -> None:
    assert kinds("A man of 54 had a tumour of the thigh.\n\nHe is well.")[0][0] == "body"
    assert kinds("Background\n\nA man of 54 had a tumour of the thigh.")[0][0] == "introduction"


def test_outline_of_plain_text_covers_it() -> None:
    text = "Sarcoma of the thigh in a farmer\n\nIntroduction\n\nIt is rare.\n\nCase: A man of 54.\nFigure 1. The tumour\nHe is well.\n\nReferences"
    report = Report("test", text)
    assert [(s.kind, s.heading, text[s.start : s.end]) for s in outline(report)] == [
        ("title", None, "Sarcoma of the thigh in a farmer"),
        ("introduction", "Introduction", "Introduction\n\nIt is rare."),
        ("case", None, "Case: A man of 54."),
        ("caption", None, "Figure 1. The tumour"),
        ("case", None, "He is well."),
        ("references", "References", "References"),
    ]


def test_sections_of_markup_go_before_headings() -> None:
    draft = Draft()
    draft.paragraph("Sarcoma of the thigh", "title")
    draft.heading("Our experience", declared="cases")
    draft.paragraph("A man of 54 had a tumour.")
    draft.paragraph("Figure 1. The tumour.", "caption")
    draft.paragraph("He was operated on.")
    draft.heading("Discussion")
    draft.heading("Treatment", 2)
    draft.paragraph("Surgery is best. ")
    draft.heading("Conclusion")
    draft.paragraph("It is rare.")
    report = draft.report("x", "x.xml")
    found = [(line.section, report.text[line.start : line.end]) for line in lines(report) if not line.is_heading]
    assert found == [
        ("title", "Sarcoma of the thigh"),
        ("case", "A man of 54 had a tumour."),
        ("caption", "Figure 1. The tumour."),
        ("case", "He was operated on."),
        ("discussion", "Surgery is best."),
        ("conclusion", "It is rare."),
    ]
    assert [report.text[s.start : s.end].split("\n")[0] for s in report.sections if s.heading] == [
        "Our experience",
        "Discussion",
        "Treatment",
        "Conclusion",
    ]


def test_markup_that_leaves_sections_open_lets_headings_tell() -> None:
    draft = Draft()
    draft.paragraph("Case presentation: A man of 54 had a tumour.")
    draft.paragraph("Discussion: Such tumours are rare.")
    report = draft.report("x", "x.html")
    assert [line.section for line in lines(report)] == ["case", "discussion"]
