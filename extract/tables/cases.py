"""A table of the authors' own patients as cases: the table becomes a text, and each value names the cell that it was read from.

A table is of the authors' own patients where patients have a column and publications have none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from corpus.dose_table import DoseRow, DoseTable, TableCell, TableColumn
from corpus.report import Report
from extract.record import Case, Drug, Evidence, Histology, RadiotherapyCourse, Record, Site, about, check_evidence

# Which columns tell a field, the first that was read before the others.
_TOLD_BY: Mapping[str, tuple[str, ...]] = {
    "age_years": ("age",),
    "sex": ("sex",),
    "site": ("site",),
    "histology": ("histology",),
    "surgery": ("surgery", "treatment"),
    "radiotherapy": ("dose", "dose_per_fraction", "radiotherapy"),
    "technique": ("technique", "treatment", "dose", "radiotherapy"),
    "drugs": ("drugs", "treatment"),
    "recurrence": ("recurrence", "recurrence_time", "follow_up"),
    "recurrence_months": ("recurrence_time", "recurrence"),
    "status": ("status", "follow_up"),
    "follow_up_months": ("follow_up", "status"),
}
_UNREAD = (None, "not reported")


def are_own(columns: Sequence[TableColumn], rows: Sequence[DoseRow]) -> bool:
    """Return whether a table is of its authors' own patients, a row each with one dose."""
    meanings = {meaning for column in columns for meaning in column.meaning.split("+")}
    return "patient" in meanings and "reference" not in meanings and all(row.n_patients == 1 and row.dose_group == 1 for row in rows)


def record(table: DoseTable, version: str, fingerprint: str) -> tuple[Report, Record]:
    """Return a table of own patients as a report, its cells in a line each patient, and the cases in it.

    Evidence stands in the cells; its section names their place: "row 2, column 5".
    """
    page = _Page(table)
    page.write(f"{table.title}\n")
    cases = tuple(_case(row, _Cells(page, row, table)) for row in table.rows)
    kind = "case_series" if len(cases) > 1 else "case_report"
    report = Report(table.id, "".join(page.parts), kind, table.title, doi=table.doi, citation=table.citation, license=table.license)
    made = Record(about(report, kind), cases, tuple(page.evidence), {"version": version, "fingerprint": fingerprint})
    check_evidence(made, report.text)
    return report, made


@dataclass(slots=True)
class _Page:
    """The text of a table while it is written, and the evidence in it."""

    table: DoseTable
    parts: list[str] = field(default_factory=list)
    evidence: list[Evidence] = field(default_factory=list)
    length: int = 0

    def write(self, words: str) -> int:
        """Add words and return where they begin."""
        begin = self.length
        self.parts.append(words)
        self.length += len(words)
        return begin


class _Cells:
    """The cells of one patient in the text, by what their columns mean."""

    def __init__(self, page: _Page, row: DoseRow, table: DoseTable) -> None:
        self.page, self.label = page, str(row.row_number)
        self.places: dict[str, tuple[TableCell, int]] = {}
        columns = {column.number: column for column in table.table_columns}
        page.write(f"\n{row.reference[:1].upper()}{row.reference[1:]}. ")
        for cell in table.cells:
            if cell.row_number != row.row_number or not cell.printed:
                continue
            page.write(f"{columns[cell.column_number].heading}: ")
            begin = page.write(cell.printed)
            page.write("; ")
            for meaning in columns[cell.column_number].meaning.split("+"):
                self.places.setdefault(meaning, (cell, begin))
        page.write("\n")

    def prove(self, name: str, value: object, field_name: str | None = None) -> tuple[int, ...]:
        """Add the cell that tells a field as evidence and return its number; the title, for a histology that has no cell."""
        found = next((self.places[meaning] for meaning in _TOLD_BY[name] if self._is_read(meaning)), None)
        page = self.page
        if found is None:
            begin, quote, where = 0, page.table.title, "title"
        else:
            cell, begin = found
            quote, where = cell.printed, f"row {cell.row_number}, column {cell.column_number}"
        page.evidence.append(Evidence(field_name or name, self.label, begin, begin + len(quote), quote, where, value=str(value)))
        return (len(page.evidence) - 1,)

    def _is_read(self, meaning: str) -> bool:
        return meaning in self.places and self.places[meaning][0].read not in _UNREAD


def _case(row: DoseRow, cells: _Cells) -> Case:
    """Return one patient with the evidence for each value."""
    values: dict[str, Any] = dict(_plain(row, cells))
    if row.site_topography:
        values["site"] = Site(row.site_printed or row.site_topography, row.site_topography, None, cells.prove("site", row.site_topography))
    if row.histology:
        values["histology"] = Histology(row.histology, row.morphology, None, cells.prove("histology", row.histology))
    if row.drugs:
        values["drugs"] = tuple(Drug(name, evidence=cells.prove("drugs", name)) for name in row.drugs.split("; "))
    if row.total_dose_gy is not None:
        proof = cells.prove("radiotherapy", f"{row.total_dose_gy:g}")
        cells.prove("radiotherapy", True, "radiotherapy_given")
        each, weighted = row.dose_per_fraction_gy, bool(row.is_rbe_weighted)
        course = RadiotherapyCourse(row.total_dose_gy, row.fractions, each, row.technique, is_rbe_weighted=weighted, evidence=proof)
        values |= {"radiotherapy_given": True, "radiotherapy": (course,)}
    return Case(label=cells.label, **values)


def _plain(row: DoseRow, cells: _Cells) -> Iterator[tuple[str, Any]]:
    """Yield the plain values of a patient; their evidence is found by field and case."""
    sex = "male" if row.n_male == 1 else "female" if row.n_female == 1 else None
    told = {
        "age_years": row.age_years, "sex": sex, "surgery": row.surgery, "recurrence": row.recurrence,
        "recurrence_months": row.recurrence_months, "status": row.status, "follow_up_months": row.follow_up_months,
    }  # fmt: skip
    for name, value in told.items():
        if value is not None:
            cells.prove(name, value)
            yield name, value
    if row.follow_up_is_minimum:
        yield "follow_up_is_minimum", True
