-- title: Which cases show these stains together?
-- theme: Markers and genes
-- Cases whose tumour shows these immunohistochemical results together. Leave the second and third marker empty to ask for fewer; “any” takes every result.
-- :marker_1! Marker | select marker from ihc_result group by marker order by count(*) desc, marker
-- :result_1 Result | positive, negative, equivocal, other_cells
-- :marker_2 and marker | select marker from ihc_result group by marker order by count(*) desc, marker
-- :result_2 Result | positive, negative, equivocal, other_cells
-- :marker_3 and marker | select marker from ihc_result group by marker order by count(*) desc, marker
-- :result_3 Result | positive, negative, equivocal, other_cells
select case_id, histology, site, sex, age_years, status, markers, citation
from case_overview
where case_id in (select case_id from ihc_result
                  where marker = coalesce(nullif(trim(:marker_1), ''),
                                          (select marker from ihc_result group by marker order by count(*) desc, marker limit 1))
                    and (:result_1 = '' or result = :result_1))
  and (:marker_2 = '' or case_id in (select case_id from ihc_result
                  where marker = :marker_2 and (:result_2 = '' or result = :result_2)))
  and (:marker_3 = '' or case_id in (select case_id from ihc_result
                  where marker = :marker_3 and (:result_3 = '' or result = :result_3)))
order by case_id
