"""From a printed table to rows of doses: is it a table of doses at all, what its columns mean, what each cell says.

Nothing is guessed: a cell gives values or a message, and a table that is not understood is refused with the reason.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from corpus.dose_table import DoseRow, TableCell, TableColumn, in_words
from corpus.tables.grid import Cell, Grid
from extract.pipeline import Pipeline
from extract.record import Histology
from extract.tables import layout, prescriptions, readers, words
from extract.tables.headings import GRAYS, OTHER, Heading
from extract.tables.layout import Layout, Line, TableError
from extract.tables.prescriptions import Asked, CellError, Dose
from extract.tables.prose import Prose
from extract.tables.understood import DOSES, OTHER_TABLE, REFUSED, Understood

# What a column must hold so that a line of a table is a patient, or the patients of a publication.
_WHO = ("reference", "patient", "n")
_ABOUT = ("age", "sex", "site", "histology", "treatment", "surgery", "response", "recurrence", "status", "follow_up")
_WITH_DOSES = ("dose", "radiotherapy", "treatment")
_PRINTED = {
    "n": "n_printed", "age": "age_printed", "sex": "sex_printed", "site": "site_printed", "treatment": "treatment_printed",
    "dose": "dose_printed", "follow_up": "follow_up_printed",
}  # fmt: skip
# Told of all patients of a line, they are not told of each dose group.
_OF_ALL = ("recurrence", "recurrence_time", "follow_up", "status", "response")
_SHOWN = 8
# In characters, and in lines; what is longer is no cell, and no table, of patients.
_LONGEST_CELL, _MOST_LINES = 400, 5000
_SUMMARY = re.compile(r"^(?:total|all(?:\s(?:patients|cases|series))?|overall|sum|summary|pooled|combined)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Plan:
    """Which column is read for what; `dose` is the one that holds the doses."""

    headings: tuple[Heading, ...]
    by_meaning: Mapping[str, int]
    dose: int


def understand(grid: Grid, pipeline: Pipeline) -> Understood:
    """Return what a table says of doses, cell by cell, or why it is no table of doses."""
    try:
        laid = layout.of(grid)
    except TableError as error:
        return Understood(OTHER_TABLE if not _speaks_of_doses(grid) else REFUSED, str(error))
    if len(laid.lines) > _MOST_LINES:
        return Understood(REFUSED, f"{len(laid.lines)} lines, wanted at most {_MOST_LINES}")
    known = words.abbreviations(grid)
    columns = _columns(laid)
    try:
        plan = _plan(laid)
    except TableError as error:
        is_of_doses = any(set(heading.meanings) & {"dose", "dose_per_fraction"} for heading in laid.headings)
        may_hold = bool(_unknown_doses(laid)) or (is_of_doses and _speaks_of_doses(grid))
        decision = REFUSED if may_hold and _tells_of_patients(laid.headings) else OTHER_TABLE
        return Understood(decision, str(error), laid.is_transposed, columns, abbreviations=known)
    prose = Prose(pipeline)
    reader = _Reader(grid, laid, plan, prose, known, _common_histology(grid, plan, prose))
    rows: list[DoseRow] = []
    cells: list[TableCell] = []
    for number, line in enumerate(laid.lines, start=1):
        read, seen = reader.line(number, line)
        rows += read
        cells += seen
    rows, cells = _of_same_patient(plan, laid, rows, cells)
    taken = _columns(laid, plan)
    if not any(row.total_dose_gy is not None for row in rows):
        reason = next((cell.message for cell in cells if cell.column_number == plan.dose + 1 and cell.message), "none is reported")
        return Understood(REFUSED, f"no cell gives a dose: {reason}", laid.is_transposed, taken, cells=tuple(cells), abbreviations=known)
    return Understood(DOSES, None, laid.is_transposed, taken, tuple(rows), tuple(cells), known)


def _of_same_patient(plan: _Plan, laid: Layout, rows: list[DoseRow], cells: list[TableCell]) -> tuple[list[DoseRow], list[TableCell]]:
    """Return rows and cells where the second line of a patient says so, and does not count as one more.

    A patient has a second line where the same cell spans both, the name comes again, or nothing stands below it; not where
    another age or sex is told. Further down, where numbers may begin anew, the same age and sex must be told too.
    """
    at = plan.by_meaning.get("patient")
    if at is None or "reference" in plan.by_meaning or "n" in plan.by_meaning:
        return rows, cells
    who = {row.row_number: (row.age_years, row.n_male) for row in rows}
    first: dict[str, int] = {}
    same: dict[int, int] = {}
    name = above = ""
    for number, line in enumerate(laid.lines, start=1):
        name, above = line.cells[at].text or name, name
        if _summary(line) or words.is_missing(name):
            continue
        told = who[number]
        before = who.get(first.get(name, 0), told)
        is_other = any(None not in (one, other) and one != other for one, other in zip(told, before, strict=True))
        if name in first and not is_other and (name == above or (None not in told and told == before)):
            same[number] = first[name]
        else:
            first[name] = number
    rows = [replace(row, n_patients=None, dose_group_n=None) if row.row_number in same else row for row in rows]
    messages = {number: f"the same patient as in row {of}: not counted again" for number, of in same.items()}
    return rows, [
        replace(cell, message="; ".join(filter(None, (cell.message, messages[cell.row_number]))))
        if cell.column_number == at + 1 and cell.row_number in messages
        else cell
        for cell in cells
    ]


# --- the decision ------------------------------------------------------------------------------


def _speaks_of_doses(grid: Grid) -> bool:
    """Return whether a unit of dose stands anywhere in a table, or its title speaks of doses of radiation."""
    return any(prescriptions.has_unit(cell.text) for row in grid.rows for cell in row) or any(
        re.search(r"\bdoses?\b", cell.text, re.IGNORECASE) for row in grid.rows[:1] for cell in row
    )


def _tells_of_patients(headings: Sequence[Heading]) -> bool:
    meanings = {meaning for heading in headings for meaning in heading.meanings}
    return bool(meanings & set(_WHO)) or {"age", "sex"} <= meanings


def _plan(laid: Layout) -> _Plan:
    """Return which column is read for what.

    Raises
    ------
    TableError
        The table is none of doses, or does not say whose or in which unit they are.
    """
    by_meaning: dict[str, int] = {}
    for at, heading in enumerate(laid.headings):
        for meaning in heading.meanings:
            if meaning == "follow_up" and "follow_up" in by_meaning and laid.headings[by_meaning[meaning]].is_until_event:
                by_meaning[meaning] = at  # survival tells how long a patient was followed, the time until a progression at least how long
            by_meaning.setdefault(meaning, at)
    dose = _dose_column(laid)
    known = _named(laid.headings)
    if dose is None:
        has_each = {"dose_per_fraction", "fractions"} <= by_meaning.keys() and laid.headings[by_meaning["dose_per_fraction"]].gray
        if not has_each:
            unknown = _unknown_doses(laid)
            more = f": doses stand below {', '.join(map(repr, unknown[:_SHOWN]))}, which is not understood" if unknown else ""
            raise TableError(f"no column of doses among {known}{more}")
        dose = by_meaning["dose_per_fraction"]
    if not _tells_of_patients(laid.headings):
        raise TableError(f"a column of doses, but none that tells whose they are (reference, patient, number of patients) among {known}")
    if not by_meaning.keys() & {*_ABOUT, "reference"}:
        raise TableError(f"a column of doses, but none that tells of the patients (age, sex, site, histology, outcome) among {known}")
    if "boost" in by_meaning and not laid.headings[dose].is_total:
        raise TableError("a column of boosts beside one of doses: whether the dose holds the boost is not said")
    doses = [heading.text for heading in laid.headings if "dose" in heading.meanings]
    if len(doses) > 1:
        raise TableError(f"{len(doses)} columns of doses ({', '.join(doses)}): which of them is the course's is not said")
    if "dose" in by_meaning and laid.headings[dose].gray is None and not _cells_have_unit(laid, dose):
        raise TableError(f"column {laid.headings[dose].text!r}: doses without a unit, neither in the heading nor in a cell")
    return _Plan(laid.headings, by_meaning, dose)


def _unknown_doses(laid: Layout) -> list[str]:
    """Return the headings that the vocabulary does not know though they, or cells below them, have a unit of dose."""
    return [
        heading.text
        for at, heading in enumerate(laid.headings)
        if heading.text and not heading.is_known and (heading.gray or _cells_have_unit(laid, at))
    ]


def _named(headings: Sequence[Heading]) -> str:
    """Return the headings for a message, the first of many."""
    names = list(dict.fromkeys(heading.text or "(empty)" for heading in headings))
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def _dose_column(laid: Layout) -> int | None:
    """Return the column that holds the doses: one that says so, else one of radiotherapy or treatments whose cells hold them."""
    for meaning in _WITH_DOSES:
        for at, heading in enumerate(laid.headings):
            if meaning in heading.meanings and (meaning == "dose" or heading.gray or _cells_have_unit(laid, at)):
                return at
    return None


def _cells_have_unit(laid: Layout, column: int) -> bool:
    return any(prescriptions.has_unit(line.cells[column].text) for line in laid.lines)


def _columns(laid: Layout, plan: _Plan | None = None) -> tuple[TableColumn, ...]:
    """Return each column with what it was taken for."""
    return tuple(_column(at, heading, laid, plan) for at, heading in enumerate(laid.headings))


def _column(at: int, heading: Heading, laid: Layout, plan: _Plan | None) -> TableColumn:
    meanings = [meaning for meaning in heading.meanings if plan is None or plan.by_meaning[meaning] == at]
    remarks = []
    if plan and at == plan.dose and "dose" not in meanings and "dose_per_fraction" not in meanings:
        meanings = ["dose", *meanings]
    if plan and heading.meanings and not meanings:
        remarks.append("a column of this meaning stands before it: kept as printed")
    elif not heading.meanings:
        remarks.append("not understood: kept as printed")
    elif meanings == [OTHER]:
        remarks.append("no part of a table of doses: kept as printed")
    if "age" in meanings and heading.time is None:
        remarks.append("an age without a unit is in years")
    if "dose" in meanings and heading.gray is None and len([unit for unit in heading.units if unit in GRAYS]) > 1:
        remarks.append("several units of dose: only cells with a unit are read")
    unit = heading.gray if set(meanings) & {"dose", "dose_per_fraction"} else heading.time
    return TableColumn(at + 1, heading.text, "+".join(meanings) or OTHER, unit, "; ".join(remarks) or None)


def _common_histology(grid: Grid, plan: _Plan, prose: Prose) -> Histology | None:
    """Return the one tumour that the title of a table without a column of histologies names; None for none or several."""
    if "histology" in plan.by_meaning or not grid.caption:
        return None
    return prose.histology(grid.caption) if len(prose.tumours(grid.caption)) == 1 else None


# --- the lines ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads one line after the other."""

    grid: Grid
    laid: Layout
    plan: _Plan
    prose: Prose
    known: Mapping[str, str]
    diagnosis: Histology | None

    def line(self, number: int, line: Line) -> tuple[list[DoseRow], list[TableCell]]:
        """Return the rows of a line, a dose group each, and its cells."""
        notes = _Notes()
        if summary := _summary(line):
            return [], [self._cell(number, at, cell, None, summary if at == 0 else None) for at, cell in enumerate(line.cells) if cell.text]
        reference = self.plan.by_meaning.get("reference")
        if reference is not None and not line.cells[reference].text and number > 1:
            notes.say(reference, "no publication named: the one above is not taken over")
        if reference is not None and words.holds(line.cells[reference].text, words.OWN):
            notes.read[reference] = "the authors' own patient"
        values = self._values(line, notes)
        groups = self._doses(line, values, notes)
        values |= _one_patient(values, "patient" in self.plan.by_meaning)
        groups = self._checked(values, groups, notes)
        if len(groups) > 1:
            self._say_of_all(values, notes)
        rows = [self._row(number, group, dose, line, values, len(groups)) for group, dose in enumerate(groups or (None,), start=1)]
        cells = [self._cell(number, at, cell, notes.read.get(at), notes.of(at)) for at, cell in enumerate(line.cells)]
        return rows, cells

    def _values(self, line: Line, notes: _Notes) -> dict[str, Any]:
        """Return what the cells other than doses say."""
        values: dict[str, Any] = {}
        if self.diagnosis and self.diagnosis.morphology:
            values |= {"histology": self.diagnosis.name, "morphology": self.diagnosis.morphology}
        # The number of patients and the tumour before what depends on them; the follow-up, which may tell the status too, last.
        first, last = ("n", "histology"), ("follow_up",)
        order = [*first, *(meaning for meaning in self.plan.by_meaning if meaning not in (*first, *last)), *last]
        done: set[int] = set()
        for meaning in order:
            at = self.plan.by_meaning.get(meaning)
            if at is None or at in done or (read := self._reader_of(at, values)) is None:
                continue
            done.add(at)
            text = line.cells[at].text
            if words.is_missing(text) and not (meaning == "recurrence" and words.plain(text) in ("-", "--")):
                notes.read[at] = "not reported"
                continue
            try:
                _check_length(text)
                found = {
                    name: value for name, value in read(text).items() if values.get(name) is None or name in ("histology", "morphology")
                }
            except CellError as error:
                notes.say(at, f"{text if len(text) <= _LONGEST_CELL else f'{text[:20]}…'!r}: {error}")
                continue
            values |= found
            notes.read[at] = in_words(found) or None
        return values

    def _reader_of(self, at: int, values: Mapping[str, Any]) -> Callable[[str], readers.Values] | None:
        """Return what reads the cells of a column; None for a column of doses, references, or nothing that is read."""
        heading, prose = self.plan.headings[at], self.prose
        meanings = [meaning for meaning in heading.meanings if self.plan.by_meaning[meaning] == at]
        is_of_several = (values.get("n_patients") or 1) > 1
        if {"age", "sex"} <= set(meanings):
            return lambda text: readers.age_and_sex(text, heading)
        if "status" in meanings:
            return _of_one(is_of_several, lambda text: readers.status(self._long(text), heading, prose))
        plain: dict[str, Callable[[str], readers.Values]] = {
            "n": lambda text: readers.n(text, heading),
            "age": lambda text: readers.age(text, heading, values.get("n_patients")),
            "sex": lambda text: readers.sex(text, heading, values.get("n_patients")),
            "histology": lambda text: readers.histology(self._long(text), prose),
            "site": lambda text: readers.site(self._long(text), prose, _histology(values)),
            "technique": lambda text: readers.technique(self._long(text), prose),
            "drugs": lambda text: readers.drugs(self._long(text), prose),
            "surgery": lambda text: readers.surgery(self._long(text), prose),
            "treatment": lambda text: readers.treatment(self._long(text), prose),
            "response": _of_one(is_of_several, readers.response),
            "recurrence": lambda text: readers.recurrence(text, heading, values.get("n_patients")),
            "recurrence_time": _of_one(is_of_several, lambda text: readers.recurrence_time(text, heading)),
            "follow_up": _of_one(is_of_several, lambda text: readers.follow_up(text, heading)),
        }
        first = next((meaning for meaning in meanings if meaning in plain), None)
        return None if first is None or (at == self.plan.dose and first != "treatment") else plain[first]

    def _long(self, text: str) -> str:
        return words.spelled_out(text, self.known)

    def _doses(self, line: Line, values: dict[str, Any], notes: _Notes) -> tuple[Dose, ...]:
        """Return the doses of a line, a group of patients each; what cannot be read gives a message at the dose's cell."""
        plan, at = self.plan, self.plan.dose

        def told(meaning: str) -> tuple[str, Heading] | None:
            column = plan.by_meaning.get(meaning)
            return None if column is None or column == at else (line.cells[column].text, plan.headings[column])

        is_each = "dose" not in plan.headings[at].meanings and "dose_per_fraction" in plan.headings[at].meanings
        own = (line.cells[at].text, plan.headings[at])
        asked = Asked(None if is_each else own, told("fractions"), own if is_each else told("dose_per_fraction"), values.get("technique"))
        beside = [plan.by_meaning[name] for name in ("fractions", "dose_per_fraction") if name in plan.by_meaning]
        if not is_each:
            asked = self._with_fractions(asked, notes)
        try:
            _check_length(own[0])
            found = prescriptions.read(asked, self.prose)
        except CellError as error:
            text = own[0] if len(own[0]) <= _LONGEST_CELL else f"{own[0][:20]}…"
            if "treatment" not in plan.headings[at].meanings or prescriptions.has_unit(text):
                notes.say(at, f"{text!r}: {error}; no dose taken")
            return ()
        for dose in found:
            if dose.remark:
                notes.say(at, dose.remark)
        for column in [at, *beside]:
            notes.read.setdefault(column, prescriptions.described(found))
        if found and (technique := found[0].technique):
            values.setdefault("technique", technique)
        return found

    def _with_fractions(self, asked: Asked, notes: _Notes) -> Asked:
        """Return what is asked without the fractions and doses of each that are not understood: the dose itself may be."""
        for name, check in (("fractions", prescriptions.count), ("each", prescriptions.each)):
            cell = getattr(asked, name)
            try:
                check(cell)
            except CellError as error:
                at = self.plan.by_meaning["fractions" if name == "fractions" else "dose_per_fraction"]
                notes.say(at, str(error))
                notes.read[at] = None
                asked = replace(asked, **{name: None}, has_unread=True)
        return asked

    def _say_of_all(self, values: Mapping[str, Any], notes: _Notes) -> None:
        """Say at their cells that outcomes of all patients of a line are not told of each dose group."""
        for meaning in _OF_ALL:
            at = self.plan.by_meaning.get(meaning)
            if at is not None and notes.read.get(at) not in (None, "not reported"):
                notes.say(at, "told of all patients of the row, not of each dose: left out")

    def _checked(self, values: dict[str, Any], groups: tuple[Dose, ...], notes: _Notes) -> tuple[Dose, ...]:
        """Say what contradicts itself in a line, and leave the contradicting counts out; return the doses without theirs."""
        count = values.get("n_patients")
        male, female = values.get("n_male"), values.get("n_female")
        if count is not None and male is not None and female is not None and male + female != count:
            notes.say(self.plan.by_meaning["sex"], f"{male + female} by their sexes, {count} by their number: sexes left out")
            values |= {"n_male": None, "n_female": None}
        if count is not None and count > 1 and values.get("age_years") is not None:
            notes.say(self.plan.by_meaning["age"], f"one age of {count} patients: left out")
            values["age_years"] = None
        told = [dose.n for dose in groups if dose.n is not None]
        if count is not None and sum(told) > count:
            notes.say(self.plan.dose, f"doses of {sum(told)} patients, {count} in the row: numbers left out")
            groups = tuple(replace(dose, n=None) for dose in groups)
        recurred = values.get("n_recurred")
        if count is not None and recurred is not None and recurred > count:
            notes.say(self.plan.by_meaning["recurrence"], f"{recurred} recurrences in {count} patients: left out")
            values["n_recurred"] = None
        if values.get("recurrence") is False and values.get("recurrence_months") is not None:
            notes.say(self.plan.by_meaning["recurrence_time"], "a time of recurrence where none is told: left out")
            values["recurrence_months"] = None
        return groups

    def _row(self, number: int, group: int, dose: Dose | None, line: Line, values: Mapping[str, Any], groups: int) -> DoseRow:
        """Return one row; what is told of all its patients is not told of one of several dose groups."""
        printed = {name: self._printed(line, meaning) for meaning, name in _PRINTED.items()}
        printed["dose_printed"] = line.cells[self.plan.dose].text or None
        told = {
            name: value
            for name, value in values.items()
            if groups < 2 or not name.startswith(("recurrence", "n_recurred", "follow_up", "status", "response"))
        }
        if dose is not None:
            each = dose.dose_per_fraction_gy
            told |= {
                "dose_group_n": dose.n or (told.get("n_patients") if groups == 1 and told.get("n_patients") == 1 else None),
                "total_dose_gy": dose.total_dose_gy,
                "fractions": dose.fractions,
                "dose_per_fraction_gy": None if each is None else round(each, 3),
                "is_rbe_weighted": dose.is_rbe_weighted,
            }
        told.setdefault("dose_group_n", 1 if told.get("n_patients") == 1 else None)
        blank: dict[str, Any] = dict.fromkeys(DoseRow.__dataclass_fields__)
        return DoseRow(**blank | printed | told | {"row_number": number, "dose_group": group, "reference": self._reference(number, line)})

    def _printed(self, line: Line, meaning: str) -> str | None:
        at = self.plan.by_meaning.get(meaning)
        if meaning == "follow_up" and at is None:
            at = self.plan.by_meaning.get("status")
        return None if at is None else line.cells[at].text or None

    def _reference(self, number: int, line: Line) -> str:
        """Return the publication as printed, with its year where that has a column; else the patient, else the line's number."""
        parts = [self._printed(line, meaning) for meaning in ("reference", "year")]
        if parts[0] and not words.is_missing(parts[0]):
            has_year = parts[1] is None or parts[1] in parts[0] or self.plan.by_meaning["year"] == self.plan.by_meaning["reference"]
            return parts[0] if has_year else f"{parts[0]} {parts[1]}"
        patient = self._printed(line, "patient")
        if patient and re.match(r"(?:patient|case)\b", patient, re.IGNORECASE):
            return patient
        return f"patient {patient}" if patient else f"row {number}"

    def _cell(self, number: int, at: int, cell: Cell, read: str | None, message: str | None) -> TableCell:
        note = "; ".join(self.grid.footnotes[mark] for mark in cell.notes if mark in self.grid.footnotes) or None
        return TableCell(number, at + 1, cell.text, read, message, note)


