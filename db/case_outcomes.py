"""The flat table of outcomes as they are pooled: computed from the data tables, never written by hand."""

from __future__ import annotations

import sqlite3

_FILL = """
insert into case_outcome
    (case_id, report_id, tumour_group, histology, site, sex, age, surgery, radiotherapy, decade,
     survival_months, survival_end, death_of_any_cause, event_free_months, event_free_end, return_or_death, counted_from, is_minimum)
select
    seen.case_id, seen.report_id, tumour_group, histology, site, seen.sex,
    case when seen.age_years is null then 'not reported' when seen.age_years < 18 then 'under 18'
         when seen.age_years < 40 then '18 to 39' when seen.age_years < 60 then '40 to 59'
         when seen.age_years < 80 then '60 to 79' else '80 and over' end,
    seen.surgery, seen.radiotherapy, coalesce((year / 10 * 10) || 's', 'not reported'),
    survival_months,
    case survival_event when 1 then 'died' when 0 then 'last seen alive' end,
    why.death,
    event_free_months,
    case event_free_event when 1 then 'returned or died' when 0 then 'last seen alive without return' end,
    case when event_free_months is not null then 'counted'
         when why.death <> 'counted' then why.death
         when patient.recurrence = 1 and patient.recurrence_months is not null then 'returned after the end of the follow-up that is told'
         when patient.recurrence = 1 then 'returned at an untold time'
         when patient.status = 'AWD' then 'alive with disease that was never told to be gone'
         when patient.status = 'DOD' then 'died of disease that was never told to be gone'
         else 'alive and not told whether it returned' end,
    coalesce(time_zero, 'not reported'),
    iif(follow_up_is_minimum = 1, 'yes', 'no')
from case_overview as seen
join patient_case as patient using (case_id)
join (select case_id,
             case when survival_months is not null then 'counted'
                  when not_pooled_because = 'no_time' then 'no follow-up told'
                  when not_pooled_because = 'no_status' then 'no state at its end told'
                  when not_pooled_because = 'time_origin_unclear' then 'counted from a later event of unknown time'
                  else 'not judged' end as death
      from patient_case) as why using (case_id)
"""


def fill(connection: sqlite3.Connection, report_id: str | None = None) -> None:
    """Write the lines of a report's cases, or of all where `report_id` is None; wants case_overview filled."""
    # A condition that serves both ("?1 is null or ...") would make SQLite look at every case for each report that is stored.
    values = () if report_id is None else (report_id,)
    connection.execute(f"delete from case_outcome {'where report_id = ?' if values else ''}", values)
    connection.execute(f"{_FILL} {'where seen.report_id = ?' if values else ''} order by seen.case_id", values)
