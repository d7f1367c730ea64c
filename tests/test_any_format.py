"""The same report in every format gives the same record: each value, and the words that prove it but for white space."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from corpus import formats
from corpus.report import Report
from extract import pipeline as extraction
from tests.report_writers import AUTHORS, WRITERS, Story, stories

# A guideline has no patient; its front matter says so, which plain text cannot.
STORIES = [story for story in stories() if story.about.get("kind", "case_report").startswith("case")]
NAMES_AUTHORS = ("jats", "md")


def read(story: Story, ending: str) -> Report:
    (report,) = formats.read(WRITERS[ending](story), f"{story.id}.{ending}", story.id)
    return report


def facts(report: Report, pipeline: extraction.Pipeline) -> tuple[Any, Counter[tuple[str, ...]]]:
    """What is read of the patients, and the words for it, white space left out."""
    record = extraction.extract(report, pipeline).to_json()
    proof = Counter(
        (x["case"] or "", x["field"], x["value"] or "", x["assertion"], "".join(x["quote"].split()))
        for x in record["evidence"]
        if x["reason"] is None
    )
    return json.loads(json.dumps(record["cases"]), object_hook=_without_evidence), proof


def _without_evidence(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name != "evidence"}


@pytest.mark.parametrize("ending", [ending for ending in WRITERS if ending != "txt"])
def test_every_format_gives_the_record_of_plain_text(ending: str, pipeline: extraction.Pipeline) -> None:
    differing = []
    for story in STORIES:
        wanted, found = facts(read(story, "txt"), pipeline), facts(read(story, ending), pipeline)
        assert wanted[0], f"{story.id}: nothing is read of it"
        if wanted != found:
            differing.append((story.id, found[1] - wanted[1], wanted[1] - found[1]))
    assert not differing


@pytest.mark.parametrize("ending", [ending for ending in WRITERS if ending != "txt"])
def test_every_format_keeps_the_words(ending: str) -> None:
    for story in STORIES:
        wanted, found = (_words(read(story, form), ending) for form in ("txt", ending))
        assert found == wanted, story.id


def _words(report: Report, ending: str) -> list[str]:
    """The words of a text; those of a PDF without hyphens, since at the end of its lines nothing tells pan-colectomy from colec-tomy."""
    words = report.text.replace("μ", "µ").split()  # Greek mu and the micro sign: one glyph in a font
    return [word.replace("-", "") for word in words] if ending.endswith("pdf") else words


@pytest.mark.parametrize("ending", ["md", "xml", "bioc.xml", "bioc.json", "html"])
def test_what_the_format_knows_of_the_publication_is_kept(ending: str) -> None:
    told = [story for story in STORIES if story.about.get("doi") and story.about.get("year")]
    assert len(told) > 10
    for story in told:
        report = read(story, ending)
        assert (report.title, report.doi) == (story.title, story.about["doi"])
        if ending != "html":
            assert report.year == story.about["year"]
        if ending == "xml":
            assert report.authors == AUTHORS


@pytest.mark.parametrize("ending", sorted(WRITERS))
def test_format_is_told_by_content_and_not_by_name(ending: str) -> None:
    data = WRITERS[ending](STORIES[0])
    wanted = {"txt": "text", "md": "markdown", "xml": "jats", "bioc.xml": "bioc", "bioc.json": "bioc"}.get(
        ending, ending.rpartition(".")[2]
    )
    assert formats.recognise(data, f"report.{ending}") == wanted
    if ending not in ("txt", "md"):  # nothing but the name tells Markdown without front matter from text
        assert formats.recognise(data, "report") == wanted
