"""Downloads: what is written equals what the database holds, value by value, and the same database gives the same bytes."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import re
import shutil
import sqlite3
import subprocess
import zipfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

import casebook
from corpus.dose_table import load_dose_table
from db import export, load, made_folder, records, schema
from db.export import manifest as manifests
from db.export import tables
from db.reports import stored_report
from db.schema import DatabaseError
from tests import db_fixtures

IMT = Path(__file__).parent.parent / "corpus" / "dose_tables" / "imt_radiotherapy.csv"
FORMULAS = (
    '=HYPERLINK("https://x.example","y")',
    "+1 for SMA",
    "-5 days",
    "@SUM(A1)",
    "'=1",
    "''-1",
    "\tindented",
    "'tis",
    "a=b",
    "1-2",
    "",
)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with a case in every field, markup, a dose table, and words that a spreadsheet would run."""
    path = db_fixtures.build(tmp_path_factory.mktemp("export") / "casebook.db")
    with closing(load.connect(path)) as connection:
        load.store_dose_table(connection, load_dose_table(IMT))
        load.refresh_overview(connection)
        connection.execute("insert into run (run_id, started_at) values ('run-2', '2026-03-04T05:06:07+00:00')")
        for number, words in enumerate(FORMULAS):
            connection.execute("insert into run_report values ('run-2', ?, 'failed', ?)", (f"r{number}", words))
    return path


@pytest.fixture(scope="module")
def folder(database: Path) -> Path:
    _, is_new = export.export(database, export.folder_of(database))
    assert is_new
    return export.folder_of(database)


def rows_of(database: Path, table: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(database)) as connection:
        key = [row[1] for row in sorted(connection.execute(f"pragma table_info({table})"), key=lambda row: row[5]) if row[5]]
        return connection.execute(f"select * from {table} order by {', '.join(key)}").fetchall()


def exported(database: Path) -> tuple[tables.ExportedTable, ...]:
    with closing(sqlite3.connect(database)) as connection:
        return tables.exported(connection)


def test_all_but_what_only_programs_need_is_exported(database: Path, folder: Path) -> None:
    names = {table.name for table in exported(database)}
    everything = {name for name, table in schema.dictionary().items() if not name.endswith("_search")}
    assert everything - names == {"case_words", "report_fingerprint", "source_file"}
    assert {path.stem for path in (folder / "parquet").iterdir()} == names


def test_parquet_holds_each_value_with_its_type(database: Path, folder: Path) -> None:
    n_rows = 0
    for table in exported(database):
        found = pq.read_table(folder / "parquet" / f"{table.name}.parquet")
        assert found.schema.equals(table.arrow, check_metadata=True), table.name
        wanted = rows_of(database, table.name)
        values = list(zip(*(column.to_pylist() for column in found.columns), strict=True))
        assert values == wanted, table.name
        assert [[type(x) for x in row] for row in values] == [[type(x) for x in row] for row in wanted], table.name
        n_rows += len(wanted)
    assert n_rows > 200
    described = pq.read_schema(folder / "parquet" / "patient_case.parquet").field("size_cm").metadata[b"description"]
    assert b"centimetres" in described


def csv_cells(line_text: str) -> Iterator[list[str | None]]:
    """The cells of a CSV: None for an empty cell without quotes. Python's own reader cannot tell that from an empty text."""
    cell = re.compile(r'(?:"((?:[^"]|"")*)"|([^",\n]*))([,\n])')
    row: list[str | None] = []
    place = 0
    while place < len(line_text):
        found = cell.match(line_text, place)
        assert found, line_text[place : place + 50]
        quoted, bare, end = found.groups()
        row.append(quoted.replace('""', '"') if quoted is not None else bare or None)
        place = found.end()
        if end == "\n":
            yield row
            row = []


def unguarded(cell: str) -> str:
    """A cell's words as README.txt says to take them back."""
    return re.sub(r"^'('*[=+\-@\t\r])", r"\1", cell)


