"""Tables of doses: what is read of made-up tables in every shape, in every format, and what the command line does with them."""

from __future__ import annotations

import csv
import html
import io
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

import casebook
from corpus.dose_table import DoseTable, load_dose_table
from corpus.tables.grid import Cell, Grid
from corpus.tables.read import read_tables
from db import load
from db.intake import dose_tables
from extract.pipeline import Pipeline
from extract.tables import headings, prescriptions, words
from extract.tables.headings import Heading
from extract.tables.prescriptions import Asked, CellError
from extract.tables.prose import Prose
from extract.tables.understand import understand
from extract.tables.understood import DOSES, Understood
from tests.table_examples import FOLDER, Example, examples, grid, told

EXAMPLES = examples()
JATS = Path(__file__).parents[2] / "shared" / "texts" / "jats"


def ids(example: Example) -> str:
    return example.name


# --- what is understood --------------------------------------------------------------------------


def test_there_are_enough_examples() -> None:
    assert len(EXAMPLES) >= 25
    assert all(example.expected for example in EXAMPLES)
    decisions = [example.expected[0].split(":")[0] for example in EXAMPLES]
    assert min(decisions.count(f"=> {name}") for name in ("table of doses", "other table", "refused")) >= 5


@pytest.mark.parametrize("example", EXAMPLES, ids=ids)
def test_example(example: Example, pipeline: Pipeline) -> None:
    assert "\n".join(told(understand(example.grid, pipeline))) == "\n".join(example.expected)


@pytest.mark.parametrize("example", EXAMPLES, ids=ids)
def test_every_printed_cell_of_a_line_is_kept(example: Example, pipeline: Pipeline) -> None:
    found = understand(example.grid, pipeline)
    if found.decision != DOSES:
        return
    printed = {cell.text for row in example.grid.rows for cell in row if cell.text}
    kept = {cell.printed for cell in found.cells} | {column.heading for column in found.columns}
    across = {row[0].text for row in example.grid.rows if row[0].column_span == len(row)}
    parts = {part for heading in kept for part in heading.split(" › ")}
    assert printed - across <= kept | parts


def test_the_columns_are_told(pipeline: Pipeline) -> None:
    found = understand(next(example.grid for example in EXAMPLES if example.name == "merged_headings"), pipeline)
    assert [(column.heading, column.meaning, column.unit) for column in found.columns] == [
        ("Author", "reference", None),
        ("Patients › Age", "age", None),
        ("Patients › Sex", "sex", None),
        ("Radiotherapy › Dose (Gy)", "dose", "Gy"),
        ("Radiotherapy › Fractions", "fractions", None),
        ("Radiotherapy › Technique", "technique", None),
        ("Outcome › Status", "status", None),
        ("Outcome › Follow-up (mo)", "follow_up", "months"),
    ]


def test_dose_per_fraction_is_kept_or_computed(pipeline: Pipeline) -> None:
    found = understand(next(example.grid for example in EXAMPLES if example.name == "columns_of_fractions"), pipeline)
    assert [(row.total_dose_gy, row.fractions, row.dose_per_fraction_gy) for row in found.rows] == [
        (60, 30, 2), (60, 30, None), (50, 25, 2), (None, None, None), (60, 30, 2), (60, None, None),
    ]  # fmt: skip


@pytest.mark.parametrize(("text", "is_own"), [("Present case", True), ("Our case, 2022", True), ("Doe 2001", False), ("Case 2001", False)])
def test_a_line_of_the_authors_own_patient_says_so(text: str, is_own: bool, pipeline: Pipeline) -> None:
    found = understand(grid([["Author", "n", "Site", "Dose (Gy)"], [text, "1", "thigh", "60"]]), pipeline)
    assert found.cells[0].read == ("the authors' own patient" if is_own else None)


@pytest.mark.parametrize("words", ["60 Gy and ", "60 Gy + ", "(", "1/", "a=", "M ", "24 months, "])
def test_endless_words_are_refused_at_once(words: str, pipeline: Pipeline) -> None:
    endless = words * 20_000
    rows = [
        ["Author", "Age", "Sex", "Site", "Dose (Gy)", "Follow-up (months)"],
        ["Doe 2001", *[endless] * 5],
        ["Roe 2003", "61", "F", "arm", "60", "9"],
    ]
    begun = time.process_time()
    found = understand(replace(grid(rows), remarks=(endless,), caption="Chordoma"), pipeline)
    assert time.process_time() - begun < 5
    assert [row.total_dose_gy for row in found.rows] == [None, 60]
    assert found.cells[4].message is not None and found.cells[4].message.endswith("characters, wanted at most 400; no dose taken")


