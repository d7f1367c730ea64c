"""The corrections of a file, report by report, for those who store reports."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from corpus.dose_table import counted
from corpus.report import Report
from db.corrections import file, overlay
from db.corrections.file import Correction
from db.corrections.overlay import Laid
from db.corrections.values import CorrectionError
from db.query import one
from extract.record import Record


@dataclass(frozen=True, slots=True)
class Book:
    """What a file of corrections holds.

    Attributes
    ----------
    path
        The file, whether or not it is there; None where no corrections are wanted.
    by_report
        The corrections of each report, in the order of the file.
    fingerprints
        Of each report with corrections in force.
    problems
        Of each line that is no correction `file:line: what was found, what was wanted`.
    """

    path: Path | None = None
    by_report: Mapping[str, tuple[Correction, ...]] = field(default_factory=lambda: MappingProxyType({}))
    fingerprints: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    problems: tuple[str, ...] = ()

    @property
    def paths(self) -> tuple[Path, ...]:
        """The file, as far as there is one."""
        return (self.path,) if self.path else ()

    def fingerprint(self, report_id: str) -> str | None:
        """Return what tells one state of the corrections of a report from another; None without any."""
        return self.fingerprints.get(report_id)

    def lay(self, record: Record, report: Report) -> Laid:
        """Return a report's record with its corrections laid over it."""
        return overlay.lay(record, report, self.by_report.get(report.id, ()))

    def refuse_if_lost(self, old: sqlite3.Connection | None) -> None:
        """Raise CorrectionError where a database was corrected and the file is not there: it would be taken for empty."""
        if old is None or self.path is None or self.path.exists():
            return
        try:
            found = one(old, "select count(*) as n from report where corrections_fingerprint is not null")
        except sqlite3.Error:  # a database with older tables has no corrections
            return
        if found and found["n"]:
            raise CorrectionError(
                f"{self.path}: not there, but {counted(found['n'], 'report')} of the database have corrections from it;"
                " wanted the file (--corrections FILE; an empty one takes all corrections back)"
            )


EMPTY = Book()


def read(path: Path) -> Book:
    """Return the corrections of a file by report; none where it is not there.

    Raises
    ------
    CorrectionError
        The file is no file of corrections.
    """
    contents = file.contents(path)
    by_report: dict[str, list[Correction]] = {}
    for correction in contents.corrections:
        by_report.setdefault(correction.case_id.rpartition("/")[0], []).append(correction)
    in_force = {name: overlay.in_force(said) for name, said in by_report.items()}
    return Book(
        path,
        MappingProxyType({name: tuple(said) for name, said in by_report.items()}),
        MappingProxyType({name: overlay.digest(said) for name, said in in_force.items() if said}),
        contents.problems,
    )
