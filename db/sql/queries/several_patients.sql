-- title: Which reports tell of several patients?
-- theme: Patients and tumours
-- Reports with two or more patients of the authors, most first.
with series as (
    select report_id, count(*) as patients from patient_case group by report_id having count(*) > 1
)
select report_id, title, year, patients,
       (select group_concat(case_id, ', ') from patient_case where patient_case.report_id = series.report_id) as cases
from series
join report using (report_id)
order by patients desc, report_id
