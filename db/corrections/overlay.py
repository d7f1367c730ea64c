"""Corrections laid over what the machine read: the same record and corrections give the same result, whoever asks and when.

A correction holds for the value and the words that the curator saw. Where either is another now, nothing is changed and the
correction waits as a conflict until somebody decides.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from types import MappingProxyType
from typing import Any

from corpus.report import Report
from corpus.sections import lines as lines_of
from db.corrections import values
from db.corrections.file import Correction, moment
from db.corrections.ruling import AGREED, APPLIED, CONFLICT, NONE, Ruled, Ruling
from db.corrections.values import CASE, FOLLOW_UP, LISTS
from db.corrections.words import find
from db.records import NAMES, plain
from extract import sentences, survival
from extract.record import REPEATED, SCALARS, Case, Evidence, Record, TimelineEvent

CORRECTED, REJECTED, CONTRADICTED = "corrected by a curator", "rejected by a curator", "contradicts a curator's value"

_OF_CORRECTION = tuple(Correction.__dataclass_fields__)
_SINGLE = ("site", "histology")
_NAMES = MappingProxyType({**NAMES, "radiotherapy": ("total_dose_gy",)})
# Lists that have one entry a name; two operations or courses may well be called the same.
_ONE_OF_A_NAME = ("ihc", "molecular", "metastases")
# A truth that follows from a list or a number: one cannot stand against the other.
_FOLLOWS: Mapping[str, str] = MappingProxyType(
    {"surgery": "surgeries", "radiotherapy_given": "radiotherapy", "recurrence": "recurrence_months"}
)
# What the events and the times for survival estimates of a case follow from.
_OF_COURSE = (FOLLOW_UP, "follow_up_is_minimum", "status", "recurrence", "recurrence_months", "surgery", "radiotherapy_given")
# The lists whose entries are events of the course, too; and the truth beside the list, which may hold without any entry.
_OF_EVENTS: Mapping[str, tuple[str, str | None]] = MappingProxyType(
    {
        "metastasis": ("metastases", None), "surgery": ("surgeries", "surgery"), "radiotherapy": ("radiotherapy", "radiotherapy_given"),
        "chemotherapy": ("drugs", None),
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Laid:
    """A record with the corrections laid over it, and what became of each that is in force."""

    record: Record
    ruled: Ruled = NONE


def lay(record: Record, report: Report, corrections: Iterable[Correction]) -> Laid:
    """Return the record of a report with the corrections of its cases laid over it; those of other reports are left aside."""
    mine = in_force(one for one in corrections if one.case_id.rpartition("/")[0] == report.id)
    if not mine:
        return Laid(record)
    draft = _Draft(report, list(record.evidence), {case.label: _Draft.open(case) for case in record.cases})
    told = [(one, draft.rule(one)) for one in sorted(mine, key=lambda one: one.field != CASE)]  # whole cases first
    rulings = {id(one): said for one, said in told if said}
    cases = tuple(draft.closed(label) for label in sorted(draft.cases, key=lambda label: (len(label), label)))
    standing = [one for one in mine if id(one) in rulings and not _is_settled(one, mine, rulings)]
    return Laid(
        replace(record, cases=cases, evidence=tuple(draft.evidence)),
        Ruled(tuple(draft.told(one, rulings[id(one)]) for one in standing), digest(mine)),
    )


def in_force(corrections: Iterable[Correction]) -> list[Correction]:
    """Return the last correction on each value, in the order of the file; those that were withdrawn say nothing."""
    last: dict[tuple[str, str, str], tuple[int, Correction]] = {}
    for place, one in sorted(enumerate(corrections), key=lambda pair: (moment(pair[1].made_at), pair[0])):
        last[one.case_id, one.field, _of(one)] = place, one
    return [one for _, one in sorted(last.values(), key=lambda pair: pair[0]) if one.action != "withdraw"]


def digest(corrections: Sequence[Correction]) -> str:
    """Return what tells one state of corrections in force from another: the SHA-256 of them as JSON."""
    told = json.dumps([[getattr(one, name) for name in _OF_CORRECTION] for one in corrections], ensure_ascii=False, sort_keys=True)
    return sha256(told.encode("utf-8", "surrogatepass")).hexdigest()


def _of(one: Correction) -> str:
    """Return which value of its field a correction speaks of: of a list the one that was, or that is added; else the only one."""
    return _key(one.value if one.action == "add" else one.was) if one.field in LISTS else ""


def _key(value: Any) -> str:
    """Return what is equal for equal values: parts that are None count as left out, 54 and 54.0 as one number."""
    clean = _clean(value)
    if isinstance(clean, dict) and (clean.get("topography") or clean.get("morphology")):
        clean.pop("name", None)
    return json.dumps(clean, sort_keys=True, ensure_ascii=False)


def _clean(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _clean(part) for name, part in value.items() if part is not None}
    if isinstance(value, (list, tuple)):
        return [_clean(part) for part in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _is_same(one: Any, other: Any) -> bool:
    """Tell whether two values are the same: what has a code may go by another name when a vocabulary was changed."""
    return _key(one) == _key(other)


def _name(field: str, value: Any) -> tuple[Any, ...]:
    """Return by what two entries of a list are taken for the same; a course has no name but its dose."""
    return tuple(value.get(name) for name in _NAMES[field])


def _is_settled(one: Correction, all_of: Sequence[Correction], rulings: Mapping[int, _Said]) -> bool:
    """Tell whether a conflict over an entry of a list was decided later, by a correction of the entry of this name."""
    if rulings[id(one)].state != CONFLICT or one.field not in LISTS:
        return False
    name = _name(one.field, one.value if one.action == "add" else one.was)
    return any(
        (other.case_id, other.field) == (one.case_id, one.field)
        and rulings[id(other)].state != CONFLICT
        and name == _name(other.field, other.value if other.action == "add" else other.was)
        and moment(other.made_at) >= moment(one.made_at)
        for other in all_of
        if other is not one and id(other) in rulings
    )


# --- one case being corrected ------------------------------------------------------------------


@dataclass(slots=True, eq=False)
class _Entry:
    """One value of a case being corrected: the fact of the record (a plain value: itself), and the evidence that supports it."""

    fact: Any
    evidence: tuple[int, ...]
    is_curators: bool = False


@dataclass(slots=True)
class _Open:
    """A case being corrected: its entries by field, and the case as the machine had it."""

    machine: Case
    entries: dict[str, list[_Entry]]


@dataclass(frozen=True, slots=True)
class _Said:
    """What became of a correction, before the entries have got their numbers."""

    state: str
    conflict: str | None = None
    entry: _Entry | None = None
    machine: Any = None


@dataclass(slots=True)
class _Draft:
    """A record being corrected."""

    report: Report
    evidence: list[Evidence]
    cases: dict[str, _Open]
    rejected: set[str] = field(default_factory=set)

    @staticmethod
    def open(case: Case) -> _Open:
        return _Open(case, {})

    def entries(self, label: str, name: str) -> list[_Entry]:
        """Return the values of a field, to be changed."""
        case = self.cases[label]
        if name not in case.entries:
            case.entries[name] = list(self._machines(case.machine, name))
        return case.entries[name]

    def _machines(self, case: Case, name: str) -> Iterator[_Entry]:
        if name in SCALARS:
            if (found := getattr(case, name)) is not None:
                also = ("follow_up_is_minimum",) if name == FOLLOW_UP else ()
                mine = (n for n, x in enumerate(self.evidence) if x.case == case.label and x.field in (name, *also) and x.reason is None)
                value = values.of_case(case, name)[0] if name == FOLLOW_UP else found
                yield _Entry(value, tuple(mine))
            return
        there = getattr(case, name)
        for fact in there if isinstance(there, tuple) else (there,) if there else ():
            yield _Entry(fact, fact.evidence)

    # --- ruling ---

    def rule(self, one: Correction) -> _Said | None:
        """Apply a correction, or say why not; None for one of a case that a curator took out."""
        label = one.case_id.rpartition("/")[2]
        if one.field == CASE:
            return self._rule_case(one, label)
        if label in self.rejected:
            return None
        if label not in self.cases:
            return _Said(CONFLICT, "its case is not there any more")
        entries = [entry for entry in self.entries(label, one.field) if not entry.is_curators]
        told = [_told(entry.fact) for entry in entries]
        at = self._at(one, told)
        machine = told[at] if at is not None else None
        entry = entries[at] if at is not None else None
        if _agrees(one, told, entry):
            where = next((x for x, value in zip(entries, told, strict=True) if _is_same(value, one.value)), None)
            return _Said(AGREED, None, where, machine if one.action == "set" and where is entry else where and _told(where.fact))
        places = self._places(one)
        problem = _problem(one, told, machine) or (places if isinstance(places, str) else self._doubled(one, entries, places))
        if problem or isinstance(places, str):
            shown = entry or self._of_name(one, entries, told)
            return _Said(CONFLICT, problem, shown, _told(shown.fact) if shown else None)
        return _Said(APPLIED, None, self._apply(one, label, entry, places), machine)

    def _doubled(self, one: Correction, entries: Iterable[_Entry], places: Sequence[tuple[int, int]]) -> str | None:
        """Return why a value is not added: the machine now reads one of its name, of operations, courses and drugs from the same words."""
        if one.action != "add":
            return None
        name = _name(one.field, one.value)
        for entry in entries:
            spans = [(self.evidence[n].start, self.evidence[n].end) for n in entry.evidence]
            is_there = any(start < end and begin < stop for start, stop in spans for begin, end in places)
            if _name(one.field, _told(entry.fact)) == name and (is_there or one.field in _ONE_OF_A_NAME):
                return "the machine now reads another value of the same name"
        return None

    def _rule_case(self, one: Correction, label: str) -> _Said | None:
        is_there = label in self.cases
        if (one.action == "add") == is_there:
            return _Said(AGREED)
        if one.action == "add":
            self.cases[label] = _Draft.open(Case(label))
            return _Said(APPLIED)
        places = self._places(one)
        if isinstance(places, str):
            return _Said(CONFLICT, places)
        if places and not any(x.case == label and x.start < end and start < x.end for x in self.evidence for start, end in places):
            return _Said(CONFLICT, "its words speak of another case now")
        del self.cases[label]
        self.rejected.add(label)
        for number, entry in enumerate(self.evidence):
            if entry.case == label and entry.reason is None:
                self.evidence[number] = _passed(entry, REJECTED)
        return _Said(APPLIED)

    def _at(self, one: Correction, told: Sequence[Any]) -> int | None:
        """Return the place of the value that a correction speaks of; None where there is none."""
        if one.field not in LISTS:
            return 0 if told else None
        return next((n for n, value in enumerate(told) if one.was is not None and _is_same(value, one.was)), None)

    def _of_name(self, one: Correction, entries: Sequence[_Entry], told: Sequence[Any]) -> _Entry | None:
        """Return the entry of a list that now goes by the name of the one that was; of courses, the only one."""
        if one.field not in LISTS:
            return entries[0] if entries else None
        name = _name(one.field, one.was or one.value)
        of_name = (entry for entry, value in zip(entries, told, strict=True) if _name(one.field, value) == name)
        return next(of_name, entries[0] if one.field == "radiotherapy" and len(entries) == 1 else None)

    def _places(self, one: Correction) -> list[tuple[int, int]] | str:
        """Return where the words of a correction stand now, none where it has none; or why they cannot be found."""
        if one.words is None:
            return []
        place = find(self.report.text, one.words)
        return place.problem or [(place.start or 0, place.end or 0)]

    # --- changing ---

    def _apply(self, one: Correction, label: str, entry: _Entry | None, places: list[tuple[int, int]]) -> _Entry | None:
        """Change what a correction changes; return the entry that now stands for it."""
        if one.action == "confirm":
            return entry
        entries = self.entries(label, one.field)
        at = entries.index(entry) if entry else len(entries)
        if entry:
            entries.remove(entry)
            self._pass_over(entry, CORRECTED if one.action == "set" else REJECTED)
        if one.action in ("clear", "reject"):
            return None
        where = places or [(self.evidence[n].start, self.evidence[n].end) for n in (entry.evidence if entry else ())]
        mine = _Entry(one.value, self._rests_on(one.field, label, one.value, where), True)
        if one.field not in SCALARS:
            mine.fact = values.fact(one.field, one.value, mine.evidence)
        entries.insert(at, mine)
        return mine

    def _rests_on(self, name: str, label: str, value: Any, places: Iterable[tuple[int, int]]) -> tuple[int, ...]:
        """Add words to the evidence; return their numbers."""
        first = len(self.evidence)
        for start, end in dict.fromkeys(places):
            section = self._section(start)
            page = sum(begin <= start for begin in self.report.pages) or None
            shown = values.short(value)
            self.evidence.append(Evidence(name, label, start, end, self.report.text[start:end], section, value=shown, page=page))
        return tuple(range(first, len(self.evidence)))

    def _section(self, place: int) -> str:
        """Return the section of a place: of what was read there, which for a table is a cell, else of its line."""
        there = (x.section for x in self.evidence if x.start <= place < x.end)
        of_line = (line.section for line in lines_of(self.report) if line.start <= place < line.end)
        return next(there, None) or next(of_line, "body")

    def _pass_over(self, entry: _Entry, reason: str) -> None:
        """Keep the words of a value as passed over, but those that support another value, too."""
        for number in entry.evidence:
            if not self._supports_more(number, entry):
                self.evidence[number] = _passed(self.evidence[number], reason)

    def _supports_more(self, number: int, entry: _Entry) -> bool:
        """Tell whether words are those of another value, too: only facts name their evidence, a plain value has its own."""
        for case in self.cases.values():
            for name in (*_SINGLE, *REPEATED):
                if any(number in other.evidence for other in self._named(case, name) if other is not entry):
                    return True
        return False

    def _named(self, case: _Open, name: str) -> list[_Entry]:
        return case.entries[name] if name in case.entries else list(self._machines(case.machine, name))

    # --- the end ---

    def closed(self, label: str) -> Case:
        """Return a case with its corrections; what follows from a corrected value follows from the curator's."""
        case = self.cases[label]
        if not case.entries:
            return case.machine
        for truth, cause in _FOLLOWS.items():
            self._follow(label, truth, cause)
        changed: dict[str, Any] = {}
        for name, entries in case.entries.items():
            if name in SCALARS:
                changed |= values.scalars(name, entries[0].fact if entries else None)
            elif name in _SINGLE:
                changed[name] = entries[0].fact if entries else None
            else:
                changed[name] = tuple(entry.fact for entry in entries)
        made = replace(case.machine, **changed)
        of_lists = (name for name, _ in _OF_EVENTS.values())
        if any(getattr(made, name) != getattr(case.machine, name) for name in (*_OF_COURSE, *of_lists)):
            made = self._with_course(case.machine, made)
        return made

    def _follow(self, label: str, truth: str, cause: str) -> None:
        """Keep a truth and what it follows from from contradicting each other; a curator's own values are left alone."""
        case = self.cases[label]
        if truth not in case.entries and cause not in case.entries:
            return
        is_so, causes = self.entries(label, truth), self.entries(label, cause)
        said = is_so[0] if is_so else None
        mine = next((entry for entry in causes if entry.is_curators), None)
        if said and said.is_curators and said.fact is False:
            for entry in [entry for entry in causes if not entry.is_curators]:
                causes.remove(entry)
                self._pass_over(entry, CONTRADICTED)
        elif mine and (said is None or (said.fact is False and not said.is_curators)):
            if said:
                is_so.remove(said)
                self._pass_over(said, CONTRADICTED)
            where = [(self.evidence[n].start, self.evidence[n].end) for n in mine.evidence]
            is_so.append(_Entry(True, self._rests_on(truth, label, True, where), True))
        elif cause in LISTS and said and said.fact is True and not said.is_curators and not causes and getattr(case.machine, cause):
            lost = {(self.evidence[n].start, self.evidence[n].end) for n in self._machines_evidence(case.machine, cause)}
            if all((self.evidence[n].start, self.evidence[n].end) in lost for n in said.evidence):
                is_so.remove(said)
                self._pass_over(said, REJECTED)

    def _machines_evidence(self, case: Case, name: str) -> Iterator[int]:
        """Yield the numbers of the evidence that the machine had for a field, also of what was taken out."""
        return (n for n, x in enumerate(self.evidence) if x.case == case.label and x.field == name)

    def _with_course(self, machine: Case, made: Case) -> Case:
        """Return a case whose times for a survival estimate, and whose events, follow from its corrected outcome.

        Whether its origin is clear is the machine's judgement of the text. Without any time zero it is not.
        """
        is_clear = made.time_zero is not None and machine.not_pooled_because != survival.ORIGIN_UNCLEAR
        pooled = survival.pool(made.follow_up_months, made.status, made.recurrence, made.recurrence_months, is_clear)
        events = self.entries(made.label, "events")
        for entry in [entry for entry in events if _contradicts(entry.fact, machine, made) or self._is_of_rejected(entry, made)]:
            events.remove(entry)
            self._pass_over(entry, CONTRADICTED)
        return replace(made, **pooled._asdict(), events=tuple(entry.fact for entry in events))

    def _is_of_rejected(self, event: _Entry, made: Case) -> bool:
        """Tell whether an event is of entries that a curator rejected: of those in its sentence, or of the last of their list.

        An event says that there were metastases, not where; its sentence does.
        """
        name, truth = _OF_EVENTS.get(event.fact.kind, ("", None))
        lost = [x for x in self.evidence if x.case == made.label and x.field == name and x.reason in (REJECTED, CONTRADICTED)]
        if not lost:
            return False
        staying = [self.evidence[number] for fact in getattr(made, name) for number in fact.evidence]
        if not staying and (name == "metastases" or (truth and not getattr(made, truth))):
            return True
        cues = [self.evidence[n] for n in event.evidence if self.evidence[n].quote == event.fact.name]
        within = [span for cue in cues for span in self._sentence(cue.start)]
        return _is_any_in(lost, within) and not _is_any_in(staying, within)

    def _sentence(self, place: int) -> Iterator[tuple[int, int]]:
        """Yield where the sentence starts and ends that has a place of the text."""
        for line in lines_of(self.report):
            if line.start <= place < line.end:
                yield from (span for span in sentences.split(self.report.text, line.start, line.end) if span[0] <= place < span[1])

    def told(self, one: Correction, said: _Said) -> Ruling:
        """Return what became of a correction as a row; entries have their numbers now."""
        label = one.case_id.rpartition("/")[2]
        number = None
        if said.entry and label in self.cases:
            entries = self.entries(label, one.field)
            number = entries.index(said.entry) + 1 if said.entry in entries else None
        return Ruling(
            one.case_id, one.field, one.action, said.state, said.conflict, number, _json(one.value), _json(one.was), _json(said.machine),
            one.words, one.curator, one.made_at, one.why,
        )  # fmt: skip


