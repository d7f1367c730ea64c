"""What a published folder holds besides the site: the downloads, and all that a container is built from."""

from __future__ import annotations

import shutil
import tomllib
from pathlib import Path

from db import export

_IGNORED = shutil.ignore_patterns("__pycache__", "*.pyc")
# Beside the packages and modules that pyproject.toml names.
_NEEDED = ("pyproject.toml", "constraints.txt", "README.md", "LICENSE")
_REQUIREMENTS = """\
# Casebook as it was when this folder was written, with the versions that were tested together.
--constraint source/constraints.txt
./source
"""


def add_downloads(site: Path, database: Path) -> None:
    """Copy the export of a database to where the served copy of it looks for one."""
    shutil.copytree(export.folder_of(database), export.folder_of(site / database.name))


def add_source(site: Path, project: Path) -> None:
    """Copy Casebook's source, what installs it, and the Containerfile from a checkout of the project."""
    source = site / "source"
    source.mkdir()
    said = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
    packages = (pattern.removesuffix("*") for pattern in said["packages"]["find"]["include"])
    for name in packages:
        shutil.copytree(project / name, source / name, ignore=_IGNORED)
    for name in (*_NEEDED, *(f"{module}.py" for module in said["py-modules"])):
        shutil.copyfile(project / name, source / name)
    shutil.copyfile(project / "deploy" / "Containerfile", site / "Containerfile")
    (site / "requirements.txt").write_text(_REQUIREMENTS, encoding="utf-8")
