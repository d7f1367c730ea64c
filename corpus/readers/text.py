"""Plain text: hard-wrapped lines and page breaks become paragraphs, one a line."""

from __future__ import annotations

import re
from pathlib import Path

from corpus.readers.clean import clean
from corpus.readers.decode import read_text
from corpus.report import Report


def read(path: Path) -> Report:
    """Read a plain text file as a report; its id is the file's name without the ending."""
    return Report(id=path.stem, text=join_lines(read_text(path)), source=str(path))


def join_lines(raw: str) -> str:
    """Turn hard-wrapped text into paragraphs, one a line."""
    blocks = re.split(r"\n[ \t]*\n", clean(raw))
    return "\n\n".join(" ".join(line.strip() for line in b.split("\n")) for b in blocks if b.strip())
