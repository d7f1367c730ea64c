"""The page of doses against outcome: what the reader chose, the rows of the flat table, the drawing, and what is not drawn."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from db import fields
from db.doses import OUTCOMES, SUFFIXES, WHY_NO_EQD2
from db.overview import NOT_REPORTED
from db.pages.dose_plot import SHAPE_OF, Plot, Point, plot, shape
from db.pages.unknown import not_here
from db.query import Row, every

# More dots would hide each other, and a page of them would not load.
MOST_DRAWN = 600
_MOST_LISTED = 100

KINDS = (
    ("external", "external beam, Gy"),
    ("rbe_weighted", "protons and ions, Gy(RBE)"),
    ("particles_in_gy", "protons, ions, neutrons in plain Gy"),
    ("brachytherapy", "brachytherapy, Gy"),
)
MEASURES = (
    ("eqd2_10", "EQD2 (α/β 10 Gy)"),
    ("eqd2_3", "EQD2 (α/β 3 Gy)"),
    ("eqd2_tumour", "EQD2 (α/β of the tumour type)"),
    ("total", "total dose as given"),
)
AXES = (("linear", "linear"), ("log", "logarithmic"))
OUTCOME_WORDS = {
    "free": "no recurrence, or alive without disease",
    "recurrence": "recurrence, or alive with disease",
    "died_of_disease": "died of the disease",
    "died_otherwise": "died, of another or an untold cause",
    "not_told": "not told",
}
REASON_WORDS = {
    "same_patient": "the same patient as a case, counted there",
    "other_kind": "another kind of dose, which is not comparable",
    **WHY_NO_EQD2,
    "no_alpha_beta": "no α/β of this tumour type in the literature that we are sure of",
    "month_zero": "follow-up of 0 months has no place on a logarithmic axis",
    "too_many": f"beyond the {MOST_DRAWN} that are drawn; choose a diagnosis or site",
}
_COLUMNS = {"eqd2_10": "eqd2_alpha_beta_10", "eqd2_3": "eqd2_alpha_beta_3", "total": "total_dose"}

_ROWS = """
with asked (kind, histology, site, is_log_time) as (values (?, ?, ?, ?)),
chosen as (
    select said.*, {column} as dose,
           case when counted_as is not null then 'same_patient'
                when said.kind <> asked.kind then 'other_kind'
                when {column} is null then {reason}
                when is_log_time and follow_up_months = 0 then 'month_zero'
           end as not_drawn
    from radiotherapy_dose as said, asked
    where asked.histology in ('', said.histology) and asked.site in ('', said.site)
)
"""


@dataclass(frozen=True, slots=True)
class Choice:
    """What the reader chose; what is unknown became the default. An empty histology or site means all."""

    measure: str
    kind: str
    dose_axis: str
    time_axis: str
    histology: str
    site: str


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the table below the drawing: the row of radiotherapy_dose, its link, and its words."""

    row: Row
    name: str
    url: str
    follow_up: str
    outcome: str
    shape: str
    own_eqd2: str | None
    given: str
    remarks: str | None


@dataclass(frozen=True, slots=True)
class NotDrawn:
    """Why rows are not drawn, how many, and the first of them."""

    reason: str
    count: int
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class DosePage:
    """All that the page shows.

    `unknown` says of each answer that is none of the words to choose from what is shown in its place. `patients` counts the
    patients of the drawn rows, a case with several courses once; `unknown_n` the rows that do not say of how many. `options` holds
    the words of the drop-downs with their number of courses (a row of a literature table is one).
    """

    choice: Choice
    unknown: tuple[str, ...]
    options: Mapping[str, tuple[tuple[str, str], ...]]
    dose_label: str
    plot: Plot | None
    description: str
    key: tuple[tuple[str, str, str], ...]
    lines: tuple[Line, ...]
    patients: int
    unknown_n: int
    beyond_model: int
    not_drawn: tuple[NotDrawn, ...]
    not_drawn_count: int


Links = Callable[[Row], str]


