-- Cases of two reports that may be the same patient, with what agrees. A person must judge: nothing is merged, and both are counted.
create table possible_same_patient (
    -- The case.
    case_id text not null references patient_case (case_id) on delete cascade,
    -- The case of another report that may be the same patient; each pair stands here once.
    other_case_id text not null references patient_case (case_id) on delete cascade,
    -- How many facts agree besides age, sex, organ and histology: authors (two at most), hospital, size, dose, fractions, drugs, metastases, genes, Ki-67, time to recurrence, follow-up. At least two; three where the ages are a year apart.
    facts integer not null check (facts >= 2),
    -- What agrees, in words.
    reasons text not null check (reasons <> ''),
    primary key (case_id, other_case_id),
    check (case_id < other_case_id)
) strict, without rowid;

create index possible_same_patient_by_other on possible_same_patient (other_case_id);
