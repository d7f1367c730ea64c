"""What a sentence says of the course of the disease: judged cues of the lexicon `outcome`.

The lexicon finds words; here is decided whether they tell of this patient's tumour: "recurrence" under a
negation is `no_recurrence`, in "to prevent recurrence" it tells nothing, and "recurrent pneumonia" is no
tumour. Each cue becomes one kind of event:

treatment (surgery, radiotherapy, chemotherapy, treatment), diagnosis, admission, follow_up, survival,
recurrence, no_recurrence, metastasis, no_metastasis, free, remission, clean_scan, active, remains, ongoing,
progression, no_progression, alive, death, lost, palliative, discharge, cause, complaint.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from extract import context
from extract.reading import Hit, Reading, Sentence, holds_any

LEXICON = "outcome"
# Where they name no treatment of their own, the procedures and drugs of the treatment fields stand for one.
_DRUGS, _PROCEDURES = ("drug", "regimen"), "procedure"
LEXICONS = (LEXICON, *_DRUGS, _PROCEDURES)
TREATMENTS = frozenset({"surgery", "radiotherapy", "chemotherapy", "treatment"})
# What is said and passed over, with the reason.
UNLIKELY, NOT_TUMOUR, NOT_PATIENT = "possible", "not_tumour", "not_patient"


class Cue(NamedTuple):
    """A judged cue: its kind and where it stands in the report's text."""

    kind: str
    start: int
    end: int


