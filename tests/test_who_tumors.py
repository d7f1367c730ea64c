"""Every soft-tissue and bone tumour of the WHO classification (5th edition, 2020), with synonyms, is read with its ICD-O code."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from corpus.report import Report
from extract import pipeline as extraction

# Names and codes are facts. Where ICD-O-3.2 keeps a code that the WHO book gave up (haemangiopericytoma), ICD-O stands.
_TUMORS = Path(__file__).with_name("who_soft_tissue_and_bone.csv")


def _rows() -> list[tuple[str, str]]:
    with _TUMORS.open(encoding="utf-8", newline="") as file:
        return [(row["code"], row["name"]) for row in csv.DictReader(file)]


def test_every_tumor_is_found_whole_with_its_code(pipeline: extraction.Pipeline) -> None:
    """The whole name is one hit: no longer name is cut, no shorter one read within it."""
    wrong = []
    for code, name in _rows():
        text = f"Histology showed {name} here."
        hits = extraction.read(Report("who", text), pipeline).hits["histology"]
        found = [(hit.id, text[hit.start : hit.end]) for hit in hits]
        if found != [(code, name)]:
            wrong.append(f"{name}: wanted {code}, found {found}")
    assert wrong == []


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("A spindle cell lesion with plasma cells: a diagnosis of IMT was made.", "8825/1"),
        ("The lytic lesion of the fibula had a chondroid matrix, establishing a diagnosis of CMF.", "9241/0"),
        ("Osteomalacia was due to raised FGF23; histology proved a PMT.", "8990/0"),
        ("The renal mass was fat-containing on CT and proved to be an AML.", "8860/0"),
        ("The marrow showed AML.", "9861/3"),
        ("Biopsy of the palate showed an ACC with a cribriform pattern.", "8200/3"),
        ("The adrenal mass proved to be an ACC.", "8370/3"),
    ],
)
def test_an_undefined_abbreviation_means_what_the_words_beside_it_say(pipeline: extraction.Pipeline, words: str, code: str) -> None:
    assert code in {hit.id for hit in extraction.read(Report("short", words), pipeline).hits["histology"]}


@pytest.mark.parametrize(
    "words",
    [
        "She received six cycles of CMF for a lytic bone lesion.",
        "The carotid intima-media thickness (IMT) was measured. IMT was normal, and spindle cells were absent.",
        "The level of ACC was normal.",
    ],
)
def test_an_abbreviation_of_another_meaning_is_no_tumor(pipeline: extraction.Pipeline, words: str) -> None:
    assert not extraction.read(Report("short", words), pipeline).hits["histology"]
