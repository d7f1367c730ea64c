"""Journal articles in JATS XML: every word of an article once, in its place, and what cannot be read refused in one line."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from corpus.readers import jats
from corpus.report import CorpusError, Report
from corpus.sections import KINDS

JATS = Path(__file__).parents[2] / "shared" / "texts" / "jats"
WITH_JATS = pytest.mark.skipif(not JATS.is_dir(), reason=f"{JATS} is not there")
# Seconds that no hostile file may take on one core of a busy machine.
MOST_SECONDS = 10

# --- the words of the real articles, by a walk of their own ---------------------------------------

# Left out by rule: lists of references; what no reader of the page sees; licences; how a file is called.
UNREAD = {"ref-list", "alt-text", "long-desc", "object-id", "permissions"}
# Elements whose begin and end part words.
PARTING = {"p", "title", "label", "caption", "td", "th", "list-item", "break", "hr", "fig", "sec", "fn", "media"}
# Signs that the reader adds or sets otherwise: brackets around numbers of the literature, strokes between cells, stops after labels.
SIGNS = re.compile(r"[\[\](){}|.,;:?!\"'“”‘’^_]+")
# Raised numbers and numbers of the literature are words of their own, since the reader sets them otherwise: 10⁵, 10^5, [12].
NUMBERS = re.compile(r"[-+−–,; 0-9]+")
TYPED = re.compile("(?P<raised>[⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻]+)|\\^(?P<typed>[-+−–]?[0-9]+[-+−–]?(?![^\\W0-9]))|\\^")
RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", "0123456789+−")


def name_of(element: Any) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def walk(element: Any, is_cell: bool = False) -> Iterator[str]:
    """All that is written in an element, but for what is left out by rule."""
    name = name_of(element)
    # In cells, the marks of the table's footnotes: a raised letter or sign, an asterisk, a reference to a note of the table.
    is_mark = is_cell and (element.get("ref-type") == "table-fn" or (name == "sup" and re.fullmatch("[a-z*†‡§]", words_in(element))))
    if name in UNREAD or not name or is_mark:
        return
    is_cell = is_cell or name in ("td", "th")
    is_number = NUMBERS.fullmatch(words_in(element)) and (name == "sup" or element.get("ref-type") == "bibr")
    is_note = (
        name == "sup"
        and re.fullmatch("[a-z*†‡§]", words_in(element))
        and not is_cell
        and next(element.iterancestors("{*}table-wrap-foot"), None) is not None
    )
    part = " " if name in PARTING or is_number or is_note else ""
    yield part + (element.text or "").replace("*" if is_cell else "\0", "")
    for inner in element:
        yield from walk(inner, is_cell)
        yield (inner.tail or "").replace("*" if is_cell else "\0", "")
    yield part


def words_in(element: Any) -> str:
    return "".join(element.itertext()).strip()


def own_text(article: Any) -> str:
    """Title, abstracts, body, floats and back matter of an article, as its XML has them."""
    parts = article.xpath(
        "./*[local-name()='front']/*[local-name()='article-meta']/*[local-name()='title-group']/*[local-name()='article-title']"
        "|./*[local-name()='front']/*[local-name()='article-meta']/*[local-name()='abstract']"
        "|./*[local-name()='body']|./*[local-name()='floats-group']|./*[local-name()='back']"
    )
    # The heading of an abstract without one of its own is the reader's.
    untitled = [part for part in parts if name_of(part) == "abstract" and not part.get("abstract-type") and part.find("{*}title") is None]
    return " ".join((*("Abstract" for _ in untitled), *("".join(walk(part)) for part in parts)))


def bag(text: str) -> Counter[str]:
    """The words of a text, however they are set."""
    text = TYPED.sub(lambda match: f" {match[0].lstrip('^').translate(RAISED)} " if match[0] != "^" else "", text)
    text = re.sub(r"(?<=[0-9]) ?- ?(?=[0-9])", " - ", text.replace("–", "-").replace("−", "-").replace("™", "TM"))
    return Counter(SIGNS.sub(" ", text).split())


def articles() -> list[tuple[str, int]]:
    if not JATS.is_dir():
        return []
    found = []
    for path in sorted(JATS.glob("*.xml")):
        found += [(path.name, number) for number in range(len(list(etree.parse(str(path)).getroot().iter("{*}article"))))]
    return found


@WITH_JATS
@pytest.mark.parametrize(("file", "number"), articles())
def test_no_word_of_an_article_is_lost_or_doubled(file: str, number: int) -> None:
    path = JATS / file
    article = list(etree.parse(str(path)).getroot().iter("{*}article"))[number]
    report = jats.read(path.read_bytes(), file, path.stem)[number]
    wanted, found = bag(own_text(article)), bag(report.text)
    assert (wanted - found, found - wanted) == (Counter(), Counter())


@WITH_JATS
def test_the_case_reports_of_a_file_of_ten_articles() -> None:
    path = JATS / "PMC6358576_PMC6358589.xml"
    reports = jats.read(path.read_bytes(), str(path), path.stem)
    cases = [report for report in reports if report.article_type == "case-report"]
    assert (len(reports), len(cases)) == (10, 6)
    assert [report.id for report in reports] == [f"{path.stem}#{report.pmcid}" for report in reports]
    for report in cases:
        assert report.title
        assert report.authors
        assert report.doi and report.doi.startswith("10.14309/crj.")
        assert report.license == "CC BY-NC-ND 4.0"
        assert report.year == 2018
        assert kinds(report).items() >= {"title": 1, "abstract": 1, "introduction": 1, "case": 1, "discussion": 1}.items()
        assert any(section.kind == "caption" for section in report.sections)
    assert sum(section.kind == "caption" for report in cases for section in report.sections) == 18
    assert [len(table.rows) for report in cases for table in report.tables] == [10]


# --- what JATS can hold, in articles made up here ------------------------------------------------

FRONT = """<front><journal-meta><journal-title-group><journal-title>Annals of Made-up Cases</journal-title></journal-title-group></journal-meta>
<article-meta><article-id pub-id-type="pmc">77</article-id><article-id pub-id-type="pmid">99</article-id>
<article-id pub-id-type="doi">https://doi.org/10.5555/Made.Up</article-id>
<article-categories><subj-group subj-group-type="heading"><subject>Case Report</subject></subj-group></article-categories>
<title-group><article-title>A sarcoma of the thigh<xref ref-type="fn" rid="n1">*</xref><sup>†</sup> with CD34<sup>+</sup> cells</article-title>
<subtitle>Told twice</subtitle><alt-title>Sarcoma</alt-title></title-group>
<contrib-group><contrib contrib-type="author"><name><surname>Silva</surname><given-names>Ana</given-names></name>
<xref ref-type="aff" rid="a1">1</xref></contrib>
<contrib contrib-type="author"><collab>The Thigh Group<contrib-group><contrib><name><surname>Member</surname></name></contrib></contrib-group>
</collab></contrib>
<contrib contrib-type="editor"><name><surname>Red</surname><given-names>Ed</given-names></name></contrib></contrib-group>
<aff id="a1"><label>1</label><institution>Clinic of Legs</institution><country>Utopia</country></aff>
<pub-date pub-type="pmc-release"><year>2001</year></pub-date><pub-date pub-type="ppub"><year>2012</year></pub-date>
<pub-date date-type="pub" publication-format="electronic"><year>2011</year></pub-date>
<permissions><copyright-year>2013</copyright-year>
<license xmlns:xlink="http://www.w3.org/1999/xlink" xlink:href="http://creativecommons.org/licenses/by-nc/3.0/"><license-p>Free.</license-p></license>
</permissions>
<abstract><sec><title>Background</title><p>Such tumours are rare.</p></sec><sec><title>Case presentation</title><p>A man was ill.</p></sec></abstract>
<abstract abstract-type="author-highlights"><title>Highlights</title><p>He was ill.</p></abstract>
<abstract abstract-type="toc"><p>He was ill.</p></abstract>
<trans-abstract xml:lang="de"><p>Ein Mann war krank.</p></trans-abstract></article-meta></front>"""


def kinds(report: Report) -> Counter[str]:
    return Counter(section.kind for section in report.sections if section.heading or section.kind == "title")


def article(body: str, back: str = "", front: str = "<front/>", attributes: str = "") -> str:
    return f"<article {attributes}>{front}<body>{body}</body><back>{back}</back></article>"


def read(document: str) -> Report:
    (report,) = jats.read(document.encode(), "made.xml", "made")
    check(report)
    return report


def check(report: Report) -> None:
    """Sections lie one behind the other over all words of the text."""
    end = 0
    for section in report.sections:
        assert section.kind in KINDS
        assert section.start >= end
        assert not report.text[end : section.start].strip()
        assert section.heading is None or report.text.startswith(section.heading, section.start)
        end = section.end
    assert end == len(report.text)


def body(inner: str, back: str = "") -> list[str]:
    """Lines of the text of an article with this body."""
    return [line for line in read(article(inner, back)).text.split("\n") if line]


def parts(inner: str, back: str = "") -> list[tuple[str, str]]:
    """Kind and text of each section of an article with this body."""
    report = read(article(inner, back))
    return [(section.kind, report.text[section.start : section.end]) for section in report.sections]


def test_the_front_of_an_article() -> None:
    report = read(article("<p>He left.</p>", front=FRONT, attributes='article-type="research-article"'))
    assert report.title == "A sarcoma of the thigh with CD34⁺ cells: Told twice"
    assert (report.doi, report.pmcid, report.pmid, report.year) == ("10.5555/Made.Up", "PMC77", "99", 2011)
    assert (report.journal, report.license, report.format, report.source) == ("Annals of Made-up Cases", "CC BY-NC 3.0", "jats", "made.xml")
    assert (report.authors, report.affiliations) == (("Ana Silva", "The Thigh Group"), ("Clinic of Legs, Utopia",))
    assert report.article_type == "research-article; Case Report"
    assert report.messages == ("an abstract in another language is left out",)
    assert report.text.split("\n\n") == [
        report.title, "Abstract", "Background", "Such tumours are rare.", "Case presentation", "A man was ill.", "Highlights", "He was ill.",
        "He was ill.", "He left.",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("permissions", "wanted"),
    [
        ("", None),
        ("<copyright-statement>© The authors</copyright-statement>", None),
        ("<license license-type='open-access'/>", "open-access"),
        ("<license><license-p>All may read it.</license-p></license>", "All may read it."),
        ("<license><p>Under <ext-link href='https://creativecommons.org/publicdomain/zero/1.0/'>this</ext-link>.</p></license>", "CC0 1.0"),
        ("<license license-type='CC BY-NC-ND'><p>Open.</p></license>", "CC BY-NC-ND"),
        ("<license><ali:license_ref xmlns:ali='a'>http://creativecommons.org/licenses/by/4.0/</ali:license_ref></license>", "CC BY 4.0"),
    ],
)
def test_the_licence(permissions: str, wanted: str | None) -> None:
    front = f"<front><article-meta><permissions>{permissions}</permissions></article-meta></front>"
    assert read(article("<p>He left.</p>", front=front)).license == wanted


@pytest.mark.parametrize(
    ("dates", "wanted"),
    [
        ("", None),
        ("<pub-date pub-type='epub'><year>n.d.</year></pub-date>", None),
        ("<pub-date pub-type='collection'><year>2004</year></pub-date><pub-date pub-type='epub'><year>2005</year></pub-date>", 2004),
        ("<permissions><copyright-year>2003</copyright-year></permissions>", 2003),
        ("<pub-date pub-type='nihms-submitted'><year>1999</year></pub-date>", None),
    ],
)
def test_the_year(dates: str, wanted: int | None) -> None:
    assert read(article("<p>He left.</p>", front=f"<front><article-meta>{dates}</article-meta></front>")).year == wanted


def test_a_missing_title_and_no_front_matter() -> None:
    report = read("<article><body><p>He left.</p></body></article>")
    assert (report.text, report.title, report.authors, report.doi, report.year, report.article_type) == (
        "He left.",
        None,
        (),
        None,
        None,
        None,
    )
    assert [section.kind for section in report.sections] == ["body"]


def test_an_article_without_a_body() -> None:
    report = read(f"<article>{FRONT}</article>")
    assert report.text.endswith("He was ill.")
    assert "no body: only what stands around it" in report.messages


def test_abstracts_in_other_shapes() -> None:
    abstracts = """<abstract xml:lang="en">He was ill.</abstract><abstract xml:lang="en" abstract-type="short">He was ill.</abstract>
    <abstract xml:lang="fr"><p>Un homme.</p></abstract><abstract abstract-type="graphical"><title>In a picture</title><p><fig><graphic/></fig></p></abstract>"""
    report = read(
        article("<p>He left.</p>", front=f"<front><article-meta>{abstracts}</article-meta></front>", attributes='xml:lang="en-GB"')
    )
    assert report.text == "Abstract\n\nHe was ill.\n\nIn a picture\n\nHe left."
    assert report.messages == ("an abstract in another language is left out",)
    assert [section.kind for section in report.sections] == ["abstract", "abstract", "body"]


def test_several_articles_and_their_numbers() -> None:
    same = article("<p>One.</p>", front=FRONT)
    record = f"<record><metadata>{same}</metadata></record>"
    document = f"<OAI-PMH xmlns='o'>{record}<x:pmc-articleset xmlns:x='p'>{same}{same}{article('<p>Two.</p>')}{article('')}</x:pmc-articleset></OAI-PMH>"
    reports = jats.read(document.encode(), "a.xml", "a")
    assert [report.id for report in reports] == ["a#PMC77", "a#99", "a#3", "a#4"]
    assert reports[0].messages[-1] == "article 5: holds no words, wanted a text, not read"
    assert reports[-1].text == "Two."


def test_sections_within_sections() -> None:
    inner = """<sec sec-type="intro"><title>Why</title><p>It is rare.</p></sec><sec><label>2.</label><title>Case report</title><p>He came.</p>
    <sec><title>Treatment</title><p>He was cut.</p><sec><title>Drugs and <italic>such</italic></title><p>None.</p></sec></sec>
    <p>He left.</p></sec><sec sec-type="conclusions"><title>Discussion</title><sec><title>Treatment</title><p>It is known.</p></sec></sec>
    <sec><title>Nothing here</title></sec><sec/>"""
    back = """<ack><p>We thank her.</p></ack><sec><title>Authors' part</title><p>All wrote.</p></sec><app-group><app><title>Appendix</title>
    <sec><title>Case 2</title><p>She came.</p></sec></app></app-group><ref-list><title>References</title><ref><label>1</label></ref></ref-list>
    <sec><title>References</title><ref-list><ref><label>1</label></ref></ref-list></sec>
    <glossary><title>Abbreviations</title><def-list><def-item><term>CT</term><def><p>computed tomography</p></def></def-item></def-list></glossary>
    <fn-group><fn><label>1</label><p>Once.</p></fn></fn-group><notes><title>Funding</title><p>None.</p></notes>"""
    assert parts(inner, back) == [
        ("introduction", "Why\n\nIt is rare."), ("case", "2. Case report\n\nHe came."), ("treatment", "Treatment\n\nHe was cut."),
        ("treatment", "Drugs and such\n\nNone."), ("case", "He left."), ("discussion", "Discussion"), ("discussion", "Treatment\n\nIt is known."),
        ("body", "Nothing here"), ("other", "We thank her."), ("other", "Authors' part\n\nAll wrote."), ("other", "Appendix"),
        ("case", "Case 2\n\nShe came."), ("other", "Abbreviations\nCT: computed tomography"), ("other", "1 Once."), ("other", "Funding\n\nNone."),
    ]  # fmt: skip


def test_lists_quotations_and_boxes() -> None:
    inner = """<sec><title>Case</title><p>He had: <list><list-item><label>•</label><p>pain,</p></list-item><list-item><p>fever</p>
    <list><list-item><p>at night.</p></list-item></list></list-item></list> Then he slept.</p>
    <disp-quote><p>I hurt.</p><attrib>The man</attrib></disp-quote>
    <boxed-text><caption><title>Learning points</title></caption><p>Look twice.</p></boxed-text><p>He left.</p>
    <statement><label>Rule 1</label><title>Ask</title><p>Always.</p></statement>
    <verse-group><verse-line>So</verse-line><verse-line>long</verse-line></verse-group>
    <def-list><title>Words</title><def-item><term>CT</term><def><p>a scan</p></def></def-item><def-item><term>MR</term></def-item><def-list><def-item><term>US</term><def><p>sound</p></def></def-item></def-list></def-list>
    <speech><speaker>Man:</speaker><p>Farewell.</p></speech></sec>"""
    assert parts(inner) == [
        ("case", "Case\n\nHe had:\n• pain,\nfever\nat night.\n\nThen he slept.\n\nI hurt.\n\nThe man"), ("discussion", "Learning points\n\nLook twice."),
        ("case", "He left."), ("case", "Rule 1 Ask\n\nAlways."), ("case", "So\n\nlong\nWords\nCT: a scan\nMR:\nUS: sound\n\nMan:\n\nFarewell."),
    ]  # fmt: skip


def test_figures_follow_the_paragraph_that_they_stand_in() -> None:
    inner = """<sec><title>Case</title><p>A mass (<xref ref-type="fig" rid="f1"/>)<fig id="f1"><label>Figure 1.</label><caption><title>The mass</title>
    <p>It has 10<sup>5</sup> cells <xref ref-type="bibr" rid="r">[3]</xref>.</p></caption><alt-text>unseen</alt-text><graphic/><attrib>By us.</attrib></fig>
    was seen<bold>.<fig><caption><p>No label.</p></caption></fig></bold><fn><label>a</label><p>By two of us.</p></fn> Twice.</p><p>He left.</p></sec>
    <fig-group><caption><title>Both</title></caption><fig><label>Fig. 2</label></fig></fig-group>"""
    assert parts(inner) == [
        ("case", "Case\n\nA mass (Figure 1) was seen. Twice."), ("caption", "Figure 1. The mass. It has 10⁵ cells [3]."), ("caption", "By us."),
        ("caption", "No label."), ("other", "a By two of us."), ("case", "He left."), ("caption", "Both"), ("caption", "Fig. 2"),
    ]  # fmt: skip


def test_floats_follow_the_body() -> None:
    document = """<article><floats-group><fig><label>Figure 1</label><caption><p>A leg.</p></caption></fig>
    <table-wrap><label>Table 1</label><table><tr><td>ALK</td><td>(−)</td></tr></table></table-wrap></floats-group>
    <body><sec><title>Case</title><p>He came.</p></sec></body><back><ack><p>Thanks.</p></ack></back></article>"""
    report = read(document)
    assert [section.kind for section in report.sections] == ["case", "caption", "table", "other"]
    assert report.text.split("\n\n")[2:4] == ["Figure 1. A leg.", "Table 1\nALK | (−)"]


TABLE = "<table><thead><tr><th>Drug</th><th>Dose</th></tr></thead><tbody><tr><td>A<xref ref-type='table-fn' rid='t'>a</xref></td><td>10<sup>5</sup></td></tr></tbody></table>"
WRAP = """<table-wrap><label>Table 1</label><caption><p>Drugs at 10<sup>5</sup></p></caption>{}
<table-wrap-foot><fn id="t"><label>a</label><p>Twice.</p></fn></table-wrap-foot></table-wrap>"""


def test_a_table_in_a_paragraph() -> None:
    report = read(article(f"<p>Given {WRAP.format(TABLE)}then.</p>"))
    assert report.text == "Given then.\n\nTable 1. Drugs at 10⁵\nDrug | Dose\nA | 10^5\na Twice."
    (table,) = report.tables
    assert (table.label, table.caption, table.header_rows, table.notes) == ("Table 1", "Drugs at 10⁵", 1, ("a Twice.",))
    assert table.rows == (("Drug", "Dose"), ("A", "10^5"))
    assert report.text[table.start : table.end].startswith("Table 1.")


def test_two_tables_in_one_wrap_have_one_caption_and_one_set_of_notes() -> None:
    report = read(article(WRAP.format(TABLE + TABLE)))
    assert report.text == "Table 1. Drugs at 10⁵\nDrug | Dose\nA | 10^5\n\nDrug | Dose\nA | 10^5\na Twice."


@pytest.mark.parametrize(
    ("inner", "wanted", "message"),
    [
        ("<graphic/>", "Table 1. Drugs at 10⁵\n\na Twice.", "Table 1 holds no cells (is it a picture?), caption only"),
        (
            "<table><tr><td rowspan='x'>A</td><td>B<sup>2</sup></td></tr></table>", "Table 1. Drugs at 10⁵\nA | B²\na Twice.",
            "table 1, row 1: rowspan is 'x', wanted a number",
        ),
        (
            "<table><tgroup><tbody><row><entry>A</entry><entry>B</entry></row></tbody></tgroup></table>", "Table 1. Drugs at 10⁵\nA | B\na Twice.",
            "table 1: an OASIS (CALS) table, not read; wanted a table of HTML's kind",
        ),
    ],
)  # fmt: skip
def test_a_table_that_is_no_grid_keeps_its_words(inner: str, wanted: str, message: str) -> None:
    report = read(article(WRAP.format(inner)))
    assert (report.text, report.messages) == (wanted, (message,))


def test_what_stands_in_a_caption_beside_its_words() -> None:
    fig = "<fig><caption><title>A leg<fn><label>*</label><p>The left.</p></fn></title><p>Seen<fn><label>†</label><p>By us.</p></fn>.</p></caption></fig>"
    wrap = f"<table-wrap><caption><p>Drugs<fn><label>*</label><p>By mouth.</p></fn></p></caption><alternatives>{TABLE}{TABLE}</alternatives></table-wrap>"
    assert parts(fig + wrap) == [
        ("caption", "A leg. Seen."), ("caption", "* The left."), ("caption", "† By us."), ("table", "Drugs\nDrug | Dose\nA | 10^5"), ("table", "* By mouth."),
    ]  # fmt: skip


def test_supplements() -> None:
    inner = """<sec sec-type="supplementary-material"><title>More</title><supplementary-material><label>S1</label><caption><p>A film.</p></caption>
    <media/></supplementary-material><p><supplementary-material><media><caption><p>A sheet.</p></caption></media></supplementary-material></p></sec>"""
    assert parts(inner) == [("other", "More"), ("other", "S1. A film.\n\nA sheet.")]


@pytest.mark.parametrize(
    ("inner", "wanted"),
    [
        ("CD34 (+), S-100 (−)", "CD34 (+), S-100 (−)"),
        ("10<sup>5</sup> cells, 20 mg/m<sup>2</sup>, <sup>18</sup>F, H<sub>2</sub>O", "10⁵ cells, 20 mg/m², 18F, H2O"),
        ("Drug<sup>TM</sup> and p16<sup>INK4a</sup>", "Drug™ and p16INK4a"),
        ("It is rare.<sup><xref ref-type='bibr' rid='a'>1</xref>,<xref ref-type='bibr' rid='b'>2</xref></sup> So", "It is rare. [1,2] So"),
        ("It is rare<xref ref-type='bibr' rid='a'><sup>1</sup></xref>.", "It is rare [1]."),
        ("It is rare [<xref ref-type='bibr' rid='a'>1</xref>–<xref ref-type='bibr' rid='c'>3</xref>].", "It is rare [1–3]."),
        ("It is rare (<xref ref-type='bibr' rid='a'>Silva, 2001</xref>).", "It is rare (Silva, 2001)."),
        ("See<xref ref-type='bibr' rid='r9'/>.", "See [9]."),
        ("See<xref ref-type='bibr' rid='r9'/><xref ref-type='bibr' rid='r10'/>.", "See [9,10]."),
        ("See<sup><xref ref-type='bibr' rid='r7'>7</xref>–<xref ref-type='bibr' rid='r9'/><xref ref-type='bibr' rid='r10'>10</xref></sup>.", "See [7–10]."),
        ("<![CDATA[a < b & c]]>", "a < b & c"),
        ("<italic>ALK</italic>-positive<break/>cells&#160;and\u2009more", "ALK-positive cells and more"),
        ("<inline-formula><mml:math xmlns:mml='http://www.w3.org/1998/Math/MathML'><mml:msup><mml:mi>x</mml:mi><mml:mn>2</mml:mn></mml:msup>"
         "</mml:math></inline-formula> is", "x² is"),
        ("<disp-formula><alternatives><graphic/><tex-math>\\begin{document}$$a+b$$\\end{document}</tex-math></alternatives></disp-formula>", "a+b"),
        ("A <inline-formula><inline-graphic/></inline-formula> picture", "A picture"),
    ],
)  # fmt: skip
def test_running_text(inner: str, wanted: str) -> None:
    assert body(f"<p>{inner}</p>", '<ref-list><ref id="r9"><label>9.</label></ref><ref id="r10"><label>[10]</label></ref></ref-list>') == [
        wanted
    ]


def test_what_responds_to_an_article_follows_it() -> None:
    response = """<sub-article article-type="reply"><front-stub><title-group><article-title>A letter</article-title></title-group></front-stub>
    <body><p>We doubt it.</p></body><response><front-stub/><body><p>We do not.</p></body></response></sub-article>
    <sub-article article-type="translation"><body><p>Un homme.</p></body></sub-article>"""
    report = read(f"<article>{FRONT}<body><sec><title>Case</title><p>He came.</p></sec></body>{response}</article>")
    assert report.text.endswith("Case\n\nHe came.\n\nA letter\n\nWe doubt it.\n\nWe do not.")
    assert [section.kind for section in report.sections][-3:] == ["case", "other", "other"]  # a letter, and the answer
    assert report.messages[-1] == "a translation of the article is left out"
    assert report.title and report.title.startswith("A sarcoma")


def test_namespaces_and_an_external_dtd_with_entities() -> None:
    head = '<?xml version="1.0"?><!DOCTYPE article PUBLIC "-//NLM//DTD JATS//EN" "http://localhost:9/archivearticle1.dtd">'
    plain = article("<p>&alpha;-fetoprotein was 5&nbsp;&micro;g.</p>", front=FRONT)
    prefixed = re.sub(r"<(/?)(?=[a-z])", r"<\1j:", plain).replace(
        "<j:article ", '<j:article xmlns:j="https://jats.nlm.nih.gov/ns/archiving/1.3/" ', 1
    )
    report = read(head + plain)
    assert report.text.endswith("α-fetoprotein was 5 µg.")
    assert read(head + prefixed) == report


# --- what cannot be read -------------------------------------------------------------------------

BOMB = (
    '<!DOCTYPE a [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {x} "{f"&{y};" * 10}">' for x, y in zip("bcdefghi", "abcdefgh", strict=True))
    + "]>"
)
DEEP = 90


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "is empty"),
        (b"\x00\x01", "binary"),
        (b"<article><body><p>He", "no well-formed XML"),
        (b"<html><body><article><p>He left.</p></article></body></html>", "no article in it"),
        (b"<collection><document/></collection>", "no article in it"),
        (b"<article><front/><body><sec/></body></article>", "holds no words"),
        (f"{BOMB}{article('<p>&i;</p>')}".encode(), "entity"),
        (b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + article("<p>&x;</p>").encode(), "entity &x; is unknown"),
        (article("<sec>" * 300 + "x" + "</sec>" * 300).encode(), "no well-formed XML"),
        (article("<sec>" * 120 + "x" + "</sec>" * 120).encode(), "nested more than"),
        (article("<fig/>" * 6000).encode(), "figures, tables and notes"),
        (article("<b/>" * 400_000).encode(), "elements"),
        (b"<article>" + b" " * 20_000_000 + b"</article>", "MB"),
    ],
)
def test_what_cannot_be_read_is_refused_in_one_line(data: bytes, reason: str) -> None:
    with pytest.raises(CorpusError, match=re.escape(reason)) as caught:
        jats.read(data, "bad.xml", "bad")
    assert str(caught.value).startswith("bad.xml")
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(
    "inner",
    [
        "<p>" + "He was well. " * 160_000 + "</p>",
        "<p>" + "He had 10<sup>5</sup> cells<xref ref-type='bibr'>1</xref> " * 40_000 + "</p>",
        "<p>" + "<xref ref-type='bibr'>1</xref>," * 60_000 + "</p>",
        "<p>" + "<fig/>" * 4_900 + "x" * 2_000_000 + "</p>",
        "<p>" + "x <fig><label>1</label></fig>" * 4_900 + "</p>",
        "<p>x" + "<xref rid='a'/>" * 100_000 + "</p>",
        "<sec>" * DEEP + "<p><fig><caption><p>x</p></caption></fig></p>" * 4_900 + "</sec>" * DEEP,
        "<list>" + "<list-item><p>x</p></list-item>" * 190_000 + "</list>",
        "<p>" + "<bold>" * 200 + "x" * 1_000_000 + "</bold>" * 200 + "</p>",
        "<p><x>" * DEEP + "<bold>y</bold>" * 100_000 + "</x></p>" * DEEP,
        "<table-wrap>" + "<table><tr><td>x</td></tr></table>" * 4_000 + "</table-wrap>",
        "<sec><title>" + "x" * 2_000_000 + "</title></sec>",
    ],
    ids=range(12),
)
def test_a_large_article_is_read_in_bounded_time(inner: str) -> None:
    started = time.process_time()
    read(article(inner))
    assert time.process_time() - started < MOST_SECONDS


def is_read_or_refused(data: bytes) -> None:
    try:
        reports = jats.read(data, "any.xml", "any")
    except CorpusError as error:
        assert str(error).startswith("any.xml")
        assert "\n" not in str(error)
    else:
        for report in reports:
            check(report)


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    is_read_or_refused(data)
    is_read_or_refused(b"<article><front/><body><p>" + data + b"</p></body></article>")


GOOD = article(f"<sec><title>Case</title><p>He &amp; she.<fig><label>1</label></fig></p>{WRAP.format(TABLE)}</sec>", front=FRONT).encode()


@settings(max_examples=150)
@given(st.integers(0, len(GOOD)), st.integers(0, 40), st.binary(max_size=20))
def test_a_mutated_article_is_read_or_refused(start: int, length: int, inserted: bytes) -> None:
    is_read_or_refused(GOOD[:start] + inserted + GOOD[start + length :])


NAMES = sorted(jats._BLOCKS - {"table"} | {"bold", "sup", "xref", "alternatives", "disp-formula", "tr", "td", "x"})
TREES = st.recursive(
    st.text("ab1 ", max_size=4), lambda inner: st.tuples(st.sampled_from(NAMES), st.lists(inner, max_size=4)), max_leaves=25
)  # fmt: skip


def markup(tree: Any) -> str:
    return tree if isinstance(tree, str) else f"<{tree[0]}>{''.join(map(markup, tree[1]))}</{tree[0]}>"


@settings(max_examples=300)
@given(st.lists(TREES, min_size=1, max_size=4))
def test_elements_in_any_order_are_read_or_refused(trees: list[Any]) -> None:
    is_read_or_refused(article("".join(map(markup, trees)), back="".join(map(markup, trees))).encode())


# Elements that may hold words anywhere; what is left out by rule, or is read by a rule of its own (tables, marks, titles), is not among them.
PLAIN = sorted(set(NAMES) - jats._LEFT_OUT - jats._IN_TABLE_WRAP - {"table-wrap", "alternatives", "tr", "td", "xref", "sup", "fn"})
WORDS = st.recursive(st.just("w"), lambda inner: st.tuples(st.sampled_from(PLAIN), st.lists(inner, max_size=4)), max_leaves=20)


@settings(max_examples=300)
@given(WORDS)
def test_no_word_is_lost_or_doubled_wherever_it_stands(tree: Any) -> None:
    n_words = 0

    def numbered(part: Any) -> str:
        nonlocal n_words
        if isinstance(part, str):
            n_words += 1
            return f" w{n_words}q "
        return f"<{part[0]}>{''.join(map(numbered, part[1]))}</{part[0]}>"

    report = read(article(f"<p>w0q</p>{numbered(tree)}"))
    assert Counter(re.findall(r"w\d+q", report.text)) == Counter(f"w{number}q" for number in range(n_words + 1))