_TUMOUR = re.compile(
    r"(?P<again>recurr|relaps|regrow)|(?P<spread>metasta|progress|spread|dissemin)"
    r"|(?P<tumour>disease|tumou?r|cancer|malignan|neoplas|carcinom|sarcom|lymphom|melanom|gliom|blastom|myelom|leuk|residual)"
)
_PIECE = re.compile(
    r"margin|border|edge|cut\send|\bbed\b|node|\bsections?\b|stump|biops|specimen|histolog|patholog|cytolog|smear|aspirat|fluid"
)
# Where it was sought in a piece of tissue or a fluid, and where a property of the tumour was: both tell nothing of the course.
_LOOKED_AT = re.compile(
    r"microscop|histolog|cytolog|patholog|immuno|specimen|biops|smear|autops|marrow|fluid|urin|effusion|thoracent|paracent"
    r"|lavage|washing"
)
_OF_KIND = re.compile(
    r"\w*(?:\s[\w-]+){0,4}?\s(?:morpholog|component|differentiation|transformation|origin|predisposition|infiltrat"
    r"|invasion|invad|extension)"
)
# What may stand between "the risk" and "recurrence".
_LINK = re.compile(
    r"(?:\s(?:for|of|the|an?|any|to|local|locoregional|regional|distant|early|late|tumou?r|disease|cancer|further|possible|its|his|her"
    r"|future|have|be|been|another|develop|in|from)){0,5}\s"
)
_DENIED_BEFORE = re.compile(
    r"\b(?:no|not|without|never|neither|nor|free\s(?:of|from)|absence\sof|denied|negative\sfor|lack\sof"
    r"|\w{2,6}n['’]t)\b(?:(?!\b(?:but|although|until|except|before|however|after|because|due)\b)[^;,.]){0,90}$",
)
_DENIED_AFTER = re.compile(
    r"^(?:\s(?!but\b|which\b|that\b|with\b)[\w'’/-]+){0,7}?\s(?:has|have|had|was|were|is|are|could)\s(?:yet\s|been\s"
    r"|still\s){0,2}(?:not|never|absent|ruled\sout|excluded)\b",
)
_UNCERTAIN_AFTER = re.compile(
    r"^(?:\s(?!but\b|which\b|that\b)[\w'’/-]+){0,5}?\s(?:would|may|might|could\sbe|should|can"
    r"|(?:was|is|were)\s(?:feared|suspected|possible|considered|unlikely|discussed))\b"
)
_STATE_ENDS = re.compile(
    r"\s?(?:$|[,.;:()\[-]|(?:at|for|and|with|without|since|on|during|after|until|in|to|throughout|but|over|or|as|while|when|now|currently|so|from|upon|by|under"
    r"|one|two|three|four|five|six|seven|eight|nine|ten|twelve|more|about|approximately|\d+|he|she|following|status)\b)"
)
_NOT_WELL = re.compile(r"[-\s](?!followed|controlled|informed\sand)(?:[a-z-]+ed|known|to)\b")
_OF_COMPLAINT = re.compile(
    r"\s(?:of\s)?(?:(?:the|his|her|any|these|such|previous|initial|similar|further|clinical|ascites)\s){0,3}"
    r"(?:symptom|pain|bleed|h(?:a)?emorrh|effusion|ascites|infect|fever|seizure|thromb|complain|rash|pneumon|obstruct|stenosis|an(?:a)?emia|cough"
    r"|attack|episode|edema|swelling|fistul|hernia|pneumothora|jaundice|nausea|vomit|diarrh|headache|toxicit|skin\s(?:lesion|rash))"
)
_SHORT_OF = re.compile(
    r"\b(?:(?:almost|nearly|near|incomplete(?:ly)?|partial(?:ly)?|failed\sto\s\w+|achieve|obtain|aim\w*\sat|until)\s(?:an?\s)?|near-)$"
)
_SUBJECT_COMPLAINT = re.compile(
    r"\b(?:symptoms?|pain|fever|rash|cough|effusions?|ascites|headaches?|seizures?|infections?|swelling|edema|oedema|dyspn(?:o)?ea|jaundice|pneumoni\w+"
    r"|ulcers?|complaints?|bleeding|h(?:a)?ematuria|thrombosis|hypercalc(?:a)?emia|skin\slesions)\s(?:(?:had|have|has|was|were|been|then|also)\s){0,3}$"
)
_LASTED = re.compile(
    r",?\s(?:\([\w\s.-]{1,20}\),?\s)?(?:(?:that|which)\s)?(?:(?:has|have|was|is|had)\s(?:been\s)?)?(?:still\s)?"
    r"(?:maintained|sustained|persist(?:s|ed|ing)|ongoing|lasting|lasted|continu(?:es|ed|ing)|held)\b"
    r"|\s(?:(?:that|which|and)\s(?:has\s|have\s)?(?:lasted|persisted)"
    r"|(?:status\s)?for\s(?:the\s(?:last|past)\s|more\sthan\s|over\s|at\sleast\s|about\s)?"
    r"[\w.-]+\s(?:and\s[\w.]+\s)?(?:months|years)|ever\ssince|to\sdate|until\snow)"
)
_LASTS = re.compile(
    r"\b(?:remain(?:s|ed|ing)|continu(?:es|ed|ing|ous)|stay(?:s|ed)|still|maintain(?:s|ed|ing)|has\sbeen|sustained|durable|persist(?:ing|ent)|ongoing"
    r"|lasting)\s"
    r"(?:to\sbe\s)?(?:in\s)?(?:an?\s)?$"
)
_COMING_BACK = ("reappeared", "reappearance", "recrudescence")
# What a patient does as well as a tumour: "the tumor came back", but "he came back".
_CAME = ("came back", "returned")
_COMES = ("come back", "comes back", "coming back", "grew back", "grown back", "regrown")
_STAYED_AWAY = ("did not come back", "did not return")
_NOT_COME = ("not come back", "not returned")
_TUMOUR_THAT = re.compile(
    r"\b(?<!of\s)(?:(?:the|this|that|her|his|no)\s(?:(?!with\b|of\b)[\w-]+\s){0,2}?(?:disease|tumou?rs?|cancer|lesions?|mass(?:es)?|nodules?|growth|malignancy"
    r"|papules?|deposits?|leuka?emia|\w{3,20}oma)|it)\s(?:(?:has|have|had|then|also|never|not|soon|again|did|later|once|locally|promptly"
    r"|quickly|subsequently|rapidly|gradually)\s){0,3}$"
)
_RESULT = re.compile(r"\s(?:(?:to|within|into)\s|(?:as\s|with\s)?(?:an?\s)?(?:negative|positive|benign|malignant|normal))")
# "Local recurrence at 3 years was 19%" is a rate of many.
_RATE = re.compile(
    r"(?:\s[\w-]+){0,6}?\s(?:was|were|is|of|in|by|from)\s(?:about\s|only\s|up\sto\s)?\d+(?:[.,]\d+)?\s?(?:%|per\s?cent|to\s\d)"
)
# These deny a return or a spread, but not the disease: "negative for malignancy" is a specimen's word.
_WEAK = ("negative for", "no new", "clear of", "absence of", "no visible", "no viable", "no detectable")
_NOT_DONE = re.compile(
    r"\b(?:advised|recommended|offered|suggested|proposed|planned|scheduled|considered|refus\w+|declin\w+|reject\w+|denied|unfit|not|no"
    r"|without|awaiting|candidate|indicat\w+)\s(?:[\w-]+\s){0,4}$"
)
_EXAMINED = re.compile(
    r"\b(?:ct|mri|pet|scan|\w{0,25}scop|biops|\w{0,15}graph|imaging|exam|test|evaluat|assess|screen|analys|sequenc|aspirat|follow"
    r"|consult|counsel"
    r"|puncture|investigat|work)"
)
_ANOTHER = re.compile(r"\b(?:baby|infants?|newborn|neonate|fetus|child\swas\sborn|flap|graft|wound|mother|donor)\b")
_REMOVED = re.compile(r"(?:resect|remov|excis|treat|irradiat|eradicat)\w*\s(?:of\s)?(?:the\s|this\s|his\s|her\s)?$")
_OF_TUMOUR = re.compile(r"lesion|mass\b|nodul|radiolog|imaging|scan|\bct\b|\bmri\b|chemotherap|treatment|therapy|drug|mg\b")
_VAGUE = re.compile(r"rapid|progress(?:ed|ing)$|disseminat|enlarged|increased")
_OF_WHAT = re.compile(r"\s(?:of|to|towards?|from|into)\b")
_GROWTH = re.compile(
    r"disease|tumou?r|cancer|malignan|neoplas|carcinom|sarcom|lymphom|melanom|gliom|blastom|myelom|leuk|recurr|relaps"
    r"|lesion|mass\b|masses|nodul|lymph\snode|chemotherap|radiotherap|\bct\b|\bmri\b|\bpet\b|clinical|recist|uptake|metasta"
)
_SOUGHT = re.compile(
    r"\b(?:evaluat|assess|screen|search|investigat|examin|monitor|check|look|presum|differentia|distinguish|discriminat)\w{0,4}\s"
    r"(?:[\w'’]+\s){0,4}?(?:for|to\sbe|as|or|between|from)\s(?:[\w'’-]+\s){0,4}$"
)
_IF = re.compile(r"\b(?:if|whether|unless)\s(?:[\w-]+\s){0,3}$")
_SCAN = (
    r"(?:ct|mri|pet|scans?|imaging|tomography|ultraso\w{3,10}|radiographs?|\w{2,12}scopy"
    r"|mammogra\w{1,3}|scintigra\w{1,4}|x-rays?|resonance)"
)
_CLEAN = r"(?:negative|normal|unremarkable|clear)(?!\s(?:for|cell|saline|margin))"
_IS = r"(?:was|were|is|are|be|remains?|remained|(?:has|have)\s(?:been|remained))"
_CLEAN_SCAN = re.compile(
    rf"\b{_SCAN}\b[^.;:]{{0,60}}?\s{_IS}\s(?:\w+\s){{0,2}}?{_CLEAN}\b|\b{_CLEAN}\s(?:\w+\s){{0,2}}{_SCAN}\b"
    r"|\b(?<!it\s)remain(?:s|ed)\s(?:\w+ly\s)?clear\b(?!\s(?:that|whether|how|if|to|of|cell|from|why|what))"
)
# "MRI showed no abnormality", "no lesion was seen on CT", "the last CT revealed nothing".
_FINDING = r"(?:abnormal\w*|lesions?|uptake|mass(?:es)?|deposits?|tumou?rs?|disease|residue|remnants?|nodules?|foc(?:us|i)|recurren\w+)"
_NO_FINDING = re.compile(
    rf"\b(?:(?:no|nor|neither|without)\s(?:(?!evidence|sign|change|increase|progress|further|other)[\w-]+\s){{0,3}}?{_FINDING}\b"
    r"(?!\s(?:cells?|necrosis|markers?|progress\w*|growth|increase|thrombus|burden|infiltrat\w+|extension|lysis))"
    r"|(?:show|reveal|disclos|detect|found|find)\w*\snothing\b|nothing\sto\ssuggest\b)"
)
_EXAMINATION = re.compile(rf"\b(?:{_SCAN}|examinations?|check-?ups?|studies|investigations|surveillance|follow-?up)\b")
_LESION = r"(?:lesions?|nodules?|mass(?:es)?|tumou?rs?|disease|metasta\w+|deposits?|remnants?|residue)"
# "The nodules were unchanged", "the metastases have shrunk": the tumour is there.
_REMAINS = re.compile(
    rf"\b{_LESION}\b(?:\s(?!no\b|not\b|that\b|which\b|and\b|but\b)[\w'’-]+){{0,4}}?\s(?:is|are|was|were|remains?|remained|had|has|have)\s"
    r"(?:\w+\s){0,2}?(?:stable|unchanged|static|smaller|under\scontrol|shrunk|shrunken|shrinking|decreased|diminished|regressed"
    r"|growing|enlarging|increasing|advancing|progressing|not\schanged|responding)\b"
    rf"|\b(?:shrinkage|partial\sregression|reduction|decrease)\s(?:in\s(?:the\s)?(?:size|number|volume)\s)?(?:of|in)\s(?:[\w-]+\s){{0,3}}?{_LESION}\b"
)
_REMAINS_CUES = (
    "stable", "unchanged", "static", "smaller", "control", "shr", "decrease", "diminish", "regress", "grow", "enlarg", "increas", "advanc",
    "progress", "changed", "respond", "reduc",
)  # fmt: skip
_GONE = re.compile(r"disappear|resolved|resolution|vanish|no\slonger|resect|remov|excis")
_RELATIVE = re.compile(
    r"\b(?:mother|father|brother|sister|son|daughter|wife|husband|aunt|uncle|cousin|sibling|parent|grand\w+|relatives?|family"
    r"|patients|cases"
    r"|women|men|children|fetus|baby|twin|donor)\b"
)
_HIS = re.compile(r"\b(?:his|her|(?:the|our)\spatient['’]?s)\s(?:(?:own|sudden|untimely|eventual|early|subsequent|premature)\s)?$")
_TURNS = re.compile(
    r"(?:,|;|\band|\bbut|\bwhere|\buntil)\s(?:[a-z]+\s)?(?:the|our|this)\s(?:patient|child|boy|girl|infant|baby|man|woman)\b|\bwhere\s(?:he|she)\b"
)
_PATIENT = re.compile(r"\b(?:the|our|this)\s(?:patient|child|boy|girl|infant|man|woman)\b|\b(?:he|she)\b")
_OF_CELLS = re.compile(r"\bcell\slines?\b|\bmice\b|\bmouse\b|\brats?\b")
_NOT_CAUSED = re.compile(r"\b(?:no|not|without|nor|neither)\s(?:\w+\s){0,3}$")
_NOT_DEAD = re.compile(r"\b(?:no|not|without|never|neither|nor|\w{2,6}n['’]t)\b(?:(?!\b(?:and|but|he|she|patient|so)\b)[^;,.])*$")
_REACH, _NEAR, _SHORT = 110, 40, 15
_REACH_UNCERTAIN = 60


