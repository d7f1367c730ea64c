"""Cases of two reports that may be the same patient: listed with what agrees, never merged.

A pair agrees in sex, age, organ and histology, and in some particulars more. Particulars are looked up, cases are never compared all
with all: only those that share one are.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

from db.overview import site_words
from db.people import author_keys
from db.query import Row, every, one

_CASES = """
select case_id, report_id, age_years, sex, topography, laterality, morphology, histology_name, size_cm, ki67_percent, recurrence_months,
       follow_up_months, status, authors, affiliations
from patient_case
join report using (report_id)
where age_years is not null and sex is not null and topography is not null and morphology is not null
order by case_id
"""
# A particular that so many cases of one age, sex, organ and histology share tells nothing.
_COMMON = 50
_FACTS, _FACTS_OF_OTHER_AGE = 2, 3
_YEARS_APART, _YEARS_APART_OF_CHILD, _CHILD_YEARS = 1, 0.5, 10
# One measures the mass on a scan, the other the specimen.
_SIZE_TIMES = 2
_SHARED_DRUGS = 0.5
_DEAD = frozenset({"DOD", "DOC", "DEAD"})
_NODES = "C77"
_INSTITUTION = re.compile(
    r"hospital|infirmary|clinic\b|cancer\s(?:cent|inst)|universit|institut|medical\s(?:cent|coll|school)", re.IGNORECASE
)
# A part of a hospital says nothing without its name: "University Hospital".
_NAMELESS = re.compile(
    r"\W{0,3}(?:(?:the|of|and|at|school|faculty|department|division|clinics?|university|hospital|medical|cent(?:er|re)|college|cancer|institute|teaching"
    r"|general|first|affiliated|medicine|oncology|surgery|pathology|radiology|radiotherapy)\W{0,3}){1,12}",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Patient:
    """A case and its particulars.

    Attributes
    ----------
    facts
        What was measured and given, in the words of the reason ("dose 50.4 Gy").
    authors, institutions
        Who reports the patient, and from where.
    doses
        Those of the facts that are doses and fractions.
    drugs, organs, genes, not_found
        Drugs given, organs with metastases, alterations found, and alterations looked for and not found.
    rows
        Rows of literature tables that are this patient, by table.
    """

    case: Row
    facts: frozenset[str]
    authors: frozenset[str]
    institutions: frozenset[str]
    doses: frozenset[str]
    drugs: frozenset[str]
    organs: frozenset[str]
    genes: frozenset[str]
    not_found: frozenset[str]
    rows: Mapping[str, int]


def link(connection: sqlite3.Connection) -> None:
    """Write the table possible_same_patient anew; `same_patient` must be up to date."""
    connection.execute("delete from possible_same_patient")
    _link(connection, _CASES, "true")


def watch(connection: sqlite3.Connection) -> None:
    """Note from now on, on this connection, the groups in which a case or its row of a table comes, goes or changes, for `link_again`."""
    for statement in _WATCH:
        connection.execute(statement)


def is_watched(connection: sqlite3.Connection) -> bool:
    """Tell whether `watch` was called on this connection."""
    return one(connection, "select 1 from sqlite_temp_master where name = 'touched_group'") is not None


def link_again(connection: sqlite3.Connection) -> None:
    """Write the pairs of the groups that were touched since `watch` anew: the table is then as `link` writes it.

    A pair is of one group, and a particular is common or rare within its group: no other group can have changed.
    """
    connection.execute("drop table if exists temp.case_again")
    connection.execute(
        "create temp table case_again as select case_id from main.patient_case as patient join temp.touched_group as touched"
        f" on (touched.sex, touched.organ, touched.morphology) = ({_group('patient')})"
    )
    again = "case_id in (select case_id from temp.case_again)"
    # Both cases of a pair are of the group, but for those that have left it.
    connection.execute(f"delete from possible_same_patient where {again} or other_{again}")
    _link(connection, _CASES.replace("order by", f"and {again} order by"), again)
    connection.execute("delete from temp.touched_group")


def _group(patient: str) -> str:
    """Return in SQL what the cases of all pairs of a group agree in."""
    return f"{patient}.sex, substr({patient}.topography, 1, 3), substr({patient}.morphology, 1, 3)"


def _watch(table: str, event: str, side: str, source: str) -> str:
    """Return the SQL of a trigger that notes the group of the patients in `source`."""
    return (
        f"create temp trigger if not exists {table}_{event}_{side} after {event} on main.{table} begin"
        f" insert or ignore into touched_group select {_group('patient')} from ({source}) as patient"
        " where sex is not null and topography is not null and morphology is not null; end"
    )


# Foreign keys that delete rows call triggers as well: a report that goes touches the groups of its cases.
_WATCH = (
    "create temp table if not exists touched_group"
    " (sex text not null, organ text not null, morphology text not null, primary key (sex, organ, morphology))",
    *(
        _watch("patient_case", event, side, f"select {side}.sex, {side}.topography, {side}.morphology")
        for event, side in (("insert", "new"), ("update", "new"), ("update", "old"), ("delete", "old"))
    ),
    *(
        _watch("same_patient", event, side, f"select * from patient_case where case_id = {side}.case_id")
        for event, side in (("insert", "new"), ("delete", "old"))
    ),
)


def _link(connection: sqlite3.Connection, cases: str, condition: str) -> None:
    """Write the pairs among cases; `condition` is that under which rows of other tables are theirs."""
    patients = {patient.case["case_id"]: patient for patient in _patients(connection, cases, condition)}
    found = []
    for first, second in sorted(_pairs(patients)):
        if reasons := _agreement(patients[first], patients[second]):
            found.append((first, second, *reasons))
    connection.executemany("insert into possible_same_patient values (?, ?, ?, ?)", found)


def _patients(connection: sqlite3.Connection, cases: str, condition: str) -> Iterator[_Patient]:
    """Yield the cases of which age, sex, organ and histology are known, with their particulars."""
    courses: dict[str, list[Row]] = defaultdict(list)
    for row in every(connection, f"select case_id, total_dose_gy, fractions, is_rbe_weighted from radiotherapy_course where {condition}"):
        courses[row["case_id"]].append(row)
    drugs = _sets(connection, f"select case_id, name from drug where {condition}")
    organs = _sets(connection, f"select case_id, substr(topography, 1, 3) from metastasis where {condition}")
    tests = f"select case_id, gene || ' ' || alteration from molecular_test where {condition} and result"
    genes, absent = _sets(connection, f"{tests} = 'positive'"), _sets(connection, f"{tests} = 'negative'")
    rows: dict[str, dict[str, int]] = defaultdict(dict)
    for row in every(connection, f"select case_id, dose_table_id, row_number from same_patient where {condition}"):
        rows[row["case_id"]][row["dose_table_id"]] = row["row_number"]
    for case in every(connection, cases):
        name = case["case_id"]
        doses = frozenset(_dose_facts(courses[name]))
        yield _Patient(
            case,
            frozenset(_measures(case)) | doses,
            frozenset(key.title() for key in author_keys(json.loads(case["authors"] or "[]"))),
            _institutions(json.loads(case["affiliations"] or "[]")),
            doses,
            drugs[name],
            organs[name],
            genes[name],
            absent[name],
            rows.get(name, {}),
        )


def _sets(connection: sqlite3.Connection, sql: str) -> dict[str, frozenset[str]]:
    """Return the values of each case."""
    found: dict[str, set[str]] = defaultdict(set)
    for case_id, value in connection.execute(sql):
        found[case_id].add(value)
    return defaultdict(frozenset, {case_id: frozenset(values) for case_id, values in found.items()})


def _measures(case: Row) -> Iterator[str]:
    """Yield what was measured of a patient; months as whole ones, which weeks and days do not move much."""
    if case["size_cm"] is not None:
        yield f"size {case['size_cm']:.1f} cm"
    if case["ki67_percent"]:
        yield f"Ki-67 {case['ki67_percent']:g} %"
    if case["recurrence_months"]:
        yield f"recurrence after {case['recurrence_months']:.0f} months"
    if case["follow_up_months"]:
        yield f"follow-up of {case['follow_up_months']:.0f} months"


def _dose_facts(courses: list[Row]) -> Iterator[str]:
    """Yield dose and fractions of the courses."""
    for course in courses:
        if course["total_dose_gy"] is not None:
            dose = f"{course['total_dose_gy']:g} {'Gy(RBE)' if course['is_rbe_weighted'] else 'Gy'}"
            yield f"dose {dose}"
            if course["fractions"] is not None:
                yield f"number of fractions: {course['fractions']} ({dose})"


def _institutions(affiliations: list[str]) -> frozenset[str]:
    """Return the names of hospitals and universities, without department and town."""
    parts = (" ".join(part.split()) for place in affiliations for part in re.split(r"[,;|]", place))
    return frozenset(part.title() for part in parts if _INSTITUTION.search(part) and not _NAMELESS.fullmatch(part))


def _pairs(patients: Mapping[str, _Patient]) -> set[tuple[str, str]]:
    """Return the pairs of cases that share a particular besides sex, age (a year apart at most), organ and histology."""
    alike: dict[tuple[object, ...], list[str]] = defaultdict(list)
    for name, patient in patients.items():
        case = patient.case
        for year in (int(case["age_years"]), int(case["age_years"]) + 1):
            for fact in patient.facts | patient.authors | patient.institutions:
                alike[case["sex"], case["topography"][:3], case["morphology"][:3], year, fact].append(name)
    return {pair for names in alike.values() if len(names) <= _COMMON for pair in combinations(names, 2)}


def _agreement(one: _Patient, other: _Patient) -> tuple[int, str] | None:
    """Return how many particulars agree, and what agrees in words; None where it is too little or something speaks against it."""
    facts, drugs = one.facts & other.facts, _shared_drugs(one, other)
    organs, genes = (one.organs & other.organs) - {_NODES}, one.genes & other.genes
    # All that a group publishes has its authors and its hospital.
    authors, institutions = one.authors & other.authors, one.institutions & other.institutions
    n_agree = len(facts) + bool(drugs) + bool(organs) + bool(genes) + min(len(authors), 2) + min(len(institutions), 1)
    is_same_age = one.case["age_years"] == other.case["age_years"]
    if n_agree < (_FACTS if is_same_age else _FACTS_OF_OTHER_AGE) or _is_contradicted(one, other):
        return None
    lists = {
        "authors": authors, "institution": institutions, "drugs": drugs, "metastases": {str(site_words(organ)) for organ in organs},
        "molecular findings": genes,
    }  # fmt: skip
    phrases = [_kind(one, other), *(f"same {fact}" for fact in sorted(facts))]
    return n_agree, "; ".join([*phrases, *(f"same {name} ({', '.join(sorted(values))})" for name, values in lists.items() if values)])


def _shared_drugs(one: _Patient, other: _Patient) -> frozenset[str]:
    """Return the drugs that both were given; none where most of them are not the same."""
    shared = one.drugs & other.drugs
    return shared if len(shared) >= _SHARED_DRUGS * len(one.drugs | other.drugs) else frozenset()


def _kind(one: _Patient, other: _Patient) -> str:
    """Return what the patients of all pairs agree in: age, sex, organ and histology."""
    ages = " and ".join(f"{age:g}" for age in sorted({one.case["age_years"], other.case["age_years"]}))
    age = f"near age ({ages})" if " and " in ages else f"same age ({ages})"
    return f"{age}, same sex, organ: {site_words(one.case['topography'])}, and histology: {_histology(one, other)}"


def _histology(one: _Patient, other: _Patient) -> str:
    return " / ".join(sorted({str(patient.case["histology_name"] or patient.case["morphology"]).lower() for patient in (one, other)}))


def _is_contradicted(one: _Patient, other: _Patient) -> bool:
    """Tell whether something that both tell speaks against one patient."""
    mine, others = one.case, other.case
    apart = _YEARS_APART if max(mine["age_years"], others["age_years"]) >= _CHILD_YEARS else _YEARS_APART_OF_CHILD
    sizes = sorted(case["size_cm"] for case in (mine, others) if case["size_cm"] is not None)
    return (
        mine["report_id"] == others["report_id"]
        or abs(mine["age_years"] - others["age_years"]) > apart
        or {mine["laterality"], others["laterality"]} == {"left", "right"}
        or (len(sizes) == 2 and sizes[1] > _SIZE_TIMES * sizes[0])
        or _is_disjoint(one.doses, other.doses)
        or _is_disjoint(one.drugs, other.drugs)
        or bool(one.genes & other.not_found or other.genes & one.not_found)
        or _is_alive_after_death(mine, others)
        or _is_alive_after_death(others, mine)
        or any(one.rows[table] != other.rows[table] for table in one.rows.keys() & other.rows.keys())
    )


def _is_disjoint(mine: frozenset[str], others: frozenset[str]) -> bool:
    """Tell whether both tell something and nothing of it is the same."""
    return bool(mine and others and not mine & others)


def _is_alive_after_death(dead: Row, alive: Row) -> bool:
    """Tell whether one patient had died by a time at which the other lived."""
    times = dead["follow_up_months"], alive["follow_up_months"]
    if dead["status"] not in _DEAD or alive["status"] is None or alive["status"] in _DEAD or None in times:
        return False
    return bool(times[1] > times[0] + 1)
