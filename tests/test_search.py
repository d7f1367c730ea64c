"""The search: what is typed, what is found in texts and facts, in which order, and what is said where nothing is found."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import pytest

from corpus.report import Report
from db import case_words, load, serve
from db.pages import abbreviations, search
from db.pages.nearest import nearest
from db.pages.spelling import spellings
from db.pages.terms import MOST_TERMS, Term, terms_of
from extract.record import Case, IhcResult
from tests import db_fixtures
from tests.asking import Get, asking, words
from tests.browsers import NEEDED, served


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return db_fixtures.build(tmp_path_factory.mktemp("search") / "casebook.db")


@pytest.fixture(scope="module")
def get(database: Path) -> Iterator[Get]:
    with asking(database, follows_redirects=False) as get:
        yield get


@pytest.fixture
def find(get: Get) -> Callable[..., list[dict[str, Any]]]:
    """Search, and return the rows of the answer."""

    def found(query: str, more: str = "") -> list[dict[str, Any]]:
        answer = get(f"/search.json?q={quote_plus(query)}{more}")
        assert answer.status_code == 200
        rows: list[dict[str, Any]] = answer.json()
        return rows

    return found


def words_of(html: str) -> str:
    """The words of a page's main part without its tags."""
    main = html[html.index("<main") : html.index("</main>")]
    return re.sub(" (?=[:;,])", "", words(main))


# --- what is typed -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "text", "facts"),
    [
        ("sarcoma lung", '("sarcoma") AND ("lung")', '("sarcoma") AND ("lung")'),
        ('"wedge resection"', '("wedge resection")', '("wedge resection")'),
        ("sarcoma -uterus", '(("sarcoma")) NOT ("uterus")', '(("sarcoma")) NOT ("uterus")'),
        ('sarcoma -"smooth muscle"', '(("sarcoma")) NOT ("smooth muscle")', '(("sarcoma")) NOT ("smooth muscle")'),
        ("sunitinib OR pazopanib renal", '("sunitinib" OR "pazopanib") AND ("renal")', '("sunitinib" OR "pazopanib") AND ("renal")'),
        ("leio*", '("leio"*)', '("leio"*)'),
        ("l*", '("l")', '("l")'),  # all words that begin with l would take seconds
        ("ALK positive", '(("ALK" AND "positive"))', '("ALK positive")'),
        ("desmin+", '(("desmin" AND "positive"))', '("desmin positive")'),
        ("zebra+", '("zebra+")', '("zebra+")'),
        ("ALK+", '(("ALK" AND "positive"))', '("ALK positive")'),
        ("ALK−", '(("ALK" AND "negative"))', '("ALK negative")'),
        ("S-100", '(("S-100" OR "S100"))', '(("S-100" OR "S100"))'),
        ("CD34", '(("CD34" OR "CD 34"))', '(("CD34" OR "CD 34"))'),
        ("oesophageal", '(("oesophageal" OR "esophageal"))', '(("oesophageal" OR "esophageal"))'),
        ('"giant cell tumour"', '(("giant cell tumour" OR "giant cell tumor"))', '(("giant cell tumour" OR "giant cell tumor"))'),
        ("haemangio*", '(("haemangio"* OR "hemangio"*))', '(("haemangio"* OR "hemangio"*))'),
        ("lung -tumor", '(("lung")) NOT (("tumor" OR "tumour"))', '(("lung")) NOT (("tumor" OR "tumour"))'),
        ('tumour"" NOT "edema', '(("tumour" OR "tumor")) AND ("NOT") AND (("edema" OR "oedema"))', '(("tumour" OR "tumor")) AND ("NOT") AND (("edema" OR "oedema"))'),
        ("DFSP", '(("DFSP" OR "dermatofibrosarcoma protuberans"))', '(("DFSP" OR "dermatofibrosarcoma protuberans"))'),
        ("GISTs", '(("GISTs" OR "gastrointestinal stromal tumor" OR "gastrointestinal stromal tumour"))',
         '(("GISTs" OR "gastrointestinal stromal tumor" OR "gastrointestinal stromal tumour"))'),
        ("c-kit positive", '((("c-kit" OR "ckit") AND "positive"))', '(("c-kit positive" OR "ckit positive" OR "CD117 positive"))'),
        ("smooth muscle actin negative", '(("smooth muscle actin" AND "negative"))', '(("smooth muscle actin negative" OR "SMA negative"))'),
        ("lung ALK+ OR thigh", '("lung") AND (("ALK" AND "positive") OR "thigh")', '("lung") AND ("ALK positive" OR "thigh")'),
        ("AND NOT NEAR(", '("AND") AND ("NOT") AND ("NEAR(")', '("AND") AND ("NOT") AND ("NEAR(")'),
        ('title:x ^y "', '("title:x") AND ("^y")', '("title:x") AND ("^y")'),
        ("OR", '("OR")', '("OR")'),
        ("- + * ( ) :", "", ""),
        ("", "", ""),
    ],
)  # fmt: skip
def test_what_is_typed_becomes_a_question(typed: str, text: str, facts: str) -> None:
    found = terms_of(typed)
    assert (found.for_text(), found.for_facts()) == (text, facts)


