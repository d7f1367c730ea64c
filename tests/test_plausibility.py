"""Plausibility: what cannot be is flagged, what is true is not, and nothing is changed."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from db import load, serve
from db.pages.case import case_page
from extract.lexicon import LexiconError
from extract.plausibility import IMPOSSIBLE, RULES, UNUSUAL, bounds, flags
from extract.record import (
    FIELDS,
    Case,
    Drug,
    Histology,
    IhcResult,
    Metastasis,
    MolecularTest,
    Phase,
    RadiotherapyCourse,
    Site,
    Surgery,
    TimelineEvent,
)
from tests import db_fixtures

GOLD = Path(__file__).parent / "gold"

PROSTATE, OVARY, LIVER, BRAIN = Site("prostate", "C61.9"), Site("ovary", "C56.9"), Site("liver", "C22.0"), Site("brain", "C71.1")
BREAST, GUM, THIGH = Site("breast", "C50.9"), Site("gum", "C03.0"), Site("thigh", "C49.2")


def _course(total: float | None, fractions: int | None = None, each: float | None = None, **more: Any) -> dict[str, Any]:
    return {"radiotherapy": (RadiotherapyCourse(total, fractions, each, **more),)}


def _tumour(name: str, morphology: str) -> Histology:
    return Histology(name, morphology)


HCC, GLIOBLASTOMA = _tumour("hepatocellular carcinoma", "8170/3"), _tumour("glioblastoma", "9440/3")
DEATH = TimelineEvent("death", "died", 10.0)

# rule, severity, values that break it
FLAGGED: list[tuple[str, str, dict[str, Any]]] = [
    ("sex_site", IMPOSSIBLE, {"sex": "female", "site": PROSTATE}),
    ("sex_site", IMPOSSIBLE, {"sex": "male", "site": OVARY}),
    ("sex_site", UNUSUAL, {"sex": "female", "site": Site("undescended testis", "C62.0")}),
    ("sex_metastasis", IMPOSSIBLE, {"sex": "male", "metastases": (Metastasis("lung", "C34"), Metastasis("ovary", "C56"))}),
    ("sex_operation", IMPOSSIBLE, {"sex": "female", "surgeries": (Surgery("radical prostatectomy"),)}),
    ("sex_operation", UNUSUAL, {"sex": "male", "surgeries": (Surgery("Hysterectomy"),)}),
    ("sex_histology", IMPOSSIBLE, {"sex": "male", "histology": _tumour("struma ovarii", "9090/0")}),
    ("sex_histology", UNUSUAL, {"sex": "female", "histology": _tumour("seminoma", "9061/3")}),
    ("site_histology", IMPOSSIBLE, {"site": GUM, "histology": HCC}),
    ("site_histology", UNUSUAL, {"site": Site("adrenal gland", "C74.9"), "histology": HCC}),
    ("site_histology", IMPOSSIBLE, {"site": Site("vertebra", "C41.2"), "histology": GLIOBLASTOMA}),
    ("site_histology", IMPOSSIBLE, {"site": BRAIN, "histology": _tumour("non-small cell lung cancer", "8046/3")}),
    ("site_histology", IMPOSSIBLE, {"site": THIGH, "histology": _tumour("retinoblastoma", "9510/3")}),
    ("site_histology", UNUSUAL, {"site": THIGH, "histology": _tumour("multiple myeloma", "9732/3")}),
    ("age_histology", UNUSUAL, {"age_years": 63.0, "histology": _tumour("retinoblastoma", "9510/3")}),
    ("age_histology", UNUSUAL, {"age_years": 9.0, "site": PROSTATE, "histology": _tumour("adenocarcinoma", "8140/3")}),
    ("age_histology", UNUSUAL, {"age_years": 0.5, "histology": _tumour("chondrosarcoma", "9220/3")}),
    ("age", IMPOSSIBLE, {"age_years": 118.0}),
    ("age", UNUSUAL, {"age_years": 106.0}),
    ("follow_up_beyond_life", IMPOSSIBLE, {"age_years": 80.0, "follow_up_months": 579.0}),
    ("spread_of_benign", UNUSUAL, {"histology": _tumour("adenoma", "8140/0"), "metastases": (Metastasis("bone", "C41"),)}),
    ("spread_of_benign", UNUSUAL, {"histology": _tumour("carcinoma in situ", "8010/2"), "metastases": (Metastasis("liver", "C22"),)}),
    ("metastasis_in_primary", UNUSUAL, {"site": Site("antrum", "C16.3"), "metastases": (Metastasis("stomach", "C16"),)}),
    ("size", UNUSUAL, {"size_cm": 75.0}),
    ("size", UNUSUAL, {"size_cm": 0.02}),
    ("stain_both_ways", UNUSUAL, {"ihc": (IhcResult("ER", "positive"), IhcResult("PR", "positive"), IhcResult("ER", "negative"))}),
    (
        "gene_both_ways",
        UNUSUAL,
        {"molecular": (MolecularTest("KRAS", "mutation", None, "negative"), MolecularTest("KRAS", "mutation", None, "positive"))},
    ),
    ("gene_its_own_partner", IMPOSSIBLE, {"molecular": (MolecularTest("ALK", "rearrangement", "ALK", "positive"),)}),
    ("dose_total", UNUSUAL, _course(120.0)),
    ("dose_total", IMPOSSIBLE, _course(180.0, technique="IMRT")),
    ("dose_total", UNUSUAL, _course(160.0, is_rbe_weighted=True, technique="carbon ion")),
    ("dose_per_fraction", UNUSUAL, _course(50.0, 1)),
    ("dose_per_fraction", UNUSUAL, _course(None, None, 45.0)),
    ("fractions", UNUSUAL, _course(60.0, 150, 0.4)),
    ("dose_sum", IMPOSSIBLE, _course(60.0, 20, 2.0)),
    ("dose_sum", IMPOSSIBLE, _course(60.0, 30, None, phases=(Phase(40.0), Phase(10.0)), is_contradictory=True)),
    ("fractions_a_week", UNUSUAL, _course(50.0, 25, 2.0, duration_weeks=1.0)),
    ("drug_dose", UNUSUAL, {"drugs": (Drug("imatinib", "400 mg", 400.0, "mg"), Drug("sunitinib", "37.5 g", 37.5, "g"))}),
    ("drug_dose", UNUSUAL, {"drugs": (Drug("doxorubicin", "450 mg/m2", 450.0, "mg/m2"),)}),
    ("recurrence_after_follow_up", UNUSUAL, {"recurrence_months": 72.0, "follow_up_months": 5.0}),
    ("recurrence_denied", IMPOSSIBLE, {"recurrence": False, "recurrence_months": 9.0}),
    ("treatment_denied", IMPOSSIBLE, {"surgery": False, "surgeries": (Surgery("lobectomy"),)}),
    ("treatment_denied", IMPOSSIBLE, {"radiotherapy_given": False, **_course(50.0)}),
    ("death_without_tumor", UNUSUAL, {"status": "DOD", "recurrence": False}),
    ("alive_after_death", IMPOSSIBLE, {"status": "NED", "events": (DEATH,)}),
    ("event_after_death", IMPOSSIBLE, {"events": (DEATH, TimelineEvent("follow_up", "was seen", 24.0))}),
]

# What is true of patients, though it comes near to what is flagged.
PLAUSIBLE: list[dict[str, Any]] = [
    {"sex": "male", "site": BREAST, "histology": _tumour("ductal carcinoma", "8500/3"), "surgeries": (Surgery("mastectomy"),)},
    {"sex": "female", "site": OVARY, "histology": _tumour("dysgerminoma", "9060/3"), "surgeries": (Surgery("salpingo-oophorectomy"),)},
    {"site": PROSTATE, "sex": None},
    {"site": Site("body region", "C76.2"), "histology": HCC},
    {"site": Site("unknown primary", "C80.9"), "histology": HCC},
    {"site": LIVER, "histology": HCC, "metastases": (Metastasis("liver", "C22"), Metastasis("bone", "C41"))},
    {"site": THIGH, "histology": _tumour("extraskeletal osteosarcoma", "9180/3")},
    {"site": GUM, "histology": _tumour("melanoma", "8720/3")},
    {"site": Site("lung", "C34.1"), "histology": _tumour("fetal adenocarcinoma", "8333/3")},
    {"site": Site("pancreas", "C25.1"), "histology": _tumour("serous cystadenoma", "8441/0"), "sex": "male"},
    {"age_years": 34.0, "histology": _tumour("neuroblastoma", "9500/3")},
    {"age_years": 101.0, "follow_up_months": 30.0},
    {"histology": _tumour("leiomyoma", "8890/0"), "metastases": (Metastasis("lung", "C34"),)},
    {"site": Site("lung", "C34.1"), "metastases": (Metastasis("lung", "C34"),)},
    {"size_cm": 55.0},
    {"ihc": (IhcResult("CD138", "other_cells", cells="plasma cells"), IhcResult("CD138", "negative"))},
    {"molecular": (MolecularTest("EGFR", "mutation", None, "positive"), MolecularTest("EGFR", "amplification", None, "negative"))},
    {"molecular": (MolecularTest("ALK", "rearrangement", "EML4", "positive"),)},
    _course(145.0, technique="brachytherapy", dose_rate="LDR"),
    _course(80.0, 1, technique="gamma knife"),
    _course(60.0, 3, 20.0, technique="SBRT"),
    _course(81.6, 68, 1.2),
    _course(50.0, 28, 1.8),
    _course(60.0, 30, 2.0, phases=(Phase(50.0, 25), Phase(10.0, 5))),
    _course(40.0, 23, 1.6, phases=(Phase(24.0, 15, None, 1.6), Phase(16.0, 8, "boost", 2.0))),
    _course(54.0, 36, 1.5, duration_weeks=1.7),
    {"drugs": (Drug("methotrexate", "12 g/m2", 12.0, "g/m2"), Drug("cisplatin", "100 mg/m2", 100.0, "mg/m2"))},
    {"drugs": (Drug("doxorubicin", "75 mg/m2", 75.0, "mg/m2"), Drug("gemcitabine", "1 g/m2", 1.0, "g/m2"))},
    {"recurrence_months": 24.0, "follow_up_months": 12.0, "follow_up_is_minimum": True},
    {"recurrence_months": 12.5, "follow_up_months": 12.0},
    {"status": "DOD", "recurrence": False, "metastases": (Metastasis("lung", "C34"),)},
    {"status": "DOC", "recurrence": False},
    {"status": "DOD", "events": (TimelineEvent("surgery", "lobectomy", 0.0), DEATH, TimelineEvent("follow_up", "10 months", 10.0))},
    {"events": (TimelineEvent("death", "died"), TimelineEvent("recurrence", "relapse", 24.0))},
]


def _case(values: dict[str, Any]) -> Case:
    return Case("1", **values)


@pytest.mark.parametrize(("rule", "severity", "values"), FLAGGED, ids=lambda value: str(value)[:50])
def test_what_cannot_be_is_flagged(rule: str, severity: str, values: dict[str, Any]) -> None:
    case = _case(values)
    (flag,) = flags(case)
    assert (flag.rule, flag.severity) == (rule, severity)
    for field, number in flag.places:
        value = getattr(case, field)
        assert field in FIELDS
        assert value is not None
        assert 1 <= number <= (len(value) if isinstance(value, tuple) else 1)


@pytest.mark.parametrize("values", PLAUSIBLE, ids=lambda value: str(value)[:60])
def test_what_is_true_of_patients_is_not_flagged(values: dict[str, Any]) -> None:
    assert flags(_case(values)) == ()


def test_every_rule_has_an_example() -> None:
    spoken = {rule for rule in RULES for _, _, values in FLAGGED if list(rule(_case(values)))}
    assert spoken == set(RULES)


def test_a_flag_names_values_and_says_why() -> None:
    case = _case({"sex": "female", "site": PROSTATE, "ihc": (IhcResult("ER", "negative"), IhcResult("ER", "positive"))})
    impossible, unusual = flags(case)
    assert impossible.found == "female; prostate (C61.9)"
    assert impossible.message.startswith("penis or prostate: only men have it")
    assert impossible.places == (("sex", 1), ("site", 1))
    assert unusual.found == "positive and negative: ER"
    assert unusual.places == (("ihc", 1), ("ihc", 2))


def test_the_place_in_the_list_is_that_of_the_value() -> None:
    drugs = (Drug("imatinib", "400 mg", 400.0, "mg"), Drug("sunitinib", "37.5 g", 37.5, "g"))
    assert flags(_case({"drugs": drugs}))[0].places == (("drugs", 2),)


def test_the_impossible_comes_first() -> None:
    case = _case({"size_cm": 75.0, "recurrence": False, "recurrence_months": 9.0})
    assert [flag.severity for flag in flags(case)] == [IMPOSSIBLE, UNUSUAL]


# --- the facts that careful readers took ---------------------------------------------------------


def _gold_case(taken: dict[str, Any]) -> Case:
    """Return the facts of a gold case, of accepted values the first; codes without behaviour count as malignant."""
    site, histology = taken["site"], taken["histology"]
    code = (histology or {}).get("codes", [None])[0]
    return Case(
        taken["label"],
        _first(taken["age_years"]),
        taken["sex"],
        Site(site["name"], site["codes"][0]) if site and site["codes"] else None,
        Histology(histology["name"], code if "/" in code else f"{code}/3") if code else None,
        _first(taken["size_cm"]),
        radiotherapy=tuple(
            RadiotherapyCourse(given["total_dose_gy"], given["fractions"], technique=given["technique"]) for given in taken["radiotherapy"]
        ),
        metastases=tuple(Metastasis(code, code) for code in taken["metastasis"]),
        recurrence=taken["recurrence"],
        recurrence_months=_first(taken["recurrence_months"]),
        status=_first(taken["status"]),
        follow_up_months=_first(taken["follow_up_months"]),
    )


def _first(value: Any) -> Any:
    return (value[0] if value else None) if isinstance(value, list) else value


def test_true_facts_are_never_impossible_and_seldom_unusual() -> None:
    cases = [_gold_case(taken) for path in sorted(GOLD.glob("*.json")) for taken in json.loads(path.read_text(encoding="utf-8"))["cases"]]
    found = [flag for case in cases for flag in flags(case)]
    assert len(cases) > 50
    assert [flag for flag in found if flag.severity == IMPOSSIBLE] == []
    assert len(found) <= 1  # a follow-up that counts from the recurrence


# --- the lists -----------------------------------------------------------------------------------


def test_codes_are_ranges_with_or_without_decimal_and_behaviour(tmp_path: Path) -> None:
    line = 'x,8170-8175; 9100/0,C22; C49.4-C49.5,,unusual,"a reason",a source'
    (tmp_path / "plausibility_site.csv").write_text(f"tumour,morphology,usual,seldom,elsewhere,reason,source\n{line}\n", encoding="utf-8")
    (bound,) = bounds.of_site(tmp_path)
    held = ("8170/3", "8175/0", "9100/0")
    assert all(bound.morphology.hold(code) for code in held)
    assert not any(bound.morphology.hold(code) for code in ("8169/3", "8176/3", "9100/3"))
    assert all(bound.usual.hold(code) for code in ("C22.0", "C22.9", "C22", "C49.4", "C49.5"))
    assert not any(bound.usual.hold(code) for code in ("C23.9", "C49.3", "C49.6", "C49"))
    assert not bound.seldom.hold("C22.0")


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("site", "tumour,where\n", ":1: found the header"),
        ("site", "tumour,morphology,usual,seldom,elsewhere,reason,source\nx,8170,C22,,unusual,why\n", ":2: found 6 cells, wanted 7"),
        ("site", "tumour,morphology,usual,seldom,elsewhere,reason,source\nx,8170,C22,,unusual,,book\n", ":2: reason is empty"),
        ("site", "tumour,morphology,usual,seldom,elsewhere,reason,source\nx,817,C22,,unusual,why,book\n", ":2: found '817', wanted codes"),
        (
            "site",
            "tumour,morphology,usual,seldom,elsewhere,reason,source\nx,8170,C22,,odd,why,book\n",
            ":2: found 'odd', wanted impossible or",
        ),
        (
            "sex",
            "what,kind,codes,sex,severity,reason,source\nx,organ,C61,male,unusual,why,book\n",
            ":2: found 'organ', wanted topography or",
        ),
        (
            "sex",
            "what,kind,codes,sex,severity,reason,source\nx,topography,C61,m,unusual,why,book\n",
            ":2: found 'm', wanted female or male",
        ),
        (
            "age",
            "tumour,morphology,topography,youngest_years,oldest_years,severity,reason,source\nx,9510,,young,,unusual,why,book\n",
            ":2: found 'young', wanted a number",
        ),
        ("drug", "drug,unit,usual_most,most,severity,reason,source\nx,mg,10,5,unusual,why,book\n", ":2: found 5 as the most"),
        ("drug", "drug,unit,usual_most,most,severity,reason,source\n" + 2 * "x,mg,1,5,unusual,why,book\n", ":3: found x in mg again"),
    ],
)
def test_a_wrong_list_is_refused_by_file_and_line(tmp_path: Path, name: str, text: str, message: str) -> None:
    (tmp_path / f"plausibility_{name}.csv").write_text(text, encoding="utf-8")
    load_list = {"site": bounds.of_site, "sex": bounds.of_sex, "age": bounds.of_age, "drug": bounds.of_drug}[name]
    with pytest.raises(LexiconError) as error:
        load_list(tmp_path)
    assert f"plausibility_{name}.csv{message}" in str(error.value)


def test_every_drug_of_the_list_is_a_drug_of_the_records() -> None:
    from extract import lexicon

    known = {entry.preferred for entry in lexicon.load("drug")}
    assert {drug for drug, _ in bounds.of_drug()} - known == set()


# --- in the database -----------------------------------------------------------------------------


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    connection = load.connect(tmp_path / "casebook.db")
    yield connection
    connection.close()


def _store_implausible(connection: sqlite3.Connection) -> None:
    report, record = db_fixtures.lung()
    site = replace(record.cases[0].site, name="ovary", topography="C56.9")  # type: ignore[type-var]
    load.store(connection, report, db_fixtures.with_case(record, site=site), "run-1")


def test_flags_are_stored_and_nothing_is_changed(connection: sqlite3.Connection) -> None:
    _store_implausible(connection)
    assert connection.execute("select case_id, number, rule, severity, fields, found from flag").fetchall() == [
        ("lung-imt/1", 1, "sex_site", "impossible", "sex, site", "male; ovary (C56.9)")
    ]
    assert connection.execute("select field, number from flag_value").fetchall() == [("sex", 1), ("site", 1)]
    assert connection.execute("select sex, site_name, topography from patient_case").fetchall() == [("male", "ovary", "C56.9")]


def test_flags_go_with_the_report_and_with_the_values(connection: sqlite3.Connection) -> None:
    _store_implausible(connection)
    report, record = db_fixtures.lung()
    load.store(connection, report, record, "run-2")
    assert connection.execute("select count(*) from flag").fetchone() == (0,)
    _store_implausible(connection)
    load.remove(connection, report.id)
    assert connection.execute("select (select count(*) from flag), (select count(*) from flag_value)").fetchone() == (0, 0)


def test_the_page_of_a_case_has_its_flags_beside_the_values(connection: sqlite3.Connection) -> None:
    _store_implausible(connection)
    page = case_page(connection, "lung-imt/1")
    assert page
    (flag,) = page.flags
    words = {field: value for group in page.groups for item in group.items for value in item.values for field in [item.label]}
    assert [words[label].flags for label in ("Sex", "Site", "Age")] == [(flag,), (flag,), ()]
    assert flag.evidence == (*words["Sex"].evidence, *words["Site"].evidence)


def test_the_site_shows_and_lists_flags(connection: sqlite3.Connection, tmp_path: Path) -> None:
    _store_implausible(connection)
    load.refresh_overview(connection)
    datasette = serve.make_datasette(tmp_path / "casebook.db")

    async def pages() -> tuple[str, Any, Any]:
        await datasette.invoke_startup()
        case = await datasette.client.get("/casebook/patient_case/lung-imt~2F1")
        listed = await datasette.client.get("/casebook/implausible.json?_shape=array&severity=impossible&rule=")
        others = await datasette.client.get("/casebook/implausible.json?_shape=array&severity=unusual&rule=")
        return case.text, listed.json(), others.json()

    html, listed, others = asyncio.run(pages())
    assert "Look at the words" in html
    assert "only women have it" in html
    assert html.count('class="flagged impossible" href="#flag-1"') == 2  # beside the sex and beside the site
    assert [(row["case_id"], row["rule"]) for row in listed] == [("lung-imt/1", "sex_site")]
    assert others == []


def test_a_case_without_flags_shows_none(connection: sqlite3.Connection) -> None:
    load.store(connection, *db_fixtures.lung(), "run-1")
    page = case_page(connection, "lung-imt/1")
    assert page
    assert page.flags == ()
    assert all(value.flags == () for group in page.groups for item in group.items for value in item.values)
