"""Corrections over runs: laid over what is read, once, whatever is added, built, read anew, linked, undone or lost between."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import casebook
from corpus.report import Report
from corpus.tables.grid import Grid
from db import load
from db.corrections import book, by_hand, file, listing, values
from db.corrections.file import Correction, CorrectionError, append
from db.draft import Draft
from db.history import diff, store
from db.history import telling as diff_telling
from db.history import undo as undoing
from db.intake import filling, telling
from db.intake.filling import Project
from db.intake.reading import Reader
from db.intake.tally import Tally
from db.schema import DatabaseError
from extract.record import Case, Evidence, IhcResult, Record, about
from extract.tables.understood import Understood
from tests import db_fixtures

TEXT = "A {age}-year-old woman had a lump in her thigh for {months} months before anybody asked. The cells were positive for {marker}."


class Listener:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.warnings: list[str] = []

    def warn(self, message: str) -> None:
        self.warnings.append(message)

    def show(self, doing: str) -> None:
        pass

    def with_progress(self, items: Sequence[Any], name: Callable[[Any], str] = str) -> Iterator[Any]:
        yield from items


def _understand(grid: Grid) -> Understood:
    raise AssertionError(f"{grid.where}: there is no table to understand")


def _extract(report: Report, fingerprint: str, years: int) -> Record:
    """Read age and marker as a simple machine does; `years` is how wrong it is."""
    evidence = []
    values: dict[str, Any] = {}
    if age := re.search(r"(\d+)-year-old", report.text):
        evidence.append(Evidence("age_years", "1", *age.span(), age[0], "body", value=age[1]))
        values["age_years"] = float(age[1]) + years
    if stain := re.search(r"positive for (\w+)", report.text):
        evidence.append(Evidence("ihc", "1", *stain.span(), stain[0], "body", value=stain[1]))
        values["ihc"] = (IhcResult(stain[1], "positive", evidence=(len(evidence) - 1,)),)
    pipeline = {"version": "0", "fingerprint": fingerprint}
    kind = "guideline" if "should" in report.text else "case_report"
    return Record(about(report, kind), (Case("1", **values),) if values else (), tuple(evidence), pipeline)


class House:
    """A project with a guideline of its own, a folder of downloads, a database, and a file of corrections."""

    def __init__(self, folder: Path) -> None:
        for name in ("own", "tables", "downloads"):
            (folder / name).mkdir()
        self.project = Project(folder / "own", folder / "tables")
        self.downloads, self.database = folder / "downloads", folder / "casebook.db"
        self.path = file.path_of(self.database)
        (folder / "own" / "rules.txt").write_text("Lumps should be asked about.", encoding="utf-8")
        self.write("thigh", 61, "CD34")

    def write(self, name: str, age: int, marker: str, before: str = "", months: int = 7) -> None:
        (self.downloads / f"{name}.txt").write_text(before + TEXT.format(age=age, marker=marker, months=months), encoding="utf-8")

    def reader(self, fingerprint: str = "one", years: int = 0) -> Reader:
        return Reader(lambda report: _extract(report, fingerprint, years), _understand, fingerprint, book.read(self.path))

    def add(self, *how: Any) -> Tally:
        tally = Tally(Listener())
        filling.add([self.downloads], self.database, self.project, self.reader(*how), tally)
        return tally

    def build(self, *how: Any) -> Tally:
        tally = Tally(Listener())
        filling.build(self.database, self.project, self.reader(*how), tally)
        return tally

    def build_stored(self, *how: Any) -> Tally:
        tally = Tally(Listener())
        filling.build(self.database, self.project, self.reader(*how), tally, only_stored=True)
        return tally

    def correct(self, field: str, action: str, text: str | None = None, **more: Any) -> None:
        asked = {"item": None, "words": None, "curator": "Ada", "why": None, **more}
        with closing(sqlite3.connect(self.database)) as connection:
            append(self.path, by_hand.made(connection, "thigh/1", field, action, text, **asked))

    def undo(self, name: str) -> None:
        with store.reading(self.database) as past, ExitStack() as stack:
            run_id = diff.named(past, name)
            plan = undoing.plan(past, run_id)
            draft = Draft(self.database, stack, "one")
            undoing.apply(past, draft.connection, plan, draft.run(f"undo {run_id}"))
            draft.finish([], 0)

    def moved(self) -> list[str]:
        """What `casebook diff` says of the reports that the last run moved; the day on which something was said is left out."""
        with store.reading(self.database) as past:
            found = list(diff_telling.lines(diff.difference(past, *diff.two_runs(past, []))))
        return [re.sub(r" on \d{4}-\d\d-\d\d", "", line) for line in found if line.startswith("  ")]

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.database)) as connection:
            return connection.execute(sql).fetchall()

    def dump(self) -> list[str]:
        with closing(sqlite3.connect(self.database)) as connection:
            return list(load.dump(connection))

    def listed(self) -> list[tuple[str, str | None]]:
        with closing(sqlite3.connect(self.database)) as connection:
            return [(entry.state, entry.reason) for entry in listing.listed(connection, book.read(self.path))]


@pytest.fixture
def house(tmp_path: Path) -> House:
    made = House(tmp_path)
    made.add()
    made.build()
    return made


AGE, STATES = "select age_years from patient_case", "select field, state from correction order by number"


def test_a_correction_is_laid_over_in_a_run_of_its_own_and_then_nothing_is_done(house: House) -> None:
    house.correct("age_years", "set", "62")
    assert house.add().changed == 1
    assert house.ask(AGE) == [(62.0,)]
    assert house.ask("select reason, reports_changed from run order by run_id") == [("add", 0), ("build", 0), ("correct", 1)]
    before = house.database.read_bytes()
    assert (house.add().unchanged, house.build().unchanged) == (1, 2)
    assert house.database.read_bytes() == before


def test_what_a_run_moved_names_the_curators_part(house: House) -> None:
    house.correct("ihc", "confirm")
    house.correct("age_years", "set", "62")
    house.build()
    words = ["age_years: corrected by Ada", "ihc (CD34): confirmed by Ada"]
    assert sorted(line for line in house.moved() if "!" in line) == [f"  ! thigh/1  {word}" for word in words]
    house.correct("ihc", "withdraw")
    house.build()
    assert house.moved() == ["  ! thigh/1  ihc (CD34): holds no more: CD34, positive, confirmed by Ada"]


def test_a_build_lays_corrections_over_what_was_added(house: House) -> None:
    house.correct("age_years", "clear")
    assert house.build().changed == 1
    assert house.ask(AGE) == [(None,)]
    assert house.ask("select field, value, quote, reason from evidence where field = 'age_years'") == [
        ("age_years", "61", "61-year-old", "rejected by a curator")
    ]


def test_the_values_say_what_was_said_of_them(house: House) -> None:
    house.correct("age_years", "set", "62")
    house.correct("ihc", "add", '{"marker": "SMA", "result": "negative"}', words="lump")
    house.correct("ihc", "confirm")
    house.build()
    rows = house.ask("select field, number, band, review, certainty is null from fact where field in ('age_years', 'ihc') order by 1, 2")
    assert rows[0][2:] == ("curator", "corrected", 1)
    assert (rows[1][3:], rows[2][2:]) == (("confirmed", 0), ("curator", "added", 1))


def test_a_correction_survives_another_pipeline_and_another_text(house: House) -> None:
    house.correct("age_years", "set", "62")
    house.correct("ihc", "reject")
    house.add()
    assert house.build("another").changed == 2
    assert (house.ask(AGE), house.ask("select * from ihc_result")) == ([(62.0,)], [])
    house.write("thigh", 61, "CD34", before="First of all, thanks are due to all who asked.\n\n")
    assert house.add("another").changed == 1
    assert (house.ask(AGE), house.ask("select * from ihc_result")) == ([(62.0,)], [])
    assert house.ask(STATES) == [("age_years", "applied"), ("ihc", "applied")]


def test_a_machine_that_reads_another_value_makes_it_wait_and_says_so(house: House) -> None:
    house.correct("age_years", "set", "62")
    house.add()
    tally = house.build("another", 10)
    assert house.ask(AGE) == [(71.0,)]
    assert house.ask("select state, was, machine_value, value from correction") == [("conflict", "61.0", "71.0", "62.0")]
    assert house.ask("select review from fact where field = 'age_years'") == [("in conflict",)]
    assert list(telling.lines(house.database, tally))[-1] == (
        "1 correction in conflict with what is read now; `casebook corrections --conflicts` shows them"
    )
    assert house.moved() == [
        '  ~ thigh/1  age_years: 62 years → 71 years  "61-year-old"',
        "  ! thigh/1  age_years: in conflict: the machine now reads another value; 62 years, corrected by Ada, waits for a decision",
    ]
    house.correct("age_years", "set", "62")  # the curator decides again, now that the machine reads 71
    house.build("another", 10)
    assert (house.ask(AGE), house.ask(STATES)) == ([(62.0,)], [("age_years", "applied")])


def test_one_file_or_the_other_gives_the_same_database(house: House, tmp_path: Path) -> None:
    """An incremental build and one from nothing give the same rows."""
    house.correct("age_years", "set", "62")
    house.add()
    house.correct("ihc", "reject")
    house.add()
    step_by_step = house.dump()
    house.database.unlink()
    (tmp_path / "casebook.history.db").unlink()
    house.add()
    house.build()
    assert house.dump() == step_by_step


def test_undone_corrections_are_laid_over_once_by_the_next_build(house: House) -> None:
    house.correct("age_years", "set", "62")
    house.build()
    corrected = house.dump()
    house.undo("3")
    assert (house.ask(AGE), house.ask(STATES)) == ([(61.0,)], [])
    house.build()
    assert house.dump() == corrected


def test_what_was_corrected_is_put_back_with_its_corrections(house: House) -> None:
    house.correct("age_years", "set", "62")
    house.build()
    corrected = house.dump()
    house.build("another", 10)
    assert house.ask(STATES) == [("age_years", "conflict")]
    house.undo(house.ask("select run_id from run where reason = 'read again'")[0][0])
    assert (house.ask(AGE), house.ask(STATES)) == ([(62.0,)], [("age_years", "applied")])
    tally = house.build()
    assert (tally.changed, tally.unchanged) == (1, 1)  # the guideline alone is read again: nothing was to be laid over twice
    assert house.dump() == corrected


def test_a_case_that_was_none_stays_out_and_one_that_was_missed_stays_in(house: House) -> None:
    append(house.path, [Correction("thigh/1", "case", "reject", None, None, "A ⟦61-year-old⟧ woman", "Ada", "2026-11-21")])
    tally = house.build()
    assert (tally.exit_code, house.ask("select count(*) from patient_case")) == (0, [(0,)])
    assert house.build("another").exit_code == 0
    append(
        house.path,
        [
            Correction("thigh/2", "case", "add", None, None, None, "Ada", "2026-11-21"),
            Correction("thigh/2", "sex", "set", None, "female", "61-year-old ⟦woman⟧", "Ada", "2026-11-21"),
        ],
    )
    house.build("another")
    assert house.ask("select case_id, sex, age_years from patient_case") == [("thigh/2", "female", None)]


def test_a_bad_line_is_a_failure_and_the_others_hold(house: House) -> None:
    house.correct("age_years", "set", "62")
    with house.path.open("a", encoding="utf-8") as out:
        out.write("thigh/1,sex,set,female,mal,,,Ada,2026-11-21\n")
    tally = house.build()
    assert tally.exit_code == 1
    assert house.ask(AGE) == [(62.0,)]
    assert [message for _, message in tally.failed] == [f"{house.path}:3: found 'mal' for sex, wanted sex in ('male', 'female')"]
    told = house.ask("select report_name, message from run_report where outcome = 'failed'")
    assert told == [("casebook.corrections.csv:3", "casebook.corrections.csv:3: found 'mal' for sex, wanted sex in ('male', 'female')")]


def test_a_lost_file_is_not_taken_for_an_empty_one(house: House) -> None:
    house.correct("age_years", "set", "62")
    house.build()
    house.path.unlink()
    for way in (house.add, house.build):
        with pytest.raises(CorrectionError, match="not there, but 1 report of the database have corrections from it; wanted the file"):
            way()
    assert house.ask(AGE) == [(62.0,)]
    house.path.write_text("", encoding="utf-8")
    house.build()
    assert (house.ask(AGE), house.ask(STATES)) == ([(61.0,)], [])


def test_a_withdrawn_correction_gives_the_machines_value_back(house: House) -> None:
    before = house.dump()
    house.correct("age_years", "set", "62")
    house.build()
    house.correct("age_years", "withdraw")
    house.build()
    assert house.dump() == before


def test_corrections_wait_for_a_report_that_is_not_there_or_only_linked(house: House) -> None:
    house.write("thigh-preprint", 61, "CD34")
    house.add()
    kept, linked = house.ask("select report_id, duplicate_id from report_duplicate")[0]
    for name in (linked, "never-seen"):
        append(house.path, [Correction(f"{name}/1", "age_years", "set", 61.0, 62.0, None, "Ada", "2026-11-21")])
    house.add()
    assert house.listed() == [
        ("waiting", f"linked to {kept}, which is kept in its place"),
        ("waiting", "its report is not in the database"),
    ]


def test_the_list_says_what_became_of_each(house: House) -> None:
    house.correct("age_years", "set", "62")
    assert house.listed() == [("waiting", "not laid over the report yet; `casebook build` does it")]
    house.build()
    assert house.listed() == [("applied", None)]
    house.build("another", 10)
    assert house.listed() == [("conflict", "the machine now reads another value")]
    with closing(sqlite3.connect(house.database)) as connection:
        told = list(listing.lines(list(listing.listed(connection, book.read(house.path)))))
    assert told[0].startswith("conflict thigh/1 age_years: set 62 in place of 61, by Ada on ")
    assert told[2].strip().startswith("the curator saw:   61; A ⟦61-year-old⟧ woman had a lump")
    assert told[3].strip().startswith("the machine reads: 71; A ⟦61-year-old⟧ woman had a lump")
    assert [line.strip() for line in told[4:]] == [
        "the machine is right:     casebook correct thigh/1 age_years --confirm",
        "the curator is right:     casebook correct thigh/1 age_years --keep",
        "neither, forget about it: casebook correct thigh/1 age_years --withdraw",
        "1 correction: 1 conflict",
    ]


@pytest.mark.parametrize(("way", "stains"), [("withdraw", []), ("keep", ["SMA"])])
def test_a_conflict_over_a_list_has_one_way_out(way: str, stains: list[str], house: House) -> None:
    was = {"marker": "SMA", "result": "positive"}  # as somebody wrote it by hand; the machine never read it
    for marker in ("ALK", "S100"):
        house.correct("ihc", "add", f'{{"marker": "{marker}", "result": "negative"}}', words="lump")
    append(house.path, [Correction("thigh/1", "ihc", "set", was, {**was, "result": "negative"}, "⟦lump⟧", "Bob", "2026-11-20")])
    house.build()
    assert house.listed()[-1][0] == "conflict"
    house.correct("ihc", way)
    house.build()
    assert "conflict" not in [state for state, _ in house.listed()]
    assert house.ask("select marker from ihc_result order by 1") == [(name,) for name in sorted(["CD34", "ALK", "S100", *stains])]
    with pytest.raises(CorrectionError, match="no correction of ihc is in conflict"):
        house.correct("ihc", "keep")


def test_the_curator_is_kept_over_what_the_machine_reads_now(house: House) -> None:
    house.correct("ihc", "set", '{"result": "negative"}')
    house.build()
    house.write("thigh", 61, "CD34", before="A note. ")
    other = house.path.read_text(encoding="utf-8").replace('""result"": ""positive""', '""result"": ""equivocal""')
    house.path.write_text(other, encoding="utf-8")  # as if the machine had read another result then
    house.build()
    assert house.ask("select result from ihc_result") == [("positive",)]
    house.correct("ihc", "keep", item="CD34")
    house.build()
    assert house.ask("select result from ihc_result") == [("negative",)]
    assert [state for state, _ in house.listed()] == ["applied"]


def test_what_is_typed_names_a_value_of_a_list_by_its_words(house: House) -> None:
    house.correct("ihc", "add", '{"marker": "SMA", "result": "negative"}', words="lump")
    house.build()
    with pytest.raises(CorrectionError, match="found 2 values, wanted --item with the number of one: 1 CD34: positive; 2 SMA: negative"):
        house.correct("ihc", "confirm")
    house.correct("ihc", "set", '{"extent": "focal"}', item="cd34")
    house.build()
    assert house.ask("select marker, result, extent from ihc_result") == [("CD34", "positive", "focal"), ("SMA", "negative", None)]


@pytest.mark.parametrize(
    ("words", "message"),
    [("a mass", "its words are not in the text, wanted words as they stand there"), ("a", "its words stand at several places")],
)
def test_words_that_are_not_in_the_report_are_refused(words: str, message: str, house: House) -> None:
    with pytest.raises(CorrectionError, match=message):
        house.correct("size_cm", "set", "4", words=words)
    assert not house.path.exists()


@pytest.mark.parametrize(
    ("there", "text", "made"),
    [
        (
            {
                "total_dose_gy": 54.0,
                "fractions": 27,
                "dose_per_fraction_gy": 2.0,
                "computed": ["dose_per_fraction_gy"],
                "technique": "IMRT",
            },
            '{"fractions": 30}',
            {
                "total_dose_gy": 54.0,
                "fractions": 30,
                "dose_per_fraction_gy": 1.8,
                "computed": ["dose_per_fraction_gy"],
                "technique": "IMRT",
            },
        ),
        (
            {"total_dose_gy": 54.0, "fractions": 27, "dose_per_fraction_gy": 2.0, "is_contradictory": True},
            '{"total_dose_gy": 54, "technique": null}',
            {"total_dose_gy": 54.0, "fractions": 27, "dose_per_fraction_gy": 2.0},
        ),
        (
            {"total_dose_gy": 54.0, "fractions": 27, "dose_per_fraction_gy": 2.0, "computed": ["dose_per_fraction_gy"]},
            '{"dose_per_fraction_gy": null}',
            {"total_dose_gy": 54.0, "fractions": 27},
        ),
    ],
)
def test_what_is_computed_follows_a_corrected_dose(there: dict[str, Any], text: str, made: dict[str, Any]) -> None:
    with values.rules() as rules:
        assert values.changed("radiotherapy", text, there, rules) == made


@pytest.mark.parametrize(
    ("dose", "parts"),
    [
        ("30 mg/m2", (30.0, "mg/m2")),
        ("37.5mg", (37.5, "mg")),
        ("60 mg per day", (60.0, "mg per day")),
        ("AUC 5", (None, None)),
        ("40-60 mg", (None, None)),
        ("400 mg/m2 + 2400 mg/m2", (None, None)),
        (None, (None, None)),
    ],
)
def test_number_and_unit_follow_a_corrected_dose_of_a_drug(dose: str | None, parts: tuple[float | None, str | None]) -> None:
    there = {"name": "cisplatin", "dose": "40 mg/m2", "dose_value": 40.0, "dose_unit": "mg/m2", "cycles": 6}
    with values.rules() as rules:
        made = values.changed("drugs", json.dumps({"dose": dose}), there, rules)
    assert (made.get("dose"), made.get("dose_value"), made.get("dose_unit"), made["cycles"]) == (dose, *parts, 6)


def test_a_build_of_what_is_stored_lays_corrections_over_and_adds_nothing(tmp_path: Path) -> None:
    """Neither to a database of one's own reports, nor to one of the project's that lacks a report since."""
    house = House(tmp_path)
    tables = Path(__file__).parent.parent / "corpus" / "dose_tables"
    house.add()
    for ending in ("csv", "toml"):
        shutil.copy(tables / f"imt_radiotherapy.{ending}", house.project.dose_tables)
    house.correct("age_years", "set", "62")
    tally = house.build_stored()
    assert (tally.new, tally.changed, tally.dose_tables, tally.failed) == (0, 1, 0, [])
    assert house.ask(AGE) == [(62.0,)]
    assert house.ask("select report_id from report") == [("thigh",)]
    house.build()
    assert house.ask("select report_id, kind from report") == [("rules", "guideline"), ("thigh", "case_report")]
    assert house.ask("select count(*) from dose_table") == [(1,)]
    (house.project.reports / "more.txt").write_text("Nobody should be asked twice.", encoding="utf-8")
    (house.project.reports / "rules.txt").write_text("Lumps should be asked about, and soon.", encoding="utf-8")
    tally = house.build_stored("another")
    assert (tally.new, tally.changed, tally.failed) == (0, 2, [])
    assert house.ask("select text from report_text where report_id = 'rules'") == [("Lumps should be asked about, and soon.",)]
    assert house.ask("select count(*) from report") == [(2,)]
    assert house.ask(AGE) == [(62.0,)]


def test_a_build_of_what_is_stored_makes_no_database(tmp_path: Path) -> None:
    house = House(tmp_path)
    with pytest.raises(DatabaseError, match="not there yet"):
        house.build_stored()
    assert not house.database.exists()


# --- the commands ----------------------------------------------------------------------------------


def _run(database: Path, *words: str) -> tuple[int, str, str]:
    """Run a command on a database; return exit code, stdout and stderr."""
    done = CliRunner().invoke(casebook.main, [*words, "--database", str(database)], env={"CASEBOOK_CURATOR": "Ada"})
    return done.exit_code, done.stdout, done.stderr


def test_what_stands_is_shown_before_it_is_corrected(tmp_path: Path) -> None:
    database = db_fixtures.build(tmp_path / "casebook.db")
    code, out, _ = _run(database, "correct", "lung-imt/1", "ihc")
    assert code == 0
    assert out.splitlines()[0].startswith("ihc 1: SMA: positive (")
    assert out.splitlines()[0].endswith(" certainty, unreviewed)")
    code, out, err = _run(database, "correct", "lung-imt")
    assert (code, err) == (1, "casebook: lung-imt: no case of this name is in the database, wanted lung-imt/1\n")


def test_a_correction_is_typed_listed_and_waits_for_the_build(tmp_path: Path) -> None:
    database = db_fixtures.build(tmp_path / "casebook.db")
    code, out, _ = _run(database, "correct", "lung-imt/1", "site", "--set", "C34.3", "--why", "the table says so")
    assert code == 0
    assert out.startswith("lung-imt/1 site: set lower lobe of lung · C34.3 · right in place of upper")
    assert out.splitlines()[1].endswith(f"casebook.corrections.csv; `casebook build --database {database}` lays it over what is read")
    code, out, err = _run(database, "corrections")
    assert (code, err, out.splitlines()[-1]) == (0, "", "1 correction: 1 waiting")
    assert _run(database, "corrections", "--conflicts")[:2] == (0, "0 corrections\n")
    (tmp_path / "other.csv").write_text(f"{','.join(file.COLUMNS)}\nlung-imt/1,sex,set,male,mal,,,Ada,2026\n", encoding="utf-8")
    code, out, err = _run(database, "corrections", "--corrections", str(tmp_path / "other.csv"))
    assert (code, out) == (1, "0 corrections\n")
    assert err.startswith(f"casebook: {tmp_path / 'other.csv'}:2: found 'mal' for sex")


def test_the_command_that_is_named_adds_no_report_of_the_project(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.add()
    before = house.ask("select report_id from report")
    words = ("correct", "thigh/1", "age_years", "--set", "62", "--words", "61-year-old")
    said = _run(house.database, *words)[1].splitlines()[1]
    named = re.search("`casebook (.*)`", said)
    assert named
    assert named[1] == f"build --only-stored --database {house.database}"
    other = tmp_path / "my corrections.csv"
    said = _run(house.database, "correct", "thigh/1", "age_years", "--set", "63", "--corrections", str(other))[1].splitlines()[-1]
    assert f"`casebook build --only-stored --database {house.database} --corrections '{other}'`" in said
    done = CliRunner().invoke(casebook.main, shlex.split(named[1]))
    assert done.exit_code == 0, done.output
    assert house.ask("select report_id from report") == before
    assert house.ask("select age_years from patient_case") == [(62.0,)]


def test_the_value_that_stands_is_confirmed_and_can_be_given_other_words(tmp_path: Path) -> None:
    database = db_fixtures.build(tmp_path / "casebook.db")
    assert _run(database, "correct", "lung-imt/1", "age_years", "--confirm")[0] == 0
    assert _run(database, "correct", "lung-imt/1", "age_years", "--set", "54", "--words", "CT showed a mass")[0] == 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["age_years", "--set", "900"], "found '900.0' for age_years, wanted age_years between 0 and 120"),
        (["age_years", "--set", "54"], "lung-imt/1: age_years is 54 already, wanted another value, or confirm"),
        (["ihc", "--item", "ALK", "--set", '{"result": "negative"}'], "ihc is ALK negative already, wanted another value, or confirm"),
        (["ki67_percent", "--set", "5"], "found set without words, wanted those of the report that say it"),
        (["ihc", "--reject", "--item", "HMB-45"], "found no values that 'HMB-45' may mean, wanted --item with the number of one: 1 SMA"),
        (["colour", "--set", "blue"], "found the field 'colour', wanted one of: age_years"),
        (["events", "--confirm"], "found the field 'events', wanted one of: age_years"),
    ],
)
def test_what_cannot_be_a_correction_is_told_in_a_line(words: list[str], message: str, tmp_path: Path) -> None:
    database = db_fixtures.build(tmp_path / "casebook.db")
    code, out, err = _run(database, "correct", "lung-imt/1", *words)
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert message in err
    assert not (tmp_path / "casebook.corrections.csv").exists()
