"""A literature table of radiotherapy doses: each row as it is printed and, beside it, as it is read.

Three files make a table: `<id>.csv` holds the rows, `<id>.toml` says where the table stands, what its columns mean and
what its abbreviations stand for, and `corrections/<id>.csv`, where there is one, says cell by cell what was corrected or
is doubtful, and why.
"""

from __future__ import annotations

import csv
import io
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from itertools import groupby
from pathlib import Path
from types import MappingProxyType
from typing import Any

from corpus.readers.decode import read_text
from corpus.report import CorpusError

_META_KEYS = ("id", "title", "citation", "doi", "license", "note", "columns", "abbreviations", "headings")
# The columns of the printed table, in its order.
PRINTED = ("reference", "n", "age", "sex", "site", "treatment", "dose", "follow_up")
CORRECTIONS = "corrections"
# Between the rows of one heading: "Radiotherapy › Dose (Gy)".
JOINT = " › "


@dataclass(frozen=True, slots=True)
class DoseRow:
    """The patients of one printed row who had the same dose. None means that the table does not say.

    Attributes
    ----------
    row_number, dose_group
        The printed row, and the dose group within it, both from 1.
    reference
        Author, year and citation number as printed.
    n_printed, age_printed, sex_printed, site_printed, treatment_printed, dose_printed, follow_up_printed
        The cells as printed, the same in all dose groups of a row.
    n_patients, dose_group_n
        Patients of the printed row, irradiated or not; patients of this dose group.
    age_years, age_min_years, age_max_years
        Age of the one patient of a row, or lowest and highest age of several, in years (0 to 120).
    n_male, n_female
        Patients of the printed row by sex.
    site_topography
        ICD-O-3 topography code ("C34.9").
    total_dose_gy, fractions, dose_per_fraction_gy
        Physical dose in Gy, number of fractions, Gy per fraction; a printed number of fractions that
        cannot be is left out and flagged.
    follow_up_months, follow_up_is_minimum
        Follow-up in months; True where the table says "at least".
    recurrence, n_recurred, recurrence_months
        Whether a patient of the group had a recurrence, how many, and after how many months.
    histology, morphology
        Tumour, and its ICD-O-3 morphology with behaviour ("8825/1").
    technique, is_rbe_weighted
        Technique of the radiotherapy ("IMRT"); True where the dose is in Gy(RBE), never to be mixed with Gy.
    surgery, drugs
        Whether the tumour was operated on; drugs against it, separated by semicolons.
    response, status
        CR, PR, SD or PD; NED, AWD, ALIVE, DOD, DOC, DEAD or LTFU at the last follow-up.
    """

    row_number: int
    dose_group: int
    reference: str
    n_printed: str | None
    age_printed: str | None
    sex_printed: str | None
    site_printed: str | None
    treatment_printed: str | None
    dose_printed: str | None
    follow_up_printed: str | None
    n_patients: int | None
    dose_group_n: int | None
    age_years: float | None
    age_min_years: float | None
    age_max_years: float | None
    n_male: int | None
    n_female: int | None
    site_topography: str | None
    total_dose_gy: float | None
    fractions: int | None
    dose_per_fraction_gy: float | None
    follow_up_months: float | None
    follow_up_is_minimum: bool | None
    recurrence: bool | None
    n_recurred: int | None
    recurrence_months: float | None
    histology: str | None
    morphology: str | None
    technique: str | None
    is_rbe_weighted: bool | None
    surgery: bool | None
    drugs: str | None
    response: str | None
    status: str | None


@dataclass(frozen=True, slots=True)
class TableColumn:
    """A column as printed: `heading`, what it was taken for (`meaning`, "other" for nothing), its unit, and a remark."""

    number: int
    heading: str
    meaning: str
    unit: str | None = None
    remark: str | None = None


