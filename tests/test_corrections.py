"""Corrections of curators: their file, how they are laid over what the machine reads, and that they survive every rerun."""

from __future__ import annotations

import json
import multiprocessing
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.report import Report
from db import load
from db.corrections import file, values
from db.corrections.decision import decisions
from db.corrections.file import Correction, CorrectionError, append, contents, read
from db.corrections.overlay import Laid, lay
from db.corrections.words import around, find
from extract.record import Case, Metastasis, Record, TimelineEvent, check_evidence
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


# --- what a correction rests on ------------------------------------------------------------------


def _made(field: str, action: str, value: Any = None, **more: Any) -> Correction:
    """Return a correction of the first case of `lung`, with no words where none are given."""
    return Correction("lung-imt/1", field, action, more.pop("was", None), value, more.pop("words", None), "Ada", more.pop("at", WHEN))


def test_without_words_of_its_own_a_value_rests_on_the_machines() -> None:
    found = lay(_RECORD, _REPORT, [_made("age_years", "set", 55.0, was=54.0)])
    of_age = [x for x in found.record.evidence if x.field == "age_years" and x.quote == "54-year-old"]
    assert [(x.value, x.reason) for x in of_age] == [("54", "corrected by a curator"), ("55", None)]
    assert [x.section for x in of_age] == ["case", "case"]


def test_words_that_stand_at_several_places_are_told_apart_by_those_around() -> None:
    report = replace(_REPORT, text=f"{_REPORT.text}\n\nA 54-year-old man was the second patient.")
    record = replace(_RECORD, report={**_RECORD.report, "sha256": report.sha256})
    first = _made("age_years", "confirm", was=54.0, words="A ⟦54-year-old⟧ man came with")
    either = _made("age_years", "confirm", was=54.0, words="⟦54-year-old⟧")
    assert states(lay(record, report, [first])) == ["applied"]
    waiting = lay(record, report, [either]).ruled.rulings[0]
    assert (waiting.state, waiting.conflict) == ("conflict", "its words stand at several places")


def test_words_are_found_whatever_white_space_stands_between_them() -> None:
    text = "He had\n  a mass of\u00a07 cm (left). Nothing else; a mass of 9 cm was his brother's."
    place = find(text, "had a ⟦mass of 7 cm⟧ (left)")
    assert text[place.start : place.end] == "mass of\u00a07 cm"


@given(st.text(max_size=120), st.integers(0, 120), st.integers(1, 40))
@settings(max_examples=150, deadline=None)
def test_words_are_found_where_they_were_taken_or_stand_twice(text: str, start: int, length: int) -> None:
    quote = text[start : start + length]
    if quote != quote.strip() or not quote or set("⟦⟧") & set(text):
        return
    place = find(text, around(text, start, start + len(quote)))
    assert (place.start, place.end) == (start, start + len(quote)) or place.problem == "its words stand at several places"


@pytest.mark.parametrize(
    ("said", "now"),
    [
        (_made("age_years", "set", 55.0, was=54.0), {"age_years": 55.0}),
        (_made("status", "clear", was="NED"), {"status": None}),
        (_made("ihc", "add", _CD34, words="⟦SMA⟧"), {"ihc": (db_fixtures.IhcResult("CD34", "negative", evidence=(9,)),)}),
        (_made("ihc", "reject", was={"marker": "S100", "result": "positive"}), {}),
        (_made("metastases", "add", _LIVER, words="⟦SMA⟧"), {"metastases": (db_fixtures.Metastasis("hepatic", "C22", evidence=(9,)),)}),
    ],
)
def test_a_machine_that_now_says_what_the_curator_said_agrees(said: Correction, now: dict[str, Any]) -> None:
    record = db_fixtures.with_case(_RECORD, **now)
    found = lay(record, _REPORT, [said])
    assert states(found) == ["agreed"]
    assert found.record.cases == record.cases


