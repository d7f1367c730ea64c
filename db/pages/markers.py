"""The page of markers: histologies against markers as a heat map, one histology, one marker, or the cases behind a cell."""

from __future__ import annotations

import json
import math
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from db.overview import NOT_REPORTED
from db.pages.data import Data
from db.pages.links import Links
from db.pages.marker_cases import CaseGroup, cell_cases
from db.pages.marker_cells import COLUMNS, Count, data_row, read_counts, tested_for
from db.pages.marker_choice import Choice, choose, options
from db.pages.marker_order import alike
from db.pages.spelling import spellings
from db.query import every

Thing = TypeVar("Thing")

# So many histologies and markers stand on a page; the rest is behind "more".
ROWS = COLUMNS_SHOWN = 40
_LINES = 100
_USUAL = 8
_CLEAR = 0.75
MOST_ASKED = 6


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a row or column: its name, its number of cases, and the address of its own page."""

    name: str
    cases: int
    url: str


@dataclass(frozen=True, slots=True)
class Cell:
    """A count with the address of its cases."""

    count: Count
    url: str


@dataclass(frozen=True, slots=True)
class Matrix:
    """The heat map: heads of columns, and rows with a cell for each, None where no case was tested.

    `more` are links to further histologies and markers, with their words.
    """

    columns: tuple[Head, ...]
    rows: tuple[tuple[Head, tuple[Cell | None, ...]], ...]
    more: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Line:
    """A marker of one histology, or a histology of one marker: its count, address, and bar (kind, start, width)."""

    name: str
    count: Count
    url: str
    bar: tuple[tuple[str, float, float], ...]


@dataclass(frozen=True, slots=True)
class MarkersPage:
    """All that the page shows.

    Attributes
    ----------
    view
        "matrix", "histology" (its markers), "marker" (its histologies) or "cases" (of one cell).
    unknown
        A sentence for each answer that is none of the words to choose from.
    options
        The words of the drop-downs.
    histologies, histology_cases, positive_histologies, tested
        How many histologies were tested, in how many cases (for one of the chosen markers, or for any), how many of them with a
        positive case, and the sum of the counts' tested cases.
    all_markers
        Every marker of the choice, by name.
    usual
        Of one histology: markers that are mostly positive and mostly negative, with their counts, the most often tested first.
    profile_url
        The address of the profile of these.
    undiagnosed
        Cases that were tested but have no diagnosis told: in no histology.
    twice
        Pairs of cases that may be one patient; both are counted.
    nothing
        Where there is no count: why, in a sentence; "" otherwise.
    """

    view: str
    choice: Choice
    unknown: tuple[str, ...]
    options: Mapping[str, tuple[tuple[str, str], ...]]
    histologies: int
    histology_cases: int
    positive_histologies: int
    tested: int
    matrix: Matrix | None
    lines: tuple[Line, ...]
    more: tuple[tuple[str, str], ...]
    groups: tuple[CaseGroup, ...]
    all_markers: tuple[Head, ...]
    usual: Mapping[str, tuple[Line, ...]]
    profile_url: str
    up: tuple[tuple[str, str], ...]
    undiagnosed: int
    twice: int
    data: Data
    nothing: str

    @property
    def counts_asked(self) -> dict[str, str]:
        """What table marker_count is asked for all counts of the choice."""
        one = {"histology": self.choice.histology, "marker": self.choice.markers[0] if len(self.choice.markers) == 1 else ""}
        return {"test": self.choice.test} | {name: value for name, value in one.items() if value}


@dataclass(frozen=True, slots=True)
class _Addresses:
    """Addresses of the page for other choices."""

    links: Links
    choice: Choice

    def of(self, **changes: object) -> str:
        """Return the address of the choice with changes, from its first page on unless that is among them."""
        asked = replace(self.choice, **{"down": 1, "across": 1} | changes).asked()  # type: ignore[arg-type]
        return self.links.path("/markers", asked)


def markers_page(connection: sqlite3.Connection, asked: Mapping[str, str], links: Links) -> MarkersPage:
    """Return what the page shows for the form's answers."""
    words = options(connection)
    choice, unknown = choose(connection, asked, words)
    addresses = _Addresses(links, choice)
    counts = _counts(connection, choice)
    view = _view(choice)
    lines = _lines(counts, view, addresses)
    shown = _page_of(lines, choice.down, _LINES) if view in ("histology", "marker") else ()
    groups, case_data = cell_cases(connection, choice) if view == "cases" else ((), None)
    matrix = _matrix(counts, addresses) if view == "matrix" else None
    histologies = {count.histology: count.histology_cases for count in counts}
    usual = _usual(lines) if view == "histology" else {}
    return MarkersPage(
        view, choice, unknown, words, len(histologies), sum(histologies.values()),
        len({count.histology for count in counts if count.positive}), sum(count.tested for count in counts), matrix, tuple(shown),
        _more(len(lines), _LINES, choice.down, "down", "diagnoses" if view == "marker" else _tested_for(choice), addresses),
        groups, _all_markers(counts, addresses), usual, _profile_url(usual, links), _up(choice, addresses),
        _undiagnosed(connection, choice.test), every(connection, "select count(*) from possible_same_patient")[0][0],
        case_data or Data(COLUMNS, tuple(data_row(count) for count in _drawn(matrix, shown))),
        "" if counts else _nothing(connection, choice),
    )  # fmt: skip


