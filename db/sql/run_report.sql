-- What a run did with a report; those left unchanged are only counted in run.
create table run_report (
    -- The run.
    run_id text not null references run (run_id) on delete cascade,
    -- Name of the report or, where it could not be read, of the file; it need not be stored.
    report_name text not null check (report_name <> ''),
    -- new, changed, failed, removed or linked (another report that is stored tells the same).
    outcome text not null check (outcome in ('new', 'changed', 'failed', 'removed', 'linked')),
    -- Why it failed, or to which report it was linked and why.
    message text,
    primary key (run_id, report_name)
) strict, without rowid;
