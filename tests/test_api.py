"""The API: answers as they were recorded, pages of rows, CSV, errors, and the page that tells of it."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from db import publish, serve
from db.guard.bounds import Bounds
from db.pages.api import examples
from db.pages.registry import ROUTES
from tests import recorded
from tests.asking import Get, asking, words
from tests.browsers import NEEDED, served

AGAIN = "an answer that programs rely on has changed; if that is meant: python -m tests.recorded, and say so in CHANGELOG.md"


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return recorded.build(tmp_path_factory.mktemp("api") / "casebook.db")


@pytest.fixture(scope="module")
def get(database: Path) -> Iterator[Get]:
    with asking(database) as get:
        yield get


@pytest.mark.parametrize("name", recorded.addresses())
def test_answers_are_those_that_were_recorded(name: str, get: Get) -> None:
    path = recorded.BASELINES / f"{name}.json"
    assert path.is_file(), f"nothing is recorded of {name}: python -m tests.recorded"
    before = json.loads(path.read_text(encoding="utf-8"))
    now = json.loads(json.dumps(recorded.recorded(name, get(recorded.addresses()[name]).json())))
    for part in ("shape", "values"):
        # A key that is new beside the rows harms nobody; within the rows it is a new column, which is recorded.
        answered = {key: now[part].get(key) for key in before[part]} if isinstance(before[part], dict) else now[part]
        assert answered == before[part], AGAIN


def test_nothing_recorded_is_left_over() -> None:
    assert {path.stem for path in recorded.BASELINES.glob("*.json")} == set(recorded.addresses())


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"a": 1, "b": None}, {"a": "number", "b": "null"}),
        ([{"a": 1}, {"a": None}], [{"a": "null or number"}]),
        ([{"a": 1}, {"b": "x"}], [{"a?": "number", "b?": "str"}]),
        ([], []),
        (True, "bool"),
    ],
)
def test_a_shape_tells_keys_and_types(value: Any, expected: Any) -> None:
    assert recorded.shape(value) == expected


def test_every_page_of_rows_leads_to_the_next(get: Get) -> None:
    address: str | None = "/casebook/evidence.json?_shape=objects&_size=7"
    seen = []
    while address:
        page = get(address).json()
        assert len(page["rows"]) <= 7
        seen += [(row["report_id"], row["number"]) for row in page["rows"]]
        address = page["next_url"] and re.sub(r"^https?://[^/]+", "", page["next_url"])
    everything = list(csv.DictReader(io.StringIO(get("/casebook/evidence.csv?_stream=on").text)))
    assert len(everything) > 14
    assert seen == [(row["report_id"], int(row["number"])) for row in everything]


def test_not_reported_is_null_and_an_empty_cell(get: Get) -> None:
    row = get("/casebook/patient_case/markup~2F1.json?_shape=objects").json()["rows"][0]
    assert row["radiotherapy_given"] is None
    refused = get("/casebook/patient_case/markup~2F2.json?_shape=objects").json()["rows"][0]
    assert refused["radiotherapy_given"] == 0
    rows = {row["case_id"]: row for row in csv.DictReader(io.StringIO(get("/casebook/patient_case.csv?_stream=on").text))}
    assert (rows["markup/1"]["radiotherapy_given"], rows["markup/2"]["radiotherapy_given"]) == ("", "0")


@pytest.mark.parametrize("table", ["case_overview", "case_outcome"])
def test_in_what_cases_are_counted_by_not_reported_is_said_in_words(get: Get, table: str) -> None:
    told = get(f"/casebook.json?_shape=objects&sql=select+name,+type,+%22notnull%22+from+pragma_table_info('{table}')").json()["rows"]
    columns = {column["name"]: column for column in told}
    assert all(columns[name]["notnull"] for name in ("site", "histology", "sex", "surgery"))
    assert not any(column["notnull"] for column in told if column["type"] in ("REAL", "INTEGER"))
    rows = get(f"/casebook/{table}.json?_shape=objects&case_id=markup/1").json()["rows"]
    assert [row["radiotherapy"] for row in rows] == ["not reported"]


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/casebook.json?_shape=objects&sql=select+nothing+from+nowhere", 400),
        ("/casebook.json?_shape=objects&sql=delete+from+report", 400),
        ("/casebook.json?_shape=objects&sql=with+recursive+n(i)+as+(select+1+union+all+select+i%2B1+from+n)+select+count(*)+from+n", 400),
        ("/casebook/patient_case/nobody.json?_shape=objects", 404),
        ("/casebook/no_such_table.json?_shape=objects", 404),
    ],
)
def test_errors_are_told_in_words(get: Get, address: str, status: int) -> None:
    answer = get(address)
    assert answer.status_code == status
    said = answer.json()
    assert said["ok"] is False
    assert said["error"]


def test_more_rows_than_the_limit_are_cut_and_said_to_be(get: Get) -> None:
    most = publish.settings()["max_returned_rows"]
    sql = "with+recursive+n(i)+as+(select+1+union+all+select+i%2B1+from+n+where+i+<+1500)+select+i+from+n"
    said = get(f"/casebook.json?_shape=objects&sql={sql}").json()
    assert (len(said["rows"]), said["truncated"]) == (most, True)
    assert len(get(f"/casebook.json?_shape=array&sql={sql}").json()) == most, "which the page warns of"
    assert "_shape=array is cut without a word: ask _shape=objects" in words(get("/api").text)


def test_the_page_names_every_question_page_and_example(get: Get) -> None:
    html = get("/api").text
    for query in publish.queries():
        assert f"<code>{query.name}</code>" in html
        for parameter in query.parameters:
            assert f"<code>{parameter.name}</code>" in html
    for route in ROUTES:
        assert (f"/{route.name}.json" in html) == route.has_data
    for example in examples():
        assert example.of("casebook").rstrip("\n") in unescape(html)
    text = words(html)
    settings = publish.settings(public=True)
    assert (
        f"{settings['max_returned_rows']:,} rows an answer; {settings['sql_time_limit_ms']} ms a query; {settings['max_csv_mb']} MB a CSV"
        in text
    )
    bounds = Bounds()
    assert f"SQL {bounds.sql_per_minute} times, filters and questions {bounds.question_per_minute}, CSV and other downloads" in text
    assert f"{bounds.download_per_minute}, other pages {bounds.page_per_minute};" in text
    assert "may be kept for 10 minutes" in text
    ids = set(re.findall(r'\bid="([^"]+)"', html))
    assert set(re.findall(r'href="#([^"]+)"', html)) <= ids


@pytest.mark.parametrize("address", ["/record.json?case=lung-imt/1", "/cite.bib?case=lung-imt/1", "/cite.ris?report=lung-imt"])
def test_addresses_that_the_page_tells_of_are_there(get: Get, address: str) -> None:
    path, _, asked = address.partition("?")
    told = words(get("/api").text)
    assert f"{path}?case= CASE" in told
    assert f"{asked.partition('=')[0]}=" in told
    assert get(address).status_code == 200


def test_the_page_says_which_pages_have_data_and_where_that_of_the_others_is(get: Get) -> None:
    told = words(get("/api").text)
    named = ", ".join(route.label.lower() for route in ROUTES if route.has_data)
    assert f"what stands on these pages : {named}. That of doses is the table radiotherapy_dose" in told
    assert get("/doses.json").status_code == 404
    assert get("/casebook/radiotherapy_dose.json?_shape=objects").json()["rows"]


def test_every_link_of_the_page_leads_somewhere(get: Get) -> None:
    main = get("/api").text.partition("<main")[2].partition("</main>")[0]
    links = {unescape(link) for link in re.findall(r'href="(/[^"#]*)', main)}
    assert len(links) > 20
    for link in links:
        assert get(link).status_code == 200, link


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (
            "/outcomes{}?histology=melanomaa&split=sexx",
            "No choice of “Diagnosis” is called “melanomaa”. No way to split here is called “sexx”.",
        ),
        ("/compare{}?a_sex=bogus", "Group A: No choice of “Sex” is called “bogus”."),
        ("/markers{}?marker=nosuch", "No case reports a result of “nosuch”."),
        ("/markers{}?markr=ALK", "/markers asks for no “markr”, but for test, group,"),
        ("/profile{}?typed=NOSUCH%2B", "NOSUCH"),
        ("/search{}?q=sarcoma&kind=bogus", "There is no kind of match 'bogus'"),
        ("/search{}?q=sarcoma&year_from=soon", "'soon' is no year."),
    ],
)
def test_data_of_a_choice_that_is_not_understood_is_refused(get: Get, asked: str, said: str) -> None:
    """A page says what it shows in its place; a program would take the figures of all cases for those of its choice."""
    for ending in (".json", ".csv"):
        answer = get(asked.format(ending))
        assert answer.status_code == 400
        assert said in (answer.json()["error"] if ending == ".json" else unescape(answer.text))
        assert "shown:" not in answer.text
    assert get(asked.format("")).status_code == 200


def test_the_csv_of_sql_is_whole_or_refused(get: Get) -> None:
    def asked(sql: str, **values: str) -> Any:
        return get(f"/casebook.csv?{urlencode({'sql': sql, **values})}")

    rows = list(csv.reader(io.StringIO(asked("select :a as a, null as b, :c as c", a="x,\n'").text)))
    assert rows == [["a", "b", "c"], ["x,\n'", "", ""]]
    most = publish.settings()["max_returned_rows"]
    counted = "with recursive n(x) as (select 1 union all select x + 1 from n limit {}) select x from n"
    assert asked(counted.format(most)).text.split() == ["x", *map(str, range(1, int(most) + 1))]
    for sql, said in (
        (counted.format(int(most) + 1), f"more than {most:,} rows"),
        ("select * from nosuch", "no such table: nosuch"),
        ("select", "incomplete input"),
        ("delete from report", "Statement must be a SELECT"),
        ("", "wanted sql=select"),
    ):
        answer = asked(sql)
        assert (answer.status_code, said in unescape(answer.text)) == (400, True), sql


@NEEDED
def test_programs_can_be_read_and_marked_on_a_phone(page: Any, database: Path) -> None:
    with served(serve.make_datasette(database).app()) as address:
        page.set_viewport_size({"width": 390, "height": 800})
        page.goto(f"{address}/api")
        page.get_by_role("link", name="Examples").click()
        assert page.locator("#examples").is_visible()
        assert page.locator(".program").count() == len(examples())
        assert page.locator(".program pre").first.evaluate("code => getComputedStyle(code).whiteSpace") == "pre"
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
