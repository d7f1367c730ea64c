"""Fetching from Europe PMC, against a server on this machine that answers as the service does."""

from __future__ import annotations

import ast
import csv
import hashlib
import itertools
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

import casebook
import casebook_options
from corpus.europe_pmc import client as client_module
from corpus.europe_pmc import service as europe_pmc
from corpus.europe_pmc.abstract import markdown
from corpus.europe_pmc.client import Client, Pace, user_agent
from corpus.europe_pmc.fetch import Request, plan, take_all
from corpus.europe_pmc.folder import Folder, Row, open_folder, read_folder
from corpus.europe_pmc.identifiers import Identifier, parse, read, read_list
from corpus.report import CorpusError
from tests.europe_pmc_server import Answer, Service, article, serve, xml

ROOT = Path(casebook.__file__).parent
NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)


@dataclass(slots=True)
class Clock:
    """Time that passes only by waiting, so that tests need none."""

    seconds: float = 0.0
    waits: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.seconds += seconds

    def pace(self, **more: Any) -> Pace:
        options = {"per_second": 1000.0, "timeout_s": 5.0, "patience_s": 300.0} | more
        return Pace(**options, sleep=self.sleep, monotonic=lambda: self.seconds, chance=lambda: 0.5, today=lambda: NOW)


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server is on this machine, whatever the machine's settings are."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def service() -> Iterator[Service]:
    with serve() as running:
        yield running


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def client(service: Service, clock: Clock) -> Iterator[Client]:
    with Client(service.base, "Casebook/test", clock.pace()) as opened:
        yield opened


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Folder]:
    with open_folder(tmp_path / "fetched") as opened:
        yield opened


def fetch(client: Client, folder: Folder, *names: str, **more: Any) -> list[Row]:
    request = Request(tuple(map(parse, names)), **more)
    return list(take_all(client, folder, plan(client, folder, request).wanted, abstracts=request.abstracts))


def statuses(rows: list[Row]) -> list[tuple[str, str]]:
    return [(row.identifier, row.status) for row in rows]


# --- identifiers -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "scheme", "value"),
    [
        ("PMC6358576", "pmcid", "PMC6358576"),
        ("pmc6358576", "pmcid", "PMC6358576"),
        ("PMCID: PMC6358576", "pmcid", "PMC6358576"),
        ("PMCID:6358576", "pmcid", "PMC6358576"),
        ("https://pmc.ncbi.nlm.nih.gov/articles/PMC6358576/", "pmcid", "PMC6358576"),
        ("https://europepmc.org/article/PMC/PMC6358576", "pmcid", "PMC6358576"),
        ("PMID:31234567", "pmid", "31234567"),
        ("pmid 7", "pmid", "7"),
        ("31234567", "pmid", "31234567"),
        ("https://pubmed.ncbi.nlm.nih.gov/31234567/", "pmid", "31234567"),
        ("https://europepmc.org/article/MED/31234567", "pmid", "31234567"),
        ("10.3892/ol.2015.3297", "doi", "10.3892/ol.2015.3297"),
        ("doi:10.3892/OL.2015.3297.", "doi", "10.3892/ol.2015.3297"),
        ("https://doi.org/10.1002/a(b)%2Fc;2-d", "doi", "10.1002/a(b)/c;2-d"),
        ("http://dx.doi.org/10.3892/ol.2015.3297", "doi", "10.3892/ol.2015.3297"),
    ],
)
def test_an_identifier_is_read_as_people_write_it(words: str, scheme: str, value: str) -> None:
    assert parse(words) == Identifier(scheme, value)
    assert parse(str(parse(words))) == parse(words)


@pytest.mark.parametrize(
    "words",
    ["", "123456789", "PMC", "PMC12x", "PPR123", "PMID:10.1000/1", "10.1/x", "../../etc/passwd", "PMC1/../x", "0", "10.1000/\udcff"],
)
def test_what_is_no_identifier_is_one_line_with_what_is_wanted(words: str) -> None:
    with pytest.raises(CorpusError, match=r"no identifier of an article, wanted PMC6358576, PMID:31234567 .* DOI such as 10\.") as found:
        parse(words)
    assert "\n" not in str(found.value)


def test_several_stand_between_commas_and_a_doi_may_hold_one() -> None:
    assert [str(name) for name in read(["PMC1,31234567, doi:10.1000/a,b,10.1000/c", "PMC2,"])] == [
        "PMC1", "PMID:31234567", "10.1000/a,b", "10.1000/c", "PMC2",
    ]  # fmt: skip
    errors = [str(name) for name in read(["PMC1,what?"]) if isinstance(name, CorpusError)]
    assert errors and "what?" in errors[0]


@given(st.text(max_size=60))
def test_any_words_give_identifiers_or_errors_in_one_line(words: str) -> None:
    for name in read([words]):
        assert isinstance(name, CorpusError) or parse(str(name)) == name


