-- Since version 2: dose tables, and what a pipeline was made of.

-- What a run made of a dose table. The state after a run is each table's last version up to it.
create table dose_table_version (
    dose_table_id text not null,
    run_id text not null references run (run_id),
    -- Against the version before: new, changed, same (read again, with the same result) or removed.
    outcome text not null check (outcome in ('new', 'changed', 'same', 'removed')),
    -- The table as printed and as read; NULL where it is out.
    content integer references content (content_key),
    -- The pipeline that read it; NULL for a table of the project, which people read.
    pipeline_fingerprint text,
    primary key (dose_table_id, run_id),
    check ((outcome = 'removed') = (content is null))
) strict, without rowid;

create index dose_table_version_by_run on dose_table_version (run_id);

-- The files of code and vocabularies of a pipeline, each with its SHA-256, so that two runs can say which of them changed.
create table pipeline (
    pipeline_fingerprint text primary key not null,
    files integer not null references content (content_key)
) strict, without rowid;

create trigger dose_table_version_is_kept before delete on dose_table_version begin select raise(abort, 'the history only grows'); end;
create trigger dose_table_version_stays before update on dose_table_version begin select raise(abort, 'the history only grows'); end;
create trigger pipeline_is_kept before delete on pipeline begin select raise(abort, 'the history only grows'); end;
create trigger pipeline_stays before update on pipeline begin select raise(abort, 'the history only grows'); end;
