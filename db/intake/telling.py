"""What was done with reports, in lines."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from corpus.dose_table import counted
from corpus.plain import from_here, plain
from db.draft import open_readonly
from db.intake.tally import Tally


def lines(database: Path, tally: Tally) -> Iterator[str]:
    """Yield a line for each report that was not stored since another one tells the same, one that counts what was, and one on conflicts."""
    yield from _linked(tally)
    yield _summary(database, tally)
    yield from _conflicts(database)


def _conflicts(database: Path) -> Iterator[str]:
    """Say how many corrections wait for a decision, if any do."""
    if database.exists():
        with closing(open_readonly(database)) as connection:
            count = connection.execute("select count(*) from correction where state = 'conflict'").fetchone()[0]
        if count:
            yield f"{counted(count, 'correction')} in conflict with what is read now; `casebook corrections --conflicts` shows them"


def _linked(tally: Tally) -> Iterator[str]:
    """Say which reports are kept only as a link, since another one tells the same, and were not so before."""
    for place in {id(place): place for place in tally.linked.values()}.values():
        for link in place.links:
            if tally.linked.get(link.report.id) is place:
                what = "a retelling of" if link.report.is_retelling else "the same report as"
                yield plain(f"{link.report.id}: {what} {place.kept.id}, which is kept ({link.likeness.reason})")


def _summary(database: Path, tally: Tally) -> str:
    counts = f"{tally.new} new, {tally.changed} changed, {tally.unchanged} unchanged, {len(tally.failed)} failed"
    if tally.linked:
        counts += f", {len(tally.linked)} linked to the same report"
    if tally.dose_tables:
        counts += f", {counted(tally.dose_tables, 'dose table')}"
    if not database.exists():
        return f"{from_here(database)}: {counts}"
    with closing(open_readonly(database)) as connection:
        reports, cases = (connection.execute(f"select count(*) from {name}").fetchone()[0] for name in ("report", "patient_case"))
    there = f"{counted(cases, 'case')} in {counted(reports, 'report')}"
    if not (tally.new or tally.changed or tally.linked or tally.dose_tables or tally.failed):
        return f"{from_here(database)} is up to date: {there}"
    return f"{from_here(database)}: {counts}; now {there}"
