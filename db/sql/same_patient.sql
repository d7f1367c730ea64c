-- Rows of literature tables and cases of reports that tell of the same patient. In radiotherapy_dose the patient is counted once: as the case.
create table same_patient (
    -- The literature table.
    dose_table_id text not null references dose_table (dose_table_id) on delete cascade,
    -- Number of the printed row, from 1; a row of one patient.
    row_number integer not null check (row_number > 0),
    -- The case.
    case_id text not null references patient_case (case_id) on delete cascade,
    -- How it is known. citation: the table stands in the report and calls the row its own patient, or the row cites the report by author and year, and age and sex are the same and organ, diagnosis or dose. particulars: age, sex, organ, dose and year are the same (or in place of the year fractions and diagnosis), nothing that both tell speaks against it, and no other row or case fits.
    basis text not null check (basis in ('citation', 'particulars')),
    primary key (dose_table_id, row_number, case_id)
) strict, without rowid;

create index same_patient_by_case on same_patient (case_id);
