"""An invented case report, and the pages on which publishers of several styles would show it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from extract.record import Record

TITLE = "Epithelioid sarcoma of the left forearm treated by excision and radiotherapy: a case report"
AUTHORS = ("Ana Silva", "João Pires")
ABSTRACT = "Epithelioid sarcoma is rare. We report a 34-year-old woman with a tumour of the left forearm, who is well five years later."
# Headings and their paragraphs; "[1]" is a reference to the literature.
BODY = (
    ("Introduction", ("Epithelioid sarcoma was first told apart from granuloma in 1970 [1]. It recurs often [2,3].",)),
    (
        "Case presentation",
        (
            "A 34-year-old woman presented with a lump of the left forearm. The platelet count was 2.1 × 10⁵/µl.",
            "Magnetic resonance imaging showed a mass of 4.2 cm. Biopsy showed epithelioid sarcoma. Tumour cells were CD34 (+), "
            "S-100 (−) and EMA (+); INI1 was lost.",
            "A wide local excision was done, and 60 Gy in 30 fractions were given. Doxorubicin 75 mg/m² was given in 6 cycles.",
        ),
    ),
    ("Follow-up", ("There was no recurrence 60 months after surgery. She is alive without disease.",)),
    ("Discussion", ("Chase and Enzinger found recurrence in 77% of their patients [2].", "Our patient did better than most.")),
)
CAPTION = "Figure 1. The tumour before surgery, seen from the side."
TABLE = (("Marker", "Result"), ("CD34", "positive"), ("S-100", "negative"))
TABLE_CAPTION = "Stains of the biopsy"
TABLE_NOTE = "EMA, epithelial membrane antigen."
REFERENCES = (
    "Enzinger F. Epithelioid sarcoma. Cancer 1970.",
    "Chase D. Epithelioid sarcoma again. Am J Invented Pathol 1985.",
    "Doe J. Not at all.",
)


def facts(record: Record) -> list[dict[str, Any]]:
    """The cases of a record without the numbers of their evidence: a text tells in its rows once more what a table tells."""

    def bare(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: bare(inner) for key, inner in value.items() if key != "evidence"}
        return [bare(inner) for inner in value] if isinstance(value, list | tuple) else value

    return [bare(asdict(case)) for case in record.cases]


def plain() -> str:
    """The report as the text of a careful typist."""
    parts = [TITLE, "Abstract", ABSTRACT]
    for heading, paragraphs in BODY:
        parts += [heading, *paragraphs]
        if heading.startswith("Case"):
            rows = "\n".join(" | ".join(row) for row in TABLE)
            parts += [CAPTION, f"Table 1. {TABLE_CAPTION}\n{rows}\n{TABLE_NOTE}"]
    return "\n\n".join(parts)


META = f"""<meta charset="utf-8"><meta name="citation_title" content="{TITLE}">
<meta name="citation_author" content="Silva, Ana"><meta name="citation_author_institution" content="Hospital of Braga">
<meta name="citation_author" content="Pires, João"><meta name="citation_doi" content="10.1000/jic.2019.7">
<meta name="citation_journal_title" content="J Invented Cases"><meta name="citation_publication_date" content="2019/05/03">
<meta name="citation_pmid" content="31234567"><meta name="citation_article_type" content="Case Report">
<link rel="license" href="https://creativecommons.org/licenses/by/4.0/">
<link rel="canonical" href="https://example.org/pmc/articles/PMC7654321/">"""
COOKIES = '<div id="cookie-banner" class="cookie-consent"><p>We use cookies to make this site work. Do you accept all of them?</p><button>Accept</button></div>'
MENU = '<nav><ul><li><a href="/">Home</a></li><li><a href="/issues">Issues</a></li></ul></nav>'
RELATED = '<section class="related-articles"><h2>Related articles</h2><ul><li><a href="/8">Angiosarcoma of the scalp</a> was read by 20 people.</li></ul></section>'
SHARE = '<div class="article__share"><h3>Share</h3><a href="https://social.example">Tell a friend</a> of this page today.</div>'
FOOTER = "<footer><p>Copyright 2019 Invented Press. All rights are reserved by us.</p></footer>"
COMMENTS = '<div id="comments"><h3>Comments</h3><p>What a fine report this is, wrote a visitor.</p><form><textarea>Your words</textarea></form></div>'
# What must never come into the text.
FURNITURE = (
    "cookie",
    "Home",
    "Angiosarcoma",
    "friend",
    "reserved",
    "visitor",
    "Your words",
    "Enzinger F.",
    "Braga",
    "Silva",
    "Download",
    "Google",
    "Received",
)


def cited(words: str, link: str) -> str:
    """Words with their citations as a style links them; `link` holds {n}."""
    for marks in ("[2,3]", "[1]", "[2]"):
        links = ",".join(link.format(n=n) for n in marks.strip("[]").split(","))
        words = words.replace(f" {marks}", links)
    return words.replace("10⁵", "10<sup>5</sup>").replace("m²", "m<sup>2</sup>")


def body(
    level: int,
    link: str,
    figure: str,
    table: str,
    section: tuple[str, str] = ("<section>", "</section>"),
    paragraph: tuple[str, str] = ("<p>", "</p>"),
) -> str:
    out = ""
    for heading, paragraphs in BODY:
        out += section[0] + f"<h{level}>{heading}</h{level}>"
        out += "".join(paragraph[0] + cited(words, link) + paragraph[1] for words in paragraphs)
        if heading.startswith("Case"):
            out += figure + table
        out += section[1]
    return out


def references(ids: str, opening: str, closing: str) -> str:
    return (
        opening
        + "".join(f'<li id="{ids}{n}">{words} <a href="https://g.example">Google Scholar</a></li>' for n, words in enumerate(REFERENCES, 1))
        + closing
    )


def rows(cell: str = "td") -> str:
    head, *others = TABLE
    return (
        "<thead><tr>" + "".join(f"<th>{words}</th>" for words in head) + "</tr></thead><tbody>"
        + "".join("<tr>" + "".join(f"<{cell}>{words}</{cell}>" for words in row) + "</tr>" for row in others) + "</tbody>"
    )  # fmt: skip


_CAPTION = CAPTION.removeprefix("Figure 1. ")


def pmc() -> str:
    figure = f'<figure class="fig xbox" id="f1"><h4 class="obj_head">Figure 1.</h4><p class="img-box"><a href="x.jpg"><img src="x.jpg"></a></p><div class="p text-right"><a href="/figure/f1">Open in a new tab</a></div><figcaption><p>{_CAPTION}</p></figcaption></figure>'
    table = f'<section class="tw xbox" id="t1"><h4 class="obj_head">Table 1.</h4><div class="caption p"><p>{TABLE_CAPTION}</p></div><div class="tbl-box p"><table>{rows()}</table></div><div class="p text-right"><a href="/table/t1">Open in a new tab</a></div><div class="tw-foot p"><div class="fn"><p>{TABLE_NOTE}</p></div></div></section>'
    return f"""<!DOCTYPE html><html><head>{META}<title>{TITLE} - PMC</title></head><body>{COOKIES}<header class="ncbi-header"><form><input name="q"></form></header>
