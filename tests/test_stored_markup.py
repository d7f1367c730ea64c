"""Markup in every text of the database: whatever a report, a curator or a file of tables brought in, a page shows it as words.

The pages are those of the registry, all tables, a row of each, all questions with all their choices, and every fixed address that a
plugin adds: a new page or column is covered by itself.
"""

from __future__ import annotations

import asyncio
import json
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from html.parser import HTMLParser
from itertools import chain
from pathlib import Path
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

import httpx
import pytest
from datasette.utils import tilde_encode

from corpus.dose_table import load_dose_table
from db import case_words, load, publish, schema, serve, spreadsheet
from db.pages.registry import ROUTES
from tests import db_fixtures
from tests.browsers import NEEDED, served
from tests.page_list import ALL, DATA, TABLES

MARKUP = (
    "sarcoma <script>document.title='PWNED'</script><img src=x onerror=\"document.title='PWNED'\"><svg onload=document.title='PWNED'>"
    "</textarea></title></style></script></option></select></svg><iframe srcdoc='<script>parent.document.title=1</script>'></iframe>"
    "\" onmouseover=\"document.title='PWNED'\" autofocus onfocus=\"document.title='PWNED'\" x='' onclick='document.title=1' "
    "<a href=\"javascript:document.title='PWNED'\">sarcoma</a> <!-- {{ 1234 * 4321 }} {% raw %} ${1234*4321} ]]> &lt;b&gt; \\u003cb\\u003e"
)
# Control characters, marks of the search, halves of XML, signs that turn the direction of writing, formulas.
CONTROLS = "=1+1 1234 sarcoma\x01\x02\x03\x0b\x1b[31m\x7f\u202e\ufeff\ufffe\uffff\u2028\r\nX-Injected: 1\n@misc{x, }, title = {{y}}"
ADDRESS = "javascript:document.title='PWNED'//\"onmouseover=document.title='PWNED' {{1234*4321}} https://evil.example/sarcoma"
# A case's label is part of its key. The others are words by which a dose or a follow-up is read: of one that the program does not know
# nothing true could be said, so that one that slipped through the checks of the schema is a fault.
READ_BY = (
    ("patient_case", "label"), ("patient_case", "not_pooled_because"), ("patient_case", "time_zero"), ("radiotherapy_dose", "kind"),
    ("radiotherapy_dose", "outcome"), ("timeline_event", "kind"),
)  # fmt: skip
OUTSIDE = re.compile(
    r"https://(?:doi\.org|pmc\.ncbi\.nlm\.nih\.gov|pubmed\.ncbi\.nlm\.nih\.gov|datasette\.io|docs\.datasette\.io|creativecommons\.org)/"
)
LINKS = ("href", "src", "action", "formaction", "xlink:href", "data", "poster", "srcset", "background")


# What the site tells of a case in other forms.
OTHERS = (
    "/record.json?case=lung-imt/1", "/record.json?report=markup", "/cite.bib?case=lung-imt/1", "/cite.bib?report=markup",
    "/cite.ris?case=lung-imt/1", "/cite.ris?report=markup", "/cite.txt?case=lung-imt/1", "/cite.txt?report=markup",
    "/casebook/case_overview.xlsx", "/casebook/report.xlsx", "/casebook/marker_positive.xlsx", "/casebook/fact.csv",
)  # fmt: skip


