"""How well records agree with gold: precision, recall and F1, field by field.

The gold files and what their fields mean are described in the gold guide; the rules here are those of the
project's scorer, so both give the same figures for the same records. In short:

- Patients are paired first: those of the gold with those of the record, so that as much as possible agrees.
- A single value (`SCALARS`) counts as one true positive, or as one false positive where the record says
  something else, and as one false negative where the gold's value was not found. A wrong value is both.
- Repeating facts (`SETS`) are paired one to one; what is left over is a false negative or a false positive.
- A patient that was missed, or is none, counts in `cases` and in every field.
- Fields that the gold calls `unsure` are left out for that patient.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import permutations
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from extract.record import Case, Record

Gold = TypeVar("Gold")

SPELLINGS = Path(__file__).parent / "marker_spellings.csv"

# Above this many patients in a report, pairs are chosen best first instead of trying all assignments.
_MAX_TRIED = 6
# In the choice between equal pairings, the one that keeps the order of the text wins.
_ORDER_WEIGHT = 1e-6
_AGE_WEIGHT, _STAIN_WEIGHT = 3.0, 0.5


class GoldError(ValueError):
    """A folder or file of gold that cannot be used; the message says which, what was found and what was wanted."""


@dataclass(frozen=True, slots=True)
class Answers:
    """What gold or a record says of one patient, in comparable form. None and () mean: nothing said.

    Codes and sizes are tuples because the gold may accept several; a record gives at most one. Units are
    in the names. `site` holds three-character topography codes, `site_subsite` those with the decimal,
    `histology` four-digit morphology codes, `radiotherapy` total doses in Gy (None: given, dose unsaid).
    """

    label: str | None = None
    age_years: float | None = None
    sex: str | None = None
    site: tuple[str, ...] = ()
    site_subsite: tuple[str, ...] = ()
    laterality: str | None = None
    histology: tuple[str, ...] = ()
    size_cm: tuple[float, ...] = ()
    ki67_percent: float | None = None
    surgery: bool | None = None
    radiotherapy_given: bool | None = None
    recurrence: bool | None = None
    recurrence_months: float | None = None
    status: str | None = None
    follow_up_months: float | None = None
    ihc: tuple[tuple[str, str], ...] = ()
    molecular: tuple[tuple[str, str, str], ...] = ()
    radiotherapy: tuple[float | None, ...] = ()
    radiotherapy_fractions: tuple[float, ...] = ()
    drugs: tuple[str, ...] = ()
    drug_doses: tuple[tuple[str, str], ...] = ()
    metastasis: tuple[str, ...] = ()
    left_out: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class GoldReport:
    """The gold of one report."""

    id: str
    kind: str | None
    cases: tuple[Answers, ...]


@dataclass(frozen=True, slots=True)
class Count:
    """True positives, false positives and false negatives of one field."""

    tp: int = 0
    fp: int = 0
    fn: int = 0

    @property
    def precision(self) -> float:
        """Share of what was said that is right; 1 where nothing was said."""
        return self.tp / (self.tp + self.fp) if self.tp + self.fp else 1.0

    @property
    def recall(self) -> float:
        """Share of the gold that was found; 1 where the gold has nothing."""
        return self.tp / (self.tp + self.fn) if self.tp + self.fn else 1.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall; 0 where both are 0."""
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0

    def __add__(self, other: Count) -> Count:
        """Add up two counts."""
        return Count(self.tp + other.tp, self.fp + other.fp, self.fn + other.fn)


