"""Browsing the cases: groups of tumours, what a table is narrowed to, and the form above it; the question of issue 8 by clicking."""

from __future__ import annotations

import asyncio
import csv
import re
import sqlite3
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from db import overview, serve, tumour_groups
from db.pages import narrowing
from db.pages.home import home_page
from db.schema import DatabaseError
from tests import db_fixtures
from tests.asking import asking
from tests.browsers import NEEDED, served
from tests.test_site import Get, _asking

LEXICONS = Path(__file__).parent.parent / "extract" / "lexicons"
SARCOMA = "sarcoma or soft tissue tumour"
CASES = "/casebook/case_overview"


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return db_fixtures.build(tmp_path_factory.mktemp("browse") / "casebook.db")


@pytest.fixture(scope="module")
def get(database: Path) -> Iterator[Get]:
    yield from _asking(database)


# --- groups of tumours -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("morphology", "group", "behaviour"),
    [
        ("8890/3", SARCOMA, "malignant"),
        ("8825/1", SARCOMA, "uncertain or borderline"),
        ("9180/3", SARCOMA, "malignant"),
        ("9220/3", SARCOMA, "malignant"),
        ("9040/3", SARCOMA, "malignant"),
        ("9120/3", SARCOMA, "malignant"),
        ("9140/3", SARCOMA, "malignant"),
        ("8832/1", SARCOMA, "uncertain or borderline"),
        ("9540/3", SARCOMA, "malignant"),
        ("9364/3", SARCOMA, "malignant"),
        ("8936/3", SARCOMA, "malignant"),
        ("8931/3", SARCOMA, "malignant"),
        ("8963/3", SARCOMA, "malignant"),
        ("8850/0", SARCOMA, "benign"),
        ("8980/3", "carcinoma, other or unspecified", "malignant"),
        ("8140/6", "adenocarcinoma or other glandular tumour", "malignant"),
        ("8070/2", "squamous or urothelial tumour", "in situ"),
        ("8247/3", "neuroendocrine tumour", "malignant"),
        ("8720/3", "melanoma or naevus", "malignant"),
        ("9050/3", "mesothelioma or other mesothelial tumour", "malignant"),
        ("9061/3", "germ cell or trophoblastic tumour", "malignant"),
        ("9440/3", "glioma or other tumour of the nervous system", "malignant"),
        ("9680/3", "lymphoma", "malignant"),
        ("9732/3", "myeloma or plasma cell tumour", "malignant"),
        ("9861/3", "leukaemia", "malignant"),
        ("8999/1", tumour_groups.OTHER, "uncertain or borderline"),
        (None, "not reported", "not reported"),
    ],
)
def test_a_code_has_a_group_and_a_behaviour(morphology: str | None, group: str, behaviour: str) -> None:
    assert overview.group_words(morphology) == group
    assert overview.behaviour_words(morphology) == behaviour


def test_every_code_of_the_vocabularies_is_in_a_range() -> None:
    ranges = tumour_groups.read()
    codes = set()
    for path in LEXICONS.glob("histology*.csv"):
        with path.open(encoding="utf-8", newline="") as lines:
            codes |= {row["concept_id"] for row in csv.DictReader(lines)}
    assert len(codes) > 900
    assert [code for code in sorted(codes) if not any(codes.first <= int(code[:4]) <= codes.last for codes in ranges)] == []


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("first_code,last_code,group\n", ":1: wanted the columns first_code,last_code,group,source"),
        ("first_code,last_code,group,source\n8000,8005,a,b\n8005,8010,c,d\n", ":3: 8005 is in the range 8000 to 8005 \\(a\\) as well"),
        ("first_code,last_code,group,source\n8010,8005,a,b\n", ":2: 8010,8005,a,b: wanted two codes"),
        ("first_code,last_code,group,source\n800,8005,a,b\n", ":2: .*wanted two codes"),
        ("first_code,last_code,group,source\n8000,8005,a,\n", ":2: .*a group and a source"),
    ],
)
def test_a_wrong_line_of_the_groups_is_named(tmp_path: Path, lines: str, said: str) -> None:
    path = tmp_path / "groups.csv"
    path.write_text(lines, encoding="utf-8")
    with pytest.raises(DatabaseError, match=f"groups.csv{said}"):
        tumour_groups.read(path)


