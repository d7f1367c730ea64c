"""The site in a real browser: a value lights up its words, nothing fails to load, nothing complains."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from corpus.dose_table import load_dose_table
from db import draft, load, serve
from tests import db_fixtures
from tests.browsers import CONTRAST, NEEDED, SCREENSHOTS, served

IMT = Path(__file__).parent.parent / "corpus" / "dose_tables" / "imt_radiotherapy.csv"
CASE = "/casebook/patient_case/lung-imt~2F1"
PAGES = {
    "home": "/",
    "cases": "/casebook/case_overview",
    "case": CASE,
    "report": "/casebook/report/markup",
    "search": "/search?q=resection",
    "question": "/casebook/marker_profile?marker_1=SMA&result_1=positive",
    "tables": "/casebook",
    "sql": "/casebook?sql=select+*+from+patient_case",
    "doses": "/doses?measure=total",
    "row": "/casebook/ihc_result/lung-imt~2F1,1",
}
PAPER_PAGES = {
    "paper": "/casebook/report/paper",
    "paper-case": "/casebook/patient_case/paper~2F1",
    "paper-tables": "/casebook/report_table",
}


pytestmark = NEEDED


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    database = db_fixtures.build(tmp_path_factory.mktemp("browser") / "casebook.db")
    connection = load.connect(database)
    load.store_dose_table(connection, load_dose_table(IMT))
    load.refresh_overview(connection)
    connection.close()
    yield from _serving(database)


@pytest.fixture(scope="module")
def paper(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a site that holds a paper with sections, a table and pages."""
    yield from _serving(db_fixtures.build_paper(tmp_path_factory.mktemp("paper") / "casebook.db"))