def test_footnotes_stand_beside_their_cells_and_spell_out_abbreviations(pipeline: Pipeline) -> None:
    lines = grid([["Author", "n", "Site", "Surgery", "Dose (Gy)"], ["Doe 2001", "1", "thigh", "WE", "60"]])
    marked = tuple(replace(cell, notes=("a",)) if cell.text == "60" else cell for cell in lines.rows[1])
    noted = replace(lines, rows=(lines.rows[0], marked), footnotes=MappingProxyType({"a": "To the tumour bed.", "b": "WE = wide excision"}))
    found = understand(noted, pipeline)
    assert [cell.note for cell in found.cells] == [None, None, None, None, "To the tumour bed."]
    assert found.rows[0].surgery is True
    assert found.abbreviations == {"WE": "wide excision"}


def test_the_imt_table_is_understood_as_people_read_it(pipeline: Pipeline) -> None:
    """The printed cells, with the OCR's "≥" put right, give what people read wherever a cell is of one patient."""
    curated = load_dose_table(casebook.DOSE_TABLES / "imt_radiotherapy.csv")
    found = understand(_grid_of(curated), pipeline)
    read = {(row.row_number, row.dose_group): row for row in found.rows}
    assert read.keys() == {(row.row_number, row.dose_group) for row in curated.rows}
    # What people know and the cells do not say: see the corrections.
    known = {
        (2, "n_patients"), (2, "n_male"), (2, "n_female"), (2, "dose_group_n"), (2, "fractions"), (2, "dose_per_fraction_gy"), (2, "recurrence"),
        (2, "n_recurred"), (2, "recurrence_months"), (6, "site_topography"), (8, "recurrence"), (8, "n_recurred"),
    }  # fmt: skip
    different = {
        (row.row_number, name)
        for row in curated.rows
        for name in row.__dataclass_fields__
        if not name.endswith("_printed") and getattr(row, name) != getattr(read[row.row_number, row.dose_group], name)
    }
    assert different == known


def _grid_of(table: DoseTable) -> Grid:
    """The IMT table's printed cells with what OCR did to a sign and a letter undone."""
    rows = [[column.heading.replace("(%)", "n") for column in table.table_columns]]
    for cell in table.cells:
        if cell.column_number == 1:
            rows.append([])
        text = cell.printed.replace("PFS2", "PFS ≥") if cell.printed.startswith("PFS2") else cell.printed.replace("4AM", "4M")
        rows[-1].append(text)
    remark = "; ".join(f"{short}={long}" for short, long in table.abbreviations.items())
    return replace(grid(rows), caption=table.title, remarks=(remark,))


# --- no dose without a unit ------------------------------------------------------------------------

_UNITLESS = st.text(alphabet="0123456789 .,/-–x×()%±<>≥~+nFfrRtToInmM;=", max_size=25)
_CELLS = st.one_of(
    _UNITLESS,
    st.from_regex(r"\d{1,4}(\.\d)?( ?(/|x|in|to|-) ?\d{1,3}( ?(fractions|fx|F))?)?( \(\d/\d\))?", fullmatch=True),
    st.sampled_from(
        ["60", "45/25", "60 (30 fx)", "2 x 30", "60 in 30 fractions", "20 (6/8) 30 (1/8)", "IMRT 60/30", "60 grade 2", "sixty", "60 years"]
    ),
)


@settings(max_examples=150, deadline=None)
@given(cell=_CELLS, fractions=st.sampled_from(["", "30", "30 fx", "NR"]), each=st.sampled_from(["", "2", "1.8"]))
def test_no_cell_without_a_unit_gives_a_dose(cell: str, fractions: str, each: str, pipeline: Pipeline) -> None:
    asked = Asked((cell, headings.read("Dose")), (fractions, headings.read("Fractions")), (each, headings.read("Dose per fraction")), None)
    try:
        found = prescriptions.read(asked, Prose(pipeline))
    except CellError:
        return
    assert found == ()


