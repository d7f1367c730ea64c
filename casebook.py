"""The command line: from files of reports to a database, and from there to pages.

Each command says what it did in one line, and one line on stderr for each file that it could not use; one bad
file never stops the others. Only this module catches the errors of the three rooms.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shlex
import shutil
import socket
import sqlite3
import sys
import textwrap
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from functools import cache, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, ParamSpec, TypeVar, cast

import click

# What these import is light. spaCy and Datasette take a second: the commands that need them import them.
from corpus import containers, files
from corpus.dose_table import DoseTable, TableCell, counted, load_dose_table
from corpus.report import CorpusError, Passed, Problem, Report
from corpus.tables.grid import Grid
from db import duplicates, load, source_files
from db.draft import ADD, BUILD, READ_AGAIN, UNDO, Draft, added_reports, copy_ledger, has_todays_tables, open_readonly, own_tables
from db.history import store
from db.records import FACTS
from db.reports import stored_report
from db.schema import DatabaseError
from db.source_files import SourceFile
from extract.lexicon import LexiconError
from extract.record import EvidenceError, Record

if TYPE_CHECKING:
    from corpus.europe_pmc.folder import Row
    from corpus.europe_pmc.identifiers import Identifier
    from extract.evaluate import Evaluation
    from extract.pipeline import Pipeline
    from extract.tables.understand import Understood

HERE = Path(__file__).resolve().parent
REPORTS = HERE / "corpus" / "reports"
DOSE_TABLES = HERE / "corpus" / "dose_tables"

# Kinds of paper that speak of no patient of their authors, so that a text without one is no mistake.
WITHOUT_PATIENT = ("guideline", "review")
NO_PATIENT = "no patient found; wanted a case report, or a guideline or review"

_SAME_WORDS = 0.5  # of the words; reports on two patients share a quarter, 99 of 100 pairs less than 42 %
_NAMED = 5  # names in a message
_HEAD_WORDS = 20  # that tell a list from a text
_PORT = 8001
_RATE = 2.0  # requests a second, where nobody says otherwise

P = ParamSpec("P")
T = TypeVar("T")


# --- speaking ----------------------------------------------------------------------------------


def _say(line: str) -> None:
    """Print one line on stdout."""
    _clear()
    click.echo(line)


def _warn(message: str) -> None:
    """Print one line on stderr."""
    _clear()
    click.echo(f"casebook: {_plain(message)}", err=True)


def _plain(message: str) -> str:
    """Return a message as one line, whatever line ends or control characters a file's name brings along."""
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in message)


def _fail(message: str) -> NoReturn:
    """End with one line on stderr."""
    _warn(message)
    raise SystemExit(1)


def _need_output(what: str) -> None:
    """End where a command whose purpose is to print has nowhere to do so."""
    if sys.stdout is None:
        _fail(f"standard output is closed, wanted a place for {what}")


_CLEAR = "\r\x1b[K"


def _is_terminal() -> bool:
    return sys.stderr is not None and sys.stderr.isatty()


def _clear() -> None:
    """Take away the line that says what is being done, so that another line can stand there."""
    _show("")


def _show(doing: str) -> None:
    """Where somebody is watching, say on stderr what is being done, in a line that the next one takes the place of."""
    if _is_terminal():
        width = shutil.get_terminal_size().columns - 1
        click.echo(f"{_CLEAR}{_plain(doing)[:width]}", err=True, nl=False)


def _with_progress(items: Sequence[T], name: Callable[[T], str] = str) -> Iterator[T]:
    """Yield the items; where somebody is watching, count and name them on stderr."""
    for number, item in enumerate(items, start=1):
        _show(f"{number} of {len(items)}: {name(item)}")
        yield item
    _clear()


def _in_one_line(command: Callable[P, None]) -> Callable[P, None]:
    """Turn what a command raises on purpose, and what the system refuses, into one line and an exit code."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        database = cast("Path | None", kwargs.get("database"))
        try:
            command(*args, **kwargs)
        except KeyboardInterrupt:
            _warn(f"interrupted; nothing was stored in {_shown(database)}" if database else "interrupted")
            raise SystemExit(130) from None
        except BrokenPipeError:
            # Whoever read our output has seen enough. What is still buffered goes nowhere, quietly.
            with suppress(OSError, ValueError, AttributeError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise SystemExit(1) from None
        except (CorpusError, LexiconError, EvidenceError, DatabaseError) as error:
            _fail(str(error))
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            _fail(f"{_shown(Path(os.fsdecode(error.filename)))}: {reason}" if error.filename else reason)
        except sqlite3.Error as error:
            _fail(f"{_shown(database) if database else 'database'}: {error}")

    return run


@dataclass(slots=True)
class _Tally:
    """What a command did: reports by outcome, names and reasons of what it could not use, and what it passed over."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    linked: dict[str, duplicates.Place] = field(default_factory=dict)
    dose_tables: int = 0
    failed: list[tuple[str, str]] = field(default_factory=list)
    passed: list[Passed] = field(default_factory=list)
    unsettled: int = 0  # failures that are not final

    @property
    def exit_code(self) -> int:
        """1 where something could not be used, else 0."""
        return 1 if self.failed else 0


# --- reading -----------------------------------------------------------------------------------


@cache
def _pipeline() -> Pipeline:
    """Build the pipeline the first time a report needs it."""
    _show("reading the vocabularies")
    from extract import pipeline

    return pipeline.build()


def _fingerprint() -> str:
    """Return what tells one state of the pipeline from another, without building it."""
    from extract.version import fingerprint

    return fingerprint()


def _sources(paths: Sequence[Path], tally: _Tally) -> Iterator[files.Source]:
    """Yield the files that may hold reports; say of the others why they do not, or how many there are."""
    _show("looking for files")
    for entry in _with_progress(list(files.find(paths)), lambda entry: entry.name):
        if isinstance(entry, files.Source):
            yield entry
        elif isinstance(entry, Problem):
            _pass_over(tally, entry.name, entry.message + _where_else(entry.name))
        else:
            tally.passed.append(entry)
    if line := files.passed_over(tally.passed):
        _warn(line)


def _where_else(name: str) -> str:
    """Say what gets the article that somebody means who names an identifier where a file belongs; "" where it is none."""
    from corpus.europe_pmc.identifiers import parse

    if os.path.lexists(name):
        return ""
    try:
        article = parse(name)
    except CorpusError:
        return ""
    return f"; `casebook fetch {article}` gets the article of this {article.scheme.upper()}"


def _loaded(paths: Sequence[Path], tally: _Tally) -> Iterator[tuple[files.Source, bytes]]:
    """Yield the files with their bytes; say of those that cannot be loaded why."""
    for source in _sources(paths, tally):
        try:
            data = files.load(source)
        except CorpusError as error:
            _pass_over(tally, source.name, str(error))
        else:
            # Standard input has no name, and two reports that come by it must not take each other's place.
            is_nameless = source.path == files.STDIN
            yield replace(source, id=f"{source.id}-{hashlib.sha256(data).hexdigest()[:8]}") if is_nameless else source, data


