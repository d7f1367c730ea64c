"""Fit the weights of `extract/certainty.py` on gold and silver reports, and tell how well they hold.

    python scripts/calibrate.py

Writes extract/lexicons/certainty.csv and the figures in docs/certainty.md; needs ../shared, and takes a minute. Fitted on the reports
whose errors were read while rules were written, gold dev and half of the silver; their figures are of reports left out, a tenth at a
time. What is set apart is a test alone: neither weights nor penalty nor the limits of the bands were chosen by it.

The model is a logistic regression with a penalty on the square of its weights (le Cessie and van Houwelingen 1992): a field with few
values keeps near the others. Weights keep the side that `SIGNS` gives them, by coordinate descent (Friedman, Hastie and Tibshirani 2010).
"""

from __future__ import annotations

import argparse
import csv
import math
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import measure
import numpy as np
from numpy.typing import NDArray

from extract import certainty, evaluate, pipeline
from extract.certainty import BANDS, COMMON, SIGNS, WEIGHTS, Traits
from extract.evaluate import Answers, GoldReport
from extract.record import Case, Record

DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "certainty.md"
GOLD, READ, APART, INVENTED = (
    ("gold read",),
    ("silver read", "silver treatment read"),
    ("silver apart", "silver treatment apart"),
    ("invented apart",),
)
FITTED = GOLD + READ
_BEGIN, _END = "<!-- figures of scripts/calibrate.py -->", "<!-- end of figures -->"
_FOLDS = 10
# What a weight of one costs, in units of log likelihood; chosen by the Brier score of values left out among 1.5, 3 and 6.
_PENALTY = 3.0
# How many times the odds of an error are in a report whose errors nobody read while rules were written: a round number, not a fit.
# When the first 223 silver reports came in, unread (commit d10d85c), their values of treatment and outcome, more than half of all,
# had 3.4 times the odds that those of gold dev had, which was read; for the other fields there is no such comparison.
_NEW = 2.0
_ROUNDS, _SMALL, _STEP = 300, 1e-6, 1.0

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Judged:
    """A value of a record beside the gold: where it is from, its traits, and whether it is right."""

    origin: str
    report: str
    field: str
    traits: Traits
    is_right: bool


