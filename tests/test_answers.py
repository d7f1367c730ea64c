"""Answers that are kept: once made for all who ask, the same for each, bounded, and never what is one reader's own."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from db import serve
from db.pages import answers, warming
from db.pages.answers import Answer, answers_of, key_of, n_bytes
from db.pages.memory import Memory, chosen_of, memory_of
from tests import db_fixtures
from tests.browsers import served

TABLE = "/casebook/case_overview"
MUCH = 10_000_000


@pytest.fixture
def site(tmp_path: Path) -> Any:
    return serve.make_datasette(db_fixtures.build(tmp_path / "casebook.db"))


def _answer(body: bytes = b"words", status: int = 200, took_s: float = 1.0, headers: tuple[tuple[bytes, bytes], ...] = ()) -> Answer:
    return Answer(status, headers, body, took_s)


def _making(answer: Answer, made: list[int]) -> Callable[[], Awaitable[Answer]]:
    async def make() -> Answer:
        made.append(1)
        await asyncio.sleep(0.01)
        return answer

    return make


def _made_for_two(answer: Answer) -> int:
    """How often an answer is made for two who ask one after the other."""

    async def ask() -> int:
        kept, made = Memory(MUCH, n_bytes), list[int]()
        for _ in range(2):
            assert await kept.get("key", _making(answer, made)) == answer
        return len(made)

    return asyncio.run(ask())


def test_what_took_long_is_made_once_and_all_else_anew() -> None:
    assert _made_for_two(_answer()) == 1
    assert _made_for_two(_answer(took_s=0.001)) == 2
    assert _made_for_two(_answer(status=404)) == 2
    assert _made_for_two(_answer(body=b"x" * 3_000_000)) == 2
    assert _made_for_two(_answer(headers=((b"Set-Cookie", b"mine=1"),))) == 2
    assert _made_for_two(_answer(headers=((b"Cache-Control", b"no-store"),))) == 2


def test_all_who_ask_at_the_same_time_wait_for_one_answer() -> None:
    async def ask() -> int:
        kept, made = Memory(MUCH, n_bytes), list[int]()
        readers = [asyncio.create_task(kept.get("key", _making(_answer(), made))) for _ in range(5)]
        await asyncio.sleep(0)
        readers[0].cancel()  # the one for whom it is made goes away
        found = await asyncio.gather(*readers, return_exceptions=True)
        assert isinstance(found[0], asyncio.CancelledError)
        assert found[1:] == [_answer()] * 4
        return len(made)

    assert asyncio.run(ask()) == 1


@pytest.mark.parametrize("is_for_all", [False, True])
def test_what_nobody_waits_for_any_more_is_given_up_but_for_what_all_need(is_for_all: bool) -> None:
    async def ask() -> None:
        kept, made = Memory(MUCH, n_bytes, is_for_all=is_for_all), list[int]()
        for n_times in (1, 2):
            readers = [asyncio.create_task(kept.get("key", _making(_answer(), made))) for _ in range(3)]
            await asyncio.sleep(0)
            for reader in readers:
                reader.cancel()
            await asyncio.gather(*readers, return_exceptions=True)
            await asyncio.sleep(0.05)
            assert ("key" in kept) is is_for_all
            assert len(made) == (1 if is_for_all else n_times)

    asyncio.run(ask())


def test_who_comes_while_something_is_given_up_has_it_made_anew() -> None:
    async def slow_to_stop() -> Answer:
        try:
            await asyncio.sleep(5)
        finally:
            await asyncio.sleep(0.02)
        return _answer(b"old")

    async def ask() -> None:
        kept = Memory(MUCH, n_bytes)
        first = asyncio.create_task(kept.get("key", slow_to_stop))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        second, third = (asyncio.create_task(kept.get("key", _making(_answer(), list[int]()))) for _ in range(2))
        assert await asyncio.gather(second, third) == [_answer()] * 2
        await asyncio.sleep(0.03)
        assert "key" in kept

    asyncio.run(ask())


def test_what_breaks_off_is_told_to_the_reader_and_tried_again() -> None:
    async def broken() -> Answer:
        raise ValueError("no")

    async def ask() -> Answer:
        kept = Memory(MUCH, n_bytes)
        with pytest.raises(ValueError, match="no"):
            await kept.get("key", broken)
        return await kept.get("key", _making(_answer(), []))

    assert asyncio.run(ask()) == _answer()


def test_what_was_not_asked_for_longest_goes_first() -> None:
    async def ask() -> list[int]:
        kept, made = Memory(28, n_bytes), [list[int](), list[int](), list[int]()]
        for key in (0, 1, 0, 2, 0, 1):  # three of ten bytes, and one for the key, do not fit: 1 makes room for 2
            await kept.get(key, _making(_answer(b"0123456789"), made[key]))
            assert kept.weighs <= 28
        return [len(times) for times in made]

    assert asyncio.run(ask()) == [1, 2, 1]


def _scope(path: str = TABLE, query: bytes = b"", method: str = "GET", **headers: bytes) -> dict[str, Any]:
    named = [(b"host", b"example.org"), *((name.encode(), value) for name, value in headers.items())]
    return {"type": "http", "method": method, "scheme": "http", "path": path, "query_string": query, "headers": named}


def test_one_readers_own_requests_are_not_kept() -> None:
    assert key_of(_scope()) is not None
    assert key_of(_scope(query=b"site=lung")) not in (None, key_of(_scope()))
    assert key_of(_scope(cookie=b"ds_actor=x")) is None
    assert key_of(_scope(authorization=b"Bearer x")) is None
    assert key_of(_scope(range=b"bytes=0-9")) is None
    assert key_of(_scope(method="POST")) is None
    assert key_of(_scope(method="HEAD")) is None
    for name in ("if-none-match", "if-modified-since"):  # its answer may be empty; who waits for the same page wants it whole
        assert key_of(_scope(**{name: b'"x"'})) is None
    files = ("/downloads", "/downloads.json", "/downloads/casebook.db.gz", "/cases/downloads/SHA256SUMS")
    for path in (f"{TABLE}.csv", "/casebook.db", "/static/casebook.css", "/-/runs", f"{TABLE}.xlsx", *files):
        assert key_of(_scope(path)) is None, path
    for query in (b"sql=select+1", b"_where=1", b"_stream=on"):
        assert key_of(_scope(query=query)) is None, query
    # A name that cannot stand in an address is nobody's.
    assert key_of(_under(b'x"><script>')) is None
    assert key_of(_under(b"")) is None
    # Lists of addresses are of one name of the site; other pages are kept once for all names.
    assert key_of(_under(b"example.com")) == key_of(_scope())
    assert key_of(_under(b"example.com", "/sitemap.xml")) not in (None, key_of(_scope("/sitemap.xml")))


def _under(host: bytes, path: str = TABLE) -> dict[str, Any]:
    return {**_scope(path), "headers": [(b"host", host)]}


def test_a_page_is_kept_once_for_all_names_of_the_site_and_says_the_readers(site: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "_WORTH_KEEPING_S", 0)

    async def ask(host: str) -> Any:
        return await site.client.get(TABLE, headers={"host": host})

    first = asyncio.run(ask("cases.example"))
    kept = answers_of(site).weighs
    second = asyncio.run(ask("other.example:8080"))
    assert answers_of(site).weighs == kept > 0
    for answer, host in ((first, "cases.example"), (second, "other.example:8080")):
        assert f"http://{host}{TABLE}.json" in answer.headers["link"]
        assert f"http://{host}{TABLE}.json" in answer.text
        assert ".invalid" not in answer.text + answer.headers["link"]
    assert second.text == first.text.replace("cases.example", "other.example:8080")


def test_a_kept_page_is_the_same_and_has_the_guards_headers(site: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "_WORTH_KEEPING_S", 0)

    async def ask() -> None:
        first, second = await site.client.get(TABLE), await site.client.get(TABLE)
        assert answers_of(site).weighs > len(first.content)
        assert (first.status_code, first.content, first.headers) == (second.status_code, second.content, second.headers)
        assert "content-security-policy" in second.headers
        own = await site.client.get(TABLE, cookies={"mine": "1"})
        assert "no-store" in own.headers["cache-control"]
        assert answers_of(site).weighs > len(first.content)

    asyncio.run(ask())


def test_a_page_whose_facets_took_too_long_is_made_anew(site: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from datasette.facets import ColumnFacet

    async def too_slow(_: Any) -> tuple[list[Any], list[str]]:
        return [], ["site"]

    monkeypatch.setattr(answers, "_WORTH_KEEPING_S", 0)
    monkeypatch.setattr(ColumnFacet, "facet_results", too_slow)

    async def ask() -> str:
        return str((await site.client.get(f"{TABLE}?_facet=site")).text)

    assert "Took too long: site" in asyncio.run(ask())
    assert answers_of(site).weighs == 0


def test_json_does_not_say_whether_its_counts_are_whole_so_it_is_made_anew(site: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "_WORTH_KEEPING_S", 0)

    async def kept(path: str) -> int:
        before = answers_of(site).weighs
        assert (await site.client.get(path)).status_code == 200
        return answers_of(site).weighs - before

    assert asyncio.run(kept(f"{TABLE}.json")) == 0
    assert asyncio.run(kept(f"{TABLE}.json?_nofacet=1")) > 0


def test_nothing_is_kept_of_a_database_that_may_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from datasette.app import Datasette

    monkeypatch.setattr(answers, "_WORTH_KEEPING_S", 0)
    arguments = serve.datasette_arguments(db_fixtures.build(tmp_path / "casebook.db"))
    changing = Datasette(**{**arguments, "files": arguments["immutables"], "immutables": []})
    assert asyncio.run(changing.client.get(TABLE)).status_code == 200
    assert answers_of(changing).weighs == 0


def test_long_addresses_take_of_the_same_memory() -> None:
    async def ask() -> Memory:
        kept = Memory(100_000, n_bytes)
        for number in range(50):
            await kept.get(("http", f"{number:010000}".encode()), _making(_answer(), []))
        return kept

    kept = asyncio.run(ask())
    assert sum(("http", f"{number:010000}".encode()) in kept for number in range(50)) == 9


def test_choices_that_nobody_makes_twice_push_out_nothing_that_all_need(site: Any) -> None:
    async def ask() -> None:
        assert (await site.client.get("/")).status_code == (await site.client.get("/markers")).status_code == 200
        for number in range(70):
            assert (await site.client.get(f"/markers.json?words=x{number}")).status_code == 200
        assert "home" in memory_of(site)
        assert ("markers",) in memory_of(site)
        assert (chosen_of(site).weighs, ("markers", ("words", "x69")) in chosen_of(site)) == (64, True)

    asyncio.run(ask())


@pytest.mark.parametrize(("large", "is_read"), [(0, True), (5_000, False)])
def test_a_server_of_a_large_database_reads_ahead(site: Any, monkeypatch: pytest.MonkeyPatch, large: int, is_read: bool) -> None:
    monkeypatch.setattr(warming, "_LARGE", large)

    async def remembered() -> Any:
        async def nothing() -> None:
            return None

        return await memory_of(site).get(("choices", "marker_profile"), nothing)

    with served(site.app()):
        until = time.monotonic() + (20 if is_read else 1)
        while time.monotonic() < until and ("choices", "words_for_a_value") not in memory_of(site):
            time.sleep(0.05)
    assert (asyncio.run(remembered()) is not None) == is_read


@pytest.mark.parametrize("hosts", [(), ("cases.example",)])
def test_what_was_read_ahead_answers_the_first_reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hosts: tuple[str, ...]) -> None:
    """Also one whom a server in front of the site serves by https."""
    monkeypatch.setattr(warming, "_LARGE", 0)
    monkeypatch.setattr(answers, "_WORTH_KEEPING_S", 0)
    site = serve.make_datasette(db_fixtures.build(tmp_path / "casebook.db"), public=True, hosts=hosts)
    asyncio.run(warming.warm(site))
    kept = answers_of(site).weighs
    assert kept > 0

    async def ask(scheme: str, path: str) -> Any:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=site.app())) as client:
            return await client.get(f"{scheme}://cases.example{path}")

    for scheme in ("http", "https"):
        for path in ("/", TABLE, "/markers", "/casebook/marker_positive"):
            answer = asyncio.run(ask(scheme, path))
            assert answer.status_code == 200
            assert answers_of(site).weighs == kept, (scheme, path)
    assert "https://cases.example/casebook/case_overview.json" in asyncio.run(ask("http", TABLE)).headers["link"]


def test_the_length_of_a_body_is_not_that_under_another_name() -> None:
    sent: list[Any] = []

    async def send(event: Any) -> None:
        sent.append(event)

    answer = Answer(200, ((b"Content-Length", b"5"), (b"x-more", b"kept")), b"words", 1.0)
    asyncio.run(answer.send(send, b"a-longer-name.example"))
    assert sent[0]["headers"] == [(b"x-more", b"kept")]
    assert sent[1]["body"] == b"words"