def of_list(tmp_path: Path, text: str) -> list[str]:
    path = tmp_path / "ids.txt"
    path.write_text(text, encoding="utf-8")
    return [str(entry).removeprefix(str(tmp_path)) for entry in read_list(path)]


def test_a_list_has_one_a_line_and_comments(tmp_path: Path) -> None:
    text = "# mine\nPMC1\n\n  31234567  # a colleague's\n10.1000/a#b\nnonsense\nPMC2, PMC3\n"
    found = of_list(tmp_path, text)
    assert found[:3] + found[4:] == ["PMC1", "PMID:31234567", "10.1000/a#b", "PMC2", "PMC3"]
    assert found[3].startswith("/ids.txt:6: 'nonsense': no identifier")


@pytest.mark.parametrize("sign", [",", ";", "\t"])
def test_a_list_may_be_a_table_with_columns_of_identifiers(tmp_path: Path, sign: str) -> None:
    rows = [
        ["Title", "PMID", "PMCID", "DOI"],
        ["A, B", "31234567", "", "10.1000/A"],
        ["C", "2", "6358576", ""],
        ["D", "", "", ""],
        ["E", "x", "", ""],
    ]
    text = "\n".join(sign.join(f'"{cell}"' for cell in row) for row in rows)
    found = of_list(tmp_path, f"# exported\n{text}\n")
    assert found[:2] == ["10.1000/a", "PMC6358576"]
    assert [line.split(": no ")[0] for line in found[2:]] == ["/ids.txt:6: 'x'"]


def test_the_ledger_is_a_list_too(client: Client, service: Service, folder: Folder) -> None:
    service.add(1)
    fetch(client, folder, "10.5555/invented.1")
    folder.compact()
    assert list(read_list(folder.path / "fetched.csv")) == [parse("PMC1")]


# --- fetching ----------------------------------------------------------------------------------


def test_articles_are_fetched_whatever_names_them(client: Client, service: Service, folder: Folder) -> None:
    service.add(1, 2, 3)
    rows = fetch(client, folder, "PMC1", "10.5555/INVENTED.2", "PMID:30000003")
    assert statuses(rows) == [("PMC1", "fetched"), ("10.5555/invented.2", "fetched"), ("PMID:30000003", "fetched")]
    for number, row in enumerate(rows, start=1):
        assert (folder.path / f"PMC{number}.xml").read_bytes() == xml(number)
        assert (row.file, row.sha256) == (f"PMC{number}.xml", hashlib.sha256(xml(number)).hexdigest())
        assert (row.pmcid, row.pmid, row.doi) == (f"PMC{number}", str(30_000_000 + number), f"10.5555/invented.{number}")
        assert (row.title, row.license, row.is_open_access) == (f"Sarcoma of the thigh, number {number}.", "cc by", "Y")
        assert row.retrieved == "2026-01-31"
    assert len(service.searches) == 1
    assert service.searches[0]["query"] == 'PMCID:PMC1 OR DOI:"10.5555/invented.2" OR (EXT_ID:30000003 AND SRC:MED)'


def test_many_identifiers_are_asked_about_in_batches(client: Client, service: Service, folder: Folder) -> None:
    service.add(*range(1, 61))
    rows = fetch(client, folder, *(f"PMID:{30_000_000 + number}" for number in range(1, 61)))
    assert {row.status for row in rows} == {"fetched"}
    assert len(service.searches) == 3


def test_the_ledger_can_be_read_by_people(client: Client, service: Service, tmp_path: Path) -> None:
    service.add(1)
    with open_folder(tmp_path) as folder:
        fetch(client, folder, "PMC1", "PMC9")
    with (tmp_path / "fetched.csv").open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    assert [(line["identifier"], line["status"], line["license"], line["file"]) for line in lines] == [
        ("PMC1", "fetched", "cc by", "PMC1.xml"), ("PMC9", "not_found", "", ""),
    ]  # fmt: skip
    assert sorted(path.name for path in tmp_path.iterdir()) == ["PMC1.xml", "fetched.csv"]


def test_what_is_there_is_not_asked_for_again(client: Client, service: Service, folder: Folder) -> None:
    service.add(1, 2)
    service.add(3, isOpenAccess="N")
    names = ("PMC1", "PMID:30000002", "PMC3", "PMC4")
    first = fetch(client, folder, *names)
    service.asked.clear()
    folder = read_folder(folder.path)
    assert statuses(fetch(client, folder, *names)) == statuses(first)
    assert service.asked == []
    assert statuses(fetch(client, folder, "10.5555/invented.1")) == [("10.5555/invented.1", "fetched")]
    assert service.full_texts == []  # it is there by another name


def test_a_file_that_is_gone_is_fetched_again(client: Client, service: Service, folder: Folder) -> None:
    service.add(1)
    fetch(client, folder, "PMC1")
    (folder.path / "PMC1.xml").unlink()
    assert statuses(fetch(client, folder, "PMC1")) == [("PMC1", "fetched")]
    assert service.full_texts == ["PMC1", "PMC1"]