def _view(choice: Choice) -> str:
    if choice.histology:
        return "cases" if len(choice.markers) == 1 else "histology"
    return "marker" if len(choice.markers) == 1 else "matrix"


def _up(choice: Choice, addresses: _Addresses) -> tuple[tuple[str, str], ...]:
    """Return the ways back from one histology or marker: words and address."""
    ways = [("Markers", addresses.of(histology="", markers=()))] if choice.histology or choice.markers else []
    if choice.histology and choice.markers:
        ways.append((choice.histology, addresses.of(markers=())))
        ways.append((", ".join(choice.markers), addresses.of(histology="")))
    return tuple(ways)


# --- counts ----------------------------------------------------------------------------------------


def _counts(connection: sqlite3.Connection, choice: Choice) -> list[Count]:
    """Return the counts of the choice."""
    conditions = [("histology = ?", choice.histology)] if choice.histology else []
    if not choice.histology:
        conditions = _in_name(choice)
    own = choice.cases()
    cases = [*own, *(conditions if choice.histology else ())] if own else []
    counts = read_counts(connection, choice.test, conditions, cases)
    least = 0 if choice.histology else int(choice.least or 0)
    found = [count for count in counts if (not choice.markers or count.marker in choice.markers) and count.histology_cases >= least]
    if len(choice.markers) < 2:
        return found
    # The counts know in how many cases any marker was tested; of each of several, a case may have had one alone.
    in_all = tested_for(connection, choice.test, choice.markers, [*own, *conditions])
    return [replace(count, histology_cases=in_all.get(count.histology, 0)) for count in found]


def _in_name(choice: Choice) -> list[tuple[str, str]]:
    """Return the conditions that all words stand in the name of a histology, each in British or American spelling."""
    stands = "exists (select 1 from json_each(?) where instr(lower(histology), lower(value)) > 0)"
    return [(stands, json.dumps(spellings(word))) for word in choice.words.split()]


def _nothing(connection: sqlite3.Connection, choice: Choice) -> str:
    """Return the sentence that says why no count was found."""
    in_name = _in_name(choice)
    if in_name and not choice.histology:
        named = " and ".join(sql for sql, _ in in_name)
        sql = f"select exists (select 1 from case_overview where histology <> ? and {named})"
        if not every(connection, sql, NOT_REPORTED, *(value for _, value in in_name))[0][0]:
            return "No diagnosis here has these words."
    return "No case of this choice reports a result."


def _all_markers(counts: Iterable[Count], addresses: _Addresses) -> tuple[Head, ...]:
    """Return every marker of the counts, by name."""
    tested = _tested(counts, "marker")
    return tuple(Head(name, tested[name], addresses.of(markers=(name,))) for name in sorted(tested, key=str.casefold))


def _tested(counts: Iterable[Count], by: str) -> Counter[str]:
    """Return the number of tested cases (for each marker once), by histology or marker."""
    found: Counter[str] = Counter()
    for count in counts:
        found[getattr(count, by)] += count.tested
    return found


def _undiagnosed(connection: sqlite3.Connection, test: str) -> int:
    """Return how many tested cases have no diagnosis told."""
    sql = "select max(histology_cases) from marker_count where test = ? and histology = ?"
    return every(connection, sql, test, NOT_REPORTED)[0][0] or 0


# --- the heat map ----------------------------------------------------------------------------------


