"""The page on quality: what is covered, how sure it is, and how well it was read."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from db import load, serve
from db.pages import quality
from db.pages.measured import measured
from db.pages.quality import quality_page
from tests import db_fixtures
from tests.asking import Get, asking, words
from tests.browsers import NEEDED, served

DOCS = Path(__file__).parent.parent / "docs" / "certainty.md"


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return db_fixtures.build(tmp_path_factory.mktemp("quality") / "casebook.db")


@pytest.fixture(scope="module")
def get(database: Path) -> Iterator[Get]:
    with asking(database) as get:
        yield get


def _page(database: Path) -> quality.QualityPage:
    with closing(sqlite3.connect(database)) as connection:
        return quality_page(connection)


def test_each_case_is_counted_once_in_each_field(database: Path) -> None:
    page = _page(database)
    assert page.cases == 3
    for bar in page.coverage:
        assert bar.total == 3, bar
        assert sum(part.length for part in bar.parts) == pytest.approx(100, abs=0.1)
    with closing(sqlite3.connect(database)) as connection:
        for bar in page.coverage:
            (given,) = connection.execute("select count(distinct case_id) from fact where field = ?", (bar.field,)).fetchone()
            assert bar.count("given") == given
            for reason, n in connection.execute("select reason, count(*) from empty_field where field = ? group by 1", (bar.field,)):
                if reason != "not stated":
                    assert bar.count(reason) == n


def test_values_are_counted_by_band_with_their_words(database: Path) -> None:
    bands = {bar.field: (bar, said) for bar, said in _page(database).bands}
    bar, said = bands["ihc"]
    assert bar.total == said.values == said.with_words == 5
    assert (said.reviewed, said.flagged, said.in_conflict) == (0, 0, 0)


def test_what_curators_said_is_counted(database: Path, tmp_path: Path) -> None:
    copy = tmp_path / "casebook.db"
    copy.write_bytes(database.read_bytes())
    with closing(sqlite3.connect(copy)) as connection, connection:
        connection.execute("update fact set review = 'confirmed' where case_id = 'lung-imt/1' and field = 'sex'")
        connection.execute("update fact set review = 'in conflict' where case_id = 'markup/1' and field = 'sex'")
        connection.execute("insert into flag values ('lung-imt/1', 1, 'sex_site', 'unusual', 'sex, site', 'x', 'y')")
        connection.execute("insert into flag_value values ('lung-imt/1', 1, 'sex', 1)")
    sex = next(said for bar, said in _page(copy).bands if bar.field == "sex")
    assert (sex.values, sex.reviewed, sex.in_conflict, sex.flagged) == (3, 1, 1, 1)


def test_scores_are_the_published_ones(get: Get) -> None:
    html = get("/quality").text
    text = words(html)
    others = next(one for one in measured() if one.name == "others")
    assert f"{others.whole_cases} of {others.cases} patients" in text
    count = others.fields["molecular"]
    assert f"{count.tp} right, {count.fp} wrong or too many, {count.fn} missed" in html
    assert others.measured_on in text
    assert others.pipeline in text


def test_it_says_which_pipeline_read_the_database(database: Path, get: Get, tmp_path: Path) -> None:
    assert "This database was read by another pipeline ( ffffffffffff )" in words(get("/quality").text)
    own = measured()[0].pipeline
    copy = tmp_path / "casebook.db"
    copy.write_bytes(database.read_bytes())
    with closing(sqlite3.connect(copy)) as connection, connection:
        connection.execute("update report set pipeline_fingerprint = ? where report_id = 'markup'", (f"{own}-01234567",))
    with asking(copy) as ask:
        assert "1 of the 3 reports of this database were read by that pipeline" in words(ask("/quality").text)
    with closing(sqlite3.connect(copy)) as connection, connection:
        connection.execute("update report set pipeline_fingerprint = ?", (f"{own}-01234567",))
    with asking(copy) as ask:
        assert "All reports of this database were read by that pipeline" in words(ask("/quality").text)


@pytest.mark.parametrize(("band", "right"), [("high", 97), ("middle", 91), ("low", 68)])
def test_what_bands_promise_is_what_was_measured(get: Get, band: str, right: int) -> None:
    assert re.search(rf"^\| {band} \|.*\| {right} of 100 \|", DOCS.read_text(encoding="utf-8"), re.MULTILINE)
    assert re.search(rf"{band} band (?:\d\d were right, in the )?|{right}", words(get("/quality").text))
    assert f"{band} : " in words(get("/method").text)
    assert f"of 100 such values {right} were right" in words(get("/method").text)


def test_every_number_stands_behind_a_link(get: Get, database: Path) -> None:
    rows = get("/quality.json").json()
    assert {row["what"] for row in rows} == {"coverage", "certainty", "values", *(f"gold: {one.name}" for one in measured())}
    stains = [row["count"] for row in rows if (row["what"], row["field"], row["name"]) == ("values", "ihc", "all")]
    assert stains == [5]
    assert get("/quality.csv").text.splitlines()[0] == "what,field,name,count"


def test_counts_lead_to_their_rows(get: Get) -> None:
    """All of them, also those of events: a case without any has no row in empty_field, so its count is no link."""
    page = get("/quality").text
    links = re.findall(r'href="/casebook/(fact|empty_field)\?([^"]+)">([\d,]+)</a>', page)
    assert len(links) > 20
    for table, asked, shown in links:
        assert get(f"/casebook/{table}.json?{unescape(asked)}&_size=0&_extra=count").json()["filtered_table_rows_count"] == int(shown), (
            asked
        )


def test_an_empty_database_has_a_page(tmp_path: Path) -> None:
    path = tmp_path / "empty.db"
    load.connect(path, is_partial=True).close()
    page = _page(path)
    assert (page.cases, page.coverage, page.bands, page.pipelines) == (0, (), (), ())
    with asking(path) as ask:
        for name in ("quality", "method", "dictionary"):
            assert ask(f"/{name}").status_code == 200


@NEEDED
def test_bars_show_what_the_counts_say(page: Any, database: Path) -> None:
    with served(serve.make_datasette(database).app()) as address:
        page.goto(f"{address}/quality")
        row = page.locator("section:has(#coverage) tbody tr", has_text=re.compile("^Size"))
        widths = row.locator("rect").evaluate_all("parts => parts.map(part => part.getBoundingClientRect().width)")
        assert len(widths) == 2
        assert widths[1] == pytest.approx(2 * widths[0], rel=0.02)  # one case tells, two do not
        fills = row.locator("rect").evaluate_all("parts => parts.map(part => getComputedStyle(part).fill)")
        assert len(set(fills)) == 2
