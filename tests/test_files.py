"""Paths on the command line to files, problems and reports."""

from __future__ import annotations

import gzip
import io
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus import files
from corpus.files import Source, find, passed_over
from corpus.report import CorpusError, Passed, Problem, Report
from corpus.worker import Worker

is_root = hasattr(os, "geteuid") and os.geteuid() == 0


def write(path: Path, content: str | bytes = "A man of 54.") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def read(path: Path, worker: Worker | None = None) -> list[Report | Problem | Passed]:
    source = Source(path, path.stem)
    return list(files.read(source, files.load(source), worker))


def text_of(path: Path) -> str:
    (report,) = read(path)
    assert isinstance(report, Report)
    return report.text


# --- finding -------------------------------------------------------------------------------------


def test_folder_is_searched_in_a_fixed_order(tmp_path: Path) -> None:
    for name in ["b.txt", "a.MD", "c/d/e.nxml.gz", "c/a2.pdf", "c/z.tar.gz", ".hidden.txt", ".git/x.txt", "image.png", "README"]:
        write(tmp_path / name)
    found = [(str(one.path.relative_to(tmp_path)), one.id) for one in find([tmp_path]) if isinstance(one, Source)]
    assert found == [("a.MD", "a"), ("b.txt", "b"), ("c/a2.pdf", "a2"), ("c/d/e.nxml.gz", "e"), ("c/z.tar.gz", "z")]


def test_files_of_a_folder_that_are_no_reports_are_counted(tmp_path: Path) -> None:
    for name in ["a.png", "B.PNG", "c.csv", "README", "one.txt", ".hidden.png"]:
        write(tmp_path / name)
    passed = [one for one in find([tmp_path]) if isinstance(one, Passed)]
    assert [(Path(one.name).name, one.ending) for one in passed] == [
        ("B.PNG", ".png"),
        ("README", ""),
        ("a.png", ".png"),
        ("c.csv", ".csv"),
    ]
    assert passed_over(passed) == "4 files passed over: 2 .png, 1 .csv, 1 without an ending"
    assert passed_over(passed[:1]) == "1 file passed over: 1 .png"
    assert passed_over([]) is None


def test_a_file_without_a_known_ending_is_taken_by_its_first_bytes(tmp_path: Path) -> None:
    names = {
        "download": b"%PDF-1.7 ...",
        "view.aspx": b"<!DOCTYPE html><p>A man.",
        "PMC1": b"<article><front/></article>",
        "words": b"A man.",
    }
    for name, content in names.items():
        write(tmp_path / name, content)
    os.mkfifo(tmp_path / "pipe")
    assert {one.path.name for one in find([tmp_path]) if isinstance(one, Source)} == {"download", "view.aspx", "PMC1"}


def test_order_of_arguments_is_kept_and_nothing_comes_twice(tmp_path: Path) -> None:
    one, two = write(tmp_path / "one.txt"), write(tmp_path / "two.txt")
    (tmp_path / "three.txt").hardlink_to(two)
    (tmp_path / "four.txt").symlink_to(two)
    assert list(find([two, one, two, tmp_path])) == [Source(two, "two"), Source(one, "one")]


def test_what_is_named_is_taken_whatever_its_name(tmp_path: Path) -> None:
    hidden, picture = write(tmp_path / ".case.txt"), write(tmp_path / "x.png")
    assert list(find([hidden, picture])) == [Source(hidden, ".case"), Source(picture, "x")]


