"""Gene tests of the tumour: which gene, which alteration, found or not.

A gene and the word of its alteration make one test ("ALK rearrangement", "mutations in EGFR and KRAS",
"BRAF V600E"); whether it is positive is read by the same grammar as a stain ("negative for EGFR mutations").
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence, Set
from typing import NamedTuple

from extract import context, stain_grammar
from extract.reading import Finding, Hit, Mention, Reading, Resolution, Sentence
from extract.record import MolecularTest
from extract.staining import EQUIVOCAL, NEGATIVE, POSITIVE, Span, Token, concepts, phrases, plain, word_at

NAME = "molecular"
FIELDS = ("molecular",)

REARRANGEMENT, MUTATION, AMPLIFICATION = "rearrangement", "mutation", "amplification"
DELETION, METHYLATION = "deletion", "methylation"
_ALTERATIONS = frozenset(
    {REARRANGEMENT, MUTATION, AMPLIFICATION, DELETION, METHYLATION, "unmethylated", "wild_type", "other", "expression"}
)
_CUE = re.compile(
    r"mutat|mutant|rearrang|fusion|locat|FISH|in situ|amplif|delet|methylat|wild|variant|insertion|mRNA|polysom|duplicat|chimer|transcript"
    r"|loss of het|\b[A-Z]\d{2,4}[A-Z*]|[a-z]\d{2,4}[A-Z]|c\.\d|::|[A-Z0-9]{3}[-/–][A-Z]|copy|breakpoint|break[-\s]apart|allelic"
)
_WORD = re.compile(r"[A-Za-z]{2,40}")
_NOTATION = re.compile(
    r"""
    (?:\s?(?:gene|oncogene|exon\s?\d{1,2}|codon\s?\d{1,4}|at|in|,|\()){0,6}
    [\s(:,]{0,3}
    (?:p\.\s?\(?[A-Z][A-Za-z]{0,2}\d{1,4}[A-Za-z*_\d=]{1,20}\)?
      | c\.\s?[-\d_+*]{1,12}(?:[ACGT]\s?>\s?[ACGT]|del\w{0,8}|ins\w{0,8}|dup\w{0,8})
      | [ACDEFGHIKLMNPQRSTVWY]\d{2,4}(?:[ACDEFGHIKLMNPQRSTVWY*]|fs\S{0,6}|del|_\w{1,12})(?![\w])
      | [A-Z][a-z]{2}\d{2,4}(?:[A-Z][a-z]{2}|fs|\*)
    )
    """,
    re.VERBOSE,
)
_EXON_DELETION = re.compile(
    r"(?:\s?gene)?,?\s?(?:\(?exon|ex)\s?-?\d{1,2}\s(?:\w+\s)?(?:del\w*|ins\w*|mutat\w*|skipping\w*|dup\w*)|\s?(?:del"
    r"|ex)\s?\d{2}(?:del|ins)?\b",
    re.IGNORECASE,
)
_VERB = re.compile(
    r"(?:\s(?:genes?|locus|promoter|status))?\s(?:was|were|is|are)\s(?P<not>not\s)?(?:found\sto\sbe\s|also\s|highly\s)?(?:not\s)?",
    re.IGNORECASE,
)
_AND_AMPLIFIED = re.compile(r",\s(?:and\s)?(amplification)\b")
# What may stand between two genes of one list, between a gene and its alteration, and after "mutation" before its gene.
_LISTED = re.compile(
    r"(?:,\s[A-Z][A-Z0-9]{2,7}(?=,)){0,3}\s?(?:\([^()]{0,25}\)\s?)?(?:,\s?(?:and|or|as\swell\sas)?|/|and|or|nor|&|as\swell\sas"
    r"|;)\s?(?:of\s|in\s)?(?:the\s)?\Z"
)
_BEFORE_WORD = re.compile(
    r"(?:,\s(?:and\s)?[A-Z][A-Z0-9]{2,7}){0,4}[-–\s]?(?:\([^()]{0,30}\)\s?)?(?:(?:genes?|oncogenes?|locus|loci|promoter|protein"
    r"|kinase|proto-oncogene|somatic|driver|activating|sensiti[sz]ing|hotspot|point|missense"
    r"|frameshift|nonsense|exons?|codon|\d{1,4}|and|homozygous|high-level|copy|number|CpG|pathogenic|p\.\S{1,20}"
    r"|[A-Z]\d{2,4}\w{0,3}|mRNA|status|T790M)[-\s,]{1,2}){0,6}\Z",
    re.IGNORECASE,
)
_AFTER_WORD = re.compile(
    r"s?\s(?:(?:analysis|test|tests|testing|status|screening|assay|studies|study|was|were|detected|found|identified|observed"
    r"|present|probes?|demonstrated|noted|confirmed|both)\s){0,3}"
    r"(?:in|of|for|involving|at|affecting|within|on|targeting|to|with)\s(?:(?:the|exons?|codons?|either|both|all|any|genes?"
    r"|following|other|including|of|in|and|to|\d{1,3}(?:,|-\d+)?)\s){0,8}\Z",
    re.IGNORECASE,
)
_FUSED = re.compile(r"\s?(?:-|–|—|/|::|:)\s?\Z")
_FUSED_WORD = re.compile(
    r"\s?(?:\([^()]{0,20}\)\s?)?(?:gene\s)?(?:fus\w+|transcript\w*|rearrang\w+|transloc\w+|chimer\w+|positiv\w+|negativ\w+|\+)",
    re.IGNORECASE,
)
_AFFIRMS = frozenset({"shows", POSITIVE, "active", "seen"})


class _Test(NamedTuple):
    """A gene with its alteration; `start` and `end` are offsets in the sentence."""

    gene: str
    alteration: str
    partner: str | None
    start: int
    end: int
    is_specific: bool = False  # "BRAF V600E": the words name a finding, not only a test
    outcome: str | None = None  # where the words themselves say it: "HER2 was not amplified"


def find(reading: Reading) -> Iterator[Mention]:
    """Yield each gene test with a result that a sentence tells, the value a MolecularTest."""
    for sentence in reading.sentences:
        hits = reading.hits_in("gene", sentence)
        if hits and sentence.section not in ("references", "back") and _CUE.search(sentence.text):
            yield from _read(reading, sentence, hits)


def _read(reading: Reading, sentence: Sentence, hits: Sequence[Hit]) -> Iterator[Mention]:
    words = _words(sentence.text)
    tests = _tests(sentence.text, sentence.start, hits, words)
    if not tests:
        return
    spans = [Span(str(number), test.start, test.end) for number, test in enumerate(tests)]
    results, tokens = stain_grammar.read(sentence.text, spans, claims_genes=False)
    subject = "family" if _is_germline(words) else ""
    for result in results:
        test = tests[int(result.marker.id)]
        outcome = _outcome(test, result.result, tokens)
        if outcome is None:
            continue
        start, end = sentence.start + result.start, sentence.start + result.end
        alteration = {"unmethylated": METHYLATION, "wild_type": MUTATION}.get(test.alteration, test.alteration)
        value = MolecularTest(test.gene, alteration, test.partner, outcome)
        yield Mention(NAME, start, end, sentence, value, "present", subject or context.subject_of(reading, start, end, sentence))


def _words(text: str) -> list[Token]:
    """Return the words of alterations and tests in a sentence."""
    cues, lower = phrases("alteration"), plain(text)
    found: list[Token] = []
    for word in _WORD.finditer(lower):
        if word.group() in cues and (not found or word.start() >= found[-1].end):
            token = word_at(lower, word.start(), word.end(), len(lower), cues)
            if token.kind != "word":
                found.append(token)
    return found


def _is_germline(words: Sequence[Token]) -> bool:
    """Return whether a sentence speaks of blood or relatives, and not of the tumour."""
    kinds = {token.kind for token in words}
    return "germline" in kinds and "somatic" not in kinds


def _outcome(test: _Test, result: str | None, tokens: Sequence[Token]) -> str | None:
    """Return positive or negative, None where nothing is said: a test named without its result."""
    if test.alteration in ("wild_type", "unmethylated"):
        return {NEGATIVE: POSITIVE}.get(test.outcome or result or "", NEGATIVE)
    if test.outcome is not None:
        return test.outcome
    if result in (POSITIVE, NEGATIVE):
        return result
    if result == EQUIVOCAL:
        return None
    before = [token for token in tokens if token.end <= test.start]
    if any(token.kind == "done" for token in tokens) and not test.is_specific:
        return None
    affirmed = any(token.kind in _AFFIRMS for token in before) or test.is_specific
    return POSITIVE if affirmed else None


# ---------------------------------------------------------------- genes with their alterations


def _tests(text: str, offset: int, hits: Sequence[Hit], words: Sequence[Token]) -> list[_Test]:
    """Return the gene tests that a sentence names, in order."""
    genes = _genes(text, offset, hits)
    lists = _lists(text, genes)
    alterations = [word for word in words if word.kind in _ALTERATIONS or word.kind == "test"]
    tests: list[_Test] = []
    for listed in lists:
        tests.extend(_of_list(text, listed, alterations))
    return tests


class _Gene(NamedTuple):
    """A gene, or a fusion of two, at offsets in the sentence."""

    name: str
    partner: str | None
    start: int
    end: int


def _genes(text: str, offset: int, hits: Sequence[Hit]) -> list[_Gene]:
    """Return the genes of a sentence, "EML4-ALK" as one, a name and its abbreviation as one."""
    genes: list[_Gene] = []
    for hit in hits:
        gene = _Gene(hit.entry.preferred, None, hit.start - offset, hit.end - offset)
        if genes:
            last = genes[-1]
            between = text[last.end : gene.start]
            if last.name == gene.name and len(between) < 4:
                genes[-1] = last._replace(end=gene.end + (text[gene.end : gene.end + 1] == ")"))
                continue
            if last.partner is None and _FUSED.fullmatch(between) and _is_fusion(text, between, gene.end):
                genes[-1] = _fused(last, gene)
                continue
        genes.append(gene)
    return genes


def _is_fusion(text: str, between: str, end: int) -> bool:
    """Return whether two joined genes are a fusion: "EML4-ALK", "EWSR1/FLI1 fusion", but not "KRAS/NRAS"."""
    return "::" in between or (between.strip() in ("-", "–", "—")) or _FUSED_WORD.match(text, end) is not None


def _fused(first: _Gene, second: _Gene) -> _Gene:
    """Return a fusion under the name of the partner that is tested for; the first-named where neither is known for it."""
    main, other = (second, first) if second.name in concepts("alteration", "main_partner") else (first, second)
    return _Gene(main.name, other.name, first.start, second.end)


def _lists(text: str, genes: Sequence[_Gene]) -> list[list[_Gene]]:
    """Return the genes in runs that only commas and the like part."""
    lists: list[list[_Gene]] = []
    for gene in genes:
        if lists and _LISTED.match(text[lists[-1][-1].end : gene.start]):
            lists[-1].append(gene)
        else:
            lists.append([gene])
    return lists


def _of_list(text: str, listed: Sequence[_Gene], words: Sequence[Token]) -> Iterator[_Test]:
    """Yield the tests of one run of genes: each its own notation, or the alteration named after or before the run."""
    last = listed[-1]
    predicate = _predicate(text, last, words)
    if predicate is not None:
        word, outcome = predicate
        for gene in listed:
            yield _Test(gene.name, _alteration(gene, word), gene.partner, gene.start, word.end if gene is last else gene.end, True, outcome)
        return
    after = next(
        (
            word
            for word in words
            if word.start >= last.start and word.end > last.end and _BEFORE_WORD.fullmatch(text, last.end, max(last.end, word.start))
        ),
        None,
    )
    before = next(
        (word for word in reversed(words) if word.end <= listed[0].start and _AFTER_WORD.fullmatch(text, word.end, listed[0].start)), None
    )
    for gene in listed:
        notation = None if before else _EXON_DELETION.match(text, gene.end) or _NOTATION.match(text, gene.end)
        inside = next((word for word in words if gene.start <= word.start and word.end <= gene.end), None)
        if inside is not None:
            yield _Test(gene.name, _alteration(gene, inside), gene.partner, gene.start, gene.end)
        elif notation:
            yield _Test(gene.name, MUTATION, None, gene.start, notation.end(), True)
            also = _AND_AMPLIFIED.match(text, notation.end())
            if also:
                yield _Test(gene.name, AMPLIFICATION, None, also.start(1), also.end(), True)
        elif after is not None:
            alteration = _alteration(gene, after)
            end = after.end if gene is last else gene.end
            yield _Test(gene.name, alteration, gene.partner, gene.start, end, _is_adjective(text, after))
        elif before is not None:
            start = before.start if gene is listed[0] else gene.start
            is_small = before.kind == DELETION and "exon" in text[before.end : gene.start]
            yield _Test(gene.name, MUTATION if is_small else _alteration(gene, before), gene.partner, start, gene.end)
        elif gene.partner is not None:
            yield _Test(gene.name, REARRANGEMENT, gene.partner, gene.start, gene.end)


def _predicate(text: str, gene: _Gene, words: Sequence[Token]) -> tuple[Token, str] | None:
    """Return the participle that a verb ties to a gene, and what it says: "the HER2 gene was not amplified"."""
    verb = _VERB.match(text, gene.end)
    word = next((word for word in words if verb and word.start == verb.end()), None)
    if verb is None or word is None or word.kind == "test":
        return None
    return word, NEGATIVE if verb["not"] else POSITIVE


def _alteration(gene: _Gene, word: Token) -> str:
    """Return the alteration that a word names; FISH looks for what the gene is known for."""
    if word.kind != "test":
        return word.kind
    return AMPLIFICATION if gene.name in concepts("alteration", "amplified_gene") else REARRANGEMENT


def _is_adjective(text: str, word: Token) -> bool:
    """Return whether an alteration is told as the tumour's quality: "EGFR-mutated adenocarcinoma"."""
    return text[word.start : word.end].lower().endswith(("ed", "mutant")) and not text[: word.start].rstrip().lower().endswith(
        (" was", " were", "not")
    )


def resolve(mentions: Sequence[Mention], so_far: Mapping[str, object]) -> Resolution:
    """Return one fact a gene, alteration and result, told of the patient's tumour."""
    germline = {m.value.gene for m in mentions if m.subject == "family" and isinstance(m.value, MolecularTest)}
    told = [m for m in mentions if _is_told(m) and not _is_germline_gene(m, germline)]
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


_SOMATIC = re.compile(
    r"somatic|tumou?r|neoplasm|carcinoma\s(?:cells|tissue|sample)|liquid\sbiopsy|ct-?DNA|cf-?DNA|biops|specimen|tissue"
    r"|next[-\s]generation|\bNGS",
    re.IGNORECASE,
)


_RESULT_OF_TEST = re.compile(r"\b(?:reveal|show|detect|identifi|found|demonstrat|report|confirm|discover|harbou?r)\w{0,5}ed?\b|\bfound\b")
_SPECIMEN = re.compile(r"liquid\sbiops|biopsy|specimen|\bNGS|sequencing|the\s(?:tumou?r|report)\b", re.IGNORECASE)


def _is_told(mention: Mention) -> bool:
    """Return whether a mention is of the patient; a general sentence is, where it tells what a test of a specimen found."""
    text = mention.sentence.text
    told_by_test = _RESULT_OF_TEST.search(text) is not None and _SPECIMEN.search(text) is not None
    return mention.subject == "patient" or (mention.subject == "general" and told_by_test)


def _is_germline_gene(mention: Mention, germline: Set[str]) -> bool:
    """Return whether a gene is altered in blood or family, and this sentence does not say "in the tumour".

    The genes of familial cancer are tested in blood unless the sentence says otherwise.
    """
    value = mention.value
    if not isinstance(value, MolecularTest) or _SOMATIC.search(mention.sentence.text):
        return False
    return value.gene in germline or value.gene in concepts("alteration", "germline_gene")
