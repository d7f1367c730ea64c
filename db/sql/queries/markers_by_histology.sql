-- title: Markers of a histology
-- How often each marker was positive or negative, counted over cases.
-- :histology Histology | select distinct histology from case_overview order by histology
select histology, marker,
       count(distinct iif(result = 'positive', case_id, null)) as positive_cases,
       count(distinct iif(result = 'negative', case_id, null)) as negative_cases,
       count(distinct iif(result = 'equivocal', case_id, null)) as equivocal_cases,
       count(distinct case_id) as tested_cases
from ihc_result
join case_overview using (case_id)
where (:histology = '' or histology = :histology)
group by histology, marker
order by histology, tested_cases desc, marker
