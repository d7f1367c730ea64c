-- Tables printed in a report, as they stand there. (Tables of radiotherapy doses that were understood are in dose_table.)
create table report_table (
    -- The report.
    report_id text not null references report (report_id) on delete cascade,
    -- Place among the tables of the report, from 1.
    table_number integer not null check (table_number > 0),
    -- Its name as printed ("Table 1"); NULL where it has none.
    label text check (label <> ''),
    -- Its title; NULL where it has none.
    caption text check (caption <> ''),
    -- The cells as printed: a JSON list of rows, each a list of texts. A cell over several columns or rows stands where it begins.
    cells text not null check (json_type(cells) = 'array'),
    -- How many rows at the top are marked as headings.
    header_rows integer not null check (header_rows >= 0),
    -- Notes below the table, a JSON list of texts; NULL where there are none.
    notes text check (json_type(notes) = 'array'),
    -- Where the table starts in report_text.text: Unicode code points from 0.
    start_char integer not null check (start_char >= 0),
    -- Where it ends (exclusive).
    end_char integer not null check (end_char > start_char),
    primary key (report_id, table_number)
) strict, without rowid;
