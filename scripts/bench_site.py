"""How fast the site answers on a database, beside plain Datasette on the same file.

    python scripts/big_database.py build/big.db && python scripts/bench_site.py build/big.db [--check]

Serves the file twice: as Casebook's public site, and with `datasette FILE` as it comes. Each page is asked for
once unmeasured and then so many times, one request after the other; where a page has choices (which case, which filter, which word),
each request makes another, so that no memory of the server's helps. Then come requests for all of the pages, mixed, by several clients
at once. An answer other than 200, and one whose facets took too long, counts as an error. Limits on how often one address may ask are
left out of Casebook's site: it is started from here, with the settings of a public site.
"""

from __future__ import annotations

import argparse
import os
import platform
import random
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from urllib.parse import urlencode

import httpx
from datasette.utils import tilde_encode

from db import publish
from db.pages.registry import ROUTES

_HERE = Path(__file__).resolve().parents[1]
_OURS = "import sys; from pathlib import Path; from db.serve import serve; serve(Path(sys.argv[1]), port=int(sys.argv[2]), public=True)"
_LONGEST_START_S = 120
_IDLE_MS = 20  # of processor time in a second: it only waits
_TIMED_OUT = ("Took too long:", "facets timed out")

# Pages that may take longer, and why.
EXCUSED: Mapping[str, str] = {
    "cases older than": "each facet counts half of all cases anew: six times 35 ms; the second reader of the same choice has it at once",
    "follow_up_by_treatment": "a median of groups is found by sorting all cases, 0.7 s; kept after the first reader",
}


@dataclass(frozen=True, slots=True)
class Page:
    """A page to ask for: its addresses on our site, of which each request takes the next, and those on plain Datasette (() for none)."""

    name: str
    ours: tuple[str, ...]
    plain: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Times:
    """What requests took by the clock, in milliseconds, and the first thing that went wrong with one ("" for nothing) with how many did.

    `processor` is what one took of the server's processor time, in milliseconds: other work on the machine does not slow it down.
    """

    taken: tuple[float, ...]
    processor: float
    fault: str = ""
    n_faults: int = 0

    @property
    def median(self) -> float:
        """The median in milliseconds."""
        return statistics.median(self.taken)


