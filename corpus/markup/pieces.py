"""What stands in a cell: words, line breaks, superscripts and marks, put together without fusing any of them.

A superscript may be an exponent (10^5), a footnote mark (45 with note a), a citation (Smith 2001, reference 12), part of
a word (1st, 131I) or a charge (Mg^2+). Which one is told by the format, by the table's own footnotes, or by what stands
before it. What stays unclear keeps a caret, so that it is never read as digits of the number before it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from itertools import groupby

from corpus.readers.clean import clean
from corpus.report import CorpusError

# The longest cell of the corpus has 400 characters; a cell of this length is a text under a wrong name.
MAX_CELL_CHARACTERS = 10_000


class Kind(Enum):
    """What a piece of a cell is by its format."""

    TEXT = "text"
    BREAK = "line break"
    SUPERSCRIPT = "superscript"
    SUBSCRIPT = "subscript"
    NOTE = "reference to a footnote"
    CITATION = "reference to the literature"


@dataclass(frozen=True, slots=True)
class Piece:
    """Some characters of a cell that stand alike; `text` is "" for a break."""

    kind: Kind
    text: str = ""


BREAK = Piece(Kind.BREAK)


class _Use(Enum):
    """What a superscript is for."""

    MARK = "footnote mark"
    CARET = "exponent, charge or unclear"
    PLAIN = "part of the word"
    CITATION = "citation"


_SUPERSCRIPTS = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ᵃᵇᶜᵈᵉᶠᵍ", "0123456789+−abcdefg", strict=True))
_SUBSCRIPTS = dict(zip("₀₁₂₃₄₅₆₇₈₉₊₋", "0123456789+−", strict=True))
_RAISED = re.compile(f"(?P<up>[{''.join(_SUPERSCRIPTS)}]+)|(?P<down>[{''.join(_SUBSCRIPTS)}]+)")

_SYMBOLS = r"\*{1,4}|†{1,3}|‡{1,3}|§{1,3}|¶{1,3}|‖{1,3}|\#{1,3}"
_MARK = re.compile(rf"{_SYMBOLS}|[a-z]|[0-9]{{1,2}}")
# A mark typed as an ordinary character, directly behind a word, number, bracket or percent sign, at the end of the cell.
_TRAILING_MARK = re.compile(r"(?<=[\w)\]%])(?P<mark>\*{1,4}|[†‡§¶‖]{1,3})(?=\Z)")

# Behind these, a superscript number is a power whatever footnotes the table has.
_POWER = re.compile(r"(?: (?:^|[^A-Za-z]) [cdkmnµμ]?m | [×x·*]\s?10 )\Z", re.VERBOSE)
_UNIT = re.compile(r"(?:^|[^A-Za-z]) (?: [cdkmnµμ]?m | s | h | d | min | k?g | Gy | [mµμ]?[lL] ) \Z", re.VERBOSE)
_TEN = re.compile(r"(?:^|[^0-9.,])10\Z")
_INTEGER = re.compile(r"[-+−–]?[0-9]{1,2}")
_CHARGE = re.compile(r"[0-9]?[-+−–]")
_NUMBERS = re.compile(r"[0-9]{1,3}(?:\s?[,;–-]\s?[0-9]{1,3}){0,20}")
# A word of two letters, a closing bracket, a full stop or a year: what citation numbers stand behind.
_CITABLE = re.compile(r"(?: [^\W\d_]{2} | [)\].] | (?:^|\D)(?:19|20)[0-9]{2}[a-z]? ) ,? \Z", re.VERBOSE)
_ORDINALS = frozenset({"st", "nd", "rd", "th", "®", "™", "TM"})

# A line that ends or a next line that begins so was broken for want of room, not to part two statements.
_RUNS_ON = re.compile(r"[,;:/(\[&=<>≤≥±~]\Z")
_CARRIES_ON = re.compile(r"[(\[)\],;:/%]")


def compose(
    pieces: Sequence[Piece], marks: frozenset[str], *, is_header: bool = False, keep_marks: bool = False
) -> tuple[str, tuple[str, ...]]:
    """Put a cell together.

    Parameters
    ----------
    pieces
        In the order of reading.
    marks
        The table's footnote marks.
    is_header
        A line break in a heading is for want of room: it becomes a space, elsewhere "; ".
    keep_marks
        Leave footnote marks in the text (for the text of footnotes themselves).

    Returns
    -------
    tuple[str, tuple[str, ...]]
        The text with white space collapsed, exponents as "10^5", citation numbers as "[12]"; the footnote marks, in order.

    Raises
    ------
    CorpusError
        More than `MAX_CELL_CHARACTERS` characters; the message begins with their number.
    """
    size = sum(len(piece.text) for piece in pieces)
    if size > MAX_CELL_CHARACTERS:
        raise CorpusError(f"{size} characters, wanted at most {MAX_CELL_CHARACTERS} in one cell")
    is_simple = len(pieces) == 1 and pieces[0].kind is Kind.TEXT and pieces[0].text.isascii()  # as most cells are
    merged = [replace(pieces[0], text=clean(pieces[0].text))] if is_simple else list(_merge(_raised(pieces)))
    lines: list[str] = [""]
    notes: list[str] = []
    goes_on = True  # whether a word may go on in the next piece, as in H2O
    for index, piece in enumerate(merged):
        if piece.kind is Kind.BREAK:
            lines.append("")
            continue
        after = merged[index + 1].text if index + 1 < len(merged) else ""
        text, found = _render(lines[-1], piece, after, marks)
        if found and keep_marks:
            text, found = piece.text, []
        lines[-1] = _attach(lines[-1], text, goes_on)
        goes_on = not found and not text.startswith(("^", " ["))
        notes += found
    tidy = [" ".join(line.split()) for line in lines]
    text = _join([line for line in tidy if line], is_header)
    if not keep_marks:
        text, typed = _typed_marks(text, marks)
        notes += typed
    return text, tuple(dict.fromkeys(notes))


def marks_of(text: str) -> list[str]:
    """Take a superscript apart into footnote marks: "a,b" into a and b, "(†)" into †; [] where it is something else."""
    inner = text.strip().strip("()[]").strip()
    parts = [part for part in re.split(r"[,;\s]+", inner) if part]
    marks: list[str] = []
    for part in parts:
        if _MARK.fullmatch(part):
            marks.append(part)
        elif re.fullmatch(rf"(?:{_SYMBOLS}){{2,6}}", part):
            marks += [match[0] for match in _MARK.finditer(part)]
        elif re.fullmatch(r"[a-h]{2,4}", part) and "".join(sorted(part)) == part:
            marks += part  # "ab": notes a and b
        else:
            return []
    return marks


def plain(text: str) -> list[Piece]:
    """Pieces of a text whose line ends mean something, as in a spreadsheet's cell."""
    pieces: list[Piece] = []
    for line in re.split(r"\r\n|[\n\r\v\u2028\u2029]", text):
        pieces += (Piece(Kind.TEXT, line), BREAK)
    return pieces[:-1]


