-- The facts of a case in words, a line each, as table fact has them: what the search of the site looks through.
create table case_words (
    -- Key of the full-text index: a number computed from the case's name, the same in every build.
    search_key integer primary key not null,
    -- The case.
    case_id text not null unique references patient_case (case_id) on delete cascade,
    -- Diagnosis and site in words: what weighs most in the search; "" where neither is reported.
    headline text not null,
    -- The values of the case in words, one a line, in the order of table fact by field and number; without the events of the course.
    facts text not null
) strict;

-- Full-text index over the facts of the cases (words are reduced to stems).
create virtual table case_search using fts5 (
    headline,
    facts,
    content = 'case_words',
    content_rowid = 'search_key',
    tokenize = 'porter unicode61 remove_diacritics 2'
);

create trigger case_words_added after insert on case_words begin
    insert into case_search (rowid, headline, facts) values (new.search_key, new.headline, new.facts);
end;

create trigger case_words_removed after delete on case_words begin
    insert into case_search (case_search, rowid, headline, facts)
    values ('delete', old.search_key, old.headline, old.facts);
end;
