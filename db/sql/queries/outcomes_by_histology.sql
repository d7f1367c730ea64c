-- title: How did it end, by diagnosis?
-- theme: Outcome
-- What became of the patients of each diagnosis, counted. Published cases are selected: these are no survival figures.
select histology,
       count(*) as cases,
       sum(recurrence = 'yes') as recurred,
       sum(recurrence = 'no') as did_not_recur,
       sum(recurrence = 'not reported') as recurrence_not_reported,
       sum(status = 'alive without disease') as alive_without_disease,
       sum(status = 'alive with disease') as alive_with_disease,
       sum(status in ('alive, disease not reported', 'lost to follow-up')) as disease_at_end_not_told,
       sum(status = 'died of disease') as died_of_disease,
       sum(status like 'died%' and status <> 'died of disease') as died_otherwise,
       sum(status = 'not reported') as status_not_reported,
       max(follow_up_months) as longest_follow_up_months
from case_overview
group by histology
order by cases desc, histology