@dataclass(frozen=True, slots=True)
class TableCell:
    """A cell as printed, and beside it as read; rows and columns count from 1.

    `message` tells why nothing, or something else than is printed, was read; `note` is the text of its footnote.
    """

    row_number: int
    column_number: int
    printed: str
    read: str | None = None
    message: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class DoseTable:
    """One table of the literature.

    Attributes
    ----------
    id
        The stem of its two files.
    title, citation, doi, license, note
        As the `.toml` gives them; `doi`, `license` and `note` may be None, in a user's table also `citation`.
    columns
        What each column of the `.csv` means.
    abbreviations
        The table's footnote: short form to long form.
    rows
        In printed order, the dose groups of a row one after the other.
    table_columns, cells
        The table as printed: its columns, and every cell with what was read and what was corrected.
    source
        The file that a user's table came from, and the table's place in it; None for one of the project.
    fingerprint
        Of the pipeline that read a user's table; None for one of the project, which people read.
    is_own
        The patients are the authors' own: cases, and no rows of literature.
    """

    id: str
    title: str
    citation: str | None
    doi: str | None
    license: str | None
    note: str | None
    columns: Mapping[str, str]
    abbreviations: Mapping[str, str]
    rows: tuple[DoseRow, ...]
    table_columns: tuple[TableColumn, ...] = ()
    cells: tuple[TableCell, ...] = ()
    source: str | None = None
    fingerprint: str | None = None
    is_own: bool = False


def load_dose_table(path: Path) -> DoseTable:
    """Read `<id>.csv`, the `<id>.toml` beside it and, where there are any, its corrections.

    Raises
    ------
    CorpusError
        A file cannot be read, a key or column is missing or unknown, a value has the wrong form, or
        values contradict each other; as `file:line: what was found, what was wanted`.
    """
    meta_path = path.with_suffix(".toml")
    meta = _read_meta(meta_path)
    if meta["id"] != path.stem:
        raise CorpusError(f"{meta_path}: id {meta['id']!r}, wanted {path.stem!r} as the file is named")
    rows = _read_rows(path)
    headings = meta.get("headings", {})
    corrections = _read_corrections(path.parent / CORRECTIONS / path.name, rows)
    return DoseTable(
        id=meta["id"],
        title=meta["title"],
        citation=meta["citation"],
        doi=meta.get("doi"),
        license=meta.get("license"),
        note=meta.get("note"),
        columns=MappingProxyType(meta["columns"]),
        abbreviations=MappingProxyType(meta.get("abbreviations", {})),
        rows=rows,
        table_columns=tuple(TableColumn(at, headings.get(name, name), name) for at, name in enumerate(PRINTED, start=1)),
        cells=tuple(_cells(rows, corrections)),
    )


def _read_meta(path: Path) -> dict[str, Any]:
    """Read and check the `.toml` of a table."""
    try:
        meta = tomllib.loads(read_text(path))
    except tomllib.TOMLDecodeError as error:
        raise CorpusError(f"{path}: no valid TOML ({error}), wanted key = value") from error
    for key in meta:
        if key not in _META_KEYS:
            raise CorpusError(f"{path}: unknown key {key!r}, wanted one of {', '.join(_META_KEYS)}")
    for key in ("id", "title", "citation", "columns"):
        if key not in meta:
            raise CorpusError(f"{path}: no key {key!r}, wanted it")
    for key, value in meta.items():
        if key in ("columns", "abbreviations", "headings"):
            if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
                raise CorpusError(f"{path}: {key} is {value!r}, wanted a table of texts")
        elif not isinstance(value, str) or not value.strip():
            raise CorpusError(f"{path}: {key} is {value!r}, wanted a text")
        else:
            meta[key] = value.strip()
    if meta["columns"].keys() != _PARSERS.keys():
        wrong = sorted(meta["columns"].keys() ^ _PARSERS.keys())
        raise CorpusError(f"{path}: meaning missing or of no column: {', '.join(wrong)}, wanted one each")
    if unknown := meta.get("headings", {}).keys() - set(PRINTED):
        raise CorpusError(f"{path}: headings of no column: {', '.join(sorted(unknown))}, wanted some of {', '.join(PRINTED)}")
    return meta


# --- cells -----------------------------------------------------------------------------------------


def _text(cell: str) -> str:
    if cell != " ".join(cell.split()):
        raise ValueError("a text without needless white space")
    return cell


def _count(cell: str) -> int:
    if not re.fullmatch(r"[0-9]{1,4}", cell):
        raise ValueError("a whole number")
    return int(cell)


def _from_one(cell: str) -> int:
    if (number := _count(cell)) < 1:
        raise ValueError("a whole number from 1")
    return number


