"""The site through Datasette's own client: what readers see, and what strangers may not do."""

from __future__ import annotations

import asyncio
import json
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from corpus.dose_table import DoseTable, TableCell, load_dose_table
from corpus.report import Report
from db import load, publish, serve
from db.corrections.file import Correction
from db.corrections.overlay import lay
from db.guard.bounds import PLUGIN
from db.schema import DatabaseError
from extract.record import Case, Failure
from tests import db_fixtures

Get = Callable[..., Any]
CASE = "/casebook/patient_case/lung-imt~2F1"
PAPER, PAPER_CASE = "/casebook/report/paper", "/casebook/patient_case/paper~2F1"
OWN_PAGES = (
    "/",
    "/casebook",
    "/casebook/case_overview",
    "/casebook/case_overview?_facet=year&age_years__gt=20",
    CASE,
    "/casebook/patient_case/markup~2F2",
    "/casebook/report/markup",
    "/casebook/report",
    "/casebook/evidence",
    "/casebook/report_text?_search=sarcoma",
    "/casebook/ihc_result/lung-imt~2F1,1",
    "/casebook/radiotherapy_dose",
    "/casebook/dose_table_row/imt_radiotherapy,9,1",
    "/casebook/dose_table_row/hostile,1,1",
    "/doses",
    "/doses?measure=total&dose_axis=log&time_axis=log",
    "/casebook?sql=select+*+from+report+join+report_text+using+(report_id)",
    "/-/runs",
    *(f"/casebook/{query.name}" for query in publish.queries()),
)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = db_fixtures.build(tmp_path_factory.mktemp("site") / "casebook.db")
    connection = load.connect(path)
    for table in sorted((Path(__file__).parent.parent / "corpus" / "dose_tables").glob("*.csv")):
        load.store_dose_table(connection, load_dose_table(table))
    load.store_dose_table(connection, _hostile_table())
    load.refresh_overview(connection)
    connection.close()
    return path


def _hostile_table() -> DoseTable:
    """A table whose cells carry markup, with a recurrence in one of four, a dose of one large fraction, and no month of follow-up."""
    imt = load_dose_table(Path(__file__).parent.parent / "corpus" / "dose_tables" / "imt_radiotherapy.csv")
    words = "<b>leio</b><img src=x onerror=\"document.title='PWNED'\"><script>document.title='PWNED'</script>"
    row = replace(
        imt.rows[0], reference=f"{words} 2001", site_topography=None, site_printed=words, n_patients=4, dose_group_n=4, n_male=4,
        n_female=0, total_dose_gy=18.0, fractions=1, dose_per_fraction_gy=18.0, follow_up_months=0.0, recurrence=True, n_recurred=1,
        histology=words, morphology=None, technique=words, age_years=None,
    )  # fmt: skip
    cells = (TableCell(1, 1, words, words, words, words),)
    return replace(imt, id="hostile", rows=(row,), citation=words, cells=cells)


@pytest.fixture(scope="module")
def get(database: Path) -> Iterator[Get]:
    """Ask the site for a page; follows redirects."""
    yield from _asking(database)


@pytest.fixture(scope="module")
def get_paper(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Get]:
    """Ask the site of a database that holds a paper with sections, a table and pages, and a copy of it."""
    yield from _asking(db_fixtures.build_paper(tmp_path_factory.mktemp("paper") / "casebook.db"))


def _asking(database: Path) -> Iterator[Get]:
    datasette = serve.make_datasette(database)
    loop = asyncio.new_event_loop()
    loop.run_until_complete(datasette.invoke_startup())

    def ask(path: str) -> Any:
        return loop.run_until_complete(datasette.client.get(path, follow_redirects=True))

    yield ask
    loop.close()


def _facets(data: dict[str, Any]) -> dict[str, Any]:
    """The facets of an answer; Datasette 1.0 holds them a step lower."""
    found: dict[str, Any] = data["facet_results"]
    return found["results"] if "timed_out" in found else found


def _text(html: str) -> str:
    """The words of a page without its tags."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


class _Active(HTMLParser):
    """Collects what a strict policy forbids: scripts and styles within the page, and handlers in attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        if tag == "style" or (tag == "script" and "src" not in names):
            self.found.append(tag)
        self.found += [name for name in names if name.startswith("on") or name == "style"]


def _active(html: str) -> list[str]:
    parser = _Active()
    parser.feed(html)
    return parser.found


def test_home_tells_what_there_is(get: Get) -> None:
    html = get("/").text
    assert "3 reports" not in html  # counts stand in a list: number and name apart
    assert re.search(r"<dt>reports</dt><dd>3</dd>", html)
    assert re.search(r"<dt>cases</dt><dd>3</dd>", html)
    assert 'action="/search"' in html
    assert "Not for the care of patients" in html
    assert "54 Gy in 27 fractions of 2 Gy" in html
    for link in re.findall(r'href="(/[^"#]*)', html):
        assert get(unescape(link)).status_code == 200, link


