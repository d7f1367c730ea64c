"""A folder that a command makes: written beside its place, which it takes when it is whole. A folder of others is left alone."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from db.schema import DatabaseError


@contextmanager
def replaced(folder: Path, mark: str, made_by: str) -> Iterator[Path]:
    """Yield an empty folder, which takes the place of `folder` where the block ends without an error; all that was there goes.

    Parameters
    ----------
    folder
        Free, empty, or made by the same command before.
    mark, made_by
        The JSON file, and its value under `made_by`, by which a folder is known as the command's own. The block writes it.

    Raises
    ------
    DatabaseError
        The folder is somebody else's, or another process is writing it now.
    """
    folder = folder.resolve()
    _check(folder, mark, made_by)
    partial, old = (folder.with_name(f".{folder.name}.{state}") for state in ("partial", "old"))
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _held(folder.with_name(f".{folder.name}.lock"), folder):
        _tidy(folder, partial, old)
        _check(folder, mark, made_by)
        partial.mkdir()
        try:
            yield partial
            if folder.exists():
                folder.rename(old)
            partial.rename(folder)
        finally:
            _tidy(folder, partial, old)


def is_free(folder: Path) -> bool:
    """Tell whether nothing would be lost where a folder is put there."""
    return not folder.exists() or (folder.is_dir() and not any(folder.iterdir()))


def read_mark(folder: Path, mark: str) -> dict[str, object]:
    """Return what the JSON file in a folder says of it; {} where there is none, or it is no such file."""
    try:
        found = json.loads((folder / mark).read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _check(folder: Path, mark: str, made_by: str) -> None:
    """Raise DatabaseError where something would be lost that the command did not make."""
    if not is_free(folder) and read_mark(folder, mark).get("made_by") != made_by:
        raise DatabaseError(f"{folder}: was not made by `{made_by}` and is left as it is; wanted a new name or an empty folder")


def _tidy(folder: Path, partial: Path, old: Path) -> None:
    """Take away what a process left that was killed; put the old folder back where none had taken its place yet."""
    if old.exists() and not folder.exists():
        old.rename(folder)
    for left in (partial, old):
        if left.exists():
            shutil.rmtree(left)


@contextmanager
def _held(lock: Path, folder: Path) -> Iterator[None]:
    """Keep other processes from writing the same folder."""
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DatabaseError(f"{folder}: another command is writing it; wait until it ends") from None
        yield
    finally:
        os.close(descriptor)
