-- Columns of dose tables as printed, and what each was taken for.
create table dose_table_column (
    -- The table.
    dose_table_id text not null references dose_table (dose_table_id) on delete cascade,
    -- Number of the column, from 1; of the row in a table whose patients are columns.
    column_number integer not null check (column_number > 0),
    -- The heading as printed; rows of a heading are joined by " › ".
    heading text not null,
    -- What the column holds ("dose", "age+sex"); "other": kept as printed and not read.
    meaning text not null check (meaning <> ''),
    -- The unit that the heading gives the numbers ("Gy", "months").
    unit text,
    -- Why it is not read, or how.
    remark text check (remark <> ''),
    primary key (dose_table_id, column_number)
) strict, without rowid;
