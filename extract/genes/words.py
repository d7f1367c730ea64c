"""The words of a sentence on gene tests: genes, alterations, notations, and the words of results, as a stream of tokens.

Every word that the lexicon `alteration` lists becomes a token of its kind (`mutation`, `denial`, `seen`, `test` ...);
its `value` says more (`participle`, `germline`). Genes are tokens of their own, joined ones ("EML4-ALK") as one; so are
parts of chromosomes ("13q14") and translocations named by them ("t(11;22)").
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from extract.reading import Hit
from extract.stains.tokens import NEGATIVE, POSITIVE, Token, concepts, phrases, plain, word_at

REARRANGEMENT, MUTATION, AMPLIFICATION = "rearrangement", "mutation", "amplification"
DELETION, METHYLATION, EXPRESSION, OTHER = "deletion", "methylation", "expression", "other"
# What a word of alterations says: the alteration, and whether the word itself says that there is none.
ALTERATIONS = {
    REARRANGEMENT: REARRANGEMENT,
    MUTATION: MUTATION,
    AMPLIFICATION: AMPLIFICATION,
    DELETION: DELETION,
    METHYLATION: METHYLATION,
    EXPRESSION: EXPRESSION,
    OTHER: OTHER,
    "unmethylated": METHYLATION,
    "wild_type": MUTATION,
    "notation": MUTATION,
    "loss": DELETION,
    "gain": AMPLIFICATION,
}
DENYING = frozenset({"unmethylated", "wild_type"})
WORDS_OF_LOSS = frozenset({"loss", "gain"})
BAND_ALTERATIONS = frozenset({DELETION, "loss", "gain", OTHER, AMPLIFICATION})


class Gene(NamedTuple):
    """A gene, a fusion of two, or a part of a chromosome, at offsets in the sentence."""

    name: str
    partner: str | None
    start: int
    end: int
    is_band: bool = False


@dataclass(slots=True)
class GeneList:
    """Genes in a run that only commas and the like part, by token, with what is said of the whole run."""

    genes: list[int]  # numbers of tokens
    after: tuple[int, ...] = ()  # the words of alterations that follow
    before: int | None = None  # the one that leads to the run
    is_asked: bool = False  # a test is named, not a finding
    result: str | None = None


@dataclass(slots=True)
class Finding:
    """One gene of a list with one alteration, by tokens."""

    gene: int
    word: int | None
    alteration: str
    of: int  # number of its list
    result: str | None = None
    is_denied: bool = False


TISSUES = frozenset({"germline", "blood", "normal", "somatic"})
# How far after a list of genes its alteration is looked for, in tokens.
AFTER_REACH = 10


def kind_at(found: Sequence[Token], at: int) -> str:
    """Return the kind of a token, "" outside the sentence."""
    return found[at].kind if 0 <= at < len(found) else ""


def is_participle(token: Token) -> bool:
    """Return whether a word can be what a gene is: "was amplified", "is wild type", not "was mutation"."""
    return token.value == "participle" or token.kind in DENYING


_AMINO = "ACDEFGHIKLMNPQRSTVWY"
_TOKEN = re.compile(
    rf"""
    # A word that by its first letters can be nothing else, as most are: looked for first.
    (?:[abfghj-oqrsuxyz]|[ptv](?=[a-z])|c(?![.oh])|d(?!el)|e(?!x)|i(?!n)|w(?!h))[A-Za-z]{{0,39}}(?:['’]t\b)?
    | (?P<notation>
        \(?p\.?\s?\(?[A-Z][A-Za-z]{{0,2}}\s?\d{{1,4}}[\w*=>?]{{0,24}}(?:\s?fs\S{{0,8}})?\)?
      | c\.\s?[-\d_+*\s]{{1,16}}(?:[ACGT]{{1,3}}\s?(?:>|→|->)\s?[ACGT]{{1,3}}|(?:del|ins|dup)\w{{0,30}}|[-+]\d)
      | (?<!\w)[{_AMINO}]\d{{2,4}}\s?(?:[{_AMINO}*](?:fs\S{{0,8}})?|fs\S{{0,8}}|del(?:ins)?\w{{0,10}}|dup|ins\w{{0,8}}
          |[-_–]\s?[{_AMINO}]\d{{2,4}}\w{{0,12}})(?!\w)
      | (?<!\w)[{_AMINO}](?:600|790|858|719|132|175|816|842|529|227|209|61|12|13)(?=[\s)]|$)
      | (?<!\w)[A-Z][a-z]{{2}}\d{{2,4}}(?:[A-Z][a-z]{{2}}|fs|del|\*|Ter)\w{{0,12}}
      | (?<!\w)\d{{2,5}}(?:_\d{{2,5}})?\s?(?:del|ins|dup)[ACGT]{{0,12}}(?!\w)
      | (?<!\w)\d{{1,5}}[ACGT]\s?(?:>|→)\s?[ACGT]
      | (?<!\w)(?:del(?:etion)?\s?|[Ee]x(?:on)?\s?)?19[-\s]?del(?:etions?)?(?!\w) | (?<!\w)[Dd]el\s?(?:ex\s?)?19(?!\w) | (?<!\w)vIII(?!\w)
    )
    | (?P<translocation>(?<!\w)t\s?\(\s?(?:\d{{1,2}}|X|Y)\s?[;:,]\s?(?:\d{{1,2}}|X|Y)\s?\)
        (?:\s?\([pq][\d.]{{0,6}}\s?[;:,]\s?[pq][\d.]{{0,6}}\))?)
    | (?P<locus>(?:exons?|codons?|introns?|ex)\s?-?\d{{1,4}}
        (?:(?:,\s(?:and\s|or\s)?|,|\s?[-–/]\s?|\s(?:and|or|to)\s)\d{{1,4}}(?![\d.]*%)){{0,6}})
    | (?P<band>(?:chromosomes?\s)?(?<![\w.])(?:2[0-2]|1\d|[1-9])[pq](?:\d{{1,2}}(?:\.\d{{1,3}})?)?
        (?:\s?[-–]\s?[pq]?\d{{1,2}}(?:\.\d{{1,3}})?)?(?![\w+])
      | (?<=somy\s)(?:2[0-2]|1\d|[1-9])(?![\w.%]) | (?:whole\s)?chromosomes?\s(?:2[0-2]|1\d|[1-9]|X|Y)(?![\w.]))
    | (?P<word>[A-Za-z]{{1,40}}(?:['’]t\b)?)
    | (?P<number>\d{{1,8}}(?:\.\d{{1,4}})?%?)
    | (?P<sign>\((?:\+|[-−–])\))
    | (?P<mark>[,;:()\[\]/&=.–—+-])
    """,
    re.VERBOSE,
)
_CHROMOSOMES = re.compile(r"\d{1,2}|[XY]")
_KARYOTYPE = re.compile(r"\b\d{2}(?:[~-]\d{2})?,\s?X")
_MARK_KINDS = {",": ",", ";": ";", ":": ":", "(": "(", ")": ")", "[": "(", "]": ")", "/": "and", "&": "and", "=": "be", ".": ";"}
# Characters around the genes that are read; a table run into one sentence has no more to say.
_WINDOW = 400


def tokens(text: str, named: Sequence[Gene]) -> tuple[list[Token], list[Gene]]:
    """Return the tokens of a sentence in order, and its genes and chromosome parts; a gene's `number` is its place among them."""
    words = plain(text)
    genes: list[Gene] = []
    found: list[Token] = []
    at = max(0, text.find(" ", named[0].start - _WINDOW)) if named and named[0].start > _WINDOW else 0
    has_bands = "X" not in text or _KARYOTYPE.search(text) is None
    for gene in named:
        _scan(text, words, at, gene.start, found, genes, has_bands)
        found.append(Token("gene", gene.start, gene.end, "", len(genes)))
        genes.append(gene)
        at = gene.end
    _scan(text, words, at, min(len(text), at + _WINDOW) if named else len(text), found, genes, has_bands)
    return found, genes


def _scan(text: str, words: str, at: int, end: int, found: list[Token], genes: list[Gene], has_bands: bool) -> None:
    """Add the tokens between two offsets, in which no gene stands."""
    cues = phrases("alteration")
    for match in _TOKEN.finditer(text, at, end):
        start, stop = match.span()
        if start < at:
            continue  # within the phrase just read
        kind = match.lastgroup or "word"
        if kind == "word":
            token = word_at(words, start, stop, end, cues) if words[start:stop] in cues else Token("word", start, stop)
        elif kind == "mark":
            token = Token(_MARK_KINDS.get(match.group(), "hyphen"), start, stop)
        elif kind == "sign":
            token = Token(POSITIVE if "+" in match.group() else NEGATIVE, start, stop, "sign")
        elif kind == "translocation" and has_bands:
            token = Token("gene", start, stop, kind, len(genes))
            first, second = _CHROMOSOMES.findall(match.group())[:2]
            genes.append(Gene(f"t({first};{second})", None, start, stop, True))
        elif kind == "band" and has_bands and not _is_place(found):
            token = Token("gene", start, stop, "band", len(genes))
            name = re.sub(r"\s?[-–]\s?", "-", match.group())
            genes.append(Gene(re.sub(r"^whole\s|^(?:whole\s)?chromosomes?\s(?=\d+[pq])", "", name), None, start, stop, True))
        else:
            token = Token("locus" if kind == "band" else kind, start, stop)
        found.append(token)
        at = token.end


def _is_place(found: Sequence[Token]) -> bool:
    """Return whether a chromosome part only tells where the gene before it lies: "ALK (2p23)", "the MYC gene at 8q24"."""
    kinds = [token.kind for token in found[-6:]]
    while kinds and kinds[-1] in ("light", "prep", "("):
        kinds.pop()
    return bool(kinds) and len(kinds) < len(found[-6:]) and kinds[-1] == "gene" and found[-6:][len(kinds) - 1].value != "band"


def genes_of(text: str, offset: int, hits: Sequence[Hit]) -> list[Gene]:
    """Return the genes of a sentence, "EML4-ALK" as one, a name and its abbreviation as one."""
    genes: list[Gene] = []
    for hit in hits:
        gene = Gene(hit.entry.preferred, None, hit.start - offset, hit.end - offset)
        if genes:
            last = genes[-1]
            between = text[last.end : gene.start]
            if last.name == gene.name and len(between) < 4:
                genes[-1] = last._replace(end=gene.end + (text[gene.end : gene.end + 1] == ")"))
                continue
            if last.partner is None and last.name != gene.name and _FUSED.fullmatch(between) and _is_fusion(text, between, gene.end):
                genes[-1] = _fused(last, gene)
                continue
        genes.append(gene)
    return [gene if gene.partner else _with_partner(text, gene) for gene in genes]


_NEXT_PARTNER = re.compile(r"(?:-|–|‐|::|—)([A-Z][A-Z0-9]{1,9})(?=::|\s(?:gene\s|onco)?(?:fus|transl|rearr|chim|transcr))")
_LAST_PARTNER = re.compile(r"(?<![\w-])([A-Z][A-Z0-9]{1,9})(?:-|–|‐|::|—)\Z")


def _with_partner(text: str, gene: Gene) -> Gene:
    """Return a gene as a fusion where it is joined to a partner that no vocabulary lists: "KAT6B-KANSL1 fusion"."""
    if after := _NEXT_PARTNER.match(text, gene.end):
        return gene._replace(partner=after[1], end=after.end())
    before = _LAST_PARTNER.search(text, max(0, gene.start - 14), gene.start)
    if before and _FUSED_WORD.match(text, gene.end):
        return gene._replace(partner=before[1], start=before.start())
    return gene


_FUSED = re.compile(r"\s?(?:-|–|—|‐|‑|/|::|:|~)\s?")
_FUSED_WORD = re.compile(
    r"\s?(?:\([^()]{0,20}\)\s?)?(?:genes?\s)?(?:fus\w+|transcript\w*|rearrang\w+|transloc\w+|chimer\w+|positiv\w+|negativ\w+|\+)",
    re.IGNORECASE,
)


def _is_fusion(text: str, between: str, end: int) -> bool:
    """Return whether two joined genes are a fusion: "EML4-ALK", "EWSR1/FLI1 fusion", but not "KRAS/NRAS"."""
    return "::" in between or between.strip() not in ("/", ":") or _FUSED_WORD.match(text, end) is not None


def _fused(first: Gene, second: Gene) -> Gene:
    """Return a fusion under the name of the partner that is tested for; the first-named where neither is known for it."""
    main, other = (second, first) if second.name in concepts("alteration", "main_partner") else (first, second)
    return Gene(main.name, other.name, first.start, second.end)
