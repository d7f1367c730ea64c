"""Write a database of many made-up cases, to measure the site on it: 200,000 cases in about 160,000 reports.

    python scripts/big_database.py FILE [--cases N] [--seed N]

The tables are Casebook's own, and so is the code that makes their rows: each report is a made-up text with a made-up record, whose
values stand in the text where the evidence says. Diagnoses, organs, markers and drugs come from the vocabularies, some common and
many rare (Zipf); all other words are invented. Equal arguments give equal rows. Empty stay `source_file` and `report_fingerprint`,
which no page reads; in `possible_same_patient` stand neighbours.
"""

from __future__ import annotations

import argparse
import itertools
import random
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from functools import cache, partial
from itertools import accumulate
from pathlib import Path
from typing import Any

from corpus.dose_table import load_dose_table
from corpus.report import Report
from db import case_outcomes, case_words, doses, facts, flags, load, marker_counts, overview, reports, schema, version
from db.rows import record_rows
from extract import lexicon, survival
from extract.record import (
    Case,
    Drug,
    Evidence,
    Histology,
    IhcResult,
    Metastasis,
    MolecularTest,
    RadiotherapyCourse,
    Record,
    Site,
    Surgery,
    TimelineEvent,
    about,
    check_evidence,
)

_HERE = Path(__file__).resolve().parents[1]
_AT_ONCE = 500  # reports whose rows are made in one go
_PIPELINE = {"version": "0", "fingerprint": "made-up"}
_RUN = "1"
# How many cases a report tells, and how many of a hundred reports tell so many: 1.25 on the average.
_CASES_TOLD = ((1, 85), (2, 9), (3, 4), (5, 2))
_KNOWN_MARKERS = ("CD34", "STAT6", "S100", "SMA", "Desmin", "ALK", "Vimentin", "CD117", "Ki-67", "EMA", "TTF-1", "p63")
_STATUS = (("NED", 40), ("AWD", 15), ("ALIVE", 12), ("DOD", 20), ("DOC", 4), ("DEAD", 7), ("LTFU", 2))
_SCHEDULES = ((60.0, 30), (50.4, 28), (54.0, 27), (45.0, 25), (66.0, 33), (30.0, 10), (20.0, 5), (70.0, 35), (8.0, 1), (39.0, 13))
_PASSED_OVER = (
    ("age_years", "literature", "literature", "a 60-year-old"),
    ("metastases", "said to be absent", "patient", "no spread"),
    ("histology", "possible", "patient", "was thought of"),
    ("radiotherapy", "planned", "patient", "was planned"),
)


@dataclass(frozen=True, slots=True)
class Chances:
    """Things of which the first come often and the last seldom."""

    things: Sequence[Any]
    weights: Sequence[float]  # each the sum of its own and those before it

    def draw(self, chance: random.Random) -> Any:
        """Return one of the things."""
        return chance.choices(self.things, cum_weights=self.weights)[0]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What the reports speak of: (code, name) of diagnoses, organs and places of spread, and names."""

    words: Chances
    histologies: Chances
    sites: Chances
    metastases: Chances
    markers: Chances
    genes: Chances
    drugs: Chances
    procedures: Chances


def main() -> None:
    """Write the database."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, metavar="FILE", help="the database to write; what is there is replaced")
    parser.add_argument("--cases", type=int, default=200_000, metavar="N", help="how many cases (default 200,000)")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="another seed, other cases (default 1)")
    args = parser.parse_args()
    write(args.file, args.cases, args.seed)


