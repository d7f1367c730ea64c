"""What machines ask of the site: downloads, robots.txt, sitemap, feed, health."""

from __future__ import annotations

import asyncio
import json
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree as Xml

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db import export, load, machines, serve
from db.export.sending import span
from db.pages import answers
from db.schema import DatabaseError
from tests import db_fixtures

Get = Callable[..., Any]
ATOM, SITEMAP = {"a": machines.ATOM}, {"s": machines.SITEMAP}
CASE = "/casebook/patient_case/lung-imt~2F1"


@contextmanager
def asking(database: Path, public: bool = False, base_url: str = "/") -> Iterator[Get]:
    """Ask a site that serves a database; no redirect is followed."""
    datasette = serve.make_datasette(database, public, base_url)
    loop = asyncio.new_event_loop()
    loop.run_until_complete(datasette.invoke_startup())

    def ask(path: str, method: str = "GET", **options: Any) -> Any:
        return loop.run_until_complete(datasette.client.request(method, path, **options))

    yield ask
    loop.close()


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return db_fixtures.build(tmp_path_factory.mktemp("machines") / "casebook.db")


@pytest.fixture(scope="module")
def get(database: Path) -> Iterator[Get]:
    export.export(database, export.folder_of(database))
    with asking(database) as ask:
        yield ask


@pytest.fixture(scope="module")
def raw(get: Get, database: Path) -> Iterator[Callable[[str], tuple[int, bytes]]]:
    """Ask for an address letter by letter, which httpx would tidy up first."""
    datasette = serve.make_datasette(database)
    app, loop = datasette.app(), asyncio.new_event_loop()
    loop.run_until_complete(datasette.invoke_startup())

    def ask(path: str) -> tuple[int, bytes]:
        events: list[Any] = []

        async def receive() -> Any:
            return {"type": "http.request", "body": b""}

        async def send(event: Any) -> None:
            events.append(event)

        scope = {
            "type": "http", "method": "GET", "path": unquote(path), "raw_path": path.encode(), "query_string": b"", "scheme": "http",
            "headers": [(b"host", b"localhost")], "http_version": "1.1",
        }  # fmt: skip
        loop.run_until_complete(app(scope, receive, send))
        return events[0]["status"], b"".join(event.get("body", b"") for event in events[1:])

    assert ask("/downloads/README.txt")[0] == 200
    yield ask
    loop.close()


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    return db_fixtures.build(tmp_path / "casebook.db")


# --- downloads ---------------------------------------------------------------------------------


def test_each_file_of_the_export_is_served_as_it_is(get: Get, database: Path) -> None:
    listed = get("/downloads.json").json()
    folder = export.folder_of(database)
    assert len(listed) > 30
    for file in listed:
        answer = get(f"/downloads/{file['name']}")
        assert answer.status_code == 200
        assert answer.content == (folder / file["name"]).read_bytes()
        assert int(answer.headers["content-length"]) == file["bytes"] == len(answer.content)
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "attachment" in answer.headers["content-disposition"]
    kinds = {
        name: get(f"/downloads/{name}").headers["content-type"] for name in ("casebook-csv.zip", "parquet/report.parquet", "README.txt")
    }
    assert kinds == {
        "casebook-csv.zip": "application/zip",
        "parquet/report.parquet": "application/vnd.apache.parquet",
        "README.txt": "text/plain; charset=utf-8",
    }


def test_the_page_lists_files_with_size_rows_and_sum(get: Get, database: Path) -> None:
    html = get("/downloads").text
    for file in get("/downloads.json").json():
        assert f'href="/downloads/{file["name"]}"' in html
        assert file["sha256"] in html
    assert re.search(r'cited">Casebook: .* 3 reports', html)
    assert "license" in html
    assert 'href="/feed.atom"' in html


