"""The record: what the extraction says of one report, as plain data that nobody changes (no spaCy).

The JSON form is public and fixed (`to_json`); units are in the names, None means that the report
does not say, and every fact names the evidence entries that support it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from corpus.report import Report

RESULTS = ("positive", "negative", "equivocal", "other_cells")
STATUSES = ("NED", "AWD", "ALIVE", "DOD", "DOC", "DEAD", "LTFU")


class EvidenceError(ValueError):
    """A record whose evidence does not match its report's text, or a fact without evidence."""


@dataclass(slots=True, unsafe_hash=True)
class Evidence:
    """The words of the report that a value was read from, or that were read and passed over.

    Never changed; not frozen all the same, since a record has many and a frozen one takes three times as long to make.

    `start` and `end` count code points of the report's text, end exclusive. `value` is what the words
    were read as. `reason` is None where the words support a fact of the case; otherwise it says why
    they were passed over ("literature", "family", "negated", "planned", "another mention preferred" ...).
    `page` is the page of the source on which the words begin, from 1; None where it has no pages.
    """

    field: str
    case: str | None
    start: int
    end: int
    quote: str
    section: str
    assertion: str = "present"  # present, absent, possible, planned
    subject: str = "patient"  # patient, literature, family, general
    value: str | None = None
    reason: str | None = None
    page: int | None = None


@dataclass(frozen=True, slots=True)
class Site:
    """The primary tumour's site: ICD-O-3 topography with the decimal ("C34.1")."""

    name: str
    topography: str
    laterality: str | None = None  # left, right, bilateral, midline
    evidence: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Histology:
    """The final diagnosis: ICD-O-3 morphology with behaviour ("8825/1"); None for what is no neoplasm."""

    name: str
    morphology: str | None
    grade: str | None = None
    evidence: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class IhcResult:
    """One marker's result; `percent` is 0-100 of tumour cells; `cells` names other cells that stained."""

    marker: str
    result: str
    extent: str | None = None  # focal, diffuse, patchy
    intensity: str | None = None  # weak, moderate, strong
    percent: float | None = None
    cells: str | None = None
    evidence: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class MolecularTest:
    """One gene test of the tumour: rearrangement, mutation, amplification, deletion, ..."""

    gene: str
    alteration: str
    partner: str | None
    result: str  # positive, negative
    evidence: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Surgery:
    """One operation on the tumour; `margin` is R0, R1, R2, negative or positive.

    `timing` tells when, relative to the other treatment, where the words say it: "as first treatment",
    "after neoadjuvant treatment" or "of a recurrence".
    """

    procedure: str
    extent: str | None = None
    margin: str | None = None
    timing: str | None = None
    evidence: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Phase:
    """A part of a course with its own dose, such as a boost."""

    dose_gy: float
    fractions: int | None = None
    label: str | None = None
    dose_per_fraction_gy: float | None = None


@dataclass(frozen=True, slots=True)
class RadiotherapyCourse:
    """One course as given. Doses in Gy (`is_rbe_weighted`: Gy(RBE), never to be mixed with Gy).

    `computed` names the parts that were computed from the two others (n x d = D), not read; parts that contradict
    each other are kept as printed (`is_contradictory`). `months` count from the operation or the diagnosis, where said.
    """

    total_dose_gy: float | None
    fractions: int | None = None
    dose_per_fraction_gy: float | None = None
    technique: str | None = None
    target: str | None = None
    intent: str | None = None
    is_rbe_weighted: bool = False
    phases: tuple[Phase, ...] = ()
    computed: tuple[str, ...] = ()
    target_topography: str | None = None  # ICD-O-3; of the tumour's bed, the primary site's
    concurrent_drugs: tuple[str, ...] = ()
    months: float | None = None
    duration_weeks: float | None = None
    fractions_per_day: int | None = None
    dose_rate: str | None = None  # of brachytherapy: HDR, LDR, PDR
    is_contradictory: bool = False
    evidence: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Drug:
    """One systemic drug given against the tumour; `dose` as printed in normal form ("40 mg", "75 mg/m2").

    `line` is the line of therapy (1 first), `response` the best that is said (CR, PR, SD, PD), `stop_reason`
    why it was stopped: progression, toxicity, patient's wish or cost.
    """

    name: str
    dose: str | None = None
    dose_value: float | None = None
    dose_unit: str | None = None
    schedule: str | None = None
    cycles: int | None = None
    line: int | None = None
    response: str | None = None
    stop_reason: str | None = None
    evidence: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Metastasis:
    """An organ or node group with metastasis at any time, ICD-O-3 three-character topography."""

    name: str
    topography: str
    evidence: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class TimelineEvent:
    """One event of the patient's course, `months` after time zero (below zero: before); None where only its place is told.

    `kind` is diagnosis, surgery, radiotherapy, chemotherapy, treatment, recurrence, metastasis, progression,
    death or follow_up (the last contact); `is_minimum` marks a lower bound ("more than 5 years").
    """

    kind: str
    name: str
    months: float | None = None
    is_minimum: bool = False
    evidence: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Case:
    """One patient of the authors. Evidence of scalar values stands in the record, by field and case label."""

    label: str
    age_years: float | None = None
    sex: str | None = None
    site: Site | None = None
    histology: Histology | None = None
    size_cm: float | None = None
    ihc: tuple[IhcResult, ...] = ()
    ki67_percent: float | None = None
    molecular: tuple[MolecularTest, ...] = ()
    surgery: bool | None = None
    surgeries: tuple[Surgery, ...] = ()
    radiotherapy_given: bool | None = None
    radiotherapy: tuple[RadiotherapyCourse, ...] = ()
    drugs: tuple[Drug, ...] = ()
    metastases: tuple[Metastasis, ...] = ()
    recurrence: bool | None = None
    recurrence_months: float | None = None
    status: str | None = None
    follow_up_months: float | None = None
    follow_up_is_minimum: bool | None = None
    events: tuple[TimelineEvent, ...] = ()
    # What follows is computed from the values above: times for a Kaplan-Meier estimate, True where the event was seen.
    time_zero: str | None = None  # treatment, diagnosis, presentation
    survival_months: float | None = None
    survival_event: bool | None = None
    event_free_months: float | None = None
    event_free_event: bool | None = None
    not_pooled_because: str | None = None  # no_time, no_status, time_origin_unclear


