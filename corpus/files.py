"""Which files a command means, and the reports in them."""

from __future__ import annotations

import atexit
import hashlib
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from importlib import metadata
from pathlib import Path
from stat import S_ISREG
from types import MappingProxyType

from corpus import containers, formats
from corpus.readers.decode import read_bytes
from corpus.report import CorpusError, Passed, Problem, Report
from corpus.worker import LimitError, Worker

# A PDF with the pictures of a whole issue; archives of more are unpacked by whoever made them.
MAX_BYTES = 50_000_000
STDIN = Path("-")
# `casebook fetch` keeps it beside what it fetched: no report, and where the licence stands that the files do not name.
_FETCHED = "fetched.csv"

# Read without any library, so that they need no process of their own.
_LIGHT = frozenset({"text", "markdown"})
# Libraries whose release may change what is read.
_LIBRARIES = ("lxml", "markdown-it-py", "pypdfium2", "pyspellchecker", "python-docx", "pyyaml")
_ROOM = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Source:
    """A file to be read.

    Attributes
    ----------
    path
        As it was given or found; `STDIN` is standard input.
    id
        The id of a single report in it, unique among the sources of one `find`.
    """

    path: Path
    id: str

    @property
    def name(self) -> str:
        """What messages call it."""
        return "standard input" if self.path == STDIN else str(self.path)


# --- finding -------------------------------------------------------------------------------------


def find(paths: Iterable[Path]) -> Iterator[Source | Problem | Passed]:
    """Expand files and folders to the files that may hold reports, in a fixed order.

    Folders are searched to any depth, sorted by name; hidden files and folders are passed over in silence, files that
    neither have one of `formats.ENDINGS` nor begin as a report does come out as passed over. A path that was named
    itself is never passed over: it comes out, or its problem does. No file comes out twice.

    A source's id is the file's name without its endings ("a" of a.xml and a.tar.gz). Where a file before has that id,
    the ending is put behind it ("a#pdf" of a.pdf), then a number ("a#pdf-2"): the same arguments give the same ids.

    Parameters
    ----------
    paths
        Files and folders in the order in which they were named; "-" is standard input.

    Yields
    ------
    Source or Problem or Passed
        A problem is: a missing path, a folder that cannot be listed or holds no report, a name that is not UTF-8.
    """
    seen: set[object] = set()
    ids: set[str] = set()
    for entry in _expand(paths):
        if not isinstance(entry, Path):
            yield entry
            continue
        identity = _identity(entry)
        if identity in seen:
            continue
        seen.add(identity)
        source = Source(entry, containers.first_free(_ids(entry), ids))
        ids.add(source.id)
        yield (
            source if _is_utf8(source.id) else _problem(source.path, "the file's name is not UTF-8, wanted a name that it can be called by")
        )


def passed_over(entries: Iterable[Passed]) -> str | None:
    """Count files that were passed over, in a line: "3 files passed over: 2 .png, 1 .csv"; None where there are none."""
    counts = Counter(entry.ending or "without an ending" for entry in entries)
    total = counts.total()
    if not total:
        return None
    kinds = ", ".join(f"{count} {ending}" for ending, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])))
    return f"{total} {'file' if total == 1 else 'files'} passed over: {kinds}"


def _ids(path: Path) -> Iterator[str]:
    """Yield the ids that a file may have, the shortest first."""
    if path == STDIN:
        yield "stdin"
        return
    stem = formats.stem_of(path.name)
    yield stem
    yield f"{stem}#{(formats.ending_of(path.name) or path.suffix)[1:] or 'file'}"


def _is_utf8(name: str) -> bool:
    return not any("\ud800" <= sign <= "\udfff" for sign in name)


def _identity(path: Path) -> object:
    """Tell what is the same file by another name; a link that leads nowhere is only itself."""
    try:
        status = path.stat()
    except (OSError, ValueError):
        return path
    return status.st_dev, status.st_ino


def _problem(path: Path, reason: str) -> Problem:
    return Problem(str(path), f"{path}: {reason}")


def _expand(paths: Iterable[Path]) -> Iterator[Path | Problem | Passed]:
    """Files and problems of all paths; the same file may come twice."""
    visited: set[tuple[int, int]] = set()  # (device, inode) of folders: a link loop ends here
    for path in paths:
        try:
            if path == STDIN:
                yield path
            elif path.is_dir():
                yield from _folder(path, visited)
            elif not (path.is_symlink() or path.exists()):
                yield _problem(path, "no such file or directory")
            else:
                yield path
        except (OSError, ValueError) as error:
            yield _problem(path, getattr(error, "strerror", None) or str(error))


