"""Every vocabulary matched in one pass of spaCy's PhraseMatcher over the tokens' normal forms."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from spacy.language import Language
from spacy.matcher import PhraseMatcher
from spacy.tokens import Doc

from extract import lexicon
from extract.language import KEY_MARK
from extract.lexicon import Entry
from extract.reading import Hit

# Vocabularies in which singular and plural differ: "the patient with" is ours, "patients with" are others.
_EXACT = frozenset({"subject"})


@dataclass(frozen=True, slots=True)
class Matcher:
    """A PhraseMatcher over the entries of all lexicons; `entries` by the matcher's keys, with their rank."""

    phrases: PhraseMatcher
    entries: Mapping[int, tuple[int, Entry]]
    names: tuple[str, ...]


def build(nlp: Language, names: Iterable[str]) -> Matcher:
    """Return a matcher for the lexicons of these names. A phrase that is in two lexicons is found for both.

    Raises LexiconError where a lexicon's file is faulty.
    """
    phrases = PhraseMatcher(nlp.vocab, attr="NORM")
    entries: dict[int, tuple[int, Entry]] = {}
    names = tuple(names)
    for rank, entry in enumerate(entry for name in names for entry in lexicon.load(name)):
        docs = [doc for variant in lexicon.alternations(entry.variant) if len(doc := nlp.make_doc(variant))]
        key = f"{KEY_MARK}{rank}"
        phrases.add(key, docs)
        entries[nlp.vocab.strings[key]] = (rank, entry)
    return Matcher(phrases, entries, names)


def find(matcher: Matcher, doc: Doc, text: str, tokens: tuple[Sequence[int], Sequence[int]], begins: Sequence[int]) -> dict[str, list[Hit]]:
    """Return the hits by lexicon, in order, the longest where they overlap within one lexicon.

    `tokens` are the starts and lengths of the doc's tokens, in characters (asking the tokens is slow),
    `begins` the starts of the sentences.
    """
    starts, lengths = tokens
    entries = matcher.entries
    found: dict[str, list[Hit]] = {name: [] for name in matcher.names}
    sentence, after = -1, [*begins, len(text) + 1]
    for first, negative_last, (_, entry) in sorted([(first, -last, entries[key]) for key, first, last in matcher.phrases(doc)]):
        start = starts[first]
        hits = found[entry.lexicon]
        # Of two that overlap ("renal cell", "cell carcinoma") the one that started first stands, then the longer.
        if hits and start < hits[-1].end:
            continue
        last = -negative_last - 1
        end = starts[last] + lengths[last]
        if entry.is_cased and not _same_case(text[start:end], entry.variant):
            continue
        if entry.lexicon in _EXACT and text[start:end].lower() != entry.variant:
            continue
        while start >= after[sentence + 1]:
            sentence += 1
        if end > after[sentence + 1]:
            continue  # half in one sentence, half in the next
        hits.append(Hit(entry, start, end, sentence))
    return found


_NO_LETTER = re.compile(r"[\W_]+")


def _same_case(words: str, variant: str) -> bool:
    """Return whether the words are the variant in its own case, hyphens, spaces and a plural s aside."""
    squeezed, wanted = _NO_LETTER.sub("", words), _NO_LETTER.sub("", variant)
    return squeezed in (wanted, wanted + "s")
