"""Measures: what "7.2 x 6.1 cm" is in cm, and of what noun it is said - a tumour, something like one, or another thing."""

from __future__ import annotations

import re
from itertools import islice

# No measure has more characters before its last number: "120.5 mm × 109.5 mm × 85".
_LONGEST = 50
_CM_PER_INCH = 2.54
SMALLEST_CM, LARGEST_CM = 0.1, 60.0

_SMALL_NUMBERS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11,
    "twelve": 12, "fifteen": 15, "twenty": 20,
}  # fmt: skip
_NUMBER = r"\d{1,3}(?:[.,·]\d{1,2})?"
_IN_WORDS = "|".join(_SMALL_NUMBERS)
_UNIT = r"(?:cms?|mm|centimet(?:er|re)s?|millimet(?:er|re)s?|inch(?:es)?)"
# "20x15x28cm", "4 cm × 3 cm", "14 by 12 cm", "112/85 mm"; a lost sign leaves two decimals side by side: "3.5 2.5 cm".
_BY = rf"\s{{0,2}}(?:{_UNIT})?\s{{0,2}}[x×X*∗✕/\ufffd]\s{{0,2}}|\s(?:{_UNIT}\s)?by\s|(?<=\.\d)\s(?=\d\.\d)"
_MEASURE = re.compile(
    rf"""
    (?: (?<!\d)(?<!\d[.,·]) (?P<low>{_NUMBER}) \s?(?:{_UNIT}\s?)? (?P<span>-|–|to|and) \s? )?
    (?<!\d)(?<!\d[.,·]) (?P<a>{_NUMBER}) (?:(?:{_BY})(?P<b>{_NUMBER}))? (?:(?:{_BY})(?P<c>{_NUMBER}))?
    [-–\s\u200a]{{0,2}} (?P<unit>{_UNIT}) (?![\w/²³^]) (?!\s?\(?(?:Hg|H2O)) (?!\sin\s(?:1|one|the\sfirst)\s?h)
    """,
    re.VERBOSE,
)
_WORD_MEASURE = re.compile(
    rf"\b(?P<word>{_IN_WORDS})[-\s](?:by[-\s](?:{_IN_WORDS})[-\s])?(?P<unit>cms?|mm|centimet(?:er|re)s?|millimet(?:er|re)s?"
    rf"|inch(?:es)?)\b",
    re.IGNORECASE,
)
_CUE = re.compile(r"\d[-–\s\u200a]{0,2}(?:cm|mm|centim|millim|inch)")
_WORD_CUE = re.compile(r"[a-z][-\s](?:cm|mm|centim|millim|inch)")

