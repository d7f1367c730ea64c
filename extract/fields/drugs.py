"""Drugs given to this patient against this tumour, with dose, schedule and cycles; one entry a drug."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from extract import dosing, drug_course, never_had, regimens, resumed, treatment
from extract.lexicon import Entry
from extract.reading import NOTHING, Finding, Hit, Mention, Reading, Resolution, Sentence, holds_any
from extract.record import Drug, Histology

NAME = "drugs"
FIELDS = ("drugs",)

# All patterns read the sentence in lower case.
_GIVING = re.compile(
    r"receiv|treat|administ|start|applica|underw|undergo|given|\bgave\b|\bgot\b|chemo|regimen|cycle|course|dose|\bmg\b|therap"
    r"|follow|switch|respon|complet|continu|maint|commenc|initiat"
    r"|combin|infus|inject|prescrib|taking|\btook\b|tablet|\boral|adjuvant|consist|perfus|stopp|chang|\bon\b|\bused\b"
    r"|\badded\b|\btried\b|\btrial\b|\bprolong|\bopted|\bchose|substitut|replac|instilled|embolisation\swith|embolization\swith|\btace\swith|hipec|progress\w*\s(?:through|on|after|despite)|accepted|consented|\btaken\b|\bfollowing\b|\bafter\b|plus|introduc|managed|appl(?:y|ied)|effective|success|challeng|\bunder\b|months?\sof|\bbeg[au]n|shr[iau]nk|control"
    r"|benefit|failed|failure|toler|despite|refractory|\bbegin|induc|compris|\bplan|concurrent|consolidat",
)
# "cisplatin-resistant", "allergic to paclitaxel", "tamoxifen-induced": the name is said, its giving is not.
_BEFORE = re.compile(
    r"\bwe\s(?:also\s|had\s)?(?:considered|discussed|contemplated)\s(?:\w+\s){0,2}$"
    r"|\b(?:sensitiv|suscepti|allerg|hypersensitiv|intoleran)\w*\s(?:to|against|for)\s(?:\w+\s){0,2}$"
    r"|\banti-?$|\b(?:serum|plasma|levels?\sof|target\sof)\s$"
    r"|(?:tyr3|dota\S{0,12}|phe1?|\bin|tc|indium(?:-111)?|technetium(?:-99m)?|111|99m\)?|radiolabell?ed|gallium\S{0,4})[\s-]{1,2}$",
)
# One of these stands in all that `_BEFORE` matches, but for "in", which stands at its end.
_BEFORE_CUES = (
    "considered", "discussed", "contemplated", "sensitiv", "suscepti", "allerg", "intoleran", "anti", "serum", "plasma", "level", "target",
    "tyr3", "dota", "ph", "tc", "indium", "technetium", "111", "99m", "radiolabel", "gallium",
)  # fmt: skip
_AFTER = re.compile(
    r"[\s-]?(?:sensitiv|resistan|refractor|na[iï]ve|suscepti|allerg|induced|related|associated|toxicit|levels?\b"
    r"|concentration|receptor|suppression\stest|scan|scintigra|uptake|criteria|excretion|eluting|staining|assay|gene\b|test)",
)
# Not the tumour: inflammations by their ending, and what else these drugs are given for.
_OTHER_DISEASE = (
    r"(?:(?<!carcinomatous )(?<!neoplastic )(?<!lymphomatous )(?<!leptomeningeal )\w{3,20}itis|psoria\w+|lupus|sclerosis|crohn\w*"
    r"|transplant\w*|nephr(?:itis|otic|opath\w+)|pemphig\w+|sarcoidosis|osteoporosis|infertility|ectopic\spregnancy|asthma|o?edema"
    r"|hypercalc\w+|rash|endometriosis|contraception|acne|ra\b|sle\b|hcv\b|hbv\b|chc\b|ch-c\b|aosd\b|hepatitis\s[bc]\b"
    r"|appetite|cachexia|anorexia|hot\sflashes|menopaus\w+|alopecia|graft|gvhd\b|vasculit\w+|uveitis|macular|retinopath\w+|thrombocytop\w+|an(?:a)?emia)"
)
_FOR_OTHER = re.compile(
    rf"(?:(?!\b(?:stop|discont|with(?:held|draw)|held|switch|reduc|suspend|interrupt|delay|chang|replac|omit|taper|halt|ceas|given\sup|abandon|terminat|tolera|hospitali|admi(?:ssion|tted)|(?:but|however|which|who|developed?|died|presented)\b)"
    rf"|\b(?:cancer|tumou?r|carcinoma|sarcoma|lymphoma|leuk\w+|myeloma|melanoma)\b)[^;])"
    rf"{{0,120}}?\b(?:for|due\sto|because\sof|to\s(?:treat|increase|improve|stimulate|control|prevent))\s(?:(?!\d)\w+\s){{0,4}}{_OTHER_DISEASE}",
)
# "hepatitis was treated with", but not "hepatitis after treatment with".
_OTHER_TREATED = re.compile(
    rf"\b{_OTHER_DISEASE}\b(?:(?!\b(?:after|following|during|while|due|secondary|when|since)\b)[^.;]){{0,40}}"
    r"\b(?:treated|managed|controlled|improved|resolved|responded|taking)\s(?:with|to|by|on)?(?:(?!\b(?:after|following"
    r"|during)\b)[^.;]){0,40}$",
)
# One of these stands in all that `_OTHER_TREATED` matches.
_TREATING = ("treated", "managed", "controlled", "improved", "resolved", "responded", "taking")
_HOME = re.compile(
    r"\b(?:home|current|regular|usual|daily|concomitant|pertinent|chronic|past|other|her|his)\smedications?\b[^.;]*$"
    r"|\bmedications?\s(?:includ|consist|were|was|list)[^.;]*$|\bhyperplasia\b",
)
# Interferon and ribavirin are given against viral hepatitis, too.
_VIRAL = re.compile(r"ribavirin|\bsvr\b|sustained\sviro|hepatitis|\bhcv\b|\bhbv\b|\bch-?c\b|multiple\ssclerosis")
# The record is of systemic drugs: creams, drops and the like are none.
_TOPICAL_BEFORE = re.compile(r"\btopical(?:ly)?\s(?:[\w.%-]+\s){0,3}$")
_TOPICAL = re.compile(r"[^.;,]{0,25}?\b(?:creams?|ointments?|gels?|lotions?|eye\sdrops|eyedrops|drops|mouthwash|paste)\b")
# What is stopped, changed or goes on had been begun; what answered had been given.
_WAS_ON = re.compile(
    r"(?:\s(?:therapy|treatment|chemotherapy|monotherapy|administration|maintenance|infusion))?\s?(?:\([^)]{0,30}\)\s)?"
    r"(?:(?:was|were|had\sto\sbe|has\sbeen|had\sbeen)\s(?:\w+ly\s|then\s|also\s){0,2}(?:discontinued|stopped|withdrawn|ceased"
    r"|interrupted|suspended|resumed|re-?started|continued|changed|switched|replaced|reduced|tapered|tolerated|halted|terminated"
    r"|considered\s(?:as\s)?(?:effective|successful|responsible|the\scause)|effective|ineffective|well\stolerated|added|initiated|introduced|commenced|started|administered|given|re-?initiated)\b"
    r"|(?:discontinuation|withdrawal|cessation)\b)",
)
_WITH_RESPONSE = re.compile(
    r"[^.;]{0,60}?\b(?:with|and|which|resulting\sin|leading\sto|achieving|achieved)\s(?:(?:an?|was|were|the|good|very|excellent|complete|partial"
    r"|clinical|rapid|dramatic|significant|\w+\sand)\s){0,4}(?:respon\w+|remission|regression|shrinkage|tolerat\w+|effective)",
)
_COULD = re.compile(r"[^.;]{0,60}?\bcould\s(?:only\s)?be\s(?:\w+ly\s)?(?:applied|given|administered|completed|continued|delivered)\b")
_CHEMO_DONE = re.compile(
    r"\b(?:completed|received|underwent|tolerated|finished|after|following|started|commenced|responded"
    r"|undergoing)\b[^.;]{0,50}\b(?:cycles?|courses?|chemo\w*|treatment|therapy|regimen)\b"
    r"|\b(?:cycles?|courses?|chemo\w*|treatment|therapy|regimen|phases?)\b[^.;]{0,30}\b(?:was|were)\s(?:\w+ly\s)?(?:completed|well\stolerated"
    r"|tolerated|started|given|administered|initiated|commenced|effective)\b",
)
_REFUSED = re.compile(r"\b(?:declin|refus|denied|reject|not\s(?:receive|start|undergo|given))")
_CONSISTED = re.compile(
    r"\b(?:plan|regimen|protocol|treatment|chemotherapy|therapy|induction|consolidation|maintenance|cycles?)\b[^.;]{0,40}"
    r"\b(?:consisted|comprised|included|was|were)\b",
)
# What was done, though no one is named to whom: "First-line treatment was letrozole", "Chemotherapy with cisplatin was started".
_IMPERSONAL = re.compile(
    r"\b(?:treatment|therapy|chemotherapy|chemoradi\w+|chemoradiotherapy|immunotherapy|hormonotherapy|regimen|protocol|drugs?|cycles?|courses?|line|infusions?|tablets?)\b"
    r"[^.;]{0,80}?\b(?:was|were)\s(?:(?!not|never|being|planned|reported|shown|found|associated)\w+\s){0,2}?(?:started|initiated|selected|chosen|given|administered|begun|commenced"
    r"|switched|changed|continued|tried|instituted|introduced|added|replaced|resumed|delivered|prescribed)\b"
    r"|\b(?:treatment|therapy|chemotherapy|regimen|protocol)\s(?:\w+\s){0,2}(?:was|were)\s(?=[a-z0-9-]{5,})(?!(?:not|considered|associated|effective|shown|found|reported|well)\b)"
    r"|\b(?:was|were)\s(?:then\s|subsequently\s|\w+ly\s)?(?:started\son|switched\sto|begun|commenced|initiated|tried|started|given|administered|added|instituted)\b",
)
_TOLD_IN = ("body", "case", "treatment", "follow_up", "introduction")
_OF_OTHERS = re.compile(
    r"\bpatients\b|\bet\sal|\bcases\b|\bstud(?:y|ies)\b|\btrials?\b|\bliterature\b|\breport(?:ed|s)?\b|\b(?:has|have)\sbeen\b|\bguidelines?\b|\bmice\b|\bcells?\b|\bcohort"
    r"|\b(?:is|are|may|can|should|could|would|might|would)\b|\bin\s(?:19|20)\d\d,?\s(?:the\s)?fda|\bapprov|\bintroduced\s(?:in|as|into)\b|\bauthors\b|\bmother|\bfather|\b(?:brother|sister|aunt|uncle)\b"
)
_CITED = re.compile(r"\[\s?\d|et\sal|\bpatients\b|\bhas\sbeen\b|\bhave\sbeen\b")
_ANTITUMOUR = ("antineoplastic", "targeted", "immunotherapy", "hormone")
_ANTIINFLAMMATORY = ("steroid", "nsaid")
_LEFT_OUT = ("supportive", "class_name")
# Index tumours against which steroids are given: lymphoid, myeloid and histiocytic ones, thymoma, inflammatory
# myofibroblastic tumour, desmoid. ICD-O-3 morphology.
_STEROID_TUMOURS = ("959", "96", "97", "98", "99", "858", "8825", "8821", "8822")
# Lymphoid and plasma cell tumours, whose treatment often begins with a steroid alone, and what else the steroid may be given for.
_LYMPHOID = ("959", "96", "970", "971", "972", "973", "981", "982", "983")
_STEROID_FOR_OTHERS = re.compile(
    r"premedic|pre-medic|anti-?emetic|nausea|o?edema|\breaction|gvhd|graft|transfus|adrenal|replacement|hypotens|shock|allerg|prophyla|immunosuppress|autoimmun|\w{3,20}itis\b"
    r"|neurotox|cytokine|\bcrs\b|\bicans\b|h(?:a)?emoly|thrombocytop|cord\scompress|intracranial|suspected|presum|presumptive|empiric|before\s(?:the\s)?biops|taper"
    r"|respiratory\s(?:failure|distress)|asthma|copd|fever|hypercalc|macrophage|hemophagocyt|haemophagocyt|rash|diagnosed\sas|azathioprin|chloroquin|immunoglobulin|discharged|renal|dialysis|infect|not\simprov|hydrocortison|continues|without\s(?:any\s)?(?:response|effect|improvement)"
)
_SHRANK = re.compile(
    r"\b(?:tumou?rs?|mass|lesions?|nodules?|lymphoma|disease|swelling)\b.{0,60}\b(?:shr[aiu]nk\w*|regress\w*|decreas\w+"
    r"|disappear\w*|reduc\w+|resol\w+|respon\w+)",
)
# "The starting dose was 400 mg a day": of the drug that the sentence before names.
_DOSE_TOLD = re.compile(
    r"(?:the|its|his|her|an?|this|it|treatment|therapy|we|he|she|initially|after|at|due|because|following|doses?|dosage)\b[^.;]{0,100}?\bdos(?:e|es|ed|age|ing)\b"
)
_TO_DOSE = re.compile(
    r"\b(?:dos(?:e|es|ed|age|ing)|to|from)\s(?:(?:was|were|is|of|at|to|from|set|started|initially|a|the|with|begun|initiated|fixed|chosen|as"
    r"|first|reduced|increased|raised|lowered|escalated|titrated|adjusted|down|up|day|daily|oral|intravenous|per|drug|infusion|each|\(|=|:)\s?){0,6}$"
)
_SEPARATES = re.compile(
    r"\b(?:changed|switched|replaced|substituted|converted|escalated)\b|\bsubsequent|\bfollowed\sby\b|;|\bthen\b|\bafter\b|\bprior\sto\b|\band\slater\b"
)


_MORE = re.compile(r"\b(?:more|further|additional|other|extra)\b")
# "Two of the six planned cycles of": two were given.
_OF_PLANNED = re.compile(
    r"\b(?:\d{1,2}|one|two|three|four|five|six|seven|eight)\s(?:out\s)?of\s(?:the\s|his\s|her\s)?(?:\w+\s){0,2}?(?:planned|intended|scheduled|prescribed|proposed)\s(?:\w+\s){0,3}?"
    r"(?:cycles?|courses?|doses?|infusions?|weeks?|months?)\b[^.;]{0,40}$"
)
# Two drugs that are also given against rejection of a graft, and those with which they are.
_AGAINST_REJECTION = ("everolimus", "sirolimus")
_IMMUNOSUPPRESSION = (
    "mycophenol",
    "tacrolimus",
    "cyclosporin",
    "ciclosporin",
    "azathioprin",
    "immunosuppress",
    "rejection",
    "transplant recipient",
)
_OTHER_BRACKET = re.compile(r"\([^()]*\d[^()]*\)")
_OWN_BRACKET = re.compile(r"\s?\([^()]*$")


@dataclass(frozen=True, slots=True)
class Told:
    """What one mention of a drug or regimen says. `klass` is the lexicon's class; a regimen's is "regimen"."""

    name: str
    klass: str
    standing: str
    dose: tuple[dosing.Dose, ...] = ()
    schedule: str | None = None
    cycles: int | None = None
    clue: treatment.Clue = treatment.NO_CLUE
    is_weak: bool = False
    is_with_others: bool = False  # listed with drugs that act against tumours
    is_effective: bool = False  # the sentence tells that the tumour answered
    is_plain: bool = False  # a steroid, of which no other purpose is told
    members: tuple[Entry, ...] = ()  # the drugs of a regimen, where the report spells it out
    course: drug_course.Course = drug_course.NOT_TOLD
    dose_words: drug_course.Part | None = None  # where the dose stands in the next sentence


def find(reading: Reading) -> Iterator[Mention]:
    """Yield each drug and regimen named in the sentences that tell of the patient."""
    numbers = {hit.sentence for lexicon in ("drug", "regimen") for hit in reading.hits.get(lexicon, ())}
    spelled = regimens.expansions(reading) if numbers else {}
    for number in sorted(numbers):
        sentence = reading.sentences[number]
        if sentence.section == "references" or not _is_told(sentence):
            continue
        drugs, named = reading.hits_in("drug", sentence), reading.hits_in("regimen", sentence)
        hits = sorted([*drugs, *(hit for hit in named if not _is_inside(hit, drugs))], key=lambda hit: hit.start)
        if _tells_giving(reading, sentence):
            yield from _mentions(reading, sentence, hits, spelled)


def _is_told(sentence: Sentence) -> bool:
    """Return whether a sentence tells of the patient; under "Treatment" it need not name him: "Induction consisted of cisplatin"."""
    if treatment.is_told(sentence):
        return True
    is_section = sentence.section in ("treatment", "case") and sentence.subject == "general" and not sentence.is_heading
    if _is_told_of_no_one(sentence):
        return True
    return is_section and _CONSISTED.search(sentence.lower) is not None and _CITED.search(sentence.lower) is None


def _is_told_of_no_one(sentence: Sentence) -> bool:
    """Return whether a sentence tells what was given, in the past and of no one else, in a part of the report that holds the case."""
    if sentence.subject != "general" or sentence.section not in _TOLD_IN or sentence.is_heading or sentence.patient == "*":
        return False
    lower = sentence.lower
    return (
        holds_any(lower, ("was", "were"))
        and _IMPERSONAL.search(lower) is not None
        and not (_OF_OTHERS.search(lower) or _CITED.search(lower))
    )


def _tells_giving(reading: Reading, sentence: Sentence) -> bool:
    """Return whether a sentence holds a word of giving, or goes on with the one before it, cut off at an abbreviation ("i.v.")."""
    if _gives(sentence.lower):
        return True
    return sentence.text[:1].islower() and sentence.index > 0 and _gives(reading.sentences[sentence.index - 1].lower)


def _gives(lower: str) -> bool:
    # The commonest of the words that `_GIVING` finds, first.
    return holds_any(lower, ("receiv", "treat", "administ", "start", "chemo", "therap", "given")) or _GIVING.search(lower) is not None


def _is_inside(regimen: Hit, drugs: Sequence[Hit]) -> bool:
    return any(drug.start <= regimen.start and regimen.end <= drug.end for drug in drugs)


def _mentions(reading: Reading, sentence: Sentence, hits: Sequence[Hit], spelled: Mapping[str, tuple[Entry, ...]]) -> Iterator[Mention]:
    text, offset = sentence.text, sentence.start
    doses = dosing.find_doses(text)
    cycles = dosing.find_cycles(text)
    spans = [(hit.start - offset, hit.end - offset) for hit in hits]
    parallel = dosing.parallel_doses(text, doses, spans) if doses and len(hits) > 1 else {}
    given_cycles = _cycles_of(sentence, spans, cycles)
    courses = drug_course.of_drugs(reading, sentence, spans)
    told_next = _dose_told_next(reading, sentence, hits) if not doses else ()
    has_steroid = any(hit.entry.get("class") in _ANTIINFLAMMATORY for hit in hits)
    is_effective = has_steroid and _SHRANK.search(sentence.lower) is not None
    is_plain = has_steroid and _STEROID_FOR_OTHERS.search(sentence.lower) is None
    for number, hit in enumerate(hits):
        start, end = hit.start - offset, hit.end - offset
        back = hits[number - 1].end - offset if number else 0
        upto = hits[number + 1].start - offset if number + 1 < len(hits) else len(text)
        klass = hit.entry.get("class") if hit.entry.lexicon == "drug" else "regimen"
        if klass in _LEFT_OUT:
            yield Mention(NAME, hit.start, hit.end, sentence, Told(hit.entry.preferred, klass, treatment.GIVEN))
            continue
        standing = _standing(reading, sentence, hit)
        said = Told(
            hit.entry.preferred,
            klass,
            standing,
            (told_next[0],)
            if told_next
            else (parallel[number],)
            if number in parallel
            else dosing.dose_of(text, doses, start, end, upto, back),
            dosing.schedule_after(text, end, min(upto, end + 60)),
            given_cycles[number],
            treatment.clue(reading, sentence, hit.start) if standing == treatment.GIVEN else treatment.NO_CLUE,
            treatment.is_aside(reading, sentence) or _AFTER.match(sentence.lower, end, end + 25) is not None,
            any(other.entry.lexicon == "regimen" or other.entry.get("class") in _ANTITUMOUR for other in hits if other is not hit),
            is_effective,
            is_plain,
            spelled.get(hit.id, ()) if klass == "regimen" else (),
            courses[number],
            told_next[1] if told_next else None,
        )
        yield Mention(NAME, hit.start, hit.end, sentence, said, treatment.assertion(standing), "patient")


def _dose_told_next(reading: Reading, sentence: Sentence, hits: Sequence[Hit]) -> tuple[dosing.Dose, drug_course.Part] | tuple[()]:
    """Return the dose of a sentence's only drug and its words, where the next sentence tells it: "The dose was 400 mg daily"."""
    if len({hit.id for hit in hits}) != 1 or sentence.index + 1 >= len(reading.sentences):
        return ()
    other = reading.sentences[sentence.index + 1]
    if other.patient != sentence.patient or other.section != sentence.section or "dos" not in other.lower:
        return ()
    if not _DOSE_TOLD.match(other.lower) or reading.hits_in("drug", other) or reading.hits_in("regimen", other):
        return ()
    dose = next(iter(dosing.find_doses(other.text)), None)
    if dose is None or not _TO_DOSE.search(other.lower, 0, dose.start):
        return ()
    return dose, drug_course.Part(dose.shown, other.start + dose.start, other.start + dose.end, other)


