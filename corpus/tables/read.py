"""The tables of any file, by what stands in it and not by its name."""

from __future__ import annotations

import re
from pathlib import Path

from corpus import formats, zips
from corpus.readers.decode import read_bytes
from corpus.report import CorpusError
from corpus.tables.grid import Grid
from corpus.tables.layout import Tables

# Office files with their pictures; an issue of a journal as XML has 2 MB.
MAX_FILE_BYTES = 20_000_000
MAX_TEXT_BYTES = 10_000_000

_WANTED = "CSV, TSV, XLSX, HTML, DOCX or JATS XML"
_HINTS = {formats.OLD_OFFICE: "it saved as .xlsx or .docx", formats.PROTECTED: "a file without one"}

_TABLE_TAG = re.compile(rb"<table[\s>]", re.IGNORECASE)


def read_tables(path: Path) -> tuple[Grid, ...]:
    """Read the tables of a file; () where it is a document without any.

    Raises
    ------
    CorpusError
        As `read`, or all tables of the file were refused; the message gives the first reason.
    """
    tables = read(path)
    if not tables.grids and tables.messages:
        more = f" (and {len(tables.messages) - 1} more)" if len(tables.messages) > 1 else ""
        raise CorpusError(f"{tables.messages[0]}{more}")
    return tables.grids


def read(path: Path) -> Tables:
    """Read the tables of a file, with messages on what was not read or with a doubt.

    The kind of file is told by its first bytes and its markup.

    Raises
    ------
    CorpusError
        The file is missing, unreadable, larger than `MAX_FILE_BYTES` (`MAX_TEXT_BYTES` where it is text), of another kind,
        broken, protected by a password, or passes a bound; one line, which begins with the path.
    """
    data = read_bytes(path, MAX_FILE_BYTES)
    name = str(path)
    try:
        return _read(data, name)
    except RecursionError as error:
        raise CorpusError(f"{name}: nested too deeply, wanted plain tables") from error


def _read(data: bytes, name: str) -> Tables:
    """Choose the reader; each is imported only where it is needed, because the libraries of some take long to load."""
    if data.startswith(zips.SIGNS):
        return _read_office(data, name)
    _refuse_others(data, name)
    if len(data) > MAX_TEXT_BYTES:
        raise CorpusError(f"{name}: {len(data) / 1e6:.1f} MB, wanted at most {MAX_TEXT_BYTES / 1e6:.0f} MB of text")
    markup = _markup(data)
    if markup == "html":
        from corpus.tables import html

        return html.read(data, name)
    if markup == "jats":
        from corpus.tables import jats

        return jats.read(data, name)
    if markup:
        raise CorpusError(f"{name}: XML with the root {markup!r}, wanted {_WANTED}")
    from corpus.tables import delimited

    return delimited.read(data, name)


def _read_office(data: bytes, name: str) -> Tables:
    from corpus.tables.archive import check_archive

    parts = check_archive(data, name)
    kind = formats.zip_kind(parts)
    if kind == "docx":
        from corpus.tables import docx

        return docx.read(data, name)
    if kind == "xlsx":
        from corpus.tables import xlsx

        return xlsx.read(data, name)
    raise CorpusError(f"{name}: an archive without a workbook or a document, wanted {_WANTED}")


def _refuse_others(data: bytes, name: str) -> None:
    """Name the kinds that people may try, instead of calling them binary."""
    if kind := "a PDF" if formats.is_pdf(data) else formats.other_kind(data):
        raise CorpusError(f"{name}: {kind}, wanted {_HINTS.get(kind, _WANTED)}")


def _markup(data: bytes) -> str | None:
    """Tell "html", "jats", the root of other XML, or None for what is no markup."""
    markup = formats.markup_of(data)
    if markup is None and _TABLE_TAG.search(data) and b"</table" in data.lower():
        return "html"  # a page may begin with words
    return markup
