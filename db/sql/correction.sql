-- What curators said of values: the lines of the corrections file whose report is stored, the last one on each value. The machine's value is kept here.
create table correction (
    -- The report.
    report_id text not null references report (report_id) on delete cascade,
    -- Number within the report, from 1, in the order of the file.
    number integer not null check (number > 0),
    -- The case; it need not be there any more.
    case_id text not null,
    -- The value's field as in the record, as in fact_evidence.
    field text not null check (field <> ''),
    -- set (another value), clear (no value), add (a value that was not read), reject (a value of a list that is none) or confirm (it is right).
    action text not null check (action in ('set', 'clear', 'add', 'reject', 'confirm')),
    -- applied; agreed (the machine now says what the curator said); conflict (text or machine's value is another than the curator saw: nothing is changed until somebody decides).
    state text not null check (state in ('applied', 'agreed', 'conflict')),
    -- Why it is a conflict.
    conflict text,
    -- Number of the fact that now stands for it, as in fact_evidence; NULL where there is none (clear, reject, conflict without a value).
    fact_number integer check (fact_number > 0),
    -- The curator's value as JSON in the record's form; NULL for clear, reject and confirm.
    value text,
    -- The machine's value that the curator saw, as JSON; NULL where there was none.
    was text,
    -- The machine's value now, as JSON; NULL where there is none.
    machine_value text,
    -- The words on which it rests, between ⟦ and ⟧, with what stands around them.
    words text,
    -- Who said so.
    curator text not null check (curator <> ''),
    -- When, ISO 8601.
    made_at text not null check (made_at <> ''),
    -- Why; NULL where the curator did not say.
    why text,
    primary key (report_id, number)
) strict, without rowid;

create index correction_by_case on correction (case_id, field);
create index correction_by_state on correction (state);
