"""Datasette hooks: the record of a case or report as JSON, and how it is cited."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Mapping
from typing import Any

from datasette import NotFound, Response

from db.hooks import hook
from db.pages.cite import FORMATS, Citation, citation, citation_of
from db.pages.contact import contact_url
from db.pages.links import Links
from db.pages.reading import casebook_of, kept_by_caches, read
from db.records import stored_record


@hook
def extra_template_vars(request: Any, datasette: Any) -> dict[str, Any]:
    """Give the templates how what they show is cited, and where a suggestion is sent."""

    def cited(database: str, report: Mapping[str, Any], case_id: str | None = None) -> Citation:
        return citation(report, case_id, _address_of_case(request, datasette, database, case_id) if case_id else "")

    def contact(database: str, case_id: str, subject: str, body: str) -> str | None:
        return contact_url(_contact(datasette), subject, f"{_address_of_case(request, datasette, database, case_id)}\n\n{body}")

    return {"cited": cited, "contact_url": contact}


def _contact(datasette: Any) -> str:
    """Return where suggestions go: `contact` of plugin "casebook" in the metadata, or CASEBOOK_CONTACT; "" for nowhere."""
    told = (datasette.plugin_config("casebook") or {}).get("contact")
    return str(told or os.environ.get("CASEBOOK_CONTACT", ""))


@hook
def register_routes() -> list[tuple[str, Any]]:
    """Add the addresses of records and citations; `case` or `report` names which."""
    return [(r"^/record\.json$", record), (rf"^/cite\.(?P<format>{'|'.join(FORMATS)})$", cite)]


async def record(request: Any, datasette: Any) -> Any:
    """Answer with the record of a report, or of one of its cases: RECORD.md tells its form."""
    _, name, is_case, connection = await _asked(request, datasette)

    def asked_for(sqlite: sqlite3.Connection) -> dict[str, Any] | None:
        found = stored_record(sqlite, name.rpartition("/")[0] if is_case else name)
        if found is None:
            return None
        told = found.to_json()
        # All evidence stays: values name it by its place in the list.
        cases = [case for case in told["cases"] if not is_case or f"{found.report['id']}/{case['label']}" == name]
        return {**told, "cases": cases} if cases or not is_case else None

    told = await read(connection, asked_for)
    if told is None:
        raise _nothing(name, is_case)
    return _answer(datasette, json.dumps(told, ensure_ascii=False), "application/json")


async def cite(request: Any, datasette: Any) -> Any:
    """Answer with a file for a program that keeps references; of a case with the report and what Casebook read of it."""
    database, name, is_case, connection = await _asked(request, datasette)
    address = _address_of_case(request, datasette, database, name) if is_case else ""
    found = await read(connection, lambda sqlite: citation_of(sqlite, name, address, is_case))
    if found is None:
        raise _nothing(name, is_case)
    form = request.url_vars["format"]
    return _answer(datasette, found.written(form), FORMATS[form])


async def _asked(request: Any, datasette: Any) -> tuple[str, str, bool, Any]:
    """Return the database, the name of the case or report that is asked for, which of both it is, and the connection."""
    name, database = await casebook_of(datasette)
    kind = next((kind for kind in ("case", "report") if request.args.get(kind)), None)
    if kind is None:
        raise NotFound("Found no name, wanted ?case=imt-lung/1 or ?report=imt-lung")
    return name, request.args[kind], kind == "case", database


def _nothing(name: str, is_case: bool) -> NotFound:
    return NotFound(f"There is no {'case' if is_case else 'report'} {name[:80]!r} here")


def _address_of_case(request: Any, datasette: Any, database: str, case_id: str) -> str:
    """Return the whole address of the page of a case, as the reader sees it."""
    return str(datasette.absolute_url(request, Links(datasette.urls, database).case(case_id)))


def _answer(datasette: Any, body: str, content_type: str) -> Any:
    return Response(body, content_type=f"{content_type}; charset=utf-8", headers=kept_by_caches(datasette))