@pytest.mark.parametrize(
    "name",
    [
        "manifest.json", "../casebook.db", "..%2Fcasebook.db", "%2e%2e/casebook.db", "parquet/../SHA256SUMS", "/etc/passwd", "%2Fetc%2Fpasswd",
        "parquet", "parquet/", "casebook.db/", "CASEBOOK.DB", "casebook.db%00", "~2E~2E~2Fcasebook.db", "casebook~2Edb", "none.zip",
    ],
)  # fmt: skip
def test_no_other_name_leads_to_a_file(raw: Callable[[str], tuple[int, bytes]], name: str) -> None:
    status, body = raw(f"/downloads/{name}")
    assert status in (302, 404)
    assert b"SQLite format" not in body


def test_parts_of_a_file(get: Get, database: Path) -> None:
    whole = database.read_bytes()
    for asked, wanted in (
        ("bytes=0-15", whole[:16]),
        ("bytes=-20", whole[-20:]),
        (f"bytes={len(whole) - 3}-", whole[-3:]),
        ("bytes=5-9999999999", whole[5:]),
    ):
        answer = get("/downloads/casebook.db", headers={"range": asked})
        assert (answer.status_code, answer.content) == (206, wanted)
        first = len(whole) - len(wanted) if wanted != whole[:16] else 0
        assert answer.headers["content-range"] == f"bytes {first}-{first + len(wanted) - 1}/{len(whole)}"
    for asked in ("bytes=0-1,4-5", "bytes=9-2", "lines=1-2", "bytes=", "bytes=-", "bytes=x-1"):
        answer = get("/downloads/casebook.db", headers={"range": asked})
        assert (answer.status_code, len(answer.content)) == (200, len(whole))
    beyond = get("/downloads/casebook.db", headers={"range": f"bytes={len(whole)}-"})
    assert (beyond.status_code, beyond.headers["content-range"], beyond.content) == (416, f"bytes */{len(whole)}", b"")


def test_head_and_what_is_known_already(get: Get, database: Path) -> None:
    head = get("/downloads/casebook.db", "HEAD")
    assert (head.status_code, head.content) == (200, b"")
    assert int(head.headers["content-length"]) == database.stat().st_size
    tag = head.headers["etag"]
    assert get("/downloads/casebook.db", headers={"if-none-match": tag}).status_code == 304
    assert get("/downloads/casebook.db", headers={"if-none-match": f'"x", W/{tag}'}).status_code == 304
    assert get("/downloads/casebook.db", headers={"range": "bytes=0-1", "if-range": tag}).status_code == 206
    assert get("/downloads/casebook.db", headers={"range": "bytes=0-1", "if-range": '"older"'}).status_code == 200
    assert get("/downloads/casebook.db", "POST").status_code in (403, 405)
    assert get("/downloads/casebook.db", "DELETE").status_code == 405


