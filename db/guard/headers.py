"""The headers of every answer: what a browser may load, and who may read it."""

from __future__ import annotations

from functools import cache

Headers = tuple[tuple[bytes, bytes], ...]


@cache
def security_headers() -> Headers:
    """Return the security headers of every answer.

    No page has an inline script, Datasette's own in our templates neither, so the policy needs no hash of one: none runs.
    """
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; "
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


def headers_for_all() -> Headers:
    """Return the headers that let programs in a browser, on pages of other sites, read an answer: what is public here holds no secret."""
    return ((b"access-control-allow-origin", b"*"), (b"access-control-expose-headers", b"Link, Retry-After"))
