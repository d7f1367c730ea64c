"""The table of alpha/beta: as published, one line a tumour, and what a broken line is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from extract import alpha_beta
from extract.lexicon import FOLDER, LexiconError, load

HEADER = ",".join(alpha_beta.COLUMNS)
LINE = "chordoma,9370-9372,,2.45,,,Henderson 2009,10.1/x,"

TUMOURS = [
    ("8140/3", "C61.9", 1.4, False),  # prostate: Miralbell 2012
    ("8500/3", "C50.4", 3.5, False),  # breast: START, Haviland 2013
    ("8070/3", "C32.0", 10.5, False),  # head and neck: Stuschke and Thames 1999
    ("8070/3", "C15.4", 4.9, False),  # oesophagus: Geh 2006
    ("8090/3", "C44.3", 8.5, False),  # skin: Trott 1984
    ("8720/3", "C44.7", 0.6, True),  # melanoma: Bentzen 1989, interval below 0
    ("8852/3", "C49.2", 0.4, True),  # liposarcoma: Thames and Suit 1986
    ("9370/3", "C41.0", 2.45, True),  # chordoma: Henderson 2009, no interval
]


@pytest.mark.parametrize(("morphology", "topography", "value", "is_uncertain"), TUMOURS)
def test_values_as_published(morphology: str, topography: str, value: float, is_uncertain: bool) -> None:
    entry = alpha_beta.of_tumour(morphology, topography)
    assert entry is not None
    assert (entry.value_gy, entry.is_uncertain) == (value, is_uncertain)


@pytest.mark.parametrize(
    ("morphology", "topography"),
    [
        ("8825/1", "C34.1"),  # inflammatory myofibroblastic tumour: nobody knows
        ("8720/3", "C69.3"),  # melanoma of the eye is not that of the skin
        ("8850/0", "C49.2"),  # a lipoma
        ("8070/3", "C11.9"),  # nasopharynx
        ("8140/3", "C34.1"),
        ("8140/3", None),
        (None, "C61.9"),
        ("8081/2", "C44.4"),
    ],
)
def test_tumours_without_a_value(morphology: str | None, topography: str | None) -> None:
    assert alpha_beta.of_tumour(morphology, topography) is None


def test_no_tumour_stands_on_two_lines() -> None:
    codes = {entry.concept_id.partition("/")[0] for entry in load("histology")}
    organs = {entry.concept_id[:3] for entry in load("site")}
    for code in codes:
        for organ in organs:
            fitting = [
                entry.tumour
                for entry in alpha_beta.table()
                if any(low <= code <= high for low, high in entry.morphology)
                and (not entry.topography or any(low <= organ <= high for low, high in entry.topography))
            ]
            assert len(fitting) <= 1, (code, organ)


def test_every_value_is_cited() -> None:
    for entry in alpha_beta.table():
        assert entry.doi.startswith("10."), entry.tumour
        assert any(year in entry.citation for year in map(str, range(1980, 2030))), entry.tumour


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("tumour,value\n", "csv:1: found the header"),
        (f"{HEADER}\n{LINE},\n", "csv:2: found 10 cells, wanted 9"),
        (f"{HEADER}\n{LINE.replace('Henderson 2009', '')}\n", "csv:2: citation is empty"),
        (f"{HEADER}\n{LINE.replace('2.45', '2,45')}\n", "csv:2: found 10 cells"),
        (f"{HEADER}\n{LINE.replace('2.45', '2.45 Gy')}\n", "'2.45 Gy', wanted a number of Gy"),
        (f"{HEADER}\n{LINE.replace('2.45,,', '2.45,3,4')}\n", "found 2.45 Gy in 3.0 to 4.0"),
        (f"{HEADER}\n{LINE.replace('2.45', '-1')}\n", "wanted a value above 0"),
        (f"{HEADER}\n{LINE.replace('9370-9372', '9370 to 9372')}\n", "wanted codes or ranges"),
    ],
)
def test_broken_files(tmp_path: Path, text: str, reason: str) -> None:
    path = tmp_path / "alpha_beta.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(LexiconError) as caught:
        alpha_beta.load(path)
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_file_of_the_project_is_in_its_form() -> None:
    assert len(alpha_beta.load(FOLDER / "alpha_beta.csv")) == len(TUMOURS)
