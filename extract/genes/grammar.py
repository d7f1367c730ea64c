"""Gene tests in a sentence: which gene, which alteration, found or not.

The sentence becomes a stream of tokens: genes, the words of alterations, notations ("V600E", "c.35G>T"), and the words
of results that the lexicon `alteration` lists. Genes that only commas and the like part are one list. A list takes the
alteration named after it ("EGFR and KRAS mutations"), else the one before it ("mutations in EGFR and KRAS"); a
gene with a notation of its own is mutated. Whether it was found is read in one pass: a denial speaks forward until
a verb, a contrast or a stop; a predicate speaks backward; an alteration that is merely stated was found; a test
that is merely named has no result.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from extract.genes.results import is_shown, judge
from extract.genes.words import (
    AFTER_REACH,
    ALTERATIONS,
    AMPLIFICATION,
    BAND_ALTERATIONS,
    DELETION,
    EXPRESSION,
    MUTATION,
    OTHER,
    REARRANGEMENT,
    TISSUES,
    WORDS_OF_LOSS,
    Finding,
    Gene,
    GeneList,
    genes_of,
    is_participle,
    kind_at,
    tokens,
)
from extract.reading import Hit
from extract.stains.tokens import NEGATIVE, POSITIVE, Token, concepts


class GeneTest(NamedTuple):
    """A gene's alteration, found or not; `start` and `end` are offsets in the sentence, `context` the kinds of words around it."""

    gene: str
    alteration: str
    partner: str | None
    result: str
    start: int
    end: int
    is_germline: bool = False  # "a germline BRCA2 mutation", "not detected in the white blood cells"


class Told(NamedTuple):
    """What a sentence tells: its tests with a result, those without one, and the tissues that it names."""

    tests: tuple[GeneTest, ...] = ()
    asked: tuple[tuple[str, str], ...] = ()  # gene and alteration
    tissues: frozenset[str] = frozenset()  # germline, blood, normal, somatic


def read(text: str, offset: int, hits: Sequence[Hit]) -> Told:
    """Return what a sentence tells of genes; `hits` are those of the lexicon `gene`, `offset` is the sentence's start."""
    found, genes = tokens(text, genes_of(text, offset, hits))
    lists = _lists(found, genes)
    if not lists:
        return Told()
    _name_alterations(found, genes, lists)
    findings = _findings(text, found, genes, lists)
    if not findings:
        return Told()
    judge(found, lists, findings)
    tests, asked = [], []
    for one in findings:
        gene = genes[int(found[one.gene].number)]
        if one.result is None:
            asked.append((gene.name, one.alteration))
            continue
        last = max(one.gene, one.word if one.word is not None else 0)
        ends = found[one.gene], found[one.word if one.word is not None else one.gene]
        first = min(one.gene, one.word if one.word is not None else one.gene)
        near = {token.value for token in found[max(0, first - 3) : last + 1]}
        is_of_normal = one.result == NEGATIVE and any(token.value == "normal" for token in found[last + 1 : last + 9])
        start, end = min(token.start for token in ends), max(token.end for token in ends)
        tests.append(
            GeneTest(
                gene.name,
                one.alteration,
                gene.partner,
                one.result,
                start,
                end,
                is_of_normal or ("germline" in near and "somatic" not in near),
            )
        )
    return Told(tuple(tests), tuple(asked), frozenset(token.value for token in found if token.value in TISSUES))


_JOINTS = frozenset({",", "and", ";"})
_BETWEEN = _JOINTS | {"light", "locus", "notation", "number", "hyphen"}
_LONGEST_JOINT = 12


def _lists(found: Sequence[Token], genes: Sequence[Gene]) -> list[GeneList]:
    """Return the genes in runs that only commas, "and", loci and notations part."""
    lists: list[GeneList] = []
    for number, token in enumerate(found):
        if token.kind != "gene":
            continue
        if lists and _is_joined(found, lists[-1].genes[-1], number, genes):
            lists[-1].genes.append(number)
        else:
            lists.append(GeneList([number]))
    return lists


