"""The page of outcomes: what is drawn, what is left out and why, and that each number leads to the cases that it counts."""

from __future__ import annotations

import asyncio
import csv
import io
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from db import load, serve
from tests import pooled_cases
from tests.asking import Get, asking, words
from tests.browsers import CONTRAST, NEEDED, served
from tests.test_all_pages import faults

# Median, and the share at 12, 24 and 60 months, as published.
_TRIAL = ("23 (13 to not reached)", "75 % (50 to 89)", "45 % (19 to 68)", "nobody followed so long")


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return pooled_cases.build(tmp_path_factory.mktemp("outcomes") / "casebook.db")


@pytest.fixture(scope="module")
def get(database: Path) -> Iterator[Get]:
    with asking(database, follows_redirects=False) as get:
        yield get


def counted(database: Path, condition: str, *values: str) -> int:
    """Count cases by hand, from the tables that reports are stored in."""
    with closing(sqlite3.connect(database)) as connection:
        sql = f"select count(*) from patient_case join report using (report_id) where {condition}"
        return int(connection.execute(sql, values).fetchone()[0])


def rows_of(html: str) -> dict[str, list[str]]:
    """The table of figures: the group, and its cells."""
    body = re.search(r'<table class="rows figures">.*?<tbody>(.*?)</tbody>', html, re.DOTALL)
    assert body is not None
    rows = [
        [words(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)] for row in body[1].split("</tr>") if "<t" in row
    ]
    return {row[0]: row[1:] for row in rows}


def links(html: str) -> dict[str, str]:
    """Words of each link to the canned query, with its address."""
    return {words(text): unescape(url) for url, text in re.findall(r'<a href="(/casebook/cases_by_outcome[^"]*)">(.*?)</a>', html)}


def listed(get: Get, url: str) -> list[dict[str, Any]]:
    path, _, asked = url.partition("?")
    rows: list[dict[str, Any]] = get(f"{path}.json?_shape=array&{asked}").json()
    return rows


def test_a_published_trial_comes_out_as_published(get: Get) -> None:
    rows = rows_of(get("/outcomes?split=histology").text)
    assert rows["B alphoma"] == ["26", "21", "9", "12", *_TRIAL]
    assert rows["A betoma"][:4] == ["25", "24", "22", "2"]


def test_the_numbers_are_those_counted_by_hand(get: Get, database: Path) -> None:
    html = get("/outcomes?histology=alphoma").text
    alpha = "histology_name = 'alphoma'"
    died, pooled = counted(database, f"{alpha} and survival_event = 1"), counted(database, f"{alpha} and survival_months is not null")
    assert rows_of(html) == {"alphoma": [str(counted(database, alpha)), str(pooled), str(died), str(pooled - died), *_TRIAL]}
    said = words(html)
    assert f"Only alphoma: {pooled} of 26 cases can be counted; 5 left out" in said
    assert "Left out: 5 of 26" in said and "26 cases from 26 reports." in said
    assert "2 patients were followed longer" not in said and "No follow-up is only a lower bound" in said


def test_each_reason_for_leaving_out_is_counted_and_leads_to_its_cases(get: Get, database: Path) -> None:
    for outcome, column, reasons in (
        ("death", "survival_months", {"no follow-up told": 10, "no state at its end told": 2, "counted from a later event of unknown time": 1}),
        ("return", "event_free_months", {
            "no follow-up told": 10, "no state at its end told": 2, "counted from a later event of unknown time": 1,
            "returned at an untold time": 1, "returned after the end of the follow-up that is told": 1,
            "died of disease that was never told to be gone": 1, "alive with disease that was never told to be gone": 1, "alive and not told whether it returned": 1,
        }),
    ):  # fmt: skip
        html = get(f"/outcomes?outcome={outcome}").text
        found = links(html)
        assert f"Left out: {counted(database, f'{column} is null')} of {counted(database, 'true')}" in words(html)
        assert sum(reasons.values()) == counted(database, f"{column} is null")
        for reason, number in reasons.items():
            assert f"{reason} {number}" in words(html), reason
            rows = listed(get, found[reason])
            assert len(rows) == number and all(row[column] is None for row in rows), reason


def test_what_is_counted_from_what_and_lower_bounds(get: Get) -> None:
    html = get("/outcomes?histology=betoma").text
    assert "Counted: 24, from the first treatment 21 the presentation 2 the diagnosis 1" in words(html)
    assert "1 follow-up is a lower bound" in words(html)
    assert [row["case_id"] for row in listed(get, links(html)["the diagnosis"])] == ["untold/1"]
    assert [row["case_id"] for row in listed(get, links(html)["1"])] == ["untold/1"]


