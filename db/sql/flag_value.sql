-- The values that a flag speaks of: a row for each. To leave out what is flagged, look for a value's case, field and number here.
create table flag_value (
    -- The case.
    case_id text not null,
    -- Number of the flag within the case.
    flag_number integer not null,
    -- The value's field as in fact_evidence.
    field text not null check (field <> ''),
    -- Number of the row in the table of the repeating fact; 1 for a single value.
    number integer not null check (number > 0),
    primary key (case_id, flag_number, field, number),
    foreign key (case_id, flag_number) references flag (case_id, number) on delete cascade
) strict, without rowid;

create index flag_value_by_value on flag_value (case_id, field, number);
