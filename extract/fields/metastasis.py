"""Metastasis: the organs and nodes to which the index tumour spread, at any time."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from extract import context
from extract.reading import Finding, Hit, Mention, Reading, Resolution, Sentence
from extract.record import Histology, Metastasis

NAME = "metastasis"
FIELDS = ("metastases",)

# Without one of these no organ of a sentence is a place of metastasis.
_CUES = (
    "metast",
    "spread",
    "recurrence",
    "relapse",
    "disseminat",
    "secondar",
    "deposit",
    "implant",
    "carcinomatosis",
    "seeding",
    "node",
    "nodal",
)
_BEFORE = re.compile(
    r"\b(?:metasta(?:tic|s[ei]s|si[sz]e[ds]?|si[sz]ing)|metastatic\s\w+|disseminat\w+|spread|secondar(?:y|ies)(?!\sto\b)"
    r"|deposits?|implants?|seeding)\b(?P<between>[^.;:]{0,110})$",
    re.IGNORECASE,
)
_AFTER = re.compile(
    r"^(?P<between>(?:[\s,/-]{1,3}(?!(?:with|an?|the|was|were|is|in|of|showed|had|without|from|which|that|has|have|by|at"
    r"|for)\s)[\w-]{2,18}){0,7}?)[\s,/-]{1,2}(?:lymph\s?nodes?\s|nodal\s|tumor\s|tumour\s)?(?:metasta(?:s[ei]s|tic)"
    r"|deposits?|implants?|secondar(?:y|ies)(?!\sto\b)|carcinomatosis|dissemination|seeding|spread)\b",
    re.IGNORECASE,
)
# "the colonic and hepatic lesions were metastases", "the brain tumor as its metastasis"
# Names of a place that hold the word of spread: "peritoneal carcinomatosis".
_SPREAD_IN_NAME = ("carcinomatosis", "disseminat", "metasta", "implant", "seeding", "deposit")
# "nodules in both lungs, consistent with metastases"
_TAKEN_FOR = re.compile(
    r"^[\s,]{1,2}(?:(?:which|that)\s)?(?:were\s|was\s|are\s)?(?:consistent|compatible|in\skeeping|represent\w*|indicat\w+)\s(?:(?:with|of)\s)?(?:\w+\s){0,2}?metasta",
    re.IGNORECASE,
)
CALLED_METASTASIS = re.compile(
    r"^(?:[\s,]{1,2}[\w-]{2,18}){0,5}?\s(?:lesions?|mass(?:es)?|tumou?rs?|nodules?)\s(?:was|were|as|proved|represented"
    r"|turned\sout)\s(?:(?!not\b|no\b)\w+\s){0,4}?metasta",
    re.IGNORECASE,
)
_RECURRED_IN = re.compile(
    r"\b(?:recurrence|relapse)[sd]?\s(?:in|at|of|to|within)\s(?:the\s|a\s|his\s|her\s)?(?:[\w-]{2,18}\s){0,3}$", re.IGNORECASE
)
# "a tumour of the lip AND metastases in ..." names two things, "lung AND liver metastases" one.
_LIST_ENDS = re.compile(r"(?:^|[\s,])(?:and|or|,)\s?$", re.IGNORECASE)
_NODAL = re.compile(r"\bnod(?:e|es|al)\b", re.IGNORECASE)
_TUMOR_NAME = re.compile(r"\b(?:cancer|carcinoma|\w{3,20}oma|tumou?r)s?\b", re.IGNORECASE)
_NEXT_TO = re.compile(
    r"\b(?:near|adjacent\sto|close\sto|next\sto|around|above|below|behind|from)\s(?:the\s)?(?:[\w-]{2,18}\s){0,2}$", re.IGNORECASE
)
# "pT2N1M0": nodes are involved; "N0" and "Nx" say nothing of the kind.
_TNM = re.compile(r"\b[cpyr]{0,3}T(?:[0-4xX]|is)[a-d]?\s?,?\s?[cpy]{0,2}(?P<nodes>N[1-3][a-c]?)")
_EARLIER = re.compile(r"\b(?:years?\s(?:ago|earlier|before|previously|prior)|history\sof|previous(?:ly)?)\b", re.IGNORECASE)
# "metastatic renal cell carcinoma": the organ names the tumour, not the place that it went to.
_NAMES_TUMOR = re.compile(
    r"^[-\s]{1,2}(?:(?!(?:from|of|and|with|in|had|was|were)\s)[\w-]{2,20}\s){0,3}?(?:cancers?|carcinomas?|adenocarcinomas?|\w{3,20}omas?|tumou?rs?|neoplasms?"
    r"|malignanc\w+|primary|origin)\b",
    re.IGNORECASE,
)
_FROM = re.compile(r"\b(?:from|of)\s(?:an?\s|the\s|his\s|her\s)?(?:primary\s|known\s)?(?:[\w-]{2,20}\s){0,2}$", re.IGNORECASE)
_LOCATED = re.compile(
    r"\b(?:to|in|into|at|on|within|involving|over|throughout|affecting|including|i\.e\.|and|,|\(|:|with)\s{0,2}(?:the\s"
    r"|his\s|her\s|both\s|multiple\s|bilateral\s|a\s|right\s|left\s|[\w-]{2,18}\s){0,5}$"
    r"|\bmetastatic\s(?:[\w-]{2,18}\s){0,3}$",
    re.IGNORECASE,
)
_NODE_POSITIVE = re.compile(
    r"\b(?:positive|involved|metastatic|malignant|invol\w+)\s(?:[\w-]{2,18}\s){0,3}$|^\s(?:were"
    r"|was)\s(?:also\s)?(?:positive|involved)|^\s(?:involvement|invasion|positiv\w+|spread)",
    re.IGNORECASE,
)
_RISK = re.compile(
    r"\b(?:risk|rate|prevent|potential|propensity|tend\w*|common(?:ly)?|search|screen\w*|screening|work-?up|evaluat\w+"
    r"|assess\w*|distant\smetastas[ei]s\s(?:free|rate))\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Spread:
    """A place of metastasis: three-character topography, its name, and the tumours that its sentence names."""

    topography: str
    name: str
    tumors: frozenset[str]


def _names(reading: Reading, sentence: Sentence) -> frozenset[str]:
    return frozenset(hit.id[:4] for hit in reading.hits_in("histology", sentence))


def find(reading: Reading) -> Iterator[Mention]:
    """Yield each body part that words of spread are bound to, with whether it is so."""
    for sentence in reading.sentences:
        if sentence.section in ("references", "back"):
            continue
        hits = reading.hits_in("metastasis_site", sentence)
        if "N" in sentence.text and (staged := _TNM.search(sentence.text)):
            start = sentence.start + staged.start()
            yield Mention(
                NAME,
                start,
                sentence.start + staged.end(),
                sentence,
                Spread("C77", "lymph node", _names(reading, sentence)),
                "present",
                sentence.subject,
            )
        if not hits or not any(cue in sentence.lower for cue in _CUES):
            continue
        for hit in hits:
            if _is_spread(hit, sentence):
                assertion = context.assertion_of(reading, hit.start, hit.end, sentence)
                if _RISK.search(sentence.text[max(0, hit.start - sentence.start - 70) : hit.start - sentence.start]):
                    assertion = "possible"
                subject = context.subject_of(reading, hit.start, hit.end, sentence)
                yield Mention(
                    NAME, hit.start, hit.end, sentence, Spread(hit.id, hit.entry.preferred, _names(reading, sentence)), assertion, subject
                )


def _is_spread(hit: Hit, sentence: Sentence) -> bool:
    begin, end = hit.start - sentence.start, hit.end - sentence.start
    before, after = sentence.text[max(0, begin - 130) : begin], sentence.text[end : end + 90]
    if hit.id == "C77" and _NODE_POSITIVE.search(before[-60:] + "\0") is None:
        if re.match(r"^\s(?:were|was)\s(?:also\s)?(?:positive|involved)|^\s(?:involvement|invasion|metasta)", after, re.IGNORECASE):
            return True
    elif hit.id == "C77":
        return True
    if any(cue in hit.entry.variant for cue in _SPREAD_IN_NAME) or _TAKEN_FOR.match(after):
        return True
    if CALLED_METASTASIS.match(after) or (hit.id == "C77" and _RECURRED_IN.search(before)):
        return True
    followed = _AFTER.match(after)
    if followed and _LIST_ENDS.search(followed["between"]) is None and not _TUMOR_NAME.search(followed["between"]):
        # "mediastinal and hilar lymph node metastases": the organ only says which nodes.
        return hit.id == "C77" or not _NODAL.search(followed.group())
    told = _BEFORE.search(before)
    if told is None or (_NAMES_TUMOR.match(after) and not re.match(r"^\s(?:tumou?rs?|lesions?|deposits?)\b", after)):
        return False
    between = told["between"]
    if _NEXT_TO.search(before) or (hit.id != "C77" and _NODAL.search(before[max(0, told.start() - 14) : told.start()])):
        return False
    if _FROM.search(before) and not re.search(r"\b(?:to|in|into)\b", between):
        return (
            "metasta" in told.group().lower()
            and bool(re.search(r"metasta\w+\sof\s(?:the\s)?(?:[\w-]{2,20}\s){0,2}$", before, re.IGNORECASE))
            and "metastatic" not in told.group().lower()
        )
    return bool(_LOCATED.search(before)) or len(between.strip()) == 0


def resolve(mentions: Sequence[Mention], so_far: Mapping[str, object]) -> Resolution:
    """Return one metastasis per topography code, in the order of the text; denied and suspected ones are passed over."""
    histology = so_far.get("histology")
    if isinstance(histology, Histology) and histology.morphology and histology.morphology.startswith(("98", "995", "996")):
        return Resolution({}, {}, tuple((m, "no metastasis of a disease of the blood") for m in mentions))
    proofs: dict[str, list[Mention]] = {}
    passed: list[tuple[Mention, str]] = []
    for mention in mentions:
        if mention.subject != "patient":
            passed.append((mention, mention.subject))
        elif mention.assertion != "present":
            passed.append((mention, mention.assertion))
        elif _is_of_another_tumor(mention, histology):
            passed.append((mention, "an earlier tumour's"))
        else:
            proofs.setdefault(_spread(mention).topography, []).append(mention)
    findings = [Finding(Metastasis(_spread(found[0]).name, code), tuple(found)) for code, found in proofs.items()]
    return Resolution({}, {"metastases": findings}, tuple(passed))


def _is_of_another_tumor(mention: Mention, histology: object) -> bool:
    """Return whether the sentence tells of an earlier tumour of another kind."""
    tumors = _spread(mention).tumors
    if not isinstance(histology, Histology) or not histology.morphology or not tumors:
        return False
    code = histology.morphology[:4]
    return not any(_may_be(code, tumor) for tumor in tumors) and _EARLIER.search(mention.sentence.text) is not None


def _may_be(code: str, tumor: str) -> bool:
    """Return whether a named tumour may be the diagnosis under a general name: any cancer, a carcinoma, a sarcoma."""
    is_epithelial = "8010" <= code <= "8589"
    return tumor in (code, "8000") or (is_epithelial and tumor in ("8010", "8140")) or (not is_epithelial and tumor == "8800")


def _spread(mention: Mention) -> Spread:
    value = mention.value
    assert isinstance(value, Spread)
    return value
