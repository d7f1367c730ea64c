"""The page of downloads: the files of the export that lies beside the served database, where it is of this very database."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from db import export
from db.export import about
from db.export import manifest as manifests
from db.export.manifest import Download, Edition, Manifest
from db.pages.data import Data
from db.pages.links import Links
from db.schema import DatabaseError

# What became of the export.
CURRENT, OLDER, NONE = "current", "older", "none"
_UNITS = ("kB", "MB", "GB")


@dataclass(frozen=True, slots=True)
class DownloadsPage:
    """What there is to be had.

    Attributes
    ----------
    state
        CURRENT: the files are of the served database; OLDER: of another one, so none is offered; NONE: there are none.
    edition
        The served database; None where Datasette has no sum of it, as it may change.
    exported
        The database of which the files are, where they are of another.
    files, tables
        The files for people, and those of single tables for programs; () unless CURRENT.
    citation
        How the served database is cited; "" without an edition.
    """

    state: str
    edition: Edition | None
    exported: Edition | None
    files: tuple[Download, ...]
    tables: tuple[Download, ...]
    citation: str

    @property
    def data(self) -> Data:
        """The files with their sums, for programs."""
        rows = ((file.name, file.about, file.size, file.rows, file.sha256) for file in (*self.files, *self.tables))
        return Data(("name", "about", "bytes", "rows", "sha256"), tuple(rows))


def downloads_page(connection: sqlite3.Connection, links: Links) -> DownloadsPage:
    """Read what there is beside the served database."""
    served = links.served
    made = _export_beside(links)
    edition = export.edition_of(connection, served.sha256, served.size) if served and served.sha256 else None
    cited = about.citation(edition) if edition else ""
    if made is None:
        return DownloadsPage(NONE, edition, None, (), (), cited)
    if edition is None or made.edition.sha256 != edition.sha256:
        return DownloadsPage(OLDER, edition, made.edition, (), (), cited)
    of_tables = tuple(file for file in made.files if file.name.startswith("parquet/"))
    return DownloadsPage(CURRENT, edition, None, tuple(file for file in made.files if file not in of_tables), of_tables, cited)


def size(n_bytes: int) -> str:
    """Return a number of bytes as people read it: "512 bytes", "2.2 MB"."""
    if n_bytes < 1000:
        return f"{n_bytes} bytes"
    power = next((power for power in (1, 2) if round(n_bytes / 1000**power, 1) < 1000), len(_UNITS))
    return f"{n_bytes / 1000**power:.1f} {_UNITS[power - 1]}"


def _export_beside(links: Links) -> Manifest | None:
    """Return the export beside the served database; None where there is none, or what lies there says nothing of use."""
    if links.served is None or links.served.path is None:
        return None
    try:
        return manifests.read(export.folder_of(links.served.path))
    except DatabaseError:
        return None  # `casebook export` tells the operator, and mends it; to a reader it is not there
