"""What is packed: gzip, bzip2 and xz files, zip and tar archives, opened in memory within bounds.

Nothing is ever written to the disk, so that a member's name can lead nowhere: it is only shown, and made part of an id.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import re
import stat
import tarfile
import zipfile
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, cast

from corpus import formats, zips
from corpus.plain import plain
from corpus.report import CorpusError, Passed, Problem


@dataclass(frozen=True, slots=True)
class Limits:
    """What one archive may hold, archives inside it included.

    Attributes
    ----------
    members
        How many files, whatever they are.
    member_bytes, total_bytes
        Unpacked, of one file and of all.
    ratio
        How many times its packed size a file or a stream may have; text has 5 to 20, bombs 1,000. What is unpacked to
        less than `free_bytes` may have any: an empty form is packed well.
    depth
        How many archives may lie in one another.
    """

    members: int = 10_000
    member_bytes: int = 20_000_000
    total_bytes: int = 1_000_000_000
    ratio: int = 200
    free_bytes: int = 1_000_000
    depth: int = 2


LIMITS = Limits()

_STREAM_SIGNS = (
    (re.compile(rb"\x1f\x8b\x08"), "gzip"),
    (re.compile(rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90)"), "bzip2"),
    (re.compile(rb"\xfd7zXZ\0"), "xz"),
)


@dataclass(frozen=True, slots=True)
class Member:
    """A file that was packed.

    Attributes
    ----------
    name
        What messages call it: "papers.zip, a/b.pdf".
    id
        The report's id: that of the archive, "#", and the name without ending; of a single packed file, its own.
    data
        Unpacked, no container.
    """

    name: str
    id: str
    data: bytes


def kind_of(data: bytes, name: str) -> str | None:
    """Tell "zip", "tar", "gzip", "bzip2" or "xz"; None for what is no container, as Office files and books that are zipped.

    Raises
    ------
    CorpusError
        A broken zip archive.
    """
    if data.startswith(zips.SIGNS):
        with zips.opened(data, name, "a whole file", LIMITS.members) as archive:
            return None if formats.zip_kind(archive.namelist()) else "zip"
    for sign, kind in _STREAM_SIGNS:
        if sign.match(data):
            return kind
    return "tar" if _is_tar(data[: tarfile.BLOCKSIZE]) else None


def members(data: bytes, name: str, report_id: str, limits: Limits = LIMITS) -> Iterator[Member | Problem | Passed]:
    """Unpack what may be reports, one after the other, in the order of the archive; anything else comes out by itself.

    Hidden files and folders and those of macOS ("__MACOSX") are passed over in silence, as in a folder. The id of a
    member is its stem behind that of the archive; where another has it already, with the member's folder before it, then
    with its ending behind it, then with a number from 2 on.

    Parameters
    ----------
    data
        A whole file, a container or not.
    name, report_id
        What messages call the file, and the id that a single report in it gets.

    Yields
    ------
    Member or Problem or Passed
        A file that is no container is its own only member. A problem is a member that is encrypted, a link or a device,
        broken, too large, too well packed, or an archive too deep in others; or the archive itself: broken or truncated
        (after the members that stand before that), too large, or without any report.
    """
    yield from _Opening(limits).open(data, name, report_id, 0)


class _RefusedError(Exception):
    """A member or a container that is not unpacked; the message is the reason alone."""


class _EndedError(_RefusedError):
    """Nothing more of a container is read, but what stands beside it is."""


class _ExhaustedError(_EndedError):
    """The bounds of the whole file are reached: nothing more of it is read."""


@dataclass(slots=True)
class _Opening:
    """The opening of one file: what has been taken out of it so far."""

    limits: Limits
    count: int = 0
    unpacked: int = 0
    ids: set[str] = field(default_factory=set)

    def open(self, data: bytes, name: str, report_id: str, depth: int) -> Iterator[Member | Problem | Passed]:
        try:
            kind = kind_of(data, name)
        except CorpusError as error:
            yield Problem(name, str(error))
            return
        if kind is None:
            yield Member(name, report_id, data)
        elif depth == self.limits.depth:
            yield Problem(name, f"{name}: an archive in an archive in an archive, wanted at most one inside another")
        else:
            yield from self._open(kind, data, name, report_id, depth)

    def _open(self, kind: str, data: bytes, name: str, report_id: str, depth: int) -> Iterator[Member | Problem | Passed]:
        """Yield what is in a container of a kind; what ends it early becomes the last problem."""
        try:
            if kind == "zip":
                yield from self._archive(self._zip(data, name), name, report_id, depth)
                return
            stream = _Stream(self._counted(_chunks(kind, data), len(data)))
            if kind == "tar" or _is_tar(stream.peek(tarfile.BLOCKSIZE)):
                yield from self._archive(self._tar(stream), name, report_id, depth)
            else:
                unpacked = stream.read(self.limits.member_bytes + 1)
                self._check_size(len(unpacked))
                yield from self.open(unpacked, name, report_id, depth + 1)
        except CorpusError as error:
            yield Problem(name, str(error))
        except _RefusedError as error:
            if depth and isinstance(error, _ExhaustedError):
                raise
            yield Problem(name, f"{name}: {error}")
        except (tarfile.TarError, *zips.BROKEN) as error:
            yield Problem(name, f"{name}: broken or truncated {kind} file ({str(error)[:100]}), wanted a whole one")

    def _archive(self, entries: Iterable[_Entry], name: str, report_id: str, depth: int) -> Iterator[Member | Problem | Passed]:
        """Yield the members of an archive that holds several."""
        is_bare = True
        for entry in entries:
            if _is_hidden(entry.path):
                continue
            where = f"{name}, {shown(entry.path)}"
            data = self._unpacked(entry, where)
            is_bare = is_bare and isinstance(data, Passed)
            if isinstance(data, bytes):
                member_id = first_free(_ids(report_id, entry.path), self.ids)
                self.ids.add(member_id)
                yield from self.open(data, where, member_id, depth + 1)
            else:
                yield data
        if is_bare:
            raise _RefusedError("an archive without a report, wanted files " + ", ".join(sorted(formats.ENDINGS)))

    def _unpacked(self, entry: _Entry, where: str) -> bytes | Problem | Passed:
        """Return what is in a member, or why it is not read."""
        try:
            head = b"" if entry.refusal else entry.read(formats.HEAD_BYTES)
            if not formats.is_candidate(entry.path, head):
                return Passed(where, formats.suffix_of(entry.path))
            if entry.refusal:
                return Problem(where, f"{where}: {entry.refusal}")
            self._check_size(entry.size, entry.packed_size)
            data = head + entry.read(self.limits.member_bytes + 1 - len(head))
            self._spend(len(data) if entry.is_packed_alone else 0)
        except _EndedError:
            raise
        except _RefusedError as error:
            return Problem(where, f"{where}: {error}")
        except zips.BROKEN as error:
            if not entry.is_packed_alone:
                raise  # a stream that breaks in one member has no other behind it
            return Problem(where, f"{where}: broken ({str(error)[:100]}), wanted a whole file")
        return data

    def _zip(self, data: bytes, name: str) -> Iterator[_Entry]:
        with zips.opened(data, name, "a whole archive", self.limits.members) as archive:
            parts = archive.infolist()
            if sum(part.compress_size for part in parts) > len(data):
                raise _RefusedError("its members overlap or are cut off, wanted an archive of which each byte counts once")
            for part in parts:
                self._count()
                if not part.is_dir():
                    yield _zip_entry(archive, part)

    def _tar(self, stream: _Stream) -> Iterator[_Entry]:
        stream.allow(_TAR_HEADERS)
        with tarfile.open(fileobj=cast(BinaryIO, stream), mode="r|") as archive:
            while (info := archive.next()) is not None:
                self._count()
                if len(archive.pax_headers) > _TAR_ATTRIBUTES:
                    raise _EndedError(_HEADERS)  # each member would get a copy of them
                if info.size < 0:
                    raise tarfile.ReadError("a size below zero")
                stream.allow(info.size + _TAR_HEADER)
                if not info.isdir():
                    yield _tar_entry(archive, info)

    def _count(self) -> None:
        self.count += 1
        if self.count > self.limits.members:
            raise _ExhaustedError(f"more than {self.limits.members} members, the rest is not read")

    def _counted(self, chunks: Iterable[bytes], packed_size: int) -> Iterator[bytes]:
        """Pass on what a stream gives, until it gives too much."""
        unpacked = 0
        for chunk in chunks:
            unpacked += len(chunk)
            if unpacked > max(self.limits.free_bytes, self.limits.ratio * packed_size):
                raise _EndedError(_bomb(self.limits.ratio))
            self._spend(len(chunk))
            yield chunk

    def _spend(self, size: int) -> None:
        self.unpacked += size
        if self.unpacked > self.limits.total_bytes:
            raise _ExhaustedError(f"unpacks to more than {self.limits.total_bytes / 1e6:g} MB, the rest is not read")

    def _check_size(self, size: int, packed_size: int | None = None) -> None:
        if packed_size is not None and size > max(self.limits.free_bytes, self.limits.ratio * packed_size):
            raise _RefusedError(_bomb(self.limits.ratio))
        if size > self.limits.member_bytes:
            raise _RefusedError(f"more than {self.limits.member_bytes / 1e6:g} MB unpacked, wanted at most that")


@dataclass(frozen=True, slots=True)
class _Entry:
    """A file in an archive, not yet read.

    Attributes
    ----------
    path
        As the archive names it.
    read
        Gives the next bytes of it, at most as many as asked for.
    size, packed_size
        As the archive states them; a packed size of None where it is packed together with others.
    refusal
        Why it cannot be read at all; None where it can.
    """

    path: str
    read: Callable[[int], bytes]
    size: int
    packed_size: int | None = None
    refusal: str | None = None

    @property
    def is_packed_alone(self) -> bool:
        """True where the members before and after it can be read without it."""
        return self.packed_size is not None


def _zip_entry(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> _Entry:
    refusal = None
    if zips.is_encrypted(part):
        refusal = "protected by a password, wanted a file without one"
    elif stat.S_ISLNK(part.external_attr >> 16):
        refusal = "a link, wanted a file"
    opened: list[zipfile.ZipExtFile] = []  # when the first bytes are asked for, not before: opening may fail

    def read(size: int) -> bytes:
        if not opened:
            opened.append(cast(zipfile.ZipExtFile, archive.open(part)))
        return opened[0].read(size)

    return _Entry(part.filename, read, part.file_size, part.compress_size, refusal)


def _tar_entry(archive: tarfile.TarFile, info: tarfile.TarInfo) -> _Entry:
    refusal = None
    if info.issym() or info.islnk():
        refusal = "a link, wanted a file"
    elif info.issparse():
        refusal = "a file with holes, wanted one packed whole"
    elif not info.isreg():
        refusal = "a device or pipe, wanted a file"
    file = None if refusal else archive.extractfile(info)
    return _Entry(info.name, file.read if file else lambda _: b"", info.size, None, refusal)


# Names and attributes of members: what an archive may have of them, and what each member adds to that. A long path has a
# few hundred bytes.
_TAR_HEADERS = 1_000_000
_TAR_HEADER = 8_192
_TAR_ATTRIBUTES = 100  # that hold for all members
_HEADERS = "headers without end, wanted a plain tar file"


class _Stream:
    """Chunks of bytes as a file that is read once from begin to end, never more than was allowed.

    What is not read of a member is skipped before the next header: so much is allowed as members have, and a little.
    """

    __slots__ = ("_allowed", "_chunks", "_rest")

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._rest = b""
        self._allowed: int | None = None

    def allow(self, size: int) -> None:
        """Let so many bytes more be read; until the first call it is any number."""
        self._allowed = (self._allowed or 0) + size

    def peek(self, size: int) -> bytes:
        """Give the next bytes, which stay unread; fewer only at the end."""
        pieces = [self._rest]
        length = len(self._rest)
        while length < size and (chunk := next(self._chunks, b"")):
            pieces.append(chunk)
            length += len(chunk)
        self._rest = b"".join(pieces)
        return self._rest[:size]

    def read(self, size: int) -> bytes:
        """Give the next bytes; fewer than asked for only at the end."""
        if self._allowed is not None:
            if size > self._allowed:
                raise _EndedError(_HEADERS)
            self._allowed -= size
        found = self.peek(size)
        self._rest = self._rest[size:]
        return found


def _chunks(kind: str, data: bytes) -> Iterator[bytes]:
    """Unpack a stream piece by piece; several streams in one file follow one another."""
    if kind == "tar":
        return (data[start : start + _CHUNK] for start in range(0, len(data), _CHUNK))
    if kind == "xz":
        return _xz_chunks(data)
    file = gzip.GzipFile(fileobj=io.BytesIO(data)) if kind == "gzip" else bz2.BZ2File(io.BytesIO(data))
    return iter(lambda: file.read(_CHUNK), b"")


_CHUNK = 65_536
_XZ_MEMORY = 100_000_000  # `xz -9` needs 65 MB; a file may ask for 1.5 GB


def _xz_chunks(data: bytes) -> Iterator[bytes]:
    while data:
        unpacker = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_XZ_MEMORY)
        pending = data
        while not unpacker.eof:
            chunk = unpacker.decompress(pending, _CHUNK)
            pending = b""
            if not chunk and unpacker.needs_input and not unpacker.eof:
                raise EOFError("it ends too early")
            if chunk:
                yield chunk
        data = unpacker.unused_data.lstrip(b"\0")  # padding between streams


def _is_tar(block: bytes) -> bool:
    """Tell by the check sum of the first header, which old tar files without a sign have too."""
    if len(block) < tarfile.BLOCKSIZE or not block.strip(b"\0"):
        return False
    try:
        tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except tarfile.HeaderError:
        return False
    return True


# --- names ---------------------------------------------------------------------------------------


def shown(path: str) -> str:
    """Give a name so that it can be printed: line ends, control and direction marks, and broken UTF-8 as escapes."""
    return plain(path[:500])


def first_free(wanted: Iterable[str], taken: Collection[str]) -> str:
    """Give the first of the ids that is not taken; where all are, the last one with "-2", "-3" … behind it."""
    last = ""
    for last in wanted:
        if last not in taken:
            return last
    number = 2
    while f"{last}-{number}" in taken:
        number += 1
    return f"{last}-{number}"


def _parts(path: str) -> list[str]:
    """Give folders and name of a member; programs of Windows write the other slash."""
    return [part for part in re.split(r"[/\\]", path) if part not in ("", ".", "..")]


def _is_hidden(path: str) -> bool:
    return any(part.startswith(".") or part == "__MACOSX" for part in _parts(path))


def _ids(archive_id: str, path: str) -> Iterator[str]:
    """Yield the ids that a member may have, the shortest first."""
    *folders, name = [shown(part) for part in _parts(path)] or ["member"]
    stem = formats.stem_of(name)
    whole = f"{archive_id}#{'/'.join((*folders, stem))}"
    yield f"{archive_id}#{stem}"
    yield whole
    yield f"{whole}#{formats.ending_of(name)[1:] or 'file'}"


def _bomb(ratio: int) -> str:
    return f"unpacks to more than {ratio} times its size, which no report does"
