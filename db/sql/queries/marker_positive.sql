-- title: Which histologies are positive for a marker?
-- theme: Markers and genes
-- How often a marker was positive or negative in each histology, counted over cases. Published cases are selected: no rates.
-- :marker! Marker | select marker from ihc_result group by marker order by count(*) desc, marker
with asked (marker) as (
    select coalesce(nullif(trim(:marker), ''), (select marker from ihc_result group by marker order by count(*) desc, marker limit 1))
)
select marker, histology,
       count(distinct iif(result = 'positive', case_id, null)) as positive_cases,
       count(distinct iif(result = 'negative', case_id, null)) as negative_cases,
       count(distinct iif(result = 'equivocal', case_id, null)) as equivocal_cases,
       count(distinct case_id) as tested_cases
from asked
join ihc_result using (marker)
join case_overview using (case_id)
group by marker, histology
order by positive_cases desc, tested_cases desc, histology