def find(reading: Reading, sentence: Sentence) -> list[Cue]:
    """Return the judged cues of a sentence: of the treatments that only other lexicons name, then the others in order."""
    hits = reading.hits_in(LEXICON, sentence)
    named = [hit.entry.concept_id for hit in hits]
    found: list[Cue] = []
    if TREATMENTS.isdisjoint(named):
        found.extend(_drugs(reading, sentence))
    if "surgery" not in named and (operations := reading.hits_in(_PROCEDURES, sentence)):
        found.extend(_operation(reading, sentence, operations))
    for number, name in enumerate(named):
        judge = _JUDGES.get(name)
        kind = judge(reading, sentence, hits, number) if judge else name
        if kind:
            found.append(Cue(kind, hits[number].start, hits[number].end))
    if (clean := _clean_scan(sentence)) or (clean := _no_finding(sentence)):
        found.append(clean)
    elif remains := _remains(sentence):
        found.append(remains)
    return found


def _drugs(reading: Reading, sentence: Sentence) -> Iterator[Cue]:
    """Yield the first drug of a sentence that names no other treatment, if it was given: one against the tumour."""
    for lexicon in _DRUGS:
        for hit in reading.hits_in(lexicon, sentence):
            if hit.entry.more.get("class") != "supportive":
                if context.assertion_of(reading, hit.start, hit.end, sentence) == context.PRESENT:
                    yield Cue("chemotherapy", hit.start, hit.end)
                break


