"""The site in a real browser: a value lights up its words, nothing fails to load, nothing complains."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from corpus.dose_table import load_dose_table
from db import load, serve
from tests import db_fixtures

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SCREENSHOTS = Path(__file__).parent.parent / "build" / "screenshots"
IMT = Path(__file__).parent.parent / "corpus" / "dose_tables" / "imt_radiotherapy.csv"
CASE = "/casebook/patient_case/lung-imt~2F1"
PAGES = {
    "home": "/",
    "cases": "/casebook/case_overview",
    "case": CASE,
    "report": "/casebook/report/markup",
    "search": "/casebook/search?q=resection",
    "question": "/casebook/marker_profile?marker_1=SMA&result_1=positive",
    "tables": "/casebook",
    "sql": "/casebook?sql=select+*+from+patient_case",
    "doses": "/doses?measure=total",
    "row": "/casebook/ihc_result/lung-imt~2F1,1",
}

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed (apt-get install chromium)")


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    import uvicorn

    database = db_fixtures.build(tmp_path_factory.mktemp("browser") / "casebook.db")
    connection = load.connect(database)
    load.store_dose_table(connection, load_dose_table(IMT))
    load.refresh_overview(connection)
    connection.close()
    app = serve.make_datasette(database).app()
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning", lifespan="on"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until = time.monotonic() + 20
    while not server.started and time.monotonic() < until:
        time.sleep(0.05)
    assert server.started
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(10)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """A page that fails the test on a console message, an uncaught error, or a request that fails or leaves the site."""
    page = browser.new_page(viewport={"width": 1360, "height": 900})
    faults: list[str] = []
    page.on("console", lambda message: faults.append(f"console: {message.text}"))
    page.on("pageerror", lambda error: faults.append(f"error: {error}"))
    page.on("requestfailed", lambda request: faults.append(f"failed: {request.url}"))
    page.on(
        "response",
        lambda answer: faults.append(f"{answer.status}: {answer.url}") if answer.status >= 400 else None,
    )
    page.on(
        "request",
        lambda request: None if "127.0.0.1" in request.url else faults.append(f"outside: {request.url}"),
    )
    yield page
    page.close()
    assert faults == []


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
