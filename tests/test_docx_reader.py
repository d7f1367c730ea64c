"""The reader of Word documents: what stands in the text, as what, and what is refused. All sentences are our own."""

from __future__ import annotations

import io
import textwrap
import time
import zipfile
from collections.abc import Callable
from functools import cache
from typing import Any

import docx
import pytest
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.readers import docx as word
from corpus.readers import markdown, text
from corpus.report import CorpusError, Report
from extract import pipeline

NAMESPACES = (
    f'{nsdecls("w")} xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
    ' xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape"'
    ' xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math" xmlns:v="urn:schemas-microsoft-com:vml"'
)


def saved(document: Any) -> bytes:
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def read(make: Callable[[Any], object]) -> Report:
    document = docx.Document()
    make(document)
    (report,) = word.read(saved(document), "x.docx", "x")
    return report


def add(document: Any, inner: str) -> Any:
    """Add a paragraph with this inner XML."""
    paragraph = document.add_paragraph()
    for element in parse_xml(f"<w:p {NAMESPACES}>{inner}</w:p>"):
        paragraph._p.append(element)
    return paragraph


def bold(document: Any, words: str) -> Any:
    paragraph = document.add_paragraph()
    paragraph.add_run(words).bold = True
    return paragraph


def kinds(report: Report) -> list[tuple[str, str | None]]:
    return [(section.kind, section.heading) for section in report.sections]


def paragraphs(report: Report) -> list[str]:
    return report.text.split("\n\n")


def note_part(document: Any, kind: str, notes: dict[int, str]) -> None:
    inner = "".join(
        f'<w:{kind} w:id="{number}"><w:p><w:r><w:t xml:space="preserve">{words}</w:t></w:r></w:p></w:{kind}>'
        for number, words in notes.items()
    )
    part = Part(
        PackURI(f"/word/{kind}s.xml"),
        f"application/vnd.openxmlformats-officedocument.wordprocessingml.{kind}s+xml",
        f"<w:{kind}s {nsdecls('w')}>{inner}</w:{kind}s>".encode(),
        document.part.package,
    )
    document.part.relate_to(part, RELATIONSHIP_TYPE.FOOTNOTES if kind == "footnote" else RELATIONSHIP_TYPE.ENDNOTES)


# --- headings and title ---------------------------------------------------------------------------


def test_headings_by_style() -> None:
    def make(document: Any) -> None:
        document.add_paragraph("A lump of the arm in a girl", style="Title")
        document.add_heading("Case report", 1)
        document.add_paragraph("A girl of nine had a lump.")
        document.add_heading("Treatment", 2)
        document.add_paragraph("It was removed.")
        document.add_heading("What others saw", 2)
        document.add_paragraph("She is well.")
        document.add_heading("Discussion", 1)
        document.add_paragraph("Such lumps are rare.")

    report = read(make)
    assert (report.id, report.source, report.format, report.title) == ("x", "x.docx", "docx", "A lump of the arm in a girl")
    assert kinds(report) == [
        ("title", None), ("case", "Case report"), ("treatment", "Treatment"), ("case", "What others saw"), ("discussion", "Discussion"),
    ]  # fmt: skip
    assert report.text.startswith(
        "A lump of the arm in a girl\n\nCase report\n\nA girl of nine had a lump.\n\nTreatment\n\nIt was removed."
    )


def test_headings_of_other_styles_and_by_outline_level() -> None:
    def make(document: Any) -> None:
        own = document.styles.add_style("Journal Section", WD_STYLE_TYPE.PARAGRAPH)
        own.base_style = document.styles["Heading 2"]
        foreign = document.styles.add_style("Kop eigen", WD_STYLE_TYPE.PARAGRAPH)
        foreign.element.get_or_add_pPr().append(parse_xml(f'<w:outlineLvl {nsdecls("w")} w:val="0"/>'))
        document.add_paragraph("Case", style="Kop eigen")
        document.add_paragraph("A girl had a lump.")
        document.add_paragraph("Pathology", style="Journal Section")
        document.add_paragraph("Spindle cells.")
        paragraph = document.add_paragraph("Thoughts of our own")
        paragraph._p.get_or_add_pPr().append(parse_xml(f'<w:outlineLvl {nsdecls("w")} w:val="0"/>'))
        document.add_paragraph("None.")

    assert kinds(read(make)) == [("case", "Case"), ("pathology", "Pathology"), ("body", "Thoughts of our own")]