def test_a_case_that_is_gone_makes_its_corrections_wait() -> None:
    found = lay(replace(_RECORD, cases=()), _REPORT, [_made("age_years", "set", 55.0, was=54.0)])
    assert found.ruled.rulings[0].conflict == "its case is not there any more"


def test_a_case_that_is_none_is_taken_out_with_its_words_kept() -> None:
    found = lay(_RECORD, _REPORT, [_made("case", "reject"), _made("age_years", "set", 55.0, was=54.0)])
    assert found.record.cases == ()
    assert [(x.field, x.state) for x in found.ruled.rulings] == [("case", "applied")]
    check_evidence(found.record, _REPORT.text)
    assert all(x.reason for x in found.record.evidence)


def test_another_case_under_the_label_of_one_that_was_none_stays() -> None:
    words = "his father had ⟦died of colon cancer⟧"
    assert "colon" in _REPORT.text
    found = lay(_RECORD, _REPORT, [_made("case", "reject", words=words)])
    assert found.ruled.rulings[0].conflict == "its words speak of another case now"
    assert found.record.cases == _RECORD.cases


def test_a_case_that_the_machine_missed_is_added_with_its_values() -> None:
    said = [
        Correction("lung-imt/2", "case", "add", None, None, None, "Ada", WHEN),
        Correction("lung-imt/2", "histology", "set", None, {"name": "colon cancer", "morphology": "8140/3"}, "⟦colon cancer⟧", "Ada", WHEN),
    ]
    found = lay(_RECORD, _REPORT, said)
    assert states(found) == ["applied", "applied"]
    assert [case.label for case in found.record.cases] == ["1", "2"]
    assert found.record.cases[1].histology is not None
    check_evidence(found.record, _REPORT.text)


# --- what follows from a value -------------------------------------------------------------------


@pytest.mark.parametrize(("status", "event_free"), [("DOC", (48.0, True)), ("DOD", (None, None))])
def test_times_for_survival_follow_the_corrected_outcome(status: str, event_free: tuple[float | None, bool | None]) -> None:
    """Who died of the tumour, and of whom no return is told, has no time free of it."""
    made = [_made("status", "set", status, was="NED"), _made("follow_up_months", "set", 48, was=">60")]
    case = lay(_RECORD, _REPORT, made).record.cases[0]
    assert (case.survival_months, case.survival_event, case.event_free_months, case.event_free_event) == (48.0, True, *event_free)
    assert case.follow_up_is_minimum is None
    assert [event.kind for event in case.events] == ["surgery", "radiotherapy"]  # the follow-up at 60 months is denied


def test_a_case_without_its_status_cannot_be_pooled() -> None:
    case = lay(_RECORD, _REPORT, [_made("status", "clear", was="NED")]).record.cases[0]
    assert (case.survival_months, case.not_pooled_because) == (None, "no_status")


def test_a_course_that_is_added_says_that_radiotherapy_was_given() -> None:
    record = db_fixtures.with_case(_RECORD, radiotherapy=(), radiotherapy_given=None)
    record = replace(
        record, evidence=tuple(x if x.field != "radiotherapy_given" else replace(x, reason="planned") for x in record.evidence)
    )
    case = lay(record, _REPORT, [_made("radiotherapy", "add", _SECOND, words="⟦a boost of 16 Gy⟧")]).record.cases[0]
    assert case.radiotherapy_given is True


def test_radiotherapy_that_was_not_given_has_no_courses() -> None:
    found = lay(_RECORD, _REPORT, [_made("radiotherapy_given", "set", False, was=True)])
    assert found.record.cases[0].radiotherapy == ()
    assert [event.kind for event in found.record.cases[0].events] == ["surgery", "follow_up"]
    assert found.record.cases[0].survival_months == 60.0  # what does not follow from it stays
    assert {x.reason for x in found.record.evidence if x.field == "radiotherapy"} == {"contradicts a curator's value"}
    check_evidence(found.record, _REPORT.text)


