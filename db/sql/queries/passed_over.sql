-- title: Which mentions were passed over, and why?
-- theme: Words and quality
-- Words that look like a value of the patient but were not taken as one, with the reason: the literature, the family, plans, denials.
-- :field Field | select distinct field from evidence where reason is not null order by field
-- :reason Reason | select distinct reason from evidence where reason is not null order by reason
select report_id, case_id, field, quote, value, reason, assertion, subject, section, number as evidence_number
from evidence
where reason is not null
  and field between :field and iif(:field = '', '~', :field)  -- all names of fields stand before a tilde
  and (:reason = '' or reason = :reason)
order by field, reason, report_id, number
