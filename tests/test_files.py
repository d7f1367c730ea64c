"""Paths on the command line to files, problems and reports."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from corpus import files
from corpus.files import Problem, find
from corpus.report import CorpusError

is_root = hasattr(os, "geteuid") and os.geteuid() == 0


def write(path: Path, content: str = "A man of 54.") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")
    return path


def test_folder_is_searched_in_a_fixed_order(tmp_path: Path) -> None:
    for name in ["b.txt", "a.MD", "c/d/e.txt", "c/a2.txt", ".hidden.txt", ".git/x.txt", "image.png", "README"]:
        write(tmp_path / name)
    found = [str(p.relative_to(tmp_path)) for p in find([tmp_path]) if isinstance(p, Path)]
    assert found == ["a.MD", "b.txt", "c/a2.txt", "c/d/e.txt"]


def test_order_of_arguments_is_kept_and_nothing_comes_twice(tmp_path: Path) -> None:
    one, two = write(tmp_path / "one.txt"), write(tmp_path / "two.txt")
    assert list(find([two, one, two, tmp_path])) == [two, one]


def test_hidden_file_that_is_named_is_taken(tmp_path: Path) -> None:
    hidden = write(tmp_path / ".case.txt")
    assert list(find([hidden])) == [hidden]


def test_problems(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    missing, image, good = tmp_path / "none.txt", write(tmp_path / "x.png"), write(tmp_path / "x.txt")
    found = list(find([missing, image, tmp_path / "empty", good]))
    assert [str(p) for p in found] == [
        f"{missing}: no such file or directory",
        f"{image}: unsupported kind of file .png, wanted .md, .txt",
        f"{tmp_path / 'empty'}: folder without a report, wanted files .md, .txt",
        str(good),
    ]
    assert isinstance(found[0], Problem)
    assert found[0].path == missing


def test_second_file_with_an_id_is_a_problem_that_names_both(tmp_path: Path) -> None:
    first, second = write(tmp_path / "a" / "case.txt"), write(tmp_path / "b" / "case.md")
    found = list(find([tmp_path]))
    assert found[0] == first
    assert str(found[1]) == f"{second}: same id 'case' as {first}, wanted each id once"


@pytest.mark.parametrize("name", ["x\0.txt", "x" * 5000 + ".txt"])
def test_impossible_names(name: str) -> None:
    (problem,) = find([Path(name)])
    assert isinstance(problem, Problem)
    with pytest.raises(CorpusError):
        files.read(Path(name))


def test_links(tmp_path: Path) -> None:
    good = write(tmp_path / "a" / "good.txt")
    (tmp_path / "a" / "loop").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "b").symlink_to(tmp_path / "a", target_is_directory=True)
    (tmp_path / "self.txt").symlink_to(tmp_path / "self.txt")
    (tmp_path / "broken.txt").symlink_to(tmp_path / "none.txt")
    found = list(find([tmp_path]))
    assert found == [good, tmp_path / "broken.txt", tmp_path / "self.txt"]
    for path in found[1:]:
        assert isinstance(path, Path)
        with pytest.raises(CorpusError, match=rf"{path.name}: "):
            files.read(path)


def test_pipe_does_not_hang(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.txt"
    os.mkfifo(pipe)
    with pytest.raises(CorpusError, match="pipe or socket"):
        files.read(pipe)


@pytest.mark.skipif(is_root, reason="root may read everything")
def test_unreadable(tmp_path: Path) -> None:
    secret = write(tmp_path / "secret.txt")
    folder = write(tmp_path / "folder" / "x.txt").parent
    secret.chmod(0)
    folder.chmod(0)
    with pytest.raises(CorpusError, match="permission denied"):
        files.read(secret)
    assert any("permission denied" in str(found) for found in find([folder]))
    folder.chmod(0o700)


def test_reader_by_ending(tmp_path: Path) -> None:
    source = "---\ntitle: A lump\n---\n# Case\nA man of 54."
    assert files.read(write(tmp_path / "x.md", source)).title == "A lump"
    assert files.read(write(tmp_path / "x.TXT", source)).text == source


def test_refused_kinds(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"x\.png: unsupported kind of file \.png"):
        files.read(write(tmp_path / "x.png"))
    with pytest.raises(CorpusError, match="is a directory"):
        files.read(tmp_path)
    with pytest.raises(CorpusError, match="no such file"):
        files.read(tmp_path / "none.png")
