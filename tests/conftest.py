"""What many tests need once: the pipeline, and the database of the project's own reports."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

import casebook
from extract import pipeline as extraction


@pytest.fixture(scope="session")
def pipeline() -> extraction.Pipeline:
    """The pipeline, built once for all tests, the command line's own included."""
    return casebook._pipeline()


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory, pipeline: extraction.Pipeline) -> Path:
    """The database as `casebook build` makes it of what comes with the project. Copy it before writing to it."""
    database = tmp_path_factory.mktemp("built") / "casebook.db"
    result = CliRunner().invoke(casebook.main, ["build", "--database", str(database)])
    assert (result.exit_code, result.stderr) == (0, ""), result.output
    return database
