"""Five questions of a reader who never saw the site, answered in a real browser from the home page by clicking and typing only.

The answers are those of the project's own reports, taken from the texts by hand where they can be told in a few words, else from the
database by SQL that is not the site's.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from db import serve
from tests import db_fixtures
from tests.browsers import NEEDED, SCREENSHOTS, served

pytestmark = NEEDED
SARCOMA = "sarcoma or soft tissue tumour"
NO_FOLLOW_UP = """
select case_id, reason from empty_field where field = 'follow_up_months' order by reason, case_id
"""
STAT6 = """
select histology_name, sum(is_positive) from (
    select case_id, max(result = 'positive') as is_positive from ihc_result
    where marker = 'STAT6' and result in ('positive', 'negative', 'equivocal') group by case_id
) join patient_case using (case_id) group by histology_name
"""
IRRADIATED_SARCOMAS = """
select case_id, max_dose_gy from case_overview where tumour_group = ? and behaviour = 'malignant' and radiotherapy = 'yes' order by case_id
"""


@pytest.fixture(scope="module")
def address(built: Path) -> Iterator[str]:
    """The address of the project's own reports."""
    with served(serve.make_datasette(built).app()) as address:
        yield address


@pytest.fixture
def asked(built: Path) -> Iterator[Any]:
    """Asks the database by SQL."""
    connection = sqlite3.connect(f"file:{built}?mode=ro", uri=True)
    yield lambda sql, *values: connection.execute(sql, values).fetchall()
    connection.close()


@pytest.fixture
def home(page: Any, address: str) -> Any:
    """The home page: the one address that is typed."""
    page.set_default_timeout(8000)
    page.goto(address)
    return page


@pytest.fixture
def look(page: Any, request: pytest.FixtureRequest) -> Iterator[None]:
    """Keep a picture of the last page, to be looked at."""
    yield
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=str(SCREENSHOTS / f"question-{re.sub(r'[^a-z0-9]+', '-', request.node.name.removeprefix('test_'))}.png"))


def _menu(page: Any, name: str) -> None:
    page.get_by_role("navigation", name="Main").get_by_role("link", name=name, exact=True).click()


def _table(page: Any) -> list[dict[str, str]]:
    """Return the rows of the table that is seen, by the words of its heading."""
    rows = page.locator("table.rows tr").all()
    names, *cells = [[cell.inner_text().strip() for cell in row.locator("th, td").all()] for row in rows]
    return [dict(zip([name.replace("\n", " ").rstrip(" ↑↓\xa0") for name in names], each, strict=True)) for each in cells]


@pytest.mark.parametrize("way", ["example", "question", "markers", "all markers"])
def test_which_histologies_are_stat6_positive(home: Any, asked: Any, look: None, way: str) -> None:
    if way == "example":
        home.get_by_role("link", name="Which diagnoses are STAT6 positive?").click()
    elif way == "question":
        _menu(home, "Questions")
        home.get_by_role("link", name="Which diagnoses are positive for a marker?").click()
        home.get_by_label("Marker", exact=True).fill("STAT6")
        home.get_by_role("button", name="Show").click()
    elif way == "markers":
        _menu(home, "Markers")
        home.get_by_label("Markers", exact=True).fill("STAT6")
        home.get_by_role("button", name="Show").click()
    else:
        _menu(home, "Markers")
        home.get_by_text("markers, by name").click()
        home.locator(".allmarkers").get_by_role("link", name="STAT6", exact=True).click()
    home.locator("table.rows").wait_for()
    truth = {name: positive for name, positive in asked(STAT6) if name}
    assert truth["inflammatory myofibroblastic tumor"] == 0
    rows = _table(home)
    positive, name = ("positive cases", "diagnosis") if "positive cases" in rows[0] else ("positive", "diagnosis")
    assert {row[name]: int(row[positive]) for row in rows if row[name] in truth} == truth
    said = home.locator("main").inner_text()
    assert ("tested cases was STAT6 positive." in said) == (not any(truth.values()))
    assert [row[name] for row in rows if int(row[positive])] == [row[name] for row in rows][: sum(map(bool, truth.values()))], "first"