def _folder(top: Path, visited: set[tuple[int, int]]) -> Iterator[Path | Problem | Passed]:
    """All files below a folder that may hold reports, depth first, sorted by name."""
    count = 0
    pending = [top]
    while pending:
        path = pending.pop()
        try:
            if not path.is_dir():
                is_candidate = _is_candidate(path)
                count += is_candidate
                yield path if is_candidate else Passed(str(path), formats.suffix_of(path.name))
                continue
            status = path.stat()
            if (status.st_dev, status.st_ino) in visited:
                count += 1  # read before, by this or another name: not an empty folder
                continue
            visited.add((status.st_dev, status.st_ino))
            found = (p for p in path.iterdir() if not p.name.startswith(".") and p.name != _FETCHED)
            pending += sorted(found, key=lambda p: p.name, reverse=True)
        except OSError as error:
            count += 1
            yield _problem(path, (error.strerror or type(error).__name__).lower())
    if not count:
        yield _problem(top, f"folder without a report, wanted files {', '.join(sorted(formats.ENDINGS))}")


def _is_candidate(path: Path) -> bool:
    if formats.suffix_of(path.name) in formats.ENDINGS | formats.UNREAD:
        return True
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return formats.is_candidate(path.name, file.read(formats.HEAD_BYTES))


# --- reading -------------------------------------------------------------------------------------

# A file that was written to just now may be written to again within the same tick of the system's clock.
_SETTLED_S = 2


def stamp(source: Source) -> str | None:
    """Return what the system says of a file: its number, its size, and when its bytes and its name were last changed.

    While that is the same, so are its bytes: a program can set the first of the times, but not the second. None where it tells
    nothing: of standard input, of what is no plain file, and of a file that was written to in the last two seconds.
    """
    if source.path == STDIN:
        return None
    try:
        status = source.path.stat()
    except (OSError, ValueError):
        return None  # why it cannot be read, `load` says
    if not S_ISREG(status.st_mode) or time.time() - status.st_ctime < _SETTLED_S:
        return None
    return f"{status.st_ino} {status.st_size} {status.st_mtime_ns} {status.st_ctime_ns}"


def load(source: Source) -> bytes:
    """Give the bytes of a file.

    Raises
    ------
    CorpusError
        It is missing, a directory, a device, unreadable or larger than `MAX_BYTES`; the message names it.
    """
    if source.path != STDIN:
        return read_bytes(source.path, MAX_BYTES)
    if sys.stdin is None:
        raise CorpusError(f"{source.name}: is closed, wanted a report")
    data = sys.stdin.buffer.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise CorpusError(f"{source.name}: more than {MAX_BYTES / 1e6:.0f} MB, wanted at most that")
    return data


def read(source: Source, data: bytes, worker: Worker | None = None) -> Iterator[Report | Problem | Passed]:
    """Read the reports of a file, container or not, each with the reader of its format and within limits.

    Parameters
    ----------
    source, data
        A file and its bytes.
    worker
        Where the formats are read that need a library; None for one that all calls share, with the usual limits.

    Yields
    ------
    Report or Problem or Passed
        At least one. A member of an archive that cannot be read is a problem, and the others are read.
    """
    for member in containers.members(data, source.name, source.id):
        if not isinstance(member, containers.Member):
            yield member
            continue
        try:
            reports = _read(member, worker)
        except CorpusError as error:
            yield Problem(member.name, str(error), is_final=not isinstance(error, LimitError))
        else:
            yield from (_checked(report, member, source) for report in reports)


def _checked(report: Report, member: containers.Member, source: Source) -> Report | Problem:
    """Give a report with its name in messages and the licence that is told of its file, or why it is not taken."""
    part = report.id.removeprefix(member.id).removeprefix("#")
    name = f"{member.name}, {part}" if part else member.name
    if (excess := report.excess) is not None:
        return Problem(name, f"{name}: {excess}")
    return replace(report, source=name, license=report.license or _license_beside(source.path))


def _license_beside(path: Path) -> str | None:
    """Return the licence that Europe PMC told of a fetched file; None where it was not fetched, or none was told."""
    ledger = path.parent / _FETCHED
    return _licenses(path.parent, ledger.stat().st_mtime_ns).get(path.name) if ledger.is_file() else None


@lru_cache(maxsize=4)
def _licenses(folder: Path, modified_ns: int) -> Mapping[str, str]:
    """Read the licences of the files of a folder of fetched articles, once as long as its ledger stays as it is."""
    from corpus.europe_pmc.folder import read_folder

    return MappingProxyType({row.file: row.license.upper() for row in read_folder(folder).rows.values() if row.file and row.license})


def _read(member: containers.Member, worker: Worker | None) -> tuple[Report, ...]:
    form = formats.recognise(member.data, member.name)
    if form in _LIGHT:
        return formats.read_as(form, member.data, member.name, member.id)
    return (worker or _shared_worker()).read(member.data, member.name, member.id)


@cache
def _shared_worker() -> Worker:
    worker = Worker()
    atexit.register(worker.close)
    return worker


@cache
def readers_fingerprint() -> str:
    """Return 16 hex digits that change when code, vocabularies or libraries of the readers change."""
    digest = hashlib.sha256()
    for name in _LIBRARIES:
        digest.update(f"{name} {metadata.version(name)}\n".encode())
    for path in sorted([*_ROOM.rglob("*.py"), *_ROOM.rglob("*.csv")]):
        digest.update(f"{path.relative_to(_ROOM).as_posix()}\n".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]
