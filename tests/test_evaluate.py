"""Precision and recall: hand-made gold, and the same figures as the project's scorer."""

from __future__ import annotations

import importlib.util
import json
import random
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from click.testing import CliRunner

import casebook
from extract.evaluate import (
    CORE,
    SCALARS,
    SETS,
    Answers,
    Count,
    GoldError,
    GoldReport,
    evaluate,
    from_gold,
    load_gold,
    load_gold_lines,
    marker_key,
    pair_cases,
)
from extract.record import Case, Drug, Histology, IhcResult, Metastasis, MolecularTest, RadiotherapyCourse, Record, Site

SHARED = Path(casebook.__file__).parent.parent / "shared"
NO_SHARED = f"{SHARED} is not here: no scorer to compare with"


def record(*cases: Case, name: str = "r", kind: str = "case_report") -> Record:
    return Record({"id": name, "kind": kind}, cases, (), {})


def gold(*cases: dict[str, Any], name: str = "r", kind: str = "case_report") -> GoldReport:
    return GoldReport(name, kind, tuple(from_gold(case) for case in cases))


def count(field: str, wanted: dict[str, Any], found: Case) -> Count:
    """The count of one field of one patient."""
    return evaluate([gold(wanted)], {"r": record(found)}).fields[field]


RIGHT, WRONG, EXTRA, MISSED, NONE = Count(1, 0, 0), Count(0, 1, 1), Count(0, 1, 0), Count(0, 0, 1), Count()


@pytest.mark.parametrize(
    ("field", "wanted", "found", "expected"),
    [
        ("age_years", 54, 54.0, RIGHT),
        ("age_years", 0.67, 0.6, RIGHT),
        ("age_years", 54, 55.0, WRONG),
        ("age_years", None, 55.0, EXTRA),
        ("age_years", 54, None, MISSED),
        ("age_years", None, None, NONE),
        ("age_years", 0, 0.0, RIGHT),
        ("sex", "male", "female", WRONG),
        ("ki67_percent", 10, 11.0, RIGHT),
        ("ki67_percent", 10, 11.5, WRONG),
        ("follow_up_months", 60, 54.0, RIGHT),
        ("follow_up_months", 60, 53.0, WRONG),
        ("follow_up_months", 3, 4.0, RIGHT),
        ("recurrence_months", 3, 4.1, WRONG),
        ("recurrence", False, False, RIGHT),
        ("recurrence", False, None, MISSED),
        ("recurrence", False, True, WRONG),
        ("surgery", True, True, RIGHT),
        ("radiotherapy_given", False, None, MISSED),
        ("status", "NED", "ALIVE", WRONG),
    ],
)
def test_single_values(field: str, wanted: object, found: Any, expected: Count) -> None:
    assert count(field, {field: wanted}, Case("1", **{field: found})) == expected


def test_a_site_agrees_with_any_accepted_code() -> None:
    wanted = {"site": {"codes": ["C49.2", "C76.5"], "laterality": "left"}}
    assert count("site", wanted, Case("1", site=Site("thigh", "C76.5", "left"))) == RIGHT
    assert count("site", wanted, Case("1", site=Site("arm", "C49.1"))) == RIGHT
    assert count("site_subsite", wanted, Case("1", site=Site("arm", "C49.1"))) == WRONG
    assert count("laterality", wanted, Case("1", site=Site("arm", "C49.1"))) == MISSED
    assert count("site", {}, Case("1", site=Site("arm", "C49.1"))) == EXTRA


def test_a_histology_is_compared_without_its_behaviour() -> None:
    wanted = {"histology": {"codes": ["8890", "8800"], "name": "leiomyosarcoma"}}
    assert count("histology", wanted, Case("1", histology=Histology("sarcoma", "8800/3"))) == RIGHT
    assert count("histology", wanted, Case("1", histology=Histology("lipoma", "8850/0"))) == WRONG
    assert count("histology", wanted, Case("1", histology=Histology("abscess", None))) == MISSED
    # A disease that is no neoplasm has no code to compare with.
    abscess = {"histology": {"codes": [], "name": "abscess"}}
    assert count("histology", abscess, Case("1", histology=Histology("lipoma", "8850/0"))) == NONE


