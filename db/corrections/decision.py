"""From what a curator decides on a stored value to the lines of the file that say so."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from db.corrections import values
from db.corrections.file import Correction
from db.corrections.values import LISTS, CorrectionError
from db.corrections.words import CLOSE, OPEN, around, find
from db.query import Row, every, one
from db.records import stored_record
from db.rows import case_key


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands in the database now for one value.

    Attributes
    ----------
    value
        The value that stands, in the form of a correction; None for none.
    was
        The machine's value below it, on which a correction rests: the same, unless a curator corrected it; None for none.
    words
        Words that support it, as a correction has them; None where there are none.
    is_added
        The value is a curator's own: the machine has none there.
    """

    value: Any
    was: Any
    words: str | None
    is_added: bool = False


def standing(connection: sqlite3.Connection, case_id: str, field: str, number: int = 1) -> Standing:
    """Return what stands for a value; `number` counts the values of a list from 1.

    Raises
    ------
    CorrectionError
        The database has no such case, or the field no value of this number.
    """
    report_id = case_id.rpartition("/")[0]
    record = stored_record(connection, report_id)
    case = next((case for case in record.cases if case_key(report_id, case.label) == case_id), None) if record else None
    if case is None:
        raise CorrectionError(f"{case_id}: no case of this name is in the database, wanted one like imt-lung/1")
    found = values.of_case(case, field)
    if len(found) < number and field in LISTS:
        raise CorrectionError(f"{case_id}: {field} has {len(found)} values, wanted a number up to {len(found)}")
    value = found[number - 1] if found else None
    sql = (
        "select action, state, value, machine_value, words from correction where case_id = ? and field = ?"
        " and (fact_number = ? or (? and action = 'clear')) order by number desc"
    )
    said = one(connection, sql, case_id, field, number, field not in LISTS)
    if said is None or said["state"] != "applied" or said["action"] == "confirm":
        return Standing(value, value, words_of(connection, case_id, field, number))
    machine = json.loads(said["machine_value"]) if said["machine_value"] is not None else None
    return Standing(value, machine, said["words"], said["action"] == "add")


def words_of(connection: sqlite3.Connection, case_id: str, field: str, number: int = 1) -> str | None:
    """Return the first words that support a stored value, with those around them."""
    sql = (
        "select start_char, end_char from fact_evidence join evidence on evidence.report_id = fact_evidence.report_id"
        " and evidence.number = evidence_number where fact_evidence.case_id = ? and fact_evidence.field = ?"
        " and fact_evidence.number = ? order by evidence_number"
    )
    rows = every(connection, sql, case_id, field, number)
    text = one(connection, "select text from report_text where report_id = ?", case_id.rpartition("/")[0])
    return around(text["text"], rows[0]["start_char"], rows[0]["end_char"]) if rows and text else None


def decisions(
    connection: sqlite3.Connection,
    case_id: str,
    field: str,
    action: str,
    *,
    curator: str,
    number: int = 1,
    value: Any = None,
    words: str | None = None,
    why: str | None = None,
    made_at: str | None = None,
) -> tuple[Correction, ...]:
    """Return the lines to `append` for what a curator decides on a stored value: set, clear, add, reject, confirm or withdraw.

    Mostly one; two where a curator's own value of a list is changed. `number` counts the values of a list from 1; `value` is in
    the form of the record's JSON; `words` are as in Correction, None for those of the stored value.

    Raises
    ------
    CorrectionError
        There is no such case or value, or nothing to decide.
    """
    made_at = made_at or now()

    def line(action: str, was: Any, value: Any, words: str | None) -> Correction:
        return Correction(case_id, field, action, was, value, words, curator, made_at, why)

    if field == values.CASE:
        return (line(action, None, None, words or _words_of_case(connection, case_id, action)),)
    if field not in values.FIELDS:
        raise CorrectionError(f"found the field {field!r}, wanted one of: {', '.join(values.FIELDS)}")
    if action == "add":
        return (line(action, None, value, words),)
    if action == "withdraw" and (lost := _lost(connection, case_id, field)):
        return tuple(line("withdraw", was, None, None) for was in lost)
    there = standing(connection, case_id, field, number)
    if there.is_added:
        return _on_added(there, action, lambda act, was, new: line(act, was, new, words or there.words), value)
    if action == "confirm" and there.value != there.was:
        raise CorrectionError(f"{case_id}: {field} is a curator's value already, wanted set, or withdraw to have the machine's again")
    waiting = _waiting(connection, case_id, field, number) if field in LISTS else []
    settled = tuple(line("withdraw", was, None, None) for was in waiting)
    if action == "withdraw":
        return settled or (line(action, there.was, None, None),)
    return (*settled, line(action, there.was, value, words or there.words))


def in_conflict(connection: sqlite3.Connection, case_id: str, field: str, number: int | None = None) -> list[Row]:
    """Return the corrections of a field that wait for a decision, of all its values or of one; rows of table correction."""
    of_number = "(?3 is null or fact_number = ?3)"
    sql = f"select * from correction where case_id = ? and field = ? and state = 'conflict' and {of_number} order by number"
    return every(connection, sql, case_id, field, number)


