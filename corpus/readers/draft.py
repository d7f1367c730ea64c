"""A report while its reader writes it: words go in with what they are, text, sections and tables come out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from corpus.readers.clean import clean
from corpus.report import CorpusError, Report, ReportTable, Section
from corpus.sections import BODY, declared_kind, kind_below
from corpus.tables.grid import Grid

# A book has 1 MB; what is longer is no report.
MAX_CHARACTERS = 5_000_000


@dataclass(slots=True)
class Draft:
    """Readers of formats with markup call its methods in the order of reading.

    Paragraphs and headings are parted by an empty line, items and rows of tables by a line end. White space inside of
    words that are given is made one space; what is blank is left out.
    """

    parts: list[str] = field(default_factory=list)
    length: int = 0
    sections: list[Section] = field(default_factory=list)
    tables: list[ReportTable] = field(default_factory=list)
    pages: list[int] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    # The headings in force, outermost first: level and kind.
    _open: list[tuple[int, str]] = field(default_factory=list)
    # Whether the next words begin a section.
    _is_new: bool = True

    def heading(self, words: str, level: int = 1, declared: str | None = None) -> None:
        """Open a section below the last one of a lower level.

        Parameters
        ----------
        words
            The heading; "" for a section without one.
        level
            1 for the outermost.
        declared
            What markup says of its type ("intro", "DISCUSS"), in the words of the format; None where it says nothing.
        """
        words = _one_line(words)
        while self._open and self._open[-1][0] >= level:
            self._open.pop()
        kind = kind_below(self.kind, words, declared_kind(declared) if declared else None)
        self._open.append((level, kind))
        self._is_new = True
        if words:
            start = self._write(words, "\n\n")
            self.sections.append(Section(kind, start, self.length, words))
            self._is_new = False

    @property
    def kind(self) -> str:
        """The kind of section that the next paragraph stands in."""
        return self._open[-1][1] if self._open else BODY

    def paragraph(self, words: str, kind: str | None = None) -> None:
        """Write a paragraph; with a kind it is a section of its own ("title", "caption", "abstract")."""
        self._words(words, kind, "\n\n")

    def item(self, words: str, kind: str | None = None) -> None:
        """Write an item of a list, or a reference."""
        self._words(words, kind, "\n")

    def table(self, grid: Grid) -> None:
        """Write a table: label and caption, a line for each row with " | " between cells, its notes; a section of its own."""
        rows = [
            tuple(_one_line(cell.text) if (cell.row, cell.column) == (y, x) else "" for x, cell in enumerate(row))
            for y, row in enumerate(grid.rows)
        ]
        # A remark that explains a mark in passing stands among both.
        notes = (*(f"{mark} {text}" for mark, text in grid.footnotes.items() if text not in grid.remarks), *grid.remarks)
        self.plain_table(rows, grid.label, grid.caption, tuple(_one_line(note) for note in notes), grid.header_rows)

    def plain_table(
        self,
        rows: Iterable[tuple[str, ...]],
        label: str | None = None,
        caption: str | None = None,
        notes: tuple[str, ...] = (),
        header_rows: int = 0,
    ) -> None:
        """Write a table of which nothing but the words in its cells is known."""
        rows = tuple(rows)
        title = ". ".join(part.rstrip(".") for part in (label, caption) if part)
        lines = [title, *(" | ".join(cell for cell in row if cell) for row in rows), *notes]
        lines = [line for line in map(_one_line, lines) if line]
        if not lines:
            return
        start = self._write(lines[0], "\n\n")
        for line in lines[1:]:
            self._write(line, "\n")
        self.sections.append(Section("table", start, self.length))
        self.tables.append(ReportTable(start, self.length, label, caption, rows, header_rows, notes))
        self._is_new = True

    def message(self, words: str) -> None:
        """Keep what could not be read, or a doubt."""
        self.messages.append(_one_line(words))

    def report(self, report_id: str, name: str, **about: Any) -> Report:
        """Return the report.

        Raises
        ------
        CorpusError
            Nothing was written, or too much; `name` is what the message calls the file.
        """
        if not self.length:
            raise CorpusError(f"{name}: holds no words, wanted a text")
        if self.length > MAX_CHARACTERS:
            raise CorpusError(
                f"{name}: {self.length / 1e6:.1f} million characters, wanted at most {MAX_CHARACTERS / 1e6:.0f} for one report"
            )
        return Report(
            report_id, "".join(self.parts), sections=tuple(self.sections), tables=tuple(self.tables), pages=tuple(self.pages),
            messages=tuple(self.messages), source=name, **about,
        )  # fmt: skip

    def _words(self, words: str, kind: str | None, gap: str) -> None:
        words = _one_line(words)
        if not words:
            return
        start = self._write(words, gap)
        kind_here = kind or self.kind
        last = self.sections[-1] if self.sections else None
        goes_on = last is not None and last.kind == kind_here and not self._is_new and (kind is None or last.heading is None)
        if last is not None and goes_on and kind != "caption":
            self.sections[-1] = Section(kind_here, last.start, self.length, last.heading)
        else:
            self.sections.append(Section(kind_here, start, self.length))
        self._is_new = False

    def _write(self, words: str, gap: str) -> int:
        """Add words after a gap and return where they begin."""
        if self.length:
            self.parts.append(gap)
            self.length += len(gap)
        start = self.length
        self.parts.append(words)
        self.length += len(words)
        return start


def _one_line(words: str) -> str:
    return " ".join(clean(words).split())
