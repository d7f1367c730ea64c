"""Words of spread and the places that they are bound to: the grammar of metastasis, sentence by sentence.

`bonds` returns for each place of a sentence how words of spread hold it:

- held: "metastases in the LIVER, LUNG and BONES", "metastatic BRAIN tumour"
- describes: "LUNG, LIVER and BONE metastases"
- nodes: "3 of 12 NODES were positive"
- called: "biopsy of the LIVER lesion revealed metastatic melanoma"
- returned: "recurrence in the LUNG"
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from extract.reading import Hit, Sentence, holds_any

_TUMOR = r"(?:tumou?r|metasta\w{0,4}|neoplas\w{1,4}|cancer\w{0,3}|\w{0,12}carcinoma\w{0,4}|\w{0,12}sarcoma\w{0,4}|melanoma|malignan\w{1,3})"
# Words of spread. Deposits and implants of other things ("calcium deposits", "breast implants") are none.
_SPREAD = (
    r"(?:(?<!non-)(?:(?:oligo|micro|macro)-?)?metast(?!atic\scalcif)\w{2,12}|(?-i:mets|Mets)\b|dissemination"
    r"|disseminated(?=\s(?:[\w-]{1,15}\s){0,3}(?:metast|\w{0,12}carcinom|\w{0,8}cancer|tumou?r|melanom|\w{0,9}sarcom|disease|to)\w*)"
    r"|\w{0,6}sarcomatosis|spread(?=\s(?:to|into|within|of|in|throughout|from|via|and|was|were|had)\b|\s?[.,;()]|$)|spreading\sto"
    r"|secondaries|secondarisms|secondary\s(?:malignan\w{1,3}\s)?(?:tumou?r|deposit|lesion|locali[sz]ation|location|nodule"
    r"|involvement)\w{0,2}|seeding|carcinomatosis"
    rf"|(?:{_TUMOR}|drop|nodular|secondary)\s(?:deposit|implant)s?|(?:deposit|implant)s?\sof\s(?:the\s)?(?:\w{{1,15}}\s){{0,2}}{_TUMOR})"
)

# --- words of spread that go before a place
# "metastases [were found on CT] in the liver": up to the place, in one clause.
_HELD_CUES = ("metast", "mets", "disseminat", "spread", "secondar", "seeding", "carcinomatosis", "sarcomatosis", "deposit", "implant")
_HELD = re.compile(rf"\b(?P<cue>{_SPREAD})(?P<between>[^.;]{{0,110}})$", re.IGNORECASE)
# What comes between words of spread and another thing that is told: a treatment or an examination of the place.
_OTHER_MATTER = re.compile(
    r"\b(?:treated|underwent|received|given|performed|surgery|resection|radiotherapy|irradiation|chemotherapy|died|biops\w+|operat\w+|started"
    r"|scans?|CT|MRI|tomography)\b[^,]*\b(?:to|of|for)\s|,\s(?:and|but|which|who|he|she|so|then|while|whereas|although)\s(?:the|a|an|he|she|was"
    r"|is|no)\b|\b(?:whereas|while|although|along\swith|together\swith|opacities|effusions?)\b|:.{0,50}:",
    re.IGNORECASE,
)
_INTO = re.compile(
    r"(?:\b(?:to|in|into|at|on|within|inside|involving|involved|throughout|affecting|including|invading|around|i\.e\.,?)\s"
    r"|(?:metast\w+|lesions?|sites?|organs?|disease|tumou?rs?|nodules?|spread|dissemination)\s?[(:\[]\s?)"
    r"(?:(?!(?:with|without|from|was|were|for|by|after|due|nodes)\b)[\w-]{1,18}\s){0,5}$",
    re.IGNORECASE,
)
_METASTATIC_PLACE = re.compile(r"\b(?:metastatic|disseminated)\s(?:[\w-]{2,18}\s){0,3}$", re.IGNORECASE)
_OF = re.compile(
    r"\b(?:metastas\w*|dissemination|spread|carcinomatosis|metastatic\s(?:infiltration|involvement|invasion|disease|spread|deposits?|lesions?"
    r"|nodules?|foci|focus))\sof\s(?:the\s|both\s)?(?:[\w-]{2,20}\s){0,2}$",
    re.IGNORECASE,
)
_FROM = re.compile(r"\b(?:from|of)\s(?:an?\s|the\s|his\s|her\s)?(?:primary\s|known\s)?(?:(?!metasta)[\w-]{2,20}\s){0,2}$", re.IGNORECASE)
_NEXT_TO = re.compile(
    r"\b(?:near|adjacent\sto|close\sto|next\sto|around|above|below|behind|from)\s(?:the\s)?(?:[\w-]{2,18}\s){0,2}$", re.IGNORECASE
)
# "metastatic liver cancer" is one in the liver; "metastatic breast cancer" one from the breast.
_RECIPIENTS = frozenset({"C22", "C71", "C41"})
_METASTATIC_CANCER = re.compile(r"\bmetastatic\s$", re.IGNORECASE)
# "melanoma metastatic to a PITUITARY adenoma": into another tumour.
_WENT_INTO = re.compile(r"\bmetasta\w{1,8}\s(?:in)?to\s(?:an?\s|the\s|his\s|her\s)?(?:\w{2,12}\s)?$", re.IGNORECASE)
# Nothing but a list between two places: "the liver, both LUNGS and the BONES".
_LIST = re.compile(
    r"^(?=[^,/&(]{0,40}(?:[,/&(]|\band\b|\bor\b|\bplus\b|\bas\swell\sas\b|\bto\b))(?:[\s,/&()-]{1,3}(?!(?:with|without|no|not|was|were|is|had|has"
    r"|from|which|who|showed?|revealed|but|after|before|by|for|died|received|underwent|treated|scans?|CT|MRI|metast\w+|tumou?r|primary"
    r"|cancer|\w{0,14}oma|PET|while|biopsy|biopsies|normal|scintigraphy)\b)[\w'’-]{1,18}){0,6}[\s,/&()-]{1,3}$",
    re.IGNORECASE,
)

# --- words of spread that the place describes
_DESCRIBES = re.compile(
    rf"^(?P<between>(?:[\s,/-]{{1,3}}(?!(?:with|an?|the|was|were|is|in|of|showed|had|without|from|which|that|has|have|by|at"
    rf"|for|to)\s)[\w-]{{1,18}}){{0,7}}?)[\s,/-]{{1,2}}(?:lymph\s?nodes?\s|nodal\s|tumor\s|tumour\s)?(?P<cue>{_SPREAD}|deposits?|implants?)\b",
    re.IGNORECASE,
)
# "LIVER resection for metastasis"
_TREATED_FOR = re.compile(
    r"^\s(?:resection|surgery|lobectomy|segmentectomy|radiotherapy|irradiation|sbrt|embolization|ablation)\s(?:was\s\w+\s)?for\s(?:(?!primary)\w+\s){0,3}?"
    r"(?P<cue>metasta(?:sis|ses))\b(?!\s(?:to|in|of)\b)",
    re.IGNORECASE,
)
# Names of a place that hold the word of spread: "peritoneal carcinomatosis".
_SPREAD_IN_NAME = ("carcinomatosis", "sarcomatosis", "disseminat", "metasta", "implant", "seeding", "deposit")
# Where deposits and implants without more are a tumour's.
_COATED = frozenset({"C22", "C34", "C38", "C48", "C56", "C57", "C70", "C77"})
# "a tumour of the lip AND metastases in ..." names two things, "lung AND liver metastases" one.
_LIST_ENDS = re.compile(r"(?:^|[\s,])(?:and|or|,)\s?$", re.IGNORECASE)
_NODAL = re.compile(r"\bnod(?:e|es|al)\b", re.IGNORECASE)
_TUMOR_NAME = re.compile(
    r"\b(?:(?:cancer|carcinoma|\w{3,20}oma|tumou?r|lesion|mass|masse|nodule|effusion|primary)s?"
    r"|(?-i:(?!LNs?\b|CNS|CT|MRI|[IV]+\b)[A-Z]{2,6}s?))\b",
    re.IGNORECASE,
)
_LISTED = re.compile(r",|/|-|\band\b|\bor\b|\bas\swell\b", re.IGNORECASE)
# "a tumour of the DUODENUM and multiple liver metastases": a list of metastases does not begin with "of the".
_PLACE_OF_ANOTHER = re.compile(r"\b(?:in|of|on|at)\s(?:the|his|her|both)\s(?:[\w-]{2,15}\s){0,3}$", re.IGNORECASE)
_TREATED = re.compile(
    r"\b(?:resection|excision|treatment|regression|ablation|size|number|progression|irradiation|biops\w+|diagnosis|presence|development)\sof"
    r"\s(?:the|his|her|both)\s(?:[\w-]{2,15}\s){0,3}$",
    re.IGNORECASE,
)
_WENT = frozenset({"metastatic", "metastasizing", "metastasising", "metastasized", "metastasised"})
_WENT_TO = re.compile(r"^\s(?:to|in|into)\s", re.IGNORECASE)

# --- an organ that is no place of spread: it names the tumour, or was looked at
# "metastatic renal cell carcinoma", "pancreatic, esophageal and lung cancer": the organ names the tumour, not the place that it went to.
_NAMES_TUMOR = re.compile(
    r"^(?:[-\s,/]{1,2}(?!(?:from|of|with|in|on|had|was|were|is|to|by|metast\w*|lesions?|mass(?:es)?|nodules?|biops\w+|specimens?|patholog\w+"
    r"|reveal\w*|show\w*|confirm\w*|demonstrat\w*|report\w*|contain\w*|which|that)\b)[\w-]{1,20}){0,4}?[-\s]{1,2}(?P<tumor>cancers?|carcinomas?"
    r"|adenocarcinomas?|\w{3,20}omas?|tumou?rs?|neoplasms?|malignanc\w+|primary|primaries|origin|ca"
    r"|(?-i:(?!CT|MRI?|PET|LNs?|US|CNS|TNM|[IV]+\b)[A-Z]{2,6}s?))\b",
    re.IGNORECASE,
)
_LESION_AFTER = re.compile(r"^\s(?:(?!primary)[\w-]{2,12}\s)?(?:tumou?rs?|lesions?|deposits?)\b", re.IGNORECASE)
_PRIMARY = re.compile(r"\bprimary\s(?:(?!and\b|or\b)[\w-]{2,15}\s)?$", re.IGNORECASE)
_CANCER_AFTER = re.compile(
    r"^(?:\s(?!(?:and|with|was|lesion|mass|biopsy)\b)[\w-]{2,15}){0,2}\s(?:cancer|carcinoma|adenocarcinoma|primary)\b", re.IGNORECASE
)
_CANCER_OF = re.compile(r"(?:cancer|carcinoma|sarcoma)\sof\s(?:the\s)?(?:[\w-]{2,15}\s){0,2}$", re.IGNORECASE)
# A part that was looked at, or a thing named after it.
_EXAMINED = re.compile(
    r"^[-\s](?:and\s\w+\s)?(?:scans?|scanning|scintigra\w+|MRIs?|MR|magnetic|CTs?|computed|computeri[sz]ed|PET|ultraso\w+|\w{0,4}echo\w*"
    r"|radiogra\w+|X-?rays?|imaging|function\w*|enzymes?|transplant\w*|failure|cirrhosis|arter\w+|veins?|abscess\w*|compression|survey"
    r"|angiogra\w+|window"
    r"|hospital|department)\b",
    re.IGNORECASE,
)
_EXAMINED_BEFORE = re.compile(
    r"\b(?:CT|MRI|PET|tomography|imaging|radiograph\w*|ultraso\w+|scans?|scintigraphy|x-?rays?)(?:\sscans?)?"
    r"\sof\s(?:the\s|his\s|her\s)?(?:[\w-]{2,18},?\s){0,4}$",
    re.IGNORECASE,
)
_OF_BONE = re.compile(r"\b(?:bon[ey]|skelet|osseous|spine|vertebra|femur|humer|rib|sacrum|skull)")

# --- what a lesion of the place is found to be
_LESION = (
    r"(?:lesions?|mass(?:es)?|tumou?rs?|nod(?:e|ul)\w{0,4}|swellings?|polyps?|plaques?|lumps?|\w{0,9}opacit\w+|shadows?|foc(?:us|i)|ulcers?"
    r"|uptake|\w{0,8}adenopath\w+|infiltrat\w+|involvement|thickening|neoplasms?|growths?)"
)
_SAMPLING = (
    r"(?:biops\w+|aspirat\w+|FNAC?|cytolog\w+|histolog\w+|histopatholog\w+|patholog\w+|specimens?|sections?|smears?|resection|excision|needle"
    r"|wedge|lobectomy|segmentectomy|examination|core)"
)
# "a liver LESION", "the liver BIOPSY"; "a LESION of the left liver", "BIOPSY of the liver"
_IS_FOUND = re.compile(
    rf"^(?:[\s-](?!(?:with|and|was|were|in|of|from|for|to|scans?|CT|MRI)\s)[\w-]{{2,18}}){{0,3}}?[\s-](?:{_LESION}|{_SAMPLING})\b",
    re.IGNORECASE,
)
_FOUND_IN = re.compile(
    rf"\b(?:{_LESION}|{_SAMPLING})\s(?:(?:specimens?|samples?|found|located|seen|taken|obtained|performed|done|showing|was|were|detected|noted"
    r"|identified|observed|present|visible|discovered|noticed)\s){0,3}"
    r"(?:of|from|in|within|at|on|over|throughout|involving)\s(?:the\s|a\s|an\s|his\s|her\s|both\s|one\s)?(?:[\w-]{2,18}\s){0,4}$",
    re.IGNORECASE,
)
_CONCLUDES = (
    r"(?:(?<=to\s)(?:be|represent|contain|harbou?r)|report(?:ed|s)|reveal\w*|show\w*|confirm\w*|demonstrat\w*|disclos\w*|identif\w*"
    r"|prov(?:ed|en|ing)|diagnos\w*|contain\w*|harbou?r\w*|consistent|compatible"
    r"|in\skeeping|represent\w*|indicat\w*|yield\w*|detect\w*|positive|found|was|were|is|are|be|as|g[ai]ve|interpreted|regarded"
    r"|establish\w*|made|suggest\w*|suspect|suspicious)"
)
# What a lesion is found to be: consistent with METASTASES, a METASTATIC melanoma.
_CALLED = re.compile(
    rf"^(?P<between>[^.;]{{0,140}}?\b(?<!to\s){_CONCLUDES}\b(?:\s(?:with|of))?(?P<of>[^.;]{{0,60}}?)|\s\()"
    r"(?P<cue>\b(?:oligo|micro)?-?metast(?!atic\scalcif)\w{2,12})",
    re.IGNORECASE,
)
# "a renal mass, diagnosed as renal cell carcinoma WITH METASTASES": another lesion's.
_ANOTHERS = re.compile(
    r"(?<!consistent\s)(?<!compatible\s)(?<!keeping\s)(?<!accordance\s)"
    r"\b(?:with|plus|and\s(?:multiple|distant|several|an?|its)|without|rather\sthan|between)\s",
    re.IGNORECASE,
)
# Another finding than that of the lesion: what was known, what imaging showed.
_KNOWN = re.compile(
    r"\b(?:previously|other|known)\b|\b(?:CT|MRI|PET|tomography|scans?|scanning|imaging|ultraso\w+|laparo\w+|scintigraphy|radiogra\w+)\s"
    r"(?:\w+\s){0,2}(?:reveal|show|demonstrat|disclos|identif|detect|confirm|suggest)\w*",
    re.IGNORECASE,
)
_DISSECTED = re.compile(r"^\s(?:\w+\s)?dissections?\b", re.IGNORECASE)
# The metastasis that is found is in another place: "liver biopsy and CT revealed metastases in the lung".
_ELSEWHERE = re.compile(r"^\s(?:\w+\s){0,2}?(?:in|to|into|at|within|involving)\s(?!keeping|origin|nature|addition)", re.IGNORECASE)
# A place that stands no farther from words of spread is what they are in.
_BESIDE = 12
_SAME_REACH = 45
# A sentence of pathology, or on the lesion told before, that says what that is.
_VERDICT = re.compile(
    r"^(?=(?:it|this|these|they|both|all|the\s(?:\w+\s)?(?:tumou?rs?|lesions?|mass(?:es)?|nodules?|swellings?|polyps?))\b|[^.;]{0,80}?\b(?:\w{0,4}histolog"
    r"|\w{0,5}patholog|biops|cytolog|microscop|immuno|diagnos|stain|specimen|findings\swere|features\swere))"
    rf"(?P<told>[^.;]{{0,110}}?)\b{_CONCLUDES}\b(?:\s(?:with|of))?(?P<of>[^.;]{{0,60}}?)(?P<cue>\bmetasta(?:tic|s[ei]s)\b)",
    re.IGNORECASE,
)
_NO_VERDICT = re.compile(
    r"\b(?:widespread|distant|systemic|other|no|not|provisional|primary|treat\w*|therap\w+|chemotherap\w+|against|for|any)\b", re.IGNORECASE
)
_SUSPECTED = re.compile(r"\b(?:differentiat|speculat|suspect|suspic|concern|possib|differential|rule)", re.IGNORECASE)

# --- the tumour comes back
_RETURNED_IN = re.compile(
    r"\b(?:recurrences?|relapses?|recurr?ed|relapsed|relapsing\sdisease|recurrent\sdisease)\s(?:in|at|of|to|within|involving)\s(?:the\s|a\s|his\s|her\s)?"
    r"(?:[\w-]{2,18}\s){0,3}$",
    re.IGNORECASE,
)
_RETURNS = re.compile(r"^(?:\s(?:and|or)\s\w+)?\s(?:lymph\snode\s)?(?:recurrences?|relapses?)\b", re.IGNORECASE)
# Organs in which a tumour of another place returns by metastasis.
_DISTANT = frozenset({"C22", "C34", "C41", "C70", "C71", "C74", "C77"})

# --- nodes
_COUNT = r"(?:\d{1,3}|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|several|all|both|multiple)"
_INVOLVED = r"(?:positive|involved|metastatic|malignant|infiltrated|invaded|affected)"
# Nodes counted, and nothing more told of them: "7 of 46 nodes".
_COUNTED = re.compile(r"\b(?P<held>[1-9]\d?)\s?(?:of|out\sof|/)\s?(?:the\s)?(?P<all>\d{1,3})\s(?:[\w-]+\s){0,3}$", re.IGNORECASE)
# The same after the word: "lymph nodes 3/14 positive", "node status: 4/22".
_COUNTED_AFTER = re.compile(
    r"^(?:\s(?:status|dissection|involvement|yield|sampling))?(?::|\swas|\swere)?\s?\(?(?P<held>[1-9]\d?)\s?(?:/|of|out\sof)\s?(?P<all>\d{1,3})(?:\s(?:nodes\s)?positive)?\)?(?=\s?[.,;)]|\s(?:with|and)|$)",
    re.IGNORECASE,
)
_NO_MORE = re.compile(r"^(?:\s?[.;:,)]|$|\s(?:positive|with\sextra))", re.IGNORECASE)
# "a node was enlarged, FNA positive"
_BY_SAMPLE = r"(?:fine[-\s]needle\saspirat\w+(?:\sbiopsy)?|fna[bc]?|biopsy|cytology)"
_SAMPLED = re.compile(
    rf"^[^.;]{{0,70}}[,(]\s?(?:(?:which|and)\s(?:was\s|were\s)?)?(?:(?:positive|malignant)\s(?:on|by|at)\s{_BY_SAMPLE}"
    rf"|(?:(?:the|its|on|by|with)\s)?{_BY_SAMPLE}\s(?:was\s|were\s|proved\s|being\s)?(?:positive|malignant))\b(?!\sfor\s(?!(?:\w+\s){{0,2}}{_TUMOR}))",
    re.IGNORECASE,
)
_NODES_HOLD = re.compile(
    rf"^(?:\s(?:involvement|invasion|metasta|positivity|disease|spread)|\s?-?\s?(?:positive|\+)(?!\sfor\s(?!(?:\w+\s){{0,2}}{_TUMOR}))"
    rf"|(?:\s(?!not\b|no\b|negative|free)[\w(),-]{{1,18}}){{0,5}}?,?\s(?:were|was|being|are|tested)\s(?:(?:also|all|histologically|pathologically"
    rf"|found|to|be|tumou?r|cancer-cell|cancer)\s){{0,3}}{_INVOLVED}(?!\sfor\s(?!(?:\w+\s){{0,2}}{_TUMOR}))"
    rf"|\s(?:were|was)\snot\sfree"
    rf"|(?:(?:\s(?!not\b|no\b|negative|free)[\w(),-]{{1,18}}){{0,5}}?,?\s(?:contain\w*|harbou?r\w*|show\w*|reveal\w*|held|bore)|,?\s(?:which\s)?(?:with|had|contained|harbou?red|held))"
    rf"\s(?:(?!no\b|not\b|mimic|suspic|suggest|without|granul|h(?:a?)ematoma)[\w.-]+\s){{0,4}}?(?:{_TUMOR}|(?:micro)?deposits?\b|extracapsular|\w{{3,14}}(?<!granul)(?<!hemat)(?<!ymph)oma\b))",
    re.IGNORECASE,
)
_HELD_BY_NODES = re.compile(
    rf"\b(?<!not\s)(?:{_INVOLVED}(?!\slooking)|involv\w+)\s(?:of\s)?(?:[\w-]{{1,18}}\s){{0,4}}$"
    rf"|\b{_TUMOR}\s(?:was\s|were\s)?(?:present\s|found\s|detected\s|identified\s|seen\s)?(?:in|within)\s(?:\w+\s)?{_COUNT}\s?(?:of|out\sof|/)\s?"
    rf"(?:the\s)?(?:total\s)?{_COUNT}\s(?:[\w-]+\s){{0,4}}$",
    re.IGNORECASE,
)
_NO_NODE = re.compile(r"\b(?:0|none|no|zero|neither)\s?(?:of|out\sof|/)?\s?(?:the\s)?(?:\w+\s){0,3}$|\b(?:non|not)[-\s]$", re.IGNORECASE)
_NODE_NAME = re.compile(r"nod|gangli|LN")
# "lymphatic invasion" is one of vessels.
_VESSELS = re.compile(
    r"^(?:\s(?:or|and)\s\w+)?\s(?:invasion|permeation|involvement|vessels?|channels?|spread|drainage|system|emboli)", re.IGNORECASE
)
_NO_LYMPH_NODE = re.compile(
    r"\b(?:AV|SA|atrioventricular|sino\w*|sinus|singers?|schmorl|osler|heberden|vocal|joseph)(?:['’]?s)?\s$", re.IGNORECASE
)


class Bond(NamedTuple):
    """How words of spread hold a place: where those words stand in the report, and how."""

    start: int
    end: int
    kind: str  # held, describes, nodes (are involved); weaker: called, returned, followed


def bonds(sentence: Sentence, hits: Sequence[Hit]) -> list[Bond | None]:
    """Return what binds each place to spread; a list goes on with what its first place, or its last, is said to be."""
    found = [_bond(hit, sentence, hits) for hit in hits]
    for number in range(1, len(hits)):
        before = found[number - 1]
        if found[number] is None and before and before.kind in ("held", "returned") and goes_on(sentence, hits[number - 1], hits[number]):
            found[number] = before
    for number in range(len(hits) - 2, -1, -1):
        after = found[number + 1]
        if found[number] is None and after and after.kind == "called" and goes_on(sentence, hits[number], hits[number + 1], "and the "):
            found[number] = after
    return found


def goes_on(sentence: Sentence, one: Hit, other: Hit, without: str = "\0") -> bool:
    """Return whether nothing but a list stands between two places, and the second one names no tumour."""
    between = sentence.text[one.end - sentence.start : other.start - sentence.start]
    after = sentence.text[other.end - sentence.start :][:60]
    return (
        len(between) < 80
        and without not in between
        and _LIST.match(between) is not None
        and not _NAMES_TUMOR.match(after)
        and not _EXAMINED.match(after)
    )


def _bond(hit: Hit, sentence: Sentence, hits: Sequence[Hit]) -> Bond | None:
    begin, end = hit.start - sentence.start, hit.end - sentence.start
    before, after = sentence.text[max(0, begin - 130) : begin], sentence.text[end : end + 210]
    near = after[:90]
    if hit.id == "C77":
        if not _NODE_NAME.search(hit.entry.variant) and _VESSELS.match(near):
            return None
        if _NO_LYMPH_NODE.search(before[-20:]):
            return None
    if holds_any(hit.entry.variant, _SPREAD_IN_NAME):
        return Bond(hit.start, hit.end, "describes")
    if hit.entry.variant == "pelvis" and not _OF_BONE.search(sentence.lower):
        return None  # the cavity
    if _EXAMINED.match(near) or ("primary" in before.lower() and _PRIMARY.search(before)):
        return None
    return (
        _describes(hit, hits, before, near)
        or _held(hit, before, near)
        or _involved(hit, before, near)
        or _called(hit, hits, before, after)
        or _returned(hit, before, near)
    )


def _describes(hit: Hit, hits: Sequence[Hit], before: str, after: str) -> Bond | None:
    """Return the words of spread that the place describes: "lung, liver and BONE metastases"."""
    if " for " in after and (treated := _TREATED_FOR.match(after)):
        return Bond(hit.end + treated.start("cue"), hit.end + treated.end("cue"), "describes")
    found = _DESCRIBES.match(after) if holds_any(after.lower(), _HELD_CUES) else None
    if found is None or _LIST_ENDS.search(found["between"]) or _TUMOR_NAME.search(found["between"]):
        return None
    if hit.id != "C77" and _NODAL.search(found.group()):
        return None  # "mediastinal and hilar lymph node metastases": the organ only says which nodes.
    is_list = _LISTED.search(found["between"]) is not None
    if is_list and _PLACE_OF_ANOTHER.search(before) and not _TREATED.search(before):
        return None
    if found["cue"].lower().startswith(("deposit", "implant")) and (hit.id not in _COATED or "dissection" in found["between"]):
        return None  # "breast implants"
    cue = hit.end + found.start("cue")
    if not is_list and any(hit.end < other.start < cue and other.id != hit.id for other in hits):
        return None  # "colorectal liver metastases"
    if hit.id != "C77" and found["cue"].lower() in _WENT and _WENT_TO.match(after[found.end() :]):
        return None  # "a tumour of the PANCREAS metastatic to the liver"
    return Bond(cue, hit.end + found.end("cue"), "describes")


def _held(hit: Hit, before: str, after: str) -> Bond | None:
    """Return the words of spread that go before a place: "metastases in the LIVER", "metastatic LUNG nodules"."""
    told = _HELD.search(before) if holds_any(before.lower(), _HELD_CUES) else None
    if told is None or _NEXT_TO.search(before):
        return None
    is_recipient = (hit.id in _RECIPIENTS and _METASTATIC_CANCER.search(before)) or _WENT_INTO.search(before)
    if _names_tumor(before, after) and not is_recipient:
        return None
    if hit.id != "C77" and _NODAL.search(before[max(0, told.start() - 14) : told.start()]):
        return None
    between = told["between"]
    bond = Bond(hit.start - len(before) + told.start("cue"), hit.start - len(before) + told.end("cue"), "held")
    if _FROM.search(before) and not re.search(r"\b(?:to|in|into)\b", between):
        return bond if _OF.search(before) else None
    if _OTHER_MATTER.search(between):
        return None
    return bond if _INTO.search(before) or _METASTATIC_PLACE.search(before) or not between.strip() else None


def _involved(hit: Hit, before: str, after: str) -> Bond | None:
    """Return nodes that are told to be involved: "3 of 12 NODES were positive"."""
    if hit.id != "C77" or _NO_NODE.search(before[-40:]):
        return None
    is_involved = (
        _NODES_HOLD.match(after) is not None
        or _HELD_BY_NODES.search(before[-90:]) is not None
        or _is_counted(before, after)
        or (("positive" in after or "malignant" in after) and _SAMPLED.match(after) is not None)
    )
    return Bond(hit.start, hit.end, "nodes") if is_involved else None


def _is_counted(before: str, after: str) -> bool:
    """Return whether nodes are given as some of all, without a verb: "neck dissection; 7 of 46 NODES"."""
    counted = (_COUNTED.search(before[-40:]) if _NO_MORE.match(after) else None) or _COUNTED_AFTER.match(after)
    return counted is not None and int(counted["held"]) <= int(counted["all"])


def _called(hit: Hit, hits: Sequence[Hit], before: str, after: str) -> Bond | None:
    """Return the words of spread that a lesion of the place is found to be: "biopsy of a LIVER lesion revealed metastatic melanoma"."""
    if "metast" not in after.lower() or _EXAMINED_BEFORE.search(before):
        return None
    if hit.id != "C77" and not _IS_FOUND.match(after) and not _FOUND_IN.search(before):
        return None
    found = _CALLED.match(after)
    if hit.id != "C77" and _names_origin(after):
        return None  # "a focus of THYROID cancer"
    if found is None or _ELSEWHERE.match(after[found.end() :]) or _ANOTHERS.search(found["of"] or ""):
        return None
    start, end = hit.end + found.start("cue"), hit.end + found.end("cue")
    if any(other.id == hit.id and 0 < other.start - end < _SAME_REACH for other in hits) and hit.id != "C77":
        return None  # "the GASTRIC biopsy, supporting metastatic gastric cancer"
    following = after[found.end() :][:_BESIDE]
    others = [other for other in hits if other.id != hit.id and hit.end <= other.start]
    between = found["between"]
    if _KNOWN.search(between) or _DISSECTED.match(after):
        return None
    for other in others:
        place = other.start - hit.end
        if other.end <= start and _IS_FOUND.match(after[other.end - hit.end :]) and not _LIST.match(after[:place]):
            return None  # another lesion stands nearer
    if any(0 <= start - other.end <= 1 for other in others):
        return None  # "... and LIVER METASTASES"
    if any(
        0 <= other.start - end < _BESIDE
        and " from" not in following
        and " of" not in following
        and not _names_origin(after[other.end - hit.end :])
        for other in others
    ):
        return None  # "METASTATIC LIVER nodules"
    return Bond(start, end, "called")


def _returned(hit: Hit, before: str, after: str) -> Bond | None:
    """Return the return of a tumour in a distant organ: "recurrence in the LUNG", "LIVER recurrence"."""
    if hit.id not in _DISTANT:
        return None
    if told := _RETURNED_IN.search(before):
        return Bond(hit.start - len(before) + told.start(), hit.start, "returned")
    if told := _RETURNS.match(after):
        return Bond(hit.end, hit.end + told.end(), "returned")
    return None


def _names_tumor(before: str, after: str) -> bool:
    """Return whether an organ names a tumour by its origin: "metastases of RENAL cancer"; "metastatic LIVER tumours" are in the liver."""
    return _NAMES_TUMOR.match(after) is not None and not (_LESION_AFTER.match(after) and not _FROM.search(before))


def _names_origin(after: str) -> bool:
    """Return whether an organ names the cancer: "metastatic RENAL cell carcinoma"; a "metastatic LIVER tumour" is in it."""
    return _NAMES_TUMOR.match(after) is not None and _LESION_AFTER.match(after) is None


def is_suspected(words: str) -> bool:
    """Return whether words only suspect: "suspicious for", "to rule out"."""
    return _SUSPECTED.search(words) is not None


def names_cancer(before: str, after: str) -> bool:
    """Return whether an organ, by the words around it, names a cancer: "BREAST cancer", "carcinoma of the LUNG", "primary of the LUNG"."""
    return bool(_CANCER_AFTER.match(after) or _CANCER_OF.search(before) or _PRIMARY.search(before))


def verdict(text: str) -> tuple[int, int] | None:
    """Return where a sentence calls what was told before it metastatic: "Histology revealed metastatic melanoma"."""
    found = _VERDICT.match(text)
    if found is None or _ANOTHERS.search(found["of"]) or _ELSEWHERE.match(text[found.end() :]):
        return None
    if is_suspected(found.group()) or _NO_VERDICT.search(found.group()):
        return None
    return found.span("cue")


def is_source(sentence: Sentence, hit: Hit) -> bool:
    """Return whether an organ is one that a tumour came from: "of COLON cancer", "from the KIDNEY"."""
    begin, end = hit.start - sentence.start, hit.end - sentence.start
    before = sentence.text[max(0, begin - 60) : begin]
    after = sentence.text[end : end + 60]
    return _NAMES_TUMOR.match(after) is not None or _FROM.search(before) is not None


def is_lesion(sentence: Sentence, hit: Hit) -> bool:
    """Return whether a lesion of the place, or a sample of it, is told: "a LIVER lesion", "biopsy of the LIVER"; not the primary."""
    begin, end = hit.start - sentence.start, hit.end - sentence.start
    before, after = sentence.text[max(0, begin - 130) : begin], sentence.text[end : end + 90]
    if _EXAMINED.match(after) or _EXAMINED_BEFORE.search(before) or _PRIMARY.search(before) or _CANCER_AFTER.match(after):
        return False
    return hit.id == "C77" or _IS_FOUND.match(after) is not None or _FOUND_IN.search(before) is not None
