"""The pipeline: from a report to its record, in order, in one place."""

from __future__ import annotations

import hashlib
import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import Any

from spacy.attrs import IDX, LENGTH
from spacy.language import Language

from corpus.report import Report
from extract import abbreviations, kind, language, matching, patients, sections, sentences
from extract.fields import FIELDS
from extract.lexicon import FOLDER, Entry
from extract.reading import Finding, Hit, Mention, Reading, Sentence
from extract.record import Case, Evidence, Record, check_evidence

LEXICONS = ("context", "subject", "sex", "site", "region", "metastasis_site", "histology", "ihc", "gene", "drug", "regimen", "technique", "procedure", "outcome")


@dataclass(frozen=True, slots=True)
class Pipeline:
    """What is built once: the tokenizer, the matcher over all vocabularies, and the fingerprint of it all."""

    nlp: Language
    matcher: matching.Matcher
    version: str
    fingerprint: str


def build() -> Pipeline:
    """Return the pipeline; about a second. Raises LexiconError where a vocabulary file is faulty."""
    nlp = language.blank_english()
    return Pipeline(nlp, matching.build(nlp, LEXICONS), version(), fingerprint())


def version() -> str:
    """Return the installed version of Casebook."""
    return metadata.version("casebook")


@cache
def fingerprint() -> str:
    """Return 16 hex digits that change when code or vocabularies of the extraction change."""
    digest = hashlib.sha256()
    for path in sorted([*Path(__file__).parent.rglob("*.py"), *FOLDER.glob("*.csv")]):
        digest.update(path.relative_to(Path(__file__).parent).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def extract(report: Report, pipeline: Pipeline) -> Record:
    """Return the record of one report. The same text and pipeline give the same record.

    Raises EvidenceError if a quote and the text disagree, which is a defect of the pipeline.
    """
    reading = read(report, pipeline)
    mentions = [(field, list(field.find(reading))) for field in FIELDS]
    labels = sorted({sentence.patient for sentence in reading.sentences}, key=_label_order)
    judged = kind.judge(reading, labels)
    cases: list[Case] = []
    evidence: list[Evidence] = []
    if judged in kind.WITH_CASES:
        for label in labels:
            case = _case(label, mentions, evidence)
            if _is_patient(case):
                cases.append(case)
            else:
                evidence = [entry for entry in evidence if entry.case != label]
    record = Record(_report(report, judged), tuple(cases), tuple(evidence), {"version": pipeline.version, "fingerprint": pipeline.fingerprint})
    check_evidence(record, report.text)
    return record


def single_case(report: Report, pipeline: Pipeline) -> tuple[Case, tuple[Evidence, ...]]:
    """Return what a text says of its first patient, whether or not it tells enough to be a case report."""
    reading = read(report, pipeline)
    evidence: list[Evidence] = []
    case = _case("1", [(field, list(field.find(reading))) for field in FIELDS], evidence)
    return case, tuple(evidence)


def read(report: Report, pipeline: Pipeline) -> Reading:
    """Return the report cut into sentences, each with its place and subject, and all that the lexicons find."""
    doc = pipeline.nlp.make_doc(report.text)
    starts, lengths = doc.to_array([IDX, LENGTH]).T.tolist() if len(doc) else ([], [])
    spans = [
        (start, end, line)
        for line in sections.read_lines(report.text)
        for start, end in sentences.split(report.text, line.start, line.end)
    ]
    begins = [start for start, _, _ in spans]
    found = matching.find(pipeline.matcher, doc, report.text, starts, lengths)
    short_forms = _short_forms(report.text, found, list(abbreviations.find(doc, report.text, starts)))
    hits = _place(found, short_forms, report.text, begins)
    drafts = _drafts(report.text, spans, hits["subject"])
    told = patients.subjects(drafts)
    whose = patients.labels(drafts, told)
    cut = tuple(
        Sentence(number, draft.start, draft.end, draft.text, draft.lower, draft.section, subject, patient, draft.is_heading)
        for number, (draft, subject, patient) in enumerate(zip(drafts, told, whose, strict=True))
    )
    by_sentence: dict[tuple[str, int], list[Hit]] = defaultdict(list)
    for name, placed in hits.items():
        for hit in placed:
            by_sentence[name, hit.sentence].append(hit)
    return Reading(
        report,
        cut,
        tuple(begins),
        {name: tuple(placed) for name, placed in hits.items()},
        {place: tuple(placed) for place, placed in by_sentence.items()},
        {},
    )


def _short_forms(text: str, found: Mapping[str, list[matching.Match]], defined: Sequence[tuple[str, int, int]]) -> dict[str, list[Entry]]:
    """Return, for each abbreviation that the report defines, the entries that its long form is.

    An abbreviation whose long form is a known name stands for that name in this report, whatever
    else it may mean elsewhere.
    """
    meanings: dict[str, list[Entry]] = {}
    for short, start, end in defined:
        entries = []
        for matches in found.values():
            # The head of a long form is its end: "gastric SIGNET RING CELL CARCINOMA (SRCC)".
            ending = [match for match in matches if match.end == end or (match.start == start and match.end >= end - 1)]
            entries.extend(match.entry for match in ending[-1:])
        meanings.setdefault(short, entries)
    return meanings


_RESOLVED = ("histology", "ihc", "drug", "regimen", "gene", "site", "metastasis_site")


def _place(found: Mapping[str, list[matching.Match]], short_forms: Mapping[str, list[Entry]], text: str, begins: Sequence[int]) -> dict[str, list[Hit]]:
    """Return the hits by lexicon, with abbreviations as the report defines them, each with its sentence."""
    placed: dict[str, list[Hit]] = {name: [] for name in LEXICONS}
    for name, matches in found.items():
        is_resolved = name in _RESOLVED and bool(short_forms)
        placed[name] = [
            Hit(entry, start, end, bisect_right(begins, start) - 1)
            for entry, start, end in matches
            if not (is_resolved and _is_redefined(text[start:end], entry, short_forms))
        ]
    for short, entries in short_forms.items():
        wanted = [entry for entry in entries if entry.lexicon in _RESOLVED]
        if not wanted:
            continue
        for match in re.finditer(rf"(?<![\w-]){re.escape(short)}s?(?!\w)", text):
            for entry in wanted:
                rivals = placed[entry.lexicon]
                at = bisect_left(rivals, match.start(), key=_start_of)
                taken = (at < len(rivals) and rivals[at].start < match.end()) or (at > 0 and rivals[at - 1].end > match.start())
                if not taken:
                    rivals.insert(at, Hit(entry, match.start(), match.end(), bisect_right(begins, match.start()) - 1))
    return placed


def _start_of(hit: Hit) -> int:
    return hit.start


def _is_redefined(words: str, entry: Entry, short_forms: Mapping[str, list[Entry]]) -> bool:
    """Return whether the report gives an abbreviation another meaning than the lexicon does."""
    return words in short_forms and entry.concept_id not in {meaning.concept_id for meaning in short_forms[words]}


def _drafts(text: str, spans: Sequence[tuple[int, int, sections.Line]], cues: Sequence[Hit]) -> list[patients.Draft]:
    told: dict[int, set[str]] = defaultdict(set)
    for cue in cues:
        told[cue.sentence].add(cue.id)
    drafts = []
    for number, (start, end, line) in enumerate(spans):
        words = text[start:end]
        drafts.append(patients.Draft(start, end, words, words.lower(), line.section, line.is_heading, frozenset(told.get(number, ()))))
    return drafts


def _case(label: str, mentions: Sequence[tuple[ModuleType, list[Mention]]], evidence: list[Evidence]) -> Case:
    """Return the case of one patient, and add the evidence of its values to the list."""
    values: dict[str, Any] = {"label": label}
    for field, found in mentions:
        mine = [mention for mention in found if mention.sentence.patient == label]
        resolution = field.resolve(mine, values)
        for name, finding in resolution.one.items():
            proof = _prove(finding, name, label, evidence)
            # A site or a histology names its evidence; a plain value is found by field and case.
            values[name] = replace(finding.value, evidence=proof) if hasattr(finding.value, "evidence") else finding.value
        for name, findings in resolution.many.items():
            values[name] = tuple(replace(finding.value, evidence=_prove(finding, name, label, evidence)) for finding in findings)
        for mention, reason in resolution.passed:
            evidence.append(_evidence(mention, field.NAME, label, None, reason))
    return Case(**values)


def _prove(finding: Finding, field: str, label: str, evidence: list[Evidence]) -> tuple[int, ...]:
    indexes = []
    for mention in finding.proof:
        evidence.append(_evidence(mention, field, label, _shown(finding.value), None))
        indexes.append(len(evidence) - 1)
    return tuple(indexes)


def _evidence(mention: Mention, field: str, label: str, value: str | None, reason: str | None) -> Evidence:
    sentence = mention.sentence
    quote = sentence.text[mention.start - sentence.start : mention.end - sentence.start]
    return Evidence(field, label, mention.start, mention.end, quote, sentence.section, mention.assertion, mention.subject, value, reason)


def _shown(value: Any) -> str:
    """Return a value in the short form in which evidence lists show it."""
    for name in ("marker", "gene", "name", "procedure", "total_dose_gy"):
        if hasattr(value, name):
            shown = str(getattr(value, name))
            return f"{shown} {value.result}" if hasattr(value, "result") else shown
    return str(value)


def _is_patient(case: Case) -> bool:
    """Return whether anything is known of a case that makes it one: who it is, or what the tumour is."""
    return case.age_years is not None or case.sex is not None or (case.histology is not None and case.site is not None)


def _label_order(label: str) -> tuple[int, str]:
    return (int(label) if label.isdigit() else 99, label)


def _report(report: Report, judged: str) -> dict[str, Any]:
    return {
        "id": report.id, "kind": judged, "title": report.title, "doi": report.doi, "pmcid": report.pmcid, "pmid": report.pmid,
        "year": report.year, "journal": report.journal, "license": report.license, "sha256": report.sha256,
    }  # fmt: skip
