"""The same report in two files: found, kept once, the fuller one, whatever the order; and what only looks the same. Texts are invented."""

from __future__ import annotations

import asyncio
import random
import re
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from html import unescape
from itertools import permutations
from pathlib import Path

import pytest
from click.testing import CliRunner

import casebook
from corpus.report import Report, ReportTable, Section
from db import duplicates, load, people, serve
from db.reports import stored_report
from extract.record import Record
from tests import db_fixtures

ABSTRACT = (
    "Tumours of the parotid gland that spread to the orbit are hardly ever seen. We report a 47-year-old baker who noticed a hard lump "
    "of 3.4 cm below his left ear and, eleven weeks later, double vision. Superficial parotidectomy showed a salivary duct carcinoma with "
    "18 mm of perineural growth. Sixty gray in thirty fractions followed, together with weekly carboplatin. After 26 months the orbit "
    "was free of tumour and the baker had gone back to his ovens."
)
CASE = (
    "A 47-year-old baker came to our outpatient clinic in the spring because flour dust no longer made him sneeze and his left cheek had "
    "become numb. He had smoked 12 cigarettes a day until the age of 31. Below the lobe of the left ear we felt a hard lump of 3.4 cm "
    "that did not move with the skin. Sonography showed an irregular node without flow in its middle, and a needle drew malignant cells. "
    "Magnetic resonance imaging followed the trigeminal nerve backwards and found it thick over 18 mm. Eleven weeks after the first visit "
    "he saw two ovens where one stood. A second scan revealed a nodule of 9 mm behind the globe. Superficial parotidectomy was done with "
    "the branches of the facial nerve kept; the margins were free by 2 mm. Under the microscope large ducts with comedo necrosis lay in "
    "fibrous tissue. Androgen receptor was positive in 90 % of the nuclei and HER2 was scored 3+. Sixty gray were delivered in thirty "
    "fractions to the bed of the parotid and the orbit, with carboplatin every week. Dryness of the eye was treated with drops. Scans "
    "were repeated every four months. After 26 months the orbit was free of tumour."
)
REFERENCES = "References\n" + "\n".join(
    f"{n}. Miller A, Baker B. A salivary tumour, part {n}. J Invent Med {1990 + n};{n}:1{n}-2{n}." for n in range(1, 9)
)
FULL = f"Abstract\n{ABSTRACT}\n\nCase report\n{CASE}\n\nDiscussion\nOrbital spread along nerves is an enigma of its own.\n"
TITLE = "Salivary duct carcinoma of the parotid growing along nerves into the orbit"
AUTHORS = ("Ana B. Silva", "Jörg Müller", "Li Wei")


def _worn(text: str, part: float, seed: int = 1) -> str:
    """Return a text in which so many of the words were broken in two, as by a PDF's hyphens, or lost."""
    chance = random.Random(seed)
    words = []
    for word in text.split(" "):
        if chance.random() >= part:
            words.append(word)
        elif len(word) > 6:
            words.append(f"{word[:3]}- {word[3:]}")
    return " ".join(words)


PAPER = Report("paper", FULL, title=TITLE, doi="10.1234/inv.1", pmid="123", year=2020, authors=AUTHORS, format="jats")

