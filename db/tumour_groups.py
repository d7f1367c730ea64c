"""Groups of tumours for browsing: which kind of tumour an ICD-O-3 morphology code is, and how it behaves.

The groups follow those of malignant neoplasms that count as histologically different (after J. W. Berg) in the rules for
multiple primaries of IARC, IACR and ENCR, 2004, table 2. Where the WHO classification of tumours puts a kind elsewhere than
those rules of 2004, or researchers would look for it elsewhere, `tumour_groups.csv` says so in its column `source`. Benign and
borderline tumours stand with their malignant kin: the behaviour tells them apart.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

from db.schema import DatabaseError

CSV = Path(__file__).parent / "tumour_groups.csv"
OTHER = "other kind of tumour"  # what a code is that stands in no range: no code of our vocabularies does
_COLUMNS = ["first_code", "last_code", "group", "source"]

# The fifth digit of the code; 6 (metastatic) and 9 (primary or metastatic) are malignant tumours as well.
BEHAVIOURS = (
    ("3", "malignant"),
    ("6", "malignant"),
    ("9", "malignant"),
    ("2", "in situ"),
    ("1", "uncertain or borderline"),
    ("0", "benign"),
)


@dataclass(frozen=True, slots=True)
class CodeRange:
    """Morphology codes, first and last included, without behaviour (8000 to 9999), and the group they are in."""

    first: int
    last: int
    group: str


def read(path: Path = CSV) -> tuple[CodeRange, ...]:
    """Return the ranges of a file, by their codes.

    Raises
    ------
    DatabaseError
        A line is no range with a group and a source, or its codes are in another range as well; with file and line.
    """
    with path.open(encoding="utf-8", newline="") as lines:
        table = csv.reader(lines)
        if next(table, None) != _COLUMNS:
            raise DatabaseError(f"{path}:1: wanted the columns {','.join(_COLUMNS)}")
        found = sorted(((_range(path, table.line_num, row), table.line_num) for row in table), key=lambda pair: pair[0].first)
    for (before, _), (after, number) in pairwise(found):
        if after.first <= before.last:
            raise DatabaseError(f"{path}:{number}: {after.first} is in the range {before.first} to {before.last} ({before.group}) as well")
    return tuple(codes for codes, _ in found)


def group(morphology: str | None) -> str | None:
    """Return the group of a code ("8825/1" to "sarcoma or soft tissue tumour"); None for None."""
    return _groups().get(int(morphology[:4]), OTHER) if morphology else None


def behaviour(morphology: str | None) -> str | None:
    """Return the behaviour of a code ("8825/1" to "uncertain or borderline"); None for None."""
    return dict(BEHAVIOURS)[morphology[5:]] if morphology else None


@cache
def _groups() -> dict[int, str]:
    return dict(_by_code())


def _by_code() -> Iterator[tuple[int, str]]:
    for codes in read():
        for code in range(codes.first, codes.last + 1):
            yield code, codes.group


def _range(path: Path, number: int, row: list[str]) -> CodeRange:
    """Return the range that a line gives."""
    is_whole = len(row) == len(_COLUMNS) and all(row)
    if not is_whole or not all(code.isascii() and code.isdigit() and len(code) == 4 for code in row[:2]) or row[0] > row[1]:
        raise DatabaseError(f"{path}:{number}: {','.join(row)}: wanted two codes of four digits, a group and a source")
    return CodeRange(int(row[0]), int(row[1]), row[2])
