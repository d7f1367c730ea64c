"""The page on method and limits: what it says is what the code does."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from corpus.dose_table import load_dose_table
from db import load, serve
from db.pages.method import NO_EQD2, NOT_POOLED, method_page
from extract import alpha_beta, isoeffect, survival
from tests import db_fixtures
from tests.asking import Get, asking, words
from tests.browsers import NEEDED, served

IMT = Path(__file__).parent.parent / "corpus" / "dose_tables" / "imt_radiotherapy.csv"


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = db_fixtures.build(tmp_path_factory.mktemp("method") / "casebook.db")
    connection = load.connect(path)
    load.store_dose_table(connection, load_dose_table(IMT))
    load.refresh_overview(connection)
    connection.close()
    return path


@pytest.fixture(scope="module")
def get(database: Path) -> Iterator[Get]:
    with asking(database) as get:
        yield get


def test_every_reason_of_the_code_has_its_words() -> None:
    assert tuple(name for name, _ in NO_EQD2) == isoeffect.REASONS
    assert {name for name, _ in NOT_POOLED} == {survival.NO_TIME, survival.NO_STATUS, survival.ORIGIN_UNCLEAR}


def test_formulas_are_those_of_the_code(get: Get) -> None:
    text = words(get("/method").text)
    assert "BED = D (1 + d / (α/β))" in text
    assert "EQD2 = D (d + α/β) / (2 + α/β)" in text
    # 60 Gy in fractions of 3 Gy, α/β 10 Gy, by the words of the page
    schedule = (isoeffect.EqualFractions(60.0, 3.0),)
    assert isoeffect.bed_gy(schedule, 10.0) == pytest.approx(60 * (1 + 3 / 10))
    assert isoeffect.eqd2_gy(schedule, 10.0) == pytest.approx(60 * (3 + 10) / (2 + 10))
    assert f"up to about {isoeffect.MODEL_LIMIT_GY:g} Gy per fraction" in text
    for one in alpha_beta.table():
        assert one.tumour in text


def test_counts_are_those_of_the_database(database: Path, get: Get) -> None:
    with closing(sqlite3.connect(database)) as connection:
        page = method_page(connection)
        unknown = connection.execute(
            "select count(*) from radiotherapy_dose where not_comparable_because = 'fractions_unknown'"
        ).fetchone()[0]
        rows = connection.execute("select count(*) from radiotherapy_dose where not_comparable_because is not null").fetchone()[0]
        pooled = connection.execute("select count(*) from patient_case where survival_months is not null").fetchone()[0]
    assert (page.reports, page.cases, page.retellings, page.pooled) == (3, 3, 1, pooled)
    assert dict(page.no_eqd2)["the number of fractions is not told"] == unknown > 0
    assert sum(count for _, count in page.no_eqd2) == rows
    assert f"{pooled} of 3 cases can be pooled" in words(get("/method").text)


def test_it_says_what_it_is_not_for_and_how_to_cite(get: Get) -> None:
    html = get("/method").text
    text = words(html)
    for said in (
        "Not for the care of patients",
        "Figures and what is printed in them are not read",
        "Texts in English only",
        "retellings",
        "CC BY 4.0",
    ):
        assert said in text
    version = metadata.version("casebook")
    assert f"Version {version}, pipeline ffffffffffff" in text
    assert "3 reports, 3 cases" in text
    assert f"lifelines {metadata.version('lifelines')}" in text
    ids = set(re.findall(r'\bid="([^"]+)"', html))
    assert set(re.findall(r'href="#([^"]+)"', html)) <= ids


def test_every_link_leads_somewhere(get: Get) -> None:
    main = get("/method").text.partition("<main")[2].partition("</main>")[0]
    for link in set(re.findall(r'href="(/[^"#]*)', main)):
        assert get(link).status_code == 200, link


@NEEDED
def test_the_table_of_contents_leads_to_its_parts(page: Any, database: Path) -> None:
    with served(serve.make_datasette(database).app()) as address:
        page.goto(f"{address}/method")
        page.get_by_role("link", name="Survival").click()
        assert page.locator("#survival").evaluate(
            "heading => { const top = heading.getBoundingClientRect().top; return top >= 0 && top < innerHeight; }"
        )
