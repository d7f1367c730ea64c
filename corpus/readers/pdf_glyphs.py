"""What stands on a page of a PDF: characters with their places and looks, rules, and how much of it is an image.

PDFium tells characters in the order in which the program wrote them, which is the order of reading within a line and
mostly nowhere else; where lines and columns are is for `corpus.readers.pdf_lines` and `pdf_layout` to find.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from ctypes import addressof, byref, c_double, c_float, create_string_buffer
from dataclasses import dataclass

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

# A page of a journal has 8,000 characters and 2,000 objects; what has more is a drawing or an attack.
MAX_PAGE_CHARACTERS = 60_000
_MAX_PAGE_OBJECTS = 20_000
# Below this many points nobody can read; such text is there for machines.
_MIN_SIZE = 2.0
_BOLD = re.compile(r"bold|black|heavy|demi(?!lune)|cmb?x|-B(?:I|It)?\Z|\.B(?:I)?\Z", re.IGNORECASE)
_ITALIC = re.compile(r"italic|oblique|cmti|-(?:B)?It?\Z|\.(?:B)?I\Z", re.IGNORECASE)
_BOLD_WEIGHT = 600


@dataclass(frozen=True, slots=True)
class Look:
    """How the characters of a text object look.

    `turn` is how often a quarter of a circle they are turned to the left. `is_hidden`: they are not drawn, as those that
    OCR puts over the picture of a page.
    """

    size: float
    is_bold: bool
    is_italic: bool
    font: str
    turn: int | None
    is_hidden: bool = False


@dataclass(frozen=True, slots=True)
class Glyph:
    """A character: `x0` to `x1` is its advance, `y` its baseline, in points from the lower left corner of the page.

    `is_mapped` is false where the font does not tell which character it is; then `text` is its code in the font.
    `is_spaced`: white space is written before it. `is_raised`: a figure that is drawn small and high in its own size.
    """

    text: str
    x0: float
    x1: float
    y: float
    look: Look
    is_mapped: bool = True
    is_spaced: bool = False
    is_raised: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """A horizontal line or a flat box."""

    x0: float
    x1: float
    y: float


@dataclass(frozen=True, slots=True)
class Page:
    """A page as it is read: upright, all that lies outside of what is shown left out.

    Attributes
    ----------
    width, height
        Of the page in points, upright.
    glyphs
        In the order of the file; without white space.
    rules
        From top to bottom.
    image_share
        The part of the page that images cover, from 0 to 1.
    excess
        How many characters or objects there are, where that is too many and none was read; else 0.
    """

    width: float
    height: float
    glyphs: tuple[Glyph, ...] = ()
    rules: tuple[Rule, ...] = ()
    image_share: float = 0.0
    excess: int = 0


def read_page(page: pdfium.PdfPage) -> Page:
    """Read what stands on a page.

    Raises
    ------
    pypdfium2.PdfiumError
        PDFium cannot read it.
    """
    left, bottom, right, top = page.get_bbox()
    width, height = right - left, top - bottom
    objects = pdfium_c.FPDFPage_CountObjects(page)
    if objects > _MAX_PAGE_OBJECTS:
        return Page(width, height, excess=objects)
    rules, share = _drawings(page, (left, bottom, right, top))
    textpage = page.get_textpage()
    try:
        count = textpage.count_chars()
        if count > MAX_PAGE_CHARACTERS:
            return Page(width, height, excess=count)
        glyphs = list(_glyphs(textpage.raw, count))
    finally:
        textpage.close()
    turns = [sum(g.look.turn == turn for g in glyphs) for turn in range(4)]
    turn = turns.index(max(turns))
    if turn in (1, 3):
        width, height = height, width
    upright = (_turned(g, turn, (left, bottom, right, top)) for g in glyphs if g.look.turn == turn)
    shown = tuple(g for g in upright if -1 <= (g.x0 + g.x1) / 2 <= width + 1 and -1 <= g.y <= height + 1)
    kept = tuple(Rule(rule.x0 - left, rule.x1 - left, rule.y - bottom) for rule in rules) if turn == 0 else ()
    return Page(width, height, shown, kept, share)


def _turned(glyph: Glyph, turn: int, box: tuple[float, float, float, float]) -> Glyph:
    """Give a character its place on the page turned so that it is upright.

    A glyph that is turned holds its advance along its own direction: `x0` where it begins, `y` across.
    """
    left, bottom, right, top = box
    along = (left, bottom, -right, -top)[turn]
    across = (bottom, -right, -top, left)[turn]
    if not along and not across:
        return glyph
    moved = (glyph.x0 - along, glyph.x1 - along, glyph.y - across)
    return Glyph(glyph.text, *moved, glyph.look, glyph.is_mapped, glyph.is_spaced, glyph.is_raised)


def _glyphs(textpage: pdfium_c.FPDF_TEXTPAGE, count: int) -> Iterator[Glyph]:
    """Yield the visible characters; for a turned one, places are told along and across its own direction."""
    looks: dict[int, Look] = {}
    fonts: dict[int, tuple[str, bool, bool]] = {}
    x, y, box = c_double(), c_double(), pdfium_c.FS_RECTF()
    is_spaced = False
    for index in range(count):
        code = pdfium_c.FPDFText_GetUnicode(textpage, index)
        if pdfium_c.FPDFText_IsGenerated(textpage, index) == 1:
            continue
        if code in _BLANK:
            is_spaced = True
            continue
        target = pdfium_c.FPDFText_GetTextObject(textpage, index)
        if not target:
            continue
        key = addressof(target.contents)
        look = looks.get(key)
        if look is None:
            look = looks[key] = _look(target, textpage, index, fonts)
        if look.turn is None or look.size < _MIN_SIZE or code in _NO_SURROGATE:
            continue
        pdfium_c.FPDFText_GetCharOrigin(textpage, index, byref(x), byref(y))
        pdfium_c.FPDFText_GetLooseCharBox(textpage, index, byref(box))
        text = "-" if code in _HYPHENS else chr(code)
        is_mapped = code > 0x1F and not 0xE000 <= code <= 0xF8FF and pdfium_c.FPDFText_HasUnicodeMapError(textpage, index) != 1
        is_mapped = is_mapped or text == "-"
        along, across, end = (
            (x.value, y.value, box.right),
            (y.value, -x.value, box.top),
            (-x.value, -y.value, -box.left),
            (-y.value, x.value, -box.bottom),
        )[look.turn]
        is_raised = code in _FIGURES and look.turn == 0 and _is_raised(textpage, index, y.value, look.size)
        yield Glyph(text, along, max(end, along), across, look, is_mapped, is_spaced, is_raised)
        is_spaced = False


def _is_raised(textpage: pdfium_c.FPDF_TEXTPAGE, index: int, y: float, size: float) -> bool:
    """Whether a figure is drawn high above its baseline."""
    left, right, bottom, top = c_double(), c_double(), c_double(), c_double()
    if not pdfium_c.FPDFText_GetCharBox(textpage, index, byref(left), byref(right), byref(bottom), byref(top)):
        return False
    return bottom.value - y > _HIGH * size and top.value - bottom.value < _LOW * size


# White space, which the places of the characters tell more surely, and what is no character.
_BLANK = frozenset((0x00, 0x09, 0x0A, 0x0D, 0x20, 0xA0, 0x200B, 0xFEFF, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000))
_FIGURES = frozenset(range(0x30, 0x3A))
# Shares of the font size: a figure of the text stands on its baseline or below and has a height of 0.6 and more.
_HIGH, _LOW = 0.2, 0.55
_NO_SURROGATE = range(0xD800, 0xE000)
# PDFium's own mark for a hyphen at a line's end, and the soft hyphen, by which programs name the hyphen of a font.
_HYPHENS = frozenset((0x02, 0xAD, 0xFFFE))


def _look(target: pdfium_c.FPDF_PAGEOBJECT, textpage: pdfium_c.FPDF_TEXTPAGE, index: int, fonts: dict[int, tuple[str, bool, bool]]) -> Look:
    """Tell how the characters of a text object look."""
    matrix, size = pdfium_c.FS_MATRIX(), c_float()
    pdfium_c.FPDFText_GetMatrix(textpage, index, byref(matrix))
    pdfium_c.FPDFTextObj_GetFontSize(target, byref(size))
    font = pdfium_c.FPDFTextObj_GetFont(target)
    key = addressof(font.contents) if font else 0
    if key not in fonts:
        fonts[key] = _font(font) if font else ("", False, False)
    name, is_bold, is_italic = fonts[key]
    angle = math.degrees(math.atan2(matrix.b, matrix.a)) % 360
    turn = round(angle / 90)
    is_straight = abs(angle - 90 * turn) < 2
    height = abs(size.value) * math.hypot(matrix.c, matrix.d)
    if height < _MIN_SIZE:  # fonts of glyphs that are drawn (Type 3) have units of their own
        box = pdfium_c.FS_RECTF()
        pdfium_c.FPDFText_GetLooseCharBox(textpage, index, byref(box))
        height = max(height, abs(box.top - box.bottom) * 0.9)
    is_hidden = pdfium_c.FPDFTextObj_GetTextRenderMode(target) == pdfium_c.FPDF_TEXTRENDERMODE_INVISIBLE
    return Look(round(height, 1), is_bold, is_italic, name, turn % 4 if is_straight else None, is_hidden)


def _font(font: pdfium_c.FPDF_FONT) -> tuple[str, bool, bool]:
    """Return a font's name, and whether it is bold and italic."""
    buffer = create_string_buffer(200)
    length = pdfium_c.FPDFFont_GetBaseFontName(font, buffer, 200)
    name = buffer.raw[: max(0, min(length, 200) - 1)].decode("utf-8", "replace")
    plain = name.partition("+")[2] or name
    is_bold = _BOLD.search(plain) is not None or pdfium_c.FPDFFont_GetWeight(font) >= _BOLD_WEIGHT
    return name, is_bold, _ITALIC.search(plain) is not None