def _is_joined(found: Sequence[Token], first: int, second: int, genes: Sequence[Gene]) -> bool:
    """Return whether two genes belong to one list."""
    between = found[first + 1 : second]
    if len(between) > _LONGEST_JOINT or genes[int(found[first].number)].is_band != genes[int(found[second].number)].is_band:
        return False
    depth, joints = 0, 0
    for token in between:
        if token.kind in ("(", ")"):
            depth += 1 if token.kind == "(" else -1
            if depth < 0:
                return False
        elif depth == 0:
            if token.kind == "prep" and joints:
                continue  # "in KRAS as well as in TP53"
            if token.kind == "denial" and joints + (token is between[0]) and token is between[-1]:
                continue  # "no KRAS nor BRAF mutation"
            if token.kind not in _BETWEEN:
                return False
            joints += token.kind in _JOINTS
    return (depth == 0 and joints > 0) or any(token.kind == "denial" for token in between)


_AFTER = frozenset({"light", "locus", "notation", "number", "hyphen"})
_BACK = frozenset({"prep", "light", "locus", "notation", "number", "hyphen", "be", "seen", "not", "analysis", "and", ",", "(", ":"})
_BACK_REACH = 16


def _name_alterations(found: Sequence[Token], genes: Sequence[Gene], lists: Sequence[GeneList]) -> None:
    """Find for each list the alteration named after it, else before it, else the one that its test found."""
    claimed: set[int] = set()
    for run in lists:
        _look_after(found, run)
        claimed.update(run.after)
    for run in lists:
        _look_before(found, run, claimed)
        if run.before is not None:
            claimed.add(run.before)
    _give_lone(found, lists, claimed)


def _look_after(found: Sequence[Token], run: GeneList) -> None:
    """Take the alteration after a list: "EGFR and KRAS mutations", "HER2 was not amplified"; mark what is only tested for."""
    at, steps, is_verb = run.genes[-1] + 1, 0, False
    while at < len(found) and steps < AFTER_REACH:
        token = found[at]
        if token.kind == "(":
            closing = _closing(found, at)
            if closing is None:
                return
            at = closing
        elif token.kind in ALTERATIONS and token.kind != "notation":
            if is_verb and not is_participle(token):
                return
            if token.kind in WORDS_OF_LOSS and _leads_on(found, at):
                return
            run.after = _and_more(found, at)
            last = run.after[-1]
            run.is_asked = run.is_asked or _is_named_test(found, last + 1) or _is_looked_for(found, run.genes[0])
            return
        elif token.kind in ("analysis", "test"):
            run.is_asked = True
        elif token.kind == "be":
            is_verb = True
        elif token.kind == "protein" and not _leads_to_alteration(found, at):
            return
        elif token.kind == ")" and steps == 0:
            pass  # "epidermal growth factor receptor (EGFR) mutation"
        elif token.kind not in _AFTER | {"protein"} and not (is_verb and token.kind in ("not", "seen")):
            return
        at += 1
        steps += 1


def _leads_to_alteration(found: Sequence[Token], at: int) -> bool:
    """Return whether a word of proteins is not the last: "overexpression and/or mutation", "HER2 expression was not amplified"."""
    if kind_at(found, at + 1) == "and":
        return kind_at(found, at + 2) in ALTERATIONS
    return kind_at(found, at + 1) == "be" and any(is_participle(token) for token in found[at + 2 : at + 4])


def _leads_on(found: Sequence[Token], at: int) -> bool:
    """Return whether a word of loss leads to a gene after it: "TP53, loss of PTEN"."""
    return at + 1 < len(found) and found[at + 1].kind in ("prep", "(", ":")


def _and_more(found: Sequence[Token], at: int) -> tuple[int, ...]:
    """Return the words of alterations that share a list: "MYC amplification and/or rearrangement"."""
    words = [at]
    while at + 2 < len(found) and found[at + 1].kind in ("and", ",") and found[at + 2].kind in ALTERATIONS:
        after = found[at + 3].kind if at + 3 < len(found) else ""
        if found[at + 2].kind == "notation" or after in ("prep", "(", ":"):
            break
        at += 2
        words.append(at)
    return tuple(words)


