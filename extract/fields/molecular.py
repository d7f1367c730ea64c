"""Gene tests of the tumour: which gene, which alteration, found or not (`genes` reads the sentences).

A gene altered in blood or in the family is not the tumour's; the genes of familial cancer are taken to be tested in
blood unless the sentence speaks of the tumour.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence, Set

from extract import context
from extract.genes import grammar, words
from extract.reading import Finding, Mention, Reading, Resolution, Sentence, holds_any
from extract.record import MolecularTest
from extract.stains.tokens import NEGATIVE, POSITIVE, concepts

NAME = "molecular"
FIELDS = ("molecular",)

# Words without which no sentence tells of an alteration: cheap tests before the grammar. The first two look at lower case.
_CUES = (
    "mutat", "mutant", "rearrang", "fusion", "fused", "locat", "in situ", "amplif", "delet", "methylat", "wild", "varia", "insert", "mrna",
    "somy", "duplicat", "chimer", "transcript", "loss", "copy", "break", "allelic", "sequenc", "genetic", "alter",
)  # fmt: skip
_CUE = re.compile(r"\b(?:fish|gain|t\s?\(\s?[\dxy])")
_NOTATION_CUE = re.compile(r"\b[A-Z]\d{2,4}[A-Z*]|[a-z]\d{2,4}[A-Z]|c\.\d|::|[A-Z0-9]{3}[-/–][A-Z]")
# A part of a chromosome is read where the sentence says that it is lost or gained, or joined to another.
_BAND_WORDS = ("delet", "loss", "somy", "gain", "duplicat", "loh", "t (", "t(")
_BAND_CUE = re.compile(
    r"(?:delet|\bloss|somy\b|\bgain|duplicat|\bloh)[\s\w,]{0,40}\d[pq]?|\d[pq][\d.-]{0,9}\s(?:\w+\s){0,2}(?:delet|loss|gain|dupl|loh)|some\s\d"
    r"|\bt\s?\(\s?[\dxy]"
)


def _has_cue(sentence: Sentence, has_genes: bool) -> bool:
    """Return whether a sentence may tell of an alteration, of a gene or of a part of a chromosome."""
    if has_genes:
        lower = sentence.lower
        if holds_any(lower, _CUES) or (holds_any(lower, ("fish", "gain", "(")) and _CUE.search(lower) is not None):
            return True
        return _NOTATION_CUE.search(sentence.text) is not None
    return holds_any(sentence.lower, _BAND_WORDS) and _BAND_CUE.search(sentence.lower) is not None


def find(reading: Reading) -> Iterator[Mention]:
    """Yield each gene test with a result that a sentence tells, the value a MolecularTest."""
    asked: tuple[tuple[str, str], ...] = ()
    for sentence in reading.sentences:
        if sentence.section in ("references", "other"):
            continue
        hits = reading.hits_in("gene", sentence)
        if not hits and asked and (answer := _ANSWER.search(sentence.text)):
            yield from _answered(reading, sentence, asked, answer.start(), answer.end())
        if not _has_cue(sentence, bool(hits)):
            asked = ()
            continue
        told = grammar.read(sentence.text, sentence.start, hits)
        asked = told.asked if not told.tests else ()
        for test in told.tests:
            start, end = sentence.start + test.start, sentence.start + test.end
            subject = "family" if _is_germline(test, told.tissues) else context.subject_of(reading, start, end, sentence)
            value = MolecularTest(test.gene, test.alteration, test.partner, test.result)
            yield Mention(NAME, start, end, sentence, value, "present", subject)


_ANSWER = re.compile(
    r"\b[Nn]o\s(?:\w{1,14}\s){0,3}(?:mutation|alteration|variant|rearrangement|fusion|amplification|abnormalit)\w{0,4}|\bwild[-\s]?type"
    r"|^(?:It|They|This|All|Both|The\s(?:tests?|results?|analys[ei]s))\s(?:\w{1,10}\s){0,3}(?:was|were)\s(?:all\s|both\s)?negative"
)


def _answered(reading: Reading, sentence: Sentence, asked: Sequence[tuple[str, str]], start: int, end: int) -> Iterator[Mention]:
    """Yield the tests that the sentence before only named, and that this one answers: "No mutations were found."."""
    start, end = sentence.start + start, sentence.start + end
    for gene, alteration in asked:
        value = MolecularTest(gene, alteration, None, NEGATIVE)
        yield Mention(NAME, start, end, sentence, value, "present", context.subject_of(reading, start, end, sentence))


def _is_germline(test: grammar.GeneTest, tissues: Set[str]) -> bool:
    """Return whether an alteration is one of blood or relatives, and not of the tumour: "germline", "the mother"."""
    if test.is_germline:
        return True
    if "somatic" in tissues or test.alteration not in (words.MUTATION, words.DELETION):
        return False
    return "germline" in tissues or bool(
        tissues & {"blood", "normal"} and test.gene in concepts("alteration", "germline_gene") | concepts("alteration", "predisposing_gene")
    )


def resolve(mentions: Sequence[Mention], so_far: Mapping[str, object]) -> Resolution:
    """Return one fact a gene, alteration and result, told of the patient's tumour."""
    germline = {m.value.gene for m in mentions if m.subject == "family" and isinstance(m.value, MolecularTest)}
    told = [m for m in mentions if _is_told(m) and not _is_germline_gene(m, germline)]
    if any(_is_rearranged(m) and not _is_translocation(m) for m in told):
        told = [m for m in told if not _is_translocation(m)]  # "t(11;22)" and "EWSR1-FLI1" are one
    facts: dict[tuple[str, str, str], list[Mention]] = {}
    values: dict[tuple[str, str, str], MolecularTest] = {}
    for mention in told:
        value = mention.value
        assert isinstance(value, MolecularTest)
        key = value.gene, value.alteration, value.result
        facts.setdefault(key, []).append(mention)
        if key not in values or (values[key].partner is None and value.partner is not None):
            values[key] = value
    many = [Finding(values[key], tuple(proof)) for key, proof in facts.items()]
    passed = tuple((m, "germline or family" if m.subject in ("family", "patient") else m.subject) for m in mentions if m not in told)
    return Resolution({}, {"molecular": many} if many else {}, passed)


