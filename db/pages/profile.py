"""The page of marker profiles: which histologies fit results of several markers, and which cases showed just these together."""

from __future__ import annotations

import json
import math
import sqlite3
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from db.marker_counts import with_results
from db.overview import NOT_REPORTED
from db.pages.data import Data
from db.pages.links import Links
from db.pages.marker_cells import Count, read_counts
from db.pages.typed_markers import marker_named, read_typed
from db.pages.unknown import quoted
from db.query import Row, every

MOST_ASKED = 6
RESULTS = ("positive", "negative")
_LINES = 60
_LISTED = 100
# Weight of the share over all cases, in cases.
_PRIOR_CASES = 2
# What the canned query marker_profile asks for at most.
_MOST_QUERIED = 3

_KNOWN = """
select marker, sum(positive + negative + equivocal) as n from marker_count where test = 'stain' group by 1 having n order by 2 desc, 1
"""
_CASES = "select * from case_overview where case_id in (select value from json_each(?)) order by histology, case_id"
_HISTOLOGIES = "select count(distinct histology) from marker_count where test = 'stain' and histology <> ? and histology_cases > 0"

Asked = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Head:
    """An asked result: how many cases of all had it, of how many with a clear result of that marker."""

    marker: str
    result: str
    fitting: int
    clear: int

    @property
    def words(self) -> str:
        """The result as pathologists write it: "CD34+"."""
        return f"{self.marker}{'+' if self.result == 'positive' else '−'}"

    @property
    def usual(self) -> float:
        """Share of cases with the result, above 0 and below 1: (k + 1) / (n + 2)."""
        return (self.fitting + 1) / (self.clear + 2)


@dataclass(frozen=True, slots=True)
class Fit:
    """What cases of a histology say of one asked result: so many with it, of so many with a clear one. `equivocal` are in neither."""

    fitting: int
    clear: int
    equivocal: int
    url: str

    def ratio(self, usual: float) -> float:
        """Return how many times as often as usual (a share above 0) the result was seen; 1 where no case was tested."""
        return (self.fitting + _PRIOR_CASES * usual) / (self.clear + _PRIOR_CASES) / usual


@dataclass(frozen=True, slots=True)
class Ranked:
    """A histology with its score, what stands behind it (in the order of the asked markers), and its cases with all results together."""

    histology: str
    url: str
    score: float
    fits: tuple[Fit, ...]
    together: int

    @property
    def tested(self) -> int:
        """How many of the asked markers were tested with a clear result."""
        return sum(fit.clear > 0 for fit in self.fits)


@dataclass(frozen=True, slots=True)
class ProfilePage:
    """All that the page shows.

    Attributes
    ----------
    heads
        What is asked for.
    unknown
        A sentence for each answer that was not understood.
    known
        The markers to choose from with their number of tested cases, the most often tested first.
    lines
        The histologies in which one of the markers was tested at least, the best fitting first.
    histologies, untested
        How many these are in all, and how many histologies are not among them.
    together, cases
        How many cases have all the results, and the first of them.
    query_url
        The canned query that asks the same; "" where it cannot.
    """

    heads: tuple[Head, ...]
    unknown: tuple[str, ...]
    known: tuple[tuple[str, int], ...]
    lines: tuple[Ranked, ...]
    histologies: int
    untested: int
    together: int
    cases: tuple[Row, ...]
    query_url: str
    data: Data

    def slots(self) -> tuple[tuple[int, str, str], ...]:
        """Return the places of the form: number from 1, marker and result."""
        filled = (*((head.marker, head.result) for head in self.heads), *((("", "positive"),) * (MOST_ASKED - len(self.heads))))
        return tuple((number, *pair) for number, pair in enumerate(filled, 1))


def profile_page(connection: sqlite3.Connection, asked: Mapping[str, str], links: Links) -> ProfilePage:
    """Return what the page shows for the form's answers."""
    known = tuple((row["marker"], row["n"]) for row in every(connection, _KNOWN))
    results, unknown = choose(asked, [marker for marker, _ in known])
    counts = [count for marker, _ in results for count in read_counts(connection, "stain", [("marker = ?", marker)])]
    heads, together = _heads(counts, results), _together(connection, results)
    ranked = _ranked(counts, heads, Counter(histology for histology, _ in together), links)
    cases = every(connection, _CASES, json.dumps([case_id for _, case_id in together[:_LISTED]]))
    histologies = every(connection, _HISTOLOGIES, NOT_REPORTED)[0][0]
    return ProfilePage(
        heads, unknown, known, ranked[:_LINES], len(ranked), histologies - len(ranked), len(together), tuple(cases),
        _query_url(results, links), _data(heads, ranked),
    )  # fmt: skip


