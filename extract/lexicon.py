"""Vocabularies: CSV files with one variant a line, loaded once and matched by spaCy's PhraseMatcher."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

FOLDER = Path(__file__).parent / "lexicons"
_COLUMNS = ("concept_id", "preferred", "variant")
# A variant in capitals ("DLBCL", "T-ALL"), and a shorter one with any capital ("CgA"), is matched in just that case.
_SHORT = 5


class LexiconError(ValueError):
    """A vocabulary file that cannot be used; the message says `file:line: what was found, what was wanted`."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One variant of a concept. `more` holds the columns after the first three, by name.

    `is_cased` tells that the variant only counts in just this case: in capitals, or short with a capital.
    """

    lexicon: str
    concept_id: str
    preferred: str
    variant: str
    more: Mapping[str, str] = field(default_factory=dict, compare=False)
    is_cased: bool = False

    def get(self, column: str) -> str:
        """Return an extra column's cell, "" where the file has no such column."""
        return self.more.get(column, "")


def load(name: str, folder: Path = FOLDER) -> tuple[Entry, ...]:
    """Return the entries of `<name>.csv` and, after them, of `<name>_generated.csv` where there is one.

    Raises
    ------
    LexiconError
        For a wrong header, an empty cell, or a variant given twice; the message names file and line.
    """
    seen: dict[tuple[str, str], str] = {}
    entries = list(_read(folder / f"{name}.csv", name, seen))
    generated = folder / f"{name}_generated.csv"
    if generated.exists():
        entries.extend(_read(generated, name, seen))
    return tuple(entries)


def _read(path: Path, name: str, seen: dict[tuple[str, str], str]) -> Iterator[Entry]:
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file)
        header = next(reader, [])
        if tuple(header[:3]) != _COLUMNS:
            raise LexiconError(f"{path}:1: found the header {header}, wanted {','.join(_COLUMNS)} first")
        for row in reader:
            place = f"{path}:{reader.line_num}"
            if len(row) != len(header) or not all(cell.strip() for cell in row[:3]):
                raise LexiconError(f"{place}: found {row}, wanted {len(header)} cells, the first three not empty")
            variant, more = row[2], dict(zip(header[3:], row[3:], strict=True))
            # An abbreviation may mean several things, each beside other words.
            meaning = variant, more.get("beside", "")
            if meaning in seen:
                raise LexiconError(f"{place}: found {variant!r} again, wanted each variant once ({seen[meaning]})")
            seen[meaning] = place
            yield Entry(name, row[0], row[1], variant, more, _is_cased(variant))


def _is_cased(variant: str) -> bool:
    has_capital = variant != variant.lower()
    return has_capital and (len(variant) < _SHORT or variant == variant.upper())


def alternations(variant: str) -> Iterable[str]:
    """Yield a variant as written and with its hyphens as spaces and closed up, and with spaces as hyphens.

    "S-100" also stands for "S 100" and "S100"; "spindle cell" also for "spindle-cell".
    """
    yield variant
    if "-" in variant:
        yield variant.replace("-", " ")
        yield variant.replace("-", "")
        parts = variant.split("-")
        if len(parts) > 2:  # "double hit B-cell lymphoma" and "double-hit B cell lymphoma" of "double-hit B-cell lymphoma"
            for at in range(1, len(parts)):
                yield f"{'-'.join(parts[:at])} {'-'.join(parts[at:])}"
    head, space, tail = variant.partition(" ")
    if space:
        yield f"{head}-{tail}"
        first, second_space, rest = tail.partition(" ")
        if second_space:
            yield f"{head} {first}-{rest}"
