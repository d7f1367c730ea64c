"""The flat table of doses: what is comparable, what is kept apart, and who is counted once."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from corpus.dose_table import DoseRow, DoseTable, load_dose_table
from db import doses, load, publish
from db.pages.case_values import groups
from db.pages.doses import dose_page
from extract.record import Phase, RadiotherapyCourse
from tests import db_fixtures

IMT = Path(__file__).parent.parent / "corpus" / "dose_tables" / "imt_radiotherapy.csv"
COURSE = RadiotherapyCourse(54.0, 27, 2.0, evidence=(0,))


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    connection = load.connect(tmp_path / "casebook.db", is_partial=True)
    yield connection
    connection.close()


def row_of(number: int = 1, reference: str = "Doe 2023 (1)", **values: Any) -> DoseRow:
    """A row of one man of 54 with a lung tumour and 54 Gy in 27 fractions, as the case of `db_fixtures.lung`."""
    nothing: dict[str, Any] = dict.fromkeys(DoseRow.__dataclass_fields__)
    known = {
        "row_number": number, "dose_group": 1, "reference": reference, "n_patients": 1, "dose_group_n": 1, "age_years": 54.0,
        "n_male": 1, "n_female": 0, "site_topography": "C34.9", "total_dose_gy": 54.0, "fractions": 27, "dose_per_fraction_gy": 2.0,
        "follow_up_months": 47.0, "follow_up_is_minimum": True, "recurrence": False, "n_recurred": 0,
    }  # fmt: skip
    return DoseRow(**(nothing | known | values))


def table_of(*rows: DoseRow, **values: Any) -> DoseTable:
    known = {"doi": None, "license": None, "note": None}
    texts = MappingProxyType({})
    return DoseTable(id="review", title="Doses", citation="Review 2024", columns=texts, abbreviations=texts, rows=rows, **(known | values))


def stored(connection: sqlite3.Connection, *courses: RadiotherapyCourse, report_id: str = "lung-imt", **changes: Any) -> None:
    """Store the lung case with other courses or other values, under a name of its own."""
    report, record = db_fixtures.lung()
    declared = {key: changes.pop(key) for key in ("doi", "year", "citation") if key in changes}
    if courses:
        changes["radiotherapy"] = tuple(replace(course, evidence=record.cases[0].radiotherapy[0].evidence) for course in courses)
    report = replace(report, id=report_id, **declared)
    record = replace(db_fixtures.with_case(record, **changes), report={**record.report, "id": report_id})
    load.store(connection, report, record, "run")


def linked(connection: sqlite3.Connection) -> list[tuple[Any, ...]]:
    load.refresh_overview(connection)
    return connection.execute("select row_number, case_id, basis from same_patient order by 1, 2").fetchall()


def every(connection: sqlite3.Connection, sql: str) -> list[dict[str, Any]]:
    cursor = connection.execute(sql)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor]


# --- comparable doses ------------------------------------------------------------------------------


def test_the_imt_table_in_comparable_doses(connection: sqlite3.Connection) -> None:
    load.store_dose_table(connection, load_dose_table(IMT))
    columns = "row_number, dose_group, n_patients, year, total_dose_gy, fractions, eqd2_alpha_beta_10_gy, eqd2_alpha_beta_3_gy, not_comparable_because, outcome"
    rows = connection.execute(f"select {columns} from radiotherapy_dose order by row_number, dose_group").fetchall()
    assert rows == [
        (1, 1, 1, 2019, 45.0, 25, 44.25, 43.2, None, "free"),
        (2, 1, 3, 2018, 20.0, None, None, None, "fractions_unknown", "recurrence"),
        (3, 1, 1, 2017, 60.0, 30, 60.0, 60.0, None, "free"),
        (4, 1, 1, 2016, None, None, None, None, "no_dose", "free"),
        (5, 1, 1, 2015, 46.0, 23, 46.0, 46.0, None, "free"),
        (6, 1, 1, 2015, 20.0, 10, 20.0, 20.0, None, "free"),
        (7, 1, 1, 2013, 20.0, 10, 20.0, 20.0, None, "free"),
        (8, 1, 6, 2006, 20.0, None, None, None, "fractions_unknown", "recurrence"),
        (8, 2, 1, 2006, 30.0, None, None, None, "fractions_unknown", "not_told"),
        (9, 1, 1, 2022, 54.0, 27, 54.0, 54.0, None, "free"),
    ]
    assert connection.execute("select distinct histology, unit, kind from radiotherapy_dose").fetchall() == [
        ("inflammatory myofibroblastic tumor", "Gy", "external")
    ]


def test_kinds_of_dose_stand_in_columns_of_their_own(connection: sqlite3.Connection) -> None:
    stored(
        connection,
        replace(COURSE, phases=(Phase(30.0, 15), Phase(24.0, 8))),
        RadiotherapyCourse(70.0, 35, 2.0, "proton", is_rbe_weighted=True),
        RadiotherapyCourse(64.0, 16, 4.0, "carbon ion", is_rbe_weighted=True),
        RadiotherapyCourse(28.0, 4, 7.0, "brachytherapy", dose_rate="HDR"),
        RadiotherapyCourse(18.0, 1, 18.0, "SRS"),
    )
    external, proton, carbon, brachytherapy, surgery = every(connection, "select * from radiotherapy_dose order by course_number")
    assert external["eqd2_alpha_beta_10_gy"] == 30 + 26  # 24 Gy of 3 Gy are 26 Gy of 2 Gy
    assert (external["bed_alpha_beta_10_gy"], external["is_beyond_model"]) == (67.2, 0)
    assert (proton["unit"], proton["total_dose_gy_rbe"], proton["eqd2_alpha_beta_10_gy_rbe"]) == ("Gy(RBE)", 70.0, 70.0)
    assert (carbon["eqd2_alpha_beta_10_gy_rbe"], carbon["not_comparable_because"]) == (None, "rbe_unclear")
    assert (brachytherapy["total_dose_gy_brachytherapy"], brachytherapy["eqd2_alpha_beta_10_gy_brachytherapy"]) == (28.0, 39.67)
    assert (proton["bed_alpha_beta_10_gy_rbe"], brachytherapy["bed_alpha_beta_3_gy_brachytherapy"]) == (84.0, 93.33)
    assert (surgery["eqd2_alpha_beta_10_gy"], surgery["is_beyond_model"]) == (42.0, 1)
    for row in (proton, carbon, brachytherapy):
        assert [name for name, value in row.items() if name.endswith("_gy") and value is not None] == []
    for row in (external, surgery):
        assert [name for name, value in row.items() if name.endswith(("_rbe", "_brachytherapy")) and value is not None] == []


def test_the_tumours_own_alpha_beta_stands_beside_its_eqd2(connection: sqlite3.Connection) -> None:
    _, record = db_fixtures.lung()
    site, histology = record.cases[0].site, record.cases[0].histology
    assert site is not None
    assert histology is not None
    breast = {"site": replace(site, topography="C50.4"), "histology": replace(histology, morphology="8500/3")}
    stored(connection, RadiotherapyCourse(40.05, 15, 2.67), **breast)
    (row,) = every(connection, "select * from radiotherapy_dose")
    assert (row["alpha_beta_tumour_gy"], row["alpha_beta_low_gy"], row["alpha_beta_high_gy"], row["alpha_beta_is_uncertain"]) == (
        3.5,
        1.2,
        5.7,
        0,
    )
    assert row["eqd2_tumour_gy"] == pytest.approx(40.05 * (2.67 + 3.5) / 5.5, abs=0.005)
    assert "10.1016/S1470-2045(13)70386-3" in row["alpha_beta_source"]
    load.remove(connection, "lung-imt")
    stored(connection)  # an inflammatory myofibroblastic tumour: nobody has estimated it
    (row,) = every(connection, "select * from radiotherapy_dose")
    assert row["alpha_beta_tumour_gy"] is row["eqd2_tumour_gy"] is row["bed_tumour_gy"] is None


@pytest.mark.parametrize(
    ("recurrence", "status", "expected"),
    [
        (0, None, "free"), (0, "NED", "free"), (None, "NED", "free"), (1, "NED", "recurrence"), (0, "AWD", "recurrence"),
        (1, "DOD", "died_of_disease"), (0, "DOC", "died_otherwise"), (None, "DEAD", "died_otherwise"), (None, "ALIVE", "not_told"),
        (None, "LTFU", "not_told"), (None, None, "not_told"),
    ],
)  # fmt: skip
def test_outcome_in_one_word(recurrence: int | None, status: str | None, expected: str) -> None:
    assert doses.outcome(recurrence, status) == expected


def test_a_dose_without_a_known_number_of_patients(connection: sqlite3.Connection) -> None:
    groups = [row_of(dose_group=group, n_patients=8, dose_group_n=None, age_years=None, n_male=5, n_female=3) for group in (1, 2)]
    load.store_dose_table(connection, table_of(*groups, row_of(2, n_patients=5, dose_group_n=None, n_male=5, age_years=None)))
    assert [row["n_patients"] for row in every(connection, "select * from radiotherapy_dose order by dose_id")] == [None, None, 5]


def test_what_a_table_says_of_technique_response_and_state(connection: sqlite3.Connection) -> None:
    rows = (
        row_of(1, technique="proton", is_rbe_weighted=True, response="CR", status="NED", morphology="9370/3", histology="chordoma"),
        row_of(2, technique="brachytherapy", is_rbe_weighted=False, status="DOD"),
        row_of(3, is_rbe_weighted=False, recurrence=None, n_recurred=None, morphology="9370/3"),
    )
    load.store_dose_table(connection, table_of(*rows))
    proton, brachytherapy, photon = every(connection, "select * from radiotherapy_dose order by row_number")
    assert (proton["unit"], proton["total_dose_gy"], proton["eqd2_alpha_beta_10_gy_rbe"]) == ("Gy(RBE)", None, 54.0)
    assert (proton["response"], proton["status"], proton["histology"], proton["outcome"]) == (
        "CR",
        "alive without disease",
        "chordoma",
        "free",
    )
    assert (brachytherapy["total_dose_gy_brachytherapy"], brachytherapy["not_comparable_because"]) == (54.0, "dose_rate_unknown")
    assert brachytherapy["outcome"] == "died_of_disease"
    assert (photon["eqd2_tumour_gy"], photon["alpha_beta_tumour_gy"], photon["alpha_beta_is_uncertain"]) == (54.0, 2.45, 1)
    assert photon["outcome"] == "not_told"
    shown = dose_page(connection, {"kind": "rbe_weighted"}, lambda _: "/").lines[0]
    assert (shown.outcome, shown.given) == ("response CR, no recurrence, alive without disease", "54 Gy(RBE) in 27 fractions of 2 Gy(RBE)")


# --- the same patient ------------------------------------------------------------------------------


def test_the_patient_of_the_imt_review_is_counted_once(built: Path) -> None:
    connection = sqlite3.connect(f"file:{built}?mode=ro", uri=True)
    assert connection.execute("select dose_table_id, row_number, case_id, basis from same_patient").fetchall() == [
        ("imt_radiotherapy", 9, "imt-lung/1", "citation")
    ]
    counted = connection.execute("select dose_id, counted_as from radiotherapy_dose where counted_as is not null").fetchall()
    assert counted == [("imt_radiotherapy:9.1", "imt-lung/1")]
    query = next(query for query in publish.queries() if query.name == "same_patient_disagreements")
    assert connection.execute(query.sql).fetchall() == [
        ("imt_radiotherapy", 9, "imt-lung/1", "follow-up", "at least 47 months", "at least 60 months", "citation")
    ]
    connection.close()


def test_a_table_in_the_report_itself_names_its_own_patient(connection: sqlite3.Connection) -> None:
    stored(connection, age_years=55.0)
    doi = "10.1234/EXAMPLE.5"
    load.store_dose_table(connection, table_of(row_of(1, "Roe 2001"), row_of(2, "Present case 2022"), doi=doi))
    assert linked(connection) == [(2, "lung-imt/1", "citation")]
    load.store_dose_table(connection, table_of(row_of(1, "Our case 1"), row_of(2, "Our case 2"), doi=doi))
    assert linked(connection) == []  # which of the two is open
    load.store_dose_table(connection, table_of(row_of(1, "Our case 1", age_years=55.0), row_of(2, "Our case 2"), doi=doi))
    assert linked(connection) == [(1, "lung-imt/1", "citation")]


def test_a_row_that_cites_the_report(connection: sqlite3.Connection) -> None:
    stored(connection, RadiotherapyCourse(60.0, 30, 2.0))  # Doe J. ... 2023
    load.store_dose_table(connection, table_of(row_of(1, "Doe et al. 2023 (7)"), row_of(2, "Roe 2023 (8)", age_years=40.0)))
    assert linked(connection) == [(1, "lung-imt/1", "citation")]
    fields = {row["field"]: (row["in_table"], row["in_report"]) for row in disagreements(connection)}
    assert fields == {
        "total dose": ("54 Gy", "60 Gy"),
        "fractions": (27, "30"),
        "follow-up": ("at least 47 months", "at least 60 months"),
    }
    load.store_dose_table(connection, table_of(row_of(1, "Doe 2023 (7)", age_years=50.0), row_of(2, "Doe 2021", total_dose_gy=45.0)))
    assert linked(connection) == []


def disagreements(connection: sqlite3.Connection) -> list[dict[str, Any]]:
    return every(connection, next(query.sql for query in publish.queries() if query.name == "same_patient_disagreements"))


@pytest.mark.parametrize(
    ("row", "is_same"),
    [
        (row_of(reference="Case 3 (2023)"), True),
        (row_of(reference="Case 3 (2022)"), True),  # online the year before
        (row_of(reference="Doe 2022"), True),
        (row_of(reference="Roe 2023"), False),  # another first author
        (row_of(reference="Case 3 (2023)", fractions=30, dose_per_fraction_gy=1.8), False),
        (row_of(reference="Case 3 (2023)", fractions=None, dose_per_fraction_gy=None), True),
        (row_of(reference="Case 3 (2023)", is_rbe_weighted=True, technique="proton"), False),
        (row_of(reference="Case 3 (2019)"), False),
        (row_of(reference="Case 3"), False),
        (row_of(reference="Case 3", morphology="8825/1"), True),
        (row_of(reference="Case 3", morphology="8825/1", fractions=30), False),
        (row_of(reference="Present case", morphology="8825/1"), True),
        (row_of(reference="Case 3 (2023)", morphology="8890/3"), False),
        (row_of(reference="Case 3 (2023)", age_years=53.0), False),
        (row_of(reference="Case 3 (2023)", n_male=0, n_female=1), False),
        (row_of(reference="Case 3 (2023)", n_male=None, n_female=None), False),
        (row_of(reference="Case 3 (2023)", site_topography="C38.1"), False),
        (row_of(reference="Case 3 (2023)", total_dose_gy=55.0), False),
        (row_of(reference="Case 3 (2023)", total_dose_gy=None, fractions=None), False),
        (row_of(reference="Case 3 (2023)", n_patients=2, n_male=2), False),
    ],
)
def test_the_same_age_sex_organ_dose_and_year(connection: sqlite3.Connection, row: DoseRow, is_same: bool) -> None:
    stored(connection)
    load.store_dose_table(connection, table_of(row))
    assert linked(connection) == ([(1, "lung-imt/1", "particulars")] if is_same else [])


def test_what_fits_two_is_neither(connection: sqlite3.Connection) -> None:
    stored(connection)
    load.store_dose_table(connection, table_of(row_of(1, "Case 1 (2023)"), row_of(2, "Case 2 (2023)")))
    assert linked(connection) == []
    load.store_dose_table(connection, table_of(row_of(1, "Case 1 (2023)")))
    assert linked(connection) == [(1, "lung-imt/1", "particulars")]
    stored(connection, report_id="other")  # which of two reports is open as well
    assert linked(connection) == []


@pytest.mark.parametrize(
    ("reference", "citation", "is_same"),
    [
        ("Li 2023", "Li X, Wang Y. A tumour. 2023.", True),  # two letters are a name
        ("Li 2023", "Wang Y, Li X. A tumour. 2023.", False),
        ("Xu and Roe 2023", "Yu and Doe. 2023.", False),  # "and" is none
        ("van den Berg 2023", "van der Meer J. 2023.", False),
        ("van den Berg 2023", "Van den Berg A. 2023.", False),
        ("Berg et al. 2023", "van den Berg A. 2023.", True),
        ("JM Pérez 2023", "Perez JM. 2023.", True),
        ("ROE 2023", "Roe J. 2023.", True),
    ],
)
def test_first_authors(connection: sqlite3.Connection, reference: str, citation: str, is_same: bool) -> None:
    stored(connection, citation=citation, doi=None)
    load.store_dose_table(connection, table_of(row_of(1, reference, total_dose_gy=45.0, fractions=25)))
    assert linked(connection) == ([(1, "lung-imt/1", "citation")] if is_same else [])


def test_a_common_name_and_a_year_are_not_enough(connection: sqlite3.Connection) -> None:
    """Age and sex agree by chance among the many papers of a year by authors of one name."""
    stored(connection)
    other = {"site_topography": "C71.9", "total_dose_gy": 60.0, "fractions": 30}
    load.store_dose_table(connection, table_of(row_of(1, "Doe 2023", **other)))
    assert linked(connection) == []
    for agrees in ({"site_topography": "C34.1"}, {"total_dose_gy": 54.0}, {"morphology": "8825/1"}):
        load.store_dose_table(connection, table_of(row_of(1, "Doe 2023", **(other | agrees))))
        assert linked(connection) == [(1, "lung-imt/1", "citation")]


def test_the_sum_of_n_counted_counts_each_patient_once(connection: sqlite3.Connection) -> None:
    counted = "select dose_id, n_counted from radiotherapy_dose order by dose_id"
    stored(connection, COURSE, RadiotherapyCourse(20.0, 5, 4.0))
    load.store_dose_table(connection, table_of(row_of(1, "Doe 2023"), row_of(2, "Roe 2001", n_patients=None, dose_group_n=None)))
    assert linked(connection) == [(1, "lung-imt/1", "citation")]
    assert connection.execute(counted).fetchall() == [("lung-imt/1:1", 1), ("lung-imt/1:2", 0), ("review:1.1", 0), ("review:2.1", None)]
    load.remove(connection, "lung-imt")
    linked(connection)
    assert connection.execute(counted).fetchall() == [("review:1.1", 1), ("review:2.1", None)]


def test_what_was_irradiated_and_why_stand_beside_the_dose(connection: sqlite3.Connection) -> None:
    stored(connection, COURSE, RadiotherapyCourse(20.0, 5, 4.0, target="brain", target_topography="C71.9", intent="palliative"))
    rows = every(connection, "select target, intent, site from radiotherapy_dose order by course_number")
    assert rows[1] == {"target": "brain", "intent": "palliative", "site": "lung (C34)"}
    given = [line.given for line in dose_page(connection, {}, lambda _: "/").lines]
    assert given == ["54 Gy in 27 fractions of 2 Gy", "20 Gy in 5 fractions of 4 Gy; brain; palliative"]


def test_a_case_tells_its_eqd2_or_why_it_has_none(connection: sqlite3.Connection) -> None:
    histology = db_fixtures.lung()[1].cases[0].histology
    assert histology is not None
    chordoma = replace(histology, morphology="9370/3")
    courses = (COURSE, RadiotherapyCourse(48.0, 4, 12.0, "SBRT"), RadiotherapyCourse(74.0, 37, 2.0, "proton"))
    stored(connection, *courses, RadiotherapyCourse(20.0, None, None, "brachytherapy"), histology=chordoma)
    linked(connection)
    (case,) = every(connection, "select * from patient_case")
    items = [item for group in groups(connection, case, {}) for item in group.items]  # type: ignore[arg-type]
    said = next([value.note for value in item.values] for item in items if item.label == "Courses")
    for words, expected in zip(
        said,
        (
            "EQD2 54 Gy (α/β 10), 54 (α/β 3), 54 (α/β 2.45?)",
            "EQD2 88 Gy (α/β 10), 144 (α/β 3), 155.87 (α/β 2.45?), a fraction above 10 Gy: beyond the model",
            "how the particles were weighted is not clear, so no EQD2",
            "dose rate of the brachytherapy not told, so no EQD2",
        ),
        strict=True,
    ):
        assert expected in words


def test_particles_in_plain_gray_are_mixed_with_nothing(connection: sqlite3.Connection) -> None:
    stored(connection, COURSE, RadiotherapyCourse(74.0, 37, 2.0, "proton"))
    linked(connection)
    rows = every(
        connection, "select kind, total_dose_gy, total_dose_gy_rbe, total_dose_gy_particles, not_comparable_because from radiotherapy_dose"
    )
    assert tuple(rows[1].values()) == ("particles_in_gy", None, None, 74.0, "rbe_unclear")
    for measure in ("total", "eqd2_10", "eqd2_tumour"):
        lines = dose_page(connection, {"measure": measure, "kind": "external"}, lambda _: "/").lines
        assert {line.name for line in lines} <= {"lung-imt/1"}
        assert all(line.row["total_dose_gy"] == 54.0 for line in lines)
        (line,) = dose_page(connection, {"measure": measure, "kind": "particles_in_gy"}, lambda _: "/").lines
        assert line.given == "74 Gy in 37 fractions of 2 Gy"
    query = next(query for query in publish.queries() if query.name == "radiotherapy_by_site")
    (site,) = every(connection, query.sql)
    assert (site["courses_with_dose"], site["highest_dose_gy"], site["courses_of_particles_in_gy"]) == (1, 54.0, 1)


def test_a_retold_report_and_the_report_are_one_patient(connection: sqlite3.Connection) -> None:
    stored(connection, report_id="z-retold")
    stored(connection, report_id="a-seed", doi=None, year=None, citation=None)
    load.store_dose_table(connection, table_of(row_of(1, "Present case", morphology="8825/1"), doi="10.1234/example.5"))
    assert linked(connection) == [(1, "a-seed/1", "particulars"), (1, "z-retold/1", "citation")]
    counted = connection.execute("select dose_id from radiotherapy_dose where counted_as is null").fetchall()
    assert counted == [("z-retold/1:1",)]  # the one that is known by citation
    load.remove(connection, "z-retold")
    assert linked(connection) == [(1, "a-seed/1", "particulars")]
    assert connection.execute("select dose_id from radiotherapy_dose where counted_as is null").fetchall() == [("a-seed/1:1",)]


def test_a_removed_case_leaves_the_row_counted(connection: sqlite3.Connection) -> None:
    stored(connection)
    load.store_dose_table(connection, table_of(row_of(1, "Present case"), doi="10.1234/example.5"))
    assert len(linked(connection)) == 1
    load.remove(connection, "lung-imt")
    assert every(connection, "select counted_as from radiotherapy_dose") == [{"counted_as": None}]
    assert every(connection, "select * from same_patient") == []


def test_a_case_without_a_dose_leaves_the_row_counted(connection: sqlite3.Connection) -> None:
    stored(connection, RadiotherapyCourse(None))
    load.store_dose_table(connection, table_of(row_of(1, "Present case"), doi="10.1234/example.5"))
    assert len(linked(connection)) == 1
    rows = every(connection, "select * from radiotherapy_dose order by origin")
    assert [(row["origin"], row["counted_as"], row["n_counted"]) for row in rows] == [("case", None, 0), ("table", None, 1)]


def test_filling_again_changes_nothing(connection: sqlite3.Connection) -> None:
    stored(connection)
    load.store_dose_table(connection, load_dose_table(IMT))
    load.refresh_overview(connection)
    before = list(load.dump(connection))
    load.refresh_overview(connection)
    assert list(load.dump(connection)) == before
    assert sum(line.startswith("radiotherapy_dose ") for line in before) == 11


# --- what the page takes from it --------------------------------------------------------------------


def test_each_row_is_drawn_once_or_counted_with_the_reason(connection: sqlite3.Connection) -> None:
    stored(connection, COURSE, RadiotherapyCourse(70.0, 35, 2.0, "proton", is_rbe_weighted=True))
    load.store_dose_table(connection, load_dose_table(IMT))
    load.refresh_overview(connection)
    total = connection.execute("select count(*) from radiotherapy_dose").fetchone()[0]
    for asked in ({}, {"measure": "total"}, {"measure": "eqd2_tumour"}, {"kind": "rbe_weighted"}, {"time_axis": "log", "dose_axis": "log"}):
        page = dose_page(connection, asked, lambda row: f"/{row['dose_id']}")
        drawn = len(page.plot.dots) if page.plot else 0
        assert drawn == len(page.lines)
        assert drawn + page.not_drawn_count == total
        assert sum(group.count for group in page.not_drawn) == page.not_drawn_count
    page = dose_page(connection, {"measure": "total"}, lambda row: f"/{row['dose_id']}")
    assert {group.reason.partition(",")[0]: group.count for group in page.not_drawn} == {
        "the same patient as a case": 1,
        "another kind of dose": 1,
        "no dose told": 1,
    }
    assert page.patients == 1 + 1 + 3 + 1 + 1 + 1 + 1 + 6 + 1  # the case, and rows 1, 2, 3, 5, 6, 7, 8 with both groups


def test_unknown_answers_mean_the_default_and_are_said(connection: sqlite3.Connection) -> None:
    stored(connection)
    plain = dose_page(connection, {}, lambda _: "/")
    odd = dict.fromkeys(("measure", "kind", "histology", "site", "dose_axis", "time_axis"), "'; drop table report; --")
    shown = dose_page(connection, odd, lambda _: "/")
    assert replace(shown, unknown=()) == plain
    assert shown.unknown[2] == "No diagnosis here is called “'; drop table report; --”; shown: all."
    assert (len(shown.unknown), plain.unknown) == (6, ())
    assert plain.choice.measure == "eqd2_10"
    narrowed = dose_page(connection, {"histology": "inflammatory myofibroblastic tumor", "site": "lung (C34)"}, lambda _: "/")
    assert len(narrowed.lines) == 1


def test_too_many_rows_are_said_to_be(connection: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    load.store_dose_table(connection, load_dose_table(IMT))
    monkeypatch.setattr("db.pages.doses.MOST_DRAWN", 3)
    page = dose_page(connection, {"measure": "total"}, lambda _: "/")
    assert len(page.lines) == 3
    assert [group.count for group in page.not_drawn if group.reason.startswith("beyond the")] == [6]
