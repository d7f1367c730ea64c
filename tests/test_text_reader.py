"""The plain text reader: decoding, line joining, hyphens, page breaks. All sentences are our own."""

from __future__ import annotations

import subprocess
import sys
import time
import tracemalloc
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from corpus.readers import decode, hyphens, lines, text
from corpus.readers.clean import clean
from corpus.readers.text import is_wrapped, join_lines
from corpus.report import CorpusError

SHARED = Path(__file__).parents[2] / "shared" / "texts"

# A column of about 50 characters, so that each test only adds what it is about.
COLUMN = """\
The woman had noticed a firm lump above the left
knee for half a year. It did not hurt, and walking
was not hindered by it. An ultrasound scan showed
a solid mass between the muscles, and a needle core
biopsy was taken under local anaesthesia.
"""
COLUMN_JOINED = " ".join(COLUMN.split("\n")).strip()


def in_column(*rows: str) -> str:
    """Join rows that follow the column as a paragraph of their own."""
    joined = join_lines(COLUMN + "\n" + "\n".join(rows) + "\n")
    assert joined.startswith(COLUMN_JOINED + "\n\n")
    return joined.removeprefix(COLUMN_JOINED + "\n\n")


# --- decoding --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "is empty"),
        (b"\xef\xbb\xbf", "is empty"),
        (b" \r\n\t\n", "only white space"),
        ("\u2003\u00a0\n".encode(), "only white space"),
        ("A man of 54.".encode("utf-16"), "iconv -f UTF-16 -t UTF-8 x.txt"),
        (b"\xfe\xff\x00A", "iconv -f UTF-16 "),
        ("A man of 54.".encode("utf-32"), "iconv -f UTF-32 "),
        ("dose 50 Gy ± 2".encode("cp1252"), "byte 0xb1 at offset 11); if it is Windows text, convert it: iconv"),
        (b"\xef\xbb\xbfab\xe9", "byte 0xe9 at offset 5"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "binary (a NUL byte at offset 8)"),
        (b"\x01\x02\x03abc", "binary (3 control characters in 6 bytes)"),
    ],
)
def test_refused_bytes(data: bytes, reason: str) -> None:
    with pytest.raises(CorpusError) as caught:
        decode.decode(data, "x.txt")
    assert str(caught.value).startswith("x.txt: ")
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)


def test_accepted_bytes() -> None:
    assert decode.decode("\ufeffKi-67 ≥ 20 %, α/β".encode(), "x") == "Ki-67 ≥ 20 %, α/β"


def test_refused_paths(tmp_path: Path) -> None:
    for path, reason in [
        (tmp_path, "is a directory"),
        (tmp_path / "none.txt", "no such file or directory"),
        (tmp_path / ("n" * 300 + ".txt"), "file name too long"),
    ]:
        with pytest.raises(CorpusError, match=reason) as caught:
            decode.read_text(path)
        assert str(caught.value).startswith(f"{path}: ")


def test_large_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "large.txt"
    with path.open("wb") as file:
        file.truncate(50_000_000)
    tracemalloc.start()
    with pytest.raises(CorpusError, match=r"large\.txt: 50\.0 MB, wanted at most 5 MB"):
        decode.read_text(path)
    held = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert held < 1_000_000


def test_only_invisible_characters() -> None:
    with pytest.raises(CorpusError, match=r"^x\.txt: holds no visible character"):
        text.read("\u200b\u200b\n".encode(), "x.txt", "x")


def test_report() -> None:
    (report,) = text.read(COLUMN.replace("\n", "\r\n").encode(), "papers.zip, a/case-7.txt", "case-7")
    assert (report.id, report.text, report.source) == ("case-7", COLUMN_JOINED, "papers.zip, a/case-7.txt")
    assert (report.format, report.sections, report.messages) == ("text", (), ())


def test_a_guessed_encoding_is_told() -> None:
    (report,) = text.read("He had 5 ± 2 µm – “so”.".encode("cp1252"), "x.txt", "x")
    assert (report.text, report.messages) == ("He had 5 ± 2 µm – “so”.", ("read as windows-1252 (guessed)",))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200), st.sampled_from([b"", b"\xff\xfe", b"\xfe\xff", b"A man of 54 \xb1 "]))
def test_any_bytes_give_a_report_or_a_corpus_error(data: bytes, start: bytes) -> None:
    try:
        (report,) = text.read(start + data, "x.txt", "x")
    except CorpusError as error:
        assert str(error).startswith("x.txt: ")
    else:
        assert report.text.strip()


