-- Rows of literature dose tables: a row for each printed row and dose group, as printed and as read. These patients are not cases.
create table dose_table_row (
    -- The table.
    dose_table_id text not null references dose_table (dose_table_id) on delete cascade,
    -- Number of the printed row, from 1.
    row_number integer not null check (row_number > 0),
    -- Number of the dose group within the printed row, from 1 ("2000cGy (6/8) 3000cGy (1/8)" are two).
    dose_group integer not null check (dose_group > 0),
    -- The publication that the row describes, as printed.
    reference text not null,
    -- Number of patients, as printed.
    n_printed text,
    -- Age, as printed.
    age_printed text,
    -- Sex, as printed.
    sex_printed text,
    -- Site, as printed.
    site_printed text,
    -- Treatment, as printed.
    treatment_printed text,
    -- Dose and fractions, as printed.
    dose_printed text,
    -- Outcome and follow-up, as printed.
    follow_up_printed text,
    -- Patients of the printed row, irradiated or not.
    n_patients integer check (n_patients > 0),
    -- Patients of this dose group.
    dose_group_n integer check (dose_group_n > 0),
    -- Age of a single patient, in years.
    age_years real check (age_years between 0 and 120),
    -- Lowest age of several patients, in years.
    age_min_years real check (age_min_years between 0 and 120),
    -- Highest age of several patients, in years.
    age_max_years real check (age_max_years between 0 and 120),
    -- Male patients of the printed row.
    n_male integer check (n_male >= 0),
    -- Female patients of the printed row.
    n_female integer check (n_female >= 0),
    -- Site, ICD-O-3 topography.
    site_topography text check (site_topography glob 'C[0-8][0-9]' or site_topography glob 'C[0-8][0-9].[0-9]'),
    -- Total dose, in gray; in Gy(RBE) where is_rbe_weighted is 1.
    total_dose_gy real check (total_dose_gy > 0 and total_dose_gy < 200),
    -- Number of fractions; NULL with a flag where the printed number cannot be.
    fractions integer check (fractions between 1 and 200),
    -- Dose of one fraction, in gray; in Gy(RBE) where is_rbe_weighted is 1.
    dose_per_fraction_gy real check (dose_per_fraction_gy > 0 and dose_per_fraction_gy < 200),
    -- Follow-up in months (of 30.44 days).
    follow_up_months real check (follow_up_months >= 0 and follow_up_months < 1200),
    -- 1: the follow-up is a lower bound.
    follow_up_is_minimum integer check (follow_up_is_minimum in (0, 1)),
    -- 1: a patient of the group had a recurrence; 0: the table says that none had.
    recurrence integer check (recurrence in (0, 1)),
    -- How many patients of the group had a recurrence.
    n_recurred integer check (n_recurred >= 0),
    -- Months (of 30.44 days) to the recurrence.
    recurrence_months real check (recurrence_months >= 0 and recurrence_months < 1200),
    -- Histology: usual name of the tumour.
    histology text,
    -- Histology, ICD-O-3 morphology with behaviour.
    morphology text check (morphology glob '[89][0-9][0-9][0-9]/[0-9]'),
    -- Technique of the radiotherapy ("IMRT", "proton").
    technique text,
    -- 1: doses are in Gy(RBE), not to be mixed with Gy; NULL where no dose is told.
    is_rbe_weighted integer check (is_rbe_weighted in (0, 1)),
    -- 1: the tumour was operated on; 0: the table says that it was not.
    surgery integer check (surgery in (0, 1)),
    -- Drugs against the tumour, separated by semicolons.
    drugs text,
    -- Best response: CR, PR, SD or PD.
    response text check (response in ('CR', 'PR', 'SD', 'PD')),
    -- Status at the last follow-up, as in patient_case.
    status text check (status in ('NED', 'AWD', 'ALIVE', 'DOD', 'DOC', 'DEAD', 'LTFU')),
    -- The messages on the cells of the row, one after the other; dose_table_cell has them cell by cell.
    flag text check (flag <> ''),
    primary key (dose_table_id, row_number, dose_group),
    check (age_min_years <= age_max_years)
) strict, without rowid;
