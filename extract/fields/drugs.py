"""Drugs given to this patient against this tumour, with dose, schedule and cycles; one entry a drug."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from extract import dosing, regimens, treatment
from extract.lexicon import Entry
from extract.reading import NOTHING, Finding, Hit, Mention, Reading, Resolution, Sentence
from extract.record import Drug, Histology

NAME = "drugs"
FIELDS = ("drugs",)

_GIVING = re.compile(
    r"receiv|treat|administ|start|underw|undergo|given|\bgave\b|\bgot\b|chemo|regimen|cycle|course|dose|\bmg\b|therap"
    r"|follow|switch|respon|complet|continu|maint|commenc|initiat"
    r"|combin|infus|inject|prescrib|taking|\btook\b|tablet|\boral|adjuvant|consist|perfus|stopp|chang|\bon\b|\bused\b"
    r"|\badded\b|plus|introduc|managed|appl(?:y|ied)",
    re.IGNORECASE,
)
# "cisplatin-resistant", "allergic to paclitaxel", "tamoxifen-induced": the name is said, its giving is not.
_BEFORE = re.compile(
    r"\b(?:sensitiv|suscepti|allerg|hypersensitiv|intoleran)\w*\s(?:to|against|for)\s(?:\w+\s){0,2}$|\banti-?$|\b(?:serum"
    r"|plasma|level\sof|target\sof)\s$|\btrials?\s(?:of|with)\s$",
    re.IGNORECASE,
)
_AFTER = re.compile(
    r"[\s-]?(?:sensitiv|resistan|refractor|na[iï]ve|suscepti|allerg|induced|related|associated|toxicit|levels?\b"
    r"|concentration|receptor|suppression\stest|excretion|eluting|staining|assay|gene\b|test)",
    re.IGNORECASE,
)
# Not the tumour: inflammations by their ending, and what else these drugs are given for.
_OTHER_DISEASE = (
    r"(?:\w{3,20}itis|psoria\w+|lupus|sclerosis|crohn\w*|transplant\w*|neph\w+|pemphig\w+|sarcoidosis|osteoporosis|infertility"
    r"|ectopic\spregnancy|asthma|o?edema|hypercalc\w+|rash|endometriosis|contraception|acne)"
)
_FOR_OTHER = re.compile(rf"[^.;,]{{0,45}}\b(?:for|due\sto|because\sof)\s(?:\w+\s){{0,4}}{_OTHER_DISEASE}", re.IGNORECASE)
# "hepatitis was treated with", but not "hepatitis after treatment with".
_OTHER_TREATED = re.compile(
    rf"\b{_OTHER_DISEASE}\b(?:(?!\b(?:after|following|during|while|due|secondary|when|since)\b)[^.;]){{0,40}}"
    r"\b(?:treated|managed|controlled|improved|resolved|responded|taking)\s(?:with|to|by|on)?(?:(?!\b(?:after|following"
    r"|during)\b)[^.;]){0,40}$",
    re.IGNORECASE,
)
_HOME = re.compile(r"\bmedications?\b[^.;]*$|\bhyperplasia\b", re.IGNORECASE)
_CHEMO_DONE = re.compile(
    r"\b(?:completed|received|underwent|tolerated|finished|after|following|started|commenced|responded"
    r"|undergoing)\b[^.;]{0,50}\b(?:cycles?|courses?|chemo\w*|treatment|therapy|regimen)\b",
    re.IGNORECASE,
)
_REFUSED = re.compile(r"\b(?:declin|refus|denied|reject|not\s(?:receive|start|undergo|given))", re.IGNORECASE)
_ANTITUMOUR = ("antineoplastic", "targeted", "immunotherapy", "hormone")
_ANTIINFLAMMATORY = ("steroid", "nsaid")
_LEFT_OUT = ("supportive", "class_name")
# Index tumours against which steroids are given: lymphoid, myeloid and histiocytic ones, thymoma, inflammatory
# myofibroblastic tumour, desmoid. ICD-O-3 morphology.
_STEROID_TUMOURS = ("959", "96", "97", "98", "99", "858", "8825", "8821", "8822")
_SHRANK = re.compile(
    r"\b(?:tumou?rs?|mass|lesions?|nodules?|lymphoma|disease|swelling)\b.{0,60}\b(?:shr[aiu]nk\w*|regress\w*|decreas\w+"
    r"|disappear\w*|reduc\w+|resol\w+|respon\w+)",
    re.IGNORECASE,
)
_SEPARATES = re.compile(r"\bsubsequent|\bfollowed\sby\b|;|\bthen\b|\bafter\b|\bprior\sto\b|\band\slater\b", re.IGNORECASE)


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
    members: tuple[Entry, ...] = ()  # the drugs of a regimen, where the report spells it out


def find(reading: Reading) -> Iterator[Mention]:
    """Yield each drug and regimen named in the sentences that tell of the patient."""
    spelled = regimens.expansions(reading)
    for sentence in reading.sentences:
        drugs, named = reading.hits_in("drug", sentence), reading.hits_in("regimen", sentence)
        if (not drugs and not named) or sentence.section == "references" or not treatment.is_told(sentence):
            continue
        hits = sorted([*drugs, *(hit for hit in named if not _is_inside(hit, drugs))], key=lambda hit: hit.start)
        if _GIVING.search(sentence.text):
            yield from _mentions(reading, sentence, hits, spelled)


def _is_inside(regimen: Hit, drugs: Sequence[Hit]) -> bool:
    return any(drug.start <= regimen.start and regimen.end <= drug.end for drug in drugs)


def _mentions(reading: Reading, sentence: Sentence, hits: Sequence[Hit], spelled: Mapping[str, tuple[Entry, ...]]) -> Iterator[Mention]:
    text, offset = sentence.text, sentence.start
    doses = dosing.find_doses(text)
    cycles = dosing.find_cycles(text)
    given_cycles = _cycles_of(text, [(hit.start - offset, hit.end - offset) for hit in hits], cycles)
    is_effective = any(hit.entry.get("class") in _ANTIINFLAMMATORY for hit in hits) and _SHRANK.search(text) is not None
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
            dosing.dose_of(text, doses, start, end, upto, back),
            dosing.schedule_after(text, end, min(upto, end + 60)),
            given_cycles[number],
            treatment.clue(reading, sentence, hit.start) if standing == treatment.GIVEN else treatment.NO_CLUE,
            treatment.is_aside(reading, sentence) or _AFTER.match(text, end, end + 25) is not None,
            any(other.entry.lexicon == "regimen" or other.entry.get("class") in _ANTITUMOUR for other in hits if other is not hit),
            is_effective,
            spelled.get(hit.id, ()) if klass == "regimen" else (),
        )
        assertion = {treatment.DENIED: "absent", treatment.PLANNED: "planned", treatment.ARGUED: "possible"}.get(standing, "present")
        yield Mention(NAME, hit.start, hit.end, sentence, said, assertion, "patient")


def _standing(reading: Reading, sentence: Sentence, hit: Hit) -> str:
    """Return given, planned, denied or argued; what was planned is given where the next sentences tell of the treatment."""
    text, start, end = sentence.text, hit.start - sentence.start, hit.end - sentence.start
    before = text[max(0, start - 90) : start]
    if hit.entry.get("class") == "hormone" and _HOME.search(before):
        return treatment.ARGUED
    if _BEFORE.search(before) or _FOR_OTHER.match(text, end, end + 90) or _OTHER_TREATED.search(before):
        return treatment.ARGUED
    standing = treatment.standing(reading, hit.start, hit.end, sentence)
    if standing == treatment.PLANNED:
        for other in reading.sentences[sentence.index + 1 : sentence.index + 4]:
            if _REFUSED.search(other.text):
                return standing
            if other.patient != sentence.patient or reading.hits_in("drug", other) or not _CHEMO_DONE.search(other.text):
                continue
            if treatment.is_told(other):
                return treatment.GIVEN
    return standing


def _cycles_of(text: str, spans: Sequence[tuple[int, int]], cycles: Sequence[dosing.Cycles]) -> list[int | None]:
    """Return the number of cycles of each drug: "six cycles of A and B" counts forward, "A and B for 3 cycles" back."""
    result: list[int | None] = [None] * len(spans)
    for number, cycle in enumerate(cycles):
        following = cycles[number + 1].start if number + 1 < len(cycles) else len(text)
        previous = cycles[number - 1].end if number else 0
        forward = re.match(r"\s?(?:of|with|comprising|using|consisting)\b", text[cycle.end : cycle.end + 14]) is not None
        ahead = [at for at, (start, _) in enumerate(spans) if cycle.end <= start < following and not _separates(text, cycle.end, start)]
        behind = [at for at, (_, end) in enumerate(spans) if previous <= end <= cycle.start and not _separates(text, end, cycle.start)]
        for at in ahead if forward and ahead else behind or ahead:
            result[at] = cycle.number
    return result


def _separates(text: str, start: int, end: int) -> bool:
    return _SEPARATES.search(text, start, end) is not None


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
        Finding(_drug(name, group), tuple(group)) for name, group in groups.items() if not all(_told(mention).is_weak for mention in group)
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
        return "for another tumour"
    return None


def _is_against_tumour(said: Told, histology: object) -> bool:
    """Return whether a steroid or NSAID is given against the tumour: the tumour is of that kind, and the words speak for it."""
    code = histology.morphology if isinstance(histology, Histology) else None
    if code is None or not code.startswith(_STEROID_TUMOURS):
        return False
    return said.is_with_others or said.is_effective


def _drug(name: str, group: Sequence[Mention]) -> Drug:
    """Return the fact of one drug from all that was said of it."""
    dosed = next((said.dose for mention in group if (said := _told(mention)).dose), ())
    schedule = next((said.schedule for mention in group if (said := _told(mention)).schedule), None)
    return Drug(
        name,
        " + ".join(dose.shown for dose in dosed) or None,
        dosed[0].value if dosed else None,
        dosed[0].unit if dosed else None,
        schedule,
        _cycles(group),
    )


def _cycles(group: Sequence[Mention]) -> int | None:
    """Return the cycles of all series: added up within one part of the report, which may be told again in another."""
    series: dict[str, set[int]] = {}
    for mention in group:
        if (cycles := _told(mention).cycles) is not None:
            part = "summary" if mention.sentence.section in ("abstract", "title", "discussion", "conclusion") else "case"
            series.setdefault(part, set()).add(cycles)
    return max((sum(numbers) for numbers in series.values()), default=None)
