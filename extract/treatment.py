"""Was it given: what the sentence around a treatment says of it, for every field that tells of treatment.

`context` answers whether words are denied or planned; here its answer is read for treatments: what was
planned "and started" was given, and what was given for another, earlier cancer is not the index tumour's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from extract import context
from extract.reading import Hit, Reading, Sentence
from extract.record import Histology, Site

GIVEN, PLANNED, DENIED, ARGUED = "given", "planned", "denied", "argued"

_NARRATED = re.compile(
    r"\b(?:administered|given|started|delivered|performed)\b.{0,40}\b(?:the\spatient|him|her|he|she)\b|\b(?:he|she|his"
    r"|her|(?:the|this)\spatient)\b.{0,120}?\b(?:received|underwent|completed|started|switched|developed|treated|given"
    r"|administered|placed|tolerated|admitted|re-?start|continued|responded)\b",
    re.IGNORECASE,
)
_OPENS = re.compile(r"(?:[\w\s]{0,30},\s)?(?:he|she|the\spatient|our\spatient)\s", re.IGNORECASE)
_CITED = re.compile(r"\[\s?\d|\(\d{1,3}(?:[,–-]\s?\d{1,3}){0,5}\)|et al|\bpatients\b", re.IGNORECASE)
_NARRATING = ("introduction", "body", "abstract", "case", "treatment", "follow_up", "pathology")
# What was planned, scheduled or advised, and then done, in the same sentence.
_DONE = re.compile(
    r"\b(?:and|then|which|was|were)\s(?:(?:was|were|has\sbeen|subsequently|immediately|successfully|then|also)\s){0,2}"
    r"(?:initiated|started|completed|performed|delivered|given|administered|carried\sout|commenced|received|underwent"
    r"|undertaken|instituted|accomplished)\b",
    re.IGNORECASE,
)
# "Radiotherapy is the treatment of choice": argued, where nothing says that it was done to someone.
_MODAL = re.compile(
    r"\b(?:is|are|may|might|should|can|could\sbe|would|will|must|whether|if|role\sof|options?|benefits?\sof|need\sfor"
    r"|indicat\w+\sfor|choice|recommend\w*|suggest\w*)\b",
    re.IGNORECASE,
)
_TOLD = re.compile(
    r"\b(?:was|were|had|received|underwent|undergone|undergoing|receiving|treated|given|administered|complet\w+|started"
    r"|began|initiated|commenced|delivered|performed|continued|responded|tolerated|"
    r"opted|elected|chose|accepted|got|gave|cycles|despite|he|she|his|her|patient)\b",
    re.IGNORECASE,
)
_INSTEAD = re.compile(r"\b(?:but|however|only|instead|although)\b|;", re.IGNORECASE)
_PAST = re.compile(
    r"\b(?:was|were|had|has|have|received?|receiving|underw\w+|undergo\w*|treated|given|administered|followed|complet\w+"
    r"|after|following|during|started|began|initiated|"
    r"commenced|delivered|performed|despite|added|used|applied|continued|included|consisted|comprised|s/p|status\spost"
    r"|responded|tolerated|opted|elected|chose|accepted|got|"
    r"gave|did|presented|provided|unresponsive|continues|remains|currently|post-?(?:operative|surgical)?|(?:neo-?)?adjuvant)\b",
    re.IGNORECASE,
)
_HISTORY = re.compile(
    r"\bhistory\b|\bhad\s(?:been\streated|received|undergone)\b|\bprevious(?:ly)?\b|\bprior\b|\bearlier\b|\bago\b"
    r"|\bbefore\b|\bpast\b|\bknown\b|\bsurvivor\b|\bpreviously\b|\bin\s(?:19|20)\d\d\b"
    r"|\byears?\safter\b|\bat\s(?:the\s)?age\b|\bat\s\d{1,2}\syears|\bfor\s(?:[\w-]+\s){1,2}(?:treatment|therapy)\b"
    r"|\bfor\s(?:the\s)?treatment\sof\b",
    re.IGNORECASE,
)
_GOES_ON = re.compile(
    r"\bhad\s(?:also\s)?(?:been|received|undergone|had|completed)\b|^(?:he|she|(?:the|this)\spatient)\b.{0,30}\bsubsequent"
    r"|^in\s(?:19|20)\d\d\b",
    re.IGNORECASE,
)
_NOT_GIVEN = re.compile(
    r"\b(?:not|never)\s(?:been\s)?(?:offered|given|receiv\w+|treated|administered|undergone?|started|have|had)\b[^.;]{0,60}$",
    re.IGNORECASE,
)
# "She was offered radiotherapy": a passive whose object follows.
_ADVISED = re.compile(
    r"\b(?:was|were|is|been|being)\s(?:\w+ly\s)?(?:advised|recommended|offered|suggested|proposed|planned|scheduled"
    r"|considered|discussed|referred|intended|prepared|counsell?ed)\b"
    r"(?:(?!\b(?:but|and|who|which|however|before|after|received|underwent|started|given|by|where)\b)[^.;]){0,70}$",
    re.IGNORECASE,
)
_FOLLOWED = re.compile(r"\bfollowed\sby\s(?:[\w-]+\s){0,3}$", re.IGNORECASE)
# A verb between "without" and a treatment begins another thought: "without bone involvement, treated with excision".
_NEW_VERB = re.compile(r"\b(?:treated|underwent|received|performed|given|administered|resected|operated)\b", re.IGNORECASE)
_WAS_DONE = re.compile(
    r"[^.;,]{0,40}?\b(?:was|were)\s(?:(?!not|never)\w+\s){0,2}?(?:performed|done|carried\sout|undertaken|given"
    r"|administered|initiated|started|delivered|conducted|applied|accomplished|completed|taken|used|resumed|added)\b",
    re.IGNORECASE,
)
_CLAUSE = re.compile(
    r",[^;]{0,90}?\b(?:(?:was|were)\s(?:(?!not|never)\w+\s){0,2}?(?:initiated|started|treated|given|switched|commenced"
    r"|administered|performed|placed)\b|underwent\b|received\b|performed\b)"
    r"|,[^;]{0,70}\b(?:was|were)\s(?:(?!not|never)\w+\s){0,2}$",
    re.IGNORECASE,
)
_NOUN = re.compile(r"\s(?:in|of)\b")
# What treatment is in general, in the present tense.
_GENERAL = re.compile(
    r"\btreatments?\s(?:of\s[\w\s-]{3,60}?\s)?(?:modalit\w+\s)?(?:is|are|remains?|consists?|includes?|comprises?"
    r"|involves?)\b|\bbest\s(?:managed|treated)\b|\bstandard\s(?:of\scare|treatment)\sis\b"
    r"|\btreatment\sof\schoice\b|\bmainstay\b",
    re.IGNORECASE,
)
# So many sentences back a past tumour may have been named.
_CHAIN = 3
# Codes that say "a cancer" and no more: they cannot show that a tumour is another one than the index.
_UNSPECIFIC = ("800", "801", "888", "814", "880")


@dataclass(frozen=True, slots=True)
class Clue:
    """The tumours that are named with a treatment: ICD-O topography and morphology, three characters each."""

    sites: frozenset[str] = frozenset()
    histologies: frozenset[str] = frozenset()
    is_past: bool = True
    names_cancer: bool = False  # "breast cancer": no sarcoma, no lymphoma


# ICD-O morphology, by the last code of each lineage.
_LINEAGES = (
    ("858", "epithelial"), ("879", "melanocytic"), ("904", "mesenchymal"), ("905", "mesothelial"), ("910", "germ cell"),
    ("937", "mesenchymal"), ("958", "neural"), ("999", "haematologic"),
)  # fmt: skip

NO_CLUE = Clue()


def is_told(sentence: Sentence) -> bool:
    """Return whether a sentence tells of the authors' patient: by its subject, or because it narrates."""
    if sentence.subject == "patient":
        return True
    if sentence.section not in _NARRATING or sentence.is_heading:
        return False
    if sentence.subject != "general" and not _OPENS.match(sentence.text):
        return False
    return _NARRATED.search(sentence.text) is not None and _CITED.search(sentence.text) is None


