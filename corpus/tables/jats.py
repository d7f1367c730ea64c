"""Tables of journal articles in JATS XML: of PubMed Central, of one article or of several in a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from corpus.markup.pieces import Kind, Piece, prose
from corpus.markup.tree import Element, child, local, outer, parse_xml, pieces_of, text_of, within
from corpus.report import CorpusError
from corpus.tables.layout import MAX_TABLES, Tables, build, place
from corpus.tables.notes import Paragraph, lines_of, split_label
from corpus.tables.rows import head_rows, row_groups, stray_words

_PICTURES = ("graphic", "inline-graphic", "media")


def read(data: bytes, name: str) -> Tables:
    """Read all tables of the articles of a file, wherever they stand: in the body, the back matter or the floats.

    A table that exists only as a picture is told of in the messages. A table with a fault of its own is told of, too, and
    does not keep the others from being read.

    Raises
    ------
    CorpusError
        As `corpus.tables.markup.parse_xml`, or there are too many tables.
    """
    root = parse_xml(data, name)
    articles = [element for element in root.iter() if local(element) == "article"]
    tables = tables_in(root)
    if len(tables) > MAX_TABLES:
        raise CorpusError(f"{name}: {len(tables)} tables, wanted at most {MAX_TABLES}")
    read_all = Tables()
    for number, table in enumerate(tables, start=1):
        read_all += read_table(table, f"{name}, {_article(table) if len(articles) > 1 else ''}table {number}")
    return read_all + Tables(messages=tuple(_without_table(root, name)))


def tables_in(element: Element) -> list[Element]:
    """List the tables within an element, those of the OASIS model by their tgroups."""
    return [table for table in within(element, "table", "tgroup") if local(table) == "tgroup" or child(table, "tgroup") is None]


def read_table(table: Element, where: str) -> Tables:
    """Read one table with what its table-wrap says of it; a table with a fault gives no grid but a message that begins with `where`.

    Neither grid nor message means that it is another form of a table that stands before it.
    """
    try:
        return _read_table(table, where)
    except CorpusError as error:
        message = str(error)
        return Tables(messages=(message if message.startswith(where) else f"{where}: {message}",))


def _read_table(table: Element, where: str) -> Tables:
    if local(table) == "tgroup":
        raise CorpusError(f"{where}: an OASIS (CALS) table, not read; wanted a table of HTML's kind")
    if _is_other_form(table):
        return Tables()
    wrap = outer(table, "table-wrap")
    marks = _marks(table, wrap)
    groups = row_groups(table, where)
    drafts = place(groups, where)
    if not drafts:
        return Tables(messages=(f"{where}: no cell, not read",))
    messages = [f"{where}: a picture in a cell, not read" for _ in list(within(table, *_PICTURES))[:1]]
    if any(True for _ in within(table, "table")):
        messages.append(f"{where}: a table inside of a cell, read as a table of its own")
    if stray := stray_words(table):
        messages.append(f"{where}: words outside of any cell, not read: {stray[:80]!r}")
    label, caption = title_of(table, wrap)
    notes = [*(foot_of(wrap, marks) if wrap is not None else ()), *_notes_in_cells(table)]
    return build(where, drafts, header_rows=head_rows(table, groups), label=label, caption=caption, notes=notes) + Tables(
        messages=tuple(messages)
    )


def _article(table: Element) -> str:
    """Name the article of a table by its number in PubMed Central, or another that it has."""
    article = outer(table, "article")
    if article is None:
        return ""
    identifiers = {element.get("pub-id-type"): text_of(element) for element in within(article, "article-id")}
    for kind in ("pmcid", "pmc", "pmid", "doi"):
        if number := identifiers.get(kind):
            return f"article {'PMC' if kind in ('pmc', 'pmcid') and number.isdigit() else ''}{number[:60]}, "
    return ""


def title_of(table: Element, wrap: Element | None) -> tuple[str | None, str | None]:
    """Find label and caption of the table-wrap, of its group, or of a bare table."""
    for around in (wrap, outer(table, "table-wrap-group"), table):
        if around is None:
            continue
        label, caption = child(around, "label"), child(around, "caption")
        if label is None and caption is None:
            continue
        # A caption may hold a title and paragraphs: a sentence each.
        text = " ".join(map(prose, lines_of(pieces_of(caption)))) if caption is not None else ""
        if label is not None and (printed := text_of(label).rstrip(".:")):
            return printed, text or None
        return split_label(text)
    return None, None


def _marks(table: Element, wrap: Element | None) -> dict[str, str]:
    """Find the marks by which the cells refer to footnotes that do not tell their own: id of the footnote to mark.

    A reference without a word gets the label of its footnote, or its number among the footnotes.
    """
    notes = {note.get("id"): (number, note) for number, note in enumerate(within(wrap, "fn"), start=1)} if wrap is not None else {}
    marks: dict[str, str] = {}
    for reference in within(table, "xref"):
        identifier = reference.get("rid")
        if identifier not in notes or identifier is None:
            continue
        number, note = notes[identifier]
        label = child(note, "label")
        printed = text_of(reference).strip("()[] ")
        if not printed:
            reference.text = printed = text_of(label) if label is not None else str(number)
        if label is None:
            marks.setdefault(identifier, printed)
    return marks


def foot_of(wrap: Element, marks: Mapping[str, str] = MappingProxyType({})) -> Iterator[Paragraph]:
    """Yield the paragraphs below the tables of a table-wrap; a footnote begins with its mark: its label or one of `marks`, by id."""
    for foot in within(wrap, "table-wrap-foot"):
        for part in foot:
            for note in part if local(part) == "fn-group" else (part,):
                yield from _foot_note(note, marks) if local(note) == "fn" else lines_of(pieces_of(note))


def _foot_note(note: Element, marks: Mapping[str, str]) -> Iterator[Paragraph]:
    """Yield a footnote as paragraphs; one with a label, or with a mark that only its references tell, as one with the mark before it."""
    label = child(note, "label")
    lines = [line for part in note if part is not label for line in lines_of(pieces_of(part))]
    if not lines:
        return
    mark = text_of(label) if label is not None else marks.get(note.get("id") or "")
    is_told = label is None and mark is not None and "".join(piece.text for piece in lines[0]).lstrip(" ([").startswith(mark)
    if mark and not is_told:
        yield [Piece(Kind.NOTE, mark), *(piece for line in lines for piece in (*line, Piece(Kind.TEXT, " ")))]
    else:
        yield from lines


def _notes_in_cells(table: Element) -> Iterator[Paragraph]:
    """Footnotes with a label that stand within the table itself."""
    for note in within(table, "fn"):
        if child(note, "label") is not None:
            yield from _foot_note(note, {})


def _is_other_form(table: Element) -> bool:
    """Whether another form of the same table stands before it."""
    around = table.getparent()
    return local(around) == "alternatives" and next(inner for inner in around if local(inner) in ("table", "tgroup")) is not table


def _without_table(root: Element, name: str) -> Iterator[str]:
    """Tell of the table-wraps that hold no table."""
    for wrap in within(root, "table-wrap"):
        if any(True for _ in within(wrap, "table", "tgroup")):
            continue
        label, caption = title_of(wrap, wrap)
        title = " ".join(part for part in (label, caption) if part)[:80]
        how = "is only a picture" if any(True for _ in within(wrap, *_PICTURES)) else "holds no table"
        yield f"{name}: {title or 'a table-wrap without a title'!r} {how}, not read"
