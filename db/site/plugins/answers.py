"""Datasette hooks: answers that took long to make are kept, and what all readers need is read before the first one asks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from db.hooks import first_hook
from db.pages import warming
from db.pages.answers import App, Scope, answers_of, host_of, key_of, made


@first_hook  # within the guard, which counts what is asked and sets the headers of every answer
def asgi_wrapper(datasette: Any) -> Callable[[App], App]:
    """Answer from memory where the files never change; read ahead when the server has started."""

    def wrap(app: App) -> App:
        async def remembering(scope: Scope, receive: Any, send: Any) -> None:
            if scope["type"] == "lifespan":
                await app(scope, receive, _reading_ahead(datasette, send))
            elif scope["type"] != "http" or (key := key_of(_named(datasette, scope))) is None or _may_change(datasette):
                await app(scope, receive, send)
            else:
                await (await answers_of(datasette).get(key, lambda: made(app, scope))).send(send, host_of(scope))

        return remembering

    return wrap


def _named(datasette: Any, scope: Scope) -> Scope:
    """Return a request as its answer says the address: a public site says https, also where a server in front of it asks by http."""
    return {**scope, "scheme": "https"} if datasette.setting("force_https_urls") else scope


def _may_change(datasette: Any) -> bool:
    """Tell whether a database that is served may change; what Datasette notes for itself is shown on no page of ours."""
    return any(database.is_mutable for name, database in datasette.databases.items() if not name.startswith("_"))


def _reading_ahead(datasette: Any, send: Any) -> Any:
    """Return a `send` that begins to read ahead, beside the first requests, once the server says that it has started."""
    tasks: list[asyncio.Task[None]] = []  # a task that nobody holds may vanish

    async def sending(event: Any) -> None:
        await send(event)
        if event["type"] == "lifespan.startup.complete":
            tasks.append(asyncio.create_task(warming.warm(datasette)))
        elif event["type"] == "lifespan.shutdown.complete":
            for task in tasks:
                task.cancel()

    return sending
