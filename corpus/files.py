"""Which files a command means, and the reader that each of them gets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from corpus.readers import markdown, text
from corpus.readers.decode import read_bytes
from corpus.report import CorpusError, Report

_READERS: dict[str, Callable[[bytes, str, str], tuple[Report, ...]]] = {".txt": text.read, ".md": markdown.read}


@dataclass(frozen=True, slots=True)
class Problem:
    """A path that cannot become a report.

    Attributes
    ----------
    path
        As it was given or found.
    reason
        What was found and what was wanted, without the path.
    """

    path: Path
    reason: str

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}"


def find(paths: Iterable[Path]) -> Iterator[Path | Problem]:
    """Expand files and folders to the files that `read` takes, in a fixed order.

    Folders are searched to any depth, sorted by name; hidden files and folders and files of other
    kinds inside them are passed over. A path that was named itself is never passed over: it comes
    out, or its problem does. No file comes out twice.

    Parameters
    ----------
    paths
        Files and folders in the order in which they were named.

    Yields
    ------
    Path or Problem
        A problem is: a missing path, a kind that no reader takes, a folder that cannot be listed or
        holds no report, and a second file with the id (the stem) of one before.
    """
    found: dict[str, Path] = {}  # id: the file that has it
    for entry in _expand(paths):
        if isinstance(entry, Path):
            first = found.get(entry.stem)
            if first is None:
                found[entry.stem] = entry
            elif _is_same(first, entry):
                continue
            else:
                entry = Problem(entry, f"same id {entry.stem!r} as {first}, wanted each id once")
        yield entry


def read(path: Path) -> Report:
    """Read one file with the reader of its kind.

    Raises
    ------
    CorpusError
        The file is of no supported kind, or its reader refuses it; the message names the file.
    """
    reader = _READERS.get(path.suffix.lower())
    if reader is None and not path.is_dir() and path.exists():
        raise CorpusError(f"{path}: {_unsupported(path)}")
    return (reader or text.read)(read_bytes(path), str(path), path.stem)[0]


def _is_same(one: Path, other: Path) -> bool:
    """Whether two paths lead to the same file; a link that leads nowhere is only itself."""
    try:
        return one == other or one.samefile(other)
    except OSError:
        return False


def _expand(paths: Iterable[Path]) -> Iterator[Path | Problem]:
    """Files and problems of all paths; the same file may come twice."""
    visited: set[tuple[int, int]] = set()  # (device, inode) of folders: a link loop ends here
    for path in paths:
        try:
            if path.is_dir():
                yield from _folder(path, visited)
            elif not (path.is_symlink() or path.exists()):
                yield Problem(path, "no such file or directory")
            elif path.suffix.lower() not in _READERS:
                yield Problem(path, _unsupported(path))
            else:
                yield path
        except (OSError, ValueError) as error:
            yield Problem(path, getattr(error, "strerror", None) or str(error))


def _folder(top: Path, visited: set[tuple[int, int]]) -> Iterator[Path | Problem]:
    """All supported files below a folder, depth first, sorted by name."""
    count = 0
    pending = [top]
    while pending:
        path = pending.pop()
        try:
            if not path.is_dir():
                if path.suffix.lower() in _READERS:
                    count += 1
                    yield path
                continue
            status = path.stat()
            if (status.st_dev, status.st_ino) in visited:
                count += 1  # read before, by this or another name: not an empty folder
                continue
            visited.add((status.st_dev, status.st_ino))
            pending += sorted((p for p in path.iterdir() if not p.name.startswith(".")), reverse=True)
        except OSError as error:
            count += 1
            yield Problem(path, (error.strerror or type(error).__name__).lower())
    if not count:
        yield Problem(top, f"folder without a report, wanted files {_kinds()}")


def _unsupported(path: Path) -> str:
    return f"unsupported kind of file {path.suffix or '(no ending)'}, wanted {_kinds()}"


def _kinds() -> str:
    return ", ".join(sorted(_READERS))
