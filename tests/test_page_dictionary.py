"""The data dictionary: every table and column, with units, allowed values, keys and counts."""

from __future__ import annotations

import csv
import io
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from db import schema
from db.pages import dictionary
from db.pages.dictionary import allowed, dictionary_page, unit_of
from tests import db_fixtures
from tests.asking import Get, asking, words
from tests.browsers import NEEDED, served


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return db_fixtures.build(tmp_path_factory.mktemp("dictionary") / "casebook.db")


@pytest.fixture(scope="module")
def get(database: Path) -> Iterator[Get]:
    with asking(database) as get:
        yield get


def _page(database: Path, **asked: str) -> dictionary.DictionaryPage:
    with closing(sqlite3.connect(database)) as connection:
        return dictionary_page(connection, asked)


@pytest.mark.parametrize(
    ("definition", "expected"),
    [
        ("sex text check (sex in ('male', 'female'))", "male, female"),
        ("surgery integer check (surgery in (0, 1))", "0, 1"),
        ("unit text not null check (unit in ('Gy', 'Gy(RBE)'))", "Gy, Gy(RBE)"),
        ("age_years real check (age_years between 0 and 120)", "0 to 120"),
        ("size_cm real check (size_cm > 0 and size_cm < 100)", "more than 0, less than 100"),
        ("months real check (months >= 0)", "at least 0"),
        ("topography text check (topography glob 'C[0-8][0-9]')", "like C[0-8][0-9]"),
        ("sha256 text not null check (length(sha256) = 64 and sha256 not glob '*[^0-9a-f]*')", "64 characters"),
        ("authors text check (json_type(authors) = 'array')", "a JSON list"),
        ("marker text not null check (marker <> '')", None),
        ("quote text not null check (length(quote) = end_char - start_char)", None),
        ("year integer", None),
    ],
)
def test_what_a_check_lets_in_is_said_in_words(definition: str, expected: str | None) -> None:
    assert allowed(definition) == expected


@pytest.mark.parametrize(
    ("column", "meaning", "unit"),
    [
        ("size_cm", "", "cm"),
        ("total_dose_gy_rbe", "", "Gy(RBE)"),
        ("total_dose_gy_particles", "", "Gy as printed"),
        ("eqd2_alpha_beta_10_gy_brachytherapy", "", "Gy"),
        ("total_dose_gy", "In gray; RBE-weighted gray where is_rbe_weighted is 1.", "Gy or Gy(RBE)"),
        ("ki67_percent", "", "percent"),
        ("months", "", "months"),
        ("fractions", "", None),
        ("label", "", None),
    ],
)
def test_units_are_those_of_the_names(column: str, meaning: str, unit: str | None) -> None:
    assert unit_of(column, meaning) == unit


def test_every_table_and_column_has_its_place_once(database: Path, get: Get) -> None:
    html = get("/dictionary").text
    ids = re.findall(r'\bid="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    for table in schema.dictionary().values():
        assert table.name in ids
        assert {f"{table.name}.{column}" for column in table.columns} <= set(ids)
        assert unescape(table.description) in unescape(html)
    groups = [name for _, _, names in dictionary.GROUPS for name in names]
    assert len(groups) == len(set(groups))
    # Every link within the page leads somewhere.
    assert set(re.findall(r'href="#([^"]+)"', html)) <= set(ids)


def test_counts_are_those_of_the_database(database: Path) -> None:
    columns = {
        f"{table.name}.{column.name}": column for group in _page(database).groups for table in group.tables for column in table.columns
    }
    with closing(sqlite3.connect(database)) as connection:
        for name in ("patient_case.age_years", "patient_case.size_cm", "ihc_result.percent", "drug.cycles", "evidence.reason"):
            table, column = name.split(".")
            assert columns[name].n_values == connection.execute(f"select count({column}) from {table}").fetchone()[0], name
        (told,) = connection.execute("select count(*) from case_overview where recurrence <> 'not reported'").fetchone()
    assert 0 < columns["case_overview.recurrence"].n_values == told < 3
    assert columns["patient_case.size_cm"].n_values == 1  # of three cases
    assert columns["ihc_result.case_id"].leads_to == ("patient_case", "case_id")
    assert columns["ihc_result.case_id"].is_key
    assert columns["ihc_result.number"].is_key
    assert not columns["ihc_result.percent"].is_required


def test_columns_are_found_by_words(get: Get) -> None:
    html = get("/dictionary?q=fraction+dose").text
    assert 'id="radiotherapy_course.dose_per_fraction_gy"' in html
    assert 'id="patient_case.sex"' not in html
    assert "How to read this database" not in html
    assert "rows with a value" not in html  # they would be counted anew for each word
    nothing = get("/dictionary?q=zebra")
    assert nothing.status_code == 200
    assert "No column has these words" in nothing.text
    assert "<script>" not in get("/dictionary?q=<script>alert(1)</script>").text


def test_data_is_the_same_in_csv_and_json(database: Path, get: Get) -> None:
    rows = list(csv.DictReader(io.StringIO(get("/dictionary.csv").text)))
    assert len(rows) == sum(len(table.columns) for table in schema.dictionary().values())
    size = next(row for row in rows if (row["table"], row["column"]) == ("patient_case", "size_cm"))
    assert (size["unit"], size["allowed"], size["rows"], size["values"]) == ("cm", "more than 0, less than 100", "3", "1")
    as_json = get("/dictionary.json").json()
    assert [row["column"] for row in as_json] == [row["column"] for row in rows]
    assert {row["table"] for row in get("/dictionary.json?q=percent").json()} >= {"patient_case", "ihc_result"}


def test_words_for_readers_come_first(get: Get) -> None:
    text = words(get("/dictionary").text)
    for said in ("is one patient", "Empty means “not reported”", "Units stand in the names", "They are no rates"):
        assert said in text
    assert "#ihc_result" in get("/casebook/ihc_result").text  # what the columns mean leads here


@NEEDED
def test_a_link_to_a_column_shows_its_row(page: Any, database: Path) -> None:
    from db import serve

    with served(serve.make_datasette(database).app()) as address:
        page.goto(f"{address}/dictionary#ihc_result.percent")
        row = page.locator("[id='ihc_result.percent']")
        assert row.evaluate("row => row.getBoundingClientRect().top < innerHeight")
        page.fill("#d-q", "grade")
        page.keyboard.press("Enter")
        page.wait_for_url("**q=grade")
        assert page.locator("[id='patient_case.grade']").is_visible()
