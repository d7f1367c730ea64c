"""How the command line speaks: answers on stdout, all else on stderr, what is being done only where somebody is watching."""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import wraps
from pathlib import Path
from typing import NoReturn, ParamSpec, TypeVar, cast

import click

from corpus.plain import from_here, plain
from corpus.report import CorpusError
from db import refusals
from db.schema import DatabaseError
from extract.lexicon import LexiconError
from extract.record import EvidenceError

P = ParamSpec("P")
T = TypeVar("T")

_CLEAR = "\r\x1b[K"


def say(line: str) -> None:
    """Print one line on stdout."""
    _clear()
    click.echo(line)


def warn(message: str) -> None:
    """Print one line on stderr."""
    _clear()
    click.echo(f"casebook: {plain(message)}", err=True)


def fail(message: str) -> NoReturn:
    """End with one line on stderr."""
    warn(message)
    raise SystemExit(1)


def need_output(what: str) -> None:
    """End where a command whose purpose is to print has nowhere to do so."""
    if sys.stdout is None:
        fail(f"standard output is closed, wanted a place for {what}")


def _is_terminal() -> bool:
    return sys.stderr is not None and sys.stderr.isatty()


def _clear() -> None:
    """Take away the line that says what is being done, so that another line can stand there."""
    show("")


def show(doing: str) -> None:
    """Where somebody is watching, say on stderr what is being done, in a line that the next one takes the place of."""
    if _is_terminal():
        width = shutil.get_terminal_size().columns - 1
        click.echo(f"{_CLEAR}{plain(doing)[:width]}", err=True, nl=False)


def with_progress(items: Sequence[T], name: Callable[[T], str] = str) -> Iterator[T]:
    """Yield the items; where somebody is watching, count and name them on stderr."""
    for number, item in enumerate(items, start=1):
        show(f"{number} of {len(items)}: {name(item)}")
        yield item
    _clear()


def in_one_line(command: Callable[P, None]) -> Callable[P, None]:
    """Turn what a command raises on purpose, and what the system refuses, into one line and an exit code."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        database = cast("Path | None", kwargs.get("database"))
        try:
            command(*args, **kwargs)
        except KeyboardInterrupt:
            warn(f"interrupted; nothing was stored in {from_here(database)}" if database else "interrupted")
            raise SystemExit(130) from None
        except BrokenPipeError:
            # Whoever read our output has seen enough. What is still buffered goes nowhere, quietly.
            with suppress(OSError, ValueError, AttributeError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise SystemExit(1) from None
        except (CorpusError, LexiconError, EvidenceError, DatabaseError) as error:
            fail(str(error))
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            fail(f"{from_here(Path(os.fsdecode(error.filename)))}: {reason}" if error.filename else reason)
        except sqlite3.Error as error:
            fail(f"{from_here(database) if database else 'database'}: {refusals.reason(error)}")

    return run
