"""Two groups side by side: every figure with the number of cases that tell it, the same as counted by hand."""

from __future__ import annotations

import asyncio
import json
import re
import sqlite3
import statistics
from collections.abc import Iterator
from contextlib import closing
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from db import serve
from tests import db_fixtures, pooled_cases
from tests.asking import Get, asking, words
from tests.browsers import NEEDED, served

TWO = "a_histology=alphoma&b_histology=betoma"
DELTA = "a_histology=deltoma&b_histology=alphoma"


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return pooled_cases.build(tmp_path_factory.mktemp("compare") / "casebook.db")


@pytest.fixture(scope="module")
def get(database: Path) -> Iterator[Get]:
    with asking(database, follows_redirects=False) as get:
        yield get


def table(html: str) -> dict[str, tuple[str, str]]:
    """What the table says: the label of a line, and the words of both groups."""
    body = re.search(r'<table class="comparison">(.*?)</table>', html, re.DOTALL)
    assert body is not None
    rows = [
        [words(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)]
        for row in re.findall(r"<tr>(.*?)</tr>", body[1], re.DOTALL)
    ]
    return {row[0]: (row[1], row[2]) for row in rows if len(row) == 3}


def ask(database: Path, sql: str) -> list[Any]:
    with closing(sqlite3.connect(database)) as connection:
        return [row[0] for row in connection.execute(sql)]


def test_the_figures_are_those_counted_by_hand(get: Get, database: Path) -> None:
    said = table(get(f"/compare?{TWO}").text)
    ages = ask(database, "select age_years from patient_case where histology_name = 'alphoma' and age_years is not null")
    women = ask(database, "select count(*) from patient_case where histology_name = 'alphoma' and sex = 'female'")[0]
    assert said[""] == ("A: alphoma", "B: betoma")
    assert said["cases"] == ("26", "25") and said["reports"] == ("26", "25")
    assert (
        said["age"][0]
        == f"{statistics.median(ages):g} ({min(ages):g} to {max(ages):g}) years told of {len(ages)}; {26 - len(ages)} not reported"
    )
    assert said["female"][0] == f"{women} of 21 5 not reported"
    assert said["male"] == (f"{21 - women} of 21", "21 of 21"), "as many do not tell it as in the line above"
    assert said["surgery"] == ("21 of 21 5 not reported", "0 of 21 4 not reported")
    assert said["cases that can be counted"] == ("21 of 26 why others are left out", "24 of 25 why others are left out")
    assert said["median, months (95 %)"][0] == "23 (13 to not reached)"
    assert said["alive at 12 months (95 %)"][0] == "75 % (50 to 89)"
    assert said["alive without disease"][0] == "12 of 21 5 not reported" and said["died of disease"] == ("9 of 21", "22 of 25")


def test_stains_genes_doses_and_drugs_say_of_how_many(get: Get) -> None:
    html = get(f"/compare?{DELTA}").text
    said = table(html)
    assert said["CD34"] == ("2 of 5 2 not reported", "not reported"), "of one case other cells alone stained"
    assert said["ALK rearrangement"] == ("1 of 2 5 not reported", "not reported")
    assert said["radiotherapy"][0] == "3 of 3 4 not reported"
    assert said["dose from outside"] == ("60 (50 to 70) Gy told of 3; 4 not reported", "not reported")
    assert said["EQD2, α/β 10 Gy"][0] == "60 (50 to 70) Gy told of 3; 4 not reported"
    assert said["cisplatin"] == ("4 of 7", "0 of 26")
    assert said["largest dimension"] == ("5 (2 to 8) cm told of 7", "not reported")
    assert said["tumour returned"][0] == "1 of 4 3 not reported"
    assert said["follow-up"][0] == "not reported"


