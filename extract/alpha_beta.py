"""The ratio alpha/beta of tumour types, as estimated from patients: lexicons/alpha_beta.csv (no spaCy).

The review of all such estimates, and of how far they lie apart: van Leeuwen CM et al., Radiat Oncol 2018;13:96,
doi 10.1186/s13014-018-1040-z.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from extract.lexicon import FOLDER, LexiconError

COLUMNS = ("tumour", "morphology", "topography", "alpha_beta_gy", "low_gy", "high_gy", "citation", "doi", "note")

_RANGE = re.compile(r"(?P<low>C?\d{2,4})(?:-(?P<high>C?\d{2,4}))?")


@dataclass(frozen=True, slots=True)
class AlphaBeta:
    """One estimate of alpha/beta from patients.

    Attributes
    ----------
    tumour
        The tumour type in words.
    morphology, topography
        Ranges (first and last) of ICD-O-3 morphology without behaviour ("8850") and of topography groups ("C50"). The
        behaviour is always 3, malignant. An empty topography means any site.
    value_gy, low_gy, high_gy
        The estimate and its 95% confidence interval, in Gy. The lower limit may be below 0, as published; None: not given.
    citation, doi, note
        Where the estimate is published, and what it was made from.
    """

    tumour: str
    morphology: tuple[tuple[str, str], ...]
    topography: tuple[tuple[str, str], ...]
    value_gy: float
    low_gy: float | None
    high_gy: float | None
    citation: str
    doi: str
    note: str

    @property
    def is_uncertain(self) -> bool:
        """Whether there is no interval, or one that reaches 0 or below: then it says little more than "small"."""
        return self.low_gy is None or self.low_gy <= 0 or self.high_gy is None


@cache
def table() -> tuple[AlphaBeta, ...]:
    """Return the estimates that come with Casebook, in the order of the file."""
    return load(FOLDER / "alpha_beta.csv")


def of_tumour(morphology: str | None, topography: str | None) -> AlphaBeta | None:
    """Return the estimate for a tumour ("8500/3", "C50.4"); None where there is none or the tumour is not known."""
    code, _, behaviour = (morphology or "").partition("/")
    if behaviour != "3":
        return None
    organ = (topography or "")[:3]
    for entry in table():
        if _within(code, entry.morphology) and (not entry.topography or _within(organ, entry.topography)):
            return entry
    return None


def _within(code: str, ranges: tuple[tuple[str, str], ...]) -> bool:
    return any(low <= code <= high for low, high in ranges)


def load(path: Path) -> tuple[AlphaBeta, ...]:
    """Read a file of estimates.

    Raises
    ------
    LexiconError
        A header, range or number is not as it must be; the message names file and line.
    """
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file)
        header = tuple(next(reader, []))
        if header != COLUMNS:
            raise LexiconError(f"{path}:1: found the header {list(header)}, wanted {','.join(COLUMNS)}")
        return tuple(_entry(cells, f"{path}:{reader.line_num}") for cells in reader)


def _entry(cells: list[str], where: str) -> AlphaBeta:
    if len(cells) != len(COLUMNS):
        raise LexiconError(f"{where}: found {len(cells)} cells, wanted {len(COLUMNS)}")
    said = dict(zip(COLUMNS, cells, strict=True))
    for name in ("tumour", "morphology", "alpha_beta_gy", "citation", "doi"):
        if not said[name].strip():
            raise LexiconError(f"{where}: {name} is empty, wanted a value")
    value = _number(said["alpha_beta_gy"], where)
    low, high = (_number(said[name], where) if said[name] else None for name in ("low_gy", "high_gy"))
    if value <= 0 or (low is not None and low > value) or (high is not None and high < value):
        raise LexiconError(f"{where}: found {value:g} Gy in {low} to {high}, wanted a value above 0 within its interval")
    return AlphaBeta(
        said["tumour"], tuple(_ranges(said["morphology"], where)), tuple(_ranges(said["topography"], where)),
        value, low, high, said["citation"], said["doi"], said["note"],
    )  # fmt: skip


def _number(cell: str, where: str) -> float:
    if not re.fullmatch(r"-?\d{1,3}(?:\.\d{1,2})?", cell):
        raise LexiconError(f"{where}: found {cell!r}, wanted a number of Gy")
    return float(cell)


def _ranges(cell: str, where: str) -> Iterator[tuple[str, str]]:
    for part in filter(None, cell.split("; ")):
        found = _RANGE.fullmatch(part)
        if not found:
            raise LexiconError(f"{where}: found {part!r}, wanted codes or ranges of them, separated by '; '")
        yield found["low"], found["high"] or found["low"]
