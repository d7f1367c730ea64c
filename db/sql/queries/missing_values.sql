-- title: Which cases lack a value, and why?
-- theme: Words and quality
-- Cases without a value in a field: the report does not say, says it unclearly, says that there was none, or another value leaves no room for it.
-- :field! Field | select distinct field from empty_field order by field <> 'follow_up_months', field
-- :reason Why | not stated, stated unclearly, stated absent, not applicable, failed, rejected
with asked (field) as (
    select coalesce(nullif(trim(:field), ''), 'follow_up_months')
)
select case_overview.case_id, histology, site, asked.field, empty_field.reason, evidence.quote, evidence_number
from asked
join empty_field using (field)
join case_overview using (case_id)
left join evidence on evidence.report_id = case_overview.report_id and evidence.number = evidence_number
where empty_field.reason in ('not stated', 'stated unclearly', 'stated absent', 'not applicable', 'failed', 'rejected')
  and (:reason = '' or empty_field.reason = :reason)
order by empty_field.reason = 'not stated', empty_field.reason, case_overview.case_id
