"""Radiotherapy: the courses given to this patient for this tumour, and whether any was given."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from extract import courses, doses, particulars, targets, treatment
from extract.courses import Told, told
from extract.particulars import Particular
from extract.reading import NOTHING, Finding, Hit, Mention, Reading, Resolution, Sentence, holds_any
from extract.record import RadiotherapyCourse, Site
from extract.targets import Target

NAME = "radiotherapy"
FIELDS = ("radiotherapy_given", "radiotherapy")

_UNITS = ("Gy", "GY", "gray", "grey", "Gray", "Grey", " rad ", " rads", "CGE")
# The most specific first: a course "of stereotactic radiotherapy with protons" is a proton course.
_RANK = (
    "brachytherapy",
    "IORT",
    "neutron",
    "carbon ion",
    "proton",
    "gamma knife",
    "SBRT",
    "SRS",
    "VMAT",
    "IMRT",
    "3D-CRT",
    "electron",
    "EBRT",
)
# These words name a technique only beside a word for radiotherapy, unless they hold one.
_MODIFIERS = ("electron", "3D-CRT", "IMRT")
_SHORT = frozenset({"RT", "CRT", "XRT", "RTx", "SRT", "SRS", "IMRT", "CCRT", "EBRT", "PBT", "GKS", "IORT", "CIRT", "FSRT"})
_RADIO = re.compile(r"radi", re.IGNORECASE)
_IN_FULL = re.compile(r"radio-?(?:chemo-?)?ther|radiation|irradiat|radiosurg|chemo-?radi|radical\sradio", re.IGNORECASE)
_TRANSCRIPTION = re.compile(r"\b(?:cDNA|PCR|SuperMix|transcript\w*|primers?)\b")
# So many characters after a dose, before it, or after the word for radiotherapy its target is named.
_TARGET_AFTER, _TARGET_BEFORE, _TARGET_BESIDE, _LIST_GAP = 110, 70, 25, 25
# Words that stand beside radiotherapy where it is no treatment of this tumour, or not told as given.
_NOT_THIS = re.compile(
    r"\b(?:asked|inquired|spoke)\sabout\s(?:\w+\s){0,3}$|\bhistory\sof\s(?:previous\s|prior\s|any\s)?$|\bexposure\sto\s$"
    r"|\b(?:resist|sensitiv|refractor)\w*\s(?:to\s)?$|\brefer\w*\s(?:\w+\s){0,4}?(?:to|for)\s(?:\w+\s){0,4}$",
    re.IGNORECASE,
)
_NOT_AFTER = re.compile(
    r"\s?(?:oncolog|depart|unit\b|cent(?:er|re)s?\b|clinic\b|physic|field\s|port|history|planning|is\s(?:the|a|an|usually"
    r"|often)\b|(?:may|might|should|can|could|would|will)\b|are\b|remains\b|has\s(?:a|been\s(?:shown|reported|suggested))\b)",
    re.IGNORECASE,
)
_DENIED_HISTORY = re.compile(r"\b(?:histor(?:y|ies)|previous|prior|exposure|past)\b", re.IGNORECASE)
_BRAIN = re.compile(r"\b(?:whole[-\s]brain|brain|(?:intra)?cranial|WBRT|PCI)\b", re.IGNORECASE)
_REFERENCE = re.compile(
    r"\b(?:after|following|prior\sto|previous|before|despite|during|since|end\sof|completion\sof|completing|the|this|his"
    r"|her)\s(?:[\w-]+\s){0,2}$|\bpost-?\s?$|\bhad\s(?:already\s|previously\s)?been\s$",
    re.IGNORECASE,
)
_RELAPSE = re.compile(r"\b(?:recurren\w+|relaps\w+|recurred)\b", re.IGNORECASE)
_FOR_RELAPSE = re.compile(r"\s(?:for|of|to)\s(?:(?:the|a|his|her|this)\s)?(?:\w+\s)?(?:recurren\w+|relaps\w+)", re.IGNORECASE)
_WHOLE_BODY = re.compile(r"\b(?:total|whole)[-\s]body\b|\bTBI\b", re.IGNORECASE)
# Of which events a course can be told apart from which.
_APART = {
    "adjuvant": frozenset({"palliative", "brain", "stereotactic", "relapse"}),
    "palliative": frozenset({"adjuvant"}),
    "relapse": frozenset({"adjuvant"}),
}
_OWN_CLAUSE = re.compile(r"(?:\band\b|;|\bwhile\b|\bthen\b)[^.;]{0,60}\b(?:was|were|received|underwent)\b", re.IGNORECASE)
_DOSE_WORDS = re.compile(r"Gy|\d\s(?:gr[ae]ys|rads?)\b|\b(?:dose|fraction|deliver|beam|boost|course)", re.IGNORECASE)
_LATER = re.compile(r"\blater\b|\bmetasta|\brecurr|\brelaps|\bprogress", re.IGNORECASE)
# Words with which the story moves on to a later treatment, in lower case.
_STAGE = re.compile(
    r"\blater\b|\brecurr(?:ed|ence|ent)\b|\brelaps\w+|\bprogress(?:ed|ion)\b|\bmetasta(?:sis|ses|tic)\b|\b(?:months|years)\safter\b",
)
# One of these stands in all that it matches.
_STAGE_CUES = ("later", "recur", "relaps", "progress", "metasta", "after")
_GOES_BACK = re.compile(r"(?:before|prior\sto|at\sthe\stime)\b", re.IGNORECASE)
# A sentence that announces the case tells of all treatments at once.
_SUMS_UP = re.compile(
    r"\b(?<!in this )(?<!in the present )(?:reports?|presents?|describes?|illustrates?|study|article|case\sof)\b", re.IGNORECASE
)
# Irradiation of the past that was for no tumour.
# "The platelets recovered without any treatment", "there was no radiation of the pain": no denial of radiotherapy.
_OF_RECOVERY = re.compile(
    r"\b(?:resolv|recover|return|regress|improv|normali[sz]|subsid|disappear|heal|reliev|abat|shrank|shrink|decreas)\w*\b[^.;]{0,80}\bwithout\s(?:[\w-]+\s){0,3}$",
    re.IGNORECASE,
)
_OF_PAIN = re.compile(
    r"\s(?:of\s(?:(?:the|her|his|this)\s)?(?:\w+\s)?pain\b|(?:of\spain\s)?(?:in)?to\s(?:(?:the|her|his|either|any)\s)?(?:\w+\s)?(?:arms?|legs?|back|shoulders?|neck|jaw|groin|limbs?|extremit\w+)\b"
    r"|or\sassociated\ssymptoms)",
    re.IGNORECASE,
)
_IN_PRINCIPLE = re.compile(r"\b(?:can|may|might|should|evidence|outcomes\sfor|is\s(?:usually|often|generally|sufficient|adequate))\b")
_BENIGN = re.compile(
    r"\birradi\w+\b[^.;]{0,60}\b(?:tinea|acne|ringworm|thymic\senlargement|enlarged\s(?:thymus|tonsils)|hyperthyroidism|psoriasis|ankylosing|spondyl"
    r"|keloid|h[a]?emangioma\sin\s(?:infancy|childhood))|\b(?:in|during)\s(?:(?:his|her|early)\s)?(?:childhood|infancy|adolescence)\b[^.;]{0,80}\b(?:irradi|radi)",
    re.IGNORECASE,
)
# "treatment-related", "did not receive any treatment until 2015", "no adjuvant therapy with imatinib": no denial of radiotherapy.
_OTHERWISE = re.compile(
    r"-related|\s(?:until|before|prior\sto|exists?|with\s(?!radio|irradi)[a-z]+(?:mab|nib|fen|zole|ide|in)\b)", re.IGNORECASE
)
# "He had coronary heart disease but did not receive any treatment": no word on the tumour.
_OTHER_DISEASE = re.compile(
    r"\b(?:heart|coronary|hypertens|diabet|arthrit|hepatitis|cirrhos|asthma|stroke|infarct|tubercul|hiv|renal\sfailure|kidney\sdisease|symptom|pain|fever|cough)"
)
_CANCER = re.compile(r"tumou?r|cancer|malignan|neoplas|carcinom|sarcom|lymphom|melanom|gliom|blastom|myelom|leuk|oma\b")
_OWN = re.compile(r"\b(?:the|this|our)\spatient", re.IGNORECASE)
_AGAIN = re.compile(
    r"\b(?:second|third|another|further|additional|repeat(?:ed)?|new)\s(?:[\w-]+\s){0,2}(?:course|cycle|round|series)s?\s(?:of\s)?(?:[\w-]+\s){0,3}$|\bagain\s(?:[\w-]+\s){0,3}$",
    re.IGNORECASE,
)
_FRACTIONS = re.compile(r"\b(?:(?:fraction|session|sitting)s?|treatments)\b", re.IGNORECASE)
_OF_OTHER = re.compile(r"\s(?:of\s)?(?:[\w-]+\s){0,2}(?:chemotherap|immunotherap|hypertherm|dialys|plasma)", re.IGNORECASE)
_BEGUN = re.compile(
    r"\b(?:receiv(?:ed|ing)|underwent|undergoing|started|treated|delivered|initiated|completed|commenced|began|given|administered)\b",
    re.IGNORECASE,
)
_STOPPED = (
    r"(?:discontinu|stopp|terminat|abort|ceas|abandon|cut\sshort|suspend|halt|curtail|withdr[ae]w|(?:not|never)\s(?:be\s)?(?:complet|tolerat|continu|resum|go\sbeyond"
    r"|return|come\sback)|(?:refus|declin)\w+\s(?:to\scontinue|further|the\srest))"
)
_CUT_SHORT = re.compile(rf"\b(?:{_STOPPED}|interrupt|premature|unable|only|died|incomplete|intoleran|refus)", re.IGNORECASE)
_FINAL = re.compile(
    r"\b(?:final|actual|delivered|after|at|received|receiving|completed|only|beyond|with|of\swhich)\s(?:(?:an?|the|total|cumulative|dose|of|only|just)\s){0,4}$",
    re.IGNORECASE,
)
# "was stopped after 12 of 30 fractions", "after his third session": how far a course went that was not completed.
_STOP = re.compile(rf"\b{_STOPPED}", re.IGNORECASE)
_RESUMED = re.compile(r"(?<!not\s)(?<!never\s)(?<!not\sbe\s)\b(?:resumed|restarted|completed)\b", re.IGNORECASE)
_ORDINALS = {word: number for number, word in enumerate(
    ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh", "twelfth"), start=1
)}  # fmt: skip
_REACHED = re.compile(
    rf"\b(?:after|at|with|beyond|following|received|completed|on)\s(?:(?:only|just|the|his|her|a|total|of)\s){{0,3}}"
    rf"(?P<count>\d{{1,2}}(?:st|nd|rd|th)?|{doses.COUNT}|{'|'.join(_ORDINALS)})\s(?:of\s(?:the\s)?(?:planned\s|intended\s)?\w+\s)?(?:(?:daily|planned)\s)?"
    r"(?:fractions?|sessions?|treatments?|sittings?)\b",
    re.IGNORECASE,
)
# What stands after a dose or a word for radiotherapy and says that it was a plan, or that it was not done.
_RUN = (
    r"(?:(?!\b(?:and|but|with|chemo\w*|surg\w*|operat\w*|resect\w*|boost|completed|received|delivered|given|underwent|after|until|patients?"
    r"|al?though|whereas|while|instead|further|additional|another|systemic)\b|\(\d"
    r"|,\s(?:(?!was\b|were\b|it\b|which\b)\w+\s){0,2}\w*(?:therap|treatment))[^.;]|\.\d)"
)
_WERE = (
    r"\b(?:was|were|is|had\s(?:\w+ly\s)?been|has\sbeen|being)"
    r"\s(?:both\s|all\s|also\s|thus\s|therefore\s|then\s|(?!originally|initially)\w+ly\s|the\s|our\s|under\s){0,2}"
)
_INTENDED_AFTER = re.compile(
    rf"(?:\s?\([^()]{{0,60}}\))?{_RUN}{{0,60}}?{_WERE}(?:planned|intended|scheduled|envisaged|proposed|considered|discussed|recommended|advised|offered|foreseen|contemplated|suggested"
    r"|projected|favou?red|(?:originally|initially|first)\s(?:prescribed|planned|intended|considered)|discussion|laid\sout|on\soffer|intention|plan|goal|aim)\b"
    rf"|{_RUN}{{0,60}}?\bhad\s(?:originally|initially|first)\sbeen\sprescribed\b",
    re.IGNORECASE,
)
_AFTERWARDS = re.compile(r"\b(?:after|following|despite|during|since|(?:completion|end)\sof)\s(?:[\w-]+\s){0,2}$", re.IGNORECASE)
# "66 Gy were intended, of which 48 were given"
_OF_WHICH = re.compile(r"[^.;]{0,60}\bof\swhich\s(?:only\s)?\d")
_INTENDED_BEFORE = re.compile(
    r"\b(?:simulated|slated|booked|listed|due)\s(?:to\s(?:receive|have|undergo)|for)\s(?:[\w-]+\s){0,3}$"
    r"|\b(?:favou?red|preferred|advocated|proposed|suggested)\s(?:(?!given|was|were)[\w-]+\s){0,5}$"
    r"|\b(?:will|is\sto|are\sto)\s(?:\w+\s)?(?:start|begin|receive|undergo|have|irradiated|given|treated)\b[^.;]{0,60}$"
    r"|\b(?:options?|alternatives?)\b(?:(?!\b(?:and\swas|received|underwent|chose|chosen|opted|treated|given)\b)[^.;]){0,130}$"
    r"|\b(?:instead\sof|rather\sthan|in\splace\sof|(?:chosen|preferred|decided)\sover|for\sinstance|for\sexample)\s(?:[\w-]+\s){0,4}$",
    re.IGNORECASE,
)
_NOT_DONE_AFTER = re.compile(
    rf"(?:\s?\([^()]{{0,60}}\))?{_RUN}{{0,70}}?(?:,?\s(?:however|but|and|yet),?\s(?:it|this|which)\s)?(?:{_WERE}(?:withheld|omitted|avoided|cancell?ed|turned\sdown|declined|refused|out\sof\sthe\squestion"
    r"|not\s(?:given|administrated|done|delivered|performed|pursued|feasible|possible|carried\sout|undertaken|retained|part\sof|felt\sto\sbe|thought\sto\sbe))"
    r"|\b(?:could|can)\s?not\s(?:then\s)?be\s(?:given|done|delivered|performed|carried\sout|started|administered|offered|organi[sz]ed|arranged|paid))\b",
    re.IGNORECASE,
)
# Doses of a trial, a review or another's patients, where no person is named.
_OF_OTHERS = re.compile(
    r"\b(?:trials?|(?<!imaging\s)(?<!staging\s)stud(?:y|ies)|cohorts?|meta-?analys[ie]s|investigators|historical|et\sal|and\s(?:colleagues|co-?workers|associates)"
    r"|literature|authors|others\s(?:have\s)?(?:used|given|gave|treated|irradiated|reported)|guidelines?\s(?:recommend|advise|suggest|continue)|published|(?:has|have)\sbeen\s(?:achieved|reported|described|used|recommended|proposed|shown|employed|associated)|reported\s(?!as\b)|median\s(?:dose|of|\d)"
    r"|(?:were|was|are)\sallocated|arms?\sof\sthe|patients|cases|children|women|men|adults|(?:our|this)\sinstitution\s(?:we|patients))\b|^\(?(?:in|at)\s(?:the\s)?(?-i:(?!CT|MR|PE?T|ICU|[PGC]TV)[A-Z]{3,})\b",
    re.IGNORECASE,
)
_PERSON = re.compile(
    r"\b(?:he|she|him|his|her|hers|we|our\s(?:own\s)?(?:patient|case)|(?:the|this)\s(?:[\w-]+\s)?(?:patient|woman|man|boy|girl|child|infant|case)(?!s\b)|enrolled)\b",
    re.IGNORECASE,
)
_WE_FOUND = re.compile(r"\b(?:we\s(?:found|identified|reviewed|know|used\sto)|in\sthe\spast\swe)\b", re.IGNORECASE)
# A sentence without a person that tells of a dose given, between sentences on the patient.
_DONE = re.compile(
    r"\b(?:was|were)\s(?:\w+ly\s|then\s|also\s|again\s){0,2}(?:delivered|given|administered|applied|done|performed|irradiated|treated|started|completed|carried\sout|added|used)\b|\bbegan\b",
    re.IGNORECASE,
)
_TELLING = ("body", "abstract", "case", "treatment", "follow_up")
_IN_GENERAL = re.compile(r"\s?(?:(?:treatments?|regimens?|protocols?)\s)?(?:is|are)\s", re.IGNORECASE)
_RADIOISOTOPE = re.compile(
    r"\bm?Ci\b|\bMBq\b|yttrium|\bSIRT\b|selective\sinternal|radionuclide|\bPRRT\b|samarium|strontium|\bGBq\b|radio-?iodine|radioactive\siodine|radioemboli|\bI-?131\b|131-?I\b|microsphere|lutetium|radium",
    re.IGNORECASE,
)


def find(reading: Reading) -> Iterator[Mention]:
    """Yield each dosed series and each word for radiotherapy, with what stands around it."""
    has_doses = holds_any(reading.text, _UNITS)
    if not has_doses and not reading.hits.get("technique"):
        return
    stage, has_begun, last = 0, False, -9
    for sentence in reading.sentences:
        hits = _radiotherapy(reading, sentence)
        has_dose = has_doses and holds_any(sentence.text, _UNITS)
        # Only what comes after the first treatment moves the story on.
        has_begun = has_begun or bool(hits) or has_dose
        moves_on = _moves_on(sentence) if has_begun else None
        stage += moves_on is not None
        if not hits and not has_dose and sentence.index - last <= 2 and "fraction" in sentence.lower and treatment.is_told(sentence):
            yield from (_staged(mention, stage, sentence.start) for mention in _reached(sentence))
        if (not hits and not has_dose) or sentence.section == "references":
            continue
        last = sentence.index
        is_told = treatment.is_told(sentence)
        at = sentence.start + moves_on.end() if moves_on else sentence.start
        dosed = [_staged(mention, stage, at) for mention in _dosed(reading, sentence, hits, is_told)] if has_dose else []
        yield from dosed
        if is_told and (given := [mention for mention in dosed if told(mention).standing == treatment.GIVEN]):
            others = [hit for hit in hits if hit.id == "brachytherapy" and _is_beside(hit, given)]
            yield from (_staged(mention, stage, at) for mention in _undosed(reading, sentence, others, given))
        elif is_told:
            yield from (_staged(mention, stage, at) for mention in _undosed(reading, sentence, hits))
            if not has_dose:
                yield from (_staged(mention, stage, at) for mention in _reached(sentence))


def _is_beside(hit: Hit, dosed: Sequence[Mention]) -> bool:
    """Return whether brachytherapy is told without a dose beside external irradiation with one: "45 Gy, followed by brachytherapy"."""
    techniques = {told(mention).technique for mention in dosed}
    is_after = all(mention.end < hit.start for mention in dosed)
    return (
        "brachytherapy" not in techniques
        and (is_after or bool(techniques - {None}))
        and not any(part.start == hit.start for m in dosed for part in told(m).particulars)
    )


def _moves_on(sentence: Sentence) -> re.Match[str] | None:
    """Return the words with which a sentence on the patient moves the story on, None where it does not, or goes back."""
    if sentence.subject != "patient" or _GOES_BACK.match(sentence.text):
        return None
    return _STAGE.search(sentence.lower) if holds_any(sentence.lower, _STAGE_CUES) else None


def _staged(mention: Mention, stage: int, at: int) -> Mention:
    """Return a mention with its place in the story; `at` is where its sentence moves the story on, if it does."""
    return replace(mention, value=replace(told(mention), stage=stage - (mention.start < at)))


def _radiotherapy(reading: Reading, sentence: Sentence) -> Sequence[Hit]:
    """Return the words for radiotherapy in a sentence; short forms only in a report that spells radiotherapy out somewhere.

    "RT" is Richter's transformation, Riedel's thyroiditis, reverse transcription; "Rt" is "right".
    """
    hits = reading.hits_in("technique", sentence)
    if not hits or not any(hit.entry.variant in _SHORT for hit in hits):
        return hits
    return [
        hit
        for hit in hits
        if hit.entry.variant not in _SHORT
        or (
            reading.layer(_is_spelled_out)
            and reading.text[hit.start : hit.end] == hit.entry.variant
            and not _TRANSCRIPTION.search(sentence.text)
            and not _spells_other(reading, hit.entry.variant)
        )
    ]


def _is_spelled_out(reading: Reading) -> bool:
    """Return whether a report writes radiotherapy, radiation, irradiation or radiosurgery somewhere."""
    return _IN_FULL.search(reading.text) is not None


def _spells_other(reading: Reading, short: str) -> bool:
    """Return whether the report gives a short form another meaning: "Richter transformation (RT)"."""
    at = reading.text.find(f"({short})")
    return at >= 0 and _RADIO.search(reading.text, max(0, at - 60), at) is None


def _dosed(reading: Reading, sentence: Sentence, hits: Sequence[Hit], is_told: bool) -> Iterator[Mention]:
    """Yield the series of fractions in a sentence."""
    text = sentence.text
    if not any(hit.id not in ("none", "adjuvant") for hit in hits):
        before = reading.sentences[sentence.index - 1].text if sentence.index else ""
        if not _DOSE_WORDS.search(text) or _RADIOISOTOPE.search(text) or (_RADIOISOTOPE.search(before) and not _IN_FULL.search(before)):
            return
    subject = _subject(reading, sentence, is_told)
    all_series = doses.link(text, doses.find(text))
    named = _techniques(sentence, hits, all_series)
    places = _targets(sentence, all_series)
    for number, (series, technique) in enumerate(zip(all_series, named, strict=True)):
        start, end = sentence.start + series.start, sentence.start + series.end
        here = technique or _technique_nearby(reading, sentence)
        upto = all_series[number + 1].start if number + 1 < len(all_series) else len(text)
        found = particulars.find(reading, sentence, series.start, series.end, upto)
        if _intent(found) is None and (intent := _intent_nearby(reading, sentence, hits)):
            found = (*found, intent)
        standing = _standing(reading, series, sentence, all_series)
        said = Told(
            series,
            str(here.value) if here else None,
            _names(places[number]),
            _intent(found),
            standing,
            treatment.clue(reading, sentence, start),
            _event(text, series.start, series.end, str(technique.value) if technique else None),
            treatment.is_aside(reading, sentence) or (series.is_range and not _BEGUN.search(text)),
            particulars=(*found, here) if here else found,
            is_cut_short=_CUT_SHORT.search(text) is not None and _FINAL.search(text[max(0, series.start - 45) : series.start]) is not None,
            targets=places[number],
        )
        yield Mention(NAME, start, end, sentence, said, treatment.assertion(standing), subject)
    if subject == "patient" and not any(series.total is None and series.count for series in all_series):
        yield from _reached(sentence)


def _subject(reading: Reading, sentence: Sentence, is_told: bool) -> str:
    """Return whose dose a sentence gives: the patient's, also where it names nobody but stands in the patient's story."""
    lower = sentence.lower
    if _OF_OTHERS.search(sentence.text) and not (_PERSON.search(lower) and not _WE_FOUND.search(lower)):
        return "literature" if is_told else sentence.subject
    if is_told:
        return "patient"
    if sentence.subject == "general" and sentence.section in _TELLING and _DONE.search(lower):
        at = sentence.index
        beside = (*reading.sentences[max(0, at - 3) : at], *reading.sentences[at + 1 : at + 3])
        if any(other.subject == "patient" and other.patient == sentence.patient for other in beside):
            return "patient"
    return sentence.subject


def _reached(sentence: Sentence) -> Iterator[Mention]:
    """Yield how many fractions were given of a course that was stopped: "after his third session he did not return"."""
    text = sentence.text
    if not _STOP.search(text) or _RESUMED.search(text):
        return
    match = _REACHED.search(text)
    if match is None:
        return
    word = match["count"].lower()
    count = _ORDINALS.get(word) or doses.number(word.rstrip("stndrh") if word[0].isdigit() else word)
    if count:
        series = doses.Series(None, int(count), None, match.start(), match.end())
        said = Told(series, is_cut_short=True)
        yield Mention(NAME, sentence.start + match.start(), sentence.start + match.end(), sentence, said, "present", "patient")


def _standing(reading: Reading, series: doses.Series, sentence: Sentence, all_series: Sequence[doses.Series]) -> str:
    """Return given, planned, denied or argued for a series; a planned dose was given where treatment was begun and not cut short."""
    standing = treatment.standing(reading, sentence.start + series.start, sentence.start + series.end, sentence)
    if standing == treatment.GIVEN:
        standing = _by_the_rest(sentence, series.start, series.end)
    if not series.is_planned or standing not in (treatment.GIVEN, treatment.PLANNED):
        return standing
    if _CUT_SHORT.search(sentence.text) or any(_is_less(other, series) for other in all_series):
        return treatment.PLANNED
    return treatment.GIVEN if _BEGUN.search(sentence.text) else standing


def _is_less(series: doses.Series, planned: doses.Series) -> bool:
    """Return whether a series is what was given of a planned one: "60 of the intended 66 Gy"."""
    given, whole = doses.dose_of(series), doses.dose_of(planned)
    return not series.is_planned and series.role != "boost" and given is not None and whole is not None and given < whole


def _by_the_rest(sentence: Sentence, start: int, end: int) -> str:
    """Return denied or planned where the words around a treatment say that it was not done, or only intended; else given."""
    text = sentence.text
    if _AFTERWARDS.search(text[max(0, start - 45) : start]):
        # "after radiotherapy, further treatment was not given"
        return treatment.GIVEN
    if _NOT_DONE_AFTER.match(text, end):
        return treatment.DENIED
    if _INTENDED_BEFORE.search(text[max(0, start - 150) : start]) or _INTENDED_AFTER.match(text, end):
        is_done = treatment.is_done(sentence.lower, end) and not _OF_WHICH.match(sentence.lower, end)
        return treatment.GIVEN if is_done else treatment.PLANNED
    return treatment.GIVEN


def _undosed(reading: Reading, sentence: Sentence, hits: Sequence[Hit], dosed: Sequence[Mention] = ()) -> Iterator[Mention]:
    """Yield the words for radiotherapy in a sentence, and numbers of fractions beside them; denials of any further therapy too."""
    counts = doses.find_counts(sentence.text) if _FRACTIONS.search(sentence.text) else []
    for hit in hits:
        if hit.id == "none" or (_is_modifier(hit) and not any(other.id not in ("none", "adjuvant", *_MODIFIERS) for other in hits)):
            continue
        at, past = hit.start - sentence.start, hit.end - sentence.start
        before = sentence.text[max(0, at - 60) : at]
        standing = treatment.standing(reading, hit.start, hit.end, sentence, needs_past=True)
        if hit.id == "adjuvant" and before.lower().endswith("no "):
            # "no further treatment": the words of denial and of treatment share one.
            standing = treatment.DENIED
        if standing == treatment.GIVEN:
            standing = _by_the_rest(sentence, at, past)
        if hit.id == "adjuvant" and (standing != treatment.DENIED or _OTHERWISE.match(sentence.text, past)):
            continue
        if hit.id == "adjuvant" and _OTHER_DISEASE.search(sentence.lower, 0, at) and not _CANCER.search(sentence.lower):
            continue
        if standing == treatment.DENIED and (_OF_RECOVERY.search(before) if hit.id == "adjuvant" else _OF_PAIN.match(sentence.text, past)):
            continue
        if standing == treatment.DENIED and _PERSON.search(sentence.lower) is None and _IN_PRINCIPLE.search(sentence.lower):
            standing = treatment.ARGUED
        if standing == treatment.DENIED and (_DENIED_HISTORY.search(before) or _IN_GENERAL.match(sentence.text, past, past + 30)):
            standing = treatment.ARGUED
        if standing == treatment.GIVEN and (_NOT_THIS.search(before) or _NOT_AFTER.match(sentence.text, past, past + 30)):
            standing = treatment.ARGUED
        near = next((count for count in counts if _is_of(sentence.text, count, at, past) and not _is_taken(sentence, count, dosed)), None)
        technique = None if hit.id in ("RT", "CRT", "adjuvant") else hit.id
        found: tuple[Particular, ...] = ()
        places: tuple[Target, ...] = ()
        if standing == treatment.GIVEN:
            found = particulars.find(reading, sentence, at, past, _next_word(sentence, hits, hit))
            places = _target_beside(sentence, at, past)
        said = Told(
            doses.Series(None, int(near.value), None, near.start, near.end) if near and standing == treatment.GIVEN else None,
            technique,
            _names(places),
            _intent(found),
            standing,
            treatment.clue(reading, sentence, hit.start),
            _event(sentence.text, at, past, hit.id),
            treatment.is_aside(reading, sentence),
            hit.id == "adjuvant",
            particulars=(*found, Particular(particulars.TECHNIQUE, technique, hit.start, hit.end)) if technique else found,
            targets=places,
        )
        yield Mention(NAME, hit.start, hit.end, sentence, said, treatment.assertion(standing), "patient")


def _is_modifier(hit: Hit) -> bool:
    """Return whether a word names a technique only beside a word for radiotherapy: "three-dimensional conformal"."""
    return hit.id in _MODIFIERS and not any(word in hit.entry.variant for word in ("radi", "therap", "IMRT", "TSEB", "CRT"))


def _is_of(text: str, count: doses.Quantity, start: int, end: int) -> bool:
    """Return whether a number of fractions near a word for radiotherapy is its number: not "6 sessions of chemotherapy"."""
    if _OF_OTHER.match(text, count.end):
        return False
    if count.start >= end:
        return count.start - end < 60
    return start - count.end < 40


def _is_taken(sentence: Sentence, count: doses.Quantity, dosed: Sequence[Mention]) -> bool:
    """Return whether a number of fractions belongs to a dose of the sentence."""
    return any(mention.start < sentence.start + count.end and sentence.start + count.start < mention.end for mention in dosed)


def _names(places: Sequence[Target]) -> str | None:
    return ", ".join(place.name for place in places) or None


def _intent(found: Sequence[Particular]) -> str | None:
    return next((str(one.value) for one in found if one.name == particulars.INTENT), None)


def _next_word(sentence: Sentence, hits: Sequence[Hit], hit: Hit) -> int:
    """Return where the next word for radiotherapy stands in a sentence: what follows it is said of another course."""
    return next((other.start - sentence.start for other in hits if other.start > hit.end + 3), len(sentence.text))


def _targets(sentence: Sentence, all_series: Sequence[doses.Series]) -> list[tuple[Target, ...]]:
    """Return the targets of each series: those named after it and before the next, else those named before it."""
    found = targets.find(sentence.text) if all_series else []
    given: list[tuple[Target, ...]] = []
    taken: list[Target] = []
    for number, series in enumerate(all_series):
        upto = all_series[number + 1].start if number + 1 < len(all_series) else len(sentence.text)
        since = all_series[number - 1].end if number else 0
        after = _run([one for one in found if series.start <= one.start < min(upto, series.end + _TARGET_AFTER)])
        before = [one for one in found if max(since, series.start - _TARGET_BEFORE) <= one.start < series.start and one not in taken]
        chosen = after or _run(before[-1:])
        taken.extend(chosen)  # "64 Gy to the mediastinum and 52 Gy in 26 fractions": a target is that of one dose
        given.append(tuple(_placed(sentence, one) for one in chosen))
    return given


def _target_beside(sentence: Sentence, start: int, end: int) -> tuple[Target, ...]:
    """Return the targets named just after a word for radiotherapy ("radiotherapy to the spine"), or just before it ("pelvic")."""
    near = targets.find(sentence.text[max(0, start - _TARGET_BEFORE) : end + _TARGET_AFTER])
    shift = max(0, start - _TARGET_BEFORE)
    after = _run([one for one in near if end <= one.start + shift <= end + _TARGET_BESIDE])
    before = [one for one in near if start - 3 <= one.end + shift <= end]
    return tuple(_placed(sentence, one, shift) for one in (after or before[-1:]))


def _run(found: Sequence[Target]) -> list[Target]:
    """Return the first targets of a list: those that stand side by side."""
    run = list(found[:1])
    for one in found[1:]:
        if one.start - run[-1].end > _LIST_GAP:
            break
        run.append(one)
    return run


def _placed(sentence: Sentence, one: Target, shift: int = 0) -> Target:
    return one._replace(start=sentence.start + shift + one.start, end=sentence.start + shift + one.end)


def _techniques(sentence: Sentence, hits: Sequence[Hit], all_series: Sequence[doses.Series]) -> list[Particular | None]:
    """Return the technique of each series: of the words for techniques, those that stand nearest to it."""
    found: list[list[Hit]] = [[] for _ in all_series]
    for hit in hits:
        if hit.id in _RANK:
            distances = [_distance(sentence.text, hit.start - sentence.start, hit.end - sentence.start, series) for series in all_series]
            if distances and not _is_of_another(sentence.text, hit, sentence.start, all_series[distances.index(min(distances))]):
                found[distances.index(min(distances))].append(hit)
    named = [_best(_of_one_family(sentence, near, series)) for near, series in zip(found, all_series, strict=True)]
    # Series of one course share its technique, unless one is named for each.
    only = next((technique for technique in named if technique), None)
    if only is None or (only.value in ("brachytherapy", "IORT") and len(all_series) > 1):
        return named
    is_last = only.start - sentence.start > all_series[-1].start
    return [
        technique or (only if is_last or only.start - sentence.start < series.start else None)
        for technique, series in zip(named, all_series, strict=True)
    ]


def _is_of_another(text: str, hit: Hit, offset: int, series: doses.Series) -> bool:
    """Return whether brachytherapy is told of in a later clause: "44 Gy, and the tumour was treated by brachytherapy"."""
    return (
        hit.id == "brachytherapy"
        and hit.start - offset > series.end
        and _OWN_CLAUSE.search(text, series.end, hit.start - offset) is not None
    )


def _of_one_family(sentence: Sentence, hits: Sequence[Hit], series: doses.Series) -> Sequence[Hit]:
    """Return the words for techniques without those of brachytherapy, or without the others, whichever stand farther from a series."""
    inside = [hit for hit in hits if hit.id == "brachytherapy"]
    outside = [hit for hit in hits if hit.id != "brachytherapy"]
    if not inside or not outside:
        return hits

    def away(hit: Hit) -> int:
        return _distance(sentence.text, hit.start - sentence.start, hit.end - sentence.start, series)

    return inside if min(map(away, inside)) <= min(map(away, outside)) else outside


def _best(hits: Sequence[Hit]) -> Particular | None:
    """Return the most specific technique of some words."""
    best = min(hits, key=lambda hit: _RANK.index(hit.id), default=None)
    return Particular(particulars.TECHNIQUE, best.id, best.start, best.end) if best else None


def _distance(text: str, start: int, end: int, series: doses.Series) -> int:
    """Return how far a word stands from a series, in characters; what separates phrases counts more."""
    between = text[end : series.start] if end <= series.start else text[series.end : start]
    return len(between) + 20 * len(re.findall(r",|;|\band\b|\bfollowed\b|\bplus\b|\bthen\b", between))


def _intent_nearby(reading: Reading, sentence: Sentence, hits: Sequence[Hit]) -> Particular | None:
    """Return the intent of the radiotherapy that the sentence names, else of that which the one before tells of without a dose."""
    for number, (other, words) in enumerate(((sentence, hits), *_told_before(reading, sentence))):
        for hit in words:
            if hit.id in ("none", "adjuvant") or (number and treatment.standing(reading, hit.start, hit.end, other) != treatment.GIVEN):
                continue
            said = particulars.intent(other.text, hit.start - other.start, hit.end - other.start)
            if said:
                return said._replace(start=other.start + said.start, end=other.start + said.end, sentence=other)
    later = particulars.intent_said_later(sentence.text, 0)
    return later._replace(start=sentence.start + later.start, end=sentence.start + later.end) if later else None


def _told_before(reading: Reading, sentence: Sentence) -> Iterator[tuple[Sentence, Sequence[Hit]]]:
    """Yield the two sentences before with their words for radiotherapy, where they tell of the same treatment and give no dose."""
    here = sentence
    for _ in range(2):
        if not here.index or _LATER.search(here.text):
            return
        here = reading.sentences[here.index - 1]
        if here.patient != sentence.patient or holds_any(here.text, _UNITS) or not treatment.is_told(here):
            return
        yield here, reading.hits_in("technique", here)


def _technique_nearby(reading: Reading, sentence: Sentence) -> Particular | None:
    """Return the technique that the sentence before or after names, where that gives no dose of its own."""
    for step in (-1, 1, -2):
        at = sentence.index + step
        if not 0 <= at < len(reading.sentences):
            continue
        other = reading.sentences[at]
        if other.patient != sentence.patient or holds_any(other.text, _UNITS) or not treatment.is_told(other):
            continue
        later = other if step > 0 else sentence
        if _LATER.search(later.text):
            continue
        best = _best(
            [
                hit
                for hit in reading.hits_in("technique", other)
                if hit.id in _RANK and treatment.standing(reading, hit.start, hit.end, other) == treatment.GIVEN
            ]
        )
        if best and (step == -1 or best.value != "brachytherapy"):
            return best._replace(sentence=other)
    return None


def _event(text: str, start: int, end: int, technique: str | None) -> str:
    """Return what tells this course from another; "" for a mere reference back ("after radiotherapy") and where nothing does."""
    if technique in ("brachytherapy", "SBRT", "SRS", "gamma knife"):
        return "brachytherapy" if technique == "brachytherapy" else "stereotactic"
    if _WHOLE_BODY.search(text[max(0, start - 15) : end]):
        return "whole body"
    if _BRAIN.search(text[max(0, start - 40) : end + 40]):
        return "brain"
    if _REFERENCE.search(text[max(0, start - 30) : start]):
        return "reference"
    if _AGAIN.search(text[max(0, start - 60) : start]) or text[start : start + 4].lower() in ("re-i", "reir"):
        return "again"
    said = particulars.intent(text, start, end)
    intent = str(said.value) if said else None
    if intent in ("adjuvant", "neoadjuvant", "palliative"):
        return "palliative" if intent == "palliative" else "adjuvant"
    return "relapse" if _RELAPSE.search(text[max(0, start - 150) : start]) or _FOR_RELAPSE.match(text, end) else ""


def resolve(mentions: Sequence[Mention], so_far: object) -> Resolution:
    """Return the courses given, and whether any was: True, False where it is denied, None where nothing is said."""
    if not mentions:
        return NOTHING
    known: Mapping[str, object] = so_far if isinstance(so_far, Mapping) else {}
    passed = [(mention, _reason(mention, known)) for mention in mentions]
    mine = [mention for mention, reason in passed if reason is None]
    dosed = [mention for mention in mine if told(mention).series is not None]
    planned = [mention for mention, reason in passed if reason == treatment.PLANNED and _has_dose(mention)]
    undosed = [m for m in mine if told(m).series is None and not told(m).is_weak]
    if not dosed and any(reason == treatment.FOR_ANOTHER for _, reason in passed) and all(told(m).event == "reference" for m in undosed):
        undosed = []  # "during the radiotherapy" is said of the one that was for another tumour
    if any(reason == treatment.FOR_ANOTHER for _, reason in passed):
        # "Re-irradiation" after that of another tumour is the first of this one.
        undosed = [replace(m, value=replace(told(m), event="")) if told(m).event == "again" else m for m in undosed]
    if planned and undosed and not any(_has_dose(mention) for mention in dosed):
        # "60 Gy was planned. ... She completed radiotherapy": what was planned was given.
        dosed = sorted([*dosed, *(m for m in planned if m.start < undosed[-1].start)], key=lambda m: m.start)
    if begun := [m for m in planned if any(_stops(other, m) for other in dosed)]:
        dosed = sorted([*dosed, *begun], key=lambda m: m.start)
    drafts = courses.fold(dosed)
    findings = [Finding(courses.finish(draft), draft.mentions) for draft in drafts]
    counted = [m for m in dosed if not _has_dose(m) and not told(m).is_weak and not any(m in finding.proof for finding in findings)]
    site = known.get("site")
    is_brain = isinstance(site, Site) and site.topography[:3] in ("C70", "C71", "C72")
    findings.extend(_doseless(sorted([*undosed, *counted], key=lambda m: m.start), tuple(findings), is_brain))
    out = tuple((mention, reason) for mention, reason in passed if reason is not None and mention not in planned)
    if findings:
        many = {"radiotherapy": [_in_full(finding, site) for finding in findings]}
        proof = tuple(finding.proof[0] for finding in findings) + findings[0].proof[1:]
        return Resolution({"radiotherapy_given": Finding(True, proof)}, many, out)
    denied = [mention for mention, reason in passed if reason == treatment.DENIED and not told(mention).is_weak]
    denied = denied or [
        m for m, reason in passed if reason == treatment.DENIED and not told(m).is_any_therapy and _OWN.search(m.sentence.text)
    ]
    if denied:
        return Resolution({"radiotherapy_given": Finding(False, tuple(denied))}, {}, tuple(pair for pair in out if pair[0] not in denied))
    return Resolution({}, {}, out)


def _stops(mention: Mention, planned: Mention) -> bool:
    """Return whether a mention says after how many fractions a planned course was stopped."""
    series = told(mention).series
    near = 0 <= mention.sentence.index - planned.sentence.index <= courses.REACH and mention.start > planned.start
    return near and told(mention).is_cut_short and series is not None and doses.dose_of(series) is None


def _in_full(finding: Finding, site: object) -> Finding:
    """Return a course with its particulars and the evidence of each."""
    assert isinstance(finding.value, RadiotherapyCourse)
    course = courses.described(finding.value, finding.proof, site)
    return Finding(course, courses.proof(course, finding.proof))


def _has_dose(mention: Mention) -> bool:
    series = told(mention).series
    return series is not None and doses.dose_of(series) is not None


def _reason(mention: Mention, known: Mapping[str, object]) -> str | None:
    """Return why a mention tells of no course of this patient's tumour, None where it does."""
    said = told(mention)
    if mention.subject != "patient":
        return mention.subject
    if said.is_any_therapy and said.standing != treatment.DENIED:
        return "not radiotherapy"
    if said.standing != treatment.GIVEN:
        return said.standing
    if _BENIGN.search(mention.sentence.text):
        return "for another disease"
    if treatment.is_other_tumour(said.clue, known.get("site"), known.get("histology")):
        return treatment.FOR_ANOTHER
    return None


