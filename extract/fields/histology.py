"""Histology: the final diagnosis of the tumour that the report is about, as ICD-O-3 morphology."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from functools import cache
from typing import NamedTuple

from extract import context, lexicon
from extract.language import normal_form
from extract.lexicon import Entry
from extract.reading import Finding, Hit, Mention, Reading, Resolution, Sentence, clause_before, holds_any
from extract.record import Histology

NAME = "histology"
FIELDS = ("histology",)

# Names that a registrar replaces by anything more precise: tumour, cancer, carcinoma, sarcoma, lymphoma ...
_VAGUE: Mapping[str, float] = {
    "8000": 0.12, "8001": 0.12, "8010": 0.3, "8046": 0.45, "8800": 0.35, "8801": 0.5, "8802": 0.5, "9590": 0.35, "9591": 0.5, "9800": 0.4,
    "8140": 0.75, "8003": 0.2, "8002": 0.3, "8004": 0.4, "8240": 0.8, "8803": 0.4, "9380": 0.6, "8020": 0.6, "8312": 0.8,
    "9540/1": 0.3,  # neurofibromatosis, which is the ground that tumours arise on
}  # fmt: skip

# Of a benign and a malignant tumour in one report the malignant is mostly what it is about.
_BENIGN = 0.8

# A diagnosis needs one plain mention of at least this weight; a suspicion alone is none.
_LEAST = 0.3

# Patterns without IGNORECASE look at words in lower case, which is a third faster.
_DIAGNOSED = re.compile(
    r"(?:diagnos(?:is|ed|es|tic)|consistent\swith|compatible\swith|confirm(?:ed|ing|s)|reveal(?:ed|ing|s)|show(?:ed|ing"
    r"|n)|demonstrat(?:ed|ing)|proved|proven|reported|indicat(?:ed|ing)"
    r"|conclu(?:ded|sion)|identified|classified|established|verified|in\sfavou?r\sof|in\skeeping\swith|patholog\w*"
    r"|histolog\w*|biops(?:y|ies)|cytolog\w*|specimen|as)\b"
)
_FINAL = re.compile(
    r"(?:final|definitive|definite|ultimate|post-?operative)\s(?:\w+\s){0,2}(?:diagnos|patholog|histolog)|diagnosis\s(?:of|was|is)\b"
    r"|(?<!clinically\s)(?<!preoperatively\s)(?<!initially\s)(?<!previously\s)diagnosed\s(?:as|with|to\shave)|(?:reported|labell?ed|classified|signed\sout)\sas\b"
    r"|\b(?:turned\sout|proved|proven)\s(?:to\sbe|as)\b"
)
# Plain substrings first: they spare most sentences the regexes.
_FINAL_CUES = ("diagnos", "patholog", "histolog", "reported", "label", "classified", "signed", "turned", "prove")
_REPORTED_CUES = ("case", "patient", "man", "male", "boy", "girl")
_CONCLUSION_CUES = ("diagnosis", "based on", "together", "light of", "basis of")
_EARLIER_CUES = ("history", "previous", "prior", "referr", "initial", "ago", "earlier", "before", "survivor", "known")
_GRADE_CUES = ("grade", "differentiated")
_CONCLUDED = re.compile(
    r"\b(?:final|definitive|definite)\s(?:\w+\s){0,2}diagnosis|(?:based\son|taken?\stogether|in\slight\sof"
    r"|on\sthe\sbasis\sof)\b.{0,90}(?:finding|result|patholog|histolog|immuno|feature)"
)
_REPORTED = re.compile(
    r"\b(?:case|patient|man|woman|male|female|boy|girl)\s(?:\w+\s){0,4}?(?:of|with|having|who|suffering\sfrom"
    r"|affected\sby|diagnosed)\b"
)
_EARLIER = re.compile(
    r"\b(?:past\s(?:medical\s|surgical\s)?history|medical\shistory|history\sof|previously\s(?:treated|diagnosed)|previous"
    r"|prior|referr(?:ed|al)\s(?:with|diagnosis)|initial(?:ly)?(?:\s\w+){0,3}|"
    r"years?\s(?:ago|earlier|before|previously|prior)|survivor\sof|known)\b"
)
# "Hodgkin lymphoma at 19": another story, told by its age.
_AT_AGE = re.compile(r"\s(?:at|aged)\s(?:the\sage\sof\s)?\d{1,2}\b(?!\s?(?:mm|cm|%|months?|weeks?|days?))", re.IGNORECASE)
_DENIED_KIND = re.compile(
    r"\b(?:mimick?|masquerad|simulat|mistaken|misdiagnos|misinterpret|confus|distinguish|differentiat(?:e|ed|ing)\s(?:it\s)?(?:from|between)|resembl"
    r"|differential|rule[ds]?\sout|exclud|versus|vs\.?|unlike|rather\sthan|as\sopposed\sto|instead\sof|suspect|possib|risk\sof|screening"
    r"|clinically\sdiagnosed|radiolog\w+\sdiagnos)"
)
_DENIED_CUES = (
    "mi", "masquerad", "simulat", "confus", "distinguish", "differenti", "resembl", "rule", "exclud", "versus", "vs", "unlike", "rather",
    "opposed", "instead", "suspect", "possib", "risk", "screening", "clinically", "radiolog",
)  # fmt: skip
_PROVED = re.compile(
    r"\b(?:prove[dn]|confirm\w*|reveal\w*|show(?:ed|ing|n)|establish\w*|but|however|diagnosis\s(?:was|is)|diagnosed\s(?:as|with)|turned\sout)\b"
)
_PROVED_AFTER = re.compile(
    r"\s(?:was|were)\s(?:\w+ly\s)?(?:diagnosed|confirmed|established|found|proved|proven|made|rendered)\b", re.IGNORECASE
)
_NO_DIAGNOSIS_AFTER = re.compile(
    r"^[-\s](?:cells?\slines?|like\b(?!\scarcinoma)|screening|registry|antigen|markers?|kinase|black\b|risk|cent(?:er|re)|board|clinic"
    r"|patients\b|unit|department|prevention|team|hospital|institute|suspicion|predisposition|syndrome)",
    re.IGNORECASE,
)
# "Clinical diagnosis", "preoperatively diagnosed": what was believed before the tissue was seen.
_TENTATIVE = re.compile(
    r"\b(?:clinical|pre-?operative|provisional|presumptive|presumed|working|initial|preliminary|tentative|frozen[-\s]section|intra-?operative"
    r"|radiolog(?:ic|ical|y)|imaging|sonographic|endoscopic|putative|referral|admi(?:ssion|tting)|erroneous|incorrect|previous|original|first)"
    r"\s(?:\w+\s){0,2}(?:diagnos[ei]s|impression|interpretation)|\b(?:clinically|radiologically|pre-?operatively|initially"
    r"|intra-?operatively|provisionally|presumptively|erroneously|incorrectly|originally|previously|first|tentatively)\s(?:\w+\s)?"
    r"(?:diagnosed|interpreted|considered|labell?ed|classified|treated|reported|read)|\b(?:considered|thought|believed|presumed|assumed|felt)\b"
    r"|\b(?:under|following)\s(?:a|the)\sdiagnosis\b"
)
_TENTATIVE_CUES = ("diagnos", "impression", "interpret", "consider", "thought", "believed", "presumed", "assumed", "felt", "ly ")
_TISSUE = re.compile(
    r"histo(?:log|path|morph)|patholog(?!ic(?:al)?\sfracture)|\bbiops|immuno(?:histo|stain|react|phenotyp|profile)|microscop|cytolog|aspirat|\bspecimen|necropsy"
    r"|autopsy|\bFISH\b|rearrange|fusion",
    re.IGNORECASE,
)
_TISSUE_CUES = (
    "histo", "patholog", "biops", "immuno", "microscop", "cytolog", "aspirat", "specimen", "necropsy", "autopsy", "fish", "rearrange",
    "fusion",
)  # fmt: skip
# What was seen of the whole tumour, or looked at again, outweighs the needle.
_WHOLE = re.compile(r"\b(?:resect|excis|surg|post-?operat|final|definitive|autopsy|necropsy|post-?mortem|review|immunohisto|immunostain)")
_ELSEWHERE = re.compile(
    r"\b(?:at|in|by)\s(?:an?|another|the|his|her)\s(?:\w+\s)?(?:local|outside|other|previous|secondary|primary|regional|nearby|district)\s"
    r"(?:hospital|clinic|physician|cent(?:er|re)|institution)\b",
    re.IGNORECASE,
)
_REVISED = re.compile(r"\b(?:revised|changed|amended|corrected|re-?classified|modified|converted)\s(?:to|as|into)\s(?:\w+\s){0,3}$")
_REVISED_CUES = ("revised", "changed", "amended", "corrected", "classified", "modified", "converted")
_IMAGED = re.compile(
    r"\b(?:ct|mri|mr|pet|us|computed\stomogra\w+|magnetic\sresonance|ultraso\w+|sonogra\w+|radiogra\w+|radiolog\w+|imaging|mammogra\w+"
    r"|x-?ray|scans?|endoscop\w+|colonoscop\w+|angiogra\w+|echocardiogra\w+)\b"
)
_SUGGESTED = ("suggest", "in favo", "likely", "impression")
_COMPONENT = re.compile(r"\b(?:component|focus|foci|areas?|features?|differentiation)\b")
# "Transformation of A to B", "transformed into B", "the transformation was a B".
_TRANSFORMED = re.compile(
    r"\b(?:transform|dedifferentiat|progress|evol|convert|conversion)\w*(?:\s(?:of|from)\s[^.;,]{1,60})?\s(?:(?:in)?to|was|showed|revealed)\s(?:[\w-]+\s){0,4}$"
)
_TRANSFORMED_CUES = ("transform", "differentiat", "progress", "evol", "conver")
_OF_ORIGIN = re.compile(r"\btransformation\s(?:of|from)\s(?:\w+\s){0,3}$")
_INTO = re.compile(r"\s(?:\(\w+\)\s)?(?:(?:in)?to|was)\b")
# "AML transformed from MDS": what stands before is what it became, what follows is what it was.
_BECAME = re.compile(r"\b(?:transform|evol|progress|dedifferentiat)\w*\sfrom\b", re.IGNORECASE)
_TRANSFORMATION = re.compile(r"\s(?:\([A-Z]+\)\s)?transformation\b", re.IGNORECASE)
_COMPOSED = frozenset({"8000/3", "8010/3", "8046/3", "8140/3"})
# Carcinomas whose name leaves out the organ where the sentence has it: "thyroidectomy showed medullary carcinoma".
_OF_THYROID = {"8510/3": ("8345/3", "medullary thyroid carcinoma"), "8050/3": ("8260/3", "papillary thyroid carcinoma")}
# What a carcinoma is called by a word that other words part from it, most often the organ: "mucinous appendiceal adenocarcinoma".
_KINDS = {
    "squamous": ("8070/3", "squamous cell carcinoma"),
    "adenosquamous": ("8560/3", "adenosquamous carcinoma"),
    "mucinous": ("8480/3", "mucinous adenocarcinoma"),
    "signet ring": ("8490/3", "signet ring cell carcinoma"),
    "small": ("8041/3", "small cell carcinoma"),
    "lobular": ("8520/3", "lobular carcinoma"),
    "urothelial": ("8120/3", "urothelial carcinoma"),
    "transitional": ("8120/3", "urothelial carcinoma"),
    "endometrioid": ("8380/3", "endometrioid adenocarcinoma"),
    "neuroendocrine": ("8246/3", "neuroendocrine carcinoma"),
    "adenoid cystic": ("8200/3", "adenoid cystic carcinoma"),
    "mucoepidermoid": ("8430/3", "mucoepidermoid carcinoma"),
    "sarcomatoid": ("8033/3", "sarcomatoid carcinoma"),
}
_KIND_CUES = tuple(_KINDS)
_KIND = re.compile(
    rf"(?<!non-)(?<!non )\b(?P<kind>{'|'.join(_KINDS)})(?:[-\s]cell)?"
    r"(?:\s(?!(?:and|or|with|of|in|the|to|for|as|from|component|features?)\s)[\w-]{2,15}){0,2}[-\s]$",
    re.IGNORECASE,
)
_GRADE = re.compile(
    r"(?P<grade>(?:high|low|intermediate)[-\s]grade|(?:FNCLCC\s|histologic(?:al)?\s|nuclear\s"
    r"|WHO\s)?grade\s(?:[1-4](?:/[34])?|IV|I{1,3})\b|(?:well|moderately|poorly|un)[-\s]?differentiated)",
    re.IGNORECASE,
)


class Named(NamedTuple):
    """A histology that a report names: its code, its usual name, the words' weight as the final diagnosis."""

    morphology: str
    name: str
    weight: float
    grade: str | None