def test_clean() -> None:
    assert clean("a\r\nb\rc\fd\u2029e\x85f") == "a\nb\nc\n\nd\n\ne\nf"
    assert clean("S\u200b100 \u202a(+)\u202c\ufeff \u2066x\u2069 sar\u00adcoma") == "S100 (+) x sarcoma"
    assert clean("a\x00b\x1bc\x9fd\te") == "a b c d\te"
    assert clean("peri\u00ad\ntoneum") == "peritoneum"
    kept = "µ ± − ≥ α → “x” – — é 10⁵ ½ \u00a0 fi"
    assert clean(kept) == kept


# --- what is left alone ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "raw",
    [
        "A 61-year-old man had a mass in the thigh. It was removed.\nHe is well after two years.\n",
        "One line",
        "Introduction\n\nSarcomas are rare.\n\nCase\n\nA girl of nine had a lump of the arm.",
        "- fever\n- chills, and\n- night sweats",
        "CT = computed tomography\nMRI = magnetic resonance imaging\nIHC = immunohistochemistry",
        "SMA\t+\nDesmin\t-\nS100\t-\nALK\t+",
        "A long line without any stop at its end that nevertheless is a heading of sorts\n\nThe next one",
        "A long line without any stop at its end, and below a footnote to a table of values\n\np value by t test",
        "# A long heading in Markdown without any stop at its end, and below it small letters\n\nand so on",
    ],
)
def test_text_that_is_not_wrapped_stays(raw: str) -> None:
    assert join_lines(raw) == raw.rstrip()


def test_trailing_white_space_goes() -> None:
    assert join_lines("\n A tumour.  \nIt grew.\t\n\n") == " A tumour.\nIt grew."


def test_sentence_over_a_page_break_in_unwrapped_text() -> None:
    left = "After the operation the tumour board met, and it was agreed that she should not be offered any"
    assert join_lines(f"{left}\n\nirradiation or drugs.") == f"{left} irradiation or drugs."
    assert join_lines(f"{left}\f irradiation") == f"{left}\n\n irradiation"
    caption = "Figure 2. The scan of the left thigh, taken before the operation."
    assert join_lines(f"{left}\n\n{caption}\n\nirradiation.") == f"{left} irradiation.\n\n{caption}\n"[:-1]
    assert join_lines(f"{left.removesuffix('any')}radio-\n\ntherapy.").endswith("radiotherapy.")


# --- wrapped lines ---------------------------------------------------------------------------------


def test_detection() -> None:
    assert is_wrapped(COLUMN.split("\n"))
    assert not is_wrapped(COLUMN_JOINED.split("\n"))
    assert not is_wrapped([])


def test_column_becomes_a_paragraph() -> None:
    assert join_lines(COLUMN) == COLUMN_JOINED


HYPHENS = [
    # the left part is a marker or abbreviation, or the right one a number or name: kept
    ("The tumour cells were ALK-", "negative throughout.", "ALK-negative"),
    ("The mass was bright on T2-", "weighted images.", "T2-weighted"),
    ("It was a neoplasm of B-", "cell lineage.", "B-cell"),
    ("The patient had a non-", "Hodgkin lymphoma before.", "non-Hodgkin"),
    ("About a third of nuclei had Ki-", "67 staining.", "Ki-67"),
    ("The biopsy showed c-", "kit staining.", "c-kit"),
    # both parts are words and the whole is none: kept
    ("We then ordered contrast-", "enhanced imaging.", "contrast-enhanced"),
    ("The effect was dose-", "dependent in part.", "dose-dependent"),
    ("This is a well-", "known difficulty.", "well-known"),
    ("Treatment was trastuzumab-", "based from then on.", "trastuzumab-based"),
    ("We were content with the follow-", "up of two years.", "follow-up"),
    ("She had idelalisib-", "chemotherapy at last.", "idelalisib-chemotherapy"),
    ("It was an intra-", "abdominal mass.", "intra-abdominal"),
    ("The serum level of alpha-", "fetoprotein was normal.", "alpha-fetoprotein"),
    ("It was a salpingo-", "oophorectomy at last.", "salpingo-oophorectomy"),
    ("It was out-of-", "hospital care for all.", "out-of-hospital"),
    ("He died of graft-", "versus-host disease.", "graft-versus-host"),
    # split by the typesetter: joined
    ("The mass lay in the retro-", "peritoneum of the patient.", "retroperitoneum"),
    ("It affects the child pri-", "marily in summer.", "primarily"),
    ("Treatment by radio-", "therapy was begun.", "radiotherapy"),
    ("Spe-", "cially stained slides were seen by all.", "Specially"),
    ("The signal was homogene-", "ously high.", "homogeneously"),
    ("There was no hope of meta-", "stases going away.", "metastases"),
    ("The pelvis was not includ-", "ed in the field.", "included"),
    ("It was ALK (ALK)-ne-", "gative by all tests.", "(ALK)-negative"),
    ("We saw a leiomyo-", "sarcoma of the wall.", "leiomyosarcoma"),
    ("It was a benign tum-", "our of the skin.", "tumour"),
    ("She used anti-inflam-", "matory drugs daily.", "anti-inflammatory"),
    # other signs at the end
    ("The doses were 20-", "30 Gy in all.", "20-30"),
    ("The doses were 20–", "30 Gy in all.", "20–30"),
    ("We did a PET/", "CT scan of the trunk.", "PET/CT"),
    ("The pre-", "and postoperative scans agreed.", "pre- and postoperative"),
    ("Stains were CD34-", "and CD31+ at last.", "CD34- and CD31+"),
    ("Staining of desmin (-", "), of actin too.", "desmin (- )"),
    ("Slow, but not painful -", "as she told us.", "painful - as"),
    ("See www.example.org/case-", "reports for the data.", "www.example.org/case-reports"),
]


