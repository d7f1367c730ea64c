"""The ledger of files: what came of each, so that a rerun looks at nothing twice."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from db.query import one

# Reports that are stored, and those that are linked to one that tells the same.
_THERE = "select report_id from report union all select duplicate_id from report_duplicate"
# The same where another pipeline than today's read the file.
_READ_SINCE = "select report_id from report where pipeline_fingerprint = ?1 union all select duplicate_id from report_duplicate"


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file that was read.

    Attributes
    ----------
    source_id, file_name
        What it is known by, and what it is called, without its folder.
    sha256
        Of its bytes, in hex.
    read_by
        Fingerprint of readers and pipeline.
    reports
        Names of the reports in it, as far as they could be used.
    problems
        Messages on what could not be used, without the file's path.
    stamp
        What the system said of it when it was read (`corpus.files.stamp`), None where that tells nothing.
    """

    source_id: str
    file_name: str
    sha256: str
    read_by: str
    reports: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    stamp: str | None = None


def known(
    connection: sqlite3.Connection, source_id: str, readers: str, pipeline: str, *, sha256: str | None = None, stamp: str | None = None
) -> SourceFile | None:
    """Return what came of a file, known by its bytes or its stamp, when it was read; None where it must be read (again).

    It must where bytes (or stamp) or the readers are others, where a report in it is not stored any more, and where another pipeline
    read it: unless all that was in it has been read by this one since, from the stored texts.
    """
    row = one(connection, "select * from source_file where source_id = ? and (sha256 = ? or stamp = ?)", source_id, sha256, stamp)
    if row is None:
        return None
    reports, problems = (tuple(json.loads(row[name])) for name in ("reports", "problems"))
    there = _THERE
    if row["read_by"] != read_by(readers, pipeline):
        if problems or not reports or not row["read_by"].startswith(read_by(readers, "")):
            return None
        there = _READ_SINCE
    for report_id in reports:
        if one(connection, f"select 1 from ({there}) where report_id = ?2", pipeline, report_id) is None:
            return None
    return SourceFile(source_id, row["file_name"], row["sha256"], row["read_by"], reports, problems, row["stamp"])


def read_by(readers: str, pipeline: str) -> str:
    """Return both fingerprints as one, as the ledger keeps them."""
    return f"{readers} {pipeline}"


def note(connection: sqlite3.Connection, files: Sequence[SourceFile]) -> None:
    """Enter files in the ledger, in place of what was known of them; of their reports those that are stored or linked."""
    stored = {name for (name,) in connection.execute(_THERE)}
    with connection:
        connection.executemany(
            "insert or replace into source_file values (?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    x.source_id,
                    x.file_name,
                    x.sha256,
                    x.read_by,
                    _listed(name for name in x.reports if name in stored),
                    _listed(x.problems),
                    x.stamp,
                )
                for x in files
            ],
        )


def forget(connection: sqlite3.Connection, reports: Iterable[str]) -> None:
    """Forget the files that held reports, so that they are read when they are named again."""
    held = "select 1 from json_each(source_file.reports) where json_each.value = ?"
    with connection:
        connection.executemany(f"delete from source_file where exists ({held})", [(name,) for name in reports])


def _listed(values: Iterable[str]) -> str:
    return json.dumps(list(values), ensure_ascii=False)