def kept(
    connection: sqlite3.Connection,
    waits: Row,
    *,
    curator: str,
    words: str | None = None,
    why: str | None = None,
    made_at: str | None = None,
) -> tuple[Correction, ...]:
    """Return the lines by which what a waiting correction says stands over what the machine reads now.

    `waits` is a row of table correction; `words` are as in Correction, None for those of the correction or else of the machine's value.

    Raises
    ------
    CorrectionError
        There is nothing to reject any more, or the words are gone and no others were given.
    """
    case_id, field, number = waits["case_id"], waits["field"], waits["fact_number"]
    action, made_at = waits["action"], made_at or now()
    said = waits["was"] if action == "confirm" else waits["value"]
    value = None if said is None else json.loads(said)

    def decided(action: str, words: str | None) -> tuple[Correction, ...]:
        return decisions(
            connection, case_id, field, action, curator=curator, number=number or 1, value=value, words=words, why=why, made_at=made_at
        )

    if field == values.CASE:
        return decided(action, words)
    if value is None:
        if number is None:
            raise CorrectionError(f"{case_id}: {field} has no such value any more, wanted withdraw, which settles it")
        return decided(action, words)
    words = words or _still_there(connection, waits)
    if number is not None or field not in LISTS:
        return decided("set", words)
    if words is None:
        raise CorrectionError(f"{case_id}: the words on which {field} rests are not there, or at several places; wanted others that say it")
    return (*(() if action == "add" else (withdrawn(waits, curator, None, made_at),)), *decided("add", words))


def withdrawn(waits: Row, curator: str, why: str | None = None, made_at: str | None = None) -> Correction:
    """Return the line that takes a waiting correction back; `waits` is a row of table correction."""
    about = waits["value"] if waits["action"] == "add" else waits["was"]
    was = None if about is None else json.loads(about)
    return Correction(waits["case_id"], waits["field"], "withdraw", was, None, None, curator, made_at or now(), why)


def _still_there(connection: sqlite3.Connection, waits: Row) -> str | None:
    """Return the words of a correction where the text still has them."""
    text = one(connection, "select text from report_text where report_id = ?", waits["report_id"])
    is_there = text is not None and waits["words"] is not None and find(text["text"], waits["words"]).problem is None
    return str(waits["words"]) if is_there else None


def _waiting(connection: sqlite3.Connection, case_id: str, field: str, number: int) -> list[Any]:
    """Return of which values the corrections speak that are in conflict over a value of a list: this decision is on them, too."""
    sql = "select action, was, value from correction where case_id = ? and field = ? and fact_number = ? and state = 'conflict'"
    return [json.loads(row["value"] if row["action"] == "add" else row["was"]) for row in every(connection, sql, case_id, field, number)]


def _lost(connection: sqlite3.Connection, case_id: str, field: str) -> list[Any]:
    """Return of which values the corrections speak that are in conflict since the machine reads nothing there, or has no such case."""
    sql = "select action, was, value from correction where case_id = ? and field = ? and fact_number is null and state = 'conflict'"
    rows = every(connection, sql, case_id, field)
    told = (row["value"] if row["action"] == "add" else row["was"] for row in rows)
    return [json.loads(was) if was is not None else None for was in told]


def _words_of_case(connection: sqlite3.Connection, case_id: str, action: str) -> str | None:
    """Return words by which a case that is to be taken out is known; None for another action.

    Raises CorrectionError where the report is not stored, or the case to be added is there, or the one to be taken out is not.
    """
    report_id = case_id.rpartition("/")[0]
    text = one(connection, "select text from report_text where report_id = ?", report_id)
    if text is None:
        raise CorrectionError(f"{case_id}: no report {report_id!r} is in the database, wanted a case of one that is")
    is_there = one(connection, "select 1 from patient_case where case_id = ?", case_id) is not None
    if (action == "add" and is_there) or (action == "reject" and not is_there):
        raise CorrectionError(f"{case_id}: the case is {'there already' if is_there else 'not there'}, wanted another one to {action}")
    if action != "reject":
        return None
    sql = "select start_char, end_char from evidence where case_id = ? and reason is null order by number"
    rows = every(connection, sql, case_id)
    return around(text["text"], rows[0]["start_char"], rows[0]["end_char"]) if rows else None


def placed(connection: sqlite3.Connection, case_id: str, words: str) -> str:
    """Return words that somebody typed as a correction has them, with those around them; [[ and ]] stand for the marks, too.

    Raises
    ------
    CorrectionError
        They are not in the text of the report, or at several places.
    """
    text = one(connection, "select text from report_text where report_id = ?", case_id.rpartition("/")[0])
    place = find(text["text"] if text else "", words.replace("[[", OPEN).replace("]]", CLOSE))
    if place.start is None or place.end is None or text is None:
        wanted = "wanted words as they stand there; with more of them around, the part that says it stands between [[ and ]]"
        raise CorrectionError(f"{case_id}: {(place.problem or '').replace(' any more', '')}, {wanted}")
    return around(text["text"], place.start, place.end)


def _on_added(there: Standing, action: str, line: Any, value: Any) -> tuple[Correction, ...]:
    """Return the lines for a value of a list that a curator added."""
    if action == "confirm":
        raise CorrectionError("the value is a curator's own already, wanted set, reject or withdraw")
    taken_back = line("withdraw", there.value, None)
    return (taken_back, line("add", None, value)) if action == "set" else (taken_back,)


def now() -> str:
    """Return the time of this moment as the file has it: ISO 8601, UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def is_single(field: str) -> bool:
    """Tell whether a field has one value: it is cleared, where one of a list is rejected."""
    return field not in LISTS
