"""The page on quality: per field what is covered and why not, how sure the values are, what people said, how well they were read."""

from __future__ import annotations

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate

from db import fields
from db.pages.data import Data
from db.pages.measured import LABELS, Measured, f1, measured
from db.query import every

# In the order of the bars, each with what the page calls it.
COVERAGE = (
    ("given", "has a value"),
    ("stated absent", "said that there was none"),
    ("not applicable", "not applicable"),
    ("stated unclearly", "stated unclearly"),
    ("not stated", "not stated"),
    ("failed", "reading failed"),
    ("rejected", "rejected by a curator"),
)
BANDS = (("high", "high"), ("middle", "middle"), ("low", "low"), ("curator", "a curator's own"))
REVIEWED = ("confirmed", "corrected", "added")


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a bar: its name, how many, and where it lies on a line 0 to 100 long."""

    name: str
    count: int
    start: float
    length: float


@dataclass(frozen=True, slots=True)
class Bar:
    """What a field's counts are, in the order of the bar; `total` is their sum."""

    field: str
    label: str
    group: str
    parts: tuple[Part, ...]
    total: int
    is_listed: bool = True  # whether each case that does not state it is a row of table empty_field

    def count(self, name: str) -> int:
        """Return the count of a part; 0 where there is none."""
        return next((part.count for part in self.parts if part.name == name), 0)

    @property
    def share(self) -> float:
        """Share of the first part, in percent of the total; 0 of nothing."""
        return 100 * self.parts[0].count / self.total if self.total else 0.0

    @property
    def percent(self) -> str:
        """The share in whole percent; 0 and 100 are said only of none and of all ("<1", ">99" of what rounds to them)."""
        rounded = round(self.share)
        if rounded == 100 and self.parts[0].count < self.total:
            return ">99"
        return "<1" if rounded == 0 and self.parts[0].count else str(rounded)


@dataclass(frozen=True, slots=True)
class Said:
    """What is known of the values of a field beside their certainty: how many were looked at, are in conflict, flagged, have words."""

    values: int
    reviewed: int
    in_conflict: int
    flagged: int
    with_words: int


@dataclass(frozen=True, slots=True)
class Score:
    """A line of the table of scores: a field with its figures on each set, None where it is not compared."""

    label: str
    cells: tuple[Cell | None, ...]


@dataclass(frozen=True, slots=True)
class Cell:
    """Precision, recall and F1 as the table shows them; the counts stand behind the cell."""

    precision: str
    recall: str
    f1: str
    counts: str


@dataclass(frozen=True, slots=True)
class QualityPage:
    """All that the page shows. `pipelines` counts the reports of the database by the fingerprint of the extraction that read them."""

    cases: int
    coverage: tuple[Bar, ...]
    bands: tuple[tuple[Bar, Said], ...]
    sets: tuple[Measured, ...]
    scores: tuple[Score, ...]
    pipelines: tuple[tuple[str, int], ...]
    data: Data

    @property
    def read_by_measured(self) -> int:
        """Reports of the database that the pipeline read whose figures the page shows."""
        return dict(self.pipelines).get(self.sets[0].pipeline, 0)

    @property
    def reports(self) -> int:
        """Reports of the database."""
        return sum(count for _, count in self.pipelines)


def quality_page(connection: sqlite3.Connection) -> QualityPage:
    """Read what the page shows; it counts over all values of the database."""
    cases = every(connection, "select count(*) as n from patient_case")[0]["n"]
    coverage = _coverage(connection, cases)
    bands = _bands(connection)
    sets = measured()
    pipelines: Counter[str] = Counter()
    for row in every(connection, "select pipeline_fingerprint as of, count(*) as n from report group by 1"):
        pipelines[row["of"].partition("-")[0]] += row["n"]  # what follows is of the code that makes rows
    return QualityPage(cases, coverage, bands, sets, _scores(sets), tuple(pipelines.most_common()), _data(coverage, bands, sets))