def _matrix(counts: Sequence[Count], addresses: _Addresses) -> Matrix:
    """Return a page of the heat map."""
    choice = addresses.choice
    told, by_marker = _tested(counts, "histology"), _tested(counts, "marker")
    cases = {count.histology: count.histology_cases for count in counts}
    # Of chosen markers those histologies come first that were tested most for them; otherwise those with most cases.
    weight = told if choice.markers else Counter(cases)
    rows = _page_of(_in_order(weight, choice.order), choice.down, ROWS)
    names = list(choice.markers) or _in_order(by_marker, choice.order)
    columns = _page_of([name for name in names if name in by_marker], choice.across, COLUMNS_SHOWN)
    at = {(count.histology, count.marker): count for count in counts}
    if choice.order == "alike":
        shares = [[at[row, column].share if (row, column) in at else 0.5 for column in columns] for row in rows]
        columns = columns if choice.markers else [columns[place] for place in alike([list(column) for column in zip(*shares, strict=True)])]
        rows = [rows[place] for place in alike(shares)]

    def cells(row: str) -> tuple[Cell | None, ...]:
        return tuple(_cell(at.get((row, column)), addresses) for column in columns)

    return Matrix(
        tuple(Head(name, by_marker[name], addresses.of(markers=(name,))) for name in columns),
        tuple((Head(row, cases[row], addresses.of(histology=row, markers=())), cells(row)) for row in rows),
        _more(len(cases), ROWS, choice.down, "down", "diagnoses", addresses)
        + _more(len(by_marker), COLUMNS_SHOWN, choice.across, "across", _tested_for(choice), addresses),
    )  # fmt: skip


def _cell(count: Count | None, addresses: _Addresses) -> Cell | None:
    return Cell(count, addresses.of(histology=count.histology, markers=(count.marker,))) if count else None


def _in_order(cases: Counter[str], order: str) -> list[str]:
    """Return names by their number of cases, or by name. What is to be put beside its like is chosen by number."""
    return sorted(cases, key=(lambda name: name.casefold()) if order == "name" else (lambda name: (-cases[name], name.casefold())))


def _page_of(things: Sequence[Thing], page: int, size: int) -> list[Thing]:
    """Return a page of the things; a page beyond the last is the last."""
    page = min(page, _pages(len(things), size))
    return list(things[(page - 1) * size : page * size])


def _pages(total: int, size: int) -> int:
    return max(1, math.ceil(total / size))


def _tested_for(choice: Choice) -> str:
    return "markers" if choice.test == "stain" else "alterations"


def _more(total: int, size: int, page: int, name: str, words: str, addresses: _Addresses) -> tuple[tuple[str, str], ...]:
    """Return the links to the pages before and after: words and address."""
    here = {"down": addresses.choice.down, "across": addresses.choice.across}
    links, page = [], min(page, _pages(total, size))
    if page > 1:
        links.append((f"{words} {(page - 2) * size + 1:,} to {(page - 1) * size:,}", addresses.of(**here | {name: page - 1})))
    if page * size < total:
        links.append(
            (f"{words} {page * size + 1:,} to {min((page + 1) * size, total):,} of {total:,}", addresses.of(**here | {name: page + 1}))
        )
    return tuple(links)


# --- one histology, one marker, one cell --------------------------------------------------------------


def _lines(counts: Sequence[Count], view: str, addresses: _Addresses) -> list[Line]:
    """Return the markers of a histology, the most often tested first, or the histologies of a marker, most positive cases first."""
    if view not in ("histology", "marker"):
        return []
    by_name = addresses.choice.order == "name"
    other = "marker" if view == "histology" else "histology"

    def key(count: Count) -> tuple[object, ...]:
        name = getattr(count, other).casefold()
        if by_name:
            return (name,)
        return (-count.tested, -count.positive, name) if view == "histology" else (-count.positive, count.negative, -count.equivocal, name)

    longest = max((count.tested for count in counts), default=1)
    return [
        Line(getattr(count, other), count, addresses.of(histology=count.histology, markers=(count.marker,)), count.bar(longest))
        for count in sorted(counts, key=key)
    ]


def _usual(lines: Sequence[Line]) -> dict[str, tuple[Line, ...]]:
    """Return what a histology mostly shows: markers with a clear result in three of four cases or more, tested in two at least."""
    often = [line for line in lines if line.count.tested >= 2]
    return {
        result: tuple(line for line in often if getattr(line.count, result) >= _CLEAR * line.count.tested)[:_USUAL]
        for result in ("positive", "negative")
    }


def _profile_url(usual: Mapping[str, tuple[Line, ...]], links: Links) -> str:
    """Return the address of the profile of the most often tested of the usual markers; "" where there is none."""
    said = [
        (line.count.tested, line.name, sign) for result, sign in (("positive", "+"), ("negative", "-")) for line in usual.get(result, ())
    ]
    chosen = sorted(said, key=lambda one: (-one[0], one[1]))[:MOST_ASKED]
    asked = {"typed": ", ".join(f"{name}{sign}" for _, name, sign in chosen)}
    return links.path("/profile", asked) if chosen else ""


def _drawn(matrix: Matrix | None, lines: Iterable[Line]) -> Iterator[Count]:
    """Yield the counts that the page shows."""
    for _, cells in matrix.rows if matrix else ():
        yield from (cell.count for cell in cells if cell)
    yield from (line.count for line in lines)