_THREE = "Bone metastases were seen in May. In June there were metastatic lumps of the liver. A node was resected."


def _spread(*sites: str) -> tuple[Report, Record]:
    """Return a case with metastases and two events of such."""
    note = db_fixtures.Notes(_THREE, [])
    found = {"Bone": ("bone", "C40"), "liver": ("liver", "C22")}
    metastases = tuple(Metastasis(*found[word], evidence=note("metastases", word)) for word in sites)
    events = tuple(TimelineEvent("metastasis", word, evidence=note("events", word)) for word in ("metastases", "metastatic"))
    report = Report("spread", _THREE)
    return report, db_fixtures.record_of(report, "case_report", (Case("1", metastases=metastases, events=events),), note)


def _rejected(site: str, code: str, quote: str) -> Correction:
    start = _THREE.index(quote)
    was = {"name": site, "topography": code}
    return Correction("spread/1", "metastases", "reject", was, None, around(_THREE, start, start + len(quote)), "Ada", WHEN)


def test_a_rejected_metastasis_takes_the_event_of_its_sentence_with_it() -> None:
    report, record = _spread("Bone", "liver")
    found = lay(record, report, [_rejected("bone", "C40", "Bone")]).record
    check_evidence(found, report.text)
    assert [event.name for event in found.cases[0].events] == ["metastatic"]


def test_without_any_metastasis_left_there_is_no_event_of_one() -> None:
    report, record = _spread("Bone")
    found = lay(record, report, [_rejected("bone", "C40", "Bone")]).record
    assert found.cases[0].events == ()
    assert {x.reason for x in found.evidence if x.field == "events"} == {"contradicts a curator's value"}


# --- which correction is in force ------------------------------------------------------------------


def test_the_last_word_on_a_value_counts_by_its_time_and_not_by_its_place() -> None:
    later = _made("age_years", "set", 56.0, was=54.0, at="2026-11-22T08:00:00+01:00")
    earlier = _made("age_years", "set", 55.0, was=54.0, at="2026-11-22T07:30:00+01:00")
    assert lay(_RECORD, _REPORT, [later, earlier]).record.cases[0].age_years == 56.0


def test_lines_that_a_merge_doubled_or_turned_round_say_the_same() -> None:
    said = [correction(kind, made_at=f"2026-11-{day:02}") for day, kind in enumerate(KINDS.values(), start=1) if day < 29]
    once = lay(_RECORD, _REPORT, said)
    again = lay(_RECORD, _REPORT, [*said[::-1], *said])
    assert again.record.cases == once.record.cases
    assert sorted(map(str, again.ruled.rulings)) == sorted(map(str, once.ruled.rulings))


def test_what_was_withdrawn_says_nothing() -> None:
    said = [_made("age_years", "set", 55.0, was=54.0), _made("age_years", "withdraw", was=54.0)]
    found = lay(_RECORD, _REPORT, said)
    assert (found.record, found.ruled.rulings, found.ruled.fingerprint) == (_RECORD, (), None)


def test_a_value_that_was_added_and_withdrawn_is_gone_and_others_stay() -> None:
    added = _made("ihc", "add", _CD34, words="⟦plasma cells⟧")
    other = _made("ihc", "reject", was={"marker": "SMA", "result": "positive"})
    found = lay(_RECORD, _REPORT, [added, other, _made("ihc", "withdraw", was=_CD34)])
    assert [x.marker for x in found.record.cases[0].ihc] == ["Vimentin", "ALK", "Desmin", "CD138"]


def test_a_later_decision_on_what_goes_by_the_name_settles_a_conflict() -> None:
    was = {"marker": "Desmin", "result": "positive"}  # of an older machine
    old = _made("ihc", "confirm", was=was, at="2026-11-01")
    assert states(lay(_RECORD, _REPORT, [old])) == ["conflict"]
    new = _made("ihc", "confirm", was={"marker": "Desmin", "result": "negative"}, at="2026-11-02")
    assert states(lay(_RECORD, _REPORT, [old, new])) == ["applied"]