<div class="usa-overlay"></div><main id="main-content">{MENU}<section class="pmc-layout__citation"><div>. 2019 May 3;7:12. doi: 10.1000/jic.2019.7</div></section>
<article><section class="front-matter"><div class="ameta p"><h1>{TITLE}</h1><div class="cg p"><a href="#"><span>Ana Silva</span></a><sup>1</sup>, <a href="#"><span>João Pires</span></a><sup>2</sup></div>
<ul class="d-buttons"><li><button>Author information</button></li></ul><div class="d-panel p" hidden><p>Hospital of Braga</p></div></div></section>
<section aria-label="Article content"><section class="body main-article-body"><section class="abstract" id="abstract1"><h2>Abstract</h2><p>{ABSTRACT}</p></section>
{body(2, '<sup>[<a href="#R{n}" class="usa-link">{n}</a>]</sup>', figure, table).replace("]</sup>,<sup>[", ",")}
<section id="ref-list1" class="ref-list"><h2>References</h2><section>{references("R", '<ul class="ref-list">', "</ul>")}</section></section></section></section></article></main>
<aside class="pmc-sidenav"><section class="pmc-resources"><h6>ACTIONS</h6><ul><li><a href="x.pdf">Download PDF</a></li></ul></section></aside>{RELATED}{FOOTER}</body></html>"""


def springer() -> str:
    figure = f'<div class="c-article-section__figure"><figure><figcaption><b class="c-article-section__figure-caption">Figure 1.</b></figcaption><div><a href="/figures/1"><picture><img src="a.png"></picture></a><div class="c-article-section__figure-description"><p>{_CAPTION}</p></div></div><div><a href="/figures/1">Full size image</a></div></figure></div>'
    table = f'<div class="c-article-table"><figure><figcaption class="c-article-table__figcaption"><b>Table 1 {TABLE_CAPTION}</b></figcaption><div class="u-table"><table>{rows()}</table></div></figure><ul class="c-article-table-footer"><li>{TABLE_NOTE}</li></ul></div>'
    return f"""<!DOCTYPE html><html><head>{META}<script type="application/ld+json">{{"mainEntity":{{"headline":"x","@type":"ScholarlyArticle"}}}}</script></head><body class="shared-article-renderer has-sidebar">
{COOKIES}<header class="c-header"><h1>Invented Press</h1><a href="/">Log in</a></header><div class="u-container"><main class="c-article-main-column" data-track-component="article body"><div class="c-breadcrumbs"><ol><li><a href="/">Home</a></li></ol></div>
<article lang="en"><div class="c-article-header"><header><ul class="c-article-identifiers"><li>Case report</li><li><a href="#">Open access</a></li><li>Published: 03 May 2019</li></ul><h1 class="c-article-title">{TITLE}</h1>
<ul class="c-article-author-list"><li><a href="#auth1">Ana Silva</a><sup><a href="#Aff1">1</a></sup> &amp; </li><li><a href="#auth2">João Pires</a></li></ul><p class="c-article-info-details"><i>J Invented Cases</i> <b>7</b>, Article number: 12 (2019)</p></header></div>
<div class="c-article-body"><section aria-labelledby="Abs1" data-title="Abstract"><div class="c-article-section" id="Abs1-section"><h2 id="Abs1">Abstract</h2><div class="c-article-section__content"><p>{ABSTRACT}</p></div></div></section><div class="main-content">
{body(2, ' [<a href="#ref-CR{n}" title="x">{n}</a>]', figure, table, ('<section data-title="x"><div class="c-article-section">', "</div></section>")).replace("</a>], [<a", "</a>,<a").replace("</a>],<a", "</a>,<a")}</div>
<section aria-labelledby="Bib1"><div class="c-article-section" id="Bib1-section"><h2 id="Bib1">References</h2><div data-container-section="references">{references("ref-CR", '<ol class="c-article-references">', "</ol>")}<p><a href="r">Download references</a></p></div></div></section>
<section><h2>Author information</h2><div><h3>Authors and Affiliations</h3><ol><li><p>Hospital of Braga</p></li></ol></div></section><section><h2>Rights and permissions</h2><p>Open Access. All rights reserved.</p></section>
<section><h2>About this article</h2><h3>Cite this article</h3><p>Silva, A., Pires, J. Epithelioid sarcoma. (2019).</p></section></div></article></main><div class="c-article-sidebar"><p>A visitor of this page may download it.</p></div></div>{RELATED}{FOOTER}</body></html>"""


def elsevier() -> str:
    figure = f'<figure class="figure text-xs" id="f0005"><span><img src="a.jpg"><ol class="links-for-figure"><li><a href="b.jpg"><span>Download: <span>Download high-res image (200KB)</span></span></a></li></ol></span><span class="captions text-s"><span id="cn1"><p id="sp1"><span class="label">Figure 1</span>. {_CAPTION}</p></span></span></figure>'
    table = f'<div class="tables frame-topbot colsep-0" id="t0005"><span class="captions text-s"><span id="cn2"><p><span class="label">Table 1</span>. {TABLE_CAPTION}</p></span></span><div class="groups"><table>{rows()}</table></div><p class="legend">{TABLE_NOTE}</p></div>'
    return f"""<!DOCTYPE html><html><head>{META}</head><body><div id="app"><a class="sr-only" href="#main">Skip to main content</a><header id="gh-cnt"><div><a href="/">Home</a></div></header><div class="Article" id="mathjax-container" role="main">