def test_every_number_of_the_table_leads_to_as_many_cases(get: Get) -> None:
    for choice in (
        "split=histology",
        "split=sex",
        "split=age&histology=alphoma",
        "split=surgery&outcome=return",
        "split=decade",
        "split=stain&marker=CD34",
    ):
        html = get(f"/outcomes?{choice}").text
        found = re.findall(r'<a href="(/casebook/cases_by_outcome\?[^"]*)">([\d,]+)</a>', html)
        assert choice.endswith("CD34") or found
        for url, number in found:
            assert len(listed(get, unescape(url))) == int(number), (choice, url)


def test_groups_too_small_are_named_and_not_drawn(get: Get) -> None:
    html = get("/outcomes?split=histology").text
    said = words(html)
    assert set(rows_of(html)) == {"A betoma", "B alphoma", f"C {pooled_cases.HOSTILE}"}
    assert "Not drawn: 3 groups with 6 counted cases" in said
    assert "gammoma 4 cases, 4 counted, 0 died" in said and "deltoma 7 cases, 0 counted, 0 died" in said
    alone = get("/outcomes?histology=gammoma").text
    assert '<svg class="survival' not in alone and "no group has five cases" in words(alone)
    assert "gammoma 4 cases" in words(alone)


def test_groups_are_called_what_they_are(get: Get) -> None:
    for split, names in (
        ("surgery", {"A surgery yes", "B surgery no", "C surgery not reported"}),
        ("age", {"A aged under 18", "B aged 18 to 39", "C aged 40 to 59", "D age not reported"}),
    ):
        assert set(rows_of(get(f"/outcomes?split={split}").text)) == names
    assert "CD34 positive 2 cases, 0 counted" in words(get("/outcomes?split=stain&marker=CD34").text)


def test_at_most_six_groups_are_drawn_the_largest(tmp_path: Path) -> None:
    database = tmp_path / "casebook.db"
    connection = load.connect(database, is_partial=True)
    load.start_run(connection, "run-1", "tests", {"version": "0", "fingerprint": "f" * 12})
    for kind in range(8):
        for place in range(5 + kind):
            values = pooled_cases.followed(1.0 + place, place == 0, **pooled_cases._named(f"kind {kind}"))
            pooled_cases.store(connection, pooled_cases.Made(f"r-{kind}-{place}", 2000, values))
    load.finish_run(connection, "run-1")
    load.refresh_overview(connection)
    connection.close()
    html = asyncio.run(serve.make_datasette(database).client.get("/outcomes?split=histology")).text
    assert list(rows_of(html)) == [f"{letter} kind {kind}" for letter, kind in zip("ABCDEF", (7, 6, 5, 4, 3, 2), strict=True)]
    assert "Not drawn: 2 groups with 11 counted cases" in words(html)
    assert "kind 1 6 cases, 6 counted" in words(html)


def test_the_drawing_says_in_words_what_it_shows(get: Get) -> None:
    html = get("/outcomes?split=histology&span=24").text
    drawing = re.search(r'<svg class="survival".*?</svg>', html, re.DOTALL)
    assert drawing is not None
    assert "B, alphoma: 21 patients, 9 died; alive after 12 months 75 % (50 to 89)" in words(drawing[0])
    assert len(re.findall('<path class="band"', drawing[0])) == 2, "the event of the third group is beyond"
    beyond = sum(months > 24 for months, _ in pooled_cases.TREATED) + 5  # and the hostile ones, at 30 months
    assert f"The drawing ends at 24 months; {beyond} patients were followed longer" in words(html)
    assert "style=" not in html and "<script>" not in html


def test_the_points_of_the_curves_are_data(get: Get) -> None:
    rows = list(csv.DictReader(io.StringIO(get("/outcomes.csv?split=histology").text)))
    assert list(rows[0]) == ["group", "months", "at_risk", "events", "censored", "estimate", "lower_95", "upper_95"]
    (sixth,) = [row for row in rows if row["group"] == "alphoma" and float(row["months"]) == 6]
    assert (sixth["at_risk"], sixth["events"], sixth["censored"], sixth["estimate"]) == ("21", "3", "1", "0.857143")
    (first,) = [row for row in rows if row["group"] == "alphoma" and float(row["months"]) == 0]
    assert (first["estimate"], first["lower_95"]) == ("1.0", "")
    answer = get("/outcomes.json?split=histology").json()
    assert len(answer) == len(rows) and answer[0]["lower_95"] is None