def _operation(reading: Reading, sentence: Sentence, operations: Sequence[Hit]) -> Iterator[Cue]:
    """Yield the first operation of a sentence that names none of the lexicon's, if it was done."""
    for hit in operations:
        if hit.id == "resection" and _is_done(reading, sentence, hit):
            yield Cue("surgery", hit.start, hit.end)
            return


def _clean_scan(sentence: Sentence) -> Cue | None:
    """Return that an examination of the patient found nothing: "the CT scan was unremarkable"."""
    lower = sentence.lower
    if "normal" in lower or "negative" in lower or "unremarkable" in lower or "clear" in lower:
        found = _CLEAN_SCAN.search(lower)
        if found:
            return Cue("clean_scan", sentence.start + found.start(), sentence.start + found.end())
    return None


def turns_to_patient(lower: str) -> bool:
    """Return whether words that follow a relative turn to the patient: ", and the child died"."""
    return _TURNS.search(lower) is not None


def _no_finding(sentence: Sentence) -> Cue | None:
    """Return that an examination of the patient did not find a tumour: "MRI showed no abnormality", "revealed nothing"."""
    lower = sentence.lower
    if not (" no " in lower or "no " in lower[:3] or "nothing" in lower or "without" in lower or "neither" in lower):
        return None
    found = _NO_FINDING.search(lower)
    if found is None or _LOOKED_AT.search(lower) or not _EXAMINATION.search(lower):
        return None
    return Cue("clean_scan", sentence.start + found.start(), sentence.start + found.end())