def test_problems(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    missing, good = tmp_path / "none.txt", write(tmp_path / "x.txt")
    found = list(find([missing, tmp_path / "empty", good]))
    assert found == [
        Problem(str(missing), f"{missing}: no such file or directory"),
        Problem(
            str(tmp_path / "empty"),
            f"{tmp_path / 'empty'}: folder without a report, wanted files .bz2, .docx, .gz, .htm, .html, .json, .markdown, .md, .nxml, .pdf,"
            " .tar, .text, .tgz, .txt, .xhtml, .xml, .xz, .zip",
        ),
        Source(good, "x"),
    ]


def test_files_with_the_same_id_all_come_out(tmp_path: Path) -> None:
    names = ["PMC1.pdf", "PMC1.xml", "a/PMC1.xml.gz", "b/PMC1.xml", "c/PMC1.gz"]
    for name in names:
        write(tmp_path / name)
    for _ in range(2):
        assert [one.id for one in find([tmp_path]) if isinstance(one, Source)] == [
            "PMC1",
            "PMC1#xml",
            "PMC1#xml-2",
            "PMC1#xml-3",
            "PMC1#gz",
        ]


@pytest.mark.parametrize("name", ["x\0.txt", "x" * 5000 + ".txt"])
def test_impossible_names(name: str) -> None:
    (problem,) = find([Path(name)])
    assert isinstance(problem, Problem)
    with pytest.raises(CorpusError):
        files.load(Source(Path(name), "x"))


def test_a_name_that_is_not_utf8(tmp_path: Path) -> None:
    path = write(tmp_path / "caf\udce9.txt")
    assert [str(one) for one in find([path])] == [f"{path}: the file's name is not UTF-8, wanted a name that it can be called by"]


def test_links(tmp_path: Path) -> None:
    good = write(tmp_path / "a" / "good.txt")
    (tmp_path / "a" / "loop").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "b").symlink_to(tmp_path / "a", target_is_directory=True)
    (tmp_path / "self.txt").symlink_to(tmp_path / "self.txt")
    (tmp_path / "broken.txt").symlink_to(tmp_path / "none.txt")
    first, *rest = find([tmp_path])
    assert first == Source(good, "good")
    assert rest == [Source(tmp_path / "broken.txt", "broken"), Source(tmp_path / "self.txt", "self")]
    for source in rest:
        assert isinstance(source, Source)
        with pytest.raises(CorpusError, match=rf"{source.path.name}: "):
            files.load(source)


# --- loading -------------------------------------------------------------------------------------


def test_pipe_does_not_hang(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.txt"
    os.mkfifo(pipe)
    with pytest.raises(CorpusError, match="pipe or socket"):
        read(pipe)


@pytest.mark.skipif(is_root, reason="root may read everything")
def test_unreadable(tmp_path: Path) -> None:
    secret = write(tmp_path / "secret.txt")
    folder = write(tmp_path / "folder" / "x.txt").parent
    secret.chmod(0)
    folder.chmod(0)
    with pytest.raises(CorpusError, match="permission denied"):
        read(secret)
    assert any("permission denied" in str(found) for found in find([folder]))
    folder.chmod(0o700)


def test_missing_and_large_files(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="is a directory"):
        read(tmp_path)
    with pytest.raises(CorpusError, match="no such file"):
        read(tmp_path / "none.png")
    large = tmp_path / "large.pdf"
    with large.open("wb") as file:
        file.truncate(50_000_001)
    with pytest.raises(CorpusError, match=r"large\.pdf: 50\.0 MB, wanted at most 50 MB"):
        read(large)


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    (source,) = find([Path("-"), Path("-")])
    assert isinstance(source, Source)
    assert (source.id, source.name) == ("stdin", "standard input")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(gzip.compress(b"A man of 54."))))
    (report,) = files.read(source, files.load(source))
    assert isinstance(report, Report)
    assert (report.id, report.text, report.source) == ("stdin", "A man of 54.", "standard input")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(bytes(50_000_001))))
    with pytest.raises(CorpusError, match="standard input: more than 50 MB"):
        files.load(source)
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(CorpusError, match="standard input: is closed"):
        files.load(source)


# --- reading -------------------------------------------------------------------------------------


def test_reader_by_content(tmp_path: Path) -> None:
    source = "---\ntitle: A lump\n---\n# Case\nA man of 54."
    for name in ("x.md", "x.TXT", "x"):
        (report,) = read(write(tmp_path / name, source))
        assert isinstance(report, Report)
        assert (report.title, report.format) == ("A lump", "markdown")
    assert text_of(write(tmp_path / "y.txt", "# Case\nA man of 54.")) == "# Case\nA man of 54."


def test_refusals_are_problems_that_name_the_file(tmp_path: Path) -> None:
    path = write(tmp_path / "x.png", b"\x89PNG")
    (problem,) = read(path)
    assert isinstance(problem, Problem)
    assert problem.name == str(path)
    assert problem.message.startswith(f"{path}: a picture, wanted plain text")


