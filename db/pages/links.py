"""What a page is read by beside the database: what its form was asked, and the addresses of the site."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode

from datasette.utils import tilde_encode

from db.query import Row

Asked = Mapping[str, str]
_NOTHING: Asked = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Served:
    """The database file that is served: where it lies, its bytes, and its SHA-256 in hex (None where it may change)."""

    path: Path | None
    size: int
    sha256: str | None


@dataclass(frozen=True, slots=True)
class Links:
    """Addresses of the site, under its base path.

    Attributes
    ----------
    urls
        What Datasette makes addresses with (`datasette.urls`).
    database
        The name of the database that the site is about.
    served
        The file that all comes from; None where nobody asks for it.
    """

    urls: Any
    database: str
    served: Served | None = None

    def path(self, address: str, asked: Asked = _NOTHING) -> str:
        """Return an address of our own ("/doses"), with what is asked of it."""
        return asking(self.urls.path(address), asked)

    def table(self, name: str, asked: Asked = _NOTHING) -> str:
        """Return the address of a table."""
        return asking(self.urls.table(self.database, name), asked)

    def query(self, name: str, asked: Asked = _NOTHING) -> str:
        """Return the address of a canned query."""
        return asking(self.urls.query(self.database, name), asked)

    def row(self, table: str, *keys: Any) -> str:
        """Return the address of a row, by the values of its key."""
        return str(self.urls.row(self.database, table, ",".join(tilde_encode(str(key)) for key in keys)))

    def case(self, case_id: str) -> str:
        """Return the address of the page of a case."""
        return self.row("patient_case", case_id)

    def report(self, report_id: str) -> str:
        """Return the address of the page of a report."""
        return self.row("report", report_id)

    def dose_table_row(self, row: Row) -> str:
        """Return the address of a row of a literature table, of which a row with its key tells."""
        return self.row("dose_table_row", row["dose_table_id"], row["row_number"], row["dose_group"])

    def dose(self, row: Row) -> str:
        """Return the address of what a row of radiotherapy_dose comes from: its case, or its row of a literature table."""
        return self.case(row["case_id"]) if row["case_id"] else self.dose_table_row(row)


def asking(address: Any, asked: Asked | Iterable[tuple[str, str]]) -> str:
    """Return an address with what is asked of it; as it is where nothing is."""
    query = urlencode(asked if isinstance(asked, Mapping) else tuple(asked))
    return f"{address}?{query}" if query else str(address)