@pytest.mark.parametrize("path", ["example", "markers"])
def test_a_marker_that_was_never_positive_is_told_in_words(page: Any, tmp_path: Path, path: str) -> None:
    database = db_fixtures.build(tmp_path / "casebook.db")
    with served(serve.make_datasette(database).app()) as address:
        page.goto(f"{address}/casebook/marker_positive?marker=ALK" if path == "example" else f"{address}/markers?marker=ALK")
        assert page.locator("main .message").inner_text() == "ALK was tested in 1 case and was not positive."
        page.goto(f"{address}/casebook/marker_positive?marker=SMA" if path == "example" else f"{address}/markers?marker=SMA")
        assert page.locator("main .message").count() == 0


@pytest.mark.parametrize("way", ["example", "question", "cases", "search", "doses"])
def test_what_dose_did_lung_imt_get_and_how_did_it_end(home: Any, look: None, way: str) -> None:
    tumour, organ = "inflammatory myofibroblastic tumor", "lung (C34)"
    if way in ("example", "question"):
        if way == "example":
            home.get_by_role("link", name="What dose did inflammatory myofibroblastic tumours of the lung get").click()
        else:
            _menu(home, "Questions")
            home.get_by_role("link", name="What dose did a tumour get, and how did it end?").click()
            home.get_by_label("Diagnosis").fill(tumour)
            home.get_by_label("Site", exact=True).select_option(organ)
            home.get_by_role("button", name="Show").click()
            home.wait_for_url("**histology=inflammatory**")
        row = next(row for row in _table(home) if row["case"] == "imt-lung/1")
        assert (row["max dose (Gy)"], row["fractions"], row["recurrence"]) == ("54", "27", "no")
        assert (row["status"], row["follow-up (months)"]) == ("alive without disease", "60")
        place = home.locator("td.col-follow_up_months").bounding_box()
        assert place["x"] + place["width"] <= 1360, "how it ended is seen without scrolling"
    elif way == "cases":
        home.locator(".ways").get_by_role("link", name=tumour).click()
        home.locator("#facet-site").get_by_role("link", name=organ).click()
        row = next(row for row in _table(home) if row["case"] == "imt-lung/1")
        assert (row["max dose (Gy)"], row["status"], row["follow-up (months)"]) == ("54", "alive without disease", "60")
    elif way == "search":
        home.locator("#bigfind").fill("lung myofibroblastic")
        home.get_by_role("button", name="Search").click()
        home.locator(".hitcase", has_text="54 years").get_by_role("link").first.click()
        said = home.locator(".values").inner_text()
        assert "54 Gy in 27 fractions of 2 Gy" in said and "alive without disease" in said and "60 months" in said
    else:
        _menu(home, "Doses")
        home.get_by_label("Diagnosis").select_option(tumour)
        home.get_by_label("Site", exact=True).select_option(organ)
        home.get_by_role("button", name="Show").click()
        home.wait_for_url("**site=lung**")
        said = home.locator("table.rows tr", has_text="imt-lung").first.inner_text()
        assert "54 Gy" in said.replace("\xa0", " ") and "60" in said


@pytest.mark.parametrize("way", ["example", "question", "quality"])
def test_which_cases_lack_follow_up_and_why(home: Any, asked: Any, look: None, way: str) -> None:
    truth = asked(NO_FOLLOW_UP)
    assert ("angiosarcoma-pleura-2017/1", "not stated") in truth
    if way == "example":
        home.get_by_role("link", name="Which cases lack follow-up, and why?").click()
    elif way == "question":
        _menu(home, "Questions")
        home.get_by_role("link", name="Which cases lack a value, and why?").click()
        home.get_by_label("Field").select_option("Follow-up")
        home.get_by_role("button", name="Show").click()
    else:
        home.get_by_role("navigation", name="About").get_by_role("link", name="Quality").click()
        home.get_by_role("region", name="Coverage by field").get_by_role("row", name="Follow-up").get_by_role("link").last.click()
    home.locator("td.col-reason").first.wait_for()
    rows = [(row["case"], row["reason"]) for row in _table(home)]
    assert sorted(rows) == sorted(truth if way != "quality" else [row for row in truth if row[1] == rows[0][1]])
    home.get_by_role("link", name="angiosarcoma-pleura-2017/1").click()
    line = home.locator(".g-outcome dl > div", has=home.locator("dt", has_text="Follow-up"))
    assert line.locator("dd").inner_text() == "not reported"


