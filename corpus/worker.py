"""Reading in a process of its own, with limits: a file that hangs, crashes or eats memory costs itself and nothing else.

The libraries that read PDF, XML and Office files are large and written in C, and the files come from anywhere. They
run in one child process that reads file after file. Where it dies, the next file gets a new one.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, NoReturn

from corpus.report import CorpusError, Report, ReportTable, Section

SECONDS = 10.0
MEGABYTES = 500
READER = "corpus.formats:read"

_ROOT = Path(__file__).resolve().parents[1]
# -I: neither the folder in which somebody works nor PYTHONPATH decides what is imported. The package is that of the
# parent, whatever is installed; for all else its folder stands last, so that it hides no library.
_START = """
import sys
sys.path.insert(0, sys.argv[1])
import corpus
sys.path.append(sys.path.pop(0))
from corpus.worker import serve
serve(*sys.argv[2:])
"""
_OUT_OF_MEMORY = 99  # exit code of a child that met its limit
_LENGTH_BYTES = 8
# The parent takes several times as much to make reports of it, and has the vocabularies in its memory.
_MAX_ANSWER = 50_000_000

_Reader = Callable[[bytes, str, str], tuple[Report, ...]]


class LimitError(CorpusError):
    """A file over which the child met its limits or crashed: on a machine with less to do it may be read."""


@dataclass(frozen=True, slots=True)
class _Death:
    """A child that ended without an answer, with its exit code; below zero it is a signal."""

    code: int


class Worker:
    """A child process that reads files, started when the first one comes and again after each death.

    For one thread of one process. As a context manager it ends the child; without, the child ends with its parent.

    Parameters
    ----------
    seconds
        Wall time for one file.
    megabytes
        Memory of the child, its libraries included.
    reader
        `module:function` that reads, with the parameters of `corpus.formats.read`.
    """

    __slots__ = ("_child", "_megabytes", "_reader", "_seconds")

    def __init__(self, seconds: float = SECONDS, megabytes: int = MEGABYTES, reader: str = READER) -> None:
        self._seconds = seconds
        self._megabytes = megabytes
        self._reader = reader
        self._child: subprocess.Popen[bytes] | None = None

    def read(self, data: bytes, name: str, report_id: str) -> tuple[Report, ...]:
        """Read a file in the child.

        Raises
        ------
        CorpusError
            The reader refuses the file, fails, crashes, takes too long or needs too much memory; one line.
        """
        is_used = self._child is not None
        answer = self._ask(data, name, report_id)
        if isinstance(answer, _Death) and is_used and answer.code != -signal.SIGALRM:
            # What files before it left in the memory is not to decide about this one.
            answer = self._ask(data, name, report_id)
        if isinstance(answer, _Death):
            raise LimitError(f"{name}: {self._reason(answer)}")
        if "refused" in answer:
            raise CorpusError(answer["refused"])
        return tuple(report_of(report) for report in answer["reports"])

    def close(self) -> None:
        """End the child, if there is one."""
        child, self._child = self._child, None
        if child is None:
            return
        child.kill()
        with suppress(BrokenPipeError):  # what it has not read is still to be written
            _pipe(child.stdin).close()
        _pipe(child.stdout).close()
        child.wait()

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None) -> None:
        self.close()

    def _started(self) -> subprocess.Popen[bytes]:
        if self._child is None or self._child.poll() is not None:
            self.close()
            self._child = subprocess.Popen(
                [sys.executable, "-I", "-c", _START, str(_ROOT), str(self._seconds), str(self._megabytes), self._reader],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                # What C libraries print is no message of ours.
                stderr=None if "CASEBOOK_DEBUG" in os.environ else subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C reaches the parent alone, from the first moment on
            )
        return self._child

    def _ask(self, data: bytes, name: str, report_id: str) -> dict[str, Any] | _Death:
        """Let the child read a file; return its answer, or how it ended over it."""
        child = self._started()
        try:
            answer = _asked(child, data, name, report_id)
        except BaseException:
            self.close()  # an interrupted talk cannot be taken up again
            raise
        if answer is not None:
            return answer
        code = child.wait()
        self.close()
        return _Death(code)

    def _reason(self, death: _Death) -> str:
        """Say why a file was not read."""
        code = death.code
        if code == -signal.SIGALRM:
            return f"took longer than {self._seconds:g} s to read, wanted a smaller or simpler file"
        if code == _OUT_OF_MEMORY:
            return f"needed more than {self._megabytes} MB to read, wanted a smaller or simpler file"
        return f"the reader crashed ({f'signal {-code}' if code < 0 else f'exit code {code}'}), wanted a file that is not damaged"


def _asked(child: subprocess.Popen[bytes], data: bytes, name: str, report_id: str) -> dict[str, Any] | None:
    """Send a file and return the answer; None where the child dies over it."""
    try:
        _send(_pipe(child.stdin), json.dumps({"name": name, "id": report_id}).encode())
        _send(_pipe(child.stdin), data)
    except BrokenPipeError:
        return None
    answer = _receive(_pipe(child.stdout))
    if answer is None:
        return None
    found: dict[str, Any] = json.loads(answer)
    return found


def _pipe(pipe: Any) -> BinaryIO:
    """Return a pipe that was asked for: as `Popen` is typed, it might be None."""
    stream: BinaryIO = pipe
    return stream


def _send(stream: BinaryIO, message: bytes) -> None:
    stream.write(len(message).to_bytes(_LENGTH_BYTES, "big"))
    stream.write(message)
    stream.flush()


def _receive(stream: BinaryIO) -> bytes | None:
    """Return the next message; None where the other side has ended, also in its middle."""
    length = stream.read(_LENGTH_BYTES)
    if len(length) < _LENGTH_BYTES:
        return None
    wanted = int.from_bytes(length, "big")
    message = stream.read(wanted)
    return message if len(message) == wanted else None


# --- reports as JSON -----------------------------------------------------------------------------


def json_of(report: Report) -> dict[str, Any]:
    """Give a report as plain dicts, lists, texts and numbers."""
    return asdict(report)


def report_of(found: Mapping[str, Any]) -> Report:
    """Give the report that `json_of` wrote, also after JSON has made lists of its tuples."""
    fields: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in found.items()}
    fields["sections"] = tuple(Section(**section) for section in found["sections"])
    fields["tables"] = tuple(
        ReportTable(**{**table, "rows": tuple(map(tuple, table["rows"])), "notes": tuple(table["notes"])}) for table in found["tables"]
    )
    return Report(**fields)


# --- the child -----------------------------------------------------------------------------------


def serve(seconds: str, megabytes: str, reader: str) -> None:
    """Read files from standard input and answer on standard output, until the parent closes it.

    The system ends the process by itself when a file takes too long, wherever it hangs and whether or not there still is
    a parent to see it.
    """
    _limit(int(megabytes))
    # A child inherits which signals its parent does not want to hear of; this one must be heard.
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGALRM})
    # What a library prints must not come between the answers.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    questions = sys.stdin.buffer
    read = _function(reader)
    while (question := _receive(questions)) is not None:
        signal.setitimer(signal.ITIMER_REAL, float(seconds))
        answer = _answer(read, json.loads(question), questions)
        signal.setitimer(signal.ITIMER_REAL, 0)
        _send(answers, answer)


def _limit(megabytes: int) -> None:
    """Bound the memory that this process may write to; the code of libraries, which is only mapped, does not count."""
    size = megabytes * 1_000_000
    resource.setrlimit(resource.RLIMIT_DATA, (size, size))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _function(reader: str) -> _Reader:
    module, _, function = reader.partition(":")
    found: _Reader = getattr(importlib.import_module(module), function)
    return found


def _answer(read: _Reader, question: Mapping[str, str], questions: BinaryIO) -> bytes:
    """Read one file; the answer is a JSON object of `reports` or of the line with which it was `refused`."""
    name = question["name"]
    try:
        data = _receive(questions)
        if data is None:
            sys.exit()
        answer = json.dumps({"reports": [json_of(report) for report in read(data, name, question["id"])]}).encode()
        if len(answer) <= _MAX_ANSWER:
            return answer
        refused = f"{name}: reports of {len(answer) / 1e6:.0f} MB, wanted at most {_MAX_ANSWER / 1e6:.0f} MB in one file; split it"
    except MemoryError:
        _out_of_memory()
    except CorpusError as error:
        refused = str(error)
    except RecursionError:
        refused = f"{name}: nested too deeply, wanted a plain report"
    except Exception as error:  # a defect of ours that one file brought to light must not stop the others
        traceback.print_exc()
        refused = f"{name}: could not be read, {type(error).__name__}: {str(error)[:200]} (CASEBOOK_DEBUG=1 shows where)"
    return json.dumps({"refused": refused}).encode()


def _out_of_memory() -> NoReturn:
    """End at once: what is left of the memory may not do for more."""
    os._exit(_OUT_OF_MEMORY)
