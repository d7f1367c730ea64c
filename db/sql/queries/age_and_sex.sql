-- title: How old were the patients, and of which sex?
-- theme: Patients and tumours
-- Cases of a diagnosis by ten years of age at presentation and by sex.
-- :histology! Diagnosis | select histology from case_overview where histology <> 'not reported' group by histology order by count(*) desc, histology
with asked (histology) as (
    select coalesce(nullif(trim(:histology), ''), (select histology from case_overview where histology <> 'not reported' group by histology order by count(*) desc, histology limit 1))
)
select histology,
       iif(age_years is null, 'not reported', printf('%d to %d years', cast(age_years / 10 as integer) * 10, cast(age_years / 10 as integer) * 10 + 9)) as age,
       sum(sex = 'female') as female, sum(sex = 'male') as male, sum(sex = 'not reported') as sex_not_reported, count(*) as cases
from asked join case_overview using (histology)
group by histology, age_years is null, cast(age_years / 10 as integer)
order by age_years is null, cast(age_years / 10 as integer)