def _remains(sentence: Sentence) -> Cue | None:
    """Return that the tumour is told to be there still, whether smaller, as it was or growing."""
    lower = sentence.lower
    found = _REMAINS.search(lower) if holds_any(lower, _REMAINS_CUES) else None
    if found is None or _GONE.search(lower) or _LOOKED_AT.search(lower):
        return None
    return Cue("remains", sentence.start + found.start(), sentence.start + found.end())


def names_tumour(words: str) -> bool:
    """Return whether words in lower case name a tumour, its return or its spread."""
    return _TUMOUR.search(words) is not None


def _again(reading: Reading, sentence: Sentence, hits: Sequence[Hit], number: int) -> str | None:
    """Judge a word of recurrence."""
    hit = hits[number]
    before, after = _around(sentence, hit)
    if _is_complaint(hits, number, sentence):
        return NOT_TUMOUR
    if _is_uncertain(hits, number, sentence):
        return UNLIKELY
    if _UNCERTAIN_AFTER.match(after) or (hit.entry.variant in _COMING_BACK and not names_tumour(sentence.lower)):
        return UNLIKELY
    if hit.entry.variant in _COMES and not _of_tumour(before, after):
        return None
    if "%" in after and _RATE.match(after):
        return UNLIKELY
    if _DENIED_BEFORE.search(before) or _DENIED_AFTER.match(after):
        return "no_recurrence"
    assertion = context.assertion_of(reading, hit.start, hit.end, sentence)
    if _SOUGHT.search(before) or _IF.search(before) or sentence.text.endswith("?") or assertion in (context.POSSIBLE, context.PLANNED):
        return UNLIKELY
    return "recurrence"


def _not_again(reading: Reading, sentence: Sentence, hits: Sequence[Hit], number: int) -> str | None:
    """Judge "did not recur": a complaint that did not tells nothing of the tumour."""
    if number and hits[number - 1].id in ("complaint", "cause") and hits[number].entry.variant.startswith(("did not", "not ")):
        between = sentence.lower[hits[number - 1].end - sentence.start : hits[number].start - sentence.start]
        if _gap(between) and not names_tumour(between):
            return NOT_TUMOUR
    after = sentence.lower[hits[number].end - sentence.start :]
    if hits[number].entry.variant in _NOT_COME and not _of_tumour(_around(sentence, hits[number])[0], after):
        return None  # the patient has not come back
    return NOT_TUMOUR if _OF_COMPLAINT.match(after) else hits[number].id


