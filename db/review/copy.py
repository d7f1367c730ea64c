"""The private copy that is reviewed: in a folder that only its owner can open, and gone when the review ends."""

from __future__ import annotations

import fcntl
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

_PREFIX = "casebook-review-"
_LOCK = "lock"


@contextmanager
def private_copy(database: Path) -> Iterator[Path]:
    """Yield a copy of a database as it is now, and remove it afterwards; what a killed review left behind is removed before.

    The folder has mode 0700. Whoever writes to the database meanwhile is not hindered.
    """
    remove_leftovers()
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
    try:
        with (folder / _LOCK).open("w") as lock:
            # Held as long as this process lives, however it ends: whoever gets the lock knows that the folder is left over.
            fcntl.flock(lock, fcntl.LOCK_EX)
            copy = folder / database.name
            with (
                closing(sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True)) as source,
                closing(sqlite3.connect(copy)) as target,
            ):
                source.backup(target)
            yield copy
    finally:
        shutil.rmtree(folder)


def remove_leftovers() -> None:
    """Remove the copies of this user's reviews that were killed; those of reviews that run stay."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        is_own = not folder.is_symlink() and folder.is_dir() and folder.stat().st_uid == os.getuid()
        # Another review may remove the same one, or has made its folder a moment ago and not yet locked it.
        with suppress(FileNotFoundError):
            if is_own and _is_left(folder / _LOCK):
                shutil.rmtree(folder)


def _is_left(lock: Path) -> bool:
    """Tell whether nobody holds a lock. Raises FileNotFoundError where there is none."""
    with lock.open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
