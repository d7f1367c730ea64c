"""What somebody types into the search, and what the full-text indexes are asked for it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from db.pages.abbreviations import long_forms
from db.pages.spelling import spellings
from db.pages.typed_markers import marker_named

MOST_TERMS = 12
LONGEST = 300  # characters of what is typed
SHORTEST_BEGINNING = 4
MOST_BEGINNINGS = 2  # each stands for many words
MOST_OF_PHRASE = 10  # words
_MOST_OF_MARKER = 3  # words, as of "smooth muscle actin"
_TERM = re.compile(
    r"""
    (?P<minus> [-−] (?=[^\s-]) )?
    (?: "(?P<phrase> [^"]{0,300} )"? | (?P<word> [^\s"]{1,300} ) )
    """,
    re.VERBOSE,
)
_RESULTS = ("positive", "negative", "equivocal")
_SIGNS = {"+": "positive", "-": "negative", "−": "negative"}
_SIGNED = re.compile(r"(?P<marker>[^\s+−]{2,40}?)(?P<sign>[+−-])")
_LETTERS_DIGITS = re.compile(r"(?P<letters>[A-Za-z]{1,6})(?P<digits>\d{1,4})")


@dataclass(frozen=True, slots=True)
class Term:
    """A word or phrase that is looked for.

    Attributes
    ----------
    words
        As typed, without quotes, minus or asterisk.
    is_excluded
        What holds it is left out.
    is_beginning
        Words that begin so will do ("sarco*").
    is_or
        It, or the term before it.
    result
        What a stain or test came to ("positive"), where that was typed behind it; "" otherwise.
    """

    words: str
    is_excluded: bool = False
    is_beginning: bool = False
    is_or: bool = False
    result: str = ""

    @property
    def shown(self) -> str:
        """The term as one would type it."""
        words = f'"{self.words}"' if " " in self.words else f"{self.words}{'*' if self.is_beginning else ''}"
        return f"{words} {self.result}".strip()

    @property
    def marker(self) -> str | None:
        """The usual name of the marker of which a result is asked for; None where none is, or the words name no marker."""
        return next(filter(None, map(marker_named, spellings(self.words))), None) if self.result else None

    @property
    def long_forms(self) -> tuple[str, ...]:
        """The tumours for which it is a well-known abbreviation; they are looked for, too."""
        return () if self.is_beginning else long_forms(self.words)


@dataclass(frozen=True, slots=True)
class Terms:
    """All that is looked for, and what of it could not be used, in words ("" where all could)."""

    terms: tuple[Term, ...]
    problem: str = ""

    def for_text(self) -> str:
        """Return the question for the index over the texts; the result of a stain may stand anywhere in them."""
        return _question(self.terms, _asked_of_text)

    def for_facts(self) -> str:
        """Return the question for the index over the facts, where a stain and its result stand together."""
        return _question(self.terms, _asked)

    def results(self) -> tuple[Term, ...]:
        """Return the results of stains that are wanted; none that another word may stand for ("ALK positive OR sarcoma")."""
        groups = _groups(self.terms)
        return tuple(term for group in groups if all(term.marker for term in group) for term in group)

    def for_results(self) -> str:
        """Return the question for the index over the facts that asks for the results of stains alone; "" where none is wanted."""
        return _question(self.results(), _asked)

    def abbreviations(self) -> tuple[Term, ...]:
        """Return the wanted terms that are well-known abbreviations, whose long forms are looked for, too."""
        return tuple(term for term in self.terms if term.long_forms and not term.is_excluded)

    def wanted_alone(self) -> tuple[str, ...]:
        """Return the words that are wanted, each for which no other will do, without result."""
        groups = _groups(self.terms)
        return tuple(term.words for group in groups if len(group) == 1 for term in group if not (term.result or term.is_beginning))

    def for_marks(self) -> str:
        """Return the question for the index over the facts whose words are shown: also the results of a case that has not all words."""
        facts, results = self.for_facts(), self.for_results()
        return f"({facts}) OR ({results})" if results and results != facts else facts

    @property
    def result_words(self) -> str:
        """The results of stains that are wanted, in words: "STAT6 positive and CD34 negative"; "" for none."""
        said = ((" or " if term.is_or else " and ", f"{term.marker} {term.result}") for term in self.results())
        return "".join(part for pair in said for part in pair).removeprefix(" and ")

    def alone(self) -> tuple[Term, ...]:
        """Return the terms that are wanted, each by itself."""
        return tuple(replace(term, is_or=False) for term in self.terms if not term.is_excluded)


def terms_of(typed: str) -> Terms:
    """Return what is looked for; nothing that is typed is an error, and what FTS5 has for operators are words here."""
    problem = ""
    found: list[Term] = []
    pending_or = False
    for token in _TERM.finditer(typed[:LONGEST]):
        if token["word"] == "OR" and not token["minus"] and found:
            pending_or = True
            continue
        for term in _terms(token):
            found = _joined(found, replace(term, is_or=pending_or and not term.is_excluded and not found[-1].is_excluded))
            pending_or = False
    if typed.count('"') % 2:
        problem = "A quote is not closed: all words behind it are taken for one phrase."
    if len(found) > MOST_TERMS or len(typed) > LONGEST:
        problem = f"Only the first {MOST_TERMS} words are looked for."
    found = found[:MOST_TERMS]
    beginnings = [place for place, term in enumerate(found) if term.is_beginning][MOST_BEGINNINGS:]
    if beginnings:
        problem = f"Only the first {MOST_BEGINNINGS} words with an asterisk stand for all that begin so."
        found = [replace(term, is_beginning=False) if place in beginnings else term for place, term in enumerate(found)]
    if found and all(term.is_excluded for term in found):
        return Terms((), "Found only words to leave out; add one to look for.")
    return Terms(tuple(found), problem)


def _terms(token: re.Match[str]) -> Iterator[Term]:
    """Yield the term of a token; none where it has neither letter nor digit."""
    words = token["phrase"] if token["phrase"] is not None else token["word"]
    if not any(sign.isalnum() for sign in words):
        return
    words = " ".join(words.split()[:MOST_OF_PHRASE])
    if token["phrase"] is not None:
        yield Term(words, bool(token["minus"]))
    elif (signed := _SIGNED.fullmatch(words)) and _is_marker(signed["marker"]):
        yield Term(signed["marker"], bool(token["minus"]), result=_SIGNS[signed["sign"]])
    else:
        stem = words.rstrip("*")
        # Words that begin with one or two letters are too many to look up.
        yield Term(stem, bool(token["minus"]), words.endswith("*") and len(stem) >= SHORTEST_BEGINNING)


def _is_marker(word: str) -> bool:
    """Tell whether a word with a sign behind it may be a marker: it has a capital or a number, or is known ("desmin")."""
    return any(sign.isdecimal() or sign.isupper() for sign in word) or marker_named(word) is not None


def _joined(found: list[Term], term: Term) -> list[Term]:
    """Return the terms with one more; a result joins the stain in front of it ("ALK positive")."""
    before = found[-1] if found else None
    if before and term.words.casefold() in _RESULTS and not (term.is_excluded or term.is_or or before.result or before.is_beginning):
        several = _words_of_marker(found)
        before = replace(found[-several], words=" ".join(each.words for each in found[-several:]))
        return [*found[:-several], replace(before, result=term.words.casefold())]
    return [*found, term]


def _words_of_marker(found: Sequence[Term]) -> int:
    """Return how many of the last terms name a marker together ("smooth muscle actin"); 1 where they do not."""
    for several in range(min(_MOST_OF_MARKER, len(found)), 1, -1):
        last = found[-several:]
        is_plain = not any(term.result or term.is_beginning or term.is_excluded or " " in term.words for term in last)
        is_one = not any(term.is_or for term in last[1:])
        if is_plain and is_one and Term(" ".join(term.words for term in last), result="positive").marker:
            return several
    return 1


def _question(terms: Sequence[Term], asked: Callable[[Term], str]) -> str:
    """Return what FTS5 is asked, all words of readers in quotes; "" where there is nothing to look for."""
    left_out = [asked(term) for term in terms if term.is_excluded]
    wanted = " AND ".join(f"({' OR '.join(map(asked, group))})" for group in _groups(terms))
    return f"({wanted}) NOT ({' OR '.join(left_out)})" if wanted and left_out else wanted


def _groups(terms: Iterable[Term]) -> list[list[Term]]:
    """Return the terms that are wanted in groups, of each of which one will do."""
    groups: list[list[Term]] = []
    for term in (term for term in terms if not term.is_excluded):
        if term.is_or and groups:
            groups[-1].append(term)
        else:
            groups.append([term])
    return groups


def _asked(term: Term) -> str:
    """Return a term in FTS5's language, in both spellings, with the ways in which names of stains are written: S-100, S100, S 100."""
    forms = [term.words]
    if "-" in term.words and " " not in term.words:
        forms.append(term.words.replace("-", ""))
    if split := _LETTERS_DIGITS.fullmatch(term.words):
        forms.append(f"{split['letters']} {split['digits']}")
    forms += [*([term.marker] if term.marker else []), *term.long_forms]
    spelt: dict[str, str] = {}
    for form in (form for words in forms for form in spellings(words)):
        spelt.setdefault(form.casefold(), form)
    ending = "*" if term.is_beginning else ""
    asked = [f'"{quoted(f"{form} {term.result}".strip())}"{ending}' for form in spelt.values()]
    return f"({' OR '.join(asked)})" if len(asked) > 1 else asked[0]


def _asked_of_text(term: Term) -> str:
    """Return a term as texts are asked for it: the result of a stain may stand anywhere in them; of an excluded one it does not count."""
    words = _asked(replace(term, result=""))
    return f'({words} AND "{term.result}")' if term.result and not term.is_excluded else words


def quoted(words: str) -> str:
    """Return words as they stand between FTS5's quotes."""
    return words.replace('"', '""').replace("\0", " ")
