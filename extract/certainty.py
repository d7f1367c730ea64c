"""How likely each value of a record is right, judged by its evidence alone (no spaCy, no text: a pure function of the record).

A logistic model of some fifteen traits a person can check ("two mentions agree", "far from the other words of the case"), with
one intercept for each field. `scripts/calibrate.py` fits its weights; docs/certainty.md tells how sure the sure ones are.
"""

from __future__ import annotations

import csv
import math
import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cache
from operator import attrgetter
from pathlib import Path
from types import MappingProxyType
from typing import Any

from extract import plausibility
from extract.plausibility import IMPOSSIBLE
from extract.record import REPEATED, SCALARS, Case, Evidence, Record

WEIGHTS = Path(__file__).parent / "lexicons" / "certainty.csv"

HIGH, MIDDLE, LOW = "high", "middle", "low"
# The weight that all values have.
COMMON = "any field"
# A field whose weight is at most this is misread more often than others.
_HARD = -0.3
# From which score on a value is in a band: of a hundred values, how many are right.
BANDS = ((HIGH, 0.95), (MIDDLE, 0.85), (LOW, 0.0))

# Case label, field and number of the value, from 1, as in table fact_evidence.
Place = tuple[str, str, int]


@dataclass(frozen=True, slots=True)
class Certainty:
    """How sure the reading of one value is: 0 to 1, its band, and what that rests on, in words."""

    score: float
    band: str
    basis: str


def judge(record: Record) -> Iterator[tuple[Place, Certainty]]:
    """Yield each value of each case with its certainty, in the order of the case's fields."""
    weights = load_weights()
    for place, traits in traits_of(record):
        score = round(score_of(traits, place[1], weights), 3)
        is_hard = weights.get(f"field {place[1]}", 0.0) <= _HARD
        yield place, Certainty(score, band_of(score), basis_of(traits, is_hard))


def band_of(score: float) -> str:
    """Return the band of a score."""
    return next(name for name, least in BANDS if score >= least)


def score_of(traits: Traits, field: str, weights: Mapping[str, float]) -> float:
    """Return how likely a value of a field with these traits is right; the common intercept serves a field without its own."""
    total = weights[COMMON] + weights.get(f"field {field}", 0.0)
    total += sum([weights[name] * x for name, x in zip(SIGNS, traits.numbers(), strict=True) if x])
    return 1 / (1 + math.exp(-total))


@cache
def load_weights(path: Path = WEIGHTS) -> Mapping[str, float]:
    """Read the weights of the model by trait."""
    with path.open(encoding="utf-8", newline="") as file:
        return MappingProxyType({row["trait"]: float(row["weight"]) for row in csv.DictReader(file)})


# --- traits --------------------------------------------------------------------------------------


# More mentions than these make a value no surer, nor does a case with more values.
_MOST, _MOST_KNOWN = 4, 30
_LOG = (0.0, *(math.log2(n) for n in range(1, _MOST_KNOWN + 1)))
# In characters: beyond this from all other words of a case it does not matter how far (some six hundred words), ...
_FAR = 4000
# ... and so far after the words that introduce the patient (some thousand words) the case is mostly told.
_LATE = 6000


@dataclass(slots=True, unsafe_hash=True)
class Traits:
    """What the evidence of one value is like. Never changed; not frozen all the same, as `Evidence` is not, since there are many.

    Attributes
    ----------
    mentions
        Distinct stretches of words that say the same; what was computed of several counts as one.
    sections
        Where they stand, in the order of the text.
    others
        Mentions of the same field and patient with other words that were passed over for this value.
    doubts
        Mentions of the same field and patient that were passed over because they deny it, doubt it, plan it or tell of another tumour.
    is_computed
        The value was computed or concluded from what the words say.
    is_denial
        It says that something was not so: a false, a negative result.
    flag
        The gravest plausibility flag on it: impossible, unusual or None.
    patients
        How many patients the report has.
    distance
        Characters from its words to the nearest other words that a value of the case rests on.
    is_late
        All of its words stand long after those that introduce the patient: about as far as a discussion does.
    known
        How many values the case has.
    is_flagged_case
        Another value of the case has a plausibility flag.
    is_timeless
        An outcome, and the report tells no follow-up.
    """

    mentions: int
    sections: tuple[str, ...]
    others: int
    doubts: int
    is_computed: bool
    is_denial: bool
    flag: str | None
    patients: int
    distance: int = 0
    is_late: bool = False
    known: int = _MOST_KNOWN
    is_flagged_case: bool = False
    is_timeless: bool = False

    def numbers(self) -> tuple[float, ...]:
        """Return the traits as the model takes them, in the order of `SIGNS`: each 0 where there is nothing to say."""
        return (
            _LOG[min(self.mentions, _MOST)],
            float(_ARGUING.issuperset(self.sections)),
            _LOG[1 + min(self.others, _MOST)],
            _LOG[1 + min(self.doubts, _MOST)],
            float(self.is_computed),
            float(self.is_denial),
            float(self.flag == IMPOSSIBLE),
            float(self.flag not in (None, IMPOSSIBLE)),
            float(self.patients > 1),
            math.log2(1 + self.distance / 100) if self.distance else 0.0,
            float(self.is_late),
            _LOG[min(self.known, _MOST_KNOWN)] - _LOG[_MOST_KNOWN],
            float(self.is_flagged_case),
            float(self.is_timeless),
        )


