"""The page of a case: addresses of its values, courses in numbers, neighbours, citation, record; and how a report is cited."""

from __future__ import annotations

import asyncio
import json
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from db import load, serve
from db.pages.cite import citation, key_of, tex
from db.pages.courses import course_tables
from extract.record import RadiotherapyCourse
from tests import db_fixtures
from tests.browsers import NEEDED, served

Get = Callable[..., Any]
CASE = "/casebook/patient_case/lung-imt~2F1"


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return db_fixtures.build(tmp_path_factory.mktemp("case") / "casebook.db")


def asking(database: Path) -> Iterator[Get]:
    datasette = serve.make_datasette(database)
    loop = asyncio.new_event_loop()
    loop.run_until_complete(datasette.invoke_startup())
    yield lambda path: loop.run_until_complete(datasette.client.get(path))
    loop.close()


@pytest.fixture(scope="module")
def get(database: Path) -> Iterator[Get]:
    yield from asking(database)


def words_of(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


# --- addresses of values -----------------------------------------------------------------------


def test_every_value_and_every_gap_has_an_address_and_a_way_to_correct_it(get: Get, database: Path) -> None:
    with closing(sqlite3.connect(database)) as connection:
        facts = connection.execute("select case_id, field, number from fact where field <> 'events'").fetchall()
        gaps = connection.execute("select case_id, field from empty_field where field <> 'events'").fetchall()
    assert len(facts) > 30
    for case_id in {case_id for case_id, *_ in facts}:
        html = get(f"/casebook/patient_case/{case_id.replace('/', '~2F')}").text
        ids = re.findall(r'\bid="([^"]+)"', html)
        assert len(ids) == len(set(ids))
        lists = ("ihc", "molecular", "surgeries", "radiotherapy", "drugs", "metastases")
        named = [(field, number, f"{field}-{number}" if field in lists else field) for key, field, number in facts if key == case_id]
        for field, number, anchor in named:
            assert anchor in ids, anchor
            assert f'href="#{anchor}"' in html
            assert f"/suggest?case={case_id.replace('/', '%2F')}&amp;field={field}&amp;number={number}" in html, anchor
        shown = {field for key, field in gaps if key == case_id} & set(ids)
        assert shown
        for field in shown:
            assert f"field={field}&amp;number=0" in html


def test_every_link_of_evidence_has_its_place_on_the_page_of_the_case(built: Path) -> None:
    """On the project's own reports; also the words for a follow-up being a lower bound, which is no value of its own."""
    with closing(sqlite3.connect(built)) as connection:
        cases = [
            case for (case,) in connection.execute("select distinct case_id from evidence where field = 'follow_up_is_minimum' order by 1")
        ]
    assert cases
    for get in asking(built):
        for case in cases:
            quotes = re.findall(
                r'class="quote" href="([^"#]+)#(ev-\d+)"', get(f"/casebook/evidence?case_id={quote(case, safe='')}&_size=max").text
            )
            assert len(quotes) > 5
            ids = {page: set(re.findall(r'\bid="([^"]+)"', get(page).text)) for page in {page for page, _ in quotes}}
            assert [place for page, place in quotes if place not in ids[page]] == []


def test_nothing_of_the_signs_is_copied_with_the_words(get: Get) -> None:
    html = get(CASE).text
    assert "#" not in words_of(html[html.index('<div class="values">') : html.index("How to cite")])


# --- the line of time ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("months", "ends"),
    [
        ((0, 0), ["first treatment"]),
        ((0, 60), ["first treatment", "60 months (5 years)"]),
        ((-12, 0), ["12 months before", "first treatment"]),
        # The line begins at time zero where no event does.
        ((30, 36), ["first treatment", "36 months (3 years)"]),
    ],
)
def test_the_ends_of_the_line_have_their_time_once(tmp_path: Path, months: tuple[int, int], ends: list[str]) -> None:
    path = db_fixtures.build(tmp_path / "casebook.db")
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("delete from timeline_event where case_id = 'lung-imt/1'")
        connection.executemany(
            "insert into timeline_event (case_id, number, kind, name, months, is_minimum) values ('lung-imt/1', ?, ?, ?, ?, 0)",
            [(1, "surgery", "excision", months[0]), (2, "recurrence", "relapse", months[1])],
        )
        connection.execute("update patient_case set time_zero = 'treatment' where case_id = 'lung-imt/1'")
    (html,) = (get(CASE).text for get in asking(path))
    assert re.findall(r'<text class="end"[^>]*>([^<]*)</text>', html) == ends


