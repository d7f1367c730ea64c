"""PDFs: the words of a typeset report in their order, what is left out of them, and what is refused."""

from __future__ import annotations

import io
import random
import re
import shutil
import subprocess
import time
from pathlib import Path

import pypdfium2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from corpus.readers import pdf
from corpus.report import CorpusError, Report
from tests import pdf_reports
from tests.pdf_writer import Block, write_pdf

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
SENTENCE = "She received 60 Gy in 30 fractions to the left thigh and was well."
SHORT: list[Block] = [("title", "A lump of the left thigh"), ("heading", "Case report"), ("paragraph", SENTENCE)]


def read(data: bytes) -> Report:
    (report,) = pdf.read(data, "x.pdf", "x")
    return report


def refusal(data: bytes) -> str:
    with pytest.raises(CorpusError) as caught:
        pdf.read(data, "x.pdf", "x")
    message = str(caught.value)
    assert message.startswith("x.pdf: ")
    assert "\n" not in message
    return message


DESIGNS: list[dict[str, object]] = [
    {},
    {"columns": 2, "wide": 5},
    {"columns": 2, "wide": 3, "spaces": False, "size": 9.5},
    {"columns": 2, "wide": 3, "font": "Helvetica", "size": 9, "gutter": 14, "indent": 0},
    {"columns": 2, "wide": 3, "ligatures": True, "page": (612, 792), "margin": 48},
    {"columns": 2, "wide": 3, "justify": False},
    {"columns": 3, "wide": 3, "size": 8, "gutter": 14},
    {"page": (420, 595), "margin": 45, "hyphenate": False},
]


@pytest.mark.parametrize("design", DESIGNS, ids=str)
def test_a_report_has_its_words_in_their_order(design: dict[str, object]) -> None:
    data = write_pdf(
        None, pdf_reports.blocks(), running_header="J Invented Med 2019;12:34", even_header="Silva and Costa",
        first_page_footer="Received 3 March 2019. https://doi.org/10.1000/jim.2019.7", **design,
    )  # fmt: skip
    report = read(data)
    # An inserted table or figure may stand before or behind the paragraph that it interrupts: compared apart.
    wanted, found = pdf_reports.text(), report.text
    assert sorted(re.split(r"\n+", found)) == sorted(re.split(r"\n+", wanted))
    inserts = {pdf_reports.FIGURE, *wanted.split(pdf_reports.FIGURE)[1].split("\n\n")[1].split("\n")}
    assert [line for line in found.split("\n") if line not in inserts and line] == [
        line for line in wanted.split("\n") if line not in inserts and line
    ]
    assert report.title == pdf_reports.TITLE
    assert report.doi == "10.1000/jim.2019.7"


def test_sections_and_tables_are_declared() -> None:
    report = read(write_pdf(None, pdf_reports.blocks(), columns=2, wide=3))
    kinds = [section.kind for section in report.sections if section.heading]
    assert kinds == ["abstract", "case", "pathology", "treatment", "follow_up", "discussion"]
    assert report.sections[0].kind == "title"
    (table,) = report.tables
    assert (table.label, table.caption) == ("Table 1", "Drugs")
    assert table.rows[1] == ("Doxorubicin", "75 mg/m2", "4")
    assert report.text[table.start : table.end].startswith("Table 1. Drugs\nDrug | Dose | Cycles\n")
    for section in report.sections:
        assert 0 <= section.start < section.end <= len(report.text)
        assert section.heading is None or report.text[section.start :].startswith(section.heading)


def test_pages_begin_where_their_words_do() -> None:
    names = [f"{a}{b}{c}" for a in "bdfgklmnprst" for b in "aeiou" for c in ("lo", "ma", "ni", "pu", "re", "so", "ta", "vi")]
    chance = random.Random(6)
    words = " ".join(chance.choice(names) for _ in range(5000))
    data = write_pdf(None, [*SHORT[:2], ("paragraph", f"The {words} end.")], hyphenate=False)
    report = read(data)
    assert report.text.endswith(f"The {words} end.")
    document = pypdfium2.PdfDocument(data)
    try:
        assert len(report.pages) == len(document) > 3
        for start, page in zip(report.pages[1:], list(document)[1:], strict=True):
            number, first, *_ = page.get_textpage().get_text_range().split("\r\n")
            assert number.isdigit()
            assert report.text[start:].startswith(first.strip())
    finally:
        document.close()


