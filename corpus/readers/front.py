"""What stands at the head of a paper in a format that does not mark it: names of authors, their institutions, a title."""

from __future__ import annotations

import re

_PARTICLES = r"(?:van|von|der|den|de|da|do|dos|del|della|di|du|la|le|el|al|bin|ibn|ter|ten)"
_NAME = re.compile(
    rf"(?:[^\W\d_a-z][\w'’.-]{{0,30}}|{_PARTICLES})(?:\s(?:[^\W\d_a-z][\w'’.-]{{0,30}}|{_PARTICLES})){{1,5}}(?:,?\s(?:Jr|Sr|II|III)\.?)?"
)
_DEGREE = re.compile(
    r"(?:M\.?D\.?|Ph\.?D\.?|M\.?Sc?\.?|B\.?Sc?\.?|MBBS|MBChB|FRCS\w*|FRCR|FACS|MPH|MBA|DO|RN|DDS|DMD|MRCP|FRCP\w*|Prof\.?|Dr\.?)"
)
_BETWEEN = re.compile(r"\s{0,3}(?:[,;&]|\band\b)\s{0,3}")
# Numbers, letters and signs that lead to an institution or a note.
_LEADS = re.compile(r"[⁰¹²³⁴-⁹*†‡§¶#]|(?<=[^\W\d_])\s?\[?\d{1,2}(?:,\s?\d{1,2}){0,5}\]?(?!\w)")
_INSTITUTION = re.compile(
    r"\b(?:departments?|divisions?|hospitals?|universit\w{1,4}|institutes?|schools?|clinics?|cent(?:re|er)s?|faculty|colleges?)\b",
    re.IGNORECASE,
)
_CONTACT = re.compile(r"correspond|e-?mail|\S@\S|\borcid\b|\btel(?:ephone)?\b|\bfax\b|equal(?:ly)?\b.{0,30}contribut", re.IGNORECASE)
_NOBODY = re.compile(
    r"microsoft|office|\buser\b|admin|windows|author|default|python|\bhp\b|\bdell\b|lenovo|apple|unknown|\bword\b|owner|docx", re.IGNORECASE
)
_NO_TITLE = re.compile(r"microsoft|\.docx?\b|untitled|template|manuscript|\bdocument\d?\b|word document", re.IGNORECASE)
_MAX_LINE = 600
_MAX_TITLE = 300


def names_in(line: str) -> tuple[str, ...]:
    """Return the names in a line that holds nothing but authors; () for another line.

    Names alone may be a heading ("Ewing Sarcoma, Left Thigh"): marks that lead to institutions or degrees must stand there.
    """
    if len(line) > _MAX_LINE:
        return ()
    bare = _LEADS.sub(" ", line)
    parts = [" ".join(part.split()) for part in _BETWEEN.split(bare)]
    words = [part for part in parts if part]
    names = tuple(part for part in words if _NAME.fullmatch(part) and not _DEGREE.fullmatch(part))
    degrees = [part for part in words if _DEGREE.fullmatch(part)]
    is_marked = bare != line or bool(degrees)
    return names if is_marked and names and len(names) + len(degrees) == len(words) and not _INSTITUTION.search(line) else ()


def is_about_authors(line: str) -> bool:
    """Whether a line below the authors tells where they work or how to reach them."""
    return len(line) <= _MAX_LINE and (_INSTITUTION.search(line) is not None or is_contact(line))


def is_contact(line: str) -> bool:
    """Whether a line tells how to reach the authors."""
    return _CONTACT.search(line) is not None


def plausible_author(properties: str) -> tuple[str, ...]:
    """Return the names in the author field of a file's properties; () where the program or the computer is named there."""
    parts = [part.strip() for part in re.split(r"[;,]", properties[:_MAX_LINE])]
    names = tuple(part for part in parts if part)
    return names if all(_NAME.fullmatch(part) and not _NOBODY.search(part) for part in names) else ()


def plausible_title(properties: str) -> str | None:
    """Return the title in a file's properties; None where it is none, but a file's name or a program's."""
    title = " ".join(properties.split())
    return title if len(title.split()) >= 3 and len(title) <= _MAX_TITLE and not _NO_TITLE.search(title) else None
