"""Sentences with the expected answer written into them, as a clinician can read and add them.

    She received <radiotherapy total_dose_gy=60 fractions=30>60 Gy in 30 fractions</radiotherapy>.
    Cisplatin was planned but refused.

A tag names a field of the record; its attributes are compared with the fact (`value=` for a plain value), and
evidence of the fact must overlap the tagged words. A tag may be given twice for one fact (two pieces of
evidence). What is not tagged must not be found: a line without a tag yields nothing for the file's fields.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

_TAG = re.compile(r"<(?P<close>/)?(?P<field>[a-z_0-9]{2,30})(?P<attributes>(?:\s+[a-z_0-9]+=(?:\"[^\"]*\"|[^\s>\"]+))*)\s*>")
_ATTRIBUTE = re.compile(r"([a-z_0-9]+)=(?:\"([^\"]*)\"|([^\s>\"]+))")


class ExampleError(ValueError):
    """An example that is not well formed: an unknown, unclosed or badly nested tag."""


@dataclass(frozen=True)
class Expected:
    """A fact that must be found: its field, the attributes that it must have, and where its words stand."""

    field: str
    attributes: tuple[tuple[str, str], ...]
    start: int
    end: int


@dataclass(frozen=True)
class Example:
    """One line of an examples file: the text without tags, and the facts that stand in it."""

    place: str
    text: str
    expected: tuple[Expected, ...]


def parse(line: str, place: str, fields: tuple[str, ...]) -> Example:
    """Return the example of a line. Raises ExampleError for a broken tag; "<5%" and "p<0.001" are no tags."""
    text, expected, opened, last = "", [], None, 0
    for tag in _TAG.finditer(line):
        text += line[last : tag.start()]
        last = tag.end()
        if tag["field"] not in fields:
            raise ExampleError(f"{place}: found <{tag['field']}>, wanted one of {', '.join(fields)}")
        if tag["close"]:
            if opened is None or opened[0] != tag["field"]:
                raise ExampleError(f"{place}: found </{tag['field']}> without its opening tag")
            expected.append(Expected(opened[0], opened[1], opened[2], len(text)))
            opened = None
        else:
            if opened is not None:
                raise ExampleError(f"{place}: found <{tag['field']}> inside <{opened[0]}>")
            attributes = tuple((name, quoted or bare) for name, quoted, bare in _ATTRIBUTE.findall(tag["attributes"]))
            opened = (tag["field"], attributes, len(text))
    if opened is not None:
        raise ExampleError(f"{place}: <{opened[0]}> is not closed")
    text += line[last:]
    broken = re.search(r"</?[a-z_]{3,}", text)
    if broken:
        raise ExampleError(f"{place}: found {broken.group()!r}, wanted a whole tag")
    return Example(place, text, tuple(expected))


def load(path: Path, fields: tuple[str, ...]) -> list[Example]:
    """Return the examples of a file; empty lines and lines that start with # are comments."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [
        parse(line, f"{path.name}:{number}", fields)
        for number, line in enumerate(lines, start=1)
        if line.strip() and not line.startswith("#")
    ]
