-- title: What was added in the last run?
-- theme: Words and quality
-- Cases of the reports that the last run which stored something stored for the first time, or stored anew.
with last (run_id) as (
    select run_id from run where reports_new + reports_changed > 0 order by started_at desc, run_id desc limit 1
)
select case_id, outcome as report_is, histology, site, year, citation
from last
cross join run_report using (run_id)
cross join case_overview on report_id = report_name
where outcome in ('new', 'changed')
order by report_name, case_id
