-- title: Who is possibly the same patient in two reports?
-- theme: Words and quality
-- Cases of different reports that agree in age, sex, organ and diagnosis, and in at least two particulars more (authors, hospital, size, dose, drugs, follow-up …), while nothing that both tell speaks against it. Nothing is merged: read both reports before you count them.
select pair.facts as facts_that_agree, pair.case_id, pair.other_case_id, pair.reasons,
       report.citation, other_report.citation as other_citation
from possible_same_patient as pair
join patient_case as patient using (case_id)
join report using (report_id)
join patient_case as other on other.case_id = pair.other_case_id
join report as other_report on other_report.report_id = other.report_id
order by pair.facts desc, pair.case_id, pair.other_case_id