_ARGUING = frozenset({"discussion", "introduction"})
# What speaks for a trait (1), and what against (-1): a fit may find a trait worth nothing, but never turn it round.
SIGNS: Mapping[str, int] = MappingProxyType(
    {
        "agreeing mentions": 1,
        "only in discussion or introduction": -1,
        "other mentions": -1,
        "doubting mentions": -1,
        "computed": -1,
        "denial": 0,
        "flag impossible": -1,
        "flag unusual": -1,
        "several patients": -1,
        "far from other words of the case": -1,
        "long after the introduction of the patient": -1,
        "values of the case": 1,
        "another value flagged": -1,
        "outcome without follow-up": -1,
    }
)

# Words that were passed over name the module of the field.
_MODULES: Mapping[str, str] = MappingProxyType(
    {
        "age_years": "age",
        "size_cm": "size",
        "ki67_percent": "ki67",
        "metastases": "metastasis",
        "follow_up_months": "follow_up",
        "surgeries": "surgery",
        "radiotherapy_given": "radiotherapy",
        "recurrence_months": "recurrence",
    }
)
# Reasons that pit words against the value: the same patient and field, told otherwise.
_RIVALS = re.compile(r"another \s \w+ \s preferred | contradicts", re.VERBOSE)
_DOUBTS = re.compile(
    r"absent | denied | possible | planned | argued | not \s operated | for \s another \s tumour"
    r"| another \s (?:tumour | operation) | an \s earlier | on \s another | where \s the \s primary",
    re.VERBOSE,
)
_DATE = re.compile(r"\b (?: 19 | 20 ) \d\d \b", re.VERBOSE)
_RETURNED = re.compile(r"recur | relaps | return | regrow | re-?appear", re.VERBOSE | re.IGNORECASE)
_TIMES = frozenset({"recurrence_months", "follow_up_months"})
_OUTCOMES = frozenset({"recurrence", "status"})


def traits_of(record: Record) -> Iterator[tuple[Place, Traits]]:
    """Yield each value of each case with the traits of its evidence."""
    words = _Words(record)
    for case in record.cases:
        flagged, introduced = _flagged(case), words.introduction(case)
        values = [(field, number, fact, words.of(case, field, fact)) for field, number, fact in values_of(case)]
        owners = Counter([start for *_, entries in values for start in {entry.start for entry in entries}])
        places = sorted(owners)
        for field, number, fact, entries in values:
            key = case.label, _MODULES.get(field, field)
            agreeing, others = _sides(entries, rivals) if (rivals := words.rivals[key]) else (0, 0)
            is_computed = _is_computed(field, fact, entries)
            flag = flagged.get((field, number))
            starts = {entry.start for entry in entries}
            yield (
                (case.label, field, number),
                Traits(
                    1 if is_computed and field in _TIMES else len(starts) + agreeing,
                    _sections(entries),
                    others,
                    len(words.doubts[key]),
                    is_computed,
                    _is_denial(fact, entries),
                    flag,
                    len(record.cases),
                    _distance(starts, places, owners),
                    min(starts, default=0) > introduced + _LATE,
                    len(values),
                    flag is None and bool(flagged),
                    field in _OUTCOMES and case.follow_up_months is None,
                ),
            )


def values_of(case: Case) -> Iterator[tuple[str, int, Any]]:
    """Yield field, number and value of all that is known of a case: a scalar as it is, else the fact with its evidence."""
    for field in SCALARS:
        if (value := getattr(case, field)) is not None:
            yield field, 1, value
    for field in ("site", "histology"):
        if (fact := getattr(case, field)) is not None:
            yield field, 1, fact
    for field in REPEATED:
        for number, fact in enumerate(getattr(case, field), start=1):
            yield field, number, fact


class _Words:
    """The evidence of a record by case and field: what supports values, what speaks for another one, and what speaks against any."""

    def __init__(self, record: Record) -> None:
        self.supports: _Keyed = defaultdict(list)
        self.rivals: _Keyed = defaultdict(list)
        self.doubts: _Keyed = defaultdict(list)
        for entry in record.evidence:
            if entry.reason is None:
                self.supports[entry.case, entry.field].append(entry)
            elif _RIVALS.match(entry.reason):
                self.rivals[entry.case, entry.field].append(entry)
            elif entry.subject == "patient" and _DOUBTS.match(entry.reason):
                self.doubts[entry.case, entry.field].append(entry)
        self.all = record.evidence

    def of(self, case: Case, field: str, fact: Any) -> Sequence[Evidence]:
        """Return the evidence of a value: what it names, for a plain value that of its field."""
        return self.supports[case.label, field] if field in SCALARS else [self.all[at] for at in fact.evidence]

    def introduction(self, case: Case) -> int:
        """Return where a patient's age or sex is first told; the beginning of the text where neither is."""
        return min([entry.start for field in ("age_years", "sex") for entry in self.supports[case.label, field]], default=0)


