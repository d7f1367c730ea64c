"""The page of the data dictionary: each table and column with its meaning, unit and allowed values, and where keys lead."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, replace

from db import publish, schema
from db.overview import NOT_REPORTED
from db.pages.data import Data
from db.query import every

GROUPS = (
    ("Cases", "One row a patient.", ("case_overview", "patient_case")),
    (
        "What a case tells more than once",
        "One row a finding, numbered within its case.",
        ("ihc_result", "molecular_test", "metastasis", "surgery", "radiotherapy_course", "radiotherapy_phase", "drug", "timeline_event"),
    ),
    (
        "How sure it is, and the words",
        "Each value with its certainty, each empty field with its reason, each quote with its place.",
        ("fact", "empty_field", "evidence", "fact_evidence", "flag", "flag_value", "correction"),
    ),
    (
        "Doses side by side",
        "Those of the cases beside those of literature tables.",
        ("radiotherapy_dose", "dose_table", "dose_table_row", "dose_table_column", "dose_table_cell"),
    ),
    ("Who is the same", "Patients and reports that are told of twice.", ("same_patient", "possible_same_patient", "report_duplicate")),
    (
        "Reports",
        "Where a case was published, and its text.",
        ("report", "report_text", "report_section", "report_table", "report_page", "report_search"),
    ),
    (
        "The ledger",
        "Which program read what, and when.",
        ("run", "run_report", "run_dose_table", "fact_run", "source_file", "report_fingerprint"),
    ),
)
_FURTHER = "Further tables"
# Tables that say in words what is not reported.
_IN_WORDS = frozenset({"case_overview", "radiotherapy_dose"})
_LONGEST_WORDS = 60

# Endings of columns, the longer first, and the unit that they mean.
_UNITS = (
    (re.compile(r"_gy_rbe$"), "Gy(RBE)"),
    (re.compile(r"_gy_particles$"), "Gy as printed"),
    (re.compile(r"_gy(_brachytherapy)?$"), "Gy"),
    (re.compile(r"(^|_)months$"), "months"),
    (re.compile(r"_years$"), "years"),
    (re.compile(r"_weeks$"), "weeks"),
    (re.compile(r"_cm$"), "cm"),
    (re.compile(r"(^|_)percent$"), "percent"),
    (re.compile(r"^seconds$"), "seconds"),
    (re.compile(r"_char$"), "characters"),
    (re.compile(r"^(year)$"), "calendar year"),
    (re.compile(r"^certainty$"), "0 to 1"),
)

_VALUE = r"-?\d+(?:\.\d+)?"
_ONE_OF = re.compile(r"\w+ in \((?P<values>[^|]*)\)")
_BETWEEN = re.compile(rf"\w+ between (?P<low>{_VALUE}) and (?P<high>{_VALUE})")
_COMPARED = re.compile(rf"\w+ (?P<how>>=|<=|>|<) (?P<value>{_VALUE})")
_SHAPE = re.compile(r"(?<!not )glob '(?P<shape>[^']*)'")
_NOT_EMPTY = re.compile(r"\w+ <> ''")
_LENGTH = re.compile(r"length\(\w+\) = (?P<n>\d+)(?: and \w+ not glob .*)?")
_LIST = re.compile(r"json_type\(\w+\) = 'array'")
_HOW = {">": "more than", ">=": "at least", "<": "less than", "<=": "at most"}


@dataclass(frozen=True, slots=True)
class Column:
    """A column.

    Attributes
    ----------
    name, meaning, type
        As in the SQL, its comment, and `text`, `integer` or `real`.
    unit
        In which it counts; None for what has none.
    allowed
        Which values the database lets in, in words; None where any.
    is_key, is_required
        Whether it is part of the table's key; whether it is never NULL.
    leads_to
        Table and column that it names a row of; None for no foreign key.
    n_values
        Rows in which it is neither NULL nor "not reported"; None where they were not counted.
    """

    name: str
    meaning: str
    type: str
    unit: str | None
    allowed: str | None
    is_key: bool
    is_required: bool
    leads_to: tuple[str, str] | None
    n_values: int | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A table; `led_to_by` names the tables whose columns lead here, `n_rows` is None where the rows were not counted."""

    name: str
    title: str
    meaning: str
    n_rows: int | None
    columns: tuple[Column, ...]
    led_to_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Tables that belong together, under a heading and a sentence."""

    title: str
    about: str
    tables: tuple[Table, ...]


@dataclass(frozen=True, slots=True)
class DictionaryPage:
    """All that the page shows; `words` is what it was narrowed to ("" for all), `around` what leads to a case, and to a report."""

    words: str
    groups: tuple[Group, ...]
    n_columns: int
    of_case: tuple[str, ...]
    of_report: tuple[str, ...]
    data: Data


def dictionary_page(connection: sqlite3.Connection, asked: Mapping[str, str]) -> DictionaryPage:
    """Return the tables of the database, and of the columns those in which all words asked for stand (name, table, meaning, values)."""
    words = " ".join(asked.get("q", "").split())[:_LONGEST_WORDS]
    there = {row["name"] for row in every(connection, "select name from sqlite_master where type = 'table'")}
    said = {name: table for name, table in schema.dictionary().items() if name in there}
    leading = {name: _foreign_keys(connection, name) for name in said}
    tables: dict[str, Table] = {}
    for name, table in said.items():
        led_to_by = tuple(other for other, keys in leading.items() if name in {to for to, _ in keys.values()} and other != name)
        chosen = _columns(connection, table, leading[name], words.lower().split())
        if chosen or not words:
            # To count is to look at every row: done once for the whole page, which is remembered, and not for each word asked for.
            described = Table(name, publish.title_of(name), table.description, None, tuple(chosen), led_to_by)
            tables[name] = described if words else _counted(connection, described)
    return DictionaryPage(
        words,
        _grouped(tables),
        sum(len(table.columns) for table in tables.values()),
        tuple(name for name in _in_order(said) if "patient_case" in {to for to, _ in leading[name].values()}),
        tuple(name for name in _in_order(said) if {to for to, _ in leading[name].values()} == {"report"} and name != "patient_case"),
        _data(tables),
    )


def _foreign_keys(connection: sqlite3.Connection, table: str) -> dict[str, tuple[str, str]]:
    """Return each column that names a row of another table, with that table and column."""
    rows = every(connection, 'select "from" as own, "table" as other, "to" as of_other from pragma_foreign_key_list(?)', table)
    return {row["own"]: (row["other"], row["of_other"]) for row in rows}


def _columns(connection: sqlite3.Connection, table: schema.Table, leading: Mapping[str, tuple[str, str]], words: list[str]) -> list[Column]:
    """Return the columns of a table in which all words stand, not counted yet."""
    found = []
    for row in every(connection, 'select name, type, pk, "notnull" as is_required from pragma_table_info(?)', table.name):
        name = row["name"]
        if name not in table.columns:  # those that SQLite's full-text index adds for itself
            continue
        column = Column(
            name,
            table.columns[name],
            row["type"].lower(),
            unit_of(name, table.columns[name]),
            allowed(table.definitions[name]),
            bool(row["pk"]),
            bool(row["is_required"]),
            leading.get(name),
        )
        all_words = f"{table.name}.{name} {column.meaning} {column.allowed or ''} {column.unit or ''}".lower()
        if all(word in all_words for word in words):
            found.append(column)
    return found


def _counted(connection: sqlite3.Connection, table: Table) -> Table:
    """Return the table with its rows, and with how many of them have a value in each column."""
    # What is never NULL needs no look at each row, where its words cannot be "not reported".
    looked_at = {column.name for column in table.columns if not column.is_required or (table.name in _IN_WORDS and column.type == "text")}
    sums = "".join(f""", count(nullif("{name}", '{NOT_REPORTED}')) as "{name}\"""" for name in sorted(looked_at))
    counts = every(connection, f'select count(*) as " rows"{sums} from "{table.name}"')[0]
    n_rows = counts[" rows"]
    columns = (replace(column, n_values=counts[column.name] if column.name in looked_at else n_rows) for column in table.columns)
    return replace(table, n_rows=n_rows, columns=tuple(columns))


