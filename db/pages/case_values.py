"""The values of a case as its page shows them: groups of lines, each value with its evidence."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from db import fields, value_words
from db.corrections.shown import Said
from db.course import ZERO_WORDS
from db.doses import WHY_NO_EQD2
from db.flags import ShownFlag
from db.places import Where, where_of
from db.query import Row, every, one
from db.records import CLASSES
from db.value_words import SCALAR, Get, Words, words

RESULTS = (
    ("positive", "Stains, positive"),
    ("equivocal", "Stains, equivocal"),
    ("negative", "Stains, negative"),
    ("other_cells", "Stains of other cells only"),
)


@dataclass(frozen=True, slots=True)
class Doubt:
    """A low certainty, as a number, and what it rests on, in words."""

    score: float
    basis: str


@dataclass(frozen=True, slots=True)
class Value:
    """One value as shown: its words, what else is known of it, the numbers of its evidence, where that stands, and the flags on it.

    `where` is None for a value without evidence, and where the report has neither sections nor pages.
    """

    text: str
    note: str
    evidence: tuple[int, ...]
    where: Where | None = None
    flags: tuple[ShownFlag, ...] = ()
    doubt: Doubt | None = None  # where the certainty is low
    said: tuple[Said, ...] = ()  # by curators
    field: str = ""  # as in table fact; "" for what is computed from several
    number: int = 1

    @property
    def anchor(self) -> str:
        """Its name on the page: "age_years" or, of a field that may have several values, "ihc-3"; "" where it has none."""
        return f"{self.field}-{self.number}" if self.field in CLASSES else self.field


@dataclass(frozen=True, slots=True)
class Empty:
    """Why a line has no value, in words, and the numbers of the evidence that shows it (one, or none)."""

    words: str
    evidence: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Item:
    """A line of the page: a label and its values; where there is none, `empty` says why.

    `tone` is `chip` for short values side by side, `line` for one below the other. Where the evidence of all chips stands is
    told once, in `where`.
    """

    label: str
    values: tuple[Value, ...]
    tone: str = "line"
    where: Where | None = None
    empty: Empty | None = None
    said: tuple[Said, ...] = ()  # by curators, of a value that is not there
    field: str = ""  # of what is not there, as in table fact; "" where nothing is missing


@dataclass(frozen=True, slots=True)
class Group:
    """A block of lines with one colour."""

    key: str
    title: str
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class _Facts:
    """What the tables say of one case.

    `evidence` maps field and number to the numbers of the evidence, `entries` those to its rows, `doubts` to a low certainty;
    `empty` maps a field without a value to why.
    """

    connection: sqlite3.Connection
    case: Row
    evidence: dict[tuple[str, int], tuple[int, ...]]
    entries: Mapping[int, Row]
    flags: tuple[ShownFlag, ...]
    doubts: Mapping[tuple[str, int], Doubt]
    empty: Mapping[str, Empty]
    said: tuple[Said, ...] = ()

    def rows(self, table: str) -> list[Row]:
        """Return the rows of a repeating fact, in order."""
        return every(self.connection, f"select * from {table} where case_id = ? order by number", self.case["case_id"])

    def value(self, field: str, words: Words, row: int = 1) -> Value:
        """Return a value with its evidence."""
        numbers = self.evidence.get((field, row), ())
        flags = tuple(flag for flag in self.flags if (field, row) in flag.places)
        said = tuple(said for said in self.said if (said.field, said.fact_number) == (field, row))
        doubt = self.doubts.get((field, row))
        return Value(words.text, " · ".join(words.notes), numbers, self.where(numbers), flags, doubt, said, field, row)

    def listed(self, label: str, field: str, table: str, tell: Callable[[Get], Words]) -> Item:
        """Return the line of a repeating fact, its values in order."""
        values = tuple(self.value(field, tell(row.__getitem__), row["number"]) for row in self.rows(table))
        return Item(label, values, empty=self.empty.get(field), field=field)

    def where(self, numbers: Iterable[int]) -> Where | None:
        """Return where evidence stands."""
        return where_of(self.entries[number] for number in dict.fromkeys(numbers) if number in self.entries)

    def single(self, field: str, said: str | None, *notes: str | None) -> Item:
        """Return the line of a single value; None is shown as not reported."""
        gone = tuple(x for x in self.said if x.field == field and x.fact_number is None)
        values = () if said is None else (self.value(field, words(said, *notes)),)
        return Item(fields.label_of(field), values, empty=self.empty.get(field), said=gone, field=field)

    def scalar(self, field: str, *notes: str | None) -> Item:
        """Return the line of a single value that is a column of the case."""
        value = self.case[field]
        return self.single(field, None if value is None else SCALAR[field](value), *notes)


def groups(
    connection: sqlite3.Connection,
    case: Row,
    evidence: dict[tuple[str, int], tuple[int, ...]],
    flags: tuple[ShownFlag, ...] = (),
    said: tuple[Said, ...] = (),
) -> tuple[Group, ...]:
    """Return the values of a case.

    `evidence` maps a value's field and number to its evidence; `flags`, and what was `said` by curators, are those of the case.
    """
    rows = every(connection, "select number, section, page from evidence where report_id = ?", case["report_id"])
    doubts, empty = _doubts(connection, case["case_id"]), _empty(connection, case["case_id"])
    facts = _Facts(connection, case, evidence, {row["number"]: row for row in rows}, flags, doubts, empty, said)
    return tuple(Group(key, title, tuple(_GROUP_ITEMS[key](facts))) for key, title, _ in fields.GROUPS)


def _doubts(connection: sqlite3.Connection, case_id: str) -> dict[tuple[str, int], Doubt]:
    """Return the certainty of each value in the low band."""
    rows = every(connection, "select field, number, certainty, basis from fact where case_id = ? and band = 'low'", case_id)
    return {(row["field"], row["number"]): Doubt(row["certainty"], row["basis"]) for row in rows}


def _empty(connection: sqlite3.Connection, case_id: str) -> dict[str, Empty]:
    """Return why each field without a value has none, where that is more than "not reported"; a curator's mark tells the rest."""
    rows = every(
        connection,
        "select field, reason, evidence_number from empty_field where case_id = ? and reason not in ('not stated', 'rejected')",
        case_id,
    )
    return {row["field"]: Empty(row["reason"], () if row["evidence_number"] is None else (row["evidence_number"],)) for row in rows}


