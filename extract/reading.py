"""A report as the pipeline holds it: sentences with their place and subject, and what the lexicons found."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

from corpus.report import Report
from extract.lexicon import Entry

Layer = TypeVar("Layer")


@dataclass(slots=True, unsafe_hash=True)
class Sentence:
    """One sentence. `start`/`end` are offsets in the report's text; `section` is a name of `sections`.

    Never changed; not frozen for the same reason as `Mention`.

    `lower` is the text in lower case, letter for letter.

    `subject` says of whom the sentence speaks: patient, literature or general; `patient` is the label
    of the authors' patient that it belongs to ("1" in a report on one).
    """

    index: int
    start: int
    end: int
    text: str
    lower: str
    section: str
    subject: str = "patient"
    patient: str = "1"
    is_heading: bool = False


class Hit(NamedTuple):
    """A variant of a lexicon, found in the text. A tuple, since a report has thousands."""

    entry: Entry
    start: int
    end: int
    sentence: int

    @property
    def id(self) -> str:
        """The concept's id."""
        return self.entry.concept_id


@dataclass(slots=True, unsafe_hash=True)
class Mention:
    """A span that says something of a field: what it says, whether it is so, and of whom.

    Never changed; not frozen all the same, since a report has many and a frozen one takes three times as long to make.
    """

    field: str
    start: int
    end: int
    sentence: Sentence
    value: object
    assertion: str = "present"  # present, absent, possible, planned
    subject: str = "patient"  # patient, literature, family, general


class Finding(NamedTuple):
    """A fact of a case with the mentions that prove it."""

    value: object
    proof: tuple[Mention, ...]


class Resolution(NamedTuple):
    """What a field makes of one patient's mentions.

    `one` holds single values by the name of the case's field, `many` repeating facts, `passed` the
    mentions that were passed over, with the reason.
    """

    one: Mapping[str, Finding]
    many: Mapping[str, Sequence[Finding]]
    passed: tuple[tuple[Mention, str], ...] = ()


NOTHING = Resolution({}, {})


@dataclass(frozen=True, slots=True)
class Reading:
    """A report read once: everything that the fields look at.

    `layers` holds what several fields need and one of them made (`layer`), such as the timeline.
    """

    report: Report
    sentences: tuple[Sentence, ...]
    starts: tuple[int, ...]
    hits: Mapping[str, Sequence[Hit]]
    by_sentence: Mapping[str, Mapping[int, Sequence[Hit]]]  # by the lexicon's name, then by the sentence's index
    layers: dict[Callable[[Reading], Any], Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def text(self) -> str:
        """The report's text."""
        return self.report.text

    def sentence_at(self, offset: int) -> Sentence:
        """Return the sentence that holds an offset (the one before it, for an offset between two)."""
        return self.sentences[max(0, bisect_right(self.starts, offset) - 1)]

    def layer(self, make: Callable[[Reading], Layer]) -> Layer:
        """Return what a function makes of this reading; it is called once."""
        if make not in self.layers:
            self.layers[make] = make(self)
        made: Layer = self.layers[make]
        return made

    def hits_in(self, lexicon: str, sentence: Sentence) -> Sequence[Hit]:
        """Return the hits of a lexicon in a sentence, in order."""
        return self.by_sentence[lexicon].get(sentence.index, ())

    def told(self) -> Iterator[Sentence]:
        """Yield the sentences that tell of the authors' patients."""
        return (sentence for sentence in self.sentences if sentence.subject == "patient")


def holds_any(words: str, cues: Sequence[str]) -> bool:
    """Return whether one of the cues stands in the words: the cheap test before a regex. A plain loop is twice as fast as `any`."""
    for cue in cues:  # noqa: SIM110
        if cue in words:
            return True
    return False


def clause_before(sentence: Sentence, offset: int, reach: int) -> str:
    """Return what stands before an offset in its clause, at most `reach` characters: after the last stop or semicolon."""
    end = offset - sentence.start
    words = sentence.text[end - reach if end > reach else 0 : end]
    cut, stop = words.rfind(";"), words.rfind(". ")
    if cut < stop:
        cut = stop
    return words[cut + 1 :] if cut >= 0 else words