def one_line(pieces: Iterable[Piece]) -> str:
    """Give the words of pieces in one line, as they stand, with white space collapsed."""
    return " ".join("".join(piece.text or " " for piece in pieces).split())


def prose(pieces: Iterable[Piece]) -> str:
    """Give running text in one line: exponents raised ("10⁵"), numbers of the literature in brackets ("[12]"), all words kept."""
    merged = list(_cited(_merge(_raised(pieces))))
    out = ""
    goes_on = True
    for index, piece in enumerate(merged):
        text = piece.text or " "
        if piece.kind is Kind.SUPERSCRIPT:
            after = merged[index + 1].text if index + 1 < len(merged) else ""
            use = _use(out[-40:], text, after, frozenset())
            text = f"[{text}]" if use is _Use.CITATION else text if use is _Use.PLAIN else _raise(text)
        elif piece.kind is Kind.CITATION and _NUMBERS.fullmatch(text) and out[-1:] not in ("[", "(", ",", "–", "-"):
            text = f"[{text}]"
        elif piece.kind is Kind.NOTE:
            text = _raise(text)
        if text.startswith("[") and piece.kind is not Kind.TEXT and out[-1:] not in ("", " ", "(", "["):
            text = f" {text}"
        out = _attach(out, text, goes_on)
        goes_on = not text.endswith("]")
    return " ".join(out.split())


