"""Why a case has no value in a field, and which words show it (no spaCy: a pure function of the record).

Five answers: the report does not say; it says so that no one value can be taken; it says that there was none; another value
leaves no room for it; or the reading broke off.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from extract import denials
from extract.record import SCALARS, Case, Record

NOT_STATED, UNCLEAR, ABSENT = "not stated", "stated unclearly", "stated absent"
NOT_APPLICABLE, FAILED = "not applicable", "failed"
# The events are a summary of the other fields, not a field that a report fills or leaves empty.
FIELDS = (*SCALARS, "site", "histology", "ihc", "molecular", "surgeries", "radiotherapy", "drugs", "metastases")


@dataclass(frozen=True, slots=True)
class Emptiness:
    """Why a field of a case is empty; `evidence` is the number of the words in the record that show it, None where none do."""

    case: str
    field: str
    reason: str
    evidence: int | None = None


def judge(record: Record) -> Iterator[Emptiness]:
    """Yield why each empty field of each case is empty, in the order of `FIELDS`."""
    words = _Words(record)
    failed = {(failure.case, failure.field) for failure in record.failures}
    for case in record.cases:
        for field in FIELDS:
            if getattr(case, field) in (None, ()):
                is_failed = bool({(None, field), (case.label, field)} & failed)
                reason, evidence = (FAILED, None) if is_failed else _why(case, field, words)
                yield Emptiness(case.label, field, reason, evidence)


class _Words:
    """The evidence of a record by case, field and the reason why it was passed over (None: it supports a value)."""

    def __init__(self, record: Record) -> None:
        self.numbers: dict[tuple[str | None, str, str | None], list[int]] = defaultdict(list)
        self.quotes: Sequence[str] = [entry.quote for entry in record.evidence]
        for number, entry in enumerate(record.evidence):
            if entry.subject == "patient":
                self.numbers[entry.case, entry.field, entry.reason].append(number)

    def of(self, case: Case, field: str, reason: str | None = None, quote: re.Pattern[str] | None = None) -> int | None:
        """Return the number of the first words of a field that were passed over for a reason, or that support its value."""
        found = self.numbers.get((case.label, field, reason), ())
        return next((number for number in found if quote is None or quote.search(self.quotes[number])), None)


@dataclass(frozen=True, slots=True)
class _Passed:
    """Words that were passed over: the name of their evidence, why, and what must stand in them (None: anything)."""

    name: str
    reason: str
    quote: re.Pattern[str] | None = None


_Reason = tuple[str, int | None]


def _why(case: Case, field: str, words: _Words) -> _Reason:
    """Return why a field that was read has no value, and the number of the words that show it."""
    return _by_values(case, field, words) or _by_words(case, field, words) or (NOT_STATED, None)


# A "no" or an unnamed "yes" in the first field tells why the second, which holds the particulars, is empty.
_TOLD_BY: Mapping[str, str] = MappingProxyType({"surgeries": "surgery", "radiotherapy": "radiotherapy_given"})
# Leukaemias and their kin, and myeloma: diseases of the blood that have no size and do not spread.
_OF_BLOOD = re.compile(r"98 | 99[4-9] | 9732", re.VERBOSE)


def _by_values(case: Case, field: str, words: _Words) -> _Reason | None:
    """Return why a field is empty where another value of the case tells it."""
    if field == "recurrence_months" and case.recurrence is False:
        return NOT_APPLICABLE, words.of(case, "recurrence")
    if field in ("size_cm", "metastases") and case.histology and _OF_BLOOD.match(case.histology.morphology or ""):
        return NOT_APPLICABLE, case.histology.evidence[0]
    if (whole := _TOLD_BY.get(field)) and getattr(case, whole) is not None:
        return UNCLEAR if getattr(case, whole) else ABSENT, words.of(case, whole)
    if field == "drugs":
        of_events = (number for event in case.events if event.kind == "chemotherapy" for number in event.evidence)
        unnamed = next((number for number in of_events if _UNNAMED_DRUG.search(words.quotes[number])), None)
        return None if unnamed is None else (UNCLEAR, unnamed)
    return None


_UNNAMED_DRUG = re.compile(r"chemo | immuno | hormon | target | regimen | systemic", re.VERBOSE | re.IGNORECASE)
# What was taken out, or that something was done; a cavity that was opened or looked into is no operation on the tumour.
_OPERATION = re.compile(r"ectom | resect | excis | remov | debulk | surg | operat", re.VERBOSE | re.IGNORECASE)
_REMOVAL = re.compile(r"ectom | resect | excis | remov | debulk", re.VERBOSE | re.IGNORECASE)
# Field of the case: words passed over that show a thing to be denied, or told unclearly.
_DENIED: Mapping[str, tuple[_Passed, ...]] = MappingProxyType(
    {
        **{field: (_Passed(field, denials.REASON),) for field in denials.FIELDS},
        "metastases": (_Passed("metastases", denials.REASON), _Passed("metastasis", "absent")),
    }
)
_OPERATIONS = (_Passed("surgery", "planned", _REMOVAL), _Passed("surgery", "no operation named", _OPERATION))
_TOLD_UNCLEARLY: Mapping[str, tuple[_Passed, ...]] = MappingProxyType(
    {
        "sex": (_Passed("sex", "contradicts the sex read elsewhere"),),
        "histology": (_Passed("histology", "possible"),),
        "size_cm": (_Passed("size", "not plainly the tumour's size"),),
        "metastases": (_Passed("metastasis", "possible"),),
        "surgery": _OPERATIONS,
        "surgeries": _OPERATIONS,
        "radiotherapy_given": (_Passed("radiotherapy", "planned"),),
        "radiotherapy": (_Passed("radiotherapy", "planned"),),
        "drugs": (_Passed("drugs", "planned"),),
    }
)


def _by_words(case: Case, field: str, words: _Words) -> _Reason | None:
    """Return why a field is empty where words that were passed over tell it."""
    for reason, table in ((ABSENT, _DENIED), (UNCLEAR, _TOLD_UNCLEARLY)):
        for passed in table.get(field, ()):
            if (number := words.of(case, passed.name, passed.reason, passed.quote)) is not None:
                return reason, number
    return None
