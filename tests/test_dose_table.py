"""The dose table that comes with the project, value by value, and what a broken one is told."""

from __future__ import annotations

import csv
import re
import shutil
from pathlib import Path

import pytest

from corpus.dose_table import PRINTED as PRINTED_COLUMNS
from corpus.dose_table import DoseRow, DoseTable, load_dose_table
from corpus.report import CorpusError

TABLES = Path(__file__).parents[1] / "corpus" / "dose_tables"
IMT = TABLES / "imt_radiotherapy.csv"
SEED = Path(__file__).parents[2] / "shared" / "texts" / "seeds" / "imt-lung-radiochemotherapy.txt"


@pytest.fixture(scope="module")
def table() -> DoseTable:
    return load_dose_table(IMT)


# row, group: patients, of the group, age, youngest, oldest, male, female, site
PATIENTS = {
    (1, 1): (1, 1, 26, None, None, 0, 1, "C33.9"),
    (2, 1): (25, 3, None, 5, 76, 12, 13, "C69.6"),
    (3, 1): (1, 1, 26, None, None, 1, 0, "C71.8"),
    (4, 1): (1, 1, 49, None, None, 1, 0, "C38.2"),
    (5, 1): (1, 1, 49, None, None, 1, 0, "C49.5"),
    (6, 1): (1, 1, 56, None, None, 1, 0, "C31.3"),
    (7, 1): (1, 1, 38, None, None, 1, 0, "C41.0"),
    (8, 1): (8, 6, None, 52, 76, 4, 4, "C41.0"),
    (8, 2): (8, 1, None, 52, 76, 4, 4, "C41.0"),
    (9, 1): (1, 1, 54, None, None, 1, 0, "C34.9"),
}
# row, group: Gy, fractions, Gy per fraction, follow-up (months), at least?, recurrence, how many, after
COURSES = {
    (1, 1): (45, 25, 1.8, 62, True, False, 0, None),
    (2, 1): (20, None, None, None, None, True, 1, 156),
    (3, 1): (60, 30, 2, 14, True, False, 0, None),
    (4, 1): (None, None, None, 36, True, False, 0, None),
    (5, 1): (46, 23, 2, 6, True, False, 0, None),
    (6, 1): (20, 10, 2, 24, True, False, 0, None),
    (7, 1): (20, 10, 2, 24, True, False, 0, None),
    (8, 1): (20, None, None, None, None, True, 5, None),
    (8, 2): (30, None, None, None, None, None, None, None),
    (9, 1): (54, 27, 2, 47, True, False, 0, None),
}
# row: reference, n, age, sex, site, treatment, dose, follow-up
PRINTED = {
    1: ("Lisi R 2019 (18)", "1", "26", "F", "Trachea", "FRT", "4500cGy/25F", "PFS262 months"),
    2: ("Strianese 2018 (20)", "20", "5-76", "12M +13F", "orbit", "STL/TR+steroid (22/25) +radiotherapy (3/25)",
        "2000cGy/1F", "radiotherapy (1/3) recurred after 13 years"),
    3: ("Chennouf 2017 (6)", "1", "26", "M", "Left parieto-occipital",
        "Four surgical resections and FRT+crizotinib +ceritinib", "6000cGy/ 30F", "PFS214 months"),
    4: ("Gorolay2016 (21)", "1", "49", "M", "Posterior mediastinum",
        "thoracic surgical biopsy-+external beam radiotherapy", "NR", "PFS236 months"),
    5: ("Zhang 2015 (14)", "1", "49", "M", "Right inguinal region", "Surgery Second Surgery +FRT", "4600cGy/23F",
        "PFS26 months"),
    6: ("Gabel 2015 (19)", "1", "56", "M", "Left Sphenoid and Cavernous Sinus", "STL +steroid therapy +FRT",
        "2000cGy/10F", "PFS224 months"),
    7: ("Maire 2013 (23)", "1", "38", "M", "Skull base", "Corticosteroids+FRT", "2000cGy/10F", "PFS224 months"),
    8: ("Lee 2006 (22)", "8", "52-76", "4AM +4F", "Skull base",
        "Steroid therapy (7/8) +low-dose radiation therapy (6/8)", "2000cGy (6/8) 3000cGy (1/8)",
        "PFS NR recurrence (7/8) recurrence in low-dose group (5/6)"),
    9: ("Present case 2022", "1", "54", "M", "right lung, and mediastinum", "STL+FRT+Chenmotherapy", "5400cGy/27F",
        "PFS247 months"),
}  # fmt: skip


