-- title: Which cases lack a value, and why?
-- theme: Words and quality
-- Cases without a value in a field: the report does not say, says it unclearly, says that there was none, or another value leaves no room for it.
-- :field! Field | select distinct field from empty_field order by field <> 'follow_up_months', field
-- :reason Why | not stated, stated unclearly, stated absent, not applicable, failed, rejected
with asked (field) as (
    select coalesce(nullif(trim(:field), ''), 'follow_up_months')
)
select case_id, histology, site, field, reason, evidence.quote, evidence_number
from asked
join empty_field using (field)
join case_overview using (case_id)
left join evidence on evidence.report_id = case_overview.report_id and evidence.number = evidence_number
where reason in ('not stated', 'stated unclearly', 'stated absent', 'not applicable', 'failed', 'rejected')
  and (:reason = '' or reason = :reason)
order by reason = 'not stated', reason, case_id
