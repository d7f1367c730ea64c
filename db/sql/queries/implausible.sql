-- title: Which values cannot be, or seldom are?
-- theme: Words and quality
-- Flags of rules over the facts: sex against site, site against diagnosis, age against tumour, doses beyond practice, a recurrence after the end of follow-up, events after death … Nothing is changed: open the case and look at the words. What is unusual may well be why the case was published.
-- :severity Severity | impossible, unusual
-- :rule Rule | select distinct rule from flag order by rule
select case_id, severity, rule, found, message, fields
from flag
where (:severity = '' or severity = :severity)
  and (:rule = '' or rule = :rule)
order by severity, rule, case_id, number
