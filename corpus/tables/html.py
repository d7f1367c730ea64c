"""Tables of a web page."""

from __future__ import annotations

from collections.abc import Iterator

from corpus.markup.tree import Element, child, local, outer, parse_html, pieces_of, text_of, within
from corpus.report import CorpusError
from corpus.tables.layout import MAX_TABLES, Tables, build, place
from corpus.tables.notes import is_caption, is_note, lines_of, split_label, used_marks
from corpus.tables.rows import head_rows, row_groups, stray_words

_PARAGRAPHS = (
    "p", "div", "h1", "h2", "h3", "h4", "h5", "h6", "figcaption", "small", "ul", "ol", "section", "footer", "aside", "header", "span",
)  # fmt: skip


def read(data: bytes, name: str) -> Tables:
    """Read all tables of a page; a table inside of a cell is a table of its own.

    Raises
    ------
    CorpusError
        As `corpus.tables.markup.parse_html`, or there are too many tables.
    """
    root = parse_html(data, name)
    tables = list(within(root, "table"))
    if len(tables) > MAX_TABLES:
        raise CorpusError(f"{name}: {len(tables)} tables, wanted at most {MAX_TABLES}")
    read_all = Tables()
    for number, table in enumerate(tables, start=1):
        where = f"{name}, table {number}"
        try:
            read_all += read_table(table, where)[0]
        except CorpusError as error:
            message = str(error)
            read_all += Tables(messages=(message if message.startswith(where) else f"{where}: {message}",))
    return read_all + Tables(messages=tuple(_pictures(root, name)))


def read_table(table: Element, where: str) -> tuple[Tables, tuple[Element, ...]]:
    """Read one table with the caption above and the notes below it.

    Returns
    -------
    tuple[Tables, tuple[Element, ...]]
        The table, or none with the reason; the elements outside of it that were read as its caption and notes.

    Raises
    ------
    CorpusError
        The table is too large or its spans do not fit; the message begins with `where`.
    """
    groups = row_groups(table, where)
    drafts = place(groups, where)
    is_layout = any(True for _ in within(table, "table"))
    if not drafts or (is_layout and not any(piece.text.strip() for draft in drafts for piece in draft.pieces)):
        return Tables(), ()
    messages = [f"{where}: a table inside of a cell, read as a table of its own"] if is_layout else []
    if stray := stray_words(table):
        messages.append(f"{where}: words outside of any cell, not read: {stray[:80]!r}")
    titles = _captions(table)
    label, caption = split_label(" ".join(map(text_of, titles)))
    below = list(_notes(table, used_marks(draft.pieces for draft in drafts)))
    notes = [line for element in below for line in lines_of(pieces_of(element))]
    tables = build(where, drafts, header_rows=head_rows(table, groups), label=label, caption=caption, notes=notes)
    return tables + Tables(messages=tuple(messages)), (*titles, *below)


def _captions(table: Element) -> list[Element]:
    """Find the table's caption, its figure's, or what stands before it: "Table 1. Doses", or "Table 1" and then "Doses"."""
    inner = child(table, "caption")
    if inner is None and (figure := outer(table, "figure")) is not None:
        inner = child(figure, "figcaption")
    if inner is not None:
        return [inner]
    before = _neighbour(table, forward=False)
    if before is None or not _is_paragraph(before):
        return []
    if is_caption(text_of(before)):
        return [before]
    above = before.getprevious()
    is_label = _is_paragraph(above) and split_label(text_of(above))[0] is not None and split_label(text_of(above))[1] is None
    return [above, before] if is_label else []


def _is_paragraph(element: Element | None) -> bool:
    return element is not None and local(element) in _PARAGRAPHS and not any(True for _ in within(element, "table"))


def _notes(table: Element, used: frozenset[str]) -> Iterator[Element]:
    """Yield the paragraphs below a table that explain it, up to the first that does not."""
    below = _neighbour(table, forward=True)
    while below is not None and _is_paragraph(below):
        lines = list(lines_of(pieces_of(below)))
        if not lines or not is_note(lines[0], used):
            return
        yield below
        below = below.getnext()


def _neighbour(table: Element, *, forward: bool) -> Element | None:
    """Find the element before or after a table, or before or after the box in which the table stands alone."""
    element = table
    while element is not None and local(element) not in ("body", "td", "th", "html"):
        beside = element.getnext() if forward else element.getprevious()
        if beside is not None:
            return beside
        element = element.getparent()
    return None


def _pictures(root: Element, name: str) -> Iterator[str]:
    """Tell of figures that are called a table but hold only a picture."""
    for figure in within(root, "figure"):
        title = child(figure, "figcaption")
        text = text_of(title) if title is not None else ""
        if (
            is_caption(text)
            and any(True for _ in within(figure, "img", "svg", "object"))
            and not any(True for _ in within(figure, "table"))
        ):
            yield f"{name}: {text[:80]!r} is only a picture, not read"
