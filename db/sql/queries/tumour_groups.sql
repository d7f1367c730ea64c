-- title: How many cases are there of each kind of tumour?
-- theme: Patients and tumours
-- Cases by kind of tumour and behaviour: how many were irradiated, how many tell a dose from outside in gray, or a follow-up.
select tumour_group, behaviour, count(*) as cases,
       sum(radiotherapy = 'yes') as irradiated,
       count(max_dose_gy) as with_dose_in_gy,
       count(follow_up_months) as with_follow_up
from case_overview
group by tumour_group, behaviour
order by cases desc, tumour_group, behaviour
