"""Whatever the way on which a database came to its reports, its rows are those of one build of them from nothing. Texts are invented."""

from __future__ import annotations

import ast
import random
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

import casebook
from corpus.report import Report
from db import duplicates, flags, load, overview, version
from db import records as records_of
from db.corrections.file import path_of
from db.records import CLASSES
from extract import pipeline as extraction
from extract.record import Record
from tests import invented_reports, remembered, report_writers, test_duplicates
from tests.remembered import Project, done, run

ROOT = Path(casebook.__file__).parent
OWN = ("own-larynx.txt", "own-knee.txt")
SISTERS = (
    "A 37-year-old man, a diver, presented with a mass of the left thigh of 8.4 cm. Excision was complete; histology showed a leiomyosarcoma. "
    "He received radiotherapy of 61.2 Gy in 34 fractions. After 41 months of follow-up he was alive without disease.",
    "We saw a man aged 37 years. The tumor of the left thigh measured 8.4 cm and was a leiomyosarcoma. Radiotherapy of 61.2 Gy in 34 fractions "
    "followed the operation. He was alive without recurrence 41 months after surgery, and dives again.",
)
LITERATURE = "Reference,Age,Sex,Site,Dose (Gy),Fractions\nSmith 2001,54,M,Lung,{dose},25\nJones 2003,37,M,Thigh,61.2,34\n"
PATIENTS = "Patient,Age,Sex,Site,Dose (Gy),Fractions\n1,54,M,Lung,{dose},25\n2,61,F,Larynx,66,33\n"


@dataclass(slots=True)
class World:
    """A project with its own reports, files that people add, and the pipeline of the day; all may change."""

    folder: Path
    project: Project
    variants: Mapping[str, tuple[str, ...]]
    written: dict[str, int] = field(default_factory=dict)

    def write(self, name: str, variant: int) -> Path:
        """Write one of the texts of a file."""
        path = (self.project.own if name in OWN else self.folder) / name
        path.write_text(self.variants[name][variant % len(self.variants[name])], encoding="utf-8")
        self.written[name] = variant
        return path

    def files(self, *endings: str) -> list[Path]:
        """Return the files that people add, by name."""
        return sorted(path for path in self.folder.iterdir() if path.name.endswith(endings))


def texts() -> Mapping[str, tuple[str, ...]]:
    """Return the texts that each file may have, one after the other: the last is the first with another citation where it has one."""
    case, full, abstract = test_duplicates.CASE, test_duplicates.FULL, test_duplicates.ABSTRACT
    words = case.split(" ")
    found: dict[str, tuple[str, ...]] = {
        # The same publication six times, of which other texts of the same files are quite other reports.
        "paper.md": (f"---\ndoi: 10.1234/inv.1\nyear: 2019\n---\n# {test_duplicates.TITLE}\n\n{full}", test_duplicates.OTHER_CASE, f"---\nyear: 2020\n---\n{full}"),
        "abstract.txt": (abstract, f"{abstract} He bakes again.", invented(41)),
        "preprint.md": (f"---\ndoi: 10.1101/2019.1\n---\n# {test_duplicates.TITLE}\n\n{test_duplicates._worn(full, 0.1)}", full),
        "plain.txt": (full + test_duplicates.REFERENCES, test_duplicates.OTHER_CASE),
        "scan.txt": (test_duplicates._worn(full, 0.03, 2), test_duplicates._worn(full, 0.05, 3)),
        "retold.md": ("---\ndoi: 10.1234/inv.1\nretelling: retold\n---\nA 51-year-old baker, a man, had a tumour of the orbit. He was well after 3 years.",),
        # Halves that only the whole binds together.
        "half-1.txt": (" ".join(words[:95]), " ".join(words[:80])),
        "half-2.txt": (f"He is a man of 51 years. {' '.join(words[95:])}",),
        "sister-1.txt": (SISTERS[0], SISTERS[0].replace("8.4", "8.5")),
        "sister-2.txt": (SISTERS[1],),
        "review.csv": (LITERATURE.format(dose=50), LITERATURE.format(dose=54)),
        "series.csv": (PATIENTS.format(dose=50), PATIENTS.format(dose=54)),
        OWN[0]: ("A 61-year-old woman was hoarse. Biopsy of the larynx showed a squamous cell carcinoma. She received 66 Gy in 33 fractions.",),
        OWN[1]: (case, test_duplicates.OTHER_CASE),
    }  # fmt: skip
    for number in range(5):
        found[f"invented-{number}.txt"] = (invented(number), invented(number).replace("weeks", "months"), invented(number + 20))
    story = invented_reports.invented(7)[0]
    others = (story, replace(story, about=story.about | {"year": 1971}), replace(story, about=story.about | {"doi": "10.1234/inv.1"}))
    found["cited.md"] = tuple(report_writers.markdown(other).decode() for other in others)
    return found


