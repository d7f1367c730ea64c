"""A suggested correction: the command and the line that the page makes do to a database what the reader meant."""

from __future__ import annotations

import asyncio
import re
import shlex
from collections.abc import Callable, Iterator
from contextlib import closing
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

import pytest
from click.testing import CliRunner

import casebook
from db import load, serve
from db.corrections import file
from db.corrections.overlay import lay
from db.pages.contact import contact_url
from tests import db_fixtures
from tests.browsers import NEEDED, served

Ask = Callable[..., str]
CASE = {"case": "lung-imt/1"}


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return db_fixtures.build(tmp_path / "casebook.db")


@pytest.fixture
def ask(database: Path) -> Iterator[Ask]:
    """Ask for the page; return its HTML."""
    datasette = serve.make_datasette(database)
    loop = asyncio.new_event_loop()
    loop.run_until_complete(datasette.invoke_startup())

    def page(status: int = 200, **asked: str) -> str:
        answer = loop.run_until_complete(
            datasette.client.get("/suggest?" + urlencode({name.replace("part_", "part-"): value for name, value in asked.items()}))
        )
        assert answer.status_code == status
        return str(answer.text)

    yield page
    loop.close()


def made(html: str) -> tuple[str, str]:
    """The command and the lines on a page."""
    found = [re.search(rf'<pre id="{name}"[^>]*>(.*?)</pre>', html, re.DOTALL) for name in ("command", "line")]
    assert all(found), re.sub(r"<[^>]+>", " ", html[html.index("<main") :])
    return unescape(found[0][1]), unescape(found[1][1])  # type: ignore[index]


def stands(database: Path, corrections: tuple[file.Correction, ...], field: str) -> list[str]:
    """The values of a field after corrections were laid over what was read."""
    report, record = db_fixtures.lung()
    laid = lay(record, report, corrections)
    with closing(load.connect(database)) as connection:
        load.store(connection, report, laid.record, "run", ruled=laid.ruled)
        rows = connection.execute("select value from fact where case_id = 'lung-imt/1' and field = ? order by number", (field,)).fetchall()
    return [value for (value,) in rows]


