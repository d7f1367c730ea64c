"""Every annotated sentence of `examples/`: the facts that it states are found, and nothing else."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import pytest

from corpus.report import Report
from extract import pipeline as extraction
from extract.fields import FIELDS
from extract.record import REPEATED
from tests.annotated import Example, Expected, load

FOLDER = Path(__file__).parent / "examples"
EXAMPLES = [
    pytest.param(field, example, id=example.place)
    for field in FIELDS
    for example in (load(FOLDER / f"{field.NAME}.txt", field.FIELDS) if (FOLDER / f"{field.NAME}.txt").exists() else [])
]


@pytest.mark.parametrize(("field", "example"), EXAMPLES)
def test_example(field, example: Example, pipeline: extraction.Pipeline) -> None:
    case, evidence = extraction.single_case(Report(id=example.place, text=example.text, kind="case_report"), pipeline)
    for name in field.FIELDS:
        wanted = [expected for expected in example.expected if expected.field == name]
        facts = _facts(case, name)
        unmatched = list(facts)
        for expected in _grouped(wanted):
            fact = next((fact for fact in unmatched if _same(fact, expected[0])), None)
            assert fact is not None, f"{name} {dict(expected[0].attributes)} not found; found {facts}"
            unmatched.remove(fact)
            for one in expected:
                spans = [entry for entry in _proof(fact, name, evidence) if entry.start < one.end and one.start < entry.end]
                assert spans, f"{name} {fact}: no evidence in {example.text[one.start : one.end]!r}"
        assert not unmatched, f"{name}: found {unmatched}, which is not tagged"


def test_every_field_has_twenty_examples_and_counter_examples() -> None:
    for field in FIELDS:
        examples = load(FOLDER / f"{field.NAME}.txt", field.FIELDS)
        assert len(examples) >= 20, f"{field.NAME} has {len(examples)} examples"
        assert any(not example.expected for example in examples), f"{field.NAME} has no counter-example"


def _facts(case, name: str) -> list[dict]:
    value = getattr(case, name)
    if name in REPEATED:
        return [asdict(fact) for fact in value]
    if value is None:
        return []
    return [asdict(value) if hasattr(value, "evidence") else {"value": value}]


def _grouped(wanted: list[Expected]) -> list[list[Expected]]:
    """Group the tags of one fact: the same field and attributes."""
    groups: dict[tuple, list[Expected]] = {}
    for expected in wanted:
        groups.setdefault((expected.field, expected.attributes), []).append(expected)
    return list(groups.values())


def _same(fact: dict, expected: Expected) -> bool:
    return all(name in fact and _equal(fact[name], text) for name, text in expected.attributes)


def _equal(value: object, text: str) -> bool:
    if value is None or isinstance(value, bool):
        return str(value).lower() == text.lower()
    if isinstance(value, (int, float)):
        return text.lower() != "none" and abs(value - float(text)) < 0.01
    return str(value) == text


def _proof(fact: dict, name: str, evidence) -> list:
    if "evidence" in fact:
        return [evidence[index] for index in fact["evidence"]]
    return [entry for entry in evidence if entry.field == name and entry.reason is None]
