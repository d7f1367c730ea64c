"""Made-up reports and their records for the tests of room 3; every sentence is written for these tests."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from corpus.readers.draft import Draft
from corpus.report import Report
from db import load
from db.duplicates import Likeness, Link, Place
from extract.record import (
    Case,
    Drug,
    Evidence,
    Histology,
    IhcResult,
    Metastasis,
    MolecularTest,
    Phase,
    RadiotherapyCourse,
    Record,
    Site,
    Surgery,
    TimelineEvent,
)

PIPELINE = {"version": "0.1.0", "fingerprint": "f" * 12}

LUNG_TEXT = """A 54-year-old man came with a cough. CT showed a mass of 7.2 cm in the right upper lobe of the lung. His father had died of colon cancer.

A wedge resection was subtotal. The diagnosis was inflammatory myofibroblastic tumor. SMA and vimentin were positive; ALK and desmin were negative; plasma cells stained for CD138. FISH found no ALK rearrangement.

He received radiotherapy of 38 Gy in 19 fractions and a boost of 16 Gy in 8 fractions (IMRT, 54 Gy in 27 fractions) with weekly cisplatin 40 mg for 5 cycles.

Five years after treatment he is alive without recurrence. Earlier authors gave 20 Gy to a child."""

MARKUP_TEXT = """<script>document.title='PWNED'</script> A 30-year-old woman had a <b>leiomyosarcoma</b> of the retroperitoneum, "quoted" & 'plain'.

