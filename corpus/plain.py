"""How names and paths are said to people: whole, in one line, and short."""

from __future__ import annotations

import os
from pathlib import Path


def plain(message: str) -> str:
    """Return a message as one line, whatever line ends or control characters a file's name brings along."""
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in message)


def from_here(path: Path) -> str:
    """Return a path as short as it can be said from here."""
    relative = os.path.relpath(path)
    return str(path) if relative.startswith("..") else relative
