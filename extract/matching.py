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
from extract.lexicon import Entry


# Vocabularies in which singular and plural differ: "the patient with" is ours, "patients with" are others.
_EXACT = frozenset({"subject"})


@dataclass(frozen=True, slots=True)
class Matcher:
    """A PhraseMatcher over the entries of all lexicons; `entries` by the matcher's keys."""

    phrases: PhraseMatcher
    entries: Mapping[int, tuple[Entry, ...]]


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
    entries: dict[int, list[Entry]] = defaultdict(list)
    for name in names:
        for entry in lexicon.load(name):
            for variant in lexicon.alternations(entry.variant):
                doc = nlp.make_doc(variant)
                if not len(doc):
                    continue
                key = "\t".join(token.norm_ for token in doc)
                phrases.add(key, [doc])
                known = entries[nlp.vocab.strings[key]]
                if name in _EXACT or not any(other.lexicon == name and other.is_cased == entry.is_cased for other in known):
                    known.append(entry)
    return Matcher(phrases, {key: tuple(found) for key, found in entries.items()})


def find(matcher: Matcher, doc: Doc, text: str, starts: Sequence[int], lengths: Sequence[int]) -> dict[str, list[Match]]:
    """Return the matches by lexicon, in order, the longest where they overlap within one lexicon.

    `starts` and `lengths` are those of the doc's tokens, in characters; asking the tokens is slow.
    """
    found: dict[str, list[Match]] = defaultdict(list)
    for key, first, last in sorted(matcher.phrases(doc), key=_by_place):
        start = starts[first]
        end = starts[last - 1] + lengths[last - 1]
        for entry in matcher.entries[key]:
            if entry.is_cased and not _same_case(text[start:end], entry.variant):
                continue
            if entry.lexicon in _EXACT and text[start:end].lower() != entry.variant:
                continue
            matches = found[entry.lexicon]
            if matches and end <= matches[-1].end:
                continue
            if matches and start < matches[-1].end:
                # An overlap ("renal cell" / "cell carcinoma"): the one that started first stands.
                continue
            matches.append(Match(entry, start, end))
    return found


def _by_place(match: tuple[int, int, int]) -> tuple[int, int]:
    return match[1], -match[2]


_NO_LETTER = re.compile(r"[\W_]+")


def _same_case(words: str, variant: str) -> bool:
    """Return whether the words are the variant in its own case, hyphens, spaces and a plural s aside."""
    squeezed, wanted = _NO_LETTER.sub("", words), _NO_LETTER.sub("", variant)
    return squeezed in (wanted, wanted + "s")
