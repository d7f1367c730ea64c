"""The bench of the site: a made-up database as the pipeline would leave it, and a table of times that tells slow and failed pages."""

from __future__ import annotations

import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import pytest

from corpus.dose_table import load_dose_table
from db import load, schema

ROOT = Path(__file__).resolve().parents[1]
N_CASES = 300


def _made(path: Path, *more: str) -> Path:
    command = [sys.executable, "scripts/big_database.py", str(path), "--cases", str(N_CASES), *more]
    done = subprocess.run(command, cwd=ROOT, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=True)
    assert f"{N_CASES:,} cases in" in done.stdout
    return path


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _made(tmp_path_factory.mktemp("big") / "made.db")


def _dump(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return list(load.dump(connection))


def test_the_made_up_database_is_one_that_casebook_would_write(database: Path) -> None:
    with closing(load.connect(database)) as connection:
        assert connection.execute("pragma foreign_key_check").fetchall() == []
        assert connection.execute("pragma integrity_check").fetchone() == ("ok",)
        assert connection.execute("select count(*) from patient_case").fetchone() == (N_CASES,)
        quotes = connection.execute(
            "select count(*), sum(substr(text, start_char + 1, end_char - start_char) = quote) from evidence join report_text using (report_id)"
        ).fetchone()
        assert quotes[0] == quotes[1] > 10 * N_CASES
        # Tables and indexes are those of the schema, though the indexes were made last.
        with closing(sqlite3.connect(":memory:")) as empty:
            schema.create(empty)
            made = "select name, sql from sqlite_master where name not like 'sqlite_%' order by name"
            assert connection.execute(made).fetchall() == empty.execute(made).fetchall()


# Neither is shown on a page; and who is the same patient as whom is made up.
LEFT_OUT = ("report_fingerprint", "possible_same_patient")


def test_the_rows_are_those_that_casebook_stores_report_by_report(database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT / "scripts")
    import big_database

    stored = tmp_path / "stored.db"
    with closing(load.connect(stored, is_partial=True)) as connection:
        for number, n_cases in big_database.plan(N_CASES, 1):
            load.store(connection, *big_database.made_up(number, n_cases, 1), "1")
        for path in sorted((ROOT / "corpus" / "dose_tables").glob("*.csv")):
            load.store_dose_table(connection, load_dose_table(path))
        load.refresh_overview(connection)

    def rows(path: Path) -> list[str]:
        return [row for row in _dump(path) if not row.startswith(LEFT_OUT)]

    assert rows(database) == rows(stored)


def test_equal_seeds_give_equal_rows_and_another_seed_gives_others(database: Path, tmp_path: Path) -> None:
    assert _dump(_made(tmp_path / "again.db")) == _dump(database)
    assert _dump(_made(tmp_path / "other.db", "--seed", "2")) != _dump(database)


def _bench(path: Path, *more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "scripts/bench_site.py", str(path), "--requests", "2", "--seconds", "60", "--mixed", "12", "--check", *more]
    return subprocess.run(command, cwd=ROOT, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False)


def test_each_page_is_timed_on_our_site_and_on_plain_datasette(database: Path) -> None:
    done = _bench(database, "--only", "case", "--bound", "60000")
    assert done.returncode == 0, done.stdout + done.stderr
    times = dict(re.findall(r"^(\S.*?) {2,}((?:\d+ +){5}\d+(?: +\d+ +\d+ +\d+)?)$", done.stdout, re.MULTILINE))
    assert {"cases", "cases of a site", "a case", "a report of many cases", "CSV, 1,000 cases"} <= set(times)
    assert len(times["cases of a site"].split()) == 9  # first, again, and plain
    assert len(times["a case, record"].split()) == 6  # which plain has not
    loads = re.findall(r"^(ours|plain), .*?(\d+\.\d) +(\d+) +(\d+) +(\d+) +(\d+) +(\d+\.\d) +(\d+) +(\d+)$", done.stdout, re.MULTILINE)
    assert [name for name, *_ in loads] == ["ours", "ours", "plain"]
    for _, a_second, p50, p95, p99, errors, start, memory, most in loads:
        assert float(a_second) > 0
        assert int(p50) <= int(p95) <= int(p99)
        assert errors == "0"
        assert float(start) > 0
        assert 10 < int(memory) <= int(most)


def test_a_page_above_the_bound_is_told_and_fails_the_check(database: Path) -> None:
    done = _bench(database, "--only", "a case", "--bound", "0", "--no-plain")
    assert done.returncode == 1
    assert re.search(r"^a case .*first and again above 0 ms$", done.stdout, re.MULTILINE)
    assert not re.search(r"^plain,", done.stdout, re.MULTILINE)


def test_an_error_page_is_counted_as_an_error(database: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.db"
    broken.write_bytes(database.read_bytes())
    with closing(sqlite3.connect(broken)) as connection:
        connection.execute("drop table flag")  # the page of a case shows its flags
        connection.commit()
    done = _bench(broken, "--only", "a case", "--bound", "60000", "--no-plain")
    assert done.returncode == 1
    assert re.search(r"^a case  .*  status 500 in 2 of 2; again: status 500 in 2 of 2$", done.stdout, re.MULTILINE)
    assert re.search(r"^a case, JSON  .*\d$", done.stdout, re.MULTILINE)
    errors = re.search(r"^ours, all pages +\S+ +\d+ +\d+ +\d+ +(\d+) ", done.stdout, re.MULTILINE)
    assert errors
    assert 0 < int(errors[1]) < 12


def test_the_bench_asks_as_often_as_it_likes(database: Path) -> None:
    """Each of the four is a question, of which the public site lets an address ask 60 at once."""
    done = _bench(database, "--only", "markers_by_histology", "--requests", "70", "--bound", "60000", "--no-plain")
    assert done.returncode == 0, done.stdout
    assert "429" not in done.stdout


def test_a_page_that_says_that_its_facets_took_too_long_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT / "scripts")
    import bench_site

    with _answering("<p>Took too long: site</p>") as address, httpx.Client(base_url=address) as client:
        taken, fault = bench_site._asked(client, "/")
    assert fault == "facets took too long"
    assert taken > 0


@contextmanager
def _answering(words: str) -> Iterator[str]:
    """Serve words at a port of its own."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(words.encode())

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
