"""What an export says in words: README, data dictionary, and the description of a Frictionless data package."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping
from typing import Any

from db import publish
from db.export.manifest import Download, Edition
from db.export.tables import ExportedTable

LICENCE = "Facts with their sources. The text of a report is under the report's own licence (column license of table report)."

_README = """\
Casebook: published oncology case reports as a database
Version {version} ({date}): {reports} reports, {cases} cases

{notice}
Values were read by a program from the words that table evidence holds; read them before you rely on a value.
Counts of published cases are no rates.

Tables
  tables/NAME.csv in the zip of CSV, parquet/NAME.parquet in the zip of Parquet; rows in the order of the primary key.
  dictionary.csv says what each column means. case_overview is one line a case, and the place to begin.
  An empty cell (NULL) means "not reported", never "no". In case_overview and case_outcome the columns by which cases are counted
  (site, histology, sex, surgery ...) hold the words "not reported" instead; numbers are empty there too.
  Units stand in the names of columns.
  CSV is UTF-8 with a header; text stands in quotes, NULL is an empty cell without quotes.
  A text that begins with = + - @, a tab or a carriage return has an apostrophe (') before it, so that no spreadsheet runs it as a
  formula; one that begins with apostrophes and then such a sign has one more. Take one away to have the words as they are:
  replace ^'('*[=+\\-@\\t\\r]) by the group. Numbers are as they are. Parquet, JSONL and SQLite hold the words unchanged.
  Offsets (start_char, end_char) count Unicode code points of report_text.text.

  Python   pandas.read_parquet("case_overview.parquet")
  R        arrow::read_parquet("case_overview.parquet")
  DuckDB   select * from 'case_overview.parquet'

Licences
  {licence}
  The code and the vocabularies have their own licences: see the project.

To cite
  {citation}
"""


def citation(edition: Edition) -> str:
    """Return how this state of the database is cited, as a line of text; what was read is cited report by report."""
    return (
        f"Casebook: published oncology case reports as a database. Version {edition.version}, {edition.reports:,} reports, "
        f"{day(edition)}. SHA-256 {edition.sha256}."
    )


def day(edition: Edition) -> str:
    """Return the day of a database in words of ISO 8601."""
    return edition.date[:10] if edition.date else "no date"


def readme(edition: Edition) -> str:
    """Return what a README says of an export."""
    return _README.format(
        version=edition.version, date=day(edition), reports=f"{edition.reports:,}", cases=f"{edition.cases:,}", notice=publish.NOTICE,
        licence=LICENCE, citation=citation(edition),
    )  # fmt: skip


def dictionary(tables: Iterable[ExportedTable]) -> str:
    """Return the data dictionary as CSV: a line for each table, and below it one for each of its columns."""
    out = io.StringIO()
    lines = csv.writer(out, lineterminator="\n")
    lines.writerow(("table", "column", "type", "required", "key", "description"))
    for table in tables:
        lines.writerow((table.name, "", "", "", "", table.description))
        for column in table.columns:
            required = "yes" if column.is_required else "no"
            lines.writerow((table.name, column.name, column.type.lower(), required, column.key or "", column.description))
    return out.getvalue()


def package(edition: Edition, tables: Iterable[ExportedTable], path: str, media_type: str, files: Mapping[str, Download]) -> str:
    """Return the descriptor of a Frictionless data package (specs.frictionlessdata.io) as JSON.

    Parameters
    ----------
    path
        Where the file of a table lies: "tables/{}.csv".
    files
        The files of which size and sum are known already, by path.
    """
    said = {
        "profile": "data-package",
        "name": "casebook",
        "title": "Casebook: published oncology case reports as a database",
        "description": publish.NOTICE,
        "version": edition.version,
        **({"created": edition.date} if edition.date else {}),
        "licenses": [{"name": "per-report", "title": LICENCE}],
        "sources": [{"title": f"{edition.reports} published reports, cited in table report (citation, doi, pmcid, pmid)"}],
        "resources": [_resource(table, path.format(table.name), media_type, files) for table in tables],
    }
    return json.dumps(said, indent=2, ensure_ascii=False) + "\n"


def _resource(table: ExportedTable, path: str, media_type: str, files: Mapping[str, Download]) -> dict[str, Any]:
    is_csv = path.endswith(".csv")
    known = files.get(path)
    return {
        "name": table.name,
        "path": path,
        "profile": "tabular-data-resource" if is_csv else "data-resource",
        "description": table.description,
        "format": path.rpartition(".")[2],
        "mediatype": media_type,
        **({"encoding": "utf-8"} if is_csv else {}),
        **({"bytes": known.size, "hash": f"sha256:{known.sha256}"} if known else {}),
        "schema": {
            "fields": [
                {
                    "name": column.name,
                    "type": column.frictionless,
                    "description": column.description,
                    **({"constraints": {"required": True}} if column.is_required else {}),
                }
                for column in table.columns
            ],
            **({"missingValues": [""]} if is_csv else {}),
            "primaryKey": list(table.key),
            "foreignKeys": [
                {"fields": list(key.columns), "reference": {"resource": key.table, "fields": list(key.references)}}
                for key in table.foreign_keys
            ],
        },
    }