def test_case_page_highlights_the_words_of_each_value(get: Get) -> None:
    html = get(CASE).text
    words = re.findall(r'<mark class="g-(\w+)" data-ev="([\d ]+)">([^<]*)</mark>', html)
    by_number: dict[str, str] = {}
    for _, numbers, piece in words:
        for number in numbers.split():
            by_number[number] = by_number.get(number, "") + unescape(piece)
    _, record = db_fixtures.lung()
    for number, entry in enumerate(record.evidence):
        if entry.reason is None:
            assert by_number[str(number)] == entry.quote
            assert f'id="ev-{number}"' in html
    groups = {piece: group for group, _, piece in words}
    assert groups["54-year-old"] == "patient"
    assert groups["54 Gy in 27 fractions"] == "treatment"
    values = re.findall(r'<a class="value" href="#ev-(\d+)" data-ev="([\d ]+)"><span>([^<]*)</span>', html)
    course = next(numbers.split() for _, numbers, text in values if text.startswith("54 Gy"))
    assert [by_number[number] for number in course] == [
        "54 Gy in 27 fractions",
        "38 Gy in 19 fractions and a boost of 16 Gy in 8 fractions",
    ]


def test_case_page_shows_a_course_with_its_phases_and_particulars(get: Get) -> None:
    words = _text(get(CASE).text)
    for part in ("54 Gy in 27 fractions of 2 Gy", "IMRT", "with cisplatin", "over 5.5 weeks", "16 Gy in 8 fractions (boost)"):
        assert part in words


def test_case_page_says_what_is_missing_passed_over_and_retold(get: Get) -> None:
    words = _text(get(CASE).text)
    assert "Ki-67 not reported" in words
    assert "Metastases not reported" in words
    assert "“ colon cancer ”" in words or "“colon cancer”" in words
    assert "family" in words
    assert "own retelling" in words
    assert "Not for the care of patients" in words
    html = get(CASE).text
    assert 'href="https://doi.org/10.1234/example.5"' in html
    assert 'href="https://pmc.ncbi.nlm.nih.gov/articles/PMC1234567/"' in html
    assert "own retelling" not in _text(get("/casebook/patient_case/markup~2F1").text)


def test_a_title_in_our_own_words_has_no_brackets_and_says_whose_it_is(database: Path, tmp_path: Path) -> None:
    copy = tmp_path / "casebook.db"
    copy.write_bytes(database.read_bytes())
    with closing(sqlite3.connect(copy)) as connection, connection:
        connection.execute("update report set title = '[A tumour, told anew]' where report_id = 'lung-imt'")
        connection.execute("update report set title = '[A title of the authors]' where report_id = 'markup'")
        connection.execute("update report_text set title = (select title from report where report.report_id = report_text.report_id)")
    for get in _asking(copy):
        for path in ("/casebook/report/lung-imt", CASE):
            head = _text(get(path).text.partition('<header class="pagehead">')[2].partition("</header>")[0])
            assert "A tumour, told anew" in head and "[A tumour" not in head
            assert "title by casebook" in head.lower()
        table = _text(get("/casebook/report").text)
        assert "A tumour, told anew" in table and "[A tumour" not in table
        found = _text(get("/search?q=desmin+negative&kind=facts").text)
        assert "A tumour, told anew" in found and "[A tumour" not in found
        words = _text(get("/casebook/report/markup").text)
        assert "[A title of the authors]" in words and "title by casebook" not in words.lower()


def test_case_page_draws_the_course_and_lists_it(get: Get) -> None:
    html = get(CASE).text
    drawing = re.search(r"<svg[^>]*aria-labelledby=\"course-title course-desc\">(.*?)</svg>", html, re.DOTALL)
    assert drawing
    assert '<title id="course-title">' in drawing[1]
    assert "last contact: at least 60 months (5 years) after first treatment" in drawing[1]
    assert len(re.findall("<circle ", drawing[1])) == 2  # the event without a time is only in the list
    listed = re.search(r"</svg>\s*<ol>(.*?)</ol>", html, re.DOTALL)
    assert listed
    words = _text(listed[1])
    for expected in ("surgery wedge resection", "time zero", "radiotherapy", "time not told"):
        assert expected in words
    assert "<svg" not in get("/casebook/patient_case/markup~2F2").text


def test_the_course_of_a_case_shows_markup_as_it_is(get: Get) -> None:
    html = get("/casebook/patient_case/markup~2F1").text
    assert "&lt;b&gt;leiomyosarcoma" in html.split('class="text"')[0]