@pytest.mark.parametrize(("found", "expected"), [(7.2, RIGHT), (7.3, RIGHT), (9.0, RIGHT), (9.15, RIGHT), (8.0, WRONG), (None, MISSED)])
def test_a_size_agrees_with_any_accepted_one(found: float | None, expected: Count) -> None:
    assert count("size_cm", {"size_cm": [7.2, 9]}, Case("1", size_cm=found)) == expected


def test_markers_have_many_spellings() -> None:
    assert marker_key("c-KIT") == marker_key("CD117")
    assert marker_key("α-smooth muscle actin") == marker_key("SMA")
    assert marker_key("CK AE1/AE3") != marker_key("CK")
    wanted = {"ihc": [["SMA", "positive"], ["Desmin", "negative"], ["CD34", "negative"]]}
    found = Case("1", ihc=(IhcResult("alpha-SMA", "positive"), IhcResult("Desmin", "positive"), IhcResult("desmin", "positive")))
    assert count("ihc", wanted, found) == Count(1, 1, 2)


def test_courses_are_paired_by_their_dose() -> None:
    wanted = {"radiotherapy": [{"total_dose_gy": 50, "fractions": 25}, {"total_dose_gy": None}, {"total_dose_gy": 20, "fractions": 5}]}
    found = Case("1", radiotherapy=(RadiotherapyCourse(50.4, 25), RadiotherapyCourse(None), RadiotherapyCourse(20.0, 4)))
    assert count("radiotherapy", wanted, found) == Count(3, 0, 0)
    assert count("radiotherapy_fractions", wanted, found) == Count(1, 1, 1)
    assert count("radiotherapy", {"radiotherapy": [{"total_dose_gy": 50}]}, Case("1", radiotherapy=(RadiotherapyCourse(51.0),))) == WRONG
    twice = Case("1", radiotherapy=(RadiotherapyCourse(50.0), RadiotherapyCourse(50.0)))
    assert count("radiotherapy", {"radiotherapy": [{"total_dose_gy": 50}]}, twice) == Count(1, 1, 0)


def test_drugs_doses_and_places() -> None:
    wanted = {"drugs": [{"name": "cisplatin", "dose": "75 mg/m2"}, {"name": "CHOP"}], "metastasis": ["C34", "C77"]}
    found = Case("1", drugs=(Drug("Cisplatin", "75 mg / m2"),), metastases=(Metastasis("lung", "C34.9"), Metastasis("liver", "C22")))
    assert count("drugs", wanted, found) == Count(1, 0, 1)
    assert count("drug_doses", wanted, found) == RIGHT
    assert count("metastasis", wanted, found) == Count(1, 1, 1)


def test_what_experts_are_unsure_of_is_left_out() -> None:
    wanted = {"site": {"codes": ["C34.1"]}, "unsure": ["site", "radiotherapy", "drugs"], "radiotherapy": [{"total_dose_gy": 5}]}
    found = evaluate([gold(wanted)], {"r": record(Case("1", drugs=(Drug("x", "1 mg"),), radiotherapy_given=True, sex="male"))})
    for name in (
        "site",
        "site_subsite",
        "laterality",
        "radiotherapy",
        "radiotherapy_given",
        "radiotherapy_fractions",
        "drugs",
        "drug_doses",
    ):
        assert found.fields[name] == NONE
    assert found.fields["sex"] == EXTRA


def test_patients_are_paired_by_what_they_have_in_common() -> None:
    old, young = Answers(age_years=70, sex="male"), Answers(age_years=20, sex="female")
    assert dict(pair_cases([old, young], [young, old])) == {0: 1, 1: 0}
    assert dict(pair_cases([Answers(), Answers()], [Answers(), Answers()])) == {0: 0, 1: 1}
    assert dict(pair_cases([old], [young, old])) == {0: 1}
    assert dict(pair_cases([young, old], [old])) == {1: 0}
    assert dict(pair_cases([], [old])) == {}
    many = [Answers(age_years=age) for age in range(9)]
    assert dict(pair_cases(many, many[::-1])) == {i: 8 - i for i in range(9)}


