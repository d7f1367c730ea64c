"""The answer to a question as a file: all its rows, of which the page shows the first."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

from datasette.utils.asgi import BadRequest

from db import spreadsheet
from db.pages.data import Data
from db.publish import Query, bounded

# Of a CSV and of a spreadsheet alike.
MOST_ROWS = spreadsheet.MOST_ROWS


def rows_of_file(ending: str, max_returned_rows: int) -> int:
    """Return how many rows to ask for where a file should have all: one more than may come, so that it shows if there are more."""
    return (max_returned_rows if ending == "json" else MOST_ROWS) + 1


def whole_answer(connection: sqlite3.Connection, question: Query, given: Mapping[str, str]) -> Data:
    """Return all rows of the answer to a question; `given` has its parameters, as text, and `rows`, the most that are wanted.

    Raises
    ------
    BadRequest
        There are more than a file may have: a part would look like the whole.
    """
    values = {parameter.name: given.get(parameter.name, "") for parameter in question.parameters}
    cursor = connection.execute(bounded(question), values | {"rows": given["rows"]})
    rows = cursor.fetchmany(MOST_ROWS + 1)
    if len(rows) > MOST_ROWS:
        raise BadRequest(
            f"The answer has more than {MOST_ROWS:,} rows. Choose more closely, ask for fewer with rows=, or take the whole database."
        )
    return Data(tuple(name for name, *_ in cursor.description), tuple(tuple(row) for row in rows))