@settings(max_examples=60, deadline=None)
@given(
    names=st.lists(
        st.sampled_from(["Author", "n", "Age", "Sex", "Site", "Dose", "RT dose", "Radiotherapy", "Treatment", "Total dose/fractions", "Fractions",
                         "Dose per fraction", "Fraction size", "Follow-up (months)", "Status", "Median dose", "Dose (mg)"]),
        min_size=2, max_size=7, unique=True,
    ),
    data=st.data(),
    is_turned=st.booleans(),
)  # fmt: skip
def test_no_table_without_a_unit_gives_a_dose(names: list[str], data: st.DataObject, is_turned: bool, pipeline: Pipeline) -> None:
    cell = st.one_of(_CELLS, st.sampled_from(["Doe 2001", "1", "54", "M", "thigh", "RT", "30", "NED"])).map(lambda text: text.strip("<^ "))
    rows = [names, *(data.draw(st.lists(cell, min_size=len(names), max_size=len(names))) for _ in range(3))]
    rows = [list(column) for column in zip(*rows, strict=True)] if is_turned else rows
    table = Grid("table", tuple(tuple(Cell(text, y, x) for x, text in enumerate(row)) for y, row in enumerate(rows)))
    found = understand(table, pipeline)
    assert all(row.total_dose_gy is None and row.dose_per_fraction_gy is None for row in found.rows)


@settings(max_examples=80, deadline=None)
@given(text=st.text(max_size=60), heading=st.text(max_size=40))
def test_any_words_are_a_value_or_a_message(text: str, heading: str, pipeline: Pipeline) -> None:
    rows = [["Author", "Age", "Sex", "Site", "Dose (Gy)", "Status", heading], ["Doe 2001", text, text, text, text, text, text]]
    cells = tuple(tuple(Cell(" ".join(cell.split()), y, x) for x, cell in enumerate(row)) for y, row in enumerate(rows))
    found = understand(Grid("table", (*cells, *(_second_line(2),))), pipeline)
    for row in found.rows:
        assert row.total_dose_gy is None or 0 < row.total_dose_gy <= 150
    for cell in found.cells:
        assert cell.message is None or "\n" not in cell.message


def _second_line(row: int) -> tuple[Cell, ...]:
    return tuple(Cell(text, row, at) for at, text in enumerate(["Roe 2003", "61", "F", "thigh", "60", "NED", ""]))


# --- headings and words ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "meanings", "gray", "time"),
    [
        ("Total dose (Gy)", ("dose",), "Gy", None),
        ("RT dose, cGy", ("dose",), "cGy", None),
        ("Dose [Gy (RBE)]", ("dose",), "Gy(RBE)", None),
        ("Dose (Gy or cGy)", ("dose",), None, None),
        ("Dose (Gy/fractions)", ("dose", "fractions"), "Gy", None),
        ("Dose (Gy)/fractions", ("dose", "fractions"), "Gy", None),
        ("Dose/fraction (Gy)", ("dose_per_fraction",), "Gy", None),
        ("Fraction size (cGy)", ("dose_per_fraction",), "cGy", None),
        ("No. of fractions", ("fractions",), None, None),
        ("Dose (mg/m2)", ("other",), None, None),
        ("Dose rate (Gy/h)", ("other",), None, None),
        ("BED10 (Gy)", ("other",), "Gy", None),
        ("Mean heart dose (Gy)", ("other",), "Gy", None),
        ("Surviving fraction", ("other",), None, None),
        ("Follow-up, months", ("follow_up",), None, "months"),
        ("PFS (y)", ("follow_up",), None, "years"),
        ("Status (follow-up, months)", ("status", "follow_up"), None, "months"),
        ("Age (yrs)/Sex", ("age", "sex"), None, "years"),
        ("Author (year)", ("reference",), None, "years"),
        ("Stage", ("other",), None, None),
        ("Log fold change", (), None, None),
        ("", (), None, None),
    ],
)
def test_headings(text: str, meanings: tuple[str, ...], gray: str | None, time: str | None) -> None:
    found = headings.read(text)
    assert (found.meanings, found.gray, found.time) == (meanings, gray, time)


def test_a_heading_tells_which_sex_stands_first() -> None:
    assert [headings.read(text).order for text in ("Sex (M/F)", "F:M", "Female/male", "Sex")] == ["male", "female", "female", None]


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("n.r.", "missing"),
        ("–", "missing"),
        ("N/A", "missing"),
        ("", None),
        ("F", "female"),
        ("NED", "NED"),
        ("(PR)", "PR"),
        ("45 Gy", None),
    ],
)
def test_words(text: str, concept: str | None) -> None:
    assert words.concept(text) == concept


def test_dose_headings_without_a_cell_give_nothing(pipeline: Pipeline) -> None:
    assert prescriptions.read(Asked(("", Heading("Dose (Gy)", ("dose",), ("Gy",)))), Prose(pipeline)) == ()


# --- formats -----------------------------------------------------------------------------------------


def _texts(table: Grid) -> list[list[str]]:
    return [[cell.text for cell in row] for row in table.rows]


def _delimited(sign: str) -> Callable[[Grid], bytes]:
    def write(table: Grid) -> bytes:
        out = io.StringIO()
        csv.writer(out, delimiter=sign, lineterminator="\n").writerows(_texts(table))
        return out.getvalue().encode()

    return write