def _decimal(least: float, most: float) -> Callable[[str], float]:
    def parse(cell: str) -> float:
        if not re.fullmatch(r"[0-9]{1,4} (?: \. [0-9]{1,3} )?", cell, re.VERBOSE):
            raise ValueError("a number with a decimal point, without unit")
        if not least <= float(cell) <= most:
            raise ValueError(f"a number from {least:g} to {most:g}")
        return float(cell)

    return parse


def _truth(cell: str) -> bool:
    if cell not in ("true", "false"):
        raise ValueError("true, false or nothing")
    return cell == "true"


def _topography(cell: str) -> str:
    if not re.fullmatch(r"C[0-8][0-9](?:\.[0-9])?", cell):
        raise ValueError("an ICD-O-3 topography code such as C34.9")
    return cell


def _morphology(cell: str) -> str:
    if not re.fullmatch(r"[89][0-9]{3}/[0-9]", cell):
        raise ValueError("an ICD-O-3 morphology code such as 8825/1")
    return cell


# Column: how its cell is read. The order is that of the file; an empty cell is None.
_PARSERS: Mapping[str, Callable[[str], Any]] = MappingProxyType(
    {field.name: _text for field in fields(DoseRow)}
    | dict.fromkeys(("row_number", "dose_group", "n_patients", "dose_group_n", "fractions"), _from_one)
    | dict.fromkeys(("n_male", "n_female", "n_recurred"), _count)
    | dict.fromkeys(("age_years", "age_min_years", "age_max_years"), _decimal(0, 120))
    | dict.fromkeys(("total_dose_gy", "dose_per_fraction_gy"), _decimal(0.01, 199))
    | dict.fromkeys(("follow_up_months", "recurrence_months"), _decimal(0, 1199))
    | dict.fromkeys(("follow_up_is_minimum", "recurrence", "is_rbe_weighted", "surgery"), _truth)
    | {"site_topography": _topography, "morphology": _morphology}
)
_REQUIRED = ("row_number", "dose_group", "reference")


def _read_rows(path: Path) -> tuple[DoseRow, ...]:
    """Read and check the `.csv` of a table."""
    reader = csv.reader(io.StringIO(read_text(path), newline=""), strict=True)
    lines: list[tuple[int, DoseRow]] = []
    try:
        header = next(reader)
        if header != list(_PARSERS):
            wrong = sorted(set(header) ^ set(_PARSERS)) or ["another order"]
            raise CorpusError(f"{path}:1: columns differ ({', '.join(wrong)}), wanted {','.join(_PARSERS)}")
        for cells in reader:
            lines.append((reader.line_num, _row(cells, f"{path}:{reader.line_num}")))
    except csv.Error as error:
        raise CorpusError(f"{path}:{reader.line_num}: no valid CSV ({error}), wanted CSV") from error
    if not lines:
        raise CorpusError(f"{path}:2: no row, wanted at least one")
    _check_numbering(path, lines)
    return tuple(row for _, row in lines)


def _row(cells: list[str], where: str) -> DoseRow:
    """Read one line of the file; `where` is `file:line`."""
    if len(cells) != len(_PARSERS):
        raise CorpusError(f"{where}: {len(cells)} cells, wanted {len(_PARSERS)}")
    values: dict[str, Any] = {}
    for (column, parse), cell in zip(_PARSERS.items(), cells, strict=True):
        if not cell and column in _REQUIRED:
            raise CorpusError(f"{where}: {column} is empty, wanted a value")
        try:
            values[column] = parse(cell) if cell else None
        except ValueError as error:
            raise CorpusError(f"{where}: {column} is {cell!r}, wanted {error}") from error
    row = DoseRow(**values)
    for found, wanted in _contradictions(row):
        raise CorpusError(f"{where}: {found}, wanted {wanted}")
    return row


