"""Filters of a table that ask for nothing: Datasette passes over some, and SQLite takes a column that is not there for a word."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Iterator

from db.pages.narrowing import MARKER, WORDS, Pair
from db.pages.unknown import quoted

_CASES = "case_overview"


def wrong_filters(
    table: str, pairs: Iterable[Pair], columns: Collection[str], operators: Collection[str], is_searched: bool
) -> Iterator[str]:
    """Yield a sentence for each name of an address that narrows no rows of a table, though it looks so.

    `operators` are what may stand behind a column ("gte" in "age_years__gte"); `is_searched` tells whether words of the table can
    be looked for.
    """
    for name in dict.fromkeys(name for name, _ in pairs):
        if name.startswith("_search") and name != "_searchmode":
            column = name.removeprefix("_search").removeprefix("_")
            if not is_searched:
                yield f"Words of {table} cannot be looked for: /search looks in texts and facts, {WORDS}= narrows {_CASES}."
            elif column and column not in columns:
                yield _no_column(column, table, columns)
        elif name in (MARKER, WORDS) and table != _CASES:
            yield f"{name}= narrows {_CASES} only."
        elif name and not name.startswith("_"):
            column, _, operator = name.rpartition("__") if "__" in name else (name, "", "exact")
            if column not in columns and column != "rowid":
                yield _no_column(column, table, columns)
            elif operator not in operators:
                yield f"There is no filter {quoted(operator)}: there are {', '.join(sorted(operators))}."


def _no_column(name: str, table: str, columns: Collection[str]) -> str:
    meant = difflib.get_close_matches(name, columns, 1, 0.5)
    # "age" is rather the beginning of age_years than a slip for "stage".
    meant = [column for column in columns if column.startswith(f"{name}_")][:1] or meant
    return f"There is no column {quoted(name)} in {table}." + (f" Did you mean {quoted(meant[0])}?" if meant else "")