class Active(HTMLParser):
    """Collects what of a page could act: scripts, handlers, styles, frames, and links that are no pages of this site or of a known one."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        if tag in ("style", "iframe", "frame", "object", "embed", "base", "applet", "marquee", "template", "math", "foreignobject"):
            self.found.append(tag)
        if (tag == "script" and not (said.get("src") or "").startswith("/")) or (tag == "meta" and "http-equiv" in said):
            self.found.append(tag)
        for name, value in attrs:
            link = re.sub(r"[\x00-\x20]", "", value or "") if name in LINKS else ""
            is_own = link.startswith("http://localhost/") or not re.match(r"[a-z][a-z0-9+.-]*:|//|/\\", link, re.IGNORECASE)
            if name.startswith("on") or name in ("style", "srcdoc") or not (is_own or OUTSIDE.match(link)):
                self.found.append(f"{tag} {name}={value}")


def active(html: str) -> list[str]:
    parser = Active()
    parser.feed(html)
    parser.close()
    return parser.found


def test_what_could_act_is_noticed() -> None:
    assert len(active(f"<p>{MARKUP}</p>")) >= 6
    assert len(active(f'<p title="{MARKUP}">')) >= 4
    assert active(f'<a href="{ADDRESS}">x</a>')
    assert (
        active("<a href=' java\nscript:alert(1)'>x</a>")
        and active('<a href="//evil.example">x</a>')
        and active('<a href="https://evil.example">')
    )
    assert not active(
        '<script src="/static/casebook.js"></script><a href="/x?q=javascript:1" title="on x=">javascript:1</a><a href="https://doi.org/10.1/x">'
    )


def _original(folder: Path) -> Path:
    """A database with a row in nearly every table."""
    path = db_fixtures.build(folder / "casebook.db")
    with closing(load.connect(path)) as connection:
        report, record = db_fixtures.paper()
        load.store(connection, report, record, "run-1")
        for table in sorted((Path(__file__).parent.parent / "corpus" / "dose_tables").glob("*.csv")):
            load.store_dose_table(connection, load_dose_table(table))
        load.refresh_overview(connection)
    return path


def _fill(path: Path, words: str, with_checked: bool) -> list[tuple[str, str]]:
    """Put the words into every text column that is no key; return those columns. Checked ones take only words that the schema lists."""
    filled = []
    with closing(sqlite3.connect(path)) as connection:
        case_words.add_functions(connection)
        connection.execute("pragma foreign_keys = off")
        connection.execute(f"pragma ignore_check_constraints = {int(with_checked)}")
        schema_of = dict(connection.execute("select name, sql from sqlite_master where type = 'table'"))
        for table, column in _texts(connection):
            with suppress(sqlite3.IntegrityError, sqlite3.OperationalError):  # a column whose words the schema lists, or of JSON
                keys = _keys(connection, table)
                where = " and ".join(f"{key} is ?" for key in keys)
                is_list = f"json_type({column})" in schema_of[table]
                for value, *key in connection.execute(f'select "{column}", {", ".join(keys)} from "{table}"').fetchall():
                    connection.execute(
                        f'update "{table}" set "{column}" = ? where {where}', (_instead(value or ("[]" if is_list else value), words), *key)
                    )
                filled.append((table, column))
        connection.execute("delete from case_words")  # computed from what was filled
        case_words.fill(connection)
        connection.commit()
    return filled


def _keys(connection: sqlite3.Connection, table: str) -> list[str]:
    """Return the columns of a table's key, in order; its rowid where it has none."""
    keys = sorted((row[5], row[1]) for row in connection.execute(f'pragma table_info("{table}")') if row[5])
    return [name for _, name in keys] or ["rowid"]


def _texts(connection: sqlite3.Connection) -> Iterator[tuple[str, str]]:
    """Yield the text columns of all tables but their keys, what points to keys, and what tells of files on this machine."""
    for table in schema.dictionary():
        if not table.startswith(("report_search", "case_words", "case_search")):
            keys = {row[3] for row in connection.execute(f'pragma foreign_key_list("{table}")')}
            for _, column, kind, _, _, is_key in connection.execute(f'pragma table_info("{table}")').fetchall():
                is_name = is_key or column in keys or re.search(r"(?:_|^)(?:case|report)_id$", column)
                if kind.lower() == "text" and not is_name and (table, column) not in READ_BY:
                    yield table, column


