"""What two groups of cases tell, line by line: counts and numbers, each with how many cases tell it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from db.fields import number
from db.overview import NOT_REPORTED, STATUS_WORDS
from db.pages.case_columns import FOUND, TESTED, Cases, Chosen, Said
from db.pages.case_group import CaseGroup, QueryUrl

# How many of the commonest values of each group are listed.
_COMMONEST = 5
_STAINS = 12
_GENES = 6


@dataclass(frozen=True, slots=True)
class Spread:
    """Numbers of a group: median, quartiles and range, in the unit of the line."""

    median: float
    first_quartile: float
    third_quartile: float
    low: float
    high: float

    @property
    def words(self) -> str:
        """Median and range: "54 (23 to 87)"."""
        median, low, high = (number(round(value, 1)) for value in (self.median, self.low, self.high))
        return f"{median} ({low} to {high})"


@dataclass(frozen=True, slots=True)
class Figure:
    """What a group says of one thing.

    Attributes
    ----------
    told, missing
        How many cases of the group tell it, and how many do not.
    with_it
        How many of those that tell it have it; None where `spread` says it.
    spread
        The numbers told; None for a count, and where no case tells one.
    url
        Lists the cases that are `with_it`; "" for no list.
    """

    told: int
    missing: int
    with_it: int | None = None
    spread: Spread | None = None
    url: str = ""

    @property
    def share(self) -> float | None:
        """The share that has it, 0 to 1, for a bar; None for no bar."""
        return None if self.with_it is None or not self.told else self.with_it / self.told


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the table: what it says, its unit ("" for a count), and a figure for each group.

    `is_further` marks a line that counts the same cases as the one above it, with as many that do not tell.
    """

    label: str
    figures: tuple[Figure, ...]
    unit: str = ""
    is_further: bool = False

    @property
    def scale(self) -> float:
        """The number at the right end of the marks, which both groups share; 1 where there is none."""
        return max((figure.spread.high for figure in self.figures if figure.spread), default=0.0) or 1.0