# What a measure may be of. A weak noun is the tumour only where its organ is the primary's.
_TUMOR = (
    r"mass(?:es)?|\w{0,8}tumou?rs?|lesions?|nodul\w+|neoplas\w+|\w{0,5}carcinoma\w?|cancers?|\w{2,20}(?:sarcoma|oma)s?|swellings?"
    r"|polyps?|plaques?|lumps?|SOL|opacit\w+|shadow|consolidation"
    r"|formation|macules?|papules?|patch|growth(?!\s?(?:/|rate|velocity|hormone|factor|delay|retard))|malignanc\w+|incidentaloma"
    r"|protrusion|nev(?:us|i)|naev(?:us|i)|process|GIST|HCC|RCC|SCC|NET"
)
_WEAK = (
    r"cysts?|ulcers?|ulcerations?|thickening|enlargement|area|region|specimens?|cavity|abnormality|enhancement|induration|elevation"
    r"|infiltrate|bulge|structure|outbreak"
)
_OTHER = (
    r"lymph(?!om|oep|opro|angio)\w*|nod(?:e|es|al)(?!-)|\w{0,4}adenopath\w+|metasta\w+|thromb\w+|incisions?|wounds?|margins?"
    r"|stones?|calcul\w+|drains?|tubes?|needles?|catheters?|thick(?:ness|ened)?|trocars?|ports?|aort\w+|stents?|effusions?"
    r"|expansion|CTV|PTV|GTV|isocent\w+|collimator|slices?|(?<!cross-)(?<!cross\s)sections?|intervals?|defects?|flaps?|grafts?"
    r"|lengthening|applicators?|gap|follicles?|distance|penis|scars?|reagent|embol\w+|foci|focus"
    r"|calcifications?|shift|satellite\w*|components?|pedicle|stalk|base|pocket|balloons?|coils?|wires?|fields?|haematoma|hematoma"
    r"|abscess\w*|aneurysms?|veins?|arter(?:y|ies)|lumen|uptake|deposits?|implants?"
    r"|invasion|extension|depth|height|discrepancy|pupils?|septum|septa|diverticul\w+|hernia\w*|fragments?|biops(?:y|ies)|cores?"
    r"|Breslow|foetus|fetus|placenta|island|perforation|fistula|dilatation|displacement|stenosis|stricture"
)
# Looked for in words in lower case (`_lower`), which is faster than to ignore case.
_NOUN = re.compile(rf"\b(?:(?P<other>{_OTHER.lower()})|(?P<weak>{_WEAK})|(?P<tumor>{_TUMOR.lower()}))\b")
# "the spleen measured 13 cm": an organ is measured where no preposition puts the tumour into it.
_ORGAN_MEASURED = re.compile(
    r"(?:^|[,;]\s|\b(?:the|an?|enlarged|his|her|and)\s)(?:uterus|spleen|liver|kidneys?|prostate|thyroid|gland|ovary|ovaries"
    r"|appendix|gallbladder|duct|heart|ventricle|cervix)"
    r"\s(?:was\s|is\s|were\s|which\s)?(?:enlarged\s|dilated\s)?(?:\(|measur\w+|at\s|to\s|of\s)?[^,;.]{0,25}$",
    re.IGNORECASE,
)
# "a mass IN the colon, NARROWING its lumen": what follows is where the mass is, or what it does to a place.
_GOVERNING = (
    r"in|of|on|at|from|to|within|into|near|involving|throughout|(?:constrict|occlud|obstruct|narrow|compress|fill|invad|infiltrat|displac"
    r"|encas|occupy|block|distend|dilat)ing"
)
_PREPOSITION = re.compile(rf"\b(?:{_GOVERNING})\s(?:[\w-]+\s){{0,4}}$", re.IGNORECASE)
_GOVERNED = re.compile(rf"\b(?:{_GOVERNING}|with|showing)\s(?:[\w-]+\s){{0,4}}$", re.IGNORECASE)
# Nothing but adjectives between a measure and its noun: "a 3 cm firm, mobile mass", "2.7 x 2.6 cm right upper lobe mass".
_STOP = re.compile(
    r"[;:.()]|\b(?:in|of|at|on|from|was|were|is|are|which|that|to|within|and\s(?:an?|the|\d|two|three|multiple|several|another"
    r"|single)|with|without|by|located|involving|had|has|show(?:ed|ing|s)|reveal(?:ed|ing|s)|for|above|below|near|arising"
    r"|including|between|but|where|when|over)\b|,\s(?:the|an?)\s",
    re.IGNORECASE,
)
_NODAL = re.compile(r"lymph|nod|\w{0,4}adenopath|metasta|thromb|satellite", re.IGNORECASE)
_NODAL_WORD = re.compile(r"\b(?:lymph|nod[eu]|\w{0,4}adenopath|metasta|thromb|satellite|lesion|mass|tumou?r)", re.IGNORECASE)
_IN_DIAMETER = re.compile(r"^in\s(?:[\w-]+\s){0,2}(?:diameter|size|dimension),\s", re.IGNORECASE)
_SHORT_FORM = re.compile(r"\([A-Z][A-Za-z-]{1,7}\)\s")
_MADE_SECONDARY = re.compile(
    r"\b(?:metastatic|metastas[ei]s|secondary|satellite|nodal|lymph\snode|mural|daughter|benign)\s(?:[\w-]{2,15}\s){0,2}$",
    re.IGNORECASE,
)
_MADE_OTHER = re.compile(
    r"^[-\s](?:[\w-]{2,12}\s)?(?:thrombus|thrombosis|thickness|margins?|bed|deposits?|depth|metasta\w+|free\b|invasion|board|edge"
    r"|thickening|size\s(?:of\s)?(?:less|<))",
    re.IGNORECASE,
)
_WITH_PHRASE = re.compile(r"\s(?:with|without|containing|showing|including)\s[^,;.()]{1,60},")
_CLAUSE_END = re.compile(r"[,;.)]|\swith(?:out)?\s|\sand\s")
SIZE_WORD = re.compile(
    r"\b(?:measur\w+|mesur\w+|siz\w+|diameters?|dimensions?|maximum|maximal|greatest|largest|longest|across|large|of|about"
    r"|approximately)\b",
    re.IGNORECASE,
)
_COHORT = re.compile(
    r"\b(?:mean|average|standard\sdeviation|median\s(?:\w+\s)?(?:size|diameter|dimension|length))\b|±|\btumou?rs?\s(?:larger"
    r"|smaller|greater|more|less|>|<)",
    re.IGNORECASE,
)
_DISTANCE_AFTER = re.compile(
    r"^\s?(?:\w+\s)?(?:from|above|below|away|proximal|distal|deep\sto|beneath|under|lateral(?:ly)?\sto|medial(?:ly)?\sto"
    r"|anterior\sto|posterior\sto|superior\sto|inferior\sto|beyond|per\b|/|inside|off\b|margin|ring|incision|slice"
    r"|thick|expansion|in\s(?:depth|thickness|height|all\sdirections)|depth|high\b(?!-)|tall\b|apart|interval|caudal|cranial"
    r"|cephalad|ab\b|(?:safety|free|surgical|resection)\s(?:margin|edge|border))",
    re.IGNORECASE,
)
# "the proximal 2 cm of the carotid artery" is a stretch of it; "a lesion of 2 cm of the pancreatic tail" is a size.
_PART_OF = re.compile(
    r"^\s?of\s(?!(?:\w+\s)?(?:diameter|size|dimension|length|axis|tumou?r|mass|lesion|long|maxim|great|larg))",
    re.IGNORECASE,
)
_MEASURED_OF = re.compile(r"\b(?:of|measuring|measured|size|about|approximately)\s(?:about\s|approximately\s)?$", re.IGNORECASE)
_DISTANCE_BEFORE = re.compile(
    r"(?:margins?\s(?:of|was|were|by)|distance\s(?:of|from|was)|depth\s(?:of|was)|thickness\s(?:of|was)|invasion\s(?:of|was)"
    r"|(?:every|each|<|≤|less\sthan|smaller\sthan|below|at\sleast|within|by|extending|extended|extends|shift\sof|height,?|tall)\s?"
    r"|\+\s?|(?<!tumor\s)(?<!mass\s)(?<!stable\s)\b(?:located|situated|lies|lying|lay|tumou?r|lesion|mass|cancer|rectum|anus"
    r"|esophagus|oesophagus)\sat\s)(?:a\s|the\slevel\sof\s)?(?:about\s|approximately\s|around\s|~\s?)?$",
    re.IGNORECASE,
)
# No words of it are longer.
_LONGEST_DISTANCE = 60
_LOCATED_AT = re.compile(
    r"\b(?:located|situated|lies|lying|lay|starting|beginning)\s(?:at\s)?(?:about\s|approximately\s|~\s?)?$",
    re.IGNORECASE,
)
_DENIED = re.compile(r"\b(?:no|without|nor|denied)\s(?:\w+\s){0,3}$", re.IGNORECASE)
# Two measures of one list stand no farther apart.
_LIST_GAP = 25


