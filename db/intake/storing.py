"""Reports into a database: which of them have to be read, what gives way to them, and which are kept only as a link."""

from __future__ import annotations

import sqlite3
import textwrap
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from corpus.report import Report
from db import duplicates, load
from db.corrections.book import Book
from db.corrections.overlay import Laid
from db.draft import ADD, CORRECT, Draft, put_back
from db.intake import reading
from db.intake.reading import Reader
from db.intake.tally import Tally
from db.reports import stored_report
from db.schema import DatabaseError
from extract.record import EvidenceError, Record
from extract.version import version

_SAME_WORDS = 0.5  # of the words; reports on two patients share a quarter, 99 of 100 pairs less than 42 %


@dataclass(frozen=True, slots=True)
class Incoming:
    """A report that may have to be stored: why, and whether an older reading of it is stored already."""

    report: Report
    reason: str
    is_stored: bool = False


@dataclass(frozen=True, slots=True)
class Before:
    """The database as it was when the command began.

    Attributes
    ----------
    facts
        The database, open for reading; None where there is none yet, or one with other tables, whose facts cannot be kept.
    stored
        Names of its reports, whatever its tables.
    links
        Names of those that were kept only as a link, with the report that was kept in their place.
    put_back
        Names of those that an undo put where they are: what tells the same may stand beside them.
    laid_over
        Names of those whose facts can be kept, each with the fingerprint of the corrections that were laid over it, None without any.
    """

    facts: sqlite3.Connection | None = None
    stored: frozenset[str] = frozenset()
    links: Mapping[str, str] = field(default_factory=dict)
    put_back: frozenset[str] = frozenset()
    laid_over: Mapping[str, str | None] = field(default_factory=dict)

    def is_corrected(self, report_id: str, corrections: Book) -> bool:
        """Tell whether a report stands as the corrections of today leave it; one that is not stored has nothing to correct."""
        return report_id not in self.laid_over or self.laid_over[report_id] == corrections.fingerprint(report_id)


def before(old: sqlite3.Connection | None, is_of_today: bool = True) -> Before:
    """Return what a database holds; None stands for one that is not there yet."""
    if old is None:
        return Before()
    stored = frozenset(name for (name,) in old.execute("select report_id from report"))
    if not is_of_today:
        return Before(None, stored, duplicates.links(old))
    return Before(old, stored, duplicates.links(old), put_back(old), load.laid_over(old))


def update(draft: Draft, incoming: Iterator[Incoming], was: Before, reader: Reader, tally: Tally) -> None:
    """Read and store what is not current."""
    old = was.facts
    waiting = deque[Incoming]()
    for item in _with_those_that_follow(incoming, waiting):
        now = draft.opened or old
        name = item.report.id
        is_read = old is not None and load.is_current(old, item.report, reader.fingerprint, was.laid_over.get(name))
        is_current = is_read and was.is_corrected(name, reader.corrections)
        may_stay = name not in was.put_back
        if (is_current and may_stay) or (now and duplicates.is_linked(now, item.report)):
            tally.unchanged += 1
            continue
        if is_read and not is_current:
            item = replace(item, reason=CORRECT, is_stored=True)
        place = duplicates.place(now, item.report) if now else None
        if is_current and not place:
            tally.unchanged += 1
            continue
        orphans = duplicates.orphans(now, item.report, place) if now else ()
        if place and place.is_stored:
            load.link(draft.connection, place, draft.run(item.reason))
            # The same link for another text: a linked file that was edited. One that only follows another was not.
            was_read_anew = old is None or not duplicates.is_linked(old, item.report)
            tally.changed += was_read_anew and was.links.get(item.report.id) == place.kept.id
        else:
            kept = replace(item, report=place.kept) if place else item
            older = stored_report(now, kept.report.id) if now else None
            if not _store(draft, kept, place, item.is_stored and old is None, reader, tally):
                continue
            if older and kept.reason == ADD and not kept.is_stored:
                _warn_of_another(older, kept.report, tally)
            _count(kept.report, place, was, tally)
        waiting.extend(Incoming(other, item.reason) for other in orphans)
        _note_linked(item, place, was, tally)


def _with_those_that_follow(incoming: Iterator[Incoming], waiting: deque[Incoming]) -> Iterator[Incoming]:
    """Yield what comes in, and after each what it left waiting."""
    for item in incoming:
        yield item
        while waiting:
            yield waiting.popleft()


def _count(report: Report, place: duplicates.Place | None, was: Before, tally: Tally) -> None:
    """Count a report that was stored as new or changed."""
    is_changed = report.id in was.stored
    # Those that were new a moment ago and give way to it are none.
    given_way = sum(name not in was.stored for name in place.replaced if name != report.id) if place else 0
    tally.changed, tally.new = tally.changed + is_changed, tally.new + (not is_changed) - given_way


def _store(draft: Draft, item: Incoming, place: duplicates.Place | None, must_stay: bool, reader: Reader, tally: Tally) -> bool:
    """Read a report and store it, with the reports of its place that give way to it; return whether it is stored.

    One that must stay is stored as a text without facts where it cannot be read any more.
    """
    report = item.report
    record = reading.record(report, reader, tally)
    laid = reader.corrections.lay(record, report) if record else None
    if record and laid and reading.lacks_patient(laid.record) and not record.cases:  # else a curator took its cases out
        if not item.is_stored:
            reading.pass_over_without_patient(report, tally)
            return False
        tally.pass_over(report.id, f"{report.id}: no patient found any more; its text stays stored, without a case")
    if laid is None and not must_stay:
        return False
    stored = laid or _bare(report, reader)
    connection, run = draft.connection, draft.run(item.reason)
    try:
        load.store(connection, report, stored.record, run, place, stored.ruled)
    except (EvidenceError, DatabaseError) as error:
        name = reading.name_of(report)
        tally.pass_over(name, f"{name}: not stored, {error}")
        if not must_stay:
            return False
        bare = _bare(report, reader)
        load.store(connection, report, bare.record, run, ruled=bare.ruled)
    return True


def _bare(report: Report, reader: Reader) -> Laid:
    """Return what is stored of a text that was stored and must stay, though it cannot be read any more: no facts but a curator's."""
    pipeline = {"version": version(), "fingerprint": reader.fingerprint}
    return reader.corrections.lay(Record({"id": report.id, "kind": report.kind or "other"}, (), (), pipeline), report)


def _warn_of_another(older: Report, report: Report, tally: Tally) -> None:
    """Say where a file took the place of quite another report of the same name, "main.pdf" of that of another folder."""
    words, other = (set(text.casefold().split()) for text in (older.text, report.text))
    if len(words & other) < _SAME_WORDS * min(len(words), len(other)):
        known_as = older.title or textwrap.shorten(older.text, 60, placeholder=" …")
        tally.teller.warn(f"{report.id}: took the place of another report of this name ({known_as}); under another file name both are kept")


def _note_linked(item: Incoming, place: duplicates.Place | None, was: Before, tally: Tally) -> None:
    """Keep which reports have become links: what is said of them at the end is how they stand then."""
    for name in {item.report.id} | ({place.kept.id, *(link.report.id for link in place.links)} if place else set()):
        tally.linked.pop(name, None)
    if place:
        tally.linked |= {link.report.id: place for link in place.links if was.links.get(link.report.id) != place.kept.id}
