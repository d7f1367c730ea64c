"""The same report in two files: recognised by its identifiers or its words, kept once, the fuller one; the others are linked.

Candidates are found by fingerprints in a table (identifiers, title, whole text, a sample of the runs of words), so that one more
report is as quick among many as among few. Each candidate is then compared with the report itself.

Sampling after Broder, "On the resemblance and containment of documents" (1997): a run is kept by its hash alone, so that two texts
keep the same ones.
"""

from __future__ import annotations

import re
import sqlite3
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from itertools import islice
from zlib import crc32

from corpus.report import Report
from corpus.sections import OTHER, outline
from db.people import author_keys
from db.query import every, one
from db.reports import bare, content, from_content, search_key, stored_report
from db.schema import DatabaseError

_WORD = re.compile(r"[^\W_]{1,60}")
# Accents upon accents among them, which a normalisation would put in order in quadratic time.
_NO_WORDS = re.compile(r"[^\w\s]{31,}")
_NUMBER = re.compile(r"\d{1,9}(?:[.,·]\d{1,6})?")
_RESOLVER = re.compile(
    r"\s{0,9}(?:https?://)?(?:dx\.)?(?:www\.)?(?:doi\.org/|doi:)?\s{0,9}(?P<doi>10\.\S{1,200}?)[\s.]{0,9}", re.IGNORECASE
)
# What a journal prints about a report, under a title that repeats the report's.
_NOTICE = re.compile(
    r"\W{0,9}(?:(?:author|publisher)\W{1,3}(?:s\W)?)?(?:correction|corrigend|errat|retract|withdraw|expression\sof\sconcern"
    r"|comment(?:ary)?\b|editorial|letter\sto\sthe|repl(?:y|ies)\b|response\sto|re\W{0,2}:)",
    re.IGNORECASE,
)
# Registrants of preprints: bioRxiv and medRxiv (two), Research Square, Preprints.org, OSF, SSRN, Authorea, arXiv, JMIR.
_PREPRINT = re.compile(r"10\.(?:1101|64898|21203|20944|31219|2139|22541|48550|2196/preprints)\b", re.IGNORECASE)

_RUN = 5  # words
_DENSE_WORDS = 400  # title and abstract stand in them
_DENSE, _SPARSE = 8, 64
_COMMON = 100  # reports with the same run: a phrase of the trade, or of a publisher
_CANDIDATES = 8
# Of the smaller sample: less than half of what a revised preprint has.
_IN_COMMON = 0.1
# Measured on 3,471 case texts without a copy among them: the two most alike, reports of one group in the same words, share 68 %
# of 61 words; above 100 words two reports of cancer registries, 60 %. Of a text that lost every 20th word at least 85 % stay.
_SHARE, _SHORT_SHARE, _SHORT = 0.75, 0.85, 100
_LEAST_WORDS = 25
_SHARE_OF_SAME_IDENTIFIER = 0.1  # an abstract beside a text without it
# A preprint that was revised: the words alone would not tell.
_SHARE_OF_SAME_TITLE, _SHARE_OF_SAME_AUTHORS = 0.3, 0.5
# A group writes its next case in the words of the last one, with other numbers.
_SAME_NUMBERS, _FEW_NUMBERS = 0.7, 4
_TITLE_WORDS = 5
# Texts of which the shorter has so much of the longer's words tell the same: then the better source is kept.
_AS_FULL = 0.8
_SECOND_HAND = "same as another copy of it"
_HANGING = (
    f"reason = '{_SECOND_HAND}' and duplicate_id <> ?1 and report_id = (select report_id from report_duplicate where duplicate_id = ?1)"
)
_FORMATS = ("jats", "bioc", "html", "docx", "markdown", "pdf", "text")


@dataclass(frozen=True, slots=True)
class Likeness:
    """Why two reports are the same publication.

    Attributes
    ----------
    reason
        In words that hold for both.
    words
        How many words of the shorter text stand in the other one, references aside.
    share
        The same as a part of the shorter text's words, 0 to 1.
    """

    reason: str
    words: int
    share: float


