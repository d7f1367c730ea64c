"""Tables of every format: no cell lost, fused or doubled, and what cannot be read refused with a reason."""

from __future__ import annotations

import csv
import datetime
import io
import re
import time
import unicodedata
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from xml.sax.saxutils import escape

import docx
import openpyxl
import pytest
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont

from corpus.markup.pieces import BREAK, Kind, Piece, compose
from corpus.report import CorpusError
from corpus.tables import delimited, html, jats, xlsx
from corpus.tables.grid import Cell, Grid
from corpus.tables.layout import Draft, Spanning, Tables, build, place
from corpus.tables.number_format import show
from corpus.tables.read import read, read_tables

ROOT = Path(__file__).parents[1]
JATS = ROOT.parent / "shared" / "texts" / "jats"
# Seconds that no hostile file may take on one core of a busy machine.
MOST_SECONDS = 10


def texts(grid: Grid) -> list[list[str]]:
    return [[cell.text for cell in row] for row in grid.rows]


def write(folder: Path, content: bytes | str, name: str = "table") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def csv_tables(content: str) -> Tables:
    return delimited.read(content.encode(), "t.csv")


def html_tables(content: str) -> Tables:
    return html.read(content.encode(), "t.html")


def jats_tables(wrap: str, head: str = "") -> Tables:
    document = f'<?xml version="1.0"?>{head}<article xmlns:mml="http://www.w3.org/1998/Math/MathML"><body>{wrap}</body></article>'
    return jats.read(document.encode(), "t.xml")


def book_bytes(fill: Callable[[Any], None]) -> bytes:
    book = openpyxl.Workbook()
    fill(book.active)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def sheet_tables(rows: list[list[object]], change: Callable[[Any], None] = lambda sheet: None) -> Tables:
    def fill(sheet: Any) -> None:
        for row in rows:
            sheet.append(row)
        change(sheet)

    return xlsx.read(book_bytes(fill), "t.xlsx")


def word_tables(folder: Path, make: Callable[[Any], None]) -> Tables:
    document = docx.Document()
    make(document)
    document.save(str(folder / "t.docx"))
    return read(folder / "t.docx")


def word_table(document: Any, rows: list[list[str]]) -> Any:
    table = document.add_table(len(rows), max(map(len, rows)))
    for row, cells in zip(table.rows, rows, strict=True):
        for cell, text in zip(row.cells, cells, strict=False):
            cell.text = text
    return table


def only(tables: Tables) -> Grid:
    assert len(tables.grids) == 1, tables
    return tables.grids[0]


def check_rectangle(grid: Grid) -> None:
    """Each cell stands in every place of its span and nowhere else."""
    assert len({len(row) for row in grid.rows}) == 1
    for (row, cells), column in product(enumerate(grid.rows), range(len(grid.rows[0]))):
        cell = cells[column]
        assert cell.row <= row < cell.row + cell.row_span
        assert cell.column <= column < cell.column + cell.column_span
        for r, c in product(range(cell.row, cell.row + cell.row_span), range(cell.column, cell.column + cell.column_span)):
            assert grid.rows[r][c] is cell


def origins(grid: Grid) -> Iterator[Cell]:
    for (row, cells), column in product(enumerate(grid.rows), range(len(grid.rows[0]))):
        if (cells[column].row, cells[column].column) == (row, column):
            yield cells[column]


# --- spans ---------------------------------------------------------------------------------------

SPANS = st.lists(st.lists(st.tuples(st.integers(1, 4), st.integers(1, 4)), max_size=5), min_size=1, max_size=6)


@settings(deadline=None)
@given(SPANS, st.integers(0, 6))
def test_spans_neither_lose_nor_double_a_cell(rows: list[list[tuple[int, int]]], cut: int) -> None:
    named = [
        [Spanning((Piece(Kind.TEXT, f"r{r}c{c}"),), row_span, column_span) for c, (row_span, column_span) in enumerate(row)]
        for r, row in enumerate(rows)
    ]
    names = [cell.pieces[0].text for row in named for cell in row]
    try:
        drafts = place((named[:cut], named[cut:]), "t")
    except CorpusError as error:
        assert "overlap" in str(error)
        return
    tables = build("t", drafts)
    if not names:
        assert tables.grids == ()
        return
    grid = only(tables)
    check_rectangle(grid)
    assert sorted(cell.text for cell in origins(grid) if cell.text) == sorted(names)


@settings(deadline=None)
@given(SPANS)
def test_html_and_jats_give_the_same_cells(rows: list[list[tuple[int, int]]]) -> None:
    body = "".join(
        "<tr>" + "".join(f'<td rowspan="{r}" colspan="{c}">{n}.{i}</td>' for i, (r, c) in enumerate(row)) + "</tr>"
        for n, row in enumerate(rows)
    )
    one = html_tables(f"<html><body><table>{body}</table></body></html>")
    other = jats_tables(f"<table-wrap><table>{body}</table></table-wrap>")
    assert [grid.rows for grid in one.grids] == [grid.rows for grid in other.grids]


def test_spans_end_with_their_row_group_and_repeat_no_row_or_column() -> None:
    grid = only(
        html_tables(
            "<table><thead><tr></tr><tr><th rowspan=9>Case</th><th colspan=2>Dose</th></tr><tr></tr></thead>"
            "<tbody><tr><td>1</td><td colspan=2>46 Gy</td></tr></tbody></table>"
        )
    )
    # No cell begins in the third column or in the second row: they would print the same again.
    assert texts(grid) == [["Case", "Dose"], ["1", "46 Gy"]]
    assert [cell.row_span for cell in grid.rows[0]] == [1, 1]
    assert grid.header_rows == 1


def test_overlapping_spans_are_refused_with_their_place() -> None:
    tables = html_tables("<table><tr><td>a</td><td rowspan=2>b</td></tr><tr><td colspan=2>c</td></tr></table>")
    assert tables == Tables((), ("t.html, table 1, row 2, column 1: spans overlap, wanted one cell in each place",))


def test_rows_with_missing_cells_are_padded_and_told_of() -> None:
    tables = html_tables("<table><tr><th>Case</th><th>Age</th></tr><tr><td>1</td></tr></table>")
    assert texts(only(tables)) == [["Case", "Age"], ["1", ""]]
    assert tables.messages == ("t.html, table 1, row 2: 1 of 2 cells missing, taken as empty",)


# --- what stands in a cell -----------------------------------------------------------------------


def up(text: str) -> Piece:
    return Piece(Kind.SUPERSCRIPT, text)


def word(text: str) -> Piece:
    return Piece(Kind.TEXT, text)