def test_corrections_of_other_reports_change_nothing() -> None:
    other = replace(_made("age_years", "set", 55.0, was=54.0), case_id="lung-imt-2/1")
    assert lay(_RECORD, _REPORT, [other]) == Laid(_RECORD)


# --- the file ------------------------------------------------------------------------------------

HEAD = ",".join(file.COLUMNS)
LINE = "lung-imt/1,age_years,set,54,55,,,Ada,2026-11-21"
AGE = Correction("lung-imt/1", "age_years", "set", 54.0, 55.0, None, "Ada", "2026-11-21")


@pytest.mark.parametrize(
    "text",
    [
        f"{HEAD}\n{LINE}\n",
        f"\ufeff{HEAD}\r\n{LINE}\r\n\r\n,,,,,,,,\r\n",  # a spreadsheet's
        f"{HEAD}\n{LINE}",  # no end of the last line
        f"{HEAD}\n{LINE},,\n",  # empty cells behind it
        f"{HEAD.replace(',', ';')}\n{LINE.replace(',', ';')}\n",
        f"{HEAD.replace(',', chr(9))}\n{LINE.replace(',', chr(9))}\n",
        f"at,{HEAD.removesuffix(',at')}\n2026-11-21,{LINE.removesuffix(',2026-11-21')}\n",
        f'"{HEAD.replace(",", chr(34) + "," + chr(34))}"\n"{LINE.replace(",", chr(34) + "," + chr(34))}"\n',
        f"{HEAD.upper()}\n lung-imt/1 , age_years ,SET, 54.0 , 55 ,,, Ada , 2026-11-21 \n",
    ],
)
def test_a_file_that_a_spreadsheet_saved_is_read(text: str, tmp_path: Path) -> None:
    (tmp_path / "c.csv").write_bytes(text.encode())
    assert read(tmp_path / "c.csv") == (AGE,)


def test_a_merge_of_two_new_files_is_read(tmp_path: Path) -> None:
    path, second = tmp_path / "c.csv", LINE.replace("55", "56")
    path.write_text(f"\ufeff{HEAD}\r\n{LINE}\r\n\ufeff{HEAD}\n{second}\n", encoding="utf-8", newline="")
    assert read(path) == (AGE, replace(AGE, value=56.0))


@pytest.mark.parametrize("marks", ["“”", "„“", "””"])
def test_quotes_that_a_spreadsheet_put_are_quotes(marks: str, tmp_path: Path) -> None:
    value = "{“marker”: “CD34”, “result”: “negative”}".replace("“", marks[0]).replace("”", marks[1])
    (tmp_path / "c.csv").write_text(f'{HEAD}\nlung-imt/1,ihc,add,,"{value}",⟦none⟧,,Ada,2026-11-21\n', encoding="utf-8")
    assert [line.value for line in read(tmp_path / "c.csv")] == [{"marker": "CD34", "result": "negative"}]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('the "sentinel" node\'s rim', "the ⟦“sentinel” node’s⟧ rim"),
        ("a 54–year-old man", "⟦54-year–old⟧ man"),
        ("a path C:\\'x' and more", "a ⟦path C:\\‘x’⟧ and"),
    ],
)
def test_words_are_found_whatever_a_spreadsheet_made_of_quotes_and_dashes(text: str, words: str) -> None:
    place = find(text, words)
    assert place.problem is None
    assert len(text[place.start : place.end]) == len(words[words.index("⟦") + 1 : words.index("⟧")])


def test_columns_of_ones_own_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    path.write_text(f"note,{HEAD}\nseen with Bo,{LINE}\n", encoding="utf-8")
    assert read(path) == (AGE,)
    append(path, [replace(AGE, value=57.0)])
    assert read(path) == (AGE, replace(AGE, value=57.0))
    assert path.read_text(encoding="utf-8-sig").splitlines()[1].startswith("seen with Bo,")


