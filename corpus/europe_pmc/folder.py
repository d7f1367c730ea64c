"""What was fetched, on disk: a file an article, a ledger that people can read, and searches as far as they went."""

from __future__ import annotations

import csv
import fcntl
import hashlib
import io
import json
import os
import re
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

from corpus.europe_pmc.service import Article, Page
from corpus.report import CorpusError

FETCHED, NOT_OPEN_ACCESS, NOT_FOUND, FAILED = "fetched", "not_open_access", "not_found", "failed"
STATUSES = (FETCHED, NOT_OPEN_ACCESS, NOT_FOUND, FAILED)
LEDGER = "fetched.csv"
_SEARCHES = ".searches"  # hidden: `casebook add` of the folder passes over it
_UNSAFE = re.compile(r"[^A-Za-z0-9.-]+")


@dataclass(frozen=True, slots=True)
class Row:
    """What became of one identifier; a line of the ledger. "" where nothing is known.

    Attributes
    ----------
    identifier
        As `str(Identifier)` writes it.
    license
        In the service's words ("cc by"): what holds where the file itself names none.
    is_open_access
        "Y" or "N"; "" where the service was not asked.
    status
        One of `STATUSES`.
    reason
        Why there is no full text.
    file
        The file's name in the folder: full text (.xml) or abstract (.md).
    retrieved
        The date of the answer, as 2026-01-31.
    """

    identifier: str
    pmcid: str = ""
    doi: str = ""
    pmid: str = ""
    title: str = ""
    license: str = ""
    is_open_access: str = ""
    status: str = FAILED
    reason: str = ""
    file: str = ""
    sha256: str = ""
    retrieved: str = ""


_COLUMNS = tuple(column.name for column in fields(Row))


@dataclass(slots=True)
class Folder:
    """A folder of fetched articles. `open_folder` makes one that may be written to.

    Attributes
    ----------
    rows
        The ledger: the last row of each identifier.
    """

    path: Path
    rows: dict[str, Row] = field(default_factory=dict)

    def file(self, row: Row | None) -> Path | None:
        """Give the file that a row tells of; None where there is none, or it has gone."""
        path = self.path / Path(row.file).name if row and row.file else None
        return path if path and path.is_file() else None

    def full_text(self, pmcid: str) -> Path:
        """Give the path of an article's full text, there or not."""
        return self.path / f"{pmcid}.xml"

    def abstract(self, article: Article) -> Path:
        """Give the path of an article's abstract, there or not."""
        name = article.pmcid or (f"PMID{article.pmid}" if article.pmid else _UNSAFE.sub("_", article.doi or "unnamed")[:100])
        return self.path / f"{name}.md"

    def write(self, path: Path, content: bytes) -> str:
        """Write a file whole or not at all, and return its SHA-256."""
        _write(path, content)
        return hashlib.sha256(content).hexdigest()

    def note(self, row: Row) -> None:
        """Append a row to the ledger; it is on disk when this returns."""
        path = self.path / LEDGER
        with path.open("a", encoding="utf-8", newline="") as file:
            file.write(_csv([row], has_header=file.tell() == 0))
        self.rows[row.identifier] = row

    def compact(self) -> None:
        """Write the ledger anew, a row an identifier."""
        if self.rows or (self.path / LEDGER).exists():
            _write(self.path / LEDGER, _csv(self.rows.values(), has_header=True).encode())

    def search(self, query: str) -> Page | None:
        """Give what is there of a search: all articles so far, and the cursor of the next page; None where nothing is."""
        path = self._search_path(query)
        try:
            kept = json.loads(path.read_text(encoding="utf-8"))
            return Page(kept["hits"], tuple(map(Article.from_json, kept["articles"])), kept["cursor"])
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError) as error:
            raise CorpusError(f"{path}: no search of this version ({error}), wanted one; remove it to search anew") from error

    def keep_search(self, query: str, page: Page) -> None:
        """Keep all articles of a search so far."""
        kept = {"query": query, "hits": page.hits, "cursor": page.cursor, "articles": [article.to_json() for article in page.articles]}
        path = self._search_path(query)
        path.parent.mkdir(exist_ok=True)
        _write(path, json.dumps(kept, ensure_ascii=False, indent=1).encode())

    def _search_path(self, query: str) -> Path:
        return self.path / _SEARCHES / f"{hashlib.sha256(query.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}.json"


def read_folder(path: Path) -> Folder:
    """Read what is there, to look at it only; a folder that is not there is empty.

    Raises
    ------
    CorpusError
        The ledger is none of ours.
    """
    ledger = path / LEDGER
    if not ledger.exists():
        return Folder(path)
    # The last line may be half a line, if the machine went down: that article is asked for again.
    whole = ledger.read_bytes().rpartition(b"\n")[0]
    if not whole:
        return Folder(path)
    wanted = f"wanted the columns {', '.join(_COLUMNS)}"
    try:
        header, *lines = csv.reader(io.StringIO(whole.decode("utf-8-sig"), newline=""), strict=True)
    except (ValueError, csv.Error) as error:
        raise CorpusError(f"{ledger}: no ledger ({error}), {wanted}") from error
    if tuple(header) != _COLUMNS or any(len(line) != len(_COLUMNS) for line in lines):
        raise CorpusError(f"{ledger}: other columns, {wanted}; move it away to begin anew")
    return Folder(path, {row.identifier: row for row in (Row(*line) for line in lines)})


@contextmanager
def open_folder(path: Path) -> Iterator[Folder]:
    """Open a folder to fetch into, made where it is not there; what was noted stays, however the block ends.

    Raises
    ------
    CorpusError
        Another process fetches into it, or the ledger is none of ours.
    """
    path.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CorpusError(f"{path}: another casebook fetches into it; wait until it has finished") from None
        folder = read_folder(path)
        folder.compact()  # half a line must not be gone on with
        try:
            yield folder
        finally:
            folder.compact()
    finally:
        os.close(handle)


def _csv(rows: Iterable[Row], has_header: bool) -> str:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, _COLUMNS, lineterminator="\n")
    if has_header:
        writer.writeheader()
    writer.writerows(asdict(row) for row in rows)
    return out.getvalue()


def _write(path: Path, content: bytes) -> None:
    """Write a file beside its place and move it there."""
    handle, partial = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(partial).chmod(0o644)
        Path(partial).replace(path)
    except BaseException:
        Path(partial).unlink(missing_ok=True)
        raise
