-- Which evidence supports which value: a row for each value and each stretch of words.
create table fact_evidence (
    -- The case.
    case_id text not null references patient_case (case_id) on delete cascade,
    -- The value's field as in the record: a column of patient_case, site, histology, or a repeating fact (ihc: ihc_result, molecular: molecular_test, surgeries: surgery, radiotherapy: radiotherapy_course, drugs: drug, metastases: metastasis).
    field text not null check (field <> ''),
    -- Number of the row in the table of the repeating fact; 1 for a single value.
    number integer not null check (number > 0),
    -- Number of the evidence within the report.
    evidence_number integer not null,
    -- The report of the evidence.
    report_id text not null,
    primary key (case_id, field, number, evidence_number),
    foreign key (report_id, evidence_number) references evidence (report_id, number) on delete cascade
) strict, without rowid;

create index fact_evidence_by_evidence on fact_evidence (report_id, evidence_number);