@pytest.mark.parametrize("number", [float("inf"), float("nan")])
def test_a_number_without_end_is_no_value(number: float) -> None:
    with values.rules() as rules, pytest.raises(CorrectionError, match="wanted a number"):
        values.checked("follow_up_months", number, rules)


def test_no_file_and_an_empty_one_hold_nothing(tmp_path: Path) -> None:
    (tmp_path / "empty.csv").write_text("\n")
    assert read(tmp_path / "none.csv") == read(tmp_path / "empty.csv") == ()


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("lung-imt/1,sex,set,male,mal,,,Ada,2026-11-21", "found 'mal' for sex, wanted sex in ('male', 'female')"),
        ("lung-imt/1,age_years,set,54,900,,,Ada,2026-11-21", "found '900.0' for age_years, wanted age_years between 0 and 120"),
        ("lung-imt/1,age_years,set,54,old,,,Ada,2026-11-21", "found 'old' for age_years, wanted a number"),
        ("lung-imt/1,age_years,set,54,1e999,,,Ada,2026-11-21", "wanted a number"),
        ("lung-imt/1,surgery,set,true,yes,,,Ada,2026-11-21", "found 'yes' for surgery, wanted true or false"),
        ('lung-imt/1,site,set,,"{""name"": ""x"", ""topography"": ""C99.1""}",⟦x⟧,,Ada,2026-11-21', "for site, wanted topography glob"),
        ('lung-imt/1,site,set,,"{""name"": ""x"", ""topography"": ""C27.1""}",⟦x⟧,,Ada,2026-11-21', "wanted a topography of ICD-O-3"),
        (
            'lung-imt/1,ihc,add,,"{""marker"": ""ALK"", ""result"": ""good""}",⟦x⟧,,Ada,2026-11-21',
            "wanted result in ('positive', 'negative'",
        ),
        ('lung-imt/1,ihc,add,,"{""marker"": ""ALK""}",⟦x⟧,,Ada,2026-11-21', "found no result in ihc, wanted one"),
        ('lung-imt/1,ihc,add,,"{""stain"": ""ALK""}",⟦x⟧,,Ada,2026-11-21', "found 'stain' in ihc, wanted only: marker, result"),
        ("lung-imt/1,ihc,add,,ALK,⟦x⟧,,Ada,2026-11-21", 'found \'ALK\' for ihc, wanted JSON like {"name": "value"}'),
        ("lung-imt/1,metastases,add,,nowhere,⟦x⟧,,Ada,2026-11-21", "found 'nowhere' for metastases, which is in no vocabulary"),
        ("lung-imt/1,events,add,,x,⟦x⟧,,Ada,2026-11-21", "found the field 'events', wanted one of: age_years"),
        ("lung-imt/1,ihc,clear,x,,⟦x⟧,,Ada,2026-11-21", "for ihc, wanted"),
        ("lung-imt/1,age_years,delete,54,,,,Ada,2026-11-21", "found the action 'delete', wanted one of: set, clear"),
        ("lung-imt/1,age_years,add,,54,⟦x⟧,,Ada,2026-11-21", "found add of age_years, wanted set, clear, confirm or withdraw"),
        ("lung-imt/1,age_years,set,54,,,,Ada,2026-11-21", "found no value to set"),
        ("lung-imt/1,age_years,clear,54,55,,,Ada,2026-11-21", "found a value with clear"),
        ("lung-imt/1,age_years,confirm,,,,,Ada,2026-11-21", "found confirm without what was there"),
        ("lung-imt/1,age_years,set,,55,,,Ada,2026-11-21", "found set without words"),
        ("lung-imt/1,age_years,set,,55,a ⟦54-year-old,,Ada,2026-11-21", "found words without a part between ⟦ and ⟧"),
        ("lung-imt/1,age_years,set,54,55,,,,2026-11-21", "found no curator"),
        ("lung-imt/1,age_years,set,54,55,,,Ada,yesterday", "found the time 'yesterday', wanted a date or time like"),
        ("lung-imt,age_years,set,54,55,,,Ada,2026-11-21", "found the case 'lung-imt', wanted report/label"),
        ("<<<<<<< HEAD", "found 1 cell, wanted 9"),
        ('lung-imt/1,age_years,set,54,55,"⟦x⟧,,Ada,2026-11-21', "found a line that is no CSV"),
    ],
)
def test_a_bad_line_is_named_and_the_others_are_kept(line: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    path.write_text(f"{HEAD}\n{LINE}\n{line}\n\n{LINE.replace('55', '56')}\n", encoding="utf-8")
    found = contents(path)
    assert found.corrections == (AGE, replace(AGE, value=56.0))
    assert len(found.problems) == 1
    assert found.problems[0].startswith(f"{path}:3: ")
    assert message in found.problems[0]
    with pytest.raises(CorrectionError, match=":3: "):
        read(path)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"name,age\nx,1\n", ":1: found the columns name, age, wanted case, field"),
        (f"{HEAD}\n{LINE}\n".encode() + b"\xff\n", ":3: found bytes that are no UTF-8"),
    ],
)
def test_a_file_that_is_none_is_refused(data: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / "c.csv").write_bytes(data)
    for reader in (contents, read):
        with pytest.raises(CorrectionError, match=message):
            reader(tmp_path / "c.csv")
    with pytest.raises(CorrectionError):
        append(tmp_path / "c.csv", [AGE])
    assert (tmp_path / "c.csv").read_bytes() == data


