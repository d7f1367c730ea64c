"""What stands around a table: its label and caption above, its footnotes and remarks below."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass

from corpus.markup.pieces import BREAK, Kind, Piece, compose, is_blank, marks_of, one_line
from corpus.report import CorpusError

Paragraph = Sequence[Piece]

_LABEL = re.compile(
    r"""(?P<label> (?:(?:Supplement(?:ary|al)|Additional|Appendix|Online)\s)?
        Tab(?:le|\.)?\s? (?: [A-Z]{0,2}[-.]?[0-9]{1,3}(?:[.-][0-9]{1,2})?[A-Za-z]? | [IVX]{1,5} ) (?![\w]) )
    \s*[.:|—–-]?\s*""",
    re.VERBOSE | re.IGNORECASE,
)
_NOTE_WORD = re.compile(
    r"(?:Notes?|Footnotes?|Abbreviations?|Legend|Key|Sources?|Values|Data)\b\s?(?:[.:—–-]|are|is|used|adapted)", re.IGNORECASE
)
# An abbreviation and what it stands for: NR, not reported; F: female
_LEGEND = re.compile(r"[A-Z0-9][\w/+-]{0,11}\s?(?:=|:|,|–|—|-\s)\s?[a-z][^;,=]{2,60}(?:[;,.]|$)")
_ONE_ABBREVIATION = re.compile(r"[A-Z][A-Z0-9/+-]{1,9}\s?[=:,–]\s?[a-z][a-z ()-]{2,80}\.?")
_EQUALS = re.compile(r"(?:^|[;,.]\s?)[\w/+%-]{1,12}\s?=\s?[A-Za-z]")

# A mark that is typed at the beginning of a note: "* one patient", "a) at first", "a Irradiated before".
_SYMBOL_START = re.compile(r"(?P<mark>\*{1,4}|[†‡§¶‖#]{1,3})\s?(?=[^\s*†‡§¶‖#])")
_LETTER_START = re.compile(r"\(?(?P<mark>[a-z]|[0-9]{1,2})(?:[.):]{1,2}\s|\s(?=[A-Z]))")
_NEXT_SYMBOL = re.compile(r"(?<=[;.,]\s)(?P<mark>\*{1,4}|[†‡§¶‖]{1,3})\s?(?=[^\s*†‡§¶‖])")
# A mark that a remark explains in passing: "'*' means ...", "sqrt (†)".
_QUOTED_SYMBOL = re.compile(r"""['"‘“(](?P<mark>\*{1,4}|[†‡§¶‖#]{1,3})['"’”)]""")


# A page of notes has 5,000.
MAX_NOTES_CHARACTERS = 100_000


@dataclass(frozen=True, slots=True)
class Notes:
    """What stands below a table.

    Attributes
    ----------
    footnotes
        Mark to text. A mark that a remark explains in passing leads to the whole remark.
    remarks
        Paragraphs that belong to no mark.
    """

    footnotes: dict[str, str]
    remarks: tuple[str, ...]


def split_label(text: str) -> tuple[str | None, str | None]:
    """Part "Table 1. Doses" into "Table 1" and "Doses"; None where there is none."""
    match = _LABEL.match(text)
    if match is None:
        return None, text or None
    return " ".join(match["label"].split()), text[match.end() :].strip() or None


def is_caption(text: str) -> bool:
    """Whether a paragraph begins with "Table 1" or the like, as a caption and not as a sentence about the table."""
    match = _LABEL.match(text)
    if match is None:
        return False
    rest = text[match.end() :]
    return match[0].rstrip()[-1:] in ".:|—–-" or not rest or rest[0].isupper() or rest[0].isdigit()


def is_note(paragraph: Paragraph, used: Set[str]) -> bool:
    """Whether a paragraph or row below a table explains it: it begins with a mark or is a list of abbreviations."""
    first = next((piece for piece in paragraph if piece.text.strip()), None)
    if first is None:
        return False
    if first.kind in (Kind.SUPERSCRIPT, Kind.NOTE):
        return bool(marks_of(first.text))
    text = one_line(paragraph)
    if _mark_at_start(text, used) or _NOTE_WORD.match(text) or _ONE_ABBREVIATION.fullmatch(text):
        return True
    is_legend = bool(_LEGEND.match(text)) and (";" in text or "=" in text or len(_LEGEND.findall(text)) > 1)
    return is_legend or len(_EQUALS.findall(text)) > 1


