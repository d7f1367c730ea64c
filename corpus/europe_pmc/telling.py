"""What was fetched, or would be, in lines for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from corpus.europe_pmc.client import Client
from corpus.europe_pmc.fetch import GIVE_UP_AFTER, Plan, Wanted, may_be_taken, why_not
from corpus.europe_pmc.folder import FAILED, FETCHED, NOT_FOUND, NOT_OPEN_ACCESS, Folder, Row

_AGAIN = "asked again only with --again"
_NOUNS = {FETCHED: "fetched", NOT_OPEN_ACCESS: "not open access", NOT_FOUND: "not found", FAILED: "failed"}


def plan(planned: Plan, folder: Folder, client: Client, *, abstracts: bool) -> Iterator[str]:
    """Say what would become of each article; then how many requests it takes, repeated ones not counted, and where they go."""
    full_texts = 0
    for item in planned.wanted:
        fate = _fate(item, folder, abstracts)
        full_texts += fate.startswith("would be")
        yield f"{_about(item)}: {fate}"
    yield (
        f"would send {_many(planned.searches, 'search', 'searches')} and at most {_many(full_texts, 'request', 'requests')} for full text"
        f" to {client.base}, at most {client.pace.per_second:g} a second; sent now: {client.requests}"
    )


def _about(item: Wanted) -> str:
    known = item.article or item.row
    return (
        f"{item.identifier}"
        + (f": {known.title}" if known and known.title else "")
        + (f" [{known.license}]" if known and known.license else "")
    )


def _fate(item: Wanted, folder: Folder, abstracts: bool) -> str:
    if item.row is not None:
        return "is there already" if item.row.status == FETCHED else f"{item.row.reason}, {_AGAIN}"
    if item.error is not None:
        return item.error
    if not item.was_asked:
        return "would be looked up and, if it is open access, fetched"
    if item.article is None:
        return "not found"
    if item.article.pmcid and folder.full_text(item.article.pmcid).is_file():
        return "is there already"
    if may_be_taken(item.article):
        return "would be fetched"
    return "not open access, its abstract would be taken" if abstracts and item.article.abstract else why_not(item.article)


def summary(rows: Sequence[Row], planned: Plan) -> str:
    """Count what became of the articles: "3 fetched, 2 there already, 1 not open access"."""
    counts = Counter(
        "there already" if _is_there(row, item) else _NOUNS[row.status] for row, item in zip(rows, planned.wanted, strict=False)
    )
    parts = [f"{counts[noun]} {noun}" for noun in ("fetched", "there already", *list(_NOUNS.values())[1:]) if counts[noun]]
    if left := len(planned.wanted) - len(rows):
        parts.append(f"{left} left, as {GIVE_UP_AFTER} failed one after the other: the same command goes on")
    return ", ".join(parts) or "nothing found"


def _is_there(row: Row, item: Wanted) -> bool:
    return item.row is not None and row.status == FETCHED


def _many(count: int, one: str, several: str) -> str:
    return f"{count} {one if count == 1 else several}"
