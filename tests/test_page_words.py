"""The same words on every page: readers' names for what the tables call otherwise, headings, signs, and the way back from an error."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from db.cells import number_columns, render
from db.fields import header
from db.pages.quality import Bar, Part
from tests import db_fixtures
from tests.asking import Get, asking, words
from tests.page_list import OWN, QUERIES

# The names of tables and columns stand in code; the dictionary and the list of tables quote what the tables say of themselves.
_CODE = re.compile(r"<(code|pre|textarea)\b.*?</\1>", re.DOTALL)
PAGES = (
    "/",
    "/casebook/case_overview",
    *(page for page in (*OWN, *QUERIES) if not page.startswith(("/dictionary", "/search", "/suggest"))),
)


@pytest.fixture(scope="module")
def get(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Get]:
    with asking(db_fixtures.build(tmp_path_factory.mktemp("words") / "casebook.db")) as get:
        yield get


@pytest.mark.parametrize("page", PAGES)
def test_a_diagnosis_and_a_kind_of_tumour_are_called_so(get: Get, page: str) -> None:
    html = _CODE.sub(" ", get(page).text).partition("What the columns mean")[0]
    assert re.findall(r"(?i).{0,30}(?:histolog(?:y|ies)\b|tumour group).{0,20}", words(html)) == []


def test_the_dictionary_says_which_word_means_what(get: Get) -> None:
    said = words(get("/dictionary").text).partition("Which word means what")[2]
    assert "diagnosis histology the final diagnosis" in said
    assert "kind of tumour tumour_group" in said


@pytest.mark.parametrize(
    ("column", "words"),
    [
        ("histology", "diagnosis"),
        ("histologies", "diagnoses"),
        ("tumour_group", "kind of tumour"),
        ("max_dose_gy", "max dose (Gy)"),
        ("with_dose_in_gy", "with dose in Gy"),  # a count of cases, not a dose
    ],
)
def test_headings_are_in_the_words_of_the_pages(column: str, words: str) -> None:
    assert header(column) == words


def test_a_column_is_of_numbers_though_its_first_row_has_none() -> None:
    columns = ("case_id", "max_dose_gy", "recurrence", "status")
    rows = [("a/1", None, 1, "alive"), ("b/1", 54.0, 0, "alive")]
    assert number_columns(columns, rows) == {"max_dose_gy"}
    assert number_columns(columns, []) == {"max_dose_gy"}


def test_a_column_is_of_numbers_by_its_kind_though_no_row_has_one() -> None:
    columns = ("max_dose_gy_rbe", "fractions", "usual_dose_gy", "surgery", "status", "anything")
    assert number_columns(columns, [(None, None, "", 1, "alive", None)] * 2) == {"max_dose_gy_rbe", "fractions", "usual_dose_gy"}
    assert number_columns(("age_years", "n"), [("60 to 79", 3)]) == {"n"}, "words stand to the left"


def test_codes_in_cells_are_told_in_words() -> None:
    told = {
        "rule": ("event_after_death", "event after death"),
        "fields": ("age_years, histology", "Age, Diagnosis"),
        "not_comparable_because": ("fractions_unknown", "number of fractions not told, so no EQD2"),
    }
    for column, (value, wanted) in told.items():
        assert render(value, column, lambda page, key: "", dict) == wanted
    assert "S100 −" in str(render("ALK +; S100 -", "markers", lambda page, key: "", dict))


@pytest.mark.parametrize(
    ("given", "missing", "percent"), [(0, 300, "0"), (1, 299, "<1"), (150, 150, "50"), (299, 1, ">99"), (300, 0, "100")]
)
def test_all_and_none_are_said_only_of_all_and_none(given: int, missing: int, percent: str) -> None:
    bar = Bar("sex", "Sex", "patient", (Part("given", given, 0, 0), Part("not stated", missing, 0, 0)), given + missing)
    assert bar.percent == percent


def test_sql_that_is_refused_is_given_back(get: Get) -> None:
    answer = get("/casebook?sql=selec+%3C%2Ftextarea%3E%3Cb%3E1")
    assert answer.status_code == 400
    assert "selec &lt;/textarea&gt;&lt;b&gt;1</textarea>" in answer.text
    assert "/dictionary" in answer.text


def test_where_nothing_is_a_way_on_is_shown(get: Get) -> None:
    answer = get("/nothing")
    assert answer.status_code == 404
    assert "There is nothing at this address" in words(answer.text)
    assert 'href="/casebook/case_overview"' in answer.text


@pytest.mark.parametrize(
    ("page", "label"),
    [("/markers", "Markers"), ("/casebook/case_overview", "Cases"), ("/casebook", "Tables and SQL"), ("/compare", "Compare")],
)
def test_the_page_one_is_on_is_marked(get: Get, page: str, label: str) -> None:
    assert re.findall(r'<a [^>]*aria-current="page"[^>]*>([^<]+)</a>', get(page).text) == [label]
