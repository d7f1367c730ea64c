"""A table as it is printed: a rectangle of cells, whatever format it came from.

Readers expand spans (the same cell stands in each place that it covers), take footnote marks out of the cells
and keep superscripts apart from numbers, so that nothing here is ever fused into a value that was not printed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Cell:
    """One printed cell.

    Attributes
    ----------
    text
        The words as printed, white space collapsed, without footnote marks; exponents as "10^5", line breaks as "; "
        only where the format marks them as such. "" for an empty cell.
    row, column
        Where the cell begins, from 0.
    row_span, column_span
        How many rows and columns it covers, from 1.
    notes
        Footnote marks that stood at the cell ("a", "*"), in order.
    is_header
        Whether the format marks it as a heading.
    """

    text: str
    row: int
    column: int
    row_span: int = 1
    column_span: int = 1
    notes: tuple[str, ...] = ()
    is_header: bool = False


@dataclass(frozen=True, slots=True)
class Grid:
    """One table of a file.

    Attributes
    ----------
    where
        The file, and the sheet or number of the table in it, for messages: "doses.xlsx, sheet Cases".
    rows
        Rectangular: each row has as many cells; a spanning cell stands in each place that it covers.
    header_rows
        Rows at the top that the format marks as headings; 0 where it marks none.
    label, caption
        "Table 1" and its title; None where there is none.
    footnotes
        Footnote mark to its text.
    remarks
        Text below the table that belongs to no mark, such as a list of abbreviations.
    """

    where: str
    rows: tuple[tuple[Cell, ...], ...]
    header_rows: int = 0
    label: str | None = None
    caption: str | None = None
    footnotes: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    remarks: tuple[str, ...] = ()