def test_a_file_without_a_line_in_the_ledger_counts_as_there(client: Client, service: Service, folder: Folder) -> None:
    (folder.path / "PMC1.xml").write_bytes(xml(1))
    rows = fetch(client, folder, "PMC1")
    assert (rows[0].status, rows[0].sha256) == ("fetched", hashlib.sha256(xml(1)).hexdigest())
    assert service.asked == []


def test_what_was_refused_is_asked_for_again_only_on_request(client: Client, service: Service, folder: Folder) -> None:
    service.add(1, isOpenAccess="N")
    assert statuses(fetch(client, folder, "PMC1", "PMC2")) == [("PMC1", "not_open_access"), ("PMC2", "not_found")]
    service.articles.clear()
    service.add(1, 2)
    assert statuses(fetch(client, folder, "PMC1", "PMC2")) == [("PMC1", "not_open_access"), ("PMC2", "not_found")]
    assert statuses(fetch(client, folder, "PMC1", "PMC2", again=True)) == [("PMC1", "fetched"), ("PMC2", "fetched")]


def test_what_failed_is_asked_for_again(client: Client, service: Service, folder: Folder) -> None:
    service.add(1)
    service.forever["fullTextXML"] = Answer(403)
    assert [row.status for row in fetch(client, folder, "PMC1")] == ["failed"]
    service.forever.clear()
    assert [row.status for row in fetch(client, folder, "PMC1")] == ["fetched"]


def test_no_full_text_is_said_and_an_abstract_offered(client: Client, service: Service, folder: Folder) -> None:
    service.add(1, isOpenAccess="N")
    service.add(2, isOpenAccess="N", abstractText=None)
    service.add(3)
    del service.texts["PMC3"]  # open access, but a 404
    service.add(4, pmcid=None)
    rows = fetch(client, folder, "PMC1", "PMC2", "PMC3", "PMID:30000004")
    assert [row.reason for row in rows] == [
        "not open access, no full text (an abstract: --abstracts takes it)",
        "not open access, no full text and no abstract",
        "no full text at the service (an abstract: --abstracts takes it)",
        "no full text at the service (an abstract: --abstracts takes it)",
    ]
    assert {row.status for row in rows} == {"not_open_access"}
    assert service.full_texts == ["PMC3"]


def test_an_abstract_is_kept_as_markdown_when_asked_for(client: Client, service: Service, folder: Folder) -> None:
    service.add(1, isOpenAccess="N", pmcid=None, license=None)
    assert [row.file for row in fetch(client, folder, "PMID:30000001")] == [""]
    rows = fetch(client, folder, "PMID:30000001", abstracts=True)
    assert [(row.status, row.file) for row in rows] == [("not_open_access", "PMID30000001.md")]
    _, front, body = (folder.path / "PMID30000001.md").read_text(encoding="utf-8").split("---\n", 2)
    assert yaml.safe_load(front) == {
        "title": "Sarcoma of the thigh, number 1.", "authors": "Silva A; Meyer B; Thigh Group", "doi": "10.5555/invented.1", "pmid": "30000001",
        "journal": "Journal of Invented Cases", "year": 2019, "article_type": "Case Reports; Journal Article",
    }  # fmt: skip
    assert body.strip().split("\n\n") == [
        "# Sarcoma of the thigh, number 1.", "## Abstract", "### Background", "A man had a lump (p<0.05).", "### Case",
        "He was given 60 Gy and is well.",
    ]  # fmt: skip
    service.asked.clear()
    assert fetch(client, folder, "PMID:30000001", abstracts=True) == rows
    assert service.asked == []


def test_the_front_matter_of_an_abstract_stays_small() -> None:
    names = [{"fullName": f"Silva {number:03}; A"} for number in range(999)]
    _, front, _ = markdown(europe_pmc.article_of(article(1, authorList={"author": names}))).split("---\n")
    authors = yaml.safe_load(front)["authors"].split("; ")
    assert authors[:2] == ["Silva 000, A", "Silva 001, A"]
    assert len(authors) > 500
    assert len(front) < 15_000


def test_a_full_text_takes_the_place_of_its_abstract(client: Client, service: Service, folder: Folder) -> None:
    service.add(1, isOpenAccess="N")
    fetch(client, folder, "PMC1", abstracts=True)
    service.articles.clear()
    service.add(1)
    assert [row.file for row in fetch(client, folder, "PMC1", again=True, abstracts=True)] == ["PMC1.xml"]
    assert not (folder.path / "PMC1.md").exists()


def test_what_the_service_tells_is_not_trusted() -> None:
    told = europe_pmc.article_of(
        {"pmcid": "PMC1/../../x", "pmid": 7, "doi": "x", "title": ["a"], "pubYear": "soon", "authorList": {"author": "A"}, "pubTypeList": None,
         "isOpenAccess": True, "license": "cc\x1b[31m by\n"}
    )  # fmt: skip
    assert (told.pmcid, told.pmid, told.doi, told.title, told.year, told.authors, told.article_type) == (
        None,
        "7",
        None,
        None,
        None,
        (),
        None,
    )
    assert (told.is_open_access, told.license) == (False, "cc[31m by")
    assert europe_pmc.article_of("nothing").identifier is None


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*article(1), "author", "fullName", "journal"]), inner, max_size=4)
    ),
)


