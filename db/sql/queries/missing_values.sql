-- title: Which cases lack a value, and why?
-- theme: Words and quality
-- Cases without a value in a field: the report does not say, says it unclearly, says that there was none, or another value leaves no room for it.
-- :field! Field | follow_up_months, age_years, sex, site, size_cm, metastases, histology, ihc, ki67_percent, molecular, surgery, surgeries, radiotherapy_given, radiotherapy, drugs, recurrence, recurrence_months, status, events
-- :reason Why | not stated, stated unclearly, stated absent, not applicable, failed, rejected
select case_overview.case_id, histology, site, empty_field.field, empty_field.reason, evidence.quote, evidence_number
from empty_field
join case_overview using (case_id)
left join evidence on evidence.report_id = case_overview.report_id and evidence.number = evidence_number
where empty_field.field = coalesce(nullif(trim(:field), ''), 'follow_up_months')
  and empty_field.reason in ('not stated', 'stated unclearly', 'stated absent', 'not applicable', 'failed', 'rejected')
  and (:reason = '' or empty_field.reason = :reason)
order by empty_field.reason, empty_field.case_id
