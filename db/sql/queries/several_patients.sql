-- title: Which reports tell of several patients?
-- theme: Patients and tumours
-- Reports with two or more patients of the authors, most first.
select report_id, title, year, count(*) as patients, group_concat(case_id, ', ') as cases
from patient_case
join report using (report_id)
group by report_id
having patients > 1
order by patients desc, report_id