def _is_named_test(found: Sequence[Token], at: int) -> bool:
    """Return whether a test follows at once: "EGFR mutation analysis", "KRAS mutation status"."""
    while at < len(found) and found[at].kind in ("light", "hyphen"):
        at += 1
    return at < len(found) and found[at].kind in ("analysis", "test")


def _closing(found: Sequence[Token], at: int) -> int | None:
    """Return the closing bracket of the one at `at`; None where a gene stands between, or none closes."""
    for after in range(at + 1, min(len(found), at + 14)):
        if found[after].kind == ")":
            return after
        if found[after].kind in ("gene", "("):
            return None
    return None


def _look_before(found: Sequence[Token], run: GeneList, claimed: set[int]) -> None:
    """Take the alteration that leads to a list: "mutation (c.730G>A) in the TP53 gene", "deletions (BAP1, PTCH1)"."""
    first = run.genes[0]
    has_led, lone, depth = False, None, 0
    if first > 0 and found[first - 1].kind == "(":
        first = _before_long_name(found, first - 1)
    for at in range(first - 1, max(-1, first - 1 - _BACK_REACH), -1):
        token = found[at]
        if token.kind == ")":
            depth += 1
            continue
        if depth:
            depth -= token.kind == "("
            if token.kind == "notation" and has_led and lone is None:
                lone = at
            continue
        if token.kind in ALTERATIONS and token.kind != "notation":
            if (has_led or (is_participle(token) and at >= first - 3)) and at not in claimed:
                run.before = at  # also "wild-type KRAS", "mutated NPM1"
                run.is_asked = run.is_asked or _is_looked_for(found, at)
            return
        if token.kind in ("test", "analysis", "asked") and has_led:
            run.is_asked = True
            if token.kind == "asked":
                break
            continue
        if token.kind == "notation" and has_led and lone is None:
            lone = at
        has_led = has_led or token.kind in ("prep", "(", ":")
        if token.kind not in _BACK or (token.kind in (",", "and") and not _is_in_loci(found, at)):
            break
    if run.before is None and lone is not None and not run.after and lone not in claimed:
        run.before = lone


def _before_long_name(found: Sequence[Token], bracket: int) -> int:
    """Return where the long name before a gene in brackets begins ("the platelet-derived growth factor (PDGFRA)"), else after it."""
    at = bracket - 1
    while at >= 0 and bracket - at < 10 and found[at].kind in ("word", "hyphen", "number", "light"):
        at -= 1
    names_it = at < bracket - 1 and any(token.kind == "word" for token in found[at + 1 : bracket]) and found[at].kind in ("prep", "denial")
    return at + 1 if names_it else bracket + 1


def _is_looked_for(found: Sequence[Token], at: int) -> bool:
    """Return whether what begins at a token is only looked for: "tested for EGFR mutations", "analysis of mutations in KIT"."""
    at -= 1
    has_led = False
    for before in range(at, max(-1, at - 7), -1):
        token = found[before]
        if token.kind == "asked":
            return True
        if token.kind in ("analysis", "test"):
            if has_led:
                return True
        elif token.kind == "prep":
            has_led = True
        elif not (
            token.kind in TISSUES | {"light", "number", "hyphen"} or (token.kind == "shows" and kind_at(found, before - 1) == "prep")
        ):
            return False
    return False


def _is_in_loci(found: Sequence[Token], at: int) -> bool:
    """Return whether a comma belongs to a list of loci or leads to "which": "in exon 3, codon 34 of", ", which was located in"."""
    after = found[at + 1] if at + 1 < len(found) else None
    return after is not None and (after.kind in ("locus", "notation", "number", "seen") or (after.kind == "prep" and found[at].kind == ","))


_LONE_REACH = 40


