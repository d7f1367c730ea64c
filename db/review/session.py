"""A review as it goes: what is decided, what a decision writes, how fast it goes."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from types import MappingProxyType
from typing import Any

from db.corrections import file as corrections_file
from db.corrections import values
from db.corrections.decision import decisions, is_single, kept, withdrawn
from db.corrections.file import Correction
from db.corrections.values import CASE
from db.query import Row, one
from db.records import stored_record
from db.review import queue
from db.review.queue import Item
from db.rows import case_key
from extract.record import Case

_PAUSE_SECONDS = 120.0  # a longer time between two decisions was no reading
_FEWEST = 3  # decisions before a speed means anything


class Outcome(Enum):
    """What became of a decision."""

    WRITTEN = "written"
    SAME = "same"  # it stands so already: sent twice
    STALE = "stale"  # another decision was taken since the page was made


@dataclass(frozen=True, slots=True)
class Decision:
    """What a curator says of a value; parts as in `Correction`. `seen` names the decision that the page showed, "" for none."""

    action: str
    value: Any = None
    words: str | None = None
    why: str | None = None
    seen: str = ""


@dataclass(slots=True)
class Session:
    """What one `casebook review` knows beside the private copy.

    Attributes
    ----------
    path, curator
        The file of corrections, and who decides.
    decided
        Place in the queue to the decision that counts, from the file: this session's, and others' since the last build.
    made
        Places and decisions of this session in order, for undo.
    problems
        Of each line of the file that is no correction `file:line: what was found, what was wanted`.
    """

    path: Path
    curator: str
    decided: dict[int, Correction] = field(default_factory=dict)
    made: list[tuple[int, Correction]] = field(default_factory=list)
    problems: tuple[str, ...] = ()
    clock: Callable[[], float] = time.monotonic
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _bytes: bytes = b""
    _stamp: tuple[int, ...] = ()
    _ticks: list[float] = field(default_factory=list)
    # The cases of the report that was asked for last: the next line or value is mostly of the same. The copy does not change.
    _read: tuple[str, Mapping[str, Case]] = ("", MappingProxyType({}))

    @property
    def count(self) -> int:
        """How many values this session reviewed, without those that were taken back."""
        return len({position for position, _ in self.made})

    @property
    def last(self) -> Correction | None:
        """The decision of this session that undo takes back."""
        return self.made[-1][1] if self.made else None

    @property
    def per_hour(self) -> int | None:
        """How many decisions an hour the curator takes, pauses left out; None for the first few."""
        steps = [later - earlier for earlier, later in zip(self._ticks, self._ticks[1:], strict=False)]
        reading = [step for step in steps if step <= _PAUSE_SECONDS]
        return round(3600 * len(reading) / max(sum(reading), 0.001)) if len(reading) >= _FEWEST else None

    def begin(self) -> None:
        """Start to count the time, with the first page that is shown."""
        if not self._ticks:
            self._ticks.append(self.clock())

    def refresh(self, connection: sqlite3.Connection) -> None:
        """Take note of what the file says now; costs nothing where it did not change. Raises CorrectionError."""
        with self._lock:
            stamp = _stamp(self.path)
            if stamp == self._stamp:
                return
            self.decided.clear()
            contents = corrections_file.contents(self.path)
            for correction in contents.corrections:
                self._note(connection, correction)
            self.problems = contents.problems
            self._bytes, self._stamp = _bytes(self.path), stamp

    def decide(self, connection: sqlite3.Connection, item: Item, decision: Decision) -> Outcome:
        """Write a decision on a value, unless it stands already or the value was decided since the curator saw it.

        Raises
        ------
        CorrectionError
            The file cannot be written, or the decision is none that the file takes. Nothing is written.
        """
        with self._lock:
            self.refresh(connection)
            current = self.decided.get(item.position)
            lines = _lines(connection, item, decision, self.curator)
            if name(current) != decision.seen:
                is_same = current is not None and (current.action, current.value) == (lines[-1].action, lines[-1].value)
                return Outcome.SAME if is_same else Outcome.STALE
            self._append(connection, lines)
            self.made.append((item.position, lines[-1]))
            self._ticks.append(self.clock())
            return Outcome.WRITTEN

    def undo(self, connection: sqlite3.Connection, wanted: str) -> int | None:
        """Take the last decision back, if it is the one that is meant; return the place of its value, None where nothing is undone."""
        with self._lock:
            self.refresh(connection)
            if not self.made or name(self.last) != wanted:
                return None
            position, made = self.made.pop()
            item = queue.item(connection, position)
            if item is not None and name(self.decided.get(position)) == name(made):
                self._append(connection, _undoing(connection, item, made))
            return position

    def _append(self, connection: sqlite3.Connection, lines: Sequence[Correction]) -> None:
        """Write lines; read the whole file again only where somebody else wrote in the same moment."""
        corrections_file.append(self.path, lines)
        before, after = self._bytes, _bytes(self.path)
        if not (before and after.startswith(before) and after[len(before) :].count(b"\n") == len(lines)):
            self.refresh(connection)
            return
        for line in lines:
            self._note(connection, line)
        self._bytes, self._stamp = after, _stamp(self.path)

    def _note(self, connection: sqlite3.Connection, line: Correction) -> None:
        """Take note of one line of the file, for the values in the queue that it speaks of."""
        for item in queue.items(connection, line.case_id, line.field):
            row = waiting(connection, item)
            if not self._speaks_of(connection, item, line, row):
                continue
            # The conflict came after the line that waits, and after the lines before it.
            is_open = _restates(line, row) if row is not None else line.action == "withdraw"
            if is_open:
                self.decided.pop(item.position, None)
            else:
                self.decided[item.position] = line

    def _speaks_of(self, connection: sqlite3.Connection, item: Item, line: Correction, waits: Row | None) -> bool:
        """Tell whether a line is about a value of the queue: of a list the one there is, or the one that a waiting correction names."""
        if waits is not None and (is_single(item.field) or item.field == CASE):
            return True
        about = line.value if line.action == "add" else line.was
        told = [_about(waits), *([_value(waits, "value")] if line.action == "add" else [])] if waits is not None else []
        return about in told or bool(about == self.machines(connection, item))

    def machines(self, connection: sqlite3.Connection, item: Item) -> Any:
        """Return the machine's value as a correction has it; None where there is none. What is in the queue nobody has corrected."""
        if item.number is None:
            return None
        report_id, cases = self._read
        if report_id != item.report_id:
            record = stored_record(connection, item.report_id)
            cases = {case_key(item.report_id, case.label): case for case in record.cases} if record else {}
            self._read = item.report_id, cases
        return values.of_case(cases[item.case_id], item.field)[item.number - 1]


