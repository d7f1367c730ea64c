"""Rows as a spreadsheet: what a reader's program finds in the file, and that it never grows beyond its bounds."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import openpyxl
import pytest
from datasette.plugins import pm

from db import load, publish, spreadsheet
from db.schema import dictionary
from db.spreadsheet import Column
from tests import db_fixtures
from tests.test_site import Get, _asking

CASES = "/casebook/case_overview"


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = db_fixtures.build(tmp_path_factory.mktemp("sheets") / "casebook.db")
    with closing(load.connect(path)) as connection:
        connection.execute("update run set started_at = '2026-02-03T04:05:06+00:00'")
        # Texts that a spreadsheet might run, or not bear at all.
        hostile = ("=1+1", "@SUM(A1)", "+cmd|' /C calc'!A0", "#N/A", "a\x00b\x0bc\ufffed", "x" * 40_000)
        for number, text in enumerate(hostile, 1):
            connection.execute("insert into flag values ('lung-imt/1', ?, 'rule', 'unusual', 'sex', 'found', ?)", (number, text))
    return path


@pytest.fixture(scope="module")
def get(database: Path) -> Iterator[Get]:
    yield from _asking(database)


def _book(content: bytes) -> Any:
    return openpyxl.load_workbook(io.BytesIO(content))


def _rows(book: Any) -> list[tuple[Any, ...]]:
    return list(book["Rows"].iter_rows(values_only=True))


def _about(book: Any) -> dict[str, str]:
    return {row[0]: row[1] for row in book["About"].iter_rows(values_only=True) if row[0]}


def test_cases_as_a_spreadsheet(get: Get) -> None:
    answer = get(f"{CASES}.xlsx?sex=male&_sort_desc=age_years")
    assert answer.headers["content-type"] == spreadsheet.MIME
    assert answer.headers["content-disposition"] == 'attachment; filename="casebook-cases-sex-male.xlsx"'
    book = _book(answer.content)
    head, *rows = _rows(book)
    shown = dict(zip(head, rows[1], strict=True))
    assert [row[0] for row in rows] == ["markup/2", "lung-imt/1"]
    assert (shown["age (years)"], shown["max dose (Gy)"], shown["fractions"]) == (54, 54, 27)
    assert shown["max dose (Gy RBE)"] is None
    assert shown["report"] == "lung-imt"
    sheet = book["Rows"]
    assert sheet.freeze_panes == "B2"
    assert sheet.auto_filter.ref == f"A1:{sheet.cell(1, len(head)).column_letter}3"
    assert all(cell.font.bold for cell in sheet[1])
    assert sheet.column_dimensions["A"].width >= len("markup/2")


def test_the_second_sheet_tells_what_was_asked_and_what_columns_mean(get: Get) -> None:
    book = _book(get(f"{CASES}.xlsx?sex=male&age_years__gte=60&_marker=ALK&_nofacet=1").content)
    about = _about(book)
    assert about["Casebook"] == "Cases"
    assert about["Asked"] == "sex: male; age from 60 years; ALK"
    assert about["Rows"] == "0"
    assert about["Database of"] == "2026-02-03"
    assert about["Empty cell"].startswith("not reported")
    assert publish.NOTICE in about["Notice"]
    assert "2026-02-03" in about["How to cite"]
    assert about["Address"].endswith("/casebook/case_overview?sex=male&age_years__gte=60&_marker=ALK&_nofacet=1")
    meanings = {row[1]: row[2] for row in book["About"].iter_rows(values_only=True) if row[2]}
    assert {name: words for name, words in meanings.items() if name in dictionary()["case_overview"].columns} == dict(
        dictionary()["case_overview"].columns
    )


@pytest.mark.parametrize(
    ("path", "n_rows", "title"),
    [
        (f"{CASES}.xlsx?_size=1", 3, "Cases"),
        ("/casebook/report.xlsx", 3, "Reports"),
        ("/casebook/ihc_result.xlsx?marker=SMA", 1, "Ihc result"),
        ("/casebook/patient_case/lung-imt~2F1.xlsx", 1, "Cases, value by value"),
        ("/casebook/marker_positive.xlsx?marker=ALK", 1, "Which diagnoses are positive for a marker?"),
        ("/casebook/tumour_groups.xlsx", 2, "How many cases are there of each kind of tumour?"),
        ("/casebook.xlsx?sql=select+case_id,+age_years+from+case_overview", 3, "SQL"),
    ],
)
def test_tables_rows_questions_and_sql(get: Get, path: str, n_rows: int, title: str) -> None:
    book = _book(get(path).content)
    assert len(_rows(book)) - 1 == n_rows
    assert _about(book)["Casebook"] == title


def test_a_question_tells_its_choices(get: Get) -> None:
    answer = get("/casebook/marker_positive.xlsx?marker=ALK&rows=50001")
    assert _about(_book(answer.content))["Asked"] == "Marker: ALK"
    assert 'filename="casebook-which-diagnoses-are-positive-for-a-marker-marker-alk.xlsx"' in answer.headers["content-disposition"]


def test_no_text_becomes_a_formula_or_breaks_the_file(get: Get) -> None:
    book = _book(get("/casebook/flag.xlsx").content)
    cells = [row[-1] for row in book["Rows"].iter_rows(min_row=2)]
    assert {cell.data_type for cell in cells} == {"s"}
    words = [cell.value for cell in cells]
    assert words[:5] == ["=1+1", "@SUM(A1)", "+cmd|' /C calc'!A0", "#N/A", "abcd"]
    assert len(words[5]) == spreadsheet.MOST_IN_CELL
    assert words[5].endswith(spreadsheet.CUT)


def test_a_question_as_text_is_no_formula_either(get: Get) -> None:
    book = _book(get(f"{CASES}.xlsx?site==1%2B1").content)
    cell = next(row[1] for row in book["About"].iter_rows() if row[0].value == "Asked")
    assert (cell.data_type, cell.value) == ("s", "site: =1+1")
    book = _book(get("/casebook.xlsx?sql=select+1+as+[=1%2B1]").content)
    assert book["Rows"]["A1"].data_type == "s"


@pytest.mark.parametrize(
    ("value", "kept"),
    [(2**60, str(2**60)), (math.inf, "inf"), (b"abc", "(3 bytes)"), ("\ud800x", "x"), (0.1, 0.1), (None, None), ("a\nb", "a\nb")],
)
def test_values_are_kept_as_a_spreadsheet_can_hold_them(value: object, kept: object) -> None:
    assert spreadsheet.take([(value,)]).rows == ((kept,),)


def test_rows_cells_and_characters_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    endless = iter(lambda: ("ten letters", 1), None)
    monkeypatch.setattr(spreadsheet, "MOST_ROWS", 40)
    taken = spreadsheet.take(endless)
    assert (len(taken.rows), taken.is_cut) == (40, True)
    monkeypatch.setattr(spreadsheet, "MOST_CELLS", 20)
    assert len(spreadsheet.take(endless).rows) == 10
    monkeypatch.setattr(spreadsheet, "MOST_CHARACTERS", 50)
    assert len(spreadsheet.take(endless).rows) == 4
    assert not spreadsheet.take([("a", 1)] * 4).is_cut


def test_a_cut_spreadsheet_says_so(get: Get, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreadsheet, "MOST_ROWS", 2)
    book = _book(get(f"{CASES}.xlsx").content)
    assert len(_rows(book)) == 3
    assert _about(book)["Rows"].startswith("2 and more: a spreadsheet takes at most 50,000")


def test_what_takes_too_long_is_told(get: Get) -> None:
    endless = "(with recursive n(i) as (select 1 union all select i + 1 from n) select max(i) from n)"
    answer = get(f"{CASES}.xlsx?{urlencode({'_where': endless})}")
    assert answer.status_code == 400


def test_only_so_many_are_written_at_once(get: Get) -> None:
    (plugin,) = (module for module in pm.get_plugins() if getattr(module, "__name__", "") == "browse.py")
    _, places = plugin._writer()
    taken = [places.acquire(blocking=False) for _ in range(plugin._MOST_AT_ONCE)]
    try:
        assert all(taken)
        busy = get(f"{CASES}.xlsx")
    finally:
        for _ in taken:
            places.release()
    assert (busy.status_code, "try again" in busy.text) == (503, True)
    assert get(f"{CASES}.xlsx").status_code == 200


def test_a_workbook_opens_with_one_column_and_no_row() -> None:
    book = _book(spreadsheet.workbook([Column("n", "n", "")], spreadsheet.take([]), [("Casebook", "none")]))
    assert _rows(book) == [("n",)]
    assert book["Rows"].auto_filter.ref == "A1:A1"
