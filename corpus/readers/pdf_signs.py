"""Signs that a program puts together on the page: letters and their accents, raised figures, degrees.

TeX's older fonts have no "ü": two dots are set over a "u". Fonts with figures for exponents and citations draw a small,
raised "2" at the size and on the baseline of the text. Both look right; only places tell what is meant.
"""

from __future__ import annotations

import statistics
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import replace

from corpus.readers.pdf_glyphs import Glyph

# Accents as characters of their own, and what they are over a letter.
_ACCENTS = {
    "¨": "\u0308", "´": "\u0301", "`": "\u0300", "ˆ": "\u0302", "^": "\u0302", "˜": "\u0303", "~": "\u0303", "¯": "\u0304", "˘": "\u0306",
    "˙": "\u0307", "ˇ": "\u030c", "˚": "\u030a", "˝": "\u030b", "¸": "\u0327", "˛": "\u0328",
}  # fmt: skip
_DOTLESS = {"ı": "i", "ȷ": "j"}
_OVER = 0.3  # of the font size: how far the middles of accent and letter may be apart
_MOST_LOOSE = 100  # accents of a page that do not stand beside their letters in the file
_RINGS = ("◦", "∘", "○")
_RAISED_SIZE, _RISE = 0.65, 0.35  # of the font size: what is told of a raised figure
_LEAST_ALIKE, _MOST_ALIKE = 0.8, 1.2
_NEAR = 0.6  # of the font size: a space may stand before a degree


def composed(glyphs: Iterable[Glyph]) -> list[Glyph]:
    """Put accents and letters together, in the order of the file; tell a raised figure by its size and place, a degree by its sign."""
    out: list[Glyph] = []
    accent: Glyph | None = None
    for glyph in glyphs:
        if accent is not None:
            whole = _with_accent(glyph, accent)
            if whole is None:
                out.append(accent)
            else:
                glyph = replace(whole, is_spaced=accent.is_spaced)
            accent = None
        if glyph.text in _ACCENTS and glyph.is_mapped:
            before = _with_accent(out[-1], glyph) if out else None
            if before is not None:
                out[-1] = before
            else:
                accent = glyph
            continue
        if glyph.text in _RINGS and out and out[-1].text.isdigit() and -0.1 < (glyph.x0 - out[-1].x1) / out[-1].look.size < _NEAR:
            glyph = replace(glyph, text="°", y=out[-1].y, look=out[-1].look)
        out.append(glyph)
    if accent is not None:
        out.append(accent)
    return _raised(_accented(out))


def _accented(glyphs: list[Glyph]) -> list[Glyph]:
    """Put the accents that were written apart from their letters over them."""
    loose = [index for index, glyph in enumerate(glyphs) if glyph.text in _ACCENTS and glyph.is_mapped][:_MOST_LOOSE]
    out: list[Glyph | None] = list(glyphs)
    for index in loose:
        for other, letter in enumerate(out):
            if letter is not None and letter.text.isalpha() and (whole := _with_accent(letter, glyphs[index])) is not None:
                out[other], out[index] = whole, None
                break
    return [glyph for glyph in out if glyph is not None]


def evened(glyphs: Sequence[Glyph]) -> list[Glyph]:
    """Give the hidden words of OCR one size where theirs are nearly alike: it measures each word by its letters."""
    hidden = [glyph.look.size for glyph in glyphs if glyph.look.is_hidden]
    if not hidden:
        return list(glyphs)
    usual = statistics.median(hidden)
    return [
        replace(glyph, look=replace(glyph.look, size=usual))
        if glyph.look.is_hidden and _LEAST_ALIKE * usual < glyph.look.size < _MOST_ALIKE * usual
        else glyph
        for glyph in glyphs
    ]


def _with_accent(letter: Glyph, accent: Glyph) -> Glyph | None:
    """Return the letter with its accent; None where the accent does not stand over it or no such letter exists."""
    size = accent.look.size
    if abs((letter.x0 + letter.x1 - accent.x0 - accent.x1) / 2) > _OVER * size or abs(letter.y - accent.y) > size:
        return None
    whole = unicodedata.normalize("NFC", _DOTLESS.get(letter.text, letter.text) + _ACCENTS[accent.text])
    return replace(letter, text=whole) if len(whole) == 1 and letter.text.isalpha() else None


def _raised(glyphs: list[Glyph]) -> list[Glyph]:
    """Give raised figures, and what stands between two of them, the size and place that they have for the eye."""
    out = list(glyphs)
    for index, glyph in enumerate(glyphs):
        is_joint = glyph.text in ",–-−" and 0 < index < len(glyphs) - 1 and glyphs[index - 1].is_raised and glyphs[index + 1].is_raised
        if glyph.is_raised or is_joint:
            size = glyph.look.size
            out[index] = replace(glyph, y=glyph.y + _RISE * size, look=replace(glyph.look, size=round(_RAISED_SIZE * size, 1)))
    return out