@pytest.mark.parametrize(("left", "right", "wanted"), HYPHENS, ids=[wanted for *_, wanted in HYPHENS])
def test_hyphens(left: str, right: str, wanted: str) -> None:
    joined = hyphens.glue(left, right, {})
    assert wanted in joined
    assert wanted in in_column(f"In the view of all who saw it then, {left}", right)


def test_the_document_is_asked_first() -> None:
    left, right = "After this the lesion was re-", "sected by another team."
    assert "resected" in hyphens.glue(left, right, {})
    assert "re-sected" in hyphens.glue(left, right, {"re-sected": 1})
    assert "re-sected" in hyphens.glue(left, right, {"re-sected": 2, "resected": 1})
    assert "resected" in hyphens.glue(left, right, {"re-sected": 1, "resected": 2})
    assert "loco-regional" in in_column("It was said to be loco-", "regional. The word loco-regional has a hyphen.")
    assert hyphens.words_of(["a retro-", "peritoneum and a", "well-known mass"]) == Counter(["a", "and", "a", "well-known", "mass"])


def test_the_word_list_is_read_only_when_needed_and_fast() -> None:
    code = (
        "import time; from corpus.readers import hyphens, text; text.join_lines('A man.\\nA woman.'); "
        "assert hyphens.word_list.cache_info().currsize == 0; t = time.process_time(); "
        "hyphens.word_list(); print(time.process_time() - t)"
    )
    seconds = [float(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout) for _ in range(3)]
    assert min(seconds) < 0.6  # .11 to .15 s on the machine that it was written on


def test_headings_stay_lines() -> None:
    raw = f"Case presentation\n\n{COLUMN}\nDiscussion\n{COLUMN}\n Conclusion\n\n{COLUMN}"
    assert join_lines(raw).split("\n\n") == [
        "Case presentation", COLUMN_JOINED, "Discussion", COLUMN_JOINED, "Conclusion", COLUMN_JOINED,
    ]  # fmt: skip


def test_short_last_line_ends_a_paragraph() -> None:
    raw = COLUMN + COLUMN.replace("biopsy was taken under local anaesthesia.", "biopsy was taken.") + COLUMN
    first, second, third = COLUMN_JOINED, COLUMN_JOINED.replace("taken under local anaesthesia", "taken"), COLUMN_JOINED
    assert join_lines(raw) == f"{first} {second}\n\n{third}"


def test_answers_stay_apart() -> None:
    assert in_column("Was it benign?", "A. Yes", "B. No", "C. Not sure") == "Was it benign?\nA. Yes\nB. No\nC. Not sure"


def test_number_at_the_start_of_a_line_is_no_item() -> None:
    joined = in_column("The change puts a glycine for a serine at codon", "61. This was seen once before by a", "team.")
    assert joined == "The change puts a glycine for a serine at codon 61. This was seen once before by a team."


def test_prose_with_many_names_and_numbers_is_no_table() -> None:
    rows = ["Stains were made of SMA (+), CD34 (−), S100 (−)", "(Dako), ALK (clone D5F3), MDM2 (−), CDK4 (+++),",
            "STAT6 (−), TLE1 (−), MUC4 (−), Ki-67 (20 %), p53", "(wild type), INI1 (retained), H3K27me3 (kept)."]  # fmt: skip
    assert in_column(*rows) == " ".join(rows)


