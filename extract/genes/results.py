"""Whether a gene's alteration was found: denials that speak forward, predicates that speak backward, tests merely named."""

from __future__ import annotations

from collections.abc import Sequence

from extract.genes.words import AFTER_REACH, ALTERATIONS, DENYING, EXPRESSION, MUTATION, REARRANGEMENT, TISSUES, Finding, GeneList, kind_at
from extract.stains.tokens import NEGATIVE, POSITIVE, Token

_DENIAL_WORDS = 5
_ENDS_DENIAL = frozenset({"break", ";", "shows", "be"})


def judge(found: Sequence[Token], lists: Sequence[GeneList], findings: Sequence[Finding]) -> None:
    """Give each finding its result."""
    denied = _denied(found)
    predicates = _predicates(found, lists)
    general = [_is_general(found, run) for run in lists]
    for one in findings:
        run = lists[one.of]
        denial = _denial_of(found, denied, run, one)
        predicate = predicates.get(one.of)
        kind = found[one.word].kind if one.word is not None else ""
        if kind in DENYING:
            one.result = POSITIVE if denial == "no" or predicate == NEGATIVE else NEGATIVE
        elif predicate is not None and not (denial and predicate == POSITIVE):
            one.result = predicate
        elif kind == "test" and not run.is_asked and one.word is not None:
            one.result = _of_fish(found, one.gene, one.word)
        elif run.is_asked or kind in ("test", "analysis"):
            one.result = _of_asked(found, run, one, denial)
        elif denial:
            one.result = None if denial == "gone" else NEGATIVE
        elif not general[one.of] and (one.alteration != EXPRESSION or _is_affirmed(found, one.gene)):
            one.result = POSITIVE


def _denial_of(found: Sequence[Token], denied: Sequence[str], run: GeneList, one: Finding) -> str:
    """Return the denial of a finding: before the list, or between a gene and what is said of it ("HER2 was not amplified")."""
    if one.word is not None and one.word in run.after:
        between = found[run.genes[-1] + 1 : one.word]
        if any(token.kind == "denial" or (token.kind == "not" and found[one.word].value == "participle") for token in between):
            return denied[one.word] or "no"
        if any(token.kind in ("shows", "seen") for token in between):
            return ""
    if one.word is not None and one.word == run.before and any(token.kind == "not" for token in found[one.word : run.genes[0]]):
        return "no"  # "mutation was not found in MSH6"
    leads = one.word is not None and one.word == run.before and one.gene == run.genes[0]
    return denied[one.word if leads and one.word is not None else one.gene]


def _of_asked(found: Sequence[Token], run: GeneList, one: Finding, denial: str) -> str | None:
    """Return the result of a test that is named: "negative FISH for ALK", "RET analysis revealed a mutation"; None where it has none."""
    if one.word is not None and one.word in run.after and is_shown(found, run, one.word):
        if denial:
            return NEGATIVE
        return POSITIVE if len(run.genes) == 1 else None  # which of several genes had the mutation?
    if denial == "negative":
        return NEGATIVE
    first = min(run.genes[0], run.before if run.before is not None else run.genes[0])
    for before in range(first - 1, max(-1, first - 8), -1):
        kind = found[before].kind
        if kind in (POSITIVE, NEGATIVE):
            return kind
        if kind not in ("analysis", "test", "prep", "light", "hyphen", "(", ")", MUTATION):
            break
    return None


def _is_affirmed(found: Sequence[Token], gene: int) -> bool:
    """Return whether a verb of showing or "positive" stands before a gene: mRNA as such says nothing."""
    return any(token.kind in ("shows", "seen", POSITIVE) for token in found[max(0, gene - 10) : gene])


def is_shown(found: Sequence[Token], run: GeneList, word: int | None) -> bool:
    """Return whether a verb of showing stands between a test and what it found."""
    return word is not None and any(token.kind in ("shows", "seen", "be") for token in found[run.genes[-1] : word])


def _denied(found: Sequence[Token]) -> list[str]:
    """Return for each token the denial that reaches it, "" where none does."""
    denial, words, outer = "", 0, list[str]()
    result: list[str] = []
    for at, token in enumerate(found):
        if token.kind == "denial":
            denial, words = ("negative" if token.value == "adjective" else "no"), 0
        elif token.kind == "non" and at + 2 < len(found) and "gene" in (found[at + 1].kind, found[at + 2].kind):
            denial, words = "no", 0  # "non-ALK rearranged"
        elif token.kind == "not":
            if _is_before_verb(found, at):
                denial, words = "no", 0
        elif token.kind == "loss" and _is_loss_of_alteration(found, at):
            denial, words = "gone", 0
        elif token.kind == "(":
            outer.append(denial)
        elif token.kind == ")":
            denial = outer.pop() if outer else denial
        elif denial and (token.kind in _ENDS_DENIAL or (token.kind == POSITIVE and token.value != "sign")):
            if token.kind != "shows" or not _follows_not(found, at):
                denial = ""
        elif token.kind == "word" or token.kind in TISSUES:
            words += 1
            if words > _DENIAL_WORDS:
                denial = ""
        elif token.kind == "gene":
            words = 0
        elif token.kind == "protein" and kind_at(found, at - 1) == "and":
            denial = ""  # "absence of the BCR region and expression of BCR-ABL"
        result.append(denial)
    return result