def find(reading: Reading) -> Iterator[Mention]:
    """Yield each named tumour with its weight as the final diagnosis of this patient."""
    told = {hit.id for hit in reading.hits["histology"]}
    for hit in reading.hits["histology"]:
        sentence = reading.sentences[hit.sentence]
        if sentence.section in ("references", "other"):
            continue
        after = sentence.text[hit.end - sentence.start : hit.end - sentence.start + 40]
        if _NO_DIAGNOSIS_AFTER.match(after):
            continue
        cue = context.cue_of(reading, hit.start, hit.end, sentence)
        assertion = _assertion(cue, hit, sentence)
        if assertion == "present" and _is_likened(hit, sentence):
            assertion = "possible"
        subject = "family" if cue is not None and cue.id == "family" else sentence.subject
        weight = _weight(hit, sentence, assertion, subject)
        code, name = _composed(hit, sentence, told)
        named = Named(code, name, weight, _grade(hit, sentence))
        yield Mention(NAME, hit.start, hit.end, sentence, named, assertion, subject)


# "There were no melanocytes, but the diagnosis of melanoma was made": what was denied before is another thing.
_NEW_PREDICATE = re.compile(r",.{0,120}\bdiagnos(?:ed|is)\s(?:\w+\s)?(?:of|as|with|was)\b", re.IGNORECASE)


