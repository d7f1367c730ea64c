-- Numbers computed from each report, stored or linked, by which the same report is found again: from its identifiers, its title, its whole text and a sample of its runs of five words (every 8th of the first 400 words, every 64th of the others).
create table report_fingerprint (
    -- 48 bits of a BLAKE2b hash; equal for equal words.
    fingerprint integer not null check (fingerprint >= 0),
    -- The report: search_key of report_text, computed from the report's name.
    search_key integer not null,
    primary key (fingerprint, search_key)
) strict, without rowid;

create index report_fingerprint_by_report on report_fingerprint (search_key);