# --- what a table is narrowed to -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("radiotherapy", "yes", "radiotherapy: yes"),
        ("age_years__gte", "20", "age from 20 years"),
        ("max_dose_gy__lte", "60", "max dose to 60 Gy"),
        ("follow_up_months__isnull", "1", "follow-up: not reported"),
        ("site__contains", "lung", "site contains “lung”"),
        ("_marker", "STAT6:positive", "STAT6 positive"),
        ("_marker", "CK7:other_cells", "CK7 other cells"),
        ("_marker", "HER2:3", "HER2:3"),
        ("_words", " wedge ", "the report has “wedge”"),
        ("_words", "-wedge", "the report has “-wedge” (found only words to leave out; add one to look for)"),
    ],
)
def test_a_choice_is_told_in_words_and_can_be_taken_away(name: str, value: str, words: str) -> None:
    asked = (("sex", "male"), (name, value), ("_sort", "year"), ("_next", "x"))
    chosen = narrowing.choices(asked)
    assert [choice.words for choice in chosen] == ["sex: male", words]
    assert chosen[1].others == (("sex", "male"), ("_sort", "year"))


def test_orders_and_facets_are_no_choices() -> None:
    assert narrowing.choices((("_sort", "year"), ("_facet", "year"), ("_words", " "), ("_marker", ""))) == ()


def _cases(get: Get, query: str) -> list[str]:
    return [row["case_id"] for row in get(f"{CASES}.json?_shape=array&{query}").json()]


@pytest.mark.parametrize(
    ("query", "cases"),
    [
        ("_marker=SMA:positive", ["lung-imt/1"]),
        ("_marker=SMA:negative", []),
        ("_marker=CD138", ["lung-imt/1"]),
        ("_marker=SMA:positive&_marker=ALK:negative", ["lung-imt/1"]),
        ("_marker=SMA:positive&_marker=ALK:positive", []),
        ("_marker=x' or 1=1 --", []),
        ("_marker=", ["lung-imt/1", "markup/1", "markup/2"]),
        ("_words=irradiated", ["lung-imt/1"]),
        ('_words="', []),
        ("_words=NEAR(", []),
        ("_words=zebra", []),
        ("_words=tumour", ["lung-imt/1"]),
        ('_words="myofibroblastic tumour"', ["lung-imt/1"]),
        ("_words=IMT", ["lung-imt/1"]),
        ("_words=leiomyosarcoma -refused", []),
        ("_words=-refused", []),
        (f"tumour_group={SARCOMA}&behaviour=malignant", ["markup/1", "markup/2"]),
        ("_words=leiomyosarcoma&sex=male", ["markup/2"]),
    ],
)
def test_cases_are_narrowed_by_stains_words_and_groups(get: Get, query: str, cases: list[str]) -> None:
    assert _cases(get, query) == cases


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("report{}?_words=irradiated", "_words= narrows case_overview only."),
        ("evidence{}?_marker=ALK:positive", "_marker= narrows case_overview only."),
        ("case_overview{}?age__gt=70", "There is no column “age” in case_overview. Did you mean “age_years”?"),
        ("case_overview{}?histolgy=sarcoma", "There is no column “histolgy” in case_overview. Did you mean “histology”?"),
        ("case_overview{}?sex=male&nosuch=1", "There is no column “nosuch” in case_overview."),
        ("case_overview{}?sex__bogus=1", "There is no filter “bogus”: there are arraycontains"),
        ("case_overview{}?_search=sarcoma", "Words of case_overview cannot be looked for"),
        ("report_text{}?_search_nosuch=sarcoma", "There is no column “nosuch” in report_text."),
    ],
)
def test_what_would_narrow_nothing_is_refused_and_not_passed_over(get: Get, asked: str, said: str) -> None:
    """All rows would look like those that were asked for."""
    for ending in ("", ".json", ".csv", ".xlsx"):
        answer = get(f"/casebook/{asked.format(ending)}")
        assert answer.status_code == 400, ending
        assert said in unescape(answer.json()["error"] if ending == ".json" else answer.text), ending


def test_every_filter_of_the_form_is_one(get: Get) -> None:
    html = get(CASES).text
    operators = re.search(r'name="_filter_op">(.*?)</select>', html, re.DOTALL)
    names = (
        re.findall(r'<option value="(\w+)"', operators[1]) if operators else ["exact", "contains", "gte", "in", "isnull", "notin", "like"]
    )
    for name in names:
        assert get(f"/casebook/case_overview.json?age_years__{name}=54").status_code == 200, name


