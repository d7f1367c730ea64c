-- title: Which cases stand behind an outcome?
-- theme: Outcome
-- Every case as the pages of outcomes and of comparison count it: how long it was followed, with what end, and why it is left out of a curve.
-- :tumour_group Kind of tumour | select distinct tumour_group from case_outcome order by tumour_group
-- :histology Diagnosis | select distinct histology from case_outcome order by histology
-- :site Site | select distinct site from case_outcome order by site
-- :sex Sex | female, male, not reported
-- :age Age | under 18, 18 to 39, 40 to 59, 60 to 79, 80 and over, not reported
-- :surgery Surgery | yes, no, not reported
-- :radiotherapy Radiotherapy | yes, no, not reported
-- :decade Published in the | select distinct decade from case_outcome order by decade
-- :marker Tested for | select distinct marker from ihc_result order by marker
-- :stain Result | positive, negative, positive and negative, equivocal, other cells only
-- :drug Treated with | select name from drug group by name order by count(*) desc, name
-- :gene Gene alteration found | select gene || ' ' || alteration from molecular_test where result = 'positive' group by 1 order by count(*) desc, 1
-- :death_of_any_cause Death of any cause | counted, no follow-up told, no state at its end told, counted from a later event of unknown time, not judged
-- :return_or_death Return of the tumour or death | counted, no follow-up told, no state at its end told, counted from a later event of unknown time, returned after the end of the follow-up that is told, returned at an untold time, alive with disease that was never told to be gone, died of disease that was never told to be gone, alive and not told whether it returned, not judged
-- :counted_from Counted from | treatment, diagnosis, presentation, not reported
-- :is_minimum Follow-up is a lower bound | yes, no
with stain as (
    select case_id,
           case when max(result = 'positive') and max(result = 'negative') then 'positive and negative'
                when max(result = 'positive') then 'positive'
                when max(result = 'negative') then 'negative'
                when max(result = 'equivocal') then 'equivocal'
                else 'other cells only'
           end as stain
    from ihc_result
    where marker = :marker
    group by case_id
)
select case_id, histology, site, tumour_group, sex, age, surgery, radiotherapy, decade, stain,
       survival_months, survival_end, death_of_any_cause, event_free_months, event_free_end, return_or_death,
       counted_from, is_minimum, report_id
from case_outcome
left join stain using (case_id)
where (:tumour_group = '' or tumour_group = :tumour_group)
  and (:histology = '' or histology = :histology)
  and (:site = '' or site = :site)
  and (:sex = '' or sex = :sex)
  and (:age = '' or age = :age)
  and (:surgery = '' or surgery = :surgery)
  and (:radiotherapy = '' or radiotherapy = :radiotherapy)
  and (:decade = '' or decade = :decade)
  and (:marker = '' or stain is not null)
  and (:stain = '' or stain = :stain)
  and (:drug = '' or case_id in (select drug.case_id from drug where drug.name = :drug))
  and (:gene = '' or case_id in (select test.case_id from molecular_test as test where gene || ' ' || alteration = :gene and result = 'positive'))
  and (:death_of_any_cause = '' or death_of_any_cause = :death_of_any_cause)
  and (:return_or_death = '' or return_or_death = :return_or_death)
  and (:counted_from = '' or counted_from = :counted_from)
  and (:is_minimum = '' or is_minimum = :is_minimum)
order by case_id
