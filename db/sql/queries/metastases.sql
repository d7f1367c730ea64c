-- title: Where did it metastasise?
-- theme: Patients and tumours
-- Organs with metastases, counted over cases.
-- :tumour_group! Kind of tumour | select tumour_group from case_overview where tumour_group <> 'not reported' group by tumour_group order by count(*) desc, tumour_group
-- :histology Diagnosis | select histology from case_overview where histology <> 'not reported' group by histology order by count(*) desc, histology
select metastasis.name as metastasis_in, metastasis.topography, count(distinct case_id) as cases,
       count(distinct histology) as histologies
from metastasis
join case_overview using (case_id)
where tumour_group = coalesce(nullif(trim(:tumour_group), ''), (select tumour_group from case_overview where tumour_group <> 'not reported' group by tumour_group order by count(*) desc, tumour_group limit 1))
  and (:histology = '' or histology = :histology)
group by metastasis.name, metastasis.topography
order by cases desc, metastasis_in
