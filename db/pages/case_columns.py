"""Cases as columns in memory, of which whatever a reader chooses is counted in milliseconds.

SQL looks at each case of a choice for each thing that is counted of it: at 200,000 cases that is seconds. Here each word is written once,
each case has the number of its word, and NumPy counts numbers. 200,000 cases take some 90 MB.
"""

from __future__ import annotations

import math
import sqlite3
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

# Which cases, or which rows of tests: one truth value each.
Chosen = npt.NDArray[np.bool_]
Places = npt.NDArray[np.intc]
Numbers = npt.NDArray[np.float64]

_AT_ONCE = 10_000  # rows
# What a case shows of a marker, of all its results; in canned query cases_by_outcome it says the same.
BOTH, OTHER_CELLS = "positive and negative", "other cells only"
# What a case may show of a marker for which the tumour was tested: not that other cells stained.
TESTED = ("positive", "negative", "equivocal", BOTH)
# What a case shows of a gene in which an alteration was found: one test that finds it is enough.
FOUND = ("positive", BOTH)


@dataclass(frozen=True, slots=True)
class Words:
    """A column of words: each word once, and for each row the place of its word among them."""

    names: tuple[str, ...]
    places: Places

    def counts(self, chosen: Chosen | None = None) -> dict[str, int]:
        """Return how many of the rows have each word, 0 left out; None for all rows."""
        places = self.places if chosen is None else self.places[chosen]
        counted = np.bincount(places, minlength=len(self.names))
        return {self.names[place]: int(counted[place]) for place in np.flatnonzero(counted)}

    def are(self, name: str) -> Chosen:
        """Return which rows have a word; none for a word that is not there."""
        return np.equal(self.places, self.names.index(name) if name in self.names else -1)

    def distinct(self, chosen: Chosen) -> int:
        """Return how many words the rows have."""
        return int(np.count_nonzero(np.bincount(self.places[chosen], minlength=len(self.names))))


@dataclass(frozen=True, slots=True)
class Said:
    """What was said of things of a case (its markers, genes, drugs): a row for each case and thing.

    Attributes
    ----------
    cases
        The place of the case.
    things, results
        The marker, gene or drug, and what was found, of all that was said of it.
    """

    cases: Places
    things: Words
    results: Words


@dataclass(frozen=True, slots=True)
class Cases:
    """All cases of a database.

    Attributes
    ----------
    n_cases
        How many there are.
    words, numbers
        Columns of case_outcome, case_overview, patient_case and radiotherapy_dose by their names (`_COLUMNS`); what is not reported is NaN.
    stains, genes, drugs
        What was said of markers, of gene alterations ("ALK rearrangement"), and which drugs were named.
    same_patient
        Pairs of places of cases that may be one patient.
    """

    n_cases: int
    words: Mapping[str, Words]
    numbers: Mapping[str, Numbers]
    stains: Said
    genes: Said
    drugs: Said
    same_patient: npt.NDArray[np.intc]

    def all(self) -> Chosen:
        """Return the choice of all cases."""
        return np.ones(self.n_cases, dtype=np.bool_)

    def times_said(self, said: Said, results: Sequence[str] = (), chosen: Chosen | None = None) -> dict[str, int]:
        """Return of how many cases something was said of each thing: one of the results, none for whatever was found."""
        rows = self.all()[said.cases] if chosen is None else chosen[said.cases]
        return said.things.counts(rows & _have(said, results))

    def with_said(self, said: Said, thing: str, results: Sequence[str] = ()) -> Chosen:
        """Return the cases of which something was said of a thing: one of the results, none for whatever was found."""
        rows = said.things.are(thing) & _have(said, results)
        chosen = np.zeros(self.n_cases, dtype=np.bool_)
        chosen[said.cases[rows]] = True
        return chosen

    def results_of(self, said: Said, thing: str) -> Words:
        """Return what was found of a thing in each case, "" for cases of which nothing is said."""
        rows = said.things.are(thing)
        places = np.full(self.n_cases, len(said.results.names), dtype=np.intc)
        places[said.cases[rows]] = said.results.places[rows]
        return Words((*said.results.names, ""), places)

    def pairs(self, chosen: Chosen) -> int:
        """Return how many pairs of chosen cases may be one patient."""
        return int(np.count_nonzero(chosen[self.same_patient].all(axis=1)))


def _have(said: Said, results: Sequence[str]) -> Chosen | np.bool_:
    """Return which rows have one of the results; true of all where none is given."""
    return np.logical_or.reduce([said.results.are(result) for result in results]) if results else np.True_