def _of_tumour(before: str, after: str) -> bool:
    """Return whether it is the tumour that came back, not the patient or a result."""
    return _TUMOUR_THAT.search(before) is not None and _RESULT.match(after) is None


def _came(reading: Reading, sentence: Sentence, hits: Sequence[Hit], number: int) -> str | None:
    """Judge "came back" and "returned": a visit, or a return of the tumour."""
    hit = hits[number]
    if hit.entry.variant in _CAME and _of_tumour(*_around(sentence, hit)):
        return _again(reading, sentence, hits, number)
    return hit.id


def _is_uncertain(hits: Sequence[Hit], number: int, sentence: Sentence) -> bool:
    """Return whether a word is feared, guarded against or asked for only: "the risk of recurrence", "to look for relapse"."""
    hit = hits[number]
    for other in reversed(hits[:number]):
        between = sentence.lower[other.end - sentence.start : hit.start - sentence.start]
        if len(between) > _REACH_UNCERTAIN:
            return False
        if other.id == "sought" or (other.id == "uncertain" and _LINK.fullmatch(between)):
            return True
    return False


def _is_complaint(hits: Sequence[Hit], number: int, sentence: Sentence) -> bool:
    """Return whether it is a complaint that recurs, not a tumour: "recurrent pneumonia", "the pain recurred"."""
    hit = hits[number]
    words = hit.entry.variant
    if number + 1 < len(hits) and hits[number + 1].id in ("complaint", "cause"):
        between = sentence.lower[hit.end - sentence.start : hits[number + 1].start - sentence.start]
        if words in ("recurrent", "recurring", "relapsing", "recurrence") and _gap(between) and not _TUMOUR.search(between):
            return True
    if number and hits[number - 1].id in ("complaint", "cause") and words not in ("recurrent", "relapsing"):
        between = sentence.lower[hits[number - 1].end - sentence.start : hit.start - sentence.start]
        return len(between) < _SHORT and not _JOINS.search(between) and not _TUMOUR.search(between)
    return False


_JOINS = re.compile(r"[,;]|\s(?:of|with|and|or|but|nor|no|not|without)\b")


def _gap(words: str) -> bool:
    """Return whether the words between an adjective and its noun are few."""
    return len(words) < 40 and words.count(" ") <= 6 and "," not in words


def _spread(reading: Reading, sentence: Sentence, hits: Sequence[Hit], number: int) -> str | None:
    """Judge a word of metastasis."""
    hit = hits[number]
    before, after = _around(sentence, hit)
    if _DENIED_BEFORE.search(before) or _DENIED_AFTER.match(after):
        return "no_metastasis"
    assertion = context.assertion_of(reading, hit.start, hit.end, sentence)
    if assertion == context.ABSENT:
        return "no_metastasis"
    if assertion != context.PRESENT or _is_uncertain(hits, number, sentence) or _SOUGHT.search(before):
        return UNLIKELY
    return "recurrence" if "metachron" in before[-_REACH_UNCERTAIN:] else "metastasis"


def _sign(reading: Reading, sentence: Sentence, hits: Sequence[Hit], number: int) -> str | None:
    """Judge "no evidence of ..." by what there is no evidence of."""
    hit = hits[number]
    before, after = _around(sentence, hit)
    found = _TUMOUR.search(after.split(",")[0] if "recurr" not in after else after)
    following = hits[number + 1] if number + 1 < len(hits) else None
    if not found or (following and following.id == "complaint" and following.start - hit.end < found.start()):
        return None
    if found["again"] or re.search(r"recurr|relaps", after[: found.end() + 40]):
        return "no_recurrence"
    if found["spread"]:
        return "no_progression" if found["spread"] == "progress" else "no_metastasis"
    weak = hit.entry.variant in _WEAK or _PIECE.search(before[-45:]) or _PIECE.search(after[: found.end()])
    return None if weak or _LOOKED_AT.search(sentence.lower) or _OF_KIND.match(after, found.end()) else "free"


