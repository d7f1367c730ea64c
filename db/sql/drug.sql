-- Systemic drugs given against the tumour: a row for each drug.
create table drug (
    -- The case.
    case_id text not null references patient_case (case_id) on delete cascade,
    -- Number of the drug within the case, from 1.
    number integer not null check (number > 0),
    -- Generic name in lower case; a regimen's name where the report does not spell it out ("CHOP").
    name text not null check (name <> ''),
    -- Dose as printed, in normal form ("75 mg/m2").
    dose text check (dose <> ''),
    -- The number of the dose, in dose_unit.
    dose_value real check (dose_value > 0),
    -- The unit of the dose ("mg", "mg/m2").
    dose_unit text check (dose_unit <> ''),
    -- How often ("weekly").
    schedule text check (schedule <> ''),
    -- Number of cycles or courses.
    cycles integer check (cycles between 1 and 200),
    -- Line of therapy, 1 for the first, where it is called so.
    line integer check (line between 1 and 9),
    -- Best response that is said: CR complete, PR partial, SD stable disease, PD progression.
    response text check (response in ('CR', 'PR', 'SD', 'PD')),
    -- Why it was stopped: progression, toxicity, patient's wish or cost.
    stop_reason text check (stop_reason in ('progression', 'toxicity', 'patient''s wish', 'cost')),
    primary key (case_id, number)
) strict, without rowid;

create index drug_by_name on drug (name, case_id);