def dose_page(connection: sqlite3.Connection, asked: Mapping[str, str], url_of: Links) -> DosePage:
    """Return what the page shows for the form's answers; `url_of` gives the address of a row's case or table row."""
    histologies, sites = _words(connection, "histology"), _words(connection, "site")
    choice = choose(asked, histologies, sites)
    suffix = SUFFIXES[choice.kind]
    column = "eqd2_tumour_gy" if choice.measure == "eqd2_tumour" else _COLUMNS[choice.measure] + suffix
    reason = "'no_dose'" if choice.measure == "total" else "coalesce(not_comparable_because, 'no_alpha_beta')"
    sql = _ROWS.format(column=column, reason=reason)
    values = (choice.kind, choice.histology, choice.site, choice.time_axis == "log")

    rows = every(connection, f"{sql} select * from chosen where not_drawn is null order by dose_id limit {MOST_DRAWN}", *values)
    counts = {
        row["not_drawn"]: row["n"]
        for row in every(connection, f"{sql} select not_drawn, count(*) as n from chosen group by not_drawn", *values)
    }
    lines = tuple(_line(row, url_of) for row in rows)
    if (drawable := counts.pop(None, 0)) > MOST_DRAWN:
        counts["too_many"] = drawable - MOST_DRAWN
    missing = every(connection, f"{sql} select * from chosen where not_drawn is not null order by dose_id limit {_MOST_LISTED}", *values)
    drawing = plot([_point(line) for line in lines], choice.dose_axis == "log", choice.time_axis == "log")
    label = f"{dict(_measures(choice.kind))[choice.measure]}, in {'Gy(RBE)' if choice.kind == 'rbe_weighted' else 'Gy'}"
    options: Mapping[str, tuple[tuple[str, str], ...]] = {
        "measure": _measures(choice.kind),
        "kind": _kinds(connection),
        "histology": (("", "all"), *histologies),
        "site": (("", "all"), *sites),
        "dose_axis": AXES,
        "time_axis": AXES,
    }
    return DosePage(
        choice,
        tuple(_unknown(asked, options, choice)),
        options,
        label,
        drawing,
        _description(lines, label),
        tuple((outcome, shape(SHAPE_OF[outcome], 6), OUTCOME_WORDS[outcome]) for outcome in OUTCOMES),
        lines,
        len({line.row["case_id"] for line in lines if line.row["case_id"]})
        + sum(line.row["n_patients"] or 0 for line in lines if line.row["origin"] == "table"),
        sum(line.row["n_patients"] is None for line in lines),
        sum(bool(line.row["is_beyond_model"]) for line in lines),
        tuple(
            NotDrawn(words, counts[name], tuple(_line(row, url_of) for row in missing if row["not_drawn"] == name))
            for name, words in REASON_WORDS.items()
            if name in counts
        ),
        sum(counts.values()),
    )


def choose(asked: Mapping[str, str], histologies: tuple[tuple[str, str], ...] = (), sites: tuple[tuple[str, str], ...] = ()) -> Choice:
    """Return what the form's answers mean; an answer that is none of the words to choose from is the first of them."""

    def one_of(name: str, words: tuple[tuple[str, str], ...], default: str) -> str:
        return asked.get(name, "") if asked.get(name, "") in dict(words) else default

    kind = one_of("kind", KINDS, "external")
    return Choice(
        one_of("measure", _measures(kind), _measures(kind)[0][0]),
        kind,
        one_of("dose_axis", AXES, "linear"),
        one_of("time_axis", AXES, "linear"),
        one_of("histology", histologies, ""),
        one_of("site", sites, ""),
    )


_LABELS = {
    "measure": "dose",
    "kind": "kind of radiation",
    "histology": "diagnosis",
    "site": "site",
    "dose_axis": "axis",
    "time_axis": "axis",
}


def _unknown(asked: Mapping[str, str], options: Mapping[str, tuple[tuple[str, str], ...]], choice: Choice) -> Iterator[str]:
    """Yield a sentence for each answer that is none of the words to choose from."""
    for name, words in options.items():
        if asked.get(name) and asked[name] not in dict(words):
            taken = dict(words)[getattr(choice, name)]
            yield not_here(_LABELS[name], asked[name], taken)


def _measures(kind: str) -> tuple[tuple[str, str], ...]:
    """Return the doses to choose from: the tumour types' own alpha/beta are of radiation from outside in physical gray."""
    if kind == "particles_in_gy":
        return MEASURES[-1:]
    return MEASURES if kind == "external" else tuple(pair for pair in MEASURES if pair[0] != "eqd2_tumour")


def _words(connection: sqlite3.Connection, column: str) -> tuple[tuple[str, str], ...]:
    """Return the values of a column, each with its number of courses and rows for the drop-down."""
    sql = f"select {column} as name, count(*) as n from radiotherapy_dose where counted_as is null group by 1 order by 1 = ?, 1"
    return tuple((row["name"], f"{row['name']} ({_courses(row['n'])})") for row in every(connection, sql, NOT_REPORTED))


