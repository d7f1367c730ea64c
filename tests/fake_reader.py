"""A reader for tests of the worker: what a file says is what happens."""

from __future__ import annotations

import os
import sys
import time

from corpus.report import CorpusError, Report


def read(data: bytes, name: str, report_id: str) -> tuple[Report, ...]:
    """Do what the file says: one word and a number."""
    order, _, number = data.decode("utf-8", "replace").partition(" ")
    if order == "sleep":
        time.sleep(float(number))
    elif order == "spin":
        while True:
            pass
    elif order == "allocate":
        len(bytearray(int(number) * 1_000_000))
    elif order == "kill":
        os.kill(os.getpid(), int(number))
    elif order == "print":
        sys.stdout.write("words of a library")
        sys.stdout.flush()
        os.write(1, b"\0\0\0\0words of a C library")
    elif order == "refuse":
        raise CorpusError(f"{name}: no such thing, wanted another")
    elif order == "fail":
        raise KeyError("a defect")
    elif order == "nest":
        read(data, name, report_id)
    elif order == "pid":
        return (Report(report_id, str(os.getpid())),)
    elif order == "path":
        return (Report(report_id, "\n".join(sys.path)),)
    return (Report(report_id, data.decode("utf-8", "surrogateescape"), source=name),)


def hoard(data: bytes, name: str, report_id: str, hoarded: list[bytearray] = []) -> tuple[Report, ...]:  # noqa: B006
    """Keep as many MB for ever as the file says."""
    hoarded.append(bytearray(int(data) * 1_000_000))
    return (Report(report_id, data.decode()),)


def read_pdf(data: bytes, name: str, report_id: str) -> tuple[Report, ...]:
    """Crash as a library in C does over a damaged PDF, or read it."""
    if b"crash" in data:
        os.kill(os.getpid(), 11)
    return (Report(report_id, "A man."),)