def test_missed_and_invented_patients_count_in_every_field() -> None:
    lost = evaluate([gold({"label": "1", "sex": "male"}, {"label": "2", "sex": "female"})], {"r": record(Case("1", sex="female"))})
    assert (lost.fields["cases"], lost.fields["sex"]) == (Count(1, 0, 1), Count(1, 0, 1))
    assert [str(line) for line in lost.disagreements] == [
        "r case 1 cases: gold a case, found missed",
        "r case 1 sex: gold male, found nothing",
    ]
    invented = evaluate([gold(kind="guideline")], {"r": record(Case("1", sex="female"), kind="guideline")})
    assert (invented.fields["cases"], invented.fields["sex"]) == (EXTRA, EXTRA)
    assert invented.kind_accuracy == 1


def test_a_report_without_a_record_is_missed() -> None:
    result = evaluate([gold({"sex": "male"}), gold({"sex": "male"}, name="other")], {"other": record(Case("1", sex="male"), name="other")})
    assert (result.kinds_right, result.reports, result.gold_cases, result.perfect_core_cases) == (1, 2, 2, 1)
    assert result.fields["sex"] == Count(1, 0, 1)


def test_figures() -> None:
    assert (Count().precision, Count().recall, Count().f1) == (1.0, 1.0, 1.0)
    assert (Count(0, 1, 1).precision, Count(0, 1, 1).f1) == (0.0, 0.0)
    assert Count(3, 1, 3).f1 == pytest.approx(0.6)
    empty = evaluate([], {})
    assert empty.kind_accuracy is None
    assert set(empty.to_json()["fields"]) == {"cases", *SCALARS, *SETS}
    assert set(CORE) <= {*SCALARS, *SETS}


def test_gold_that_cannot_be_used(tmp_path: Path) -> None:
    with pytest.raises(GoldError, match="no such folder"):
        load_gold(tmp_path / "none")
    with pytest.raises(GoldError, match="holds no gold file"):
        load_gold(tmp_path)
    for content in ("{", "[]", '{"report": "r"}', '{"cases": [{"ihc": ["SMA"]}]}', '{"cases": ["x"]}'):
        (tmp_path / "bad.json").write_text(content, encoding="utf-8")
        with pytest.raises(GoldError, match=r"bad\.json"):
            load_gold(tmp_path)


# --- the command ---------------------------------------------------------------------------------