def _patient(facts: _Facts) -> Iterator[Item]:
    yield facts.scalar("age_years")
    yield facts.scalar("sex")


def _tumour(facts: _Facts) -> Iterator[Item]:
    case = facts.case
    yield facts.single("site", case["site_name"], case["topography"], case["laterality"])
    yield facts.scalar("size_cm")
    yield facts.listed("Metastases", "metastases", "metastasis", value_words.metastasis)


def _pathology(facts: _Facts) -> Iterator[Item]:
    case = facts.case
    yield facts.single("histology", case["histology_name"], case["morphology"], case["grade"])
    results = facts.rows("ihc_result")
    for result, label in RESULTS:
        values = tuple(facts.value("ihc", value_words.stain(row.__getitem__), row["number"]) for row in results if row["result"] == result)
        if values:
            yield Item(label, values, "chip", facts.where(number for value in values for number in value.evidence))
    if not results:
        yield Item("Stains", (), empty=facts.empty.get("ihc"), field="ihc")
    yield facts.scalar("ki67_percent")
    yield facts.listed("Molecular tests", "molecular", "molecular_test", value_words.molecular)


def _treatment(facts: _Facts) -> Iterator[Item]:
    yield facts.scalar("surgery")
    operations = facts.listed("Operations", "surgeries", "surgery", value_words.operation)
    # What was said not to be given is not missing.
    if operations.values or facts.case["surgery"]:
        yield operations
    yield facts.scalar("radiotherapy_given")
    courses = facts.rows("radiotherapy_course")
    if courses or facts.case["radiotherapy_given"]:
        yield Item("Courses", tuple(_course(facts, row) for row in courses), empty=facts.empty.get("radiotherapy"), field="radiotherapy")
    yield facts.listed("Drugs", "drugs", "drug", value_words.drug)


