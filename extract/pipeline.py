"""The pipeline: from a report to its record, in order, in one place."""

from __future__ import annotations

import gc
import os
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from itertools import islice
from operator import attrgetter
from types import ModuleType
from typing import Any

from spacy.attrs import IDX, LENGTH
from spacy.language import Language

from corpus import sections
from corpus.report import Report
from extract import abbreviations, denials, kind, language, matching, patients, sentences, series
from extract.fields import FIELDS
from extract.lexicon import LexiconError
from extract.reading import NOTHING, Finding, Hit, Mention, Reading, Resolution, Sentence
from extract.record import FIELDS as RECORD_FIELDS
from extract.record import Case, Evidence, EvidenceError, Failure, Record, about, check_evidence
from extract.version import fingerprint, version

LEXICONS = (
    "context",
    "subject",
    "sex",
    "site",
    "region",
    "metastasis_site",
    "histology",
    "ihc",
    "gene",
    "drug",
    "regimen",
    "technique",
    "procedure",
    "outcome",
)


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
    pipeline = Pipeline(nlp, matching.build(nlp, LEXICONS), version(), fingerprint())
    # The vocabularies live as long as the process; the garbage collector need not walk them again and again.
    gc.collect()
    gc.freeze()
    return pipeline


def extract(report: Report, pipeline: Pipeline) -> Record:
    """Return the record of one report. The same text and pipeline give the same record.

    A defect in one field loses that field of the report alone, and the record names it; where CASEBOOK_DEBUG is set it is raised.

    Raises EvidenceError if a quote and the text disagree, which is a defect of the pipeline.
    """
    reading = read(report, pipeline)
    labels = sorted({sentence.patient for sentence in reading.sentences} - {series.EVERY}, key=_label_order)
    judged = kind.judge(reading, labels)
    cases: list[Case] = []
    evidence: list[Evidence] = []
    failures: list[Failure] = []
    if judged in kind.WITH_CASES:  # a review or a guideline, long as they are, holds no facts: no field looks at it
        found = _find(reading, failures)
        for label in labels:
            case = _case(label, found, evidence, failures, len(labels) == 1)
            if _is_patient(case):
                cases.append(case)
            else:
                evidence = [entry for entry in evidence if entry.case != label]
    if report.pages:
        for entry in evidence:
            entry.page = bisect_right(report.pages, entry.start) or 1
    record = Record(
        about(report, judged),
        tuple(cases),
        tuple(evidence),
        {"version": pipeline.version, "fingerprint": pipeline.fingerprint},
        tuple(failures),
    )
    check_evidence(record, report.text)
    return record


def single_case(report: Report, pipeline: Pipeline) -> tuple[Case, tuple[Evidence, ...]]:
    """Return what a text says of its first patient, whether or not it tells enough to be a case report.

    Raises EvidenceError where a field cannot be read to the end.
    """
    reading = read(report, pipeline)
    evidence: list[Evidence] = []
    failures: list[Failure] = []
    case = _case("1", _find(reading, failures), evidence, failures, False)
    if failures:
        raise EvidenceError(f"{report.id}: {failures[0].field}: {failures[0].message}")
    return case, tuple(evidence)


def read(report: Report, pipeline: Pipeline) -> Reading:
    """Return the report cut into sentences, each with its place and subject, and all that the lexicons find."""
    doc = language.tokenize(pipeline.nlp, report.text)
    tokens = doc.to_array([IDX, LENGTH]).T.tolist() if len(doc) else ([], [])
    spans = [(start, end, line) for line in sections.lines(report) for start, end in sentences.split(report.text, line.start, line.end)]
    spans = series.split(report.text, spans)
    begins = [start for start, _, _ in spans]
    hits = matching.find(pipeline.matcher, doc, report.text, tokens, begins, [end for _, end, _ in spans])
    abbreviations.resolve(hits, doc, report.text, tokens[0], begins)
    drafts = _drafts(report.text, spans, hits["subject"])
    told = patients.subjects(drafts)
    whose = series.labels(drafts, told)
    cut = tuple(
        Sentence(number, start, end, text, lower, section, subject, patient, is_heading)
        for number, ((start, end, text, lower, section, is_heading, _), subject, patient) in enumerate(
            zip(drafts, told, whose, strict=True)
        )
    )
    return Reading(report, cut, tuple(begins), hits, {name: _by_sentence(found) for name, found in hits.items()})


def _by_sentence(hits: Sequence[Hit]) -> dict[int, list[Hit]]:
    result: dict[int, list[Hit]] = {}
    for hit in hits:
        number = hit.sentence
        if number in result:
            result[number].append(hit)
        else:
            result[number] = [hit]
    return result


# No case report says more of one thing; what repeats itself beyond is not read, so that no text takes forever.
_MOST_MENTIONS = 1500
# How much of a defect's message is kept, in characters.
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class _Found:
    """The mentions of each field that was read, and the words that deny a field as a whole."""

    fields: tuple[tuple[ModuleType, list[Mention]], ...]
    denials: list[Mention]


def _find(reading: Reading, failures: list[Failure]) -> _Found:
    """Return the mentions of all fields; one that fails is left out and named among the failures."""
    found: list[tuple[ModuleType, list[Mention]]] = []
    for field in FIELDS:
        mentions: list[Mention] = []
        try:
            mentions = list(islice(field.find(reading), _MOST_MENTIONS + 1))
        except LexiconError:  # a faulty vocabulary is so for every report
            raise
        except Exception as error:
            failures += _failed(field, None, error)
            continue
        if len(mentions) > _MOST_MENTIONS:
            told = f"more than {_MOST_MENTIONS} mentions; those from offset {mentions.pop().start} on are not read"
            failures += [Failure(name, told) for name in field.FIELDS]
        found.append((field, mentions))
    return _Found(tuple(found), list(islice(denials.find(reading), _MOST_MENTIONS)))