def test_ligatures_without_a_name_are_told_by_their_words() -> None:
    file = io.BytesIO()
    canvas = Canvas(file, pageCompression=0, invariant=1)
    canvas.setFont("Times-Roman", 10)
    canvas.drawString(60, 700, "The €rst patient was identi€ed and con€rmed with the €nal diagnosis.")
    canvas.save()
    data = re.sub(rb"/WinAnsiEncoding", b"<< /Type /Encoding /Differences [128 /g7] >>", file.getvalue())
    assert read(data).text == "The first patient was identified and confirmed with the final diagnosis."


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("A count of 14 × 10^{9}/L was found in her.", "A count of 14 × 10⁹/L was found in her."),
        ("She had 75 mg/m^{2} of it in one hour.", "She had 75 mg/m² of it in one hour."),
        ("This is rare in adults.^{12–14} She was well.", "This is rare in adults. [12–14] She was well."),
        ("It was seen before by others^{3} in one man.", "It was seen before by others [3] in one man."),
    ],
)
def test_raised_signs(words: str, wanted: str) -> None:
    assert read(write_pdf(None, [*SHORT, ("paragraph", words)], indent=0)).text.split("\n")[-1] == wanted


def test_front_matter_and_references_are_left_out() -> None:
    text = read(write_pdf(None, pdf_reports.blocks(), first_page_footer="© 2019 The Authors. Open access under CC BY 4.0")).text
    for words in ("Ana Silva", "Lisbon", "References", "Keepers and their diseases", "Open access"):
        assert words not in text


def test_an_abstract_in_small_print_is_kept_and_dates_are_not() -> None:
    abstract = "A woman of 54 years received 60 Gy in 30 fractions, and her course corresponded to what has been published of such tumours."
    blocks = [SHORT[0], ("small", "Received 3 March 2019; accepted 5 May 2019"), ("heading", "Abstract"), ("small", abstract), *SHORT[1:]]
    text = read(write_pdf(None, [*blocks, *(("paragraph", words) for words in pdf_reports.CASE)])).text
    assert abstract in text
    assert "March" not in text


def test_running_headers_and_page_numbers_are_left_out() -> None:
    data = write_pdf(None, pdf_reports.blocks(), running_header="Mesenteric tumours", even_header="Silva and Costa", page=(420, 595))
    text = read(data).text
    assert not re.search(r"Mesenteric tumours|Silva|\b11(?:8|9)\d\b", text)


@pytest.mark.parametrize("stated", ["Microsoft Word - x.doc", "x.pdf", "jim-2019-7", "untitled"])
def test_a_title_that_a_program_made_up_is_not_taken(stated: str) -> None:
    assert read(write_pdf(stated, SHORT)).title == "A lump of the left thigh"


def test_metadata_as_printed() -> None:
    footer = "© 2019 The Authors. doi: 10.1000/jim.2019.7. PMID: 12345678 PMCID: PMC7654321 Creative Commons Attribution-NonCommercial 4.0"
    report = read(write_pdf("A lump of the left thigh", SHORT, first_page_footer=footer))
    assert (report.doi, report.pmid, report.pmcid) == ("10.1000/jim.2019.7", "12345678", "PMC7654321")
    assert (report.year, report.license, report.format, report.source) == (2019, "CC BY-NC 4.0", "pdf", "x.pdf")
    assert "10.1000" not in report.text


def encrypted(user: str, owner: str) -> bytes:
    file = io.BytesIO()
    canvas = Canvas(file, encrypt=StandardEncryption(user, owner, canCopy=0, strength=128), invariant=1)
    canvas.drawString(60, 700, SENTENCE)
    canvas.save()
    return file.getvalue()


def test_a_password_is_asked_for() -> None:
    assert "protected by a password" in refusal(encrypted("secret", "other"))


def test_a_file_with_an_owner_password_alone_is_read() -> None:
    assert read(encrypted("", "other")).text == SENTENCE


def scanned(pages_with_text: int, pages_without: int) -> bytes:
    from PIL import Image

    picture = ImageReader(Image.new("RGB", (60, 80), "gray"))
    file = io.BytesIO()
    canvas = Canvas(file, pagesize=(595, 842), invariant=1)
    for _ in range(pages_with_text):
        canvas.drawString(60, 700, SENTENCE)
        canvas.showPage()
    for _ in range(pages_without):
        canvas.drawImage(picture, 0, 0, 595, 842)
        canvas.showPage()
    canvas.save()
    return file.getvalue()


def test_a_scan_is_refused() -> None:
    message = refusal(scanned(0, 3))
    assert "scanned: 3 pages without text; wanted a PDF with a text layer, made by OCR (for instance ocrmypdf)" in message


def test_a_scanned_page_among_others_is_told() -> None:
    report = read(scanned(1, 2))
    assert report.text == SENTENCE
    assert report.pages == (0, len(SENTENCE), len(SENTENCE))
    assert "2 of 3 pages without text (2, 3)" in report.messages[0]


def test_what_is_no_pdf_or_broken_is_refused() -> None:
    assert "no PDF" in refusal(b"PK\x03\x04")
    assert "no PDF" in refusal(b"")
    assert "broken or truncated" in refusal(b"%PDF-1.7\n" + b"x" * 100)
    blank = io.BytesIO()
    canvas = Canvas(blank, invariant=1)
    canvas.showPage()
    canvas.save()
    assert "holds no words" in refusal(blank.getvalue())


