"""What an export says of itself: which database it was made from, and its files with their sums."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from db import made_folder
from db.schema import DatabaseError

NAME = "manifest.json"
MADE_BY = "casebook export"

# A name stands in addresses and on disk: a file, or a file in one folder; no name begins with a dot.
_FILE_NAME = re.compile(r"(?: [A-Za-z0-9_-][A-Za-z0-9_.-]{0,99} / )? [A-Za-z0-9_-][A-Za-z0-9_.-]{0,99}", re.VERBOSE)


@dataclass(frozen=True, slots=True)
class Download:
    """A file to be had.

    Attributes
    ----------
    name
        Its path below the folder, with "/".
    about
        What it is, in a few words.
    media_type
        What a server calls it.
    size, sha256
        Bytes, and their sum in hex.
    rows
        Rows or lines of data in it; None where it has none.
    """

    name: str
    about: str
    media_type: str
    size: int
    sha256: str
    rows: int | None = None


@dataclass(frozen=True, slots=True)
class Edition:
    """The state of a database, by which it is cited.

    Attributes
    ----------
    sha256, size
        Of the database file, in hex and in bytes.
    date
        When its last run started, ISO 8601; None where no run says so.
    reports, cases
        How many it holds.
    pipeline_version, pipeline_fingerprint
        The pipeline that read most of the reports; None where there is no report.
    """

    sha256: str
    size: int
    date: str | None
    reports: int
    cases: int
    pipeline_version: str | None
    pipeline_fingerprint: str | None

    @property
    def version(self) -> str:
        """The name of this state: pipeline, number of reports and the beginning of the sum ("0.1.0+55.3fa2b1c9d0e1")."""
        return f"{self.pipeline_version or '0'}+{self.reports}.{self.sha256[:12]}"


@dataclass(frozen=True, slots=True)
class Manifest:
    """All that an export says of itself; `form` changes with the code that wrote it."""

    edition: Edition
    form: str
    files: tuple[Download, ...]

    def file(self, name: str) -> Download | None:
        """Return the file of a name; None where the export has none."""
        return next((file for file in self.files if file.name == name), None)

    def write(self, folder: Path) -> None:
        """Write it into a folder, the same bytes for the same export."""
        said = {"made_by": MADE_BY, "version": self.edition.version, **asdict(self)}
        (folder / NAME).write_text(json.dumps(said, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def read(folder: Path) -> Manifest | None:
    """Return what the export in a folder says of itself; None where there is none.

    Raises
    ------
    DatabaseError
        The file of that name is `casebook export`'s and says something else.
    """
    said: Mapping[str, Any] = made_folder.read_mark(folder, NAME)
    if said.get("made_by") != MADE_BY:
        return None
    try:
        found = Manifest(Edition(**said["edition"]), said["form"], tuple(Download(**file) for file in said["files"]))
    except (KeyError, TypeError) as error:
        raise DatabaseError(f"{folder / NAME}: {error}; `casebook export` writes it anew") from error
    if wrong := [file.name for file in found.files if not _FILE_NAME.fullmatch(file.name)]:
        raise DatabaseError(f"{folder / NAME}: no name of a download: {wrong[0]!r}; `casebook export` writes it anew")
    return found


def sum_of(path: Path) -> str:
    """Return the SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
