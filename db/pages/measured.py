"""The figures of `make measure` that are published: counts by field and set of reports, with the pipeline that was measured and the day."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from extract.evaluate import CORE, Count

FILE = Path(__file__).parent / "measured.csv"
COLUMNS = ("pipeline", "measured_on", "set", "reports", "cases", "whole_cases", "field", "tp", "fp", "fn")

# name, what readers call the set, and what is to be known of it
SETS = (
    ("own", "project's own", "the reports that come with the project, whose facts people took; read while rules were written"),
    ("gold", "gold, read", "reports whose facts two people took; the rules were written while reading them, so they flatter"),
    (
        "others",
        "others, set apart",
        "from abstracts to full papers, whose facts language models took by the same guide; their errors were never looked at."
        " This is what to expect of a report that is new",
    ),
    ("invented", "invented, set apart", "made up by examiners to be hard, on treatment and outcome only; never looked at either"),
)
LABELS = (
    ("age_years", "age"),
    ("sex", "sex"),
    ("site", "site (organ)"),
    ("site_subsite", "site with subsite"),
    ("laterality", "side"),
    ("histology", "diagnosis"),
    ("size_cm", "size"),
    ("ihc", "immunohistochemistry"),
    ("ki67_percent", "Ki-67"),
    ("molecular", "molecular tests"),
    ("metastasis", "metastases"),
    ("surgery", "operated on"),
    ("radiotherapy_given", "radiotherapy given"),
    ("radiotherapy", "radiotherapy dose"),
    ("radiotherapy_fractions", "radiotherapy fractions"),
    ("drugs", "drugs"),
    ("drug_doses", "doses of drugs"),
    ("recurrence", "recurrence"),
    ("recurrence_months", "months to recurrence"),
    ("status", "status"),
    ("follow_up_months", "follow-up"),
)


@dataclass(frozen=True, slots=True)
class Measured:
    """What was counted on one set of reports.

    Attributes
    ----------
    name, label, about
        The set.
    reports, cases
        How many reports, and how many patients their facts tell of.
    whole_cases
        Patients of whom every core field is right; None where not all fields are compared.
    fields
        Field, as `casebook evaluate` names it, to its counts; fields that the set does not compare are not in it.
    pipeline, measured_on
        Fingerprint of the extraction that read the reports, and the day (ISO 8601).
    """

    name: str
    label: str
    about: str
    reports: int
    cases: int
    whole_cases: int | None
    fields: Mapping[str, Count]
    pipeline: str
    measured_on: str

    @property
    def core_f1(self) -> float | None:
        """Plain mean of the F1 of the core fields; None where not all of them are compared."""
        if not set(CORE) <= set(self.fields):
            return None
        return sum(self.fields[name].f1 for name in CORE) / len(CORE)


def f1(count: Count | None) -> str | None:
    """Return F1 to two places, "–" where neither gold nor program said anything, None where the field is not compared."""
    if count is None:
        return None
    return f"{count.f1:.2f}" if count.tp + count.fp + count.fn else "–"


@cache
def measured() -> tuple[Measured, ...]:
    """Read the published figures, in the order of `SETS`."""
    with FILE.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    return tuple(_of_set(name, label, about, [row for row in rows if row["set"] == name]) for name, label, about in SETS)


def _of_set(name: str, label: str, about: str, rows: Sequence[Mapping[str, str]]) -> Measured:
    first = rows[0]
    return Measured(
        name, label, about, int(first["reports"]), int(first["cases"]), int(first["whole_cases"]) if first["whole_cases"] else None,
        {row["field"]: Count(int(row["tp"]), int(row["fp"]), int(row["fn"])) for row in rows}, first["pipeline"], first["measured_on"],
    )  # fmt: skip


def write(sets: Sequence[Measured], path: Path = FILE) -> None:
    """Write figures to the file that `measured` reads."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for one in sets:
            about = (one.pipeline, one.measured_on, one.name, one.reports, one.cases, one.whole_cases)
            writer.writerows((*about, field, count.tp, count.fp, count.fn) for field, count in one.fields.items())
