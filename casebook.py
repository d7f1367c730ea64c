"""The command line: from files of reports to a database, and from there to pages.

Each command says what it did in one line, and one line on stderr for each file that it could not use; one bad
file never stops the others. The work is done in the three rooms; what they raise is caught here, by `in_one_line`.
"""

from __future__ import annotations

import json
import os
import shlex
import sqlite3
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import asdict, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

# What these import is light. spaCy and Datasette take a second: the commands that need them import them.
import casebook_options as options
import casebook_terminal as terminal
from casebook_terminal import fail, in_one_line, need_output, say, show, warn, with_progress
from corpus.dose_table import DoseTable, counted
from corpus.plain import from_here, plain
from corpus.report import Report
from corpus.tables.grid import Grid
from db import load
from db.corrections import book
from db.corrections.book import Book
from db.corrections.file import path_of
from db.draft import ADD, UNDO, Draft, holds_own, is_usable, open_readonly
from db.history import store
from db.intake import dose_tables, filling, reading
from db.intake.filling import Project
from db.intake.reading import Reader
from db.intake.tally import Tally
from db.records import FACTS
from extract.record import Record

if TYPE_CHECKING:
    from db.remove import Kind
    from extract.pipeline import Pipeline
    from extract.tables.understood import Understood

REPORTS = options.HERE / "corpus" / "reports"
DOSE_TABLES = options.HERE / "corpus" / "dose_tables"

_NAMED = 5  # names in a message


# --- what reads ----------------------------------------------------------------------------------


@cache
def _pipeline() -> Pipeline:
    """Build the pipeline the first time a report needs it."""
    show("reading the vocabularies")
    from extract import pipeline

    return replace(pipeline.build(), fingerprint=_fingerprint())


def _fingerprint() -> str:
    """Return what tells one state of the pipeline from another, without building it."""
    from db.version import fingerprint

    return fingerprint()


def _extract(report: Report) -> Record:
    """Return what a report says."""
    from extract import pipeline

    return pipeline.extract(report, _pipeline())


def _understand(grid: Grid) -> Understood:
    """Return what a table says of doses."""
    from extract.tables.understand import understand

    return understand(grid, _pipeline())


def _reader(corrections: Book = book.EMPTY) -> Reader:
    """Return what reads reports and tables; the pipeline is built when the first of them needs it."""
    return Reader(_extract, _understand, _fingerprint(), corrections)


def _book(database: Path, path: Path | None) -> Book:
    """Return the corrections of a database: those in the file that was named, or in its own."""
    return book.read(path or path_of(database))


def _project() -> Project:
    """Return where the reports and tables lie that come with the project."""
    return Project(REPORTS, DOSE_TABLES)


# --- the commands ------------------------------------------------------------------------------


@click.group(cls=options.Group, context_settings={"help_option_names": ["-h", "--help"]})
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
    casebook correct CASE FIELD ...  say that a value is wrong, or right; corrections lists what was said
    casebook review --open           do so value by value beside the text, by keyboard, the least certain first
    casebook export                  write the database as files for others; publish writes a site for the public

    A report is a PDF, a Word file (.docx), JATS or BioC (XML, JSON), a saved web page (.html), plain text or Markdown:
    what it holds tells, not its name. PATH is such a file, a folder (searched to any depth), an archive of them (.zip,
    .tar, .gz and the like), or - for standard input. A file that cannot be used is named on stderr with the reason, the
    others are still read, and the exit code is 1.
    """


@main.command()
@options.paths
@in_one_line
def extract(paths: tuple[Path, ...]) -> None:
    """Print what is read in each report, as one line of JSON. Nothing is stored.

    \b
    casebook extract paper.pdf
    casebook extract reports/ > records.jsonl
    casebook extract report.txt | python -m json.tool

    A line holds the report, its cases, the evidence (the words of each value with their place in the text) and
    the pipeline that read it. A text that tells of no patient gives a line only if it is a guideline or a review.
    """
    need_output("the records")
    tally, reader = Tally(terminal), _reader()
    out = sys.stdout.buffer
    for _, record in reading.records(reading.reports(paths, tally), reader, tally):
        if reading.lacks_patient(record):
            continue
        # Valid in JSON, and the only thing that UTF-8 cannot hold: half of a surrogate pair becomes \udxxx.
        out.write(json.dumps(record.to_json(), ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n")
        out.flush()
    raise SystemExit(tally.exit_code)


@main.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="PATH...")
@options.lists
@options.corrections
@options.database
@in_one_line
def add(paths: tuple[Path, ...], lists: tuple[Path, ...], corrections: Path | None, database: Path) -> None:
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
    replaced. Where something fails, what was stored before stays. Ctrl-C stores what was read so far, and the same
    command goes on with the rest; Ctrl-C again stops at once, with nothing stored.
    """
    if not paths and not lists:
        raise click.UsageError("Missing argument 'PATH...'.")
    tally = Tally(terminal)
    _add_files((*paths, *_listed(lists, tally)), database, corrections, tally)
    raise SystemExit(tally.exit_code)