def test_words_of_a_text_are_looked_for(get: Get) -> None:
    def found(words: str) -> set[str]:
        return {row["report_id"] for row in get(f"/casebook/report_text.json?_shape=array&_search={words}").json()}

    everything = {row["report_id"] for row in get("/casebook/report_text.json?_shape=array").json()}
    assert found("leiomyosarcoma") and found("leiomyosarcoma") < everything
    assert found("nosuchword") == set()


def test_among_many_cases_no_value_is_counted_beside_a_filter_without_an_index(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def shown(query: str) -> tuple[bool, bool]:
        with asking(database) as ask:
            html = ask(f"{CASES}?{query}").text
        return "Narrow by" in html, "beside this filter are not counted" in html

    assert shown("markers__contains=ALK") == (True, False)
    monkeypatch.setattr(narrowing, "LARGE", 0)
    assert shown("markers__contains=ALK") == (False, True)
    assert shown("markers__contains=ALK&_facet=sex") == (True, False)  # who asks for it
    assert shown("age_years__gt=1") == shown("_sort=markers") == shown("") == (True, False)


def facets(html: str) -> dict[str, list[tuple[str, str, str]]]:
    """Each facet of a page: the address, the word and the number of each value."""
    line = re.compile(r'<a href="([^"]*)"[^>]*>(.*?)</a> <span>([\d,]+)</span>')
    return {
        name: [(unescape(url), word, number) for url, word, number in line.findall(part)]
        for name, part in re.findall(r'<section class="facet" id="facet-([^"]*)"(.*?)</section>', html, re.DOTALL)
    }


@pytest.mark.parametrize("choice", ["", "histology=leiomyosarcoma&", "_sort_desc=year&", "_facet=surgery&"])
def test_the_second_page_counts_the_cases_of_all_pages_and_links_to_the_first(get: Get, choice: str) -> None:
    html = get(f"{CASES}?{choice}_size=1").text
    first = facets(html)
    (following,) = re.findall(r'href="http://localhost(/[^"]*_next=[^"]*)"', html)
    second = facets(get(unescape(following)).text)
    assert [name for name in first if first[name]] == [name for name in second if second[name]] != []
    for name in first:
        assert [value[1:] for value in second[name]] == [value[1:] for value in first[name]], name
        for url, _, _ in second[name]:
            assert "_next" not in url and ".json" not in url and "_extra" not in url and "_size" not in url
    url, word, number = second["site"][0]
    found = get(url)
    assert found.status_code == 200
    assert int(number) == len(re.findall(r'<tr id="row|<tr>', found.text.partition("<tbody>")[2].partition("</tbody>")[0])), word


def test_the_second_page_counts_below_a_base_path_and_under_one_name(database: Path) -> None:
    site = serve.make_datasette(database, public=True, base_url="/cases/", hosts=("cases.example",))

    def ask(path: str) -> str:
        answer = asyncio.run(site.client.get(path, headers={"host": "cases.example"}))
        assert answer.status_code == 200
        return str(answer.text)

    html = ask(f"{CASES}?_size=1")
    (following,) = re.findall(r'href="https://cases.example/cases(/[^"]*_next=[^"]*)"', html)
    second = facets(ask(unescape(following)))
    assert second["site"]
    assert all(url.startswith("/cases/casebook/case_overview?") for values in second.values() for url, _, _ in values)


def test_rows_after_the_first_have_no_counts_of_their_own_in_json(get: Get) -> None:
    first = get(f"{CASES}.json?_size=1&_facet=surgery").json()
    assert first["facet_results"]["surgery"]["results"]
    assert not get(first["next_url"].removeprefix("http://localhost")).json()["facet_results"]


def test_the_form_leads_to_an_address_without_empty_fields(get: Get) -> None:
    answer = get("/-/narrow?sex=male&age_years__gte=20&age_years__lte=&marker=SMA&result=positive&_words=+lung&_next=abc")
    assert str(answer.url).partition("?")[2] == "sex=male&age_years__gte=20&_words=lung&_marker=SMA%3Apositive"
    assert answer.url.path == CASES
    assert "?" not in str(get("/-/narrow?marker=&result=positive&age_years__gte=").url)
    assert get("/-/narrow?marker=SMA&result=").url.params["_marker"] == "SMA"


def test_the_page_of_cases_shows_what_it_is_narrowed_to(get: Get) -> None:
    html = get(f"{CASES}?sex=male&age_years__gte=60&_marker=SMA:negative").text
    assert re.search(rf'<a href="{CASES}\?sex=male&amp;_marker=SMA%3Anegative">age from 60 years', html)
    assert "No case is like this" in html
    assert "without “sex: male”" in html
    assert 'name="age_years__gte" value="60"' in html
    assert '<input type="hidden" name="sex" value="male">' in html
    assert '<input type="hidden" name="age_years__gte"' not in html


def test_the_page_of_cases_gives_files_of_all_that_is_asked(get: Get) -> None:
    html = get(f"{CASES}?sex=male&_next=lung-imt~2F1&_size=1").text
    links = {words: unescape(url) for url, words in re.findall(r'<a class="[^"]*plain" href="([^"]+)" rel="nofollow">([^<]+)</a>', html)}
    assert set(links) == {"Spreadsheet (.xlsx)", "CSV", "JSON"}
    assert len(get(links["CSV"]).text.splitlines()) == 3
    assert [row["case_id"] for row in get(links["JSON"]).json()["rows"]] == ["lung-imt/1", "markup/2"]
    assert get(links["Spreadsheet (.xlsx)"]).content[:2] == b"PK"


def test_headings_are_words_with_units_and_say_how_rows_are_sorted(get: Get) -> None:
    html = get(f"{CASES}?_sort_desc=max_dose_gy").text
    head = re.search(r"<thead>(.*?)</thead>", html, re.DOTALL)
    assert head
    assert re.search(r'aria-sort="descending"[^>]*>\s*<a href="[^"]*_sort=max_dose_gy[^"]*"[^>]*>max dose \(Gy\)', head[1])
    assert re.search(
        r'<a href="[^"]*_sort_desc=age_years[^"]*"[^>]*>age \(years\)', head[1]
    )  # the highest first: NULL would stand before the least
    assert "case_id" not in re.sub(r"<[^>]*>", "", head[1])


@pytest.mark.parametrize(
    ("table", "first"), [("fact", ["case", "field", "value", "band", "basis"]), ("empty_field", ["case", "field", "reason"])]
)
def test_values_begin_with_the_case_and_what_matters(get: Get, table: str, first: list[str]) -> None:
    html = get(f"/casebook/{table}").text
    headings = [" ".join(re.sub(r"<[^>]*>", "", cell).split()) for cell in re.findall(r"<th [^>]*>(.*?)</th>", html, re.DOTALL)]
    assert headings[: len(first)] == first
    assert "Link" not in headings
    row = re.search(r"<tbody>\s*<tr[^>]*>(.*?)</tr>", html, re.DOTALL)
    assert row
    assert 'href="/casebook/patient_case/lung-imt~2F1"' in row[1].partition("</td>")[0]


# --- by clicking -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def address(database: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a site on which a sarcoma was irradiated."""
    path = tmp_path_factory.mktemp("clicked") / "casebook.db"
    path.write_bytes(database.read_bytes())
    connection = sqlite3.connect(path)
    connection.execute("update case_overview set radiotherapy = 'yes' where case_id = 'markup/1'")
    connection.commit()
    connection.close()
    with served(serve.make_datasette(path).app()) as address:
        yield address


@NEEDED
@pytest.mark.parametrize("way", ["example", "facets"])
def test_all_sarcomas_with_radiotherapy_as_a_spreadsheet_by_clicking(page: Any, address: str, tmp_path: Path, way: str) -> None:
    page.goto(address)
    if way == "example":
        page.get_by_role("link", name="All cases of sarcoma with radiotherapy, as a spreadsheet").click()
    else:
        page.get_by_role("link", name=SARCOMA).click()
        page.locator("#facet-behaviour a", has_text="malignant").click()
        page.locator("#facet-radiotherapy a", has_text="yes").click()
    assert [words.strip() for words in page.locator(".choices a:not(.all)").all_text_contents()] == [
        f"kind of tumour: {SARCOMA} ×: remove",
        "behaviour: malignant ×: remove",
        "radiotherapy: yes ×: remove",
    ]
    # A file is no page: the browser calls its request failed.
    with page.expect_download() as started:
        page.get_by_role("link", name="Spreadsheet (.xlsx)").click()
    assert (
        started.value.suggested_filename == "casebook-cases-kind-of-tumour-sarcoma-or-soft-tissue-tumour-behaviour-malignant-radiother.xlsx"
    )
    started.value.save_as(tmp_path / "cases.xlsx")
    book = openpyxl.load_workbook(tmp_path / "cases.xlsx")
    assert [row[0] for row in book["Rows"].iter_rows(min_row=2, values_only=True)] == ["markup/1"]
    page.get_by_role("link", name="behaviour: malignant").click()
    assert page.locator(".choices li").count() == 3


@NEEDED
def test_the_form_above_the_cases_by_keyboard(page: Any, address: str) -> None:
    page.goto(f"{address}{CASES}?sex=male")
    page.get_by_label("age (years) from").focus()
    page.keyboard.type("60")
    page.keyboard.press("Enter")
    page.wait_for_url("**age_years__gte=60")
    assert page.locator("table.rows tbody tr").count() == 1
    assert page.get_by_label("age (years) from").input_value() == "60"
    page.get_by_label("Marker", exact=True).select_option("SMA")
    page.get_by_role("button", name="Narrow").click()
    assert page.locator(".zero").inner_text().startswith("No case is like this.")
    page.locator(".choices a", has_text="age from 60 years").click()
    assert page.locator("table.rows tbody tr").count() == 1


@NEEDED
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390], ids=["wide", "phone"])
@pytest.mark.parametrize(
    "path", [f"{CASES}?sex=male&_marker=SMA:positive", f"{CASES}?sex=none", "/casebook/fact", "/casebook/marker_positive", "/"]
)
def test_pages_of_browsing_are_accessible_and_fit(page: Any, address: str, path: str, width: int, scheme: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(address + path)
    page.wait_for_load_state("networkidle")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    found = axe.Axe().run(page).response["violations"]
    assert [(fault["id"], [node["target"] for node in fault["nodes"]]) for fault in found] == []
    if path == "/casebook/fact" and width == 1280:
        place = page.locator("th.col-basis").bounding_box()
        assert place["x"] + place["width"] <= 1280


@pytest.fixture(scope="module")
def own(built: Path) -> Iterator[str]:
    """The address of the project's own reports."""
    with served(serve.make_datasette(built).app()) as address:
        yield address


@NEEDED
@pytest.mark.parametrize("width", [1360, 1024, 390])
def test_a_case_takes_two_lines_and_its_outcome_is_seen_without_scrolling(page: Any, own: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(own + CASES)
    heights = page.evaluate("[...document.querySelectorAll('.rows tbody tr')].map(row => row.offsetHeight)")
    assert len(heights) == 50 and max(heights) <= 52
    tops = page.evaluate("[...document.querySelectorAll('.rows tbody tr')].map(row => row.getBoundingClientRect().bottom)")
    if width == 1360:
        assert sum(bottom <= 900 for bottom in tops) >= 10, "rows on the first screen"
        for column in (
            "case_id",
            "histology",
            "site",
            "age_years",
            "radiotherapy",
            "max_dose_gy",
            "recurrence",
            "status",
            "follow_up_months",
        ):
            place = page.locator(f"th.col-{column}").bounding_box()
            assert place["x"] + place["width"] <= 1360 - 40, column
        assert page.locator(".narrow").bounding_box()["height"] < 90, "the form takes one line"
    cut = page.locator("td.col-case_id .brief", has_text="bronchopleural-fistula")
    assert cut.get_attribute("title") == "adenocarcinoma-lung-bronchopleural-fistula/1"


@NEEDED
def test_a_facet_shows_the_commonest_and_the_others_on_demand(page: Any, own: str) -> None:
    page.goto(own + CASES)
    facet = page.locator("#facet-tumour_group")
    assert facet.locator("li:visible").count() == 8
    facet.get_by_text("more …").click()
    assert facet.locator("li:visible").count() > 8
    rare = facet.locator("details li a").last
    name = rare.inner_text()
    rare.click()
    page.wait_for_url("**tumour_group=**")
    assert page.locator("#facet-tumour_group .chosen a").inner_text() == name
    edges = page.evaluate("[...document.querySelectorAll('#facet-site li span')].map(count => count.getBoundingClientRect().right)")
    assert len({round(edge) for edge in edges}) == 1, "counts stand below each other"


@NEEDED
def test_on_a_phone_the_cases_come_before_the_forms_that_narrow_them(page: Any, own: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(own + CASES)
    assert page.get_by_label("age (years) from").is_hidden()
    assert page.locator(".rows tbody tr").first.bounding_box()["y"] < 640
    page.get_by_text("By numbers, marker or words").click()
    page.get_by_label("age (years) from").fill("80")
    page.get_by_role("button", name="Narrow").click()
    page.wait_for_url("**age_years__gte=80**")
    assert page.locator(".choices").inner_text().startswith("Age from 80 years")


@NEEDED
def test_the_rows_are_three_keys_away(page: Any, own: str) -> None:
    page.goto(own + CASES)
    skip = page.get_by_role("link", name="Skip to the rows")
    page.locator("main").evaluate("main => main.focus()")
    page.keyboard.press("Tab")
    assert skip.evaluate("link => link === document.activeElement")
    assert skip.bounding_box()["x"] >= 0
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    first = page.locator("table.rows tbody tr").first
    assert first.locator("a").first.evaluate("link => link === document.activeElement")
    assert page.locator("table.rows thead").bounding_box()["y"] >= 0, "the headings stay in sight"


@NEEDED
@pytest.mark.parametrize("name", ["histology", "_words", "_marker", "site__not"])
def test_no_choice_is_too_long_for_a_phone(page: Any, address: str, name: str) -> None:
    page.set_viewport_size({"width": 390, "height": 900})
    page.goto(f"{address}{CASES}?{name}={'9' * 400}")
    assert "9" * 400 in page.locator(".choices").inner_text()
    assert page.evaluate("document.documentElement.scrollWidth") == 390


@NEEDED
def test_cases_in_print(page: Any, own: str) -> None:
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 700, "height": 1000})  # A4 between its margins
    page.goto(own + CASES)
    for gone in (".narrow", ".facets", ".exports", ".next", "th.col-markers"):
        assert page.locator(gone).first.is_hidden(), gone
    assert page.locator("tbody tr").last.is_visible()
    place = page.locator("th.col-follow_up_months").bounding_box()
    assert place["x"] + place["width"] <= 700
    assert "markers, drugs and source of each case: on its page and in the spreadsheet" in page.locator(".on-paper").inner_text()
    last, foot = page.locator("tbody tr").last.bounding_box(), page.locator(".foot").bounding_box()
    assert foot["y"] >= last["y"] + last["height"], "the foot stands below the rows"


@NEEDED
def test_a_page_of_several_says_which_rows_it_shows(page: Any, own: str) -> None:
    page.goto(own + CASES)
    total = int(page.locator(".found strong").inner_text().split()[-2])
    assert page.locator(".found strong").inner_text() == f"1 to 50 of {total} cases"
    page.get_by_role("link", name="Next page").click()
    assert page.locator(".found strong").inner_text() == f"51 to {total} of {total} cases"
    page.goto(f"{own}{CASES}?_size=20")
    page.get_by_role("link", name="Next page").click()
    assert page.locator(".found strong").inner_text() == f"20 of {total} cases", "where it begins is not known"
    page.goto(f"{own}{CASES}?sex=male")
    assert page.locator(".found strong").inner_text() == f"{page.locator('tbody tr').count()} cases"


def test_newest_cases_are_the_latest_published_and_varied(database: Path, tmp_path: Path) -> None:
    path = tmp_path / "casebook.db"
    path.write_bytes(database.read_bytes())
    connection = sqlite3.connect(path)
    connection.row_factory = sqlite3.Row
    connection.execute("update case_overview set year = 2025 where report_id = 'markup'")
    cases = home_page(connection).cases
    connection.close()
    assert [case["case_id"] for case in cases] == ["markup/1", "lung-imt/1", "markup/2"]


def test_the_sample_of_the_home_page_marks_the_dose(built: Path) -> None:
    connection = sqlite3.connect(built)
    connection.row_factory = sqlite3.Row
    sample = home_page(connection).sample
    connection.close()
    assert sample is not None and sample.value.split(" Gy")[0] in sample.quote and "Gy" in sample.quote
