-- title: Which drugs were given, and with what response?
-- theme: Treatment
-- Systemic drugs by diagnosis with the best response that is told, counted over cases. Published cases are selected: no response rates.
-- :histology! Diagnosis | select +histology from case_overview where +histology <> 'not reported' group by +histology having count(drugs) > 0 order by count(drugs) desc, histology
-- :drug Drug | select name from drug group by name order by count(*) desc, name
select histology, drug.name as drug, count(distinct case_id) as cases,
       count(iif(response = 'CR', 1, null)) as complete_response,
       count(iif(response = 'PR', 1, null)) as partial_response,
       count(iif(response = 'SD', 1, null)) as stable_disease,
       count(iif(response = 'PD', 1, null)) as progression,
       sum(response is null) as response_not_reported
from case_overview
cross join drug using (case_id)
where histology = coalesce(nullif(trim(:histology), ''), (select +histology from case_overview where +histology <> 'not reported' group by +histology having count(drugs) > 0 order by count(drugs) desc, histology limit 1))
  and (:drug = '' or drug.name = :drug)
group by histology, drug.name
order by cases desc, histology, drug
