-- The course of a case on one line of time: a row for each event, in the order of time, those without a time last.
create table timeline_event (
    -- The case.
    case_id text not null references patient_case (case_id) on delete cascade,
    -- Number of the event within the case, from 1.
    number integer not null check (number > 0),
    -- What happened: diagnosis, surgery, radiotherapy, chemotherapy, treatment, recurrence, metastasis, progression, death, or follow_up (the last contact).
    kind text not null check (kind in ('diagnosis', 'surgery', 'radiotherapy', 'chemotherapy', 'treatment', 'recurrence', 'metastasis', 'progression', 'death', 'follow_up')),
    -- The words that tell of it ("laryngectomy").
    name text not null check (name <> ''),
    -- Months (of 30.44 days) after time zero (patient_case.time_zero), negative before it. NULL: only its place in the story is told.
    months real check (months > -1200 and months < 1200),
    -- 1: the months are a lower bound ("more than 5 years").
    is_minimum integer not null check (is_minimum in (0, 1)),
    primary key (case_id, number)
) strict, without rowid;
