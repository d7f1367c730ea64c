"""What somebody types into the search, and what the full-text indexes are asked for it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

MOST_TERMS = 12
LONGEST = 300  # characters of what is typed
SHORTEST_BEGINNING = 4
MOST_BEGINNINGS = 2  # each stands for many words
MOST_OF_PHRASE = 10  # words
_TERM = re.compile(
    r"""
    (?P<minus> [-−] (?=[^\s-]) )?
    (?: "(?P<phrase> [^"]{0,300} )"? | (?P<word> [^\s"]{1,300} ) )
    """,
    re.VERBOSE,
)
_RESULTS = ("positive", "negative", "equivocal")
_SIGNS = {"+": "positive", "-": "negative", "−": "negative"}
_SIGNED = re.compile(r"(?P<marker>(?=[^\s]*[A-Z0-9])[^\s+−]{2,40}?)(?P<sign>[+−-])")
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
        words = f"{self.words} {self.result}".strip()
        return f'"{words}"' if " " in self.words else f"{words}{'*' if self.is_beginning else ''}"


@dataclass(frozen=True, slots=True)
class Terms:
    """All that is looked for, and what of it could not be used, in words ("" where all could)."""

    terms: tuple[Term, ...]
    problem: str = ""

    def for_text(self) -> str:
        """Return the question for the index over the texts; the result of a stain may stand anywhere in them."""
        return _question([part for term in self.terms for part in (replace(term, result=""), *_result(term))])

    def for_facts(self) -> str:
        """Return the question for the index over the facts, where a stain and its result stand together."""
        return _question(self.terms)

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
    elif signed := _SIGNED.fullmatch(words):
        yield Term(signed["marker"], bool(token["minus"]), result=_SIGNS[signed["sign"]])
    else:
        stem = words.rstrip("*")
        # Words that begin with one or two letters are too many to look up.
        yield Term(stem, bool(token["minus"]), words.endswith("*") and len(stem) >= SHORTEST_BEGINNING)


def _joined(found: list[Term], term: Term) -> list[Term]:
    """Return the terms with one more; a result joins the stain in front of it ("ALK positive")."""
    before = found[-1] if found else None
    if before and term.words.casefold() in _RESULTS and not (term.is_excluded or term.is_or or before.result or before.is_beginning):
        return [*found[:-1], replace(before, result=term.words.casefold())]
    return [*found, term]


def _result(term: Term) -> tuple[Term, ...]:
    """Return the result of a stain as a term of its own; of an excluded one it is not left out by itself."""
    return (Term(term.result),) if term.result and not term.is_excluded else ()


def _question(terms: Sequence[Term]) -> str:
    """Return what FTS5 is asked, all words of readers in quotes; "" where there is nothing to look for."""
    groups: list[list[str]] = []
    left_out = []
    for term in terms:
        if term.is_excluded:
            left_out.append(_asked(term))
        elif term.is_or and groups:
            groups[-1].append(_asked(term))
        else:
            groups.append([_asked(term)])
    wanted = " AND ".join(f"({' OR '.join(group)})" for group in groups)
    return f"({wanted}) NOT ({' OR '.join(left_out)})" if wanted and left_out else wanted


def _asked(term: Term) -> str:
    """Return a term in FTS5's language, with the ways in which names of stains are written: S-100, S100, S 100."""
    forms = [term.words]
    if "-" in term.words and " " not in term.words:
        forms.append(term.words.replace("-", ""))
    if split := _LETTERS_DIGITS.fullmatch(term.words):
        forms.append(f"{split['letters']} {split['digits']}")
    asked = [f'"{quoted(f"{form} {term.result}".strip())}"{"*" if term.is_beginning else ""}' for form in forms]
    return f"({' OR '.join(asked)})" if len(asked) > 1 else asked[0]


def quoted(words: str) -> str:
    """Return words as they stand between FTS5's quotes."""
    return words.replace('"', '""').replace("\0", " ")
