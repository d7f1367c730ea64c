"""Where a suggestion is sent: a mail address, or an issue tracker that takes title and body in its address."""

from __future__ import annotations

import re
from bisect import bisect_right
from urllib.parse import quote, urlencode

_MAIL = re.compile(r"[^\s@<>?&#%\"',;:()\[\]\\]{1,64}@[A-Za-z0-9.-]{1,190}")
_TRACKER = re.compile(r"https://[^\s\"'<>?#\\@]{3,200}")
# Browsers and mail programs cut longer addresses off.
_MOST = 1800
_CUT = "\n[cut: please copy the lines from the page]"


def contact_url(contact: str, subject: str, body: str) -> str | None:
    """Return the address that opens a letter or an issue with subject and body filled in; None where the contact is neither.

    A body that would make the address too long is cut, and says so.
    """
    is_mail = _MAIL.fullmatch(contact) is not None
    if not is_mail and not _TRACKER.fullmatch(contact):
        return None
    start, title, line_end = (f"mailto:{contact}", "subject", "\r\n") if is_mail else (contact, "title", "\n")

    def address(text: str) -> str:
        return f"{start}?{urlencode({title: subject[:80], 'body': text.replace(chr(10), line_end)}, quote_via=quote)}"

    whole = address(body)
    if len(whole) <= _MOST:
        return whole
    fitting = bisect_right(range(len(body)), _MOST, key=lambda n: len(address(body[:n] + _CUT)))
    return address(body[: max(0, fitting - 1)] + _CUT)
