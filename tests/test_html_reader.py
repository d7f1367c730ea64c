"""Saved web pages: the article comes out as its authors wrote it, the site's furniture does not, and bad pages are refused in one line."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.readers import html
from corpus.report import CorpusError, Report
from extract import pipeline as extraction
from extract.pipeline import Pipeline
from tests import web_examples as examples


def report_of(page: str | bytes) -> Report:
    (report,) = html.read(page.encode() if isinstance(page, str) else page, "page.html", "page")
    return report


def body_of(body: str, head: str = "") -> str:
    return report_of(f"<!DOCTYPE html><html><head>{head}</head><body>{body}</body></html>").text


@pytest.mark.parametrize("page", examples.PAGES)
def test_the_article_of_every_style_reads_alike(page: Callable[[], str]) -> None:
    assert report_of(page()).text == examples.plain()


@pytest.mark.parametrize("page", examples.PAGES)
def test_nothing_of_the_site_is_read(page: Callable[[], str]) -> None:
    text = report_of(page()).text
    assert [words for words in examples.FURNITURE if words in text] == []


@pytest.mark.parametrize("page", examples.PAGES)
def test_parts_and_table(page: Callable[[], str]) -> None:
    report = report_of(page())
    kinds = ["title", "abstract", "introduction", "case", "caption", "table", "follow_up", "discussion"]
    assert [section.kind for section in report.sections] == kinds
    (table,) = report.tables
    assert (table.label, table.caption, table.rows, table.notes) == (
        "Table 1", examples.TABLE_CAPTION, examples.TABLE, (examples.TABLE_NOTE,)
    )  # fmt: skip
    assert (report.format, report.source, report.messages) == ("html", "page.html", ())


@pytest.mark.parametrize("page", examples.PAGES)
def test_facts_are_those_of_the_text(page: Callable[[], str], pipeline: Pipeline) -> None:
    expected, found = (
        extraction.extract(report, pipeline) for report in (Report("page", examples.plain(), title=examples.TITLE), report_of(page()))
    )
    assert len(found.cases) == 1
    assert examples.facts(found) == examples.facts(expected)
    assert sorted(entry.quote for entry in found.evidence) == sorted(entry.quote for entry in expected.evidence)


def test_what_the_head_says() -> None:
    report = report_of(examples.pmc())
    assert (report.title, report.doi, report.pmcid, report.pmid) == (examples.TITLE, "10.1000/jic.2019.7", "PMC7654321", "31234567")
    assert (report.journal, report.year, report.article_type) == ("J Invented Cases", 2019, "Case Report")
    assert (report.authors, report.affiliations) == (examples.AUTHORS, ("Hospital of Braga",))
    assert report.license == "https://creativecommons.org/licenses/by/4.0/"


@pytest.mark.parametrize(
    ("head", "attribute", "value"),
    [
        ('<meta name="DC.Title" content="A lump">', "title", "A lump"),
        ('<meta property="og:title" content="A lump">', "title", "A lump"),
        ("<title>A lump | Journal of Lumps</title>", "title", "A lump"),
        ("<title>A <script>alert(1)</script> lump</title>", "title", "A <script>alert(1)</script> lump"),
        ('<meta name="dc.identifier" content="doi:10.1000/x.1">', "doi", "10.1000/x.1"),
        ('<meta name="DC.Creator" content="Silva, Ana"><meta name="DC.Creator" content="João Pires">', "authors", examples.AUTHORS),
        ('<meta name="citation_authors" content="Silva, Ana; Pires, João">', "authors", examples.AUTHORS),
        ('<meta name="dc.date" content="3 May 2019">', "year", 2019),
        ('<meta name="dc.type" content="Text">', "article_type", None),
        ('<meta name="dc.type" content="Letter">', "article_type", "Letter"),
        ('<script type="application/ld+json">[{"@type": ["MedicalScholarlyArticle"], "headline": "A lump"}]</script>', "title", "A lump"),
        ('<script type="application/ld+json">{"@graph": [{"@type": "Article", "author": [{"name": "Ana Silva"}, "João Pires"]}]}</script>',
         "authors", examples.AUTHORS),
        ('<script type="application/ld+json">{"@type": "ScholarlyArticle", "isPartOf": {"name": "J Invented Cases"}}</script>',
         "journal", "J Invented Cases"),
        ('<script type="application/ld+json">{"@type": "ScholarlyArticle", "sameAs": "https://doi.org/10.1000/x.1"}</script>', "doi", "10.1000/x.1"),
        ('<script type="application/ld+json">{"@type": "WebSite", "name": "Journal of Lumps"}</script>', "title", None),
        ('<script type="application/ld+json">{not json</script>', "title", None),
        (f'<script type="application/ld+json">{"[" * 100_000}</script>', "title", None),
        ('<link rel="license" href="https://example.org/by">', "license", "https://example.org/by"),
    ],
)  # fmt: skip
def test_other_heads(head: str, attribute: str, value: object) -> None:
    assert getattr(report_of(f"<head>{head}</head><body><p>A woman had a lump.</p></body>"), attribute) == value


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("<p>A lump.<p>It grew.", "A lump.\n\nIt grew."),
        ("<h1>A lump</h1><p>It grew.", "A lump\n\nIt grew."),
        ("<div>A lump.<div>It grew.</div>It went.</div>", "A lump.\n\nIt grew.\n\nIt went."),
        ("A lump.<br>It grew.<br><br>It went.", "A lump. It grew.\n\nIt went."),
        ("<pre>A lump.\nIt grew.\n\nIt went.</pre>", "A lump. It grew.\n\nIt went."),
        ("<p>Found:<ul><li>a lump<ul><li>of 4 cm</ul><li>a wart</ul>", "Found:\na lump\nof 4 cm\na wart"),
        ("<dl><dt>ALK</dt><dd>positive</dd></dl>", "ALK\npositive"),
        ("<p>2 × 10<sup>5</sup>/l, Na<sup>+</sup>, H<sub>2</sub>O, p16<sup>INK4a</sup>", "2 × 10⁵/l, Na⁺, H2O, p16INK4a"),
        ('<p>It recurs<sup><a href="#ref-1">1</a>,<a href="#ref-2">2</a></sup> often.', "It recurs [1,2] often."),
        ('<p>See <a href="#f1">Figure 1</a> of the lump.', "See Figure 1 of the lump."),
        (
            '<p>See CD34 (<b>+</b>), S-100&nbsp;(&minus;) <!-- not here -->and <font color="red">EMA</font>.',
            "See CD34 (+), S-100 (−) and EMA.",
        ),
        ("<blockquote>He said: it grew.</blockquote>", "He said: it grew."),
        ('<p style="display:none">Nobody sees this.</p><p>A lump.', "A lump."),
        ('<p>A lump.</p><div aria-hidden="true">Nobody hears this.</div>', "A lump."),
        ("<table role=presentation><tr><td>A lump.<td>It grew.</table>", "A lump.\n\nIt grew."),
        ("<p>A lump.</body></html><p>It grew.", "A lump.\n\nIt grew."),
        ("<p>It was</p><noscript>Enable scripts.</noscript><p>treated.", "It was\n\ntreated."),
        ("<script>document.write('<p>A wart.</p>')</script><p>A lump.", "A lump."),
        ("<p>x &lt; 5 cm and y &gt; 3 cm</p>", "x < 5 cm and y > 3 cm"),
        ("<math><msup><mn>10</mn><mn>5</mn></msup></math> cells", "10⁵ cells"),
    ],
)
def test_blocks(body: str, text: str) -> None:
    assert body_of(body) == text


@pytest.mark.parametrize(
    "body",
    [
        '<section class="treatment-related-toxicity"><p>A lump.</p></section>',
        '<section id="social-history"><h2>Social history</h2><p>A lump.</p></section>',
        '<div class="has-sidebar"><p>A lump.</p></div>',
        '<div class="abstract author"><p>A lump.</p></div>',
        '<div class="share"><p>Much is shared.</p><p>A lump.</p></div>',
        "<aside><figure><figcaption>Figure 1. A lump.</figcaption></figure></aside>",
        "<h2>References</h2><ol><li>Doe J.</ol><figure><figcaption>Figure 1. A lump.</figcaption></figure>",
        "<h2>References</h2><ol><li>Doe J.</ol><h2>Appendix</h2><p>A lump.</p>",
    ],
)
def test_nothing_of_the_article_is_lost(body: str) -> None:
    assert "A lump." in body_of(body)


@pytest.mark.parametrize(
    "body",
    [
        '<div class="social-share"><p>A wart.</p></div>', '<div id="cookie-notes"><p>A wart.</p></div>',
        '<div role="navigation"><p>A wart.</p></div>', "<h2>Related articles</h2><p>A wart.</p>", "<h2>References</h2><p>A wart.</p>",
        "<div><h3>References</h3></div><ol><li>A wart.</li></ol>", '<div class="ref-list"><p>A wart.</p></div>',
        '<div class="RelatedArticles"><p>A wart.</p></div>', "<ul><li><a href=x>A wart.</a></li> | <li><a href=y>Another</a></li></ul>",
        "<form>A wart.</form>", '<div role="doc-bibliography"><p>A wart.</p></div>',
    ],
)  # fmt: skip
def test_furniture(body: str) -> None:
    assert body_of(f"<p>A lump of the arm was seen in a woman, and grew.</p>{body}") == "A lump of the arm was seen in a woman, and grew."


def test_words_between_title_and_text_are_left_out() -> None:
    front = (
        "<p>Ana Silva<sup>1</sup> and João Pires</p><p>Hospital of Braga, Portugal.</p><p>Received 3 May 2019; it was accepted in June.</p>"
    )
    assert body_of(f"<h1>A lump</h1>{front}<p>A woman had a lump.</p><p>Ana Silva</p>") == "A lump\n\nA woman had a lump.\n\nAna Silva"


def test_an_abstract_without_a_heading_gets_one() -> None:
    report = report_of('<h1>A lump</h1><div class="abstract"><p>It grew fast.</p></div><h2>Case report</h2><p>A woman.</p>')
    assert report.text == "A lump\n\nAbstract\n\nIt grew fast.\n\nCase report\n\nA woman."
    assert [section.kind for section in report.sections] == ["title", "abstract", "case"]


def test_a_paragraph_in_bold_is_a_heading() -> None:
    report = report_of("<h1>A lump</h1><p><b>Case report</b></p><p>A woman.</p><p><b>Not at all</b></p>")
    assert [(section.kind, section.heading) for section in report.sections] == [("title", None), ("case", "Case report")]


def test_the_largest_article_is_the_article() -> None:
    cards = "".join(f"<article><h3>Wart {n}</h3><p>Read it.</p></article>" for n in range(5))
    assert body_of(f"<main><article><p>A woman had a lump of the arm. {'It grew. ' * 20}</p></article>{cards}</main>").count("Wart") == 0


def test_an_article_in_pieces_is_whole() -> None:
    pieces = "".join(f"<article><p>A woman had lump {n} of the arm, and it grew.</p></article>" for n in range(5))
    assert body_of(pieces).count("A woman had lump") == 5


def test_a_table_that_cannot_be_read_is_told_of_and_its_words_stay() -> None:
    report = report_of("<p>A lump.<table><tr><td colspan=9999>CD34<td>positive</table>")
    assert "CD34" in report.text
    assert report.messages == ("table 1, row 1: colspan is 9999, wanted at most 1000",)


@pytest.mark.parametrize(
    ("charset", "encoding"), [("windows-1252", "cp1252"), ("iso-8859-1", "latin-1"), ("utf-8", "utf-8")]
)  # fmt: skip
def test_charset_of_the_page(charset: str, encoding: str) -> None:
    page = f'<html><head><meta http-equiv="Content-Type" content="text/html; charset={charset}"></head><body><p>5 µm ± 1</p></body></html>'
    assert report_of(page.encode(encoding)).text == "5 µm ± 1"


def test_pictures_within_the_page_do_not_count() -> None:
    page = f'<p>A lump.</p><img src="data:image/png;base64,{"A" * 6_000_000}"><p>It grew.</p>'
    assert report_of(page).text == "A lump.\n\nIt grew."


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        (b"", "is empty"),
        (b"<html><body></body></html>", "no words of an article"),
        (b"<frameset><frame src=a><frame src=b></frameset>", "no words of an article"),
        (b"<title>A lump</title><nav>Home</nav>", "no words of an article"),
        (b"<div>" * 10_000 + b"A lump.", "excessive depth in document"),
        (b"<p>" + b"lump " * 1_200_000, "a page of 6.0 MB without its pictures"),
        (b"<b>" + b"<p></p>" * 300_000, "more than 60000 elements"),
        (b"<p>A lump\0", "binary"),
        (b"\xff\xfe<\0p\0>\0", "UTF-16"),
    ],
)
def test_refusals(page: bytes, reason: str) -> None:
    with pytest.raises(CorpusError, match=re.escape(reason)) as error:
        html.read(page, "papers.zip, a/b.html", "b")
    assert str(error.value).startswith("papers.zip, a/b.html")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "page",
    [
        "<p title='" + "a" * 1_500_000 + "'>A lump.",
        "<p class='" + "ref-list " * 150_000 + "'>A lump.",
        "<p>" + "<i>a</i> " * 55_000,
        "<table>" + "<tr><td>a<td>b" * 18_000,
        "<div>" * 200 + "<a href=x>x</a> " * 55_000 + "A lump.",
        "<div>" * 200 + "<p><a href=x>x</a></p>" * 27_000 + "A lump.",
        "<h2>References</h2>" * 55_000 + "<p>A lump.",
        "<div class=share><p>A</p>" * 120 + "<p>lump</p>" * 50_000,
        "<article>" * 200 + "<p>A lump.</p>" * 55_000,
        "<p>" + "<br>" * 55_000 + "A lump.",
        "<figure>" * 200 + "<h2>Figure 1</h2>" * 50_000 + "<p>A lump.",
        "<p>A lump.</p><a href='" + "#" + "a-" * 600_000 + "'>1</a>",
    ],
)
def test_strange_pages_take_little_time(page: str) -> None:
    start = time.process_time()
    try:
        html.read(page.encode(), "page.html", "page")
    except CorpusError as error:
        assert "\n" not in str(error)
    assert time.process_time() - start < 10


@pytest.mark.parametrize(
    "tag", ["div", "figure", "figcaption", "section class=caption", "ul><li", "span", "table><tr><td", "sup", "aside", "article", "b"]
)
def test_deep_nesting_is_read_or_refused(tag: str) -> None:
    for depth in (80, 120, 240):
        _reads_or_refuses(f"<{tag}>".encode() * depth + b"A lump. <p>It grew.")


@pytest.mark.parametrize("sign", ["\x02", "\x0e", "\uffff"])
def test_a_sign_that_no_markup_may_hold_behind_what_is_left_out(sign: str) -> None:
    page = f"<!doctype html><body><article><h1>A case</h1>{sign}<nav>Menu</nav>A man{sign} of 54<aside>More</aside> had{sign} a lump.<p>{'It grew. ' * 30}</article>"
    (report,) = html.read(page.encode(), "page.html", "page")
    assert "A man of 54 had a lump." in " ".join(report.text.split())
    assert "Menu" not in report.text


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes(data: bytes) -> None:
    _reads_or_refuses(data)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(examples.PAGES), st.data())
def test_any_damage(page: Callable[[], str], data: st.DataObject) -> None:
    good = page().encode()
    at, length = data.draw(st.integers(0, len(good))), data.draw(st.integers(0, 300))
    _reads_or_refuses(
        good[:at] + data.draw(st.binary(max_size=20) | st.sampled_from([b"<table>", b"</div>", b"<h1>", b"&#0;"])) + good[at + length :]
    )


def _reads_or_refuses(data: bytes) -> None:
    try:
        (report,) = html.read(data, "page.html", "page")
    except CorpusError as error:
        assert str(error).startswith("page.html")
        return
    assert report.text.strip()
    ends = 0
    for section in report.sections:
        assert ends <= section.start < section.end <= len(report.text)
        ends = section.end