_Keyed = defaultdict[tuple[str | None, str], list[Evidence]]


def _flagged(case: Case) -> Mapping[tuple[str, int], str]:
    """Return the gravest flag on each value that has one."""
    return {place: flag.severity for flag in reversed(plausibility.flags(case)) for place in flag.places}


def _distance(starts: Set[int], places: Sequence[int], owners: Mapping[int, int]) -> int:
    """Return how far the nearest words of another value are from those of one, `_FAR` at most; 0 where no other value has words.

    `places` is where the words of all values begin, in order, and `owners` how many values each has. Words that values share tell nothing.
    """
    mine = {start for start in starts if owners[start] == 1}
    if len(mine) == len(places):
        return 0
    others = places if len(starts) == 1 else [place for place in places if place not in mine]
    nearest = _FAR
    for start in starts:
        at = bisect_left(others, start)
        after = at + 1 if at < len(others) and others[at] == start else at
        if at:
            nearest = min(nearest, start - others[at - 1])
        if after < len(others):
            nearest = min(nearest, others[after] - start)
    return nearest


def _sections(entries: Sequence[Evidence]) -> tuple[str, ...]:
    """Return where words stand, in the order of the text."""
    if len(entries) == 1:  # most values
        return (entries[0].section,)
    return tuple(dict.fromkeys([entry.section for entry in sorted(entries, key=_start)]))


_start = attrgetter("start")


def _sides(entries: Sequence[Evidence], rivals: Sequence[Evidence]) -> tuple[int, int]:
    """Return how many of the words that were passed over say what the evidence says, and how many other things the rest say."""
    said = {_key(entry) for entry in entries}
    keys = [_key(entry) for entry in rivals]
    return sum(key in said for key in keys), len(set(keys) - said)


def _key(entry: Evidence) -> str:
    """Return what two mentions are compared by: the words in small letters, without signs and spaces."""
    return "".join(filter(str.isalnum, entry.quote.lower()))


def _is_computed(field: str, fact: Any, entries: Sequence[Evidence]) -> bool:
    """Return whether a value was computed (a time from dates, a dose from fractions) or concluded (a return from a metastasis)."""
    if field in _TIMES:
        return len(entries) > 1 or any(_DATE.search(entry.quote) for entry in entries)
    if field == "recurrence" and fact:
        return not any(_RETURNED.search(entry.quote) for entry in entries)
    return bool(getattr(fact, "computed", ()))


def _is_denial(fact: Any, entries: Sequence[Evidence]) -> bool:
    """Return whether a value says that something was not so."""
    return fact is False or getattr(fact, "result", None) == "negative" or all(entry.assertion == "absent" for entry in entries)


# --- in words ------------------------------------------------------------------------------------


def basis_of(traits: Traits, is_hard: bool = False) -> str:
    """Return what a certainty rests on, in words: "3 mentions agree, in case and abstract; 2 mentions of something else".

    `is_hard` tells that the field is misread more often than others.
    """
    return "; ".join((*_told(traits), *(("a field that is often misread",) if is_hard else ())))


# From which distance on words are called far, and below which number of values little is known.
_FAR_IN_WORDS, _LITTLE = 500, 8
# Where most words of a text without headings stand: that tells nothing.
_BODY = ("body",)


def _told(traits: Traits) -> Iterator[str]:
    where = "" if traits.sections == _BODY else _listed([section.replace("_", "-") for section in traits.sections if section != "body"])
    mentions = "one mention" if traits.mentions == 1 else f"{traits.mentions} mentions agree"
    yield f"{mentions}, in {where}" if where else mentions
    if traits.others:
        yield f"{_counted(traits.others, 'mention')} of something else"
    if traits.doubts:
        yield f"{_counted(traits.doubts, 'mention')} of what was not so, or of another tumour"
    if traits.is_computed:
        yield "computed, not read"
    if traits.flag:
        yield f"flagged as {traits.flag}"
    if traits.patients > 1:
        yield f"one of {traits.patients} patients"
    if traits.is_late or traits.distance >= _FAR_IN_WORDS:
        yield "far from where the case is told" if traits.is_late else "far from other words of the case"
    if traits.known < _LITTLE:
        yield "little else is known of the case"
    if traits.is_flagged_case:
        yield "another value of the case is flagged"
    if traits.is_timeless:
        yield "no follow-up is told"


def _counted(number: int, noun: str) -> str:
    return f"one {noun}" if number == 1 else f"{number} {noun}s"


def _listed(words: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))
