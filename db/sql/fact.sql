-- Every value of every case, one row each: how sure the reading of it is, and what a curator said of it.
create table fact (
    -- The case.
    case_id text not null references patient_case (case_id) on delete cascade,
    -- The value's field as in the record, as in fact_evidence.
    field text not null check (field <> ''),
    -- Number of the row in the table of the repeating fact; 1 for a single value.
    number integer not null check (number > 0),
    -- The value in words, as the page of the case shows it.
    value text not null check (value <> ''),
    -- How likely the reading is right, 0 to 1, judged by its evidence and calibrated on gold reports (docs/certainty.md); NULL for a curator's own value.
    certainty real check (certainty between 0 and 1),
    -- The certainty in bands: high from 0.95 (in reports set apart, 97 of 100 such values were right), middle from 0.85 (91), low (68); curator for a curator's own value.
    band text not null check (band in ('high', 'middle', 'low', 'curator')),
    -- What the certainty rests on, in words ("3 mentions agree; another mention disagrees").
    basis text not null check (basis <> ''),
    -- unreviewed; confirmed, corrected or added by a curator; in conflict: a curator's word waits for a decision (table correction).
    review text not null default 'unreviewed' check (review in ('unreviewed', 'confirmed', 'corrected', 'added', 'in conflict')),
    primary key (case_id, field, number)
) strict, without rowid;

create index fact_facets on fact (band, review, field, certainty);
