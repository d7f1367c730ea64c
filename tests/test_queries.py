"""The questions of the site: each answers with its defaults and with what its form offers, and reads as a question."""

from __future__ import annotations

import csv
import io
import re
import sqlite3
import statistics
from collections.abc import Iterator
from contextlib import closing
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from openpyxl import load_workbook

from db import fields, publish
from db.pages import whole_answer
from db.schema import DatabaseError
from tests import db_fixtures, pooled_cases
from tests.asking import asking
from tests.test_site import Get, _asking

QUERIES = {query.name: query for query in publish.queries()}
ANSWERED = (
    "age_and_sex", "dose_and_outcome", "doses_beside_review", "drugs_and_response", "follow_up_by_treatment", "gene_alterations", "how_complete",
    "last_run", "marker_positive", "marker_profile", "markers_by_histology", "metastases", "missing_values", "outcomes_by_histology", "passed_over",
    "radiotherapy_by_site", "reports_by_format", "several_patients", "tumour_groups", "words_for_a_value",
)  # fmt: skip
SARCOMA = "sarcoma or soft tissue tumour"


@pytest.fixture(scope="module")
def get(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Get]:
    yield from _asking(db_fixtures.build(tmp_path_factory.mktemp("queries") / "casebook.db"))


def _rows(get: Get, name: str, **asked: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = get(f"/casebook/{name}.json?{urlencode({'_shape': 'array', **asked})}").json()
    return rows


def test_each_question_reads_as_one_and_has_a_theme() -> None:
    shown = [query for _, asked in publish.questions() for query in asked]
    assert {query.name for query in shown} == set(QUERIES)
    assert all(query.title.endswith("?") and query.description.endswith(".") for query in shown)
    assert len(shown) >= 25
    assert all(asked for _, asked in publish.questions())
    assert all("_" not in parameter.label and parameter.label for query in QUERIES.values() for parameter in query.parameters)


@pytest.mark.parametrize("name", ANSWERED)
def test_a_question_answers_at_once(get: Get, name: str) -> None:
    html = get(f"/casebook/{name}").text
    assert _rows(get, name), name
    assert "Nothing found" not in html
    assert f"<h1>{QUERIES[name].title}</h1>" in unescape(html)
    assert "<textarea" not in html  # the SQL is behind a link
    assert re.search(r'<a href="/casebook\?sql=[^"]+" rel="nofollow">SQL</a>', html)
    headings = [re.sub(r"<[^>]*>", "", cell) for cell in re.findall(r"<th [^>]*>(.*?)</th>", html, re.DOTALL)]
    assert not [heading for heading in headings if "_" in heading]


def _choices(html: str, name: str) -> list[str]:
    """What the form offers for a parameter; nothing where the database has nothing to choose from."""
    if f'<input id="p-{name}"' in html and f'<datalist id="l-{name}"' not in html:
        return []
    found = re.search(rf'<select id="p-{name}".*?</select>|<datalist id="l-{name}">.*?</datalist>', html, re.DOTALL)
    assert found, name
    return [unescape(choice) for choice in re.findall(r'<option value="([^"]+)"', found[0])]


@pytest.mark.parametrize("name", QUERIES)
def test_a_question_bears_each_choice_of_its_form(get: Get, name: str) -> None:
    html = get(f"/casebook/{name}").text
    for parameter in QUERIES[name].parameters:
        listed = bool(parameter.choices or parameter.choices_sql)
        if not listed:
            assert get(f"/casebook/{name}?{urlencode({parameter.name: '%_(x'})}").status_code == 200
            continue
        for choice in _choices(html, parameter.name):
            answer = get(f"/casebook/{name}?{urlencode({parameter.name: choice})}")
            assert answer.status_code == 200, (parameter.name, choice)
            assert f'<option value="{choice}" selected>' in unescape(answer.text)
        if parameter.name not in ("result_2", "result_3"):  # of a marker that is not chosen
            said = get(f"/casebook/{name}?{urlencode({parameter.name: 'no such thing'})}").text
            offered = _choices(html, parameter.name)
            assert ("is called “no such thing”" if offered else "Nothing found") in said, parameter.name


@pytest.mark.parametrize(
    ("asked", "answer", "meant", "url"),
    [
        ("marker_positive?marker=sma", "marker here is called “sma”", "SMA", "marker=SMA"),
        ("marker_positive?marker=S-M-A", "marker here is called “S-M-A”", "SMA", "marker=SMA"),
        ("dose_and_outcome?histology=Inflammatory+Myofibroblastic+Tumour", "diagnosis here", "inflammatory myofibroblastic tumor", None),
        ("dose_and_outcome?histology=leiomyosarkoma", "diagnosis here", "leiomyosarcoma", "histology=leiomyosarcoma"),
        ("dose_and_outcome?site=lung&histology=", "site here is called “lung”", "lung (C34)", "site=lung+%28C34%29"),
        ("dose_and_outcome?histology=%3Cb%3Ezebra", "diagnosis here is called “&lt;b&gt;zebra”", None, None),
    ],
)
def test_an_answer_that_is_not_listed_is_said_with_the_word_that_was_meant(
    get: Get, asked: str, answer: str, meant: str | None, url: str | None
) -> None:
    html = get(f"/casebook/{asked}").text
    assert answer in html
    assert "What a report does not say" not in html
    links = re.findall(r'Did you mean <a href="([^"]*)">([^<]*)</a>', html)
    assert [words for _, words in links] == ([meant] if meant else [])
    if url:
        assert unescape(links[0][0]).endswith(url)
        assert "is called" not in get(unescape(links[0][0])).text


@pytest.mark.parametrize("name", [query.name for query in QUERIES.values() if any(parameter.is_needed for parameter in query.parameters)])
def test_a_question_of_one_thing_begins_with_the_commonest(get: Get, name: str) -> None:
    html = get(f"/casebook/{name}").text
    first = next(parameter for parameter in QUERIES[name].parameters if parameter.is_needed)
    offered = _choices(html, first.name)
    assert f'<option value="{offered[0]}" selected>' in unescape(html)
    assert _rows(get, name) == _rows(get, name, **{first.name: offered[0]})


@pytest.mark.parametrize(
    ("name", "asked", "wanted"),
    [
        ("marker_positive", {"marker": "ALK"}, [{"histology": "inflammatory myofibroblastic tumor", "positive_cases": 0, "negative_cases": 1, "tested_cases": 1}]),
        ("markers_by_histology", {"histology": "leiomyosarcoma"}, []),
        ("gene_alterations", {"gene": "ALK"}, [{"alteration": "rearrangement", "found_in_cases": 0, "not_found_in_cases": 1}]),
        ("drugs_and_response", {"histology": "inflammatory myofibroblastic tumor"}, [{"drug": "cisplatin", "cases": 1, "response_not_reported": 1}]),
        ("age_and_sex", {"histology": "leiomyosarcoma"}, [{"age": "30 to 39 years", "female": 1, "male": 0}, {"age": "60 to 69 years", "female": 0, "male": 1}]),
        ("metastases", {"tumour_group": SARCOMA, "histology": "leiomyosarcoma"}, [{"metastasis_in": "liver", "cases": 1}]),
        ("several_patients", {}, [{"report_id": "markup", "patients": 2, "cases": "markup/1, markup/2"}]),
        ("dose_and_outcome", {"site": "lung (C34)"}, [{"case_id": "lung-imt/1", "max_dose_gy": 54.0, "status": "alive without disease"}]),
        ("dose_and_outcome", {"site": "soft tissue (C49)"}, []),
        ("without_surgery", {}, []),
        ("missing_values", {"field": "follow_up_months"}, [{"case_id": "markup/1", "reason": "not stated"}]),
        ("words_for_a_value", {"case_id": "lung-imt/1", "field": "ihc", "value": "", "contains": "ALK"}, [{"quote": "ALK and desmin were negative"}]),
        ("tumour_groups", {}, [{"tumour_group": SARCOMA, "behaviour": "malignant", "cases": 2}, {"behaviour": "uncertain or borderline", "irradiated": 1}]),
        ("last_run", {}, [{"case_id": "lung-imt/1", "report_is": "new"}, {"case_id": "markup/1"}, {"case_id": "markup/2"}]),
    ],
)  # fmt: skip
def test_a_question_finds_what_is_so(get: Get, name: str, asked: dict[str, str], wanted: list[dict[str, Any]]) -> None:
    found = _rows(get, name, **asked)
    assert [{key: row[key] for key in want} for row, want in zip(found, wanted, strict=True)] == wanted


def test_answers_lead_to_their_cases(get: Get) -> None:
    assert 'href="/casebook/patient_case/lung-imt~2F1"' in get("/casebook/dose_and_outcome").text
    assert 'href="/casebook/case_overview?histology=inflammatory+myofibroblastic+tumor"' in get("/casebook/marker_positive?marker=ALK").text


def test_kinds_of_dose_stand_apart_in_the_overview(built: Path) -> None:
    """On the project's own reports: as in the table of doses, whose rows are courses."""
    kinds = ("gy", "gy_rbe", "gy_particles", "gy_brachytherapy")
    with closing(sqlite3.connect(built)) as database:
        shown = database.execute(f"select case_id, {', '.join(f'max_dose_{kind}' for kind in kinds)} from case_overview").fetchall()
        given = database.execute(
            f"select case_id, {', '.join(f'max(total_dose_{kind})' for kind in kinds)} from radiotherapy_dose where origin = 'case' group by 1"
        ).fetchall()
        fractions = dict(database.execute("select case_id, fractions from case_overview").fetchall())
        courses = database.execute(
            f"select case_id, fractions, {', '.join(f'total_dose_{kind}' for kind in kinds)} from radiotherapy_dose where origin = 'case'"
        ).fetchall()
    of_courses = {case_id: doses for case_id, *doses in given}
    assert {case_id: doses for case_id, *doses in shown} == {case_id: of_courses.get(case_id, [None] * 4) for case_id, *_ in shown}
    seen = [{case_id for case_id, *doses in shown if doses[place] is not None} for place in range(4)]
    assert all(seen[place] for place in (0, 2, 3))
    for case_id, *doses in shown:
        place = next((place for place, dose in enumerate(doses) if dose is not None), None)
        if place is not None:
            assert fractions[case_id] in {n for name, n, *of_course in courses if name == case_id and of_course[place] == doses[place]}


def test_what_is_told_to_be_absent_is_told(built: Path) -> None:
    with closing(sqlite3.connect(built)) as database, asking(built) as get:
        said = {row["field"]: row["cases_that_say"] for row in get("/casebook/how_complete.json?_shape=array").json()}
        n_absent = 0
        for field, table in (("metastases", "metastasis"), ("drugs", "drug"), ("molecular", "molecular_test"), ("ihc", "ihc_result")):
            absent = {
                row[0] for row in database.execute("select case_id from empty_field where field = ? and reason = 'stated absent'", [field])
            }
            told = {row[0] for row in database.execute(f"select case_id from {table}")}
            assert said[field] == len(absent | told) == len(absent) + len(told), field
            n_absent += len(absent)
        assert n_absent > 3


def test_counts_of_a_result_lead_to_as_many_cases(built: Path) -> None:
    """On the project's own reports: every count of two questions, also of a marker with both results in one case."""
    with asking(built) as get:
        counts = get("/casebook/marker_count.json?test=stain&equivocal__gt=0&histology__not=not+reported&_shape=array").json()
        asked = [("marker_positive", {"marker": name}) for name in {"STAT6", "ALK", *(count["marker"] for count in counts[:3])}]
        asked += [("markers_by_histology", {"histology": count["histology"]}) for count in counts[:1]]
        linked = 0
        for name, values in asked:
            page = get(f"/casebook/{name}?{urlencode(values)}").text
            for address, result, shown in re.findall(r'class="num" href="([^"#]+)#(\w+)">(\d+)</a>', page):
                told = re.search(rf'id="{result}">\s*<h2>[^<]*: (\d+) cases?</h2>', get(unescape(address)).text)
                assert told and told[1] == shown, address
                linked += 1
        assert linked > 20


def test_the_fields_of_the_forms_are_those_of_a_record() -> None:
    for name in ("missing_values", "words_for_a_value"):
        (field,) = (parameter for parameter in QUERIES[name].parameters if parameter.name == "field")
        assert set(field.choices) == {key for key, _ in fields.LABELS}


def test_a_page_shows_the_first_rows_and_files_have_all(built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On the project's own reports, whose words are more than Datasette gives of an answer."""
    with closing(sqlite3.connect(built)) as database:
        n_words = database.execute("select count(*) from fact_evidence").fetchone()[0]
    assert n_words > publish.settings()["max_returned_rows"] > publish.SHOWN_ROWS
    address = "/casebook/words_for_a_value"
    with asking(built) as get:
        html = get(address).text
        assert html.count("<tr>") == 1 + publish.SHOWN_ROWS
        spreadsheet, lines, objects = (get(unescape(url)) for url in re.findall(rf'href="({address}\.[^"]+)"', html))
        (rows,) = [sheet for sheet in load_workbook(io.BytesIO(spreadsheet.content)) if sheet.title == "Rows"]
        assert rows.max_row == 1 + n_words
        whole = list(csv.DictReader(io.StringIO(lines.text)))
        assert len(whole) == n_words
        said = objects.json()
        assert (len(said["rows"]), said["truncated"]) == (publish.settings()["max_returned_rows"], True)
        assert [row["quote"] for row in said["rows"]] == [row["quote"] for row in whole[: len(said["rows"])]]
        # The same of an address that somebody writes, and fewer where fewer are wanted.
        assert get(f"{address}.csv").text == get(f"{address}.csv?rows=&field=").text == lines.text
        assert get(f"{address}.json?_shape=objects").json()["truncated"] is True
        few = get(f"{address}.csv?field=site&rows=2").text.splitlines()
        assert [len(few), len(get(f"{address}.json?_shape=array&rows=2").json())] == [3, 2]
        assert all(",site," in line for line in few[1:])
        assert get("/another/words_for_a_value.csv").status_code == 404
        for ending in ("json", "csv", "xlsx"):
            strange = get(f"{address}.{ending}?feild=site")
            assert (strange.status_code, strange.json()["error"]) == (
                400, "words_for_a_value asks for no “feild”, but for case_id, field, value, contains, rows.",
            ), ending  # fmt: skip
        # A part would look like the whole.
        monkeypatch.setattr(whole_answer, "MOST_ROWS", n_words - 1)
        refused = get(f"{address}.csv")
        assert refused.status_code == 400
        assert f"more than {n_words - 1:,} rows" in refused.text
        assert get(f"{address}.csv?rows={n_words - 1}").status_code == 200


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("select 1\n", ":1: a query starts with"),
        ("-- title: Who?\nselect 1\n", ":2: found '.*'; wanted `-- theme: `"),
        ("-- title: Who?\n-- theme: Weather\nselect 1\n", ":2: found 'Weather'; wanted"),
    ],
)
def test_a_query_without_title_or_theme_is_refused(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "odd.sql"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DatabaseError, match=f"odd.sql{said}"):
        publish._read_query(path)


