"""Articles of Europe PMC into a folder, for `add`: what was named and listed, what became of each, and why not."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from corpus.europe_pmc import fetch as europe_pmc
from corpus.europe_pmc import identifiers, telling
from corpus.europe_pmc.client import Client, Pace, user_agent
from corpus.europe_pmc.fetch import Request
from corpus.europe_pmc.folder import FAILED, FETCHED, NOT_FOUND, Row, open_folder, read_folder
from corpus.europe_pmc.identifiers import Identifier
from corpus.europe_pmc.service import BASE
from corpus.plain import from_here, plain
from corpus.report import CorpusError
from db.intake.tally import Tally


def named(names: Sequence[str], lists: Sequence[Path], tally: Tally) -> tuple[Identifier, ...]:
    """Read what was named and listed, each once; say of the others why they are none."""
    found: dict[Identifier, None] = {}
    for path in (None, *lists):
        try:
            for entry in identifiers.read(names) if path is None else identifiers.read_list(path):
                if isinstance(entry, CorpusError):
                    tally.pass_over(path or "", str(entry))
                else:
                    found[entry] = None
        except CorpusError as error:
            tally.pass_over(path or "", str(error))
    return tuple(found)


def fetch(
    request: Request,
    to: Path,
    tally: Tally,
    say: Callable[[str], None],
    *,
    rate: float,
    service: str | None = None,
    email: str | None = None,
) -> tuple[Path, ...]:
    """Fetch articles into a folder, or say what would be fetched; return the files that are there now, old and new.

    Parameters
    ----------
    request
        Which articles, and how.
    to
        The folder that keeps them.
    tally
        Hears what could not be had.
    say
        Hears the answer, line by line.
    rate
        Requests a second, at most.
    service, email
        The address of the service, and whom it may write to; None for those of the environment, or the usual ones.

    Raises
    ------
    CorpusError
        The folder or the service cannot be used.
    """
    address = service or os.environ.get("CASEBOOK_EUROPE_PMC") or BASE
    agent = user_agent(email or os.environ.get("CASEBOOK_EMAIL"))
    with ExitStack() as stack:
        client = stack.enter_context(Client(address, agent, Pace(per_second=rate)))
        folder = read_folder(to) if request.is_dry else stack.enter_context(open_folder(to))
        tally.teller.show("asking Europe PMC")
        planned = europe_pmc.plan(client, folder, request)
        for problem in planned.problems:
            tally.pass_over(request.query or "", problem)
        if request.is_dry:
            for line in telling.plan(planned, folder, client, abstracts=request.abstracts):
                say(plain(line))
            return ()
        wanted = tally.teller.with_progress(planned.wanted, lambda item: str(item.identifier))
        rows = list(_heard(europe_pmc.take_all(client, folder, wanted, abstracts=request.abstracts), tally))
        say(f"{from_here(to)}: {telling.summary(rows, planned)}")
    return tuple(sorted({to / row.file for row in rows if row.file}))


def _heard(rows: Iterable[Row], tally: Tally) -> Iterator[Row]:
    """Pass on what became of each article, and say of those without full text why; what may not be taken is no failure."""
    for row in rows:
        if row.status in (FAILED, NOT_FOUND):
            tally.pass_over(row.identifier, f"{row.identifier}: {row.reason}")
        elif row.status != FETCHED:
            tally.teller.warn(f"{row.identifier}: {row.reason}")
        yield row
