"""A database as files to be had: SQLite, CSV, Parquet, JSON lines, with sums and a description. Same database, same bytes."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from db import draft, made_folder, records, schema
from db.export import about, packing
from db.export import manifest as manifests
from db.export.manifest import Download, Edition, Manifest
from db.schema import DatabaseError
from extract import version as extraction

if TYPE_CHECKING:
    from db.export.tables import ExportedTable

_CHUNK = 1 << 20
_PARQUET, _ZIP, _JSON, _TEXT = "application/vnd.apache.parquet", "application/zip", "application/json", "text/plain; charset=utf-8"


def folder_of(database: Path) -> Path:
    """Return where the export of a database lies, unless somebody wants it elsewhere: beside it, casebook.downloads of casebook.db."""
    return database.with_suffix(".downloads")


def _in_silence(doing: str) -> None:
    """Tell nobody what is being done."""


def export(database: Path, folder: Path, show: Callable[[str], None] = _in_silence) -> tuple[Manifest, bool]:
    """Write a database as files into a folder, which takes its place when it is whole.

    Memory is the same for a hundred and for a hundred thousand reports.

    Returns
    -------
    tuple
        What the folder says of itself, and whether it was written: an export of the same database is left as it is.

    Raises
    ------
    DatabaseError
        There is no such database, it has other tables than today's, or the folder is somebody else's.
    """
    if not draft.is_usable(database):
        raise DatabaseError(f"{database}: not there yet; `casebook build` makes it")
    show("looking for what is new")
    there = _whole(folder)
    if there and there.edition.sha256 == manifests.sum_of(database) and there.form == _form():
        return there, False
    with made_folder.replaced(folder, manifests.NAME, manifests.MADE_BY) as partial:
        show("copying the database")
        made = _write(_copy(database, partial / "casebook.db"), partial, show)
    return made, True


def _whole(folder: Path) -> Manifest | None:
    """Return what an export says of itself where all its files are there; None where one is missing or has another size."""
    try:
        found = manifests.read(folder)
    except DatabaseError:
        return None  # it says nothing of use: it is written anew
    are_there = found and all((folder / file.name).is_file() and (folder / file.name).stat().st_size == file.size for file in found.files)
    return found if are_there else None


def _copy(database: Path, copy: Path) -> str:
    """Copy a database and return its SHA-256: what follows is made from the copy, whatever takes the database's place meanwhile."""
    digest = hashlib.sha256()
    with database.open("rb") as source, copy.open("wb") as target:
        while chunk := source.read(_CHUNK):
            digest.update(chunk)
            target.write(chunk)
    return digest.hexdigest()