@pytest.mark.parametrize(
    ("field", "short", "full"),
    [
        ("site", "C34.1", {"name": "upper lobe of lung", "topography": "C34.1"}),
        ("histology", "Leiomyosarcoma", {"name": "leiomyosarcoma", "morphology": "8890/3"}),
        ("metastases", "liver", {"name": "liver", "topography": "C22"}),
        ("follow_up_months", ">=24", ">24"),
    ],
)
def test_a_code_gets_its_name_and_a_name_its_code(field: str, short: str, full: Any) -> None:
    with values.rules() as rules:
        assert values.parsed(field, short, rules) == full


def test_a_cell_cannot_become_a_formula(tmp_path: Path) -> None:
    made = replace(AGE, words="=HYPERLINK(1) ⟦x⟧", why="@SUM(1)", curator="-Ada")
    append(tmp_path / "c.csv", [made])
    line = (tmp_path / "c.csv").read_text().splitlines()[1]
    assert line == "lung-imt/1,age_years,set,54,55,'=HYPERLINK(1) ⟦x⟧,'@SUM(1),'-Ada,2026-11-21"
    assert read(tmp_path / "c.csv") == (made,)


_words = st.text(st.characters(exclude_categories=("Cs",)), max_size=30)
_lines = st.builds(
    lambda kind, why, curator, before, at: replace(
        correction(kind, made_at=at.isoformat()),
        why=" ".join(why.split()) or None,
        curator=" ".join(curator.split()) or "Ada",
        words=" ".join(f"{before.replace('⟦', '')} ⟦a part⟧ of it".split()),
    ),
    st.sampled_from(list(KINDS.values())), _words, _words, _words, st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1), timezones=st.timezones() | st.none()),
)  # fmt: skip


def test_a_conflict_is_settled_by_a_later_word_on_the_same_entry_and_not_by_an_earlier_one() -> None:
    right = correction(Kind("ihc", "confirm", number=3))
    other = replace(
        correction(Kind("ihc", "set", {"marker": "ALK", "result": "positive"}, number=3)), was={"marker": "ALK", "result": "equivocal"}
    )
    earlier, later = "2026-11-20T10:00:00+00:00", "2026-11-22T10:00:00+00:00"
    assert states(lay(_RECORD, _REPORT, [right, replace(other, made_at=later)])) == ["applied", "conflict"]
    assert states(lay(_RECORD, _REPORT, [right, replace(other, made_at=earlier)])) == ["applied"]