def _drawings(page: pdfium.PdfPage, box: tuple[float, float, float, float]) -> tuple[list[Rule], float]:
    """Return the horizontal rules, and the part of the page that its images cover."""
    left, bottom, right, top = box
    area = max((right - left) * (top - bottom), 1.0)
    rules: list[Rule] = []
    covered = 0.0
    x0, y0, x1, y1 = c_float(), c_float(), c_float(), c_float()
    for index in range(pdfium_c.FPDFPage_CountObjects(page)):
        drawn = pdfium_c.FPDFPage_GetObject(page, index)
        kind = pdfium_c.FPDFPageObj_GetType(drawn)
        if kind not in (pdfium_c.FPDF_PAGEOBJ_PATH, pdfium_c.FPDF_PAGEOBJ_IMAGE, pdfium_c.FPDF_PAGEOBJ_FORM):
            continue
        if not pdfium_c.FPDFPageObj_GetBounds(drawn, byref(x0), byref(y0), byref(x1), byref(y1)):
            continue
        wide, high = min(x1.value, right) - max(x0.value, left), min(y1.value, top) - max(y0.value, bottom)
        if kind == pdfium_c.FPDF_PAGEOBJ_PATH:
            if wide > 40 and y1.value - y0.value < 3:
                rules.append(Rule(x0.value, x1.value, (y0.value + y1.value) / 2))
        elif wide > 0 and high > 0:
            covered += wide * high / area
    return sorted(rules, key=lambda rule: -rule.y), min(covered, 1.0)
