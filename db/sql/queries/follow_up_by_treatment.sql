-- title: How did it end, by treatment?
-- theme: Outcome
-- Cases grouped by what was done, with the length of follow-up and the state at its end. Published cases are selected: these are no survival figures.
with states as materialized (
    select surgery, radiotherapy, recurrence, status,
           count(drugs) as with_drugs, count(iif(drugs is null, null, follow_up_months)) as followed_with_drugs,
           max(iif(drugs is null, null, follow_up_months)) as longest_with_drugs,
           count(*) - count(drugs) as without, count(iif(drugs is null, follow_up_months, null)) as followed_without,
           max(iif(drugs is null, follow_up_months, null)) as longest_without
    from case_overview
    group by 1, 2, 3, 4
),
told as (
    select surgery, radiotherapy, 1 as has_drugs, recurrence, status,
           with_drugs as n, followed_with_drugs as followed, longest_with_drugs as longest
    from states
    where with_drugs > 0
    union all
    select surgery, radiotherapy, 0, recurrence, status, without, followed_without, longest_without from states where without > 0
),
counted as (
    select surgery, radiotherapy, has_drugs, sum(n) as cases, max(longest) as longest_follow_up_months, sum(followed) as with_follow_up,
           sum(iif(recurrence = 'yes', n, 0)) as recurred,
           sum(iif(status = 'alive without disease', n, 0)) as alive_without_disease,
           sum(iif(status = 'alive with disease', n, 0)) as alive_with_disease,
           sum(iif(status in ('alive, disease not reported', 'lost to follow-up'), n, 0)) as disease_at_end_not_told,
           sum(iif(status like 'died%', n, 0)) as died,
           sum(iif(status = 'not reported', n, 0)) as status_not_reported
    from told
    group by 1, 2, 3
),
lengths as (
    select surgery, radiotherapy, drugs is not null as has_drugs, follow_up_months, count(*) as n
    from case_overview
    where follow_up_months is not null
    group by 1, 2, 3, 4
),
placed as (
    select *, sum(n) over (partition by surgery, radiotherapy, has_drugs order by follow_up_months) as last_place,
           sum(n) over (partition by surgery, radiotherapy, has_drugs) as total
    from lengths
),
median as (
    select surgery, radiotherapy, has_drugs, round(avg(follow_up_months), 1) as months
    from placed
    where last_place >= (total + 1) / 2 and last_place - n < (total + 2) / 2
    group by 1, 2, 3
)
select surgery, radiotherapy, iif(has_drugs, 'yes', 'not reported') as systemic_drugs, cases, counted.with_follow_up,
       months as median_follow_up_months, longest_follow_up_months, recurred, alive_without_disease, alive_with_disease, disease_at_end_not_told, died, status_not_reported
from counted
left join median using (surgery, radiotherapy, has_drugs)
order by cases desc, surgery, radiotherapy, systemic_drugs
