-- title: How soon did a tumour come back?
-- theme: Outcome
-- Months from the first treatment to the first recurrence, of the cases that tell them. Published cases are selected: no rates.
-- :tumour_group! Kind of tumour | select tumour_group from case_overview where tumour_group <> 'not reported' group by tumour_group order by count(*) desc, tumour_group
with told as (
    select histology, recurrence_months,
           row_number() over (partition by histology order by recurrence_months) as place,
           count(*) over (partition by histology) as total
    from case_overview
    cross join patient_case using (case_id)
    where recurrence_months is not null
      and tumour_group = coalesce(nullif(trim(:tumour_group), ''), (select tumour_group from case_overview where tumour_group <> 'not reported' group by tumour_group order by count(*) desc, tumour_group limit 1))
)
select histology, count(*) as cases,
       min(recurrence_months) as soonest_months,
       round(avg(iif(place in ((total + 1) / 2, (total + 2) / 2), recurrence_months, null)), 1) as median_months,
       max(recurrence_months) as latest_months
from told
group by histology
order by cases desc, histology
