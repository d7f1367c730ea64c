-- Flags: values of a case that cannot be true together, or seldom are, by rules over the facts (extract/plausibility). Nothing is changed by them: look at the words.
create table flag (
    -- The case.
    case_id text not null references patient_case (case_id) on delete cascade,
    -- Number of the flag within the case, from 1; the impossible first.
    number integer not null check (number > 0),
    -- The rule that was broken: sex_site, site_histology, age_histology, dose_total, drug_dose, event_after_death ...
    rule text not null check (rule <> ''),
    -- impossible: hardly ever true, so that the report or its reading errs in one of the values; unusual: seldom true.
    severity text not null check (severity in ('impossible', 'unusual')),
    -- The fields of the values, comma-separated ("sex, site"); flag_value names each value.
    fields text not null check (fields <> ''),
    -- The values, in words.
    found text not null check (found <> ''),
    -- What speaks against them, in words.
    message text not null check (message <> ''),
    primary key (case_id, number)
) strict, without rowid;

create index flag_by_rule on flag (rule);
