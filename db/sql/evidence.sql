-- Words of a report that a value was read from, or that were read and passed over (then reason says why).
create table evidence (
    -- The report.
    report_id text not null references report (report_id) on delete cascade,
    -- Number of the evidence within the report, from 0, as in the record; #ev-<number> on the case page.
    number integer not null check (number >= 0),
    -- The case that the words speak of; NULL where they speak of no case of the authors.
    case_id text references patient_case (case_id) on delete cascade,
    -- The field that the words were read for, as in the record ("age_years", "ihc").
    field text not null check (field <> ''),
    -- Where the words start in report_text.text: Unicode code points from 0.
    start_char integer not null check (start_char >= 0),
    -- Where they end (exclusive).
    end_char integer not null check (end_char > start_char),
    -- The words themselves, exactly as they stand in the text.
    quote text not null check (length(quote) = end_char - start_char),
    -- Section of the report in which they stand ("case", "discussion").
    section text not null,
    -- Is it so? present, absent, possible or planned.
    assertion text not null check (assertion in ('present', 'absent', 'possible', 'planned')),
    -- Of whom? patient, literature, family or general.
    subject text not null check (subject in ('patient', 'literature', 'family', 'general')),
    -- What the words were read as.
    value text,
    -- NULL where the words support a value; otherwise why they were passed over ("literature", "family" ...).
    reason text check (reason <> ''),
    -- Page of the file on which the words begin, from 1; NULL where the file has no pages.
    page integer check (page > 0),
    primary key (report_id, number)
) strict, without rowid;

create index evidence_by_case on evidence (case_id, field);
-- What was passed over is a small part of all words, and is listed in this order.
create index evidence_passed_over on evidence (field, reason, report_id, number) where reason is not null;
