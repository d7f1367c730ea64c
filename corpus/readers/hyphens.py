"""What stands between two lines that belong together: a space, nothing, or a hyphen less.

A hyphen at a line's end was either set by the typesetter ("retro-" / "peritoneum") or belongs to the
word ("ALK-" / "negative"). Taking it away or leaving it blindly spoils one or the other, so the
document itself is asked first, then a word list.

Measured on 33,700 words and 3,300 compounds of 1,733 published texts, each split once, words anywhere
between the second and the third-last letter, the split occurrence taken out of the evidence: 0.1 % of
the words keep a false hyphen, 14 % of the compounds lose theirs, nearly all of these by spellings in
use ("postoperative", "nonspecific"). Joining whenever the word list has the whole word, and else
keeping the hyphen between two of its words, lost 23 %.
"""

from __future__ import annotations

import csv
import gzip
import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path

from corpus.report import CorpusError

# The last word of a line that ends with a hyphen, with the parts before it, read backwards from the
# end so that it is found at once: "non-small-" gives chain "non-small", part "small". 60 letters are
# more than any word has.
_LEFT_REVERSED = re.compile(r"[-‐] (?P<chain> (?P<part> [^\W_]{1,60} ) (?: [-‐] [^\W_]{1,60} ){0,4} )", re.VERBOSE)
_RIGHT = re.compile(r"[^\W_]{1,60}")
_TAIL_LENGTH = 320  # what `_LEFT_REVERSED` can match at most: the end of a line is searched, never all of it
# The same two around a line end, to keep split words out of the evidence.
_SPLIT = re.compile(r"[^\W_]{1,60} [-‐] [ \t]{0,8} \n [ \t\n]{0,8} [^\W_]{0,60}", re.VERBOSE)
_WORD = re.compile(r"[^\W_]+(?:[-‐][^\W_]+)*")
_ADDRESS = re.compile(r":// | www\. | @ | \b 10\.\d{4}", re.VERBOSE)

# "pre- and postoperative": the hyphen stands for a word that follows later.
_SUSPENDING = frozenset({"and", "or", "to", "nor", "but", "und", "as", "vs", "versus"})
_VOWELS = frozenset("aeiou")


@dataclass(frozen=True, slots=True)
class Forms:
    """The hand-kept part of the knowledge, from `hyphenation.csv`.

    Attributes
    ----------
    prefixes
        Combining forms that are written without a hyphen ("hyper", "leiomyo").
    heads
        Words that a hyphen follows unless the word list has the whole ("alpha-fetoprotein").
    tails
        Words that follow a hyphen whatever stands before it ("trastuzumab-based").
    words
        Words that the word list lacks and whose halves it has ("tum" + "our").
    """

    prefixes: frozenset[str]
    heads: frozenset[str]
    tails: frozenset[str]
    words: frozenset[str]


def glue(left: str, right: str, seen: Mapping[str, int]) -> str:
    """Put two lines of one paragraph together.

    Parameters
    ----------
    left, right
        The lines, without white space at the ends that meet.
    seen
        The words of the document with their counts, from `words_of`.

    Returns
    -------
    str
        Both, with a space, nothing, or `left` without its last hyphen between them.
    """
    last, before = left[-1:], left[-2:-1]
    if last == "\u00ad" and not before.isspace():
        return left[:-1] + right  # nobody but a typesetter writes it
    if (last in "-‐–—/" and before.isspace()) or not before or not right[:1].isalnum():
        return f"{left} {right}"
    word = _RIGHT.match(right)
    is_suspended = word is not None and word[0] in _SUSPENDING and right[word.end() :][:1] not in ("-", "‐")
    if last in "/–—" and (before.isalnum() or before in ")]%"):
        return f"{left} {right}" if is_suspended and last != "/" else left + right
    if last not in "-‐":
        return f"{left} {right}"
    tail = left[-_TAIL_LENGTH:]
    start = _LEFT_REVERSED.match(tail[::-1])
    if start is None or word is None:  # "(-" or "Desmin)-": no word is split here
        return left + right if before == ")" else f"{left} {right}"
    chain, part, end = start["chain"][::-1], start["part"][::-1], word[0]
    if _ADDRESS.search(tail.rpartition(" ")[2]):
        return left + right
    if is_suspended and not is_known(part + end, seen):
        return f"{left} {right}"
    return left[:-1] + right if is_split(chain, part, end, seen) else left + right


