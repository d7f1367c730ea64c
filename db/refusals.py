"""What SQLite and the disk refuse, in words that say what to do."""

from __future__ import annotations

import errno
import shutil
import sqlite3
from pathlib import Path

BUSY = "another program is writing to it; wait until it has finished"

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_MB = 1_000_000


def reason(error: sqlite3.Error) -> str:
    """Return why a file of SQLite cannot be used, without its name."""
    code = _code(error)
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return BUSY
    if code == sqlite3.SQLITE_READONLY:
        return "is write-protected; wanted a file that may be written"
    return str(error)


def is_full(error: BaseException) -> bool:
    """Tell whether there was no room for what was to be written."""
    if isinstance(error, sqlite3.Error):
        return _code(error) == sqlite3.SQLITE_FULL
    return isinstance(error, OSError) and error.errno in _FULL


def no_room(database: Path, partial: Path) -> str:
    """Return what to do where a copy of a database found no room: how many MB are wanted, and how many there are."""
    size = max((path.stat().st_size for path in (database, partial) if path.exists()), default=0)
    wanted, found = 2 * size // _MB + 1, shutil.disk_usage(database.parent).free // _MB
    place = "in its folder" if found < wanted else "in its folder and in that of temporary files (SQLITE_TMPDIR)"
    return f"{database}: the disk is full, nothing was stored; wanted {wanted} MB free {place}, twice the database, found {found} MB"


def _code(error: sqlite3.Error) -> int | None:
    """Return the primary code of an error, None for one that SQLite itself did not raise."""
    code = getattr(error, "sqlite_errorcode", None)
    return None if code is None else code & 0xFF
