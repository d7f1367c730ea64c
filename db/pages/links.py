"""What a page is read by beside the database: what its form was asked, and the addresses of the site."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from db.query import Row

Asked = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Served:
    """The database file that is served: where it lies, its bytes, and its SHA-256 in hex (None where it may change)."""

    path: Path | None
    size: int
    sha256: str | None


@dataclass(frozen=True, slots=True)
class Links:
    """Addresses of the site, under its base path.

    `path` takes an address of our own ("/doses"), `case` and `report` a name, `table` and `query` the name of a table or canned
    query and what it is asked, `row` a table and the values of the row's key. `served` is the file that all comes from.
    """

    path: Callable[[str], str]
    case: Callable[[str], str]
    report: Callable[[str], str]
    table: Callable[[str, Mapping[str, str]], str]
    query: Callable[[str, Mapping[str, str]], str]
    row: Callable[..., str]
    served: Served | None = None

    def dose(self, row: Row) -> str:
        """Return the address of what a row of radiotherapy_dose comes from: its case, or its row of a literature table."""
        if row["case_id"]:
            return self.case(row["case_id"])
        return self.row("dose_table_row", row["dose_table_id"], row["row_number"], row["dose_group"])
