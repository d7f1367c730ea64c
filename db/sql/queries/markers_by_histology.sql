-- title: Which markers are positive in a histology?
-- theme: Markers and genes
-- How often each marker was positive or negative in a histology, counted over cases. Published cases are selected: no rates.
-- :histology! Histology | select histology from case_overview where histology <> 'not reported' group by histology order by count(*) desc, histology
with asked (histology) as (
    select coalesce(nullif(trim(:histology), ''), (select histology from case_overview where histology <> 'not reported' group by histology order by count(*) desc, histology limit 1))
)
select histology, marker,
       count(distinct iif(result = 'positive', case_id, null)) as positive_cases,
       count(distinct iif(result = 'negative', case_id, null)) as negative_cases,
       count(distinct iif(result = 'equivocal', case_id, null)) as equivocal_cases,
       count(distinct case_id) as tested_cases
from asked
join case_overview using (histology)
join ihc_result using (case_id)
group by histology, marker
order by tested_cases desc, marker
