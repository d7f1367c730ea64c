"""Made-up cases whose follow-up is that of a published trial, for the tests of curves and of comparison.

The times are facts of Freireich et al. (Blood 1963;21:699): weeks in remission of 21 children each under 6-mercaptopurine and placebo;
here they stand for months.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpus.report import Report
from db import load
from extract.record import SCALARS, Case, Drug, Evidence, Histology, IhcResult, MolecularTest, RadiotherapyCourse, Record, Site
from tests import db_fixtures

TREATED = tuple(
    (float(word.rstrip("+")), not word.endswith("+"))
    for word in [
        "6",
        "6",
        "6",
        "6+",
        "7",
        "9+",
        "10",
        "10+",
        "11+",
        "13",
        "16",
        "17+",
        "19+",
        "20+",
        "22",
        "23",
        "25+",
        "32+",
        "32+",
        "34+",
        "35+",
    ]
)
PLACEBO = tuple(
    (float(word), True)
    for word in ["1", "1", "2", "2", "3", "4", "4", "5", "5", "8", "8", "8", "8", "11", "11", "12", "12", "15", "17", "22", "23"]
)
HOSTILE = "<img src=x onerror=\"document.title='PWNED'\"> & 'tumour'"
LUNG, THIGH = Site("lung", "C34.1", evidence=(0,)), Site("thigh", "C49.2", evidence=(0,))


@dataclass(frozen=True, slots=True)
class Made:
    """A case that is to be stored: the report's name and year, and the values of the case."""

    name: str
    year: int | None
    values: dict[str, Any]


def followed(months: float, is_event: bool, **values: Any) -> dict[str, Any]:
    """Return the values of a case that is pooled, in both kinds of curve alike."""
    return {
        "status": "DOD" if is_event else "NED", "follow_up_months": months, "time_zero": "treatment", "survival_months": months,
        "survival_event": is_event, "event_free_months": months, "event_free_event": is_event, **values,
    }  # fmt: skip


def left_out(why: str, **values: Any) -> dict[str, Any]:
    """Return the values of a case that is not pooled."""
    return {"not_pooled_because": why, **values}


def cases() -> tuple[Made, ...]:
    """Return the cases: two diagnoses with the two arms of the trial, three of too few cases, and those that are left out."""
    alpha, beta = _named("alphoma"), _named("betoma")
    made = [
        Made(
            f"alpha-{place}",
            1991 + place % 2 * 10,
            followed(*pair, sex="female" if place % 3 else "male", surgery=True, age_years=30.0 + place, **alpha, site=LUNG),
        )
        for place, pair in enumerate(TREATED)
    ]
    made += [
        Made(f"beta-{place}", 2010, followed(*pair, sex="male", surgery=False, age_years=10.0, **beta, site=THIGH))
        for place, pair in enumerate(PLACEBO)
    ]
    made += [Made(f"gamma-{place}", None, followed(5.0 + place, False, **_named("gammoma"))) for place in range(4)]
    made += [Made(f"hostile-{place}", 2010, followed(30.0, place == 0, **_named(HOSTILE))) for place in range(5)]
    made += [Made(f"untimed-{place}", 2010, left_out("no_time", **alpha)) for place in range(3)]
    made += [Made(f"unended-{place}", 2010, left_out("no_status", follow_up_months=6.0, **alpha)) for place in range(2)]
    made += [
        Made("late", 2010, left_out("time_origin_unclear", follow_up_months=6.0, status="NED", **beta)),
        # Alive with disease, returned at an untold time, and alive with nothing told of the disease: pooled for death only.
        Made("never-free", 2010, _only_survival(status="AWD", **beta)),
        Made("returned", 2010, _only_survival(status="DOD", survival_event=True, recurrence=True, **beta)),
        Made("returned-late", 2010, _only_survival(status="NED", recurrence=True, recurrence_months=120.0, **_named("zetoma"))),
        Made("died-with-it", 2010, _only_survival(status="DOD", survival_event=True, **_named("zetoma"))),
        Made("untold", 2010, _only_survival(status="ALIVE", follow_up_is_minimum=True, time_zero="diagnosis", **beta)),
    ]
    return (*made, *_stained())


def _stained() -> list[Made]:
    """Return cases of one diagnosis with stains, genes, doses and drugs; none is pooled."""
    stains = (("positive",), ("positive",), ("negative",), ("positive", "negative"), ("equivocal",), ("other_cells",), ())
    kind = _named("deltoma")
    return [
        Made(
            f"delta-{place}", 2015,
            left_out(
                "no_time", size_cm=2.0 + place, age_years=60.0, radiotherapy_given=place < 3 or None, recurrence=place == 0 if place < 4 else None,
                ihc=tuple(IhcResult("CD34", result, cells="vessels" if result == "other_cells" else None, evidence=(0,)) for result in results),
                molecular=(MolecularTest("ALK", "rearrangement", None, "positive" if place == 0 else "negative", (0,)),) if place < 2 else (),
                radiotherapy=(RadiotherapyCourse(50.0 + 10 * place, 25 + 5 * place, 2.0, evidence=(0,)),) if place < 3 else (),
                drugs=(Drug("cisplatin", evidence=(0,)),) if place < 4 else (),
                **kind,
            ),
        )
        for place, results in enumerate(stains)
    ]  # fmt: skip


def _named(name: str) -> dict[str, Any]:
    return {"histology": Histology(name, "8800/3", evidence=(0,))}


def _only_survival(**values: Any) -> dict[str, Any]:
    return {"follow_up_months": 12.0, "time_zero": "presentation", "survival_months": 12.0, "survival_event": False, **values}


def build(path: Path) -> Path:
    """Write a database of the cases, a report each."""
    connection = load.connect(path, is_partial=True)
    load.start_run(connection, "run-1", "tests", db_fixtures.PIPELINE)
    for made in cases():
        store(connection, made)
    load.finish_run(connection, "run-1")
    load.refresh_overview(connection)
    connection.close()
    return path


def store(connection: Any, made: Made) -> None:
    """Store a case; the report's first letter is the evidence of all its values."""
    evidence = tuple(Evidence(field, "1", 0, 1, made.name[0], "case") for field in SCALARS)
    record = Record(
        {"id": made.name, "kind": "case_report", "year": made.year}, (Case("1", **made.values),), evidence, db_fixtures.PIPELINE
    )
    load.store(connection, Report(made.name, made.name, year=made.year), record, "run-1")