def test_words_of_a_report_are_no_markup(get: Get) -> None:
    html = get("/outcomes?split=histology").text
    assert "<img src=x" not in html and "&lt;img src=x" in html
    (url,) = {
        unescape(url) for url in re.findall(r'<a href="(/casebook/cases_by_outcome[^"]*%3Cimg[^"]*)">5</a>', html) if "counted" in url
    }
    assert len(listed(get, url)) == 5


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ("histology=zebra", "No choice of “Diagnosis” is called “zebra”; shown: all."),
        ("split=zebra", "No way to split here is called “zebra”; shown: nothing."),
        ("outcome=zebra", "No outcome here is called “zebra”; shown: death of any cause."),
        ("span=9", "No length here is called “9”; shown: 60 months."),
        ("split=stain", "To split by the result of a stain, choose a marker; shown: not split."),
        ("stain=positive", "A result needs a marker; shown: all."),
    ],
)
def test_choices_that_are_not_known_are_said(get: Get, asked: str, sentence: str) -> None:
    answer = get(f"/outcomes?{asked}")
    assert answer.status_code == 200 and sentence in words(answer.text)
    assert sentence not in words(get("/outcomes").text)


def test_the_warning_stands_before_all_else(get: Get) -> None:
    said = words(get("/outcomes").text)
    assert said.index("These are no survival rates.") < said.index("Estimate time to")
    assert "publication bias" in said and "immortal time" in said and "Not for the care of patients" in said
    assert "There are no p-values: a test asks" in said


def test_one_patient_told_by_two_reports_is_said(database: Path, tmp_path: Path) -> None:
    copy = tmp_path / "casebook.db"
    copy.write_bytes(database.read_bytes())
    with closing(sqlite3.connect(copy)) as connection:
        connection.execute("insert into possible_same_patient values ('alpha-0/1', 'alpha-1/1', 2, 'invented')")
        connection.execute("insert into possible_same_patient values ('alpha-0/1', 'untimed-0/1', 2, 'invented')")
        other = "select min(case_id) from case_outcome where histology = 'betoma' and death_of_any_cause = 'counted'"
        connection.execute(f"insert into possible_same_patient values ('alpha-0/1', ({other}), 2, 'invented')")
        connection.commit()
    ask = serve.make_datasette(copy).client.get
    assert "1 pair of counted cases may be one patient" in words(asyncio.run(ask("/outcomes?histology=alphoma")).text)
    assert "2 pairs of counted cases may be one patient" in words(asyncio.run(ask("/outcomes")).text)


def test_the_table_and_the_canned_query_follow_what_is_stored(database: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(database)) as connection:
        bands = dict(connection.execute("select age, count(*) from case_outcome group by age"))
        decades = dict(connection.execute("select decade, count(*) from case_outcome group by decade"))
    assert bands == {
        "under 18": counted(database, "age_years < 18"), "18 to 39": counted(database, "age_years >= 18 and age_years < 40"),
        "40 to 59": counted(database, "age_years >= 40 and age_years < 60"), "60 to 79": counted(database, "age_years >= 60 and age_years < 80"),
        "not reported": counted(database, "age_years is null"),
    }  # fmt: skip
    assert decades["1990s"] == counted(database, "year between 1990 and 1999") == 11
    assert decades["not reported"] == counted(database, "year is null") == 4


@NEEDED
def test_choose_draw_and_click_through_to_the_cases(page: Any, database: Path) -> None:
    with served(serve.make_datasette(database).app()) as address:
        page.goto(f"{address}/outcomes")
        page.get_by_label("Split by").select_option("histology")
        page.get_by_label("Estimate time to").select_option("return")
        page.get_by_role("button", name="Show").click()
        assert "split=histology" in page.url and "outcome=return" in page.url
        assert page.locator("svg.survival g[class^=arm-]").count() == 3
        page.get_by_role("row", name=re.compile("alphoma")).get_by_role("link", name="21", exact=True).click()
        assert page.locator("table.rows tbody tr").count() == 21
        page.locator("table.rows tbody tr a").first.click()
        assert "patient_case/alpha" in page.url


@NEEDED
@pytest.mark.parametrize(
    "path", ["/outcomes?split=histology", "/outcomes?outcome=return&span=all", "/compare?a_histology=alphoma&b_histology=deltoma"]
)
def test_drawings_can_be_read_by_everybody(page: Any, database: Path, path: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed").Axe()
    with served(serve.make_datasette(database).app()) as address:
        for width, scheme in ((1360, "light"), (390, "dark"), (390, "light"), (1360, "dark")):
            page.emulate_media(color_scheme=scheme)
            page.set_viewport_size({"width": width, "height": 900})
            page.goto(address + path)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"hangs over the edge at {width}"
            assert faults(axe, page) == []
            contrast, said = page.evaluate(CONTRAST, "main")
            assert contrast >= 4.5, said
            sizes = page.evaluate("[...document.querySelectorAll('svg.survival text')].map(text => text.getBoundingClientRect().height)")
            assert sizes and min(sizes) > 9, "letters on a drawing that a phone makes too small to read"
            hues = page.evaluate("[...document.querySelectorAll('svg.survival path.step')].map(path => getComputedStyle(path).stroke)")
            assert "none" not in hues and len(set(hues)) == page.locator("svg.survival g[class^=arm-]").count()
