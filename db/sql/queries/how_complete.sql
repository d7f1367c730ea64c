-- title: What do the reports tell, and what not?
-- theme: Words and quality
-- For each value: how many cases give it. A case that says that there was none (no metastasis, no drug) says it, too.
with counted as materialized (
    select count(*) as cases, count(age_years) as age_years, count(sex) as sex, count(topography) as site, count(histology_name) as histology,
           count(size_cm) as size_cm, count(ki67_percent) as ki67_percent, count(surgery) as surgery,
           count(radiotherapy_given) as radiotherapy_given, count(recurrence) as recurrence, count(status) as status,
           count(follow_up_months) as follow_up_months
    from patient_case
),
-- A field is empty or has values: no case is counted twice.
absent (field, n) as (
    select asked.value, (select count(*) from empty_field where reason = 'stated absent' and field = asked.value)
    from json_each('["ihc", "molecular", "drugs", "metastases"]') as asked
),
said (field, given) as (
    select 'age_years', age_years from counted
    union all select 'sex', sex from counted
    union all select 'site', site from counted
    union all select 'histology', histology from counted
    union all select 'size_cm', size_cm from counted
    union all select 'ki67_percent', ki67_percent from counted
    union all select 'ihc', count(*) + (select n from absent where field = 'ihc') from (select distinct case_id from ihc_result)
    union all select 'molecular', count(*) + (select n from absent where field = 'molecular') from (select distinct case_id from molecular_test)
    union all select 'surgery', surgery from counted
    union all select 'radiotherapy_given', radiotherapy_given from counted
    union all select 'radiotherapy dose', count(*) from (select distinct case_id from radiotherapy_course where total_dose_gy > 0)
    union all select 'drugs', count(*) + (select n from absent where field = 'drugs') from (select distinct case_id from drug)
    union all select 'metastases', count(*) + (select n from absent where field = 'metastases') from (select distinct case_id from metastasis)
    union all select 'recurrence', recurrence from counted
    union all select 'status', status from counted
    union all select 'follow_up_months', follow_up_months from counted
)
select field, given as cases_that_say, cases - given as cases_that_do_not, round(100.0 * given / nullif(cases, 0), 1) as percent_that_say
from said, counted
order by given desc, field