def test_headings_that_are_only_bold_or_bare() -> None:
    def make(document: Any) -> None:
        bold(document, "A lump of the arm in a girl of nine")
        bold(document, "CASE PRESENTATION")
        document.add_paragraph("A girl of nine had a lump of the arm.")
        bold(document, "What the scan showed")
        document.add_paragraph("A mass.")
        bold(document, "This whole sentence is printed bold, for it matters to us.")
        document.add_paragraph("Discussion")
        document.add_paragraph("Such lumps are rare.").add_run(" Very rare").bold = True

    report = read(make)
    assert report.title == "A lump of the arm in a girl of nine"
    assert kinds(report) == [
        ("title", None), ("case", "CASE PRESENTATION"), ("case", "What the scan showed"), ("discussion", "Discussion"),
    ]  # fmt: skip
    assert "A mass.\n\nThis whole sentence is printed bold" in report.text


def test_a_document_all_in_bold_has_no_headings_of_that() -> None:
    report = read(lambda document: [bold(document, words) for words in ("A lump of the arm here", "It was firm", "It was removed")])
    assert kinds(report) == [("title", None), ("body", None)]


def test_title_of_the_properties() -> None:
    def make(document: Any) -> None:
        document.core_properties.title = "A lump of the arm"
        document.core_properties.author = "Ana Silva; Bo van Dam"
        document.add_paragraph("A girl of nine had a lump of the arm, which was removed.")

    report = read(make)
    assert (report.title, report.authors) == ("A lump of the arm", ("Ana Silva", "Bo van Dam"))
    assert report.text == "A girl of nine had a lump of the arm, which was removed."


@pytest.mark.parametrize("title", ["Microsoft Word - lump final v3.doc", "Untitled", "Lump", "word document template x"])
@pytest.mark.parametrize("author", ["python-docx", "Microsoft Office User", "Windows User", "admin", "ASUS", ""])
def test_properties_that_a_program_wrote(title: str, author: str) -> None:
    def make(document: Any) -> None:
        document.core_properties.title, document.core_properties.author = title, author
        document.add_paragraph("A girl of nine had a lump of the arm, which was removed.")

    report = read(make)
    assert (report.title, report.authors) == (None, ())


def test_the_head_of_a_manuscript() -> None:
    def make(document: Any) -> None:
        document.add_paragraph("Case Report")
        document.add_paragraph("A lump of the arm in a girl").alignment = WD_ALIGN_PARAGRAPH.CENTER
        authors = document.add_paragraph()
        for name, mark in (("Ana M. Silva", "1,*"), (", Bo van Dam", "2"), (" and Cy O’Neil", "1")):
            authors.add_run(name)
            authors.add_run(mark).font.superscript = True
        document.add_paragraph("1 Department of Tumours, Hospital of Nowhere, Nowhere")
        document.add_paragraph("* Correspondence: ana@example.org, Hospital of Nowhere")
        document.add_heading("Abstract", 1)
        document.add_paragraph("We tell of a girl of the Hospital of Nowhere.")

    report = read(make)
    assert report.text == ("A lump of the arm in a girl\n\nAbstract\n\nWe tell of a girl of the Hospital of Nowhere.")
    assert report.authors == ("Ana M. Silva", "Bo van Dam", "Cy O’Neil")
    assert report.affiliations == ("1 Department of Tumours, Hospital of Nowhere, Nowhere",)
    assert (report.article_type, report.title) == ("Case Report", "A lump of the arm in a girl")