SUGGESTED = {
    "a number": ("age_years", {"part_age_years": "55"}, ["55 years"]),
    "a choice": ("sex", {"part_sex": "female"}, ["female"]),
    "a truth": ("recurrence", {"part_recurrence": "true"}, ["yes"]),
    "a state": ("status", {"part_status": "AWD"}, ["alive with disease"]),
    "a lower bound": ("follow_up_months", {"part_follow_up_months": "24", "part_is_minimum": "true"}, ["at least 24 months (2 years)"]),
    "taken away": ("size_cm", {"action": "clear"}, []),
    "confirmed": ("size_cm", {"action": "confirm"}, ["7.2 cm"]),
    "a code by its name": ("histology", {"part_name": "leiomyosarcoma", "part_morphology": "8825/1"}, ["leiomyosarcoma · 8890/3"]),
    "a stain's result": (
        "ihc", {"number": "3", "part_marker": "ALK", "part_result": "positive", "part_percent": "30"},
        ["SMA: positive", "Vimentin: positive", "ALK: positive · 30 %", "Desmin: negative", "CD138: other cells · plasma cells"],
    ),
    "a stain that is none": (
        "ihc", {"number": "4", "action": "clear"},
        ["SMA: positive", "Vimentin: positive", "ALK: negative", "CD138: other cells · plasma cells"],
    ),
    "a part that is emptied": (
        "drugs", {"number": "1", "part_name": "cisplatin", "part_dose": "40 mg", "part_schedule": "", "part_cycles": "5"},
        ["cisplatin · 40 mg · 5 cycles"],
    ),
    "one more of a list": (
        "metastases", {"part_name": "liver", "words": "a mass of 7.2 cm in the right upper lobe"}, ["liver · C22"],
    ),
    "a single value that was not read": ("ki67_percent", {"part_ki67_percent": "12", "words": "CT showed a mass"}, ["12 %"]),
    "a dose": (
        "radiotherapy",
        {"number": "1", "part_total_dose_gy": "60", "part_fractions": "30", "part_dose_per_fraction_gy": "2", "part_technique": "IMRT",
         "part_concurrent_drugs": "cisplatin", "part_duration_weeks": "5.5"},
        ["60 Gy in 30 fractions of 2 Gy · IMRT · with cisplatin · over 5.5 weeks"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", SUGGESTED)
def test_command_and_line_do_what_the_reader_meant(ask: Ask, database: Path, what: str) -> None:
    field, typed, expected = SUGGESTED[what]
    asked = {"action": "set", "who": "A. Reader", "why": 'it\'s "so" & $HOME; -x', **CASE, **typed}
    command, lines = made(ask(field=field, **asked))
    # The line, as its page shows it, is a file of corrections.
    by_line = database.with_name("line.csv")
    by_line.write_text(lines, encoding="utf-8")
    from_line = file.read(by_line)
    # The command, as a shell takes it apart, writes the same.
    words = shlex.split(command)
    assert words[:2] == ["casebook", "correct"]
    by_command = database.with_name("command.csv")
    done = CliRunner().invoke(casebook.main, [*words[1:], "--database", str(database), "--corrections", str(by_command)])
    assert done.exit_code == 0, done.output
    from_command = file.read(by_command)
    assert [(x.field, x.action, x.was, x.value, x.words, x.curator, x.why) for x in from_command] == [
        (x.field, x.action, x.was, x.value, x.words, x.curator, x.why) for x in from_line
    ]
    assert from_line[0].curator == "A. Reader"
    assert from_line[0].why == 'it\'s "so" & $HOME; -x'
    assert stands(database, from_line, field) == expected


@pytest.mark.parametrize(
    ("field", "typed", "wrong"),
    [
        ("age_years", {"part_age_years": "many"}, "a number"),
        ("age_years", {"part_age_years": "400"}, "between 0 and 120"),
        ("age_years", {"part_age_years": ""}, "Found no value, wanted one (“it is none” says that there is none)."),
        ("ki67_percent", {"part_ki67_percent": "", "words": "CT showed a mass"}, "Found no value, wanted one."),
        ("histology", {}, "as it stands"),
        ("histology", {"part_name": "Inflammatory Myofibroblastic Tumor"}, "as it stands"),
        ("histology", {"part_name": "INFLAMMATORY myofibroblastic tumor", "words": "CT showed a mass"}, "as it stands"),
        ("age_years", {"part_age_years": "54"}, "as it stands"),
        ("sex", {"part_sex": "<b>maybe</b>"}, "&#39;male&#39;, &#39;female&#39;"),
        ("histology", {"part_name": "no such tumour", "part_morphology": ""}, "is in no vocabulary"),
        ("ki67_percent", {"part_ki67_percent": "12"}, "without words"),
        ("ki67_percent", {"part_ki67_percent": "12", "words": "an ocelot"}, "not in the text"),
        ("metastases", {"part_name": "liver", "words": "A"}, "several places"),
        ("age_years", {"part_age_years": "55", "who": " "}, "who says so"),
        ("age_years", {"action": "burn"}, "wanted one of: set, confirm, clear"),
    ],
)
def test_what_is_wrong_is_said(ask: Ask, field: str, typed: dict[str, str], wrong: str) -> None:
    html = ask(field=field, **{"action": "set", "who": "A. Reader", **CASE, **typed})
    message = re.search(r'<p class="message error" role="alert">(.*?)</p>', html, re.DOTALL)
    assert message
    assert wrong in message[1]
    assert "<b>maybe" not in html
    assert '<pre id="command"' not in html


def test_the_form_shows_the_value_its_words_and_choices(ask: Ask) -> None:
    html = ask(field="ihc", number="3", **CASE)
    assert "ALK: negative" in html
    assert "“ALK and desmin were negative”" in html
    assert '<option value="negative" selected>negative</option>' in html
    assert '<option value="other_cells">other cells</option>' in html
    assert "#ihc-3" in html
    empty = ask(field="ki67_percent", **CASE)
    assert "not reported" in empty
    assert "not stated" in empty
    assert "it is right" not in empty  # there is nothing to confirm


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"case": "", "field": ""}, "Found no case, wanted a value as its page names it: ?case=imt-lung/1&field=age_years"),
        ({"case": "nobody/1"}, "There is no case 'nobody/1' here"),
        ({"case": "<b>" + "x" * 500}, f"There is no case '<b>{'x' * 77}' here"),
        ({"field": ""}, "Found no field, wanted one of: age_years, sex, size_cm,"),
        ({"field": "shoe_size"}, "Found the field 'shoe_size', wanted one of: age_years, sex, size_cm,"),
        ({"field": "case"}, "Found the field 'case', wanted one of: age_years, sex, size_cm,"),
        ({"field": "ihc", "number": "99"}, "Found the number '99', wanted a number up to 5: lung-imt/1 has 5 of ihc"),
        ({"field": "metastases", "number": "1"}, "Found the number '1', wanted none: lung-imt/1 has 0 of metastases"),
        ({"number": "x"}, "Found the number 'x', wanted a number up to 1: lung-imt/1 has 1 of age_years"),
        ({"number": "2"}, "Found the number '2', wanted a number up to 1: lung-imt/1 has 1 of age_years"),
    ],
)
def test_what_is_not_there_has_no_page_and_the_answer_says_what_there_is(ask: Ask, asked: dict[str, str], said: str) -> None:
    html = ask(404, **{"field": "age_years", **CASE, **asked})
    message = re.search(r'<p class="message error">(.*?)</p>', html, re.DOTALL)
    assert message
    assert unescape(message[1]).startswith(said)
    assert "<b>x" not in html