@dataclass(frozen=True, slots=True)
class Server:
    """A server that runs: how it is asked, its process, and the seconds until it answered first."""

    client: httpx.Client
    process: int
    started_s: float

    def processor_ms(self) -> float:
        """Return what the process has used of the processor."""
        user, system = Path(f"/proc/{self.process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[11:13]
        return 1000 * (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    def settle(self) -> None:
        """Wait until the server has read what it reads ahead: it is measured warm."""
        used, until = -1.0, time.perf_counter() + _LONGEST_START_S
        while self.processor_ms() - used > _IDLE_MS and time.perf_counter() < until:
            used = self.processor_ms()
            time.sleep(1)

    def memory_mb(self, which: str) -> float:
        """Return the process's memory that is resident now ("VmRSS") or was at most ("VmHWM")."""
        status = Path(f"/proc/{self.process}/status").read_text(encoding="ascii")
        return int(next(line for line in status.splitlines() if line.startswith(which)).split()[1]) / 1024


def main() -> int:
    """Measure, print the tables and, with --check, say by the exit code whether all pages are quick and none failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, metavar="FILE", help="a Casebook database")
    parser.add_argument("--requests", type=int, default=15, metavar="N", help="measured requests of each page (default 15)")
    parser.add_argument("--mixed", type=int, default=500, metavar="N", help="mixed requests at once (default 500)")
    parser.add_argument("--clients", type=int, default=8, metavar="N", help="by so many clients (default 8)")
    parser.add_argument("--bound", type=float, default=200.0, metavar="MS", help="longest median of a page (default 200)")
    parser.add_argument("--only", default="", metavar="WORDS", help="only pages with these words in their name")
    parser.add_argument("--no-plain", action="store_true", help="leave plain Datasette out")
    parser.add_argument("--check", action="store_true", help="exit with 1 where a page of ours is slower or fails")
    args = parser.parse_args()
    wanted = [page for page in pages(args.file) if args.only in page.name]
    print(f"{args.file.name}: {args.file.stat().st_size / 1e6:,.0f} MB; {_machine()}; {args.requests} requests a page\n")
    with ExitStack() as servers:
        ours = servers.enter_context(_served([sys.executable, "-c", _OURS, str(args.file)]))
        plain = None if args.no_plain else servers.enter_context(_served([sys.executable, "-m", "datasette", str(args.file), "--port"]))
        is_good = _tell_pages(wanted, ours, plain, args)
        is_good &= _tell_loads(wanted, ours, plain, args)
    if args.check and not is_good:
        print(f"\ntoo slow or with errors: wanted each page of ours within {args.bound:g} ms, but those with a reason")
        return 1
    return 0


def _machine() -> str:
    versions = f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"
    return f"{versions}, {os.cpu_count()} processors with a load of {os.getloadavg()[0]:.1f} before"


# --- asking ----------------------------------------------------------------------------------------


@contextmanager
def _served(command: Sequence[str]) -> Iterator[Server]:
    """Run a server at a free port until the block ends; the port is put behind the command."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    started = time.perf_counter()
    environment = {**os.environ, "PYTHONPATH": str(_HERE)}
    with tempfile.TemporaryFile() as said, httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
        process = subprocess.Popen([*command, str(port)], env=environment, stdout=said, stderr=subprocess.STDOUT)
        try:
            while not _answers(client):
                if process.poll() is not None or time.perf_counter() - started > _LONGEST_START_S:
                    said.seek(0)
                    raise SystemExit(f"{' '.join(command)}: does not answer\n{said.read().decode()}")
                time.sleep(0.05)
            server = Server(client, process.pid, time.perf_counter() - started)
            server.settle()
            yield server
        finally:
            process.terminate()
            process.wait()


def _answers(client: httpx.Client) -> bool:
    try:
        client.get("/-/versions.json")
    except httpx.ConnectError:
        return False
    return True


def _ask(server: Server, paths: Sequence[str], n: int) -> Times:
    """Ask for a page once and then so many times, and return what those took."""
    _asked(server.client, paths[0])
    before = server.processor_ms()
    answers = [_asked(server.client, path) for path in islice(cycle((*paths[1:], paths[0])), n)]
    return _times(answers, server.processor_ms() - before)


def _times(answers: Sequence[tuple[float, str]], processor: float) -> Times:
    faults = [fault for _, fault in answers if fault]
    return Times(tuple(taken for taken, _ in answers), processor / len(answers), faults[0] if faults else "", len(faults))


def _asked(client: httpx.Client, path: str) -> tuple[float, str]:
    """Ask for an address; return the milliseconds, and what is wrong with the answer."""
    started = time.perf_counter()
    try:
        answer = client.get(path)
    except httpx.HTTPError as error:
        return (time.perf_counter() - started) * 1000, type(error).__name__
    taken = (time.perf_counter() - started) * 1000
    if answer.status_code != 200:
        return taken, f"status {answer.status_code}"
    return taken, "facets took too long" if any(words in answer.text for words in _TIMED_OUT) else ""


def _load(server: Server, pages: Sequence[tuple[str, ...]], args: argparse.Namespace) -> tuple[Times, float]:
    """Ask for pages in a mixed order by several clients at once; return what requests took, and how many were answered a second."""
    n_each = -(-args.mixed // len(pages))
    paths = [path for page in pages for path in islice(cycle(page), n_each)]
    random.Random(1).shuffle(paths)
    started = time.perf_counter()
    with ThreadPoolExecutor(args.clients) as clients:
        answers = list(clients.map(lambda path: _asked(server.client, path), paths[: args.mixed]))
    return _times(answers, 0), args.mixed / (time.perf_counter() - started)


def _tell_pages(pages: Sequence[Page], ours: Server, plain: Server | None, args: argparse.Namespace) -> bool:
    """Measure the pages and print the table; return whether each of ours is quick enough, or may be slow, and none failed."""
    width = max(len(page.name) for page in pages) + 2
    print(f"{'milliseconds':{width}}{'median':>8}{'worst':>8}{'processor':>11}{'plain: median':>16}{'worst':>8}{'processor':>11}")
    is_good = True
    for page in pages:
        own = _ask(ours, page.ours, args.requests)
        other = _ask(plain, page.plain, args.requests) if plain and page.plain else None
        is_slow = own.median > args.bound
        is_good &= not own.fault and (not is_slow or page.name in EXCUSED)
        cells = f"{own.median:8.0f}{max(own.taken):8.0f}{own.processor:11.0f}"
        cells += f"{other.median:16.0f}{max(other.taken):8.0f}{other.processor:11.0f}" if other else " " * 35
        remarks = (f"above {args.bound:g} ms" if is_slow else "", _fault("", own), _fault("plain: ", other) if other else "")
        print(f"{page.name:{width}}{cells}  {'; '.join(filter(None, remarks))}".rstrip(), flush=True)
    for name, reason in EXCUSED.items():
        print(f"\n{name}: {reason}")
    return is_good


def _tell_loads(pages: Sequence[Page], ours: Server, plain: Server | None, args: argparse.Namespace) -> bool:
    """Ask for all pages at once, print the table, and return whether no request of ours failed."""
    print(f"\n{args.mixed} requests, {args.clients} clients")
    print(f"{'':32}{'a second':>9}{'p50 ms':>8}{'p95 ms':>8}{'p99 ms':>8}{'errors':>8}{'start s':>9}{'MB':>6}{'most MB':>9}")
    shared = [page for page in pages if page.plain]
    loads = [
        ("ours, all pages", ours, [page.ours for page in pages]),
        ("ours, pages that plain has too", ours, [page.ours for page in shared]),
    ]
    loads += [("plain, the same pages", plain, [page.plain for page in shared])] if plain else []
    is_good = True
    for name, server, addresses in loads:
        found, a_second = _load(server, addresses, args)
        cuts = statistics.quantiles(found.taken, n=100, method="inclusive")
        times = "".join(f"{cuts[place - 1]:8.0f}" for place in (50, 95, 99))
        memory = f"{server.memory_mb('VmRSS'):6.0f}{server.memory_mb('VmHWM'):9.0f}"
        print(f"{name:32}{a_second:9.1f}{times}{found.n_faults:8}{server.started_s:9.1f}{memory}  {found.fault}".rstrip(), flush=True)
        is_good &= server is plain or not found.fault
    return is_good


def _fault(whose: str, times: Times) -> str:
    return f"{whose}{times.fault} in {times.n_faults} of {len(times.taken)}" if times.fault else ""


# --- which pages -----------------------------------------------------------------------------------


def pages(database: Path) -> tuple[Page, ...]:
    """Return the pages to ask for, with choices that the database holds."""
    with closing(sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True)) as connection:
        of = _Choices(connection, f"/{database.stem}")
        return (*of.tables(), *of.rows(), *of.own(), *of.questions())


class _Choices:
    """Makes addresses from what a database holds."""

    def __init__(self, connection: sqlite3.Connection, base: str) -> None:
        self.connection, self.base = connection, base

    def words(self, sql: str, *values: object) -> tuple[str, ...]:
        """Return the first column of a query."""
        return tuple(str(row[0]) for row in self.connection.execute(sql, values))

    def spread(self, column: str, table: str, n: int = 20) -> tuple[str, ...]:
        """Return keys from all over a table."""
        n_rows = self.connection.execute(f"select count(*) from {table}").fetchone()[0]
        every = max(n_rows // n, 1)
        sql = f"select {column} from (select {column}, row_number() over (order by {column}) as place from {table}) where place % ? = 0"
        return self.words(f"{sql} limit {n}", every) or self.words(f"select {column} from {table} limit {n}")

    def page(self, name: str, *paths: str) -> Page:
        """Return a page that both sites have at the same address below that of the database."""
        own = tuple(f"{self.base}/{path}" for path in paths)
        return Page(name, own, own)

    def tables(self) -> Iterator[Page]:
        """Yield home and the pages of tables."""
        overview = "case_overview?"
        facets = "".join(f"&_facet={name}" for name in publish.FACETS)
        sites = self.words("select site from case_overview group by site order by count(*) desc limit 16")
        histologies = self.words("select histology from case_overview group by histology order by count(*) desc limit 16")
        yield Page("home", ("/",), ("/",))
        yield Page("tables", (self.base,), (self.base,))
        yield self._faceted("cases", overview, facets)
        yield self._faceted("cases of a site", *(overview + urlencode({"site": site}) for site in sites), facets)
        yield self._faceted("cases of a histology", *(overview + urlencode({"histology": name}) for name in histologies), facets)
        yield self._faceted("cases older than", *(f"{overview}age_years__gt={age}" for age in range(50, 66)), facets)
        yield self._faceted("cases with a marker", *(f"{overview}markers__contains={name}" for name in ("CD34%2B", "STAT6-")), facets)
        yield self._faceted("cases by dose", f"{overview}_sort_desc=max_dose_gy", facets)
        for table in ("fact", "empty_field", "radiotherapy_dose"):
            yield self._faceted(table, f"{table}?", "".join(f"&_facet={name}" for name in publish.facets_of(table)))
        for table in ("evidence", "ihc_result", "patient_case", "report", "drug", "timeline_event"):
            yield self.page(table, table)
        yield self.page("JSON, 100 cases", "case_overview.json?_shape=objects&_nofacet=1")
        yield self.page("CSV, 1,000 cases", "case_overview.csv?_size=1000")

    def _faceted(self, name: str, *parts: str) -> Page:
        """Return a page with our facets, which plain Datasette has to be asked for; the last part asks for them."""
        *paths, facets = parts
        return Page(name, tuple(f"{self.base}/{path}" for path in paths), tuple(f"{self.base}/{path}{facets}" for path in paths))

    def rows(self) -> Iterator[Page]:
        """Yield pages of one thing, each time another one."""
        cases, reports = self.spread("case_id", "patient_case"), self.spread("report_id", "report")
        series = self.words("select report_id from patient_case group by report_id order by count(*) desc, report_id limit 20")
        yield self.page("a case", *(f"patient_case/{tilde_encode(key)}" for key in cases))
        yield self.page("a case, JSON", *(f"patient_case/{tilde_encode(key)}.json" for key in cases))
        yield self.page("a report", *(f"report/{tilde_encode(key)}" for key in reports))
        yield self.page("a report of many cases", *(f"report/{tilde_encode(key)}" for key in series))
        yield self.page(
            "a row", *(f"ihc_result/{tilde_encode(key)},1" for key in self.words("select distinct case_id from ihc_result limit 20"))
        )

    def own(self) -> Iterator[Page]:
        """Yield the pages of the registry."""
        for route in ROUTES:
            for address in route.addresses():
                yield Page(address, (address,))
            for ending in ("csv", "json") if route.has_data else ():
                yield Page(f"/{route.name}.{ending}", (f"/{route.name}.{ending}{route.examples[0]}",))
        yield Page("/-/runs", ("/-/runs",))

    def questions(self) -> Iterator[Page]:
        """Yield each canned query with nothing chosen and, where there is something to choose, with the commonest words."""
        for query in publish.queries():
            yield self._question(query.name, query, ({},))
            chosen = [dict(zip(row, values, strict=True)) for row, values in self._chosen(query)]
            if chosen:
                yield self._question(f"{query.name}, chosen", query, chosen)
        for frequency, words in (("common", self._searched(0.3)), ("rare", self._searched(0.0002))):
            yield Page(f"search, {frequency} word", tuple(f"/search?{urlencode({'q': word})}" for word in words))

    def _question(self, name: str, query: publish.Query, asked: Sequence[Mapping[str, str]]) -> Page:
        every = [{**{parameter.name: "" for parameter in query.parameters}, **chosen} for chosen in asked]
        return Page(
            f"{name}",
            tuple(f"{self.base}/{query.name}?{urlencode(values)}" if values else f"{self.base}/{query.name}" for values in every),
            tuple(f"{self.base}?{urlencode({'sql': query.sql, **values})}" for values in every),
        )

    def _chosen(self, query: publish.Query) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
        """Yield names of a query's parameters with words: of the first that has words to choose from, each in turn."""
        first = next((parameter for parameter in query.parameters if parameter.choices_sql or parameter.choices), None)
        if first:
            words = self.words(first.choices_sql) if first.choices_sql else first.choices
            for word in words[:16]:
                yield (first.name,), (word,)

    def _searched(self, share: float, n: int = 8) -> tuple[str, ...]:
        """Return words that stand in about such a share of the reports."""
        self.connection.execute("create virtual table if not exists temp.word using fts5vocab('main', 'report_search', 'row')")
        n_reports = self.connection.execute("select count(*) from report").fetchone()[0]
        found = self.words("select term from temp.word where length(term) > 3 order by abs(doc - ?), term limit ?", share * n_reports, n)
        return found or ("tumor",)


if __name__ == "__main__":
    raise SystemExit(main())