def test_text_of_the_report_stands_on_the_page_as_it_is(get: Get) -> None:
    for path, text in ((CASE, db_fixtures.LUNG_TEXT), ("/casebook/report/markup", db_fixtures.MARKUP_TEXT)):
        shown = re.search(r'<div class="text" data-text>(.*?)</div>', get(path).text, re.DOTALL)
        assert shown
        assert unescape(re.sub(r"<[^>]+>", "", shown[1])) == text


@pytest.mark.parametrize("path", OWN_PAGES)
def test_stored_markup_is_inert_on_every_page(get: Get, path: str) -> None:
    answer = get(path)
    assert answer.status_code == 200
    assert "<script>document" not in answer.text
    assert "<img" not in answer.text
    assert "<b>leio" not in answer.text


def test_browser_of_cases_has_its_facets(get: Get) -> None:
    data = get("/casebook/case_overview.json?_shape=objects&_extra=facet_results").json()
    assert set(publish.FACETS) <= set(_facets(data))
    sites = {value["value"]: value["count"] for value in _facets(data)["site"]["results"]}
    assert sites == {"lung (C34)": 1, "soft tissue (C49)": 1, "retroperitoneum and peritoneum (C48)": 1}
    html = get("/casebook/case_overview").text
    assert html.index("facet-site") < html.index("facet-histology") < html.index("facet-sex")
    assert f'href="{CASE}"' in html
    narrowed = get("/casebook/case_overview?radiotherapy=not+reported").text
    assert "markup/1" in narrowed
    assert "lung-imt/1" not in narrowed
    assert '<span class="none">not reported</span>' in html


def test_null_is_shown_as_not_reported_and_links_lead_on(get: Get) -> None:
    html = get("/casebook/report").text
    assert '<span class="none" title="not reported">–</span>' in html
    assert 'href="https://doi.org/10.1234/example.5"' in html
    evidence = get("/casebook/evidence?report_id=lung-imt").text
    assert f'href="{CASE}#ev-0"' in evidence


@pytest.mark.parametrize(
    ("path", "count"),
    [
        ("/casebook/case_overview", 1), ("/casebook/dose_and_outcome", 1), ("/doses?measure=total", 1), ("/profile?typed=SMA%2B", 0),
        ("/casebook?sql=select+case_id+from+patient_case", 0), ("/casebook/case_words?_col=case_id", 0),
    ],
)  # fmt: skip
def test_a_dash_is_explained_once_below_a_table_that_has_one(get: Get, path: str, count: int) -> None:
    page = get(path).text
    assert page.count("“–”: not reported, or does not apply.") == count
    assert bool(count) == bool(re.search(r">–<", page))


def test_columns_are_explained_where_they_stand(get: Get) -> None:
    html = get("/casebook/radiotherapy_course").text
    assert "Total dose including the boost, in gray" in unescape(html)
    assert 'title="Number of fractions."' in html


