"""Datasette hooks: what a stranger's query or page may use up, and what a browser may load."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
import sqlite3
import threading
from collections.abc import Awaitable, Callable, MutableMapping
from functools import cache
from pathlib import Path
from typing import Any

import datasette as datasette_package

from db.hooks import hook

# One SQL function may build a value of any size in no time that Datasette counts: zeroblob(900000000).
LIMITS = (
    (sqlite3.SQLITE_LIMIT_LENGTH, 5_000_000),
    (sqlite3.SQLITE_LIMIT_SQL_LENGTH, 20_000),
    (sqlite3.SQLITE_LIMIT_COMPOUND_SELECT, 20),
    (sqlite3.SQLITE_LIMIT_EXPR_DEPTH, 100),
    (sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 200),
    (sqlite3.SQLITE_LIMIT_ATTACHED, 0),
)
HEAP_LIMIT_BYTES = 512_000_000

# Pages of Datasette's own that show paths and threads of this machine.
CLOSED = re.compile(r"/-/(?:threads|databases|plugins|metadata|allow-debug|permissions|messages)(?:\.json)?/?")

_SCRIPT = re.compile(r"<script>(?P<code>.*?)</script>", re.DOTALL)

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


@hook
def prepare_connection(conn: sqlite3.Connection) -> None:
    """Bound what one query may build."""
    for limit, value in LIMITS:
        conn.setlimit(limit, value)
    conn.execute(f"pragma hard_heap_limit = {HEAP_LIMIT_BYTES}")


_LONGEST_START_S = 60


@hook
def startup(datasette: Any) -> Callable[[], Awaitable[None]]:
    """Let each thread open the files now; one that came later might find that another database had taken a file's place."""

    async def open_all() -> None:
        n_threads = datasette.setting("num_sql_threads")
        for database in datasette.databases.values():
            all_there = threading.Barrier(max(n_threads, 1))
            waiting = (database.execute_fn(lambda _, gate=all_there: gate.wait(_LONGEST_START_S)) for _ in range(n_threads))
            await asyncio.gather(*waiting)

    return open_all


@hook
def asgi_wrapper(datasette: Any) -> Callable[[App], App]:
    """Refuse what is closed and add the security headers to every answer."""
    base = datasette.setting("base_url").rstrip("/")

    def wrap(app: App) -> App:
        async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http":
                await app(scope, receive, send)
                return

            async def send_with_headers(event: Any) -> None:
                if event["type"] == "http.response.start":
                    own = list(event.get("headers", []))
                    names = {name.lower() for name, _ in own}
                    event = {**event, "headers": own + [pair for pair in _headers() if pair[0] not in names]}
                await send(event)

            path = scope["path"]
            raw = scope.get("raw_path") or path.encode()
            if CLOSED.fullmatch(path.removeprefix(base)) or raw[:2] in (b"//", rb"/\\"[:2]):
                await _refuse(send_with_headers)
            else:
                await app(scope, receive, send_with_headers)

        return guarded

    return wrap


async def _refuse(send: Send) -> None:
    """Answer 404 in plain text."""
    await send(
        {
            "type": "http.response.start",
            "status": 404,
            "headers": [(b"content-type", b"text/plain; charset=utf-8")],
        }
    )
    await send({"type": "http.response.body", "body": b"Not found\n"})


@cache
def _headers() -> tuple[tuple[bytes, bytes], ...]:
    """Return the security headers of every answer."""
    policy = (
        "default-src 'none'; "
        f"script-src 'self' {' '.join(script_hashes())}; "
        "style-src 'self'; "
        "img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    )
    return (
        (b"content-security-policy", policy.encode()),
        (b"x-content-type-options", b"nosniff"),
        (b"x-frame-options", b"DENY"),
        (b"referrer-policy", b"same-origin"),
        (b"cross-origin-opener-policy", b"same-origin"),
        (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
    )


@cache
def script_hashes() -> tuple[str, ...]:
    """Return the CSP sources of the inline scripts in Datasette's own templates; ours have none."""
    templates = Path(datasette_package.__file__).parent / "templates"
    codes = set()
    for path in sorted(templates.glob("*.html")):
        for script in _SCRIPT.finditer(path.read_text(encoding="utf-8")):
            for allowed in ("true", "false"):
                codes.add(script["code"].replace("{{ datasette_allow_facet }}", allowed))
    # A script with any other template expression in it has no constant hash and stays forbidden.
    constant = sorted(code for code in codes if "{{" not in code and "{%" not in code)
    return tuple(f"'sha256-{base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()}'" for code in constant)