def test_rows_and_groups(table: DoseTable) -> None:
    assert [(row.row_number, row.dose_group) for row in table.rows] == list(PATIENTS)


def test_cells_as_printed(table: DoseTable) -> None:
    for row in table.rows:
        assert PRINTED[row.row_number] == (
            row.reference, row.n_printed, row.age_printed, row.sex_printed, row.site_printed, row.treatment_printed,
            row.dose_printed, row.follow_up_printed,
        )  # fmt: skip


def test_cells_as_read(table: DoseTable) -> None:
    for row in table.rows:
        key = (row.row_number, row.dose_group)
        assert PATIENTS[key] == (
            row.n_patients, row.dose_group_n, row.age_years, row.age_min_years, row.age_max_years, row.n_male,
            row.n_female, row.site_topography,
        )  # fmt: skip
        assert COURSES[key] == (
            row.total_dose_gy, row.fractions, row.dose_per_fraction_gy, row.follow_up_months, row.follow_up_is_minimum,
            row.recurrence, row.n_recurred, row.recurrence_months,
        )  # fmt: skip


# row, group: tumour, technique, operated on?, drugs; the dose is physical, and neither response nor status is printed
TREATMENT = {
    (1, 1): (None, None, None),
    (2, 1): (None, None, None),
    (3, 1): (None, True, "crizotinib; ceritinib"),
    (4, 1): ("EBRT", None, None),
    (5, 1): (None, True, None),
    (6, 1): (None, True, None),
    (7, 1): (None, None, None),
    (8, 1): (None, None, None),
    (8, 2): (None, None, None),
    (9, 1): (None, True, None),
}
OCR = "OCR took ≥ for the digit 2"
# row, column: what is printed, what it was read as ("": left out), the beginning of the reason
CORRECTED = [
    (1, "follow_up", "PFS262 months", "PFS ≥62 months", OCR),
    (2, "n", "20", "25", "12M +13F are 25"),
    (2, "treatment", "radiotherapy (3/25)", "3 irradiated patients", "the row's dose is theirs"),
    (2, "dose", "/1F", "", "20 Gy in one fraction is no radiotherapy of an orbit: implausible"),
    (2, "follow_up", "radiotherapy (1/3) recurred after 13 years", "1 of the 3 irradiated, after 156 months", "the follow-up of the other two"),
    (3, "site", "Left parieto-occipital", "C71.8", "parietal and occipital"),
    (3, "follow_up", "PFS214 months", "PFS ≥14 months", OCR),
    (4, "treatment", "thoracic surgical biopsy-+external beam radiotherapy", "thoracic surgical biopsy + external beam radiotherapy", "the cells are flattened"),
    (4, "follow_up", "PFS236 months", "PFS ≥36 months", OCR),
    (5, "site", "Right inguinal region", "C49.5", "soft tissue of the groin"),
    (5, "follow_up", "PFS26 months", "PFS ≥6 months", OCR),
    (6, "site", "Left Sphenoid and Cavernous Sinus", "C31.3", "read as the sphenoid sinus"),
    (6, "follow_up", "PFS224 months", "PFS ≥24 months", OCR),
    (7, "follow_up", "PFS224 months", "PFS ≥24 months", OCR),
    (8, "sex", "4AM", "4M", "OCR read 4M as 4AM"),
    (8, "treatment", "low-dose radiation therapy (6/8)", "6 irradiated patients", "the doses count 7 irradiated patients"),
    (8, "dose", "2000cGy (6/8) 3000cGy (1/8)", "20 Gy in 6 patients, 30 Gy in 1", "two dose groups"),
    (8, "follow_up", "recurrence in low-dose group (5/6)", "5 of the 6 with 20 Gy", "7 of 8 recurred in all"),
    (9, "site", "right lung, and mediastinum", "C34.9", "the first named"),
    (9, "treatment", "Chenmotherapy", "Chemotherapy", "misprint"),
    (9, "follow_up", "PFS247 months", "PFS ≥47 months", OCR),
]  # fmt: skip
# row: each cell as read, in the order of PRINTED below the reference
READ = {
    1: ("1 patient", "26 years", "female", "C33.9", None, "45 Gy in 25 fractions", "at least 62 months, no recurrence"),
    2: ("25 patients", "5–76 years", "12 male, 13 female", "C69.6", None, "20 Gy (3 patients)", "recurrence in 1 patient after 156 months"),
    3: ("1 patient", "26 years", "male", "C71.8", "operated on, crizotinib; ceritinib", "60 Gy in 30 fractions",
        "at least 14 months, no recurrence"),
    4: ("1 patient", "49 years", "male", "C38.2", "EBRT", None, "at least 36 months, no recurrence"),
    5: ("1 patient", "49 years", "male", "C49.5", "operated on", "46 Gy in 23 fractions", "at least 6 months, no recurrence"),
    6: ("1 patient", "56 years", "male", "C31.3", "operated on", "20 Gy in 10 fractions", "at least 24 months, no recurrence"),
    7: ("1 patient", "38 years", "male", "C41.0", None, "20 Gy in 10 fractions", "at least 24 months, no recurrence"),
    8: ("8 patients", "52–76 years", "4 male, 4 female", "C41.0", None, "20 Gy (6 patients); 30 Gy", "recurrence in 5 patients"),
    9: ("1 patient", "54 years", "male", "C34.9", "operated on", "54 Gy in 27 fractions", "at least 47 months, no recurrence"),
}  # fmt: skip


