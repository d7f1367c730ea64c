-- title: What does the report say, word for word?
-- theme: Words and quality
-- The words that values were read from: the field Stain with the value ALK gives the words on ALK. A quote leads to its place in the text.
-- :case_id Case
-- :field Field | age_years, sex, site, size_cm, metastases, histology, ihc, ki67_percent, molecular, surgery, surgeries, radiotherapy_given, radiotherapy, drugs, recurrence, recurrence_months, status, follow_up_months, events
-- :value Value contains
-- :contains Words contain
select fact_evidence.case_id, fact_evidence.field, evidence.value, evidence.quote, evidence.section,
       evidence.number as evidence_number
from fact_evidence
join evidence on evidence.report_id = fact_evidence.report_id and evidence.number = evidence_number
where fact_evidence.case_id between trim(:case_id) and iif(trim(:case_id) = '', char(1114111), trim(:case_id))
  and (:field = '' or fact_evidence.field = :field)
  and (:value = '' or evidence.value like '%' || :value || '%')
  and (:contains = '' or evidence.quote like '%' || :contains || '%')
order by fact_evidence.case_id, fact_evidence.field, evidence.number
