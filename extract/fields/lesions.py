"""Metastasis told without its word: "innumerable lung nodules", "a new liver lesion", "hepatic progression".

Read after `metastasis` and `site`, whose answers it needs: such lesions are of a malignant tumour whose primary
lies in another organ. What one of these fields found is not judged anew; this one adds organs to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from extract import context, spread
from extract.fields import metastasis
from extract.reading import NOTHING, Finding, Hit, Mention, Reading, Resolution, Sentence, holds_any
from extract.record import Histology, Metastasis, Site

NAME = "lesions"
FIELDS = ("metastases",)

# All patterns read the sentence in lower case.
# Where tumours of other organs settle, each with the sites of primaries of which that cannot be told.
_ORGANS: Mapping[str, frozenset[str]] = {
    "C22": frozenset({"C22", "C23", "C24"}),
    "C25": frozenset({"C16", "C17", "C22", "C23", "C24", "C25", "C48"}),
    "C34": frozenset({"C34", "C37"}),
    "C38": frozenset({"C37", "C38", "C45"}),
    "C40": frozenset({"C40", "C41"}),
    "C41": frozenset({"C40", "C41"}),
    "C44": frozenset({"C00", "C44", "C49", "C50", "C51", "C60", "C63"}),
    "C48": frozenset({"C48", "C49", "C76", "C80"}),
    "C70": frozenset({"C69", "C70", "C71", "C72"}),
    "C71": frozenset({"C69", "C70", "C71", "C72", "C75"}),
    "C74": frozenset({"C64", "C74"}),
}
# Involvement of these by a neighbour is growth.
_NEIGHBOURS: Mapping[str, frozenset[str]] = {
    "C22": frozenset({"C16", "C18", "C64", "C74", "C25", "C48"}),
    "C34": frozenset({"C15", "C33", "C37", "C38", "C45", "C50"}),
    "C71": frozenset({"C30", "C31", "C41", "C11", "C44"}),
}
# A singular word is cut off a plural by the s that follows.
_SINGLE = r"(?:lesion|nodule|mass|deposit|opacity|shadow|locali[sz]ation|tumou?r|focus)"
_DEPOSIT = re.compile(r"\sdeposits?\b")
_DEPOSIT_IN = re.compile(
    r"\bdeposits?\s(?:were\sfound\s|were\sseen\s)?(?:in|within|throughout)\s(?:the\s|his\s|her\s|both\s)?(?:[\w-]{2,14},?\s){0,4}$"
)
_PLURAL = (
    r"(?:lesions|nodules|nodularit(?:y|ies)|masses|deposits|opacities|shadows|locali[sz]ations|tumou?rs|foci|secondarisms|hypodensities"
    r"|hot\sspots)"
)
_NUMBER = r"(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\d{1,2})"
# What imaging says of a lesion that is alive.
_ALIVE = (
    r"(?:hypermetabolic|(?:fdg|pet|tracer|psma|iodine|dotatate)[-\s](?:avid|positive)|metabolically\sactive|ring-?\s?enhancing|enhancing|hypervascular|(?:osteo)?lytic"
    r"|osteoblastic|malignant|secondary|satellite|disseminated|miliary)"
)
_MANY = (
    rf"(?:multiple|multifocal|multiloc\w+|numerous|innumerable|countless|several|many|disseminated|widespread|bilateral|various|extensive"
    rf"|diffuse|scattered|{_ALIVE}|{_NUMBER})"
)
_NEW = r"(?:new|newly|further|additional|fresh|enlarging|growing)"
# Words that may stand between a count, a lesion and a place; none that leads on to another thing.
_WORD = (
    r"(?:(?!(?:in|of|with|without|no|not|was|were|had|has|the|from|which|who|that|after|before|by|for|but|is|are|to)\b)[\w.×%+-]{1,18},?\s)"
)
# "NEW hepatic lesions", "SEVERAL small lung and LIVER nodules"
_QUANTITY = re.compile(rf"\b(?:(?P<many>{_MANY})|(?P<new>{_NEW}))\s(?:cm\s|mm\s)?{_WORD}{{0,6}}$")
_NAMED_AFTER = re.compile(rf"(?:,?\s(?:and\s|or\s)?|/)(?:{_WORD}){{0,4}}?(?:(?P<plural>{_PLURAL})|(?P<single>{_SINGLE}))\b")
# "multiple NODULES were seen in both LUNGS", "a new LESION of the left ADRENAL"
_LESION_IN = re.compile(
    rf"(?:\b(?:(?P<many>{_MANY})|(?P<new>{_NEW}))\s{_WORD}{{0,5}})?\b(?:(?P<plural>{_PLURAL})|(?P<single>{_SINGLE}))\b"
    r"(?:\s\([^()]{1,40}\))?\s(?:(?:was|were|had|been|also|newly)\s){0,2}(?:[a-z]{3,12}ed\s|seen\s|found\s|shown\s|present\s|evident\s|arose\s|grew\s)?"
    r"(?:in|of|at|within|through|across|throughout|involving|affecting|over|on)\s(?:(?P<both>both|bilateral)\s|the\s|his\s|her\s|each\s)?"
    r"(?:(?!(?:with|without|from|was|were|which|after|by|for|that|during|but)\b)[\w-]{2,14},?\s){0,6}$"
)
# "hepatic PROGRESSION", "PROGRESSION in the liver", "RELAPSE was seen, in the lungs"
_COURSE = (
    r"(?:came\sback|returned|(?<!lung\s)(?<!liver\s)(?<!host\s)(?<!this\s)disease|oligo-?progression|progression|relapses?|recurrences?|progressed"
    r"|relapsed|recurred|dissemination)"
)
_COURSE_OF = re.compile(
    r"\s(?:(?:disease|tumou?r|metastatic)\s)?(?:oligo-?progression|progression|relapses?|recurrences?|dissemination)\b(?!-free)"
)
_COURSE_IN = re.compile(
    rf"\b(?:{_COURSE}|\bpd)\s(?:(?:was|were|is|had\sbeen|also|later|subsequently|first|then)\s){{0,2}}(?:[a-z]{{3,12}}ed\s|seen\s|found\s)?(?:in|at|within|involving)"
    r"\s(?:(?:the|his|her|both|an?|left|right|upper|lower|multiple|several)\s){0,3}(?:(?!(?:with|from|was|were|after|by|patients?|case)\b)[\w-]{3,14},?\s(?:and\s(?:the\s|both\s)?)?){0,3}$"
)
# Imaging of a place, and what it showed: "MRI of the BRAIN showed five enhancing lesions".
_IMAGED = re.compile(
    rf"(?:\s(?:mri|ct|mr|pet|ultraso\w+|scans?|imaging|biops\w+|tomography)){{0,2}}(?::|\s(?:showed|revealed|demonstrated|disclosed|detected|depicted))\s(?:{_WORD}){{0,3}}?{_MANY}\s"
    rf"(?:{_WORD}){{0,4}}?{_PLURAL}\b(?!\s(?:in|of|at|on|within)\b)"
)
# "pulmonary metastases and a HEPATIC nodule"
_WITH_METASTASES = re.compile(
    r"(?<!no\s)\b(?:metastas[ei]s|metastatic\s\w+)(?:\s\([^()]{1,40}\))?(?:,|\s(?:and|with|plus|as\swell\sas))\s(?:an?\s)?(?:[\w-]{2,14}\s){0,2}$"
)
# "LIVER involvement": of these organs it is no growth into the neighbourhood.
_INVOLVEMENT = re.compile(rf"(?:(?:,|\sand|,\sand)\s(?:{_WORD}){{1,2}}?|\s)involvement\b")
# Where the disease is said to be: "stage IV adenocarcinoma (LIVER, lung)", "sites of relapse were LUNG and bone"; at autopsy.
_GIVEN_AS = re.compile(
    r"\b(?:stage\s(?:iv|4)[abc]?|extensive[-\s](?:stage|disease)|oligo-?metastatic|progression|relapse|recurrence)\b[^.;()]{0,60}\((?:[^();]{0,60};)?(?!from)[^();]{0,60}$"
    r"|\bsites?\sof\s(?:the\s)?(?:disease|spread|relapse|recurrence|progression)\s?(?::|was|were|included|being)\s[^.;:()]{0,60}$"
    r"|\b(?:autopsy|necropsy|post-?mortem)\b[^.;]{0,60}\b(?:tumou?r|growth|disease)\s(?:\w+\s){0,4}(?:in|of|throughout|involving)\s[^.;:()]{0,60}$"
)
# "stage IV with peritoneal and HEPATIC disease", "multifocal BONE disease"
_DISEASE_OF = re.compile(r"(?:\sand\s[a-z]{4,14})?\sdisease\b")
_WIDE = re.compile(
    r"\b(?:stage\s(?:iv|4)[abc]?|multifocal|widespread|disseminated|extensive|bulky|progressive|residual|metastatic)\b[^.;]{0,40}$"
)
# "BIOPSY of the LUNG confirmed recurrence"
_SAMPLE_AFTER = re.compile(
    r"(?:\s(?:wedge|needle|core|tissue|lesion|mass|nodule)s?)*(?:\s(?:biops\w+|aspirat\w+|resection|cytology))?[^.;,]{0,25}\s(?:confirmed|showed|revealed|demonstrated|proved)"
    r"\s[^.;,]{0,40}?(?:\brecurren(?:ce|t)|\brelapse|\bthe\ssame\s(?:tumou?r|histolog\w+|cancer|carcinoma))\b"
)
_SAMPLE = re.compile(r"\b(?:biops\w+|aspirat\w+|resection|cytology|specimen)")
# "nodules APPEARED in the lung", "a liver mass of 5 cm DEVELOPED"
_APPEARED = re.compile(r"\b(?:appear(?:ed|ance)|develop(?:ed|ment)|emerge(?:d|nce)|came\sto\slight|occurred|arose)\b")
# The tumour is on the move: then lesions without a number count as well.
_ADVANCED = re.compile(
    r"\bstage\s(?:iv|4)[abc]?\b|\bextensive[-\s]stage\b|\bprogress(?:ed|ion|ive\sdisease)\b|\brelaps\w+|\brecurr(?:ed|ence|ences)\b|\brestaging\b|\bdisseminated\b|\bmetastatic\sdisease\b"
    r"|\b(?:widespread|advanced)\sdisease\b|\b(?:months?|years?|weeks?)\s(?:later|after|following|from|post)\b"
)
# What else lesions may be.
_BENIGN = re.compile(
    r"\b(?:benign|granulom\w+|tubercul\w+|mycobact\w+|sarcoid\w*|abscess\w*|infecti\w+|pneumon(?:ia|itis)|\w*angiomas?|\w{0,12}cysts?|cystic"
    r"|cirrho\w+|fung\w+|aspergill\w*|inflammatory|isch\w+|infarct\w*|demyelinat\w+|white\smatter|vascular|steato\w+|calcifi\w+|adenomas?|hyperplas\w+"
    r"|hamartoma\w*|lymphoma\w*|vasculitis|septic\semboli|ground-?\s?glass\s(?:opac|nod|attenu)\w+|patchy|interstitial|reticul\w+|lacun\w+|h(?:a?)emorrhagic\sfoci"
    r"|amyloid\w*|cavities|normal\s(?:\w+\s)?tissue|splenosis|\w*blastomas|meningiomas|schwannomas|neurofibromas?|lipomas?|calcium|iron|degenerative|arthritis|psoria\w+|acne\w*|seborrh\w+|melanosis|eczem\w+|rash|erythem\w+|primary|fibrosis|scars?"
    r"|synchronous|second\s(?:primary|cancer|malignancy)|unrelated|incidental\w*|non-?specific|indeterminate|stable\sfor|healed|trauma\w*)\b"
)
_BENIGN_NEXT = re.compile(
    r"\b(?:benign|granulom\w+|tubercul\w+|mycobact\w+|sarcoid\w*|abscess\w*|\w*angiomas?|splenosis|surveillance\sof|\w{0,12}cysts?|fung\w+|aspergill\w*|infarct\w*|adenomas?"
    r"|hamartoma\w*|\w*lymphomas?|second\s(?:primary|cancer|malignancy)|unrelated|no\s(?:malignan\w+|tumou?r|evidence\sof\smalig\w+))\b"
)
_GENERAL = re.compile(r"\b(?:patients|cases|literature|usually|often|rarely|commonly|may|can|should|risk|series)\b")
# Which of them "the hepatic flexure" and "lung disease" are not.
_NO_ORGAN = re.compile(
    r"\s(?:flexure|effusions?|hil\w+|arter\w+|veins?|vessels?|trunk|valve|function|cancers?|carcinomas?|adenocarcinomas?|primary|ligament"
    r"|duct\w*)\b"
)
_NAMES_TUMOUR = re.compile(r"(?:\s\w+)?\s(?:primary|origin|cancer|carcinoma|adenocarcinoma|tumou?r)\b")
_SOLID_UNTIL, _OF_VESSELS = "959", ("9140",)
# Of uncertain behaviour, and known to settle in liver, lung or bone: solitary fibrous, stromal and giant cell tumour, paraganglioma.
_MAY_SPREAD = ("8815", "9150", "8936", "9250", "868", "869", "8700")
# Of these, many lesions are as often a primary's.
_OFTEN_MANY = frozenset({"C25", "C38", "C44", "C48"})
# One of these stands in all that tells of lesions, or of the disease in a place.
_LESION_CUES = (
    "lesion", "nodul", "mass", "deposit", "opacit", "shadow", "locali", "tumor", "tumour", "foc", "secondarism", "hypodens", "hot spot",
)  # fmt: skip
_COURSE_CUES = (
    "progress", "relaps", "recurr", "disseminat", "involvement", "stage ", "disease", "came back", "returned", "biops", "autopsy",
    "necropsy", "mortem", "carcinomatosis", "metastatic (", "the same ",
)  # fmt: skip
_NEAR, _FAR = 90, 130
_CAVITY = "pelvis"


class Lesions(NamedTuple):
    """Lesions of an organ, with what shows that they are of the tumour."""

    topography: str
    name: str
    sign: str  # many, new, course, deposit, involvement


def find(reading: Reading) -> Iterator[Mention]:
    """Yield each organ that many or new lesions of a patient are told in, or in which the tumour grows on."""
    yield from reading.layer(_mentions)


def _mentions(reading: Reading) -> tuple[Mention, ...]:
    """Return what `find` yields; the site of the primary asks for it, too."""
    found: list[Mention] = []
    for index, places in reading.by_sentence["metastasis_site"].items():
        sentence = reading.sentences[index]
        if sentence.subject == "patient" and sentence.section not in ("references", "other", "title"):
            hits = [hit for hit in places if hit.id in _ORGANS and hit.entry.variant != _CAVITY]
            if not hits:
                continue
            tells_course, tells_lesions = holds_any(sentence.lower, _COURSE_CUES), holds_any(sentence.lower, _LESION_CUES)
            if tells_course or tells_lesions:
                signs = [_sign(sentence, hit, tells_course, tells_lesions) for hit in hits]
                if any(signs):
                    found.extend(_so_told(reading, sentence, hits, signs))
    return tuple(found)


def _so_told(reading: Reading, sentence: Sentence, hits: Sequence[Hit], signs: list[str | None]) -> Iterator[Mention]:
    """Yield the places with a sign, and those that a list goes on with, unless the sentence denies it or tells of other things."""
    if _GENERAL.search(sentence.lower) or _is_benign(reading, sentence):
        return
    for number in range(1, len(hits)):
        if signs[number] is None and signs[number - 1] and spread.goes_on(sentence, hits[number - 1], hits[number]):
            signs[number] = signs[number - 1]  # "lesions in the sacrum, the liver and both ADRENALS"
    for hit, sign in zip(hits, signs, strict=True):
        if sign and context.assertion_of(reading, hit.start, hit.end, sentence) not in (context.ABSENT, context.PLANNED):
            yield Mention(NAME, hit.start, hit.end, sentence, Lesions(hit.id, hit.entry.preferred, sign))


def places(reading: Reading) -> Mapping[int, Sequence[tuple[int, int, bool]]]:
    """Return by sentence where places stand in which a tumour seems to have settled, for the site of the primary: a layer.

    With each goes whether the lesions are only many, as a primary's may be.
    """
    found: dict[int, list[tuple[int, int, bool]]] = {}
    for mention in find(reading):
        assert isinstance(mention.value, Lesions)
        is_many = mention.value.sign == "many"
        if mention.value.topography in _OFTEN_MANY or (is_many and mention.value.topography == "C71"):
            continue  # gliomas and lymphomas of the brain are often multifocal
        found.setdefault(mention.sentence.index, []).append((mention.start, mention.end, is_many))
    return found


def _is_benign(reading: Reading, sentence: Sentence) -> bool:
    """Return whether the sentence, or the next of the same patient, tells of what is no tumour, or of another one."""
    if _BENIGN.search(sentence.lower):
        return True
    following = reading.sentences[sentence.index + 1] if sentence.index + 1 < len(reading.sentences) else None
    return following is not None and following.patient == sentence.patient and _BENIGN_NEXT.search(following.lower) is not None


def _sign(sentence: Sentence, hit: Hit, tells_course: bool, tells_lesions: bool) -> str | None:
    """Return what shows that lesions of a place are the tumour's: many, new, course ...; None where nothing does."""
    lower, begin, end = sentence.lower, hit.start - sentence.start, hit.end - sentence.start
    before, after = lower[max(0, begin - _FAR) : begin], lower[end : end + _NEAR]
    if _NO_ORGAN.match(after):
        return None
    if tells_course and (found := _of_disease(hit, before, after)):
        return found
    return _of_lesions(lower, begin, end, before, after) if tells_lesions else None