def _cited(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """Join citation numbers with what stands between them: 12, "–" and 14 become 12–14."""
    held: list[Piece] = []
    for piece in pieces:
        if piece.kind is Kind.CITATION and _NUMBERS.fullmatch(piece.text):
            held = [Piece(Kind.CITATION, "".join(part.text for part in (*held, piece)))]
        elif held and len(held) == 1 and piece.kind in (Kind.TEXT, Kind.SUPERSCRIPT) and set(piece.text) <= set(",;–- "):
            held.append(piece)
        else:
            yield from held
            held = []
            yield piece
    yield from held


def _raise(text: str) -> str:
    """Give a number or a sign its raised form: 10⁵; words stay as they are: p16INK4a."""
    return text.translate(_TO_SUPERSCRIPT) if set(text) <= _SIGNS else text


_SIGNS = frozenset("0123456789+-−–")
_TO_SUPERSCRIPT = {ord(plain): raised for raised, plain in _SUPERSCRIPTS.items()} | {ord("-"): "⁻", ord("–"): "⁻"}


def is_blank(pieces: Iterable[Piece]) -> bool:
    """Whether nothing that can be seen stands in the cell."""
    return not any(clean(piece.text).strip() for piece in pieces)


def _raised(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """Make one kind of the characters that are raised or lowered by themselves ("m²", "H₂O") and of those that are set so."""
    for piece in pieces:
        text = re.sub(r"\s+", " ", clean(piece.text))
        if piece.kind is not Kind.TEXT:
            yield replace(piece, text=text)
            continue
        end = 0
        for match in _RAISED.finditer(text):
            yield Piece(Kind.TEXT, text[end : match.start()])
            kind, table = (Kind.SUPERSCRIPT, _SUPERSCRIPTS) if match["up"] else (Kind.SUBSCRIPT, _SUBSCRIPTS)
            yield Piece(kind, "".join(table[character] for character in match[0]))
            end = match.end()
        yield Piece(Kind.TEXT, text[end:])


def _merge(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """Join neighbours of a kind, drop empty ones, and let white space at the edge of a superscript stand outside of it."""
    split: list[Piece] = []
    for kind, group in groupby(pieces, key=lambda piece: piece.kind):
        if kind is Kind.BREAK:
            split += group
            continue
        text = "".join(piece.text for piece in group)
        inner = text if kind is Kind.TEXT else text.strip()
        if kind is not Kind.TEXT and text[:1].isspace():
            split.append(Piece(Kind.TEXT, " "))
        if inner:
            split.append(Piece(kind, inner))
        if kind is not Kind.TEXT and text.rstrip() != text and inner:
            split.append(Piece(Kind.TEXT, " "))
    for kind, group in groupby(split, key=lambda piece: piece.kind):
        if kind is Kind.TEXT:
            yield Piece(kind, "".join(piece.text for piece in group))
        else:
            yield from group


def _render(before: str, piece: Piece, after: str, marks: frozenset[str]) -> tuple[str, list[str]]:
    """Give what a piece adds to the text, and the footnote marks that it holds."""
    text = piece.text
    if piece.kind is Kind.SUPERSCRIPT:
        if set(text) <= set(",;. "):
            return "", []  # between marks or citation numbers
        use = _use(before, text, after, marks)
        if use is _Use.MARK:
            return "", marks_of(text)
        if use is _Use.CARET:
            return f"^{text}", []
        return (f" [{text}]" if use is _Use.CITATION else text), []
    if piece.kind is Kind.SUBSCRIPT:
        # "EQD2" with an index of 10 must not become "EQD210".
        return (f"_{text}" if before[-1:].isdigit() and text[:1].isdigit() else text), []
    if piece.kind is Kind.NOTE:
        found = marks_of(text)
        return ("", found) if found else (text, [])
    if piece.kind is Kind.CITATION and _NUMBERS.fullmatch(text):
        return (f" [{text}]" if before[-1:].isalnum() or before[-1:] in (".", ",", ")", "]") else text), []
    return text, []


def _use(before: str, text: str, after: str, marks: frozenset[str]) -> _Use:
    """Judge what a superscript is for, the surest signs first."""
    found = marks_of(text)
    is_integer = _INTEGER.fullmatch(text) is not None
    if text in _ORDINALS or (text == "o" and after[:1] in ("C", "F")):
        return _Use.PLAIN
    if is_integer and (_POWER.search(before) or (not text[0].isdigit() and (_UNIT.search(before) or _TEN.search(before)))):
        return _Use.CARET
    if is_integer and _TEN.search(before):
        return _Use.CARET  # a power of ten or note 5 at a value of 10: not decided here
    if found and all(mark in marks for mark in found):
        return _Use.MARK
    if _CHARGE.fullmatch(text):
        return _Use.CARET
    if found and not any(mark[0].isdigit() for mark in found):
        # Twice n is a formula, 45 with note a is not.
        return _Use.CARET if before[-1:].isdigit() and text in ("n", "x", "y", "k") else _Use.MARK
    if _NUMBERS.fullmatch(text):
        if not before or before[-1] in " (":
            return _Use.PLAIN if after[:1].isalpha() else _Use.CARET  # the mass number of an isotope: 131I
        if _CITABLE.search(before):
            return _Use.CITATION
    return _Use.CARET


def _attach(line: str, text: str, goes_on: bool) -> str:
    """Add to a line; a number never grows by what follows, a word only where it may go on."""
    is_fused = line[-1:].isalnum() and text[:1].isalnum()
    is_number = line[-1:].isdecimal() and text[:1].isdecimal()  # not "⁵": it belongs to the 10 before it
    return f"{line} {text}" if is_number or (is_fused and not goes_on) else line + text


def _join(lines: Sequence[str], is_header: bool) -> str:
    """Join lines that the format parts."""
    text = ""
    for line in lines:
        if not text:
            text = line
        elif is_header or _RUNS_ON.search(text) or _CARRIES_ON.match(line):
            text = f"{text} {line}"
        else:
            text = f"{text}; {line}"
    return text


def _typed_marks(text: str, marks: frozenset[str]) -> tuple[str, list[str]]:
    """Take out marks that are typed as ordinary characters: at the cell's end, or wherever a word ends where the footnotes know them."""
    found: list[str] = []
    known = sorted((mark for mark in marks if re.fullmatch(_SYMBOLS, mark)), key=len, reverse=True)
    if known:
        one = "|".join(map(re.escape, known))
        pattern = re.compile(rf"(?<=[\w)\]%])(?P<mark>{one})(?=[\s,;.)]|\Z)")
        found += [match["mark"] for match in pattern.finditer(text)]
        text = pattern.sub("", text)
    if match := _TRAILING_MARK.search(text):
        found.append(match["mark"])
        text = text[: match.start()]
    return text, found
