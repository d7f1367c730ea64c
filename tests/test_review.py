"""The review of values: what comes when, what each decision writes, and who may not ask."""

from __future__ import annotations

import asyncio
import base64
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import closing, nullcontext
from dataclasses import dataclass, replace
from html import unescape
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner

import casebook
from db import load, serve
from db.corrections import file, overlay
from db.corrections.file import Correction
from db.review import copy, forms, guard, queue
from db.review.app import PATH, make_app
from db.review.guard import App, Door, is_loopback
from db.review.queue import Filter
from db.review.session import Session
from db.schema import DatabaseError
from tests import db_fixtures

ROOT = Path(__file__).parent.parent
DOOR = Door("127.0.0.1", 8001)
ALL = Filter()
HOME = "http://127.0.0.1:8001"
# The order is the review's to make, the certainties are not: these are set by hand.
SURE = (
    ("lung-imt/1", "status", 1, 0.4, "low"),
    ("markup/1", "site", 1, 0.3, "low"),
    ("markup/2", "status", 1, 0.7, "low"),
    ("lung-imt/1", "ihc", 3, 0.86, "middle"),
    ("lung-imt/1", "ihc", 1, 0.9, "middle"),
    ("lung-imt/1", "age_years", 1, 0.88, "middle"),
    ("markup/1", "histology", 1, 0.87, "middle"),
    ("markup/2", "age_years", 1, 0.96, "high"),
)


@dataclass(slots=True)
class Desk:
    """A review of the made-up reports, asked without a port."""

    path: Path
    session: Session
    app: App

    def ask(self, method: str, address: str, headers: Mapping[str, str] | None = None, **more: Any) -> httpx.Response:
        async def asked() -> httpx.Response:
            async with httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url=HOME) as client:
                return await client.request(method, address, headers=headers, **more)

        return asyncio.run(asked())

    def get(self, address: str = PATH, **headers: str) -> httpx.Response:
        return self.ask("GET", address, headers)

    def form(self, position: int, **more: str) -> dict[str, str]:
        """What the page of a value sends back, as a browser would."""
        page = self.get(f"{PATH}?at={position}").text
        found = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
        return {name: unescape(value) for name, value in found.items()} | more

    def post(self, position: int, action: str, headers: Mapping[str, str] | None = None, **more: str) -> httpx.Response:
        return self.ask("POST", PATH, headers, data=self.form(position, action=action, **more))

    def lines(self) -> list[Correction]:
        return list(file.read(self.session.path))

    def at(self, case_id: str, name: str, number: int = 1) -> int:
        with closing(sqlite3.connect(self.path)) as connection:
            sql = "select position from review_item where (case_id, field, coalesce(number, 0)) = (?, ?, ?)"
            return int(connection.execute(sql, (case_id, name, number)).fetchone()[0])


