-- A published report that was read (or a retelling of one): where it comes from. Its text stands in report_text.
create table report (
    -- The report's name: that of its file without the ending; an archive adds #part.
    report_id text primary key not null check (report_id <> ''),
    -- case_report, case_series, review, guideline or other: what the pipeline took the text for.
    kind text not null check (kind in ('case_report', 'case_series', 'review', 'guideline', 'other')),
    -- The kind that a person declared in the front matter; NULL where the pipeline judged alone.
    declared_kind text check (declared_kind in ('case_report', 'case_series', 'review', 'guideline', 'other')),
    -- Title as published; NULL where the source gives none.
    title text check (title <> ''),
    -- Citation of the published report, as one line.
    citation text check (citation <> ''),
    -- Digital object identifier without a resolver in front ("10.3389/fonc.2022.1").
    doi text check (doi glob '10.*/*'),
    -- PubMed Central identifier ("PMC1234567").
    pmcid text check (pmcid glob 'PMC[0-9]*'),
    -- PubMed identifier, digits only.
    pmid text check (pmid glob '[0-9]*' and pmid not glob '*[^0-9]*'),
    -- Year of publication.
    year integer check (year between 1800 and 2100),
    -- Journal as the source names it.
    journal text check (journal <> ''),
    -- Licence of the text, as the source states it.
    license text check (license <> ''),
    -- Authors as the source names them, a JSON list in its order; NULL where it names none.
    authors text check (json_type(authors) = 'array'),
    -- Institutions of the authors, a JSON list; NULL where the source gives none.
    affiliations text check (json_type(affiliations) = 'array'),
    -- The publisher's own word for the kind of article ("case-report"); NULL where there is none.
    article_type text check (article_type <> ''),
    -- The format of the file that was read: text, markdown, jats, bioc, pdf, docx, html; NULL where it is not known.
    format text check (format <> ''),
    -- 1 where the text is Casebook's own retelling of the cited report, 0 where it is the report's words.
    is_retelling integer not null check (is_retelling in (0, 1)),
    -- SHA-256 of the text, in hex: tells a rerun whether the text has changed.
    sha256 text not null check (length(sha256) = 64 and sha256 not glob '*[^0-9a-f]*'),
    -- Version of the pipeline that read the text.
    pipeline_version text not null,
    -- Fingerprint of code, vocabularies and libraries of the pipeline that read the text, and of the code that made rows of it.
    pipeline_fingerprint text not null,
    -- Fingerprint of the corrections that were laid over what was read; NULL without corrections.
    corrections_fingerprint text check (length(corrections_fingerprint) = 64)
) strict, without rowid;

-- The search of the site goes straight to a report whose identifier is asked for.
create index report_by_doi on report (doi collate nocase) where doi is not null;
create index report_by_pmcid on report (pmcid collate nocase) where pmcid is not null;
create index report_by_pmid on report (pmid) where pmid is not null;