def _drafts(text: str, spans: Sequence[tuple[int, int, sections.Line]], cues: Sequence[Hit]) -> list[patients.Draft]:
    told: dict[int, set[str]] = defaultdict(set)
    for cue in cues:
        told[cue.sentence].add(cue.id)
    drafts = []
    for number, (start, end, line) in enumerate(spans):
        words = text[start:end]
        # The only letter that is longer in lower case: without it, offsets hold in both.
        lower = words.replace("İ", "I").lower()
        drafts.append(patients.Draft(start, end, words, lower, line.section, line.is_heading, frozenset(told.get(number, ()))))
    return drafts


def _case(label: str, found: _Found, evidence: list[Evidence], failures: list[Failure], is_only: bool) -> Case:
    """Return the case of one patient (or of the only one), and add the evidence of its values to the list."""

    def mine(mentions: list[Mention]) -> list[Mention]:
        return mentions if is_only else [mention for mention in mentions if mention.sentence.patient in (label, series.EVERY)]

    values: dict[str, Any] = {"label": label}
    for field, mentions in found.fields:
        resolution = _resolve(field, mine(mentions), values, failures)
        for name, finding in resolution.one.items():
            proof = _prove(finding, name, label, evidence)
            # A site or a histology names its evidence; a plain value is found by field and case.
            values[name] = _with_evidence(finding.value, proof) if hasattr(finding.value, "evidence") else finding.value
        for name, findings in resolution.many.items():
            more = [_with_evidence(finding.value, _prove(finding, name, label, evidence)) for finding in findings]
            values[name] = (*values.get(name, ()), *more)  # a later field may add to what an earlier one found
        evidence += [_evidence(mention, field.NAME, label, None, reason) for mention, reason in resolution.passed]
    evidence += [_evidence(m, m.field, label, None, denials.REASON) for m in mine(found.denials) if not values.get(m.field)]
    return Case(**{name: value for name, value in values.items() if name in _OF_CASE})


def _resolve(field: ModuleType, mentions: list[Mention], values: dict[str, Any], failures: list[Failure]) -> Resolution:
    """Return what a field makes of the mentions of one patient; nothing, and a failure more, where it fails."""
    try:
        resolution: Resolution = field.resolve(mentions, values)
    except LexiconError:
        raise
    except Exception as error:
        failures += _failed(field, values["label"], error)
        return NOTHING
    return resolution


def _failed(field: ModuleType, label: str | None, error: Exception) -> list[Failure]:
    """Return the failure of each of a module's fields; raise the error again where CASEBOOK_DEBUG is set."""
    if "CASEBOOK_DEBUG" in os.environ:
        raise error
    message = " ".join(f"could not be read, {type(error).__name__}: {error}".split())[:_LONGEST]
    return [Failure(name, message, label) for name in field.FIELDS]


# A field may leave other things beside its values for a later one, such as the timeline.
_OF_CASE = frozenset({"label", *RECORD_FIELDS})


def _with_evidence(fact: Any, evidence: tuple[int, ...]) -> Any:
    """Return a fact with its evidence, which is the last attribute of every kind of fact; `replace` takes twice as long."""
    kind: type = type(fact)
    return kind(*_attributes(kind)(fact), evidence)


@lru_cache(maxsize=64)
def _attributes(kind: type) -> attrgetter[tuple[Any, ...]]:
    """Return what gets all attributes of a kind of fact but the last one."""
    *names, last = [field.name for field in fields(kind)]
    assert last == "evidence"
    return attrgetter(*names)


def _prove(finding: Finding, field: str, label: str, evidence: list[Evidence]) -> tuple[int, ...]:
    value, proof = finding
    first = len(evidence)
    shown = _shown(value)
    if len(proof) == 1:  # most facts
        evidence.append(_evidence(proof[0], field, label, shown, None))
        return (first,)
    evidence.extend([_evidence(mention, field, label, shown, None) for mention in proof])
    return tuple(range(first, len(evidence)))


def _evidence(mention: Mention, field: str, label: str, value: str | None, reason: str | None) -> Evidence:
    sentence, start, end = mention.sentence, mention.start, mention.end
    quote = sentence.text[start - sentence.start : end - sentence.start]
    return Evidence(field, label, start, end, quote, sentence.section, mention.assertion, mention.subject, value, reason)


def _shown(value: Any) -> str:
    """Return a value in the short form in which evidence lists show it."""
    kind: type = type(value)
    name = _shown_by(kind)
    if name is None:
        return str(value)
    shown = str(getattr(value, name))
    return f"{shown} {value.result}" if hasattr(value, "result") else shown


@lru_cache(maxsize=64)
def _shown_by(kind: type) -> str | None:
    """Return the name of the attribute that stands for a fact of this kind, None for a plain value."""
    return next((name for name in ("marker", "gene", "name", "procedure", "total_dose_gy") if hasattr(kind, name)), None)


def _is_patient(case: Case) -> bool:
    """Return whether anything is known of a case that makes it one: who it is, or what the tumour is."""
    return case.age_years is not None or case.sex is not None or (case.histology is not None and case.site is not None)


def _label_order(label: str) -> tuple[int, str]:
    return (int(label) if label.isdigit() else 99, label)