def write(path: Path, n_cases: int, seed: int = 1) -> None:
    """Write a database of so many cases in place of what is at the path, telling how far it is."""
    started = time.perf_counter()

    def tell(what: str) -> None:
        print(f"{time.perf_counter() - started:7.1f} s  {what}", flush=True)

    path.unlink(missing_ok=True)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        # The file is of no use until it is whole; so it has no journal, and indexes are made of sorted rows at the end.
        connection.executescript("pragma journal_mode = off; pragma synchronous = off; pragma cache_size = -1000000; begin")
        overview.add_functions(connection)
        case_words.add_functions(connection)
        schema.create(connection)
        connection.execute(f"pragma application_id = {version.likeness()}")
        indexes = connection.execute("select name, sql from sqlite_master where type = 'index' and sql is not null").fetchall()
        for name, _ in indexes:
            connection.execute(f"drop index {name}")
        _write_reports(connection, n_cases, seed, tell)
        for _, sql in indexes:
            connection.execute(sql)
        tell("indexes")
        _compute(connection)
        tell("what is computed")
        for index in ("report_search", "case_search"):
            connection.execute(f"insert into {index} ({index}) values ('optimize')")
        connection.execute("commit")
        connection.execute("analyze")
    tell(f"{path}: {path.stat().st_size / 1e6:,.0f} MB")


def _write_reports(connection: sqlite3.Connection, n_cases: int, seed: int, tell: Callable[[str], None]) -> None:
    """Write what is stored of each report by itself; each processor makes rows, this process writes them."""
    planned = list(plan(n_cases, seed))
    parts = [planned[start : start + _AT_ONCE] for start in range(0, len(planned), _AT_ONCE)]
    n_told = n_reports = 0
    with ProcessPoolExecutor() as makers:
        for part, made in zip(parts, makers.map(partial(_made, seed), parts), strict=True):
            for table, rows in made.items():
                marks = ", ".join("?" * len(schema.dictionary()[table].columns))
                connection.executemany(f"insert into {table} values ({marks})", rows)
            n_reports, n_told = n_reports + len(part), n_told + sum(n for _, n in part)
            tell(f"{n_told:,} cases in {n_reports:,} reports")


def plan(n_cases: int, seed: int) -> Iterator[tuple[int, int]]:
    """Yield the number of each report and of the cases that it tells."""
    chance, counts, weights = random.Random(seed), [n for n, _ in _CASES_TOLD], [weight for _, weight in _CASES_TOLD]
    for number in itertools.count():
        if n_cases <= 0:
            return
        n_here = min(n_cases, *chance.choices(counts, weights))
        yield number, n_here
        n_cases -= n_here


def _made(seed: int, part: Sequence[tuple[int, int]]) -> dict[str, list[tuple[Any, ...]]]:
    """Return the rows of some reports by table, in the order in which foreign keys allow them."""
    made: dict[str, list[tuple[Any, ...]]] = {}
    for number, n_cases in part:
        for table, rows in _rows(*made_up(number, n_cases, seed)):
            made.setdefault(table, []).extend(rows)
    return made


def made_up(number: int, n_cases: int, seed: int) -> tuple[Report, Record]:
    """Return a report of so many cases and its record, the same for the same arguments."""
    return _report(f"R{number:07}", n_cases, random.Random(f"{seed} {number}"), _vocabulary(seed))


def _rows(report: Report, record: Record) -> Iterator[tuple[str, list[tuple[Any, ...]]]]:
    """Yield table and rows of a report, as `load.store` writes them."""
    check_evidence(record, report.text)
    yield "report", [reports.report_row(report, record)]
    yield "report_text", [(reports.search_key(report.id), report.id, report.title, report.text)]
    yield from reports.part_rows(report)
    yield from record_rows(report.id, record)
    yield from flags.rows(report.id, record)
    yield from facts.rows(report.id, report.text, record)


def _compute(connection: sqlite3.Connection) -> None:
    """Write what is computed from the reports' rows, and the ledger."""
    overview.fill(connection)
    marker_counts.fill(connection)
    case_outcomes.fill(connection)
    doses.fill_courses(connection)
    case_words.fill(connection)
    connection.execute("insert into run (run_id, reason, reports_new) select ?, 'made up', count(*) from report", (_RUN,))
    connection.execute("insert into run_report select ?, report_id, 'new', null from report", (_RUN,))
    connection.execute("insert into fact_run select case_id, field, number, ?1, ?1 from fact", (_RUN,))
    connection.execute(
        "insert into possible_same_patient select case_id, other, 3, 'made-up neighbours' from ("
        " select case_id, lead(case_id) over (order by case_id) as other, row_number() over (order by case_id) as place from patient_case)"
        " where other is not null and place % 400 = 0"
    )
    connection.execute("commit")  # a table of doses is stored in a transaction of its own
    for path in sorted((_HERE / "corpus" / "dose_tables").glob("*.csv")):
        load.store_dose_table(connection, load_dose_table(path), _RUN)
    connection.execute("begin")


