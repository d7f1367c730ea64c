"""The page on the API: what the site gives to programs, within which limits, with examples that the tests run."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from datasette.utils import tilde_encode

from db import publish
from db.guard.bounds import Bounds
from db.pages.whole_answer import MOST_ROWS
from db.publish import Query

EXAMPLES = Path(__file__).parent.parent / "site" / "examples"
# As the examples call the database; they are shown with the name of the one that is served.
_DATABASE = re.compile(r"/casebook(?=[/.])")
LANGUAGES = ((".sh", "curl"), (".py", "Python"), (".R", "R"))


@dataclass(frozen=True, slots=True)
class Example:
    """An example: its file's name, the language, and the program as it runs against a database named casebook."""

    name: str
    language: str
    code: str

    def of(self, database: str) -> str:
        """Return the program as it asks a database of another name."""
        return _DATABASE.sub(f"/{tilde_encode(database)}", self.code)


@dataclass(frozen=True, slots=True)
class PageData:
    """Addresses of data that pages of the site draw or list, with what they may be asked."""

    label: str
    address: str
    parameters: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ApiPage:
    """All that the page shows; `limits` are Datasette's settings by name, `bounds` those of a public site, `most_rows` those of a file."""

    examples: tuple[Example, ...]
    queries: tuple[Query, ...]
    served: tuple[PageData, ...]
    limits: dict[str, int | bool | str]
    bounds: Bounds
    most_rows: int


@cache
def examples() -> tuple[Example, ...]:
    """Read the examples from their files, by language and name."""
    paths = sorted(path for path in EXAMPLES.iterdir() if path.suffix in dict(LANGUAGES))
    return tuple(
        Example(path.name, language, path.read_text(encoding="utf-8"))
        for ending, language in LANGUAGES
        for path in paths
        if path.suffix == ending
    )


def api_page(served: tuple[PageData, ...]) -> ApiPage:
    """Return what the page shows; `served` are the pages of the site that have data."""
    return ApiPage(examples(), publish.queries(), served, publish.settings(public=True), Bounds(), MOST_ROWS)