def test_what_is_typed_is_echoed_escaped_and_bounded(ask: Ask) -> None:
    evil = "\"><script>document.title='PWNED'</script>"
    html = ask(field="age_years", action="set", part_age_years=evil, why=evil, words=evil, who=evil + "x" * 5000, **CASE)
    assert "<script>document" not in html
    assert "x" * 101 not in html
    spreadsheet = made(ask(field="age_years", action="set", part_age_years="55", who="=1+1", why="@SUM(A1)", **CASE))[1]
    assert ",'@SUM(A1),'=1+1," in spreadsheet


def test_a_suggestion_is_sent_where_the_site_says(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    typed = {"field": "age_years", "action": "set", "part_age_years": "55", "who": "Ä & Ö", "why": "50% = ?", **CASE}
    assert "mailto:" not in ask(**typed)
    # Each time another address, as a slow answer is kept; the page does not ask for a size.
    monkeypatch.setenv("CASEBOOK_CONTACT", "curators@example.org")
    address = unescape(re.search(r'href="(mailto:[^"]+)"', ask(**typed, size="1"))[1])  # type: ignore[index]
    assert urlsplit(address).path == "curators@example.org"
    told = {name: unquote(value) for name, value in (part.split("=", 1) for part in urlsplit(address).query.split("&"))}
    assert told["subject"] == "Casebook: lung-imt/1, age"
    assert "http://localhost/casebook/patient_case/lung-imt~2F1" in told["body"]
    assert "Suggested by Ä & Ö" in told["body"]
    assert "--set=55" in told["body"]
    monkeypatch.setenv("CASEBOOK_CONTACT", "https://example.org/casebook/issues/new")
    address = unescape(re.search(r'class="button" href="(https:[^"]+)"', ask(**typed, size="2"))[1])  # type: ignore[index]
    assert parse_qs(urlsplit(address).query)["title"] == ["Casebook: lung-imt/1, age"]


def test_addresses_of_contacts_are_bounded_and_nothing_else() -> None:
    for length in (10, 1000, 20_000):
        for contact in ("a@example.org", "https://example.org/issues/new"):
            address = contact_url(contact, "s" * length, "ä\n" * length)
            assert address
            assert len(address) <= 1800
            assert ("cut" in unquote(address)) == (length > 100)
    for wrong in (
        "",
        "javascript:alert(1)",
        "http://example.org/issues",
        "a@b@c.org",
        "a@example.org?cc=x@example.org",
        "https://u:p@example.org/x",
    ):
        assert contact_url(wrong, "s", "b") is None, wrong


@NEEDED
def test_from_the_value_to_the_line(page: Any, database: Path) -> None:
    with served(serve.make_datasette(database).app()) as address:
        page.goto(f"{address}/casebook/patient_case/lung-imt~2F1")
        page.focus("#ihc-3 a.value")
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "Suggest a correction: Stains, negative ALK"
        page.keyboard.press("Enter")
        page.wait_for_url("**/suggest?*")
        page.select_option("select[name=part-result]", "positive")
        page.fill("input[name=who]", "A. Reader")
        page.click("text=Make the lines")
        page.wait_for_selector("#command")
        assert page.inner_text("#command") == "casebook correct lung-imt/1 ihc --item=3 '--set={\"result\": \"positive\"}' '--by=A. Reader'"
