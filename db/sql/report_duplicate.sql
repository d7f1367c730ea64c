-- A file that tells the same report as one that is stored (a preprint, an abstract, the same paper in another format). It is kept here, without facts: its patients are those of the stored one.
create table report_duplicate (
    -- Name of the file's report: its name without the ending.
    duplicate_id text primary key not null check (duplicate_id <> report_id),
    -- The report that is stored in its place, the fuller of the two.
    report_id text not null references report (report_id) deferrable initially deferred,
    -- How it is known: same DOI, same PMCID, same PMID, same text, same title and authors, how many of the shorter text's words stand in the other one, or that it is the copy of a copy.
    reason text not null check (reason <> ''),
    -- How many words of the shorter of the two texts stand in the other one, in runs of five and more.
    words_in_both integer not null check (words_in_both >= 0),
    -- The same as a part of the shorter text's words, 0 to 1.
    share real not null check (share between 0 and 1),
    -- The report's number in report_fingerprint.
    search_key integer not null unique,
    -- Title as the file gives it.
    title text check (title <> ''),
    -- Digital object identifier as the file gives it; a preprint has another than the paper.
    doi text check (doi glob '10.*/*'),
    -- PubMed Central identifier as the file gives it.
    pmcid text check (pmcid <> ''),
    -- PubMed identifier as the file gives it.
    pmid text check (pmid <> ''),
    -- The format of the file: text, markdown, jats, bioc, pdf, docx, html; NULL where it is not known.
    format text check (format <> ''),
    -- 1 where the text is Casebook's own retelling of the report, 0 where it is the report's words.
    is_retelling integer not null check (is_retelling in (0, 1)),
    -- SHA-256 of its text, in hex.
    sha256 text not null check (length(sha256) = 64 and sha256 not glob '*[^0-9a-f]*'),
    -- The whole report as it was read, as JSON: it is stored instead where the other one goes or becomes another text.
    content text not null check (json_valid(content))
) strict, without rowid;

create index report_duplicate_by_report on report_duplicate (report_id);
