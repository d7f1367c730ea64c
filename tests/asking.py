"""The site through Datasette's own client, for tests of pages."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import unescape
from pathlib import Path
from typing import Any

from db import serve

Get = Callable[..., Any]


@contextmanager
def asking(database: Path, *, follows_redirects: bool = True) -> Iterator[Get]:
    """Yield what asks the site for a page."""
    datasette = serve.make_datasette(database)
    loop = asyncio.new_event_loop()
    loop.run_until_complete(datasette.invoke_startup())
    yield lambda path: loop.run_until_complete(datasette.client.get(path, follow_redirects=follows_redirects))
    loop.close()


def words(html: str) -> str:
    """Return the words of a page without its tags."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())