def _listed(lists: Sequence[Path], tally: Tally) -> tuple[Path, ...]:
    """Fetch the articles that files list; return the files that hold them."""
    if not lists:
        return ()
    from corpus.europe_pmc.fetch import Request
    from db.intake import fetching

    if identifiers := fetching.named((), lists, tally):
        return fetching.fetch(Request(identifiers), options.default_fetched(), tally, say, rate=options.RATE)
    return ()


def _add_files(paths: Sequence[Path], database: Path, corrections: Path | None, tally: Tally) -> None:
    """Read reports and store them in the database, and say what was done."""
    filling.add(paths, database, _project(), _reader(_book(database, corrections)), tally, options.words())
    _say_what_was_done(database, tally)


def _say_what_was_done(database: Path, tally: Tally) -> None:
    """Say in a line what was stored, and before it what was not since another report tells the same."""
    from db.intake import telling

    for line in telling.lines(database, tally):
        say(line)
    if tally.is_interrupted:
        n_stored = tally.new + tally.changed + len(tally.linked)
        warn(f"interrupted; {counted(n_stored, 'report')} stored; the same command goes on with the rest")


@main.command()
@options.paths
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON a report.")
@in_one_line
def check(paths: tuple[Path, ...], as_json: bool) -> None:
    """Say what would be read: format, sections, kind, patients, tables. Nothing is stored.

    \b
    casebook check downloads/
    casebook check paper.pdf letter.docx papers.zip
    casebook check --json downloads/ > what-is-there.jsonl

    Of each report: how it was read, where it comes from, its sections in order, its patients in a line each, and what
    is in doubt. A file that cannot be read is named with the reason, and the exit code is 1.
    """
    from extract import telling

    need_output("what is found")
    tally, reader = Tally(terminal), _reader()
    reports = patients = 0
    for report, record in reading.records(reading.reports(paths, tally), reader, tally):
        reports, patients = reports + (not reading.lacks_patient(record)), patients + len(record.cases)
        if as_json:
            say(json.dumps(telling.summary(report, record), ensure_ascii=False))
        else:
            say(plain(f"{reading.name_of(report)}: {telling.heading(report, record)}"))
            for line in telling.lines(report, record):
                say(plain(f"  {line}"))
    if not as_json:
        say(f"{counted(reports, 'report')}, {counted(patients, 'patient')}, {len(tally.failed)} failed")
    raise SystemExit(tally.exit_code)


