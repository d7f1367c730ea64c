-- Why a case has no value in a field: a row for each field that is empty. An empty value is never a "no".
create table empty_field (
    -- The case.
    case_id text not null references patient_case (case_id) on delete cascade,
    -- The field as in the record, as in fact_evidence.
    field text not null check (field <> ''),
    -- not stated; stated unclearly (words speak of it, but no one value can be taken); stated absent (the report says that there was none); not applicable (another value leaves no room for it); failed (the reading broke off); rejected (by a curator).
    reason text not null check (reason in ('not stated', 'stated unclearly', 'stated absent', 'not applicable', 'failed', 'rejected')),
    -- Number of the words that show it, in table evidence of the report; NULL where no words do.
    evidence_number integer,
    primary key (case_id, field)
) strict, without rowid;

create index empty_field_facets on empty_field (reason, field);
