"""The rows behind a page."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Data:
    """What a page draws or lists, as rows: it stands behind the page's links to CSV and JSON. None is a value not reported."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str | float | int | None, ...], ...]