@main.command()
@click.argument("names", nargs=-1, metavar="[IDENTIFIER...]")
@click.option("--query", help="Fetch what this search finds, in the words of europepmc.org.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=25, show_default=True, help="How many articles of the search, at most.")
@options.lists
@click.option(
    "--to",
    type=click.Path(path_type=Path, file_okay=False),
    default=options.default_fetched,
    show_default="build/fetched of the project",
    help="The folder that keeps what is fetched.",
)
@click.option("--abstracts", is_flag=True, help="Where there is no full text, take the abstract.")
@click.option("--again", is_flag=True, help="Search anew, and ask again for what was not found or not open access.")
@click.option("--no-add", "stays_out", is_flag=True, help="Fetch only, and add nothing to the database.")
@click.option("--dry-run", "is_dry", is_flag=True, help="Say what would be fetched, and from where; write nothing.")
@click.option("--email", help="Whom the service may write to, should the requests trouble it.")
@options.rate
@click.option("--service", help="Another address of the service: a mirror.")
@options.corrections
@options.database
@in_one_line
def fetch(names: tuple[str, ...], lists: tuple[Path, ...], to: Path, corrections: Path | None, database: Path, **chosen: Any) -> None:
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
    from corpus.europe_pmc.fetch import Request
    from db.intake import fetching

    tally = Tally(terminal)
    identifiers = fetching.named(names, lists, tally)
    if not identifiers and not chosen["query"]:
        fail("nothing to fetch, wanted a PMCID, PMID or DOI, --list FILE or --query WORDS")
    request = Request(identifiers, **{name: chosen[name] for name in ("query", "limit", "again", "abstracts", "is_dry")})
    way = {name: chosen[name] for name in ("service", "email", "rate")}
    paths = fetching.fetch(request, to, tally, say, **way)
    if paths and not chosen["stays_out"]:
        _add_files(paths, database, corrections, tally)
    raise SystemExit(tally.exit_code)


@main.command()
@click.option("--only-stored", is_flag=True, help="Add nothing: only what the database holds is brought up to date.")
@options.corrections
@options.database
@in_one_line
def build(only_stored: bool, corrections: Path | None, database: Path) -> None:
    """Make the database, or bring it up to date.

    \b
    casebook build
    casebook build --only-stored --database trial.db

    The reports and dose tables that come with the project go in, unless --only-stored says otherwise. Reports that were
    stored by `add` stay; where the pipeline or a correction has changed since, they are read again from their stored
    text. If nothing has changed, nothing is touched. Corrections are laid over what is read (see `casebook corrections`).
    """
    raise SystemExit(_build(database, corrections, only_stored=only_stored).exit_code)


def _build(database: Path, corrections: Path | None = None, *, only_stored: bool = False) -> Tally:
    """Make a database or bring it up to date, and say what was done."""
    tally = Tally(terminal)
    filling.build(database, _project(), _reader(_book(database, corrections)), tally, options.words(), only_stored=only_stored)
    _say_what_was_done(database, tally)
    return tally


@main.command()
@options.port
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on; 0.0.0.0 lets others in.")
@click.option("--open", "opens", is_flag=True, help="Open the pages in the browser.")
@options.base_url
@options.database
@in_one_line
def serve(port: int | None, host: str, opens: bool, base_url: str, database: Path) -> None:
    """Show the database in the browser, with Datasette. Ctrl-C ends it.

    \b
    casebook serve
    casebook serve --open
    casebook serve --port 9000 --database trial.db

    Where there is no database yet, it is built first. What is added later shows after a restart.
    """
    is_there = is_usable(database)
    if not is_there:
        say(f"{from_here(database)} is not there yet: building it")
        _build(database)
    from db import serve as serving

    chosen = serving.free_port(host, port, options.PORT)
    if port is None and chosen != options.PORT:
        warn(f"port {options.PORT} is taken, using {chosen}")
    address = serving.address(host, chosen).removesuffix("/") + base_url
    say(f"Casebook is at {address} (Ctrl-C ends it)")
    if opens:
        serving.open_soon(address)
    serving.serve(database, host, chosen, base_url=base_url)


@main.command()
@click.option(
    "--gold", required=True, type=click.Path(path_type=Path), metavar="DIR", help="The folder with the gold files, <report>.json."
)
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="[PATH...]")
@click.option("--errors", "shows_errors", is_flag=True, help="List every disagreement.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
@in_one_line
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

    tally, reader = Tally(terminal), _reader()
    try:
        answers = scoring.load_gold(gold)
        found = reading.reports(paths or [scoring.texts_of(gold)], tally)
    except scoring.GoldError as error:
        fail(str(error))
    wanted = dict.fromkeys(answer.id for answer in answers)
    given = [(path, report) for path, report in found if report.id in wanted]
    read = reading.records(given, reader, tally)
    records = {report.id: record for report, record in read if not reading.lacks_patient(record)}
    if missed := wanted.keys() - {report.id for _, report in given}:
        warn(f"{counted(len(missed), 'gold file')} without a report of the same name, counted as missed: {_few(sorted(missed))}")
    result = scoring.evaluate(answers, records)
    if as_json:
        say(json.dumps(result.to_json(), indent=1, ensure_ascii=False))
    else:
        for line in scoring.lines(result):
            say(line)
    if shows_errors:
        for disagreement in result.disagreements:
            say(str(disagreement))
    raise SystemExit(tally.exit_code)


def _few(names: Sequence[str]) -> str:
    """Return the first of some names, and how many others there are."""
    shown = ", ".join(names[:_NAMED])
    return f"{shown} and {len(names) - _NAMED} more" if len(names) > _NAMED else shown


# --- runs ----------------------------------------------------------------------------------------


def _need(database: Path) -> None:
    """End where a database is not there yet."""
    if not is_usable(database):
        fail(f"{database}: not there yet; `casebook build` makes it")


def _readable(database: Path) -> sqlite3.Connection:
    """Open a database of today's tables for reading, or fail with what is missing."""
    _need(database)
    return open_readonly(database)


@contextmanager
def _history(database: Path) -> Iterator[sqlite3.Connection]:
    """Open the history of a database for reading, once it knows what the database knows."""
    is_usable(database)
    store.reconcile(database)
    with store.reading(database) as past:
        yield past


@main.command()
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON a run.")
@options.database
@in_one_line
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
        known, there = store.runs(past), store.in_ledger(database)
    if not as_json:
        say(telling.RUN_HEADING if known else f"{from_here(database)}: no runs yet; `casebook build` makes one")
    for run in known:
        is_there = run.run_id in there
        say(json.dumps(asdict(run) | {"is_in_database": is_there}) if as_json else plain(telling.run_line(run, is_there)))


def _check_fields(names: Iterable[str]) -> None:
    """Raise UsageError where no record has a field of one of these names."""
    if wrong := set(names) - set(FACTS):
        raise click.UsageError(f"no field {', '.join(sorted(wrong))}, wanted one of: {', '.join(FACTS)}")


@main.command()
@click.argument("names", nargs=-1, metavar="[RUN [RUN]]")
@click.option(
    "--field", "fields", multiple=True, metavar="FIELD", help="Only this field of a case, as in the JSON of extract: ihc, sex ..."
)
@click.option("--case", "cases", multiple=True, metavar="CASE", help="Only this case (report/1), or all of this report.")
@click.option("--all", "shows_all", is_flag=True, help="Also the values of new and gone cases, and old values read from other words.")
@click.option("--json", "as_json", is_flag=True, help="Print all of it as JSON.")
@click.option("--html", "page", type=click.Path(path_type=Path, dir_okay=False), help="Write all of it to this file, as a page.")
@options.database
@in_one_line
def diff(names: tuple[str, ...], fields: tuple[str, ...], cases: tuple[str, ...], database: Path, **chosen: Any) -> None:
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
    _check_fields(fields)
    with _history(database) as past:
        found = comparing.difference(past, *comparing.two_runs(past, names), fields, cases, watch=with_progress)
        known = store.runs(past)
    if file := chosen["page"]:
        file.write_text(page.page(found, known), encoding="utf-8")
        say(f"{from_here(file)}: {telling.title(found)}, {telling.how_many(found)}")
    elif chosen["as_json"]:
        say(json.dumps(telling.to_json(found), indent=1, ensure_ascii=False))
    else:
        for line in telling.lines(found, chosen["shows_all"] or bool(fields or cases)):
            say(plain(line))


@main.command()
@click.argument("name", metavar="RUN")
@click.option("--force", is_flag=True, help="Also where later runs changed the same reports: what was before RUN is put back.")
@options.database
@in_one_line
def undo(name: str, force: bool, database: Path) -> None:
    """Take a run back: its reports become what they were before it, or go if it brought them.

    \b
    casebook undo 3

    RUN is a number that `casebook runs` lists. No other report is touched. Dose tables go and come back like reports. The
    undoing is a run of its own, so that it can be undone, too. Where a later run changed the same reports, nothing is done.
    A report that was put back as an older pipeline read it is read again by the next `casebook build`; files whose reports
    were taken out are read again when they are next added.
    """
    from db.history import diff as comparing
    from db.history import undo as undoing

    _need(database)
    with _history(database) as past, ExitStack() as stack:
        run_id = comparing.named(past, name)
        plan = undoing.plan(past, run_id)
        undoing.refuse(plan, force)
        draft = Draft(database, stack, _fingerprint(), words=options.words(), show=show)
        undone_by = draft.run(f"{UNDO} {run_id}")
        undoing.apply(past, draft.connection, plan, undone_by)
        draft.finish([], 0)
    say(f"{from_here(database)}: run {int(run_id)} undone by run {int(undone_by)}: {undoing.told(plan)}")


@main.command()
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@options.database
@in_one_line
def remove(names: tuple[str, ...], database: Path) -> None:
    """Take reports out of the database, by name.

    \b
    casebook remove letter-2019
    casebook remove letter-2019 letter-2019-copy

    NAME is what the pages and messages call a report: its file's name without the ending. The file itself is not touched, and
    `casebook add` of it brings the report again. Taking out is a run of its own: `casebook undo` puts back what it took. Where
    one of the names is not there, nothing is taken out.
    """
    from db import remove as removing

    _take_out(removing.REPORTS, names, database)


def _take_out(kind: Kind, names: Sequence[str], database: Path) -> None:
    """Take reports or dose tables out, and say how they come back."""
    _need(database)
    with ExitStack() as stack:
        run_id = kind.take_out(Draft(database, stack, _fingerprint(), words=options.words(), show=show), names)
    say(f"{from_here(database)}: {counted(len(set(names)), kind.noun)} taken out; `casebook undo {int(run_id)}` puts back")
    if own := sorted(set(names) & kind.of_project(_project())):
        what, them = ("come", "them") if len(own) > 1 else ("comes", "it")
        say(plain(f"{', '.join(own)}: {what} with the project, the next `casebook build` brings {them} again"))


# --- tables of doses ------------------------------------------------------------------------------


@main.group()
def tables() -> None:
    """Add tables of radiotherapy doses from the literature, and look at them.

    \b
    casebook tables add review.xlsx   show what is understood, ask, and store it
    casebook tables list              the tables that are stored
    casebook tables show NAME         one of them: its columns, rows, and what was not read
    casebook tables remove NAME       take one out
    """


@tables.command("add")
@options.paths
@click.option("--yes", "-y", "is_sure", is_flag=True, help="Store without asking.")
@click.option("--dry-run", is_flag=True, help="Show what is understood and store nothing.")
@click.option("--citation", help="The publication that prints the table.")
@click.option("--patients", type=click.Choice(["own", "literature"]), help="Whose the patients are; without it the columns tell.")
@options.corrections
@options.database
@in_one_line
def tables_add(
    paths: tuple[Path, ...],
    is_sure: bool,
    dry_run: bool,
    citation: str | None,
    patients: str | None,
    corrections: Path | None,
    database: Path,
) -> None:
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
    from db.intake import offered

    tally, reader, known = Tally(terminal), _reader(_book(database, corrections)), offered.Known(citation, patients)
    with ExitStack() as stack:
        filling.open_book(reader.corrections, stack.enter_context(closing(open_readonly(database))) if is_usable(database) else None, tally)
        draft = Draft(database, stack, reader.fingerprint, words=options.words(), show=show)
        for path in paths:
            for table in offered.tables(path, known, reader, tally, say):
                if not offered.is_new(table, database, _project()):
                    say(f"{plain(table.id)}: is stored so already")
                elif not dry_run and _is_wanted(table, is_sure):
                    dose_tables.store(draft, table, ADD, reader.corrections)
                    tally.dose_tables += 1
        draft.finish(tally.for_the_ledger(paths), tally.unchanged)
    if tally.dose_tables:
        say(f"{from_here(database)}: {counted(tally.dose_tables, 'table')} of doses stored")
    raise SystemExit(tally.exit_code)


def _is_wanted(table: DoseTable, is_sure: bool) -> bool:
    """Return whether the user wants a table stored; ends where nobody answers."""
    try:
        is_sure = is_sure or click.confirm(f"Store it as {plain(table.id)}?", default=False)
    except click.Abort:
        say("")
        fail(f"{table.id}: not stored, nobody answered; --yes stores without asking")
    if not is_sure:
        say(f"{plain(table.id)}: not stored")
    return is_sure


@tables.command("remove")
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@options.database
@in_one_line
def tables_remove(names: tuple[str, ...], database: Path) -> None:
    """Take dose tables out of the database, by name; the cases of one of the authors' own patients go with it.

    \b
    casebook tables remove review
    """
    from db import remove as removing

    _take_out(removing.TABLES, names, database)


@tables.command("list")
@options.database
@in_one_line
def tables_list(database: Path) -> None:
    """List the dose tables that are stored: name, rows, doses, and where each comes from."""
    with closing(_readable(database)) as connection:
        for name, rows, doses, source in dose_tables.listed(connection):
            say(plain(f"{name}: {counted(rows, 'row')}, {counted(doses, 'dose')}; {source}"))


@tables.command("show")
@click.argument("name")
@options.database
@in_one_line
def tables_show(name: str, database: Path) -> None:
    """Show one dose table: its columns, its rows as read, and the cells that were corrected, doubted or not read."""
    from extract.tables import telling

    with closing(_readable(database)) as connection:
        table = load.stored_dose_table(connection, name)
    if table is None:
        fail(f"{name}: no dose table of this name; `casebook tables list` names them")
    say(plain(f"{table.id}: {table.title}"))
    if table.citation:
        say(plain(f"  {table.citation}"))
    if table.is_own:
        say(f"  the patients are the authors’ own: cases of the report {plain(table.id)}, not rows")
    for lines in (telling.columns(table.table_columns), telling.rows(table.rows), telling.messages(table.table_columns, table.cells)):
        for line in lines:
            say(plain(line))


# --- corrections ----------------------------------------------------------------------------------


@main.command()
@click.argument("case")
@click.argument("field", required=False)
@click.option("--set", "set_", metavar="VALUE", help="Another value: 54, female, true, C34.1, or parts as JSON.")
@click.option("--clear", is_flag=True, help="There is no value.")
@click.option("--add", "add_", metavar="[VALUE]", is_flag=False, flag_value="", help="One more value of a list, or a case that was missed.")
@click.option("--reject", is_flag=True, help="A value of a list is none; a case is none.")
@click.option("--confirm", is_flag=True, help="The value is right.")
@click.option("--keep", is_flag=True, help="What was said and is in conflict stands, whatever the machine reads now.")
@click.option("--withdraw", is_flag=True, help="Take back what was said, or is in conflict: the machine's value stands again.")
@click.option("--item", metavar="ITEM", help="Which value of a list: its number, or part of it (CD34).")
@click.option("--words", metavar="WORDS", help="The words of the report that say it; of more than those, [[the part itself]].")
@click.option("--why", help="Why.")
@options.by
@options.corrections
@options.database
@in_one_line
def correct(case: str, field: str | None, corrections: Path | None, database: Path, **chosen: Any) -> None:
    """Say that a value of a case is wrong, missing or right. Without an option, show what stands.

    \b
    casebook correct imt-lung/1
    casebook correct imt-lung/1 age_years --set 54 --words "54-year-old" --why "misprint in the abstract"
    casebook correct imt-lung/1 ihc --item CD34 --set '{"result": "negative"}'
    casebook correct imt-lung/1 metastases --add liver --words "spread to the [[liver]] within a year"
    casebook correct imt-lung/1 radiotherapy --confirm
    casebook correct imt-lung/2 case --reject --why "a patient of the literature"

    Of a correction in conflict (`casebook corrections --conflicts`), --keep says that it stands, --withdraw that it is
    let go; without --item all of the field are meant.

    A value with several parts keeps those that are not named; null empties one. Words are needed where the machine
    read nothing. What you say goes into the file of corrections, which is kept, read and merged like any text; the next
    `casebook build` lays it over what the machine reads, now and after every rerun (with --only-stored, where the database
    holds no report of the project and shall get none).
    """
    from db.corrections import by_hand, listing
    from db.corrections.file import append

    said = {name.rstrip("_"): chosen[name] for name in ("set_", "clear", "add_", "reject", "confirm", "keep", "withdraw")}
    actions = [name for name, value in said.items() if value is not None and value is not False]
    if len(actions) > 1 or (actions and not field):
        raise click.UsageError("one FIELD and one of --set, --clear, --add, --reject, --confirm, --keep, --withdraw belong to a correction")
    with closing(_readable(database)) as connection:
        if not actions or field is None:
            for line in by_hand.stands(connection, case, field):
                say(plain(line))
            return
        text = said[actions[0]] if actions[0] in ("set", "add") else None
        found = by_hand.made(
            connection, case, field, actions[0], text or None, item=chosen["item"], words=chosen["words"], why=chosen["why"],
            curator=_curator(chosen["by"]),
        )  # fmt: skip
    path = corrections or path_of(database)
    append(path, found)
    for one in found:
        say(plain(listing.told(one)))
    say(f"written to {from_here(path)}; `{_that_lays_over(database, corrections)}` lays it over what is read")


def _that_lays_over(database: Path, corrections: Path | None) -> str:
    """Return the command that lays corrections over a database, and brings it no report of the project if it holds none."""
    with closing(_readable(database)) as connection:
        words = [] if holds_own(connection) else ["--only-stored"]
    if database.resolve() != options.default_database().resolve():
        words += ["--database", from_here(database)]
    words += ["--corrections", from_here(corrections)] if corrections else []
    return shlex.join(["casebook", "build", *words])


def _curator(name: str | None) -> str:
    """Return who decides: who was named, whom the machine knows, or who says so when asked."""
    from db.corrections import by_hand

    return name or by_hand.curator() or str(click.prompt("Your name"))


@main.command("corrections")
@click.option("--conflicts", is_flag=True, help="Only those that wait for a decision, since the value or its words are others now.")
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON a correction.")
@options.corrections
@options.database
@in_one_line
def list_corrections(conflicts: bool, as_json: bool, corrections: Path | None, database: Path) -> None:
    """List the corrections and what became of each; of those in conflict what the curator and the machine say.

    \b
    casebook corrections
    casebook corrections --conflicts

    applied: it stands in place of what the machine reads. agreed: the machine now reads the same. conflict: the machine
    reads another value, or the words are not there any more, and nothing is changed until you decide. waiting: its report
    is not in the database. settled: a later one decided it. Where a line of the file is no correction the exit code is 1.
    """
    from db.corrections import listing, ruling

    known = _book(database, corrections)
    for problem in known.problems:
        warn(problem)
    with ExitStack() as stack:
        connection = stack.enter_context(closing(open_readonly(database))) if is_usable(database) else None
        found = [entry for entry in listing.listed(connection, known) if entry.state == ruling.CONFLICT or not conflicts]
    for line in [json.dumps(listing.to_json(entry), ensure_ascii=False) for entry in found] if as_json else listing.lines(found):
        say(plain(line))
    raise SystemExit(1 if known.problems else 0)


# --- review ---------------------------------------------------------------------------------------


@main.command()
@options.by
@click.option("--field", metavar="FIELD", help="Only the values of this field: ihc, sex ...")
@click.option("--report", metavar="REPORT", help="Only the values of this report.")
@options.port
@click.option("--open", "opens", is_flag=True, help="Open the page in the browser.")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on; another needs --open-to-network.")
@click.option("--open-to-network", "is_open", is_flag=True, help="Let other machines in, with a password and without encryption.")
@options.corrections
@options.database
@in_one_line
def review(corrections: Path | None, database: Path, opens: bool, **chosen: Any) -> None:
    """Check values one by one beside the words they were read from, by keyboard. Ctrl-C ends it.

    \b
    casebook review --open
    casebook review --field radiotherapy --by "Ada Curator"
    casebook review --report PMC6358576

    Conflicts of earlier corrections come first, then the low, middle and high band of certainty; in a band a report at a
    time, that with the least certain value first. Keys: a accept, r reject or clear, k keep what is in conflict, c change,
    n next, p back, u undo, ? all keys. Each decision goes to the file of corrections at once, with your name and the time;
    the next `casebook build` puts it into the database. End it any time: what is decided is kept.

    What is shown is a private copy of the database; `casebook serve` never has this page. Only this machine can open it,
    unless --open-to-network says otherwise. Where CASEBOOK_REVIEW_PASSWORD is set, it is asked for: other users of
    this machine are locked out, too.
    """
    from db import serve as serving
    from db.review import app as reviewing
    from db.review.copy import private_copy
    from db.review.guard import Door
    from db.review.queue import Filter
    from db.review.session import Session

    _need(database)
    _check_fields([chosen["field"]] if chosen["field"] else [])
    path = corrections or path_of(database)
    host, password = chosen["host"], _password(chosen["host"], chosen["is_open"])
    door = Door(host, serving.free_port(host, chosen["port"], options.PORT), password)
    session = Session(path, _curator(chosen["by"]))
    try:
        listening = reviewing.listen(door)
    except OSError as error:
        fail(f"{door.host}:{door.port}: {(error.strerror or str(error)).lower()}, wanted a free port (--port)")
    show("copying the database")
    with listening, private_copy(database) as copy:
        show("putting its values in order")
        lays_over = _that_lays_over(database, corrections)
        app = reviewing.make_app(copy, session, door, lays_over)
        for problem in session.problems:
            warn(problem)
        start = door.address + reviewing.address(None, Filter(chosen["report"], chosen["field"]))
        say(f"Review as {plain(session.curator)} at {start} (Ctrl-C ends it)")
        if opens:
            serving.open_soon(start)
        reviewing.serve(app, listening)
    told = f", kept in {from_here(path)}; `{lays_over}` puts them into the database" if session.count else ""
    say(f"{counted(session.count, 'value')} reviewed{told}")


def _password(host: str, is_open: bool) -> str | None:
    """Return the password of a review, asked for where it is needed and the environment has none; None where none is wanted."""
    from db.review import guard

    given = os.environ.get("CASEBOOK_REVIEW_PASSWORD") or None
    may_ask = is_open and not guard.is_loopback(host) and sys.stdin is not None and sys.stdin.isatty()
    if given is None and may_ask:
        given = click.prompt("Password of this review", hide_input=True, confirmation_prompt=True, err=True)
    guard.check(host, is_open, given)
    if not guard.is_loopback(host):
        warn(f"open to other machines at {host}: the password and all pages travel unencrypted")
    return given


# --- for others -----------------------------------------------------------------------------------


@main.command()
@click.argument("folder", required=False, type=click.Path(path_type=Path, file_okay=False))
@options.database
@in_one_line
def export(folder: Path | None, database: Path) -> None:
    """Write the database as files for others: SQLite, CSV, Parquet, JSON lines, with sums and a data dictionary.

    \b
    casebook export
    casebook export /srv/downloads --database trial.db

    Without FOLDER they go beside the database, into casebook.downloads, where the site finds them and offers them at
    /downloads. The folder is written anew as a whole, and only where the database is another one; the same database
    gives the same bytes. A folder that this command did not make is left alone. SHA256SUMS is for sha256sum -c.
    """
    from db import export as exporting

    to = folder or exporting.folder_of(database)
    made, is_new = exporting.export(database, to, show)
    size = sum(file.size for file in made.files)
    did = "written" if is_new else "nothing new"
    say(f"{from_here(to)}: {did}; version {made.edition.version}, {counted(len(made.files), 'file')}, {size / 1e6:.1f} MB")


@main.command("publish")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@options.base_url
@options.database
@in_one_line
def publish_site(folder: Path, base_url: str, database: Path) -> None:
    """Write a folder that serves the database to the public: `datasette serve FOLDER`, or a container.

    \b
    casebook publish build/site
    casebook publish build/site --base-url /casebook-site/

    In it: the database and its downloads, Datasette's settings, pages and plugins and, in a checkout of the project, a
    Containerfile, requirements.txt and Casebook's own source. A folder that was published before is written anew as a
    whole; any other is left alone. docs/deploy.md tells how to go on.
    """
    from db import export as exporting
    from db import image
    from db import publish as publishing

    made, _ = exporting.export(database, exporting.folder_of(database), show)
    show("writing the site")

    def add(site: Path) -> None:
        image.add_downloads(site, database)
        if options.is_checkout():
            image.add_source(site, options.HERE)

    publishing.write_site(database, folder, base_url=base_url, add=add)
    if not options.is_checkout():
        warn("no Containerfile, as only a checkout has the source that it installs; where the folder is served Casebook must be installed")
    say(f"{from_here(folder)}: written; version {made.edition.version}; `datasette serve {from_here(folder)}` serves it")


if __name__ == "__main__":
    main()