def _read(source: files.Source, data: bytes, tally: _Tally) -> Iterator[Report]:
    """Yield the reports in a file; say of what cannot be read why."""
    count = 0
    for found in files.read(source, data):
        if isinstance(found, Report):
            count += 1
            if count > 1:  # an archive can take long
                _show(f"{counted(count, 'report')} in {source.name}")
            yield found
        elif isinstance(found, Problem):
            tally.unsettled += not found.is_final
            _pass_over(tally, found.name, found.message)
        else:
            tally.passed.append(found)


def _reports(paths: Sequence[Path], tally: _Tally) -> Iterator[tuple[Path, Report]]:
    """Yield each readable report with its file; name the other files and why they are none."""
    for source, data in _loaded(paths, tally):
        for report in _read(source, data, tally):
            yield source.path, report


def _record(report: Report, tally: _Tally) -> Record | None:
    """Return what the pipeline reads in a report; None, with a line on stderr, where it fails."""
    from extract import pipeline

    try:
        return pipeline.extract(report, _pipeline())
    except EvidenceError as error:
        _pass_over(tally, _name(report), f"{_name(report)}: {error}")
    except (LexiconError, KeyboardInterrupt):
        raise
    except Exception as error:  # a defect of ours that one text brought to light must not stop the others
        if "CASEBOOK_DEBUG" in os.environ:
            raise
        reason = f"could not be read, {type(error).__name__}: {error} (CASEBOOK_DEBUG=1 shows where)"
        _pass_over(tally, _name(report), f"{_name(report)}: {reason}")
    return None


def _lacks_patient(record: Record) -> bool:
    return not record.cases and record.report["kind"] not in WITHOUT_PATIENT


def _pass_over_without_patient(report: Report, tally: _Tally) -> None:
    """Say that a report tells of no patient."""
    remedy = " (front matter can say so: kind: guideline)" if report.format in (None, "markdown", "text") else ""
    if _is_list(report.text):
        remedy = f"; `casebook fetch --list {_name(report)}` gets the articles that it lists"
    _pass_over(tally, _name(report), f"{_name(report)}: {NO_PATIENT}{remedy}")


def _is_list(text: str) -> bool:
    """Tell whether a text is a list of PMCIDs, PMIDs or DOIs: most of its first words are such."""
    from corpus.europe_pmc.identifiers import parse

    words = text.split()[:_HEAD_WORDS]
    found = 0
    for word in words:
        with suppress(CorpusError):
            found += bool(parse(word))
    return found > len(words) / 2


def _pass_over(tally: _Tally, name: Path | str, message: str) -> None:
    """Say that a file or report could not be used, and why, and keep it for the ledger."""
    tally.failed.append((_plain(str(name)), _plain(message)))
    _warn(message)


def _for_the_ledger(failed: Iterable[tuple[str, str]], paths: Iterable[Path]) -> list[tuple[str, str]]:
    """Return failures (name and message) without the folders in which somebody keeps the files: the database is published."""
    folders = sorted((_plain(f"{path.parent}{os.sep}") for path in paths if path.parent != Path()), key=len, reverse=True)
    told: dict[str, str] = {}
    for name, message in failed:
        folder = next((folder for folder in folders if name.startswith(folder)), "")
        told[containers.first_free((name.removeprefix(folder),), told)] = message.removeprefix(folder)
    return list(told.items())


def _name(report: Report) -> str:
    """Return what messages call a report: its file, with the part where the file holds several."""
    return report.source or report.id


# --- the database ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Incoming:
    """A report that may have to be stored: why, and whether an older reading of it is stored already."""

    report: Report
    reason: str
    is_stored: bool = False


@dataclass(frozen=True, slots=True)
class _Before:
    """What the database held when the command began: names of reports, and of linked ones with the one kept in their place."""

    stored: frozenset[str] = frozenset()
    links: Mapping[str, str] = field(default_factory=dict)


def _before(old: sqlite3.Connection | None) -> _Before:
    if old is None:
        return _Before()
    return _Before(frozenset(name for (name,) in old.execute("select report_id from report")), duplicates.links(old))


def _is_usable(database: Path) -> bool:
    """Tell whether there is a database yet; one with other tables than today's ends the command."""
    is_current = has_todays_tables(database)
    if is_current is False:
        _fail(f"{database}: was made with other tables; `casebook build` makes it anew and keeps what was added")
    return is_current is True


def _update(draft: Draft, incoming: Iterator[_Incoming], old: sqlite3.Connection | None, before: _Before, tally: _Tally) -> None:
    """Read and store what is not current.

    `old` is the database as it stands, None where its facts cannot be kept; `before` is what it held, whatever its tables.
    """
    waiting = deque[_Incoming]()
    for item in _with_those_that_follow(incoming, waiting):
        now = draft.opened or old
        if (old and load.is_current(old, item.report, _fingerprint())) or (now and duplicates.is_linked(now, item.report)):
            tally.unchanged += 1
            continue
        place = duplicates.place(now, item.report) if now else None
        orphans = duplicates.orphans(now, item.report, place) if now else ()
        if place and place.is_stored:
            load.link(draft.connection, place, draft.run(item.reason))
            # The same link for another text: a linked file that was edited. One that only follows another was not.
            was_read_anew = old is None or not duplicates.is_linked(old, item.report)
            tally.changed += was_read_anew and before.links.get(item.report.id) == place.kept.id
        else:
            kept = replace(item, report=place.kept) if place else item
            older = stored_report(now, kept.report.id) if now else None
            if not _store(draft, kept, place, item.is_stored and old is None, tally):
                continue
            if older and kept.reason == ADD and not kept.is_stored:
                _warn_of_another(older, kept.report)
            is_changed = kept.report.id in before.stored
            # Those that were new a moment ago and give way to it are none.
            given_way = sum(name not in before.stored for name in place.replaced if name != kept.report.id) if place else 0
            tally.changed, tally.new = tally.changed + is_changed, tally.new + (not is_changed) - given_way
        waiting.extend(_Incoming(other, item.reason) for other in orphans)
        _note_linked(item, place, before, tally)


def _store(draft: Draft, item: _Incoming, place: duplicates.Place | None, must_stay: bool, tally: _Tally) -> bool:
    """Read a report and store it, with the reports of its place that give way to it; return whether it is stored.

    One that must stay is stored as a text without facts where it cannot be read any more.
    """
    report = item.report
    record = _record(report, tally)
    if record and _lacks_patient(record):
        if not item.is_stored:
            _pass_over_without_patient(report, tally)
            return False
        _pass_over(tally, report.id, f"{report.id}: no patient found any more; its text stays stored, without a case")
    if record is None and not must_stay:
        return False
    connection, run = draft.connection, draft.run(item.reason)
    try:
        load.store(connection, report, record or _bare_record(report), run, place)
    except (EvidenceError, DatabaseError) as error:
        _pass_over(tally, _name(report), f"{_name(report)}: not stored, {error}")
        if not must_stay:
            return False
        load.store(connection, report, _bare_record(report), run)
    return True


