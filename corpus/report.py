"""A report as it was written: its text, never changed after reading, its parts, and where it comes from."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

# The longest case reports have 60,000 characters, the longest reviews 300,000. A text of the worst kind that has as many as
# this is read within 500 MB and a few seconds (tests/test_hostile_files.py); a book or a whole issue has more.
MAX_CHARACTERS = 400_000
MAX_ABOUT = 100_000  # of title, authors … together: some papers have a thousand authors
MAX_CELLS = 100_000


class CorpusError(ValueError):
    """A file that cannot be read as a report or a dose table; the message names file and reason."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A file, or a member of an archive, that cannot become a report.

    Attributes
    ----------
    name
        What messages call it: its path as it was given or found, with ", member" behind it for a part of an archive.
    message
        One line that begins with the name: what was found and what was wanted.
    is_final
        False where it may be read another time: the reader met its limits, perhaps because the machine was busy.
    """

    name: str
    message: str
    is_final: bool = True

    def __str__(self) -> str:
        return self.message


@dataclass(frozen=True, slots=True)
class Passed:
    """A file of a folder or an archive that does not claim to be a report: a picture, a table, a program.

    Attributes
    ----------
    name
        As of a `Problem`.
    ending
        In small letters with its dot; "" where the name has none.
    """

    name: str
    ending: str


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a report's text as its markup declares it.

    Attributes
    ----------
    kind
        One of `corpus.sections.KINDS`.
    start, end
        Offsets in the report's text, end exclusive. A heading is the first line of its section.
    heading
        The heading's words as they stand in the text; None for a part without one.
    """

    kind: str
    start: int
    end: int
    heading: str | None = None


@dataclass(frozen=True, slots=True)
class ReportTable:
    """A table of a report: its rows as printed, and where they stand in the text.

    Attributes
    ----------
    start, end
        Offsets of label, caption, rows and notes in the report's text, end exclusive.
    label, caption
        "Table 1" and its title; None where there is none.
    rows
        Cells as printed. A cell that spans several columns or rows stands once, where it begins; the rest of it is "".
    header_rows
        How many rows at the top the format marks as headings.
    notes
        What is printed below it, a note each.
    """

    start: int
    end: int
    label: str | None = None
    caption: str | None = None
    rows: tuple[tuple[str, ...], ...] = ()
    header_rows: int = 0
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """One published report.

    Attributes
    ----------
    id
        The file's name without its ending, with `#part` for one of several in a file; unique in a database.
    text
        What the pipeline reads. All offsets count code points of this text, end exclusive.
    kind
        `case_report`, `case_series`, `review`, `guideline` or `other` where a person declares it (front
        matter); None where the pipeline must judge from `article_type`, title and text.
    title, doi, pmcid, pmid, year, journal, citation, license
        As the source gives them; None means that it does not.
    authors, affiliations
        Names ("Ana Silva") and institutions as the source gives them, in its order; empty where it gives none.
    article_type
        The publisher's own word for the kind of article ("case-report", "Letter"); None where there is none.
    is_retelling
        True where the text is Casebook's own retelling of the cited report, not its words.
    format
        Which reader read it: a name of `corpus.formats.FORMATS`.
    sections
        The parts that markup declares, in order and without overlap, over all of the text; () where there is no
        markup, so that headings must tell (`corpus.sections.lines`).
    tables
        Tables in the order in which they stand in the text.
    pages
        Offset in the text of the first character of each page; () where the format has no pages.
    messages
        What the reader could not read or doubts, a line each, without the file's name.
    source
        What messages call it, never for identity: the path that was read, as given, with ", part" for one of several in a file.
    """

    id: str
    text: str
    kind: str | None = None
    title: str | None = None
    doi: str | None = None
    pmcid: str | None = None
    pmid: str | None = None
    year: int | None = None
    journal: str | None = None
    citation: str | None = None
    license: str | None = None
    authors: tuple[str, ...] = ()
    affiliations: tuple[str, ...] = ()
    article_type: str | None = None
    is_retelling: bool = False
    format: str | None = None
    sections: tuple[Section, ...] = ()
    tables: tuple[ReportTable, ...] = ()
    pages: tuple[int, ...] = ()
    messages: tuple[str, ...] = ()
    source: str | None = None

    @property
    def excess(self) -> str | None:
        """What it has more of than is read, in words: reading and storing it would take too long; None where it is of bounded size."""
        about = sum(map(len, (*_words(self.title, self.journal, self.citation, self.license), *self.authors, *self.affiliations)))
        cells = sum(len(row) for table in self.tables for row in table.rows)
        for size, most, what in (
            (len(self.text), MAX_CHARACTERS, "characters"),
            (about, MAX_ABOUT, "characters of title, journal, licence, authors and institutions"),
            (cells, MAX_CELLS, "cells of tables"),
        ):
            if size > most:
                return f"{size} {what}, wanted at most {most} for one report"
        return None

    @property
    def sha256(self) -> str:
        """The text's SHA-256 in hex: what `stored before` means for a rerun."""
        return hashlib.sha256(self.text.encode("utf-8", "surrogatepass")).hexdigest()


def _words(*values: str | None) -> tuple[str, ...]:
    return tuple(value for value in values if value)