@pytest.mark.parametrize(
    ("british", "american"),
    [
        ("tumours", "tumors"), ("oesophagus", "esophagus"), ("lymphoedema", "lymphedema"), ("haemorrhage", "hemorrhage"),
        ("leukaemia", "leukemia"), ("anaemia", "anemia"), ("paediatric", "pediatric"), ("gynaecological", "gynecological"),
        ("diarrhoea", "diarrhea"), ("oestrogen", "estrogen"), ("ileocaecal", "ileocecal"), ("fibres", "fibers"), ("centred", "centered"),
        ("multicentre", "multicenter"), ("hypercalcaemic", "hypercalcemic"), ("naevus", "nevus"), ("localised", "localized"),
        ("gastro-oesophageal", "gastroesophageal"),
    ],
)  # fmt: skip
def test_a_word_has_two_spellings(british: str, american: str) -> None:
    assert spellings(british) == (british, american)
    assert spellings(american) == (american, british)
    assert spellings(british.upper())[1].casefold() == american


@pytest.mark.parametrize(
    "word",
    ["chemotherapy", "hemicolectomy", "remission", "colorectal", "literature", "diameter", "laboratory", "hour", "four", "never", "systemic",
     "inevitable", "restricted", "anemone", "mathematical", "metastasis", "palisaded", "aerobic", "Michaelis", "SMA", "Hemi"],
)  # fmt: skip
def test_other_words_have_one_spelling(word: str) -> None:
    assert spellings(word) == (word,)


def test_a_phrase_of_two_spellings_is_bounded() -> None:
    assert set(spellings("tumour of the esophagus")) == {
        f"{what} of the {where}" for what in ("tumour", "tumor") for where in ("esophagus", "oesophagus")
    }
    assert spellings("tumour edema fibre centre") == (
        "tumour edema fibre centre",
        "tumour oedema fibre centre",
        "tumor edema fiber center",
    )
    assert spellings("") == ("",)


def test_both_spellings_find_the_same(find: Any) -> None:
    for query in ("tumour", "tumor", '"myofibroblastic tumour"', '"myofibroblastic tumor"', "tumour* lung"):
        for kind in ("", "text", "facts"):
            assert [hit["report_id"] for hit in find(query, f"&kind={kind}")] == ["lung-imt"], (query, kind)
    assert "«tumor»" in find("lung tumour", "&kind=facts")[0]["facts"]
    assert {hit["report_id"] for hit in find("man -tumour")} == {"markup"}


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("SFT", ("solitary fibrous tumor",)),
        ("sft", ("solitary fibrous tumor",)),
        ("GISTs", ("gastrointestinal stromal tumor",)),
        ("ES", ("Ewing sarcoma", "epithelioid sarcoma")),
        ("es", ()),
        ("ALL", ("acute lymphoblastic leukemia",)),
        ("all", ()),
        ("NPC", ()),  # the vocabularies count it as carcinoma, which is more
        ("zebra", ()),
    ],
)
def test_an_abbreviation_has_its_long_forms(word: str, meant: tuple[str, ...]) -> None:
    assert abbreviations.long_forms(word) == meant
    assert abbreviations.is_known(word) == (bool(meant) or word == "NPC")


def test_what_cannot_be_used_is_said() -> None:
    assert terms_of("sarcoma").problem == ""
    assert "not closed" in terms_of('lung "of the left').problem
    assert terms_of('lung "of the left').terms == (Term("lung"), Term("of the left"))
    assert "leave out" in terms_of("-lung -liver").problem
    assert terms_of("-lung -liver").terms == ()
    many = terms_of(" ".join(f"word{number}" for number in range(40)))
    assert len(many.terms) == MOST_TERMS
    assert str(MOST_TERMS) in many.problem
    beginnings = terms_of("carc* aden* lymp*")
    assert [term.is_beginning for term in beginnings.terms] == [True, True, False]
    assert "asterisk" in beginnings.problem
    assert terms_of(f'"{"no " * 90}"').terms == (Term(" ".join(["no"] * 10)),)


