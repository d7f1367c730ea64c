"""Tables `fact` and `empty_field`: each value of a case with how sure it is, and why a field is empty."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from types import MappingProxyType

from db import value_words
from db.rows import Row, case_key
from extract import certainty, emptiness
from extract.certainty import Place
from extract.record import Record

CURATOR = "curator"
# States of a value that is a curator's own, not the machine's.
_OWN = frozenset({"corrected", "added"})
_NOBODY: Mapping[Place, str] = MappingProxyType({})


def rows(
    report_id: str, record: Record, reviews: Mapping[Place, str] = _NOBODY, rejected: Set[tuple[str, str]] = frozenset()
) -> Iterator[tuple[str, list[Row]]]:
    """Yield table and rows of the values, and of the empty fields, of all cases of a record.

    Parameters
    ----------
    report_id
        The report.
    record
        What is stored of it: the curator's values in place of the machine's.
    reviews
        What a curator said of a value, as column `review` has it, by case label, field and number; unreviewed where nothing is said.
    rejected
        Case labels and fields that are empty by a curator's word.
    """
    judged = dict(certainty.judge(record))
    for case in record.cases:
        key = case_key(report_id, case.label)
        found = []
        for field, number, fact in certainty.values_of(case):
            place = case.label, field, number
            review = reviews.get(place, "unreviewed")
            sure = judged[place]
            known = (None, CURATOR, "a curator's own value") if review in _OWN else (sure.score, sure.band, sure.basis)
            found.append((key, field, number, value_words.told(case, field, fact), *known, review))
        yield "fact", found
    yield (
        "empty_field",
        [
            (
                case_key(report_id, empty.case),
                empty.field,
                *(("rejected", None) if (empty.case, empty.field) in rejected else (empty.reason, empty.evidence)),
            )
            for empty in emptiness.judge(record)
        ],
    )