def is_aside(reading: Reading, sentence: Sentence) -> bool:
    """Return whether a sentence only supports what the case tells: a caption, or an argument that does not say "our patient"."""
    if sentence.section in ("caption", "title", "back", "table"):
        return True
    if sentence.section not in ("discussion", "conclusion"):
        return False
    return not any(hit.id == "own" for hit in reading.hits_in("subject", sentence))


def standing(reading: Reading, start: int, end: int, sentence: Sentence, needs_past: bool = False) -> str:
    """Return given, planned, denied, or argued ("radiotherapy is an option") for a treatment at these offsets.

    With `needs_past`, a sentence without any word for something done is argued, too.
    """
    before = sentence.text[max(0, start - sentence.start - 90) : start - sentence.start]
    if _NOT_GIVEN.search(before):
        return DENIED
    if _ADVISED.search(before):
        return GIVEN if _is_done(sentence.text, end - sentence.start) else PLANNED
    followed = _FOLLOWED.search(before)
    if followed:
        # "was planned for chemotherapy followed by surgery": what holds of the first holds of the second.
        start = end = start - len(before) + followed.start()
    cue = context.cue_of(reading, start, end, sentence)
    if cue is not None and cue.id == "declined" and _NOUN.match(reading.text, cue.end):
        # "a decline in renal function"
        cue = None
    if cue is None or cue.id == "family":
        return ARGUED if cue is not None or _is_argued(sentence, start, needs_past) else GIVEN
    if cue.end <= start and _is_new_clause(reading.text[cue.end : start], sentence.text[end - sentence.start :]):
        return GIVEN
    if cue.id in ("declined", "absent"):
        return GIVEN if cue.end <= start and _NEW_VERB.search(reading.text[cue.end : start], 7) else DENIED
    return GIVEN if _is_done(sentence.text, max(cue.end, end) - sentence.start) else PLANNED