def _with_those_that_follow(incoming: Iterator[_Incoming], waiting: deque[_Incoming]) -> Iterator[_Incoming]:
    """Yield what comes in, and after each what it left waiting."""
    for item in incoming:
        yield item
        while waiting:
            yield waiting.popleft()


def _warn_of_another(older: Report, report: Report) -> None:
    """Say where a file took the place of quite another report of the same name, "main.pdf" of that of another folder."""
    words, other = (set(text.casefold().split()) for text in (older.text, report.text))
    if len(words & other) < _SAME_WORDS * min(len(words), len(other)):
        known_as = older.title or textwrap.shorten(older.text, 60, placeholder=" …")
        _warn(f"{report.id}: took the place of another report of this name ({known_as}); under another file name both are kept")


def _note_linked(item: _Incoming, place: duplicates.Place | None, before: _Before, tally: _Tally) -> None:
    """Keep which reports have become links: what is said of them at the end is how they stand then."""
    for name in {item.report.id} | ({place.kept.id, *(link.report.id for link in place.links)} if place else set()):
        tally.linked.pop(name, None)
    if place:
        tally.linked |= {link.report.id: place for link in place.links if before.links.get(link.report.id) != place.kept.id}


def _say_linked(tally: _Tally) -> None:
    """Say which reports are kept only as a link, since another one tells the same, and were not so before."""
    for place in {id(place): place for place in tally.linked.values()}.values():
        for link in place.links:
            if tally.linked.get(link.report.id) is place:
                what = "a retelling of" if link.report.is_retelling else "the same report as"
                _say(_plain(f"{link.report.id}: {what} {place.kept.id}, which is kept ({link.likeness.reason})"))


def _bare_record(report: Report) -> Record:
    """Return a record without facts: for a text that was stored and must stay, though it cannot be read any more."""
    pipeline = {"version": _pipeline().version, "fingerprint": _fingerprint()}
    return Record({"id": report.id, "kind": report.kind or "other"}, (), (), pipeline)


def _stored_reports(connection: sqlite3.Connection, names: set[str]) -> Iterator[Report]:
    """Yield reports as they were stored, also from a database with other tables than today's."""
    for report_id in _with_progress(sorted(names)):
        report = stored_report(connection, report_id)
        if report is None:
            raise DatabaseError(f"{report_id}: is stored without its text")
        yield report


def _bring(old: sqlite3.Connection | None, is_rebuild: bool, tally: _Tally) -> Iterator[_Incoming]:
    """Yield what a build looks at: the project's own reports, then those that were stored by `add`."""
    stored = {name for (name,) in old.execute("select report_id from report")} - own_tables(old) if old else set()
    added = added_reports(old) & stored if old else set()
    own = set()
    for path, report in _reports([REPORTS], tally):
        own.add(path.stem)
        if report.id not in added:
            yield _Incoming(report, BUILD)
    if old is None:
        return
    again = stored - (own - added)
    if not is_rebuild:
        current = {name for name, (_, fingerprint) in load.stored(old).items() if fingerprint == _fingerprint()}
        tally.unchanged += len(again & current)
        again -= current
    if is_rebuild:
        for report in duplicates.linked(old):
            yield _Incoming(report, ADD)
    for report in _stored_reports(old, again):
        # In a rebuild the ledger may not survive: the reports are entered in it as added.
        yield _Incoming(report, ADD if is_rebuild else READ_AGAIN, is_stored=True)


def _dose_tables(tally: _Tally) -> list[DoseTable]:
    """Read the dose tables that come with the project."""
    tables = []
    for path in sorted(DOSE_TABLES.glob("*.csv")):
        try:
            tables.append(load_dose_table(path))
        except CorpusError as error:
            _pass_over(tally, path, str(error))
    return tables


def _understand(grid: Grid) -> Understood:
    """Return what a table says of doses."""
    from extract.tables.understand import understand

    return understand(grid, _pipeline())


def _user_table(table_id: str, grid: Grid, found: Understood, citation: str | None, is_own: bool = False) -> DoseTable:
    """Return a table that a user added, as it is stored."""
    return DoseTable(
        id=table_id,
        title=grid.caption or grid.label or table_id,
        citation=citation,
        doi=None,
        license=None,
        note=None,
        columns={},
        abbreviations=found.abbreviations or {},
        rows=found.rows,
        table_columns=found.columns,
        cells=found.cells,
        source=grid.where,
        fingerprint=_fingerprint(),
        is_own=is_own,
    )


def _store_table(draft: Draft, table: DoseTable) -> None:
    """Store a dose table; one of the authors' own patients also as a report with its cases."""
    if not table.is_own and table.id in own_tables(draft.connection):
        # Its cases would stay beside the rows of a table of the literature, and each patient count twice.
        load.remove(draft.connection, table.id, draft.run(ADD))
    load.store_dose_table(draft.connection, table)
    if table.is_own:
        from extract.tables import cases

        report, record = cases.record(table, _pipeline().version, _fingerprint())
        load.store(draft.connection, report, record, draft.run(ADD))


def _added_tables(old: sqlite3.Connection | None, is_rebuild: bool, tally: _Tally) -> Iterator[DoseTable]:
    """Yield the dose tables that were stored by `tables add` and are to be read again, from their stored cells.

    One that is not understood any more keeps its cells, without a row of doses.
    """
    from extract.tables import cases

    names: list[tuple[str, str]] = []
    own = own_tables(old) if old else set()
    with suppress(sqlite3.Error):  # a database with older tables holds none that were added
        names = old.execute("select dose_table_id, pipeline_fingerprint from dose_table where source is not null").fetchall() if old else []
    for name, fingerprint in names:
        if old is None or (fingerprint == _fingerprint() and not is_rebuild):
            continue
        about, grid = load.dose_table_grid(old, name)
        found = _understand(grid)
        if not found.rows:
            _pass_over(tally, name, f"{name}: no table of doses any more ({found.reason}); its cells stay stored, without a dose")
            found = replace(found, cells=found.cells or _plain_cells(grid))
        may_be_own = not found.rows or cases.are_own(found.columns, found.rows)
        if name in own and not may_be_own:
            _pass_over(tally, name, f"{name}: no table of own patients any more; its rows are now those of the literature")
        yield replace(_user_table(name, grid, found, about["citation"], name in own and may_be_own), title=about["title"])