@given(st.dictionaries(st.sampled_from(list(article(1))), json_values))
def test_any_result_can_be_read(result: dict[str, Any]) -> None:
    told = europe_pmc.article_of(article(1) | result)
    try:
        text = markdown(told)
    except CorpusError as error:
        assert "abstract" in str(error)
    else:
        yaml.safe_load(text.split("---\n")[1])


# --- searching ---------------------------------------------------------------------------------


def test_a_search_goes_from_page_to_page_as_far_as_wanted(client: Client, service: Service, folder: Folder) -> None:
    service.add(*range(1, 181))
    assert len(plan(client, folder, Request(query="thigh", limit=150)).wanted) == 150
    assert [(asked["cursorMark"], asked["pageSize"]) for asked in service.searches] == [("*", "100"), ("AoE100", "50")]
    assert len(plan(client, folder, Request(query="thigh", limit=1000)).wanted) == 180
    assert service.searches[2]["cursorMark"] == "AoE150"


def test_a_search_goes_on_where_it_ended(client: Client, service: Service, folder: Folder) -> None:
    service.add(*range(1, 181))
    service.forever["AoE100"] = Answer(403)
    planned = plan(client, folder, Request(query="thigh", limit=180))
    assert (planned.wanted, len(planned.problems)) == ((), 1)
    service.forever.clear()
    service.asked.clear()
    assert len(plan(client, read_folder(folder.path), Request(query="thigh", limit=180)).wanted) == 180
    assert [asked["cursorMark"] for asked in service.searches] == ["AoE100"]
    service.asked.clear()
    assert len(plan(client, folder, Request(query="thigh", limit=90)).wanted) == 90
    assert service.asked == []
    assert len(plan(client, folder, Request(query="thigh", limit=90, again=True)).wanted) == 90
    assert len(service.asked) == 1


def test_what_a_search_finds_is_fetched_without_asking_about_each(client: Client, service: Service, folder: Folder) -> None:
    service.add(1, 2, 3)
    service.articles.append(article(4, pmcid=None, pmid=None, doi=None, source="PAT"))
    request = Request((parse("PMC2"),), query="thigh")
    planned = plan(client, folder, request)
    assert planned.problems == ("1 of the articles found have no PMCID, PMID or DOI, wanted one to keep them by",)
    assert {row.identifier for row in take_all(client, folder, planned.wanted, abstracts=False)} == {"PMC1", "PMC2", "PMC3"}
    assert (len(service.searches), sorted(service.full_texts)) == (1, ["PMC1", "PMC2", "PMC3"])


def test_a_query_that_is_not_understood_is_said_in_the_services_words(client: Client, service: Service, folder: Folder) -> None:
    service.forever["search"] = Answer(body=b'{"errCode": 404, "errMsg": "Unbalanced brackets"}')
    assert "Unbalanced brackets" in plan(client, folder, Request(query="((")).problems[0]


@pytest.mark.parametrize("query", ["\udcff", "a" * 70_000])
def test_a_query_that_cannot_be_asked_is_one_line(client: Client, folder: Folder, query: str) -> None:
    assert "search: cannot be asked for" in plan(client, folder, Request(query=query)).problems[0]


# --- a service with troubles -------------------------------------------------------------------


def only_row(client: Client, folder: Folder) -> Row:
    (row,) = fetch(client, folder, "PMC1")
    return row


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        (("Retry-After", "7"), 7.0),
        (("Retry-After", "Sat, 31 Jan 2026 12:00:42 GMT"), 42.0),
        (("Retry-After", "soon"), 1.0),
        (("X", "y"), 1.0),
    ],
)
def test_too_many_requests_waits_as_long_as_the_service_asks(
    client: Client, service: Service, folder: Folder, clock: Clock, header: tuple[str, str], wait: float
) -> None:
    service.add(1)
    service.instead["fullTextXML"] = [Answer(429, headers=(header,))]
    assert only_row(client, folder).status == "fetched"
    assert max(clock.waits) == pytest.approx(wait)


def test_a_wait_beyond_patience_ends_it(client: Client, service: Service, folder: Folder, clock: Clock) -> None:
    service.add(1)
    service.forever["fullTextXML"] = Answer(429, headers=(("Retry-After", "86400"),))
    row = only_row(client, folder)
    assert row.reason.endswith("429 Too Many Requests (asked to wait 86400 s, given up after 1 try)")
    assert clock.seconds < 300


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_what_passes_is_tried_again(client: Client, service: Service, folder: Folder, clock: Clock, status: int) -> None:
    service.add(1)
    service.instead["fullTextXML"] = [Answer(status), Answer(status)]
    assert only_row(client, folder).status == "fetched"
    assert service.full_texts == ["PMC1"] * 3


