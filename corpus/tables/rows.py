"""Rows and row groups of tables in HTML and JATS."""

from __future__ import annotations

import re
from itertools import islice

from corpus.markup.pieces import MAX_CELL_CHARACTERS
from corpus.markup.tree import Element, is_hidden, local, outer, pieces_of, within
from corpus.report import CorpusError
from corpus.tables.layout import MAX_SPAN, Spanning, check_size


def row_groups(table: Element, where: str) -> list[list[list[Spanning]]]:
    """Rows of a table by row group; those of a thead first, those of a tfoot last. Rows of nested tables are not among them.

    Raises
    ------
    CorpusError
        A span is no number or too large, or a cell holds an unknown entity.
    """
    groups: dict[Element, list[list[Spanning]]] = {}
    total = 0
    for number, row in enumerate(_rows(table), start=1):
        group = _group(row)
        cells = [cell for cell in within(row, "td", "th") if outer(cell, "tr") is row and not is_hidden(cell)]
        total += len(cells)
        check_size(where, number, len(cells), total)
        is_head = local(group) == "thead"
        groups.setdefault(group, []).append([_spanning(cell, is_head, f"{where}, row {number}") for cell in cells])
    rank = {"thead": 0, "tfoot": 2}
    return [groups[group] for group in sorted(groups, key=lambda group: rank.get(local(group), 1))]


def head_rows(table: Element, groups: list[list[list[Spanning]]]) -> int:
    """Rows that the table marks as headings: those of its thead, or else the first rows of nothing but th."""
    if marked := sum(local(_group(row)) == "thead" for row in _rows(table)):
        return marked
    count = 0
    for row in (row for group in groups for row in group):
        if not row or not all(cell.is_header for cell in row):
            break
        count += 1
    return count


def _rows(table: Element) -> list[Element]:
    """List the rows of a table that are shown, without those of nested tables."""
    return [row for row in within(table, "tr") if outer(row, "table") is table and not is_hidden(row)]


def _group(row: Element) -> Element:
    """Find the row group of a row, the table itself where it has none."""
    return outer(row, "thead", "tbody", "tfoot", "table")


def stray_words(table: Element) -> str:
    """Words that stand in a table but in none of its cells or its caption."""
    texts = []
    for element in (table, *within(table, "tr", "thead", "tbody", "tfoot")):
        if element is not table and outer(element, "table") is not table:
            continue
        texts.append(element.text or "")
        texts += [inner.tail or "" for inner in element]
    return " ".join(" ".join(texts).split())


def _spanning(cell: Element, is_head: bool, where: str) -> Spanning:
    if sum(1 for _ in islice(cell.iter(), MAX_CELL_CHARACTERS + 1)) > MAX_CELL_CHARACTERS:
        raise CorpusError(f"{where}: more than {MAX_CELL_CHARACTERS} elements in one cell, wanted words")
    spans = []
    for attribute in ("rowspan", "colspan"):
        value = (cell.get(attribute) or "1").strip()
        if not re.fullmatch(r"[0-9]{1,20}", value):
            raise CorpusError(f"{where}: {attribute} is {value[:20]!r}, wanted a number")
        if int(value) > MAX_SPAN:
            raise CorpusError(f"{where}: {attribute} is {value}, wanted at most {MAX_SPAN}")
        spans.append(int(value))
    return Spanning(pieces_of(cell), spans[0], max(1, spans[1]), is_head or local(cell) == "th")
