"""The format of a file by its content; what is refused, and with which words."""

from __future__ import annotations

import gzip
import io
import sys
import zipfile
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus import formats
from corpus.report import CorpusError, Report

JATS = b'<?xml version="1.0"?><!DOCTYPE article PUBLIC "-//NLM//DTD JATS" "x.dtd"><article><front><article-meta/></front></article>'
BIOC_XML = b'<?xml version="1.0"?><!DOCTYPE collection SYSTEM "BioC.dtd"><collection><source>PMC</source><document><id>1</id></document></collection>'
BIOC_JSON = b'[{"source": "PMC", "documents": [{"id": "PMC1", "passages": []}]}]'
HTML = b"<!DOCTYPE html><html><body><p>A man of 54.</p></body></html>"
PDF = b"%PDF-1.7\n1 0 obj\nendobj\nstartxref\n0\n%%EOF"
TEXT = b"A man of 54 had a lump."


def zipped(*names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return buffer.getvalue()


DOCX = zipped("[Content_Types].xml", "_rels/.rels", "word/document.xml")


@pytest.mark.parametrize(
    ("data", "form"),
    [
        (PDF, "pdf"),
        (b"\xef\xbb\xbf\r\n" + PDF, "pdf"),
        (b"HTTP/1.1 200 OK\r\n\r\n" + PDF, "pdf"),
        (DOCX, "docx"),
        (JATS, "jats"),
        (b"<article><body><sec><p>A man.</p></sec></body></article>", "jats"),
        (b"<pmc-articleset><article/></pmc-articleset>", "jats"),
        (b'<x:OAI-PMH xmlns:x="u"><record><article><front/></article></record></x:OAI-PMH>', "jats"),
        (BIOC_XML, "bioc"),
        (BIOC_JSON, "bioc"),
        (b"\xef\xbb\xbf\n " + BIOC_JSON, "bioc"),
        (HTML, "html"),
        (HTML.decode().encode("utf-16"), "html"),
        (b"<!-- saved --><HTML lang='en'><p>A man.</p>", "html"),
        (b"---\ntitle: A lump\n---\nA man.", "markdown"),
        (b"\xef\xbb\xbf---\r\nkind: review\r\n---\r\nA man.", "markdown"),
    ],
)
@pytest.mark.parametrize("name", ["x", "x.txt", "x.pdf", "x.docx", "x.xml", "x.json", "x.html", "x.png", "a.zip, b/x.md"])
def test_content_decides_whatever_the_name_says(data: bytes, form: str, name: str) -> None:
    assert formats.recognise(data, name) == form


@pytest.mark.parametrize(
    ("data", "name", "form"),
    [
        (TEXT, "x.txt", "text"),
        (TEXT, "x", "text"),
        (TEXT, "standard input", "text"),
        (TEXT, "x.md", "markdown"),
        (TEXT, "a.tar.gz, x.markdown.gz", "markdown"),
        (b"---\nA rule, and then a text.", "x.txt", "text"),
        (b"<5 cm in size, the mass grew.", "x.txt", "text"),
        (b"<case> A man of 54 had a lump.", "x.txt", "text"),
        (b"[Case report] A man of 54 {sic}", "x.txt", "text"),
        (b"[1] A man of 54 [2]", "x.txt", "text"),
        (b"The %PDF- sign stands in this text.", "x.txt", "text"),
        (b"MZ twins aged 54, BMI 31.", "x.txt", "text"),
        (b"BMI 31, a man.", "x.txt", "text"),
        (b"A man.<br>He had a lump.", "x.html", "html"),
        (b"A man.<br>He had a lump.", "x.txt", "text"),
        (b"A list <table><tr><td>1</td></tr></table>", "x.md", "markdown"),
    ],
)
def test_the_ending_decides_where_the_content_leaves_it_open(data: bytes, name: str, form: str) -> None:
    assert formats.recognise(data, name) == form


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "is empty, wanted a report"),
        (b" \r\n\t", "holds only white space, wanted a report"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "an old Office file (.xls, .doc), wanted it saved as .docx"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
            "protected by a password, wanted a file without one",
        ),
        (b"{\\rtf1 A man.}", "a Rich Text document, wanted it saved as .docx"),
        (zipped("mimetype", "content.xml", "META-INF/manifest.xml"), "an OpenDocument file (.odt), wanted it saved as .docx"),
        (zipped("mimetype", "META-INF/container.xml"), "an EPUB, wanted its chapter as HTML"),
        (zipped("[Content_Types].xml", "xl/workbook.xml"), "a workbook, wanted a report; `casebook tables add` reads tables of doses"),
        (zipped("ppt/presentation.xml"), "a presentation, wanted it saved as PDF"),
        (zipped("a.txt"), "an archive, wanted one report"),
        (b"PK\x03\x04" + bytes(100), "broken archive"),
        (b"\x89PNG\r\n\x1a\n", "a picture, wanted plain text, Markdown"),
        (b"\xff\xd8\xff\xe0", "a picture"),
        (b"II*\0\x08", "a picture"),
        (b"BM\x36\0\0", "a picture"),
        (b"SQLite format 3\0", "a database"),
        (b"\x7fELF\x02", "a program"),
        (b"MZ\x90\0", "a program"),
        (b"7z\xbc\xaf\x27\x1c\0", "a 7z archive"),
        (b"Rar!\x1a\x07\x01\0", "a RAR archive"),
        (gzip.compress(TEXT), "compressed (gzip)"),
        (b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', "XML with the root 'svg', wanted JATS or BioC XML"),
        (b"<patient><age>54</age></patient>\n", "XML with the root 'patient', wanted JATS or BioC XML"),
        (b'<?xml version="1.0"?><collection><book/></collection>', "XML with the root 'collection', wanted JATS or BioC XML"),
        (b'{"age": 54}\n', "JSON of another kind, wanted BioC JSON"),
        (b"[[1, 2], [3]]", "JSON of another kind, wanted BioC JSON"),
    ],
)
@pytest.mark.parametrize("name", ["x.txt", "x.pdf", "x"])
def test_other_kinds_are_named(data: bytes, reason: str, name: str) -> None:
    with pytest.raises(CorpusError) as caught:
        formats.recognise(data, name)
    assert str(caught.value).startswith(f"{name}: {reason}")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("data", "name", "reason"),
    [
        (TEXT, "x.pdf", "its name ends with .pdf, but it holds plain text; wanted a PDF"),
        (TEXT, "a.zip, b/X.PDF.gz", "its name ends with .pdf, but it holds plain text; wanted a PDF"),
        (b"A\0\1\2\3", "x.docx", "its name ends with .docx, but it holds no text; wanted a DOCX"),
        (TEXT, "x.nxml", "its name ends with .nxml, but it holds plain text; wanted JATS XML"),
        (TEXT, "x.json", "its name ends with .json, but it holds plain text; wanted BioC JSON"),
        (TEXT, "x.png", "its name ends with .png, but it holds plain text; wanted a picture"),
        (b"age,dose\n54,60", "x.csv", "a table, wanted a report; `casebook tables add` reads tables of doses"),
    ],
)
def test_plain_words_under_the_name_of_another_format_are_refused(data: bytes, name: str, reason: str) -> None:
    with pytest.raises(CorpusError) as caught:
        formats.recognise(data, name)
    assert str(caught.value) == f"{name}: {reason}"