@dataclass(frozen=True, slots=True)
class Link:
    """A report that is not stored, since another one tells the same."""

    report: Report
    likeness: Likeness


@dataclass(frozen=True, slots=True)
class Place:
    """Where a new report belongs among those that tell the same.

    Attributes
    ----------
    kept
        The fullest of them: the new one, the one that is stored or, rarely, one that was linked before.
    is_stored
        True where `kept` is stored as it is, so that there is nothing to read.
    links
        The others whose link is to be written, by name, each with why it is the same as the kept one.
    replaced
        Names of reports that are stored and have to go, since `kept` takes their place.
    """

    kept: Report
    is_stored: bool
    links: tuple[Link, ...]
    replaced: tuple[str, ...]


# --- what the command line asks ----------------------------------------------------------------


def is_linked(connection: sqlite3.Connection, report: Report) -> bool:
    """Tell whether a report is linked to another one just as it is now, so that there is nothing to do."""
    found = one(connection, "select content from report_duplicate where duplicate_id = ?", report.id)
    return found is not None and found["content"] == content(report)


def linked(connection: sqlite3.Connection, kept: str | None = None) -> tuple[Report, ...]:
    """Return the reports that are linked to a stored one, or to any; () also from a database with older tables."""
    if one(connection, "select 1 from sqlite_master where name = 'report_duplicate'") is None:
        return ()
    rows = every(connection, "select content from report_duplicate where ? is null or report_id = ? order by duplicate_id", kept, kept)
    return tuple(from_content(row["content"]) for row in rows)


def links(connection: sqlite3.Connection) -> dict[str, str]:
    """Return the names of the linked reports, each with the one that is kept in its place; {} from a database with older tables."""
    if one(connection, "select 1 from sqlite_master where name = 'report_duplicate'") is None:
        return {}
    return dict(connection.execute("select duplicate_id, report_id from report_duplicate").fetchall())


def orphans(connection: sqlite3.Connection, report: Report, found: Place | None) -> tuple[Report, ...]:
    """Return the reports that hang on an older text of this one, and that its place does not name: to be placed anew.

    They are those that are linked to it, or, where it was linked itself, those of which only a copy is like the kept one.
    """
    before = stored_report(connection, report.id)
    if before == bare(report):
        return ()
    placed = {link.report.id for link in found.links} if found else set()
    hanging = linked(connection, report.id) if before else _at_second_hand_with(connection, report.id)
    return tuple(other for other in hanging if other.id not in placed)


def _at_second_hand_with(connection: sqlite3.Connection, report_id: str) -> tuple[Report, ...]:
    """Return the reports that are linked at second hand to the one to which this one is linked."""
    rows = every(connection, f"select content from report_duplicate where {_HANGING} order by duplicate_id", report_id)
    return tuple(from_content(row["content"]) for row in rows)


def loosen(connection: sqlite3.Connection, report: Report) -> None:
    """Forget the links that may hang on an older text of a linked report, inside the caller's transaction: see `orphans`."""
    if not is_linked(connection, report):
        gone = connection.execute(f"delete from report_duplicate where {_HANGING} returning search_key", (report.id,)).fetchall()
        connection.executemany("delete from report_fingerprint where search_key = ?", gone)


def place(connection: sqlite3.Connection, report: Report) -> Place | None:
    """Find the reports, stored or linked, that are the same publication as a new one.

    None where there is none, or where all of them are linked to it already. What is stored or linked under the report's own name
    does not count: the new one replaces it. Nothing is written. Which report is kept depends on those that tell the same and not
    on the order in which they come.
    """
    family = _family(connection, report)
    if not family:
        return None
    members = {member.id: member for member in (*family, report)}
    kept = _fullest(tuple(members.values()))
    stored = {name for name in members if name != report.id and one(connection, "select 1 from report where report_id = ?", name)}
    is_stored = kept.id in stored
    others = [member for name, member in sorted(members.items()) if name != kept.id]
    links = tuple(
        Link(other, likeness(kept, other) or _at_second_hand(kept, other)) for other in others if not _is_linked_to(connection, kept, other)
    )
    if not links:
        return None
    return Place(kept, is_stored, links, () if is_stored else tuple(sorted(stored)))


