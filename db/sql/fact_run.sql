-- Which run first gave a value, and which last. History, so not part of what a rebuild must reproduce.
create table fact_run (
    -- The case.
    case_id text not null references patient_case (case_id) on delete cascade,
    -- The value's field as in the record, as in fact_evidence.
    field text not null check (field <> ''),
    -- Number of the row in the table of the repeating fact; 1 for a single value.
    number integer not null check (number > 0),
    -- The first run that gave this value of this case, wherever in the list and in whichever words.
    first_run text not null check (first_run <> ''),
    -- The last run that read the report, and gave it again.
    last_run text not null check (last_run <> ''),
    primary key (case_id, field, number)
) strict, without rowid;
