-- title: Which case reports have tables?
-- theme: Words and quality
-- Tables printed in reports that tell of patients, by words in their title or cells; leave the words empty for all. The number leads to the table's place in the text.
-- :words Words in title or cells
select report_id, table_number, label, report_table.caption, cells,
       (select group_concat(case_id, ', ') from patient_case where patient_case.report_id = report.report_id) as cases,
       citation
from report_table
join report using (report_id)
where exists (select 1 from patient_case where patient_case.report_id = report.report_id)
  and (:words = '' or instr(lower(coalesce(report_table.caption, '') || ' ' || cells), lower(:words)))
order by report_id, table_number