def invented(number: int) -> str:
    return report_writers.text(invented_reports.invented(number)[0]).decode()


@pytest.fixture(scope="module")
def records() -> dict[str, Record]:
    """What the pipeline read in each report, so that it reads it once."""
    return {}


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pipeline: extraction.Pipeline, records: dict[str, Record]) -> World:
    project = remembered.install(monkeypatch, tmp_path, pipeline, records)
    made = World(tmp_path / "files", project, texts())
    made.folder.mkdir()
    for name in made.variants:
        made.write(name, 0)
    return made


def dump(database: Path) -> str:
    with closing(load.connect(database)) as connection:
        return "\n".join(load.dump(connection))


def from_nothing(world: World, database: Path, corrections: Path | None = None) -> str:
    """Return the rows of one build of all that is there now, the files in the order of their names."""
    if corrections and corrections.exists():
        shutil.copy(corrections, path_of(database))
    done("build", "--database", database)
    done("add", *world.files(".txt", ".md"), "--database", database)
    for path in world.files(".csv"):
        done("tables", "add", "--yes", path, "--database", database)
    return dump(database)


def correct(database: Path, pick: random.Random) -> str:
    """Let a curator decide on some value, or take the last decisions back, as git does; return what was typed and the answer.

    Not all that is typed is possible: then it is refused.
    """
    file = path_of(database)
    if file.exists() and pick.random() < 0.15:
        lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
        file.write_text("".join(lines[: max(1, len(lines) - pick.randint(1, 3))]), encoding="utf-8")
        return "the last lines of the corrections are gone"
    with closing(sqlite3.connect(database)) as connection:
        values = connection.execute("select case_id, field, number, value from fact order by case_id, field, number").fetchall()
        said = connection.execute("select case_id, field, fact_number from correction order by case_id, field, number").fetchall()
    if said and pick.random() < 0.2:
        case, field, number = pick.choice(said)
        item = ("--item", str(number)) if field in CLASSES and number else ()
        told = run("correct", case, field, *item, "--withdraw", "--by", "Bea", "--database", database).output.strip()
        return f"withdraw {case} {field} {number}: {told}"
    if not values:
        return "there is nothing to correct"
    case, field, number, value = pick.choice(values)
    item = ("--item", str(number)) if field in CLASSES else ()
    word = value.split(" ")[0]
    words: tuple[str, ...] = pick.choice(
        (
            (field, *item, "--confirm"),
            (field, *item, "--withdraw"),
            (field, *item, "--reject") if item else (field, "--clear"),
            ("age_years", "--set", str(pick.randint(20, 80))),
            ("sex", "--set", pick.choice(("male", "female"))),
            ("ihc", "--add", '{"marker": "CD34", "result": "negative"}', "--words", word),
            ("metastases", "--add", "liver", "--words", word),
            ("case", pick.choice(("--reject", "--confirm", "--withdraw"))),
        )
    )
    return f"correct {case} {words}: {run('correct', case, *words, '--by', 'Ann', '--database', database).output.strip()}"


def lived(world: World, database: Path, pick: random.Random, steps: int) -> Iterator[str]:
    """Bring a database by many ways to the reports that are there in the end; yield what was done."""
    for _ in range(steps):
        what = pick.choice(("add", "add", "edit", "edit", "build", "pipeline", "table", "undo", "undo", "correct", "correct"))
        some = pick.sample(world.files(".txt", ".md"), pick.randint(1, 6))
        if what == "edit":
            names = pick.sample(sorted(world.variants), 3)
            variants = [pick.randint(0, 2) for _ in names]
            some = [world.write(name, variant) for name, variant in zip(names, variants, strict=True)]
            some = [path for path in some if path.parent == world.folder and path.suffix != ".csv"]
            yield f"edit {list(zip(names, variants, strict=True))}"
        if what == "add" or (what == "edit" and some):
            done("add", *some, "--database", database)
            yield f"add {[path.name for path in some]}"
        elif what == "build":
            done("build", "--database", database)
            yield what
        elif what == "pipeline":
            world.project.fingerprint = f"pipeline {pick.randint(0, 3)}"
            yield f"{what} {world.project.fingerprint}"
        elif what == "table":
            path = pick.choice(world.files(".csv"))
            done("tables", "add", "--yes", path, "--database", database)
            yield f"tables add {path.name}"
        elif what == "correct" and database.exists():
            yield from (correct(database, pick) for _ in range(3))
        elif what == "undo" and database.exists():
            last = len(done("runs", "--database", database).splitlines()) - 1
            number = max(1, last - pick.randint(0, 3))
            force = pick.choice(((), ("--force",)))
            yield f"undo {number} {force}: {run('undo', str(number), *force, '--database', database).output.strip()}"
    paths = world.files(".txt", ".md")
    pick.shuffle(paths)
    yield f"add {[path.name for path in paths]}"
    at = pick.randint(0, len(paths))
    for some in filter(None, (paths[:at], paths[at:])):
        done("add", *some, "--database", database)
    for path in world.files(".csv"):
        done("tables", "add", "--yes", path, "--database", database)
    done("build", "--database", database)


