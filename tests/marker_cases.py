"""Made-up cases with stains and molecular tests, for the pages of markers; their counts are made by hand in the tests."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from corpus.report import Report
from db import load, serve
from extract.record import Case, Histology, IhcResult, MolecularTest, Record, Site
from tests import db_fixtures

Get = Callable[..., Any]
RESULTS = {"+": "positive", "-": "negative", "~": "equivocal", "o": "other_cells"}
HOSTILE = "<img src=x onerror=\"document.title='PWNED'\">"
PLEURA, ORBIT, THIGH = "C38.4", "C69.6", "C49.2"
# Histology ("" none told), topography of the site, stains ("CD34+": a name and a sign), molecular tests.
Told = tuple[str, str, str, str]
CASES: tuple[Told, ...] = (
    ("solitary fibrous tumor", PLEURA, "CD34+ STAT6+ S100- Desmin-", "NAB2 rearrangement+"),
    ("solitary fibrous tumor", PLEURA, "CD34+ STAT6+ S100-", "NAB2 rearrangement-"),
    ("solitary fibrous tumor", ORBIT, "CD34+ STAT6~ S100o", ""),
    ("solitary fibrous tumor", ORBIT, "CD34+ CD34- STAT6+", ""),
    ("schwannoma", ORBIT, "S100+ CD34-", ""),
    ("schwannoma", THIGH, "S100+", ""),
    ("schwannoma", THIGH, "S100+ Desmin-", ""),
    ("leiomyosarcoma", THIGH, "Desmin+ SMA+ S100- CD34-", "NAB2 rearrangement-"),
    ("dermatofibrosarcoma", THIGH, "CD34+ S100-", ""),
    ("Langerhans cell histiocytosis", ORBIT, "CD3o", ""),
    ("", THIGH, "CD34+ STAT6-", ""),
    (f"{HOSTILE} sarcoma", THIGH, f"{HOSTILE}+ SMA-", f"{HOSTILE} other+"),
    ("lipoma", THIGH, "", ""),
)


MORPHOLOGY = {"solitary fibrous tumor": "8815/1", "leiomyosarcoma": "8890/3", "dermatofibrosarcoma": "8832/3", "schwannoma": "9560/0"}


def record(name: str, told: Told) -> tuple[Report, Record]:
    """Return a report of one case."""
    histology, site, stains, tests = told
    report = Report(name, f"A case of {histology or 'something'} of the {site}: {stains}; {tests}.", title="A case")
    note = db_fixtures.Notes(report.text, [])
    case = Case(
        "1",
        histology=Histology(histology, MORPHOLOGY.get(histology), None, note("histology", histology)) if histology else None,
        site=Site("somewhere", site, None, note("site", site)),
        ihc=tuple(
            IhcResult(words[:-1], RESULTS[words[-1]], cells="lymphocytes" if words[-1] == "o" else None, evidence=note("ihc", words))
            for words in _stains(stains)
        ),
        molecular=(_molecular(tests, note),) if tests else (),
    )
    return report, db_fixtures.record_of(report, "case_report", (case,), note)


def _stains(words: str) -> list[str]:
    return [HOSTILE + words[len(HOSTILE)], *words[len(HOSTILE) + 1 :].split()] if words.startswith(HOSTILE) else words.split()


def _molecular(words: str, note: db_fixtures.Notes) -> MolecularTest:
    gene, alteration = words[:-1].rsplit(" ", 1)
    return MolecularTest(gene, alteration, None, RESULTS[words[-1]], evidence=note("molecular", words))


def build(path: Path, cases: Sequence[Told] = CASES) -> Path:
    """Write a database of the cases: r01/1, r02/1 ..."""
    connection = load.connect(path, is_partial=True)
    load.start_run(connection, "run-1", "tests", db_fixtures.PIPELINE)
    for number, told in enumerate(cases, 1):
        load.store(connection, *record(f"r{number:02}", told), "run-1")
    load.finish_run(connection, "run-1")
    load.refresh_overview(connection)
    connection.close()
    return path


def asking(database: Path) -> Iterator[Get]:
    """Yield what asks the site of a database, redirects followed."""
    datasette = serve.make_datasette(database)
    loop = asyncio.new_event_loop()
    loop.run_until_complete(datasette.invoke_startup())
    yield lambda path: loop.run_until_complete(datasette.client.get(path, follow_redirects=True))
    loop.close()