@pytest.mark.parametrize(
    ("name", "head", "is_taken"),
    [
        ("a.NXML", b"", True),
        ("a.txt", b"\x89PNG", True),  # its problem is told when it is read
        ("a.png", b"\x89PNG", False),
        ("README", TEXT, False),
        ("data.csv", b"a,b", False),
        ("download", PDF, True),
        ("download.1", PDF[:20], True),
        ("download", DOCX, True),
        ("book.xlsx", zipped("[Content_Types].xml", "xl/workbook.xml"), False),
        ("view?id=1", HTML, True),
        ("PMC1", JATS, True),
        ("PMC1", BIOC_XML, True),
        ("PMC1", BIOC_JSON, True),
        ("logo.svg", b'<?xml version="1.0"?><svg/>', False),
    ],
)
def test_candidates_of_a_folder(name: str, head: bytes, is_taken: bool) -> None:
    assert formats.is_candidate(name, head) == is_taken


@pytest.mark.parametrize(
    ("name", "stem", "ending"),
    [
        ("b/a.xml", "a", ".xml"), ("a.xml.gz", "a", ".xml"), ("a.tar.gz", "a", ".tar"), ("a.tgz", "a", ".tgz"), ("a.gz", "a", ""),
        ("10.1000.182.gz", "10.1000.182", ".182"), ("a.b.txt", "a.b", ".txt"), (".case.txt", ".case", ".txt"), ("a", "a", ""),
    ],
)  # fmt: skip
def test_names(name: str, stem: str, ending: str) -> None:
    assert (formats.stem_of(name), formats.ending_of(name)) == (stem, ending)


def test_the_reader_of_the_format_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = ModuleType("corpus.readers.pdf")
    fake.__dict__["read"] = lambda data, name, report_id: (Report(report_id, f"{name} {len(data)}"),)
    monkeypatch.setitem(sys.modules, "corpus.readers.pdf", fake)
    assert formats.read(PDF, "x.txt", "x") == (Report("x", f"x.txt {len(PDF)}"),)
    (report,) = formats.read(TEXT, "a.zip, x.md", "a#x")
    assert (report.id, report.format, report.source) == ("a#x", "markdown", "a.zip, x.md")


def test_a_text_that_is_too_long() -> None:
    with pytest.raises(CorpusError, match=r"^x\.txt: 6\.0 MB of plain text, wanted at most 2 MB$"):
        formats.read(b"word " * 1_200_000, "x.txt", "x")


@given(
    st.one_of(
        st.binary(max_size=300),
        st.builds(lambda start, rest: start + rest, st.sampled_from([PDF, DOCX, JATS, b"PK\x03\x04", b"<", b"[{"]), st.binary()),
    )
)
def test_any_bytes_have_a_format_or_a_line(data: bytes) -> None:
    try:
        assert formats.recognise(data, "x.dat") in formats.FORMATS
    except CorpusError as error:
        assert str(error).startswith("x.dat: ")
