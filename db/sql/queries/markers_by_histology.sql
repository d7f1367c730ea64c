-- title: Which markers are positive in a diagnosis?
-- theme: Markers and genes
-- How often each marker was positive or negative in a diagnosis, counted over cases. Published cases are selected: no rates.
-- :histology! Diagnosis | select histology from case_overview where histology <> 'not reported' and markers is not null group by histology order by count(*) desc, histology
with tested as (
    select histology, marker, case_id,
           max(result = 'positive') as is_positive, max(result = 'negative') as is_negative, max(result = 'equivocal') as is_equivocal
    from case_overview
    cross join ihc_result using (case_id)
    where histology = coalesce(nullif(trim(:histology), ''), (select histology from case_overview where histology <> 'not reported' and markers is not null group by histology order by count(*) desc, histology limit 1))
    group by marker, case_id
)
select histology, marker,
       sum(is_positive) as positive_cases,
       sum(is_negative) as negative_cases,
       sum(is_equivocal) as equivocal_cases,
       count(*) as tested_cases
from tested
group by histology, marker
order by tested_cases desc, marker
