"""Abbreviations: those that a report defines itself, by scispaCy's detector, and well-known ones that it does not.

scispaCy implements Schwartz & Hearst (2003), "A simple algorithm for identifying abbreviation definitions
in biomedical text". Its pipe searches the whole document for every short form, which is quadratic in the
document's length; here its algorithm looks only at the words around each bracket whose short form the
report uses again.

Abstracts often print an abbreviation without its long form ("a diagnosis of SFT"). The vocabulary
`histology_abbreviation` says what such a one stands for, and which words must stand somewhere in the
report for it to mean that.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import replace
from functools import cache

from scispacy.abbreviation import find_abbreviation
from spacy.tokens import Doc, Span

from extract import lexicon
from extract.lexicon import Entry
from extract.reading import Hit

# "(IMT)", "(IMT;", "(IMT, ...": what stands in the brackets before a comma may be the short form.
_BRACKET = re.compile(r"\(\s?(?P<short>[A-Za-z0-9][\w/&+-]{1,9})(?=[\s]?[);,])")
# "IMT (inflammatory myofibroblastic tumor)": the bracket is sought first, since there are far fewer of them than of capitals.
_LONG_FORM = re.compile(r"\(\s?(?P<long>[a-z][^()]{5,80})\)")
_SHORT_BEFORE = re.compile(r"(?P<short>[A-Z](?<!\w.)[A-Za-z0-9/-]{1,9})\s?\Z")
_REACH_SHORT = 11  # the longest short form and a space
_NO_SHORT_FORM = re.compile(r"(?:fig(?:ure)?|table|ref|day|grade|case|stage|level|type|n|[ivx]+)\b|.{0,9}\d$", re.IGNORECASE)
_WINDOW_WORDS = 10


# The vocabularies whose names people abbreviate.
_RESOLVED = ("histology", "ihc", "drug", "regimen", "gene", "site", "metastasis_site")


def resolve(hits: dict[str, list[Hit]], doc: Doc, text: str, starts: Sequence[int], begins: Sequence[int]) -> None:
    """Give abbreviations the meaning that the report defines: add their hits, take out those of another meaning.

    An abbreviation whose long form is a known name stands for that name in this report, whatever else it
    may mean elsewhere. `hits` is changed in place and stays in order.
    """
    # A definition matters where its long form ends in a known name, or its short form is one elsewhere.
    well_known = _well_known()
    bare = [(match[0], match.start()) for match in _CAPITALS.finditer(text) if match[0] in well_known]
    known = {place for name in _RESOLVED for hit in hits[name] for place in (hit.start, hit.end)}
    known.update(start for _, start in bare)
    own = {text[hit.start : hit.end]: hit.entry for hit in hits["histology"] if hit.entry.is_cased}
    meanings: dict[str, list[Entry]] = {}
    for short, start, end in find(doc, text, starts, known):
        # "Combined hepatocellular carcinoma and cholangiocarcinoma (cHCC-CC)": the short form is known, its long form only in part.
        if short in own and not _is_whole(hits["histology"], start, end):
            continue
        if short not in meanings:
            meanings[short] = [entry for name in _RESOLVED if (entry := _named(hits[name], start, end)) is not None]
    if meanings:
        for name in _RESOLVED:
            hits[name] = [hit for hit in hits[name] if not _is_redefined(text[hit.start : hit.end], hit.entry, meanings)]
    for short, entries in meanings.items():
        for start, end in _places(text, short) if entries else ():
            for entry in entries:
                _insert(hits[entry.lexicon], Hit(entry, start, end, bisect_right(begins, start) - 1))
    _insert_well_known([(short, start) for short, start in bare if short not in meanings], hits, text, begins)


# A word with two capitals at least; what a hyphen joins to it ("GIST-like") makes it another word.
# Searches jump to a pattern's first character if nothing stands before it: so what must not precede it is told after it.
_CAPITALS = re.compile(r"[A-Z](?<![\w-].)[A-Za-z-]{0,6}[A-Z](?=s?(?![\w-]))")
_DIAGNOSED = re.compile(r"\b(?:diagnos\w*|case|consistent|compatible)\b.{0,30}$", re.IGNORECASE)
# Vocabularies in which the same letters name a treatment or a test: "six cycles of CMF".
_OTHERS = ("regimen", "drug", "ihc", "gene")


@cache
def _well_known() -> Mapping[str, tuple[tuple[Entry, tuple[str, ...]], ...]]:
    """Return what well-known abbreviations stand for, each meaning with the words that speak for it."""
    known: dict[str, tuple[tuple[Entry, tuple[str, ...]], ...]] = {}
    for entry in lexicon.load("histology_abbreviation"):
        beside = tuple(filter(None, entry.get("beside").split("|")))
        known[entry.variant] = (*known.get(entry.variant, ()), (replace(entry, lexicon="histology"), beside))
    return known


def _insert_well_known(bare: Sequence[tuple[str, int]], hits: dict[str, list[Hit]], text: str, begins: Sequence[int]) -> None:
    """Add the tumours that undefined abbreviations name. The first meaning whose words stand in the report is taken."""
    if not bare:
        return
    lower = text.lower()
    meant = {
        short: next((entry for entry, beside in _well_known()[short] if not beside or any(word in lower for word in beside)), None)
        for short in {short for short, _ in bare}
    }
    for short, start in bare:
        entry = meant[short]
        other = next((name for name in _OTHERS if _hit_at(hits[name], start) is not None), None)
        if entry is None or (other is not None and _DIAGNOSED.search(text[max(0, start - 60) : start]) is None):
            continue
        if other is not None:
            hits[other] = [hit for hit in hits[other] if hit.start != start]
        _insert(hits["histology"], Hit(entry, start, start + len(short), bisect_right(begins, start) - 1))


def _hit_at(hits: Sequence[Hit], start: int) -> Hit | None:
    at = bisect_left(hits, start, key=_start_of)
    return hits[at] if at < len(hits) and hits[at].start == start else None


def _places(text: str, short: str) -> Iterator[tuple[int, int]]:
    """Yield where a short form stands as a word of its own, in the singular or plural."""
    start = text.find(short)
    while start >= 0:
        end = start + len(short)
        if text[end : end + 1] == "s":
            end += 1
        before, after = text[start - 1 : start] if start else "", text[end : end + 1]
        if not (before.isalnum() or before in ("-", "_") or after.isalnum() or after == "_"):
            yield start, end
        start = text.find(short, end)


def _named(hits: Sequence[Hit], start: int, end: int) -> Entry | None:
    """Return what a long form is: its head stands at its end, as in "gastric SIGNET RING CELL CARCINOMA (SRCC)"."""
    at = bisect_left(hits, end, key=_start_of)
    for hit in reversed(hits[max(0, at - 3) : at]):
        if hit.end == end or (hit.start == start and hit.end >= end - 1):
            return hit.entry
    return None


def _is_whole(hits: Sequence[Hit], start: int, end: int) -> bool:
    """Return whether a long form is one known name, or says nothing that a known name says: "squamous cell cancer (SCC)"."""
    inside = [hit for hit in hits[bisect_left(hits, start, key=_start_of) : bisect_left(hits, end, key=_start_of)] if hit.end <= end]
    return not inside or (inside[0].start == start and inside[0].end >= end - 1) or inside[-1].end < end - 1


def _insert(hits: list[Hit], hit: Hit) -> None:
    """Put a hit in its place, unless another one stands there."""
    at = bisect_left(hits, hit.start, key=_start_of)
    if (at == len(hits) or hits[at].start >= hit.end) and (at == 0 or hits[at - 1].end <= hit.start):
        hits.insert(at, hit)


def _start_of(hit: Hit) -> int:
    return hit.start


def _is_redefined(words: str, entry: Entry, meanings: Mapping[str, list[Entry]]) -> bool:
    return words in meanings and entry.concept_id not in {meaning.concept_id for meaning in meanings[words]}


# A short form is defined at its first use or not at all.
_TRIES = 4


def find(doc: Doc, text: str, starts: Sequence[int], known: Set[int]) -> Iterator[tuple[str, int, int]]:
    """Yield (short form, start, end of its long form) for each definition whose short form is used again.

    `known` are the places at which known names start or end: only definitions that touch one are tried.
    `starts` are the character offsets of the doc's tokens. Short forms hold a capital letter and at most ten
    characters, and are no figure or table numbers. Both "long form (SF)" and "SF (long form)" are tried.
    """
    tried: dict[str, int] = {}
    for match in _BRACKET.finditer(text):
        short = _singular(match["short"])
        tried[short] = tried.get(short, 0) + 1
        if tried[short] > _TRIES:
            continue
        touches = match.start("short") in known or match.start() - 1 in known or match.start() in known
        if touches and _is_short_form(short) and (short in _well_known() or text.count(short) > 1):
            bracket = bisect_left(starts, match.start())
            candidate = doc[max(0, bracket - min(_WINDOW_WORDS, len(short) * 2 + 1)) : bracket]
            yield from _define(doc, starts, short, match.start("short"), candidate)
    for match in _LONG_FORM.finditer(text):
        before = _SHORT_BEFORE.search(text, max(0, match.start() - _REACH_SHORT), match.start())
        if before is None:
            continue
        short, at = _singular(before["short"]), before.start()
        touches = at in known or match.start("long") in known or match.end("long") in known
        if touches and _is_short_form(short) and (short in _well_known() or text.count(short) > 1):
            candidate = doc[bisect_left(starts, match.start("long")) : bisect_left(starts, match.end("long"))]
            yield from _define(doc, starts, short, at, candidate)


def _define(doc: Doc, starts: Sequence[int], short: str, at: int, candidate: Span) -> Iterator[tuple[str, int, int]]:
    first = bisect_left(starts, at)
    last = bisect_left(starts, at + len(short))
    if not len(candidate) or first >= last:
        return
    _, long_form = find_abbreviation(candidate, doc[first:last])
    if long_form is not None and len(long_form.text) > len(short):
        yield short, long_form.start_char, long_form.end_char


def _singular(short: str) -> str:
    """Return "TL" for "TLs"."""
    return short[:-1] if len(short) > 2 and short.endswith("s") and short[:-1].isupper() else short


def _is_short_form(text: str) -> bool:
    return any(letter.isupper() for letter in text) and _NO_SHORT_FORM.match(text) is None