@pytest.mark.parametrize("path", ["/feed.atom", "/sitemap.xml", "/sitemap-0.xml"])
def test_who_has_the_feed_or_the_sitemap_is_told_so(get: Get, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "_WORTH_KEEPING_S", 0)
    first = get(path)
    again = get(path, headers={"if-none-match": f'"older", W/{first.headers["etag"]}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    assert get(path, headers={"if-none-match": '"older"'}).content == first.content
    assert get(path, "HEAD").headers["etag"] == first.headers["etag"]


@given(st.text(alphabet="bytes=-0123456789, ", max_size=20), st.integers(0, 50))
def test_a_range_stays_within_the_file(asked: str, size: int) -> None:
    found = span(asked, size)
    if found is not None:
        assert 0 <= found[0] <= found[1] <= size
        assert found[0] < found[1] or size == 0


def test_without_an_export_the_database_itself_is_offered(mine: Path) -> None:
    with asking(mine) as ask:
        html = ask("/downloads").text
        assert 'href="/casebook.db"' in html
        assert "casebook export" in html
        assert ask("/casebook.db").content == mine.read_bytes()
        assert ask("/downloads.json").json() == []
        assert ask("/downloads/casebook.db").status_code == 404


def test_an_export_of_an_older_database_is_not_offered(mine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "_WORTH_KEEPING_S", 0)  # as where the machine is busy and each page takes long
    made, _ = export.export(mine, export.folder_of(mine))
    with closing(load.connect(mine)) as connection:
        load.remove(connection, "markup")
    with asking(mine) as ask:
        html = ask("/downloads").text
        assert "of another database" in html
        assert "casebook-csv.zip" not in html
        assert 'href="/casebook.db"' in html
        assert made.edition.version not in html  # without a date it says only that it is another
        assert ask("/downloads/casebook-csv.zip").status_code == 404
        export.export(mine, export.folder_of(mine))
        assert ask("/downloads/casebook-csv.zip").status_code == 200
        assert "of another database" not in ask("/downloads").text


def test_a_file_that_was_cut_is_not_served(mine: Path) -> None:
    export.export(mine, export.folder_of(mine))
    (export.folder_of(mine) / "README.txt").write_text("cut")
    (export.folder_of(mine) / "dictionary.csv").unlink()
    with asking(mine) as ask:
        assert ask("/downloads/README.txt").status_code == 404
        assert ask("/downloads/dictionary.csv").status_code == 404
        (export.folder_of(mine) / "manifest.json").write_text('{"made_by": "casebook export", "files": 3}')
        assert ask("/downloads/SHA256SUMS").status_code == 404
        assert ask("/downloads").status_code == 200


# --- robots and sitemap ------------------------------------------------------------------------


def _closed(robots: str, path: str) -> bool:
    """Whether a crawler that keeps to RFC 9309 stays away: the longest rule that fits decides."""
    rules = re.findall(r"^(Allow|Disallow): (\S+)$", robots, re.MULTILINE)
    fits = [
        (len(rule), kind == "Allow")
        for kind, rule in rules
        if re.match(re.escape(rule).replace(r"\*", ".*").replace(r"\$", "$"), path)
    ]  # fmt: skip
    return not max(fits)[1]


@pytest.mark.parametrize("base", ["/", "/casebook-site/"])
def test_robots_lets_content_be_read_and_nothing_be_asked(database: Path, base: str) -> None:
    with asking(database, base_url=base) as ask:
        answer = ask("/robots.txt")
    assert answer.headers["content-type"].startswith("text/plain")
    for path in ("", "casebook/case_overview", "casebook/patient_case/lung-imt~2F1", "downloads", "casebook/report", "doses"):
        assert not _closed(answer.text, base + path), path
    for path in (
        "casebook?sql=select+1", "casebook/case_overview?_facet=sex", "search?q=x", "casebook/fact.json", "casebook/fact.csv",
        "casebook.db", "-/runs", "downloads/casebook.db", "downloads.csv",
    ):  # fmt: skip
        assert _closed(answer.text, base + path), path
    assert f"Sitemap: http://localhost{base}sitemap.xml" in answer.text


def locations(answer: Any) -> list[str]:
    assert answer.headers["content-type"] == "application/xml; charset=utf-8"
    return [found.text or "" for found in Xml.fromstring(answer.content).iterfind(".//s:loc", SITEMAP)]


def test_sitemap_names_pages_that_are_there(get: Get) -> None:
    found = locations(get("/sitemap.xml"))
    assert {
        "http://localhost/",
        "http://localhost/downloads",
        f"http://localhost{CASE}",
        "http://localhost/casebook/report/guideline",
    } <= set(found)
    assert len(found) == len(set(found))
    for address in found:
        assert get(urlsplit(address).path).status_code == 200, address


def test_a_large_sitemap_comes_in_parts(mine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machines, "PART", 2)
    with asking(mine) as ask:
        assert b"sitemapindex" in ask("/sitemap.xml").content
        parts = locations(ask("/sitemap.xml"))
        assert len(parts) == 1 + 2 + 2  # our own pages, three cases and three reports by two
        found = [address for part in parts for address in locations(ask(urlsplit(part).path))]
        assert len(found) == len(set(found))
        assert {urlsplit(x).path for x in found} >= {"/", CASE, "/casebook/patient_case/markup~2F2", "/casebook/report/lung-imt"}
        assert sum("/patient_case/" in x for x in found) == sum("/report/" in x for x in found) == 3
        assert ask("/sitemap-5.xml").status_code == 404
        assert ask("/sitemap-999999.xml").status_code == 404


def test_addresses_are_the_configured_ones_and_never_a_strangers(get: Get, monkeypatch: pytest.MonkeyPatch) -> None:
    assert f"http://other.example:8080{CASE}" in locations(get("/sitemap.xml", headers={"host": "other.example:8080"}))
    for host in ('x"><script>', "a b", "x/y", "user@evil.example"):
        assert get("/sitemap.xml", headers={"host": host}).status_code == 404, host
    monkeypatch.setenv("CASEBOOK_ADDRESS", "https://casebook.example.org/")
    for path in ("/sitemap.xml", "/feed.atom", "/robots.txt"):
        text = get(path, headers={"host": "evil.example"}).text
        assert "https://casebook.example.org/" in text
        assert "evil" not in text


@pytest.mark.parametrize("address", ["casebook.example.org", "ftp://x.example", "https://", "https://a b", "https://x.example@y z"])
def test_a_wrong_address_is_told_at_the_start(database: Path, monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("CASEBOOK_ADDRESS", address)
    with pytest.raises(DatabaseError, match="wanted https://host"), asking(database):
        pass


# --- feed --------------------------------------------------------------------------------------


def entries(answer: Any) -> list[Xml.Element]:
    """The entries of a feed that has all that RFC 4287 wants."""
    assert answer.headers["content-type"] == "application/atom+xml; charset=utf-8"
    root = Xml.fromstring(answer.content)
    assert root.tag == f"{{{machines.ATOM}}}feed"
    found = root.findall("a:entry", ATOM)
    for element in (root, *found):
        for name in ("id", "title", "updated"):
            assert len(element.findall(f"a:{name}", ATOM)) == 1, name
        assert re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", element.findtext("a:id", "", ATOM))
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", element.findtext("a:updated", "", ATOM))
        for link in element.findall("a:link", ATOM):
            assert link.attrib["href"].startswith("http")
    assert root.find("a:author/a:name", ATOM) is not None
    assert root.find("a:link[@rel='self']", ATOM) is not None
    ids = [entry.findtext("a:id", "", ATOM) for entry in found]
    assert len(set(ids)) == len(ids)
    return found


def later(path: Path, run: str, started: str, *pairs: Any) -> None:
    """Store reports in a run of their own."""
    with closing(load.connect(path)) as connection:
        load.start_run(connection, run, "tests", db_fixtures.PIPELINE, started_at=started)
        for report, record in pairs:
            load.store(connection, report, record, run)
        load.finish_run(connection, run)
        load.refresh_overview(connection)


def test_feed_tells_of_the_newest_cases_first(mine: Path) -> None:
    later(mine, "run-2", "2026-05-06T07:08:09+00:00", db_fixtures.paper())
    with asking(mine) as ask:
        found = entries(ask("/feed.atom"))
        assert ask("/feed.atom").content == ask("/feed.atom").content
    assert [entry.find("a:link", ATOM).attrib["href"].rpartition("/")[2] for entry in found] == [  # type: ignore[union-attr]
        "paper~2F1", "lung-imt~2F1", "markup~2F1", "markup~2F2",
    ]  # fmt: skip
    assert found[0].findtext("a:updated", "", ATOM) == "2026-05-06T07:08:09+00:00"
    assert found[1].findtext("a:title", "", ATOM) == "inflammatory myofibroblastic tumor, lung (C34), male, 54 years"
    assert "Doe J. A lung tumour irradiated" in found[1].findtext("a:summary", "", ATOM)


def test_a_case_that_is_read_again_is_not_new(mine: Path) -> None:
    with asking(mine) as ask:
        before = {e.findtext("a:id", "", ATOM): e.findtext("a:updated", "", ATOM) for e in entries(ask("/feed.atom"))}
    report, record = db_fixtures.lung()
    later(mine, "run-2", "2026-05-06T07:08:09+00:00", (report, db_fixtures.with_case(record, size_cm=9.0)))
    with closing(sqlite3.connect(mine)) as connection:
        assert connection.execute("select outcome from run_report where run_id = 'run-2'").fetchall() == [("changed",)]
    with asking(mine) as ask:
        assert {e.findtext("a:id", "", ATOM): e.findtext("a:updated", "", ATOM) for e in entries(ask("/feed.atom"))} == before


def test_cases_of_a_database_that_was_made_anew_stay_in_the_feed(mine: Path) -> None:
    """Its first run is known from the history alone: which values it gave, not which reports it stored."""
    with asking(mine) as ask:
        before = ask("/feed.atom").content
    with closing(sqlite3.connect(mine)) as connection:
        connection.execute("insert into fact_run select case_id, field, number, 'run-1', 'run-1' from fact")
        connection.execute("update run set reports_new = 0")
        connection.execute("insert into run (run_id, started_at, reports_new) values ('run-9', '2026-05-06T07:08:09+00:00', 3)")
        connection.execute("update run_report set run_id = 'run-9'")
        connection.commit()
    with asking(mine) as ask:
        assert len(entries(ask("/feed.atom"))) == 3
        assert ask("/feed.atom").content == before


def test_feed_holds_no_more_than_fifty(mine: Path) -> None:
    from dataclasses import replace

    report, record = db_fixtures.lung()
    many = [(replace(report, id=f"r{i:03}"), replace(record, report={**record.report, "id": f"r{i:03}"})) for i in range(60)]
    later(mine, "run-2", "2026-05-06T07:08:09+00:00", *many)
    with asking(mine) as ask:
        assert len(entries(ask("/feed.atom"))) == 50


def test_no_title_breaks_the_xml(mine: Path) -> None:
    hostile = "\x00\x01\x0b\x1f\ufffe\uffff]]><![CDATA[ &amp; <title>\"'\u2028 \U0001f600"
    with closing(load.connect(mine)) as connection:
        connection.execute("update case_overview set citation = ?, histology = ?", (hostile, hostile))
    with asking(mine) as ask:
        for entry in entries(ask("/feed.atom")):
            assert "]]><![CDATA[ &amp; <title>\"'" in entry.findtext("a:title", "", ATOM)
            assert "\x01" not in entry.findtext("a:summary", "", ATOM)


def test_an_empty_database_has_a_feed_and_a_sitemap(tmp_path: Path) -> None:
    path = tmp_path / "casebook.db"
    load.connect(path, is_partial=True).close()
    with asking(path) as ask:
        assert entries(ask("/feed.atom")) == []
        assert "http://localhost/" in locations(ask("/sitemap.xml"))
        assert ask("/-/health").json() == {"status": "ok", "cases": 0, "version": None}
        assert ask("/downloads").status_code == 200


# --- health ------------------------------------------------------------------------------------


def test_health(get: Get) -> None:
    answer = get("/-/health")
    assert answer.status_code == 200
    assert answer.json() == {"status": "ok", "cases": 3, "version": db_fixtures.PIPELINE["version"]}
    assert answer.headers["cache-control"] == "no-store"


def test_health_of_a_database_that_cannot_be_read(mine: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with asking(mine) as ask:
        assert ask("/-/health").status_code == 200
    mine_damaged = mine.with_name("damaged.db")
    content = bytearray(mine.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)  # the tables; the list of tables stays
    mine_damaged.write_bytes(content)
    from datasette.app import Datasette

    arguments = serve.datasette_arguments(mine) | {
        "immutables": [str(mine_damaged)],
        "inspect_data": {"damaged": {"hash": "0" * 64, "size": len(content), "file": "damaged.db", "tables": {}}},
    }

    async def ask_damaged() -> Any:
        return await Datasette(**arguments).client.get("/-/health")

    answer = asyncio.run(ask_damaged())
    assert (answer.status_code, json.loads(answer.text)) == (503, {"status": "unavailable"})
    assert str(mine.parent) not in answer.text
    assert "/-/health" in capsys.readouterr().err