def _standing(reading: Reading, sentence: Sentence, hit: Hit) -> str:
    """Return given, planned, denied or argued; what was planned is given where the next sentences tell of the treatment."""
    lower, start, end = sentence.lower, hit.start - sentence.start, hit.end - sentence.start
    before = lower[max(0, start - 90) : start]
    if hit.entry.get("class") == "hormone" and _HOME.search(before):
        return treatment.ARGUED
    if (
        ((holds_any(before, _BEFORE_CUES) or "in" in before[-4:]) and _BEFORE.search(before))
        or _FOR_OTHER.match(lower, end, end + 160)
        or (holds_any(before, _TREATING) and _OTHER_TREATED.search(before))
    ):
        return treatment.ARGUED
    if ("topical" in before and _TOPICAL_BEFORE.search(before)) or _TOPICAL.match(lower, start, end + 30):
        return treatment.ARGUED
    if hit.id.startswith("interferon") and _VIRAL.search(lower):
        return treatment.ARGUED
    if hit.id in _AGAINST_REJECTION and holds_any(lower, _IMMUNOSUPPRESSION):
        return treatment.ARGUED
    if never_had.is_never_had(lower, start, end):
        return treatment.DENIED
    if never_had.is_of_trials(lower):
        return treatment.ARGUED
    standing = treatment.standing(reading, hit.start, hit.end, sentence)
    if standing != treatment.GIVEN and _is_given_all_the_same(reading, sentence, hit, standing):
        return treatment.GIVEN
    if standing == treatment.PLANNED:
        for other in reading.sentences[sentence.index + 1 : sentence.index + 4]:
            if _REFUSED.search(other.lower):
                return standing
            if other.patient != sentence.patient or reading.hits_in("drug", other) or not _CHEMO_DONE.search(other.lower):
                continue
            if treatment.is_told(other):
                return treatment.GIVEN
    return standing


