"""Tables `fact` and `empty_field`: each value of a case with how sure it is, and why a field is empty."""

from __future__ import annotations

from collections.abc import Iterator

from db import value_words
from db.rows import Row, case_key
from extract import certainty, emptiness
from extract.record import Record


def rows(report_id: str, text: str, record: Record) -> Iterator[tuple[str, list[Row]]]:
    """Yield table and rows of the values, and of the empty fields, of all cases of a record; `text` is that of its report.

    Every value comes out unreviewed; `db.corrections.ruling.mark` writes over what a curator said.
    """
    judged = dict(certainty.judge(record))
    for case in record.cases:
        key = case_key(report_id, case.label)
        found = []
        for field, number, fact in certainty.values_of(case):
            sure = judged[case.label, field, number]
            found.append((key, field, number, value_words.told(case, field, fact), sure.score, sure.band, sure.basis, "unreviewed"))
        yield "fact", found
    empty = emptiness.judge(record, text)
    yield "empty_field", [(case_key(report_id, found.case), found.field, found.reason, found.evidence) for found in empty]
