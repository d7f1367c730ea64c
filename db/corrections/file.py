"""The file of corrections: a CSV that people read, merge and keep under version control. It only grows.

A line says what a curator decided on one value. The last line on a value counts; `withdraw` takes all earlier ones on it back.
"""

from __future__ import annotations

import csv
import fcntl
import io
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from corpus.dose_table import counted
from db.corrections import values
from db.corrections.values import CASE, FIELDS, CorrectionError, Rules
from db.corrections.words import CLOSE, OPEN, is_marked, normal

ACTIONS = ("set", "clear", "add", "reject", "confirm", "withdraw")
COLUMNS = ("case", "field", "action", "was", "value", "words", "why", "curator", "at")

_OF_LISTS = ("add", "reject")
_OF_SINGLE = ("clear",)
_SEPARATORS = (",", ";", "\t")  # a spreadsheet takes that of its country
# A cell that begins so is a formula to a spreadsheet; with an apostrophe in front it is words.
_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "'")
_LINES_OF_CELL = 20
_CHECKOUT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Correction:
    """A curator's decision on one value.

    Attributes
    ----------
    case_id, field
        The case ("imt-lung/1") and the field as in the record ("age_years", "ihc"); field "case": the case itself.
    action
        set: `value` stands in place of `was`; clear: a single field has no value; add: `value` joins a list; reject: `was` leaves
        a list; confirm: `was` is right; withdraw: what was said of `was` before holds no more.
    was
        The machine's value that the curator saw, as in the record's JSON without evidence and without what is None; None: no value.
    value
        The curator's value in the same form; None for clear, reject, confirm and withdraw. A follow-up that is a lower bound is
        ">24".
    words
        The words on which it rests, between ⟦ and ⟧, with what stands around them in the text: "a healthy ⟦54-year-old man⟧ came
        with". Of set where no others are given, those of the machine's value. None where there are none.
    curator, made_at, why
        Who (never empty), when (ISO 8601; without an offset it is UTC), and why (may be None).
    """

    case_id: str
    field: str
    action: str
    was: Any
    value: Any
    words: str | None
    curator: str
    made_at: str
    why: str | None = None


@dataclass(frozen=True, slots=True)
class Contents:
    """What a file holds: the corrections in its order, and of each line that is none `file:line: what was found, what was wanted`."""

    corrections: tuple[Correction, ...]
    problems: tuple[str, ...] = ()


def path_of(database: Path) -> Path:
    """Return where the corrections of a database are kept, whether or not the file is there.

    Those of the project's own database are under version control, corpus/corrections.csv; others stand beside their database.
    """
    place = database.resolve()
    if place == _CHECKOUT / "build" / "casebook.db" and (_CHECKOUT / "pyproject.toml").is_file():
        return _CHECKOUT / "corpus" / "corrections.csv"
    return place.with_name(f"{place.stem}.corrections.csv")


# --- reading -----------------------------------------------------------------------------------


def read(path: Path) -> tuple[Correction, ...]:
    """Return the corrections in a file in its order; () where it is not there.

    Raises
    ------
    CorrectionError
        The first line that is no correction, `file:line: what was found, what was wanted`.
    """
    found = contents(path)
    if found.problems:
        raise CorrectionError(found.problems[0])
    return found.corrections


def contents(path: Path) -> Contents:
    """Return the corrections in a file, and of the lines that are none what is wrong with them.

    Raises
    ------
    CorrectionError
        The file cannot be read at all, or is no table with the columns of corrections.
    """
    text = _text(path)
    if not text.strip():
        return Contents(())
    good: list[Correction] = []
    bad: list[str] = []
    with values.rules() as rules:
        for line, cells in _lines(path, text):
            try:
                good.append(_correction(cells, rules))
            except CorrectionError as error:
                bad.append(f"{path}:{line}: {error}")
    return Contents(tuple(good), tuple(bad))


def _text(path: Path) -> str:
    """Return the text of a file, "" where it is not there."""
    try:
        # A merge of two new files has the mark of UTF-8 in its midst, too.
        return path.read_bytes().decode("utf-8-sig").replace("\n\ufeff", "\n")
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise CorrectionError(f"{path}: {(error.strerror or str(error)).lower()}, wanted a file of corrections") from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise CorrectionError(f"{path}:{line}: found bytes that are no UTF-8, wanted the file saved as CSV in UTF-8") from None


def _separator(text: str) -> str:
    """Return what stands between the cells, by the first line."""
    head = text.lstrip("\r\n").splitlines()[0]
    return max(_SEPARATORS, key=head.count)