def test_lines_of_one_paragraph_that_hold_headings() -> None:
    def make(document: Any) -> None:
        paragraph = document.add_paragraph("Case report")
        for words in ("A girl had a lump", "of the arm.", "Discussion", "It is rare."):
            paragraph.add_run().add_break()
            paragraph.add_run(words)
        other = document.add_paragraph("It was")
        other.add_run().add_break()
        other.add_run("removed\tby knife.")

    report = read(make)
    assert kinds(report) == [("case", "Case report"), ("discussion", "Discussion")]
    assert report.text.endswith("It is rare.\n\nIt was removed by knife.")


# --- words ------------------------------------------------------------------------------------------


def test_raised_characters() -> None:
    def make(document: Any) -> None:
        paragraph = document.add_paragraph()
        for words, raised in (
            ("Others saw it", False),
            ("12", True),
            (". She got 75 mg/m", False),
            ("2", True),
            (", had 10", False),
            ("5", True),
            (" cells and CD34 (+)", False),
        ):
            paragraph.add_run(words).font.superscript = raised

    assert read(make).text == "Others saw it [12]. She got 75 mg/m², had 10⁵ cells and CD34 (+)"


def test_what_tracked_changes_codes_and_hidden_words_leave() -> None:
    def make(document: Any) -> None:
        add(
            document,
            '<w:r><w:t xml:space="preserve">She got </w:t></w:r>'
            '<w:del w:id="1" w:author="x"><w:r><w:delText>50</w:delText></w:r></w:del>'
            '<w:ins w:id="2" w:author="x"><w:r><w:t>60</w:t></w:r></w:ins>'
            '<w:commentRangeStart w:id="0"/><w:r><w:t xml:space="preserve"> Gy</w:t></w:r><w:commentRangeEnd w:id="0"/>'
            '<w:r><w:commentReference w:id="0"/></w:r>'
            "<w:r><w:rPr><w:vanish/></w:rPr><w:t>hidden</w:t></w:r>"
            '<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>IF </w:instrText></w:r>'
            '<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>PAGE</w:instrText></w:r>'
            '<w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t>inner</w:t></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r>'
            '<w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t xml:space="preserve"> in 30</w:t></w:r>'
            '<w:r><w:fldChar w:fldCharType="end"/></w:r>'
            '<w:fldSimple w:instr="REF x"><w:r><w:t xml:space="preserve"> fractions</w:t></w:r></w:fldSimple>'
            '<w:moveFrom w:id="3" w:author="x"><w:r><w:t>gone</w:t></w:r></w:moveFrom>'
            '<w:moveTo w:id="4" w:author="x"><w:r><w:t>.</w:t></w:r></w:moveTo>',
        )
        add(document, '<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:t>A field without an end.</w:t></w:r>')

    assert paragraphs(read(make)) == ["She got 60 Gy in 30 fractions.", "A field without an end."]


def test_a_paragraph_mark_that_was_deleted_joins_two() -> None:
    def make(document: Any) -> None:
        add(document, '<w:pPr><w:rPr><w:del w:id="1" w:author="x"/></w:rPr></w:pPr><w:r><w:t xml:space="preserve">It was </w:t></w:r>')
        document.add_paragraph("removed.")

    assert read(make).text == "It was removed."


def test_symbols_and_formulas() -> None:
    def make(document: Any) -> None:
        add(
            document,
            '<w:r><w:t xml:space="preserve">Size </w:t></w:r><w:r><w:sym w:font="Symbol" w:char="F0B3"/></w:r><w:r><w:t>5 cm, </w:t></w:r>'
            '<w:r><w:rPr><w:rFonts w:ascii="Symbol" w:hAnsi="Symbol"/></w:rPr><w:t>\uf062</w:t></w:r><w:r><w:t>-catenin, </w:t></w:r>'
            '<w:r><w:sym w:font="Wingdings" w:char="F04A"/></w:r><w:r><w:t xml:space="preserve"> 3 </w:t></w:r>'
            "<m:oMath><m:sSup><m:e><m:r><m:t>m</m:t></m:r></m:e><m:sup><m:r><m:t>2</m:t></m:r></m:sup></m:sSup></m:oMath>",
        )

    assert read(make).text == "Size ≥5 cm, β-catenin, \ufffd 3 m²"


