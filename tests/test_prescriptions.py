"""Radiotherapy prescriptions: the figures that are asked for, where the labelled sentences are at hand."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from extract import targets

SCRIPT = Path(__file__).resolve().parents[1] / "scripts" / "score_prescriptions.py"


def _scorer() -> ModuleType:
    spec = importlib.util.spec_from_file_location("score_prescriptions", SCRIPT)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


SCORER = _scorer()


@pytest.mark.skipif(
    not (SCORER.FOLDER / "Dose.tsv").exists(),
    reason=f"other people's labelled sentences, not part of this repository: {SCORER.FOLDER}",
)
def test_prescriptions_are_read_as_well_as_wanted() -> None:
    for score in SCORER.score(SCORER.FOLDER):
        assert score.f1 >= SCORER.WANTED.get(score.name, 0.0), f"{score.name}: {score.f1:.3f}\n" + "\n".join(score.errors)


def write(folder: Path, name: str, *lines: tuple[str, str]) -> None:
    (folder / name).write_text("".join(f"{labels}\t{tokens}\n" for labels, tokens in lines), encoding="utf-8")


def test_a_sentence_counts_once_and_its_labels_come_from_a_whole_window(tmp_path: Path) -> None:
    sentence = "Arms got 2 Gy x 5 fractions to the tumor bed"
    doses = "O O B-RT_Dosage I-RT_Dosage O O O O O O O"
    write(tmp_path, "Dose.tsv", (doses, sentence), (doses, sentence))
    write(tmp_path, "FxNo.tsv", ("O O O", "2 Gy x"), ("O O O O O B-RT_Fraction_Number O O O O O", sentence))
    write(tmp_path, "Site.tsv", ("O O O O O O O O O B-Anatomical_site I-Anatomical_site", sentence))
    marked = (
        "Arms got <RT_DOSE-START> 2 Gy <RT_DOSE-END> x <RT_Fraction_Number-START> 5 <RT_Fraction_Number-END> fractions to the tumor bed"
    )
    write(tmp_path, "links_dose_fraction.tsv", ("DOSE-FXNO", marked), ("DOSE-FXNO", f"{marked} and so on"))
    assert [(score.right, score.extra, score.missed) for score in SCORER.score(tmp_path)] == [(1, 0, 0)] * 5


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("50 Gy to the left breast", [("left breast", "C50.9", False)]),
        ("boosted to the tumour bed and the supraclavicular lymph nodes", [("tumour bed", None, True), ("supraclavicular lymph nodes", "C77.0", False)]),
        ("Whole-brain irradiation was given.", [("Whole-brain", "C71.9", False)]),
        ("30 Gy was delivered to the vertebrae T5-T8.", [("vertebrae T5-T8", "C41.2", False)]),
        ("60 Gy in 30 fractions over six weeks", []),
    ],
)  # fmt: skip
def test_targets(text: str, wanted: list[tuple[str, str | None, bool]]) -> None:
    assert [(one.name, one.topography, one.is_primary) for one in targets.find(text)] == wanted
