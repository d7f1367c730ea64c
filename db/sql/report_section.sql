-- Sections of a report: as its markup declares them or, where it has none, as its headings tell.
create table report_section (
    -- The report.
    report_id text not null references report (report_id) on delete cascade,
    -- Place among the sections of the report, from 1.
    section_number integer not null check (section_number > 0),
    -- title, abstract, introduction, case, pathology, treatment, follow_up, discussion, conclusion, references, caption, table, other (what is printed beside a paper: acknowledgements, funding, consent) or body (no heading before it).
    kind text not null check (kind <> ''),
    -- The heading as printed, the first line of the section; NULL for one without.
    heading text check (heading <> ''),
    -- Where the section starts in report_text.text: Unicode code points from 0.
    start_char integer not null check (start_char >= 0),
    -- Where it ends (exclusive).
    end_char integer not null check (end_char > start_char),
    -- 1 where the file's markup declares the section, 0 where the text's own headings tell it.
    is_declared integer not null check (is_declared in (0, 1)),
    primary key (report_id, section_number)
) strict, without rowid;
