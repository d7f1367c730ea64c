"""Cases of two reports that may be the same patient: listed with what agrees, left alone where something speaks against it."""

from __future__ import annotations

import asyncio
import random
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from markupsafe import escape

from corpus.report import Report
from db import load, possible_patients, publish, serve
from db.pages.case import case_page
from db.people import author_keys
from extract.record import SCALARS, Case, Drug, Evidence, Histology, Metastasis, MolecularTest, RadiotherapyCourse, Record, Site
from tests import db_fixtures

AUTHORS = ("Ana B. Silva", "Jörg Müller", "Li Wei")
LUNG = Site("lung", "C34.1")
PLACE = ("Department of Oncology, Saint Elsewhere Hospital, Nowhere", "University Hospital, Nowhere")


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    connection = load.connect(Path(":memory:"))
    yield connection
    connection.close()


def _store(
    connection: sqlite3.Connection, report_id: str, authors: tuple[str, ...] = (), affiliations: tuple[str, ...] = (), **values: Any
) -> None:
    """Store a man of 54 with a tumour of the lung, of whom nothing is told but these values."""
    report = Report(report_id, report_id, authors=authors, affiliations=affiliations)
    load.store(connection, report, _record(report_id, _patient("1", values)), "run")


def _patient(label: str, values: dict[str, Any]) -> Case:
    known: dict[str, Any] = {"age_years": 54.0, "sex": "male", "site": LUNG, "histology": Histology("adenocarcinoma", "8140/3")}
    return Case(label, **{name: _with_evidence(value) for name, value in (known | values).items()}, not_pooled_because="no_time")


