"""What one SQL query may build and see. Datasette's time limit acts between steps of SQLite; these bound what one step can do."""

from __future__ import annotations

import re
import sqlite3
import weakref
from collections.abc import Callable
from typing import Any

# One SQL function may build a value of any size in no time that Datasette counts: zeroblob(900000000).
LIMITS = (
    (sqlite3.SQLITE_LIMIT_LENGTH, 5_000_000),
    (sqlite3.SQLITE_LIMIT_SQL_LENGTH, 20_000),
    # The widest table has 62. Datasette sets HTML of 2,000 columns and 1,000 rows for a minute, and answers nobody meanwhile.
    (sqlite3.SQLITE_LIMIT_COLUMN, 100),
    (sqlite3.SQLITE_LIMIT_COMPOUND_SELECT, 20),
    (sqlite3.SQLITE_LIMIT_EXPR_DEPTH, 100),
    (sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 200),
    (sqlite3.SQLITE_LIMIT_ATTACHED, 0),
)
HEAP_LIMIT_BYTES = 512_000_000
# A thousand values of five million bytes each are within all limits of SQLite: 1.1 GB were measured for one such request.
RESULT_BYTES = 32_000_000

# Functions that compare each place of one text with all of another: trim of 5 MB by 5 MB works for days, and nothing stops it.
_PAIRWISE = {"instr": 2, "replace": 3, "trim": 2, "ltrim": 2, "rtrim": 2, "json_patch": 2}
PAIRWISE_STEPS = 200_000_000  # about a second of trim, the slowest
# These write a padding of any length letter by letter, also when the text has long become too big: 5 s for '%.900000000c'.
_PADDING = ("printf", "format")
_WIDTH = re.compile(r"\d{1,12}")
# What tells of the machine or reaches out of the database. SQLite's own default keeps load_extension off already.
_CLOSED_TABLES = frozenset({"pragma_database_list", "sqlite_dbpage", "dbstat"})
_CLOSED_FUNCTIONS = frozenset({"fts3_tokenizer", "load_extension", "rtreecheck", "readfile", "writefile", "edit"})


def bound(connection: sqlite3.Connection) -> None:
    """Bound what queries through a connection may build and see."""
    for limit, value in LIMITS:
        connection.setlimit(limit, value)
    connection.execute(f"pragma hard_heap_limit = {HEAP_LIMIT_BYTES}")
    # SQLite's own functions do the work, on a connection that has them still.
    helper = sqlite3.connect(":memory:", check_same_thread=False)
    helper.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, dict(LIMITS)[sqlite3.SQLITE_LIMIT_LENGTH])
    for name, count in _PAIRWISE.items():
        connection.create_function(name, count, _pairwise(helper, name, count), deterministic=True)
    for name in _PADDING:
        connection.create_function(name, -1, _padding(helper, name), deterministic=True)
    connection.set_authorizer(authorize)
    connection.row_factory = Tally()


def authorize(action: int, first: str | None, second: str | None, _database: str | None, _source: str | None) -> int:
    """Refuse what tells of the machine; as SQLite's authorizer it is asked when a statement is prepared."""
    function = (second or "").lower() if action == sqlite3.SQLITE_FUNCTION else ""
    is_closed = function in _CLOSED_FUNCTIONS or function.startswith("geopoly")
    is_closed |= action == sqlite3.SQLITE_READ and (first or "").lower() in _CLOSED_TABLES
    return sqlite3.SQLITE_DENY if is_closed else sqlite3.SQLITE_OK


class Tally:
    """A row factory that stops a query whose result outgrows memory.

    It counts the bytes of text and blobs per cursor. Our own pages set a row factory of their own (`db.query`) and are not counted.
    """

    def __init__(self, most: int = RESULT_BYTES) -> None:
        self._most = most
        self._cursor: Callable[[], Any] = lambda: None
        self._bytes = 0

    def __call__(self, cursor: sqlite3.Cursor, values: tuple[Any, ...]) -> sqlite3.Row:
        """Return the row; raise sqlite3.DataError where the result grew too large."""
        if self._cursor() is not cursor:
            self._cursor, self._bytes = weakref.ref(cursor), 0
        self._bytes += sum(len(value) for value in values if isinstance(value, (str, bytes)))
        if self._bytes > self._most:
            raise sqlite3.DataError(f"the result is larger than {self._most:,} bytes; ask for fewer rows or columns")
        return sqlite3.Row(cursor, values)


def _pairwise(helper: sqlite3.Connection, name: str, count: int) -> Callable[..., Any]:
    """Return a stand-in for a function of SQLite that refuses pairs of texts that are too long."""
    sql = f"select {name}({', '.join('?' * count)})"

    def checked(*values: Any) -> Any:
        first, second = (len(value) if isinstance(value, (str, bytes)) else 1 for value in values[:2])
        if first * second > PAIRWISE_STEPS:
            # SQLite says "string or blob too big"; of other errors it would not say what they are.
            raise OverflowError(f"{name}: texts of {first:,} and {second:,} are too long together")
        return helper.execute(sql, values).fetchone()[0]

    return checked


def _padding(helper: sqlite3.Connection, name: str) -> Callable[..., Any]:
    """Return a stand-in for printf that refuses widths which no text could have."""

    def checked(*values: Any) -> Any:
        form = str(values[0]) if values else ""
        widths = sum(int(width) for width in _WIDTH.findall(form))
        if "*" in form:
            widths += form.count("*") * max((_width(value) for value in values[1:]), default=0)
        if widths > dict(LIMITS)[sqlite3.SQLITE_LIMIT_LENGTH]:
            raise OverflowError(f"{name}: a text of {widths:,}")
        return helper.execute(f"select {name}({', '.join('?' * len(values))})", values).fetchone()[0]

    return checked


def _width(value: Any) -> int:
    """Return the width that SQLite reads from an argument, without its sign."""
    if isinstance(value, bytes):
        value = value.decode("latin-1")
    found = _WIDTH.search(value) if isinstance(value, str) else None
    return int(found[0]) if found else abs(int(value)) if isinstance(value, (int, float)) else 0