def _of_disease(hit: Hit, before: str, after: str) -> str | None:
    """Return what shows that the disease itself is told to be in a place."""
    if _COURSE_OF.match(after) or _COURSE_IN.search(before):
        return None if hit.entry.variant.startswith(("retro", "mesent")) else "course"
    if _DISEASE_OF.match(after) and _WIDE.search(before):
        return "course"
    if _GIVEN_AS.search(before) and not _NAMES_TUMOUR.match(after):
        return "course"
    if hit.id in _NEIGHBOURS and _INVOLVEMENT.match(after):
        return "involvement"
    if _SAMPLE_AFTER.match(after) and _SAMPLE.search(before[-40:] + after[:30]):
        return "course"
    return "course" if hit.id == "C70" and hit.entry.variant.endswith(("disease", "carcinomatosis")) else None


def _of_lesions(lower: str, begin: int, end: int, before: str, after: str) -> str | None:
    """Return what shows that lesions in a place are the tumour's."""
    if "deposit" in lower and (_DEPOSIT.match(after) or _DEPOSIT_IN.search(before)):
        return "deposit"
    words = lower[begin:end]
    if words.endswith(("nodule", "nodules")):
        return _judged(lower, end, _QUANTITY.search(before), words.endswith("s"))
    if _IMAGED.match(after):
        return "many"
    named = _NAMED_AFTER.match(after)
    if named:
        if "metast" in before and _WITH_METASTASES.search(before):
            return "many"
        return _judged(lower, end + named.end(), _QUANTITY.search(before), named["plural"] is not None)
    told = _LESION_IN.search(before) if holds_any(before, _LESION_CUES) else None
    if told is None:
        return None
    if told["plural"] and told["both"]:
        return "many"
    return _judged(lower, end, told, told["plural"] is not None)


