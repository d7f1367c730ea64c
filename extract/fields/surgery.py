"""Surgery: whether the tumour was operated on, and the operations with extent and margin."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from extract import treatment
from extract.reading import NOTHING, Finding, Hit, Mention, Reading, Resolution, Sentence
from extract.record import Site, Surgery

NAME = "surgery"
FIELDS = ("surgery", "surgeries")

_MARGIN = re.compile(
    r"""(?P<r>\bR[012]\b)
    |\b(?P<before>negative|clear|tumou?r[-\s]free|disease[-\s]free|free|uninvolved|clean|positive
    |involved)\s(?:(?:surgical|resection|excision|safety|deep|lateral|circumferential|all|and)\s){0,3}(?:margins?
    |borders?)\b
    |\b(?:margins?|borders?)\b(?:(?!\bmargins?)[^.;]){0,60}?\b(?P<after>negative|clear|free|not\s(?:involved
    |infiltrated|invaded)|uninvolved|clean|without|no\sevidence|positive|involved|close|infiltrated)\b""",
    re.VERBOSE | re.IGNORECASE,
)
_POSITIVE = ("positive", "involved", "infiltrated")
_EXTENT = re.compile(
    r"\b(?:(?P<subtotal>sub-?total|near[-\s]total|incomplete(?:ly)?|STR)|(?P<total>(?:gross\s)?total(?:ly)?"
    r"|complete(?:ly)?|GTR|entire(?:ly)?|in\stoto)|(?P<partial>partial(?:ly)?|piecemeal)"
    r"|(?P<debulking>debulk\w*|cytoreduc\w+)|(?P<en_bloc>en[-\s]bloc)|(?P<wide>wide(?:ly)?))\b",
    re.IGNORECASE,
)
_METASTATIC = re.compile(r"[^.;,]{0,30}\b(?:metasta\w+)", re.IGNORECASE)
_FOR_METASTASIS = re.compile(
    r"metasta\w+\s(?:\w+\s){0,3}(?:was|were|underwent|treated\s(?:with|by))[^.;]{0,25}$|\bmetasta\w+\s$",
    re.IGNORECASE,
)
_HISTORY = re.compile(
    r"\bhistory\b|\bprevious(?:ly)?\b|\bprior\b|\bearlier\b|\bago\b|\bpast\b|\bstatus\spost\b|\bs/p\b|\bin\schildhood\b",
    re.IGNORECASE,
)
_NO_HISTORY = re.compile(r"\b(?:histor(?:y|ies)|previous|prior|past|additional|further|second|other|immediate)\b", re.IGNORECASE)
# A word for an operation in general tells that this tumour was operated on where one of these stands with it.
_OPERATED = re.compile(
    r"\b(?:underwent|undergo\w*|performed|operated\s(?:on|upon|for)|was\soperated|were\soperated|carried\sout"
    r"|treated\s(?:with|by|surgically)|received|followed\sby|after|following|surgery\sand)\b",
    re.IGNORECASE,
)
_NO_REMOVAL = re.compile(
    r"\b(?:biops\w+|hydrocephalus|shunt|fracture|stabili[sz]ation|fixation|fistula|bleeding|drainage|decompress\w+"
    r"|reconstructi\w+|hernia|abscess|perforation|cataract|bypass|palliat\w+)\b",
    re.IGNORECASE,
)
_NOT_YET = re.compile(r"\s(?:evaluation|assessment|planning|candidate|options?)\b", re.IGNORECASE)
_REFERENCE = re.compile(r"\b(?:the|this|that|such|after|following|since|before)\s(?:\w+\s)?$", re.IGNORECASE)
_WEAK_SECTIONS = ("back", "table")
# Sites at which an operation on any organ may be an operation on the tumour: regions, soft tissue, unknown.
_ANYWHERE = ("C76", "C80", "C48", "C49", "C77", "C42", "C44", "C41", "C47")


@dataclass(frozen=True, slots=True)
class Told:
    """What one word for an operation says. `kind` is the lexicon's: resection, specimen, general, inoperable, margin ..."""

    kind: str
    procedure: str
    words: str
    standing: str = treatment.GIVEN
    extent: str | None = None
    margin: str | None = None
    sites: tuple[str, ...] = ()
    is_past: bool = False
    clue: treatment.Clue = treatment.NO_CLUE
    is_reference: bool = False  # "after the resection": of an operation that was named before
    is_plain: bool = True  # a general word ("surgery") with words that tell that it was done


def find(reading: Reading) -> Iterator[Mention]:
    """Yield each word for an operation on a patient of the authors', and what is said of margins."""
    for sentence in reading.sentences:
        hits = reading.hits_in("procedure", sentence)
        text = sentence.text
        has_margin = "argin" in text or "border" in text or "R0" in text or "R1" in text or "R2" in text
        if (not hits and not has_margin) or sentence.section in ("references", *_WEAK_SECTIONS) or not treatment.is_told(sentence):
            continue
        for hit in hits:
            if hit.id not in ("other", "biopsy", "nodes", "later"):
                yield _mention(reading, sentence, hit)
        if has_margin:
            yield from _margins(sentence)