def _is_linked_to(connection: sqlite3.Connection, kept: Report, other: Report) -> bool:
    """Tell whether a link is written already, between the two reports as they are now."""
    sql = "select 1 from report_duplicate where duplicate_id = ? and report_id = ? and content = ?"
    is_as_stored = stored_report(connection, kept.id) == bare(kept)
    return is_as_stored and one(connection, sql, other.id, kept.id, content(other)) is not None


def settle(connection: sqlite3.Connection, found: Place) -> None:
    """Write the links of a place and take out the reports that are replaced, inside the caller's transaction.

    What was linked to a report that is now linked itself is forgotten, unless the place names it: see `orphans`.
    """
    for link in found.links:
        loosen(connection, link.report)
    for link in found.links:
        connection.execute("delete from report where report_id = ?", (link.report.id,))
        leave(connection, link.report.id)
        connection.execute(f"insert into report_duplicate values ({', '.join('?' * 14)})", _row(found.kept, link))
        enter(connection, link.report)
    connection.execute("delete from report_duplicate where duplicate_id = ?", (found.kept.id,))


def enter(connection: sqlite3.Connection, report: Report) -> None:
    """Write the fingerprints of a report in place of those of the same name, inside the caller's transaction."""
    key = search_key(report.id)
    connection.execute("delete from report_fingerprint where search_key = ?", (key,))
    numbers = (*_exact(report), *_title(report), *_sample(report))
    connection.executemany("insert or ignore into report_fingerprint values (?, ?)", [(number, key) for number in sorted(numbers)])


def leave(connection: sqlite3.Connection, report_id: str) -> None:
    """Forget a report's fingerprints and whatever is linked to it, or its own link, inside the caller's transaction.

    What was linked to it is then unknown: `linked`, asked before, tells which reports have to be placed anew.
    """
    sql = "delete from report_duplicate where report_id = ? or duplicate_id = ? returning search_key"
    keys = connection.execute(sql, (report_id, report_id)).fetchall()
    connection.executemany("delete from report_fingerprint where search_key = ?", [(search_key(report_id),), *keys])


# --- are two reports the same? -----------------------------------------------------------------


def likeness(one_report: Report, other: Report) -> Likeness | None:
    """Return why two reports are the same publication, None where they are not, whichever comes first."""
    first, second = _telling(one_report), _telling(other)
    shorter, longer = (first, second) if len(first) <= len(second) else (second, first)
    n_both = _covered(shorter, longer)
    share = n_both / len(shorter) if shorter else 0.0
    reason = _same_identifier(one_report, other, share) or _same_words(one_report, other, shorter, longer, share)
    return Likeness(reason, n_both, round(share, 4)) if reason else None


def _same_identifier(first: Report, second: Report, share: float) -> str | None:
    """Return the identifier that two reports have in common; None where they have none, or tell other things under it.

    The patients of a paper may come in a file each, and an identifier may be mistyped: what shares neither words nor title,
    or has other numbers, is kept apart. A retelling has words of its own.
    """
    is_retold = first.is_retelling != second.is_retelling
    is_alike = share >= _SHARE_OF_SAME_IDENTIFIER or bool(_title(first) & _title(second))
    if not (is_retold or share >= _SHARE or (is_alike and _has_same_numbers(first, second))):
        return None
    for label, mine, others in zip(("DOI", "PMCID", "PMID"), _identifiers(first), _identifiers(second), strict=True):
        if mine is not None and mine == others:
            return f"same {label} {mine}"
    return None