def test_treatment_as_read(table: DoseTable) -> None:
    for row in table.rows:
        assert TREATMENT[row.row_number, row.dose_group] == (row.technique, row.surgery, row.drugs)
        assert (row.histology, row.morphology) == ("inflammatory myofibroblastic tumor", "8825/1")
        assert row.is_rbe_weighted is (None if row.total_dose_gy is None else False)
        assert (row.response, row.status) == (None, None)


def test_every_cell_stands_as_printed_and_as_read(table: DoseTable) -> None:
    assert [column.meaning for column in table.table_columns] == list(PRINTED_COLUMNS)
    assert [column.heading for column in table.table_columns] == [
        "Reference", "(%)", "Age", "Sex", "Tumor site", "Treatments", "Radiotherapy dose", "Follow up",
    ]  # fmt: skip
    cells = {(cell.row_number, cell.column_number): (cell.printed, cell.read) for cell in table.cells}
    for number, printed in PRINTED.items():
        read = (printed[0], *READ[number])
        assert [cells.pop((number, at)) for at in range(1, 9)] == list(zip(printed, read, strict=True))
    assert cells == {}


def test_every_correction_stands_at_its_cell_with_the_reason(table: DoseTable) -> None:
    told = {(cell.row_number, PRINTED_COLUMNS[cell.column_number - 1]): cell.message for cell in table.cells if cell.message}
    for number, column, printed, read, reason in CORRECTED:
        taken = f"read as {read!r}" if read else "left out"
        assert told.pop((number, column)).startswith(f"{printed!r} {taken}: {reason}")
    assert told == {}