@pytest.mark.parametrize(
    ("pieces", "marks", "text", "notes"),
    [
        ([word("45"), up("a")], "a", "45", ("a",)),
        ([word("45"), up("a,b")], "ab", "45", ("a", "b")),
        ([word("45"), up("ab")], "ab", "45", ("a", "b")),
        ([word("45"), up("a"), up(","), up("b")], "ab", "45", ("a", "b")),
        ([word("45"), up("a"), word(" Gy")], "", "45 Gy", ("a",)),
        ([word("45"), up("*†")], "", "45", ("*", "†")),
        ([word("45"), up("**")], "", "45", ("**",)),
        ([word("45"), up("1")], "1", "45", ("1",)),
        ([word("45"), up("1")], "", "45^1", ()),  # exponent, citation or mark: kept apart
        ([up("a"), word("Alone")], "", "Alone", ("a",)),
        ([word("BMI"), up("a"), word("of")], "", "BMI of", ("a",)),
        ([word("45"), up("a"), word("46")], "", "45 46", ("a",)),
        ([word("10"), up("5")], "", "10^5", ()),
        ([word("10"), up("5")], "5", "10^5", ()),  # a power or a value of 10 with note 5: not guessed
        ([word("3.1 × 10"), up("5"), word("/ml")], "5", "3.1 × 10^5/ml", ()),
        ([word("kg/m"), up("2")], "2", "kg/m^2", ()),
        ([word("cm"), up("3")], "", "cm^3", ()),
        ([word("h"), up("−1")], "", "h^−1", ()),
        ([word("Mg"), up("2+"), word(" free")], "", "Mg^2+ free", ()),
        ([word("2"), up("n")], "", "2^n", ()),
        ([word("R"), up("2")], "", "R^2", ()),
        ([word("Smith 2001"), up("12")], "", "Smith 2001 [12]", ()),
        ([word("Smith et al."), up("12,13")], "", "Smith et al. [12,13]", ()),
        ([word("Smith"), up("12–14")], "", "Smith [12–14]", ()),
        ([up("131"), word("I")], "", "131I", ()),
        ([word("1"), up("st"), word(" course")], "", "1st course", ()),
        ([word("m²")], "", "m^2", ()),
        ([word("45²")], "", "45^2", ()),
        ([word("45ᵃ")], "", "45", ("a",)),
        ([word("H₂O")], "", "H2O", ()),
        ([word("H"), Piece(Kind.SUBSCRIPT, "2 "), word("for 30 min")], "", "H2 for 30 min", ()),
        ([word("EQD2"), Piece(Kind.SUBSCRIPT, "10")], "", "EQD2_10", ()),
        ([word("CO"), Piece(Kind.SUBSCRIPT, "2"), word("5")], "", "CO2 5", ()),
        ([word("D"), Piece(Kind.SUBSCRIPT, "max")], "", "Dmax", ()),
        ([word("45*")], "", "45", ("*",)),
        ([word("a* (r)")], "", "a* (r)", ()),
        ([word("a* (r)")], "*", "a (r)", ("*",)),
        ([word("HLA-A*02")], "*", "HLA-A*02", ()),
        ([word("*")], "", "*", ()),  # a value, not a mark
        ([word("†")], "", "†", ()),  # as a value it says: died
        ([word("45 Gy"), BREAK, word("25 fractions")], "", "45 Gy; 25 fractions", ()),
        ([word("45 Gy/"), BREAK, word("25")], "", "45 Gy/ 25", ()),
        ([word("Dose"), BREAK, BREAK, word(" (Gy) "), BREAK], "", "Dose (Gy)", ()),
        ([word("–"), BREAK, word("–")], "", "–; –", ()),
        ([word("\u2003a\u00a0 \u200bb\u00ad\n c\x00")], "", "a bc", ()),  # a soft hyphen at a line end splits no word
        ([Piece(Kind.NOTE, "a)")], "", "", ("a",)),
        ([word("see "), Piece(Kind.NOTE, "the legend")], "", "see the legend", ()),
        ([word("Smith"), Piece(Kind.CITATION, "12")], "", "Smith [12]", ()),
        ([word("["), Piece(Kind.CITATION, "12"), word("]")], "", "[12]", ()),
        ([word("by "), Piece(Kind.CITATION, "Smith 2001")], "", "by Smith 2001", ()),
    ],
)  # fmt: skip
def test_superscripts_marks_and_breaks(pieces: list[Piece], marks: str, text: str, notes: tuple[str, ...]) -> None:
    assert compose(pieces, frozenset(marks)) == (text, notes)


def test_a_break_in_a_heading_is_for_want_of_room() -> None:
    assert compose([word("Total"), BREAK, word("dose")], frozenset(), is_header=True) == ("Total dose", ())


NUMBERS = st.from_regex(r"[0-9]{1,3}(\.[0-9])?", fullmatch=True)


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from([Kind.TEXT, Kind.SUBSCRIPT, Kind.NOTE, Kind.CITATION]), NUMBERS), min_size=1, max_size=5))
def test_no_number_grows_by_what_stands_beside_it(parts: list[tuple[Kind, str]]) -> None:
    pieces = [piece for kind, text in parts for piece in (Piece(kind, text), up("a"))]
    text, notes = compose(pieces, frozenset({"a"}))
    printed_whole = [*re.findall(r"[0-9]+(?:\.[0-9])?", text), *(note for note in notes if note != "a")]
    assert set(printed_whole) == {number for _, number in parts}
    assert "a" in notes


# --- CSV -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "rows"),
    [
        ("Case,Dose\n1,46\n", [["Case", "Dose"], ["1", "46"]]),
        ("\ufeffCase\tDose, Gy\r\n1\t45,5\r\n", [["Case", "Dose, Gy"], ["1", "45,5"]]),
        ("Case;Dose, Gy\n1;45,5\n", [["Case", "Dose, Gy"], ["1", "45,5"]]),
        ("Case|Dose\n1|46", [["Case", "Dose"], ["1", "46"]]),
        ('Case,Dose\n"1, the ""first""","46\n50"\n', [["Case", "Dose"], ['1, the "first"', "46; 50"]]),
        ("Case,Dose,\n1,,46\n,,\n", [["Case", "Dose", ""], ["1", "", "46"]]),
        ("Case,Dose\n<18,46\n", [["Case", "Dose"], ["<18", "46"]]),
        ("<18,Dose\n1,46\n", [["<18", "Dose"], ["1", "46"]]),
        ("Case,Dose\r1,46\r", [["Case", "Dose"], ["1", "46"]]),
    ],
)  # fmt: skip
def test_csv_by_content(content: str, rows: list[list[str]], tmp_path: Path) -> None:
    (grid,) = read_tables(write(tmp_path, content, "table.xlsx"))  # the name means nothing
    assert texts(grid) == rows
    check_rectangle(grid)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("a,b,c\n1,2,3\n1,2\n4,5,6\n", "t.csv:3: 2 cells (comma between them), wanted 3 as in most lines"),
        ('a,b\n1,"2\n2"\n4,5,6\n7,8\n', "t.csv:4: 3 cells (comma between them), wanted 2 as in most lines"),
        ("Table 1\nCase,Dose\n1,46\n2,50\n", "t.csv:1: 1 cells (comma between them), wanted 2 as in most lines"),
        ("no table here\nat all\n", "t.csv: no line is parted into cells, wanted a table (tab, comma, semicolon or bar between cells)"),
        ("a,b;c\n1,2;3\n", "t.csv: comma and semicolon both part the lines alike, wanted one delimiter; use tabs or quote the cells"),
        ('a,b\n1,"2\n', 't.csv:2: no valid CSV (unexpected end of data), wanted cells quoted as "a ""word"" in quotes"'),
        ("a,b\n1,\0\n", "t.csv: binary (a NUL byte at offset 6), wanted a text"),
        ("", "t.csv: is empty, wanted a text"),
        (" \n", "t.csv: holds only white space, wanted a text"),
        ("a,b\n1," + "x" * 20_000 + "\n", "t.csv:2: cell of 20000 characters, wanted at most 10000"),
        ("a,b\n" + "1,2\n" * 6_000, "t.csv: too large (rows: 5001), wanted at most 5000"),
        (("a," * 300 + "b\n") * 2, "t.csv: too large (columns: 301), wanted at most 200"),
    ],
)  # fmt: skip
def test_csv_refused(content: str, reason: str) -> None:
    with pytest.raises(CorpusError, match=f"^{re.escape(reason)}$"):
        csv_tables(content)


