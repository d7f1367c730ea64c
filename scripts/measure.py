"""How well `extract` reads: F1 by field, on reports whose errors were read while rules were written, and on others.

    python scripts/measure.py [--errors FIELD[,FIELD]] [--write]

Eight sets, each with the facts of careful readers. All fields:

- own: the reports that come with the project (tests/gold, corpus/reports);
- gold, read: the reports of ../shared/gold/dev (two human readers). Every third by name was set apart until the rules on treatment were
  done; then its errors were read too, and what it taught was mended (CHANGELOG has the figures from before);
- silver, read and apart: reports of ../shared/texts/unlabelled.jsonl.gz, with the facts in tests/silver/*.jsonl (language-model readers
  who followed the same guide and never saw the program; corrected by hand only in the half that is read).

Treatment and outcome only:

- silver treatment, read and apart: 210 more of those reports, chosen because they tell of treatment and outcome;
- invented, read and apart: tests/invented/*.jsonl, reports made up by examiners who never saw the program (see its README).

Errors are shown of the sets that are read, never of those apart: a rule written to mend them would make their figures
worthless. Without ../shared only the project's own and the invented reports are measured.

`--write` puts the figures of the sets own, gold, others (silver apart and silver treatment apart together) and invented apart into
db/pages/measured.csv, which the page on quality shows and the README repeats.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

from corpus.readers import markdown as markdown_reader
from corpus.readers import text as text_reader
from corpus.report import Report
from db.pages import measured
from extract import evaluate, pipeline
from extract.evaluate import Count, Evaluation, GoldReport

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"
SILVER = ROOT / "tests" / "silver"
INVENTED = ROOT / "tests" / "invented"
# Read in all sets, and all that is read in those on treatment and outcome.
TREATMENT = (
    "surgery", "radiotherapy_given", "radiotherapy", "radiotherapy_fractions", "drugs", "drug_doses", "metastasis", "recurrence",
    "recurrence_months", "status", "follow_up_months",
)  # fmt: skip


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--errors", default="", metavar="FIELDS", help="also print the errors in these fields (all: in every field)")
    parser.add_argument("--write", action="store_true", help="write the figures that are published (db/pages/measured.csv)")
    chosen = parser.parse_args()
    if chosen.write and not (SHARED / "gold" / "dev").is_dir():
        sys.exit(f"measure: {SHARED} is missing, wanted it: the published figures are of all sets")
    built = pipeline.build()
    whole: dict[str, Evaluation] = {}
    treatment: dict[str, Evaluation] = {}
    for name, gold, reports in sets():
        result = evaluate.evaluate(gold, {report.id: pipeline.extract(report, built) for report in reports})
        (treatment if "treatment" in name or "invented" in name else whole)[name] = result
        if name.endswith("read"):
            _print_errors(name, result, set(filter(None, chosen.errors.split(","))))
    _print_table(whole, tuple(next(iter(whole.values())).fields))
    _print_summary(whole)
    print()
    if not (SHARED / "gold" / "dev").is_dir():
        print(f"only the project's own and the invented reports are measured: {SHARED} is missing")
    _print_table(treatment, TREATMENT)
    print("\nF1 (true positives / false positives / false negatives)")
    if chosen.write:
        measured.write(published(whole, treatment, built.fingerprint))
        print(f"written: {measured.FILE.relative_to(ROOT)}")


def published(whole: Mapping[str, Evaluation], treatment: Mapping[str, Evaluation], fingerprint: str) -> list[measured.Measured]:
    """Return the figures that are published; the two silver sets apart are one, as their fields are counts that add up."""
    apart, more, invented = whole["silver apart"], treatment["silver treatment apart"], treatment["invented apart"]
    labels = dict(measured.LABELS)
    others = {name: count + (more.fields[name] if name in TREATMENT else Count()) for name, count in apart.fields.items()}
    counted: dict[str, tuple[int, int, int | None, Mapping[str, Count]]] = {
        "own": (whole["own"].reports, whole["own"].gold_cases, whole["own"].perfect_core_cases, whole["own"].fields),
        "gold": (
            whole["gold read"].reports,
            whole["gold read"].gold_cases,
            whole["gold read"].perfect_core_cases,
            whole["gold read"].fields,
        ),
        # Whole cases are those of the reports whose fields are all compared.
        "others": (apart.reports + more.reports, apart.gold_cases, apart.perfect_core_cases, others),
        "invented": (invented.reports, invented.gold_cases, None, {name: invented.fields[name] for name in TREATMENT}),
    }
    today = date.today().isoformat()
    figures = []
    for name, label, about in measured.SETS:
        reports, cases, whole_cases, fields = counted[name]
        told = {field: fields[field] for field in labels if field in fields}
        figures.append(measured.Measured(name, label, about, reports, cases, whole_cases, told, fingerprint, today))
    return figures


def sets() -> Iterator[tuple[str, Sequence[GoldReport], list[Report]]]:
    """Yield each set's name, its gold and its texts."""
    own = evaluate.load_gold(ROOT / "tests" / "gold")
    yield "own", own, [own_report(one.id) for one in own]
    if (SHARED / "gold" / "dev").is_dir():
        yield from _sets_beside()
    for part in ("read", "apart"):
        invented = [one for path in sorted(INVENTED.glob("*.jsonl")) for one in _invented(path, part == "apart")]
        yield f"invented {part}", [gold for gold, _ in invented], [report for _, report in invented]


