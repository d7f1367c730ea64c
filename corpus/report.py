"""A report as it was written: its text, never changed after reading, and where it comes from."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass


class CorpusError(ValueError):
    """A file that cannot be read as a report or a dose table; the message names file and reason."""


@dataclass(frozen=True, slots=True)
class Report:
    """One published report.

    Attributes
    ----------
    id
        The file's name without its ending; unique in a database.
    text
        What the pipeline reads. All offsets count code points of this text, end exclusive.
    kind
        `case_report`, `case_series`, `review`, `guideline` or `other` where the source declares it;
        None where the pipeline must judge from the text.
    title, doi, pmcid, pmid, year, journal, citation, license
        As the source gives them; None means that it does not.
    is_retelling
        True where the text is Casebook's own retelling of the cited report, not its words.
    source
        The path that was read, as given; for messages, never for identity.
    """

    id: str
    text: str
    kind: str | None = None
    title: str | None = None
    doi: str | None = None
    pmcid: str | None = None
    pmid: str | None = None
    year: int | None = None
    journal: str | None = None
    citation: str | None = None
    license: str | None = None
    is_retelling: bool = False
    source: str | None = None

    @property
    def sha256(self) -> str:
        """The text's SHA-256 in hex: what `stored before` means for a rerun."""
        return hashlib.sha256(self.text.encode("utf-8", "surrogatepass")).hexdigest()