<div class="Toolbar"><ul><li><a href="x.pdf">Download PDF</a></li></ul></div><div class="TableOfContents"><h2>Outline</h2><ol><li><a href="#s1">Introduction</a></li></ol></div><article class="col-lg-12"><div id="publication"><a href="/j"><span>J Invented Cases</span></a><div>Volume 7, May 2019, 12</div></div>
<h1 id="screen-reader-main-title"><span class="article-dochead"></span><span class="title-text">{TITLE}</span></h1><div class="Banner" id="banner"><div class="AuthorGroups text-s" id="author-group"><span>Author links open overlay panel</span><button><span>Ana Silva</span></button>, <button>João Pires</button></div></div>
<div class="Copyright"><span class="copyright-line">© 2019 The Authors. Published by Invented Press.</span></div><div class="Abstracts u-font-serif text-s" id="abstracts"><div class="abstract author" id="ab1"><h2>Abstract</h2><div id="abst1"><div id="sp0">{ABSTRACT}</div></div></div></div>
<div class="Body u-font-serif text-s" id="body"><div>{body(2, '[<a href="#bb000{n}" name="bbb">{n}</a>]', figure, table, paragraph=('<div id="p0005" class="u-margin-s-bottom">', "</div>")).replace("], [", ",").replace("],[", ",").replace("[<a", " [<a")}</div></div>
<div class="related-content-links u-display-none-from-md"><button>Recommended articles</button></div><section class="bibliography u-font-serif text-s" id="bi1"><h2>References</h2>{references("bb000", '<ol class="references">', "</ol>")}</section><div id="section-cited-by"><h2>Cited by (0)</h2></div></article></div></div>{RELATED}{COMMENTS}{FOOTER}</body></html>"""


def wiley() -> str:
    figure = f'<section class="article-section__inline-figure"><figure class="figure" id="f1"><a href="f.jpg"><picture><img src="f.jpg"></picture></a><figcaption class="figure__caption"><div class="figure__caption__header"><strong class="figure__title">Figure 1.</strong><div class="figure-extra"><a href="#">Open in figure viewer</a><a href="#">PowerPoint</a></div></div><div class="figure__caption figure__caption-text">{_CAPTION}</div></figcaption></figure></section>'
    table = f'<div class="article-table-content" id="t1"><header class="article-table-caption"><span class="table-caption__label">Table 1. </span>{TABLE_CAPTION}</header><div class="article-table-content-wrapper" tabindex="0"><table class="table article-section__table">{rows()}</table></div><div class="article-section__table-footnotes"><ul><li>{TABLE_NOTE}</li></ul></div></div>'
    return f"""<!DOCTYPE html><html><head>{META}</head><body class="pb-ui"><div class="cookiePolicy-popup"><p>This site uses cookies.</p></div><header class="header base"><a href="/">Home</a></header><main id="main-content"><article data-mathjax="x"><div class="article-citation"><div class="article-header__open-access"><span>Case Report</span></div>