def _invented(path: Path, is_apart: bool) -> Iterator[tuple[GoldReport, Report]]:
    """Yield the reports of one examiner, of which every third is set apart, with their facts."""
    lines = path.read_text(encoding="utf-8").splitlines()
    for number, (gold, line) in enumerate(zip(evaluate.load_gold_lines(path), lines, strict=True)):
        if (number % 3 == 2) is is_apart:
            yield gold, Report(gold.id, json.loads(line)["text"])


def own_report(name: str) -> Report:
    """Return a report that comes with the project."""
    path = ROOT / "corpus" / "reports" / f"{name}.md"
    return markdown_reader.read(path.read_bytes(), str(path), name)[0]


def _text(name: str) -> Report:
    """Return a report of ../shared."""
    path = SHARED / "texts" / "dev" / f"{name}.txt"
    return text_reader.read(path.read_bytes(), str(path), name)[0]


def _sets_beside() -> Iterator[tuple[str, Sequence[GoldReport], list[Report]]]:
    """Yield the sets whose texts lie in ../shared."""
    gold = evaluate.load_gold(SHARED / "gold" / "dev")
    yield "gold read", gold, [_text(one.id) for one in gold]
    texts = _unlabelled()
    for name in ("read", "apart", "treatment_read", "treatment_apart"):
        silver = evaluate.load_gold_lines(SILVER / f"{name}.jsonl")
        yield f"silver {name.replace('_', ' ')}", silver, [Report(report.id, texts[report.id]) for report in silver]


def _unlabelled() -> Mapping[str, str]:
    with gzip.open(SHARED / "texts" / "unlabelled.jsonl.gz", "rt", encoding="utf-8") as lines:
        return {entry["id"]: entry["text"] for entry in map(json.loads, lines)}


def _print_errors(name: str, result: Evaluation, fields: set[str]) -> None:
    for error in result.disagreements:
        if fields and ("all" in fields or error.field in fields):
            print(f"{name}: {error}")


def _print_table(results: Mapping[str, Evaluation], fields: Sequence[str]) -> None:
    _print_row("field", results)
    for field in fields:
        counts = [result.fields[field] for result in results.values()]
        _print_row(field, [f"{count.f1:.3f} ({count.tp}/{count.fp}/{count.fn})" for count in counts])


def _print_summary(results: Mapping[str, Evaluation]) -> None:
    _print_row("kind", [f"{result.kinds_right} of {result.reports}" for result in results.values()])
    _print_row("core macro F1", [f"{result.macro_f1(evaluate.CORE):.3f}" for result in results.values()])
    _print_row("whole cases", [f"{result.perfect_core_cases} of {result.gold_cases}" for result in results.values()])


def _print_row(name: str, cells: Iterable[str]) -> None:
    print("  ".join([name.ljust(22), *(cell.rjust(26) for cell in cells)]))


if __name__ == "__main__":
    main()