def _is_given_all_the_same(reading: Reading, sentence: Sentence, hit: Hit, standing: str) -> bool:
    """Return whether words next to a drug tell that it was given, where others in the sentence plan, doubt or deny something."""
    lower, end = sentence.lower, hit.end - sentence.start
    if standing == treatment.DENIED:
        return resumed.is_resumed(reading, sentence, hit.start, hit.end)
    if _COULD.match(lower, end, end + 110) or _WAS_ON.match(lower, end, end + 90):
        return True
    if standing == treatment.PLANNED:
        if "of" in lower and _OF_PLANNED.search(lower[max(0, hit.start - sentence.start - 90) : hit.start - sentence.start]):
            return True
        return _WITH_RESPONSE.match(lower, end, end + 100) is not None or resumed.is_resumed(reading, sentence, hit.start, hit.end)
    return False


def _cycles_of(sentence: Sentence, spans: Sequence[tuple[int, int]], cycles: Sequence[dosing.Cycles]) -> list[int | None]:
    """Return the number of cycles of each drug: "six cycles of A and B" counts forward, "A and B for 3 cycles" back."""
    text, lower = sentence.text, sentence.lower
    result: list[int | None] = [None] * len(spans)
    for number, cycle in enumerate(cycles):
        following = cycles[number + 1].start if number + 1 < len(cycles) else len(text)
        previous = cycles[number - 1].end if number else 0
        forward = re.match(r"\s?(?:of|with|comprising|using|consisting)\b", text[cycle.end : cycle.end + 14]) is not None
        ahead = [at for at, (start, _) in enumerate(spans) if cycle.end <= start < following and not _separates(lower, cycle.end, start)]
        behind = [
            at
            for at, (_, end) in enumerate(spans)
            if previous <= end <= cycle.start and (not _separates(lower, end, cycle.start) or _OWN_BRACKET.match(text, end, cycle.start))
        ]
        if (
            len(behind) > 1
            and _OWN_BRACKET.match(text, spans[behind[-1]][1], cycle.end)
            and _OTHER_BRACKET.search(text, spans[behind[-2]][1], spans[behind[-1]][0])
        ):
            behind = behind[-1:]  # "A (3 months) and B (2 cycles)"
        is_more = _MORE.search(lower, cycle.start, cycle.end) is not None
        for at in ahead if forward and ahead else behind or ahead:
            result[at] = cycle.number + ((result[at] or 0) if is_more else 0)
    return result