def waiting(connection: sqlite3.Connection, item: Item) -> Row | None:
    """Return the correction that waits for a decision; None where the value is one that nobody looked at."""
    sql = "select * from correction where report_id = ? and number = ?"
    return one(connection, sql, item.report_id, item.correction_number) if item.correction_number else None


def name(correction: Correction | None) -> str:
    """Return what tells a decision from another on the same value; "" for none."""
    return f"{correction.made_at} {correction.action} {correction.curator}" if correction else ""


def _about(waits: Row) -> Any:
    """Return the value that a waiting correction speaks of; None where it put one where there was none."""
    return _value(waits, "value" if waits["action"] == "add" else "was")


def _value(waits: Row, column: str) -> Any:
    return None if waits[column] is None else json.loads(waits[column])


def _restates(line: Correction, waits: Row) -> bool:
    """Tell whether a line says what a waiting correction says."""
    said = (waits["action"], _value(waits, "was"), _value(waits, "value"), waits["words"])
    return (line.action, line.was, line.value, line.words) == said


def _lines(connection: sqlite3.Connection, item: Item, decision: Decision, curator: str) -> tuple[Correction, ...]:
    """Return the lines that say a decision. The last one is the decision; one on another value that waits is withdrawn before."""
    made_at = _now()
    row = waiting(connection, item)
    if row is not None and decision.action == "keep":
        return kept(connection, row, curator=curator, words=decision.words, why=decision.why, made_at=made_at)
    old = withdrawn(row, curator, None, made_at) if row is not None else None
    if item.number is None and decision.action == "confirm" and old is not None:
        return (replace(old, why=decision.why),)  # that there is no value any more is right
    lines = decisions(
        connection, item.case_id, item.field, decision.action, curator=curator, number=item.number or 1, value=decision.value,
        words=decision.words, why=decision.why, made_at=made_at,
    )  # fmt: skip
    is_other = old is not None and not is_single(item.field) and old.was != lines[-1].was
    return (old, *lines) if old is not None and is_other else lines


def _undoing(connection: sqlite3.Connection, item: Item, made: Correction) -> tuple[Correction, ...]:
    """Return the lines that take a decision back; a correction that waited waits again."""
    made_at = _now()
    about = made.value if made.action == "add" else made.was
    back = replace(made, action="withdraw", was=about, value=None, words=None, why=None, made_at=made_at)
    row = waiting(connection, item)
    if row is None:
        return (back,)
    was, value = _value(row, "was"), _value(row, "value")
    again = Correction(item.case_id, item.field, row["action"], was, value, row["words"], row["curator"], made_at, row["why"])
    return (again,) if made.action == "withdraw" else (back, again)


def _now() -> str:
    """Return the time to the millisecond: two decisions of a second are told apart."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""


def _stamp(path: Path) -> tuple[int, ...]:
    """Return what changes with the file; (0,) where it is not there."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return (0,)
    return found.st_ino, found.st_size, found.st_mtime_ns
