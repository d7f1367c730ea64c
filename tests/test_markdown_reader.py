"""Markdown with front matter: what becomes of keys, headings, paragraphs, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.readers import markdown
from corpus.report import CorpusError, Report

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


def report_of(tmp_path: Path, source: str) -> Report:
    path = tmp_path / "x.md"
    path.write_text(source, encoding="utf-8")
    return markdown.read(path.read_bytes(), str(path), path.stem)[0]


def test_all_keys(tmp_path: Path) -> None:
    assert report_of(tmp_path, FULL) == Report(
        id="x", text=TEXT, kind="case_report", title="A lump: of the arm", doi="10.1000/jim.2015.7", pmcid="PMC123",
        pmid="456", year=2015, journal="J Invented Med", citation="Doe J. A lump of the arm. J Invented Med 2015",
        license="CC BY 4.0", is_retelling=True, source=str(tmp_path / "x.md"),
    )  # fmt: skip


@pytest.mark.parametrize("source", ["A man.\n", "---\n---\nA man.", "\ufeff---\r\ntitle:\r\n---\r\nA man.\r\n"])
def test_without_keys(tmp_path: Path, source: str) -> None:
    report = report_of(tmp_path, source)
    assert (report.text, report.title, report.year, report.is_retelling) == ("A man.", None, None, False)


@pytest.mark.parametrize(("value", "wanted"), [("false", False), ("true", True), ('""', False), ("yes, retold", True)])
def test_retelling(tmp_path: Path, value: str, wanted: bool) -> None:
    assert report_of(tmp_path, f"---\nretelling: {value}\n---\nA man.").is_retelling is wanted


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
        ("title: " + "[" * 5000, 2, "no valid YAML"),
    ],
)
def test_refused_front_matter(tmp_path: Path, front: str, line: int, reason: str) -> None:
    with pytest.raises(CorpusError) as caught:
        report_of(tmp_path, f"---\n{front}\n---\nA man.")
    message = str(caught.value)
    assert message.startswith(f"{tmp_path / 'x.md'}:{line}: ")
    assert reason in message
    assert "\n" not in message


def test_refused_as_a_whole(tmp_path: Path) -> None:
    for source, reason in [
        ("---\ntitle: x\n\nA man.", r"x\.md:1: front matter without an end"),
        ("---\ntitle: x\n---\n \n", r"x\.md: nothing below the front matter"),
        ("", r"x\.md: is empty"),
        ("---\n" + "title: x\n" * 10_000 + "---\nA man.", r"x\.md:1: front matter without an end"),
    ]:
        with pytest.raises(CorpusError, match=reason):
            report_of(tmp_path, source)


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
    assert markdown.join_paragraphs(body) == wanted


@settings(max_examples=200, deadline=None)
@given(st.text("a#-|*1. \n\t+", max_size=80))
def test_only_white_space_hashes_and_rules_go(body: str) -> None:
    joined = markdown.join_paragraphs(body)
    assert [c for c in joined if c in "a|1.+"] == [c for c in body if c in "a|1.+"]
    assert "\n\n\n" not in joined


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=120), st.booleans())
def test_any_bytes_give_a_report_or_a_corpus_error(tmp_path_factory: pytest.TempPathFactory, data: bytes, front: bool) -> None:
    path = tmp_path_factory.getbasetemp() / "any.md"
    path.write_bytes(b"---\n" + data + b"\n---\nx" if front else data)
    try:
        (report,) = markdown.read(path.read_bytes(), str(path), path.stem)
    except CorpusError as error:
        assert str(error).startswith(str(path))
    else:
        assert report.text.strip()


def test_all_reports_of_the_project_are_read() -> None:
    paths = sorted(REPORTS.glob("*.md"))
    assert len(paths) >= 30
    for path in paths:
        (report,) = markdown.read(path.read_bytes(), str(path), path.stem)
        assert report.is_retelling, path.name
        assert report.citation, path.name
        assert report.kind in markdown.KINDS, path.name
