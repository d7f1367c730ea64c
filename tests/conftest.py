"""What many tests need once: the pipeline, the database of the project's own reports, and a browser."""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from datasette.app import Datasette

import casebook
from extract import pipeline as extraction
from tests import browsers


@pytest.fixture(scope="module", autouse=True)
def _sites_end() -> Iterator[None]:
    """Close the databases of the sites that the tests of a module opened.

    A Datasette that answered once is never thrown away, with its threads and their connections; and the guard bounds SQLite's memory
    for the process, in which all tests run.
    """
    opened: list[weakref.ref[Datasette]] = []
    usual = Datasette.__init__

    def noted(site: Datasette, *given: Any, **named: Any) -> None:
        opened.append(weakref.ref(site))
        usual(site, *given, **named)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Datasette, "__init__", noted)
        yield
    for site in filter(None, (one() for one in opened)):
        if site.executor is not None:
            site.executor.shutdown()
        for database in site.databases.values():
            database.close()


@pytest.fixture(scope="session")
def pipeline() -> extraction.Pipeline:
    """The pipeline, built once for all tests, the command line's own included."""
    return casebook._pipeline()


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory, pipeline: extraction.Pipeline) -> Path:
    """The database as `casebook build` makes it of what comes with the project. Copy it before writing to it."""
    database = tmp_path_factory.mktemp("built") / "casebook.db"
    result = CliRunner().invoke(casebook.main, ["build", "--database", str(database)])
    assert (result.exit_code, result.stderr) == (0, ""), result.output
    return database


@pytest.fixture(scope="module")  # while it is there, no other test of the session could run a loop of its own
def browser() -> Iterator[Any]:
    """The system's chromium, driven by playwright."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=browsers.CHROMIUM, args=browsers.FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """A page that fails the test on whatever goes wrong in it."""
    with browsers.watched(browser) as page:
        yield page