def test_five_tries_with_longer_and_longer_waits_are_enough(client: Client, service: Service, folder: Folder, clock: Clock) -> None:
    service.add(1)
    service.forever["fullTextXML"] = Answer(500)
    row = only_row(client, folder)
    assert (row.status, row.reason) == (
        "failed", "127.0.0.1/PMC1/fullTextXML: the service says 500 Internal Server Error (given up after 5 tries)",
    )  # fmt: skip
    assert service.full_texts == ["PMC1"] * 5
    assert [wait for wait in clock.waits if wait > 0.5] == [1, 2, 4, 8]


@pytest.mark.parametrize("status", [400, 401, 403, 410, 418])
def test_a_refusal_is_final(client: Client, service: Service, folder: Folder, status: int) -> None:
    service.add(1)
    service.forever["fullTextXML"] = Answer(status)
    assert f"the service says {status}" in only_row(client, folder).reason
    assert service.full_texts == ["PMC1"]


def test_a_slow_answer_is_given_up_and_asked_for_again(service: Service, folder: Folder, clock: Clock) -> None:
    service.add(1)
    service.instead["fullTextXML"] = [Answer(body=xml(1), after_s=5)]
    with Client(service.base, "Casebook/test", clock.pace(timeout_s=0.1)) as client:
        assert only_row(client, folder).status == "fetched"
        service.forever["fullTextXML"] = Answer(body=xml(1), after_s=5)
        (folder.path / "PMC1.xml").unlink()
        assert "no answer within 0.1 s (given up after 5 tries)" in only_row(client, folder).reason


@pytest.mark.parametrize("cut", [Answer(body=xml(1), cut=40), Answer(body=xml(1)[:-40], is_closed=True)])
def test_half_an_answer_is_not_kept(client: Client, service: Service, folder: Folder, cut: Answer) -> None:
    service.add(1)
    service.instead["fullTextXML"] = [cut]
    assert only_row(client, folder).status == "fetched"
    assert (folder.path / "PMC1.xml").read_bytes() == xml(1)
    service.forever["fullTextXML"] = cut
    (folder.path / "PMC1.xml").unlink()
    assert "(given up after 5 tries)" in only_row(client, folder).reason
    assert [path.name for path in folder.path.iterdir()] == ["fetched.csv"]


def test_half_a_page_of_results_is_asked_for_again(client: Client, service: Service, folder: Folder) -> None:
    service.add(1)
    service.instead["search"] = [Answer(body=b'{"hitCount": 1, "resultList": {"resu', is_closed=True)]
    assert only_row(client, folder).status == "fetched"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"<!DOCTYPE html><html><body>Down for maintenance</body></html>", "a page of HTML, wanted the XML of an article"),
        (b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"/>', "a page of HTML, wanted the XML of an article"),
        (b"<responseWrapper><error/></responseWrapper>", "XML of <responsewrapper>, wanted an <article>"),
    ],
)
def test_what_is_no_article_is_not_kept(client: Client, service: Service, folder: Folder, body: bytes, reason: str) -> None:
    service.add(1)
    service.forever["fullTextXML"] = Answer(body=body)
    assert only_row(client, folder).reason.endswith(reason)
    assert service.full_texts == ["PMC1"]
    assert not (folder.path / "PMC1.xml").exists()


@pytest.mark.parametrize("body", [b"<html>Sign in</html>", b"[1, 2]"])
def test_another_kind_of_service_is_recognised(client: Client, service: Service, folder: Folder, body: bytes) -> None:
    service.forever["search"] = Answer(body=body)
    assert "is it the address of the Europe PMC service?" in only_row(client, folder).reason


def test_a_redirection_within_the_host_is_followed(client: Client, service: Service, folder: Folder) -> None:
    service.add(1, 2)
    service.instead["PMC1/fullTextXML"] = [Answer(301, headers=(("Location", "/elsewhere/PMC1/fullTextXML"),))]
    assert only_row(client, folder).status == "fetched"
    service.forever["PMC2/fullTextXML"] = Answer(302, headers=(("Location", "/elsewhere/PMC2/fullTextXML"),))
    assert "leads from one address to the next" in fetch(client, folder, "PMC2")[0].reason


@pytest.mark.parametrize("headers", [(), (("Location", "http://[/"),)])
def test_a_redirection_to_nowhere_is_one_line(
    client: Client, service: Service, folder: Folder, headers: tuple[tuple[str, str], ...]
) -> None:
    service.add(1)
    service.forever["fullTextXML"] = Answer(302, headers=headers)
    assert "wanted" in only_row(client, folder).reason
    assert service.full_texts == ["PMC1"]


@pytest.mark.parametrize(
    "place",
    ["http://localhost:{port}/PMC1/fullTextXML", "//example.invalid/x", "http://127.0.0.1:1/x", "file:///etc/passwd", "ftp://127.0.0.1/x"],
)
def test_a_redirection_to_another_host_is_refused(client: Client, service: Service, folder: Folder, place: str) -> None:
    service.add(1)
    port = service.base.split(":")[2].split("/")[0]
    service.forever["/rest/PMC1/fullTextXML"] = Answer(302, headers=(("Location", place.format(port=port)),))
    assert "leads to another host" in only_row(client, folder).reason
    assert service.full_texts == ["PMC1"]


