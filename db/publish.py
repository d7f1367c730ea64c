"""What Datasette is told: titles, descriptions, facets, questions and settings, all from the SQL files."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from db import made_folder, schema
from db.guard.bounds import PLUGIN

SITE = Path(__file__).parent / "site"
NOTICE = "For research into published cases. Not for the care of patients."
FACETS = ("tumour_group", "behaviour", "site", "histology", "sex", "radiotherapy", "recurrence", "status")

FACT_FACETS = ("band", "review", "field")
EMPTY_FACETS = ("reason", "field")
DOSE_FACETS = ("origin", "histology", "site", "kind", "outcome")

# In a table of more rows than this, counting the values of a column takes longer than a page may.
MOST_FACETED = 1_000_000
_FACETS = {"case_overview": FACETS, "radiotherapy_dose": DOSE_FACETS, "fact": FACT_FACETS, "empty_field": EMPTY_FACETS}
# What a page of a table shows first; its other columns follow as they stand in the table.
COLUMNS_FIRST = {
    "case_overview": (
        "case_id", "histology", "site", "sex", "age_years", "surgery", "radiotherapy", "max_dose_gy", "recurrence", "status",
        "follow_up_months", "fractions", "markers", "drugs", "tumour_group", "behaviour",
    ),
    "fact": ("case_id", "field", "value", "band", "basis", "review", "certainty", "number"),
    "empty_field": ("case_id", "field", "reason", "evidence_number"),
}  # fmt: skip
_LABELS = {"report": "title", "patient_case": "case_id", "case_overview": "case_id", "case_outcome": "case_id", "dose_table": "title"}
# Where the words of a table stand that `_search` looks for: Datasette finds this by itself only where SQL is written as it writes it.
_SEARCHED = {"report_text": {"fts_table": "report_search", "fts_pk": "search_key"}}
# What is read through another table or page, and what only the programs keep for themselves.
_HIDDEN = (
    "report_text", "report_fingerprint", "report_page", "source_file", "fact_evidence", "flag_value", "run_report", "run_dose_table",
    "radiotherapy_phase", "case_words",
)  # fmt: skip
_TITLES = {
    "case_overview": "Cases",
    "case_outcome": "Outcomes of the cases, as they are pooled",
    "patient_case": "Cases, value by value",
    "report": "Reports",
    "report_section": "Sections of the reports",
    "report_table": "Tables printed in the reports",
    "report_page": "Pages of the reports",
    "report_duplicate": "The same report in another file",
    "possible_same_patient": "Possibly the same patient",
    "marker_count": "Markers by diagnosis, counted",
    "source_file": "Files that were read",
    "radiotherapy_dose": "Doses side by side",
    "fact": "Values, and how sure each is",
    "empty_field": "Fields without a value, and why",
    "correction": "Corrections by curators",
}
# Letters that need no escape in an address; never //, which a browser takes for another host.
_BASE = re.compile(r"/ (?: [A-Za-z0-9_-][A-Za-z0-9._-]* / )*", re.VERBOSE)
# By these a folder is known as one of ours, which may be written anew.
MARK, MADE_BY = "casebook-site.json", "casebook publish"
_PARAMETER = re.compile(
    r"""
    -- \s :(?P<name>\w+)(?P<must>!?) \s+   # -- :marker_1, or -- :marker! where one must be chosen
    (?P<label> [^|]+?) \s*          # what the form calls it
    (?: \| \s* (?P<choices>.+) )?   # a select, or words separated by commas
    """,
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Parameter:
    """What a question asks of the reader.

    Attributes
    ----------
    name, label
        The parameter of the SQL, and what the form calls it.
    choices
        The words to choose from, where they are fixed; () otherwise.
    choices_sql
        The SQL that lists the words to choose from, where they come from the data; None otherwise.
    is_needed
        Whether the question is of one of them: the SQL takes the first where none is chosen. Otherwise none means any.
    """

    name: str
    label: str
    choices: tuple[str, ...] = ()
    choices_sql: str | None = None
    is_needed: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """A question that the site asks of the database: one file in sql/queries/."""

    name: str
    title: str
    theme: str
    description: str
    parameters: tuple[Parameter, ...]
    sql: str


# The rows of an answer that its page shows; a file asks for more with `rows`.
SHOWN_ROWS = 200
_BOUND = f"\nlimit coalesce(nullif(:rows, ''), {SHOWN_ROWS})"

# The themes of the questions, in the order of the pages.
THEMES = ("Patients and tumours", "Markers and genes", "Treatment", "Outcome", "Words and quality")


@cache
def queries() -> tuple[Query, ...]:
    """Read the canned queries from their files, sorted by name."""
    return tuple(_read_query(path) for path in sorted((schema.SQL / "queries").glob("*.sql")))


def metadata(
    database: str, public: bool = False, *, hosts: Sequence[str] = (), rows: Mapping[str, int] = MappingProxyType({})
) -> dict[str, Any]:
    """Return Datasette's metadata for a database of that name (the file's name without .db).

    For a public site the guard bounds how often each client may ask; `hosts` are the names that the site answers to, () for any.
    `rows` tells how many each table has, where that is known: the largest ones are not counted by facet unless the reader asks.
    """
    tables = {name: _table_metadata(table, rows.get(name, 0)) for name, table in schema.dictionary().items()}
    return {
        "title": "Casebook",
        "description": f"Published oncology case reports as a database. {NOTICE}",
        "license": "facts with their sources; each report under its own licence",
        "source": "published case reports, cited case by case",
        # All limits, with their defaults, stand in db/guard/bounds.py; any of them may be set here.
        "plugins": {PLUGIN: {"is_public": public, "hosts": list(hosts)}},
        "databases": {
            database: {
                "title": "Casebook: all tables",
                "description": NOTICE,
                "tables": {**tables, **{f"{name}{part}": {"hidden": True} for name in _FTS for part in _FTS_PARTS}},
                "queries": {query.name: _query_metadata(query) for query in queries()},
            }
        },
    }


def title_of(table: str) -> str:
    """Return what readers call a table."""
    return _TITLES.get(table, table.replace("_", " ").capitalize())


_FTS = ("report_search", "case_search")
_FTS_PARTS = ("", "_config", "_data", "_docsize", "_idx")


def check_base(base_url: str, database: Path) -> None:
    """Raise DatabaseError where a site cannot lie below a path: what is no path, or begins as addresses of the site do."""
    if not _BASE.fullmatch(base_url):
        raise schema.DatabaseError(f"{base_url}: no base path; wanted / or /name/")
    first = base_url.split("/")[1]
    if first in (database.stem, "-", "downloads", "static"):
        raise schema.DatabaseError(f"{base_url}: addresses of the site begin with /{first}/, too; wanted another base path")


def settings(public: bool = False, base_url: str = "/") -> dict[str, Any]:
    """Return Datasette's settings: bounds on time and size, for a public site caching and https links, and the path below which it lies."""
    chosen: dict[str, Any] = {
        "sql_time_limit_ms": 2000,  # counting all of 200,000 cases takes up to 0.5 s, and several times that beside other readers
        "facet_time_limit_ms": 1000,
        "suggest_facets": False,
        "default_page_size": 50,
        "max_returned_rows": 1000,
        "num_sql_threads": 6,
        "default_facet_size": 20,
        "truncate_cells_html": 160,
        "max_csv_mb": 100,
        "default_cache_ttl": 0,
        "allow_download": True,
        "allow_csv_stream": True,
        "default_allow_sql": True,
        "trace_debug": False,
        "template_debug": False,
        "base_url": base_url,
    }
    return {**chosen, "default_cache_ttl": 600, "force_https_urls": True} if public else chosen


