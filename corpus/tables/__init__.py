"""Tables as they stand in files: one reader a format, each giving the same `Grid`."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from corpus.readers.decode import read_text
from corpus.report import CorpusError
from corpus.tables.grid import Cell, Grid


def read_tables(path: Path) -> tuple[Grid, ...]:
    """Return the tables of a file. Only CSV and TSV so far: the readers of the other formats come with `corpus.tables.read`.

    Raises
    ------
    CorpusError
        The file cannot be read, or its rows are of different lengths.
    """
    lines = list(csv.reader(io.StringIO(read_text(path), newline=""), delimiter="\t" if path.suffix == ".tsv" else ","))
    lines = [line for line in lines if any(line)]
    for number, line in enumerate(lines, start=1):
        if len(line) != len(lines[0]):
            raise CorpusError(f"{path}:{number}: {len(line)} cells, wanted {len(lines[0])}")
    cells = (tuple(Cell(" ".join(text.split()), row, at) for at, text in enumerate(line)) for row, line in enumerate(lines))
    return (Grid(str(path), tuple(cells)),)