def test_csv_of_another_encoding_is_refused(tmp_path: Path) -> None:
    for encoding, reason in (("cp1252", "not UTF-8"), ("utf-16", "UTF-16 text, wanted UTF-8")):
        with pytest.raises(CorpusError, match=reason):
            read_tables(write(tmp_path, "Case,Größe\n1,2\n".encode(encoding), "t.csv"))


def test_csv_title_notes_and_two_tables() -> None:
    tables = csv_tables("Table 1. Doses,\nCase,Dose\n1,46*\n* one fraction,\n\nTable 2: Ages,\nCase,Age\n1,50\n")
    one, other = tables.grids
    assert (one.label, one.caption, texts(one)) == ("Table 1", "Doses", [["Case", "Dose"], ["1", "46"]])
    assert (dict(one.footnotes), one.rows[1][1].notes) == ({"*": "one fraction"}, ("*",))
    assert (other.label, other.caption, texts(other)) == ("Table 2", "Ages", [["Case", "Age"], ["1", "50"]])
    assert tables.messages == ()


@pytest.mark.parametrize(
    ("last", "is_note"),
    [
        ("NR, not reported", True), ("NR = not reported; F = female", True), ("Abbreviations: NR, not reported", True), ("* one fraction", True),
        ("Note: doses as given", True), ("NR", False), ("Total", False), ("Smith, unpublished", False), ("a", False), ("Data", False),
    ],
)  # fmt: skip
def test_a_last_row_of_one_cell_is_a_note_only_where_it_explains(last: str, is_note: bool) -> None:
    grid = only(csv_tables(f'Case,Dose\n1,46\n"{last}",\n'))
    assert len(grid.rows) == (2 if is_note else 3)
    assert last in (*grid.remarks, *(f"{mark} {text}" for mark, text in grid.footnotes.items()), grid.rows[-1][0].text)


def test_an_empty_line_that_may_stand_within_a_table_is_told_of() -> None:
    tables = csv_tables("Case,Dose\n1,46\n\n2,50\n")
    assert [texts(grid) for grid in tables.grids] == [[["Case", "Dose"], ["1", "46"]], [["2", "50"]]]
    assert tables.messages == (
        "t.csv: an empty row between line 1, column 1 to line 2, column 2 and from line 4, column 1, which has no headings of its own, "
        "read as two tables; if they are one, remove it",
    )


# Without the signs that may be footnote marks, raised or lowered digits.
CELLS = st.text(st.characters(codec="utf-8", categories=("L", "Nd", "Pd", "Zs", "Sc"), include_characters='",;|=<>%/'), max_size=8).map(
    lambda text: f"x{text}" if squeezed(text) else ""
)


@settings(deadline=None)
@given(st.lists(st.lists(CELLS, min_size=3, max_size=3), min_size=1, max_size=5))
def test_every_character_of_a_tsv_comes_back_once(rows: list[list[str]]) -> None:
    out = io.StringIO()
    whole = [["name", "of", "column"], *rows, ["the", "end", "."]]
    csv.writer(out, delimiter="\t", quoting=csv.QUOTE_ALL).writerows(whole)
    found = [
        text
        for grid in csv_tables(out.getvalue()).grids
        for text in (*(cell.text for cell in origins(grid)), grid.caption or "", *grid.remarks)
    ]
    assert Counter(squeezed("".join(found))) == Counter(squeezed("".join(cell for row in whole for cell in row)))


# --- XLSX ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "code", "text"),
    [
        (45, "General", "45"), (45.0, "General", "45"), (0.1 + 0.2, "General", "0.3"), (1.8, "0.00", "1.80"), (2.5, "0", "3"), (-2.5, "0", "-3"),
        (0.45, "0%", "45%"), (0.455, "0.0%", "45.5%"), (0.45, "General", "0.45"), (1234.5, "#,##0.00", "1,234.50"), (1234567, "#,##0", "1,234,567"),
        (50, '0" Gy"', "50 Gy"), (50, '0.0\\ "Gy"', "50.0 Gy"), (-3, "0;(0)", "(3)"), (0, '0;-0;"–"', "–"), (7, "000", "007"),
        (12345, "0.00E+00", "1.23E+04"), (99999, "0.0E+00", "1.0E+05"), (0.00012, "0.0E+00", "1.2E-04"), (0, "0.0E+00", "0.0E+00"),
        (1.5, "0.##", "1.5"), (2, "0.##", "2"), (0.5, "#.00", ".50"), (True, "General", "TRUE"), (None, "General", ""), (3, "[Red]0.0", "3.0"),
        (5_000_000, "0.0,,", "5.0"), (-0.001, "0.0", "0.0"), (2.0, '"≥"0', "≥2"), (3, 'General" months"', "3 months"), (1e15, "General", "1E+15"),
        (datetime.datetime(1976, 1, 5), "mmm-yy", "Jan-76"), (datetime.datetime(2019, 3, 5), "d/m/yyyy", "5/3/2019"),
        (datetime.datetime(2019, 3, 5), "mm-dd-yy", "2019-03-05"), (datetime.datetime(2019, 3, 5, 14, 7), "yyyy-mm-dd hh:mm", "2019-03-05 14:07"),
        (datetime.datetime(2019, 3, 5, 14, 7), "h:mm AM/PM", "2:07 PM"), (datetime.datetime(2019, 3, 5), "dddd, d mmmm yyyy", "Tuesday, 5 March 2019"),
        (datetime.date(2019, 3, 5), "General", "2019-03-05"), (datetime.time(1, 2), "h:mm", "01:02:00"), ("n/a", "0%", "n/a"),
    ],
)  # fmt: skip
def test_numbers_and_dates_are_read_as_shown(value: object, code: str, text: str) -> None:
    assert show(value, code) == (text, True)


@pytest.mark.parametrize("code", ["# ?/?", "[>100]0;0.0", "0 0"])
def test_a_number_in_a_format_that_is_not_understood_is_told_of(code: str) -> None:
    assert show(2.5, code) == ("2.5", False)


