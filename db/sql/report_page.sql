-- Pages of a report that was read from a PDF: where each begins in its text.
create table report_page (
    -- The report.
    report_id text not null references report (report_id) on delete cascade,
    -- Page of the file, from 1.
    page_number integer not null check (page_number > 0),
    -- Where the first words of the page start in report_text.text: Unicode code points from 0.
    start_char integer not null check (start_char >= 0),
    primary key (report_id, page_number)
) strict, without rowid;