A second patient, a 62-year-old man, had a leiomyosarcoma of the thigh; he died of liver metastases after 14 months. He had refused radiotherapy."""

GUIDELINE_TEXT = "Patients should be seen every three months. A 60-year-old with a sarcoma may serve as an example."


@dataclass
class Notes:
    """Collects evidence while a record is written by hand."""

    text: str
    entries: list[Evidence]

    def __call__(self, field: str, quote: str, case: str | None = "1", value: str | None = None, **more: str) -> tuple[int, ...]:
        """Add the first occurrence of the quote as evidence and return its number."""
        start = self.text.index(quote)
        self.entries.append(Evidence(field, case, start, start + len(quote), quote, "case", value=value, **more))
        return (len(self.entries) - 1,)


def lung() -> tuple[Report, Record]:
    """A case with a value in every field."""
    report = Report(
        "lung-imt",
        LUNG_TEXT,
        title="A lung tumour irradiated",
        doi="10.1234/example.5",
        pmcid="PMC1234567",
        pmid="7654321",
        year=2023,
        journal="Journal of Examples",
        citation="Doe J. A lung tumour irradiated. Journal of Examples 2023;1:1-2.",
        license="CC BY 4.0",
        is_retelling=True,
    )
    note = Notes(report.text, [])
    note("age_years", "54-year-old", value="54")
    note("sex", "man", value="male")
    note("size_cm", "7.2 cm", value="7.2")
    note("surgery", "wedge resection")
    note("radiotherapy_given", "received radiotherapy")
    note("recurrence", "without recurrence", assertion="absent")
    note("status", "alive without recurrence", value="NED")
    note("follow_up_months", "Five years after treatment", value="60")
    note("age_years", "a child", reason="literature", subject="literature")
    note("histology", "colon cancer", case=None, value="8140/3", reason="family", subject="family")
    course = note("radiotherapy", "54 Gy in 27 fractions", value="54")
    course += note("radiotherapy", "38 Gy in 19 fractions and a boost of 16 Gy in 8 fractions")
    case = Case(
        "1",
        age_years=54.0,
        sex="male",
        site=Site("upper lobe of lung", "C34.1", "right", note("site", "right upper lobe of the lung")),
        histology=Histology(
            "inflammatory myofibroblastic tumor", "8825/1", None, note("histology", "inflammatory myofibroblastic tumor")
        ),
        size_cm=7.2,
        ihc=(
            IhcResult("SMA", "positive", evidence=note("ihc", "SMA and vimentin were positive")),
            IhcResult("Vimentin", "positive", evidence=note("ihc", "vimentin were positive")),
            IhcResult("ALK", "negative", evidence=note("ihc", "ALK and desmin were negative")),
            IhcResult("Desmin", "negative", evidence=note("ihc", "desmin were negative")),
            IhcResult("CD138", "other_cells", cells="plasma cells", evidence=note("ihc", "plasma cells stained for CD138")),
        ),
        molecular=(
            MolecularTest("ALK", "rearrangement", None, "negative", note("molecular", "FISH found no ALK rearrangement")),
        ),
        surgery=True,
        surgeries=(Surgery("wedge resection", "subtotal", evidence=note("surgeries", "wedge resection was subtotal")),),
        radiotherapy_given=True,
        radiotherapy=(
            RadiotherapyCourse(
                54.0, 27, 2.0, "IMRT", phases=(Phase(38.0, 19), Phase(16.0, 8, "boost")),
                computed=("dose_per_fraction_gy",), concurrent_drugs=("cisplatin",), duration_weeks=5.5, evidence=course,
            ),
        ),
        drugs=(Drug("cisplatin", "40 mg", 40.0, "mg", "weekly", 5, evidence=note("drugs", "weekly cisplatin 40 mg for 5 cycles")),),
        recurrence=False,
        status="NED",
        follow_up_months=60.0,
        follow_up_is_minimum=True,
        events=(
            TimelineEvent("surgery", "wedge resection", 0.0, evidence=note("events", "wedge resection")),
            TimelineEvent("follow_up", "Five years after treatment", 60.0, True, note("events", "Five years after treatment")),
            TimelineEvent("radiotherapy", "radiotherapy", None, evidence=note("events", "received radiotherapy")),
        ),
        time_zero="treatment",
        survival_months=60.0,
        survival_event=False,
        event_free_months=60.0,
        event_free_event=False,
    )  # fmt: skip
    return report, record_of(report, "case_report", (case,), note)


def markup() -> tuple[Report, Record]:
    """Two cases in a text and a title that carry markup."""
    report = Report("markup", MARKUP_TEXT, title="<img src=x onerror=\"document.title='PWNED'\"> Two sarcomas", year=2020)
    note = Notes(report.text, [])
    note("age_years", "30-year-old")
    note("sex", "woman")
    note("age_years", "62-year-old", "2")
    note("sex", "man,", "2")
    note("status", "died of liver metastases", "2")
    note("follow_up_months", "after 14 months", "2")
    note("radiotherapy_given", "refused radiotherapy", "2", assertion="absent")
    first = Case(
        "1",
        age_years=30.0,
        sex="female",
        site=Site("retroperitoneum", "C48.0", None, note("site", "retroperitoneum")),
        histology=Histology("leiomyosarcoma", "8890/3", None, note("histology", "<b>leiomyosarcoma</b>")),
        events=(TimelineEvent("diagnosis", "<b>leiomyosarcoma</b>", 0.0, evidence=note("events", "<b>leiomyosarcoma</b>")),),
        time_zero="diagnosis",
        not_pooled_because="no_time",
    )
    second = Case(
        "2",
        age_years=62.0,
        sex="male",
        site=Site("thigh", "C49.2", None, note("site", "thigh", "2")),
        histology=Histology("leiomyosarcoma", "8890/3", None, note("histology", "leiomyosarcoma of the thigh", "2")),
        metastases=(Metastasis("liver", "C22", note("metastases", "liver metastases", "2")),),
        radiotherapy_given=False,
        status="DOD",
        follow_up_months=14.0,
    )
    return report, record_of(report, "case_series", (first, second), note)


def guideline() -> tuple[Report, Record]:
    """A report without a case."""
    report = Report("guideline", GUIDELINE_TEXT, kind="guideline")
    note = Notes(report.text, [])
    note("age_years", "60-year-old", None, reason="illustrative patient", subject="general")
    return report, record_of(report, "guideline", (), note)


LONG_WORD = "pneumono" * 15


def paper() -> tuple[Report, Record]:
    """A case in a paper of three pages with headings, a table, a caption and forty authors; evidence stands in all of its parts."""
    title = f"A glomus tumour of the <i>thumb</i> in a 40-year-old dyer: {LONG_WORD}"
    draft = Draft()
    draft.paragraph(title, "title")
    draft.heading("Case of the dyer, a woman", declared="case")
    draft.paragraph("She came with a painful nodule of 1.2 cm.")
    draft.pages = [0, draft.length + 2]
    draft.paragraph("The nodule lay below the nail. It was removed in March.")
    draft.plain_table(
        [("Marker", "Maker", "Result"), ("SMA", "", "positive"), ("CD34", "Invented & Sons", "negative"), (LONG_WORD, "", "")],
        "Table 1", "Stains <b>and</b> makers", ("SMA, smooth muscle actin.",), 1,
    )  # fmt: skip
    draft.paragraph("Figure 1. The cells were positive for vimentin.", "caption")
    draft.heading("Follow-up", declared="follow_up")
    draft.paragraph("She was well after 30 months.")
    report = draft.report(
        "paper", "paper.pdf", title=title, format="pdf", article_type="Letter", year=2019,
        authors=tuple(f"Ada <{number}> Writer" for number in range(1, 41)), affiliations=("Clinic of Hands, <Springfield>", "Institute of Dyes"),
    )  # fmt: skip
    third = report.text.index("removed in March")  # the third page begins within a paragraph
    report = replace(report, pages=(*report.pages, third))
    note = PagedNotes(report.text, [], report)
    case = Case(
        "1",
        age_years=40.0,
        sex="female",
        site=Site("thumb", "C44.6", None, (*note("site", "nail"), *note("site", "thumb"))),
        size_cm=1.2,
        ihc=(
            IhcResult("SMA", "positive", evidence=note("ihc", "SMA | positive")),
            IhcResult("CD34", "negative", evidence=note("ihc", "negative")),
            IhcResult("Vimentin", "positive", evidence=note("ihc", "positive for vimentin")),
        ),
        surgery=True,
        follow_up_months=30.0,
    )
    for field, quote in (
        ("age_years", "40-year-old"),
        ("sex", "woman"),
        ("size_cm", "1.2 cm"),
        ("surgery", "removed in March"),
        ("follow_up_months", "after 30 months"),
    ):
        note(field, quote)
    return report, record_of(report, "case_report", (case,), note)


@dataclass
class PagedNotes(Notes):
    """Evidence of a paper: with the section and the page on which it stands."""

    report: Report

    def __call__(self, field: str, quote: str, case: str | None = "1", value: str | None = None, **more: str) -> tuple[int, ...]:
        numbers = super().__call__(field, quote, case, value, **more)
        start = self.entries[-1].start
        section = next(section.kind for section in self.report.sections if section.start <= start < section.end)
        page = sum(begin <= start for begin in self.report.pages)
        self.entries[-1] = replace(self.entries[-1], section=section, page=page)
        return numbers


def record_of(report: Report, kind: str, cases: tuple[Case, ...], note: Notes) -> Record:
    """Put a record together as the pipeline does."""
    told = {name: getattr(report, name) for name in ("id", "title", "doi", "pmcid", "pmid", "year", "journal", "license", "sha256")}
    return Record({**told, "kind": kind}, cases, tuple(note.entries), PIPELINE)


def with_case(record: Record, **changes: object) -> Record:
    """Return the record with values of its first case replaced."""
    return replace(record, cases=(replace(record.cases[0], **changes), *record.cases[1:]))  # type: ignore[arg-type]


def build(path: Path) -> Path:
    """Write the database of all three reports, as the command line does."""
    connection = load.connect(path, is_partial=True)
    load.start_run(connection, "run-1", "tests", PIPELINE)
    for report, record in (lung(), markup(), guideline()):
        load.store(connection, report, record, "run-1")
    load.finish_run(connection, "run-1")
    load.refresh_overview(connection)
    connection.close()
    return path


def build_paper(path: Path) -> Path:
    """Write a database of the paper, with another file that tells the same."""
    report, record = paper()
    connection = load.connect(path, is_partial=True)
    load.start_run(connection, "run-1", "tests", PIPELINE)
    load.store(connection, report, record, "run-1")
    copy = replace(report, id="paper-preprint", title="A <i>preprint</i>", doi="10.1234/preprint", format="docx")
    load.link(connection, Place(report, True, (Link(copy, Likeness("same text", 60, 1.0)),), ()), "run-1")
    load.finish_run(connection, "run-1")
    load.refresh_overview(connection)
    connection.close()
    return path
