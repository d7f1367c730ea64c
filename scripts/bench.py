"""How fast `extract` reads, in words per second, beside spaCy's bare tokenizer in the same run.

    python scripts/bench.py [--limit N] [--rounds N] [--check]

Words are what stands between white space; seconds are of the processor, which other processes do not slow down
as they do the clock. Both read the same texts in one process, in turns of a few texts. Both are warm from other
texts, but each text is new to them, as it is in use: spaCy's tokenizer remembers every word that it has cut and
would look each up on a second reading (its speed then is shown too). The median round counts. The texts are those
of ../shared/texts/unlabelled.jsonl.gz where that is there, else invented ones.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import spacy

from corpus.report import Report
from extract import pipeline
from extract.fields import FIELDS

UNLABELLED = Path(__file__).resolve().parents[2] / "shared" / "texts" / "unlabelled.jsonl.gz"
LEAST_WORDS_PER_SECOND = 60_000
LEAST_RATIO = 0.25


def main() -> int:
    """Measure, print the table and, with --check, say by the exit code whether it is fast enough."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--limit", type=int, default=0, metavar="N", help="read N texts, drawn from all (default: all)")
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="parts that are measured one by one (default 5)")
    parser.add_argument("--check", action="store_true", help="exit with 1 below the bounds")
    args = parser.parse_args()

    origin, texts = _texts(args.limit)
    print(f"{len(texts)} texts, {_words(texts):,} words: {origin}")
    started = time.process_time()
    built = pipeline.build()
    print(f"pipeline built in {time.process_time() - started:.1f} s")

    make_doc = spacy.blank("en").make_doc
    rounds = _race(texts, args.rounds, make_doc, lambda text: pipeline.extract(Report("bench", text), built))
    speed = statistics.median(read for _, read in rounds)
    ratio = statistics.median(read / cut for cut, read in rounds)
    again = _words(texts) / _seconds(make_doc, texts)

    print()
    print(f"{'words per second':32}{'median':>10}{'lowest':>10}{'highest':>10}")
    for name, speeds in zip(("spaCy tokenizer alone", "extract"), zip(*rounds, strict=True), strict=True):
        print(f"{name:32}{statistics.median(speeds):10,.0f}{min(speeds):10,.0f}{max(speeds):10,.0f}")
    print(f"{'(tokenizer, second reading)':32}{again:10,.0f}")
    print(f"extract reaches {ratio:.2f} of the tokenizer's speed")
    print()
    _print_profile(built, [Report("bench", text) for text in texts])
    if args.check and (speed < LEAST_WORDS_PER_SECOND or ratio < LEAST_RATIO):
        print(f"\ntoo slow: wanted {LEAST_WORDS_PER_SECOND:,} words/s and {LEAST_RATIO} of the tokenizer")
        return 1
    return 0


def _race(texts: Sequence[str], rounds: int, *readers: Callable[[str], object]) -> list[tuple[float, ...]]:
    """Return the words per second of each reader in each round; what comes before the first round warms up."""
    size = len(texts) // (rounds + 1)
    speeds = []
    for number in range(rounds + 1):
        part = texts[number * size : (number + 1) * size]
        spent = [0.0] * len(readers)
        for first in range(0, len(part), _TURN):
            for index, reader in enumerate(readers):
                spent[index] += _seconds(reader, part[first : first + _TURN])
        if number:
            speeds.append(tuple(_words(part) / seconds for seconds in spent))
    return speeds


_TURN = 10  # texts that one reader reads before it is the other's turn


def _seconds(reader: Callable[[str], object], texts: Sequence[str]) -> float:
    started = time.process_time()
    for text in texts:
        reader(text)
    return time.process_time() - started


def _words(texts: Sequence[str]) -> int:
    return sum(len(text.split()) for text in texts)


# --- what costs ----------------------------------------------------------------------------------