def _follows_not(found: Sequence[Token], at: int) -> bool:
    """Return whether a verb is the one that "not" denies: "did not reveal", "failed to show"."""
    return any(token.kind in ("not", "denial") for token in found[max(0, at - 2) : at])


def _is_before_verb(found: Sequence[Token], at: int) -> bool:
    """Return whether "not" denies a verb whose object follows: "did not reveal", "does not have any"."""
    return any(token.kind == "shows" for token in found[at + 1 : at + 3])


def _is_loss_of_alteration(found: Sequence[Token], at: int) -> bool:
    """Return whether an alteration itself was lost: "loss of EGFR T790M"."""
    gene = next((after for after in range(at + 1, min(len(found), at + 5)) if found[after].kind == "gene"), None)
    return gene is not None and gene + 1 < len(found) and found[gene + 1].kind in ("notation", MUTATION, REARRANGEMENT)


_PATH = frozenset(
    {"light", "prep", "locus", "notation", "number", "hyphen", "analysis", "test", "(", ")", "somatic", "blood", "word", "and", "asked"}
)
_PATH_WORDS = 4


def _predicates(found: Sequence[Token], lists: Sequence[GeneList]) -> dict[int, str]:
    """Return what predicates say of lists: "was not detected", "were negative", "-positive", "(-)"."""
    results: dict[int, str] = {}
    for at, token in enumerate(found):
        if token.kind not in ("seen", POSITIVE, NEGATIVE) and token.value != "excluded":
            continue
        said = _said(found, at)
        if said is None:
            continue
        result, verb = said
        number = next((number for number in range(len(lists) - 1, -1, -1) if _end(lists[number]) < at), None)
        if number is None or number in results:
            continue
        run = lists[number]
        if at in run.after or not _is_near(found, _end(run) + 1, verb, run.is_asked and token.kind != "seen"):
            continue
        results[number] = result
        if found[verb].value == "many" or run.is_asked:
            for earlier in range(number - 1, -1, -1):
                between = found[_end(lists[earlier]) + 1 : lists[earlier + 1].genes[0]]
                if earlier in results or any(one.kind in ("break", ";", "shows", "be", "word") for one in between):
                    break
                results[earlier] = result
    return results


def _end(run: GeneList) -> int:
    """Return the number of the last token of a list with its alteration."""
    return max(run.genes[-1], *run.after) if run.after and run.after[-1] - run.genes[-1] < AFTER_REACH + 2 else run.genes[-1]


def _said(found: Sequence[Token], at: int) -> tuple[str, int] | None:
    """Return what a word says as a predicate and the number of the token where the predicate begins; None where it is none."""
    token = found[at]
    back = at - 1
    denied = False
    while back >= 0 and found[back].kind in ("light", "not", "be", "seen", "number"):
        denied = denied or found[back].kind == "not"
        if found[back].kind == "be":
            while back > 0 and found[back - 1].kind in ("be", "not", "light", "seen") and found[back - 1].kind != "light":
                back -= 1
                denied = denied or found[back].kind == "not"
            result = NEGATIVE if token.kind in (NEGATIVE, "denial") else POSITIVE
            return (_flip(result) if denied else result), back
        back -= 1
    if token.kind in (POSITIVE, NEGATIVE):
        follows = found[at + 1].kind if at + 1 < len(found) else ""
        if back >= 0 and (found[back].kind in ("hyphen", "gene", ":", "prep") or found[back].kind in ALTERATIONS or token.value == "sign"):
            if follows in ("gene", "test") and found[back].kind not in ("hyphen", "gene"):
                return None
            return (token.kind, at)
    if token.kind == "seen" and back >= 0 and denied:
        return NEGATIVE, at
    return None


def _flip(result: str) -> str:
    return NEGATIVE if result == POSITIVE else POSITIVE


def _is_near(found: Sequence[Token], start: int, end: int, is_asked: bool) -> bool:
    """Return whether a predicate speaks of what ends before `start`: no other clause stands between."""
    words = 0
    for token in found[start:end]:
        if token.kind == ";" or (token.kind in ("break", "shows") and not is_asked):
            return False
        if token.kind == "denial" or (token.kind == "," and not is_asked and token is not found[end - 1]):
            return False
        words += token.kind == "word"
    return words <= (12 if is_asked else _PATH_WORDS)


def _is_general(found: Sequence[Token], run: GeneList) -> bool:
    """Return whether the part of the sentence around a list speaks in general or of what may be: "should", "patients with"."""
    first = run.genes[0]
    while first > 0 and found[first - 1].kind not in _SEGMENT_ENDS:
        first -= 1
    last = _end(run)
    while last + 1 < len(found) and found[last + 1].kind not in _SEGMENT_ENDS:
        last += 1
    return any(token.kind == "generic" for token in found[first : last + 1])


_SEGMENT_ENDS = frozenset({",", ";", "break"})


def _of_fish(found: Sequence[Token], gene: int, word: int) -> str | None:
    """Return what stands beside a gene and its FISH: positive also where it is overexpressed."""
    near = found[max(0, min(gene, word) - 2) : max(gene, word) + 3]
    if any(token.kind in (NEGATIVE, "denial", "not") for token in near):
        return NEGATIVE
    return POSITIVE if any(token.kind in (POSITIVE, "protein") for token in near) else None