@pytest.fixture
def gold_folder(tmp_path: Path, pipeline: object) -> Path:
    """A gold folder with the texts that go with it: two reports, one more text, one more gold file."""
    folder, texts = tmp_path / "gold" / "mini", tmp_path / "texts" / "mini"
    folder.mkdir(parents=True)
    texts.mkdir(parents=True)
    for name, age in (("a", 61), ("b", 44), ("lost", 30)):
        content = {"report": name, "kind": "case_report", "cases": [{"label": "1", "age_years": age, "sex": "male"}]}
        (folder / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")
    for name, age in (("a", 61), ("b", 45), ("without-gold", 70)):
        text = f"A {age}-year-old man presented with a mass of the thigh. It was a leiomyosarcoma."
        (texts / f"{name}.txt").write_text(text, encoding="utf-8")
    return folder


def test_the_command_finds_the_texts_beside_the_gold(gold_folder: Path) -> None:
    result = CliRunner().invoke(casebook.main, ["evaluate", "--gold", str(gold_folder), "--errors"])
    assert result.exit_code == 0, result.output
    (row,) = [line.split() for line in result.stdout.splitlines() if line.startswith("*age_years")]
    assert row[-3:] == ["1", "1", "2"]
    assert "b case 1 age_years: gold 44.0, found 45.0" in result.stdout
    assert "lost case 1 cases: gold a case, found missed" in result.stdout


def test_the_command_gives_json(gold_folder: Path) -> None:
    texts = gold_folder.parent.parent / "texts" / "mini"
    result = CliRunner().invoke(casebook.main, ["evaluate", "--gold", str(gold_folder), str(texts / "a.txt"), "--json"])
    assert json.loads(result.stdout)["fields"]["age_years"] == {"tp": 1, "fp": 0, "fn": 2, "precision": 1.0, "recall": 0.3333, "f1": 0.5}


def test_the_command_says_what_is_missing(gold_folder: Path, tmp_path: Path) -> None:
    for folder, word in ((tmp_path / "none", "no such folder"), (tmp_path / "texts" / "mini", "holds no gold file")):
        result = CliRunner().invoke(casebook.main, ["evaluate", "--gold", str(folder)])
        assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
        assert word in result.stderr
    lonely = tmp_path / "elsewhere" / "gold" / "other"
    lonely.parent.mkdir(parents=True)
    gold_folder.rename(lonely)
    result = CliRunner().invoke(casebook.main, ["evaluate", "--gold", str(lonely)])
    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
    assert "wanted PATH" in result.stderr


# --- beside the scorer -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def scorer() -> ModuleType:
    path = SHARED / "score" / "score.py"
    if not path.exists():
        pytest.skip(NO_SHARED)
    spec = importlib.util.spec_from_file_location("score", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Chance:
    """Draws gold and records at random that agree often enough to be compared."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def some(self, *values: Any) -> Any:
        return self.random.choice((*values, None))

    def sites(self) -> list[str]:
        return self.random.sample(["C34.1", "C34.9", "C49.2", "C76.5"], self.random.randint(0, 2))

    def several(self, draw: Any, most: int = 3) -> list[Any]:
        return [draw() for _ in range(self.random.randint(0, most))]

    def stain(self) -> tuple[str, str]:
        return self.random.choice(["SMA", "α-SMA", "c-kit", "CD117", "ALK", "p53"]), self.random.choice(["positive", "negative"])

    def scalars(self) -> dict[str, Any]:
        return {
            "age_years": self.some(0, 54, 54.05, 55),
            "sex": self.some("male", "female"),
            "ki67_percent": self.some(5, 6, 7.5),
            "surgery": self.some(True, False),
            "radiotherapy_given": self.some(True, False),
            "recurrence": self.some(True, False),
            "recurrence_months": self.some(10, 11, 12.5),
            "status": self.some("NED", "AWD"),
            "follow_up_months": self.some(60, 66, 66.1, 54),
        }

    def gold_case(self) -> dict[str, Any]:
        codes = self.random.sample(["8825", "8890"], self.random.randint(0, 2))
        return self.scalars() | {
            "label": "1",
            "site": self.some({"codes": self.sites(), "laterality": self.some("left")}),
            "histology": self.some({"codes": codes, "name": "x"}, {"codes": codes, "name": None}),
            "size_cm": self.several(lambda: self.random.choice([7.0, 7.15, 20])),
            "ihc": [list(self.stain()) for _ in range(self.random.randint(0, 4))],
            "molecular": self.several(lambda: ["ALK", "rearrangement", self.random.choice(["positive", "negative"])]),
            "radiotherapy": self.several(lambda: {"total_dose_gy": self.some(50, 50.4, 60), "fractions": self.some(25, 30)}),
            "drugs": self.several(lambda: {"name": self.random.choice(["CHOP", "cisplatin"]), "dose": self.some("75 mg/m2", "40 mg")}),
            "metastasis": self.several(lambda: self.random.choice(["C34", "C77"])),
            "unsure": self.random.sample(["site", "drugs", "radiotherapy", "ihc", "status"], self.random.choice([0, 0, 1])),
        }

    def case(self, label: str) -> Case:
        doses, fractions = (50.0, 50.2, 61.0), (25, 30)
        return Case(
            label,
            **self.scalars(),
            site=self.some(Site("x", self.random.choice(["C34.1", "C49.2"]), self.some("left", "right"))),
            histology=self.some(Histology("x", self.some("8825/1", "8890/3"))),
            size_cm=self.some(7.1, 19.7),
            ihc=tuple(IhcResult(*self.stain()) for _ in range(self.random.randint(0, 4))),
            molecular=tuple(self.several(lambda: MolecularTest("ALK", "rearrangement", None, "positive"))),
            radiotherapy=tuple(self.several(lambda: RadiotherapyCourse(self.some(*doses), self.some(*fractions)))),
            drugs=tuple(self.several(lambda: Drug(self.random.choice(["chop", "Cisplatin"]), self.some("75 mg/m2")))),
            metastases=tuple(self.several(lambda: Metastasis("x", self.random.choice(["C34.9", "C22"])))),
        )


@pytest.mark.parametrize("seed", range(40))
def test_random_records_give_the_scorers_figures(seed: int, scorer: ModuleType, tmp_path: Path) -> None:
    chance = Chance(seed)
    records: dict[str, Record] = {}
    for number in range(6):
        name = f"r{number}"
        most = 9 if number == 0 else 4
        content = {"report": name, "kind": "case_report", "cases": chance.several(chance.gold_case, most)}
        (tmp_path / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")
        if number != 5:
            cases = [chance.case(str(label)) for label in range(1, chance.random.randint(1, most + 1))]
            records[name] = record(*cases, name=name, kind=chance.random.choice(["case_report", "review"]))
    _compare(scorer, tmp_path, records)


@pytest.mark.parametrize("name", ["seeds", "dev"])
def test_real_reports_give_the_scorers_figures(name: str, scorer: ModuleType, pipeline: object) -> None:
    from corpus import files
    from corpus.report import Report
    from extract import pipeline as extraction

    records = {}
    for source in files.find([SHARED / "texts" / name]):
        if isinstance(source, files.Source):
            (report,) = files.read(source, files.load(source))
            assert isinstance(report, Report)
            records[report.id] = extraction.extract(report, casebook._pipeline())
    _compare(scorer, SHARED / "gold" / name, records)


def _compare(scorer: ModuleType, folder: Path, records: dict[str, Record]) -> None:
    written = {name: json.loads(json.dumps(found.to_json())) for name, found in records.items()}
    theirs, errors = scorer.score(folder, written)
    ours = evaluate(load_gold(folder), records)
    assert ours.to_json() == theirs
    assert len(ours.disagreements) == len(errors)


SILVER = Path(__file__).parent / "silver"


def test_gold_of_many_reports_in_one_file(tmp_path: Path) -> None:
    file = tmp_path / "many.jsonl"
    file.write_text('{"report": "a", "kind": "case_report", "cases": [{"label": "1", "age_years": 40}]}\n{"report": "b", "cases": []}\n')
    first, second = load_gold_lines(file)
    assert (first.id, first.cases[0].age_years, second.id, second.cases) == ("a", 40, "b", ())
    file.write_text('{"report": "a"}\n')
    with pytest.raises(GoldError, match=r"many\.jsonl"):
        load_gold_lines(file)
    with pytest.raises(GoldError, match="no such file"):
        load_gold_lines(tmp_path / "none.jsonl")


def test_no_silver_report_is_both_read_and_set_apart() -> None:
    files = {part: load_gold_lines(SILVER / f"{part}.jsonl") for part in ("read", "apart", "treatment_read", "treatment_apart")}
    ids = [report.id for reports in files.values() for report in reports]
    assert len(files["read"]) > 200 and len(files["apart"]) > 100 and len(files["treatment_apart"]) >= 60
    assert len(ids) == len(set(ids))


def test_what_is_measured_covers_every_field(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    spec = importlib.util.spec_from_file_location("measure", Path(casebook.__file__).parent / "scripts" / "measure.py")
    assert spec and spec.loader
    measure = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(measure)
    monkeypatch.setattr("sys.argv", ["measure.py"])
    measure.main()
    shown = capsys.readouterr().out
    assert all(f"\n{field} " in shown for field in measure.TREATMENT)
    if not (SHARED / "gold" / "dev").is_dir():
        assert "only the project's own and the invented reports are measured" in shown
        pytest.skip(f"{SHARED} is not here: only the project's own and the invented reports were measured")
    assert all(f"\n{field} " in shown for field in (*SCALARS, *SETS))
    assert "error" not in shown and ": gold " not in shown