def test_an_archive_gives_reports_problems_and_what_was_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "p.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in {"a.txt": b"A man.", "b.txt": b"", "c.png": b"x", "d/e.md": b"A woman."}.items():
            archive.writestr(name, data)
    first, second, third, fourth = read(path)
    assert isinstance(first, Report)
    assert isinstance(fourth, Report)
    assert [(one.id, one.text, one.source) for one in (first, fourth)] == [
        ("p#a", "A man.", f"{path}, a.txt"),
        ("p#e", "A woman.", f"{path}, d/e.md"),
    ]
    assert second == Problem(f"{path}, b.txt", f"{path}, b.txt: is empty, wanted a report")
    assert third == Passed(f"{path}, c.png", ".png")


def test_formats_with_libraries_are_read_in_the_worker_and_words_are_not(tmp_path: Path) -> None:
    pdf, text = write(tmp_path / "x.pdf", b"%PDF-1.7 kill"), write(tmp_path / "x.txt", "sleep 60")
    with Worker(seconds=0.5, reader="tests.fake_reader:read") as worker:
        assert read(pdf, worker) == [Report("x", "%PDF-1.7 kill", source=str(pdf))]
        assert [one.text for one in read(text, worker) if isinstance(one, Report)] == ["sleep 60"]


def test_a_member_that_kills_its_reader_is_one_problem(tmp_path: Path) -> None:
    path = tmp_path / "p.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for name, data in {"bad.pdf": b"%PDF-1.7 crash", "good.pdf": b"%PDF-1.7 well", "also.txt": b"A man."}.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    with Worker(seconds=5, reader="tests.fake_reader:read_pdf") as worker:
        problem, good, also = read(path, worker)
    assert str(problem) == f"{path}, bad.pdf: the reader crashed (signal 11), wanted a file that is not damaged"
    assert isinstance(good, Report)
    assert isinstance(also, Report)


@settings(deadline=None, max_examples=200)
@given(
    st.one_of(
        st.binary(max_size=400),
        st.text(max_size=200).map(str.encode),
        st.builds(
            lambda start, rest: start + rest,
            st.sampled_from(
                [b"%PDF-", b"PK\x03\x04", b"<article>", b"<html>", b"\x1f\x8b\x08", b"BZh91AY&SY", b"\xfd7zXZ\0", b"---\na:", b"\xff\xfe"]
            ),
            st.binary(max_size=200),
        ),
    ),
    st.sampled_from(["x", "x.txt", "x.md", "x.pdf", "x.xml", "x.zip"]),
)
def test_any_bytes_give_reports_or_problems(data: bytes, name: str) -> None:
    found = list(files.read(Source(Path(name), "x"), data))
    assert found
    for one in found:
        assert isinstance(one, Report | Problem | Passed)
        assert not isinstance(one, Problem) or one.message.startswith(name)


# --- the fingerprint -----------------------------------------------------------------------------


def test_fingerprint_of_the_readers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fingerprint = files.readers_fingerprint.__wrapped__
    module, words = write(tmp_path / "readers" / "x.py", "x = 1"), write(tmp_path / "words.csv", "a")
    monkeypatch.setattr(files, "_ROOM", tmp_path)
    seen = [fingerprint()]
    for change in (lambda: write(module, "x = 2"), lambda: write(words, "b"), lambda: words.rename(tmp_path / "other.csv")):
        change()
        seen.append(fingerprint())
    write(tmp_path / "README.md", "no code")
    assert fingerprint() == seen[-1]
    monkeypatch.setattr(files.metadata, "version", lambda name: "99")
    seen.append(fingerprint())
    assert len(set(seen)) == len(seen)
    assert all(len(one) == 16 and int(one, 16) >= 0 for one in seen)


def test_finding_and_reading_words_loads_no_library(tmp_path: Path) -> None:
    path = write(tmp_path / "x.txt")
    code = (
        "import sys; from pathlib import Path; from corpus import files\n"
        "source, = files.find([Path(sys.argv[1])]); report, = files.read(source, files.load(source))\n"
        "sys.exit(', '.join({'lxml', 'docx', 'pypdfium2', 'spellchecker', 'openpyxl'} & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, cwd=Path(__file__).parent.parent, check=False)
    assert (done.returncode, done.stderr.strip()) == (0, "")
