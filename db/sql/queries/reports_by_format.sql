-- title: From which kinds of files were the reports read?
-- theme: Words and quality
-- From which formats the reports were read, as which kind, and what the format kept: declared sections, tables, authors, an identifier (DOI, PMCID or PMID).
select coalesce(format, 'not known') as format, kind,
       count(*) as reports,
       sum((select count(*) from patient_case where patient_case.report_id = report.report_id)) as cases_told,
       sum(exists (select 1 from report_section where report_section.report_id = report.report_id and is_declared)) as with_declared_sections,
       sum(exists (select 1 from report_table where report_table.report_id = report.report_id)) as with_tables,
       count(authors) as with_authors,
       sum(coalesce(doi, pmcid, pmid) is not null) as with_identifier
from report
group by 1, 2
order by reports desc, 1, 2