def _write(sha256: str, folder: Path, show: Callable[[str], None]) -> Manifest:
    """Write all files from the copy of the database in the folder."""
    from db.export import tables  # it brings pyarrow, which takes a while

    copy = folder / "casebook.db"
    # zlib lets the rest go on meanwhile: of a large database compressing takes a quarter of the time.
    with (
        ThreadPoolExecutor(1) as beside,
        closing(sqlite3.connect(f"{copy.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as connection,
    ):
        if connection.execute("pragma user_version").fetchone()[0] != schema.fingerprint():
            raise DatabaseError(f"{copy}: has other tables than today's; `casebook build` makes the database anew")
        compressed = beside.submit(_compress, copy)
        edition = edition_of(connection, sha256, copy.stat().st_size)
        kept = tables.exported(connection)
        (folder / "parquet").mkdir()
        with zipfile.ZipFile(folder / "casebook-csv.zip", "w") as archive:
            counts = tables.write(connection, kept, archive, folder / "parquet", show)
            described = about.package(edition, kept, "tables/{}.csv", "text/csv", {})
            for name, text in (
                ("README.txt", about.readme(edition)),
                ("dictionary.csv", about.dictionary(kept)),
                ("datapackage.json", described),
            ):
                _add(archive, name, text.encode())
        show("records")
        n_records = _write_records(connection, folder / "casebook-records.jsonl.gz", show)
        show("compressing the database")
        is_smaller = compressed.result()
    parquet = [
        _file(folder, f"parquet/{table.name}.parquet", table.description.partition(". ")[0].rstrip("."), _PARQUET, counts[table.name])
        for table in kept
    ]
    _say_in_words(folder, edition, kept, parquet)
    _pack_parquet(folder, parquet)
    n_rows = sum(counts.values())
    files = (
        _file(folder, "casebook.db", "The database, SQLite", "application/vnd.sqlite3", n_rows),
        *([_file(folder, "casebook.db.gz", "The database, compressed with gzip", "application/gzip", n_rows)] if is_smaller else []),
        _file(folder, "casebook-csv.zip", "All tables as CSV, with data dictionary and README", _ZIP, n_rows),
        _file(folder, "casebook-parquet.zip", "All tables as Parquet, with README", _ZIP, n_rows),
        _file(folder, "casebook-records.jsonl.gz", "A line of JSON a report, with cases and evidence", "application/gzip", n_records),
        _file(folder, "dictionary.csv", "Data dictionary: what each column means", "text/csv; charset=utf-8", None),
        _file(folder, "datapackage.json", "Description of the Parquet files for programs (Frictionless)", _JSON, None),
        _file(folder, "README.txt", "What this is, how to read it, licences", _TEXT, None),
        *parquet,
    )
    sums = "".join(f"{file.sha256}  {file.name}\n" for file in files)
    (folder / "SHA256SUMS").write_text(sums, encoding="utf-8")
    made = Manifest(edition, _form(), (*files, _file(folder, "SHA256SUMS", "Sums of all files, for sha256sum -c", _TEXT, None)))
    made.write(folder)
    return made


def edition_of(connection: sqlite3.Connection, sha256: str, size: int) -> Edition:
    """Return by what the state of a database is known, of which the file's sum and size are known already."""

    def first(sql: str) -> tuple[object, ...] | None:
        found: tuple[object, ...] | None = connection.execute(sql).fetchone()
        return found

    counted = first("select (select count(*) from report), (select count(*) from case_overview), (select max(started_at) from run)")
    read_by = first("select pipeline_version, pipeline_fingerprint from report group by 1, 2 order by count(*) desc, 1, 2 limit 1")
    n_reports, n_cases, date = counted or (0, 0, None)
    version, fingerprint = read_by or (None, None)
    return Edition(sha256, size, date, n_reports, n_cases, version, fingerprint)  # type: ignore[arg-type]


def _write_records(connection: sqlite3.Connection, path: Path, show: Callable[[str], None]) -> int:
    """Write the record of each report, in the form that `casebook extract` prints, with what curators said; return how many."""
    number = 0
    with packing.gzipped(path) as file:
        for number, record in enumerate(records.stored_records(connection), start=1):
            # As `Record.to_json` has it, without a copy of each value.
            file.write(json.dumps(record, ensure_ascii=False, default=_attributes).encode() + b"\n")
            if number % 1000 == 0:
                show(f"{number:,} records")
    return number


def _attributes(value: Any) -> dict[str, Any]:
    """Return the attributes of a dataclass by name."""
    return {name: getattr(value, name) for name in value.__dataclass_fields__}


def _say_in_words(folder: Path, edition: Edition, kept: tuple[ExportedTable, ...], parquet: list[Download]) -> None:
    """Write README, data dictionary and description beside the files."""
    described = about.package(edition, kept, "parquet/{}.parquet", _PARQUET, {file.name: file for file in parquet})
    dictionary = about.dictionary(kept)
    for name, text in (("README.txt", about.readme(edition)), ("dictionary.csv", dictionary), ("datapackage.json", described)):
        (folder / name).write_text(text, encoding="utf-8", newline="\n")


def _pack_parquet(folder: Path, parquet: list[Download]) -> None:
    """Put the Parquet files into one archive; they are compressed already."""
    with zipfile.ZipFile(folder / "casebook-parquet.zip", "w") as archive:
        for name in ("README.txt", "dictionary.csv", "datapackage.json"):
            _add(archive, name, (folder / name).read_bytes())
        for file in parquet:
            with packing.entry(archive, file.name, file.size, is_stored=True) as target:
                packing.copy(folder / file.name, target)


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    with packing.entry(archive, name, len(content)) as file:
        file.write(content)


def _compress(database: Path) -> bool:
    """Compress the database beside itself; tell whether it is smaller, and keep it only then."""
    packed = database.with_name(f"{database.name}.gz")
    with packing.gzipped(packed) as file:
        packing.copy(database, file)
    is_smaller = packed.stat().st_size < database.stat().st_size
    if not is_smaller:
        packed.unlink()
    return is_smaller


def _file(folder: Path, name: str, about: str, media_type: str, rows: int | None) -> Download:
    """Return what the manifest says of a file."""
    path = folder / name
    return Download(name, about, media_type, path.stat().st_size, manifests.sum_of(path), rows)


@cache
def _form() -> str:
    """Return what changes with the code that writes an export, and with the library that writes its tables."""
    from importlib.metadata import version

    states = extraction.states((*Path(__file__).parent.glob("*.py"), Path(records.__file__)))
    return extraction.digest((*sorted(states.items()), ("pyarrow", version("pyarrow"))))