def test_an_answer_that_does_not_end_is_cut_off(client: Client, service: Service, folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "MAX_BYTES", 5_000)
    service.add(1)
    service.forever["fullTextXML"] = Answer(body=xml(1) + b" " * 6_000)
    assert "wanted at most that for one answer" in only_row(client, folder).reason
    assert service.full_texts == ["PMC1"]


def test_a_service_that_is_not_there_is_one_line(folder: Folder, clock: Clock) -> None:
    with serve() as gone:
        base = gone.base
    with Client(base, "Casebook/test", clock.pace()) as client:
        rows = fetch(client, folder, "PMC1", "PMC2")
    assert [row.status for row in rows] == ["failed", "failed"]
    assert "refused (given up after 5 tries)" in rows[0].reason


def test_a_service_in_trouble_is_let_alone(client: Client, service: Service, folder: Folder) -> None:
    service.add(*range(1, 11))
    service.forever["fullTextXML"] = Answer(503)
    rows = fetch(client, folder, *(f"PMC{number}" for number in range(1, 11)))
    assert [row.status for row in rows] == ["failed"] * 3
    assert set(service.full_texts) == {"PMC1", "PMC2", "PMC3"}


def test_requests_keep_their_distance(service: Service, folder: Folder, clock: Clock) -> None:
    service.add(*range(1, 6))
    service.instead["PMC3"] = [Answer(500)]  # a repeated request is one too
    sent: list[float] = []
    with Client(service.base, "Casebook/test", clock.pace(per_second=0.5)) as client:
        for row in take_all(
            client, folder, plan(client, folder, Request(tuple(map(parse, ["PMC1", "PMC2", "PMC4", "PMC5"])))).wanted, abstracts=False
        ):
            assert row.status == "fetched"
            sent.append(clock.seconds)
    assert [later - earlier for earlier, later in itertools.pairwise(sent)] == [2, 2, 2]
    assert clock.seconds == 2 * (len(service.asked) - 1)


def test_the_service_is_told_who_asks(service: Service, folder: Folder) -> None:
    assert user_agent("ana@example.org").startswith("Casebook/")
    assert user_agent("ana@example.org").endswith(" (mailto:ana@example.org)")
    with Client(service.base, user_agent("ana@example.org"), Clock().pace()) as client:
        fetch(client, folder, "PMC1")
    assert service.agents == {user_agent("ana@example.org")}


@pytest.mark.parametrize("email", ["ana", "ana@example.org\r\nX: y", "a b@example.org", "@"])
def test_what_is_no_address_is_refused(email: str) -> None:
    with pytest.raises(CorpusError, match=r"no e-mail address, wanted one such as"):
        user_agent(email)


@pytest.mark.parametrize("base", ["europepmc.org", "ftp://example.org", "https://", ""])
def test_what_is_no_service_is_refused(base: str) -> None:
    with pytest.raises(CorpusError, match="no address"):
        Client(base, "Casebook/test")


# --- the folder --------------------------------------------------------------------------------


def test_an_interruption_loses_nothing(client: Client, service: Service, tmp_path: Path) -> None:
    service.add(1, 2, 3)
    names = tuple(map(parse, ["PMC1", "PMC2", "PMC3"]))
    with pytest.raises(KeyboardInterrupt), open_folder(tmp_path) as folder:
        for row in take_all(client, folder, plan(client, folder, Request(names)).wanted, abstracts=False):
            if row.identifier == "PMC2":
                raise KeyboardInterrupt
    assert sorted(path.name for path in tmp_path.iterdir()) == ["PMC1.xml", "PMC2.xml", "fetched.csv"]
    with open_folder(tmp_path) as folder:
        assert {row.status for row in fetch(client, folder, "PMC1", "PMC2", "PMC3")} == {"fetched"}
    assert service.full_texts == ["PMC1", "PMC2", "PMC3"]


def test_half_a_line_at_the_end_of_the_ledger_is_left_out(client: Client, service: Service, tmp_path: Path) -> None:
    service.add(1, 2)
    with open_folder(tmp_path) as folder:
        fetch(client, folder, "PMC1")
    with (tmp_path / "fetched.csv").open("a", encoding="utf-8") as file:
        file.write("PMC2,PMC2,10.5555/inv")
    with open_folder(tmp_path) as folder:
        assert list(folder.rows) == ["PMC1"]
        fetch(client, folder, "PMC2")
        assert list(read_folder(tmp_path).rows) == ["PMC1", "PMC2"]  # as it would be, if the machine went down now


