"""The lists behind the rules: lexicons/plausibility_*.csv, each line with its reason and its source (no spaCy)."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

from extract.lexicon import FOLDER, LexiconError
from extract.plausibility.flag import SEVERITIES

SEXES = ("female", "male")
KINDS = ("topography", "morphology", "procedure")

# "8170-8175", "9100/0"; "C51-C58", "C63.2"
_CODES = re.compile(r"(?P<low>C\d\d(?:\.\d)?|\d{4})(?:-(?P<high>C\d\d(?:\.\d)?|\d{4}))?(?P<behaviour>/\d)?")


@dataclass(frozen=True, slots=True)
class Codes:
    """Ranges of ICD-O-3 codes, each with its first, its last and its behaviour ("" for any)."""

    ranges: tuple[tuple[str, str, str], ...]

    def hold(self, code: str) -> bool:
        """Tell whether a code ("C34.1", "8170/3") is in one of the ranges; a range of "C34" holds all of its decimals."""
        return any(low <= code[: len(low)] and code[: len(high)] <= high and code.endswith(end) for low, high, end in self.ranges)


@dataclass(frozen=True, slots=True)
class SexBound:
    """What only one sex has.

    `codes` holds topography or morphology by `kind`; for operations it is empty, and `words` are in the operation's name.
    """

    what: str
    kind: str
    codes: Codes
    words: tuple[str, ...]
    sex: str
    severity: str
    reason: str


@dataclass(frozen=True, slots=True)
class SiteBound:
    """Where alone a tumour arises: `usual` sites raise no flag, `seldom` ones are unusual, the severity of all others is `elsewhere`."""

    tumour: str
    morphology: Codes
    usual: Codes
    seldom: Codes
    elsewhere: str
    reason: str


@dataclass(frozen=True, slots=True)
class AgeBound:
    """At which age a tumour occurs, in years; `oldest` is None where there is no upper bound. An empty topography is any site."""

    tumour: str
    morphology: Codes
    topography: Codes
    youngest: float
    oldest: float | None
    severity: str
    reason: str


@dataclass(frozen=True, slots=True)
class DrugBound:
    """The dose of a drug above which no practice goes, in a unit as records have it ("mg/m2")."""

    drug: str
    unit: str
    most: float
    severity: str
    reason: str


@cache
def of_sex(folder: Path = FOLDER) -> tuple[SexBound, ...]:
    """Return the lines of plausibility_sex.csv.

    Raises
    ------
    LexiconError
        A cell is not as it must be; the message names file and line. So with the other lists.
    """
    columns = ("what", "kind", "codes", "sex", "severity", "reason", "source")
    found = []
    for said, where in _lines(folder / "plausibility_sex.csv", columns):
        kind = _one_of(said["kind"], KINDS, where)
        words = tuple(said["codes"].split("; ")) if kind == "procedure" else ()
        codes = Codes(()) if words else _codes(said["codes"], where)
        found.append(SexBound(said["what"], kind, codes, words, _one_of(said["sex"], SEXES, where), said["severity"], said["reason"]))
    return tuple(found)


@cache
def of_site(folder: Path = FOLDER) -> tuple[SiteBound, ...]:
    """Return the lines of plausibility_site.csv."""
    columns = ("tumour", "morphology", "usual", "seldom", "elsewhere", "reason", "source")
    return tuple(
        SiteBound(
            said["tumour"], _codes(said["morphology"], where), _codes(said["usual"], where), _codes(said["seldom"], where),
            said["elsewhere"], said["reason"],
        )
        for said, where in _lines(folder / "plausibility_site.csv", columns, may_be_empty=("seldom",))
    )  # fmt: skip


@cache
def of_age(folder: Path = FOLDER) -> tuple[AgeBound, ...]:
    """Return the lines of plausibility_age.csv."""
    columns = ("tumour", "morphology", "topography", "youngest_years", "oldest_years", "severity", "reason", "source")
    return tuple(
        AgeBound(
            said["tumour"], _codes(said["morphology"], where), _codes(said["topography"], where), _number(said["youngest_years"], where),
            _number(said["oldest_years"], where) if said["oldest_years"] else None, said["severity"], said["reason"],
        )
        for said, where in _lines(folder / "plausibility_age.csv", columns, may_be_empty=("topography", "oldest_years"))
    )  # fmt: skip


@cache
def of_drug(folder: Path = FOLDER) -> Mapping[tuple[str, str], DrugBound]:
    """Return the lines of plausibility_drug.csv by drug and unit."""
    columns = ("drug", "unit", "usual_most", "most", "severity", "reason", "source")
    found: dict[tuple[str, str], DrugBound] = {}
    for said, where in _lines(folder / "plausibility_drug.csv", columns):
        key = said["drug"], said["unit"]
        if key in found:
            raise LexiconError(f"{where}: found {' in '.join(key)} again, wanted each drug and unit once")
        most = _number(said["most"], where)
        if most <= _number(said["usual_most"], where):
            raise LexiconError(f"{where}: found {most:g} as the most, wanted more than the usual most")
        found[key] = DrugBound(*key, most, said["severity"], said["reason"])
    return MappingProxyType(found)


def _lines(path: Path, columns: tuple[str, ...], may_be_empty: tuple[str, ...] = ()) -> Iterator[tuple[dict[str, str], str]]:
    """Yield the lines of a list by column, each with its place for messages."""
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file)
        header = tuple(next(reader, []))
        if header != columns:
            raise LexiconError(f"{path}:1: found the header {list(header)}, wanted {','.join(columns)}")
        for cells in reader:
            where = f"{path}:{reader.line_num}"
            if len(cells) != len(columns):
                raise LexiconError(f"{where}: found {len(cells)} cells, wanted {len(columns)}")
            said = dict(zip(columns, cells, strict=True))
            for name in columns:
                if not said[name].strip() and name not in may_be_empty:
                    raise LexiconError(f"{where}: {name} is empty, wanted a value")
            _one_of(said.get("severity") or said["elsewhere"], SEVERITIES, where)
            yield said, where


def _one_of(cell: str, words: tuple[str, ...], where: str) -> str:
    if cell not in words:
        raise LexiconError(f"{where}: found {cell!r}, wanted {' or '.join(words)}")
    return cell


def _number(cell: str, where: str) -> float:
    if not re.fullmatch(r"\d{1,6}(?:\.\d{1,2})?", cell):
        raise LexiconError(f"{where}: found {cell!r}, wanted a number")
    return float(cell)


def _codes(cell: str, where: str) -> Codes:
    ranges = []
    for part in filter(None, cell.split("; ")):
        found = _CODES.fullmatch(part)
        if not found:
            raise LexiconError(f"{where}: found {part!r}, wanted codes or ranges of them, separated by '; '")
        ranges.append((found["low"], found["high"] or found["low"], found["behaviour"] or ""))
    return Codes(tuple(ranges))