# --- a report --------------------------------------------------------------------------------------


class _Draft:
    """A text while it is written, and the evidence in it."""

    def __init__(self, chance: random.Random, vocabulary: Vocabulary) -> None:
        self.chance, self.words = chance, vocabulary.words
        self.pieces: list[str] = []
        self.length = 0
        self.section = "case"
        self.evidence: list[Evidence] = []

    def write(self, words: str) -> None:
        """Add words as they are."""
        self.pieces.append(words)
        self.length += len(words)

    def fill(self, n: int) -> None:
        """Add a sentence of invented words."""
        said = self.chance.choices(self.words.things, cum_weights=self.words.weights, k=n)
        self.write(f"{' '.join(said).capitalize()}. ")

    def note(self, case: str | None, field: str, quote: str, value: object = None, **more: Any) -> tuple[int, ...]:
        """Add a sentence with the words for a value, and return the number of the evidence."""
        self.fill(self.chance.randint(3, 8))
        start = self.length
        self.write(f"{quote}. ")
        told = None if value is None else str(value)
        self.evidence.append(Evidence(field, case, start, start + len(quote), quote, self.section, value=told, **more))
        return (len(self.evidence) - 1,)


def _report(report_id: str, n_cases: int, chance: random.Random, vocabulary: Vocabulary) -> tuple[Report, Record]:
    """Make up a report of so many cases, and its record."""
    draft = _Draft(chance, vocabulary)
    draft.write("Case report\n\n")
    cases = []
    for number in range(1, n_cases + 1):
        cases.append(_case(str(number), draft, vocabulary))
        draft.write("\n\n")
    draft.write("Discussion\n\n")
    draft.section = "discussion"
    for field, reason, subject, quote in chance.sample(_PASSED_OVER, 2):
        draft.note(None, field, quote, reason=reason, subject=subject)
    draft.fill(40)
    first, year = cases[0].histology, chance.randint(1985, 2025)
    title = f"{first.name if first else 'Tumor'}: {' '.join(chance.choices(vocabulary.words.things, k=4))}"
    number = int(report_id[1:])
    report = Report(
        report_id, "".join(draft.pieces), title=title, year=year, journal=f"Made-up Journal {number % 300}", license="made up",
        citation=f"Nobody N. {title}. Made-up Journal {number % 300} {year}.", doi=f"10.0000/{report_id}", authors=("Nobody N", "Noone O"),
    )  # fmt: skip
    kind = "case_report" if n_cases == 1 else "case_series"
    return report, Record(about(report, kind), tuple(cases), tuple(draft.evidence), _PIPELINE)


def _case(label: str, draft: _Draft, vocabulary: Vocabulary) -> Case:
    """Make up a patient, each value with words for it in the text; what is not told is empty."""
    chance = draft.chance

    def note(field: str, quote: str, value: object = None, **more: Any) -> tuple[int, ...]:
        return draft.note(label, field, quote, value, **more)

    def is_told(share: float) -> bool:
        return chance.random() < share

    age, sex = min(max(round(chance.gauss(54, 18)), 0), 100), chance.choice(("male", "female"))
    note("age_years", f"{age}-year-old", age)
    note("sex", "man" if sex == "male" else "woman", sex)
    code, organ = vocabulary.sites.draw(chance)
    morphology, tumour = vocabulary.histologies.draw(chance)
    case = Case(
        label,
        age_years=float(age),
        sex=sex,
        site=Site(organ, code, chance.choice(("left", "right", None)), note("site", organ, code)) if is_told(0.97) else None,
        histology=Histology(tumour, morphology, None, note("histology", tumour, morphology)) if is_told(0.97) else None,
        ihc=tuple(_stains(morphology, draft, label, vocabulary)),
    )
    if is_told(0.5):
        size = round(chance.lognormvariate(1.3, 0.6), 1)
        note("size_cm", f"{size} cm", size)
        case = replace(case, size_cm=size)
    if is_told(0.2):
        note("ki67_percent", "Ki-67 of 30 %", 30)
        case = replace(case, ki67_percent=30.0)
    if is_told(0.35):
        gene, result = vocabulary.genes.draw(chance), chance.choice(("positive", "negative"))
        words = note("molecular", f"{gene} mutation {result}", gene)
        case = replace(case, molecular=(MolecularTest(gene, "mutation", None, result, words),))
    return _with_outcome(_with_treatment(case, draft, vocabulary), draft)


