"""Tables written for the tests, with what is to be read of them: `tests/tables/<name>.txt`.

# what the table shows
caption: ...            remark: ...            headings: 2          (all optional)
| Author | Age | <      a cell a bar; "<" goes on with the cell before it, "^" with the one above
=> table of doses       the decision, and the reason behind a colon
1.1 Doe 2001: ...       a row and dose group: its reference, and in words all that was read
! 2, Dose (Gy): ...     a message: row, heading, words
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from corpus.dose_table import in_words
from corpus.tables.grid import Cell, Grid
from extract.tables.understood import Understood

FOLDER = Path(__file__).parent / "tables"


@dataclass(frozen=True)
class Example:
    name: str
    grid: Grid
    expected: tuple[str, ...]


def examples() -> list[Example]:
    return [_example(path) for path in sorted(FOLDER.glob("*.txt"))]


def _example(path: Path) -> Example:
    lines = path.read_text(encoding="utf-8").splitlines()
    rows = [[cell.strip() for cell in line[1:].split("|")] for line in lines if line.startswith("|")]
    said = {
        key: words for line in lines for key, mark, words in [line.partition(": ")] if mark and key in ("caption", "remark", "headings")
    }
    expected = tuple(line for line in lines if line and not line.startswith(("|", "#")) and line.partition(": ")[0] not in said)
    remarks = (said["remark"],) if "remark" in said else ()
    return Example(
        path.stem, replace(grid(rows), caption=said.get("caption"), remarks=remarks, header_rows=int(said.get("headings", 0))), expected
    )


def grid(rows: list[list[str]], where: str = "table") -> Grid:
    """A grid of rows of cells; "<" and "^" go on with the cell to the left and above."""
    made: list[list[Cell]] = []
    for at, row in enumerate(rows):
        made.append([])
        for column, text in enumerate(row):
            if text == "<":
                made[at].append(made[at][column - 1])
            elif text == "^":
                made[at].append(made[at - 1][column])
            else:
                made[at].append(Cell(text, at, column))
    for at, row in enumerate(made):
        for column, cell in enumerate(row):
            spans = {(cell.row, cell.column): (1, 1)}
            covered = [
                (y, x)
                for y, line in enumerate(made)
                for x, other in enumerate(line)
                if (other.row, other.column) == (cell.row, cell.column)
            ]
            spans = (1 + max(y for y, _ in covered) - cell.row, 1 + max(x for _, x in covered) - cell.column)
            made[at][column] = replace(cell, row_span=spans[0], column_span=spans[1])
    return Grid(where, tuple(tuple(row) for row in made))


def told(found: Understood) -> Iterator[str]:
    """What was understood, in the lines of an example."""
    yield f"=> {found.decision}{f': {found.reason}' if found.reason else ''}"
    for row in found.rows:
        yield f"{row.row_number}.{row.dose_group} {row.reference}: {in_words(asdict(row))}"
    headings = {column.number: column.heading for column in found.columns}
    for cell in found.cells:
        if cell.message:
            yield f"! {cell.row_number}, {headings[cell.column_number]}: {cell.message}"
