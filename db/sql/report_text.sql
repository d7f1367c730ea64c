-- The text of a report as the pipeline read it, never changed; evidence counts its characters.
create table report_text (
    -- Key of the full-text index: a number computed from the report's name, the same in every build.
    search_key integer primary key not null,
    -- The report whose text this is.
    report_id text not null unique references report (report_id) on delete cascade,
    -- Title as published, repeated here to be searched with the text.
    title text,
    -- The whole text. Offsets count its Unicode code points from 0.
    text text not null
) strict;

-- Full-text index over title and text of the reports (words are reduced to stems: "resected" finds "resection").
create virtual table report_search using fts5 (
    title,
    text,
    content = 'report_text',
    content_rowid = 'search_key',
    tokenize = 'porter unicode61 remove_diacritics 2'
);

create trigger report_text_added after insert on report_text begin
    insert into report_search (rowid, title, text) values (new.search_key, new.title, new.text);
end;

create trigger report_text_removed after delete on report_text begin
    insert into report_search (report_search, rowid, title, text)
    values ('delete', old.search_key, old.title, old.text);
end;

create trigger report_text_changed after update on report_text begin
    insert into report_search (report_search, rowid, title, text)
    values ('delete', old.search_key, old.title, old.text);
    insert into report_search (rowid, title, text) values (new.search_key, new.title, new.text);
end;
