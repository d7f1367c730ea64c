-- title: What dose did a tumour get, and how did it end?
-- theme: Treatment
-- Each irradiated case with the highest dose of one course, and its outcome. Gray from outside, Gy(RBE), particles in plain gray and brachytherapy are not comparable; some courses were given to metastases.
-- :histology Diagnosis | select histology from case_overview where histology <> 'not reported' group by histology order by count(*) desc, histology
-- :site Site | select site from case_overview where site <> 'not reported' group by site order by count(*) desc, site
select case_id, histology, site, age_years, max_dose_gy, max_dose_gy_rbe, max_dose_gy_particles, max_dose_gy_brachytherapy, fractions, recurrence, status, follow_up_months, surgery, drugs, citation
from case_overview
where radiotherapy = 'yes'
  and (:histology = '' or histology = :histology)
  and (:site = '' or site = :site)
order by max_dose_gy desc nulls last, max_dose_gy_rbe desc nulls last, max_dose_gy_particles desc nulls last,
         max_dose_gy_brachytherapy desc nulls last, case_id