def _stains(morphology: str, draft: _Draft, label: str, vocabulary: Vocabulary) -> Iterator[IhcResult]:
    """Yield results: none in two of five cases, some seven in the others; a tumour's own markers are mostly positive in it."""
    chance = draft.chance
    if chance.random() < 0.4:
        return
    for marker in sorted({vocabulary.markers.draw(chance) for _ in range(chance.randint(3, 12))}):
        is_own = sum(map(ord, morphology + marker)) % 5 < 2
        result = chance.choices(("positive", "negative", "equivocal"), (85, 12, 3) if is_own else (20, 77, 3))[0]
        extent = "focal" if result == "positive" and chance.random() < 0.1 else None
        yield IhcResult(marker, result, extent, evidence=draft.note(label, "ihc", f"{marker} was {result}", result))


def _with_treatment(case: Case, draft: _Draft, vocabulary: Vocabulary) -> Case:
    """Add operation, radiotherapy and drugs."""
    chance, label = draft.chance, case.label
    if chance.random() < 0.75:
        was_done = chance.random() < 0.92
        operation = vocabulary.procedures.draw(chance)
        quote = f"underwent {operation}" if was_done else "was not operated on"
        words = draft.note(label, "surgery", quote, was_done, assertion="present" if was_done else "absent")
        case = replace(case, surgery=was_done)
        if was_done:
            words = draft.note(label, "surgeries", operation)
            done = TimelineEvent("surgery", operation, 0.0, evidence=draft.note(label, "events", operation))
            case = replace(case, surgeries=(Surgery(operation, evidence=words),), time_zero="treatment", events=(done,))
    if chance.random() < 0.6:
        was_given = chance.random() < 0.45
        draft.note(label, "radiotherapy_given", "was irradiated" if was_given else "was not irradiated", was_given)
        case = replace(case, radiotherapy_given=was_given, radiotherapy=(_course(case, draft),) if was_given else ())
    names = dict.fromkeys(vocabulary.drugs.draw(chance) for _ in range(chance.choice((0, 0, 0, 1, 1, 2, 3))))
    drugs = tuple(Drug(name, cycles=chance.choice((None, 4, 6)), evidence=draft.note(label, "drugs", name)) for name in names)
    return replace(case, drugs=drugs)


def _course(case: Case, draft: _Draft) -> RadiotherapyCourse:
    """Make up a course: most from outside in gray, some of protons in Gy(RBE), some of brachytherapy, some without a dose."""
    chance, organ = draft.chance, case.site
    target = organ.name if organ else None
    intent = chance.choice(("adjuvant", "definitive", "palliative", None))
    if chance.random() < 0.12:
        return RadiotherapyCourse(None, target=target, intent=intent, evidence=draft.note(case.label, "radiotherapy", "radiotherapy"))
    total, fractions = chance.choice(_SCHEDULES)
    is_proton, is_inside = chance.random() < 0.08, chance.random() < 0.06
    technique = "proton" if is_proton else "brachytherapy" if is_inside else chance.choice(("IMRT", "3D-CRT", "SBRT", None))
    words = draft.note(case.label, "radiotherapy", f"{total:g} Gy in {fractions} fractions", total)
    return RadiotherapyCourse(
        total, fractions if chance.random() < 0.85 else None, technique=technique, target=target, intent=intent, is_rbe_weighted=is_proton,
        dose_rate="HDR" if is_inside and not is_proton else None, evidence=words,
    )  # fmt: skip