def _is_done(text: str, start: int) -> bool:
    """Return whether the rest of a sentence tells that what was planned was done, and not something else instead."""
    done = _DONE.search(text, start)
    return done is not None and _INSTEAD.search(text, start, done.start()) is None


def _is_new_clause(between: str, after: str) -> bool:
    """Return whether a clause that tells of something done begins between a cue and a treatment."""
    if "," not in between:
        return False
    return _WAS_DONE.match(after) is not None or _CLAUSE.search(between) is not None


def _is_argued(sentence: Sentence, start: int, needs_past: bool) -> bool:
    """Return whether a sentence argues about a treatment in the present tense and tells nothing that was done."""
    if (needs_past and _PAST.search(sentence.text) is None) or _GENERAL.search(sentence.text):
        return True
    at = start - sentence.start
    near = sentence.text[max(0, at - 140) : at + 120]
    return _TOLD.search(near) is None and _MODAL.search(near) is not None


def clue(reading: Reading, sentence: Sentence, start: int) -> Clue:
    """Return which tumours are named with a treatment: in its sentence, or in those before, where it goes on with their past."""
    here = sentence
    for _ in range(_CHAIN):
        is_past = _HISTORY.search(here.text) is not None
        if is_past or here is sentence:
            named = _named(reading, here, start if here is sentence else here.end, is_past)
            if named.histologies or (is_past and (named.sites or named.names_cancer)):
                return named
        if not here.index or not (_GOES_ON.search(here.text) or (here is not sentence and is_past)):
            return NO_CLUE
        here = reading.sentences[here.index - 1]
        if here.patient != sentence.patient or here.section != sentence.section:
            return NO_CLUE
    return NO_CLUE


def _named(reading: Reading, sentence: Sentence, start: int, is_past: bool) -> Clue:
    """Return the tumours that are named before a treatment, or right after it ("irradiation for cervical cancer")."""

    def counts(hit: Hit) -> bool:
        return hit.end <= start or hit.start - start < 70

    hits = [hit for hit in reading.hits_in("histology", sentence) if counts(hit) and hit.id[:1].isdigit()]
    histologies = frozenset(hit.id[:3] for hit in hits)
    sites = frozenset(hit.id[:3] for hit in reading.hits_in("site", sentence) if counts(hit) and hit.entry.get("kind") != "procedure")
    names_cancer = any("cancer" in hit.entry.variant for hit in hits)
    return Clue(sites, frozenset(code for code in histologies if code not in _UNSPECIFIC), is_past, names_cancer)


def is_other_tumour(found: Clue, site: object, histology: object) -> bool:
    """Return whether a clue names another tumour than the index: of another lineage, another histology, or another site."""
    own = histology.morphology[:3] if isinstance(histology, Histology) and histology.morphology else None
    own_site = site.topography[:3] if isinstance(site, Site) else None
    lineage = _lineage(own)
    if lineage is not None and found.histologies:
        others = {_lineage(code) for code in found.histologies}
        if None not in others and lineage not in others:
            return True
    if not found.is_past:
        return False
    if own is not None and found.histologies and own not in _UNSPECIFIC:
        if own in found.histologies:
            return False
        # A sarcoma in the breast that was irradiated for a carcinoma is another tumour, at the same site.
        is_kin = any(own[:2] == other[:2] for other in found.histologies)
        return not (own_site and own_site in found.sites and is_kin)
    if found.names_cancer and not found.histologies and lineage not in (None, "epithelial", "germ cell"):
        return True
    return bool(found.sites) and own_site is not None and own_site not in found.sites and not _is_near(own_site, found.sites)


def _lineage(code: str | None) -> str | None:
    """Return the lineage of a three-digit morphology code, None where it says none or a mixed one."""
    if code is None or not code.isdigit() or code == "800" or "859" <= code <= "871" or "893" <= code <= "898":
        return None
    for last, name in _LINEAGES:
        if code <= last:
            return name
    return None


def _is_near(own: str, others: frozenset[str]) -> bool:
    """Return whether a code of the same system is among others: "C49" and "C76" are both places of soft tissue."""
    vague = ("C76", "C80", "C77", "C44", "C49", "C41", "C40", "C48")
    return own in vague and any(other in vague for other in others)