def used_marks(cells: Iterable[Paragraph]) -> frozenset[str]:
    """Collect the marks that stand raised in any cell."""
    return frozenset(
        mark for pieces in cells for piece in pieces if piece.kind in (Kind.SUPERSCRIPT, Kind.NOTE) for mark in marks_of(piece.text)
    )


def read_notes(paragraphs: Iterable[Paragraph], used: Set[str]) -> Notes:
    """Sort the paragraphs below a table into footnotes and remarks.

    Parameters
    ----------
    paragraphs
        In order. One may hold several footnotes.
    used
        The marks that stand in the cells: a letter or number begins a footnote only where it is one of them.

    Raises
    ------
    CorpusError
        The notes, or one of them, are too long; the message begins with the number of characters.
    """
    paragraphs = list(paragraphs)
    if (size := sum(len(piece.text) for paragraph in paragraphs for piece in paragraph)) > MAX_NOTES_CHARACTERS:
        raise CorpusError(f"{size} characters of notes, wanted at most {MAX_NOTES_CHARACTERS}")
    footnotes: dict[str, str] = {}
    remarks: list[str] = []
    in_passing: dict[str, str] = {}
    for paragraph in paragraphs:
        for mark, pieces in _segments(paragraph, used):
            text, _ = compose(pieces, frozenset(), keep_marks=True)
            if mark is not None:
                footnotes.setdefault(mark, text)
            elif text:
                remarks.append(text)
                for explained in _explained(pieces, text):
                    in_passing.setdefault(explained, text)
    return Notes(in_passing | footnotes, tuple(remarks))


def _segments(paragraph: Paragraph, used: Set[str]) -> Iterator[tuple[str | None, list[Piece]]]:
    """Part a paragraph where a mark begins a new footnote."""
    mark: str | None = None
    current: list[Piece] = []
    for piece in _split_typed(paragraph, used):
        before = "".join(part.text for part in current)
        begins = piece.kind in (Kind.SUPERSCRIPT, Kind.NOTE) and (not before.strip() or before[-1].isspace())
        found = marks_of(piece.text) if begins else []
        if len(found) == 1 and (found[0] in used or not found[0].isdigit()):
            if mark is not None or not is_blank(current):
                yield mark, current
            mark, current = found[0], []
        else:
            current.append(piece)
    if mark is not None or not is_blank(current):
        yield mark, current


def _split_typed(paragraph: Paragraph, used: Set[str]) -> Iterator[Piece]:
    """Make a typed mark that begins a footnote a piece of its own."""
    is_start = True
    for piece in paragraph:
        text = piece.text
        if piece.kind is not Kind.TEXT or not text.strip():
            is_start &= not text.strip()
            yield piece
            continue
        if is_start:
            text = text.lstrip()
            if match := _mark_at_start(text, used):
                yield Piece(Kind.NOTE, match["mark"])
                text = text[match.end() :]
        is_start = False
        end = 0
        for match in _NEXT_SYMBOL.finditer(text):
            yield Piece(Kind.TEXT, text[end : match.start()])
            yield Piece(Kind.NOTE, match["mark"])
            end = match.end()
        yield Piece(Kind.TEXT, text[end:])


def _mark_at_start(text: str, used: Set[str]) -> re.Match[str] | None:
    """Find the mark that a note begins with."""
    if match := _SYMBOL_START.match(text):
        return match
    match = _LETTER_START.match(text)
    return match if match and match["mark"] in used else None


def _explained(pieces: Iterable[Piece], text: str) -> Iterator[str]:
    """Yield the marks that a remark names in passing."""
    for piece in pieces:
        if piece.kind is Kind.SUPERSCRIPT:
            yield from (mark for mark in marks_of(piece.text) if not mark.isdigit())
    for match in _QUOTED_SYMBOL.finditer(text):
        yield match["mark"]


def lines_of(pieces: Iterable[Piece]) -> Iterator[list[Piece]]:
    """Part pieces at their line breaks."""
    line: list[Piece] = []
    for piece in (*pieces, BREAK):
        if piece.kind is Kind.BREAK:
            if not is_blank(line):
                yield line
            line = []
        else:
            line.append(piece)
