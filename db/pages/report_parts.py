"""The parts of a report as its page shows them: its text in blocks, its outline, its tables."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from types import MappingProxyType

from db.pages.highlight import Span
from db.pages.typeset import Block, Part, Printed, typeset
from db.query import Row, every, one

# What readers call a format; others are shown by their names.
FORMATS = MappingProxyType(
    {"text": "plain text", "markdown": "Markdown", "jats": "JATS XML", "bioc": "BioC", "pdf": "PDF", "docx": "Word", "html": "HTML"}
)


@dataclass(frozen=True, slots=True)
class PrintedTable:
    """A table as printed: its number, its title ("" where it has none), its headings, its rows and its notes."""

    number: int
    title: str
    headings: tuple[tuple[str, ...], ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Heading:
    """A line of a report's outline: the number of the section, its heading, and its kind in words, "" where the heading says the same."""

    number: int
    words: str
    kind: str


def blocks(connection: sqlite3.Connection, report_id: str, spans: Sequence[Span]) -> tuple[Block, ...]:
    """Return the text of a report as its page sets it, cut at its evidence."""
    text = one(connection, "select text from report_text where report_id = ?", report_id)
    sections = tuple(
        Part(row["section_number"], row["kind"], row["start_char"], row["end_char"], row["heading"])
        for row in _rows(connection, "report_section", report_id)
    )
    tables = tuple(
        Printed(row["table_number"], row["start_char"], row["end_char"], _cells(row), row["header_rows"])
        for row in _rows(connection, "report_table", report_id)
    )
    # Of several pages that begin at one place, only the last has words.
    pages = {row["start_char"]: row["page_number"] for row in _rows(connection, "report_page", report_id)}
    return typeset(text["text"] if text else "", spans, sections, tables, pages)


def outline(connection: sqlite3.Connection, report_id: str) -> tuple[Heading, ...]:
    """Return the headings of a report, in order."""
    return tuple(
        Heading(row["section_number"], row["heading"], "" if row["kind"] in ("title", "other", "body") else kind)
        for row in _rows(connection, "report_section", report_id)
        if row["heading"] and (kind := section_words(row["kind"])) is not None
    )


def section_words(kind: str) -> str:
    """Return the kind of a section in words; "" for text without a heading."""
    return {"body": "", "follow_up": "follow-up", "other": "back matter"}.get(kind, kind)


def read_from(connection: sqlite3.Connection, report: Row) -> str:
    """Return what a report was read from: "PDF, 6 pages"; "" where it is not known."""
    if not report["format"]:
        return ""
    counted = one(connection, "select max(page_number) as pages from report_page where report_id = ?", report["report_id"])
    pages = counted["pages"] if counted else None
    said = FORMATS.get(report["format"], report["format"])
    return f"{said}, {pages} {'page' if pages == 1 else 'pages'}" if pages else said


def tables(connection: sqlite3.Connection, report_id: str) -> tuple[PrintedTable, ...]:
    """Return the tables of a report, in order."""
    return tuple(
        PrintedTable(
            row["table_number"],
            ". ".join(part.rstrip(".") for part in (row["label"], row["caption"]) if part),
            _cells(row)[: row["header_rows"]],
            _cells(row)[row["header_rows"] :],
            tuple(json.loads(row["notes"] or "[]")),
        )
        for row in _rows(connection, "report_table", report_id)
    )


def _rows(connection: sqlite3.Connection, table: str, report_id: str) -> list[Row]:
    return every(connection, f"select * from {table} where report_id = ? order by start_char, 2", report_id)


def _cells(row: Row) -> tuple[tuple[str, ...], ...]:
    return tuple(map(tuple, json.loads(row["cells"])))
