"""The page on method and limits: what the words of its template need from the code and from the database."""

from __future__ import annotations

import platform
import sqlite3
from collections import Counter
from dataclasses import dataclass
from importlib import metadata

from corpus.formats import FORMATS
from db import fields
from db.query import every, one
from extract import alpha_beta, certainty, isoeffect, version

NOT_POOLED = (
    ("no_time", "no follow-up is told"),
    ("no_status", "the state at the end of the follow-up is not told"),
    ("time_origin_unclear", "the last contact is counted from a later event of unknown time"),
)
NO_EQD2 = (
    ("no_dose", "the total dose is not told"),
    ("fractions_unknown", "the number of fractions is not told"),
    ("contradictory", "the printed numbers contradict each other (number times size is not the total)"),
    ("rbe_unclear", "ions or neutrons, or Gy(RBE) of particles that are not named: their weighting holds at one dose per fraction"),
    ("dose_rate_unknown", "brachytherapy that is not said to be of high dose rate"),
    ("low_dose_rate", "brachytherapy of low dose rate, or pulsed, which needs another formula"),
)
_LIBRARIES = ("casebook", "spacy", "scispacy", "lifelines", "datasette")


@dataclass(frozen=True, slots=True)
class MethodPage:
    """All that the page needs.

    Attributes
    ----------
    reports, cases, retellings
        How many the database holds.
    fields
        What is read, as readers call it.
    formats
        Kinds of files that can be read.
    bands
        Certainty band and its lower limit.
    pooled, not_pooled
        Cases with a time of survival; why the others have none, with their number.
    no_eqd2
        Why a dose has no EQD2, with the number of such doses.
    tumours
        Tumour types with an alpha/beta of their own.
    model_limit_gy
        Largest fraction, in Gy, for which the linear-quadratic model is validated.
    same_patients, possible_pairs, linked
        Patients whom a case and a literature table tell of; pairs of cases that may be one patient; files linked to a report that tells
        the same.
    corrected
        Corrections by curators that apply.
    licences
        Licence, as the reports state it, with their number; None: not stated.
    pipelines
        Fingerprint of the pipeline that read reports, with their number; the commonest first.
    read_on
        When the last run began (ISO 8601); None where no run says.
    libraries
        What this server runs on, with releases.
    """

    reports: int
    cases: int
    retellings: int
    fields: tuple[str, ...]
    formats: tuple[str, ...]
    bands: tuple[tuple[str, float], ...]
    pooled: int
    not_pooled: tuple[tuple[str, int], ...]
    no_eqd2: tuple[tuple[str, int], ...]
    tumours: tuple[alpha_beta.AlphaBeta, ...]
    model_limit_gy: float
    same_patients: int
    possible_pairs: int
    linked: int
    corrected: int
    licences: tuple[tuple[str | None, int], ...]
    pipelines: tuple[tuple[str, int], ...]
    read_on: str | None
    libraries: tuple[tuple[str, str], ...]

    @property
    def citation(self) -> str:
        """How to cite the database."""
        pipeline = f", pipeline {self.pipelines[0][0]}" if self.pipelines else ""
        read = f", read on {self.read_on[:10]}" if self.read_on else ""
        return (
            f"Casebook: published oncology case reports as a database. Version {version.version()}{pipeline}{read}; "
            f"{self.reports:,} {'report' if self.reports == 1 else 'reports'}, {self.cases:,} {'case' if self.cases == 1 else 'cases'}."
        )


def method_page(connection: sqlite3.Connection) -> MethodPage:
    """Read what the page needs; it counts over all cases."""

    def count(sql: str) -> int:
        return int(every(connection, sql)[0][0])

    def grouped(sql: str) -> Counter[str | None]:
        return Counter({row[0]: row[1] for row in every(connection, sql)})

    left_out = grouped("select not_pooled_because, count(*) from patient_case where survival_months is null group by 1")
    no_eqd2 = grouped("select not_comparable_because, count(*) from radiotherapy_dose where not_comparable_because is not null group by 1")
    last = one(connection, "select max(started_at) as at from run")
    return MethodPage(
        count("select count(*) from report"),
        count("select count(*) from patient_case"),
        count("select count(*) from report where is_retelling"),
        tuple(label.lower() if label != "Ki-67" else label for _, label in fields.LABELS),
        tuple(FORMATS.values()),
        certainty.BANDS,
        count("select count(*) from patient_case where survival_months is not null"),
        tuple((words, left_out[name]) for name, words in NOT_POOLED),
        tuple((words, no_eqd2[name]) for name, words in NO_EQD2),
        alpha_beta.table(),
        isoeffect.MODEL_LIMIT_GY,
        count("select count(*) from (select distinct case_id from same_patient)"),
        count("select count(*) from possible_same_patient"),
        count("select count(*) from report_duplicate"),
        count("select count(*) from correction where state = 'applied'"),
        tuple(grouped("select license, count(*) from report group by 1").most_common(8)),
        tuple((str(name), n) for name, n in grouped("select pipeline_fingerprint, count(*) from report group by 1").most_common(5)),
        last["at"] if last else None,
        (
            *((name, metadata.version(name)) for name in _LIBRARIES),
            ("SQLite", sqlite3.sqlite_version),
            ("Python", platform.python_version()),
        ),
    )
