-- Tables of radiotherapy doses printed in the literature, each with its source.
create table dose_table (
    -- Name of the table: that of its file without the ending.
    dose_table_id text primary key not null check (dose_table_id <> ''),
    -- Caption of the table.
    title text,
    -- Citation of the publication that prints the table.
    citation text,
    -- Digital object identifier of that publication.
    doi text check (doi glob '10.*/*'),
    -- Licence of the publication, as it states it.
    license text,
    -- Remarks on reading the table.
    note text,
    -- Footnote of the table: its abbreviations with their long forms, separated by semicolons.
    abbreviations text,
    -- The file that a table of the user came from, and its place there; NULL for the tables of the project.
    source text check (source <> ''),
    -- Fingerprint of the pipeline that read a table of the user; NULL for the tables of the project, which people read.
    pipeline_fingerprint text,
    -- 1: the patients are the authors' own, so that they are cases, in the report of the same name, and no rows of dose_table_row.
    is_own integer not null default 0 check (is_own in (0, 1))
) strict, without rowid;