def _contradictions(row: DoseRow) -> list[tuple[str, str]]:
    """List what within one row cannot be, as (found, wanted)."""
    n, group = row.n_patients, row.dose_group_n
    low, high = row.age_min_years, row.age_max_years
    wrong: list[tuple[str, str]] = []
    if row.age_years is not None and (low is not None or n not in (None, 1)):
        wrong.append((f"age_years {row.age_years:g} for several", "age_years for one patient only"))
    if (low is None) != (high is None) or (low is not None and high is not None and low > high):
        wrong.append((f"ages from {low} to {high}", "both or neither, the lower first"))
    if None not in (n, row.n_male, row.n_female) and (row.n_male or 0) + (row.n_female or 0) != n:
        wrong.append((f"{row.n_male} male and {row.n_female} female", f"{n} in all"))
    if group is not None and n is not None and group > n:
        wrong.append((f"{group} patients in the dose group", f"at most the {n} of the row"))
    if row.n_recurred is not None and ((group is not None and row.n_recurred > group) or row.recurrence is not (row.n_recurred > 0)):
        wrong.append((f"n_recurred {row.n_recurred}", f"what fits {group} patients and the recurrence cell"))
    if row.dose_per_fraction_gy is not None and (
        row.total_dose_gy is None
        or row.fractions is None
        # A printed dose per fraction is rounded to two places.
        or abs(row.total_dose_gy / row.fractions - row.dose_per_fraction_gy) > 0.006
    ):
        wrong.append((f"dose_per_fraction_gy {row.dose_per_fraction_gy:g}", "total_dose_gy divided by fractions"))
    if row.fractions is not None and row.total_dose_gy is None:
        wrong.append((f"{row.fractions} fractions of no dose", "a total_dose_gy"))
    if (row.follow_up_months is None) != (row.follow_up_is_minimum is None):
        wrong.append(("one of follow_up_months, follow_up_is_minimum", "both or neither"))
    return wrong


def _check_numbering(path: Path, lines: list[tuple[int, DoseRow]]) -> None:
    """Check that rows and dose groups count from 1 and that the groups of a row print the same."""
    by_row = groupby(lines, key=lambda line: line[1].row_number)
    for expected, (number, same) in enumerate(by_row, start=1):
        printed: tuple[object, ...] | None = None
        patients = 0
        for group, (line, row) in enumerate(same, start=1):
            where = f"{path}:{line}"
            if number != expected:
                raise CorpusError(f"{where}: row_number {number}, wanted {expected}")
            if row.dose_group != group:
                raise CorpusError(f"{where}: dose_group {row.dose_group}, wanted {group}")
            cells = tuple(getattr(row, c) for c in _PARSERS if c.endswith("_printed") or c == "reference")
            if printed not in (None, cells):
                raise CorpusError(f"{where}: printed cells differ from the group before, wanted the same")
            printed = cells
            patients += row.dose_group_n or 0
            if row.n_patients is not None and patients > row.n_patients:
                raise CorpusError(f"{where}: {patients} patients in all groups, wanted {row.n_patients}")


# --- corrections -----------------------------------------------------------------------------------

_CORRECTION = ("row_number", "column", "printed", "read", "reason")


def printed(row: DoseRow, column: str) -> str | None:
    """Return a cell of the printed table: `column` is one of `PRINTED`."""
    cell: str | None = getattr(row, column if column == "reference" else f"{column}_printed")
    return cell


def _read_corrections(path: Path, rows: tuple[DoseRow, ...]) -> dict[tuple[int, str], list[str]]:
    """Read what was corrected, as messages by row and column; {} where there is no such file.

    Raises
    ------
    CorpusError
        A line names no cell, no reason, or words that the cell does not print.
    """
    if not path.exists():
        return {}
    found: dict[tuple[int, str], list[str]] = {}
    by_number = {row.row_number: row for row in rows}
    reader = csv.reader(io.StringIO(read_text(path), newline=""), strict=True)
    try:
        if next(reader, []) != list(_CORRECTION):
            raise CorpusError(f"{path}:1: other columns, wanted {','.join(_CORRECTION)}")
        for cells in reader:
            where = f"{path}:{reader.line_num}"
            if len(cells) != len(_CORRECTION):
                raise CorpusError(f"{where}: {len(cells)} cells, wanted {len(_CORRECTION)}")
            number, column, words, read, reason = cells
            row = by_number.get(int(number)) if number.isdecimal() else None
            if row is None or column not in PRINTED or not words or not reason:
                raise CorpusError(f"{where}: {cells}, wanted row and column of a cell, what it prints, and a reason")
            if words not in (printed(row, column) or ""):
                raise CorpusError(f"{where}: {words!r} is not printed in row {number}, {column}: {printed(row, column)!r}")
            taken = f"read as {read!r}" if read else "left out"
            found.setdefault((row.row_number, column), []).append(f"{words!r} {taken}: {reason}")
    except csv.Error as error:
        raise CorpusError(f"{path}:{reader.line_num}: no valid CSV ({error}), wanted CSV") from error
    return found


