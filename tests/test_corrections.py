"""Corrections of curators: their file, how they are laid over what the machine reads, and that they survive every rerun."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from corpus.report import Report
from db import load
from db.corrections import file, values
from db.corrections.file import Correction, append, read
from db.corrections.overlay import Laid, lay
from db.corrections.words import around
from extract.record import Case, Record, check_evidence
from tests import db_fixtures

WHEN = "2026-11-21T10:00:00+00:00"
MORE = "An entirely other woman of 71 years was seen on the same day.\n\n"  # in front of a text: all words move


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of correction of the case `db_fixtures.lung`.

    Attributes
    ----------
    field, action, number, value, quote
        What the curator decides; the quote holds the words of a value that the machine has not.
    stands
        What stands in the field afterwards, in the form of corrections, as far as it is told: None for nothing.
    moved
        Attributes of the case as another machine reads it: the value under the correction is another.
    """

    field: str
    action: str
    value: Any = None
    number: int = 1
    quote: str | None = None
    stands: Any = None
    moved: dict[str, Any] | None = None


_REPORT, _RECORD = db_fixtures.lung()
_CASE = _RECORD.cases[0]


def _item(field: str, number: int = 1, **changes: Any) -> dict[str, Any]:
    """Return attributes of a case whose list has one entry that is another."""
    there = getattr(_CASE, field)
    return {field: (*there[: number - 1], replace(there[number - 1], **changes), *there[number:])}


_SITE = {"name": "lower lobe of lung", "topography": "C34.3"}
_SARCOMA = {"name": "leiomyosarcoma", "morphology": "8890/3"}
_DESMIN = {"marker": "Desmin", "result": "positive", "extent": "focal"}
_COURSE = {"total_dose_gy": 55.0, "fractions": 25, "technique": "IMRT"}
_SECOND = {"total_dose_gy": 20.0, "fractions": 5}
_ALK = {"gene": "ALK", "alteration": "rearrangement", "partner": "EML4", "result": "positive"}
_PHASES = {"total_dose_gy": 54.0, "fractions": 27, "phases": [{"dose_gy": 38.0, "fractions": 19}, {"dose_gy": 16.0, "fractions": 8}]}
_CISPLATIN = {"name": "cisplatin", "dose": "45 mg", "dose_value": 45.0, "dose_unit": "mg"}
_ETOPOSIDE = {"name": "etoposide"}
_LIVER = {"name": "liver", "topography": "C22"}
_WEDGE = {"procedure": "wedge resection", "margin": "R2"}
_LOBE = {"procedure": "lobectomy"}
_CD34 = {"marker": "CD34", "result": "negative"}
_TP53 = {"gene": "TP53", "alteration": "mutation", "result": "positive"}