@settings(deadline=None)
@given(st.floats(-1e9, 1e9, allow_subnormal=False))
def test_general_keeps_eleven_digits(value: float) -> None:
    text, _ = show(value, "General")
    assert float(text) == pytest.approx(value, rel=1e-10, abs=1e-300)


def test_a_workbook_in_one_odd_shape(tmp_path: Path) -> None:
    def fill(sheet: Any) -> None:
        sheet.title = "Cases"
        for row in (
            ["Table 2. Doses of the cases"], [], ["Case", "Radiotherapy", None, "Rate"], [None, "Dose", "n", None],
            [1, 46, 23, 0.45], [2, None, "NR", 1], [None], ["a Before operation"], ["NR, not reported; n, fractions"],
        ):  # fmt: skip
            sheet.append(row)
        for merged in ("A3:A4", "B3:C3", "D3:D4", "A1:D1", "F1:G2"):
            sheet.merge_cells(merged)
        sheet["D5"].number_format = sheet["D6"].number_format = "0%"
        sheet["B5"].number_format = '0" Gy"'
        sheet["A6"] = CellRichText("2", TextBlock(InlineFont(vertAlign="superscript"), "a"))
        sheet["B6"] = CellRichText("10", TextBlock(InlineFont(vertAlign="superscript"), "5"), " cells")

    (grid,) = read_tables(write(tmp_path, book_bytes(fill), "doses.csv"))
    assert grid.where == f"{tmp_path / 'doses.csv'}, sheet Cases"
    assert (grid.label, grid.caption, grid.header_rows) == ("Table 2", "Doses of the cases", 0)
    assert texts(grid) == [
        ["Case", "Radiotherapy", "Radiotherapy", "Rate"], ["Case", "Dose", "n", "Rate"], ["1", "46 Gy", "23", "45%"], ["2", "10^5 cells", "NR", "100%"],
    ]  # fmt: skip
    assert grid.rows[3][0].notes == ("a",)
    assert (dict(grid.footnotes), grid.remarks) == ({"a": "Before operation"}, ("NR, not reported; n, fractions",))
    check_rectangle(grid)


def test_two_tables_in_a_sheet_and_two_sheets() -> None:
    rows: list[list[object]] = [["Case", "Dose", None, "Drug", "n"], [1, 46, None, "A", 3], [2, 50], [], ["Age", "Sex"], [50, "M"]]

    def more(sheet: Any) -> None:
        other = sheet.parent.create_sheet("Notes")
        other["A1"] = "made by hand"
        last = sheet.parent.create_sheet("More")
        last["B2"], last["C2"], last["B3"], last["C3"] = "Site", "n", "lung", 3
        sheet.parent.create_sheet("Empty")
        sheet.parent.create_sheet("Secret").sheet_state = "hidden"

    tables = sheet_tables(rows, more)
    assert [grid.where for grid in tables.grids] == [
        "t.xlsx, sheet Sheet, A1 to B3", "t.xlsx, sheet Sheet, D1 to E2", "t.xlsx, sheet Sheet, A5 to B6", "t.xlsx, sheet More",
    ]  # fmt: skip
    assert [texts(grid) for grid in tables.grids] == [
        [["Case", "Dose"], ["1", "46"], ["2", "50"]], [["Drug", "n"], ["A", "3"]], [["Age", "Sex"], ["50", "M"]], [["Site", "n"], ["lung", "3"]],
    ]  # fmt: skip
    assert tables.messages == ("t.xlsx, sheet Notes, A1: text of one column, no table, not read", "t.xlsx, sheet Secret: hidden, not read")


def test_an_unclear_parting_of_a_sheet_is_told_of() -> None:
    side = sheet_tables([["Case", "Age", None, "Dose", "n"], [1, 50, None, 46, 23]])
    assert len(side.grids) == 2
    assert side.messages == (
        "t.xlsx, sheet Sheet: an empty column between A1 to B2 and from D1, read as two tables; if they are one, remove it",
    )
    below = sheet_tables([["Case", "Age"], [1, 50], [], [2, 60], [3, 70]])
    assert len(below.grids) == 2
    assert [message for message in below.messages if "no headings of its own" in message] == list(below.messages)
    assert len(below.messages) == 1


def test_a_title_over_two_tables_beside_each_other() -> None:
    tables = sheet_tables(
        [["All of the cases"], ["Case", "Dose", None, "Drug", "n"], [1, 46, None, "A", 3], [2, 50]],
        lambda sheet: sheet.merge_cells("A1:E1"),
    )
    assert [texts(grid)[0] for grid in tables.grids] == [["Case", "Dose"], ["Drug", "n"]]
    assert tables.grids[0].caption == "All of the cases"


def test_formulae_hidden_rows_and_words_below_a_merge_are_told_of() -> None:
    def change(sheet: Any) -> None:
        sheet["B2"] = "=20+26"
        sheet.row_dimensions[2].hidden = True
        sheet.column_dimensions["C"].hidden = True
        sheet["D2"].number_format = "# ?/?"

    tables = sheet_tables([["Case", "Dose", "n", "Part"], [1, None, 23, 0.5]], change)
    assert texts(only(tables)) == [["Case", "Dose", "n", "Part"], ["1", "", "23", "0.5"]]
    assert set(tables.messages) == {
        "t.xlsx, sheet Sheet, B2: formula without a stored result, read as empty",
        "t.xlsx, sheet Sheet: hidden column C, row 2, read like the others",
        "t.xlsx, sheet Sheet, D2: number format '# ?/?' is not understood, the stored number 0.5 is read",
    }


def test_a_sheet_that_states_fewer_cells_than_it_has_is_read_whole() -> None:
    data = rewritten(
        book_bytes(lambda sheet: [sheet.append(row) for row in (["Case", "Dose"], [1, 46])]), "sheet1.xml", b'ref="A1:B2"', b'ref="A1:A1"'
    )
    assert texts(only(xlsx.read(data, "t.xlsx"))) == [["Case", "Dose"], ["1", "46"]]


SHARED_TYPE = b'<Override PartName="/xl/sharedStrings.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/></Types>'
SHEET_XML = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def shared_book(strings: str, rows: str) -> bytes:
    """A workbook as Excel writes it: texts in a part of their own, cells with their number."""
    data = rewritten(book_bytes(lambda sheet: None), "[Content_Types].xml", b"</Types>", SHARED_TYPE)
    out = io.BytesIO(data)
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for item in source.infolist():
            sheet = f"<worksheet {SHEET_XML}><sheetData>{rows}</sheetData></worksheet>".encode()
            target.writestr(item.filename, sheet if item.filename.endswith("sheet1.xml") else source.read(item))
        target.writestr("xl/sharedStrings.xml", f"<sst {SHEET_XML}>{strings}</sst>")
    return out.getvalue()


