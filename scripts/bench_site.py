"""How fast the site answers on a database, beside plain Datasette on the same file.

    python scripts/big_database.py build/big.db && python scripts/bench_site.py build/big.db [--check]

Serves the file twice: as Casebook's public site, and with `datasette FILE` as it comes. Each page is asked for with choices that nobody
made before (another case, filter or word each time), one request after the other, and then with the same choices again. Of a page without
choices the first time is not judged, as the server reads those of a large database ahead. Plain Datasette, which keeps nothing, is asked
for the same. Then come requests for all of the pages, mixed, by several clients at once. An answer other than 200, and one whose facets
took too long, counts as an error. Our site has the settings of a public one, with the one difference that it lets an address ask as often
as it likes (db/guard/bounds.py); how much work it does at the same time is bounded as for the public.
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
from dataclasses import dataclass, fields
from itertools import cycle, islice, pairwise
from pathlib import Path
from urllib.parse import urlencode

import httpx
import uvicorn
from datasette.app import Datasette
from datasette.utils import tilde_encode

from db import publish, serve
from db.guard.bounds import PLUGIN, Bounds
from db.pages.registry import ROUTES

_HERE = Path(__file__).resolve().parents[1]
_RATES = tuple(field.name for field in fields(Bounds) if field.name.endswith("_per_minute"))
_LONGEST_START_S = 120
_IDLE_MS = 20  # of processor time in a second: it only waits
_TIMED_OUT = ("Took too long:", "facets timed out")

# Pages that may take longer, and why.
_FACETS = "each of eight facets counts the cases of the choice anew: some 10 ms for ten thousand cases"
_POINTS = "all doses of the choice are drawn, tens of thousands as the density of points"
_EACH_CASE = "the results of each case of the choice are read, tens of thousands"
EXCUSED: Mapping[str, str] = {
    "cases of a site": _FACETS,
    "cases of a histology": _FACETS,
    "cases older than": _FACETS,
    "cases with a stain": f"{_FACETS}, and has to find their stains first",
    "cases with a word": f"{_FACETS}, and has to find the words first",
    "cases whose markers contain": _FACETS,
    "spreadsheet of a site": "a file with thousands of rows and styled cells is written for each reader, and not kept",
    "/doses?histology=…": _POINTS,
    "/markers?marker=…": _EACH_CASE,
    "/markers?histology&marker=…": _EACH_CASE,
    "/profile?typed=…": _EACH_CASE,
    "/outcomes?sex&split=…": "curves of half of all cases, split into hundreds of groups",
    "dose_and_outcome, chosen": "tens of thousands of irradiated cases are put in the order of their doses",
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
    is_ours: bool

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
    parser.add_argument("--requests", type=int, default=12, metavar="N", help="at most so many requests of a page in a row (default 12)")
    parser.add_argument("--seconds", type=float, default=1.5, metavar="S", help="and no more after so many seconds (default 1.5)")
    parser.add_argument("--mixed", type=int, default=500, metavar="N", help="mixed requests at once (default 500)")
    parser.add_argument("--clients", type=int, default=8, metavar="N", help="by so many clients (default 8)")
    parser.add_argument("--bound", type=float, default=200.0, metavar="MS", help="longest median of a page (default 200)")
    parser.add_argument("--only", default="", metavar="WORDS", help="only pages with these words in their name")
    parser.add_argument("--no-plain", action="store_true", help="leave plain Datasette out")
    parser.add_argument("--check", action="store_true", help="exit with 1 where a page of ours is slower or fails")
    parser.add_argument("--serve", type=int, metavar="PORT", help="only serve the file as it is measured")
    args = parser.parse_args()
    if args.serve:
        return _serve(args.file, args.serve)
    wanted = [page for page in pages(args.file) if args.only in page.name]
    print(f"{args.file.name}: {args.file.stat().st_size / 1e6:,.0f} MB; {_machine()}\n")
    with ExitStack() as servers:
        ours = servers.enter_context(_served([sys.executable, str(Path(__file__).resolve()), str(args.file), "--serve"]))
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


def _serve(file: Path, port: int) -> int:
    """Serve a file as our public site, without bounds on how often one address may ask."""
    arguments = serve.datasette_arguments(file, public=True)
    arguments["metadata"]["plugins"][PLUGIN] |= dict.fromkeys(_RATES, 0)
    uvicorn.run(Datasette(**serve.for_installed(arguments)).app(), port=port, log_level="warning", lifespan="on", server_header=False)
    return 0


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
            server = Server(client, process.pid, time.perf_counter() - started, "--serve" in command)
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


def _ask(server: Server, paths: Sequence[str], args: argparse.Namespace) -> Times:
    """Ask for addresses, one after the other, until it took too long; return what the requests took."""
    before, until, answers = server.processor_ms(), time.perf_counter() + args.seconds, []
    for path in paths[: args.requests]:
        answers.append(_asked(server.client, path))
        if time.perf_counter() > until:
            break
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
    n = args.mixed if server.is_ours else args.mixed // 5  # as many a second can be told from fewer
    paths = [path for page in pages for path in islice(cycle(page), -(-n // len(pages)))]
    random.Random(1).shuffle(paths)
    started = time.perf_counter()
    with ThreadPoolExecutor(args.clients) as clients:
        answers = list(clients.map(lambda path: _asked(server.client, path), paths[:n]))
    return _times(answers, 0), n / (time.perf_counter() - started)


def _tell_pages(pages: Sequence[Page], ours: Server, plain: Server | None, args: argparse.Namespace) -> bool:
    """Measure the pages and print the table; return whether each of ours is quick enough, or may be slow at first, and none failed."""
    width = max(len(page.name) for page in pages) + 2
    heads = "".join(f"{f'{which}: median':>16}{'worst':>7}{'processor':>11}" for which in ("first", "again", "plain"))
    print(f"{'milliseconds':{width}}{heads}")
    is_good = True
    for page in pages:
        first = _ask(ours, page.ours, args)
        again = _ask(ours, _repeated(page.ours[: len(first.taken)], args.requests), args)
        other = _ask(plain, _repeated(page.plain, args.requests), args) if plain and page.plain else None
        judged = (("first", first), ("again", again)) if len(page.ours) > 1 else (("again", again),)
        slow = [name for name, times in judged if times.median > args.bound]
        is_good &= not (first.fault or again.fault) and (not slow or page.name in EXCUSED)
        cells = "".join(f"{times.median:16.0f}{max(times.taken):7.0f}{times.processor:11.0f}" for times in (first, again, other) if times)
        remarks = [f"{' and '.join(slow)} above {args.bound:g} ms"] if slow else []
        remarks += [_fault(name, times) for name, times in (("", first), ("again: ", again), ("plain: ", other)) if times]
        print(f"{page.name:{width}}{cells}  {'; '.join(filter(None, remarks))}".rstrip(), flush=True)
    for name, reason in EXCUSED.items():
        print(f"\n{name}: {reason}")
    return is_good


def _repeated(paths: Sequence[str], n: int) -> tuple[str, ...]:
    """Return addresses again and again."""
    return tuple(islice(cycle(paths), n))


def _tell_loads(pages: Sequence[Page], ours: Server, plain: Server | None, args: argparse.Namespace) -> bool:
    """Ask for all pages at once, print the table, and return whether no request of ours failed."""
    print(f"\n{args.mixed} requests ({args.mixed // 5} of plain), {args.clients} clients")
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
        markers = self.words("select marker from ihc_result group by marker order by count(*) desc limit 12")
        yield Page("cases with a stain", tuple(f"{self.base}/{overview}{urlencode({'_marker': f'{name}:positive'})}" for name in markers))
        yield Page("cases with a word", tuple(f"{self.base}/{overview}{urlencode({'_words': word})}" for word in self.searched(0.01)))
        yield self._faceted("cases whose markers contain", *(f"{overview}markers__contains={name}%2B" for name in markers), facets)
        yield self._faceted("cases by dose", f"{overview}_sort_desc=max_dose_gy", facets)
        for table in ("fact", "empty_field", "radiotherapy_dose"):
            yield self._faceted(table, f"{table}?", "".join(f"&_facet={name}" for name in publish.facets_of(table)))
        for table in ("evidence", "ihc_result", "patient_case", "report", "drug", "timeline_event"):
            yield self.page(table, table)
        yield self.page("JSON, 100 cases", "case_overview.json?_shape=objects&_nofacet=1")
        yield self.page("CSV, 1,000 cases", "case_overview.csv?_size=1000")
        yield Page("spreadsheet of a site", tuple(f"{self.base}/case_overview.xlsx?{urlencode({'site': site})}" for site in sites[-8:]))

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
        yield Page("a case, record", tuple(f"/record.json?{urlencode({'case': key})}" for key in cases))
        yield Page("a case, citation", tuple(f"/cite.ris?{urlencode({'case': key})}" for key in cases))
        yield Page("a case, suggestion", tuple(f"/suggest?{urlencode({'case': key, 'field': 'age_years'})}" for key in cases))
        yield self.page("a report", *(f"report/{tilde_encode(key)}" for key in reports))
        yield self.page("a report of many cases", *(f"report/{tilde_encode(key)}" for key in series))
        yield self.page(
            "a row", *(f"ihc_result/{tilde_encode(key)},1" for key in self.words("select distinct case_id from ihc_result limit 20"))
        )

    def own(self) -> Iterator[Page]:
        """Yield the pages of the registry, those without a choice, the examples, and with many choices."""
        for route in ROUTES:
            for address in route.addresses() if route.stands_alone else ():
                yield Page(address, (address,))
            if route.has_data and route.stands_alone:
                yield Page(f"/{route.name}.csv", (f"/{route.name}.csv",))
        for name, asked in self._asked():
            yield Page(f"/{name}?{'&'.join(asked[0])}=…", tuple(f"/{name}?{urlencode(choice)}" for choice in asked))
        for path in ("/-/runs", "/-/health", "/sitemap.xml", "/sitemap-1.xml", "/feed.atom", "/robots.txt"):
            yield Page(path, (path,))

    def _asked(self) -> Iterator[tuple[str, list[dict[str, str]]]]:
        """Yield names of pages of the registry with choices of their forms: common ones first, another one each time."""
        histologies = self.words("select histology from case_overview where histology <> 'not reported' group by 1 order by count(*) desc")
        markers = self.words("select marker from ihc_result group by 1 order by count(*) desc")
        sites = self.words("select site from case_overview where site <> 'not reported' group by 1 order by count(*) desc")
        some = histologies[:6] + histologies[40:46]
        yield "doses", [{"histology": name} for name in some]
        yield "outcomes", [{"histology": name} for name in some]
        yield "outcomes", [{"sex": sex, "split": split} for sex in ("male", "female") for split in ("age", "site", "histology", "surgery")]
        yield "outcomes", [{"marker": name, "split": "stain", "outcome": "return"} for name in markers[:12]]
        pairs = pairwise(some)
        yield "compare", [{"a_histology": one, "b_histology": other} for one, other in pairs]
        yield "compare", [{"a_site": site, "a_sex": "male", "b_site": site, "b_sex": "female"} for site in sites[:12]]
        yield "compare", [{"a_surgery": "yes", "b_surgery": "no", "a_decade": decade, "b_decade": decade} for decade in ("1990s", "2000s")]
        yield "markers", [{"marker": name} for name in markers[:12]]
        yield "markers", [{"histology": name} for name in some]
        yield "markers", [{"histology": name, "marker": marker} for name, marker in zip(some, markers, strict=False)]
        yield "profile", [{"typed": f"{one}+, {other}-"} for one, other in pairwise(markers)]
        yield "dictionary", [{"q": word} for word in ("dose", "age", "marker", "certainty", "report key", "months", "recurrence", "unit")]

    def questions(self) -> Iterator[Page]:
        """Yield each canned query with nothing chosen and, where there is something to choose, with the commonest words."""
        for query in publish.queries():
            yield self._question(query.name, query, ({},))
            if chosen := [dict([pair]) for pair in self._chosen(query)]:
                yield self._question(f"{query.name}, chosen", query, chosen)
        for frequency, words in (("common", self.searched(0.3)), ("rare", self.searched(0.0002))):
            yield Page(f"search, {frequency} word", tuple(f"/search?{urlencode({'q': word})}" for word in words))

    def _question(self, name: str, query: publish.Query, asked: Sequence[Mapping[str, str]]) -> Page:
        every = [{**{parameter.name: "" for parameter in query.parameters}, **chosen} for chosen in asked]
        return Page(
            f"{name}",
            tuple(f"{self.base}/{query.name}?{urlencode(values)}" if values else f"{self.base}/{query.name}" for values in every),
            tuple(f"{self.base}?{urlencode({'sql': query.sql, **values})}" for values in every),
        )

    def _chosen(self, query: publish.Query) -> Iterator[tuple[str, str]]:
        """Yield a parameter of a query with a word: of the first that has words to choose from, each in turn; or with a case."""
        for parameter in query.parameters[:1]:
            if parameter.name == "case_id":
                words = self.spread("case_id", "patient_case")
            else:
                words = self.words(parameter.choices_sql) if parameter.choices_sql else parameter.choices
            yield from ((parameter.name, word) for word in words[:16])

    def searched(self, share: float, n: int = 8) -> tuple[str, ...]:
        """Return words that stand in about such a share of the reports."""
        self.connection.execute("create virtual table if not exists temp.word using fts5vocab('main', 'report_search', 'row')")
        n_reports = self.connection.execute("select count(*) from report").fetchone()[0]
        found = self.words("select term from temp.word where length(term) > 3 order by abs(doc - ?), term limit ?", share * n_reports, n)
        return found or ("tumor",)


if __name__ == "__main__":
    raise SystemExit(main())