KINDS = {
    "set a number": Kind("age_years", "set", 55.0, stands=55.0, moved={"age_years": 45.0}),
    "set a number with other words": Kind("size_cm", "set", 7.5, quote="mass of 7.2 cm", stands=7.5, moved={"size_cm": 2.0}),
    "set where there was none": Kind("ki67_percent", "set", 5.0, quote="a cough", stands=5.0, moved={"ki67_percent": 9.0}),
    "set a word": Kind("sex", "set", "female", stands="female", moved={"sex": None}),
    "set a status": Kind("status", "set", "AWD", stands="AWD", moved={"status": "DOD"}),
    "set yes or no": Kind("surgery", "set", False, stands=False, moved={"surgery": None}),
    "set a recurrence": Kind("recurrence", "set", True, stands=True, moved={"recurrence": None}),
    "set a follow-up": Kind("follow_up_months", "set", 48.0, stands=48.0, moved={"follow_up_months": 6.0}),
    "set a lower bound": Kind("follow_up_months", "set", ">62", stands=">62", moved={"follow_up_is_minimum": None}),
    "clear a number": Kind("age_years", "clear", moved={"age_years": 45.0}),
    "clear a word": Kind("status", "clear", moved={"status": "DOD"}),
    "clear a site": Kind("site", "clear", moved={"site": replace(_CASE.site, topography="C34.2")}),
    "confirm a number": Kind("age_years", "confirm", stands=54.0, moved={"age_years": 45.0}),
    "confirm a lower bound": Kind("follow_up_months", "confirm", stands=">60", moved={"follow_up_months": 59.0}),
    "confirm yes or no": Kind("radiotherapy_given", "confirm", stands=True, moved={"radiotherapy_given": False, "radiotherapy": ()}),
    "confirm a diagnosis": Kind("histology", "confirm", stands={"morphology": "8825/1"}, moved={"histology": None}),
    "set a site": Kind("site", "set", _SITE, stands=_SITE, moved={"site": replace(_CASE.site, laterality="left")}),
    "set a diagnosis": Kind("histology", "set", _SARCOMA, stands=_SARCOMA, moved={"histology": replace(_CASE.histology, grade="low")}),
    "set a stain": Kind("ihc", "set", _DESMIN, 4, stands=_DESMIN, moved=_item("ihc", 4, percent=10.0)),
    "add a stain": Kind("ihc", "add", _CD34, quote="plasma cells", stands=_CD34,
                        moved={"ihc": (*_CASE.ihc, replace(_CASE.ihc[0], marker="CD34"))}),
    "reject a stain": Kind("ihc", "reject", number=5, moved=_item("ihc", 5, result="positive")),
    "confirm a stain": Kind("ihc", "confirm", number=3, stands={"marker": "ALK", "result": "negative"}, moved=_item("ihc", 3, result="positive")),
    "set a gene test": Kind("molecular", "set", _ALK, stands=_ALK, moved=_item("molecular", partner="KIF5B")),
    "add a gene test": Kind("molecular", "add", _TP53, quote="FISH", stands=_TP53,
                            moved={"molecular": (*_CASE.molecular, replace(_CASE.molecular[0], gene="TP53", alteration="mutation"))}),
    "reject a gene test": Kind("molecular", "reject", moved=_item("molecular", result="positive")),
    "set an operation": Kind("surgeries", "set", _WEDGE, stands=_WEDGE, moved=_item("surgeries", margin="R1")),
    "add an operation": Kind("surgeries", "add", _LOBE, quote="right upper lobe", stands=_LOBE,
                             moved={"surgeries": (replace(_CASE.surgeries[0], procedure="lobectomy", extent="complete", evidence=_CASE.site.evidence),)}),
    "reject an operation": Kind("surgeries", "reject", moved=_item("surgeries", extent="complete")),
    "set the dose and fractions of a course": Kind("radiotherapy", "set", _COURSE, stands=_COURSE, moved=_item("radiotherapy", fractions=26)),
    "set the phases of a course": Kind("radiotherapy", "set", _PHASES, stands=_PHASES, moved=_item("radiotherapy", phases=())),
    "add a course": Kind("radiotherapy", "add", _SECOND, quote="a boost of 16 Gy in 8 fractions", stands=_SECOND,
                         moved={"radiotherapy": (replace(_CASE.radiotherapy[0], total_dose_gy=20.0, dose_per_fraction_gy=None),)}),
    "reject a course": Kind("radiotherapy", "reject", moved=_item("radiotherapy", technique=None)),
    "confirm a course": Kind("radiotherapy", "confirm", stands={"fractions": 27}, moved=_item("radiotherapy", total_dose_gy=52.0)),
    "set the dose of a drug": Kind("drugs", "set", _CISPLATIN, stands=_CISPLATIN, moved=_item("drugs", dose_value=50.0)),
    "add a drug": Kind("drugs", "add", _ETOPOSIDE, quote="weekly cisplatin 40 mg", stands=_ETOPOSIDE, moved=_item("drugs", name="etoposide")),
    "reject a drug": Kind("drugs", "reject", moved=_item("drugs", cycles=6)),
    "add a metastasis": Kind("metastases", "add", _LIVER, quote="colon cancer", stands=_LIVER),
}  # fmt: skip
each_kind = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)


def correction(kind: Kind, report: Report = _REPORT, record: Record = _RECORD, made_at: str = WHEN) -> Correction:
    """Return the correction as a curator makes it who looks at a record."""
    case = record.cases[0]
    there = values.of_case(case, kind.field)
    was = None if kind.action == "add" or not there else there[kind.number - 1]
    if kind.quote:
        start = report.text.index(kind.quote)
        words = around(report.text, start, start + len(kind.quote))
    else:
        named = (
            getattr(getattr(case, kind.field), "evidence", None)
            if kind.field not in values.LISTS
            else getattr(case, kind.field)[kind.number - 1].evidence
        )
        entry = record.evidence[named[0]] if named else next(x for x in record.evidence if x.field == kind.field and x.case == "1")
        words = around(report.text, entry.start, entry.end)
    made = Correction(f"{report.id}/1", kind.field, kind.action, was, kind.value, words, "Ada", made_at, "as printed")
    with values.rules() as rules:
        return file.checked(made, rules)


def laid(kind: Kind, report: Report = _REPORT, record: Record = _RECORD) -> Laid:
    """Return a record with one correction laid over it, its evidence checked as when it is stored."""
    found = lay(record, report, [correction(kind)])
    check_evidence(found.record, report.text)
    return found


def stands(case: Case, kind: Kind) -> bool:
    """Tell whether the curator's word stands in a case."""
    there = values.of_case(case, kind.field)
    if kind.action in ("clear", "reject"):
        return values.of_case(_CASE, kind.field)[kind.number - 1] not in there
    wanted = kind.stands
    return any(wanted.items() <= x.items() if isinstance(wanted, dict) else x == wanted for x in there)


def states(found: Laid) -> list[str]:
    return [ruling.state for ruling in found.ruled.rulings]


