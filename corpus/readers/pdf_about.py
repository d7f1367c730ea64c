"""What a PDF says about its report: document information, XMP, and what is printed on its first pages."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_DOI = re.compile(r"\b10\.\d{4,9}/[^\s\"'<>|]{2,100}")
# The report's own DOI and not one that it cites: behind the word, or in a link.
_LABELLED_DOI = re.compile(rf"(?:doi(?:\.org/|:|\s)\s{{0,3}})(?P<doi>{_DOI.pattern})", re.IGNORECASE)
_XMP_DOI = re.compile(
    rb"(?:prism:doi|pdfx:doi|dc:identifier|jav:doi)[^<>]{0,40}>\s{0,20}(?:doi:)?(10\.\d{4,9}/[^\s<]{2,100})", re.IGNORECASE
)
_PMCID = re.compile(r"\bPMCID?:?\s{0,2}(?:PMC)?(?P<id>\d{5,9})\b", re.IGNORECASE)
_PMID = re.compile(r"\bPMID:?\s{0,2}(?P<id>\d{4,9})\b", re.IGNORECASE)
_LICENSE = re.compile(r"\bCC[ -](?:BY(?:[ -](?:NC|ND|SA)){0,2}|0)\b(?:[ -](?P<version>[1-4]\.0))?")
_LICENSE_URL = re.compile(
    r"creativecommons\.org/(?:licenses/(?P<kind>by(?:-nc|-nd|-sa){0,2})|publicdomain/zero)/(?P<version>[1-4]\.0)", re.IGNORECASE
)
_LICENSE_WORDS = re.compile(
    r"Creative\s+Commons\s+Attribution(?P<terms>(?:[\s–-]{1,3}(?:Non-?\s?Commercial|No-?\s?Deriv(?:ative|ate)s?|Share-?\s?Alike)){0,2})"
    r"(?:\s+(?P<version>[1-4]\.0))?",
    re.IGNORECASE,
)
# "Published: 12 March 2019", "© 2019 The Authors", "Volume 5, 2019", "2019;12:34": what names the year, surest first.
_YEARS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\bpublished(?:\s+online)?:?[^\n]{0,30}?\b(?P<year>(?:19|20)\d\d)\b",
        r"(?:©|\(c\)|copyright)\s{0,2}(?:the\s+authors?\(?s?\)?,?\s+)?(?P<year>(?:19|20)\d\d)\b",
        r"\b(?P<year>(?:19|20)\d\d)\s?[;,]\s?(?:vol\.?\s?)?\d{1,4}\s?(?:\(\d{1,3}\)\s?)?[:,]",
        r"\((?P<year>(?:19|20)\d\d)\)\s{0,2}\d{1,4}\s?[:(]",
        r"\baccepted:?[^\n]{0,30}?\b(?P<year>(?:19|20)\d\d)\b",
    )
)
_REFERENCES = re.compile(
    r"^\W{0,9}(?:\d{1,2}\.?\s)?(?:references|bibliography|literature(?:\scited)?)\W{0,9}$", re.IGNORECASE | re.MULTILINE
)
# Titles that programs fill in: file names, "Microsoft Word - ...", "untitled", a manuscript number.
_NO_TITLE = re.compile(
    r"microsoft\ word | untitled | \.(?:docx?|pdf|tex|indd|qxd|qxp|rtf|odt|eps|fm|dvi|html?)\b | ^\W*$ | ^[\w.-]{0,40}\d[\w.-]{0,40}$"
    r" | ^(?:layout|document|doi|full\ page|slide|print|title|manuscript)\b.{0,12}$",
    re.IGNORECASE | re.VERBOSE,
)
# What first pages print beside the report: dates, rights, addresses.
_FRONT_MATTER = re.compile(
    r"\bdoi\b | \b10\.\d{4,9}/ | ©|\(c\)\s?(?:19|20)\d\d | \bcopyright\b | \bopen\ access\b | creative\ commons | \blicen[cs]ed?\b | @"
    r" | \b(?:received|revised|accepted|published|available\ online):?\s (?:on(?:line)?\s)? (?:\d{1,2}\s)?"
    r" (?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\b | \bcorresponden(?:ce|t)\b | \bcorresponding\ author\b"
    r" | \bE-?mail\b | \bISSN\b | \bPMC?ID\b | https?:// | www\. | \bhow\ to\ cite\b | \bcite\ this\b"
    r" | \b(?:academic|handling)\ editor\b | \bcontributed\ equally\b | \b(?:edited|reviewed)\ by:"
    r" | \bauthor\ information\ is\ available\b | \bthis\ article\ was\ submitted\ to\b | \bpreprint\ submitted\ to\b"
    r" | \bmanuscript\ received\b",
    re.IGNORECASE | re.VERBOSE,
)
_RIGHTS = re.compile(
    r"creative\ commons | \bopen[\ -]access\ (?:article|under|journal) | ©|\(c\)\s?(?:19|20)\d\d | \ball\ rights\ reserved\b",
    re.IGNORECASE | re.VERBOSE,
)
_MAX_FRONT_MATTER = 80  # words; an abstract that ends with its DOI has more
_MAX_TITLE = 400


@dataclass(frozen=True, slots=True)
class About:
    """Metadata of a report; None where nothing tells it."""

    title: str | None
    doi: str | None
    pmcid: str | None
    pmid: str | None
    year: int | None
    license: str | None
    authors: tuple[str, ...]


def about(info: Mapping[str, str], printed: Sequence[str], data: bytes) -> About:
    """Read the metadata.

    Parameters
    ----------
    info
        The document's information dictionary.
    printed
        The lines of the first page, and of others that may tell a licence.
    data
        The file, for its XMP packet.
    """
    text = "\n".join(printed)
    # What a paper cites has years, DOIs and PMIDs of its own; its licence may stand behind them.
    own = _REFERENCES.split(text, maxsplit=1)[0]
    return About(
        plausible_title(info.get("Title", "")), _doi(info, own, data), _id(_PMCID, own, "PMC"), _id(_PMID, own, ""), _year(own),
        _license(text), _authors(info.get("Author", "")),
    )  # fmt: skip


def plausible_title(title: str) -> str | None:
    """Return the title of the document information; None where a program made it up."""
    title = " ".join(title.split())
    if not 8 <= len(title) <= _MAX_TITLE or _NO_TITLE.search(title) or len(title.split()) < 2:
        return None
    return title


def is_front_matter(words: str) -> bool:
    """Whether words of a first page tell of the paper (dates, rights, addresses) and not of the patient."""
    return len(words.split()) <= _MAX_FRONT_MATTER and _FRONT_MATTER.search(words) is not None


def tells_rights(words: str) -> bool:
    """Whether words of a first page are a publisher's, whatever type they are set in: a licence, a copyright."""
    return len(words.split()) <= _MAX_FRONT_MATTER and _RIGHTS.search(words) is not None