def test_an_alteration_that_one_of_two_tests_found_was_found(database: Path, tmp_path: Path) -> None:
    copy = tmp_path / "casebook.db"
    copy.write_bytes(database.read_bytes())
    with closing(sqlite3.connect(copy)) as connection:
        connection.execute(
            "insert into molecular_test select case_id, number + 1, gene, alteration, null, 'negative' from molecular_test"
            " where gene = 'ALK' and result = 'positive'"
        )
        connection.commit()
    with asking(copy) as ask:
        assert table(ask(f"/compare?{DELTA}").text)["ALK rearrangement"] == ("1 of 2 5 not reported", "not reported")


def test_a_group_too_small_has_no_curve_and_says_so(get: Get) -> None:
    html = get("/compare?a_histology=gammoma&b_histology=alphoma").text
    assert table(html)["alive at 12 months (95 %)"] == ("too few to estimate", "75 % (50 to 89)")
    drawing = re.search(r'<svg class="survival".*?</svg>', html, re.DOTALL)
    assert drawing is not None and re.findall(r'<g class="arm-(\d)">', drawing[0]) == ["2"]
    assert "B, alphoma: 21 patients" in words(drawing[0])
    assert "neither group has five cases" in words(get("/compare?a_histology=gammoma&b_histology=deltoma").text)


def test_cases_in_both_groups_are_said(get: Get) -> None:
    assert "in both groups" not in words(get(f"/compare?{TWO}").text)
    assert "21 cases are in both groups" in words(get("/compare?a_histology=alphoma&b_surgery=yes").text)


def test_groups_are_chosen_by_a_marker_and_its_result(get: Get, database: Path) -> None:
    said = table(get("/compare?a_marker=CD34&a_stain=positive&b_marker=CD34&b_stain=negative").text)
    assert said[""] == ("A: CD34 positive", "B: CD34 negative")
    assert said["cases"] == ("2", "1"), "a case with both results is in neither"
    assert said["CD34"] == ("2 of 2", "0 of 1")
    both = table(get("/compare?a_marker=CD34&a_stain=positive+and+negative&b_marker=CD34").text)
    assert both["cases"] == ("1", str(ask(database, "select count(distinct case_id) from ihc_result where marker = 'CD34'")[0]))


def test_groups_are_chosen_by_a_drug_and_an_alteration(get: Get, database: Path) -> None:
    said = table(get("/compare?a_drug=cisplatin&b_gene=ALK+rearrangement").text)
    assert said[""] == ("A: treated with cisplatin", "B: ALK rearrangement found")
    treated = ask(database, "select count(distinct case_id) from drug where name = 'cisplatin'")[0]
    found = ask(database, "select count(distinct case_id) from molecular_test where gene = 'ALK' and result = 'positive'")[0]
    assert said["cases"] == (str(treated), str(found)) != ("0", "0")
    assert said["cisplatin"][0] == f"{treated} of {treated}"
    html = get(f"/compare?{DELTA}").text
    for choice in ("drug=cisplatin", "gene=ALK+rearrangement"):
        assert re.search(rf'href="/casebook/cases_by_outcome\?histology=deltoma&amp;{re.escape(choice)}">\d', html), choice
    outcomes = words(get("/outcomes?drug=cisplatin").text)
    assert f"treated with cisplatin: 0 of {treated} cases can be counted" in " ".join(outcomes.split()).replace("Only ", "")
    assert "No choice of “Treated with” is called “water”; shown: all." in words(get("/outcomes?drug=water").text)


def test_every_number_with_a_link_leads_to_as_many_cases(get: Get) -> None:
    stains = "a_marker=CD34&a_stain={}&b_marker=CD34&b_stain={}"
    kinds = (stains.format("positive+and+negative", "other+cells+only"), stains.format("equivocal", "negative"))
    for choice in (TWO, DELTA, "a_sex=female&b_sex=male&outcome=return", "a_drug=cisplatin&b_gene=ALK+rearrangement", *kinds):
        html = get(f"/compare?{choice}").text
        found = re.findall(r'<a href="(/casebook/cases_by_outcome\?[^"]*)">([\d,]+)</a>', html)
        assert len(found) > 3
        for url, number in found:
            path, _, asked = unescape(url).partition("?")
            assert len(get(f"{path}.json?_shape=array&{asked}").json()) == int(number), url


