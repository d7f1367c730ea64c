"""What two groups of cases tell, line by line: counts and numbers, each with how many cases tell it."""

from __future__ import annotations

import sqlite3
import statistics
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from db.fields import number
from db.overview import NOT_REPORTED, STATUS_WORDS
from db.pages.case_group import CaseGroup, QueryUrl
from db.query import Row, every

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
    """What is read of one group, in as few passes over its cases as may be.

    Attributes
    ----------
    group
        Which cases.
    numbers
        A row for each case: its name, its report, and its numbers.
    words
        Rows of what is told in words, with the number of cases of each combination.
    """

    connection: sqlite3.Connection
    group: CaseGroup
    numbers: tuple[Row, ...]
    words: tuple[Row, ...]

    @property
    def cases(self) -> int:
        """How many cases there are."""
        return len(self.numbers)

    def spread(self, column: str) -> Figure:
        """Return the numbers of a column."""
        return _spread([row[column] for row in self.numbers if row[column] is not None], self.cases)

    def counts(self, column: str) -> Mapping[str, int]:
        """Return how many cases have each word of a column."""
        counted: Counter[str] = Counter()
        for row in self.words:
            counted[row[column]] += row["n"]
        return counted

    def rows(self, sql: str) -> list[Row]:
        """Return the rows of a query over `chosen`, the cases of the group."""
        return _rows(self.connection, self.group, sql)

    def share(self, column: str, name: str, is_listed: bool, query_url: QueryUrl) -> Figure:
        """Return how many cases have a word, of those that tell one; `is_listed` where groups can be chosen by it."""
        count = self.counts(column)
        told = sum(n for value, n in count.items() if value != NOT_REPORTED)
        url = self.group.narrowed(column, name).url(query_url) if is_listed and count.get(name) else ""
        return Figure(told, self.cases - told, count.get(name, 0), url=url)

    def test(self, row: Row | None, marker: str, query_url: QueryUrl) -> Figure:
        """Return how many cases a test was positive in, of those tested; `marker` is "" where groups cannot be chosen by it."""
        tested, positive = (row["tested"], row["positive"]) if row else (0, 0)
        # The group may be chosen by another marker, of which there is one in an address.
        is_listed = marker and positive and self.group.value("marker") in ("", marker)
        narrowed = self.group.narrowed("marker", marker).narrowed("stain", "positive")
        return Figure(tested, self.cases - tested, positive, url=narrowed.url(query_url) if is_listed else "")


def read(connection: sqlite3.Connection, group: CaseGroup) -> Told:
    """Read a group from the database."""
    return Told(connection, group, tuple(_rows(connection, group, _NUMBERS)), tuple(_rows(connection, group, _WORDS)))


def _rows(connection: sqlite3.Connection, group: CaseGroup, sql: str) -> list[Row]:
    # Only the names: SQLite writes what is chosen down for each of some ten queries.
    return every(connection, f"with chosen as materialized (select case_id from ({group.sql})) {sql}", **group.values)


def in_both(told: Sequence[Told]) -> int:
    """Return how many cases are in both groups."""
    first, second = ({row["case_id"] for row in one.numbers} for one in told)
    return len(first & second)


