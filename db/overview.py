"""The flat table of cases for browsing: computed from the data tables, never written by hand."""

from __future__ import annotations

import csv
import sqlite3
from functools import cache
from pathlib import Path

from db import tumour_groups
from extract import isoeffect

NOT_REPORTED = "not reported"

STATUS_WORDS = (
    ("NED", "alive without disease"),
    ("AWD", "alive with disease"),
    ("ALIVE", "alive, disease not reported"),
    ("DOD", "died of disease"),
    ("DOC", "died of another cause"),
    ("DEAD", "died, cause not reported"),
    ("LTFU", "lost to follow-up"),
)

# The highest dose is sought among courses of one kind: kinds are not compared.
_FILL = """
insert into case_overview
    (case_id, site, histology, tumour_group, behaviour, sex, age_years, surgery, radiotherapy, max_dose_gy, max_dose_gy_rbe,
     max_dose_gy_particles, max_dose_gy_brachytherapy, fractions,
     drugs, recurrence, status, follow_up_months, markers, year, report_id, citation)
select
    patient.case_id,
    coalesce(site_words(topography), site_name, 'not reported'),
    coalesce(histology_name, 'not reported'),
    group_words(morphology),
    behaviour_words(morphology),
    coalesce(sex, 'not reported'),
    age_years,
    yes_no(surgery),
    yes_no(radiotherapy_given),
    (select max(total_dose_gy) from radiotherapy_course
     where case_id = patient.case_id and dose_kind(technique, is_rbe_weighted) = 'external'),
    (select max(total_dose_gy) from radiotherapy_course
     where case_id = patient.case_id and dose_kind(technique, is_rbe_weighted) = 'rbe_weighted'),
    (select max(total_dose_gy) from radiotherapy_course
     where case_id = patient.case_id and dose_kind(technique, is_rbe_weighted) = 'particles_in_gy'),
    (select max(total_dose_gy) from radiotherapy_course
     where case_id = patient.case_id and dose_kind(technique, is_rbe_weighted) = 'brachytherapy'),
    (select fractions from radiotherapy_course
     where case_id = patient.case_id and total_dose_gy is not null
     order by instr('external, rbe_weighted, particles_in_gy, brachytherapy', dose_kind(technique, is_rbe_weighted)),
              total_dose_gy desc, number limit 1),
    (select group_concat(name, ', ')
     from (select name from drug where case_id = patient.case_id order by number)),
    yes_no(recurrence),
    status_words(status),
    follow_up_months,
    (select group_concat(chip, '; ') from (
        select distinct marker || ' ' || case result when 'positive' then '+' when 'negative' then '-'
                                         when 'equivocal' then '±' else 'o' end as chip
        from ihc_result where case_id = patient.case_id
        order by instr('positive, equivocal, negative, other_cells', result), marker
    )),
    year,
    patient.report_id,
    citation
from patient_case as patient
join report using (report_id)
"""


@cache
def _organs() -> dict[str, str]:
    """Read the names of the ICD-O-3 topography groups ("C34" to "lung")."""
    with (Path(__file__).parent / "topography.csv").open(encoding="utf-8", newline="") as lines:
        return {row["code"]: row["name"] for row in csv.DictReader(lines)}


def site_words(topography: str | None) -> str | None:
    """Return the readable group of a topography code ("C34.1" to "lung (C34)"); None for None."""
    if topography is None:
        return None
    group = topography[:3]
    return f"{_organs()[group]} ({group})" if group in _organs() else group


def group_words(morphology: str | None) -> str:
    """Return the group of tumours of a morphology code; "not reported" without one."""
    return tumour_groups.group(morphology) or NOT_REPORTED


def behaviour_words(morphology: str | None) -> str:
    """Return the behaviour of a morphology code; "not reported" without one."""
    return tumour_groups.behaviour(morphology) or NOT_REPORTED


def status_words(status: str | None) -> str:
    """Return a status code in words; "not reported" for None."""
    return dict(STATUS_WORDS).get(status or "", NOT_REPORTED)


def yes_no(flag: int | bool | None) -> str:
    """Return yes, no, or "not reported" for None."""
    return NOT_REPORTED if flag is None else ("yes" if flag else "no")


def add_functions(connection: sqlite3.Connection) -> None:
    """Make the words of this module available to the SQL of `fill`."""
    for function in (site_words, group_words, behaviour_words, status_words, yes_no):
        connection.create_function(function.__name__, 1, function, deterministic=True)
    connection.create_function("dose_kind", 2, isoeffect.kind_of, deterministic=True)


def fill(connection: sqlite3.Connection, report_id: str | None = None) -> None:
    """Write the lines of a report's cases, or of all cases where `report_id` is None."""
    condition, values = ("", ()) if report_id is None else ("where report_id = ?", (report_id,))
    connection.execute(f"delete from case_overview {condition}", values)
    connection.execute(f"{_FILL} {condition} order by patient.case_id", values)
