"""PDF: a page tells where each character stands, and no more; lines, columns and paragraphs are found again from that.

The steps, a module each: `pdf_glyphs` (characters), `pdf_lines` (lines, raised signs), `pdf_layout` (columns, running
headers), `pdf_blocks` (paragraphs, headings, captions, tables), `pdf_flow` (sentences over pages), `pdf_about` (DOI, year).
PDFium does the reading; it is C, so that a hostile file is read in a process with limits (the caller's affair).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import pypdfium2 as pdfium

from corpus.readers import pdf_layout, pdf_ligatures
from corpus.readers.hyphens import words_of
from corpus.readers.pdf_about import about, plausible_title
from corpus.readers.pdf_blocks import Block, Role, Style, blocks, style_of
from corpus.readers.pdf_flow import Flow, is_text
from corpus.readers.pdf_glyphs import Page, read_page
from corpus.readers.pdf_lines import Fragment, Line, Names, fragments, lines_of
from corpus.readers.pdf_signs import composed, evened
from corpus.report import CorpusError, Report

MAX_PAGES = 300
# A book of 200 pages; 8 seconds of reading. The longest case reports have 60,000.
MAX_CHARACTERS = 500_000
_HEADER = b"%PDF-"
_HEADER_WITHIN = 1024
_PASSWORD_ERROR = 4
# A page with fewer characters has no text layer: a stamp or a page number on a scan.
_MIN_CHARACTERS = 25
_SCAN = 0.5  # of a page that an image covers, at least, where it is a scan
_OCR = "wanted a PDF with a text layer, made by OCR (for instance ocrmypdf)"
# Of the characters; more, and no word can be trusted.
_MAX_UNNAMED = 0.1


@dataclass(slots=True)
class _Paper:
    """What was read of a file before its lines are put in order."""

    pages: list[tuple[Page, list[Fragment]]]
    messages: list[str]


def read(data: bytes, name: str, report_id: str) -> tuple[Report, ...]:
    """Read a PDF as one report.

    Parameters
    ----------
    data
        The file.
    name
        What messages call it.
    report_id
        The id of the report.

    Returns
    -------
    tuple[Report, ...]
        One report, with `pages`. Its messages tell of pages without text, of characters that no font names, of a file
        that ends too early.

    Raises
    ------
    CorpusError
        Not a PDF, broken, protected by a password, scanned without text, too many pages or characters, or no words.
    """
    if _HEADER not in data[:_HEADER_WITHIN]:
        raise CorpusError(f"{name}: no PDF ({_HEADER.decode()} is not at its start), wanted one")
    try:
        document = pdfium.PdfDocument(data)
    except pdfium.PdfiumError as error:
        if error.err_code == _PASSWORD_ERROR:
            raise CorpusError(f"{name}: protected by a password, wanted a PDF that opens without one") from None
        raise CorpusError(f"{name}: broken or truncated, wanted a PDF that opens ({error})") from None
    try:
        paper = _read_pages(document, name)
        info = {key: value for key, value in document.get_metadata_dict().items() if value}
    except pdfium.PdfiumError as error:
        raise CorpusError(f"{name}: broken, wanted a PDF whose pages can be read ({error})") from None
    finally:
        document.close()
    if b"%%EOF" not in data[-2048:]:
        paper.messages.append("the file ends without %%EOF: it may be truncated")
    return (_report(paper, info, data, name, report_id),)


def _read_pages(document: pdfium.PdfDocument, name: str) -> _Paper:
    """Read the characters of all pages.

    Raises
    ------
    CorpusError
        No page, too many, too many characters, or no page with text.
    """
    count = len(document)
    if not 0 < count <= MAX_PAGES:
        raise CorpusError(f"{name}: {count} pages, wanted 1 to {MAX_PAGES}")
    paper = _Paper([], [])
    total = 0
    scanned: list[int] = []
    for number in range(count):
        handle = document[number]
        try:
            page = read_page(handle)
        finally:
            handle.close()
        if page.excess:
            paper.messages.append(f"page {number + 1}: {page.excess} characters or drawings, too many for a page of text; left out")
        total += len(page.glyphs)
        if total > MAX_CHARACTERS:
            raise CorpusError(f"{name}: more than {MAX_CHARACTERS} characters, wanted at most that for one report")
        if len(page.glyphs) < _MIN_CHARACTERS and page.image_share >= _SCAN:
            scanned.append(number + 1)
        found = fragments(evened(composed(page.glyphs)))
        beside = pdf_layout.line_numbers(found)
        paper.pages.append((replace(page, glyphs=()), [piece for piece in found if id(piece) not in beside]))
    if total < _MIN_CHARACTERS:
        if scanned:
            raise CorpusError(f"{name}: scanned: {count} pages without text; {_OCR}")
        raise CorpusError(f"{name}: holds no words, wanted a text" + "".join(f" ({message})" for message in paper.messages[:1]))
    if scanned:
        paper.messages.append(f"scanned: {len(scanned)} of {count} pages without text ({_few(scanned)}); {_OCR}")
    return paper


def _few(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers[:10])) + (" ..." if len(numbers) > 10 else "")


def _report(paper: _Paper, info: dict[str, str], data: bytes, name: str, report_id: str) -> Report:
    """Put the report together."""
    names = Names()
    printed, regions = _regions(paper, names)
    printed, regions = _named(printed, regions, paper, name)
    regions = _softened(regions)
    lines = [line for region in regions for line in region]
    if not lines:
        raise CorpusError(f"{name}: holds no words, wanted a text")
    style = style_of(lines)
    parts = [block for region in regions for block in blocks(region, style)]
    facts = about(info, printed, data)
    flow = Flow(words_of(line.text for line in lines))
    title = _title_of(parts, facts.title, style, printed)
    if title is None:
        flow.run(parts, has_front=False)
    else:
        first, last = title
        words = flow.title(_merged(parts[first:last]))
        ahead = [block for block in parts[:first] if is_text(block) and block.role is not Role.HEADING]
        flow.run([*ahead, *parts[last:]], has_front=True)
        facts = replace(facts, title=facts.title or plausible_title(words))
    draft = flow.draft
    draft.pages += [draft.length] * (len(paper.pages) - len(draft.pages))
    for message in paper.messages:
        draft.message(message)
    return draft.report(
        report_id, name, format="pdf", title=facts.title, doi=facts.doi, pmcid=facts.pmcid, pmid=facts.pmid, year=facts.year,
        license=facts.license, authors=facts.authors,
    )  # fmt: skip


def _regions(paper: _Paper, names: Names) -> tuple[list[str], list[list[Line]]]:
    """Return what is printed on the first and last pages, for the metadata, and the lines of all regions in the order of reading."""
    sizes = [piece for _, found in paper.pages for piece in found]
    body_size = max({piece.size for piece in sizes}, key=lambda size: sum(len(p.glyphs) for p in sizes if p.size == size), default=10.0)
    ignored = pdf_layout.furniture([(page.height, found) for page, found in paper.pages], body_size)
    printed: list[str] = []
    regions: list[list[Line]] = []
    for number, (page, found) in enumerate(paper.pages):
        if number in (0, len(paper.pages) - 1):
            printed += [line.text for line in lines_of(found, number, names)]
        kept = [piece for piece in found if id(piece) not in ignored[number]]
        for region in pdf_layout.regions(kept, page.rules):
            regions.append(lines_of(region, number, names))
    return printed, regions


def _named(printed: list[str], regions: list[list[Line]], paper: _Paper, name: str) -> tuple[list[str], list[list[Line]]]:
    """Give characters that the fonts do not name the letters that make words of them.

    Raises
    ------
    CorpusError
        Too many of them stay unknown.
    """
    words = [line.text for region in regions for line in region]
    table = pdf_ligatures.resolve(words)
    lost = pdf_ligatures.unresolved(table, words)
    if lost > _MAX_UNNAMED * sum(map(len, words)):
        raise CorpusError(f"{name}: fonts do not tell which characters they draw ({lost} unknown), {_OCR}")
    if lost:
        paper.messages.append(f"{lost} characters that no font names were left out")
    named = [
        [replace(line, cells=cells) for line in region if any(cells := tuple(cell.translate(table).strip() for cell in line.cells))]
        for region in regions
    ]  # fmt: skip
    return [text.translate(table) for text in printed], [region for region in named if region]


def _softened(regions: list[list[Line]]) -> list[list[Line]]:
    """Tell hyphens that were set at line ends from those of words, where the program has a character for each: U+2010 and "-"."""
    texts = [line.text for region in regions for line in region]
    if not any("-" in text for text in texts) or any("‐" in text[:-1] for text in texts):
        return regions
    return [
        [replace(line, cells=(*line.cells[:-1], f"{line.cells[-1][:-1]}\u00ad")) if line.text.endswith("‐") else line for line in region]
        for region in regions
    ]  # fmt: skip


def _title_of(parts: Sequence[Block], stated: str | None, style: Style, printed: Sequence[str]) -> tuple[int, int] | None:
    """Find the title on the first page: what the document's information calls so, else the largest type; None where there is none."""
    candidates = [
        index for index, block in enumerate(parts)
        if block.lines[0].page == 0 and block.role is not Role.TABLE and 8 <= len(_words(block)) <= _MAX_TITLE
    ]  # fmt: skip
    if stated is not None:
        wanted = _letters(stated)
        for index in candidates:
            last = index + 1
            while last < len(parts) and _letters(_words(_merged(parts[index:last]))) != wanted and wanted.startswith(
                _letters(_words(_merged(parts[index : last + 1])))
            ):  # fmt: skip
                last += 1
            if _letters(_words(_merged(parts[index:last]))) == wanted:
                return index, last
    issues = [" ".join(line.lower().split()) for line in printed if _ISSUE.search(line)]
    large = [
        index for index in candidates
        if parts[index].lines[0].size > 1.15 * style.size and len(_words(parts[index]).split()) > 2
        and not any(_words(parts[index]).lower() in line for line in issues)
    ]  # fmt: skip
    if not large:
        return None
    best = max(large, key=lambda index: (round(parts[index].lines[0].size), -index))
    last = best + 1
    while last < len(parts) and _is_more_of_title(parts[last - 1].lines[-1], parts[last].lines[0]):
        last += 1
    return best, last


# A line that names a year or volume: what it says besides is a journal's name, however large that is set elsewhere.
_ISSUE = re.compile(r"\b(?:19|20)\d\d\b|\bvol(?:ume|\.)", re.IGNORECASE)


def _is_more_of_title(last: Line, line: Line) -> bool:
    """Whether a line goes on with the title, in lines that are far apart."""
    is_alike = (line.page, line.size, line.is_bold) == (last.page, last.size, last.is_bold)
    return is_alike and 0 < last.y - line.y < _MOST_TITLE_LEADING * line.size


_MOST_TITLE_LEADING = 2.2


_MAX_TITLE = 400


def _merged(parts: Sequence[Block]) -> Block:
    return replace(parts[0], lines=[line for block in parts for line in block.lines])


def _words(block: Block) -> str:
    return " ".join(line.text for line in block.lines)


def _letters(words: str) -> str:
    """Reduce words to what two spellings of a title share."""
    return "".join(filter(str.isalnum, words.lower()))
