"""What was made of a printed table, without what it took to make it (no spaCy)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from corpus.dose_table import DoseRow, TableCell, TableColumn

DOSES, OTHER_TABLE, REFUSED = "table of doses", "other table", "refused"


@dataclass(frozen=True, slots=True)
class Understood:
    """What was made of a table.

    Attributes
    ----------
    decision
        `table of doses`, `other table` (it holds none) or `refused` (it may hold doses, but is not understood).
    reason
        Why a table is no table of doses, or is refused; None for one of doses.
    is_transposed
        Whether the patients are columns.
    columns
        Each column as printed, and what it was taken for.
    rows
        A row for each line and dose group; () unless it is a table of doses.
    cells
        Each cell as printed with what was read, or the message why not.
    abbreviations
        What the table's footnotes spell out.
    """

    decision: str
    reason: str | None = None
    is_transposed: bool = False
    columns: tuple[TableColumn, ...] = ()
    rows: tuple[DoseRow, ...] = ()
    cells: tuple[TableCell, ...] = ()
    abbreviations: Mapping[str, str] | None = None
