"""How long a run takes: with nothing new, with ten new reports, and from nothing, beside so many stored ones.

    python scripts/bench_runs.py [--reports N] [--check] [--longest SECONDS]

Each line of the table is one `casebook` command, a process of its own from its first import to its end: seconds by the
clock, and seconds of the processor, which other processes do not slow down. A run with nothing new is run three times,
and the quickest counts. The reports are files in a temporary folder:
the texts of ../shared/texts/unlabelled.jsonl.gz where that is there, else invented ones, each repeated with other small
words and other numbers, so that no two are the same report. A text without a patient is not stored, in use as here.
"""

from __future__ import annotations

import argparse
import gzip
import itertools
import json
import random
import re
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from bench import UNLABELLED, invented

_NEW = 10  # reports that are added to those that are stored
_HERE = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class _Spent:
    """What a command took, in seconds by the clock and of the processor, and the last line that it said."""

    wall: float
    processor: float
    said: str


def main() -> int:
    """Measure, print the table and, with --check, say by the exit code whether a run with nothing new is quick enough."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reports", type=int, default=10_000, metavar="N", help="how many files are stored first (default 10,000)")
    parser.add_argument("--check", action="store_true", help="exit with 1 where a run with nothing new takes too long")
    parser.add_argument("--longest", type=float, default=2.0, metavar="SECONDS", help="that is more than this by the clock (default 2)")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="casebook-bench-") as folder:
        slowest = _measure(Path(folder), args.reports)
    if args.check and slowest > args.longest:
        print(f"\ntoo slow: wanted a run with nothing new in {args.longest:g} s")
        return 1
    return 0


def _measure(folder: Path, n_reports: int) -> float:
    """Print the table; return the seconds of the slowest run with nothing new."""
    texts = _texts()
    old, new, database = folder / "old", folder / "new", folder / "casebook.db"
    _write(old, itertools.islice(texts, n_reports))
    _write(new, itertools.islice(texts, _NEW))
    print(f"{n_reports:,} files, then {_NEW} more: texts {'of ' + str(UNLABELLED) if UNLABELLED.exists() else 'invented'}\n")
    print(f"{'':44}{'seconds':>10}{'processor':>10}")

    _timed(f"add, {n_reports:,} files to nothing", database, "add", old)
    reruns = [_timed_rerun(f"add, the same {n_reports:,} files", database, "add", old)]
    _timed(f"add, {_NEW} more files", database, "add", new)
    _timed("build, with the project's own reports", database, "build")
    reruns.append(_timed_rerun("build, nothing new", database, "build"))
    _make_old(database)
    _timed("build, all anew from the stored texts", database, "build")
    print(f"\n{_stored(database):,} reports stored, {database.stat().st_size / 1e6:,.0f} MB")
    print(f"largest process: {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024:,.0f} MB")
    return max(spent.wall for spent in reruns)


def _timed(name: str, database: Path, *words: str | Path) -> _Spent:
    """Run a command on the database and print a line of the table."""
    return _printed(name, _spent(database, *words))


def _printed(name: str, spent: _Spent) -> _Spent:
    print(f"{name:44}{spent.wall:10.2f}{spent.processor:10.2f}", flush=True)
    return spent


def _spent(database: Path, *words: str | Path) -> _Spent:
    """Run a command on the database."""
    before, started = _processor(), time.perf_counter()
    command = [sys.executable, "-m", "casebook", *map(str, words), "--database", str(database)]
    done = subprocess.run(command, cwd=_HERE, capture_output=True, text=True, check=False)
    spent = _Spent(time.perf_counter() - started, _processor() - before, done.stdout.strip().rpartition("\n")[2])
    # 1 says that some text told of no patient; without a line on stdout nothing was done at all.
    if done.returncode not in (0, 1) or not spent.said:
        raise SystemExit(f"{' '.join(command)}: ended with {done.returncode}\n{done.stderr}")
    return spent


def _timed_rerun(name: str, database: Path, *words: str | Path) -> _Spent:
    """Do the same three times with a command that has nothing to do, and end where it did something; the quickest counts."""
    before = database.stat()
    spent = min((_spent(database, *words) for _ in range(3)), key=lambda spent: spent.wall)
    after = database.stat()
    if (before.st_ino, before.st_mtime_ns) != (after.st_ino, after.st_mtime_ns):
        raise SystemExit(f"{name}: wrote the database anew though nothing was new: {spent.said}")
    return _printed(name, spent)


def _processor() -> float:
    """Return the processor's seconds of all ended child processes."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _make_old(database: Path) -> None:
    """Let a database pass for one with other tables, so that the next build makes all anew."""
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("pragma user_version = 1")


def _stored(database: Path) -> int:
    with closing(sqlite3.connect(database)) as connection:
        return int(connection.execute("select count(*) from report").fetchone()[0])


# --- texts ---------------------------------------------------------------------------------------


def _write(folder: Path, texts: Iterator[str]) -> None:
    """Write each text to a file of its own; the names go on from folder to folder."""
    folder.mkdir()
    for number, text in enumerate(texts):
        (folder / f"{folder.name}-{number:05}.txt").write_text(text, encoding="utf-8")


def _texts() -> Iterator[str]:
    """Yield texts without end, each another report, the same ones at each call."""
    if not UNLABELLED.exists():
        yield from (_changed(invented(number), number) for number in itertools.count())
    with gzip.open(UNLABELLED, "rt", encoding="utf-8") as file:
        texts = [json.loads(line)["text"] for line in file]
    random.Random(0).shuffle(texts)
    yield from texts
    yield from (_changed(text, number) for number, text in enumerate(itertools.cycle(texts)))


# They stand in nearly all runs of five words, and few patterns of the extraction hang on them.
_SMALL = re.compile(r"\b(?:the|an?|and|of|in|with|was|were|to|for|on|at)\b")
_NUMBER = re.compile(r"(?<![\w.,])\d{1,6}(?!\w)")
_INSTEAD: Sequence[str] = (
    "the", "this", "that", "our", "its", "such", "thus", "also", "then", "now", "here", "there", "some", "any", "each", "so", "both",
    "yet", "once", "still",
)  # fmt: skip


def _changed(text: str, number: int) -> str:
    """Return a text with other small words and numbers, the same for the same number."""
    chance = random.Random(number)
    text = _SMALL.sub(lambda _: chance.choice(_INSTEAD), text)
    return _NUMBER.sub(lambda found: str(int(found[0]) + chance.randint(1, 9)), text)


if __name__ == "__main__":
    raise SystemExit(main())
