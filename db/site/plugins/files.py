"""Datasette hooks: files of answers to questions and SQL hold all rows, or are refused; a part would look like the whole."""

from __future__ import annotations

import re
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any
from urllib.parse import parse_qsl

from datasette import Forbidden, Response
from datasette.utils import InvalidSql, tilde_encode, validate_sql_select
from datasette.utils.asgi import BadRequest

from db import publish
from db.hooks import hook
from db.pages.answers import App, Scope
from db.pages.data import Data
from db.pages.reading import LONGEST_OF_FILE_MS, casebook_of, kept_by_caches, name_of, read
from db.pages.unknown import not_asked
from db.pages.whole_answer import rows_of_file, whole_answer
from db.pages.written import written

_ENDINGS = ("json", "csv", "xlsx")


@hook
def asgi_wrapper(datasette: Any) -> Callable[[App], App]:
    """Ask for all rows of a question where a file is wanted, and refuse parameters that it has not: they would change nothing, unsaid."""

    def wrap(app: App) -> App:
        async def asked_for(scope: Scope, receive: Any, send: Any) -> None:
            name, _, ending = scope["path"].rpartition("/")[2].partition(".") if scope["type"] == "http" else ("", "", "")
            if name in _questions() and ending in _ENDINGS:
                given = dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
                known = [*(parameter.name for parameter in _questions()[name].parameters), "rows"]
                if strange := not_asked(name, given, known):
                    await Response.json({"ok": False, "error": strange, "status": 400, "title": None}, status=400).asgi_send(send)
                    return
                if not given.get("rows"):
                    n_rows = rows_of_file(ending, datasette.setting("max_returned_rows"))
                    scope = {**scope, "query_string": b"rows=%d&%s" % (n_rows, scope["query_string"])}  # what stands first counts
            await app(scope, receive, send)

        return asked_for

    return wrap


@hook
def register_routes(datasette: Any) -> list[tuple[str, Any]]:
    """Add the CSV of questions and of SQL: Datasette's own ends after 1,000 rows, unsaid, and is empty where the SQL fails."""
    if (name := name_of(datasette)) is None:
        return []
    database = re.escape(tilde_encode(name))
    return [
        (rf"^/{database}/(?P<question>{'|'.join(_questions())})\.csv$", csv_of_question),
        (rf"^/{database}(?:/-/query)?\.csv$", csv_of_sql),
    ]


@cache
def _questions() -> Mapping[str, publish.Query]:
    """Return the questions by their names."""
    return {query.name: query for query in publish.queries()}


async def csv_of_question(request: Any, datasette: Any) -> Any:
    """Answer with all rows of the answer to a question."""
    _, database = await casebook_of(datasette)
    question = _questions()[request.url_vars["question"]]
    found = await read(database, lambda sqlite: whole_answer(sqlite, question, _given(request)), LONGEST_OF_FILE_MS)
    return written(found, "csv", kept_by_caches(datasette))


async def csv_of_sql(request: Any, datasette: Any) -> Any:
    """Answer with the rows that somebody's SQL selects, all of them."""
    _, database = await casebook_of(datasette)
    if not datasette.setting("default_allow_sql"):
        raise Forbidden("execute-sql")
    given = _given(request)
    try:
        validate_sql_select(given.get("sql", ""))
        # A parameter without a value is empty, as on the page.
        found = await database.execute(given["sql"], defaultdict(str, given), truncate=True, log_sql_errors=False)
    except InvalidSql as error:
        raise BadRequest(f"{error}; wanted sql=select ...") from error
    except (sqlite3.Error, sqlite3.Warning) as error:
        raise BadRequest(str(error)) from error
    if found.truncated:
        most = datasette.setting("max_returned_rows")
        raise BadRequest(f"The answer has more than {most:,} rows: add a limit, select less, or take the whole database.")
    return written(Data(tuple(found.columns), tuple(tuple(row) for row in found.rows)), "csv", kept_by_caches(datasette))


def _given(request: Any) -> dict[str, str]:
    """Return what the address gives, the first value of each name."""
    return {name: request.args[name] for name in request.args}