# No sentence tells more sizes; the rest of an endless list is not read.
_MOST = 16


def find(text: str, lower: str) -> list[re.Match[str]]:
    """Return the measures of a sentence in order; `lower` is the sentence in lower case, looked at first."""
    if not ("cm" in lower or "mm" in lower or "centim" in lower or "millim" in lower or "inch" in lower):
        return []
    found: list[re.Match[str]] = []
    if cue := _CUE.search(lower):
        found.extend(islice(_MEASURE.finditer(text, max(0, cue.start() - _LONGEST)), _MOST))
    if _WORD_CUE.search(lower):
        found.extend(islice(_WORD_MEASURE.finditer(text), _MOST))
        found.sort(key=_start)
    return found


def _start(match: re.Match[str]) -> int:
    return match.start()


def largest_cm(match: re.Match[str], text: str) -> float:
    """Return the largest dimension in cm; of "from 3 to 5 cm" told of one tumour the first, of a range the upper end."""
    groups = match.groupdict()
    if groups.get("word"):
        values = [float(_SMALL_NUMBERS[word]) for word in re.findall(r"[a-z]+", match.group().lower()) if word in _SMALL_NUMBERS]
    else:
        values = [_number(groups[name]) for name in "abc" if groups[name]]
        if groups["low"]:
            before = text[max(0, match.start() - 25) : match.start()]
            has_changed = before.endswith("from ") and groups["span"] == "to" and not _RANGES.search(before)
            values = [_number(groups["low"])] if has_changed else [*values, _number(groups["low"])]
    unit = match["unit"].lower()
    scale = 0.1 if unit.startswith(("mm", "milli")) else _CM_PER_INCH if unit.startswith("inch") else 1.0
    return round(max(values) * scale, 2)


# "ranging in size from", "lesions measuring from": several lesions, not one that has changed.
_RANGES = re.compile(r"rang|var(?:y|ie)|\b(?:measur(?:ed|ing|e)|sized)\s(?:\w+\s)?from\s$")


def _number(digits: str) -> float:
    return float(digits.replace(",", ".").replace("·", "."))


