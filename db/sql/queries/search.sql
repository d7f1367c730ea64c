-- title: Search the reports
-- theme: Words and quality
-- Words in title or text, best match first. Words are reduced to their stems: "resected" finds "resection".
-- :q Words
with asked (words) as (
    select coalesce(nullif(trim(escape_fts(:q)), ''), '""')
),
best as materialized (
    select rowid as search_key, bm25(report_search, 4.0, 1.0) as score
    from report_search
    where report_search match (select words from asked)
    order by score
    limit 100
),
found as (
    select search_key, score, snippet(report_search, 1, '«', '»', ' … ', 32) as snippet
    from best
    cross join report_search on report_search.rowid = search_key
    where report_search match (select words from asked)
)
select report.report_id, coalesce(report.title, report.report_id) as title, report.citation, report.year, snippet,
       (select group_concat(case_id, ', ') from patient_case where report_id = report.report_id) as cases,
       round(-score, 2) as score
from found
join report_text using (search_key)
join report using (report_id)
order by found.score, report.report_id
