"""What holds for every page, in a real browser: nothing complains, nothing fails to load, axe finds no fault, nothing hangs over the edge."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from corpus.dose_table import load_dose_table
from db import load, serve
from tests import db_fixtures
from tests.browsers import CONTRAST, NEEDED, SCREENSHOTS, served
from tests.page_list import ALL, OWN, TABLES

pytestmark = NEEDED
IMT = Path(__file__).parent.parent / "corpus" / "dose_tables" / "imt_radiotherapy.csv"
# Headings more than one level below the heading before them.
SKIPPED_LEVELS = """() => {
  const heads = [...document.querySelectorAll("h1, h2, h3, h4, h5")].filter(head => head.checkVisibility());
  return heads.filter((head, place) => +head.tagName[1] > (place ? +heads[place - 1].tagName[1] : 0) + 1).map(head => head.textContent);
}"""
# Tables with neither a caption nor a name of the region they stand in.
NAMELESS_TABLES = """() => [...document.querySelectorAll("table")]
  .filter(table => !table.caption && !table.closest("[role=region][aria-label]") && !table.closest(".text, .printed")).map(table => table.outerHTML.slice(0, 80))"""
# Buttons, fields and links of lists that a finger misses (WCAG 2.2, 2.5.8: 24 px); links within sentences and tables are excepted.
SMALL_TARGETS = """() => [...document.querySelectorAll("button, input, select, summary, textarea, nav a, .exports a, .tally a, .questions a, .crumb a")]
  .filter(one => one.checkVisibility() && !["hidden", "radio", "checkbox"].includes(one.type) && !one.closest(".unseen"))
  .filter(one => one.getBoundingClientRect().height < 23.5).map(one => one.outerHTML.slice(0, 100))"""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    database = db_fixtures.build(tmp_path_factory.mktemp("pages") / "casebook.db")
    connection = load.connect(database)
    load.store_dose_table(connection, load_dose_table(IMT))
    load.refresh_overview(connection)
    connection.close()
    with served(serve.make_datasette(database).app()) as address:
        yield address


@pytest.fixture(scope="module")
def axe() -> Any:
    """Deque's rules for pages that everybody can use."""
    return pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed").Axe()


def faults(axe: Any, page: Any) -> list[str]:
    """What axe finds that keeps readers out or slows them (moderate, serious, critical), with the element."""
    found = axe.run(page).response["violations"]
    return [f"{rule['id']}: {node['html'][:120]}" for rule in found if rule["impact"] != "minor" for node in rule["nodes"][:3]]


@pytest.mark.parametrize("path", dict.fromkeys((*ALL, *TABLES)))
def test_every_page_can_be_read_by_everybody(page: Any, address: str, axe: Any, path: str) -> None:
    """Wide and light, then narrow and dark: between them all that a style sheet can do wrong shows."""
    for width, scheme in ((1360, "light"), (390, "dark")):
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(address + path)
        page.wait_for_load_state("networkidle")
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=str(SCREENSHOTS / f"{re.sub(r'[^a-z0-9]+', '-', path.lower()).strip('-') or 'home'}-{width}-{scheme}.png"))
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"hangs over the edge at {width}"
        assert page.locator("h1").count() == 1
        assert page.evaluate(SKIPPED_LEVELS) == []
        assert page.evaluate(NAMELESS_TABLES) == []
        if width == 390:
            assert page.evaluate(SMALL_TARGETS) == []
        assert faults(axe, page) == []
        contrast, words = page.evaluate(CONTRAST, "main")
        assert contrast >= 4.5, words
        assert page.title() not in ("", "PWNED")


@pytest.mark.parametrize("path", OWN)
def test_no_page_of_ours_is_cut_off_at_the_edge_of_the_paper(page: Any, address: str, path: str) -> None:
    """A4 with margins of a centimetre is 718 px wide; on paper nothing can be scrolled."""
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 718, "height": 1000})
    page.goto(address + path)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("path", ["/compare", "/outcomes", "/markers", "/doses"])
def test_forms_fit_the_phone(page: Any, address: str, path: str) -> None:
    """No field is so narrow that its choice cannot be read, which a form of two columns within two columns was."""
    page.set_viewport_size({"width": 390, "height": 900})
    page.goto(address + path)
    widths = page.evaluate(
        "[...document.querySelectorAll('main .ask :is(select, input)')].map(field => field.getBoundingClientRect().width)"
    )
    assert min(widths) >= 140