def _same_words(first: Report, second: Report, shorter: list[str], longer: list[str], share: float) -> str | None:
    """Return what of text, title and authors shows that two reports are the same; None where they may be two."""
    if shorter and _squeezed(first.text) == _squeezed(second.text):
        return "same text"
    # What a journal prints about a report repeats its title, and sometimes its abstract.
    if _is_notice(first) != _is_notice(second):
        return None
    part = f"{int(share * 100)} % of the shorter text's words stand in the other"
    is_title, authors = bool(_title(first) & _title(second)), _authors_in_both(first, second)
    if not _has_same_numbers(first, second):
        return None
    if is_title and authors:
        return "same title and authors"
    if len(shorter) < _LEAST_WORDS:
        return None
    if is_title and share >= _SHARE_OF_SAME_TITLE:
        return f"same title; {part}"
    if share >= (_SHARE if len(shorter) >= _SHORT else _SHORT_SHARE):
        return part
    return f"same authors; {part}" if authors and len(shorter) >= _SHORT and share >= _SHARE_OF_SAME_AUTHORS else None


def _authors_in_both(first: Report, second: Report) -> bool:
    """Tell whether half of the shorter list of authors stands in the other, and two of them where it has two."""
    mine, others = author_keys(first.authors), author_keys(second.authors)
    fewer = min(len(mine), len(others))
    return bool(fewer) and len(mine & others) >= max(min(2, fewer), fewer / 2)


def _has_same_numbers(first: Report, second: Report) -> bool:
    """Tell whether the numbers of the text that has fewer stand in the other: ages, sizes and doses of one patient."""
    fewer, more = sorted((frozenset(_NUMBER.findall(first.text)), frozenset(_NUMBER.findall(second.text))), key=len)
    return len(fewer) < _FEW_NUMBERS or len(fewer & more) >= _SAME_NUMBERS * len(fewer)


def _covered(shorter: list[str], longer: list[str]) -> int:
    """Return how many words of one text stand in runs of the other."""
    runs = set(_runs(longer))
    n_covered, end = 0, 0
    for start, run in enumerate(_runs(shorter)):
        if run in runs:
            n_covered += start + _RUN - max(end, start)
            end = start + _RUN
    return n_covered


def _at_second_hand(kept: Report, other: Report) -> Likeness:
    """Return why a report is linked to one that only its copies are like."""
    shorter, longer = sorted((_telling(kept), _telling(other)), key=len)
    n_both = _covered(shorter, longer)
    return Likeness(_SECOND_HAND, n_both, round(n_both / len(shorter), 4) if shorter else 0.0)


# --- which is kept? ----------------------------------------------------------------------------


def _fullest(members: Sequence[Report]) -> Report:
    """Return the report to be kept among those that tell the same, whatever their order.

    It is one that tells about as much as the longest; among these the published words before a retelling, the paper before its
    preprint, markup before PDF before plain text, then the one of which more is known, the longer one, and the first by name.
    """
    lengths = {member.id: len(_telling(member)) for member in members}
    enough = _AS_FULL * max(lengths.values())
    return min(
        (member for member in members if lengths[member.id] >= enough),
        key=lambda member: (
            member.is_retelling,
            bool(_PREPRINT.match(member.doi or "")),
            _FORMATS.index(member.format) if member.format in _FORMATS else len(_FORMATS),
            -_known(member),
            -lengths[member.id],
            member.id,
        ),
    )


def _known(report: Report) -> int:
    """Return how much is known of where a report comes from."""
    return sum(
        bool(value)
        for value in (
            report.title, report.doi, report.pmcid, report.pmid, report.year, report.journal, report.citation, report.license,
            report.authors, report.affiliations, report.article_type, report.sections, report.tables,
        )
    )  # fmt: skip


# --- finding candidates ------------------------------------------------------------------------