def moved_text(report: Report, record: Record) -> tuple[Report, Record]:
    """Return report and record as they are with more text in front."""
    evidence = tuple(replace(x, start=x.start + len(MORE), end=x.end + len(MORE)) for x in record.evidence)
    other = replace(report, text=MORE + report.text)
    return other, replace(record, evidence=evidence, report={**record.report, "sha256": other.sha256})


def other_machine(record: Record) -> Record:
    """Return a record of another pipeline: the same values, in another order, from evidence in another order."""
    count = len(record.evidence)

    def turned(fact: Any) -> Any:
        return replace(fact, evidence=tuple(count - 1 - n for n in fact.evidence)) if fact is not None else None

    case = record.cases[0]
    lists = {name: tuple(turned(x) for x in reversed(getattr(case, name))) for name in (*values.LISTS, "events")}
    case = replace(case, site=turned(case.site), histology=turned(case.histology), **lists)
    return replace(record, cases=(case,), evidence=record.evidence[::-1], pipeline={"version": "0.2.0", "fingerprint": "e" * 12})


# --- twenty kinds and more, and what may happen to them ------------------------------------------


@each_kind
def test_a_correction_is_laid_over_the_machines_value(kind: Kind) -> None:
    found = laid(kind)
    assert states(found) == ["applied"]
    assert stands(found.record.cases[0], kind)
    ruling = found.ruled.rulings[0]
    machine = values.of_case(_CASE, kind.field)
    was_there = kind.action != "add" and machine
    assert json.loads(ruling.machine_value or "null") == (machine[kind.number - 1] if was_there else None)  # the machine's value is kept


@each_kind
def test_a_correction_survives_another_pipeline(kind: Kind) -> None:
    found = laid(kind, record=other_machine(_RECORD))
    assert states(found) == ["applied"]
    assert stands(found.record.cases[0], kind)


@each_kind
def test_a_correction_moves_with_its_words(kind: Kind) -> None:
    report, record = moved_text(_REPORT, _RECORD)
    found = laid(kind, report, record)
    assert states(found) == ["applied"]
    assert stands(found.record.cases[0], kind)
    marked = correction(kind).words or ""
    quotes = {x.quote for x in found.record.evidence if x.field == kind.field and x.start >= len(MORE)}
    if kind.action in ("set", "add"):
        assert marked[marked.index("⟦") + 1 : marked.index("⟧")] in quotes


@pytest.mark.parametrize("kind", [kind for kind in KINDS.values() if kind.moved], ids=[name for name, kind in KINDS.items() if kind.moved])
def test_a_correction_of_a_value_that_is_another_now_waits(kind: Kind) -> None:
    record = db_fixtures.with_case(_RECORD, **(kind.moved or {}))
    for name in kind.moved or {}:  # a value without evidence does not exist
        if name == "ki67_percent":
            record = replace(record, evidence=(*record.evidence, replace(record.evidence[0], field=name)))
    found = laid(kind, record=record)
    assert states(found) == ["conflict"]
    assert found.record.cases == record.cases  # nothing is changed
    assert found.record.evidence == record.evidence
    assert found.ruled.rulings[0].conflict


@each_kind
def test_a_correction_whose_words_are_gone_waits(kind: Kind) -> None:
    # The words stay where they are for the machine, which reads the same value; the curator's are spelt otherwise.
    marked = correction(kind).words or ""
    quote = marked[marked.index("⟦") + 1 : marked.index("⟧")]
    text = _REPORT.text.replace(quote, "·" * len(quote))
    evidence = tuple(replace(x, quote=text[x.start : x.end]) for x in _RECORD.evidence)
    report = replace(_REPORT, text=text)
    record = replace(_RECORD, evidence=evidence, report={**_RECORD.report, "sha256": report.sha256})
    found = laid(kind, report, record)
    assert states(found) == ["conflict"]
    assert found.ruled.rulings[0].conflict == "its words are not in the text any more"
    assert found.record.cases == record.cases


@each_kind
def test_a_correction_is_read_back_from_the_file_as_it_was_made(kind: Kind, tmp_path: Path) -> None:
    made = correction(kind)
    append(tmp_path / "c.csv", [made])
    assert read(tmp_path / "c.csv") == (made,)


@each_kind
def test_a_correction_is_stored_with_its_case(kind: Kind, tmp_path: Path) -> None:
    found = laid(kind)
    with closing(load.connect(tmp_path / "x.db")) as connection:
        load.store(connection, _REPORT, found.record, "000001", ruled=found.ruled)
        rows = connection.execute("select field, action, state, curator from correction").fetchall()
        assert rows == [(kind.field, kind.action, "applied", "Ada")]
        assert not load.is_current(connection, _REPORT, "f" * 12)
        assert load.is_current(connection, _REPORT, "f" * 12, found.ruled.fingerprint)
