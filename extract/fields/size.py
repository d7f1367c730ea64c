"""Size: the primary tumour's largest dimension, in cm, as first measured."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from extract import context
from extract.reading import NOTHING, Finding, Hit, Mention, Reading, Resolution, Sentence
from extract.record import Histology, Site

NAME = "size"
FIELDS = ("size_cm",)

_UNITS = ("cm", "mm", "centim", "millim", "inch")
_CM_PER_INCH = 2.54
_SMALLEST_CM, _LARGEST_CM = 0.1, 60.0

_SMALL_NUMBERS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11,
    "twelve": 12, "fifteen": 15, "twenty": 20,
}  # fmt: skip
_NUMBER = r"\d{1,3}(?:[.,·]\d{1,2})?"
_IN_WORDS = "|".join(_SMALL_NUMBERS)
_UNIT = r"(?:cms?|mm|centimet(?:er|re)s?|millimet(?:er|re)s?|inch(?:es)?)"
# "20x15x28cm", "4 cm × 3 cm", "14 by 12 cm", "112/85 mm"; a lost sign leaves two decimals side by side: "3.5 2.5 cm".
_BY = rf"\s{{0,2}}(?:{_UNIT})?\s{{0,2}}[x×X*∗✕/]\s{{0,2}}|\s(?:{_UNIT}\s)?by\s|(?<=\.\d)\s(?=\d\.\d)"
_MEASURE = re.compile(
    rf"""
    (?: (?<![\d.,]) (?P<low>{_NUMBER}) \s?(?:{_UNIT}\s?)? (?P<span>-|–|to|and) \s? )?
    (?<![\d.,]) (?P<a>{_NUMBER}) (?:(?:{_BY})(?P<b>{_NUMBER}))? (?:(?:{_BY})(?P<c>{_NUMBER}))?
    [-–\s\u200a]{{0,2}} (?P<unit>{_UNIT}) (?![\w/²³^]) (?!\s?\(?(?:Hg|H2O)) (?!\sin\s(?:1|one|the\sfirst)\s?h)
    """,
    re.VERBOSE,
)
_WORD_MEASURE = re.compile(rf"\b(?P<word>{_IN_WORDS})[-\s](?:by[-\s](?:{_IN_WORDS})[-\s])?(?P<unit>cms?|mm|centimet(?:er|re)s?|millimet(?:er|re)s?|inch(?:es)?)\b", re.IGNORECASE)
_CUE = re.compile(r"[\da-z][-–\s\u200a]{0,2}(?:cm|mm|centim|millim|inch)", re.IGNORECASE)

# What a measure may be of. A weak noun is the tumour only where its organ is the primary's.
_TUMOR = (
    r"mass(?:es)?|\w{0,8}tumou?rs?|lesions?|nodul\w+|neoplas\w+|\w{0,5}carcinoma\w?|cancers?|\w{2,20}(?:sarcoma|oma)s?|swellings?|polyps?|plaques?|lumps?|SOL|opacit\w+|shadow|consolidation"
    r"|formation|macules?|papules?|patch|growth(?!\s?(?:/|rate|velocity|hormone|factor|delay|retard))|malignanc\w+|incidentaloma|protrusion|nev(?:us|i)|naev(?:us|i)|process|GIST|HCC|RCC|SCC|NET"
)
_WEAK = r"cysts?|ulcers?|ulcerations?|thickening|enlargement|area|region|specimens?|cavity|abnormality|enhancement|induration|elevation|infiltrate|bulge|structure|outbreak"
_OTHER = (
    r"lymph(?!om|oep|opro|angio)\w*|nod(?:e|es|al)(?!-)|\w{0,4}adenopath\w+|metasta\w+|thromb\w+|incisions?|wounds?|margins?|stones?|calcul\w+|drains?|tubes?|needles?|catheters?|thick(?:ness|ened)?|trocars?|ports?|aort\w+|stents?|effusions?"
    r"|expansion|CTV|PTV|GTV|isocent\w+|collimator|slices?|(?<!cross-)(?<!cross\s)sections?|intervals?|defects?|flaps?|grafts?|lengthening|applicators?|gap|follicles?|distance|penis|scars?|reagent|embol\w+|foci|focus"
    r"|calcifications?|shift|satellite\w*|components?|pedicle|stalk|base|pocket|balloons?|coils?|wires?|fields?|haematoma|hematoma|abscess\w*|aneurysms?|veins?|arter(?:y|ies)|lumen|uptake|deposits?|implants?"
    r"|invasion|extension|depth|height|discrepancy|pupils?|septum|septa|diverticul\w+|hernia\w*|fragments?|biops(?:y|ies)|cores?|Breslow|foetus|fetus|placenta|island|perforation|fistula|dilatation|displacement|stenosis|stricture"
)
_NOUN = re.compile(rf"\b(?:(?P<other>{_OTHER})|(?P<weak>{_WEAK})|(?P<tumor>{_TUMOR}))\b", re.IGNORECASE)
# "the spleen measured 13 cm": an organ is measured where no preposition puts the tumour into it.
_ORGAN_MEASURED = re.compile(
    r"(?:^|[,;]\s|\b(?:the|an?|enlarged|his|her|and)\s)(?:uterus|spleen|liver|kidneys?|prostate|thyroid|gland|ovary|ovaries|appendix|gallbladder|duct|heart|ventricle|cervix)"
    r"\s(?:was\s|is\s|were\s|which\s)?(?:enlarged\s|dilated\s)?(?:\(|measur\w+|at\s|to\s|of\s)?[^,;.]{0,25}$",
    re.IGNORECASE,
)
_PREPOSITION = re.compile(r"\b(?:in|of|on|at|from|to|within|into|near|involving|throughout)\s(?:[\w-]+\s){0,4}$", re.IGNORECASE)
_GOVERNED = re.compile(r"\b(?:in|of|on|at|from|to|within|into|near|involving|throughout|with|showing)\s(?:[\w-]+\s){0,4}$", re.IGNORECASE)
# Nothing but adjectives between a measure and its noun: "a 3 cm firm, mobile mass", "2.7 x 2.6 cm right upper lobe mass".
_ATTRIBUTIVE_STOP = re.compile(
    r"[;:.()]|\b(?:in|of|at|on|from|was|were|is|are|which|that|to|within|and\s(?:an?|the|\d|two|three|multiple|several|another|single)|with|without|by|located|involving|had|has|show(?:ed|ing|s)|reveal(?:ed|ing|s)|for|above|below|near|arising|including|between|but|where|when|over)\b|,\s(?:the|an?)\s",
    re.IGNORECASE,
)
_NODAL = re.compile(r"lymph|nod|\w{0,4}adenopath|metasta|thromb|satellite", re.IGNORECASE)
_NODAL_WORD = re.compile(r"\b(?:lymph|nod[eu]|\w{0,4}adenopath|metasta|thromb|satellite|lesion|mass|tumou?r)", re.IGNORECASE)
_IN_DIAMETER = re.compile(r"^in\s(?:[\w-]+\s){0,2}(?:diameter|size|dimension),\s", re.IGNORECASE)
_SHORT_FORM = re.compile(r"\([A-Z][A-Za-z-]{1,7}\)\s")
_MADE_SECONDARY = re.compile(r"\b(?:metastatic|metastas[ei]s|secondary|satellite|nodal|lymph\snode|mural|daughter|benign)\s(?:[\w-]{2,15}\s){0,2}$", re.IGNORECASE)
_MADE_OTHER = re.compile(r"^[-\s](?:[\w-]{2,12}\s)?(?:thrombus|thrombosis|thickness|margins?|bed|deposits?|depth|metasta\w+|free\b|invasion|board|edge|thickening|size\s(?:of\s)?(?:less|<))", re.IGNORECASE)
_WITH_PHRASE = re.compile(r"\s(?:with|without|containing|showing|including)\s[^,;.()]{1,60},")
_CLAUSE_END = re.compile(r"[,;.)]|\swith(?:out)?\s|\sand\s")
_NEXT_STATEMENT = re.compile(r";|,\s(?:and|but|which)\s|\sand\s(?:was|were|underwent|received)\b")
_SIZE_WORD = re.compile(r"\b(?:measur\w+|mesur\w+|siz\w+|diameters?|dimensions?|maximum|maximal|greatest|largest|longest|across|large|of|about|approximately)\b", re.IGNORECASE)
_CONTINUED = re.compile(r"(?:it|this|these|which|the\s(?:largest|greatest|biggest|dominant|maxim\w+|size|dimension|diameter))\b|(?:\w+\s){0,4}(?:measur|siz|diameter|dimension)", re.IGNORECASE)

_COHORT = re.compile(r"\b(?:mean|average|standard\sdeviation|median\s(?:\w+\s)?(?:size|diameter|dimension|length))\b|±|\btumou?rs?\s(?:larger|smaller|greater|more|less|>|<)", re.IGNORECASE)
_DISTANCE_AFTER = re.compile(
    r"^\s?(?:\w+\s)?(?:from|above|below|away|proximal|distal|deep\sto|beneath|under|lateral(?:ly)?\sto|medial(?:ly)?\sto|anterior\sto|posterior\sto|superior\sto|inferior\sto|beyond|per\b|/|inside|off\b|margin|ring|incision|slice"
    r"|thick|expansion|in\s(?:depth|thickness|height|all\sdirections)|depth|high\b(?!-)|tall\b|apart|interval|caudal|cranial|cephalad|ab\b|(?:safety|free|surgical|resection)\s(?:margin|edge|border))",
    re.IGNORECASE,
)
# "the proximal 2 cm of the carotid artery" is a stretch of it; "a lesion of 2 cm of the pancreatic tail" is a size.
_PART_OF = re.compile(r"^\s?of\s(?!(?:\w+\s)?(?:diameter|size|dimension|length|axis|tumou?r|mass|lesion|long|maxim|great|larg))", re.IGNORECASE)
_MEASURED_OF = re.compile(r"\b(?:of|measuring|measured|size|about|approximately)\s(?:about\s|approximately\s)?$", re.IGNORECASE)
_DISTANCE_BEFORE = re.compile(
    r"(?:margins?\s(?:of|was|were|by)|distance\s(?:of|from|was)|depth\s(?:of|was)|thickness\s(?:of|was)|invasion\s(?:of|was)|(?:every|each|<|≤|less\sthan|smaller\sthan|below|at\sleast|within|by|extending|extended|extends|shift\sof|height,?|tall)\s?"
    r"|\+\s?|(?<!tumor\s)(?<!mass\s)(?<!stable\s)\b(?:located|situated|lies|lying|lay|tumou?r|lesion|mass|cancer|rectum|anus|esophagus|oesophagus)\sat\s)(?:a\s|the\slevel\sof\s)?(?:about\s|approximately\s|around\s|~\s?)?$",
    re.IGNORECASE,
)
_LOCATED_AT = re.compile(r"\b(?:located|situated|lies|lying|lay|starting|beginning)\s(?:at\s)?(?:about\s|approximately\s|~\s?)?$", re.IGNORECASE)
_DENIED = re.compile(r"\b(?:no|without|nor|denied)\s(?:\w+\s){0,3}$", re.IGNORECASE)

_KIN = r"(?:mother|father|sister|brother|aunt|uncle|grand\w+|cousin|daughter|son)"
_FAMILY = re.compile(rf"\b(?:his|her|patient['’]s|whose|an?|the)\s(?:\w+\s)?{_KIN}\b(?!-in)", re.IGNORECASE)
_GONE_ON = r"(?:tumou?r|mass|lesion|nodule|disease|neoplasm|cancer|carcinoma|\w{3,20}oma|growth|swelling|metasta\w+|polyp|HCC|GIST)"
_RETURNED = re.compile(rf"\b(?:recurrences?|recurred|recurring|relaps\w+|reappear\w+|regrowth|regrew|recurrent\s(?:[\w,-]{{2,18}}\s){{0,4}}?{_GONE_ON})\b", re.IGNORECASE)
_NO_RETURN = re.compile(r"\b(?:no|without|free\sof|not)\s(?:[\w-]+\s){0,4}?(?:recurr\w+|relaps\w+)", re.IGNORECASE)
_LATER = re.compile(
    r"\b(?:follow[-\s]?up|followed[-\s]up(?!\s(?:with|by))|after\s(?:treatment|therapy|chemotherapy|radiotherapy|surgery|the\soperation|\w+\scycles|\w+\scourses|\w+\s(?:months|years|weeks))|(?:months|years|weeks)\s(?:after|later|following|post)"
    r"|(?:following|after)\s(?:the\s)?(?:operation|surgery|resection|excision|initial)|residual|remnant|(?:decreas\w+|reduc(?:ed|tion|ing))(?!\s(?:\w+\s)?(?:signal|attenuation|uptake|enhancement|sounds?|appetite|density|intensity|mobility|vision))|shr[aiu]nk\w*|regress\w+|(?:days|weeks|months|years|year|month)\slater|repeat(?:ed)?|restag\w+|surveillance\s(?:CT|MRI|scan\w*|imaging|endoscop\w+|colonoscop\w+))\b",
    re.IGNORECASE,
)
_POSTOPERATIVE = re.compile(r"\bpost-?\s?operative", re.IGNORECASE)
_PATHOLOGY = re.compile(r"\b(?:patholog|histolog|histopatholog|specimen|gross|macroscop|microscop)", re.IGNORECASE)
_GREW = re.compile(r"\b(?:increas\w+|grew|grown|enlarged\sto|progress(?:ed|ion)|growing)\b", re.IGNORECASE)
_BASELINE = re.compile(r"\bfrom\s(?:an?\s)?(?:initial\s|original\s|about\s|approximately\s)?$", re.IGNORECASE)
_AT_START = re.compile(r"\b(?:at|on|upon|before|prior\sto)\s(?:the\s)?(?:time\sof\s)?(?:presentation|admission|diagnosis|surgery|operation|referral)|\bpresented\b", re.IGNORECASE)
_ANOTHER = re.compile(r"\b(?:new(?!\s(?:dimension|size|measure))|second|another|additional|other|contralateral|smaller|adjacent|separate|synchronous|third)\s(?:[\w-]{2,15}\s){0,4}(?:\(|of\s|measuring\s|sized?\s|about\s|approximately\s)*$", re.IGNORECASE)
_ARGUED = ("discussion", "conclusion", "caption", "introduction", "table")

# A measure weighs 3 with a tumour word bound to it; below 2 it is not plainly the primary's.
_BOUND, _WEAKLY_BOUND, _CONTINUING, _LEAST = 3.0, 1.5, 2.0, 2.0
_AGREES, _CONFLICTS, _OTHER_NAME = 0.5, -2.0, -0.9
# How far below the heaviest a measure that stands earlier may weigh and still be the size.
_NEARLY = 0.4
_BEFORE_REACH, _AFTER_REACH = 110, 70
# Two measures of one list stand no farther apart.
_LIST_GAP = 25
# A tumour's name stands nearer to its measure than its place.
_NAME_REACH = 45

# Organs that share a wall or a name: a tumour of one is often told as in the other.
_NEIGHBOURS = (
    frozenset({"C15", "C16", "C17"}), frozenset({"C17", "C24", "C25"}), frozenset({"C22", "C23", "C24"}), frozenset({"C17", "C18", "C26", "C48"}),
    frozenset({"C18", "C19", "C20", "C21", "C26"}), frozenset({"C51", "C52", "C53", "C54", "C55", "C56", "C57", "C48", "C58"}), frozenset({"C34", "C37", "C38", "C33", "C39"}),
    frozenset({"C40", "C41", "C49", "C44", "C76", "C47"}), frozenset({"C64", "C65", "C66", "C68", "C67", "C74", "C48"}), frozenset({"C69", "C70", "C71", "C72", "C75"}), frozenset({"C70", "C72", "C41"}),
    frozenset({f"C{number:02d}" for number in range(15)} | {"C30", "C31", "C32", "C76", "C41", "C49", "C77"}), frozenset({"C50", "C44", "C76", "C49"}),
    frozenset({"C60", "C63", "C44"}), frozenset({"C62", "C63", "C49"}), frozenset({"C73", "C75", "C32", "C76"}), frozenset({"C48", "C49", "C76", "C74", "C64"}), frozenset({"C38", "C49", "C34", "C76"}),
)  # fmt: skip
_SOFT = frozenset({"C40", "C41", "C44", "C47", "C49", "C76", "C77"})


def _span(*ranges: tuple[int, int]) -> frozenset[str]:
    return _SOFT | {f"C{number:02d}" for first, last in ranges for number in range(first, last + 1)}


# The organs of a region that is named without one: head and neck, thorax, abdomen, pelvis, limbs.
_REGIONS = {
    "C76.0": _span((0, 15), (30, 32), (69, 75)), "C76.1": _span((15, 16), (33, 39), (50, 50)), "C76.2": _span((15, 26), (48, 48), (51, 68), (74, 74)),
    "C76.3": _span((17, 21), (48, 48), (51, 68)), "C76.4": _SOFT, "C76.5": _SOFT,
}  # fmt: skip
_ANYWHERE = frozenset({"C76", "C80", "C42", "C49", "C77"})
_VAGUE = ("800", "801", "880", "814", "959", "824")
_BESIDE = re.compile(r"\b(?:in|of|on|at|within|over|from|involving|occupying)\s(?:(?:the|his|her|a|an|both)\s)?(?:(?!(?:with|without|and|which|that|was|were|by)\b)[\w-]{2,18}\s){0,5}$", re.IGNORECASE)
# "the head of the pancreas", "the hepatic artery", "a soft tissue mass" name no organ that holds a tumour.
_PART = re.compile(r"^\s(?:of\s|arter|vein|nerve|duct|vessel|tissue)", re.IGNORECASE)
_NOT_INSIDE = re.compile(r"\b(?:invad\w+|infiltrat\w+|extend\w*|compress\w+|adher\w+|attach\w+|abutt\w+|adjacent|near|next|close|encas\w+|displac\w+|metasta\w+|between|from\sthe\s\w+\sof|contact|connect\w*|against|along|around|behind|beside|above|below|under|lateral|toward\w*|[cm]m\s(?:from|above|below|proximal|distal))\b[^,;]{0,40}$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Measure:
    """A measure of a tumour: its largest dimension, its weight as the primary's, what it is said to be in and of."""

    cm: float
    weight: float
    places: frozenset[str]  # three-character topography
    names: frozenset[str]  # four-digit morphology
    is_weak: bool  # of an ulcer, a cyst, a thickening


def find(reading: Reading) -> Iterator[Mention]:
    """Yield each measure of a tumour with its largest dimension in cm; distances, nodes and margins are left out."""
    for sentence in reading.sentences:
        lower = sentence.lower
        if sentence.subject != "patient" or not any(unit in lower for unit in _UNITS) or not _CUE.search(lower):
            continue
        yield from _in_sentence(reading, sentence)


def _in_sentence(reading: Reading, sentence: Sentence) -> Iterator[Mention]:
    text = sentence.text
    noun: str | None = None
    found = sorted([*_MEASURE.finditer(text), *_WORD_MEASURE.finditer(text)], key=lambda match: match.start())
    for number, match in enumerate(found):
        cm = _largest_cm(match, text)
        begin = found[number - 1].end() if number else 0
        finish = found[number + 1].start() if number + 1 < len(found) else len(text)
        before = text[max(begin, match.start() - _BEFORE_REACH) : match.start()]
        after = text[match.end() : min(finish, match.end() + _AFTER_REACH)]
        if not _SMALLEST_CM <= cm <= _LARGEST_CM or _is_no_size(before, after):
            noun = None
            continue
        noun = _noun_of(before, after, noun if number else None)
        weight = _bound_weight(reading, sentence, match, noun, before + after)
        if weight is None or _is_of_relative(sentence, match):
            continue
        is_weak = weight == _WEAKLY_BOUND
        weight += _time_weight(sentence, before, text[: match.end()] + _NEXT_STATEMENT.split(text[match.end() :], maxsplit=1)[0])
        if weight > 0:
            start, end = sentence.start + match.start(), sentence.start + match.end()
            stretch = (start - len(before), end + len(after))
            names = _names(reading, sentence, (max(stretch[0], start - _NAME_REACH), min(stretch[1], end + _NAME_REACH)))
            measure = Measure(cm, weight, _places(reading, sentence, stretch), names, is_weak)
            yield Mention(NAME, start, end, sentence, measure)


def _largest_cm(match: re.Match[str], text: str) -> float:
    """Return the largest dimension in cm; of "from 3 to 5 cm" told of one tumour the first, of a range the upper end."""
    groups = match.groupdict()
    if groups.get("word"):
        values = [float(_SMALL_NUMBERS[groups["word"].lower()])]
    else:
        values = [_number(groups[name]) for name in "abc" if groups[name]]
        if groups["low"]:
            has_grown = text[: match.start()].endswith("from ") and groups["span"] == "to" and "rang" not in text[max(0, match.start() - 25) : match.start()]
            values = [_number(groups["low"])] if has_grown else [*values, _number(groups["low"])]
    unit = match["unit"].lower()
    scale = 0.1 if unit.startswith(("mm", "milli")) else _CM_PER_INCH if unit.startswith("inch") else 1.0
    return round(max(values) * scale, 2)


def _number(digits: str) -> float:
    return float(digits.replace(",", ".").replace("·", "."))


def _is_no_size(before: str, after: str) -> bool:
    """Return whether a measure is a distance, a margin, a bound, a cohort's mean, or denied."""
    return (
        _DISTANCE_AFTER.match(after) is not None
        or (_PART_OF.match(after) is not None and _MEASURED_OF.search(before) is None)
        or _DISTANCE_BEFORE.search(before) is not None
        or (_LOCATED_AT.search(before) is not None and _SIZE_WORD.match(after.lstrip()) is None and "in diameter" not in after)
        or _COHORT.search(before) is not None
        or "±" in after[:4]
        or _DENIED.search(before) is not None
    )


def _bound_weight(reading: Reading, sentence: Sentence, match: re.Match[str], noun: str | None, near: str) -> float | None:
    """Return what the noun that a measure belongs to weighs, None where that noun is no tumour."""
    if noun == "other":
        return None
    if noun == "tumor":
        return _BOUND
    told = _SIZE_WORD.search(near) is not None or bool(match.groupdict().get("b"))
    if noun == "weak":
        return _WEAKLY_BOUND if told else None
    text = sentence.text
    previous = reading.sentences[sentence.index - 1].text if sentence.index else ""
    named = any(hit.start < sentence.start + match.end() + _AFTER_REACH for hit in reading.hits_in("histology", sentence))
    goes_on = _CONTINUED.match(text) is not None and _last_noun(previous) == "tumor"
    if not (named or goes_on or _last_noun(text[: match.start()]) == "tumor"):
        return None
    return _CONTINUING + (0.5 if told else -0.5)


def _noun_of(before: str, after: str, previous: str | None = None) -> str | None:
    """Return what the noun of a measure is: tumor, weak, other, or None where none stands near.

    The noun after adjectives comes first ("a 3 cm firm mass"), then the last one before ("a mass in the left
    lobe, measuring 3 cm"), then any later one in the clause. `previous` is the noun of the measure just
    before, which a list goes on with ("two nodes of 3 cm and 2 cm").
    """
    tail = _SHORT_FORM.sub("", after.lstrip(") "))
    plain = _WITH_PHRASE.sub(_drop_with, before)
    if after.startswith((")", ",")) and (closed := _last_noun(plain[-60:])):
        return closed
    following = None if tail.startswith("and ") and not after.startswith(")") else _NOUN.search(tail)
    if following and _ATTRIBUTIVE_STOP.search(tail[: following.start()]) is None:
        kind = _kind(_head(following, tail), tail)
        # "The tumour presented as a cystic, 35 cm structure."
        return "tumor" if kind == "weak" and _last_noun(plain) == "tumor" else kind
    organ = _ORGAN_MEASURED.search(plain)
    if organ and _PREPOSITION.search(plain[: organ.start()]) is None and _NOUN.search(plain, organ.start()) is None:
        return "other"
    last = _last_noun(plain)
    if last:
        return last
    if previous and len(before) <= _LIST_GAP:
        return previous
    clause = _CLAUSE_END.split(tail, maxsplit=1)[0]
    # "A round, 4 cm in diameter, red plaque": with no noun before, one after the comma will do.
    later = _NOUN.search(clause)
    if later is None:
        tail = _IN_DIAMETER.sub("", tail)
        later = _NOUN.search(tail)
        later = later if later and _ATTRIBUTIVE_STOP.search(tail[: later.start()]) is None else None
    return _kind(later, tail) if later else None


def _head(noun: re.Match[str], words: str) -> re.Match[str]:
    """Return the noun that a first one only describes: "ulcer-like lesion", "skull base mass"; not "lymph node mass"."""
    if noun.lastgroup == "tumor" or _NODAL.match(noun.group()):
        return noun
    following = _NOUN.search(words, noun.end())
    between = words[noun.end() : following.start()] if following else ","
    return following if following and "," not in between and _ATTRIBUTIVE_STOP.search(between) is None else noun


def _drop_with(phrase: re.Match[str]) -> str:
    """Return nothing for "with calcifications," between a mass and its measure; nodes and thrombi are measured themselves."""
    return phrase.group() if _NODAL_WORD.search(phrase.group()) else ","


def _last_noun(words: str) -> str | None:
    """Return the kind of the last noun of some words; a place is passed over: "a mass at the base of the penis"."""
    kind = None
    for noun in _NOUN.finditer(words):
        governed = _PREPOSITION if noun.lastgroup == "other" else _GOVERNED
        is_place = noun.lastgroup != "tumor" and kind == "tumor" and governed.search(words[: noun.start()]) and not _NODAL.match(noun.group())
        kind = kind if is_place else _kind(noun, words)
    return kind


def _kind(noun: re.Match[str], words: str) -> str:
    """Return a noun's kind; a "metastatic lesion" and a "tumor thrombus" are not the tumour."""
    kind = noun.lastgroup or "other"
    if kind == "tumor" and (_MADE_OTHER.match(words[noun.end() :]) or _MADE_SECONDARY.search(words[: noun.start()])):
        return "other"
    return kind


def _is_of_relative(sentence: Sentence, match: re.Match[str]) -> bool:
    return _FAMILY.search(sentence.text[: match.start()]) is not None


def _time_weight(sentence: Sentence, before: str, told: str) -> float:
    """Return the deduction for what is told of a later time, another lesion, or outside of the case.

    `told` is the sentence up to the end of the measure's statement: "3 cm, and two years later 5 cm" is 3 cm at first.
    """
    text = sentence.text
    weight = 0.0
    if _RETURNED.search(_NO_RETURN.sub("", text)):
        weight -= 2.5
    elif _BASELINE.search(before):
        # "decreased from 8.9 cm to 2.8 cm": the first of the two is the earlier measure.
        weight -= 0.5
    elif _LATER.search(told) and not (_PATHOLOGY.search(text) and "residual" not in sentence.lower):
        weight -= 1.5
    elif _GREW.search(before) and not _AT_START.search(text):
        weight -= 1.0
    elif _POSTOPERATIVE.search(told) and not _PATHOLOGY.search(text):
        weight -= 1.0
    if _ANOTHER.search(before):
        weight -= 1.5
    if sentence.section in _ARGUED:
        weight -= 1.0
    elif sentence.section == "follow_up":
        weight -= 0.5
    return weight


def _places(reading: Reading, sentence: Sentence, stretch: tuple[int, int]) -> frozenset[str]:
    """Return the organs that the words around a measure put the lesion in, three characters each."""
    places: set[str] = set()
    for lexicon in ("site", "region"):
        for hit in reading.hits_in(lexicon, sentence):
            if hit.entry.get("kind") == "tumor" or reading.text[hit.start : hit.end].lower().startswith("soft"):
                continue
            if stretch[0] <= hit.start and hit.end <= stretch[1] and _holds(reading, sentence, hit):
                codes = (hit.id, *(hit.entry.get(name) or "" for name in ("soft_tissue", "skin", "bone")))
                places.update(code if code.startswith("C76") else code[:3] for code in codes if code)
    return frozenset(places)


def _holds(reading: Reading, sentence: Sentence, hit: Hit) -> bool:
    """Return whether a body part is told to hold a lesion: "in the left lung", "liver tumor"."""
    before = reading.text[max(sentence.start, hit.start - 60) : hit.start]
    after = reading.text[hit.end : min(sentence.end, hit.end + 40)]
    if _NOT_INSIDE.search(before) or _PART.match(after):
        return False
    noun = _NOUN.search(after)
    beside = noun is not None and noun.lastgroup != "other" and _ATTRIBUTIVE_STOP.search(after[: noun.start()]) is None and "," not in after[: noun.start()]
    return beside or _BESIDE.search(before) is not None


def _names(reading: Reading, sentence: Sentence, stretch: tuple[int, int]) -> frozenset[str]:
    return frozenset(hit.id[:4] for hit in reading.hits_in("histology", sentence) if stretch[0] <= hit.start and hit.end <= stretch[1])


def resolve(mentions: Sequence[Mention], so_far: Mapping[str, object]) -> Resolution:
    """Return the first of the plainest measures of the primary tumour, seen with the site and the diagnosis."""
    if not mentions:
        return NOTHING
    weights = [_measure(m).weight + _agreement(_measure(m), so_far) for m in mentions]
    if any(weight >= _LEAST and not _measure(m).is_weak for m, weight in zip(mentions, weights, strict=True)):
        # An ulcer's or a cyst's measure stands in only where no tumour's is told.
        weights = [0.0 if _measure(m).is_weak else weight for m, weight in zip(mentions, weights, strict=True)]
    heaviest = max(weights)
    if heaviest < _LEAST:
        return Resolution({}, {}, tuple((m, "not plainly the tumour's size") for m in mentions))
    best = next(m for m, weight in zip(mentions, weights, strict=True) if weight >= max(heaviest - _NEARLY, _LEAST))
    size = _measure(best).cm
    proof = tuple(m for m in mentions if _measure(m).cm == size)
    passed = tuple((m, "another measure preferred") for m in mentions if m not in proof)
    return Resolution({"size_cm": Finding(size, proof)}, {}, passed)


def _agreement(measure: Measure, so_far: Mapping[str, object]) -> float:
    """Return what it adds that a lesion lies where the primary does, or takes off that it lies elsewhere or is another tumour."""
    weight = 0.0
    site, histology = so_far.get("site"), so_far.get("histology")
    if isinstance(site, Site) and measure.places:
        organ = site.topography[:3]
        if any(_may_be_same(organ, place) for place in measure.places):
            weight += _AGREES if measure.is_weak else 0.0
        elif organ not in _ANYWHERE:
            weight += _CONFLICTS
    if isinstance(histology, Histology) and histology.morphology and measure.names:
        group = histology.morphology[:2]
        precise = {name for name in measure.names if not name.startswith(_VAGUE)}
        if precise and not histology.morphology.startswith(_VAGUE) and not any(name[:2] == group for name in measure.names) and len(precise) == len(measure.names):
            weight += _OTHER_NAME
    return weight


def _may_be_same(organ: str, place: str) -> bool:
    """Return whether a place may be the organ: itself, a neighbour, or the region that holds it."""
    if place.startswith("C76"):
        return place not in _REGIONS or organ in _REGIONS[place]
    if "C26" in (organ, place):
        # The digestive tract without more.
        return min(organ, place) >= "C15" and max(organ, place) in ("C26", "C48")
    return organ == place or place == "C80" or any(organ in group and place in group for group in _NEIGHBOURS)


def _measure(mention: Mention) -> Measure:
    value = mention.value
    assert isinstance(value, Measure)
    return value
