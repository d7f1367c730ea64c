"""The format of a report, by what stands in the file and not by its name, and the reader of each format."""

from __future__ import annotations

import codecs
import importlib
import re
from collections.abc import Collection, Mapping
from pathlib import PurePosixPath
from types import MappingProxyType

from corpus import zips
from corpus.report import CorpusError, Report

# Format (its reader is the module of this name in corpus.readers) to what people call it.
FORMATS: Mapping[str, str] = MappingProxyType(
    {
        "text": "plain text", "markdown": "Markdown", "jats": "JATS XML", "bioc": "BioC", "html": "HTML", "pdf": "PDF", "docx": "DOCX",
    }
)  # fmt: skip

COMPRESSED = frozenset({".gz", ".bz2", ".xz"})
# Files in a folder or an archive are taken by these endings; what a name says is never believed beyond that.
ENDINGS = COMPRESSED | {
    ".txt", ".text", ".md", ".markdown", ".xml", ".nxml", ".json", ".pdf", ".docx", ".html", ".htm", ".xhtml", ".zip", ".tar", ".tgz",
}  # fmt: skip
# Documents that may well be reports and cannot be read: taken, so that they are refused by name and not passed over.
UNREAD = frozenset({".doc", ".rtf", ".odt", ".wpd", ".pages"})
MAX_PARTS = 10_000  # of a zip archive
HEAD_BYTES = 8192  # what `is_candidate` needs of a file; the first parts of a DOCX are named there

