"""A curator at work: a real browser, the keyboard only, ten values, and what becomes of them in the database."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import casebook
from corpus.report import Report
from db import load, serve
from db.corrections import file
from db.review.app import PATH, make_app
from db.review.copy import private_copy
from db.review.guard import Door
from db.review.session import Session
from extract.record import Case
from tests import db_fixtures
from tests.browsers import CONTRAST, NEEDED, SCREENSHOTS, served

pytestmark = NEEDED


@contextmanager
def _reviewing(database: Path, page: Any) -> Iterator[tuple[str, Session]]:
    port = serve.free_port("127.0.0.1", None, 8001)
    session = Session(file.path_of(database), "Ada Curator")
    with private_copy(database) as copy, served(make_app(copy, session, Door("127.0.0.1", port)), port) as address:
        yield address, session
        page.goto("about:blank")  # what it still asks for would be refused once the server has ended


def _press(page: Any, key: str) -> None:
    """Press a key that leads to another value, and wait for it."""
    with page.expect_navigation():
        page.keyboard.press(key)


def test_ten_values_by_keyboard_are_kept_and_applied(page: Any, built: Path, tmp_path: Path) -> None:
    database = tmp_path / "casebook.db"
    shutil.copy(built, database)
    with _reviewing(database, page) as (address, session):
        page.goto(f"{address}{PATH}?field=age_years")
        assert page.locator(".text mark.lit").first.is_visible()
        _press(page, "a")
        _press(page, "Enter")
        page.keyboard.press("c")
        assert page.evaluate("document.activeElement.name") == "part-age_years"
        page.keyboard.type("33")  # in place of the number, which is selected
        _press(page, "Enter")
        page.keyboard.press("c")
        page.keyboard.type("99")
        page.keyboard.press("Escape")  # left as it was
        _press(page, "r")
        _press(page, "n")  # looked at, decided later
        _press(page, "ArrowLeft")
        _press(page, "n")
        for _ in range(4):
            _press(page, "a")
        _press(page, "u")  # the last one was wrong
        page.keyboard.press("c")
        page.keyboard.type("44")
        _press(page, "Enter")
        for _ in range(2):
            _press(page, "a")
        assert session.count == 10
        page.reload()
        assert page.locator(".progress strong").inner_text() == "10"
        _press(page, "p")
        assert "Accepted · Ada Curator" in page.locator(".message.done").inner_text()
    actions = [line.action for line in file.read(file.path_of(database))]
    assert actions == [
        "confirm",
        "confirm",
        "set",
        "clear",
        "confirm",
        "confirm",
        "confirm",
        "confirm",
        "withdraw",
        "set",
        "confirm",
        "confirm",
    ]
    result = CliRunner().invoke(casebook.main, ["build", "--database", str(database)])
    assert result.exit_code == 0, result.output
    _check_applied(page, database)


def _check_applied(page: Any, database: Path) -> None:
    with closing(sqlite3.connect(database)) as connection:
        reviews = dict(connection.execute("select review, count(*) from fact where field = 'age_years' group by 1"))
        ages = dict(connection.execute("select case_id, age_years from patient_case"))
        queued = "select count(*) from fact where field = 'age_years' and review = 'unreviewed'"
        assert connection.execute(queued).fetchone()[0] == len(ages) - 10
    assert (reviews["confirmed"], reviews["corrected"]) == (7, 2)
    lines = {line.case_id: line for line in file.read(file.path_of(database))}
    changed = {case for case, line in lines.items() if line.action == "set"}
    assert {ages[case] for case in changed} == {33.0, 44.0}
    assert [ages[case] for case, line in lines.items() if line.action == "clear"] == [None]
    port = serve.free_port("127.0.0.1", None, 8001)
    with served(serve.make_datasette(database).app(), port) as address:
        for case in changed:
            page.goto(f"{address}/casebook/patient_case/{case.replace('/', '~2F')}")
            shown = page.locator("section.g-patient").inner_text()
            assert f"{ages[case]:g} years" in shown
            assert "corrected" in shown


ASTRAL = "𝒜 note 😀 on one 54-year-old man, 😀 once more a 45-year-old man, as the letter says."


def test_words_that_are_marked_in_the_text(page: Any, tmp_path: Path) -> None:
    database = _one_case(tmp_path / "casebook.db", ASTRAL)
    with _reviewing(database, page) as (address, _):
        page.goto(f"{address}{PATH}?field=age_years")
        page.evaluate("""() => {
          const walker = document.createTreeWalker(document.querySelector("[data-text]"), NodeFilter.SHOW_TEXT);
          while (walker.nextNode()) {
            const at = walker.currentNode.data.indexOf("45-year-old man");
            if (at >= 0) getSelection().setBaseAndExtent(walker.currentNode, at, walker.currentNode, at + 15);
          }
        }""")
        page.keyboard.press("w")
        assert page.locator("[data-marked]").inner_text() == "Its words: “45-year-old man”"
        assert page.locator("[data-start]").get_attribute("value") == str(ASTRAL.index("45-year-old"))
        page.keyboard.type("45")
        _press(page, "Enter")
        (line,) = file.read(file.path_of(database))
        assert (line.value, line.words) == (45.0, "😀 on one 54-year-old man, 😀 once more a ⟦45-year-old man⟧, as the letter says.")


def _one_case(path: Path, text: str) -> Path:
    report = Report("astral", text)
    note = db_fixtures.Notes(text, [])
    note("age_years", "54-year-old")
    note("sex", "man")
    record = db_fixtures.record_of(report, "case_report", (Case("1", age_years=54.0, sex="male"),), note)
    with closing(load.connect(path, is_partial=True)) as connection:
        load.start_run(connection, "run-1", "tests", db_fixtures.PIPELINE)
        load.store(connection, report, record, "run-1")
        load.finish_run(connection, "run-1")
        load.refresh_overview(connection)
    return path


def test_a_correction_in_conflict_is_kept_by_one_key(page: Any, tmp_path: Path) -> None:
    database = _one_case(tmp_path / "casebook.db", ASTRAL)
    evil = "<img src=x onerror=alert(1)>"
    with closing(sqlite3.connect(database)) as connection, connection:
        row = ("astral", 1, "astral/1", "age_years", "set", "conflict", evil, 1, "45.0", "53.0", "54.0", None, evil, "2026-11-20", evil)
        connection.execute(f"insert into correction values ({', '.join('?' * len(row))})", row)
    with _reviewing(database, page) as (address, _):
        page.goto(f"{address}{PATH}")
        assert evil in page.locator(".message.conflict").inner_text()
        _press(page, "k")
        page.wait_for_load_state("networkidle")
    (line,) = file.read(file.path_of(database))
    assert (line.action, line.was, line.value, line.curator) == ("set", 54.0, 45.0, "Ada Curator")


def test_a_key_that_is_held_decides_one_value(page: Any, tmp_path: Path) -> None:
    database = db_fixtures.build(tmp_path / "casebook.db")
    with _reviewing(database, page) as (address, session):
        page.goto(address + PATH)
        page.keyboard.down("a")
        for _ in range(5):  # the system repeats it
            page.keyboard.down("a")
        page.keyboard.up("a")
        page.wait_for_url("**at=2")
        page.wait_for_load_state("networkidle")
        assert session.count == 1


def test_without_its_script_the_page_works(browser: Any, tmp_path: Path) -> None:
    database = db_fixtures.build(tmp_path / "casebook.db")
    page = browser.new_page(java_script_enabled=False)
    with _reviewing(database, page) as (address, session):
        page.goto(address + PATH)
        page.get_by_role("button", name="Accept").click()
        page.locator("summary", has_text="Change").click()
        page.locator("form button", has_text="Save").click()  # nothing was changed
        assert "Nothing was written" in page.locator("[role=alert]").inner_text()
        page.locator(".actions button[value=reject]").click()
        assert session.count == 2
    page.close()


@pytest.mark.parametrize("width", [1360, 1000, 390], ids=["wide", "middle", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_and_can_be_read(page: Any, tmp_path: Path, width: int, scheme: str) -> None:
    database = db_fixtures.build(tmp_path / "casebook.db")
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 850})
    with _reviewing(database, page) as (address, _):
        page.goto(address + PATH)
        page.locator("summary", has_text="Change").click()
        page.wait_for_load_state("networkidle")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        contrast, word = page.evaluate(CONTRAST, "main")
        assert contrast >= 4.5, word
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=str(SCREENSHOTS / f"review-{width}-{scheme}.png"))