def test_list_items_and_table_rows_keep_their_lines() -> None:
    items = "- The margin was free of tumour in all the\n  sections that were cut.\n- No vessel was invaded."
    assert join_lines(COLUMN + "\n" + items).endswith(
        "- The margin was free of tumour in all the sections that were cut.\n- No vessel was invaded."
    )
    rows = ["Author Age Dose Outcome", "Smith 45 60 Gy/30 NED", "Jones 61 NR DOD", "Miller 8 50.4 Gy/28 AWD"]
    assert in_column(*rows) == "\n".join(rows)


@pytest.mark.parametrize(
    "between",
    [
        "",
        "FIGURE 1\n\n",
        "Figure 2. The axial image of the left thigh shows a round mass of the muscle with a bright rim and a dark core.\n\n",
        "10.1000/journal.2020.12345\n\n",
        "17\n\n",
        "TABLE 1 Doses.\n\nAuthor Age Dose Outcome\nSmith 45 60 Gy NED\nJones 61 NR DOD\nMiller 8 50 Gy AWD\n\n",
        "NR = not reported, NED = no evidence of disease, DOD = dead of disease.\n\n",
    ],
    ids=["nothing", "label", "caption", "doi", "page-number", "table", "legend"],
)
def test_sentence_over_a_page_break(between: str) -> None:
    raw = f"{COLUMN}She was told of all this and was not offered any\n\n{between}chemotherapy or radiotherapy at that time.\n"
    joined = join_lines(raw)
    assert "was not offered any chemotherapy or radiotherapy at that time." in joined
    assert all(" ".join(part.split()) in " ".join(joined.split()) for part in between.split("\n\n"))


def test_word_over_a_page_break_that_shows_by_indentation_only() -> None:
    caption = "Figure 3. The scan of the thigh after the operation, in the axial plane, with fat suppression, shows no mass at all."
    raw = f"{COLUMN}It was the wish of the patient that only radio-\n\n{caption}\n therapy was used in the time thereafter, no drugs.\n"
    assert "that only radiotherapy was used" in join_lines(raw)


def test_running_header_between_is_passed_over() -> None:
    header = "Annals of Invented Oncology"
    raw = f"{COLUMN}\n{header}\n\n{COLUMN}Of the drugs that we proposed the man took two\n\n{header}\n\npills every morning until the spring.\n"
    joined = join_lines(raw)
    assert "took two pills every" in joined
    assert joined.count(header) == 2


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Dear Sir,", "Sarcomas of the heart are rare and their care is no simple thing."),
        ("It was removed as a whole by a second surgeon.", "a new paragraph in small letters"),
        ("Results", "of the study are told below in small letters"),
        ("The lesion was excised with a free margin then", "Discussion"),
        ("The lesion was excised with a free margin then", "Sarcomas are rare and their care is no simple thing."),
    ],
)
def test_no_join_over_a_blank_line(left: str, right: str) -> None:
    assert in_column(left, "", right) == f"{left}\n\n{right}"


def test_caption_does_not_swallow_the_column() -> None:
    caption = "Plan of the treatment in three planes, showing how the dose conforms to the target and spares the"
    raw = f"{COLUMN}She was not treated in the presence of\n FIGURE 3\n {caption} bowel\n\n" + (
        "involved margins, and no drug was given to her\nby us then. " + COLUMN
    )
    assert "in the presence of involved margins, and no drug" in join_lines(raw)


@pytest.mark.parametrize(
    ("line", "ends"),
    [
        ("It was excised.", True),
        ("(see above.)", True),
        ("as he said.”", True),
        ("as in other tumors.3,4", True),
        ("of liposarcomas1-3.", True),
        ("a Ki-67 index of 2.5", False),
        ("two years;", False),
        ("the lung", False),
        ("", False),
    ],
)
def test_ends_sentence(line: str, ends: bool) -> None:
    assert lines.ends_sentence(line) is ends


@pytest.mark.parametrize(
    ("line", "is_caption"),
    [
        ("Figure 2. A: the scan", True),
        ("Fig. 3: the scan", True),
        ("FIGURE 1", True),
        ("TABLE 1 Doses of all cases", True),
        ("**Figure 4:** the scan", True),
        ("Table IV – Doses", True),
        ("Figure 2 shows the scan.", False),
        ("Table of contents", False),
        ("Figure", False),
    ],
)
def test_captions(line: str, is_caption: bool) -> None:
    assert lines.is_caption(line) is is_caption


# --- properties ------------------------------------------------------------------------------------

_PIECES = """
    the of and tumour ALK- retro- peritoneum radio- therapy IMT a. was (+), Figure 1. - 54-year-old
    17 Case Discussion FIGURE 10.1000/x1 = negative, sarcoma. 5 Gy/25 NR pre- \u00ad \u200b"""