def configuration(said: Mapping[str, Any], settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return what Datasette 1.0 takes from datasette.yaml alone: the settings, and the canned queries of the metadata.

    It finds the configuration of plugins and tables in the metadata by itself. 0.65.5 does not read the file.
    """
    return {"settings": dict(settings), "databases": {name: {"queries": of["queries"]} for name, of in said["databases"].items()}}


def inspect_data(database: Path) -> dict[str, Any]:
    """Return what Datasette needs to serve the file as immutable: hash, size and the rows of each table."""
    connection = sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True)
    try:
        names = [name for (name,) in connection.execute("select name from sqlite_master where type = 'table'")]
        counts = {name: connection.execute(f"select count(*) from [{name}]").fetchone()[0] for name in names}
    except sqlite3.Error as error:
        raise schema.DatabaseError(f"{database}: {error}") from error
    finally:
        connection.close()
    with database.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {
        database.stem: {
            "hash": digest,
            "size": database.stat().st_size,
            "file": database.name,
            "tables": {name: {"count": count} for name, count in counts.items()},
        }
    }


def write_site(database: Path, folder: Path, public: bool = True, base_url: str = "/", add: Callable[[Path], None] | None = None) -> None:
    """Write a Datasette configuration folder with the database in it: `datasette serve FOLDER` serves it.

    The folder's plugins import `db`, so Casebook itself must be installed where it is served. A folder that was written before is
    replaced as a whole when the new one is ready; `add` may put more into it before.

    Raises
    ------
    DatabaseError
        The folder is somebody else's, and is left as it is; or the base path is none.
    """
    check_base(base_url, database)
    with made_folder.replaced(folder, MARK, MADE_BY) as partial:
        shutil.copytree(SITE, partial, ignore=shutil.ignore_patterns("__pycache__", "examples"), dirs_exist_ok=True)
        copy = partial / database.name
        shutil.copyfile(database, copy)
        inspected = inspect_data(copy)
        mark = {"made_by": MADE_BY, "database": database.name, "sha256": inspected[copy.stem]["hash"]}
        said, chosen = metadata(database.stem, public, rows=row_counts(inspected, database.stem)), settings(public, base_url)
        for name, content in (
            ("metadata.json", said),
            ("settings.json", chosen),
            ("datasette.yaml", configuration(said, chosen)),  # YAML, of which JSON is a part
            ("inspect-data.json", inspected),
            (MARK, mark),
        ):
            text = json.dumps(content, indent=2, ensure_ascii=False, sort_keys=False)
            (partial / name).write_text(text + "\n", encoding="utf-8")
        if add:
            add(partial)


def questions() -> tuple[tuple[str, tuple[Query, ...]], ...]:
    """Return the questions by theme, those of a theme by title."""
    asked = sorted(queries(), key=lambda query: query.title)
    return tuple((theme, tuple(query for query in asked if query.theme == theme)) for theme in THEMES)


def facets_of(table: str) -> tuple[str, ...]:
    """Return the columns whose values are counted beside a table; () for most tables."""
    return _FACETS.get(table, ())


def row_counts(inspected: dict[str, Any], database: str) -> dict[str, int]:
    """Return how many rows each table has, by what `inspect_data` found."""
    return {name: table["count"] for name, table in inspected[database]["tables"].items()}


def _table_metadata(table: schema.Table, n_rows: int) -> dict[str, Any]:
    """Return the metadata of a table: its comments, its label, and whether it is shown in lists."""
    said: dict[str, Any] = {"description": table.description, "columns": dict(table.columns)}
    if table.name in _TITLES:
        said["title"] = _TITLES[table.name]
    if table.name in _LABELS:
        said["label_column"] = _LABELS[table.name]
    if table.name in _HIDDEN:
        said["hidden"] = True
    said |= searched(table.name)
    if facets := facets_of(table.name):
        said |= {"facets": list(facets) if n_rows <= MOST_FACETED else [], "size": 50}
        if n_rows > MOST_FACETED:
            said["description"] += " The table is too long to count the values of its columns in time: narrow it first, then count by one."
    return said


def searched(table: str) -> Mapping[str, str]:
    """Return where the words of a table stand that `_search` looks for, in the names of Datasette's metadata; nothing for no search."""
    return _SEARCHED.get(table, {})


def bounded(query: Query) -> str:
    """Return the SQL of a question with its last parameter, `rows`: the most rows that are wanted, those of a page where it is empty."""
    return query.sql + _BOUND


def _query_metadata(query: Query) -> dict[str, Any]:
    """Return the metadata of a canned query; Datasette takes the order of the form from `params`."""
    return {
        "title": query.title,
        "description": query.description,
        "sql": bounded(query),
        "params": [*(parameter.name for parameter in query.parameters), "rows"],
        "hide_sql": True,
    }


def _read_query(path: Path) -> Query:
    """Read one query file: a title, a description and the parameters as comments, then the SQL."""
    lines = path.read_text(encoding="utf-8").splitlines()
    head = [line for line in lines if line.startswith("--")]
    sql = "\n".join(line for line in lines if not line.startswith("--")).strip()
    if not head or not head[0].startswith("-- title: "):
        raise schema.DatabaseError(f"{path}:1: a query starts with `-- title: ...`")
    theme = head[1].removeprefix("-- theme: ") if len(head) > 1 else ""
    if theme not in THEMES:
        raise schema.DatabaseError(f"{path}:2: found {theme!r}; wanted `-- theme: ` and one of {', '.join(THEMES)}")
    parameters = tuple(_parameter(found) for line in head if (found := _PARAMETER.fullmatch(line)))
    description = " ".join(line[3:].strip() for line in head[2:] if not line.startswith("-- :"))
    return Query(path.stem, head[0].removeprefix("-- title: "), theme, description, parameters, sql)


def _parameter(found: re.Match[str]) -> Parameter:
    """Return the parameter that a comment describes."""
    choices = found["choices"] or ""
    if choices.startswith("select "):
        return Parameter(found["name"], found["label"], choices_sql=choices, is_needed=bool(found["must"]))
    return Parameter(found["name"], found["label"], tuple(filter(None, choices.split(", "))))