def _give_lone(found: Sequence[Token], lists: Sequence[GeneList], claimed: set[int]) -> None:
    """Give an alteration that no gene stands beside to the test before it: "RET gene analysis revealed no mutation"."""
    has_test = any(token.kind in ("analysis", "test", "asked") for token in found)
    for at, token in enumerate(found):
        if at in claimed or (token.kind not in ALTERATIONS and token.kind not in (NEGATIVE, POSITIVE)) or token.kind in WORDS_OF_LOSS:
            continue
        run = next((run for run in reversed(lists) if run.genes[-1] < at), None)
        if run is None or at - run.genes[-1] > _LONE_REACH or any(one.kind == ";" for one in found[run.genes[-1] : at]):
            continue
        if token.kind in ALTERATIONS:
            is_bare = (not run.after and run.before is None) or (run.is_asked and not any(word > at for word in run.after))
            is_told = run.is_asked or (has_test and (is_participle(token) or found[at - 1].kind in ("denial", "shows", "light")))
            if is_bare and run.is_asked and (run.after or run.before is not None) and not is_shown(found, run, at):
                continue
            if is_bare and is_told and (token.kind != "notation" or run.is_asked) and not _leads_to_gene(found, at, lists):
                run.after = (at,)
                claimed.add(at)


def _leads_to_gene(found: Sequence[Token], at: int, lists: Sequence[GeneList]) -> bool:
    """Return whether an alteration is that of a gene after it."""
    return any(run.before == at for run in lists)


def _findings(text: str, found: Sequence[Token], genes: Sequence[Gene], lists: Sequence[GeneList]) -> list[Finding]:
    """Return each gene of each list with its alterations."""
    findings: list[Finding] = []
    genomic: bool | None = None
    for number, run in enumerate(lists):
        split = _split(found, run)
        for place, at in enumerate(run.genes):
            gene = genes[int(found[at].number)]
            own = None if gene.is_band else _own_notation(found, at)
            words: Sequence[int | None] = run.after if place >= split else [run.before] if run.before is not None else ()
            if found[at].value == "translocation":
                words = [at]
            elif own is not None:
                words = _and_more(found, own)
            elif gene.partner is not None and not words:
                words = [None]
            elif not words and (run.is_asked or gene.name in concepts("alteration", "amplified_gene")):
                words = _of_test(found, run) if run.is_asked else _by_fish(found, at)
            for word in words:
                kind = found[word].kind if word is not None else REARRANGEMENT
                if kind in WORDS_OF_LOSS and not gene.is_band and not gene.name[0].isdigit():
                    genomic = _is_genomic(text) if genomic is None else genomic
                    if not genomic:
                        continue
                if gene.is_band and word != at and (kind not in BAND_ALTERATIONS or _is_vague(text, found, word)):
                    continue
                if kind == AMPLIFICATION and _COPIED.search(text):
                    continue
                alteration = _alteration(found, word, gene, at)
                if kind != "test" and _is_of_protein(found, at, word):
                    continue
                findings.append(Finding(at, word, alteration, number))
    return findings


# The laboratory copied the gene: that is no finding.
_COPIED = re.compile(r"primer|amplicon|amplified\s(?:by|using|from|with)\b|PCR[-\s](?:amplif|product)", re.IGNORECASE)
_VAGUE = re.compile(r"alter|aberr|abnorm", re.IGNORECASE)


def _is_vague(text: str, found: Sequence[Token], word: int | None) -> bool:
    """Return whether a word does not say what became of a chromosome: "abnormalities in chromosome 1"."""
    return word is not None and _VAGUE.search(text, found[word].start, found[word].end) is not None


def _split(found: Sequence[Token], run: GeneList) -> int:
    """Return from which gene on the alteration after a list holds: the third of "mutations in A and B, and C amplification"."""
    if not run.after:
        return len(run.genes)
    if run.before is None or len(run.genes) == 1 or run.is_asked:
        return 0
    for place in range(len(run.genes) - 1, 0, -1):
        if any(token.kind == "and" for token in found[run.genes[place - 1] : run.genes[place]]):
            return place
    return len(run.genes) - 1


