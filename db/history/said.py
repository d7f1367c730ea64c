"""What became of curators' words between two runs: said anew, in conflict, holding again, gone."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any

from db.corrections.values import LISTS

_DONE: Mapping[str, str] = MappingProxyType(
    {"set": "corrected", "clear": "cleared", "add": "added", "reject": "rejected", "confirm": "confirmed"}
)
_IS_NOW: Mapping[str | None, str] = MappingProxyType(
    {"applied": "holds again", "agreed": "the machine now reads the same", None: "holds no more"}
)


@dataclass(frozen=True, slots=True)
class SaidChange:
    """A curator's word of which something else became.

    Attributes
    ----------
    case_id, field, action, curator, made_at
        As in the file of corrections.
    was, value
        The machine's value that the curator saw, and the curator's, in the form of the record; None for none.
    before, after
        applied, agreed or conflict; None where nothing was said, or is said no more.
    conflict
        Why it is in conflict after; None where it is not.
    """

    case_id: str
    field: str
    action: str
    was: Any
    value: Any
    curator: str
    made_at: str
    before: str | None
    after: str | None
    conflict: str | None


def changes(was: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[SaidChange]:
    """Yield of which words something else became, by two records as the history keeps them; not of one that another took the place of."""
    first, second = (_by_word(told.get("corrections", {}).get("rulings", ())) for told in (was, now))
    newly = {_of(ruling) for key, ruling in second.items() if key not in first}
    for key in (*second, *(key for key in first if key not in second)):
        old, new = first.get(key), second.get(key)
        before, after = (ruling["state"] if ruling else None for ruling in (old, new))
        told = new or old
        if told and before != after and not (new is None and _of(told) in newly):
            was_told, value = (None if told[name] is None else json.loads(told[name]) for name in ("was", "value"))
            yield SaidChange(
                told["case_id"], told["field"], told["action"], was_told, value, told["curator"], told["made_at"], before, after,
                new["conflict"] if new else None,
            )  # fmt: skip


def _by_word(rulings: Any) -> dict[tuple[Any, ...], Mapping[str, Any]]:
    return {(*_of(ruling), *(ruling[name] for name in ("action", "value", "curator", "made_at"))): ruling for ruling in rulings}


def _of(ruling: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return of which value a word is."""
    return ruling["case_id"], ruling["field"], ruling["was"] if ruling["field"] in LISTS else None


def words(said: SaidChange, value: str) -> str:
    """Return what became of a curator's word: "corrected by Ada on 2026-11-21", "in conflict, …"; `value` is what was said, in words."""
    by = f"{_DONE[said.action]} by {said.curator} on {said.made_at[:10]}"
    if said.after == "conflict":
        return f"in conflict: {said.conflict}; {value + ', ' if value else ''}{by}, waits for a decision"
    if said.before is None:
        return f"{by}, as the machine now reads" if said.after == "agreed" else by
    return f"{_IS_NOW[said.after]}: {value + ', ' if value else ''}{by}"


def to_json(said: SaidChange) -> dict[str, Any]:
    """Return it as JSON gives it."""
    return asdict(said)
