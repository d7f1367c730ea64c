-- Files that were read by `add`: what came of each, so that a file that has not changed is not read again.
create table source_file (
    -- Name by which the file is known: its own without the ending.
    source_id text primary key not null check (source_id <> ''),
    -- Name of the file, without its folder.
    file_name text not null check (file_name <> ''),
    -- SHA-256 of its bytes, in hex.
    sha256 text not null check (length(sha256) = 64 and sha256 not glob '*[^0-9a-f]*'),
    -- Fingerprint of the readers and the pipeline that read it.
    read_by text not null,
    -- The reports that were read in it, a JSON list of their names: those stored, and those linked to a fuller one.
    reports text not null check (json_type(reports) = 'array'),
    -- Why it, or parts of it, could not be used: a JSON list of messages.
    problems text not null check (json_type(problems) = 'array'),
    -- What the system said of the file when it was read: number, size and times. While it says the same, the file is not even opened; NULL: it is.
    stamp text check (stamp <> '')
) strict, without rowid;
