"""Rows with their columns by name, whatever the connection's own setting."""

from __future__ import annotations

import sqlite3
from typing import Any

Row = sqlite3.Row


def one(connection: sqlite3.Connection, sql: str, *values: Any) -> Row | None:
    """Return the first row of a query, its columns by name."""
    rows = every(connection, sql, *values)
    return rows[0] if rows else None


def every(connection: sqlite3.Connection, sql: str, *values: Any, **named: Any) -> list[Row]:
    """Return the rows of a query, their columns by name whatever the connection's own setting; its values in order, or by name."""
    cursor = connection.cursor()
    cursor.row_factory = sqlite3.Row
    return cursor.execute(sql, named or values).fetchall()