def _desk(path: Path, door: Door = DOOR) -> Desk:
    session = Session(path.with_name("corrections.csv"), "Ada Curator")
    return Desk(path, session, make_app(path, session, door))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The made-up reports, of whose values only those of `SURE` were not reviewed. Copy it before writing to it."""
    path = db_fixtures.build(tmp_path_factory.mktemp("made") / "casebook.db")
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("update fact set review = 'confirmed'")
        connection.executemany(
            "update fact set review = 'unreviewed', certainty = ?4, band = ?5 where case_id = ?1 and field = ?2 and number = ?3", SURE
        )
    return path


@pytest.fixture
def desk(made: Path, tmp_path: Path) -> Desk:
    return _desk(Path(shutil.copy(made, tmp_path / "casebook.db")))


def _order(path: Path, chosen: Filter = ALL) -> list[tuple[str, str, int]]:
    condition, values = chosen.condition
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(f"select case_id, field, number from review_item where {condition} order by position", values).fetchall()


# --- the queue ------------------------------------------------------------------------------------


def test_the_least_certain_band_comes_first_and_a_report_at_once(desk: Desk) -> None:
    assert _order(desk.path) == [
        ("markup/1", "site", 1),  # 0.3; then what else of this report is low
        ("markup/2", "status", 1),
        ("lung-imt/1", "status", 1),
        ("lung-imt/1", "age_years", 1),  # in the order of the text, the stains together
        ("lung-imt/1", "ihc", 1),
        ("lung-imt/1", "ihc", 3),
        ("markup/1", "histology", 1),
        ("markup/2", "age_years", 1),
    ]


def test_events_which_are_computed_are_not_asked_for(tmp_path: Path) -> None:
    path = db_fixtures.build(tmp_path / "casebook.db")
    queue.fill(path)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("select count(*) from fact where field = 'events'").fetchone()[0] > 0
    assert {name for _, name, _ in _order(path)}.isdisjoint({"events"})


def test_a_part_of_the_queue_can_be_chosen(desk: Desk) -> None:
    assert _order(desk.path, Filter(report="markup", band="low")) == [("markup/1", "site", 1), ("markup/2", "status", 1)]
    page = desk.get(f"{PATH}?field=ihc").text
    assert "SMA: positive" in page
    assert ">0</strong> of 2 reviewed" in page
    assert f'href="{PATH}?at=6&amp;field=ihc"' in page  # the next one of this part
    assert "Only markup, low" in desk.get(f"{PATH}?report=markup&band=low").text
    assert "Nothing to review" in desk.get(f"{PATH}?field=nonsense%27").text


def test_a_value_is_shown_with_all_that_speaks_for_and_against_it(desk: Desk) -> None:
    with closing(sqlite3.connect(desk.path)) as connection, connection:
        connection.execute("insert into flag values ('lung-imt/1', 9, 'age', 'unusual', 'age_years', '54 years', 'older than most')")
        connection.execute("insert into flag_value values ('lung-imt/1', 9, 'age_years', 1)")
    page = unescape(desk.get(f"{PATH}?at={desk.at('lung-imt/1', 'age_years')}").text)
    assert "<h1>54 years</h1>" in page
    assert "54 years, male, inflammatory myofibroblastic tumor, lung (C34)" in page
    assert '<span class="band">middle certainty</span> 0.88 · one mention' in page
    assert "older than most" in page
    assert re.search(r'<mark class="g-patient" data-ev="\d+">54-year-old</mark>', page)
    assert re.search(r'<mark class="passed" data-ev="\d+">a child</mark>', page)  # of the literature, passed over
    assert len(re.findall("<mark", page)) == 2


# --- what a decision writes -----------------------------------------------------------------------


def test_accept_confirms_with_the_words_and_goes_to_the_next(desk: Desk) -> None:
    answer = desk.post(3, "accept")
    assert (answer.status_code, answer.headers["location"]) == (303, f"{PATH}?at=4")
    (line,) = desk.lines()
    assert replace(line, made_at="") == Correction(
        "lung-imt/1", "status", "confirm", "NED", None,
        "Five years after treatment he is ⟦alive without recurrence⟧. Earlier authors gave 20 Gy to a child.", "Ada Curator", "",
    )  # fmt: skip
    page = desk.get(f"{PATH}?at=3").text
    assert "<strong>Accepted</strong>" in page
    assert ">1</strong> of 8 reviewed" in page


@pytest.mark.parametrize(
    ("case", "name", "number", "action", "was"),
    [
        ("lung-imt/1", "age_years", 1, "clear", 54.0),
        ("markup/1", "site", 1, "clear", {"name": "retroperitoneum", "topography": "C48.0"}),
        ("lung-imt/1", "ihc", 3, "reject", {"marker": "ALK", "result": "negative"}),
    ],
)
def test_reject_clears_a_single_value_and_takes_one_out_of_a_list(
    desk: Desk, case: str, name: str, number: int, action: str, was: Any
) -> None:
    assert desk.post(desk.at(case, name, number), "reject", why="of another patient").status_code == 303
    (line,) = desk.lines()
    assert (line.case_id, line.field, line.action, line.was, line.value, line.why) == (case, name, action, was, None, "of another patient")


@pytest.mark.parametrize(
    ("case", "name", "number", "typed", "value"),
    [
        ("lung-imt/1", "age_years", 1, {"part-age_years": " 45,5 "}, 45.5),
        ("lung-imt/1", "status", 1, {"part-status": "AWD"}, "AWD"),
        ("lung-imt/1", "ihc", 3, {"part-result": "positive", "part-percent": "30"}, {"marker": "ALK", "result": "positive", "percent": 30}),
        # The code follows the name, as the vocabulary has it, and the name the code.
        ("markup/1", "site", 1, {"part-name": "buccal fat pad"}, {"name": "soft tissue of head and neck", "topography": "C49.0"}),
        ("markup/1", "histology", 1, {"part-morphology": "8800/3"}, {"name": "sarcoma", "morphology": "8800/3"}),
    ],
)
def test_change_writes_the_value_in_the_form_of_the_record(
    desk: Desk, case: str, name: str, number: int, typed: dict[str, str], value: Any
) -> None:
    place = desk.at(case, name, number)
    answer = _changed(desk, place, typed)
    assert answer.status_code == 303, _alert(answer)
    (line,) = desk.lines()
    assert (line.action, line.value) == ("set", value)
    assert line.words is not None and "⟦" in line.words


@pytest.mark.parametrize(
    ("typed", "dose"),
    [
        ({"part-fractions": "30"}, (54.0, 30, 1.8)),  # what was computed follows
        ({"part-total_dose_gy": "50"}, (50.0, 27, 1.852)),
        ({"part-fractions": "30", "part-dose_per_fraction_gy": "1.7"}, (54.0, 30, 1.7)),  # as it was printed, though it does not fit
        ({"part-dose_per_fraction_gy": ""}, (54.0, 27, None)),
    ],
)
def test_a_dose_that_was_computed_follows_what_is_typed(typed: dict[str, str], dose: tuple[Any, ...]) -> None:
    was = {"total_dose_gy": 54.0, "fractions": 27, "dose_per_fraction_gy": 2.0, "computed": ["dose_per_fraction_gy"], "technique": "IMRT"}
    there = {part.name: part.given for part in forms.parts("radiotherapy", was)}
    assert {part.unit for part in forms.parts("radiotherapy", was) if part.name.endswith("_gy")} == {"Gy"}
    made = forms.value_of("radiotherapy", was, there | typed)
    assert tuple(made.get(name) for name in ("total_dose_gy", "fractions", "dose_per_fraction_gy")) == dose
    assert made["technique"] == "IMRT"


def test_the_number_of_a_dose_follows_what_is_typed() -> None:
    was = {"name": "cisplatin", "dose": "40 mg/m2", "dose_value": 40.0, "dose_unit": "mg/m2"}
    there = {part.name: part.given for part in forms.parts("drugs", was)}
    made = forms.value_of("drugs", was, there | {"part-dose": "30 mg"})
    assert made == {"name": "cisplatin", "dose": "30 mg", "dose_value": 30.0, "dose_unit": "mg"}


def _alert(answer: httpx.Response) -> str:
    """What the page says went wrong."""
    return unescape(" ".join(re.findall(r'role="alert">(.*?)</p>', answer.text)))


def _typed(desk: Desk, position: int) -> dict[str, str]:
    """What stands in the form of a value before anybody types."""
    page = desk.get(f"{PATH}?at={position}").text
    inputs = dict(re.findall(r'<input name="(part-\w+)" value="([^"]*)"', page))
    selects = {
        name: next(iter(re.findall(r'value="([^"]*)" selected', options)), "")
        for name, options in re.findall(r'<select name="(part-\w+)">(.*?)</select>', page, re.DOTALL)
    }
    return {name: unescape(value) for name, value in (inputs | selects).items()}


def _changed(desk: Desk, position: int, typed: Mapping[str, str], **more: str) -> httpx.Response:
    return desk.post(position, "change", **{**_typed(desk, position), **typed, **more})


def test_marked_words_become_those_of_the_value(desk: Desk) -> None:
    place = desk.at("lung-imt/1", "age_years")
    # A browser counts where the words start; a little off is found all the same, words that are not there are not.
    answer = _changed(desk, place, {"part-age_years": "5"}, quote="Five years", start="440")
    assert answer.status_code == 303
    assert desk.lines()[-1].words == "weekly cisplatin 40 mg for 5 cycles. ⟦Five years⟧ after treatment he is alive without"
    answer = _changed(desk, place, {"part-age_years": "6"}, quote="Six years", start="440")
    assert (answer.status_code, len(desk.lines())) == (422, 1)


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"part-age_years": "fifty"}, "wanted a number"),
        ({"part-age_years": "500"}, "age_years between 0 and 120"),
        ({"part-age_years": "nan"}, "wanted"),
        ({"part-age_years": ""}, "found no value"),
        ({}, "found the value as it was"),
    ],
)
def test_what_is_no_value_is_said_and_kept_in_the_form(desk: Desk, typed: dict[str, str], told: str) -> None:
    place = desk.at("lung-imt/1", "age_years")
    answer = _changed(desk, place, typed)
    assert answer.status_code == 422
    assert told.lower() in unescape(answer.text).lower()
    assert "Nothing was written" in answer.text
    assert '<details class="change" open>' in answer.text
    assert f'name="part-age_years" value="{typed.get("part-age_years", "54")}"' in answer.text
    assert desk.lines() == []


def test_next_and_back_write_nothing(desk: Desk) -> None:
    page = desk.get(f"{PATH}?at=3").text
    assert f'<a href="{PATH}?at=4" data-keys="n ArrowRight">' in page
    assert f'<a href="{PATH}?at=2" data-keys="p ArrowLeft">' in page
    assert not desk.session.path.exists()


def test_undo_withdraws_the_last_decision_once(desk: Desk) -> None:
    desk.post(1, "accept")
    desk.post(2, "reject")
    form = desk.form(3, action="undo")
    for _ in range(2):  # sent twice, it takes one back
        answer = desk.ask("POST", PATH, data=form)
    assert answer.status_code == 303
    assert [line.action for line in desk.lines()] == ["confirm", "clear", "withdraw"]
    assert desk.lines()[-1].was == "DOD"
    assert ">1</strong> of 8 reviewed" in desk.get().text
    assert desk.session.count == 1


def test_a_form_that_is_sent_twice_writes_once(desk: Desk) -> None:
    form = desk.form(1, action="accept")
    answers = [desk.ask("POST", PATH, data=form) for _ in range(2)]
    assert [answer.headers["location"] for answer in answers] == [f"{PATH}?at=2"] * 2
    assert len(desk.lines()) == 1


def test_a_page_that_is_out_of_date_writes_nothing(desk: Desk) -> None:
    stale = desk.form(1, action="reject")
    desk.post(1, "accept")
    answer = desk.ask("POST", PATH, data=stale)
    assert (answer.status_code, len(desk.lines())) == (409, 1)
    assert "decided in the meantime" in answer.text
    assert desk.post(1, "reject").status_code == 303  # with open eyes it can be changed
    assert [line.action for line in desk.lines()] == ["confirm", "clear"]


def test_what_somebody_else_writes_meanwhile_is_seen(desk: Desk) -> None:
    desk.post(1, "accept")
    stale = desk.form(2, action="accept")
    other = Correction("markup/2", "status", "set", "DOD", "DOC", None, "Bob Curator", "2026-11-21T10:00:00+00:00", "letter of the authors")
    file.append(desk.session.path, [other])
    page = desk.get(f"{PATH}?at=2").text
    assert "<strong>Changed</strong>: died of another cause · Bob Curator" in page
    assert desk.ask("POST", PATH, data=stale).status_code == 409
    assert desk.get().text.count(">2</strong> of 8 reviewed") == 1


def test_decisions_since_the_last_build_are_known_after_a_restart(desk: Desk, made: Path) -> None:
    desk.post(1, "accept")
    again = _desk(Path(shutil.copy(made, desk.path.with_name("again.db"))))
    page = again.get().text
    assert ">1</strong> of 8 reviewed" in page
    assert "died of disease" in page  # the second one


def test_all_done_says_so(desk: Desk) -> None:
    for position in range(1, 9):
        answer = desk.post(position, "accept")
    assert answer.headers["location"] == PATH
    assert "Nothing is left to review" in desk.get().text
    assert len(desk.lines()) == 8


def test_a_file_that_cannot_be_read_is_one_line(desk: Desk) -> None:
    desk.session.path.write_text("name;colour\nAda;red\n")
    answer = desk.get()
    assert answer.status_code == 500
    assert answer.text.startswith(f"{desk.session.path}:1: found the columns")


# --- who may not ask ------------------------------------------------------------------------------


def test_a_form_without_the_token_of_the_page_is_refused(desk: Desk) -> None:
    form = desk.form(1, action="accept")
    for token in ("", "x", form["csrftoken"][:-1]):
        assert desk.ask("POST", PATH, data={**form, "csrftoken": token}).status_code == 403
    assert desk.ask("POST", PATH, data={"action": "accept", "at": "1"}).status_code == 403
    bearer = {"authorization": "Bearer x"}  # which Datasette's own check lets through
    assert desk.ask("POST", PATH, bearer, data={"action": "accept", "at": "1", "seen": ""}).status_code == 403
    assert desk.lines() == []


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:9999"},
        {"origin": "https://127.0.0.1:8001"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_a_form_of_a_page_from_elsewhere_is_refused(desk: Desk, headers: dict[str, str]) -> None:
    assert desk.post(1, "accept", headers).status_code == 403
    assert desk.lines() == []
    own = {"origin": HOME, "sec-fetch-site": "same-origin"}
    assert desk.post(1, "accept", own).status_code == 303


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8001", "127.0.0.1", "127.0.0.1:8002", "127.0.0.1:8001.evil.example", ""])
def test_a_name_that_was_made_to_lead_here_is_refused(desk: Desk, host: str) -> None:
    for address in (PATH, "/", "/casebook/report.json", "/static/review.js"):
        answer = desk.get(address, host=host)
        assert answer.status_code == 421
        assert "lung" not in answer.text


@pytest.mark.parametrize("host", ["127.0.0.1:8001", "localhost:8001", "[::1]:8001"])
def test_this_machine_has_three_names(desk: Desk, host: str) -> None:
    assert desk.get(host=host).status_code == 200


def test_other_ways_to_ask_are_refused(desk: Desk) -> None:
    for method in ("PUT", "DELETE", "OPTIONS", "PATCH"):
        assert desk.ask(method, PATH).status_code == 405
    assert desk.ask("POST", PATH, content=b"x=1&" * 40_000).status_code == 413
    assert desk.ask("POST", PATH, content=b"&".join(b"x=%d" % n for n in range(500))).status_code == 413
    assert desk.get(f"{PATH}?at=99999999999999999999").status_code == 200
    assert desk.ask("POST", PATH, data={**desk.form(1), "at": "999", "action": "accept"}).status_code == 303
    assert desk.post(1, "drop").status_code == 422
    assert desk.lines() == []


@pytest.mark.parametrize("address", [PATH, "/", "/casebook/patient_case/lung-imt~2F1", "/casebook/report.json", "/nothing"])
def test_every_answer_is_private(desk: Desk, address: str) -> None:
    headers = desk.get(address).headers
    assert headers["cache-control"] == "no-store"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["x-frame-options"] == "DENY"
    assert "script-src 'self'" in headers["content-security-policy"]
    assert "access-control-allow-origin" not in headers


def test_a_password_opens_everything_or_nothing(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "_WAIT_SECONDS", 0.0)
    desk = _desk(Path(shutil.copy(made, tmp_path / "casebook.db")), Door("0.0.0.0", 8001, "correct horse"))
    for given in ("correct hors", "correct horse ", ""):
        wrong = base64.b64encode(f"ada:{given}".encode()).decode()
        answer = desk.get(authorization=f"Basic {wrong}")
        assert (answer.status_code, "retroperitoneum" in answer.text) == (401, False)
    for address in (PATH, "/", "/casebook/report.json"):
        assert desk.get(address).headers["www-authenticate"].startswith("Basic")
    assert desk.get(authorization="Basic ~~~").status_code == 401
    right = base64.b64encode(b"ada:correct horse").decode()
    assert desk.get(authorization=f"Basic {right}").status_code == 200
    assert desk.get(authorization=f"Bearer {right}").status_code == 401


@pytest.mark.parametrize(
    ("host", "is_open", "password", "reason"),
    [
        ("127.0.0.1", False, None, ""),
        ("127.0.0.1", False, "8 or more", ""),
        ("127.0.0.1", False, "7 chars", "a password of 7 characters, wanted 8 or more"),
        ("0.0.0.0", False, "8 or more", "lets other machines in"),
        ("0.0.0.0", True, None, "no password"),
        ("0.0.0.0", True, "7 chars", "wanted 8 or more"),
        ("0.0.0.0", True, "12345678", ""),
    ],
)
def test_nobody_gets_in_from_elsewhere_unasked_or_by_a_short_password(host: str, is_open: bool, password: str | None, reason: str) -> None:
    with pytest.raises(DatabaseError, match=reason) if reason else nullcontext():
        guard.check(host, is_open, password)


@pytest.mark.parametrize(
    ("host", "is_so"),
    [("127.0.0.1", True), ("127.8.8.8", True), ("::1", True), ("localhost", True),
     ("0.0.0.0", False), ("::", False), ("192.168.1.7", False), ("localhost.evil.example", False), ("", False)],
)  # fmt: skip
def test_loopback_is_this_machine_only(host: str, is_so: bool) -> None:
    assert is_loopback(host) is is_so


def test_the_public_site_has_no_such_page(desk: Desk) -> None:
    # Also beside a review in the same process.
    assert desk.get().status_code == 200
    public = serve.make_datasette(desk.path)

    async def ask() -> tuple[int, int]:
        return (await public.client.get(PATH)).status_code, (await public.client.post(PATH, data={"action": "accept"})).status_code

    statuses = asyncio.run(ask())
    assert all(status in (403, 404, 405) for status in statuses), statuses
    assert statuses[0] == 404


def test_markup_of_a_report_is_shown_not_obeyed(desk: Desk) -> None:
    page = desk.get(f"{PATH}?at={desk.at('markup/1', 'histology')}").text
    assert "<script>document" not in page
    assert "<img src=x" not in page
    assert "&lt;script&gt;document.title=&#39;PWNED&#39;&lt;/script&gt;" in page
    assert '<mark class="g-pathology" data-ev="' in page
    assert "&lt;b&gt;leiomyosarcoma&lt;/b&gt;</mark>" in page
    answer = _changed(desk, desk.at("markup/1", "histology"), {"part-name": '"><script>x</script>'})
    assert answer.status_code == 422
    assert "<script>x" not in answer.text
    assert "<i>" not in desk.get(f"{PATH}?report=<i>").text


# --- conflicts ------------------------------------------------------------------------------------


def _in_conflict(path: Path, correction: Correction, **now: Any) -> Path:
    """The lung case as another machine reads it than the one that a curator corrected, with the correction."""
    report, record = db_fixtures.lung()
    file.append(path.with_name("corrections.csv"), [correction])
    _store_with(path, db_fixtures.with_case(record, **now), report)
    return path


def _store_with(path: Path, record: Any, report: Any) -> None:
    path.unlink(missing_ok=True)
    lines = file.read(path.with_name("corrections.csv"))
    laid = overlay.lay(record, report, lines)
    with closing(load.connect(path, is_partial=True)) as connection:
        load.start_run(connection, "run-1", "tests", db_fixtures.PIPELINE)
        load.store(connection, report, laid.record, "run-1", ruled=laid.ruled)
        load.finish_run(connection, "run-1")
        load.refresh_overview(connection)


def _rulings(path: Path) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("select field, action, state, value from correction order by number").fetchall()


WAITS = Correction("lung-imt/1", "age_years", "set", 54.0, 45.0, None, "Bob", "2026-01-01T00:00:00+00:00")


@pytest.mark.parametrize(
    ("action", "typed", "after", "age"),
    [
        ("accept", {}, [("age_years", "confirm", "applied", None)], 60.0),
        ("keep", {}, [("age_years", "set", "applied", "45.0")], 45.0),
        ("reject", {}, [("age_years", "clear", "applied", None)], None),
        ("change", {}, [("age_years", "set", "applied", "45.0")], 45.0),  # the form holds what the curator said
    ],
)
def test_a_conflict_comes_first_and_is_settled(tmp_path: Path, action: str, typed: dict[str, str], after: Any, age: Any) -> None:
    report, record = db_fixtures.lung()
    now = db_fixtures.with_case(record, age_years=60.0)
    desk = _desk(_in_conflict(tmp_path / "casebook.db", WAITS, age_years=60.0))
    page = desk.get().text
    assert "The machine now reads another value" in page
    assert "Bob changed “54 years” to “45 years”" in page
    assert 'name="part-age_years" value="45"' in page
    answer = _changed(desk, 1, typed) if action == "change" else desk.post(1, action)
    assert answer.status_code == 303
    _store_with(desk.path, now, report)
    assert _rulings(desk.path) == after
    with closing(sqlite3.connect(desk.path)) as connection:
        assert connection.execute("select age_years from patient_case").fetchone()[0] == age


def test_undo_lets_a_conflict_wait_again(tmp_path: Path) -> None:
    report, record = db_fixtures.lung()
    desk = _desk(_in_conflict(tmp_path / "casebook.db", WAITS, age_years=60.0))
    desk.post(1, "accept")
    desk.post(1, "undo")
    assert "The machine now reads another value" in desk.get().text
    _store_with(desk.path, db_fixtures.with_case(record, age_years=60.0), report)
    assert _rulings(desk.path) == [("age_years", "set", "conflict", "45.0")]


@pytest.mark.parametrize("action", ["accept", "change", "keep"])
def test_a_conflict_over_a_value_that_is_gone(tmp_path: Path, action: str) -> None:
    report, record = db_fixtures.lung()
    gone = {"ihc": tuple(stain for stain in record.cases[0].ihc if stain.marker != "ALK")}
    was = {"marker": "ALK", "result": "negative"}
    said = Correction("lung-imt/1", "ihc", "set", was, {**was, "result": "positive"}, "⟦ALK and desmin were negative⟧", "Bob", "2026-01-01")
    desk = _desk(_in_conflict(tmp_path / "casebook.db", said, **gone))
    page = desk.get().text
    assert "no value any more" in page
    assert 'value="reject"' not in page
    answer = desk.post(1, action) if action != "change" else _changed(desk, 1, {}, quote="ALK and desmin were negative", start="0")
    assert answer.status_code == 303, _alert(answer)
    _store_with(desk.path, db_fixtures.with_case(record, **gone), report)
    applied = [("ihc", "add", "applied", '{"marker": "ALK", "result": "positive"}')]
    assert _rulings(desk.path) == ([] if action == "accept" else applied)


def test_undo_of_a_kept_correction_lets_it_wait_again(tmp_path: Path) -> None:
    _, record = db_fixtures.lung()
    gone = {"ihc": tuple(stain for stain in record.cases[0].ihc if stain.marker != "ALK")}
    was = {"marker": "ALK", "result": "negative"}
    said = Correction("lung-imt/1", "ihc", "set", was, {**was, "result": "positive"}, "⟦ALK and desmin were negative⟧", "Bob", "2026-01-01")
    desk = _desk(_in_conflict(tmp_path / "casebook.db", said, **gone))
    assert desk.post(1, "keep").status_code == 303
    assert "Added" in desk.get(f"{PATH}?at=1").text
    desk.post(1, "undo")
    assert [(line.action, line.value) for line in overlay.in_force(desk.lines())] == [("set", {**was, "result": "positive"})]


@pytest.mark.parametrize(("action", "labels"), [("accept", ["1"]), ("keep", [])])
def test_a_conflict_over_a_whole_case_can_be_decided(tmp_path: Path, action: str, labels: list[str]) -> None:
    report, record = db_fixtures.lung()
    said = Correction("lung-imt/1", "case", "reject", None, None, "⟦words of another edition⟧", "Bob", "2026-01-01")
    desk = _desk(_in_conflict(tmp_path / "casebook.db", said))
    page = desk.get().text
    assert "Whole case" in page
    assert 'value="change"' not in page
    answer = desk.post(1, action)
    assert answer.status_code == 303, _alert(answer)
    assert overlay.lay(record, report, desk.lines()).record.cases == tuple(case for case in record.cases if case.label in labels)


def test_a_conflict_over_an_entry_of_a_list(tmp_path: Path) -> None:
    report, record = db_fixtures.lung()
    stains = tuple(replace(stain, result="equivocal") if stain.marker == "ALK" else stain for stain in record.cases[0].ihc)
    was = {"marker": "ALK", "result": "negative"}
    said = Correction("lung-imt/1", "ihc", "set", was, {**was, "result": "positive"}, "⟦ALK and desmin were negative⟧", "Bob", "2026-01-01")
    desk = _desk(_in_conflict(tmp_path / "casebook.db", said, ihc=stains))
    assert "ALK: equivocal" in desk.get().text
    for action in ("accept", "undo", "accept"):
        assert desk.post(1, action).status_code == 303
    _store_with(desk.path, db_fixtures.with_case(record, ihc=stains), report)
    assert _rulings(desk.path) == [("ihc", "confirm", "applied", None)]


def test_a_case_that_is_gone_can_be_let_go(tmp_path: Path) -> None:
    report, record = db_fixtures.lung()
    said = Correction("lung-imt/2", "age_years", "set", 54.0, 45.0, None, "Bob", "2026-01-01")
    desk = _desk(_in_conflict(tmp_path / "casebook.db", said))
    assert "Its case is not there any more" in desk.get().text
    answer = _changed(desk, 1, {}, quote="54-year-old", start="2")
    assert (answer.status_code, "no case of this name" in answer.text) == (422, True)
    assert desk.post(1, "accept").status_code == 303
    _store_with(desk.path, record, report)
    assert _rulings(desk.path) == []


# --- the private copy and the command -------------------------------------------------------------


def test_the_copy_is_private_and_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    database = db_fixtures.build(tmp_path / "casebook.db")
    before = database.read_bytes()
    with copy.private_copy(database) as path:
        assert path.parent.stat().st_mode & 0o777 == 0o700
        queue.fill(path)
        copy.remove_leftovers()  # as another review would that starts meanwhile
        assert path.exists()
    assert list((tmp_path / "tmp").iterdir()) == []
    assert database.read_bytes() == before


def test_what_a_killed_review_left_behind_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    left = tmp_path / "casebook-review-abc"
    left.mkdir()
    (left / "lock").touch()
    (left / "casebook.db").touch()
    (tmp_path / "casebook-review-notes").mkdir()  # no lock: none of ours, or just being made
    copy.remove_leftovers()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["casebook-review-notes"]


def test_the_command_refuses_to_be_open_by_accident(tmp_path: Path) -> None:
    database = str(db_fixtures.build(tmp_path / "casebook.db"))

    def run(*options: str, **environment: str) -> str:
        arguments = ["review", "--database", database, *options]
        result = CliRunner(env={"CASEBOOK_REVIEW_PASSWORD": None, **environment}).invoke(casebook.main, arguments)
        assert result.exit_code == 1
        assert result.stderr.count("\n") <= 2  # the warning, and the line
        return result.stderr

    assert "--open-to-network" in run("--host", "0.0.0.0")
    assert "--open-to-network" in run("--host", "0.0.0.0", CASEBOOK_REVIEW_PASSWORD="correct horse")
    assert "CASEBOOK_REVIEW_PASSWORD" in run("--host", "0.0.0.0", "--open-to-network")
    assert "wanted 8 or more" in run("--host", "0.0.0.0", "--open-to-network", CASEBOOK_REVIEW_PASSWORD="short")
    assert "wanted 8 or more" in run(CASEBOOK_REVIEW_PASSWORD="short")


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_the_command_ends_tidily(tmp_path: Path, end: signal.Signals) -> None:
    database = db_fixtures.build(tmp_path / "casebook.db")
    (tmp_path / "tmp").mkdir()
    command = [sys.executable, "-c", "import casebook; casebook.main()", "review", "--by", "Ada", "--report", "markup"]
    environment = {**os.environ, "TMPDIR": str(tmp_path / "tmp"), "CASEBOOK_DATABASE": str(database)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True, cwd=ROOT) as process:
        assert process.stdout
        said = process.stdout.readline()
        address = re.fullmatch(r"Review as Ada at (http://127\.0\.0\.1:\d+)/-/review\?report=markup \(Ctrl-C ends it\)\n", said)
        assert address, said
        page = _patiently(f"{address[1]}{PATH}")
        form = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.text)) | {"action": "accept"}
        assert httpx.post(f"{address[1]}{PATH}", data=form).status_code == 303
        process.send_signal(end)
        rest = process.stdout.read()
    kept, lays_over = database.with_name("casebook.corrections.csv"), f"casebook build --database {database}"
    assert rest == f"1 value reviewed, kept in {kept}; `{lays_over}` puts them into the database\n"
    assert f"<code>{lays_over}</code>" in page.text
    assert process.returncode == 0
    assert list((tmp_path / "tmp").iterdir()) == []


def _patiently(address: str) -> httpx.Response:
    """Ask until the server has started."""
    until = time.monotonic() + 20
    while True:
        try:
            return httpx.get(address)
        except httpx.ConnectError:
            assert time.monotonic() < until
            time.sleep(0.1)


def test_the_speed_is_that_of_the_reading(desk: Desk) -> None:
    times = iter([0.0, 9.0, 18.0, 4000.0, 4009.0])
    desk.session.clock = lambda: next(times)
    desk.get()
    said = []
    for position in (1, 2, 3, 4):
        desk.post(position, "accept")
        said.append(desk.session.per_hour)
    assert said == [None, None, None, 400]  # the hour's rest counts for nothing
    assert "400 an hour" in desk.get().text