@dataclass(frozen=True, slots=True)
class _Lines:
    """Makes the lines of the table of what is told of both groups."""

    told: Sequence[Told]
    query_url: QueryUrl

    def shares(self, column: str, wanted: Sequence[str] = (), label: str = "", is_listed: bool = True) -> tuple[Line, ...]:
        """Return a line for each word of a column: those `wanted`, else the commonest of each group."""
        names = wanted or _commonest([one.counts(column) for one in self.told], _COMMONEST)
        return tuple(
            Line(label or name, tuple(one.share(column, name, is_listed, self.query_url) for one in self.told), is_further=place > 0)
            for place, name in enumerate(names)
        )

    def there(self, column: str, words: Sequence[tuple[str, str]]) -> tuple[str, ...]:
        """Return those of the words, second of each pair, that some case has."""
        return tuple(name for _, name in words if any(one.counts(column).get(name) for one in self.told))

    def spread(self, label: str, unit: str, column: str) -> Line:
        """Return the line of a column of numbers."""
        return Line(label, tuple(one.spread(column) for one in self.told), unit)

    def dose(self, label: str, column: str) -> Line:
        """Return the line of a dose: of several courses of a case, that of the highest."""
        sql = _DOSE.format(column)
        return Line(label, tuple(_spread([row["value"] for row in one.rows(sql)], one.cases) for one in self.told), "Gy")

    def tests(self, sql: str, most: int, is_marker: bool = False) -> tuple[Line, ...]:
        """Return a line for each test in rows of name, tested and positive: those done in most cases of both groups."""
        counts = [{row["name"]: row for row in one.rows(sql)} for one in self.told]
        tested = {name: sum(count[name]["tested"] for count in counts if name in count) for count in counts for name in count}
        names = sorted(tested, key=lambda name: (-tested[name], name))[:most]
        return tuple(
            Line(
                name,
                tuple(
                    one.test(count.get(name), name if is_marker else "", self.query_url)
                    for one, count in zip(self.told, counts, strict=True)
                ),
            )
            for name in names
        )

    def drugs(self) -> tuple[Line, ...]:
        """Return a line for each of the drugs named most, counted over all cases of a group."""
        counts = [{row["name"]: row["n"] for row in one.rows(_DRUG)} for one in self.told]
        return tuple(
            Line(name, tuple(Figure(one.cases, 0, count.get(name, 0)) for one, count in zip(self.told, counts, strict=True)))
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


def _spread(values: Sequence[float], cases: int) -> Figure:
    """Return median, quartiles and range of numbers, one a case."""
    if not values:
        return Figure(0, cases)
    first, median, third = statistics.quantiles(values, n=4, method="inclusive") if len(values) > 1 else (values[0],) * 3
    return Figure(len(values), cases - len(values), spread=Spread(median, first, third, min(values), max(values)))


_NUMBERS = """
select case_id, report_id, age_years, size_cm, follow_up_months from chosen join patient_case using (case_id)
"""
_WORDS = """
select sex, histology, site, surgery, radiotherapy, recurrence, status, count(*) as n
from chosen join case_overview using (case_id) group by 1, 2, 3, 4, 5, 6, 7
"""
_DRUG = "select name, count(distinct case_id) as n from chosen join drug using (case_id) group by 1"
_STAIN = """
select name, count(*) as tested, sum(is_positive and not is_negative) as positive
from (select marker as name, max(result = 'positive') as is_positive, max(result = 'negative') as is_negative
      from chosen join ihc_result using (case_id) group by marker, case_id)
group by name
"""
_GENE = """
select name, count(*) as tested, sum(is_positive) as positive
from (select gene || ' ' || alteration as name, max(result = 'positive') as is_positive
      from chosen join molecular_test using (case_id) group by 1, case_id)
group by name
"""
_DOSE = """
select max({0}) as value from chosen join radiotherapy_dose using (case_id)
where kind = 'external' and {0} is not null group by case_id
"""


def parts(told: Sequence[Told], query_url: QueryUrl) -> Iterator[Part]:
    """Yield what is told of the groups, by subject."""
    of = _Lines(told, query_url)
    yield Part("Patients", (of.spread("age", "years", "age_years"), *of.shares("sex", ("female", "male"))))
    yield Part("Diagnosis, the commonest", of.shares("histology"))
    yield Part("Site, the commonest", of.shares("site"))
    yield Part("Size", (of.spread("largest dimension", "cm", "size_cm"),))
    yield Part(
        "Stains, the most tested: positive of those tested", of.tests(_STAIN, _STAINS, is_marker=True),
        "A case with positive and negative results of one marker is tested and not counted as positive.",
    )  # fmt: skip
    yield Part("Gene tests, the most done: found of those tested", of.tests(_GENE, _GENES))
    yield Part(
        "Treatment",
        (
            *of.shares("surgery", ("yes",), "surgery"),
            *of.shares("radiotherapy", ("yes",), "radiotherapy"),
            of.dose("dose from outside", "total_dose_gy"),
            of.dose("its EQD2, α/β 10 Gy", "eqd2_alpha_beta_10_gy"),
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
