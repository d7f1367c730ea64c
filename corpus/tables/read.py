"""The tables of any file, by what stands in it and not by its name."""

from __future__ import annotations

import re
from pathlib import Path

from corpus.readers.decode import read_bytes
from corpus.report import CorpusError
from corpus.tables.grid import Grid
from corpus.tables.layout import Tables

# Office files with their pictures; an issue of a journal as XML has 2 MB.
MAX_FILE_BYTES = 20_000_000
MAX_TEXT_BYTES = 10_000_000

_ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OTHER_KINDS = (
    (b"%PDF", "a PDF"), (b"{\\rtf", "a Rich Text document"), (b"\x1f\x8b", "compressed (gzip)"),
    (b"\x89PNG", "a picture"), (b"\xff\xd8\xff", "a picture"), (b"GIF8", "a picture"), (b"SQLite format 3\0", "a database"),
)  # fmt: skip
_WANTED = "CSV, TSV, XLSX, HTML, DOCX or JATS XML"

_ROOT = re.compile(rb"<(?P<name>[A-Za-z][\w.-]{0,60}(?::[A-Za-z][\w.-]{0,60})?)[\s>/]")
_PROLOGUE = re.compile(
    rb"\s+|<\?.{0,2000}?\?>|<!--.{0,20000}?-->|<!DOCTYPE[^\[>]{0,2000}(?:\[[^\]]{0,20000}\]\s{0,9})?>", re.DOTALL | re.IGNORECASE
)
_TABLE_TAG = re.compile(rb"<table[\s>]", re.IGNORECASE)
_JATS_TAG = re.compile(rb"<(?:[\w-]{1,20}:)?(?:table-wrap|article-meta|front|front-stub|journal-meta)[\s>]")
_HTML_ROOTS = frozenset(
    {"html", "head", "body", "table", "div", "p", "h1", "h2", "h3", "main", "section", "figure", "meta", "style", "title"}
)


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
    if data.startswith(_ZIP):
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
    if any(part.startswith("word/") for part in parts):
        from corpus.tables import docx

        return docx.read(data, name)
    if any(part.startswith("xl/") and not part.endswith(".bin") for part in parts):
        from corpus.tables import xlsx

        return xlsx.read(data, name)
    raise CorpusError(f"{name}: an archive without a workbook or a document, wanted {_WANTED}")


def _refuse_others(data: bytes, name: str) -> None:
    """Name the kinds that people may try, instead of calling them binary."""
    if data.startswith(_OLE):
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise CorpusError(f"{name}: protected by a password, wanted a file without one")
        raise CorpusError(f"{name}: an old Office file (.xls, .doc), wanted it saved as .xlsx or .docx")
    for start, kind in _OTHER_KINDS:
        if data.startswith(start):
            raise CorpusError(f"{name}: {kind}, wanted {_WANTED}")


def _markup(data: bytes) -> str | None:
    """Tell "html", "jats", the root of other XML, or None for what is no markup."""
    position = len(b"\xef\xbb\xbf") if data.startswith(b"\xef\xbb\xbf") else 0
    is_html_type = re.match(rb"\s{0,99}<!doctype\s+html\b(?!\s+public\s+\"-//(?:nlm|niso))", data[position : position + 500], re.IGNORECASE)
    while match := _PROLOGUE.match(data, position):
        position = match.end()
    is_declared = b"<?xml" in data[:100]
    root = _ROOT.match(data, position)
    if root is None:
        # A page may begin with words.
        return "html" if _TABLE_TAG.search(data) and b"</table" in data.lower() else None
    name = root["name"].decode("ascii", "replace").rpartition(":")[2]
    if is_html_type or name.lower() in _HTML_ROOTS:
        return "html"
    if _JATS_TAG.search(data) or (name in ("article", "articles", "pmc-articleset") and not _TABLE_TAG.search(data)):
        return "jats"
    if _TABLE_TAG.search(data) and not is_declared:
        return "html"
    return "jats" if name == "article" else name