<h1 class="citation__title">{TITLE}</h1><div class="loa-wrapper loa-authors"><div class="accordion-tabbed"><span><a href="#"><p class="author-name">Ana Silva</p></a><div class="author-info"><p>Hospital of Braga</p></div></span></div></div><div class="epub-section"><span>First published: 03 May 2019</span></div><div class="coolBar"><ul><li><a href="pdf">Download PDF</a></li></ul></div></div>
<div class="abstract-group"><section class="article-section article-section__abstract" lang="en"><h2 class="article-section__header">Abstract</h2><div class="article-section__content en main"><p>{ABSTRACT}</p></div></section></div><section class="article-section article-section__full">
{body(2, '<sup><a href="#jic7-bib-000{n}" class="bibLink tab-link">{n}</a></sup>', figure, table, ('<section class="article-section__content">', "</section>"))}</section><div class="article__references"><h2>References</h2>{references("jic7-bib-000", "<ul>", "</ul>")}</div></article>{SHARE}</main><div class="pageFooter">{FOOTER}</div>{RELATED}</body></html>"""


def mdpi() -> str:
    figure = f'<div class="html-fig-wrap" id="f1"><div class="html-fig_img"><img src="f.png"></div><div class="html-fig_description"><b>Figure 1.</b> {_CAPTION}</div></div><div class="html-fig_show mfp-hide" id="fig_body"><div class="html-caption"><b>Figure 1.</b> {_CAPTION}</div><div class="html-img"><img src="f.png"></div></div>'
    table = f'<div class="html-table-wrap" id="t1"><div class="html-table_wrap_td"><div class="html-tablepopup"><img src="t.png"></div></div><div class="html-table_wrap_discription"><b>Table 1.</b> {TABLE_CAPTION}</div></div><div class="html-table_show mfp-hide" id="table_body"><div class="html-caption"><b>Table 1.</b> {TABLE_CAPTION}</div><table>{rows()}</table><div class="html-table_foot html-p">{TABLE_NOTE}</div></div>'
    return f"""<!DOCTYPE html><html><head>{META}</head><body>{COOKIES}<div class="top-bar"><nav><a href="/">Home</a></nav></div><section class="main-section"><div id="middle-column" class="content__column"><div class="middle-column__main"><div class="page-highlight"><article><div class="html-article-content">
