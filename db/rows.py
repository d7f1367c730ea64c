"""From a case of a record to rows: which value goes to which column."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from extract.record import SCALARS, Case, Evidence, EvidenceError, Record

Row = tuple[Any, ...]

# Field of a record to table: the names differ because a table names one row and a field names a list.
FACT_TABLES = (
    ("ihc", "ihc_result"),
    ("molecular", "molecular_test"),
    ("surgeries", "surgery"),
    ("radiotherapy", "radiotherapy_course"),
    ("drugs", "drug"),
    ("metastases", "metastasis"),
    ("events", "timeline_event"),
)


def case_key(report_id: str, label: str) -> str:
    """Return the name of a case."""
    return f"{report_id}/{label}"


def record_rows(report_id: str, record: Record) -> Iterator[tuple[str, list[Row]]]:
    """Yield table and rows of all that a record says, in the order in which foreign keys allow them."""
    for case in record.cases:
        yield from case_rows(report_id, case)
    yield "evidence", _evidence_rows(report_id, record)
    for case in record.cases:
        yield "fact_evidence", sorted(set(_links(report_id, case, record.evidence)))


def case_rows(report_id: str, case: Case) -> Iterator[tuple[str, list[Row]]]:
    """Yield table and rows of the values of one case."""
    key = case_key(report_id, case.label)
    yield "patient_case", [_patient_case(report_id, case)]
    yield (
        "ihc_result",
        [(key, n, x.marker, x.result, x.extent, x.intensity, x.percent, x.cells) for n, x in _numbered(case.ihc)],
    )
    yield (
        "molecular_test",
        [(key, n, x.gene, x.alteration, x.partner, x.result) for n, x in _numbered(case.molecular)],
    )
    yield "surgery", [(key, n, x.procedure, x.extent, x.margin, x.timing) for n, x in _numbered(case.surgeries)]
    yield "radiotherapy_course", [
        (key, n, x.total_dose_gy, x.fractions, x.dose_per_fraction_gy, x.technique, x.target, x.target_topography, x.intent,
         ",".join(x.concurrent_drugs) or None, x.months, x.duration_weeks, x.fractions_per_day, x.dose_rate,
         int(x.is_rbe_weighted), ",".join(x.computed) or None, int(x.is_contradictory))
        for n, x in _numbered(case.radiotherapy)
    ]  # fmt: skip
    yield (
        "radiotherapy_phase",
        [
            (key, course, n, x.dose_gy, x.fractions, x.label, x.dose_per_fraction_gy)
            for course, given in _numbered(case.radiotherapy)
            for n, x in _numbered(given.phases)
        ],
    )
    yield (
        "drug",
        [
            (key, n, x.name, x.dose, x.dose_value, x.dose_unit, x.schedule, x.cycles, x.line, x.response, x.stop_reason)
            for n, x in _numbered(case.drugs)
        ],
    )
    yield "metastasis", [(key, n, x.name, x.topography) for n, x in _numbered(case.metastases)]
    yield "timeline_event", [(key, n, x.kind, x.name, x.months, int(x.is_minimum)) for n, x in _numbered(case.events)]


def _evidence_rows(report_id: str, record: Record) -> list[Row]:
    """Return the rows of table evidence; the number is the place in the record."""
    # Words that were passed over may name a patient who is no case; words that support a value may not.
    keys = {case.label: case_key(report_id, case.label) for case in record.cases}
    rows = []
    for number, entry in enumerate(record.evidence):
        if entry.reason is None and entry.case is not None and entry.case not in keys:
            raise EvidenceError(f"{report_id}: evidence for {entry.field} names case {entry.case}, which is not there")
        rows.append(
            (report_id, number, keys.get(entry.case or ""), entry.field, entry.start, entry.end, entry.quote,
             entry.section, entry.assertion, entry.subject, entry.value, entry.reason, entry.page)
        )  # fmt: skip
    return rows


def _numbered(facts: Sequence[Any]) -> Iterator[tuple[int, Any]]:
    """Count facts from 1, as the tables do."""
    return enumerate(facts, start=1)


def _patient_case(report_id: str, case: Case) -> Row:
    """Return the row of table patient_case."""
    site, histology = case.site, case.histology
    return (
        case_key(report_id, case.label), report_id, case.label, case.age_years, case.sex,
        site and site.name, site and site.topography, site and site.laterality,
        histology and histology.name, histology and histology.morphology, histology and histology.grade,
        case.size_cm, case.ki67_percent, case.surgery, case.radiotherapy_given, case.recurrence,
        case.recurrence_months, case.status, case.follow_up_months, case.follow_up_is_minimum,
        case.time_zero, case.survival_months, case.survival_event, case.event_free_months, case.event_free_event,
        case.not_pooled_because,
    )  # fmt: skip


def _links(report_id: str, case: Case, evidence: Sequence[Evidence]) -> Iterator[Row]:
    """Yield the rows of fact_evidence: each value of the case with each stretch of words that supports it."""
    key = case_key(report_id, case.label)
    for field in SCALARS:
        if getattr(case, field) is not None:
            for index, entry in enumerate(evidence):
                if entry.case == case.label and entry.field == field and entry.reason is None:
                    yield key, field, 1, index, report_id
    for field in ("site", "histology", *(field for field, _ in FACT_TABLES)):
        facts = getattr(case, field)
        for number, fact in _numbered(facts if isinstance(facts, tuple) else [facts] if facts else []):
            for index in fact.evidence:
                if evidence[index].reason is not None:
                    raise EvidenceError(f"{key}: {field} {number} rests on words that were passed over")
                yield key, field, number, index, report_id