def _plain_cells(grid: Grid) -> tuple[TableCell, ...]:
    return tuple(TableCell(number, cell.column + 1, cell.text) for number, row in enumerate(grid.rows[1:], start=1) for cell in row)


def _is_stored(connection: sqlite3.Connection, table: DoseTable) -> bool:
    """Tell whether a dose table is stored as it is: by storing it elsewhere and comparing the rows."""

    def rows(where: sqlite3.Connection) -> list[tuple[object, ...]]:
        return [
            row
            for name in ("dose_table", "dose_table_row", "dose_table_column", "dose_table_cell")
            for row in where.execute(f"select * from {name} where dose_table_id = ? order by 1, 2, 3", (table.id,))
        ]

    with closing(load.connect(Path(":memory:"))) as copy:
        load.store_dose_table(copy, table)
        return rows(copy) == rows(connection)


def _build(database: Path) -> _Tally:
    """Bring a database up to date with the project's reports and dose tables and with the pipeline."""
    tally = _Tally()
    is_of_today = has_todays_tables(database)
    with ExitStack() as stack:
        old = stack.enter_context(closing(open_readonly(database))) if is_of_today is not None else None
        draft = Draft(database, stack, _fingerprint(), starts_empty=is_of_today is False, words=_words())
        if is_of_today is False and old:
            copy_ledger(old, draft.connection)
        _update(draft, _bring(old, is_of_today is False, tally), old if is_of_today else None, _before(old), tally)
        for table in (*_dose_tables(tally), *_added_tables(old, is_of_today is False, tally)):
            if not (is_of_today and old and _is_stored(old, table)):
                _store_table(draft, table)
                tally.dose_tables += 1
        draft.finish(_for_the_ledger(tally.failed, (REPORTS, DOSE_TABLES)), tally.unchanged)
    return tally


def _say_what_was_done(database: Path, tally: _Tally) -> None:
    """Say in a line what was stored, and before it what was not since another report tells the same."""
    _say_linked(tally)
    _say(_summary(database, tally))


def _summary(database: Path, tally: _Tally) -> str:
    counts = f"{tally.new} new, {tally.changed} changed, {tally.unchanged} unchanged, {len(tally.failed)} failed"
    if tally.linked:
        counts += f", {len(tally.linked)} linked to the same report"
    if not database.exists():
        return f"{_shown(database)}: {counts}"
    with closing(open_readonly(database)) as connection:
        reports, cases = (connection.execute(f"select count(*) from {name}").fetchone()[0] for name in ("report", "patient_case"))
    there = f"{counted(cases, 'case')} in {counted(reports, 'report')}"
    if not (tally.new or tally.changed or tally.linked or tally.dose_tables or tally.failed):
        return f"{_shown(database)} is up to date: {there}"
    return f"{_shown(database)}: {counts}; now {there}"


def _shown(path: Path) -> str:
    """Return a path as short as it can be said from here."""
    relative = os.path.relpath(path)
    return str(path) if relative.startswith("..") else relative


# --- the commands ------------------------------------------------------------------------------


def _default_database() -> Path:
    """Return build/casebook.db of the project or, where only the program is installed, of this folder."""
    is_checkout = (HERE / "pyproject.toml").is_file()
    return (HERE if is_checkout else Path()) / "build" / "casebook.db"


_database = click.option(
    "--database",
    type=click.Path(path_type=Path, dir_okay=False),
    default=_default_database,
    show_default="build/casebook.db of the project",
    envvar="CASEBOOK_DATABASE",
    help="The database file.",
)
_paths = click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PATH...")