def test_a_truncated_file_is_told_or_refused() -> None:
    data = write_pdf(None, pdf_reports.blocks())
    try:
        messages = read(data[: len(data) * 9 // 10]).messages
    except CorpusError as error:
        assert "truncated" in str(error) or "broken" in str(error) or "no words" in str(error)
    else:
        assert any("truncated" in message for message in messages)


def test_too_many_pages_are_refused() -> None:
    assert "301 pages, wanted 1 to 300" in refusal(scanned(0, 301))


def test_a_page_of_too_many_characters_is_left_out_in_time() -> None:
    file = io.BytesIO()
    canvas = Canvas(file, invariant=1)
    canvas.drawString(60, 700, SENTENCE)
    canvas.showPage()
    canvas.setFont("Times-Roman", 4)
    for number in range(19_000):
        canvas.drawString(number % 500, 800 - number % 790, "abcd")
    canvas.save()
    started = time.process_time()
    report = read(file.getvalue())
    assert time.process_time() - started < 10
    assert report.text == SENTENCE
    assert "page 2" in report.messages[0]


def test_text_outside_of_the_crop_box_and_tiny_text_is_left_out() -> None:
    file = io.BytesIO()
    canvas = Canvas(file, pagesize=(595, 842), cropBox=(0, 400, 595, 842), invariant=1)
    canvas.drawString(60, 700, SENTENCE)
    canvas.drawString(60, 300, "Nobody sees these words below the page.")
    canvas.setFont("Times-Roman", 1)
    canvas.drawString(60, 650, "Nobody reads words of one point.")
    canvas.save()
    assert read(file.getvalue()).text == SENTENCE


@pytest.mark.parametrize("angle", [90, 180, 270])
def test_a_page_whose_text_is_turned_is_read(angle: int) -> None:
    file = io.BytesIO()
    canvas = Canvas(file, pagesize=(842, 842), invariant=1)
    canvas.translate(421, 421)
    canvas.rotate(angle)
    canvas.setFont("Times-Roman", 10)
    canvas.drawString(-300, 100, "She received 60 Gy in 30 fractions to the left thigh,")
    canvas.drawString(-300, 88, "which she bore without complaint until the end.")
    canvas.save()
    assert (
        read(file.getvalue()).text
        == "She received 60 Gy in 30 fractions to the left thigh, which she bore without complaint until the end."
    )


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")
def test_two_columns_of_chromium(tmp_path: Path) -> None:
    paragraphs = [*pdf_reports.CASE[:1], *pdf_reports.PATHOLOGY[:1], pdf_reports.DISCUSSION[0]]
    raised = re.compile(r"\^\{(.*?)\}")
    body = "".join("<p>" + raised.sub(r"<sup>\1</sup>", words) for words in paragraphs)
    page = (
        "<meta charset=utf-8><style>body {font: 10pt/1.2 serif; text-align: justify} p {margin: 0; text-indent: 1em}"
        f" div {{columns: 2; column-gap: 6mm}}</style><h1>{pdf_reports.TITLE}</h1><div><h2>Case report</h2>{body}</div>"
    )
    source, target = tmp_path / "x.html", tmp_path / "x.pdf"
    source.write_text(page, encoding="utf-8")
    command = [
        str(CHROMIUM),
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        f"--user-data-dir={tmp_path}/profile",
        f"--print-to-pdf={target}",
        str(source),
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    wanted = [raised.sub(r" [\1]", words) for words in paragraphs]
    assert read(target.read_bytes()).text.split("\n\n")[2:] == wanted


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(tail: bytes) -> None:
    for data in (tail, b"%PDF-1.4\n" + tail):
        refusal(data)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 2**32))
def test_a_changed_file_is_read_or_refused(seed: int) -> None:
    chance = random.Random(seed)
    data = bytearray(BASE)
    for _ in range(chance.choice((1, 3, 20, 200))):
        place = chance.randrange(len(data))
        data[place : place + chance.choice((0, 1, 1, 8))] = chance.randbytes(chance.choice((0, 1, 1, 8)))
    try:
        report = read(bytes(data))
    except CorpusError as error:
        assert str(error).startswith("x.pdf: ")
    else:
        assert all(0 <= start <= len(report.text) for start in report.pages)
        assert report.text.strip()


BASE = write_pdf("A lump", [*SHORT, ("table", pdf_reports.TABLE), *SHORT], columns=2, wide=1)


def test_year_and_identifiers_of_what_a_paper_cites_are_not_its_own() -> None:
    cited = "1. Berg A. A tumour of the arm. J Invent Med 2011;3:12-19. doi:10.5555/cited.1. PMID: 12345678."
    report = read(write_pdf(None, [*SHORT, ("heading", "References"), ("small", cited)]))
    assert (report.year, report.doi, report.pmid) == (None, None, None)