def _markup(table: Grid) -> str:
    """The table as HTML and JATS have it, with spans."""
    rows = []
    for y, row in enumerate(table.rows):
        cells = [
            f'<td rowspan="{cell.row_span}" colspan="{cell.column_span}">{html.escape(cell.text)}</td>'
            for x, cell in enumerate(row)
            if (cell.row, cell.column) == (y, x)
        ]
        rows.append(f"<tr>{''.join(cells)}</tr>")
    head, body = "".join(rows[: table.header_rows]), "".join(rows[table.header_rows :])
    return f"<table>{f'<thead>{head}</thead>' if head else ''}<tbody>{body}</tbody></table>"


def _html(table: Grid) -> bytes:
    return f"<!DOCTYPE html><html><body>{_markup(table)}</body></html>".encode()


def _jats(table: Grid) -> bytes:
    meta = "<front><article-meta><title-group><article-title>Tables</article-title></title-group></article-meta></front>"
    floats = f"<floats-group><table-wrap><label>Table 1</label>{_markup(table)}</table-wrap></floats-group>"
    return f'<?xml version="1.0"?><article>{meta}<body><p>Words.</p></body>{floats}</article>'.encode()


def _xlsx(table: Grid) -> bytes:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for y, row in enumerate(table.rows, start=1):
        for x, cell in enumerate(row, start=1):
            if (cell.row + 1, cell.column + 1) == (y, x):
                place = book.active.cell(y, x)
                place.value, place.data_type = cell.text, "s"
                if cell.row_span > 1 or cell.column_span > 1:
                    book.active.merge_cells(start_row=y, start_column=x, end_row=y + cell.row_span - 1, end_column=x + cell.column_span - 1)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _docx(table: Grid) -> bytes:
    docx = pytest.importorskip("docx")
    document = docx.Document()
    made = document.add_table(rows=len(table.rows), cols=len(table.rows[0]))
    for y, row in enumerate(table.rows):
        for x, cell in enumerate(row):
            if (cell.row, cell.column) == (y, x):
                place = made.cell(y, x)
                if cell.row_span > 1 or cell.column_span > 1:
                    place = place.merge(made.cell(y + cell.row_span - 1, x + cell.column_span - 1))
                place.text = cell.text
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


_WRITERS = {"csv": _delimited(","), "tsv": _delimited("\t"), "html": _html, "xml": _jats, "xlsx": _xlsx, "docx": _docx}
# What these examples show is in spans or marks that a format without them cannot hold.
_NEEDS_SPANS = ("merged_headings", "spanned_references")
# A document's first row, or a sheet's, that alone is no table to its reader.
_TOO_SMALL = ("only_headings",)


@pytest.mark.parametrize("ending", _WRITERS)
@pytest.mark.parametrize("example", EXAMPLES, ids=ids)
def test_example_in_every_format(example: Example, ending: str, tmp_path: Path, pipeline: Pipeline) -> None:
    if example.name in _TOO_SMALL:
        pytest.skip("one row is no table to a reader")
    if ending in ("csv", "tsv", "docx", "xlsx") and example.grid.header_rows:
        pytest.skip("the format cannot mark rows as headings")
    if ending in ("csv", "tsv") and example.name in _NEEDS_SPANS:
        pytest.skip("the format has no spans")
    path = tmp_path / f"table.{ending}"
    path.write_bytes(_WRITERS[ending](example.grid))
    (table,) = read_tables(path)
    table = replace(table, caption=example.grid.caption, remarks=example.grid.remarks)
    assert "\n".join(told(understand(table, pipeline))) == "\n".join(example.expected)


@pytest.mark.skipif(not JATS.is_dir(), reason=f"{JATS} is not there")
def test_the_real_tables_are_none_of_doses(pipeline: Pipeline) -> None:
    found = [understand(table, pipeline) for path in sorted(JATS.glob("*.xml")) for table in read_tables(path)]
    assert [one.decision for one in found] == ["other table"] * 14
    assert all(one.reason and not one.rows for one in found)


# --- the command line --------------------------------------------------------------------------------

