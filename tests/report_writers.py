"""One report written in every format that Casebook reads, as the programs write them that people use."""

from __future__ import annotations

import io
import json
import re
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import yaml

REPORTS = Path(__file__).resolve().parents[1] / "corpus" / "reports"
AUTHORS = ("Ana Silva", "Jun Tanaka")


@dataclass(frozen=True, slots=True)
class Story:
    """A report before it is written: paragraphs below headings, and what a publisher knows of it."""

    id: str
    title: str
    about: dict[str, Any]
    parts: tuple[tuple[str, tuple[str, ...]], ...]  # heading ("" for none), paragraphs


def stories() -> list[Story]:
    """The project's own retellings."""
    return [_story(path) for path in sorted(REPORTS.glob("*.md"))]


def _story(path: Path) -> Story:
    _, front, body = path.read_text(encoding="utf-8").split("---\n", 2)
    about = yaml.safe_load(front)
    parts = []
    for block in re.split(r"^## ", "\n" + body, flags=re.MULTILINE):
        heading, _, rest = block.partition("\n")
        paragraphs = tuple(" ".join(p.split()) for p in rest.split("\n\n") if p.strip())
        if paragraphs:
            parts.append((heading.strip(), paragraphs))
    return Story(path.stem, about["title"], about, tuple(parts))


def text(story: Story) -> bytes:
    """Lines of 76 characters, as a typescript has them."""
    blocks = [story.title]
    for heading, paragraphs in story.parts:
        blocks += [heading] if heading else []
        blocks += [textwrap.fill(paragraph, 76, break_long_words=False, break_on_hyphens=False) for paragraph in paragraphs]
    return ("\n\n".join(blocks) + "\n").encode()


def markdown(story: Story) -> bytes:
    front = {name: story.about[name] for name in ("doi", "year", "journal", "license") if story.about.get(name)}
    blocks = [f"---\n{yaml.safe_dump(front, allow_unicode=True)}---", f"# {story.title}"]
    for heading, paragraphs in story.parts:
        blocks += [f"## {heading}"] if heading else []
        blocks += [textwrap.fill(_marked(paragraph), 100, break_long_words=False, break_on_hyphens=False) for paragraph in paragraphs]
    return "\n\n".join(blocks).encode()


def _marked(words: str) -> str:
    """What Markdown would take for markup, marked as none."""
    return re.sub(r"([*_`\[\]<>\\])", r"\\\1", words)


def jats(story: Story) -> bytes:
    names = "".join(
        f'<contrib contrib-type="author"><name><surname>{name.split()[1]}</surname><given-names>{name.split()[0]}</given-names></name></contrib>'
        for name in AUTHORS
    )
    body = ""
    for heading, paragraphs in story.parts:
        inner = "".join(f"<p>{escape(paragraph)}</p>" for paragraph in paragraphs)
        body += f"<sec><title>{escape(heading)}</title>{inner}</sec>" if heading else inner
    about = story.about
    return (
        '<?xml version="1.0" encoding="UTF-8"?><!DOCTYPE article PUBLIC "-//NLM//DTD JATS (Z39.96) Journal Archiving and Interchange DTD v1.1'
        ' 20151215//EN" "JATS-archivearticle1.dtd"><article><front><journal-meta><journal-title-group><journal-title>'
        f"{escape(str(about.get('journal', '')))}</journal-title></journal-title-group></journal-meta><article-meta>"
        f'<article-id pub-id-type="doi">{about.get("doi", "10.1234/none")}</article-id><title-group><article-title>{escape(story.title)}'
        f'</article-title></title-group><contrib-group>{names}</contrib-group><pub-date pub-type="epub"><year>{about.get("year", 2020)}</year>'
        f"</pub-date></article-meta></front><body>{body}</body></article>"
    ).encode()


def _passages(story: Story) -> list[tuple[dict[str, str], str]]:
    about = story.about
    first = {
        "section_type": "TITLE",
        "type": "front",
        "article-id_doi": about.get("doi", "10.1234/none"),
        "year": str(about.get("year", 2020)),
    }
    found = [(first, story.title)]
    for heading, paragraphs in story.parts:
        # What stands before the first heading is of no section that the format has a name for.
        kind = {"section_type": {"Discussion": "DISCUSS", "Summary": "ABSTRACT"}.get(heading, "CASE")} if heading else {}
        if heading:
            found.append(({**kind, "type": "title_1"}, heading))
        found += [({**kind, "type": "paragraph"}, paragraph) for paragraph in paragraphs]
    return found


def bioc_xml(story: Story) -> bytes:
    offset, out = 0, ""
    for infons, words in _passages(story):
        inner = "".join(f'<infon key="{key}">{escape(value)}</infon>' for key, value in infons.items())
        out += f"<passage>{inner}<offset>{offset}</offset><text>{escape(words)}</text></passage>"
        offset += len(words) + 1
    return (
        '<?xml version="1.0" encoding="UTF-8"?><!DOCTYPE collection SYSTEM "BioC.dtd"><collection><source>PMC</source><date>20200101</date>'
        f"<key>pmc.key</key><document><id>{story.id}</id>{out}</document></collection>"
    ).encode()


def bioc_json(story: Story) -> bytes:
    offset, passages = 0, []
    for infons, words in _passages(story):
        passages.append({"offset": offset, "infons": infons, "text": words, "sentences": [], "annotations": [], "relations": []})
        offset += len(words) + 1
    document = {"id": story.id, "infons": {}, "passages": passages, "annotations": [], "relations": []}
    return json.dumps([{"source": "PMC", "date": "20200101", "key": "pmc.key", "infons": {}, "documents": [document]}]).encode()


def docx(story: Story) -> bytes:
    from docx import Document

    document = Document()
    document.add_heading(story.title, 0)
    for heading, paragraphs in story.parts:
        if heading:
            document.add_heading(heading, 1)
        for paragraph in paragraphs:
            document.add_paragraph(paragraph)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def html(story: Story) -> bytes:
    body = ""
    for heading, paragraphs in story.parts:
        body += f"<section><h2>{escape(heading)}</h2>" if heading else "<section>"
        body += "".join(f"<p>{escape(paragraph)}</p>" for paragraph in paragraphs) + "</section>"
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(story.title)} | A Journal</title>'
        f'<meta name="citation_title" content="{escape(story.title)}"><meta name="citation_doi" content="{story.about.get("doi", "10.1234/none")}">'
        '</head><body><header><nav><ul><li><a href="/">Home</a></li><li>About the journal</li></ul></nav></header>'
        f"<main><article><h1>{escape(story.title)}</h1>{body}</article></main>"
        "<aside><h2>Related articles</h2><p>A 33-year-old woman had an osteosarcoma.</p></aside><footer>Copyright, cookies</footer></body></html>"
    ).encode()


def pdf(story: Story, columns: int = 1) -> bytes:
    from tests.pdf_writer import write_pdf

    blocks: list[tuple[str, str]] = [("title", story.title)]
    for heading, paragraphs in story.parts:
        blocks += [("heading", heading)] if heading else []
        blocks += [("paragraph", paragraph) for paragraph in paragraphs]
    return write_pdf(story.title, blocks, columns=columns, wide=1)


def pdf_in_two_columns(story: Story) -> bytes:
    return pdf(story, 2)


WRITERS: dict[str, Callable[[Story], bytes]] = {
    "txt": text, "md": markdown, "xml": jats, "bioc.xml": bioc_xml, "bioc.json": bioc_json, "docx": docx, "html": html, "pdf": pdf,
    "columns.pdf": pdf_in_two_columns,
}  # fmt: skip