def _judged(lower: str, end: int, quantity: re.Match[str] | None, is_plural: bool) -> str | None:
    if quantity and quantity["many"] and is_plural:
        return "many"
    if quantity and quantity["new"]:
        return "new"
    if _APPEARED.search(lower[end : end + 45]):
        return "new"
    return "course" if is_plural and _ADVANCED.search(lower) else None


def resolve(mentions: Sequence[Mention], so_far: Mapping[str, object]) -> Resolution:
    """Return the organs that no word of spread was told of, where the tumour is a malignant one of another organ."""
    histology, site = so_far.get("histology"), so_far.get("site")
    if not mentions or not isinstance(histology, Histology) or not _can_spread(histology.morphology):
        return NOTHING
    primary = site.topography[:3] if isinstance(site, Site) else None
    known = {one.topography for one in so_far.get("metastases", ()) if isinstance(one, Metastasis)}  # type: ignore[attr-defined]
    own = metastasis.own_organs(histology)
    proofs: dict[str, list[Mention]] = {}
    passed: list[tuple[Mention, str]] = []
    for mention in mentions:
        said = mention.value
        assert isinstance(said, Lesions)
        if _is_of_primary(said, primary) or said.topography in own:
            passed.append((mention, "where the primary is"))
        elif said.topography not in known and not (said.topography == "C41" and "C40" in known):
            proofs.setdefault(said.topography, []).append(mention)
    findings = [Finding(Metastasis(found[0].value.name, code), tuple(found)) for code, found in proofs.items()]  # type: ignore[attr-defined]
    return Resolution({}, {"metastases": findings} if findings else {}, tuple(passed))


def _is_of_primary(said: Lesions, primary: str | None) -> bool:
    """Return whether lesions may be the primary tumour itself, or its growth into the organ beside it."""
    if primary is None:
        return False
    return primary in _ORGANS[said.topography] or (said.sign == "involvement" and primary in _NEIGHBOURS[said.topography])


def _can_spread(morphology: str | None) -> bool:
    """Return whether a diagnosis is of a malignant tumour that settles elsewhere: none of the blood, none that is many from the first."""
    if morphology is None or morphology >= _SOLID_UNTIL or morphology.startswith(_OF_VESSELS):
        return False
    return morphology.endswith("/3") or morphology.startswith(_MAY_SPREAD)
