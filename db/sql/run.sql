-- Runs of the pipeline over reports: the ledger. History, so not part of what a rebuild must reproduce.
create table run (
    -- Name of the run, given by whoever started it.
    run_id text primary key not null check (run_id <> ''),
    -- Why it was run.
    reason text,
    -- Version of the pipeline.
    pipeline_version text,
    -- Fingerprint of code, vocabularies and settings of the pipeline.
    pipeline_fingerprint text,
    -- When it started, ISO 8601, where the caller says so.
    started_at text,
    -- Reports stored for the first time.
    reports_new integer not null default 0 check (reports_new >= 0),
    -- Reports stored again because text or pipeline had changed.
    reports_changed integer not null default 0 check (reports_changed >= 0),
    -- Reports left as they were.
    reports_unchanged integer not null default 0 check (reports_unchanged >= 0),
    -- Files or records that were refused.
    reports_failed integer not null default 0 check (reports_failed >= 0),
    -- Reports taken out.
    reports_removed integer not null default 0 check (reports_removed >= 0)
) strict, without rowid;
