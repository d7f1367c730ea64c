"""Markdown with front matter: what becomes of keys, headings, paragraphs, and what is refused."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.readers import markdown
from corpus.report import CorpusError, Report, Section

REPORTS = Path(__file__).parents[1] / "corpus" / "reports"

FULL = """\
---
title: "A lump: of the arm"
kind: case_report
citation: >
  Doe J. A lump of the arm.
  J Invented Med 2015
doi: 10.1000/jim.2015.7
pmcid: PMC123
pmid: "456"
year: 2015
journal: J Invented Med
license: CC BY 4.0
retelling: Retold in other words.
article_type: Case Report
authors: [Jane Doe, Bo van Dam]
affiliations: Hospital of Nowhere;
---

## Case ##

A girl of nine had a lump of the
arm, ALK-
negative.
It was removed.

### Follow-up
She is well.
"""
TEXT = "Case\n\nA girl of nine had a lump of the arm, ALK- negative. It was removed.\n\nFollow-up\n\nShe is well."


def report_of(source: str) -> Report:
    (report,) = markdown.read(source.encode(), "x.md", "x")
    return report


def test_all_keys() -> None:
    assert report_of(FULL) == Report(
        id="x", text=TEXT, kind="case_report", title="A lump: of the arm", doi="10.1000/jim.2015.7", pmcid="PMC123",
        pmid="456", year=2015, journal="J Invented Med", citation="Doe J. A lump of the arm. J Invented Med 2015",
        license="CC BY 4.0", is_retelling=True, source="x.md", format="markdown", authors=("Jane Doe", "Bo van Dam"),
        affiliations=("Hospital of Nowhere",), article_type="Case Report",
        sections=(Section("case", 0, 74, "Case"), Section("follow_up", 76, 99, "Follow-up")),
    )  # fmt: skip


@pytest.mark.parametrize("source", ["A man.\n", "---\n---\nA man.", "\ufeff---\r\ntitle:\r\n---\r\nA man.\r\n"])
def test_without_keys(source: str) -> None:
    report = report_of(source)
    assert (report.text, report.title, report.year, report.is_retelling) == ("A man.", None, None, False)


@pytest.mark.parametrize(("value", "wanted"), [("false", False), ("true", True), ('""', False), ("yes, retold", True)])
def test_retelling(value: str, wanted: bool) -> None:
    assert report_of(f"---\nretelling: {value}\n---\nA man.").is_retelling is wanted


@pytest.mark.parametrize(
    ("front", "line", "reason"),
    [
        ("titel: x", 2, "unknown key 'titel', wanted one of title, kind"),
        ("title: x\ntitle: y", 3, "key 'title' a second time"),
        ("kind: poem", 2, "kind is 'poem' (str), wanted one of case_report, "),
        ('year: "2015"', 2, "year is '2015' (str), wanted a year without quotes"),
        ("year: 15", 2, "year is '15' (int)"),
        ("year: 2015-01-01", 2, "(timestamp), wanted a year"),
        ("title: x\npmid: 456", 3, "pmid is '456' (int), wanted a PMID in quotes"),
        ("pmcid: 123", 2, "wanted a PMCID such as"),
        ("doi: https://doi.org/10.1000/1", 2, "wanted a DOI such as"),
        ("title: [a, b]", 2, "title is a seq, wanted a text"),
        ("title: true", 2, "title is 'true' (bool), wanted a text"),
        ("title: !!python/object:os.system x", 2, "title is 'x' (os.system), wanted a text"),
        ("title: a: b", 2, "no valid YAML"),
        ("year: 2015\ntitle: 'x", 3, "no valid YAML"),
        ("- title", 2, "front matter is no mapping"),
        ("title: &a [x]\njournal: *a", 2, "title is a seq"),
        ("? [a]\n: x", 2, "unknown key"),
        ("authors: [Jane Doe, 7]", 2, "authors is '7' (int), wanted a list of names"),
        ("authors: {a: b}", 2, "authors is a map, wanted a list of names"),
        ("title: " + "[" * 5000, 2, "no valid YAML"),
    ],
)
def test_refused_front_matter(front: str, line: int, reason: str) -> None:
    with pytest.raises(CorpusError) as caught:
        report_of(f"---\n{front}\n---\nA man.")
    message = str(caught.value)
    assert message.startswith(f"x.md:{line}: ")
    assert reason in message
    assert "\n" not in message


def test_refused_as_a_whole() -> None:
    for source, reason in [
        ("---\ntitle: x\n\nA man.", r"x\.md:1: front matter without an end"),
        ("---\ntitle: x\n---\n \n", r"x\.md: nothing below the front matter"),
        ("", r"x\.md: is empty"),
        ("---\n" + "title: x\n" * 10_000 + "---\nA man.", r"x\.md:1: front matter without an end"),
    ]:
        with pytest.raises(CorpusError, match=reason):
            report_of(source)


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        ("One\ntwo  \nthree", "One two three"),
        ("One\n\n\n\ntwo", "One\n\ntwo"),
        ("# A #1 question #\ntext", "A #1 question\n\ntext"),
        ("#hashtag", "#hashtag"),
        ("text\n## Case\n## Course\nmore", "text\n\nCase\n\nCourse\n\nmore"),
        ("Stains:\n- SMA\n  positive\n- ALK negative\n\nThen", "Stains:\n\n- SMA positive\n- ALK negative\n\nThen"),
        ("The dose was\n54. Gray is the unit", "The dose was 54. Gray is the unit"),
        ("1. one\n2. two", "1. one\n2. two"),
        ("| a | b |\n|---|---|\n| 1 | 2 |", "| a | b |\n|---|---|\n| 1 | 2 |"),
        ("above\n\n---\n\nbelow", "above\n\nbelow"),
        ("p.S1470Lfs*19 and c.2808_2811del, SMA (+), ALK (−)", "p.S1470Lfs*19 and c.2808_2811del, SMA (+), ALK (−)"),
    ],
)
def test_body(body: str, wanted: str) -> None:
    assert report_of(body).text == wanted


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("It was **firm**, _not_ *soft*, and `cut`.", "It was firm, not soft, and cut."),
        ("See [the scan](scan.png) ![a scan](scan.png)at <https://example.org>.", "See the scan at https://example.org."),
        (r"CD34\* was \_weak\_", "CD34* was _weak_"),
        ("5 * 3 = 15, 5*3, CD34* and CD31*, snake_case_name", "5 * 3 = 15, 5*3, CD34* and CD31*, snake_case_name"),
        ("R645Efs*15 of one and (E694*; weak) of HLA-A*02:01", "R645Efs*15 of one and (E694*; weak) of HLA-A*02:01"),
        ("p<0.05, a <b and c> d, 3 > 2, SMA (+), `p`<0.05", "p<0.05, a <b and c> d, 3 > 2, SMA (+), p<0.05"),
        ("10<sup>5</sup> cells, 75 mg/m<sup>2</sup>, H<sub>2</sub>O, one<br>two", "10⁵ cells, 75 mg/m², H2O, one two"),
        ("Others saw it [12], [3](#ref-3) and so<sup>[4](#ref-4)</sup>.", "Others saw it [12], [3] and so [4]."),
        ("It was <!-- how? --> firm <!-- and\n\nso --> &plusmn; 3", "It was firm ± 3"),
        ("A lump<!-- without an end", "A lump<!-- without an end"),
        ("**Case:** A girl of *nine*", "Case: A girl of nine"),
    ],
)
def test_inline_marks(words: str, wanted: str) -> None:
    assert report_of(words).text == wanted


@pytest.mark.parametrize(
    ("source", "title", "first"),
    [
        ("# A lump\n\nIt grew.", "A lump", ("title", None)),
        ("A lump\n===\n\nIt grew.", "A lump", ("title", None)),
        ("---\ntitle: Declared\n---\n# A *lump*\n\nIt grew.", "Declared", ("title", None)),
        ("# Case report\n\nA lump grew.", None, ("case", "Case report")),
        ("## A lump\n\nIt grew.", None, ("body", "A lump")),
        ("It grew.\n\n# A lump\n\nIt stayed.", None, ("body", None)),
    ],
)
def test_title(source: str, title: str | None, first: tuple[str, str | None]) -> None:
    report = report_of(source)
    assert (report.title, (report.sections[0].kind, report.sections[0].heading)) == (title, first)
    assert "lump" in report.text


def test_sections_by_headings_and_the_reference_list() -> None:
    report = report_of(
        "# Case\n\nA lump.\n\n## What we did\n\nWe cut.\n\n# Discussion\n\n## Treatment\n\nOthers cut.\n\n"
        "# References\n\n1. Doe 2015.\n\n## Books\n\n2. Roe.\n\n# Funding\n\nNone."
    )
    assert [(section.kind, section.heading) for section in report.sections] == [
        ("case", "Case"), ("case", "What we did"), ("discussion", "Discussion"), ("discussion", "Treatment"), ("other", "Funding"),
    ]  # fmt: skip
    assert "Doe" not in report.text
    assert "Roe" not in report.text


def test_tables() -> None:
    rows = "| Marker | Result |\n|---|:---:|\n| **SMA** | + \\| weak |"
    report = report_of(f"Stains\n\nTable 1. What was stained\n\n{rows}\n\nIt grew.\n\nA | B\n--|--\n1 | 2\nEnd.")
    assert report.text == f"Stains\n\nTable 1. What was stained\n\n{rows}\n\nIt grew.\n\nA | B\n--|--\n1 | 2\n\nEnd."
    one, two = report.tables
    assert (one.label, one.caption, one.header_rows) == ("Table 1", "What was stained", 1)
    assert one.rows == (("Marker", "Result"), ("SMA", "+ | weak"))
    assert report.text[one.start : one.end] == f"Table 1. What was stained\n\n{rows}"
    assert (two.label, two.rows, report.text[two.start : two.end]) == (None, (("A", "B"), ("1", "2")), "A | B\n--|--\n1 | 2")
    assert [section.kind for section in report.sections] == ["body", "table", "body", "table", "body"]


@settings(max_examples=200, deadline=None)
@given(st.text("a#-|1. \n\t+(>&", max_size=80))
def test_only_white_space_hashes_quotes_and_rules_go(body: str) -> None:
    try:
        joined = report_of(f"x\n\n{body}").text
    except CorpusError as error:
        assert "nothing below the front matter" in str(error)
        return
    assert [c for c in joined[1:] if c in "a|1.+(&"] == [c for c in body if c in "a|1.+(&"]
    assert "\n\n\n" not in joined


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.binary(max_size=120), st.text("a*_`[]()<>!|\\\n# ", max_size=80).map(str.encode)), st.booleans())
def test_any_bytes_give_a_report_or_a_corpus_error(data: bytes, front: bool) -> None:
    try:
        (report,) = markdown.read(b"---\n" + data + b"\n---\nx" if front else data, "any.md", "any")
    except CorpusError as error:
        assert str(error).startswith("any.md")
    else:
        assert report.text.strip()


@pytest.mark.parametrize(
    "piece", ["*a ", "**a", "[", "![", "`a", "<", "[a](", "|", "<!--", "a\n", "# a\n\n", "| a |\n", "- a\n", "&amp;", "<sup>1</sup>a"]
)
def test_a_megabyte_of_marks_takes_bounded_time(piece: str) -> None:
    started = time.process_time()
    try:
        markdown.read((piece * (1_000_000 // len(piece))).encode(), "x.md", "x")
    except CorpusError as error:
        assert str(error).startswith("x.md")
    assert time.process_time() - started < 10


def test_all_reports_of_the_project_are_read() -> None:
    paths = sorted(REPORTS.glob("*.md"))
    assert len(paths) >= 30
    for path in paths:
        (report,) = markdown.read(path.read_bytes(), str(path), path.stem)
        assert report.is_retelling, path.name
        assert report.citation, path.name
        assert report.kind in markdown.KINDS, path.name