def test_as_read_follows_from_as_printed(table: DoseTable) -> None:
    """Simple rules get the same values from the printed cells, except where a correction says why not."""
    for row in table.rows:
        doses = re.findall(r"(\d+)cGy(?:/ ?(\d+)F)?", row.dose_printed or "")
        gray, fractions = doses[row.dose_group - 1] if doses else ("", "")
        assert row.total_dose_gy == (int(gray) / 100 if gray else None)
        if row.fractions is None and fractions:
            assert (row.row_number, "dose", f"/{fractions}F") in [correction[:3] for correction in CORRECTED]
        else:
            assert row.fractions == (int(fractions) if fractions else None)
        ages = [int(age) for age in (row.age_printed or "").split("-")]
        assert ages == [age for age in (row.age_years, row.age_min_years, row.age_max_years) if age is not None]
        for letter, count in (("M", row.n_male), ("F", row.n_female)):
            found = re.search(rf"(\d*)A?{letter}", row.sex_printed or "")
            assert count == (int(found[1] or 1) if found else 0)


@pytest.mark.skipif(not SEED.is_file(), reason=f"{SEED} is not there")
def test_printed_cells_stand_in_the_source(table: DoseTable) -> None:
    """Each word of each printed cell is one of the source's table."""
    source = SEED.read_text(encoding="utf-8").partition("TABLE 1 Summary")[2].partition("Fractionated radio")[0]
    for row in table.rows:
        for cell in PRINTED[row.row_number]:
            assert [word for word in cell.split() if word not in source.split()] == []


def test_about_the_table(table: DoseTable) -> None:
    assert table.id == "imt_radiotherapy"
    assert table.doi == "10.3389/fonc.2024.1395787"
    assert table.abbreviations["STL"] == "subtotal resection"
    assert list(table.columns) == list(DoseRow.__dataclass_fields__)
    assert all((table.title, table.citation, table.license, table.note))


# --- broken tables ---------------------------------------------------------------------------------


def broken(tmp_path: Path, changes: dict[str, str], line: int = 2) -> str:
    """Change cells in one line of the table and return what the loader says, without the folder."""
    shutil.copy(IMT.with_suffix(".toml"), tmp_path)
    with IMT.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    rows[line - 2] |= changes
    path = tmp_path / IMT.name
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return refusal(path)


def refusal(path: Path) -> str:
    with pytest.raises(CorpusError) as caught:
        load_dose_table(path)
    assert "\n" not in str(caught.value)
    return str(caught.value).replace(f"{path.parent}/", "")