def _is_rearranged(mention: Mention) -> bool:
    """Return whether a mention tells of a rearrangement that was found."""
    value = mention.value
    return isinstance(value, MolecularTest) and value.alteration == words.REARRANGEMENT and value.result == POSITIVE


def _is_translocation(mention: Mention) -> bool:
    """Return whether a mention names only the chromosomes of a translocation."""
    return isinstance(mention.value, MolecularTest) and mention.value.gene.startswith("t(")


_SOMATIC = re.compile(
    r"somatic|tumou?r|neoplasm|carcinoma\s(?:cells|tissue|sample)|liquid\sbiopsy|ct-?DNA|cf-?DNA|biops|specimen|tissue|metasta"
    r"|next[-\s]generation|\bNGS|exome|genomic\sprofil|allel(?:e|ic)\sfreq",
    re.IGNORECASE,
)


_RESULT_OF_TEST = re.compile(r"\b(?:reveal|show|detect|identifi|found|demonstrat|report|confirm|discover|harbou?r)\w{0,5}ed?\b|\bfound\b")
_SPECIMEN = re.compile(r"liquid\sbiops|biopsy|specimen|\bNGS|sequencing|the\s(?:tumou?r|report)\b", re.IGNORECASE)


def _is_told(mention: Mention) -> bool:
    """Return whether a mention is of the patient; a general sentence is, where it tells what a test of a specimen found."""
    if mention.subject != "general":
        return mention.subject == "patient"
    text = mention.sentence.text
    return _RESULT_OF_TEST.search(text) is not None and _SPECIMEN.search(text) is not None


def _is_germline_gene(mention: Mention, germline: Set[str]) -> bool:
    """Return whether a gene is altered in blood or family, and this sentence does not say "in the tumour".

    The genes of familial cancer are tested in blood unless the sentence says otherwise.
    """
    value = mention.value
    if not isinstance(value, MolecularTest) or not (value.gene in germline or value.gene in concepts("alteration", "germline_gene")):
        return False
    return _SOMATIC.search(mention.sentence.text) is None
