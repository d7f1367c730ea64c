-- title: Doses of cases beside doses of the literature
-- Every course of a case and every row of a literature dose table, in gray, highest dose first. Rows of tables stand for one patient or for several (n_patients).
-- :histology Histology of the cases | select distinct histology from case_overview order by histology
-- :site Topography starts with (C34 is lung)
select 'case' as origin, case_id, total_dose_gy, course.fractions, dose_per_fraction_gy,
       iif(is_rbe_weighted = 1, 'Gy(RBE)', 'Gy') as unit, technique,
       1 as n_patients, iif(patient_case.age_years is null, null, printf('%g', patient_case.age_years)) as age,
       patient_case.topography,
       histology, overview.recurrence, overview.follow_up_months, overview.citation as source, null as flag
from radiotherapy_course as course
join patient_case using (case_id)
join case_overview as overview using (case_id)
where total_dose_gy is not null
  and (:histology = '' or histology = :histology)
  and coalesce(patient_case.topography, '') like :site || '%'
union all
select 'table ' || dose_table_id, null, total_dose_gy, fractions, dose_per_fraction_gy, 'Gy', null,
       coalesce(dose_group_n, n_patients),
       case when age_years is not null then printf('%g', age_years)
            when age_min_years is not null then printf('%g–%g', age_min_years, age_max_years) end,
       site_topography,
       null, case recurrence when 1 then 'yes' when 0 then 'no' else 'not reported' end, follow_up_months,
       reference, flag
from dose_table_row
where total_dose_gy is not null and coalesce(site_topography, '') like :site || '%'
order by total_dose_gy desc, origin, case_id, source
