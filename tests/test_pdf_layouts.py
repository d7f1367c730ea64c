"""PDFs as journals and programs typeset them: what each of them puts beside, above and into the text."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import replace

import pytest
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfgen.canvas import Canvas

from corpus.readers import pdf
from corpus.readers.hyphens import glue
from corpus.readers.pdf_glyphs import Glyph, Look
from corpus.readers.pdf_signs import composed, evened
from corpus.report import Report

# Where a string stands: x, y, font, size, words.
Placed = tuple[float, float, str, float, str]
ROMAN, BOLD = "Times-Roman", "Times-Bold"
TITLE = "An unheard-of lump of the left knee"
CASE = (
    "A beekeeper of 61 years was seen because of a lump at his",
    "left knee that had grown for seven months without any pain",
    "and was now the size of a plum. He was in good health, and",
    "the skin above the lump was intact. An excision was made in",
    "the second week, and the wound closed without trouble soon",
    "after. There was no other lesion of the limb or the trunk.",
)
DISCUSSION = (
    "Lumps of this kind are seldom reported in keepers of bees,",
    "and nothing is known of their cause. Stings have been held",
    "responsible by some, though without any proof, and others",
    "have thought of the smoke that calms the swarm. It remains",
    "for future work to show whether either view can be upheld,",
    "and whether the lumps are of one kind only or of several.",
)


def typeset(*pages: Iterable[Placed], hidden: bool = False) -> bytes:
    """Write strings where they are told to stand; `hidden`: as OCR does, over the picture of a page."""
    file = io.BytesIO()
    canvas = Canvas(file, pagesize=(595, 842), invariant=1)
    for placed in pages:
        if hidden:
            from PIL import Image

            canvas.drawImage(ImageReader(Image.new("L", (60, 84), 250)), 0, 0, 595, 842)
        for x, y, font, size, words in placed:
            text = canvas.beginText(x, y)
            text.setFont(font, size)
            text.setTextRenderMode(3 if hidden else 0)
            text.textOut(words)
            canvas.drawText(text)
        canvas.showPage()
    canvas.save()
    return file.getvalue()


def column(lines: Sequence[str], x: float, y: float, size: float = 9.5, step: float = 12, font: str = ROMAN) -> list[Placed]:
    return [(x, y - number * step, font, size, words) for number, words in enumerate(lines)]


def front(title: str = TITLE) -> list[Placed]:
    return [(50, 770, BOLD, 16, title), (50, 748, ROMAN, 9.5, "Ana Silva, Bruno Costa")]


def read(data: bytes) -> Report:
    (report,) = pdf.read(data, "x.pdf", "x")
    return report


def paragraphs(data: bytes) -> list[str]:
    return [line for line in read(data).text.split("\n") if line]


def prose(lines: Sequence[str]) -> str:
    return " ".join(lines)


def test_a_column_of_hanging_items_is_a_column() -> None:
    page = [*front(), (50, 700, BOLD, 10.5, "Case report"), *column([*CASE, *DISCUSSION] * 2, 50, 684)]
    page += [(312, 700, BOLD, 10.5, "Thanks"), (312, 684, ROMAN, 9.5, "We thank the bees."), (312, 664, BOLD, 10.5, "References")]
    for number in range(1, 8):
        y = 648 - 34 * number
        page += [(330, y, ROMAN, 8, f"{number}. Doe J, Roe R, Moe M. A lump of the other")]
        page += column(
            ("knee, what became of it, and which bees were", f"held to be its cause. J Invented Med 200{number};1:1."), 338, y - 9.5, 8, 9.5
        )
    text = read(typeset(page)).text
    assert "Doe" not in text
    assert prose([*CASE, *DISCUSSION]) in text
    assert text.endswith("Thanks\n\nWe thank the bees.")


def test_a_side_bar_stays_out_of_the_abstract() -> None:
    bar = (
        "Article history:",
        "Received 12 March 2019",
        "Revised 2 May 2019",
        "Accepted 3 May 2019",
        "Edited by:",
        "Ivo Novak",
        "Zagreb, Croatia",
    )
    page = [*front(), *column(bar, 50, 700, 6.5, 9), (200, 712, BOLD, 10.5, "Abstract")]
    page += column([f"{line}, as one can see at once" for line in CASE], 200, 696)
    page += [(50, 600, BOLD, 10.5, "Case report"), *column(CASE, 50, 584), *column(DISCUSSION, 312, 584)]
    found = paragraphs(typeset(page))
    assert found[1:3] == ["Abstract", prose([f"{line}, as one can see at once" for line in CASE])]
    assert not any(words in line for line in found for words in ("Novak", "Received", "Zagreb"))


@pytest.mark.parametrize("step", [1, 5])
def test_numbers_of_lines_are_no_words(step: int) -> None:
    lines = [*CASE, *DISCUSSION, *CASE, *DISCUSSION]
    pages = []
    for number in range(2):
        page = [*(front() if not number else []), (50.0, 720.0, BOLD, 10.5, "Case report" if not number else "Discussion")]
        page += column(lines, 50, 700, step=20)
        shown = [(row, row + 1 + 24 * number) for row in range(24)]
        page += [(24.0, 700.0 - 20 * row, ROMAN, 6.0, str(count)) for row, count in shown if count % step == 0]
        pages.append(page)
    assert " ".join(paragraphs(typeset(*pages))) == prose([TITLE, "Case report", *lines, "Discussion", *lines])


def test_accents_are_put_over_their_letters() -> None:
    width = pdfmetrics.stringWidth("The M", ROMAN, 9.5)
    accent = 50 + width + (pdfmetrics.stringWidth("u", ROMAN, 9.5) - pdfmetrics.stringWidth("¨", ROMAN, 9.5)) / 2
    y = 500.0
    page = [(50, y, ROMAN, 9.5, "The M"), (accent, y, ROMAN, 9.5, "¨"), (50 + width, y, ROMAN, 9.5, "uller test was done.")]
    assert paragraphs(typeset([*front(), (50, 520, BOLD, 10.5, "Case report"), *page]))[-1] == "The Müller test was done."


LOOK = Look(10, False, False, "F", 0)


def test_raised_figures_in_their_own_size() -> None:
    signs = [Glyph("8", 0, 4, 100, LOOK, is_raised=True), Glyph("–", 4, 8, 100, LOOK), Glyph("9", 8, 12, 100, LOOK, is_raised=True)]
    assert {(glyph.look.size, glyph.y) for glyph in composed(signs)} == {(6.5, 103.5)}
    assert composed([replace(sign, is_raised=False) for sign in signs]) == [replace(sign, is_raised=False) for sign in signs]


def test_a_ring_behind_a_figure_is_a_degree() -> None:
    ring = Glyph("◦", 9, 12, 104, replace(LOOK, size=7))
    assert [glyph.text for glyph in composed([Glyph("8", 0, 5, 100, LOOK), ring])] == ["8", "°"]
    assert [glyph.text for glyph in composed([ring, Glyph("A", 14, 20, 100, LOOK)])] == ["◦", "A"]


def test_hidden_words_of_like_size_have_one() -> None:
    hidden = [Glyph("a", x, x + 5, 0, replace(LOOK, size=size, is_hidden=True)) for x, size in ((0, 9.4), (6, 10), (12, 10.8), (18, 16))]
    assert [glyph.look.size for glyph in evened(hidden)] == [10.4, 10.4, 10.4, 16]
    drawn = [replace(glyph, look=replace(glyph.look, is_hidden=False)) for glyph in hidden]
    assert evened(drawn) == drawn


def test_words_that_ocr_put_over_a_scan_are_read() -> None:
    sizes = (9.2, 10.1, 9.6)
    page = front()
    for row, line in enumerate((*CASE, *DISCUSSION)):
        x = 50.0
        for number, word in enumerate(line.split()):
            size = sizes[(row + number) % 3]
            page.append((x, 700.0 - 12 * row + 0.3 * (number % 2), ROMAN, size, f"{word} "))
            x += pdfmetrics.stringWidth(f"{word} ", ROMAN, 10.4)
    assert paragraphs(typeset(page, hidden=True)) == [TITLE, prose([*CASE, *DISCUSSION])]


def test_a_written_space_counts_however_narrow() -> None:
    end = 50 + pdfmetrics.stringWidth("The lump of", ROMAN, 9.5) + 0.06 * 9.5
    words = [(50.0, 500.0, ROMAN, 9.5, "The lump of "), (end, 500.0, ROMAN, 9.5, "the knee was as large as a plum.")]
    assert (
        paragraphs(typeset([*front(), (50, 520, BOLD, 10.5, "Case report"), *words]))[-1] == "The lump of the knee was as large as a plum."
    )


def test_headings_that_run_into_their_paragraphs() -> None:
    page = front()
    for number, (name, lines) in enumerate((("Case report. ", CASE), ("Discussion. ", DISCUSSION))):
        y = 700 - 80 * number
        after = 50 + pdfmetrics.stringWidth(name, BOLD, 9.5)
        page += [(50, y, BOLD, 9.5, name), (after, y, ROMAN, 9.5, lines[0]), *column(lines[1:], 50, y - 12)]
    report = read(typeset(page))
    assert [(section.heading, section.kind) for section in report.sections if section.heading] == [
        ("Case report", "case"), ("Discussion", "discussion"),
    ]  # fmt: skip
    assert report.text.split("\n")[4] == prose(CASE)


def test_references_without_a_heading_are_left_out() -> None:
    items = [f"[{number}] Doe J. A lump of the other knee. J Invented Med 200{number};1:1." for number in range(1, 8)]
    page = [*front(), (50, 720, BOLD, 10.5, "Discussion"), *column([*CASE, *DISCUSSION], 50, 700), *column(items, 50, 520, 9.5, 16)]
    assert read(typeset(page)).text.endswith(DISCUSSION[-1])


def test_a_journals_name_is_no_title() -> None:
    page = [
        (200, 810, ROMAN, 7.5, "Journal of Invented Knees 12 (2019) 34-36"),
        (180, 795, ROMAN, 16, "Journal of Invented Knees"),
        *front(),
    ]
    page += [(50, 720, BOLD, 10.5, "Case report"), *column(CASE, 50, 700)]
    report = read(typeset(page))
    assert report.title == TITLE
    assert "Journal" not in report.text


def test_a_title_in_lines_far_apart_is_one() -> None:
    page = [(50, 790, BOLD, 16, "An unheard-of lump of the left knee"), (50, 762, BOLD, 16, "in a keeper of bees and goats")]
    page += [(50, 735, ROMAN, 9.5, "Ana Silva"), (50, 720, BOLD, 10.5, "Case report"), *column(CASE, 50, 700)]
    assert read(typeset(page)).title == f"{TITLE} in a keeper of bees and goats"


def test_raised_signs_that_are_hardly_smaller_stay_in_their_line() -> None:
    """As WeasyPrint and browsers do, which move the line down for them too."""
    end = 50 + pdfmetrics.stringWidth("nothing is known of their cause.", ROMAN, 9.5)
    rows = [
        (50.0, 688.0, ROMAN, 9.5, CASE[0]),
        (50.0, 672.5, ROMAN, 9.5, "nothing is known of their cause."),
        (end, 676.8, ROMAN, 8.6, "3,4"),
    ]
    rows += [(end + 16, 672.5, ROMAN, 9.5, "The knee"), *column(DISCUSSION, 50, 660.5)]
    found = paragraphs(typeset([*front(), (50, 710, BOLD, 10.5, "Discussion"), *rows]))
    assert found[-1] == prose([CASE[0], "nothing is known of their cause. [3,4] The knee", *DISCUSSION])


@pytest.mark.parametrize(
    ("left", "right", "wanted"),
    [
        ("it has a predilec\u00ad", "tion for men", "it has a predilection for men"),
        ("for HM\u00ad", "B45 and vimentin", "for HMB45 and vimentin"),
    ],
)
def test_hyphens_about_which_there_is_no_doubt(left: str, right: str, wanted: str) -> None:
    assert glue(left, right, {}) == wanted


def test_a_line_beside_a_footnote_of_the_other_column_is_kept() -> None:
    page = [*front(), (50, 720, BOLD, 10.5, "Case report")]
    page += [*column(CASE * 8, 50, 704), (50.0, 92.0, ROMAN, 7.0, "Manuscript received March 12, 2019.")]
    page += column([*(DISCUSSION * 9)[:-1]], 312, 718)
    found = read(typeset(page)).text
    assert "Manuscript" not in found
    assert " ".join(found.split()).endswith(prose([*CASE * 8, *(DISCUSSION * 9)[:-1]]))
