"""How well doses, numbers of fractions, targets and their links are read from radiotherapy prescriptions.

    python scripts/score_prescriptions.py [FOLDER] [--errors] [--check]

FOLDER (default: ../shared/texts/radiotherapy_prescriptions) holds token labels of published regimens, a line each:
labels TAB tokens. `Dose.tsv` gives each sentence once or twice; the other files give windows that repeat and cut the
sentences, so that the labels of a sentence are looked up in a window that holds all of it. Each sentence counts once.

A span is right if it covers exactly the labelled tokens; a comma, stop or bracket at the end of a label is left out.
`Site.tsv` labels the word "boost" as a site (and `Boost.tsv` as a boost): targets are scored without and with it. A link
is right if the product puts dose and number of fractions into one series; pairs of different sentences are not asked.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from extract import doses, targets

FOLDER = Path(__file__).resolve().parents[2] / "shared" / "texts" / "radiotherapy_prescriptions"
# What is asked of the product; two plain regexes reach 0.98 for doses and 0.95 for numbers of fractions.
WANTED = {"dose": 0.985, "fraction number": 0.975, "target site": 0.80, "dose-fraction link": 0.95}

Tokens = tuple[str, ...]
Span = tuple[int, int]
_MARK = re.compile(r"<(?P<what>RT_DOSE|RT_Fraction_Number)-(?P<side>START|END)>")
_PUNCTUATION = frozenset({",", ")", ".", ";"})


class Score(NamedTuple):
    """Counts for one kind of fact, and the errors in words."""

    name: str
    right: int
    extra: int
    missed: int
    errors: tuple[str, ...]

    @property
    def f1(self) -> float:
        """Return F1, 1.0 where there was nothing to find and nothing was found."""
        return 2 * self.right / (2 * self.right + self.extra + self.missed) if self.right + self.extra + self.missed else 1.0


class Pair(NamedTuple):
    """A dose and a number of fractions of one sentence, and whether the annotators linked them."""

    sentence: Tokens
    dose: Span
    fractions: Span


def main() -> int:
    """Print a line for each kind of fact and, with --check, say by the exit code whether all are as good as wanted."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=FOLDER)
    parser.add_argument("--errors", action="store_true", help="print each error")
    parser.add_argument("--check", action="store_true", help="exit 1 where a figure is lower than wanted")
    options = parser.parse_args()
    if not (options.folder / "Dose.tsv").exists():
        print(f"skipped: there is no {options.folder / 'Dose.tsv'}")
        return 0
    scores = score(options.folder)
    for one in scores:
        wanted = f"wanted {WANTED[one.name]:.3f}" if one.name in WANTED else ""
        print(f"{one.name:28} F1 {one.f1:.3f}  right {one.right:4} extra {one.extra:3} missed {one.missed:3}  {wanted}")
        for error in one.errors if options.errors else ():
            print(f"    {error}")
    return int(options.check and any(one.f1 < WANTED.get(one.name, 0.0) for one in scores))


def score(folder: Path) -> list[Score]:
    """Return the scores of the doses, the numbers of fractions, the targets (without and with boosts) and the links."""
    sentences = _labelled(folder / "Dose.tsv")
    counts, sites = (_looked_up(sentences, _labelled(folder / f"{name}.tsv")) for name in ("FxNo", "Site"))
    without = {sentence: {span for span in spans if sentence[span[0]] != "boost"} for sentence, spans in sites.items()}
    return [
        _compare("dose", {sentence: _spans(sentence, labels) for sentence, labels in sentences.items()}, _doses),
        _compare("fraction number", counts, _counts),
        _compare("target site", without, _targets),
        _compare("target site or boost", sites, lambda sentence: _targets(sentence) | _boosts(sentence)),
        _links(folder / "links_dose_fraction.tsv", sentences),
    ]


def _labelled(path: Path) -> dict[Tokens, Tokens]:
    """Return the labels of each line of a file, by its tokens: a line that comes again counts once."""
    found: dict[Tokens, Tokens] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        labels, _, tokens = line.partition("\t")
        found.setdefault(tuple(tokens.split()), tuple(labels.split()))
    return found


def _looked_up(sentences: Iterable[Tokens], windows: dict[Tokens, Tokens]) -> dict[Tokens, set[Span]]:
    """Return the labelled spans of each sentence, from a window that holds the whole sentence."""
    found: dict[Tokens, set[Span]] = {}
    for sentence in sentences:
        spans: set[Span] = set()
        for tokens, labels in windows.items():
            for at in _places(sentence, tokens):
                spans = max(spans, _spans(sentence, labels[at : at + len(sentence)]), key=len)
        found[sentence] = spans
    return found


def _places(sentence: Sequence[str], tokens: Sequence[str]) -> Iterator[int]:
    """Yield where the tokens of a sentence stand in longer ones."""
    for at in range(len(tokens) - len(sentence) + 1):
        if tokens[at] == sentence[0] and tuple(tokens[at : at + len(sentence)]) == tuple(sentence):
            yield at


def _spans(sentence: Tokens, labels: Sequence[str]) -> set[Span]:
    """Return the labelled spans, a mark of punctuation at the end left out."""
    found: set[Span] = set()
    start = None
    for at, label in enumerate((*labels, "O")):
        if start is not None and not label.startswith("I"):
            found.add((start, _trimmed(sentence, start, at)))
            start = None
        if label.startswith("B"):
            start = at
    return found


