-- Rows of literature dose tables: a row for each printed row and dose group, as printed and as read. These patients are not cases.
create table dose_table_row (
    -- The table.
    dose_table_id text not null references dose_table (dose_table_id) on delete cascade,
    -- Number of the printed row, from 1.
    row_number integer not null check (row_number > 0),
    -- Number of the dose group within the printed row, from 1 ("2000cGy (6/8) 3000cGy (1/8)" are two).
    dose_group_n integer not null check (dose_group_n > 0),
    -- The publication that the row describes, as printed.
    reference text,
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
    -- Number of patients that the dose group stands for.
    n_patients integer check (n_patients > 0),
    -- Age of a single patient, in years.
    age_years real check (age_years between 0 and 120),
    -- Lowest age of several patients, in years.
    age_min_years real check (age_min_years between 0 and 120),
    -- Highest age of several patients, in years.
    age_max_years real check (age_max_years between 0 and 120),
    -- Number of male patients.
    n_male integer check (n_male >= 0),
    -- Number of female patients.
    n_female integer check (n_female >= 0),
    -- Site, ICD-O-3 topography.
    site_topography text check (site_topography glob 'C[0-8][0-9]' or site_topography glob 'C[0-8][0-9].[0-9]'),
    -- Total dose, in gray.
    total_dose_gy real check (total_dose_gy > 0 and total_dose_gy < 200),
    -- Number of fractions.
    fractions integer check (fractions between 1 and 200),
    -- Dose of one fraction, in gray.
    dose_per_fraction_gy real check (dose_per_fraction_gy > 0 and dose_per_fraction_gy < 200),
    -- Follow-up in months (of 30.44 days).
    follow_up_months real check (follow_up_months >= 0 and follow_up_months < 1200),
    -- 1: the follow-up is a lower bound.
    follow_up_is_minimum integer check (follow_up_is_minimum in (0, 1)),
    -- 1: recurrence after treatment; 0: the table says that there was none.
    recurrence integer check (recurrence in (0, 1)),
    -- What was corrected or is implausible, with the reason.
    flag text check (flag <> ''),
    primary key (dose_table_id, row_number, dose_group_n),
    check (age_min_years <= age_max_years)
) strict, without rowid;