<div class="bib-identity">J Invented Cases <b>2019</b>, <em>7</em>(1), 12; <a href="https://doi.org/10.1000/jic.2019.7">https://doi.org/10.1000/jic.2019.7</a></div><h1 class="title hypothesis_container">{TITLE}</h1><div class="art-authors hypothesis_container">by <span><div class="profile-card-drop">Ana Silva</div></span><sup>1</sup></div><div class="art-affiliations"><div class="affiliation"><div class="affiliation-name">Hospital of Braga, Portugal</div></div></div>
<div class="pubhistory"><span>Received: 1 March 2019 / Accepted: 1 May 2019</span></div><section class="html-abstract" id="html-abstract"><h2 id="html-abstract-title">Abstract</h2><div class="html-p">{ABSTRACT}</div></section><div class="html-body">
{body(2, ' [<a href="#B{n}-jic" class="html-bibr">{n}</a>]', figure, table, paragraph=('<div class="html-p">', "</div>")).replace("],  [", ",").replace("], [", ",")}</div><section id="html-references_list"><h2>References</h2>{references("B", '<ol class="html-xx">', "</ol>")}</section></div></article></div></div></div></section>{SHARE}{FOOTER}</body></html>"""


def old() -> str:
    """A page of the nineties: tables for layout, no article, no paragraphs closed, line breaks between paragraphs."""
    parts = "".join(
        f"<h3>{heading}</h3>" + "<br><br>".join(cited(words, " [{n}]").replace("],  [", ",").replace("], [", ",") for words in paragraphs)
        + (f"<p align=center><i>{CAPTION}</i><p>Table 1. {TABLE_CAPTION}<table border=1>{rows()}</table><p>{TABLE_NOTE}<p>" if heading.startswith("Case") else "")
        for heading, paragraphs in BODY
    )  # fmt: skip
    return f"""<HTML><HEAD>{META}</HEAD><BODY bgcolor=white><TABLE width=100%><TR><TD width=20%><A href=/>Home</A><BR><A href=/new>What is new</A></TD><TD><H1>{TITLE}</H1>
<I>Ana Silva, João Pires</I><BR>Hospital of Braga, Portugal<P><H3>Abstract</H3>{ABSTRACT}{parts}<H3>References</H3><OL>{"".join(f"<LI>{words}" for words in REFERENCES)}</OL></TD></TR></TABLE>"""


def own() -> str:
    """A page that somebody wrote by hand, with several h1 and a menu of links."""
    figure = f'<figure><img src="a.jpg"><figcaption>{CAPTION}</figcaption></figure>'
    table = f"<table><caption>Table 1. {TABLE_CAPTION}</caption>{rows()}</table><p>{TABLE_NOTE}</p>"
    return f"""<!DOCTYPE html><html><head>{META}</head><body><div id="menu"><a href="/">Home</a> | <a href="/cv">About me</a></div><h1>{TITLE}</h1><p>Ana Silva and João Pires</p><h1>Abstract</h1><p>{ABSTRACT}
{body(1, " [{n}]", figure, table, ("", "")).replace("], [", ",").replace("],[", ",")}<h1>References</h1>{references("x", "<ol>", "</ol>")}</body></html><p>Written at home by an editor.</p>"""


PAGES = (pmc, springer, elsevier, wiley, mdpi, old, own)
