"""Why a field is empty, and what becomes of a report when one field cannot be read."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

import casebook
from corpus.report import Report
from db import load
from db import records as db_records
from extract import denials, emptiness, pipeline
from extract.fields import drugs, ihc
from extract.record import EvidenceError, Failure, Record

TOLD = "A 61-year-old woman had a leiomyosarcoma of the stomach. The tumor was resected. {}"


@pytest.fixture(scope="module")
def built() -> pipeline.Pipeline:
    return pipeline.build()


def _read(text: str, built: pipeline.Pipeline) -> Record:
    return pipeline.extract(Report("told", text), built)


def _why(record: Record, field: str, text: str = "") -> tuple[str, str | None]:
    """The reason why a field of the first case is empty, and the words that show it."""
    found = next(found for found in emptiness.judge(record, text) if found.case == record.cases[0].label and found.field == field)
    return found.reason, None if found.evidence is None else record.evidence[found.evidence].quote


@pytest.mark.parametrize(
    ("sentence", "field", "reason", "words"),
    [
        ("She recovered well.", "drugs", "not stated", None),
        ("No adjuvant chemotherapy was given.", "drugs", "stated absent", "No adjuvant chemotherapy"),
        ("She refused any further treatment.", "drugs", "stated absent", "refused any further treatment"),
        ("Adjuvant therapy was not administered.", "drugs", "stated absent", "Adjuvant therapy was not administered"),
        ("She declined surgery and any other adjuvant treatment.", "drugs", "stated absent", None),
        ("She then received chemotherapy for four months.", "drugs", "stated unclearly", "chemotherapy"),
        ("She had no prior chemotherapy.", "drugs", "not stated", None),
        ("Computed tomography showed no distant metastasis.", "metastases", "stated absent", "no distant metastasis"),
        ("It was staged as pT2N0M0.", "metastases", "stated absent", "N0M0"),
        ("There were no other metastases.", "metastases", "not stated", None),
        ("Immunohistochemistry was not available.", "ihc", "stated absent", "Immunohistochemistry was not available"),
        ("Genetic testing was not performed.", "molecular", "stated absent", "Genetic testing was not performed"),
        ("She did not receive radiotherapy.", "radiotherapy", "stated absent", "radiotherapy"),
        ("Radiotherapy is planned.", "radiotherapy_given", "stated unclearly", "Radiotherapy"),
        ("Although no additional treatment exists, she is well.", "drugs", "not stated", None),
        ("The use of chemotherapy in such tumors is controversial.", "drugs", "not stated", None),
        ("Only a few patients have been treated with chemotherapy.", "drugs", "not stated", None),
        ("Radiotherapy may be planned for residual tumor.", "radiotherapy_given", "not stated", None),
        ("A laparoscopy was done to exclude liver metastasis.", "metastases", "not stated", None),
        ("She had hypercalcemia without symptoms, secondary to the tumor.", "metastases", "not stated", None),
        ("There was no staining in metastatic cells.", "metastases", "not stated", None),
        ("She recovered well.", "recurrence_months", "not stated", None),
        ("Liver metastases were excluded.", "metastases", "stated absent", None),
        ("There was no recurrence after three years.", "recurrence_months", "not applicable", None),
        ("The tumor recurred.", "recurrence_months", "not stated", None),
        ("She recovered well.", "recurrence_months", "not stated", None),
    ],
)
def test_reasons(sentence: str, field: str, reason: str, words: str | None, built: pipeline.Pipeline) -> None:
    text = TOLD.format(sentence)
    found = _why(_read(text, built), field, text)
    assert found[0] == reason
    if words is not None:
        assert words in (found[1] or "")


def test_a_disease_of_the_blood_has_no_size(built: pipeline.Pipeline) -> None:
    record = _read("A 9-year-old boy was found to have acute lymphoblastic leukemia. The bone marrow was full of blasts.", built)
    assert _why(record, "size_cm")[0] == "not applicable"


def test_another_patients_refusal_is_not_this_ones(built: pipeline.Pipeline) -> None:
    text = (
        "Case 1\n\nA 61-year-old woman had a leiomyosarcoma of the stomach. No adjuvant chemotherapy was given.\n\n"
        "Case 2\n\nA 47-year-old man had a leiomyosarcoma of the thigh. The tumor was resected.\n"
    )
    reasons = {found.case: found.reason for found in emptiness.judge(_read(text, built), text) if found.field == "drugs"}
    assert reasons == {"1": "stated absent", "2": "not stated"}


def test_each_empty_field_has_a_reason_and_no_full_one(built: pipeline.Pipeline) -> None:
    record = _read(TOLD.format("No adjuvant chemotherapy was given."), built)
    empty = [found.field for found in emptiness.judge(record, "")]
    assert empty == [field for field in emptiness.FIELDS if getattr(record.cases[0], field) in (None, ())]
    assert "age_years" not in empty
    assert "drugs" in empty


def test_denials_change_no_value(built: pipeline.Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    text = TOLD.format("No adjuvant chemotherapy was given. There was no distant metastasis. Genetic testing was not performed.")
    with_them = _read(text, built)
    assert [entry.field for entry in with_them.evidence if entry.reason == denials.REASON] == ["drugs", "metastases", "molecular"]
    monkeypatch.setattr(denials, "find", lambda _: iter(()))
    assert _read(text, built).cases == with_them.cases


def test_a_denial_is_not_kept_beside_a_value(built: pipeline.Pipeline) -> None:
    record = _read(TOLD.format("She received cisplatin for a year. No further chemotherapy was given."), built)
    assert record.cases[0].drugs
    assert not [entry for entry in record.evidence if entry.reason == denials.REASON and entry.field == "drugs"]


# --- a field that cannot be read -----------------------------------------------------------------

STAINED = TOLD.format("Desmin was positive. She received cisplatin.")


def _break(*_: object) -> None:
    raise KeyError("a defect")


@pytest.mark.parametrize("step", ["find", "resolve"])
def test_a_defect_in_one_field_leaves_the_others(step: str, built: pipeline.Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CASEBOOK_DEBUG", raising=False)
    whole = _read(STAINED, built).cases[0]
    monkeypatch.setattr(ihc, step, _break)
    record = _read(STAINED, built)
    case = "1" if step == "resolve" else None
    assert record.failures == (Failure("ihc", "could not be read, KeyError: 'a defect'", case),)
    assert record.cases[0].ihc == ()
    assert [drug.name for drug in record.cases[0].drugs] == [drug.name for drug in whole.drugs] == ["cisplatin"]
    assert _why(record, "ihc") == ("failed", None)
    assert db_records.from_json(db_records.to_json(record), record.pipeline).failures == record.failures


def test_a_defect_is_raised_for_who_debugs(built: pipeline.Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CASEBOOK_DEBUG", "1")
    monkeypatch.setattr(ihc, "resolve", _break)
    with pytest.raises(KeyError, match="a defect"):
        _read(STAINED, built)


def test_a_single_case_does_not_hide_a_defect(built: pipeline.Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CASEBOOK_DEBUG", raising=False)
    monkeypatch.setattr(drugs, "find", _break)
    with pytest.raises(EvidenceError, match="drugs: could not be read"):
        pipeline.single_case(Report("told", STAINED), built)


def test_more_mentions_than_are_read_are_told(built: pipeline.Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "_MOST_MENTIONS", 1)
    record = _read(TOLD.format("Desmin was positive. SMA was positive."), built)
    assert [stain.marker for stain in record.cases[0].ihc] == ["Desmin"]
    at = STAINED.index("Desmin was positive.") + len("Desmin was positive. ")
    assert Failure("ihc", f"more than 1 mentions; those from offset {at} on are not read") in record.failures


def test_the_ledger_and_the_table_name_what_failed(built: pipeline.Pipeline, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("CASEBOOK_DEBUG", raising=False)
    monkeypatch.setattr(ihc, "resolve", _break)
    report = Report("told", STAINED)
    connection = load.connect(tmp_path / "cases.db")
    load.store(connection, report, pipeline.extract(report, built), "run-1")
    assert connection.execute("select message from run_report").fetchone() == ("ihc of case 1: could not be read, KeyError: 'a defect'",)
    assert connection.execute("select reason, evidence_number from empty_field where field = 'ihc'").fetchone() == ("failed", None)
    stored = db_records.stored_record(connection, "told")
    assert stored is not None
    assert [(failure.field, failure.case) for failure in stored.failures] == [("ihc", "1")]


def test_the_command_line_warns_in_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CASEBOOK_DEBUG", raising=False)
    monkeypatch.setattr(ihc, "resolve", _break)
    path = tmp_path / "told.txt"
    path.write_text(STAINED, encoding="utf-8")
    done = CliRunner().invoke(casebook.main, ["extract", str(path)])
    assert done.exit_code == 0
    assert done.stdout.count("\n") == 1
    said = [line for line in done.stderr.splitlines() if "ihc" in line]
    assert len(said) == 1
    assert "told.txt: ihc of case 1: could not be read, KeyError: 'a defect'; the rest was read" in said[0]


def test_rows_of_stored_reports(tmp_path: Path, built: pipeline.Pipeline) -> None:
    report = Report("told", TOLD.format("No adjuvant chemotherapy was given."))
    connection = load.connect(tmp_path / "cases.db")
    load.store(connection, report, pipeline.extract(report, built), "run-1")
    shown = connection.execute(
        "select empty_field.reason, quote from empty_field join evidence on report_id = 'told' and number = evidence_number where empty_field.field = 'drugs'"
    ).fetchone()
    assert shown == ("stated absent", "No adjuvant chemotherapy")
