"""The courses of radiotherapy of a case as a table: what was read, and what is computed from it."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Any

from db.doses import SUFFIXES, WHY_NO_EQD2
from db.fields import number
from db.query import Row, every

_KINDS = {
    "external": "Radiotherapy from outside, in Gy",
    "rbe_weighted": "Radiotherapy in Gy(RBE): not comparable with Gy",
    "particles_in_gy": "Particles printed in plain Gy: physical or weighted is not said",
    "brachytherapy": "Brachytherapy, in Gy from within",
}
_READ = (
    ("total_dose", "Dose"), ("fractions", "Fractions"), ("dose_per_fraction", "Dose per fraction"), ("technique", "Technique"),
    ("target", "Target"), ("intent", "Intent"),
)  # fmt: skip
_EFFECTS = (("eqd2", "EQD2"), ("bed", "BED"))
_COURSES = """
select dose.*, course.computed, course.target as target_words
from radiotherapy_dose as dose
join radiotherapy_course as course on course.case_id = dose.case_id and course.number = dose.course_number
where dose.case_id = ? order by course_number
"""


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell: its words ("" for not reported), what else is to be said, whether it is a number, and whether it was computed."""

    words: str
    note: str = ""
    is_number: bool = False
    is_computed: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the table: what it is, and a cell for each course."""

    label: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class CourseTable:
    """The courses of one kind of dose, which alone can be compared.

    Attributes
    ----------
    kind, title
        As in radiotherapy_dose.kind, and in words.
    numbers
        The numbers of the courses within the case: the columns.
    read, computed
        Lines of what the report says, and of what is computed from it: EQD2 and BED.
    notes
        Where the alpha/beta of the tumour is published, and what is doubtful.
    """

    kind: str
    title: str
    numbers: tuple[int, ...]
    read: tuple[Line, ...]
    computed: tuple[Line, ...]
    notes: tuple[str, ...]


def course_tables(connection: sqlite3.Connection, case_id: str) -> tuple[CourseTable, ...]:
    """Return the courses of a case, those of one kind of dose in one table; () where none is told."""
    rows = every(connection, _COURSES, case_id)
    return tuple(
        _table(kind, [row for row in rows if row["kind"] == kind]) for kind in SUFFIXES if any(row["kind"] == kind for row in rows)
    )


def _table(kind: str, rows: list[Row]) -> CourseTable:
    read = tuple(Line(label, tuple(_told(kind, name, row) for row in rows)) for name, label in _READ)
    computed = tuple(
        Line(f"{label}, α/β {of}", tuple(_effect(kind, f"{name}_{column}", row) for row in rows))
        for name, label in _EFFECTS
        for column, of in (("alpha_beta_10", "10 Gy"), ("alpha_beta_3", "3 Gy"), ("tumour", "of the tumour"))
        if column != "tumour" or any(row["alpha_beta_tumour_gy"] is not None and row[f"{name}_tumour_gy"] is not None for row in rows)
    )
    return CourseTable(kind, _KINDS[kind], tuple(row["course_number"] for row in rows), read, computed, tuple(dict.fromkeys(_notes(rows))))


def _told(kind: str, name: str, row: Row) -> Cell:
    """Return what a course says of one thing."""
    if name in ("technique", "target", "intent"):
        return Cell(str(row[name] or ""))
    value = row["fractions"] if name == "fractions" else row[f"{name}{SUFFIXES[kind]}"]
    words = "" if value is None else number(value) + ("" if name == "fractions" else f" {row['unit']}")
    attribute = name if name == "fractions" else f"{name}_gy"
    return Cell(words, is_number=value is not None, is_computed=attribute in (row["computed"] or "").split(","))


def _effect(kind: str, name: str, row: Row) -> Cell:
    """Return an EQD2 or BED, or why there is none."""
    value: Any = None
    if name.endswith("_tumour"):
        value = row[f"{name}_gy"]
    elif f"{name}{SUFFIXES[kind]}" in row.keys():  # noqa: SIM118  (a Row iterates over its values)
        value = row[f"{name}{SUFFIXES[kind]}"]
    if value is None:
        why = row["not_comparable_because"]
        return Cell(f"none: {WHY_NO_EQD2[why].partition(', so')[0]}" if why else "none")
    doubt = "?" if row["alpha_beta_is_uncertain"] else ""
    note = f"α/β {number(row['alpha_beta_tumour_gy'])} Gy{doubt}" if name.endswith("_tumour") else ""
    return Cell(f"{number(value)} {row['unit']}", note, is_number=True, is_computed=True)


def _notes(rows: list[Row]) -> list[str]:
    notes = []
    for row in rows:
        if row["alpha_beta_source"] and row["eqd2_tumour_gy"] is not None:
            low, high = row["alpha_beta_low_gy"], row["alpha_beta_high_gy"]
            between = f", 95% confidence interval {number(low)} to {number(high)} Gy" if low is not None and high is not None else ""
            doubt = "; uncertain: it says little more than “small”" if row["alpha_beta_is_uncertain"] else ""
            notes.append(f"α/β of the tumour: {number(row['alpha_beta_tumour_gy'])} Gy{between}{doubt}. {row['alpha_beta_source']}")
        if row["is_beyond_model"]:
            notes.append("A fraction above 10 Gy is beyond what the linear-quadratic model is validated for.")
        # What was computed is marked in its cell.
        if row["flags"] and not row["flags"].startswith("computed:"):
            notes.append(f"Course {row['course_number']}: {row['flags']}")
    return notes