def _free(reading: Reading, sentence: Sentence, hits: Sequence[Hit], number: int) -> str | None:
    """Judge "tumor-free": margins that are so tell nothing of the course."""
    before, after = _around(sentence, hits[number])
    return None if _PIECE.search(before[-45:]) or _PIECE.match(after.lstrip(" -")) else "free"


def _well(reading: Reading, sentence: Sentence, hits: Sequence[Hit], number: int) -> str | None:
    """Judge a word of well-being: "was well circumscribed" speaks of a mass, "the baby is well" of another."""
    hit = hits[number]
    before, after = _around(sentence, hit)
    if hit.entry.variant == "asymptomatic" and not _STATE_ENDS.match(after):
        return None  # "asymptomatic hyperparathyroidism"
    return None if _NOT_WELL.match(after) or _ANOTHER.search(before[-40:]) else hit.id


def _remission(reading: Reading, sentence: Sentence, hits: Sequence[Hit], number: int) -> str | None:
    """Judge a word of remission: "almost complete", hoped for, or of a complaint is none."""
    hit = hits[number]
    before, after = _around(sentence, hit)
    if _SHORT_OF.search(before) or _DENIED_BEFORE.search(before[-45:]) or _is_uncertain(hits, number, sentence):
        return None
    if _OF_COMPLAINT.match(after) or context.assertion_of(reading, hit.start, hit.end, sentence) != context.PRESENT:
        return None
    if _SUBJECT_COMPLAINT.search(before):
        return None
    # "Has been in complete remission for three years": it lasted.
    return "lasting_remission" if _LASTED.match(after) or _LASTS.search(before) else hit.id


def _active(reading: Reading, sentence: Sentence, hits: Sequence[Hit], number: int) -> str | None:
    """Judge a word of remaining tumour: one that was then resected does not remain."""
    hit = hits[number]
    return None if hit.entry.variant.startswith("residual") and _REMOVED.search(_around(sentence, hit)[0]) else hit.id


def _stable(reading: Reading, sentence: Sentence, hits: Sequence[Hit], number: int) -> str | None:
    """Judge "remained stable": remaining tumour, where the sentence speaks of one or of its treatment."""
    return "active" if names_tumour(sentence.lower) or _OF_TUMOUR.search(sentence.lower) else None


def _diagnosed(reading: Reading, sentence: Sentence, hits: Sequence[Hit], number: int) -> str | None:
    """Judge a word of diagnosis: that of another disease years ago ("diagnosed with celiac disease") begins no story."""
    hit = hits[number]
    lower = sentence.lower
    if not (" ago" in lower or "previous" in lower or "history" in lower or "earlier" in lower):
        return hit.id
    return hit.id if reading.hits_in("histology", sentence) or _GROWTH.search(lower.replace("disease", "")) else None


def _dead(reading: Reading, sentence: Sentence, hits: Sequence[Hit], number: int) -> str | None:
    """Judge a word of death: a relative's or other patients' is none."""
    hit = hits[number]
    before, _ = _around(sentence, hit)
    if _OF_CELLS.search(sentence.lower):
        return NOT_PATIENT
    if hit.entry.variant in ("death", "demise") and _HIS.search(before):
        return hit.id  # "he and his family stopped treatment, leading to his death"
    last = max((found.end() for found in _PATIENT.finditer(before)), default=0)
    if _RELATIVE.search(before, last) or context.subject_of(reading, hit.start, hit.end, sentence) == "family":
        return NOT_PATIENT
    if (
        _NOT_DEAD.search(before[-25:])
        or _IF.search(before)
        or (hit.entry.variant in ("death", "demise") and _is_uncertain(hits, number, sentence))
    ):
        return UNLIKELY
    return hit.id


def _cause(reading: Reading, sentence: Sentence, hits: Sequence[Hit], number: int) -> str | None:
    """Judge a word of another illness: "had no postoperative complications" is none."""
    return None if _NOT_CAUSED.search(_around(sentence, hits[number])[0][-45:]) else hits[number].id