def _trimmed(sentence: Sequence[str], start: int, end: int) -> int:
    while end > start + 1 and sentence[end - 1] in _PUNCTUATION:
        end -= 1
    return end


def _compare(name: str, wanted: dict[Tokens, set[Span]], read: object) -> Score:
    """Return how the spans that the product reads compare with those wanted."""
    assert callable(read)
    right = extra = missed = 0
    errors: list[str] = []
    for sentence, gold in wanted.items():
        got = read(sentence)
        right, extra, missed = right + len(gold & got), extra + len(got - gold), missed + len(gold - got)
        for what, spans in (("extra", got - gold), ("missed", gold - got)):
            errors.extend(f"{what}: {' '.join(sentence[start:end])!r} in {' '.join(sentence)!r}" for start, end in sorted(spans))
    return Score(name, right, extra, missed, tuple(errors))


def _covered(sentence: Tokens, start: int, end: int) -> Span:
    """Return the tokens that a span of characters touches, where the tokens are joined by blanks."""
    touched = []
    at = 0
    for number, token in enumerate(sentence):
        if at < end and start < at + len(token):
            touched.append(number)
        at += len(token) + 1
    return touched[0], touched[-1] + 1


def _quantities(sentence: Tokens) -> list[doses.Quantity]:
    text = " ".join(sentence)
    return doses.find(text) or doses.find_counts(text)


def _doses(sentence: Tokens) -> set[Span]:
    return {_covered(sentence, one.start, one.end) for one in _quantities(sentence) if one.kind != "count" and one.role != "rate"}


def _counts(sentence: Tokens) -> set[Span]:
    return {_covered(sentence, *one.digits) for one in _quantities(sentence) if one.kind == "count"}


def _targets(sentence: Tokens) -> set[Span]:
    return {_covered(sentence, one.start, one.end) for one in targets.find(" ".join(sentence))}


def _boosts(sentence: Tokens) -> set[Span]:
    return {_covered(sentence, match.start(), match.end()) for match in re.finditer(r"\bboost\b", " ".join(sentence), re.IGNORECASE)}


def _links(path: Path, sentences: Iterable[Tokens]) -> Score:
    """Return how the links compare, over the pairs of one sentence that the file asks for; a pair asked twice counts once."""
    asked: dict[Pair, bool] = {}
    known = sorted(sentences, key=len, reverse=True)
    for line in path.read_text(encoding="utf-8").splitlines():
        label, _, marked = line.partition("\t")
        pair = _pair(marked, known)
        if pair is not None:
            asked[pair] = asked.get(pair, False) or label == "DOSE-FXNO"
    right = extra = missed = 0
    errors: list[str] = []
    for pair, is_linked in asked.items():
        got = _is_linked(pair)
        right, extra, missed = right + (got and is_linked), extra + (got and not is_linked), missed + (is_linked and not got)
        if got != is_linked:
            words = f"{' '.join(pair.sentence[slice(*pair.dose)])!r} and {' '.join(pair.sentence[slice(*pair.fractions)])!r}"
            errors.append(f"{'extra' if got else 'missed'}: {words} in {' '.join(pair.sentence)!r}")
    return Score("dose-fraction link", right, extra, missed, tuple(errors))


def _pair(marked: str, sentences: Sequence[Tokens]) -> Pair | None:
    """Return the marked dose and number of a line with the sentence that holds both, None where they stand in two."""
    tokens: list[str] = []
    spans: dict[str, list[int]] = {}
    for token in marked.split():
        mark = _MARK.fullmatch(token)
        if mark is None:
            tokens.append(token)
        elif mark["side"] == "START":
            spans[mark["what"]] = [len(tokens)]
        else:
            spans[mark["what"]].append(len(tokens))
            _drop_repeated(tokens, spans, mark["what"])
    dose, count = spans["RT_DOSE"], spans["RT_Fraction_Number"]
    first, last = min(dose[0], count[0]), max(dose[1], count[1])
    for sentence in sentences:
        for at in _places(sentence, tokens):
            if at <= first and last <= at + len(sentence):
                return Pair(sentence, (dose[0] - at, _trimmed(sentence, dose[0] - at, dose[1] - at)), (count[0] - at, count[1] - at))
    return None


def _drop_repeated(tokens: list[str], spans: dict[str, list[int]], what: str) -> None:
    """Take out the tokens before a mark that the marked words repeat: "36 to <START> 36 to 39.6 Gy <END>"."""
    start, end = spans[what]
    for length in range(min(end - start - 1, start), 0, -1):
        if tokens[start - length : start] == tokens[start : start + length]:
            del tokens[start - length : start]
            spans[what] = [start - length, end - length]
            return


def _is_linked(pair: Pair) -> bool:
    """Return whether the product puts a dose and a number of fractions into one series."""
    text = " ".join(pair.sentence)
    for group in doses.grouped(text, doses.find(text)):
        has_dose = any(one.kind != "count" and _meet(_covered(pair.sentence, one.start, one.end), pair.dose) for one in group)
        if has_dose and any(one.kind == "count" and _meet(_covered(pair.sentence, *one.digits), pair.fractions) for one in group):
            return True
    return False


def _meet(one: Span, other: Span) -> bool:
    return one[0] < other[1] and other[0] < one[1]


if __name__ == "__main__":
    raise SystemExit(main())