@pytest.mark.parametrize("seed", range(10))
def test_every_way_to_the_same_reports_gives_the_same_rows(seed: int, world: World, tmp_path: Path) -> None:
    way = list(lived(world, tmp_path / "lived.db", random.Random(seed), 18))
    wanted, found = from_nothing(world, tmp_path / "fresh.db", path_of(tmp_path / "lived.db")), dump(tmp_path / "lived.db")
    assert found == wanted, "\n".join([*way, *difference(found, wanted)])


def test_the_projects_own_reports_in_any_order_and_batch(
    built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pipeline: extraction.Pipeline
) -> None:
    """What was read of them is taken from the database that was built; all else is done anew."""
    usual = extraction.extract
    pick, paths = random.Random(3), sorted(casebook.REPORTS.glob("*.md"))
    (tmp_path / "files").mkdir()
    for number in range(4):
        path = tmp_path / "files" / f"invented-{number}.txt"
        path.write_text(invented(number), encoding="utf-8")
    others = sorted((tmp_path / "files").iterdir())

    def extract(report: Report, today: extraction.Pipeline) -> Record:
        with closing(sqlite3.connect(built)) as connection:
            return records_of.stored_record(connection, report.id) or usual(report, today)

    monkeypatch.setattr(extraction, "extract", extract)
    fresh, lived = tmp_path / "fresh.db", tmp_path / "lived.db"
    shutil.copy(built, fresh)
    done("add", *others, "--database", fresh)
    mixed = [*paths, *others]
    pick.shuffle(mixed)
    for at in range(0, len(mixed), 17):
        done("add", *mixed[at : at + 17], "--database", lived)
    done("undo", "2", "--force", "--database", lived)
    done("add", *mixed[17:34], "--database", lived)
    done("build", "--database", lived)
    assert dump(lived) == dump(fresh), difference(dump(lived), dump(fresh))


def test_a_database_with_other_tables_is_made_anew_with_the_same_rows(world: World, tmp_path: Path) -> None:
    """A piece of a report that tells of no patient alone is linked to the whole, and stays so."""
    case = test_duplicates.CASE
    tail = " ".join(case.split(" ")[95:])
    (world.folder / "a-tail.txt").write_text(tail, encoding="utf-8")
    database = tmp_path / "x.db"
    assert "no patient found" in run("add", world.folder / "a-tail.txt", "--database", tmp_path / "alone.db").output
    done("add", world.folder / "paper.md", "--database", database)
    done("add", *world.files(".txt", ".md"), "--database", database)
    done("build", "--database", database)
    before = dump(database)
    assert "report_duplicate ('a-tail', 'paper'" in before
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("pragma user_version = 7")
        connection.commit()
    done("build", "--database", database)
    assert dump(database) == before


@pytest.mark.parametrize("names", [("paper.md", "preprint.md"), ("preprint.md",)])
def test_what_an_undo_put_beside_its_like_is_linked_when_it_is_added_again(names: tuple[str, ...], world: World, tmp_path: Path) -> None:
    lived, fresh = tmp_path / "lived.db", tmp_path / "fresh.db"
    paper, preprint = world.folder / "paper.md", world.folder / "preprint.md"
    done("add", preprint, "--database", lived)
    done("undo", "1", "--database", lived)
    done("add", paper, "--database", lived)
    done("undo", "2", "--database", lived)
    assert "report ('preprint'" in dump(lived)
    done("add", *(world.folder / name for name in names), "--database", lived)
    done("add", preprint, paper, "--database", fresh)
    assert dump(lived) == dump(fresh)


def difference(found: str, wanted: str) -> list[str]:
    """Return the rows that one of two dumps has alone, cut short."""
    one, other = found.splitlines(), wanted.splitlines()
    alone = [f"only lived: {row}" for row in sorted(set(one) - set(other))] + [
        f"only fresh: {row}" for row in sorted(set(other) - set(one))
    ]
    return [row[:200] for row in alone[:40]]


# --- code that makes rows, or tells which reports are the same -------------------------------------


