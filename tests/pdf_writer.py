"""Reports typeset as journals do: columns, justified lines, hyphens at line ends, running headers, page numbers, superscripts."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfgen.canvas import Canvas

Block = tuple[str, str | Sequence[Sequence[str]]]

# "10^{5}", "tumors.^{12,13}": what braces hold is set smaller and raised.
_RAISED = re.compile(r"\^\{(?P<up>[^}]{1,40})\}")
_HYPHENATION = re.compile(r"(?<=[a-z]{2}[aeiou])(?=[bcdfglmnprstv][aeiou][a-z]{2})|(?<=[a-z]{2}[lmnrs])(?=[bcdfgpt][aeiou][a-z]{2})")
_FACES = {
    "Times": ("Times-Roman", "Times-Bold", "Times-Italic"),
    "Helvetica": ("Helvetica", "Helvetica-Bold", "Helvetica-Oblique"),
}
_LIGATURES = {"fi": "\ufb01", "fl": "\ufb02"}
_LIGATURE = re.compile("(fi|fl)")


@dataclass(frozen=True, slots=True)
class Design:
    """How the pages of a journal look; lengths in points."""

    columns: int = 1
    font: str = "Times"
    size: float = 10
    page: tuple[float, float] = (595, 842)
    margin: float = 60
    gutter: float = 18
    running_header: str | None = None
    even_header: str | None = None
    page_numbers: bool = True
    first_page_footer: str | None = None
    hyphenate: bool = True
    justify: bool = True
    ligatures: bool = False  # as the one character that a font has for "fi"
    spaces: bool = True  # False: words are only moved apart, as TeX does
    indent: float = 12  # of the first line of a paragraph; 0: a gap before it instead
    wide: int = 0  # how many of the blocks run over all columns at the top of the first page


@dataclass(slots=True)
class _Pages:
    """The canvas with the place where the next line goes."""

    canvas: Canvas
    design: Design
    number: int = 1
    column: int = 0
    top: float = 0
    y: float = 0
    is_wide: bool = True
    lines: int = field(default=0)

    @property
    def width(self) -> float:
        whole = self.design.page[0] - 2 * self.design.margin
        if self.is_wide:
            return whole
        return (whole - (self.design.columns - 1) * self.design.gutter) / self.design.columns

    @property
    def x(self) -> float:
        return self.design.margin + (0 if self.is_wide else self.column * (self.width + self.design.gutter))

    def start_page(self) -> None:
        design, (width, height) = self.design, self.design.page
        self.column, self.top = 0, height - design.margin - design.size
        self.y = self.top
        self.canvas.setFont(_FACES[design.font][0], 8)
        header = design.even_header if design.even_header and self.number % 2 == 0 else design.running_header
        if header:
            self.canvas.drawString(design.margin, height - 34, header)
        if design.page_numbers:
            self.canvas.drawRightString(width - design.margin, height - 34, str(self.number + 1187))
        if design.first_page_footer and self.number == 1:
            self.canvas.drawString(design.margin, 36, design.first_page_footer)

    def advance(self, leading: float) -> None:
        """Go down a line, and to the next column or page where there is no room."""
        self.y -= leading
        if self.y >= self.design.margin:
            return
        if not self.is_wide and self.column + 1 < self.design.columns:
            self.column += 1
            self.y = self.top
            return
        self.canvas.showPage()
        self.number += 1
        self.start_page()

    def begin_columns(self) -> None:
        self.is_wide, self.column, self.top = False, 0, self.y - self.design.size
        self.y = self.top


def write_pdf(title: str | None, blocks: Sequence[Block], **design: object) -> bytes:
    """Typeset a report.

    Parameters
    ----------
    title
        For the document's information; None for none there.
    blocks
        Kind (title, authors, heading, paragraph, caption, table, small) and words, or rows of cells for a table.
    design
        Fields of `Design`.

    Returns
    -------
    bytes
        The file.
    """
    look = Design(**design)  # type: ignore[arg-type]
    file = io.BytesIO()
    canvas = Canvas(file, pagesize=look.page, invariant=1)
    if title is not None:
        canvas.setTitle(title)
    pages = _Pages(canvas, look)
    pages.start_page()
    for number, (kind, words) in enumerate(blocks):
        if number == look.wide and look.columns > 1:
            pages.begin_columns()
        elif number >= look.wide and look.columns == 1:
            pages.is_wide = False
        _write_block(pages, kind, words)
    canvas.save()
    return file.getvalue()


def _write_block(pages: _Pages, kind: str, words: str | Sequence[Sequence[str]]) -> None:
    design = pages.design
    plain, bold, _ = _FACES[design.font]
    if kind == "table":
        assert not isinstance(words, str)
        _write_table(pages, words)
        return
    assert isinstance(words, str)
    face, size = {
        "title": (bold, design.size * 1.7),
        "heading": (bold, design.size * 1.1),
        "caption": (plain, design.size * 0.85),
        "small": (plain, design.size * 0.8),
        "authors": (plain, design.size),
    }.get(kind, (plain, design.size))
    indent = design.indent if kind == "paragraph" else 0
    leading = size * 1.2
    if kind != "paragraph" or not design.indent:
        pages.advance(size * 0.7)
    _write_lines(pages, words, face, size, leading, indent, is_prose=kind in ("paragraph", "caption"))
    if kind != "paragraph" or not design.indent:
        pages.advance(size * 0.5)


def _write_lines(pages: _Pages, words: str, face: str, size: float, leading: float, indent: float, *, is_prose: bool) -> None:
    """Set a paragraph line by line; the width may change between two of them."""
    rest = words.split()
    is_first = True
    while rest:
        width = pages.width - (indent if is_first else 0)
        line, rest = _break(rest, face, size, width, is_prose and pages.design.hyphenate)
        is_justified = bool(rest) and is_prose and pages.design.justify
        _write_line(pages, line, face, size, pages.x + (indent if is_first else 0), width if is_justified else None)
        pages.advance(leading)
        is_first = False


def _break(words: list[str], face: str, size: float, width: float, hyphenate: bool) -> tuple[list[str], list[str]]:
    """Take as many words as have room, and the first part of the next one."""
    line: list[str] = []
    used = 0.0
    space = pdfmetrics.stringWidth(" ", face, size)
    for index, word in enumerate(words):
        needed = _width(word, face, size) + (space if line else 0)
        if line and used + needed > width:
            for left, right in _parts(word) if hyphenate else ():
                if used + space + _width(left, face, size) <= width:
                    return [*line, left], [right, *words[index + 1 :]]
            return line, words[index:]
        line.append(word)
        used += needed
    return line, []


def _parts(word: str) -> Iterator[tuple[str, str]]:
    """Where a word may be split, the longest first part first."""
    for match in reversed(list(_HYPHENATION.finditer(word))):
        if word.isalpha() and word.islower():
            yield f"{word[: match.start()]}-", word[match.start() :]


def _write_line(pages: _Pages, line: Sequence[str], face: str, size: float, x: float, width: float | None) -> None:
    """Write a line, stretched to `width` where one is given."""
    space = pdfmetrics.stringWidth(" ", face, size)
    if width is not None and len(line) > 1:
        space = (width - sum(_width(word, face, size) for word in line)) / (len(line) - 1)
    for index, word in enumerate(line):
        for text, is_raised in _runs(word):
            scale, rise = (0.65, 0.36) if is_raised else (1, 0)
            for part in _LIGATURE.split(text) if pages.design.ligatures else (text,):
                font = _with_ligatures(face) if part in _LIGATURES else face
                part = _LIGATURES.get(part, part)
                pages.canvas.setFont(font, size * scale)
                pages.canvas.drawString(x, pages.y + rise * size, part)
                x += pdfmetrics.stringWidth(part, font, size * scale)
        if pages.design.spaces and index + 1 < len(line):
            pages.canvas.setFont(face, size)
            pages.canvas.drawString(x, pages.y, " ")
        x += space


def _write_table(pages: _Pages, rows: Sequence[Sequence[str]]) -> None:
    face, bold, _ = _FACES[pages.design.font]
    size = pages.design.size * 0.85
    step = pages.width / max(map(len, rows))
    while pages.y - len(rows) * size * 1.4 < pages.design.margin and pages.y < pages.top:  # a table is not cut in two
        pages.advance(size)
    pages.canvas.line(pages.x, pages.y + size, pages.x + pages.width, pages.y + size)
    for number, row in enumerate(rows):
        pages.canvas.setFont(face if number else bold, size)
        for index, cell in enumerate(row):
            pages.canvas.drawString(pages.x + index * step, pages.y, cell)
        if number in (0, len(rows) - 1):
            pages.canvas.line(pages.x, pages.y - 3, pages.x + pages.width, pages.y - 3)
        pages.advance(size * 1.4)
    pages.advance(size)


def _runs(word: str) -> Iterator[tuple[str, bool]]:
    end = 0
    for match in _RAISED.finditer(word):
        if match.start() > end:
            yield word[end : match.start()], False
        yield match["up"], True
        end = match.end()
    if end < len(word):
        yield word[end:], False


def _width(word: str, face: str, size: float) -> float:
    return sum(float(pdfmetrics.stringWidth(text, face, size * (0.65 if up else 1))) for text, up in _runs(word))


def _with_ligatures(face: str) -> str:
    """Return the name of the font with an encoding that has the ligatures."""
    name = f"{face}-Mac"
    if name not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(pdfmetrics.Font(name, face, "MacRomanEncoding"))
    return name