def test_csv_holds_each_value_and_runs_no_formula(database: Path, folder: Path) -> None:
    with zipfile.ZipFile(folder / "casebook-csv.zip") as archive:
        for table in exported(database):
            text = archive.read(f"tables/{table.name}.csv").decode()
            header, *found = csv_cells(text)
            assert header == [column.name for column in table.columns]
            readers = [{"TEXT": unguarded, "INTEGER": int, "REAL": float}[column.type] for column in table.columns]
            values = [
                tuple(None if x is None else read(x) for read, x in zip(readers, row, strict=True)) for row in found
            ]  # fmt: skip
            assert values == rows_of(database, table.name), table.name
            is_text = [column.type == "TEXT" for column in table.columns]
            for row in found:
                assert not [x for x, text in zip(row, is_text, strict=True) if text and x and x[0] in "=+-@\t\r"], row
            # What everybody's reader makes of it has as many rows and cells.
            assert [len(row) for row in csv.reader(io.StringIO(text, newline=""))] == [len(table.columns)] * (len(found) + 1)


@given(st.text(alphabet="'=+-@\t\rab1 ", max_size=8))
def test_every_text_comes_back_from_behind_its_apostrophe(words: str) -> None:
    import pyarrow as pa

    guarded = pc.replace_substring_regex(pa.array([words]), tables._FORMULA, tables.GUARD)[0].as_py()
    assert unguarded(guarded) == words
    assert not guarded or guarded[0] not in "=+-@\t\r"


def test_negative_numbers_stay_numbers(tmp_path: Path) -> None:
    """No number of today's tables is negative; the form holds for one that is."""
    import pyarrow as pa

    batch = pa.record_batch([pa.array([-1.5, None]), pa.array(["-1.5", None])], names=["number", "text"])
    assert tables._guarded(batch).to_pydict() == {"number": [-1.5, None], "text": ["'-1.5", None]}


def test_records_are_those_of_the_database(database: Path, folder: Path) -> None:
    with gzip.open(folder / "casebook-records.jsonl.gz", "rt", encoding="utf-8") as file:
        found = [json.loads(line) for line in file]
    with closing(sqlite3.connect(database)) as connection:
        ids = [name for (name,) in connection.execute("select report_id from report order by report_id")]
        stored = [records.stored_record(connection, name) for name in ids]
    assert [entry["report"]["id"] for entry in found] == ids
    assert found == [record.to_json() for record in stored if record]
    lung = next(entry for entry in found if entry["report"]["id"] == "lung-imt")
    assert lung["cases"][0]["radiotherapy"][0]["total_dose_gy"] == 54.0
    assert lung["evidence"][lung["cases"][0]["ihc"][0]["evidence"][0]]["quote"] == "SMA and vimentin were positive"