PLAIN = next(example for example in EXAMPLES if example.name == "plain")
REFUSED = next(example for example in EXAMPLES if example.name == "no_unit_anywhere")


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "casebook.db"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A project with one report and no dose table of its own."""
    for name in ("REPORTS", "DOSE_TABLES"):
        folder = tmp_path / name.lower()
        folder.mkdir()
        monkeypatch.setattr(casebook, name, folder)
    (tmp_path / "reports" / "thigh.txt").write_text("A 61-year-old man had a leiomyosarcoma of the thigh.", encoding="utf-8")


def run(*said: str | Path, answer: str | None = None) -> Result:
    result = CliRunner().invoke(casebook.main, [str(word) for word in said], input=answer)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def written(folder: Path, example: Example, name: str = "review.csv") -> Path:
    path = folder / name
    path.write_bytes(_WRITERS["csv"](example.grid))
    return path


def rows_of(database: Path, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute(query).fetchall()


def test_add_shows_columns_rows_and_messages_before_it_stores(tmp_path: Path, database: Path) -> None:
    path = written(tmp_path, next(example for example in EXAMPLES if example.name == "ranges_and_bounds"))
    result = run("tables", "add", path, "--database", database, answer="y\n")
    assert result.exit_code == 0
    lines = [line.strip() for line in result.stdout.splitlines()]
    asked = next(at for at, line in enumerate(lines) if "Store it as review?" in line)
    assert any(" ".join(line.split()) == "column 5 Dose (Gy) dose (Gy)" for line in lines[:asked])
    assert "row 1, Dose (Gy): '50–60': a range, not one dose; no dose taken" in lines[:asked]
    assert rows_of(database, "select count(*), count(total_dose_gy), min(total_dose_gy) from dose_table_row") == [(8, 1, 60.0)]
    message = "select printed, read, message from dose_table_cell where row_number = 1 and column_number = 5"
    assert rows_of(database, message) == [("50–60", None, "'50–60': a range, not one dose; no dose taken")]


def test_add_asks_and_takes_no_for_an_answer(tmp_path: Path, database: Path) -> None:
    path = written(tmp_path, PLAIN)
    assert "review: not stored" in run("tables", "add", path, "--database", database, answer="n\n").stdout
    silent = run("tables", "add", path, "--database", database, answer="")
    assert (silent.exit_code, silent.stderr) == (1, "casebook: review: not stored, nobody answered; --yes stores without asking\n")
    dry = run("tables", "add", path, "--dry-run", "--database", database)
    assert dry.exit_code == 0 and "Store it" not in dry.stdout
    assert not database.exists()


def test_add_refuses_with_the_reason(tmp_path: Path, database: Path) -> None:
    path = written(tmp_path, REFUSED)
    result = run("tables", "add", "--yes", path, "--database", database)
    assert result.exit_code == 1
    assert result.stdout == f"{path}: refused: column 'Dose': doses without a unit, neither in the heading nor in a cell\n"
    assert result.stderr == f"casebook: {path}: no table of doses, wanted one\n"
    assert not database.exists()


def test_add_refuses_a_ragged_file(tmp_path: Path, database: Path) -> None:
    path = tmp_path / "ragged.csv"
    path.write_text("Author,n,Dose (Gy)\nDoe 2001,1\n", encoding="utf-8")
    result = run("tables", "add", "--yes", path, "--database", database)
    assert result.exit_code == 1
    assert len(result.stderr.splitlines()) == 1 and str(path) in result.stderr


def test_add_refuses_the_name_of_a_table_of_the_project(tmp_path: Path, database: Path) -> None:
    result = run("tables", "add", "--yes", written(tmp_path, PLAIN, "imt_radiotherapy.csv"), "--database", database)
    assert result.exit_code == 1
    assert result.stderr == "casebook: imt_radiotherapy: a table of the project has this name, wanted a file with another\n"


@pytest.mark.usefixtures("project")
def test_what_is_stored_already_is_left_alone(tmp_path: Path, database: Path) -> None:
    path = written(tmp_path, PLAIN)
    assert run("build", "--database", database).exit_code == 0
    assert run("tables", "add", "--yes", path, "--database", database).exit_code == 0
    before = database.read_bytes()
    again = run("tables", "add", "--yes", path, "--database", database)
    assert again.exit_code == 0 and "review: is stored so already" in again.stdout
    assert run("build", "--database", database).exit_code == 0
    assert database.read_bytes() == before


def test_list_and_show(tmp_path: Path, database: Path) -> None:
    run("tables", "add", "--yes", "--citation", "Doe 2020", written(tmp_path, PLAIN), "--database", database)
    assert run("tables", "list", "--database", database).stdout == "review: 2 rows, 2 doses; Doe 2020\n"
    shown = run("tables", "show", "review", "--database", database).stdout
    assert "Roe et al., 2003" in shown and "50 Gy in 25 fractions" in shown and "column  7  Dose (Gy)" in shown
    missing = run("tables", "show", "other", "--database", database)
    assert (missing.exit_code, missing.stderr) == (1, "casebook: other: no dose table of this name; `casebook tables list` names them\n")


@pytest.mark.usefixtures("project")
def test_another_pipeline_reads_added_tables_again(tmp_path: Path, database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run("tables", "add", "--yes", "--citation", "Doe 2020", written(tmp_path, PLAIN), "--database", database)
    kept = "select * from dose_table_row", "select * from dose_table_cell", "select dose_table_id, title, citation, source from dose_table"
    before = [rows_of(database, query) for query in kept]
    monkeypatch.setattr(casebook, "_fingerprint", lambda: "another")
    assert run("build", "--database", database).exit_code == 0
    assert [rows_of(database, query) for query in kept] == before
    assert rows_of(database, "select pipeline_fingerprint from dose_table") == [("another",)]


@pytest.mark.usefixtures("project")
def test_a_rebuild_keeps_added_tables(tmp_path: Path, database: Path) -> None:
    run("tables", "add", "--yes", written(tmp_path, PLAIN), "--database", database)
    before = rows_of(database, "select * from dose_table_row")
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("pragma user_version = 1")  # as if made with other tables
    refused = run("tables", "add", "--yes", written(tmp_path, PLAIN, "second.csv"), "--database", database)
    assert refused.exit_code == 1 and "was made with other tables" in refused.stderr
    assert run("build", "--database", database).exit_code == 0
    assert rows_of(database, "select * from dose_table_row") == before


OWN = next(example for example in EXAMPLES if example.name == "transposed")


@pytest.mark.usefixtures("project")
def test_own_patients_become_cases_with_the_cell_of_each_value(tmp_path: Path, database: Path) -> None:
    result = run("tables", "add", "--yes", written(tmp_path, OWN), "--database", database)
    assert result.exit_code == 0 and "the patients are the authors’ own: cases" in result.stdout
    assert rows_of(database, "select count(*) from dose_table_row") == [(0,)]
    cases = (
        "select case_id, age_years, sex, topography, morphology, status, follow_up_months, recurrence from patient_case order by case_id"
    )
    assert rows_of(database, cases) == [
        ("review/1", 54, "male", "C41.4", "9370/3", "NED", 24, 0),
        ("review/2", 26, "female", "C49.2", "8890/3", "DOD", 30, 1),
        ("review/3", 71, "male", "C49.2", "8800/3", "AWD", 12, None),
    ]
    assert rows_of(database, "select case_id, total_dose_gy, fractions, technique from radiotherapy_course order by case_id") == [
        ("review/1", 70, 35, "proton"),
        ("review/2", 50, 25, "IMRT"),
    ]
    proof = "select field, quote, section from evidence where case_id = 'review/2' order by field"
    assert rows_of(database, proof) == [
        ("age_years", "26/F", "row 2, column 2"),
        ("follow_up_months", "DOD 30", "row 2, column 8"),
        ("histology", "Leiomyosarcoma", "row 2, column 3"),
        ("radiotherapy", "50/25", "row 2, column 5"),
        ("radiotherapy_given", "50/25", "row 2, column 5"),
        ("recurrence", "Yes, 12 months", "row 2, column 7"),
        ("recurrence_months", "Yes, 12 months", "row 2, column 7"),
        ("sex", "26/F", "row 2, column 2"),
        ("site", "Thigh", "row 2, column 4"),
        ("status", "DOD 30", "row 2, column 8"),
    ]
    assert rows_of(database, "select printed from dose_table_cell where row_number = 2 and column_number = 5") == [("50/25",)]


@pytest.mark.usefixtures("project")
def test_own_patients_stay_cases_when_they_are_read_again(tmp_path: Path, database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run("build", "--database", database).exit_code == 0
    run("tables", "add", "--yes", written(tmp_path, OWN), "--database", database)
    kept = "select * from patient_case", "select * from evidence", "select * from dose_table_cell"
    before, state = [rows_of(database, query) for query in kept], database.read_bytes()
    assert run("build", "--database", database).exit_code == 0
    assert database.read_bytes() == state
    monkeypatch.setattr(casebook, "_fingerprint", lambda: "another")
    assert run("build", "--database", database).exit_code == 0
    assert [rows_of(database, query) for query in kept] == before
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("pragma user_version = 1")  # as if made with other tables
    assert run("build", "--database", database).exit_code == 0
    assert [rows_of(database, query) for query in kept] == before


@pytest.mark.usefixtures("project")
def test_own_patients_are_corrected(tmp_path: Path, database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run("tables", "add", "--yes", written(tmp_path, OWN), "--database", database)
    age, proof = "select age_years from patient_case where case_id = 'review/2'", "select section from evidence where value = '27'"
    corrected = run("correct", "review/2", "age_years", "--set", "27", "--by", "Ada", "--database", database)
    assert corrected.exit_code == 0, corrected.output
    assert run("build", "--database", database).exit_code == 0
    assert (rows_of(database, age), rows_of(database, proof)) == ([(27,)], [("row 2, column 2",)])
    assert "1 applied" in run("corrections", "--database", database).stdout
    state = database.read_bytes()
    assert run("build", "--database", database).exit_code == 0
    assert database.read_bytes() == state  # once
    monkeypatch.setattr(casebook, "_fingerprint", lambda: "another")
    assert run("build", "--database", database).exit_code == 0
    assert rows_of(database, age) == [(27,)]
    run("tables", "add", "--yes", written(tmp_path, OWN), "--database", database)
    assert rows_of(database, age) == [(27,)]
    run("correct", "review/2", "age_years", "--withdraw", "--by", "Ada", "--database", database)
    assert run("build", "--database", database).exit_code == 0
    assert rows_of(database, age) == [(26,)]
    last = rows_of(database, "select max(run_id) from run")[0][0]
    assert run("undo", str(int(last)), "--database", database).exit_code == 0
    assert rows_of(database, age) == [(27,)]


@pytest.mark.usefixtures("project")
def test_a_report_does_not_take_the_place_of_a_table_of_own_patients(tmp_path: Path, database: Path) -> None:
    run("tables", "add", "--yes", written(tmp_path, OWN), "--database", database)
    before = rows_of(database, "select * from patient_case")
    report = tmp_path / "review.txt"
    report.write_text("A 61-year-old man had a leiomyosarcoma of the thigh.", encoding="utf-8")
    added = run("add", report, "--database", database)
    assert added.exit_code == 1
    assert f"{report}: a table of own patients has the name 'review', wanted a file with another" in added.stderr
    assert rows_of(database, "select * from patient_case") == before


@pytest.mark.usefixtures("project")
def test_a_table_of_own_patients_does_not_take_the_place_of_a_report(tmp_path: Path, database: Path) -> None:
    report = tmp_path / "review.txt"
    report.write_text("A 61-year-old man had a leiomyosarcoma of the thigh.", encoding="utf-8")
    run("add", report, "--database", database)
    before = rows_of(database, "select * from patient_case")
    result = run("tables", "add", "--yes", written(tmp_path, OWN), "--database", database)
    assert (result.exit_code, result.stderr) == (1, "casebook: review: a report has this name, wanted a file with another\n")
    assert rows_of(database, "select * from patient_case") == before


@pytest.mark.usefixtures("project")
def test_a_table_that_becomes_one_of_the_literature_leaves_no_cases(tmp_path: Path, database: Path) -> None:
    """Each patient counts once, as a case or as a row, whatever the table was before."""
    path = written(tmp_path, OWN)
    for patients, cases, rows in (("own", 3, 0), ("literature", 0, 3), ("own", 3, 0)):
        assert run("tables", "add", "--yes", "--patients", patients, path, "--database", database).exit_code == 0
        assert rows_of(database, "select count(*) from patient_case") == [(cases,)]
        assert rows_of(database, "select count(*) from dose_table_row") == [(rows,)]
        assert run("tables", "list", "--database", database).stdout == f"review: 3 rows, 2 doses; {path.name}\n"
    assert "cases of the report review" in run("tables", "show", "review", "--database", database).stdout


@pytest.mark.usefixtures("project")
def test_own_patients_that_are_not_understood_any_more_keep_their_cells(
    tmp_path: Path, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("tables", "add", "--yes", written(tmp_path, OWN), "--database", database)
    before = rows_of(database, "select row_number, column_number, printed from dose_table_cell order by 1, 2")
    monkeypatch.setattr(casebook, "_fingerprint", lambda: "another")
    with monkeypatch.context() as unread:
        columns = understand(OWN.grid, casebook._pipeline()).columns
        unread.setattr(casebook, "_understand", lambda grid: Understood("refused", "for a test", columns=columns))
        built = run("build", "--database", database)
    assert built.exit_code == 1 and "review: no table of doses any more (for a test); its cells stay stored" in built.stderr
    assert rows_of(database, "select row_number, column_number, printed from dose_table_cell order by 1, 2") == before
    assert rows_of(database, "select case_id from patient_case where report_id = 'review'") == []
    monkeypatch.setattr(casebook, "_fingerprint", lambda: "a third")
    assert run("build", "--database", database).exit_code == 0
    assert len(rows_of(database, "select case_id from patient_case where report_id = 'review'")) == 3


@pytest.mark.usefixtures("project")
def test_own_patients_with_several_doses_each_become_rows(tmp_path: Path, database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where another pipeline finds that a row is no single patient, the patients are no cases any more."""
    run("tables", "add", "--yes", written(tmp_path, OWN), "--database", database)
    monkeypatch.setattr(casebook, "_fingerprint", lambda: "another")
    found = understand(OWN.grid, casebook._pipeline())
    several = replace(found, rows=tuple(replace(row, n_patients=2) for row in found.rows))
    monkeypatch.setattr(casebook, "_understand", lambda grid: several)
    built = run("build", "--database", database)
    assert "review: no table of own patients any more" in built.stderr
    assert rows_of(database, "select count(*) from patient_case where report_id = 'review'") == [(0,)]
    assert rows_of(database, "select count(*) from dose_table_row") == [(3,)]