def _agrees(one: Correction, told: Sequence[Any], entry: _Entry | None) -> bool:
    """Tell whether the machine now says what the curator said, and not what it said before."""
    if one.action in ("set", "add"):
        return any(_is_same(value, one.value) for value in told) and (entry is None or one.field not in LISTS)
    if one.action == "clear":
        return not told
    return one.action == "reject" and entry is None and not any(_name(one.field, x) == _name(one.field, one.was) for x in told)


def _problem(one: Correction, told: Sequence[Any], machine: Any) -> str | None:
    """Return why a correction cannot hold for what the machine says now; None where it can."""
    if one.action == "add":
        return None
    if one.was is None:
        return None if machine is None else "the machine now reads a value where there was none"
    if machine is not None and _is_same(machine, one.was):
        return None
    if one.field in LISTS and not any(_name(one.field, value) == _name(one.field, one.was) for value in told):
        return "the machine does not read this value any more"
    return "the machine does not read this value any more" if not told else "the machine now reads another value"


def _contradicts(event: TimelineEvent, machine: Case, made: Case) -> bool:
    """Tell whether an event of the course says what a corrected outcome denies."""
    kind, months, is_minimum = event.kind, event.months, event.is_minimum
    has_died = made.status in survival.DIED
    if kind in ("death", "follow_up"):
        last = (machine.follow_up_months, machine.follow_up_is_minimum or False)
        is_last = months is not None and (months, is_minimum) == last
        now = (made.follow_up_months, made.follow_up_is_minimum or False)
        return (is_last and now != last) or (kind == "death" and made.status != machine.status and not has_died)
    if kind in ("surgery", "radiotherapy"):
        return getattr(made, {"surgery": "surgery", "radiotherapy": "radiotherapy_given"}[kind]) is False
    if kind == "recurrence":
        moved = made.recurrence_months != machine.recurrence_months and months is not None and months == machine.recurrence_months
        return moved or (made.recurrence != machine.recurrence and not made.recurrence)
    return False


def _is_any_in(found: Iterable[Evidence], within: Sequence[tuple[int, int]]) -> bool:
    return any(start <= entry.start < end for entry in found for start, end in within)


def _passed(entry: Evidence, reason: str) -> Evidence:
    return replace(entry, reason=reason) if entry.reason is None else entry


def _told(fact: Any) -> Any:
    """Return a fact in the form of a correction."""
    found = plain(fact)
    return {name: part for name, part in found.items() if name != "evidence"} if isinstance(found, dict) else found


def _json(value: Any) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False)
