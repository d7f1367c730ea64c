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
    is_note = name == "sup" and not is_cell and next(element.iterancestors("{*}table-wrap-foot"), None) is not None
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
    text = re.sub(r"(?<=[0-9])\s*-\s*(?=[0-9])", " - ", text.replace("–", "-").replace("−", "-"))
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