def _print_profile(built: pipeline.Pipeline, reports: Sequence[Report]) -> None:
    """Print where the time of one pass goes: preparing the reading, then finding and resolving each field."""
    spent: dict[str, list[float]] = {}

    def timed(name: str, step: int, work: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any) -> Any:
            started = time.process_time()
            result = work(*args)
            spent.setdefault(name, [0.0, 0.0])[step] += time.process_time() - started
            return result

        return run

    def watched(field: Any) -> SimpleNamespace:
        # A field's `find` may be a generator: its work is done where its mentions are collected.
        find = timed(field.NAME, 0, lambda reading: list(field.find(reading)))
        return SimpleNamespace(NAME=field.NAME, FIELDS=field.FIELDS, find=find, resolve=timed(field.NAME, 1, field.resolve))

    fields: Any = tuple(watched(field) for field in FIELDS)
    started = time.process_time()
    with _replaced(FIELDS=fields, read=timed("(reading)", 0, pipeline.read)):
        for report in reports:
            pipeline.extract(report, built)
    whole = time.process_time() - started
    spent["(evidence, checks)"] = [whole - sum(map(sum, spent.values())), 0.0]

    print(f"{'one pass, by part':24}{'find s':>10}{'resolve s':>10}{'share':>8}")
    for name, (find, resolve) in sorted(spent.items(), key=lambda item: -sum(item[1])):
        print(f"{name:24}{find:10.3f}{resolve:10.3f}{(find + resolve) / whole:8.1%}")


@contextmanager
def _replaced(**names: Any) -> Iterator[None]:
    """Let the pipeline use other objects under these names for a while."""
    before = {name: getattr(pipeline, name) for name in names}
    try:
        for name, value in names.items():
            setattr(pipeline, name, value)
        yield
    finally:
        for name, value in before.items():
            setattr(pipeline, name, value)


# --- texts ---------------------------------------------------------------------------------------


def _texts(limit: int) -> tuple[str, list[str]]:
    """Return where the texts are from, and the texts."""
    if not UNLABELLED.exists():
        return "invented sentences", [invented(number) for number in range(limit or 900)]
    with gzip.open(UNLABELLED, "rt", encoding="utf-8") as file:
        texts = [json.loads(line)["text"] for line in file]
    # In an order of chance, but always the same: each round then holds short and long texts of every kind.
    random.Random(0).shuffle(texts)
    return str(UNLABELLED), texts[: limit or None]


# Made up for this measurement: the vocabulary and the sentence lengths of case reports, nobody's story.
_SENTENCES = (
    "A {age}-year-old {person} presented with a painless mass of the {side} {place} that had grown over {n} months.",
    "There was no family history of malignancy, and physical examination was otherwise unremarkable.",
    "Magnetic resonance imaging showed a well-circumscribed lesion measuring {n}.{m} x {m} x {n} cm in the {place}.",
    "The tumor was widely excised with negative margins, and the wound healed without complication.",
    "Microscopically, the lesion was composed of spindle cells in a myxoid stroma with scattered lymphocytes.",
    "Immunohistochemically, the cells were positive for {marker} and vimentin but negative for {other} and S-100 protein.",
    "The Ki-67 labeling index was {n}%, and fluorescence in situ hybridization showed no MDM2 amplification.",
    "A diagnosis of {tumor} was made by two pathologists who did not know of each other's opinion.",
    "Adjuvant radiotherapy was given to a total dose of {dose} Gy in {fractions} fractions over {n} weeks.",
    "He received {n} cycles of {drug} at 75 mg/m2 every three weeks, which was well tolerated.",
    "In earlier series, local recurrence was described in {dose}% of patients within five years [{n}, {m}].",
    "At the last visit, {n} months after surgery, there was no evidence of local recurrence or metastasis.",
)
_WORDS = {
    "person": ("man", "woman", "boy", "girl"), "side": ("left", "right"), "place": ("thigh", "lung", "breast", "retroperitoneum", "neck"),
    "marker": ("SMA", "desmin", "CD34", "ALK"), "other": ("cytokeratin", "CD117", "EMA", "STAT6"),
    "tumor": ("leiomyosarcoma", "inflammatory myofibroblastic tumor", "synovial sarcoma", "adenocarcinoma"),
    "drug": ("doxorubicin", "cisplatin", "paclitaxel"),
}  # fmt: skip


def invented(number: int) -> str:
    """Return an invented report of some 350 words, the same for the same number."""
    chance = random.Random(number)
    paragraphs = []
    for _ in range(5):
        sentences = [
            sentence.format(
                age=chance.randint(18, 90), n=chance.randint(2, 24), m=chance.randint(1, 9),
                dose=chance.choice((45, 50, 54, 60)), fractions=chance.choice((25, 27, 30)),
                **{name: chance.choice(choices) for name, choices in _WORDS.items()},
            )
            for sentence in chance.sample(_SENTENCES, 5)
        ]  # fmt: skip
        paragraphs.append(" ".join(sentences))
    return "\n\n".join(paragraphs)


if __name__ == "__main__":
    raise SystemExit(main())
