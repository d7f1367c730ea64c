"""Every vocabulary matched in one pass of spaCy's PhraseMatcher over the tokens' normal forms."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

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
    """A PhraseMatcher over the entries of all lexicons.

    `entries` are by the matcher's keys, with their rank, the number of their lexicon among `names`, and whether a
    place is looked at once more, for its case.
    """

    phrases: PhraseMatcher
    entries: Mapping[int, tuple[int, Entry, int, bool]]
    names: tuple[str, ...]


def build(nlp: Language, names: Iterable[str]) -> Matcher:
    """Return a matcher for the lexicons of these names. A phrase that is in two lexicons is found for both.

    Raises LexiconError where a lexicon's file is faulty.
    """
    phrases = PhraseMatcher(nlp.vocab, attr="NORM")
    entries: dict[int, tuple[int, Entry, int, bool]] = {}
    names = tuple(names)
    for rank, entry in enumerate(entry for name in names for entry in lexicon.load(name)):
        docs = [doc for variant in lexicon.alternations(entry.variant) if len(doc := nlp.make_doc(variant))]
        key = f"{KEY_MARK}{rank}"
        phrases.add(key, docs)
        is_checked = entry.is_cased or entry.lexicon in _EXACT
        entries[nlp.vocab.strings[key]] = (rank, entry, names.index(entry.lexicon), is_checked)
    return Matcher(phrases, entries, names)


def find(
    matcher: Matcher, doc: Doc, text: str, tokens: tuple[Sequence[int], Sequence[int]], begins: Sequence[int], ends: Sequence[int]
) -> dict[str, list[Hit]]:
    """Return the hits by lexicon, in order, the longest where they overlap within one lexicon.

    `tokens` are the starts and lengths of the doc's tokens, in characters (asking the tokens is slow),
    `begins` and `ends` where the sentences begin and end. What stands in none of them (the words of a heading before
    its text, "Diagnoses: ...") is no hit.
    """
    starts, lengths = tokens
    entries = matcher.entries
    new = tuple.__new__  # of a named tuple: half the time of its own constructor, and a report has hundreds
    found: list[list[Hit]] = [[] for _ in matcher.names]
    taken = [0] * len(found)  # where the last hit of each lexicon ends
    sentence, after = -1, [*begins, len(text) + 1]
    stop, close = after[0], -1  # where the next sentence begins, and where this one ends
    matches = sorted([(first, -last, entries[key]) for key, first, last in matcher.phrases(doc)])
    for first, negative_last, (_, entry, number, is_checked) in matches:
        start = starts[first]
        # Of two that overlap ("renal cell", "cell carcinoma") the one that started first stands, then the longer.
        if start < taken[number]:
            continue
        last = -negative_last - 1
        end = starts[last] + lengths[last]
        if is_checked and not _is_printed_so(text[start:end], entry):
            continue
        while start >= stop:
            sentence += 1
            stop, close = after[sentence + 1], ends[sentence]
        if end > close:
            continue  # half in one sentence, half in the next, or in none
        found[number].append(new(Hit, (entry, start, end, sentence)))
        taken[number] = end
    return dict(zip(matcher.names, found, strict=True))


def _is_printed_so(words: str, entry: Entry) -> bool:
    """Return whether words are printed as an entry wants it, whose case or ending tells."""
    if entry.is_cased and not _same_case(words, entry.variant):
        return False
    return entry.lexicon not in _EXACT or words.lower() == entry.variant


_NO_LETTER = re.compile(r"[\W_]+")


@lru_cache(maxsize=10_000)
def _same_case(words: str, variant: str) -> bool:
    """Return whether the words are the variant in its own case, hyphens, spaces and a plural s aside."""
    squeezed, wanted = _NO_LETTER.sub("", words), _NO_LETTER.sub("", variant)
    return squeezed in (wanted, wanted + "s")
