-- title: Where do a table and a report disagree about the same patient?
-- theme: Words and quality
-- A patient of a literature table who is a case here as well: what the two say differently. "At least" in both does not exclude the other.
with pair as (
    select same_patient.*, row.age_years as row_age, row.n_male, row.site_topography, row.total_dose_gy, row.fractions, coalesce(row.is_rbe_weighted, 0) as row_is_rbe_weighted,
           row.follow_up_months as row_follow_up, row.follow_up_is_minimum as row_is_minimum, row.recurrence as row_recurrence,
           row.morphology as row_morphology, row.histology as row_histology, row.status as row_status
    from same_patient
    join dose_table_row as row using (dose_table_id, row_number)
),
said (dose_table_id, row_number, case_id, basis, field, in_table, in_report, differs) as (
    select dose_table_id, row_number, case_id, basis, 'age', printf('%g years', row_age), printf('%g years', age_years), row_age <> age_years
    from pair join patient_case using (case_id)
    union all
    select dose_table_id, row_number, case_id, basis, 'sex', iif(n_male = 1, 'male', 'female'), sex, iif(n_male = 1, 'male', 'female') <> sex
    from pair join patient_case using (case_id)
    where n_male is not null
    union all
    select dose_table_id, row_number, case_id, basis, 'site', site_topography, topography, substr(site_topography, 1, 3) <> substr(topography, 1, 3)
    from pair join patient_case using (case_id)
    union all
    select dose_table_id, row_number, case_id, basis, 'histology', row_histology, histology_name, row_morphology <> morphology
    from pair join patient_case using (case_id)
    union all
    select dose_table_id, row_number, case_id, basis, 'total dose', printf('%g %s', pair.total_dose_gy, iif(row_is_rbe_weighted, 'Gy(RBE)', 'Gy')),
           group_concat(printf('%g %s', course.total_dose_gy, iif(is_rbe_weighted = 1, 'Gy(RBE)', 'Gy')), ' and '),
           not max(is_rbe_weighted = row_is_rbe_weighted and abs(course.total_dose_gy - pair.total_dose_gy) < 0.11)
    from pair join radiotherapy_course as course using (case_id)
    where course.total_dose_gy is not null and pair.total_dose_gy is not null
    group by dose_table_id, row_number, case_id
    union all
    select dose_table_id, row_number, case_id, basis, 'fractions', pair.fractions, group_concat(course.fractions, ' and '),
           not max(course.fractions = pair.fractions)
    from pair join radiotherapy_course as course using (case_id)
    where course.fractions is not null and pair.fractions is not null
    group by dose_table_id, row_number, case_id
    union all
    select dose_table_id, row_number, case_id, basis, 'recurrence', iif(row_recurrence, 'yes', 'no'), iif(recurrence, 'yes', 'no'),
           row_recurrence <> recurrence
    from pair join patient_case using (case_id)
    where row_recurrence is not null and recurrence is not null
    union all
    select dose_table_id, row_number, case_id, basis, 'status', row_status, status, row_status <> status
    from pair join patient_case using (case_id)
    union all
    select dose_table_id, row_number, case_id, basis, 'follow-up',
           printf('%s%g months', iif(row_is_minimum, 'at least ', ''), row_follow_up),
           printf('%s%g months', iif(follow_up_is_minimum, 'at least ', ''), follow_up_months),
           abs(row_follow_up - follow_up_months) >= 1
    from pair join patient_case using (case_id)
)
select dose_table_id, row_number, case_id, field, in_table, in_report, basis
from said
where differs
order by dose_table_id, row_number, case_id, field
