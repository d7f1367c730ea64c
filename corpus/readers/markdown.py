"""Markdown, with YAML front matter or without: how the project's own reports are written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from corpus.markup.markdown import words_of
from corpus.readers.clean import clean
from corpus.readers.decode import decode_any
from corpus.readers.draft import Draft
from corpus.report import CorpusError, Report, ReportTable
from corpus.sections import kind_of
from corpus.tables.notes import is_caption, split_label

KINDS = ("case_report", "case_series", "review", "guideline", "other")

# key: what its value must look like, and how a message says that.
_FORMS: dict[str, tuple[re.Pattern[str], str]] = {
    "title": (re.compile(r"(?s).+"), "a text"),
    "kind": (re.compile("|".join(KINDS)), "one of " + ", ".join(KINDS)),
    "citation": (re.compile(r"(?s).+"), "a text"),
    "doi": (re.compile(r"10\.\d{4,9}/\S+"), "a DOI such as 10.1000/182"),
    "pmcid": (re.compile(r"PMC\d{1,9}"), "a PMCID such as PMC1234567"),
    "pmid": (re.compile(r"\d{1,9}"), 'a PMID in quotes such as "12345678"'),
    "year": (re.compile(r"1[89]\d\d|20\d\d"), "a year without quotes such as 2015"),
    "journal": (re.compile(r"(?s).+"), "a text"),
    "license": (re.compile(r"(?s).+"), "a text"),
    "retelling": (re.compile(r"(?s).+"), "a text, or nothing"),
    "article_type": (re.compile(r"(?s).+"), "a text"),
    "authors": (re.compile(r"(?s).+"), "a list of names, or names with ; between them"),
    "affiliations": (re.compile(r"(?s).+"), "a list of institutions, or institutions with ; between them"),
}
_LISTS = ("authors", "affiliations")

# A dozen keys with a sentence each; YAML itself is slow and recursive, so it never sees more.
_MAX_FRONT_MATTER = 20_000

_HEADING = re.compile(r"(?P<hashes> \#{1,6} ) [ \t]{1,8} (?P<words> \S .*)", re.VERBOSE)
_CLOSING_HASHES = re.compile(r"[ \t]\#{1,6}$", re.VERBOSE)
# A line of = below a heading; one of - is as often a rule, which below a line of words ends the paragraph.
_UNDERLINE = re.compile(r"={3,}")
# As CommonMark: any list may follow an empty line or an item, but only a bullet or "1." may
# interrupt a paragraph; a wrapped line that starts with "54. " is no item.
_ITEM = re.compile(r"[ \t]{0,12} (?P<mark> [-*+] | \d{1,3}[.)] ) [ \t]", re.VERBOSE)
_RULE = re.compile(r"(?: -{3,} | \*{3,} | _{3,} | (?:`{3,}|~{3,})\w{0,20} ) [ \t]*", re.VERBOSE)
# Not before a number: "> 5 cm" may be a wrapped line.
_QUOTE = re.compile(r"(?:>\s?){1,5}(?=[^\s\d>])")
_BELOW_HEADINGS = re.compile(r"\|?(?:\s{0,9}:?-{1,99}:?\s{0,9}\|){1,99}(?:\s{0,9}:?-{1,99}:?\s{0,9})?")
_BAR = re.compile(r"(?<!\\)\|")


@dataclass(slots=True)
class Block:
    """A line of the report before its marks are read: `kind` is heading, paragraph, item or row; `level` that of a heading."""

    kind: str
    lines: list[str]
    level: int = 0
    follows: bool = False  # an item or row directly below another

    @property
    def words(self) -> str:
        """Its lines, put together; a backslash at the end of one is a line break."""
        return " ".join([*(line.removesuffix("\\") for line in self.lines[:-1]), self.lines[-1]])


def read(data: bytes, name: str, report_id: str) -> tuple[Report, ...]:
    """Read a Markdown file as a report.

    The front matter (optional, between two lines `---` at the top) gives what is known about the
    report, the rest its text: heading lines without their hashes, a paragraph on one line, inline marks out, without the
    reference list. A first heading that names no part of a paper is the title where the front matter has none.

    Raises
    ------
    CorpusError
        As `decode_any`; or `file:line: found, wanted` for an unknown, doubled or ill-typed key, and
        for front matter that does not end.
    """
    decoded = decode_any(data, name)
    text = clean(decoded.text).lstrip("\n")
    declared, body = _split(text, name)
    fields: dict[str, Any] = dict(declared)
    year = fields.pop("year", None)
    is_retelling = fields.pop("retelling", None) not in (None, "false")
    for key in _LISTS:
        fields[key] = tuple(part.strip() for part in fields.get(key, "").split(";") if part.strip())
    draft = Draft()
    if decoded.message:
        draft.message(decoded.message)
    title = _write(list(_blocks(_without_comments(body))), draft)
    if not draft.length:
        raise CorpusError(f"{name}: nothing below the front matter, wanted a text")
    fields.setdefault("title", title)
    report = draft.report(report_id, name, year=None if year is None else int(year), is_retelling=is_retelling, format="markdown", **fields)
    return (report,)


def _blocks(body: str) -> Iterator[Block]:
    """Give each paragraph, heading, list item and table row one block, its wrapped lines joined with a space."""
    block: Block | None = None
    is_open = False  # may the next line continue the block?
    for raw_line in body.split("\n"):
        line = raw_line.strip()
        if quote := _QUOTE.match(line):
            line = line[quote.end() :] if not is_open or (block and block.kind == "paragraph") else line
        heading = _HEADING.fullmatch(line)
        item = _ITEM.match(raw_line)
        last = block.kind if block is not None else ""
        if not line or _RULE.fullmatch(line):
            is_open = False
            if last == "row" and block is not None:
                yield block
                block = None
            continue
        if is_open and block is not None:
            if last == "paragraph" and _UNDERLINE.fullmatch(line) and len(block.lines) == 1:
                block.kind, block.level, is_open = "heading", 1, False
                continue
            if last == "paragraph" and "|" in block.lines[0] and len(block.lines) == 1 and _BELOW_HEADINGS.fullmatch(line):
                block.kind = last = "row"
        begins_item = item and (last == "item" or item["mark"] in "-*+1.1)")
        if block is not None and is_open and last != "row" and not (heading or line.startswith("|") or begins_item):
            block.lines.append(line)
            continue
        if block is not None:
            yield block
        is_open = True
        if heading:
            words = _CLOSING_HASHES.sub("", heading["words"]).rstrip()
            block, is_open = Block("heading", [words], len(heading["hashes"])), False
        elif line.startswith("|") or (last == "row" and "|" in line):
            block = Block("row", [line], follows=last == "row")
        else:
            block = Block("item" if item else "paragraph", [line], follows=bool(item) and last == "item")
    if block is not None:
        yield block


def _without_comments(body: str) -> str:
    """Take out what stands between <!-- and -->; what has no end stays."""
    out: list[str] = []
    position = 0
    while (start := body.find("<!--", position)) >= 0 and (end := body.find("-->", start)) >= 0:
        out.append(body[position:start])
        position = end + len("-->")
    return "".join((*out, body[position:]))


def _write(blocks: list[Block], draft: Draft) -> str | None:
    """Write the blocks of a report; the title that its first heading gives comes back."""
    title: str | None = None
    references: int | None = None  # the level of their heading, while they last
    table: list[str] = []
    for index, block in enumerate(blocks):
        words = block.words if block.kind == "row" else words_of(block.words)
        if block.kind == "heading":
            if references is not None and block.level <= references:
                references = None
            if references is None and kind_of(words) == "references":
                references = block.level
        if references is not None:
            continue
        if block.kind == "heading" and index == 0 and kind_of(words) is None and block.level == 1:
            title = words
            draft.paragraph(words, "title")
        elif block.kind == "heading":
            draft.heading(words, block.level)
        elif block.kind == "row":
            table.append(words)
            if index + 1 == len(blocks) or not blocks[index + 1].follows or blocks[index + 1].kind != "row":
                _write_table(table, draft, blocks[index - len(table)] if index >= len(table) else None)
                table = []
        elif block.follows:
            draft.item(words)
        else:
            draft.paragraph(words, "table" if _is_table_caption(words, blocks, index) else None)
    return title


def _is_table_caption(words: str, blocks: list[Block], index: int) -> bool:
    return is_caption(words) and index + 1 < len(blocks) and blocks[index + 1].kind == "row"


def _write_table(rows: list[str], draft: Draft, above: Block | None) -> None:
    """Write the rows of a table as they stand; the paragraph above it is in the text already."""
    label, caption = split_label(words_of(above.words)) if above is not None and is_caption(words_of(above.words)) else (None, None)
    start: int | None = None
    if label is not None:
        start = draft.sections[-1].start
    for number, row in enumerate(rows):
        (draft.item if number else draft.paragraph)(row, "table")
        if start is None:
            start = draft.sections[-1].start
    assert start is not None
    cells = [tuple(words_of(cell.strip()) for cell in _BAR.split(row.strip().removeprefix("|").removesuffix("|"))) for row in rows]
    is_marked = len(rows) > 1 and _BELOW_HEADINGS.fullmatch(rows[1]) is not None
    printed = tuple(row for number, row in enumerate(cells) if not (is_marked and number == 1))
    draft.tables.append(ReportTable(start, draft.length, label, caption, printed, int(is_marked)))


def _split(text: str, name: str) -> tuple[dict[str, str], str]:
    """Separate front matter (its non-empty values, checked) from body."""
    first, _, rest = text.partition("\n")
    if first.rstrip() != "---":
        return {}, text
    lines = rest[:_MAX_FRONT_MATTER].split("\n")
    for number, line in enumerate(lines):
        if line.rstrip() in ("---", "..."):
            end = sum(len(before) + 1 for before in lines[: number + 1])
            return _front_matter("\n".join(lines[:number]), name), rest[end:]
    raise CorpusError(f"{name}:1: front matter without an end, wanted a second line ---")


def _front_matter(source: str, name: str) -> dict[str, str]:
    """Read the keys by YAML's own parser without constructing a value: a node keeps its line."""
    try:
        node = yaml.compose(source, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        found = getattr(error, "problem", None) or type(error).__name__
        line = 2 + (mark.line if mark else 0)
        raise CorpusError(f"{name}:{line}: no valid YAML ({found}), wanted lines `key: value`") from error
    if node is None:
        return {}
    if not isinstance(node, yaml.MappingNode):
        raise CorpusError(f"{name}:2: front matter is no mapping, wanted lines `key: value`")
    values: dict[str, str] = {}
    seen: set[str] = set()
    for key_node, value_node in node.value:
        where = f"{name}:{key_node.start_mark.line + 2}"
        key = key_node.value if isinstance(key_node, yaml.ScalarNode) else "(no text)"
        if key not in _FORMS:
            raise CorpusError(f"{where}: unknown key {key[:60]!r}, wanted one of {', '.join(_FORMS)}")
        if key in seen:
            raise CorpusError(f"{where}: key {key!r} a second time, wanted it once")
        seen.add(key)
        value = (_names if key in _LISTS else _value)(key, value_node, where)
        if value is not None:
            values[key] = value
    return values


def _names(key: str, node: yaml.Node, where: str) -> str | None:
    """Take a list of texts, joined with ";"; None where it is empty."""
    if not isinstance(node, yaml.SequenceNode):
        return _value(key, node, where)
    return "; ".join(value for one in node.value if (value := _value(key, one, where))) or None


def _value(key: str, node: yaml.Node, where: str) -> str | None:
    """Take the text of a scalar of the right YAML type and form; None where it is empty."""
    form, wanted = _FORMS[key]
    tag = node.tag.rpartition(":")[2]
    if not isinstance(node, yaml.ScalarNode):
        raise CorpusError(f"{where}: {key} is a {tag}, wanted {wanted}")
    value: str = node.value.strip()
    if tag == "null" or not value:
        return None
    types = {"year": ("int",), "retelling": ("str", "bool")}.get(key, ("str",))
    if tag not in types or not form.fullmatch(value):
        raise CorpusError(f"{where}: {key} is {value[:60]!r} ({tag}), wanted {wanted}")
    if tag == "bool":
        return "true" if value.lower() in ("true", "yes", "on") else "false"
    return value
