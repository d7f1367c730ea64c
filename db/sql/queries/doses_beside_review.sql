-- title: Which doses were given, in cases and in tables of the literature?
-- theme: Treatment
-- Every course of a case and every row of a literature dose table, highest dose first, with the equivalent dose in fractions of 2 Gy. Physical gray only. Rows of tables stand for one patient or for several (n_patients); a patient whom a row and a case tell of is counted once (counted_as): add up n_counted.
-- :histology Diagnosis | select histology from radiotherapy_dose group by histology order by count(*) desc, histology
-- :site Site | select site from radiotherapy_dose group by site order by count(*) desc, site
select iif(origin = 'case', 'case', 'table ' || dose_table_id) as origin, case_id, counted_as, total_dose_gy, fractions,
       dose_per_fraction_gy, eqd2_alpha_beta_10_gy, eqd2_alpha_beta_3_gy, is_beyond_model, not_comparable_because,
       technique, target, intent, n_patients, n_counted,
       case when age_years is not null then printf('%g', age_years)
            when age_min_years is not null then printf('%g–%g', age_min_years, age_max_years) end as age,
       site, histology, recurrence, status, follow_up_months, citation as source, flags
from radiotherapy_dose
where total_dose_gy is not null
  and (:histology = '' or histology = :histology)
  and (:site = '' or site = :site)
order by total_dose_gy desc, radiotherapy_dose.origin, dose_id
