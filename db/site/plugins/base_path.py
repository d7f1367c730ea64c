"""Datasette hook: the site below a base path, behind a proxy that serves other things beside it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from db.hooks import hook

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


@hook
def asgi_wrapper(datasette: Any) -> Callable[[App], App]:
    """Take the base path off each address before Datasette sees it.

    Datasette 0.65 puts it before addresses that it makes out of the request's, which begin with it already: links of facets and
    exports would have it twice. Its one redirect that is made of the request's address (of a slash too many) gets it back here.
    """
    base: str = datasette.setting("base_url")

    def wrap(app: App) -> App:
        async def below_base(scope: Scope, receive: Receive, send: Send) -> None:
            async def send_below(event: Any) -> None:
                if event["type"] == "http.response.start":
                    event = {**event, "headers": [(name, _below(base, name, value)) for name, value in event.get("headers", [])]}
                await send(event)

            await app(_stripped(scope, base), receive, send_below)

        return app if base == "/" else below_base

    return wrap


def _stripped(scope: Scope, base: str) -> Scope:
    """Return a request without the base path; one that comes without it, from a proxy that takes it off, stays as it is."""
    if scope["type"] != "http" or not scope["path"].startswith(base):
        return scope
    stripped = {**scope, "path": scope["path"].removeprefix(base[:-1])}
    if raw := scope.get("raw_path"):
        stripped["raw_path"] = raw.removeprefix(base[:-1].encode())
    return stripped


def _below(base: str, name: bytes, value: bytes) -> bytes:
    """Return a header's value; a redirect to an address of this host leads below the base path."""
    is_own = name.lower() == b"location" and value.startswith(b"/") and not value.startswith(b"//")
    return base[:-1].encode() + value if is_own and not value.startswith(base.encode()) and value != base[:-1].encode() else value