@dataclass(frozen=True, slots=True)
class Disagreement:
    """One place where gold and record differ; for repeating facts only what is left after pairing."""

    report: str
    case: str | None
    field: str
    gold: object
    found: object

    def __str__(self) -> str:
        return f"{self.report} case {self.case or '-'} {self.field}: gold {_shown(self.gold)}, found {_shown(self.found)}"


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The figures over all gold reports."""

    reports: int
    gold_cases: int
    kinds_right: int
    perfect_core_cases: int
    fields: Mapping[str, Count]
    disagreements: tuple[Disagreement, ...]

    @property
    def kind_accuracy(self) -> float | None:
        """Share of the reports whose kind is right; None without reports."""
        return round(self.kinds_right / self.reports, 4) if self.reports else None

    def macro_f1(self, names: Sequence[str]) -> float:
        """Return the plain mean of the fields' F1, each rounded to four places as it is shown."""
        return round(sum(round(self.fields[name].f1, 4) for name in names) / len(names), 4)

    def to_json(self) -> dict[str, Any]:
        """Return the figures in the scorer's JSON form, rounded to four places."""
        return {
            "summary": {
                "reports": self.reports,
                "gold_cases": self.gold_cases,
                "kind_accuracy": self.kind_accuracy,
                "core_macro_f1": self.macro_f1(CORE),
                "all_macro_f1": self.macro_f1((*SCALARS, *SETS)),
                "perfect_core_cases": self.perfect_core_cases,
            },
            "fields": {
                name: {
                    "tp": count.tp,
                    "fp": count.fp,
                    "fn": count.fn,
                    "precision": round(count.precision, 4),
                    "recall": round(count.recall, 4),
                    "f1": round(count.f1, 4),
                }
                for name, count in self.fields.items()
            },
        }


# --- when two values agree ---------------------------------------------------------------------


def _same(gold: object, found: object) -> bool:
    return gold == found


def _within(absolute: float, relative: float = 0.0) -> Callable[[Any, Any], bool]:
    """Return a test for numbers that differ by at most `absolute` or, if that is more, `relative` of the gold."""

    def agree(gold: float | None, found: float | None) -> bool:
        if gold is None or found is None:
            return gold is found
        return abs(found - gold) <= max(absolute, relative * abs(gold))

    return agree


def _is_accepted(gold: Sequence[str], found: Sequence[str]) -> bool:
    """Whether the record's code is one that the gold accepts."""
    return bool(found) and found[0] in gold


_close_size = _within(0.15, 0.02)


def _is_accepted_size(gold: Sequence[float], found: Sequence[float]) -> bool:
    """Whether the record's size is within 0.15 cm, or 2 %, of one that the gold accepts."""
    return any(_close_size(size, found[0]) for size in gold)


# Field: when a single value agrees. Ages to 0.1 years, Ki-67 to 1 percentage point, times to 1 month or 10 %.
SCALARS: Mapping[str, Callable[[Any, Any], bool]] = MappingProxyType(
    {
        "age_years": _within(0.1),
        "sex": _same,
        "site": _is_accepted,
        "site_subsite": _is_accepted,
        "laterality": _same,
        "histology": _is_accepted,
        "size_cm": _is_accepted_size,
        "ki67_percent": _within(1),
        "surgery": _same,
        "radiotherapy_given": _same,
        "recurrence": _same,
        "recurrence_months": _within(1, 0.1),
        "status": _same,
        "follow_up_months": _within(1, 0.1),
    }
)
# Field: when two repeating facts are one. Total doses to 0.05 Gy or 1 %; a fraction number needs no equal dose.
SETS: Mapping[str, Callable[[Any, Any], bool]] = MappingProxyType(
    {
        "ihc": _same,
        "molecular": _same,
        "radiotherapy": _within(0.05, 0.01),
        "radiotherapy_fractions": _same,
        "drugs": _same,
        "drug_doses": _same,
        "metastasis": _same,
    }
)
CORE = (
    "age_years", "sex", "site", "histology", "ihc", "radiotherapy", "radiotherapy_fractions", "drugs", "recurrence",
    "status", "follow_up_months",
)  # fmt: skip
# Who is unsure of the first is unsure of the others too.
_IMPLIED = MappingProxyType(
    {
        "site": ("site_subsite", "laterality"),
        "radiotherapy": ("radiotherapy_fractions", "radiotherapy_given"),
        "drugs": ("drug_doses",),
    }
)


# --- comparable form ---------------------------------------------------------------------------


@cache
def _spellings() -> Mapping[str, str]:
    """Read which spellings mean one marker: compared in capitals and digits only ("CKIT" is "CD117")."""
    with SPELLINGS.open(encoding="utf-8", newline="") as file:
        return MappingProxyType({row["spelling"]: row["marker"] for row in csv.DictReader(file)})