def test_questions_answer(get: Get) -> None:
    def ask(path: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = get(f"/casebook/{path}").json()
        return rows

    assert len(publish.queries()) >= 6
    profile = "marker_profile.json?_shape=array&marker_1=SMA&result_1=positive&marker_2=ALK&result_2="
    assert [row["case_id"] for row in ask(profile + "negative")] == ["lung-imt/1"]
    assert ask(profile + "positive") == []
    sites = {row["site"]: row for row in ask("radiotherapy_by_site.json?_shape=array")}
    assert sites["lung (C34)"]["median_dose_gy"] == 54.0
    assert sites["soft tissue (C49)"]["said_not_irradiated"] == 1
    doses = ask("doses_beside_review.json?_shape=array")
    (own,) = [row for row in doses if row["origin"] == "case"]
    assert (own["case_id"], own["total_dose_gy"], own["fractions"], own["age"]) == (
        "lung-imt/1",
        54.0,
        27,
        "54",
    )
    assert {row["total_dose_gy"] for row in doses if row["origin"].startswith("table ")} >= {20.0, 60.0}
    outcomes = {row["histology"]: row for row in ask("outcomes_by_histology.json?_shape=array")}
    assert outcomes["leiomyosarcoma"]["died_of_disease"] == 1
    follow_up = ask("follow_up_by_treatment.json?_shape=array")
    assert sum(row["cases"] for row in follow_up) == 3
    assert {row["median_follow_up_months"] for row in follow_up} == {60.0, 14.0, None}
    passed = ask("passed_over.json?_shape=array&reason=family")
    assert [row["quote"] for row in passed] == ["colon cancer"]
    complete = {row["field"]: row["percent_that_say"] for row in ask("how_complete.json?_shape=array")}
    assert complete["histology"] == 100.0
    assert complete["ki67_percent"] == 0.0


def test_question_pages_have_readable_forms(get: Get) -> None:
    html = get("/casebook/marker_profile").text
    assert '<option value="SMA"' in html
    assert '<option value="negative">negative</option>' in html
    assert "select case_id" not in html  # the SQL is one click away, not in the way


def _drawing(html: str) -> str:
    found = re.search(r'<svg class="doses".*?</svg>', html, re.DOTALL)
    assert found
    return found[0]


def _rows_below(html: str) -> list[str]:
    table = re.search(r'<section id="dose-rows">.*?<tbody>(.*?)</tbody>', html, re.DOTALL)
    assert table
    return re.findall(r"<tr>.*?</tr>", table[1], re.DOTALL)


def test_doses_are_drawn_from_the_rows_of_the_table_below(get: Get) -> None:
    html = get("/doses").text
    drawing, rows = _drawing(html), _rows_below(html)
    dots = re.findall(r'<a href="([^"]+)" aria-label="([^"]+)"', drawing)
    assert sorted(url for url, _ in dots) == sorted(re.search(r'href="([^"]+)"', row)[1] for row in rows)  # type: ignore[index]
    assert len(dots) == 7  # five rows of the IMT table, the hostile one, and the case, which is the table's ninth row as well
    for url, _ in dots:
        assert get(unescape(url)).status_code == 200, url
    labels = {unescape(label) for _, label in dots}
    own = next(label for label in labels if label.startswith("lung-imt/1;"))
    for words in ("lung (C34)", "54 Gy", "at least 60 months", "no recurrence"):
        assert words in own
    assert '<title id="plot-title">EQD2 (α/β 10 Gy), in Gy, against follow-up and outcome</title>' in drawing
    assert "7 courses or rows." in drawing
    assert "No dose–response can be read from this" in _text(html)


def test_doses_say_what_is_not_drawn_and_why(get: Get) -> None:
    words = _text(get("/doses").text)
    assert "7 courses and rows drawn, of 10 patients; 5 not drawn" in words
    for reason in (
        "1: the same patient as a case, counted there",
        "1: no dose told",
        "3: number of fractions not told, so no EQD2",
        "counted as lung-imt/1",
    ):
        assert reason in words
    assert "1 of the drawn rows goes beyond it" in words
    log = _text(get("/doses?time_axis=log").text)
    assert "1: follow-up of 0 months has no place on a logarithmic axis" in log


def test_doses_can_be_narrowed_and_measured_otherwise(get: Get) -> None:
    html = get("/doses?measure=total&histology=inflammatory+myofibroblastic+tumor&site=bones+of+skull+and+trunk+(C41)").text
    assert len(_rows_below(html)) == 3
    assert '<option value="bones of skull and trunk (C41)" selected>bones of skull and trunk (C41) (3 courses)' in html
    assert '<option value="particles_in_gy">protons, ions, neutrons in plain Gy (0 courses)' in html
    assert '<th scope="col" class="right">follow-up</th>' in html and 'class="col-follow_up right"' in html
    assert "not told" in _drawing(html)  # two have no follow-up: a lane below the others
    assert "recurrence in 5 of 6" in _text(html)
    # In print the form is not there: what was chosen stands in words.
    assert "Only inflammatory myofibroblastic tumor, bones of skull and trunk (C41): 3 courses and rows" in _text(html)
    assert "Only " not in _text(get("/doses").text).partition("drawn")[0]
    assert "Nothing of this choice can be drawn" in get("/doses?kind=brachytherapy").text
    assert '<option value="eqd2_tumour"' not in get("/doses?kind=rbe_weighted").text


def test_each_outcome_is_told_by_colour_and_shape(get: Get) -> None:
    drawing = _drawing(get("/doses").text)
    dots = re.findall(r'class="o-(\w+)( of-table)?">.*?<path class="dot" d="([^"]+)"', drawing, re.DOTALL)
    assert {(outcome, path.count("L")) for outcome, _, path in dots} == {("free", 0), ("recurrence", 2)}  # circles, and a triangle
    assert sum(bool(table) for _, table, _ in dots) == 6


def test_a_row_and_a_case_of_one_patient_name_each_other(get: Get) -> None:
    case = get(CASE).text
    assert 'href="/casebook/dose_table_row/imt_radiotherapy,9,1"' in case
    assert "EQD2 54 Gy (α/β 10), 54 (α/β 3)" in _text(case)
    row = get("/casebook/dose_table_row/imt_radiotherapy,9,1").text
    assert f'The same patient as the case <a href="{CASE}">lung-imt/1</a>' in row
    assert "The same patient as" not in get("/casebook/dose_table_row/imt_radiotherapy,1,1").text
    (difference,) = get("/casebook/same_patient_disagreements.json?_shape=array").json()
    assert (difference["field"], difference["in_table"], difference["in_report"]) == (
        "follow-up",
        "at least 47 months",
        "at least 60 months",
    )


def test_the_flat_table_of_doses_has_facets_and_explained_columns(get: Get) -> None:
    data = get("/casebook/radiotherapy_dose.json?_shape=objects&_extra=facet_results").json()
    assert set(publish.DOSE_FACETS) <= set(_facets(data))
    html = unescape(get("/casebook/radiotherapy_dose").text)
    assert "EQD2 α/β 10 (Gy)" in html
    assert "EQD2 (dose in fractions of 2 Gy with the same effect) for alpha/beta 10 Gy" in html


def test_doses_are_linked_from_everywhere(get: Get) -> None:
    for path in ("/", "/casebook/case_overview"):
        assert 'href="/doses"' in get(path).text


def test_json_of_a_case(get: Get) -> None:
    (row,) = get(CASE + ".json?_shape=objects").json()["rows"]
    assert row["topography"] == "C34.1"
    assert row["ki67_percent"] is None


def test_pages_that_are_not_there_say_so(get: Get) -> None:
    for path in ("/casebook/patient_case/none~2F1", "/casebook/report/none", "/none"):
        answer = get(path)
        assert answer.status_code == 404
        assert "Casebook" in answer.text


def test_limits_and_headers(get: Get) -> None:
    assert get("/casebook?sql=select+zeroblob(900000000)").status_code == 400
    for closed in ("/-/threads", "/-/databases.json", "/-/plugins.json", "/-/metadata"):
        assert get(closed).status_code == 404
    for path in ("/", CASE, "/static/casebook.css", "/casebook.json"):
        headers = get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "unsafe-eval" not in headers["content-security-policy"]


@pytest.mark.parametrize("path", (*OWN_PAGES, "/-/settings"))
def test_no_page_has_an_inline_script(get: Get, path: str) -> None:
    assert _active(get(path).text) == []


def test_metadata_has_every_description(get: Get) -> None:
    tables = publish.metadata("casebook")["databases"]["casebook"]["tables"]
    assert tables["case_overview"]["facets"] == list(publish.FACETS)
    assert tables["radiotherapy_course"]["columns"]["fractions"] == "Number of fractions."


def test_site_folder_is_whole(database: Path, tmp_path: Path) -> None:
    folder = tmp_path / "site"
    publish.write_site(database, folder)
    assert {path.name for path in folder.iterdir()} == {
        "casebook-site.json", "casebook.db", "datasette.yaml", "inspect-data.json", "metadata.json", "plugins", "settings.json", "static",
        "templates",
    }  # fmt: skip
    settings = json.loads((folder / "settings.json").read_text())
    assert settings["sql_time_limit_ms"] == 2000
    assert settings["default_cache_ttl"] == 600

    async def ask() -> None:
        from datasette.app import Datasette

        datasette = Datasette(config_dir=folder)
        await datasette.invoke_startup()
        assert "54-year-old" in (await datasette.client.get(CASE)).text
        assert not datasette.get_database("casebook").is_mutable
        # Settings, questions and bounds come from metadata.json and settings.json, or from 1.0's datasette.yaml.
        assert datasette.setting("sql_time_limit_ms") == 2000
        assert {(await datasette.client.get(f"/casebook/{query.name}")).status_code for query in publish.queries()} == {200}
        assert datasette.plugin_config(PLUGIN)["is_public"] is True

    asyncio.run(ask())


def test_a_missing_database_is_told(tmp_path: Path) -> None:
    with pytest.raises(DatabaseError, match="no such database"):
        serve.make_datasette(tmp_path / "none.db")


def _pane(html: str) -> str:
    shown = re.search(r'<div class="text" data-text>(.*?)</div>', html, re.DOTALL)
    assert shown
    return shown[1]


@pytest.mark.parametrize("path", [PAPER, PAPER_CASE])
def test_the_text_of_a_paper_is_set_in_its_parts_and_loses_no_character(get_paper: Get, path: str) -> None:
    report, record = db_fixtures.paper()
    pane = _pane(get_paper(path).text)
    assert unescape(re.sub(r"<[^>]+>", "", pane)) == report.text
    assert re.search(r"<h3>.*?Follow-up</h3>", pane)
    assert 'class="look-title"' in pane
    assert re.search(r'<p class="look-caption">Figure 1', pane)
    rows = re.findall(r"<tr>(.*?)</tr>", pane, re.DOTALL)
    words = [[_text(re.sub(r'<span class="cellbar">.*?</span>', "", cell, flags=re.DOTALL)) for _, cell in _cells(row)] for row in rows]
    assert words == [
        ["Marker", "Maker", "Result"],
        ["SMA", "", "positive"],
        ["CD34", "Invented & Sons", "negative"],
        [db_fixtures.LONG_WORD, "", ""],
    ]
    assert [tag for tag, _ in _cells(rows[0])] == ["th"] * 3
    assert [tag for tag, _ in _cells(rows[1])] == ["td"] * 3
    for page in (1, 2, 3):
        assert f'id="page-{page}" role="separator" aria-label="page {page}"' in pane
    marked: dict[int, str] = {}
    for numbers, piece in re.findall(r'<mark class="g-\w+" data-ev="([\d ]+)">([^<]*)</mark>', pane):
        for number in numbers.split():
            marked[int(number)] = marked.get(int(number), "") + unescape(piece)
    for number, entry in enumerate(record.evidence):
        # The bar between two cells is not to be seen.
        assert marked[number] == entry.quote.replace(" | ", "")
        assert pane.count(f'id="ev-{number}"') == 1


def _cells(row: str) -> list[tuple[str, str]]:
    return re.findall(r"<(t[hd])\b[^>]*>(.*?)</t[hd]>", row, re.DOTALL)


def test_a_value_tells_section_and_page_of_its_words(get_paper: Get) -> None:
    html = get_paper(PAPER_CASE).text
    said = {
        unescape(value): (unescape(short), unescape(full))
        for value, short, full in re.findall(
            r"<span>([^<]*)</span></a>\s*<small class=\"where\"><span aria-hidden=\"true\">([^<]*)</span><span class=\"unseen\">([^<]*)<",
            html,
        )
    }
    assert said["40 years"] == ("title, p. 1", "in the section title, page 1")
    assert said["30 months (2.5 years)"] == ("follow-up, p. 3", "in the section follow-up, page 3")
    assert said["yes"] == ("case, p. 3", "in the section case, page 3")
    assert "case, p. 2; title, p. 1" in html  # the site, read in two places
    assert "table, p. 3; caption, p. 3" in html  # of the positive stains together


def test_the_page_of_a_report_tells_where_it_comes_from(get_paper: Get) -> None:
    html = get_paper(PAPER).text
    words = _text(html)
    assert "Case report (to its publisher: Letter) · 2019 · read from PDF, 3 pages" in words
    shown, _, rest = words.partition("and 30 others")
    assert "Ada <10> Writer" in shown
    assert "Ada <11> Writer" not in shown
    assert "Ada <40> Writer" in rest
    assert "2 affiliations Clinic of Hands, <Springfield>" in words
    assert "The same report as A <i>preprint</i>" in words
    for target, name in re.findall(r'<a href="#((?:section|table)-\d+)">([^<]*)</a>', html):
        assert f'id="{target}"' in html, name
    outline = re.findall(r'<li><a href="#section-\d+">([^<]*)</a>', html)
    assert outline == ["Case of the dyer, a woman", "Follow-up"]
    assert "Table 1. Stains <b>and</b> makers" in words
    assert 'href="#table-1"' in html


def test_rows_of_a_reports_parts_lead_to_its_page(get_paper: Get) -> None:
    pane = _pane(get_paper(PAPER).text)
    for table, target in (("report_section", "section-2"), ("report_table", "table-1"), ("report_page", "page-3"), ("evidence", "page-2")):
        html = get_paper(f"/casebook/{table}").text
        assert f'href="{PAPER}#{target}"' in html, table
        assert f'id="{target}"' in pane, table
    assert '<span class="quiet">4 × 3</span> Marker | Maker | Result' in get_paper("/casebook/report_table").text
    listed = get_paper("/casebook/report").text
    assert "<li>Ada &lt;1&gt; Writer</li>" in listed
    assert '">+37</li>' in listed
    assert "[&#34;Ada" not in listed
    assert "characters of JSON" in get_paper("/casebook/report_duplicate/paper-preprint").text


def test_a_query_may_call_anything_a_list(get_paper: Get) -> None:
    for value in ("'[1, 2]'", "'no list'", "'[['", "'[]'", "'{}'", "7", "null"):
        for column in ("authors", "cells", "notes", "page", "section_number", "content", "kind"):
            answer = get_paper(f"/casebook?sql=select+{value}+as+{column},+'paper'+as+report_id")
            assert answer.status_code == 200, (value, column)


def test_ledgers_are_not_among_the_tables(get_paper: Get) -> None:
    html = get_paper("/casebook").text
    for hidden in ("source_file", "report_fingerprint", "report_page"):
        assert f'href="/casebook/{hidden}"' not in html
        assert get_paper(f"/casebook/{hidden}").status_code == 200
    for shown in ("report_section", "report_table", "report_duplicate", "possible_same_patient"):
        assert f'href="/casebook/{shown}"' in html
        assert f"<h1>{shown.replace('_', ' ')}</h1>" not in get_paper(f"/casebook/{shown}").text  # it has a title of its own


def test_the_name_of_a_copy_leads_to_the_report_that_is_stored(get_paper: Get) -> None:
    assert get_paper("/casebook/report/paper-preprint").url.path == PAPER
    assert get_paper("/casebook/report/another").status_code == 404


def test_questions_on_reports_answer(get_paper: Get) -> None:
    def ask(path: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = get_paper(f"/casebook/{path}").json()
        return rows

    (row,) = ask("reports_by_format.json?_shape=array")
    assert row == {
        "format": "pdf", "kind": "case_report", "reports": 1, "cases_told": 1, "with_declared_sections": 1, "with_tables": 1, "with_authors": 1,
        "with_identifier": 0,
    }  # fmt: skip
    for words, expected in (("", 1), ("invented", 1), ("STAINS", 1), ("zebra", 0)):
        assert len(ask(f"tables_of_case_reports.json?_shape=array&words={words}")) == expected, words
    (same,) = ask("same_report.json?_shape=array")
    assert (same["other_file"], same["report_id"], same["reason"]) == ("paper-preprint", "paper", "same text")
    assert 'href="https://doi.org/10.1234/preprint"' in get_paper("/casebook/same_report").text


def test_search_finds_words_of_titles_headings_and_tables(get_paper: Get) -> None:
    for words in ("glomus+dyer", "vimentin", "Invented+Sons", "follow-up"):
        assert [hit["report_id"] for hit in get_paper(f"/search.json?q={words}").json()] == ["paper"], words


@pytest.mark.parametrize("path", [PAPER, PAPER_CASE, "/casebook/report", "/casebook/report_duplicate", "/casebook/same_report", "/"])
def test_markup_of_a_paper_is_inert(get_paper: Get, path: str) -> None:
    html = get_paper(path).text
    for markup in ("<i>", "<b>and", "<Springfield>", "<1>"):
        assert markup not in html
    assert _active(html) == []


# --- how sure a value is, and why there is none ----------------------------------------------------


def test_only_a_value_of_low_certainty_is_marked_and_says_why(get: Get, database: Path) -> None:
    html = get("/casebook/patient_case/markup~2F2").text
    marks = [
        (unescape(title), score) for title, score in re.findall(r'<a class="doubt"[^>]* title="([^"]*)">less certain, ([\d.]+)</a>', html)
    ]
    with closing(sqlite3.connect(database)) as connection:
        low = connection.execute(
            "select certainty, basis from fact where case_id = 'markup/2' and band = 'low' and field <> 'events'"
        ).fetchall()
    assert low
    assert sorted(marks) == sorted((basis, f"{score:.2f}") for score, basis in low)


def test_a_case_counts_its_values_by_band_and_leads_to_them(get: Get, database: Path) -> None:
    found = re.findall(r'<a href="([^"]*/fact\?[^"]*band=(\w+)[^"]*field__not=events)">\w+</a> \((\d+)\)', get(CASE).text)
    with closing(sqlite3.connect(database)) as connection:
        counted = connection.execute(
            "select band, count(*) from fact where case_id = 'lung-imt/1' and field <> 'events' group by 1"
        ).fetchall()
    assert sorted((band, int(n)) for _, band, n in found) == sorted(counted)
    assert len(found) > 1
    for url, _, n in found:
        assert f"<strong>{n}" in get(unescape(url)).text


@pytest.mark.parametrize("table", ["fact", "empty_field"])
def test_the_home_page_leads_to_how_sure_values_are_and_why_others_are_not_there(table: str, get: Get) -> None:
    urls = [unescape(url) for url in re.findall(rf'href="(/casebook/{table}[^"]*)"', get("/").text)]
    assert urls
    page = get(urls[0])
    assert page.status_code == 200
    assert "Narrow by" in page.text


def test_an_empty_field_says_why_and_leads_to_the_words(tmp_path: Path) -> None:
    report = Report("refused", "A 62-year-old man had a leiomyosarcoma of the thigh. He refused any chemotherapy. It never came back.")
    note = db_fixtures.Notes(report.text, [])
    note("age_years", "62-year-old")
    note("recurrence", "never came back", assertion="absent")
    note("drugs", "refused any chemotherapy", reason="said to be absent", assertion="absent")
    record = db_fixtures.record_of(report, "case_report", (Case("1", age_years=62.0, recurrence=False),), note)
    path = tmp_path / "casebook.db"
    with closing(load.connect(path)) as connection:
        load.store(connection, report, replace(record, failures=(Failure("size_cm", "could not be read"),)), "run")
        load.refresh_overview(connection)
    html = next(_asking(path))("/casebook/patient_case/refused~2F1").text
    lines = {label: " ".join(_text(said).split()) for label, said in re.findall(r"<dt>([^<]*)</dt>\s*<dd[^>]*>(.*?)</dd>", html, re.DOTALL)}
    assert lines["Drugs"] == "stated absent"
    assert lines["Size"] == "failed"
    assert lines["Sex"] == lines["Metastases"] == lines["Stains"] == "not reported"
    assert '<a class="value none" href="#ev-2" data-ev="2"><span>stated absent</span></a>' in html
    assert re.search(r'<mark[^>]*id="ev-2"|id="ev-2"[^>]*>', html)


def test_values_and_empty_fields_can_be_browsed_by_facet(get: Get) -> None:
    for path, facets in (("/casebook/fact", ("band", "review", "field")), ("/casebook/empty_field", ("reason", "field"))):
        asked = get(f"{path}.json?_shape=objects&" + "&".join(f"_facet={facet}" for facet in facets)).json()
        assert set(facets) <= set(_facets(asked))
        assert all(_facets(asked)[facet]["results"] for facet in facets)
        html = get(path).text
        assert all(f"_facet={facet}" in html or f"{facet}=" in html for facet in facets)


def _say(field: str, action: str, was: Any = None, value: Any = None, words: str | None = None, why: str | None = None) -> Correction:
    return Correction("lung-imt/1", field, action, was, value, words, "Ada <b>", "2026-11-21T10:00:00+00:00", why)


@pytest.fixture(scope="module")
def get_corrected(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Get]:
    """Ask the site of a database of one case, over which corrections were laid."""
    report, record = db_fixtures.lung()
    said = (
        _say("age_years", "set", 54.0, 55.0, why="<script>document.title='PWNED'</script>"),
        _say("status", "clear", "NED"),
        _say("ihc", "reject", {"marker": "SMA", "result": "positive"}),
        _say("ihc", "add", value={"marker": "CD34", "result": "negative"}, words="⟦SMA⟧"),
        _say("size_cm", "confirm", 7.2),
        _say("sex", "set", "female", "male"),
        _say("follow_up_months", "set", ">59", 50.0),
        _say("case", "add"),
    )
    laid = lay(record, report, said)
    path = tmp_path_factory.mktemp("corrected") / "casebook.db"
    connection = load.connect(path)
    load.store(connection, report, laid.record, "000001", ruled=laid.ruled)
    load.refresh_overview(connection)
    connection.close()
    yield from _asking(path)


def test_the_page_of_a_case_says_what_curators_said_and_keeps_the_machines_value(get_corrected: Get) -> None:
    html = get_corrected(CASE).text
    section = re.search(r'<section class="flags" aria-labelledby="said">(.*?)</section>', html, re.DOTALL)
    assert section
    lines = [_text(line) for line in re.findall(r"<li[^>]*>(.*?)</li>", section[1], re.DOTALL)]
    assert lines[0] == (
        "in conflict Follow-up: set to 50 months (4.2 years), by Ada <b> on 2026-11-21 the machine reads at least 60 months (5 years), "
        "the curator saw at least 59 months (4.9 years) the machine now reads another value"
    )
    assert "corrected Age: set to 55 years, by Ada <b> on 2026-11-21 the machine read 54 years <script>document" in " ".join(lines)
    assert {line.split(", by ")[0] for line in lines[1:]} == {
        "corrected Age: set to 55 years",
        "cleared Status: taken out",
        "rejected Stain: taken out",
        "added Stain: CD34: negative",
        "confirmed Size: 7.2 cm",
        "confirmed Sex: set to male",
        "confirmed Case: was missed",
    }
    assert not _active(html)
    marks = [(label, _text(said)) for label, said in re.findall(r"<dt>(.*?)</dt>.*?<dd[^>]*>(.*?)</dd>", html, re.DOTALL)]
    told = dict(marks)
    assert told["Age"].startswith("55 years corrected")
    assert told["Status"].startswith("not reported cleared")
    assert "CD34 added" in told["Stains, negative"]
    assert "in conflict" in told["Follow-up"]


def test_corrections_are_a_table_and_those_in_conflict_a_question(get_corrected: Get) -> None:
    assert "Corrections by curators" in get_corrected("/casebook/correction").text
    rows = get_corrected("/casebook/corrections_in_conflict.json?_shape=array").json()
    assert [(row["field"], row["curators_value"], row["machines_value_now"]) for row in rows] == [("follow_up_months", "50.0", '">60"')]
