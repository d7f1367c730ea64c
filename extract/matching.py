"""Every vocabulary matched in one pass of spaCy's PhraseMatcher over the tokens' normal forms."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from spacy.language import Language
from spacy.matcher import PhraseMatcher
from spacy.tokens import Doc

from extract import lexicon
from extract.language import KEY_MARK
from extract.lexicon import Entry


# Vocabularies in which singular and plural differ: "the patient with" is ours, "patients with" are others.
_EXACT = frozenset({"subject"})


@dataclass(frozen=True, slots=True)
class Matcher:
    """A PhraseMatcher over the entries of all lexicons; `entries` by the matcher's keys, with their rank."""

    phrases: PhraseMatcher
    entries: Mapping[int, tuple[int, Entry]]


class Match(NamedTuple):
    """An entry found at character offsets."""

    entry: Entry
    start: int
    end: int


def build(nlp: Language, names: Iterable[str]) -> Matcher:
    """Return a matcher for the lexicons of these names. A phrase that is in two lexicons is found for both.

    Raises LexiconError where a lexicon's file is faulty.
    """
    phrases = PhraseMatcher(nlp.vocab, attr="NORM")
    entries: dict[int, tuple[int, Entry]] = {}
    for rank, entry in enumerate(entry for name in names for entry in lexicon.load(name)):
        docs = [doc for variant in lexicon.alternations(entry.variant) if len(doc := nlp.make_doc(variant))]
        key = f"{KEY_MARK}{rank}"
        phrases.add(key, docs)
        entries[nlp.vocab.strings[key]] = (rank, entry)
    return Matcher(phrases, entries)


def find(matcher: Matcher, doc: Doc, text: str, starts: Sequence[int], lengths: Sequence[int]) -> dict[str, list[Match]]:
    """Return the matches by lexicon, in order, the longest where they overlap within one lexicon.

    `starts` and `lengths` are those of the doc's tokens, in characters; asking the tokens is slow.
    """
    found: dict[str, list[Match]] = defaultdict(list)
    entries = matcher.entries
    for first, negative_last, (_, entry) in sorted((first, -last, entries[key]) for key, first, last in matcher.phrases(doc)):
        start, last = starts[first], -negative_last - 1
        matches = found[entry.lexicon]
        # Of two that overlap ("renal cell", "cell carcinoma") the one that started first stands, then the longer.
        if matches and start < matches[-1].end:
            continue
        end = starts[last] + lengths[last]
        if entry.is_cased and not _same_case(text[start:end], entry.variant):
            continue
        if entry.lexicon in _EXACT and text[start:end].lower() != entry.variant:
            continue
        matches.append(Match(entry, start, end))
    return found


_NO_LETTER = re.compile(r"[\W_]+")


def _same_case(words: str, variant: str) -> bool:
    """Return whether the words are the variant in its own case, hyphens, spaces and a plural s aside."""
    squeezed, wanted = _NO_LETTER.sub("", words), _NO_LETTER.sub("", variant)
    return squeezed in (wanted, wanted + "s")
