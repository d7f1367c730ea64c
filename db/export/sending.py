"""A file over HTTP: whole, in part (RFC 9110, ranges), or only what is said of it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import BinaryIO

from db.export.manifest import Download

Send = Callable[[dict[str, object]], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

_CHUNK = 1 << 18
# One range only: several at once are allowed to be answered with the whole.
_RANGE = re.compile(r"bytes= (?P<first>[0-9]{0,18}) - (?P<last>[0-9]{0,18})", re.VERBOSE)


def span(asked: str | None, size: int) -> tuple[int, int] | None:
    """Return which bytes a Range header asks for: first and end (exclusive). All of them where it is none that we know.

    None means that it begins behind the end, or asks for the last 0 bytes.
    """
    found = _RANGE.fullmatch(asked) if asked else None
    if found is None or not (found["first"] or found["last"]):
        return 0, size
    if not found["first"]:
        return (max(size - int(found["last"]), 0), size) if int(found["last"]) and size else None
    first, end = int(found["first"]), min(int(found["last"]) + 1 if found["last"] else size, size)
    if found["last"] and int(found["last"]) < first:
        return 0, size  # no range at all, which is to be passed over
    return (first, end) if first < size else None


def is_known(tag: str, headers: Mapping[str, str]) -> bool:
    """Tell whether a request, its headers' names in lower case, says that the reader has what is of that ETag; proxies weaken it."""
    return tag in (known.strip().removeprefix("W/") for known in headers.get("if-none-match", "").split(","))


async def send_file(path: Path, file: Download, method: str, headers: Mapping[str, str], send: Send, seconds: int) -> bool:
    """Answer a GET or HEAD with a file of an export; False where the file there is not that of the manifest, and nothing was sent.

    Parameters
    ----------
    headers
        Those of the request, names in lower case.
    seconds
        How long a cache may keep it without asking; it has an ETag in any case.
    """
    with await asyncio.to_thread(path.open, "rb") as source:
        if source.seek(0, 2) != file.size:
            return False
        tag = f'"{file.sha256}"'
        common = [
            (b"etag", tag.encode()),
            (b"accept-ranges", b"bytes"),
            (b"cache-control", f"public, max-age={seconds}".encode() if seconds else b"no-cache"),
        ]
        if is_known(tag, headers):
            await _answer(send, 304, common)
            return True
        is_of_this = headers.get("if-range", tag) == tag
        wanted = span(headers.get("range") if is_of_this and method == "GET" else None, file.size)
        if wanted is None:
            await _answer(send, 416, [*common, (b"content-range", f"bytes */{file.size}".encode())])
            return True
        await _send_span(source, file, wanted, common, method == "HEAD", send)
    return True


async def _send_span(source: BinaryIO, file: Download, span: tuple[int, int], common: Headers, is_head: bool, send: Send) -> None:
    """Send some bytes of a file, a piece at a time."""
    first, end = span
    is_part = (first, end) != (0, file.size)
    own = [
        (b"content-type", file.media_type.encode()),
        (b"content-length", str(end - first).encode()),
        (b"content-disposition", f'attachment; filename="{file.name.rpartition("/")[2]}"'.encode()),
        *([(b"content-range", f"bytes {first}-{end - 1}/{file.size}".encode())] if is_part else []),
    ]
    if is_head:
        await _answer(send, 200, [*common, *own])
        return
    await send({"type": "http.response.start", "status": 206 if is_part else 200, "headers": [*common, *own]})
    source.seek(first)
    while first < end:
        chunk = await asyncio.to_thread(source.read, min(_CHUNK, end - first))
        if not chunk:
            raise EOFError(f"{file.name}: ended after {first} of {file.size} bytes")  # the server breaks the connection off
        first += len(chunk)
        await send({"type": "http.response.body", "body": chunk, "more_body": first < end})
    if end == 0:
        await send({"type": "http.response.body", "body": b""})


async def _answer(send: Send, status: int, headers: Headers) -> None:
    """Answer without a body."""
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b""})
