"""Why a case has no value in a field, and which words show it (no spaCy: a pure function of the record and its text).

Five answers: the report does not say; it says so that no one value can be taken; it says that there was none; another value
leaves no room for it; or the reading broke off.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
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


def judge(record: Record, text: str) -> Iterator[Emptiness]:
    """Yield why each empty field of each case is empty, in the order of `FIELDS`; `text` is that of the record's report."""
    words = _Words(record, text)
    failed = {(failure.case, failure.field) for failure in record.failures}
    for case in record.cases:
        for field in FIELDS:
            if getattr(case, field) in (None, ()):
                is_failed = bool({(None, field), (case.label, field)} & failed)
                reason, evidence = (FAILED, None) if is_failed else _why(case, field, words)
                yield Emptiness(case.label, field, reason, evidence)


class _Words:
    """The evidence of a record by case, field and the reason why it was passed over (None: it supports a value)."""

    def __init__(self, record: Record, text: str) -> None:
        self.text = text
        self.evidence = record.evidence
        self.numbers: dict[tuple[str | None, str, str | None], list[int]] = defaultdict(list)
        for number, entry in enumerate(record.evidence):
            if entry.subject == "patient":
                self.numbers[entry.case, entry.field, entry.reason].append(number)

    def of(self, case: Case, field: str) -> int | None:
        """Return the number of the first words that support the value of a field."""
        return next(iter(self.numbers.get((case.label, field, None), ())), None)

    def passed(self, case: Case, passed: _Passed) -> int | None:
        """Return the number of the first words that were passed over so."""
        found = self.numbers.get((case.label, passed.name, passed.reason), ())
        return next((number for number in found if self._is_so(number, passed)), None)

    def _is_so(self, number: int, passed: _Passed) -> bool:
        is_named = passed.quote is None or bool(passed.quote.search(self.evidence[number].quote))
        return is_named and not (passed.against and passed.against.search(self.sentence(number)))

    def is_unnamed_drug(self, number: int) -> bool:
        """Tell whether words say of a patient that drugs were given, and not which."""
        return bool(_UNNAMED_DRUG.search(self.evidence[number].quote)) and not _GENERAL.search(self.sentence(number))

    def sentence(self, number: int) -> str:
        """Return the sentence that words stand in, or what of it is near."""
        entry = self.evidence[number]
        before = _END.split(self.text[max(0, entry.start - _NEAR) : entry.start])[-1]
        after = _END.split(self.text[entry.end : entry.end + _NEAR])[0]
        return f"{before}{entry.quote}{after}"


_NEAR = 300
_END = re.compile(r"[.!?;] \s | \n", re.VERBOSE)
# Of all patients, of what is done or thought of as a rule, or of what an illness was told apart from.
_GENERAL = re.compile(
    r"\b (?: patients | individuals | clinicians? | physicians? | surgeons | guidelines?"
    r" | literature | trials? | incidence"
    r"| reports? \s have | reported \s in"
    r"| should | must | may | might | can (?! \s? not) | need(?: s|ed)? \s to"
    r"| in \s the \s era | it \s is | there \s (?: is | are) | is \s an? | remains?"
    r"| (?: is | are) \s (?: (?: also | still | often | usually | generally | most | very | not) \s)*"
    r" (?: controversial | recommended | indicated | considered | proposed | necessary | important | required | unclear | unknown | limited"
    r" | useful | effective | rare | based | treated | preferred | essential | crucial | difficult | needed | possible | the)"
    r"| mimic\w* | to \s (?: prevent | differentiate | distinguish | avoid) | differentiat\w+ \s (?: between | from) | similar \s to ) \b",
    re.VERBOSE | re.IGNORECASE,
)
# Sought and not found is absent; so is not what was only sought, or what was found elsewhere.
_SOUGHT = re.compile(
    r"\b (?: to \s (?: exclude | rule \s out | detect | evaluate | assess | look)"
    r" | other | further | additional | should | may | can | patients"
    r"| metastas[ie]s \s (?: (?: of | from | to) \s [\w ]{3,40} \s)? (?: was | were) \s"
    r" (?: found | detected | seen | noted | confirmed | present)) \b",
    re.VERBOSE | re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Passed:
    """Words that were passed over: the name of their evidence, and why.

    `quote` must stand in them, and `against` not in their sentence (None: anything may).
    """

    name: str
    reason: str
    quote: re.Pattern[str] | None = None
    against: re.Pattern[str] | None = None


_Reason = tuple[str, int | None]


def _why(case: Case, field: str, words: _Words) -> _Reason:
    """Return why a field that was read has no value, and the number of the words that show it."""
    return _by_values(case, field, words) or _by_words(case, field, words) or (NOT_STATED, None)


# A "no" or an unnamed "yes" in the first field tells why the second, which holds the particulars, is empty.
_TOLD_BY: Mapping[str, str] = MappingProxyType({"surgeries": "surgery", "radiotherapy": "radiotherapy_given"})
# Leukaemias and their kin, and myeloma: diseases of the blood that have no size and do not spread. Lymphoproliferative disorders
# (997) may be a mass.
_OF_BLOOD = re.compile(r"98 | 99[4-689] | 9732", re.VERBOSE)


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
        unnamed = next((number for number in of_events if words.is_unnamed_drug(number)), None)
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
        "metastases": (_Passed("metastases", denials.REASON), _Passed("metastasis", "absent", against=_SOUGHT)),
    }
)
_OPERATIONS = (_Passed("surgery", "planned", _REMOVAL, _GENERAL), _Passed("surgery", "no operation named", _OPERATION, _GENERAL))
_TOLD_UNCLEARLY: Mapping[str, tuple[_Passed, ...]] = MappingProxyType(
    {
        "sex": (_Passed("sex", "contradicts the sex read elsewhere"),),
        "histology": (_Passed("histology", "possible", against=_GENERAL),),
        "size_cm": (_Passed("size", "not plainly the tumour's size"),),
        "metastases": (_Passed("metastasis", "possible", against=_GENERAL),),
        "surgery": _OPERATIONS,
        "surgeries": _OPERATIONS,
        "radiotherapy_given": (_Passed("radiotherapy", "planned", against=_GENERAL),),
        "radiotherapy": (_Passed("radiotherapy", "planned", against=_GENERAL),),
        "drugs": (_Passed("drugs", "planned", against=_GENERAL),),
    }
)


def _by_words(case: Case, field: str, words: _Words) -> _Reason | None:
    """Return why a field is empty where words that were passed over tell it."""
    for reason, table in ((ABSENT, _DENIED), (UNCLEAR, _TOLD_UNCLEARLY)):
        for passed in table.get(field, ()):
            if (number := words.passed(case, passed)) is not None:
                return reason, number
    return None