def test_the_home_page_leads_to_every_question_and_answers_the_examples(get: Get) -> None:
    html = get("/").text
    for _, asked in publish.questions():
        for query in asked:
            assert f'href="/casebook/{query.name}"' in html
    examples = re.search(r'<section class="examples">(.*?)</section>', html, re.DOTALL)
    assert examples
    links = [(unescape(url), unescape(words)) for url, words in re.findall(r'<a href="([^"]+)">([^<]+)</a>', examples[1])]
    assert [words for _, words in links] == [
        "Which diagnoses are ALK positive?",
        "What dose did inflammatory myofibroblastic tumours of the lung get, and how did it end?",
        "Which cases lack follow-up, and why?",
        "What does the report say of ALK in this patient with inflammatory myofibroblastic tumor?",
        "All cases of sarcoma with radiotherapy, as a spreadsheet",
    ]
    for url, _ in links[:3]:
        assert "Nothing found" not in get(url).text
    assert re.findall(r'<a class="card" href="([^"]+)"', html)[0] == "/casebook/patient_case/lung-imt~2F1"


@pytest.fixture(scope="module")
def pooled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Many cases with follow-up; at one site doses of an even number of courses, at another of an odd one, some of them equal."""
    path = pooled_cases.build(tmp_path_factory.mktemp("pooled") / "casebook.db")
    columns = "dose_id, origin, case_id, sex, site, histology, kind, unit, total_dose_gy, total_dose_gy_rbe, recurrence, status, outcome"
    rows = [
        *(("even", "external", dose, None) for dose in (40, 40, 50, 66)),
        *(("odd", "external", dose, None) for dose in (30, 60, 60)),
        ("odd", "rbe_weighted", None, 70),
        ("even", "external", None, None),
    ]
    with closing(sqlite3.connect(path)) as connection:
        for number, (site, kind, dose, rbe) in enumerate(rows):
            unit = "Gy(RBE)" if kind == "rbe_weighted" else "Gy"
            values = (f"made:{number}", "case", "alpha-0/1", "not reported", site, "alphoma", kind, unit, dose, rbe, *["not reported"] * 2)
            connection.execute(f"insert into radiotherapy_dose ({columns}) values ({', '.join('?' * 12)}, 'not_told')", values)
        for number, site in enumerate(("even", "odd")):
            connection.execute("update case_overview set site = ? where case_id = ?", (site, f"alpha-{number}/1"))
        for number, months in enumerate((3, 8, 9, 20)):
            sql = "update case_overview set surgery = 'no', radiotherapy = 'no', follow_up_months = ? where case_id = ?"
            connection.execute(sql, (months, f"alpha-{number}/1"))
        connection.commit()
    return path


def test_the_median_dose_of_a_site_is_that_of_its_courses_from_outside(pooled: Path) -> None:
    with asking(pooled) as ask:
        rows = {row["site"]: row for row in ask("/casebook/radiotherapy_by_site.json?_shape=array").json()}
    columns = ("courses_with_dose", "lowest_dose_gy", "median_dose_gy", "highest_dose_gy", "courses_in_gy_rbe")
    assert [rows["even"][column] for column in columns] == [4, 40, 45, 66, 0]
    assert [rows["odd"][column] for column in columns] == [3, 30, 60, 60, 1]


def test_the_median_follow_up_of_a_treatment_is_that_of_its_cases(pooled: Path) -> None:
    with closing(sqlite3.connect(pooled)) as connection:
        cases = connection.execute(
            "select surgery, radiotherapy, drugs is not null, follow_up_months, status from case_overview"
        ).fetchall()
    with asking(pooled) as ask:
        rows = ask("/casebook/follow_up_by_treatment.json?_shape=array").json()
    assert sum(row["cases"] for row in rows) == len(cases)
    sizes = set()
    for row in rows:
        treatment = (row["surgery"], row["radiotherapy"], int(row["systemic_drugs"] == "yes"))
        months = [case[3] for case in cases if case[:3] == treatment and case[3] is not None]
        assert row["with_follow_up"] == len(months)
        assert row["longest_follow_up_months"] == max(months, default=None)
        assert row["median_follow_up_months"] == (round(statistics.median(months), 1) if months else None)
        assert row["died"] == sum(case[4].startswith("died") for case in cases if case[:3] == treatment)
        sizes.add(len(months) % 2 if len(set(months)) > 2 else None)
    assert {0, 1} <= sizes, "even and odd numbers of cases were counted"


def test_a_case_with_both_results_of_a_marker_is_equivocal_and_tested(pooled: Path) -> None:
    with closing(sqlite3.connect(pooled)) as connection:
        results = connection.execute(
            "select case_id, group_concat(distinct result) from ihc_result where marker = 'CD34' group by 1"
        ).fetchall()
    said = [set(results.split(",")) for _, results in results]
    both = sum({"positive", "negative"} <= result for result in said)
    with asking(pooled) as ask:
        (row,) = ask("/casebook/marker_positive.json?marker=CD34&_shape=array").json()
    assert both > 0
    assert row["positive_cases"] == sum("positive" in result for result in said) - both
    assert row["negative_cases"] == sum("negative" in result for result in said) - both
    assert row["equivocal_cases"] == both + sum(result <= {"equivocal"} for result in said)
    assert row["tested_cases"] == sum(bool(result - {"other_cells"}) for result in said)