def test_text_boxes_are_read_once() -> None:
    box = "<w:txbxContent><w:p><w:r><w:t>{}</w:t></w:r></w:p></w:txbxContent>"

    def make(document: Any) -> None:
        add(
            document,
            "<w:r><w:t>Before.</w:t></w:r><w:r><mc:AlternateContent><mc:Choice Requires='wps'><w:drawing><wps:txbx>"
            + box.format("Figure 1. The box.")
            + "</wps:txbx></w:drawing></mc:Choice><mc:Fallback><w:pict><v:textbox>"
            + box.format("Figure 1. The box.")
            + "</v:textbox></w:pict></mc:Fallback></mc:AlternateContent></w:r>",
        )
        add(document, "<w:r><w:pict><v:textbox>" + box.format("Old box.") + "</v:textbox></w:pict></w:r>")
        document.add_paragraph("Behind.")

    report = read(make)
    assert paragraphs(report) == ["Before.", "Figure 1. The box.", "Old box.", "Behind."]
    assert [report.text[one.start : one.end] for one in report.sections if one.kind == "caption"] == ["Figure 1. The box."]


def test_footnotes_and_endnotes() -> None:
    def make(document: Any) -> None:
        note_part(document, "footnote", {0: "separator", 4: "Of the left arm."})
        note_part(document, "endnote", {2: "Doe J. A lump. J Invented Med 2015;3:12.", 3: "Roe R, et al. Lumps. 2014."})
        add(
            document,
            '<w:r><w:t>The arm</w:t></w:r><w:r><w:footnoteReference w:id="4"/></w:r><w:r><w:t xml:space="preserve"> had a lump</w:t></w:r>'
            '<w:r><w:endnoteReference w:id="2"/></w:r><w:r><w:t>,</w:t></w:r><w:r><w:endnoteReference w:id="3"/></w:r><w:r><w:t>.</w:t></w:r>',
        )

    report = read(make)
    assert paragraphs(report) == ["The arm¹ had a lump [1,2].", "1 Of the left arm."]
    assert kinds(report) == [("body", None), ("other", None)]


def test_endnotes_that_are_no_literature_stay() -> None:
    def make(document: Any) -> None:
        note_part(document, "endnote", {2: "Of the left arm."})
        add(document, '<w:r><w:t>The arm</w:t></w:r><w:r><w:endnoteReference w:id="2"/></w:r>')

    assert paragraphs(read(make)) == ["The arm [1]", "1 Of the left arm."]


def test_lists_headers_and_the_reference_list() -> None:
    def make(document: Any) -> None:
        document.sections[0].header.paragraphs[0].text = "Running head"
        document.sections[0].footer.paragraphs[0].text = "Page foot"
        document.add_heading("Case", 1)
        document.add_paragraph("Stains:")
        document.add_paragraph("SMA positive", style="List Bullet")
        document.add_paragraph("ALK negative", style="List Number")
        document.add_heading("References", 1)
        document.add_paragraph("1. Doe J. A lump. J Invented Med 2015.", style="List Number")
        document.add_heading("Of books", 2)
        document.add_paragraph("2. Roe R. Lumps. 2014.")
        document.add_paragraph("Figure 1. The scan of the arm.")
        document.add_heading("Acknowledgements", 1)
        document.add_paragraph("We thank nobody.")

    report = read(make)
    assert report.text == (
        "Case\n\nStains:\nSMA positive\nALK negative\n\nFigure 1. The scan of the arm.\n\nAcknowledgements\n\nWe thank nobody."
    )
    assert kinds(report) == [("case", "Case"), ("caption", None), ("other", "Acknowledgements")]


def test_contents_and_bibliographies_by_style_are_left_out() -> None:
    def make(document: Any) -> None:
        for name in ("toc 1", "Bibliography", "EndNote Bibliography"):
            document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
            document.add_paragraph("Case 3", style=name)
        document.add_paragraph("A girl had a lump.")

    assert read(make).text == "A girl had a lump."


