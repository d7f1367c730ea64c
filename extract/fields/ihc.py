"""Immunohistochemistry: every marker with its result on the index tumour, extent, intensity, percentage and cells.

Words become tokens in `stains.tokens`, results find their markers in `stains.grammar`; here stands which hits are
markers, which sentences speak of something else (serum, flow cytometry, genes), and what becomes of two results.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence, Set
from functools import cache
from typing import NamedTuple

from extract import context, lexicon, treatment
from extract.reading import Finding, Hit, Mention, Reading, Resolution, Sentence, holds_any
from extract.record import Histology, IhcResult
from extract.stains import grammar, tumors
from extract.stains.state import GENE, Result
from extract.stains.tokens import OTHER_CELLS, POSITIVE, UNKNOWN, Span, Token, concepts

NAME = "ihc"
FIELDS = ("ihc",)

_KI67 = "ki67"
_KERATIN = "ck"
_HORMONES = frozenset({"estrogen", "progesterone"})
# A sentence without any of these says nothing of a result; read in lower case.
_CUE = re.compile(
    r"positiv|negativ|express|stain|react|loss|lost|retain|intact|preserv|absen|lack|detect|highlight|immuno|\d\s?%|\+"
    r"|[(\d][-−–](?!\d)|±|show|demonstrat"
    r"|reveal|equivocal|present|seen|failed|focal|regulat|label|observed|evident|scor|accumulat|confined|limited|restricted|outlin"
    r"|dot-like|birefring"
)
# The commonest of its words, looked for first.
_COMMON_CUES = ("positiv", "negativ", "express", "stain", "immuno", "show")
_SAME = re.compile(r"\s?(?:[(\[/,=]|or)\s?\Z")
_IN_PARENTHESES = re.compile(r"s?\s?[(\[]?(?:clones?\s)?\s?\Z")
_STAINED_WITH = re.compile(r"\s(?:immuno)?(?:stain(?:ing)?|expression|reactivity)\s(?:with|for|using)\s(?:clones?\s|anti-?)?\Z", re.I)
_NUMBERED = re.compile(r"s?\s?\(CKs?\)\s?(\d{1,2}(?:/\d{1,2})?)(?![\d%])")
_NEXT_NUMBER = re.compile(r"\s?(?:/|,\s?and|,|and|&|or)\s?(\d{1,2})(?![\w%.:/-]|\s?[+×x%])")
# A hormone's name stands for its receptor: "estrogen (ER)", "estrogen and progesterone receptors".
_RECEPTOR_AFTER = re.compile(
    r"(?:\s?\((?:ER|PR|PgR)\)|s?[-\s]?(?:,?\s?(?:and|or)|,|/|&|-)\s?(?:the\s)?\(?(?:(?:o?estr|progest)\w{2,9}[-\s]receptor|progest\w{2,9}\s\(|PR\b|PgR\b))",
    re.IGNORECASE,
)
# Names that are words or other abbreviations too: a marker only beside another one in a list.
_AMBIGUOUS = frozenset({"hepatocyte", "RCC"})
_LIST_GAP = re.compile(r"\s?(?:\([^()]{0,12}\)\s?)?(?:[,;/&]|\b(?:and|or|nor)\b)\s?(?:and\b|or\b|nor\b)?\s?(?:anti[-\s]?)?")
# A gene, not a protein: "MLH1 (c.2081A>C)", "BRAF V600E", "EGFR exon 19".
_GENE_AFTER = re.compile(
    r"[\s(,:–—-]{1,3}(?:(?:loss|deletion|duplication)\s(?:of\s)?(?=exons?\b))?(?:[cp]\.\s?\(?[A-Z\d]|exons?\b|codon|[A-Z]\d{2,4}[A-Z*]\b)"
)
_CLUSTER = re.compile(
    r"\bclusters?\sof\sdifferentiation\s?(?:antigen\s|protein\s|number\s)?(?:\(CDs?\))?\s?-?(\d{1,3}[a-z]?)\b", re.IGNORECASE
)
# Not a result: a definition, a list of abbreviations, a count of blood cells.
_VETO = re.compile(
    r"immunoblot|(?:auto|onconeur\w{1,3}\s|antineuronal\s|paraneoplastic\s)antibod|secondary\santibod|incubated|western\sblot|cell\slines?\b"
    r"|ELISA|defined\sas|considered\s(?:as\s|to\sbe\s)?(?:positive|negative)|differential\sdiagnos[ei]s\s(?:was\sbetween|includ|compris)|\s=\s.{1,200}\s=\s.{1,200}\s=\s",
    re.IGNORECASE,
)
_VETO_CUES = ("antibod", "immunoblot", "incubat", "western", "line", "elisa", "defined", "considered", "differential", "=")
_COUNT_AFTER = re.compile(r"\+?\s(?:T[-\s]?(?:cells?|lymphocytes?)\s|cells?\s|lymphocytes?\s)?(?:count|of\s\d|:\s?\d)", re.IGNORECASE)
# Another substance: "insulin-like growth factor", "prolactin receptor".
_ANOTHER_AFTER = re.compile(r"-like\b|\sreceptor\b")
# What squamous cells make: "keratin pearls".
_HORN_AFTER = re.compile(r"\s(?:pearl|format|produc|debris|plug|horn|cyst|flake|nest|whorl|material|layer|fill|lamell)", re.IGNORECASE)
_SERUM_BEFORE = re.compile(r"(?:serum|plasma|blood|urin\w+)\s(?:levels?\sof\s)?\Z", re.IGNORECASE)
# Words that say that tissue was stained; "immunoglobulin" and "immunosuppressed" do not.
_STAINED = re.compile(
    r"stain|immuno[\s-]?(?:histo|cyto|react|posit|negat|label|expres|peroxid|phenotyp|profile|marker|fluor|panel|stud|chem|decor)|IHC",
    re.IGNORECASE,
)
# "HER2-targeted therapy", "anti-PD-1 treatment": a drug.
_DRUG_AFTER = re.compile(
    r"(?:/[\w-]{2,8})?[-\s](?:(?:targeted|directed)\s)?(?:therap|immunotherap|treatment|inhibit|blockade|CAR\b)", re.IGNORECASE
)
# Where ER is the emergency room.
_ROOM_BEFORE = re.compile(r"\b(?:to|in|at|from|via|visited|of)\s(?:the|our|an)\s\Z", re.IGNORECASE)
_RESULT_AFTER = re.compile(r"[-+(]|\s(?:and|positiv|negativ|express|stain|status)")
_LOCATED_BEFORE = re.compile(r"\b(?:nuclear|cytoplasmic|membranous)\s\Z", re.IGNORECASE)
# Reports of gene tests, whose lists look like those of stains: "germline testing was negative for MLH1 and MSH2".
_SEQUENCED = re.compile(r"germline|sequenc|\bNGS\b|(?:genetic|gene)\s(?:test|panel|analys)|multigene|exome", re.IGNORECASE)
# What holds for a kind of tumour: "is typically", "usually express", "in 90% of cases".
_USUAL = re.compile(
    r"\b(?:typically|usually|generally|commonly|often|frequently|characteristically|classically|expected\sto|known\sto|in\sgeneral"
    r"|whether)\b|\bof\s(?:the\s|all\s)?(?:\w+\s)?cases\b",
    re.IGNORECASE,
)
# One of these stands in all that it matches.
_USUAL_CUES = (
    "typically", "usually", "commonly", "often", "frequently", "characteristically", "classically", "expected", "known",
    "general", "whether", "cases",
)  # fmt: skip
_IS = re.compile(r"\b(?:is|are|would|express(?:es)?|stains?|shows?|have|has)\b", re.IGNORECASE)
_THIS_TUMOUR = re.compile(
    r"\b(?:tumou?r\scells|neoplastic\scells|our|this\s(?:case|patient|tumou?r|lesion)|were|was|lesional)\b", re.IGNORECASE
)
_CLAUSE = re.compile(r"[,;:]|\b(?:but|whereas|while|however)\b", re.IGNORECASE)
# Cells that are said to be stained, next to a level in the blood.
_CELLS_BEFORE = re.compile(r"\b(?:cells|tumou?r|biopsy|specimen)\s(?:was|were|is|are)\s(?:\w{1,15}\s){0,2}\Z", re.IGNORECASE)
_WHOLE_BEFORE = re.compile(r"\bintact[\s-]\Z", re.IGNORECASE)  # "intact parathyroid hormone"
_DEPOSITED = re.compile(r"deposi(?:t|ted|ts|tion)\b|mesangi|glomerul|dermo-?epidermal|intercellular|direct\simmunofluor", re.IGNORECASE)
# Where microbes are looked for in fluids and cultures, nothing is said of the tumor.
_CULTURED = re.compile(
    r"\bcultures?\b|sputum|lavage|\bBALF?\b|\bCSF\b|cerebrospinal|\bpus\b|swab|ascit|effusion|thorax|urine|\bblood\b|drain"
    r"|india\sink",
    re.IGNORECASE,
)
# A tumour is named by the marker: "NUT midline carcinoma".
_TUMOR_AFTER = re.compile(r"\s(?:midline\s)?(?:carcinoma|sarcoma|lymphoma)", re.IGNORECASE)
_SERUM_STAINED = re.compile(
    r"immunofluor\w+\s(?:\w+\s)?(?:of|on|with|in)\s(?:the\s|patient\s)?(?:serum|sera|CSF|cerebrospinal)", re.IGNORECASE
)
_LEVEL_AFTER = re.compile(r"(?:\s\([\w\s.-]{1,20}\))?,?\s(?:antibod\w+|level|titer|titre|concentration|secretion)", re.IGNORECASE)


class Stained(NamedTuple):
    """A result with the tumours that are named with it."""

    result: IhcResult
    clue: treatment.Clue = treatment.NO_CLUE


def find(reading: Reading) -> Iterator[Mention]:
    """Yield each marker that a sentence gives a result, the value an IhcResult."""
    before = ""
    for sentence in reading.sentences:
        hits = reading.hits_in("ihc", sentence)
        if (
            (hits or "(CD)" in sentence.text)
            and sentence.section not in ("references", "other")
            and (holds_any(sentence.lower, _COMMON_CUES) or _CUE.search(sentence.lower))
            and not (holds_any(sentence.lower, _VETO_CUES) and _VETO.search(sentence.text))
        ):
            yield from _read(reading, sentence, hits, before)
        before = sentence.lower


def _read(reading: Reading, sentence: Sentence, hits: Sequence[Hit], before: str) -> Iterator[Mention]:
    """Yield the results of a sentence; `before` is the sentence before it, which may say that all this is flow cytometry."""
    spans = markers(sentence.text, sentence.start, hits)
    results, tokens = grammar.read(sentence.text, spans)
    kinds = {token.kind for token in tokens}
    is_stained = _STAINED.search(sentence.text) is not None
    if _speaks_of_flow(before) and not is_stained:
        return
    circulating = concepts("staining", "circulating")
    others = sum(span.id not in circulating for span in spans)
    here = _Frame(sentence.text, kinds, is_stained, others, before)
    clues: dict[tuple[int, int], treatment.Clue] = {}
    tells_usual = bool(results) and holds_any(sentence.lower, _USUAL_CUES) and _USUAL.search(sentence.text) is not None
    turns = tumors.turns(sentence.text) if results else []
    for result in results:
        if result.result in (None, GENE, UNKNOWN) or result.marker.id == _KI67:
            continue
        if not _is_stain(result, here) or _is_of_flow(result, tokens) or (tells_usual and _is_usual(result, sentence.text)):
            continue
        if result.result == OTHER_CELLS and sentence.section in _ARGUED and not is_stained:
            continue  # "activation of CD8+ T cells"
        start, end = sentence.start + result.start, sentence.start + result.end
        marker = _names().get(result.marker.id, result.marker.id)
        value = IhcResult(marker, str(result.result), result.extent, result.intensity, result.percent, result.cells)
        clause = tumors.part_at(turns, result.start)
        if clause not in clues:
            clues[clause] = tumors.clue(reading, sentence, clause)
        yield Mention(
            NAME, start, end, sentence, Stained(value, clues[clause]), "present", context.subject_of(reading, start, end, sentence)
        )


class _Frame(NamedTuple):
    """What a sentence speaks of: the kinds of its words, how many of its markers do not circulate in blood, the sentence before it."""

    text: str
    kinds: Set[str]
    is_stained: bool
    others: int
    before: str


_ARGUED = ("introduction", "discussion", "conclusion")
_FRAMES = frozenset({"stain", "active", "status", "tumor_cells"})
# What a cue says of a gene in a report on genes: "loss of TP53", "variants of PTEN were found"; "positive" is of a protein.
_GENETIC = frozenset({"loss", "presence"})


def _is_stain(result: Result, here: _Frame) -> bool:
    """Return whether a result is of a stain of tissue: not of blood, a culture, a scan, or a gene."""
    marker = result.marker
    if _SERUM_BEFORE.search(here.text, max(0, marker.start - 20), marker.start) or _COUNT_AFTER.match(here.text, marker.end):
        return False
    if marker.id in concepts("staining", "microbe") and (
        not here.is_stained or _CULTURED.search(here.before) or _CULTURED.search(here.text)
    ):
        return False
    if not here.is_stained and "scan" in here.kinds:
        return False
    if GENE in here.kinds and not here.is_stained and here.kinds.isdisjoint(("active", "stain")):
        is_of_list = result.by in ("forward", "denied") and _SEQUENCED.search(here.text) is not None
        if is_of_list or result.cue in _GENETIC or not result.is_firm:
            return False
    if marker.id in concepts("staining", "circulating"):
        return _is_stain_of_circulating(result, here)
    if result.is_firm or not here.kinds.isdisjoint(_FRAMES) or here.others > 1:
        return True
    return _LOCATED_BEFORE.search(here.text, max(0, marker.start - 15), marker.start) is not None


def _is_usual(result: Result, text: str) -> bool:
    """Return whether a result is told of a kind of tumour, in the present tense, not of this one."""
    start = max((match.end() for match in _CLAUSE.finditer(text, 0, result.start)), default=0)
    end = _CLAUSE.search(text, result.end)
    clause = text[start : end.start() if end else len(text)]
    return (
        (_USUAL.search(clause) or _USUAL.match(text)) is not None and _IS.search(clause) is not None and _THIS_TUMOUR.search(clause) is None
    )


def _is_stain_of_circulating(result: Result, here: _Frame) -> bool:
    """Return whether a substance that is also measured in blood was stained in tissue here."""
    start, end = result.marker.start, result.marker.end
    if _LEVEL_AFTER.match(here.text, end) or _WHOLE_BEFORE.search(here.text, max(0, start - 8), start) or _DEPOSITED.search(here.text):
        return False
    if _SERUM_STAINED.search(here.text):
        return False
    if result.is_firm and result.by == "backward" and _CELLS_BEFORE.search(here.text, max(0, start - 60), start):
        return True
    if "blood" in here.kinds and not here.is_stained:
        return False
    if here.is_stained or here.others:
        return True
    return result.is_firm and (result.by == "forward" or not here.kinds.isdisjoint(("active", "tumor_cells")))


def _speaks_of_flow(lower: str) -> bool:
    return "cytometr" in lower and "mmunohisto" not in lower


def _is_of_flow(result: Result, tokens: Sequence[Token]) -> bool:
    """Return whether a result is of flow cytometry: its sentence says so, and no stain stands nearer."""
    flow = [token.start for token in tokens if token.kind == "flow"]
    if not flow:
        return False
    stains = [token.start for token in tokens if token.kind == "status" and token.value == "ihc"]
    return not any(abs(stain - result.start) < min(abs(at - result.start) for at in flow) for stain in stains)


# ---------------------------------------------------------------- markers


@cache
def _names() -> Mapping[str, str]:
    return {entry.concept_id: entry.preferred for entry in lexicon.load("ihc")}


def markers(text: str, offset: int, hits: Sequence[Hit]) -> list[Span]:
    """Return the markers of a sentence: a name and its abbreviation as one, "CK7/20" as two."""
    spans: list[Span] = []
    for number, hit in enumerate(hits):
        span = Span(hit.id, hit.start - offset, hit.end - offset)
        if not _is_name(text, offset, hits, number):
            continue
        if _GENE_AFTER.match(text, span.end) or (hit.id in concepts("staining", "circulating") and _ANOTHER_AFTER.match(text, span.end)):
            continue
        if _DRUG_AFTER.match(text, span.end) or _TUMOR_AFTER.match(text, span.end):
            continue
        if hit.id == _KERATIN and (_HORN_AFTER.match(text, span.end) or text.endswith("wet ", 0, span.start)):
            continue
        if spans:
            joined = _join(text, spans[-1], span)
            if joined is not None:
                spans[-1] = joined
                continue
        spans.append(span)
        spans.extend(_numbers(text, span))
    return _with_clusters(text, _without_overlaps(spans))


def _is_name(text: str, offset: int, hits: Sequence[Hit], number: int) -> bool:
    """Return whether a hit names a marker here: "estrogen" only as its receptor, "hepatocyte" only in a list of markers."""
    hit = hits[number]
    start, end = hit.start - offset, hit.end - offset
    if hit.entry.variant in _HORMONES:
        return _RECEPTOR_AFTER.match(text, end) is not None
    if text[start:end] == "ER" and _is_no_receptor(text, start, end):
        return False
    if text[start:end] not in _AMBIGUOUS:
        return hit.entry.variant not in _AMBIGUOUS
    before = hits[number - 1].end - offset if number else 0
    after = hits[number + 1].start - offset if number + 1 < len(hits) else 0
    return bool((before and _LIST_GAP.fullmatch(text, before, start)) or (after and _LIST_GAP.fullmatch(text, end, after)))


def _is_no_receptor(text: str, start: int, end: int) -> bool:
    """Return whether "ER" is the emergency room or the endoplasmic reticulum."""
    if text.startswith(" stress", end) or "ndoplasmic" in text:
        return True
    return _ROOM_BEFORE.search(text, max(0, start - 15), start) is not None and _RESULT_AFTER.match(text, end) is None


def _join(text: str, first: Span, second: Span) -> Span | None:
    """Return two names of one marker as one, None if they are two markers."""
    between = text[first.end : second.start]
    end = second.end + (1 if "(" in between and text[second.end : second.end + 1] == ")" else 0)
    if first.id == second.id and len(between) < 6 and _SAME.match(between):
        return Span(first.id, first.start, end)
    if first.id == _KERATIN and _is_keratin(second.id) and _IN_PARENTHESES.match(between):
        return Span(second.id, first.start, end)
    if first.id == _KERATIN and _is_keratin(second.id) and _STAINED_WITH.match(between):
        return second  # "keratin staining with AE1/AE3"
    return None


def _is_keratin(marker: str) -> bool:
    return marker.startswith(("ck", "cam5", "34be", "oscar", "mnf116")) or marker == _KERATIN


def _numbers(text: str, span: Span) -> Iterator[Span]:
    """Yield the keratins that are named by number alone: "cytokeratin (CK) 5/6", "CK7/20", "cytokeratins 7, 8 and 18"."""
    if span.id == _KERATIN:
        match = _NUMBERED.match(text, span.end)
        marker = f"ck{match[1].replace('/', '')}" if match else ""
        if match and marker in _names():
            yield Span(marker, span.end, match.end())
        return
    at = span.end
    while span.id.startswith("ck") and span.id[2:].isdigit():
        match = _NEXT_NUMBER.match(text, at)
        if match is None or f"ck{match[1]}" not in _names():
            return
        yield Span(f"ck{match[1]}", match.start(1), match.end(1))
        at = match.end()


def _without_overlaps(spans: Sequence[Span]) -> list[Span]:
    """Return the spans in order; the generic keratin goes where its number follows."""
    kept: list[Span] = []
    for span in spans:
        if kept and span.start < kept[-1].end:
            continue
        if kept and kept[-1].id == _KERATIN and kept[-1].end == span.start and span.id.startswith("ck"):
            kept[-1] = Span(span.id, kept[-1].start, span.end)
            continue
        kept.append(span)
    return kept


def _with_clusters(text: str, spans: list[Span]) -> list[Span]:
    """Add markers written out: "cluster of differentiation (CD) 34"."""
    for match in _CLUSTER.finditer(text):
        marker = f"cd{match[1].lower()}"
        if marker in _names():
            rest = [span for span in spans if span.end <= match.start() or span.start >= match.end()]
            spans = sorted([*rest, Span(marker, match.start(), match.end())], key=lambda span: span.start)
    return spans


# ---------------------------------------------------------------- resolving

_CASE = ("case", "pathology", "treatment", "follow_up", "caption")
# Cells that may be the tumour's own: ICD-O-3 morphology ranges in which they are.
_OWN_CELLS = {
    "T cells": ((9700, 9719), (9827, 9837)),
    "B cells": ((9590, 9699), (9811, 9826)),
    "plasma cells": ((9671, 9671), (9731, 9735)),
    "lymphocytes": ((9590, 9729), (9811, 9837)),
    "histiocytes": ((9749, 9769),),
    "mast cells": ((9740, 9742),),
}


# Sentences that tell of two parts of a tumour, each with its stains.
_TWO_PARTS = re.compile(
    r"\bcomponent\b[^.]{1,200}\b(?:component|one)\b|\bprimary\b[^.]{1,120}\bmetasta[st]|\bmetasta[st][^.]{1,120}\bprimary\b", re.IGNORECASE
)


def resolve(mentions: Sequence[Mention], so_far: Mapping[str, object]) -> Resolution:
    """Return one fact a marker and result; two results of a marker stand where two sentences say so."""
    other = [m for m in mentions if _is_of_other_tumour(m, so_far)]
    mentions = [m for m in mentions if m not in other]
    told = [m for m in mentions if _is_told(m)] or [m for m in mentions if _may_be_told(m)]
    code = _code(so_far)
    facts: dict[tuple[str, str], list[Mention]] = {}
    merged: dict[tuple[str, str], IhcResult] = {}
    said: dict[tuple[str, int], str] = {}
    passed: list[tuple[Mention, str]] = [(m, m.subject) for m in mentions if m not in told]
    passed += [(m, "another tumour") for m in other]
    for mention in told:
        value = _own(mention.value, code)
        earlier = said.setdefault((value.marker, mention.sentence.index), value.result)
        if earlier != value.result and OTHER_CELLS not in (earlier, value.result) and not _TWO_PARTS.search(mention.sentence.text):
            passed.append((mention, "contradicts the same sentence"))
            continue
        key = value.marker, value.result
        facts.setdefault(key, []).append(mention)
        merged[key] = _merged(merged[key], value) if key in merged else value
    many = [Finding(merged[key], tuple(proof)) for key, proof in facts.items()]
    return Resolution({}, {"ihc": many} if many else {}, tuple(passed))


def _is_of_other_tumour(mention: Mention, so_far: Mapping[str, object]) -> bool:
    assert isinstance(mention.value, Stained)
    return treatment.is_other_tumour(mention.value.clue, so_far.get("site"), so_far.get("histology"))


# What such tumors are, in the present tense, is of no patient.
_PRESENT = re.compile(
    r"\b(?:tumou?rs|cases|patients|carcinomas|lymphomas|sarcomas|which|that|cells|they|it)\b[^.;]{0,30}"
    r"\b(?:are|is|have|express|stain|show)\b",
    re.IGNORECASE,
)


def _may_be_told(mention: Mention) -> bool:
    """Return whether a general remark may be of the patient, where nothing else tells of stains."""
    sentence = mention.sentence
    return mention.subject == "general" and sentence.section in (*_CASE, "body", "abstract") and _PRESENT.search(sentence.text) is None


def _is_told(mention: Mention) -> bool:
    """Return whether a mention is of the patient; a stain in the case itself is, even in a general remark."""
    return mention.subject == "patient" or (mention.subject == "general" and mention.sentence.section in _CASE)


def _own(value: object, code: int) -> IhcResult:
    """Return the result as the tumour's where the cells named are the tumour's cells: T cells of a T-cell lymphoma."""
    assert isinstance(value, Stained)
    value = value.result
    ranges = _OWN_CELLS.get(value.cells or "", ())
    if value.result == OTHER_CELLS and any(low <= code <= high for low, high in ranges):
        return IhcResult(value.marker, POSITIVE, value.extent, value.intensity, value.percent)
    return value


def _code(so_far: Mapping[str, object]) -> int:
    histology = so_far.get("histology")
    morphology = histology.morphology if isinstance(histology, Histology) else None
    return int(morphology[:4]) if morphology and morphology[:4].isdigit() else 0


def _merged(first: IhcResult, second: IhcResult) -> IhcResult:
    """Return the first mention's fact, completed by what only the second tells."""
    return IhcResult(
        first.marker,
        first.result,
        first.extent or second.extent,
        first.intensity or second.intensity,
        first.percent if first.percent is not None else second.percent,
        first.cells or second.cells,
    )