def _doseless(undosed: Sequence[Mention], findings: Sequence[Finding], is_brain: bool) -> Iterator[Finding]:
    """Yield the courses of which no dose is said: those that are clearly another than the courses with a dose."""
    groups: dict[str, list[Mention]] = {}
    if earlier := _earlier(undosed, findings):
        yield Finding(_course(earlier), tuple(earlier))
        # An adjuvant course is told once more where another section repeats it.
        events = {told(mention).event for mention in earlier} & {"adjuvant"}
        undosed = [mention for mention in undosed if mention not in earlier and told(mention).event not in events]
    for mention in undosed:
        event = told(mention).event
        groups.setdefault("" if is_brain and event == "brain" else event, []).append(mention)
    plain = groups.pop("", [])
    inside = groups.get("brachytherapy", [])
    # "pelvic radiotherapy followed by brachytherapy" is two courses.
    outside = [mention for mention in plain if _is_external(mention, inside)]
    if inside and outside and not findings:
        groups[""] = outside
    rest = sorted([*(m for m in plain if m not in groups.get("", ())), *groups.pop("reference", [])], key=lambda mention: mention.start)
    if not findings and rest:
        first = next(iter(groups), "")
        groups[first] = sorted([*groups.get(first, []), *rest], key=lambda mention: mention.start)
    for event, group in groups.items():
        if all(_is_another(event, group, finding) for finding in findings):
            yield Finding(_course(group), tuple(group))


