"""The security headers of every answer."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from pathlib import Path

import datasette as datasette_package

_SCRIPT = re.compile(r"<script>(?P<code>.*?)</script>", re.DOTALL)

Headers = tuple[tuple[bytes, bytes], ...]


@cache
def security_headers() -> Headers:
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
