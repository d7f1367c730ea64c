"""CSV and TSV: the delimiter by content, the same number of cells in each line."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from corpus.markup.pieces import MAX_CELL_CHARACTERS, is_blank, plain
from corpus.readers.decode import decode
from corpus.report import CorpusError
from corpus.tables.layout import Draft, Tables, check_size
from corpus.tables.sheet import tables_of_sheet

_DELIMITERS = {"\t": "tab", ",": "comma", ";": "semicolon", "|": "bar"}
# Commas and semicolons of a sentence or a decimal number.
_OF_TEXT = {mark: re.compile(rf"{mark}(?=\s)|(?<=[0-9]){mark}(?=[0-9])") for mark in (",", ";")}


@dataclass(frozen=True, slots=True)
class _Record:
    """One record; `line` is the line of the file, from 1, where it begins."""

    line: int
    cells: tuple[str, ...]


def read(data: bytes, name: str) -> Tables:
    """Read a text file whose lines are cells between tabs, commas, semicolons or bars.

    Empty lines part tables, as empty rows of a spreadsheet do. Quoted cells may hold delimiters and line ends.

    Raises
    ------
    CorpusError
        As `corpus.readers.decode.decode`; no or more than one possible delimiter; a line with more or fewer cells than
        the others; wrong quoting; a bound is passed.
    """
    text = decode(data, name)
    records = _records(text, _delimiter(text, name), name)
    return tables_of_sheet(name, _drafts(records, name), lambda row, column: f"line {records[row].line}, column {column + 1}")


def _drafts(records: Sequence[_Record], name: str) -> list[Draft]:
    """Place the cells that are not blank."""
    drafts = []
    for row, record in enumerate(records):
        for column, cell in enumerate(record.cells):
            if len(cell) > MAX_CELL_CHARACTERS:
                raise CorpusError(f"{name}:{record.line}: cell of {len(cell)} characters, wanted at most {MAX_CELL_CHARACTERS}")
            pieces = tuple(plain(cell))
            if not is_blank(pieces):
                drafts.append(Draft(pieces, row, column))
    return drafts


def _delimiter(text: str, name: str) -> str:
    """Find the delimiter by which all lines of a table have as many cells; the one that most lines agree on where none does."""
    agreement: dict[str, float] = {}
    first_error: CorpusError | None = None
    for mark in _DELIMITERS:
        if mark not in text:
            continue
        try:
            blocks = _blocks(_parse(text, mark, name))
        except CorpusError as error:
            first_error = first_error or error
            continue
        widths = [_usual_width(block) for block in blocks]
        if max(widths, default=0) > 1:
            lines = sum(len(block) for block in blocks)
            agreement[mark] = sum(len(r.cells) == width > 1 for block, width in zip(blocks, widths, strict=True) for r in block) / lines
    if not agreement:
        raise first_error or CorpusError(
            f"{name}: no line is parted into cells, wanted a table (tab, comma, semicolon or bar between cells)"
        )
    best = [mark for mark, share in agreement.items() if share == max(agreement.values())]
    if "\t" in best:
        return "\t"  # no sentence holds a tab
    sure = [mark for mark in best if mark not in _OF_TEXT or len(_OF_TEXT[mark].findall(text)) < text.count(mark)]
    if len(best) > 1 and len(sure) != 1:
        marks = " and ".join(_DELIMITERS[mark] for mark in best)
        raise CorpusError(f"{name}: {marks} both part the lines alike, wanted one delimiter; use tabs or quote the cells")
    return best[0] if len(best) == 1 else sure[0]


def _records(text: str, mark: str, name: str) -> list[_Record]:
    """Take the text apart and check that the lines of a table have as many cells; blank lines stay, as empty records."""
    records = _parse(text, mark, name)
    for block in _blocks(records):
        width = _usual_width(block)
        for record in block:
            if len(record.cells) != width:
                wanted = f"{width} as in {'most lines' if len(block) > 2 else f'line {block[0].line}'}"
                raise CorpusError(f"{name}:{record.line}: {len(record.cells)} cells ({_DELIMITERS[mark]} between them), wanted {wanted}")
    return records


def _parse(text: str, mark: str, name: str) -> list[_Record]:
    """Take the text apart by one delimiter; stops where it is too large for a table."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True)
    records: list[_Record] = []
    line, total = 1, 0
    try:
        for cells in reader:
            records.append(_Record(line, tuple(cells)))
            line = reader.line_num + 1
            total += len(cells)
            check_size(name, len(records), len(cells), total)
    except csv.Error as error:
        raise CorpusError(f'{name}:{line}: no valid CSV ({error}), wanted cells quoted as "a ""word"" in quotes"') from error
    return records


def _blocks(records: Sequence[_Record]) -> list[list[_Record]]:
    """Part the records at blank lines; a line of delimiters alone belongs to its table."""
    return [
        list(group)
        for is_line, group in groupby(records, key=lambda record: any(c.strip() for c in record.cells) or len(record.cells) > 1)
        if is_line
    ]


def _usual_width(block: Sequence[_Record]) -> int:
    """Count the cells of most lines; of the wider ones where it is even."""
    counts = Counter(len(record.cells) for record in block)
    return max(counts, key=lambda width: (counts[width], width))
