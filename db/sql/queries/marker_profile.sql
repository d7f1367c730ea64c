-- title: Which cases show these stains together?
-- theme: Markers and genes
-- Cases whose tumour shows these immunohistochemical results together. Leave the second and third marker empty to ask for fewer; “any” takes every result. A case that shows both counts as positive and negative, not as one of them.
-- :marker_1! Marker | select marker from ihc_result group by marker order by count(*) desc, marker
-- :result_1 Result | positive, negative, positive and negative, equivocal, other_cells
-- :marker_2 and marker | select marker from ihc_result group by marker order by count(*) desc, marker
-- :result_2 Result | positive, negative, positive and negative, equivocal, other_cells
-- :marker_3 and marker | select marker from ihc_result group by marker order by count(*) desc, marker
-- :result_3 Result | positive, negative, positive and negative, equivocal, other_cells
with asked (place, marker, result) as (
    values (1, coalesce(nullif(trim(:marker_1), ''), (select marker from ihc_result group by marker order by count(*) desc, marker limit 1)), :result_1),
           (2, :marker_2, :result_2),
           (3, :marker_3, :result_3)
),
shown as materialized (
    select place, case_id,
           case when max(said.result = 'positive') and max(said.result = 'negative') then 'positive and negative'
                when max(said.result = 'positive') then 'positive'
                when max(said.result = 'negative') then 'negative'
                when max(said.result = 'equivocal') then 'equivocal'
                else 'other_cells'
           end as result
    from asked
    cross join ihc_result as said using (marker)
    group by place, case_id
),
fitting as (
    select place, case_id from shown join asked using (place) where asked.result = '' or asked.result = shown.result
)
select case_id, histology, site, sex, age_years, status, markers, citation
from case_overview
where case_id in (select case_id from fitting where place = 1)
  and (:marker_2 = '' or case_id in (select case_id from fitting where place = 2))
  and (:marker_3 = '' or case_id in (select case_id from fitting where place = 3))
order by case_id
