"""What people write to name an article: PMCID, PMID or DOI, alone, in one argument, or in a list."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from corpus.readers.decode import read_text
from corpus.report import CorpusError

PMCID, PMID, DOI = "pmcid", "pmid", "doi"
WANTED = "wanted PMC6358576, PMID:31234567 (or its digits alone) or a DOI such as 10.3892/ol.2015.3297"

# The prefixes and addresses that stand before the identifier itself, and what it is then.
_PREFIXES = (
    (PMCID, re.compile(r"pmc(?:id)?\s{0,3}:\s{0,3} | https?://(?:www\.)?(?:ncbi\.nlm\.nih\.gov/pmc|pmc\.ncbi\.nlm\.nih\.gov)/articles/ "
                       r"| https?://(?:www\.)?europepmc\.org/(?:article|articles)/(?:pmc/)?(?=PMC)", re.VERBOSE | re.IGNORECASE)),
    (PMID, re.compile(r"pmid\s{0,3}:?\s{0,3} | https?://(?:www\.)?pubmed\.ncbi\.nlm\.nih\.gov/ "
                      r"| https?://(?:www\.)?europepmc\.org/(?:article|abstract)/med/", re.VERBOSE | re.IGNORECASE)),
    (DOI, re.compile(r"(?:https?://)?(?:dx\.)?doi\.org/ | doi\s{0,3}:?\s{0,3}", re.VERBOSE | re.IGNORECASE)),
)  # fmt: skip
_FORMS = {
    PMCID: re.compile(r"(?:PMC)?(?P<value>[1-9]\d{0,8})/?", re.IGNORECASE),
    PMID: re.compile(r"(?P<value>[1-9]\d{0,7})/?"),
    DOI: re.compile(r"(?P<value>10\.\d{4,9}/[^\s\"\\]{1,200})"),
}
# A comma parts identifiers where one follows, or a space; a DOI may hold commas.
_COMMA = re.compile(r",\s+ | ,(?=pmc | pmid | doi | https?: | 10\.\d{4} | \d{1,8}(?:,|\Z) | \Z)", re.VERBOSE | re.IGNORECASE)
# Headings of the columns of lists, the best to ask for first: a PMCID needs no resolving.
_COLUMNS = {"pmcid": PMCID, "pmc": PMCID, "doi": DOI, "pmid": PMID, "pubmed id": PMID, "identifier": None, "id": None}
_MOST_IDENTIFIERS = 10_000


@dataclass(frozen=True, slots=True)
class Identifier:
    """Names one article.

    Attributes
    ----------
    scheme
        `PMCID`, `PMID` or `DOI`.
    value
        "PMC6358576", "31234567", or the DOI in small letters (DOIs do not tell capital letters from small ones).
    """

    scheme: str
    value: str

    def __str__(self) -> str:
        return f"PMID:{self.value}" if self.scheme == PMID else self.value


def parse(words: str, scheme: str | None = None) -> Identifier:
    """Read one identifier.

    Digits alone, one to eight of them, are a PMID, as PubMed prints them; a PMCID needs its "PMC".

    Parameters
    ----------
    words
        With or without prefix ("PMID:", "doi:") or address (https://doi.org/…).
    scheme
        What a list's column says that it holds; None where the words must tell.

    Raises
    ------
    CorpusError
        The words are no identifier.
    """
    rest = words.strip()
    for name, prefix in _PREFIXES:
        if found := prefix.match(rest):
            is_address = found[0].startswith(("http", "HTTP"))
            scheme, rest = name, unquote(rest[found.end() :]) if is_address else rest[found.end() :]
            break
    rest = rest.strip().rstrip(".,;")
    for name in (scheme,) if scheme else (DOI, PMID, PMCID):
        found = _FORMS[name].fullmatch(rest)
        if found and rest.isprintable() and (name == scheme or name != PMCID or not rest.isdigit()):
            value = found["value"]
            return Identifier(name, {PMCID: f"PMC{value}", DOI: value.lower()}.get(name, value))
    raise CorpusError(f"{words.strip()[:80]!r}: no identifier of an article, {WANTED}")


def read(arguments: Iterable[str]) -> Iterator[Identifier | CorpusError]:
    """Yield the identifiers of arguments, each of which may hold several between commas; an error for what is none."""
    for words in (words for argument in arguments for words in split(argument) or [argument]):
        try:
            yield parse(words)
        except CorpusError as error:
            yield error


def split(argument: str) -> list[str]:
    """Take an argument with several identifiers between commas apart."""
    return [part.strip() for part in _COMMA.split(argument) if part.strip()]


def read_list(path: Path) -> Iterator[Identifier | CorpusError]:
    """Read a list: one or several a line, `#` begins a comment; or CSV whose header names a column of identifiers.

    Of several such columns (pmcid, doi, pmid) the first that is filled counts, row by row.

    Yields
    ------
    Identifier or CorpusError
        An error names file and line, and what is wanted.

    Raises
    ------
    CorpusError
        The file cannot be read, holds no identifier, or more than 10,000 lines.
    """
    lines = [(number, line) for number, line in enumerate(read_text(path).splitlines(), start=1) if not line.lstrip().startswith("#")]
    lines = [(number, line) for number, line in lines if line.strip()]
    if not lines:
        raise CorpusError(f"{path}: holds no identifier, {WANTED}, one a line")
    if len(lines) > _MOST_IDENTIFIERS:
        raise CorpusError(f"{path}: {len(lines)} lines, wanted at most {_MOST_IDENTIFIERS} in one list")
    delimiter = next((sign for sign in ",;\t" if any(name.strip().lower() in _COLUMNS for name in _cells(lines[0][1], sign))), None)
    for number, line in _of_table(path, delimiter) if delimiter else _of_lines(lines):
        for words, scheme in line:
            try:
                yield parse(words, scheme)
            except CorpusError as error:
                yield CorpusError(f"{path}:{number}: {error}")


_Words = list[tuple[str, str | None]]


def _of_lines(lines: list[tuple[int, str]]) -> Iterator[tuple[int, _Words]]:
    for number, line in lines:
        # A DOI may hold "#", but no blank stands before it.
        yield number, [(words, None) for words in split(re.split(r"\s#", line, maxsplit=1)[0])]


def _of_table(path: Path, delimiter: str) -> Iterator[tuple[int, _Words]]:
    """Yield of each row below the header the cell that names its article; nothing for a row without one."""
    lines = ("\n" if line.lstrip().startswith("#") else line for line in io.StringIO(read_text(path)))
    reader = csv.reader(lines, delimiter=delimiter)
    header: list[str] = []
    try:
        for row in reader:
            if not header:
                header = [name.strip().lower() for name in row]
                continue
            cells = dict(zip(header, row, strict=False))
            yield reader.line_num, [(cells[name], scheme) for name, scheme in _COLUMNS.items() if cells.get(name, "").strip()][:1]
    except csv.Error as error:
        raise CorpusError(f"{path}:{reader.line_num}: no CSV ({error}), wanted one identifier a line") from error


def _cells(line: str, delimiter: str) -> list[str]:
    return next(csv.reader([line], delimiter=delimiter), [])
