-- title: Who was treated without surgery?
-- theme: Treatment
-- Cases whose report says that the tumour was not operated on, with what was done instead. Where a report does not say, the case is not here.
-- :tumour_group Kind of tumour | select tumour_group from case_overview where tumour_group <> 'not reported' group by tumour_group order by count(*) desc, tumour_group
-- :treatment Treated with | radiotherapy, drugs, neither reported
select case_id, histology, site, age_years, radiotherapy, max_dose_gy, max_dose_gy_rbe, max_dose_gy_particles, max_dose_gy_brachytherapy, drugs, status, follow_up_months, citation
from case_overview
where surgery = 'no'
  and (:tumour_group = '' or tumour_group = :tumour_group)
  and case :treatment when 'radiotherapy' then radiotherapy = 'yes'
                      when 'drugs' then drugs is not null
                      when 'neither reported' then radiotherapy <> 'yes' and drugs is null
                      else 1 end
order by +histology, case_id
