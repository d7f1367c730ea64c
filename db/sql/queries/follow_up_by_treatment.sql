-- title: How did it end, by treatment?
-- theme: Outcome
-- Cases grouped by what was done, with the length of follow-up and the state at its end. Published cases are selected: these are no survival figures.
with lengths as materialized (
    select surgery, radiotherapy, drugs is not null as has_drugs, follow_up_months, count(*) as n,
           sum(recurrence = 'yes') as recurred,
           sum(status = 'alive without disease') as alive_without_disease,
           sum(status = 'alive with disease') as alive_with_disease,
           sum(status like 'died%') as died,
           sum(status = 'not reported') as status_not_reported
    from case_overview
    group by 1, 2, 3, 4
),
placed as (
    select *, sum(n) over (partition by surgery, radiotherapy, has_drugs order by follow_up_months) as last_place,
           sum(n) over (partition by surgery, radiotherapy, has_drugs) as total
    from lengths
    where follow_up_months is not null
),
median as (
    select surgery, radiotherapy, has_drugs, round(avg(follow_up_months), 1) as months
    from placed
    where last_place >= (total + 1) / 2 and last_place - n < (total + 2) / 2
    group by 1, 2, 3
),
counted as (
    select surgery, radiotherapy, has_drugs, sum(n) as cases, max(follow_up_months) as longest_follow_up_months,
           sum(iif(follow_up_months is null, 0, n)) as with_follow_up,
           sum(recurred) as recurred, sum(alive_without_disease) as alive_without_disease, sum(alive_with_disease) as alive_with_disease,
           sum(died) as died, sum(status_not_reported) as status_not_reported
    from lengths
    group by 1, 2, 3
)
select surgery, radiotherapy, iif(has_drugs, 'yes', 'not reported') as systemic_drugs, cases, counted.with_follow_up,
       months as median_follow_up_months, longest_follow_up_months, recurred, alive_without_disease, alive_with_disease, died, status_not_reported
from counted
left join median using (surgery, radiotherapy, has_drugs)
order by cases desc, surgery, radiotherapy, systemic_drugs
