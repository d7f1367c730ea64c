"""From files to reports, and from reports to records: what cannot be read is passed over, with the reason."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from corpus import files
from corpus.dose_table import counted
from corpus.europe_pmc import identifiers
from corpus.report import CorpusError, Problem, Report
from corpus.tables.grid import Grid
from db.corrections import book
from db.corrections.book import Book
from db.intake.tally import Tally
from extract import telling
from extract.lexicon import LexiconError
from extract.record import EvidenceError, Record
from extract.tables.understood import Understood

# Kinds of paper that speak of no patient of their authors, so that a text without one is no mistake.
WITHOUT_PATIENT = ("guideline", "review")
NO_PATIENT = "no patient found; wanted a case report, or a guideline or review"
_HEAD_WORDS = 20  # that tell a list from a text


@dataclass(frozen=True, slots=True)
class Reader:
    """What reads reports and tables. It is handed in, since spaCy never leaves `extract`.

    Attributes
    ----------
    extract
        What a report says. Raises EvidenceError where a value lacks its words.
    understand
        What a table says of doses.
    fingerprint
        Tells one state of what reads from another.
    corrections
        What curators said, which is laid over what is read.
    """

    extract: Callable[[Report], Record]
    understand: Callable[[Grid], Understood]
    fingerprint: str
    corrections: Book = book.EMPTY


def loaded(source: files.Source, tally: Tally) -> tuple[files.Source, bytes] | None:
    """Return a file with its bytes; None, after saying why, where it cannot be loaded."""
    try:
        data = files.load(source)
    except CorpusError as error:
        tally.pass_over(source.name, str(error))
        return None
    # Standard input has no name, and two reports that come by it must not take each other's place.
    is_nameless = source.path == files.STDIN
    return replace(source, id=f"{source.id}-{hashlib.sha256(data).hexdigest()[:8]}") if is_nameless else source, data


def sources(paths: Sequence[Path], tally: Tally) -> Iterator[files.Source]:
    """Yield the files that may hold reports; say of the others why they do not, or how many there are."""
    tally.teller.show("looking for files")
    for entry in tally.teller.with_progress(list(files.find(paths)), lambda entry: entry.name):
        if isinstance(entry, files.Source):
            yield entry
        elif isinstance(entry, Problem):
            tally.pass_over(entry.name, entry.message + _where_else(entry.name))
        else:
            tally.passed.append(entry)
    if line := files.passed_over(tally.passed):
        tally.teller.warn(line)


def _where_else(name: str) -> str:
    """Say what gets the article that somebody means who names an identifier where a file belongs; "" where it is none."""
    if os.path.lexists(name):
        return ""
    try:
        article = identifiers.parse(name)
    except CorpusError:
        return ""
    return f"; `casebook fetch {article}` gets the article of this {article.scheme.upper()}"


def read(source: files.Source, data: bytes, tally: Tally) -> Iterator[Report]:
    """Yield the reports in a file; say of what cannot be read why."""
    count = 0
    for found in files.read(source, data):
        if isinstance(found, Report):
            count += 1
            if count > 1:  # an archive can take long
                tally.teller.show(f"{counted(count, 'report')} in {source.name}")
            yield found
        elif isinstance(found, Problem):
            tally.unsettled += not found.is_final
            tally.pass_over(found.name, found.message)
        else:
            tally.passed.append(found)


def reports(paths: Sequence[Path], tally: Tally) -> Iterator[tuple[Path, Report]]:
    """Yield each readable report with its file; name the other files and why they are none."""
    for source in sources(paths, tally):
        if found := loaded(source, tally):
            for report in read(*found, tally):
                yield source.path, report


def records(reports: Iterable[tuple[Path, Report]], reader: Reader, tally: Tally) -> Iterator[tuple[Report, Record]]:
    """Yield what is read in each report, also where it tells of no patient: that is said when the next one is asked for."""
    for _, report in reports:
        if (found := record(report, reader, tally)) is not None:
            yield report, found
            if lacks_patient(found):
                pass_over_without_patient(report, tally)


def record(report: Report, reader: Reader, tally: Tally) -> Record | None:
    """Return what is read in a report; None, after saying why, where that fails. Of single fields that fail it says so, too."""
    try:
        found = reader.extract(report)
        if told := telling.failures(found):
            tally.teller.warn(f"{name_of(report)}: {told}; the rest was read (CASEBOOK_DEBUG=1 shows where)")
        return found
    except EvidenceError as error:
        tally.pass_over(name_of(report), f"{name_of(report)}: {error}")
    except (LexiconError, KeyboardInterrupt):
        raise
    except Exception as error:  # a defect of ours that one text brought to light must not stop the others
        if "CASEBOOK_DEBUG" in os.environ:
            raise
        reason = f"could not be read, {type(error).__name__}: {error} (CASEBOOK_DEBUG=1 shows where)"
        tally.pass_over(name_of(report), f"{name_of(report)}: {reason}")
    return None


def lacks_patient(record: Record) -> bool:
    """Tell whether a record is of a text that should tell of a patient and does not."""
    return not record.cases and record.report["kind"] not in WITHOUT_PATIENT


def pass_over_without_patient(report: Report, tally: Tally) -> None:
    """Say that a report tells of no patient."""
    remedy = " (front matter can say so: kind: guideline)" if report.format in (None, "markdown", "text") else ""
    if _is_list(report.text):
        remedy = f"; `casebook fetch --list {name_of(report)}` gets the articles that it lists"
    tally.pass_over(name_of(report), f"{name_of(report)}: {NO_PATIENT}{remedy}")


def _is_list(text: str) -> bool:
    """Tell whether a text is a list of PMCIDs, PMIDs or DOIs: most of its first words are such."""
    words = text.split()[:_HEAD_WORDS]
    found = 0
    for word in words:
        with suppress(CorpusError):
            found += bool(identifiers.parse(word))
    return found > len(words) / 2


def name_of(report: Report) -> str:
    """Return what messages call a report: its file, with the part where the file holds several."""
    return report.source or report.id