@given(st.lists(st.lists(_lines, min_size=1, max_size=3), min_size=1, max_size=3))
@settings(max_examples=40, deadline=None)
def test_what_is_appended_is_read_back(batches: list[list[Correction]]) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "c.csv"
        for batch in batches:
            append(path, batch)
        assert read(path) == tuple(one for batch in batches for one in batch)


@pytest.mark.parametrize("head", [f"{HEAD}\n{LINE}", f"\ufeff{HEAD.replace(',', ';')}\r\n{LINE.replace(',', ';')}\r\n"])
def test_a_file_is_added_to_in_its_own_form(head: str, tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    path.write_bytes(head.encode())
    append(path, [replace(AGE, why="a; b, c")])
    assert read(path) == (AGE, replace(AGE, why="a; b, c"))
    assert path.read_text("utf-8-sig").startswith(head.strip("\ufeff").replace("\r\n", "\n"))


def test_a_link_stays_a_link_and_its_file_gets_the_line(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    path, target = tmp_path / "c.csv", tmp_path / "kept" / "real.csv"
    path.symlink_to(target)
    append(path, [AGE])
    assert path.is_symlink()
    assert read(target) == (AGE,)


def test_a_file_that_cannot_be_written_is_told_in_a_line(tmp_path: Path) -> None:
    (tmp_path / "c.csv").mkdir()
    with pytest.raises(CorrectionError, match=r"c\.csv: is a directory, wanted a file to which corrections can be added"):
        append(tmp_path / "c.csv", [AGE])


def test_one_bad_correction_keeps_all_from_being_added(tmp_path: Path) -> None:
    with pytest.raises(CorrectionError, match="found 'mal' for sex"):
        append(tmp_path / "c.csv", [AGE, _made("sex", "set", "mal", was="male")])
    assert not (tmp_path / "c.csv").exists()


def test_a_disk_that_fills_up_leaves_the_file_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "c.csv"
    append(path, [AGE])
    before = path.read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(CorrectionError, match="no space left on device"):
        append(path, [AGE])
    assert path.read_bytes() == before


def _append_many(path: Path, curator: str) -> None:
    for number in range(15):
        append(path, [replace(AGE, curator=curator, value=float(number)), replace(AGE, curator=curator, value=float(number), why="twice")])


def test_two_processes_that_add_lines_lose_none(tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    context = multiprocessing.get_context("fork")
    writers = [context.Process(target=_append_many, args=(path, name)) for name in ("Ada", "Bea")]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    found = read(path)
    assert len(found) == 60
    for name in ("Ada", "Bea"):
        assert [one.value for one in found if one.curator == name] == [float(n) for n in range(15) for _ in "12"]
    assert all(one.curator == other.curator for one, other in zip(found[::2], found[1::2], strict=True))  # all or none


def test_a_writer_that_is_killed_leaves_all_or_nothing(tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    context = multiprocessing.get_context("fork")
    for delay in (0.0, 0.01, 0.02, 0.04, 0.08):
        writer = context.Process(target=_append_many, args=(path, "Ada"))
        writer.start()
        writer.join(0.03 + delay)
        writer.kill()
        writer.join()
        assert len(read(path)) % 2 == 0
    append(path, [AGE])
    assert read(path)[-1] == AGE


def test_the_file_of_a_database_stands_beside_it(tmp_path: Path) -> None:
    assert file.path_of(tmp_path / "trial.db") == tmp_path / "trial.corrections.csv"
    checkout = Path(file.__file__).resolve().parents[2]
    assert file.path_of(checkout / "build" / "casebook.db") == checkout / "corpus" / "corrections.csv"


# --- decisions on stored values --------------------------------------------------------------------


@pytest.fixture
def stored(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """A database of `lung` alone."""
    with closing(load.connect(tmp_path / "x.db")) as connection:
        load.store(connection, _REPORT, _RECORD, "000001")
        yield connection


def _decide(connection: sqlite3.Connection, said: list[Correction], *what: Any, **more: Any) -> list[Correction]:
    """Return the corrections so far with a decision behind them, after storing the report with all of them."""
    said = [*said, *decisions(connection, "lung-imt/1", *what, curator="Ada", made_at=f"2026-11-{len(said) + 1:02}", **more)]
    with values.rules() as rules:
        found = lay(_RECORD, _REPORT, [file.checked(one, rules) for one in said])
    load.store(connection, _REPORT, found.record, "000001", ruled=found.ruled)
    return said


def test_a_decision_takes_value_and_words_from_what_is_stored(stored: sqlite3.Connection) -> None:
    said = _decide(stored, [], "age_years", "set", value=55)
    assert (said[0].was, said[0].words) == (54.0, "A ⟦54-year-old⟧ man came with a cough. CT showed a mass")
    assert stored.execute("select age_years from patient_case").fetchone() == (55.0,)


def test_a_second_decision_speaks_of_the_machines_value_too(stored: sqlite3.Connection) -> None:
    said = _decide(stored, [], "ihc", "set", number=4, value=_DESMIN)
    said = _decide(stored, said, "ihc", "set", number=4, value={**_DESMIN, "extent": "diffuse"})
    assert said[1].was == {"marker": "Desmin", "result": "negative"}
    assert stored.execute("select extent from ihc_result where marker = 'Desmin'").fetchall() == [("diffuse",)]
    _decide(stored, said, "ihc", "withdraw", number=4)
    assert stored.execute("select result, extent from ihc_result where marker = 'Desmin'").fetchall() == [("negative", None)]


def test_a_value_that_a_curator_added_can_be_changed_and_taken_back(stored: sqlite3.Connection) -> None:
    said = _decide(stored, [], "metastases", "add", value="liver", words="⟦colon cancer⟧")
    said = _decide(stored, said, "metastases", "set", value="lung")
    assert stored.execute("select name from metastasis").fetchall() == [("lung",)]
    _decide(stored, said, "metastases", "reject")
    assert stored.execute("select name from metastasis").fetchall() == []


def test_a_cleared_value_can_be_set_again(stored: sqlite3.Connection) -> None:
    said = _decide(stored, [], "status", "clear")
    assert stored.execute("select status from patient_case").fetchone() == (None,)
    _decide(stored, said, "status", "set", value="AWD")
    assert stored.execute("select status from patient_case").fetchone() == ("AWD",)


def test_a_decision_on_a_value_in_conflict_settles_it(stored: sqlite3.Connection) -> None:
    old = _made("radiotherapy", "confirm", was={"total_dose_gy": 50.0}, at="2026-10-01")
    found = lay(_RECORD, _REPORT, [old])
    load.store(stored, _REPORT, found.record, "000001", ruled=found.ruled)
    assert stored.execute("select state, fact_number from correction").fetchall() == [("conflict", 1)]
    _decide(stored, [old], "radiotherapy", "confirm")
    assert stored.execute("select action, state from correction").fetchall() == [("confirm", "applied")]


def test_there_is_no_decision_on_a_value_that_is_not_there(stored: sqlite3.Connection) -> None:
    with pytest.raises(CorrectionError, match="radiotherapy has 1 values, wanted a number up to 1"):
        decisions(stored, "lung-imt/1", "radiotherapy", "reject", number=2, curator="Ada")
    with pytest.raises(CorrectionError, match="lung-imt/7: no case of this name"):
        decisions(stored, "lung-imt/7", "age_years", "clear", curator="Ada")
