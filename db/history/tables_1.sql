-- The history of a database: what each run stored, so that any run's state can be shown, compared and put back.
-- It lies beside the database, which is made anew when its tables change; nothing in it is ever changed or deleted.

create table run (
    -- As in the database's ledger: a number of six digits.
    run_id text primary key not null check (length(run_id) = 6 and run_id not glob '*[^0-9]*'),
    -- Why it was run: add, build, read again, undo RUN.
    reason text,
    -- The command as it was typed; NULL where it was killed before it could say so.
    words text,
    -- When the command started, ISO 8601.
    started_at text,
    -- How long the command took.
    seconds real,
    pipeline_version text,
    pipeline_fingerprint text,
    readers_fingerprint text,
    reports_unchanged integer not null,
    reports_failed integer not null
) strict, without rowid;

-- Facts and texts, each once however often it was read.
create table content (
    content_key integer primary key not null,
    -- Of the JSON.
    sha256 blob not null unique check (length(sha256) = 32),
    -- The JSON, compressed by zlib.
    data blob not null
) strict;

-- What a run made of a report. The state after a run is each report's last version up to it.
create table version (
    report_id text not null,
    run_id text not null references run (run_id),
    -- Against the version before: new, changed, same (read again, with the same result), linked or removed.
    outcome text not null check (outcome in ('new', 'changed', 'same', 'linked', 'removed')),
    -- stored; linked: another report that is stored tells the same; out: not there.
    state text not null check (state in ('stored', 'linked', 'out')),
    -- What was read or, of a linked report, to which one it is linked and why.
    facts integer references content (content_key),
    -- The report as its file gave it.
    report integer references content (content_key),
    -- The pipeline that read it, which in an undone run is an older one than the run's.
    pipeline_version text,
    pipeline_fingerprint text,
    primary key (report_id, run_id),
    check ((state = 'out') = (facts is null) and (state = 'out') = (report is null))
) strict, without rowid;

create index version_by_run on version (run_id);

create trigger run_is_kept before delete on run begin select raise(abort, 'the history only grows'); end;
create trigger run_stays before update on run begin select raise(abort, 'the history only grows'); end;
create trigger content_is_kept before delete on content begin select raise(abort, 'the history only grows'); end;
create trigger content_stays before update on content begin select raise(abort, 'the history only grows'); end;
create trigger version_is_kept before delete on version begin select raise(abort, 'the history only grows'); end;
create trigger version_stays before update on version begin select raise(abort, 'the history only grows'); end;
