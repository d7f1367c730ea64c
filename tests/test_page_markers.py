"""The page of markers: every number is as counted by hand, and each cell leads to its cases."""

from __future__ import annotations

import csv
import io
import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from db import load, marker_counts
from db.overview import site_words
from db.pages.marker_cells import Count
from db.pages.marker_order import alike
from tests import marker_cases
from tests.browsers import NEEDED, served
from tests.marker_cases import HOSTILE, ORBIT, PLEURA, THIGH, Get

SFT = "solitary fibrous tumor"
# positive, negative, equivocal (or both), other cells only
BY_HAND = {
    (SFT, "CD34"): (3, 0, 1, 0),
    (SFT, "STAT6"): (3, 0, 1, 0),
    (SFT, "S100"): (0, 2, 0, 1),
    (SFT, "Desmin"): (0, 1, 0, 0),
    ("schwannoma", "S100"): (3, 0, 0, 0),
    ("schwannoma", "CD34"): (0, 1, 0, 0),
    ("schwannoma", "Desmin"): (0, 1, 0, 0),
    ("leiomyosarcoma", "Desmin"): (1, 0, 0, 0),
    ("leiomyosarcoma", "SMA"): (1, 0, 0, 0),
    ("leiomyosarcoma", "S100"): (0, 1, 0, 0),
    ("leiomyosarcoma", "CD34"): (0, 1, 0, 0),
    ("dermatofibrosarcoma", "CD34"): (1, 0, 0, 0),
    ("dermatofibrosarcoma", "S100"): (0, 1, 0, 0),
    ("Langerhans cell histiocytosis", "CD3"): (0, 0, 0, 1),
    (f"{HOSTILE} sarcoma", HOSTILE): (1, 0, 0, 0),
    (f"{HOSTILE} sarcoma", "SMA"): (0, 1, 0, 0),
}
IN_THE_ORBIT = {
    (SFT, "CD34"): "1+ 1±",
    (SFT, "STAT6"): "1+ 1±",
    (SFT, "S100"): "1o",
    ("schwannoma", "S100"): "1+",
    ("schwannoma", "CD34"): "1−",
    ("Langerhans cell histiocytosis", "CD3"): "1o",
}


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return marker_cases.build(tmp_path_factory.mktemp("markers") / "casebook.db")


@pytest.fixture(scope="module")
def get(database: Path) -> Iterator[Get]:
    yield from marker_cases.asking(database)