@pytest.mark.parametrize("way", ["example", "case", "search"])
def test_what_does_the_source_say_of_this_patients_alk(home: Any, look: None, way: str) -> None:
    said = "ALK, desmin, S100, STAT6, CD23, IgG4 and IgG were negative"
    if way == "example":
        home.get_by_role("link", name="What does the report say of ALK").click()
        quotes = home.locator("td.col-quote a")
        assert "ALK gene was not rearranged" in quotes.all_inner_texts(), "the gene too, not only the stain"
        quote = quotes.first
        said = quote.inner_text()
        assert "ALK" in said
        quote.click()
    else:
        if way == "case":
            _menu(home, "Cases")
            home.get_by_label("Words of the report").fill("ALK lung")
            home.get_by_role("button", name="Narrow").click()
            home.locator("table.rows").get_by_role("link", name="imt-lung/1").click()
        else:
            home.locator("#bigfind").fill("ALK negative lung")
            home.get_by_role("button", name="Search").click()
            home.locator(".hitcase", has_text="54 years").get_by_role("link", name="inflammatory myofibroblastic tumor").click()
        home.locator(".chips a.value", has_text=re.compile("^ALK")).first.click()
    words = home.locator(".text mark.lit", has_text="ALK")
    words.first.wait_for()
    # Words that several stains share are cut where the next one begins.
    lit = "".join(home.locator(".text mark.lit").all_inner_texts())
    assert said in lit
    label = home.locator(".group dl > div", has=home.locator("a.value.lit")).first.locator("dt").inner_text()
    assert label == "Stains, negative" or way == "example"
    home.wait_for_timeout(700)  # the text scrolls to the words
    for seen in (words.first, home.locator("a.value.lit").first):
        place = seen.bounding_box()
        assert place and 0 <= place["y"] <= 900 - place["height"], "words and value are in view"


@pytest.mark.parametrize("way", ["example", "kind", "cases"])
def test_all_sarcomas_with_radiotherapy_as_a_spreadsheet(home: Any, asked: Any, look: None, tmp_path: Path, way: str) -> None:
    if way == "example":
        home.get_by_role("link", name="All cases of sarcoma with radiotherapy, as a spreadsheet").click()
    else:
        if way == "kind":
            home.locator(".ways").get_by_role("link", name=SARCOMA).click()
        else:
            _menu(home, "Cases")
            home.locator("#facet-tumour_group").get_by_role("link", name=SARCOMA).click()
        home.locator("#facet-radiotherapy").get_by_role("link", name="yes").click()
        home.locator("#facet-behaviour").get_by_role("link", name="malignant").click()
    truth = asked(IRRADIATED_SARCOMAS, SARCOMA)
    assert ("fibrosarcoma-arm-albenna/1", 60.0) in truth
    assert home.locator(".found").inner_text().startswith(f"{len(truth)} cases")
    with home.expect_download() as started:
        home.get_by_role("link", name="Spreadsheet (.xlsx)").click()
    started.value.save_as(tmp_path / "sarcomas.xlsx")
    names, *rows = openpyxl.load_workbook(tmp_path / "sarcomas.xlsx")["Rows"].iter_rows(values_only=True)
    heads = [str(name) for name in names]
    dose = next(place for place, name in enumerate(heads) if name.startswith("max dose (Gy)"))
    assert sorted((row[0], row[dose]) for row in rows) == truth