SAME = [
    ("identifier in another spelling", replace(PAPER, text=CASE), Report("b", ABSTRACT, doi="https://doi.org/10.1234/INV.1"), "same DOI 10.1234/inv.1"),
    ("PMCID", Report("a", CASE, pmcid="PMC77"), Report("b", ABSTRACT, pmcid="PMC077"), "same PMCID PMC77"),
    ("PMID", Report("a", CASE, pmid="77"), Report("b", ABSTRACT, pmid="77"), "same PMID 77"),
    ("spaces, case, hyphens", Report("a", CASE), Report("b", CASE.upper().replace(" ", "\n").replace("-", "")), "same text"),
    ("abstract", PAPER, Report("b", ABSTRACT), "100 % of the shorter text's words stand in the other"),
    ("case section alone", PAPER, Report("b", CASE), "100 % of"),
    ("reference list in one", Report("a", FULL), Report("b", FULL + REFERENCES), "100 % of"),
    ("another title page", Report("a", f"Letters of Inventors\nReceived in May\n{FULL}"), Report("b", f"Downloaded by a reader\n{FULL}"), "% of"),
    ("PDF", PAPER, Report("b", _worn(FULL, 0.04)), "% of"),
    ("worn abstract", PAPER, Report("b", _worn(ABSTRACT, 0.04)), "% of"),
    ("first half", PAPER, Report("b", FULL[: len(FULL) // 2]), "100 % of"),
    ("preprint, revised", PAPER, replace(PAPER, id="b", doi="10.1101/2019.1", pmid=None, text=_worn(CASE, 0.15)), "same title and authors"),
    ("preprint, no authors", PAPER, Report("b", _worn(CASE, 0.1), title=TITLE.upper()), "same title; "),
    ("abstract in other words", PAPER, Report("b", "A baker had a tumour of the orbit.", title=TITLE + ".", authors=("Silva AB", "Müller J.")), "same title and"),
    ("retelling", PAPER, Report("b", "A baker had a tumour.", doi="10.1234/inv.1", is_retelling=True), "same DOI"),
]  # fmt: skip

OTHER_CASE = (
    "A 63-year-old sailor came to our outpatient clinic in the autumn because his voice had become hoarse. He had smoked 40 cigarettes a "
    "day until the age of 60. On the right cord we saw a white patch of 1.1 cm that did not move with the voice. Written informed consent "
    "was obtained from the patient for publication of this report and of the images that go with it. Under the microscope nests of "
    "squamous cells lay in fibrous tissue. He was given 66 gray in 33 fractions. After 14 months he sails again."
)
CONSENT = "Written informed consent was obtained from the patient for publication of this report and of the images that go with it."
TEMPLATE = (
    "A {age}-year-old {who} with a tumour of the {organ} was seen at our hospital. Computed tomography showed a mass of {size} cm. The patient "
    "underwent complete resection with free margins, and the diagnosis of sarcoma was confirmed. Adjuvant radiotherapy of {dose} Gy was "
    "given. The patient has been followed up for {months} months and there is no evidence of recurrence."
)

DIFFERENT = [
    ("two patients", Report("a", CASE), Report("b", OTHER_CASE)),
    ("a group's own phrases", Report("a", f"{CASE} {CONSENT}", authors=AUTHORS), Report("b", OTHER_CASE, authors=AUTHORS)),
    (
        "a template",
        Report("a", TEMPLATE.format(age=54, who="man", organ="thigh", size="7.2", dose=50, months=31), authors=AUTHORS),
        Report("b", TEMPLATE.format(age=61, who="woman", organ="arm", size="4.5", dose=66, months=12), authors=AUTHORS),
    ),
    ("correction", PAPER, Report("b", ABSTRACT, title=f"Correction to: {TITLE}", doi="10.1234/inv.9", authors=AUTHORS)),
    ("comment", PAPER, replace(PAPER, id="b", doi="10.1234/inv.8", pmid=None, text=ABSTRACT, article_type="reply")),
    ("the patients of a paper, a file each", replace(PAPER, text=CASE), replace(PAPER, id="b", text=OTHER_CASE)),
    ("a DOI that one has by mistake", Report("a", CASE, doi="10.1234/inv.1"), Report("b", OTHER_CASE, doi="10.1234/inv.1")),
    ("a DOI in the text", PAPER, Report("b", f"{OTHER_CASE} See doi 10.1234/inv.1.")),
    ("a title that many have", Report("a", CASE, title="A case report"), Report("b", OTHER_CASE, title="A case report")),
    ("same title, other authors", PAPER, Report("b", OTHER_CASE, title=TITLE, authors=("Jane Roe",))),
    ("same authors", PAPER, Report("b", OTHER_CASE, title="Carcinoma of the vocal cord in a sailor", authors=AUTHORS)),
    ("nothing in common", Report("a", ""), Report("b", "")),
]


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    connection = load.connect(tmp_path / "casebook.db")
    yield connection
    connection.close()


def _add(connection: sqlite3.Connection, *incoming: Report) -> None:
    """Do what the command line does with each report."""
    waiting = list(incoming)
    while waiting:
        report = waiting.pop(0)
        if duplicates.is_linked(connection, report):
            continue
        place = duplicates.place(connection, report)
        if place and place.is_stored:
            waiting = [*duplicates.orphans(connection, report, place), *waiting]
            load.link(connection, place, "run-1")
            continue
        kept = place.kept if place else report
        orphans = duplicates.orphans(connection, kept, place)
        load.store(connection, kept, Record({"id": kept.id, "kind": "case_report"}, (), (), db_fixtures.PIPELINE), "run-1", place)
        waiting = [*orphans, *waiting]


def _stored(connection: sqlite3.Connection) -> list[str]:
    return [name for (name,) in connection.execute("select report_id from report order by 1")]


def _links(connection: sqlite3.Connection) -> list[tuple[str, str]]:
    return connection.execute("select duplicate_id, report_id from report_duplicate order by 1").fetchall()


@pytest.mark.parametrize(("first", "second", "reason"), [case[1:] for case in SAME], ids=[case[0] for case in SAME])
def test_the_same_report_is_recognised(connection: sqlite3.Connection, first: Report, second: Report, reason: str) -> None:
    found = duplicates.likeness(first, second)
    assert found is not None
    assert reason in found.reason
    assert found == duplicates.likeness(second, first)
    _add(connection, first)
    place = duplicates.place(connection, second)  # by the fingerprints in the table, not by comparing all
    assert place is not None
    assert [link.likeness for link in place.links] == [found]


@pytest.mark.parametrize(("first", "second"), [case[1:] for case in DIFFERENT], ids=[case[0] for case in DIFFERENT])
def test_what_only_looks_the_same_is_kept_apart(connection: sqlite3.Connection, first: Report, second: Report) -> None:
    assert duplicates.likeness(first, second) is None
    _add(connection, first, second)
    assert _stored(connection) == sorted((first.id, second.id))
    assert _links(connection) == []


def test_the_template_would_be_the_same_report_with_the_same_numbers() -> None:
    text = TEMPLATE.format(age=54, who="man", organ="thigh", size="7.2", dose=50, months=31)
    assert duplicates.likeness(Report("a", text), Report("b", text.replace("complete", "total")))


FAMILY = (
    PAPER,
    Report("abstract", ABSTRACT),
    replace(PAPER, id="preprint", text=_worn(FULL, 0.1), doi="10.1101/2019.1", pmid=None),
    Report("plain", FULL + REFERENCES, format="text"),
    Report("scan", _worn(FULL, 0.03, 2), format="pdf"),
)


def test_any_order_gives_the_same_rows() -> None:
    dumps = set()
    orders = list(permutations(FAMILY))
    for order in orders[:: len(orders) // 24]:
        connection = load.connect(Path(":memory:"))
        _add(connection, *order, Report("other", OTHER_CASE))
        assert _stored(connection) == ["other", "paper"]
        assert _links(connection) == [(name, "paper") for name in ("abstract", "plain", "preprint", "scan")]
        dumps.add("\n".join(load.dump(connection)))
        connection.close()
    assert len(dumps) == 1


def test_a_copy_of_a_copy_is_linked_in_any_order() -> None:
    """The second half is like the whole, and the whole like the first half; the halves have nothing in common."""
    words = CASE.split(" ")
    first, second, whole = Report("first", " ".join(words[:95])), Report("second", " ".join(words[95:])), Report("whole", CASE)
    assert duplicates.likeness(first, second) is None
    for order in permutations((first, second, whole)):
        connection = load.connect(Path(":memory:"))
        _add(connection, *order)
        assert _stored(connection) == ["whole"]
        assert _links(connection) == [("first", "whole"), ("second", "whole")]
        connection.close()


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        (Report("z", FULL), Report("a", ABSTRACT)),
        (Report("z", FULL, format="jats"), Report("a", FULL, format="pdf")),
        (Report("z", FULL, format="pdf"), Report("a", FULL, format="text")),
        (Report("z", _worn(FULL, 0.03), format="jats"), Report("a", FULL, format="pdf")),
        (Report("z", FULL, doi="10.1234/inv.1"), Report("a", FULL)),
        (Report("z", FULL, doi="10.1234/inv.1"), Report("a", FULL, doi="10.1101/2019.1", authors=AUTHORS)),
        (Report("z", FULL), Report("a", FULL, is_retelling=True)),
        (Report("z", FULL, doi="10.1/x", is_retelling=True), Report("a", ABSTRACT, doi="10.1/x")),
        (Report("z", ABSTRACT + CASE), Report("a", f"{ABSTRACT}\n\n{REFERENCES * 9}")),
        (Report("a", FULL), Report("z", FULL)),
    ],
    ids=lambda report: f"{report.id}-{report.format}-{len(report.text)}",
)
def test_the_fuller_one_is_kept(connection: sqlite3.Connection, better: Report, worse: Report) -> None:
    _add(connection, worse, better)
    assert _stored(connection) == [better.id]
    assert _links(connection) == [(worse.id, better.id)]


def test_a_fuller_one_takes_the_place_with_all_rows_and_the_ledger_says_why(connection: sqlite3.Connection) -> None:
    report, record = db_fixtures.lung()
    load.store(connection, report, record, "run-0")
    fuller = replace(report, id="fuller", text=f"{report.text}\n\nDiscussion\n{CASE}", is_retelling=False)
    _add(connection, fuller)
    assert _stored(connection) == ["fuller"]
    for table in ("patient_case", "report_section", "evidence", "case_overview"):
        assert connection.execute(f"select count(*) from {table} where report_id = 'lung-imt'").fetchone() == (0,)
    assert connection.execute("select outcome, message from run_report where run_id = 'run-1' order by 1").fetchall() == [
        ("linked", "to fuller: same DOI 10.1234/example.5"),
        ("new", None),
    ]
    assert connection.execute("pragma foreign_key_check").fetchall() == []


def test_nothing_is_done_again(connection: sqlite3.Connection) -> None:
    _add(connection, *FAMILY)
    before = list(connection.iterdump())
    _add(connection, *(report for report in FAMILY if report.id != "paper"))
    assert list(connection.iterdump()) == before
    assert duplicates.place(connection, PAPER) is None
    assert not duplicates.is_linked(connection, PAPER)
    assert not duplicates.is_linked(connection, replace(FAMILY[1], year=2001))
    assert duplicates.is_linked(connection, replace(FAMILY[1], source="elsewhere/abstract.txt"))


def test_a_retelling_does_not_bind_the_patients_of_a_paper_together() -> None:
    """Each patient of a paper has a file, and one retelling bears the DOI of all: it goes to the longest, whichever comes first."""
    first, second = replace(PAPER, id="patient-1", text=CASE), replace(PAPER, id="patient-2", text=OTHER_CASE)
    retold = Report("retold", "A baker had a tumour, and a sailor had another.", doi="10.1234/inv.1", is_retelling=True)
    dumps = set()
    for order in permutations((first, second, retold)):
        connection = load.connect(Path(":memory:"))
        _add(connection, *order)
        assert _stored(connection) == ["patient-1", "patient-2"], [report.id for report in order]
        assert _links(connection) == [("retold", "patient-1")]
        dumps.add("\n".join(load.dump(connection)))
        connection.close()
    assert len(dumps) == 1


def test_a_copy_that_two_have_in_common_joins_them_in_any_order() -> None:
    """Two long texts share an abstract and little else."""
    words = [" ".join(_invented(random.Random(number), 400)) for number in range(2)]
    members = (Report("one", f"{ABSTRACT} {words[0]}"), Report("two", f"{ABSTRACT} {words[1][:-600]}"), Report("abstract", ABSTRACT))
    dumps = set()
    for order in permutations(members):
        connection = load.connect(Path(":memory:"))
        _add(connection, *order)
        dumps.add("\n".join(load.dump(connection)))
        assert _links(connection) == [("abstract", "one"), ("two", "one")]
        connection.close()
    assert len(dumps) == 1


def test_what_hung_on_a_copy_that_became_another_text_is_stored_again(connection: sqlite3.Connection) -> None:
    words = [" ".join(_invented(random.Random(number), 400)) for number in range(2)]
    one, two = Report("one", f"{ABSTRACT} {words[0]}"), Report("two", f"{ABSTRACT} {words[1][:-600]}")
    _add(connection, one, two, Report("abstract", ABSTRACT))
    assert _stored(connection) == ["one"]
    _add(connection, Report("abstract", OTHER_CASE))
    assert _stored(connection) == ["abstract", "one", "two"]
    assert _links(connection) == []


def test_a_linked_report_comes_back_as_it_was(connection: sqlite3.Connection) -> None:
    table = ReportTable(0, 5, "Table 1", None, (("a", "b"), ("c", "d")), 1, ("note",))
    rich = replace(PAPER, id="rich", text=ABSTRACT, sections=(Section("abstract", 0, len(ABSTRACT)),), tables=(table,), pages=(0, 9))
    _add(connection, PAPER, rich)
    assert duplicates.linked(connection) == duplicates.linked(connection, "paper") == (rich,)
    assert duplicates.linked(connection, "rich") == ()
    assert duplicates.linked(sqlite3.connect(":memory:")) == ()


def test_a_linked_report_that_becomes_another_text_is_stored(connection: sqlite3.Connection) -> None:
    _add(connection, PAPER, Report("b", ABSTRACT), Report("b", OTHER_CASE))
    assert _stored(connection) == ["b", "paper"]
    assert _links(connection) == []


def test_what_was_linked_to_a_text_that_changed_is_placed_anew(connection: sqlite3.Connection) -> None:
    _add(connection, PAPER, Report("b", CASE), replace(PAPER, text=OTHER_CASE, doi=None))
    assert _stored(connection) == ["b", "paper"]
    assert _links(connection) == []
    _add(connection, Report("c", ABSTRACT), PAPER)
    assert _stored(connection) == ["paper"]
    assert _links(connection) == [("b", "paper"), ("c", "paper")]


def test_what_was_linked_to_a_report_that_is_now_linked_itself_is_placed_anew(connection: sqlite3.Connection) -> None:
    """The file of the paper now holds a copy of another report: the abstract of the paper stands alone."""
    _add(connection, PAPER, Report("b", ABSTRACT), Report("other", OTHER_CASE))
    _add(connection, Report("paper", OTHER_CASE[:-60]))
    assert _stored(connection) == ["b", "other"]
    assert _links(connection) == [("paper", "other")]
    assert connection.execute("pragma foreign_key_check").fetchall() == []


def test_an_older_text_links_nothing(connection: sqlite3.Connection) -> None:
    """The paper becomes its first half: the second half was like the paper and is not like that."""
    first, second = CASE[: len(CASE) // 2], CASE[len(CASE) // 2 :]
    _add(connection, Report("paper", CASE), Report("first", first), Report("second", second))
    assert _links(connection) == [("first", "paper"), ("second", "paper")]
    _add(connection, Report("paper", f"{first} The rest of this report went astray in the post."))
    assert _stored(connection) == ["paper", "second"]
    assert _links(connection) == [("first", "paper")]


def test_a_text_read_by_another_pipeline_keeps_its_links(connection: sqlite3.Connection) -> None:
    _add(connection, *FAMILY)
    before = list(load.dump(connection))
    _add(connection, PAPER)
    assert list(load.dump(connection)) == before


def test_with_the_kept_one_goes_what_is_known_of_its_copies(connection: sqlite3.Connection) -> None:
    _add(connection, *FAMILY)
    heirs = duplicates.linked(connection, "paper")
    assert load.remove(connection, "paper")
    assert _links(connection) == []
    assert connection.execute("select count(*) from report_fingerprint").fetchone() == (0,)
    _add(connection, *heirs)
    assert _stored(connection) == ["scan"]
    assert len(_links(connection)) == 3


def test_a_phrase_that_every_report_has_finds_nothing(connection: sqlite3.Connection) -> None:
    chance = random.Random(3)
    for number in range(130):
        _add(connection, Report(f"r{number}", " ".join(_invented(chance, 60)) + f" {CONSENT}"))
    assert len(_stored(connection)) == 130
    assert duplicates.place(connection, Report("new", " ".join(_invented(chance, 60)) + f" {CONSENT}")) is None


def _invented(chance: random.Random, number: int) -> Sequence[str]:
    return ["".join(chance.choices("aeiou", k=2)) + "".join(chance.choices("bdklmnrst", k=3)) for _ in range(number)]


def test_the_page_of_a_report_names_its_copies(tmp_path: Path) -> None:
    database = tmp_path / "casebook.db"
    connection = load.connect(database)
    preprint = Report("pre", ABSTRACT, title=f"{TITLE} <b>", doi="10.1101/2019.1", format="pdf")
    _add(connection, PAPER, preprint, Report("re/told", ABSTRACT, doi=PAPER.doi, is_retelling=True))
    connection.close()
    datasette = serve.make_datasette(database)

    async def ask() -> str:
        await datasette.invoke_startup()
        return str((await datasette.client.get("/casebook/report/paper")).text)

    html = asyncio.run(ask())
    words = " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())
    assert (
        f"The same report as {TITLE} <b> (pdf), which is not stored beside it: 100 % of the shorter text's words stand in the other"
        in words
    )
    assert '<a href="https://doi.org/10.1101/2019.1" rel="external noopener">DOI 10.1101/2019.1</a>' in html
    assert "The same report as Casebook's own retelling re/told , which is not stored beside it: same DOI 10.1234/inv.1" in words
    assert 'href="/casebook/report_duplicate?duplicate_id=re%2Ftold"' in html


def test_the_command_line_keeps_the_fuller_one_and_says_so(tmp_path: Path) -> None:
    folder, database = tmp_path / "in", tmp_path / "x.db"
    folder.mkdir()
    (folder / "a-abstract.txt").write_text(ABSTRACT, encoding="utf-8")
    (folder / "b-paper.txt").write_text(FULL, encoding="utf-8")
    arguments = ["add", "--database", str(database), str(folder)]
    first = CliRunner().invoke(casebook.main, arguments)
    assert first.exit_code == 0, first.output
    assert "a-abstract: the same report as b-paper, which is kept" in first.output
    assert "1 new, 0 changed, 0 unchanged, 0 failed, 1 linked to the same report" in first.output
    with sqlite3.connect(database) as connection:
        assert _stored(connection) == ["b-paper"]
        assert stored_report(connection, "b-paper") is not None
    again = CliRunner().invoke(casebook.main, arguments)
    assert "is up to date: 1 case in 1 report" in again.output
    (folder / "b-paper.txt").write_text(OTHER_CASE, encoding="utf-8")
    changed = CliRunner().invoke(casebook.main, arguments)
    assert "now 2 cases in 2 reports" in changed.output


def test_accents_upon_accents_take_no_longer_than_other_signs() -> None:
    """Putting a run of them in order takes quadratic time; the words beside them still tell that it is the same report."""
    marks = " a" + "\u0301\u0323" * 50_000
    started = time.process_time()
    with closing(load.connect(Path(":memory:"))) as connection:
        first = Report("one", f"{FULL} {marks}", authors=(*AUTHORS, f"Mu\u0308ller{marks}"))
        load.store(connection, first, Record({"id": "one", "kind": "other"}, (), (), db_fixtures.PIPELINE), "run")
        place = duplicates.place(connection, replace(first, id="two"))
    assert place is not None
    assert place.is_stored
    assert people.without_accents(f"Mu\u0308ller ﬁ{marks}") == people.without_accents("Müller ﬁ a") == "Muller fi a"
    assert time.process_time() - started < 2
