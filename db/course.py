"""The course of a case as a line: where each event stands on it, for a drawing and for the list beside it."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from db import fields
from db.query import Row, every

ZERO_WORDS = {"treatment": "first treatment", "diagnosis": "diagnosis", "presentation": "presentation"}
_KINDS = {
    "diagnosis": ("diagnosis", "pathology"),
    "surgery": ("surgery", "treatment"),
    "radiotherapy": ("radiotherapy", "treatment"),
    "chemotherapy": ("drugs", "treatment"),
    "treatment": ("treatment", "treatment"),
    "recurrence": ("recurrence", "outcome"),
    "metastasis": ("metastasis", "tumour"),
    "progression": ("progression", "tumour"),
    "death": ("death", "outcome"),
    "follow_up": ("last contact", "outcome"),
}
KIND_WORDS = {kind: label for kind, (label, _) in _KINDS.items()}
# Units of the drawing: pixels where it stands beside the text, so that its letters are as large as those of the list.
_WIDTH, _MARGIN, _LANE, _LETTER, _TOP = 420.0, 8.0, 17.0, 6.6, 10.0


@dataclass(frozen=True, slots=True)
class Stop:
    """An event: what it is, when it was, and the numbers of the evidence; `x`, `y` and `anchor` place it on the drawing.

    `words` are those of the text, "" where they are the label's own.

    An event whose time is not told has no place on the line (`x` is None).
    """

    label: str
    words: str
    when: str
    group: str
    evidence: tuple[int, ...]
    x: float | None = None
    y: float = 0.0
    anchor: str = "start"


@dataclass(frozen=True, slots=True)
class Course:
    """The events of a case in the order of time; `base` is the height of the line, `height` that of the drawing.

    `begin` and `end` are the times at the ends of the line in few words; `end` is "" where all that has a time is at time zero.
    """

    zero: str
    stops: tuple[Stop, ...]
    begin: str
    end: str
    base: float
    height: float
    width: float = _WIDTH
    margin: float = _MARGIN

    @property
    def drawn(self) -> tuple[Stop, ...]:
        """The events that have a place on the line."""
        return tuple(stop for stop in self.stops if stop.x is not None)

    @property
    def description(self) -> str:
        """What the drawing shows, in a sentence."""
        return "; ".join(f"{stop.label}: {stop.when}" for stop in self.drawn) + "."


def course(connection: sqlite3.Connection, case: Row, evidence: dict[tuple[str, int], tuple[int, ...]]) -> Course | None:
    """Return the course of a case, None where no event is known."""
    rows = every(connection, "select * from timeline_event where case_id = ? order by number", case["case_id"])
    if not rows:
        return None
    zero = ZERO_WORDS.get(case["time_zero"] or "", "the beginning of the story")
    times = [(0.0, False), *((row["months"], bool(row["is_minimum"])) for row in rows if row["months"] is not None)]
    (first, _), (last, _) = min(times), max(times)
    scale = (_WIDTH - 2 * _MARGIN) / ((last - first) or 1.0)
    lanes: list[float] = []  # where the last label of each lane ends
    stops = []
    for row in rows:
        label, group = _KINDS[row["kind"]]
        stop = Stop(
            label,
            "" if row["name"].lower() == label else row["name"],
            when(row["months"], bool(row["is_minimum"]), zero),
            group,
            evidence.get(("events", row["number"]), ()),
        )
        if row["months"] is not None:
            stop = _placed(stop, _MARGIN + (row["months"] - first) * scale, lanes)
        stops.append(stop)
    base = _TOP + _LANE * len(lanes)
    end = _mark(*max(times), zero) if first < last else ""
    return Course(zero, tuple(stops), _mark(*min(times), zero), end, base, base + 2 * _LANE)


def when(months: float | None, is_minimum: bool, zero: str) -> str:
    """Return the time of an event in words."""
    if months is None:
        return "time not told"
    if months == 0:
        return "time zero"
    words = fields.months(abs(months), is_minimum)
    return f"{words} {'after' if months > 0 else 'before'} {zero}"


def _mark(months: float, is_minimum: bool, zero: str) -> str:
    """Return the time at an end of the line, where the whole words would run into those of the other end."""
    words = fields.months(abs(months), is_minimum)
    return zero if months == 0 else words if months > 0 else f"{words} before"


def _placed(stop: Stop, x: float, lanes: list[float]) -> Stop:
    """Return an event with its place: its label in the first lane that is free there, to the left at the right end."""
    length = _LETTER * len(stop.label)
    is_late = x + length > _WIDTH - _MARGIN / 2
    begin, end = (x - length, x) if is_late else (x, x + length)
    lane = next((lane for lane, used in enumerate(lanes) if used + _LETTER < begin), len(lanes))
    if lane == len(lanes):
        lanes.append(end)
    lanes[lane] = max(lanes[lane], end)
    return Stop(
        stop.label, stop.words, stop.when, stop.group, stop.evidence,
        round(x, 1), round(_TOP + _LANE * lane, 1), "end" if is_late else "start",
    )  # fmt: skip