# Where they stand: table, words, numbers.
_COLUMNS = (
    (
        "case_outcome",
        (
            "tumour_group", "histology", "site", "sex", "age", "surgery", "radiotherapy", "decade", "report_id",
            "death_of_any_cause", "return_or_death", "survival_end", "event_free_end", "counted_from", "is_minimum",
        ),
        ("survival_months", "event_free_months"),
    ),
    ("case_overview", ("recurrence", "status"), ()),
    ("patient_case", (), ("age_years", "size_cm", "follow_up_months")),
    # Of several courses the highest dose; Gy(RBE), particles and brachytherapy are other kinds of dose.
    (
        "(select case_id, max(total_dose_gy) as total_dose_gy, max(eqd2_alpha_beta_10_gy) as eqd2_alpha_beta_10_gy"
        " from radiotherapy_dose where kind = 'external' and case_id is not null group by case_id)",
        (),
        ("total_dose_gy", "eqd2_alpha_beta_10_gy"),
    ),
)  # fmt: skip


def read_cases(connection: sqlite3.Connection) -> Cases:
    """Read all cases of a database; 200,000 take some seconds."""
    keys = _Coder()
    _read(connection, "select case_id from case_outcome", keys)
    words: dict[str, Words] = {}
    numbers: dict[str, Numbers] = {}
    for table, of_words, of_numbers in _COLUMNS:
        coders = [_Coder() for _ in of_words]
        sql = f"select {', '.join(('case_id', *of_words, *of_numbers))} from {table}"
        cases, *columns = _read(connection, sql, keys, *coders, *(None for _ in of_numbers))
        for name, coder, column in zip(of_words, coders, columns, strict=False):
            places = _spread(column, cases, len(keys), coder[None])
            words[name] = Words(coder.names, places)
        for name, column in zip(of_numbers, columns[len(of_words) :], strict=True):
            numbers[name] = _spread(column, cases, len(keys), math.nan)
    pairs = _read(connection, "select case_id, other_case_id from possible_same_patient", keys, keys)
    return Cases(
        len(keys), words, numbers,
        _said(connection, "select case_id, marker, result from ihc_result", keys),
        _said(connection, "select case_id, gene || ' ' || alteration, result from molecular_test", keys),
        _said(connection, "select case_id, name, 'named' from drug", keys),
        np.stack(pairs, axis=1),
    )  # fmt: skip


class _Coder(dict[str | None, int]):
    """Gives each word that it has not seen the next number; None is "", no word."""

    def __missing__(self, word: str | None) -> int:
        place = self[word] = len(self)
        return place

    @property
    def names(self) -> tuple[str, ...]:
        """The words in the order of their numbers."""
        return tuple(word or "" for word in self)


def _read(connection: sqlite3.Connection, sql: str, *coders: _Coder | None) -> list[npt.NDArray[Any]]:
    """Return the columns of a query: the numbers of the words that a coder gives, or numbers where it is None, NaN for NULL."""
    columns: list[array[Any]] = [array("d" if coder is None else "i") for coder in coders]
    cursor = connection.cursor()
    cursor.row_factory = None
    cursor.execute(sql)
    while rows := cursor.fetchmany(_AT_ONCE):
        for column, coder, values in zip(columns, coders, zip(*rows, strict=True), strict=True):
            if coder is None:
                column.extend(math.nan if value is None else value for value in values)
            else:
                column.extend(map(coder.__getitem__, values))
    return [np.array(column) for column in columns]


def _spread(values: npt.NDArray[Any], cases: Places, n_cases: int, missing: float) -> npt.NDArray[Any]:
    """Return a value for each case: those of the cases that have one, in their places."""
    found = np.full(n_cases, missing, dtype=values.dtype)
    found[cases] = values
    return found


def _said(connection: sqlite3.Connection, sql: str, keys: _Coder) -> Said:
    """Read what was said of things of cases: rows of the case, the thing and a result, of which each case and thing gives one."""
    of_things, of_results = _Coder(), _Coder()
    cases, things, results = _read(connection, sql, keys, of_things, of_results)
    pairs, place_of = np.unique(cases.astype(np.int64) * max(len(of_things), 1) + things, return_inverse=True)
    found = np.zeros(len(pairs), dtype=np.intc)  # a bit for each result
    np.bitwise_or.at(found, place_of, 1 << results)
    sets, set_of = np.unique(found, return_inverse=True)
    words = _Coder()  # several sets of results may say the same
    said = [words[_result([name for place, name in enumerate(of_results.names) if bits & 1 << place])] for bits in sets.tolist()]
    cases, things = (part.astype(np.intc) for part in np.divmod(pairs, max(len(of_things), 1)))
    return Said(cases, Words(of_things.names, things), Words(words.names, np.array(said, dtype=np.intc)[set_of]))


def _result(found: Sequence[str]) -> str:
    """Return what a case shows of a marker or gene, of all its results."""
    if "positive" in found and "negative" in found:
        return BOTH
    result = next((result for result in ("positive", "negative", "equivocal") if result in found), found[0])
    return OTHER_CELLS if result == "other_cells" else result