def _family(connection: sqlite3.Connection, report: Report) -> tuple[Report, ...]:
    """Return the reports that are the same as a new one, and those that are linked to them or with them to another one.

    A retelling binds nothing together: it may bear the DOI of a paper whose patients come in a file each.
    """
    found: dict[str, Report] = {}
    retold: list[tuple[Report, dict[str, Report]]] = []
    for candidate in _candidates(connection, report):
        if candidate.id in found or likeness(report, candidate) is None:
            continue
        group = _group(connection, report, candidate)
        if candidate.is_retelling == report.is_retelling:
            found |= group
        else:
            retold.append((candidate, group))
    found |= _joined_by_retelling(report, found, retold)
    return tuple(member for name, member in sorted(found.items()) if name != report.id)


def _group(connection: sqlite3.Connection, report: Report, candidate: Report) -> dict[str, Report]:
    """Return by name a report like a new one with those that tell the same as it is stored, the kept one first."""
    link = one(connection, "select report_id from report_duplicate where duplicate_id = ?", candidate.id)
    kept = link["report_id"] if link else candidate.id
    if kept == report.id and stored_report(connection, kept) != bare(report):
        return {candidate.id: candidate}  # what else was linked to the older text need not be like the new one
    return {member.id: member for member in (stored_report(connection, kept), *linked(connection, kept)) if member}


def _joined_by_retelling(
    report: Report, found: Mapping[str, Report], retold: Sequence[tuple[Report, dict[str, Report]]]
) -> dict[str, Report]:
    """Return what a retelling and its original have in common with the group of the other, the longer original first.

    A new retelling goes to the longest of the originals; a new original takes a retelling from a shorter one, alone.
    """
    apart = [(candidate, group) for candidate, group in retold if candidate.id not in found]
    if not apart:
        return {}
    if report.is_retelling:
        groups = [group for _, group in apart]
        return {} if found else min(groups, key=lambda group: _shortness(next(iter(group.values()))))
    joined: dict[str, Report] = {}
    mine = min(_shortness(member) for member in (report, *found.values()) if not member.is_retelling)
    for candidate, group in apart:
        kept = next(iter(group.values()))
        if kept.is_retelling:
            joined |= group
        elif mine < _shortness(kept):
            joined[candidate.id] = candidate
    return joined


def _shortness(report: Report) -> tuple[int, str]:
    """Return what is least for the longest report, and for the first by name of those as long."""
    return -len(_telling(report)), report.id


def _candidates(connection: sqlite3.Connection, report: Report) -> Iterator[Report]:
    """Yield reports that have fingerprints with a new one in common: first those that need no look at the words."""
    key = search_key(report.id)
    exact = Counter(other for number in sorted(_exact(report)) for other in islice(_holders(connection, number, key), _CANDIDATES))
    titled = Counter(other for number in _title(report) for other in islice(_holders(connection, number, key), _CANDIDATES))
    for other in dict.fromkeys((*sorted(exact), *sorted(titled), *_alike(connection, _sample(report), key))):
        yield _by_key(connection, other)


def _alike(connection: sqlite3.Connection, sample: frozenset[int], key: int) -> list[int]:
    """Return the keys of the few reports that have most of a sample in common, and enough of it to be worth a look at the words."""
    n_common: Counter[int] = Counter()
    for number in sample:
        holders = list(islice(_holders(connection, number, key), _COMMON + 1))
        if len(holders) <= _COMMON:
            n_common.update(holders)
    best = sorted(n_common, key=lambda other: (-n_common[other], other))[:_CANDIDATES]
    sizes = {
        other: connection.execute("select count(*) from report_fingerprint where search_key = ?", (other,)).fetchone()[0] for other in best
    }
    return [other for other in best if n_common[other] >= _IN_COMMON * min(len(sample), sizes[other])]


def _holders(connection: sqlite3.Connection, fingerprint: int, but: int) -> Iterator[int]:
    rows = connection.execute("select search_key from report_fingerprint where fingerprint = ? and search_key <> ?", (fingerprint, but))
    return (key for (key,) in rows)