def test_adding_is_stored_whole_or_not_at_all(tmp_path: Path, database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run("tables", "add", "--yes", written(tmp_path, PLAIN), "--database", database)
    before, there = database.read_bytes(), sorted(tmp_path.glob("*casebook*"))
    store = load.store

    def stopped(*arguments: object, **named: object) -> None:
        store(*arguments, **named)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    monkeypatch.setattr(load, "store", stopped)
    run("tables", "add", "--yes", written(tmp_path, OWN, "second.csv"), "--database", database)
    assert database.read_bytes() == before
    assert sorted(tmp_path.glob("*casebook*")) == there


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("empty.csv", b"", "is empty, wanted a text"),
        ("paper.pdf", b"%PDF-1.4", "a PDF, wanted CSV, TSV, XLSX, HTML, DOCX or JATS XML"),
        ("scan.png", b"\x89PNG\r\n\x1a\n", "a picture, wanted CSV, TSV, XLSX, HTML, DOCX or JATS XML"),
        ("folder", None, "is a directory, wanted a file"),
    ],
)
def test_what_is_no_table_gets_one_line(name: str, content: bytes | None, reason: str, tmp_path: Path, database: Path) -> None:
    path = tmp_path / name
    path.mkdir() if content is None else path.write_bytes(content)
    result = run("tables", "add", "--yes", path, "--database", database)
    assert (result.exit_code, result.stderr) == (1, f"casebook: {path}: {reason}\n")
    assert not database.exists()


