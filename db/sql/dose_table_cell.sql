-- Cells of dose tables: each as printed and, beside it, as read; a message tells why nothing, or something else than is printed, was read.
create table dose_table_cell (
    -- The table.
    dose_table_id text not null references dose_table (dose_table_id) on delete cascade,
    -- Number of the printed row, from 1, as in dose_table_row; of the column in a table whose patients are columns.
    row_number integer not null check (row_number > 0),
    -- The column, as in dose_table_column.
    column_number integer not null,
    -- The words of the cell, white space and footnote marks aside.
    printed text not null,
    -- What was read, in words with units; NULL where nothing was.
    read text check (read <> ''),
    -- What was corrected, is doubtful or was not read, with the reason.
    message text check (message <> ''),
    -- Text of the footnotes that the cell bears marks of.
    note text check (note <> ''),
    primary key (dose_table_id, row_number, column_number),
    foreign key (dose_table_id, column_number) references dose_table_column (dose_table_id, column_number) on delete cascade
) strict, without rowid;