def _in_order(names: Mapping[str, object]) -> tuple[str, ...]:
    """Return tables in the order of the groups; those of no group at the end."""
    listed = [name for _, _, tables in GROUPS for name in tables if name in names]
    return (*listed, *(name for name in names if name not in listed))


def _grouped(tables: Mapping[str, Table]) -> tuple[Group, ...]:
    """Return the tables under their headings; headings without one are left out."""
    listed = {name for _, _, names in GROUPS for name in names}
    further = (_FURTHER, "", tuple(name for name in tables if name not in listed))
    groups = (Group(title, about, tuple(tables[name] for name in names if name in tables)) for title, about, names in (*GROUPS, further))
    return tuple(group for group in groups if group.tables)


def unit_of(column: str, meaning: str = "") -> str | None:
    """Return the unit that a column's name tells ("size_cm": cm), None where it tells none; of a dose that may be either, both."""
    unit = next((unit for ending, unit in _UNITS if ending.search(column)), None)
    return "Gy or Gy(RBE)" if unit == "Gy" and "is_rbe_weighted" in meaning else unit


def allowed(definition: str) -> str | None:
    """Return which values the check of a column's SQL definition lets in, in words.

    None where there is no check, or one that readers cannot use: that a text is not empty, or how columns hang together.
    """
    check = _checked(definition)
    if check is None or _NOT_EMPTY.fullmatch(check):
        return None
    if found := _ONE_OF.fullmatch(check):
        return ", ".join(value.strip().strip("'") for value in found["values"].split(","))
    if found := _BETWEEN.fullmatch(check):
        return f"{found['low']} to {found['high']}"
    if found := _LENGTH.fullmatch(check):
        return f"{found['n']} characters"
    if shapes := _SHAPE.findall(check):
        return f"like {' or '.join(shapes) if ' or ' in check else shapes[0]}"
    if _LIST.fullmatch(check):
        return "a JSON list"
    parts = [_COMPARED.fullmatch(part) for part in check.split(" and ")]
    if all(parts):
        return ", ".join(f"{_HOW[part['how']]} {part['value']}" for part in parts if part)
    return None


def _checked(definition: str) -> str | None:
    """Return what stands in the brackets of the check of a column."""
    _, found, rest = definition.partition("check (")
    if not found:
        return None
    depth = 1
    for place, sign in enumerate(rest):
        depth += {"(": 1, ")": -1}.get(sign, 0)
        if depth == 0:
            return rest[:place]
    return None


def _data(tables: Mapping[str, Table]) -> Data:
    """Return a row for each column."""
    names = ("table", "column", "meaning", "type", "unit", "allowed", "is_key", "is_required", "leads_to", "rows", "values")
    return Data(
        names,
        tuple(
            (
                table.name,
                column.name,
                column.meaning,
                column.type,
                column.unit,
                column.allowed,
                int(column.is_key),
                int(column.is_required),
                ".".join(column.leads_to) if column.leads_to else None,
                table.n_rows,
                column.n_values,
            )
            for name in _in_order(tables)
            for table in (tables[name],)
            for column in table.columns
        ),
    )