def _lines(path: Path, text: str) -> Iterator[tuple[int, Mapping[str, str] | str]]:
    """Yield each line below the heading that is not empty, with its number; the cells by column, or what is wrong with them."""
    separator, heading = _separator(text), None
    for line, row in _rows(text, separator):
        if isinstance(row, str):
            yield line, row
        elif not any(cell.strip() for cell in row):
            continue
        elif heading is None:
            heading = _heading(path, line, row)
        elif [cell.strip().lower() for cell in row[: len(heading)]] != heading:  # a merge of two new files has two headings
            is_whole = len(row) >= len(heading) and not any(cell.strip() for cell in row[len(heading) :])
            wrong = f"found {counted(len(row), 'cell')}, wanted {len(heading)}; words with a separator in them stand in quotes"
            yield line, {name: _unguarded(cell) for name, cell in zip(heading, row, strict=False) if name} if is_whole else wrong


def _rows(text: str, separator: str) -> Iterator[tuple[int, list[str] | str]]:
    """Yield the cells of each line, with its number, or what is wrong with it.

    A cell may go over some lines. A quote that nobody closed spoils its own line, not all that follow.
    """
    lines = list(io.StringIO(text, newline=""))
    at = 0
    while at < len(lines):
        end, quotes = at + 1, lines[at].count('"')
        while quotes % 2 and end < min(len(lines), at + _LINES_OF_CELL):
            quotes += lines[end].count('"')
            end += 1
        try:
            yield at + 1, next(csv.reader(["".join(lines[at:end])], delimiter=separator, strict=True), [])
            at = end
        except csv.Error as error:
            yield at + 1, f"found a line that is no CSV ({error}), wanted cells with quotes in pairs"
            at += 1


def _heading(path: Path, line: int, row: Sequence[str]) -> list[str]:
    """Return the columns in their order; more of them than those of corrections are people's own, kept and not read."""
    names = [cell.strip().lower() for cell in row]
    if any(names.count(name) != 1 for name in COLUMNS):
        raise CorrectionError(f"{path}:{line}: found the columns {', '.join(names)[:200]}, wanted {', '.join(COLUMNS)}")
    return names


def _correction(cells: Mapping[str, str] | str, rules: Rules) -> Correction:
    """Return the correction that the cells of a line say; what is wrong with the line itself is raised."""
    if isinstance(cells, str):
        raise CorrectionError(cells)
    case_id, field, action = cells["case"].strip(), cells["field"].strip(), cells["action"].strip().lower()
    was, value = (_value(field, cells[name].strip(), rules, is_machines=name == "was") for name in ("was", "value"))
    found = Correction(
        case_id, field, action, was, value, normal(cells["words"]) or None, normal(cells["curator"]), cells["at"].strip(),
        normal(cells["why"]) or None,
    )  # fmt: skip
    return _checked(found)


def _value(field: str, words: str, rules: Rules, *, is_machines: bool) -> Any:
    if field not in FIELDS:
        raise CorrectionError(f"found the field {field[:60]!r}, wanted one of: {', '.join(FIELDS)}")
    if not words:
        return None
    if field == CASE:
        raise CorrectionError(f"found the value {words[:60]!r} of a whole case, wanted none; its fields have lines of their own")
    return values.parsed(field, words, rules, is_machines=is_machines)


def _checked(found: Correction) -> Correction:
    """Return a correction whose parts go together; raise CorrectionError where they do not."""
    report, slash, label = found.case_id.rpartition("/")
    if not (report and slash and label) or normal(found.case_id) != found.case_id:
        raise CorrectionError(f"found the case {found.case_id[:60]!r}, wanted report/label (imt-lung/1)")
    if found.action not in ACTIONS:
        raise CorrectionError(f"found the action {found.action[:60]!r}, wanted one of: {', '.join(ACTIONS)}")
    if not found.curator:
        raise CorrectionError("found no curator, wanted who says so")
    _check_action(found)
    if found.words and not is_marked(found.words):
        raise CorrectionError(f"found words without a part between {OPEN} and {CLOSE}, wanted the words that say it marked so")
    moment(found.made_at)
    return found


def _check_action(found: Correction) -> None:
    """Raise CorrectionError where an action is not one of the field, or lacks what it needs."""
    is_list = found.field in values.LISTS
    if found.field == CASE:
        if found.action not in ("add", "reject", "withdraw"):
            raise CorrectionError(f"found {found.action} of a whole case, wanted add, reject or withdraw")
        return
    if (found.action in _OF_LISTS and not is_list) or (found.action in _OF_SINGLE and is_list):
        wanted = "set, clear, confirm" if not is_list else "set, add, reject, confirm"
        raise CorrectionError(f"found {found.action} of {found.field}, wanted {wanted} or withdraw")
    if found.action in ("set", "add") and found.value is None:
        raise CorrectionError(f"found no value to {found.action}, wanted one (clear takes a value away)")
    if found.action not in ("set", "add") and found.value is not None:
        raise CorrectionError(f"found a value with {found.action}, wanted it with set or add only")
    if found.was is None and (found.action in ("clear", "reject", "confirm") or (is_list and found.action in ("set", "withdraw"))):
        raise CorrectionError(f"found {found.action} without what was there, wanted the machine's value in the column was")
    if found.action == "add" and found.was is not None:
        raise CorrectionError("found add with a value in the column was, wanted set, which puts another in its place")
    if found.words is None and (found.action == "add" or (found.action == "set" and found.was is None)):
        raise CorrectionError(
            f"found {found.action} without words, wanted those of the report that say it, the part itself in {OPEN}{CLOSE}"
        )