# --- courses -----------------------------------------------------------------------------------


def with_courses(path: Path, *courses: RadiotherapyCourse, morphology: str = "8825/1") -> Path:
    """A database with the case of the lung and these courses."""
    report, record = db_fixtures.lung()
    evidence = record.cases[0].radiotherapy[0].evidence
    (case,) = record.cases
    assert case.histology
    case = replace(
        case, histology=replace(case.histology, morphology=morphology), radiotherapy=tuple(replace(x, evidence=evidence) for x in courses)
    )
    with closing(load.connect(path)) as connection:
        load.store(connection, report, replace(record, cases=(case,)), "run")
        load.refresh_overview(connection)
    return path


def test_courses_stand_in_a_table_with_what_is_computed_marked(get: Get) -> None:
    section = re.search(r'<section class="group g-treatment courses".*?</section>', get(CASE).text, re.DOTALL)
    assert section
    words = words_of(section[0])
    for line in ("Dose 54 Gy", "Fractions 27", "Dose per fraction 2 Gy computed", "Technique IMRT", "Target not reported", "Intent not reported",
                 "EQD2, α/β 10 Gy 54 Gy", "EQD2, α/β 3 Gy 54 Gy", "BED, α/β 10 Gy 64.8 Gy", "BED, α/β 3 Gy 90 Gy"):  # fmt: skip
        assert line in words, line
    assert "of the tumour" not in words  # no alpha/beta is published for it
    assert "Dose 54 Gy computed" not in words


def test_kinds_of_dose_stand_apart_and_say_why_there_is_no_eqd2(tmp_path: Path) -> None:
    path = with_courses(
        tmp_path / "casebook.db",
        RadiotherapyCourse(50.0, 25, 2.0, "IMRT", intent="adjuvant"),
        RadiotherapyCourse(70.2, 26, 2.7, "carbon ion", is_rbe_weighted=True),
        RadiotherapyCourse(20.0, None, None, "EBRT", target="the brain"),
    )
    with closing(sqlite3.connect(path)) as connection:
        tables = {table.kind: table for table in course_tables(connection, "lung-imt/1")}
    assert [(kind, table.numbers) for kind, table in tables.items()] == [("external", (1, 3)), ("rbe_weighted", (2,))]
    external, weighted = ({line.label: line.cells for line in (*table.read, *table.computed)} for table in tables.values())
    assert [cell.words for cell in external["Dose"]] == ["50 Gy", "20 Gy"]
    assert [cell.words for cell in external["Fractions"]] == ["25", ""]
    assert [cell.words for cell in external["Target"]] == ["", "the brain"]
    assert [cell.words for cell in external["EQD2, α/β 10 Gy"]] == ["50 Gy", "none: number of fractions not told"]
    assert weighted["Dose"][0].words == "70.2 Gy(RBE)"
    assert weighted["EQD2, α/β 10 Gy"][0].words.startswith("none: how the particles were weighted")
    assert "not comparable with Gy" in tables["rbe_weighted"].title
    words = words_of(next(asking(path))(CASE).text)
    assert "Radiotherapy in Gy(RBE)" in words