class _Table(HTMLParser):
    """The heat map as a reader meets it: by the words of column and row, the words of a cell and where it leads."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.rows: list[list[tuple[str, str]]] = []
        self.kinds: list[str] = []
        self.depth = 0
        self.feed(html[html.index("<table") : html.index("</table>")])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append(("", ""))
            self.kinds.append(dict(attrs).get("scope") or tag)
        elif tag == "a":
            self.rows[-1][-1] = (self.rows[-1][-1][0], dict(attrs)["href"] or "")

    def handle_data(self, data: str) -> None:
        if self.rows and self.rows[-1]:
            words, link = self.rows[-1][-1]
            self.rows[-1][-1] = (" ".join(f"{words} {data}".split()), link)

    def heads(self) -> tuple[list[str], list[str]]:
        """The names of rows and columns, without their numbers of cases."""
        return [re.sub(r" [\d,]+$", "", row[0][0]) for row in self.rows[1:]], [
            re.sub(r" [\d,]+$", "", cell[0]) for cell in self.rows[0][1:]
        ]

    def cells(self) -> dict[tuple[str, str], tuple[str, str]]:
        names, columns = self.heads()
        return {
            (name, column): cell
            for name, row in zip(names, self.rows[1:], strict=True)
            for column, cell in zip(columns, row[1:], strict=True)
            if cell[0]
        }


def _cells(html: str) -> dict[tuple[str, str], str]:
    return {key: words for key, (words, _) in _Table(html).cells().items()}


def _words(counts: tuple[int, int, int, int]) -> str:
    return " ".join(f"{n}{sign}" for n, sign in zip(counts, "+−±o", strict=True) if n)


def _text(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def _asked(**choices: str | None) -> str:
    return f"/markers?{urlencode(choices)}"


# --- counts --------------------------------------------------------------------------------------------


def test_the_table_of_counts_is_as_counted_by_hand(database: Path) -> None:
    with closing(sqlite3.connect(database)) as connection:
        rows = connection.execute(
            "select histology, marker, positive, negative, equivocal, other_cells from marker_count"
            " where test = 'stain' and histology <> 'not reported'"
        ).fetchall()
        cases = dict(connection.execute("select distinct histology, histology_cases from marker_count where test = 'stain'").fetchall())
        molecular = connection.execute("select * from marker_count where test = 'molecular' and histology in (?, 'leiomyosarcoma')", (SFT,))
        assert molecular.fetchall() == [
            ("molecular", "leiomyosarcoma", "NAB2 rearrangement", 0, 1, 0, 0, 1),
            ("molecular", SFT, "NAB2 rearrangement", 1, 1, 0, 0, 2),
        ]
    assert {tuple(row[:2]): tuple(row[2:]) for row in rows} == BY_HAND
    assert (cases[SFT], cases["schwannoma"], cases["Langerhans cell histiocytosis"], cases["not reported"]) == (4, 3, 0, 1)
    assert "lipoma" not in cases  # tested for nothing


def test_after_changes_only_the_histologies_that_they_touched_are_counted_anew(tmp_path: Path) -> None:
    """The rows are those of a count of all, whatever was added, changed or removed."""
    with closing(load.connect(marker_cases.build(tmp_path / "casebook.db"))) as connection:
        load.watch(connection)
        changed = ("angiosarcoma", PLEURA, "CD34+ CD31+", "")
        load.store(connection, *marker_cases.record("r02", changed), "run-2")
        load.store(connection, *marker_cases.record("r99", ("schwannoma", ORBIT, "S100-", "")), "run-2")
        load.remove(connection, "r08", "run-2")
        connection.execute("update marker_count set positive = 7 where histology = 'dermatofibrosarcoma'")  # not touched: not looked at
        load.refresh_overview(connection)
        again = connection.execute("select * from marker_count order by 1, 2, 3").fetchall()
        assert ("stain", "schwannoma", "S100", 3, 1, 0, 0, 4) in again
        assert ("stain", SFT, "CD34", 2, 0, 1, 0, 3) in again
        assert not any(row[1] == "leiomyosarcoma" for row in again)
        assert ("stain", "dermatofibrosarcoma", "CD34", 7, 0, 0, 0, 1) in again
        connection.execute("update marker_count set positive = 1 where histology = 'dermatofibrosarcoma' and marker = 'CD34'")
        connection.execute("update marker_count set positive = 0 where histology = 'dermatofibrosarcoma' and marker = 'S100'")
        again = connection.execute("select * from marker_count order by 1, 2, 3").fetchall()
        connection.execute("drop table temp.touched_histology")
        for name in ("insert", "delete"):
            connection.execute(f"drop trigger temp.case_overview_{name}_histology")
        marker_counts.fill(connection)
        assert connection.execute("select * from marker_count order by 1, 2, 3").fetchall() == again


# --- the heat map ----------------------------------------------------------------------------------------


def test_the_heat_map_tells_the_counts_in_words(get: Get) -> None:
    html = get("/markers").text
    table = _Table(html)
    assert _cells(html) == {key: _words(counts) for key, counts in BY_HAND.items()}
    assert table.kinds.count("row") == 6
    assert table.kinds.count("col") == 8  # seven markers, and the head of the diagnoses
    assert table.rows[1][0][0] == f"{SFT} 4"
    assert "6 diagnoses and 7 markers, in 10 cases" in _text(html)
    assert "1 case that was tested has no diagnosis told and is left out." in _text(html)
    assert "style=" not in html


@pytest.mark.parametrize(
    ("choices", "condition"),
    [
        ({}, "true"),
        ({"site": site_words(ORBIT)}, f"topography = '{ORBIT}'"),
        ({"words": "schwannoma"}, "histology = 'schwannoma'"),
        ({"histology": SFT}, f"histology = '{SFT}'"),
    ],
)
def test_of_several_markers_those_cases_count_that_one_of_them_was_tested_in(
    get: Get, database: Path, choices: dict[str, str], condition: str
) -> None:
    """Not those in which other markers were tested: a case without a result for the chosen ones says nothing of them."""
    with closing(sqlite3.connect(database)) as connection:
        counted = {
            marker: dict(
                connection.execute(
                    "select histology, count(distinct case_id) from case_overview join patient_case using (case_id)"
                    " join ihc_result using (case_id)"
                    f" where marker in ({marker}) and result <> 'other_cells' and histology <> 'not reported' and {condition} group by histology"
                ).fetchall()
            )
            for marker in ("'Desmin', 'S100'", "select marker from ihc_result")
        }
    wanted, of_any = counted.values()
    assert wanted and ("words" in choices or sum(wanted.values()) < sum(of_any.values()))
    html = get(_asked(marker="Desmin, S100", **choices)).text
    if "histology" in choices:
        assert f"{wanted[SFT]} cases tested" in _text(html)
        return
    rows = [row[0][0] for row in _Table(html).rows[1:]]
    assert sorted(rows) == sorted(f"{name} {wanted.get(name, 0)}" for name in _Table(html).heads()[0])
    assert f"in {sum(wanted.values())} case" in _text(html)


def test_each_cell_leads_to_as_many_cases_as_it_says(get: Get) -> None:
    for (histology, marker), (_, link) in _Table(get("/markers").text).cells().items():
        html = get(link).text
        told = dict(re.findall(r"<h2>([^:]+): (\d+) cases?</h2>", html))
        names = ("Positive", "Negative", "Equivocal, or positive and negative both", "Only other cells stained")
        assert {name: int(n) for name, n in told.items()} == {
            name: n for name, n in zip(names, BY_HAND[histology, marker], strict=True) if n
        }
        assert len(set(re.findall(r'href="/casebook/patient_case/(r\d\d)~2F1"', html))) == sum(BY_HAND[histology, marker])


def test_the_cases_of_a_cell_stand_under_their_result(get: Get) -> None:
    html = get(_asked(histology=SFT, marker="cd-34")).text
    parts = re.split(r"<h2>", html)
    assert re.findall(r"patient_case/(r\d\d)", parts[1]) == ["r01", "r02", "r03"]
    assert "r04" in parts[2]
    assert "lymphocytes" in get(_asked(histology=SFT, marker="S100")).text


def test_heads_lead_to_one_histology_and_one_marker(get: Get) -> None:
    table = _Table(get("/markers").text)
    html = get(dict(zip(table.heads()[0], (row[0][1] for row in table.rows[1:]), strict=True))[SFT]).text
    assert "<h1>Markers of solitary fibrous tumor</h1>" in html
    assert [row[0][0] for row in _Table(html).rows[1:]] == ["CD34", "STAT6", "S100", "Desmin"]
    assert [cell[0] for cell in _Table(html).rows[1][1:6]] == ["3", "0", "1", "0", "4"]
    assert re.search(r"Mostly positive CD34 3 of 4 STAT6 3 of 4 .*Mostly negative S100 2 of 2", _text(html))
    assert "/profile?typed=CD34%2B%2C+STAT6%2B%2C+S100-" in html

    html = get(dict(zip(table.heads()[1], (cell[1] for cell in table.rows[0][1:]), strict=True))["CD34"]).text
    assert "2 of 4 diagnoses with a positive case" in _text(html)
    assert [row[0][0] for row in _Table(html).rows[1:]] == [SFT, "dermatofibrosarcoma", "leiomyosarcoma", "schwannoma"]


def test_one_site_is_counted_by_itself(get: Get) -> None:
    html = get(_asked(site=site_words(ORBIT))).text
    assert _cells(html) == IN_THE_ORBIT
    assert f"{SFT} 2" in _text(html)
    assert re.findall(r"patient_case/(r\d\d)", get(_asked(site=site_words(ORBIT), histology=SFT, marker="CD34")).text) == ["r03", "r04"]


def test_one_kind_of_tumour_is_counted_by_itself(get: Get) -> None:
    sarcomas = "sarcoma or soft tissue tumour"
    html = get(_asked(group=sarcomas)).text
    assert _cells(html) == {key: _words(counts) for key, counts in BY_HAND.items() if key[0] in marker_cases.MORPHOLOGY}
    assert f"Only {sarcomas}: 4 diagnoses" in _text(html)
    both = get(_asked(group=sarcomas, site=site_words(ORBIT))).text
    assert _cells(both) == {key: words for key, words in IN_THE_ORBIT.items() if key[1] != "CD3"}
    assert re.findall(r"patient_case/(r\d\d)", get(_Table(both).cells()[SFT, "CD34"][1]).text) == ["r03", "r04"]
    assert "No case of this choice reports a result." in get(_asked(group=sarcomas, histology="Langerhans cell histiocytosis")).text


@pytest.mark.parametrize(
    ("choices", "rows", "columns"),
    [
        ({"words": "SARCOMA derm"}, ["dermatofibrosarcoma"], ["CD34", "S100"]),
        ({"words": "Fibrous TUMOUR"}, [SFT], ["CD34", "STAT6", "S100", "Desmin"]),
        ({"marker": "s-100, stat-6"}, [SFT, "schwannoma", "dermatofibrosarcoma", "leiomyosarcoma"], ["S100", "STAT6"]),
        ({"least": "3"}, [SFT, "schwannoma"], ["CD34", "S100", "STAT6", "Desmin"]),
        ({"order": "name", "least": "3"}, ["schwannoma", SFT], ["CD34", "Desmin", "S100", "STAT6"]),
        ({"test": "molecular", "words": "o"}, [SFT, f"{HOSTILE} sarcoma", "leiomyosarcoma"], ["NAB2 rearrangement", f"{HOSTILE} other"]),
    ],
)  # fmt: skip
def test_choices_narrow_and_order(get: Get, choices: dict[str, str], rows: list[str], columns: list[str]) -> None:
    assert _Table(get(_asked(**choices)).text).heads() == (rows, columns)


def test_a_gene_alone_is_all_its_alterations(get: Get) -> None:
    assert "<h1>NAB2 rearrangement, by diagnosis</h1>" in get(_asked(test="molecular", marker="nab2")).text


def test_an_empty_cell_was_tested_in_no_case(get: Get) -> None:
    html = get(_asked(words="dermato", marker="STAT6, S100")).text
    assert _cells(html) == {("dermatofibrosarcoma", "S100"): "1−"}


@pytest.mark.parametrize(
    ("choices", "said"),
    [
        ({"test": "smell"}, "No kind of test here is called “smell”; shown: immunohistochemistry."),
        ({"site": "moon"}, "No site here is called “moon”; shown: all."),
        ({"least": "4"}, "No number of cases here is called “4”; shown: any number."),
        ({"order": "random"}, "No order here is called “random”; shown: most cases first."),
        ({"down": "-1"}, "No page here is called “-1”; shown: the first."),
        ({"across": "²"}, "No page here is called “²”; shown: the first."),
        ({"marker": "nonsense"}, "No case reports a result of “nonsense”; shown: all."),
        ({"marker": "CD34, CD30, <b>"}, "No case reports a result of “<b>”. No case reports a result of “CD30”."),
        ({"histology": "not reported"}, "No case with the diagnosis “not reported” reports a result; shown: all."),
        ({"histology": "lipoma"}, "No case with the diagnosis “lipoma” reports a result; shown: all."),
        ({"words": "xyz"}, "No diagnosis here has these words."),
        ({"words": "lipoma"}, "No case of this choice reports a result."),  # here, but without a stain
        ({"words": "schwannoma", "site": site_words(PLEURA)}, "No case of this choice reports a result."),
        ({"words": " ".join("abcdefghijklmn")}, "Too many or too long words; shown: what has the first 12, to 80 letters each."),
        ({"words": "a " * 200 + "b" * 2000}, "Too many or too long words"),
        ({"test": "molecular", "marker": "NAB2, foo"}, "No case reports a result of “foo”."),
        ({"words": "%"}, "No diagnosis here has these words."),
    ],
)
def test_what_is_not_known_is_said(get: Get, choices: dict[str, str], said: str) -> None:
    response = get(_asked(**choices))
    assert response.status_code == 200
    assert said in _text(response.text)


def test_names_that_carry_markup_stay_words(get: Get) -> None:
    for address in ("/markers", _asked(marker=HOSTILE), _asked(histology=f"{HOSTILE} sarcoma"), _asked(histology=f"{HOSTILE} sarcoma", marker=HOSTILE),
                    _asked(words=HOSTILE), _asked(test="molecular")):  # fmt: skip
        html = get(address).text
        assert "PWNED" in html
        assert "<img" not in html


def test_much_stands_on_several_pages(tmp_path: Path) -> None:
    cases = [(f"tumor {n:02}", THIGH, " ".join(f"M{m:02}+" for m in range(n, n + 2)), "") for n in range(45)]
    for get in marker_cases.asking(marker_cases.build(tmp_path / "casebook.db", cases)):
        first = _Table(get("/markers?order=name").text)
        assert [len(names) for names in first.heads()] == [40, 40]
        html = get("/markers?order=name").text
        assert "diagnoses 41 to 45 of 45" in html
        assert "markers 41 to 46 of 46" in html
        second = _Table(get("/markers?order=name&down=2&across=2").text)
        assert [names[0] for names in second.heads()] == ["tumor 40", "M40"]
        assert [len(names) for names in second.heads()] == [5, 6]
        assert _Table(get("/markers?order=name&down=9&across=2").text).heads() == second.heads()  # beyond the last: the last


def test_a_patient_told_twice_is_pointed_out(tmp_path: Path) -> None:
    path = marker_cases.build(tmp_path / "casebook.db")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("insert into possible_same_patient values ('r01/1', 'r02/1', 3, 'made up')")
        connection.commit()
    for get in marker_cases.asking(path):
        words = _text(get(_asked(histology=SFT, marker="STAT6")).text)
        assert "r01/1 possibly the same patient as r02/1" in words
        assert "r02/1 possibly the same patient as r01/1" in words
        assert "1 pair of cases may be one patient told twice , both counted" in words


# --- data ---------------------------------------------------------------------------------------------------


def test_the_data_are_what_the_page_shows(get: Get) -> None:
    rows = list(csv.DictReader(io.StringIO(get("/markers.csv").text)))
    assert {(row["histology"], row["marker"]): tuple(int(row[name]) for name in ("positive", "negative", "equivocal", "other_cells"))
            for row in rows} == BY_HAND  # fmt: skip
    assert all(int(row["tested"]) == int(row["positive"]) + int(row["negative"]) + int(row["equivocal"]) for row in rows)
    one = json.loads(get("/markers.json?marker=STAT6").text)
    assert one == [
        {"histology": SFT, "marker": "STAT6", "tested": 4, "positive": 3, "negative": 0, "equivocal": 1, "other_cells": 0}
    ]  # fmt: skip
    cases = json.loads(get(f"/markers.json?histology={quote(SFT)}&marker=S100").text)
    assert [(row["case_id"], row["result"], row["site"]) for row in cases] == [
        ("r01/1", "negative", site_words(PLEURA)), ("r02/1", "negative", site_words(PLEURA)), ("r03/1", "other_cells", site_words(ORBIT)),
    ]  # fmt: skip
    assert "marker=STAT6" in re.search(r'href="(/markers\.csv[^"]*)"', get("/markers?marker=STAT6").text)[1]  # type: ignore[index]


def test_all_counts_are_a_table(get: Get) -> None:
    for address, n in (("/markers?marker=CD34", 5), (_asked(histology=SFT, marker="CD34"), 1), (_asked(test="molecular"), 3)):
        link = re.search(r'href="([^"]+)">All counts</a>', get(address).text)
        assert link
        assert len(get(f"{unescape(link[1]).replace('marker_count', 'marker_count.json')}&_shape=array").json()) == n


# --- how a cell looks, and the order ----------------------------------------------------------------------------


def _count(positive: int = 0, negative: int = 0, equivocal: int = 0, other_cells: int = 0) -> Count:
    return Count("h", "m", positive, negative, equivocal, other_cells, 9)


@pytest.mark.parametrize(
    ("count", "colour"),
    [
        (_count(1), "share-4 one"),
        (_count(4), "share-4 some"),
        (_count(5), "share-4 many"),
        (_count(0, 12), "share-0 many"),
        (_count(1, 1), "share-2 some"),
        (_count(99, 1), "share-3 many"),  # not all are positive
        (_count(1, 99), "share-1 many"),  # not all are negative
        (_count(0, 0, 1), "share-2 one"),
        (_count(0, 0, 0, 3), "untested"),
    ],
)
def test_colours_tell_the_share_and_how_many(count: Count, colour: str) -> None:
    assert count.colour == colour


def test_a_bar_is_as_long_as_its_cases() -> None:
    assert _count(2, 1, 1).bar(8) == (("positive", 0.0, 25.0), ("equivocal", 25.0, 12.5), ("negative", 37.5, 12.5))
    assert _count().bar(0) == ()


def test_like_stands_beside_like() -> None:
    high, low = [0.9, 0.9, 0.1], [0.1, 0.1, 0.9]
    order = alike([high, low, [0.8, 0.9, 0.1], [0.2, 0.1, 0.9]])
    assert {frozenset(order[:2]), frozenset(order[2:])} == {frozenset({0, 2}), frozenset({1, 3})}
    assert alike([high, low]) == [0, 1]
    assert alike([]) == []
    assert alike([[], [], []]) == [0, 1, 2]


def test_the_same_cells_stand_there_in_every_order(get: Get) -> None:
    assert _cells(get("/markers?order=alike").text) == _cells(get("/markers").text)


# --- in a browser ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def address(database: Path) -> Iterator[str]:
    from db import serve

    with served(serve.make_datasette(database).app()) as address:
        yield address


@NEEDED
def test_which_tumours_are_positive_is_answered_by_clicking(page: Any, address: str) -> None:
    page.goto(address)
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Markers").click()
    page.get_by_text("All 7 markers, by name").click()
    page.locator("#all-markers").get_by_role("link", name="STAT6").click()
    assert page.get_by_role("heading", level=1).inner_text() == "STAT6, by diagnosis"
    page.get_by_role("link", name=SFT).click()
    assert page.get_by_role("heading", name="Positive: 3 cases").is_visible()
    page.get_by_role("link", name="r01/1").click()
    assert page.url.endswith("/casebook/patient_case/r01~2F1")


@NEEDED
def test_a_cell_is_reached_by_its_heads_and_by_the_keyboard(page: Any, address: str) -> None:
    page.goto(f"{address}/markers")
    cell = page.get_by_role("row", name=SFT).get_by_role("link", name="3+ 1±").first
    cell.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/markers?histology=*")
    assert page.get_by_role("heading", level=1).inner_text() == f"CD34 in {SFT}"
    page.get_by_role("link", name="Markers").last.click()
    assert page.get_by_role("heading", level=1).inner_text() == "Markers and diagnoses"


@NEEDED
def test_on_a_phone_the_heads_stay_while_the_table_scrolls(page: Any, address: str) -> None:
    page.set_viewport_size({"width": 300, "height": 700})
    page.goto(f"{address}/markers")
    box = page.locator(".wide").first
    before = page.locator(".matrix tbody th").first.bounding_box()["x"]
    assert box.evaluate("box => { box.scrollLeft = 80; return box.scrollLeft }") > 0
    assert page.locator(".matrix tbody th").first.bounding_box()["x"] == pytest.approx(before, abs=1)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
