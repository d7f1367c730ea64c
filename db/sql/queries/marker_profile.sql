-- title: Cases with a marker profile
-- Cases whose tumour shows these immunohistochemical results together. Leave the second and third marker empty to ask for fewer; an empty result takes any.
-- :marker_1 Marker | select distinct marker from ihc_result order by marker
-- :result_1 Result | positive, negative, equivocal, other_cells
-- :marker_2 and marker | select distinct marker from ihc_result order by marker
-- :result_2 Result | positive, negative, equivocal, other_cells
-- :marker_3 and marker | select distinct marker from ihc_result order by marker
-- :result_3 Result | positive, negative, equivocal, other_cells
select case_id, histology, site, sex, age_years, status, markers, citation
from case_overview
where :marker_1 <> ''
  and case_id in (select case_id from ihc_result
                  where marker = :marker_1 and (:result_1 = '' or result = :result_1))
  and (:marker_2 = '' or case_id in (select case_id from ihc_result
                  where marker = :marker_2 and (:result_2 = '' or result = :result_2)))
  and (:marker_3 = '' or case_id in (select case_id from ihc_result
                  where marker = :marker_3 and (:result_3 = '' or result = :result_3)))
order by histology, case_id