@pytest.mark.parametrize(
    "typed", ['"', '""', "a AND", "(", "*", "report_search:x", "NEAR(", "é", "-", "a" * 5000, "\x00b", '" OR 1', "{x y}", "a OR", "%", "'"]
)
def test_nothing_that_is_typed_breaks_it(get: Get, typed: str) -> None:
    for kind in ("", "text", "facts"):
        assert get(f"/search?q={quote_plus(typed)}&kind={kind}").status_code == 200


# --- what is found -----------------------------------------------------------------------------


def test_words_are_found_in_texts_by_their_stems_and_marked(find: Any, get: Get) -> None:
    (hit,) = find("resecting cisplatin", "&kind=text")
    assert (hit["report_id"], hit["case_id"], hit["max_dose_gy"], hit["status"]) == (
        "lung-imt",
        "lung-imt/1",
        54.0,
        "alive without disease",
    )
    assert "«resection»" in hit["snippet"]
    html = get("/search?q=resecting+cisplatin").text
    assert "<mark>resection</mark>" in html
    assert "lung (C34) · 54 years · male · 54 Gy · alive without disease at 60 months (5 years)" in words_of(html)


def test_facts_are_found_that_the_text_does_not_say_so(find: Any, get: Get) -> None:
    (hit,) = find("ALK negative", "&kind=facts")
    assert (hit["case_id"], hit["facts"]) == ("lung-imt/1", "Stain: «ALK: negative»")
    assert find("ALK positive", "&kind=facts") == []
    assert find("SMA+ ALK-", "&kind=facts")[0]["facts"] == "Stain: «SMA: positive»; Stain: «ALK: negative»"
    # The text says that he died of liver metastases; that this is "died of disease" is a fact only.
    assert [hit["case_id"] for hit in find('"died of disease"')][:1] == ["markup/2"]
    assert find('"died of disease"', "&kind=text") == []
    html = get("/search?q=ALK+negative").text
    connection_number = re.search(r'href="[^"]*/patient_case/lung-imt~2F1#ihc-(\d)"', html)
    assert connection_number
    assert connection_number[1] == "3"


def test_the_case_that_holds_the_words_stands_first(find: Any) -> None:
    assert [hit["case_id"] for hit in find("thigh", "&kind=facts")] == ["markup/2", "markup/1"]
    assert [hit["case_id"] for hit in find("retroperitoneum", "&kind=facts")] == ["markup/1", "markup/2"]


def test_a_report_without_a_case_is_found_too(find: Any, get: Get) -> None:
    (hit,) = find("seen every three months")
    assert (hit["report_id"], hit["case_id"], hit["histology"]) == ("guideline", None, None)
    assert "Guideline, no case" in words_of(get("/search?q=seen+every+three+months").text)


def test_what_both_indexes_hold_stands_above_what_one_holds(find: Any) -> None:
    # A sarcoma is spoken of in the guideline's text; the facts of both cases of the other report say it, too.
    ranks = [hit["report_id"] for hit in find("sarcoma OR leiomyosarcoma")]
    assert list(dict.fromkeys(ranks)) == ["markup", "guideline"]


def test_a_word_can_be_left_out_and_years_narrow(find: Any) -> None:
    assert {hit["report_id"] for hit in find("months OR resection", "&kind=text")} == {"lung-imt", "guideline", "markup"}
    assert {hit["report_id"] for hit in find("months OR resection -cisplatin", "&kind=text")} == {"guideline", "markup"}
    assert {hit["report_id"] for hit in find("man")} == {"lung-imt", "markup"}
    assert {hit["report_id"] for hit in find("man", "&year_from=2021")} == {"lung-imt"}
    assert {hit["report_id"] for hit in find("man", "&year_to=2020")} == {"markup"}
    assert {hit["report_id"] for hit in find("leiomyosarcoma", "&year_from=2020&year_to=2020&kind=facts")} == {"markup"}
    assert find("leiomyosarcoma", "&year_from=2021&kind=facts") == []