# Of the cues of plans only these doubt a diagnosis; the others ("was recommended", "refused") speak of its treatment.
_DOUBTED = ("consider", "could", "can be", "may", "might", "would", "propos", "suggest", "possib", "discuss")


def _assertion(cue: Hit | None, hit: Hit, sentence: Sentence) -> str:
    """Return present, absent or possible."""
    if cue is None or cue.id == "family" or "perform" in cue.entry.variant:
        return "present"
    if cue.id == "declined":
        return "absent" if "reject" in cue.entry.variant else "present"  # a diagnosis is rejected, its treatment declined
    if cue.id == "planned" and not any(doubt in cue.entry.variant for doubt in _DOUBTED):
        return "present"
    if cue.end <= hit.start and _NEW_PREDICATE.search(sentence.text[cue.end - sentence.start : hit.start - sentence.start]):
        return "present"
    if cue.id != "absent" and any(word in cue.entry.variant for word in _SUGGESTED) and _is_of_tissue(hit, sentence):
        return "present"  # "histology was suggestive of": as much as many a pathologist will say
    return "absent" if cue.id == "absent" else "possible"


def _is_likened(hit: Hit, sentence: Sentence) -> bool:
    """Return whether a tumour is only what another resembles or was told from; a diagnosis in between ends that."""
    before = clause_before(sentence, hit.start, 75).lower()
    likened = _DENIED_KIND.search(before) if holds_any(before, _DENIED_CUES) else None
    if likened is None or _PROVED_AFTER.match(sentence.text, hit.end - sentence.start):
        return False
    return _PROVED.search(before, likened.end()) is None