def is_no_size(before: str, after: str) -> bool:
    """Return whether a measure is a distance, a margin, a bound, a cohort's mean, or denied."""
    return (
        _DISTANCE_AFTER.match(after) is not None
        or (_PART_OF.match(after) is not None and _MEASURED_OF.search(before) is None)
        or _DISTANCE_BEFORE.search(before, max(0, len(before) - _LONGEST_DISTANCE)) is not None
        or (_LOCATED_AT.search(before) is not None and SIZE_WORD.match(after.lstrip()) is None and "in diameter" not in after)
        or _COHORT.search(before) is not None
        or "±" in after[:4]
        or _DENIED.search(before) is not None
    )


def noun_of(before: str, after: str, previous: str | None = None) -> str | None:
    """Return what the noun of a measure is: tumor, weak (an ulcer, a cyst), other, or None where none stands near.

    The noun after adjectives comes first ("a 3 cm firm mass"), then the last one before ("a mass in the left
    lobe, measuring 3 cm"), then any later one in the clause. `previous` is the noun of the measure just
    before, which a list goes on with ("two nodes of 3 cm and 2 cm").
    """
    tail = _SHORT_FORM.sub("", after.lstrip(") "))
    plain = _WITH_PHRASE.sub(_drop_with, before)
    if after.startswith((")", ",")) and (closed := last_noun(plain[-60:])):
        return closed
    following = None if tail.startswith("and ") and not after.startswith(")") else _NOUN.search(_lower(tail))
    if following and _STOP.search(tail[: following.start()]) is None:
        kind = _kind(_head(following, tail), tail)
        # "The tumour presented as a cystic, 35 cm structure."
        return "tumor" if kind == "weak" and last_noun(plain) == "tumor" else kind
    organ = _ORGAN_MEASURED.search(plain)
    if organ and _PREPOSITION.search(plain[: organ.start()]) is None and _NOUN.search(_lower(plain), organ.start()) is None:
        return "other"
    last = last_noun(plain)
    if last:
        return last
    if previous and len(before) <= _LIST_GAP:
        return previous
    clause = _CLAUSE_END.split(tail, maxsplit=1)[0]
    # "A round, 4 cm in diameter, red plaque": with no noun before, one after the comma will do.
    later = _NOUN.search(_lower(clause))
    if later is None:
        tail = _IN_DIAMETER.sub("", tail)
        later = _NOUN.search(_lower(tail))
        later = later if later and _STOP.search(tail[: later.start()]) is None else None
    return _kind(later, tail) if later else None


def _lower(words: str) -> str:
    """Return words in lower case, letter for letter: "İ" is the only letter that is longer in lower case."""
    return words.replace("İ", "I").lower()


def _head(noun: re.Match[str], words: str) -> re.Match[str]:
    """Return the noun that a first one only describes: "ulcer-like lesion", "skull base mass"; not "lymph node mass"."""
    if noun.lastgroup == "tumor" or _NODAL.match(noun.group()):
        return noun
    following = _NOUN.search(_lower(words), noun.end())
    between = words[noun.end() : following.start()] if following else ","
    return following if following and "," not in between and _STOP.search(between) is None else noun


def _drop_with(phrase: re.Match[str]) -> str:
    """Return nothing for "with calcifications," between a mass and its measure; nodes and thrombi are measured themselves."""
    return phrase.group() if _NODAL_WORD.search(phrase.group()) else ","


def last_noun(words: str) -> str | None:
    """Return the kind of the last noun of some words; a place is passed over: "a mass at the base of the penis"."""
    kind = None
    for noun in _NOUN.finditer(_lower(words)):
        governed = _PREPOSITION if noun.lastgroup == "other" else _GOVERNED
        may_be_place = kind == "tumor" and noun.lastgroup != "tumor" and not _NODAL.match(noun.group())
        if not (may_be_place and governed.search(words[: noun.start()])):
            kind = _kind(noun, words)
    return kind


def _kind(noun: re.Match[str], words: str) -> str:
    """Return a noun's kind; a "metastatic lesion" and a "tumor thrombus" are not the tumour."""
    kind = noun.lastgroup or "other"
    if kind == "tumor" and (_MADE_OTHER.match(words[noun.end() :]) or _MADE_SECONDARY.search(words[: noun.start()])):
        return "other"
    return kind


def describes_tumor(after: str) -> bool:
    """Return whether the words after an organ name a lesion by it: "(liver) tumor", "(ovarian) cyst"."""
    noun = _NOUN.search(_lower(after))
    if noun is None or noun.lastgroup == "other":
        return False
    between = after[: noun.start()]
    return "," not in between and _STOP.search(between) is None
