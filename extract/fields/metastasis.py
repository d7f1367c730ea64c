"""Metastasis: the organs and nodes to which the index tumour spread, at any time.

`spread` reads how words of spread are bound to places; here it is judged whether that is so, and whose it is.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from extract import context, spread
from extract.reading import Finding, Hit, Mention, Reading, Resolution, Sentence, holds_any
from extract.record import Histology, Metastasis

NAME = "metastasis"
FIELDS = ("metastases",)

# Without one of these no organ of a sentence is a place of metastasis.
_CUES = (
    "metast",
    "mets",
    "spread",
    "recurr",
    "relaps",
    "disseminat",
    "secondar",
    "deposit",
    "implant",
    "carcinomatosis",
    "sarcomatosis",
    "seeding",
    "node",
    "nodal",
)
# "the colonic and hepatic lesions were metastases", "the brain tumor as its metastasis"
CALLED_METASTASIS = re.compile(
    r"^(?:[\s,]{1,2}[\w-]{2,18}){0,5}?\s(?:lesions?|mass(?:es)?|tumou?rs?|nodules?)\s(?:was|were|as|proved|represented"
    r"|turned\sout)\s(?:(?!not\b|no\b)\w+\s){0,4}?metasta",
    re.IGNORECASE,
)
# "pT2N1M0", "T3 (two nodules), N3, M0", "pN1": nodes are involved; "N0" and "Nx" say nothing of the kind.
_TNM = re.compile(
    r"\b[cpyru]{0,3}T(?:[0-4xX]|is)[a-d]?(?:\([^)]{1,5}\))?\s?(?:\([^)]{1,40}\)\s?)?,?\s?[cpy]{0,2}(?P<nodes>N\s?(?:[1-3]|\+)[a-d]?)"
    r"|\b[pyc]{1,2}N(?:[1-3][a-c]?|\+)(?![\w-])|\bN[1-3][a-c]?\s?,?\s?c?M(?:[01]|[xX]\b)"
)
# This stands in all that `_TNM` matches.
_HAS_NODES = re.compile(r"N\s?[1-3+]")
# Nodes counted after what took them out: "neck dissection (3/28 positive)".
_REMOVED = re.compile(
    r"\b(?:dissection|lymphadenectomy|nodes?|N[1-3][a-c]?)\s\((?:nodes\s)?(?P<held>[1-9]\d?)\s?/\s?(?P<all>\d{1,3})(?:\s(?:nodes\s)?(?:positive|involved|metastatic))?\s?[,;)]"
)
_RISK = re.compile(
    r"\b(?:risk|rates?|prevent|potential|propensity|tend\w*|common(?:ly)?(?!\s(?:iliac|hepatic|bile|carotid))|search|screen\w*|work-?up|evaluat\w+"
    r"|assess\w*|(?:can|may|might|could|often|usually|frequently|rarely|typically|likely)\s(?:also\s)?(?:metast|spread|dissem)|sites?\sof"
    r"|incidence|frequency|patients\swith|distant\smetastas[ei]s\s(?:free|rate)|mimick?\w*|resembl\w+|simulat\w+|false[-\s]positiv\w+"
    r"|differential\sdiagnos\w+|predilection|reviews?\sof)\b",
    re.IGNORECASE,
)
_FINDS = re.compile(
    r"\b(?:reveal|show|found|detect|confirm|demonstrat|disclos|identif|develop|diagnos|presented|had|with)\w*\b", re.IGNORECASE
)
_GENERAL_AFTER = re.compile(
    r"^(?:\s\w+){0,5}?\s(?:is|are|remains?)\s(?:an?\s)?(?:\w+ly\s|very\s|quite\s|relatively\s)?(?:rare|uncommon|unusual|common|infrequent|found\sin"
    r"|seen\sin|reported)\b",
    re.IGNORECASE,
)
_EARLIER = re.compile(r"\b(?:years?\s(?:ago|earlier|before|previously|prior)|history\sof|previous(?:ly)?)\b", re.IGNORECASE)
# Tumours by their four-digit morphology that are at home in one organ: lymphomas, of the liver, of the brain.
_OWN_ORGANS = (("9590", "9769", "C77"), ("9970", "9971", "C77"), ("8160", "8180", "C22"), ("9380", "9480", "C71"), ("9530", "9539", "C70"))
# What is said of the primary as well as of a metastasis: what a lesion was found to be, and where the tumour returned.
_WEAK = frozenset({"called", "returned", "followed"})
# Places without more than the tissue or the tract, and those that say it nearer.
_GENERAL = (("C41", ("C40",)), ("C26", ("C17", "C18", "C19", "C20")))
_GENERAL_NAMES = frozenset({"bone", "intestine"})


class Spread(NamedTuple):
    """A place of metastasis: three-character topography, its name, and the tumours that its sentence names."""

    topography: str
    name: str
    tumors: frozenset[str]
    bond: str  # what binds it to spread: see Bond
    is_origin: bool = False  # whether the report names a cancer by this organ


def find(reading: Reading) -> Iterator[Mention]:
    """Yield each body part that words of spread are bound to, with whether it is so."""
    for sentence in reading.sentences:
        if sentence.section in ("references", "other"):
            continue
        if _HAS_NODES.search(sentence.text) and (staged := _TNM.search(sentence.text)):
            start, end = sentence.start + staged.start(), sentence.start + staged.end()
            place = Spread("C77", "lymph node", _names(reading, sentence), "nodes")
            yield Mention(NAME, start, end, sentence, place, "present", sentence.subject)
        if "/" in sentence.text and (removed := _REMOVED.search(sentence.text)) and int(removed["held"]) <= int(removed["all"]):
            start, end = sentence.start + removed.start("held"), sentence.start + removed.end("all")
            place = Spread("C77", "lymph node", _names(reading, sentence), "nodes")
            yield Mention(NAME, start, end, sentence, place, "present", sentence.subject)
        hits = reading.hits_in("metastasis_site", sentence)
        if not (holds_any(sentence.lower, _CUES) if hits else "metast" in sentence.lower):
            continue
        bonds = list(spread.bonds(sentence, hits)) if hits else []
        for hit, bond in zip(hits, bonds, strict=True):
            if bond is not None:
                yield _mention(reading, sentence, hit, bond, _assertion(reading, sentence, hit, bond))
        if "metast" in sentence.lower and not any(bonds):
            yield from _followed(reading, sentence)


def _mention(reading: Reading, sentence: Sentence, hit: Hit, bond: spread.Bond, assertion: str) -> Mention:
    is_origin = bond.kind in _WEAK and hit.id in reading.layer(_origins)
    place = Spread(hit.id, hit.entry.preferred, _names(reading, sentence), bond.kind, is_origin)
    subject = context.subject_of(reading, hit.start, hit.end, sentence)
    return Mention(NAME, hit.start, hit.end, sentence, place, assertion, subject)


def _assertion(reading: Reading, sentence: Sentence, hit: Hit, bond: spread.Bond) -> str:
    """Return whether the spread is so: denied or doubted at the place or at the words of spread."""
    told = [_told(reading, hit.start, hit.end, sentence)]
    if bond.kind == "called":
        # What was suspected of a lesion gives way to what it is found to be.
        told = [told[0]] if told[0] == context.ABSENT else []
        if spread.is_suspected(reading.text[hit.end : bond.start]):
            told.append(context.POSSIBLE)
    if bond.kind != "nodes" and (bond.start, bond.end) != (hit.start, hit.end):
        told.append(_told(reading, bond.start, bond.end, sentence))
    first = min(hit.start, bond.start) - sentence.start
    if _is_risk(sentence.text[max(0, first - 70) : hit.start - sentence.start]):
        told.append(context.POSSIBLE)
    if _GENERAL_AFTER.match(sentence.text[max(hit.end, bond.end) - sentence.start :][:90]):
        told.append(context.POSSIBLE)
    return next((wanted for wanted in (context.ABSENT, context.POSSIBLE, context.PLANNED) if wanted in told), context.PRESENT)


def _told(reading: Reading, start: int, end: int, sentence: Sentence) -> str:
    """Return what is said of a span; what imaging suggests of a metastasis stands unless it is denied elsewhere."""
    cue = context.cue_of(reading, start, end, sentence)
    if cue is not None and cue.entry.variant.startswith("suggest"):
        return context.PRESENT
    return context.assertion_of(reading, start, end, sentence)


def _is_risk(words: str) -> bool:
    """Return whether spread is looked for, feared or told of in general: "to evaluate for"; not "evaluation revealed"."""
    ends = [match.end() for match in _RISK.finditer(words)]
    return bool(ends) and _FINDS.search(words, ends[-1]) is None


def _origins(reading: Reading) -> frozenset[str]:
    """Return the organ that the report names a cancer by most often: "breast cancer", "carcinoma of the lung"; none where two tie."""
    counts: Counter[str] = Counter()
    for hit in reading.hits.get("metastasis_site", ()):
        sentence = reading.sentences[hit.sentence]
        if sentence.subject in ("patient", "general") and sentence.section not in ("references", "other"):
            before = reading.text[max(sentence.start, hit.start - 45) : hit.start]
            after = reading.text[hit.end : min(sentence.end, hit.end + 40)]
            if spread.names_cancer(before, after):
                counts[hit.id] += 1
    most = [organ for organ, count in counts.items() if count == max(counts.values())]
    return frozenset(most if len(most) == 1 else ())


def _followed(reading: Reading, sentence: Sentence) -> Iterator[Mention]:
    """Yield the one place of the lesion or sample told just before that this sentence finds to be metastatic: "It was a metastasis"."""
    found = spread.verdict(sentence.text)
    if found is None or sentence.index == 0:
        return
    previous = reading.sentences[sentence.index - 1]
    if previous.subject != "patient" or sentence.subject != "patient" or previous.patient != sentence.patient:
        return
    if not all(spread.is_source(sentence, hit) for hit in reading.hits_in("metastasis_site", sentence)):
        return
    places = [hit for hit in reading.hits_in("metastasis_site", previous) if spread.is_lesion(previous, hit)]
    if len({hit.id for hit in places}) == 1:
        bond = spread.Bond(sentence.start + found[0], sentence.start + found[1], "followed")
        yield _mention(reading, previous, places[-1], bond, context.assertion_of(reading, bond.start, bond.end, sentence))


def _names(reading: Reading, sentence: Sentence) -> frozenset[str]:
    return frozenset(hit.id[:4] for hit in reading.hits_in("histology", sentence))


def resolve(mentions: Sequence[Mention], so_far: Mapping[str, object]) -> Resolution:
    """Return one metastasis per topography code, in the order of the text; denied and suspected ones are passed over."""
    histology = so_far.get("histology")
    if isinstance(histology, Histology) and histology.morphology and histology.morphology.startswith(("98", "995", "996")):
        return Resolution({}, {}, tuple((m, "no metastasis of a disease of the blood") for m in mentions))
    own = own_organs(histology)
    proofs: dict[str, list[Mention]] = {}
    passed: list[tuple[Mention, str]] = []
    for mention in mentions:
        if mention.subject != "patient":
            passed.append((mention, mention.subject))
        elif mention.assertion != "present":
            passed.append((mention, mention.assertion))
        elif _spread(mention).is_origin or (_spread(mention).bond in (*_WEAK, "nodes") and _spread(mention).topography in own):
            passed.append((mention, "where the primary is"))
        elif _is_of_another_tumor(mention, histology):
            passed.append((mention, "an earlier tumour's"))
        else:
            proofs.setdefault(_spread(mention).topography, []).append(mention)
    for general, special in _GENERAL:
        if any(code in proofs for code in special) and all(_spread(m).name in _GENERAL_NAMES for m in proofs.get(general, ())):
            passed.extend((mention, "a nearer place is told") for mention in proofs.pop(general, ()))
    findings = [Finding(Metastasis(_spread(found[0]).name, code), tuple(found)) for code, found in proofs.items()]
    return Resolution({}, {"metastases": findings}, tuple(passed))


def own_organs(histology: object) -> frozenset[str]:
    """Return the organs in which a tumour of this diagnosis is at home."""
    code = histology.morphology[:4] if isinstance(histology, Histology) and histology.morphology else ""
    return frozenset(organ for first, last, organ in _OWN_ORGANS if first <= code <= last)


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
