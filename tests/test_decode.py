"""Encodings: which bytes are read as what, when a guess is made, and when it is not. All sentences are our own."""

from __future__ import annotations

from pathlib import Path

import pytest

from corpus.readers.decode import decode_any, read_bytes
from corpus.report import CorpusError

PROSE = "The lump of the patient’s arm – 5.2 ± 0.4 cm – grew to 9 cm; nuclei of 12 µm, “clear” cells, 37 °C, in Düsseldorf."


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_unicode_needs_no_guess(encoding: str) -> None:
    decoded = decode_any((PROSE + " Ki-67 ≥ 20 %").encode(encoding), "x")
    assert (decoded.text, decoded.message) == (PROSE + " Ki-67 ≥ 20 %", None)


def test_marks_of_both_byte_orders() -> None:
    assert decode_any(b"\xfe\xff" + PROSE.encode("utf-16-be"), "x").text == PROSE
    assert decode_any(b"\xff\xfe" + PROSE.encode("utf-16-le"), "x").text == PROSE


@pytest.mark.parametrize(
    ("words", "encoding", "name"),
    [
        (PROSE, "cp1252", "windows-1252"),
        (PROSE + " Ki-67 ≥ 20 % and ≤30 %", "mac_roman", "Mac OS Roman"),
        ("It was 5.2 ± 0.4 cm, nuclei of 12 µm.", "latin-1", "windows-1252"),
        ("It was 5.2 ± 0.4 cm, nuclei of 12 µm, at 37°C in Düsseldorf.", "cp850", "DOS code page 850"),
        ("She got 75 mg/m² of it, 3 × 10³ cells.", "cp1252", "windows-1252"),
        ("Ki-67 was ≥ 20 %, then ≤5 %.", "mac_roman", "Mac OS Roman"),
        ("The patient’s arm", "mac_roman", "Mac OS Roman"),
        ("The patient’s arm", "cp1252", "windows-1252"),
        ("a range of 5–7 cm", "cp1252", "windows-1252"),
        ("a range of 5–7 cm", "mac_roman", "Mac OS Roman"),
        ("He was seen in Besançon", "cp1252", "windows-1252"),
        ("SMA（＋），ALK（－），at 37 ℃", "gb18030", "GB 18030"),
    ],
)
def test_guesses(words: str, encoding: str, name: str) -> None:
    decoded = decode_any(words.encode(encoding), "x")
    assert (decoded.text, decoded.message) == (words, f"read as {name} (guessed)")


@pytest.mark.parametrize(
    "data",
    [
        b"SMA \xf1 and",  # ñ or ±, and neither stands so
        b"It was 7\xb2 5 cm",  # "7² 5" or "7≤ 5"
        b"\xef\xbb\xbfab\xe9",  # the mark says UTF-8
    ],
)
def test_without_telling_there_is_no_guess(data: bytes) -> None:
    with pytest.raises(CorpusError, match=r"^x\.txt: not UTF-8 .*iconv"):
        decode_any(data, "x.txt")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "is empty"),
        (" \n".encode("utf-16"), "only white space"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "binary (a NUL byte"),
        (b"\x01\x02\x03abc\xe9", "binary (3 control characters"),
        (b"\xff\xfea", "broken UTF-16 text"),
        (b"\xff\xfe\x00\xd8a\x00", "broken UTF-16 text"),
        (b"a" * 5_000_001, "5.0 MB, wanted at most 5 MB"),
    ],
)
def test_refused(data: bytes, reason: str) -> None:
    with pytest.raises(CorpusError) as caught:
        decode_any(data, "x.txt")
    assert str(caught.value).startswith("x.txt: ")
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.skipif(not Path("/proc/self/limits").is_file(), reason="this system has no files that are larger than they say")
def test_a_file_that_has_grown_since_its_size_was_asked_is_read_to_its_end() -> None:
    path = Path("/proc/self/limits")
    assert path.stat().st_size == 0
    assert read_bytes(path) == path.read_bytes()
    with pytest.raises(CorpusError, match="wanted at most"):
        read_bytes(path, most=100)
