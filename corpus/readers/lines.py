"""What one line of a printed text is by its looks: open or ended, heading, item, caption, header.

All patterns look at a bounded piece of the line, so that a line of a megabyte costs no more than
one of eighty characters.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from corpus.report import CorpusError

_ENDS = re.compile(
    r"""[.!?:] ["'”’»)\]]{0,4} $                         # a stop, perhaps inside quotes or brackets
      | [^\W\d_] ["”’)\]%]{0,2} \. (?P<mark> \d{1,3} (?: [,–-] \d{1,3} ){0,8} ) $   # "tumors.3,4"
    """,
    re.VERBOSE,
)
_ITEM = re.compile(r"(?: (?P<bullet> [-•*·▪●○–] ) | \(? \d{1,3} [.)] | \(? [a-z] \) ) [ \t]", re.VERBOSE)
_CAPTION = re.compile(
    r"\*{0,2} (?: fig(?:ure)? | table | scheme | box | plate | supplementary\ (?:figure | table) )"
    r" \.? [ ]? (?: S? \d{1,3} | [IVX]{1,5} ) [A-Za-z]?"
    r" (?P<rest> [ ]{0,2} (?: [.:|–-] \*{0,2} (?= [ ] | $ ) )? )",
    re.VERBOSE | re.IGNORECASE,
)
_MIN_PROSE = 25  # characters of the narrowest column
_SMALL_WORD = re.compile(r"[^\W\d_A-Z]{2,40} (?= [\s,;)–—-] | \.? (?: \s | $ ) )", re.VERBOSE)
_CONTENT = re.compile(r"[^\W_]")
# What a typesetter repeats on each page: a DOI, a page number, a link.
_PAGE_FURNITURE = re.compile(
    r"(?: https?:// (?:dx\.)? doi\.org/ | doi: [ ]? )? 10\.\d{4,9}/\S{1,80}"
    r" | (?: page [ ] )? \d{1,4} (?: [ ] (?: of | / ) [ ] \d{1,4} )? | www\.\S{1,80}",
    re.VERBOSE | re.IGNORECASE,
)
_NUMBERED = re.compile(r"(?: \d{1,2} (?: \.\d{1,2} ){0,2} | [IVX]{1,4} ) [.:)]? [ ]{1,4}", re.VERBOSE)
# "CASE 2", "Patient 1": a section of a series.
_ONE_OF_SEVERAL = re.compile(r"(?: case | patient ) [ ] (?: report [ ] )? (?: no\.? [ ] )? \d{1,2}", re.VERBOSE)

# After these no sentence and no heading ends: the next line goes on, whatever its first letter. In small
# letters only: "A. Yes" / "B. No" is two answers.
_LEADING_ON = re.compile(
    r"""(?: ^ | \s )
    (?: an? | and | any | are | as | at | been? | between | by | for | from | ha[ds] | have
      | in (?: cluding | to )? | is | its | no[rt]? | o[fnr] | tha[nt] | these | this
      | the (?: ir )? | to | was | were | which | who (?: se )? | with (?: out )? ) $""",
    re.VERBOSE,
)


def ends_sentence(line: str) -> bool:
    """Whether the line ends with a stop, perhaps inside quotes or with a citation mark behind it."""
    return _ENDS.search(line[-40:]) is not None


def ends_with_hyphen(line: str) -> bool:
    """Whether a word at the line's end goes on after a hyphen, slash or dash."""
    return line[-1:] in ("-", "‐", "/", "\u00ad") and line[-2:-1].isalnum()


def leads_on(line: str) -> bool:
    """Whether the line cannot be the end of anything: it ends with "of the", a comma, "radio-"."""
    if line[-1:] == "," or ends_with_hyphen(line):
        return True
    return _LEADING_ON.search(line[-12:]) is not None


def starts_small(line: str) -> bool:
    """Whether the first character is a small letter."""
    return line[:1].islower()


def starts_with_small_word(line: str) -> bool:
    """Whether the line starts with a word in small letters: no "p value", "c.181T>G", "www."."""
    return _SMALL_WORD.match(line) is not None


def is_item(line: str) -> bool:
    """Whether the line starts a list item."""
    return _ITEM.match(line) is not None


def starts_item(left: str, right: str) -> bool:
    """Whether `right` starts a list item below `left`, and not a line of prose with a number.

    In "with glycine at codon / 61. This mutation" the number belongs to the sentence: a numbered item
    follows only a sentence's end, another item, or a line too short to have been broken.
    """
    item = _ITEM.match(right)
    if item is None:
        return False
    return bool(item["bullet"]) or ends_sentence(left) or is_item(left) or len(left) < _MIN_PROSE


def is_caption(line: str) -> bool:
    """Whether the line is, or starts, the caption of a figure or table ("Figure 2. A: ...").

    "Figure 2 shows ..." is a sentence and no caption: what follows the number must be its end, a
    stop or a capital.
    """
    label = _CAPTION.match(line)
    if label is None:
        return False
    rest = line[label.end() : label.end() + 1]
    return not rest or label["rest"].strip() != "" or rest.isupper() or label[0].isupper()


def is_label(line: str) -> bool:
    """Whether the line is nothing but the label of a figure or table ("FIGURE 1")."""
    label = _CAPTION.match(line)
    return label is not None and _CONTENT.search(line, label.end()) is None


def is_page_furniture(line: str) -> bool:
    """Whether the line is a DOI, a page number or a link, alone."""
    return len(line) < 120 and _PAGE_FURNITURE.fullmatch(line) is not None


def is_section_name(line: str) -> bool:
    """Whether the line is the usual name of a section, numbered or not, and nothing else."""
    if len(line) > 60:
        return False
    name = line[number.end() if (number := _NUMBERED.match(line)) else 0 :].rstrip(":.").lower()
    return name in section_names() or _ONE_OF_SEVERAL.fullmatch(name) is not None


@cache
def section_names() -> frozenset[str]:
    """Read `section_names.csv` beside this module: names in small letters.

    Raises
    ------
    CorpusError
        A name with capitals or needless white space.
    """
    path = Path(__file__).with_name("section_names.csv")
    names = path.read_text(encoding="utf-8").splitlines()
    for number, name in enumerate(names, start=1):
        if not name or name != " ".join(name.lower().split()):
            raise CorpusError(f"{path}:{number}: name {name!r}, wanted small letters and single spaces")
    return frozenset(names[1:])


def is_heading(line: str) -> bool:
    """Whether a line that stands alone looks like a heading: short, capital first, no full stop."""
    if is_section_name(line):
        return True
    return (
        len(line) <= 100 and not starts_small(line) and not ends_sentence(line.rstrip(":")) and not leads_on(line) and line.count(" ") <= 14
    )


def goes_on(left: str, right: str) -> bool:
    """Whether `right` clearly continues the sentence of `left`."""
    if ends_sentence(left) or starts_item(left, right):
        return False
    return starts_small(right) or leads_on(left)


def fits(left: str, right: str, width: float) -> bool:
    """Whether the first word of `right` would have had room behind `left` in lines of `width`.

    Then the line was not broken for want of room but ended on purpose.
    """
    first = right[:40].partition(" ")[0]
    return len(left) + 1 + len(first) <= width