def _coverage(connection: sqlite3.Connection, cases: int) -> tuple[Bar, ...]:
    """Return for each field how many cases have a value, and why the others have none."""
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    # In the order of the key no case is counted twice without a table of its own.
    for row in every(connection, "select field, count(*) as n from (select distinct case_id, field from fact) group by field"):
        counts[row["field"]]["given"] = row["n"]
    for row in every(connection, "select field, reason, count(*) as n from empty_field group by field, reason"):
        counts[row["field"]][row["reason"]] = row["n"]
    unlisted = {field: max(cases - count.total(), 0) for field, count in counts.items()}  # events have no reason of their own
    for field, more in unlisted.items():
        counts[field]["not stated"] += more
    return tuple(_bar(field, counts[field], [name for name, _ in COVERAGE], not unlisted[field]) for field in _in_order(counts))


def _bands(connection: sqlite3.Connection) -> tuple[tuple[Bar, Said], ...]:
    """Return for each field how sure its values are, and what else is known of them."""
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    reviews: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for row in every(connection, "select field, band, review, count(*) as n from fact group by band, review, field"):
        counts[row["field"]][row["band"]] += row["n"]
        reviews[row["field"]][row["review"]] += row["n"]
    worded = _by_field(
        connection, "select field, count(*) as n from (select distinct case_id, field, number from fact_evidence) group by field"
    )
    flagged = _by_field(
        connection, "select field, count(*) as n from (select distinct case_id, field, number from flag_value) group by field"
    )
    return tuple(
        (
            _bar(field, counts[field], [name for name, _ in BANDS]),
            Said(
                counts[field].total(), sum(reviews[field][name] for name in REVIEWED), reviews[field]["in conflict"], flagged.get(field, 0),
                worded.get(field, 0),
            ),
        )
        for field in _in_order(counts)
    )  # fmt: skip


def _by_field(connection: sqlite3.Connection, sql: str) -> Mapping[str, int]:
    return {row["field"]: row["n"] for row in every(connection, sql)}


def _in_order(found: Mapping[str, object]) -> list[str]:
    """Return fields in the order of the page of a case; those it does not know at the end."""
    known = [field for field, _ in fields.LABELS]
    return [field for field in known if field in found] + sorted(set(found) - set(known))


def _bar(field: str, counts: Mapping[str, int], names: list[str], is_listed: bool = True) -> Bar:
    """Return counts as a bar: parts side by side, together 100 long."""
    total = sum(counts[name] for name in names)
    lengths = [100 * counts[name] / total if total else 0.0 for name in names]
    starts = accumulate(lengths, initial=0.0)
    parts = tuple(
        Part(name, counts[name], round(start, 2), round(length, 2)) for name, start, length in zip(names, starts, lengths, strict=False)
    )
    return Bar(field, fields.label_of(field), fields.group_of(field), parts, total, is_listed)


def _scores(sets: tuple[Measured, ...]) -> tuple[Score, ...]:
    """Return the lines of the table of scores."""
    lines = []
    for field, label in LABELS:
        cells: list[Cell | None] = []
        for one in sets:
            count = one.fields.get(field)
            shown = f1(count)
            if count is None or shown is None:
                cells.append(None)
            elif shown == "–":
                cells.append(Cell("–", "–", "–", "neither gold nor program say anything"))
            else:
                told = f"{count.tp} right, {count.fp} wrong or too many, {count.fn} missed"
                cells.append(Cell(f"{count.precision:.2f}", f"{count.recall:.2f}", shown, told))
        lines.append(Score(label, tuple(cells)))
    return tuple(lines)


def _data(coverage: tuple[Bar, ...], bands: tuple[tuple[Bar, Said], ...], sets: tuple[Measured, ...]) -> Data:
    """Return every count of the page: what is counted, the field, the name of the count, and the count."""
    rows: list[tuple[str, str, str, int]] = [("coverage", bar.field, part.name, part.count) for bar in coverage for part in bar.parts]
    for bar, said in bands:
        rows += [("certainty", bar.field, part.name, part.count) for part in bar.parts]
        rows += [
            ("values", bar.field, name, count)
            for name, count in (
                ("all", said.values), ("reviewed", said.reviewed), ("in conflict", said.in_conflict), ("flagged", said.flagged),
                ("with words", said.with_words),
            )
        ]  # fmt: skip
    for one in sets:
        for field, count in one.fields.items():
            rows += [(f"gold: {one.name}", field, name, n) for name, n in (("tp", count.tp), ("fp", count.fp), ("fn", count.fn))]
    return Data(("what", "field", "name", "count"), tuple(rows))
