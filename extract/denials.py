"""Words that say of a whole field that there was nothing: no drugs given, no metastasis found, no stain or gene test done.

They change no value: where the case has none in that field, they are kept as words passed over, and tell why it is empty
(`extract.emptiness`). Surgery, radiotherapy and recurrence have a "no" of their own, as a value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from extract.reading import Mention, Reading, holds_any

REASON = "said to be absent"

# All patterns read the sentence in lower case. Treatment with drugs; "no further treatment" rules them out as well.
_THERAPY = (
    r"(?:(?:radio-?)?chemo-?(?:radio-?|immuno)?therapy|chemoradiation|chemotherapeutics?|systemic\s(?:therapy|treatment)|medical\s(?:therapy|treatment)"
    r"|(?:adjuvant|neoadjuvant|anti-?cancer|antineoplastic|oncologic(?:al)?|postoperative|further|additional|other|subsequent|any|medical)"
    r"\s(?:(?:oncologic(?:al)?|adjuvant|anti-?cancer|systemic|medical)\s){0,2}(?:therapy|therapies|treatments?))"
)
_MORE = (
    r"(?:(?:any|further|additional|adjuvant|post-?operative|systemic|other|form|kind|type|of|more|the|subsequent"
    r"|radiotherapy|radiation|irradiation|or|nor|and|/|,)\s?){0,6}"
)
_GIVEN = (
    r"(?:given|administered|started|initiated|performed|undertaken|used|received|offered|applied|instituted|commenced|required|needed"
    r"|necessary|indicated|deemed|considered|recommended|done|prescribed|possible|warranted|tolerated|advised)"
)
_DRUGS = re.compile(
    rf"\b(?:no|without|nor|(?:did|does|had|has|could|was|were)\s(?:not|n't|never)\s(?:\w+\s){{0,1}}?(?:receiv\w*|underg\w+|have|had|get|got|require\w*"
    rf"|need\w*|undertake|given|treated\swith|offered)|(?:refus|declin|reject|forgo|forewent|waiv)\w*(?:\s[\w-]+){{0,3}}?(?:\s(?:and|or))?|not\s(?:receiv\w+|given|treated\swith)"
    rf"|opted\sagainst|decided\sagainst|(?:unwilling|unfit|not\sfit|not\sa\scandidate|ineligible|unsuitable|not\ssuitable)\s(?:for|to\s(?:\w+\s)))"
    rf"\s{_MORE}{_THERAPY}\b(?!-|\s(?:effect|response|change|resist|related|induced|option|regimen\sis))"
    rf"|\b{_THERAPY}\s(?:\w+\s){{0,3}}?(?:was|were|had\sbeen|has\sbeen|is)\s(?:\w+ly\s|therefore\s|thus\s|also\s)?"
    rf"(?:(?:not|never)\s(?:\w+\s){{0,2}}?{_GIVEN}|declined|refused|withheld|rejected|omitted|waived|contraindicated)",
)
# What came before the story ("no prior chemotherapy"), what was stopped after it had been given, and what stands for all patients.
_NOT_DRUGS = re.compile(
    r"\b(?:prior|previous(?:ly)?|preoperative|pre-operative|history\sof|never\shad|before\ssurgery|neo-?adjuvant|response\sto|progress\w*|standard|consensus|guidelines?"
    r"|patients|individuals|cases\b|%|there\sis\sno\b|no\slonger|\bexists?\b|further\scycles?|is\sknown|topical|antibiotic|anticoagul|antiviral|hormon\w+\sreplac)",
)

_SPREAD = (
    r"(?:metasta(?:sis|ses|tic)|lymphadenopathy\sor\smetastas[ei]s|secondaries"
    r"|secondary\s(?:lesions?|deposits?|tumou?rs?|locali[sz]ations?|disease)|tumou?r\s(?:spread|dissemination))"
)
_METASTASES = re.compile(
    rf"\b(?:no|without|free\sof|negative\sfor|(?:did|does)\snot\s(?:show|reveal|detect|demonstrate|disclose)|failed\sto\s(?:show|reveal|detect)|not\s(?:show|reveal)\w*"
    rf"|excluded|excluding|ruled\sout|absence\sof|nor|neither)\s(?:(?!(?:other|further|new|additional|more|history|recurrence|but)\b)[\w/-]+,?\s){{0,7}}?{_SPREAD}\b"
    rf"|\b{_SPREAD}(?:\sdisease|\slesions?)?\s(?:was|were|had\sbeen|could\sbe|is)\s(?:\w+\s)?(?:not|absent|excluded|ruled\sout|never|negative)\b"
    r"|(?<![a-z])[cp]?n0\s?,?\s?[cp]?m0\b",
)
_NOT_METASTASES = re.compile(
    rf"\bno\s(?:other|further|new|additional)\b|\bother\s{_SPREAD}|\brisk\b|\b(?:can|may|might|could|should)\snot\b|\bprimary\b[^.;]{{0,30}}\bmetastatic\sto"
    r"|\bpatients\b|\bmetastatic\s(?:\w+\s){0,3}(?:gene|recurrence)|\bhad\smetasta|\bwith\smetasta|\bmultiple\smetasta|\bstain(?:ing|ed)\b|\bexcept\b|\bapart\sfrom\b",
)

_NOT_DONE = (
    r"(?:was|were|is|are|had\sbeen|has\sbeen|could|can)\s(?:\w+\s)?(?:not|n't|never)\s(?:be\s|been\s)?(?:\w+ly\s)?(?:performed|done|carried\sout|available|possible"
    r"|undertaken|conducted|obtained|made|tested|examined|requested|feasible|necessary)"
)
_STAINS = re.compile(
    rf"\b(?:immuno-?(?:histo-?chem\w+|stain\w+|phenotyp\w+|perox\w+)|ihc)(?:\s\(ihc\))?(?:\s(?:stud\w+|stain\w+|analys[ei]s|examinations?|tests?|markers?|evaluation|assays?)){{0,2}}\s{_NOT_DONE}\b"
    rf"|\b(?:no|without)\s(?:(?:further|additional|special|formal)\s)?immuno-?(?:histo-?chem|stain|phenotyp)\w+(?:\s\w+){{0,2}}?\s?(?:was|were|is|could|available|$)",
)
_GENES = re.compile(
    r"\b(?:(?:molecular|genetic|cytogenetic|genomic|mutational?|gene|fish|sequencing|karyotyp\w+)(?:\s(?:and|or)\s\w+)?\s(?:test\w*|analys[ei]s|stud\w+|profil\w+|examinations?|"
    rf"investigations?|sequencing|evaluation|work-?up)|next-generation\ssequencing|karyotyping|fish)\s{_NOT_DONE}\b"
    r"|\bno\s(?:\w+\s){0,2}?(?:molecular|genetic|genomic|cytogenetic)\s(?:test\w*|analys[ei]s|stud\w+|profiling|investigations?)\s(?:was|were|had\sbeen|could)\b",
)


@dataclass(frozen=True, slots=True)
class _Denial:
    """How a field's absence is told: words of which one must stand in the sentence, what says it, and what speaks against that."""

    cues: tuple[str, ...]
    pattern: re.Pattern[str]
    against: re.Pattern[str] | None = None

    def search(self, lower: str) -> re.Match[str] | None:
        """Return where a sentence in lower case denies the field, None where it does not."""
        if not holds_any(lower, self.cues) or (self.against and self.against.search(lower)):
            return None
        return self.pattern.search(lower)


# Field of the case, and how words deny it as a whole.
_DENIALS: Mapping[str, _Denial] = MappingProxyType(
    {
        "drugs": _Denial(("therap", "treatment", "chemo"), _DRUGS, _NOT_DRUGS),
        "metastases": _Denial(
            ("metasta", "secondar", "m0", "tumor spread", "tumour spread", "dissemination"), _METASTASES, _NOT_METASTASES
        ),
        "ihc": _Denial(("immuno", "ihc"), _STAINS),
        "molecular": _Denial(("molecul", "genetic", "genom", "mutation", "gene ", "fish", "sequenc", "karyo"), _GENES),
    }
)
FIELDS = tuple(_DENIALS)
_TOLD_IN = frozenset({"body", "case", "treatment", "follow_up", "pathology", "abstract", "introduction", "conclusion"})


def find(reading: Reading) -> Iterator[Mention]:
    """Yield the words that deny a field, as mentions of the case's field, in the order of the text."""
    for sentence in reading.told():
        if sentence.section not in _TOLD_IN or sentence.is_heading:
            continue
        for field, denial in _DENIALS.items():
            if found := denial.search(sentence.lower):
                yield Mention(field, sentence.start + found.start(), sentence.start + found.end(), sentence, None, "absent")