def main() -> None:
    """Fit, write and print."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    built = pipeline.build()
    values: list[Judged] = []
    for name, gold, reports in measure.sets():
        if name in FITTED + APART + INVENTED:
            values += judged(name, gold, {report.id: pipeline.extract(report, built) for report in reports})
    if not any(value.origin in GOLD for value in values):
        raise SystemExit(f"{measure.SHARED}: is missing; wanted gold and texts to fit the weights on")
    fitted = [value for value in values if value.origin in FITTED]
    fields = tuple(sorted({value.field for value in fitted}))
    weights = fit(fitted, fields)
    _write_weights(weights)
    lines = list(_figures(values, fields, weights))
    before, _, rest = DOCUMENT.read_text(encoding="utf-8").partition(_BEGIN)
    DOCUMENT.write_text("\n".join([before + _BEGIN, "", *lines, "", _END + rest.partition(_END)[2]]), encoding="utf-8")
    print("\n".join(lines))


# --- which values are right ------------------------------------------------------------------------


def judged(origin: str, gold: Sequence[GoldReport], records: Mapping[str, Record]) -> Iterator[Judged]:
    """Yield each value that the gold speaks of with whether it is right, patients paired as `evaluate` does."""
    for report in gold:
        record = records[report.id]
        pairs = evaluate.pair_cases(report.cases, [evaluate.from_case(case) for case in record.cases])
        partners = {record.cases[found].label: report.cases[wanted] for wanted, found in pairs}
        right = {case.label: _Right(partners.get(case.label)) for case in record.cases}
        facts = {(case.label, field, number): fact for case in record.cases for field, number, fact in certainty.values_of(case)}
        for (label, field, number), traits in certainty.traits_of(record):
            is_right = right[label].has(field, facts[label, field, number])
            if is_right is not None:
                yield Judged(origin, report.id, field, traits, is_right)


class _Right:
    """What is right of one patient; of a patient that the gold does not have, nothing. A course of the gold serves once."""

    def __init__(self, gold: Answers | None) -> None:
        self.gold = gold or Answers()
        self.doses = list(self.gold.radiotherapy)

    def has(self, field: str, fact: Any) -> bool | None:
        """Return whether a value is right; None where the gold does not tell, or counts no such value."""
        name = "metastasis" if field == "metastases" else field
        if name in self.gold.left_out or not hasattr(self.gold, name):
            return None
        is_list = isinstance(getattr(Case(""), field), tuple)
        one: dict[str, Any] = {field: (fact,) if is_list else fact}
        found, wanted = getattr(evaluate.from_case(Case("", **one)), name), getattr(self.gold, name)
        if found in (None, ()):
            return None
        if name == "radiotherapy":
            return self._takes(found[0])
        if is_list:
            return found[0] in wanted
        return wanted not in (None, ()) and evaluate.SCALARS[name](wanted, found)

    def _takes(self, dose: float | None) -> bool:
        at = next((at for at, wanted in enumerate(self.doses) if evaluate.SETS["radiotherapy"](wanted, dose)), None)
        if at is not None:
            del self.doses[at]
        return at is not None


# --- the fit ---------------------------------------------------------------------------------------


def fit(values: Sequence[Judged], fields: Sequence[str]) -> dict[str, float]:
    """Return the weights of traits and fields, as `extract.certainty` takes them, that make the values likeliest."""
    rows, right = _design(values, fields)
    signs = np.array([0, *SIGNS.values(), *[0] * len(fields)])
    costs = np.array([0.0, *[_PENALTY] * (len(SIGNS) + len(fields))])  # what all values have in common costs nothing
    found = _descend(rows, right, signs, costs)
    found[0] -= math.log(_NEW)
    names = (COMMON, *SIGNS, *(f"field {field}" for field in fields))
    return {name: round(float(weight), 2) + 0.0 for name, weight in zip(names, found, strict=True)}


def _design(values: Sequence[Judged], fields: Sequence[str]) -> tuple[Numbers, Numbers]:
    """Return a row of numbers a value (one, the traits, a mark at the field), and 1 or 0 for right or wrong."""
    rows = [[1.0, *value.traits.numbers(), *(float(value.field == field) for field in fields)] for value in values]
    return np.array(rows), np.array([float(value.is_right) for value in values])


def _descend(rows: Numbers, right: Numbers, signs: NDArray[np.int64], costs: Numbers) -> Numbers:
    """Return the weights with the highest penalised likelihood, by Newton steps along one weight after the other."""
    weights, total = np.zeros(rows.shape[1]), np.zeros(len(rows))
    squares = rows**2
    for _ in range(_ROUNDS):
        largest = 0.0
        for at in range(len(weights)):
            likely = 1 / (1 + np.exp(-total))
            slope = rows[:, at] @ (right - likely) - costs[at] * weights[at]
            curve = squares[:, at] @ (likely * (1 - likely)) + costs[at] + _SMALL
            new = weights[at] + float(np.clip(slope / curve, -_STEP, _STEP))
            new = new if signs[at] == 0 else signs[at] * max(0.0, signs[at] * new)
            total += rows[:, at] * (new - weights[at])
            largest, weights[at] = max(largest, abs(new - weights[at])), new
        if largest < _SMALL:
            break
    return weights


# --- figures ---------------------------------------------------------------------------------------


def _figures(values: Sequence[Judged], fields: Sequence[str], weights: Mapping[str, float]) -> Iterator[str]:
    """Yield the lines of docs/certainty.md that hold figures."""
    fitted = [value for value in values if value.origin in FITTED]
    scored = [(value, score) for fold in range(_FOLDS) for value, score in _left_out(fitted, fields, fold)]
    scored += [(value, certainty.score_of(value.traits, value.field, weights)) for value in values if value.origin not in FITTED]
    columns = [_Column(name, origins, scored) for name, origins in _COLUMNS]
    yield f"| band | score | {' | '.join(f'{column.name}: values | expected | right' for column in columns)} |"
    yield "|---" * (2 + 3 * len(columns)) + "|"
    edges = [1.0, *(least for _, least in BANDS)]
    for (band, least), most in zip(BANDS, edges, strict=False):
        yield f"| {band} | {least:.2f} to {most:.2f} | {' | '.join(column.row(least, most) for column in columns)} |"
    yield f"| all | | {' | '.join(column.row(0.0, 1.0) for column in columns)} |"
    yield ""
    yield "| | " + " | ".join(column.name for column in columns) + " |"
    yield "|---" * (1 + len(columns)) + "|"
    for name, measured in _MEASURES:
        yield f"| {name} | {' | '.join(f'{measured(column):.3f}' for column in columns)} |"


def _left_out(values: Sequence[Judged], fields: Sequence[str], fold: int) -> Iterator[tuple[Judged, float]]:
    """Yield the values of a tenth of the reports with scores by weights that the other reports gave."""
    is_out = [zlib.crc32(value.report.encode()) % _FOLDS == fold for value in values]
    weights = fit([value for value, out in zip(values, is_out, strict=True) if not out], fields)
    for value, out in zip(values, is_out, strict=True):
        if out:
            yield value, certainty.score_of(value.traits, value.field, weights)


_COLUMNS = (("silver, set apart", APART), ("invented, set apart", INVENTED), ("gold dev", GOLD), ("silver, read", READ))


class _Column:
    """The values of some sets of reports with their scores."""

    def __init__(self, name: str, origins: Iterable[str], scored: Iterable[tuple[Judged, float]]) -> None:
        mine = [(score, value.is_right) for value, score in scored if value.origin in tuple(origins)]
        self.name = name
        self.scores: Numbers = np.array([score for score, _ in mine])
        self.right: Numbers = np.array([float(is_right) for _, is_right in mine])

    def row(self, least: float, most: float) -> str:
        """Return how many values have a score in a range, how many of them should be right by it, and how many are."""
        inside = (self.scores >= least) & (self.scores < most)
        if not inside.any():
            return "0 | |"
        return f"{inside.sum()} | {self.scores[inside].mean():.3f} | {self.right[inside].mean():.3f}"

    def brier(self) -> float:
        """Return the mean square of what the scores are off."""
        return float(((self.scores - self.right) ** 2).mean())

    def brier_of_share(self) -> float:
        """Return the same where each value has the share of right ones for a score."""
        share = self.right.mean()
        return float(share * (1 - share))

    def calibration_error(self) -> float:
        """Return how far the shares of right ones are from the scores on average, in ten parts of equal size."""
        order = np.argsort(self.scores, kind="stable")
        edges = np.linspace(0, len(order), 11).astype(int)
        parts = [order[first:last] for first, last in pairwise(edges) if last > first]
        return float(sum(abs(self.scores[part].mean() - self.right[part].mean()) * len(part) for part in parts) / len(order))

    def auc(self) -> float:
        """Return how likely a right value has a higher score than a wrong one (0.5: no better than chance)."""
        ranked = np.sort(self.scores)
        ranks = (np.searchsorted(ranked, self.scores, "left") + np.searchsorted(ranked, self.scores, "right") + 1) / 2
        n = self.right.sum()
        return float((ranks[self.right == 1].sum() - n * (n + 1) / 2) / (n * (len(ranks) - n)))


_MEASURES = (
    ("AUC: a right value above a wrong one", _Column.auc),
    ("Brier score", _Column.brier),
    ("Brier score of one score for all", _Column.brier_of_share),
    ("mean calibration error", _Column.calibration_error),
)


def _write_weights(weights: Mapping[str, float]) -> None:
    with WEIGHTS.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("trait", "weight"))
        writer.writerows((name, f"{weight:.2f}") for name, weight in weights.items())


if __name__ == "__main__":
    main()
