"""What is said of a request that is refused, and whether that is the fault of who asked."""

from __future__ import annotations

import sqlite3
import traceback
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from datasette.database import QueryInterrupted
from datasette.views.base import DatasetteError

# Datasette's words are of databases where readers ask for pages; 1.0 has others than 0.65.
_NO_ROW = "There is no row of this name. Its report may have been removed, or read anew under another name."
_IN_OUR_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "Database not found": "There is no page of this name.",
        "Record not found": _NO_ROW,
        "Row not found": _NO_ROW,
    }
)
_TOO_MUCH = (QueryInterrupted, sqlite3.DataError, sqlite3.IntegrityError, MemoryError)
# Datasette looks at few of its parameters before it reads them: no JSON, no number, no name that it knows, a second statement.
_NOT_READ = (ValueError, KeyError, TypeError, RecursionError, sqlite3.Warning, sqlite3.ProgrammingError)
_OWN = tuple(Path(__file__).resolve().parents[2] / name for name in ("db", "extract", "corpus"))
_LONGEST_DETAIL = 200


def status_of(datasette: Any, exception: Exception) -> int:
    """Return what an exception is answered with; 500 for a fault."""
    # Datasette answers 500 where a CSV asks for too much work, and where a number does not fit.
    is_no_fault = isinstance(exception, _TOO_MUCH) or (isinstance(exception, OverflowError) and "SQLite INTEGER" in str(exception))
    status = int(getattr(exception, "status", 400 if is_no_fault or is_not_read(datasette, exception) else 500))
    # What Datasette says in words of its own is said of a request ("Cannot sort table by"), with 500 where it names no other.
    return 400 if isinstance(exception, DatasetteError) and status == 500 else status


def is_not_read(datasette: Any, exception: Exception) -> bool:
    """Tell whether Datasette fails over an address that it cannot read; with any of our code at work it were a fault."""
    is_prohibited = getattr(exception, "sqlite_errorcode", None) == sqlite3.SQLITE_AUTH
    if not (isinstance(exception, _NOT_READ) or is_prohibited) or hasattr(exception, "status"):
        return False
    given = (Path(folder).resolve() for folder in (datasette.plugins_dir, datasette.template_dir) if folder)
    own = (*_OWN, *given)
    files = [Path(frame.filename).resolve() for frame in traceback.extract_tb(exception.__traceback__)]
    return not any(file.is_relative_to(folder) for file in files for folder in own)


def log_line(datasette: Any, exception: Exception, address: str) -> str | None:
    """Return what the log says of an address that Datasette cannot read: were it a fault after all, it shows there. None for all else.

    Of SQL that fails Datasette itself writes a line.
    """
    if isinstance(exception, (sqlite3.Error, sqlite3.Warning)) or not is_not_read(datasette, exception):
        return None
    last = traceback.extract_tb(exception.__traceback__)[-1:]
    places = "".join(f"{Path(frame.filename).name}:{frame.lineno}, " for frame in last)
    return f"400: {type(exception).__name__}, {places}{address[:_LONGEST_DETAIL]!r}"


def words_of(datasette: Any, exception: Exception) -> str:
    """Return what a page says of what was refused; Datasette's own words on time are markup with a script."""
    if isinstance(exception, QueryInterrupted) or isinstance(exception.__context__, QueryInterrupted):
        return f"This took too long: one query may take {datasette.setting('sql_time_limit_ms') / 1000:g} s. Ask for less at once."
    if isinstance(exception, MemoryError):
        return "This needs more memory than one query may have. Ask for less at once."
    if isinstance(exception, (sqlite3.IntegrityError, OverflowError)):
        return f"A number is wanted where there is none, or one that is too large ({exception})."
    if is_not_read(datasette, exception):
        return f"This address cannot be answered as it stands{_detail(exception)}."
    said = str(getattr(exception, "message", None) or exception)
    return _IN_OUR_WORDS.get(said, said)


def _detail(exception: Exception) -> str:
    """Return what is wrong, in brackets; "" where the exception does not say, or says it of code."""
    if isinstance(exception, (TypeError, RecursionError)):
        return ""
    said = f"{exception} is missing" if isinstance(exception, KeyError) else str(exception).rstrip(".")
    return f" ({said[:_LONGEST_DETAIL]})" if said else ""
