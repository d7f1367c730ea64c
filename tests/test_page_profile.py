"""The page of marker profiles: the order and its numbers are as made by hand, and what is typed is understood or said not to be."""

from __future__ import annotations

import csv
import io
import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db import serve
from db.pages.typed_markers import marker_named, names_typed, read_typed
from tests import marker_cases
from tests.browsers import NEEDED, served
from tests.marker_cases import HOSTILE, Get

SFT = "solitary fibrous tumor"
TYPED = "CD34+, STAT6+, S100-"


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return marker_cases.build(tmp_path_factory.mktemp("profile") / "casebook.db")


@pytest.fixture(scope="module")
def get(database: Path) -> Iterator[Get]:
    yield from marker_cases.asking(database)


def _asked(**choices: str) -> str:
    return f"?{urlencode(choices)}"


def _text(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


# --- the order ------------------------------------------------------------------------------------------


def test_the_question_asks_for_the_same_cases(get: Get, database: Path) -> None:
    """Also where a case shows a marker positive and negative: it is one of both, as on the pages."""
    with closing(sqlite3.connect(database)) as connection:
        told = connection.execute("select marker, case_id, group_concat(distinct result) from ihc_result group by 1, 2").fetchall()
    n_both = 0
    for marker in {marker for marker, _, _ in told}:
        results = {case_id: set(found.split(",")) for name, case_id, found in told if name == marker}
        both = {case_id for case_id, found in results.items() if found >= {"positive", "negative"}}
        n_both += len(both)
        for result in ("positive", "negative", "positive and negative"):
            wanted = both if result == "positive and negative" else {case for case, found in results.items() if result in found} - both
            asked = urlencode({"_shape": "array", "marker_1": marker, "result_1": result})
            assert {row["case_id"] for row in get(f"/casebook/marker_profile.json?{asked}").json()} == wanted, (marker, result)
    assert n_both
    rows = get(
        "/casebook/marker_profile.json?_shape=array&marker_1=CD34&result_1=positive&marker_2=STAT6&marker_3=S100&result_3=negative"
    ).json()
    assert len(rows) == 2


def test_the_tumour_that_shows_it_stands_first_with_its_counts(get: Get) -> None:
    rows = json.loads(get(f"/profile.json{_asked(typed=TYPED)}").text)
    first = rows[0]
    assert first["histology"] == SFT
    assert (first["CD34 positive"], first["CD34 tested"]) == (3, 3)  # both in one case: in neither number
    assert (first["STAT6 positive"], first["STAT6 tested"]) == (3, 3)
    assert (first["S100 negative"], first["S100 tested"]) == (2, 2)  # other cells only: not tested
    assert first["cases_with_all"] == 2
    assert [row["histology"] for row in rows[1:]] == ["dermatofibrosarcoma", "leiomyosarcoma", "schwannoma"]


def test_the_score_is_that_of_the_formula(get: Get) -> None:
    """All cases with a diagnosis: CD34+ 4 of 6, STAT6+ 3 of 3, S100- 4 of 7."""
    usual = (5 / 8, 4 / 5, 5 / 9)
    by_hand = {
        SFT: ((3 + 2 * usual[0]) / 5 / usual[0]) * ((3 + 2 * usual[1]) / 5 / usual[1]) * ((2 + 2 * usual[2]) / 4 / usual[2]),
        # STAT6 is not reported: that speaks neither for nor against.
        "dermatofibrosarcoma": ((1 + 2 * usual[0]) / 3 / usual[0]) * ((1 + 2 * usual[2]) / 3 / usual[2]),
        "leiomyosarcoma": (2 * usual[0] / 3 / usual[0]) * ((1 + 2 * usual[2]) / 3 / usual[2]),
        "schwannoma": (2 * usual[0] / 3 / usual[0]) * (2 * usual[2] / 5 / usual[2]),
    }
    rows = csv.DictReader(io.StringIO(get(f"/profile.csv{_asked(typed=TYPED)}").text))
    assert {row["histology"]: float(row["score"]) for row in rows} == pytest.approx(by_hand, abs=1e-4)
    words = _text(get(f"/profile{_asked(typed=TYPED)}").text)
    assert "all cases with a diagnosis 1.00 4 of 6 3 of 3 4 of 7" in words
    assert f"{SFT} {by_hand[SFT]:.2f} 3 of 3, 1± 3 of 3, 1± 2 of 2 2" in words
    assert "1 of 1 not reported 1 of 1 0" in words  # dermatofibrosarcoma, of which no report tells STAT6: no case has all
    assert "not tested" not in words, "silence is no claim"


def test_more_cases_say_more(tmp_path: Path) -> None:
    cases = [("one", "C49.2", "CD34+", ""), *[("ten", "C49.2", "CD34+", "")] * 10, *[("mixed", "C49.2", "CD34-", "")] * 9]
    for get in marker_cases.asking(marker_cases.build(tmp_path / "casebook.db", cases)):
        rows = json.loads(get("/profile.json?typed=CD34%2B").text)
        assert [row["histology"] for row in rows] == ["ten", "one", "mixed"]
        assert rows[0]["score"] > rows[1]["score"] > 1 > rows[2]["score"]


def test_the_cases_with_all_results_are_listed_and_linked(get: Get) -> None:
    html = get(f"/profile{_asked(typed=TYPED)}").text
    assert "Cases with all these results together: 2" in html
    assert re.findall(r'href="/casebook/patient_case/(r\d\d)~2F1"', html) == ["r01", "r02"]
    for link in set(re.findall(r'href="(/(?:markers|casebook/marker_profile)[^"]*)"', html)):
        assert get(unescape(link)).status_code == 200
    assert "marker_1=CD34&amp;result_1=positive&amp;marker_2=STAT6&amp;result_2=positive&amp;marker_3=S100&amp;result_3=negative" in html
    assert "No case tells all of these results." in get(f"/profile{_asked(typed='SMA+, STAT6+')}").text


def test_the_page_says_what_it_is_not(get: Get) -> None:
    for address in ("/profile", f"/profile{_asked(typed=TYPED)}"):
        assert "no diagnostic tool" in get(address).text
    assert "1 other diagnosis has results of other markers, but of none of these a clear one: it is not in the list" in _text(
        get(f"/profile{_asked(typed='CD34+')}").text
    )


# --- what is asked ------------------------------------------------------------------------------------------


def _heads(html: str) -> list[str]:
    found = re.search(r'<p class="found">(.*?)</p>', html, re.DOTALL)
    return re.findall(r'<span class="chip \w+">([^<]+)</span>', found[1]) if found else []


def test_typed_and_chosen_markers_are_taken_together(get: Get) -> None:
    html = get(
        f"/profile{_asked(typed='CD34+', marker_1='stat-6', result_1='positive', marker_2='S100', result_2='negative', marker_3='')}"
    ).text
    assert _heads(html) == ["CD34+", "STAT6+", "S100−"]
    assert re.findall(r'name="marker_\d" value="([^"]*)"', html) == ["CD34", "STAT6", "S100", "", "", ""]
    assert html.count('<option value="negative" selected>') == 1
    assert '<option value="CD34">8 cases</option>' in html


@pytest.mark.parametrize(
    ("choices", "heads", "said"),
    [
        ({"typed": "CD34+, xyz+"}, ["CD34+"], "Not understood: “xyz”: no marker of that name."),
        ({"typed": "CD34"}, [], "Not understood: “CD34”: neither positive nor negative is said of it."),
        ({"typed": "CD34+, CD117-"}, ["CD34+"], "No case reports a result of CD117."),
        ({"marker_1": "xyz"}, [], "Not understood: “xyz”: no marker of that name."),
        ({"marker_1": "CD34", "result_1": "purple"}, [], "No result here is called “purple”; CD34 is left out."),
        ({"typed": "CD34+", "marker_1": "CD34", "result_1": "negative"}, ["CD34+"], "CD34 is asked for as positive and as negative; taken: positive."),
        ({"typed": "<script>alert(1)</script>+"}, [], "no marker of that name"),
    ],
)  # fmt: skip
def test_what_is_not_understood_is_said(get: Get, choices: dict[str, str], heads: list[str], said: str) -> None:
    response = get(f"/profile{_asked(**choices)}")
    assert response.status_code == 200
    assert _heads(response.text) == heads
    assert said in _text(response.text)
    assert "<script>alert" not in response.text


def test_more_than_six_are_left_out_by_name(tmp_path: Path) -> None:
    names = ("CD34", "STAT6", "S100", "Desmin", "SMA", "EMA", "CD31")
    cases = [("angiosarcoma", "C49.2", " ".join(f"{name}+" for name in names), "")]
    for get in marker_cases.asking(marker_cases.build(tmp_path / "casebook.db", cases)):
        html = get(f"/profile{_asked(typed=', '.join(f'{name}+' for name in names))}").text
        assert len(_heads(html)) == 6
        assert "More than 6 markers; CD31 is left out." in _text(html)
        assert "marker_profile" not in html  # the canned query takes three


def test_a_marker_whose_name_carries_markup_stays_words(get: Get) -> None:
    html = get(f"/profile{_asked(marker_1=HOSTILE)}").text
    assert _heads(html)
    assert f"{HOSTILE} sarcoma" in unescape(html)
    assert "<img" not in html


# --- what is typed -----------------------------------------------------------------------------------------------

UNDERSTOOD = {
    "CD34+, STAT6+, S100-, desmin neg": "CD34+ STAT6+ S100- Desmin-",
    "CD34(+) STAT6 (+) S-100(−)": "CD34+ STAT6+ S100-",
    "CK7-/CK20+": "CK7- CK20+",
    "TTF-1-, HMB-45 -; Ki-67+": "TTF-1- HMB-45- Ki-67+",
    "CD34 and STAT6 positive, S100 and desmin negative": "CD34+ STAT6+ S100- Desmin-",
    "positive for CD34, STAT6; negative for S100, desmin": "CD34+ STAT6+ S100- Desmin-",
    "diffusely positive for vimentin and focally positive for SMA": "Vimentin+ SMA+",
    "CK5/6+ AE1/AE3 + p63 –": "CK5/6+ CK AE1/AE3+ p63-",
    "CD3+ CD20-": "CD3+ CD20-",
    "CD34-negative, SMA-positive.": "CD34- SMA+",
    "CD34+ and STAT6+ but S100-": "CD34+ STAT6+ S100-",
    "CD34 was strongly positive; S100 absent.": "CD34+ S100-",
    "cd34 pos.": "CD34+",
    "smooth muscle actin +++": "SMA+",
    "": "",
}
NOT_UNDERSTOOD = {
    "HER2 2+": "HER2 2",
    "SMA ±": "SMA",
    "SMA +/-": "SMA",
    "SMA (+/-)": "SMA",
    "CD34+, CD34-": "CD34",
    "CD34 not expressed": "CD34 not",
    "a tumour": "a tumour",
    "CD34+ " * 200: "CD34+",
}


@pytest.mark.parametrize("typed", UNDERSTOOD)
def test_results_are_read_as_pathologists_type_them(typed: str) -> None:
    found = read_typed(typed)
    assert " ".join(f"{marker}{'+' if result == 'positive' else '-'}" for marker, result in found.results) == UNDERSTOOD[typed]
    assert found.not_understood == ()


@pytest.mark.parametrize("typed", NOT_UNDERSTOOD)
def test_what_says_nothing_clear_is_handed_back(typed: str) -> None:
    found = read_typed(typed)
    assert any(NOT_UNDERSTOOD[typed] in words for words in found.not_understood)
    assert len(found.results) == (1 if len(typed) > 400 else 0)


@given(st.text(alphabet="CD34S10 +-−/(),;±pnegositvadf\n", max_size=60))
def test_nothing_that_is_typed_breaks_it(typed: str) -> None:
    for marker, result in read_typed(typed).results:
        assert marker_named(marker) is not None
        assert result in ("positive", "negative")


def test_a_name_of_the_data_goes_before_the_vocabulary() -> None:
    assert marker_named("s-100") == "S100"
    assert marker_named("S100P") == "S100P"
    assert marker_named("my own marker") is None
    assert marker_named("My Own Marker", ["my own marker"]) == "my own marker"
    assert marker_named(" -- ") is None
    assert names_typed("cd34; s-100\nfoo, CD34") == (("CD34", "S100"), ("foo",))
    assert names_typed("CD34," * 100)[1] == (("CD34," * 8) + " …",)


# --- in a browser ---------------------------------------------------------------------------------------------------


@NEEDED
def test_a_profile_is_typed_and_its_cell_opened(page: Any, database: Path) -> None:
    with served(serve.make_datasette(database).app()) as address:
        page.goto(f"{address}/markers")
        page.get_by_role("link", name="a profile of several markers").click()
        page.get_by_label("Type results").fill("CD34+, STAT6+")
        page.keyboard.press("Enter")
        page.wait_for_url("**typed=*")
        assert page.locator(".ranked tbody tr").first.locator("th").inner_text() == SFT
        page.get_by_label("Marker 3", exact=True).fill("S100")
        page.get_by_label("Result of marker 3").select_option("negative")
        page.get_by_role("button", name="Show").click()
        page.wait_for_url("**marker_3=S100*")
        assert page.locator(".found .chip").all_inner_texts() == ["CD34+", "STAT6+", "S100−"]
        page.get_by_role("link", name="2 of 2").first.click()
        assert page.get_by_role("heading", level=1).inner_text() == f"S100 in {SFT}"