def _separates(lower: str, start: int, end: int) -> bool:
    return _SEPARATES.search(lower, start, end) is not None


def resolve(mentions: Sequence[Mention], so_far: object) -> Resolution:
    """Return the drugs given against the tumour; each once, with its first dose and the cycles of its series."""
    if not mentions:
        return NOTHING
    known: Mapping[str, object] = so_far if isinstance(so_far, Mapping) else {}
    groups: dict[str, list[Mention]] = {}
    passed: list[tuple[Mention, str]] = []
    for mention in mentions:
        said = _told(mention)
        reason = _reason(said, known)
        if reason:
            passed.append((mention, reason))
        elif said.members:
            for entry in said.members:
                if entry.get("class") not in _LEFT_OUT:
                    member = replace(mention, value=replace(said, name=entry.preferred, dose=()))
                    groups.setdefault(entry.preferred, []).append(member)
        else:
            groups.setdefault(said.name, []).append(mention)
    findings = [
        Finding(_drug(name, group), (*group, *_proof_of_course(group)))
        for name, group in groups.items()
        if not all(_told(mention).is_weak for mention in group)
    ]
    return Resolution({}, {"drugs": findings} if findings else {}, tuple(passed))


def _told(mention: Mention) -> Told:
    assert isinstance(mention.value, Told)
    return mention.value


