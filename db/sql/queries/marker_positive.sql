-- title: Which diagnoses are positive for a marker?
-- theme: Markers and genes
-- How often a marker was positive or negative in each diagnosis, counted over cases. Published cases are selected: no rates.
-- :marker! Marker | select marker from ihc_result group by marker order by count(*) desc, marker
with tested as (
    select marker, case_id, max(result = 'positive') as is_positive, max(result = 'negative') as is_negative, max(result = 'equivocal') as is_equivocal
    from ihc_result
    where marker = coalesce(nullif(trim(:marker), ''), (select marker from ihc_result group by marker order by count(*) desc, marker limit 1))
    group by marker, case_id
)
select marker, histology,
       sum(is_positive) as positive_cases,
       sum(is_negative) as negative_cases,
       sum(is_equivocal) as equivocal_cases,
       count(*) as tested_cases
from tested
join case_overview using (case_id)
group by marker, histology
order by positive_cases desc, tested_cases desc, histology
