-- What a run did with a dose table; those left as they were stand nowhere. History, so not part of what a rebuild must reproduce.
create table run_dose_table (
    -- The run.
    run_id text not null references run (run_id) on delete cascade,
    -- Name of the table; it need not be stored any more.
    dose_table_id text not null check (dose_table_id <> ''),
    -- new, changed or removed.
    outcome text not null check (outcome in ('new', 'changed', 'removed')),
    primary key (run_id, dose_table_id)
) strict, without rowid;