def _reason(said: Told, known: Mapping[str, object]) -> str | None:
    """Return why a mention tells of no drug given against this tumour, None where it does."""
    if said.standing != treatment.GIVEN:
        return said.standing
    if said.klass in _LEFT_OUT:
        return "supportive" if said.klass == "supportive" else "no drug's name"
    if said.klass in _ANTIINFLAMMATORY and not _is_against_tumour(said, known.get("histology")):
        return "not against the tumour"
    if treatment.is_other_tumour(said.clue, known.get("site"), known.get("histology")):
        return treatment.FOR_ANOTHER
    return None


def _is_against_tumour(said: Told, histology: object) -> bool:
    """Return whether a steroid or NSAID is given against the tumour: the tumour is of that kind, and the words speak for it."""
    code = histology.morphology if isinstance(histology, Histology) else None
    if code is None or not code.startswith(_STEROID_TUMOURS):
        return False
    return said.is_with_others or said.is_effective or (said.klass == "steroid" and said.is_plain and code.startswith(_LYMPHOID))


def _drug(name: str, group: Sequence[Mention]) -> Drug:
    """Return the fact of one drug from all that was said of it."""
    dosed = next((said.dose for mention in group if (said := _told(mention)).dose), ())
    schedule = next((said.schedule for mention in group if (said := _told(mention)).schedule), None)
    line, response, stop = _parts_of_course(group)
    return Drug(
        name,
        " + ".join(dose.shown for dose in dosed) or None,
        dosed[0].value if dosed else None,
        dosed[0].unit if dosed else None,
        schedule,
        _cycles(group),
        int(line.value) if line else None,
        response.value if response else None,
        stop.value if stop else None,
    )


