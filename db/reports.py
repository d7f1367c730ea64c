"""A report in its tables: where it comes from, its text and its parts, to rows and back."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator
from dataclasses import asdict, replace
from typing import Any

from corpus.report import Report, ReportTable, Section
from corpus.sections import outline
from db.query import Row, every, one
from db.rows import Row as Values
from extract.record import Record

# Columns of table report that are attributes of a Report and hold a plain value.
_PLAIN = ("title", "citation", "doi", "pmcid", "pmid", "year", "journal", "license", "article_type", "format")


def report_row(report: Report, record: Record, corrections: str | None = None) -> Values:
    """Return the row of table report: what the source declares, kind and pipeline from the record, the fingerprint of corrections."""
    kind = record.report.get("kind") or report.kind or "other"
    return (
        report.id, kind, report.kind, report.title, report.citation, report.doi, report.pmcid, report.pmid, report.year, report.journal,
        report.license, _listed(report.authors), _listed(report.affiliations), report.article_type, report.format,
        int(report.is_retelling), report.sha256, record.pipeline["version"], record.pipeline["fingerprint"],
        corrections,
    )  # fmt: skip


def search_key(report_id: str) -> int:
    """Return the report's key in the full-text index: 52 bits of its name's hash, exact in JSON numbers."""
    return int.from_bytes(hashlib.sha256(report_id.encode("utf-8", "surrogatepass")).digest()[:8]) >> 12


def part_rows(report: Report) -> Iterator[tuple[str, list[Values]]]:
    """Yield table and rows of the parts of a report: sections, tables, pages."""
    is_declared = int(bool(report.sections))
    yield (
        "report_section",
        [(report.id, number, x.kind, x.heading, x.start, x.end, is_declared) for number, x in enumerate(outline(report), start=1)],
    )
    yield "report_table", [
        (report.id, number, x.label, x.caption, _listed(x.rows) or "[]", x.header_rows, _listed(x.notes), x.start, x.end)
        for number, x in enumerate(report.tables, start=1)
    ]  # fmt: skip
    yield "report_page", [(report.id, number, start) for number, start in enumerate(report.pages, start=1)]


def stored_report(connection: sqlite3.Connection, report_id: str) -> Report | None:
    """Return a report as it was stored, also from a database with older tables; None where there is none.

    What the file was called and what its reader doubted is not stored.
    """
    row = one(connection, "select report.*, text from report join report_text using (report_id) where report_id = ?", report_id)
    if row is None:
        return None
    there = set(row.keys())
    plain = {name: row[name] for name in _PLAIN if name in there}
    return Report(
        id=report_id,
        text=row["text"],
        # Older tables kept only what the text was taken for: a paper without a patient stays what it was.
        kind=row["declared_kind"] if "declared_kind" in there else row["kind"] if row["kind"] in ("guideline", "review") else None,
        authors=_list(row, "authors"),
        affiliations=_list(row, "affiliations"),
        is_retelling=bool(row["is_retelling"]),
        sections=tuple(
            Section(x["kind"], x["start_char"], x["end_char"], x["heading"])
            for x in _parts(connection, "report_section", report_id)
            if x["is_declared"]
        ),
        tables=tuple(_table(x) for x in _parts(connection, "report_table", report_id)),
        pages=tuple(x["start_char"] for x in _parts(connection, "report_page", report_id)),
        **plain,
    )


def bare(report: Report) -> Report:
    """Return a report as it is stored: without what its file was called and what its reader doubted."""
    return replace(report, source=None, messages=())


def content(report: Report) -> str:
    """Return a report as JSON, but for what its file was called and what its reader doubted: neither is stored."""
    return json.dumps(asdict(bare(report)), ensure_ascii=False, sort_keys=True)


def from_content(text: str) -> Report:
    """Return the report of which `content` made JSON, an older Casebook's too."""
    values = {name: value for name, value in json.loads(text).items() if name in Report.__dataclass_fields__}
    lists = {name: tuple(values.get(name, ())) for name in ("authors", "affiliations", "pages", "messages")}
    sections = tuple(Section(**part) for part in values.get("sections", ()))
    tables = tuple(
        ReportTable(**{**table, "rows": tuple(map(tuple, table["rows"])), "notes": tuple(table["notes"])})
        for table in values.get("tables", ())
    )
    return Report(**{**values, **lists, "sections": sections, "tables": tables})


def _parts(connection: sqlite3.Connection, table: str, report_id: str) -> list[Row]:
    """Return the rows of a table of parts, in order; none from a database that has no such table."""
    if one(connection, "select 1 from sqlite_master where name = ?", table) is None:
        return []
    return every(connection, f"select * from {table} where report_id = ? order by 2", report_id)


def _table(row: Row) -> ReportTable:
    rows = tuple(tuple(cells) for cells in json.loads(row["cells"]))
    return ReportTable(row["start_char"], row["end_char"], row["label"], row["caption"], rows, row["header_rows"], _list(row, "notes"))


def _listed(values: tuple[Any, ...]) -> str | None:
    """Return a list as JSON, None for an empty one."""
    return json.dumps(values, ensure_ascii=False) if values else None


def _list(row: Row, column: str) -> tuple[str, ...]:
    return tuple(json.loads(row[column])) if column in row.keys() and row[column] else ()  # noqa: SIM118  (a Row iterates over its values)