def choose(asked: Mapping[str, str], known: Sequence[str]) -> tuple[Asked, tuple[str, ...]]:
    """Return the markers and results that are asked for, those of the typed line first, and a sentence for what was not understood."""
    typed = read_typed(asked.get("typed", ""), known)
    unknown = [f"Not understood: {words}." for words in typed.not_understood]
    results = dict(typed.results)
    for number in range(1, MOST_ASKED + 1):
        words, result = asked.get(f"marker_{number}", "").strip(), asked.get(f"result_{number}") or RESULTS[0]
        if not words:
            continue
        marker = marker_named(words, known)
        if marker is None:
            unknown.append(f"Not understood: {quoted(words)}: no marker of that name.")
        elif result not in RESULTS:
            unknown.append(f"No result here is called {quoted(result)}; {marker} is left out.")
        elif results.setdefault(marker, result) != result:
            unknown.append(f"{marker} is asked for as positive and as negative; taken: {results[marker]}.")
    untested = [marker for marker in results if marker not in known]
    unknown += [f"No case reports a result of {marker}." for marker in untested]
    pairs = [(marker, result) for marker, result in results.items() if marker not in untested]
    unknown += [f"More than {MOST_ASKED} markers; {marker} is left out." for marker, _ in pairs[MOST_ASKED:]]
    return tuple(pairs[:MOST_ASKED]), tuple(unknown)


def _ranked(counts: Sequence[Count], heads: Sequence[Head], together: Mapping[str, int], links: Links) -> tuple[Ranked, ...]:
    """Return the histologies with a clear result of one asked marker at least, the best fitting first.

    The score is that of a naive Bayes classifier with equal priors: the product, over the asked markers, of the share of cases
    with the asked result, divided by that share in all cases. Shares of few cases are drawn towards that of all by the m-estimate,
    (k + m p) / (n + m) with m = 2 (Cestnik, Proc. 9th European Conference on Artificial Intelligence 1990:147-149). A marker of
    which no case of a histology has a clear result thus has the factor 1: it speaks neither for nor against.
    """
    at = {(count.histology, count.marker): count for count in counts}
    found = []
    for histology in sorted({count.histology for count in counts if _clear(count)}):
        fits = tuple(_fit(at.get((histology, head.marker)), histology, head, links) for head in heads)
        score = math.prod(fit.ratio(head.usual) for fit, head in zip(fits, heads, strict=True))
        url = links.path("/markers", {"histology": histology})
        found.append(Ranked(histology, url, score, fits, together.get(histology, 0)))
    return tuple(sorted(found, key=lambda one: (-one.score, -one.tested, one.histology)))


def _heads(counts: Sequence[Count], asked: Asked) -> tuple[Head, ...]:
    """Return the asked results with their counts in all cases."""

    def head(marker: str, result: str) -> Head:
        own = [count for count in counts if count.marker == marker]
        return Head(marker, result, sum(getattr(count, result) for count in own), sum(map(_clear, own)))

    return tuple(head(*pair) for pair in asked)


def _clear(count: Count) -> int:
    return count.positive + count.negative


def _fit(count: Count | None, histology: str, head: Head, links: Links) -> Fit:
    """Return what a count, None where no case reports the marker, says of an asked result."""
    url = links.path("/markers", {"histology": histology, "marker": head.marker})
    return Fit(getattr(count, head.result), _clear(count), count.equivocal, url) if count else Fit(0, 0, 0, "")


def _together(connection: sqlite3.Connection, asked: Asked) -> list[tuple[str, str]]:
    """Return the cases that have all the results, each with its histology, by both."""
    if not asked:
        return []
    sql = f"select histology, case_id from ({with_results([result for _, result in asked])}) cross join case_overview using (case_id)"
    return sorted((row["histology"], row["case_id"]) for row in every(connection, sql, *(marker for marker, _ in asked for _ in range(2))))


def _query_url(asked: Asked, links: Links) -> str:
    """Return the address of the canned query for the same results; "" where there are none, or too many for it."""
    if not 0 < len(asked) <= _MOST_QUERIED:
        return ""
    return links.query(
        "marker_profile",
        {name: words for at, pair in enumerate(asked, 1) for name, words in zip((f"marker_{at}", f"result_{at}"), pair, strict=True)},
    )


def _data(heads: Sequence[Head], ranked: Sequence[Ranked]) -> Data:
    """Return the ranking as rows: of each marker the cases with the asked result, and those with a clear one."""
    columns = (name for head in heads for name in (f"{head.marker} {head.result}", f"{head.marker} tested"))

    def row(line: Ranked) -> tuple[str | float | int | None, ...]:
        return (line.histology, round(line.score, 4), line.together, *(n for fit in line.fits for n in (fit.fitting, fit.clear)))

    return Data(("histology", "score", "cases_with_all", *columns), tuple(map(row, ranked)))
