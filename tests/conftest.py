"""What many tests need once: the pipeline."""

from __future__ import annotations

import pytest

from extract import pipeline as extraction


@pytest.fixture(scope="session")
def pipeline() -> extraction.Pipeline:
    """The pipeline, built once for all tests; about a second or two."""
    return extraction.build()