def _earlier(undosed: Sequence[Mention], findings: Sequence[Finding]) -> list[Mention]:
    """Return the mentions of a first course without a dose, after which the story moved on to all other courses."""
    others = [mention for finding in findings for mention in finding.proof]
    others = others or [
        mention
        for mention in undosed
        if told(mention).event in ("stereotactic", "brachytherapy", "again", "relapse", "palliative", "brain")
    ]
    if not others:
        return []
    first = min(others, key=lambda mention: mention.start)
    return [
        mention
        for mention in undosed
        if told(mention).stage < told(first).stage
        and mention.start < first.start
        and mention.sentence.section == first.sentence.section
        and told(mention).event not in ("reference", "again")
        and not (told(mention).event == "stereotactic" and told(first).technique is None)
        and not _SUMS_UP.search(mention.sentence.text)
        and mention not in others
    ]


def _is_external(mention: Mention, brachytherapy: Sequence[Mention]) -> bool:
    technique = told(mention).technique
    return technique is not None or any(other.sentence.index == mention.sentence.index for other in brachytherapy)


def _is_another(event: str, group: Sequence[Mention], finding: Finding) -> bool:
    """Return whether a course without a dose, told of as an event, is another than one with a dose."""
    course = finding.value
    assert isinstance(course, RadiotherapyCourse)
    known = {told(mention).event for mention in finding.proof}
    if event in known:
        return False
    if event == "brachytherapy":
        return course.technique != "brachytherapy"
    if event == "stereotactic":
        if course.technique is None:
            # What is told before the dose tells of the same treatment.
            return all(mention.start > finding.proof[0].start for mention in group) and any(
                _LATER.search(mention.sentence.text) for mention in group
            )
        return courses.family(course.technique) != "stereotactic"
    if event == "whole body":
        return True
    if event == "brain":
        return bool(known - {"", "relapse", "reference"}) or course.target is not None
    return bool(known & _APART.get(event, frozenset()))


def _course(group: Sequence[Mention]) -> RadiotherapyCourse:
    """Return the course of mentions without a dose."""
    techniques = [technique for mention in group if (technique := told(mention).technique)]
    best = min(techniques, key=_RANK.index) if techniques else None
    count = next((series.count for mention in group if (series := told(mention).series)), None)
    intent = next((told(mention).intent for mention in group if told(mention).intent), None)
    return RadiotherapyCourse(None, count, None, best, None, intent)
