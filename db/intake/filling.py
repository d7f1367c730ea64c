"""The two ways to fill a database: add files that somebody names, and build it of what comes with the project."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack, closing, nullcontext
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

from corpus import files
from corpus.plain import plain
from corpus.report import Report
from db import duplicates, load, source_files
from db.corrections.book import Book
from db.draft import (
    ADD,
    BUILD,
    CORRECT,
    READ_AGAIN,
    Draft,
    added_reports,
    copy_ledger,
    has_todays_tables,
    is_usable,
    open_readonly,
    own_tables,
)
from db.intake import dose_tables, reading, stopping
from db.intake.reading import Reader
from db.intake.stopping import Stop
from db.intake.storing import Before, Incoming, before, update
from db.intake.tally import Tally
from db.reports import stored_report
from db.schema import DatabaseError
from db.source_files import SourceFile


@dataclass(frozen=True, slots=True)
class Project:
    """The folders of what comes with the project."""

    reports: Path
    dose_tables: Path


def add(paths: Sequence[Path], database: Path, project: Project, reader: Reader, tally: Tally, words: str | None = None) -> None:
    """Read reports in files and store them in a database.

    Parameters
    ----------
    paths
        Files, folders, archives.
    database
        Made where it is not there yet; untouched where nothing is new.
    project
        Its own reports are entered as such, also where they are named.
    reader
        What reads a report.
    tally
        Counts what was done, and says what could not be used.
    words
        The command as it was typed, for the history; None where nobody typed one.

    Where somebody interrupts it, what was read so far is stored, and `tally` says so; the same call goes on with the rest.

    Raises
    ------
    DatabaseError
        The database was made with other tables, or is none of Casebook's.
    KeyboardInterrupt
        Somebody interrupted it twice. Nothing is stored.
    """
    is_there = is_usable(database)
    with ExitStack() as stack:
        stop = stack.enter_context(stopping.heeded(tally.teller))
        draft = Draft(database, stack, reader.fingerprint, words=words, show=tally.teller.show)
        old = stack.enter_context(closing(open_readonly(database))) if is_there else None
        open_book(reader.corrections, old, tally)
        read: list[SourceFile] = []
        touched: list[SourceFile] = []
        was = before(old)
        incoming = stop.until_wanted(_from_files(paths, was, read, touched, project, reader, tally))
        update(draft, incoming, was, reader, tally)
        tally.is_interrupted = stop.came_in_time
        failures = tally.for_the_ledger((*paths, *reader.corrections.paths))
        draft.finish(failures, tally.unchanged, read, touched, tally.is_interrupted)


def open_book(corrections: Book, old: sqlite3.Connection | None, tally: Tally) -> None:
    """Say of lines of the file of corrections why they are none; refuse to go on where the file is lost."""
    corrections.refuse_if_lost(old)
    for problem in corrections.problems:
        tally.pass_over(problem.split(": ")[0], problem)


def _from_files(
    paths: Sequence[Path],
    was: Before,
    read: list[SourceFile],
    touched: list[SourceFile],
    project: Project,
    reader: Reader,
    tally: Tally,
) -> Iterator[Incoming]:
    """Yield the reports in files; those of a file that was read before, by the same readers and pipeline, are counted only.

    What came of each file that had to be read is added to `read` when its reports have been dealt with; files that were only
    touched, with the bytes that are known, are added to `touched`.
    """
    old = was.facts
    tables_of_own = own_tables(old) if old else set()
    fingerprints = files.readers_fingerprint(), reader.fingerprint

    def is_corrected(file: SourceFile) -> bool:
        return all(was.is_corrected(name, reader.corrections) for name in file.reports)

    for source in reading.sources(paths, tally):
        stamp = files.stamp(source)
        if old and stamp and (file := source_files.known(old, source.id, *fingerprints, stamp=stamp)) and is_corrected(file):
            _leave_alone(source, file, tally)
            continue
        if (found := reading.loaded(source, tally)) is None:
            continue
        source, data = found
        digest = hashlib.sha256(data).hexdigest()
        if old and (file := source_files.known(old, source.id, *fingerprints, sha256=digest)) and is_corrected(file):
            _leave_alone(source, file, tally)
            if stamp:
                touched.append(replace(file, stamp=stamp))
            continue
        failures, unsettled, names = len(tally.failed), tally.unsettled, []
        for report in reading.read(source, data, tally):
            if report.id in tables_of_own:
                taken = f"a table of own patients has the name {report.id!r}, wanted a file with another"
                tally.pass_over(source.name, f"{reading.name_of(report)}: {taken}")
                continue
            names.append(report.id)
            yield Incoming(report, BUILD if source.path.resolve().parent == project.reports else ADD)
        if tally.unsettled > unsettled:
            continue  # another day it may be read
        problems = tuple(message.removeprefix(plain(source.name)) for _, message in tally.failed[failures:])
        read.append(SourceFile(source.id, source.path.name, digest, source_files.read_by(*fingerprints), tuple(names), problems, stamp))


def _leave_alone(source: files.Source, file: SourceFile, tally: Tally) -> None:
    """Count the reports of a file that was read before, and say again what could not be used of it."""
    tally.unchanged += len(file.reports)
    for problem in file.problems:
        tally.pass_over(source.name, f"{source.name}{problem}")


def build(
    database: Path, project: Project, reader: Reader, tally: Tally, words: str | None = None, *, only_stored: bool = False
) -> None:  # fmt: skip
    """Bring a database up to date with the project's reports and dose tables, the pipeline and the corrections.

    Parameters and errors are those of `add`; a database with other tables, or one whose reports were linked by other code, is made
    anew, and what was added stays. With `only_stored` no report or dose table comes in that it does not hold; it has to be there.
    """
    is_of_today = _is_of_today(database)
    if only_stored and is_of_today is None:
        raise DatabaseError(f"{database}: not there yet; wanted one with reports, or to build it with those of the project")
    is_rebuild = is_of_today is False
    with ExitStack() as stack:
        # Where all is made anew, a part of it would be a loss: then an interruption stores nothing.
        stop = stack.enter_context(nullcontext(Stop(tally.teller)) if is_rebuild else stopping.heeded(tally.teller))
        draft = Draft(database, stack, reader.fingerprint, starts_empty=is_rebuild, words=words, show=tally.teller.show)
        old = stack.enter_context(closing(open_readonly(database))) if is_of_today is not None else None
        open_book(reader.corrections, old, tally)
        if is_rebuild and old:
            copy_ledger(old, draft.connection)
        was = before(old, not is_rebuild)
        incoming = stop.until_wanted(_from_project(old, was, project, reader, tally, only_stored))
        update(draft, incoming, was, reader, tally)
        again = dose_tables.read_again(old, is_rebuild, reader, tally) if old else ()
        own = dose_tables.of_project(project.dose_tables, tally)
        if only_stored and old:
            there = dose_tables.names(old)
            own = [table for table in own if table.id in there]
        for table in stop.until_wanted(chain(own, again)):
            is_read = is_of_today and old is not None and dose_tables.is_stored(old, table)
            if not (is_read and old and dose_tables.is_corrected(old, table.id, reader.corrections)):
                again_for = CORRECT if is_read else READ_AGAIN
                reason = BUILD if table.source is None else ADD if is_rebuild else again_for
                dose_tables.store(draft, table, reason, reader.corrections)
                tally.dose_tables += 1
        tally.is_interrupted = stop.came_in_time
        failures = tally.for_the_ledger((project.reports, project.dose_tables, *reader.corrections.paths))
        draft.finish(failures, tally.unchanged, is_interrupted=tally.is_interrupted)


def _is_of_today(database: Path) -> bool | None:
    """Tell whether a database can be brought up to date report by report; None where there is none yet."""
    if not (has_tables := has_todays_tables(database)):
        return has_tables
    with closing(open_readonly(database)) as connection:
        return load.is_linked_by_today(connection)


def _from_project(
    old: sqlite3.Connection | None, was: Before, project: Project, reader: Reader, tally: Tally, only_stored: bool
) -> Iterator[Incoming]:
    """Yield what a build looks at: the project's own reports, as far as they are wanted, then those that were stored by `add`."""
    is_rebuild = was.facts is None
    stored = was.stored - own_tables(old) if old else frozenset()
    added = added_reports(old) & stored if old else set()
    own = set()
    for path, report in reading.reports([project.reports], tally):
        own.add(path.stem)
        if report.id not in added and (report.id in stored or not only_stored):
            yield Incoming(report, BUILD)
    if old is None:
        return
    again = stored - (own - added)
    if not is_rebuild:
        by_today = {name for name, (_, fingerprint) in load.stored(old).items() if fingerprint == reader.fingerprint}
        current = {name for name in by_today if was.is_corrected(name, reader.corrections)}
        tally.unchanged += len(again & current)
        again -= current
    for report in _stored_reports(old, again, tally):
        # In a rebuild the ledger may not survive: the reports are entered in it as added.
        yield Incoming(report, ADD if is_rebuild else READ_AGAIN, is_stored=True)
    if is_rebuild:
        # After those to which they are linked: alone, a piece of a report may tell of no patient, and would be lost.
        for report in duplicates.linked(old):
            yield Incoming(report, ADD)


def _stored_reports(connection: sqlite3.Connection, names: Collection[str], tally: Tally) -> Iterator[Report]:
    """Yield reports as they were stored, also from a database with other tables than today's."""
    for report_id in tally.teller.with_progress(sorted(names), str):
        report = stored_report(connection, report_id)
        if report is None:
            raise DatabaseError(f"{report_id}: is stored without its text")
        yield report
