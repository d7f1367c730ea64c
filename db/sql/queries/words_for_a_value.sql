-- title: What the reports say, word for word
-- The words that the values of a field were read from.
-- :field Field | select distinct field from fact_evidence order by field
-- :contains Words contain
select fact_evidence.case_id, fact_evidence.field, evidence.value, evidence.quote, evidence.section,
       evidence.number as evidence_number
from fact_evidence
join evidence on evidence.report_id = fact_evidence.report_id and evidence.number = evidence_number
where (:field = '' or fact_evidence.field = :field)
  and evidence.quote like '%' || :contains || '%'
order by fact_evidence.field, fact_evidence.case_id, evidence.number
