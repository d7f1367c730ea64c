-- title: Radiotherapy by site
-- For each site: how many cases, how many were irradiated, and the doses of their courses in physical gray. Courses in Gy(RBE) are counted but not mixed in.
with dose as (
    select site, total_dose_gy, is_rbe_weighted,
           row_number() over (partition by site, is_rbe_weighted order by total_dose_gy) as place,
           count(*) over (partition by site, is_rbe_weighted) as total
    from radiotherapy_course
    join case_overview using (case_id)
    where total_dose_gy is not null
),
doses as (
    select site,
           count(iif(is_rbe_weighted = 0, 1, null)) as courses_with_dose,
           min(iif(is_rbe_weighted = 0, total_dose_gy, null)) as lowest_dose_gy,
           avg(iif(is_rbe_weighted = 0 and place in ((total + 1) / 2, (total + 2) / 2), total_dose_gy, null))
               as median_dose_gy,
           max(iif(is_rbe_weighted = 0, total_dose_gy, null)) as highest_dose_gy,
           count(iif(is_rbe_weighted = 1, 1, null)) as courses_in_gy_rbe
    from dose
    group by site
)
select site,
       count(*) as cases,
       sum(radiotherapy = 'yes') as irradiated,
       sum(radiotherapy = 'no') as said_not_irradiated,
       sum(radiotherapy = 'not reported') as not_reported,
       coalesce(courses_with_dose, 0) as courses_with_dose,
       lowest_dose_gy, median_dose_gy, highest_dose_gy,
       coalesce(courses_in_gy_rbe, 0) as courses_in_gy_rbe
from case_overview
left join doses using (site)
group by site
order by irradiated desc, cases desc, site