@pytest.mark.parametrize(
    ("typed", "place"),
    [
        ("10.1234/example.5", "/casebook/report/lung-imt"),
        ("https://doi.org/10.1234/EXAMPLE.5", "/casebook/report/lung-imt"),
        ("doi: 10.1234/example.5", "/casebook/report/lung-imt"),
        ("PMC1234567", "/casebook/report/lung-imt"),
        ("pmc1234567", "/casebook/report/lung-imt"),
        ("7654321", "/casebook/report/lung-imt"),
        ("PMID 7654321", "/casebook/report/lung-imt"),
        ("lung-imt", "/casebook/report/lung-imt"),
        ("lung-imt/1", "/casebook/patient_case/lung-imt~2F1"),
    ],
)
def test_an_identifier_leads_to_its_report(get: Get, find: Any, typed: str, place: str) -> None:
    answer = get(f"/search?q={quote_plus(typed)}")
    assert (answer.status_code, answer.headers["location"]) == (302, place)
    assert [hit["case_id"] for hit in find(typed)] == ["lung-imt/1"]


def test_what_only_looks_like_an_identifier_is_looked_for(get: Get) -> None:
    for typed in ("10.9999/unknown", "PMC999", "99999999", "markup", "no-such-report", "//evil.example"):
        assert get(f"/search?q={quote_plus(typed)}").status_code == 200, typed


def test_wrong_choices_are_said(get: Get) -> None:
    words = words_of(get("/search?q=man&kind=guesses&year_from=lately&page=-3").text)
    assert "There is no kind of match 'guesses'" in words
    assert "'lately' is no year" in words
    assert "2 reports" in words


# --- where nothing is found --------------------------------------------------------------------


def test_nothing_found_says_what_to_do(get: Get) -> None:
    assert 'Did you mean <a href="/search?q=leiomyosarcoma">leiomyosarcoma</a>' in get("/search?q=leiomyosarcmoa").text
    words = words_of(get("/search?q=cisplatin+thigh+zebra").text)
    assert "Nothing found" in words
    assert "Alone: cisplatin (1), thigh (1), zebra (none)" in words
    assert "Nothing found" not in words_of(get("/search").text)
    assert "What can be asked" in words_of(get("/search").text)
    assert "in all years, in texts and facts" in words_of(get("/search?q=zebra&kind=text").text)


def test_words_that_are_written_alike() -> None:
    assert nearest("leiomyosarcmoa")[0] == "leiomyosarcoma"
    assert nearest("cispaltin")[0] == "cisplatin"
    assert "leiomyosarcoma" not in nearest("leiomyosarcoma")
    assert nearest("") == nearest("xqzzv") == ()


def test_for_a_known_abbreviation_no_other_word_is_suggested(get: Get) -> None:
    assert "Did you mean" in get("/search?q=sarcmoa").text
    html = get("/search?q=SFT").text
    assert "Nothing found" in words_of(html)
    assert "Did you mean" not in html
    assert "SFT is also looked for as solitary fibrous tumor." in words_of(html)


def test_a_tumour_is_found_by_its_abbreviation(find: Any, get: Get) -> None:
    assert [hit["case_id"] for hit in find("imt", "&kind=facts")] == ["lung-imt/1"]
    assert [hit["case_id"] for hit in find("IMT", "&kind=text")] == ["lung-imt/1"]
    assert "also looked for" not in get("/search?q=-IMT+sarcoma").text


# --- the result of a stain ---------------------------------------------------------------------

# A marker, its result, and what the text says of another: in all texts stand CD34, desmin and positive.
STAINED = (("CD34", "positive"), ("CD34", "negative"), ("Desmin", "positive"), ("CD34", "positive"), ("CD34", "equivocal"))