def moment(made_at: str) -> datetime:
    """Return when a correction was made; raise CorrectionError where that is no date or time of ISO 8601."""
    try:
        found = datetime.fromisoformat(made_at)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise CorrectionError(f"found the time {made_at[:60]!r}, wanted a date or time like 2026-11-21T15:04:05+00:00") from None


# --- writing -----------------------------------------------------------------------------------


def append(path: Path, corrections: Sequence[Correction]) -> None:
    """Add lines to the file, all or none, also beside another process that does the same.

    The whole file is written anew beside itself and put in its place in one step: a kill leaves the old one or the new one.

    Raises
    ------
    CorrectionError
        A correction is none (what was found, what was wanted), or the file cannot be written. The file is as it was.
    """
    if not corrections:
        return
    with values.rules() as rules:
        lines = [cells_of(checked(found, rules)) for found in corrections]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _locked(path.resolve()) as place:
            _replace(place, _appended(path, _text(place), lines))
    except OSError as error:
        raise CorrectionError(
            f"{path}: {(error.strerror or str(error)).lower()}, wanted a file to which corrections can be added"
        ) from None


def checked(found: Correction, rules: Rules) -> Correction:
    """Return a correction as `read` would give it back: values in the record's form, words in one line."""

    def value(field: str, given: Any, *, is_machines: bool) -> Any:
        if given is None or field == CASE or field not in FIELDS:
            return _value(field, "" if given is None else str(given), rules, is_machines=is_machines)
        return values.checked(field, given, rules, is_machines=is_machines)

    return _checked(
        replace(
            found,
            was=value(found.field, found.was, is_machines=True),
            value=value(found.field, found.value, is_machines=False),
            words=normal(found.words or "") or None,
            why=normal(found.why or "") or None,
            curator=normal(found.curator),
        )
    )


def cells_of(found: Correction) -> dict[str, str]:
    """Return a correction as the cells of its line, by column; what a spreadsheet takes for a formula is guarded."""
    cells = {
        "case": found.case_id, "field": found.field, "action": found.action, "was": values.written(found.was),
        "value": values.written(found.value), "words": found.words or "", "why": found.why or "", "curator": found.curator,
        "at": found.made_at,
    }  # fmt: skip
    try:
        "".join(cells.values()).encode()
    except UnicodeEncodeError:
        raise CorrectionError(f"{found.case_id}: found half of a character in the correction, wanted text that UTF-8 can hold") from None
    return {name: _guarded(cell) for name, cell in cells.items()}


def _guarded(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _unguarded(cell: str) -> str:
    """Return a cell without the apostrophe that keeps a spreadsheet from taking it for a formula."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_FORMULA) else cell


def _appended(path: Path, text: str, lines: Sequence[Mapping[str, str]]) -> str:
    """Return the text of a file with lines added, in the order of columns and with the separator that it has."""
    heading, separator = list(COLUMNS), ","
    out = io.StringIO(newline="")
    out.write("\ufeff")  # without it, a spreadsheet takes the marks for other letters and saves those
    if text.strip():
        separator = _separator(text)
        first = next(row for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator) if any(cell.strip() for cell in row))
        heading = _heading(path, 1, first)
        out.write(text if text.endswith("\n") else f"{text}\n")
    else:
        out.write(f"{','.join(COLUMNS)}\n")
    writer = csv.writer(out, delimiter=separator, lineterminator="\n")
    writer.writerows([line.get(name, "") for name in heading] for line in lines)
    return out.getvalue()


@contextmanager
def _locked(path: Path) -> Iterator[Path]:
    """Keep other processes from writing the file; it is made, empty, where it is not there."""
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            # Whoever had the lock before has put another file in the place of the one that is locked here.
            if path.exists() and os.path.samestat(os.fstat(handle), path.stat()):
                yield path
                return
        finally:
            os.close(handle)


def _replace(path: Path, text: str) -> None:
    """Put a text in the place of a file in one step, safe from a power cut."""
    partial = path.with_name(f".{path.name}.part")  # one name, held by the lock: what a kill left is written over
    with partial.open("w", encoding="utf-8", newline="") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    shutil.copymode(path, partial)
    partial.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
