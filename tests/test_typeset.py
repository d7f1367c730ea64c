"""The text of a report in blocks: nothing lost, nothing added; headings, paragraphs and tables told apart."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from db.pages.highlight import Span
from db.pages.typeset import Block, Part, Printed, typeset


def _words(blocks: tuple[Block, ...]) -> str:
    """All characters of the blocks in the order in which a page shows them."""
    pieces = []
    for block in blocks:
        pieces += block.pieces
        for row in block.rows:
            for cell in row:
                pieces += [*cell.before, *cell.pieces, *cell.after]
    return "".join(piece.text for piece in pieces)


@st.composite
def _reports(draw: st.DrawFn) -> tuple[str, list[Span], list[Part], list[Printed], dict[int, int]]:
    text = draw(st.text("ab |\n*é\t", max_size=80))
    offsets = st.integers(0, len(text))
    spans = [Span(number, *sorted(pair), None) for number, pair in enumerate(draw(st.lists(st.tuples(offsets, offsets), max_size=4)))]
    cuts = sorted({0, *draw(st.lists(offsets, max_size=4)), len(text)})
    kinds = st.sampled_from(["case", "caption", "table", "title", "body"])
    sections = [
        Part(number, draw(kinds), start, end, text[start : draw(st.integers(start, end))].strip() or None)
        for number, (start, end) in enumerate(pairwise(cuts), start=1)
    ]
    places = sorted(draw(st.lists(offsets, max_size=4, unique=True)))
    rows = st.lists(st.lists(st.text("ab *", max_size=2), max_size=3).map(tuple), max_size=3).map(tuple)
    tables = [Printed(number, start, end, draw(rows), 1) for number, (start, end) in enumerate(pairwise(places), start=1) if number % 2]
    pages = {start: number for number, start in enumerate(draw(st.lists(offsets, max_size=3, unique=True)), start=1)}
    return text, [span for span in spans if span.start < span.end], sections, tables, pages


@given(_reports())
def test_no_character_is_lost_or_added(report: tuple[str, list[Span], list[Part], list[Printed], dict[int, int]]) -> None:
    text, spans, sections, tables, pages = report
    blocks = typeset(text, spans, sections, tables, pages)
    assert _words(blocks) == text
    starts = [number for block in blocks for piece in _all_pieces(block) for number in piece.starts]
    assert sorted(starts) == [span.number for span in spans]
    anchors = [anchor for block in blocks for anchor in block.anchors]
    assert len(anchors) == len(set(anchors))
    # What begins in the white space at the end has a place only where a table is set that far.
    parts = [*((f"section-{part.number}", part) for part in sections), *((f"table-{table.number}", table) for table in tables)]
    assert {name for name, part in parts if part.start < len(text.rstrip())} <= set(anchors) <= {name for name, _ in parts}


def _all_pieces(block: Block) -> list:  # type: ignore[type-arg]
    return [*block.pieces, *(piece for row in block.rows for cell in row for piece in (*cell.before, *cell.pieces, *cell.after))]


def _looks(text: str, sections: list[Part] | None = None, tables: list[Printed] | None = None) -> list[tuple[str, str]]:
    blocks = typeset(text, [], sections or [], tables or [], {})
    return [(block.look, "".join(piece.text for piece in block.pieces)) for block in blocks if block.look != "gap"]


def test_a_heading_is_one_only_where_it_has_its_line_for_itself() -> None:
    assert _looks("Case\nShe came.", [Part(1, "case", 0, 14, "Case")]) == [("heading", "Case"), ("paragraph", "She came.")]
    assert _looks("Case: she came.", [Part(1, "case", 0, 15, "Case")]) == [("paragraph", "Case: she came.")]


def test_paragraphs_are_parted_by_empty_lines() -> None:
    assert _looks("One.\n\n \nTwo,\nand on.\n") == [("paragraph", "One."), ("paragraph", "Two,\nand on.")]


def test_rows_with_empty_cells_keep_their_columns() -> None:
    text = "Table 1. Doses\nDrug | Dose | Weeks\nA | 6\nNone."
    table = Printed(1, 0, len(text), (("Drug", "Dose", "Weeks"), ("A", "", "6")), 1)
    blocks = [block for block in typeset(text, [], [], [table], {}) if block.look != "gap"]
    assert [block.look for block in blocks] == ["caption", "grid", "other"]
    assert [["".join(piece.text for piece in cell.pieces) for cell in row] for row in blocks[1].rows] == [
        ["Drug", "Dose", "Weeks"],
        ["A", "", "6"],
    ]


def test_rows_in_markdown_are_found_below_their_marks() -> None:
    text = "| Drug | Dose |\n|---|---|\n| **A** | 6 |"
    (block,) = typeset(text, [], [], [Printed(1, 0, len(text), (("Drug", "Dose"), ("A", "6")), 1)], {})
    assert [["".join(piece.text for piece in cell.pieces) for cell in row] for row in block.rows] == [["Drug", "Dose"], ["A", "6"]]


def test_a_table_whose_rows_are_not_its_lines_stands_as_it_is() -> None:
    text = "Drug | Dose\nA (new) | 6"
    assert _looks(text, None, [Printed(1, 0, len(text), (("Drug", "Dose"), ("A", "6")), 1)]) == [("table", text)]


def test_a_table_of_a_hundred_thousand_cells_stands_as_it_is() -> None:
    rows = (("a",) * 100,) * 1000
    text = "\n".join(" | ".join(row) for row in rows)
    assert _looks(text, None, [Printed(1, 0, len(text), rows, 0)]) == [("table", text)]


def test_full_lines_of_a_typescript_run_on() -> None:
    prose = "She was seen in the clinic for hands because of a small\nnodule below the nail, which had been there since spring\nand hurt."
    poem = "Sodium 140\nPotassium 4.1\nCreatinine 0.9 mg/dL, which is within the limits of the laboratory"
    (filled,) = typeset(prose, [], [], [], {})
    (broken,) = typeset(poem, [], [], [], {})
    assert (filled.is_filled, broken.is_filled) == (True, False)
