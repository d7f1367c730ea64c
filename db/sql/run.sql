-- Runs of the pipeline over reports: the ledger. History, so not part of what a rebuild must reproduce.
create table run (
    -- Name of the run, given by whoever started it.
    run_id text primary key not null check (run_id <> ''),
    -- Why it was run.
    reason text,
    -- Version of the pipeline.
    pipeline_version text,
    -- Fingerprint of code, vocabularies and libraries of the pipeline, from a text to rows.
    pipeline_fingerprint text,
    -- Fingerprint of code, vocabularies and libraries of the readers of files.
    readers_fingerprint text,
    -- When the command started, ISO 8601, where the caller says so.
    started_at text,
    -- How many seconds the command took, the other runs that it began included.
    seconds real check (seconds >= 0),
    -- Reports stored for the first time.
    reports_new integer not null default 0 check (reports_new >= 0),
    -- Reports stored again because text or pipeline had changed.
    reports_changed integer not null default 0 check (reports_changed >= 0),
    -- Reports left as they were.
    reports_unchanged integer not null default 0 check (reports_unchanged >= 0),
    -- Files or records that were refused.
    reports_failed integer not null default 0 check (reports_failed >= 0),
    -- Reports taken out.
    reports_removed integer not null default 0 check (reports_removed >= 0),
    -- Reports that were linked to another one that tells the same.
    reports_linked integer not null default 0 check (reports_linked >= 0),
    -- 1 where somebody stopped the command before it had read all; the same command goes on with the rest.
    is_interrupted integer not null default 0 check (is_interrupted in (0, 1))
) strict, without rowid;