# --- tables -----------------------------------------------------------------------------------------


def fill(table: Any, rows: list[list[str]]) -> Any:
    for row, cells in zip(table.rows, rows, strict=True):
        for cell, words in zip(row.cells, cells, strict=True):
            cell.text = words
    return table


def test_tables_stand_in_their_place() -> None:
    def make(document: Any) -> None:
        document.add_paragraph("The stains are in Table 1.")
        document.add_paragraph("Table 1. Stains", style="Caption")
        table = fill(document.add_table(2, 2), [["Marker", "Result"], ["SMA", "+"]])
        table.cell(1, 1).paragraphs[0].add_run("a").font.superscript = True
        note = document.add_paragraph()
        note.add_run("a").font.superscript = True
        note.add_run(" In half of the cells")
        document.add_paragraph("The text goes on.")
        fill(document.add_table(2, 2), [["Day", "Event"], ["1", "Biopsy"]])
        document.add_paragraph("Table 2. Course")
        document.add_paragraph("The text ends.")

    report = read(make)
    assert report.text == (
        "The stains are in Table 1.\n\nTable 1. Stains\nMarker | Result\nSMA | +\na In half of the cells\n\nThe text goes on.\n\n"
        "Table 2. Course\nDay | Event\n1 | Biopsy\n\nThe text ends."
    )
    assert [(one.label, one.caption, one.rows[1]) for one in report.tables] == [
        ("Table 1", "Stains", ("SMA", "+")), ("Table 2", "Course", ("1", "Biopsy")),
    ]  # fmt: skip
    assert report.text[report.tables[1].start : report.tables[1].end] == "Table 2. Course\nDay | Event\n1 | Biopsy"
    assert report.messages == ()


def test_frames_are_opened_and_inner_tables_read() -> None:
    def make(document: Any) -> None:
        frame = document.add_table(1, 1)
        frame.cell(0, 0).text = "Case report"
        frame.cell(0, 0).add_paragraph("A girl had a lump.")
        columns = document.add_table(1, 2)
        columns.cell(0, 0).text, columns.cell(0, 1).text = "It was firm and grew. " * 100, "It was removed."
        outer = document.add_table(1, 2)
        outer.cell(0, 0).text = "Stains"
        fill(outer.cell(0, 1).add_table(1, 2), [["SMA", "+"]])

    report = read(make)
    assert kinds(report)[0] == ("case", "Case report")
    assert report.text.startswith("Case report\n\nA girl had a lump.\n\nIt was firm and grew. It was")
    assert report.text.endswith("It was removed.\n\nStains\n\nSMA | +")
    assert [table.rows for table in report.tables] == [(("Stains", ""),), (("SMA", "+"),)]


def test_a_table_that_cannot_be_read_keeps_its_words() -> None:
    def make(document: Any) -> None:
        table = fill(document.add_table(1, 2), [["SMA", "positive"]])
        table.cell(0, 0)._tc.get_or_add_tcPr().append(parse_xml(f'<w:gridSpan {nsdecls("w")} w:val="many"/>'))

    report = read(make)
    assert report.text == "SMA\n\npositive"
    assert report.messages == ("table 1: gridSpan is 'many', wanted a number up to 1000; its words were read as paragraphs",)


# --- the same report in other formats ---------------------------------------------------------------

MARKDOWN = """\
# Inflammatory myofibroblastic tumour of the left thigh in a young man

## Case presentation

A 34-year-old man had a firm lump of the left thigh for 7 months. MRI showed a mass of 6.5 × 4.2 × 3.0 cm, and he had 8.4 × 10⁹/L leucocytes.

### Pathology

Immunohistochemistry was positive for SMA (+), vimentin and ALK; CD34 (−), desmin and S-100 were negative [3,4]. The Ki-67 index was 5%.
The diagnosis was inflammatory myofibroblastic tumour.

### Treatment

The tumour was removed by wide excision with negative margins. He received radiotherapy of 60 Gy in 30 fractions and doxorubicin 75 mg/m².

### Follow-up

After 14 months a local recurrence was seen. He was alive without disease 36 months after surgery.

## Discussion

Others gave 50 Gy in 25 fractions to a 60-year-old woman [5].
"""