def test_nothing_chosen_shows_the_two_commonest_diagnoses(get: Get) -> None:
    html = get("/compare").text
    assert "Nothing was chosen: these are the two commonest diagnoses." in words(html)
    assert table(html)[""] == ("A: alphoma", "B: betoma")
    assert '<option value="betoma" selected>' in html
    assert "Nothing was chosen" not in words(get("/compare?a_sex=male").text)


def test_choices_that_are_not_known_are_said(get: Get) -> None:
    said = words(get("/compare?a_site=zebra&b_histology=betoma&outcome=zebra").text)
    assert "Group A: No choice of “Site” is called “zebra”; shown: all." in said
    assert "No outcome here is called “zebra”; shown: death of any cause." in said


def test_the_figures_are_data(get: Get) -> None:
    rows = get(f"/compare.json?{DELTA}").json()
    (stain,) = [row for row in rows if row["what"] == "CD34" and row["group"] == "A"]
    assert (stain["chosen"], stain["cases"], stain["told"], stain["not_reported"], stain["with_it"]) == ("deltoma", 7, 5, 2, 2)
    (dose,) = [row for row in rows if row["what"] == "dose from outside" and row["group"] == "A"]
    assert (dose["unit"], dose["told"], dose["median"], dose["lowest"], dose["highest"], dose["with_it"]) == ("Gy", 3, 60, 50, 70, None)
    assert get(f"/compare.csv?{DELTA}").text.splitlines()[0].startswith("part,what,unit,group,chosen,cases,told,not_reported")


def test_words_of_a_report_are_no_markup_and_doses_of_other_kinds_are_apart(get: Get, tmp_path: Path) -> None:
    html = get("/compare?" + "a_sex=male&b_sex=female").text
    assert "<img src=x" not in html and "<script>" not in html and "style=" not in html
    other = serve.make_datasette(db_fixtures.build(tmp_path / "casebook.db")).client.get
    said = table(asyncio.run(other("/compare?a_sex=male&b_sex=female")).text)
    assert said["dose from outside"] == ("54 (54 to 54) Gy told of 1; 1 not reported", "not reported")


def test_a_database_without_cases_is_compared_without_a_fault(tmp_path: Path) -> None:
    from db import load

    path = tmp_path / "casebook.db"
    connection = load.connect(path, is_partial=True)
    load.start_run(connection, "run-1", "tests", db_fixtures.PIPELINE)
    load.finish_run(connection, "run-1")
    load.refresh_overview(connection)
    connection.close()
    ask_empty = serve.make_datasette(path).client.get
    for address in ("/compare", "/compare.json", "/outcomes", "/outcomes?split=site", "/outcomes.csv"):
        assert asyncio.run(ask_empty(address)).status_code == 200, address
    assert json.loads(asyncio.run(ask_empty("/outcomes.json")).text) == []


@NEEDED
def test_choose_two_groups_and_click_through(page: Any, database: Path) -> None:
    with served(serve.make_datasette(database).app()) as address:
        page.goto(f"{address}/outcomes?split=histology")
        page.get_by_role("link", name=re.compile("^Compare betoma with alphoma")).click()
        assert "a_histology=betoma" in page.url and "b_histology=alphoma" in page.url
        assert page.locator("svg.survival g[class^=arm-]").count() == 2
        page.get_by_role("group", name="Group A").get_by_label("Diagnosis").select_option("deltoma")
        page.get_by_role("button", name="Compare").click()
        page.get_by_role("row", name=re.compile("^CD34")).get_by_role("link", name="2", exact=True).click()
        assert page.locator("table.rows tbody tr").count() == 2