def test_many_references_with_words_of_headings_are_no_headings(pipeline: Pipeline) -> None:
    """ "Doe 1980 no 3": the "no" of each line is no heading, however many lines there are."""
    lines = [
        [f"Doe {1980 + number % 40} no {number}", "1", str(5 + number % 80), "M", "thigh", str(10 + number % 60)] for number in range(300)
    ]
    found = understand(grid([["Author", "n", "Age", "Sex", "Site", "Dose (Gy)"], *lines]), pipeline)
    assert [row.total_dose_gy for row in found.rows] == [float(line[5]) for line in lines]


@pytest.mark.usefixtures("project")
def test_whose_the_patients_are_can_be_said(tmp_path: Path, database: Path) -> None:
    said = run("tables", "add", "--yes", "--patients", "literature", written(tmp_path, OWN), "--database", database)
    assert said.exit_code == 0 and rows_of(database, "select count(*) from dose_table_row") == [(3,)]
    wrong = run("tables", "add", "--yes", "--patients", "own", written(tmp_path, PLAIN, "other.csv"), "--database", database)
    assert wrong.exit_code == 1 and "own patients wanted, found rows of publications" in wrong.stderr


@pytest.mark.parametrize("example", [example for example in EXAMPLES if example.expected[0] == f"=> {DOSES}"], ids=ids)
def test_what_is_stored_is_read_the_same_again(example: Example, pipeline: Pipeline) -> None:
    """From the stored cells of a table of any shape come the same rows: nothing that was printed is lost."""
    found = understand(example.grid, pipeline)
    table = dose_tables.of_user("example", example.grid, found, None, casebook._fingerprint())
    with closing(load.connect(Path(":memory:"))) as connection:
        load.store_dose_table(connection, table)
        about, again = load.dose_table_grid(connection, "example")
        assert load.stored_dose_table(connection, "example") == replace(table, abbreviations={}, rows=table.rows)
    read = understand(replace(again, caption=example.grid.caption), pipeline)
    assert about["title"] == table.title
    assert _read(read) == _read(found)


def _read(found: Understood) -> list[object]:
    """The rows without their numbers: lines that sum up are not counted again."""
    return [replace(row, row_number=0) for row in found.rows]


def test_every_example_has_a_title() -> None:
    assert all(path.read_text(encoding="utf-8").startswith("# ") for path in FOLDER.glob("*.txt"))
