"""Markdown with YAML front matter: how the project's own reports are written."""

from __future__ import annotations

import re
from typing import Any

import yaml

from corpus.readers.clean import clean
from corpus.readers.decode import decode
from corpus.report import CorpusError, Report

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
}

# Ten keys with a sentence each; YAML itself is slow and recursive, so it never sees more.
_MAX_FRONT_MATTER = 20_000

_HEADING = re.compile(r"\#{1,6} [ \t]{1,8} (?P<words> \S .*)", re.VERBOSE)
_CLOSING_HASHES = re.compile(r"[ \t]\#{1,6}$", re.VERBOSE)
# As CommonMark: any list may follow an empty line or an item, but only a bullet or "1." may
# interrupt a paragraph; a wrapped line that starts with "54. " is no item.
_ITEM = re.compile(r"[ \t]{0,12} (?P<mark> [-*+] | \d{1,3}[.)] ) [ \t]", re.VERBOSE)
_RULE = re.compile(r"(?: -{3,} | \*{3,} | _{3,} ) [ \t]*", re.VERBOSE)


def read(data: bytes, name: str, report_id: str) -> tuple[Report, ...]:
    """Read a Markdown file as a report.

    The front matter (optional, between two lines `---` at the top) gives what is known about the
    report, the rest its text: heading lines without their hashes, and a paragraph on one line.

    Raises
    ------
    CorpusError
        As `decode`; or `file:line: found, wanted` for an unknown, doubled or ill-typed key, and
        for front matter that does not end.
    """
    text = clean(decode(data, name)).lstrip("\n")
    declared, body = _split(text, name)
    fields: dict[str, Any] = dict(declared)
    year = fields.pop("year", None)
    is_retelling = fields.pop("retelling", None) not in (None, "false")
    joined = join_paragraphs(body)
    if not joined:
        raise CorpusError(f"{name}: nothing below the front matter, wanted a text")
    report = Report(
        id=report_id,
        text=joined,
        year=None if year is None else int(year),
        is_retelling=is_retelling,
        format="markdown",
        source=name,
        **fields,
    )
    return (report,)


def join_paragraphs(body: str) -> str:
    """Give each paragraph, heading, list item and table row of a Markdown text one line.

    Parameters
    ----------
    body
        Markdown without front matter, its lines wrapped at spaces only: no hyphen is removed.

    Returns
    -------
    str
        Paragraphs and headings with an empty line between them, items and table rows without.
    """
    out: list[str] = []
    is_open = False  # may the next line continue the last one of `out`?
    is_list = False
    for raw_line in body.split("\n"):
        line = raw_line.strip()
        heading = _HEADING.fullmatch(line)
        item = _ITEM.match(raw_line)
        if not line or _RULE.fullmatch(line):
            is_open = False
        elif heading:
            out += ["", _CLOSING_HASHES.sub("", heading["words"]).rstrip(), ""]
            is_open = is_list = False
        elif line.startswith("|"):
            out.append(line)
            is_open = is_list = False
        elif item and (not is_open or is_list or item["mark"] in "-*+1.1)"):
            out += [line] if is_list or not is_open else ["", line]
            is_open = is_list = True
        elif is_open:
            out[-1] += " " + line
        else:
            out += ["", line]
            is_open, is_list = True, False
        if not line:
            out.append("")
    return re.sub(r"\n{3,}", "\n\n", "\n".join(out)).strip()


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
        value = _value(key, value_node, where)
        if value is not None:
            values[key] = value
    return values


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
