-- title: How was each site irradiated?
-- theme: Treatment
-- For each site: how many cases, how many were irradiated, and the doses of their courses from outside in physical gray. Courses of brachytherapy, in Gy(RBE), or of particles in plain Gy are counted but not mixed in.
with dose as (
    select site, kind, total_dose_gy,
           row_number() over (partition by site, kind order by total_dose_gy) as place,
           count(*) over (partition by site, kind) as total
    from radiotherapy_dose
    where origin = 'case'
      and coalesce(total_dose_gy, total_dose_gy_rbe, total_dose_gy_particles, total_dose_gy_brachytherapy) is not null
),
doses as (
    select site,
           count(total_dose_gy) as courses_with_dose,
           min(total_dose_gy) as lowest_dose_gy,
           avg(iif(place in ((total + 1) / 2, (total + 2) / 2), total_dose_gy, null)) as median_dose_gy,
           max(total_dose_gy) as highest_dose_gy,
           count(iif(kind = 'rbe_weighted', 1, null)) as courses_in_gy_rbe,
           count(iif(kind = 'particles_in_gy', 1, null)) as courses_of_particles_in_gy,
           count(iif(kind = 'brachytherapy', 1, null)) as courses_of_brachytherapy
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
       coalesce(courses_in_gy_rbe, 0) as courses_in_gy_rbe,
       coalesce(courses_of_particles_in_gy, 0) as courses_of_particles_in_gy,
       coalesce(courses_of_brachytherapy, 0) as courses_of_brachytherapy
from case_overview
left join doses using (site)
group by site
order by irradiated desc, cases desc, site