@pytest.fixture(scope="module")
def stained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database of 50 reports of a case with one stain, ten of each of `STAINED`; the titles of those that are CD34 negative say most of it."""
    path = tmp_path_factory.mktemp("stained") / "casebook.db"
    with closing(load.connect(path)) as connection:
        for number in range(50):
            marker, result = STAINED[number % len(STAINED)]
            about = "CD34 positive or not" if result == "negative" else "A tumour of the thigh"
            report = Report(f"r{number:02}", f"Of CD34 and desmin one was {result}, the other not positive.", title=about)
            note = db_fixtures.Notes(report.text, [])
            case = Case("1", ihc=(IhcResult(marker, result, evidence=note("ihc", f"one was {result}")),))
            load.store(connection, report, db_fixtures.record_of(report, "case_report", (case,), note), "run")
        load.refresh_overview(connection)
    return path


@pytest.mark.parametrize(("query", "found"), [("CD34 positive", 50), ("CD34 positive thigh", 40)])  # no fact says thigh
def test_reports_with_the_result_come_before_those_with_the_words(stained: Path, query: str, found: int) -> None:
    with asking(stained, follows_redirects=False) as get:
        listed: list[tuple[str, str]] = []
        for number in (1, 2, 3):
            rows = get(f"/search.json?q={quote_plus(query)}&page={number}").json() if number <= -(-found // search.PAGE) else []
            listed += [(row["report_id"], row["found_by"]) for row in rows]
        assert len(dict(listed)) == len(listed) == found
        with_result = {f"r{number:02}" for number in range(50) if STAINED[number % 5] == ("CD34", "positive")}
        assert {report for report, _ in listed[:20]} == with_result
        assert [by for _, by in listed] == ["result"] * 20 + ["words"] * (found - 20)
        first, second = (words_of(get(f"/search?q={quote_plus(query)}&page={number}").text) for number in (1, 2))
    assert f"{found} reports: 20 CD34 positive, {found - 20} with only the words, page 1 of" in first
    assert f"{found} reports: 20 CD34 positive, {found - 20} with only the words, page 2 of" in second
    assert "Only the words" not in first.replace("with only the words", "")
    assert "Only the words No case of these reports was read as CD34 positive" in second


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("desmin+", "50 reports: 10 Desmin positive, 40 with only the words"),
        ("desmin positive OR CD34 positive", "50 reports: 30 Desmin positive or CD34 positive, 20 with only the words"),
        ("desmin+ CD34+", "50 reports: none Desmin positive and CD34 positive, 50 with only the words"),
        ("CD34 negative thigh", "Nothing found"),  # these have another title
        ("thigh CD34 positive", "40 reports: 20 CD34 positive, 20 with only the words"),  # the thigh stands in texts only
        ("desmin positive OR thigh", "50 reports, page 1"),  # the thigh alone will do
        ("other positive", "50 reports, page 1"),  # no marker
    ],
)
def test_numbers_of_results_and_words_are_true(stained: Path, query: str, said: str) -> None:
    with asking(stained, follows_redirects=False) as get:
        assert said in words_of(get(f"/search?q={quote_plus(query)}").text)


def test_of_more_than_are_listed_the_numbers_are_those_of_the_list(stained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "_LISTED", 25)
    with asking(stained, follows_redirects=False) as get:
        html = get("/search?q=CD34+positive").text
        assert "more than 25 reports; of these 20 CD34 positive, 5 with only the words, page 1 of 2" in words_of(html)
        assert "Only the words" in words_of(get("/search?q=CD34+positive&page=2").text)


def test_a_part_holds_both_where_a_page_ends_between(stained: Path) -> None:
    with closing(sqlite3.connect(stained)) as connection:

        def parts(query: str, number: int) -> list[tuple[bool, int]]:
            page = search.search_page(connection, {"q": query, "page": str(number)}, None)  # type: ignore[arg-type]
            return [(is_rest, len(hits)) for is_rest, hits in page.parts]

        assert [parts("desmin positive", number) for number in (1, 2)] == [[(False, 10), (True, 10)], [(True, 20)]]
        assert parts("CD34 positive", 1) == [(False, 20)]
        assert parts("thigh", 1) == [(False, 20)]


# --- the cases that words name -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "count", "address"),
    [
        ("sarcoma radiotherapy", 1, "tumour_group=sarcoma+or+soft+tissue+tumour&amp;radiotherapy=yes"),
        ("radiotherapy cisplatin", 1, "radiotherapy=yes"),
        ("sarcomas", 3, "tumour_group=sarcoma+or+soft+tissue+tumour"),
        ('"soft tissue tumor" irradiated', 1, "tumour_group=sarcoma+or+soft+tissue+tumour&amp;radiotherapy=yes"),
        ("melanoma radiotherapy", None, None),
        ("-sarcoma", None, None),
        ("sarcoma OR lung", None, None),
        ("carcinoma", None, None),
        ("lymphoma", None, None),
    ],
)
def test_words_that_name_cases_lead_to_them(get: Get, query: str, count: int | None, address: str | None) -> None:
    html = get(f"/search?q={quote_plus(query)}").text
    found = re.search(r'<a href="/casebook/case_overview\?([^"]*)">(\d+) cases?</a> by their facts', html)
    assert (found and (int(found[2]), found[1])) == (address and (count, address))
    if address:
        assert len(get(f"/casebook/case_overview.json?_shape=array&{address.replace('&amp;', '&')}").json()) == count


# --- many --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database of 45 reports that hold the same words, of which one has them in its title."""
    path = tmp_path_factory.mktemp("many") / "casebook.db"
    with closing(load.connect(path)) as connection:
        for number in range(45):
            report, record = db_fixtures.guideline()
            report = replace(
                report,
                id=f"r{number}",
                title="Follow-up of an ocelot" if number == 30 else f"Report {number}",
                text=report.text + " The ocelot waits.",
            )
            load.store(
                connection,
                report,
                replace(record, report={**record.report, "id": f"r{number}", "title": report.title, "sha256": report.sha256}),
                "run",
            )
        load.refresh_overview(connection)
    return path


