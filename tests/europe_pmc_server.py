"""A server on this machine that answers as the Europe PMC REST service does; what it tells of is invented."""

from __future__ import annotations

import json
import re
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

_NAMED = re.compile(r'PMCID:(?P<pmcid>PMC\d+)|\(EXT_ID:(?P<pmid>\d+) AND SRC:MED\)|DOI:"(?P<doi>[^"]+)"')


def article(number: int, **more: Any) -> dict[str, Any]:
    """A result of a search: PMC<number>, with what `more` says otherwise; None leaves a key out."""
    told = {
        "id": str(30_000_000 + number), "source": "MED", "pmid": str(30_000_000 + number), "pmcid": f"PMC{number}",
        "doi": f"10.5555/Invented.{number}", "title": f"Sarcoma of the <i>thigh</i>, number {number}.", "authorString": "Silva A, Meyer B.",
        "authorList": {"author": [{"fullName": "Silva A"}, {"fullName": "Meyer B"}, {"collectiveName": "Thigh Group"}]},
        "journalInfo": {"journal": {"title": "Journal of Invented Cases"}}, "pubYear": "2019", "isOpenAccess": "Y", "inEPMC": "Y",
        "license": "cc by", "pubTypeList": {"pubType": ["Case Reports", "Journal Article"]},
        "abstractText": "<h4>Background</h4>A man had a lump (p<0.05).<h4>Case</h4>He was given 60 Gy and is well.",
    } | more  # fmt: skip
    return {key: value for key, value in told.items() if value is not None}


def xml(number: int) -> bytes:
    """The full text of an article."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<article article-type="case-report"><front><article-meta>'
        f'<article-id pub-id-type="pmcid">PMC{number}</article-id><title-group><article-title>Sarcoma {number}</article-title></title-group>'
        f"</article-meta></front><body><sec><title>Case</title><p>A 61-year-old man had a lump.</p></sec></body></article>"
    ).encode()


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server says instead of what it would; `cut` leaves out so many bytes that were announced, `after_s` waits."""

    status: int = 200
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    cut: int = 0
    after_s: float = 0.0
    is_closed: bool = False  # the connection's end is the body's end: nothing is announced


@dataclass(slots=True)
class Service:
    """The state of the server: what it has, what it says instead, and what it was asked."""

    base: str
    articles: list[dict[str, Any]] = field(default_factory=list)
    texts: dict[str, bytes] = field(default_factory=dict)
    # Answers by what stands in the path or query, each used once; the last of a list marked `forever` again and again.
    instead: dict[str, list[Answer]] = field(default_factory=lambda: defaultdict(list))
    forever: dict[str, Answer] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    agents: set[str] = field(default_factory=set)
    ended: threading.Event = field(default_factory=threading.Event)

    def add(self, *numbers: int, **more: Any) -> None:
        """Let the service have articles with their full texts, if these are open access."""
        for number in numbers:
            self.articles.append(article(number, **more))
            if self.articles[-1]["isOpenAccess"] == "Y":
                self.texts[f"PMC{number}"] = xml(number)

    @property
    def searches(self) -> list[dict[str, str]]:
        """Parameters of the searches that were asked for."""
        found = [parse_qs(urlsplit(path).query) for path in self.asked if "/search?" in path]
        return [{key: values[0] for key, values in query.items()} for query in found]

    @property
    def full_texts(self) -> list[str]:
        """PMCIDs whose full texts were asked for."""
        return [path.split("/")[-2] for path in self.asked if path.endswith("/fullTextXML")]

    def answer(self, path: str) -> Answer:
        """What a request gets."""
        for part, answers in self.instead.items():
            if part in path and answers:
                return answers.pop(0)
        for part, answer in self.forever.items():
            if part in path:
                return answer
        address = urlsplit(path)
        if address.path.endswith("/search"):
            return self._search({key: values[0] for key, values in parse_qs(address.query).items()})
        text = self.texts.get(address.path.split("/")[-2])
        return Answer(404, b"<html>no such text</html>") if text is None else Answer(body=text)

    def _search(self, asked: dict[str, str]) -> Answer:
        assert (asked["format"], asked["resultType"]) == ("json", "core")
        names = {key.lower() for found in _NAMED.finditer(asked["query"]) for key in found.groups() if key}
        found = [told for told in self.articles if not names or names & {str(told.get(key)).lower() for key in ("pmcid", "pmid", "doi")}]
        start = 0 if asked["cursorMark"] == "*" else int(asked["cursorMark"].removeprefix("AoE"))
        page = found[start : start + int(asked["pageSize"])]
        told = {"version": "6.9", "hitCount": len(found), "resultList": {"result": page}}
        following = {"nextCursorMark": f"AoE{start + len(page)}"} if page else {}
        return Answer(body=json.dumps(told | following).encode())


@contextmanager
def serve() -> Iterator[Service]:
    """Run the server at a free port of this machine until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # headers and body are two writes

        def do_GET(self) -> None:
            service.asked.append(self.path)
            service.agents.add(self.headers["User-Agent"])
            answer = service.answer(self.path)
            if answer.after_s:
                service.ended.wait(answer.after_s)
            self.send_response(answer.status)
            for name, value in answer.headers:
                self.send_header(name, value)
            if not answer.is_closed:
                self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            try:
                self.wfile.write(answer.body[: len(answer.body) - answer.cut])
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True  # who asked has had enough
            self.close_connection = self.close_connection or bool(answer.cut) or answer.is_closed

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    service = Service(f"http://127.0.0.1:{server.server_port}/europepmc/webservices/rest")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield service
    finally:
        service.ended.set()
        server.shutdown()
        server.server_close()
        thread.join()
