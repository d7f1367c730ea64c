-- title: Search the reports
-- theme: Words and quality
-- Words in title or text, best match first. Words are reduced to their stems: "resected" finds "resection".
-- :q Words
with found as (
    select rowid as search_key,
           bm25(report_search, 4.0, 1.0) as score,
           snippet(report_search, 1, '«', '»', ' … ', 32) as snippet
    from report_search
    where report_search match coalesce(nullif(trim(escape_fts(:q)), ''), '""')
    order by score
    limit 100
)
select report.report_id, coalesce(report.title, report.report_id) as title, report.citation, report.year, snippet,
       (select group_concat(case_id, ', ') from patient_case where report_id = report.report_id) as cases,
       round(-score, 2) as score
from found
join report_text using (search_key)
join report using (report_id)
order by found.score, report.report_id