def _doi(info: Mapping[str, str], text: str, data: bytes) -> str | None:
    if found := _LABELLED_DOI.search(text):
        return _trimmed(found["doi"])
    if stated := _XMP_DOI.search(data):
        return _trimmed(stated[1].decode("utf-8", "replace"))
    for key in ("Subject", "Keywords", "Title"):
        if found := _DOI.search(info.get(key, "")):
            return _trimmed(found[0])
    found = _DOI.search(text)
    return _trimmed(found[0]) if found else None


def _trimmed(doi: str) -> str:
    """Take away the stop or bracket that ends the sentence around it."""
    doi = doi.rstrip(".,;:")
    while doi.endswith((")", "]")) and doi.count(doi[-1]) > doi.count("(" if doi[-1] == ")" else "["):
        doi = doi[:-1].rstrip(".,;:")
    return doi


def _id(pattern: re.Pattern[str], text: str, prefix: str) -> str | None:
    found = pattern.search(text)
    return f"{prefix}{found['id']}" if found else None


def _year(text: str) -> int | None:
    for pattern in _YEARS:
        if found := pattern.search(text):
            return int(found["year"])
    return None


def _license(text: str) -> str | None:
    """Return the licence in its short form: "CC BY-NC 4.0"."""
    flat = " ".join(text.split())
    if found := _LICENSE_URL.search(flat):
        return f"CC {found['kind'].upper() if found['kind'] else '0'}".replace("CC 0", "CC0") + f" {found['version']}"
    if found := _LICENSE.search(flat):
        return found[0].replace("CC-", "CC ").replace("CC 0", "CC0")
    if found := _LICENSE_WORDS.search(flat):
        terms = found["terms"].lower()
        parts = ["BY", *(short for word, short in (("commercial", "NC"), ("deriv", "ND"), ("alike", "SA")) if word in terms)]
        return f"CC {'-'.join(parts)}" + (f" {found['version']}" if found["version"] else "")
    return None


def _authors(stated: str) -> tuple[str, ...]:
    """Split the names of the information dictionary; () for a lone word, which is a user's name."""
    names = [" ".join(name.split()) for name in re.split(r"[;,]|\band\b|&", stated)]
    return tuple(name for name in names if " " in name and not any(c.isdigit() for c in name))[:100]