def _with_evidence(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(replace(fact, evidence=(0,)) for fact in value)
    return value if value is None or isinstance(value, str | float) else replace(value, evidence=(0,))


def _record(report_id: str, *cases: Case) -> Record:
    """Return a record whose values all have the report's first letter as evidence."""
    evidence = tuple(Evidence(field, case.label, 0, 1, report_id[0], "case") for case in cases for field in SCALARS)
    return Record({"id": report_id, "kind": "case_series"}, cases, evidence, db_fixtures.PIPELINE)


def _listed(connection: sqlite3.Connection) -> list[tuple[str, str, int, str]]:
    load.refresh_overview(connection)
    return connection.execute("select * from possible_same_patient order by 1, 2").fetchall()


def _dose(total: float, fractions: int | None = None, is_rbe_weighted: bool = False) -> tuple[RadiotherapyCourse, ...]:
    return (RadiotherapyCourse(total_dose_gy=total, fractions=fractions, is_rbe_weighted=is_rbe_weighted),)


def _drugs(*names: str) -> tuple[Drug, ...]:
    return tuple(Drug(name) for name in names)


AGREE = [
    ("size and follow-up", {"size_cm": 7.2, "follow_up_months": 43.0}, {"size_cm": 7.2, "follow_up_months": 43.2}, 2),
    ("dose with fractions", {"radiotherapy": _dose(50.4, 28)}, {"radiotherapy": _dose(50.4, 28)}, 2),
    (
        "dose and most drugs",
        {"radiotherapy": _dose(50.4), "drugs": _drugs("cisplatin", "etoposide")},
        {"radiotherapy": _dose(50.4, 28), "drugs": _drugs("cisplatin")},
        2,
    ),
    (
        "Ki-67 and metastases",
        {"ki67_percent": 32.0, "metastases": (Metastasis("liver", "C22"),)},
        {"ki67_percent": 32.0, "metastases": (Metastasis("liver", "C22.0"), Metastasis("bone", "C41"))},
        2,
    ),
    (
        "recurrence and gene",
        {"recurrence_months": 17.0, "molecular": (MolecularTest("ALK", "rearrangement", None, "positive"),)},
        {"recurrence_months": 17.0, "molecular": (MolecularTest("ALK", "rearrangement", "EML4", "positive"),)},
        2,
    ),
    ("two authors", {"authors": AUTHORS}, {"authors": ("Silva AB", "MÜLLER, J", "Roe Jane")}, 2),
    ("author and hospital", {"authors": AUTHORS[:1], "affiliations": PLACE}, {"authors": AUTHORS[:1], "affiliations": PLACE[:1]}, 2),
    ("later report of the same patient", {"size_cm": 7.2, "follow_up_months": 6.0, "status": "NED", "authors": AUTHORS[:1]},
     {"size_cm": 7.2, "follow_up_months": 60.0, "status": "DOD", "authors": AUTHORS[:1]}, 2),
    ("a year older", {"size_cm": 7.2, "radiotherapy": _dose(50.4, 28)}, {"age_years": 55.0, "size_cm": 7.2, "radiotherapy": _dose(50.4, 28)}, 3),
]  # fmt: skip


@pytest.mark.parametrize(("first", "second", "n_facts"), [case[1:] for case in AGREE], ids=[case[0] for case in AGREE])
def test_what_agrees_lists_a_pair(connection: sqlite3.Connection, first: dict[str, Any], second: dict[str, Any], n_facts: int) -> None:
    _store(connection, "early", **first)
    _store(connection, "late", **second)
    assert [row[:3] for row in _listed(connection)] == [("early/1", "late/1", n_facts)]


ALIKE: dict[str, Any] = {"size_cm": 7.2, "radiotherapy": _dose(50.4, 28), "follow_up_months": 43.0}
AGAINST = [
    ("another sex", {}, {"sex": "female"}),
    ("two years apart", {}, {"age_years": 56.0}),
    ("an infant and a child", {"age_years": 0.5}, {"age_years": 1.4}),
    ("another organ", {}, {"site": Site("kidney", "C64.9")}),
    ("another histology", {}, {"histology": Histology("melanoma", "8720/3")}),
    ("the other side", {"site": Site("lung", "C34.1", "left")}, {"site": Site("lung", "C34.1", "right")}),
    ("another dose", {}, {"radiotherapy": _dose(60.0, 30)}),
    ("gray of another kind", {}, {"radiotherapy": _dose(50.4, 28, is_rbe_weighted=True)}),
    ("other drugs", {"drugs": _drugs("cisplatin")}, {"drugs": _drugs("pazopanib")}),
    ("thrice the size", {}, {"size_cm": 21.6}),
    (
        "a gene found and not found",
        {"molecular": (MolecularTest("ALK", "rearrangement", None, "positive"),)},
        {"molecular": (MolecularTest("ALK", "rearrangement", None, "negative"),)},
    ),
    ("alive after death", {"status": "DOD", "follow_up_months": 12.0}, {"status": "NED"}),
    ("only the follow-up", {"size_cm": None, "radiotherapy": ()}, {"size_cm": None, "radiotherapy": ()}),
    ("only two facts, another age", {"size_cm": None, "follow_up_months": None}, {"age_years": 53.0}),
    ("no age", {}, {"age_years": None}),
]


@pytest.mark.parametrize(("first", "second"), [case[1:] for case in AGAINST], ids=[case[0] for case in AGAINST])
def test_what_speaks_against_it_or_is_too_little_lists_none(
    connection: sqlite3.Connection, first: dict[str, Any], second: dict[str, Any]
) -> None:
    _store(connection, "early", **(ALIKE | first))
    _store(connection, "late", **(ALIKE | second))
    assert _listed(connection) == []
    # It is this one value: without it the pair is listed.
    _store(connection, "early", **ALIKE)
    _store(connection, "late", **ALIKE)
    assert len(_listed(connection)) == 1


def test_what_all_patients_of_a_kind_have_lists_none(connection: sqlite3.Connection) -> None:
    drugs, nodes = _drugs("cisplatin", "pemetrexed"), (Metastasis("lymph nodes", "C77"),)
    for name in ("one", "two"):
        _store(connection, name, drugs=drugs, metastases=nodes, affiliations=("Department of Surgery, University Hospital, Elsewhere",))
    assert _listed(connection) == []


def test_the_reasons_read_as_words(connection: sqlite3.Connection) -> None:
    values = ALIKE | {"drugs": _drugs("cisplatin"), "metastases": (Metastasis("bone", "C41"),), "authors": AUTHORS, "affiliations": PLACE}
    _store(connection, "early", **values)
    _store(connection, "late", **(values | {"histology": Histology("acinar adenocarcinoma", "8144/3"), "age_years": 55.0}))
    ((_, _, n_facts, reasons),) = _listed(connection)
    assert n_facts == 9
    assert reasons == (
        "near age (54 and 55), same sex, organ: lung (C34), and histology: acinar adenocarcinoma / adenocarcinoma; "
        "same dose 50.4 Gy; same follow-up of 43 months; same number of fractions: 28 (50.4 Gy); same size 7.2 cm; "
        "same authors (Muller J, Silva A, Wei L); same institution (Saint Elsewhere Hospital); same drugs (cisplatin); "
        "same metastases (bones of skull and trunk (C41))"
    )


def test_patients_of_one_report_are_two(connection: sqlite3.Connection) -> None:
    record = _record("series", _patient("1", ALIKE), _patient("2", ALIKE))
    load.store(connection, Report("series", "series"), record, "run")
    assert _listed(connection) == []


@pytest.mark.parametrize(("row_number", "n_listed"), [(1, 1), (2, 0)])
def test_two_rows_of_one_table_are_two_patients(connection: sqlite3.Connection, row_number: int, n_listed: int) -> None:
    for name in ("early", "late"):
        _store(connection, name, **ALIKE)
    connection.execute("insert into dose_table (dose_table_id) values ('t')")
    for number in (1, 2):
        connection.execute(
            "insert into dose_table_row (dose_table_id, row_number, dose_group, reference) values ('t', ?, 1, 'x')", (number,)
        )
    connection.execute("insert into same_patient values ('t', 1, 'early/1', 'citation'), ('t', ?, 'late/1', 'citation')", (row_number,))
    possible_patients.link(connection)
    assert connection.execute("select count(*) from possible_same_patient").fetchone() == (n_listed,)


def test_a_removed_report_takes_its_pairs_along(connection: sqlite3.Connection) -> None:
    for name in ("early", "late"):
        _store(connection, name, **ALIKE)
    assert len(_listed(connection)) == 1
    load.remove(connection, "late")
    assert connection.execute("select count(*) from possible_same_patient").fetchone() == (0,)


def test_both_pages_and_the_question_show_the_pair(connection: sqlite3.Connection) -> None:
    for name in ("early", "late"):
        _store(connection, name, **ALIKE)
    ((_, _, _, reasons),) = _listed(connection)
    for name, other in (("early/1", "late/1"), ("late/1", "early/1")):
        page = case_page(connection, name)
        assert page is not None
        assert [(row["other"], row["reasons"]) for row in page.perhaps_same] == [(other, reasons)]
    query = next(query for query in publish.queries() if query.name == "possibly_same_patient")
    assert connection.execute(query.sql).fetchall() == [(4, "early/1", "late/1", reasons, None, None)]


def test_the_site_shows_the_pair_whole_and_linked(tmp_path: Path) -> None:
    database = tmp_path / "casebook.db"
    connection = load.connect(database)
    for name in ("early", "late"):
        _store(connection, name, **(ALIKE | {"drugs": _drugs("<b>cisplatin</b>", "carboplatin", "etoposide", "gemcitabine", "pemetrexed")}))
    ((_, _, _, reasons),) = _listed(connection)
    connection.close()
    assert len(reasons) > 200
    datasette = serve.make_datasette(database)

    async def ask(path: str) -> str:
        await datasette.invoke_startup()
        return str((await datasette.client.get(path)).text)

    case = asyncio.run(ask("/casebook/patient_case/late~2F1"))
    assert 'May be the same patient as <a href="/casebook/patient_case/early~2F1">early/1</a>' in case
    assert str(escape(reasons)) in case
    question = asyncio.run(ask("/casebook/possibly_same_patient"))
    assert str(escape(reasons)) in question
    assert '<a href="/casebook/patient_case/late~2F1">late/1</a>' in question


def test_ten_thousand_cases_of_few_kinds_take_a_second_or_two(connection: sqlite3.Connection) -> None:
    chance = random.Random(1)
    doses = (45.0, 50.0, 50.4, 54.0, 60.0, 66.0)
    with load.transaction(connection):
        for number in range(10_000):
            name = f"r{number}"
            report = "insert into report (report_id, kind, is_retelling, sha256, pipeline_version, pipeline_fingerprint) values (?, 'case_report', 0, ?, '1', 'f')"
            connection.execute(report, (name, "0" * 64))
            connection.execute(
                "insert into patient_case (case_id, report_id, label, age_years, sex, topography, morphology, size_cm, follow_up_months)"
                " values (?, ?, '1', ?, 'female', ?, '8500/3', ?, ?)",
                (f"{name}/1", name, float(chance.randint(35, 85)), chance.choice(("C50.9", "C34.1")), chance.randint(5, 80) / 10, chance.choice((12, 24, 36))),
            )  # fmt: skip
            course = (
                "insert into radiotherapy_course (case_id, number, total_dose_gy, is_rbe_weighted, is_contradictory) values (?, 1, ?, 0, 0)"
            )
            connection.execute(course, (f"{name}/1", chance.choice(doses)))
    started = time.process_time()
    possible_patients.link(connection)
    assert time.process_time() - started < 5  # 1 to 2 s on the machine that it was written on


# --- brought up to date after a change ---------------------------------------------------------


ORGANS = (LUNG, Site("kidney", "C64.9"))
TUMOURS = (Histology("adenocarcinoma", "8140/3"), Histology("melanoma", "8720/3"))


def _store_any(connection: sqlite3.Connection, name: str, chance: random.Random) -> None:
    """Store a patient of few possible values, so that many agree."""
    _store(
        connection,
        name,
        authors=chance.choice(((), AUTHORS, AUTHORS[:1])),
        age_years=chance.choice((53.0, 54.0, 55.0, None)),
        sex=chance.choice(("male", "female")),
        site=chance.choice(ORGANS),
        histology=chance.choice(TUMOURS),
        size_cm=chance.choice((None, 7.2, 3.1)),
        follow_up_months=chance.choice((None, 12.0, 43.0)),
        radiotherapy=chance.choice(((), _dose(50.4, 28), _dose(60.0, 30))),
    )


def _store_table(connection: sqlite3.Connection, *rows: tuple[str, int, str, float]) -> None:
    """Store a table of the literature about men with adenocarcinoma: publication, age, site and dose of each."""
    columns = "row_number, dose_group, reference, age_years, site_topography, total_dose_gy, n_patients, n_male, fractions, morphology"
    connection.execute("insert into dose_table (dose_table_id) values ('t')")
    connection.executemany(
        f"insert into dose_table_row (dose_table_id, {columns}) values ('t', ?, 1, ?, ?, ?, ?, 1, 1, ?, '8140/3')",
        [(number, *row, 28 if row[-1] == 50.4 else 30) for number, row in enumerate(rows, start=1)],
    )


def _dump_when_all_is_done_anew(connection: sqlite3.Connection) -> list[str]:
    """Return the rows that a full refresh of the same reports gives."""
    with closing(load.connect(Path(":memory:"))) as copy:
        connection.backup(copy)
        load.refresh_overview(copy)
        return list(load.dump(copy))


@pytest.mark.parametrize("seed", range(6))
def test_after_any_changes_the_rows_are_as_after_a_full_refresh(connection: sqlite3.Connection, seed: int) -> None:
    chance = random.Random(seed)
    stored = [f"r{number}" for number in range(40)]
    for name in stored:
        _store_any(connection, name, chance)
    _store_table(
        connection, *(("An author", age, organ, dose) for age in (53, 54, 55) for organ in ("C34.1", "C64.9") for dose in (50.4, 60.0))
    )
    assert _listed(connection)
    assert connection.execute("select count(*) from same_patient").fetchone() > (0,)
    load.watch(connection)
    for _ in range(3):
        for name in chance.sample(stored, 3):
            load.remove(connection, name)
        for name in (*chance.sample(stored, 3), f"new{chance.randint(0, 9)}"):
            _store_any(connection, name, chance)
        load.refresh_overview(connection)
        assert list(load.dump(connection)) == _dump_when_all_is_done_anew(connection)


def test_a_particular_becomes_common_and_rare_again(connection: sqlite3.Connection) -> None:
    for number in range(50):
        _store(connection, f"r{number:02}", size_cm=7.2, follow_up_months=43.0)
    assert len(_listed(connection)) == 50 * 49 / 2
    load.watch(connection)
    _store(connection, "one-more", size_cm=7.2, follow_up_months=43.0)
    assert _listed(connection) == []
    load.remove(connection, "r00")
    assert len(_listed(connection)) == 50 * 49 / 2
    _store(connection, "r00", size_cm=7.2, follow_up_months=43.0)
    assert _listed(connection) == []
    connection.execute("update patient_case set topography = 'C64.9' where case_id = 'r00/1'")
    assert len(_listed(connection)) == 50 * 49 / 2


def test_a_group_that_nothing_touched_is_not_looked_at(connection: sqlite3.Connection) -> None:
    for name, site in (("a", ORGANS[0]), ("b", ORGANS[0]), ("c", ORGANS[1]), ("d", ORGANS[1])):
        _store(connection, name, site=site, size_cm=7.2, follow_up_months=43.0)
    assert [row[:2] for row in _listed(connection)] == [("a/1", "b/1"), ("c/1", "d/1")]
    load.watch(connection)
    connection.execute("delete from possible_same_patient")
    _store(connection, "e", site=ORGANS[1], size_cm=99.0)
    assert [row[:2] for row in _listed(connection)] == [("c/1", "d/1")]


def test_a_case_that_moves_to_another_group_touches_both(connection: sqlite3.Connection) -> None:
    for name, site in (("a", ORGANS[0]), ("b", ORGANS[0]), ("c", ORGANS[1])):
        _store(connection, name, site=site, size_cm=7.2, follow_up_months=43.0)
    assert [row[:2] for row in _listed(connection)] == [("a/1", "b/1")]
    load.watch(connection)
    connection.execute("update patient_case set topography = ? where case_id = 'b/1'", (ORGANS[1].topography,))
    assert [row[:2] for row in _listed(connection)] == [("b/1", "c/1")]


def test_a_row_of_a_table_that_becomes_another_patient_touches_the_group(connection: sqlite3.Connection) -> None:
    for name in ("a", "b"):
        _store(connection, name, radiotherapy=_dose(50.4, 28), size_cm=7.2)
    assert len(_listed(connection)) == 1
    load.watch(connection)
    # The first row is the one patient, the second the other: two rows of a table are two patients.
    _store_table(connection, ("Ason 2019", 54, "C34.1", 50.4), ("Bson 2019", 54, "C34.1", 50.4))
    connection.execute("update report set citation = upper(report_id) || 'son 2019', year = 2019")
    assert _listed(connection) == []
    assert connection.execute("select count(*) from same_patient").fetchone() == (2,)
    connection.execute("delete from dose_table")
    assert len(_listed(connection)) == 1


@pytest.mark.parametrize(
    "name", ["Ana Silva", "Ana B. Silva", "Silva A", "Silva AB", "Silva A.", "SILVA, Ana B.", "Silva, A.B., MD", "Ána Sílva, PhD"]
)
def test_an_author_is_known_in_every_spelling(name: str) -> None:
    assert author_keys([name]) == {"silva a"}


@pytest.mark.parametrize("name", ["", "Consortium", "12", "MD", ",", ", Ana"])
def test_what_is_no_name_has_no_key(name: str) -> None:
    assert author_keys([name]) == frozenset()


def test_authors_of_one_family_name_are_two() -> None:
    assert author_keys(["Wei Li", "Li Wei", "Hua Li"]) == {"li w", "wei l", "li h"}