@pytest.mark.parametrize("text", ["name,value\na,b\n", "\x00\xff", '"', "identifier,pmcid\nPMC1,PMC1\n"])
def test_a_ledger_of_something_else_is_left_alone(tmp_path: Path, text: str) -> None:
    (tmp_path / "fetched.csv").write_text(f"{text}\n", encoding="utf-8")
    with pytest.raises(CorpusError, match=r"fetched\.csv: .*wanted the columns identifier, pmcid"), open_folder(tmp_path):
        raise AssertionError("it was opened")
    assert (tmp_path / "fetched.csv").read_text(encoding="utf-8") == f"{text}\n"


def test_two_do_not_fetch_into_one_folder(tmp_path: Path) -> None:
    with open_folder(tmp_path), pytest.raises(CorpusError, match="another casebook fetches into it"), open_folder(tmp_path):
        raise AssertionError("it was opened")
    with open_folder(tmp_path) as folder:
        assert folder.rows == {}


# --- the command -------------------------------------------------------------------------------


@pytest.fixture
def added(monkeypatch: pytest.MonkeyPatch) -> list[tuple[list[str], Path]]:
    """What `casebook add` was asked to add, instead of adding it."""
    calls: list[tuple[list[str], Path]] = []

    def add(paths: tuple[Path, ...], database: Path, *_: object) -> None:
        calls.append(([path.name for path in paths], database))

    monkeypatch.setattr(casebook, "_add_files", add)
    return calls


def run(service: Service, to: Path, *words: str | Path) -> Result:
    command = ["fetch", "--service", service.base, "--rate", "10", "--to", str(to), "--database", str(to / "x.db"), *map(str, words)]
    result = CliRunner().invoke(casebook.main, command)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_the_command_fetches_adds_and_says_what_it_could_not(service: Service, tmp_path: Path, added: list[tuple[list[str], Path]]) -> None:
    service.add(1, 2)
    service.add(3, isOpenAccess="N")
    (tmp_path / "ids.txt").write_text("PMC1\n10.5555/invented.2\nrubbish\n", encoding="utf-8")
    result = run(service, tmp_path, "PMC3,PMC9", "--list", tmp_path / "ids.txt")
    assert result.exit_code == 1
    assert result.stderr.splitlines() == [
        f"casebook: {tmp_path}/ids.txt:3: 'rubbish': no identifier of an article, wanted PMC6358576, PMID:31234567 (or its digits alone)"
        " or a DOI such as 10.3892/ol.2015.3297",
        "casebook: PMC3: not open access, no full text (an abstract: --abstracts takes it)",
        "casebook: PMC9: Europe PMC knows no such article",
    ]
    assert result.stdout.endswith(": 2 fetched, 1 not open access, 1 not found\n")
    assert added == [(["PMC1.xml", "PMC2.xml"], tmp_path / "x.db")]


def test_a_second_run_sends_nothing_and_adds_the_same(service: Service, tmp_path: Path, added: list[tuple[list[str], Path]]) -> None:
    service.add(1)
    assert run(service, tmp_path, "PMC1").exit_code == 0
    service.asked.clear()
    result = run(service, tmp_path, "PMC1")
    assert (result.exit_code, result.stdout) == (0, f"{tmp_path}: 1 there already\n")
    assert (service.asked, len(added)) == ([], 2)


def test_not_open_access_is_no_failure_and_nothing_is_added(service: Service, tmp_path: Path, added: list[tuple[list[str], Path]]) -> None:
    service.add(1, isOpenAccess="N")
    assert run(service, tmp_path, "PMC1").exit_code == 0
    assert added == []
    assert run(service, tmp_path, "PMC1", "--abstracts").exit_code == 0
    assert added == [(["PMC1.md"], tmp_path / "x.db")]


def test_an_article_that_nobody_knows_is_a_failure(service: Service, tmp_path: Path, added: list[tuple[list[str], Path]]) -> None:
    result = run(service, tmp_path, "PMC9")
    assert (result.exit_code, result.stderr) == (1, "casebook: PMC9: Europe PMC knows no such article\n")
    assert added == []


def test_fetching_alone_adds_nothing(service: Service, tmp_path: Path, added: list[tuple[list[str], Path]]) -> None:
    service.add(1)
    assert run(service, tmp_path, "PMC1", "--no-add").exit_code == 0
    assert added == []


def test_a_dry_run_of_pmcids_uses_no_network_and_writes_nothing(service: Service, tmp_path: Path) -> None:
    result = run(service, tmp_path / "new", "PMC1", "PMC2", "--dry-run")
    assert result.stdout.splitlines() == [
        "PMC1: would be looked up and, if it is open access, fetched",
        "PMC2: would be looked up and, if it is open access, fetched",
        f"would send 1 search and at most 2 requests for full text to {service.base}, at most 10 a second; sent now: 0",
    ]
    assert (result.exit_code, service.asked, list(tmp_path.iterdir())) == (0, [], [])


