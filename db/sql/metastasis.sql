-- Organs or node groups with metastasis of the index tumour at any time: a row for each.
create table metastasis (
    -- The case.
    case_id text not null references patient_case (case_id) on delete cascade,
    -- Number of the metastasis within the case, from 1.
    number integer not null check (number > 0),
    -- Organ or node group, in words.
    name text not null check (name <> ''),
    -- ICD-O-3 topography of the organ ("C77" lymph nodes).
    topography text not null check (topography glob 'C[0-8][0-9]' or topography glob 'C[0-8][0-9].[0-9]'),
    primary key (case_id, number)
) strict, without rowid;