def _own_notation(found: Sequence[Token], at: int) -> int | None:
    """Return the notation that follows a gene: "TP53 R175H", "BRAF (V600E)", "EGFR exon 19 deletion", "EGFR (exon 20-T790M)"."""
    depth = 0
    has_exon = False
    for after in range(at + 1, min(len(found), at + 10)):
        token = found[after]
        if token.kind == "notation":
            return after
        if token.kind in ("(", ")"):
            depth += 1 if token.kind == "(" else -1
            if depth < 0:
                return None
            continue
        if token.kind == "locus":
            has_exon = True
        elif has_exon and token.kind in (DELETION, MUTATION, OTHER) and depth == 0:
            return after
        elif token.kind not in ("light", "hyphen", "number") and not (token.kind in ("prep", ",") and depth):
            return None
    return None


def _of_test(found: Sequence[Token], run: GeneList) -> Sequence[int]:
    """Return the word of the test that a bare list stands beside: "MDM2 FISH", "FISH for MDM2"; it tells what was looked for."""
    first, last = run.genes[0], run.genes[-1]
    for at in [*range(last + 1, min(len(found), last + 6)), *range(first - 1, max(-1, first - 8), -1)]:
        if found[at].kind == "test" or (found[at].kind == "analysis" and found[at].value == "sequencing"):
            return [at]
    return []


_FISH_REACH = 9
_TO_FISH = frozenset(
    {"be", "prep", "(", ")", "light", "seen", "protein", "shows", "number", "hyphen", ",", "and", "denial", POSITIVE, NEGATIVE}
)


def _by_fish(found: Sequence[Token], at: int) -> Sequence[int]:
    """Return the word of the FISH that a bare gene stands beside: "HER2 was negative by FISH", "FISH confirmed HER2 overexpression"."""
    for step in (1, -1):
        for place in range(at + step, at + step * _FISH_REACH, step):
            kind = kind_at(found, place)
            if kind == "test":
                return [place]
            if kind not in _TO_FISH:
                break
    return []


def _alteration(found: Sequence[Token], word: int | None, gene: Gene, at: int) -> str:
    """Return the alteration that a word names; a deletion within an exon is a mutation; FISH looks for what the gene is known for."""
    if word is None or word == at:
        return REARRANGEMENT
    token = found[word]
    if token.kind == "test":
        return AMPLIFICATION if gene.name in concepts("alteration", "amplified_gene") else REARRANGEMENT
    if token.kind == "analysis":
        return MUTATION
    if gene.partner is not None and token.kind in (MUTATION, EXPRESSION):
        return REARRANGEMENT
    if gene.is_band and token.kind == "gain":
        return OTHER
    if token.kind in (DELETION, OTHER, "gain") and _is_small(found, at, word):
        return MUTATION
    return ALTERATIONS[token.kind]


def _is_small(found: Sequence[Token], at: int, word: int) -> bool:
    """Return whether a deletion or duplication is within a gene: "exon 19 deletion", "1 bp deletion in exon 8", "deletion (c.1291delC)"."""
    first, last = min(at, word), max(at, word)
    near = [*found[first + 1 : last], *found[last + 1 : last + 3], *found[max(0, first - 2) : first]]
    return any(token.kind in ("locus", "notation") for token in near)


def _is_of_protein(found: Sequence[Token], at: int, word: int | None) -> bool:
    """Return whether the words name a drug, a stain or a pattern of staining: "BRAF V600E inhibitor", "p53 mutant pattern"."""
    last = max(at, word if word is not None else at) + 1
    while last < len(found) and found[last].kind in ("hyphen", "light", ")", MUTATION):
        last += 1
    return last < len(found) and found[last].kind == "protein" and found[last].value == "protein"


_GENOMIC = re.compile(
    r"sequenc|\bNGS\b|genom|copy|\bCGH|array|FISH|hybridi[sz]|chromosom|cytogen|amplif|mutation|heterozyg|exome|molecular genetic|delet",
    re.IGNORECASE,
)
_STAIN = re.compile(r"expression|immuno|stain|\bIHC\b|protein|nuclear", re.IGNORECASE)


def _is_genomic(text: str) -> bool:
    """Return whether a sentence on "loss" speaks of the gene and not of its protein."""
    return _GENOMIC.search(text) is not None and _STAIN.search(text) is None
