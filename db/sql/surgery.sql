-- Operations on the tumour: a row for each.
create table surgery (
    -- The case.
    case_id text not null references patient_case (case_id) on delete cascade,
    -- Number of the operation within the case, from 1.
    number integer not null check (number > 0),
    -- Name of the operation ("wedge resection").
    procedure text not null check (procedure <> ''),
    -- How much was removed: total, subtotal, radical ...
    extent text check (extent <> ''),
    -- Resection margin: R0, R1, R2, negative or positive.
    margin text check (margin in ('R0', 'R1', 'R2', 'negative', 'positive')),
    -- When, relative to the other treatment, where the words say it.
    timing text check (timing in ('as first treatment', 'after neoadjuvant treatment', 'of a recurrence')),
    primary key (case_id, number)
) strict, without rowid;