_GREEK = str.maketrans({"α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "κ": "kappa", "λ": "lambda"})


def marker_key(name: str) -> str:
    """Return what a marker or gene is compared by: "c-kit" and "KIT" give "CD117"."""
    key = re.sub(r"[^A-Z0-9]", "", name.translate(_GREEK).upper())
    return _spellings().get(key, key)


def _letters(text: str | None) -> str:
    """Return what names and doses are compared by: small letters and digits ("75 mg/m2" is "75mgm2")."""
    return re.sub(r"[^a-z0-9]+", "", (text or "").lower())


def _number(value: Any) -> float | None:
    return None if value is None or isinstance(value, bool) else float(value)


def _unique(items: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(sorted(set(items)))


def from_case(case: Case) -> Answers:
    """Return what a record says of a patient, in comparable form."""
    sites = (case.site.topography,) if case.site and case.site.topography else ()
    codes = (case.histology.morphology,) if case.histology and case.histology.morphology else ()
    return Answers(
        label=case.label,
        age_years=_number(case.age_years),
        sex=case.sex,
        site=tuple(code[:3] for code in sites),
        site_subsite=sites,
        laterality=case.site.laterality if case.site else None,
        histology=tuple(code[:4] for code in codes),
        size_cm=() if case.size_cm is None else (float(case.size_cm),),
        ki67_percent=_number(case.ki67_percent),
        surgery=case.surgery,
        radiotherapy_given=case.radiotherapy_given,
        recurrence=case.recurrence,
        recurrence_months=_number(case.recurrence_months),
        status=case.status,
        follow_up_months=_number(case.follow_up_months),
        ihc=_unique((marker_key(stain.marker), stain.result) for stain in case.ihc),
        molecular=_unique((marker_key(test.gene), test.alteration, test.result) for test in case.molecular),
        radiotherapy=tuple(_number(course.total_dose_gy) for course in case.radiotherapy),
        radiotherapy_fractions=tuple(float(course.fractions) for course in case.radiotherapy if course.fractions is not None),
        drugs=_unique(_letters(drug.name) for drug in case.drugs),
        drug_doses=_unique((_letters(drug.name), _letters(drug.dose)) for drug in case.drugs if drug.dose),
        metastasis=_unique(place.topography[:3] for place in case.metastases if place.topography),
    )


def from_gold(case: Mapping[str, Any]) -> Answers:
    """Return what the gold says of a patient, in comparable form."""
    site, histology = case.get("site") or {}, case.get("histology") or {}
    sites, codes = tuple(site.get("codes") or ()), tuple(histology.get("codes") or ())
    sizes = case.get("size_cm")
    courses, drugs = case.get("radiotherapy") or (), case.get("drugs") or ()
    surgery = case.get("surgery")
    left_out = set(case.get("unsure") or ())
    left_out |= {implied for name in left_out for implied in _IMPLIED.get(name, ())}
    if not codes and histology.get("name"):
        # A disease that is no neoplasm has a name and no code: whatever code a record gives is not counted.
        left_out.add("histology")
    return Answers(
        label=case.get("label"),
        age_years=_number(case.get("age_years")),
        sex=case.get("sex"),
        site=tuple(code[:3] for code in sites),
        site_subsite=sites,
        laterality=site.get("laterality"),
        histology=tuple(code[:4] for code in codes),
        size_cm=tuple(float(size) for size in (sizes if isinstance(sizes, list) else [sizes]) if size is not None),
        ki67_percent=_number(case.get("ki67_percent")),
        surgery=surgery if isinstance(surgery, bool) else None,
        radiotherapy_given=case.get("radiotherapy_given"),
        recurrence=case.get("recurrence"),
        recurrence_months=_number(case.get("recurrence_months")),
        status=case.get("status"),
        follow_up_months=_number(case.get("follow_up_months")),
        ihc=_unique((marker_key(name), result) for name, result in case.get("ihc") or ()),
        molecular=_unique((marker_key(gene), alteration, result) for gene, alteration, result in case.get("molecular") or ()),
        radiotherapy=tuple(_number(course.get("total_dose_gy")) for course in courses),
        radiotherapy_fractions=tuple(float(course["fractions"]) for course in courses if course.get("fractions") is not None),
        drugs=_unique(_letters(drug["name"]) for drug in drugs),
        drug_doses=_unique((_letters(drug["name"]), _letters(drug.get("dose"))) for drug in drugs if drug.get("dose")),
        metastasis=_unique(code[:3] for code in case.get("metastasis") or ()),
        left_out=frozenset(left_out),
    )


def load_gold(folder: Path) -> tuple[GoldReport, ...]:
    """Read the gold files of a folder, `<report>.json`, in the order of their names.

    Raises
    ------
    GoldError
        The folder is missing or holds no gold file, or a file has another form.
    """
    if not folder.is_dir():
        raise GoldError(f"{folder}: no such folder, wanted one with gold files <report>.json")
    paths = sorted(folder.glob("*.json"))
    if not paths:
        raise GoldError(f"{folder}: holds no gold file, wanted <report>.json")
    return tuple(_gold_report(path) for path in paths)


def texts_of(gold: Path) -> Path:
    """Return the folder of texts that goes with a folder of gold. Raises GoldError where there is none."""
    folder = gold.resolve()
    texts = folder.parent.parent / "texts" / folder.name
    if not texts.is_dir():
        raise GoldError(f"{gold}: no texts found at {texts}, wanted PATH: the files or the folder to read")
    return texts


def load_gold_lines(path: Path) -> tuple[GoldReport, ...]:
    """Read a file with the gold of one report a line. Raises GoldError where it is missing or a line has another form."""
    return _read_gold(path, lambda text: tuple(_from_json(json.loads(line), path.stem) for line in text.splitlines()))


def _gold_report(path: Path) -> GoldReport:
    return _read_gold(path, lambda text: _from_json(json.loads(text), path.stem))


def _from_json(gold: Mapping[str, Any], name: str) -> GoldReport:
    return GoldReport(gold.get("report") or name, gold.get("kind"), tuple(from_gold(case) for case in gold["cases"]))


def _read_gold(path: Path, parse: Callable[[str], Gold]) -> Gold:
    """Return what a parser makes of a file's text; whatever is wrong with either is a GoldError that names the file."""
    try:
        return parse(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise GoldError(f"{path}: {(error.strerror or str(error)).lower()}") from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise GoldError(f"{path}: no gold file ({type(error).__name__}: {error}), wanted the form of the gold guide") from error


# --- who is who --------------------------------------------------------------------------------


def _likeness(gold: Answers, found: Answers) -> float:
    """Return how much two patients have in common: one for each equal value, three for the age, half for a stain."""
    score = 0.0
    for name, agree in SCALARS.items():
        wanted, got = getattr(gold, name), getattr(found, name)
        if _is_said(wanted) and _is_said(got) and agree(wanted, got):
            score += _AGE_WEIGHT if name == "age_years" else 1.0
    return score + _STAIN_WEIGHT * len(set(gold.ihc) & set(found.ihc))


def pair_cases(gold: Sequence[Answers], found: Sequence[Answers]) -> tuple[tuple[int, int], ...]:
    """Pair patients of the gold with patients of the record so that they have most in common.

    Returns the numbers of both, from 0; who stays without a partner is not in it. Where a report has more
    than six patients, the most alike are paired first, which is not always the best in sum.
    """
    worth = [[_likeness(g, f) - _ORDER_WEIGHT * abs(i - j) for j, f in enumerate(found)] for i, g in enumerate(gold)]
    if max(len(gold), len(found)) > _MAX_TRIED:
        ranked = sorted(((worth[i][j], i, j) for i in range(len(gold)) for j in range(len(found))), reverse=True)
        chosen: dict[int, int] = {}
        for _, i, j in ranked:
            if i not in chosen and j not in chosen.values():
                chosen[i] = j
        return tuple(chosen.items())

    def total(order: tuple[int, ...]) -> float:
        return sum(worth[i][j] for i, j in enumerate(order) if j < len(found))

    best = max(permutations(range(max(len(gold), len(found))), len(gold)), key=total)
    return tuple((i, j) for i, j in enumerate(best) if j < len(found))


# --- counting ----------------------------------------------------------------------------------


def evaluate(gold: Sequence[GoldReport], records: Mapping[str, Record]) -> Evaluation:
    """Compare records, by report id, with the gold. A gold report without a record counts as missed."""
    counts = dict.fromkeys(("cases", *SCALARS, *SETS), Count())
    kinds_right = perfect = 0
    disagreements: list[Disagreement] = []
    for report in gold:
        record = records.get(report.id)
        kind = record.report.get("kind") if record else None
        kinds_right += kind == report.kind
        if kind != report.kind:
            disagreements.append(Disagreement(report.id, None, "kind", report.kind, kind))
        found = tuple(from_case(case) for case in record.cases) if record else ()
        for wanted, got in _partners(report.cases, found):
            differences = list(_differences(report.id, wanted, got))
            disagreements.extend(difference for _, _, difference in differences if difference)
            for name, count, _ in differences:
                counts[name] += count
            perfect += wanted is not None and not any(d and name in CORE for name, _, d in differences)
    return Evaluation(
        reports=len(gold),
        gold_cases=sum(len(report.cases) for report in gold),
        kinds_right=kinds_right,
        perfect_core_cases=perfect,
        fields=MappingProxyType(counts),
        disagreements=tuple(disagreements),
    )


def _partners(gold: Sequence[Answers], found: Sequence[Answers]) -> list[tuple[Answers | None, Answers | None]]:
    """Return each patient with its partner: None for one that was missed, or that is none."""
    pairs = dict(pair_cases(gold, found))
    taken = set(pairs.values())
    partners: list[tuple[Answers | None, Answers | None]] = [(case, found[pairs[i]] if i in pairs else None) for i, case in enumerate(gold)]
    return partners + [(None, case) for j, case in enumerate(found) if j not in taken]


_NOTHING = Answers()


def _differences(report: str, wanted: Answers | None, got: Answers | None) -> Iterable[tuple[str, Count, Disagreement | None]]:
    """Yield for each field of one patient its count and, where gold and record differ, how."""
    gold, found = wanted or _NOTHING, got or _NOTHING
    label = gold.label or found.label

    def difference(name: str, left: object, right: object) -> Disagreement:
        return Disagreement(report, label, name, left, right)

    if wanted is None:
        yield "cases", Count(fp=1), difference("cases", None, "a case that is none")
    elif got is None:
        yield "cases", Count(fn=1), difference("cases", "a case", "missed")
    else:
        yield "cases", Count(tp=1), None
    for name, agree in SCALARS.items():
        if name in gold.left_out:
            continue
        left, right = getattr(gold, name), getattr(found, name)
        if not _is_said(left) and not _is_said(right):
            continue
        if _is_said(left) and _is_said(right) and agree(left, right):
            yield name, Count(tp=1), None
        else:
            yield name, Count(fp=int(_is_said(right)), fn=int(_is_said(left))), difference(name, left, right)
    for name, agree in SETS.items():
        if name in gold.left_out:
            continue
        hits, missed, extra = _pair_facts(getattr(gold, name), getattr(found, name), agree)
        is_equal = not missed and not extra
        yield name, Count(hits, len(extra), len(missed)), None if is_equal else difference(name, missed, extra)


def _pair_facts(
    gold: Sequence[Any], found: Sequence[Any], agree: Callable[[Any, Any], bool]
) -> tuple[int, tuple[Any, ...], tuple[Any, ...]]:
    """Pair facts one to one, each with the first that is free; return hits, those missed, and those too many."""
    free, extra = list(gold), []
    for fact in found:
        at = next((at for at, wanted in enumerate(free) if agree(wanted, fact)), None)
        if at is None:
            extra.append(fact)
        else:
            del free[at]
    return len(gold) - len(free), tuple(free), tuple(extra)


def _is_said(value: object) -> bool:
    return value is not None and value != ()


def _shown(value: object) -> str:
    """Return a value as a disagreement shows it."""
    if not _is_said(value):
        return "nothing"
    if isinstance(value, tuple):
        return ", ".join(" ".join(map(str, item)) if isinstance(item, tuple) else str(item) for item in value)
    return str(value)


def lines(result: Evaluation) -> Iterator[str]:
    """Yield the table of figures; a star marks the core fields."""
    yield f"{'field':24}{'precision':>10}{'recall':>8}{'F1':>8}{'tp':>6}{'fp':>5}{'fn':>5}"
    for name, count in result.fields.items():
        mark = "*" if name in CORE else " "
        yield f"{mark}{name:23}{count.precision:10.3f}{count.recall:8.3f}{count.f1:8.3f}{count.tp:6}{count.fp:5}{count.fn:5}"
    summary = result.to_json()["summary"]
    yield ""
    yield f"core macro F1 (*)   {summary['core_macro_f1']:.4f}"
    yield f"macro F1 of all     {summary['all_macro_f1']:.4f}"
    yield f"kind right          {result.kinds_right} of {result.reports}"
    yield f"whole cases right   {result.perfect_core_cases} of {result.gold_cases} (all core fields)"
