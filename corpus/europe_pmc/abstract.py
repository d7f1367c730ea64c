"""An abstract as a Markdown report with front matter, for articles whose full text may not be taken."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import accumulate

import yaml

from corpus.europe_pmc.service import Article
from corpus.markup.pieces import prose
from corpus.markup.tree import parse_html, pieces_of
from corpus.report import CorpusError

_HEADING = re.compile(r"<h[1-6]\b[^>]{0,100}> (?P<words>[^<]{1,300}) </h[1-6]>", re.VERBOSE | re.IGNORECASE)
# What parts blocks: a heading, which is kept, and the tags of paragraphs, which are not.
_BLOCK = re.compile(rf"({_HEADING.pattern.replace('?P<words>', '?:')}) | </?(?:p|div|br)\b[^>]{{0,100}}>", re.VERBOSE | re.IGNORECASE)

_MOST_AUTHORS = 10_000  # characters


def markdown(article: Article) -> str:
    """Write what the service tells of an article, and its abstract, as `corpus.readers.markdown` reads it.

    Raises
    ------
    CorpusError
        There is no abstract, or it has no words.
    """
    blocks = list(_blocks(article.abstract or ""))
    if not any(not is_heading for is_heading, _ in blocks):
        raise CorpusError(f"{article.identifier}: no abstract, wanted one")
    about = {
        "title": article.title, "authors": _authors(article), "doi": article.doi, "pmcid": article.pmcid, "pmid": article.pmid,
        "journal": article.journal, "year": article.year, "article_type": article.article_type,
        "license": article.license and article.license.upper(),
    }  # fmt: skip
    front = yaml.safe_dump({key: value for key, value in about.items() if value}, allow_unicode=True, sort_keys=False, width=10_000)
    lines = [f"# {article.title}"] if article.title else []
    lines += ["## Abstract", *(f"### {words}" if is_heading else words for is_heading, words in blocks)]
    return f"---\n{front}---\n\n" + "\n\n".join(lines) + "\n"


def _authors(article: Article) -> str:
    """Give the names in one line; of hundreds, the last ones are left out, since front matter has its bounds."""
    lengths = accumulate(len(name) + 2 for name in article.authors)
    return "; ".join(name.replace(";", ",") for name, length in zip(article.authors, lengths, strict=True) if length < _MOST_AUTHORS)


def _blocks(html: str) -> Iterator[tuple[bool, str]]:
    """Take an abstract apart into headings (True) and paragraphs."""
    for part in filter(None, _BLOCK.split(html)):
        heading = _HEADING.fullmatch(part)
        words = heading["words"] if heading else part
        if words.strip() and (line := prose(pieces_of(parse_html(words.encode(), "abstract")))):
            yield heading is not None, line
