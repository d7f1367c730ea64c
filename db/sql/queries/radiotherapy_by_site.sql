-- title: What doses did tumours of each site get?
-- theme: Treatment
-- For each site of the primary tumour: how many cases, how many were irradiated, and the doses of their courses from outside in physical gray; some courses were given to metastases elsewhere. Courses of brachytherapy, in Gy(RBE), or of particles in plain Gy are counted but not mixed in.
with dose as materialized (
    select site, kind, total_dose_gy, count(*) as n
    from radiotherapy_dose
    where origin = 'case'
      and coalesce(total_dose_gy, total_dose_gy_rbe, total_dose_gy_particles, total_dose_gy_brachytherapy) is not null
    group by 1, 2, 3
),
placed as (
    select *, sum(n) over (partition by site, kind order by total_dose_gy) as last_place, sum(n) over (partition by site, kind) as total
    from dose
),
doses as (
    select site,
           sum(iif(total_dose_gy is null, 0, n)) as courses_with_dose,
           min(total_dose_gy) as lowest_dose_gy,
           avg(iif(last_place >= (total + 1) / 2 and last_place - n < (total + 2) / 2, total_dose_gy, null)) as median_dose_gy,
           max(total_dose_gy) as highest_dose_gy,
           sum(iif(kind = 'rbe_weighted', n, 0)) as courses_in_gy_rbe,
           sum(iif(kind = 'particles_in_gy', n, 0)) as courses_of_particles_in_gy,
           sum(iif(kind = 'brachytherapy', n, 0)) as courses_of_brachytherapy
    from placed
    group by site
),
sites as materialized (
    select site, count(*) as cases, sum(radiotherapy = 'yes') as irradiated, sum(radiotherapy = 'no') as said_not_irradiated,
           sum(radiotherapy = 'not reported') as not_reported
    from case_overview
    group by site
)
select site, cases, irradiated, said_not_irradiated, not_reported,
       coalesce(courses_with_dose, 0) as courses_with_dose,
       lowest_dose_gy, median_dose_gy, highest_dose_gy,
       coalesce(courses_in_gy_rbe, 0) as courses_in_gy_rbe,
       coalesce(courses_of_particles_in_gy, 0) as courses_of_particles_in_gy,
       coalesce(courses_of_brachytherapy, 0) as courses_of_brachytherapy
from sites
left join doses using (site)
order by irradiated desc, cases desc, site
