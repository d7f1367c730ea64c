"""What was read of a report, in lines for the one who checks it before it is stored."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from itertools import groupby
from typing import Any

from corpus.dose_table import counted
from corpus.formats import FORMATS
from corpus.report import Report
from corpus.sections import outline
from extract.record import Case, Record

_WIDEST = 100


def heading(report: Report, record: Record) -> str:
    """Return what follows a report's name: how it was read, its kind, its patients, and under which name it would be stored."""
    kind = record.report["kind"].replace("_", " ")
    return f"{FORMATS[report.format or 'text']}, {kind}, {counted(len(record.cases), 'patient')}, as {report.id}"


def lines(report: Report, record: Record) -> Iterator[str]:
    """Yield the lines below a report's name: where it comes from, its parts, its patients, and what is in doubt.

    What the report does not give has no line.
    """
    for name, words in _about(report):
        if words:
            yield f"{name:10}{_short(words)}"
    yield f"{'sections':10}{', '.join(_sections(report))}"
    for case in record.cases:
        yield f"{'case ' + case.label:10}{'; '.join(_case(case)) or 'nothing but that there is one'}"
    for message in report.messages:
        yield f"{'doubt':10}{_short(message)}"
    if told := failures(record):
        yield f"{'failed':10}{_short(told)}"


def failures(record: Record) -> str | None:
    """Return which fields of a report could not be read to the end, and why, in a line; None where all were."""
    told: dict[str, list[str]] = {}
    for failure in record.failures:
        told.setdefault(failure.message, []).append(failure.field if failure.case is None else f"{failure.field} of case {failure.case}")
    return "; ".join(f"{', '.join(fields)}: {message}" for message, fields in told.items()) or None


def summary(report: Report, record: Record) -> dict[str, Any]:
    """Return the same for programs: what can be counted or named of a report."""
    declared = ("id", "source", "format", "title", "doi", "pmcid", "pmid", "journal", "year", "license")
    return {
        **{name: getattr(report, name) for name in declared},
        "authors": list(report.authors),
        "kind": record.report["kind"],
        "words": len(report.text.split()),
        "pages": len(report.pages) or None,
        "sections": [{"kind": section.kind, "heading": section.heading} for section in outline(report)],
        "tables": [{"label": table.label, "caption": table.caption, "rows": len(table.rows)} for table in report.tables],
        "patients": [_patient(case) for case in record.cases],
        "doubts": list(report.messages),
        "failures": [asdict(failure) for failure in record.failures],
    }


def _patient(case: Case) -> dict[str, Any]:
    site, histology = case.site, case.histology
    return {
        "label": case.label,
        "age_years": case.age_years,
        "sex": case.sex,
        "topography": site and site.topography,
        "morphology": histology and histology.morphology,
    }


def _about(report: Report) -> Iterator[tuple[str, str]]:
    yield "title", report.title or ""
    yield "authors", ", ".join(report.authors)
    numbers = (report.doi, report.pmcid, f"PMID {report.pmid}" if report.pmid else None)
    journal = " ".join(str(part) for part in (report.journal, report.year) if part)
    yield "source", "; ".join(part for part in (journal, *numbers, report.license) if part)
    pages = counted(len(report.pages), "page") if report.pages else ""
    tables = counted(len(report.tables), "table") if report.tables else ""
    yield "text", ", ".join(part for part in (counted(len(report.text.split()), "word"), pages, tables) if part)


def _sections(report: Report) -> Iterator[str]:
    """Yield the kinds of section in order; several of a kind in a row are one, with their number."""
    for kind, group in groupby(outline(report), key=lambda section: section.kind):
        count = len(list(group))
        yield f"{kind} ({count})" if count > 1 else kind


def _case(case: Case) -> Iterator[str]:
    """Yield who the patient is and what the tumour is, as far as it was read."""
    age = f"{case.age_years:g} years" if case.age_years is not None else None
    if told := ", ".join(part for part in (case.sex, age) if part):
        yield told
    if case.histology:
        yield f"{case.histology.name} ({case.histology.morphology})" if case.histology.morphology else case.histology.name
    if case.site:
        yield f"{case.site.name} ({case.site.topography})"
    for noun, values in (("stain", case.ihc), ("operation", case.surgeries), ("course", case.radiotherapy), ("drug", case.drugs)):
        if values:
            yield counted(len(values), noun) + (" of radiotherapy" if noun == "course" else "")
    if case.status:
        yield case.status


def _short(words: str) -> str:
    return words if len(words) <= _WIDEST else f"{words[: _WIDEST - 1].rstrip()}…"