def test_the_alpha_beta_of_the_tumour_stands_with_its_source(tmp_path: Path) -> None:
    path = with_courses(tmp_path / "casebook.db", RadiotherapyCourse(50.0, 20, 2.5), morphology="8852/3")
    with closing(sqlite3.connect(path)) as connection:
        (table,) = course_tables(connection, "lung-imt/1")
    (eqd2,) = [line.cells[0] for line in table.computed if line.label == "EQD2, α/β of the tumour"]
    assert eqd2.words == "60.42 Gy"
    assert eqd2.note == "α/β 0.4 Gy?"
    assert any("Thames HD, Suit HD" in note and "uncertain" in note for note in table.notes)


# --- neighbours --------------------------------------------------------------------------------


def test_neighbours_of_the_same_diagnosis(get: Get) -> None:
    first, second = (get(f"/casebook/patient_case/markup~2F{label}").text for label in "12")
    assert '<a href="/casebook/patient_case/markup~2F2" rel="next"' in first
    assert 'rel="prev"' not in first
    assert '<a href="/casebook/patient_case/markup~2F1" rel="prev"' in second
    assert 'rel="next"' not in second
    assert "all 2 cases of this diagnosis" in words_of(first)
    assert "/casebook/case_overview?histology=leiomyosarcoma" in first
    assert "/doses?histology=leiomyosarcoma" in first
    assert "the only case of this diagnosis" in words_of(get(CASE).text)


# --- citation ----------------------------------------------------------------------------------

REPORT: dict[str, Any] = {
    "report_id": "r_1", "title": "50% of {x} & $y$ #1_a ~ ^ \\end", "citation": None, "doi": "10.1/a_b", "pmid": None, "pmcid": None, "year": 2020,
    "journal": "Heart & Soul", "authors": '["Doe, J. & Sons", "Clinic of Head and Neck"]', "pipeline_version": "1", "pipeline_fingerprint": "f" * 20,
}  # fmt: skip


def entries(bibtex: str) -> list[tuple[str, str, dict[str, str]]]:
    """Take BibTeX apart by its braces: kind, key and fields of each entry."""
    found = []
    for kind, key, body in re.findall(r"@(\w+)\{([^,{}]+),\n(.*?)\n\}\n", bibtex, re.DOTALL):
        fields = dict(re.findall(r"^  (\w+) = \{(.*)\},$", body, re.MULTILINE))
        assert len(fields) == len(body.splitlines())
        for value in fields.values():
            bare = re.sub(r"\\[{}\\]", "", value)
            assert bare.count("{") == bare.count("}")
        found.append((kind, key, fields))
    return found


def test_bibtex_is_escaped_for_tex() -> None:
    ((kind, key, fields),) = entries(citation(REPORT).bibtex)
    assert (kind, key) == ("article", key_of("r_1"))
    assert fields["title"] == r"{50\% of \{x\} \& \$y\$ \#1\_a \textasciitilde{} \textasciicircum{} \textbackslash{}end}"
    assert fields["journal"] == r"Heart \& Soul"
    assert fields["author"] == r"Doe, J. \& Sons and {Clinic of Head and Neck}"
    assert (fields["doi"], fields["year"]) == ("10.1/a_b", "2020")  # a doi is taken as it stands
    assert tex("a\nb") == "a b"


def test_keys_are_those_of_the_name_alone_and_differ() -> None:
    assert key_of("imt-lung") == "imt-lung"
    names = ("a b", "a-b", "a/b", "a.b", "ä", "é", "漢", "a" * 300, "a" * 301, "-a-b", "x{y},")
    keys = [key_of(name) for name in names]
    assert len(set(keys)) == len(keys)
    assert all(re.fullmatch(r"[A-Za-z0-9-]{1,70}", key) for key in keys)
    assert key_of("lung-imt/1") == "lung-imt-1-" + key_of("lung-imt/1")[-6:]