_WORDS = st.sampled_from(_PIECES.split())
_LINES = st.lists(_WORDS, max_size=14).map(" ".join)
_TEXTS = st.lists(
    st.tuples(st.sampled_from(["", "", "", " ", "  "]), _LINES, st.sampled_from(["\n", "\n", "\n\n", "\f"])), max_size=30
).map(lambda rows: "".join(map("".join, rows)))


def solid(string: str) -> Counter[str]:
    """Count the characters other than white space and hyphens."""
    return Counter("".join(string.split()).replace("-", "").replace("‐", ""))


@settings(max_examples=300, deadline=None)
@given(st.one_of(_TEXTS, st.text(), st.text("aB.-\n \f\t1\u00ad(,", max_size=300)))
@example(COLUMN + "\f" + COLUMN)
@example("the the the the the the the\nthe the the the the the the the the the peritoneum Discussion\n5\n\nthe\n")
def test_joining_is_idempotent_and_loses_nothing(raw: str) -> None:
    joined = join_lines(raw)
    assert join_lines(joined) == joined
    assert solid(joined) == solid(clean(raw))
    lost = clean(raw).count("-") - joined.count("-")
    assert 0 <= lost <= raw.count("\n") + raw.count("\f") + raw.count("\r") + 2 * raw.count("\x85") + raw.count("\x0b")


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_give_text_or_a_corpus_error(data: bytes) -> None:
    try:
        joined = join_lines(decode.decode(data, "x"))
    except CorpusError as error:
        assert str(error).startswith("x: ")
    else:
        assert joined == join_lines(joined)


@pytest.mark.parametrize(
    "raw",
    [
        "a" * 1_000_000,
        " " * 1_000_000 + "x",
        "a-" * 500_000,
        "\u00ad" * 1_000_000,
        "." + '"' * 1_000_000,
        "it was the radio-\ntherapy of the\n" * 25_000,
        "we saw this in the\n\nlung and the\n\n" * 25_000,
        ("we saw this of the\nlung and the\n\n" + "FIGURE 1\n\n" * 9 + "x\n") * 7_000,
    ],
    ids=["letter", "spaces", "hyphens", "soft-hyphens", "quotes", "wrapped", "blank-lines", "captions"],
)
def test_a_megabyte_takes_bounded_time(raw: str) -> None:
    hyphens.word_list()
    started = time.process_time()
    join_lines(raw)
    assert time.process_time() - started < 2  # .43 s at most on the machine that it was written on


# --- the published texts ---------------------------------------------------------------------------


@pytest.mark.skipif(not SHARED.is_dir(), reason=f"{SHARED} is not there")
@pytest.mark.parametrize(
    ("name", "wanted", "unwanted"),
    [
        (
            "imt-thigh-followup",
            ["retroperitoneum", "primarily", "(ALK)-negative", "an ALK-negative", "and radiotherapy. Also",
             "postoperatively, MRI", "MRI conventional", "It is necessary to", "T2-weighted"],
            ["- ", "Case presentation "],
        ),
        (
            "imt-lung-radiochemotherapy",
            ["the right lung occupied a large", "reviewed and discussed", "adjuvant therapy for unresectable",
             "the presence of involved", "targeted therapies available", "(PET/CT)", "effect of anti-inflammatory",
             "node metastasis in hilum"],
            ["FIGURE 1 ", "Oncology unresectable"],
        ),
        (
            "dedifferentiated-lipomatous-tumor-quiz",
            ["extended necrotic areas", "some early series", "surveillance since recurrences", "pattern, immediate"],
            [],
        ),
        (
            "retroperitoneal-leiomyosarcoma",
            ["was not offered any chemotherapy or radiotherapy", "Liver and lungs"],
            [],
        ),
    ],
)  # fmt: skip
def test_seeds(name: str, wanted: list[str], unwanted: list[str]) -> None:
    joined = text.read((SHARED / "seeds" / f"{name}.txt").read_bytes(), name, name)[0].text
    assert [w for w in wanted if w not in joined] == []
    assert [w for w in unwanted if w in joined.replace(" - ", "")] == []
    assert join_lines(joined) == joined


@pytest.mark.skipif(not SHARED.is_dir(), reason=f"{SHARED} is not there")
def test_texts_with_one_paragraph_a_line_stay() -> None:
    for path in [*(SHARED / "dev").glob("*.txt"), SHARED / "seeds" / "acr-surveillance-guideline.txt"]:
        raw = clean(path.read_text(encoding="utf-8"))
        assert join_lines(raw) == "\n".join(line.rstrip() for line in raw.split("\n")).strip("\n"), path.name
