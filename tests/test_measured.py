"""The published figures: one file, which the README repeats and the page on quality shows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import casebook
from db.pages import measured
from extract import evaluate
from extract import pipeline as extraction
from extract.pipeline import Pipeline
from scripts.measure import own_report

ROOT = Path(casebook.__file__).parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
OF_README = ("gold", "others", "invented")
AGAIN = "`make measure WRITE=1` writes the figures anew; README has to follow"


def _sets() -> dict[str, measured.Measured]:
    return {one.name: one for one in measured.measured()}


@pytest.mark.parametrize(("field", "label"), measured.LABELS)
def test_readme_says_what_was_measured(field: str, label: str) -> None:
    found = re.search(rf"^\| {re.escape(label)} \|(.*)\|$", README, re.MULTILINE)
    assert found, f"README has no line for {label}"
    cells = [cell.strip() for cell in found[1].split("|")]
    assert cells == [measured.f1(_sets()[name].fields.get(field)) or "" for name in OF_README], AGAIN


def test_readme_says_how_many_reports_and_whole_cases() -> None:
    sets = _sets()
    gold, others, invented = (sets[name] for name in OF_README)
    assert (
        f"| field | {gold.reports} gold reports (read) | {others.reports} others (set apart) | {invented.reports} invented (set apart) |"
        in README
    )
    assert f"| **{gold.core_f1:.2f}** | **{others.core_f1:.2f}** | |" in README
    words = f"right in {gold.whole_cases} of the {gold.cases} gold cases and in {others.whole_cases} of the {others.cases} set apart"
    assert words in README, AGAIN


def test_the_figures_of_the_own_reports_are_those_of_todays_pipeline(pipeline: Pipeline) -> None:
    gold = evaluate.load_gold(ROOT / "tests" / "gold")
    result = evaluate.evaluate(gold, {one.id: extraction.extract(own_report(one.id), pipeline) for one in gold})
    own = _sets()["own"]
    assert (own.reports, own.cases, own.whole_cases) == (result.reports, result.gold_cases, result.perfect_core_cases), AGAIN
    assert dict(own.fields) == {name: result.fields[name] for name, _ in measured.LABELS}, AGAIN


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "measured.csv"
    measured.write(measured.measured(), path)
    assert path.read_text(encoding="utf-8") == measured.FILE.read_text(encoding="utf-8")


def test_a_field_of_which_nothing_is_said_has_no_figure() -> None:
    assert measured.f1(evaluate.Count()) == "–"
    assert measured.f1(None) is None
    assert measured.f1(evaluate.Count(3, 1, 1)) == "0.75"
