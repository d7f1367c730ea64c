"""A small project whose pipeline reads each text once, for tests that run many commands."""

from __future__ import annotations

import os
import traceback
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import casebook
from corpus.report import Report
from db.reports import content
from extract import pipeline as extraction
from extract.record import Record


@dataclass(slots=True)
class Project:
    """A project with its own reports and no tables, and the fingerprint of its pipeline, which may change."""

    own: Path
    fingerprint: str = "pipeline 0"


def install(patch: pytest.MonkeyPatch, folder: Path, pipeline: extraction.Pipeline, records: dict[str, Record]) -> Project:
    """Put a project in the place of the one that is there, until the patch ends; what its pipeline read is kept in `records`.

    A pipeline whose fingerprint ends with an odd digit finds no stains.
    """
    project = Project(folder / "own")
    project.own.mkdir()
    (folder / "tables").mkdir()
    usual: Callable[[Report, Any], Record] = extraction.extract

    def extract(report: Report, today: extraction.Pipeline) -> Record:
        key = f"{report.id} {content(report)}"
        if key not in records:
            records[key] = usual(report, pipeline)
        record = replace(records[key], pipeline={"version": today.version, "fingerprint": today.fingerprint})
        if today.fingerprint[-1] not in "13579":
            return record
        return replace(record, cases=tuple(replace(case, ihc=()) for case in record.cases))

    patch.setattr(extraction, "extract", extract)
    patch.setattr(casebook, "REPORTS", project.own)
    patch.setattr(casebook, "DOSE_TABLES", folder / "tables")
    patch.setattr(casebook, "_fingerprint", lambda: project.fingerprint)
    patch.setattr(casebook, "_pipeline", lambda: replace(pipeline, fingerprint=project.fingerprint))
    return project


def run(*words: str | Path) -> Result:
    """Run a command in this process; raise what it did not expect."""
    result = CliRunner().invoke(casebook.main, [str(word) for word in words])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def done(*words: str | Path) -> str:
    """Run a command that must succeed, and return what it said."""
    result = run(*words)
    assert result.exit_code == 0, result.output
    return result.output


def forked(act: Callable[[], int]) -> int:
    """Do something in a child process that shares what this one has built; return how it ended, below zero by a signal."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # threads of other tests, which the child does without
        child = os.fork()
    if child == 0:
        code = 70
        try:
            code = act()
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