@dataclass(slots=True)
class _Notes:
    """What was read in the cells of one line, and the messages on them; both by column."""

    read: dict[int, str | None] = field(default_factory=dict)
    messages: dict[int, list[str]] = field(default_factory=dict)

    def say(self, at: int, message: str) -> None:
        """Add a message to a cell."""
        self.messages.setdefault(at, []).append(message)

    def of(self, at: int) -> str | None:
        """Return the messages on a cell in one line."""
        return "; ".join(self.messages.get(at, ())) or None


def _of_one(is_of_several: bool, read: Callable[[str], readers.Values]) -> Callable[[str], readers.Values]:
    """Return the reader, or for a line of several patients one that says that theirs is not read."""

    def refuse(text: str) -> readers.Values:
        raise CellError("told of several patients together: kept as printed")

    return refuse if is_of_several else read


def _check_length(text: str) -> None:
    """Raise CellError for a cell that is a text of its own, which no pattern is made for."""
    if len(text) > _LONGEST_CELL:
        raise CellError(f"{len(text)} characters, wanted at most {_LONGEST_CELL}")


def _summary(line: Line) -> str | None:
    """Return why a line is no patient: it sums the others up; None where it is one."""
    text = line.cells[0].text
    if _SUMMARY.match(text) or words.concept(text) == words.STATISTIC:
        return f"{text!r}: a line that sums others up, passed over"
    return None


def _one_patient(values: Mapping[str, Any], is_by_patient: bool) -> Mapping[str, Any]:
    """Return that a line is one patient: where patients have a column, or one age and one sex are told, and no number of them."""
    one = is_by_patient or (values.get("age_years") is not None and (values.get("n_male") or 0) + (values.get("n_female") or 0) == 1)
    return {"n_patients": 1} if values.get("n_patients") is None and one else {}


def _histology(values: Mapping[str, Any]) -> Histology | None:
    return Histology(values["histology"], values["morphology"]) if values.get("morphology") else None
