"""What versions hold, as JSON: each content is kept once, however often it was read."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import zlib
from typing import Any

from db.query import one


def put(past: sqlite3.Connection, text: str) -> int:
    """Return the key of a content (JSON), entered if it is not there."""
    data = text.encode()
    digest = hashlib.sha256(data).digest()
    if found := one(past, "select content_key from content where sha256 = ?", digest):
        return int(found["content_key"])
    key = past.execute("insert into content (sha256, data) values (?, ?)", (digest, zlib.compress(data, 9))).lastrowid
    assert key is not None
    return key


def get(past: sqlite3.Connection, key: int | None) -> dict[str, Any]:
    """Return a content as JSON gives it; {} for None."""
    if key is None:
        return {}
    data = past.execute("select data from content where content_key = ?", (key,)).fetchone()[0]
    found: dict[str, Any] = json.loads(zlib.decompress(data))
    return found
