-- title: How did it end, by treatment?
-- theme: Outcome
-- Cases grouped by what was done, with the length of follow-up and the state at its end. Published cases are selected: these are no survival figures.
with grouped as (
    select surgery, radiotherapy, iif(drugs is null, 'not reported', 'yes') as systemic_drugs, follow_up_months,
           status, recurrence
    from case_overview
),
ranked as (
    select *,
           row_number() over (partition by surgery, radiotherapy, systemic_drugs, follow_up_months is null
                              order by follow_up_months) as place,
           count(follow_up_months) over (partition by surgery, radiotherapy, systemic_drugs) as total
    from grouped
)
select surgery, radiotherapy, systemic_drugs,
       count(*) as cases,
       count(follow_up_months) as with_follow_up,
       round(avg(iif(follow_up_months is not null and place in ((total + 1) / 2, (total + 2) / 2),
                     follow_up_months, null)), 1) as median_follow_up_months,
       max(follow_up_months) as longest_follow_up_months,
       sum(recurrence = 'yes') as recurred,
       sum(status = 'alive without disease') as alive_without_disease,
       sum(status = 'alive with disease') as alive_with_disease,
       sum(status like 'died%') as died,
       sum(status = 'not reported') as status_not_reported
from ranked
group by surgery, radiotherapy, systemic_drugs
order by cases desc, surgery, radiotherapy, systemic_drugs