def _course(facts: _Facts, row: Row) -> Value:
    """Return a course in words, with its phases and what was computed."""
    phases = every(
        facts.connection,
        "select * from radiotherapy_phase where case_id = ? and course_number = ? order by number",
        row["case_id"],
        row["number"],
    )
    weighted = bool(row["is_rbe_weighted"])
    parts = " + ".join(
        fields.dose(phase["dose_gy"], phase["fractions"], phase["dose_per_fraction_gy"], weighted)
        + (f" ({phase['label']})" if phase["label"] else "")
        for phase in phases
    )
    computed = (row["computed"] or "").replace("_gy", "").replace("_", " ").replace(",", ", ")
    said = value_words.course(row.__getitem__)
    more = words(
        said.text,
        *said.notes,
        parts,
        _equivalent(facts, row),
        computed and f"computed: {computed}",
        "the printed figures contradict each other" if row["is_contradictory"] else None,
    )
    return facts.value("radiotherapy", more, row["number"])


def _equivalent(facts: _Facts, row: Row) -> str | None:
    """Return the dose in fractions of 2 Gy with the same effect, None where it cannot be computed."""
    found = one(
        facts.connection,
        """
        select unit, is_beyond_model, not_comparable_because, eqd2_tumour_gy, alpha_beta_tumour_gy, alpha_beta_is_uncertain,
               coalesce(eqd2_alpha_beta_10_gy, eqd2_alpha_beta_10_gy_rbe, eqd2_alpha_beta_10_gy_brachytherapy) as of_10,
               coalesce(eqd2_alpha_beta_3_gy, eqd2_alpha_beta_3_gy_rbe, eqd2_alpha_beta_3_gy_brachytherapy) as of_3
        from radiotherapy_dose
        where case_id = ? and course_number = ?
        """,
        row["case_id"],
        row["number"],
    )
    if found is None:
        return None
    if found["of_10"] is None:
        # That a dose or the fractions are missing is plain from the course itself.
        reason = found["not_comparable_because"]
        return None if reason in ("no_dose", "fractions_unknown", "contradictory") else WHY_NO_EQD2[reason]
    said = f"EQD2 {fields.number(found['of_10'])} {found['unit']} (α/β 10), {fields.number(found['of_3'])} (α/β 3)"
    if found["eqd2_tumour_gy"] is not None:
        said += f", {fields.eqd2_of_tumour(found)}"
    return f"{said}, a fraction above 10 Gy: beyond the model" if found["is_beyond_model"] else said


def _outcome(facts: _Facts) -> Iterator[Item]:
    case = facts.case
    yield facts.scalar("recurrence")
    # Time to recurrence of a tumour that did not recur is not missing.
    if case["recurrence"] != 0 or case["recurrence_months"] is not None:
        yield facts.scalar("recurrence_months")
    yield facts.scalar("status", case["status"])
    length = case["follow_up_months"]
    minimum = bool(case["follow_up_is_minimum"])
    yield facts.single("follow_up_months", None if length is None else fields.months(length, minimum))
    yield Item("In the curves", tuple(_pooled(facts)))


_NOT_POOLED = {
    "no_time": "no follow-up told",
    "no_status": "no state at its end told",
    "time_origin_unclear": "counted from an event of unknown time",
}


def _pooled(facts: _Facts) -> Iterator[Value]:
    """Yield what of the case a survival estimate can use, or why it cannot; it rests on the evidence of what it is computed from."""
    case = facts.case
    fields_of = ("follow_up_months", "status", "recurrence", "recurrence_months")
    rests_on = tuple(dict.fromkeys(number for field in fields_of for number in facts.evidence.get((field, 1), ())))
    if case["not_pooled_because"]:
        yield Value("cannot be pooled", _NOT_POOLED[case["not_pooled_because"]], rests_on, facts.where(rests_on))
    since = f"from {ZERO_WORDS[case['time_zero']]}" if case["time_zero"] else ""
    for name, seen in (("survival", "died"), ("event_free", "returned or died")):
        if case[f"{name}_months"] is not None:
            words = f"{seen if case[f'{name}_event'] else 'censored'} at {fields.months(case[f'{name}_months'])}"
            yield Value(words, " · ".join(part for part in (name.replace("_", "-"), since) if part), rests_on, facts.where(rests_on))


_GROUP_ITEMS = {
    "patient": _patient,
    "tumour": _tumour,
    "pathology": _pathology,
    "treatment": _treatment,
    "outcome": _outcome,
}
