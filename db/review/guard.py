"""Who may ask a review: pages of its own, on this machine, and where a password is set whoever knows it."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hmac
import ipaddress
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from corpus.dose_table import counted
from db.schema import DatabaseError

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

_PASSWORD_LENGTH = 8  # characters, at least
_WAIT_SECONDS = 1.0  # after a wrong password
_LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")

# In place of what the site says: nothing is kept by the browser, nothing of it can be loaded by a page from elsewhere.
_PRIVATE = ((b"cache-control", b"no-store"), (b"cross-origin-resource-policy", b"same-origin"))
# Where the site says nothing of it; its own pages know the hashes of their scripts.
_HEADERS = (
    (b"content-security-policy",
     b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self';"
     b" form-action 'self'; base-uri 'none'; frame-ancestors 'none'"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"referrer-policy", b"same-origin"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Door:
    """How a review can be reached.

    Attributes
    ----------
    host, port
        The address it listens on.
    password
        What opens it, by any name; None: nothing has to.
    """

    host: str
    port: int
    password: str | None = None

    @property
    def is_loopback(self) -> bool:
        """Only this machine can ask."""
        return is_loopback(self.host)

    @property
    def address(self) -> str:
        """Where a browser of this machine finds it."""
        host = "127.0.0.1" if self.host == "0.0.0.0" else "::1" if self.host == "::" else self.host
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request is not answered: the status, what is said, and more headers."""

    status: int
    words: str
    headers: tuple[tuple[bytes, bytes], ...] = ()


def is_loopback(host: str) -> bool:
    """Tell whether an address to listen on reaches this machine only; a name other than localhost may lead anywhere."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def check(host: str, is_open: bool, password: str | None) -> None:
    """Raise DatabaseError where others could get in without wanting it said, or without a password worth the name."""
    if not is_loopback(host):
        if not is_open:
            raise DatabaseError(f"--host {host} lets other machines in, wanted 127.0.0.1; or --open-to-network as well, and a password")
        if password is None:
            raise DatabaseError("no password, wanted one in CASEBOOK_REVIEW_PASSWORD: other machines can reach this review")
    if password is not None and len(password) < _PASSWORD_LENGTH:
        raise DatabaseError(f"a password of {counted(len(password), 'character')}, wanted {_PASSWORD_LENGTH} or more")


def guarded(app: App, door: Door) -> App:
    """Put the door in front of an app; every answer gets the headers of a private page."""

    async def ask(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await app(scope, receive, send)
            return

        async def send_with_headers(event: Any) -> None:
            if event["type"] == "http.response.start":
                told = {bytes(name).lower(): bytes(value) for name, value in (*_HEADERS, *event.get("headers", []), *_PRIVATE)}
                event = {**event, "headers": list(told.items())}
            await send(event)

        refused = refusal(scope["method"], _headers(scope), door)
        if refused is None:
            await app(scope, receive, send_with_headers)
            return
        if refused.status == 401 and b"authorization" in dict(scope["headers"]):
            await asyncio.sleep(_WAIT_SECONDS)
        await _refuse(send_with_headers, refused)

    return ask


def refusal(method: str, headers: Mapping[str, str], door: Door) -> Refusal | None:
    """Return why a request is refused; None where it is not."""
    host = headers.get("host", "")
    if door.is_loopback and host not in _own_names(door):
        # A page of another name that was made to lead here (DNS rebinding) sends its own name.
        return Refusal(421, f"This review answers to {door.address} only")
    if door.password is not None and not _opens(headers.get("authorization", ""), door.password):
        challenge = (b"www-authenticate", b'Basic realm="Casebook review", charset="UTF-8"')
        return Refusal(401, "Wanted: the password of this review", (challenge,))
    if method in ("GET", "HEAD"):
        return None
    if method != "POST":
        return Refusal(405, "Wanted: GET or POST", ((b"allow", b"GET, HEAD, POST"),))
    origin, site = headers.get("origin"), headers.get("sec-fetch-site")
    if (origin is not None and origin != f"http://{host}") or site not in (None, "same-origin"):
        return Refusal(403, "A page from elsewhere asked for this")
    return None


def _own_names(door: Door) -> tuple[str, ...]:
    """Return how a browser of this machine names the review."""
    names = dict.fromkeys((*_LOOPBACK_NAMES, urlsplit(door.address).netloc.rpartition(":")[0]))
    return (*(f"{name}:{door.port}" for name in names), *(names if door.port == 80 else ()))


def _opens(authorization: str, password: str) -> bool:
    """Tell whether a header of HTTP Basic has the password; the time it takes tells nothing of how much of it was right."""
    scheme, _, encoded = authorization.partition(" ")
    try:
        _, colon, given = base64.b64decode(encoded, validate=True).partition(b":")
    except binascii.Error:
        return False
    return hmac.compare_digest(given, password.encode()) and bool(colon) and scheme.lower() == "basic"


def _headers(scope: Scope) -> dict[str, str]:
    """Return the headers of a request; one that is given twice counts as neither."""
    found: dict[str, str] = {}
    for name, value in scope["headers"]:
        key = name.decode("latin-1").lower()
        found[key] = f"{found[key]}, {value.decode('latin-1')}" if key in found else value.decode("latin-1")
    return found


async def _refuse(send: Send, refused: Refusal) -> None:
    head = [(b"content-type", b"text/plain; charset=utf-8"), *refused.headers]
    await send({"type": "http.response.start", "status": refused.status, "headers": head})
    await send({"type": "http.response.body", "body": f"{refused.words}\n".encode()})