def _instead(value: Any, words: str) -> str:
    """Return the words in the form of a value: a list stays a list, a long text as long as it was, so that places in it exist."""
    with suppress(TypeError, ValueError):
        if isinstance(found := json.loads(value), (list, dict)):
            return json.dumps(_deep(found, words) or [words])
    length = len(value) if isinstance(value, str) else 0
    return (words * (length // len(words) + 1))[:length] if length > len(words) else words


def _deep(value: Any, words: str) -> Any:
    if isinstance(value, dict):
        return {key: _deep(inner, words) for key, inner in value.items()}
    return [_deep(inner, words) for inner in value] if isinstance(value, list) else words if isinstance(value, str) else value


def _addresses(path: Path, fixed: tuple[str, ...]) -> Iterator[str]:
    """Yield every page, with every choice of every question, and a row of every table."""
    yield from dict.fromkeys((*ALL, *TABLES, *DATA, *fixed, "/search?q=sarcoma", "/casebook/report_text?_search=sarcoma", *OTHERS))
    with closing(sqlite3.connect(path)) as connection:
        for table in schema.dictionary():
            if table.startswith("report_search"):
                continue
            yield from (f"/casebook/{table}.json?_shape=objects", f"/casebook/{table}.csv?_size=max")
            for row in connection.execute(f'select {", ".join(_keys(connection, table))} from "{table}" limit 3'):
                yield f"/casebook/{table}/{','.join(tilde_encode(str(key)) for key in row)}"
            columns = [row[1] for row in connection.execute(f'pragma table_info("{table}")') if row[2].lower() == "text"][:8]
            yield f"/casebook/{table}?" + "&".join(f"_facet={column}" for column in columns)
        for query in publish.queries():
            for parameter in query.parameters:
                from_data = [row[0] for row in connection.execute(parameter.choices_sql)] if parameter.choices_sql else []
                for choice in chain(parameter.choices, from_data[:3], (MARKUP, ADDRESS)):
                    yield f"/casebook/{query.name}?{parameter.name}={quote(str(choice))}"
            yield f"/casebook/{query.name}.json?_shape=array"


def _reflected() -> Iterator[str]:
    """Yield addresses that carry the markup themselves."""
    for words in (quote(MARKUP), quote(ADDRESS), quote(CONTROLS)):
        yield from (
            f"/{words}",
            f"/casebook/{words}",
            f"/casebook/report/{words}",
            f"/{words}.json",
            f"/casebook?sql={words}",
            f"/casebook.csv?sql={words}",
        )
        yield f"/casebook?sql=select+:x+as+case_id,+:x+as+doi,+:x+as+authors,+:x+as+report_id&x={words}"
        yield f"/casebook?sql={quote('select 1 as [' + MARKUP.replace(']', '') + ']')}"
        for asked in (
            "_search",
            "_sort",
            "_next",
            "_facet",
            "_where",
            "title",
            "title__contains",
            "_col",
            "_size",
            words,
            "_shape",
            "_searchmode",
            "_labels",
        ):
            yield f"/casebook/report?{asked}={words}"
        for route in ROUTES:
            yield from (f"/{route.name}?{parameter}={words}" for parameter in (*route.parameters, words))
        for address in ("/record.json?case", "/record.json?report", "/cite.bib?case", "/cite.ris?report", "/cite.txt?case", "/-/narrow?site",
                        "/-/narrow?marker", "/-/narrow?_words", "/-/runs?page", "/-/runs/1?page", "/casebook/case_overview?_marker",
                        "/casebook/case_overview?_words", "/casebook/case_overview.xlsx?site", "/casebook/case_overview.xlsx?_words",
                        "/casebook/cases_by_outcome.xlsx?rows"):  # fmt: skip
            yield f"{address}={words}"


Ask = Callable[[str], Any]


def _asking(datasette: Any) -> Iterator[Ask]:
    loop = asyncio.new_event_loop()
    loop.run_until_complete(datasette.invoke_startup())
    client = httpx.AsyncClient(transport=httpx.ASGITransport(app=datasette.app()), base_url="http://localhost")
    yield lambda path: loop.run_until_complete(client.get(path))
    loop.run_until_complete(client.aclose())
    loop.close()


def _fixed(datasette: Any) -> tuple[str, ...]:
    """Return the addresses without a variable part that are routed, those of plugins among them."""
    patterns = (regex.pattern.lstrip("^").rstrip("$").replace("\\.", ".") for regex, _ in datasette._routes())
    return tuple(pattern for pattern in patterns if re.fullmatch(r"/[\w./-]*", pattern))


def _check(path: str, answer: Any) -> None:
    """Fail where an answer could act."""
    kind = answer.headers.get("content-type", "")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "x-injected" not in answer.headers
    assert "5332114" not in answer.text, f"{path}: a template in the data was worked out"
    if kind.startswith("text/html"):
        assert active(answer.text) == [], path
    elif "xml" in kind and "openxml" not in kind:
        assert "script" not in {element.tag.rpartition("}")[2] for element in ElementTree.fromstring(answer.text).iter()}, path
    else:
        assert kind.partition(";")[0] in (
            "application/json",
            "text/csv",
            "text/plain",
            "application/octet-stream",
            "",
            "text/css",
            "image/png",
            "application/x-bibtex",
            "application/x-research-info-systems",
            spreadsheet.MIME,
        ), (
            path,
            kind,
        )


@pytest.mark.parametrize("words", [MARKUP, ADDRESS, CONTROLS], ids=["markup", "address", "controls"])
@pytest.mark.parametrize("with_checked", [False, True], ids=["free text", "every text"])
def test_stored_markup_is_words_on_every_page(tmp_path: Path, words: str, with_checked: bool) -> None:
    """With words that no check of the schema would let in, too: a page shows them, or refuses."""
    database = _original(tmp_path)
    filled = _fill(database, words, with_checked)
    assert len(filled) > (90 if with_checked else 40), len(filled)
    datasette = serve.make_datasette(database)
    seen, n_pages = 0, 0
    for ask in _asking(datasette):
        for path in _addresses(database, _fixed(datasette)):
            answer = ask(path)
            _check(path, answer)
            assert answer.status_code in (200, 301, 302, 400, 404), (path, answer.status_code, answer.text[:300])
            n_pages += 1
            seen += "1234" in answer.text
    assert n_pages > 250
    assert seen > n_pages / 3  # they are there to be seen, as words


def test_markup_in_an_address_is_words_on_every_page(tmp_path: Path) -> None:
    n_pages = 0
    for ask in _asking(serve.make_datasette(_original(tmp_path))):
        for path in _reflected():
            answer = ask(path)
            _check(path, answer)
            assert answer.status_code in (200, 302, 400, 404, 414), path
            n_pages += 1
    assert n_pages > 40


@NEEDED
def test_stored_markup_does_nothing_in_a_browser_that_minds_no_policy(tmp_path: Path, browser: Any) -> None:
    database = _original(tmp_path)
    _fill(database, MARKUP, with_checked=False)
    context = browser.new_context(bypass_csp=True)
    page = context.new_page()
    page.on("dialog", lambda dialog: pytest.fail(dialog.message))
    with served(serve.make_datasette(database).app()) as address:
        page.goto(address)
        page.evaluate(
            "const it = document.createElement('div'); it.innerHTML = `<img src=x onerror=\"document.title='PWNED'\">`; document.body.append(it)"
        )
        page.wait_for_function("document.title === 'PWNED'")  # the policy is off indeed
        paths = ("/", "/casebook", "/casebook/case_overview", *ALL[-6:], "/casebook/report/markup", "/casebook/patient_case/lung-imt~2F1")
        for path in dict.fromkeys(
            (
                *paths,
                "/search?q=sarcoma",
                "/casebook/report?_facet=title",
                "/casebook/dose_table_row",
                "/doses",
                f"/casebook?sql={quote(MARKUP)}",
            )
        ):
            page.goto(address + path)
            page.wait_for_load_state("networkidle")
            for element in page.locator("summary").all()[:5]:
                element.dispatch_event("mouseover")
            assert page.title() != "PWNED", path
            assert (
                page.evaluate(
                    "document.querySelectorAll('main script, main iframe, main img[src=x], [onerror], [onmouseover], [onload]').length"
                )
                == 0
            ), path
    context.close()
