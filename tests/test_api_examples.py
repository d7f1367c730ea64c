"""The examples of the API's page are run as they stand there, against a served site."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from html import unescape
from pathlib import Path

import pytest

from db import publish, serve
from db.pages.api import examples
from tests import db_fixtures
from tests.asking import asking
from tests.browsers import served

# The program that runs an example, by the ending of its file; where it is not installed the test is skipped.
RUNNERS = {"sh": ("bash",), "py": (sys.executable,), "R": ("Rscript", "--vanilla")}
# What each prints of the invented database, in order.
PRINTED = {
    "cases.sh": ('"histology": "inflammatory myofibroblastic tumor"', '"max_dose_gy": 54.0'),
    "one_case.sh": ('"case_id": "lung-imt/1"', '"age_years": 54.0', '"field": "age_years"', '"certainty"'),
    "search.sh": ("markup",),
    "all_cases.py": ("3 cases, 2 with a follow-up, the longest of 60 months",),
    "pandas_table.py": ("ALK", "negative", "1", "SMA", "positive", "1"),
    "own_sql.py": ("54 years", "'54-year-old'"),
    "table.R": ("surgery", "female", "male", "median age 54 years"),
    "own_sql.R": ("marker", "ALK negative", "SMA positive"),
}


# The last is how the address of a database "my trial.2" is written.
NAMES = ("casebook", "my trial.2")


@pytest.fixture(scope="module")
def addresses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    with ExitStack() as stack:
        folder = tmp_path_factory.mktemp("api")
        yield {name: stack.enter_context(served(serve.make_datasette(db_fixtures.build(folder / f"{name}.db")).app())) for name in NAMES}


def _run(name: str, address: str, database: str = "casebook") -> subprocess.CompletedProcess[str]:
    example = next(example for example in examples() if example.name == name)
    ending = Path(name).suffix.removeprefix(".")
    runner = RUNNERS[ending]
    for tool in (runner[0], *(("curl",) if ending == "sh" else ())):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed")
    return subprocess.run(
        [*runner, "-e" if ending == "R" else "-c", example.of(database)], env={**os.environ, "CASEBOOK_SITE": address, "LC_ALL": "C.UTF-8"},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_every_example_is_run() -> None:
    assert {example.name for example in examples()} == set(PRINTED)
    assert {example.language for example in examples()} == {"curl", "Python", "R"}


@pytest.mark.parametrize("database", NAMES)
@pytest.mark.parametrize("name", PRINTED)
def test_an_example_prints_what_it_says(name: str, database: str, addresses: dict[str, str]) -> None:
    done = _run(name, addresses[database], database)
    assert (done.returncode, done.stderr) == (0, "")
    rest = done.stdout
    if name == "cases.sh":
        rest = json.dumps(json.loads(rest))
    for words in PRINTED[name]:
        assert words in " ".join(rest.split()) or words in rest, done.stdout
        rest = rest.partition(words)[2] if words in rest else " ".join(rest.split()).partition(words)[2]


def test_examples_are_shown_as_they_ask_the_database_that_is_served(tmp_path: Path) -> None:
    with asking(db_fixtures.build(tmp_path / "my trial.2.db")) as get:
        html = unescape(get("/api").text)
    for example in examples():
        assert example.of("my trial.2").rstrip("\n") in html
    assert not re.search(r"/casebook\.(json|csv)", html)
    assert not re.search(r"/casebook\.(json|csv)", html)


def test_sql_of_ones_own_says_where_it_was_cut(tmp_path: Path) -> None:
    most = publish.settings()["max_returned_rows"]
    numbers = "with recursive n(i) as (select 1 union all select i + 1 from n where i < 5000)"
    sql = f"{numbers} select i as case_id, i as value, i as certainty, i as quote from n"
    example = next(example for example in examples() if example.name == "own_sql.py")
    code = re.sub(r'SQL = """.*?"""', f'SQL = "{sql}"', example.code, flags=re.DOTALL)
    database = db_fixtures.build(tmp_path / "casebook.db")
    with served(serve.make_datasette(database).app()) as address:
        done = subprocess.run(
            [sys.executable, "-c", code], env={**os.environ, "CASEBOOK_SITE": address}, capture_output=True, text=True, timeout=60, check=False
        )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1] == f"and more: the site gives {most} rows at the most"


@pytest.mark.parametrize("name", PRINTED)
def test_an_example_fails_aloud_where_there_is_no_site(name: str, tmp_path: Path) -> None:
    done = _run(name, "http://127.0.0.1:9")
    assert done.returncode != 0
    assert done.stderr