# The values of a row that a column of the printed table gives.
_GIVES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "reference": (),
        "n": ("n_patients",),
        "age": ("age_years", "age_min_years", "age_max_years"),
        "sex": ("n_male", "n_female"),
        "site": ("site_topography",),
        "treatment": ("surgery", "technique", "drugs"),
        "dose": ("total_dose_gy", "fractions", "dose_per_fraction_gy", "is_rbe_weighted", "dose_group_n"),
        "follow_up": ("follow_up_months", "follow_up_is_minimum", "recurrence", "n_recurred", "recurrence_months"),
    }
)


def _cells(rows: tuple[DoseRow, ...], corrections: Mapping[tuple[int, str], list[str]]) -> Iterator[TableCell]:
    """Yield each cell of the printed table with what was read in it and what was corrected."""
    for number, same in groupby(rows, key=lambda row: row.row_number):
        groups = list(same)
        for at, column in enumerate(PRINTED, start=1):
            words = printed(groups[0], column) or ""
            read = dict.fromkeys(in_words({name: getattr(row, name) for name in _GIVES[column]}) for row in groups)
            message = "; ".join(corrections.get((number, column), ())) or None
            yield TableCell(number, at, words, words if column == "reference" else "; ".join(filter(None, read)) or None, message)


def in_words(values: Mapping[str, Any]) -> str:
    """Return values of a row in words: "5–76 years", "12 male, 13 female", "45 Gy in 25 fractions", "at least 62 months"."""
    return ", ".join(_said(values))


def _said(values: Mapping[str, Any]) -> Iterator[str]:
    if values.get("n_patients") is not None:
        yield counted(values["n_patients"], "patient")
    if values.get("age_years") is not None:
        yield f"{values['age_years']:g} years"
    if values.get("age_min_years") is not None:
        yield f"{values['age_min_years']:g}–{values['age_max_years']:g} years"
    male, female = values.get("n_male"), values.get("n_female")
    if male is not None or female is not None:
        yield {(1, 0): "male", (0, 1): "female"}.get((male or 0, female or 0), f"{male or 0} male, {female or 0} female")
    if values.get("morphology"):
        yield f"{values['histology']} ({values['morphology']})"
    if values.get("site_topography"):
        yield values["site_topography"]
    if values.get("surgery") is not None:
        yield "operated on" if values["surgery"] else "not operated on"
    yield from (values[name] for name in ("technique", "drugs", "response", "status") if values.get(name))
    yield from _said_of_dose(values)
    yield from _said_of_course(values)


def _said_of_dose(values: Mapping[str, Any]) -> Iterator[str]:
    total, count, each = values.get("total_dose_gy"), values.get("fractions"), values.get("dose_per_fraction_gy")
    unit = "Gy(RBE)" if values.get("is_rbe_weighted") else "Gy"
    if total is None:
        return
    words = f"{total:g} {unit}"
    if count is not None:
        words += f" in {counted(count, 'fraction')}"
    elif each is not None:
        words += f" of {each:g} {unit} a fraction"
    of = values.get("dose_group_n")
    yield f"{words} ({counted(of, 'patient')})" if of is not None and of > 1 else words


def _said_of_course(values: Mapping[str, Any]) -> Iterator[str]:
    if values.get("follow_up_months") is not None:
        yield f"{'at least ' if values.get('follow_up_is_minimum') else ''}{values['follow_up_months']:g} months"
    if values.get("recurrence") is not None:
        words = "recurrence" if values["recurrence"] else "no recurrence"
        of, months = values.get("n_recurred"), values.get("recurrence_months")
        words += f" in {counted(of, 'patient')}" if of is not None and of > 0 else ""
        yield words + (f" after {months:g} months" if months is not None else "")
    elif values.get("recurrence_months") is not None:
        yield f"recurrence after {values['recurrence_months']:g} months"


def counted(number: int, noun: str) -> str:
    """Return a number with its noun: "1 patient", "2 patients"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