@dataclass(frozen=True, slots=True)
class Part:
    """Lines of one subject, and what is to be known of them ("" for nothing)."""

    title: str
    lines: tuple[Line, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """What the cases of one group tell.

    Attributes
    ----------
    all_cases, group, chosen
        All cases of the database, which of them were asked for, and which those are.
    """

    all_cases: Cases
    group: CaseGroup
    chosen: Chosen

    @property
    def cases(self) -> int:
        """How many cases there are."""
        return int(np.count_nonzero(self.chosen))

    @property
    def reports(self) -> int:
        """How many reports tell of them."""
        return self.all_cases.words["report_id"].distinct(self.chosen)

    def counts(self, column: str) -> Mapping[str, int]:
        """Return how many cases have each word of a column."""
        return self.all_cases.words[column].counts(self.chosen)

    def spread(self, column: str) -> Figure:
        """Return median, quartiles and range of the numbers of a column."""
        values = self.all_cases.numbers[column][self.chosen]
        values = values[~np.isnan(values)]
        if not len(values):
            return Figure(0, self.cases)
        low, first, median, third, high = np.quantile(values, (0, 0.25, 0.5, 0.75, 1)).tolist()
        return Figure(len(values), self.cases - len(values), spread=Spread(median, first, third, low, high))

    def share(self, count: Mapping[str, int], name: str, column: str, query_url: QueryUrl) -> Figure:
        """Return how many cases have a word, of those that tell one: `counts` of the column; "" where no group is chosen by that."""
        told = sum(n for value, n in count.items() if value != NOT_REPORTED)
        url = self.group.narrowed(column, name).url(query_url) if column and count.get(name) else ""
        return Figure(told, self.cases - told, count.get(name, 0), url=url)

    def said(self, said: Said, results: Sequence[str] = ()) -> Mapping[str, int]:
        """Return in how many cases something was said of each thing: one of the results, or whatever was found."""
        return self.all_cases.times_said(said, results, self.chosen)

    def with_it(self, of: int, with_it: int, field: str, name: str, query_url: QueryUrl) -> Figure:
        """Return how many cases have a positive stain, an alteration of a gene or a drug (`field`) of this name, of those that tell it."""
        # The group may be chosen by another, of which there is one in an address.
        is_listed = with_it and self.group.value(field) in ("", name)
        narrowed = self.group.narrowed(field, name)
        if field == "marker":
            narrowed = narrowed.narrowed("stain", "positive")
        return Figure(of, self.cases - of, with_it, url=narrowed.url(query_url) if is_listed else "")


def read(cases: Cases, group: CaseGroup) -> Told:
    """Return what the cases of a group tell."""
    return Told(cases, group, group.of(cases))


def in_both(told: Sequence[Told]) -> int:
    """Return how many cases are in both groups."""
    first, second = told
    return int(np.count_nonzero(first.chosen & second.chosen))


@dataclass(frozen=True, slots=True)
class _Lines:
    """Makes the lines of the table of what is told of both groups."""

    cases: Cases
    told: Sequence[Told]
    query_url: QueryUrl

    def shares(self, column: str, wanted: Sequence[str] = (), label: str = "", is_listed: bool = True) -> tuple[Line, ...]:
        """Return a line for each word of a column: those `wanted`, else the commonest of each group."""
        counts = [one.counts(column) for one in self.told]
        listed = column if is_listed else ""
        names = wanted or _commonest(counts, _COMMONEST)
        return tuple(
            Line(
                label or name,
                tuple(one.share(count, name, listed, self.query_url) for one, count in zip(self.told, counts, strict=True)),
                is_further=place > 0,
            )
            for place, name in enumerate(names)
        )

    def there(self, column: str, words: Sequence[tuple[str, str]]) -> tuple[str, ...]:
        """Return those of the words, second of each pair, that some case has."""
        counts = [one.counts(column) for one in self.told]
        return tuple(name for _, name in words if any(count.get(name) for count in counts))

    def spread(self, label: str, unit: str, column: str) -> Line:
        """Return the line of a column of numbers."""
        return Line(label, tuple(one.spread(column) for one in self.told), unit)

    def stains(self) -> tuple[Line, ...]:
        """Return a line for each of the markers tested most."""
        return self._tests("marker", self.cases.stains, ("positive",), _STAINS)

    def genes(self) -> tuple[Line, ...]:
        """Return a line for each of the gene alterations looked for most."""
        return self._tests("gene", self.cases.genes, FOUND, _GENES)

    def _tests(self, field: str, said: Said, positive: Sequence[str], most: int) -> tuple[Line, ...]:
        """Return a line for each test, those done in most cases of both groups."""
        tested, found = [one.said(said, TESTED) for one in self.told], [one.said(said, positive) for one in self.told]
        sums = Counter[str]()
        for count in tested:
            sums.update(count)
        names = sorted(sums, key=lambda name: (-sums[name], name))[:most]
        return tuple(
            Line(
                name,
                tuple(
                    one.with_it(of.get(name, 0), with_it.get(name, 0), field, name, self.query_url)
                    for one, of, with_it in zip(self.told, tested, found, strict=True)
                ),
            )
            for name in names
        )

    def drugs(self) -> tuple[Line, ...]:
        """Return a line for each of the drugs named most, counted over all cases of a group."""
        counts = [one.said(self.cases.drugs) for one in self.told]
        return tuple(
            Line(
                name,
                tuple(
                    one.with_it(one.cases, count.get(name, 0), "drug", name, self.query_url)
                    for one, count in zip(self.told, counts, strict=True)
                ),
            )
            for name in _commonest(counts, _COMMONEST)
        )


def _commonest(counts: Sequence[Mapping[str, int]], most: int) -> list[str]:
    """Return the commonest names of each group, those of most cases first; none that is not reported."""
    chosen = {
        name
        for count in counts
        for name in sorted((name for name in count if name != NOT_REPORTED), key=lambda name: (-count[name], name))[:most]
    }
    return sorted(chosen, key=lambda name: (-sum(count.get(name, 0) for count in counts), name))


def parts(cases: Cases, told: Sequence[Told], query_url: QueryUrl) -> Iterator[Part]:
    """Yield what is told of the groups, by subject."""
    of = _Lines(cases, told, query_url)
    yield Part("Patients", (of.spread("age", "years", "age_years"), *of.shares("sex", ("female", "male"))))
    yield Part("Diagnosis, the commonest", of.shares("histology"))
    yield Part("Site, the commonest", of.shares("site"))
    yield Part("Size", (of.spread("largest dimension", "cm", "size_cm"),))
    yield Part(
        "Stains, the most tested: positive of those tested", of.stains(),
        "A case with positive and negative results of one marker is tested and not counted as positive; "
        "one of which only other cells stained counts as not reported.",
    )  # fmt: skip
    yield Part(
        "Gene tests, the most done: found of those tested", of.genes(),
        "An alteration that one test of a case found and another did not counts as found.",
    )  # fmt: skip
    yield Part(
        "Treatment",
        (
            *of.shares("surgery", ("yes",), "surgery"),
            *of.shares("radiotherapy", ("yes",), "radiotherapy"),
            of.spread("dose from outside", "Gy", "total_dose_gy"),
            of.spread("EQD2, α/β 10 Gy", "Gy", "eqd2_alpha_beta_10_gy"),
        ),
        "Doses: the highest of a case, of photons or electrons from outside; Gy(RBE), particles and brachytherapy are not among them.",
    )
    yield Part("Drugs named, of all cases", of.drugs(), "A drug that is not named may have been given.")
    yield Part(
        "Course",
        (
            of.spread("follow-up", "months", "follow_up_months"),
            *of.shares("recurrence", ("yes",), "tumour returned", is_listed=False),
            *of.shares("status", of.there("status", STATUS_WORDS), is_listed=False),
        ),
    )
