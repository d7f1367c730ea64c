-- The queue of a review, in the private copy: values that nobody looked at, and corrections that wait for a decision.
-- Nobody else has the copy, and it is thrown away.
pragma journal_mode = off;
pragma synchronous = off;
pragma temp_store = memory;
pragma cache_size = -200000;

create table review_item (
    -- Place in the queue, from 1.
    position integer primary key,
    report_id text not null,
    case_id text not null,
    field text not null,
    -- Number of the fact; NULL for a correction that waits and has no value any more.
    number integer,
    -- Number of the correction in the report that waits for a decision; NULL for a value that nobody looked at.
    correction_number integer,
    band text not null
) strict;

-- Conflicts come first. Then the bands, the least certain first; within a band the report with the least certain value first, and all
-- its values of the band at once: its text is read only once for them. Within a report they come in the order of the text, those of
-- a field together.
with
waiting as (
    select report_id, case_id, field, fact_number as number, number as correction_number, 'conflict' as band, 0 as rank, 0.0 as certainty
    from correction
    where state = 'conflict'
),
unseen as (
    select report_id, case_id, field, number, null as correction_number, band,
           case band when 'low' then 1 when 'middle' then 2 else 3 end as rank, certainty
    from fact join patient_case using (case_id)
    where review = 'unreviewed' and field <> 'events'
),
item as (select * from waiting union all select * from unseen),
place as (
    select link.case_id, link.field, link.number, min(start_char) as start_char
    from fact_evidence as link join evidence on evidence.report_id = link.report_id and evidence.number = evidence_number
    group by 1, 2, 3
),
placed as (
    select item.*, min(certainty) over (partition by rank, report_id) as weakest,
           min(start_char) over (partition by rank, item.case_id, item.field) as field_starts, start_char
    from item left join place using (case_id, field, number)
)
insert into review_item (position, report_id, case_id, field, number, correction_number, band)
select row_number() over (order by rank, weakest, report_id, length(case_id), case_id, field_starts, field, start_char, number),
       report_id, case_id, field, number, correction_number, band
from placed;

create index review_item_by_value on review_item (case_id, field);
create index review_item_by_report on review_item (report_id);
create index review_item_by_field on review_item (field, band);
create index review_item_by_band on review_item (band);

-- How many values there are of each field and band: the page tells it each time.
create table review_size as select field, band, count(*) as n from review_item group by field, band;