def _by_key(connection: sqlite3.Connection, key: int) -> Report:
    """Return the report, stored or linked, whose fingerprints have this key."""
    if found := one(connection, "select content from report_duplicate where search_key = ?", key):
        return from_content(found["content"])
    stored = one(connection, "select report_id from report_text where search_key = ?", key)
    report = stored_report(connection, stored["report_id"]) if stored else None
    if report is None:
        raise DatabaseError(f"report_fingerprint: {key} is the key of no report; build the database anew")
    return report


# Asked for twice of each report that is new, as is its sample: to find its place, and to enter it.
@lru_cache(maxsize=1)
def _exact(report: Report) -> frozenset[int]:
    """Return the fingerprints that leave no doubt: of the identifiers and of the whole text."""
    names = [f"{label} {value}" for label, value in zip(("doi", "pmcid", "pmid"), _identifiers(report), strict=True) if value]
    squeezed = _squeezed(report.text)
    return frozenset(map(_fingerprint, [*names, *([f"text {squeezed}"] if squeezed else [])]))


def _title(report: Report) -> frozenset[int]:
    """Return the fingerprint of a title that is long enough to be one report's; none for "Case report"."""
    words = _words(report.title or "")
    return frozenset({_fingerprint(f"title {' '.join(words)}")} if len(words) >= _TITLE_WORDS else ())


@lru_cache(maxsize=1)
def _sample(report: Report) -> frozenset[int]:
    """Return the fingerprints of what tells of a report."""
    return _sampled(_telling(report))


def _sampled(words: list[str]) -> frozenset[int]:
    """Return the fingerprints of a text: of its runs of words, those that a checksum chooses, more of them at its beginning."""
    return frozenset(
        _fingerprint(run)
        for start, run in enumerate(_runs(words))
        if crc32(run.encode("utf-8", "surrogatepass")) % (_DENSE if start < _DENSE_WORDS else _SPARSE) == 0
    )


def _runs(words: list[str]) -> Iterator[str]:
    """Yield the runs of so many words, one beginning at each word."""
    return (" ".join(words[start : start + _RUN]) for start in range(len(words) - _RUN + 1))


def _fingerprint(words: str) -> int:
    return int.from_bytes(blake2b(words.encode("utf-8", "surrogatepass"), digest_size=6).digest())


def _words(text: str) -> list[str]:
    """Return the words of a text without case, hyphens and punctuation; ligatures and raised numbers as plain ones."""
    return _WORD.findall(unicodedata.normalize("NFKC", _NO_WORDS.sub(" ", text)).casefold())


def _telling(report: Report) -> list[str]:
    """Return the words that tell of the report: all but its references and what is printed beside it."""
    parts = [part for part in outline(report) if part.kind not in ("references", OTHER)]
    return [word for part in parts for word in _words(report.text[part.start : part.end])]


def _squeezed(text: str) -> str:
    """Return letters and numbers alone: "follow-up" and "followup" are the same."""
    return "".join(_words(text))


def _identifiers(report: Report) -> tuple[str | None, str | None, str | None]:
    """Return DOI, PMCID and PMID in one spelling, each None where the source gives none; one in the text is another report's."""
    doi = _RESOLVER.fullmatch(report.doi or "")
    pmcid, pmid = (re.sub(r"\D", "", value or "").lstrip("0") for value in (report.pmcid, report.pmid))
    return doi["doi"].lower() if doi else None, f"PMC{pmcid}" if pmcid else None, pmid or None


def _is_notice(report: Report) -> bool:
    """Tell whether a report is about another one: a correction, a retraction, a comment, a reply."""
    return bool(_NOTICE.match(report.article_type or "") or _NOTICE.match(report.title or ""))


# --- linked reports as they are stored ---------------------------------------------------------


def _row(kept: Report, link: Link) -> tuple[object, ...]:
    """Return the row of table report_duplicate."""
    other, why = link.report, link.likeness
    return (
        other.id, kept.id, why.reason, why.words, why.share, search_key(other.id), other.title, other.doi, other.pmcid, other.pmid,
        other.format, int(other.is_retelling), other.sha256, content(other),
    )  # fmt: skip