def test_texts_as_excel_stores_them() -> None:
    raised = '<r><rPr><vertAlign val="superscript"/></rPr><t>{}</t></r>'
    strings = (
        "<si><t>Case</t></si><si><r><t>Dose</t></r>" + raised.format("a") + "</si><si><r><t xml:space='preserve'>10</t></r>" + raised.format("5")
        + "<r><t xml:space='preserve'> cells&#10;per ml</t></r><rPh sb='0' eb='1'><t>unseen</t></rPh></si>"
    )  # fmt: skip
    rows = (
        '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c></row>'
        '<row><c t="str"><f>A1</f><v>Case 1</v></c><c t="s"><v>2</v></c></row>'
    )  # fmt: skip
    grid = only(xlsx.read(shared_book(strings, rows), "t.xlsx"))
    assert texts(grid) == [["Case", "Dose"], ["Case 1", "10^5 cells; per ml"]]
    assert grid.rows[0][1].notes == ("a",)


def rewritten(data: bytes, part: str, old: bytes, new: bytes) -> bytes:
    """The archive with some bytes of one part replaced."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for item in source.infolist():
            content = source.read(item)
            if item.filename.endswith(part):
                assert old in content, (item.filename, content[:500])
                content = content.replace(old, new, 1)
            target.writestr(item.filename, content)
    return out.getvalue()


# --- HTML ----------------------------------------------------------------------------------------

PAGE = """<!DOCTYPE html><html><head><title>x</title><style>td {color: red}</style></head><body>
<p>As Table 3 shows, doses differ.</p><h4>Table 3. Doses of <i>all</i> cases</h4>
<div><table>
<thead><tr><th rowspan="2">Case</th><th colspan="2">Radiotherapy<br>given</th></tr><tr><th>Dose<sup>a</sup>, Gy</th><td>n</td></tr></thead>
<tfoot><tr><td colspan="3"><sup>b</sup>In <b>one</b> week</td></tr></tfoot>
<tr><th scope="row">Smith 2001<sup>12</sup></th><td>46<sup><a href="#b">b</a></sup><script>alert(1)</script></td><td><p>23</p><p>or 24</p></td></tr>
<tr><th>Jones</th><td><span style="display:none">99</span>10<sup>2</sup></td><td>&ge;&nbsp;5&thinsp;&micro;m <!-- no --><img src=x alt="y"></td></tr>
</table></div>
<p><sup>a</sup>Total dose. <sup>c</sup>Not used.</p><p>NR, not reported; Gy, gray.</p><p>The text goes on with a = b.</p>
<table><tr><td><table><tr><td>inner</td><td>table</td></tr></table></td></tr></table>
<figure><img src="t.png"><figcaption>Table 4. A picture</figcaption></figure>
</body></html>"""


def test_a_page_in_odd_shapes(tmp_path: Path) -> None:
    tables = read(write(tmp_path, PAGE, "t.csv"))
    one, inner = tables.grids
    assert (one.label, one.caption, one.header_rows) == ("Table 3", "Doses of all cases", 2)
    assert texts(one) == [
        ["Case", "Radiotherapy given", "Radiotherapy given"], ["Case", "Dose, Gy", "n"],
        ["Smith 2001 [12]", "46", "23; or 24"], ["Jones", "10^2", "≥ 5 µm"],
    ]  # fmt: skip
    assert (one.rows[1][1].notes, one.rows[2][1].notes) == (("a",), ("b",))
    assert dict(one.footnotes) == {"a": "Total dose.", "b": "In one week", "c": "Not used."}
    assert one.remarks == ("NR, not reported; Gy, gray.",)
    assert [cell.is_header for cell in one.rows[2]] == [True, False, False]
    assert texts(inner) == [["inner", "table"]]
    assert tables.messages == (f"{tmp_path / 't.csv'}: 'Table 4. A picture' is only a picture, not read",)


def test_words_outside_of_cells_are_told_of() -> None:
    tables = html_tables("<table><tr>lost<td>a</td><td>b</td></tr></table>")
    assert tables.grids and any("lost" in message for message in tables.messages)


def test_html_in_the_encoding_that_it_declares() -> None:
    page = "<html><meta charset=windows-1252><table><tr><td>±5</td><td>µ</td></tr></table></html>".encode("cp1252")
    assert texts(only(html.read(page, "t.html"))) == [["±5", "µ"]]
    with pytest.raises(CorpusError, match="not UTF-8"):
        html.read(page.replace(b"<meta charset=windows-1252>", b""), "t.html")


def test_a_page_without_a_table_gives_none(tmp_path: Path) -> None:
    assert read_tables(write(tmp_path, "<html><p>none</p></html>")) == ()


# --- DOCX ----------------------------------------------------------------------------------------


def test_a_document_in_odd_shapes(tmp_path: Path) -> None:
    def make(document: Any) -> None:
        document.add_paragraph("Table 1 shows the doses.")
        document.add_paragraph("Table 1. Doses")
        document.add_paragraph("")
        table = word_table(document, [["Case", "Radiotherapy", ""], ["", "Dose", "n"], ["1", "46", "23"], ["2", "50", "25"]])
        table.cell(0, 0).merge(table.cell(1, 0)).text = "Case"
        table.cell(0, 1).merge(table.cell(0, 2)).text = "Radiotherapy"
        for row in table.rows[:2]:
            row._tr.get_or_add_trPr().append(parse_xml(f"<w:tblHeader {nsdecls('w')}/>"))
        run = table.cell(2, 1).paragraphs[0].add_run("a")
        run.font.superscript = True
        table.cell(2, 2).add_paragraph("in 5 weeks")
        table.cell(3, 1).paragraphs[0].add_run().add_break()
        table.cell(3, 1).paragraphs[0].add_run("Gy")
        hidden = table.cell(3, 2).paragraphs[0].add_run("99")
        hidden.font.hidden = True
        table.cell(3, 2).paragraphs[0]._p.append(parse_xml(f'<w:ins {nsdecls("w")} w:id="1" w:author="x"><w:r><w:t>6</w:t></w:r></w:ins>'))
        table.cell(3, 2).paragraphs[0]._p.append(
            parse_xml(f'<w:del {nsdecls("w")} w:id="2" w:author="x"><w:r><w:delText>7</w:delText></w:r></w:del>')
        )
        note = document.add_paragraph()
        note.add_run("a").font.superscript = True
        note.add_run("Before operation.")
        document.add_paragraph("NR: not reported; Gy: gray")
        document.add_paragraph("The text goes on.")
        outer = document.add_table(1, 2)
        outer.cell(0, 0).text = "outer"
        inner = outer.cell(0, 1).add_table(1, 2)
        inner.cell(0, 0).text, inner.cell(0, 1).text = "in", "ner"

    tables = word_tables(tmp_path, make)
    one, outer, inner = tables.grids
    assert (one.label, one.caption, one.header_rows) == ("Table 1", "Doses", 2)
    assert texts(one) == [
        ["Case", "Radiotherapy", "Radiotherapy"],
        ["Case", "Dose", "n"],
        ["1", "46", "23; in 5 weeks"],
        ["2", "50; Gy", "256"],
    ]
    assert (one.rows[2][1].notes, dict(one.footnotes), one.remarks) == (("a",), {"a": "Before operation."}, ("NR: not reported; Gy: gray",))
    check_rectangle(one)
    assert (texts(outer), texts(inner)) == ([["outer", ""]], [["in", "ner"]])
    assert any("inside of a cell" in message for message in tables.messages)


def test_words_own_footnotes(tmp_path: Path) -> None:
    def make(document: Any) -> None:
        reference = f'<w:r {nsdecls("w")}><w:rPr><w:vertAlign w:val="superscript"/></w:rPr><w:footnoteReference w:id="7"/></w:r>'
        document.add_paragraph("Of another place")._p.append(parse_xml(reference.replace('"7"', '"3"')))
        table = word_table(document, [["Case", "Dose"], ["1", "46"]])
        table.cell(1, 1).paragraphs[0]._p.append(parse_xml(reference))
        notes = "".join(
            f'<w:footnote w:id="{number}"><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:footnote>'
            for number, text in ((3, "Far"), (7, "Near"))
        )
        part = Part(
            PackURI("/word/footnotes.xml"),
            "application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml",
            f"<w:footnotes {nsdecls('w')}>{notes}</w:footnotes>".encode(),
            document.part.package,
        )
        document.part.relate_to(part, RELATIONSHIP_TYPE.FOOTNOTES)

    grid = only(word_tables(tmp_path, make))
    assert (grid.rows[1][1].text, grid.rows[1][1].notes, dict(grid.footnotes)) == ("46", ("2",), {"2": "Near"})


def test_words_that_a_merge_hides_are_told_of(tmp_path: Path) -> None:
    def make(document: Any) -> None:
        table = word_table(document, [["Case", "Dose"], ["1", "46"], ["2", "50"]])
        for row, value in ((1, "restart"), (2, "continue")):
            table.cell(row, 1)._tc.get_or_add_tcPr().append(parse_xml(f'<w:vMerge {nsdecls("w")} w:val="{value}"/>'))

    tables = word_tables(tmp_path, make)
    assert texts(only(tables)) == [["Case", "Dose"], ["1", "46"], ["2", "46"]]
    assert tables.messages == (f"{tmp_path / 't.docx'}, table 1, row 3, column 2: hidden below a merged cell, not read",)


def test_ragged_rows_of_a_document(tmp_path: Path) -> None:
    def make(document: Any) -> None:
        table = word_table(document, [["Case", "Dose", "n"], ["1", "46", "23"]])
        row = table.rows[1]._tr
        row.remove(row.tc_lst[2])

    tables = word_tables(tmp_path, make)
    assert texts(only(tables)) == [["Case", "Dose", "n"], ["1", "46", ""]]
    assert tables.messages == (f"{tmp_path / 't.docx'}, table 1, row 2: 1 of 3 cells missing, taken as empty",)


def test_a_caption_with_a_picture_is_told_of(tmp_path: Path) -> None:
    def make(document: Any) -> None:
        document.add_paragraph("Table 5. Only a picture")
        document.add_paragraph().add_run()._r.append(parse_xml(f"<w:drawing {nsdecls('w')}/>"))

    tables = word_tables(tmp_path, make)
    assert tables.grids == ()
    assert tables.messages == (f"{tmp_path / 't.docx'}: 'Table 5. Only a picture' is only a picture, not read",)
    with pytest.raises(CorpusError, match="only a picture"):
        read_tables(tmp_path / "t.docx")


@settings(deadline=None, max_examples=25)
@given(st.integers(1, 4), st.integers(1, 4), st.data())
def test_merges_of_word_and_excel_give_the_same_cells(rows: int, columns: int, data: st.DataObject) -> None:
    top, left = data.draw(st.integers(0, rows - 1)), data.draw(st.integers(0, columns - 1))
    bottom, right = data.draw(st.integers(top, rows - 1)), data.draw(st.integers(left, columns - 1))
    names = [[f"c{row}.{column}" for column in range(columns)] for row in range(rows)]
    document = docx.Document()
    table = word_table(document, names)
    table.cell(top, left).merge(table.cell(bottom, right)).text = names[top][left]
    out = io.BytesIO()
    document.save(out)
    from corpus.tables import docx as word_reader

    word_grid = only(word_reader.read(out.getvalue(), "t"))

    def fill(sheet: Any) -> None:
        for row in names:
            sheet.append(row)
        if (top, left) != (bottom, right):
            sheet.merge_cells(start_row=top + 1, start_column=left + 1, end_row=bottom + 1, end_column=right + 1)

    sheets = xlsx.read(book_bytes(fill), "t").grids
    covered = {names[r][c] for r, c in product(range(top, bottom + 1), range(left, right + 1))} - {names[top][left]}
    expected = sorted(name for row in names for name in row if name not in covered)
    check_rectangle(word_grid)
    assert sorted(cell.text for cell in origins(word_grid)) == expected
    if sheets and sheets[0].caption is None:  # one column is no table of a sheet; a row of one cell is its title
        assert texts(sheets[0]) == texts(word_grid)


# --- JATS ----------------------------------------------------------------------------------------

WRAP = """<table-wrap id="T1"><label>Table 1.</label><caption><title>Doses</title><p>of <italic>all</italic> cases</p></caption>
<table><thead><tr><td rowspan="2"><bold>Case</bold></td><td colspan="2">Radiotherapy<break/>given</td></tr><tr><td>Dose<xref ref-type="table-fn" rid="f1"><sup>a</sup></xref></td><td>n</td></tr></thead>
<tbody><tr><td>Smith <italic>et al</italic>.<sup><xref ref-type="bibr" rid="r1">12</xref>,<xref ref-type="bibr" rid="r2">13</xref></sup></td>
<td>46<xref ref-type="table-fn" rid="f2"/></td><td><p>23</p><p>24<sup>*</sup></p></td></tr>
<tr><td>Jones [<xref ref-type="bibr" rid="r3">14</xref>]</td><td><inline-formula><alternatives><tex-math>\\begin{document}$10^{5}$\\end{document}</tex-math>
<mml:math><mml:mn>3</mml:mn><mml:mo>×</mml:mo><mml:msup><mml:mn>10</mml:mn><mml:mn>5</mml:mn></mml:msup></mml:math></alternatives></inline-formula></td>
<td>5<inline-graphic href="x"/></td></tr></tbody></table>
<table><tr><td>second</td><td>part<sup>a</sup></td></tr></table>
<table-wrap-foot><fn id="f1"><label>a</label><p>Total.</p><p>In Gy.</p></fn><fn id="f2"><p>Once.</p></fn><p>* P&lt;0.05; ** P&lt;0.01</p><p>Gy, gray</p></table-wrap-foot></table-wrap>"""


def test_a_table_wrap_in_odd_shapes() -> None:
    tables = jats_tables(WRAP)
    one, other = tables.grids
    assert (one.label, one.caption, one.header_rows) == ("Table 1", "Doses of all cases", 2)
    assert (other.label, other.caption, other.where) == ("Table 1", "Doses of all cases", "t.xml, table 2")
    assert texts(one) == [
        ["Case", "Radiotherapy given", "Radiotherapy given"], ["Case", "Dose", "n"],
        ["Smith et al. [12] [13]", "46", "23; 24"], ["Jones [14]", "3×10^5", "5"],
    ]  # fmt: skip
    assert [one.rows[1][1].notes, one.rows[2][1].notes, one.rows[2][2].notes] == [("a",), ("2",), ("*",)]
    assert dict(one.footnotes) == {"a": "Total. In Gy.", "2": "Once.", "*": "P<0.05;", "**": "P<0.01"}
    assert one.remarks == ("Gy, gray",)
    assert (texts(other), other.rows[0][1].notes) == ([["second", "part"]], ("a",))
    assert tables.messages == ("t.xml, table 1: a picture in a cell, not read",)


@pytest.mark.parametrize(
    "around", ["<body><sec>{}</sec></body>", "<floats-group>{}</floats-group>", "<back><app-group><app>{}</app></app-group></back>"]
)
def test_tables_stand_anywhere_in_an_article(around: str) -> None:
    wrap = "<table-wrap><table><tr><td>a</td><td>b</td></tr></table></table-wrap>"
    document = f"<articles><article>{around.format(wrap)}</article><article>{around.format(wrap)}</article></articles>"
    assert [texts(grid) for grid in jats.read(document.encode(), "t.xml").grids] == [[["a", "b"]]] * 2


def test_a_table_that_is_only_a_picture_is_told_of(tmp_path: Path) -> None:
    wrap = '<table-wrap><label>Table 2</label><caption><p>Doses</p></caption><graphic href="t.jpg"/></table-wrap>'
    tables = jats_tables(wrap + WRAP)
    assert len(tables.grids) == 2
    assert tables.messages[-1] == "t.xml: 'Table 2 Doses' is only a picture, not read"
    with pytest.raises(CorpusError, match="only a picture"):
        read_tables(write(tmp_path, f"<article><front/>{wrap}</article>"))


def test_a_table_in_two_forms_is_read_once() -> None:
    table = "<table><tr><td>a</td><td>b</td></tr></table>"
    tables = jats_tables(f"<table-wrap><alternatives><graphic/>{table}{table}</alternatives></table-wrap>")
    assert len(tables.grids) == 1
    assert tables.messages == ()


def test_a_namespace_and_entities() -> None:
    head = '<!DOCTYPE article PUBLIC "-//NLM//DTD" "archivearticle.dtd" [<!ENTITY mine "secret">]>'
    wrap = "<table-wrap><table><tr><td>&alpha;/&beta;</td><td>&#xb1;</td></tr></table></table-wrap>"
    document = f'{head}<article xmlns="https://jats.nlm.nih.gov/ns/archiving/1.3/"><body>{wrap}</body></article>'
    assert texts(only(jats.read(document.encode(), "t.xml"))) == [["α/β", "±"]]
    bad = jats.read(document.replace("&alpha;", "&mine;").encode(), "t.xml")
    assert bad.messages == ("t.xml, table 1: entity &mine; is unknown, wanted the character itself",)


def test_one_bad_table_does_not_keep_the_others_from_being_read() -> None:
    tables = jats_tables('<table-wrap><table><tr><td rowspan="two">x</td></tr></table></table-wrap>' + WRAP)
    assert len(tables.grids) == 2
    assert tables.messages[0] == "t.xml, table 1, row 1: rowspan is 'two', wanted a number"


# --- the real ones -------------------------------------------------------------------------------

# Element names whose begin and end part words.
PARTING = {"break", "hr", "p", "list-item"}


def squeezed(text: str) -> str:
    """The visible characters of a text: what the readers may neither lose nor add, wherever the white space is."""
    return "".join(c for c in text if not c.isspace() and unicodedata.category(c) not in ("Cf", "Cc"))


def printed(cell: ElementTree.Element) -> str:
    """The text of a cell by a walk that knows nothing of the readers: superscripts in braces."""
    name = cell.tag.rpartition("}")[2]
    inner = (cell.text or "") + "".join(printed(child) + (child.tail or "") for child in cell)
    if name == "sup":
        return f"{{{inner}}}"
    return f" {inner} " if name in PARTING else inner


def real_tables() -> list[tuple[Path, list[list[ElementTree.Element]]]]:
    """All tables of the files, as rows of cells."""
    if not JATS.is_dir():
        pytest.skip(f"{JATS} is missing: the published articles lie beside the repository, not in it")
    found = []
    for path in sorted(JATS.glob("*.xml")):
        for table in ElementTree.parse(path).getroot().iter("table"):
            found.append((path, [[cell for cell in row if cell.tag in ("td", "th")] for row in table.iter("tr")]))
    return found


def test_the_fourteen_real_tables_lose_fuse_and_double_no_cell() -> None:
    expected = real_tables()
    grids = [grid for path in sorted(JATS.glob("*.xml")) for grid in read(path).grids]
    assert len(grids) == len(expected) == 14
    for grid, (path, rows) in zip(grids, expected, strict=True):
        check_rectangle(grid)
        assert grid.label and grid.caption and str(path) in grid.where
        told = [[cell for cell in origins(grid) if cell.row == row] for row in range(len(grid.rows))]
        assert len(told) == len(rows)
        for cells, elements in zip(told, rows, strict=True):
            assert len(cells) == len(elements)
            for cell, element in zip(cells, elements, strict=True):
                assert (cell.row_span, cell.column_span) == (int(element.get("rowspan", "1")), int(element.get("colspan", "1")))
                check_words(cell, printed(element))


def check_words(cell: Cell, wanted: str) -> None:
    """Words of the cell against those of the XML: marks beside, exponents with a caret, the rest word for word."""
    without_marks = re.sub(r"\{[^\d−+]{1,2}\}", "", wanted)
    if "*" in cell.notes:
        without_marks = without_marks.replace("*", "")
    raised = re.sub(r"\{([^}]*)\}", r"^\1", without_marks)
    assert cell.text.replace(";", "").split() == raised.replace(";", "").split()
    marks = re.findall(r"\{([^\d−+]{1,2})\}", wanted)
    assert [mark for mark in cell.notes if mark != "*"] == marks


def test_marks_of_the_real_tables_have_their_footnotes() -> None:
    real_tables()
    grids = [grid for path in sorted(JATS.glob("*.xml")) for grid in read(path).grids]
    used = [(grid, mark) for grid in grids for cell in origins(grid) for mark in cell.notes]
    assert len(used) == 30
    assert all(grid.footnotes[mark] for grid, mark in used)
    assert not any(message for path in JATS.glob("*.xml") for message in read(path).messages)


# --- files that mean harm, or nothing ------------------------------------------------------------


def zipped(**parts: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name.replace("__", "/").replace("_xml", ".xml"), content)
    return out.getvalue()


def encrypted() -> bytes:
    data = bytearray(zipped(xl__workbook_xml=b"<x/>"))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


BOOK = book_bytes(lambda sheet: [sheet.append(row) for row in (["Case", "Dose"], [1, 46])])
BILLION = (
    "<!DOCTYPE article [<!ENTITY a 'xxxxxxxxxx'>" + "".join(f"<!ENTITY {chr(98 + n)} '{f'&{chr(97 + n)};' * 10}'>" for n in range(9)) + "]>"
)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"%PDF-1.7 ...", "a PDF, wanted CSV"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512), "an old Office file"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "protected by a password"),
        (encrypted(), "protected by a password"),
        (b"PK\x03\x04 and no more", "broken archive"),
        (BOOK[:-60], "broken archive"),
        (BOOK[:200] + bytes(50) + BOOK[250:], "broken archive|not a workbook"),
        (zipped(mimetype=b"application/vnd.oasis.opendocument.spreadsheet"), "without a workbook or a document"),
        (zipped(xl__workbook_xml=b"<x/>"), "not a workbook that can be read"),
        (zipped(word__document_xml=b"<x/>"), "not a document that can be read"),
        (zipped(xl__workbook_xml=bytes(200_000_000)), "MB of XML when unpacked, wanted at most 20 MB"),
        (zipped(xl__workbook_xml=b"<x/>", xl__media=bytes(200_000_000)), "MB of contents when unpacked, wanted at most 100 MB"),
        (zipped(**{f"xl__p{n}": b"" for n in range(3000)}), "3000 parts"),
        (zipped(xl__workbook_xml=f"{BILLION}<x>&j;</x>".encode()), "declares a document type"),
        (zipped(word__document_xml="<!DOCTYPE a><x/>".encode("utf-16")), "not UTF-8"),
        (rewritten(BOOK, "sheet1.xml", b'r="B2"', b'r="ZZ2"'), "sheet is too large"),
        (rewritten(BOOK, "sheet1.xml", b'<c r="A2"', b'<c r="A9999999"'), "sheet is too large"),
        (rewritten(BOOK, "sheet1.xml", b"</sheetData>", b'</sheetData><mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells>'), "too large"),
        (rewritten(BOOK, "sheet1.xml", b"</sheetData>", b'</sheetData><mergeCells><mergeCell ref="A1:B1"/><mergeCell ref="A1:A2"/></mergeCells>'), "overlap"),
        (shared_book("<si><t>a</t></si>" * 900_000, "<row><c><v>1</v></c><c><v>1</v></c></row>"), "MB of texts"),
        (shared_book("<si><r><rPr><b/></rPr><t>a</t></r></si>" * 80_000, "<row><c><v>1</v></c><c><v>1</v></c></row>"), "."),
        (rewritten(BOOK, "styles.xml", b"</cellXfs>", b"<xf/>" * 1_000_000 + b"</cellXfs>"), "MB of cell formats"),
        (f"{BILLION}<article><front/><table-wrap><table><tr><td>&j;</td></tr></table></table-wrap></article>", "amplification factor exceeded"),
        (f'{BILLION}<article><front/><table-wrap><table><tr><td align="&j;">x</td></tr></table></table-wrap></article>', "no well-formed XML|."),
        ('<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><article><table-wrap><table><tr><td>&x;</td></tr></table></table-wrap></article>', "entity &x;"),
        ("<article><front/><table-wrap><table><tr><td>x</tr></table-wrap></article>", "no well-formed XML"),
        ("<article><front/>" + "<sec>" * 5000 + "</sec>" * 5000 + "</article>", "no well-formed XML"),
        ("<html>" + "<div>" * 5000 + "<table><tr><td>x</td></tr></table>", "excessive depth"),
        ("<html><table><tr><td>" + "x" * 12_000_000 + "</td></tr></table>", "12.0 MB, wanted at most 10 MB of text"),
        ("<table><tr><td>" + "x" * 1_000_000 + "</td></tr></table>", "1000000 characters, wanted at most 10000 in one cell"),
        ("<table><tr><td rowspan=1000000>x</td></tr></table>", "rowspan is 1000000, wanted at most 1000"),
        ("<table><tr><td colspan=900>x</td></tr></table>", "too large"),
        ("<table>" + "<tr>" + "<td rowspan=999>x" * 150 + "</table>", "."),
        ("<table>" + ("<tr>" + "<td rowspan=999>x" * 150) * 2000 + "</table>", "too large"),
        ("<table><tr><td>x" * 600, "600 tables|excessive depth"),
        ("<table><tr><td>x</table>" * 600, "600 tables"),
        ("<table>" + "<tr><td>x" * 6_000, "too large"),
        ("<?xml version='1.0'?><Workbook><Row/></Workbook>", "XML with the root 'Workbook'"),
        ('"' * 100_000, "."),
        ("a,b\n" * 2 + '"' + "x\n" * 100_000, "no valid CSV"),
        (",".join("ab"), "."),
        (bytes(range(256)) * 50, "binary"),
    ],
)  # fmt: skip
def test_hostile_and_useless_files_are_refused_soon(content: bytes | str, reason: str, tmp_path: Path) -> None:
    path = write(tmp_path, content)
    started = time.process_time()
    try:
        grids = read_tables(path)
    except CorpusError as error:
        assert str(error).startswith(str(path))
        assert "\n" not in str(error)
        assert len(str(error)) < 600
        assert re.search(reason, str(error)), str(error)
    else:
        assert reason == "." or reason.endswith("|."), texts(grids[0])[:3] if grids else "no table, no error"
    assert time.process_time() - started < MOST_SECONDS


def test_missing_files_and_folders(tmp_path: Path) -> None:
    for path, reason in ((tmp_path / "none.csv", "no such file or directory"), (tmp_path, "is a directory")):
        with pytest.raises(CorpusError, match=reason):
            read_tables(path)


def test_the_largest_tables_allowed_are_read_in_time(tmp_path: Path) -> None:
    rows = 1_900
    for content in (
        "\n".join(",".join(f"{row}.{column}" for column in range(50)) for row in range(rows)),
        "<table>" + "".join("<tr>" + "".join(f"<td>{row}.{column}</td>" for column in range(50)) for row in range(rows)) + "</table>",
    ):
        started = time.process_time()
        (grid,) = read_tables(write(tmp_path, content))
        assert (len(grid.rows), len(grid.rows[0])) == (rows, 50)
        assert time.process_time() - started < MOST_SECONDS


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    from corpus.tables import read as reading

    for start in (b"", b"PK\x03\x04", b"<table><tr><td>", b"<article><table-wrap><table>"):
        try:
            tables = reading._read(start + data, "t")
        except CorpusError as error:
            assert str(error).startswith("t")
            assert "\n" not in str(error)
        else:
            for grid in tables.grids:
                check_rectangle(grid)


def test_blank_drafts_keep_their_column() -> None:
    grid = only(build("t", [Draft((), 0, 0), Draft((word("Dose"),), 0, 1), Draft((word("1"),), 1, 0), Draft((word("46"),), 1, 1)]))
    assert texts(grid) == [["", "Dose"], ["1", "46"]]


def test_escaped_signs_come_back() -> None:
    sign = "<5 & >3 ≥ ± µ − –"
    assert texts(only(jats_tables(f"<table-wrap><table><tr><td>{escape(sign)}</td><td>x</td></tr></table></table-wrap>")))[0][0] == sign
