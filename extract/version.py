"""Which Casebook read a report: its version, and a fingerprint of all that decides what is read (no spaCy)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import cache
from importlib import metadata
from pathlib import Path

_ROOM = Path(__file__).parent
# What tells in which section a line stands is shared with the readers.
_SHARED = (_ROOM.parent / "corpus" / "sections.py",)
# Libraries whose release may change what is read.
_LIBRARIES = ("spacy", "scispacy")
# Modules of this room that only judge records or tell of them, and read nothing.
_ASIDE = frozenset({"evaluate.py", "telling.py", "version.py"})


@cache
def version() -> str:
    """Return the installed version of Casebook; the system takes some milliseconds to tell it."""
    return metadata.version("casebook")


@cache
def files() -> tuple[tuple[str, str], ...]:
    """Return what decides what is read, sorted: files of code and vocabularies with their SHA-256, libraries with their release."""
    paths = (path for path in (*_ROOM.rglob("*.py"), *(_ROOM / "lexicons").glob("*.csv"), *_SHARED) if path.name not in _ASIDE)
    return tuple(sorted((states(paths) | {name: metadata.version(name) for name in _LIBRARIES}).items()))


@cache
def fingerprint() -> str:
    """Return 16 hex digits that change when code, vocabularies or libraries of the extraction change."""
    return digest(files())[:16]


def states(paths: Iterable[Path]) -> dict[str, str]:
    """Return files of Casebook, named from its folder, with their SHA-256."""
    return {path.relative_to(_ROOM.parent).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def digest(files: Iterable[tuple[str, str]]) -> str:
    """Return the SHA-256, in hex, of files and their states."""
    return hashlib.sha256("".join(f"{name} {state}\n" for name, state in files).encode()).hexdigest()