def test_records_of_many_reports_are_those_of_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Names whose cases do not stand in the order of the reports ("a-b/1" comes before "a/1"), and more of them than are fetched at once."""
    names = ("a", "a-b", "a.b", "a0", "b")
    with closing(load.connect(db_fixtures.build(tmp_path / "casebook.db"))) as connection:
        report, record = stored_report(connection, "lung-imt"), records.stored_record(connection, "lung-imt")
        assert report and record
        load.start_run(connection, "more", "add")
        for name in names:
            load.store(connection, replace(report, id=name), replace(record, report={**record.report, "id": name}), "more")
        ids = [name for (name,) in connection.execute("select report_id from report order by report_id")]
        alone = [records.stored_record(connection, name) for name in ids]
        monkeypatch.setattr(records, "_BATCH", 2)
        assert list(records.stored_records(connection)) == alone
        assert {name for name, found in zip(ids, alone, strict=True) if found and found.cases and found.evidence} > set(names)
        assert records.stored_record(connection, "nobody") is None


def test_the_database_is_the_same_file_and_its_packed_form_too(database: Path, folder: Path) -> None:
    assert (folder / "casebook.db").read_bytes() == database.read_bytes()
    assert gzip.decompress((folder / "casebook.db.gz").read_bytes()) == database.read_bytes()


def test_sums_are_right(folder: Path, database: Path) -> None:
    done = subprocess.run(["sha256sum", "--strict", "-c", "SHA256SUMS"], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    made = manifests.read(folder)
    assert made is not None
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert {file.name for file in made.files} == there - {"manifest.json"}
    assert len(done.stdout.splitlines()) == len(made.files) - 1
    for file in made.files:
        content = (folder / file.name).read_bytes()
        assert (file.size, file.sha256) == (len(content), hashlib.sha256(content).hexdigest())


def test_version_names_pipeline_reports_and_sum(folder: Path, database: Path) -> None:
    made = manifests.read(folder)
    assert made is not None
    digest = hashlib.sha256(database.read_bytes()).hexdigest()
    version = db_fixtures.PIPELINE["version"]
    assert made.edition.version == f"{version}+3.{digest[:12]}"
    assert made.edition.pipeline_fingerprint == db_fixtures.PIPELINE["fingerprint"]
    assert (made.edition.date, made.edition.cases) == ("2026-03-04T05:06:07+00:00", 3)
    assert made.edition.version in (folder / "README.txt").read_text()


def test_packages_describe_their_files(folder: Path, database: Path) -> None:
    with zipfile.ZipFile(folder / "casebook-csv.zip") as archive:
        inside, names = json.loads(archive.read("datapackage.json")), set(archive.namelist())
        dictionary = list(csv.DictReader(io.StringIO(archive.read("dictionary.csv").decode())))
        assert b"Not for the care of patients" in archive.read("README.txt")
    beside = json.loads((folder / "datapackage.json").read_text())
    for package, there in ((inside, names), (beside, {f"parquet/{path.name}" for path in (folder / "parquet").iterdir()})):
        resources = {resource["name"]: resource for resource in package["resources"]}
        assert {resource["path"] for resource in resources.values()} <= there
        for table in exported(database):
            said = resources[table.name]["schema"]
            assert [field["name"] for field in said["fields"]] == [column.name for column in table.columns]
            assert tuple(said["primaryKey"]) == table.key
            for key in said["foreignKeys"]:
                theirs = {field["name"] for field in resources[key["reference"]["resource"]]["schema"]["fields"]}
                assert set(key["reference"]["fields"]) <= theirs
    size = next(r for r in beside["resources"] if r["name"] == "patient_case")["schema"]["fields"]
    assert next(field for field in size if field["name"] == "size_cm")["type"] == "number"
    for resource in beside["resources"]:
        content = (folder / resource["path"]).read_bytes()
        assert (resource["bytes"], resource["hash"]) == (len(content), f"sha256:{hashlib.sha256(content).hexdigest()}")
    described = {(line["table"], line["column"]): line["description"] for line in dictionary}
    assert described["patient_case", "size_cm"] == schema.dictionary()["patient_case"].columns["size_cm"]


def content_of(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_the_same_database_gives_the_same_bytes(database: Path, folder: Path, tmp_path: Path) -> None:
    copy = tmp_path / "other name.db"
    shutil.copyfile(database, copy)
    export.export(copy, tmp_path / "again")
    assert content_of(tmp_path / "again") == content_of(folder)


def test_a_rerun_does_nothing_and_a_damaged_export_is_made_anew(database: Path, tmp_path: Path) -> None:
    to = tmp_path / "out"
    export.export(database, to)
    before = (to.stat().st_ino, (to / "casebook-csv.zip").stat().st_mtime_ns)
    made, is_new = export.export(database, to)
    assert not is_new
    assert (to.stat().st_ino, (to / "casebook-csv.zip").stat().st_mtime_ns) == before
    (to / "casebook-csv.zip").write_bytes(b"cut")
    assert export.export(database, to) == (made, True)
    (to / "README.txt").unlink()
    assert export.export(database, to) == (made, True)
    (to / "manifest.json").write_text('{"made_by": "casebook export", "files": 3}')
    assert export.export(database, to) == (made, True)
    assert {path.name for path in tmp_path.iterdir()} == {"out", ".out.lock"}


def test_another_database_takes_the_place_of_the_older_export(database: Path, tmp_path: Path) -> None:
    mine = tmp_path / "casebook.db"
    shutil.copyfile(database, mine)
    first, _ = export.export(mine, tmp_path / "out")
    with closing(load.connect(mine)) as connection:
        load.remove(connection, "markup")
    second, is_new = export.export(mine, tmp_path / "out")
    assert is_new
    assert second.edition.version != first.edition.version
    assert pq.read_table(tmp_path / "out" / "parquet" / "report.parquet")["report_id"].to_pylist() == ["guideline", "lung-imt"]


@pytest.mark.parametrize("what", ["a file", "a folder of others", "another program's manifest"])
def test_what_it_did_not_make_is_left_alone(database: Path, tmp_path: Path, what: str) -> None:
    to = tmp_path / "mine"
    if what == "a file":
        to.write_text("precious")
    else:
        to.mkdir()
        (to / ("manifest.json" if "manifest" in what else "thesis.txt")).write_text('{"made_by": "somebody"}')
    before = to.read_bytes() if to.is_file() else content_of(to)
    with pytest.raises(DatabaseError, match="not made by `casebook export`"):
        export.export(database, to)
    assert (to.read_bytes() if to.is_file() else content_of(to)) == before
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_what_breaks_off_leaves_the_older_export(database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    to, mine = tmp_path / "out", tmp_path / "casebook.db"
    shutil.copyfile(database, mine)
    export.export(mine, to)
    before = content_of(to)
    with closing(load.connect(mine)) as connection:
        load.remove(connection, "markup")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(export, "_pack_parquet", full)
        with pytest.raises(OSError, match="No space"):
            export.export(mine, to)
    assert content_of(to) == before
    assert not (tmp_path / ".out.partial").exists()
    assert export.export(mine, to)[1]


def test_a_killed_export_is_cleared_away(database: Path, tmp_path: Path) -> None:
    """Killed between the two renames: the older folder stands aside, and none is in its place."""
    to = tmp_path / "out"
    made, _ = export.export(database, to)
    to.rename(tmp_path / ".out.old")
    (tmp_path / ".out.partial").mkdir()
    (tmp_path / ".out.partial" / "half").write_text("x")
    assert export.export(database, to) == (made, True)  # it was not there when looked for
    assert {path.name for path in tmp_path.iterdir()} == {"out", ".out.lock"}


def test_two_at_once_do_not_mix(database: Path, tmp_path: Path) -> None:
    with (
        made_folder.replaced(tmp_path / "out", "manifest.json", "casebook export"),
        pytest.raises(DatabaseError, match="another command is writing"),
    ):
        export.export(database, tmp_path / "out")


def test_names_of_a_manifest_stay_in_its_folder(folder: Path, tmp_path: Path) -> None:
    said = json.loads((folder / "manifest.json").read_text())
    for name in ("../casebook.db", "/etc/passwd", "a/b/c", ".hidden", "parquet/../../x", "", "a\x00b"):
        said["files"][0]["name"] = name
        (tmp_path / "manifest.json").write_text(json.dumps(said))
        with pytest.raises(DatabaseError, match="no name of a download"):
            manifests.read(tmp_path)


def test_large_tables_are_written_in_groups_with_little_memory(tmp_path: Path) -> None:
    """A table of 250,000 rows goes through in batches; all rows arrive, in order."""
    path = db_fixtures.build(tmp_path / "casebook.db")
    n_rows = 250_000
    with closing(load.connect(path)) as connection, load.transaction(connection):
        connection.execute("insert into run (run_id) values ('big')")
        connection.executemany("insert into run_report values ('big', ?, 'new', null)", ((f"{i:07}",) for i in range(n_rows)))
    export.export(path, tmp_path / "out")
    file = pq.ParquetFile(tmp_path / "out" / "parquet" / "run_report.parquet")
    assert [file.metadata.row_group(i).num_rows for i in range(file.num_row_groups)] == [100_000, 100_000, 50_003]
    names = file.read(["report_name"])["report_name"].to_pylist()
    assert names[:n_rows] == [f"{i:07}" for i in range(n_rows)]


def test_command_says_what_it_did(database: Path, tmp_path: Path) -> None:
    run = CliRunner().invoke(casebook.main, ["export", str(tmp_path / "out"), "--database", str(database)])
    assert run.exit_code == 0, run.output
    assert re.search(r"written; version \S+\+3\.[0-9a-f]{12}, \d+ files, \d+\.\d MB\n", run.output)
    again = CliRunner().invoke(casebook.main, ["export", str(tmp_path / "out"), "--database", str(database)])
    assert "nothing new" in again.output
    missing = CliRunner().invoke(casebook.main, ["export", "--database", str(tmp_path / "none.db")])
    assert missing.exit_code == 1
    assert "not there yet" in missing.output
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / "thesis.txt").touch()
    refused = CliRunner().invoke(casebook.main, ["export", str(tmp_path / "theirs"), "--database", str(database)])
    assert (refused.exit_code, refused.output.count("\n")) == (1, 1)
    assert (tmp_path / "theirs" / "thesis.txt").exists()