_SUBJECT_WEIGHT = {"patient": 2.0, "general": 0.7, "literature": 0.15}


def _weight(hit: Hit, sentence: Sentence, assertion: str, subject: str) -> float:
    """Return how much a mention speaks for being the final diagnosis; 0 for what is denied or a relative's."""
    if assertion == "absent" or subject == "family":
        return 0.0
    clause = clause_before(sentence, hit.start, 160)
    before = clause.lower()
    weight = _SUBJECT_WEIGHT[subject]
    if sentence.section in ("discussion", "introduction", "table"):
        weight *= 0.6
    if sentence.section == "title" or sentence.is_heading:
        weight *= 1.5
    if subject == "patient":
        if holds_any(before, _FINAL_CUES) and _FINAL.search(before[-90:]):
            weight += 3.0
        elif _DIAGNOSED.search(before[-90:]) or (holds_any(before, _REPORTED_CUES) and _REPORTED.search(before[-80:])):
            weight += 1.5
        if holds_any(sentence.lower, _CONCLUSION_CUES) and _CONCLUDED.search(sentence.lower):
            weight += 2.5
        if _is_of_tissue(hit, sentence):
            weight += 1.5 if _WHOLE.search(before) else 1.0
        elif _IMAGED.search(before):
            weight *= 0.5
        if holds_any(clause, _TENTATIVE_CUES) and _TENTATIVE.search(before[-75:]):
            weight *= 0.4
        if "hospital" in sentence.lower and _ELSEWHERE.search(sentence.text):
            weight *= 0.5
        if holds_any(sentence.lower, _TRANSFORMED_CUES):
            weight = _transformed(hit, sentence, before, weight)
        if holds_any(before, _REVISED_CUES) and _REVISED.search(before[-80:]):
            weight += 4.0
    if assertion == "possible":
        weight *= 0.3
    if "second primary" in sentence.lower or "another primary" in sentence.lower:
        weight *= 0.2
    if (holds_any(before, _EARLIER_CUES) and _EARLIER.search(before)) or _AT_AGE.match(sentence.text, hit.end - sentence.start):
        weight *= 0.35
    if _COMPONENT.search(sentence.lower[hit.end - sentence.start : hit.end - sentence.start + 25]):
        weight *= 0.5
    return weight