def _with_outcome(case: Case, draft: _Draft) -> Case:
    """Add spread, recurrence, status and follow-up, with the times that can be pooled."""
    chance, label = draft.chance, case.label
    months = round(chance.expovariate(1 / 30), 1) if chance.random() < 0.75 else None
    recurrence = chance.random() < 0.35 if chance.random() < 0.6 else None
    returned = round((months or 40) * chance.random(), 1) if recurrence and chance.random() < 0.7 else None
    status = chance.choices([name for name, _ in _STATUS], [weight for _, weight in _STATUS])[0] if chance.random() < 0.8 else None
    events = case.events
    for field, value, quote in (
        ("recurrence", recurrence, "recurrence" if recurrence else "no recurrence"),
        ("recurrence_months", returned, f"after {returned} months"),
        ("status", status, f"status {status}"),
        ("follow_up_months", months, f"followed for {months} months"),
    ):
        if value is not None:
            draft.note(label, field, quote, value)
    if returned is not None:
        events += (TimelineEvent("recurrence", "recurrence", returned, evidence=draft.note(label, "events", "recurred")),)
    if months is not None:
        events += (TimelineEvent("follow_up", "last contact", months, evidence=draft.note(label, "events", "last contact")),)
    pooled = survival.pool(months, status, recurrence, returned, case.time_zero is not None)
    return replace(
        case, metastases=tuple(_metastases(case, draft)), recurrence=recurrence, recurrence_months=returned, status=status,
        follow_up_months=months, follow_up_is_minimum=None if months is None else False, events=events, **pooled._asdict(),
    )  # fmt: skip


def _metastases(case: Case, draft: _Draft) -> Iterator[Metastasis]:
    """Yield places of spread, in two of five cases."""
    places = (("C77", "lymph node"), ("C22", "liver"), ("C34", "lung"), ("C41", "bone"), ("C71", "brain"), ("C48", "peritoneum"))
    for code, name in draft.chance.sample(places, draft.chance.choice((0, 0, 0, 1, 2))):
        yield Metastasis(name, code, draft.note(case.label, "metastases", f"{name} metastasis", code))


# --- words -----------------------------------------------------------------------------------------


@cache
def _vocabulary(seed: int) -> Vocabulary:
    """Return the words of all reports, in an order that hangs on the seed."""
    chance = random.Random(seed)

    def named(name: str, most: int, first: Sequence[str] = ()) -> Chances:
        names = sorted({entry.preferred for entry in lexicon.load(name)} - set(first))
        return _zipf([*first, *chance.sample(names, min(most, len(names)) - len(first))])

    def coded(name: str, most: int, is_wanted: Any) -> Chances:
        pairs = sorted({entry.concept_id: entry.preferred for entry in lexicon.load(name) if is_wanted(entry.concept_id)}.items())
        return _zipf(chance.sample(pairs, min(most, len(pairs))))

    return Vocabulary(
        words=_zipf(list(dict.fromkeys(_invented(chance) for _ in range(30_000)))),
        histologies=coded("histology", 400, lambda code: code[0] in "89" and code[4:] in ("/0", "/1", "/3")),
        sites=coded("site", 150, lambda code: code[0] == "C"),
        metastases=coded("metastasis_site", 40, lambda code: code[0] == "C"),
        markers=named("ihc", 80, _KNOWN_MARKERS),
        genes=named("gene", 40),
        drugs=named("drug", 80),
        procedures=named("procedure", 40),
    )


def _zipf(things: Sequence[Any]) -> Chances:
    """Return things of which the n-th comes with a weight of 1 / n."""
    return Chances(things, tuple(accumulate(1 / place for place in range(1, len(things) + 1))))


def _invented(chance: random.Random) -> str:
    """Return a word of two to four syllables that is in no dictionary, or seldom."""
    return "".join(chance.choice("bdfgklmnprstvz") + chance.choice("aeiou") for _ in range(chance.randint(2, 4)))


if __name__ == "__main__":
    main()