@pytest.mark.parametrize(
    ("line", "changes", "reason"),
    [
        (2, {"total_dose_gy": "45 Gy"}, "total_dose_gy is '45 Gy', wanted a number with a decimal point, without unit"),
        (2, {"total_dose_gy": "4500"}, "total_dose_gy is '4500', wanted a number from 0.01 to 199"),
        (2, {"fractions": "25.0"}, "fractions is '25.0', wanted a whole number"),
        (2, {"fractions": "0"}, "fractions is '0', wanted a whole number from 1"),
        (2, {"age_years": "-3"}, "age_years is '-3', wanted"),
        (2, {"age_years": "121"}, "wanted a number from 0 to 120"),
        (2, {"recurrence": "no"}, "recurrence is 'no', wanted true, false or nothing"),
        (2, {"site_topography": "lung"}, "wanted an ICD-O-3 topography code"),
        (2, {"reference": ""}, "reference is empty"),
        (2, {"treatment_printed": "FRT "}, "wanted a text without needless white space"),
        (2, {"dose_per_fraction_gy": "2"}, "dose_per_fraction_gy 2, wanted total_dose_gy divided by fractions"),
        (2, {"total_dose_gy": "", "dose_per_fraction_gy": ""}, "25 fractions of no dose"),
        (2, {"follow_up_is_minimum": ""}, "wanted both or neither"),
        (2, {"n_patients": "2", "n_male": "1"}, "age_years 26 for several"),
        (3, {"n_male": "11"}, "11 male and 13 female, wanted 25 in all"),
        (3, {"age_min_years": "77"}, "ages from 77.0 to 76.0"),
        (3, {"dose_group_n": "26"}, "26 patients in the dose group, wanted at most the 25"),
        (3, {"n_recurred": "4"}, "n_recurred 4, wanted what fits 3 patients"),
        (2, {"n_recurred": "1"}, "n_recurred 1, wanted what fits"),
        (4, {"row_number": "4"}, "row_number 4, wanted 3"),
        (10, {"dose_group": "3"}, "dose_group 3, wanted 2"),
        (10, {"dose_printed": "3000cGy"}, "printed cells differ"),
        (10, {"dose_group_n": "3"}, "9 patients in all groups, wanted 8"),
    ],
)
def test_broken_cells(tmp_path: Path, line: int, changes: dict[str, str], reason: str) -> None:
    message = broken(tmp_path, changes, line)
    assert message.startswith(f"imt_radiotherapy.csv:{line}: ")
    assert reason in message


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("n_printed,", "n,", "imt_radiotherapy.csv:1: columns differ (n, n_printed)"),
        ("n_printed,age_printed", "age_printed,n_printed", "csv:1: columns differ (another order)"),
        ("1,1,Lisi", "1,1,1,Lisi", "imt_radiotherapy.csv:2: 35 cells, wanted 34"),
        ("Lisi R 2019 (18)", '"x" y', "imt_radiotherapy.csv:2: no valid CSV"),
    ],
)
def test_broken_files(tmp_path: Path, old: str, new: str, reason: str) -> None:
    shutil.copy(IMT.with_suffix(".toml"), tmp_path)
    path = tmp_path / IMT.name
    path.write_text(IMT.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    assert reason in refusal(path)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("id = ", "di = ", "unknown key 'di'"),
        ('id = "imt_radiotherapy"', 'id = "other"', "id 'other', wanted 'imt_radiotherapy'"),
        ("title = ", "# title = ", "no key 'title', wanted it"),
        ('doi = "10.3389/fonc.2024.1395787"', "doi = 10.3389", "doi is 10.3389, wanted a text"),
        ("[columns]", "[columns", "no valid TOML"),
        ("drugs = ", "drug = ", "meaning missing or of no column: drug, drugs"),
        ('follow_up = "Follow up"', 'outcome = "Follow up"', "headings of no column: outcome"),
        ('NR = "not reported"', "NR = 1", "abbreviations is"),
    ],
)
def test_broken_description(tmp_path: Path, old: str, new: str, reason: str) -> None:
    shutil.copy(IMT, tmp_path)
    source = IMT.with_suffix(".toml").read_text(encoding="utf-8")
    (tmp_path / "imt_radiotherapy.toml").write_text(source.replace(old, new, 1), encoding="utf-8")
    message = refusal(tmp_path / IMT.name)
    assert message.startswith("imt_radiotherapy.toml: ")
    assert reason in message


def test_missing_files(tmp_path: Path) -> None:
    assert "imt_radiotherapy.toml: no such file" in refusal(tmp_path / IMT.name)
    shutil.copy(IMT.with_suffix(".toml"), tmp_path)
    assert "imt_radiotherapy.csv: no such file" in refusal(tmp_path / IMT.name)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("PFS262 months", "PFS999 months", "'PFS999 months' is not printed in row 1, follow_up: 'PFS262 months'"),
        ("1,follow_up", "77,follow_up", "wanted row and column of a cell, what it prints, and a reason"),
        ("1,follow_up", "1,outcome", "wanted row and column of a cell"),
        (",reason", ",why", "corrections/imt_radiotherapy.csv:1: other columns"),
        ("1,follow_up,", "1,follow_up,,", "corrections/imt_radiotherapy.csv:2: 6 cells, wanted 5"),
    ],
)
def test_broken_corrections(tmp_path: Path, old: str, new: str, reason: str) -> None:
    for name in ("imt_radiotherapy.csv", "imt_radiotherapy.toml"):
        shutil.copy(TABLES / name, tmp_path)
    (tmp_path / "corrections").mkdir()
    source = (TABLES / "corrections" / IMT.name).read_text(encoding="utf-8")
    (tmp_path / "corrections" / IMT.name).write_text(source.replace(old, new, 1), encoding="utf-8")
    assert reason in refusal(tmp_path / IMT.name)