def _transformed(hit: Hit, sentence: Sentence, before: str, weight: float) -> float:
    """Return the weight of a tumour in a sentence on transformation: more for what it became, less for what it was."""
    end = hit.end - sentence.start
    if _OF_ORIGIN.search(before[-60:]) and _INTO.match(sentence.text, end):
        return weight * 0.3
    if _TRANSFORMED.search(before[-110:]) or _TRANSFORMATION.match(sentence.text, end) or _BECAME.search(sentence.text, end, end + 60):
        return weight + 4.0
    return weight * 0.3 if _BECAME.search(before[-60:]) else weight


def _is_of_tissue(hit: Hit, sentence: Sentence) -> bool:
    """Return whether the words before a name speak of tissue: what the pathologist saw, not what a scan showed."""
    begin, end = max(0, hit.start - sentence.start - 160), hit.start - sentence.start
    return holds_any(sentence.text[begin:end].lower(), _TISSUE_CUES) and _TISSUE.search(sentence.text, begin, end) is not None


def _composed(hit: Hit, sentence: Sentence, told: Set[str]) -> tuple[str, str]:
    """Return code and name of a hit, with what the words around it and the tumours told in the report (`told`) add to them.

    A cancer, carcinoma or adenocarcinoma takes the kind that is named before its organ.
    """
    if hit.id in _COMPOSED and holds_any(sentence.lower, _KIND_CUES):
        before = sentence.text[max(0, hit.start - sentence.start - 50) : hit.start - sentence.start].replace("signet-ring", "signet ring")
        if kind := _KIND.search(before):
            return _KINDS[kind["kind"].lower()]
    if hit.id in _OF_THYROID and ("thyroid" in sentence.lower or _OF_THYROID[hit.id][0] in told):
        return _OF_THYROID[hit.id]
    entry = _interrupted(hit, sentence) or hit.entry
    return entry.concept_id, entry.preferred


_BROKEN = re.compile(r"(?P<words>(?:[\w'-]+\s){1,5})\([\w/ -]{1,25}\)\s$")


