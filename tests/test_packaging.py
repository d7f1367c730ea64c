"""What is installed: every file of data, versions that fit, and a README whose commands exist."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

import casebook

ROOT = Path(casebook.__file__).parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
ROOMS = ("corpus", "extract", "db")
MODULES = ("casebook.py", "casebook_options.py", "casebook_terminal.py")
# Older ones do not know how pyproject.toml names the licence.
NEEDS_SETUPTOOLS = Version("77")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built of a copy without the network; a warning of setuptools fails the test."""
    if Version(metadata.version("setuptools")) < NEEDS_SETUPTOOLS:
        pytest.skip(
            f"setuptools {metadata.version('setuptools')} is older than {NEEDS_SETUPTOOLS}: pip install -c constraints.txt -e .[dev]"
        )
    copy = tmp_path_factory.mktemp("source")
    for room in ROOMS:
        shutil.copytree(ROOT / room, copy / room)  # with its caches, which must not go in
    for name in ("pyproject.toml", "README.md", "LICENSE", *MODULES):
        shutil.copy(ROOT / name, copy / name)
    command = "from setuptools.build_meta import build_wheel; print(build_wheel('.'))"
    done = subprocess.run([sys.executable, "-W", "error", "-c", command], cwd=copy, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for word in ("Warning", "deprecated", "importable"):
        assert word not in done.stdout + done.stderr
    return copy / done.stdout.splitlines()[-1]


def test_the_wheel_holds_every_file_of_the_rooms(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if ".dist-info/" not in name}
    there = {
        path.relative_to(ROOT).as_posix()
        for room in ROOMS
        for path in (ROOT / room).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert packed == there | set(MODULES)


def test_the_wheel_works_without_the_project(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    code = "import casebook; from casebook import options; print(options.HERE, options.default_database(), len(list(casebook.REPORTS.glob('*.md'))))"
    environment = os.environ | {"PYTHONPATH": str(tmp_path / "site")}
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    here, database, reports = done.stdout.split()
    assert (here, database) == (str(tmp_path / "site"), "build/casebook.db")
    assert int(reports) >= 30


def pins() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return dict(line.split("==") for line in lines if line and not line.startswith("#"))


def test_every_dependency_is_pinned_within_its_bounds() -> None:
    pinned = {re.sub(r"[-_.]+", "-", name).lower(): version for name, version in pins().items()}
    for line in (*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["dev"]):
        wanted = Requirement(line)
        assert wanted.specifier.contains(pinned[wanted.name.lower()]), line
        operators = {part.operator for part in wanted.specifier}
        assert operators == {">=", "<"}, f"{line}: wanted a lower and an upper bound"


def test_the_readme_begins_with_the_two_commands() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    first = text.split("```")[1]
    assert re.findall(r"^make \w+", first, re.MULTILINE) == ["make serve", "make test"]


def test_the_commands_and_files_that_the_readme_names_exist() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for name in re.findall(r"(?:^|`)casebook ([a-z]+)", text, re.MULTILINE):
        assert name in casebook.main.commands, name
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for name in re.findall(r"(?:^|`)make ([a-z]+)", text, re.MULTILINE):
        assert name in targets, name
    for path in re.findall(r"`((?:corpus|extract|db|tests|scripts|docs)/[\w./-]*)`", text):
        assert (ROOT / path).exists(), path


def test_ci_runs_the_readmes_test_command() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    first, *others = [line for line in script.read_text(encoding="utf-8").splitlines() if line.startswith("make")]
    assert first == "make test </dev/null"
    assert all(" || echo " in line for line in others)  # what may fail, and says so


def test_no_file_that_git_passes_over_is_kept_in_it() -> None:
    if not (ROOT / ".git").exists() or not shutil.which("git"):
        pytest.skip("no git here, or no checkout")
    kept = subprocess.run(
        ["git", "ls-files", "--cached", "--ignored", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert kept.stdout == ""


def test_make_serve_shows_the_site_where_the_downloads_cannot_be_written(tmp_path: Path) -> None:
    installed = tmp_path / "venv"
    (installed / "bin").mkdir(parents=True)
    for name, does in (("python", "exit 0"), ("casebook", 'echo "casebook $*"; [ "$1" != export ]')):
        (installed / "bin" / name).write_text(f"#!/bin/sh\n{does}\n", encoding="utf-8")
        (installed / "bin" / name).chmod(0o755)
    (installed / ".installed").touch()
    command = ["make", "--silent", "serve", f"VENV={installed}", "PORT=9000"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout.splitlines() == [
        "casebook build",
        "casebook export",
        "The site is shown without new downloads",
        "casebook serve --port 9000",
    ]
    assert (done.returncode, done.stderr) == (0, "")
