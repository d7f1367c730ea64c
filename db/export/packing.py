"""Archives whose bytes hang on their content alone: no clock, no owner, no name of a machine."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

# Where zip's own format begins to count; a real time would make other bytes of the same content.
_NO_TIME = (1980, 1, 1, 0, 0, 0)
_LARGE = 1 << 31  # an entry that may grow beyond needs zip's 64-bit form, and that is chosen before it is written
_CHUNK = 1 << 20
_LEVEL = 6


@contextmanager
def entry(archive: zipfile.ZipFile, name: str, at_most: int, is_stored: bool = False) -> Iterator[IO[bytes]]:
    """Yield a file in an archive to write to; `at_most` is a bound on its bytes."""
    info = zipfile.ZipInfo(name, _NO_TIME)
    info.compress_type = zipfile.ZIP_STORED if is_stored else zipfile.ZIP_DEFLATED
    info.create_system, info.external_attr = 3, 0o644 << 16
    with archive.open(info, "w", force_zip64=at_most >= _LARGE) as file:
        yield file


@contextmanager
def gzipped(path: Path) -> Iterator[IO[bytes]]:
    """Yield a file to write to that is compressed on its way."""
    with path.open("wb") as raw, gzip.GzipFile(filename="", fileobj=raw, mode="wb", compresslevel=_LEVEL, mtime=0) as file:
        # GzipFile compresses each write by itself; short lines would take several times as long.
        buffer = io.BufferedWriter(file, _CHUNK)
        yield buffer
        buffer.flush()


def copy(source: Path, target: IO[bytes]) -> None:
    """Write a file's bytes into another."""
    with source.open("rb") as file:
        while chunk := file.read(_CHUNK):
            target.write(chunk)