def imported(module: str) -> Iterator[str]:
    """Yield the modules of `db` that a module imports, wherever in it."""
    for node in ast.walk(ast.parse((ROOT / f"{module.replace('.', '/')}.py").read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            names = (node.module, *(f"{node.module}.{alias.name}" for alias in node.names))
            yield from (name for name in names if name.startswith("db.") and (ROOT / f"{name.replace('.', '/')}.py").exists())


def test_the_fingerprint_is_of_all_that_makes_rows() -> None:
    """What stores a report, and what lays corrections over it, with all that they import."""
    wanted, waiting = {"db/topography.csv"}, ["db.load", "db.corrections.book"]
    while waiting:
        module = waiting.pop()
        path = f"{module.replace('.', '/')}.py"
        if path not in wanted:
            wanted.add(path)
            waiting += imported(module)
    found = {name for name, _ in version.files() if name.startswith("db/")}
    assert wanted - found == {"db/version.py"}
    assert all((ROOT / name).exists() for name in version._ASIDE)
    assert {"db/flags.py", "db/facts.py", "db/corrections/overlay.py", "extract/pipeline.py"} <= {name for name, _ in version.files()}
    assert not found & {"db/pages/home.py", "db/pages/case.py", "db/serve.py"}
    assert not [name for name in found if name.startswith(("db/site/", "db/review/", "db/intake/", "db/history/"))]


def test_another_file_is_another_fingerprint(tmp_path: Path) -> None:
    """In a copy of the code: pages may change, rows may not, and each part of the fingerprint is of its own files."""
    for name in ("db", "extract", "corpus"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", "site", "static"))

    def told() -> tuple[str, str, str]:
        code = "from db import version; print(version.fingerprint(), version.likeness())"
        done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
        fingerprint, likeness = done.stdout.split()
        read, rows = fingerprint.split("-")
        return read, rows, likeness

    def changed(name: str) -> tuple[bool, ...]:
        before = told()
        with (tmp_path / name).open("a", encoding="utf-8") as file:
            file.write("\n")
        return tuple(old != new for old, new in zip(before, told(), strict=True))

    assert changed("db/pages/case.py") == changed("db/intake/storing.py") == changed("db/history/diff.py") == (False, False, False)
    assert changed("db/flags.py") == changed("db/corrections/overlay.py") == changed("db/topography.csv") == (False, True, False)
    assert changed("db/duplicates.py") == (False, True, True)
    assert changed("extract/lexicons/drug.csv") == (True, False, False)


def otherwise(patch: pytest.MonkeyPatch, world: World) -> None:
    """Let the code that makes rows be another: it flags nothing, and has no words for how patients are."""
    patch.setattr(flags, "rows", lambda *_: iter(()))
    patch.setattr(overview, "STATUS_WORDS", ())
    world.project.fingerprint = "pipeline 0-rows 1"


@pytest.mark.parametrize("way", ["build", "add"])
def test_after_a_change_of_the_code_that_makes_rows_all_are_made_anew(
    way: str, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database, fresh = tmp_path / "lived.db", tmp_path / "fresh.db"
    world.project.fingerprint = "pipeline 0-rows 0"
    before = from_nothing(world, database)
    with monkeypatch.context() as patch:
        otherwise(patch, world)
        if way == "add":
            assert " 0 new, " in done("add", *world.files(".txt", ".md"), "--database", database)
        done("build", "--database", database)
        wanted = from_nothing(world, fresh)
        assert dump(database) == wanted != before
        assert "is up to date" in done("build", "--database", database)
    with closing(sqlite3.connect(database)) as connection:
        last = connection.execute("select reason, pipeline_fingerprint from run order by run_id desc limit 1").fetchone()
        outcomes = connection.execute("select distinct outcome from run_report where run_id = (select max(run_id) from run)").fetchall()
    assert (last, outcomes) == (("read again", "pipeline 0-rows 1"), [("changed",)])


def test_what_an_undo_puts_back_by_other_code_is_made_anew_by_that_of_before(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The code is changed, what it moved is undone, and the change is taken back only then."""
    database = tmp_path / "lived.db"
    monkeypatch.setattr(version, "_rows", lambda: world.project.fingerprint.partition("-")[2])
    world.project.fingerprint = "pipeline 0-rows 0"
    before = from_nothing(world, database)
    with monkeypatch.context() as patch:
        otherwise(patch, world)
        done("build", "--database", database)
        done("undo", str(len(done("runs", "--database", database).splitlines()) - 1), "--force", "--database", database)
    world.project.fingerprint = "pipeline 0-rows 0"
    done("build", "--database", database)
    assert dump(database) == before


def test_after_a_change_of_the_code_that_tells_who_is_the_same_all_is_linked_anew(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lived, fresh = tmp_path / "lived.db", tmp_path / "fresh.db"
    with monkeypatch.context() as patch:
        patch.setattr(version, "likeness", lambda: 7)
        patch.setattr(duplicates, "_SHARE", 2.0)
        patch.setattr(duplicates, "_SHORT_SHARE", 2.0)
        before = from_nothing(world, lived)
    assert "changed" in done("build", "--database", lived)
    assert dump(lived) == from_nothing(world, fresh) != before
    assert "is up to date" in done("build", "--database", lived)