def _lost(reading: Reading, sentence: Sentence, hits: Sequence[Hit], number: int) -> str | None:
    """Judge "did not come back": a patient who was lost, or a tumour that stayed away. "The test did not report a mutation" is neither."""
    hit = hits[number]
    before, after = _around(sentence, hit)
    if hit.entry.variant == "did not report":
        return hit.id if _STATE_ENDS.match(after) else None
    return "no_recurrence" if hit.entry.variant in _STAYED_AWAY and _of_tumour(before, after) else hit.id


def _treated(reading: Reading, sentence: Sentence, hits: Sequence[Hit], number: int) -> str | None:
    """Judge a treatment: planned or declined is none."""
    return hits[number].id if _is_done(reading, sentence, hits[number]) else None


def _is_done(reading: Reading, sentence: Sentence, hit: Hit) -> bool:
    """Return whether a treatment was given: not planned, advised or declined."""
    if _NOT_DONE.search(_around(sentence, hit)[0]):
        return False
    cue = context.cue_of(reading, hit.start, hit.end, sentence)
    if cue is not None and cue.start > hit.end and cue.entry.variant.endswith("free of"):
        return True  # "underwent resection, and in May she was free of disease"
    return context.assertion_by(cue) not in (context.ABSENT, context.PLANNED)


def _underwent(reading: Reading, sentence: Sentence, hits: Sequence[Hit], number: int) -> str | None:
    """Judge "underwent": a treatment, unless it was an examination."""
    hit = hits[number]
    _, after = _around(sentence, hit)
    return None if _EXAMINED.search(after[:50]) else _treated(reading, sentence, hits, number) and "treatment"


def _progressed(reading: Reading, sentence: Sentence, hits: Sequence[Hit], number: int) -> str | None:
    """Judge a word of progression."""
    hit = hits[number]
    before, after = _around(sentence, hit)
    if hit.entry.variant.startswith(("no ", "did not", "failed")):
        return hit.id
    if hit.entry.variant == "progression" and _OF_WHAT.match(after) and not _GROWTH.search(after[:_NEAR]):
        return None  # "progression of fatigue"
    if number and hits[number - 1].id in ("complaint", "cause"):
        between = sentence.lower[hits[number - 1].end - sentence.start : hit.start - sentence.start]
        if len(between) < _SHORT and not _JOINS.search(between):
            return None  # "the pneumonia progressed"
    if _VAGUE.match(hit.entry.variant) and not _GROWTH.search(_without(sentence, hit)):
        return None  # "pain which progressed over three months", "rapidly progressive dyspnea"
    if number + 1 < len(hits) and hits[number + 1].id in ("complaint", "cause"):
        between = sentence.lower[hit.end - sentence.start : hits[number + 1].start - sentence.start]
        if _gap(between) and not names_tumour(between):
            return None
    return "no_progression" if _DENIED_BEFORE.search(before) else hit.id


def _without(sentence: Sentence, hit: Hit) -> str:
    """Return the words of a sentence without those of a hit, in lower case."""
    return sentence.lower[: hit.start - sentence.start] + sentence.lower[hit.end - sentence.start :]


def _around(sentence: Sentence, hit: Hit) -> tuple[str, str]:
    """Return the words of the sentence before and after a hit, within reach, in lower case."""
    start, end = hit.start - sentence.start, hit.end - sentence.start
    return sentence.lower[max(0, start - _REACH) : start], sentence.lower[end : end + _REACH]


def _nothing(reading: Reading, sentence: Sentence, hits: Sequence[Hit], number: int) -> str | None:
    """Judge a word that only hides another: "recurrence rate", "cell death"."""
    return None


_JUDGES = {
    "recurrence": _again,
    "no_recurrence": _not_again,
    "metastasis": _spread,
    "sign": _sign,
    "free": _free,
    "active": _active,
    "stable": _stable,
    "alive": _well,
    "remission": _remission,
    "death": _dead,
    "lost": _lost,
    "cause": _cause,
    "diagnosis": _diagnosed,
    "underwent": _underwent,
    "progression": _progressed,
    "admission": _came,
    "not_recurrence": _nothing,
    "not_death": _nothing,
    "not_treatment": _nothing,
    "relative": _nothing,
    "uncertain": _nothing,
    "sought": _nothing,
    **dict.fromkeys(TREATMENTS, _treated),
}