def as_document(source: str) -> bytes:
    document = docx.Document()
    for block in source.strip().split("\n\n"):
        level = len(block) - len(block.lstrip("#"))
        words = block.lstrip("# ").replace("\n", " ")
        if level:
            document.add_heading(words, level - 1)  # level 0 is the title
            continue
        paragraph = document.add_paragraph()
        for index, run in enumerate(words.replace("⁹", "^9^").replace("²", "^2^").split("^")):
            paragraph.add_run(run).font.superscript = index % 2 == 1
    return saved(document)


def test_the_same_report_as_text_markdown_and_document_gives_the_same_facts() -> None:
    wrapped = "\n\n".join(textwrap.fill(block.lstrip("# "), 70, break_on_hyphens=False) for block in MARKDOWN.strip().split("\n\n"))
    reports = [
        *markdown.read(MARKDOWN.encode(), "x.md", "x"), *text.read(wrapped.encode("utf-16"), "x.txt", "x"),
        *word.read(as_document(MARKDOWN), "x.docx", "x"),
    ]  # fmt: skip
    assert len({report.text for report in reports}) == 1
    reader = pipeline.build()
    facts = [pipeline.extract(report, reader).cases for report in reports]
    assert facts[0][0].radiotherapy[0].total_dose_gy == 60
    assert facts[0] == facts[1] == facts[2]


# --- what is refused --------------------------------------------------------------------------------


@cache
def good() -> bytes:
    return as_document(MARKDOWN)


def archive(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for name, data in parts.items():
            made.writestr(name, data)
    return out.getvalue()


def parts_of(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as made:
        return {name: made.read(name) for name in made.namelist()}


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "an old Office file (.doc), wanted it saved as .docx"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "protected by a password"),
        (archive({"mimetype": b"application/vnd.oasis.opendocument.text", "content.xml": b"<x/>"}), "an OpenDocument file (.odt)"),
        (archive({"a.txt": b"x"}), "an archive without a Word document"),
        (archive(parts_of(good()) | {"word/vbaProject.bin": b"x"}), "a Word document with macros"),
        (archive(parts_of(good()) | {"word/document.xml": b"<w:document"}), "not a document that can be read"),
        (archive(parts_of(good()) | {"word/document.xml": b"<!DOCTYPE x [<!ENTITY y 'z'>]><x/>"}), "declares a document type"),
        (archive({"word/document.xml": b"<x/>"}), "not a document that can be read"),
        (good()[:4000], "broken archive"),
        (b"", "broken archive"),
        (saved(docx.Document()), "holds no words"),
    ],
)  # fmt: skip
def test_refused(data: bytes, reason: str) -> None:
    with pytest.raises(CorpusError) as caught:
        word.read(data, "x.docx", "x")
    message = str(caught.value)
    assert message.startswith("x.docx")
    assert reason in message
    assert "\n" not in message


def check(data: bytes) -> None:
    try:
        (report,) = word.read(data, "x.docx", "x")
    except CorpusError as error:
        assert str(error).startswith("x.docx")
    else:
        assert report.text.strip()
        assert all(0 <= one.start < one.end <= len(report.text) for one in (*report.sections, *report.tables))