def _mention(reading: Reading, sentence: Sentence, hit: Hit) -> Mention:
    text, start, end = sentence.text, hit.start - sentence.start, hit.end - sentence.start
    before = text[max(0, start - 80) : start]
    kind = hit.id
    standing = treatment.standing(reading, hit.start, hit.end, sentence, needs_past=kind not in ("inoperable", "specimen"))
    if kind == "inoperable" and standing == treatment.PLANNED:
        standing = treatment.GIVEN
    if kind in ("resection", "general") and (_METASTATIC.match(text, end, end + 45) or _FOR_METASTASIS.search(before)):
        kind = "metastasis"
    if standing == treatment.GIVEN and _NOT_YET.match(text, end, end + 20):
        standing = treatment.PLANNED
    if kind == "access":
        # Through a craniotomy a tumour is taken out, or only a sample of it.
        kind = "other" if "biops" in sentence.lower else "resection"
    if standing == treatment.DENIED and _NO_HISTORY.search(before[-40:] + text[start : end + 12]) and "without" not in before[-25:]:
        standing = treatment.ARGUED
    said = Told(
        kind,
        hit.entry.preferred,
        text[start:end].lower(),
        standing,
        _extent(text, start, end),
        None,
        tuple(hit.entry.get("sites").split()),
        _HISTORY.search(text[max(0, start - 120) : end + 60]) is not None,
        treatment.clue(reading, sentence, hit.start) if standing == treatment.GIVEN else treatment.NO_CLUE,
        not hit.entry.get("sites") and _REFERENCE.search(before) is not None,
        kind != "general" or (_OPERATED.search(text[max(0, start - 60) : end + 40]) is not None and not _NO_REMOVAL.search(text)),
    )
    assertion = {treatment.DENIED: "absent", treatment.PLANNED: "planned", treatment.ARGUED: "possible"}.get(standing, "present")
    return Mention(NAME, hit.start, hit.end, sentence, said, assertion, "patient")


def _extent(text: str, start: int, end: int) -> str | None:
    """Return how much was taken out, of the words of the operation or those just before it."""
    found = None
    for match in _EXTENT.finditer(text, max(0, start - 25), min(len(text), end + 14)):
        found = match.lastgroup
    return found.replace("_", " ") if found else None


def _margins(sentence: Sentence) -> Iterator[Mention]:
    for match in _MARGIN.finditer(sentence.text):
        word = (match["before"] or match["after"] or "").lower()
        margin = match["r"] or ("positive" if word in _POSITIVE else "negative")
        if word == "close":
            continue
        said = Told("margin", "", match.group(), margin=margin.upper() if match["r"] else margin)
        yield Mention(NAME, sentence.start + match.start(), sentence.start + match.end(), sentence, said)


def resolve(mentions: Sequence[Mention], so_far: object) -> Resolution:
    """Return whether the tumour was operated on (None where unsaid or only planned), and the operations."""
    if not mentions:
        return NOTHING
    known: Mapping[str, object] = so_far if isinstance(so_far, Mapping) else {}
    judged = [(mention, _reason(_told(mention), known)) for mention in mentions]
    done = [mention for mention, reason in judged if reason is None]
    passed = tuple((mention, reason) for mention, reason in judged if reason not in (None, "margin"))
    strong = [mention for mention in done if _told(mention).kind == "resection"]
    proof = strong or [m for m in done if _told(m).kind == "specimen"] or [m for m in done if _told(m).kind == "general"]
    denied = [mention for mention, reason in judged if reason == "not operated on"]
    if proof and not (denied and _told(proof[0]).kind == "general"):
        margins = [mention for mention, reason in judged if reason == "margin"]
        surgeries = _surgeries(strong, margins)
        return Resolution({"surgery": Finding(True, tuple(proof[:6]))}, {"surgeries": surgeries} if surgeries else {}, passed)
    if denied:
        return Resolution({"surgery": Finding(False, tuple(denied))}, {}, tuple(pair for pair in passed if pair[0] not in denied))
    return Resolution({}, {}, passed)


def _told(mention: Mention) -> Told:
    assert isinstance(mention.value, Told)
    return mention.value


def _reason(said: Told, known: Mapping[str, object]) -> str | None:
    """Return why a mention is no operation on this tumour, None where it is one."""
    site = known.get("site")
    if said.kind in ("margin", "metastasis"):
        return said.kind
    if said.kind == "inoperable":
        return "not operated on" if said.standing in (treatment.GIVEN, treatment.DENIED) else said.standing
    if said.standing == treatment.DENIED and said.kind in ("resection", "general"):
        return "not operated on"
    if said.standing != treatment.GIVEN:
        return said.standing
    if treatment.is_other_tumour(said.clue, site, known.get("histology")):
        return "for another tumour"
    if said.sites and isinstance(site, Site) and not (site.topography[:3] in said.sites or site.topography[:3] in _ANYWHERE):
        return "on another organ"
    if said.sites and said.is_past and isinstance(site, Site) and site.topography[:3] not in said.sites:
        return "in the past, on another organ"
    if not said.is_plain:
        return "no operation named"
    return None


def _surgeries(strong: Sequence[Mention], margins: Sequence[Mention]) -> list[Finding]:
    """Return each operation once, with the extent that is said and the first margin told after it."""
    groups: dict[str, list[Mention]] = {}
    for mention in strong:
        said = _told(mention)
        known = next(reversed(groups), None) if said.is_reference else None
        groups.setdefault(known or said.procedure, []).append(mention)
    facts: list[Finding] = []
    for group in groups.values():
        words = max((_told(mention).words for mention in group), key=len)
        extent = next((said.extent for mention in group if (said := _told(mention)).extent), None)
        facts.append(Finding(Surgery(words, extent), tuple(group)))
    for margin in margins:
        before = [number for number, fact in enumerate(facts) if fact.proof[0].start <= margin.end]
        if not before:
            continue
        last = max(before, key=lambda number: facts[number].proof[0].start)
        value = facts[last].value
        assert isinstance(value, Surgery)
        if value.margin is None:
            facts[last] = Finding(replace(value, margin=_told(margin).margin), (*facts[last].proof, margin))
    return facts
