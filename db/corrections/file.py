"""The file of corrections: a CSV that people read, merge and keep under version control. It only grows.

A line says what a curator decided on one value. The last line on a value counts; `withdraw` takes all earlier ones on it back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ACTIONS = ("set", "clear", "add", "reject", "confirm", "withdraw")


@dataclass(frozen=True, slots=True)
class Correction:
    """A curator's decision on one value.

    Attributes
    ----------
    case_id, field
        The case ("imt-lung/1") and the field as in the record ("age_years", "ihc").
    action
        set: `value` stands in place of `was`; clear: a single field has no value; add: `value` joins a list; reject: `was` leaves
        a list; confirm: `was` is right; withdraw: what was said of `was` before holds no more.
    was
        The machine's value that the curator saw, as in the record's JSON without evidence and without what is None; None: no value.
    value
        The curator's value in the same form; None for clear, reject, confirm and withdraw.
    words
        The words on which it rests, between ⟦ and ⟧, with what stands around them in the text: "a healthy ⟦54-year-old man⟧ came
        with". Of set where no others are given, those of the machine's value. None where there are none.
    curator, made_at, why
        Who (never empty), when (ISO 8601 with the offset), and why (may be None).
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


def path_of(database: Path) -> Path:
    """Return where the corrections of a database are kept, whether or not the file is there."""
    raise NotImplementedError


def read(path: Path) -> tuple[Correction, ...]:
    """Return the corrections in a file in its order; () where it is not there. Raises CorrectionError, `file:line: ...`."""
    raise NotImplementedError


def append(path: Path, corrections: Sequence[Correction]) -> None:
    """Add lines to the file, all or none, also beside another process that does the same."""
    raise NotImplementedError
