"""BioC in XML and JSON: the same invented report in both, collections, PubTator's abstracts, and what is refused."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.readers import bioc, html
from corpus.report import CorpusError, Report
from extract import pipeline as extraction
from extract.pipeline import Pipeline
from tests import web_examples as examples

FRONT = {
    "section_type": "TITLE", "type": "front", "article-id_pmc": "7654321", "article-id_doi": "10.1000/jic.2019.7", "article-id_pmid": "31234567",
    "journal": "J Invented Cases", "year": "2019", "license": "CC BY", "name_0": "surname:Silva;given-names:Ana",
    "name_1": "surname:Pires;given-names:João", "kwd": "sarcoma", "article-type": "case-report",
}  # fmt: skip
TABLE_XML = '<?xml version="1.0" encoding="UTF-8"?>\n<table frame="hsides">' + examples.rows() + "</table>"
TABLE_TEXT = "\n".join("\t".join(row) for row in examples.TABLE)
_PARTS = {"Introduction": "INTRO", "Case presentation": "CASE", "Follow-up": "RESULTS", "Discussion": "DISCUSS"}


def passages(xml: str | None = TABLE_XML) -> list[dict[str, Any]]:
    found = [(FRONT, examples.TITLE), ({"section_type": "ABSTRACT", "type": "abstract"}, examples.ABSTRACT)]
    for heading, paragraphs in examples.BODY:
        part = _PARTS[heading]
        found.append(({"section_type": part, "type": "title_1"}, heading))
        found += [({"section_type": part, "type": "paragraph"}, words) for words in paragraphs]
        if part == "CASE":
            in_table = {"section_type": "TABLE", "id": "T1", "file": "T1.xml"}
            found += [
                ({"section_type": "FIG", "type": "fig_caption", "id": "F1"}, examples.CAPTION),
                (in_table | {"type": "table_caption"}, f"Table 1. {examples.TABLE_CAPTION}"),
                (in_table | {"type": "table"} | ({"xml": xml} if xml else {}), TABLE_TEXT),
                (in_table | {"type": "table_footnote"}, examples.TABLE_NOTE),
            ]
    found += [({"section_type": "REF", "type": "title"}, "References")]
    found += [
        ({"section_type": "REF", "type": "ref", "year": "1970", "name_0": "surname:No;given-names:Not"}, words)
        for words in examples.REFERENCES
    ]
    return [{"offset": 0, "infons": infons, "text": text, "annotations": []} for infons, text in found]


def collection(
    *documents: list[dict[str, Any]], source: str = "PMC", ids: tuple[str, ...] = ("7654321", "7654322", "7654323")
) -> dict[str, Any]:
    held = [{"id": one, "infons": {}, "passages": document} for one, document in zip(ids, documents, strict=False)]
    return {"source": source, "date": "20200101", "key": "BioC.key", "infons": {}, "documents": held}


def as_json(told: object) -> bytes:
    return json.dumps(told, ensure_ascii=False).encode()


def as_xml(told: dict[str, Any]) -> bytes:
    def infons(held: dict[str, str]) -> str:
        return "".join(f"<infon key={quoteattr(key)}>{escape(value)}</infon>" for key, value in held.items())

    documents = ""
    for document in told["documents"]:
        inner = "".join(
            f"<passage>{infons(one['infons'])}<offset>0</offset><text>{escape(one['text'])}</text></passage>"
            for one in document["passages"]
        )
        documents += f"<document><id>{document['id']}</id>{inner}</document>"
    head = f"<source>{told['source']}</source><date>20200101</date><key>BioC.key</key>"
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><!DOCTYPE collection SYSTEM "BioC.dtd"><collection>{head}{documents}</collection>'.encode()
    )


FORMS: tuple[Callable[[dict[str, Any]], bytes], ...] = (
    as_xml,
    as_json,
    lambda told: as_json([told]),
    lambda told: as_json(told["documents"][0]),
)


def report_of(data: bytes) -> Report:
    (report,) = bioc.read(data, "a.xml", "a")
    return report


@pytest.mark.parametrize("form", FORMS)
def test_an_article_reads_as_its_text(form: Callable[[dict[str, Any]], bytes]) -> None:
    report = report_of(form(collection(passages())))
    assert report.text == examples.plain()
    assert [section.kind for section in report.sections] == [
        "title", "abstract", "introduction", "case", "caption", "table", "follow_up", "discussion",
    ]  # fmt: skip
    assert (report.format, report.source, report.messages, report.id) == ("bioc", "a.xml", (), "a")


@pytest.mark.parametrize("form", FORMS)
def test_what_is_said_of_it(form: Callable[[dict[str, Any]], bytes]) -> None:
    report = report_of(form(collection(passages())))
    assert (report.title, report.doi, report.pmcid, report.pmid) == (examples.TITLE, "10.1000/jic.2019.7", "PMC7654321", "31234567")
    assert (report.journal, report.year, report.license, report.article_type) == ("J Invented Cases", 2019, "CC BY", "case-report")
    assert report.authors == examples.AUTHORS


def test_web_page_and_collection_have_the_same_words() -> None:
    (page,) = html.read(examples.wiley().encode(), "a.html", "a")
    assert re.findall(r"\S+", report_of(as_xml(collection(passages()))).text) == re.findall(r"\S+", page.text)


def test_facts_are_those_of_the_text(pipeline: Pipeline) -> None:
    text = extraction.extract(Report("a", examples.plain(), title=examples.TITLE), pipeline)
    found = extraction.extract(report_of(as_json(collection(passages()))), pipeline)
    assert len(found.cases) == 1
    assert examples.facts(found) == examples.facts(text)
    assert sorted(entry.quote for entry in found.evidence) == sorted(entry.quote for entry in text.evidence)


@pytest.mark.parametrize(
    ("xml", "messages"),
    [
        (TABLE_XML, 0), (None, 0), ("<table><tr><td>CD34", 1), ("no table at all", 0), ("<table/>", 1),
        (TABLE_XML.replace("<td>CD34", '<td xlink:href="x">CD34'), 0),
    ],
)  # fmt: skip
def test_a_table_by_its_xml_or_else_by_its_text(xml: str | None, messages: int) -> None:
    report = report_of(as_json(collection(passages(xml))))
    (table,) = report.tables
    assert (table.rows, table.notes) == (examples.TABLE, (examples.TABLE_NOTE,))
    assert (table.label, table.caption) == ("Table 1", examples.TABLE_CAPTION)
    assert len(report.messages) == messages


def test_sections_of_sections_and_of_abstracts() -> None:
    told = [
        ({"section_type": "TITLE", "type": "front"}, "A lump"),
        ({"section_type": "ABSTRACT", "type": "abstract_title_1"}, "Background"),
        ({"section_type": "ABSTRACT", "type": "abstract"}, "It grows."),
        ({"section_type": "CASE", "type": "title_1"}, "A woman of Braga"),
        ({"section_type": "CASE", "type": "paragraph"}, "A woman had a lump."),
        ({"section_type": "CASE", "type": "title_2"}, "Treatment"),
        ({"section_type": "CASE", "type": "paragraph"}, "It was cut out."),
        ({"section_type": "CONCL", "type": "paragraph"}, "Cut lumps out."),
        ({"section_type": "COMP_INT", "type": "footnote"}, "None of us has any."),
    ]
    report = report_of(as_json(collection([{"infons": infons, "text": text} for infons, text in told])))
    assert [(section.kind, section.heading) for section in report.sections] == [
        ("title", None), ("abstract", "Abstract"), ("introduction", "Background"), ("case", "A woman of Braga"), ("treatment", "Treatment"),
        ("conclusion", None), ("other", None),
    ]  # fmt: skip


def pubtator(number: str) -> list[dict[str, Any]]:
    infons = {
        "journal": "J Invented Cases; 2019 May 3 12 doi:10.1000/jic.2019.7",
        "year": "2019",
        "type": "title",
        "authors": "Silva A, Pires J, ",
    }
    return [{"infons": infons, "text": f"A lump, number {number}."}, {"infons": {"type": "abstract"}, "text": "A woman had a lump."}]


@pytest.mark.parametrize("form", [as_xml, as_json, lambda told: as_json({"PubTator3": told["documents"]})])
def test_abstracts_of_pubtator(form: Callable[[dict[str, Any]], bytes]) -> None:
    told = collection(pubtator("1"), [], pubtator("2"), source="PubTator", ids=("11", "12", "13"))
    reports = bioc.read(form(told), "a.json", "a")
    assert [report.text for report in reports] == [f"A lump, number {n}.\n\nAbstract\n\nA woman had a lump." for n in (1, 2)]
    first = reports[0]
    assert (first.journal, first.year, first.doi, first.authors) == ("J Invented Cases", 2019, "10.1000/jic.2019.7", ("Silva A", "Pires J"))
    assert first.messages == ("document 2 (12) holds no words, not read",)
    if b"PubTator3" not in form(told):
        assert [(report.id, report.pmid, report.pmcid) for report in reports] == [("a#11", "11", None), ("a#13", "13", None)]


def test_ids_are_unique() -> None:
    reports = bioc.read(as_json(collection(passages(), passages())), "a.json", "a")
    assert [report.id for report in reports] == ["a#PMC7654321", "a#2"]


def test_sentences_and_half_characters() -> None:
    told = {"passages": [{"infons": None, "sentences": [{"text": "A lump\ud83d."}, {"text": "It\u0000 grew."}]}]}
    assert report_of(json.dumps(told).encode()).text == "A lump\ufffd. It grew."


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "is empty"), (b"{}", "0 documents and no words"), (b"[1, null]", "0 documents"), (b"{", "no JSON"), (b"[" * 100_000, "nested too deeply"),
        (b'{"passages": 5}', "document 1: passages are a number, wanted a list"), (b'{"passages": ["x"]}', "a passage is a text, wanted an object"),
        (b'{"passages": [{"infons": "x"}]}', "infons are a text, wanted an object"), (b"<article/>", "XML of <article>"),
        (b"<collection>", "no well-formed XML"), (b"<collection><document/></collection>", "1 documents and no words"),
        (b'<!DOCTYPE collection [<!ENTITY a "b">]><collection><document><passage><text>&a;</text></passage></document></collection>', "an entity &a; of its own"),
        (b"<collection>" + b"<document>" * 9_999, "no well-formed XML"), (b"[" + b"[]," * 6_000_000, "a collection of 18.0 MB"),
        (b'{"passages": [{"text": ' + b"1" * 9_999 + b"}]}", "no JSON"),
        (b'[' + b'{"passages": []},' * 10_001 + b"{}]", "10001 documents, wanted at most 10000"),
    ],
)  # fmt: skip
def test_refusals(data: bytes, reason: str) -> None:
    with pytest.raises(CorpusError, match=re.escape(reason)) as error:
        bioc.read(data, "papers.zip, a/b.json", "b")
    assert str(error.value).startswith("papers.zip, a/b.json")
    assert "\n" not in str(error.value)


def test_large_collections_take_little_time() -> None:
    start = time.process_time()
    assert len(bioc.read(as_json(collection_of(2_000)), "a.json", "a")) == 2_000
    assert time.process_time() - start < 10


def collection_of(size: int) -> dict[str, Any]:
    return {"documents": [{"id": str(n), "passages": pubtator(str(n))} for n in range(size)]}


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200) | st.binary(max_size=100).map(lambda data: b"[" + data))
def test_any_bytes(data: bytes) -> None:
    _reads_or_refuses(data)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["documents", "passages", "infons", "text", "sentences", "id", "type", "xml"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(_JSON)
def test_any_json(told: object) -> None:
    _reads_or_refuses(json.dumps({"documents": [told, {"passages": [told, {"text": told, "infons": told}]}]}).encode())


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([as_xml(collection(passages())), as_json(collection(passages()))]), st.data())
def test_any_damage(good: bytes, data: st.DataObject) -> None:
    at, length = data.draw(st.integers(0, len(good))), data.draw(st.integers(0, 200))
    _reads_or_refuses(good[:at] + data.draw(st.binary(max_size=10)) + good[at + length :])


def _reads_or_refuses(data: bytes) -> None:
    try:
        reports = bioc.read(data, "a.json", "a")
    except CorpusError as error:
        assert str(error).startswith("a.json")
        return
    assert all(report.text.strip() for report in reports)
    assert len({report.id for report in reports}) == len(reports)
    json.dumps([report.text for report in reports], ensure_ascii=False).encode("utf-8")