def _parts_of_course(group: Sequence[Mention]) -> tuple[drug_course.Part | None, drug_course.Part | None, drug_course.Part | None]:
    """Return a drug's first line, its best response and why it was first stopped."""
    courses = [_told(mention).course for mention in group]
    responses = [course.response for course in courses if course.response]
    best = min(responses, key=lambda part: drug_course.RESPONSES.index(part.value), default=None)
    line = min((course.line for course in courses if course.line), key=lambda part: part.value, default=None)
    return line, best, next((course.stop for course in courses if course.stop), None)


def _proof_of_course(group: Sequence[Mention]) -> Iterator[Mention]:
    """Yield the words that tell a drug's line, response and stop, and its dose where another sentence tells it."""
    for part in _parts_of_course(group):
        if part:
            yield Mention(NAME, part.start, part.end, part.sentence, part.value)
    dosed = next((said for mention in group if (said := _told(mention)).dose), None)
    if dosed and (words := dosed.dose_words):
        yield Mention(NAME, words.start, words.end, words.sentence, words.value)


def _cycles(group: Sequence[Mention]) -> int | None:
    """Return the cycles of all series: added up within one part of the report, which may be told again in another."""
    series: dict[str, set[int]] = {}
    for mention in group:
        if (cycles := _told(mention).cycles) is not None:
            part = "summary" if mention.sentence.section in ("abstract", "title", "discussion", "conclusion") else "case"
            series.setdefault(part, set()).add(cycles)
    return max((sum(numbers) for numbers in series.values()), default=None)
