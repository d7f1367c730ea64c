"""What pages say of an answer to their form that is none of the words to choose from."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from db.pages.links import Links
from db.pages.spelling import american
from db.publish import Query

# A stranger may write anything into an address; so many characters tell what was meant.
LONGEST = 80


_NO_LETTERS = re.compile(r"[\W_]+")
_CLOSE = 0.8
_SHOWN = re.compile(r"; shown: [^.]{0,200}\.")


@dataclass(frozen=True, slots=True)
class NotListed:
    """An answer to the form of a question that is none of the words to choose from.

    Attributes
    ----------
    what, answer
        What was asked ("marker"), and the answer between quotation marks.
    meant, url
        The word that was probably meant, None for none, and the address that asks for it.
    """

    what: str
    answer: str
    meant: str | None
    url: str


def quoted(answer: str) -> str:
    """Return the beginning of an answer, between quotation marks."""
    return f"“{answer[:LONGEST]}”"


def not_asked(what: str, given: Iterable[str], known: Sequence[str]) -> str:
    """Return the sentence on the first name in an address that is none of those known, "" for none; Datasette's own begin with "_"."""
    name = next((name for name in given if name not in known and not name.startswith("_")), None)
    return "" if name is None else f"{what} asks for no {quoted(name)}, but for {', '.join(known) or 'nothing'}."


def not_taken(sentence: str) -> str:
    """Return the sentence on an unknown answer without what is shown in its place, where nothing is."""
    return _SHOWN.sub(".", sentence)


def not_here(what: str, answer: str, shown: str) -> str:
    """Return the sentence that an answer is not known, and what is shown in its place: "No outcome here is called “zebra”; ..."."""
    return f"No {what} here is called {quoted(answer)}; shown: {shown}."


def meant(answer: str, listed: Iterable[str]) -> str | None:
    """Return the word of a list that an answer says: but for case, hyphens and spelling, or as its beginning, or nearly; None for none."""
    names = {_plain(name): name for name in listed}
    plain = _plain(answer[:LONGEST])
    if plain in names or not plain:
        return names.get(plain)
    begun = (names[name] for name in sorted(names, key=len) if name.startswith(plain))
    near = (names[name] for name in difflib.get_close_matches(plain, names, 1, _CLOSE))
    return next(begun, next(near, None))


def _plain(name: str) -> str:
    return _NO_LETTERS.sub("", american(name.casefold()))


def not_listed(query: Query, choices: Mapping[str, Sequence[str]], asked: Mapping[str, Any], links: Links) -> Iterator[NotListed]:
    """Yield what the form of a question was asked that is none of the words to choose from."""
    given = {parameter.name: asked[parameter.name].strip() for parameter in query.parameters if asked.get(parameter.name)}
    for parameter in query.parameters:
        listed, answer = choices[parameter.name], given.get(parameter.name)
        if answer and listed and answer not in listed:
            likely = meant(answer, listed)
            url = links.query(query.name, {**given, parameter.name: likely or ""})
            yield NotListed(parameter.label.lower(), quoted(answer), likely, url)
