-- title: What do the reports tell, and what not?
-- theme: Words and quality
-- For each value: how many cases give it.
with said (field, given) as (
    select 'age_years', count(age_years) from patient_case
    union all select 'sex', count(sex) from patient_case
    union all select 'site', count(topography) from patient_case
    union all select 'histology', count(histology_name) from patient_case
    union all select 'size_cm', count(size_cm) from patient_case
    union all select 'ki67_percent', count(ki67_percent) from patient_case
    union all select 'ihc', count(distinct case_id) from ihc_result
    union all select 'molecular', count(distinct case_id) from molecular_test
    union all select 'surgery', count(surgery) from patient_case
    union all select 'radiotherapy_given', count(radiotherapy_given) from patient_case
    union all select 'radiotherapy dose', count(distinct case_id) from radiotherapy_course where total_dose_gy > 0
    union all select 'drugs', count(distinct case_id) from drug
    union all select 'metastases', count(distinct case_id) from metastasis
    union all select 'recurrence', count(recurrence) from patient_case
    union all select 'status', count(status) from patient_case
    union all select 'follow_up_months', count(follow_up_months) from patient_case
)
select field, given as cases_that_say, total - given as cases_that_do_not,
       round(100.0 * given / nullif(total, 0), 1) as percent_that_say
from said, (select count(*) as total from patient_case)
order by given desc, field
