"""Reading for a page ends: SQLite is interrupted, the thread is free again, and the reader is told to choose less."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from datasette import NotFound

from db import serve
from db.pages import reading
from db.pages.reading import TookTooLong, casebook_of, read
from db.query import every
from tests import db_fixtures

ENDLESS = "with recursive c(x) as (select 1 union all select x+1 from c) select count(*) from c"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Any]:
    yield serve.make_datasette(db_fixtures.build(tmp_path / "casebook.db"))


def test_reading_without_end_is_broken_off_and_the_thread_goes_on(site: Any) -> None:
    async def ask() -> list[sqlite3.Row]:
        _, database = await casebook_of(site)
        with pytest.raises(TookTooLong, match=r"may take 0\.05 s"):
            await read(database, lambda connection: every(connection, ENDLESS), 50)
        # The limit, which is over by now, was that reading's alone: all threads are asked.
        slow = "with recursive c(x) as (select 1 union all select x+1 from c limit 100000) select count(*) from c"
        return (await asyncio.gather(*(read(database, lambda connection: every(connection, slow)) for _ in range(6))))[0]

    assert asyncio.run(ask())[0][0] == 100_000


def test_another_fault_of_sql_stays_one(site: Any) -> None:
    async def ask() -> None:
        await read((await casebook_of(site))[1], lambda connection: every(connection, "select * from none"))

    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        asyncio.run(ask())


def test_a_site_without_cases_says_so(tmp_path: Path) -> None:
    from datasette.app import Datasette

    with pytest.raises(NotFound):
        asyncio.run(casebook_of(Datasette([])))


@pytest.mark.parametrize(
    ("path", "longest_ms"),
    [
        ("/markers?words=a", reading.LONGEST_MS),
        ("/profile?typed=SMA%2B", reading.LONGEST_MS),
        ("/outcomes?sex=female", reading.LONGEST_OF_ALL_MS),  # reads all cases once, for all choices
        ("/record.json?report=lung-imt", reading.LONGEST_MS),
        ("/casebook/report/lung-imt", reading.LONGEST_MS),
    ],
)
def test_a_page_that_takes_too_long_says_so_and_is_not_kept(site: Any, monkeypatch: pytest.MonkeyPatch, path: str, longest_ms: int) -> None:
    """Whatever a page reads: its first query does not end."""

    @contextmanager
    def endless(connection: sqlite3.Connection, _ms: int) -> Iterator[None]:
        connection.set_progress_handler(lambda: 1, 1)  # the time is over at the first step, however fast the machine
        try:
            yield
        finally:
            connection.set_progress_handler(None, 1)

    async def ask() -> tuple[Any, Any]:
        await site.client.get("/")
        with monkeypatch.context() as slow:
            slow.setattr(reading, "sqlite_timelimit", endless)
            first = await site.client.get(path)
        return first, await site.client.get(path)

    first, second = asyncio.run(ask())
    assert (first.status_code, second.status_code) == (400, 200)
    assert f"reading for one page may take {longest_ms / 1000:g} s. Choose less at once." in first.text
    if path.startswith("/record"):
        assert first.json()["ok"] is False
    else:
        assert '<p class="message error">' in first.text