def _kinds(connection: sqlite3.Connection) -> tuple[tuple[str, str], ...]:
    """Return the kinds of radiation, each with its number of courses and rows for the drop-down; also those with none."""
    rows = every(connection, "select kind, count(*) as n from radiotherapy_dose where counted_as is null group by kind")
    counts = {row["kind"]: row["n"] for row in rows}
    return tuple((kind, f"{words} ({_courses(counts.get(kind, 0))})") for kind, words in KINDS)


def _courses(n: int) -> str:
    return f"{n:,} {'course' if n == 1 else 'courses'}"


def _line(row: Row, url_of: Links) -> Line:
    """Return a row as the table shows it."""
    name = row["case_id"] or f"{row['dose_table_id']}, row {row['row_number']}"
    length = row["follow_up_months"]
    own = None if row["eqd2_tumour_gy"] is None else fields.eqd2_of_tumour(row)
    return Line(
        row, name, url_of(row),
        NOT_REPORTED if length is None else fields.months(length, bool(row["follow_up_is_minimum"])),
        _outcome(row), shape(SHAPE_OF[row["outcome"]], 6), own, _given(row), _remarks(row),
    )  # fmt: skip


def _given(row: Row) -> str:
    """Return the prescription as it was given, where and why: "54 Gy in 27 fractions of 2 Gy; left lung; adjuvant"."""
    suffix = SUFFIXES[row["kind"]]
    words = fields.dose(row[f"total_dose{suffix}"], row["fractions"], row[f"dose_per_fraction{suffix}"], row["unit"] == "Gy(RBE)")
    brachytherapy = "brachytherapy" if row["kind"] == "brachytherapy" else None
    return "; ".join(part for part in (words, brachytherapy, row["target"], row["intent"]) if part)


def _remarks(row: Row) -> str | None:
    """Return what is to be known of a row's figures, in words."""
    beyond = "a fraction above 10 Gy, beyond the model" if row["is_beyond_model"] else None
    return "; ".join(words for words in (beyond, row["flags"]) if words) or None


def _outcome(row: Row) -> str:
    """Return recurrence and state as told: "recurrence in 5 of 6", "no recurrence, alive without disease"."""
    recurrence = {"yes": "recurrence", "no": "no recurrence"}.get(row["recurrence"])
    if recurrence == "recurrence" and row["n_recurred"] and (row["n_patients"] or 1) > 1:
        recurrence = f"recurrence in {row['n_recurred']} of {row['n_patients']}"
    if recurrence == "recurrence" and row["recurrence_months"] is not None:
        recurrence += f" after {fields.months(row['recurrence_months'])}"
    status = None if row["status"] == NOT_REPORTED else row["status"]
    response = row["response"] and f"response {row['response']}"
    return ", ".join(part for part in (response, recurrence, status) if part) or "not told"


def _point(line: Line) -> Point:
    """Return the dot of a line."""
    row = line.row
    patients = "number of patients not told" if row["n_patients"] is None else f"{row['n_patients']} patients"
    words = (
        line.name,
        row["histology"],
        row["site"],
        f"{fields.number(row['dose'])} {row['unit']}",
        row["target"] and f"irradiated: {row['target']}",
        f"follow-up {line.follow_up}",
        line.outcome,
        None if row["n_patients"] == 1 else patients,
        "fraction above 10 Gy" if row["is_beyond_model"] else None,
    )
    return Point(
        row["dose"], row["follow_up_months"], bool(row["follow_up_is_minimum"]), row["n_patients"], row["outcome"],
        row["origin"] == "table", "; ".join(word for word in words if word), line.url,
    )  # fmt: skip


def _description(lines: tuple[Line, ...], label: str) -> str:
    """Return what the drawing shows, in sentences for those who do not see it."""
    if not lines:
        return "Nothing is drawn."
    doses = [line.row["dose"] for line in lines]
    told = [line.row["follow_up_months"] for line in lines if line.row["follow_up_months"] is not None]
    counts = ", ".join(
        f"{OUTCOME_WORDS[outcome]}: {count}" for outcome in OUTCOMES if (count := sum(line.row["outcome"] == outcome for line in lines))
    )
    follow_up = f"Follow-up from {fields.number(min(told))} to {fields.number(max(told))} months" if told else "No follow-up is told"
    missing = f"; not told in {len(lines) - len(told)}" if told and len(told) < len(lines) else ""
    return (
        f"{len(lines)} courses or rows. {label}: from {fields.number(min(doses))} to {fields.number(max(doses))}. {follow_up}{missing}. "
        f"Outcome: {counts}. The table below says the same row by row."
    )