def test_results_come_in_pages_the_title_weighs_most(many: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(many)) as connection:

        def page(number: str) -> search.SearchPage:
            return search.search_page(connection, {"q": "ocelot", "page": number}, None)  # type: ignore[arg-type]

        first, last = page("1"), page("3")
        assert (first.total, first.is_more, first.pages, len(first.hits), len(last.hits)) == (45, False, 3, 20, 5)
        assert first.hits[0].report["report_id"] == "r30"
        assert first.hits[0].title == (("Follow-up of an ", False), ("ocelot", True))
        shown = [hit.report["report_id"] for number in "123" for hit in page(number).hits]
        assert len(set(shown)) == 45
        assert [hit.rank for hit in last.hits] == [41, 42, 43, 44, 45]
        assert page("999").number == 3
        assert page("x").number == 1


def test_too_many_are_counted_as_more(many: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "_WEIGHED", 30)
    monkeypatch.setattr(search, "_LISTED", 25)
    with closing(sqlite3.connect(many)) as connection:
        page = search.search_page(connection, {"q": "ocelot"}, None)  # type: ignore[arg-type]
        assert (page.total, page.is_more, page.weighed, page.pages) == (25, True, 30, 2)


def test_what_takes_too_long_is_broken_off_and_said(many: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "PATIENCE_MS", -1)
    with closing(sqlite3.connect(many)) as connection:
        page = search.search_page(connection, {"q": "ocelot OR report"}, None)  # type: ignore[arg-type]
        assert page.is_broken_off
        assert page.hits == ()
        assert "took too long" in page.problems[-1]
        monkeypatch.setattr(search, "PATIENCE_MS", 10_000)
        assert search.search_page(connection, {"q": "ocelot OR report"}, None).total == 45  # type: ignore[arg-type]


# --- the index ---------------------------------------------------------------------------------


def test_the_index_of_facts_follows_what_is_stored_and_removed(tmp_path: Path) -> None:
    path = db_fixtures.build(tmp_path / "casebook.db")
    with closing(load.connect(path)) as connection:

        def n() -> int:
            return int(connection.execute("select count(*) from case_search where case_search match '\"ALK negative\"'").fetchone()[0])

        assert n() == 1
        report, record = db_fixtures.lung()
        without = tuple(replace(case, ihc=()) for case in record.cases)
        load.store(connection, report, replace(record, cases=without), "run")
        assert n() == 0
        load.store(connection, report, record, "run")
        assert n() == 1
        load.remove(connection, "lung-imt")
        assert n() == 0
        connection.execute("insert into case_search (case_search) values ('integrity-check')")


def test_lines_of_the_index_are_the_facts_in_order(database: Path) -> None:
    with closing(sqlite3.connect(database)) as connection:
        rows = connection.execute("select case_id, headline, facts from case_words order by case_id").fetchall()
        assert [row[0] for row in rows] == ["lung-imt/1", "markup/1", "markup/2"]
        assert rows[0][1] == "inflammatory myofibroblastic tumor, lung (C34)"
        for case_id, _, facts in rows:
            assert facts.split("\n") == [row["value"] for row in case_words.facts_of(connection, case_id)]
        assert "Five years after treatment" not in rows[0][2]  # an event


# --- as readers see it -------------------------------------------------------------------------


@NEEDED
def test_from_the_home_page_to_the_words_of_a_stain(page: Any, database: Path) -> None:
    with served(serve.make_datasette(database).app()) as address:
        page.goto(address)
        page.fill("#bigfind", "ALK negative")
        page.press("#bigfind", "Enter")
        page.wait_for_url("**/search?q=ALK+negative")
        page.click("text=ALK: negative")
        page.wait_for_url("**/patient_case/lung-imt~2F1#ihc-3")
        assert page.locator(".text mark.lit").all_inner_texts()[0].startswith("ALK and")
        page.goto(f"{address}/search?q=leiomyosarcmoa")
        page.click("text=leiomyosarcoma >> nth=0")
        assert page.locator(".hits > li").count() == 1