def test_a_dry_run_asks_what_it_must_and_fetches_nothing(service: Service, tmp_path: Path) -> None:
    service.add(1, 2)
    service.add(3, isOpenAccess="N")
    assert run(service, tmp_path / "there", "PMC1", "--no-add").exit_code == 0
    service.asked.clear()
    before = sorted(tmp_path.rglob("*"))
    result = run(service, tmp_path / "there", "10.5555/invented.9", "PMC1", "--query", "thigh", "--dry-run")
    assert result.stdout.splitlines() == [
        "10.5555/invented.9: not found",
        "PMC1: Sarcoma of the thigh, number 1. [cc by]: is there already",
        "PMC2: Sarcoma of the thigh, number 2. [cc by]: would be fetched",
        "PMC3: Sarcoma of the thigh, number 3. [cc by]: not open access, no full text (an abstract: --abstracts takes it)",
        f"would send 2 searches and at most 1 request for full text to {service.base}, at most 10 a second; sent now: 2",
    ]
    assert (service.full_texts, sorted(tmp_path.rglob("*"))) == ([], before)


def test_service_and_contact_may_come_from_the_environment(service: Service, tmp_path: Path) -> None:
    service.add(1)
    environment = {"CASEBOOK_EUROPE_PMC": service.base, "CASEBOOK_EMAIL": "ana@example.org"}
    result = CliRunner().invoke(casebook.main, ["fetch", "PMC1", "--no-add", "--rate", "10", "--to", str(tmp_path)], env=environment)
    assert (result.exit_code, service.full_texts, service.agents) == (0, ["PMC1"], {user_agent("ana@example.org")})


def test_nothing_to_fetch_is_one_line(service: Service, tmp_path: Path) -> None:
    result = run(service, tmp_path)
    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
    assert "wanted a PMCID, PMID or DOI" in result.stderr


def test_a_service_in_trouble_is_said_in_one_line_an_article(service: Service, tmp_path: Path, added: list[tuple[list[str], Path]]) -> None:
    service.add(*range(1, 6))
    service.forever["fullTextXML"] = Answer(403)
    result = run(service, tmp_path, "PMC1,PMC2,PMC3,PMC4,PMC5")
    assert (result.exit_code, result.stderr.count("\n"), added) == (1, 3, [])
    assert "3 failed, 2 left, as 3 failed one after the other: the same command goes on" in result.stdout


def test_what_is_fetched_is_in_the_database_with_the_licence_that_the_service_told(service: Service, tmp_path: Path) -> None:
    service.add(1)
    service.add(2, isOpenAccess="N")
    assert run(service, tmp_path, "PMC1", "PMC2", "--abstracts").exit_code == 0
    with closing(sqlite3.connect(tmp_path / "x.db")) as connection:
        rows = connection.execute("select report_id, format, license from report order by 1").fetchall()
    assert rows == [("PMC1", "jats", "CC BY"), ("PMC2", "markdown", "CC BY")]
    again = CliRunner().invoke(casebook.main, ["add", str(tmp_path), "--database", str(tmp_path / "x.db")])
    assert (again.exit_code, again.stderr) == (0, "casebook: 2 files passed over: 2 .db\n")  # the database and its history


def test_a_list_of_identifiers_goes_in_beside_files(service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    service.add(1)
    monkeypatch.setattr(casebook_options, "default_fetched", lambda: tmp_path / "fetched")
    monkeypatch.setattr(casebook_options, "RATE", 10.0)
    (tmp_path / "ids.txt").write_text("PMC1\n", encoding="utf-8")
    (tmp_path / "own.txt").write_text("A 61-year-old woman had a liposarcoma of the right arm. She is well.", encoding="utf-8")
    words = ["add", tmp_path / "own.txt", "--list", tmp_path / "ids.txt", "--database", tmp_path / "x.db"]
    result = CliRunner().invoke(casebook.main, list(map(str, words)), env={"CASEBOOK_EUROPE_PMC": service.base})
    assert result.exit_code == 0, result.output
    with closing(sqlite3.connect(tmp_path / "x.db")) as connection:
        assert [name for (name,) in connection.execute("select report_id from report order by 1")] == ["PMC1", "own"]


# --- the only part with a network --------------------------------------------------------------

NETWORK = {
    "httpx",
    "httpcore",
    "requests",
    "urllib3",
    "aiohttp",
    "urllib.request",
    "http.client",
    "ftplib",
    "smtplib",
    "socket",
    "ssl",
    "uvicorn",
}
# db.serve and db.review take a port and wait for browsers; they ask nobody for anything.
ALLOWED = {("corpus/europe_pmc/client.py", "httpx")} | {
    (f"db/{name}.py", by) for name in ("serve", "review/app") for by in ("socket", "uvicorn")
}


def imported(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return {part for name in found for part in itertools.accumulate(name.split("."), "{}.{}".format)}


def test_nothing_else_uses_a_network() -> None:
    """The examples of /api are for readers to run on their own machines."""
    rooms = (path for room in ("corpus", "extract", "db") for path in (ROOT / room).rglob("*.py"))
    files = [*ROOT.glob("*.py"), *(path for path in rooms if path.parent != ROOT / "db" / "site" / "examples")]
    assert {(path.relative_to(ROOT).as_posix(), name) for path in files for name in imported(path) & NETWORK} == ALLOWED