def _interrupted(hit: Hit, sentence: Sentence) -> Entry | None:
    """Return the name that a bracket cuts in two, None for none: "large granular lymphocytic (LGL) leukemia"."""
    before = sentence.text[max(0, hit.start - sentence.start - 90) : hit.start - sentence.start]
    broken = _BROKEN.search(before) if before.endswith(") ") else None
    if broken is None or hit.id[:4] not in _VAGUE:
        return None
    words = _words(broken["words"])
    head = _words(sentence.text[hit.start - sentence.start : hit.end - sentence.start])
    return next((found for first in range(len(words)) if (found := _names().get(words[first:] + head))), None)


@cache
def _names() -> Mapping[tuple[str, ...], Entry]:
    """Return the vocabulary by the normal forms of its words."""
    return {_words(entry.variant): entry for entry in lexicon.load("histology")}


def _words(text: str) -> tuple[str, ...]:
    return tuple(normal_form(word) for word in re.split(r"[\s-]+", text.strip()))


def _grade(hit: Hit, sentence: Sentence) -> str | None:
    """Return the grade or differentiation that the words around a diagnosis give, as printed, lower case."""
    if not holds_any(sentence.lower, _GRADE_CUES):
        return None
    start = max(0, hit.start - sentence.start - 45)
    found = _GRADE.search(sentence.text[start : hit.end - sentence.start + 25])
    return found["grade"].lower() if found else None


def resolve(mentions: Sequence[Mention], so_far: Mapping[str, object]) -> Resolution:
    """Return the diagnosis with the greatest weight; a vague name only where no precise one is told."""
    scores: dict[str, float] = defaultdict(float)
    first: dict[str, int] = {}
    for mention in mentions:
        named = _named(mention)
        code = named.morphology
        # The tenth mention adds less than the first: a discussed entity is often named more than the diagnosis.
        scores[code] += named.weight / (1.0 + 0.15 * scores[code])
        first.setdefault(code, mention.start)
    weighed = {code: score * _VAGUE.get(code, _VAGUE.get(code[:4], 1.0)) for code, score in scores.items() if score > 0}
    weighed = {code: score * (_BENIGN if code.endswith("/0") else 1.0) for code, score in weighed.items()}
    _support(weighed, mentions)
    plain = {_named(m).morphology for m in mentions if m.assertion == "present" and _named(m).weight >= _LEAST}
    weighed = {code: score for code, score in weighed.items() if code in plain}
    if not weighed:
        return Resolution({}, {}, tuple((m, _reason(m)) for m in mentions))
    best = max(weighed, key=lambda code: (weighed[code], -first[code]))
    proof = [m for m in mentions if _named(m).morphology == best and _named(m).weight > 0]
    proof.sort(key=lambda m: (-_named(m).weight, m.start))
    head = _named(proof[0])
    grade = next((_named(m).grade for m in proof if _named(m).grade), None)
    passed = tuple((m, _reason(m)) for m in mentions if _named(m).morphology != best)
    return Resolution({"histology": Finding(Histology(head.name, head.morphology, grade), tuple(proof[:4]))}, {}, passed)


def _support(weighed: dict[str, float], mentions: Sequence[Mention]) -> None:
    """Let a general name speak for the precise one that holds it: "adenocarcinoma" for "ductal adenocarcinoma"."""
    names: dict[str, set[str]] = defaultdict(set)
    for mention in mentions:
        named = _named(mention)
        if named.morphology in weighed:
            names[named.morphology].add(named.name.lower())
    plain = dict(weighed)
    for code, own in names.items():
        for other, theirs in names.items():
            if other != code and any(mine != name and name.endswith(mine) for mine in own for name in theirs):
                weighed[other] += 0.5 * min(plain[code], plain[other] * 2)


def _reason(mention: Mention) -> str:
    if mention.assertion == "absent":
        return "denied"
    if mention.subject != "patient":
        return mention.subject
    return "possible" if mention.assertion == "possible" else "another diagnosis preferred"


def _named(mention: Mention) -> Named:
    value = mention.value
    assert isinstance(value, Named)
    return value
