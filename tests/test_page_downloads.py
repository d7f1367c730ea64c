"""The page of downloads in a real browser, with the files of an export beside it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from db import export, serve
from db.pages.downloads import size
from tests import db_fixtures
from tests.browsers import CONTRAST, NEEDED, served
from tests.test_all_pages import axe, faults  # noqa: F401  (a fixture)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = db_fixtures.build(tmp_path_factory.mktemp("downloads") / "casebook.db")
    export.export(path, export.folder_of(path))
    return path


@pytest.fixture(scope="module")
def address(database: Path) -> Iterator[str]:
    with served(serve.make_datasette(database).app()) as address:
        yield address


@NEEDED
@pytest.mark.parametrize(("width", "scheme"), [(1360, "light"), (390, "dark")])
def test_files_are_listed_for_everybody(page: Any, address: str, axe: Any, width: int, scheme: str) -> None:  # noqa: F811
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{address}/downloads")
    page.locator("summary", has_text="Single tables").click()
    assert page.locator("table.downloads tbody tr").count() > 40
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.locator("td.filename").first.bounding_box()["width"] < width / 2
    assert faults(axe, page) == []
    contrast, words = page.evaluate(CONTRAST, "main")
    assert contrast >= 4.5, words


@NEEDED
def test_a_click_brings_the_file(browser: Any, address: str, database: Path, tmp_path: Path) -> None:
    page = browser.new_page()  # not a watched one: to chromium, an address that turns out to be a file is one that failed
    page.goto(address)
    page.locator("footer").get_by_role("link", name="Downloads").click()
    with page.expect_download() as waiting:
        page.get_by_role("link", name="casebook.db.gz").click()
    assert waiting.value.suggested_filename == "casebook.db.gz"
    waiting.value.save_as(tmp_path / "got")
    assert (tmp_path / "got").read_bytes() == (export.folder_of(database) / "casebook.db.gz").read_bytes()
    page.close()


@pytest.mark.parametrize(
    ("n_bytes", "words"),
    [(0, "0 bytes"), (999, "999 bytes"), (1000, "1.0 kB"), (999_949, "999.9 kB"), (999_951, "1.0 MB"), (2_203_648, "2.2 MB"), (27 * 10**11, "2700.0 GB")],
)  # fmt: skip
def test_sizes(n_bytes: int, words: str) -> None:
    assert size(n_bytes) == words
