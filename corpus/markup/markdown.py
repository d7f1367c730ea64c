r"""Markdown's inline marks as pieces of text: "**bold**" is a word, "CD34*" and "5 * 3" stay as they are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.token import Token

from corpus.markup.pieces import Kind, Piece, prose

# A star inside of a word is never emphasis in a report: "p.S147Lfs*19", "HLA-A*02:01". CommonMark takes some of them for marks.
_STAR_IN_WORD = re.compile(r"(?<=\w)(?<!\\)\*(?=\w)")
_MARKS = re.compile(r"[*_`\[\]<>&\\!]")
_TAG = re.compile(r"<(?P<end>/?)(?P<name>[A-Za-z][A-Za-z0-9]{0,15})(?:\s[^>]{0,500}=[^>]{0,500})?\s?/?>\Z", re.DOTALL)
_HEIGHTS = {"sup": Kind.SUPERSCRIPT, "sub": Kind.SUBSCRIPT}
# Other words in angle brackets are words: "if a <b and c> d".
_TAGS = frozenset({"b", "i", "u", "em", "strong", "span", "small", "font", "mark", "s", "del", "ins", "a", "img", "code", "q", "cite"})
_NUMBER = re.compile(r"\d{1,3}(?:\s?[,–-]\s?\d{1,3}){0,8}")
# Emphasis that goes deeper than this is no text.
_MAX_NESTING = 20
# A line in which so many, and so great a share, of the characters are marks is no prose, and slow to parse.
_MAX_MARKS, _MAX_SHARE = 200, 0.1


def words_of(line: str) -> str:
    """Give the words of a line of Markdown: marks of emphasis, code, links and images out, what they are put on kept.

    A raised number is given as in `corpus.markup.pieces.prose`; a link of which the words are a number is a citation.
    """
    count = sum(1 for _ in _MARKS.finditer(line))
    if not count or (count > _MAX_MARKS and count > _MAX_SHARE * len(line)):
        return line
    return prose(_pieces(line))


@cache
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": True, "maxNesting": _MAX_NESTING})


def _pieces(line: str) -> Iterator[Piece]:
    """Read the pieces of a line."""
    tokens = _parser().parseInline(_STAR_IN_WORD.sub(r"\\*", line))
    kind = Kind.TEXT
    for token, in_link in _with_links(tokens[0].children or [] if tokens else []):
        if token.type == "html_inline":
            tag = _TAG.match(token.content)
            name = tag["name"].lower() if tag else ""
            if name in _HEIGHTS and tag:
                kind = Kind.TEXT if tag["end"] else _HEIGHTS[name]
            elif name == "br":
                yield Piece(Kind.TEXT, " ")
            elif name not in _TAGS and not token.content.startswith("<!--"):
                yield Piece(kind, token.content)
        elif token.type in ("softbreak", "hardbreak"):
            yield Piece(Kind.TEXT, " ")
        elif token.type in ("text", "text_special", "code_inline"):
            is_citation = in_link and kind is Kind.TEXT and _NUMBER.fullmatch(token.content.strip("[]"))
            yield Piece(Kind.CITATION if is_citation else kind, token.content)


def _with_links(tokens: list[Token]) -> Iterator[tuple[Token, bool]]:
    """Each token, and whether it stands inside of a link."""
    in_link = False
    for token in tokens:
        if token.type in ("link_open", "link_close"):
            in_link = token.type == "link_open"
        yield token, in_link
