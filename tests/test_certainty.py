"""How sure a value is: by its evidence, in bands that mean what docs/certainty.md says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from corpus.report import Report
from db import load
from extract import certainty, pipeline
from extract.certainty import BANDS, SIGNS, Certainty, Traits
from extract.record import Case, Drug, Evidence, RadiotherapyCourse, Record, TimelineEvent
from tests import db_fixtures

PLAIN = Traits(1, ("case",), 0, 0, False, False, None, 1)
FIELDS = ("age_years", "site", "status", "recurrence_months", "drugs", "surgeries", "events")


def _record(entries: list[Evidence], *cases: Case) -> Record:
    return Record({"id": "r", "kind": "case_report"}, cases, tuple(entries), db_fixtures.PIPELINE)


def _words(field: str, start: int, quote: str, reason: str | None = None, section: str = "case", **more: str) -> Evidence:
    return Evidence(field, "1", start, start + len(quote), quote, section, reason=reason, **more)


def _of(record: Record, field: str, number: int = 1) -> Certainty:
    return dict(certainty.judge(record))["1", field, number]


# --- what must never be turned round ---------------------------------------------------------------


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("mentions", [1, 2, 3, 4, 9])
def test_more_agreeing_mentions_never_lower(field: str, mentions: int) -> None:
    weights = certainty.load_weights()
    fewer, more = (certainty.score_of(replace(PLAIN, mentions=n), field, weights) for n in (mentions, mentions + 1))
    assert fewer <= more
    assert (fewer < more) == (mentions < 4)


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize(
    "against",
    [
        {"others": 1}, {"others": 4}, {"doubts": 1}, {"doubts": 4}, {"flag": "impossible"}, {"flag": "unusual"}, {"is_computed": True},
        {"patients": 5}, {"sections": ("discussion",)}, {"distance": 400}, {"is_late": True}, {"known": 3}, {"is_flagged_case": True},
        {"is_timeless": True},
    ],
)  # fmt: skip
def test_what_speaks_against_a_value_lowers_it(field: str, against: dict[str, object]) -> None:
    weights = certainty.load_weights()
    assert certainty.score_of(replace(PLAIN, **against), field, weights) < certainty.score_of(PLAIN, field, weights)


def test_the_weights_keep_their_signs_and_name_every_trait() -> None:
    weights = certainty.load_weights()
    assert len(PLAIN.numbers()) == len(SIGNS)
    for name, sign in SIGNS.items():
        assert weights[name] * sign >= 0, name
    assert set(weights) - set(SIGNS) - {"any field"} <= {f"field {name}" for name in (*Case.__dataclass_fields__,)}


def test_bands_cover_all_scores() -> None:
    assert [certainty.band_of(score) for score in (0.0, 0.849, 0.85, 0.949, 0.95, 1.0)] == [
        "low",
        "low",
        "middle",
        "middle",
        "high",
        "high",
    ]
    assert [name for name, _ in BANDS] == ["high", "middle", "low"]


# --- from a record to its traits --------------------------------------------------------------------


def test_distinct_places_agree_and_the_same_place_is_counted_once() -> None:
    once = [_words("sex", 0, "woman")]
    assert _of(_record(once * 2, Case("1", sex="female")), "sex").basis == "one mention, in case; little else is known of the case"
    twice = [*once, _words("sex", 90, "her", section="discussion")]
    found = _of(_record(twice, Case("1", sex="female")), "sex")
    assert found.basis == "2 mentions agree, in case and discussion; little else is known of the case"
    assert found.score > _of(_record(once, Case("1", sex="female")), "sex").score


def test_words_passed_over_count_by_what_they_say() -> None:
    size = _words("size_cm", 0, "3 cm")
    case = Case("1", size_cm=3.0)
    alone = _of(_record([size], case), "size_cm")
    agreeing = _of(_record([size, _words("size", 50, "3 cm", "another measure preferred")], case), "size_cm")
    rival = _of(_record([size, _words("size", 50, "5 cm", "another measure preferred")], case), "size_cm")
    others = _of(_record([size, replace(_words("size", 50, "5 cm", "another measure preferred"), case="2")], case), "size_cm")
    assert rival.score < alone.score == others.score < agreeing.score
    assert rival.basis == (
        "one mention, in case; one mention of something else; little else is known of the case; a field that is often misread"
    )


def test_what_was_not_so_speaks_against_what_was() -> None:
    given = _words("drugs", 0, "cisplatin")
    case = Case("1", drugs=(Drug("cisplatin", evidence=(0,)),))
    doubted = _of(_record([given, _words("drugs", 40, "cisplatin", "planned", assertion="planned")], case), "drugs")
    literature = _of(_record([given, _words("drugs", 40, "cisplatin", "planned", subject="literature")], case), "drugs")
    assert doubted.score < literature.score == _of(_record([given], case), "drugs").score
    assert "one mention of what was not so, or of another tumour" in doubted.basis


@pytest.mark.parametrize(
    ("quotes", "is_computed"),
    [(["6 months later"], False), (["in 2011"], True), (["in May", "in November"], True), (["for twelve weeks"], False)],
)
def test_a_time_from_dates_is_computed(quotes: list[str], is_computed: bool) -> None:
    entries = [_words("follow_up_months", 30 * n, quote) for n, quote in enumerate(quotes)]
    basis = _of(_record(entries, Case("1", follow_up_months=6.0)), "follow_up_months").basis
    assert ("computed, not read" in basis) is is_computed
    assert "agree" not in basis


def test_a_dose_that_was_computed_is_less_sure() -> None:
    entries = [_words("radiotherapy", 0, "30 fractions of 2 Gy")]
    read = RadiotherapyCourse(60.0, 30, 2.0, evidence=(0,))
    sure, less = (
        _of(_record(entries, Case("1", radiotherapy=(course,))), "radiotherapy")
        for course in (read, replace(read, computed=("total_dose_gy",)))
    )
    assert less.score < sure.score


def test_a_flagged_value_is_less_sure_and_says_so() -> None:
    entries = [_words("age_years", 0, "119 years"), _words("sex", 20, "woman")]
    plain, flagged = (_of(_record(entries, Case("1", age_years=age, sex="female")), "age_years") for age in (61.0, 119.0))
    assert flagged.score < plain.score
    assert "flagged as" in flagged.basis


def test_words_far_from_the_other_words_of_the_case_are_less_sure() -> None:
    def size_at(start: int) -> Certainty:
        entries = [_words("age_years", 0, "61 years"), _words("sex", 20, "woman"), _words("size_cm", start, "3 cm")]
        return _of(_record(entries, Case("1", age_years=61.0, sex="female", size_cm=3.0)), "size_cm")

    near, far, late = size_at(60), size_at(3000), size_at(9000)
    assert near.score > far.score > late.score
    assert "far" not in near.basis
    assert "far from other words of the case" in far.basis
    assert "far from where the case is told" in late.basis


def test_other_patients_words_are_not_near() -> None:
    entries = [_words("age_years", 0, "61 years"), _words("size_cm", 3000, "3 cm"), replace(_words("sex", 2990, "woman"), case="2")]
    other = Case("2", sex="female")
    alone, with_other = (
        _of(_record(entries, *cases), "size_cm")
        for cases in ((Case("1", age_years=61.0, size_cm=3.0),), (Case("1", age_years=61.0, size_cm=3.0), other))
    )
    assert "far from other words of the case" in alone.basis
    assert "far from other words of the case" in with_other.basis


def test_words_that_two_values_share_bring_neither_near() -> None:
    entries = [_words("age_years", 0, "61 years"), _words("recurrence", 3000, "recurred"), _words("events", 3000, "recurred")]
    case = Case(
        "1", age_years=61.0, recurrence=True, follow_up_months=9.0, events=(TimelineEvent("recurrence", "recurrence", evidence=(2,)),)
    )
    assert "far from other words of the case" in _of(_record(entries, case), "recurrence").basis


def test_a_mention_near_by_makes_up_for_one_far_off() -> None:
    entries = [_words("age_years", 0, "61 years"), _words("size_cm", 3000, "3 cm")]
    case = Case("1", age_years=61.0, size_cm=3.0)
    both = [*entries, _words("size_cm", 3040, "30 mm")]
    assert "far from" in _of(_record(both, case), "size_cm").basis
    assert "far from" not in _of(_record([*entries, _words("size_cm", 40, "30 mm")], case), "size_cm").basis


def test_an_outcome_without_follow_up_is_less_sure() -> None:
    entries = [_words("status", 0, "no evidence of disease"), _words("follow_up_months", 30, "two years later")]
    timed, timeless = (_of(_record(entries, Case("1", status="NED", follow_up_months=x)), "status") for x in (24.0, None))
    assert timeless.score < timed.score
    assert "no follow-up is told" in timeless.basis


def test_a_flag_on_one_value_lowers_the_others() -> None:
    entries = [_words("age_years", 0, "119 years"), _words("sex", 20, "woman")]
    plain, beside = (_of(_record(entries, Case("1", age_years=age, sex="female")), "sex") for age in (61.0, 119.0))
    assert beside.score < plain.score
    assert "another value of the case is flagged" in beside.basis


def test_a_value_without_words_is_judged_all_the_same() -> None:
    found = _of(_record([], Case("1", drugs=(Drug("cisplatin"),))), "drugs")
    assert 0 < found.score < 1


def test_every_value_of_a_full_case_is_judged_once() -> None:
    _, record = db_fixtures.lung()
    judged = list(certainty.judge(record))
    expected = [(case.label, field, number) for case in record.cases for field, number, _ in certainty.values_of(case)]
    assert [place for place, _ in judged] == expected
    assert len(set(expected)) == len(expected) > 20
    assert all(0 < found.score < 1 and found.band == certainty.band_of(found.score) for _, found in judged)


# --- in the tables ----------------------------------------------------------------------------------


def test_each_value_has_a_row_in_words(tmp_path: Path) -> None:
    report, record = db_fixtures.lung()
    connection = load.connect(tmp_path / "cases.db")
    load.store(connection, report, record, "run-1")
    rows = {(field, number): value for field, number, value in connection.execute("select field, number, value from fact")}
    assert rows["age_years", 1] == "54 years"
    assert rows["site", 1] == "upper lobe of lung · C34.1 · right"
    assert rows["ihc", 1] == "SMA: positive"
    assert rows["radiotherapy", 1].startswith("54 Gy in 27 fractions of 2 Gy · IMRT")
    links = set(connection.execute("select distinct field, number from fact_evidence"))
    assert links <= set(rows)
    assert connection.execute("select count(*) from fact where review <> 'unreviewed' or certainty is null").fetchone() == (0,)


def test_a_report_read_by_the_pipeline_is_judged_alike_twice() -> None:
    built = pipeline.build()
    text = "A 61-year-old woman had a leiomyosarcoma of the stomach. Desmin was positive. The woman received cisplatin."
    first, second = (list(certainty.judge(pipeline.extract(Report("told", text), built))) for _ in range(2))
    assert first == second
    assert {field for (_, field, _), _ in first} >= {"age_years", "sex", "site", "histology", "ihc", "drugs"}