@dataclass(frozen=True, slots=True)
class Failure:
    """A field whose reading broke off in one report and was left empty; the other fields stand.

    `case` is the label of the case, None where it broke off for all of them; `message` says what happened, in a line.
    """

    field: str
    message: str
    case: str | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """All that is said of one report: who it is about, and the words for each value."""

    report: Mapping[str, Any]  # as `about` gives it
    cases: tuple[Case, ...]
    evidence: tuple[Evidence, ...]
    pipeline: Mapping[str, str]  # version, fingerprint
    failures: tuple[Failure, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the public JSON form (RECORD.md): tuples become lists, nothing is left out."""
        return {
            "report": dict(self.report),
            "cases": [_plain(asdict(case)) for case in self.cases],
            "evidence": [asdict(entry) for entry in self.evidence],
            "pipeline": dict(self.pipeline),
            "failures": [asdict(failure) for failure in self.failures],
        }


def about(report: Report, kind: str) -> dict[str, Any]:
    """Return what a record says of its report, which was taken for this kind."""
    return {
        "id": report.id, "kind": kind, "title": report.title, "doi": report.doi, "pmcid": report.pmcid, "pmid": report.pmid,
        "year": report.year, "journal": report.journal, "license": report.license, "authors": list(report.authors),
        "format": report.format, "sha256": report.sha256,
    }  # fmt: skip


def _plain(value: Any) -> Any:
    """Turn tuples into lists, so that a record equals what is read back from its JSON."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value


SCALARS = (
    "age_years",
    "sex",
    "size_cm",
    "ki67_percent",
    "surgery",
    "radiotherapy_given",
    "recurrence",
    "recurrence_months",
    "status",
    "follow_up_months",
)
REPEATED = ("ihc", "molecular", "surgeries", "radiotherapy", "drugs", "metastases", "events")


def check_evidence(record: Record, text: str) -> None:
    """Raise EvidenceError unless every quote stands at its offsets and every value has evidence.

    Checked when a record is made and again when it is loaded into the database.
    """
    name = record.report.get("id")
    length = len(text)
    for entry in record.evidence:
        start, end = entry.start, entry.end
        if not 0 <= start < end <= length or text[start:end] != entry.quote:
            raise EvidenceError(f"{name}: evidence for {entry.field} at {start}-{end} is not in the text")
    supported = {(entry.case, entry.field) for entry in record.evidence if entry.reason is None}
    for case in record.cases:
        for field in SCALARS:
            if getattr(case, field) is not None and (case.label, field) not in supported:
                raise EvidenceError(f"{name}: case {case.label} has {field} without evidence")
        facts = [case.site, case.histology, *(fact for field in REPEATED for fact in getattr(case, field))]
        for fact in facts:
            if fact is None:
                continue
            if not fact.evidence:
                raise EvidenceError(f"{name}: case {case.label} has {fact} without evidence")
            if min(fact.evidence) < 0 or max(fact.evidence) >= len(record.evidence):
                raise EvidenceError(f"{name}: case {case.label} has {fact} with evidence that does not exist")


FIELDS = tuple(field.name for field in fields(Case) if field.name != "label")