def test_properties_of_a_damaged_file_are_no_properties() -> None:
    parts = parts_of(good())
    for xml in (b"<a/>", parts["docProps/core.xml"].replace(b"coreProperties", b"coreProperty")):
        (report,) = word.read(archive(parts | {"docProps/core.xml": xml}), "x.docx", "x")
        assert report.text.strip()


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300), st.sampled_from([b"", b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"]))
def test_any_bytes_give_a_report_or_a_corpus_error(data: bytes, start: bytes) -> None:
    check(start + data)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_damaged_document_gives_a_report_or_a_corpus_error(data: st.DataObject) -> None:
    """Bytes inside of the parts are changed, so that the archive is whole and the damage reaches the reader."""
    parts = parts_of(good())
    name = data.draw(st.sampled_from(sorted(parts)))
    content = bytearray(parts[name])
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, max(0, len(content) - 1)))
        content[start : start + data.draw(st.integers(0, 12))] = data.draw(st.binary(max_size=8))
    check(archive(parts | {name: bytes(content)}))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_elements_in_any_place_give_a_report_or_a_corpus_error(data: st.DataObject) -> None:
    """Well-formed documents that no program writes."""
    names = [
        "p",
        "r",
        "t",
        "tbl",
        "tr",
        "tc",
        "sdt",
        "sdtContent",
        "ins",
        "del",
        "pPr",
        "rPr",
        "fldChar",
        "footnoteReference",
        "txbxContent",
    ]

    def element(depth: int) -> str:
        name = data.draw(st.sampled_from(names))
        count = data.draw(st.integers(0, 3)) if depth else 0
        inner = "".join(element(depth - 1) for _ in range(count)) or "word "
        return f'<w:{name} w:fldCharType="begin" w:val="1" w:id="1">{inner}</w:{name}>'

    body = "".join(element(4) for _ in range(3))
    xml = f'<?xml version="1.0"?><w:document {nsdecls("w")}><w:body>{body}</w:body></w:document>'
    check(archive(parts_of(good()) | {"word/document.xml": xml.encode()}))


def test_too_large_documents_are_refused() -> None:
    for body, reason in (("<w:p/>" * 20_001, "more than 20000 paragraphs"), ("<w:p>" + "<w:r/>" * 100_001 + "</w:p>", "100001 runs")):
        xml = f'<?xml version="1.0"?><w:document {nsdecls("w")}><w:body>{body}</w:body></w:document>'
        with pytest.raises(CorpusError, match=reason):
            word.read(archive(parts_of(good()) | {"word/document.xml": xml.encode()}), "x.docx", "x")


@pytest.mark.parametrize(
    "body",
    [
        "<w:p><w:r><w:t>a</w:t></w:r></w:p>" * 19_000,
        "<w:p>" + "<w:r><w:t>a</w:t></w:r>" * 99_000 + "</w:p>",
        "<w:p>" + "<w:r><w:rPr><w:vertAlign w:val='superscript'/></w:rPr><w:t>1</w:t></w:r><w:r><w:t>ab</w:t></w:r>" * 49_000 + "</w:p>",
        "<w:p>" + "<w:r><w:fldChar w:fldCharType='begin'/><w:t>a</w:t></w:r>" * 99_000 + "</w:p>",
        ("<w:tbl><w:tr><w:tc><w:p/></w:tc></w:tr></w:tbl>" + "<w:p><w:r><w:t>a</w:t></w:r></w:p>" * 39) * 490,
        "<w:tbl><w:tr>" + "<w:tc><w:p><w:r><w:t>a</w:t></w:r></w:p></w:tc>" * 99_000 + "</w:tr></w:tbl>",
        "<w:sdt><w:sdtContent>" * 100 + "<w:p><w:r><w:t>a</w:t></w:r></w:p>" + "</w:sdtContent></w:sdt>" * 100,
        "<w:tbl><w:tr><w:tc>" * 70 + "<w:p><w:r><w:t>a</w:t></w:r></w:p>" + "</w:tc></w:tr></w:tbl>" * 70,
    ],
    ids=["paragraphs", "runs", "raised", "fields", "tables", "cells", "boxes", "nested tables"],
)
def test_large_documents_take_bounded_time(body: str) -> None:
    xml = f'<?xml version="1.0"?><w:document {nsdecls("w")}><w:body>{body}</w:body></w:document>'
    data = archive(parts_of(good()) | {"word/document.xml": xml.encode()})
    started = time.process_time()
    check(data)
    assert time.process_time() - started < 10