def test_no_identifier_ends_a_field_of_bibtex() -> None:
    """The checks of table report let through what follows the digits of a PMCID, and all behind the slash of a DOI."""
    report = {"report_id": "x", "title": "T", "authors": "[]", "citation": None, "journal": None, "year": 2020, "pmid": None}
    told = citation({**report, "doi": "10.1/x}\n}, @misc{y, note={z", "pmcid": "PMC1}, note = {evil"}).bibtex
    assert told.count("@") == 2  # the entry's own, and that within the field
    assert told.count("{") == told.count("}")
    assert "\n}, @misc" not in told
    assert "note = {evil" not in told


def test_citation_of_a_case_names_the_report_and_casebook(get: Get) -> None:
    page = get(CASE).text
    assert "Doe J. A lung tumour irradiated. Journal of Examples 2023;1:1-2." in words_of(page)
    assert "Casebook. Case lung-imt/1, read by pipeline 0.1.0 (ffffffffffff) from: Doe J." in words_of(page)
    answer = get("/cite.bib?case=lung-imt/1")
    assert answer.headers["content-type"].startswith("application/x-bibtex")
    (article, misc) = entries(answer.text)
    assert article[:2] == ("article", "lung-imt")
    assert article[2]["pmid"] == "7654321"
    assert misc[0] == "misc"
    assert misc[2]["url"] == "http://localhost/casebook/patient_case/lung-imt~2F1"
    assert unescape(page).count("@article{lung-imt,") == 1
    assert len(entries(get("/cite.bib?report=lung-imt").text)) == 1
    assert "How to cite" in get("/casebook/report/lung-imt").text


def test_ris_and_words(get: Get) -> None:
    ris = get("/cite.ris?case=lung-imt/1").text
    lines = [line for line in ris.split("\r\n") if line]
    assert all(re.fullmatch(r"[A-Z][A-Z0-9]  - .*", line) for line in lines)
    assert [line[6:] for line in lines if line.startswith("TY")] == ["JOUR", "DATA"]
    assert lines.count("ER  - ") == 2
    assert "DO  - 10.1234/example.5" in lines
    assert get("/cite.txt?report=lung-imt").text.startswith("Doe J. A lung tumour irradiated.")


def test_a_title_with_markup_is_inert_in_every_form(get: Get) -> None:
    for path in ("/cite.bib?report=markup", "/cite.ris?report=markup", "/cite.txt?report=markup", "/record.json?report=markup"):
        answer = get(path)
        assert "onerror" in answer.text
        assert not answer.headers["content-type"].startswith("text/html")
    assert "<img src=x" not in get("/casebook/report/markup").text


# --- the record --------------------------------------------------------------------------------


def test_the_record_of_a_case_is_the_public_one(get: Get) -> None:
    report, record = db_fixtures.markup()
    told = get("/record.json?case=markup/2").json()
    assert list(told) == ["report", "cases", "evidence", "pipeline", "failures"]
    (case,) = told["cases"]
    public = json.loads(json.dumps(record.to_json()))
    assert case == public["cases"][1]
    assert case["status"] == "DOD"
    quotes = [told["evidence"][number]["quote"] for number in case["site"]["evidence"]]
    assert quotes == ["thigh"]
    assert report.text[told["evidence"][0]["start"] : told["evidence"][0]["end"]] == told["evidence"][0]["quote"]
    assert len(get("/record.json?report=markup").json()["cases"]) == 2
    assert get("/record.json?report=guideline").json()["cases"] == []


@pytest.mark.parametrize(
    "path",
    [
        "/record.json",
        "/record.json?case=nobody/1",
        "/record.json?case=lung-imt",
        "/record.json?report=x",
        "/cite.bib",
        "/cite.ris?case=lung-imt/9",
        "/cite.txt?report=x",
    ],
)
def test_what_is_not_there_is_not_found(get: Get, path: str) -> None:
    assert get(path).status_code == 404


# --- as readers see it -------------------------------------------------------------------------