PROTECTED = "protected by a password"
OLD_OFFICE = "an old Office file (.xls, .doc)"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OTHER_KINDS = (
    (b"{\\rtf", "a Rich Text document"), (b"\x1f\x8b", "compressed (gzip)"), (b"BZh", "compressed (bzip2)"),
    (b"\xfd7zXZ\0", "compressed (xz)"), (b"\x28\xb5\x2f\xfd", "compressed (zstd)"), (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!\x1a\x07", "a RAR archive"), (b"\x89PNG", "a picture"), (b"\xff\xd8\xff", "a picture"), (b"GIF8", "a picture"),
    (b"II*\0", "a picture"), (b"MM\0*", "a picture"), (b"SQLite format 3\0", "a database"), (b"\x7fELF", "a program"),
    (b"\xcf\xfa\xed\xfe", "a program"), (b"%!PS", "PostScript"), (b"AT&TFORM", "a DjVu document"),
)  # fmt: skip
_HINTS = {PROTECTED: "a file without one", OLD_OFFICE: "it saved as .docx", "a Rich Text document": "it saved as .docx"}
# Two letters that a text may begin with: only with a NUL byte behind them they are what they seem.
_SHORT_SIGNS = ((b"BM", "a picture"), (b"MZ", "a program"), (b"RIFF", "a picture or recording"))

# Where a zip archive has such a part, it is a document of this kind.
_ZIP_KINDS = (
    ("docx", re.compile(r"word/")), ("xlsx", re.compile(r"xl/.{0,500}(?<!\.bin)$", re.DOTALL)), ("pptx", re.compile(r"ppt/")),
    ("epub", re.compile(r"META-INF/container\.xml$")), ("odf", re.compile(r"META-INF/manifest\.xml$")),
)  # fmt: skip
_REFUSED_ZIPS = {
    "xlsx": "a workbook, wanted a report; `casebook tables add` reads tables of doses",
    "pptx": "a presentation, wanted it saved as PDF",
    "epub": "an EPUB, wanted its chapter as HTML",
    "odf": "an OpenDocument file (.odt), wanted it saved as .docx",
}
# A file with one of these endings that holds plain words is damaged, or an error page under a wrong name.
_CLAIMS = {
    ".pdf": "a PDF", ".docx": "a DOCX", ".xml": "XML", ".nxml": "JATS XML", ".json": "BioC JSON",
    ".html": "HTML", ".htm": "HTML", ".xhtml": "HTML", ".zip": "a zip archive", ".tar": "a tar archive", ".tgz": "a tar archive",
    ".png": "a picture", ".jpg": "a picture", ".jpeg": "a picture", ".gif": "a picture", ".tif": "a picture", ".tiff": "a picture",
}  # fmt: skip
_TABLE_ENDINGS = frozenset({".csv", ".tsv"})

# The longest article of PubMed Central has a few MB of XML; pages with pictures inside them and PDFs are larger. Words alone
# are read in this process: as many as one report may have fit in, also with four bytes each.
_MAX_BYTES = {"text": 2_000_000, "markdown": 2_000_000, "jats": 20_000_000, "bioc": 20_000_000, "html": 20_000_000}

_ROOT = re.compile(rb"<(?P<name>[A-Za-z][\w.-]{0,60}(?::[A-Za-z][\w.-]{0,60})?)[\s>/]")
_PROLOGUE = re.compile(
    rb"\s+|<\?.{0,2000}?\?>|<!--.{0,20000}?-->|<!DOCTYPE[^\[>]{0,2000}(?:\[[^\]]{0,20000}\]\s{0,9})?>", re.DOTALL | re.IGNORECASE
)
_HTML_TYPE = re.compile(rb"\s{0,99}<!doctype\s+html\b(?!\s+public\s+\"-//(?:nlm|niso))", re.IGNORECASE)
_TABLE_TAG = re.compile(rb"<table[\s>]", re.IGNORECASE)
_PAGE_TAG = re.compile(rb"<(?:p|div|br|h[1-6]|body|span)[\s/>]", re.IGNORECASE)
_JATS_TAG = re.compile(rb"<(?:[\w-]{1,20}:)?(?:table-wrap|article-meta|front|front-stub|journal-meta)[\s>/]")
_BIOC_TAG = re.compile(rb"<(?:document|passage)[\s>]")
_HTML_ROOTS = frozenset(
    {"html", "head", "body", "table", "div", "p", "h1", "h2", "h3", "main", "section", "figure", "meta", "style", "title"}
)
_FRONT_MATTER = re.compile(rb"\s{0,99}---[ \t]{0,9}\r?\n[A-Za-z_]{1,40}[ \t]{0,9}:")
_JSON = re.compile(rb"\s{0,99}(?:\{\s{0,999}[\"}]|\[\s{0,999}[\"{\[\]])")


def read(data: bytes, name: str, report_id: str) -> tuple[Report, ...]:
    """Read the reports of a file with the reader of its format.

    Parameters
    ----------
    data
        The whole file, no container.
    name
        What messages call it; its ending decides where the content leaves it open.
    report_id
        The id of a single report; several get a part behind it.

    Raises
    ------
    CorpusError
        As `recognise`, or the file is too large for its format, or the reader refuses it.
    """
    return read_as(recognise(data, name), data, name, report_id)


def read_as(form: str, data: bytes, name: str, report_id: str) -> tuple[Report, ...]:
    """Read as `read`, where the format is known."""
    most = _MAX_BYTES.get(form)
    if most and len(data) > most:
        raise CorpusError(f"{name}: {len(data) / 1e6:.1f} MB of {FORMATS[form]}, wanted at most {most / 1e6:.0f} MB")
    # Imported only where it is needed: the libraries of some readers take long to load.
    reports: tuple[Report, ...] = importlib.import_module(f"corpus.readers.{form}").read(data, name, report_id)
    return reports


def recognise(data: bytes, name: str) -> str:
    """Tell the format of a file, one of `FORMATS`.

    The content decides. Its name's ending does so only between Markdown, HTML and plain text where the content has no
    sign of its own, and where plain words have an ending that promises something else: such a file is refused.

    Raises
    ------
    CorpusError
        The file is empty, of another kind, a container, or contradicts its ending; one line that says what it is.
    """
    if not data.strip():
        raise CorpusError(f"{name}: {'holds only white space' if data else 'is empty'}, wanted a report")
    if data.startswith(zips.SIGNS):
        return _of_zip(data, name)
    if is_pdf(data):
        return "pdf"
    if kind := other_kind(data):
        raise CorpusError(f"{name}: {kind}, wanted {_HINTS.get(kind) or ', '.join(FORMATS.values())}")
    return _of_text(_as_utf8(data), name)


def is_candidate(name: str, head: bytes) -> bool:
    """Tell whether a file of a folder or an archive may be a report: by its ending or, where that is another, its first bytes."""
    if suffix_of(name) in ENDINGS | UNREAD:
        return True
    if head.startswith(zips.SIGNS):
        return b"word/" in head
    if is_pdf(head) or head.lstrip().startswith(b"%PDF-"):
        return True
    head = _as_utf8(head)
    markup = markup_of(head)
    return markup in ("html", "jats") or _is_bioc(head, markup)


def suffix_of(name: str) -> str:
    """Give the ending in small letters, with its dot; "" where there is none."""
    return PurePosixPath(name).suffix.lower()


def ending_of(name: str) -> str:
    """Give the ending in small letters; of a compressed file, that of the file inside: ".xml" of "a.xml.gz", "" of "a.gz"."""
    path = PurePosixPath(name)
    if path.suffix.lower() in COMPRESSED:
        path = PurePosixPath(path.stem)
    return path.suffix.lower()


def stem_of(name: str) -> str:
    """Give a file's name without folder and ending: "a" of "b/a.xml", "a.xml.gz" and "a.tar.gz", "a.1" of "a.1.gz"."""
    path = PurePosixPath(PurePosixPath(name).name)
    if path.suffix.lower() in COMPRESSED:
        path = PurePosixPath(path.stem)
        return path.stem if path.suffix.lower() in ENDINGS else path.name
    return path.stem


def zip_kind(parts: Collection[str]) -> str | None:
    """Tell "docx", "xlsx", "pptx", "epub" or "odf" by the names of a zip archive's parts; None for a mere archive."""
    return next((kind for kind, sign in _ZIP_KINDS if any(sign.match(part) for part in parts)), None)


def is_pdf(data: bytes) -> bool:
    """Tell whether it is a PDF: as its viewers do, a little rubbish before the first line is allowed."""
    start = data.find(b"%PDF-", 0, 1024)
    return start == 0 or (start > 0 and (not data[:start].strip(b"\xef\xbb\xbf \t\r\n\f\0") or b"startxref" in data[start:]))


def other_kind(data: bytes) -> str | None:
    """Name what people may take for a report and what no reader of text takes; None where it is none of these."""
    if data.startswith(_OLE):
        if "EncryptedPackage".encode("utf-16-le") in data:
            return PROTECTED
        return OLD_OFFICE
    for start, kind in _OTHER_KINDS:
        if data.startswith(start):
            return kind
    return next((kind for start, kind in _SHORT_SIGNS if data.startswith(start) and b"\0" in data[:1024]), None)


def markup_of(data: bytes) -> str | None:
    """Tell "html", "jats", the root of other XML, or None for what does not begin with markup."""
    position = len(codecs.BOM_UTF8) if data.startswith(codecs.BOM_UTF8) else 0
    is_html_type = _HTML_TYPE.match(data, position, position + 500)
    while match := _PROLOGUE.match(data, position):
        position = match.end()
    is_declared = b"<?xml" in data[:100]
    root = _ROOT.match(data, position)
    if root is None:
        return None
    name = root["name"].decode("ascii", "replace").rpartition(":")[2]
    if is_html_type or name.lower() in _HTML_ROOTS:
        return "html"
    if _JATS_TAG.search(data) or (name in ("article", "articles", "pmc-articleset") and not _TABLE_TAG.search(data)):
        return "jats"
    if _TABLE_TAG.search(data) and not is_declared:
        return "html"
    return "jats" if name == "article" else name


def _of_zip(data: bytes, name: str) -> str:
    with zips.opened(data, name, "a whole file", MAX_PARTS) as archive:
        kind = zip_kind(archive.namelist())
    if kind == "docx":
        return kind
    raise CorpusError(f"{name}: {_REFUSED_ZIPS[kind] if kind else 'an archive, wanted one report'}")


def _of_text(data: bytes, name: str) -> str:
    """Tell the format of what is no binary format: markup, JSON, or words."""
    ending = ending_of(name)
    markup = markup_of(data)
    if _is_bioc(data, markup):
        return "bioc"
    if markup in ("html", "jats"):
        return markup
    if markup and _is_xml(data, markup, ending):
        raise CorpusError(f"{name}: XML with the root {markup!r}, wanted JATS or BioC XML")
    if _is_json(data):
        raise CorpusError(f"{name}: JSON of another kind, wanted BioC JSON")
    if _FRONT_MATTER.match(data) or ending in (".md", ".markdown"):
        return "markdown"
    if _CLAIMS.get(ending) == "HTML" and _PAGE_TAG.search(data):
        return "html"  # a page may begin with words
    if ending in _CLAIMS:
        found = "no text" if b"\0" in data[:4096] else "plain text"
        raise CorpusError(f"{name}: its name ends with {ending}, but it holds {found}; wanted {_CLAIMS[ending]}")
    if ending in _TABLE_ENDINGS:
        raise CorpusError(f"{name}: a table, wanted a report; `casebook tables add` reads tables of doses")
    return "text"


def _is_bioc(data: bytes, markup: str | None) -> bool:
    if markup == "collection":
        return _BIOC_TAG.search(data) is not None
    return markup is None and _JSON.match(data) is not None and b'"documents"' in data and b'"passages"' in data


def _is_xml(data: bytes, root: str, ending: str) -> bool:
    """Tell XML from a text that merely begins with a tag: it declares itself, or ends with the end of its root."""
    end = data[-200:].rstrip()
    return b"<?xml" in data[:100] or ending in (".xml", ".nxml") or end.endswith((f"{root}>".encode(), b"/>"))


def _is_json(data: bytes) -> bool:
    return _JSON.match(data) is not None and data[-200:].rstrip()[-1:] in (b"}", b"]")


def _as_utf8(data: bytes) -> bytes:
    """Give text in any encoding of Unicode as UTF-8 without a mark, to look for signs in it; all else as it is."""
    if data.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return data.decode("utf-32", "replace").encode("utf-8", "replace")
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", "replace").encode("utf-8", "replace")
    return data.removeprefix(codecs.BOM_UTF8)