def is_split(chain: str, part: str, end: str, seen: Mapping[str, int]) -> bool:
    """Whether the hyphen between `part` and `end` was set by the typesetter alone.

    Parameters
    ----------
    chain
        The word before the hyphen with what hangs on it by hyphens ("non-small").
    part, end
        The letters directly before and after the hyphen ("small", "cell").
    seen
        The words of the document with their counts.
    """
    if not part.isalpha() or not end.isalpha() or len(part) == 1 or not end.islower():
        return False  # T2-weighted, B-cell, non-Hodgkin
    if not part[1:].islower():
        return False  # ALK-negative; a capital at the start alone may open a sentence
    part = part.lower()
    joined, hyphened = part + end, f"{part}-{end}"
    kept = max(seen.get(hyphened, 0), seen.get(f"{chain.lower()}-{end}", 0))
    if kept or seen.get(joined, 0):
        return kept <= seen.get(joined, 0)
    forms = hyphenation_forms()
    if end == "up":
        return False
    if joined in word_list() or joined in forms.words:
        return True
    if part[-1] == end[0] and part[-1] in _VOWELS:
        return False  # intra-abdominal, salpingo-oophorectomy, re-examination
    if part in forms.prefixes:
        return True
    if part in forms.heads or end in forms.tails:
        return False
    if not (end in word_list() or seen.get(end)):
        return True  # "homogene" / "ously"
    if part in word_list() or seen.get(part):
        return len(part) == 2 and chain == part  # contrast-enhanced, out-of-hospital; "re" / "sected"
    # Both long, the left one no combining form: two rare names (vinblastine-prednisolone).
    return not (len(part) > 6 and len(end) > 6 and part[-1] != "o")


def is_known(word: str, seen: Mapping[str, int]) -> bool:
    """Whether the document, the word list or `hyphenation.csv` has the word."""
    word = word.lower()
    return word in seen or word in word_list() or word in hyphenation_forms().words


def words_of(lines: Iterable[str]) -> Counter[str]:
    """Count the words of a document in small letters, those split by a line end left out."""
    text = "\n".join(lines)
    return Counter(_WORD.findall(_SPLIT.sub("\n", text).lower().replace("‐", "-")))


@cache
def word_list() -> frozenset[str]:
    """160,000 English words: the list that pyspellchecker ships (MIT). Read at first use, 0.1 s."""
    data = resources.files("spellchecker").joinpath("resources", "en.json.gz").read_bytes()
    return frozenset(json.loads(gzip.decompress(data)))


@cache
def hyphenation_forms() -> Forms:
    """Read `hyphenation.csv` beside this module.

    Raises
    ------
    CorpusError
        A row of another kind than prefix, head, tail or word, or a form that is not in small letters.
    """
    path = Path(__file__).with_name("hyphenation.csv")
    forms: dict[str, set[str]] = {"prefix": set(), "head": set(), "tail": set(), "word": set()}
    with path.open(encoding="utf-8", newline="") as file:
        for row in (reader := csv.DictReader(file)):
            where = f"{path}:{reader.line_num}"
            if row["kind"] not in forms:
                raise CorpusError(f"{where}: kind {row['kind']!r}, wanted one of {', '.join(forms)}")
            if not row["form"].isalpha() or not row["form"].islower():
                raise CorpusError(f"{where}: form {row['form']!r}, wanted small letters only")
            forms[row["kind"]].add(row["form"])
    return Forms(*(frozenset(forms[kind]) for kind in ("prefix", "head", "tail", "word")))
