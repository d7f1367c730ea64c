"""Characters that are not text: line ends made one kind, invisible and control characters out."""

from __future__ import annotations

import re

# Zero-width space and joiners, word joiner, byte order mark, bidirectional marks: no reader sees
# them, every matcher stumbles over them. The soft hyphen is handled before (it marks a wrap).
_INVISIBLE = "\u00ad\u061c\u180e\u200b\u200c\u200d\u200e\u200f\u2060\ufeff" + "".join(
    map(chr, (*range(0x202A, 0x202F), *range(0x2061, 0x206A)))
)

_LINE_ENDS = {0x0B: "\n", 0x0C: "\n\n", 0x0D: "\n", 0x85: "\n", 0x2028: "\n", 0x2029: "\n\n"}

# One table, one pass: str.translate does all single characters in C.
_TABLE: dict[int, str | None] = {
    **{code: " " for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in "\n\t"},
    **_LINE_ENDS,
    **{ord(character): None for character in _INVISIBLE},
}

# "retro", soft hyphen, line end, "peritoneum": the one wrap hyphen about which there is no doubt.
# A run of soft hyphens is taken whole and only from its start, so that each is looked at once.
_SOFT_WRAP = re.compile(r"(?<!\u00ad)\u00ad++[ \t]{0,8}\r?\n[ \t]{0,8}(?=[^\W\d_])")


def clean(raw: str) -> str:
    """Normalise line ends to LF, form feeds to an empty line; drop what cannot be seen.

    Control characters other than line ends and tabs become a space; zero-width and bidirectional
    control characters and soft hyphens disappear. Everything else (Greek, `±`, `−`, `≥`) stays.
    Applied twice it gives the same as once.
    """
    if raw.isascii() and raw.isprintable():
        return raw
    if "\u00ad" in raw:
        raw = _SOFT_WRAP.sub("", raw)
    return raw.replace("\r\n", "\n").translate(_TABLE)
