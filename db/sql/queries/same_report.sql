-- title: Which reports came in several files?
-- theme: Words and quality
-- Files that tell a report that is stored already (a preprint, an abstract, another format): which one is kept, how it is known, and whether the files name different DOIs.
select duplicate_id as other_file, report_duplicate.format as other_format, report_id, report.format, reason, words_in_both,
       report_duplicate.doi as other_doi, report.doi,
       report_duplicate.title as other_title, report.title
from report_duplicate
join report using (report_id)
order by report_id, duplicate_id