class _Group(click.Group):
    """The commands; it keeps the words that were typed, for the history of runs."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        ctx.obj = shlex.join(["casebook", *args])
        return super().parse_args(ctx, args)


def _words() -> str:
    """Return the command as it was typed."""
    return _plain(str(click.get_current_context().find_root().obj))


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="casebook", message="casebook %(version)s")
def main() -> None:
    """Read published oncology case reports into a database that shows the words behind every value.

    \b
    casebook build                   make the database from the reports that come with the project
    casebook serve --open            look at it in the browser
    casebook check downloads/        say what would be read of your own reports; nothing is stored
    casebook add downloads/          read them into the database
    casebook fetch PMC6358576        fetch an article from Europe PMC and add it
    casebook extract paper.pdf       print all that is read, as JSON; nothing is stored
    casebook tables add review.csv   read a table of radiotherapy doses into it
    casebook runs                    list what was done; diff shows what it moved, undo takes it back

    A report is a PDF, a Word file (.docx), JATS or BioC (XML, JSON), a saved web page (.html), plain text or Markdown:
    what it holds tells, not its name. PATH is such a file, a folder (searched to any depth), an archive of them (.zip,
    .tar, .gz and the like), or - for standard input. A file that cannot be used is named on stderr with the reason, the
    others are still read, and the exit code is 1.
    """


@main.command()
@_paths
@_in_one_line
def extract(paths: tuple[Path, ...]) -> None:
    """Print what is read in each report, as one line of JSON. Nothing is stored.

    \b
    casebook extract paper.pdf
    casebook extract reports/ > records.jsonl
    casebook extract report.txt | python -m json.tool

    A line holds the report, its cases, the evidence (the words of each value with their place in the text) and
    the pipeline that read it. A text that tells of no patient gives a line only if it is a guideline or a review.
    """
    _need_output("the records")
    tally = _Tally()
    out = sys.stdout.buffer
    for _, report in _reports(paths, tally):
        record = _record(report, tally)
        if record is None:
            continue
        if _lacks_patient(record):
            _pass_over_without_patient(report, tally)
            continue
        # Valid in JSON, and the only thing that UTF-8 cannot hold: half of a surrogate pair becomes \udxxx.
        out.write(json.dumps(record.to_json(), ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n")
        out.flush()
    raise SystemExit(tally.exit_code)


_lists = click.option("--list", "lists", multiple=True, type=click.Path(path_type=Path), help="A file of identifiers, one a line, or CSV.")


@main.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="PATH...")
@_lists
@_database
@_in_one_line
def add(paths: tuple[Path, ...], lists: tuple[Path, ...], database: Path) -> None:
    """Read reports and store them in the database.

    \b
    casebook add paper.pdf letter.docx
    casebook add downloads/ jats/ papers.zip
    casebook add downloads/ --list pmcids.txt
    curl https://example.org/case.html | casebook add -
    casebook add --database trial.db report.txt

    A PATH is a file, a folder (searched to any depth), an archive, or - for standard input. A report is known by its
    file's name without the ending; one of several in a file has #part behind it. A file with the name of one that was
    added before takes its place; one that is renamed is the same report in two files. What comes by standard input is
    known by its content. With --list, the articles whose PMCIDs,
    PMIDs or DOIs a file holds are fetched from Europe PMC (see `casebook fetch`) and added, too. The same report in two
    files is kept once, the fuller one.

    A file that has not changed since it was read, by the same pipeline, is left alone; otherwise what was stored of it is
    replaced. Where something fails, what was stored before stays.
    """
    if not paths and not lists:
        raise click.UsageError("Missing argument 'PATH...'.")
    tally = _Tally()
    identifiers = _identifiers((), lists, tally)
    fetched = _fetch(identifiers, _default_fetched(), tally, {}) if identifiers else ()
    _add_files((*paths, *fetched), database, tally)
    raise SystemExit(tally.exit_code)


def _add_files(paths: Sequence[Path], database: Path, tally: _Tally) -> None:
    """Read reports and store them in the database, and say in a line what was done."""
    is_there = _is_usable(database)
    with ExitStack() as stack:
        old = stack.enter_context(closing(open_readonly(database))) if is_there else None
        draft = Draft(database, stack, _fingerprint(), words=_words())
        read: list[SourceFile] = []
        _update(draft, _incoming(paths, old, read, tally), old, _before(old), tally)
        draft.finish(_for_the_ledger(tally.failed, paths), tally.unchanged, read)
    _say_what_was_done(database, tally)


def _incoming(paths: Sequence[Path], old: sqlite3.Connection | None, read: list[SourceFile], tally: _Tally) -> Iterator[_Incoming]:
    """Yield the reports in files; those of a file that was read before, by the same readers and pipeline, are counted only.

    What came of each file that had to be read is added to `read` when its reports have been dealt with.
    """
    tables_of_own = own_tables(old) if old else set()
    fingerprints = files.readers_fingerprint(), _fingerprint()
    for source, data in _loaded(paths, tally):
        digest = hashlib.sha256(data).hexdigest()
        if old and (file := source_files.known(old, source.id, digest, *fingerprints)):
            tally.unchanged += len(file.reports)
            for problem in file.problems:
                _pass_over(tally, source.name, f"{source.name}{problem}")
            continue
        failures, unsettled, names = len(tally.failed), tally.unsettled, []
        for report in _read(source, data, tally):
            if report.id in tables_of_own:
                _pass_over(
                    tally, source.name, f"{_name(report)}: a table of own patients has the name {report.id!r}, wanted a file with another"
                )
                continue
            names.append(report.id)
            yield _Incoming(report, BUILD if source.path.resolve().parent == REPORTS else ADD)
        if tally.unsettled > unsettled:
            continue  # another day it may be read
        problems = tuple(message.removeprefix(_plain(source.name)) for _, message in tally.failed[failures:])
        read.append(SourceFile(source.id, source.path.name, digest, source_files.read_by(*fingerprints), tuple(names), problems))


@main.command()
@_paths
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON a report.")
@_in_one_line
def check(paths: tuple[Path, ...], as_json: bool) -> None:
    """Say what would be read: format, sections, kind, patients, tables. Nothing is stored.

    \b
    casebook check downloads/
    casebook check paper.pdf letter.docx papers.zip
    casebook check --json downloads/ > what-is-there.jsonl

    Of each report: how it was read, where it comes from, its sections in order, its patients in a line each, and what
    is in doubt. A file that cannot be read is named with the reason, and the exit code is 1.
    """
    from corpus.formats import FORMATS
    from extract import telling

    _need_output("what is found")
    tally = _Tally()
    reports = patients = 0
    for _, report in _reports(paths, tally):
        record = _record(report, tally)
        if record is None:
            continue
        reports, patients = reports + (not _lacks_patient(record)), patients + len(record.cases)
        if as_json:
            _say(json.dumps(telling.summary(report, record), ensure_ascii=False))
        else:
            kind = record.report["kind"].replace("_", " ")
            _say(
                _plain(
                    f"{_name(report)}: {FORMATS[report.format or 'text']}, {kind}, {counted(len(record.cases), 'patient')}, as {report.id}"
                )
            )
            for line in telling.lines(report, record):
                _say(_plain(f"  {line}"))
        if _lacks_patient(record):
            _pass_over_without_patient(report, tally)
    if not as_json:
        _say(f"{counted(reports, 'report')}, {counted(patients, 'patient')}, {len(tally.failed)} failed")
    raise SystemExit(tally.exit_code)


def _default_fetched() -> Path:
    """Return build/fetched of the project or, where only the program is installed, fetched of this folder."""
    return HERE / "build" / "fetched" if (HERE / "pyproject.toml").is_file() else Path("fetched")


@main.command()
@click.argument("names", nargs=-1, metavar="[IDENTIFIER...]")
@click.option("--query", help="Fetch what this search finds, in the words of europepmc.org.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=25, show_default=True, help="How many articles of the search, at most.")
@_lists
@click.option(
    "--to",
    type=click.Path(path_type=Path, file_okay=False),
    default=_default_fetched,
    show_default="build/fetched of the project",
    help="The folder that keeps what is fetched.",
)
@click.option("--abstracts", is_flag=True, help="Where there is no full text, take the abstract.")
@click.option("--again", is_flag=True, help="Search anew, and ask again for what was not found or not open access.")
@click.option("--no-add", "stays_out", is_flag=True, help="Fetch only, and add nothing to the database.")
@click.option("--dry-run", "is_dry", is_flag=True, help="Say what would be fetched, and from where; write nothing.")
@click.option("--email", help="Whom the service may write to, should the requests trouble it.")
@click.option("--rate", type=click.FloatRange(0, 10, min_open=True), default=_RATE, show_default=True, help="Requests a second, at most.")
@click.option("--service", help="Another address of the service: a mirror.")
@_database
@_in_one_line
def fetch(names: tuple[str, ...], lists: tuple[Path, ...], to: Path, database: Path, **options: Any) -> None:
    """Fetch open access articles from Europe PMC, and add them. The only command that uses a network.

    \b
    casebook fetch PMC6358576 10.3892/ol.2015.3297 PMID:31234567
    casebook fetch --query 'sarcoma AND PUB_TYPE:"Case Reports" AND OPEN_ACCESS:Y' --limit 50
    casebook fetch --list ids.txt --dry-run

    IDENTIFIER is a PMCID, a PMID (one to eight digits alone are one), or a DOI; several may stand between commas. A
    list has one a line, # begins a comment; a CSV needs a column pmcid, doi, pmid or id. What is fetched stays in
    the folder, a file an article, and fetched.csv beside them tells of each its licence and what became of it; a
    second run asks for nothing that is there, and goes on where the first one was interrupted. The exit code is 1
    where an article was not found or could not be fetched, not where it is not open access.
    """
    tally = _Tally()
    identifiers = _identifiers(names, lists, tally)
    if not identifiers and not options["query"]:
        _fail("nothing to fetch, wanted a PMCID, PMID or DOI, --list FILE or --query WORDS")
    paths = _fetch(identifiers, to, tally, options)
    if paths and not options["stays_out"]:
        _add_files(paths, database, tally)
    raise SystemExit(tally.exit_code)


def _fetch(identifiers: Sequence[Identifier], to: Path, tally: _Tally, options: Mapping[str, Any]) -> tuple[Path, ...]:
    """Fetch articles into a folder, or say what would be fetched; return the files that are there now, old and new.

    `options` are those of `casebook fetch`; what is left out is as there.
    """
    from corpus.europe_pmc import fetch as europe_pmc
    from corpus.europe_pmc import telling
    from corpus.europe_pmc.client import Client, Pace, user_agent
    from corpus.europe_pmc.folder import open_folder, read_folder
    from corpus.europe_pmc.service import BASE

    choices = {name: options[name] for name in ("query", "limit", "again", "abstracts", "is_dry") if name in options}
    request = europe_pmc.Request(tuple(identifiers), **choices)
    service = options.get("service") or os.environ.get("CASEBOOK_EUROPE_PMC") or BASE
    email = options.get("email") or os.environ.get("CASEBOOK_EMAIL")
    with ExitStack() as stack:
        client = stack.enter_context(Client(service, user_agent(email), Pace(per_second=options.get("rate", _RATE))))
        folder = read_folder(to) if request.is_dry else stack.enter_context(open_folder(to))
        _show("asking Europe PMC")
        planned = europe_pmc.plan(client, folder, request)
        for problem in planned.problems:
            _pass_over(tally, request.query or "", problem)
        if request.is_dry:
            for line in telling.plan(planned, folder, client, abstracts=request.abstracts):
                _say(_plain(line))
            return ()
        rows = list(
            _taken(
                europe_pmc.take_all(
                    client, folder, _with_progress(planned.wanted, lambda item: str(item.identifier)), abstracts=request.abstracts
                ),
                tally,
            )
        )
        _say(f"{_shown(to)}: {telling.summary(rows, planned)}")
    return tuple(sorted({to / row.file for row in rows if row.file}))


def _identifiers(names: Sequence[str], lists: Sequence[Path], tally: _Tally) -> tuple[Identifier, ...]:
    """Read what was named and listed, each once; say of the others why they are none."""
    from corpus.europe_pmc import identifiers

    found: dict[Identifier, None] = {}
    for path in (None, *lists):
        try:
            for entry in identifiers.read(names) if path is None else identifiers.read_list(path):
                if isinstance(entry, CorpusError):
                    _pass_over(tally, path or "", str(entry))
                else:
                    found[entry] = None
        except CorpusError as error:
            _pass_over(tally, path or "", str(error))
    return tuple(found)


def _taken(rows: Iterable[Row], tally: _Tally) -> Iterator[Row]:
    """Pass on what became of each article, and say of those without full text why; what may not be taken is no failure."""
    from corpus.europe_pmc.folder import FAILED, FETCHED, NOT_FOUND

    for row in rows:
        if row.status in (FAILED, NOT_FOUND):
            _pass_over(tally, row.identifier, f"{row.identifier}: {row.reason}")
        elif row.status != FETCHED:
            _warn(f"{row.identifier}: {row.reason}")
        yield row


@main.command()
@_database
@_in_one_line
def build(database: Path) -> None:
    """Make the database, or bring it up to date.

    \b
    casebook build

    The reports and dose tables that come with the project go in. Reports that were stored by `add` stay; where
    the pipeline has changed since, they are read again from their stored text. If nothing has changed, nothing
    is touched.
    """
    tally = _build(database)
    _say_what_was_done(database, tally)
    raise SystemExit(tally.exit_code)


@main.command()
@click.option("--port", type=click.IntRange(1, 65535), help=f"The port; without it {_PORT} or the next one that is free.")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on; 0.0.0.0 lets others in.")
@click.option("--open", "opens", is_flag=True, help="Open the pages in the browser.")
@_database
@_in_one_line
def serve(port: int | None, host: str, opens: bool, database: Path) -> None:
    """Show the database in the browser, with Datasette. Ctrl-C ends it.

    \b
    casebook serve
    casebook serve --open
    casebook serve --port 9000 --database trial.db

    Where there is no database yet, it is built first. What is added later shows after a restart.
    """
    is_there = _is_usable(database)
    if not is_there:
        _say(f"{_shown(database)} is not there yet: building it")
        _say_what_was_done(database, _build(database))
    chosen = _free_port(host, port)
    if port is None and chosen != _PORT:
        _warn(f"port {_PORT} is taken, using {chosen}")
    from db.serve import serve as serve_database

    address = f"http://{f'[{host}]' if ':' in host else host}:{chosen}/"
    _say(f"Casebook is at {address} (Ctrl-C ends it)")
    if opens:
        import threading
        import webbrowser

        opener = threading.Timer(1.0, webbrowser.open, [address])
        opener.daemon = True
        opener.start()
    serve_database(database, host, chosen)


def _free_port(host: str, port: int | None) -> int:
    """Return the port that was asked for or, where none was, the first free one from the usual on."""
    for candidate in [port] if port else range(_PORT, _PORT + 100):
        try:
            family = socket.getaddrinfo(host, candidate, type=socket.SOCK_STREAM)[0][0]
            with socket.socket(family) as probe:
                # As the server will: a port that was closed a moment ago counts as free.
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind((host, candidate))
            return candidate
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                _fail(f"{host} port {candidate}: {(error.strerror or str(error)).lower()}; wanted an address and port of this machine")
    _fail(f"port {port} is taken; wanted a free one (without --port one is found)" if port else f"no free port from {_PORT} on")


@main.command()
@click.option(
    "--gold", required=True, type=click.Path(path_type=Path), metavar="DIR", help="The folder with the gold files, <report>.json."
)
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="[PATH...]")
@click.option("--errors", "shows_errors", is_flag=True, help="List every disagreement.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
@_in_one_line
def evaluate(gold: Path, paths: tuple[Path, ...], shows_errors: bool, as_json: bool) -> None:
    """Compare what is read with gold facts: precision, recall and F1, field by field.

    \b
    casebook evaluate --gold tests/gold corpus/reports
    casebook evaluate --gold ../shared/gold/dev --errors
    casebook evaluate --gold gold/ texts/ --json

    A report is compared with the gold file of its name; reports without one are left out, gold files without a
    report count as missed. Without PATH the texts are looked for where they stand beside the gold:
    <...>/texts/NAME for <...>/gold/NAME.
    """
    from extract import evaluate as scoring

    tally = _Tally()
    try:
        answers = scoring.load_gold(gold)
    except scoring.GoldError as error:
        _fail(str(error))
    wanted = {answer.id for answer in answers}
    records: dict[str, Record] = {}
    missed = set(wanted)
    for _, report in _reports(paths or [_texts_of(gold)], tally):
        missed.discard(report.id)
        if report.id in wanted and (record := _record(report, tally)) is not None:
            if _lacks_patient(record):
                _pass_over_without_patient(report, tally)
            else:
                records[report.id] = record
    if missed:
        _warn(f"{counted(len(missed), 'gold file')} without a report of the same name, counted as missed: {_few(sorted(missed))}")
    result = scoring.evaluate(answers, records)
    if as_json:
        _say(json.dumps(result.to_json(), indent=1, ensure_ascii=False))
    else:
        _print_figures(result)
    if shows_errors:
        for disagreement in result.disagreements:
            _say(str(disagreement))
    raise SystemExit(tally.exit_code)


def _texts_of(gold: Path) -> Path:
    """Return the folder of texts that goes with a folder of gold."""
    folder = gold.resolve()
    texts = folder.parent.parent / "texts" / folder.name
    if not texts.is_dir():
        _fail(f"{gold}: no texts found at {texts}, wanted PATH: the files or the folder to read")
    return texts


def _few(names: Sequence[str]) -> str:
    """Return the first of some names, and how many others there are."""
    shown = ", ".join(names[:_NAMED])
    return f"{shown} and {len(names) - _NAMED} more" if len(names) > _NAMED else shown


def _print_figures(result: Evaluation) -> None:
    """Print the table of figures; a star marks the core fields."""
    from extract.evaluate import CORE

    _say(f"{'field':24}{'precision':>10}{'recall':>8}{'F1':>8}{'tp':>6}{'fp':>5}{'fn':>5}")
    for name, count in result.fields.items():
        mark = "*" if name in CORE else " "
        _say(f"{mark}{name:23}{count.precision:10.3f}{count.recall:8.3f}{count.f1:8.3f}{count.tp:6}{count.fp:5}{count.fn:5}")
    summary = result.to_json()["summary"]
    _say("")
    _say(f"core macro F1 (*)   {summary['core_macro_f1']:.4f}")
    _say(f"macro F1 of all     {summary['all_macro_f1']:.4f}")
    _say(f"kind right          {result.kinds_right} of {result.reports}")
    _say(f"whole cases right   {result.perfect_core_cases} of {result.gold_cases} (all core fields)")


# --- runs ----------------------------------------------------------------------------------------


@contextmanager
def _history(database: Path) -> Iterator[sqlite3.Connection]:
    """Open the history of a database for reading, once it knows what the database knows."""
    _is_usable(database)
    store.reconcile(database)
    with store.reading(database) as past:
        yield past


@main.command()
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON a run.")
@_database
@_in_one_line
def runs(as_json: bool, database: Path) -> None:
    """List the runs that stored something: number, when, which command, what it did, how long it took.

    \b
    casebook runs
    casebook runs --json

    What each run stored is kept in a file beside the database, casebook.history.db. It survives when the database is made
    anew, and need not be published.
    """
    from db.history import telling

    with _history(database) as past:
        known, there = store.runs(past), _ledger(database)
    if not as_json:
        _say(telling.RUN_HEADING if known else f"{_shown(database)}: no runs yet; `casebook build` makes one")
    for run in known:
        is_there = run.run_id in there
        _say(json.dumps(asdict(run) | {"is_in_database": is_there}) if as_json else _plain(telling.run_line(run, is_there)))


def _ledger(database: Path) -> set[str]:
    """Return the runs that a database has in its ledger."""
    if not database.exists():
        return set()
    with closing(open_readonly(database)) as connection:
        return {run_id for (run_id,) in connection.execute("select run_id from run")}


@main.command()
@click.argument("names", nargs=-1, metavar="[RUN [RUN]]")
@click.option(
    "--field", "fields", multiple=True, metavar="FIELD", help="Only this field of a case, as in the JSON of extract: ihc, sex ..."
)
@click.option("--case", "cases", multiple=True, metavar="CASE", help="Only this case (report/1), or all of this report.")
@click.option("--all", "shows_all", is_flag=True, help="Also the values of new and gone cases, and old values read from other words.")
@click.option("--json", "as_json", is_flag=True, help="Print all of it as JSON.")
@click.option("--html", "page", type=click.Path(path_type=Path, dir_okay=False), help="Write all of it to this file, as a page.")
@_database
@_in_one_line
def diff(names: tuple[str, ...], fields: tuple[str, ...], cases: tuple[str, ...], database: Path, **options: Any) -> None:
    """Show what moved between two runs: values before and after, with the words that they were read from.

    \b
    casebook diff                          what the last run moved
    casebook diff 3                        what run 3 moved
    casebook diff 3 5 --field radiotherapy
    casebook diff 3 5 --html moved.html

    RUN is a number that `casebook runs` lists; 0 is the time before the first. Signs: ~ another value, + a new one, - one
    that is gone, = the same from other words.
    """
    from db.history import diff as comparing
    from db.history import page, telling

    if len(names) > 2:
        raise click.UsageError("two runs at most can be compared")
    if wrong := set(fields) - set(FACTS):
        raise click.UsageError(f"no field {', '.join(sorted(wrong))}, wanted one of: {', '.join(FACTS)}")
    with _history(database) as past:
        found = comparing.difference(past, *comparing.two_runs(past, names), fields, cases)
        known = store.runs(past)
    if file := options["page"]:
        file.write_text(page.page(found, known), encoding="utf-8")
        _say(f"{_shown(file)}: {telling.title(found)}, {next(telling.summary(found))}")
    elif options["as_json"]:
        _say(json.dumps(telling.to_json(found), indent=1, ensure_ascii=False))
    else:
        for line in telling.lines(found, options["shows_all"] or bool(fields or cases)):
            _say(_plain(line))


@main.command()
@click.argument("name", metavar="RUN")
@click.option("--force", is_flag=True, help="Also where later runs changed the same reports: what was before RUN is put back.")
@_database
@_in_one_line
def undo(name: str, force: bool, database: Path) -> None:
    """Take a run back: its reports become what they were before it, or go if it brought them.

    \b
    casebook undo 3

    RUN is a number that `casebook runs` lists. No other report is touched. The undoing is a run of its own, so that it can
    be undone, too. Where a later run changed the same reports, nothing is done. A report that was put back as an older
    pipeline read it is read again by the next `casebook build`.
    """
    from db.history import diff as comparing
    from db.history import undo as undoing

    if not _is_usable(database):
        _fail(f"{database}: not there yet; `casebook build` makes it")
    with _history(database) as past, ExitStack() as stack:
        run_id = comparing.named(past, name)
        plan = undoing.plan(past, run_id)
        undoing.refuse(plan, force)
        draft = Draft(database, stack, _fingerprint(), words=_words())
        undone_by = draft.run(f"{UNDO} {run_id}")
        undoing.apply(past, draft.connection, plan, undone_by)
        draft.finish([], 0)
    n_out = sum(target is None for target in plan.targets.values())
    done = f"{counted(len(plan.targets) - n_out, 'report')} put back, {n_out} taken out"
    _say(f"{_shown(database)}: run {int(run_id)} undone by run {int(undone_by)}: {done}")


# --- tables of doses ------------------------------------------------------------------------------


@main.group()
def tables() -> None:
    """Add tables of radiotherapy doses from the literature, and look at them.

    \b
    casebook tables add review.xlsx   show what is understood, ask, and store it
    casebook tables list              the tables that are stored
    casebook tables show NAME         one of them: its columns, rows, and what was not read
    """


@tables.command("add")
@_paths
@click.option("--yes", "-y", "is_sure", is_flag=True, help="Store without asking.")
@click.option("--dry-run", is_flag=True, help="Show what is understood and store nothing.")
@click.option("--citation", help="The publication that prints the table.")
@click.option("--patients", type=click.Choice(["own", "literature"]), help="Whose the patients are; without it the columns tell.")
@_database
@_in_one_line
def tables_add(paths: tuple[Path, ...], is_sure: bool, dry_run: bool, citation: str | None, patients: str | None, database: Path) -> None:
    """Show what is understood of the tables in files, column by column, and store those of doses.

    \b
    casebook tables add review.csv
    casebook tables add --dry-run article.xml
    casebook tables add --yes --citation "Doe 2020, J Ex 1:1" table.html

    Nothing is guessed: a cell gives a value or a message, and a table that is not understood is refused with the
    reason. A table is known by its file's name; one of the same name is replaced. A table with a column of patients
    and none of publications is of its authors' own patients: they become cases; others become rows of literature.
    A second line of a patient is not counted again, and makes the table one of literature. Where no table of a file is
    one of doses, the exit code is 1.
    """
    _is_usable(database)
    tally = _Tally()
    with ExitStack() as stack:
        draft = Draft(database, stack, _fingerprint(), words=_words())
        for path in paths:
            for table in _tables_of(path, citation, patients, tally):
                if _is_wanted(table, database, is_sure, dry_run):
                    _store_table(draft, table)
                    tally.dose_tables += 1
        draft.finish(_for_the_ledger(tally.failed, paths), tally.unchanged)
    if tally.dose_tables:
        _say(f"{_shown(database)}: {counted(tally.dose_tables, 'table')} of doses stored")
    raise SystemExit(tally.exit_code)


def _tables_of(path: Path, citation: str | None, patients: str | None, tally: _Tally) -> Iterator[DoseTable]:
    """Yield the tables of doses in a file, after saying what was understood of each of its tables."""
    from corpus.tables.read import read
    from extract.tables import cases, telling

    try:
        tables = read(path)
    except CorpusError as error:
        _pass_over(tally, path, str(error))
        return
    count = 0
    for message in tables.messages:
        _warn(message)
    for grid in tables.grids:
        found = _understand(grid)
        for line in telling.lines(grid.where, found):
            _say(_plain(line))
        if found.rows:
            count += 1
            may_be_own = cases.are_own(found.columns, found.rows)
            if patients == "own" and not may_be_own:
                _pass_over(tally, path, f"{grid.where}: own patients wanted, found rows of publications, of several patients or doses")
                continue
            is_own = may_be_own and patients != "literature"
            _say(f"  the patients are {'the authors’ own: cases' if is_own else 'those of the literature: rows'}")
            stored = replace(grid, where=grid.where.removeprefix(f"{path.parent}{os.sep}"))  # the database is published
            yield _user_table(path.stem if count == 1 else f"{path.stem}-{count}", stored, found, citation, is_own)
    if not count:
        _pass_over(tally, path, f"{path}: no table of doses, wanted one")


def _is_wanted(table: DoseTable, database: Path, is_sure: bool, dry_run: bool) -> bool:
    """Return whether a table is to be stored: it is new or changed, and the user says so.

    Raises DatabaseError where a table of the project has its name; ends where nobody answers.
    """
    if (DOSE_TABLES / f"{table.id}.toml").exists():
        raise DatabaseError(f"{table.id}: a table of the project has this name, wanted a file with another")
    if database.exists():
        with closing(open_readonly(database)) as connection:
            reports = {name for (name,) in connection.execute("select report_id from report")} - own_tables(connection)
            if table.is_own and table.id in reports:
                raise DatabaseError(f"{table.id}: a report has this name, wanted a file with another")
            if _is_stored(connection, table):
                _say(f"{table.id}: is stored so already")
                return False
    if dry_run:
        return False
    try:
        is_sure = is_sure or click.confirm(f"Store it as {_plain(table.id)}?", default=False)
    except click.Abort:
        _say("")
        _fail(f"{table.id}: not stored, nobody answered; --yes stores without asking")
    if not is_sure:
        _say(f"{_plain(table.id)}: not stored")
    return is_sure


@tables.command("list")
@_database
@_in_one_line
def tables_list(database: Path) -> None:
    """List the dose tables that are stored: name, rows, doses, and where each comes from."""
    with closing(_readable(database)) as connection:
        for name, rows, doses, source in connection.execute(
            "select dose_table_id, count(distinct row_number), count(total_dose_gy), coalesce(citation, source)"
            " from dose_table left join dose_table_row using (dose_table_id) where is_own = 0 group by dose_table_id"
            " union all select dose_table_id, count(distinct case_id), count(total_dose_gy), coalesce(dose_table.citation, source)"
            " from dose_table left join patient_case on report_id = dose_table_id left join radiotherapy_course using (case_id)"
            " where is_own = 1 group by dose_table_id order by 1"
        ):
            _say(_plain(f"{name}: {counted(rows, 'row')}, {counted(doses, 'dose')}; {source}"))


@tables.command("show")
@click.argument("name")
@_database
@_in_one_line
def tables_show(name: str, database: Path) -> None:
    """Show one dose table: its columns, its rows as read, and the cells that were corrected, doubted or not read."""
    from extract.tables import telling

    with closing(_readable(database)) as connection:
        table = load.stored_dose_table(connection, name)
    if table is None:
        _fail(f"{name}: no dose table of this name; `casebook tables list` names them")
    _say(_plain(f"{table.id}: {table.title}"))
    if table.citation:
        _say(_plain(f"  {table.citation}"))
    if table.is_own:
        _say(f"  the patients are the authors’ own: cases of the report {_plain(table.id)}, not rows")
    for lines in (telling.columns(table.table_columns), telling.rows(table.rows), telling.messages(table.table_columns, table.cells)):
        for line in lines:
            _say(_plain(line))


def _readable(database: Path) -> sqlite3.Connection:
    """Open a database of today's tables for reading, or fail with what is missing."""
    if not _is_usable(database):
        _fail(f"{database}: not there yet; `casebook build` makes it")
    return open_readonly(database)


if __name__ == "__main__":
    main()
