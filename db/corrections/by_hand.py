"""A correction that somebody types: what stands now, which value is meant, and the lines that come of it."""

from __future__ import annotations

import os
import sqlite3
import subprocess
from collections.abc import Iterator

from db.corrections import values
from db.corrections.decision import decisions, in_conflict, kept, placed, standing, withdrawn
from db.corrections.file import Correction, checked
from db.corrections.values import CASE, FIELDS, LISTS, CorrectionError
from db.query import every, one

_ON_CONFLICTS = ("withdraw", "keep")


def curator() -> str | None:
    """Return who is at the keyboard: CASEBOOK_CURATOR of the environment or git's user.name; None where nobody says."""
    if name := os.environ.get("CASEBOOK_CURATOR", "").strip():
        return name
    try:
        told = subprocess.run(["git", "config", "user.name"], capture_output=True, text=True, timeout=5, check=False)
    except (OSError, subprocess.SubprocessError):  # no git: somebody has to say it
        return None
    return told.stdout.strip() or None


def stands(connection: sqlite3.Connection, case_id: str, field: str | None) -> Iterator[str]:
    """Yield what a case says in a field (without one: in all of them), a line a value, with its number and what was said of it.

    Raises CorrectionError where there is no such case or field.
    """
    _check(connection, case_id, field)
    sql = "select field, number, value, band, review from fact where case_id = ? and (?2 is null or field = ?2) order by field, number"
    found = [row for row in every(connection, sql, case_id, field) if row["field"] in FIELDS]
    for row in found:
        name = f"{row['field']} {row['number']}" if row["field"] in LISTS else row["field"]
        yield f"{name}: {row['value']} ({row['band'] if row['band'] == 'curator' else row['band'] + ' certainty'}, {row['review']})"
    if not found:
        yield f"{field or case_id}: no value"


def _check(connection: sqlite3.Connection, case_id: str, field: str | None) -> None:
    if field is not None and field not in FIELDS:
        raise CorrectionError(f"found the field {field!r}, wanted one of: {', '.join(FIELDS)}")
    if one(connection, "select 1 from patient_case where case_id = ?", case_id) is None:
        near = every(connection, "select case_id from patient_case where report_id = ?1 or report_id || '/' = ?1 order by 1", case_id)
        wanted = ", ".join(row["case_id"] for row in near) or "report/label, as on the page of the case"
        raise CorrectionError(f"{case_id}: no case of this name is in the database, wanted {wanted}")


def made(
    connection: sqlite3.Connection,
    case_id: str,
    field: str,
    action: str,
    text: str | None,
    *,
    item: str | None,
    words: str | None,
    curator: str,
    why: str | None,
) -> tuple[Correction, ...]:
    """Return the lines for the file, as they will be read back from it.

    Parameters
    ----------
    case_id, field, action
        As in Correction; "keep" lets what a correction in conflict says stand over what the machine reads now.
    text
        The value as typed, of set and add.
    item
        Which value of a list is meant: its number, or its name as far as needed; None where there is only one.
    words
        The words of the report that say it, as typed; None for those of the value that stands.
    curator, why
        As in Correction.

    Raises
    ------
    CorrectionError
        What was found, what was wanted.
    """
    if field != CASE and action not in _ON_CONFLICTS:
        _check(connection, case_id, field)
    elif field not in FIELDS:
        raise CorrectionError(f"found the field {field!r}, wanted one of: {', '.join(FIELDS)}")
    waiting = in_conflict(connection, case_id, field) if action in _ON_CONFLICTS else []
    if action == "keep" and not waiting:
        raise CorrectionError(f"{case_id}: no correction of {field} is in conflict, wanted set, which changes a value")
    is_of_all = not item and bool(waiting)  # --keep or --withdraw alone is about all that waits
    number = _number(connection, case_id, field, item) if field in LISTS and action != "add" and not is_of_all else 1
    if action == "keep" and not is_of_all:
        waiting = in_conflict(connection, case_id, field, number)
    with values.rules() as rules:
        if action == "keep":
            said = placed(connection, case_id, words) if words else None
            return tuple(checked(line, rules) for row in waiting for line in kept(connection, row, curator=curator, words=said, why=why))
        if is_of_all:
            return tuple(checked(line, rules) for line in (withdrawn(row, curator, why) for row in waiting))
        value = None
        if text is not None and field != CASE:
            there = standing(connection, case_id, field, number).value if action == "set" else None
            value = values.changed(field, text, there, rules)
            # With other words it is another correction; and over one in conflict it is a decision.
            if there is not None and value == there and not words and not in_conflict(connection, case_id, field):
                raise CorrectionError(f"{case_id}: {field} is {values.short(there)} already, wanted another value, or confirm")
        said = placed(connection, case_id, words) if words else None
        found = decisions(connection, case_id, field, action, number=number, value=value, words=said, curator=curator, why=why)
        return tuple(checked(line, rules) for line in found)


def _number(connection: sqlite3.Connection, case_id: str, field: str, item: str | None) -> int:
    """Return the number of the value of a list that somebody means."""
    there = every(connection, "select number, value from fact where case_id = ? and field = ? order by number", case_id, field)
    if item is None:
        meant = there
    elif item.isascii() and item.isdecimal():
        meant = [row for row in there if row["number"] == int(item)]
    else:
        meant = [row for row in there if item.casefold() in row["value"].casefold()]
    if len(meant) == 1:
        return int(meant[0]["number"])
    if not there:
        return 1  # of which `decisions` says that it is not there, or that a correction on it waits
    shown = "; ".join(f"{row['number']} {row['value']}" for row in there)
    what = f"{len(meant) or 'no'} values that {item!r} may mean" if item else f"{len(meant)} values"
    raise CorrectionError(f"{case_id} {field}: found {what}, wanted --item with the number of one: {shown}")
