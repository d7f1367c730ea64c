"""The parts of a report as its page shows them: how the text is set, and its tables."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

from db.highlight import LOOKS, Part
from db.query import every


@dataclass(frozen=True, slots=True)
class PrintedTable:
    """A table as printed: its title ("" where it has none), its headings, its rows and its notes."""

    title: str
    headings: tuple[tuple[str, ...], ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...]


def looks(connection: sqlite3.Connection, report_id: str) -> list[Part]:
    """Return the stretches of a report's text that are no running text: headings, captions, tables and the like."""
    rows = every(connection, "select kind, heading, start_char, end_char from report_section where report_id = ? order by 3", report_id)
    return [part for row in rows for part in _parts(row["kind"], row["heading"], row["start_char"], row["end_char"])]


def _parts(kind: str, heading: str | None, start: int, end: int) -> Iterator[Part]:
    if heading:
        yield Part(start, start + len(heading), "heading")
        start += len(heading)
    if kind in LOOKS and start < end:
        yield Part(start, end, kind)


def pages(connection: sqlite3.Connection, report_id: str) -> dict[int, int]:
    """Return where the pages of a report begin in its text, with their numbers; of several that begin at one place, the last."""
    return {row["start_char"]: row["page_number"] for row in every(connection, "select * from report_page where report_id = ?", report_id)}


def tables(connection: sqlite3.Connection, report_id: str) -> tuple[PrintedTable, ...]:
    """Return the tables of a report, in order."""
    return tuple(
        PrintedTable(
            ". ".join(part.rstrip(".") for part in (row["label"], row["caption"]) if part),
            *_head_and_body(json.loads(row["cells"]), row["header_rows"]),
            tuple(json.loads(row["notes"] or "[]")),
        )
        for row in every(connection, "select * from report_table where report_id = ? order by table_number", report_id)
    )


def _head_and_body(cells: list[list[str]], header_rows: int) -> tuple[tuple[tuple[str, ...], ...], tuple[tuple[str, ...], ...]]:
    rows = tuple(tuple(row) for row in cells)
    return rows[:header_rows], rows[header_rows:]