@NEEDED
def test_what_does_the_source_say_of_this_patients_alk(page: Any, database: Path) -> None:
    """From the home page, by clicking alone."""
    with served(serve.make_datasette(database).app()) as address:
        page.goto(address)
        page.click("a.card:has-text('inflammatory myofibroblastic')")
        page.wait_for_url("**/patient_case/lung-imt~2F1")
        page.click(".group:has(h2:text-is('Pathology')) a.value:has-text('ALK') >> nth=0")
        lit = page.locator(".text mark.lit")
        assert "ALK and desmin were negative" in "".join(lit.all_inner_texts())
        assert lit.first.is_visible()
        # The address that the sign beside it gives shows the same to somebody else.
        page.hover("#ihc-3")
        page.click("#ihc-3 .here")
        shared = page.evaluate("location.href")
        assert shared.endswith("#ihc-3")
        page.goto("about:blank")
        page.goto(shared)
        assert "ALK and desmin were negative" in "".join(page.locator(".text mark.lit").all_inner_texts())


@NEEDED
def test_citation_is_copied(page: Any, database: Path) -> None:
    with served(serve.make_datasette(database).app()) as address:
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        page.goto(address + CASE)
        page.click(".cite summary")
        page.click("text=Copy BibTeX")
        page.wait_for_selector("text=Copied.")
        copied = page.evaluate("navigator.clipboard.readText()")
        assert [entry[0] for entry in entries(copied + "\n")] == ["article", "misc"]


# Signs and values that a finger cannot tell apart, as pairs of names; each sign has 24 px at the least (WCAG 2.2, 2.5.8).
TOUCHING = """() => {
  const all = [...document.querySelectorAll('.tools a, .values .one > :is(a, span.value)')].filter(one => one.checkVisibility());
  const apart = (a, b) => a.right <= b.left + .5 || b.right <= a.left + .5 || a.bottom <= b.top + .5 || b.bottom <= a.top + .5;
  const boxes = all.map(one => [one, [...one.getClientRects()]]);
  return boxes.flatMap(([one, mine], place) => boxes.slice(place + 1)
    .filter(([other, theirs]) => (one.closest('.tools') || other.closest('.tools')) && mine.some(a => theirs.some(b => !apart(a, b))))
    .map(([other]) => `${one.outerHTML} ${other.outerHTML}`));
}"""


@NEEDED
@pytest.mark.parametrize("width", [390, 820])
def test_without_hover_a_value_can_be_corrected_by_a_finger(browser: Any, database: Path, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 844}, has_touch=True, is_mobile=True)
    with served(serve.make_datasette(database).app()) as address:
        phone = context.new_page()
        phone.goto(address + CASE)
        assert phone.evaluate("matchMedia('(hover: none)').matches")
        signs = phone.locator(".tools a").evaluate_all(
            "signs => signs.map(sign => [getComputedStyle(sign.parentElement).opacity, sign.getBoundingClientRect()])"
        )
        assert len(signs) > 30
        for opacity, box in signs:
            assert opacity == "1"
            assert min(box["width"], box["height"]) >= 24
        assert phone.evaluate(TOUCHING) == []
        assert phone.evaluate("document.documentElement.scrollWidth") == width
        phone.locator("#ihc-3 .suggest").tap()
        phone.wait_for_url("**/suggest?case=lung-imt%2F1&field=ihc&number=3")
    context.close()


@NEEDED
def test_print_has_values_and_text_and_no_tools(page: Any, database: Path) -> None:
    with served(serve.make_datasette(database).app()) as address:
        page.goto(address + CASE)
        page.emulate_media(media="print")
        assert page.locator(".tools:visible, .neighbours:visible, .cite button:visible").count() == 0
        for shown in ("#ihc-3", ".courses table", ".cite .copied", ".text mark >> nth=0"):
            assert page.locator(shown).is_visible(), shown
        reader = page.locator(".reader").bounding_box()
        values = page.locator(".values").bounding_box()
        assert reader["y"] >= values["y"] + values["height"]  # one below the other
        assert page.pdf()[:5] == b"%PDF-"