def _serving(database: Path) -> Iterator[str]:
    with served(serve.make_datasette(database).app()) as address:
        yield address


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a site with its history beside it: a run that stored three reports and a table, and one that read one otherwise."""
    database = tmp_path_factory.mktemp("history") / "casebook.db"
    for run_id, age in (("000001", 54.0), ("000002", 55.0)):
        with draft.replacement(database, draft.identity(database), starts_empty=False) as connection:
            load.start_run(connection, run_id, "add")
            for report, record in (db_fixtures.lung(), db_fixtures.markup()):
                cases = tuple(replace(case, age_years=age, ihc=case.ihc[: int(age) - 53]) for case in record.cases)
                load.store(connection, report, replace(record, cases=cases), run_id)
            table = replace(load_dose_table(IMT), id="long-name-of-a-table-" * 3, title=f"{age}")
            load.store_dose_table(connection, table, run_id)
            load.note_failure(connection, run_id, "a-file-with-a-very-long-name-" * 4 + ".pdf", "no text on its pages; wanted one " * 4)
            load.finish_run(connection, run_id, 3, 1.0)
    yield from _serving(database)


@pytest.mark.parametrize("path", ["/-/runs", "/-/runs/1", "/-/runs/2"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1360, 390], ids=["wide", "phone"])
def test_the_pages_of_runs_fit_and_can_be_read(page: Any, history: str, path: str, width: int, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(history + path)
    page.wait_for_load_state("networkidle")
    page.evaluate("document.querySelectorAll('details').forEach(details => { details.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    contrast, words = page.evaluate(CONTRAST, "main")
    assert contrast >= 4.5, words
    assert page.title() != "PWNED"


def test_from_the_list_of_runs_to_a_case_that_one_moved(page: Any, history: str) -> None:
    page.goto(history)
    page.locator("footer a", has_text="Runs").click()
    page.locator("td a", has_text="run 2").click()
    moved = page.locator("article.changed", has_text="age_years").first
    assert moved.locator(".before").inner_text().startswith("before 54 years")
    assert moved.locator(".after").inner_text().startswith("after 55 years")
    sides = [side.bounding_box() for side in moved.locator(".sides > div").all()]
    assert sides[0]["y"] == sides[1]["y"], "before and after stand side by side"
    moved.locator("a").click()
    assert page.locator("h1").first.is_visible()
    assert "patient_case" in page.url


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("width", [1360, 390], ids=["wide", "phone"])
def test_pages_load_and_fit(page: Any, address: str, name: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(address + PAGES[name])
    page.wait_for_load_state("networkidle")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.title() != "PWNED"
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=str(SCREENSHOTS / f"{name}-{'phone' if width < 600 else 'wide'}.png"))


def test_dark_is_dark(page: Any, address: str) -> None:
    page.emulate_media(color_scheme="dark")
    page.goto(address + CASE)
    colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert max(int(part) for part in colour[4:-1].split(",")) < 60
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=str(SCREENSHOTS / "case-dark.png"))


def test_a_click_on_a_value_lights_its_words(page: Any, address: str) -> None:
    page.goto(address + CASE)
    value = page.locator("a.value", has_text="54 Gy in 27 fractions of 2 Gy")
    value.click()
    assert page.locator(".text mark.lit").all_inner_texts() == [
        "38 Gy in 19 fractions and a boost of 16 Gy in 8 fractions",
        "54 Gy in 27 fractions",
    ]
    first = page.url.split("#")[1]
    assert page.locator(f".text #{first} + mark").inner_text() == "54 Gy in 27 fractions"
    value.click()  # again: to the next place that says so
    assert page.url.split("#")[1] != first
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=str(SCREENSHOTS / "case-lit.png"))


def test_a_click_on_words_leads_to_the_value(page: Any, address: str) -> None:
    page.goto(address + CASE)
    page.locator(".text mark", has_text="cisplatin").click()
    lit = page.locator("a.value.lit")
    assert lit.count() == 1
    assert "cisplatin" in lit.inner_text()


def test_on_a_phone_a_button_leads_back_from_the_words_to_the_value(page: Any, address: str) -> None:
    page.goto(address + CASE)
    value, back = page.locator("a.value", has_text="54 Gy").first, page.get_by_role("button", name="Back to the value")
    value.click()
    assert back.is_hidden(), "text and values stand side by side"
    page.set_viewport_size({"width": 390, "height": 500})
    value.click()
    place = page.locator(".text mark.lit").first.bounding_box()
    assert 0 <= place["y"] <= 500
    back.click()
    place = value.bounding_box()
    assert 0 <= place["y"] <= 500 and back.is_hidden()
    assert page.evaluate("document.activeElement.textContent").startswith("54 Gy")


@pytest.mark.parametrize("width", [1360, 390])
def test_back_leads_to_where_one_was_on_the_page(page: Any, address: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 500})
    page.goto(f"{address}/casebook/case_overview")
    page.goto(address + CASE)
    first, second = page.locator(".values a.value").nth(1), page.locator(".g-outcome a.value").first
    first.scroll_into_view_if_needed()
    page.wait_for_timeout(200)
    where = "[scrollY, document.querySelector('.reader').scrollTop]"
    places = [page.evaluate(where)]
    first.click()
    page.wait_for_timeout(700)  # the page scrolls to the words
    opened = page.url
    second.scroll_into_view_if_needed()
    page.wait_for_timeout(700)
    places.append(page.evaluate(where))
    second.click()
    page.wait_for_timeout(700)
    for place, url, lit in ((places[1], opened, 1), (places[0], address + CASE, 0)):
        page.go_back()
        page.wait_for_timeout(700)
        assert page.url == url
        assert page.evaluate(where) == pytest.approx(place, abs=3)
        assert min(page.locator(".text mark.lit").count(), 1) == lit
    page.go_forward()
    page.wait_for_timeout(200)
    assert page.url == opened and page.locator(".text mark.lit").count()
    page.go_back()
    page.go_back()
    assert page.url == f"{address}/casebook/case_overview", "and then to the page before"


def test_the_address_of_a_value_opens_on_it(page: Any, address: str) -> None:
    page.goto(f"{address}{CASE}#ev-0")
    assert page.locator(".text mark.lit").all_inner_texts() == ["54-year-old"]
    assert page.locator("a.value.lit").inner_text() == "54 years"


def test_words_passed_over_are_shown_on_demand(page: Any, address: str) -> None:
    page.goto(address + CASE)
    page.locator("details.passedover summary").click()
    page.locator(".passedover a.value", has_text="colon cancer").click()
    assert page.locator(".text mark.passed.lit").inner_text() == "colon cancer"


def test_narrowing_by_a_facet(page: Any, address: str) -> None:
    page.goto(address + "/casebook/case_overview")
    page.locator("#facet-histology a", has_text="leiomyosarcoma").click()
    assert page.locator("table.rows tbody tr").count() == 2
    page.locator("table.rows a", has_text="markup/2").first.click()
    assert page.locator("h1").inner_text().lower().startswith("leiomyosarcoma")


def test_doses_are_chosen_drawn_and_opened(page: Any, address: str) -> None:
    page.goto(address + "/doses")
    assert page.locator("svg.doses a").count() == 6
    page.get_by_label("Dose", exact=True).select_option("total")
    page.locator("#d-site").select_option("bones of skull and trunk (C41)")
    page.get_by_role("button", name="Show").click()
    assert page.locator("svg.doses a").count() == page.locator("#dose-rows tbody tr").count() == 3
    sizes = page.locator("svg.doses a .dot").evaluate_all("dots => dots.map(dot => dot.getBBox().width)")
    assert max(sizes) > 2 * min(sizes)  # six patients, and one
    page.goto(address + "/doses")
    page.get_by_role("link", name="lung-imt/1; inflammatory").click()
    assert page.url == address + CASE


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1360, 390], ids=["wide", "phone"])
def test_the_drawing_of_doses_can_be_read(page: Any, address: str, width: int, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(address + "/doses?measure=total")
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=str(SCREENSHOTS / f"doses-{'phone' if width < 600 else 'wide'}-{scheme}.png"), full_page=True)
    texts = page.locator("svg.doses .grid text")
    sizes = texts.evaluate_all(
        "texts => texts.map(text => { const box = text.getBoundingClientRect(); return Math.min(box.width, box.height); })"
    )
    assert min(sizes) > 5
    frame = page.locator("svg.doses").bounding_box()
    for box in (texts.nth(number).bounding_box() for number in range(texts.count())):
        assert frame["x"] - 1 <= box["x"]
        assert box["x"] + box["width"] <= frame["x"] + frame["width"] + 1
    fills = page.locator("svg.doses .dot").evaluate_all("dots => dots.map(dot => getComputedStyle(dot).fill)")
    paper = page.evaluate("getComputedStyle(document.querySelector('.plot')).backgroundColor")
    assert fills.count(paper) == 1  # the ring of the row whose outcome is not told; no other is without a colour


def test_doses_in_print(page: Any, address: str) -> None:
    page.emulate_media(media="print")
    page.goto(address + "/doses")
    assert not page.locator("form.ask").is_visible()
    assert page.locator("svg.doses").is_visible()
    assert page.locator("#dose-rows tbody tr").last.is_visible()


@pytest.mark.parametrize("name", PAPER_PAGES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1360, 390], ids=["wide", "phone"])
def test_the_pages_of_a_paper_fit_and_can_be_read(page: Any, paper: str, name: str, width: int, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(paper + PAPER_PAGES[name])
    page.wait_for_load_state("networkidle")
    page.evaluate("document.querySelectorAll('details').forEach(details => { details.open = true; })")
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=str(SCREENSHOTS / f"{name}-{'phone' if width < 600 else 'wide'}-{scheme}.png"), full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    contrast, words = page.evaluate(CONTRAST, "main")
    assert contrast >= 4.5, words


@pytest.mark.parametrize(
    ("value", "words", "inside"),
    [
        ("female", "woman", "h3"),
        ("Vimentin", "positive for vimentin", "p.look-caption"),
        ("CD34", "negative", "td"),
        ("yes", "removed in March", "p"),
    ],
)
def test_words_in_every_part_of_a_paper_light_up_both_ways(page: Any, paper: str, value: str, words: str, inside: str) -> None:
    page.goto(paper + PAPER_PAGES["paper-case"])
    shown = page.locator("a.value", has=page.locator("span", has_text=value)).first
    shown.click()
    assert page.locator(f".text {inside} mark.lit").all_inner_texts() == [words]
    assert page.locator(".text mark.lit").bounding_box() is not None
    page.goto(paper + PAPER_PAGES["paper-case"])
    page.locator(f".text {inside} mark", has_text=words).click()
    assert value in page.locator("a.value.lit").first.inner_text()


def test_the_words_of_two_cells_light_up_as_one(page: Any, paper: str) -> None:
    page.goto(paper + PAPER_PAGES["paper-case"])
    page.locator("a.value", has_text="SMA").click()
    assert page.locator(".text td mark.lit").all_inner_texts() == ["SMA", "positive"]


def test_a_text_is_copied_as_it_is_seen(page: Any, paper: str) -> None:
    report, _ = db_fixtures.paper()
    page.goto(paper + PAPER_PAGES["paper"])
    assert page.evaluate("document.querySelector('[data-text]').textContent") == report.text
    page.evaluate("getSelection().selectAllChildren(document.querySelector('[data-text]'))")
    copied = page.evaluate("getSelection().toString()")
    assert "Marker\tMaker\tResult\nSMA\t\tpositive\n" in copied
    assert "nodule of 1.2 cm.\n\nThe nodule lay below the nail. It was removed in March.\n\nTable 1. Stains" in copied
    assert " | " not in copied


def test_the_outline_leads_into_the_text(page: Any, paper: str) -> None:
    page.set_viewport_size({"width": 390, "height": 500})
    page.goto(paper + PAPER_PAGES["paper"])
    page.locator(".outline summary").click()
    page.locator(".outline a", has_text="Follow-up").click()
    heading = page.locator(".text h3", has_text="Follow-up")
    assert 0 <= heading.bounding_box()["y"] <= 500
    page.locator(".printed summary").click()
    page.locator(".printed a").click()
    assert 0 <= page.locator(".text p", has_text="Table 1. Stains").bounding_box()["y"] <= 500
