"""Which Casebook read a report: its version, and a fingerprint of all that decides what is read (no spaCy)."""

from __future__ import annotations

import hashlib
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


def version() -> str:
    """Return the installed version of Casebook."""
    return metadata.version("casebook")


@cache
def fingerprint() -> str:
    """Return 16 hex digits that change when code, vocabularies or libraries of the extraction change."""
    digest = hashlib.sha256()
    for name in _LIBRARIES:
        digest.update(f"{name} {metadata.version(name)}".encode())
    for path in sorted([*_ROOM.rglob("*.py"), *(_ROOM / "lexicons").glob("*.csv"), *_SHARED]):
        if path.name not in _ASIDE:
            digest.update(path.relative_to(_ROOM.parent).as_posix().encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
